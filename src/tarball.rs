//! TAR: headers become members, with our limits. Nothing here knows about images.
//!
//! Reads ustar, GNU and PAX archives: long names, PAX size and xattrs, old GNU and PAX sparse files (0.0, 0.1, 1.0),
//! base-256 numbers, global PAX headers. `tar-core` gives the fields of headers and the records of PAX; its state machine
//! is not used, since it refuses what GNU tar and Python read: two PAX headers in a row, a local header before a global
//! one, negative owners and times. It also wants all extensions of an entry in one buffer and starts anew whenever that
//! grows, which a sparse map of a million regions makes quadratic.

mod header;
mod input;
mod path;
mod pax;
mod reader;
mod sparse;
#[cfg(test)]
pub(crate) mod testing;
#[cfg(test)]
mod tests;

pub use input::{Input, Streaming};
pub use path::{Components, components, normalised};
pub use reader::TarReader;

/// What may be in an archive before we call it damaged. Every limit is named in the message that it causes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of all PAX headers and long names of one entry (1 MiB).
    pub extension: u32,
    /// Bytes of one path or link target (64 KiB).
    pub path: u32,
    /// Regions of data in one sparse file (1 M).
    pub sparse_regions: usize,
    /// Entries of one archive (5 M).
    pub entries: u64,
    /// Bytes that one archive may unpack to, without holes (64 GiB).
    pub unpacked: u64,
    /// Bytes of extended attributes that are kept for one entry (64 KiB).
    pub xattrs_per_entry: usize,
    /// Bytes of extended attributes that are kept for one archive (64 MiB).
    pub xattrs: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            extension: 1 << 20,
            path: 64 << 10,
            sparse_regions: 1_000_000,
            entries: 5_000_000,
            unpacked: 64 << 30,
            xattrs_per_entry: 64 << 10,
            xattrs: 64 << 20,
        }
    }
}

/// The largest size of an entry that we believe, in bytes: 2^53. Sums of five million of them still fit an `u128`,
/// and JSON readers that use doubles read it exactly.
pub const MAX_SIZE: u64 = 1 << 53;

/// Whether a block can be the first one of an archive: a header whose sum is right, or the zeros at the end of an
/// archive that has no members.
pub fn is_header(block: &[u8]) -> bool {
    let Some(block) = block.first_chunk::<BLOCK>() else { return false };
    block.iter().all(|byte| *byte == 0) || header::verify(block).is_ok()
}

/// The size of a block in bytes.
pub const BLOCK: usize = tar_core::HEADER_SIZE;

/// What a member is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum MemberKind {
    /// A regular file, sparse or not.
    File,
    /// Another name of an earlier member.
    HardLink,
    /// A symbolic link.
    Symlink,
    /// A character device.
    CharDevice,
    /// A block device.
    BlockDevice,
    /// A directory.
    Directory,
    /// A named pipe.
    Fifo,
}

/// A point in time as tar knows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Time {
    /// Seconds since 1970-01-01 00:00 UTC; negative before.
    pub seconds: i64,
    /// Nanoseconds after `seconds`, below 10^9.
    pub nanoseconds: u32,
}

/// A region of a sparse file that holds data.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Region {
    /// Where it lies in the file, in bytes.
    pub offset: u64,
    /// How long it is, in bytes.
    pub len: u64,
}

/// One member of an archive, with every extension applied.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member {
    /// The name, as bytes, just as the archive gives it.
    pub path: Vec<u8>,
    /// What it is.
    pub kind: MemberKind,
    /// The permission bits, set-uid, set-gid and sticky (12 bits).
    pub mode: u16,
    /// The numeric owner.
    pub uid: u64,
    /// The numeric group.
    pub gid: u64,
    /// The logical size of a regular file in bytes, holes included; 0 for everything else.
    pub size: u64,
    /// When the content was last changed.
    pub mtime: Time,
    /// The target of a symbolic or hard link. Of anything else it means nothing, and is what stands in the same place:
    /// usually nothing, but Docker leaves old targets there.
    pub link: Vec<u8>,
    /// Major and minor number of a device, else zeros.
    pub device: (u32, u32),
    /// Extended attributes, sorted by name.
    pub xattrs: Vec<(Vec<u8>, Vec<u8>)>,
    /// Where the first header of the member begins, in bytes from the start of the archive.
    pub header_offset: u64,
    /// Where its stored content begins.
    pub data_offset: u64,
    /// How many bytes of content are stored; differs from `size` for a sparse file.
    pub stored: u64,
    /// The regions of a sparse file that hold data, in order; their lengths add up to at most `stored`.
    pub sparse: Option<Box<[Region]>>,
}

/// Why an archive could not be read on.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TarError {
    /// The bytes below could not be read: an I/O error, or damage in the compression around the archive.
    #[error("{0}")]
    Read(#[source] std::io::Error),
    /// A header says what no header can say.
    #[error("header at byte {offset}: {source}")]
    Header {
        /// Where the header begins in the archive.
        offset: u64,
        /// What is wrong with it.
        source: tar_core::parse::ParseError,
    },
    /// The archive ends before the content that a header announced.
    #[error("unexpected end at byte {end}: the entry at byte {offset} needs {needed} bytes")]
    Truncated {
        /// Where the header of the entry begins.
        offset: u64,
        /// Where the archive ends.
        end: u64,
        /// Bytes of content that the entry announced.
        needed: u64,
    },
    /// An entry claims a size that nobody could have.
    #[error("header at byte {offset}: a size of {size} bytes is more than 2^53")]
    Size {
        /// Where the header begins.
        offset: u64,
        /// What it claims.
        size: u64,
    },
    /// A limit of ours was reached.
    #[error("more than {limit} {what}")]
    Limit {
        /// What there is too much of.
        what: &'static str,
        /// How much is allowed.
        limit: u64,
    },
}
