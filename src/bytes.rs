//! Bytes, wherever they are: positional reads, sections of them, and cancellation.
//!
//! Everything that can be read by position is a [`ReadAt`]; a member of an archive, a blob of a layout and the
//! content of a file are [`Section`]s of one. There is no memory map: a file that is cut while it is mapped would end
//! the program with a signal while the terminal is in raw mode.

mod ahead;
mod count;
mod file;
mod spool;
mod window;

use std::fmt::Debug;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

pub use ahead::{Ahead, ahead};
pub use count::{Counting, Meter};
pub use file::{OpenError, StandardInput, open_regular, open_standard_input};
pub use spool::{Spool, SpoolFile, Spooled};
pub use window::SectionReader;

/// Bytes that can be read at any position, from several threads at once.
pub trait ReadAt: Debug + Send + Sync {
    /// Reads into `buf` from `offset` on and returns how many bytes came; 0 only at the end or for an empty `buf`.
    fn read_at(&self, buf: &mut [u8], offset: u64) -> io::Result<usize>;

    /// How many bytes there are.
    fn len(&self) -> u64;

    /// Whether there are none.
    fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

impl ReadAt for Vec<u8> {
    fn read_at(&self, buf: &mut [u8], offset: u64) -> io::Result<usize> {
        let rest = usize::try_from(offset).ok().and_then(|start| self.get(start..)).unwrap_or_default();
        let count = rest.len().min(buf.len());
        if let (Some(to), Some(from)) = (buf.get_mut(..count), rest.get(..count)) {
            to.copy_from_slice(from);
        }
        Ok(count)
    }

    fn len(&self) -> u64 {
        Vec::len(self) as u64
    }
}

/// A run of bytes within something that is read by position. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Section {
    source: Arc<dyn ReadAt>,
    start: u64,
    len: u64,
}

impl Section {
    /// All of `source`.
    pub fn new(source: Arc<dyn ReadAt>) -> Self {
        let len = source.len();
        Self { source, start: 0, len }
    }

    /// The `len` bytes from `start` on, or `None` if they are not all within this section.
    pub fn slice(&self, start: u64, len: u64) -> Option<Self> {
        let end = start.checked_add(len)?;
        (end <= self.len).then(|| Self { source: Arc::clone(&self.source), start: self.start + start, len })
    }

    /// How many bytes the section has.
    pub fn len(&self) -> u64 {
        self.len
    }

    /// Whether it has none.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Reads into `buf` from `offset` within the section; 0 at its end.
    pub fn read_at(&self, buf: &mut [u8], offset: u64) -> io::Result<usize> {
        let rest = self.len.saturating_sub(offset);
        let want = usize::try_from(rest).unwrap_or(usize::MAX).min(buf.len());
        match buf.get_mut(..want) {
            Some(buf) if want > 0 => self.source.read_at(buf, self.start + offset),
            _ => Ok(0),
        }
    }

    /// Reads the whole section into memory; refuses one of more than `limit` bytes.
    pub fn read_all(&self, limit: u64) -> io::Result<Vec<u8>> {
        use io::Read as _;
        if self.len > limit {
            return Err(io::Error::new(
                io::ErrorKind::FileTooLarge,
                format!("{} bytes are more than the limit of {limit}", self.len),
            ));
        }
        let mut out = Vec::new();
        self.reader().read_to_end(&mut out)?;
        if out.len() as u64 != self.len {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        Ok(out)
    }

    /// A reader over the section that seeks cheaply: a small window survives short seeks.
    pub fn reader(&self) -> SectionReader {
        SectionReader::new(self.clone())
    }

    /// Whether both are the very same bytes: the same place in the same source.
    pub fn is_same_place(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.source, &other.source) && self.start == other.start && self.len == other.len
    }
}

/// A request to stop that may come at any time, from any thread. Cheap to clone.
#[derive(Debug, Clone, Default)]
pub struct Cancel {
    own: Arc<AtomicBool>,
    /// What ends this, too.
    outer: Option<Arc<Cancel>>,
}

impl Cancel {
    /// Asks everybody who holds a clone to stop.
    pub fn cancel(&self) {
        self.own.store(true, Ordering::Relaxed);
    }

    /// One for a part of the work: it ends with the whole, and the whole goes on without it.
    #[must_use]
    pub fn part(&self) -> Self {
        Self { own: Arc::default(), outer: Some(Arc::new(self.clone())) }
    }

    /// Whether somebody asked.
    pub fn is_cancelled(&self) -> bool {
        self.own.load(Ordering::Relaxed) || self.outer.as_ref().is_some_and(|outer| outer.is_cancelled())
    }

    /// An error once somebody asked. It is an error of our own and never `Interrupted`, which the standard library
    /// would retry for ever.
    pub fn check(&self) -> io::Result<()> {
        if self.is_cancelled() { Err(io::Error::other(Cancelled)) } else { Ok(()) }
    }
}

/// The error inside an [`io::Error`] when a [`Cancel`] was heeded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("cancelled")]
pub struct Cancelled;

/// Whether `error` says that somebody cancelled, and not that something is broken.
pub fn is_cancelled(error: &io::Error) -> bool {
    error.get_ref().is_some_and(|inner| inner.downcast_ref::<Cancelled>().is_some())
}

#[cfg(test)]
mod tests {
    use super::Cancel;

    #[test]
    fn a_part_ends_with_the_whole_and_not_the_other_way_round() {
        let whole = Cancel::default();
        let (one, other) = (whole.part(), whole.part());
        one.clone().cancel();
        assert_eq!([&whole, &one, &other].map(Cancel::is_cancelled), [false, true, false]);
        whole.cancel();
        assert_eq!([&whole, &one, &other.part()].map(Cancel::is_cancelled), [true, true, true]);
    }
}
