//! The tars of an image's layers, out of whatever is around them, and read from anywhere.

use super::blob::BlobBytes;
use super::{Blob, BlobId};
use crate::bytes::{Cancel, Section};
use crate::codec::{Checkpoints, Compression, Decoder, Unpacked, decoder, skip};
use crate::progress::Observer;
use std::collections::BTreeMap;
use std::io::{self, Read};

/// The tar of one layer: what is in its blob, without the compression. Cheap to clone; clones share their checkpoints.
#[derive(Debug, Clone)]
pub struct LayerTar {
    blob: Blob,
    compression: Compression,
    /// What can be read from anywhere: the blob, or the compressed archive around it.
    outer: Unpacked,
}

/// What is decompressed from its beginning to its end: layers that are parts of one are reached in one pass.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Origin {
    /// The compressed archive around the layers.
    Archive,
    /// The blob of one layer.
    Blob(BlobId),
}

impl LayerTar {
    /// The tar in a blob that is compressed in this way. Its checkpoints, or those of the archive around it, take at
    /// most `budget` bytes of memory.
    pub fn new(blob: Blob, compression: Compression, budget: usize) -> Self {
        let (section, outer) = blob.outermost(compression);
        let outer = Unpacked::new(section.clone(), Checkpoints::new(outer, budget));
        Self { blob, compression, outer }
    }

    /// The blob that it is in.
    pub fn blob(&self) -> &Blob {
        &self.blob
    }

    /// How the blob is compressed.
    pub fn compression(&self) -> Compression {
        self.compression
    }

    /// All of it, where nothing is compressed.
    pub fn plain(&self) -> Option<&Section> {
        self.blob.section().filter(|_| self.compression == Compression::None)
    }

    /// Reads from `offset` on. Starts at the nearest checkpoint, or else at the beginning of what is compressed, and
    /// tells `observer` while it passes over what lies between. A compressed layer inside of a compressed archive has
    /// no checkpoints of its own: it is decompressed from its beginning.
    pub fn reader_at(&self, offset: u64, observer: &dyn Observer, cancel: &Cancel) -> io::Result<Box<dyn Read + Send>> {
        let tar = self.stream_at(offset, observer, cancel)?;
        if self.start_in_archive().is_some() {
            let rest = self.blob.size.checked_sub(offset).ok_or(io::ErrorKind::UnexpectedEof)?;
            return Ok(Box::new(tar.take(rest)));
        }
        Ok(tar)
    }

    /// The same, but it goes on behind the tar where that is a part of a compressed archive: to the next layers.
    pub fn stream_at(&self, offset: u64, observer: &dyn Observer, cancel: &Cancel) -> io::Result<Box<dyn Read + Send>> {
        match &self.blob.bytes {
            BlobBytes::Within { offset: start, .. } if self.compression != Compression::None => {
                let blob = self.outer.reader_at(*start, observer, cancel)?.take(self.blob.size);
                let mut tar = decoder(self.compression, blob)?;
                skip(&mut tar, offset, observer, cancel)?;
                Ok(tar)
            }
            _ => Ok(self.outer.reader_at(self.place(offset)?, observer, cancel)?),
        }
    }

    /// Where the tar begins in the compressed archive around it, if it is a part of that as it is.
    fn start_in_archive(&self) -> Option<u64> {
        match self.blob.bytes {
            BlobBytes::Within { offset, .. } if self.compression == Compression::None => Some(offset),
            _ => None,
        }
    }

    /// What has to be decompressed for it.
    pub fn origin(&self) -> Origin {
        self.start_in_archive().map_or(Origin::Blob(self.blob.id), |_| Origin::Archive)
    }

    /// Where in what [`LayerTar::origin`] says a byte of the tar is.
    pub fn place(&self, offset: u64) -> io::Result<u64> {
        let start = self.start_in_archive().unwrap_or(0);
        Ok(start.checked_add(offset).ok_or(io::ErrorKind::UnexpectedEof)?)
    }

    /// Bytes that are decompressed before the one at `offset` is there, from the nearest checkpoint on.
    pub fn distance(&self, offset: u64) -> u64 {
        match self.blob.bytes {
            BlobBytes::Within { .. } if self.compression != Compression::None => offset,
            _ => self.place(offset).map_or(offset, |place| self.outer.distance(place)),
        }
    }

    /// Decompresses the blob, whose bytes come from `stored`, and leaves checkpoints on the way.
    pub fn decoder<'a, R: Read + Send + 'a>(&self, stored: R) -> io::Result<Box<dyn Decoder + 'a>> {
        match self.blob.section() {
            Some(_) => self.outer.decoder(stored),
            None => decoder(self.compression, stored),
        }
    }

    /// Passes once over the blob for its checkpoints, of the first `most` bytes of the tar at most.
    pub fn pass(&self, most: u64, cancel: &Cancel) -> io::Result<()> {
        match self.blob.section() {
            Some(_) => self.outer.pass(most, cancel),
            None => Ok(()),
        }
    }
}

/// The tars of all distinct layers of an image.
#[derive(Debug, Default)]
pub struct LayerTars {
    tars: BTreeMap<BlobId, LayerTar>,
    /// The compressed archive around some of them.
    archive: Option<Unpacked>,
}

/// The blob of a layer, as it was found to be.
#[derive(Debug, Clone, Copy)]
pub struct LayerBlob<'a> {
    /// The blob.
    pub blob: &'a Blob,
    /// How it is compressed.
    pub compression: Compression,
    /// Whether a table of contents says where in it each file is compressed.
    pub has_table: bool,
}

impl LayerBlob<'_> {
    /// Stored bytes that checkpoints are of use in.
    fn weight(&self) -> u64 {
        let is_useful = self.blob.section().is_some() && self.compression != Compression::None && !self.has_table;
        if is_useful { self.blob.size } else { 0 }
    }
}

impl LayerTars {
    /// The tars in blobs of one source. All checkpoints together take at most `budget` bytes of memory; every stream
    /// has a part of it by its size.
    pub fn new<'a>(blobs: impl Iterator<Item = LayerBlob<'a>>, budget: usize) -> Self {
        let blobs: BTreeMap<BlobId, LayerBlob<'_>> = blobs.map(|layer| (layer.blob.id, layer)).collect();
        let around = blobs.values().find(|layer| layer.blob.section().is_none());
        let around = around.map(|layer| layer.blob.outermost(layer.compression));
        let weights = blobs.values().map(LayerBlob::weight).chain(around.map(|(section, _)| section.len()));
        let total: u128 = weights.map(u128::from).sum();
        let part = |bytes: u64| {
            let part = u128::from(bytes) * budget as u128 / total.max(1);
            usize::try_from(part).unwrap_or(budget)
        };
        let archive = around.map(|(section, compression)| {
            Unpacked::new(section.clone(), Checkpoints::new(compression, part(section.len())))
        });
        let tar = |layer: &LayerBlob<'_>| match (layer.blob.section(), &archive) {
            (None, Some(archive)) => {
                LayerTar { blob: layer.blob.clone(), compression: layer.compression, outer: archive.clone() }
            }
            _ => LayerTar::new(layer.blob.clone(), layer.compression, part(layer.weight())),
        };
        let tars = blobs.iter().map(|(id, layer)| (*id, tar(layer))).collect();
        Self { tars, archive }
    }

    /// The tar in a blob.
    pub fn get(&self, id: BlobId) -> Option<&LayerTar> {
        self.tars.get(&id)
    }

    /// All of them.
    pub fn iter(&self) -> impl Iterator<Item = &LayerTar> {
        self.tars.values()
    }

    /// The compressed archive around those layers that were not copied out of it.
    pub fn archive(&self) -> Option<&Unpacked> {
        self.archive.as_ref()
    }

    /// Bytes of memory that all checkpoints take.
    pub fn memory(&self) -> usize {
        let own = self.tars.values().filter(|tar| tar.blob.section().is_some());
        own.map(|tar| tar.outer.memory()).chain(self.archive.as_ref().map(Unpacked::memory)).sum()
    }
}

#[cfg(test)]
mod tests;
