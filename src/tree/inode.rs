//! What one entry wrote, and how it died. Hard links are names of one inode; its bytes count once.

use super::NodeId;
use crate::image::LayerIndex;

/// One regular file, link, device or directory as an entry wrote it; hard links share one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct InodeId(pub(super) u32);

impl InodeId {
    /// The inode as an index of an array over all inodes.
    pub fn index(self) -> usize {
        self.0 as usize
    }
}

/// What one entry wrote.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Inode {
    /// The layer that ships it.
    pub layer: LayerIndex,
    /// Which entry of that layer's listing.
    pub entry: u32,
    /// The node of the entry that wrote it.
    pub node: NodeId,
    /// How many names it has in the end.
    pub links: u32,
    /// Whether it ever had a second name.
    pub shared: bool,
    /// How it died, if no name is left.
    pub death: Option<Death>,
    /// Inodes with equal content have the same one, as far as anybody has to know.
    pub(super) content: u32,
}

/// How an inode lost its last name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Death {
    /// Why.
    pub cause: DeathCause,
    /// Through which layer.
    pub by: LayerIndex,
    /// The name that went last.
    pub node: NodeId,
}

/// Why a name went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DeathCause {
    /// An opaque marker hides it.
    Hidden,
    /// A whiteout of the name or of a directory above it.
    Removed,
    /// The same layer has the name again.
    Repeated,
    /// A later layer wrote this inode at the name.
    Replaced(InodeId),
    /// Something else took the place of the name or of a directory above it.
    Covered,
}
