//! The wasted items of a report, each made only when it is asked for: an image may have a million of them.

use super::WasteSection;
use crate::analysis::{Analysis, WasteItem};
use crate::escape::{Target, escape};
use crate::tree::Tree;
use serde::{Serialize, Serializer};
use std::sync::Arc;

/// Wasted items, largest first; in JSON an array of [`WasteSection`].
#[derive(Debug, Clone)]
pub struct WasteList {
    tree: Arc<Tree>,
    analysis: Arc<Analysis>,
    top: usize,
}

impl WasteList {
    /// The `top` largest items of an analysis of `tree`; all of them if no number is given.
    pub fn new(tree: Arc<Tree>, analysis: Arc<Analysis>, top: Option<usize>) -> Self {
        Self { tree, analysis, top: top.unwrap_or(usize::MAX) }
    }

    /// How many items there are.
    pub fn len(&self) -> usize {
        self.analysis.waste.len().min(self.top)
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// All items, as the report writes them.
    pub fn iter(&self) -> impl Iterator<Item = WasteSection> + '_ {
        self.analysis.waste.iter().take(self.top).map(|item| section(&self.tree, item))
    }
}

impl Serialize for WasteList {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.iter())
    }
}

fn section(tree: &Tree, item: &WasteItem) -> WasteSection {
    WasteSection {
        path: escape(&tree.path(item.node), Target::Json).into_owned(),
        bytes: item.bytes,
        cause: item.cause,
        owner_layer: item.owner,
        by_layer: item.by,
    }
}
