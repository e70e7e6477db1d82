//! The nodes of a tree that still grows: found and made by name, and which of them exist now. It knows no rule of
//! stacking; when a name comes or goes is for [`super::stack`] to say.

use super::inode::Inodes;
use super::names::Names;
use super::resolve::Lookup;
use super::{NONE, Node, NodeId, Tree};
use hashbrown::hash_table::Entry;
use hashbrown::{DefaultHashBuilder, HashTable};
use std::cell::Cell;
use std::collections::BTreeSet;
use std::hash::BuildHasher as _;

/// Children of a node that exist now, as a doubly linked list: a removal then never meets what is gone already.
#[derive(Debug, Clone, Copy)]
struct Live {
    first: u32,
    next: u32,
    before: u32,
}

/// A tree, and what is needed only while layers are applied to it.
#[derive(Debug)]
pub(super) struct Nodes {
    pub(super) tree: Tree,
    /// All nodes but the root, by parent and name.
    children: HashTable<u32>,
    /// Seeded anew for each run, as that of the names.
    hasher: DefaultHashBuilder,
    /// By node.
    live: Vec<Live>,
    /// Bytes of links that may still be followed.
    links: Cell<usize>,
}

impl Nodes {
    /// Nothing but the root. So many bytes of links will be followed.
    pub(super) fn following(links: usize) -> Self {
        let mut names = Names::default();
        let name = names.intern(b"");
        let root = Node { parent: NONE, name, first_child: NONE, next_sibling: NONE, last_event: NONE };
        Self {
            tree: Tree {
                names,
                nodes: vec![root],
                events: Vec::new(),
                inodes: Inodes::default(),
                links: Vec::new(),
                opaque: BTreeSet::new(),
                listings: Vec::new(),
                notices: Vec::new(),
            },
            children: HashTable::new(),
            hasher: DefaultHashBuilder::default(),
            live: vec![Live { first: NONE, next: NONE, before: NONE }],
            links: Cell::new(links),
        }
    }

    /// Bytes of links that may still be followed.
    pub(super) fn may_still_follow(&self) -> usize {
        self.links.get()
    }

    /// The node with exactly this path, whatever is or was there.
    pub(super) fn find(&self, path: &[&[u8]]) -> Option<NodeId> {
        path.iter().try_fold(NodeId::ROOT, |at, name| self.child(at, name))
    }

    /// The child of this name; it is made if no layer named it yet.
    pub(super) fn child_or_new(&mut self, parent: NodeId, name: &[u8]) -> NodeId {
        let Self { children, hasher, tree, .. } = self;
        let name = tree.names.intern(name);
        let nodes = &tree.nodes;
        let place = children.entry(
            hasher.hash_one((parent.0, name)),
            |id| nodes.get(*id as usize).is_some_and(|node| node.parent == parent.0 && node.name == name),
            |id| nodes.get(*id as usize).map_or(0, |node| hasher.hash_one((node.parent, node.name))),
        );
        let id = u32::try_from(nodes.len()).unwrap_or(NONE);
        match place {
            Entry::Occupied(known) => return NodeId(*known.get()),
            Entry::Vacant(new) => new.insert(id),
        };
        let next_sibling = match tree.nodes.get_mut(parent.index()) {
            Some(parent) => std::mem::replace(&mut parent.first_child, id),
            None => NONE,
        };
        tree.nodes.push(Node { parent: parent.0, name, first_child: NONE, next_sibling, last_event: NONE });
        self.live.push(Live { first: NONE, next: NONE, before: NONE });
        NodeId(id)
    }

    // Children that exist now.

    /// The children of a node that exist now.
    pub(super) fn live_children(&self, node: NodeId) -> impl Iterator<Item = NodeId> + '_ {
        let mut next = self.live.get(node.index()).map_or(NONE, |live| live.first);
        std::iter::from_fn(move || {
            let id = NodeId(next);
            next = self.live.get(id.index())?.next;
            Some(id)
        })
    }

    /// The node exists from now on.
    pub(super) fn link_live(&mut self, node: NodeId) {
        let Some(parent) = self.tree.parent(node) else { return };
        let Some(first) = self.live.get_mut(parent.index()).map(|live| std::mem::replace(&mut live.first, node.0))
        else {
            return;
        };
        if let Some(after) = self.live.get_mut(first as usize) {
            after.before = node.0;
        }
        if let Some(live) = self.live.get_mut(node.index()) {
            live.next = first;
            live.before = NONE;
        }
    }

    /// The node is gone.
    pub(super) fn unlink_live(&mut self, node: NodeId) {
        let Some(parent) = self.tree.parent(node) else { return };
        let Some(Live { next, before, .. }) = self.live.get(node.index()).copied() else { return };
        if let Some(after) = self.live.get_mut(next as usize) {
            after.before = before;
        }
        if let Some(ahead) = self.live.get_mut(before as usize) {
            ahead.next = next;
        } else if let Some(parent) = self.live.get_mut(parent.index()) {
            parent.first = next;
        }
    }
}

impl Lookup for Nodes {
    fn tree(&self) -> &Tree {
        &self.tree
    }

    fn may_follow(&self, target: &[u8]) -> bool {
        self.links.set(self.links.get().saturating_sub(target.len()));
        self.links.get() > 0
    }

    fn child(&self, parent: NodeId, name: &[u8]) -> Option<NodeId> {
        let name = self.tree.names.find(name)?;
        let hash = self.hasher.hash_one((parent.0, name));
        let found = self.children.find(hash, |id| {
            self.tree.nodes.get(*id as usize).is_some_and(|node| node.parent == parent.0 && node.name == name)
        });
        found.map(|id| NodeId(*id))
    }
}
