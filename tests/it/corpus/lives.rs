//! `why` on a real image, held against a scan over all layers that knows nothing of stacks: every entry of a path, and
//! every marker that takes it away.

use super::{ask, named, text};
use crate::image_builder::digest;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::io::Read as _;
use std::path::Path;

/// What one layer has of a path.
#[derive(Debug, Clone, PartialEq)]
enum Found {
    /// Kind, mode, owner, size, time, digest of the content.
    Entry(char, u64, u64, u64, u64, Option<String>),
    /// A marker.
    Gone,
}

/// The layers of a docker archive as tars, bottom first.
fn layers(archive: &Path) -> Vec<Vec<u8>> {
    let mut members: BTreeMap<String, Vec<u8>> = BTreeMap::new();
    let mut archive = tar::Archive::new(std::fs::File::open(archive).unwrap());
    for member in archive.entries().unwrap() {
        let mut member = member.unwrap();
        let name = member.path().unwrap().to_str().unwrap().to_owned();
        let mut data = Vec::new();
        member.read_to_end(&mut data).unwrap();
        members.insert(name, data);
    }
    let manifest: Value = serde_json::from_slice(&members["manifest.json"]).unwrap();
    let names = manifest[0]["Layers"].as_array().unwrap().clone();
    names.iter().map(|name| members.remove(name.as_str().unwrap()).unwrap()).collect()
}

/// Whether a marker of this name takes a path away.
fn takes_away(marker: &str, path: &str) -> bool {
    let (directory, name) = marker.rsplit_once('/').unwrap_or(("", marker));
    let within = |directory: &str| directory.is_empty() || path.starts_with(&format!("{directory}/"));
    match name.strip_prefix(".wh.") {
        Some(".wh..opq") => within(directory),
        Some(victim) => {
            let victim = if directory.is_empty() { victim.to_owned() } else { format!("{directory}/{victim}") };
            path == victim || within(&victim)
        }
        None => false,
    }
}

/// Everything that the layers have of some paths, by path.
fn scan(layers: &[Vec<u8>], wanted: impl Fn(&str) -> bool) -> BTreeMap<String, Vec<(usize, Found)>> {
    let mut found: BTreeMap<String, Vec<(usize, Found)>> = BTreeMap::new();
    for (index, layer) in layers.iter().enumerate() {
        let (mut markers, mut entries) = (Vec::new(), Vec::new());
        let mut archive = tar::Archive::new(layer.as_slice());
        for entry in archive.entries().unwrap() {
            let mut entry = entry.unwrap();
            let path = String::from_utf8(entry.path_bytes().into_owned()).unwrap();
            let path = path.trim_start_matches("./").trim_end_matches('/').to_owned();
            if path.rsplit('/').next().unwrap().starts_with(".wh.") {
                markers.push(path);
            } else if wanted(&path) {
                entries.push((path, describe(&mut entry)));
            }
        }
        for (path, steps) in &mut found {
            let is_there = steps.last().is_some_and(|(_, last)| *last != Found::Gone);
            if is_there && markers.iter().any(|marker| takes_away(marker, path)) {
                steps.push((index, Found::Gone));
            }
        }
        for (path, entry) in entries {
            found.entry(path).or_default().push((index, entry));
        }
    }
    found
}

fn describe(entry: &mut tar::Entry<'_, &[u8]>) -> Found {
    let header = entry.header().clone();
    let kind = match header.entry_type() {
        tar::EntryType::Directory => 'd',
        tar::EntryType::Symlink => 'l',
        tar::EntryType::Link => 'h',
        tar::EntryType::Regular => 'f',
        _ => '?',
    };
    let mut data = Vec::new();
    entry.read_to_end(&mut data).unwrap();
    let content = (kind == 'f').then(|| digest(&data));
    let mode = u64::from(header.mode().unwrap()) & 0o7777;
    Found::Entry(kind, mode, header.uid().unwrap(), data.len() as u64, header.mtime().unwrap(), content)
}

/// The same of what `why` says.
fn told(path: &Value) -> Vec<(usize, Found)> {
    let step = |step: &Value| {
        let layer = usize::try_from(step["layer"].as_u64().unwrap()).unwrap();
        let number = |key: &str| step[key].as_u64().unwrap();
        let found = match step["deed"].as_str().unwrap() {
            "written" | "linked" => {
                let kind = match step["type"].as_str().unwrap() {
                    _ if step["deed"] == "linked" => 'h',
                    "directory" => 'd',
                    "symlink" => 'l',
                    "file" => 'f',
                    _ => '?',
                };
                let time: jiff::Timestamp = step["mtime"].as_str().unwrap().parse().unwrap();
                let content = step["content"].as_str().map(str::to_owned);
                let time = u64::try_from(time.as_second()).unwrap();
                Found::Entry(kind, number("mode"), number("uid"), number("size"), time, content)
            }
            "removed" | "removed_above" | "hidden" => Found::Gone,
            _ => return None,
        };
        Some((layer, found))
    };
    path["steps"].as_array().unwrap().iter().filter_map(step).collect()
}

#[test]
fn lives_are_what_a_scan_over_all_layers_finds() {
    let Some(corpus) = named("LAYERSCOPE_CORPUS") else { return };
    for image in ["small", "medium"] {
        let archive = corpus.join(image).join("docker-save.tar");
        if !archive.exists() {
            eprintln!("SKIPPED: {} is not there", archive.display());
            continue;
        }
        let layers = layers(&archive);
        let all = scan(&layers, |path| !path.is_empty());
        // Those of which more than one layer has something, and some others.
        let many = all.iter().filter(|(_, steps)| steps.len() > 1).map(|(path, _)| path.as_str()).take(400);
        let some = all.keys().step_by(97).map(String::as_str);
        let paths: BTreeSet<&str> =
            many.chain(some).filter(|path| !path.contains(['*', '?', '[', '{', '\\'])).collect();
        let arguments: Vec<&str> =
            ["why", text(&archive)].into_iter().chain(paths.iter().copied()).chain(["--format", "json"]).collect();
        let json = ask(&arguments).expect(0).json();
        let found = json.as_array().unwrap();
        assert_eq!(found.len(), paths.len(), "{image}");
        for life in found {
            let path = life["path"].as_str().unwrap();
            let expected: Vec<_> = all[path].iter().map(without_content_of_links).collect();
            let told: Vec<_> = told(life).iter().map(without_content_of_links).collect();
            assert_eq!(told, expected, "{image}: {path}");
        }
        println!("{image}: {} paths compared", paths.len());
    }
}

/// A hard link has the content, the mode and the size of its file, whatever its own header says.
fn without_content_of_links(step: &(usize, Found)) -> (usize, Found) {
    match step {
        (layer, Found::Entry('h', ..)) => (*layer, Found::Entry('h', 0, 0, 0, 0, None)),
        step => step.clone(),
    }
}
