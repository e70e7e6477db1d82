//! Blobs that wait for a thread to scan them.

use crate::bytes::Meter;
use crate::source::Blob;
use std::collections::HashMap;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

/// Blobs that may wait while an archive is swept; whoever brings more waits himself.
const WAITING: usize = 64;

/// A blob to be scanned.
#[derive(Debug)]
pub(super) struct Job {
    pub(super) blob: Blob,
    /// The member of the archive that it is, if it was found while that was swept.
    pub(super) name: Option<String>,
    /// What the manifest says of the layer.
    pub(super) annotations: HashMap<String, String>,
    /// Counts the stored bytes that were read.
    pub(super) meter: Meter,
}

/// The queue: of what waits, the largest is taken first.
#[derive(Debug, Default)]
pub(super) struct Queue {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct State {
    jobs: Vec<Job>,
    closed: bool,
    /// Threads that take jobs.
    working: usize,
}

impl Queue {
    fn state(&self) -> MutexGuard<'_, State> {
        // Nothing is left half done where a thread could panic.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn change<T>(&self, change: impl FnOnce(&mut State) -> T) -> T {
        let done = change(&mut self.state());
        self.changed.notify_all();
        done
    }

    /// Adds a job, however many wait.
    pub(super) fn add(&self, job: Job) {
        self.change(|state| state.jobs.push(job));
    }

    /// Adds a job as soon as there is room. Where nobody works any more it is not waited for.
    pub(super) fn put(&self, job: Job) {
        let full = |state: &mut State| state.jobs.len() >= WAITING && state.working > 0;
        drop(self.changed.wait_while(self.state(), full).unwrap_or_else(PoisonError::into_inner));
        self.add(job);
    }

    /// Drops the waiting jobs that are not to be kept.
    pub(super) fn retain(&self, keep: impl FnMut(&Job) -> bool) {
        self.change(|state| state.jobs.retain(keep));
    }

    /// The largest job, or what comes next; `None` once the queue is closed and empty.
    pub(super) fn take(&self) -> Option<Job> {
        let idle = |state: &mut State| state.jobs.is_empty() && !state.closed;
        let mut state = self.changed.wait_while(self.state(), idle).unwrap_or_else(PoisonError::into_inner);
        let of = |job: &Job| (job.blob.size, std::cmp::Reverse(job.blob.id));
        let (largest, _) = state.jobs.iter().enumerate().max_by_key(|(_, job)| of(job))?;
        let job = state.jobs.swap_remove(largest);
        drop(state);
        self.changed.notify_all();
        Some(job)
    }

    /// Nothing more will be added.
    pub(super) fn close(&self) {
        self.change(|state| state.closed = true);
    }

    /// Drops what waits, and closes the queue, when this is dropped.
    pub(super) fn closing(&self) -> impl Drop + use<'_> {
        Closing(self)
    }

    /// Counts one thread that takes jobs, until this is dropped.
    pub(super) fn working(&self) -> impl Drop + Send + use<'_> {
        self.change(|state| state.working += 1);
        Working(self)
    }
}

struct Closing<'a>(&'a Queue);

impl Drop for Closing<'_> {
    fn drop(&mut self) {
        self.0.retain(|_| false);
        self.0.close();
    }
}

struct Working<'a>(&'a Queue);

impl Drop for Working<'_> {
    fn drop(&mut self) {
        self.0.change(|state| state.working -= 1);
    }
}
