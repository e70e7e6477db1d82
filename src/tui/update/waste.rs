//! The list of wasted items.

use super::super::effect::{Effect, Job, Sift};
use super::super::groups::{self, Group, GroupBy};
use super::super::msg::Generation;
use super::super::state::{LensMode, Position, Ready, State};
use super::super::text::human;
use super::super::waste::{WastePane, WasteSort};
use super::{Effects, toast};
use crate::analysis::{DiveFigures, DiveReference};
use crate::tree::{Filter, Lens, NodeId};
use std::cmp::Ordering;
use std::collections::HashSet;
use std::sync::Arc;

/// Makes the rows anew: what the filter leaves, in the present order. The item that the user went to stays selected.
pub(super) fn rebuild(state: &mut State) {
    let Some(ready) = &state.ready else { return };
    let is_kept = |group: &&Arc<Group>| state.waste.kept.as_ref().is_none_or(|kept| kept.contains(&group.node));
    let lens = lens(state);
    let all = all_groups(&state.waste, ready).iter().filter(is_kept);
    // What dive counts has no layers.
    let all: Vec<Arc<Group>> = match state.waste.mode {
        LensMode::Whole => all.cloned().collect(),
        _ => all.filter_map(|group| group.under(lens)).collect(),
    };
    let bundles = match state.waste.by {
        GroupBy::File => Vec::new(),
        by => groups::bundles(&all, by),
    };
    let mut shown: Vec<Arc<Group>> = match &state.waste.opened {
        None => all,
        Some(title) => {
            let opened = bundles.iter().find(|bundle| bundle.title == *title);
            opened.map(|bundle| bundle.members.clone()).unwrap_or_default()
        }
    };
    let chosen = state.waste.bundle_at.cursor;
    let title = state.waste.bundles.get(chosen).filter(|_| chosen > 0).map(|bundle| &bundle.title);
    let same = title.and_then(|title| bundles.iter().position(|bundle| bundle.title == *title));
    state.waste.bundle_at.cursor = same.unwrap_or(0);
    state.waste.bundles = bundles;
    let sort = state.waste.sort;
    shown.sort_by(|a, b| compare(sort, a, b));
    if state.waste.reversed {
        shown.reverse();
    }
    let anchor = state.waste.anchor;
    state.waste.at.cursor = anchor.and_then(|node| shown.iter().position(|group| group.node == node)).unwrap_or(0);
    state.waste.bytes = shown.iter().map(|group| group.bytes).sum();
    state.waste.shown = shown;
    state.waste.lens = Some(lens);
}

/// The layers whose dead bytes are shown.
fn lens(state: &State) -> Lens {
    state.waste.mode.lens(state.layer(), state.layer_count())
}

/// Makes the rows anew if the lens is another one.
pub(super) fn follow(state: &mut State) {
    if state.waste.lens.is_some_and(|shown| shown != lens(state)) {
        rebuild(state);
    }
}

/// From now on the selected item stays selected, also where a lens does not show it for a while.
pub(super) fn anchor_here(state: &mut State) {
    if let Some(group) = state.waste_group() {
        state.waste.anchor = Some(group.node);
    }
}

/// Goes to a path, if it is among the rows. Says whether it is.
pub(super) fn go_to(state: &mut State, node: NodeId) -> bool {
    let found = state.waste.shown.iter().position(|group| group.node == node);
    if let Some(row) = found {
        state.waste.at.cursor = row;
        state.waste.anchor = Some(node);
    }
    found.is_some()
}

/// The groups of the present metric.
fn all_groups<'a>(pane: &'a WastePane, ready: &'a Ready) -> &'a [Arc<Group>] {
    pane.as_dive.as_deref().unwrap_or(&ready.groups)
}

/// Groups are made largest first: that order is kept among equals.
fn compare(sort: WasteSort, a: &Group, b: &Group) -> Ordering {
    match sort {
        WasteSort::Bytes => b.bytes.cmp(&a.bytes),
        WasteSort::Path => a.path.cmp(&b.path),
        WasteSort::Cause => a.cause.cmp(&b.cause).then_with(|| b.bytes.cmp(&a.bytes)),
    }
}

/// Puts the items together by something else.
pub(super) fn next_grouping(state: &mut State) {
    if state.waste.as_dive.is_some() {
        return toast(state, "dive counts paths; M shows what would go away");
    }
    state.waste.by = state.waste.by.next();
    state.waste.opened = None;
    state.waste.bundle_at = Position::default();
    rebuild(state);
}

/// Shows the items of the selected bundle.
pub(super) fn open(state: &mut State) {
    if let Some(bundle) = state.waste.bundle() {
        state.waste.opened = Some(bundle.title.clone());
        (state.waste.at, state.waste.anchor) = (Position::default(), None);
        rebuild(state);
    }
}

/// Shows each path for itself.
pub(super) fn ungroup(state: &mut State) {
    if state.waste.by != GroupBy::File {
        state.waste.by = GroupBy::File;
        state.waste.opened = None;
        rebuild(state);
    }
}

/// Goes back from the items of a bundle to the bundles, and from those to the files. Says whether there was a way.
pub(super) fn back(state: &mut State) -> bool {
    if state.waste.opened.take().is_none() && std::mem::take(&mut state.waste.by) == GroupBy::File {
        return false;
    }
    rebuild(state);
    true
}

/// Another order.
pub(super) fn sort_by(state: &mut State, sort: WasteSort) {
    anchor_here(state);
    state.waste.sort = sort;
    rebuild(state);
}

/// The other way round.
pub(super) fn reverse(state: &mut State) {
    anchor_here(state);
    state.waste.reversed = !state.waste.reversed;
    rebuild(state);
}

/// Puts a filter on, or takes it off.
pub(super) fn set_filter(state: &mut State, filter: Option<Arc<Filter>>, effects: &mut Effects) {
    state.waste.filter = filter;
    let generation = state.waste.generation.advance();
    let (Some(ready), Some(filter)) = (&state.ready, &state.waste.filter) else {
        state.waste.answered = generation;
        state.waste.kept = None;
        rebuild(state);
        return;
    };
    let nodes = all_groups(&state.waste, ready).iter().map(|group| group.node).collect();
    let question = Sift { model: Arc::clone(&ready.model), nodes, filter: Arc::clone(filter) };
    effects.push(Effect::Ask(generation, Job::Sift(question)));
}

/// Takes the worker's answer, unless a newer question was asked since.
pub(super) fn sifted(state: &mut State, generation: Generation, kept: HashSet<NodeId>) {
    if generation == state.waste.generation {
        state.waste.answered = generation;
        state.waste.kept = Some(kept);
        rebuild(state);
    }
}

/// Shows what would go away, or what dive counts: that is asked for.
pub(super) fn next_metric(state: &mut State, effects: &mut Effects) {
    let Some(ready) = &state.ready else { return };
    if state.waste.as_dive.take().is_some() {
        set_filter(state, state.waste.filter.clone(), effects);
        return toast(state, "what would go away");
    }
    effects.push(Effect::CountAsDive(state.dive_counts.advance(), Arc::clone(&ready.model)));
    toast(state, "counting as dive does …");
}

/// Shows the paths as dive counts them.
pub(super) fn counted(
    state: &mut State,
    generation: Generation,
    figures: &DiveFigures,
    references: &[DiveReference],
    effects: &mut Effects,
) {
    let Some(ready) = state.ready.as_ref().filter(|_| generation == state.dive_counts) else { return };
    let units = state.options.units;
    let (ours, theirs) = (human(ready.model.report.totals.wasted_bytes, units), human(figures.wasted_bytes, units));
    state.waste.mode = LensMode::Whole;
    state.waste.as_dive = Some(groups::as_dive_counts(&ready.model.tree, &ready.groups, references));
    state.waste.by = GroupBy::File;
    state.waste.opened = None;
    set_filter(state, state.waste.filter.clone(), effects);
    toast(state, format!("dive counts {theirs}: every copy, the one that stays too; {ours} would go away"));
}
