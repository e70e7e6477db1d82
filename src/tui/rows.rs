//! The rows of a tree: what is in its open directories.
//!
//! A directory can have a million paths, of which a screen shows a few dozen. So rows that are not open directories
//! are not made before somebody looks at them; until then they are a run of sorted siblings.

use super::scene::Scene;
use crate::tree::{Change, NodeId, Tree};
use std::cmp::Reverse;
use std::collections::{HashMap, HashSet};
use std::ops::Range;
use std::sync::{Arc, OnceLock};

/// By what the rows of a directory are sorted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SortKey {
    /// Bytes, most first.
    Size,
    /// Name, in byte order.
    Name,
    /// Kind of change.
    Change,
    /// Modification time, newest first.
    Time,
    /// Bytes of the stored layers that a path accounts for, most first.
    Pull,
}

impl SortKey {
    /// All of them, in the order in which one follows the other.
    pub const ALL: [Self; 5] = [Self::Size, Self::Name, Self::Change, Self::Time, Self::Pull];

    /// What it is called.
    pub fn name(self) -> &'static str {
        match self {
            Self::Size => "size",
            Self::Name => "name",
            Self::Change => "change",
            Self::Time => "time",
            Self::Pull => "pull",
        }
    }

    /// The next one.
    pub(crate) fn next(self) -> Self {
        let after = Self::ALL.into_iter().skip_while(|key| *key != self).nth(1);
        after.unwrap_or(Self::Size)
    }
}

/// How rows are sorted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Sort {
    /// By what.
    pub(crate) key: SortKey,
    /// Whether the other way round.
    pub(crate) reversed: bool,
}

impl Default for Sort {
    fn default() -> Self {
        Self::by(SortKey::Size)
    }
}

impl Sort {
    /// By a key, the first one first.
    pub(crate) fn by(key: SortKey) -> Self {
        Self { key, reversed: false }
    }
}

/// Whether a row can be opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Folder {
    /// Nothing is shown below it.
    Leaf,
    /// What is below it is shown.
    Open,
    /// What is below it is not shown.
    Closed,
}

/// One row: a path, or a chain of directories with nothing but each other in them, in one row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Row {
    /// The first directory of the chain; the same as `node` in most rows.
    pub(crate) top: NodeId,
    /// What the row stands for.
    pub(crate) node: NodeId,
    /// How far it is indented.
    pub(crate) depth: u16,
    /// Whether it can be opened.
    pub(crate) folder: Folder,
}

/// Which directories are open.
#[derive(Debug, Clone, Default)]
pub(crate) struct Openness {
    /// What the user said of single directories.
    pub(crate) single: HashMap<NodeId, bool>,
    /// What the user said of all others.
    pub(crate) all: Option<bool>,
    /// Directories that are open so that the selected path can be seen.
    pub(crate) reveal: HashSet<NodeId>,
    /// A directory that one was led to: it has a row of its own, whatever it leads to.
    pub(crate) target: Option<NodeId>,
}

/// Up to so many paths a directory is open unless the user says otherwise.
const SMALL: u32 = 100;
/// The same while a filter is on: one wants to see what it found.
const SMALL_FILTERED: u32 = 5_000;

impl Openness {
    /// The same in another tree: nodes are numbers of one tree, paths are not.
    pub(crate) fn carried(&self, from: &Tree, to: &Tree) -> Self {
        let carry = |(node, open): (&NodeId, &bool)| Some((to.find(&from.path(*node))?, *open));
        let single = self.single.iter().filter_map(carry).collect();
        Self { single, all: self.all, reveal: HashSet::new(), target: None }
    }

    fn is_open(&self, node: NodeId, depth: u16, alone: bool, scene: &Scene) -> bool {
        if let Some(open) = self.single.get(&node) {
            return *open;
        }
        if self.reveal.contains(&node) {
            return true;
        }
        self.opens_all(scene) || (self.all.is_none() && depth == 0 && (alone || scene.below(node) <= SMALL))
    }

    /// Whether all directories are open that nobody said anything of.
    fn opens_all(&self, scene: &Scene) -> bool {
        let small = if scene.filtered { SMALL_FILTERED } else { SMALL };
        self.all.unwrap_or_else(|| scene.total() <= small)
    }
}

/// Children in the order of the present sort, kept so that a directory is sorted once.
#[derive(Debug, Default)]
pub(crate) struct Sorted(HashMap<NodeId, Arc<Siblings>>);

impl Sorted {
    fn get(&mut self, scene: &Scene, node: NodeId, sort: Sort) -> Arc<Siblings> {
        Arc::clone(self.0.entry(node).or_insert_with(|| {
            let shown: Box<[NodeId]> = scene.tree.children(node).filter(|child| scene.shows(*child)).collect();
            let has_folders = shown.iter().any(|child| !is_leaf(scene, *child));
            Arc::new(Siblings { shown, has_folders, sort, sorted: OnceLock::new() })
        }))
    }

    /// Forgets the order; which children are shown does not depend on it.
    pub(crate) fn resort(&mut self, sort: Sort) {
        self.0.values_mut().for_each(|siblings| {
            let siblings = Arc::make_mut(siblings);
            (siblings.sort, siblings.sorted) = (sort, OnceLock::new());
        });
    }
}

/// The children of a directory that are shown. Most directories have nothing but files in them, and of half a million
/// rows a screen shows a few: such a directory is sorted when one of its rows is looked at.
#[derive(Debug, Clone)]
struct Siblings {
    /// In no useful order.
    shown: Box<[NodeId]>,
    /// Whether there is something below one of them.
    has_folders: bool,
    sort: Sort,
    sorted: OnceLock<Box<[NodeId]>>,
}

impl Siblings {
    /// Sorted; `scene` is the one in which they are shown.
    fn in_order(&self, scene: &Scene) -> &[NodeId] {
        self.sorted.get_or_init(|| {
            let children = || self.shown.iter().copied();
            let mut sorted = match self.sort.key {
                SortKey::Size => self.sorted_by(scene, children().map(|child| Reverse(scene.bytes(child)))),
                SortKey::Change => self.sorted_by(scene, children().map(|child| scene.view.change(child))),
                SortKey::Time => self.sorted_by(scene, scene.times(&self.shown).into_iter().map(Reverse)),
                SortKey::Pull if scene.priced => {
                    self.sorted_by(scene, children().map(|child| Reverse(scene.pull_cost(child))))
                }
                // Where the worker has not told the prices yet, rows are made anew once it has.
                SortKey::Name | SortKey::Pull => self.sorted_by(scene, children().map(|_| ())),
            };
            if self.sort.reversed {
                sorted.reverse();
            }
            sorted.into()
        })
    }

    /// By a key for each, and by name where it is equal.
    fn sorted_by<K: Ord>(&self, scene: &Scene, keys: impl Iterator<Item = K>) -> Vec<NodeId> {
        let mut keyed: Vec<(K, u64, NodeId)> = keys.zip(&self.shown).map(|(key, child)| (key, 0, *child)).collect();
        // Most names differ in the first bytes after those that all of them have: no need to look the names up.
        let mut names = keyed.iter().map(|(_, _, child)| scene.tree.name(*child));
        let first = names.next().unwrap_or_default();
        let common = names
            .fold(first.len(), |common, name| first.iter().zip(name).take(common).take_while(|(a, b)| a == b).count());
        for (_, start, child) in &mut keyed {
            let rest = scene.tree.name(*child).get(common..).unwrap_or_default();
            let bytes = rest.iter().copied().chain(std::iter::repeat(0)).take(8);
            *start = bytes.fold(0, |start, byte| start << 8 | u64::from(byte));
        }
        let name = |child: &NodeId| scene.tree.name(*child);
        keyed.sort_unstable_by(|(a, a_start, a_child), (b, b_start, b_child)| {
            (a, a_start).cmp(&(b, b_start)).then_with(|| name(a_child).cmp(name(b_child)))
        });
        keyed.into_iter().map(|(_, _, child)| child).collect()
    }
}

/// Rows that follow each other: an open directory, or siblings that are not open.
#[derive(Debug)]
struct Segment {
    /// The number of the first row.
    first: usize,
    /// The siblings.
    siblings: Arc<Siblings>,
    /// Which of them, in their order.
    range: Range<usize>,
    /// How far they are indented.
    depth: u16,
    /// The last directory of the chain, if it is an open one.
    open: Option<NodeId>,
}

/// The rows of all open directories.
#[derive(Debug, Default)]
pub(crate) struct Rows(Vec<Segment>);

impl Rows {
    /// The rows of a scene.
    pub(crate) fn of(scene: &Scene, openness: &Openness, sort: Sort, sorted: &mut Sorted) -> Self {
        let mut rows = Self::default();
        let open = Open::of(scene, openness);
        let top = sorted.get(scene, NodeId::ROOT, sort);
        let alone = top.shown.len() == 1;
        // Directories on the way: the children of each, and which of them comes next.
        let mut way = vec![(top, 0)];
        while let Some((siblings, next)) = way.last_mut() {
            let siblings = Arc::clone(siblings);
            let from = *next;
            let depth = u16::try_from(way.len() - 1).unwrap_or(u16::MAX);
            let is_open = |child: &NodeId| open.chain(*child, depth, alone);
            let has_open = || siblings.has_folders && siblings.shown.iter().any(|child| is_open(child).is_some());
            let found = if from > 0 || has_open() {
                let rest = siblings.in_order(scene).iter().enumerate().skip(from);
                rest.into_iter().find_map(|(at, child)| Some((at, is_open(child)?)))
            } else {
                None
            };
            let end = found.map_or(siblings.shown.len(), |(at, _)| at);
            rows.push(&siblings, from..end, depth, None);
            match found {
                Some((at, node)) => {
                    rows.push(&siblings, at..at + 1, depth, Some(node));
                    if let Some((_, next)) = way.last_mut() {
                        *next = at + 1;
                    }
                    way.push((sorted.get(scene, node, sort), 0));
                }
                None => {
                    way.pop();
                }
            }
        }
        rows
    }

    fn push(&mut self, siblings: &Arc<Siblings>, range: Range<usize>, depth: u16, open: Option<NodeId>) {
        if !range.is_empty() {
            self.0.push(Segment { first: self.len(), siblings: Arc::clone(siblings), range, depth, open });
        }
    }

    /// How many rows there are.
    pub(crate) fn len(&self) -> usize {
        self.0.last().map_or(0, |segment| segment.first + segment.range.len())
    }

    /// Whether there are none.
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Forgets them.
    pub(crate) fn clear(&mut self) {
        self.0.clear();
    }

    /// One row.
    pub(crate) fn get(&self, index: usize, scene: &Scene, openness: &Openness) -> Option<Row> {
        let at = self.0.partition_point(|segment| segment.first <= index).checked_sub(1)?;
        let Segment { first, siblings, range, depth, open } = self.0.get(at)?;
        let top = *siblings.in_order(scene).get(range.clone())?.get(index - first)?;
        let node = open.unwrap_or_else(|| chain(scene, top, openness));
        let folder = match open {
            Some(_) => Folder::Open,
            None if is_leaf(scene, node) => Folder::Leaf,
            None => Folder::Closed,
        };
        Some(Row { top, node, depth: *depth, folder })
    }

    /// The last row ahead of another one that is indented less than so far.
    pub(crate) fn last_above(&self, index: usize, depth: u16) -> Option<usize> {
        let ahead = self.0.iter().rev().filter(|segment| segment.first < index);
        let found = ahead.into_iter().find(|segment| segment.depth < depth)?;
        Some(index.min(found.first + found.range.len()) - 1)
    }

    /// The row that shows a node, or the nearest directory above it.
    pub(crate) fn nearest(&self, scene: &Scene, node: NodeId) -> Option<usize> {
        let way = || std::iter::successors(Some(node), |node| scene.tree.parent(*node));
        // By directory: the child of it that leads to the node.
        let next: HashMap<NodeId, NodeId> = way().skip(1).zip(way()).collect();
        let found = self.0.iter().filter_map(|segment| {
            let wanted = next.get(&scene.tree.parent(*segment.siblings.shown.first()?)?)?;
            let rows = segment.siblings.in_order(scene).get(segment.range.clone())?;
            Some((segment.depth, segment.first + rows.iter().position(|child| child == wanted)?))
        });
        found.max().map(|(_, index)| index)
    }
}

/// Tells open directories from all else, and most of that without looking at it closely.
struct Open<'a> {
    scene: &'a Scene,
    openness: &'a Openness,
    /// Directories that are open for a reason of their own, and all above them. As a set it has the size of what was
    /// opened; a byte for each path took longer than the few rows that were made.
    reason: HashSet<NodeId>,
    /// Whether directories that nobody said anything of are open.
    others: bool,
}

impl<'a> Open<'a> {
    fn of(scene: &'a Scene, openness: &'a Openness) -> Self {
        let mut reason = HashSet::new();
        let said = openness.single.iter().filter(|(_, open)| **open).map(|(node, _)| *node);
        for node in said.chain(openness.reveal.iter().copied()) {
            let mut next = Some(node);
            while let Some(node) = next
                && reason.insert(node)
            {
                next = scene.tree.parent(node);
            }
        }
        Self { scene, openness, reason, others: openness.opens_all(scene) }
    }

    /// The last directory of the chain that a row begins with, if that is open.
    fn chain(&self, top: NodeId, depth: u16, alone: bool) -> Option<NodeId> {
        if depth > 0 && !self.others && !self.reason.contains(&top) || is_leaf(self.scene, top) {
            return None;
        }
        let node = chain(self.scene, top, self.openness);
        (!is_leaf(self.scene, node) && self.openness.is_open(node, depth, alone, self.scene)).then_some(node)
    }
}

/// Whether nothing is shown below a node.
fn is_leaf(scene: &Scene, node: NodeId) -> bool {
    scene.below(node) <= u32::from(scene.is_hit(node))
}

/// Follows directories that have nothing in them but one other directory with the same marker.
fn chain(scene: &Scene, top: NodeId, openness: &Openness) -> NodeId {
    let mut node = top;
    // From the first node below that is shown for its own sake up to the child that leads to it.
    let mut way: Vec<NodeId> = Vec::new();
    loop {
        if way.is_empty() {
            let first = scene.first_below(node);
            way.extend(std::iter::successors(first, |at| scene.tree.parent(*at)).take_while(|at| *at != node));
        }
        let Some(only) = way.pop() else { return node };
        let alone = scene.below(only) + u32::from(scene.is_hit(node)) == scene.below(node);
        let same = scene.view.change(node) == scene.view.change(only)
            || (scene.view.change(node) == Some(Change::Unchanged) && !scene.is_hit(node));
        let is_special =
            scene.opaque(node).is_some() || openness.target == Some(node) || openness.single.contains_key(&node);
        if !alone || is_leaf(scene, only) || !same || is_special {
            return node;
        }
        node = only;
    }
}
