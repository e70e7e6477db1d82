//! One layer's bytes become its listing.

use super::fingerprint::Fingerprint;
use super::table::{Attributes, Growing, NewEntry};
use super::{EntryKind, Listing, Positions, Role, Xattrs};
use crate::bytes::{Cancel, Meter, Section};
use crate::notice::{Notice, counted};
use crate::tarball::{Input, Limits, Member, MemberKind, Region, Streaming, TarError, TarReader};
use std::collections::HashMap;
use std::io::{self, Read};

/// Why the scan of a layer ended early.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ListingError {
    /// The tar is damaged.
    #[error(transparent)]
    Tar(TarError),
    /// The blob could not be read.
    #[error("{0}")]
    Read(#[from] io::Error),
    /// The blob could not be decompressed.
    #[error("{compression}: {source} near byte {position} of the blob")]
    Compressed {
        /// How it is compressed.
        compression: &'static str,
        /// How many stored bytes were read by then; the decoder reads ahead, so the damage is a little before.
        position: u64,
        /// What the decoder says.
        source: io::Error,
    },
}

impl From<TarError> for ListingError {
    fn from(error: TarError) -> Self {
        match error {
            TarError::Read(error) => Self::Read(error),
            error => Self::Tar(error),
        }
    }
}

/// Scans layers.
#[derive(Debug, Clone)]
pub struct Scanner {
    /// What is too much.
    pub limits: Limits,
    /// The seed of the fingerprints, random for each run, the same for all layers of a run.
    pub seed: u64,
    /// Heeded at every read.
    pub cancel: Cancel,
}

/// How far a layer that is read by position is looked at after its end marker: writers pad to 10 KiB.
const LOOK_BEHIND_END: u64 = 10 << 10;

/// Bytes of content that are hashed at once.
const PIECE: usize = 64 << 10;

/// Bytes of names that one layer may have. Five million entries with names of 200 bytes fit.
const MAX_NAMES: usize = 1 << 30;

/// Bytes that the files of a layer, and those of an image, may claim together: 2^62. Only sparse files claim so much,
/// and all sums stay far below what 64 bits hold.
pub const MAX_BYTES: u64 = 1 << 62;

/// Contents of one layer that are kept, and the bytes that each may have.
const MAX_KEPT: usize = 16;
const MAX_KEPT_BYTES: u64 = 64 << 10;

/// Files that say what a layer is, so that nobody has to decompress it again for them: they are asked of every image.
fn is_worth_keeping(member: &Member) -> bool {
    let name = member.path.rsplit(|byte| *byte == b'/').next().unwrap_or_default();
    [&b"os-release"[..], b"passwd"].contains(&name) && member.size <= MAX_KEPT_BYTES && member.sparse.is_none()
}

/// How many times the limit for one sparse file the maps of all sparse files of a layer may have.
const SPARSE_FILES: usize = 8;

impl Scanner {
    /// Reads the headers of an uncompressed layer by position; contents are passed over, and have no fingerprint.
    /// What is passed over counts on `meter` too, up to the length of the section, also if the layer is damaged.
    pub fn scan_section(&self, section: &Section, meter: &Meter) -> Listing {
        let mut builder = Builder::new(self);
        let mut reader = TarReader::new(section.reader(), self.limits);
        let mut counted = 0;
        let result = builder.read(&mut reader, |reader, _| {
            reader.finish_content()?;
            let position = reader.position();
            meter.add(position - counted);
            counted = position;
            Ok(None)
        });
        meter.add(section.len().saturating_sub(counted));
        let mut listing = builder.finish(reader, result, LOOK_BEHIND_END, Some(section.len()));
        listing.place(Positions::plain(section.len()));
        listing
    }

    /// Reads a layer's uncompressed tar in order, to its very end, and takes the fingerprint of each content that
    /// passes.
    pub fn scan_stream(&self, tar: &mut dyn Read) -> Listing {
        let mut builder = Builder::new(self);
        let mut reader = TarReader::new(Streaming::new(tar, self.limits.unpacked), self.limits);
        let mut piece = vec![0; PIECE];
        let (mut kept, mut entries) = (Vec::new(), 0..);
        let result = builder.read(&mut reader, |reader, member| {
            let entry = entries.next().unwrap_or(u32::MAX);
            let is_file = member.kind == MemberKind::File;
            let mut hash = || {
                if kept.len() >= MAX_KEPT || !is_worth_keeping(member) {
                    return self.hash(member, &mut reader.content(), &mut piece);
                }
                let mut bytes = Vec::new();
                reader.content().read_to_end(&mut bytes)?;
                let fingerprint = self.hash(member, &mut bytes.as_slice(), &mut piece)?;
                kept.push((entry, bytes.into_boxed_slice()));
                Ok(fingerprint)
            };
            let fingerprint = if is_file { Some(hash().map_err(TarError::from_read)?) } else { None };
            reader.finish_content()?;
            Ok(fingerprint)
        });
        let listing = builder.finish(reader, result, u64::MAX, None);
        Listing { kept, ..listing }
    }

    /// The fingerprint of a file whose stored bytes are `content`.
    fn hash(&self, member: &Member, content: &mut dyn Read, piece: &mut [u8]) -> io::Result<u128> {
        let mut hash = Fingerprint::new(self.seed);
        let Some(map) = &member.sparse else {
            self.hash_region(member.stored, content, piece, &mut hash)?;
            return Ok(hash.finish());
        };
        let mut position = 0;
        for region in map {
            hash.hole(region.offset.saturating_sub(position));
            self.hash_region(region.len, content, piece, &mut hash)?;
            position = region.offset.saturating_add(region.len);
        }
        hash.hole(member.size.saturating_sub(position));
        Ok(hash.finish())
    }

    fn hash_region(
        &self,
        len: u64,
        content: &mut dyn Read,
        piece: &mut [u8],
        hash: &mut Fingerprint,
    ) -> io::Result<()> {
        let mut left = len;
        while left > 0 {
            self.cancel.check()?;
            let want = usize::try_from(left).unwrap_or(PIECE).min(piece.len());
            match content.read(piece.get_mut(..want).unwrap_or_default()) {
                Ok(0) => return Err(io::ErrorKind::UnexpectedEof.into()),
                Ok(count) => {
                    hash.update(piece.get(..count).unwrap_or_default());
                    left -= count as u64;
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }
}

/// Collects members into a listing.
pub(super) struct Builder<'a> {
    pub(super) scanner: &'a Scanner,
    pub(super) entries: Growing,
    notices: Vec<Notice>,
    xattr_sets: HashMap<Xattrs, u32>,
    xattr_bytes: usize,
    /// Regions of all sparse files.
    regions: usize,
    /// Logical sizes of all files.
    bytes: u64,
    /// Entries whose attributes, or whose owner, did not fit.
    dropped_xattrs: u64,
    clamped_owners: u64,
}

impl<'a> Builder<'a> {
    pub(super) fn new(scanner: &'a Scanner) -> Self {
        Self {
            scanner,
            entries: Growing::new(),
            notices: Vec::new(),
            xattr_sets: HashMap::new(),
            xattr_bytes: 0,
            regions: 0,
            bytes: 0,
            dropped_xattrs: 0,
            clamped_owners: 0,
        }
    }

    /// Adds all members; `content` takes the content of each before it counts, so that one that is cut does not.
    fn read<I: Input>(
        &mut self,
        reader: &mut TarReader<I>,
        mut content: impl FnMut(&mut TarReader<I>, &Member) -> Result<Option<u128>, ListingError>,
    ) -> Result<(), ListingError> {
        loop {
            self.scanner.cancel.check()?;
            let Some(member) = reader.next_member()? else { return Ok(()) };
            let fingerprint = content(reader, &member)?;
            self.add(member, fingerprint)?;
        }
    }

    /// Looks at what follows the end, and hands the listing over. `len` is the length of the tar where it is known.
    fn finish<I: Input>(
        mut self,
        mut reader: TarReader<I>,
        mut result: Result<(), ListingError>,
        behind: u64,
        len: Option<u64>,
    ) -> Listing {
        if result.is_ok() {
            result = match reader.trailing(behind) {
                Ok(true) => {
                    self.warn("data after the end of the archive is ignored".to_owned());
                    Ok(())
                }
                Ok(false) => Ok(()),
                Err(error) => Err(error.into()),
            };
        }
        let unpacked = len.filter(|_| result.is_ok()).unwrap_or_else(|| reader.position());
        self.listing(reader.take_notices(), unpacked, result.err())
    }

    /// Hands the listing over, with what was odd about the archive before what was odd about entries.
    pub(super) fn listing(mut self, mut notices: Vec<Notice>, unpacked: u64, damage: Option<ListingError>) -> Listing {
        if self.dropped_xattrs > 0 {
            let entries = counted(self.dropped_xattrs, "entry");
            self.warn(format!("extended attributes are too large and left out: those of {entries}"));
        }
        if self.clamped_owners > 0 {
            let entries = counted(self.clamped_owners, "entry");
            self.warn(format!("owner or group above 2^32, of which {} is shown: {entries}", u32::MAX));
        }
        notices.append(&mut self.notices);
        Listing { table: self.entries.finish(), unpacked, notices, damage, kept: Vec::new() }
    }

    fn warn(&mut self, message: String) {
        self.notices.push(Notice::warning("", message));
    }

    pub(super) fn add(&mut self, member: Member, fingerprint: Option<u128>) -> Result<(), ListingError> {
        self.bytes = self
            .bytes
            .checked_add(member.size)
            .filter(|bytes| *bytes <= MAX_BYTES)
            .ok_or(TarError::Limit { what: "bytes in all files of one layer", limit: MAX_BYTES })?;
        if self.entries.name_bytes() + member.path.len() + member.link.len() > MAX_NAMES {
            return Err(too_many_names());
        }
        let attributes = Attributes {
            kind: kind(member.kind),
            role: Role::of_path(&member.path),
            mode: member.mode,
            uid: self.owner(member.uid),
            gid: self.owner(member.gid),
            xattrs: self.intern(member.xattrs),
        };
        let new = NewEntry {
            path: &member.path,
            link: &member.link,
            attributes,
            size: member.size,
            mtime: member.mtime,
            device: member.device,
            data_offset: member.data_offset,
            stored: member.stored,
            sparse: self.sparse(member.sparse)?,
            fingerprint,
        };
        self.entries.push(new).ok_or_else(too_many_names)
    }

    fn owner(&mut self, id: u64) -> u32 {
        u32::try_from(id).unwrap_or_else(|_| {
            self.clamped_owners += 1;
            u32::MAX
        })
    }

    /// The number of a set of attributes; that of the empty set if there are too many bytes of them.
    fn intern(&mut self, xattrs: Vec<(Vec<u8>, Vec<u8>)>) -> u32 {
        if xattrs.is_empty() {
            return 0;
        }
        let bytes: usize = xattrs.iter().map(|(name, value)| name.len() + value.len()).sum();
        let set: Xattrs = xattrs.into_iter().map(|(name, value)| (name.into(), value.into())).collect();
        if let Some(number) = self.xattr_sets.get(&set) {
            return *number;
        }
        let limits = &self.scanner.limits;
        let fits = bytes <= limits.xattrs_per_entry && self.xattr_bytes + bytes <= limits.xattrs;
        let Some(number) = u32::try_from(self.entries.table.xattrs.len()).ok().filter(|_| fits) else {
            self.dropped_xattrs += 1;
            return 0;
        };
        self.xattr_bytes += bytes;
        self.entries.table.xattrs.push(set.clone());
        self.xattr_sets.insert(set, number);
        number
    }

    /// The map of a sparse file, if there are not too many regions in all of them.
    fn sparse(&mut self, map: Option<Box<[Region]>>) -> Result<Option<Box<[Region]>>, ListingError> {
        self.regions += map.as_ref().map_or(0, |map| map.len());
        let limit = self.scanner.limits.sparse_regions.saturating_mul(SPARSE_FILES);
        if self.regions > limit {
            return Err(
                TarError::Limit { what: "regions in the sparse files of one layer", limit: limit as u64 }.into()
            );
        }
        Ok(map)
    }
}

fn too_many_names() -> ListingError {
    ListingError::Tar(TarError::Limit { what: "bytes of names", limit: MAX_NAMES as u64 })
}

fn kind(kind: MemberKind) -> EntryKind {
    match kind {
        MemberKind::File => EntryKind::File,
        MemberKind::HardLink => EntryKind::HardLink,
        MemberKind::Symlink => EntryKind::Symlink,
        MemberKind::CharDevice => EntryKind::CharDevice,
        MemberKind::BlockDevice => EntryKind::BlockDevice,
        MemberKind::Directory => EntryKind::Directory,
        MemberKind::Fifo => EntryKind::Fifo,
    }
}
