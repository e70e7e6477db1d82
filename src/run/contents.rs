//! Many small files of an image, read together.

use super::Files;
use super::compare::find;
use crate::bytes::Cancel;
use crate::listing::{Content, Stream};
use crate::progress::Observer;
use crate::source::BlobId;
use crate::tree::InodeId;
use hashbrown::HashMap;
use std::io::{self, Read as _};

/// Bytes of one such file.
const MAX_FILE: u64 = 64 << 20;

/// Bytes of all of them.
const MAX_ALL: u64 = 256 << 20;

/// The contents of files, or why there are none.
pub(super) type Contents = HashMap<InodeId, io::Result<Vec<u8>>>;

impl Files {
    /// Reads whole files into memory, as far as they are not too large. A compressed layer takes one pass, however many
    /// of them it has.
    pub(super) fn read_all(&self, mut inodes: Vec<InodeId>, observer: &dyn Observer, cancel: &Cancel) -> Contents {
        // In the order of the layers, and in each of them in the order of its tar.
        inodes.sort_by_cached_key(|inode| {
            let offset = self.tree.entry(*inode).map(|entry| entry.data_offset);
            (self.tree.inode(*inode).map(|inode| inode.layer), offset, *inode)
        });
        inodes.dedup();
        let mut left = MAX_ALL;
        let mut pass = None;
        let mut contents = Contents::new();
        for inode in inodes {
            let content = self.read_next(inode, &mut pass, left, observer, cancel);
            left -= content.as_ref().map_or(0, |content| content.len() as u64).min(left);
            contents.insert(inode, content);
        }
        contents
    }

    /// Reads one file; `pass` is the layer that is being decompressed.
    fn read_next(
        &self,
        inode: InodeId,
        pass: &mut Option<(BlobId, Stream)>,
        left: u64,
        observer: &dyn Observer,
        cancel: &Cancel,
    ) -> io::Result<Vec<u8>> {
        let (tar, entry) = find(&self.image, &self.tars, &self.tree, inode)?;
        if entry.size > MAX_FILE.min(left) {
            let message = format!("it or all such files together have more than {} MiB", MAX_FILE.min(MAX_ALL) >> 20);
            return Err(io::Error::new(io::ErrorKind::FileTooLarge, message));
        }
        let mut bytes = Vec::new();
        if entry.size == 0 {
            return Ok(bytes);
        }
        if entry.digest().is_some() || tar.plain().is_some() {
            Content::open(tar, entry, observer, cancel)?.read_to_end(&mut bytes)?;
            return Ok(bytes);
        }
        let id = tar.blob().id;
        let stream = pass.take().filter(|(blob, _)| *blob == id).map(|(_, stream)| stream);
        let stream = stream.map_or_else(|| Stream::of(tar, cancel), Ok)?;
        let mut content = Content::open_after(stream, entry, observer, cancel)?;
        content.read_to_end(&mut bytes)?;
        *pass = content.into_stream().map(|stream| (id, stream));
        Ok(bytes)
    }
}
