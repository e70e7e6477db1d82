//! The stack against a naive model of it: a map from paths to files, copied for every layer.

use super::{Analysis, Cause};
use crate::image::LayerIndex;
use crate::listing::testing::listing;
use crate::listing::{EntryKind, Role, components};
use crate::tree::testing::{Fills, line};
use crate::tree::{Change, Lens, NodeId, Occupant, Outline, Stack, Tree};
use proptest::prelude::*;
use std::collections::BTreeMap;
use std::sync::Arc;

fn stack(layers: &[Vec<&str>]) -> Tree {
    let mut stack = Stack::new();
    for layer in layers {
        stack.push(listing(layer));
    }
    let mut tree = stack.finish();
    tree.identify(&Fills, 2);
    tree
}

/// What a path is in the model: which entry of which layer wrote it, or an implied directory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Thing {
    Implied,
    Written { layer: usize, entry: usize },
}

type Files = BTreeMap<Vec<String>, Thing>;

/// The naive stack.
#[derive(Default)]
struct Model {
    layers: Vec<Vec<Vec<String>>>,
    files: Files,
    /// Wasted bytes by cause, taken when an entry's last name goes.
    causes: BTreeMap<Cause, u64>,
    dead: BTreeMap<(usize, usize), Cause>,
}

impl Model {
    fn of(layers: &[Vec<&str>]) -> Self {
        let mut model = Self::default();
        for layer in layers {
            let words: Vec<Vec<String>> =
                layer.iter().map(|line| line.split_whitespace().map(str::to_owned).collect()).collect();
            model.push(&words);
        }
        for ((layer, entry), cause) in &model.dead {
            *model.causes.entry(*cause).or_default() += model.size(*layer, *entry);
        }
        model
    }

    fn line(&self, layer: usize, entry: usize) -> &[String] {
        &self.layers[layer][entry]
    }

    fn kind(&self, thing: Thing) -> &str {
        match thing {
            Thing::Implied => "d",
            Thing::Written { layer, entry } => &self.line(layer, entry)[0],
        }
    }

    fn size(&self, layer: usize, entry: usize) -> u64 {
        let line = self.line(layer, entry);
        if line[0] == "f" { line[2].parse().unwrap() } else { 0 }
    }

    fn push(&mut self, lines: &[Vec<String>]) {
        let layer = self.layers.len();
        self.layers.push(lines.to_vec());
        let below = self.files.clone();
        let lexical = |path: &str| -> Vec<String> {
            components(path.as_bytes()).iter().map(|part| String::from_utf8(part.to_vec()).unwrap()).collect()
        };
        for pass in [Role::Opaque, Role::Whiteout] {
            for line in lines {
                let mut path = lexical(&line[1]);
                if Role::of(path.iter().map(String::as_bytes)) != pass {
                    continue;
                }
                let name = path.pop().unwrap();
                let Some(parent) = self.follow(&below, &path) else { continue };
                let mut target = parent.clone();
                if pass == Role::Whiteout {
                    target.push(name.strip_prefix(".wh.").unwrap().to_owned());
                }
                let cause = if pass == Role::Opaque { Cause::Hidden } else { Cause::Removed };
                let gone: Vec<_> = self.files.keys().filter(|path| path.starts_with(&target)).cloned().collect();
                for path in gone.into_iter().filter(|path| pass == Role::Whiteout || *path != target) {
                    if below.contains_key(&path) {
                        self.remove(&path, cause);
                    }
                }
            }
        }
        let mut written: BTreeMap<Vec<String>, Thing> = BTreeMap::new();
        for (entry, line) in lines.iter().enumerate() {
            let path = lexical(&line[1]);
            if Role::of(path.iter().map(String::as_bytes)) != Role::Plain || path.is_empty() {
                continue;
            }
            let mut thing = Thing::Written { layer, entry };
            if line[0] == "h" {
                let target = lexical(&line[2]);
                let Some(found) = self.link(&below, &written, &target) else { continue };
                thing = found;
            }
            let (name, parents) = path.split_last().unwrap();
            let mut place = self.make_parents(parents);
            place.push(name.clone());
            self.write(&place, thing, layer, written.contains_key(&place));
            written.insert(place, thing);
        }
    }

    fn link(&self, below: &Files, written: &Files, target: &[String]) -> Option<Thing> {
        let (name, parents) = target.split_last()?;
        let at = |files: &Files| {
            let mut path = self.follow(files, parents)?;
            path.push(name.clone());
            Some(path)
        };
        let thing = at(&self.files)
            .and_then(|path| written.get(&path))
            .or_else(|| written.get(target))
            .or_else(|| below.get(&at(below)?))
            .copied()?;
        (self.kind(thing) != "d").then_some(thing)
    }

    /// Where a directory path leads, if it leads to a directory.
    fn follow(&self, files: &Files, path: &[String]) -> Option<Vec<String>> {
        let at = self.walk(files, path);
        (at.is_empty() || files.get(&at).is_some_and(|thing| self.kind(*thing) == "d")).then_some(at)
    }

    /// Where a directory path leads, whether it is there or not. Links that go in circles are not followed.
    fn walk(&self, files: &Files, path: &[String]) -> Vec<String> {
        self.walk_links(files, path).unwrap_or_else(|| path.to_vec())
    }

    fn walk_links(&self, files: &Files, path: &[String]) -> Option<Vec<String>> {
        let mut at: Vec<String> = Vec::new();
        let mut rest: Vec<String> = path.iter().rev().cloned().collect();
        let mut links = 0;
        while let Some(name) = rest.pop() {
            if name == ".." {
                at.pop();
                continue;
            }
            let mut next = at.clone();
            next.push(name);
            // Only what hangs on existing directories exists.
            match files.get(&next) {
                Some(Thing::Written { layer, entry }) if self.line(*layer, *entry)[0] == "l" => {
                    links += 1;
                    if links > 40 {
                        return None;
                    }
                    let target = &self.line(*layer, *entry)[2];
                    if target.starts_with('/') {
                        at.clear();
                    }
                    rest.extend(target.split('/').rev().filter(|part| !matches!(*part, "" | ".")).map(str::to_owned));
                }
                _ => at = next,
            }
        }
        Some(at)
    }

    fn make_parents(&mut self, parents: &[String]) -> Vec<String> {
        let at = self.walk(&self.files, parents);
        for len in 1..=at.len() {
            let path = at[..len].to_vec();
            let old = self.files.get(&path).copied();
            if old.is_none_or(|old| self.kind(old) != "d") {
                self.files.insert(path, Thing::Implied);
                if let Some(old) = old {
                    self.drop_name(old, Cause::Overwritten);
                }
            }
        }
        at
    }

    fn write(&mut self, path: &[String], thing: Thing, layer: usize, again: bool) {
        if self.kind(thing) != "d" {
            let below: Vec<_> = self
                .files
                .keys()
                .filter(|other| other.starts_with(path) && other.as_slice() != path)
                .cloned()
                .collect();
            for other in below {
                let own = matches!(self.files[&other], Thing::Written { layer: owner, .. } if owner == layer);
                self.remove(&other, if again || own { Cause::Repeated } else { Cause::Overwritten });
            }
        }
        let old = self.files.insert(path.to_vec(), thing);
        if let Thing::Written { layer, entry } = thing {
            self.dead.remove(&(layer, entry));
        }
        if let Some(old) = old.filter(|old| *old != thing) {
            let cause = match (again, self.same(old, thing)) {
                (true, _) => Cause::Repeated,
                (false, true) => Cause::MetadataOnly,
                (false, false) => Cause::Overwritten,
            };
            self.drop_name(old, cause);
        }
    }

    fn same(&self, a: Thing, b: Thing) -> bool {
        let (Thing::Written { layer: la, entry: ea }, Thing::Written { layer: lb, entry: eb }) = (a, b) else {
            return false;
        };
        let (a, b) = (self.line(la, ea), self.line(lb, eb));
        a[0] == "f" && b[0] == "f" && a[2] == b[2] && (a[2] == "0" || a[3] == b[3])
    }

    fn remove(&mut self, path: &[String], cause: Cause) {
        if let Some(old) = self.files.remove(path) {
            self.drop_name(old, cause);
        }
    }

    fn drop_name(&mut self, old: Thing, cause: Cause) {
        if let Thing::Written { layer, entry } = old
            && !self.files.values().any(|thing| *thing == old)
        {
            self.dead.insert((layer, entry), cause);
        }
    }
}

fn tree_files(tree: &Tree) -> Files {
    let mut files = Files::new();
    for node in tree.nodes().filter(|node| *node != NodeId::ROOT) {
        let thing = match tree.final_state(node) {
            None => continue,
            Some(Occupant::Implied) => Thing::Implied,
            Some(Occupant::Inode(id)) => {
                let inode = tree.inode(id).unwrap();
                Thing::Written { layer: inode.layer.index(), entry: inode.entry as usize }
            }
        };
        let path = String::from_utf8(tree.path(node)).unwrap();
        files.insert(path.split('/').map(str::to_owned).collect(), thing);
    }
    files
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1500))]

    #[test]
    fn the_stack_is_what_a_naive_one_makes(layers in prop::collection::vec(prop::collection::vec(line(), 0..7), 1..5)) {
        let layers: Vec<Vec<&str>> = layers.iter().map(|layer| layer.iter().map(String::as_str).collect()).collect();
        let model = Model::of(&layers);
        let tree = stack(&layers);
        prop_assert_eq!(tree_files(&tree), model.files.clone());
        let analysis = Analysis::of(&tree, 1, 0);
        let totals = analysis.totals;
        prop_assert_eq!(totals.shipped_bytes, totals.live_bytes + totals.wasted_bytes);
        prop_assert_eq!(totals.causes.sum(), totals.wasted_bytes);
        for cause in Cause::ALL {
            prop_assert_eq!(totals.causes.get(cause), model.causes.get(&cause).copied().unwrap_or(0), "{}", cause);
        }
        prop_assert!((0.0..=1.0).contains(&totals.user_wasted), "{}", totals.user_wasted);
        prop_assert!((0.0..=1.0).contains(&totals.efficiency), "{}", totals.efficiency);
    }

    #[test]
    fn a_lens_shows_what_the_states_at_its_ends_say(
        layers in prop::collection::vec(prop::collection::vec(line(), 0..6), 1..5),
        ends in (0..4_u32, 0..4_u32),
    ) {
        let layers: Vec<Vec<&str>> = layers.iter().map(|layer| layer.iter().map(String::as_str).collect()).collect();
        let tree = Arc::new(stack(&layers));
        let outline = Arc::new(Outline::of(Arc::clone(&tree), 1));
        let lens = Lens::range(LayerIndex(ends.0), LayerIndex(ends.1));
        let view = outline.view(lens);
        let mut total = 0;
        for node in tree.nodes() {
            let before = lens.first.0.checked_sub(1).and_then(|layer| tree.state(node, LayerIndex(layer)));
            let after = tree.state(node, lens.last);
            let present = (before.is_some(), after.is_some());
            let expected = match (present, view.change(node)) {
                ((false, false), None) | ((false, true), Some(Change::Added)) | ((true, false), Some(Change::Removed)) => true,
                ((true, true), Some(change)) => !matches!(change, Change::Added | Change::Removed),
                _ => false,
            };
            prop_assert!(expected, "{:?} {present:?} {:?}", tree.path(node), view.change(node));
            if tree.children(node).next().is_none() {
                total += view.bytes(node);
            }
        }
        // A directory's sum is that of its files; files that once were directories keep their own bytes.
        prop_assert!(view.bytes(NodeId::ROOT) >= total);
        let by_layer = tree.counts_by_layer();
        for layer in 0..tree.layers() {
            prop_assert_eq!(outline.view(Lens::layer(LayerIndex(layer))).counts(), by_layer[layer as usize]);
        }
        let whole = outline.view(Lens::up_to(LayerIndex(tree.layers() - 1)));
        prop_assert_eq!(whole.bytes(NodeId::ROOT), Analysis::of(&tree, 1, 0).totals.live_bytes);
    }
}

#[test]
fn a_hard_link_outlives_the_whiteout_of_its_target() {
    let tree = stack(&[vec!["f a 5 x"], vec!["f .wh.a 0 x", "h b a"]]);
    let analysis = Analysis::of(&tree, 1, 0);
    assert_eq!((analysis.totals.live_bytes, analysis.totals.wasted_bytes), (5, 0));
    assert_eq!(tree.entry(tree.inode_ids().next().unwrap()).unwrap().kind, EntryKind::File);
}

#[test]
fn a_layer_that_occurs_twice_wastes_its_bytes_once() {
    let twice = listing(&["f a 5 x"]);
    let mut stack = Stack::new();
    stack.push(Arc::clone(&twice));
    stack.push(twice);
    let mut tree = stack.finish();
    tree.identify(&Fills, 1);
    let totals = Analysis::of(&tree, 1, 0).totals;
    assert_eq!((totals.shipped_bytes, totals.live_bytes, totals.causes.metadata_only), (10, 5, 5));
}
