//! Many files of an image, read in one go.

use super::Files;
use super::compare::find;
use crate::bytes::Cancel;
use crate::image::hex;
use crate::listing::{Content, Stream};
use crate::progress::Observer;
use crate::source::Origin;
use crate::tree::InodeId;
use hashbrown::HashMap;
use sha2::{Digest as _, Sha256};
use std::io::{self, Read as _};

/// Bytes of one file that is read into memory.
const MAX_FILE: u64 = 64 << 20;

/// Bytes of all of them.
const MAX_ALL: u64 = 256 << 20;

/// The contents of files, or why there are none.
pub(super) type Contents = HashMap<InodeId, io::Result<Vec<u8>>>;

/// The digests of contents, or why there is none.
pub(super) type Digests = HashMap<InodeId, io::Result<String>>;

/// The SHA-256 of a content, in hex.
pub(super) fn sha256(content: &mut Content) -> io::Result<String> {
    let mut hasher = Sha256::new();
    let mut buffer = vec![0; 128 << 10];
    loop {
        let count = content.read(&mut buffer)?;
        if count == 0 {
            return Ok(hex(hasher));
        }
        hasher.update(buffer.get(..count).unwrap_or_default());
    }
}

impl Files {
    /// Reads whole files into memory, as far as they are not too large.
    pub(super) fn read_all(&self, inodes: Vec<InodeId>, observer: &dyn Observer, cancel: &Cancel) -> Contents {
        let mut left = MAX_ALL;
        let mut contents = Contents::new();
        self.visit(inodes, observer, cancel, &mut |inode, content| {
            let size = self.tree.entry(inode).map_or(0, |entry| entry.size);
            let bytes = content.and_then(|content| {
                if size > MAX_FILE.min(left) {
                    let most = MAX_FILE.min(MAX_ALL) >> 20;
                    let message = format!("it or all such files together have more than {most} MiB");
                    return Err(io::Error::new(io::ErrorKind::FileTooLarge, message));
                }
                let mut bytes = Vec::new();
                content.read_to_end(&mut bytes)?;
                Ok(bytes)
            });
            left -= bytes.as_ref().map_or(0, |bytes| bytes.len() as u64).min(left);
            contents.insert(inode, bytes);
        });
        contents
    }

    /// The digests of files, or why there is none.
    pub(super) fn digests(&self, inodes: Vec<InodeId>, observer: &dyn Observer, cancel: &Cancel) -> Digests {
        let mut digests = Digests::new();
        self.visit(inodes, observer, cancel, &mut |inode, content| {
            digests.insert(inode, content.and_then(sha256).map(|digest| format!("sha256:{digest}")));
        });
        digests
    }

    /// Hands out the contents of files one after the other, in the order in which they are stored: a compressed layer, or
    /// a compressed archive around all of them, takes one pass at most, however many of them it has.
    pub(super) fn visit(
        &self,
        mut inodes: Vec<InodeId>,
        observer: &dyn Observer,
        cancel: &Cancel,
        visit: &mut dyn FnMut(InodeId, io::Result<&mut Content>),
    ) {
        inodes.sort_by_cached_key(|inode| (self.place(*inode), *inode));
        inodes.dedup();
        let mut pass = None;
        for inode in inodes {
            match self.open_next(inode, &mut pass, observer, cancel) {
                Ok(mut content) => {
                    visit(inode, Ok(&mut content));
                    pass = content.into_stream();
                }
                Err(error) => visit(inode, Err(error)),
            }
        }
    }

    /// Where a content is stored.
    pub(super) fn place(&self, inode: InodeId) -> Option<(Origin, u64)> {
        let (tar, entry) = find(&self.image, &self.tars, &self.tree, inode).ok()?;
        Some((tar.origin(), tar.place(entry.data_offset).ok()?))
    }

    /// Opens one file; `pass` is what is being decompressed.
    fn open_next(
        &self,
        inode: InodeId,
        pass: &mut Option<Stream>,
        observer: &dyn Observer,
        cancel: &Cancel,
    ) -> io::Result<Content> {
        let (tar, entry) = find(&self.image, &self.tars, &self.tree, inode)?;
        if entry.digest().is_some() || tar.plain().is_some() {
            return Content::open(tar, entry, observer, cancel);
        }
        Content::open_after(pass.take(), tar, entry, observer, cancel)
    }
}
