//! dive's JSON, field for field, for whoever reads it today.

use super::json;
use crate::analysis::{DiveFigures, DiveReference, dive_details, dive_files, dive_path};
use crate::image::{Image, Layer};
use crate::listing::{Entry, EntryKind, Listing};
use crate::tree::Tree;
use serde::{Serialize, Serializer};
use std::io::{self, Write};

#[derive(Debug, Serialize)]
struct Export<'a> {
    layer: Vec<ExportLayer<'a>>,
    image: ExportImage<'a>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct ExportLayer<'a> {
    index: u32,
    id: String,
    digest_id: String,
    size_bytes: u64,
    command: &'a str,
    file_list: Files<'a>,
}

/// The files of a layer, each made when it is written.
#[derive(Debug)]
struct Files<'a>(Option<&'a Listing>);

/// A file; all zeros and empty for a directory that no entry describes, as in dive.
#[derive(Debug, Default, Serialize, PartialEq, Eq)]
#[serde(rename_all = "camelCase")]
#[expect(clippy::struct_field_names, reason = "the names are dive's")]
struct File {
    path: String,
    type_flag: u8,
    link_name: String,
    size: u64,
    file_mode: u32,
    uid: u32,
    gid: u32,
    is_dir: bool,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct ExportImage<'a> {
    size_bytes: u64,
    inefficient_bytes: u64,
    efficiency_score: f64,
    #[serde(serialize_with = "references")]
    file_reference: &'a [DiveReference],
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Reference {
    count: u64,
    size_bytes: u64,
    file: String,
}

/// Writes dive's JSON. `id` is the layer's folder in a classic docker archive, as in dive; elsewhere the
/// hexadecimal part of its digest, where dive has `blobs`.
pub fn write(image: &Image, tree: &Tree, out: &mut dyn Write) -> io::Result<()> {
    let (figures, references) = dive_details(tree.listings());
    let export = Export {
        layer: image.layers.iter().map(|layer| layer_section(image, tree, &figures, layer)).collect(),
        image: ExportImage {
            size_bytes: figures.size_bytes,
            inefficient_bytes: figures.wasted_bytes,
            efficiency_score: figures.efficiency,
            file_reference: &references,
        },
    };
    json::pretty(&export, out)
}

fn layer_section<'a>(image: &'a Image, tree: &'a Tree, figures: &DiveFigures, layer: &Layer) -> ExportLayer<'a> {
    let digest = layer.digest.as_ref().or(layer.diff_id.as_ref().map(|id| &id.0));
    let row = layer.history.and_then(|row| image.history.get(row));
    ExportLayer {
        index: layer.index.0,
        id: layer.v1_id.clone().or_else(|| Some(digest?.digest().to_owned())).unwrap_or_default(),
        digest_id: layer.diff_id.as_ref().map(ToString::to_string).unwrap_or_default(),
        size_bytes: figures.layer_bytes.get(layer.index.index()).copied().unwrap_or(0),
        command: row.map_or("(missing)", |row| command(&row.created_by)),
        file_list: Files(tree.listing(layer.index).map(|listing| &**listing)),
    }
}

/// The command as dive shows it.
fn command(created_by: &str) -> &str {
    created_by.strip_prefix("/bin/sh -c ").unwrap_or(created_by)
}

impl Serialize for Files<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let entries = self.0.into_iter().flat_map(|listing| {
            let entry = |index: Option<u32>| listing.entry(index?);
            dive_files(listing).into_iter().map(move |index| entry(index).map(file).unwrap_or_default())
        });
        serializer.collect_seq(entries)
    }
}

fn references<S: Serializer>(references: &[DiveReference], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_seq(references.iter().map(|reference| Reference {
        count: reference.count,
        size_bytes: reference.bytes,
        file: text(&reference.path),
    }))
}

fn file(entry: Entry<'_>) -> File {
    File {
        path: text(&dive_path(&entry.path())),
        type_flag: type_flag(entry.kind),
        link_name: text(entry.link()),
        size: entry.size,
        file_mode: file_mode(entry),
        uid: entry.uid,
        gid: entry.gid,
        is_dir: entry.kind == EntryKind::Directory,
    }
}

/// The type byte of a tar header (POSIX ustar).
fn type_flag(kind: EntryKind) -> u8 {
    match kind {
        EntryKind::File => b'0',
        EntryKind::HardLink => b'1',
        EntryKind::Symlink => b'2',
        EntryKind::CharDevice => b'3',
        EntryKind::BlockDevice => b'4',
        EntryKind::Directory => b'5',
        EntryKind::Fifo => b'6',
    }
}

/// The bits of Go's `os.FileMode`.
fn file_mode(entry: Entry<'_>) -> u32 {
    const DIRECTORY: u32 = 1 << 31;
    const SYMLINK: u32 = 1 << 27;
    const DEVICE: u32 = 1 << 26;
    const FIFO: u32 = 1 << 25;
    const SETUID: u32 = 1 << 23;
    const SETGID: u32 = 1 << 22;
    const CHAR_DEVICE: u32 = 1 << 21;
    const STICKY: u32 = 1 << 20;
    let kind = match entry.kind {
        EntryKind::File | EntryKind::HardLink => 0,
        EntryKind::Directory => DIRECTORY,
        EntryKind::Symlink => SYMLINK,
        EntryKind::CharDevice => DEVICE | CHAR_DEVICE,
        EntryKind::BlockDevice => DEVICE,
        EntryKind::Fifo => FIFO,
    };
    let bit = |bit: u16, go: u32| if entry.mode & bit == 0 { 0 } else { go };
    kind | u32::from(entry.mode & 0o777) | bit(0o4000, SETUID) | bit(0o2000, SETGID) | bit(0o1000, STICKY)
}

/// Bytes as Go writes them into JSON: each one that is no UTF-8 becomes U+FFFD.
fn text(bytes: &[u8]) -> String {
    let mut out = String::with_capacity(bytes.len());
    for chunk in bytes.utf8_chunks() {
        out.push_str(chunk.valid());
        out.extend(chunk.invalid().iter().map(|_| char::REPLACEMENT_CHARACTER));
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_lose_the_shell_and_nothing_else() {
        assert_eq!(command("/bin/sh -c #(nop)  CMD [\"sh\"]"), "#(nop)  CMD [\"sh\"]");
        assert_eq!(command("RUN /bin/sh -c true # buildkit"), "RUN /bin/sh -c true # buildkit");
    }

    #[test]
    fn every_bad_byte_is_replaced() {
        assert_eq!(text(b"a\xe2\x82b\xff"), "a\u{fffd}\u{fffd}b\u{fffd}");
    }
}
