//! dive's tree of one layer.

use crate::listing::{Entry, Listing};
use hashbrown::HashMap;

const WHITEOUT: &[u8] = b".wh.";
/// Names that dive drops; `.wh..wh.plnk` is not among them.
const DROPPED: &[u8] = b".wh..wh..";

/// The root of a tree of dive's.
pub(super) const ROOT: u32 = 0;

/// One layer's entries as dive sees them: a later entry replaces an earlier one of its name and keeps the children.
#[derive(Debug)]
pub(super) struct LayerTree<'a> {
    listing: &'a Listing,
    nodes: Vec<Node<'a>>,
    /// Sum of the sizes in all headers, those of replaced entries too.
    pub(super) bytes: u64,
}

#[derive(Debug)]
struct Node<'a> {
    parent: u32,
    name: &'a [u8],
    /// The number of the entry that describes the node; none for a parent that no entry describes.
    entry: Option<u32>,
    children: Vec<u32>,
}

/// The entries of a layer in the order of dive's `fileList`: children before parents, by name. Entries that dive drops
/// are left out; parents that no entry describes are there, without an entry.
pub fn dive_files(listing: &Listing) -> Vec<Option<Entry<'_>>> {
    let tree = LayerTree::of(listing);
    let entries = tree.children_first().map(|node| tree.entry(node));
    entries.collect()
}

/// A name as dive writes it: cleaned lexically, without a trailing slash.
pub fn dive_path(name: &[u8]) -> Vec<u8> {
    let mut path = if name.starts_with(b"/") { vec![b'/'] } else { Vec::new() };
    path.extend(clean(name.split(|byte| *byte == b'/'), name.starts_with(b"/")).join(&b'/'));
    path
}

/// The components of a name as Go's `path.Clean` leaves them: `..` is kept at the front of a relative name.
fn clean<'a>(parts: impl Iterator<Item = &'a [u8]>, rooted: bool) -> Vec<&'a [u8]> {
    let mut out: Vec<&[u8]> = Vec::new();
    for part in parts {
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

impl<'a> LayerTree<'a> {
    pub(super) fn of(listing: &'a Listing) -> Self {
        let root = Node { parent: ROOT, name: b"", entry: None, children: Vec::new() };
        let mut tree = Self { listing, nodes: vec![root], bytes: 0 };
        let mut index = HashMap::new();
        for entry in listing.entries() {
            let (directory, name) = (entry.directory(), entry.name());
            let rooted = directory.starts_with(b"/") || (directory.is_empty() && name.starts_with(b"/"));
            let slash = |byte: &u8| *byte == b'/';
            let components = clean(directory.split(slash).chain(name.split(slash)), rooted);
            if !components.is_empty() {
                tree.bytes += entry.size;
                tree.add(&mut index, &components, entry.index());
            }
        }
        tree.sort();
        tree
    }

    fn add(&mut self, index: &mut HashMap<(u32, &'a [u8]), u32>, components: &[&'a [u8]], entry: u32) {
        let mut at = ROOT;
        for name in components {
            if name.starts_with(DROPPED) {
                return;
            }
            at = *index.entry((at, *name)).or_insert_with(|| self.push(at, name));
        }
        if let Some(node) = self.nodes.get_mut(at as usize) {
            node.entry = Some(entry);
        }
    }

    fn push(&mut self, parent: u32, name: &'a [u8]) -> u32 {
        let id = u32::try_from(self.nodes.len()).unwrap_or(u32::MAX);
        self.nodes.push(Node { parent, name, entry: None, children: Vec::new() });
        if let Some(parent) = self.nodes.get_mut(parent as usize) {
            parent.children.push(id);
        }
        id
    }

    fn sort(&mut self) {
        let mut nodes = std::mem::take(&mut self.nodes);
        let names: Vec<&[u8]> = nodes.iter().map(|node| node.name).collect();
        for node in &mut nodes {
            node.children.sort_unstable_by_key(|child| names.get(*child as usize).copied().unwrap_or_default());
        }
        self.nodes = nodes;
    }

    fn node(&self, id: u32) -> Option<&Node<'a>> {
        self.nodes.get(id as usize)
    }

    pub(super) fn children(&self, id: u32) -> &[u32] {
        self.node(id).map_or(&[], |node| &node.children)
    }

    pub(super) fn parent(&self, id: u32) -> u32 {
        self.node(id).map_or(ROOT, |node| node.parent)
    }

    pub(super) fn name(&self, id: u32) -> &'a [u8] {
        self.node(id).map_or(b"", |node| node.name)
    }

    pub(super) fn entry(&self, id: u32) -> Option<Entry<'a>> {
        self.listing.entry(self.node(id)?.entry?)
    }

    pub(super) fn size(&self, id: u32) -> u64 {
        self.entry(id).map_or(0, |entry| entry.size)
    }

    pub(super) fn is_leaf(&self, id: u32) -> bool {
        self.children(id).is_empty()
    }

    pub(super) fn is_whiteout(&self, id: u32) -> bool {
        self.name(id).starts_with(WHITEOUT)
    }

    pub(super) fn len(&self) -> usize {
        self.nodes.len()
    }

    /// The names from the root down to a node, `.wh.` stripped from the last one.
    pub(super) fn components(&self, id: u32) -> Vec<&'a [u8]> {
        let last = self.name(id);
        let mut out = vec![last.strip_prefix(WHITEOUT).unwrap_or(last)];
        let mut at = self.parent(id);
        while at != ROOT {
            out.push(self.name(at));
            at = self.parent(at);
        }
        out.reverse();
        out
    }

    /// What dive calls the path of a node: a leading slash, `.wh.` stripped.
    pub(super) fn path(&self, id: u32) -> Vec<u8> {
        let mut path = Vec::new();
        for name in self.components(id) {
            path.push(b'/');
            path.extend_from_slice(name);
        }
        path
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
