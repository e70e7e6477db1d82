//! Help and texts: what lies over the view.

use super::super::keymap::{self, Act, Group};
use super::super::layout::{self, Areas};
use super::super::state::{Fact, Help, Modal, State};
use super::super::text;
use super::super::theme::Role;
use super::{act, prompt};
use crossterm::event::{KeyCode, KeyEvent};
use tui_input::InputRequest;

/// Opens the help.
pub(super) fn open_help(state: &mut State) {
    state.modals.push(Modal::Help(Help::default()));
}

/// Typing narrows the help. Says whether the key was used up.
pub(super) fn type_into_help(state: &mut State, event: KeyEvent, name: &str) -> bool {
    let Some(Modal::Help(help)) = state.modals.last_mut() else { return false };
    if name == "?" && help.filter.value().is_empty() {
        state.modals.pop();
        return true;
    }
    if name == "Esc" && !help.filter.value().is_empty() {
        help.filter.reset();
        return true;
    }
    let request = match event.code {
        KeyCode::Backspace => Some(InputRequest::DeletePrevChar),
        // The arrows and Home scroll; only what can be read is typed.
        KeyCode::Char(_) => {
            prompt::request(event, name).filter(|request| matches!(request, InputRequest::InsertChar(_)))
        }
        _ => None,
    };
    match request {
        Some(request) => {
            help.filter.handle(request);
            help.offset = 0;
            true
        }
        None => false,
    }
}

/// Scrolls what lies over the view in a window of so many rows.
pub(super) fn scroll(state: &mut State, act: Act, height: u16) {
    let by = act::distance(act, usize::from(height).max(1), 0);
    scroll_by(state, by);
}

/// Scrolls what lies over the view by a number of rows.
pub(super) fn scroll_by(state: &mut State, by: isize) {
    match state.modals.last_mut() {
        Some(Modal::Help(help)) => help.offset = help.offset.saturating_add_signed(by),
        Some(Modal::Text(text)) => text.offset = text.offset.saturating_add_signed(by),
        Some(Modal::Viewer(viewer)) => viewer.scroll(by),
        Some(Modal::Life(life)) => life.at.step(by, life.timeline.steps.len()),
        Some(Modal::Duel(duel)) => {
            let rows = duel.len();
            duel.at.step(by, rows);
        }
        Some(Modal::Copies(copies)) => {
            let rows = copies.rows().len();
            copies.at.step(by, rows);
        }
        Some(Modal::Menu(menu)) => menu.at.step(by, menu.items.len()),
        Some(Modal::Diff(diff)) => diff.offset = diff.offset.saturating_add_signed(by),
        Some(Modal::Find(find)) => find.at.step(by, find.found.hits.len()),
        Some(Modal::Writing(_)) | None => {}
    }
}

/// Keeps the window within the text.
pub(super) fn settle(state: &mut State, areas: &Areas) {
    let area = match state.modal() {
        Some(Modal::Help(_)) => layout::help(areas),
        _ => layout::modal(areas),
    };
    let area = layout::inner(areas.class, area);
    let (width, height) = (usize::from(area.width), usize::from(area.height));
    let rows = match state.modal() {
        Some(Modal::Help(help)) => help_rows(state, help, width).len(),
        Some(Modal::Text(text)) => text_rows(&text.lines, width).len(),
        Some(Modal::Life(life)) => life.timeline.steps.len(),
        Some(Modal::Duel(duel)) => duel.len(),
        Some(Modal::Copies(copies)) => copies.rows().len(),
        Some(Modal::Menu(menu)) => menu.items.len(),
        Some(Modal::Viewer(_) | Modal::Find(_) | Modal::Diff(_) | Modal::Writing(_)) | None => return,
    };
    match state.modals.last_mut() {
        Some(Modal::Help(help)) => help.offset = help.offset.min(rows.saturating_sub(height)),
        Some(Modal::Text(text)) => text.offset = text.offset.min(rows.saturating_sub(height)),
        Some(Modal::Menu(menu)) => menu.at.settle(rows, usize::from(layout::menu(areas, rows).1.height)),
        Some(Modal::Life(life)) => life.at.settle(rows, usize::from(layout::life(areas).0.height)),
        Some(Modal::Copies(copies)) => {
            copies.at.settle(rows, usize::from(layout::inner(areas.class, layout::viewer(areas)).height));
        }
        Some(Modal::Duel(duel)) => {
            duel.at.settle(rows, usize::from(layout::inner(areas.class, layout::viewer(areas)).height));
        }
        Some(Modal::Viewer(_) | Modal::Find(_) | Modal::Diff(_) | Modal::Writing(_)) | None => {}
    }
}

/// A text, wrapped.
pub(crate) fn text_rows(lines: &[Fact], width: usize) -> Vec<Fact> {
    let wrapped = |(line, role): &Fact| {
        let role = *role;
        text::wrap_hanging(line, width.saturating_sub(2)).into_iter().map(move |line| (line, role)).collect::<Vec<_>>()
    };
    lines.iter().flat_map(wrapped).collect()
}

/// One cell of the help: keys and what they do, or a heading.
pub(crate) type HelpCell = (String, String);

/// The help as rows of columns, made from the table of actions: what can be done behind it, narrowed by what was
/// typed.
pub(crate) fn help_rows(state: &State, help: &Help, width: usize) -> Vec<Vec<HelpCell>> {
    let context = keymap::helped(state);
    let typed = help.filter.value().to_lowercase();
    let mut cells: Vec<HelpCell> = Vec::new();
    for group in Group::ALL {
        let wanted = |action: &&keymap::Action| {
            action.group == group
                && (typed.is_empty()
                    || group.title().to_lowercase().contains(&typed)
                    || action.name().to_lowercase().contains(&typed)
                    || keymap::keys(action).to_lowercase().contains(&typed))
        };
        let rows: Vec<HelpCell> = state
            .options
            .keymap
            .actions(context)
            .filter(wanted)
            .map(|action| (keymap::keys(action), action.help.to_owned()))
            .collect();
        if !rows.is_empty() {
            cells.push((group.title().to_owned(), String::new()));
            cells.extend(rows);
        }
    }
    if typed.is_empty() {
        cells.push(("MARKERS".to_owned(), String::new()));
        let markers = [
            ("+", "added"),
            ("~", "content changed"),
            ("%", "metadata only"),
            ("-", "removed"),
            ("o", "opaque: hides"),
            ("=", "unchanged"),
            ("!", "dead weight"),
        ];
        cells.extend(markers.map(|(marker, meaning)| (marker.to_owned(), meaning.to_owned())));
    }
    let columns = (width / 26).clamp(1, 3);
    let height = cells.len().div_ceil(columns);
    (0..height).map(|row| cells.iter().skip(row).step_by(height.max(1)).cloned().collect()).collect()
}

/// The two pieces of a cell of the help, with their looks.
pub(crate) fn help_cell_roles(cell: &HelpCell) -> (Fact, Fact) {
    let heading = cell.1.is_empty();
    let keys = (cell.0.clone(), if heading { Role::Strong } else { Role::Key });
    (keys, (cell.1.clone(), Role::Text))
}
