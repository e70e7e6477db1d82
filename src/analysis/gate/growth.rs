//! What grew since a build that was good: bytes, waste and layers, and by what.

use super::{Finding, Weight};
use crate::analysis::{Analysis, Totals};
use crate::image::{Image, LayerIndex};
use crate::tree::Tree;
use std::collections::{BTreeMap, HashMap, HashSet, VecDeque};

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
    /// Those of them that cannot be reached in the end.
    pub wasted_bytes: u64,
    /// The size of its stored blob; 0 if that is not known.
    pub blob_bytes: u64,
}

impl SnapshotLayer {
    fn weight(&self, of: Weight) -> u64 {
        match of {
            Weight::Shipped => self.shipped_bytes,
            Weight::Live => self.shipped_bytes.saturating_sub(self.wasted_bytes),
            Weight::Blob => self.blob_bytes,
        }
    }
}

impl Snapshot {
    /// What there is to compare of an image that was read.
    pub fn of(name: &str, image: &Image, tree: &Tree, analysis: &Analysis) -> Self {
        let layer = |(layer, figures): (&crate::image::Layer, &crate::analysis::LayerFigures)| SnapshotLayer {
            diff_id: layer.diff_id.as_ref().map(ToString::to_string),
            instruction: image.instruction(layer.index).to_owned(),
            shipped_bytes: figures.shipped_bytes,
            wasted_bytes: figures.wasted_bytes,
            blob_bytes: layer.blob.as_ref().map_or(0, |blob| blob.size),
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

    /// The layers that weigh more than they did `before`, heaviest growth first.
    pub(super) fn heavier_layers(&self, before: &Self, of: Weight) -> Vec<Finding> {
        let mut findings = Vec::new();
        for ((index, layer), old) in (0..).zip(&self.layers).zip(self.former(before)) {
            let grown = layer.weight(of).saturating_sub(old.map_or(0, |old| old.weight(of)));
            let what = if old.is_some() { "weighs more" } else { "is new" };
            if grown > 0 || old.is_none() {
                findings.push(Finding { layer: Some(LayerIndex(index)), bytes: Some(grown), ..Finding::say(what) });
            }
        }
        findings.sort_by_key(|finding| std::cmp::Reverse(finding.bytes));
        findings
    }

    /// What each layer was `before`: the layer with its diff ID, else the next of those left that has its instruction. Where
    /// no history tells, all instructions are alike, and the order decides.
    fn former<'a>(&self, before: &'a Self) -> Vec<Option<&'a SnapshotLayer>> {
        let mut by_id: HashMap<&str, VecDeque<usize>> = HashMap::new();
        for (place, layer) in before.layers.iter().enumerate() {
            if let Some(id) = &layer.diff_id {
                by_id.entry(id).or_default().push_back(place);
            }
        }
        let mut same = |layer: &SnapshotLayer| by_id.get_mut(layer.diff_id.as_deref()?)?.pop_front();
        let same: Vec<Option<usize>> = self.layers.iter().map(&mut same).collect();
        let taken: HashSet<usize> = same.iter().flatten().copied().collect();
        let mut by_instruction: HashMap<&str, VecDeque<usize>> = HashMap::new();
        for (place, layer) in before.layers.iter().enumerate().filter(|(place, _)| !taken.contains(place)) {
            by_instruction.entry(&layer.instruction).or_default().push_back(place);
        }
        let mut next = |layer: &SnapshotLayer| by_instruction.get_mut(layer.instruction.as_str())?.pop_front();
        let former = self.layers.iter().zip(same).map(|(layer, same)| same.or_else(|| next(layer)));
        former.map(|place| before.layers.get(place?)).collect()
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
