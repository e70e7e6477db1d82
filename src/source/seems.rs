//! What a file that is no image seems to be instead, in one line.

use super::index::Index;
use crate::bytes::Section;
use crate::codec::Compression;

/// Bytes from the beginning that are looked at.
pub(super) const HEAD: u64 = 4096;

/// Where an ISO 9660 file system says that it is one.
const ISO_MAGIC_AT: u64 = 32_769;

/// Magic numbers at the very beginning.
const MAGIC: [(&[u8], &str); 24] = [
    (b"\x7fELF", "an ELF program or library"),
    (b"PK\x03\x04", "a zip archive"),
    (b"PK\x05\x06", "an empty zip archive"),
    (b"%PDF", "a PDF document"),
    (b"\x89PNG", "a PNG picture"),
    (b"\xff\xd8\xff", "a JPEG picture"),
    (b"GIF8", "a GIF picture"),
    (b"QFI\xfb", "a qcow2 disk image of a virtual machine"),
    (b"KDMV", "a VMDK disk image of a virtual machine"),
    (b"hsqs", "a squashfs file system"),
    (b"\xed\xab\xee\xdb", "an RPM package"),
    (b"!<arch>\n", "an ar archive or Debian package"),
    (b"7z\xbc\xaf\x27\x1c", "a 7-Zip archive"),
    (b"Rar!", "a RAR archive"),
    (b"070701", "a cpio archive"),
    (b"\x04\x22\x4d\x18", "LZ4 data; decompress it first: lz4 -d FILE | layerscope -"),
    (b"LZIP", "lzip data; decompress it first: lzip -dc FILE | layerscope -"),
    (b"\x1f\x9d", "data of the old compress program; decompress it first: uncompress -c FILE | layerscope -"),
    (b"\x5d\x00\x00", "LZMA data; decompress it first: unlzma -c FILE | layerscope -"),
    (b"\0asm", "a WebAssembly module"),
    (b"SQLite format 3\0", "an SQLite database"),
    (b"version https://git-lfs", "a Git LFS pointer; the file itself is not here, run: git lfs pull"),
    (b"<!DOCTYPE html", "an HTML page, perhaps an error page that was saved under this name"),
    (b"<html", "an HTML page, perhaps an error page that was saved under this name"),
];

/// What a file without a readable tar header seems to be.
pub(super) fn file(stored: Option<&Section>, compression: Compression, head: &[u8]) -> String {
    let is_iso = || {
        let mut magic = [0; 5];
        stored.is_some_and(|section| {
            section.read_at(&mut magic, ISO_MAGIC_AT).is_ok_and(|n| n == 5) && &magic == b"CD001"
        })
    };
    let inner = if is_iso() { "an ISO 9660 image of a disc".to_owned() } else { bytes(head) };
    match compression {
        Compression::None => inner,
        Compression::Gzip | Compression::Zstd | Compression::Xz | Compression::Bzip2 => {
            format!("{} data with {inner} inside", compression.name())
        }
    }
}

fn bytes(head: &[u8]) -> String {
    let known = MAGIC.iter().find(|(magic, _)| head.starts_with(magic)).map(|(_, name)| *name);
    let text = head.utf8_chunks().next().map(|chunk| chunk.valid()).unwrap_or_default();
    // A character cut at the end of what was looked at is no sign of binary data.
    let is_text = text.len() + 4 > head.len() && !text.chars().any(|c| c.is_control() && !c.is_ascii_whitespace());
    let name = match (known, text.trim_start().chars().next()) {
        (Some(name), _) => name,
        _ if Compression::sniff(head) != Compression::None => "more compressed data",
        _ if head.is_empty() => "an empty file",
        _ if head.iter().all(|byte| *byte == 0) => "an empty tar archive, or nothing but zeros",
        _ if head.get(32..41) == Some(b"SIF_MAGIC") => "a Singularity image (SIF)",
        _ if head.get(257..262) == Some(b"ustar") => "a tar archive with a damaged first header",
        _ if head.starts_with(b"#!") => "a script",
        (None, Some('{' | '[')) if is_text => "a JSON document",
        (None, Some(_)) if is_text => "a text file",
        _ => "binary data of an unknown kind",
    };
    name.to_owned()
}

/// What a tar that is no image seems to be.
pub(super) fn tar(index: &Index) -> String {
    if index.has(b"repositories") && index.has_suffix(b"/layer.tar") {
        return "what docker save wrote before 1.10, without manifest.json; load it into an engine and save it again"
            .to_owned();
    }
    if index.members == 0 {
        return "an empty tar archive".to_owned();
    }
    let names: Vec<_> = index.first_names.iter().map(|name| String::from_utf8_lossy(name)).collect();
    let more = if index.members > names.len() as u64 { ", …" } else { "" };
    format!(
        "a tar archive of something else ({}{more}); to see it as one layer, put rootfs: before the path",
        names.join(", ")
    )
}

/// What a directory that is no layout seems to be.
pub(super) fn directory(has: impl Fn(&str) -> bool) -> String {
    if ["etc", "usr", "bin"].iter().any(|name| has(name)) {
        return "a directory with a root file system; run: tar -C DIRECTORY -c . | layerscope -".to_owned();
    }
    if has("blobs") {
        return "a part of an OCI layout: index.json and oci-layout are missing".to_owned();
    }
    if has("overlay2") || has("overlay-images") || has("vfs-images") || has("image") && has("containers") {
        return "the storage of an engine; name an image of it instead of the directory".to_owned();
    }
    "a directory without oci-layout, index.json or manifest.json".to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn directories_are_called_by_what_is_in_them() {
        let cases: [(&[&str], &str); 5] = [
            (&["usr", "etc"], "a directory with a root file system"),
            (&["blobs"], "a part of an OCI layout"),
            (&["overlay2"], "the storage of an engine"),
            (&["image", "containers", "vfs"], "the storage of an engine"),
            (&["containers", "passwd"], "a directory without oci-layout"),
        ];
        for (names, expected) in cases {
            let seems = directory(|name| names.contains(&name));
            assert!(seems.starts_with(expected), "{names:?}: {seems}");
        }
    }

    #[test]
    fn files_are_called_by_what_they_are() {
        let cases: [(&[u8], &str); 8] = [
            (b"", "an empty file"),
            (b"\x7fELF\x02", "an ELF program or library"),
            (b" {\"a\": 1}", "a JSON document"),
            (b"hello\n", "a text file"),
            ("naïve".as_bytes(), "a text file"),
            (b"#!/bin/sh\n", "a script"),
            (&[0; 600], "an empty tar archive, or nothing but zeros"),
            (&[1, 2, 3, 4, 0xff, 0xfe, 9, 9, 9], "binary data of an unknown kind"),
        ];
        for (head, expected) in cases {
            assert_eq!(bytes(head), expected);
        }
        assert_eq!(file(None, Compression::Gzip, b"hello"), "gzip data with a text file inside");
        let sif = [&b"#!/usr/bin/env run-singularity\n\0"[..], b"SIF_MAGIC"].concat();
        assert_eq!(bytes(&sif), "a Singularity image (SIF)");
    }
}
