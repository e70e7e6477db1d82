//! Random access into a compressed stream: what is needed to go on in its middle.
//!
//! A pass over the stream leaves a checkpoint about every 6 MiB of output: where it is in the stored bytes, and what
//! the decoder has to know there. A later read starts at the nearest one before what it wants. So nothing is read
//! twice to build an index, and whoever wants a file before the pass has come to it starts where the pass is. Reads
//! leave no checkpoints themselves: where they need none either, they take the faster decoder.
//!
//! - gzip: anywhere within a member, with the state of the decoder and the 32 KiB before; and between two members,
//!   with nothing. A member that is entered in its middle still has its checksum verified at its end: a checkpoint
//!   has the checksum so far.
//! - Zstandard: between two frames. One single frame is read from its beginning.
//! - xz and bzip2 are read from the beginning.

mod members;

use super::decoder::{Counted, Stored, decoder_behind};
use super::{Compression, Decoder, decoder, zstandard};
use crate::bytes::{Cancel, Counting, Meter, Section};
use crate::progress::{Observer, Progress};
use members::{Members, Within};
use std::collections::BTreeMap;
use std::io::{self, Read};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Bytes of output between two checkpoints, while the budget allows. A gzip checkpoint takes 43 KiB, so 1/142 of the
/// output, and 6 MiB are decompressed in 10 to 15 ms.
const SPACING: u64 = 6 << 20;

/// Bytes that are read at once to be passed over.
const PIECE: usize = 64 << 10;

/// Bytes that are passed over between two steps of progress.
const STEP: u64 = 1 << 20;

/// The checkpoints of one compressed stream. A clone is the same set: one thread may read the stream and leave
/// checkpoints while others use them.
#[derive(Debug, Clone)]
pub struct Checkpoints {
    compression: Compression,
    /// Bytes of memory that they may take.
    budget: usize,
    kept: Arc<Mutex<Kept>>,
}

#[derive(Debug)]
struct Kept {
    /// Bytes of output between two of them at least.
    spacing: u64,
    /// By their position in the output.
    points: BTreeMap<u64, Checkpoint>,
    /// Bytes that they take.
    memory: usize,
}

/// Where decompression can go on.
#[derive(Debug, Clone, Default)]
struct Checkpoint {
    /// The position in the stored bytes.
    stored: u64,
    /// What the decoder has to know, unless a gzip member or a Zstandard frame begins here.
    within: Option<Arc<Within>>,
}

impl Checkpoint {
    /// Bytes of memory that it takes.
    fn memory(&self) -> usize {
        size_of::<(u64, Self)>() + self.within.as_ref().map_or(0, |within| within.memory())
    }
}

impl Checkpoints {
    /// None yet. They will take at most `budget` bytes: when more were needed, every second one goes and the others
    /// are set twice as far apart.
    pub fn new(compression: Compression, budget: usize) -> Self {
        let kept = Kept { spacing: SPACING, points: BTreeMap::new(), memory: 0 };
        Self { compression, budget, kept: Arc::new(Mutex::new(kept)) }
    }

    /// Decompresses a stream from its beginning, as [`decoder()`] does, and leaves checkpoints on the way, if there is
    /// room for any. For gzip this takes half as long again.
    pub fn decoder<'a, R: Read + Send + 'a>(&self, reader: R) -> io::Result<Box<dyn Decoder + 'a>> {
        let taken = Meter::default();
        let marks = Marks { checkpoints: Some(self.clone()), output: 0, next: 1 };
        Ok(match self.compression {
            Compression::Gzip if self.are_possible() => {
                let stored = Stored::new(reader, taken.clone());
                Box::new(Counted { decoder: Members::new(stored, marks, None), taken })
            }
            Compression::Zstd if self.are_possible() => {
                let frames = zstandard::Frames::new(Stored::new(reader, taken.clone()))?;
                Box::new(Counted { decoder: Frames { frames, marks }, taken })
            }
            _ => decoder(self.compression, reader)?,
        })
    }

    /// The output from `offset` on, decompressed from the nearest checkpoint before it. `section` is the whole stored
    /// stream. Passes over the output before `offset` at once, and tells `observer` how far it is. Output that ends
    /// before `offset` is an error. Leaves no checkpoints.
    pub fn reader_at(
        &self,
        section: &Section,
        offset: u64,
        observer: &dyn Observer,
        cancel: &Cancel,
    ) -> io::Result<Box<dyn Decoder>> {
        let (output, Checkpoint { stored: before, within }) = match self.compression {
            Compression::None => (offset, Checkpoint { stored: offset, within: None }),
            _ => self.nearest(offset),
        };
        let len = section.len().checked_sub(before).ok_or(io::ErrorKind::UnexpectedEof)?;
        let rest = section.slice(before, len).ok_or(io::ErrorKind::UnexpectedEof)?;
        let rest = Counting::new(rest.reader(), Meter::default(), cancel.clone());
        let mut decoder: Box<dyn Decoder> = match within {
            None => decoder_behind(before, self.compression, rest)?,
            Some(within) => {
                let taken = Meter::default();
                taken.add(before);
                let stored = Stored::new(rest, taken.clone());
                Box::new(Counted { decoder: Members::new(stored, Marks::default(), Some(&within)), taken })
            }
        };
        skip(&mut decoder, offset - output, observer, cancel)?;
        Ok(decoder)
    }

    /// Whether a pass can leave any.
    fn are_possible(&self) -> bool {
        self.budget > 0 && matches!(self.compression, Compression::Gzip | Compression::Zstd)
    }

    /// Bytes of output that are decompressed before the one at `offset` is there: how long it takes to get at it.
    pub fn distance(&self, offset: u64) -> u64 {
        if self.compression == Compression::None { 0 } else { offset - self.nearest(offset).0 }
    }

    /// Bytes of memory that the checkpoints take: never more than the budget.
    pub fn memory(&self) -> usize {
        self.kept().memory
    }

    /// The last checkpoint at or before `offset`, and where it is; the beginning is always one.
    fn nearest(&self, offset: u64) -> (u64, Checkpoint) {
        let kept = self.kept();
        kept.points.range(..=offset).next_back().map_or_else(Default::default, |(output, at)| (*output, at.clone()))
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Kept {
    /// Where in the output the next checkpoint would be of use, seen from `output`; `output` itself if one would here.
    fn wanted(&self, output: u64) -> u64 {
        let before = self.points.range(..=output).next_back().map_or(0, |(at, _)| *at);
        let after = self.points.range(output..).next().map(|(at, _)| *at);
        match after {
            _ if output - before < self.spacing => before.saturating_add(self.spacing),
            Some(after) if after - output < self.spacing => after.saturating_add(self.spacing),
            _ => output,
        }
    }

    fn insert(&mut self, output: u64, checkpoint: Checkpoint, budget: usize) {
        self.memory += checkpoint.memory();
        self.points.insert(output, checkpoint);
        while self.memory > budget && !self.points.is_empty() {
            self.spacing = self.spacing.saturating_mul(2);
            let mut last = 0;
            let (spacing, memory) = (self.spacing, &mut self.memory);
            self.points.retain(|output, checkpoint| {
                let stays = output - last >= spacing;
                if stays {
                    last = *output;
                } else {
                    *memory -= checkpoint.memory();
                }
                stays
            });
        }
    }
}

/// What a decoder leaves checkpoints through.
#[derive(Debug, Default)]
struct Marks {
    /// Where they are kept, if they are.
    checkpoints: Option<Checkpoints>,
    /// Where in the output the decoder is.
    output: u64,
    /// Up to here nobody wants a checkpoint.
    next: u64,
}

impl Marks {
    /// Leaves a checkpoint here, should one be wanted.
    fn mark(&mut self, checkpoint: impl FnOnce() -> Checkpoint) {
        let Some(checkpoints) = self.checkpoints.as_ref().filter(|_| self.output >= self.next) else { return };
        let mut kept = checkpoints.kept();
        self.next = kept.wanted(self.output);
        if self.next == self.output {
            kept.insert(self.output, checkpoint(), checkpoints.budget);
            self.next = kept.wanted(self.output).max(self.output + 1);
        }
    }
}

/// Zstandard frames, with a checkpoint between two of them.
struct Frames<R> {
    frames: zstandard::Frames<Stored<R>>,
    marks: Marks,
}

impl<R: Read> Read for Frames<R> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        while !buf.is_empty() {
            if self.frames.is_between() {
                let stored = self.frames.reader().taken();
                self.marks.mark(|| Checkpoint { stored, within: None });
            }
            let count = self.frames.read_frame(buf)?;
            self.marks.output += count as u64;
            if count > 0 || self.frames.is_at_end()? {
                return Ok(count);
            }
        }
        Ok(0)
    }
}

/// Reads `count` bytes and throws them away, in pieces that suit a decoder. Input that ends before is an error.
pub fn skip(reader: &mut dyn Read, count: u64, observer: &dyn Observer, cancel: &Cancel) -> io::Result<()> {
    let mut piece = vec![0; PIECE];
    let (mut passed, mut next) = (0, STEP);
    while passed < count {
        cancel.check()?;
        let want = usize::try_from(count - passed).unwrap_or(PIECE).min(PIECE);
        match reader.read(piece.get_mut(..want).unwrap_or_default()) {
            Ok(0) => return Err(io::ErrorKind::UnexpectedEof.into()),
            Ok(read) => passed += read as u64,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
        if passed >= next {
            next = passed + STEP;
            observer.progress(Progress::Passing { passed, total: count });
        }
    }
    Ok(())
}

/// A section that is compressed, and can be read from anywhere. Cheap to clone; clones share their checkpoints.
#[derive(Debug, Clone)]
pub struct Unpacked {
    section: Section,
    checkpoints: Checkpoints,
}

impl Unpacked {
    /// The content of a section, as far as an earlier pass over the same bytes left `checkpoints`; or none, if nobody
    /// has read them yet.
    pub fn new(section: Section, checkpoints: Checkpoints) -> Self {
        Self { section, checkpoints }
    }

    /// Decompresses the first `most` bytes of content once, for the checkpoints. Does nothing where there can be none.
    /// What is damaged has them up to the damage.
    pub fn pass(&self, most: u64, cancel: &Cancel) -> io::Result<()> {
        if !self.checkpoints.are_possible() {
            return Ok(());
        }
        let stored = Counting::new(self.section.reader(), Meter::default(), cancel.clone());
        let mut content = self.decoder(stored)?.take(most);
        let mut piece = vec![0; PIECE];
        while content.read(&mut piece)? > 0 {
            cancel.check()?;
        }
        Ok(())
    }

    /// Decompresses the section, whose bytes come from `stored`, and leaves checkpoints; see [`Checkpoints::decoder`].
    pub fn decoder<'a, R: Read + Send + 'a>(&self, stored: R) -> io::Result<Box<dyn Decoder + 'a>> {
        self.checkpoints.decoder(stored)
    }

    /// The content from `offset` on; see [`Checkpoints::reader_at`].
    pub fn reader_at(&self, offset: u64, observer: &dyn Observer, cancel: &Cancel) -> io::Result<Box<dyn Decoder>> {
        self.checkpoints.reader_at(&self.section, offset, observer, cancel)
    }

    /// Bytes of content that are decompressed before the one at `offset` is there; see [`Checkpoints::distance`].
    pub fn distance(&self, offset: u64) -> u64 {
        self.checkpoints.distance(offset)
    }

    /// Bytes of memory that its checkpoints take.
    pub fn memory(&self) -> usize {
        self.checkpoints.memory()
    }
}

#[cfg(test)]
mod tests;
