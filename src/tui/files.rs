//! All files under a lens in one flat list.

use super::asking::{Asking, Question, same_filter};
use super::msg::Generation;
use super::rows::SortKey;
use super::state::{LensMode, Position};
use crate::listing::EntryKind;
use crate::tree::{Change, Filter, Kinds, Lens, LensView, NodeId, Selection, Shown, Tree};
use std::cmp::Reverse;
use std::sync::Arc;

/// By what files are sorted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum FilesKey {
    /// Bytes, most first.
    #[default]
    Size,
    /// Path, in byte order.
    Path,
    /// Kind of change, then bytes.
    Change,
    /// Modification time, newest first.
    Time,
}

impl FilesKey {
    /// The one that comes nearest to a key of the tree.
    pub(crate) fn like(key: SortKey) -> Self {
        match key {
            SortKey::Name => Self::Path,
            SortKey::Change => Self::Change,
            SortKey::Time => Self::Time,
            SortKey::Size | SortKey::Pull => Self::Size,
        }
    }

    /// The next one.
    pub(crate) fn next(self) -> Self {
        match self {
            Self::Size => Self::Path,
            Self::Path => Self::Change,
            Self::Change => Self::Time,
            Self::Time => Self::Size,
        }
    }
}

/// A question: which files does this lens show, in which order?
#[derive(Debug, Clone)]
pub(crate) struct List {
    /// The image.
    pub(crate) tree: Arc<Tree>,
    /// The lens.
    pub(crate) lens: Lens,
    /// The filter.
    pub(crate) filter: Option<Arc<Filter>>,
    /// The order.
    pub(crate) key: FilesKey,
    /// Whether the other way round.
    pub(crate) reversed: bool,
}

impl Question for List {
    fn is_same(&self, other: &Self) -> bool {
        let same_filter = same_filter(self.filter.as_ref(), other.filter.as_ref());
        let same_order = (self.key, self.reversed) == (other.key, other.reversed);
        same_filter && same_order && self.lens == other.lens && Arc::ptr_eq(&self.tree, &other.tree)
    }
}

/// The files of a lens in their order.
#[derive(Debug)]
pub(crate) struct Files {
    /// The lens on the tree.
    pub(crate) view: Arc<LensView>,
    /// The files.
    pub(crate) nodes: Vec<NodeId>,
    /// Their bytes.
    pub(crate) bytes: u64,
    /// The bytes of the largest.
    pub(crate) largest: u64,
}

impl Files {
    /// Answers a question. A lens shows the files that its layers wrote and that are there at its end.
    pub(crate) fn of(view: Arc<LensView>, question: &List) -> Self {
        let kinds = Kinds { removed: false, ..Kinds::default() };
        let selection = Selection::of(Arc::clone(&view), Some(kinds), question.filter.as_deref());
        let tree = view.tree();
        let is_file = |node: &NodeId| matches!(tree.shown(*node, view.lens()), Shown::Entry(_, entry) if entry.kind == EntryKind::File);
        let mut nodes: Vec<NodeId> = selection.hits().filter(is_file).collect();
        let bytes = |node: &NodeId| view.bytes(*node);
        let total = nodes.iter().map(bytes).fold(0, u64::saturating_add);
        let largest = nodes.iter().map(bytes).max().unwrap_or(0);
        match question.key {
            FilesKey::Size => by(tree, &mut nodes, |node| Reverse(bytes(&node))),
            FilesKey::Path => by(tree, &mut nodes, |_| ()),
            FilesKey::Change => by(tree, &mut nodes, |node| (view.change(node), Reverse(bytes(&node)))),
            FilesKey::Time => by(tree, &mut nodes, |node| Reverse(tree.shown(node, view.lens()).time())),
        }
        if question.reversed {
            nodes.reverse();
        }
        Self { view, nodes, bytes: total, largest }
    }

    /// What the lens did to a file.
    pub(crate) fn change(&self, node: NodeId) -> Change {
        self.view.change(node).unwrap_or(Change::Unchanged)
    }

    /// The version that the lens shows.
    pub(crate) fn shown(&self, node: NodeId) -> Shown<'_> {
        self.view.tree().shown(node, self.view.lens())
    }
}

/// Sorts paths by a key, and by themselves where it is equal: only then are they put together.
fn by<K: Ord>(tree: &Tree, nodes: &mut [NodeId], key: impl Fn(NodeId) -> K) {
    nodes.sort_by_cached_key(|node| key(*node));
    for equal in nodes.chunk_by_mut(|a, b| key(*a) == key(*b)) {
        equal.sort_by_cached_key(|node| tree.path(*node));
    }
}

/// The list, and how it is looked at.
#[derive(Debug)]
pub(crate) struct FilesPane {
    /// How the lens follows the selected layer.
    pub(crate) mode: LensMode,
    /// Where one is.
    pub(crate) at: Position,
    /// The order.
    pub(crate) key: FilesKey,
    /// Whether the other way round.
    pub(crate) reversed: bool,
    /// The filter, the last one that could be understood.
    pub(crate) filter: Option<Arc<Filter>>,
    /// The file that stays selected.
    pub(crate) anchor: Option<NodeId>,
    asking: Asking<List, Files>,
}

impl Default for FilesPane {
    fn default() -> Self {
        Self {
            mode: LensMode::Whole,
            at: Position::default(),
            key: FilesKey::default(),
            reversed: false,
            filter: None,
            anchor: None,
            asking: Asking::default(),
        }
    }
}

impl FilesPane {
    /// The number of a question, if it is not what was asked last.
    pub(crate) fn ask(&mut self, question: &List) -> Option<Generation> {
        self.asking.ask(question)
    }

    /// Shows nothing any more: what the lens wants is not known.
    pub(crate) fn forget(&mut self) {
        self.asking.forget();
    }

    /// Takes an answer, unless a newer question was asked since.
    pub(crate) fn take(&mut self, generation: Generation, files: &Arc<Files>) {
        if self.asking.take(generation, Arc::clone(files)) {
            let is_anchor = |node: &NodeId| Some(*node) == self.anchor;
            self.at.cursor = files.nodes.iter().position(is_anchor).unwrap_or(0);
        }
    }

    /// What is shown; none until the worker has answered.
    pub(crate) fn files(&self) -> Option<&Arc<Files>> {
        self.asking.answer()
    }

    /// Whether an answer is still under way.
    pub(crate) fn waits(&self) -> bool {
        self.asking.waits()
    }

    /// The selected file.
    pub(crate) fn selected(&self) -> Option<NodeId> {
        self.files()?.nodes.get(self.at.cursor).copied()
    }

    /// How many rows there are.
    pub(crate) fn len(&self) -> usize {
        self.files().map_or(0, |files| files.nodes.len())
    }
}
