//! WHAT THE IMAGE SAYS IT IS: manifest, platform, config, history, and who set which label.
//!
//! Everything here comes from small documents; no layer is read.

mod base;
mod config;
mod distribution;
mod document;
mod error;
mod history;
mod index;
mod json;
mod labels;
mod load;
mod manifest;
mod origin;
mod platform;
mod provenance;
#[cfg(test)]
pub(crate) mod testing;

pub use base::{Base, NotTheBase, ToldBy};
pub use config::{Config, ContainerConfig, HealthCheck};
pub use distribution::Distribution;
pub(crate) use document::{hex, hex_of};
pub use error::ImageError;
pub use history::{HistoryRow, instruction};
pub use labels::successor;
pub use load::{Candidate, candidates, choose, load};
pub use origin::Origin;
pub use platform::Platform;
pub use provenance::{Override, Provenance, Setting};

use crate::notice::Notice;
use crate::source::Blob;
use oci_spec::image::Digest;
use std::collections::{BTreeMap, HashMap};
use std::fmt;

/// The position of a layer in its stack, 0 at the bottom. Two positions may hold the same bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, schemars::JsonSchema)]
#[serde(transparent)]
pub struct LayerIndex(pub u32);

impl LayerIndex {
    /// The position as an index of a slice.
    pub fn index(self) -> usize {
        self.0 as usize
    }
}

impl fmt::Display for LayerIndex {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

/// The digest of a layer's uncompressed tar, as the config claims it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct DiffId(pub Digest);

impl fmt::Display for DiffId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

/// One image, as its documents describe it.
#[derive(Debug, Clone)]
pub struct Image {
    /// Names with tags, as the archive or index gives them (`acme/app:1.4.2`).
    pub tags: Vec<String>,
    /// The digest of the config, always computed by us; none for a flat root file system.
    pub id: Option<Digest>,
    /// The digest of the manifest, where there is one.
    pub manifest_digest: Option<Digest>,
    /// What it runs on.
    pub platform: Platform,
    /// When it was made, as the config says it.
    pub created: Option<String>,
    /// The config: typed where we use it, whole as JSON.
    pub config: Config,
    /// The layers, bottom first, in the manifest's order.
    pub layers: Vec<Layer>,
    /// All rows of the history, empty ones too.
    pub history: Vec<HistoryRow>,
    /// Labels, environment and the other settings, each with the history row that set it.
    pub provenance: Provenance,
    /// The annotations of the manifest.
    pub annotations: BTreeMap<String, String>,
    /// The base, where the user or the image itself tells how many layers it has.
    pub base: Option<Base>,
    /// What was odd about the documents.
    pub notices: Vec<Notice>,
}

/// One layer, as manifest and config describe it.
#[derive(Debug, Clone)]
pub struct Layer {
    /// Its position in the stack.
    pub index: LayerIndex,
    /// The digest of the uncompressed tar, as the config claims it.
    pub diff_id: Option<DiffId>,
    /// The digest of the blob as stored, as the manifest claims it; none in a classic docker archive.
    pub digest: Option<Digest>,
    /// The media type that the manifest gives.
    pub media_type: Option<String>,
    /// The layer's ID in version 1 of the image format, which names its folder in a classic docker archive.
    pub v1_id: Option<String>,
    /// What the manifest says about it beside that, by key: where its table of contents is, for one.
    pub annotations: HashMap<String, String>,
    /// The stored bytes, or why they cannot be had.
    pub blob: Result<Blob, String>,
    /// Its row in [`Image::history`].
    pub history: Option<usize>,
}

impl Layer {
    /// How messages call it: `layer 3 (sha256:ab12cd34ef56)`.
    pub fn name(&self) -> String {
        let digest = self.digest.as_ref().or(self.diff_id.as_ref().map(|id| &id.0));
        match digest {
            Some(digest) => format!("layer {} ({})", self.index, short_digest(digest)),
            None => format!("layer {}", self.index),
        }
    }
}

/// A digest cut to 12 hexadecimal digits, as engines print it, with its algorithm.
pub fn short_digest(digest: &Digest) -> String {
    let hex = digest.digest();
    format!("{}:{}", digest.algorithm(), hex.get(..12).unwrap_or(hex))
}

impl Image {
    /// The image as it would be if it ended after so many layers.
    #[must_use]
    pub fn lowest(&self, layers: usize) -> Self {
        Self { layers: self.layers.iter().take(layers).cloned().collect(), ..self.clone() }
    }

    /// Stored bytes of all distinct blobs.
    pub fn blob_bytes(&self) -> u64 {
        let blobs = self.layers.iter().filter_map(|layer| layer.blob.as_ref().ok());
        blobs.map(|blob| (blob.id, blob.size)).collect::<BTreeMap<_, _>>().values().sum()
    }

    /// What the way in which the image was saved has lost of it.
    pub fn lost(&self) -> &'static [&'static str] {
        match (&self.id, self.tags.as_slice()) {
            // A flat root file system.
            (None, []) => &["tags", "history", "labels", "config", "layers"],
            (Some(_), []) => &["tags"],
            (_, _) => &[],
        }
    }

    /// The cleaned instruction that made a layer, or an empty string where the history does not tell.
    pub fn instruction(&self, layer: LayerIndex) -> &str {
        self.layers
            .get(layer.index())
            .and_then(|layer| self.history.get(layer.history?))
            .map_or("", |row| row.instruction.as_str())
    }
}
