//! The figures of an image and of each layer.

use super::{Cause, WasteItem};
use crate::image::LayerIndex;
use crate::listing::{Entry, EntryKind, Listing, Role};
use crate::tree::{InodeId, NodeId, Occupant, Tree};
use hashbrown::HashSet;

/// Wasted bytes by cause.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Serialize, schemars::JsonSchema)]
pub struct Causes {
    /// Bytes dead because other content was written.
    pub overwritten: u64,
    /// Bytes dead because the same content was written again.
    pub metadata_only: u64,
    /// Bytes dead because of a whiteout.
    pub removed: u64,
    /// Bytes dead because of an opaque marker.
    pub hidden: u64,
    /// Bytes dead because the same layer has the name again.
    pub repeated: u64,
}

impl Causes {
    /// The bytes of one cause.
    pub fn get(&self, cause: Cause) -> u64 {
        match cause {
            Cause::Overwritten => self.overwritten,
            Cause::MetadataOnly => self.metadata_only,
            Cause::Removed => self.removed,
            Cause::Hidden => self.hidden,
            Cause::Repeated => self.repeated,
        }
    }

    /// Counts `bytes` more for `cause`.
    pub fn add(&mut self, cause: Cause, bytes: u64) {
        let slot = match cause {
            Cause::Overwritten => &mut self.overwritten,
            Cause::MetadataOnly => &mut self.metadata_only,
            Cause::Removed => &mut self.removed,
            Cause::Hidden => &mut self.hidden,
            Cause::Repeated => &mut self.repeated,
        };
        *slot += bytes;
    }

    /// All causes together: the wasted bytes.
    pub fn sum(&self) -> u64 {
        Cause::ALL.iter().map(|cause| self.get(*cause)).sum()
    }
}

/// The figures of a whole image. `shipped = live + wasted`, always.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Totals {
    /// Entries of all layers, markers too.
    pub entries: u64,
    /// Paths in the final tree, implied parents and the root left out.
    pub paths: u64,
    /// Sum of the sizes of all regular-file entries of all layers, in bytes.
    pub shipped_bytes: u64,
    /// Sum of the sizes of the distinct inodes that can be reached in the end, in bytes.
    pub live_bytes: u64,
    /// `shipped_bytes - live_bytes`: what squashing the whole image would save.
    pub wasted_bytes: u64,
    /// Wasted bytes by cause; they add up to `wasted_bytes`.
    pub causes: Causes,
    /// Stored bytes of all distinct blobs.
    pub blob_bytes: u64,
    /// `live / shipped`, 1 when nothing is shipped.
    pub efficiency: f64,
    /// The share of the bytes above the base that adds nothing, between 0 and 1.
    pub user_wasted: f64,
}

/// The figures of one layer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct LayerFigures {
    /// Entries of its tar, markers too.
    pub entries: u64,
    /// Sum of the sizes of its regular-file entries, in bytes.
    pub shipped_bytes: u64,
    /// Those of them that are dead in the final image.
    pub wasted_bytes: u64,
    /// Paths that it adds.
    pub added: u64,
    /// Paths whose content (or target, device number or type) it changes.
    pub changed: u64,
    /// Paths of which it changes nothing but metadata, or writes the same content again.
    pub metadata_only: u64,
    /// Paths that vanish with it.
    pub removed: u64,
    /// Bytes of lower layers that this layer made dead.
    pub killed_bytes: u64,
}

/// The figures of every layer, bottom first.
pub(super) fn layers(tree: &Tree, waste: &[WasteItem]) -> Vec<LayerFigures> {
    let counts = tree.counts_by_layer();
    let mut layers: Vec<LayerFigures> = tree
        .listings()
        .iter()
        .zip(counts)
        .map(|(listing, counts)| LayerFigures {
            entries: listing.len() as u64,
            shipped_bytes: shipped_bytes(listing),
            added: counts.added,
            changed: counts.content,
            metadata_only: counts.metadata,
            removed: counts.removed,
            wasted_bytes: 0,
            killed_bytes: 0,
        })
        .collect();
    for item in waste {
        if let Some(owner) = layers.get_mut(item.owner.index()) {
            owner.wasted_bytes += item.bytes;
        }
        if let Some(by) = layers.get_mut(item.by.index()).filter(|_| item.by != item.owner) {
            by.killed_bytes += item.bytes;
        }
    }
    layers
}

/// Sum of the sizes of the regular-file entries of a layer, in bytes.
pub fn shipped_bytes(listing: &Listing) -> u64 {
    listing.entries().map(shipped).sum()
}

/// What an entry adds to the shipped bytes: the size of a regular file, nothing for a marker.
fn shipped(entry: Entry<'_>) -> u64 {
    match (entry.kind, entry.role) {
        (EntryKind::File, Role::Plain | Role::Bookkeeping) => entry.size,
        _ => 0,
    }
}

/// The figures of the whole image.
pub(super) fn totals(
    tree: &Tree,
    layers: &[LayerFigures],
    waste: &[WasteItem],
    base_layers: u32,
    blob_bytes: u64,
) -> Totals {
    let mut causes = Causes::default();
    for item in waste {
        causes.add(item.cause, item.bytes);
    }
    let shipped_bytes = layers.iter().map(|layer| layer.shipped_bytes).sum();
    // Counted by themselves, from the names that are left: that shipped = live + wasted is a result, no definition.
    let live_bytes = live(tree).filter_map(|(_, inode)| tree.entry(inode)).map(|entry| entry.size).sum();
    Totals {
        entries: layers.iter().map(|layer| layer.entries).sum(),
        paths: paths(tree),
        shipped_bytes,
        live_bytes,
        wasted_bytes: causes.sum(),
        causes,
        blob_bytes,
        efficiency: if shipped_bytes == 0 { 1.0 } else { ratio(live_bytes, shipped_bytes) },
        user_wasted: user_wasted(tree, layers, waste, base_layers),
    }
}

/// Paths in the final tree, implied parents and the root left out.
fn paths(tree: &Tree) -> u64 {
    let described = |node: &NodeId| matches!(tree.final_state(*node), Some(Occupant::Inode(_)));
    tree.nodes().filter(|node| *node != NodeId::ROOT).filter(described).count() as u64
}

/// Every regular file that can be reached in the end, once, with one of its names.
fn live(tree: &Tree) -> impl Iterator<Item = (NodeId, InodeId)> + '_ {
    let mut seen = HashSet::new();
    tree.nodes().filter_map(move |node| {
        let Some(Occupant::Inode(id)) = tree.final_state(node) else { return None };
        let is_file = tree.entry(id).is_some_and(|entry| entry.kind == EntryKind::File);
        let is_new = is_file && tree.inode(id).is_some_and(|inode| !inode.shared || seen.insert(id));
        is_new.then_some((node, id))
    })
}

/// The share of the bytes above the base that adds nothing: what is dead, and what only repeats the base.
fn user_wasted(tree: &Tree, layers: &[LayerFigures], waste: &[WasteItem], base_layers: u32) -> f64 {
    let above = |layer: LayerIndex| layer.0 >= base_layers;
    let own: u64 = layers.iter().skip(base_layers as usize).map(|layer| layer.shipped_bytes).sum();
    let dead: u64 = waste.iter().filter(|item| above(item.owner)).map(|item| item.bytes).sum();
    let repeated = repeats_of_base(tree, base_layers);
    if own == 0 { 0.0 } else { ratio(dead + repeated, own) }
}

/// Bytes of live files above the base whose content at one of their paths was already there in the base.
fn repeats_of_base(tree: &Tree, base_layers: u32) -> u64 {
    let Some(top_of_base) = base_layers.checked_sub(1).map(LayerIndex) else { return 0 };
    let mut seen = HashSet::new();
    let mut bytes = 0;
    for node in tree.nodes() {
        let Some(Occupant::Inode(now)) = tree.final_state(node) else { continue };
        let Some(Occupant::Inode(base)) = tree.state(node, top_of_base) else { continue };
        let is_own = tree.inode(now).is_some_and(|inode| inode.layer.0 >= base_layers);
        if is_own && tree.is_same_file(now, base) && seen.insert(now) {
            bytes += tree.file_size(now).unwrap_or(0);
        }
    }
    bytes
}

/// A share; the numbers are far below what a double holds exactly, up to 2^53.
#[expect(clippy::cast_precision_loss, reason = "a ratio is a double; beyond 2^53 bytes its last digits do not matter")]
fn ratio(part: u64, whole: u64) -> f64 {
    part as f64 / whole as f64
}
