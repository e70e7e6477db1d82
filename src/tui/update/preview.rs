//! What is seen of the selected path without opening it.

use super::super::find::Hit;
use super::super::layout::{self, Areas};
use super::super::preview::{Preview, Sources};
use super::super::state::State;
use super::{Effects, details, viewer};
use crate::analysis::Timeline;
use crate::listing::EntryKind;
use crate::tree::{Filter, InodeId, NodeId, Shown};
use std::sync::Arc;

/// How much of a file is read for it.
const GLANCE: u64 = 64 << 10;

/// Looks at the selected row of the tree, if there is room for it and it is not what is looked at already.
pub(super) fn settle(state: &mut State, areas: &Areas, effects: &mut Effects) {
    let Some(area) = areas.preview else {
        state.preview = None;
        return;
    };
    match selected(state) {
        None => state.preview = None,
        Some((node, inode)) if shows(state, node, inode) => tell(state, node),
        Some((node, inode)) => state.preview = look(state, node, inode, effects),
    }
    let parts =
        layout::preview_parts(area, state.preview.as_ref().map_or(0, |preview| preview.hit.timeline.steps.len()));
    if let Some(viewer) = state.preview.as_mut().and_then(|preview| preview.hit.content.as_mut()) {
        viewer.settle(usize::from(parts.content.width).saturating_sub(2), usize::from(parts.content.height));
    }
}

/// Says anew what there is to say, if that depends on something that has changed.
fn tell(state: &mut State, node: NodeId) {
    let Some(from) = sources(state, node) else { return };
    if state.preview.as_ref().is_none_or(|preview| preview.made_from.are_same(&from)) {
        return;
    }
    let facts = details::preview_facts(state, node);
    if let Some(preview) = &mut state.preview {
        (preview.facts, preview.made_from) = (facts, from);
    }
}

fn sources(state: &State, node: NodeId) -> Option<Sources> {
    let scene = Arc::clone(state.tree.scene.as_ref()?);
    Some(Sources { scene, has_packages: state.packages.is_some(), is_dangling: state.dangling.contains(&node) })
}

/// Scrolls the content.
pub(super) fn scroll(state: &mut State, by: isize) {
    if let Some(viewer) = state.preview.as_mut().and_then(|preview| preview.hit.content.as_mut()) {
        viewer.offset = viewer.offset.saturating_add_signed(by);
    }
}

/// The selected path, and the file that it is under the lens; of what is not there any more the last one that was.
fn selected(state: &State) -> Option<(NodeId, Option<InodeId>)> {
    let (row, scene, ready) = (state.tree_row()?, state.tree.scene.as_ref()?, state.ready.as_ref()?);
    let inode = match scene.shown(row.node) {
        Shown::Entry(inode, entry) => (entry.kind == EntryKind::File).then_some(inode),
        Shown::Implied => None,
        Shown::Nothing => Timeline::of(&ready.model.tree, row.node).files(&ready.model.tree).last().copied(),
    };
    Some((row.node, inode))
}

fn shows(state: &State, node: NodeId, inode: Option<InodeId>) -> bool {
    let shown = |hit: &Hit| hit.content.as_ref().and_then(|viewer| viewer.inode());
    state.preview.as_ref().is_some_and(|Preview { hit, .. }| hit.timeline.node == node && shown(hit) == inode)
}

fn look(state: &mut State, node: NodeId, inode: Option<InodeId>, effects: &mut Effects) -> Option<Preview> {
    let (made_from, model) = (sources(state, node)?, Arc::clone(&state.ready.as_ref()?.model));
    let facts = details::preview_facts(state, node);
    let this = |versions: &[InodeId]| versions.iter().position(|version| Some(*version) == inode);
    let mut hit = viewer::hit(&model, node, this);
    let needle = viewer::filter(state).and_then(Filter::needle).cloned();
    viewer::glance(&mut hit, needle.as_ref(), GLANCE, &mut state.reads, effects);
    Some(Preview { hit, facts, made_from })
}
