//! The content of a file, laid out for a screen: text with the numbers of its lines, or bytes in hexadecimal.

use super::Model;
use super::highlight::Paint;
use super::insight::{self, Insight};
use super::msg::Generation;
use super::state::Fact;
use super::text;
use super::theme::Role;
use crate::analysis::Timeline;
use crate::bytes::Cancel;
use crate::escape::{Target, escape};
use crate::image::LayerIndex;
use crate::tree::{InodeId, Line, Needle, NodeId, Tree};
use std::sync::Arc;

/// How much of a file is shown.
pub(crate) const MOST: u64 = 1 << 20;

/// Bytes that are looked at to tell text from anything else.
const SAMPLE: usize = 8 << 10;

/// A file that is looked at. Closing it ends the reading.
#[derive(Debug)]
pub(crate) struct Viewer {
    /// The image.
    pub(crate) model: Arc<Model>,
    /// The path.
    pub(crate) node: NodeId,
    /// All files that ever had this name, oldest first.
    pub(crate) versions: Vec<InodeId>,
    /// Which of them is shown.
    pub(crate) at: usize,
    /// The number of the reading that counts.
    pub(crate) generation: Generation,
    /// Ends that reading.
    pub(crate) cancel: Cancel,
    /// What was read.
    pub(crate) content: Content,
    /// How far the way to it is: bytes of all bytes.
    pub(crate) done: Option<(u64, u64)>,
    /// Whether bytes are shown, whatever they are.
    pub(crate) hex: bool,
    /// Whether long lines go on below.
    pub(crate) wrap: bool,
    /// Where in the file what was read begins: bytes are shown a part after the other.
    pub(crate) from: u64,
    /// Whether the part after this one is wanted, or the one before.
    pub(crate) turn: Option<Turn>,
    /// The first row in the window.
    pub(crate) offset: usize,
    /// The last row that the window can begin with.
    last: usize,
    /// Whether the end of what is read is shown first.
    at_end: bool,
    /// What is searched for, also in other versions.
    pub(crate) needle: Option<Needle>,
    /// The first line of the whole file that has what the file was found by.
    pub(crate) found: Option<Line>,
    /// The lines of text that have it.
    pub(crate) search: Option<Search>,
    rows: Vec<Row>,
    /// The first row of each line of text.
    starts: Vec<usize>,
    /// What the rows were laid out for.
    laid_out: Option<(usize, Form)>,
}

/// What was read of a file.
#[derive(Debug)]
pub(crate) enum Content {
    /// Nothing yet.
    Waiting,
    /// Nothing, and why.
    Failed(String),
    /// Its beginning, and whether that looks like text.
    Read {
        /// The bytes.
        bytes: Vec<u8>,
        /// Whether they are text.
        is_text: bool,
        /// What its words are, line by line.
        paints: Vec<Vec<Paint>>,
        /// What is in it, if it is a program or an archive.
        insight: Option<Box<Insight>>,
    },
}

/// What came of reading a file.
#[derive(Debug, Default)]
pub(crate) struct Reading {
    /// Its beginning.
    pub(crate) bytes: Vec<u8>,
    /// What its words are, line by line.
    pub(crate) paints: Vec<Vec<Paint>>,
    /// What is in it, if it is a program or an archive.
    pub(crate) insight: Option<Box<Insight>>,
    /// Where what it was found by is, first.
    pub(crate) found: Option<Line>,
}

impl From<Vec<u8>> for Reading {
    fn from(bytes: Vec<u8>) -> Self {
        Self { bytes, ..Self::default() }
    }
}

/// More rows than anybody scrolls at once: an end is meant.
pub(crate) const FAR: usize = 1 << 20;

/// Where to go on in a file that is shown in parts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Turn {
    /// To the part after this one.
    Next,
    /// To the part before.
    Previous,
    /// To the first part.
    First,
    /// To the last part.
    Last,
}

/// How a content is laid out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    Text { wrap: bool },
    Bytes,
    Inside,
}

/// One row: a number in front, where a line or a group of bytes begins, and a text that is safe to show.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Row {
    /// The number of a line, or the place of the first byte.
    pub(crate) lead: String,
    /// The text.
    pub(crate) pieces: Vec<Fact>,
}

impl Viewer {
    /// More layers are understood: there may be newer versions, and none is another one.
    pub(crate) fn grow(&mut self, model: &Arc<Model>) {
        self.versions = Timeline::of(&model.tree, self.node).files(&model.tree);
        self.model = Arc::clone(model);
    }

    /// A viewer of one version of a path, before anything is read.
    pub(crate) fn new(model: Arc<Model>, node: NodeId, versions: Vec<InodeId>, at: usize) -> Self {
        Self {
            model,
            node,
            versions,
            at,
            generation: Generation::default(),
            cancel: Cancel::default(),
            content: Content::Waiting,
            done: None,
            hex: false,
            wrap: true,
            from: 0,
            turn: None,
            offset: 0,
            last: 0,
            at_end: false,
            needle: None,
            found: None,
            search: None,
            rows: Vec::new(),
            starts: Vec::new(),
            laid_out: None,
        }
    }

    /// Searches from the window on; for nothing ends the search.
    pub(crate) fn search(&mut self, needle: Option<Needle>) {
        self.search = match (&self.content, &needle) {
            (Content::Read { bytes, .. }, Some(needle)) => Some(Search::of(needle, bytes)),
            _ => None,
        };
        self.needle = needle;
        let first = self.starts.partition_point(|start| *start < self.offset);
        self.go_to_hit(|hits| hits.iter().position(|line| *line >= first).or(Some(0)));
    }

    /// Goes to the next or the previous line that has what is searched for, and from the last one to the first.
    pub(crate) fn next_hit(&mut self, forward: bool) {
        let at = self.search.as_ref().map_or(0, |search| search.at);
        self.go_to_hit(|hits| {
            let last = hits.len().checked_sub(1)?;
            Some(match (forward, at) {
                (true, at) if at >= last => 0,
                (true, at) => at + 1,
                (false, 0) => last,
                (false, at) => at - 1,
            })
        });
    }

    fn go_to_hit(&mut self, choose: impl FnOnce(&[usize]) -> Option<usize>) {
        let Some(search) = &mut self.search else { return };
        let Some(at) = choose(&search.lines).filter(|at| *at < search.lines.len()) else { return };
        search.at = at;
        let row = search.lines.get(at).and_then(|line| self.starts.get(*line));
        self.offset = row.copied().unwrap_or(self.offset);
    }

    /// The file that is shown.
    pub(crate) fn inode(&self) -> Option<InodeId> {
        self.versions.get(self.at).copied()
    }

    /// All versions by their layers, this one in round brackets: `[L6] (L7) [L8]`; of many those beside it. None if there
    /// is only one.
    pub(crate) fn strip(&self) -> Option<String> {
        strip(&self.model.tree, &self.versions, self.at)
    }

    /// The layer of the version before, if it has the same content.
    pub(crate) fn same_as(&self) -> Option<LayerIndex> {
        let before = *self.versions.get(self.at.checked_sub(1)?)?;
        let tree = &self.model.tree;
        tree.is_same_file(before, self.inode()?).then(|| tree.inode(before).map(|inode| inode.layer))?
    }

    /// How many bytes it has.
    pub(crate) fn size(&self) -> u64 {
        self.inode().and_then(|inode| self.model.tree.file_size(inode)).unwrap_or(0)
    }

    /// Scrolls by a number of rows; beyond what was read, to the next part of the file.
    pub(crate) fn scroll(&mut self, by: isize) {
        let before = self.offset;
        self.offset = before.saturating_add_signed(by);
        if self.form() != Form::Bytes || !matches!(self.content, Content::Read { .. }) {
            return;
        }
        let is_far = by.unsigned_abs() >= FAR;
        if by > 0 && (is_far || before >= self.last) && self.from + MOST < self.size() {
            self.turn = Some(if is_far { Turn::Last } else { Turn::Next });
        } else if by < 0 && (is_far || before == 0) && self.from > 0 {
            self.turn = Some(if is_far { Turn::First } else { Turn::Previous });
        }
    }

    /// Goes to another part of the file, which has to be read then.
    pub(crate) fn go_on(&mut self, turn: Turn) {
        self.from = match turn {
            Turn::Next => self.from + MOST,
            Turn::Previous => self.from.saturating_sub(MOST),
            Turn::First => 0,
            Turn::Last => self.size().saturating_sub(1) / MOST * MOST,
        };
        self.at_end = matches!(turn, Turn::Previous | Turn::Last);
    }

    /// Begins to read anew; only what comes of this reading counts.
    pub(crate) fn restart(&mut self, generation: Generation) -> Cancel {
        self.cancel.cancel();
        self.cancel = Cancel::default();
        self.content = Content::Waiting;
        self.done = None;
        self.offset = 0;
        self.search = None;
        self.found = None;
        self.laid_out = None;
        self.generation = generation;
        self.cancel.clone()
    }

    /// Takes what was read.
    pub(crate) fn take(&mut self, read: Result<Reading, String>) {
        self.content = match read {
            Ok(Reading { bytes, paints, insight, found }) => {
                self.found = found;
                let is_text = looks_like_text(&bytes);
                Content::Read { bytes, is_text, paints, insight }
            }
            Err(message) => Content::Failed(message),
        };
        self.laid_out = None;
    }

    /// Whether a row belongs to a line that has what is searched for.
    pub(crate) fn is_hit(&self, row: usize) -> bool {
        let line = self.starts.partition_point(|start| *start <= row).checked_sub(1);
        let found = |search: &Search| line.is_some_and(|line| search.lines.binary_search(&line).is_ok());
        self.search.as_ref().is_some_and(found)
    }

    /// The rows as they were laid out last.
    pub(crate) fn rows(&self) -> &[Row] {
        &self.rows
    }

    fn form(&self) -> Form {
        match &self.content {
            Content::Read { .. } if self.hex || self.from > 0 => Form::Bytes,
            Content::Read { insight: Some(_), .. } => Form::Inside,
            Content::Read { is_text: false, .. } => Form::Bytes,
            _ => Form::Text { wrap: self.wrap },
        }
    }

    /// Whether what is in the file is shown, not its bytes.
    pub(crate) fn is_inside(&self) -> bool {
        self.form() == Form::Inside
    }

    /// Whether lines of text are shown.
    pub(crate) fn is_text(&self) -> bool {
        matches!(self.form(), Form::Text { .. })
    }

    /// Whether what was read can be shown as nothing but bytes.
    pub(crate) fn is_bytes(&self) -> bool {
        matches!(&self.content, Content::Read { is_text: false, insight: None, .. })
    }

    /// Lays the content out for so many columns, unless it is laid out so already, and keeps the window within it.
    pub(crate) fn settle(&mut self, columns: usize, height: usize) {
        let wanted = (columns, self.form());
        if self.laid_out != Some(wanted) {
            (self.rows, self.starts) = match (&self.content, wanted.1) {
                (Content::Read { insight: Some(insight), .. }, Form::Inside) => {
                    (insight::rows(&self.model, insight), Vec::new())
                }
                (Content::Read { bytes, .. }, Form::Bytes | Form::Inside) => {
                    (hex_rows(bytes, self.from, columns), Vec::new())
                }
                (Content::Read { bytes, paints, .. }, Form::Text { wrap }) => text_rows(bytes, paints, columns, wrap),
                (Content::Waiting | Content::Failed(_), _) => (Vec::new(), Vec::new()),
            };
            if self.laid_out.is_none() && wanted.1 == Form::Bytes {
                let found = self.found.as_ref().and_then(|found| found.offset.checked_sub(self.from));
                self.offset = found.map_or(0, |offset| hex_row(offset, columns));
                if std::mem::take(&mut self.at_end) {
                    self.offset = usize::MAX;
                }
            }
            self.laid_out = Some(wanted);
        }
        // What was searched for before this content was there is searched for now.
        if self.search.is_none() && self.needle.is_some() && self.is_text() {
            self.search(self.needle.clone());
        }
        self.last = self.rows.len().saturating_sub(height);
        self.offset = self.offset.min(self.last);
    }
}

/// Versions of a file by their layers, one of them in round brackets; of many those beside it.
pub(crate) fn strip(tree: &Tree, versions: &[InodeId], at: usize) -> Option<String> {
    const BESIDE: usize = 2;
    let (first, last) = (at.saturating_sub(BESIDE), (at + BESIDE + 1).min(versions.len()));
    let shown = versions.get(first..last).filter(|_| versions.len() > 1)?;
    let layers = shown.iter().zip(first..).map(|(version, index)| {
        let layer = tree.inode(*version).map_or(0, |inode| inode.layer.0);
        if index == at { format!("(L{layer})") } else { format!("[L{layer}]") }
    });
    let more = |is: bool| is.then(|| "…".to_owned());
    let parts = more(first > 0).into_iter().chain(layers).chain(more(last < versions.len()));
    Some(parts.collect::<Vec<_>>().join(" "))
}

impl Drop for Viewer {
    fn drop(&mut self) {
        self.cancel.cancel();
    }
}

/// Whether bytes are text: UTF-8, but for a character that was cut at the end, without zero bytes.
pub(super) fn looks_like_text(bytes: &[u8]) -> bool {
    let sample = bytes.get(..SAMPLE).unwrap_or(bytes);
    if sample.contains(&0) {
        return false;
    }
    match std::str::from_utf8(sample) {
        Ok(_) => true,
        Err(error) => error.error_len().is_none() && error.valid_up_to() + 4 > sample.len(),
    }
}

/// What a search has found in a text.
#[derive(Debug)]
pub(crate) struct Search {
    /// The lines that have it, counted from 0.
    pub(crate) lines: Vec<usize>,
    /// Which of them was gone to last.
    pub(crate) at: usize,
}

impl Search {
    fn of(needle: &Needle, bytes: &[u8]) -> Self {
        let content = String::from_utf8_lossy(bytes);
        let lines = content.lines().enumerate().filter(|(_, line)| needle.is_in(line.as_bytes()));
        Self { lines: lines.map(|(line, _)| line).collect(), at: 0 }
    }
}

/// The rows of a text, and the first row of each of its lines.
fn text_rows(bytes: &[u8], paints: &[Vec<Paint>], columns: usize, wrap: bool) -> (Vec<Row>, Vec<usize>) {
    let text = String::from_utf8_lossy(bytes);
    let lines: Vec<&str> = text.lines().collect();
    let digits = lines.len().to_string().len();
    let room = columns.saturating_sub(digits + 1).max(8);
    let (mut rows, mut starts) = (Vec::new(), Vec::new());
    for (index, line) in lines.into_iter().enumerate() {
        starts.push(rows.len());
        let pieces = pieces(line, paints.get(index).map_or(&[], Vec::as_slice));
        let lead = format!("{:>digits$}", index + 1);
        if !wrap {
            // The line is cut where it is drawn.
            rows.push(Row { lead, pieces });
            continue;
        }
        for (part, pieces) in text::chop(pieces, room).into_iter().enumerate() {
            let lead = if part == 0 { lead.clone() } else { " ".repeat(digits) };
            rows.push(Row { lead, pieces });
        }
    }
    (rows, starts)
}

/// A line in pieces that look alike, safe to show.
fn pieces(line: &str, paints: &[Paint]) -> Vec<Fact> {
    let safe = |part: &str| escape(part.replace('\t', text::TAB).as_bytes(), Target::Prose).into_owned();
    let (mut out, mut at) = (Vec::new(), 0);
    for (range, role) in paints {
        // What was painted has the end of its line, too.
        let end = range.end.min(line.len());
        if let Some(part) = line.get(at..end).filter(|part| !part.is_empty()) {
            out.push((safe(part), *role));
            at = end;
        }
    }
    if at < line.len() || out.is_empty() {
        out.push((safe(line.get(at..).unwrap_or_default()), Role::Text));
    }
    out
}

/// Bytes in a row: sixteen where there is room for them, else eight.
fn hex_count(columns: usize) -> usize {
    const LEAD: usize = 9;
    if columns >= LEAD + 16 * 4 + 3 { 16 } else { 8 }
}

/// The row that a byte is in.
fn hex_row(offset: u64, columns: usize) -> usize {
    usize::try_from(offset).unwrap_or(usize::MAX) / hex_count(columns)
}

fn hex_rows(bytes: &[u8], from: u64, columns: usize) -> Vec<Row> {
    let count = hex_count(columns);
    let row = |(index, bytes): (usize, &[u8])| {
        let hex: Vec<String> = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
        let shown = |byte: &u8| if matches!(byte, b' '..=b'~') { char::from(*byte) } else { '.' };
        let plain: String = bytes.iter().map(shown).collect();
        let text = format!("{:<1$} |{plain}|", hex.join(" "), count * 3);
        Row { lead: format!("{:08x}", from + (index * count) as u64), pieces: vec![(text, Role::Text)] }
    };
    bytes.chunks(count).enumerate().map(row).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analysis::Timeline;
    use crate::listing::testing::listing;
    use crate::tree::Stack;

    fn texts(rows: &[Row]) -> Vec<String> {
        let text = |row: &Row| row.pieces.iter().map(|(text, _)| text.as_str()).collect::<String>();
        rows.iter().map(|row| format!("{} {}", row.lead, text(row))).collect()
    }

    #[test]
    fn versions_are_named_by_their_layers() {
        let mut stack = Stack::new();
        for layer in 0..9 {
            stack.push(listing(&[if layer % 2 == 0 { "f a 1 x" } else { "f b 1 x" }]));
        }
        let tree = stack.finish();
        let versions = Timeline::of(&tree, tree.find(b"a").unwrap()).files(&tree);
        let strips: Vec<_> = (0..versions.len()).map(|at| strip(&tree, &versions, at).unwrap()).collect();
        assert_eq!(strips[0], "(L0) [L2] [L4] …");
        assert_eq!(strips[2], "[L0] [L2] (L4) [L6] [L8]");
        assert_eq!(strips[4], "… [L4] [L6] (L8)");
        assert_eq!(strip(&tree, &versions[..1], 0), None);
    }

    #[test]
    fn text_is_told_from_anything_else() {
        let cases: [(&[u8], bool); 7] = [
            (b"", true),
            (b"plain\ntext", true),
            ("naïve".as_bytes(), true),
            (b"a\0b", false),
            (b"\x7fELF\x02\x01\x01\0", false),
            (b"latin\xe9 and on", false),
            (b"cut \xc3", true),
        ];
        for (bytes, expected) in cases {
            assert_eq!(looks_like_text(bytes), expected, "{bytes:?}");
        }
    }

    #[test]
    fn lines_have_numbers_and_nothing_raw() {
        let bytes = b"one\n\ta\x1b[31m\nlong line that goes on";
        assert_eq!(
            texts(&text_rows(bytes, &[], 18, true).0),
            ["1 one", "2     a\\x1b[31m", "3 long line that g", "  oes on"]
        );
        assert_eq!(
            texts(&text_rows(bytes, &[], 12, false).0),
            ["1 one", "2     a\\x1b[31m", "3 long line that goes on"]
        );
    }

    #[test]
    fn bytes_are_shown_as_far_as_there_is_room() {
        let bytes: Vec<u8> = (0x3a..0x4c).collect();
        assert_eq!(
            texts(&hex_rows(&bytes, 0, 80)),
            [
                "00000000 3a 3b 3c 3d 3e 3f 40 41 42 43 44 45 46 47 48 49  |:;<=>?@ABCDEFGHI|",
                "00000010 4a 4b                                            |JK|"
            ]
        );
        assert_eq!(hex_rows(&bytes, 0x10_0000, 60).len(), 3);
    }
}
