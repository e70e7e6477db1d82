//! The life of a path, written down: what each layer did to it, and where its bytes still are.

use super::json;
use super::listing::{mode_text, mtime_text, timestamp, type_name};
use super::size::{Units, short};
use super::words::{clean, head, layer, size, wrap};
use crate::analysis::{Deed, Timeline};
use crate::escape::{Target, escape};
use crate::image::LayerIndex;
use crate::listing::{Entry, EntryKind};
use crate::tree::{InodeId, Tree};
use schemars::JsonSchema;
use serde::Serialize;
use std::io::{self, Write};

/// A path and everything that happened to it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct PathSection {
    /// The path without a leading slash, escaped.
    pub path: String,
    /// The layer that made it what it is in the end; null if it is gone.
    pub owner_layer: Option<LayerIndex>,
    /// The layers that still ship bytes of files which had this name and can no longer be reached.
    pub dead_in_layers: Vec<LayerIndex>,
    /// How many such bytes there are.
    pub dead_bytes: u64,
    /// Where it is, or where it went, in one sentence.
    pub summary: String,
    /// What happened, oldest first.
    pub steps: Vec<StepSection>,
}

/// What one layer did to a path. Everything from `type` on is null where no entry describes the path.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct StepSection {
    /// The layer.
    pub layer: LayerIndex,
    /// What it did.
    pub deed: Deed,
    /// How the path differs from what was there just before: `added`, `changed`, `metadata_only`, `removed` or
    /// `unchanged`.
    pub change: &'static str,
    /// The same as a sign.
    #[serde(skip)]
    pub marker: char,
    /// The instruction of the layer; empty if none tells.
    pub instruction: String,
    /// `file`, `directory`, `symlink`, `char`, `block` or `fifo`.
    #[serde(rename = "type")]
    pub kind: Option<&'static str>,
    /// The 12 permission bits.
    pub mode: Option<u16>,
    /// The same as `ls -l` writes them.
    #[serde(skip)]
    pub mode_text: String,
    /// The owner.
    pub uid: Option<u32>,
    /// The group.
    pub gid: Option<u32>,
    /// Bytes of a file, 0 for everything else.
    pub size: Option<u64>,
    /// When its content last changed (RFC 3339).
    pub mtime: Option<String>,
    /// The same by the minute.
    #[serde(skip)]
    pub minute: String,
    /// Where a symbolic link leads.
    pub link: Option<String>,
    /// The layer that ships its bytes: of a hard link that of its file.
    pub bytes_in_layer: Option<LayerIndex>,
    /// The digest of a file's content; null for everything else, and where it could not be read.
    pub content: Option<String>,
}

/// Writes down the life of a path. `instruction` gives that of a layer, `content` the digest of a file.
pub fn timeline(
    tree: &Tree,
    instruction: &dyn Fn(LayerIndex) -> String,
    timeline: &Timeline,
    content: &mut dyn FnMut(InodeId) -> Option<String>,
) -> PathSection {
    let mut step = |step: &crate::analysis::Step| {
        let entry = step.inode.and_then(|id| tree.entry(id));
        let is_file = entry.is_some_and(|entry| entry.kind == EntryKind::File);
        let link = entry.filter(|entry| entry.kind == EntryKind::Symlink);
        StepSection {
            layer: step.layer,
            deed: step.deed,
            change: step.change.name(),
            marker: step.marker(),
            instruction: instruction(step.layer),
            kind: entry.map(|entry| type_name(entry.kind)),
            mode: entry.map(|entry| entry.mode),
            mode_text: entry.map_or_else(String::new, |entry| mode_text(entry.kind, entry.mode)),
            uid: entry.map(|entry| entry.uid),
            gid: entry.map(|entry| entry.gid),
            size: entry.map(|entry| entry.size),
            mtime: entry.and_then(|entry| timestamp(entry.mtime)).map(|time| time.to_string()),
            minute: entry.map_or_else(String::new, |entry| mtime_text(entry.mtime)),
            link: link.map(|entry: Entry<'_>| escape(entry.link(), Target::Json).into_owned()),
            bytes_in_layer: step.inode.and_then(|id| tree.inode(id)).filter(|_| is_file).map(|inode| inode.layer),
            content: step.inode.filter(|_| is_file).and_then(&mut *content),
        }
    };
    PathSection {
        path: escape(&tree.path(timeline.node), Target::Json).into_owned(),
        owner_layer: timeline.owner,
        dead_in_layers: timeline.dead_in.clone(),
        dead_bytes: timeline.dead_bytes,
        steps: timeline.steps.iter().map(&mut step).collect(),
        summary: summary(timeline),
    }
}

/// `Deleted in layer 8, but its bytes are still in layers 6 and 7.`
pub fn summary(timeline: &Timeline) -> String {
    let Some(last) = timeline.ending() else { return "No layer says anything of it.".to_owned() };
    let is_there = timeline.owner.is_some();
    let start = match (is_there, last.deed) {
        (true, Deed::Implied) => format!("A directory since layer {}, which says nothing of it itself", last.layer),
        (true, _) => format!("In the image as layer {} left it", last.layer),
        (false, Deed::Hidden) => format!("Hidden by an opaque directory in layer {}", last.layer),
        (false, Deed::ReplacedAbove) => format!("Gone with a directory that layer {} replaced", last.layer),
        (false, _) => format!("Deleted in layer {}", last.layer),
    };
    let (bytes, dead) = (size(timeline.dead_bytes), layers(&timeline.dead_in));
    if timeline.dead_in.is_empty() {
        format!("{start}.")
    } else if is_there {
        format!("{start}; bytes of older versions ({bytes}) are still in {dead}.")
    } else {
        format!("{start}, but its bytes ({bytes}) are still in {dead}.")
    }
}

/// `layer 6`, `layers 6 and 7`, `layers 1, 6 and 7`.
fn layers(layers: &[LayerIndex]) -> String {
    match layers {
        [] => String::new(),
        [one] => format!("layer {one}"),
        [rest @ .., last] => {
            let rest: Vec<String> = rest.iter().map(ToString::to_string).collect();
            format!("layers {} and {last}", rest.join(", "))
        }
    }
}

/// Characters of a digest that are shown.
const SHORT_DIGEST: std::ops::Range<usize> = 7..19;

/// Writes lives of paths for people, in `width` columns as far as names allow.
pub fn write(paths: &[PathSection], width: usize, out: &mut dyn Write) -> io::Result<()> {
    for (index, path) in paths.iter().enumerate() {
        if index > 0 {
            writeln!(out)?;
        }
        writeln!(out, "/{}", clean(&path.path))?;
        for step in &path.steps {
            writeln!(out, "{}", step_line(step).trim_end())?;
            let instruction = head(&step.instruction, width.saturating_sub(8).max(16));
            if !instruction.is_empty() {
                writeln!(out, "        {instruction}")?;
            }
        }
        for line in wrap(&path.summary, width.saturating_sub(2)) {
            writeln!(out, "  {line}")?;
        }
    }
    Ok(())
}

/// Writes lives of paths as a JSON array.
pub fn write_json(paths: &[PathSection], out: &mut dyn Write) -> io::Result<()> {
    json::pretty(paths, out)
}

/// `  L1  ~ written -rw-r--r-- 0:0 1.2k 2025-01-09 12:00 5c3a…`
fn step_line(step: &StepSection) -> String {
    let start = format!("  {:<4}{} ", layer(step.layer), step.marker);
    let deed = match step.deed {
        Deed::Written => "written",
        Deed::Linked => "linked",
        Deed::Implied => return format!("{start}a directory, because something below it was written"),
        Deed::Removed => return format!("{start}removed by a whiteout"),
        Deed::RemovedAbove => return format!("{start}removed with a directory above it"),
        Deed::Hidden => return format!("{start}hidden by an opaque directory above it"),
        Deed::Opaque => return format!("{start}made opaque: it hides what lower layers have in it"),
        Deed::ReplacedAbove => return format!("{start}gone: something else took the place of a directory above it"),
    };
    let owner = step.uid.zip(step.gid).map_or_else(String::new, |(uid, gid)| format!("{uid}:{gid}"));
    let bytes = step.size.filter(|_| step.kind == Some("file")).map_or_else(String::new, |size| short(size, Units::Si));
    let row = format!("{start}{deed:<7} {} {owner:>9} {bytes:>5} {:<16}", step.mode_text, step.minute);
    let content = step.content.as_deref().and_then(|digest| digest.get(SHORT_DIGEST)).unwrap_or_default();
    match (&step.link, step.bytes_in_layer) {
        (Some(link), _) => format!("{row} -> {}", clean(link)),
        (None, Some(bytes)) if bytes != step.layer => format!("{row} {content} in {}", layer(bytes)),
        _ => format!("{row} {content}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::listing::testing::listing;
    use crate::tree::Stack;
    use crate::tree::testing::Fills;

    fn section(path: &str) -> PathSection {
        let mut stack = Stack::new();
        for layer in [
            &["f srv/.env 2000 x @600 %1000", "l lib usr/lib\x1b"][..],
            &["f srv/.env 2000 y", "h srv/env srv/.env"],
            &["f srv/.wh..env 0"],
        ] {
            stack.push(listing(layer));
        }
        let mut tree = stack.finish();
        tree.identify(&Fills, 1);
        let instruction = |layer: LayerIndex| ["COPY . .", "RUN ln a b", ""][layer.index()].to_owned();
        let life = Timeline::of(&tree, tree.find(path.as_bytes()).unwrap());
        timeline(&tree, &instruction, &life, &mut |_| Some(format!("sha256:{}", "ab".repeat(32))))
    }

    #[test]
    fn a_life_is_written_in_80_columns() {
        let paths = ["srv/.env", "srv/env", "lib", "srv"].map(section);
        let mut out = Vec::new();
        write(&paths, 80, &mut out).unwrap();
        let text = String::from_utf8(out).unwrap();
        assert!(text.lines().all(|line| line.chars().count() <= 80), "{text}");
        insta::assert_snapshot!(text);
    }

    #[test]
    fn layers_are_listed_as_one_would_say_it() {
        let of = |numbers: &[u32]| layers(&numbers.iter().copied().map(LayerIndex).collect::<Vec<_>>());
        assert_eq!(of(&[6]), "layer 6");
        assert_eq!(of(&[6, 7]), "layers 6 and 7");
        assert_eq!(of(&[1, 6, 7]), "layers 1, 6 and 7");
    }
}
