//! WHAT THE STACK LOOKS LIKE: all layers applied in order, as one tree for the whole image.
//!
//! Every path that any layer ever named is a node, and every node has its events: which layer wrote, implied or
//! removed it. What any [`Lens`] shows is computed from the events; nothing is ever stacked twice.

mod bits;
mod change;
mod cost;
mod filter;
mod finder;
mod glob;
mod glob_table;
mod identity;
mod inode;
mod lens;
mod names;
mod nodes;
mod outline;
mod resolve;
mod search;
mod secret_names;
mod select;
mod stack;
#[cfg(test)]
pub(crate) mod testing;
#[cfg(test)]
mod tests;
mod view;
mod walk;

pub use change::{Change, Counts};
pub use filter::{Answer, Answers, Filter, FilterError, Grep, Inquiry, Line, Needle};
pub use finder::Finder;
pub use glob::Glob;
pub(crate) use glob_table::{AnyCase, glob_table};
pub use identity::{Contents, Question};
pub use inode::{Death, DeathCause, Inode, InodeId};
pub use lens::{Lens, Shown};
pub use outline::Outline;
pub use search::{Found, Searcher};
pub use secret_names::SecretNames;
pub use select::{Kinds, Selection};
pub use stack::Stack;
pub use view::LensView;
pub use walk::{Item, PathOrder, Version};

use crate::image::LayerIndex;
use crate::listing::{Entry, EntryKind, Listing};
use crate::notice::Notice;
use inode::Inodes;
use names::Names;
use std::collections::BTreeSet;
use std::sync::Arc;

/// A path that at least one layer names, or that is the parent of one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NodeId(pub(crate) u32);

impl NodeId {
    /// The root directory.
    pub const ROOT: Self = Self(0);

    /// The node as an index of an array over all nodes, see [`Tree::len`].
    pub fn index(self) -> usize {
        self.0 as usize
    }
}

/// What happened to a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EventKind {
    /// An entry of the layer made the path what it is since.
    Written(InodeId),
    /// The path became a directory because something below it was written.
    Implied,
    /// A whiteout names the path itself.
    Whiteout,
    /// A whiteout names a directory above the path.
    WhiteoutAbove,
    /// An opaque marker in a directory above the path hides it.
    Opaque,
    /// Something that is no directory took the place of a directory above the path.
    ReplacedAbove,
}

/// One event of a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Event {
    /// The layer in which it happened.
    pub layer: LayerIndex,
    /// What happened.
    pub kind: EventKind,
}

/// What a path is after some layer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Occupant {
    /// A directory that no entry describes: 0755, 0:0, no mtime.
    Implied,
    /// What an entry describes.
    Inode(InodeId),
}

/// The whole image as one tree.
#[derive(Debug, Clone)]
pub struct Tree {
    names: Names,
    nodes: Vec<Node>,
    events: Vec<EventRecord>,
    inodes: Inodes,
    /// The entries of hard links that made paths, sorted.
    links: Vec<cost::LinkEntry>,
    /// Directories that were there already, and the layers with an opaque marker in them.
    opaque: BTreeSet<(NodeId, LayerIndex)>,
    listings: Vec<Arc<Listing>>,
    notices: Vec<Notice>,
}

/// A path: its name, where it hangs, and the newest of its events.
#[derive(Debug, Clone, Copy)]
struct Node {
    parent: u32,
    name: names::NameId,
    first_child: u32,
    next_sibling: u32,
    last_event: u32,
}

/// An event in the arena, linked to the event of the same node that came before, and to the newest of an earlier layer:
/// one layer may have as many events of one path as it has entries.
#[derive(Debug, Clone, Copy)]
struct EventRecord {
    layer: LayerIndex,
    kind: PackedKind,
    before: u32,
    below: u32,
}

/// An [`EventKind`] in four bytes: the number of an inode, or one of the last numbers for everything else.
#[derive(Debug, Clone, Copy)]
struct PackedKind(u32);

impl PackedKind {
    const IMPLIED: u32 = u32::MAX;
    const WHITEOUT: u32 = u32::MAX - 1;
    const WHITEOUT_ABOVE: u32 = u32::MAX - 2;
    const OPAQUE: u32 = u32::MAX - 3;
    const REPLACED_ABOVE: u32 = u32::MAX - 4;

    fn unpack(self) -> EventKind {
        match self.0 {
            Self::IMPLIED => EventKind::Implied,
            Self::WHITEOUT => EventKind::Whiteout,
            Self::WHITEOUT_ABOVE => EventKind::WhiteoutAbove,
            Self::OPAQUE => EventKind::Opaque,
            Self::REPLACED_ABOVE => EventKind::ReplacedAbove,
            inode => EventKind::Written(InodeId(inode)),
        }
    }
}

impl From<EventKind> for PackedKind {
    fn from(kind: EventKind) -> Self {
        Self(match kind {
            EventKind::Written(InodeId(inode)) => inode,
            EventKind::Implied => Self::IMPLIED,
            EventKind::Whiteout => Self::WHITEOUT,
            EventKind::WhiteoutAbove => Self::WHITEOUT_ABOVE,
            EventKind::Opaque => Self::OPAQUE,
            EventKind::ReplacedAbove => Self::REPLACED_ABOVE,
        })
    }
}

impl EventRecord {
    fn event(self) -> Event {
        Event { layer: self.layer, kind: self.kind.unpack() }
    }
}

/// No node, no event.
const NONE: u32 = u32::MAX;

impl Tree {
    /// How many nodes there are; every [`NodeId::index`] is below it. A parent always comes before its children.
    pub fn len(&self) -> usize {
        self.nodes.len()
    }

    /// Whether there is nothing but the root.
    pub fn is_empty(&self) -> bool {
        self.nodes.len() <= 1
    }

    /// All nodes, parents before children.
    pub fn nodes(&self) -> impl Iterator<Item = NodeId> + use<> {
        (0..u32::try_from(self.nodes.len()).unwrap_or(NONE)).map(NodeId)
    }

    /// How many layers were stacked.
    pub fn layers(&self) -> u32 {
        u32::try_from(self.listings.len()).unwrap_or(NONE)
    }

    /// The listing of a layer, if there is such a layer.
    pub fn listing(&self, layer: LayerIndex) -> Option<&Arc<Listing>> {
        self.listings.get(layer.index())
    }

    /// The listings of all layers, bottom first.
    pub fn listings(&self) -> &[Arc<Listing>] {
        &self.listings
    }

    /// What was odd about the stack, in the order of the layers.
    pub fn notices(&self) -> &[Notice] {
        &self.notices
    }

    /// The last component of a node's path; empty for the root.
    pub fn name(&self, node: NodeId) -> &[u8] {
        self.node(node).map_or(b"", |node| self.names.get(node.name))
    }

    fn name_id(&self, node: NodeId) -> Option<names::NameId> {
        Some(self.node(node)?.name)
    }

    /// The directory above; none for the root.
    pub fn parent(&self, node: NodeId) -> Option<NodeId> {
        let parent = self.node(node)?.parent;
        (parent != NONE).then_some(NodeId(parent))
    }

    /// The nodes directly below, in no useful order.
    pub fn children(&self, node: NodeId) -> impl Iterator<Item = NodeId> + '_ {
        let mut next = self.node(node).map_or(NONE, |node| node.first_child);
        std::iter::from_fn(move || {
            let child = self.nodes.get(next as usize)?;
            let id = NodeId(next);
            next = child.next_sibling;
            Some(id)
        })
    }

    /// The whole path without a leading slash; empty for the root.
    pub fn path(&self, node: NodeId) -> Vec<u8> {
        let mut parts = Vec::new();
        let mut at = Some(node);
        while let Some(node) = at.filter(|node| *node != NodeId::ROOT) {
            parts.push(self.name(node));
            at = self.parent(node);
        }
        parts.reverse();
        parts.join(&b'/')
    }

    /// The events of a node, newest first.
    pub fn events(&self, node: NodeId) -> impl Iterator<Item = Event> + '_ {
        let mut next = self.node(node).map_or(NONE, |node| node.last_event);
        std::iter::from_fn(move || {
            let record = self.events.get(next as usize)?;
            next = record.before;
            Some(record.event())
        })
    }

    /// The layers with an opaque marker in a directory that lower layers had already, lowest first.
    pub fn made_opaque(&self, directory: NodeId) -> impl Iterator<Item = LayerIndex> + '_ {
        let all = (directory, LayerIndex(0))..=(directory, LayerIndex(u32::MAX));
        self.opaque.range(all).map(|(_, layer)| *layer)
    }

    /// What the path is once `layer` and all layers below it are applied; none if it does not exist then.
    pub fn state(&self, node: NodeId, layer: LayerIndex) -> Option<Occupant> {
        let mut record = self.events.get(self.node(node)?.last_event as usize)?;
        while record.layer > layer {
            record = self.events.get(record.below as usize)?;
        }
        record.event().occupant()
    }

    /// What the path is in the end; none if it is gone.
    pub fn final_state(&self, node: NodeId) -> Option<Occupant> {
        self.state(node, LayerIndex(u32::MAX))
    }

    /// The inode behind an id of this tree.
    pub fn inode(&self, id: InodeId) -> Option<Inode> {
        self.inodes.get(id)
    }

    /// All inodes that any layer ships, in the order in which they were written.
    pub fn inodes(&self) -> impl DoubleEndedIterator<Item = Inode> {
        self.inode_ids().filter_map(|id| self.inode(id))
    }

    /// The ids of all inodes, in the order in which they were written.
    pub fn inode_ids(&self) -> impl DoubleEndedIterator<Item = InodeId> + use<> {
        (0..u32::try_from(self.inodes.len()).unwrap_or(NONE)).map(InodeId)
    }

    /// The entry that wrote an inode.
    pub fn entry(&self, id: InodeId) -> Option<Entry<'_>> {
        let (layer, entry) = self.inodes.origin(id)?;
        self.listings.get(layer.index())?.entry(entry)
    }

    /// Where the symbolic link behind an inode leads, just as the layer says; empty for everything else.
    pub fn link(&self, id: InodeId) -> &[u8] {
        self.entry(id).filter(|entry| entry.kind == EntryKind::Symlink).map_or(b"", |entry| entry.link())
    }

    fn node(&self, node: NodeId) -> Option<&Node> {
        self.nodes.get(node.index())
    }
}
