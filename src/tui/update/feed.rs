//! What the loader says.

use super::super::effect::Effect;
use super::super::layout::Pane;
use super::super::state::{Found, LayerRow, Opening, Picker, Position, Reading, Ready, Stage, State, Subject};
use super::super::theme::Role;
use super::super::{Feed, Model, groups, pretty, text};
use super::{Effects, find, lens, tell, toast, waste, without};
use crate::escape::{Target, escape};
use crate::image::{Image, LayerIndex};
use crate::listing::{EntryKind, Listing};
use crate::notice::{Notice, Severity, counted};
use crate::progress::Progress;
use std::sync::Arc;

/// Layers that are shown before the manifest of an input has come; no image may have as many.
const MAX_FOUND: usize = 10_000;

/// Takes one piece of news.
pub(super) fn feed(state: &mut State, feed: Feed, effects: &mut Effects) {
    match feed {
        Feed::Opening { reference } => {
            state.stage = Stage::Opening(Opening { reference, ..Opening::default() });
        }
        Feed::Found { name, listing } => found(state, &name, &listing),
        Feed::Choose(lines) => {
            let lines = lines.iter().map(|line| text::prose(line)).collect();
            state.stage = Stage::Choosing(Picker { lines, at: Position::default() });
        }
        Feed::Image { image, kind, reference } => begin(state, image, kind, reference),
        Feed::Progress(step) => progress(state, &step),
        Feed::Layer { layer, listing, error } => finish_layer(state, layer, listing, error),
        Feed::Draft(model) => understand(state, &model, effects),
        Feed::Ready(model) => ready(state, &model, effects),
        Feed::Verdict(rulings) => state.verdict = rulings,
        Feed::Dangling(links) => state.dangling = links,
        Feed::Packages(packages) => state.packages = Some(packages),
        Feed::Distribution(distribution) => state.distribution = Some(distribution),
        // What fails once everything is there (checking digests, say) must not take it away.
        Feed::Failed(message) if state.is_whole() => {
            toast(state, text::prose(&message));
            state.notices.push(Notice::error("image", message));
        }
        // Nor does it take away the layers that came before: whoever leaves is told why there were no more.
        Feed::Failed(message) if state.subject.is_none() && !state.layers.found.is_empty() => {
            tell(state, text::prose(&message), Role::Error);
            state.failure = Some(message);
        }
        Feed::Failed(message) => effects.push(Effect::Fail(message)),
        Feed::Notice(notice) => {
            toast(state, text::prose(&notice.to_string()));
            state.asides.push(notice);
        }
    }
}

fn begin(state: &mut State, image: Arc<Image>, kind: String, reference: String) {
    let lines = |instruction: &str| -> Vec<String> {
        let lines = pretty::instruction(instruction);
        let escaped = |line: &String| escape(line.as_bytes(), Target::Prose).into_owned();
        if lines.is_empty() { vec![text::instruction("")] } else { lines.iter().map(escaped).collect() }
    };
    let history = image.history.iter().map(|row| lines(&row.instruction)).collect();
    let reading = vec![Reading::Waiting; image.layers.len()];
    state.notices.extend(image.notices.iter().cloned());
    state.subject = Some(Subject { image, kind, reference, reading, history, input: None });
    state.stage = Stage::Exploring;
    let is_at_work = state.layers.at.cursor > 0 || state.layers_focus != Pane::Layers;
    state.layers.looked_at = state.found().filter(|_| is_at_work).map(|found| Arc::clone(&found.listing));
    state.layers.found.clear();
    lens::rebuild_layer_rows(state);
}

fn found(state: &mut State, name: &str, listing: &Arc<Listing>) {
    let (name, error) = (text::name(name.as_bytes()), listing.damage.as_ref().map(ToString::to_string));
    if state.layers.found.len() < MAX_FOUND {
        let (listing, shipped) = (Arc::clone(listing), shipped(listing));
        state.layers.rows.push(LayerRow::Found(state.layers.found.len()));
        state.layers.found.push(Found { name, listing, shipped, error });
    }
}

fn progress(state: &mut State, step: &Progress) {
    match (step, &mut state.subject, &mut state.stage) {
        (Progress::Input { read, total }, None, Stage::Opening(opening)) => opening.read = Some((*read, *total)),
        (Progress::Kind(kind), _, Stage::Opening(opening)) => opening.kind = text::prose(kind),
        (Progress::Input { read, total }, Some(subject), _) => subject.input = Some((*read, *total)),
        (Progress::Layer { layer, read, total }, Some(subject), _) => {
            if let Some(reading @ (Reading::Waiting | Reading::Partly(..))) = subject.reading.get_mut(*layer) {
                *reading = Reading::Partly(*read, *total);
            }
        }
        _ => {}
    }
}

fn finish_layer(state: &mut State, layer: LayerIndex, listing: Arc<Listing>, error: Option<String>) {
    if let Some(error) = &error {
        toast(state, format!("L{layer}: {}", text::prose(error)));
        state.notices.push(Notice::error(format!("layer {layer}"), error.clone()));
    }
    let Some(reading) = state.subject.as_mut().and_then(|subject| subject.reading.get_mut(layer.index())) else {
        return;
    };
    let shipped = shipped(&listing);
    // Where one was before anybody could tell which layer that is, one still is.
    let is_looked_at = state.layers.looked_at.as_ref().is_some_and(|looked_at| Arc::ptr_eq(looked_at, &listing));
    *reading = Reading::Done { listing, shipped, error };
    if is_looked_at {
        state.layers.looked_at = None;
        lens::go_to(state, layer);
    }
}

/// Bytes of the regular files of a layer.
fn shipped(listing: &Listing) -> u64 {
    let files = listing.entries().filter(|entry| entry.kind == EntryKind::File && !entry.role.is_marker());
    files.map(|entry| entry.size).fold(0, u64::saturating_add)
}

fn ready(state: &mut State, model: &Arc<Model>, effects: &mut Effects) {
    if state.subject.is_none() {
        let source = &model.report.image.source;
        begin(state, Arc::clone(&model.image), source.kind.clone(), source.reference.clone());
    }
    // The report names what every stage found; it takes the place of what came one by one.
    state.notices = model
        .report
        .notices
        .iter()
        .chain(model.report.layers.iter().flat_map(|layer| &layer.notices))
        .map(|found| Notice { severity: found.severity, part: found.part.clone(), message: found.message.clone() })
        .collect();
    // What is only information waits until somebody looks.
    let count = state.notices.iter().filter(|notice| notice.severity >= Severity::Warning).count();
    if count > 0 && !state.is_whole() {
        toast(state, format!("{}, :messages shows all", counted(count as u64, "notice")));
    }
    understand(state, model, effects);
}

/// Takes what is known of the image, or of its lowest layers. What is shown of it is made anew; paths keep their numbers.
fn understand(state: &mut State, model: &Arc<Model>, effects: &mut Effects) {
    if let Some(ready) = state.ready.as_mut().filter(|ready| Arc::ptr_eq(&ready.model.tree, &model.tree)) {
        // Only how it was read is told anew.
        ready.model = Arc::clone(model);
        return;
    }
    let (groups, killed) = (groups::group(model), groups::killed(model));
    state.ready = Some(Ready { model: Arc::clone(model), groups, killed });
    state.inquest.grow(&model.tree);
    state.waste.as_dive = None;
    // Whoever has not moved is at the largest item, whichever that is by now.
    if state.waste.at.cursor == 0 {
        state.waste.shown.clear();
    }
    if let Some(preview) = &mut state.preview {
        preview.hit.grow(model);
    }
    state.modals.iter_mut().for_each(|modal| modal.grow(model));
    lens::weigh(state);
    without::weigh(state, effects);
    find::look(state, effects);
    waste::set_filter(state, state.waste.filter.clone(), effects);
}
