//! Looking at files with the same content.

use super::super::copies::{AskCopies, Copies};
use super::super::effect::Effect;
use super::super::msg::Generation;
use super::super::state::{Modal, State};
use super::{Effects, jump, toast};
use crate::analysis::Duplicates;
use crate::bytes::Cancel;
use std::sync::Arc;

/// Begins to compare contents.
pub(super) fn open(state: &mut State, effects: &mut Effects) {
    let Some(ready) = &state.ready else { return };
    let (model, cancel) = (Arc::clone(&ready.model), Cancel::default());
    let generation = state.reads.advance();
    effects.push(Effect::FindCopies(generation, AskCopies { model: Arc::clone(&model), cancel: cancel.clone() }));
    state.modals.push(Modal::Copies(Box::new(Copies::new(model, generation, cancel))));
}

/// The list that waits for an answer.
pub(super) fn waiting(state: &mut State, generation: Generation) -> Option<&mut Box<Copies>> {
    state.modals.iter_mut().find_map(|modal| match modal {
        Modal::Copies(copies) if copies.generation == generation => Some(copies),
        _ => None,
    })
}

/// Takes what was found, if somebody still waits for it.
pub(super) fn took(state: &mut State, generation: Generation, found: Result<Duplicates, String>) {
    let Some(copies) = waiting(state, generation) else { return };
    let unread = found.as_ref().map(|found| found.notices.clone()).unwrap_or_default();
    copies.take(found);
    if !unread.is_empty() {
        toast(state, "not every file could be compared; :messages says why");
    }
    state.asides.extend(unread);
}

/// From the selected file to its path, in the layer that ships it.
pub(super) fn show(state: &mut State) {
    let Some(Modal::Copies(copies)) = state.modal() else { return };
    if let Some(file) = copies.selected() {
        jump::to_path(state, file.node, file.layer);
    }
}
