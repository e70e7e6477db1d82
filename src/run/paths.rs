//! Paths of an image that a command line names, and what is there in the version that it means.

use super::commands::Commands;
use super::{Failure, Loaded};
use crate::cli::VersionArgs;
use crate::escape::{Target, escape};
use crate::image::LayerIndex;
use crate::listing::EntryKind;
use crate::notice::Notice;
use crate::report::{self, LsError};
use crate::tree::{EventKind, Filter, InodeId, Item, Lens, NodeId, Occupant, Version};

/// Why a directory has no content to write out.
const IS_DIRECTORY: &str = "is a directory; `layerscope ls` shows what is in it";

impl Commands<'_> {
    /// What is at and below some paths, or everywhere if there are none, and fits a filter: each path once, in byte
    /// order. And what could not be read to know whether it fits.
    pub(super) fn items(
        &self,
        loaded: &Loaded,
        paths: &[String],
        at: VersionArgs,
        filter: Option<Filter>,
    ) -> Result<(Vec<Item>, Vec<Notice>), Failure> {
        let mut items = items(loaded, paths, at)?;
        let Some(filter) = filter else { return Ok((items, Vec::new())) };
        let (filter, unread) = self.told(loaded, filter);
        let lens = at.layer.map_or(Lens::up_to(last(at)), |layer| Lens::layer(LayerIndex(layer)));
        let selection = loaded.select(lens, &filter);
        items.retain(|item| selection.is_hit(item.node));
        Ok((items, unread))
    }
}

impl Loaded {
    /// That there is such a layer, if one was named.
    pub(super) fn check_layer(&self, layer: Option<u32>) -> Result<(), LsError> {
        let layers = self.tree.layers();
        let missing = layer.filter(|layer| *layer >= layers);
        missing.map_or(Ok(()), |layer| Err(LsError::NoLayer { wanted: LayerIndex(layer), layers }))
    }
}

/// The layer behind which nothing counts.
fn last(at: VersionArgs) -> LayerIndex {
    LayerIndex(at.upto.unwrap_or(u32::MAX))
}

fn items(loaded: &Loaded, paths: &[String], at: VersionArgs) -> Result<Vec<Item>, Failure> {
    loaded.check_layer(at.layer.or(at.upto))?;
    let tree = &loaded.tree;
    let version = at.layer.map_or(Version::AsOf(last(at)), |layer| Version::Of(LayerIndex(layer)));
    let mut items = Vec::new();
    let everything = [String::new()];
    for path in if paths.is_empty() { &everything } else { paths } {
        // A link that is named is what is wanted, not what it leads to; links on the way to it are followed.
        let named =
            tree.find(path.as_bytes()).filter(|node| *node == NodeId::ROOT || tree.item(*node, version).is_some());
        let node = named.or_else(|| tree.follow(path.as_bytes(), last(at)));
        let before = items.len();
        items.extend(node.map(|node| tree.items(node, version)).unwrap_or_default());
        if items.len() == before && !paths.is_empty() {
            if let Some(layer) = at.layer {
                written_by(loaded, path.as_bytes(), LayerIndex(layer))?;
            }
            return Err(not_there(loaded, path.as_bytes(), at.upto.map(LayerIndex)));
        }
    }
    items.sort();
    items.dedup();
    Ok(items)
}

/// The regular file that a path leads to.
pub(super) fn file(loaded: &Loaded, path: &[u8], at: VersionArgs) -> Result<InodeId, Failure> {
    let no = |reason: String| Failure::Path { path: shown(path), reason };
    loaded.check_layer(at.layer.or(at.upto))?;
    let inode = match at.layer {
        Some(layer) => Some(written_by(loaded, path, LayerIndex(layer))?),
        None => left_by(loaded, path, at.upto.map(LayerIndex))?,
    };
    let Some(inode) = inode else { return Err(no(IS_DIRECTORY.to_owned())) };
    match loaded.tree.entry(inode).map(|entry| entry.kind) {
        Some(EntryKind::File) => Ok(inode),
        Some(EntryKind::Directory) => Err(no(IS_DIRECTORY.to_owned())),
        Some(EntryKind::Symlink) => {
            Err(no(format!("is a link to {}; name that instead", shown(loaded.tree.link(inode)))))
        }
        _ => Err(no("is no regular file and has no content".to_owned())),
    }
}

/// What the layers up to `upto` leave at a path; none is a directory that no entry describes.
fn left_by(loaded: &Loaded, path: &[u8], upto: Option<LayerIndex>) -> Result<Option<InodeId>, Failure> {
    let last = upto.unwrap_or(LayerIndex(u32::MAX));
    let node = loaded.tree.follow(path, last).ok_or_else(|| not_there(loaded, path, upto))?;
    Ok(loaded.tree.item(node, Version::AsOf(last)).flatten())
}

/// What one layer wrote at a path, dead or not.
fn written_by(loaded: &Loaded, path: &[u8], layer: LayerIndex) -> Result<InodeId, Failure> {
    let node = loaded.tree.find(path).or_else(|| loaded.tree.follow(path, layer));
    let node = node.ok_or_else(|| not_there(loaded, path, None))?;
    loaded.tree.item(node, Version::Of(layer)).flatten().ok_or_else(|| {
        let reason = match writers(loaded, node).as_slice() {
            [] => "no layer writes it".to_owned(),
            [one] => format!("layer {layer} does not write it; layer {one} does"),
            many => format!("layer {layer} does not write it; layers {} do", many.join(", ")),
        };
        Failure::Path { path: shown(path), reason }
    })
}

/// Which layers write a path, the lowest first.
fn writers(loaded: &Loaded, node: NodeId) -> Vec<String> {
    let mut layers: Vec<String> = loaded
        .tree
        .events(node)
        .filter(|event| matches!(event.kind, EventKind::Written(_)))
        .map(|event| event.layer.to_string())
        .collect();
    layers.dedup();
    layers.reverse();
    layers
}

/// Why a path leads to no file: a link that leads nowhere, a file that only other layers have, or a slip.
fn not_there(loaded: &Loaded, path: &[u8], upto: Option<LayerIndex>) -> Failure {
    let tree = &loaded.tree;
    let no = |reason: String| Failure::Path { path: shown(path), reason };
    let Some(node) = tree.find(path) else { return report::missing(tree, path, upto).into() };
    if let Some(Occupant::Inode(inode)) = tree.state(node, upto.unwrap_or(LayerIndex(u32::MAX))) {
        return no(format!("is a link to {}, which is not there", shown(tree.link(inode))));
    }
    let layers = writers(loaded, node);
    let Some(last) = layers.last() else { return report::missing(tree, path, upto).into() };
    let when =
        upto.map_or_else(|| "is not there any more".to_owned(), |layer| format!("is not there as of layer {layer}"));
    let has =
        if layers.len() == 1 { format!("layer {last} has") } else { format!("layers {} have", layers.join(", ")) };
    no(format!("{when}; {has} it: read it with --layer {last}"))
}

/// A path as a terminal may show it.
pub(super) fn shown(path: &[u8]) -> String {
    escape(path, Target::Terminal).into_owned()
}
