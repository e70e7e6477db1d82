//! Finding out what filters ask of contents, and making use of it.

use super::super::effect::Effect;
use super::super::inquest::{Ask, Open};
use super::super::msg::Generation;
use super::super::state::{Modal, State};
use super::{Effects, find, toast, waste};
use crate::bytes::Cancel;
use crate::notice::Notice;
use crate::tree::{Answer, Filter, Inquiry};
use std::sync::Arc;

/// The filters that are on; of what one types first.
fn filters(state: &State) -> impl Iterator<Item = &Arc<Filter>> {
    let finds = state.modals.iter().rev().filter_map(|modal| match modal {
        Modal::Find(find) => find.filter.as_ref(),
        _ => None,
    });
    let views = [&state.tree.filter, &state.files.filter, &state.waste.filter, &state.compare.filter];
    finds.chain(views.into_iter().flatten())
}

/// Reads files for the filters that ask for it, one after the other; for those that are gone no longer.
pub(super) fn follow(state: &mut State, effects: &mut Effects) {
    let Some(ready) = &state.ready else { return };
    let wanted = filters(state).find(|filter| state.inquest.is_open(filter));
    let is_same = |open: &Open| wanted.is_some_and(|filter| filter.is_same(&open.filter));
    if state.inquest.open.as_ref().map_or(wanted.is_none(), is_same) {
        return;
    }
    let (model, filter, cancel) = (Arc::clone(&ready.model), wanted.cloned(), Cancel::default());
    state.inquest.open = filter.map(|filter| {
        let generation = state.reads.advance();
        let answers = state.inquest.answers.clone();
        let ask = Ask { model, filter: Arc::clone(&filter), answers, cancel: cancel.clone() };
        effects.push(Effect::Inquire(generation, ask));
        Open { filter, generation, done: None, cancel }
    });
}

fn is_open(state: &State, generation: Generation) -> bool {
    state.inquest.open.as_ref().is_some_and(|open| open.generation == generation)
}

/// Takes what is known by now, and tells all filters.
pub(super) fn heard(
    state: &mut State,
    generation: Generation,
    inquiry: Inquiry,
    answer: Arc<Answer>,
    effects: &mut Effects,
) {
    if !is_open(state, generation) {
        return;
    }
    state.inquest.answers.take(inquiry, answer);
    let answers = &state.inquest.answers;
    let tell = |filter: &mut Option<Arc<Filter>>| {
        let told = filter.as_ref().filter(|filter| filter.asks()).map(|filter| Arc::new(filter.told(answers)));
        let is_told = told.is_some();
        *filter = told.or_else(|| filter.take());
        is_told
    };
    for filter in [&mut state.tree.filter, &mut state.files.filter, &mut state.compare.filter] {
        tell(filter);
    }
    if tell(&mut state.waste.filter) {
        waste::set_filter(state, state.waste.filter.clone(), effects);
    }
    // Also below what was opened from it.
    let asks =
        |modal: &Modal| matches!(modal, Modal::Find(find) if find.filter.as_ref().is_some_and(|filter| filter.asks()));
    if state.modals.iter().any(asks) {
        find::look(state, effects);
    }
}

/// Everything is known now, but for what could not be read.
pub(super) fn ended(state: &mut State, generation: Generation, unread: Vec<Notice>) {
    if !is_open(state, generation) {
        return;
    }
    state.inquest.close();
    if !unread.is_empty() {
        toast(state, "not every file could be looked through; :messages says why");
    }
    state.asides.extend(unread);
}
