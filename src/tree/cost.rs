//! Pull costs of paths: the entry that wrote what a path is, and what whole directories account for.

use super::{Event, EventKind, Lens, NodeId, Tree};
use crate::image::LayerIndex;
use crate::listing::Entry;

/// A hard link that gave a path its name: the path, the layer, and which entry of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct LinkEntry {
    pub(super) node: NodeId,
    pub(super) layer: LayerIndex,
    pub(super) entry: u32,
}

impl Tree {
    /// The entry that wrote what a path is once `last` is applied, and its layer: of a hard link the link itself. `None`
    /// if the path is not there then, or is a directory that no entry describes.
    pub fn written(&self, node: NodeId, last: LayerIndex) -> Option<(LayerIndex, Entry<'_>)> {
        let event = self.events(node).find(|event| event.layer <= last)?;
        let entry = self.writer(node, event)?;
        Some((event.layer, self.listing(event.layer)?.entry(entry)?))
    }

    /// Which entry of its layer an event comes from.
    fn writer(&self, node: NodeId, event: Event) -> Option<u32> {
        let EventKind::Written(id) = event.kind else { return None };
        let inode = self.inode(id)?;
        let own = (inode.node == node && inode.layer == event.layer).then_some(inode.entry);
        let end = self.links.partition_point(|link| (link.node, link.layer) <= (node, event.layer));
        let link = end.checked_sub(1).and_then(|last| self.links.get(last));
        let link = link.filter(|link| link.node == node && link.layer == event.layer).map(|link| link.entry);
        // Of both the later one: the layer may have had another link of this name before.
        own.max(link)
    }

    /// Bytes of stored blobs that a path accounts for under a lens: those of the entry that wrote what is there at its
    /// end, if a layer of the lens did. What no entry wrote costs nothing. `None` if the costs of that layer are not
    /// known.
    pub fn pull_cost(&self, node: NodeId, lens: Lens) -> Option<u64> {
        match self.written(node, lens.last).filter(|(layer, _)| *layer >= lens.first) {
            Some((_, entry)) => entry.pull_cost(),
            None => Some(0),
        }
    }

    /// By node: what it and everything below it account for under a lens, each as [`Tree::pull_cost`] says; `None` if
    /// some of that is not known.
    pub fn pull_costs(&self, lens: Lens) -> Vec<Option<u64>> {
        let mut sums: Vec<Option<u64>> = self.nodes().map(|node| self.pull_cost(node, lens)).collect();
        // Parents come before their children.
        for node in (1..sums.len()).rev() {
            let below = sums.get(node).copied().flatten();
            let parent = u32::try_from(node).ok().and_then(|node| self.parent(NodeId(node)));
            if let Some(sum) = parent.and_then(|parent| sums.get_mut(parent.index())) {
                *sum = sum.zip(below).map(|(sum, below)| sum + below);
            }
        }
        sums
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::listing::testing::{listing, priced};
    use crate::tree::Stack;
    use crate::tree::testing::line;
    use proptest::prelude::*;

    /// A tree of layers whose entries cost 1, 10, 100, … bytes.
    fn tree<S: AsRef<str>>(layers: &[Vec<S>]) -> Tree {
        let mut stack = Stack::new();
        for layer in layers {
            stack.push(priced(&layer.iter().map(AsRef::as_ref).collect::<Vec<_>>()));
        }
        stack.finish()
    }

    fn written(tree: &Tree, path: &str, last: u32) -> Option<(u32, u32)> {
        let found = tree.written(tree.find(path.as_bytes())?, LayerIndex(last));
        found.map(|(layer, entry)| (layer.0, entry.index()))
    }

    #[test]
    fn the_entry_that_wrote_a_path_is_found() {
        let tree = tree(&[
            vec!["f d/a 5 x", "h b d/a", "l s d", "h s/c d/a", "h d/a b"],
            vec!["f b 5 x", "h b d/a", "f b 6 y", "f .wh.s 0"],
        ]);
        assert_eq!(written(&tree, "d", 0), None);
        assert_eq!(written(&tree, "b", 0), Some((0, 1)));
        assert_eq!(written(&tree, "d/c", 1), Some((0, 3)), "a link through a symbolic link");
        assert_eq!(written(&tree, "d/a", 1), Some((0, 4)), "linked to itself after it was written");
        assert_eq!(written(&tree, "b", 1), Some((1, 2)), "written after it was linked");
        assert_eq!(written(&tree, "s", 0), Some((0, 2)));
        assert_eq!(written(&tree, "s", 1), None);
    }

    #[test]
    fn directories_account_for_all_that_is_below_them() {
        let tree = tree(&[vec!["d a", "f a/x 5 x", "f a/b/y 5 y"], vec!["f a/x 6 x", "f a/z 1 z"]]);
        let costs = |first, last| {
            let costs = tree.pull_costs(Lens { first: LayerIndex(first), last: LayerIndex(last) });
            ["", "a", "a/x", "a/b"].map(|path| costs[tree.find(path.as_bytes()).unwrap().index()].unwrap())
        };
        assert_eq!(costs(0, 0), [111, 111, 10, 100]);
        assert_eq!(costs(1, 1), [11, 11, 1, 0]);
        assert_eq!(costs(0, 1), [112, 112, 1, 100]);
        let mut stack = Stack::new();
        stack.push(listing(&["f a/x 1"]));
        stack.push(priced(&["f b/x 1"]));
        let tree = stack.finish();
        let costs = tree.pull_costs(Lens::up_to(LayerIndex(1)));
        assert_eq!(costs[NodeId::ROOT.index()], None, "the costs of one layer are not known");
        assert_eq!(costs[tree.find(b"b").unwrap().index()], Some(1));
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 256, ..ProptestConfig::default() })]

        /// Every path counts for its own last entry, and nothing counts twice.
        #[test]
        fn sums_are_those_of_single_paths(
            layers in prop::collection::vec(prop::collection::vec(line(), 0..8), 1..5),
            first in 0..4_u32,
            last in 0..4_u32,
        ) {
            let tree = tree(&layers);
            let lens = Lens { first: LayerIndex(first), last: LayerIndex(last) };
            let costs = tree.pull_costs(lens);
            let mut seen = std::collections::HashSet::new();
            for node in tree.nodes() {
                let below = |other: &NodeId| {
                    std::iter::successors(Some(*other), |at| tree.parent(*at)).any(|above| above == node)
                };
                let sum: u64 = tree.nodes().filter(below).map(|below| tree.pull_cost(below, lens).unwrap()).sum();
                prop_assert_eq!(costs[node.index()], Some(sum));
                if let Some((layer, entry)) = tree.written(node, lens.last) {
                    prop_assert!(seen.insert((layer, entry.index())), "an entry counts for one path");
                } else {
                    let state = tree.state(node, lens.last);
                    prop_assert!(matches!(state, None | Some(crate::tree::Occupant::Implied)));
                }
            }
        }
    }
}
