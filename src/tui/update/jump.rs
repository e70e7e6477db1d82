//! Every number leads somewhere: from a row to what it is about.

use super::super::layout::Pane;
use super::super::scene::Kinds;
use super::super::state::{LensMode, Modal, State, View};
use super::{copies, details, find, lens, rival, toast, tree, waste};
use crate::image::LayerIndex;
use crate::listing::EntryKind;
use crate::tree::{Change, Lens, NodeId, Shown};

/// From the selected row to its path in the tree.
pub(super) fn to_tree(state: &mut State) {
    match (state.modal(), state.view) {
        (Some(Modal::Find(_)), _) => find::to_tree(state),
        (Some(Modal::Duel(_)), _) => rival::show(state),
        (Some(Modal::Copies(_)), _) => copies::show(state),
        (_, View::Waste) => waste_to_tree(state),
        (_, View::Files) => file_to_tree(state),
        (_, View::Compare) => difference_to_tree(state),
        (_, View::Layers | View::Image) => {}
    }
}

/// From a file to its path, in the last layer of the lens that did something to it.
fn file_to_tree(state: &mut State) {
    let (Some(node), Some(files)) = (state.files.selected(), state.files.files()) else { return };
    let last = files.view.lens().last;
    let layer = files.view.tree().events(node).map(|event| event.layer).find(|layer| *layer <= last);
    if let Some(layer) = layer {
        to_path(state, node, layer);
    }
}

/// From a path that differs between two points to its place among all that was done between them.
fn difference_to_tree(state: &mut State) {
    let (left, right) = state.compared();
    let (first, last) = (left.min(right), left.max(right));
    let Some(difference) = state.compare.selected() else { return };
    let path = difference.path.clone();
    tree::set_filter(state, None);
    state.tree.kinds = Kinds::default();
    state.tree.mode = LensMode::Range(LayerIndex(first.0.saturating_add(1).min(last.0)));
    state.focus_on(Pane::Tree);
    lens::go_to(state, last);
    tree::go_to(state, path);
}

/// From a wasted item to its path, in the layer that ships it; the badge there says what made it dead.
fn waste_to_tree(state: &mut State) {
    let (Some(group), Some(ready)) = (state.waste_group(), &state.ready) else { return };
    let node = group.node;
    let Some((owner, by)) = group.largest.map(|item| (item.owner, item.by)) else {
        // What only dive counts is not dead: the last layer that names it.
        let last = ready.model.tree.events(node).next().map(|event| event.layer);
        return last.map_or((), |layer| to_path(state, node, layer));
    };
    let named = |layer: LayerIndex| ready.model.tree.events(node).any(|event| event.layer == layer);
    // Through a hard link the last name can be of a later layer than the bytes.
    let layer = if named(owner) { owner } else { by };
    to_path(state, node, layer);
}

/// To a path in the tree of one layer that did something to it. What lies over the view is closed.
pub(super) fn to_path(state: &mut State, node: NodeId, layer: LayerIndex) {
    let Some(ready) = &state.ready else { return };
    let path = ready.model.tree.path(node);
    let is_unchanged = ready.model.tree.change(node, Lens::layer(layer)) == Some(Change::Unchanged);
    state.modals.clear();
    tree::set_filter(state, None);
    state.tree.kinds = Kinds { unchanged: is_unchanged, ..Kinds::default() };
    state.tree.mode = LensMode::Alone;
    state.focus_on(Pane::Tree);
    lens::go_to(state, layer);
    tree::go_to(state, path);
}

/// To a view; what lies over the present one is closed.
pub(super) fn to_view(state: &mut State, view: View) {
    state.modals.clear();
    state.view = view;
}

/// From a path to its place among the wasted items.
pub(super) fn to_waste(state: &mut State) {
    let Some(node) = state.selected_node() else { return };
    waste::ungroup(state);
    waste::follow(state);
    let is_wasted = state.ready.as_ref().is_some_and(|ready| ready.groups.iter().any(|group| group.node == node));
    let mut is_shown = waste::go_to(state, node);
    if is_wasted && !is_shown {
        state.waste.mode = LensMode::Whole;
        waste::follow(state);
        is_shown = waste::go_to(state, node);
    }
    if is_shown {
        state.view = View::Waste;
        return;
    }
    let is_directory = state.ready.as_ref().is_some_and(|ready| ready.model.tree.children(node).next().is_some());
    let text = match (is_wasted, state.waste.filter.is_some(), state.is_whole()) {
        (false, ..) if is_directory => {
            "a directory wastes nothing itself; o in the Waste view tells what is below each"
        }
        (true, true, _) => "it is wasted, but the filter of the Waste view leaves it out",
        (true, false, _) => "it is wasted, but dive does not count it; M in the Waste view changes that",
        (false, _, true) => "nothing of this path is wasted",
        (false, _, false) => "nothing of this path is wasted so far",
    };
    toast(state, text);
}

/// From a layer to those of its bytes that are dead.
pub(super) fn layer_to_waste(state: &mut State) {
    if state.waste.as_dive.is_some() {
        return toast(state, "dive counts the whole image; M in the Waste view changes that");
    }
    waste::ungroup(state);
    // The figure beside a layer is that of the layer alone.
    state.waste.mode = match state.tree.mode {
        range @ LensMode::Range(_) => range,
        LensMode::Alone | LensMode::Sum | LensMode::Whole => LensMode::Alone,
    };
    state.view = View::Waste;
}

/// Moves the lens, and goes to the row of the history that made its layer.
pub(super) fn along_history(state: &mut State, by: i32) {
    let before = state.layer();
    lens::step(state, by);
    let layer = state.layer();
    let row = state.subject.as_ref().and_then(|subject| subject.image.layers.get(layer.index())?.history);
    if let Some(row) = row {
        state.history.at.cursor = row;
    }
    match row {
        _ if layer == before => toast(state, if by > 0 { "no layer follows" } else { "no layer comes before" }),
        Some(_) => {}
        None => toast(state, format!("L{layer} has no row in the history")),
    }
}

/// From a symbolic link to what it leads to in the final image, all links followed. What the lens or a filter does not
/// show is shown in the whole image.
pub(super) fn link_to_target(state: &mut State) {
    let (Some(row), Some(scene), Some(ready)) = (state.tree_row(), &state.tree.scene, &state.ready) else {
        return;
    };
    let tree = &ready.model.tree;
    let is_link = matches!(scene.shown(row.node), Shown::Entry(_, entry) if entry.kind == EntryKind::Symlink);
    if !is_link {
        toast(state, "this is no symbolic link");
        return;
    }
    let Some(target) = tree.follow(&tree.path(row.node), LayerIndex(u32::MAX)).filter(|target| *target != row.node)
    else {
        let where_to = if state.is_whole() { "in the final image" } else { "in the layers so far" };
        toast(state, format!("this link leads to nothing {where_to}"));
        return;
    };
    let (path, is_shown) = (tree.path(target), scene.shows(target));
    if !is_shown {
        tree::set_filter(state, None);
        state.tree.kinds = Kinds::default();
        state.tree.mode = LensMode::Whole;
    }
    tree::go_to(state, path);
}

/// From a label, variable or setting to the row of the history that set it.
pub(super) fn setting_to_history(state: &mut State) {
    match details::selected_setting(state).map(|setting| setting.history) {
        Some(Some(row)) => {
            state.history.at.cursor = row;
            state.image_focus = Pane::History;
        }
        Some(None) => toast(state, "no row of the history tells who set this"),
        None => {}
    }
}

/// From a row of the history to its layer; a row without one opens its instruction.
pub(super) fn history_to_layer(state: &mut State) {
    let row = state.history.at.cursor;
    let layer = state.subject.as_ref().and_then(|subject| subject.image.history.get(row)?.layer);
    match layer {
        Some(layer) => {
            state.focus_on(Pane::Layers);
            lens::go_to(state, layer);
        }
        None => details::open(state),
    }
}
