//! Looking at the life of a path.

use super::super::life::Life;
use super::super::state::{Modal, State};
use super::{jump, toast};
use crate::analysis::Timeline;
use std::sync::Arc;

/// Opens the life of the selected path.
pub(super) fn open(state: &mut State) {
    let (Some(node), Some(ready)) = (state.selected_node(), &state.ready) else { return };
    let model = Arc::clone(&ready.model);
    let timeline = Timeline::of(&model.tree, node);
    if timeline.steps.is_empty() {
        toast(state, "no layer says anything of this path");
    } else {
        state.modals.push(Modal::Life(Life::of(model, timeline)));
    }
}

/// From an event to the path in the tree of its layer.
pub(super) fn show_step(state: &mut State) {
    let Some(Modal::Life(life)) = state.modal() else { return };
    let Some(step) = life.step() else { return };
    let (node, layer) = (life.timeline.node, step.layer);
    jump::to_path(state, node, layer);
}
