//! The entries of one layer alone, as its tar has them: ghosts and markers too.

use super::format::{LsSort, LsStyle, Row};
use super::{LsError, LsScope, Only, no_path};
use crate::image::LayerIndex;
use crate::listing::{Entry, EntryKind, Listing, Role, WHITEOUT_PREFIX, components};
use crate::tree::{Change, Lens, NodeId, Tree};
use hashbrown::HashMap;
use std::cmp::Reverse;
use std::io::Write;

/// An entry with its normalised path, and where in the tree it is.
struct Item<'a> {
    path: Vec<u8>,
    entry: Entry<'a>,
    node: Option<NodeId>,
    /// What it and all below it cost, if that is known.
    below: Option<u64>,
}

pub(super) fn write(
    tree: &Tree,
    layer: LayerIndex,
    path: Option<&[u8]>,
    only: Only<'_>,
    style: LsStyle,
    out: &mut dyn Write,
) -> Result<(), LsError> {
    let Some(listing) = tree.listing(layer) else {
        return Err(LsError::NoLayer { wanted: layer, layers: tree.layers() });
    };
    let mut items = items(listing);
    if let Some(path) = path {
        items = at_and_below(items, &normal(path)).map_err(|items| {
            let directory = normal(&[path, b"/.."].concat());
            no_path(LsScope::Layer(layer), path, items.iter().filter_map(|item| child_of(&directory, &item.path)))
        })?;
    }
    place(tree, layer, &mut items);
    if style.needs_costs() {
        add_up(&mut items);
    }
    if let Some(only) = only {
        let removed = removed(tree, layer);
        let about = |item: &Item<'_>| item.node.or_else(|| removed.get(&unmarked(item)?).copied());
        items.retain(|item| about(item).is_some_and(only));
    }
    match style.sort {
        LsSort::Path => {}
        LsSort::Size => items.sort_by_key(|item| Reverse(item.entry.size)),
        LsSort::Pull => items.sort_by_key(|item| Reverse(item.below)),
    }
    for item in &items {
        let change = item.node.and_then(|node| tree.change(node, Lens::layer(layer)));
        item.row(layer, change).write(style, out)?;
    }
    Ok(())
}

/// All entries but those of the root itself, in the byte order of their paths; of one name in the order of the tar.
fn items(listing: &Listing) -> Vec<Item<'_>> {
    let mut items: Vec<Item<'_>> = listing
        .entries()
        .map(|entry| Item { path: entry.components().join(&b'/'), entry, node: None, below: None })
        .filter(|item| !item.path.is_empty())
        .collect();
    items.sort_by(|a, b| a.path.cmp(&b.path));
    items
}

/// A name as a path of the tree: without `.`, `..`, `//` and slashes at its ends.
fn normal(name: &[u8]) -> Vec<u8> {
    components(name).join(&b'/')
}

/// Of a directory what is below it, of anything else the path itself; all items back if the path is not there.
fn at_and_below<'a>(items: Vec<Item<'a>>, path: &[u8]) -> Result<Vec<Item<'a>>, Vec<Item<'a>>> {
    if path.is_empty() {
        return Ok(items);
    }
    let at = |item: &Item<'_>| item.path.as_slice() == path;
    let below = |item: &Item<'_>| item.path.strip_prefix(path).is_some_and(|rest| rest.starts_with(b"/"));
    if !items.iter().any(|item| at(item) || below(item)) {
        return Err(items);
    }
    let keep = |item: &Item<'_>| below(item) || (at(item) && item.entry.kind != EntryKind::Directory);
    Ok(items.into_iter().filter(keep).collect())
}

/// The name directly below `directory` on the way to `path`.
fn child_of<'a>(directory: &[u8], path: &'a [u8]) -> Option<&'a [u8]> {
    let rest = path.strip_prefix(directory)?;
    let rest = if directory.is_empty() { rest } else { rest.strip_prefix(b"/")? };
    rest.split(|byte| *byte == b'/').next()
}

/// Finds the nodes of the entries: of what the layer wrote by its inodes (through symbolic links, too), of the rest by
/// path. Both the items and the nodes are in the order of their paths.
fn place(tree: &Tree, layer: LayerIndex, items: &mut [Item<'_>]) {
    let inodes = tree.inodes().filter(|inode| inode.layer == layer);
    let written: HashMap<u32, NodeId> = inodes.map(|inode| (inode.entry, inode.node)).collect();
    let mut order = tree.paths_below(NodeId::ROOT);
    let mut here = order.next();
    for item in items {
        while here.is_some() && order.path() < item.path.as_slice() {
            here = order.next();
        }
        let by_path = here.filter(|_| order.path() == item.path.as_slice() && !item.entry.role.is_marker());
        item.node = written.get(&item.entry.index()).copied().or(by_path);
    }
}

/// By path: what the layer removes.
fn removed(tree: &Tree, layer: LayerIndex) -> HashMap<Vec<u8>, NodeId> {
    let mut removed = HashMap::new();
    let mut all = tree.paths_below(NodeId::ROOT);
    while let Some(node) = all.next() {
        if tree.change(node, Lens::layer(layer)) == Some(Change::Removed) {
            removed.insert(all.path().to_vec(), node);
        }
    }
    removed
}

/// The path that a whiteout removes: a filter looks at that, not at the marker.
fn unmarked(item: &Item<'_>) -> Option<Vec<u8>> {
    let is_whiteout = item.entry.role == Role::Whiteout;
    let start = item.path.iter().rposition(|byte| *byte == b'/').map_or(0, |slash| slash + 1);
    let (above, name) = item.path.split_at_checked(start).filter(|_| is_whiteout)?;
    Some([above, name.strip_prefix(WHITEOUT_PREFIX)?].concat())
}

/// Says of every item what it costs, of directories with all that is below them.
fn add_up(items: &mut [Item<'_>]) {
    // A slash before everything else, so that what is below a directory follows it.
    let depth_first = |a: &[u8], b: &[u8]| {
        let key = |byte: &u8| if *byte == b'/' { 0 } else { u16::from(*byte) + 1 };
        a.iter().map(key).cmp(b.iter().map(key))
    };
    let mut order: Vec<usize> = (0..items.len()).collect();
    let path = |index: usize| items.get(index).map_or(&[][..], |item| item.path.as_slice());
    order.sort_by(|a, b| depth_first(path(*a), path(*b)));
    let costs = order.iter().map(|index| items.get(*index)?.entry.pull_cost());
    let sums: Option<Vec<u64>> = std::iter::once(Some(0))
        .chain(costs.scan(0, |sum, cost| {
            *sum += cost.unwrap_or(0);
            Some(cost.map(|_| *sum))
        }))
        .collect();
    let Some(sums) = sums else { return };
    let sum = |count: usize| sums.get(count).copied().unwrap_or(0);
    let of = |place: usize, index: usize| {
        let directory = path(index);
        if items.get(index).is_none_or(|item| item.entry.kind != EntryKind::Directory) {
            return sum(place + 1) - sum(place);
        }
        let is_in = |other: &usize| {
            let rest = path(*other).strip_prefix(directory);
            rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(b"/"))
        };
        let first = order.partition_point(|other| depth_first(path(*other), directory).is_lt());
        let len = order.get(first..).unwrap_or_default().partition_point(is_in);
        sum(first + len) - sum(first)
    };
    let found: Vec<(usize, u64)> = order.iter().enumerate().map(|(place, index)| (*index, of(place, *index))).collect();
    for (index, below) in found {
        if let Some(item) = items.get_mut(index) {
            item.below = Some(below);
        }
    }
}

impl Item<'_> {
    fn row(&self, layer: LayerIndex, change: Option<Change>) -> Row<'_> {
        let entry = self.entry;
        let is = |kind| entry.kind == kind;
        Row {
            path: &self.path,
            kind: entry.kind,
            mode: entry.mode,
            uid: entry.uid,
            gid: entry.gid,
            size: entry.size,
            device: entry.device,
            mtime: Some(entry.mtime),
            link: is(EntryKind::Symlink).then(|| entry.link()),
            hardlink: is(EntryKind::HardLink).then(|| entry.link()),
            links: 1,
            layer,
            change: change.map(Change::name),
            xattrs: entry.xattrs(),
            entry: Some(entry),
            below: self.below,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_become_paths() {
        let cases = [
            ("./etc/passwd", "etc/passwd"),
            ("usr/", "usr"),
            ("/abs", "abs"),
            ("a/../b", "b"),
            ("./", ""),
            ("a//b", "a/b"),
        ];
        for (name, path) in cases {
            assert_eq!(normal(name.as_bytes()), path.as_bytes(), "{name}");
        }
    }

    #[test]
    fn children_are_told_from_deeper_paths() {
        assert_eq!(child_of(b"etc", b"etc/a/b"), Some(b"a".as_slice()));
        assert_eq!(child_of(b"", b"etc/a"), Some(b"etc".as_slice()));
        assert_eq!(child_of(b"etc", b"etcetera/a"), None);
    }
}
