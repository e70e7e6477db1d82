//! What an image would weigh if some of its paths had never been written.

use crate::tree::{EventKind, NodeId, Tree};

/// Bytes that would not be shipped if no layer had written some paths and what is below them: those of files that have
/// all their names there, in all versions, dead and alive.
pub fn without_saves(tree: &Tree, left_out: &[NodeId]) -> u64 {
    let mut is_out = vec![false; tree.len()];
    for node in left_out.iter().flat_map(|node| std::iter::once(*node).chain(tree.paths_below(*node))) {
        if let Some(out) = is_out.get_mut(node.index()) {
            *out = true;
        }
    }
    // A file stays as long as one name of it does.
    let mut names = vec![(false, false); tree.inode_ids().count()];
    for node in tree.nodes() {
        let out = is_out.get(node.index()).copied().unwrap_or(false);
        for event in tree.events(node) {
            let EventKind::Written(inode) = event.kind else { continue };
            if let Some((is_named, stays)) = names.get_mut(inode.index()) {
                *is_named = true;
                *stays |= !out;
            }
        }
    }
    let gone = tree.inode_ids().zip(names).filter(|(_, (is_named, stays))| *is_named && !stays);
    gone.filter_map(|(inode, _)| tree.file_size(inode)).sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::listing::testing::listing;
    use crate::tree::Stack;

    fn tree(layers: &[&[&str]]) -> Tree {
        let mut stack = Stack::new();
        for layer in layers {
            stack.push(listing(layer));
        }
        stack.finish()
    }

    #[test]
    fn what_is_left_out_is_what_a_build_without_it_does_not_ship() {
        let whole: [&[&str]; 3] = [
            &["f a/one 100 x", "f a/two 30 x", "f b 7 x", "h c a/two"],
            &["f a/one 200 y", "f d 50 x", "f .wh.b 0"],
            &["f .wh.a 0", "f e 5 x"],
        ];
        let tree = tree(&whole);
        let saves = |paths: &[&str]| {
            let nodes: Vec<NodeId> = paths.iter().map(|path| tree.find(path.as_bytes()).unwrap()).collect();
            without_saves(&tree, &nodes)
        };
        assert_eq!(saves(&[]), 0);
        assert_eq!(saves(&["b"]), 7, "also what is gone in the end was shipped");
        assert_eq!(saves(&["a"]), 300, "what has another name elsewhere stays");
        assert_eq!(saves(&["a", "c"]), 330);
        assert_eq!(saves(&["a", "a/one"]), 300, "nothing is left out twice");
        assert_eq!(saves(&["a", "b", "c", "d", "e"]), 392, "all that is shipped");
    }
}
