//! One blob: bytes as stored, and how to read them.

use crate::bytes::{Counting, Section};
use crate::codec::{Compression, decoder};
use std::io::{self, Read};

/// The identity of a blob within its source: two blobs with the same identity are the very same bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BlobId(pub u64);

/// Bytes as stored, and how to get at them.
#[derive(Debug, Clone)]
pub struct Blob {
    /// Which bytes these are.
    pub id: BlobId,
    /// How many there are, as stored.
    pub size: u64,
    pub(crate) bytes: BlobBytes,
}

/// How the bytes of a blob can be reached.
#[derive(Debug, Clone)]
pub(crate) enum BlobBytes {
    /// By position.
    Positional(Section),
    /// Only by reading the compressed archive around it from its beginning.
    Within {
        /// The compressed archive.
        archive: Section,
        /// How it is compressed.
        compression: Compression,
        /// Where the blob begins in the uncompressed archive.
        offset: u64,
    },
}

impl Blob {
    /// A blob of these bytes.
    pub(crate) fn new(id: BlobId, section: Section) -> Self {
        Self { id, size: section.len(), bytes: BlobBytes::Positional(section) }
    }

    /// The stored bytes as a section, where they can be read by position.
    pub fn section(&self) -> Option<&Section> {
        match &self.bytes {
            BlobBytes::Positional(section) => Some(section),
            BlobBytes::Within { .. } => None,
        }
    }

    /// The stored stream that has to be read for this blob, which is compressed as given, and how that is compressed:
    /// it is the blob, or the archive around it.
    pub(super) fn outermost(&self, compression: Compression) -> (&Section, Compression) {
        match &self.bytes {
            BlobBytes::Positional(section) => (section, compression),
            BlobBytes::Within { archive, compression, .. } => (archive, *compression),
        }
    }

    /// Reads the stored bytes from the beginning, in order.
    pub fn open(&self, meter: &crate::bytes::Meter, cancel: &crate::bytes::Cancel) -> io::Result<Box<dyn Read + Send>> {
        match &self.bytes {
            BlobBytes::Positional(section) => {
                Ok(Box::new(Counting::new(section.reader(), meter.clone(), cancel.clone())))
            }
            BlobBytes::Within { archive, compression, offset } => {
                let stored = Counting::new(archive.reader(), crate::bytes::Meter::default(), cancel.clone());
                let mut whole = decoder(*compression, stored)?;
                let skipped = io::copy(&mut whole.by_ref().take(*offset), &mut io::sink())?;
                if skipped != *offset {
                    return Err(io::ErrorKind::UnexpectedEof.into());
                }
                Ok(Box::new(Counting::new(whole.take(self.size), meter.clone(), cancel.clone())))
            }
        }
    }
}
