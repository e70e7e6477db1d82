//! Actions that stand on the screen with their keys: in the footer, after the first key of a sequence, and below a
//! command that is being typed. What can be seen can be clicked.

use super::keymap::{self, Act, Action, Context};
use super::layout::{self, Areas};
use super::state::{Modal, State};
use super::text;
use super::update;
use ratatui::layout::{Position, Rect};

/// One action on the screen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Offer {
    /// Where it stands.
    pub(crate) line: Rect,
    /// Its keys.
    pub(crate) keys: String,
    /// What it is called there.
    pub(crate) name: String,
    /// What it does.
    pub(crate) act: Act,
}

/// A list of actions over the view.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Offers {
    /// All of it.
    pub(crate) frame: Rect,
    /// The actions that can be seen.
    pub(crate) rows: Vec<Offer>,
    /// Which of those is chosen.
    pub(crate) chosen: Option<usize>,
    /// How many more there are.
    pub(crate) more: usize,
}

/// The keys that the footer names.
pub(crate) fn footer(state: &State, areas: &Areas) -> Vec<Offer> {
    let Some(area) = areas.footer else { return Vec::new() };
    let mut x = 1;
    let mut out = Vec::new();
    for action in state.options.keymap.actions(keymap::context(state)) {
        let Some((hint, key)) = action.hint.zip(action.keys.first()) else { continue };
        if update::is_too_early(state, action.act) || update::is_idle(state, action.act) {
            continue;
        }
        let width = u16::try_from(text::width(hint) + text::width(key) + 3).unwrap_or(u16::MAX);
        // A hint that is cut would promise a key that nobody can read.
        if x + width + 1 > area.right() {
            continue;
        }
        let line = Rect { x, width, ..area };
        out.push(Offer { line, keys: key.to_string(), name: hint.to_owned(), act: action.act });
        x += width + 1;
    }
    out
}

/// What can follow the first key of a sequence, for whoever hesitates.
pub(crate) fn next_keys(state: &State, areas: &Areas) -> Option<Offers> {
    let first = state.begun.filter(|_| state.hints)?;
    let after: Vec<(&str, &Action)> = state.options.keymap.after(keymap::context(state), first).collect();
    let (frame, inside) = layout::menu(areas, after.len());
    let offer = |(index, (second, action)): (u16, &(&str, &Action))| Offer {
        line: Rect { y: inside.y + index, height: 1, ..inside },
        keys: format!("{first}{second}"),
        name: action.help.to_owned(),
        act: action.act,
    };
    let rows = (0..inside.height).zip(&after).map(offer).collect();
    Some(Offers { frame, rows, chosen: None, more: 0 })
}

/// The actions that are like the command that is being typed, above it.
pub(crate) fn commands(state: &State, areas: &Areas) -> Option<Offers> {
    const MOST: u16 = 8;
    const WIDTH: u16 = 48;
    let chosen = state.prompt.as_ref()?.chosen;
    let found = update::suggestions(state);
    let typed = prompt_line(state, areas);
    let room = typed.y.saturating_sub(areas.header.bottom() + 2);
    let height = u16::try_from(found.len()).unwrap_or(u16::MAX).min(MOST).min(room);
    if height == 0 {
        return None;
    }
    let first = chosen.map_or(0, |at| (at + 1).saturating_sub(usize::from(height)));
    let frame = Rect { x: 0, y: typed.y - height - 2, width: typed.width.min(WIDTH), height: height + 2 };
    let offer = |(y, action): (u16, &&Action)| Offer {
        line: Rect { x: 1, y: frame.y + 1 + y, width: frame.width.saturating_sub(2), height: 1 },
        keys: keymap::keys(action),
        name: action.name(),
        act: action.act,
    };
    let rows = (0..height).zip(found.iter().skip(first)).map(offer).collect();
    let more = found.len().saturating_sub(usize::from(height));
    Some(Offers { frame, rows, chosen: chosen.map(|at| at - first), more })
}

/// The line in which one types.
pub(crate) fn prompt_line(state: &State, areas: &Areas) -> Rect {
    match state.modal() {
        Some(Modal::Find(_)) => layout::find(areas, state.modal()).hint,
        _ => areas.status,
    }
}

/// What stands at a place.
pub(crate) fn at(state: &State, areas: &Areas, place: Position) -> Option<Act> {
    let over = [next_keys(state, areas), commands(state, areas)].into_iter().flatten().flat_map(|offers| offers.rows);
    // While one types, something else stands in the footer.
    let is_footer = state.prompt.is_none() && keymap::context(state) != Context::Help;
    let below = if is_footer { footer(state, areas) } else { Vec::new() };
    over.chain(below).find(|offer| offer.line.contains(place)).map(|offer| offer.act)
}
