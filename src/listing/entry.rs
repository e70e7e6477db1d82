//! One entry of a layer, as everybody else sees it.

use super::table::Table;
use super::{Components, Role, Xattr, normalised};
use crate::tarball::{Region, Time};
use std::fmt;

/// What an entry is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum EntryKind {
    /// A regular file.
    File,
    /// A directory.
    Directory,
    /// A symbolic link.
    Symlink,
    /// Another name of a file of this layer or of a lower one.
    HardLink,
    /// A character device.
    CharDevice,
    /// A block device.
    BlockDevice,
    /// A named pipe.
    Fifo,
}

/// One record of a layer's tar: a view of what its [`super::Listing`] keeps.
#[derive(Clone, Copy)]
pub struct Entry<'a> {
    pub(super) table: &'a Table,
    pub(super) index: u32,
    /// Which set of extended attributes.
    pub(super) xattrs: u32,
    /// What it is.
    pub kind: EntryKind,
    /// Whether it describes a file, or is a marker that hides what is below.
    pub role: Role,
    /// The permission bits, set-uid, set-gid and sticky (12 bits).
    pub mode: u16,
    /// The numeric owner.
    pub uid: u32,
    /// The numeric group.
    pub gid: u32,
    /// The logical size of a regular file in bytes, holes included; 0 for everything else.
    pub size: u64,
    /// When the content was last changed.
    pub mtime: Time,
    /// Major and minor number of a device, else zeros.
    pub device: (u32, u32),
    /// Where the stored content begins in the uncompressed layer; of an entry with a [`Entry::digest`], where the
    /// compressed bytes of its content begin in the blob.
    pub data_offset: u64,
}

impl<'a> Entry<'a> {
    /// Its place in the listing.
    pub fn index(&self) -> u32 {
        self.index
    }

    /// The name, just as the tar gives it.
    pub fn path(&self) -> Vec<u8> {
        [self.directory(), self.name()].concat()
    }

    /// What stands in the path before [`Entry::name`], with the slash; empty if there is no slash before it.
    pub fn directory(&self) -> &'a [u8] {
        self.table.directory(self.index)
    }

    /// The number of [`Entry::directory`]: entries of a listing with the same number have the same directory. Not the
    /// other way round: a directory that comes again after others has another number.
    pub fn directory_number(&self) -> u32 {
        self.table.directory_number(self.index)
    }

    /// The last part of the path, with the slash that may follow it.
    pub fn name(&self) -> &'a [u8] {
        self.table.name(self.index)
    }

    /// The components of the path, normalised.
    pub fn components(&self) -> Components<'a> {
        let slash = |byte: &u8| *byte == b'/';
        normalised(self.directory().split(slash).chain(self.name().split(slash)))
    }

    /// The link target, just as the tar gives it; means nothing for what is no link.
    pub fn link(&self) -> &'a [u8] {
        self.table.link(self.index)
    }

    /// The extended attributes, sorted by name.
    pub fn xattrs(&self) -> &'a [Xattr] {
        self.table.xattrs(self.xattrs)
    }

    /// How many bytes of content are stored.
    pub fn stored(&self) -> u64 {
        self.table.stored(self.index).unwrap_or(self.size)
    }

    /// How many bytes of the stored blob it accounts for, as [`super::Listing::pull_cost`] says.
    pub fn pull_cost(&self) -> Option<u64> {
        self.table.pull_cost(self.index)
    }

    /// The regions with data, if it is a sparse file.
    pub fn sparse(&self) -> Option<&'a [Region]> {
        self.table.sparse(self.index)
    }

    /// A fingerprint of a file's content, where the content passed anyhow. Never shown, never kept: its seed is random.
    pub fn fingerprint(&self) -> Option<u128> {
        self.table.fingerprint(self.index).filter(|_| self.kind == EntryKind::File)
    }

    /// The SHA-256 of a file's content, as the table of contents claims that its layer was listed by.
    pub fn digest(&self) -> Option<[u8; 32]> {
        self.table.digest(self.index)
    }

    /// Where the content begins in its compressed member, if the layer was listed by a table of contents.
    pub(super) fn skipped(&self) -> u64 {
        self.table.skipped(self.index)
    }
}

impl fmt::Debug for Entry<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let path = String::from_utf8_lossy(self.name());
        f.debug_struct("Entry").field("name", &path).field("kind", &self.kind).finish_non_exhaustive()
    }
}
