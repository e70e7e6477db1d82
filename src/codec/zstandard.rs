//! Zstandard: frame after frame, and where each of them begins.

use std::io::{self, BufRead, Read};
use zstd::stream::raw::{DParameter, Decoder, InBuffer, Operation as _, OutBuffer};

/// The base-2 logarithm of the largest window that is accepted: 128 MiB, as `zstd -d` does without flags.
const WINDOW_LOG: u32 = 27;

/// Bytes that a frame is begun with: its magic and one byte of its header tell how long that is.
const FIRST: usize = 5;

/// All frames of a stream.
pub(super) struct Frames<R> {
    reader: R,
    frame: Decoder<'static>,
    /// Whether a frame has ended, all of it was handed out, and the next one was not begun.
    between: bool,
    /// How many bytes the decoder wants next: those of a block, and the header of the one behind it.
    wanted: usize,
    /// Whether the output had no room left, so that more of a block may be waiting.
    full: bool,
}

impl<R: BufRead> Frames<R> {
    /// Reads frames from here on.
    pub(super) fn new(reader: R) -> io::Result<Self> {
        let mut frame = Decoder::new()?;
        frame.set_parameter(DParameter::WindowLogMax(WINDOW_LOG))?;
        Ok(Self { reader, frame, between: true, wanted: FIRST, full: false })
    }

    /// Whether a frame begins here, or the input ends.
    pub(super) fn is_between(&self) -> bool {
        self.between
    }

    /// Whether nothing is left of the input.
    pub(super) fn is_at_end(&mut self) -> io::Result<bool> {
        Ok(self.between && self.reader.fill_buf()?.is_empty())
    }

    pub(super) fn reader(&self) -> &R {
        &self.reader
    }

    /// Decompresses into `buf`, which has room; nothing at the end of a frame or of the input.
    pub(super) fn read_frame(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        loop {
            // Given all there is, the decoder would take in the next block before anybody wants it, and parts of a
            // block: what went in would depend on how the input comes, and not on what came out.
            let stored = if self.full { &[] } else { self.reader.fill_buf()? };
            let ended = stored.is_empty() && !self.full;
            if ended && self.between {
                return Ok(0);
            }
            let mut input = InBuffer::around(stored.get(..self.wanted).unwrap_or(stored));
            let mut output = OutBuffer::around(&mut *buf);
            let wanted = self.frame.run(&mut input, &mut output)?;
            let (taken, given) = (input.pos(), output.pos());
            self.between = wanted == 0;
            self.wanted = if self.between { FIRST } else { wanted };
            self.full = given == buf.len() && !self.between;
            self.reader.consume(taken);
            if given > 0 || self.between {
                return Ok(given);
            }
            if ended {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
        }
    }
}

impl<R: BufRead> Read for Frames<R> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        while !buf.is_empty() {
            let count = self.read_frame(buf)?;
            if count > 0 || self.is_at_end()? {
                return Ok(count);
            }
        }
        Ok(0)
    }
}
