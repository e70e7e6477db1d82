//! Why an image could not be understood.

use crate::source::SourceError;

/// Why an image could not be understood. `part` says which document, as in `manifest.json` or `config sha256:ab12…`.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ImageError {
    /// A document could not be read.
    #[error(transparent)]
    Source(#[from] SourceError),
    /// A document is no JSON, or larger or deeper than we accept.
    #[error("{reference}: {part}: {reason}")]
    Document {
        /// What was opened.
        reference: String,
        /// Which document.
        part: String,
        /// What is wrong with it.
        reason: String,
    },
    /// A document is JSON but not what its place asks for.
    #[error("{reference}: {part}: {found}; no container image can be read from it")]
    Unsupported {
        /// What was opened.
        reference: String,
        /// Which document.
        part: String,
        /// What it is instead.
        found: String,
    },
    /// The documents are fine, but name no image.
    #[error("{reference}: {part} lists no images{}", .left_out.as_ref().map(|why| format!(": {why}")).unwrap_or_default())]
    Empty {
        /// What was opened.
        reference: String,
        /// Which document.
        part: String,
        /// What was listed and left out, if anything.
        left_out: Option<String>,
    },
    /// A limit of ours was reached.
    #[error("{reference}: {part}: more than {limit} {what}")]
    Limit {
        /// What was opened.
        reference: String,
        /// Which document.
        part: String,
        /// What there is too much of.
        what: &'static str,
        /// How much is allowed.
        limit: usize,
    },
}
