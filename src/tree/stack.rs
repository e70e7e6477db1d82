//! Layers applied in order, each in two passes: its markers against what the layers below left, then its other
//! entries in the order of the tar, the last of a name wins.
//!
//! The rules are those of the OCI image spec (layer.md, "Applying Changesets"); where engines disagree, the design's
//! text decides. Nothing is ever restacked: a whiteout costs what it hides, once.

use super::cost::LinkEntry;
use super::inode::{Death, DeathCause, InodeId};
use super::nodes::Nodes;
use super::resolve::{Lookup as _, MAX_DEPTH, Step};
use super::{EventKind, EventRecord, NONE, NodeId, Occupant, Tree};
use crate::escape::{Target, escape};
use crate::image::LayerIndex;
use crate::listing::{Entry, EntryKind, Listing, Role, WHITEOUT_PREFIX, components};
use crate::notice::{self, Notice, Severity, counted};
use hashbrown::HashMap;
use std::collections::BTreeMap;
use std::sync::Arc;

/// The state in the midst of a layer: everything that was applied so far.
const NOW: LayerIndex = LayerIndex(u32::MAX);

/// Bytes of link targets that are followed for all paths of an image together. Five million paths through links of 25
/// bytes fit; a few thousand links that lead through each other would otherwise take hours.
pub(super) const MAX_FOLLOWED: usize = 128 << 20;

/// Bytes of a path that a finding shows; the beginning of a longer one tells it well enough.
const SHOWN: usize = 256;

/// How many paths of one layer a finding names before it only counts them.
const TOLD: u64 = notice::TOLD as u64;

/// Layers being applied.
#[derive(Debug)]
pub struct Stack {
    nodes: Nodes,
    layer: u32,
    /// The parent of the entry before, by its number in the listing: entries of one directory follow each other.
    last_parent: Option<(u32, NodeId)>,
    /// AUFS's private files of this layer, by path: only the targets of hard links.
    bookkeeping: HashMap<Vec<u8>, InodeId>,
    /// How often each finding was made in this layer: only the first few are told one by one.
    told: BTreeMap<&'static str, (Severity, u64)>,
}

impl Default for Stack {
    fn default() -> Self {
        Self::new()
    }
}

impl Stack {
    /// No layer yet: an empty root.
    pub fn new() -> Self {
        Self {
            nodes: Nodes::following(MAX_FOLLOWED),
            layer: 0,
            last_parent: None,
            bookkeeping: HashMap::new(),
            told: BTreeMap::new(),
        }
    }

    /// A stack that follows so many bytes of links.
    #[cfg(test)]
    pub(super) fn following(links: usize) -> Self {
        Self { nodes: Nodes::following(links), ..Self::new() }
    }

    /// Applies one more layer.
    pub fn push(&mut self, listing: Arc<Listing>) {
        let layer = Arc::clone(&listing);
        self.layer = self.nodes.tree.layers();
        self.nodes.tree.listings.push(listing);
        self.last_parent = None;
        self.bookkeeping.clear();
        if self.layer == 0 {
            // The root is there before anybody names it.
            self.event(NodeId::ROOT, EventKind::Implied);
        }
        self.apply_markers(&layer);
        for entry in layer.entries() {
            match entry.role {
                Role::Plain => self.apply(entry),
                Role::Bookkeeping => self.keep_books(entry),
                Role::Whiteout | Role::Opaque | Role::Nameless => {}
            }
        }
        self.tell_the_rest();
    }

    /// What the layers that were applied so far make together. Its nodes and inodes keep their numbers in all later
    /// ones.
    pub fn so_far(&self) -> Tree {
        finished(self.nodes.tree.clone(), self.nodes.may_still_follow())
    }

    /// All layers are applied.
    pub fn finish(self) -> Tree {
        let links = self.nodes.may_still_follow();
        finished(self.nodes.tree, links)
    }

    // Markers.

    /// Applies all markers against what the layers below left: first those that hide, then those that remove.
    fn apply_markers(&mut self, listing: &Listing) {
        let mut opaque = Vec::new();
        let mut removed = Vec::new();
        for entry in listing.entries().filter(|entry| entry.role.is_marker()) {
            let path = entry.components();
            let Some((name, parent)) = path.split_last() else { continue };
            let directory = self.nodes.resolve_directory(parent, NOW);
            match (entry.role, directory) {
                (Role::Opaque, directory) => opaque.extend(directory),
                (Role::Whiteout, directory) => {
                    let hidden = name.strip_prefix(WHITEOUT_PREFIX).unwrap_or(name);
                    let target = directory.and_then(|directory| self.nodes.child(directory, hidden));
                    match target.filter(|node| self.nodes.tree.final_state(*node).is_some()) {
                        Some(node) => removed.push(node),
                        None => self.info(entry, "this whiteout removes nothing: no lower layer has the path"),
                    }
                }
                _ => self.warn(entry, "this whiteout names nothing and is ignored"),
            }
        }
        for directory in opaque {
            self.nodes.tree.opaque.insert((directory, LayerIndex(self.layer)));
            self.kill_children(directory, EventKind::Opaque, DeathCause::Hidden);
        }
        for node in removed {
            if self.nodes.tree.final_state(node).is_some() {
                self.kill_children(node, EventKind::WhiteoutAbove, DeathCause::Removed);
                self.kill(node, EventKind::Whiteout, DeathCause::Removed);
            }
        }
    }

    /// Everything below `top` goes.
    fn kill_children(&mut self, top: NodeId, kind: EventKind, cause: DeathCause) {
        let mut pending: Vec<NodeId> = self.nodes.live_children(top).collect();
        while let Some(node) = pending.pop() {
            pending.extend(self.nodes.live_children(node));
            self.kill(node, kind, self.own_cause(node, cause));
        }
    }

    /// What is covered in the very layer that ships it was repeated, in a way.
    fn own_cause(&self, node: NodeId, cause: DeathCause) -> DeathCause {
        let owner = match self.nodes.tree.final_state(node) {
            Some(Occupant::Inode(inode)) => self.nodes.tree.inode(inode).map(|inode| inode.layer.0),
            _ => None,
        };
        if cause == DeathCause::Covered && owner == Some(self.layer) { DeathCause::Repeated } else { cause }
    }

    /// The path itself goes; what is below it must be gone already.
    fn kill(&mut self, node: NodeId, kind: EventKind, cause: DeathCause) {
        let old = self.nodes.tree.final_state(node);
        self.event(node, kind);
        self.nodes.unlink_live(node);
        self.last_parent = None;
        if let Some(Occupant::Inode(inode)) = old {
            self.drop_name(inode, node, cause);
        }
    }

    // Entries.

    fn apply(&mut self, entry: Entry<'_>) {
        let target = match entry.kind {
            EntryKind::HardLink => match self.link_target(entry) {
                Some(inode) => Some(inode),
                None => return self.warn(entry, "this hard link leads nowhere and makes no path"),
            },
            _ => None,
        };
        let Some(node) = self.place(entry) else {
            return self.lose(entry);
        };
        if target.is_some() {
            let layer = LayerIndex(self.layer);
            self.nodes.tree.links.push(LinkEntry { node, layer, entry: entry.index() });
        }
        let inode = target.unwrap_or_else(|| self.new_inode(entry.index(), node));
        self.write(node, inode);
    }

    /// The node that an entry is for; its parents exist afterwards.
    fn place(&mut self, entry: Entry<'_>) -> Option<NodeId> {
        let (directory, name) = (entry.directory_number(), entry.name());
        let name = name.strip_suffix(b"/").unwrap_or(name);
        let plain = !matches!(name, b"" | b"." | b"..");
        if let Some((known, parent)) = self.last_parent
            && known == directory
            && plain
        {
            return Some(self.nodes.child_or_new(parent, name));
        }
        let path = entry.components();
        if path.len() > MAX_DEPTH {
            return None;
        }
        let Some((name, parents)) = path.split_last() else {
            return (entry.kind == EntryKind::Directory).then_some(NodeId::ROOT);
        };
        let parent = self.make_directories(entry, parents)?;
        self.last_parent = plain.then_some((directory, parent));
        Some(self.nodes.child_or_new(parent, name))
    }

    /// Goes down to a directory, follows links, and makes what is not there; `None` if links lead too deep.
    fn make_directories(&mut self, entry: Entry<'_>, parents: &[&[u8]]) -> Option<NodeId> {
        let steps = self.nodes.resolve(parents, NOW);
        if steps.len() >= MAX_DEPTH {
            return None;
        }
        let mut at = NodeId::ROOT;
        for step in steps {
            at = match step {
                Step::Directory(node) => node,
                Step::Missing(name) => {
                    let node = self.nodes.child_or_new(at, &name);
                    if self.nodes.tree.final_state(node).is_some() {
                        self.warn(entry, "a parent of this path is no directory; it becomes one");
                    }
                    self.imply(node);
                    node
                }
            };
        }
        Some(at)
    }

    /// The node becomes a directory that no entry describes.
    fn imply(&mut self, node: NodeId) {
        let old = self.nodes.tree.final_state(node);
        self.event(node, EventKind::Implied);
        match old {
            Some(Occupant::Inode(inode)) => {
                self.last_parent = None;
                self.drop_name(inode, node, DeathCause::Covered);
            }
            Some(Occupant::Implied) => {}
            None => self.nodes.link_live(node),
        }
    }

    /// `inode` takes the name `node`.
    fn write(&mut self, node: NodeId, inode: InodeId) {
        let old = self.nodes.tree.final_state(node);
        let written_here = self.written_in(node, self.layer).is_some();
        let keeps_children = self.is_directory(inode);
        if !keeps_children && old.is_some_and(|old| self.is_directory_occupant(old)) {
            let cause = if written_here { DeathCause::Repeated } else { DeathCause::Covered };
            self.kill_children(node, EventKind::ReplacedAbove, cause);
            self.last_parent = None;
        }
        self.event(node, EventKind::Written(inode));
        self.add_name(inode);
        match old {
            None => self.nodes.link_live(node),
            Some(Occupant::Implied) => {}
            Some(Occupant::Inode(old)) => {
                if self.is_symlink(old) {
                    // It may have led to the cached parent. Nothing else that is replaced here can: a directory stays
                    // one, or has lost its children above, and no path leads through a file.
                    self.last_parent = None;
                }
                let cause = if written_here { DeathCause::Repeated } else { DeathCause::Replaced(inode) };
                self.drop_name(old, node, cause);
            }
        }
    }

    /// The inode that a hard link takes: of the nearest earlier entry of its layer, else of what lay below.
    fn link_target(&self, entry: Entry<'_>) -> Option<InodeId> {
        let target = components(entry.link());
        if Role::of(target.iter().copied()) == Role::Bookkeeping {
            return self.bookkeeping.get(&target.join(&b'/')).copied();
        }
        let (name, parents) = target.split_last()?;
        let here = |parent: NodeId| self.written_in(self.nodes.child(parent, name)?, self.layer);
        let inode = self
            .nodes
            .resolve_directory(parents, NOW)
            .and_then(here)
            .or_else(|| here(self.nodes.find(parents)?))
            .or_else(|| {
                let below = LayerIndex(self.layer.checked_sub(1)?);
                let node = self.nodes.child(self.nodes.resolve_directory(parents, below)?, name)?;
                match self.nodes.tree.state(node, below)? {
                    Occupant::Inode(inode) => Some(inode),
                    Occupant::Implied => None,
                }
            })?;
        (!self.is_directory(inode)).then_some(inode)
    }

    /// An entry of AUFS's own: bytes without a name, until a hard link gives them one.
    fn keep_books(&mut self, entry: Entry<'_>) {
        if matches!(entry.kind, EntryKind::Directory | EntryKind::HardLink) {
            return;
        }
        let path = entry.components();
        if path.len() > MAX_DEPTH {
            return self.lose(entry);
        }
        let node = path.iter().fold(NodeId::ROOT, |at, name| self.nodes.child_or_new(at, name));
        let inode = self.new_inode(entry.index(), node);
        self.bury(inode, node, DeathCause::Hidden);
        self.bookkeeping.insert(path.join(&b'/'), inode);
    }

    /// An entry that cannot have a path: its bytes are shipped for nothing.
    fn lose(&mut self, entry: Entry<'_>) {
        if entry.components().is_empty() {
            self.warn(entry, "this entry would take the place of the root, and is left out");
        } else {
            self.tell(Severity::Error, entry, "this path is more than 4096 directories deep, and is left out");
        }
        if entry.kind == EntryKind::File {
            let inode = self.new_inode(entry.index(), NodeId::ROOT);
            self.bury(inode, NodeId::ROOT, DeathCause::Covered);
        }
    }

    // Inodes and their names.

    fn new_inode(&mut self, entry: u32, node: NodeId) -> InodeId {
        self.nodes.tree.inodes.push(LayerIndex(self.layer), entry, node)
    }

    fn add_name(&mut self, inode: InodeId) {
        self.nodes.tree.inodes.add_name(inode);
    }

    fn drop_name(&mut self, inode: InodeId, node: NodeId, cause: DeathCause) {
        self.nodes.tree.inodes.drop_name(inode, Death { cause, by: LayerIndex(self.layer), node });
    }

    fn bury(&mut self, inode: InodeId, node: NodeId, cause: DeathCause) {
        self.nodes.tree.inodes.bury(inode, Death { cause, by: LayerIndex(self.layer), node });
    }

    // Nodes and their events.

    fn event(&mut self, node: NodeId, kind: EventKind) {
        let layer = LayerIndex(self.layer);
        let index = u32::try_from(self.nodes.tree.events.len()).unwrap_or(NONE);
        let Some(node) = self.nodes.tree.nodes.get_mut(node.index()) else { return };
        let mut below = NONE;
        if let Some(newest) = self.nodes.tree.events.get_mut(node.last_event as usize) {
            let is_passing = |kind| matches!(kind, EventKind::Implied | EventKind::ReplacedAbove);
            let is_here = newest.layer == layer;
            if is_here && is_passing(newest.kind.unpack()) && is_passing(kind) {
                // A directory that comes and goes within a layer leaves nothing: its last state is enough.
                newest.kind = kind.into();
                return;
            }
            below = if is_here { newest.below } else { node.last_event };
        }
        self.nodes.tree.events.push(EventRecord { layer, kind: kind.into(), before: node.last_event, below });
        node.last_event = index;
    }

    /// The inode that an entry of `layer` wrote at the node last, even if it is gone again.
    fn written_in(&self, node: NodeId, layer: u32) -> Option<InodeId> {
        self.nodes.tree.events(node).take_while(|event| event.layer.0 == layer).find_map(|event| match event.kind {
            EventKind::Written(inode) => Some(inode),
            _ => None,
        })
    }

    fn is_directory(&self, inode: InodeId) -> bool {
        self.nodes.tree.entry(inode).is_some_and(|entry| entry.kind == EntryKind::Directory)
    }

    fn is_symlink(&self, inode: InodeId) -> bool {
        self.nodes.tree.entry(inode).is_some_and(|entry| entry.kind == EntryKind::Symlink)
    }

    fn is_directory_occupant(&self, occupant: Occupant) -> bool {
        match occupant {
            Occupant::Implied => true,
            Occupant::Inode(inode) => self.is_directory(inode),
        }
    }

    // Notices.

    fn info(&mut self, entry: Entry<'_>, message: &'static str) {
        self.tell(Severity::Info, entry, message);
    }

    fn warn(&mut self, entry: Entry<'_>, message: &'static str) {
        self.tell(Severity::Warning, entry, message);
    }

    fn tell(&mut self, severity: Severity, entry: Entry<'_>, message: &'static str) {
        let (_, count) = self.told.entry(message).or_insert((severity, 0));
        *count += 1;
        if *count <= TOLD {
            let part = format!("layer {}: {}", self.layer, shown(&entry.path()));
            self.nodes.tree.notices.push(Notice { severity, part, message: message.to_owned() });
        }
    }

    fn tell_the_rest(&mut self) {
        for (message, (severity, count)) in std::mem::take(&mut self.told) {
            if count > TOLD {
                let part = format!("layer {}", self.layer);
                let message = format!("{}: {message}", counted(count - TOLD, "more path"));
                self.nodes.tree.notices.push(Notice { severity, part, message });
            }
        }
    }
}

/// A path in a finding.
fn shown(path: &[u8]) -> String {
    let whole = escape(path.get(..SHOWN).unwrap_or(path), Target::Terminal);
    if path.len() > SHOWN { format!("{whole}… ({} bytes)", path.len()) } else { whole.into_owned() }
}

/// A tree that does not grow any more. So many bytes of links might still have been followed.
fn finished(mut tree: Tree, links: usize) -> Tree {
    if links == 0 {
        let message = format!("more than {MAX_FOLLOWED} bytes of symbolic links to follow; the others count as files");
        tree.notices.push(Notice::error("image", message));
    }
    tree.nodes.shrink_to_fit();
    tree.events.shrink_to_fit();
    tree.inodes.shrink_to_fit();
    tree.links.sort_unstable();
    tree.links.shrink_to_fit();
    tree
}
