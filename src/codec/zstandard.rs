//! Zstandard: frame after frame, and where each of them begins.

use std::io::{self, BufRead, Read};
use zstd::stream::raw::{DParameter, Decoder, InBuffer, Operation as _, OutBuffer};

/// The base-2 logarithm of the largest window that is accepted: 128 MiB, as `zstd -d` does without flags.
const WINDOW_LOG: u32 = 27;

/// All frames of a stream.
pub(super) struct Frames<R> {
    reader: R,
    frame: Decoder<'static>,
    /// Whether a frame has ended, all of it was handed out, and the next one was not begun.
    between: bool,
}

impl<R: BufRead> Frames<R> {
    /// Reads frames from here on.
    pub(super) fn new(reader: R) -> io::Result<Self> {
        let mut frame = Decoder::new()?;
        frame.set_parameter(DParameter::WindowLogMax(WINDOW_LOG))?;
        Ok(Self { reader, frame, between: true })
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
            let stored = self.reader.fill_buf()?;
            let ended = stored.is_empty();
            if ended && self.between {
                return Ok(0);
            }
            let mut input = InBuffer::around(stored);
            let mut output = OutBuffer::around(buf);
            self.between = self.frame.run(&mut input, &mut output)? == 0;
            let (taken, given) = (input.pos(), output.pos());
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
