//! The order of paths: byte order of the whole paths, without having all of them in memory.

use super::{EventKind, InodeId, NodeId, Occupant, Tree};
use crate::image::LayerIndex;
use std::cmp::Ordering;

/// All nodes below one node, in the byte order of their paths, each with its path.
///
/// `a-b` sorts before `a/b`, so a directory stands in its parent twice: as NAME for itself, and as `NAME/` for what is
/// below it. Only the directories on the way to the present node are open.
#[derive(Debug)]
pub struct PathOrder<'a> {
    tree: &'a Tree,
    /// What is still to come in each open directory, last first; and how long the path of the directory is.
    open: Vec<(Vec<Step>, usize)>,
    path: Vec<u8>,
}

/// One of the two places of a child.
#[derive(Debug, Clone, Copy)]
enum Step {
    /// The child itself.
    Itself(NodeId),
    /// What is below it.
    Below(NodeId),
}

impl Tree {
    /// What is below `node`, in the byte order of the paths; `node` itself is left out.
    pub fn paths_below(&self, node: NodeId) -> PathOrder<'_> {
        let mut order = PathOrder { tree: self, open: Vec::new(), path: self.path(node) };
        order.enter(node);
        order
    }
}

/// Which version of each path is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Version {
    /// What one layer wrote there, dead or not.
    Of(LayerIndex),
    /// What is there once this layer and all below are applied.
    AsOf(LayerIndex),
}

/// A path, and what is there in some version.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Item {
    /// The path, without a leading slash.
    pub path: Vec<u8>,
    /// The same.
    pub node: NodeId,
    /// What is there: none for a directory that no entry describes.
    pub inode: Option<InodeId>,
}

impl Tree {
    /// What is at and below a path, in the byte order of the paths; the root itself is left out.
    pub fn items(&self, node: NodeId, version: Version) -> Vec<Item> {
        let own = if node == NodeId::ROOT { None } else { self.item(node, version) };
        let mut items: Vec<Item> = own.map(|inode| Item { path: self.path(node), node, inode }).into_iter().collect();
        let mut below = self.paths_below(node);
        while let Some(node) = below.next() {
            let inode = self.item(node, version);
            items.extend(inode.map(|inode| Item { path: below.path().to_vec(), node, inode }));
        }
        items
    }

    /// What is at a path in that version, if anything is: no inode for a directory that no entry describes.
    pub fn item(&self, node: NodeId, version: Version) -> Option<Option<InodeId>> {
        match version {
            Version::Of(layer) => {
                self.events(node).filter(|event| event.layer == layer).find_map(|event| match event.kind {
                    EventKind::Written(inode) => Some(Some(inode)),
                    _ => None,
                })
            }
            Version::AsOf(layer) => self.state(node, layer).map(|occupant| match occupant {
                Occupant::Inode(inode) => Some(inode),
                Occupant::Implied => None,
            }),
        }
    }
}

impl PathOrder<'_> {
    /// The path of the node that came last, without a leading slash.
    pub fn path(&self) -> &[u8] {
        &self.path
    }

    fn enter(&mut self, node: NodeId) {
        let tree = self.tree;
        let below = |child: NodeId| tree.children(child).next().map(|_| Step::Below(child));
        let mut steps: Vec<Step> =
            tree.children(node).flat_map(|child| [Some(Step::Itself(child)), below(child)]).flatten().collect();
        steps.sort_unstable_by(|a, b| compare(b.key(tree), a.key(tree)));
        self.open.push((steps, self.path.len()));
    }

    fn go(&mut self, node: NodeId) {
        if !self.path.is_empty() {
            self.path.push(b'/');
        }
        self.path.extend_from_slice(self.tree.name(node));
    }
}

impl Iterator for PathOrder<'_> {
    type Item = NodeId;

    fn next(&mut self) -> Option<NodeId> {
        loop {
            let (steps, length) = self.open.last_mut()?;
            let length = *length;
            let step = steps.pop();
            self.path.truncate(length);
            match step {
                Some(Step::Itself(node)) => {
                    self.go(node);
                    return Some(node);
                }
                Some(Step::Below(node)) => {
                    self.go(node);
                    self.enter(node);
                }
                None => {
                    self.open.pop();
                }
            }
        }
    }
}

impl Step {
    /// Its name, and whether a slash follows.
    fn key(self, tree: &Tree) -> (&[u8], bool) {
        match self {
            Self::Itself(node) => (tree.name(node), false),
            Self::Below(node) => (tree.name(node), true),
        }
    }
}

impl Tree {
    /// The byte order of two paths, without making them.
    pub(super) fn compare_paths(&self, a: NodeId, b: NodeId) -> Ordering {
        if self.parent(a) == self.parent(b) {
            return self.name(a).cmp(self.name(b));
        }
        let way = |node| {
            let mut way: Vec<NodeId> = std::iter::successors(Some(node), |node| self.parent(*node)).collect();
            way.reverse();
            way
        };
        let (a, b) = (way(a), way(b));
        let fork = a.iter().zip(&b).take_while(|(a, b)| a == b).count();
        let step = |way: &[NodeId]| {
            let node = way.get(fork).copied()?;
            Some(if way.len() > fork + 1 { Step::Below(node) } else { Step::Itself(node) })
        };
        match (step(&a), step(&b)) {
            (Some(a), Some(b)) => compare(a.key(self), b.key(self)),
            // A directory comes ahead of what is in it.
            (a, b) => a.is_some().cmp(&b.is_some()),
        }
    }
}

/// Compares names as if those of subtrees ended with a slash.
fn compare((a, a_slash): (&[u8], bool), (b, b_slash): (&[u8], bool)) -> Ordering {
    let common = a.len().min(b.len());
    let head = a.get(..common).cmp(&b.get(..common));
    head.then_with(|| {
        let rest = |name: &[u8], slash: bool| name.get(common).copied().or(slash.then_some(b'/'));
        // Names hold no slash, so the first byte after the common part decides, unless both are the same name.
        rest(a, a_slash).cmp(&rest(b, b_slash))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_come_in_the_order_of_their_bytes() {
        let mut stack = crate::tree::Stack::new();
        stack.push(crate::listing::testing::listing(&[
            "f a/x 1",
            "f a-b 1",
            "f a.b/c/d 1",
            "f a 1",
            "d a0",
            "f Z 1",
            "f a/x/y 1",
        ]));
        stack.push(crate::listing::testing::listing(&["f a/.wh.x 0", "f a!/b 1"]));
        let tree = stack.finish();
        let walk = |from: NodeId| {
            let mut order = tree.paths_below(from);
            let mut paths = Vec::new();
            while let Some(node) = order.next() {
                assert_eq!(order.path(), tree.path(node));
                paths.push(order.path().to_vec());
            }
            paths
        };
        let mut expected: Vec<Vec<u8>> = tree.nodes().skip(1).map(|node| tree.path(node)).collect();
        expected.sort();
        assert_eq!(walk(NodeId::ROOT), expected);
        let mut nodes: Vec<NodeId> = tree.nodes().skip(1).collect();
        nodes.sort_by(|a, b| tree.compare_paths(*a, *b));
        assert_eq!(nodes.iter().map(|node| tree.path(*node)).collect::<Vec<_>>(), expected);
        assert_eq!(walk(tree.find(b"a").unwrap()), [b"a/x".to_vec(), b"a/x/y".to_vec()]);
    }

    #[test]
    fn a_directory_has_two_places_among_its_siblings() {
        let key = |text: &'static str| {
            text.strip_suffix('/').map_or((text.as_bytes(), false), |name| (name.as_bytes(), true))
        };
        let sorted = ["a", "a!", "a-b", "a.b", "a.b/", "a/", "a0", "a0/", "b"];
        for (i, a) in sorted.iter().enumerate() {
            for (j, b) in sorted.iter().enumerate() {
                assert_eq!(compare(key(a), key(b)), i.cmp(&j), "{a} {b}");
            }
        }
    }
}
