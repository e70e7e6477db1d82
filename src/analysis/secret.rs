//! Wasted items that look like secrets by their names.

use super::waste::WasteItem;
use crate::tree::{EventKind, InodeId, NodeId, SecretNames, Tree};
use std::collections::HashMap;

/// A name that looks like a secret's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SecretName {
    /// Where that name is, or was.
    pub node: NodeId,
    /// What it looks like, in a few words.
    pub looks: &'static str,
}

/// Of each wasted item a name that looks like a secret's, if it ever had one: the one that it lost last, else the first
/// that a layer gave it. Whoever renames a secret before he deletes it still ships it.
pub fn secrets(tree: &Tree, waste: &[WasteItem]) -> Vec<Option<SecretName>> {
    let names = SecretNames::new();
    let look = |node: NodeId| names.look(&tree.path(node)).map(|looks| SecretName { node, looks });
    let mut found: Vec<Option<SecretName>> = waste.iter().map(|item| look(item.node)).collect();
    let open = waste.iter().zip(&found).enumerate().filter(|(_, (_, found))| found.is_none());
    let open: HashMap<InodeId, usize> = open.map(|(place, (item, _))| (item.inode, place)).collect();
    for node in tree.nodes() {
        for event in tree.events(node) {
            let EventKind::Written(inode) = event.kind else { continue };
            let Some(place) = open.get(&inode).and_then(|place| found.get_mut(*place)) else { continue };
            if place.is_none() {
                *place = look(node);
            }
        }
    }
    found
}
