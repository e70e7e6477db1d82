//! The life of one path: every layer that wrote, linked, implied, hid or removed it, and where its bytes still are.

use crate::image::LayerIndex;
use crate::listing::EntryKind;
use crate::tree::{Change, Event, EventKind, InodeId, NodeId, Occupant, Tree};

/// What a layer did to a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Deed {
    /// An entry of the layer describes it.
    Written,
    /// A hard link of the layer gives this name to a file that is there already.
    Linked,
    /// It became a directory because something below it was written.
    Implied,
    /// A whiteout names it.
    Removed,
    /// A whiteout names a directory above it.
    RemovedAbove,
    /// An opaque marker in a directory above hides it.
    Hidden,
    /// Something that is no directory took the place of a directory above it.
    ReplacedAbove,
    /// An opaque marker in it hides what lower layers have below it. The path itself stays.
    Opaque,
}

/// One thing that happened to a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Step {
    /// In which layer.
    pub layer: LayerIndex,
    /// What.
    pub deed: Deed,
    /// How the path differs from what was there just before.
    pub change: Change,
    /// What an entry made of it; none if it is gone then, or only implied.
    pub inode: Option<InodeId>,
}

impl Step {
    /// The sign of what happened: that of the change, or `o` for an opaque marker.
    pub fn marker(&self) -> char {
        if self.deed == Deed::Opaque { 'o' } else { self.change.marker() }
    }

    /// Whether nothing is at the path after it.
    pub fn takes_away(&self) -> bool {
        match self.deed {
            Deed::Removed | Deed::RemovedAbove | Deed::Hidden | Deed::ReplacedAbove => true,
            Deed::Written | Deed::Linked | Deed::Implied | Deed::Opaque => false,
        }
    }
}

/// Everything that happened to a path, oldest first. A layer may do several things to it: remove it, then write it
/// again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Timeline {
    /// The path.
    pub node: NodeId,
    /// What happened.
    pub steps: Vec<Step>,
    /// The layer that made the path what it is in the end; none if it is gone.
    pub owner: Option<LayerIndex>,
    /// The layers that still ship bytes of files which had this name and can no longer be reached, lowest first.
    pub dead_in: Vec<LayerIndex>,
    /// How many such bytes there are.
    pub dead_bytes: u64,
}

impl Timeline {
    /// The life of a path.
    pub fn of(tree: &Tree, node: NodeId) -> Self {
        let step = |(event, change): (Event, Change)| {
            let inode = if let EventKind::Written(inode) = event.kind { Some(inode) } else { None };
            Step { layer: event.layer, deed: deed(tree, node, event.layer, event.kind), change, inode }
        };
        let mut life = Self { node, steps: Vec::new(), owner: None, dead_in: Vec::new(), dead_bytes: 0 };
        life.steps = tree.history(node).into_iter().map(step).collect();
        let opaque = |layer| Step { layer, deed: Deed::Opaque, change: Change::Unchanged, inode: None };
        life.steps.extend(tree.made_opaque(node).map(opaque));
        // The markers of a layer count before its entries.
        life.steps.sort_by_key(|step| (step.layer, step.deed != Deed::Opaque));
        life.owner = life.ending().filter(|_| tree.final_state(node).is_some()).map(|step| step.layer);
        for id in life.files(tree) {
            let Some(inode) = tree.inode(id).filter(|inode| inode.death.is_some()) else { continue };
            let Some(bytes) = tree.file_size(id).filter(|bytes| *bytes > 0) else { continue };
            life.dead_in.push(inode.layer);
            life.dead_bytes += bytes;
        }
        // In the order in which they were written, so by layer.
        life.dead_in.dedup();
        life
    }

    /// The step that made the path what it is in the end, or took it away.
    pub fn ending(&self) -> Option<&Step> {
        self.steps.iter().rfind(|step| step.deed != Deed::Opaque)
    }

    /// Everything that ever had this name and that an entry describes, oldest first, each once.
    pub fn versions(&self) -> Vec<InodeId> {
        let mut versions: Vec<InodeId> = self.steps.iter().filter_map(|step| step.inode).collect();
        versions.sort_unstable();
        versions.dedup();
        versions
    }

    /// The regular files among those.
    pub fn files(&self, tree: &Tree) -> Vec<InodeId> {
        let is_file = |id: &InodeId| tree.entry(*id).is_some_and(|entry| entry.kind == EntryKind::File);
        self.versions().into_iter().filter(is_file).collect()
    }

    /// How many layers did something to it.
    pub fn layers(&self) -> usize {
        self.steps.chunk_by(|a, b| a.layer == b.layer).count()
    }

    /// Where the path leads if it is a symbolic link in the end: the path behind all links, if that is there.
    pub fn target(&self, tree: &Tree) -> Option<NodeId> {
        let Some(Occupant::Inode(id)) = tree.final_state(self.node) else { return None };
        tree.entry(id).filter(|entry| entry.kind == EntryKind::Symlink)?;
        tree.follow(&tree.path(self.node), LayerIndex(u32::MAX))
    }
}

fn deed(tree: &Tree, node: NodeId, layer: LayerIndex, kind: EventKind) -> Deed {
    match kind {
        EventKind::Written(id) => {
            let is_own = tree.inode(id).is_some_and(|inode| inode.node == node && inode.layer == layer);
            if is_own { Deed::Written } else { Deed::Linked }
        }
        EventKind::Implied => Deed::Implied,
        EventKind::Whiteout => Deed::Removed,
        EventKind::WhiteoutAbove => Deed::RemovedAbove,
        EventKind::Opaque => Deed::Hidden,
        EventKind::ReplacedAbove => Deed::ReplacedAbove,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::listing::testing::listing;
    use crate::listing::{Entry, Listing, Role};
    use crate::tree::Stack;
    use crate::tree::testing::{Fills, line};
    use proptest::prelude::*;

    fn tree<S: AsRef<str>>(layers: &[Vec<S>]) -> Tree {
        let mut stack = Stack::new();
        for layer in layers {
            stack.push(listing(&layer.iter().map(AsRef::as_ref).collect::<Vec<_>>()));
        }
        let mut tree = stack.finish();
        tree.identify(&Fills, 1);
        tree
    }

    fn life(tree: &Tree, path: &str) -> (Vec<(u32, Deed, char)>, Timeline) {
        let timeline = Timeline::of(tree, tree.find(path.as_bytes()).unwrap());
        let steps = timeline.steps.iter().map(|step| (step.layer.0, step.deed, step.marker())).collect();
        (steps, timeline)
    }

    #[test]
    fn a_file_that_was_changed_and_removed_is_still_shipped() {
        let tree = tree(&[
            vec!["f d/a 5 x", "f d/b 3 y"],
            vec!["f d/a 7 z", "h d/c d/b"],
            vec!["f d/a 7 z @600", "f .wh.d 0"],
            vec!["f .wh.d 0"],
        ]);
        let (steps, timeline) = life(&tree, "d/a");
        let expected = [
            (0, Deed::Written, '+'),
            (1, Deed::Written, '~'),
            (2, Deed::RemovedAbove, '-'),
            (2, Deed::Written, '+'),
            (3, Deed::RemovedAbove, '-'),
        ];
        assert_eq!(steps, expected);
        assert_eq!((timeline.owner, timeline.dead_bytes), (None, 19));
        assert_eq!(timeline.dead_in, [LayerIndex(0), LayerIndex(1), LayerIndex(2)]);
        assert_eq!(timeline.files(&tree).len(), 3);
        let (steps, timeline) = life(&tree, "d/c");
        assert_eq!(steps, [(1, Deed::Linked, '+'), (2, Deed::RemovedAbove, '-')]);
        assert_eq!(timeline.dead_in, [LayerIndex(0)], "the bytes are where the file was written");
    }

    #[test]
    fn a_directory_tells_who_made_it_opaque() {
        let tree = tree(&[
            vec!["f d/a 5 x"],
            vec!["f d/.wh..wh..opq 0", "d d", "f d/b 3 y"],
            vec!["f d/.wh..wh..opq 0", "f new/.wh..wh..opq 0", "d new"],
            vec!["f .wh.d 0"],
        ]);
        let (steps, timeline) = life(&tree, "d");
        let expected = [
            (0, Deed::Implied, '+'),
            (1, Deed::Opaque, 'o'),
            (1, Deed::Written, '='),
            (2, Deed::Opaque, 'o'),
            (3, Deed::Removed, '-'),
        ];
        assert_eq!(steps, expected);
        assert_eq!(timeline.owner, None);
        assert_eq!(life(&tree, "d/a").0, [(0, Deed::Written, '+'), (1, Deed::Hidden, '-')]);
        let (steps, timeline) = life(&tree, "new");
        assert_eq!(steps, [(2, Deed::Written, '+')], "nothing was below it that could be hidden");
        assert_eq!(timeline.owner, Some(LayerIndex(2)));
    }

    #[test]
    fn an_opaque_marker_makes_no_version_of_its_directory() {
        let (_, timeline) = life(&tree(&[vec!["d d", "f d/a 5 x"], vec!["f d/.wh..wh..opq 0"]]), "d");
        assert_eq!(timeline.owner, Some(LayerIndex(0)));
        assert_eq!(timeline.ending().map(|step| step.deed), Some(Deed::Written));
    }

    #[test]
    fn what_a_link_leads_to_is_found() {
        let tree = tree(&[vec!["f usr/lib/x 5 x", "l lib usr/lib", "l x lib/x", "l no where"]]);
        let target = |path: &str| life(&tree, path).1.target(&tree).map(|node| tree.path(node));
        assert_eq!(target("x"), Some(b"usr/lib/x".to_vec()));
        assert_eq!(target("no"), None);
        assert_eq!(target("usr/lib/x"), None);
    }

    /// What a layer did to a path, as far as a scan can tell.
    #[derive(Debug, Clone, Copy, PartialEq, Eq)]
    enum Found {
        Written,
        Marked,
        /// An opaque marker in it.
        Opaque,
        /// Something else than an entry or a marker of its own. What comes and goes within a layer leaves its last.
        Passing(Deed),
    }

    fn found(step: &Step) -> (u32, Found) {
        let found = match step.deed {
            Deed::Written | Deed::Linked => Found::Written,
            Deed::Removed | Deed::RemovedAbove | Deed::Hidden => Found::Marked,
            Deed::Opaque => Found::Opaque,
            Deed::Implied | Deed::ReplacedAbove => Found::Passing(step.deed),
        };
        (step.layer.0, found)
    }

    /// Whether a marker of a layer takes away a path.
    fn takes_away(name: &[&[u8]], role: Role, path: &[&[u8]]) -> bool {
        let Some((last, directory)) = name.split_last() else { return false };
        match (role, last.strip_prefix(b".wh.")) {
            (Role::Opaque, _) => path.len() > directory.len() && path.starts_with(directory),
            (Role::Whiteout, Some(victim)) => path.starts_with(&[directory, &[victim]].concat()),
            _ => false,
        }
    }

    /// Whether an entry is an opaque marker in a directory.
    fn is_opaque_in(entry: &Entry<'_>, directory: &[&[u8]]) -> bool {
        entry.role == Role::Opaque && entry.components().split_last().is_some_and(|(_, parent)| parent == directory)
    }

    /// What a scan over all entries of all layers says of a path, where there are no links. It knows nothing of nodes
    /// and events.
    fn scan(layers: &[std::sync::Arc<Listing>], path: &[&[u8]]) -> Vec<(u32, Found)> {
        let mut is_directory: Option<bool> = None;
        let mut steps: Vec<(u32, Found)> = Vec::new();
        for (index, layer) in (0..).zip(layers) {
            if is_directory == Some(true) && layer.entries().any(|entry| is_opaque_in(&entry, path)) {
                steps.push((index, Found::Opaque));
            }
            let is_hit = layer.entries().any(|entry| takes_away(&entry.components(), entry.role, path));
            if is_hit && is_directory.take().is_some() {
                steps.push((index, Found::Marked));
            }
            for entry in layer.entries().filter(|entry| entry.role == Role::Plain) {
                let name = entry.components();
                let step = if name == path {
                    is_directory = Some(entry.kind == EntryKind::Directory);
                    Found::Written
                } else if name.starts_with(path) && is_directory != Some(true) {
                    is_directory = Some(true);
                    Found::Passing(Deed::Implied)
                } else if path.starts_with(&name) && entry.kind != EntryKind::Directory && is_directory.is_some() {
                    is_directory = None;
                    Found::Passing(Deed::ReplacedAbove)
                } else {
                    continue;
                };
                let passes = |step| matches!(step, Found::Passing(_));
                match steps.last_mut() {
                    Some((layer, last)) if *layer == index && passes(*last) && passes(step) => *last = step,
                    _ => steps.push((index, step)),
                }
            }
        }
        steps
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn a_timeline_is_what_a_scan_over_all_layers_finds(
            layers in prop::collection::vec(prop::collection::vec(line(), 0..7), 1..6)
        ) {
            // Links have their own cases: what they lead to is not written in the entry.
            let plain: Vec<Vec<String>> = layers
                .into_iter()
                .map(|lines| lines.into_iter().filter(|line| !line.starts_with(['l', 'h'])).collect())
                .collect();
            let tree = tree(&plain);
            for node in tree.nodes().filter(|node| *node != NodeId::ROOT) {
                let path = tree.path(node);
                let parts: Vec<&[u8]> = path.split(|byte| *byte == b'/').collect();
                let steps: Vec<_> = Timeline::of(&tree, node).steps.iter().map(found).collect();
                prop_assert_eq!(steps, scan(tree.listings(), &parts), "{}", String::from_utf8_lossy(&path));
            }
        }
    }
}
