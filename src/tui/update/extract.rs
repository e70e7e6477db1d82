//! Writing what is selected to a folder.

use super::super::effect::Effect;
use super::super::extract::{Fetch, Fetched, Order, Plan, Wanted, Writing};
use super::super::layout::Pane;
use super::super::msg::Generation;
use super::super::rows::Folder;
use super::super::state::{LensMode, Modal, PromptKind, State, Text, View};
use super::super::text;
use super::super::theme::Role;
use super::super::{Extracted, Model};
use super::{Effects, failed, prompt, toast, viewer};
use crate::bytes::Cancel;
use crate::image::LayerIndex;
use crate::tree::{Event, Item, NodeId, Tree, Version};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Asks where to: the folder is shown, and can be changed.
pub(super) fn open(state: &mut State) {
    if matches!(state.modal(), Some(Modal::Life(life)) if life.is_gone()) {
        return toast(state, "nothing is left of it in this layer: a row above has its content");
    }
    let Some(ready) = &state.ready else { return };
    let model = Arc::clone(&ready.model);
    let Some((wanted, name, layer)) = wanted(state, &model) else {
        return toast(state, "nothing to extract here");
    };
    let folder = folder(state, layer);
    state.plan = Some(Plan { model, wanted, name });
    state.prompt = Some(prompt::new(PromptKind::Extract, &folder));
}

/// What is selected, in words too, and the layer that it is of, if it is of one.
fn wanted(state: &State, model: &Model) -> Option<(Wanted, String, Option<LayerIndex>)> {
    let tree = &model.tree;
    let name = |node: NodeId| text::path(tree, node);
    if state.modals.is_empty() && state.view == View::Layers && state.focus() == Pane::Layers {
        let layer = state.layers.selected?;
        return Some((Wanted::Below(NodeId::ROOT, Version::Of(layer)), format!("layer {layer}"), Some(layer)));
    }
    if let Some((node, inode)) = viewer::selected(state) {
        let layer = tree.inode(inode).map(|inode| inode.layer);
        return Some((Wanted::Item(Item { path: tree.path(node), node, inode: Some(inode) }), name(node), layer));
    }
    let node = state.selected_node()?;
    let is_tree = state.modals.is_empty() && state.view == View::Layers;
    let version = match state.modal() {
        _ if is_tree && state.tree.mode == LensMode::Alone => Version::Of(state.layer()),
        _ if is_tree => Version::AsOf(state.lens(state.tree.mode)?.last),
        Some(Modal::Life(life)) => Version::AsOf(life.step()?.layer),
        _ => Version::AsOf(LayerIndex(state.understood().saturating_sub(1))),
    };
    let version = still_there(tree, node, version);
    let is_leaf = is_tree && state.tree.selected().is_some_and(|row| row.folder == Folder::Leaf);
    let wanted = match tree.item(node, version).filter(|_| is_leaf) {
        Some(inode) => Wanted::Item(Item { path: tree.path(node), node, inode }),
        None => Wanted::Below(node, version),
    };
    let layer = match version {
        Version::Of(layer) => Some(layer),
        Version::AsOf(layer) => Some(layer).filter(|layer| layer.0 + 1 < state.layer_count()),
    };
    Some((wanted, name(node), layer))
}

/// What is gone in a version is taken from below the layer that took it away.
fn still_there(tree: &Tree, node: NodeId, version: Version) -> Version {
    let (Version::Of(layer) | Version::AsOf(layer)) = version;
    let gone = |event: &Event| event.layer <= layer && event.occupant().is_none();
    let below = tree.events(node).find(gone).and_then(|event| event.layer.0.checked_sub(1));
    match below.filter(|_| tree.state(node, layer).is_none()) {
        Some(below) => Version::AsOf(LayerIndex(below)),
        None => version,
    }
}

/// The folder that is proposed: `./app-1.4.2-L7`.
fn folder(state: &State, layer: Option<LayerIndex>) -> String {
    let subject = state.subject.as_ref();
    let name =
        subject.map_or("", |subject| subject.image.tags.first().map_or(subject.reference.as_str(), String::as_str));
    let name = name.rsplit('/').next().unwrap_or_default();
    let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
    let plain: String = name.chars().map(|c| if is_plain(c) { c } else { '-' }).collect();
    let plain = plain.trim_matches(['.', '-']);
    let plain = if plain.is_empty() { "image" } else { plain };
    layer.map_or_else(|| format!("./{plain}"), |layer| format!("./{plain}-L{layer}"))
}

/// Begins to write to the folder that was typed.
pub(super) fn begin(state: &mut State, folder: &str, effects: &mut Effects) -> Result<(), String> {
    if folder.is_empty() {
        return Err("name a folder; it is made if it is not there".to_owned());
    }
    if let Some(plan) = state.plan.take() {
        write(state, plan, Some(PathBuf::from(folder)), effects);
    }
    Ok(())
}

/// Opens the selected file in the user's editor, as soon as it is written somewhere.
pub(super) fn edit(state: &mut State, effects: &mut Effects) {
    let Some(ready) = &state.ready else { return };
    if state.options.editor.is_none() {
        return toast(state, "there is no editor: set EDITOR, or editor in config.toml");
    }
    let Some((node, inode)) = viewer::selected(state) else {
        return toast(state, "only a regular file can be opened");
    };
    let model = Arc::clone(&ready.model);
    let (wanted, name) =
        (Wanted::Item(Item { path: model.tree.path(node), node, inode: Some(inode) }), text::path(&model.tree, node));
    write(state, Plan { model, wanted, name }, None, effects);
}

fn write(state: &mut State, plan: Plan, to: Option<PathBuf>, effects: &mut Effects) {
    let generation = state.reads.advance();
    let writing = Writing { plan, to, generation, cancel: Cancel::default(), done: None, asks: None };
    effects.push(order(&writing, false, &state.options.temporary));
    state.modals.push(Modal::Writing(Box::new(writing)));
}

fn order(writing: &Writing, replace: bool, temporary: &Path) -> Effect {
    let (plan, cancel) = (writing.plan.clone(), writing.cancel.clone());
    match writing.to.clone() {
        Some(to) => Effect::Extract(writing.generation, Order { plan, to, replace, cancel }),
        None => Effect::Fetch(writing.generation, Fetch { plan, temporary: temporary.to_owned(), cancel }),
    }
}

/// Hands a file that was written to the user's editor.
pub(super) fn fetched(
    state: &mut State,
    generation: Generation,
    fetched: Result<Fetched, String>,
    effects: &mut Effects,
) {
    let Some(at) = written(state, generation) else { return };
    state.modals.remove(at);
    match (fetched, state.options.editor.clone()) {
        (Ok(fetched), Some(editor)) => effects.push(Effect::Edit(editor, fetched)),
        (Ok(_), None) => {}
        (Err(error), _) => failed(state, &error),
    }
}

/// What is being written.
pub(super) fn waiting(state: &mut State, generation: Generation) -> Option<&mut Box<Writing>> {
    state.modals.iter_mut().find_map(|modal| match modal {
        Modal::Writing(writing) if writing.generation == generation => Some(writing),
        _ => None,
    })
}

/// Which of what lies over the view is that writing.
fn written(state: &State, generation: Generation) -> Option<usize> {
    let is_it = |modal: &Modal| matches!(modal, Modal::Writing(writing) if writing.generation == generation);
    state.modals.iter().position(is_it)
}

/// Writes once more, over what is there.
pub(super) fn replace(state: &mut State, effects: &mut Effects) {
    let generation = state.reads.advance();
    if let Some(Modal::Writing(writing)) = state.modals.last_mut()
        && writing.asks.take().is_some()
    {
        writing.generation = generation;
        effects.push(order(writing, true, &state.options.temporary));
    }
}

/// Says what was written; what was there already is asked about.
pub(super) fn wrote(state: &mut State, generation: Generation, done: Result<Extracted, String>) {
    let Some(at) = written(state, generation) else { return };
    match done {
        Ok(extracted) if extracted.existing > 0 => {
            if let Some(Modal::Writing(writing)) = state.modals.get_mut(at) {
                writing.asks = Some(extracted);
            }
        }
        Ok(extracted) => {
            state.modals.remove(at);
            if extracted.failed.is_empty() {
                toast(state, text::prose(&extracted.summary));
            } else {
                let lost = extracted.failed.iter().map(|line| (text::prose(line), Role::Error));
                let lines = lost.chain([(text::prose(&extracted.summary), Role::Text)]).collect();
                state.modals.push(Modal::Text(Text {
                    title: "Not everything was written".to_owned(),
                    lines,
                    offset: 0,
                }));
            }
        }
        Err(error) => {
            state.modals.remove(at);
            failed(state, &error);
        }
    }
}
