//! Wasted bytes: which item, how many, who ships it, who made it dead, and why.

use crate::image::LayerIndex;
use crate::tree::{DeathCause, InodeId, NodeId, Tree};
use std::cmp::Reverse;
use std::fmt;

/// Why bytes are dead. Every wasted byte has exactly one cause.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Cause {
    /// A later layer wrote other content at the path, or put something else in the place of a directory above it.
    Overwritten,
    /// A later layer wrote the same content again: chmod, chown, touch, a repeated COPY.
    MetadataOnly,
    /// A whiteout of the path or of a directory above it.
    Removed,
    /// An opaque marker.
    Hidden,
    /// The name was taken by a later entry of the same layer, whatever its content.
    Repeated,
}

impl Cause {
    /// All causes, in the order in which reports name them.
    pub const ALL: [Self; 5] = [Self::Overwritten, Self::MetadataOnly, Self::Removed, Self::Hidden, Self::Repeated];

    /// The word for it, as in JSON.
    pub fn name(self) -> &'static str {
        match self {
            Self::Overwritten => "overwritten",
            Self::MetadataOnly => "metadata_only",
            Self::Removed => "removed",
            Self::Hidden => "hidden",
            Self::Repeated => "repeated",
        }
    }
}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// One thing that is shipped and cannot be reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WasteItem {
    /// What is shipped.
    pub inode: InodeId,
    /// The path under which it was last reachable.
    pub node: NodeId,
    /// Its size in bytes.
    pub bytes: u64,
    /// Why it is dead.
    pub cause: Cause,
    /// The layer that ships it.
    pub owner: LayerIndex,
    /// The layer that made it dead.
    pub by: LayerIndex,
}

/// Every wasted item of a stack, largest first, then by path and owner. Empty files cost nothing and are no items.
pub(super) fn items(tree: &Tree) -> Vec<WasteItem> {
    let mut items: Vec<WasteItem> = tree.inode_ids().filter_map(|id| item(tree, id)).collect();
    items.sort_by_key(|item| Reverse(item.bytes));
    // Only where sizes are equal do the paths matter, and paths are long.
    for equal in items.chunk_by_mut(|a, b| a.bytes == b.bytes).filter(|equal| equal.len() > 1) {
        equal.sort_by_cached_key(|item| (tree.path(item.node), item.owner, item.by));
    }
    items
}

fn item(tree: &Tree, id: InodeId) -> Option<WasteItem> {
    let inode = tree.inode(id)?;
    let death = inode.death?;
    let bytes = tree.entry(id).map(|entry| entry.size).filter(|bytes| *bytes > 0)?;
    let cause = match death.cause {
        DeathCause::Hidden => Cause::Hidden,
        DeathCause::Removed => Cause::Removed,
        DeathCause::Repeated => Cause::Repeated,
        DeathCause::Replaced(new) if tree.is_same_file(id, new) => Cause::MetadataOnly,
        DeathCause::Replaced(_) | DeathCause::Covered => Cause::Overwritten,
    };
    Some(WasteItem { inode: id, node: death.node, bytes, cause, owner: inode.layer, by: death.by })
}
