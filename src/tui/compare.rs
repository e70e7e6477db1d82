//! Two points of the image compared, path by path.

use super::Model;
use super::asking::{Asking, Question, same_filter};
use super::msg::Generation;
use super::rows::SortKey;
use super::state::Position;
use crate::analysis::{Comparison, Difference, Present, Side};
use crate::image::LayerIndex;
use crate::tree::{Counts, Filter, InodeId, Lens, LensView, NodeId};
use std::sync::Arc;

/// By what paths are sorted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum CompareKey {
    /// How many bytes they make of a difference, most first.
    #[default]
    Delta,
    /// Path, in byte order.
    Path,
    /// Kind of change, then bytes.
    Change,
}

impl CompareKey {
    /// The one that comes nearest to a key of the tree.
    pub(crate) fn like(key: SortKey) -> Self {
        match key {
            SortKey::Name => Self::Path,
            SortKey::Change => Self::Change,
            SortKey::Size | SortKey::Time | SortKey::Pull => Self::Delta,
        }
    }

    /// The next one.
    pub(crate) fn next(self) -> Self {
        match self {
            Self::Delta => Self::Path,
            Self::Path => Self::Change,
            Self::Change => Self::Delta,
        }
    }

    /// Puts what differs in this order.
    pub(crate) fn sort(self, comparison: &mut Comparison, reversed: bool) {
        match self {
            Self::Delta => comparison.sort_by_delta(),
            Self::Path => comparison.differences.sort_by(|a, b| a.path.cmp(&b.path)),
            Self::Change => {
                comparison.sort_by_delta();
                comparison.differences.sort_by_key(Difference::change);
            }
        }
        if reversed {
            comparison.differences.reverse();
        }
    }
}

/// A question: in which paths do two points differ?
#[derive(Debug, Clone)]
pub(crate) struct Compare {
    /// The image.
    pub(crate) model: Arc<Model>,
    /// The image as of this layer.
    pub(crate) left: LayerIndex,
    /// And as of this one.
    pub(crate) right: LayerIndex,
    /// Which paths.
    pub(crate) filter: Option<Arc<Filter>>,
    /// The order.
    pub(crate) key: CompareKey,
    /// Whether the other way round.
    pub(crate) reversed: bool,
}

impl Question for Compare {
    fn is_same(&self, other: &Self) -> bool {
        let same_filter = same_filter(self.filter.as_ref(), other.filter.as_ref());
        let rest = |asked: &Self| (asked.left, asked.right, asked.key, asked.reversed);
        same_filter && rest(self) == rest(other) && Arc::ptr_eq(&self.model.tree, &other.model.tree)
    }
}

impl Compare {
    /// The layers between the two points.
    pub(crate) fn between(&self) -> Lens {
        let Lens { first, last } = Lens::range(self.left, self.right);
        Lens { first: LayerIndex(first.0.saturating_add(1)), last }
    }

    /// Answers it. `view` is what the lens of the layers between the two points shows: the filter looks through it.
    pub(crate) fn answer(&self, view: &LensView) -> Comparison {
        let tree = &self.model.tree;
        let (left, right) = (Side::as_of(tree, self.left), Side::as_of(tree, self.right));
        let mut comparison = Comparison::of(left, right, &mut |a, b| tree.same_content(a, b));
        if let Some(filter) = &self.filter {
            let nodes: Vec<NodeId> = comparison.differences.iter().filter_map(Difference::node).collect();
            let mut kept = filter.select(view, &nodes).into_iter();
            comparison.differences.retain(|_| kept.next().unwrap_or(false));
            // The title says what the rows below it make together.
            let sum = |side: fn(&Difference) -> Option<Present>| {
                comparison.differences.iter().filter_map(side).map(|present| present.bytes).sum()
            };
            (comparison.left_bytes, comparison.right_bytes) = (sum(|row| row.left), sum(|row| row.right));
        }
        self.key.sort(&mut comparison, self.reversed);
        comparison
    }
}

/// What is compared, and how it is looked at.
#[derive(Debug, Default)]
pub(crate) struct ComparePane {
    /// The layer that others are compared with, once one was marked.
    pub(crate) base: Option<LayerIndex>,
    /// The two points, once somebody said which.
    pub(crate) points: Option<(LayerIndex, LayerIndex)>,
    /// Where one is.
    pub(crate) at: Position,
    /// The order.
    pub(crate) key: CompareKey,
    /// Whether the other way round.
    pub(crate) reversed: bool,
    /// The filter, the last one that could be understood.
    pub(crate) filter: Option<Arc<Filter>>,
    /// How many of what is shown there are of each kind: counted once, not for each screen.
    pub(crate) counts: Counts,
    asking: Asking<Compare, Comparison>,
}

impl ComparePane {
    /// The number of a question, if it is not what was asked last.
    pub(crate) fn ask(&mut self, question: &Compare) -> Option<Generation> {
        self.asking.ask(question)
    }

    /// Shows nothing any more: one of the points is not known.
    pub(crate) fn forget(&mut self) {
        self.asking.forget();
    }

    /// Takes an answer, unless a newer question was asked since. The selected path stays selected.
    pub(crate) fn take(&mut self, generation: Generation, comparison: &Arc<Comparison>) {
        let before = self.selected().map(|difference| difference.path.clone());
        if self.asking.take(generation, Arc::clone(comparison)) {
            self.counts = comparison.counts();
            let is_before = |difference: &Difference| Some(&difference.path) == before.as_ref();
            self.at.cursor = comparison.differences.iter().position(is_before).unwrap_or(0);
        }
    }

    /// What differs; none until the worker has answered.
    pub(crate) fn comparison(&self) -> Option<&Arc<Comparison>> {
        self.asking.answer()
    }

    /// Whether an answer is still under way.
    pub(crate) fn waits(&self) -> bool {
        self.asking.waits()
    }

    /// The selected path.
    pub(crate) fn selected(&self) -> Option<&Difference> {
        self.comparison()?.differences.get(self.at.cursor)
    }

    /// The selected version: that of the right side, else that of the left.
    pub(crate) fn selected_version(&self) -> Option<(NodeId, InodeId)> {
        let difference = self.selected()?;
        let present = difference.right.or(difference.left)?;
        Some((present.node, present.inode?))
    }

    /// How many rows there are.
    pub(crate) fn len(&self) -> usize {
        self.comparison().map_or(0, |comparison| comparison.differences.len())
    }
}
