//! The list of layers and the lens that follows it.

use super::super::effect::{Effect, Job};
use super::super::rows::SortKey;
use super::super::scene::{Look, Source};
use super::super::state::{LayerRow, Reading, State};
use super::{Effects, without};
use crate::analysis::squash_saves;
use crate::image::LayerIndex;
use crate::listing::Listing;
use crate::tree::Lens;
use std::sync::Arc;

/// Shows rows of the history without a layer, or leaves them out.
pub(super) fn toggle_empty_rows(state: &mut State) {
    state.layers.empty_rows = !state.layers.empty_rows;
    rebuild_layer_rows(state);
}

/// Makes the rows of the list anew and keeps the selected one.
pub(super) fn rebuild_layer_rows(state: &mut State) {
    let Some(subject) = &state.subject else { return };
    let before = state.layer_row();
    let image = &subject.image;
    let all = (0..image.layers.len()).filter_map(|index| u32::try_from(index).ok()).map(LayerIndex);
    let mut rows = Vec::new();
    let base = image.base.as_ref().map(|base| base.layers).filter(|base| *base > 0 && *base < state.layer_count());
    let mut next_row = 0;
    for layer in all {
        let row = image.layers.get(layer.index()).and_then(|layer| layer.history);
        if state.layers.empty_rows {
            let end = row.unwrap_or(next_row).min(image.history.len());
            rows.extend((next_row..end).filter(|row| is_empty(image, *row)).map(LayerRow::Empty));
            next_row = row.map_or(next_row, |row| row + 1).max(next_row);
        }
        if base == Some(layer.0) {
            rows.push(LayerRow::Base);
        }
        rows.push(LayerRow::Layer(layer));
    }
    if state.layers.empty_rows {
        rows.extend((next_row..image.history.len()).filter(|row| is_empty(image, *row)).map(LayerRow::Empty));
    }
    let same = before.and_then(|before| rows.iter().position(|row| *row == before));
    let of_layer = state.layers.selected.and_then(|layer| rows.iter().position(|row| *row == LayerRow::Layer(layer)));
    state.layers.at.cursor = same.or(of_layer).unwrap_or(0);
    state.layers.rows = rows;
    select(state);
}

fn is_empty(image: &crate::image::Image, row: usize) -> bool {
    image.history.get(row).is_some_and(|row| row.layer.is_none())
}

/// Moves the cursor in the list; the line under the base is stepped over.
pub(super) fn move_in_list(state: &mut State, by: isize) {
    let rows = state.layers.rows.len();
    let before = state.layers.at.cursor;
    state.layers.at.step(by, rows);
    if state.layer_row() == Some(LayerRow::Base) {
        state.layers.at.step(by.signum(), rows);
    }
    if state.layers.at.cursor != before {
        state.instruction_offset = 0;
    }
    select(state);
}

/// Moves the lens to the previous or next layer, from any pane.
pub(super) fn step(state: &mut State, by: i32) {
    if let Some(selected) = state.layers.selected {
        go_to(state, state.layer_beside(selected, by));
    }
}

/// Selects a layer in the list.
pub(super) fn go_to(state: &mut State, layer: LayerIndex) {
    if let Some(row) = state.layers.rows.iter().position(|row| *row == LayerRow::Layer(layer)) {
        move_in_list(state, isize::try_from(row).unwrap_or(0) - isize::try_from(state.layers.at.cursor).unwrap_or(0));
    }
}

/// The lens stays on the layer above a row that has none.
fn select(state: &mut State) {
    let upto = state.layers.rows.iter().take(state.layers.at.cursor.saturating_add(1)).rev();
    let layer = |row: &LayerRow| match row {
        LayerRow::Layer(layer) => Some(*layer),
        LayerRow::Empty(_) | LayerRow::Base | LayerRow::Found(_) => None,
    };
    state.layers.selected = upto.into_iter().find_map(layer).or_else(|| state.layers.rows.iter().find_map(layer));
}

/// Marks the selected layer as one of those that would be one, or takes the mark away, and goes on to the next.
pub(super) fn toggle_mark(state: &mut State) {
    let Some(LayerRow::Layer(layer)) = state.layer_row() else { return };
    without::clear(state);
    if !state.layers.marked.remove(&layer) {
        state.layers.marked.insert(layer);
    }
    weigh(state);
    step(state, 1);
}

/// Takes all marks away. Says whether there were any.
pub(super) fn unmark(state: &mut State) -> bool {
    let had_some = !std::mem::take(&mut state.layers.marked).is_empty();
    weigh(state);
    had_some
}

/// Counts what the marked layers would not ship as one.
pub(super) fn weigh(state: &mut State) {
    let waste = state.ready.as_ref().map(|ready| &ready.model.analysis.waste);
    state.layers.saved = waste.map_or(0, |waste| squash_saves(waste, &state.layers.marked));
}

/// The entries of the selected layer, if it is read and can be shown alone; it need not be known which one it is.
fn alone(state: &State) -> Option<&Arc<Listing>> {
    let reading = || state.subject.as_ref()?.reading.get(state.layers.selected?.index());
    // What a filter asks of the other layers nobody can tell yet.
    if state.tree.filter.as_ref().is_some_and(|filter| filter.asks_for_image()) {
        return None;
    }
    match (state.found(), reading()) {
        (Some(found), _) => Some(&found.listing),
        (None, Some(Reading::Done { listing, .. })) => Some(listing),
        (None, _) => None,
    }
}

/// Asks the worker what the lens shows, if that is not what it was asked last.
pub(super) fn follow(state: &mut State, effects: &mut Effects) {
    let understood = state.ready.as_ref().zip(state.lens(state.tree.mode));
    let (source, lens) = match (understood, alone(state)) {
        (Some((ready, lens)), _) => (Source::Tree(Arc::clone(&ready.model.tree)), lens),
        (None, Some(listing)) => (Source::Listing(Arc::clone(listing)), Lens::layer(LayerIndex(0))),
        (None, None) => {
            state.tree.asked = None;
            state.tree.scene = None;
            state.tree.rows.clear();
            // An answer that is still under way is about another layer; nobody waits for it.
            state.tree.answered = state.tree.generation.advance();
            return;
        }
    };
    let (kinds, filter) = (state.tree.kinds, state.tree.filter.clone());
    let question = Look { source, lens, kinds, filter, costs: state.tree.sort.key == SortKey::Pull };
    if state.tree.asked.as_ref().is_some_and(|before| before.answers(&question)) {
        return;
    }
    state.tree.asked = Some(question.clone());
    effects.push(Effect::Ask(state.tree.generation.advance(), Job::Look(question)));
}
