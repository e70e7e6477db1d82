//! What is in a file of an image that is no text, and where in the image what it needs is.

use super::Files;
use crate::analysis::{Inside, Libraries};
use crate::bytes::Cancel;
use crate::progress::Silent;
use crate::tree::{InodeId, NodeId};
use crate::tui::Insight;
use std::io::{self, Read as _};

/// Bytes of a file that are looked at: what is asked for may be anywhere in it.
const MOST: u64 = 256 << 20;

/// Bytes of a file that names directories.
const MOST_TEXT: u64 = 1 << 20;

impl Files {
    fn beginning(&self, inode: InodeId, most: u64, cancel: &Cancel) -> io::Result<Vec<u8>> {
        let mut bytes = Vec::new();
        self.content(inode, &Silent, cancel)?.reader().take(most).read_to_end(&mut bytes)?;
        Ok(bytes)
    }

    /// Looks into a program or an archive; none if it is neither.
    pub(super) fn look_inside(&self, node: NodeId, inode: InodeId, cancel: &Cancel) -> io::Result<Option<Insight>> {
        let bytes = self.beginning(inode, MOST, cancel)?;
        let Some(inside) = Inside::of(&bytes, cancel) else { return Ok(None) };
        let is_part = self.tree.file_size(inode).is_some_and(|size| size > MOST);
        let part = is_part.then(|| format!("only the first {} MiB were looked at", MOST >> 20));
        let wanted = match &inside {
            Inside::Elf(elf) => {
                let mut content = |inode| self.beginning(inode, MOST_TEXT, cancel);
                Libraries::of(&self.tree, elf, &self.tree.path(node), &mut content).wanted(elf)
            }
            Inside::Archive(_) => Vec::new(),
        };
        Ok(Some(Insight { inside, wanted, part }))
    }
}
