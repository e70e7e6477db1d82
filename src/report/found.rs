//! Paths that a search over all layers found: what touched each, and what it is in the end.

use super::json;
use super::listing::type_name;
use super::size::{Units, short};
use super::words::middle;
use crate::analysis::{Deed, Step, Timeline};
use crate::escape::{Target, escape};
use crate::image::LayerIndex;
use crate::listing::EntryKind;
use crate::tree::{NodeId, Occupant, Tree};
use schemars::JsonSchema;
use serde::Serialize;
use std::io::{self, Write};

/// A path that was found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct FoundPath {
    /// The path without a leading slash, escaped.
    pub path: String,
    /// `file`, `directory`, `symlink`, `char`, `block` or `fifo`; null if it is gone in the end.
    #[serde(rename = "type")]
    pub kind: Option<&'static str>,
    /// Bytes of a file; null if it is gone in the end, or no file.
    pub size: Option<u64>,
    /// What each layer did to it, oldest first.
    pub touched: Vec<Touch>,
    /// Layers that still ship bytes of files which had this name and can no longer be reached.
    pub dead_in_layers: Vec<LayerIndex>,
    /// What each layer did, in few columns.
    #[serde(skip)]
    marks: String,
}

/// What one layer did to a path.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Touch {
    /// The layer.
    pub layer: LayerIndex,
    /// What it did.
    pub deed: Deed,
    /// `added`, `changed`, `metadata_only`, `removed` or `unchanged`.
    pub change: &'static str,
}

/// Columns for what each layer did.
pub const TOUCHED: usize = 14;

/// What each layer did to a path, in [`TOUCHED`] columns: `+6 %7 -8`; of many only the first and the last.
pub fn touched(timeline: &Timeline) -> String {
    let mark = |step: &Step| format!("{}{}", step.marker(), step.layer);
    let all = timeline.steps.iter().map(mark).collect::<Vec<_>>().join(" ");
    match timeline.steps.as_slice() {
        [first, .., last] if all.len() > TOUCHED => format!("{} … {}", mark(first), mark(last)),
        _ => all,
    }
}

/// Writes down paths that were found.
pub fn found(tree: &Tree, nodes: &[NodeId]) -> Vec<FoundPath> {
    let one = |node: &NodeId| {
        let timeline = Timeline::of(tree, *node);
        let entry = match tree.final_state(*node) {
            Some(Occupant::Inode(inode)) => tree.entry(inode),
            Some(Occupant::Implied) | None => None,
        };
        let is_there = tree.final_state(*node).is_some();
        let kind = entry.map_or(EntryKind::Directory, |entry| entry.kind);
        let touch = |step: &Step| Touch { layer: step.layer, deed: step.deed, change: step.change.name() };
        FoundPath {
            path: escape(&tree.path(*node), Target::Json).into_owned(),
            kind: is_there.then(|| type_name(kind)),
            size: entry.filter(|entry| entry.kind == EntryKind::File).map(|entry| entry.size),
            touched: timeline.steps.iter().map(touch).collect(),
            marks: touched(&timeline),
            dead_in_layers: timeline.dead_in,
        }
    };
    nodes.iter().map(one).collect()
}

/// Writes paths that were found for people, in `width` columns as far as names allow; `total` is how many there are.
pub fn write(paths: &[FoundPath], total: usize, width: usize, out: &mut dyn Write) -> io::Result<()> {
    for found in paths {
        let end = match (found.kind, found.size) {
            (None, _) => "gone".to_owned(),
            (Some(_), Some(size)) => short(size, Units::Si),
            (Some("directory"), None) => "dir".to_owned(),
            (Some("symlink"), None) => "link".to_owned(),
            (Some(kind), None) => kind.to_owned(),
        };
        let path = middle(&format!("/{}", found.path), width.saturating_sub(TOUCHED + 10).max(24));
        writeln!(out, "{:<TOUCHED$}  {end:>6}  {path}", found.marks)?;
    }
    let left = total.saturating_sub(paths.len());
    if left > 0 {
        writeln!(out, "… and {left} more")?;
    }
    Ok(())
}

/// The JSON Schema of what was found.
pub fn schema() -> serde_json::Value {
    schemars::schema_for!(Vec<FoundPath>).to_value()
}

/// Writes paths that were found as a JSON array.
pub fn write_json(paths: &[FoundPath], out: &mut dyn Write) -> io::Result<()> {
    json::pretty(paths, out)
}
