//! Which layers one is looking at: one layer, a range, or the whole image; and what such a lens shows.

use super::{Change, Counts, Event, EventKind, InodeId, NodeId, Occupant, Tree};
use crate::image::LayerIndex;
use crate::listing::{Entry, EntryKind};
use hashbrown::HashSet;

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
}

/// Everything that a lens shows, for every node: made once for each lens, then read by node.
#[derive(Debug)]
pub struct LensView {
    lens: Lens,
    /// By node; `None` where the path exists neither before nor after.
    changes: Vec<Option<Change>>,
    /// By node; a file's own bytes, and for a directory the sum of what is below it.
    bytes: Vec<u64>,
    /// By node; how many paths at or below it are not `Unchanged`.
    changed: Vec<u32>,
    counts: Counts,
}

impl LensView {
    /// Which layers it shows.
    pub fn lens(&self) -> Lens {
        self.lens
    }

    /// What the lens does to a path; none if the path exists neither before nor after it.
    pub fn change(&self, node: NodeId) -> Option<Change> {
        self.changes.get(node.index()).copied().flatten()
    }

    /// Bytes under the lens: of a file the size of the version that a layer of the lens wrote, if it is still there
    /// at the end of the lens; of a directory the sum of what is below it. Names of one inode count once.
    pub fn bytes(&self, node: NodeId) -> u64 {
        self.bytes.get(node.index()).copied().unwrap_or(0)
    }

    /// How many paths at or below the node are changed by the lens, implied parents left out.
    pub fn changed(&self, node: NodeId) -> u32 {
        self.changed.get(node.index()).copied().unwrap_or(0)
    }

    /// How many paths of each kind of change there are, implied parents and the root left out.
    pub fn counts(&self) -> Counts {
        self.counts
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

impl<'a> Shown<'a> {
    /// The version of `node` that `view` shows.
    pub fn of(tree: &'a Tree, view: &LensView, node: NodeId) -> Self {
        let lens = view.lens();
        let removed = || {
            tree.events(node)
                .filter(|event| event.layer <= lens.last)
                .find_map(Version::of)
                .map(|version| version.occupant)
        };
        let occupant = match view.change(node) {
            None => None,
            Some(Change::Removed) => removed(),
            Some(_) => tree.state(node, lens.last),
        };
        match occupant {
            None => Self::Nothing,
            Some(Occupant::Implied) => Self::Implied,
            Some(Occupant::Inode(id)) => tree.entry(id).map_or(Self::Nothing, |entry| Self::Entry(id, entry)),
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
        let occupant = match event.kind {
            EventKind::Written(inode) => Occupant::Inode(inode),
            EventKind::Implied => Occupant::Implied,
            EventKind::Whiteout | EventKind::WhiteoutAbove | EventKind::Opaque | EventKind::ReplacedAbove => {
                return None;
            }
        };
        Some(Self { occupant, since: event.layer })
    }
}

impl Tree {
    /// What a lens shows.
    pub fn view(&self, lens: Lens) -> LensView {
        let mut view = LensView {
            lens,
            changes: Vec::with_capacity(self.len()),
            bytes: Vec::with_capacity(self.len()),
            changed: Vec::with_capacity(self.len()),
            counts: Counts::default(),
        };
        let mut seen = HashSet::new();
        for node in self.nodes() {
            let (before, after) = self.ends(node, lens);
            let change = self.change_of(before, after, lens.first);
            let counted = change.filter(|_| node != NodeId::ROOT && Self::is_counted(before, after));
            if let Some(change) = counted {
                view.counts.count(change);
            }
            view.changes.push(change);
            view.bytes.push(after.map_or(0, |after| self.bytes_in(after, lens.first, &mut seen)));
            view.changed.push(u32::from(counted.is_some_and(|change| change != Change::Unchanged)));
        }
        self.add_up(&mut view.bytes);
        self.add_up(&mut view.changed);
        view
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
                    counts.count(change);
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
    fn difference(&self, before: Occupant, after: Occupant) -> Change {
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

    /// The bytes of a file that a layer of the lens ships, the first time that one of its names comes by.
    fn bytes_in(&self, after: Version, first: LayerIndex, seen: &mut HashSet<InodeId>) -> u64 {
        let Occupant::Inode(id) = after.occupant else { return 0 };
        match self.inode(id) {
            Some(inode) if inode.layer >= first && (!inode.shared || seen.insert(id)) => {
                self.entry(id).map_or(0, |entry| entry.size)
            }
            _ => 0,
        }
    }

    /// Adds every node's figure to all directories above it. A parent comes before its children, so one pass from
    /// the end does.
    fn add_up<T: Copy + std::ops::AddAssign>(&self, figures: &mut [T]) {
        for (index, node) in self.nodes.iter().enumerate().rev() {
            if let Some(figure) = figures.get(index).copied()
                && let Some(parent) = figures.get_mut(node.parent as usize)
            {
                *parent += figure;
            }
        }
    }
}
