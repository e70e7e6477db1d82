//! Finding a path of any layer.

use super::super::effect::{Effect, Job};
use super::super::find::{Find, Search};
use super::super::keymap::{Act, Context, Meaning};
use super::super::layout::{self, Areas};
use super::super::msg::Generation;
use super::super::state::{Modal, State};
use super::super::text;
use super::{Effects, jump, prompt, viewer};
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
        state.modals.push(Modal::Find(Box::new(find)));
    }
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

/// Looks for what is typed.
pub(super) fn look(state: &mut State, effects: &mut Effects) {
    let Some(Modal::Find(find)) = state.modals.last() else { return };
    let parsed = Filter::fuzzy(find.input.value());
    let lacks_elf = parsed.as_ref().is_ok_and(|filter| prompt::lacks_elf(state, filter, effects));
    let Some(Modal::Find(find)) = state.modals.last_mut() else { return };
    match parsed {
        Ok(_) if lacks_elf => find.error = Some(prompt::ELF.to_owned()),
        Ok(filter) => {
            find.error = None;
            let generation = state.reads.advance();
            find.generation = generation;
            if filter.is_empty() {
                find.answered = generation;
                find.found = Found::default();
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
    find.found = found;
    find.at.cursor = 0;
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
    if find.hit.as_ref().is_some_and(|hit| hit.timeline.node == node) {
        return;
    }
    let last = |versions: &[InodeId]| versions.len().checked_sub(1);
    find.hit = Some(viewer::glance(&find.model, node, last, GLANCE, reads, effects));
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
