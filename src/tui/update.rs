//! The only place where the state changes: a message comes in, effects go out. Pure: no terminal, thread, clock, file.

mod act;
mod compare;
mod copies;
mod details;
mod diff;
mod extract;
mod feed;
mod files;
mod find;
mod inquest;
mod jump;
mod lens;
mod life;
mod menu;
mod modal;
mod mouse;
mod preview;
mod prompt;
mod rival;
mod texts;
mod tree;
mod viewer;
mod waste;
mod without;

pub(crate) use act::{is_idle, is_too_early};
pub(crate) use details::{NO_MANIFEST, instruction_lines, killed_sentence, layer_error, selected_setting};
pub(crate) use modal::{help_cell_roles, help_rows, text_rows};
pub(crate) use prompt::suggestions;

use super::effect::Effect;
use super::keymap::{self, Context, Meaning};
use super::layout::{self, Pane};
use super::msg::Msg;
use super::state::{Modal, Stage, State, Toast, View};
use super::text;
use super::theme::Role;
use crossterm::event::{KeyCode, KeyEvent, KeyEventKind, KeyModifiers};

/// Everything that has to be done outside.
pub(crate) type Effects = Vec<Effect>;

/// Takes one message.
pub(crate) fn update(state: &mut State, msg: Msg) -> Effects {
    let mut effects = Effects::new();
    match msg {
        Msg::Key(event) if event.kind != KeyEventKind::Release => {
            // Esc and the next key, if they come together, look like that key with Alt; no action has Alt of its own.
            if event.modifiers.contains(KeyModifiers::ALT) {
                key(state, KeyEvent::from(KeyCode::Esc), &mut effects);
            }
            let modifiers = event.modifiers.difference(KeyModifiers::ALT);
            key(state, KeyEvent { modifiers, ..event }, &mut effects);
        }
        Msg::Key(_) => {}
        Msg::Mouse(event) => mouse::mouse(state, event, &mut effects),
        Msg::Paste(text) => prompt::paste(state, &text, &mut effects),
        Msg::Resize(size) => state.size = size,
        Msg::Feed(feed) => feed::feed(state, feed, &mut effects),
        Msg::Looked(generation, scene) => tree::looked(state, generation, &scene),
        Msg::Listed(generation, files) => state.files.take(generation, &files),
        Msg::Found(generation, found) => find::found(state, generation, found),
        Msg::Differed(generation, comparison) => state.compare.take(generation, &comparison),
        Msg::Sifted(generation, kept) => waste::sifted(state, generation, kept),
        Msg::Read(generation, read) => viewer::took(state, generation, read),
        Msg::Challenged(generation, found) => rival::took(state, generation, found),
        Msg::Digested(generation, digest) => menu::digested(state, generation, digest, &mut effects),
        Msg::CountedAsDive(generation, figures, references) => {
            waste::counted(state, generation, &figures, &references, &mut effects);
        }
        Msg::FoundCopies(generation, found) => copies::took(state, generation, found),
        Msg::Saved(to, done) => texts::saved(state, &to, done),
        Msg::Weighed(generation, saved) => without::weighed(state, generation, saved),
        Msg::Going(generation, done, total) => viewer::going(state, generation, (done, total)),
        Msg::Heard(generation, inquiry, answer) => inquest::heard(state, generation, inquiry, answer, &mut effects),
        Msg::Inquired(generation, unread) => inquest::ended(state, generation, unread),
        Msg::Compared(generation, difference) => diff::took(state, generation, difference),
        Msg::Extracted(generation, done) => extract::wrote(state, generation, done),
        Msg::Fetched(generation, fetched) => extract::fetched(state, generation, fetched, &mut effects),
        Msg::Failed(error) => failed(state, &error),
        Msg::ToastOver => state.toast = None,
        Msg::Hesitated => state.hints = state.begun.is_some(),
        Msg::Suspend => effects.push(Effect::Suspend),
    }
    settle(state, &mut effects);
    for event in find::due(state) {
        key(state, event, &mut effects);
        settle(state, &mut effects);
    }
    effects
}

/// Makes everything agree again: the lens with the selected layer, every cursor with its list, every window with its
/// cursor.
fn settle(state: &mut State, effects: &mut Effects) {
    inquest::follow(state, effects);
    lens::follow(state, effects);
    files::follow(state, effects);
    if state.view == View::Waste {
        waste::follow(state);
    }
    compare::follow(state, effects);
    let areas = layout::areas(state);
    for (pane, area) in &areas.panes {
        let window = layout::window(areas.class, *pane, *area);
        let height = usize::from(window.height);
        let rows = state.rows_of(*pane);
        if *pane == Pane::History {
            let instructions = state.subject.as_ref().map_or(&[][..], |subject| &subject.history);
            state.history.lay(instructions, usize::from(window.width));
            state.history.settle(height);
        } else if let Some(position) = state.position(*pane) {
            position.settle(rows, height);
        } else {
            let lines = details::instruction_lines(state, *area, areas.class).len();
            state.instruction_offset = state.instruction_offset.min(lines.saturating_sub(height));
        }
    }
    // Panes that cannot be seen have no window, but their cursors must be on rows all the same.
    for pane in Pane::ALL {
        let rows = state.rows_of(pane);
        if let Some(position) = state.position(pane) {
            position.cursor = position.cursor.min(rows.saturating_sub(1));
        }
    }
    if let Stage::Choosing(picker) = &mut state.stage {
        let rows = picker.lines.len();
        picker.at.settle(rows, usize::from(layout::inner(areas.class, areas.body).height));
    }
    modal::settle(state, &areas);
    viewer::follow(state, effects);
    viewer::settle(state, &areas);
    preview::settle(state, &areas, effects);
    find::settle(state, &areas, effects);
    diff::settle(state, &areas);
}

fn key(state: &mut State, event: KeyEvent, effects: &mut Effects) {
    let Some(name) = keymap::name(event) else { return };
    state.toast = None;
    state.hints = false;
    if name == "^C" {
        effects.push(act::quit(state));
        return;
    }
    if name == "^Z" {
        effects.push(Effect::Suspend);
        return;
    }
    if state.prompt.is_some() {
        prompt::key(state, event, &name, effects);
        return;
    }
    if matches!(state.modal(), Some(Modal::Help(_))) && modal::type_into_help(state, event, &name) {
        return;
    }
    if find::has_to_wait(state, event, &name) {
        return;
    }
    if matches!(state.modal(), Some(Modal::Find(_))) && find::key(state, event, &name, effects) {
        return;
    }
    let context = keymap::context(state);
    let begun = state.begun.take();
    match state.options.keymap.meaning(context, begun, &name) {
        Meaning::Act(act) => act::act(state, act, effects),
        Meaning::Begins(first) => state.begun = Some(first),
        Meaning::Nothing => {
            let more = if matches!(context, Context::Writing) { "" } else { "; ? shows the keys that do" };
            toast(state, format!("{name} does nothing here{more}"));
        }
    }
}

/// Says why something did not work.
fn failed(state: &mut State, error: &str) {
    tell(state, text::prose(error), Role::Error);
}

/// Shows a short message.
fn toast(state: &mut State, text: impl Into<String>) {
    tell(state, text.into(), Role::Strong);
}

/// How many of the last toasts are kept.
const KEPT: usize = 200;

fn tell(state: &mut State, text: String, role: Role) {
    let toast = Toast { text, role };
    if state.told.last().is_none_or(|last| last.text != toast.text) {
        state.told.push(toast.clone());
        state.told.drain(..state.told.len().saturating_sub(KEPT));
    }
    state.toast = Some(toast);
}
