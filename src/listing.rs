//! WHAT ONE LAYER CONTAINS: the entries of its tar, and which of them are markers.
//!
//! A listing knows nothing of the layers below or above. Paths are bytes; they are normalised when the layers are
//! stacked.

mod content;
mod fingerprint;
mod scan;
#[cfg(test)]
pub(crate) mod testing;
#[cfg(test)]
mod tests;
mod whiteout;

pub use crate::tarball::{Components, components};
pub use content::{Chunk, Content, same_content};
pub use scan::{ListingError, MAX_BYTES, Scanner};
pub use whiteout::{PREFIX as WHITEOUT_PREFIX, Role};

use crate::notice::Notice;
use crate::tarball::{Region, Time};

/// What an entry is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum EntryKind {
    /// A regular file.
    File,
    /// A directory.
    Directory,
    /// A symbolic link.
    Symlink,
    /// Another name of a file of this layer or of a lower one.
    HardLink,
    /// A character device.
    CharDevice,
    /// A block device.
    BlockDevice,
    /// A named pipe.
    Fifo,
}

/// One record of a layer's tar. Names are kept in the [`Listing`], see [`Listing::path`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    pub(crate) path: Span,
    pub(crate) link: Span,
    /// What it is.
    pub kind: EntryKind,
    /// Whether it describes a file, or is a marker that hides what is below.
    pub role: Role,
    /// The permission bits, set-uid, set-gid and sticky (12 bits).
    pub mode: u16,
    /// The numeric owner.
    pub uid: u32,
    /// The numeric group.
    pub gid: u32,
    /// The logical size of a regular file in bytes, holes included; 0 for everything else.
    pub size: u64,
    /// When the content was last changed.
    pub mtime: Time,
    /// Major and minor number of a device, else zeros.
    pub device: (u32, u32),
    /// Which set of extended attributes, see [`Listing::xattrs`].
    pub(crate) xattrs: u32,
    /// Where the stored content begins in the uncompressed layer.
    pub data_offset: u64,
    /// How many bytes of content are stored.
    pub stored: u64,
    /// Which sparse map, see [`Listing::sparse`].
    pub(crate) sparse: Option<u32>,
    /// A fingerprint of the content, where the content passed anyhow. Never shown, never kept: its seed is random.
    pub fingerprint: Option<u128>,
}

/// A run of bytes in the name arena of a listing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Span {
    pub(crate) start: u32,
    pub(crate) len: u32,
}

/// All entries of one layer, in the order of its tar.
#[derive(Debug, Default)]
pub struct Listing {
    pub(crate) entries: Vec<Entry>,
    pub(crate) names: Vec<u8>,
    /// Distinct sets of extended attributes; the first one is empty.
    pub(crate) xattrs: Vec<Xattrs>,
    pub(crate) sparse: Vec<Box<[Region]>>,
    /// Bytes of the uncompressed tar that were seen.
    pub unpacked: u64,
    /// What was odd about the layer, without the layer's own name.
    pub notices: Vec<Notice>,
    /// Why the scan ended early, if it did: the entries are those before the damage.
    pub damage: Option<ListingError>,
}

/// One extended attribute: its name and its value.
pub type Xattr = (Box<[u8]>, Box<[u8]>);

/// Extended attributes of one entry, sorted by name.
pub type Xattrs = Box<[Xattr]>;

impl Listing {
    /// All entries, in the order of the tar.
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// Logical sizes of all files together, in bytes; at most [`MAX_BYTES`].
    pub fn bytes(&self) -> u64 {
        self.entries.iter().map(|entry| entry.size).sum()
    }

    /// The name of an entry of this listing, just as the tar gives it.
    pub fn path(&self, entry: &Entry) -> &[u8] {
        self.span(entry.path)
    }

    /// The link target of an entry of this listing, just as the tar gives it; means nothing for what is no link.
    pub fn link(&self, entry: &Entry) -> &[u8] {
        self.span(entry.link)
    }

    /// The extended attributes of an entry of this listing.
    pub fn xattrs(&self, entry: &Entry) -> &[Xattr] {
        usize::try_from(entry.xattrs).ok().and_then(|index| self.xattrs.get(index)).map_or(&[], |set| &**set)
    }

    /// The regions with data of an entry of this listing, if it is a sparse file.
    pub fn sparse(&self, entry: &Entry) -> Option<&[Region]> {
        let index = usize::try_from(entry.sparse?).ok()?;
        self.sparse.get(index).map(|map| &**map)
    }

    fn span(&self, span: Span) -> &[u8] {
        let start = span.start as usize;
        self.names.get(start..start.saturating_add(span.len as usize)).unwrap_or_default()
    }
}
