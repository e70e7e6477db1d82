//! What is in a file of an image that is no text, and where in the image what it needs is.

use super::Files;
use crate::analysis::{Inside, Libraries};
use crate::bytes::Cancel;
use crate::progress::{Observer, Silent};
use crate::tree::{InodeId, NodeId};
use crate::tui::Insight;
use std::io::{self, Read as _};

/// Bytes of a file that are looked at: what is asked for may be anywhere in it.
const MOST: u64 = 256 << 20;

impl Files {
    /// At most `most` bytes of a file, from `from` on.
    pub(super) fn part(
        &self,
        inode: InodeId,
        from: u64,
        most: u64,
        observer: &dyn Observer,
        cancel: &Cancel,
    ) -> io::Result<Vec<u8>> {
        let mut content = self.content(inode, observer, cancel)?.reader();
        io::copy(&mut content.by_ref().take(from), &mut io::sink())?;
        let mut bytes = Vec::new();
        content.take(most).read_to_end(&mut bytes)?;
        Ok(bytes)
    }

    /// At most `most` bytes of the beginning of a file.
    pub(super) fn beginning(
        &self,
        inode: InodeId,
        most: u64,
        observer: &dyn Observer,
        cancel: &Cancel,
    ) -> io::Result<Vec<u8>> {
        self.part(inode, 0, most, observer, cancel)
    }

    /// Looks into a program or an archive; none if it is neither.
    pub(super) fn look_inside(&self, node: NodeId, inode: InodeId, cancel: &Cancel) -> io::Result<Option<Insight>> {
        let bytes = self.beginning(inode, MOST, &Silent, cancel)?;
        let Some(inside) = Inside::of(&bytes, cancel) else { return Ok(None) };
        let is_part = self.tree.file_size(inode).is_some_and(|size| size > MOST);
        let part = is_part.then(|| format!("only the first {} MiB were looked at", MOST >> 20));
        let wanted = match &inside {
            Inside::Elf(elf) => {
                let mut content = |inode, most| self.beginning(inode, most, &Silent, cancel);
                Libraries::of(&self.tree, elf, &self.tree.path(node), &mut content).wanted(elf, &mut content)
            }
            Inside::Archive(_) => Vec::new(),
        };
        Ok(Some(Insight { inside, wanted, part }))
    }
}
