//! The spool of an input that cannot be read twice: everything that passes is kept in an unlinked temporary file.

#![allow(clippy::disallowed_types, reason = "this module is where the temporary file is made")]

use super::{ReadAt, Section};
use std::fs::File;
use std::io::{self, Read, Write as _};
use std::os::unix::fs::FileExt as _;
use std::path::Path;
use std::sync::Arc;

/// Reads from `inner` and keeps every byte that passes.
#[derive(Debug)]
pub struct Spool<R> {
    inner: R,
    file: File,
    written: u64,
    limit: u64,
}

impl<R: Read> Spool<R> {
    /// Spools into an unlinked file in `directory`; refuses to keep more than `limit` bytes.
    pub fn new(inner: R, directory: &Path, limit: u64) -> io::Result<Self> {
        Ok(Self { inner, file: tempfile::tempfile_in(directory)?, written: 0, limit })
    }

    /// Reads what is left and returns everything that passed, to be read by position from now on.
    pub fn finish(mut self) -> io::Result<Section> {
        io::copy(&mut self, &mut io::sink())?;
        self.file.flush()?;
        Ok(Section::new(Arc::new(Spooled { file: self.file, len: self.written })))
    }
}

impl<R: Read> Read for Spool<R> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        let count = self.inner.read(buf)?;
        self.written += count as u64;
        if self.written > self.limit {
            return Err(io::Error::new(
                io::ErrorKind::StorageFull,
                format!("the input is larger than the limit of the spool, {} bytes (--spool-max)", self.limit),
            ));
        }
        self.file.write_all(buf.get(..count).unwrap_or_default())?;
        Ok(count)
    }
}

#[derive(Debug)]
struct Spooled {
    file: File,
    len: u64,
}

impl ReadAt for Spooled {
    fn read_at(&self, buf: &mut [u8], offset: u64) -> io::Result<usize> {
        self.file.read_at(buf, offset)
    }

    fn len(&self) -> u64 {
        self.len
    }
}
