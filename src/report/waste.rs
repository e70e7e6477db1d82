//! The wasted items of a report, each made only when it is asked for: an image may have a million of them.

use super::WasteSection;
use crate::analysis::{Analysis, SecretName, WasteItem, secrets};
use crate::escape::{Target, escape};
use crate::tree::{NodeId, Tree};
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

    /// Of each item, in the same order, a name that looks like a secret's, and what it looks like.
    pub fn secrets(&self) -> impl Iterator<Item = Option<(String, &'static str)>> + '_ {
        let path = |secret: SecretName| (path(&self.tree, secret.node), secret.looks);
        secrets(&self.tree, &self.analysis.waste).into_iter().take(self.top).map(move |secret| secret.map(path))
    }
}

impl Serialize for WasteList {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.iter())
    }
}

fn section(tree: &Tree, item: &WasteItem) -> WasteSection {
    WasteSection {
        path: path(tree, item.node),
        bytes: item.bytes,
        cause: item.cause,
        owner_layer: item.owner,
        by_layer: item.by,
    }
}

fn path(tree: &Tree, node: NodeId) -> String {
    escape(&tree.path(node), Target::Json).into_owned()
}
