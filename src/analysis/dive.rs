//! dive's own figures, bug for bug, so that a team can move over without its pipeline changing colour.
//!
//! dive 0.13.1 keeps one tree for each layer and visits the *leaves* of each, by name. The path of a leaf (`.wh.`
//! stripped) is charged with the size in its header; a whiteout is charged with the sum of what a directory of that
//! name held in the layers below, and with nothing if it was a file. A whiteout of a path that is not there ends the
//! visit of its layer. All of that is dive's, and wrong in the ways that make our own figures differ.

mod layer;
mod stacked;

pub use layer::{dive_files, dive_path};

use crate::listing::Listing;
use hashbrown::HashMap;
use layer::LayerTree;
use stacked::Stacked;
use std::sync::Arc;

/// dive's figures of one image.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct DiveFigures {
    /// `efficiencyScore`, between 0 and 1.
    pub efficiency: f64,
    /// `inefficientBytes`.
    pub wasted_bytes: u64,
    /// Sum of the layers' sizes.
    pub size_bytes: u64,
    /// Sum of the sizes of the layers above the first.
    pub user_size_bytes: u64,
    /// A ratio; NaN or infinite as dive has it.
    pub user_wasted: f64,
    /// The size of each layer.
    pub layer_bytes: Vec<u64>,
    /// dive's `fileReference` list, biggest first.
    pub references: Vec<DiveReference>,
}

/// One line of dive's list of inefficient files.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DiveReference {
    /// The path with a leading slash, as bytes.
    pub path: Vec<u8>,
    /// How many layers name it.
    pub count: u64,
    /// The sum of the sizes of all its versions.
    pub bytes: u64,
}

/// What dive knows about one path.
#[derive(Debug, Default)]
struct Visits {
    count: u64,
    sum: u64,
    /// None until the path is charged.
    min: Option<u64>,
}

/// All paths that were visited; those that were visited twice, in the order in which that happened.
#[derive(Debug, Default)]
struct Ledger {
    paths: HashMap<Vec<u8>, Visits>,
    twice: Vec<Vec<u8>>,
}

/// Computes dive's figures of a stack of listings, bottom first. Takes time linear in the entries and their names.
pub fn dive_figures(listings: &[Arc<Listing>]) -> DiveFigures {
    let mut ledger = Ledger::default();
    let mut stacked = Stacked::default();
    let mut layer_bytes = Vec::with_capacity(listings.len());
    for (index, listing) in listings.iter().enumerate() {
        let tree = LayerTree::of(listing);
        layer_bytes.push(tree.bytes);
        if index == 0 {
            // dive starts from a copy of the lowest tree, its markers included, and applies that tree again later.
            stacked.copy(&tree);
        }
        ledger.visit(&tree, &stacked);
        stacked.stack(&tree);
    }
    let size_bytes = layer_bytes.iter().sum();
    let user_size_bytes = layer_bytes.iter().skip(1).sum();
    let references = ledger.references();
    let wasted_bytes = references.iter().fold(0_u64, |sum, reference| sum.wrapping_add(reference.bytes));
    DiveFigures {
        efficiency: ledger.efficiency(),
        wasted_bytes,
        size_bytes,
        user_size_bytes,
        user_wasted: ratio(wasted_bytes.into(), user_size_bytes.into()),
        layer_bytes,
        references,
    }
}

/// `a / b` as IEEE 754 has it, so 0/0 is not a number: dive divides in the same way.
#[expect(clippy::cast_precision_loss, reason = "dive divides 64-bit floats, too")]
fn ratio(a: i128, b: i128) -> f64 {
    a as f64 / b as f64
}

impl Ledger {
    /// Charges the leaves of one layer's tree, up to the first whiteout of a path that `below` does not have.
    fn visit(&mut self, tree: &LayerTree<'_>, below: &Stacked<'_>) {
        for node in tree.children_first().filter(|node| tree.is_leaf(*node)) {
            let path = tree.path(node);
            if !tree.is_whiteout(node) {
                self.charge(path, tree.size(node));
            } else if let Some(bytes) = below.whited_out(&tree.components(node)) {
                self.charge(path, bytes);
            } else {
                self.paths.entry(path).or_default();
                return;
            }
        }
    }

    fn charge(&mut self, path: Vec<u8>, bytes: u64) {
        let visits = self.paths.entry_ref(&path).or_default();
        visits.count += 1;
        // dive's numbers wrap, as all of Go's do.
        visits.sum = visits.sum.wrapping_add(bytes);
        visits.min = Some(visits.min.map_or(bytes, |min| min.min(bytes)));
        if visits.count == 2 {
            self.twice.push(path);
        }
    }

    fn efficiency(&self) -> f64 {
        let (mut min, mut sum) = (0, 0);
        for visits in self.paths.values() {
            // A path that was named and never charged has a minimum of -1 in dive, and dive counts it in.
            min += visits.min.map_or(-1, i128::from);
            sum += i128::from(visits.sum);
        }
        if sum == 0 { 1.0 } else { ratio(min, sum) }
    }

    /// Paths of which there is more than one version: sorted by size from small to big, then turned around, as dive
    /// does it; equal sizes are therefore in the reverse order of discovery.
    fn references(&mut self) -> Vec<DiveReference> {
        let mut references: Vec<_> = std::mem::take(&mut self.twice)
            .into_iter()
            .filter_map(|path| {
                let visits = self.paths.get(&path)?;
                Some(DiveReference { count: visits.count, bytes: visits.sum, path })
            })
            .collect();
        references.sort_by_key(|reference| reference.bytes);
        references.reverse();
        references
    }
}

#[cfg(test)]
mod tests;
