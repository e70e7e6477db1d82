//! Two points of the image compared.

use super::super::compare::Compare;
use super::super::effect::{Effect, Job};
use super::super::loading::MANIFEST_MISSING;
use super::super::state::{State, View};
use super::{Effects, jump, rival, toast};
use crate::image::LayerIndex;
use std::sync::Arc;

/// Asks the worker in what the two points differ, if that is not what it was asked last. Nobody waits for it before it
/// is looked at.
pub(super) fn follow(state: &mut State, effects: &mut Effects) {
    let (View::Compare, Some(ready)) = (state.view, &state.ready) else { return };
    let (left, right) = state.compared();
    if !state.understands(left.max(right)) {
        return state.compare.forget();
    }
    let question = Compare {
        model: Arc::clone(&ready.model),
        left,
        right,
        filter: state.compare.filter.clone(),
        key: state.compare.key,
        reversed: state.compare.reversed,
    };
    if let Some(generation) = state.compare.ask(&question) {
        effects.push(Effect::Ask(generation, Job::Differ(question)));
    }
}

/// Compares two layers that were typed, as in `3 8`, or another image with this one.
pub(super) fn typed(state: &mut State, words: &str, effects: &mut Effects) -> Result<(), String> {
    if state.subject.is_none() {
        return Err(MANIFEST_MISSING.to_owned());
    }
    let numbers: Result<Vec<u32>, _> = words.split_whitespace().map(str::parse).collect();
    let words = words.trim();
    if numbers.is_err() {
        return rival::challenge(state, words, effects);
    }
    let Ok([left, right]) = numbers.as_deref() else {
        return Err("cmp wants two layers or an image, as in cmp 3 8, or cmp other.tar".to_owned());
    };
    let last = state.layer_count().saturating_sub(1);
    if let Some(layer) = [left, right].into_iter().find(|layer| **layer > last) {
        return Err(format!("there is no layer {layer}: the last one is {last}"));
    }
    state.compare.points = Some((LayerIndex(*left), LayerIndex(*right)));
    jump::to_view(state, View::Compare);
    Ok(())
}

/// Marks the selected layer as the one that others are compared with.
pub(super) fn mark(state: &mut State) {
    let layer = state.layer();
    state.compare.base = Some(layer);
    toast(state, format!("L{layer} is marked; C compares another layer with it"));
}

/// Compares the marked layer with the selected one.
pub(super) fn with_marked(state: &mut State) {
    let Some(base) = state.compare.base else {
        return toast(state, "B marks the layer to compare with");
    };
    state.compare.points = Some((base, state.layer()));
    state.view = View::Compare;
}

/// Moves the right point.
pub(super) fn step(state: &mut State, by: i32) {
    if state.subject.is_none() {
        return;
    }
    let (left, right) = state.compared();
    state.compare.points = Some((left, state.layer_beside(right, by)));
}
