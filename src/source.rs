//! WHERE IMAGES LIVE: a reference becomes something that opens blobs by digest or by place.
//!
//! A seekable, uncompressed archive is indexed first and read by position. A sequential input (a pipe, a compressed
//! archive) is swept once: its members are pushed to a [`Sink`], because the manifest usually comes last.

mod archive;
mod blob;
mod command;
mod contents;
mod error;
mod index;
mod layout;
mod open;
mod reference;
mod seems;
mod tar;
mod telling;
#[cfg(test)]
pub(crate) mod testing;
mod watched;

pub use archive::Sink;
#[cfg(test)]
pub(crate) use blob::BlobBytes;
pub use blob::{Blob, BlobId};
pub use error::SourceError;
pub use open::{OpenOptions, open, open_section};
pub use reference::{Reference, Transport};
pub use tar::{LayerBlob, LayerTar, LayerTars, Origin};

use crate::codec::Compression;
use crate::notice::Notice;
use oci_spec::image::Digest;
use std::fmt;

/// The kinds of image files, told by content.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// What `docker save` writes: a tar with `manifest.json`.
    DockerArchive,
    /// An OCI layout in a tar.
    OciArchive,
    /// An OCI layout in a directory.
    Oci,
    /// A flat root file system, as `docker export` writes it: one layer, no history, no labels.
    Rootfs,
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::DockerArchive => "docker-archive",
            Self::OciArchive => "oci-archive",
            Self::Oci => "oci",
            Self::Rootfs => "rootfs",
        })
    }
}

/// Where something is in a source.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Place {
    /// A member of the archive or a file of the layout, by its normalised path.
    Path(Vec<u8>),
    /// A blob, by digest.
    Digest(Digest),
}

/// An opened source: documents and blobs, by digest or place.
#[derive(Debug)]
pub struct Source {
    /// What kind of file it is.
    pub kind: Kind,
    /// What the user typed.
    pub reference: Reference,
    /// The compression around the whole archive.
    pub compression: Compression,
    /// What was odd while opening it.
    pub notices: Vec<Notice>,
    pub(crate) contents: contents::Contents,
}

impl Source {
    /// The kind of file, or the engine that the image came from, in the words of containers-transports(5).
    pub fn kind_name(&self) -> String {
        match self.reference.transport {
            Transport::DockerDaemon => "docker-daemon".to_owned(),
            Transport::Podman => "podman".to_owned(),
            _ => self.kind.to_string(),
        }
    }
}
