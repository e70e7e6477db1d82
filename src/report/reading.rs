//! How an image was read: what every front end says, whether it shows figures or not.

use super::LayerStatus;
use crate::codec::Compression;
use crate::notice::{Notice, Severity};

/// How an image was read.
#[derive(Debug, Clone)]
pub struct Reading {
    /// How each layer was read, bottom first.
    pub layers: Vec<LayerFacts>,
    /// Whether all digests were checked.
    pub verified: bool,
    /// What was odd about the image as a whole, in the order of the data flow.
    pub notices: Vec<Notice>,
}

/// How one layer was read.
#[derive(Debug, Clone)]
pub struct LayerFacts {
    /// Whether it could be read.
    pub status: LayerStatus,
    /// How its blob is compressed; none if it could not be opened.
    pub compression: Option<Compression>,
    /// The digest of the stored bytes, claimed or computed.
    pub digest: Option<String>,
    /// Stored bytes.
    pub blob_bytes: u64,
    /// What was odd about it.
    pub notices: Vec<Notice>,
}

impl Reading {
    /// Whether some part could not be read: a layer, or something that a notice calls an error.
    pub fn is_partial(&self) -> bool {
        self.layers.iter().any(|layer| layer.status != LayerStatus::Ok)
            || self.notices.iter().any(|notice| notice.severity == Severity::Error)
    }

    /// Everything that was odd: first about the image as a whole, then about each layer.
    pub fn all_notices(&self) -> impl Iterator<Item = &Notice> {
        self.notices.iter().chain(self.layers.iter().flat_map(|layer| &layer.notices))
    }
}
