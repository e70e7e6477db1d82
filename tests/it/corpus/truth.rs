//! Trees as other programs tell them, and as we do, in one form.

use crate::image_builder::bytes;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// What is known of a path: type, mode, owner, size, group of hard links, target, xattrs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Facts {
    kind: char,
    mode: u32,
    owner: (u64, u64),
    size: u64,
    group: Option<Vec<u8>>,
    link: Vec<u8>,
    xattrs: BTreeMap<Vec<u8>, Vec<u8>>,
}

/// A tree: paths without a leading slash, the root left out.
pub type Paths = BTreeMap<Vec<u8>, Facts>;

/// Reads a truth file. Its escapes are ours, and `\t` and `\n`.
pub fn read(path: &Path) -> Paths {
    let text = std::fs::read_to_string(path).unwrap();
    text.lines().filter_map(row).collect()
}

/// The paths of files that have the same content and are not empty, by their digests; of hard links only the first.
pub fn duplicates(path: &Path) -> BTreeSet<BTreeSet<Vec<u8>>> {
    let text = std::fs::read_to_string(path).unwrap();
    let mut by_digest: BTreeMap<&str, BTreeSet<Vec<u8>>> = BTreeMap::new();
    for cells in text.lines().map(|line| line.split('\t').collect::<Vec<_>>()) {
        let is_first = cells[6].is_empty() || name(cells[6]) == name(cells[0]);
        if cells[1] == "f" && cells[5] != "0" && is_first {
            by_digest.entry(cells[10]).or_default().insert(name(cells[0]));
        }
    }
    by_digest.into_values().filter(|paths| paths.len() > 1).collect()
}

fn row(line: &str) -> Option<(Vec<u8>, Facts)> {
    let cells: Vec<&str> = line.split('\t').collect();
    let path = name(cells[0]);
    if path.is_empty() {
        return None;
    }
    let xattrs = cells[9].split(';').filter(|pair| !pair.is_empty()).map(|pair| {
        let (name, hex) = pair.split_once('=').unwrap();
        let value = (0..hex.len()).step_by(2).map(|at| u8::from_str_radix(&hex[at..at + 2], 16).unwrap());
        (name.as_bytes().to_vec(), value.collect())
    });
    let facts = Facts {
        kind: cells[1].chars().next().unwrap(),
        mode: u32::from_str_radix(cells[2], 8).unwrap(),
        owner: (cells[3].parse().unwrap(), cells[4].parse().unwrap()),
        size: cells[5].parse().unwrap(),
        group: (!cells[6].is_empty()).then(|| name(cells[6])),
        link: unescape(cells[7]),
        xattrs: xattrs.collect(),
    };
    Some((path, facts))
}

fn name(cell: &str) -> Vec<u8> {
    let path = unescape(cell);
    path.strip_prefix(b"/").unwrap_or(&path).to_vec()
}

fn unescape(cell: &str) -> Vec<u8> {
    // A backslash of the name is doubled, so what follows a single one is an escape.
    let parts: Vec<String> =
        cell.split("\\\\").map(|part| part.replace("\\t", "\\x09").replace("\\n", "\\x0a")).collect();
    bytes(&parts.join("\\\\"))
}

/// The tree that `ls --format jsonl` prints.
pub fn of_lines(lines: &[Value]) -> Paths {
    let mut paths: Paths = lines.iter().map(of_line).collect();
    // The first name of a group may leave out that it is one.
    let firsts: Vec<Vec<u8>> = paths.values().filter_map(|facts| facts.group.clone()).collect();
    for first in firsts {
        paths.get_mut(&first).unwrap().group = Some(first.clone());
    }
    // The truth knows groups of files only.
    for facts in paths.values_mut().filter(|facts| facts.kind != 'f') {
        facts.group = None;
    }
    paths
}

fn of_line(line: &Value) -> (Vec<u8>, Facts) {
    let text = |key: &str| line[key].as_str().map(bytes);
    let number = |key: &str| line[key].as_u64().unwrap();
    let kind = match line["type"].as_str().unwrap() {
        "symlink" => 'l',
        "fifo" => 'p',
        other => other.chars().next().unwrap(),
    };
    let xattrs = line["xattrs"]
        .as_object()
        .into_iter()
        .flatten()
        .map(|(name, value)| (bytes(name), base64(value.as_str().unwrap())));
    let facts = Facts {
        kind,
        mode: number("mode") as u32,
        owner: (number("uid"), number("gid")),
        size: number("size"),
        group: text("hardlink"),
        link: text("link").unwrap_or_default(),
        xattrs: xattrs.collect(),
    };
    (text("path").unwrap(), facts)
}

fn base64(text: &str) -> Vec<u8> {
    const ALPHABET: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut out = Vec::new();
    let (mut bits, mut count) = (0_u32, 0);
    for byte in text.bytes().filter(|byte| *byte != b'=') {
        let value = ALPHABET.iter().position(|letter| *letter == byte).unwrap();
        bits = (bits << 6) | value as u32;
        count += 6;
        if count >= 8 {
            count -= 8;
            out.push((bits >> count) as u8);
        }
    }
    out
}

/// Demands that two trees are the same, and shows the first differences.
pub fn compare(expected: &Paths, found: &Paths, what: &str) {
    let all: std::collections::BTreeSet<&Vec<u8>> = expected.keys().chain(found.keys()).collect();
    let differences: Vec<String> = all
        .into_iter()
        .filter(|path| expected.get(*path) != found.get(*path))
        .map(|path| {
            let (path, a, b) = (path.escape_ascii(), expected.get(path), found.get(path));
            format!("{path}\n  truth {a:?}\n  ours  {b:?}")
        })
        .collect();
    let shown = differences.iter().take(10).cloned().collect::<Vec<_>>().join("\n");
    assert!(differences.is_empty(), "{what}: {} paths differ\n{shown}", differences.len());
}

#[test]
fn base64_is_decoded() {
    for (text, expected) in [("", &b""[..]), ("eQ==", b"y"), ("YQpi", b"a\nb"), ("AP8=", b"\0\xff")] {
        assert_eq!(base64(text), expected, "{text}");
    }
}

#[test]
fn the_escapes_of_the_truth_are_undone() {
    for (text, expected) in [("/a\\nb", &b"a\nb"[..]), ("/\\\\n", b"\\n"), ("/\\xe9", b"\xe9"), ("/", b"")] {
        assert_eq!(name(text), expected, "{text}");
    }
}
