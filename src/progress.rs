//! How far a stage is. Stages send it, front ends draw it; no stage waits for whoever listens.

/// One step of progress.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Progress {
    /// Bytes of a sequential input (a pipe, a compressed archive, an engine's answer) that were read so far.
    Input {
        /// Bytes read, as stored.
        read: u64,
        /// All bytes, where the input says how many it has.
        total: Option<u64>,
    },
    /// What a sequential input has turned out to be so far, as `gzip, tar archive`. What was said before holds on.
    Kind(String),
    /// Bytes of one layer's blob that were read so far.
    Layer {
        /// The position of the layer in the stack, 0 at the bottom.
        layer: usize,
        /// Stored bytes read or skipped.
        read: u64,
        /// Stored bytes of the blob.
        total: u64,
    },
    /// Bytes that were decompressed so far on the way to one file.
    Passing {
        /// Uncompressed bytes that were passed over.
        passed: u64,
        /// All that lie between where decompression began and the file.
        total: u64,
    },
    /// Bytes of files that were written to a folder so far.
    Writing {
        /// Bytes that were written.
        written: u64,
        /// Those of all files that are to be.
        total: u64,
    },
    /// Bytes of contents that were read so far to find equal ones.
    Comparing {
        /// Stored bytes of the files that were read.
        read: u64,
        /// Those of all that have to be.
        total: u64,
    },
    /// Bytes of contents that were looked through so far.
    Searching {
        /// Bytes of the files that were looked through, whole or as far as was necessary.
        read: u64,
        /// Those of all that have to be.
        total: u64,
    },
}

/// Where stages send their progress. It is called from several threads, often; it must be quick.
pub trait Observer: Sync {
    /// Takes one step. The default takes no notice of it.
    fn progress(&self, _step: Progress) {}
}

/// Listens to nothing.
#[derive(Debug, Clone, Copy, Default)]
pub struct Silent;

impl Observer for Silent {}
