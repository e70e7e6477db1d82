//! The small documents of an image: read whole, within limits, with their digest.

use super::{ImageError, json};
use crate::notice::Notice;
use crate::source::{Place, Source};
use oci_spec::image::{Digest, DigestAlgorithm, Sha256Digest};
use serde_json::Value;
use sha2::{Digest as _, Sha256};
use std::fmt::Write as _;
use std::str::FromStr as _;

/// Bytes of a manifest or an index that are read at most.
pub(super) const MANIFEST_MAX: usize = 4 << 20;

/// Bytes of a config that are read at most.
pub(super) const CONFIG_MAX: usize = 8 << 20;

/// A document that was read.
pub(super) struct Document {
    pub(super) value: Value,
    /// The SHA-256 digest of its bytes.
    pub(super) digest: Option<Digest>,
}

/// Reads documents of one source, and says in errors where they come from.
#[derive(Clone, Copy)]
pub(super) struct Documents<'a> {
    pub(super) source: &'a Source,
}

impl Documents<'_> {
    /// Reads the document at a place; `part` is what messages call it.
    pub(super) fn read(
        self,
        place: &Place,
        part: &str,
        limit: usize,
        notices: &mut Vec<Notice>,
    ) -> Result<Document, ImageError> {
        let bytes = self.source.document(place)?;
        if bytes.len() > limit {
            return Err(self.broken(part, format!("{} bytes are more than the limit of {limit}", bytes.len())));
        }
        let parsed = json::parse(&bytes).map_err(|reason| self.broken(part, reason))?;
        notices.extend(parsed.repeated.iter().map(|key| {
            Notice::warning(part, format!("the key {key:?} occurs more than once in an object; the last one counts"))
        }));
        let digest = sha256(&bytes);
        if let Place::Digest(claimed) = place
            && *claimed.algorithm() == DigestAlgorithm::Sha256
            && digest.as_ref() != Some(claimed)
        {
            notices.push(Notice::warning(part, "the content does not match its digest"));
        }
        Ok(Document { value: parsed.value, digest })
    }

    /// The document is no JSON, or not of the form that its place asks for.
    pub(super) fn broken(self, part: &str, reason: impl Into<String>) -> ImageError {
        ImageError::Document { reference: self.reference(), part: part.to_owned(), reason: reason.into() }
    }

    /// The document is fine, but describes no image that we read.
    pub(super) fn unsupported(self, part: &str, found: impl Into<String>) -> ImageError {
        ImageError::Unsupported { reference: self.reference(), part: part.to_owned(), found: found.into() }
    }

    /// What was opened.
    pub(super) fn reference(self) -> String {
        self.source.reference.typed.clone()
    }
}

/// The SHA-256 digest of bytes.
pub(super) fn sha256(bytes: &[u8]) -> Option<Digest> {
    Sha256Digest::from_str(&hex(Sha256::new_with_prefix(bytes))).ok().map(Digest::from)
}

/// A finished hash in lower-case hexadecimal digits.
pub(crate) fn hex(hasher: Sha256) -> String {
    hex_of(&hasher.finalize())
}

/// Bytes in lower-case hexadecimal digits.
pub(crate) fn hex_of(bytes: &[u8]) -> String {
    let mut hex = String::with_capacity(bytes.len() * 2);
    for byte in bytes {
        // Writing to a String cannot fail.
        let _ = write!(hex, "{byte:02x}");
    }
    hex
}
