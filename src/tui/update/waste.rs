//! The list of wasted items.

use super::super::effect::{Effect, Job, Sift};
use super::super::groups::{self, Group, GroupBy};
use super::super::msg::Generation;
use super::super::state::{Modal, Position, State, Text, WasteSort};
use super::super::text::{self, human};
use super::super::theme::Role;
use super::{Effects, toast};
use crate::analysis::{DiveFigures, DiveReference};
use crate::tree::Filter;
use std::cmp::Ordering;
use std::sync::Arc;

/// Makes the rows anew: what the filter leaves, in the present order. The selected item stays selected.
pub(super) fn rebuild(state: &mut State) {
    let before = state.waste.shown.get(state.waste.at.cursor).map(|group| group.node);
    let Some(ready) = &state.ready else { return };
    let kept = |index: usize| state.waste.kept.as_ref().is_none_or(|kept| kept.get(index).copied().unwrap_or(false));
    let all = ready.groups.iter().enumerate().filter(|(index, _)| kept(*index)).map(|(_, group)| group);
    state.waste.bundles = match state.waste.by {
        GroupBy::File => Vec::new(),
        by => groups::bundles(all.clone(), by),
    };
    let mut shown: Vec<Arc<Group>> = match &state.waste.opened {
        None => all.cloned().collect(),
        Some(title) => {
            let opened = state.waste.bundles.iter().find(|bundle| bundle.title == *title);
            opened.map(|bundle| bundle.members.clone()).unwrap_or_default()
        }
    };
    let sort = state.waste.sort;
    shown.sort_by(|a, b| compare(sort, a, b));
    if state.waste.reversed {
        shown.reverse();
    }
    state.waste.at.cursor = before.and_then(|node| shown.iter().position(|group| group.node == node)).unwrap_or(0);
    state.waste.bytes = shown.iter().map(|group| group.bytes).sum();
    state.waste.shown = shown;
}

/// Groups are made largest first: that order is kept among equals.
fn compare(sort: WasteSort, a: &Group, b: &Group) -> Ordering {
    match sort {
        WasteSort::Bytes => b.bytes.cmp(&a.bytes),
        WasteSort::Path => a.path.cmp(&b.path),
        WasteSort::Cause => a.cause.cmp(&b.cause),
    }
}

/// Puts the items together by something else.
pub(super) fn next_grouping(state: &mut State) {
    state.waste.by = state.waste.by.next();
    state.waste.opened = None;
    state.waste.bundle_at = Position::default();
    rebuild(state);
}

/// Shows the items of the selected bundle.
pub(super) fn open(state: &mut State) {
    if let Some(bundle) = state.waste.bundle() {
        state.waste.opened = Some(bundle.title.clone());
        state.waste.at = Position::default();
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

/// The next order.
pub(super) fn next_sort(state: &mut State) {
    state.waste.sort = match state.waste.sort {
        WasteSort::Bytes => WasteSort::Path,
        WasteSort::Path => WasteSort::Cause,
        WasteSort::Cause => WasteSort::Bytes,
    };
    rebuild(state);
}

/// The other way round.
pub(super) fn reverse(state: &mut State) {
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
    let nodes = ready.groups.iter().map(|group| group.node).collect();
    let question = Sift { model: Arc::clone(&ready.model), nodes, filter: Arc::clone(filter) };
    effects.push(Effect::Ask(generation, Job::Sift(question)));
}

/// Takes the worker's answer, unless a newer question was asked since.
pub(super) fn sifted(state: &mut State, generation: Generation, kept: Vec<bool>) {
    if generation == state.waste.generation {
        state.waste.answered = generation;
        state.waste.kept = Some(kept);
        rebuild(state);
    }
}

/// Asks for the waste as dive counts it.
pub(super) fn count_as_dive(state: &mut State, effects: &mut Effects) {
    let Some(ready) = &state.ready else { return };
    effects.push(Effect::CountAsDive(state.reads.advance(), Arc::clone(&ready.model)));
    toast(state, "counting as dive does …");
}

/// Shows the waste as dive counts it, beside ours, unless something else was asked for since.
pub(super) fn counted(state: &mut State, generation: Generation, figures: &DiveFigures, references: &[DiveReference]) {
    if generation != state.reads {
        return;
    }
    state.toast = None;
    let (Some(ready), units) = (&state.ready, state.options.units) else { return };
    let ours = human(ready.model.report.totals.wasted_bytes, units);
    let theirs = human(figures.wasted_bytes, units);
    let paths = references.len();
    let head = format!("dive counts {theirs} in {paths} paths: every copy, the one that stays too.");
    let mut lines = vec![
        (head, Role::Strong),
        (format!("What would go away is {ours}."), Role::Strong),
        (String::new(), Role::Text),
    ];
    lines.extend(references.iter().map(|reference| {
        let path = text::name(&reference.path);
        (format!("{:>9} {:>3} copies  {path}", human(reference.bytes, units), reference.count), Role::Text)
    }));
    state.modals.push(Modal::Text(Text { title: "Waste as dive counts it".to_owned(), lines, offset: 0 }));
}
