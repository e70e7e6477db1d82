//! dive's tree of one layer.

use super::places::{NONE, Places, ROOT};
use crate::listing::{Entry, Listing};

/// Names that dive drops; `.wh..wh.plnk` is not among them.
const DROPPED: &[u8] = b".wh..wh..";

/// One layer's entries as dive sees them: a later entry replaces an earlier one of its name and keeps the children.
#[derive(Debug)]
pub(super) struct Layer<'a> {
    listing: &'a Listing,
    nodes: Vec<Node>,
    /// The children of all nodes, node after node, those of each by name.
    children: Vec<u32>,
    /// Sum of the sizes in all headers, those of replaced entries too.
    pub(super) bytes: u64,
}

#[derive(Debug, Clone, Copy)]
struct Node {
    place: u32,
    /// The entry that describes the node; none for a parent that no entry describes.
    entry: u32,
    /// Where its children end among all children; they begin where those of the node before end.
    end: u32,
}

/// The numbers of a layer's entries in the order of dive's `fileList`: children before parents, by name. Entries that
/// dive drops are left out; parents that no entry describes are there, without a number.
pub fn dive_files(listing: &Listing) -> Vec<Option<u32>> {
    let layer = Layer::of(listing, &mut Places::default());
    let entry = |node: u32| layer.nodes.get(node as usize).map(|node| node.entry).filter(|entry| *entry != NONE);
    let entries = layer.children_first().map(entry);
    entries.collect()
}

/// A name as dive writes it: cleaned lexically, without a trailing slash.
pub fn dive_path(name: &[u8]) -> Vec<u8> {
    let mut path = if name.starts_with(b"/") { vec![b'/'] } else { Vec::new() };
    path.extend(clean(b"", name).join(&b'/'));
    path
}

/// The components of a name as Go's `path.Clean` leaves them: `..` is kept at the front of a relative name. The name
/// comes in two parts.
fn clean<'a>(directory: &'a [u8], name: &'a [u8]) -> Vec<&'a [u8]> {
    let rooted = directory.first().or(name.first()) == Some(&b'/');
    let slash = |byte: &u8| *byte == b'/';
    let mut out: Vec<&[u8]> = Vec::new();
    for part in directory.split(slash).chain(name.split(slash)) {
        match part {
            b"" | b"." => {}
            b".." if out.last().is_some_and(|last| *last != b"..") => {
                out.pop();
            }
            b".." if rooted => {}
            part => out.push(part),
        }
    }
    out
}

impl<'a> Layer<'a> {
    /// The tree of a layer. The nodes of all `places` are those of this layer from then on.
    pub(super) fn of(listing: &'a Listing, places: &mut Places<'a>) -> Self {
        let root = Node { place: ROOT, entry: NONE, end: 0 };
        places.set_node(ROOT, ROOT);
        let mut layer = Self { listing, nodes: vec![root], children: Vec::new(), bytes: 0 };
        // The directory of the entry before: entries of one directory follow each other.
        let mut last: (&[u8], Option<u32>) = (b"", Some(ROOT));
        for entry in listing.entries() {
            let (directory, name) = (entry.directory(), entry.name());
            let name = name.strip_suffix(b"/").unwrap_or(name);
            let node = if matches!(name, b"" | b"." | b"..") {
                let components = clean(directory, name);
                if components.is_empty() {
                    continue;
                }
                layer.walk(places, &components)
            } else {
                if last.0 != directory {
                    last = (directory, layer.walk(places, &clean(directory, b"")));
                }
                last.1.and_then(|parent| layer.step(places, parent, name))
            };
            layer.bytes += entry.size;
            if let Some(node) = node.and_then(|node| layer.nodes.get_mut(node as usize)) {
                node.entry = entry.index();
            }
        }
        layer.sort(places);
        layer
    }

    /// The node of a path, made with all its parents; none if dive drops it.
    fn walk(&mut self, places: &mut Places<'a>, components: &[&'a [u8]]) -> Option<u32> {
        components.iter().try_fold(ROOT, |at, name| self.step(places, at, name))
    }

    /// The child of this name, made if need be; none if dive drops it.
    fn step(&mut self, places: &mut Places<'a>, parent: u32, name: &'a [u8]) -> Option<u32> {
        if name.starts_with(DROPPED) {
            return None;
        }
        let place = places.child(self.place(parent), name);
        let known = places.node(place);
        // The number may be one of another layer.
        if self.nodes.get(known as usize).is_some_and(|node| node.place == place) {
            return Some(known);
        }
        let id = u32::try_from(self.nodes.len()).unwrap_or(NONE);
        self.nodes.push(Node { place, entry: NONE, end: 0 });
        places.set_node(place, id);
        Some(id)
    }

    /// Puts the children of each node beside each other, by name.
    fn sort(&mut self, places: &Places<'a>) {
        let parents: Vec<u32> = self.nodes.iter().skip(1).map(|node| places.node(places.parent(node.place))).collect();
        for parent in &parents {
            if let Some(node) = self.nodes.get_mut(*parent as usize) {
                node.end += 1;
            }
        }
        let mut start = 0;
        for node in &mut self.nodes {
            start += std::mem::replace(&mut node.end, start);
        }
        self.children = vec![NONE; parents.len()];
        for (parent, child) in parents.iter().zip(1..) {
            let Some(node) = self.nodes.get_mut(*parent as usize) else { continue };
            if let Some(slot) = self.children.get_mut(node.end as usize) {
                *slot = child;
            }
            node.end += 1;
        }
        let mut start = 0;
        for node in &self.nodes {
            let name = |child: &u32| self.nodes.get(*child as usize).map_or(b"".as_slice(), |it| places.name(it.place));
            if let Some(children) = self.children.get_mut(start..node.end as usize) {
                children.sort_unstable_by(|a, b| name(a).cmp(name(b)));
            }
            start = node.end as usize;
        }
    }

    pub(super) fn len(&self) -> usize {
        self.nodes.len()
    }

    pub(super) fn place(&self, node: u32) -> u32 {
        self.nodes.get(node as usize).map_or(ROOT, |node| node.place)
    }

    pub(super) fn entry(&self, node: u32) -> Option<Entry<'a>> {
        self.listing.entry(self.nodes.get(node as usize)?.entry)
    }

    pub(super) fn size(&self, node: u32) -> u64 {
        self.entry(node).map_or(0, |entry| entry.size)
    }

    fn children(&self, node: u32) -> &[u32] {
        let end = |node: u32| self.nodes.get(node as usize).map_or(0, |node| node.end as usize);
        let start = node.checked_sub(1).map_or(0, end);
        self.children.get(start..end(node)).unwrap_or_default()
    }

    pub(super) fn is_leaf(&self, node: u32) -> bool {
        self.children(node).is_empty()
    }

    /// All nodes but the root, children before parents, by name.
    pub(super) fn children_first(&self) -> impl Iterator<Item = u32> + '_ {
        let mut open = vec![(ROOT, self.children(ROOT).iter())];
        std::iter::from_fn(move || {
            loop {
                let (node, children) = open.last_mut()?;
                if let Some(child) = children.next() {
                    open.push((*child, self.children(*child).iter()));
                } else {
                    let done = *node;
                    open.pop();
                    return (done != ROOT).then_some(done);
                }
            }
        })
    }
}
