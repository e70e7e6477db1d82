//! The list of wasted items, and how it is put together and sorted.

use super::groups::{Bundle, Group, GroupBy};
use super::msg::Generation;
use super::rows::SortKey;
use super::state::{LensMode, Position};
use crate::tree::{Filter, Lens, NodeId};
use std::collections::HashSet;
use std::sync::Arc;

/// By what wasted items are sorted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum WasteSort {
    /// Bytes, most first.
    #[default]
    Bytes,
    /// Path.
    Path,
    /// Cause, then bytes.
    Cause,
}

impl WasteSort {
    /// The one that comes nearest to a key of the tree.
    pub(crate) fn like(key: SortKey) -> Self {
        match key {
            SortKey::Name => Self::Path,
            SortKey::Change => Self::Cause,
            SortKey::Size | SortKey::Time | SortKey::Pull => Self::Bytes,
        }
    }

    /// The next one.
    pub(crate) fn next(self) -> Self {
        match self {
            Self::Bytes => Self::Path,
            Self::Path => Self::Cause,
            Self::Cause => Self::Bytes,
        }
    }
}

/// The wasted items.
#[derive(Debug, Default)]
pub(crate) struct WastePane {
    /// The layers whose dead bytes one looks at.
    pub(crate) mode: LensMode,
    /// Those of which the rows are; none before the first.
    pub(crate) lens: Option<Lens>,
    /// The groups that are shown, in order.
    pub(crate) shown: Vec<Arc<Group>>,
    /// Their bytes.
    pub(crate) bytes: u64,
    /// The paths as dive counts them, while that is what is shown.
    pub(crate) as_dive: Option<Vec<Arc<Group>>>,
    /// Where one is.
    pub(crate) at: Position,
    /// The path that one went to last.
    pub(crate) anchor: Option<NodeId>,
    /// What they are put together by.
    pub(crate) by: GroupBy,
    /// What they make together; empty while single files are shown.
    pub(crate) bundles: Vec<Bundle>,
    /// Where one is among those.
    pub(crate) bundle_at: Position,
    /// The title of the one that was opened.
    pub(crate) opened: Option<String>,
    /// How they are sorted.
    pub(crate) sort: WasteSort,
    /// Whether the other way round.
    pub(crate) reversed: bool,
    /// The filter, the last one that could be understood.
    pub(crate) filter: Option<Arc<Filter>>,
    /// The paths that the filter leaves.
    pub(crate) kept: Option<HashSet<NodeId>>,
    /// The number of the last question to the worker.
    pub(crate) generation: Generation,
    /// The number of the last question that was answered.
    pub(crate) answered: Generation,
}

impl WastePane {
    /// Whether what is shown are bundles, not files.
    pub(crate) fn shows_bundles(&self) -> bool {
        self.by != GroupBy::File && self.opened.is_none()
    }

    /// The selected bundle.
    pub(crate) fn bundle(&self) -> Option<&Bundle> {
        self.bundles.get(self.bundle_at.cursor).filter(|_| self.shows_bundles())
    }
}
