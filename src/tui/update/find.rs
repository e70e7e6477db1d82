//! Finding a path of any layer.

use super::super::effect::{Effect, Job};
use super::super::find::{Find, Hit, Search};
use super::super::keymap::{Act, Context, Meaning};
use super::super::layout::{self, Areas};
use super::super::msg::Generation;
use super::super::state::{Modal, State};
use super::super::text;
use super::super::viewer::Viewer;
use super::{Effects, details, jump, prompt, viewer};
use crate::tree::{Filter, Found, InodeId};
use crossterm::event::KeyEvent;
use std::sync::Arc;
use tui_input::InputRequest;

/// As much of a file as is read while one looks for it.
const GLANCE: u64 = 32 << 10;

/// Opens it, with nothing typed.
pub(super) fn open(state: &mut State) {
    if let Some(ready) = &state.ready {
        let find = Find::new(Arc::clone(&ready.model));
        // It takes the place of one below: however often one looks, a few Esc lead back to the view.
        let before = state.modals.iter().position(|modal| matches!(modal, Modal::Find(_)));
        state.modals.truncate(before.unwrap_or(state.modals.len()));
        state.modals.push(Modal::Find(Box::new(find)));
    }
}

/// Opens it on what looks like a secret by its name: also what was deleted, and where its bytes still are.
pub(super) fn open_secrets(state: &mut State, effects: &mut Effects) {
    open(state);
    let typed: Vec<InputRequest> = "is:secret ".chars().map(InputRequest::InsertChar).collect();
    edit(state, &typed, effects);
}

/// Typing changes what is looked for. Says whether the key was used up.
pub(super) fn key(state: &mut State, event: KeyEvent, name: &str, effects: &mut Effects) -> bool {
    let Some(request) = prompt::request(event, name) else { return false };
    edit(state, &[request], effects);
    true
}

/// Changes what is looked for.
pub(super) fn edit(state: &mut State, requests: &[InputRequest], effects: &mut Effects) {
    let Some(Modal::Find(find)) = state.modals.last_mut() else { return };
    let before = find.input.value().to_owned();
    prompt::type_into(&mut find.input, requests);
    if find.input.value() != before {
        look(state, effects);
    }
}

/// The search that is open, or the one below whatever was opened from it.
fn find_of(modals: &mut [Modal]) -> Option<&mut Find> {
    let mut finds = modals.iter_mut().rev().filter_map(|modal| match modal {
        Modal::Find(find) => Some(&mut **find),
        _ => None,
    });
    finds.next()
}

/// Looks for what is typed.
pub(super) fn look(state: &mut State, effects: &mut Effects) {
    let Some(find) = find_of(&mut state.modals) else { return };
    match Filter::fuzzy(find.input.value()) {
        Ok(filter) => {
            find.error = None;
            let generation = state.reads.advance();
            find.generation = generation;
            let filter = Arc::new(filter.told(&state.inquest.answers));
            find.filter = Some(Arc::clone(&filter));
            if filter.is_empty() {
                find.answered = generation;
                find.found = Found::default();
                find.found_by = Some(filter);
                find.hit = None;
            } else {
                effects.push(Effect::Ask(generation, Job::Find(Search { model: Arc::clone(&find.model), filter })));
            }
        }
        Err(error) => find.error = Some(text::prose(&error.to_string())),
    }
}

/// Takes what was found, unless something else was typed since.
pub(super) fn found(state: &mut State, generation: Generation, found: Found) {
    let finds = state.modals.iter_mut().filter_map(|modal| match modal {
        Modal::Find(find) => Some(find),
        _ => None,
    });
    let Some(find) = finds.into_iter().find(|find| find.generation == generation) else { return };
    find.answered = generation;
    // More was found by the same: one is still where one was.
    let kept = find.selected().filter(|_| find.asks_again());
    let cursor = kept.and_then(|node| found.hits.iter().position(|hit| *hit == node));
    find.found = found;
    find.found_by.clone_from(&find.filter);
    find.at.cursor = cursor.unwrap_or(0);
}

/// Whether a key has to wait for the answer to what was typed: it is about the best hit, or comes after such a one. It
/// is done as soon as the answer is there.
pub(super) fn has_to_wait(state: &mut State, event: KeyEvent, name: &str) -> bool {
    let Some(Modal::Find(find)) = state.modals.last_mut() else { return false };
    let is_about_hit = || match state.options.keymap.meaning(Context::Find, None, name) {
        Meaning::Act(act) => {
            matches!(act, Act::ShowInTree | Act::ViewContent | Act::Diff | Act::Extract | Act::Copy)
        }
        Meaning::Begins(_) | Meaning::Nothing => false,
    };
    let waits = name != "Esc" && find.waits() && (!find.then.is_empty() || is_about_hit());
    if waits {
        find.then.push(event);
    }
    waits
}

/// The keys that have waited for an answer that is there now.
pub(super) fn due(state: &mut State) -> Vec<KeyEvent> {
    match state.modals.last_mut() {
        Some(Modal::Find(find)) if !find.waits() => std::mem::take(&mut find.then),
        _ => Vec::new(),
    }
}

/// Looks at the selected path, if it is not the one that is looked at.
fn glance(find: &mut Find, reads: &mut Generation, effects: &mut Effects) {
    let Some(node) = find.selected() else {
        find.hit = None;
        return;
    };
    // Of its versions the last one in which something was found; else the last one.
    let has = |version: &InodeId| find.filter.as_ref().is_some_and(|filter| filter.found_in(*version));
    let choose = |versions: &[InodeId]| versions.iter().rposition(has).or(versions.len().checked_sub(1));
    let needle = find.filter.as_deref().and_then(Filter::needle);
    let is_it = |viewer: &Viewer| choose(&viewer.versions) == Some(viewer.at) && viewer.needle.as_ref() == needle;
    let is_seen = |hit: &Hit| hit.timeline.node == node && hit.content.as_ref().is_none_or(|content| is_it(content));
    if !find.hit.as_ref().is_some_and(is_seen) {
        let mut hit = viewer::hit(&find.model, node, choose);
        viewer::glance(&mut hit, needle, GLANCE, reads, effects);
        find.hit = Some(hit);
    }
}

/// Says of the selected path what there is to say if it has no content.
fn tell(state: &mut State) {
    let Some(Modal::Find(find)) = state.modal() else { return };
    let hit = find.hit.as_ref().filter(|hit| hit.content.is_none());
    let facts = hit.map(|hit| details::last_facts(state, &find.model.tree, hit.timeline.node)).unwrap_or_default();
    if let Some(Modal::Find(find)) = state.modals.last_mut() {
        find.facts = facts;
    }
}

/// From what was found to its path in the last layer that did something to it.
pub(super) fn to_tree(state: &mut State) {
    let Some(Modal::Find(find)) = state.modal() else { return };
    let Some(step) = find.hit.as_ref().and_then(|hit| Some((hit.timeline.node, hit.timeline.steps.last()?.layer)))
    else {
        return;
    };
    jump::to_path(state, step.0, step.1);
}

/// Keeps the selected row in its window, looks at it, and lays its content out.
pub(super) fn settle(state: &mut State, areas: &Areas, effects: &mut Effects) {
    if let Some(Modal::Find(find)) = state.modals.last_mut() {
        glance(find, &mut state.reads, effects);
    }
    tell(state);
    let parts = layout::find(areas, state.modal());
    if let Some(Modal::Find(find)) = state.modals.last_mut() {
        let hits = find.found.hits.len();
        find.at.settle(hits, usize::from(parts.list.height));
        if let Some(viewer) = find.hit.as_mut().and_then(|hit| hit.content.as_mut()) {
            let height = usize::from(parts.content.height.saturating_sub(1));
            viewer.settle(usize::from(parts.content.width).saturating_sub(2), height);
        }
    }
}
