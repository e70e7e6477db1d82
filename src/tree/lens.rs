//! Which layers one is looking at: one layer, a range, or the whole image; and what such a lens shows.

use super::{Change, Counts, Event, EventKind, InodeId, NodeId, Occupant, Tree};
use crate::image::LayerIndex;
use crate::listing::{Entry, EntryKind};
use crate::tarball::Time;

/// A range of layers, both ends included.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Lens {
    /// The lowest layer one looks at.
    pub first: LayerIndex,
    /// The highest layer one looks at.
    pub last: LayerIndex,
}

impl Lens {
    /// One layer alone.
    pub fn layer(layer: LayerIndex) -> Self {
        Self { first: layer, last: layer }
    }

    /// From the bottom up to `layer`.
    pub fn up_to(layer: LayerIndex) -> Self {
        Self { first: LayerIndex(0), last: layer }
    }

    /// Between two layers, given in any order.
    pub fn range(a: LayerIndex, b: LayerIndex) -> Self {
        Self { first: a.min(b), last: a.max(b) }
    }

    /// Whether one looks at a layer.
    pub fn covers(self, layer: LayerIndex) -> bool {
        self.first <= layer && layer <= self.last
    }
}

/// The version of a path that a lens shows: what is there at its end, or what it removed.
#[derive(Debug, Clone, Copy)]
pub enum Shown<'a> {
    /// What an entry describes.
    Entry(InodeId, Entry<'a>),
    /// A directory that no entry describes.
    Implied,
    /// Nothing under this lens.
    Nothing,
}

impl Shown<'_> {
    /// When it was changed, if an entry says that.
    pub fn time(self) -> Option<Time> {
        match self {
            Self::Entry(_, entry) => Some(entry.mtime),
            Self::Implied | Self::Nothing => None,
        }
    }

    /// The number of what an entry describes.
    pub(super) fn inode(self) -> Option<InodeId> {
        match self {
            Self::Entry(inode, _) => Some(inode),
            Self::Implied | Self::Nothing => None,
        }
    }
}

/// What a path is at one end of a lens, and since which layer.
#[derive(Debug, Clone, Copy)]
struct Version {
    occupant: Occupant,
    since: LayerIndex,
}

impl Version {
    fn of(event: Event) -> Option<Self> {
        Some(Self { occupant: event.occupant()?, since: event.layer })
    }
}

impl Event {
    /// What the path is after the event; none if it is gone then.
    pub fn occupant(self) -> Option<Occupant> {
        match self.kind {
            EventKind::Written(inode) => Some(Occupant::Inode(inode)),
            EventKind::Implied => Some(Occupant::Implied),
            EventKind::Whiteout | EventKind::WhiteoutAbove | EventKind::Opaque | EventKind::ReplacedAbove => None,
        }
    }
}

impl Tree {
    /// What a lens does to a path; none if the path exists neither before nor after it.
    pub fn change(&self, node: NodeId, lens: Lens) -> Option<Change> {
        let (before, after) = self.ends(node, lens);
        self.change_of(before, after, lens.first)
    }

    /// Everything that ever happened to a path, oldest first, and how it differs from what was there just before.
    pub fn history(&self, node: NodeId) -> Vec<(Event, Change)> {
        let mut events: Vec<Event> = self.events(node).collect();
        events.reverse();
        let mut before = None;
        let step = |event: Event| {
            let after = event.occupant();
            let change = match (std::mem::replace(&mut before, after), after) {
                (None, Some(_)) => Change::Added,
                (Some(_), None) => Change::Removed,
                (None, None) => Change::Unchanged,
                (Some(before), Some(after)) => self.difference(before, after),
            };
            (event, change)
        };
        events.into_iter().map(step).collect()
    }

    /// The version of a path that a lens shows.
    pub fn shown(&self, node: NodeId, lens: Lens) -> Shown<'_> {
        let before = || lens.first.0.checked_sub(1).and_then(|below| self.state(node, LayerIndex(below)));
        let removed = || self.events(node).filter(|event| event.layer <= lens.last).find_map(Event::occupant);
        self.shown_as(self.state(node, lens.last).or_else(|| before().and_then(|_| removed())))
    }

    /// What a path was last, in whatever layer that was: also if it is gone in the end.
    pub fn last_shown(&self, node: NodeId) -> Shown<'_> {
        self.shown_as(self.events(node).find_map(Event::occupant))
    }

    fn shown_as(&self, occupant: Option<Occupant>) -> Shown<'_> {
        match occupant {
            None => Shown::Nothing,
            Some(Occupant::Implied) => Shown::Implied,
            Some(Occupant::Inode(id)) => self.entry(id).map_or(Shown::Nothing, |entry| Shown::Entry(id, entry)),
        }
    }

    /// How many paths of each kind of change each layer has, bottom first; in one pass over all events.
    pub fn counts_by_layer(&self) -> Vec<Counts> {
        let mut counts = vec![Counts::default(); self.listings.len()];
        for node in self.nodes().filter(|node| *node != NodeId::ROOT) {
            let mut events = self.events(node).peekable();
            while let Some(newest) = events.next() {
                // The last event of a layer is what the layer leaves; older ones of the same layer do not count.
                while events.next_if(|older| older.layer == newest.layer).is_some() {}
                let before = events.peek().copied().and_then(Version::of);
                let after = Version::of(newest);
                if let Some(change) = self.change_of(before, after, newest.layer)
                    && Self::is_counted(before, after)
                    && let Some(counts) = counts.get_mut(newest.layer.index())
                {
                    counts.count(change, 1);
                }
            }
        }
        counts
    }

    /// What the path is before and after a lens.
    fn ends(&self, node: NodeId, lens: Lens) -> (Option<Version>, Option<Version>) {
        let mut events = self.events(node).skip_while(|event| event.layer > lens.last).peekable();
        let after = events.peek().copied();
        let before = events.find(|event| event.layer < lens.first);
        (before.and_then(Version::of), after.and_then(Version::of))
    }

    /// A path counts unless all that it ever is under the lens is a directory that no entry describes.
    fn is_counted(before: Option<Version>, after: Option<Version>) -> bool {
        let described = |version: Option<Version>| version.is_some_and(|version| version.occupant != Occupant::Implied);
        described(before) || described(after)
    }

    fn change_of(&self, before: Option<Version>, after: Option<Version>, first: LayerIndex) -> Option<Change> {
        Some(match (before, after) {
            (None, None) => return None,
            (None, Some(_)) => Change::Added,
            (Some(_), None) => Change::Removed,
            (Some(_), Some(after)) if after.since < first => Change::Unchanged,
            (Some(before), Some(after)) => self.difference(before.occupant, after.occupant),
        })
    }

    /// How a path that was written again differs from what it was.
    pub(super) fn difference(&self, before: Occupant, after: Occupant) -> Change {
        let (Occupant::Inode(old), Occupant::Inode(new)) = (before, after) else {
            return self.difference_of_implied(before, after);
        };
        if old == new {
            return Change::Unchanged;
        }
        let (Some(a), Some(b)) = (self.entry(old), self.entry(new)) else { return Change::Content };
        let same_content = match (a.kind, b.kind) {
            (EntryKind::File, EntryKind::File) => self.is_same_file(old, new),
            (EntryKind::Symlink, EntryKind::Symlink) => self.link(old) == self.link(new),
            (a_kind, b_kind) => a_kind == b_kind && a.device == b.device,
        };
        let same_metadata = (a.mode, a.uid, a.gid) == (b.mode, b.uid, b.gid) && a.xattrs() == b.xattrs();
        match (same_content, a.kind) {
            (false, _) => Change::Content,
            // A file's content was written again: that costs its size, whatever else changed.
            (true, EntryKind::File) => Change::Metadata,
            (true, _) if same_metadata => Change::Unchanged,
            (true, _) => Change::Metadata,
        }
    }

    /// The same where at least one side is an implied directory: 0755, 0:0, without xattrs.
    fn difference_of_implied(&self, before: Occupant, after: Occupant) -> Change {
        let ((Occupant::Inode(id), _) | (_, Occupant::Inode(id))) = (before, after) else { return Change::Unchanged };
        match self.entry(id) {
            Some(entry) if entry.kind == EntryKind::Directory => {
                let plain = (entry.mode, entry.uid, entry.gid) == (0o755, 0, 0) && entry.xattrs().is_empty();
                if plain { Change::Unchanged } else { Change::Metadata }
            }
            _ => Change::Content,
        }
    }
}
