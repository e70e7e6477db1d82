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
    let is_tar = start.get(..BLOCK).is_some_and(is_header) || Compression::sniff(start) != Compression::None;
    is_tar.then_some("tar")
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
            unpacked.read_exact(&mut start).ok().filter(|()| is_header(&start))?;
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
            if !out.push(ArchiveMember { path, kind: MemberKind::File, mode, size: member.size() }) {
                break;
            }
        }
        Some(out)
    }
}
