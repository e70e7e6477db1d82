//! From bytes to members.

use super::header::{self, Announces, BLOCK, Block, padding, until_zero};
use super::pax::Records;
use super::sparse::{self, MapReader};
use super::{Input, Limits, MAX_SIZE, Member, MemberKind, Region, TarError, Time};
use crate::notice::{Notice, counted};
use std::io::{self, Read};
use tar_core::{HEADER_SIZE, Header, HeaderError};

/// Bytes that are read at once behind the end marker.
const PIECE: usize = 64 << 10;

static ZEROS: [u8; 4096] = [0; 4096];

/// How many notices one archive may cause before the rest is only counted.
const MAX_NOTICES: usize = 100;

/// Reads one archive, member by member.
///
/// It stops at the end marker (two zero blocks) or where the input ends between two members; what follows the marker
/// is for [`TarReader::trailing`]. A member without content by its kind (link, directory, device) has none here
/// either, as in Go's `archive/tar` and Python's `tarfile`; only if no header follows and its size claims content is
/// that passed over.
#[derive(Debug)]
pub struct TarReader<I> {
    input: I,
    limits: Limits,
    /// Bytes read or passed over so far.
    position: u64,
    /// Stored content of the present member that was not read yet.
    content: u64,
    /// Bytes from the end of the content to the next header.
    padding: u64,
    /// What to say if that content ends early: where the member begins, and what it announced.
    announced: (u64, u64),
    /// Bytes of content that the present member claims although its kind has none.
    claimed: u64,
    global: Records,
    members: u64,
    done: bool,
    /// Whether an end marker, or half of one, was seen.
    marked: bool,
    trailing: bool,
    notices: Vec<Notice>,
    more_notices: usize,
}

/// What came before the header of a member.
#[derive(Debug, Default)]
struct Pending {
    /// Where the first of it begins.
    start: Option<u64>,
    headers: Vec<Vec<u8>>,
    name: Option<Vec<u8>>,
    link: Option<Vec<u8>>,
    bytes: u64,
}

impl<I: Input> TarReader<I> {
    /// Reads an archive from the present position of `input`.
    pub fn new(input: I, limits: Limits) -> Self {
        Self {
            input,
            limits,
            position: 0,
            content: 0,
            padding: 0,
            announced: (0, 0),
            claimed: 0,
            global: Records::default(),
            members: 0,
            done: false,
            marked: false,
            trailing: false,
            notices: Vec::new(),
            more_notices: 0,
        }
    }

    /// Bytes of the archive that were read or passed over so far.
    pub fn position(&self) -> u64 {
        self.position
    }

    /// What was odd since the last call and did not stop us.
    pub fn take_notices(&mut self) -> Vec<Notice> {
        let mut notices = std::mem::take(&mut self.notices);
        let more = std::mem::take(&mut self.more_notices);
        if more > 0 {
            notices.push(Notice::warning("archive", format!("{} of this kind", counted(more as u64, "more oddity"))));
        }
        notices
    }

    /// The next member; `None` at the end of the archive, and after an error. What was not read of the content before
    /// is passed over.
    pub fn next_member(&mut self) -> Result<Option<Member>, TarError> {
        if self.done {
            return Ok(None);
        }
        let member = self.finish_content().and_then(|()| self.read_member());
        self.done = !matches!(member, Ok(Some(_)));
        member
    }

    /// Passes over what is left of the content of the member that came last; fails if the archive ends before it.
    pub fn finish_content(&mut self) -> Result<(), TarError> {
        let (content, padding) = (std::mem::take(&mut self.content), std::mem::take(&mut self.padding));
        if content + padding == 0 {
            return Ok(());
        }
        let passed = self.input.skip(content + padding).map_err(TarError::Read)?;
        self.position += passed;
        // An archive may end with its last content: some writers leave out padding and end marker.
        if passed < content { Err(self.truncated()) } else { Ok(()) }
    }

    /// The stored content of the member that came last, as far as it was not read yet. Where the archive ends too
    /// early it fails with `UnexpectedEof` around a [`TarError::Truncated`].
    pub fn content(&mut self) -> impl Read + '_ {
        MemberContent(self)
    }

    /// Looks at up to `max` bytes after the end marker: whether any of them is not zero.
    pub fn trailing(&mut self, max: u64) -> io::Result<bool> {
        let mut buf = vec![0; usize::try_from(max).unwrap_or(PIECE).min(PIECE)];
        let mut rest = self.input.by_ref().take(max);
        loop {
            let count = match rest.read(&mut buf) {
                Ok(0) => return Ok(self.trailing),
                Ok(count) => count,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => return Err(error),
            };
            self.position += count as u64;
            // Compared block by block: looking at each byte of a bomb takes minutes.
            self.trailing |=
                buf.get(..count).unwrap_or_default().chunks(ZEROS.len()).any(|some| !ZEROS.starts_with(some));
        }
    }

    fn truncated(&self) -> TarError {
        let (offset, needed) = self.announced;
        TarError::Truncated { offset, end: self.position, needed }
    }

    fn notice(&mut self, offset: u64, message: String) {
        if self.notices.len() < MAX_NOTICES {
            self.notices.push(Notice::warning(format!("entry at byte {offset}"), message));
        } else {
            self.more_notices += 1;
        }
    }

    /// Reads as much of `buf` as there is.
    fn fill(&mut self, buf: &mut [u8]) -> Result<usize, TarError> {
        let mut filled = 0;
        while let Some(rest) = buf.get_mut(filled..).filter(|rest| !rest.is_empty()) {
            match self.input.read(rest) {
                Ok(0) => break,
                Ok(count) => filled += count,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(TarError::Read(error)),
            }
        }
        self.position += filled as u64;
        Ok(filled)
    }

    /// The next block; `None` where the input ends, be it with a piece of a zero block.
    fn block(&mut self) -> Result<Option<Block>, TarError> {
        let offset = self.position;
        let mut block = [0; HEADER_SIZE];
        match self.fill(&mut block)? as u64 {
            BLOCK => Ok(Some(block)),
            _ if is_zero(&block) => Ok(None),
            _ => Err(TarError::Truncated { offset, end: self.position, needed: BLOCK }),
        }
    }

    /// A block that the entry at `offset` cannot be without.
    fn needed_block(&mut self, offset: u64) -> Result<Block, TarError> {
        let block = self.block()?;
        block.ok_or(TarError::Truncated { offset, end: self.position, needed: BLOCK })
    }

    /// The next block that is a header; `None` at the end marker or the end of the input.
    fn header(&mut self) -> Result<Option<Block>, TarError> {
        let Some(mut block) = self.block()? else { return Ok(None) };
        let claimed = std::mem::take(&mut self.claimed);
        if claimed > 0 && !is_zero(&block) && header::verify(&block).is_err() {
            self.notice(
                self.announced.0,
                format!("{claimed} bytes of content, which its kind cannot have, are ignored"),
            );
            (self.content, self.padding) = (claimed.saturating_sub(BLOCK), padding(claimed));
            self.finish_content()?;
            match self.block()? {
                Some(next) => block = next,
                None => return Ok(None),
            }
        }
        if is_zero(&block) {
            match self.block()? {
                Some(next) if header::verify(&next).is_ok() && !is_zero(&next) => block = next,
                second => {
                    self.marked = true;
                    self.trailing |= second.is_some_and(|next| !is_zero(&next));
                    return Ok(None);
                }
            }
            self.notice(self.position - BLOCK, "a single zero block, half an end marker, stands before it".to_owned());
        }
        let offset = self.position - BLOCK;
        header::verify(&block).map_err(|error| TarError::Header { offset, source: error.into() })?;
        Ok(Some(block))
    }

    /// Reads headers up to and with the one of a member.
    fn read_member(&mut self) -> Result<Option<Member>, TarError> {
        let mut pending = Pending::default();
        while let Some(block) = self.header()? {
            let offset = self.position - BLOCK;
            let header = Header::from_bytes(&block);
            let size = size(header, offset)?;
            match header::announces(header) {
                Announces::Local => {
                    let records = self.extension(&mut pending, offset, size)?;
                    pending.headers.push(records);
                }
                Announces::LongName => pending.name = Some(self.long_name(&mut pending, offset, size)?),
                Announces::LongLink => pending.link = Some(self.long_name(&mut pending, offset, size)?),
                Announces::Global => self.global_header(offset, size)?,
                Announces::Nothing => {
                    self.expect_content(offset, size);
                    self.finish_content()?;
                    pending = Pending::default();
                }
                kind => return self.member(&block, kind, pending, size).map(Some),
            }
        }
        if let Some(start) = pending.start {
            if !self.marked {
                return Err(TarError::Truncated { offset: start, end: self.position, needed: BLOCK });
            }
            self.notice(start, "an extended header without an entry after it".to_owned());
        }
        Ok(None)
    }

    fn expect_content(&mut self, offset: u64, size: u64) {
        (self.content, self.padding, self.announced) = (size, padding(size), (offset, size));
    }

    /// Reads the content of something that belongs to the next member.
    fn extension(&mut self, pending: &mut Pending, offset: u64, size: u64) -> Result<Vec<u8>, TarError> {
        pending.start.get_or_insert(offset);
        pending.bytes += size;
        self.small_content(offset, size, pending.bytes)
    }

    /// Reads a content into memory; `sum` is what counts against the limit.
    fn small_content(&mut self, offset: u64, size: u64, sum: u64) -> Result<Vec<u8>, TarError> {
        let limit = u64::from(self.limits.extension);
        if sum > limit {
            return Err(TarError::Limit { what: "bytes of extended headers of one entry", limit });
        }
        self.expect_content(offset, size);
        let mut content = Vec::new();
        self.content().read_to_end(&mut content).map_err(TarError::from_read)?;
        self.finish_content()?;
        Ok(content)
    }

    fn long_name(&mut self, pending: &mut Pending, offset: u64, size: u64) -> Result<Vec<u8>, TarError> {
        let mut name = self.extension(pending, offset, size)?;
        name.truncate(until_zero(&name).len());
        Ok(name)
    }

    /// Keeps what a global header says for all members after it. Attributes and sparse maps of all files make no
    /// sense and would have to be copied for each.
    fn global_header(&mut self, offset: u64, size: u64) -> Result<(), TarError> {
        let content = self.small_content(offset, size, size)?;
        let mut global = std::mem::take(&mut self.global);
        let limits = self.limits;
        global.apply(&content, &limits, &mut |odd| self.notice(offset, odd))?;
        if global.forget_particulars() {
            self.notice(
                offset,
                "extended attributes, a sparse map or a long name for all entries are ignored".to_owned(),
            );
        }
        self.global = global;
        Ok(())
    }

    /// Puts a member together from its header and what came before it.
    fn member(&mut self, block: &Block, kind: Announces, pending: Pending, size: u64) -> Result<Member, TarError> {
        let header = Header::from_bytes(block);
        let offset = self.position - BLOCK;
        let limits = self.limits;
        self.members += 1;
        if self.members > limits.entries {
            return Err(TarError::Limit { what: "entries", limit: limits.entries });
        }
        let mut records = self.global.clone();
        for extended in &pending.headers {
            records.apply(extended, &limits, &mut |odd| self.notice(offset, odd))?;
        }
        let path = records.sparse.name.take().or(records.path.take()).or(pending.name);
        let path = path.unwrap_or_else(|| header::name(header));
        check_path(&path, &limits)?;
        let (kind, has_content) = self.kind(header, kind, &path, offset);
        let stored = believable(records.size.unwrap_or(size), offset)?;
        let link = records.link.take().or(pending.link);
        let link = link.unwrap_or_else(|| until_zero(&header.as_ustar().linkname).to_vec());
        check_path(&link, &limits)?;
        let mut member = Member {
            path,
            kind,
            mode: u16::try_from(self.field(&header.as_ustar().mode, "mode", offset) & 0o7777).unwrap_or_default(),
            uid: records.uid.unwrap_or_else(|| self.owner(&header.as_ustar().uid, "owner", offset)),
            gid: records.gid.unwrap_or_else(|| self.owner(&header.as_ustar().gid, "group", offset)),
            size: if kind == MemberKind::File { stored } else { 0 },
            mtime: records.mtime.unwrap_or_else(|| self.mtime(header, offset)),
            link,
            device: self.device(header, kind, offset),
            xattrs: records.take_xattrs(),
            header_offset: pending.start.unwrap_or(offset),
            data_offset: self.position,
            stored: if has_content { stored } else { 0 },
            sparse: None,
        };
        if has_content {
            self.expect_content(offset, stored);
            self.sparse(block, &records, &mut member, offset)?;
        } else {
            self.announced = (offset, stored);
            self.claimed = stored;
        }
        Ok(member)
    }

    /// What a member is, and whether content follows its header.
    fn kind(&mut self, header: &Header, kind: Announces, path: &[u8], offset: u64) -> (MemberKind, bool) {
        let [letter] = header.as_ustar().typeflag;
        match kind {
            Announces::Bare(kind) => (kind, false),
            // Before ustar, a slash at the end told a directory.
            Announces::Content(MemberKind::File) if letter == 0 && path.ends_with(b"/") => {
                (MemberKind::Directory, false)
            }
            Announces::Content(kind) => {
                if !matches!(letter, 0 | b'0' | b'7' | b'D') {
                    self.notice(offset, format!("the unknown type {letter:#04x} is taken for a regular file"));
                }
                (kind, true)
            }
            _ => (MemberKind::File, true),
        }
    }

    /// A number of the header; 0 with a notice if it is malformed.
    fn field(&mut self, field: &[u8], what: &str, offset: u64) -> i128 {
        header::number(field).unwrap_or_else(|| {
            self.notice(offset, format!("its {what} is malformed and taken for 0"));
            0
        })
    }

    /// An owner or group; a negative one is what the kernel would make of it, modulo 2^32.
    fn owner(&mut self, field: &[u8], what: &str, offset: u64) -> u64 {
        let value = self.field(field, what, offset);
        if value < 0 {
            self.notice(offset, format!("its {what} is negative, {value}"));
        }
        u64::try_from(if value < 0 { value.rem_euclid(1 << 32) } else { value }).unwrap_or(u64::MAX)
    }

    fn mtime(&mut self, header: &Header, offset: u64) -> Time {
        let seconds = self.field(&header.as_ustar().mtime, "time", offset);
        let clamped = seconds.clamp(i64::MIN.into(), i64::MAX.into());
        if clamped != seconds {
            self.notice(offset, "its time is out of range".to_owned());
        }
        Time { seconds: i64::try_from(clamped).unwrap_or_default(), nanoseconds: 0 }
    }

    fn device(&mut self, header: &Header, kind: MemberKind, offset: u64) -> (u32, u32) {
        if !matches!(kind, MemberKind::CharDevice | MemberKind::BlockDevice) || !header::has_device(header) {
            return (0, 0);
        }
        let mut number = |field| {
            let value = self.field(field, "device number", offset);
            u32::try_from(value).unwrap_or_else(|_| {
                self.notice(offset, format!("its device number {value} is out of range and taken for 0"));
                0
            })
        };
        (number(&header.as_ustar().dev_major), number(&header.as_ustar().dev_minor))
    }

    /// Finds the map of a sparse file and corrects what depends on it.
    fn sparse(&mut self, block: &Block, records: &Records, member: &mut Member, offset: u64) -> Result<(), TarError> {
        if member.kind != MemberKind::File {
            return Ok(());
        }
        let (map, size) = if header::announces(Header::from_bytes(block)) == Announces::Sparse {
            let size = header::number(&Header::from_bytes(block).as_gnu().realsize);
            let size = size.and_then(|size| u64::try_from(size).ok());
            (self.old_gnu_map(block, member.stored, offset)?, size)
        } else if records.sparse.map_in_content() {
            (self.map_in_content(member, offset)?, records.sparse.size)
        } else if records.sparse.map.is_some() || records.sparse.size.is_some() {
            let size = records.sparse.size.unwrap_or(member.stored);
            (records.sparse.map.clone().unwrap_or_default(), Some(size))
        } else {
            return Ok(());
        };
        let size = size.ok_or_else(|| sparse::invalid(offset, "the size of the sparse file is missing"))?;
        member.size = believable(size, offset)?;
        member.sparse = Some(sparse::checked(map, size, member.stored, offset)?);
        member.data_offset = self.position;
        Ok(())
    }

    fn old_gnu_map(&mut self, block: &Block, stored: u64, offset: u64) -> Result<Vec<Region>, TarError> {
        let mut map = Vec::new();
        let limits = self.limits;
        let (fields, mut more) = sparse::in_header(block);
        sparse::old_gnu(fields, &mut map, &limits, offset)?;
        let mut blocks = 0;
        while more {
            let extension = self.needed_block(offset)?;
            blocks += 1;
            // A block holds 21 regions at most, and may hold fewer: their number alone is no limit.
            if blocks > limits.sparse_regions {
                return Err(TarError::Limit {
                    what: "regions in one sparse file",
                    limit: limits.sparse_regions as u64,
                });
            }
            let (fields, next) = sparse::in_extension(&extension);
            sparse::old_gnu(fields, &mut map, &limits, offset)?;
            more = next;
        }
        self.expect_content(offset, stored);
        Ok(map)
    }

    /// Reads the map of version 1.0 and takes it off the content.
    fn map_in_content(&mut self, member: &mut Member, offset: u64) -> Result<Vec<Region>, TarError> {
        let mut reader = MapReader::default();
        let limits = self.limits;
        loop {
            let Some(stored) = member.stored.checked_sub(BLOCK) else {
                return Err(sparse::invalid(offset, "the sparse map is larger than the content"));
            };
            let block = self.needed_block(offset)?;
            member.stored = stored;
            if reader.take(&block, &limits, offset)? {
                self.expect_content(offset, stored);
                return Ok(reader.map);
            }
        }
    }
}

struct MemberContent<'a, I>(&'a mut TarReader<I>);

impl<I: Input> Read for MemberContent<'_, I> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        let reader = &mut *self.0;
        let want = usize::try_from(reader.content).unwrap_or(usize::MAX).min(buf.len());
        let Some(buf) = buf.get_mut(..want).filter(|buf| !buf.is_empty()) else { return Ok(0) };
        let count = reader.input.read(buf)?;
        if count == 0 {
            return Err(io::Error::new(io::ErrorKind::UnexpectedEof, reader.truncated()));
        }
        reader.position += count as u64;
        reader.content -= count as u64;
        Ok(count)
    }
}

impl TarError {
    /// The error inside an error of [`TarReader::content`].
    pub(crate) fn from_read(error: io::Error) -> Self {
        error.downcast::<Self>().unwrap_or_else(Self::Read)
    }
}

fn is_zero(block: &Block) -> bool {
    block.iter().all(|byte| *byte == 0)
}

/// The size in a header. Without it the next header cannot be found, so it has to be right.
fn size(header: &Header, offset: u64) -> Result<u64, TarError> {
    let field = &header.as_ustar().size;
    let malformed = || TarError::Header { offset, source: HeaderError::InvalidOctal(field.to_vec()).into() };
    let size = header::number(field).filter(|size| *size >= 0).ok_or_else(malformed)?;
    believable(u64::try_from(size).unwrap_or(u64::MAX), offset)
}

fn believable(size: u64, offset: u64) -> Result<u64, TarError> {
    if size > MAX_SIZE { Err(TarError::Size { offset, size }) } else { Ok(size) }
}

fn check_path(path: &[u8], limits: &Limits) -> Result<(), TarError> {
    let limit = u64::from(limits.path);
    if path.len() as u64 > limit { Err(TarError::Limit { what: "bytes in one path", limit }) } else { Ok(()) }
}
