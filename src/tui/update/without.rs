//! What if some paths had never been written.

use super::super::effect::Effect;
use super::super::msg::Generation;
use super::super::state::State;
use super::{Effects, lens, toast};
use std::sync::Arc;

/// Leaves the selected path out, or takes it in again. Layers that are seen as one are seen as they are then: the two
/// questions have no common answer.
pub(super) fn toggle(state: &mut State, effects: &mut Effects) {
    let Some(node) = state.selected_node() else { return toast(state, "no path is selected") };
    lens::unmark(state);
    if !state.without.nodes.remove(&node) {
        state.without.nodes.insert(node);
    }
    weigh(state, effects);
}

/// Has it counted what the image would weigh then.
pub(super) fn weigh(state: &mut State, effects: &mut Effects) {
    state.without.saved = None;
    let generation = state.without.generation.advance();
    if let Some(ready) = state.ready.as_ref().filter(|_| !state.without.nodes.is_empty()) {
        let nodes = state.without.nodes.iter().copied().collect();
        effects.push(Effect::Weigh(generation, Arc::clone(&ready.model.tree), nodes));
    }
}

/// Takes everything in again. Says whether there was something to take in.
pub(super) fn clear(state: &mut State) -> bool {
    state.without.saved = None;
    state.without.generation.advance();
    !std::mem::take(&mut state.without.nodes).is_empty()
}

/// Takes what was counted, unless other paths are left out by now.
pub(super) fn weighed(state: &mut State, generation: Generation, saved: u64) {
    if generation == state.without.generation {
        state.without.saved = Some(saved);
    }
}
