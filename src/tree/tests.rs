//! Trees that strangers make to keep us busy.

use super::*;
use crate::listing::testing::listing;
use crate::notice::Severity;

fn stack(layers: &[Vec<String>]) -> Tree {
    pile(Stack::new(), layers)
}

fn pile(mut stack: Stack, layers: &[Vec<String>]) -> Tree {
    for layer in layers {
        let lines: Vec<&str> = layer.iter().map(String::as_str).collect();
        stack.push(listing(&lines));
    }
    stack.finish()
}

#[test]
fn a_directory_that_comes_and_goes_within_a_layer_leaves_one_event() {
    let flips = (0..100).flat_map(|_| ["f d/e/x 1 x".to_owned(), "f d 1 y".to_owned()]);
    let tree = stack(&[vec!["f d/e/x 1 x".to_owned()], flips.chain(["f d/e/x 1 x".to_owned()]).collect()]);
    let node = tree.find(b"d/e").unwrap();
    assert_eq!(tree.events(node).count(), 2);
    assert_eq!(tree.state(node, LayerIndex(0)), Some(Occupant::Implied));
    assert_eq!(tree.final_state(node), Some(Occupant::Implied));
}

#[test]
fn what_a_path_was_below_is_found_behind_all_events_of_a_layer() {
    let mut again = vec!["f a 2 y".to_owned(); 50];
    again.push("h b a".to_owned());
    let tree = stack(&[vec!["f a 1 x".to_owned()], again, vec!["f .wh.a 0".to_owned()]]);
    let node = tree.find(b"a").unwrap();
    let size = |layer| match tree.state(node, LayerIndex(layer)) {
        Some(Occupant::Inode(inode)) => tree.entry(inode).map(|entry| entry.size),
        _ => None,
    };
    assert_eq!([0, 1, 2, 3].map(size), [Some(1), Some(2), None, None]);
}

#[test]
fn links_lead_no_deeper_than_a_path_may_be() {
    let deep = vec!["a"; 1500].join("/");
    let layer = vec![
        format!("l first {deep}"),
        format!("f {deep}/{deep}/x 1 x"),
        format!("l {deep}/second {deep}"),
        format!("f first/second/{deep}/far 1 x"),
    ];
    let tree = stack(&[layer]);
    let depth = |mut node: NodeId| {
        let mut depth = 0;
        while let Some(parent) = tree.parent(node) {
            (node, depth) = (parent, depth + 1);
        }
        depth
    };
    assert_eq!(tree.nodes().map(depth).max(), Some(3001));
    assert!(tree.notices().iter().any(|notice| notice.message.contains("directories deep")), "{:?}", tree.notices());
    assert!(tree.inodes().next_back().unwrap().death.is_some(), "it is shipped and cannot be reached");
}

#[test]
fn a_link_that_no_system_could_make_is_not_followed() {
    let target = |len: usize| format!("{}real", "./".repeat((len - 4) / 2));
    for (len, expected) in [(4096, "real/x"), (4098, "l/x")] {
        let layer = vec!["d real".to_owned(), format!("l l {}", target(len)), "f l/x 1 x".to_owned()];
        let tree = stack(&[layer]);
        let file = tree.find(expected.as_bytes()).unwrap();
        assert!(matches!(tree.final_state(file), Some(Occupant::Inode(_))), "{len}");
    }
}

#[test]
fn links_are_followed_until_it_is_too_much() {
    let mut layer = vec!["d b".to_owned(), "l l0 b/../b/../l1".to_owned(), "l l1 b".to_owned()];
    layer.extend((0..10).map(|n| format!("f l0/d{n}/x 1 x")));
    // Two links for each path, 13 bytes and 1 byte long.
    let tree = pile(Stack::following(14 * 9 + 1), &[layer]);
    assert!(tree.find(b"b/d8/x").is_some() && tree.find(b"l0/d9/x").is_some());
    let errors = tree.notices().iter().filter(|notice| notice.severity == Severity::Error).count();
    assert_eq!(errors, 1, "{:?}", tree.notices());
}

/// Cannot read anything.
#[derive(Clone)]
struct Unreadable;

impl Contents for Unreadable {
    fn same(&mut self, _: &Tree, _: Question) -> std::io::Result<bool> {
        Err(std::io::ErrorKind::Unsupported.into())
    }

    fn fingerprint(&mut self, _: &Tree, _: InodeId) -> std::io::Result<u128> {
        Err(std::io::ErrorKind::Unsupported.into())
    }
}

#[test]
fn digests_are_compared_with_digests_only() {
    let layer = |lines: &[&str]| lines.iter().map(|line| (*line).to_owned()).collect::<Vec<_>>();
    let mut tree = stack(&[
        layer(&["f a 4 x =", "f b 4 x =", "f mixed 4 x ="]),
        layer(&["f a 4 y =", "f b 4 y =", "f mixed 4 x"]),
        layer(&["f a 4 x ="]),
    ]);
    tree.identify(&Unreadable, 2);
    let inode = |path: &[u8], layer| match tree.state(tree.find(path).unwrap(), LayerIndex(layer)) {
        Some(Occupant::Inode(inode)) => inode,
        other => panic!("{other:?}"),
    };
    let same = |path: &[u8], a, b| tree.same_content(inode(path, a), inode(path, b));
    assert_eq!(
        (same(b"a", 0, 2), same(b"a", 0, 1), same(b"b", 0, 1), same(b"mixed", 0, 1)),
        (true, false, false, false)
    );
    let notices: Vec<_> = tree.notices().iter().map(|notice| notice.part.as_str()).collect();
    assert_eq!(notices, ["mixed"]);
}

#[test]
fn of_many_paths_that_cannot_be_compared_the_rest_is_counted() {
    let layer = |fill: &str| (10..25).map(|path| format!("f {path} 4 {fill}")).collect::<Vec<_>>();
    let mut tree = stack(&[layer("x"), layer("y")]);
    tree.identify(&Unreadable, 2);
    let notices = tree.notices();
    assert_eq!((notices.len(), notices[0].part.as_str(), notices[9].part.as_str()), (11, "10", "19"));
    assert!(notices[10].message.contains("those of 5 more paths"), "{:?}", notices[10]);
}

/// Counts how often a content is read.
#[derive(Debug, Clone, Default)]
struct Reads(std::sync::Arc<std::sync::atomic::AtomicUsize>);

impl Contents for Reads {
    fn same(&mut self, tree: &Tree, Question { a, b }: Question) -> std::io::Result<bool> {
        Ok(self.fingerprint(tree, a)? == self.fingerprint(tree, b)?)
    }

    fn fingerprint(&mut self, tree: &Tree, inode: InodeId) -> std::io::Result<u128> {
        self.0.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        testing::Fills.fingerprint(tree, inode)
    }
}

#[test]
fn a_content_is_compared_once_however_many_names_it_has() {
    let layer = |fill| {
        let names = (0..500).map(|name| format!("h n{name} a"));
        std::iter::once(format!("f a 9 {fill}")).chain(names).collect::<Vec<_>>()
    };
    let mut tree = stack(&[layer("x"), layer("y"), layer("x")]);
    let reads = Reads::default();
    tree.identify(&reads, 1);
    assert_eq!(reads.0.load(std::sync::atomic::Ordering::Relaxed), 3);
    let ids: Vec<InodeId> = tree.inode_ids().collect();
    assert!(tree.same_content(ids[0], ids[2]) && !tree.same_content(ids[0], ids[1]));
}

#[test]
fn a_link_that_is_written_over_leads_nowhere_any_more() {
    let tree = stack(&[vec![
        "l a b".to_owned(),
        "f a/one 1 x".to_owned(),
        "f a 1 x".to_owned(),
        "f a/two 1 x".to_owned(),
        "f a/two 1 y".to_owned(),
        "f a/three 1 y".to_owned(),
    ]]);
    let there = |path: &[u8]| tree.find(path).is_some_and(|node| tree.final_state(node).is_some());
    assert!(there(b"b/one") && there(b"a/two") && there(b"a/three") && !there(b"b/two") && !there(b"b/three"));
}
