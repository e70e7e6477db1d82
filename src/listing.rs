//! WHAT ONE LAYER CONTAINS: the entries of its tar, and which of them are markers.
//!
//! A listing knows nothing of the layers below or above. Paths are bytes; they are normalised when the layers are
//! stacked.

mod content;
mod cost;
mod entry;
mod fingerprint;
mod scan;
mod table;
#[cfg(test)]
pub(crate) mod testing;
#[cfg(test)]
mod tests;
mod toc;
mod whiteout;

pub use crate::tarball::{Components, components, normalised};
pub use content::{Chunk, Content, Stream, same_content};
pub use cost::{Noting, Positions};
pub use entry::{Entry, EntryKind};
pub use scan::{ListingError, MAX_BYTES, Scanner};
pub use whiteout::{PREFIX as WHITEOUT_PREFIX, Role};

use crate::notice::Notice;
use table::{Places, Table};

/// All entries of one layer, in the order of its tar.
#[derive(Debug, Default)]
pub struct Listing {
    pub(crate) table: Table,
    /// Bytes of the uncompressed tar that were seen; 0 where a table of contents was read instead.
    pub unpacked: u64,
    /// What was odd about the layer, without the layer's own name.
    pub notices: Vec<Notice>,
    /// Why the scan ended early, if it did: the entries are those before the damage.
    pub damage: Option<ListingError>,
    /// Contents of small files of a layer that was decompressed, by entry.
    pub(crate) kept: Vec<(u32, Box<[u8]>)>,
}

/// One extended attribute: its name and its value.
pub type Xattr = (Box<[u8]>, Box<[u8]>);

/// Extended attributes of one entry, sorted by name.
pub(crate) type Xattrs = Box<[Xattr]>;

impl Listing {
    /// The content of an entry, if it was kept when the layer was decompressed.
    pub fn kept(&self, entry: u32) -> Option<&[u8]> {
        self.kept.iter().find(|(kept, _)| *kept == entry).map(|(_, bytes)| bytes.as_ref())
    }

    /// How many entries there are.
    pub fn len(&self) -> usize {
        self.table.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Whether a table of contents says where each file is in the compressed layer.
    pub fn has_table(&self) -> bool {
        self.table.has_digests()
    }

    /// All entries, in the order of the tar.
    pub fn entries(&self) -> impl Iterator<Item = Entry<'_>> {
        (0..u32::try_from(self.len()).unwrap_or(u32::MAX)).filter_map(|index| self.entry(index))
    }

    /// The entry with this number, in the order of the tar.
    pub fn entry(&self, index: u32) -> Option<Entry<'_>> {
        self.table.entry(index)
    }

    /// Keeps where in the blob everything is stored.
    pub fn place(&mut self, positions: Positions) {
        self.table.places = Places::Noted(positions);
    }

    /// How many bytes of the stored blob the entry with this number accounts for: its header, content and padding, as
    /// far as they are not in what another entry accounts for. `None` if there is no such entry, or if the layer was
    /// listed by a table of contents that is in no order.
    pub fn pull_cost(&self, index: u32) -> Option<u64> {
        self.table.pull_cost(index)
    }

    /// How many of the `blob` bytes of the whole stored blob no entry accounts for: the end marker, what follows it and
    /// the ends of the compression; of a damaged layer also everything that could not be read. With the costs of all
    /// entries that makes `blob`. `None` if the costs are not known.
    pub fn framing(&self, blob: u64) -> Option<u64> {
        blob.checked_sub(self.table.stored_before(self.len())?)
    }

    /// Logical sizes of all files together, in bytes; at most [`MAX_BYTES`].
    pub fn bytes(&self) -> u64 {
        self.table.sizes().sum()
    }
}
