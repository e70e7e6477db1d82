//! dive's stacked tree, kept from layer to layer instead of being stacked anew for every whiteout.

use super::layer::{LayerTree, ROOT};
use hashbrown::HashMap;

/// All layers so far, one on the other, by dive's rules: markers remove, everything else is written over what is
/// there and keeps the children; symbolic links are not followed.
#[derive(Debug)]
pub(super) struct Stacked<'a> {
    nodes: Vec<Node>,
    /// The child of a node by its name. Children of removed nodes stay in it and are never found again.
    index: HashMap<(u32, &'a [u8]), u32>,
}

#[derive(Debug, Clone, Copy, Default)]
struct Node {
    parent: u32,
    is_directory: bool,
    own: u64,
    /// Own size and those of everything below.
    sum: u64,
}

/// A removed or not yet made node.
const NONE: u32 = u32::MAX;

impl Default for Stacked<'_> {
    fn default() -> Self {
        Self { nodes: vec![Node::default()], index: HashMap::new() }
    }
}

impl<'a> Stacked<'a> {
    /// Takes over a layer's tree as it is, markers included.
    pub(super) fn copy(&mut self, tree: &LayerTree<'a>) {
        let mut here = vec![NONE; tree.len()];
        set(&mut here, ROOT, ROOT);
        // Parents have smaller numbers than their children.
        for node in (1..tree.len()).filter_map(|node| u32::try_from(node).ok()) {
            let id = self.child(get(&here, tree.parent(node)), tree.name(node));
            set(&mut here, node, id);
            self.describe(id, tree, node);
        }
    }

    /// Applies a layer's tree, children before parents.
    pub(super) fn stack(&mut self, tree: &LayerTree<'a>) {
        // Where the nodes of the layer's tree are in this one, as far as that is known.
        let mut here = vec![NONE; tree.len()];
        set(&mut here, ROOT, ROOT);
        for node in tree.children_first() {
            if tree.is_whiteout(node) {
                if self.remove(&tree.components(node)).is_some() {
                    forget_parent(&mut here, tree, node);
                }
            } else {
                let id = self.place(&mut here, tree, node);
                self.describe(id, tree, node);
            }
        }
    }

    /// What dive charges a whiteout with: the bytes of a directory, nothing for anything else; none if there is no
    /// such path.
    pub(super) fn whited_out(&self, components: &[&[u8]]) -> Option<u64> {
        let node = self.nodes.get(self.find(components)? as usize)?;
        Some(if node.is_directory { node.sum } else { 0 })
    }

    fn find(&self, components: &[&[u8]]) -> Option<u32> {
        components
            .iter()
            .filter(|name| !name.is_empty())
            .try_fold(ROOT, |at, name| self.index.get(&(at, *name)).copied())
    }

    fn remove(&mut self, components: &[&'a [u8]]) -> Option<u32> {
        let id = self.find(components).filter(|id| *id != ROOT)?;
        let name = components.iter().rfind(|name| !name.is_empty())?;
        let node = *self.nodes.get(id as usize)?;
        self.index.remove(&(node.parent, *name));
        self.add(node.parent, |sum| sum.wrapping_sub(node.sum));
        Some(id)
    }

    /// The place of a layer's node here, made if need be. Leading `..` stay at the root.
    fn place(&mut self, here: &mut [u32], tree: &LayerTree<'a>, node: u32) -> u32 {
        let mut missing = Vec::new();
        let mut at = node;
        while get(here, at) == NONE {
            missing.push(at);
            at = tree.parent(at);
        }
        let mut id = get(here, at);
        for node in missing.into_iter().rev() {
            let name = tree.name(node);
            id = if name == b".." { ROOT } else { self.child(id, name) };
            set(here, node, id);
        }
        id
    }

    fn child(&mut self, parent: u32, name: &'a [u8]) -> u32 {
        let next = u32::try_from(self.nodes.len()).unwrap_or(NONE);
        let id = *self.index.entry((parent, name)).or_insert(next);
        if id == next {
            self.nodes.push(Node { parent, ..Node::default() });
        }
        id
    }

    /// Writes what the layer says over what is there, also where the layer says nothing: dive forgets then that it
    /// had been a directory.
    fn describe(&mut self, id: u32, tree: &LayerTree<'a>, node: u32) {
        if id == ROOT {
            return;
        }
        let Some(slot) = self.nodes.get_mut(id as usize) else { return };
        let (before, now) = (slot.own, tree.size(node));
        slot.own = now;
        slot.is_directory = tree.entry(node).is_some_and(|entry| entry.kind == crate::listing::EntryKind::Directory);
        if before != now {
            self.add(id, |sum| sum.wrapping_sub(before).wrapping_add(now));
        }
    }

    /// Changes the sums of a node and of everything above it.
    fn add(&mut self, from: u32, change: impl Fn(u64) -> u64) {
        let mut at = from;
        while let Some(node) = self.nodes.get_mut(at as usize) {
            node.sum = change(node.sum);
            if at == ROOT {
                return;
            }
            at = node.parent;
        }
    }
}

/// After a marker was applied: one that names nothing has removed the directory that it is in.
fn forget_parent(here: &mut [u32], tree: &LayerTree<'_>, marker: u32) {
    let parent = tree.parent(marker);
    if parent != ROOT && tree.name(marker).len() == b".wh.".len() {
        set(here, parent, NONE);
    }
}

fn get(places: &[u32], node: u32) -> u32 {
    places.get(node as usize).copied().unwrap_or(ROOT)
}

fn set(places: &mut [u32], node: u32, id: u32) {
    if let Some(place) = places.get_mut(node as usize) {
        *place = id;
    }
}
