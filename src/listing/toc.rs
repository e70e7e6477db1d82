//! TABLES OF CONTENTS that some layers bring along, eStargz and zstd:chunked: what is in the layer, without
//! decompressing it.
//!
//! Both are made for pulling single files of a layer, and have the same entries: those of the layer's tar, in its order,
//! with where each content begins in the blob and its SHA-256. A table is used only if its digest is the one that the
//! manifest names and all of it makes sense; anything else, and the layer is read in full. It is then as true as whoever
//! made the image: only reading in full tells whether a table and its layer agree.

mod chunked;
mod entry;
mod estargz;
mod json;
mod layout;

use super::scan::{Builder, Scanner};
use super::{Entry, Listing};
use crate::bytes::{Cancel, Counting, Meter, Section};
use crate::codec::{Compression, decoder};
use crate::notice::Notice;
use crate::tarball::TarError;
use entry::Lister;
use sha2::{Digest as _, Sha256};
use std::collections::HashMap;
use std::io::{self, Read};

/// Bytes that a table may have, uncompressed: 1 GiB. Five million entries of 200 bytes fit; it is never held as a whole.
const MAX_TABLE: u64 = 1 << 30;

/// What the manifest says about a layer beside its digest.
type Annotations = HashMap<String, String>;

/// The SHA-256 of a content.
pub(super) type Sha = [u8; 32];

/// Why a table of contents is not used.
#[derive(Debug, thiserror::Error)]
enum Unfit {
    #[error("is not where the manifest says")]
    Lost,
    #[error("does not match its digest in the manifest")]
    Digest,
    #[error("has no digest in the manifest that could be checked")]
    NoDigest,
    #[error("has an entry that {0}")]
    Entry(&'static str),
    #[error("has more {0} than are allowed")]
    Limit(&'static str),
    #[error("is damaged: {0}")]
    Json(String),
    #[error("cannot be read: {0}")]
    Read(#[from] io::Error),
    #[error("cannot be used: {0}")]
    Listing(#[from] super::ListingError),
}

impl From<TarError> for Unfit {
    fn from(error: TarError) -> Self {
        Self::Listing(error.into())
    }
}

impl Scanner {
    /// Lists a layer by the table of contents that it has as its `annotations` in the manifest say. `None` if they say
    /// nothing of one; an error tells why it is not to be used, and that the layer is read in full.
    pub fn scan_table(
        &self,
        layer: &Section,
        compression: Compression,
        annotations: &Annotations,
    ) -> Option<Result<Listing, Notice>> {
        let mut lister = Lister::new(Builder::new(self), layer.len());
        let (name, result) = match compression {
            Compression::Gzip => ("eStargz", estargz::read(layer, annotations, self, &mut lister)?),
            Compression::Zstd => ("zstd:chunked", chunked::read(layer, annotations, self, &mut lister)?),
            _ => return None,
        };
        Some(match result {
            Ok(()) => {
                let mut listing = lister.finish();
                listing.notices.push(Notice::info("", format!("listed by its {name} table of contents")));
                Ok(listing)
            }
            Err(why) => Err(Notice::info("", format!("its {name} table of contents {why}; the layer is read in full"))),
        })
    }

    fn reader(&self, section: &Section) -> impl Read + Send + use<> {
        Counting::new(section.reader(), Meter::default(), self.cancel.clone())
    }
}

/// The content of a file of a layer that was listed by a table: its compressed bytes begin in the blob at
/// [`Entry::data_offset`], and go on over as many gzip members or Zstandard frames as it has chunks.
pub(super) fn content(
    layer: &Section,
    entry: Entry<'_>,
    digest: Sha,
    cancel: &Cancel,
) -> io::Result<impl Read + Send + use<>> {
    let len = layer.len().checked_sub(entry.data_offset).ok_or(io::ErrorKind::UnexpectedEof)?;
    let rest = layer.slice(entry.data_offset, len).ok_or(io::ErrorKind::UnexpectedEof)?;
    let compression = match Compression::of(&rest)? {
        Compression::None => return Err(disagreement()),
        compression => compression,
    };
    let mut bytes = decoder(compression, Counting::new(rest.reader(), Meter::default(), cancel.clone()))?;
    let before = entry.skipped();
    if io::copy(&mut bytes.by_ref().take(before), &mut io::sink())? < before {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    Ok(Checked { bytes: Hashing::new(bytes.take(entry.size)), digest })
}

fn disagreement() -> io::Error {
    let message = "the layer and its table of contents disagree about it";
    io::Error::new(io::ErrorKind::InvalidData, message)
}

/// A content whose last bytes come only if all of them have the right digest.
struct Checked<R> {
    bytes: Hashing<io::Take<R>>,
    digest: Sha,
}

impl<R: Read> Read for Checked<R> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        let count = self.bytes.read(buf)?;
        let is_wrong = || self.bytes.digest() != self.digest;
        if self.bytes.inner.limit() == 0 && count > 0 && is_wrong() { Err(disagreement()) } else { Ok(count) }
    }
}

/// A reader that hashes what passes.
struct Hashing<R> {
    inner: R,
    hasher: Sha256,
}

impl<R: Read> Hashing<R> {
    fn new(inner: R) -> Self {
        Self { inner, hasher: Sha256::new() }
    }

    /// The digest of what has passed so far.
    fn digest(&self) -> Sha {
        self.hasher.clone().finalize().into()
    }
}

impl<R: Read> Read for Hashing<R> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        let count = self.inner.read(buf)?;
        self.hasher.update(buf.get(..count).unwrap_or_default());
        Ok(count)
    }
}

/// The bytes of a digest as documents write it; `None` if it is no SHA-256.
fn sha(digest: &str) -> Option<Sha> {
    let (digits, rest) = digest.strip_prefix("sha256:")?.as_bytes().as_chunks::<2>();
    let nibble = |digit: u8| char::from(digit).to_digit(16).and_then(|value| u8::try_from(value).ok());
    let mut out = Sha::default();
    if digits.len() != out.len() || !rest.is_empty() {
        return None;
    }
    for (byte, [high, low]) in out.iter_mut().zip(digits) {
        *byte = nibble(*high)? << 4 | nibble(*low)?;
    }
    Some(out)
}

#[cfg(test)]
mod tests;
