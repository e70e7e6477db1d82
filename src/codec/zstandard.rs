//! Zstandard: frame after frame, and where each of them begins.

use std::fmt;
use std::io::{self, BufRead, Read};
use zstd::stream::raw::{DParameter, Decoder, InBuffer, Operation as _, OutBuffer};

/// The base-2 logarithm of the largest window that is accepted: 128 MiB, as `zstd -d` does without flags.
const WINDOW_LOG: u32 = 27;

/// All frames of a stream.
pub(super) struct Frames<R> {
    reader: R,
    frame: Decoder<'static>,
    /// Whether the next byte of the input begins a frame, and all of the ones before was handed out.
    between: bool,
}

impl<R> fmt::Debug for Frames<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Frames").field("between", &self.between).finish_non_exhaustive()
    }
}

impl<R: BufRead> Frames<R> {
    /// Reads frames from here on.
    pub(super) fn new(reader: R) -> io::Result<Self> {
        let mut frame = Decoder::new()?;
        frame.set_parameter(DParameter::WindowLogMax(WINDOW_LOG))?;
        Ok(Self { reader, frame, between: true })
    }

    /// Whether a frame begins here.
    pub(super) fn is_between(&self) -> bool {
        self.between
    }

    pub(super) fn reader(&self) -> &R {
        &self.reader
    }

    /// Decompresses into `buf`; 0 at the end of a frame, of the input, or for an empty `buf`.
    pub(super) fn read_frame(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        loop {
            let stored = self.reader.fill_buf()?;
            let ended = stored.is_empty();
            if ended && self.between {
                return Ok(0);
            }
            let mut input = InBuffer::around(stored);
            let mut output = OutBuffer::around(buf);
            let hint = self.frame.run(&mut input, &mut output)?;
            let (taken, given) = (input.pos(), output.pos());
            self.reader.consume(taken);
            self.between = hint == 0;
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
        if buf.is_empty() {
            return Ok(0);
        }
        loop {
            let count = self.read_frame(buf)?;
            if count > 0 || self.reader.fill_buf()?.is_empty() {
                return Ok(count);
            }
        }
    }
}
