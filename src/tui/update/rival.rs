//! Comparing with another image.

use super::super::compare::CompareKey;
use super::super::effect::Effect;
use super::super::keymap::Act;
use super::super::loading::LAYERS_MISSING;
use super::super::msg::Generation;
use super::super::rival::{Challenge, Duel, DuelRow, Rival};
use super::super::rows::SortKey;
use super::super::state::{Modal, State, View};
use super::super::text;
use super::{Effects, jump, lens, toast};
use crate::bytes::Cancel;
use crate::notice::{Notice, counted, first_few};
use crate::tree::Filter;
use std::sync::Arc;

/// Begins to read another image.
pub(super) fn challenge(state: &mut State, reference: &str, effects: &mut Effects) -> Result<(), String> {
    let Some(ready) = state.ready.as_ref().filter(|_| state.is_whole()) else {
        return Err(LAYERS_MISSING.to_owned());
    };
    let (contents, cancel) = (Arc::clone(&ready.model.files), Cancel::default());
    let generation = state.reads.advance();
    let reference = reference.to_owned();
    let asked = Challenge { contents, reference: reference.clone(), cancel: cancel.clone() };
    effects.push(Effect::Challenge(generation, asked));
    jump::to_view(state, View::Compare);
    state.modals.push(Modal::Duel(Box::new(Duel::new(reference, generation, cancel))));
    Ok(())
}

/// Takes what came of it, if somebody still waits for it.
pub(super) fn took(state: &mut State, generation: Generation, found: Result<Rival, String>) {
    let mut duels = state.modals.iter_mut().filter_map(|modal| match modal {
        Modal::Duel(duel) if duel.generation == generation => Some(duel),
        _ => None,
    });
    let (Some(duel), Some(ready)) = (duels.next(), &state.ready) else { return };
    let part = text::prose(&duel.reference);
    let failed: Vec<String> = found.as_ref().map(|rival| rival.failed.clone()).unwrap_or_default();
    duel.take(&ready.model.tree, found);
    if failed.is_empty() {
        return;
    }
    let one = |reason: &String| Notice::warning(part.as_str(), reason.as_str());
    let rest = |more| Notice::warning(part.as_str(), format!("{} could not be compared", counted(more, "more file")));
    state.asides.extend(first_few(&failed, one, rest));
    let count = failed.len();
    toast(state, format!("files whose content could not be compared count as different: {count}; :messages says why"));
}

/// The next order of the paths, or the present one the other way round.
pub(super) fn sort(state: &mut State, act: Act) {
    order(state, |key, reversed| if act == Act::Reverse { (key, !reversed) } else { (key.next(), reversed) });
}

/// The paths by a key that one chose.
pub(super) fn sort_by(state: &mut State, key: SortKey) {
    order(state, |_, reversed| (CompareKey::like(key), reversed));
}

fn order(state: &mut State, choose: impl FnOnce(CompareKey, bool) -> (CompareKey, bool)) {
    if let (Some(Modal::Duel(duel)), Some(ready)) = (state.modals.last_mut(), &state.ready) {
        let (key, reversed) = choose(duel.key, duel.reversed);
        duel.sort_by(&ready.model.tree, key, reversed);
    }
}

/// Narrows the paths. What contents hold is only looked for in one image.
pub(super) fn filter(state: &mut State, filter: Option<Arc<Filter>>) -> Result<(), String> {
    if filter.as_ref().is_some_and(|filter| filter.asks()) {
        return Err("contents are not looked through here; layerscope diff --filter does".to_owned());
    }
    if let (Some(Modal::Duel(duel)), Some(ready)) = (state.modals.last_mut(), &state.ready) {
        duel.narrow(&ready.model.tree, filter);
    }
    Ok(())
}

/// From a row to what it is about in our image.
pub(super) fn show(state: &mut State) {
    let Some(Modal::Duel(duel)) = state.modal() else { return };
    match (duel.selected(), duel.row(duel.at.cursor)) {
        (Some(node), _) => {
            let layer = state.ready.as_ref().and_then(|ready| ready.model.tree.events(node).next());
            if let Some(layer) = layer.map(|event| event.layer) {
                jump::to_path(state, node, layer);
            }
        }
        (None, Some(DuelRow::Layer(layer))) => match layer.left {
            Some(layer) => {
                state.modals.clear();
                lens::go_to(state, layer);
                state.view = View::Layers;
            }
            None => toast(state, "only the other image has this layer"),
        },
        (None, Some(DuelRow::Path(_))) => toast(state, "only the other image has this path"),
        (None, None) => {}
    }
}
