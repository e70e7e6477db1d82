//! The flat list of files.

use super::super::effect::{Effect, Job};
use super::super::files::{FilesKey, List};
use super::super::state::{State, View};
use super::Effects;
use std::sync::Arc;

/// Asks the worker which files the lens shows, if that is not what it was asked last. Nobody waits for it before the
/// list is looked at.
pub(super) fn follow(state: &mut State, effects: &mut Effects) {
    let (View::Files, Some(ready)) = (state.view, &state.ready) else { return };
    let Some(lens) = state.lens(state.files.mode) else { return state.files.forget() };
    let question = List {
        tree: Arc::clone(&ready.model.tree),
        lens,
        filter: state.files.filter.clone(),
        key: state.files.key,
        reversed: state.files.reversed,
    };
    if let Some(generation) = state.files.ask(&question) {
        effects.push(Effect::Ask(generation, Job::List(question)));
    }
}

/// From now on the selected file stays selected.
pub(super) fn anchor_here(state: &mut State) {
    state.files.anchor = state.files.selected();
}

/// Another order.
pub(super) fn sort_by(state: &mut State, key: FilesKey) {
    anchor_here(state);
    state.files.key = key;
}

/// The other way round.
pub(super) fn reverse(state: &mut State) {
    anchor_here(state);
    state.files.reversed = !state.files.reversed;
}
