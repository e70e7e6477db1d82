//! What an opened source has: documents and blobs, by digest or place.

use super::index::{Extent, Index, Unresolved};
use super::{Blob, BlobId, Kind, Place, Source, SourceError, blob::BlobBytes, layout};
use crate::bytes::{Cancel, Meter, OpenError, Section};
use crate::codec::Compression;
use crate::tarball::components;
use std::collections::BTreeMap;
use std::io::Read as _;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU32, Ordering};

/// The identity of the archive itself, as the layer of a flat root file system. No member can have it: its content
/// comes after a header.
const WHOLE: BlobId = BlobId(0);

/// How often a compressed archive is read again for a document that was not kept: an archive of nothing but large
/// documents would otherwise take for ever.
const MAX_SWEEPS: u32 = 16;

/// What an opened source has.
#[derive(Debug)]
pub(crate) struct Contents {
    pub(super) store: Store,
    pub(super) index: Index,
    /// Bytes of one document that are read at most.
    pub(super) document_max: u64,
    pub(super) cancel: Cancel,
    /// How often a compressed archive was read again for one document.
    pub(super) sweeps: AtomicU32,
}

/// Where the bytes are.
#[derive(Debug)]
pub(super) enum Store {
    /// In an archive.
    Archive {
        /// The archive as stored.
        whole: Section,
        /// The compression around it.
        compression: Compression,
        /// The small documents, as far as they were kept while the archive was swept.
        documents: BTreeMap<BlobId, Vec<u8>>,
        /// The compressed layers of a compressed archive, as far as they were copied while it was swept.
        spooled: BTreeMap<BlobId, Section>,
    },
    /// In the files of a directory.
    Directory(PathBuf),
}

/// Why something cannot be had, before it is known how the user calls the source.
pub(super) enum Failure {
    Missing,
    Unreadable(String),
    TooLarge(u64),
}

impl From<Unresolved> for Failure {
    fn from(unresolved: Unresolved) -> Self {
        match unresolved {
            Unresolved::Missing => Self::Missing,
            Unresolved::Reason(reason) => Self::Unreadable(reason),
        }
    }
}

impl From<std::io::Error> for Failure {
    fn from(error: std::io::Error) -> Self {
        Self::Unreadable(error.to_string())
    }
}

impl Contents {
    fn resolve(&self, place: &Place) -> Result<(&[u8], Extent), Unresolved> {
        self.index.resolve(&path(place))
    }

    /// Reads a small document whole.
    pub(super) fn document(&self, place: &Place) -> Result<Vec<u8>, Failure> {
        let (name, extent) = self.resolve(place)?;
        if let Store::Archive { documents, .. } = &self.store
            && let Some(bytes) = documents.get(&extent.id)
        {
            return Ok(bytes.clone());
        }
        if extent.len > self.document_max {
            return Err(Failure::TooLarge(extent.len));
        }
        if self.must_sweep_again() && self.sweeps.fetch_add(1, Ordering::Relaxed) >= MAX_SWEEPS {
            let reason = format!("more than {MAX_SWEEPS} documents of a compressed archive were not kept in memory");
            return Err(Failure::Unreadable(reason));
        }
        let blob = self.bytes(name, extent)?;
        let mut out = Vec::new();
        blob.open(&Meter::default(), &self.cancel)?.take(self.document_max).read_to_end(&mut out)?;
        if (out.len() as u64) < extent.len {
            return Err(Failure::Unreadable(format!("cut off after {} of {} bytes", out.len(), extent.len)));
        }
        Ok(out)
    }

    /// Whether reading anything decompresses the archive from its beginning.
    fn must_sweep_again(&self) -> bool {
        !matches!(&self.store, Store::Directory(_) | Store::Archive { compression: Compression::None, .. })
    }

    fn blob(&self, place: &Place) -> Result<Blob, Failure> {
        let (name, extent) = self.resolve(place)?;
        self.bytes(name, extent)
    }

    fn bytes(&self, name: &[u8], extent: Extent) -> Result<Blob, Failure> {
        let Extent { id, offset, len } = extent;
        match &self.store {
            Store::Archive { whole, compression: Compression::None, .. } => {
                // An archive that was cut off still has the beginning of its last member.
                let there = whole.len().saturating_sub(offset).min(len);
                let section = whole.slice(offset.min(whole.len()), there).ok_or(Failure::Missing)?;
                Ok(Blob::new(id, section))
            }
            Store::Archive { whole, compression, spooled, .. } => {
                if let Some(section) = spooled.get(&id) {
                    return Ok(Blob::new(id, section.clone()));
                }
                let bytes = BlobBytes::Within { archive: whole.clone(), compression: *compression, offset };
                Ok(Blob { id, size: len, bytes })
            }
            Store::Directory(root) => {
                let file = layout::open_inside(root, name).map_err(|error| match error {
                    OpenError::Io(error) => Failure::from(error),
                    OpenError::NotRegular => Failure::Unreadable("is no regular file".to_owned()),
                })?;
                Ok(Blob::new(id, Section::new(file)))
            }
        }
    }
}

/// The normalised path of a place.
fn path(place: &Place) -> Vec<u8> {
    match place {
        Place::Path(path) => components(path).join(&b'/'),
        // The grammar of digests has neither slashes nor empty parts, so this leads nowhere else.
        Place::Digest(digest) => format!("blobs/{}/{}", digest.algorithm(), digest.digest()).into_bytes(),
    }
}

impl Source {
    /// Reads a small document whole.
    pub fn document(&self, place: &Place) -> Result<Vec<u8>, SourceError> {
        self.contents.document(place).map_err(|failure| self.failed(place, failure))
    }

    /// Whether there is something at a place.
    pub fn has(&self, place: &Place) -> bool {
        self.contents.index.has(&path(place))
    }

    /// A blob of the source.
    pub fn blob(&self, place: &Place) -> Result<Blob, SourceError> {
        self.contents.blob(place).map_err(|failure| self.failed(place, failure))
    }

    /// The whole archive as one layer, compressed as it is, if it is a flat root file system.
    pub fn rootfs(&self) -> Option<Blob> {
        match &self.contents.store {
            Store::Archive { whole, .. } if self.kind == Kind::Rootfs => Some(Blob::new(WHOLE, whole.clone())),
            _ => None,
        }
    }

    fn failed(&self, place: &Place, failure: Failure) -> SourceError {
        let reference = self.reference.typed.clone();
        let part = match place {
            Place::Path(path) => String::from_utf8_lossy(path).into_owned(),
            Place::Digest(digest) => format!("blob {digest}"),
        };
        match failure {
            Failure::Missing => {
                let container = match self.contents.store {
                    Store::Archive { .. } => "archive",
                    Store::Directory(_) => "layout",
                };
                SourceError::Missing { reference, part, container }
            }
            Failure::Unreadable(reason) => SourceError::Unreadable { reference, part, reason },
            Failure::TooLarge(size) => {
                SourceError::TooLarge { reference, part, size, limit: self.contents.document_max }
            }
        }
    }
}
