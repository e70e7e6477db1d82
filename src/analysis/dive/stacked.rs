//! dive's stacked tree, kept from layer to layer instead of being stacked anew for every whiteout.

use super::layer::Layer;
use super::places::{NONE, Places, ROOT};
use crate::listing::EntryKind;

/// All layers so far, one on the other, by dive's rules: markers remove, everything else is written over what is
/// there and keeps the children; symbolic links are not followed.
#[derive(Debug)]
pub(super) struct Stacked {
    /// By place.
    states: Vec<State>,
}

/// What is at a place, if anything is.
#[derive(Debug, Clone, Copy)]
struct State {
    /// How often something was made here: what was below an earlier one is gone.
    made: u32,
    /// How often the parent had been made when this was; none if nothing is here.
    under: u32,
    is_directory: bool,
    own: u64,
    /// Own size and those of everything below.
    sum: u64,
}

/// Nothing was ever here.
const NOTHING: State = State { made: 0, under: NONE, is_directory: false, own: 0, sum: 0 };

impl Default for Stacked {
    fn default() -> Self {
        Self { states: vec![NOTHING] }
    }
}

impl Stacked {
    /// Takes over a layer's tree as it is, markers included.
    pub(super) fn copy(&mut self, layer: &Layer<'_>, places: &Places<'_>) {
        self.states.resize(places.len(), NOTHING);
        // Parents have smaller numbers than their children.
        for node in (1..layer.len()).filter_map(|node| u32::try_from(node).ok()) {
            let place = layer.place(node);
            self.make(place, places);
            self.describe(place, layer, node, places);
        }
    }

    /// Applies a layer's tree, children before parents.
    pub(super) fn stack<'a>(&mut self, layer: &Layer<'a>, places: &mut Places<'a>) {
        self.states.resize(places.len(), NOTHING);
        // Where the nodes of the layer's tree are in this one, as far as that is known.
        let mut here = vec![NONE; layer.len()];
        set(&mut here, ROOT, ROOT);
        for node in layer.children_first() {
            let place = layer.place(node);
            if let Some(hidden) = places.hidden_name(place) {
                let parent = places.parent(place);
                if self.remove(hidden_place(parent, hidden, places), places) && hidden.is_empty() {
                    // A marker that names nothing has removed the directory that it is in.
                    set(&mut here, places.node(parent), NONE);
                }
            } else {
                let place = self.place(&mut here, layer, node, places);
                self.describe(place, layer, node, places);
            }
        }
    }

    /// What dive charges a whiteout of a place with: the bytes of a directory, nothing for anything else; none if
    /// there is nothing.
    pub(super) fn whited_out(&self, place: u32, places: &Places<'_>) -> Option<u64> {
        let state = self.find(place, places)?;
        Some(if state.is_directory { state.sum } else { 0 })
    }

    /// What is at a place, if it and all its parents are there.
    fn find(&self, place: u32, places: &Places<'_>) -> Option<State> {
        let found = *self.states.get(place as usize)?;
        let mut at = (place, found);
        while at.0 != ROOT {
            let parent = places.parent(at.0);
            let above = *self.states.get(parent as usize)?;
            if at.1.under != above.made {
                return None;
            }
            at = (parent, above);
        }
        Some(found)
    }

    /// Whether there was something to remove.
    fn remove(&mut self, place: u32, places: &Places<'_>) -> bool {
        let Some(state) = self.find(place, places).filter(|_| place != ROOT) else { return false };
        if let Some(slot) = self.states.get_mut(place as usize) {
            slot.under = NONE;
        }
        self.add(places.parent(place), places, |sum| sum.wrapping_sub(state.sum));
        true
    }

    /// The place of a layer's node here, made if need be. Leading `..` stay at the root.
    fn place<'a>(&mut self, here: &mut [u32], layer: &Layer<'a>, node: u32, places: &mut Places<'a>) -> u32 {
        let mut missing = Vec::new();
        let mut at = node;
        while get(here, at) == NONE {
            missing.push(at);
            at = places.node(places.parent(layer.place(at)));
        }
        let mut place = get(here, at);
        for node in missing.into_iter().rev() {
            let own = layer.place(node);
            if places.name(own) == b".." {
                place = ROOT;
            } else {
                place = if places.parent(own) == place { own } else { places.child(place, places.name(own)) };
                self.make(place, places);
            }
            set(here, node, place);
        }
        place
    }

    /// Makes sure that there is something at a place; its parent is there.
    fn make(&mut self, place: u32, places: &Places<'_>) {
        if self.states.len() < places.len() {
            self.states.resize(places.len(), NOTHING);
        }
        let Some(above) = self.states.get(places.parent(place) as usize).map(|above| above.made) else { return };
        if let Some(state) = self.states.get_mut(place as usize).filter(|state| state.under != above) {
            *state = State { made: state.made + 1, under: above, ..NOTHING };
        }
    }

    /// Writes what the layer says over what is there, also where the layer says nothing: dive forgets then that it
    /// had been a directory.
    fn describe(&mut self, place: u32, layer: &Layer<'_>, node: u32, places: &Places<'_>) {
        let Some(state) = self.states.get_mut(place as usize).filter(|_| place != ROOT) else { return };
        let (before, now) = (state.own, layer.size(node));
        state.own = now;
        state.is_directory = layer.entry(node).is_some_and(|entry| entry.kind == EntryKind::Directory);
        if before != now {
            self.add(place, places, |sum| sum.wrapping_sub(before).wrapping_add(now));
        }
    }

    /// Changes the sums of a place and of everything above it.
    fn add(&mut self, from: u32, places: &Places<'_>, change: impl Fn(u64) -> u64) {
        let mut at = from;
        while let Some(state) = self.states.get_mut(at as usize) {
            state.sum = change(state.sum);
            if at == ROOT {
                return;
            }
            at = places.parent(at);
        }
    }
}

/// What a whiteout in `parent` removes: the directory that it is in, if it names nothing.
pub(super) fn hidden_place<'a>(parent: u32, hidden: &'a [u8], places: &mut Places<'a>) -> u32 {
    if hidden.is_empty() { parent } else { places.child(parent, hidden) }
}

fn get(places: &[u32], node: u32) -> u32 {
    places.get(node as usize).copied().unwrap_or(ROOT)
}

fn set(places: &mut [u32], node: u32, place: u32) {
    if let Some(slot) = places.get_mut(node as usize) {
        *slot = place;
    }
}
