//! What one lens shows of the tree, narrowed by kinds and a filter; and the rows of it that are open.

use crate::image::LayerIndex;
use crate::listing::{Entry, EntryKind, Listing};
use crate::tree::{Change, EventKind, Filter, Lens, LensView, NodeId, Occupant, Shown, Stack, Tree};
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

/// Which kinds of change are shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "each has a key of its own")]
pub(crate) struct Kinds {
    /// `+`
    pub(crate) added: bool,
    /// `~` and `%`
    pub(crate) modified: bool,
    /// `-`
    pub(crate) removed: bool,
    /// `=`
    pub(crate) unchanged: bool,
    /// Nothing but what is dead in the end.
    pub(crate) wasted_only: bool,
}

impl Default for Kinds {
    fn default() -> Self {
        Self { added: true, modified: true, removed: true, unchanged: false, wasted_only: false }
    }
}

impl Kinds {
    fn shows(self, change: Change) -> bool {
        match change {
            Change::Added => self.added,
            Change::Content | Change::Metadata => self.modified,
            Change::Removed => self.removed,
            Change::Unchanged => self.unchanged,
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
    /// By node: whether it is shown for its own sake.
    hits: Vec<bool>,
    /// By node: how many nodes at or below it are shown for their own sake.
    below: Vec<u32>,
    /// By node: bytes under the lens and the filter.
    bytes: Vec<u64>,
    /// Directories with an opaque marker in one of the layers of the lens, and how many paths it hid.
    opaque: HashMap<NodeId, u32>,
}

impl Scene {
    /// Whether the node itself passed, not only something below it.
    pub(crate) fn is_hit(&self, node: NodeId) -> bool {
        self.hits.get(node.index()).copied().unwrap_or(false)
    }

    /// How many nodes at or below this one passed.
    pub(crate) fn below(&self, node: NodeId) -> u32 {
        self.below.get(node.index()).copied().unwrap_or(0)
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
        self.bytes.get(node.index()).copied().unwrap_or(0)
    }

    /// How many paths an opaque marker in this directory hid, if there is one.
    pub(crate) fn opaque(&self, node: NodeId) -> Option<u32> {
        self.opaque.get(&node).copied()
    }

    /// The version of a path that the lens shows.
    pub(crate) fn shown(&self, node: NodeId) -> Shown<'_> {
        Shown::of(&self.tree, &self.view, node)
    }

    /// The entry behind [`Self::shown`].
    pub(crate) fn entry(&self, node: NodeId) -> Option<Entry<'_>> {
        match self.shown(node) {
            Shown::Entry(_, entry) => Some(entry),
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
                let time = |node: &NodeId| self.entry(*node).map(|entry| entry.mtime);
                children.sort_by(|a, b| time(b).cmp(&time(a)).then(name(a, b)));
            }
        }
        if sort.reversed {
            children.reverse();
        }
        children.into()
    }
}

/// Answers [`Look`].
pub(crate) fn look(tree: Arc<Tree>, view: Arc<LensView>, question: &Look) -> Scene {
    let lens = view.lens();
    let kinds_known = matches!(question.source, Source::Tree(_));
    let dead = |node: NodeId| match tree.state(node, lens.last) {
        Some(Occupant::Inode(inode)) => {
            tree.inode(inode).is_some_and(|inode| inode.death.is_some())
                && tree.entry(inode).is_some_and(|entry| entry.kind == EntryKind::File)
        }
        _ => false,
    };
    let passes = |node: NodeId| {
        view.change(node).is_some_and(|change| !kinds_known || question.kinds.shows(change))
            && (!kinds_known || !question.kinds.wasted_only || dead(node))
            && question.filter.as_ref().is_none_or(|filter| filter.matches(&tree, &view, node))
    };
    let hits: Vec<bool> = tree.nodes().map(|node| node != NodeId::ROOT && passes(node)).collect();
    let mut below: Vec<u32> = hits.iter().map(|hit| u32::from(*hit)).collect();
    let narrowed = question.filter.is_some()
        || question.kinds != Kinds { unchanged: question.kinds.unchanged, ..Kinds::default() };
    let mut bytes = if narrowed { own_bytes(&tree, &view, &hits) } else { Vec::new() };
    let parents: Vec<Option<NodeId>> = tree.nodes().map(|node| tree.parent(node)).collect();
    // Parents come before children, so going backwards every node is complete before it is added to its parent.
    for index in (1..tree.len()).rev() {
        let Some(parent) = parents.get(index).copied().flatten() else { continue };
        add_up(&mut below, parent.index(), index, u32::saturating_add);
        if narrowed {
            add_up(&mut bytes, parent.index(), index, u64::saturating_add);
        }
    }
    if !narrowed {
        bytes = tree.nodes().map(|node| view.bytes(node)).collect();
    }
    let opaque = opaque_directories(&tree, lens);
    Scene { tree, view, kinds_known, filtered: question.filter.is_some(), hits, below, bytes, opaque }
}

fn add_up<T: Copy>(values: &mut [T], parent: usize, child: usize, add: fn(T, T) -> T) {
    let Some(value) = values.get(child).copied() else { return };
    if let Some(sum) = values.get_mut(parent) {
        *sum = add(*sum, value);
    }
}

/// The bytes of each hit that is no directory.
fn own_bytes(tree: &Tree, view: &LensView, hits: &[bool]) -> Vec<u64> {
    let own = |(node, hit): (NodeId, &bool)| match Shown::of(tree, view, node) {
        Shown::Entry(_, entry) if *hit && entry.kind == EntryKind::File => view.bytes(node),
        _ => 0,
    };
    tree.nodes().zip(hits).map(own).collect()
}

/// Directories in which an opaque marker of the lens hid something, and how many paths.
fn opaque_directories(tree: &Tree, lens: Lens) -> HashMap<NodeId, u32> {
    let hidden_by = |node: NodeId| {
        tree.events(node)
            .find(|event| event.kind == EventKind::Opaque && event.layer >= lens.first && event.layer <= lens.last)
            .map(|event| event.layer)
    };
    let mut out: HashMap<NodeId, u32> = HashMap::new();
    // By node: the directory with the marker that hid it.
    let mut marked: HashMap<NodeId, NodeId> = HashMap::new();
    for node in tree.nodes() {
        let (Some(parent), Some(layer)) = (tree.parent(node), hidden_by(node)) else { continue };
        let directory = match marked.get(&parent) {
            Some(directory) if hidden_by(parent) == Some(layer) => *directory,
            _ => parent,
        };
        marked.insert(node, directory);
        *out.entry(directory).or_default() += 1;
    }
    out
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
