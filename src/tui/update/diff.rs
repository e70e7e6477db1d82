//! Looking at how two versions of a path differ.

use super::super::diff::{Diff, Difference, Pair, WIDE};
use super::super::effect::Effect;
use super::super::keymap::Act;
use super::super::layout::{self, Areas};
use super::super::msg::Generation;
use super::super::state::{Modal, PromptKind, State, View};
use super::super::text;
use super::{Effects, prompt, toast, viewer};
use crate::analysis::{Present, Timeline};
use crate::tree::{InodeId, Occupant};
use std::sync::Arc;

/// Columns of the border and of the space within it.
const BORDER: usize = 4;

/// Opens the difference of the selected version of a path and the one before it; of the first version, that of the
/// next one and itself.
pub(super) fn open(state: &mut State, effects: &mut Effects) {
    let (Some(node), Some(ready)) = (state.selected_node(), &state.ready) else { return };
    let model = Arc::clone(&ready.model);
    if let Some(Modal::Duel(duel)) = state.modal() {
        let Some((inode, other)) = duel.both() else {
            return toast(state, "there is nothing to compare: one of the images has no entry for this path");
        };
        let diff = Diff::between(model, node, inode, other);
        return show(state, diff, effects);
    }
    if let Some(both) = points(state) {
        return match both.map(|side| side.and_then(|side| side.inode)) {
            [Some(left), Some(right)] => show(state, Diff::of_points(model, node, [left, right]), effects),
            _ => toast(state, "there is nothing to compare: one of the two has no entry for this path"),
        };
    }
    if matches!(state.modal(), Some(Modal::Life(life)) if life.is_gone()) {
        return toast(state, "nothing is left of it in this layer: a row above can be compared");
    }
    let versions = Timeline::of(&model.tree, node).versions();
    if versions.len() < 2 {
        return toast(state, "there is only one version of this path");
    }
    let selected = killer(state).or_else(|| viewer::version(state).map(|(_, inode)| inode));
    let at = selected.and_then(|inode| versions.iter().position(|version| *version == inode));
    let diff = Diff::new(model, node, versions.clone(), at.unwrap_or(versions.len() - 1));
    show(state, diff, effects);
}

fn show(state: &mut State, mut diff: Diff, effects: &mut Effects) {
    compare(&mut diff, &mut state.reads, effects);
    state.modals.push(Modal::Diff(Box::new(diff)));
}

/// What two points of the image that are compared have at the selected path.
fn points(state: &State) -> Option<[Option<Present>; 2]> {
    let difference = state.compare.selected().filter(|_| state.view == View::Compare && state.modals.is_empty())?;
    Some([difference.left, difference.right])
}

/// What took the place of the selected wasted item, if that is a version of the path.
fn killer(state: &State) -> Option<InodeId> {
    let group = state.waste_group().filter(|_| state.view == View::Waste && state.modals.is_empty())?;
    match state.ready.as_ref()?.model.tree.state(group.node, group.largest?.by)? {
        Occupant::Inode(inode) => Some(inode),
        Occupant::Implied => None,
    }
}

fn compare(diff: &mut Diff, reads: &mut Generation, effects: &mut Effects) {
    let Some(sides) = diff.sides() else { return };
    let generation = reads.advance();
    let cancel = diff.restart(generation);
    if !diff.is_of_files() {
        return diff.take(Ok(Difference::Entries));
    }
    effects.push(Effect::Compare(generation, Pair { sides, cancel }));
}

/// What a key does while two versions are looked at.
pub(super) fn act(state: &mut State, act: Act, effects: &mut Effects) {
    let has_room = has_room(state);
    let Some(Modal::Diff(diff)) = state.modals.last_mut() else { return };
    match act {
        Act::NextHunk | Act::PreviousHunk => {
            let text = match diff.next_hunk(act == Act::NextHunk) {
                Some((at, count)) => format!("hunk {at} of {count}"),
                None => "there are no lines to go to".to_owned(),
            };
            toast(state, text);
        }
        Act::SideBySide if !has_room => {
            toast(state, format!("side by side wants {} columns", WIDE + BORDER));
        }
        Act::SideBySide => {
            diff.side_by_side = !diff.side_by_side;
            diff.offset = 0;
        }
        Act::SavePatch => match diff.lines().map(|lines| lines.patch.is_some()) {
            None => toast(state, "there are no lines to write"),
            Some(false) => toast(state, "it is not all text: a patch could not say what the file has"),
            Some(true) => {
                let name = text::name(diff.model.tree.name(diff.node));
                let layers = diff.layers().filter(|_| diff.other.is_none());
                let layers = layers.map_or_else(String::new, |(a, b)| format!("-L{a}-L{b}"));
                state.prompt = Some(prompt::new(PromptKind::Save, &format!("./{name}{layers}.patch")));
            }
        },
        Act::VersionNext | Act::VersionPrevious if diff.other.is_some() => {
            toast(state, "two images are compared; there are no other versions");
        }
        Act::VersionNext if diff.at + 1 >= diff.versions.len() => toast(state, "this is the last version"),
        Act::VersionPrevious if diff.at <= 1 => toast(state, "there is nothing before the first version"),
        Act::VersionNext | Act::VersionPrevious => {
            diff.at = if act == Act::VersionNext { diff.at + 1 } else { diff.at - 1 };
            compare(diff, &mut state.reads, effects);
        }
        _ => {}
    }
}

/// Whether the screen is wide enough for two sides.
pub(super) fn has_room(state: &State) -> bool {
    usize::from(state.size.width) >= WIDE + BORDER
}

/// Takes what was found, if somebody still waits for it.
pub(super) fn took(state: &mut State, generation: Generation, difference: Result<Difference, String>) {
    let diffs = state.modals.iter_mut().filter_map(|modal| match modal {
        Modal::Diff(diff) => Some(diff),
        _ => None,
    });
    if let Some(diff) = diffs.into_iter().find(|diff| diff.generation == generation) {
        diff.take(difference);
    }
}

/// Lays the lines out for the screen as it is.
pub(super) fn settle(state: &mut State, areas: &Areas) {
    let area = layout::diff(areas).1;
    if let Some(Modal::Diff(diff)) = state.modals.last_mut() {
        diff.settle(usize::from(area.width).saturating_sub(BORDER - 2), usize::from(area.height));
    }
}
