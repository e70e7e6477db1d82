//! What grew since a build that was good: bytes, waste and layers, and by what.

use super::{Finding, Weight};
use crate::analysis::{Analysis, Totals};
use crate::image::{Image, LayerIndex};
use crate::tree::Tree;
use std::collections::{BTreeMap, HashMap, VecDeque};

/// How much more than before is no growth.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Tolerance {
    /// Bytes.
    Bytes(u64),
    /// A share of what it was before, 1 being all of it.
    Ratio(f64),
}

impl Tolerance {
    /// The most that is no growth, when it was `before`.
    #[expect(clippy::cast_precision_loss, reason = "a share of bytes is no exact figure; sums stay far below 2^53")]
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a float saturates")]
    pub fn most(self, before: u64) -> u64 {
        match self {
            Self::Bytes(bytes) => before.saturating_add(bytes),
            Self::Ratio(ratio) => before.saturating_add((before as f64 * ratio) as u64),
        }
    }
}

/// What of an image is compared with another build of it.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Snapshot {
    /// How the image is called.
    pub name: String,
    /// Its figures.
    pub totals: Totals,
    /// Its layers, bottom first.
    pub layers: Vec<SnapshotLayer>,
    /// Wasted bytes by path, without a leading slash; none if not all of them are known.
    pub waste: Option<BTreeMap<Vec<u8>, u64>>,
}

/// A layer of a snapshot.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SnapshotLayer {
    /// The digest of its uncompressed tar, if it is known.
    pub diff_id: Option<String>,
    /// What made it; empty if nothing tells.
    pub instruction: String,
    /// The sizes of its files.
    pub shipped_bytes: u64,
}

impl Snapshot {
    /// What there is to compare of an image that was read.
    pub fn of(name: &str, image: &Image, tree: &Tree, analysis: &Analysis) -> Self {
        let layer = |(layer, figures): (&crate::image::Layer, &crate::analysis::LayerFigures)| SnapshotLayer {
            diff_id: layer.diff_id.as_ref().map(ToString::to_string),
            instruction: image.instruction(layer.index).to_owned(),
            shipped_bytes: figures.shipped_bytes,
        };
        let mut waste = BTreeMap::new();
        for item in &analysis.waste {
            *waste.entry(tree.path(item.node)).or_default() += item.bytes;
        }
        Self {
            name: name.to_owned(),
            totals: analysis.totals,
            layers: image.layers.iter().zip(&analysis.layers).map(layer).collect(),
            waste: Some(waste),
        }
    }

    /// The layers that weigh more than they did `before`, heaviest growth first. A layer is the same if its diff ID is;
    /// one that is not is held against the next of the same instruction.
    pub(super) fn heavier_layers(&self, before: &Self) -> Vec<Finding> {
        let mut known: HashMap<&str, usize> = HashMap::new();
        for id in before.layers.iter().filter_map(|layer| layer.diff_id.as_deref()) {
            *known.entry(id).or_default() += 1;
        }
        let mut take_same = |layer: &SnapshotLayer| {
            let left = layer.diff_id.as_deref().and_then(|id| known.get_mut(id)).filter(|left| **left > 0);
            left.map(|left| *left -= 1).is_some()
        };
        let others: Vec<(u32, &SnapshotLayer)> =
            (0..).zip(&self.layers).filter(|(_, layer)| !take_same(layer)).collect();
        // What is left of the layers before, by instruction, the lowest first.
        let mut free: HashMap<&str, VecDeque<&SnapshotLayer>> = HashMap::new();
        for layer in &before.layers {
            let is_taken = match layer.diff_id.as_deref().and_then(|id| known.get_mut(id)) {
                Some(0) => true,
                Some(left) => {
                    *left -= 1;
                    false
                }
                None => false,
            };
            if !is_taken {
                free.entry(&layer.instruction).or_default().push_back(layer);
            }
        }
        let mut findings = Vec::new();
        for (index, layer) in others {
            let old = Some(layer.instruction.as_str()).filter(|instruction| !instruction.is_empty());
            let old = old.and_then(|instruction| free.get_mut(instruction)?.pop_front());
            let grown = layer.shipped_bytes.saturating_sub(old.map_or(0, |old| old.shipped_bytes));
            let what = if old.is_some() { "weighs more" } else { "is new" };
            if grown > 0 || old.is_none() {
                findings.push(Finding { layer: Some(LayerIndex(index)), bytes: Some(grown), ..Finding::say(what) });
            }
        }
        findings.sort_by_key(|finding| std::cmp::Reverse(finding.bytes));
        findings
    }

    /// The paths of which more is wasted than `before`, most first; none where either does not know all of its waste.
    pub(super) fn wasted_paths(&self, before: &Self) -> Vec<Finding> {
        let (Some(now), Some(before)) = (&self.waste, &before.waste) else { return Vec::new() };
        let grown = |(path, bytes): (&Vec<u8>, &u64)| {
            let old = before.get(path).copied().unwrap_or(0);
            let what = if old == 0 { "is wasted now" } else { "wastes more" };
            let bytes = bytes.checked_sub(old).filter(|bytes| *bytes > 0)?;
            Some(Finding { path: Some(path.clone()), bytes: Some(bytes), ..Finding::say(what) })
        };
        let mut findings: Vec<_> = now.iter().filter_map(grown).collect();
        findings.sort_by_key(|finding| std::cmp::Reverse(finding.bytes));
        findings
    }

    /// So many bytes the image weighs.
    pub(super) fn weight(&self, of: Weight) -> u64 {
        of.of(&self.totals)
    }

    /// How many layers it has.
    pub(super) fn layer_count(&self) -> u64 {
        self.layers.len() as u64
    }
}
