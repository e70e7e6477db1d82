//! `why` on random images with links of both kinds, whiteouts and opaque markers, held against a stack that is told
//! from the tars of the layers alone: a map from paths to what is there, written for being obvious.

use crate::binary::{file, layerscope};
use crate::image_builder::{Image, digest, docker_archive, layer};
use proptest::prelude::*;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::io::Read as _;
use tar::EntryType;

type Path = Vec<String>;

/// What an entry made: a file, a directory or a symbolic link. Names share it.
#[derive(Debug, Clone, PartialEq)]
struct Made {
    kind: &'static str,
    mode: u32,
    uid: u64,
    data: Vec<u8>,
    link: String,
    /// Where it was made.
    layer: usize,
    path: Path,
}

/// A directory that no entry describes.
static NOTHING: Made =
    Made { kind: "directory", mode: 0o755, uid: 0, data: Vec::new(), link: String::new(), layer: 0, path: Vec::new() };

/// What is at a path: the number of what was made, or a directory that no entry describes.
#[derive(Debug, Clone, Copy, PartialEq)]
enum There {
    Implied,
    Made(usize),
}

/// The paths that are there now.
type Now = BTreeMap<Path, There>;

#[derive(Debug, Clone)]
struct Step {
    layer: usize,
    deed: &'static str,
    there: Option<There>,
}

#[derive(Debug, Default)]
struct Model {
    made: Vec<Made>,
    now: Now,
    steps: BTreeMap<Path, Vec<Step>>,
    layer: usize,
    /// What the entries of this layer wrote last, by path, even if it is gone again.
    wrote: BTreeMap<Path, usize>,
}

/// `.`, `..` and slashes at the ends undone, as text alone tells.
fn lexical(path: &str) -> Path {
    let mut out = Path::new();
    for name in path.split('/').filter(|name| !matches!(*name, "" | ".")) {
        if name == ".." {
            out.pop();
        } else {
            out.push(name.to_owned());
        }
    }
    out
}

fn joined(parent: &[String], name: &str) -> Path {
    [parent, &[name.to_owned()]].concat()
}

fn is_below(path: &[String], top: &[String]) -> bool {
    path.len() > top.len() && path.starts_with(top)
}

impl Model {
    fn is_directory(&self, now: &Now, path: &[String]) -> bool {
        path.is_empty() || now.get(path).is_some_and(|there| self.is_directory_there(*there))
    }

    fn is_directory_there(&self, there: There) -> bool {
        match there {
            There::Implied => true,
            There::Made(id) => self.made[id].kind == "directory",
        }
    }

    /// Where a path leads with all links followed, the last one too; what is not there is taken as it is written.
    /// Nothing is followed where links go in circles.
    fn resolve(&self, now: &Now, path: &[String]) -> Path {
        let mut out = Path::new();
        let mut pending: Vec<String> = path.iter().rev().cloned().collect();
        let mut followed = 0;
        while let Some(name) = pending.pop() {
            if name == ".." {
                out.pop();
                continue;
            }
            let here = joined(&out, &name);
            // Below what is no directory there is nothing to follow.
            let there = now.get(&here).filter(|_| self.is_directory(now, &out));
            match there.map(|there| self.described(*there)) {
                Some(made) if made.kind == "symlink" => {
                    followed += 1;
                    if followed > 40 {
                        return path.to_vec();
                    }
                    if made.link.starts_with('/') {
                        out.clear();
                    }
                    let names = made.link.split('/').filter(|name| !matches!(*name, "" | "."));
                    pending.extend(names.rev().map(str::to_owned));
                }
                _ => out = here,
            }
        }
        out
    }

    fn step(&mut self, path: &[String], deed: &'static str, there: Option<There>) {
        match there {
            Some(there) => self.now.insert(path.to_vec(), there),
            None => self.now.remove(path),
        };
        let is_passing = |deed| matches!(deed, "implied" | "replaced_above");
        let step = Step { layer: self.layer, deed, there };
        let steps = self.steps.entry(path.to_vec()).or_default();
        match steps.last_mut() {
            // A directory that comes and goes within a layer leaves its last state only.
            Some(last) if last.layer == self.layer && is_passing(last.deed) && is_passing(deed) => *last = step,
            _ => steps.push(step),
        }
    }

    fn take_away_below(&mut self, top: &[String], deed: &'static str) {
        let below: Vec<Path> = self.now.keys().filter(|path| is_below(path, top)).cloned().collect();
        for path in below {
            self.step(&path, deed, None);
        }
    }

    fn apply(&mut self, layer: usize, tar: &[u8]) {
        self.layer = layer;
        self.wrote.clear();
        let before = self.now.clone();
        let mut markers = Vec::new();
        let mut entries = Vec::new();
        for entry in tar::Archive::new(tar).entries().unwrap() {
            let mut entry = entry.unwrap();
            let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
            let path = lexical(&text(&entry.path_bytes()));
            let link = entry.link_name_bytes().map(|link| text(&link)).unwrap_or_default();
            let mut data = Vec::new();
            entry.read_to_end(&mut data).unwrap();
            if path.last().is_some_and(|name| name.starts_with(".wh.")) {
                markers.push(path);
            } else {
                let header = entry.header();
                entries.push((header.entry_type(), path, link, header.mode().unwrap(), header.uid().unwrap(), data));
            }
        }
        self.apply_markers(&before, &markers);
        for (kind, path, link, mode, uid, data) in entries {
            let id = match kind {
                EntryType::Link => self.target(&before, &link),
                kind => {
                    let kind = match kind {
                        EntryType::Directory => "directory",
                        EntryType::Symlink => "symlink",
                        _ => "file",
                    };
                    self.made.push(Made { kind, mode, uid, data, link, layer, path: Path::new() });
                    Some(self.made.len() - 1)
                }
            };
            if let Some(id) = id {
                self.write(&path, id, kind != EntryType::Link);
            }
        }
    }

    /// All against what the layers below left, first those that hide.
    fn apply_markers(&mut self, before: &Now, markers: &[Path]) {
        let mut opaque = BTreeSet::new();
        let mut removed = Vec::new();
        for marker in markers {
            let (name, parent) = marker.split_last().unwrap();
            let directory = self.resolve(before, parent);
            if !self.is_directory(before, &directory) {
                continue;
            }
            match name.strip_prefix(".wh.").unwrap() {
                ".wh..opq" => _ = opaque.insert(directory),
                victim => removed.push(joined(&directory, victim)),
            }
        }
        for directory in opaque.iter().filter(|directory| !directory.is_empty()) {
            self.step(directory, "opaque", before.get(directory).copied());
        }
        for directory in &opaque {
            self.take_away_below(directory, "hidden");
        }
        for path in removed {
            if self.now.contains_key(&path) {
                self.take_away_below(&path, "removed_above");
                self.step(&path, "removed", None);
            }
        }
    }

    /// What a hard link leads to: an earlier entry of its layer, else what was below before the markers.
    fn target(&self, before: &Now, link: &str) -> Option<usize> {
        let link = lexical(link);
        let (name, parent) = link.split_last()?;
        let below = || match before.get(&joined(&self.resolve(before, parent), name)) {
            Some(There::Made(id)) => Some(*id),
            _ => None,
        };
        let here = self.resolve(&self.now, parent);
        let here = Some(here).filter(|here| self.is_directory(&self.now, here));
        let own = here.and_then(|here| self.wrote.get(&joined(&here, name))).or_else(|| self.wrote.get(&link));
        own.copied().or_else(below).filter(|id| self.made[*id].kind != "directory")
    }

    fn write(&mut self, path: &[String], id: usize, is_new: bool) {
        let Some((name, parent)) = path.split_last() else { return };
        let parent = self.resolve(&self.now, parent);
        for length in 1..=parent.len() {
            if !self.is_directory(&self.now, &parent[..length]) {
                self.step(&parent[..length], "implied", Some(There::Implied));
            }
        }
        let path = joined(&parent, name);
        if self.made[id].kind != "directory" && self.is_directory(&self.now, &path) {
            self.take_away_below(&path, "replaced_above");
        }
        if is_new {
            self.made[id].path.clone_from(&path);
        }
        let made = &self.made[id];
        let is_own = made.layer == self.layer && made.path == path;
        self.step(&path, if is_own { "written" } else { "linked" }, Some(There::Made(id)));
        self.wrote.insert(path, id);
    }

    /// How a path differs from what was there just before.
    fn change(&self, before: Option<There>, after: Option<There>) -> &'static str {
        let (before, after) = match (before, after) {
            (None, None) => return "unchanged",
            (None, Some(_)) => return "added",
            (Some(_), None) => return "removed",
            (Some(before), Some(after)) if before == after => return "unchanged",
            (Some(before), Some(after)) => (self.described(before), self.described(after)),
        };
        let is_same = before.kind == after.kind && before.link == after.link && before.data == after.data;
        match after.kind {
            _ if !is_same => "changed",
            "file" => "metadata_only",
            _ if (before.mode, before.uid) != (after.mode, after.uid) => "metadata_only",
            _ => "unchanged",
        }
    }

    fn described(&self, there: There) -> &Made {
        match there {
            There::Implied => &NOTHING,
            There::Made(id) => &self.made[id],
        }
    }

    /// The lives of all paths that ever were, as `why` tells them.
    fn lives(&self) -> BTreeMap<String, Value> {
        self.steps.iter().map(|(path, steps)| (path.join("/"), self.life(path, steps))).collect()
    }

    fn life(&self, path: &Path, steps: &[Step]) -> Value {
        let mut before = None;
        let mut told = Vec::new();
        let mut files = BTreeSet::new();
        for step in steps {
            let mut row = json!({
                "layer": step.layer,
                "deed": step.deed,
                "change": self.change(before, step.there),
                "type": null, "mode": null, "uid": null, "size": null, "link": null, "content": null,
                "bytes_in_layer": null,
            });
            if let Some(There::Made(id)) = step.there.filter(|_| step.deed != "opaque") {
                let made = &self.made[id];
                row["type"] = made.kind.into();
                row["mode"] = made.mode.into();
                row["uid"] = made.uid.into();
                row["size"] = made.data.len().into();
                if made.kind == "symlink" {
                    row["link"] = made.link.as_str().into();
                }
                if made.kind == "file" {
                    row["bytes_in_layer"] = made.layer.into();
                    row["content"] = digest(&made.data).into();
                    files.insert(id);
                }
            }
            told.push(row);
            before = step.there;
        }
        let is_dead = |id: &&usize| !self.now.values().any(|there| *there == There::Made(**id));
        let dead: Vec<&Made> = files.iter().filter(is_dead).map(|id| &self.made[*id]).collect();
        let layers: BTreeSet<usize> = dead.iter().filter(|made| !made.data.is_empty()).map(|made| made.layer).collect();
        json!({
            "steps": told,
            "owner_layer": self.now.get(path).and(steps.iter().rfind(|step| step.deed != "opaque")).map(|step| step.layer),
            "dead_in_layers": layers,
            "dead_bytes": dead.iter().map(|made| made.data.len()).sum::<usize>(),
        })
    }
}

/// One entry, as a line. Few names, so that they collide, and links over and below them.
fn line() -> impl Strategy<Value = String> {
    let names = ["a", "b", "d", "d/a", "d/b", "d/e", "d/e/a", "l", "l/a", "l/e/b", "d/l", "d/l/a", "m/a", "d/../b"];
    let name = prop::sample::select(names.to_vec());
    let target = prop::sample::select(vec!["d", "/d/e", "l", "m", "..", "../d", "e", "not/there", "a"]);
    let link = prop::sample::select(vec!["l", "m", "d/l", "d", "b"]);
    let mode = prop::sample::select(vec!["0644", "0755 7:7"]);
    (name.clone(), name, target, link, mode, 0..12_u8, 0..9_u64, prop::sample::select(vec!["x", "y"])).prop_map(
        |(name, other, target, link, mode, kind, size, fill)| match kind {
            0..=3 => format!("f {mode} {name} size={size} fill={fill}"),
            4 | 5 => format!("d {mode} {name}"),
            6 | 7 => format!("h {name} -> {other}"),
            8 => format!("w {name}"),
            9 => format!("opq {name}"),
            _ => format!("l {link} -> {target}"),
        },
    )
}

/// What `why` tells of every path that ever was, without what the model does not know.
fn told(path: &str) -> BTreeMap<String, Value> {
    let all = layerscope(&["why", path, "**", "--format", "json"]).expect(0).json();
    let kept = |value: &Value, keys: &[&str]| -> Value {
        keys.iter().map(|key| ((*key).to_owned(), value[key].clone())).collect::<serde_json::Map<_, _>>().into()
    };
    let life = |life: &Value| {
        let keys = ["layer", "deed", "change", "type", "mode", "uid", "size", "link", "content", "bytes_in_layer"];
        let mut out = kept(life, &["owner_layer", "dead_in_layers", "dead_bytes"]);
        out["steps"] = life["steps"].as_array().unwrap().iter().map(|step| kept(step, &keys)).collect();
        (life["path"].as_str().unwrap().to_owned(), out)
    };
    // The root is there before anybody names it, and no life of its own is asked about here.
    all.as_array().unwrap().iter().map(life).filter(|(path, _)| !path.is_empty()).collect()
}

fn agree(lines: &[Vec<String>]) -> Result<(), TestCaseError> {
    let layers: Vec<Vec<u8>> = lines.iter().map(|lines| layer(lines)).collect();
    let mut model = Model::default();
    for (index, layer) in layers.iter().enumerate() {
        model.apply(index, layer);
    }
    let (_guard, path) = file("lives.tar", &docker_archive(&[Image::new("p:1", layers)], false));
    let (told, expected) = (told(&path), model.lives());
    let names = |lives: &BTreeMap<String, Value>| lives.keys().cloned().collect::<Vec<_>>();
    prop_assert_eq!(names(&told), names(&expected), "{:#?}", lines);
    for (name, life) in &expected {
        prop_assert_eq!(&told[name], life, "{}: {:#?}", name, lines);
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, max_shrink_iters: 2000, ..ProptestConfig::default() })]

    #[test]
    fn why_is_what_an_obvious_stack_of_the_tars_tells(
        lines in prop::collection::vec(prop::collection::vec(line(), 0..8), 1..6)
    ) {
        agree(&lines)?;
    }
}
