//! The merged tree.

use super::format::{LsSort, LsStyle, Row};
use super::{LsError, Only, missing};
use crate::image::LayerIndex;
use crate::listing::EntryKind;
use crate::tree::{Change, InodeId, Lens, NodeId, Occupant, Tree};
use hashbrown::HashMap;
use std::cmp::Reverse;
use std::io::Write;

/// What stays the same for all paths of one listing.
struct Merged<'a> {
    tree: &'a Tree,
    last: LayerIndex,
    /// Inodes with several names: how many, and the first one.
    shared: HashMap<InodeId, (u32, Vec<u8>)>,
    /// By node: what it and all below it cost, if anybody asks.
    costs: Vec<Option<u64>>,
    only: Only<'a>,
}

pub(super) fn write(
    tree: &Tree,
    upto: Option<LayerIndex>,
    path: Option<&[u8]>,
    only: Only<'_>,
    style: LsStyle,
    out: &mut dyn Write,
) -> Result<(), LsError> {
    let last = upto.unwrap_or(LayerIndex(tree.layers().saturating_sub(1)));
    let there = |node: &NodeId| *node == NodeId::ROOT || tree.state(*node, last).is_some();
    let start = match path {
        None => NodeId::ROOT,
        Some(path) => {
            let found = tree.find(path).filter(there).or_else(|| tree.follow(path, last));
            found.ok_or_else(|| missing(tree, path, upto))?
        }
    };
    let costs = if style.needs_costs() { tree.pull_costs(Lens::up_to(last)) } else { Vec::new() };
    let merged = Merged { tree, last, shared: shared(tree, last), costs, only };
    if start != NodeId::ROOT && !merged.is_directory(start) {
        merged.row(start, &tree.path(start), style, out)?;
    }
    match style.sort {
        LsSort::Path => {
            let mut order = tree.paths_below(start);
            while let Some(node) = order.next() {
                merged.row(node, order.path(), style, out)?;
            }
        }
        LsSort::Size => merged.sorted(start, |node| merged.size(node), style, out)?,
        LsSort::Pull => merged.sorted(start, |node| merged.cost(node), style, out)?,
    }
    Ok(())
}

/// Names of inodes that have more than one, once `last` is applied.
fn shared(tree: &Tree, last: LayerIndex) -> HashMap<InodeId, (u32, Vec<u8>)> {
    let inode = |node| match tree.state(node, last) {
        Some(Occupant::Inode(inode)) => Some(inode),
        Some(Occupant::Implied) | None => None,
    };
    let mut counts = vec![0_u32; tree.inode_ids().count()];
    for inode in tree.nodes().filter_map(inode) {
        if let Some(count) = counts.get_mut(inode.index()) {
            *count += 1;
        }
    }
    let mut shared = HashMap::new();
    if counts.iter().all(|count| *count < 2) {
        return shared;
    }
    let mut order = tree.paths_below(NodeId::ROOT);
    while let Some(node) = order.next() {
        let count = |inode: InodeId| counts.get(inode.index()).copied().unwrap_or(0);
        if let Some(inode) = inode(node).filter(|inode| count(*inode) > 1) {
            shared.entry(inode).or_insert_with(|| (count(inode), order.path().to_vec()));
        }
    }
    shared
}

impl Merged<'_> {
    /// Writes what is below a directory, that with the greatest key first; by path where keys are equal.
    fn sorted(
        &self,
        start: NodeId,
        key: impl Fn(NodeId) -> Option<u64>,
        style: LsStyle,
        out: &mut dyn Write,
    ) -> std::io::Result<()> {
        let there = |node: &NodeId| self.tree.state(*node, self.last).is_some();
        let mut nodes: Vec<NodeId> = self.tree.paths_below(start).filter(there).collect();
        nodes.sort_by_key(|node| Reverse(key(*node)));
        nodes.into_iter().try_for_each(|node| self.row(node, &self.tree.path(node), style, out))
    }

    fn size(&self, node: NodeId) -> Option<u64> {
        match self.tree.state(node, self.last)? {
            Occupant::Inode(inode) => self.tree.file_size(inode),
            Occupant::Implied => None,
        }
    }

    fn cost(&self, node: NodeId) -> Option<u64> {
        self.costs.get(node.index()).copied().flatten()
    }

    fn is_directory(&self, node: NodeId) -> bool {
        match self.tree.state(node, self.last) {
            Some(Occupant::Implied) => true,
            Some(Occupant::Inode(inode)) => {
                self.tree.entry(inode).is_some_and(|entry| entry.kind == EntryKind::Directory)
            }
            None => false,
        }
    }

    /// Writes a path, if it exists.
    fn row(&self, node: NodeId, path: &[u8], style: LsStyle, out: &mut dyn Write) -> std::io::Result<()> {
        let Some(state) = self.tree.state(node, self.last) else { return Ok(()) };
        if !self.only.is_none_or(|only| only(node)) {
            return Ok(());
        }
        let event = self.tree.events(node).find(|event| event.layer <= self.last);
        let implied = Row {
            path,
            kind: EntryKind::Directory,
            mode: 0o755,
            uid: 0,
            gid: 0,
            size: 0,
            device: (0, 0),
            mtime: None,
            link: None,
            hardlink: None,
            links: 1,
            layer: event.map_or(LayerIndex(0), |event| event.layer),
            change: self.tree.change(node, Lens::up_to(self.last)).map(Change::name),
            xattrs: &[],
            entry: None,
            below: self.cost(node),
        };
        match state {
            Occupant::Implied => implied,
            Occupant::Inode(inode) => self.described(implied, node, inode),
        }
        .write(style, out)
    }

    /// Fills in what the entry of an inode says.
    fn described<'a>(&'a self, row: Row<'a>, node: NodeId, id: InodeId) -> Row<'a> {
        let Some(entry) = self.tree.entry(id) else { return row };
        let shared = self.shared.get(&id);
        Row {
            entry: self.tree.written(node, self.last).map(|(_, entry)| entry),
            kind: entry.kind,
            // A link has no permissions of its own: file systems report all of them, whatever the header says.
            mode: if entry.kind == EntryKind::Symlink { 0o777 } else { entry.mode },
            uid: entry.uid,
            gid: entry.gid,
            size: entry.size,
            device: entry.device,
            mtime: Some(entry.mtime),
            link: (entry.kind == EntryKind::Symlink).then(|| entry.link()),
            hardlink: shared.map(|(_, first)| first.as_slice()),
            links: shared.map_or(1, |(count, _)| *count),
            xattrs: entry.xattrs(),
            ..row
        }
    }
}
