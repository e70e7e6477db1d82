//! Duplicates, written down: which files have the same content, and what one copy of each would save.

use super::json;
use super::words::{layer, middle, size};
use crate::analysis::Duplicates;
use crate::escape::{Target, escape};
use crate::image::LayerIndex;
use crate::notice::counted;
use crate::tree::Tree;
use schemars::JsonSchema;
use serde::Serialize;
use std::io::{self, Write};

/// Files with one content.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct DuplicateSection {
    /// The bytes that one copy instead of all would save.
    pub saving: u64,
    /// The size of each of them.
    pub bytes: u64,
    /// The files, in the byte order of their paths. Hard links are one file.
    pub copies: Vec<CopySection>,
}

/// One of them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct CopySection {
    /// The first of its names, without a leading slash, escaped.
    pub path: String,
    /// The layer that ships it.
    pub layer: LayerIndex,
}

/// Writes down what is there twice or more often.
pub fn duplicates(tree: &Tree, duplicates: &Duplicates) -> Vec<DuplicateSection> {
    let copy = |file: &crate::analysis::LiveFile| CopySection {
        path: escape(&tree.path(file.node), Target::Json).into_owned(),
        layer: file.layer,
    };
    let group = |group: &crate::analysis::DuplicateGroup| DuplicateSection {
        saving: group.saving(),
        bytes: group.bytes,
        copies: group.files.iter().map(copy).collect(),
    };
    duplicates.groups.iter().map(group).collect()
}

/// How many copies of a group are named before the rest is only counted.
const NAMED: usize = 10;

/// Writes duplicates for people, in `width` columns as far as names allow; the `top` groups that save most, if given.
pub fn write(groups: &[DuplicateSection], width: usize, top: Option<usize>, out: &mut dyn Write) -> io::Result<()> {
    if groups.is_empty() {
        return writeln!(out, "No duplicates: all files that are not empty have different contents.");
    }
    let saving: u64 = groups.iter().map(|group| group.saving).sum();
    let contents = counted(groups.len() as u64, "content");
    let (verb, each) = if groups.len() == 1 { ("is", "") } else { ("are", " of each") };
    writeln!(out, "{contents} {verb} there several times; one copy{each} would save {}", size(saving))?;
    let shown = top.unwrap_or(groups.len()).min(groups.len());
    for group in groups.iter().take(shown) {
        writeln!(out, "\n{} to save: {} copies of {}", size(group.saving), group.copies.len(), size(group.bytes))?;
        let named = group.copies.iter().take(NAMED);
        let column = named.clone().map(|copy| layer(copy.layer).len()).max().unwrap_or(0);
        for copy in named {
            let row = format!("  {:<column$}  ", layer(copy.layer));
            let rest = width.saturating_sub(row.chars().count()).max(16);
            writeln!(out, "{row}{}", middle(&format!("/{}", copy.path), rest))?;
        }
        if let Some(more) = group.copies.len().checked_sub(NAMED).filter(|more| *more > 0) {
            writeln!(out, "  … and {more} more")?;
        }
    }
    if shown < groups.len() {
        writeln!(out, "\n… and {} more", counted((groups.len() - shown) as u64, "content"))?;
    }
    writeln!(out, "\nNone of it is waste: every copy can be reached. Hard links would do.")
}

/// Writes duplicates as a JSON array; the `top` groups that save most, if given.
pub fn write_json(groups: &[DuplicateSection], top: Option<usize>, out: &mut dyn Write) -> io::Result<()> {
    json::pretty(groups.get(..top.unwrap_or(groups.len())).unwrap_or(groups), out)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn group(bytes: u64, copies: &[(u32, &str)]) -> DuplicateSection {
        let copy = |(layer, path): &(u32, &str)| CopySection { path: (*path).to_owned(), layer: LayerIndex(*layer) };
        let copies: Vec<_> = copies.iter().map(copy).collect();
        DuplicateSection { saving: bytes * (copies.len() as u64 - 1), bytes, copies }
    }

    fn text(groups: &[DuplicateSection], top: Option<usize>) -> String {
        let mut out = Vec::new();
        write(groups, 80, top, &mut out).unwrap();
        let text = String::from_utf8(out).unwrap();
        assert!(text.lines().all(|line| line.chars().count() <= 80), "{text}");
        text
    }

    #[test]
    fn duplicates_are_listed_in_80_columns() {
        let long = "srv/app/node_modules/a/node_modules/b/node_modules/c/node_modules/d/dist/bundle.min.js";
        let many: Vec<(u32, &str)> = vec![(0, "etc/x\u{1b}"); 12];
        let groups = [group(3_000_000, &[(3, long), (11, "srv/www/bundle.js")]), group(7, &many)];
        insta::assert_snapshot!(text(&groups, None));
        let cut = text(&groups, Some(1));
        assert!(cut.contains("\n… and 1 content more\n") && !cut.contains("etc"), "{cut}");
        assert!(text(&groups[..1], None).starts_with("1 content is there several times; one copy would save 3.00 MB"));
        assert_eq!(text(&[], None), "No duplicates: all files that are not empty have different contents.\n");
    }

    #[test]
    fn the_json_names_every_copy() {
        let mut out = Vec::new();
        write_json(&[group(5, &[(0, "a"), (1, "b")]), group(1, &[(0, "c"), (0, "d")])], Some(1), &mut out).unwrap();
        let json: serde_json::Value = serde_json::from_slice(&out).unwrap();
        let copies = serde_json::json!([{"path": "a", "layer": 0}, {"path": "b", "layer": 1}]);
        assert_eq!(json, serde_json::json!([{"saving": 5, "bytes": 5, "copies": copies}]));
    }
}
