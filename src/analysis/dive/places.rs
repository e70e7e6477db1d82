//! Every path that any layer names, as dive spells it, with a number for each: all layers share them.

use hashbrown::{DefaultHashBuilder, HashTable};
use std::hash::BuildHasher as _;

/// What the name of a whiteout begins with.
pub(super) const WHITEOUT: &[u8] = b".wh.";

/// The place of the root.
pub(super) const ROOT: u32 = 0;

/// No place, no node, no entry.
pub(super) const NONE: u32 = u32::MAX;

/// All places so far. A parent has a smaller number than its children.
#[derive(Debug)]
pub(super) struct Places<'a> {
    all: Vec<Place<'a>>,
    /// All places but the root, by parent and name.
    children: HashTable<u32>,
    /// Seeded anew for each run, so that nobody can prepare names that collide.
    hasher: DefaultHashBuilder,
}

#[derive(Debug, Clone, Copy)]
struct Place<'a> {
    name: &'a [u8],
    parent: u32,
    /// Its node in the layer that was read last, if that layer has it.
    node: u32,
}

impl Default for Places<'_> {
    fn default() -> Self {
        let root = Place { name: b"", parent: ROOT, node: NONE };
        Self { all: vec![root], children: HashTable::new(), hasher: DefaultHashBuilder::default() }
    }
}

impl<'a> Places<'a> {
    pub(super) fn len(&self) -> usize {
        self.all.len()
    }

    pub(super) fn name(&self, place: u32) -> &'a [u8] {
        self.all.get(place as usize).map_or(b"", |place| place.name)
    }

    pub(super) fn parent(&self, place: u32) -> u32 {
        self.all.get(place as usize).map_or(ROOT, |place| place.parent)
    }

    /// The node of a place, in whatever layer it was set for.
    pub(super) fn node(&self, place: u32) -> u32 {
        self.all.get(place as usize).map_or(NONE, |place| place.node)
    }

    pub(super) fn set_node(&mut self, place: u32, node: u32) {
        if let Some(place) = self.all.get_mut(place as usize) {
            place.node = node;
        }
    }

    /// The place of a name below another one; it is made if no layer named it yet.
    pub(super) fn child(&mut self, parent: u32, name: &'a [u8]) -> u32 {
        let Self { all, children, hasher } = self;
        let hash = hasher.hash_one((parent, name));
        let is_it = |id: &u32| all.get(*id as usize).is_some_and(|it| it.parent == parent && it.name == name);
        if let Some(id) = children.find(hash, is_it) {
            return *id;
        }
        let id = u32::try_from(all.len()).unwrap_or(NONE);
        all.push(Place { name, parent, node: NONE });
        children.insert_unique(hash, id, |id| {
            all.get(*id as usize).map_or(0, |place| hasher.hash_one((place.parent, place.name)))
        });
        id
    }

    /// What the last name of a whiteout hides; none for anything else. It may be empty.
    pub(super) fn hidden_name(&self, place: u32) -> Option<&'a [u8]> {
        self.name(place).strip_prefix(WHITEOUT)
    }

    /// What dive calls the path of a place: names with a slash before each.
    pub(super) fn path(&self, place: u32) -> Vec<u8> {
        let mut names = Vec::new();
        let mut at = place;
        while at != ROOT {
            names.push(self.name(at));
            at = self.parent(at);
        }
        let mut path = Vec::new();
        for name in names.iter().rev() {
            path.push(b'/');
            path.extend_from_slice(name);
        }
        path
    }
}
