//! Paths through symbolic links: where a name of a layer really leads, inside the root.
//!
//! Names were resolved lexically before; the targets of links are not: their `..` goes up from where the link has
//! led. Nothing leads out of the root.

use super::{InodeId, NodeId, Occupant, Tree};
use crate::image::LayerIndex;
use crate::listing::{EntryKind, components};

/// The deepest path that we make nodes for. Deeper entries are counted but not shown.
pub(super) const MAX_DEPTH: usize = 4096;

/// How many links one path may follow, as Linux has it (`MAXSYMLINKS`).
const MAX_LINKS: usize = 40;

/// Bytes that the target of a link may have to be followed, as Linux has it (`PATH_MAX`): a longer link cannot be made.
const MAX_TARGET: usize = 4096;

/// One directory on the way down.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Step {
    /// A directory that is there.
    Directory(NodeId),
    /// A name that is not there, or that is something else than a directory.
    Missing(Vec<u8>),
}

/// How to find a child by name: the stack has a table for it, a finished tree looks at the children one by one.
pub(super) trait Lookup {
    fn tree(&self) -> &Tree;
    fn child(&self, parent: NodeId, name: &[u8]) -> Option<NodeId>;

    /// Whether a link is followed: whoever resolves many paths bounds the work.
    fn may_follow(&self, _target: &[u8]) -> bool {
        true
    }

    /// The directories from the root down to where `components` lead once `layer` is applied, every link followed,
    /// the last one too. Where links go in circles or too far, none of them is followed: they count as files then.
    fn resolve(&self, components: &[&[u8]], layer: LayerIndex) -> Vec<Step> {
        self.walk(components, layer, MAX_LINKS).or_else(|| self.walk(components, layer, 0)).unwrap_or_default()
    }

    /// The directory that `components` lead to, if they lead to one.
    fn resolve_directory(&self, components: &[&[u8]], layer: LayerIndex) -> Option<NodeId> {
        match self.resolve(components, layer).last() {
            None => Some(NodeId::ROOT),
            Some(Step::Directory(node)) => Some(*node),
            Some(Step::Missing(_)) => None,
        }
    }

    #[doc(hidden)]
    fn walk(&self, components: &[&[u8]], layer: LayerIndex, max_links: usize) -> Option<Vec<Step>> {
        let mut steps: Vec<Step> = Vec::with_capacity(components.len());
        // What is still to go, nearest last.
        let mut pending: Vec<&[u8]> = components.iter().rev().copied().collect();
        let mut links = 0;
        while let Some(name) = pending.pop() {
            if name == b".." {
                steps.pop();
                continue;
            }
            match self.step(&steps, name, layer) {
                Next::Link(inode) if max_links > 0 => {
                    links += 1;
                    let target = self.tree().link(inode);
                    if links > max_links || target.len() > MAX_TARGET || !self.may_follow(target) {
                        return None;
                    }
                    if target.starts_with(b"/") {
                        steps.clear();
                    }
                    let parts = target.split(|byte| *byte == b'/');
                    pending.extend(parts.rev().filter(|part| !part.is_empty() && *part != b"."));
                    if pending.len() > MAX_DEPTH {
                        return None;
                    }
                }
                Next::Directory(node) => steps.push(Step::Directory(node)),
                Next::Link(_) | Next::Other => steps.push(Step::Missing(name.to_vec())),
            }
        }
        Some(steps)
    }

    #[doc(hidden)]
    fn step(&self, steps: &[Step], name: &[u8], layer: LayerIndex) -> Next {
        let parent = match steps.last() {
            None => NodeId::ROOT,
            Some(Step::Directory(node)) => *node,
            Some(Step::Missing(_)) => return Next::Other,
        };
        let Some(node) = self.child(parent, name) else { return Next::Other };
        match self.tree().state(node, layer) {
            Some(Occupant::Implied) => Next::Directory(node),
            Some(Occupant::Inode(inode)) => match self.tree().entry(inode).map(|entry| entry.kind) {
                Some(EntryKind::Directory) => Next::Directory(node),
                Some(EntryKind::Symlink) => Next::Link(inode),
                _ => Next::Other,
            },
            None => Next::Other,
        }
    }
}

/// What a name leads to.
pub(super) enum Next {
    Directory(NodeId),
    Link(InodeId),
    Other,
}

impl Lookup for Tree {
    fn tree(&self) -> &Tree {
        self
    }

    fn child(&self, parent: NodeId, name: &[u8]) -> Option<NodeId> {
        let name = self.names.find(name)?;
        self.children(parent).find(|child| self.node(*child).is_some_and(|node| node.name == name))
    }
}

impl Tree {
    /// The node with exactly this path, if any layer names it; links are not followed.
    pub fn find(&self, path: &[u8]) -> Option<NodeId> {
        components(path).iter().try_fold(NodeId::ROOT, |at, name| self.child(at, name))
    }

    /// Where a path leads once `layer` is applied, as a program in the container would find it: every link followed,
    /// the last one too. `None` if that is nothing.
    pub fn follow(&self, path: &[u8], layer: LayerIndex) -> Option<NodeId> {
        let path = components(path);
        match self.resolve(&path, layer).split_last() {
            None => Some(NodeId::ROOT),
            Some((Step::Directory(node), _)) => Some(*node),
            Some((Step::Missing(name), above)) => {
                let parent = match above.last() {
                    None => NodeId::ROOT,
                    Some(Step::Directory(node)) => *node,
                    Some(Step::Missing(_)) => return None,
                };
                self.child(parent, name).filter(|node| self.state(*node, layer).is_some())
            }
        }
    }
}
