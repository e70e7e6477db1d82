//! Choosing what to copy.

use super::super::effect::Effect;
use super::super::layout::Pane;
use super::super::menu::{Menu, quoted};
use super::super::state::{Modal, Position, State, View};
use super::super::text;
use super::{Effects, details, toast, viewer};
use crate::escape::{Target, escape};
use crate::image::LayerIndex;

/// Opens the list of what can be copied of the selection.
pub(super) fn open(state: &mut State) {
    let items = items(state);
    if items.is_empty() {
        return toast(state, "nothing to copy here");
    }
    state.modals.push(Modal::Menu(Menu { items, at: Position::default() }));
}

/// Copies the chosen text.
pub(super) fn copy(state: &mut State, effects: &mut Effects) {
    let Some(Modal::Menu(menu)) = state.modals.last() else { return };
    let Some((what, text)) = menu.items.get(menu.at.cursor).cloned() else { return };
    state.modals.pop();
    toast(state, format!("copied {what}"));
    effects.push(Effect::Copy(text));
}

/// What can be copied: what `y` copies, then what is known of the path, then of the layer.
fn items(state: &State) -> Vec<(&'static str, String)> {
    let mut items: Vec<(&'static str, String)> = details::copied(state).into_iter().collect();
    let Some(subject) = &state.subject else { return items };
    // In the list of layers one is at a layer, whatever file is selected beside it.
    let is_list = state.modals.is_empty() && state.view == View::Layers && state.focus() != Pane::Tree;
    let version = viewer::selected(state).filter(|_| !is_list);
    let tree = state.ready.as_ref().map(|ready| &ready.model.tree);
    let layer_of = |inode| tree.and_then(|tree| tree.inode(inode)).map(|inode| inode.layer);
    let layer = version.and_then(|(_, inode)| layer_of(inode)).or(state.layers.selected);
    if let (Some(tree), Some((node, inode)), Some(layer)) =
        (tree, version, version.and_then(|(_, inode)| layer_of(inode)))
    {
        let raw = tree.path(node);
        // What no argument can be written for is not offered: an escaped path is another path.
        if let Some(path) = std::str::from_utf8(&raw).ok().filter(|path| !path.chars().any(char::is_control)) {
            let (image, path) = (quoted(&subject.reference), quoted(path));
            items.push(("the command for its content", format!("layerscope cat --layer {layer} {image} {path}")));
            items.push(("the command for its timeline", format!("layerscope why {image} {path}")));
        }
        if let Some(size) = tree.file_size(inode) {
            items.push(("its size in bytes", size.to_string()));
        }
    }
    if let Some(layer) = layer {
        items.extend(of_layer(state, layer));
    }
    items
}

fn of_layer(state: &State, layer: LayerIndex) -> Vec<(&'static str, String)> {
    let Some(image) = state.subject.as_ref().map(|subject| &subject.image) else { return Vec::new() };
    let Some(found) = image.layers.get(layer.index()) else { return Vec::new() };
    let prose = |text: &str| escape(text.as_bytes(), Target::Prose).into_owned();
    let diff_id = found.diff_id.as_ref().map(|id| ("the diff ID of the layer", text::prose(&id.to_string())));
    let digest = found.digest.as_ref().map(|digest| ("the digest of the layer", text::prose(digest.as_ref())));
    let instruction = Some(image.instruction(layer)).filter(|instruction| !instruction.is_empty());
    let instruction = instruction.map(|instruction| ("the instruction of the layer", prose(instruction)));
    [instruction, diff_id, digest].into_iter().flatten().collect()
}
