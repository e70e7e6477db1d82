//! Wheel and click.

use super::super::keymap::{self, Meaning};
use super::super::layout::{self, Areas, Pane};
use super::super::offers;
use super::super::state::{Modal, Stage, State};
use super::{Effects, act, lens, modal, prompt};
use crossterm::event::{MouseButton, MouseEvent, MouseEventKind};
use ratatui::layout::{Position, Rect};

/// How many rows one step of the wheel is.
const WHEEL: isize = 3;

/// Takes what the mouse did.
pub(super) fn mouse(state: &mut State, event: MouseEvent, effects: &mut Effects) {
    let at = Position { x: event.column, y: event.row };
    match event.kind {
        MouseEventKind::ScrollDown => wheel(state, at, WHEEL),
        MouseEventKind::ScrollUp => wheel(state, at, -WHEEL),
        MouseEventKind::Down(MouseButton::Left) => click(state, at, effects),
        _ => {}
    }
}

fn wheel(state: &mut State, at: Position, by: isize) {
    if !state.modals.is_empty() {
        modal::scroll_by(state, by);
    } else if let Stage::Choosing(picker) = &mut state.stage {
        let rows = picker.lines.len();
        picker.at.step(by, rows);
    } else if let Some((pane, _)) = pane_at(state, at) {
        act::move_in(state, pane, by);
    }
}

fn pane_at(state: &State, at: Position) -> Option<(Pane, Rect)> {
    layout::areas(state).panes.into_iter().find(|(_, area)| area.contains(at))
}

fn click(state: &mut State, at: Position, effects: &mut Effects) {
    state.toast = None;
    let areas = layout::areas(state);
    if let Some(act) = offers::at(state, &areas, at) {
        (state.begun, state.hints) = (None, false);
        prompt::perform(state, act, effects);
        return;
    }
    if !state.modals.is_empty() {
        click_over(state, &areas, at, effects);
        return;
    }
    if at.y == areas.header.y && at.x + 3 > areas.header.right() {
        modal::open_help(state);
        return;
    }
    if let Stage::Choosing(picker) = &mut state.stage {
        let window = layout::inner(areas.class, areas.body);
        let row = picker.at.offset + usize::from(at.y.saturating_sub(window.y));
        if window.contains(at) && std::mem::replace(&mut picker.at.cursor, row) == row {
            enter(state, effects);
        }
        return;
    }
    if areas.tabs.is_some_and(|tabs| tabs.contains(at)) {
        let tab = layout::tabs(state).into_iter().rev().find(|(_, x, _)| *x <= at.x);
        let width = |text: &str| u16::try_from(super::super::text::width(text)).unwrap_or(0);
        if let Some((view, _, _)) = tab.filter(|(_, x, text)| at.x < x.saturating_add(width(text))) {
            state.view = view;
        }
        return;
    }
    if let Some((pane, area)) = pane_at(state, at) {
        click_pane(state, pane, layout::window(areas.class, pane, area), at, effects);
    }
}

/// A click beside what lies over the view closes it; one on a row of it selects that row, and a second one is Enter.
fn click_over(state: &mut State, areas: &Areas, at: Position, effects: &mut Effects) {
    let found = layout::find(areas, state.modal());
    let (area, list) = match state.modal() {
        Some(Modal::Find(_)) => (found.whole, found.list),
        Some(Modal::Help(_)) => (layout::help(areas), Rect::default()),
        Some(Modal::Life(_)) => (layout::modal(areas), layout::life(areas).0),
        Some(Modal::Duel(_) | Modal::Copies(_)) => {
            (layout::viewer(areas), layout::inner(areas.class, layout::viewer(areas)))
        }
        Some(Modal::Menu(menu)) => layout::menu(areas, menu.items.len()),
        Some(Modal::Text(_)) => (layout::modal(areas), Rect::default()),
        _ => (layout::viewer(areas), Rect::default()),
    };
    if !area.contains(at) {
        state.modals.pop();
        return;
    }
    let (position, rows) = match state.modals.last_mut() {
        Some(Modal::Find(find)) => (&mut find.at, find.found.hits.len()),
        Some(Modal::Life(life)) => (&mut life.at, life.timeline.steps.len()),
        Some(Modal::Duel(duel)) => {
            let rows = duel.len();
            (&mut duel.at, rows)
        }
        Some(Modal::Copies(copies)) => {
            let rows = copies.rows().len();
            (&mut copies.at, rows)
        }
        Some(Modal::Menu(menu)) => (&mut menu.at, menu.items.len()),
        _ => return,
    };
    let row = position.offset + usize::from(at.y.saturating_sub(list.y));
    if !list.contains(at) || row >= rows {
        return;
    }
    if std::mem::replace(&mut position.cursor, row) == row {
        enter(state, effects);
    }
}

/// What Enter does there.
fn enter(state: &mut State, effects: &mut Effects) {
    if let Meaning::Act(act) = state.options.keymap.meaning(keymap::context(state), None, "Enter") {
        act::act(state, act, effects);
    }
}

/// A click selects; a click on what is selected already is Enter.
fn click_pane(state: &mut State, pane: Pane, window: Rect, at: Position, effects: &mut Effects) {
    let had_focus = state.focus() == pane;
    state.focus_on(pane);
    if !window.contains(at) {
        return;
    }
    let line = usize::from(at.y - window.y);
    let rows = state.rows_of(pane);
    let row = if pane == Pane::History { state.history.row_at(line) } else { offset(state, pane) + line };
    if row >= rows {
        return;
    }
    let before = state.position(pane).map(|position| position.cursor);
    if had_focus && before == Some(row) {
        return enter(state, effects);
    }
    if pane == Pane::Layers {
        let by = isize::try_from(row).unwrap_or(0) - isize::try_from(state.layers.at.cursor).unwrap_or(0);
        lens::move_in_list(state, by);
    } else if let Some(position) = state.position(pane) {
        position.cursor = row;
    }
    act::anchor_here(state, pane);
}

fn offset(state: &mut State, pane: Pane) -> usize {
    state.position(pane).map_or(0, |position| position.offset)
}
