//! Contents compared where the tree has to know whether two versions of a path are equal.

use crate::bytes::Cancel;
use crate::image::Image;
use crate::listing::{Content, Entry, same_content};
use crate::source::Blob;
use crate::tree::{Contents, InodeId, Question, Tree};
use std::io;

/// Reads contents from the blobs of an image.
#[derive(Debug)]
pub(super) struct Blobs<'a> {
    pub(super) image: &'a Image,
    /// The seed of the fingerprints of this run.
    pub(super) seed: u64,
    pub(super) cancel: &'a Cancel,
}

impl Blobs<'_> {
    /// The content of a file of the tree.
    pub(super) fn content(&self, tree: &Tree, inode: InodeId) -> io::Result<Content> {
        let (blob, entry) = self.find(tree, inode).ok_or(io::ErrorKind::NotFound)?;
        Content::open(blob, entry, self.cancel)
    }

    fn find<'t>(&'t self, tree: &'t Tree, inode: InodeId) -> Option<(&'t Blob, Entry<'t>)> {
        let layer = tree.inode(inode)?.layer;
        let blob = self.image.layers.get(layer.index())?.blob.as_ref().ok()?;
        Some((blob, tree.entry(inode)?))
    }
}

impl Contents for Blobs<'_> {
    fn same(&self, tree: &Tree, Question { a, b }: Question) -> io::Result<bool> {
        let known = |inode| tree.entry(inode).and_then(|entry| entry.fingerprint());
        match (known(a), known(b)) {
            (Some(a), Some(b)) => Ok(a == b),
            (None, None) => same_content(self.content(tree, a)?, self.content(tree, b)?),
            // One passed while its layer was decompressed: reading the other one is enough.
            (Some(known), None) => Ok(self.fingerprint(tree, b)? == known),
            (None, Some(known)) => Ok(self.fingerprint(tree, a)? == known),
        }
    }

    fn fingerprint(&self, tree: &Tree, inode: InodeId) -> io::Result<u128> {
        let entry = tree.entry(inode).ok_or(io::ErrorKind::NotFound)?;
        match entry.fingerprint() {
            Some(fingerprint) => Ok(fingerprint),
            None => self.content(tree, inode)?.fingerprint(self.seed),
        }
    }
}
