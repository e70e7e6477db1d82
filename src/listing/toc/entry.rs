//! The entries of a table as those of a listing.

use super::layout::Layout;
use super::{Sha, Unfit, sha};
use crate::listing::Listing;
use crate::listing::scan::Builder;
use crate::listing::table::Places;
use crate::tarball::{MAX_SIZE, Member, MemberKind, Time};
use base64::prelude::{BASE64_STANDARD, Engine as _};
use std::borrow::Cow;
use std::collections::BTreeMap;

/// An entry, as eStargz has it and zstd:chunked took it over.
#[derive(Debug, serde::Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Row<'a> {
    #[serde(borrow, rename = "type")]
    kind: Cow<'a, str>,
    #[serde(borrow)]
    name: Cow<'a, str>,
    #[serde(borrow, default)]
    link_name: Cow<'a, str>,
    #[serde(default)]
    mode: u64,
    #[serde(default)]
    size: u64,
    #[serde(default)]
    uid: u64,
    #[serde(default)]
    gid: u64,
    #[serde(borrow, default)]
    modtime: Cow<'a, str>,
    #[serde(default)]
    dev_major: u32,
    #[serde(default)]
    dev_minor: u32,
    /// Values in base64.
    #[serde(default)]
    xattrs: Option<BTreeMap<String, Option<String>>>,
    /// Of all of the content, not of its first chunk.
    #[serde(borrow, default)]
    digest: Cow<'a, str>,
    #[serde(default)]
    offset: u64,
    #[serde(default)]
    inner_offset: u64,
}

/// Where the content of a file is.
#[derive(Debug, Clone, Copy)]
pub(super) struct Place {
    /// Where the gzip member or Zstandard frame with its beginning begins in the blob.
    pub(super) offset: u64,
    /// Uncompressed bytes before it.
    pub(super) skipped: u64,
    pub(super) digest: Sha,
}

/// Collects the entries of a table.
pub(super) struct Lister<'a> {
    builder: Builder<'a>,
    /// Bytes of the blob.
    len: u64,
    /// The last time that was read, and how it was written: many entries have the same.
    time: (String, Time),
    /// Bytes that are decompressed until each file was read once.
    unpacked: u64,
    /// The file whose chunks may follow.
    file: Option<Vec<u8>>,
    /// Where in the blob the entries are.
    layout: Layout,
    /// Where the members with contents end there.
    end: u64,
}

impl<'a> Lister<'a> {
    pub(super) fn new(builder: Builder<'a>, len: u64) -> Self {
        Self {
            builder,
            len,
            time: (String::new(), Time::default()),
            unpacked: 0,
            file: None,
            layout: Layout::default(),
            end: len,
        }
    }

    /// Adds an entry of the table. The chunks of a file but the first have entries of their own, which tell nothing new.
    pub(super) fn add(&mut self, row: Row<'_>) -> Result<(), Unfit> {
        let Some(kind) = kind(&row.kind) else {
            let is_chunk = row.kind == "chunk" && self.file.as_deref() == Some(row.name.as_bytes());
            return if is_chunk { Ok(()) } else { Err(Unfit::Entry("is of no known type")) };
        };
        let place = if kind == MemberKind::File && row.size > 0 { Some(self.place(&row)?) } else { None };
        self.count(place.map_or(0, |place| place.skipped.saturating_add(row.size)))?;
        let member = self.member(kind, row)?;
        self.file = (kind == MemberKind::File).then(|| member.path.clone());
        self.push(member, place)
    }

    /// Adds a member, with the place of its content if it has any.
    pub(super) fn push(&mut self, member: Member, place: Option<Place>) -> Result<(), Unfit> {
        self.layout.add(place.map(|place| (member.size, place)));
        let Some(place) = place else { return Ok(self.builder.add(member, None)?) };
        self.builder.add(Member { data_offset: place.offset, ..member }, None)?;
        self.builder.entries.claim(place.digest, place.skipped);
        Ok(())
    }

    /// What comes at `end` in the blob, and behind it, is no member with contents.
    pub(super) fn end(&mut self, end: u64) {
        self.end = end;
    }

    pub(super) fn finish(self) -> Listing {
        let mut listing = self.builder.listing(Vec::new(), 0, None);
        listing.table.places = self.layout.finish(self.end).map_or(Places::Unknown, Places::Ends);
        listing
    }

    fn member(&mut self, kind: MemberKind, row: Row<'_>) -> Result<Member, Unfit> {
        let is_link = matches!(kind, MemberKind::HardLink | MemberKind::Symlink);
        let size = if kind == MemberKind::File { row.size } else { 0 };
        if is_link && row.link_name.is_empty() {
            return Err(Unfit::Entry("is a link to nowhere"));
        }
        Ok(Member {
            mtime: self.time(&row.modtime)?,
            xattrs: xattrs(row.xattrs.unwrap_or_default())?,
            path: self.path(row.name)?,
            link: self.path(row.link_name)?,
            kind,
            // What is above the permission bits says once more what it is.
            mode: u16::try_from(row.mode & 0o7777).unwrap_or_default(),
            uid: row.uid,
            gid: row.gid,
            size,
            device: (row.dev_major, row.dev_minor),
            header_offset: 0,
            data_offset: 0,
            stored: size,
            sparse: None,
        })
    }

    fn path(&self, path: Cow<'_, str>) -> Result<Vec<u8>, Unfit> {
        if path.len() as u64 > u64::from(self.builder.scanner.limits.path) {
            return Err(Unfit::Limit("bytes in a path"));
        }
        // JSON cannot say what was in the tar instead: whoever wrote it replaced what is no UTF-8.
        if path.contains(char::REPLACEMENT_CHARACTER) || path.contains('\0') {
            return Err(Unfit::Entry("has a name that it cannot spell"));
        }
        Ok(path.into_owned().into_bytes())
    }

    fn time(&mut self, text: &str) -> Result<Time, Unfit> {
        if self.time.0 != text {
            self.time = (text.to_owned(), time(text).ok_or(Unfit::Entry("has no readable time"))?);
        }
        Ok(self.time.1)
    }

    /// Counts bytes that the content of a file takes to read. The limit of a layer holds for all files together: many
    /// files may claim to be behind the same few bytes.
    fn count(&mut self, bytes: u64) -> Result<(), Unfit> {
        self.unpacked = self.unpacked.saturating_add(bytes);
        let fits = self.unpacked <= self.builder.scanner.limits.unpacked;
        if fits { Ok(()) } else { Err(Unfit::Limit("bytes in its files")) }
    }

    fn place(&self, row: &Row<'_>) -> Result<Place, Unfit> {
        if row.size > MAX_SIZE {
            return Err(Unfit::Entry("has a size above 2^53"));
        }
        if row.offset >= self.len {
            return Err(Unfit::Entry("begins behind the end of the layer"));
        }
        let digest = sha(&row.digest).ok_or(Unfit::Entry("has no digest of its content"))?;
        Ok(Place { offset: row.offset, skipped: row.inner_offset, digest })
    }
}

/// A time as RFC 3339 has it; the beginning of 1970 is left out.
fn time(text: &str) -> Option<Time> {
    if text.is_empty() {
        return Some(Time::default());
    }
    let time: jiff::Timestamp = text.parse().ok()?;
    // Before 1970 it counts backwards in both.
    let (seconds, fraction) = (time.as_second(), time.subsec_nanosecond());
    let (seconds, fraction) = if fraction < 0 { (seconds - 1, fraction + 1_000_000_000) } else { (seconds, fraction) };
    Some(Time { seconds, nanoseconds: u32::try_from(fraction).ok()? })
}

fn kind(name: &str) -> Option<MemberKind> {
    Some(match name {
        "reg" => MemberKind::File,
        "dir" => MemberKind::Directory,
        "symlink" => MemberKind::Symlink,
        "hardlink" => MemberKind::HardLink,
        "char" => MemberKind::CharDevice,
        "block" => MemberKind::BlockDevice,
        "fifo" => MemberKind::Fifo,
        _ => return None,
    })
}

/// Name and value.
type Xattr = (Vec<u8>, Vec<u8>);

/// Extended attributes, sorted by name.
fn xattrs(written: BTreeMap<String, Option<String>>) -> Result<Vec<Xattr>, Unfit> {
    let decoded = written.into_iter().map(|(name, value)| {
        let value = BASE64_STANDARD.decode(value.unwrap_or_default()).ok();
        Ok((name.into_bytes(), value.ok_or(Unfit::Entry("has an extended attribute that is no base64"))?))
    });
    decoded.collect()
}
