//! What archives are read from.

use crate::bytes::SectionReader;
use std::io::{self, BufRead as _, BufReader, Read, Seek as _, SeekFrom};

/// What an archive is read from: a stream, or something that can pass over contents without reading them.
pub trait Input: Read {
    /// Passes over `count` bytes and returns over how many: fewer only where the input ends, also where nothing is
    /// read.
    fn skip(&mut self, count: u64) -> io::Result<u64>;
}

impl<I: Input + ?Sized> Input for &mut I {
    fn skip(&mut self, count: u64) -> io::Result<u64> {
        (**self).skip(count)
    }
}

impl Input for SectionReader {
    fn skip(&mut self, count: u64) -> io::Result<u64> {
        let here = self.stream_position()?;
        let passed = count.min(self.section_len().saturating_sub(here));
        self.seek(SeekFrom::Start(here + passed))?;
        Ok(passed)
    }
}

/// Bytes that are read at once: headers are asked for in pieces of 512, which decoders dislike.
const BUFFER: usize = 64 << 10;

/// A stream: what is passed over is read and thrown away.
#[derive(Debug)]
pub struct Streaming<R> {
    inner: BufReader<R>,
    left: u64,
    limit: u64,
}

impl<R: Read> Streaming<R> {
    /// Reads from `inner`; more than `limit` bytes are an error.
    pub fn new(inner: R, limit: u64) -> Self {
        Self { inner: BufReader::with_capacity(BUFFER, inner), left: limit, limit }
    }

    /// Takes `count` bytes off what may still be read.
    fn charge(&mut self, count: u64) -> io::Result<()> {
        self.left = self.left.checked_sub(count).ok_or_else(|| {
            io::Error::new(io::ErrorKind::FileTooLarge, format!("more than {} bytes unpacked", self.limit))
        })?;
        Ok(())
    }
}

impl<R: Read> Read for Streaming<R> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        let count = self.inner.read(buf)?;
        self.charge(count as u64)?;
        Ok(count)
    }
}

impl<R: Read> Input for Streaming<R> {
    fn skip(&mut self, count: u64) -> io::Result<u64> {
        let mut passed = 0;
        while passed < count {
            let ready = self.inner.fill_buf()?.len();
            let take = usize::try_from(count - passed).map_or(ready, |rest| rest.min(ready));
            if take == 0 {
                break;
            }
            self.inner.consume(take);
            self.charge(take as u64)?;
            passed += take as u64;
        }
        Ok(passed)
    }
}
