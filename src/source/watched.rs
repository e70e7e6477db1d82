//! A reader that tells how far it is.

use crate::progress::{Observer, Progress};
use std::io::{self, Read};
use std::ops::RangeInclusive;

/// Bytes between two steps of progress: more as there are more, so that a slow input is told of, too.
const STEPS: RangeInclusive<u64> = 4 << 10..=256 << 10;

/// Tells `observer` about the stored bytes of a sequential input.
pub(super) struct Watched<'a, R> {
    inner: R,
    read: u64,
    next: u64,
    total: Option<u64>,
    observer: &'a dyn Observer,
}

impl<'a, R> Watched<'a, R> {
    /// Watches `inner`, of which there are `total` bytes, if that is known.
    pub(super) fn new(inner: R, total: Option<u64>, observer: &'a dyn Observer) -> Self {
        Self { inner, read: 0, next: 0, total, observer }
    }
}

impl<R: Read> Read for Watched<'_, R> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        let count = self.inner.read(buf)?;
        self.read += count as u64;
        if self.read >= self.next || count == 0 {
            self.next = self.read + self.read.clamp(*STEPS.start(), *STEPS.end());
            self.observer.progress(Progress::Input { read: self.read, total: self.total });
        }
        Ok(count)
    }
}
