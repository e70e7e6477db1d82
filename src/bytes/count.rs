//! Readers that count and can be cancelled.

use super::Cancel;
use std::io::{self, Read};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// A count of bytes that several threads may look at while one adds to it.
#[derive(Debug, Clone, Default)]
pub struct Meter(Arc<AtomicU64>);

impl Meter {
    /// How many bytes were counted so far.
    pub fn get(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }

    /// Counts `bytes` more.
    pub fn add(&self, bytes: u64) {
        self.0.fetch_add(bytes, Ordering::Relaxed);
    }
}

/// A reader that counts what passes, and fails once its [`Cancel`] is set.
#[derive(Debug)]
pub struct Counting<R> {
    inner: R,
    meter: Meter,
    cancel: Cancel,
}

impl<R> Counting<R> {
    /// Counts what is read from `inner` on `meter`.
    pub fn new(inner: R, meter: Meter, cancel: Cancel) -> Self {
        Self { inner, meter, cancel }
    }
}

impl<R: Read> Read for Counting<R> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        self.cancel.check()?;
        let count = self.inner.read(buf)?;
        self.meter.add(count as u64);
        Ok(count)
    }
}
