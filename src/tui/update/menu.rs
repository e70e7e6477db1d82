//! Choosing what to copy.

use super::super::effect::Effect;
use super::super::layout::Pane;
use super::super::menu::{AskDigest, Menu, Text, quoted};
use super::super::msg::Generation;
use super::super::state::{Modal, Position, State, Subject, View};
use super::super::text;
use super::{Effects, details, failed, toast, viewer};
use crate::escape::{Target, escape};
use crate::image::LayerIndex;
use crate::source::Reference;
use std::sync::Arc;

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
    match (text, &state.ready) {
        (Text::Known(text), _) => {
            toast(state, format!("copied {what}"));
            effects.push(Effect::Copy(text));
        }
        (Text::Digest(inode), Some(ready)) => {
            let ask = AskDigest { files: Arc::clone(&ready.model.files), inode };
            effects.push(Effect::Digest(state.digests.advance(), ask));
            toast(state, "reading the file for its SHA-256 …");
        }
        (Text::Digest(_), None) => {}
    }
}

/// Copies the digest of a file, unless another one was asked for since.
pub(super) fn digested(
    state: &mut State,
    generation: Generation,
    digest: Result<String, String>,
    effects: &mut Effects,
) {
    match digest {
        _ if generation != state.digests => {}
        Ok(digest) => {
            toast(state, format!("copied its SHA-256, {}…", digest.get(..12).unwrap_or(&digest)));
            effects.push(Effect::Copy(digest));
        }
        Err(error) => failed(state, &error),
    }
}

/// What can be copied: what `y` copies, then what is known of the path, then of the layer.
fn items(state: &State) -> Vec<(&'static str, Text)> {
    let known = |(what, text)| (what, Text::Known(text));
    let mut items: Vec<(&'static str, Text)> = details::copied(state).into_iter().map(known).collect();
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
        if let Some(path) = argument(&raw) {
            let image = quoted(&subject.reference);
            let commands = [
                ("the command for its content", format!("layerscope cat --layer {layer} {image} {path}")),
                ("the command to extract it", format!("layerscope extract --layer {layer} --to . {image} {path}")),
                ("the command for its timeline", format!("layerscope why {image} {path}")),
            ];
            items.extend(commands.map(known));
        }
        // The tar has it under the name that its entry gives, be that `./etc/passwd`.
        let member = tree.entry(inode).and_then(|entry| argument(&entry.path()));
        let command = member.and_then(|member| tar_command(subject, layer, &member));
        items.extend(command.map(|command| known(("its content by tar", command))));
        if let Some(size) = tree.file_size(inode) {
            items.push(known(("its size in bytes", size.to_string())));
            items.push(("its SHA-256", Text::Digest(inode)));
        }
    }
    if let Some(layer) = layer {
        items.extend(of_layer(state, layer).into_iter().map(known));
    }
    items
}

/// A name as an argument of a shell. What none can be written for is not offered: an escaped name is another name.
fn argument(name: &[u8]) -> Option<String> {
    std::str::from_utf8(name).ok().filter(|name| !name.chars().any(char::is_control)).map(quoted)
}

/// How to get a file without layerscope: where the layer is a file of a directory, `tar` finds out how it is compressed.
/// `member` is the quoted name of its entry.
fn tar_command(subject: &Subject, layer: LayerIndex, member: &str) -> Option<String> {
    let digest = subject.image.layers.get(layer.index())?.digest.as_ref()?.to_string();
    let (algorithm, hex) = digest.split_once(':').filter(|_| subject.kind == "oci")?;
    let Reference { target, tag, .. } = Reference::parse(&subject.reference);
    // Without its tag the image would not say whether a colon belongs to the directory.
    if tag.is_some_and(|tag| !subject.image.tags.contains(&tag)) {
        return None;
    }
    let blob = format!("{}/blobs/{algorithm}/{hex}", target.trim_end_matches('/'));
    Some(format!("tar -xOf {} {member}", quoted(&blob)))
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
