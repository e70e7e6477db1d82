//! The content of one file, holes included, without ever writing a hole out for comparison.

use super::Entry;
use super::fingerprint::Fingerprint;
use super::toc;
use crate::bytes::{Cancel, SectionReader};
use crate::progress::{Observer, Progress};
use crate::source::{LayerTar, Origin};
use crate::tarball::Region;
use std::fmt;
use std::io::{self, BufRead as _, BufReader, Read, Seek as _, SeekFrom};

/// Bytes of a stream that are held at once.
const PIECE: usize = 64 << 10;

/// The content of one file as a sequence of chunks, or read as bytes.
pub struct Content {
    stored: Stored,
    size: u64,
    /// How much of the file was passed.
    position: u64,
    /// The regions that hold data, in order, if it is a sparse file.
    sparse: Option<Box<[Region]>>,
    /// The first region that does not end before `position`.
    region: usize,
    cancel: Cancel,
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
    /// Opens the content of a regular-file `entry` of a layer: by position where it is not compressed or has a table of
    /// contents, else by decompressing it up to the content, from the nearest checkpoint; `observer` is told how far
    /// that is.
    pub fn open(layer: &LayerTar, entry: Entry<'_>, observer: &dyn Observer, cancel: &Cancel) -> io::Result<Self> {
        let stored: Box<dyn Read + Send> = match (layer.blob().section(), entry.digest()) {
            (Some(section), Some(digest)) => Box::new(toc::content(section, entry, digest, cancel)?),
            _ => match layer.plain() {
                Some(section) => return Self::open_in(section.reader(), entry, cancel),
                None => Box::new(layer.reader_at(entry.data_offset, observer, cancel)?.take(entry.stored())),
            },
        };
        let place = layer.place(entry.data_offset)?;
        Ok(Self::new(Stored::Stream(Stream::new(stored, layer.origin(), place)), entry, cancel))
    }

    /// The same out of what is decompressed already, if that leads there: contents that are asked for in the order in
    /// which they are stored take one pass. [`Content::into_stream`] gives it back.
    pub fn open_after(
        pass: Option<Stream>,
        layer: &LayerTar,
        entry: Entry<'_>,
        observer: &dyn Observer,
        cancel: &Cancel,
    ) -> io::Result<Self> {
        let place = layer.place(entry.data_offset)?;
        let mut stream = match pass.filter(|stream| stream.leads_to(layer, place, entry.data_offset)) {
            Some(stream) => stream,
            None => Stream::at(layer, entry.data_offset, observer, cancel)?,
        };
        stream.pass(place, observer, cancel)?;
        Ok(Self::new(Stored::Stream(stream), entry, cancel))
    }

    /// The same of a layer that is not compressed, through a reader that is there already: contents that lie side by
    /// side share its window. [`Content::into_layer`] gives it back.
    pub fn open_in(mut layer: SectionReader, entry: Entry<'_>, cancel: &Cancel) -> io::Result<Self> {
        let end = entry.data_offset.checked_add(entry.stored());
        if end.is_none_or(|end| end > layer.section_len()) {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        layer.seek(SeekFrom::Start(entry.data_offset))?;
        Ok(Self::new(Stored::Layer(layer), entry, cancel))
    }

    fn new(stored: Stored, entry: Entry<'_>, cancel: &Cancel) -> Self {
        let sparse = entry.sparse().map(Box::from);
        Self { stored, size: entry.size, position: 0, sparse, region: 0, cancel: cancel.clone() }
    }

    /// The reader of the layer, if it is not compressed.
    pub fn into_layer(self) -> Option<SectionReader> {
        match self.stored {
            Stored::Layer(layer) => Some(layer),
            Stored::Stream(_) => None,
        }
    }

    /// The stream that it was read from, if [`Content::open_after`] took one.
    pub fn into_stream(self) -> Option<Stream> {
        match self.stored {
            Stored::Layer(_) => None,
            Stored::Stream(tar) => Some(tar),
        }
    }

    /// The whole content as bytes, holes written out as zeros.
    pub fn reader(self) -> impl Read {
        self
    }

    /// The fingerprint of the rest of a content, as [`super::Scanner::scan_stream`] takes it with the same seed.
    pub fn fingerprint(&mut self, seed: u64) -> io::Result<u128> {
        let mut fingerprint = Fingerprint::new(seed);
        loop {
            let count = match self.peek()? {
                Chunk::Data(bytes) => {
                    fingerprint.update(bytes);
                    bytes.len() as u64
                }
                Chunk::Hole(len) => {
                    fingerprint.hole(len);
                    len
                }
                Chunk::End => return Ok(fingerprint.finish()),
            };
            self.advance(count);
        }
    }

    /// What comes next, without taking it. Content that ends before its announced size is an error.
    pub fn peek(&mut self) -> io::Result<Chunk<'_>> {
        let next = self.next_region();
        if next.offset > self.position {
            return Ok(Chunk::Hole(next.offset - self.position));
        }
        if next.len == 0 {
            return Ok(Chunk::End);
        }
        self.cancel.check()?;
        let ready = self.stored.fill()?;
        if ready.is_empty() {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        let rest = next.offset + next.len - self.position;
        Ok(Chunk::Data(first(ready, usize::try_from(rest).unwrap_or(usize::MAX))))
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
    pub fn advance(&mut self, count: u64) {
        if self.next_region().offset <= self.position {
            self.stored.consume(usize::try_from(count).unwrap_or(usize::MAX));
        }
        self.position += count;
    }
}

/// The stored bytes of an entry, in order.
enum Stored {
    /// Read by position.
    Layer(SectionReader),
    /// On the way out of a compression.
    Stream(Stream),
}

/// The bytes of a layer on their way out of a compression.
pub struct Stream {
    bytes: BufReader<Box<dyn Read + Send>>,
    /// What is decompressed.
    origin: Origin,
    /// Where in that the next byte is.
    position: u64,
}

impl fmt::Debug for Stream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Stream").field("position", &self.position).finish_non_exhaustive()
    }
}

impl Stream {
    /// Decompresses a layer from `offset` on.
    fn at(layer: &LayerTar, offset: u64, observer: &dyn Observer, cancel: &Cancel) -> io::Result<Self> {
        Ok(Self::new(layer.stream_at(offset, observer, cancel)?, layer.origin(), layer.place(offset)?))
    }

    fn new(bytes: Box<dyn Read + Send>, origin: Origin, position: u64) -> Self {
        Self { bytes: BufReader::with_capacity(PIECE, bytes), origin, position }
    }

    /// Whether going on is the shortest way to `offset` of a layer, which is at `place`: no checkpoint is nearer.
    fn leads_to(&self, layer: &LayerTar, place: u64, offset: u64) -> bool {
        let ahead = place.checked_sub(self.position).filter(|_| self.origin == layer.origin());
        ahead.is_some_and(|ahead| ahead <= layer.distance(offset))
    }

    /// Passes over everything before `offset` of what is decompressed; what has passed already is an error.
    fn pass(&mut self, offset: u64, observer: &dyn Observer, cancel: &Cancel) -> io::Result<()> {
        let total = offset.checked_sub(self.position).ok_or(io::ErrorKind::InvalidInput)?;
        while self.position < offset {
            cancel.check()?;
            observer.progress(Progress::Passing { passed: total - (offset - self.position), total });
            let ready = match self.bytes.fill_buf() {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                ready => ready?.len() as u64,
            };
            if ready == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            self.consume(usize::try_from(ready.min(offset - self.position)).unwrap_or(usize::MAX));
        }
        Ok(())
    }

    fn consume(&mut self, count: usize) {
        self.bytes.consume(count);
        self.position += count as u64;
    }
}

impl Stored {
    /// What comes next; nothing only at the end.
    fn fill(&mut self) -> io::Result<&[u8]> {
        // Asked again, a reader that was interrupted has nothing ready and reads anew.
        while let Err(error) = self.fill_once() {
            if error.kind() != io::ErrorKind::Interrupted {
                return Err(error);
            }
        }
        self.fill_once()
    }

    fn fill_once(&mut self) -> io::Result<&[u8]> {
        match self {
            Self::Layer(layer) => layer.fill_buf(),
            Self::Stream(tar) => tar.bytes.fill_buf(),
        }
    }

    fn consume(&mut self, count: usize) {
        match self {
            Self::Layer(layer) => layer.consume(count),
            Self::Stream(tar) => tar.consume(count),
        }
    }
}

/// Whether the rests of two contents are equal, byte by byte, holes counting as zeros.
pub fn same_content(a: &mut Content, b: &mut Content) -> io::Result<bool> {
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

/// The rest of the content as bytes, holes written out as zeros.
impl Read for Content {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        let count = match self.peek()? {
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
        self.advance(count as u64);
        Ok(count)
    }
}
