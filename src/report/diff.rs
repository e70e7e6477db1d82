//! Two images, or two points of one, compared: for people and as JSON.

use super::json;
use super::listing::{mtime_text, timestamp, type_name};
use super::size::{Units, short};
use super::words::{clean, head, layer, middle, size};
use crate::analysis::{Aspect, Comparison, Difference, LayerPair, Present, Side};
use crate::escape::{Target, escape};
use crate::image::{Image, LayerIndex, Setting};
use crate::listing::EntryKind;
use crate::notice::counted;
use crate::tree::{Change, Tree};
use schemars::JsonSchema;
use serde::Serialize;
use std::collections::BTreeMap;
use std::io::{self, Write};

/// Everything in which two sides differ.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct DiffReport {
    /// The left side.
    pub left: DiffSide,
    /// The right side.
    pub right: DiffSide,
    /// The layers, aligned; empty where two points of one image are compared.
    pub layers: Vec<DiffLayer>,
    /// Labels, environment and settings that differ.
    pub settings: Vec<DiffSetting>,
    /// How much differs.
    pub totals: DiffTotals,
    /// The paths that differ, those first that make most bytes of a difference.
    pub paths: Vec<DiffPath>,
}

/// One of the two sides.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct DiffSide {
    /// The image, as it was named.
    pub image: String,
    /// The layer that it is looked at as of.
    pub as_of: LayerIndex,
    /// Bytes of all its files.
    pub bytes: u64,
}

/// A layer of the left side, of the right one, or of both.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct DiffLayer {
    /// The layer on the left; null if only the right side has it.
    pub left: Option<LayerIndex>,
    /// The layer on the right; null if only the left side has it.
    pub right: Option<LayerIndex>,
    /// Whether both are the same, byte for byte.
    pub same: bool,
    /// The instruction; empty if none tells.
    pub instruction: String,
    /// In what the paths of both differ, and of how many paths.
    pub differs: BTreeMap<&'static str, u64>,
    /// Paths that only the left layer has.
    pub only_left: u64,
    /// Paths that only the right layer has.
    pub only_right: u64,
    /// Whether they remove different paths.
    pub removals_differ: bool,
    /// Whether both say the same of the same paths: only the order, or the tar around it, differs.
    pub only_order: bool,
}

/// A label, variable or setting that differs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct DiffSetting {
    /// `label`, `env` or `setting`.
    pub kind: &'static str,
    /// Its key.
    pub key: String,
    /// The value on the left; null if there is none.
    pub left: Option<String>,
    /// The value on the right; null if there is none.
    pub right: Option<String>,
}

/// How many paths differ.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
pub struct DiffTotals {
    /// Only on the right.
    pub added: u64,
    /// Another content, link, device or type.
    pub changed: u64,
    /// Only mode, owner, time or extended attributes.
    pub metadata_only: u64,
    /// Only on the left.
    pub removed: u64,
    /// The same on both sides.
    pub same: u64,
    /// Bytes that the right side has more.
    pub delta_bytes: i64,
}

/// A path that differs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct DiffPath {
    /// The path without a leading slash, escaped.
    pub path: String,
    /// `added`, `changed`, `metadata_only` or `removed`.
    pub change: &'static str,
    /// In what it differs; empty if only one side has it.
    pub differs: Vec<Aspect>,
    /// Bytes that the right side has more.
    pub delta_bytes: i64,
    /// What the left side has.
    pub left: Option<DiffVersion>,
    /// What the right side has.
    pub right: Option<DiffVersion>,
    #[serde(skip)]
    marker: char,
}

/// A path on one side.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct DiffVersion {
    /// `file`, `directory`, `symlink`, `char`, `block` or `fifo`.
    #[serde(rename = "type")]
    pub kind: &'static str,
    /// Bytes of a file, 0 for everything else.
    pub size: u64,
    /// The 12 permission bits.
    pub mode: u16,
    /// The owner.
    pub uid: u32,
    /// The group.
    pub gid: u32,
    /// When it was changed last (RFC 3339); null for a directory that no entry describes.
    pub mtime: Option<String>,
    /// Where a symbolic link leads.
    pub link: Option<String>,
    /// The layer whose bytes it is; null for a directory that no entry describes.
    pub layer: Option<LayerIndex>,
    #[serde(skip)]
    minute: String,
}

/// One side and what it is called.
#[derive(Debug, Clone, Copy)]
pub struct Compared<'a> {
    /// What it is called.
    pub name: &'a str,
    /// The layer that it is looked at as of.
    pub as_of: LayerIndex,
    /// Its tree.
    pub tree: &'a Tree,
    /// Its documents.
    pub image: &'a Image,
}

impl DiffReport {
    /// Writes a comparison down; `top` is as many paths as are wanted.
    pub fn new(
        left: Compared<'_>,
        right: Compared<'_>,
        comparison: &Comparison,
        layers: Vec<DiffLayer>,
        top: Option<usize>,
    ) -> Self {
        let side = |side: Compared<'_>, bytes| DiffSide { image: side.name.to_owned(), as_of: side.as_of, bytes };
        let paths = comparison.differences.iter().take(top.unwrap_or(usize::MAX));
        let counts = comparison.counts();
        let delta = i128::from(comparison.right_bytes) - i128::from(comparison.left_bytes);
        Self {
            left: side(left, comparison.left_bytes),
            right: side(right, comparison.right_bytes),
            layers,
            settings: settings(left.image, right.image),
            totals: DiffTotals {
                added: counts.added,
                changed: counts.content,
                metadata_only: counts.metadata,
                removed: counts.removed,
                same: comparison.same,
                delta_bytes: i64::try_from(delta).unwrap_or(i64::MAX),
            },
            paths: paths.map(|difference| path(left.tree, right.tree, difference)).collect(),
        }
    }
}

impl DiffLayer {
    /// A pair of layers, and in what they differ if both are there.
    pub fn new(pair: LayerPair, instruction: &str, left: &Tree, right: &Tree, comparison: Option<&Comparison>) -> Self {
        let mut differs = BTreeMap::new();
        let (mut only_left, mut only_right) = (0, 0);
        for difference in comparison.iter().flat_map(|comparison| &comparison.differences) {
            match difference.change() {
                Change::Added => only_right += 1,
                Change::Removed => only_left += 1,
                _ => difference.aspects.iter().for_each(|aspect| *differs.entry(aspect.name()).or_default() += 1),
            }
        }
        let removals_differ = match (pair.left, pair.right, pair.same) {
            (Some(a), Some(b), false) => removals(left, a) != removals(right, b),
            _ => false,
        };
        let nothing = comparison.is_some_and(|comparison| comparison.differences.is_empty());
        Self {
            left: pair.left,
            right: pair.right,
            same: pair.same,
            instruction: instruction.to_owned(),
            differs,
            only_left,
            only_right,
            removals_differ,
            only_order: nothing && !removals_differ && !pair.same,
        }
    }
}

/// The paths that a layer removes, sorted.
fn removals(tree: &Tree, layer: LayerIndex) -> Vec<Vec<u8>> {
    let removes =
        |node: &crate::tree::NodeId| tree.events(*node).any(|event| event.layer == layer && event.occupant().is_none());
    let mut paths: Vec<Vec<u8>> = tree.nodes().filter(removes).map(|node| tree.path(node)).collect();
    paths.sort();
    paths
}

fn settings(left: &Image, right: &Image) -> Vec<DiffSetting> {
    let (a, b) = (&left.provenance, &right.provenance);
    let groups = [("label", &a.labels, &b.labels), ("env", &a.env, &b.env), ("setting", &a.settings, &b.settings)];
    let mut out = Vec::new();
    for (kind, left, right) in groups {
        // Ports and volumes have a key in common: their values are a part of it.
        let key = |setting: &Setting| match setting.key.as_str() {
            "port" | "volume" if kind == "setting" => format!("{} {}", setting.key, setting.value),
            key => key.to_owned(),
        };
        let mut values: BTreeMap<String, [Option<String>; 2]> = BTreeMap::new();
        for setting in left {
            values.entry(key(setting)).or_default()[0] = Some(setting.value.clone());
        }
        for setting in right {
            values.entry(key(setting)).or_default()[1] = Some(setting.value.clone());
        }
        let differing = values.into_iter().filter(|(_, [left, right])| left != right);
        out.extend(differing.map(|(key, [left, right])| DiffSetting { kind, key, left, right }));
    }
    out
}

fn path(left: &Tree, right: &Tree, difference: &Difference) -> DiffPath {
    let change = difference.change();
    DiffPath {
        path: escape(&difference.path, Target::Json).into_owned(),
        change: change.name(),
        differs: difference.aspects.clone(),
        delta_bytes: difference.delta(),
        left: difference.left.map(|present| version(left, present)),
        right: difference.right.map(|present| version(right, present)),
        marker: change.marker(),
    }
}

fn version(tree: &Tree, present: Present) -> DiffVersion {
    let found = present.inode.and_then(|inode| Some((inode, tree.entry(inode)?)));
    let Some((inode, entry)) = found else {
        let (kind, mode) = (type_name(EntryKind::Directory), 0o755);
        let (mtime, link, layer, minute) = (None, None, None, String::new());
        return DiffVersion { kind, size: 0, mode, uid: 0, gid: 0, mtime, link, layer, minute };
    };
    DiffVersion {
        kind: type_name(entry.kind),
        size: if entry.kind == EntryKind::File { entry.size } else { 0 },
        mode: entry.mode,
        uid: entry.uid,
        gid: entry.gid,
        mtime: timestamp(entry.mtime).map(|time| time.to_string()),
        link: (entry.kind == EntryKind::Symlink).then(|| escape(tree.link(inode), Target::Json).into_owned()),
        layer: tree.inode(inode).map(|inode| inode.layer),
        minute: mtime_text(entry.mtime),
    }
}

/// The JSON Schema of a comparison.
pub fn schema() -> serde_json::Value {
    schemars::schema_for!(DiffReport).to_value()
}

/// Writes it as JSON.
pub fn write_json(report: &DiffReport, out: &mut dyn Write) -> io::Result<()> {
    json::pretty(report, out)
}

/// Writes it for people, in `width` columns as far as names allow.
pub fn write(report: &DiffReport, width: usize, out: &mut dyn Write) -> io::Result<()> {
    for (sign, side) in [('-', &report.left), ('+', &report.right)] {
        let name = format!("{sign} {}", clean(&side.image));
        writeln!(out, "{name}, as of {}, {}", layer(side.as_of), size(side.bytes))?;
    }
    if !report.layers.is_empty() {
        writeln!(out, "\nLayers")?;
    }
    for row in &report.layers {
        writeln!(out, "{}", layer_line(row, width).trim_end())?;
    }
    if !report.settings.is_empty() {
        writeln!(out, "\nSettings")?;
    }
    for setting in &report.settings {
        let what = if setting.kind == "setting" { String::new() } else { format!("{} ", setting.kind) };
        writeln!(out, "  {what}{}", clean(&setting.key))?;
        for (sign, value) in [('-', &setting.left), ('+', &setting.right)] {
            if let Some(value) = value {
                writeln!(out, "    {sign} {}", head(value, width.saturating_sub(6).max(16)))?;
            }
        }
    }
    let DiffTotals { added, changed, metadata_only, removed, same, delta_bytes } = report.totals;
    let differing = added + changed + metadata_only + removed;
    if differing == 0 {
        return writeln!(out, "\nNo path differs: {} the same.", counted(same, "path"));
    }
    writeln!(
        out,
        "\nPaths  +{added} ~{changed} %{metadata_only} -{removed}, {same} the same, {}",
        signed(delta_bytes)
    )?;
    for row in &report.paths {
        writeln!(out, "{}", path_line(row, width).trim_end())?;
    }
    let left = differing.saturating_sub(report.paths.len() as u64);
    if left > 0 {
        writeln!(out, "  … and {left} more")?;
    }
    Ok(())
}

/// `~ L5 → L6  RUN pip install …   content 3, time 40; +2 -1`
fn layer_line(row: &DiffLayer, width: usize) -> String {
    let marker = match (row.left, row.right, row.same) {
        (None, ..) => '+',
        (_, None, _) => '-',
        (.., true) => '=',
        (.., false) => '~',
    };
    let number = |index: Option<LayerIndex>| index.map_or_else(|| "·".to_owned(), layer);
    let start = format!("{marker} {:<4} {:<4}  ", number(row.left), number(row.right));
    let mut what: Vec<String> = row.differs.iter().map(|(aspect, paths)| format!("{aspect} {paths}")).collect();
    what.extend((row.only_right > 0).then(|| format!("+{}", row.only_right)));
    what.extend((row.only_left > 0).then(|| format!("-{}", row.only_left)));
    what.extend(row.removals_differ.then(|| "removals".to_owned()));
    what.extend(row.only_order.then(|| "only the order of entries, or the tar around them".to_owned()));
    let what = what.join(", ");
    let room = width.saturating_sub(start.chars().count() + what.chars().count() + 2).max(16);
    let instruction = head(&row.instruction, room);
    if what.is_empty() { format!("{start}{instruction}") } else { format!("{start}{instruction}  {what}") }
}

/// `~    +17B  /srv/app/config.yaml  content, time 2025-01-09 10:00 → 2025-01-10 10:00`
fn path_line(row: &DiffPath, width: usize) -> String {
    let delta = if row.delta_bytes == 0 { String::new() } else { signed_short(row.delta_bytes) };
    let start = format!("{} {delta:>7}  ", row.marker);
    let both = row.left.as_ref().zip(row.right.as_ref());
    let aspect = |aspect: &Aspect| match (aspect, both) {
        (Aspect::Mode, Some((a, b))) => format!("mode {:04o} → {:04o}", a.mode, b.mode),
        (Aspect::Owner, Some((a, b))) => format!("owner {}:{} → {}:{}", a.uid, a.gid, b.uid, b.gid),
        (Aspect::Time, Some((a, b))) if a.minute != b.minute => format!("time {} → {}", a.minute, b.minute),
        (Aspect::Type, Some((a, b))) => format!("{} → {}", a.kind, b.kind),
        (aspect, _) => aspect.name().to_owned(),
    };
    let what = row.differs.iter().map(aspect).collect::<Vec<_>>().join(", ");
    let path = format!("/{}", row.path);
    let room = width.saturating_sub(start.chars().count() + what.chars().count() + 2).max(24);
    format!("{start}{}  {what}", middle(&path, room))
}

fn signed(bytes: i64) -> String {
    let sign = if bytes < 0 { '-' } else { '+' };
    format!("{sign}{}", size(bytes.unsigned_abs()))
}

fn signed_short(bytes: i64) -> String {
    let sign = if bytes < 0 { '-' } else { '+' };
    format!("{sign}{}", short(bytes.unsigned_abs(), Units::Si))
}

impl<'a> Compared<'a> {
    /// The side for a comparison.
    pub fn side(self) -> Side<'a> {
        Side::as_of(self.tree, self.as_of)
    }
}
