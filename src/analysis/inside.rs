//! What is in a file that is no text: a program or library in ELF, or an archive.

mod archive;
mod elf;
mod libraries;

pub use archive::{Archive, ArchiveMember, MOST_MEMBERS};
pub use elf::{Elf, ElfKind};
pub use libraries::Libraries;

use crate::bytes::Cancel;

/// What a file turned out to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Inside {
    /// A program, a library, or a part of one.
    Elf(Elf),
    /// Other files in one.
    Archive(Archive),
}

impl Inside {
    /// How much of the beginning of a file tells whether there is something to say.
    pub const START: usize = 512;

    /// Whether a file that begins like this is one of those that can be looked into.
    pub fn is_known(start: &[u8]) -> bool {
        start.starts_with(&Elf::MAGIC) || archive::kind(start).is_some()
    }

    /// Looks into a file. `bytes` may be no more than its beginning: then less can be told. None if it is neither, or
    /// if what looked like it is not.
    pub fn of(bytes: &[u8], cancel: &Cancel) -> Option<Self> {
        if bytes.starts_with(&Elf::MAGIC) {
            return Elf::of(bytes).map(Self::Elf);
        }
        Archive::of(bytes, cancel).map(Self::Archive)
    }
}
