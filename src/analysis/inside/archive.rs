//! What is in a file that holds files: tar, zip and ar, tar also within what is compressed.

use crate::bytes::{Cancel, Counting, Meter};
use crate::codec::{Compression, decoder};
use crate::tarball::{BLOCK, Limits, MemberKind, Streaming, TarReader, is_header};
use object::read::archive::ArchiveFile;
use std::io::{Cursor, Read};
use zip::ZipArchive;

/// How many members are listed.
pub const MOST_MEMBERS: usize = 10_000;

/// How many bytes are unpacked to list them.
const MOST_UNPACKED: u64 = 4 << 30;

/// One file in an archive.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ArchiveMember {
    /// Its path as it stands there.
    pub path: Vec<u8>,
    /// What it is; only tar tells of more than files and directories.
    pub kind: MemberKind,
    /// Its permissions, where they are told.
    pub mode: Option<u16>,
    /// Its size when unpacked.
    pub size: u64,
}

/// Files in a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Archive {
    /// `tar`, `zip` or `ar`.
    pub format: &'static str,
    /// What is around it.
    pub compression: Compression,
    /// What is in it, in its order.
    pub members: Vec<ArchiveMember>,
    /// Why there may be more.
    pub cut: Option<String>,
}

/// Told by its beginning: the format, or the compression under which a tar may be.
pub(super) fn kind(start: &[u8]) -> Option<&'static str> {
    if start.starts_with(b"PK\x03\x04") || start.starts_with(b"PK\x05\x06") {
        return Some("zip");
    }
    if start.starts_with(b"!<arch>\n") {
        return Some("ar");
    }
    let is_tar = start.get(..BLOCK).is_some_and(begins_tar) || Compression::sniff(start) != Compression::None;
    is_tar.then_some("tar")
}

/// Whether a tar begins so. Zeros are the end of one, also of one with nothing in it, but far more often of no tar at
/// all.
fn begins_tar(block: &[u8]) -> bool {
    is_header(block) && block.iter().any(|byte| *byte != 0)
}

impl Archive {
    /// Lists what is in an archive; none if it is none.
    pub(super) fn of(bytes: &[u8], cancel: &Cancel) -> Option<Self> {
        match kind(bytes)? {
            "zip" => Self::zip(bytes),
            "ar" => Self::ar(bytes),
            _ => Self::tar(bytes, cancel),
        }
    }

    fn new(format: &'static str, compression: Compression) -> Self {
        Self { format, compression, members: Vec::new(), cut: None }
    }

    /// Takes one more; says whether there is room for another.
    fn push(&mut self, member: ArchiveMember) -> bool {
        self.members.push(member);
        let is_full = self.members.len() >= MOST_MEMBERS;
        if is_full {
            self.cut = Some(format!("only the first {MOST_MEMBERS} are listed"));
        }
        !is_full
    }

    fn tar(bytes: &[u8], cancel: &Cancel) -> Option<Self> {
        let compression = Compression::sniff(bytes);
        let mut out = Self::new("tar", compression);
        let watched = Counting::new(bytes, Meter::default(), cancel.clone());
        let mut unpacked = decoder(compression, watched).ok()?;
        if compression != Compression::None {
            // Most of what is compressed is one file.
            let mut start = [0; BLOCK];
            unpacked.read_exact(&mut start).ok().filter(|()| begins_tar(&start))?;
            unpacked = decoder(compression, Counting::new(bytes, Meter::default(), cancel.clone())).ok()?;
        }
        let mut reader = TarReader::new(Streaming::new(unpacked, MOST_UNPACKED), Limits::default());
        loop {
            match reader.next_member() {
                Ok(Some(member)) => {
                    let (kind, mode, size) = (member.kind, Some(member.mode), member.size);
                    if !out.push(ArchiveMember { path: member.path, kind, mode, size }) {
                        return Some(out);
                    }
                }
                Ok(None) => return Some(out),
                Err(error) => {
                    out.cut = Some(error.to_string());
                    return (!out.members.is_empty()).then_some(out);
                }
            }
        }
    }

    fn zip(bytes: &[u8]) -> Option<Self> {
        let mut out = Self::new("zip", Compression::None);
        let mut archive = ZipArchive::new(Cursor::new(bytes)).ok()?;
        for index in 0..archive.len() {
            let Ok(file) = archive.by_index_raw(index) else {
                out.cut = Some(format!("member {index} cannot be read"));
                break;
            };
            let kind = if file.is_dir() { MemberKind::Directory } else { MemberKind::File };
            let mode = file.unix_mode().and_then(|mode| u16::try_from(mode & 0o7777).ok());
            if !out.push(ArchiveMember { path: file.name_raw().to_vec(), kind, mode, size: file.size() }) {
                break;
            }
        }
        Some(out)
    }

    fn ar(bytes: &[u8]) -> Option<Self> {
        let mut out = Self::new("ar", Compression::None);
        for member in ArchiveFile::parse(bytes).ok()?.members() {
            let Ok(member) = member else {
                out.cut = Some("it is cut off or damaged".to_owned());
                break;
            };
            let mode = member.mode().and_then(|mode| u16::try_from(mode & 0o7777).ok());
            let path = member.name().strip_suffix(b"/").unwrap_or_else(|| member.name()).to_vec();
            let (start, size) = member.file_range();
            if start.checked_add(size).is_none_or(|end| end > bytes.len() as u64) {
                out.cut = Some("it ends within the last one".to_owned());
            }
            if !out.push(ArchiveMember { path, kind: MemberKind::File, mode, size }) {
                break;
            }
        }
        Some(out)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write as _;
    use zip::ZipWriter;
    use zip::write::SimpleFileOptions;

    fn of(bytes: &[u8]) -> Option<Archive> {
        Archive::of(bytes, &Cancel::default())
    }

    /// Path, kind, mode and size of each.
    fn members(archive: &Archive) -> Vec<(String, MemberKind, Option<u16>, u64)> {
        let text = |path: &[u8]| String::from_utf8(path.to_vec()).unwrap();
        archive.members.iter().map(|member| (text(&member.path), member.kind, member.mode, member.size)).collect()
    }

    fn tar() -> Vec<u8> {
        let mut tar = tar::Builder::new(Vec::new());
        let mut add = |kind, path: &str, mode, bytes: &[u8]| {
            let mut header = tar::Header::new_ustar();
            header.set_entry_type(kind);
            header.set_size(bytes.len() as u64);
            header.set_mode(mode);
            tar.append_data(&mut header, path, bytes).unwrap();
        };
        add(tar::EntryType::Directory, "d/", 0o755, b"");
        add(tar::EntryType::Regular, "d/file", 0o644, b"hello");
        add(tar::EntryType::Symlink, "d/link", 0o777, b"");
        tar.into_inner().unwrap()
    }

    fn gzip(bytes: &[u8]) -> Vec<u8> {
        let mut out = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
        out.write_all(bytes).unwrap();
        out.finish().unwrap()
    }

    fn zip() -> Vec<u8> {
        let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
        let plain = SimpleFileOptions::default().compression_method(zip::CompressionMethod::Stored);
        zip.add_directory("d", plain).unwrap();
        zip.start_file("d/file", plain.unix_permissions(0o600)).unwrap();
        zip.write_all(b"hello").unwrap();
        zip.finish().unwrap().into_inner()
    }

    /// Two members, one of them with a long name (GNU).
    fn ar() -> Vec<u8> {
        let header =
            |name: &str, size: usize| format!("{name:<16}{:<12}{:<6}{:<6}{:<8}{size:<10}`\n", 0, 0, 0, 100_644);
        let names = "a_name_that_is_longer_than_its_field.o/\n";
        let parts = [
            "!<arch>\n".to_owned(),
            header("//", names.len()),
            names.to_owned(),
            header("short.o/", 3),
            "abc\n".to_owned(),
            header("/0", 4),
            "defg".to_owned(),
        ];
        parts.concat().into_bytes()
    }

    #[test]
    fn zeros_are_no_archive() {
        let zeros = vec![0; 20 * BLOCK];
        assert_eq!(of(&zeros), None);
        assert_eq!(of(&gzip(&zeros)), None);
    }

    #[test]
    fn every_format_tells_its_members() {
        let expected = [
            ("d/".to_owned(), MemberKind::Directory, Some(0o755), 0),
            ("d/file".to_owned(), MemberKind::File, Some(0o644), 5),
            ("d/link".to_owned(), MemberKind::Symlink, Some(0o777), 0),
        ];
        for (bytes, compression) in [(tar(), Compression::None), (gzip(&tar()), Compression::Gzip)] {
            let found = of(&bytes).unwrap();
            assert_eq!((found.format, found.compression, &found.cut), ("tar", compression, &None));
            assert_eq!(members(&found), expected);
        }
        let found = of(&zip()).unwrap();
        assert_eq!((found.format, &found.cut), ("zip", &None));
        let file = ("d/file".to_owned(), MemberKind::File, Some(0o600), 5);
        assert_eq!(members(&found)[1], file);
        assert_eq!((members(&found)[0].0.as_str(), members(&found)[0].1), ("d/", MemberKind::Directory));
        let found = of(&ar()).unwrap();
        assert_eq!((found.format, &found.cut), ("ar", &None));
        let expected = [("short.o", 3), ("a_name_that_is_longer_than_its_field.o", 4)];
        let expected = expected.map(|(name, size)| (name.to_owned(), MemberKind::File, Some(0o644), size));
        assert_eq!(members(&found), expected);
    }

    #[test]
    fn what_is_cut_off_tells_what_is_there() {
        let whole = tar();
        // Within the file, and within its header.
        for (end, members) in [(512 + 512 + 3, 2), (512 + 256, 1)] {
            let cut = of(&whole[..end]).unwrap();
            assert!(cut.members.len() == members && cut.cut.is_some(), "{cut:?}");
        }
        let packed = gzip(&[whole, vec![b'x'; 4096]].concat());
        let cut = of(&packed[..packed.len() - 12]).unwrap();
        assert_eq!((cut.members.len(), &cut.cut), (3, &None), "what is behind the end does not count");
        let bytes = ar();
        let cut = of(&bytes[..bytes.len() - 2]).unwrap();
        assert_eq!((cut.members.len(), cut.cut.as_deref()), (2, Some("it ends within the last one")));
        let cut = of(&bytes[..bytes.len() - 20]).unwrap();
        assert_eq!((cut.members.len(), cut.cut.as_deref()), (1, Some("it is cut off or damaged")));
        // The list of a zip is at its end.
        assert_eq!(of(&zip()[..40]), None);
    }

    #[test]
    fn what_only_begins_like_one_is_none() {
        assert_eq!(of(&gzip(b"one compressed file")), None);
        assert_eq!(of(b"PK\x03\x04 and nothing more"), None);
        assert_eq!(of(b"text"), None);
        assert_eq!(of(b"!<arch>\n").map(|archive| archive.members.len()), Some(0));
    }
}
