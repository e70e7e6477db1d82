//! The spool: bytes that cannot be read twice are kept in an unlinked temporary file, and can be read there by
//! position, also by other threads and while more is still to come.

#![allow(clippy::disallowed_types, reason = "this module is where the temporary file is made")]

use super::{ReadAt, Section};
use std::fs::File;
use std::io::{self, Read, Write as _};
use std::os::unix::fs::FileExt as _;
use std::path::Path;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

/// An unlinked temporary file that grows at its end.
#[derive(Debug)]
pub struct SpoolFile {
    kept: Arc<Kept>,
    /// The bytes written, as [`Kept`] knows them, too.
    written: u64,
    limit: u64,
}

/// What was spooled so far, by position. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Spooled(Arc<Kept>);

#[derive(Debug)]
struct Kept {
    file: File,
    grown: Mutex<Grown>,
    more: Condvar,
}

/// How far the file has grown.
#[derive(Debug, Clone, Copy)]
struct Grown {
    len: u64,
    ended: bool,
}

impl SpoolFile {
    /// An empty file in `directory` that takes `limit` bytes at most.
    pub fn new(directory: &Path, limit: u64) -> io::Result<Self> {
        let file = tempfile::tempfile_in(directory)?;
        let grown = Mutex::new(Grown { len: 0, ended: false });
        Ok(Self { kept: Arc::new(Kept { file, grown, more: Condvar::new() }), written: 0, limit })
    }

    /// Appends `bytes`; fails with `StorageFull` where the limit, or the disk, is.
    pub fn append(&mut self, bytes: &[u8]) -> io::Result<()> {
        if bytes.len() as u64 > self.room() {
            return Err(io::Error::new(
                io::ErrorKind::StorageFull,
                format!("the input is larger than the limit of the spool, {} bytes (--spool-max)", self.limit),
            ));
        }
        (&self.kept.file).write_all(bytes)?;
        self.written += bytes.len() as u64;
        self.kept.grown().len = self.written;
        self.kept.more.notify_all();
        Ok(())
    }

    /// How many bytes were appended.
    pub fn len(&self) -> u64 {
        self.written
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.written == 0
    }

    /// How many bytes may still be appended.
    pub fn room(&self) -> u64 {
        self.limit.saturating_sub(self.written)
    }

    /// What was appended so far, and what will be.
    pub fn spooled(&self) -> Spooled {
        Spooled(Arc::clone(&self.kept))
    }
}

impl Drop for SpoolFile {
    /// Nothing more can come: whoever waits for more has the end.
    fn drop(&mut self) {
        self.kept.grown().ended = true;
        self.kept.more.notify_all();
    }
}

impl Spooled {
    /// The `len` bytes from `start` on, whether they are there already or are still to come. Reading what is still to
    /// come waits for it, or for the end.
    pub fn section(&self, start: u64, len: u64) -> Section {
        Section { source: Arc::clone(&self.0) as Arc<dyn ReadAt>, start, len }
    }
}

impl Kept {
    fn grown(&self) -> MutexGuard<'_, Grown> {
        // A number and a flag are never half written.
        self.grown.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl ReadAt for Kept {
    fn read_at(&self, buf: &mut [u8], offset: u64) -> io::Result<usize> {
        let end = offset.saturating_add(buf.len() as u64);
        let not_there = |grown: &mut Grown| !grown.ended && grown.len < end;
        drop(self.more.wait_while(self.grown(), not_there).unwrap_or_else(PoisonError::into_inner));
        self.file.read_at(buf, offset)
    }

    fn len(&self) -> u64 {
        self.grown().len
    }
}

/// Reads from `inner` and keeps every byte that passes.
#[derive(Debug)]
pub struct Spool<R> {
    inner: R,
    file: SpoolFile,
}

impl<R: Read> Spool<R> {
    /// Spools into `file`.
    pub fn new(inner: R, file: SpoolFile) -> Self {
        Self { inner, file }
    }

    /// Reads what is left and returns everything that passed, to be read by position from now on.
    pub fn finish(mut self) -> io::Result<Section> {
        io::copy(&mut self, &mut io::sink())?;
        Ok(self.file.spooled().section(0, self.file.len()))
    }
}

impl<R: Read> Read for Spool<R> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        let count = self.inner.read(buf)?;
        self.file.append(buf.get(..count).unwrap_or_default())?;
        Ok(count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(limit: u64) -> SpoolFile {
        SpoolFile::new(Path::new("/tmp"), limit).unwrap()
    }

    #[test]
    fn who_reads_what_is_not_there_yet_waits_for_it_or_for_the_end() {
        let mut spool = file(100);
        spool.append(b"first ").unwrap();
        let section = spool.spooled().section(3, 97);
        std::thread::scope(|scope| {
            let reader = scope.spawn(|| {
                let mut bytes = Vec::new();
                section.reader().read_to_end(&mut bytes).map(|_| bytes)
            });
            spool.append(b"second").unwrap();
            drop(spool);
            assert_eq!(reader.join().unwrap().unwrap(), b"st second");
        });
    }

    #[test]
    fn the_limit_is_kept() {
        let mut spool = file(10);
        spool.append(&[0; 10]).unwrap();
        assert_eq!((spool.room(), spool.len()), (0, 10));
        assert_eq!(spool.append(b"x").unwrap_err().kind(), io::ErrorKind::StorageFull);
        let error = Spool::new(&[1; 30][..], file(29)).finish().unwrap_err();
        assert!(error.to_string().ends_with("29 bytes (--spool-max)"), "{error}");
        assert_eq!(Spool::new(&[1; 30][..], file(30)).finish().unwrap().read_all(30).unwrap(), [1; 30]);
    }
}
