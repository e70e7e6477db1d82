//! Looking at the content of a file.

use super::super::Model;
use super::super::effect::{Effect, Read};
use super::super::find::Hit;
use super::super::keymap::Act;
use super::super::layout::{self, Areas};
use super::super::loading::LAYERS_MISSING;
use super::super::msg::Generation;
use super::super::state::{Modal, PromptKind, State, View};
use super::super::viewer::{MOST, Reading, Viewer};
use super::{Effects, copies, extract, prompt, toast};
use crate::analysis::Timeline;
use crate::listing::EntryKind;
use crate::tree::{Filter, FilterError, InodeId, Needle, NodeId, Shown};
use std::sync::Arc;

/// Opens the selected file: of the tree in the version that the lens shows, of the wasted items in the one that is
/// wasted. Says whether there is such a file.
pub(super) fn open(state: &mut State, effects: &mut Effects) -> bool {
    if is_of_unplaced_layer(state) {
        toast(state, LAYERS_MISSING);
        return true;
    }
    let Some(((node, inode), ready)) = selected(state).zip(state.ready.as_ref()) else { return false };
    let model = Arc::clone(&ready.model);
    let versions = Timeline::of(&model.tree, node).files(&model.tree);
    let Some(at) = versions.iter().position(|version| *version == inode) else { return false };
    let mut viewer = Viewer::new(model, node, versions, at);
    viewer.needle = filter(state).and_then(Filter::needle).cloned();
    read(&mut viewer, MOST, &mut state.reads, effects);
    state.modals.push(Modal::Viewer(Box::new(viewer)));
    true
}

/// Whether the selected row is a file of a layer whose place among the others is not known yet.
fn is_of_unplaced_layer(state: &State) -> bool {
    let is_seen = state.modals.is_empty() && state.view == View::Layers && state.tree.is_alone();
    let row = state.tree.scene.as_ref().zip(state.tree.selected()).filter(|_| is_seen);
    let shown = row.map(|(scene, row)| scene.shown(row.node));
    matches!(shown, Some(Shown::Entry(_, entry)) if entry.kind == EntryKind::File)
}

/// The filter by which the selected row was found.
pub(super) fn filter(state: &State) -> Option<&Filter> {
    let filter = match (state.modal(), state.view) {
        (Some(Modal::Find(find)), _) => &find.filter,
        (None, View::Layers) => &state.tree.filter,
        (None, View::Files) => &state.files.filter,
        (None, View::Waste) => &state.waste.filter,
        (None, View::Compare) => &state.compare.filter,
        (Some(_), _) | (None, View::Image) => &None,
    };
    filter.as_deref()
}

/// The selected version of a path, if it is a regular file.
pub(super) fn selected(state: &State) -> Option<(NodeId, InodeId)> {
    let tree = &state.ready.as_ref()?.model.tree;
    version(state).filter(|(_, inode)| tree.file_size(*inode).is_some())
}

/// The selected version of a path, whatever it is.
pub(super) fn version(state: &State) -> Option<(NodeId, InodeId)> {
    if let Some(Modal::Life(life)) = state.modal() {
        return Some((life.timeline.node, life.step()?.inode?));
    }
    if let Some(Modal::Viewer(viewer)) = state.modal() {
        return Some((viewer.node, viewer.inode()?));
    }
    if let Some(Modal::Find(find)) = state.modal() {
        let viewer = find.hit.as_ref()?.content.as_ref()?;
        return Some((viewer.node, viewer.inode()?));
    }
    if state.view == View::Waste {
        let (group, ready) = (state.waste_group()?, state.ready.as_ref()?);
        let tree = &ready.model.tree;
        let layer = |inode: &InodeId| tree.inode(*inode).map(|inode| inode.layer);
        let versions = Timeline::of(tree, group.node).files(tree);
        let owner = group.largest.map(|item| item.owner);
        let wasted = versions.into_iter().find(|inode| owner.is_none() || layer(inode) == owner)?;
        return Some((group.node, wasted));
    }
    if state.view == View::Compare {
        return state.compare.selected_version();
    }
    let node = state.selected_node()?;
    let shown = match state.view {
        View::Files => state.files.files()?.shown(node),
        _ => state.tree.scene.as_ref()?.shown(node),
    };
    match shown {
        Shown::Entry(inode, _) => Some((node, inode)),
        _ => None,
    }
}

/// Begins to read the version that is shown, so many bytes of it at most.
pub(super) fn read(viewer: &mut Viewer, most: u64, reads: &mut Generation, effects: &mut Effects) {
    let Some(inode) = viewer.inode() else { return };
    let generation = reads.advance();
    let cancel = viewer.restart(generation);
    let contents = Arc::clone(&viewer.model.files);
    let name = viewer.model.tree.name(viewer.node).to_vec();
    let needle = viewer.needle.clone();
    effects.push(Effect::Read(
        generation,
        Read { contents, name, node: viewer.node, inode, from: viewer.from, most, needle, cancel },
    ));
}

/// A path before it is looked at without opening it: who touched it, and one of the files that it was; `choose` says
/// which of them, oldest first. [`glance`] begins to read its beginning.
pub(super) fn hit(model: &Arc<Model>, node: NodeId, choose: impl FnOnce(&[InodeId]) -> Option<usize>) -> Hit {
    let timeline = Timeline::of(&model.tree, node);
    let versions = timeline.files(&model.tree);
    let content = choose(&versions).map(|at| Box::new(Viewer::new(Arc::clone(model), node, versions, at)));
    Hit { timeline, content }
}

/// Begins to read the beginning of a file, searching it for what was found in it.
pub(super) fn glance(hit: &mut Hit, needle: Option<&Needle>, most: u64, reads: &mut Generation, effects: &mut Effects) {
    if let Some(viewer) = &mut hit.content {
        viewer.needle = needle.cloned();
        read(viewer, most, reads, effects);
    }
}

/// What a key does while a file is looked at.
pub(super) fn act(state: &mut State, act: Act, effects: &mut Effects) {
    let Some(Modal::Viewer(viewer)) = state.modals.last_mut() else { return };
    match act {
        Act::VersionPrevious | Act::VersionNext => {
            let at = if act == Act::VersionNext { viewer.at + 1 } else { viewer.at.wrapping_sub(1) };
            if at < viewer.versions.len() {
                (viewer.at, viewer.from) = (at, 0);
                read(viewer, MOST, &mut state.reads, effects);
            } else {
                toast(
                    state,
                    if act == Act::VersionNext { "this is the last version" } else { "this is the first version" },
                );
            }
        }
        Act::Search => {
            let before = viewer.needle.as_ref().map_or("", Needle::typed);
            state.prompt = Some(prompt::new(PromptKind::Search, before));
        }
        Act::NextHit | Act::PreviousHit if viewer.needle.is_none() => {
            toast(state, "nothing is searched for; / searches");
        }
        Act::NextHit | Act::PreviousHit => viewer.next_hit(act == Act::NextHit),
        Act::Wrap if !viewer.is_text() => toast(state, "there are no long lines to wrap"),
        Act::Wrap => {
            viewer.wrap = !viewer.wrap;
            let text = if viewer.wrap { "long lines go on below" } else { "long lines are cut" };
            toast(state, text);
        }
        Act::Hex if viewer.is_bytes() => toast(state, "this is no text"),
        Act::Hex => {
            viewer.hex = !viewer.hex;
            viewer.offset = 0;
            if viewer.from > 0 {
                viewer.from = 0;
                read(viewer, MOST, &mut state.reads, effects);
            }
        }
        _ => {}
    }
}

/// Reads the part of the file that was scrolled to.
pub(super) fn follow(state: &mut State, effects: &mut Effects) {
    if let Some(Modal::Viewer(viewer)) = state.modals.last_mut()
        && let Some(turn) = viewer.turn.take()
    {
        viewer.go_on(turn);
        read(viewer, MOST, &mut state.reads, effects);
    }
}

/// Searches for what is typed, in the words of a filter's `content:`.
pub(super) fn search(state: &mut State, text: &str) -> Result<(), FilterError> {
    let needle = if text.is_empty() { None } else { Some(Needle::parse(text)?) };
    if let Some(Modal::Viewer(viewer)) = state.modals.last_mut() {
        viewer.search(needle);
    }
    Ok(())
}

/// Takes what was read, if somebody still waits for it.
pub(super) fn took(state: &mut State, generation: Generation, read: Result<Reading, String>) {
    if let Some(viewer) = waiting(state, generation) {
        viewer.take(read);
    }
}

/// Takes how far a reading or a writing is.
pub(super) fn going(state: &mut State, generation: Generation, done: (u64, u64)) {
    if let Some(open) = state.inquest.open.as_mut().filter(|open| open.generation == generation) {
        open.done = Some(done);
    } else if let Some(copies) = copies::waiting(state, generation) {
        copies.done = Some(done);
    } else if let Some(writing) = extract::waiting(state, generation) {
        writing.done = Some(done);
    } else if let Some(viewer) = waiting(state, generation) {
        viewer.done = Some(done);
    }
}

/// Whoever waits for a reading.
fn waiting(state: &mut State, generation: Generation) -> Option<&mut Box<Viewer>> {
    let viewers = state.modals.iter_mut().filter_map(|modal| match modal {
        Modal::Viewer(viewer) => Some(viewer),
        Modal::Find(find) => find.hit.as_mut()?.content.as_mut(),
        _ => None,
    });
    let preview = state.preview.as_mut().and_then(|preview| preview.hit.content.as_mut());
    viewers.chain(preview).find(|viewer| viewer.generation == generation)
}

/// Lays the content out for the screen as it is.
pub(super) fn settle(state: &mut State, areas: &Areas) {
    let area = layout::inner(areas.class, layout::viewer(areas));
    if let Some(Modal::Viewer(viewer)) = state.modals.last_mut() {
        viewer.settle(usize::from(area.width).saturating_sub(2), usize::from(area.height));
    }
}
