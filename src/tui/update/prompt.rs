//! What is being typed.

use super::super::keymap::{self, Act, Action};
use super::super::layout::Pane;
use super::super::loading::MANIFEST_MISSING;
use super::super::state::{Modal, Prompt, PromptKind, State, View};
use super::super::text;
use super::super::theme::ThemeName;
use super::{Effects, act, compare, extract, find, jump, lens, rival, texts, tree, viewer, waste};
use crate::image::LayerIndex;
use crate::tree::Filter;
use crossterm::event::{KeyCode, KeyEvent};
use std::sync::Arc;
use tui_input::{Input, InputRequest};

/// As much as anybody wants to type or paste.
const LONGEST: usize = 1024;

/// A prompt with a text in it.
pub(super) fn new(kind: PromptKind, text: &str) -> Prompt {
    Prompt { kind, input: Input::new(text.to_owned()), error: None, chosen: None }
}

/// Opens the filter of the present view, with the present filter in it.
pub(super) fn open(state: &mut State) {
    let (kind, filter) = match (state.modal(), state.view) {
        (Some(Modal::Duel(duel)), _) => (PromptKind::DuelFilter, &duel.filter),
        (_, View::Waste) => (PromptKind::WasteFilter, &state.waste.filter),
        (_, View::Files) => (PromptKind::FilesFilter, &state.files.filter),
        (_, View::Compare) => (PromptKind::CompareFilter, &state.compare.filter),
        (_, View::Layers | View::Image) => (PromptKind::TreeFilter, &state.tree.filter),
    };
    let text = filter.as_ref().map_or("", |filter| filter.typed());
    state.prompt = Some(new(kind, text));
}

/// A key while something is being typed.
pub(super) fn key(state: &mut State, event: KeyEvent, name: &str, effects: &mut Effects) {
    match name {
        "Esc" => cancel(state, effects),
        "Enter" => enter(state, effects),
        "Up" | "Down" if state.prompt.as_ref().is_some_and(|prompt| prompt.kind.is_filter()) => {
            recall(state, name == "Up", effects);
        }
        "Up" | "Down" => choose(state, name == "Down"),
        _ => {
            if let Some(request) = request(event, name) {
                edit(state, &[request], effects);
            }
        }
    }
}

/// Goes back to filters that were kept before, or forth again to nothing.
fn recall(state: &mut State, back: bool, effects: &mut Effects) {
    let count = state.kept_filters.len();
    let Some(prompt) = &mut state.prompt else { return };
    let chosen = match (prompt.chosen, back) {
        (None, true) => count.checked_sub(1),
        (Some(at), true) => Some(at.saturating_sub(1)),
        (Some(at), false) => Some(at + 1).filter(|at| *at < count),
        (None, false) => return,
    };
    let text = chosen.and_then(|at| state.kept_filters.get(at)).cloned().unwrap_or_default();
    prompt.input = Input::new(text);
    edit(state, &[], effects);
    if let Some(prompt) = &mut state.prompt {
        prompt.chosen = chosen;
    }
}

/// Remembers a filter that is kept, so that it can be gone back to.
fn remember(state: &mut State) {
    const MOST: usize = 50;
    let Some(prompt) = state.prompt.as_ref().filter(|prompt| prompt.kind.is_filter()) else { return };
    let text = prompt.input.value().trim().to_owned();
    if text.is_empty() {
        return;
    }
    state.kept_filters.retain(|kept| *kept != text);
    state.kept_filters.push(text);
    if state.kept_filters.len() > MOST {
        state.kept_filters.remove(0);
    }
}

/// Goes to the next or the previous action that is like what was typed.
fn choose(state: &mut State, forward: bool) {
    let count = suggestions(state).len();
    let Some(prompt) = &mut state.prompt else { return };
    prompt.chosen = match (prompt.chosen, forward) {
        _ if count == 0 => None,
        (None, true) => Some(0),
        (None, false) => Some(count - 1),
        (Some(at), true) => Some((at + 1) % count),
        (Some(at), false) => Some((at + count - 1) % count),
    };
}

/// The actions that a command that is being typed is like: all words are in what they do.
pub(crate) fn suggestions(state: &State) -> Vec<&Action> {
    let Some(prompt) = state.prompt.as_ref().filter(|prompt| prompt.kind == PromptKind::Command) else {
        return Vec::new();
    };
    let typed = prompt.input.value().to_lowercase();
    let is_like = |action: &&Action| {
        let name = action.name().to_lowercase();
        action.act != Act::Command && typed.split_whitespace().all(|word| name.contains(word))
    };
    state.options.keymap.actions(keymap::context(state)).filter(is_like).collect()
}

/// What a key does to a line of text.
pub(super) fn request(event: KeyEvent, name: &str) -> Option<InputRequest> {
    Some(match (name, event.code) {
        ("^A" | "Home", _) => InputRequest::GoToStart,
        ("^E" | "End", _) => InputRequest::GoToEnd,
        ("^U", _) => InputRequest::DeleteFromStart,
        ("^W", _) => InputRequest::DeletePrevWord,
        ("^K", _) => InputRequest::DeleteTillEnd,
        ("Backspace", _) => InputRequest::DeletePrevChar,
        ("Delete", _) => InputRequest::DeleteNextChar,
        ("Left", _) => InputRequest::GoToPrevChar,
        ("Right", _) => InputRequest::GoToNextChar,
        (name, KeyCode::Char(c)) if !name.starts_with('^') || c == '^' => InputRequest::InsertChar(c),
        _ => return None,
    })
}

/// Pasted text goes into what is being typed, else nowhere.
pub(super) fn paste(state: &mut State, text: &str, effects: &mut Effects) {
    let typed = text.chars().filter(|c| !c.is_control()).take(LONGEST);
    let requests: Vec<InputRequest> = typed.map(InputRequest::InsertChar).collect();
    if state.prompt.is_some() {
        edit(state, &requests, effects);
    } else {
        find::edit(state, &requests, effects);
    }
}

/// Changes a line of text, up to a length that nobody types.
pub(super) fn type_into(input: &mut Input, requests: &[InputRequest]) {
    for request in requests {
        if !matches!(request, InputRequest::InsertChar(_)) || input.value().len() < LONGEST {
            input.handle(*request);
        }
    }
}

fn edit(state: &mut State, requests: &[InputRequest], effects: &mut Effects) {
    let Some(prompt) = &mut state.prompt else { return };
    type_into(&mut prompt.input, requests);
    let (kind, text) = (prompt.kind, prompt.input.value().to_owned());
    match kind {
        PromptKind::Command | PromptKind::Extract | PromptKind::Save => {
            (prompt.error, prompt.chosen) = (None, None);
            return;
        }
        PromptKind::Search => {
            let error = viewer::search(state, &text).err();
            if let Some(prompt) = &mut state.prompt {
                prompt.error = error.map(|error| text::prose(&error.to_string()));
            }
            return;
        }
        PromptKind::TreeFilter
        | PromptKind::WasteFilter
        | PromptKind::FilesFilter
        | PromptKind::CompareFilter
        | PromptKind::DuelFilter => {}
    }
    let done = Filter::parse(&text).map_err(|error| error.to_string()).and_then(|filter| {
        let filter = filter.told(&state.inquest.answers);
        set_filter(state, kind, (!filter.is_empty()).then(|| Arc::new(filter)), effects)
    });
    if let Some(prompt) = &mut state.prompt {
        prompt.error = done.err().map(|error| text::prose(&error));
    }
}

fn set_filter(
    state: &mut State,
    kind: PromptKind,
    filter: Option<Arc<Filter>>,
    effects: &mut Effects,
) -> Result<(), String> {
    match kind {
        PromptKind::TreeFilter => tree::set_filter(state, filter),
        PromptKind::WasteFilter => waste::set_filter(state, filter, effects),
        PromptKind::FilesFilter => state.files.filter = filter,
        PromptKind::CompareFilter => state.compare.filter = filter,
        PromptKind::DuelFilter => return rival::filter(state, filter),
        PromptKind::Search => return viewer::search(state, "").map_err(|error| error.to_string()),
        PromptKind::Extract => state.plan = None,
        PromptKind::Command | PromptKind::Save => {}
    }
    Ok(())
}

/// Esc takes the filter away, or what was searched for.
fn cancel(state: &mut State, effects: &mut Effects) {
    if let Some(prompt) = state.prompt.take() {
        // Nothing is always understood.
        drop(set_filter(state, prompt.kind, None, effects));
    }
}

/// Enter keeps the filter, or does the command. What is not understood stays to be corrected.
fn enter(state: &mut State, effects: &mut Effects) {
    let Some(prompt) = &state.prompt else { return };
    if prompt.error.is_some() {
        return;
    }
    let kind = prompt.kind;
    remember(state);
    let Some(prompt) = &state.prompt else { return };
    match kind {
        PromptKind::TreeFilter => state.layers_focus = Pane::Tree,
        PromptKind::WasteFilter
        | PromptKind::FilesFilter
        | PromptKind::CompareFilter
        | PromptKind::DuelFilter
        | PromptKind::Search => {}
        PromptKind::Command | PromptKind::Extract | PromptKind::Save => {
            let (kind, typed) = (prompt.kind, prompt.input.value().trim().to_owned());
            let chosen = prompt.chosen.and_then(|at| suggestions(state).get(at).map(|action| action.act));
            let like = suggestions(state).first().map(|action| action.act);
            let done = match (kind, chosen) {
                (PromptKind::Extract, _) => extract::begin(state, &typed, effects),
                (PromptKind::Save, _) => texts::save(state, &typed, effects),
                (_, Some(act)) => return perform(state, act, effects),
                (_, None) => match run(state, &typed, effects) {
                    Ok(false) => match like {
                        Some(act) => return perform(state, act, effects),
                        None => Err("no such command: a layer's number, cmp 3 8, messages or quit".to_owned()),
                    },
                    done => done.map(|_| ()),
                },
            };
            if let Err(error) = done {
                if let Some(prompt) = &mut state.prompt {
                    prompt.error = Some(error);
                }
                return;
            }
        }
    }
    state.prompt = None;
}

/// Does an action that was chosen by its name.
pub(super) fn perform(state: &mut State, act: Act, effects: &mut Effects) {
    state.prompt = None;
    act::act(state, act, effects);
}

/// Does a command. Says whether there is such a one.
fn run(state: &mut State, command: &str, effects: &mut Effects) -> Result<bool, String> {
    if let Ok(layer) = command.parse::<u32>() {
        if state.subject.is_none() {
            return Err(MANIFEST_MISSING.to_owned());
        }
        if layer >= state.layer_count() {
            return Err(format!(
                "there is no layer {layer}: the last one is {}",
                state.layer_count().saturating_sub(1)
            ));
        }
        lens::go_to(state, LayerIndex(layer));
        jump::to_view(state, View::Layers);
        return Ok(true);
    }
    match command {
        "" => {}
        "q" | "quit" => effects.push(act::quit(state)),
        "messages" => texts::open_messages(state),
        _ => match command.split_once(' ').unwrap_or((command, "")) {
            ("cmp", what) => return compare::typed(state, what, effects).map(|()| true),
            ("theme", name) => return theme(state, name.trim()).map(|()| true),
            _ => return Ok(false),
        },
    }
    Ok(true)
}

/// `theme light`
fn theme(state: &mut State, name: &str) -> Result<(), String> {
    state.options.theme = ThemeName::named(name).ok_or_else(|| {
        let names = ThemeName::ALL.map(ThemeName::name).join(", ");
        format!("there is no theme {name:?}; there are {names}")
    })?;
    Ok(())
}
