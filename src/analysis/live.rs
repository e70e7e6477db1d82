//! The files that can be reached in the end, each once.

use crate::image::LayerIndex;
use crate::tree::{InodeId, NodeId, Occupant, Tree};
use hashbrown::HashSet;

/// A regular file of the final tree. All its hard links are one file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LiveFile {
    /// The first of its names, in the byte order of the paths.
    pub node: NodeId,
    /// What the entry wrote that ships it.
    pub inode: InodeId,
    /// Its logical size.
    pub bytes: u64,
    /// The layer that ships it.
    pub layer: LayerIndex,
}

/// All files of the final tree, in the byte order of their paths. Their bytes are the live bytes of the image.
pub fn live_files(tree: &Tree) -> Vec<LiveFile> {
    let mut seen = HashSet::new();
    let file = |node: NodeId| {
        let Some(Occupant::Inode(id)) = tree.final_state(node) else { return None };
        let bytes = tree.file_size(id)?;
        let inode = tree.inode(id).filter(|inode| !inode.shared || seen.insert(id))?;
        Some(LiveFile { node, inode: id, bytes, layer: inode.layer })
    };
    tree.paths_below(NodeId::ROOT).filter_map(file).collect()
}
