//! The tree: its rows, what is open, and the path that is kept while the lens moves.

use super::super::msg::Generation;
use super::super::rows::{Folder, Openness, Row, Rows, Sorted};
use super::super::scene::Scene;
use super::super::state::{SetAside, State, TreePane};
use super::{details, toast};
use crate::tree::{Filter, NodeId};
use std::collections::{HashSet, VecDeque};
use std::sync::Arc;

/// Takes the worker's answer, unless a newer question was asked since.
pub(super) fn looked(state: &mut State, generation: Generation, scene: &Arc<Scene>) {
    if generation != state.tree.generation {
        return;
    }
    state.tree.answered = generation;
    let before = state.tree.scene.replace(Arc::clone(scene));
    // A tree that grows keeps its numbers; the tree of a single layer has its own.
    let grows = |before: &Scene| before.kinds_known && scene.kinds_known || Arc::ptr_eq(&before.tree, &scene.tree);
    let same_tree = before.as_ref().is_some_and(|before| grows(before));
    if let Some(before) = before.as_ref().filter(|_| !same_tree) {
        state.tree.openness = state.tree.openness.carried(&before.tree, &scene.tree);
        let unfiltered = state.tree.unfiltered.as_ref();
        state.tree.unfiltered = unfiltered.map(|openness| openness.carried(&before.tree, &scene.tree));
    }
    let is_same = before.as_ref().is_some_and(|before| before.shows_same(scene));
    let same_lens = same_tree && before.as_ref().is_some_and(|before| before.view.lens() == scene.view.lens());
    if !same_lens {
        reveal_anchor(state);
    }
    if is_same {
        resort(state);
    } else {
        state.tree.sorted = set_aside(&mut state.tree, before);
        rebuild(state);
    }
}

/// Puts aside what was sorted for the scene `before` if a filter came; tells what is sorted already of the present one,
/// if a filter went.
fn set_aside(tree: &mut TreePane, before: Option<Arc<Scene>>) -> Sorted {
    let sorted = std::mem::take(&mut tree.sorted);
    let Some(scene) = &tree.scene else { return Sorted::default() };
    let kept = tree.set_aside.take().filter(|kept| Arc::ptr_eq(&kept.scene.tree, &scene.tree));
    match (kept, before) {
        (Some(kept), _) if kept.scene.shows_same(scene) => {
            let SetAside { scene: before, sort, mut sorted } = kept;
            if (sort, before.priced) != (tree.sort, scene.priced) {
                sorted.resort(tree.sort);
            }
            sorted
        }
        (_, Some(before)) if scene.filtered && !before.filtered => {
            tree.set_aside = Some(SetAside { scene: before, sort: tree.sort, sorted });
            Sorted::default()
        }
        (kept, _) => {
            tree.set_aside = kept.filter(|_| scene.filtered);
            Sorted::default()
        }
    }
}

/// The node at a path, or at the longest part of it that exists.
fn nearest(scene: &Scene, path: &[u8]) -> Option<NodeId> {
    let mut path = path;
    loop {
        if let Some(node) = scene.tree.find(path) {
            return Some(node);
        }
        let end = path.iter().rposition(|byte| *byte == b'/')?;
        path = path.get(..end)?;
    }
}

/// Opens the directories above the path that is kept.
fn reveal_anchor(state: &mut State) {
    let above = match (&state.tree.scene, &state.tree.anchor) {
        (Some(scene), Some(anchor)) => {
            nearest(scene, anchor).map(|node| ancestors(scene, node).collect()).unwrap_or_default()
        }
        _ => HashSet::new(),
    };
    state.tree.openness.reveal = above;
    let target = state.tree.anchor.as_deref().filter(|_| state.tree.is_led);
    state.tree.openness.target = state.tree.scene.as_ref().zip(target).and_then(|(scene, path)| scene.tree.find(path));
}

fn ancestors(scene: &Scene, node: NodeId) -> impl Iterator<Item = NodeId> + '_ {
    std::iter::successors(scene.tree.parent(node), |node| scene.tree.parent(*node))
}

/// Makes the rows anew in another order.
pub(super) fn resort(state: &mut State) {
    state.tree.rows.clear();
    state.tree.sorted.resort(state.tree.sort);
    rebuild(state);
}

/// Makes the rows anew and goes to the path that is kept, or to what is nearest above it.
fn rebuild(state: &mut State) {
    let tree = &mut state.tree;
    let Some(scene) = &tree.scene else {
        tree.rows.clear();
        return;
    };
    tree.rows = Rows::of(scene, &tree.openness, tree.sort, &mut tree.sorted);
    let anchor = tree.anchor.as_ref().and_then(|path| nearest(scene, path));
    tree.at.cursor = anchor.and_then(|anchor| tree.rows.nearest(scene, anchor)).unwrap_or(0);
}

/// From now on the selected row is the path that is kept.
pub(super) fn anchor_here(state: &mut State) {
    if let (Some(row), Some(scene)) = (state.tree.selected(), &state.tree.scene) {
        (state.tree.anchor, state.tree.is_led) = (Some(scene.tree.path(row.node)), false);
    }
}

/// Selects a path, opens what is above it and keeps it.
pub(super) fn go_to(state: &mut State, path: Vec<u8>) {
    open_above(state, path);
    rebuild(state);
}

/// Keeps a path and says that what is above it is open; the rows are made later.
fn open_above(state: &mut State, path: Vec<u8>) {
    if let Some(scene) = &state.tree.scene
        && let Some(node) = scene.tree.find(&path)
    {
        let above: HashSet<NodeId> = ancestors(scene, node).collect();
        state.tree.openness.single.retain(|node, open| *open || !above.contains(node));
    }
    (state.tree.anchor, state.tree.is_led) = (Some(path), true);
    reveal_anchor(state);
}

/// Takes another filter, or none; its rows are made when the worker has answered. What a filter finds is seen at once, also in directories that were closed; without
/// one, they are as they were before, but for those above the path that is kept.
pub(super) fn set_filter(state: &mut State, typed: Option<Arc<Filter>>) {
    let tree = &mut state.tree;
    let filtered = (tree.filter.is_some(), typed.is_some());
    tree.filter = typed;
    match filtered {
        (false, true) => tree.unfiltered = Some(std::mem::take(&mut tree.openness)),
        (true, true) => tree.openness = Openness::default(),
        (true, false) => {
            if let Some(before) = tree.unfiltered.take() {
                tree.openness = before;
            }
            if let Some(path) = tree.anchor.clone() {
                open_above(state, path);
            }
        }
        (false, false) => {}
    }
}

fn set_open(state: &mut State, row: Row, open: bool) {
    state.tree.openness.single.insert(row.node, open);
    anchor_here(state);
    rebuild(state);
}

/// Opens or closes the selected directory.
pub(super) fn toggle(state: &mut State) {
    if let Some(row) = state.tree.selected().filter(|row| row.folder != Folder::Leaf) {
        set_open(state, row, row.folder == Folder::Closed);
    }
}

/// Opens the selected directory; of anything else, and of an open one, the details. Never hides anything.
pub(super) fn open_row(state: &mut State) {
    match state.tree.selected() {
        Some(row) if row.folder == Folder::Closed => set_open(state, row, true),
        Some(_) => details::open(state),
        None => {}
    }
}

/// Closes the selected directory if it is open, else goes to the one above, else to the list of layers.
pub(super) fn parent(state: &mut State) {
    let Some(row) = state.tree.selected() else {
        state.focus_on(super::Pane::Layers);
        return;
    };
    if row.folder == Folder::Open {
        set_open(state, row, false);
        return;
    }
    match state.tree.rows.last_above(state.tree.at.cursor, row.depth) {
        Some(above) => {
            state.tree.at.cursor = above;
            anchor_here(state);
        }
        None => state.focus_on(super::Pane::Layers),
    }
}

/// Opens the selected directory, or goes to the first row in it.
pub(super) fn into(state: &mut State) {
    match state.tree.selected() {
        Some(row) if row.folder == Folder::Closed => set_open(state, row, true),
        Some(row) if row.folder == Folder::Open => {
            state.tree.at.cursor += 1;
            anchor_here(state);
        }
        _ => {}
    }
}

/// Closes all directories.
pub(super) fn close_all(state: &mut State) {
    let above = state.tree.rows.last_above(state.tree.at.cursor + 1, 1);
    state.tree.at.cursor = above.unwrap_or(0);
    anchor_here(state);
    state.tree.openness.single.clear();
    state.tree.openness.reveal.clear();
    state.tree.openness.all = Some(false);
    rebuild(state);
}

/// As many rows as are opened at once.
const MOST_OPENED: usize = 20_000;

/// Opens the selected directory and all below it, those nearest to it first.
pub(super) fn open_below(state: &mut State) {
    let (Some(row), Some(scene)) = (state.tree.selected(), state.tree.scene.clone()) else { return };
    let mut waiting = VecDeque::from([row.node]);
    let (mut rows, mut left) = (0, 0);
    while let Some(node) = waiting.pop_front() {
        let (before, room) = (waiting.len(), MOST_OPENED - rows);
        waiting.extend(scene.tree.children(node).filter(|child| scene.shows(*child)).take(room + 1));
        let found = waiting.len() - before;
        if found > room {
            waiting.truncate(before);
            left += 1;
        } else if found > 0 {
            rows += found;
            state.tree.openness.single.insert(node, true);
        }
    }
    if left > 0 {
        toast(state, format!("still closed: {left}. With these there would be more than {MOST_OPENED} rows at once"));
    }
    anchor_here(state);
    rebuild(state);
}

/// Goes to the next or previous row that is there for its own sake.
pub(super) fn next_hit(state: &mut State, forward: bool) {
    let Some(scene) = &state.tree.scene else { return };
    let at = state.tree.at.cursor;
    let hit = |index: &usize| state.tree.row(*index).is_some_and(|row| scene.is_hit(row.node));
    let count = state.tree.rows.len();
    let found = if forward {
        (at + 1..count).chain(0..at).find(hit)
    } else {
        (0..at).rev().chain((at + 1..count).rev()).find(hit)
    };
    if let Some(found) = found {
        state.tree.at.cursor = found;
        anchor_here(state);
    }
}
