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

/// Which of the jobs that wait is taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Pick {
    /// The one of the most bytes: what is left for the end is small, and all threads end together.
    Largest,
    /// The first one in the queue: what the lowest layers make together is seen while the others are read.
    First,
}

/// The queue.
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

    /// Puts the waiting jobs into the order of `place`, and drops those that have none.
    pub(super) fn arrange(&self, place: impl Fn(&Job) -> Option<usize>) {
        self.change(|state| {
            state.jobs.retain(|job| place(job).is_some());
            state.jobs.sort_by_key(place);
        });
    }

    /// One of the jobs, or what comes next; `None` once the queue is closed and empty.
    pub(super) fn take(&self, pick: Pick) -> Option<Job> {
        let idle = |state: &mut State| state.jobs.is_empty() && !state.closed;
        let mut state = self.changed.wait_while(self.state(), idle).unwrap_or_else(PoisonError::into_inner);
        let of = |job: &Job| (job.blob.size, std::cmp::Reverse(job.blob.id));
        let mut jobs = state.jobs.iter().enumerate();
        let (at, _) = match pick {
            Pick::Largest => jobs.max_by_key(|(_, job)| of(job)),
            Pick::First => jobs.next(),
        }?;
        let job = state.jobs.remove(at);
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
        self.0.arrange(|_| None);
        self.0.close();
    }
}

struct Working<'a>(&'a Queue);

impl Drop for Working<'_> {
    fn drop(&mut self) {
        self.0.change(|state| state.working -= 1);
    }
}
