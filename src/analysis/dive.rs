//! dive's own figures, bug for bug, so that a team can move over without its pipeline changing colour.
//!
//! dive 0.13.1 keeps one tree for each layer and visits the *leaves* of each, by name. The path of a leaf (`.wh.`
//! stripped) is charged with the size in its header; a whiteout is charged with the sum of what a directory of that
//! name held in the layers below, and with nothing if it was a file. A whiteout of a path that is not there ends the
//! visit of its layer. All of that is dive's, and wrong in the ways that make our own figures differ.

mod layer;
mod places;
mod stacked;

pub use layer::{dive_files, dive_path};

use crate::listing::Listing;
use layer::Layer;
use places::{NONE, Places};
use stacked::{Stacked, hidden_place};
use std::collections::BTreeSet;
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

/// What dive knows about a path that was charged more than once.
#[derive(Debug, Clone, Copy)]
struct Visits {
    place: u32,
    count: u64,
    sum: u64,
    min: u64,
}

/// What every path was charged with.
#[derive(Debug, Default)]
struct Ledger {
    /// By place: the first charge, and which of `again` has all of them.
    first: Vec<(u64, u32)>,
    /// Paths that were charged more than once, in the order in which that happened.
    again: Vec<Visits>,
    /// Paths whose whiteout ended the visit of a layer.
    strays: BTreeSet<u32>,
}

/// Among the indices of [`Ledger::again`]: never charged, charged once.
const NEVER: u32 = NONE;
const ONCE: u32 = NONE - 1;

/// Computes dive's figures of a stack of listings, bottom first. Takes time linear in the entries and their names.
pub fn dive_figures(listings: &[Arc<Listing>]) -> DiveFigures {
    let (ledger, _, layer_bytes) = charge_all(listings);
    ledger.figures(layer_bytes)
}

/// Computes dive's figures and its `fileReference` list: the paths of which there is more than one version, biggest
/// first.
pub fn dive_details(listings: &[Arc<Listing>]) -> (DiveFigures, Vec<DiveReference>) {
    let (ledger, places, layer_bytes) = charge_all(listings);
    let figures = ledger.figures(layer_bytes);
    let mut again = ledger.again;
    // dive sorts from small to big and turns the list around: equal sizes are in the reverse order of discovery.
    again.sort_by_key(|visits| visits.sum);
    again.reverse();
    let reference = |Visits { place, count, sum, .. }| DiveReference { path: places.path(place), count, bytes: sum };
    (figures, again.into_iter().map(reference).collect())
}

/// Visits all layers. Returns the size of each layer, too.
fn charge_all(listings: &[Arc<Listing>]) -> (Ledger, Places<'_>, Vec<u64>) {
    let mut ledger = Ledger::default();
    let mut places = Places::default();
    let mut stacked = Stacked::default();
    let mut layer_bytes = Vec::with_capacity(listings.len());
    for (index, listing) in listings.iter().enumerate() {
        let layer = Layer::of(listing, &mut places);
        layer_bytes.push(layer.bytes);
        if index == 0 {
            // dive starts from a copy of the lowest tree, its markers included, and applies that tree again later.
            stacked.copy(&layer, &places);
        }
        ledger.visit(&layer, &mut places, &stacked);
        // Nobody asks what the last layer leaves.
        if index + 1 < listings.len() {
            stacked.stack(&layer, &mut places);
        }
    }
    (ledger, places, layer_bytes)
}

/// `a / b` as IEEE 754 has it, so 0/0 is not a number: dive divides in the same way.
#[expect(clippy::cast_precision_loss, reason = "dive divides 64-bit floats, too")]
fn ratio(a: i128, b: i128) -> f64 {
    a as f64 / b as f64
}

impl Ledger {
    /// Charges the leaves of one layer's tree, up to the first whiteout of a path that `below` does not have.
    fn visit<'a>(&mut self, layer: &Layer<'a>, places: &mut Places<'a>, below: &Stacked) {
        for node in layer.children_first().filter(|node| layer.is_leaf(*node)) {
            let place = layer.place(node);
            let Some(hidden) = places.hidden_name(place) else {
                self.charge(place, layer.size(node));
                continue;
            };
            let parent = places.parent(place);
            // The charge goes to an empty name of its own where the marker names nothing.
            let charged = places.child(parent, hidden);
            let Some(bytes) = below.whited_out(hidden_place(parent, hidden, places), places) else {
                self.strays.insert(charged);
                return;
            };
            self.charge(charged, bytes);
        }
    }

    fn charge(&mut self, place: u32, bytes: u64) {
        if self.first.len() <= place as usize {
            self.first.resize(place as usize + 1, (0, NEVER));
        }
        let Some((first, again)) = self.first.get_mut(place as usize) else { return };
        match *again {
            NEVER => (*first, *again) = (bytes, ONCE),
            ONCE => {
                *again = u32::try_from(self.again.len()).unwrap_or(ONCE);
                // dive's numbers wrap, as all of Go's do.
                let (sum, min) = (first.wrapping_add(bytes), bytes.min(*first));
                self.again.push(Visits { place, count: 2, sum, min });
            }
            index => {
                let Some(visits) = self.again.get_mut(index as usize) else { return };
                visits.count += 1;
                visits.sum = visits.sum.wrapping_add(bytes);
                visits.min = visits.min.min(bytes);
            }
        }
    }

    fn figures(&self, layer_bytes: Vec<u64>) -> DiveFigures {
        let size_bytes = layer_bytes.iter().sum();
        let user_size_bytes = layer_bytes.iter().skip(1).sum();
        let wasted_bytes = self.again.iter().fold(0_u64, |sum, visits| sum.wrapping_add(visits.sum));
        DiveFigures {
            efficiency: self.efficiency(),
            wasted_bytes,
            size_bytes,
            user_size_bytes,
            user_wasted: ratio(wasted_bytes.into(), user_size_bytes.into()),
            layer_bytes,
        }
    }

    fn efficiency(&self) -> f64 {
        let state = |place: u32| self.first.get(place as usize).map_or(NEVER, |(_, again)| *again);
        let once: i128 = self.first.iter().filter(|it| it.1 == ONCE).map(|it| i128::from(it.0)).sum();
        // A path that was named and never charged has a minimum of -1 in dive, and dive counts it in.
        let named: i128 = self.strays.iter().filter(|place| state(**place) == NEVER).map(|_| 1).sum();
        let min = once - named + self.again.iter().map(|visits| i128::from(visits.min)).sum::<i128>();
        let sum = once + self.again.iter().map(|visits| i128::from(visits.sum)).sum::<i128>();
        if sum == 0 { 1.0 } else { ratio(min, sum) }
    }
}

#[cfg(test)]
mod tests;
