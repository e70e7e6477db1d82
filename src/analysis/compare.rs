//! Two file trees compared: path by path, and why each differs.

mod layers;

use crate::image::LayerIndex;
use crate::listing::{Entry, EntryKind};
use crate::tree::{Change, Counts, Filter, InodeId, NodeId, Shown, Tree, Version};
pub use layers::{LayerKey, LayerPair, align};
use schemars::JsonSchema;
use serde::Serialize;
use std::cmp::Ordering;
use std::collections::HashSet;

/// One of two things that are compared: an image as of a layer, or what one layer wrote.
#[derive(Debug, Clone, Copy)]
pub struct Side<'a> {
    /// The image.
    pub tree: &'a Tree,
    /// Which versions of its paths.
    pub version: Version,
}

/// In what two versions of a path differ.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Aspect {
    /// A file on one side, a directory or a link on the other.
    Type,
    /// The bytes of a file.
    Content,
    /// Where a symbolic link leads.
    Link,
    /// The numbers of a device.
    Device,
    /// The permission bits.
    Mode,
    /// User or group.
    Owner,
    /// Extended attributes.
    Xattrs,
    /// When a file was changed last. Times of directories and links do not count: they change with every build.
    Time,
}

impl Aspect {
    /// As it is written everywhere.
    pub fn name(self) -> &'static str {
        match self {
            Self::Type => "type",
            Self::Content => "content",
            Self::Link => "link",
            Self::Device => "device",
            Self::Mode => "mode",
            Self::Owner => "owner",
            Self::Xattrs => "xattrs",
            Self::Time => "time",
        }
    }
}

/// A path as one side has it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Present {
    /// The path in the tree of its side.
    pub node: NodeId,
    /// What an entry made of it; none for a directory that no entry describes.
    pub inode: Option<InodeId>,
    /// Bytes of a file, counted at the first of its names; 0 for everything else.
    pub bytes: u64,
}

/// A path that is not the same on both sides.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// The path without a leading slash.
    pub path: Vec<u8>,
    /// What the left side has.
    pub left: Option<Present>,
    /// What the right side has.
    pub right: Option<Present>,
    /// In what they differ; nothing if only one side has the path.
    pub aspects: Vec<Aspect>,
}

impl Difference {
    /// The kind of change from left to right.
    pub fn change(&self) -> Change {
        match (self.left, self.right) {
            (None, _) => Change::Added,
            (_, None) => Change::Removed,
            _ => match self.aspects.first() {
                Some(Aspect::Type | Aspect::Content | Aspect::Link | Aspect::Device) => Change::Content,
                _ => Change::Metadata,
            },
        }
    }

    /// The path in the tree of the right side, or of the left if only that has it.
    pub fn node(&self) -> Option<NodeId> {
        self.right.or(self.left).map(|present| present.node)
    }

    /// Whether it matches a filter as the right side has it, or the left one if only that has the path. Each side has a
    /// filter with what is known of the contents there.
    pub fn fits(&self, [left, right]: [(&Tree, &Filter); 2]) -> bool {
        let (present, (tree, filter)) = match (self.right, self.left) {
            (Some(present), _) => (present, right),
            (None, Some(present)) => (present, left),
            (None, None) => return false,
        };
        let entry = present.inode.and_then(|inode| Some((inode, tree.entry(inode)?)));
        let shown = entry.map_or(Shown::Implied, |(inode, entry)| Shown::Entry(inode, entry));
        filter.fits(tree, present.node, shown, self.change())
    }

    /// How many bytes more the right side has.
    pub fn delta(&self) -> i64 {
        let bytes = |side: Option<Present>| side.map_or(0, |present| i64::try_from(present.bytes).unwrap_or(i64::MAX));
        bytes(self.right).saturating_sub(bytes(self.left))
    }
}

/// Everything in which two sides differ.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Comparison {
    /// The paths, in their byte order.
    pub differences: Vec<Difference>,
    /// How many paths are the same on both sides.
    pub same: u64,
    /// Bytes of all files on the left.
    pub left_bytes: u64,
    /// Bytes of all files on the right.
    pub right_bytes: u64,
}

impl Comparison {
    /// Compares two sides. `same_content` is asked of files of the same size that are not the same file.
    pub fn of(left: Side<'_>, right: Side<'_>, same_content: &mut dyn FnMut(InodeId, InodeId) -> bool) -> Self {
        let (lefts, rights) = (Walk::of(left), Walk::of(right));
        let mut out = Self { left_bytes: lefts.bytes, right_bytes: rights.bytes, ..Self::default() };
        let (mut lefts, mut rights) = (lefts.paths.into_iter().peekable(), rights.paths.into_iter().peekable());
        loop {
            let order = match (lefts.peek(), rights.peek()) {
                (Some((a, _)), Some((b, _))) => a.cmp(b),
                (Some(_), None) => Ordering::Less,
                (None, Some(_)) => Ordering::Greater,
                (None, None) => break,
            };
            let a = if order == Ordering::Greater { None } else { lefts.next() };
            let b = if order == Ordering::Less { None } else { rights.next() };
            let (a_there, b_there) = (a.as_ref().map(|(_, there)| *there), b.as_ref().map(|(_, there)| *there));
            // A directory that only paths below it name is no path of its own.
            if [a_there, b_there].into_iter().flatten().all(|there| there.inode.is_none()) {
                continue;
            }
            let aspects = match (a_there, b_there) {
                (Some(a), Some(b)) => aspects(left.tree, a.inode, right.tree, b.inode, same_content),
                _ => Vec::new(),
            };
            if aspects.is_empty() && order == Ordering::Equal {
                out.same += 1;
                continue;
            }
            let path = a.or(b).map(|(path, _)| path).unwrap_or_default();
            out.differences.push(Difference { path, left: a_there, right: b_there, aspects });
        }
        out
    }

    /// The paths by how many bytes they make of a difference, most first.
    pub fn sort_by_delta(&mut self) {
        self.differences.sort_by(|a, b| {
            let weight = |difference: &Difference| difference.delta().unsigned_abs();
            weight(b).cmp(&weight(a)).then_with(|| a.path.cmp(&b.path))
        });
    }

    /// How many paths there are of each kind of change.
    pub fn counts(&self) -> Counts {
        let mut counts = Counts::default();
        for difference in &self.differences {
            counts.count(difference.change(), 1);
        }
        counts
    }
}

/// The paths of a side, in their byte order.
struct Walk {
    paths: Vec<(Vec<u8>, Present)>,
    bytes: u64,
}

impl Walk {
    fn of(side: Side<'_>) -> Self {
        let (tree, version) = (side.tree, side.version);
        // Most layers write a few paths of many: those are put in order, not all.
        let present = |node| {
            let inode = tree.item(node, version)?;
            Some((tree.path(node), Present { node, inode, bytes: 0 }))
        };
        let nodes = tree.nodes().filter(|node| *node != NodeId::ROOT);
        let mut paths: Vec<(Vec<u8>, Present)> = nodes.filter_map(present).collect();
        paths.sort_unstable_by(|(a, _), (b, _)| a.cmp(b));
        let (mut seen, mut bytes) = (HashSet::new(), 0);
        for (_, present) in &mut paths {
            let counted = present.inode.filter(|inode| seen.insert(*inode));
            present.bytes = counted.and_then(|inode| tree.file_size(inode)).unwrap_or(0);
            bytes += present.bytes;
        }
        Self { paths, bytes }
    }
}

/// In what two versions differ, what weighs most first.
fn aspects(
    left: &Tree,
    a: Option<InodeId>,
    right: &Tree,
    b: Option<InodeId>,
    same_content: &mut dyn FnMut(InodeId, InodeId) -> bool,
) -> Vec<Aspect> {
    if std::ptr::eq(left, right) && a == b {
        return Vec::new();
    }
    let entry = |tree, inode: Option<InodeId>| inode.and_then(|inode| Tree::entry(tree, inode));
    let (a_entry, b_entry) = (entry(left, a), entry(right, b));
    let kind = |entry: Option<Entry<'_>>| entry.map_or(EntryKind::Directory, |entry| entry.kind);
    if kind(a_entry) != kind(b_entry) {
        return vec![Aspect::Type];
    }
    let mut out = Vec::new();
    let (Some((a, a_entry)), Some((b, b_entry))) = (a.zip(a_entry), b.zip(b_entry)) else {
        // A directory that no entry describes is 0755 and 0:0.
        let plain = |entry: Option<Entry<'_>>| entry.map_or((0o755, 0, 0), |entry| (entry.mode, entry.uid, entry.gid));
        let (a, b) = (plain(a_entry), plain(b_entry));
        out.extend((a.0 != b.0).then_some(Aspect::Mode));
        out.extend(((a.1, a.2) != (b.1, b.2)).then_some(Aspect::Owner));
        return out;
    };
    let differs = match a_entry.kind {
        EntryKind::File => (a_entry.size != b_entry.size || !same_content(a, b)).then_some(Aspect::Content),
        EntryKind::Symlink => (left.link(a) != right.link(b)).then_some(Aspect::Link),
        EntryKind::CharDevice | EntryKind::BlockDevice => (a_entry.device != b_entry.device).then_some(Aspect::Device),
        EntryKind::Directory | EntryKind::HardLink | EntryKind::Fifo => None,
    };
    out.extend(differs);
    out.extend((a_entry.mode != b_entry.mode).then_some(Aspect::Mode));
    out.extend(((a_entry.uid, a_entry.gid) != (b_entry.uid, b_entry.gid)).then_some(Aspect::Owner));
    out.extend((a_entry.xattrs() != b_entry.xattrs()).then_some(Aspect::Xattrs));
    let is_file = a_entry.kind == EntryKind::File;
    out.extend((is_file && a_entry.mtime != b_entry.mtime).then_some(Aspect::Time));
    out
}

impl Side<'_> {
    /// An image as of a layer.
    pub fn as_of(tree: &Tree, layer: LayerIndex) -> Side<'_> {
        Side { tree, version: Version::AsOf(layer) }
    }

    /// What a layer wrote.
    pub fn of_layer(tree: &Tree, layer: LayerIndex) -> Side<'_> {
        Side { tree, version: Version::Of(layer) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::listing::testing::listing;
    use crate::tree::Stack;
    use crate::tree::testing::Fills;

    fn tree(layers: &[&[&str]]) -> Tree {
        let mut stack = Stack::new();
        for layer in layers {
            stack.push(listing(layer));
        }
        let mut tree = stack.finish();
        tree.identify(&Fills, 1);
        tree
    }

    fn shown(comparison: &Comparison) -> Vec<String> {
        let one = |difference: &Difference| {
            let aspects: Vec<&str> = difference.aspects.iter().map(|aspect| aspect.name()).collect();
            let path = String::from_utf8_lossy(&difference.path);
            format!("{} {path} {:+} {}", difference.change().marker(), difference.delta(), aspects.join(" "))
        };
        comparison.differences.iter().map(|difference| one(difference).trim_end().to_owned()).collect()
    }

    #[test]
    fn two_points_of_an_image_differ_in_what_was_done_between_them() {
        let tree = tree(&[
            &["f a 5 x", "f gone 7 x", "d dir", "l link a", "f same 3 x"],
            &["f a 6 y", "f b 9 z", "f same 3 x @600"],
            &["f .wh.gone 0", "l link b", "d dir %7", "f same 3 x", "h hard b"],
        ]);
        let mut same = |a, b| tree.same_content(a, b);
        let side = |layer| Side::as_of(&tree, LayerIndex(layer));
        let all = Comparison::of(side(0), side(2), &mut same);
        assert_eq!(
            shown(&all),
            ["~ a +1 content", "+ b +9", "% dir +0 owner", "- gone -7", "+ hard +0", "~ link +0 link"]
        );
        assert_eq!((all.same, all.left_bytes, all.right_bytes), (1, 15, 18));
        assert_eq!(all.differences.iter().map(Difference::delta).sum::<i64>(), 18 - 15);
        assert_eq!(shown(&Comparison::of(side(0), side(1), &mut same)), ["~ a +1 content", "+ b +9", "% same +0 mode"]);
        assert!(Comparison::of(side(1), side(1), &mut same).differences.is_empty());
    }

    #[test]
    fn two_images_are_compared_by_what_they_hold() {
        let left = tree(&[&["f a/x 5 x", "f t 5 x", "f u 5 x", "f only 5 x"]]);
        let right = tree(&[&["f t 5 x @600 %3"], &["f u 5 y", "f a/x 5 x", "d a"]]);
        let mut asked = 0;
        let mut same = |a: InodeId, b: InodeId| {
            asked += 1;
            let fill = |tree: &Tree, inode| tree.path(tree.inode(inode).unwrap().node);
            fill(&left, a) == fill(&right, b) && fill(&left, a) != b"u"
        };
        let (a, b) = (Side::as_of(&left, LayerIndex(0)), Side::as_of(&right, LayerIndex(1)));
        let mut comparison = Comparison::of(a, b, &mut same);
        assert_eq!(shown(&comparison), ["- only -5", "% t +0 mode owner", "~ u +0 content"]);
        comparison.sort_by_delta();
        assert_eq!(shown(&comparison)[0], "- only -5");
        assert_eq!((comparison.same, comparison.counts().metadata, asked), (2, 1, 3));
    }
}
