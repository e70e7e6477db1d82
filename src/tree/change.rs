//! What a lens does to a path.

/// The kinds of change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Change {
    /// `+`: it was not there before.
    Added,
    /// `~`: other content, other target, other device number, or another type.
    Content,
    /// `%`: a file's content was written again unchanged; or mode, owner or xattrs of anything else differ.
    Metadata,
    /// `-`: it is gone.
    Removed,
    /// `=`: nothing of that.
    Unchanged,
}

impl Change {
    /// The marker on screens and in texts.
    pub fn marker(self) -> char {
        match self {
            Self::Added => '+',
            Self::Content => '~',
            Self::Metadata => '%',
            Self::Removed => '-',
            Self::Unchanged => '=',
        }
    }

    /// The word for it, as in JSON.
    pub fn name(self) -> &'static str {
        match self {
            Self::Added => "added",
            Self::Content => "changed",
            Self::Metadata => "metadata_only",
            Self::Removed => "removed",
            Self::Unchanged => "unchanged",
        }
    }
}

/// How many paths of each kind of change there are, implied parents left out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Counts {
    /// Paths added.
    pub added: u64,
    /// Paths whose content changed.
    pub content: u64,
    /// Paths of which only metadata changed.
    pub metadata: u64,
    /// Paths that vanished.
    pub removed: u64,
}

impl Counts {
    /// Counts more paths of one kind.
    pub fn count(&mut self, change: Change, paths: u64) {
        match change {
            Change::Added => self.added += paths,
            Change::Content => self.content += paths,
            Change::Metadata => self.metadata += paths,
            Change::Removed => self.removed += paths,
            Change::Unchanged => {}
        }
    }
}
