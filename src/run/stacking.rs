//! Layers stacked while those above them are still being read.

use super::blob::Scanned;
use crate::image::Image;
use crate::listing::{Listing, MAX_BYTES};
use crate::source::BlobId;
use crate::tree::{Stack, Tree};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Entries that all layers of an image may have together. One small blob may be ten thousand layers.
pub(super) const MAX_ENTRIES: u64 = 10_000_000;

/// The layers of an image, applied in order as they come.
pub(super) struct Stacking<'a> {
    image: &'a Image,
    stack: Stack,
    max_entries: u64,
    /// Entries of the layers that were applied, and bytes of their files.
    entries: u64,
    bytes: u64,
    /// How many layers were applied.
    applied: usize,
    /// How many layers of the image are in the tree; those above would be too much.
    fitting: usize,
    /// How many layers were applied when somebody looked last.
    shown: usize,
}

impl<'a> Stacking<'a> {
    /// No layer yet.
    pub(super) fn of(image: &'a Image, max_entries: u64) -> Self {
        let (stack, fitting) = (Stack::new(), image.layers.len());
        Self { image, stack, max_entries, entries: 0, bytes: 0, applied: 0, fitting, shown: 0 }
    }

    /// Applies the layers up to the first that was not read yet.
    pub(super) fn take(&mut self, read: &BTreeMap<BlobId, Scanned>) {
        for layer in self.image.layers.iter().skip(self.applied) {
            let listing = match &layer.blob {
                Ok(blob) => match read.get(&blob.id) {
                    Some(scanned) => Some(&scanned.listing),
                    None => return,
                },
                Err(_) => None,
            };
            self.push(listing);
        }
    }

    /// Applies one more layer. One that could not be read is an empty one; what is too much for an image is left out with
    /// all that is above it.
    fn push(&mut self, listing: Option<&Arc<Listing>>) {
        self.entries += listing.map_or(0, |listing| listing.len() as u64);
        self.bytes = self.bytes.saturating_add(listing.map_or(0, |listing| listing.bytes()));
        if self.entries > self.max_entries || self.bytes > MAX_BYTES {
            self.fitting = self.fitting.min(self.applied);
        }
        let listing = listing.filter(|_| self.applied < self.fitting);
        self.stack.push(listing.map_or_else(|| Arc::new(Listing::default()), Arc::clone));
        self.applied += 1;
    }

    /// Whether there is more to see than the last time, and still something to wait for.
    pub(super) fn has_news(&self) -> bool {
        self.applied > self.shown && self.applied < self.image.layers.len()
    }

    /// What was applied so far, and how many layers that are.
    pub(super) fn so_far(&mut self) -> (Tree, usize) {
        self.shown = self.applied;
        (self.stack.so_far(), self.applied)
    }

    /// How many layers of the image are in the tree.
    pub(super) fn fitting(&self) -> usize {
        self.fitting
    }

    /// All layers, and how many of them are in the tree. What was not read by now is not there.
    pub(super) fn finish(mut self, read: &BTreeMap<BlobId, Scanned>) -> (Tree, usize) {
        for layer in self.image.layers.iter().skip(self.applied) {
            self.push(layer.blob.as_ref().ok().and_then(|blob| read.get(&blob.id)).map(|scanned| &scanned.listing));
        }
        (self.stack.finish(), self.fitting)
    }
}
