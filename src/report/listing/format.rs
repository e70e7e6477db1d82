//! One line for one path: plain, like `ls -l`, or JSON.

use crate::escape::{Target, escape};
use crate::image::LayerIndex;
use crate::listing::{Entry, EntryKind, Xattr};
use crate::tarball::Time;
use base64::prelude::{BASE64_STANDARD, Engine as _};
use serde::Serialize;
use serde::ser::SerializeMap as _;
use std::borrow::Cow;
use std::io::{self, Write};

/// How `ls` writes a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum LsFormat {
    /// The path alone.
    #[default]
    Plain,
    /// Like `ls -l`: mode, links, owner, group, size or device, time in UTC, path and target.
    Long,
    /// One JSON object a line.
    Jsonl,
}

/// What comes first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum LsSort {
    /// By path, in byte order.
    #[default]
    Path,
    /// The largest files.
    Size,
    /// What accounts for most bytes of the stored layers; a directory with all that is below it.
    Pull,
}

/// How `ls` writes its answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct LsStyle {
    /// One line.
    pub format: LsFormat,
    /// Whether a line of text begins with the bytes of the stored layers that the path accounts for.
    pub pull: bool,
    /// The order of the lines.
    pub sort: LsSort,
}

impl LsStyle {
    /// Whether anybody asks what paths cost.
    pub(super) fn needs_costs(self) -> bool {
        self.pull || self.format == LsFormat::Jsonl || self.sort == LsSort::Pull
    }
}

/// Everything that `ls` says of a path.
#[derive(Debug)]
pub(super) struct Row<'a> {
    pub(super) path: &'a [u8],
    pub(super) kind: EntryKind,
    pub(super) mode: u16,
    pub(super) uid: u32,
    pub(super) gid: u32,
    pub(super) size: u64,
    pub(super) device: (u32, u32),
    pub(super) mtime: Option<Time>,
    /// The target of a symbolic link.
    pub(super) link: Option<&'a [u8]>,
    /// The first name of the same inode.
    pub(super) hardlink: Option<&'a [u8]>,
    /// How many names the inode has.
    pub(super) links: u32,
    pub(super) layer: LayerIndex,
    pub(super) change: Option<&'static str>,
    pub(super) xattrs: &'a [Xattr],
    /// The entry that wrote it, if one did.
    pub(super) entry: Option<Entry<'a>>,
    /// Bytes of the stored layers that it and all below it account for, if that is known.
    pub(super) below: Option<u64>,
}

impl Row<'_> {
    pub(super) fn write(&self, style: LsStyle, out: &mut dyn Write) -> io::Result<()> {
        if style.pull && style.format != LsFormat::Jsonl {
            write!(out, "{:>10}  ", self.below.map_or_else(|| "-".to_owned(), |bytes| bytes.to_string()))?;
        }
        match style.format {
            LsFormat::Plain => writeln!(out, "{}", escape(self.path, Target::Terminal)),
            LsFormat::Long => self.long(out),
            LsFormat::Jsonl => super::super::json::line(&self.json(), out),
        }
    }

    fn long(&self, out: &mut dyn Write) -> io::Result<()> {
        let size = match self.kind {
            EntryKind::CharDevice | EntryKind::BlockDevice => format!("{}, {}", self.device.0, self.device.1),
            _ => self.size.to_string(),
        };
        write!(
            out,
            "{} {:>3} {:>5} {:>5} {size:>10} {:<16} {}",
            mode_text(self.kind, self.mode),
            self.links,
            self.uid,
            self.gid,
            self.mtime.and_then(timestamp).map_or_else(|| "-".to_owned(), minute),
            escape(self.path, Target::Terminal)
        )?;
        match (self.link, self.hardlink) {
            (Some(target), _) => writeln!(out, " -> {}", escape(target, Target::Terminal)),
            (None, Some(first)) if first != self.path => writeln!(out, " link to {}", escape(first, Target::Terminal)),
            (None, _) => writeln!(out),
        }
    }

    fn json(&self) -> JsonRow<'_> {
        let name = |bytes| escape(bytes, Target::Json);
        JsonRow {
            path: name(self.path),
            kind: type_name(self.kind),
            mode: self.mode,
            uid: self.uid,
            gid: self.gid,
            size: self.size,
            mtime: self.mtime.and_then(timestamp).map(|time| time.to_string()),
            link: self.link.map(name),
            hardlink: self.hardlink.map(name),
            layer: self.layer,
            change: self.change,
            xattrs: JsonXattrs(self.xattrs),
            pull_cost: self.entry.and_then(|entry| entry.pull_cost()),
            subtree_pull_cost: self.below.filter(|_| self.kind == EntryKind::Directory),
        }
    }
}

/// A line of `--format jsonl`.
#[derive(Debug, Serialize)]
struct JsonRow<'a> {
    path: Cow<'a, str>,
    #[serde(rename = "type")]
    kind: &'static str,
    mode: u16,
    uid: u32,
    gid: u32,
    size: u64,
    mtime: Option<String>,
    link: Option<Cow<'a, str>>,
    hardlink: Option<Cow<'a, str>>,
    layer: LayerIndex,
    change: Option<&'static str>,
    xattrs: JsonXattrs<'a>,
    /// Bytes of the stored blob that the entry accounts for.
    pull_cost: Option<u64>,
    /// Of a directory: those that it and all below it account for.
    subtree_pull_cost: Option<u64>,
}

/// Names escaped, values in base64.
#[derive(Debug)]
struct JsonXattrs<'a>(&'a [Xattr]);

impl Serialize for JsonXattrs<'_> {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.0.len()))?;
        for (name, value) in self.0 {
            map.serialize_entry(&escape(name, Target::Json), &BASE64_STANDARD.encode(value))?;
        }
        map.end()
    }
}

/// The word for a kind in JSON. A hard link is the file that it names.
pub(in crate::report) fn type_name(kind: EntryKind) -> &'static str {
    match kind {
        EntryKind::File | EntryKind::HardLink => "file",
        EntryKind::Directory => "directory",
        EntryKind::Symlink => "symlink",
        EntryKind::CharDevice => "char",
        EntryKind::BlockDevice => "block",
        EntryKind::Fifo => "fifo",
    }
}

/// Type and permissions as `ls -l` shows them, with set-uid, set-gid and sticky bits in the places of the `x`.
pub fn mode_text(kind: EntryKind, mode: u16) -> String {
    let mut out = String::with_capacity(10);
    out.push(match kind {
        EntryKind::File | EntryKind::HardLink => '-',
        EntryKind::Directory => 'd',
        EntryKind::Symlink => 'l',
        EntryKind::CharDevice => 'c',
        EntryKind::BlockDevice => 'b',
        EntryKind::Fifo => 'p',
    });
    for (shift, special, letter) in [(6, 0o4000, 's'), (3, 0o2000, 's'), (0, 0o1000, 't')] {
        let bits = mode >> shift;
        out.push(if bits & 4 == 0 { '-' } else { 'r' });
        out.push(if bits & 2 == 0 { '-' } else { 'w' });
        out.push(match (mode & special != 0, bits & 1 != 0) {
            (false, false) => '-',
            (false, true) => 'x',
            (true, false) => letter.to_ascii_uppercase(),
            (true, true) => letter,
        });
    }
    out
}

/// None if the time is so far away that no calendar has it.
pub(in crate::report) fn timestamp(time: Time) -> Option<jiff::Timestamp> {
    let nanoseconds = i32::try_from(time.nanoseconds).ok()?;
    // Before 1970 the seconds are negative and the nanoseconds still count forward.
    let start = jiff::Timestamp::from_second(time.seconds).ok()?;
    start.checked_add(jiff::SignedDuration::new(0, nanoseconds)).ok()
}

/// Date and minute of an entry's time, in UTC; a dash if no calendar has it.
pub fn mtime_text(time: Time) -> String {
    timestamp(time).map_or_else(|| "-".to_owned(), minute)
}

fn minute(time: jiff::Timestamp) -> String {
    time.to_zoned(jiff::tz::TimeZone::UTC).strftime("%Y-%m-%d %H:%M").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn modes_read_as_ls_writes_them() {
        let cases = [
            (EntryKind::File, 0o644, "-rw-r--r--"),
            (EntryKind::Directory, 0o1777, "drwxrwxrwt"),
            (EntryKind::Directory, 0o1776, "drwxrwxrwT"),
            (EntryKind::File, 0o4755, "-rwsr-xr-x"),
            (EntryKind::File, 0o6644, "-rwSr-Sr--"),
            (EntryKind::Symlink, 0o777, "lrwxrwxrwx"),
            (EntryKind::CharDevice, 0, "c---------"),
        ];
        for (kind, mode, text) in cases {
            assert_eq!(mode_text(kind, mode), text);
        }
    }

    fn row<'a>() -> Row<'a> {
        Row {
            path: b"bin/su",
            kind: EntryKind::File,
            mode: 0o4755,
            uid: 0,
            gid: 5,
            size: 1234,
            device: (0, 0),
            mtime: Some(Time { seconds: 1_704_164_640, nanoseconds: 500_000_000 }),
            link: None,
            hardlink: None,
            links: 1,
            layer: LayerIndex(3),
            change: Some("added"),
            xattrs: &[],
            entry: None,
            below: Some(7),
        }
    }

    fn text(row: &Row<'_>, format: LsFormat) -> String {
        let mut out = Vec::new();
        row.write(LsStyle { format, ..LsStyle::default() }, &mut out).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn a_path_in_each_format() {
        assert_eq!(text(&row(), LsFormat::Plain), "bin/su\n");
        assert_eq!(text(&row(), LsFormat::Long), "-rwsr-xr-x   1     0     5       1234 2024-01-02 03:04 bin/su\n");
        assert_eq!(
            text(&row(), LsFormat::Jsonl),
            "{\"path\":\"bin/su\",\"type\":\"file\",\"mode\":2541,\"uid\":0,\"gid\":5,\"size\":1234,\
             \"mtime\":\"2024-01-02T03:04:00.5Z\",\"link\":null,\"hardlink\":null,\"layer\":3,\"change\":\"added\",\
             \"xattrs\":{},\"pull_cost\":null,\"subtree_pull_cost\":null}\n"
        );
    }

    #[test]
    fn costs_come_first_in_text_and_last_in_json() {
        let cost = |row: &Row<'_>| {
            let mut out = Vec::new();
            row.write(LsStyle { pull: true, ..LsStyle::default() }, &mut out).unwrap();
            String::from_utf8(out).unwrap()
        };
        assert_eq!(cost(&row()), "         7  bin/su\n");
        assert_eq!(cost(&Row { below: None, ..row() }), "         -  bin/su\n");
        let directory = Row { kind: EntryKind::Directory, ..row() };
        assert!(text(&directory, LsFormat::Jsonl).ends_with("\"pull_cost\":null,\"subtree_pull_cost\":7}\n"));
    }

    #[test]
    fn other_kinds_of_paths() {
        let device = Row { kind: EntryKind::CharDevice, mode: 0o666, device: (1, 3), size: 0, ..row() };
        assert_eq!(text(&device, LsFormat::Long), "crw-rw-rw-   1     0     5       1, 3 2024-01-02 03:04 bin/su\n");
        let link = Row { kind: EntryKind::Symlink, mode: 0o777, link: Some(b"a\nb"), size: 0, mtime: None, ..row() };
        assert_eq!(
            text(&link, LsFormat::Long),
            "lrwxrwxrwx   1     0     5          0 -                bin/su -> a\\x0ab\n"
        );
        let far = Row { mtime: Some(Time { seconds: i64::MAX, nanoseconds: 0 }), ..row() };
        assert!(text(&far, LsFormat::Jsonl).contains("\"mtime\":null"));
        let xattrs: [Xattr; 1] = [((*b"user.\xff").into(), (*b"a\n").into())];
        let with = Row { xattrs: &xattrs, hardlink: Some(b"bin/first"), ..row() };
        let value: serde_json::Value = serde_json::from_str(&text(&with, LsFormat::Jsonl)).unwrap();
        assert_eq!(value["xattrs"], serde_json::json!({"user.\\xff": "YQo="}));
        assert_eq!(value["hardlink"], "bin/first");
    }

    #[test]
    fn times_before_1970_count_forward() {
        let time = timestamp(Time { seconds: -1, nanoseconds: 250_000_000 }).unwrap();
        assert_eq!(time.to_string(), "1969-12-31T23:59:59.25Z");
    }
}
