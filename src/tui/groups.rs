//! Wasted items grouped by path, and what each layer did to those below it: made once, when all figures are known.

use super::Model;
use crate::analysis::Cause;
use crate::image::LayerIndex;
use crate::report::WasteSection;
use crate::tree::{NodeId, Occupant};
use std::collections::HashMap;

/// All wasted items of one path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Group {
    /// The path.
    pub(crate) node: NodeId,
    /// The path without a leading slash, escaped.
    pub(crate) path: String,
    /// Wasted bytes.
    pub(crate) bytes: u64,
    /// How often the path is shipped: dead versions, and the one that lives on.
    pub(crate) copies: usize,
    /// The cause of most of the bytes.
    pub(crate) cause: Cause,
    /// Whether there are other causes too.
    pub(crate) mixed: bool,
    /// The layers that ship it or made it dead, in order.
    pub(crate) layers: Vec<LayerIndex>,
    /// The largest item of the group.
    pub(crate) largest: WasteSection,
}

/// Groups the items of a report, largest group first, then by path.
pub(crate) fn group(model: &Model) -> Vec<Group> {
    let mut places: HashMap<NodeId, usize> = HashMap::new();
    let mut gathered: Vec<(NodeId, Vec<WasteSection>)> = Vec::new();
    for (item, section) in model.analysis.waste.iter().zip(model.report.waste.iter()) {
        let place = *places.entry(item.node).or_insert(gathered.len());
        match gathered.get_mut(place) {
            Some((_, items)) => items.push(section),
            None => gathered.push((item.node, vec![section])),
        }
    }
    let mut groups: Vec<Group> =
        gathered.into_iter().filter_map(|(node, items)| from_items(model, node, &items)).collect();
    groups.sort_by(|a, b| b.bytes.cmp(&a.bytes).then_with(|| a.path.cmp(&b.path)));
    groups
}

fn from_items(model: &Model, node: NodeId, items: &[WasteSection]) -> Option<Group> {
    let largest = items.iter().max_by_key(|item| item.bytes)?;
    let bytes_of = |cause: Cause| items.iter().filter(|item| item.cause == cause).map(|item| item.bytes).sum::<u64>();
    let cause = Cause::ALL.into_iter().max_by_key(|cause| bytes_of(*cause)).unwrap_or(largest.cause);
    let mut layers: Vec<LayerIndex> = items.iter().flat_map(|item| [item.owner_layer, item.by_layer]).collect();
    layers.sort_unstable();
    layers.dedup();
    let alive = matches!(model.tree.final_state(node), Some(Occupant::Inode(_)));
    Some(Group {
        node,
        path: largest.path.clone(),
        bytes: items.iter().map(|item| item.bytes).sum(),
        copies: items.len() + usize::from(alive),
        cause: if bytes_of(cause) > 0 { cause } else { largest.cause },
        mixed: items.iter().any(|item| item.cause != largest.cause),
        layers,
        largest: largest.clone(),
    })
}

/// What wasted items are put together by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum GroupBy {
    /// Path.
    #[default]
    File,
    /// The layer that ships them and the one that made them dead.
    Layers,
    /// The directory that they are in.
    Directory,
    /// Cause.
    Cause,
}

impl GroupBy {
    /// The next one.
    pub(crate) fn next(self) -> Self {
        match self {
            Self::File => Self::Layers,
            Self::Layers => Self::Directory,
            Self::Directory => Self::Cause,
            Self::Cause => Self::File,
        }
    }

    /// What the border calls it.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::File => "file",
            Self::Layers => "layers",
            Self::Directory => "directory",
            Self::Cause => "cause",
        }
    }
}

/// Wasted items that have something in common.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Bundle {
    /// What they have in common.
    pub(crate) title: String,
    /// Wasted bytes.
    pub(crate) bytes: u64,
    /// Which they are, in their order.
    pub(crate) members: Vec<usize>,
}

/// Puts some of the groups together, those with most bytes first.
pub(crate) fn bundles(groups: &[Group], some: &[usize], by: GroupBy) -> Vec<Bundle> {
    let mut places: HashMap<String, usize> = HashMap::new();
    let mut out: Vec<Bundle> = Vec::new();
    for index in some {
        let Some(group) = groups.get(*index) else { continue };
        let title = match by {
            GroupBy::File => format!("/{}", group.path),
            GroupBy::Layers => format!("L{} → L{}", group.largest.owner_layer, group.largest.by_layer),
            GroupBy::Directory => format!("/{}", group.path.rsplit_once('/').map_or("", |(directory, _)| directory)),
            GroupBy::Cause => group.cause.to_string(),
        };
        let place = *places.entry(title.clone()).or_insert(out.len());
        if place == out.len() {
            out.push(Bundle { title, bytes: 0, members: Vec::new() });
        }
        if let Some(bundle) = out.get_mut(place) {
            bundle.bytes += group.bytes;
            bundle.members.push(*index);
        }
    }
    out.sort_by(|a, b| b.bytes.cmp(&a.bytes).then_with(|| a.title.cmp(&b.title)));
    out
}

/// What one layer made dead in the layers below it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Killed {
    /// Bytes that stay shipped.
    pub(crate) bytes: u64,
    /// The lowest layer that ships some of them.
    pub(crate) first: LayerIndex,
    /// The highest layer that ships some of them.
    pub(crate) last: LayerIndex,
}

/// By layer: what it made dead in the layers below it.
pub(crate) fn killed(model: &Model) -> Vec<Option<Killed>> {
    let mut out: Vec<Option<Killed>> = vec![None; model.report.layers.len()];
    for item in model.report.waste.iter().filter(|item| item.owner_layer < item.by_layer) {
        let Some(slot) = out.get_mut(item.by_layer.index()) else { continue };
        let owner = item.owner_layer;
        *slot = Some(slot.map_or(Killed { bytes: item.bytes, first: owner, last: owner }, |killed| Killed {
            bytes: killed.bytes.saturating_add(item.bytes),
            first: killed.first.min(owner),
            last: killed.last.max(owner),
        }));
    }
    out
}
