//! The outline against a plain pass over all nodes.

use super::super::testing::{Fills, line};
use super::super::{Change, Counts, EventKind, Filter, InodeId, Kinds, LensView, Selection, Stack};
use super::*;
use crate::listing::EntryKind;
use crate::listing::testing::priced;
use crate::tree::Shown;
use proptest::prelude::*;
use std::collections::{BTreeMap, HashSet};

fn outline<T: AsRef<str>>(layers: &[Vec<T>], threads: usize) -> Arc<Outline> {
    let mut stack = Stack::new();
    for layer in layers {
        stack.push(priced(&layer.iter().map(AsRef::as_ref).collect::<Vec<&str>>()));
    }
    let mut tree = stack.finish();
    tree.identify(&Fills, 1);
    Arc::new(Outline::of(Arc::new(tree), threads))
}

/// What a lens shows, by node, all sums made by adding every node to its parent.
struct Plain {
    changes: Vec<Option<Change>>,
    own: Vec<u64>,
    counts: Counts,
}

impl Plain {
    fn of(tree: &Tree, lens: Lens) -> Self {
        let mut plain = Self { changes: Vec::new(), own: vec![0; tree.len()], counts: Counts::default() };
        for node in tree.nodes() {
            let before = lens.first.0.checked_sub(1).and_then(|layer| tree.state(node, LayerIndex(layer)));
            let after = tree.state(node, lens.last);
            let change = tree.change(node, lens);
            let described = |state: Option<Occupant>| state.is_some_and(|state| state != Occupant::Implied);
            if let Some(change) = change.filter(|_| node != NodeId::ROOT && (described(before) || described(after))) {
                plain.counts.count(change, 1);
            }
            plain.changes.push(change);
        }
        // Of the names of a file the first in byte order has its bytes.
        let paths: BTreeMap<Vec<u8>, NodeId> = tree.nodes().map(|node| (tree.path(node), node)).collect();
        let mut seen: HashSet<InodeId> = HashSet::new();
        for node in paths.into_values() {
            if let Some(Occupant::Inode(id)) = tree.state(node, lens.last)
                && tree.inode(id).unwrap().layer >= lens.first
                && seen.insert(id)
            {
                plain.own[node.index()] = tree.file_size(id).unwrap_or(0);
            }
        }
        plain
    }

    fn passes(&self, tree: &Tree, lens: Lens, kinds: Option<Kinds>, node: NodeId) -> bool {
        let Some(change) = self.changes[node.index()] else { return false };
        let Some(kinds) = kinds else { return true };
        let kind = match change {
            Change::Added => kinds.added,
            Change::Content | Change::Metadata => kinds.modified,
            Change::Removed => kinds.removed,
            Change::Unchanged => kinds.unchanged,
        };
        let dead = match tree.state(node, lens.last) {
            Some(Occupant::Inode(id)) => {
                tree.inode(id).unwrap().death.is_some() && tree.entry(id).unwrap().kind == EntryKind::File
            }
            _ => false,
        };
        kind && (!kinds.wasted_only || dead)
    }
}

fn sums<T: Copy + std::iter::Sum>(tree: &Tree, own: impl Fn(NodeId) -> T) -> Vec<T> {
    let is_below = |mut node: NodeId, top: NodeId| loop {
        match tree.parent(node) {
            _ if node == top => return true,
            Some(parent) => node = parent,
            None => return false,
        }
    };
    tree.nodes().map(|top| tree.nodes().filter(|node| is_below(*node, top)).map(&own).sum()).collect()
}

fn lenses(tree: &Tree) -> impl Iterator<Item = Lens> {
    let layers = tree.layers();
    (0..layers).flat_map(move |a| (a..layers).map(move |b| Lens::range(LayerIndex(a), LayerIndex(b))))
}

fn check_lens(outline: &Arc<Outline>, lens: Lens) -> Result<(), TestCaseError> {
    let tree = outline.tree();
    let (view, plain) = (outline.view(lens), Plain::of(tree, lens));
    prop_assert_eq!(view.counts(), plain.counts);
    let bytes = sums(tree, |node| plain.own[node.index()]);
    for node in tree.nodes() {
        let path = tree.path(node);
        prop_assert_eq!(view.change(node), plain.changes[node.index()], "{:?} {:?}", path, lens);
        prop_assert_eq!(view.bytes(node), bytes[node.index()], "{:?} {:?}", path, lens);
    }
    Ok(())
}

fn check_selection(view: &Arc<LensView>, kinds: Option<Kinds>, filter: Option<&Filter>) -> Result<(), TestCaseError> {
    let (tree, lens) = (view.tree(), view.lens());
    let plain = Plain::of(tree, lens);
    let selection = Selection::of(Arc::clone(view), kinds, filter);
    let hit = |node: NodeId| {
        node != NodeId::ROOT
            && plain.passes(tree, lens, kinds, node)
            && filter.is_none_or(|filter| filter.matches(view, node))
    };
    let below: Vec<u32> = sums(tree, |node| u32::from(hit(node)));
    let bytes = sums(tree, |node| if hit(node) { plain.own[node.index()] } else { 0 });
    let costs = sums(tree, |node| if hit(node) { tree.pull_cost(node, lens).unwrap() } else { 0 });
    for node in tree.nodes() {
        let path = String::from_utf8(tree.path(node)).unwrap();
        prop_assert_eq!(selection.pull_cost(node), Some(costs[node.index()]), "{} {:?}", path, lens);
        prop_assert_eq!(selection.is_hit(node), hit(node), "{} {:?} {:?}", path, lens, filter);
        prop_assert_eq!(selection.below(node), below[node.index()], "{} {:?}", path, lens);
        prop_assert_eq!(selection.bytes(node), bytes[node.index()], "{} {:?}", path, lens);
    }
    Ok(())
}

fn kinds() -> impl Strategy<Value = Option<Kinds>> {
    prop::option::of(any::<[bool; 5]>().prop_map(|[added, modified, removed, unchanged, wasted_only]| Kinds {
        added,
        modified,
        removed,
        unchanged,
        wasted_only,
    }))
}

fn layers() -> impl Strategy<Value = Vec<Vec<String>>> {
    // Names with capitals and dots are for the filters.
    prop::collection::vec(prop::collection::vec(line().prop_map(|line| line.replace('c', "C.b")), 0..7), 1..6)
}

fn filter() -> impl Strategy<Value = Filter> {
    let text = prop::collection::vec(prop::sample::select(vec!["a", "b", "C", ".", "/", "c.b", "B"]), 1..5)
        .prop_map(|parts| parts.concat());
    let with = |before: &'static str, after: &'static str| {
        move |text: String| Filter::parse(&format!("{before}{text}{after}")).ok()
    };
    let fixed = prop::sample::select(vec![
        "*b",
        "a/*",
        "**/a/?",
        "?",
        "[aC]*",
        "/a.*b/",
        "/(?i)c/",
        "is:added",
        "is:modified",
        "is:meta",
        "is:removed",
        "is:unchanged",
        "is:wasted",
        "is:dir",
        "is:file",
        "is:link",
        "is:exec",
        "is:suid",
        "is:empty",
        "size:>1",
        "size:0",
        "size:1..3",
        "layer:1",
        "layer:1..2",
        "owner:0",
        "owner:1",
        "mode:100",
        "mode:4000",
        "ext:b",
        "'",
        "^",
        "$",
    ]);
    let term = prop_oneof![
        text.clone().prop_filter_map("a filter", with("", "")),
        text.clone().prop_filter_map("a filter", with("!", "")),
        text.clone().prop_filter_map("a filter", with("'", "")),
        text.clone().prop_filter_map("a filter", with("^", "")),
        text.clone().prop_filter_map("a filter", with("^", "$")),
        text.prop_filter_map("a filter", with("", "$")),
        fixed.clone().prop_filter_map("a filter", |text| Filter::parse(text).ok()),
        (fixed.clone(), fixed).prop_filter_map("a filter", |(a, b)| Filter::parse(&format!("{a} !{b}")).ok()),
    ];
    term
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn every_lens_shows_what_a_plain_pass_finds(layers in layers()) {
        let outline = outline(&layers, 1);
        for lens in lenses(outline.tree()) {
            check_lens(&outline, lens)?;
        }
    }

    #[test]
    fn what_is_selected_is_what_matches(
        layers in layers(), kinds in kinds(), filter in prop::option::of(filter()), ends in (0..5_u32, 0..5_u32),
    ) {
        let outline = outline(&layers, 1);
        let view = Arc::new(outline.view(Lens::range(LayerIndex(ends.0), LayerIndex(ends.1))));
        check_selection(&view, kinds, filter.as_ref())?;
        if let Some(filter) = filter {
            let nodes: Vec<NodeId> = outline.tree().nodes().collect();
            let expected: Vec<bool> = nodes.iter().map(|node| filter.matches(&view, *node)).collect();
            prop_assert_eq!(filter.select(&view, &nodes), expected, "{:?}", filter);
        }
    }

    #[test]
    fn what_a_marker_hid_counts_once(layers in layers()) {
        let outline = outline(&layers, 1);
        let tree = outline.tree();
        for lens in lenses(tree) {
            let hidden_by = |node: NodeId| {
                let mut events = tree.events(node);
                let found = events.find(|event| {
                    event.kind == EventKind::Opaque && event.layer >= lens.first && event.layer <= lens.last
                });
                found.map(|event| event.layer)
            };
            let mut expected: HashMap<NodeId, u32> = HashMap::new();
            for node in tree.nodes() {
                let Some(layer) = hidden_by(node) else { continue };
                let is_hidden = |node: &NodeId| {
                    tree.events(*node).any(|event| event.kind == EventKind::Opaque && event.layer == layer)
                };
                let mut above = std::iter::successors(tree.parent(node), |node| tree.parent(*node));
                *expected.entry(above.find(|node| !is_hidden(node)).unwrap()).or_default() += 1;
            }
            prop_assert_eq!(outline.hidden(lens), expected, "{:?}", lens);
        }
    }
}

/// So many places that they are divided among threads, with steps and names on every border.
fn wide() -> Vec<Vec<String>> {
    let all = |make: &dyn Fn(usize, usize) -> String| -> Vec<String> {
        (0..12).flat_map(|a| (0..25).map(move |b| (a, b))).map(|(a, b)| make(a, b)).collect()
    };
    vec![
        all(&|a, b| format!("f top/d{a}/f{b} {} x", a * 100 + b)),
        all(&|a, b| format!("f top/d{a}/f{b} {} {} %7", a * 100 + b, if b % 3 == 0 { "y" } else { "x" })),
        vec!["f top/.wh.d3 0".into(), "f top/d4/.wh..wh..opq 0".into(), "h top/d5/f1 top/d6/f1".into()],
        all(&|a, b| if b % 7 == 0 { format!("f top/d{a}/f{b} 5000000000 z") } else { format!("d top/e{a}/g{b}") }),
    ]
}

#[test]
fn threads_change_nothing() {
    for threads in [1, 2, 5] {
        let outline = outline(&wide(), threads);
        for lens in lenses(outline.tree()) {
            check_lens(&outline, lens).unwrap();
        }
        let view = Arc::new(outline.view(Lens::range(LayerIndex(1), LayerIndex(3))));
        for text in ["top", "d1", "f2 !d3", "d1/f", "/d[2-4].f/", "top/d5/*", "is:meta", "owner:7", "size:>4G", "ext:x"]
        {
            let filter = Filter::parse(text).unwrap();
            check_selection(&view, None, Some(&filter)).unwrap();
            check_selection(&view, Some(Kinds::default()), Some(&filter)).unwrap();
        }
    }
}

#[test]
fn the_size_of_a_large_file_is_whole() {
    let outline = outline(&wide(), 2);
    let node = outline.tree().find(b"top/d1/f7").unwrap();
    assert_eq!(outline.view(Lens::layer(LayerIndex(3))).bytes(node), 5_000_000_000);
    assert!(
        matches!(outline.tree().shown(node, Lens::layer(LayerIndex(0))), Shown::Entry(_, entry) if entry.size == 107)
    );
}

#[test]
fn what_costs_nobody_knows_is_not_guessed() {
    let mut stack = Stack::new();
    stack.push(priced(&["f a/x 1", "f b/x 1"]));
    stack.push(crate::listing::testing::listing(&["f b/y 1", "f c 1"]));
    let outline = Arc::new(Outline::of(Arc::new(stack.finish()), 1));
    let selection = |lens| Selection::of(Arc::new(outline.view(lens)), None, None);
    let cost = |lens, path: &str| selection(lens).pull_cost(outline.tree().find(path.as_bytes()).unwrap());
    let whole = Lens::up_to(LayerIndex(1));
    assert_eq!(["", "a", "b", "b/x", "c"].map(|path| cost(whole, path)), [None, Some(1), None, Some(10), None]);
    assert_eq!(["", "b"].map(|path| cost(Lens::layer(LayerIndex(0)), path)), [Some(11), Some(10)]);
}
