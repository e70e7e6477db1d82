//! Many paths looked up in the final tree: children are found in a table, not one by one.

use super::names::NameId;
use super::resolve::{Lookup, Step};
use super::stack::MAX_FOLLOWED;
use super::{NodeId, Occupant, Tree};
use crate::image::LayerIndex;
use crate::listing::{EntryKind, components};
use hashbrown::{HashMap, HashSet};
use std::cell::Cell;

/// Finds paths of the final tree as the programs that wrote them meant them: links are followed, inside the root.
#[derive(Debug)]
pub struct Finder<'a> {
    tree: &'a Tree,
    /// By parent and name.
    children: HashMap<(NodeId, NameId), NodeId>,
    /// Bytes of links that may still be followed.
    links: Cell<usize>,
}

impl Tree {
    /// Prepares the final tree for many look-ups.
    pub fn finder(&self) -> Finder<'_> {
        let there = self.nodes().filter(|node| self.final_state(*node).is_some());
        let child = |node| Some(((self.parent(node)?, self.name_id(node)?), node));
        Finder { tree: self, children: there.filter_map(child).collect(), links: Cell::new(MAX_FOLLOWED) }
    }

    /// The symbolic links of the final tree that lead nowhere: not to a path, and not into what is mounted when a
    /// container runs (`/proc`, `/sys`, `/dev`).
    pub fn dangling(&self) -> HashSet<NodeId> {
        let finder = self.finder();
        let is_link = |node: &NodeId| match self.final_state(*node) {
            Some(Occupant::Inode(inode)) => self.entry(inode).is_some_and(|entry| entry.kind == EntryKind::Symlink),
            Some(Occupant::Implied) | None => false,
        };
        let found: HashSet<NodeId> = self.nodes().filter(is_link).filter(|link| finder.dangles(*link)).collect();
        // Of links that were not followed nothing can be told.
        if finder.links.get() == 0 { HashSet::new() } else { found }
    }
}

/// What the runtime mounts in every container (OCI runtime spec, config-linux.md, "Default Filesystems").
const MOUNTED: [&[u8]; 3] = [b"proc", b"sys", b"dev"];

impl Finder<'_> {
    /// What is at a path in the end, where `bin/sh` may be below a link `bin`: the links on the way are followed, the
    /// last name is taken as it is. `None` if nothing is there.
    pub fn at(&self, path: &[u8]) -> Option<NodeId> {
        let parts = components(path);
        let Some((name, above)) = parts.split_last() else { return Some(NodeId::ROOT) };
        self.child(self.resolve_directory(above, LayerIndex(u32::MAX))?, name)
    }

    /// Where a path leads in the end, every link followed, the last one too. `None` if that is nothing.
    pub fn follow(&self, path: &[u8]) -> Option<NodeId> {
        let parts = components(path);
        match self.resolve(&parts, LayerIndex(u32::MAX)).as_slice() {
            [] => Some(NodeId::ROOT),
            [.., Step::Directory(node)] => Some(*node),
            [.., Step::Directory(parent), Step::Missing(name)] => self.child(*parent, name),
            [Step::Missing(name)] => self.child(NodeId::ROOT, name),
            [.., Step::Missing(_), Step::Missing(_)] => None,
        }
    }

    /// Whether a link leads nowhere.
    fn dangles(&self, link: NodeId) -> bool {
        let path = self.tree.path(link);
        // What goes in circles ends at itself.
        if self.follow(&path).is_some_and(|found| found != link) {
            return false;
        }
        let top = match self.resolve(&components(&path), LayerIndex(u32::MAX)).into_iter().next() {
            Some(Step::Directory(node)) => self.tree.name(node).to_vec(),
            Some(Step::Missing(name)) => name,
            None => return false,
        };
        !MOUNTED.contains(&top.as_slice())
    }

    /// What a directory of the final tree has by a name.
    pub fn child_of(&self, directory: NodeId, name: &[u8]) -> Option<NodeId> {
        self.child(directory, name)
    }

    /// What is directly in a directory, in the order of the names.
    pub fn names_in(&self, directory: NodeId) -> Vec<(Vec<u8>, NodeId)> {
        let there = self.tree.children(directory).filter(|node| self.tree.final_state(*node).is_some());
        let mut names: Vec<_> = there.map(|node| (self.tree.name(node).to_vec(), node)).collect();
        names.sort_unstable();
        names
    }
}

impl Lookup for Finder<'_> {
    fn tree(&self) -> &Tree {
        self.tree
    }

    fn child(&self, parent: NodeId, name: &[u8]) -> Option<NodeId> {
        self.children.get(&(parent, self.tree.names.find(name)?)).copied()
    }

    fn may_follow(&self, target: &[u8]) -> bool {
        self.links.set(self.links.get().saturating_sub(target.len()));
        self.links.get() > 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::listing::testing::listing;
    use crate::tree::Stack;

    #[test]
    fn links_on_the_way_are_followed_and_the_last_name_is_not() {
        let mut stack = Stack::new();
        stack.push(listing(&[
            "d usr/bin",
            "l bin usr/bin",
            "f usr/bin/x 1",
            "l usr/bin/y x",
            "l up ../..",
            "f gone 1",
        ]));
        stack.push(listing(&["f .wh.gone 0", "l a b", "l b a"]));
        let tree = stack.finish();
        let finder = tree.finder();
        let path = |node: Option<NodeId>| node.map(|node| String::from_utf8(tree.path(node)).unwrap());
        let cases = [
            ("/bin/x", Some("usr/bin/x"), Some("usr/bin/x")),
            ("bin/y", Some("usr/bin/y"), Some("usr/bin/x")),
            ("bin", Some("bin"), Some("usr/bin")),
            ("/.", Some(""), Some("")),
            ("../../up/../bin//./x", Some("usr/bin/x"), Some("usr/bin/x")),
            ("up/usr/bin/x", Some("usr/bin/x"), Some("usr/bin/x")),
            ("gone", None, None),
            ("bin/x/z", None, None),
            ("no/where", None, None),
            ("a", Some("a"), Some("a")),
            ("a/x", None, None),
        ];
        for (typed, at, led) in cases {
            assert_eq!(path(finder.at(typed.as_bytes())).as_deref(), at, "{typed}");
            assert_eq!(path(finder.follow(typed.as_bytes())).as_deref(), led, "{typed}");
        }
        let root: Vec<_> = finder.names_in(NodeId::ROOT).into_iter().map(|(name, _)| name).collect();
        assert_eq!(root, [&b"a"[..], b"b", b"bin", b"up", b"usr"]);
    }

    #[test]
    fn links_that_lead_nowhere_are_told_from_those_into_what_is_mounted() {
        let mut stack = Stack::new();
        stack.push(listing(&[
            "f etc/there 1",
            "f etc/gone 1",
            "l etc/good there",
            "l etc/bad gone",
            "l etc/chain bad",
            "l etc/never no/where",
            "l etc/mtab /proc/self/mounts",
            "l var/lock ../run/lock",
            "l dev/fd /proc/self/fd",
            "l out ../../..",
            "l etc/old no/where",
        ]));
        stack.push(listing(&[
            "f etc/.wh.gone 0",
            "l a b",
            "l b a",
            "f etc/.wh.old 0",
            "l etc/again there",
            "l self self",
        ]));
        let tree = stack.finish();
        let mut found: Vec<String> =
            tree.dangling().iter().map(|node| String::from_utf8(tree.path(*node)).unwrap()).collect();
        found.sort_unstable();
        assert_eq!(found, ["a", "b", "etc/bad", "etc/chain", "etc/never", "self", "var/lock"]);
    }
}
