//! What one lens shows of the tree, narrowed by kinds and a filter; and the rows of it that are open.

use crate::image::LayerIndex;
use crate::listing::Listing;
use crate::tarball::Time;
pub(crate) use crate::tree::Kinds;
use crate::tree::{Change, Filter, Lens, LensView, NodeId, Selection, Shown, Stack, Tree};
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

/// Where the tree of a scene comes from.
#[derive(Debug, Clone)]
pub(crate) enum Source {
    /// The whole image.
    Tree(Arc<Tree>),
    /// One layer alone, while others are still being read; the kinds of change are not known then.
    Listing(Arc<Listing>),
}

impl Source {
    /// Whether both are the same, not only equal.
    pub(crate) fn is_same(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Tree(a), Self::Tree(b)) => Arc::ptr_eq(a, b),
            (Self::Listing(a), Self::Listing(b)) => Arc::ptr_eq(a, b),
            _ => false,
        }
    }

    /// The tree itself; of a single listing it is made here.
    pub(crate) fn tree(&self) -> Arc<Tree> {
        match self {
            Self::Tree(tree) => Arc::clone(tree),
            Self::Listing(listing) => {
                let mut stack = Stack::new();
                stack.push(Arc::clone(listing));
                Arc::new(stack.finish())
            }
        }
    }
}

/// A question: what does this lens show?
#[derive(Debug, Clone)]
pub(crate) struct Look {
    /// The tree.
    pub(crate) source: Source,
    /// The lens.
    pub(crate) lens: Lens,
    /// The kinds.
    pub(crate) kinds: Kinds,
    /// The filter.
    pub(crate) filter: Option<Arc<Filter>>,
}

impl Look {
    /// The lens in terms of `tree`: a tree of a single listing has only layer 0.
    pub(crate) fn lens_in(&self, tree: &Tree) -> Lens {
        match self.source {
            Source::Tree(_) => self.lens,
            Source::Listing(_) => Lens::up_to(LayerIndex(tree.layers().saturating_sub(1))),
        }
    }
}

/// What a lens shows.
#[derive(Debug)]
pub(crate) struct Scene {
    /// The tree.
    pub(crate) tree: Arc<Tree>,
    /// The lens on it.
    pub(crate) view: Arc<LensView>,
    /// Whether the kinds of change are known: not while layers below are missing.
    pub(crate) kinds_known: bool,
    /// Whether a filter is on.
    pub(crate) filtered: bool,
    /// What is shown for its own sake.
    selection: Selection,
    /// Directories with an opaque marker in one of the layers of the lens, and how many paths it hid.
    opaque: HashMap<NodeId, u32>,
}

impl Scene {
    /// Answers a question.
    pub(crate) fn of(view: Arc<LensView>, question: &Look) -> Self {
        let kinds_known = matches!(question.source, Source::Tree(_));
        let kinds = kinds_known.then_some(question.kinds);
        Self {
            tree: Arc::clone(view.tree()),
            kinds_known,
            filtered: question.filter.is_some(),
            selection: Selection::of(Arc::clone(&view), kinds, question.filter.as_deref()),
            opaque: view.outline().hidden(view.lens()),
            view,
        }
    }

    /// Whether the node itself passed, not only something below it.
    pub(crate) fn is_hit(&self, node: NodeId) -> bool {
        self.selection.is_hit(node)
    }

    /// How many nodes at or below this one passed.
    pub(crate) fn below(&self, node: NodeId) -> u32 {
        self.selection.below(node)
    }

    /// Whether the node is shown.
    pub(crate) fn shows(&self, node: NodeId) -> bool {
        self.below(node) > 0
    }

    /// How many nodes passed in all.
    pub(crate) fn total(&self) -> u32 {
        self.below(NodeId::ROOT)
    }

    /// Bytes of a node under the lens and the filter; of a directory the sum of what is shown below it.
    pub(crate) fn bytes(&self, node: NodeId) -> u64 {
        self.selection.bytes(node)
    }

    /// How many paths an opaque marker in this directory hid, if there is one.
    pub(crate) fn opaque(&self, node: NodeId) -> Option<u32> {
        self.opaque.get(&node).copied()
    }

    /// The version of a path that the lens shows.
    pub(crate) fn shown(&self, node: NodeId) -> Shown<'_> {
        self.tree.shown(node, self.view.lens())
    }

    /// When the version of a path that the lens shows was changed.
    fn time(&self, node: NodeId) -> Option<Time> {
        match self.shown(node) {
            Shown::Entry(_, entry) => Some(entry.mtime),
            Shown::Implied | Shown::Nothing => None,
        }
    }

    /// The children that are shown, sorted.
    fn children(&self, node: NodeId, sort: Sort) -> Arc<[NodeId]> {
        let mut children: Vec<NodeId> = self.tree.children(node).filter(|child| self.shows(*child)).collect();
        let name = |a: &NodeId, b: &NodeId| self.tree.name(*a).cmp(self.tree.name(*b));
        match sort.key {
            SortKey::Size => children.sort_unstable_by(|a, b| self.bytes(*b).cmp(&self.bytes(*a)).then(name(a, b))),
            SortKey::Name => children.sort_unstable_by(name),
            SortKey::Change => {
                children.sort_unstable_by(|a, b| self.view.change(*a).cmp(&self.view.change(*b)).then(name(a, b)));
            }
            SortKey::Time => {
                let time = |node: &NodeId| self.time(*node);
                children.sort_by(|a, b| time(b).cmp(&time(a)).then(name(a, b)));
            }
        }
        if sort.reversed {
            children.reverse();
        }
        children.into()
    }
}

/// By what the rows of a directory are sorted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum SortKey {
    /// Bytes, most first.
    Size,
    /// Name, in byte order.
    Name,
    /// Kind of change.
    Change,
    /// Modification time, newest first.
    Time,
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
        Self { key: SortKey::Size, reversed: false }
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
}

/// Up to so many paths a directory is open unless the user says otherwise.
const SMALL: u32 = 100;
/// The same while a filter is on: one wants to see what it found.
const SMALL_FILTERED: u32 = 5_000;

impl Openness {
    fn is_open(&self, node: NodeId, depth: u16, alone: bool, scene: &Scene) -> bool {
        if let Some(open) = self.single.get(&node) {
            return *open;
        }
        if self.reveal.contains(&node) {
            return true;
        }
        self.all.unwrap_or_else(|| {
            let small = if scene.filtered { SMALL_FILTERED } else { SMALL };
            scene.total() <= small || (depth == 0 && (alone || scene.below(node) <= SMALL))
        })
    }
}

/// Children in the order of the present sort, kept so that a directory is sorted once.
#[derive(Debug, Default)]
pub(crate) struct Sorted(HashMap<NodeId, Arc<[NodeId]>>);

impl Sorted {
    fn get(&mut self, scene: &Scene, node: NodeId, sort: Sort) -> Arc<[NodeId]> {
        Arc::clone(self.0.entry(node).or_insert_with(|| scene.children(node, sort)))
    }

    /// Forgets everything; the lens, the filter or the sort is another one.
    pub(crate) fn clear(&mut self) {
        self.0.clear();
    }
}

/// The rows of all open directories.
pub(crate) fn rows(scene: &Scene, openness: &Openness, sort: Sort, sorted: &mut Sorted) -> Vec<Row> {
    let mut out = Vec::new();
    let top = sorted.get(scene, NodeId::ROOT, sort);
    let alone = top.len() == 1;
    let mut waiting: Vec<(NodeId, u16)> = top.iter().rev().map(|node| (*node, 0)).collect();
    while let Some((top, depth)) = waiting.pop() {
        let (node, children) = chain(scene, top, openness, sort, sorted);
        let folder = match openness.is_open(node, depth, alone, scene) {
            _ if children.is_empty() => Folder::Leaf,
            true => Folder::Open,
            false => Folder::Closed,
        };
        out.push(Row { top, node, depth, folder });
        if folder == Folder::Open {
            waiting.extend(children.iter().rev().map(|child| (*child, depth.saturating_add(1))));
        }
    }
    out
}

/// Follows directories that have nothing in them but one other directory with the same marker.
fn chain(scene: &Scene, top: NodeId, openness: &Openness, sort: Sort, sorted: &mut Sorted) -> (NodeId, Arc<[NodeId]>) {
    let mut node = top;
    let mut children = sorted.get(scene, node, sort);
    while let [only] = &*children {
        let below = sorted.get(scene, *only, sort);
        let same = scene.view.change(node) == scene.view.change(*only)
            || (scene.view.change(node) == Some(Change::Unchanged) && !scene.is_hit(node));
        if below.is_empty() || !same || openness.single.contains_key(&node) {
            break;
        }
        node = *only;
        children = below;
    }
    (node, children)
}
