//! A finished tree in the order of an outline: every path is followed by all that is below it. So what is below a
//! directory is one stretch of an array, and its figures are the difference of two sums.
//!
//! For each path the outline has its history in a few bytes, one step for each layer that did something to it. Most
//! paths have one step, in arrays of their own; the further steps of the others are in a list by place. Everything is
//! linear in paths and events, whatever the number of layers.

mod step;
#[cfg(test)]
mod tests;

use super::bits::in_parts;
use super::{Event, EventKind, InodeId, Lens, NodeId, Occupant, Tree};
use crate::image::LayerIndex;
use std::collections::{BTreeMap, HashMap};
use std::ops::Range;
use std::sync::Arc;
pub(super) use step::{Mark, Step, Traits};

/// A tree, prepared for looking at it through many lenses.
#[derive(Debug)]
pub struct Outline {
    tree: Arc<Tree>,
    threads: usize,
    /// By node: its place.
    place: Vec<u32>,
    /// By node: how many nodes are at or below it.
    len: Vec<u32>,
    /// By place: the node.
    order: Vec<u32>,
    /// By place: the first step.
    since: Vec<u32>,
    traits: Vec<Traits>,
    size: Vec<u32>,
    /// All further steps, by place and layer.
    further: Vec<(u32, Step)>,
    /// When files with several names had which of them; by inode, names in the byte order of the paths.
    names: Vec<Name>,
    /// What opaque markers hid, by directory.
    hidden: Vec<Hidden>,
}

/// A size that does not fit; it is looked up then.
const LARGE: u32 = u32::MAX;

/// A file that has or had other names has this one for some layers.
#[derive(Debug, Clone, Copy)]
struct Name {
    inode: InodeId,
    node: NodeId,
    since: LayerIndex,
    /// The first layer that has something else here.
    until: LayerIndex,
}

impl Name {
    /// Whether the file has the name at the end of a lens.
    fn is_there(&self, lens: Lens) -> bool {
        self.since <= lens.last && lens.last < self.until
    }
}

/// Paths that an opaque marker in a directory hid.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Hidden {
    directory: NodeId,
    layer: LayerIndex,
    /// The next layer in which an opaque marker hid the same paths, once more.
    until: LayerIndex,
    paths: u32,
}

impl Outline {
    /// Prepares a tree, on so many threads; later questions are answered on as many.
    pub fn of(tree: Arc<Tree>, threads: usize) -> Self {
        let (place, len) = places(&tree);
        let mut order = vec![0; place.len()];
        for (place, node) in place.iter().zip(0..) {
            if let Some(at) = order.get_mut(*place as usize) {
                *at = node;
            }
        }
        let parts = in_parts(order.len(), threads, |range| Part::of(&tree, &order, range));
        let mut whole = Part::default();
        let mut obscured = Vec::new();
        for part in parts {
            whole.since.extend(part.since);
            whole.traits.extend(part.traits);
            whole.size.extend(part.size);
            whole.further.extend(part.further);
            whole.names.extend(part.names);
            obscured.extend(part.hidden);
        }
        whole.names.sort_by(|a, b| a.inode.cmp(&b.inode).then_with(|| tree.compare_paths(a.node, b.node)));
        let hidden = hidden(&tree, obscured);
        let Part { since, traits, size, further, names, .. } = whole;
        Self { tree, threads, place, len, order, since, traits, size, further, names, hidden }
    }

    /// The tree.
    pub fn tree(&self) -> &Arc<Tree> {
        &self.tree
    }

    /// How many threads work for an answer.
    pub(super) fn threads(&self) -> usize {
        self.threads
    }

    /// The places of a node and of all that is below it.
    pub(super) fn stretch(&self, node: NodeId) -> Range<usize> {
        let place = self.place(node);
        place..place + self.len.get(node.index()).map_or(0, |len| *len as usize)
    }

    pub(super) fn place(&self, node: NodeId) -> usize {
        self.place.get(node.index()).map_or(usize::MAX, |place| *place as usize)
    }

    pub(super) fn node_at(&self, place: usize) -> NodeId {
        NodeId(self.order.get(place).copied().unwrap_or(u32::MAX))
    }

    /// How many nodes there are.
    pub(super) fn len(&self) -> usize {
        self.order.len()
    }

    /// The steps at a stretch of places, in order, as the first and all further ones.
    pub(super) fn steps(&self, places: Range<usize>) -> impl Iterator<Item = (Step, &[(u32, Step)])> {
        let mut place = u32::try_from(places.start).unwrap_or(u32::MAX);
        let mut further = self.further_from(place);
        let since = self.since.get(places.clone()).unwrap_or_default();
        let traits = self.traits.get(places.clone()).unwrap_or_default();
        let size = self.size.get(places).unwrap_or_default();
        since.iter().zip(traits).zip(size).map(move |((since, traits), size)| {
            let first = Step { since: LayerIndex(*since), traits: *traits, size: *size };
            let mine = match further.first() {
                Some((at, _)) if *at == place => {
                    let (mine, rest) = further.split_at(further.iter().take_while(|(at, _)| *at == place).count());
                    further = rest;
                    mine
                }
                _ => &[],
            };
            place += 1;
            (first, mine)
        })
    }

    fn further_from(&self, place: u32) -> &[(u32, Step)] {
        let from = self.further.partition_point(|(at, _)| *at < place);
        self.further.get(from..).unwrap_or_default()
    }

    /// The sizes of the files that are at places from `start` on once `layer` is applied.
    pub(super) fn sizes(&self, start: usize, layer: LayerIndex) -> Sizes<'_> {
        Sizes { outline: self, layer, further: self.further_from(u32::try_from(start).unwrap_or(u32::MAX)) }
    }

    /// The first of the names that a file has at the end of a lens; none if it has no other name and never had, or if
    /// it holds no bytes.
    pub(super) fn first_name(&self, inode: InodeId, lens: Lens) -> Option<NodeId> {
        let from = self.names.partition_point(|name| name.inode < inode);
        let names = self.names.get(from..)?.iter().take_while(|name| name.inode == inode);
        names.into_iter().find(|name| name.is_there(lens)).map(|name| name.node)
    }

    /// The places where files with several names count under a lens: each at the first of its names.
    pub(super) fn first_names(&self, lens: Lens) -> impl Iterator<Item = usize> {
        self.names.chunk_by(|a, b| a.inode == b.inode).filter_map(move |names| {
            let shipped = names.first().and_then(|name| self.tree.inode(name.inode))?.layer;
            let name = names.iter().find(|name| name.is_there(lens)).filter(|_| shipped >= lens.first)?;
            Some(self.place(name.node))
        })
    }

    /// The directories in which an opaque marker of the lens hid something, and how many paths; a path that was hidden
    /// twice counts where it was hidden last.
    pub fn hidden(&self, lens: Lens) -> HashMap<NodeId, u32> {
        let mut out = HashMap::new();
        for hidden in self
            .hidden
            .iter()
            .filter(|hidden| hidden.layer >= lens.first && hidden.layer <= lens.last && hidden.until > lens.last)
        {
            *out.entry(hidden.directory).or_default() += hidden.paths;
        }
        out
    }
}

/// Sizes of files, one place after the other.
pub(super) struct Sizes<'a> {
    outline: &'a Outline,
    layer: LayerIndex,
    /// The steps from the last place on.
    further: &'a [(u32, Step)],
}

impl Sizes<'_> {
    /// The size of the file at a place in bytes, 0 for what is no file. No place may be lower than the one before.
    pub(super) fn at(&mut self, place: usize) -> u64 {
        let outline = self.outline;
        let mut size = outline.size.get(place).copied().unwrap_or(0);
        if outline.traits.get(place).is_some_and(|traits| traits.has(Traits::FURTHER)) {
            while let [(at, step), rest @ ..] = self.further
                && *at as usize <= place
            {
                if *at as usize == place && step.since <= self.layer {
                    size = step.size;
                }
                self.further = rest;
            }
        }
        if size < LARGE {
            return u64::from(size);
        }
        match outline.tree.state(outline.node_at(place), self.layer) {
            Some(Occupant::Inode(inode)) => outline.tree.file_size(inode).unwrap_or(0),
            Some(Occupant::Implied) | None => 0,
        }
    }
}

/// By node: its place, and how many nodes are at or below it. Parents come before their children.
fn places(tree: &Tree) -> (Vec<u32>, Vec<u32>) {
    let parents: Vec<u32> = tree.nodes().map(|node| tree.parent(node).map_or(u32::MAX, |parent| parent.0)).collect();
    let mut len = vec![1_u32; parents.len()];
    for (node, parent) in parents.iter().enumerate().rev() {
        let below = len.get(node).copied().unwrap_or(0);
        if let Some(len) = len.get_mut(*parent as usize) {
            *len += below;
        }
    }
    let mut place = Vec::with_capacity(parents.len());
    // By node: where its next child goes.
    let mut next = Vec::with_capacity(parents.len());
    for (parent, len) in parents.iter().zip(&len) {
        let at = next.get_mut(*parent as usize).map_or(0, |next| std::mem::replace(next, *next + len));
        place.push(at);
        next.push(at + 1);
    }
    (place, len)
}

/// A part of an outline.
#[derive(Debug, Default)]
struct Part {
    since: Vec<u32>,
    traits: Vec<Traits>,
    size: Vec<u32>,
    further: Vec<(u32, Step)>,
    names: Vec<Name>,
    /// Nodes that opaque markers hid, in which layer, and when once more.
    hidden: Vec<(NodeId, LayerIndex, LayerIndex)>,
}

impl Part {
    fn of(tree: &Tree, order: &[u32], places: Range<usize>) -> Self {
        let mut part = Self {
            since: Vec::with_capacity(places.len()),
            traits: Vec::with_capacity(places.len()),
            size: Vec::with_capacity(places.len()),
            ..Self::default()
        };
        let mut steps = Vec::new();
        for (place, node) in places.clone().zip(order.get(places).unwrap_or_default()) {
            part.push(tree, u32::try_from(place).unwrap_or(u32::MAX), NodeId(*node), &mut steps);
        }
        part
    }

    /// One more place. `steps` is room for the work.
    fn push(&mut self, tree: &Tree, place: u32, node: NodeId, steps: &mut Vec<(Step, Option<Occupant>)>) {
        steps.clear();
        let mut until = LayerIndex(u32::MAX);
        let mut hidden = LayerIndex(u32::MAX);
        let mut events = tree.events(node).peekable();
        while let Some(newest) = events.next() {
            let mut wastes = is_dead(tree, newest);
            hidden = self.hide(node, newest, hidden);
            // The last event of a layer is what the layer leaves.
            while let Some(older) = events.next_if(|older| older.layer == newest.layer) {
                wastes |= is_dead(tree, older);
                hidden = self.hide(node, older, hidden);
            }
            let occupant = newest.occupant();
            self.name(tree, node, newest.layer, until, occupant);
            until = newest.layer;
            steps.push((Step::of(tree, newest.layer, occupant, wastes), occupant));
        }
        steps.reverse();
        let mut before = None;
        for (step, occupant) in steps.iter_mut() {
            if let (Some(before), Some(occupant)) = (before, *occupant) {
                step.traits = step.traits.differing(tree.difference(before, occupant));
            }
            before = *occupant;
        }
        let mut steps = steps.iter().map(|(step, _)| *step);
        let first = steps.next().unwrap_or(Step::NEVER);
        let before = self.further.len();
        self.further.extend(steps.map(|step| (place, step)));
        let more = if self.further.len() > before { Traits::FURTHER } else { Traits::default() };
        self.since.push(first.since.0);
        self.traits.push(first.traits.and(more));
        self.size.push(first.size);
    }

    fn hide(&mut self, node: NodeId, event: Event, until: LayerIndex) -> LayerIndex {
        if event.kind != EventKind::Opaque || event.layer == until {
            return until;
        }
        self.hidden.push((node, event.layer, until));
        event.layer
    }

    fn name(&mut self, tree: &Tree, node: NodeId, since: LayerIndex, until: LayerIndex, occupant: Option<Occupant>) {
        if let Some(Occupant::Inode(inode)) = occupant
            && tree.inode(inode).is_some_and(|inode| inode.shared)
            && tree.file_size(inode).is_some_and(|size| size > 0)
        {
            self.names.push(Name { inode, node, since, until });
        }
    }
}

fn is_dead(tree: &Tree, event: Event) -> bool {
    match event.kind {
        EventKind::Written(inode) => tree.inode(inode).is_some_and(|inode| inode.death.is_some()),
        _ => false,
    }
}

/// Counts what opaque markers hid by the directory that has the marker: the nearest one above that the same layer does
/// not hide.
fn hidden(tree: &Tree, mut paths: Vec<(NodeId, LayerIndex, LayerIndex)>) -> Vec<Hidden> {
    paths.sort_unstable();
    let mut marked: HashMap<(NodeId, LayerIndex), NodeId> = HashMap::new();
    let mut counts: BTreeMap<(NodeId, LayerIndex, LayerIndex), u32> = BTreeMap::new();
    for (node, layer, until) in paths {
        let Some(parent) = tree.parent(node) else { continue };
        let directory = marked.get(&(parent, layer)).copied().unwrap_or(parent);
        marked.insert((node, layer), directory);
        *counts.entry((directory, layer, until)).or_default() += 1;
    }
    let hidden = counts.into_iter();
    hidden.map(|((directory, layer, until), paths)| Hidden { directory, layer, until, paths }).collect()
}
