//! Two versions of a path: of a file line by line and word by word, of everything else what its entries say.

use super::insight;
use super::msg::Generation;
use super::text;
use super::viewer::looks_like_text;
use super::{ImageFiles, Model};
use crate::analysis::Timeline;
use crate::analysis::{Elf, Inside};
use crate::bytes::Cancel;
use crate::escape::{Target, escape};
use crate::image::{LayerIndex, hex};
use crate::listing::EntryKind;
use crate::progress::Silent;
use crate::tree::{InodeId, NodeId, Tree};
use sha2::{Digest as _, Sha256};
use similar::{Algorithm, ChangeTag, DiffOp, TextDiff};
use std::borrow::Cow;
use std::io;
use std::sync::Arc;
use std::time::Duration;

/// How much of each version is compared.
pub(crate) const MOST: u64 = 16 << 20;

/// How much text is compared line by line: of more, only where it begins to differ.
const MOST_TEXT: usize = 1 << 20;

/// Lines around a change that are shown with it.
const CONTEXT: usize = 3;

/// As long as the best way to tell the differences is looked for; a worse one takes no time.
const PATIENCE: Duration = Duration::from_secs(1);

/// Two versions of a path that are looked at side by side. Closing it ends the reading.
#[derive(Debug)]
pub(crate) struct Diff {
    /// The image.
    pub(crate) model: Arc<Model>,
    /// The path.
    pub(crate) node: NodeId,
    /// Everything that ever had this name, oldest first, or what two points of the image have; at least two.
    pub(crate) versions: Vec<InodeId>,
    /// Whether those are of two points: what comes between them does not matter.
    of_points: bool,
    /// Which of them is on the right; the one before it is on the left.
    pub(crate) at: usize,
    /// What is on the right, if it is of another image; then the only version is on the left.
    pub(crate) other: Option<Other>,
    /// The number of the reading that counts.
    pub(crate) generation: Generation,
    /// Ends that reading.
    pub(crate) cancel: Cancel,
    /// What differs.
    pub(crate) difference: Option<Result<Difference, String>>,
    /// Whether left and right stand side by side where there is room for both.
    pub(crate) side_by_side: bool,
    /// The first row in the window.
    pub(crate) offset: usize,
    /// The stretch of lines that was gone to last.
    hunk: usize,
    /// The rows as they were laid out last.
    pub(crate) rows: Vec<Row>,
    /// What the rows were laid out for.
    laid_out: Option<(usize, bool)>,
}

/// What another image has.
#[derive(Debug)]
pub(crate) struct Other {
    /// The other image, as it was typed.
    pub(crate) reference: String,
    /// Its tree.
    pub(crate) tree: Arc<Tree>,
    /// Its files.
    pub(crate) files: Arc<dyn ImageFiles>,
    /// The version.
    pub(crate) inode: InodeId,
    /// What made the layer that it is of.
    pub(crate) instruction: String,
}

/// A version of a path, on one side.
#[derive(Debug, Clone)]
pub(crate) struct Side {
    /// The tree of the image.
    pub(crate) tree: Arc<Tree>,
    /// Where it is read from.
    pub(crate) files: Arc<dyn ImageFiles>,
    /// The file.
    pub(crate) inode: InodeId,
}

/// A question: how do two files differ?
#[derive(Debug)]
pub(crate) struct Pair {
    /// The older one, and the newer one.
    pub(crate) sides: [Side; 2],
    /// Ends it.
    pub(crate) cancel: Cancel,
}

/// How two versions differ.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Difference {
    /// At least one is no regular file: what their entries say is all that there is.
    Entries,
    /// Not at all.
    Same,
    /// Lines of text.
    Text(Lines),
    /// Bytes.
    Bytes(Facts),
}

/// Lines that differ, with some around them.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Lines {
    /// Stretches of lines.
    pub(crate) hunks: Vec<Vec<Line>>,
    /// The same as a patch, without its head; none where the lines are not what the file has, byte for byte.
    pub(crate) patch: Option<String>,
    /// How many lines came.
    pub(crate) added: usize,
    /// How many lines went.
    pub(crate) removed: usize,
}

/// One line: on the left, on the right, or on both. Lines are counted from 0.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Line {
    /// Its number on the left.
    pub(crate) left: Option<usize>,
    /// Its number on the right.
    pub(crate) right: Option<usize>,
    /// Its text, safe to show, and whether a piece differs from the line on the other side.
    pub(crate) pieces: Vec<(String, bool)>,
}

/// What there is to say about bytes that differ.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Facts {
    /// The first byte that differs, if it is among those that were compared.
    pub(crate) first: Option<u64>,
    /// SHA-256 of left and right; none as long as not all of it was read.
    pub(crate) digests: [Option<String>; 2],
    /// In what two programs or libraries differ, as lines.
    pub(crate) elf: Vec<String>,
}

impl Pair {
    /// Compares them; none if nobody waits for it any more.
    pub(crate) fn answer(&self) -> Option<Result<Difference, String>> {
        let read = |side: &Side| side.files.read(side.inode, 0, MOST, &Silent, &self.cancel);
        let [left, right] = &self.sides;
        let both = read(left).and_then(|left| Ok((left, read(right)?)));
        let difference = both.and_then(|(left, right)| self.whole(Difference::of(&left, &right)));
        (!self.cancel.is_cancelled()).then(|| difference.map_err(|error: io::Error| error.to_string()))
    }

    /// What is too large to be held is read once more for its digest.
    fn whole(&self, difference: Difference) -> io::Result<Difference> {
        let Difference::Bytes(mut facts) = difference else { return Ok(difference) };
        for (digest, side) in facts.digests.iter_mut().zip(&self.sides).filter(|(digest, _)| digest.is_none()) {
            *digest = Some(side.files.digest(side.inode, &Silent, &self.cancel)?);
        }
        let [left, right] = &facts.digests;
        Ok(if left == right { Difference::Same } else { Difference::Bytes(facts) })
    }
}

impl Difference {
    /// How two contents differ.
    pub(crate) fn of(left: &[u8], right: &[u8]) -> Self {
        if left == right && (left.len() as u64) < MOST {
            return Self::Same;
        }
        let is_text = |bytes: &[u8]| bytes.len() <= MOST_TEXT && looks_like_text(bytes);
        if is_text(left) && is_text(right) {
            return Self::Text(Lines::of(left, right));
        }
        let first = left.iter().zip(right).position(|(a, b)| a != b);
        let shorter = left.len().min(right.len());
        let first = first.or_else(|| (left.len() != right.len()).then_some(shorter));
        let digest = |bytes: &[u8]| ((bytes.len() as u64) < MOST).then(|| hex(Sha256::new_with_prefix(bytes)));
        let elf = match [left, right].map(elf) {
            [Some(left), Some(right)] => insight::differences(&left, &right),
            _ => Vec::new(),
        };
        Self::Bytes(Facts { first: first.map(|at| at as u64), digests: [digest(left), digest(right)], elf })
    }
}

/// A file in ELF, as far as it was read.
fn elf(bytes: &[u8]) -> Option<Elf> {
    match bytes.starts_with(&Elf::MAGIC).then(|| Inside::of(bytes, &Cancel::default()))?? {
        Inside::Elf(elf) => Some(elf),
        Inside::Archive(_) => None,
    }
}

impl Lines {
    fn of(left: &[u8], right: &[u8]) -> Self {
        let (left, right) = (String::from_utf8_lossy(left), String::from_utf8_lossy(right));
        let diff = TextDiff::configure().algorithm(Algorithm::Patience).timeout(PATIENCE).diff_lines(&*left, &*right);
        let exact = matches!((&left, &right), (Cow::Borrowed(_), Cow::Borrowed(_)));
        let patch = || diff.unified_diff().context_radius(CONTEXT).to_string();
        let mut lines = Self { patch: exact.then(patch), ..Self::default() };
        for group in diff.grouped_ops(CONTEXT) {
            let hunk: Vec<Line> = group.iter().flat_map(|op| lines_of(&diff, op)).collect();
            lines.added += hunk.iter().filter(|line| line.left.is_none()).count();
            lines.removed += hunk.iter().filter(|line| line.right.is_none()).count();
            lines.hunks.push(hunk);
        }
        lines
    }
}

fn lines_of<'a>(diff: &'a TextDiff<'a, 'a, 'a, str>, op: &DiffOp) -> Vec<Line> {
    // How a line ends is seen where it may be all that differs.
    let safe = |text: &str, is_same: bool| {
        let text = text.strip_suffix('\n').unwrap_or(text);
        let text = if is_same { text.trim_end_matches('\r') } else { text }.replace('\t', text::TAB);
        escape(text.as_bytes(), Target::Prose).into_owned()
    };
    let changes = diff.iter_inline_changes(op).map(|change| {
        let is_same = change.tag() == ChangeTag::Equal;
        let pieces = change.iter_strings_lossy().map(|(differs, text)| (safe(&text, is_same), differs));
        let end = (!is_same && change.missing_newline()).then(|| (" (no newline at the end)".to_owned(), true));
        let (left, right) = match change.tag() {
            ChangeTag::Equal => (change.old_index(), change.new_index()),
            ChangeTag::Delete => (change.old_index(), None),
            ChangeTag::Insert => (None, change.new_index()),
        };
        Line { left, right, pieces: pieces.filter(|(text, _)| !text.is_empty()).chain(end).collect() }
    });
    changes.collect()
}

/// What a piece of a row is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Look {
    /// On both sides.
    Both,
    /// Only on the left.
    Left,
    /// Only on the right.
    Right,
    /// In a line that is on one side only, and different from the other side's.
    LeftPart,
    /// The same on the right.
    RightPart,
    /// The number of a line, or the space between stretches.
    Frame,
}

/// One row of the screen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Row {
    /// Its pieces.
    pub(crate) pieces: Vec<(String, Look)>,
    /// Whether a stretch of lines begins here.
    pub(crate) begins: bool,
}

impl Diff {
    /// More layers are understood: there may be newer versions.
    pub(crate) fn grow(&mut self, model: &Arc<Model>) {
        if self.other.is_none() && !self.of_points {
            let right = self.versions.get(self.at).copied();
            self.versions = Timeline::of(&model.tree, self.node).versions();
            let same = self.versions.iter().position(|version| Some(*version) == right);
            self.at = same.unwrap_or(self.at);
        }
        self.model = Arc::clone(model);
    }

    /// The difference of a version and the one before it, before anything is read.
    pub(crate) fn new(model: Arc<Model>, node: NodeId, versions: Vec<InodeId>, at: usize) -> Self {
        Self {
            model,
            node,
            versions,
            of_points: false,
            at: at.max(1),
            other: None,
            generation: Generation::default(),
            cancel: Cancel::default(),
            difference: None,
            side_by_side: true,
            offset: 0,
            hunk: 0,
            rows: Vec::new(),
            laid_out: None,
        }
    }

    /// The difference of what two points of the image have, before anything is read.
    pub(crate) fn of_points(model: Arc<Model>, node: NodeId, both: [InodeId; 2]) -> Self {
        let mut diff = Self::new(model, node, both.to_vec(), 1);
        diff.of_points = true;
        diff
    }

    /// The difference of a version and what another image has in its place, before anything is read.
    pub(crate) fn between(model: Arc<Model>, node: NodeId, inode: InodeId, other: Other) -> Self {
        let mut diff = Self::new(model, node, vec![inode], 1);
        diff.other = Some(other);
        diff
    }

    /// Whether lines differ, as far as is known.
    pub(crate) fn has_lines(&self) -> bool {
        match &self.difference {
            None | Some(Ok(Difference::Text(_))) => true,
            Some(Err(_) | Ok(Difference::Entries | Difference::Same | Difference::Bytes(_))) => false,
        }
    }

    /// Left and right.
    pub(crate) fn sides(&self) -> Option<[Side; 2]> {
        let ours = |at: usize| {
            let inode = *self.versions.get(at)?;
            Some(Side { tree: Arc::clone(&self.model.tree), files: Arc::clone(&self.model.files), inode })
        };
        let right = match &self.other {
            Some(Other { tree, files, inode, .. }) => {
                Some(Side { tree: Arc::clone(tree), files: Arc::clone(files), inode: *inode })
            }
            None => ours(self.at),
        };
        Some([ours(self.at.checked_sub(1)?)?, right?])
    }

    /// Whether both have a content.
    pub(crate) fn is_of_files(&self) -> bool {
        self.sides().is_some_and(|sides| sides.iter().all(|side| side.tree.file_size(side.inode).is_some()))
    }

    /// The layers of left and right.
    pub(crate) fn layers(&self) -> Option<(LayerIndex, LayerIndex)> {
        let [left, right] = self.sides()?.map(|Side { tree, inode, .. }| tree.inode(inode).map(|inode| inode.layer));
        Some((left?, right?))
    }

    /// Begins to compare anew; only what comes of this reading counts.
    pub(crate) fn restart(&mut self, generation: Generation) -> Cancel {
        self.cancel.cancel();
        self.cancel = Cancel::default();
        self.difference = None;
        (self.offset, self.hunk) = (0, 0);
        self.rows.clear();
        self.laid_out = None;
        self.generation = generation;
        self.cancel.clone()
    }

    /// Takes what was found.
    pub(crate) fn take(&mut self, difference: Result<Difference, String>) {
        self.difference = Some(difference);
        self.laid_out = None;
    }

    /// The lines that differ, if there are any.
    pub(crate) fn lines(&self) -> Option<&Lines> {
        match &self.difference {
            Some(Ok(Difference::Text(lines))) => Some(lines),
            _ => None,
        }
    }

    /// Goes to the next or the previous stretch of lines, and from the last one to the first. Says which it is, and how
    /// many there are; none if there are no lines.
    pub(crate) fn next_hunk(&mut self, forward: bool) -> Option<(usize, usize)> {
        let starts: Vec<usize> =
            self.rows.iter().enumerate().filter(|(_, row)| row.begins).map(|(index, _)| index).collect();
        let last = starts.len().checked_sub(1)?;
        self.hunk = match (forward, self.hunk) {
            (true, at) if at >= last => 0,
            (true, at) => at + 1,
            (false, 0) => last,
            (false, at) => at - 1,
        };
        self.offset = starts.get(self.hunk).copied().unwrap_or(0);
        Some((self.hunk + 1, starts.len()))
    }

    /// Lays the lines out for so many columns, unless they are laid out so already, and keeps the window within them.
    pub(crate) fn settle(&mut self, columns: usize, height: usize) {
        let wanted = (columns, self.side_by_side && columns >= WIDE);
        if self.laid_out != Some(wanted) {
            self.rows = match &self.difference {
                Some(Ok(Difference::Text(lines))) => rows(lines, columns, wanted.1),
                Some(Ok(Difference::Bytes(facts))) => byte_rows(facts, columns),
                Some(Ok(Difference::Entries)) => {
                    self.sides().map_or_else(Vec::new, |sides| entry_rows(&sides, columns))
                }
                Some(Ok(Difference::Same) | Err(_)) | None => Vec::new(),
            };
            self.laid_out = Some(wanted);
        }
        self.offset = self.offset.min(self.rows.len().saturating_sub(height));
    }
}

impl Drop for Diff {
    fn drop(&mut self) {
        self.cancel.cancel();
    }
}

/// From so many columns on there is room for both sides: a screen has some more, for the border.
pub(crate) const WIDE: usize = 116;

fn rows(lines: &Lines, columns: usize, side_by_side: bool) -> Vec<Row> {
    let last =
        |number: fn(&Line) -> Option<usize>| lines.hunks.iter().flatten().filter_map(number).max().unwrap_or(0) + 1;
    let digits = last(|line| line.left).max(last(|line| line.right)).to_string().len();
    let mut out = Vec::new();
    for (index, hunk) in lines.hunks.iter().enumerate() {
        let from = out.len();
        if index > 0 {
            out.push(Row { pieces: vec![("⋯".to_owned(), Look::Frame)], begins: false });
        }
        if side_by_side {
            both_sides(hunk, digits, columns, &mut out);
        } else {
            for line in hunk {
                one_side(line, digits, columns, &mut out);
            }
        }
        if let Some(first) = out.get_mut(from) {
            first.begins = true;
        }
    }
    out
}

/// What the entries of two versions say that is no attribute: what they are, and where links lead.
fn entry_rows(sides: &[Side; 2], columns: usize) -> Vec<Row> {
    let [left, right] = sides.each_ref().map(|side| {
        let entry = side.tree.entry(side.inode)?;
        let kind = text::kind(entry.kind);
        Some(match entry.kind {
            EntryKind::Symlink => format!("{kind} -> {}", text::name(entry.link())),
            EntryKind::CharDevice | EntryKind::BlockDevice => {
                format!("{kind} {}, {}", entry.device.0, entry.device.1)
            }
            _ => kind.to_owned(),
        })
    });
    let [left, right] = [left, right].map(Option::unwrap_or_default);
    let rows = if left == right {
        vec![(format!("Both are the same: {left}."), Look::Both)]
    } else {
        vec![(format!("- {left}"), Look::Left), (format!("+ {right}"), Look::Right)]
    };
    let row = |(text, look): (String, Look)| {
        let lines = text::wrap(&text, columns);
        lines.into_iter().map(move |line| Row { pieces: vec![(line, look)], begins: false })
    };
    rows.into_iter().flat_map(row).collect()
}

/// What there is to say about bytes.
fn byte_rows(facts: &Facts, columns: usize) -> Vec<Row> {
    let first = match facts.first {
        Some(at) => format!("The first byte that differs is {at} (0x{at:x})."),
        None => format!("The first {} MiB are the same.", MOST >> 20),
    };
    let digest = |digest: &Option<String>| digest.clone().unwrap_or_default();
    let [left, right] = &facts.digests;
    let head = [
        "These are bytes, or long texts: they are not compared line by line.".to_owned(),
        first,
        format!("- sha256:{}", digest(left)),
        format!("+ sha256:{}", digest(right)),
    ];
    let row = |line: &String| {
        let look = match line.chars().next() {
            Some('-') => Look::Left,
            Some('+') => Look::Right,
            _ => Look::Both,
        };
        let part = |line| Row { pieces: vec![(line, look)], begins: false };
        text::wrap(line, columns).into_iter().map(part).collect::<Vec<_>>()
    };
    head.iter().chain(&facts.elf).flat_map(row).collect()
}

/// A line under the other; long ones go on below.
fn one_side(line: &Line, digits: usize, columns: usize, out: &mut Vec<Row>) {
    let number = |number: Option<usize>| number.map_or_else(|| " ".repeat(digits), |at| format!("{:>digits$}", at + 1));
    let (sign, look, part) = looks(line);
    let lead = format!("{} {} {sign}", number(line.left), number(line.right));
    let room = columns.saturating_sub(text::width(&lead)).max(8);
    let blank = " ".repeat(text::width(&lead));
    for (index, mut pieces) in broken(line, room, look, part).into_iter().enumerate() {
        let lead = if index == 0 { lead.clone() } else { blank.clone() };
        pieces.insert(0, (lead, if sign == ' ' { Look::Frame } else { look }));
        out.push(Row { pieces, begins: false });
    }
}

fn looks(line: &Line) -> (char, Look, Look) {
    match (line.left, line.right) {
        (_, None) => ('-', Look::Left, Look::LeftPart),
        (None, _) => ('+', Look::Right, Look::RightPart),
        _ => (' ', Look::Both, Look::Both),
    }
}

/// What went stands left of what came.
fn both_sides(hunk: &[Line], digits: usize, columns: usize, out: &mut Vec<Row>) {
    let half = columns / 2;
    let mut lines = hunk.iter().peekable();
    while let Some(line) = lines.peek() {
        if line.left.is_some() && line.right.is_some() {
            let sides = [half_rows(line, line.left, digits, half), half_rows(line, line.right, digits, half)];
            zip_sides(sides, half, out);
            lines.next();
            continue;
        }
        let mut sides = [Vec::new(), Vec::new()];
        let [left, right] = &mut sides;
        while let Some(line) = lines.next_if(|line| line.right.is_none()) {
            left.extend(half_rows(line, line.left, digits, half));
        }
        while let Some(line) = lines.next_if(|line| line.left.is_none()) {
            right.extend(half_rows(line, line.right, digits, half));
        }
        zip_sides(sides, half, out);
    }
}

type Pieces = Vec<(String, Look)>;

fn half_rows(line: &Line, number: Option<usize>, digits: usize, half: usize) -> Vec<Pieces> {
    let (sign, look, part) = looks(line);
    let lead = number.map_or_else(String::new, |at| format!("{:>digits$} {sign}", at + 1));
    let blank = " ".repeat(text::width(&lead));
    let rows = broken(line, half.saturating_sub(digits + 3).max(8), look, part);
    let with_lead = rows.into_iter().enumerate().map(|(index, mut pieces)| {
        let lead = if index == 0 { lead.clone() } else { blank.clone() };
        pieces.insert(0, (lead, if sign == ' ' { Look::Frame } else { look }));
        pieces
    });
    with_lead.collect()
}

fn zip_sides([left, right]: [Vec<Pieces>; 2], half: usize, out: &mut Vec<Row>) {
    let count = left.len().max(right.len());
    let (mut left, mut right) = (left.into_iter(), right.into_iter());
    for _ in 0..count {
        let mut pieces = left.next().unwrap_or_default();
        let taken: usize = pieces.iter().map(|(text, _)| text::width(text)).sum();
        pieces.push((format!("{}│", " ".repeat(half.saturating_sub(taken + 1))), Look::Frame));
        pieces.extend(right.next().unwrap_or_default());
        out.push(Row { pieces, begins: false });
    }
}

/// The pieces of a line in rows of so many columns; at least one row.
fn broken(line: &Line, columns: usize, look: Look, part: Look) -> Vec<Pieces> {
    let mut rows: Vec<Pieces> = vec![Vec::new()];
    let mut room = columns;
    for (text, differs) in &line.pieces {
        let look = if *differs { part } else { look };
        let mut rest = text.as_str();
        while !rest.is_empty() {
            let fits = text::head(rest, room);
            if fits.is_empty() && room < columns {
                rows.push(Vec::new());
                room = columns;
                continue;
            }
            // A character that is wider than a row has a row of its own.
            let end = if fits.is_empty() { rest.chars().next().map_or(1, char::len_utf8) } else { fits.len() };
            let (piece, after) = rest.split_at_checked(end).unwrap_or((rest, ""));
            if let Some(row) = rows.last_mut() {
                row.push((piece.to_owned(), look));
            }
            room = room.saturating_sub(text::width(piece));
            rest = after;
        }
    }
    rows
}

#[cfg(test)]
mod tests {
    use super::*;

    const OLD: &str = "debug: true\nlog_level: info\ndb:\n  host: localhost\n  port: 5432\n";
    const NEW: &str = "debug: false\nlog_level: warning\ndb:\n  host: db.internal\n  port: 5432\n  pool: 20\n";

    fn lines(left: &str, right: &str) -> Lines {
        match Difference::of(left.as_bytes(), right.as_bytes()) {
            Difference::Text(lines) => lines,
            other => panic!("{other:?}"),
        }
    }

    fn shown(rows: &[Row]) -> Vec<String> {
        let mark = |(text, look): &(String, Look)| match look {
            Look::LeftPart | Look::RightPart => format!("[{text}]"),
            _ => text.clone(),
        };
        rows.iter().map(|row| row.pieces.iter().map(mark).collect::<String>().trim_end().to_owned()).collect()
    }

    #[test]
    fn lines_that_differ_say_in_which_words() {
        let lines = lines(OLD, NEW);
        assert_eq!((lines.added, lines.removed, lines.hunks.len()), (4, 3, 1));
        assert_eq!(
            shown(&rows(&lines, 60, false)),
            [
                "1   -debug: [true]",
                "2   -log_level: [info]",
                "  1 +debug: [false]",
                "  2 +log_level: [warning]",
                "3 3  db:",
                "4   -  host: [localhost]",
                "  4 +  host: [db.internal]",
                "5 5    port: 5432",
                "  6 +  pool: 20",
            ]
        );
    }

    #[test]
    fn how_a_line_ends_is_seen_where_that_differs() {
        let at_end = |left, right| shown(&rows(&lines(left, right), 60, false));
        assert_eq!(at_end("a\nb", "a\nb\n"), ["1 1  a", "2   -b[ (no newline at the end)]", "  2 +b"]);
        assert_eq!(at_end("a\r\nb\r\n", "a\nb\r\n"), ["1   -a\\x0d", "  1 +a", "2 2  b"]);
    }

    #[test]
    fn both_sides_stand_beside_each_other() {
        let rows = shown(&rows(&lines(OLD, NEW), 60, true));
        assert_eq!(
            rows,
            [
                "1 -debug: [true]               │1 +debug: [false]",
                "2 -log_level: [info]           │2 +log_level: [warning]",
                "3  db:                       │3  db:",
                "4 -  host: [localhost]         │4 +  host: [db.internal]",
                "5    port: 5432              │5    port: 5432",
                "                             │6 +  pool: 20",
            ],
            "the brackets are marks of this test"
        );
    }

    #[test]
    fn what_lies_far_apart_is_in_hunks_of_its_own() {
        let old = (0..60).map(|line| line.to_string()).collect::<Vec<_>>().join("\n");
        let new = old.replace("\n5\n", "\nfive\n").replace("\n50\n", "\nfifty\x1b[31m\n");
        let lines = lines(&old, &new);
        assert_eq!(lines.hunks.len(), 2);
        let rows = rows(&lines, 60, false);
        assert_eq!(rows.iter().filter(|row| row.begins).count(), 2);
        assert!(shown(&rows).iter().any(|row| row.contains("fifty\\x1b[31m")), "nothing raw: {:?}", shown(&rows));
        assert_eq!(shown(&rows).iter().filter(|row| *row == "⋯").count(), 1);
    }

    #[test]
    fn long_lines_go_on_below() {
        let lines = lines("a\n", "a long line with 日本語 in it\n");
        let rows = shown(&rows(&lines, 14, false));
        assert!(rows.iter().all(|row| text::width(&row.replace(['[', ']'], "")) <= 14), "{rows:?}");
        assert_eq!(rows.concat().replace(['[', ']', ' '], ""), "1-a1+alonglinewith日本語init");
    }

    #[test]
    fn bytes_say_where_they_begin_to_differ() {
        let facts = |left: &[u8], right: &[u8]| match Difference::of(left, right) {
            Difference::Bytes(facts) => facts,
            other => panic!("{other:?}"),
        };
        assert_eq!(facts(b"\0abc", b"\0abd").first, Some(3));
        let shorter = facts(b"\0ab", b"\0abd");
        assert_eq!(shorter.first, Some(3));
        let expected = hex(Sha256::new_with_prefix(b"\0ab"));
        assert_eq!(shorter.digests[0].as_deref(), Some(expected.as_str()));
        assert_eq!(Difference::of(b"\0ab", b"\0ab"), Difference::Same);
        assert!(shorter.elf.is_empty());
    }

    #[test]
    fn programs_say_in_what_they_differ() {
        let header = |class: u8, machine: u8| {
            let mut out = vec![0; 64];
            out[..7].copy_from_slice(&[0x7f, b'E', b'L', b'F', class, 1, 1]);
            (out[16], out[18], out[20]) = (3, machine, 1);
            out
        };
        let Difference::Bytes(facts) = Difference::of(&header(2, 62), &header(2, 183)) else { panic!() };
        assert_eq!(
            facts.elf,
            ["- ELF        shared library · x86-64 · 64 bits", "+ ELF        shared library · arm64 · 64 bits"]
        );
        assert_eq!(facts.first, Some(18));
    }
}
