//! Contents compared where the tree has to know whether two versions of a path are equal.

use crate::bytes::{Cancel, SectionReader};
use crate::image::Image;
use crate::listing::{Content, Entry, same_content};
use crate::progress::Silent;
use crate::source::{BlobId, LayerTar, LayerTars};
use crate::tree::{Contents, InodeId, Question, Tree};
use hashbrown::HashMap;
use std::io;

/// How many layers have a reader at a time.
const READERS: usize = 8;

/// Reads contents from the blobs of an image.
#[derive(Debug, Clone)]
pub(super) struct Blobs<'a> {
    image: &'a Image,
    tars: &'a LayerTars,
    /// The seed of the fingerprints of this run.
    seed: u64,
    cancel: &'a Cancel,
    /// Readers of uncompressed layers: the files that are compared one after the other often lie side by side.
    readers: HashMap<BlobId, SectionReader>,
}

/// The layer that has a file of the tree, and its entry there.
pub(super) fn find<'a, 't>(
    image: &Image,
    tars: &'a LayerTars,
    tree: &'t Tree,
    inode: InodeId,
) -> io::Result<(&'a LayerTar, Entry<'t>)> {
    let found = || {
        let layer = tree.inode(inode)?.layer;
        let blob = image.layers.get(layer.index())?.blob.as_ref().ok()?;
        Some((tars.get(blob.id)?, tree.entry(inode)?))
    };
    found().ok_or(io::ErrorKind::NotFound.into())
}

impl<'a> Blobs<'a> {
    pub(super) fn new(image: &'a Image, tars: &'a LayerTars, seed: u64, cancel: &'a Cancel) -> Self {
        Self { image, tars, seed, cancel, readers: HashMap::new() }
    }

    /// The content of a file, through the reader of its layer if there is one; [`Blobs::close`] keeps that.
    fn open(&mut self, tree: &Tree, inode: InodeId) -> io::Result<(BlobId, Content)> {
        let (tar, entry) = find(self.image, self.tars, tree, inode)?;
        let id = tar.blob().id;
        let content = match self.readers.remove(&id) {
            Some(layer) => Content::open_in(layer, entry, self.cancel)?,
            None => Content::open(tar, entry, &Silent, self.cancel)?,
        };
        Ok((id, content))
    }

    fn close(&mut self, (id, content): (BlobId, Content)) {
        if let Some(layer) = content.into_layer() {
            if self.readers.len() >= READERS {
                self.readers.clear();
            }
            self.readers.insert(id, layer);
        }
    }
}

impl Contents for Blobs<'_> {
    fn same(&mut self, tree: &Tree, Question { a, b }: Question) -> io::Result<bool> {
        let known = |inode| tree.entry(inode).and_then(|entry| entry.fingerprint());
        match (known(a), known(b)) {
            (Some(a), Some(b)) => Ok(a == b),
            (None, None) => {
                let (mut a, mut b) = (self.open(tree, a)?, self.open(tree, b)?);
                let same = same_content(&mut a.1, &mut b.1);
                self.close(a);
                self.close(b);
                same
            }
            // One passed while its layer was decompressed: reading the other one is enough.
            (Some(known), None) => Ok(self.fingerprint(tree, b)? == known),
            (None, Some(known)) => Ok(self.fingerprint(tree, a)? == known),
        }
    }

    fn fingerprint(&mut self, tree: &Tree, inode: InodeId) -> io::Result<u128> {
        let entry = tree.entry(inode).ok_or(io::ErrorKind::NotFound)?;
        if let Some(fingerprint) = entry.fingerprint() {
            return Ok(fingerprint);
        }
        let mut opened = self.open(tree, inode)?;
        let fingerprint = opened.1.fingerprint(self.seed);
        self.close(opened);
        fingerprint
    }
}
