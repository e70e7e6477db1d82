//! The content of one file, holes included, without ever writing a hole out for comparison.

use super::Entry;
use super::fingerprint::Fingerprint;
use crate::bytes::{Cancel, Meter, Section};
use crate::codec::{Compression, decoder};
use crate::source::Blob;
use crate::tarball::Region;
use std::fmt;
use std::io::{self, Read};

/// Bytes of content that are held at once.
const PIECE: usize = 64 << 10;

/// The content of one file as a sequence of chunks.
pub struct Content {
    stored: Stored,
    size: u64,
    /// How much of the file was handed out.
    position: u64,
    /// The regions that hold data, in order, if it is a sparse file.
    sparse: Option<Box<[Region]>>,
    /// The first region that does not end before `position`.
    region: usize,
    piece: Vec<u8>,
    /// The bytes of `piece` that are not handed out yet.
    ready: std::ops::Range<usize>,
}

impl fmt::Debug for Content {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Content").field("size", &self.size).field("position", &self.position).finish_non_exhaustive()
    }
}

/// The next piece of a content.
#[derive(Debug, PartialEq, Eq)]
pub enum Chunk<'a> {
    /// So many zeros that nobody stored.
    Hole(u64),
    /// Bytes that are stored.
    Data(&'a [u8]),
    /// The end.
    End,
}

impl Content {
    /// Opens the content of a regular-file `entry` of the layer that was read from `blob`: by position where the blob
    /// is not compressed, else by decompressing it up to the content.
    pub fn open(blob: &Blob, entry: Entry<'_>, cancel: &Cancel) -> io::Result<Self> {
        let stored = Stored::open(blob, entry, cancel)?;
        let sparse = entry.sparse().map(Box::from);
        Ok(Self { stored, size: entry.size, position: 0, sparse, region: 0, piece: Vec::new(), ready: 0..0 })
    }

    /// The next chunk. Content that ends before its announced size is an error.
    pub fn next_chunk(&mut self) -> io::Result<Chunk<'_>> {
        let (hole, data) = match self.peek()? {
            Chunk::Hole(len) => (len, 0),
            Chunk::Data(bytes) => (0, bytes.len()),
            Chunk::End => return Ok(Chunk::End),
        };
        if hole > 0 {
            self.advance(hole);
            return Ok(Chunk::Hole(hole));
        }
        let start = self.ready.start;
        self.advance(data as u64);
        Ok(Chunk::Data(self.piece.get(start..start + data).unwrap_or_default()))
    }

    /// The whole content as bytes, holes written out as zeros.
    pub fn reader(self) -> impl Read {
        Expanding(self)
    }

    /// The fingerprint of the rest of a content, as [`super::Scanner::scan_stream`] takes it with the same seed.
    pub fn fingerprint(mut self, seed: u64) -> io::Result<u128> {
        let mut fingerprint = Fingerprint::new(seed);
        loop {
            match self.next_chunk()? {
                Chunk::Data(bytes) => fingerprint.update(bytes),
                Chunk::Hole(len) => fingerprint.hole(len),
                Chunk::End => return Ok(fingerprint.finish()),
            }
        }
    }

    /// What comes next, without taking it.
    fn peek(&mut self) -> io::Result<Chunk<'_>> {
        if self.ready.is_empty() {
            let next = self.next_region();
            if next.offset > self.position {
                return Ok(Chunk::Hole(next.offset - self.position));
            }
            if next.len == 0 {
                return Ok(Chunk::End);
            }
            self.read(next.offset + next.len - self.position)?;
        }
        Ok(Chunk::Data(self.piece.get(self.ready.clone()).unwrap_or_default()))
    }

    /// The region that holds the next data; an empty one at the end if there is none.
    fn next_region(&mut self) -> Region {
        let Some(regions) = &self.sparse else {
            return Region { offset: self.position, len: self.size - self.position };
        };
        while regions.get(self.region).is_some_and(|region| region.offset + region.len <= self.position) {
            self.region += 1;
        }
        regions.get(self.region).copied().unwrap_or(Region { offset: self.size, len: 0 })
    }

    /// Takes `count` bytes of what [`Content::peek`] showed.
    fn advance(&mut self, count: u64) {
        self.position += count;
        let data = usize::try_from(count).unwrap_or(usize::MAX).min(self.ready.len());
        self.ready.start += data;
    }

    /// Reads up to `max` stored bytes.
    fn read(&mut self, max: u64) -> io::Result<()> {
        let want = usize::try_from(max).unwrap_or(PIECE).min(PIECE);
        if self.piece.len() < want {
            self.piece.resize(want, 0);
        }
        let count = loop {
            match self.stored.read(self.piece.get_mut(..want).unwrap_or_default()) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                result => break result?,
            }
        };
        if count == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        self.ready = 0..count;
        Ok(())
    }
}

/// The stored bytes of an entry, in order.
enum Stored {
    /// Read by position.
    Plain { content: Section, position: u64, cancel: Cancel },
    /// On the way out of a compression.
    Stream(Box<dyn Read + Send>),
}

impl Stored {
    fn open(blob: &Blob, entry: Entry<'_>, cancel: &Cancel) -> io::Result<Self> {
        if let Some(section) = blob.section()
            && (entry.is_by_position() || is_plain(section)?)
        {
            let content = section.slice(entry.data_offset, entry.stored()).ok_or(io::ErrorKind::UnexpectedEof)?;
            return Ok(Self::Plain { content, position: 0, cancel: cancel.clone() });
        }
        let mut bytes = blob.open(&Meter::default(), cancel)?;
        let mut magic = [0; Compression::MAGIC];
        let count = read_start(&mut bytes, &mut magic)?;
        let start = magic.get(..count).unwrap_or_default().to_vec();
        let mut tar = decoder(Compression::sniff(&start), io::Cursor::new(start).chain(bytes))?;
        skip(&mut tar, entry.data_offset)?;
        Ok(Self::Stream(Box::new(tar.take(entry.stored()))))
    }
}

impl Read for Stored {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::Plain { content, position, cancel } => {
                cancel.check()?;
                let count = content.read_at(buf, *position)?;
                *position += count as u64;
                Ok(count)
            }
            Self::Stream(bytes) => bytes.read(buf),
        }
    }
}

/// Whether a blob that nobody has scanned by position is an uncompressed tar nevertheless.
fn is_plain(section: &Section) -> io::Result<bool> {
    let mut magic = [0; Compression::MAGIC];
    let count = read_start(&mut section.reader(), &mut magic)?;
    Ok(Compression::sniff(magic.get(..count).unwrap_or_default()) == Compression::None)
}

/// Reads as much of `buf` as there is.
fn read_start(reader: &mut dyn Read, buf: &mut [u8]) -> io::Result<usize> {
    let mut filled = 0;
    while let Some(rest) = buf.get_mut(filled..).filter(|rest| !rest.is_empty()) {
        match reader.read(rest) {
            Ok(0) => break,
            Ok(count) => filled += count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(filled)
}

/// Reads `count` bytes and throws them away, in pieces that suit a decoder.
fn skip(reader: &mut dyn Read, count: u64) -> io::Result<()> {
    let mut piece = vec![0; PIECE];
    let mut left = count;
    while left > 0 {
        let want = usize::try_from(left).unwrap_or(PIECE).min(PIECE);
        let read = read_start(reader, piece.get_mut(..want).unwrap_or_default())?;
        if read == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        left -= read as u64;
    }
    Ok(())
}

/// Whether two contents are equal, byte by byte, holes counting as zeros.
pub fn same_content(mut a: Content, mut b: Content) -> io::Result<bool> {
    if a.size != b.size {
        return Ok(false);
    }
    loop {
        let count = match (a.peek()?, b.peek()?) {
            (Chunk::End, Chunk::End) => return Ok(true),
            (Chunk::End, _) | (_, Chunk::End) => return Ok(false),
            (Chunk::Hole(one), Chunk::Hole(other)) => one.min(other),
            (Chunk::Hole(hole), Chunk::Data(bytes)) | (Chunk::Data(bytes), Chunk::Hole(hole)) => {
                let bytes = first(bytes, usize::try_from(hole).unwrap_or(usize::MAX));
                if bytes.iter().any(|byte| *byte != 0) {
                    return Ok(false);
                }
                bytes.len() as u64
            }
            (Chunk::Data(one), Chunk::Data(other)) => {
                let count = one.len().min(other.len());
                if first(one, count) != first(other, count) {
                    return Ok(false);
                }
                count as u64
            }
        };
        a.advance(count);
        b.advance(count);
    }
}

fn first(bytes: &[u8], count: usize) -> &[u8] {
    bytes.get(..count).unwrap_or(bytes)
}

/// Writes holes out as zeros.
struct Expanding(Content);

impl Read for Expanding {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        let count = match self.0.peek()? {
            Chunk::End => 0,
            Chunk::Hole(len) => {
                let count = usize::try_from(len).unwrap_or(usize::MAX).min(buf.len());
                buf.get_mut(..count).unwrap_or_default().fill(0);
                count
            }
            Chunk::Data(bytes) => {
                let count = bytes.len().min(buf.len());
                if let (Some(to), Some(from)) = (buf.get_mut(..count), bytes.get(..count)) {
                    to.copy_from_slice(from);
                }
                count
            }
        };
        self.0.advance(count as u64);
        Ok(count)
    }
}
