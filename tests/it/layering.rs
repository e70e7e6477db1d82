//! The architecture as a table: which module may name which, and how long a file may grow.

use std::path::{Path, PathBuf};

/// In the order of the data flow: a module names only modules before it.
const FLOW: [&str; 10] =
    ["bytes", "codec", "tarball", "source", "image", "listing", "tree", "analysis", "report", "tui"];

/// Everybody may name these; they name only each other.
const COMMON: [&str; 3] = ["notice", "progress", "escape"];

/// The edge: it may name everything, and nothing of the flow may name it.
const EDGE: [&str; 5] = ["run", "main", "lib", "cli", "config"];

/// Lines of code that a file may have, its comments and unit tests not counted.
const LONGEST: usize = 500;

#[test]
fn modules_name_only_modules_to_their_left() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let files = sources(&root);
    assert!(files.len() > 10, "the sources are not where they were");
    let broken: Vec<String> = files
        .iter()
        .flat_map(|path| {
            let name = path.strip_prefix(&root).unwrap().to_str().unwrap().to_owned();
            violations(&name, &std::fs::read_to_string(path).unwrap())
        })
        .collect();
    assert!(broken.is_empty(), "modules name what they must not:\n{}", broken.join("\n"));
}

#[test]
fn the_check_sees_what_it_must() {
    let cases = [
        ("source.rs", "use crate::bytes::Section;\n", ""),
        ("source/open.rs", "//! x\nuse crate::tui::State;\n", "source/open.rs:2: source -> tui"),
        (
            "tree.rs",
            "use crate::{\n    image::LayerIndex,\n    report::{Report, human},\n};\n",
            "tree.rs:1: tree -> report",
        ),
        ("bytes.rs", "fn f() { crate::codec::sniff(); }\n", "bytes.rs:1: bytes -> codec"),
        ("bytes.rs", "// crate::codec is to our right\n", ""),
        ("notice.rs", "use crate::image::Image;\n", "notice.rs:1: notice -> image"),
        ("analysis/waste.rs", "use crate::{notice::Notice, config};\n", "analysis/waste.rs:1: analysis -> config"),
        ("tui/view.rs", "use crate::report::Report;\n", ""),
        ("report.rs", "use crate::tui::State;\n", "report.rs:1: report -> tui"),
        ("run.rs", "use crate::tui::State;\n", ""),
        ("stranger.rs", "use crate::bytes;\n", "stranger.rs:1: stranger -> bytes"),
        ("image.rs", "use crate::LayerIndex;\n", "image.rs:1: image -> LayerIndex"),
        ("image.rs", "use crate::*;\n", "image.rs:1: image -> "),
        ("image.rs", "use crate as root;\n", "image.rs:1: image -> crate by another name"),
        ("image.rs", "use crate::{self as root};\n", "image.rs:1: image -> self"),
        ("image.rs", "use layerscope::tui;\n", "image.rs:1: image -> layerscope"),
        ("image.rs", "use super::tui::State;\n", "image.rs:1: image -> tui"),
        ("image/load.rs", "use super::tui::State;\n", ""),
        ("image/load.rs", "use super::super::{source::Source, tui};\n", "image/load.rs:1: image -> tui"),
        ("image/a/b.rs", "fn f() { super::super::super::run::run(); }\n", "image/a/b.rs:1: image -> run"),
        ("image/a/b.rs", "use super::super::manifest::Manifest;\n", ""),
        ("image/a/b.rs", "use self::super::super::super::run;\n", "image/a/b.rs:1: image -> run"),
    ];
    for (file, text, expected) in cases {
        assert_eq!(violations(file, text).join("; "), expected, "{file}: {text}");
    }
}

#[test]
fn files_stay_short() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let files = ["src", "tests"].iter().flat_map(|part| sources(&root.join(part)));
    let long: Vec<String> = files
        .map(|path| (code_lines(&std::fs::read_to_string(&path).unwrap()), path))
        .filter(|(lines, _)| *lines > LONGEST)
        .map(|(lines, path)| format!("{}: {lines} lines of code", path.display()))
        .collect();
    assert!(long.is_empty(), "longer than {LONGEST}:\n{}", long.join("\n"));
}

fn sources(directory: &Path) -> Vec<PathBuf> {
    let mut out = Vec::new();
    for entry in std::fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            out.extend(sources(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            out.push(path);
        }
    }
    out.sort();
    out
}

fn violations(file: &str, text: &str) -> Vec<String> {
    let module = file.split('/').next().unwrap().trim_end_matches(".rs");
    // Unit tests may look at what comes of their module further on.
    if EDGE.contains(&module) || file.ends_with("/tests.rs") {
        return Vec::new();
    }
    // Comments may name anything; their lines stay, so that the numbers stay right.
    let text = text.split("#[cfg(test)]\nmod tests {").next().unwrap_or_default();
    let code: Vec<&str> = text.lines().map(|line| line.split("//").next().unwrap_or_default()).collect();
    let code = code.join("\n");
    let mut out = Vec::new();
    for (at, rest) in paths_from_the_root(&code, file.split('/').count()) {
        let line = code[..at].matches('\n').count() + 1;
        let bad = named_modules(rest).into_iter().filter(|name| !allowed(module, name));
        out.extend(bad.map(|name| format!("{file}:{line}: {module} -> {name}")));
    }
    for (alias, what) in [("crate as ", "crate by another name"), ("layerscope::", "layerscope")] {
        for (at, _) in code.match_indices(alias) {
            let line = code[..at].matches('\n').count() + 1;
            out.push(format!("{file}:{line}: {module} -> {what}"));
        }
    }
    out
}

/// Where a path begins that leads from the root of the crate, and what follows the root in it: after `crate::`, or
/// after as many `super::` as the file is deep.
fn paths_from_the_root(code: &str, depth: usize) -> impl Iterator<Item = (usize, &str)> {
    let up = "super::".repeat(depth);
    let from = move |root: String| {
        code.match_indices(&root).map(|(at, found)| (at, &code[at + found.len()..])).collect::<Vec<_>>()
    };
    from("crate::".to_owned()).into_iter().chain(from(up))
}

fn allowed(module: &str, named: &str) -> bool {
    let place = |name: &str| FLOW.iter().position(|other| *other == name);
    if module == named || COMMON.contains(&named) {
        return true;
    }
    matches!((place(module), place(named)), (Some(from), Some(to)) if to < from)
}

/// The first words of what follows `crate::`, also in braces.
fn named_modules(rest: &str) -> Vec<&str> {
    let word = |text: &str| text.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(text.len());
    let Some(list) = rest.strip_prefix('{') else {
        return vec![&rest[..word(rest)]];
    };
    let mut depth = 0;
    let mut start = 0;
    let mut out = Vec::new();
    for (at, c) in list.char_indices() {
        match c {
            '{' => depth += 1,
            ',' | '}' if depth == 0 => {
                let item = list[start..at].trim();
                out.extend((!item.is_empty()).then(|| &item[..word(item)]));
                start = at + 1;
                if c == '}' {
                    break;
                }
            }
            '}' => depth -= 1,
            _ => {}
        }
    }
    out
}

fn code_lines(text: &str) -> usize {
    let end = text.find("#[cfg(test)]\nmod tests {").unwrap_or(text.len());
    text[..end].lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with("//")).count()
}
