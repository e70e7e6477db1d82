//! What each action of the table does.

use super::super::compare::CompareKey;
use super::super::files::FilesKey;
use super::super::keymap::{self, Act, Context};
use super::super::layout::{self, Areas, Class, Pane};
use super::super::loading::LAYERS_MISSING;
use super::super::rival::DuelRow;
use super::super::rows::SortKey;
use super::super::state::{LensMode, Modal, PromptKind, Stage, State, View};
use super::super::viewer::FAR;
use super::super::waste::WasteSort;
use super::{
    Effect, Effects, compare, copies, details, diff, extract, files, find, jump, lens, life, menu, modal, preview,
    prompt, rival, texts, toast, tree, viewer, waste, without,
};
use crate::analysis::Timeline;
use crate::image::LayerIndex;

/// Does an action.
pub(super) fn act(state: &mut State, act: Act, effects: &mut Effects) {
    if is_too_early(state, act) {
        toast(state, LAYERS_MISSING);
        return;
    }
    match act {
        Act::Down | Act::Up | Act::PageDown | Act::PageUp | Act::HalfDown | Act::HalfUp | Act::First | Act::Last => {
            movement(state, act);
        }
        Act::NextPane => pane(state, 1),
        Act::PreviousPane => pane(state, -1),
        Act::ToTree => state.focus_on(Pane::Tree),
        Act::ViewLayers => jump::to_view(state, View::Layers),
        Act::ViewWaste => jump::to_view(state, View::Waste),
        Act::ViewFiles => jump::to_view(state, View::Files),
        Act::ViewCompare => jump::to_view(state, View::Compare),
        Act::ViewImage => jump::to_view(state, View::Image),
        Act::Zoom => state.zoom = !state.zoom,
        Act::ScrollDown => scroll_instruction(state, 1),
        Act::ScrollUp => scroll_instruction(state, -1),
        Act::Filter => prompt::open(state),
        Act::Command => state.prompt = Some(prompt::new(PromptKind::Command, "")),
        Act::Messages => texts::open_messages(state),
        Act::Help => modal::open_help(state),
        Act::Back => back(state, effects),
        Act::Suspend => effects.push(Effect::Suspend),
        Act::Quit => effects.push(quit(state)),
        Act::Choose => choose(state, effects),
        Act::Copy if matches!(state.modal(), Some(Modal::Menu(_))) => menu::copy(state, effects),
        Act::CopyMenu => menu::open(state),
        Act::Copy => copy(state, effects),
        Act::Details => details::open(state),
        Act::LeaveOut => without::toggle(state, effects),
        Act::DiveCount => waste::next_metric(state, effects),
        Act::Duplicates => copies::open(state, effects),
        Act::EmptyRows => lens::toggle_empty_rows(state),
        Act::OpenRow
        | Act::ViewContent
        | Act::Life
        | Act::ShowStep
        | Act::Find
        | Act::Secrets
        | Act::ShowInTree
        | Act::Diff
        | Act::NextHunk
        | Act::PreviousHunk
        | Act::SideBySide
        | Act::SavePatch
        | Act::VersionPrevious
        | Act::VersionNext
        | Act::Wrap
        | Act::Hex
        | Act::Search
        | Act::Extract
        | Act::Edit
        | Act::Replace => on_path(state, act, effects),
        Act::NextHit | Act::PreviousHit if matches!(state.modal(), Some(Modal::Viewer(_))) => {
            viewer::act(state, act, effects);
        }
        other => in_pane(state, other),
    }
}

/// Actions on the selected path, and on what lies over the view about it.
fn on_path(state: &mut State, act: Act, effects: &mut Effects) {
    if wants_path(state, act) && state.selected_node().is_none() {
        let of_other = matches!(state.modal(), Some(Modal::Duel(_))) && state.selected_path().is_some();
        return toast(state, if of_other { "only the other image has this path" } else { "no path is selected" });
    }
    match act {
        Act::OpenRow | Act::ViewContent if viewer::open(state, effects) => {}
        Act::OpenRow => tree::open_row(state),
        Act::ViewContent if matches!(state.modal(), Some(Modal::Life(life)) if life.is_gone()) => {
            toast(state, "nothing is left of it in this layer: a row above has its content");
        }
        Act::ViewContent => toast(state, "only a regular file has a content"),
        Act::Extract => extract::open(state),
        Act::Edit => extract::edit(state, effects),
        Act::Replace => extract::replace(state, effects),
        Act::Diff => diff::open(state, effects),
        Act::NextHunk | Act::PreviousHunk | Act::SideBySide | Act::SavePatch => diff::act(state, act, effects),
        Act::VersionPrevious | Act::VersionNext if matches!(state.modal(), Some(Modal::Diff(_))) => {
            diff::act(state, act, effects);
        }
        Act::VersionPrevious | Act::VersionNext | Act::Wrap | Act::Hex | Act::Search => {
            viewer::act(state, act, effects);
        }
        Act::ShowInTree => jump::to_tree(state),
        Act::Find => find::open(state),
        Act::Secrets => find::open_secrets(state, effects),
        Act::Life => life::open(state),
        Act::ShowStep => life::show_step(state),
        _ => {}
    }
}

/// Whether an action is nothing without a path.
fn wants_path(state: &State, act: Act) -> bool {
    match act {
        // Its rows are layers, too.
        Act::ShowInTree if matches!(state.modal(), Some(Modal::Duel(_))) => false,
        Act::Life | Act::Diff | Act::ShowInTree => true,
        _ => false,
    }
}

/// Actions of single panes.
fn in_pane(state: &mut State, act: Act) {
    match act {
        Act::LensPrevious | Act::LensNext | Act::LensCycle | Act::LensAlone | Act::LensSum | Act::LensRange => {
            lens(state, act);
        }
        Act::RangeDown | Act::RangeUp => {
            if let (false, Some(layer)) = (matches!(state.tree.mode, LensMode::Range(_)), state.layers.selected) {
                state.tree.mode = LensMode::Range(layer);
            }
            lens::move_in_list(state, if act == Act::RangeDown { 1 } else { -1 });
        }
        Act::Sort | Act::Reverse => sort(state, act),
        Act::SortSize => sort_by(state, SortKey::Size),
        Act::SortName => sort_by(state, SortKey::Name),
        Act::SortChange => sort_by(state, SortKey::Change),
        Act::SortTime => sort_by(state, SortKey::Time),
        Act::SortPull => sort_by(state, SortKey::Pull),
        Act::SplitLeft => split(state, -SPLIT_STEP),
        Act::SplitRight => split(state, SPLIT_STEP),
        Act::Attributes => attributes(state),
        Act::ChangesOnly | Act::KindUnchanged => state.tree.kinds.unchanged = !state.tree.kinds.unchanged,
        Act::KindAdded => state.tree.kinds.added = !state.tree.kinds.added,
        Act::KindModified => state.tree.kinds.modified = !state.tree.kinds.modified,
        Act::KindRemoved => state.tree.kinds.removed = !state.tree.kinds.removed,
        Act::KindWasted => state.tree.kinds.wasted_only = !state.tree.kinds.wasted_only,
        Act::MarkBase => compare::mark(state),
        Act::CompareBase => compare::with_marked(state),
        Act::GroupBy => waste::next_grouping(state),
        Act::Dockerfile => texts::open_dockerfile(state),
        Act::Raw => texts::open_raw(state),
        Act::SaveText => texts::ask_for_file(state),
        Act::OpenBundle => waste::open(state),
        Act::MarkSquash => lens::toggle_mark(state),
        Act::OpenInstruction => details::open_instruction(state),
        Act::Parent => tree::parent(state),
        Act::Into => tree::into(state),
        Act::Toggle => tree::toggle(state),
        Act::CloseAll => tree::close_all(state),
        Act::OpenBelow => tree::open_below(state),
        Act::NextHit => tree::next_hit(state, true),
        Act::PreviousHit => tree::next_hit(state, false),
        Act::ShowInWaste if state.view == View::Layers && state.focus() != Pane::Tree => jump::layer_to_waste(state),
        Act::ShowInWaste => jump::to_waste(state),
        Act::GoToTarget => jump::link_to_target(state),
        Act::GoToHistory => jump::setting_to_history(state),
        Act::GoToLayer => jump::history_to_layer(state),
        _ => {}
    }
}

/// Moves the lens of the present view, or makes it another one.
fn lens(state: &mut State, act: Act) {
    let of_list = match state.view {
        View::Files => Some(state.files.mode),
        View::Waste => Some(state.waste.mode),
        View::Layers | View::Image | View::Compare => None,
    };
    match act {
        Act::LensPrevious | Act::LensNext | Act::LensCycle
            if state.view == View::Waste && state.waste.as_dive.is_some() =>
        {
            toast(state, "dive counts the whole image; M shows what would go away");
        }
        Act::LensPrevious | Act::LensNext if of_list == Some(LensMode::Whole) => {
            let what = if state.is_whole() { "the whole image" } else { "what is read so far" };
            toast(state, format!("this is {what}; = looks at one layer"));
        }
        Act::LensPrevious if state.view == View::Image => jump::along_history(state, -1),
        Act::LensNext if state.view == View::Image => jump::along_history(state, 1),
        Act::LensPrevious if state.view == View::Compare => compare::step(state, -1),
        Act::LensNext if state.view == View::Compare => compare::step(state, 1),
        Act::LensPrevious => lens::step(state, -1),
        Act::LensNext => lens::step(state, 1),
        Act::LensCycle if state.view == View::Files => state.files.mode = state.files.mode.next_of_list(),
        Act::LensCycle if state.view == View::Waste => state.waste.mode = state.waste.mode.next_of_list(),
        Act::LensCycle => {
            state.tree.mode = match state.tree.mode {
                LensMode::Alone => LensMode::Sum,
                LensMode::Sum => LensMode::Whole,
                LensMode::Whole | LensMode::Range(_) => LensMode::Alone,
            };
        }
        Act::LensAlone => state.tree.mode = LensMode::Alone,
        Act::LensSum => state.tree.mode = LensMode::Sum,
        Act::LensRange => {
            state.tree.mode = match (state.tree.mode, state.layers.selected) {
                (LensMode::Range(_), _) | (_, None) => LensMode::Alone,
                (_, Some(layer)) => LensMode::Range(layer),
            };
        }
        _ => {}
    }
}

/// Another order of the tree.
fn sort_tree(state: &mut State, key: SortKey) {
    state.tree.sort.key = key;
    toast(state, format!("sorted by {}", key.name()));
    // Until the worker has told what everything costs, the rows stay as they are.
    if key != SortKey::Pull || state.tree.scene.as_ref().is_some_and(|scene| scene.priced) {
        tree::resort(state);
    }
}

/// By how many columns the line between two panes moves.
const SPLIT_STEP: i16 = 4;

/// Moves the line between the list of layers and the tree.
fn split(state: &mut State, by: i16) {
    let areas = layout::areas(state);
    let list = areas.panes.iter().find(|(pane, _)| *pane == Pane::Layers).map(|(_, area)| area.width);
    let Some(width) = list.filter(|_| areas.panes.len() > 1) else {
        return toast(state, "there is one pane; nothing to divide");
    };
    let wanted = layout::fit_split(width.saturating_add_signed(by), areas.body.width);
    if wanted == width {
        return toast(state, "no pane can be smaller");
    }
    let [narrow, wide] = &mut state.options.split;
    *(if areas.class == Class::Wide { wide } else { narrow }) = Some(wanted);
}

/// Shows mode and owner in the tree, or does not.
fn attributes(state: &mut State) {
    let shown = state.options.attributes.unwrap_or(state.class() == Class::Wide);
    state.options.attributes = Some(!shown);
    toast(state, if shown { "mode and owner are not shown" } else { "mode and owner are shown" });
}

/// The next order of the present view, or the present one the other way round.
fn sort(state: &mut State, act: Act) {
    match (state.view, act) {
        _ if matches!(state.modal(), Some(Modal::Duel(_))) => rival::sort(state, act),
        (View::Waste, Act::Sort) => waste::sort_by(state, state.waste.sort.next()),
        (View::Waste, _) => waste::reverse(state),
        (View::Files, Act::Sort) => files::sort_by(state, state.files.key.next()),
        (View::Files, _) => files::reverse(state),
        (View::Compare, Act::Sort) => state.compare.key = state.compare.key.next(),
        (View::Compare, _) => state.compare.reversed = !state.compare.reversed,
        (_, Act::Sort) => sort_tree(state, state.tree.sort.key.next()),
        _ => {
            state.tree.sort.reversed = !state.tree.sort.reversed;
            tree::resort(state);
        }
    }
}

/// What is shown by a key that one chose; what a list calls otherwise is what comes nearest.
fn sort_by(state: &mut State, key: SortKey) {
    match state.view {
        _ if matches!(state.modal(), Some(Modal::Duel(_))) => rival::sort_by(state, key),
        View::Waste => waste::sort_by(state, WasteSort::like(key)),
        View::Files => files::sort_by(state, FilesKey::like(key)),
        View::Compare => state.compare.key = CompareKey::like(key),
        View::Layers | View::Image => sort_tree(state, key),
    }
}

/// Whether an action has nothing to do for what is shown, so that the footer need not offer it.
pub(crate) fn is_idle(state: &State, act: Act) -> bool {
    match (state.modal(), act) {
        (Some(Modal::Viewer(viewer)), Act::VersionNext) => viewer.versions.len() < 2,
        (Some(Modal::Viewer(viewer)), Act::Diff) => Timeline::of(&viewer.model.tree, viewer.node).versions().len() < 2,
        (Some(Modal::Diff(diff)), Act::VersionNext) => diff.versions.len() < 3,
        (Some(Modal::Diff(diff)), Act::NextHunk | Act::SavePatch) if !diff.has_lines() => true,
        (Some(Modal::Diff(diff)), Act::SideBySide) => !diff.has_lines() || !diff::has_room(state),
        (Some(Modal::Duel(duel)), Act::Diff) => duel.both().is_none(),
        (Some(Modal::Duel(duel)), Act::Life) => duel.selected().is_none(),
        (Some(Modal::Duel(duel)), Act::Copy | Act::ShowInTree) => match duel.row(duel.at.cursor) {
            Some(DuelRow::Layer(_)) => act != Act::ShowInTree,
            row => row.is_none(),
        },
        (Some(Modal::Copies(copies)), Act::ShowInTree) => copies.rows().is_empty(),
        (None, Act::GoToLayer) => {
            let row = state.subject.as_ref().and_then(|subject| subject.image.history.get(state.history.at.cursor));
            row.is_none_or(|row| row.layer.is_none())
        }
        (None, Act::GoToHistory) => details::selected_setting(state).is_none_or(|setting| setting.history.is_none()),
        _ => false,
    }
}

/// Whether an action says nothing yet, as layers are still being read.
pub(crate) fn is_too_early(state: &State, act: Act) -> bool {
    if state.is_whole() {
        return false;
    }
    let is_on_tree = state.view == View::Layers && state.modals.is_empty();
    let is_above = is_on_tree && state.focus() == Pane::Layers && !state.understands(state.layer());
    match act {
        // What is compared with everything else.
        Act::DiveCount | Act::Duplicates => true,
        Act::Find | Act::Secrets | Act::LensCycle | Act::LensSum | Act::LensRange => state.ready.is_none(),
        // What is said of layers by their numbers, or of the documents.
        Act::MarkBase | Act::CompareBase | Act::Raw | Act::Dockerfile => state.subject.is_none(),
        Act::Extract | Act::MarkSquash if is_above => true,
        // What is said of a layer of which it is not known what it changes.
        Act::ChangesOnly
        | Act::KindAdded
        | Act::KindModified
        | Act::KindRemoved
        | Act::KindUnchanged
        | Act::KindWasted
        | Act::ShowInTree
        | Act::ShowInWaste
        | Act::GoToTarget
        | Act::ViewContent
        | Act::Life
        | Act::Diff
        | Act::MarkSquash
        | Act::LeaveOut
        | Act::Extract
        | Act::Edit => state.ready.is_none() || (is_on_tree && state.lens(state.tree.mode).is_none()),
        _ => false,
    }
}

fn movement(state: &mut State, act: Act) {
    let areas = layout::areas(state);
    match keymap::context(state) {
        Context::Viewer | Context::Duel | Context::Copies => {
            modal::scroll(state, act, layout::inner(areas.class, layout::viewer(&areas)).height);
        }
        Context::Help => modal::scroll(state, act, layout::inner(areas.class, layout::help(&areas)).height),
        Context::Text => modal::scroll(state, act, layout::inner(areas.class, layout::modal(&areas)).height),
        Context::Life => modal::scroll(state, act, layout::life(&areas).0.height),
        Context::Find => modal::scroll(state, act, layout::find(&areas, state.modal()).list.height),
        Context::Menu => modal::scroll(state, act, layout::menu(&areas, usize::MAX).1.height),
        Context::Diff => modal::scroll(state, act, layout::diff(&areas).1.height),
        Context::Picker => {
            let page = usize::from(areas.body.height.saturating_sub(2)).max(1);
            if let Stage::Choosing(picker) = &mut state.stage {
                let rows = picker.lines.len();
                picker.at.step(distance(act, page, rows), rows);
            }
        }
        Context::Pane(_) | Context::Bundles => {
            let pane = state.focus();
            let height = height(&areas, pane);
            // The last line may have given way to the sign that there is more.
            let by = distance(act, (height - 1).max(1), 0);
            // A row that is taller than the window comes first.
            let is_page = matches!(act, Act::PageDown | Act::PageUp);
            if pane == Pane::History && is_page && state.history.scroll(by, height) {
                return;
            }
            let rows = if pane == Pane::History { state.history.page(height) } else { height };
            move_in(state, pane, distance(act, rows, state.rows_of(pane)));
        }
        Context::Opening | Context::Writing => {}
    }
}

/// How many lines the window of a pane has.
fn height(areas: &Areas, pane: Pane) -> usize {
    let area = areas.panes.iter().find(|(shown, _)| *shown == pane).map(|(_, area)| *area);
    area.map_or(1, |area| usize::from(layout::window(areas.class, pane, area).height)).max(1)
}

/// Moves the cursor of a pane by a number of rows.
pub(super) fn move_in(state: &mut State, pane: Pane, by: isize) {
    if pane == Pane::Layers {
        lens::move_in_list(state, by);
        return;
    }
    let rows = state.rows_of(pane);
    match state.position(pane) {
        Some(position) => position.step(by, rows),
        None => state.instruction_offset = state.instruction_offset.saturating_add_signed(by),
    }
    anchor_here(state, pane);
}

/// From now on what is selected in a pane stays selected.
pub(super) fn anchor_here(state: &mut State, pane: Pane) {
    match pane {
        Pane::Tree => tree::anchor_here(state),
        Pane::Files => files::anchor_here(state),
        Pane::Waste => waste::anchor_here(state),
        _ => {}
    }
}

/// Scrolls the instruction from any pane. Where it has no pane of its own it is opened.
fn scroll_instruction(state: &mut State, by: isize) {
    let areas = layout::areas(state);
    let is_shown = areas.panes.iter().any(|(pane, _)| *pane == Pane::Instruction);
    if !state.modals.is_empty() {
        modal::scroll_by(state, by);
    } else if state.view == View::Image {
        if !state.history.scroll(by, height(&areas, Pane::History)) {
            toast(state, "there is no more of this command");
        }
    } else if state.preview.is_some() && state.focus() == Pane::Tree {
        preview::scroll(state, by);
    } else if is_shown {
        state.instruction_offset = state.instruction_offset.saturating_add_signed(by);
    } else {
        details::open_instruction(state);
    }
}

/// How far a movement goes in a list of `rows` rows of which `page` can be seen.
pub(super) fn distance(act: Act, page: usize, rows: usize) -> isize {
    let signed = |rows: usize| isize::try_from(rows).unwrap_or(isize::MAX);
    // The instruction has no rows that are counted: its end is as far as one can go.
    let far = signed(rows.max(FAR));
    match act {
        Act::Down => 1,
        Act::Up => -1,
        Act::PageDown => signed(page),
        Act::PageUp => -signed(page),
        Act::HalfDown => signed((page / 2).max(1)),
        Act::HalfUp => -signed((page / 2).max(1)),
        Act::First => -far,
        Act::Last => far,
        _ => 0,
    }
}

fn pane(state: &mut State, by: isize) {
    let panes = layout::panes_of(state.view, state.class());
    let at = panes.iter().position(|pane| *pane == state.focus()).unwrap_or(0);
    let count = isize::try_from(panes.len()).unwrap_or(1).max(1);
    let next = isize::try_from(at).unwrap_or(0).saturating_add(by).rem_euclid(count);
    if let Some(pane) = usize::try_from(next).ok().and_then(|next| panes.get(next)) {
        state.focus_on(*pane);
    }
}

/// One step back towards the plain view; never further.
fn back(state: &mut State, effects: &mut Effects) {
    if let Some(Modal::Duel(duel)) = state.modal()
        && duel.filter.is_some()
    {
        // Nothing is always understood.
        drop(rival::filter(state, None));
        return;
    }
    if state.modals.pop().is_some() {
        return;
    }
    if matches!(state.stage, Stage::Choosing(_)) {
        toast(state, "there is no way back; q quits");
    } else if matches!(state.tree.mode, LensMode::Range(_)) {
        state.tree.mode = LensMode::Alone;
    } else if state.view == View::Layers && lens::unmark(state) || without::clear(state) {
    } else if state.view == View::Waste && state.waste.filter.is_some() {
        waste::set_filter(state, None, effects);
    } else if state.view == View::Waste && waste::back(state) {
    } else if state.view == View::Files && state.files.filter.is_some() {
        state.files.filter = None;
    } else if state.view == View::Compare && state.compare.filter.is_some() {
        state.compare.filter = None;
    } else if state.view == View::Layers && state.tree.filter.is_some() {
        tree::set_filter(state, None);
    } else if state.view == View::Layers && state.tree.kinds.wasted_only {
        state.tree.kinds.wasted_only = false;
    } else {
        state.zoom = false;
    }
}

fn choose(state: &mut State, effects: &mut Effects) {
    if let Stage::Choosing(picker) = &state.stage {
        effects.push(Effect::Choose(picker.at.cursor));
        state.stage = Stage::Opening(super::super::state::Opening::default());
    }
}

/// Leaves; if there was no image, as a program that could not open it.
pub(super) fn quit(state: &State) -> Effect {
    state.failure.as_ref().map_or(Effect::Quit, |message| Effect::Fail(message.clone()))
}

fn copy(state: &mut State, effects: &mut Effects) {
    let Some((what, text)) = details::copied(state) else {
        toast(state, "nothing to copy here");
        return;
    };
    toast(state, format!("copied {what}"));
    effects.push(Effect::Copy(text));
}

impl State {
    /// The selected layer, or the lowest.
    pub(crate) fn layer(&self) -> LayerIndex {
        self.layers.selected.unwrap_or(LayerIndex(0))
    }
}
