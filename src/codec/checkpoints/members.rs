//! gzip, decompressed by a decoder whose state can be kept.

use super::{Checkpoint, Marks, Stored};
use crate::codec::gzip::{another_member, pass_header};
use crc32fast::Hasher;
use miniz_oxide::inflate::TINFLStatus as Status;
use miniz_oxide::inflate::core::inflate_flags::{TINFL_FLAG_HAS_MORE_INPUT, TINFL_FLAG_USING_NON_WRAPPING_OUTPUT_BUF};
use miniz_oxide::inflate::core::{DecompressorOxide, decompress_with_limit};
use std::fmt;
use std::io::{self, BufRead as _, Read};
use std::mem;
use std::ops::Range;
use std::sync::Arc;

/// How far back a match may reach (RFC 1951).
const WINDOW: usize = 32 << 10;

/// Bytes that are inflated at once, at most.
const PIECE: usize = 64 << 10;

/// The buffer: a window, and pieces until the window is moved to the front again.
const BUFFER: usize = WINDOW + 4 * PIECE;

/// In a buffer that does not wrap, a match that reaches back before its beginning is an error. It begins where the
/// member does, or a whole window back.
const FLAGS: u32 = TINFL_FLAG_HAS_MORE_INPUT | TINFL_FLAG_USING_NON_WRAPPING_OUTPUT_BUF;

/// What is known within a member.
pub(super) struct Within {
    /// The decoder, with the codes of the present block: 11 KiB.
    inflate: DecompressorOxide,
    /// The output before: 32 KiB of it, or all of the member if it is not that long yet.
    window: Box<[u8]>,
    /// The checksum of the member so far, and of how many bytes.
    checksum: u32,
    length: u64,
}

impl Within {
    /// Bytes of memory that it takes.
    pub(super) fn memory(&self) -> usize {
        size_of::<Self>() + self.window.len()
    }
}

impl fmt::Debug for Within {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Within").field("length", &self.length).finish_non_exhaustive()
    }
}

/// Which part of a member comes next.
enum Part {
    Header,
    Body,
    Trailer,
    /// All members were read.
    End,
    /// An error was found in the middle of something.
    Broken,
}

/// All members of a gzip file, with checkpoints before and within them.
pub(super) struct Members<R> {
    stored: Stored<R>,
    marks: Marks,
    part: Part,
    inflate: Box<DecompressorOxide>,
    buffer: Box<[u8]>,
    /// What of the buffer was not handed out yet. It is filled up to the end of this.
    ready: Range<usize>,
    /// The checksum and the length of the present member.
    checksum: Hasher,
    length: u64,
}

impl<R: Read> Members<R> {
    /// Goes on within a member, or begins with one.
    pub(super) fn new(stored: Stored<R>, marks: Marks, within: Option<&Within>) -> Self {
        let mut new = Self {
            stored,
            marks,
            part: Part::Header,
            inflate: Box::default(),
            buffer: vec![0; BUFFER].into(),
            ready: 0..0,
            checksum: Hasher::new(),
            length: 0,
        };
        if let Some(within) = within {
            new.part = Part::Body;
            *new.inflate = within.inflate.clone();
            new.ready = within.window.len()..within.window.len();
            if let Some(window) = new.buffer.get_mut(..within.window.len()) {
                window.copy_from_slice(&within.window);
            }
            new.checksum = Hasher::new_with_initial_len(within.checksum, within.length);
            new.length = within.length;
        }
        new
    }

    fn header(&mut self) -> io::Result<Part> {
        let stored = self.stored.taken();
        self.marks.mark(|| Checkpoint { stored, within: None });
        pass_header(&mut self.stored)?;
        *self.inflate = DecompressorOxide::default();
        self.ready = 0..0;
        self.checksum = Hasher::new();
        self.length = 0;
        Ok(Part::Body)
    }

    /// Inflates some more, once all that was inflated is handed out.
    fn body(&mut self) -> io::Result<Part> {
        if self.buffer.len() - self.ready.end < PIECE {
            self.buffer.copy_within(self.ready.end - WINDOW..self.ready.end, 0);
            self.ready = WINDOW..WINDOW;
        }
        let stored = self.stored.fill_buf()?;
        let ended = stored.is_empty();
        let filled = self.ready.end;
        let (status, taken, given) =
            decompress_with_limit(&mut self.inflate, stored, &mut self.buffer, filled, PIECE, FLAGS);
        self.stored.consume(taken);
        self.ready = filled..filled + given;
        self.checksum.update(self.buffer.get(self.ready.clone()).unwrap_or_default());
        self.length += given as u64;
        self.marks.output += given as u64;
        match status {
            Status::Done => Ok(Part::Trailer),
            Status::NeedsMoreInput if ended && given == 0 => Err(io::ErrorKind::UnexpectedEof.into()),
            Status::NeedsMoreInput | Status::HasMoreOutput => {
                self.mark();
                Ok(Part::Body)
            }
            // What came before the damage is handed out; the decoder says the same again when it is asked for more.
            _ if given > 0 => Ok(Part::Body),
            _ => Err(io::Error::new(io::ErrorKind::InvalidData, "corrupt deflate stream")),
        }
    }

    /// Leaves a checkpoint here, should one be wanted.
    fn mark(&mut self) {
        let window = self.ready.end.saturating_sub(WINDOW)..self.ready.end;
        let stored = self.stored.taken();
        self.marks.mark(|| {
            let within = Within {
                inflate: (*self.inflate).clone(),
                window: self.buffer.get(window).unwrap_or_default().into(),
                checksum: self.checksum.clone().finalize(),
                length: self.length,
            };
            Checkpoint { stored, within: Some(Arc::new(within)) }
        });
    }

    fn trailer(&mut self) -> io::Result<Part> {
        let (mut checksum, mut length) = ([0; 4], [0; 4]);
        self.stored.read_exact(&mut checksum)?;
        self.stored.read_exact(&mut length)?;
        let same = u32::from_le_bytes(checksum) == self.checksum.clone().finalize()
            && u64::from(u32::from_le_bytes(length)) == self.length & 0xffff_ffff;
        if !same {
            return Err(io::Error::new(
                io::ErrorKind::InvalidData,
                "corrupt gzip stream does not have a matching checksum",
            ));
        }
        Ok(if another_member(&mut self.stored)? { Part::Header } else { Part::End })
    }
}

impl<R: Read> Read for Members<R> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        if buf.is_empty() {
            return Ok(0);
        }
        while self.ready.is_empty() {
            self.part = match mem::replace(&mut self.part, Part::Broken) {
                Part::Header => self.header()?,
                Part::Body => self.body()?,
                Part::Trailer => self.trailer()?,
                Part::End => {
                    self.part = Part::End;
                    return Ok(0);
                }
                Part::Broken => return Err(io::Error::new(io::ErrorKind::InvalidData, "read on after an error")),
            };
        }
        let ready = self.buffer.get(self.ready.clone()).unwrap_or_default();
        let count = ready.len().min(buf.len());
        if let (Some(to), Some(from)) = (buf.get_mut(..count), ready.get(..count)) {
            to.copy_from_slice(from);
        }
        self.ready.start += count;
        Ok(count)
    }
}
