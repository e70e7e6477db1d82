//! Wasted items grouped by path, and what each layer did to those below it: made whenever more layers are
//! understood.

use super::Model;
use super::text;
use crate::analysis::{Cause, DiveReference, WasteItem};
use crate::image::LayerIndex;
use crate::listing::EntryKind;
use crate::tree::{Lens, NodeId, Occupant, Tree};
use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::sync::Arc;

/// Wasted items of one path: all of them, or those that have something in common.
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
    /// The largest item; of several the last one that died. None of a path that only dive counts.
    pub(crate) largest: Option<WasteItem>,
    /// All items of the path under the lens, whatever the group has of them.
    pub(crate) all: Arc<[WasteItem]>,
}

/// Groups the items of a report by path, largest group first, then by path.
pub(crate) fn group(model: &Model) -> Vec<Arc<Group>> {
    let mut places: HashMap<NodeId, usize> = HashMap::new();
    let mut gathered: Vec<Vec<WasteItem>> = Vec::new();
    for item in &model.analysis.waste {
        let place = *places.entry(item.node).or_insert(gathered.len());
        match gathered.get_mut(place) {
            Some(items) => items.push(*item),
            None => gathered.push(vec![*item]),
        }
    }
    let whole = |all: Vec<WasteItem>| {
        let largest = *all.first()?;
        let alive = matches!(model.tree.final_state(largest.node), Some(Occupant::Inode(_)));
        let empty = Group {
            node: largest.node,
            path: text::name(&model.tree.path(largest.node)),
            bytes: 0,
            copies: all.len() + usize::from(alive),
            cause: largest.cause,
            mixed: false,
            layers: Vec::new(),
            largest: Some(largest),
            all: all.as_slice().into(),
        };
        empty.part(&all)
    };
    let mut groups: Vec<Arc<Group>> = gathered.into_iter().filter_map(whole).map(Arc::new).collect();
    groups.sort_by(|a, b| b.bytes.cmp(&a.bytes).then_with(|| a.path.cmp(&b.path)));
    groups
}

impl Group {
    /// Some items of the path; none if there are none.
    fn part(&self, items: &[WasteItem]) -> Option<Self> {
        let largest = *items.iter().max_by_key(|item| (item.bytes, item.by))?;
        let mut layers: Vec<LayerIndex> = items.iter().flat_map(|item| [item.owner, item.by]).collect();
        layers.sort_unstable();
        layers.dedup();
        Some(Self {
            bytes: items.iter().map(|item| item.bytes).sum(),
            cause: most(largest.cause, items.iter().map(|item| (item.cause, item.bytes))),
            mixed: items.iter().any(|item| item.cause != largest.cause),
            layers,
            largest: Some(largest),
            ..self.clone()
        })
    }

    /// What layers under a lens ship of it; none if that is nothing.
    pub(crate) fn under(self: &Arc<Self>, lens: Lens) -> Option<Arc<Self>> {
        let shipped: Vec<WasteItem> = self.all.iter().filter(|item| lens.covers(item.owner)).copied().collect();
        if shipped.len() == self.all.len() {
            return Some(Arc::clone(self));
        }
        let part = self.part(&shipped)?;
        Some(Arc::new(Self { all: shipped.into(), ..part }))
    }

    /// The layers from the first that wrote what one item says was written again, up to the last that did, and what
    /// the versions between them weigh. `goes_on` says which items belong to such a row.
    fn stretch(&self, item: WasteItem, goes_on: impl Fn(&WasteItem) -> bool) -> (LayerIndex, LayerIndex, u64) {
        let linked: Vec<&WasteItem> = self.all.iter().filter(|item| item.owner < item.by && goes_on(item)).collect();
        let below: HashMap<LayerIndex, &WasteItem> = linked.iter().rev().map(|item| (item.by, *item)).collect();
        let above: HashMap<LayerIndex, &WasteItem> = linked.iter().rev().map(|item| (item.owner, *item)).collect();
        let (mut first, mut last, mut bytes) = (item.owner, item.by, item.bytes);
        while let Some(item) = below.get(&first) {
            first = item.owner;
            bytes += item.bytes;
        }
        while let Some(item) = above.get(&last) {
            last = item.by;
            bytes += item.bytes;
        }
        (first, last, bytes)
    }

    /// What to do about the largest item, and about those that would go with it.
    pub(crate) fn advice(&self, tree: &Tree) -> Option<Advice> {
        let largest = self.largest?;
        let WasteItem { owner, by, .. } = largest;
        // A copy with another owner or mode would not be there either if what it is a copy of were not.
        let is_copy = |item: &WasteItem| item.cause == Cause::MetadataOnly && item.by <= owner;
        let (first, _, saved) = self.stretch(largest, is_copy);
        let is_version = |item: &WasteItem| matches!(item.cause, Cause::MetadataOnly | Cause::Overwritten);
        let versions = self.stretch(largest, is_version);
        let entry = |layer: LayerIndex| match tree.state(self.node, layer) {
            Some(Occupant::Inode(inode)) => tree.entry(inode).filter(|entry| entry.kind == EntryKind::File),
            _ => None,
        };
        let pair = |text: String, saved: u64| Advice { text, saved, layers: (owner, by) };
        Some(match largest.cause {
            Cause::MetadataOnly => {
                let text = match entry(owner).zip(entry(by)) {
                    Some((a, b)) if (a.uid, a.gid) != (b.uid, b.gid) => {
                        format!("chown in L{owner}, or COPY --chown there")
                    }
                    Some((a, b)) if a.mode != b.mode => format!("chmod in L{owner}, or COPY --chmod there"),
                    _ => format!("do not write the same content again in L{by}"),
                };
                pair(text, largest.bytes)
            }
            Cause::Overwritten if entry(by).is_some() && versions != (first, by, saved) => {
                let (first, last, saved) = versions;
                Advice { text: format!("write it once: merge L{first}-L{last}"), saved, layers: (first, last) }
            }
            Cause::Overwritten if entry(by).is_some() => {
                let text = format!("write it once: merge L{first} and L{by}, or leave it out of L{first}");
                Advice { text, saved, layers: (first, by) }
            }
            Cause::Overwritten => {
                pair(format!("leave it out of L{first}: L{by} puts something else in its place"), saved)
            }
            Cause::Removed | Cause::Hidden => pair(format!("remove it in the step that makes it (L{first})"), saved),
            Cause::Repeated => pair(format!("L{owner} holds the name twice: rebuild it"), largest.bytes),
        })
    }
}

/// What to do about a wasted path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Advice {
    /// In words.
    pub(crate) text: String,
    /// How many bytes that saves.
    pub(crate) saved: u64,
    /// The layer that makes what is wasted, and the one that makes it so.
    pub(crate) layers: (LayerIndex, LayerIndex),
}

/// Paths as dive counts them, each with what is known of its waste.
pub(crate) fn as_dive_counts(tree: &Tree, groups: &[Arc<Group>], references: &[DiveReference]) -> Vec<Arc<Group>> {
    let known: HashMap<NodeId, &Arc<Group>> = groups.iter().map(|group| (group.node, group)).collect();
    let counted = references.iter().map(|reference| {
        let path = reference.path.strip_prefix(b"/").unwrap_or(&reference.path);
        let node = tree.find(path);
        let unknown = || Group {
            node: node.unwrap_or(NodeId::ROOT),
            path: text::name(path),
            bytes: 0,
            copies: 0,
            cause: Cause::Overwritten,
            mixed: false,
            layers: Vec::new(),
            largest: None,
            all: Arc::default(),
        };
        let copies = usize::try_from(reference.count).unwrap_or(usize::MAX);
        let known = node.and_then(|node| known.get(&node)).map_or_else(unknown, |group| Group::clone(group));
        Arc::new(Group { bytes: reference.bytes, copies, ..known })
    });
    let mut counted: Vec<Arc<Group>> = counted.collect();
    counted.sort_by(|a, b| b.bytes.cmp(&a.bytes).then_with(|| a.path.cmp(&b.path)));
    counted
}

/// What most of the bytes belong to: `first` if nothing else has more.
fn most<K: Copy + Ord>(first: K, shares: impl Iterator<Item = (K, u64)>) -> K {
    let mut sums: BTreeMap<K, u64> = BTreeMap::new();
    for (key, bytes) in shares {
        *sums.entry(key).or_default() += bytes;
    }
    sums.into_iter().max_by_key(|(key, bytes)| (*bytes, *key == first)).map_or(first, |(key, _)| key)
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
    /// The paths, in their order, each with those of its items that belong here.
    pub(crate) members: Vec<Arc<Group>>,
    /// The layer that ships most of the bytes of one pair of layers, and the one that made them dead.
    pub(crate) layers: (LayerIndex, LayerIndex),
    /// The cause of most of the bytes.
    pub(crate) cause: Cause,
}

impl Bundle {
    fn of(title: String, members: Vec<Arc<Group>>) -> Option<Self> {
        let first = members.first()?.largest?;
        let largest = || members.iter().filter_map(|group| Some((group.largest?, group.bytes)));
        Some(Self {
            title,
            bytes: members.iter().map(|group| group.bytes).sum(),
            layers: most((first.owner, first.by), largest().map(|(item, bytes)| ((item.owner, item.by), bytes))),
            cause: most(first.cause, largest().map(|(item, bytes)| (item.cause, bytes))),
            members,
        })
    }

    /// What to do about it, in words.
    pub(crate) fn advice(&self) -> String {
        let (owner, by) = self.layers;
        let is_all = |item: &WasteItem| (item.owner, item.by) == self.layers;
        let most =
            if self.members.iter().all(|group| group.largest.as_ref().is_none_or(is_all)) { "" } else { "most of it " };
        match self.cause {
            Cause::MetadataOnly => format!("set owner and mode at once ({most}L{owner}): COPY --chown, --chmod"),
            Cause::Overwritten => format!("write them once ({most}L{owner} and L{by})"),
            Cause::Removed | Cause::Hidden => format!("remove them where they are made ({most}L{owner})"),
            Cause::Repeated => format!("rebuild what holds names twice ({most}L{owner})"),
        }
    }
}

/// Puts items of some groups together, those with most bytes first.
pub(crate) fn bundles(groups: &[Arc<Group>], by: GroupBy) -> Vec<Bundle> {
    let mut gathered: BTreeMap<Common, Vec<Arc<Group>>> = BTreeMap::new();
    for group in groups {
        let mut parts: BTreeMap<Common, Vec<WasteItem>> = BTreeMap::new();
        for item in &*group.all {
            parts.entry(Common::of(group, item, by)).or_default().push(*item);
        }
        let is_one = parts.len() == 1;
        for (common, items) in parts {
            let part = if is_one { Some(Arc::clone(group)) } else { group.part(&items).map(Arc::new) };
            gathered.entry(common).or_default().extend(part);
        }
    }
    let mut out: Vec<Bundle> =
        gathered.into_iter().filter_map(|(common, members)| Bundle::of(common.to_string(), members)).collect();
    out.sort_by(|a, b| b.bytes.cmp(&a.bytes).then_with(|| a.title.cmp(&b.title)));
    out
}

/// What items can have in common.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Common {
    Path(String),
    Layers(LayerIndex, LayerIndex),
    Cause(Cause),
}

impl Common {
    fn of(group: &Group, item: &WasteItem, by: GroupBy) -> Self {
        match by {
            GroupBy::File => Self::Path(group.path.clone()),
            GroupBy::Layers => Self::Layers(item.owner, item.by),
            GroupBy::Directory => {
                Self::Path(group.path.rsplit_once('/').map_or("", |(directory, _)| directory).to_owned())
            }
            GroupBy::Cause => Self::Cause(item.cause),
        }
    }
}

impl fmt::Display for Common {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Path(path) => write!(out, "/{path}"),
            Self::Layers(owner, by) => write!(out, "L{owner} → L{by}"),
            Self::Cause(cause) => write!(out, "{cause}"),
        }
    }
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
    for item in model.analysis.waste.iter().filter(|item| item.owner < item.by) {
        let Some(slot) = out.get_mut(item.by.index()) else { continue };
        let owner = item.owner;
        *slot = Some(slot.map_or(Killed { bytes: item.bytes, first: owner, last: owner }, |killed| Killed {
            bytes: killed.bytes.saturating_add(item.bytes),
            first: killed.first.min(owner),
            last: killed.last.max(owner),
        }));
    }
    out
}
