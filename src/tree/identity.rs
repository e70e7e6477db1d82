//! Which versions of a path have the same content. It has to be known only for paths that several layers wrote with
//! the same size; nothing else is ever read for it.

use super::{EventKind, InodeId, NodeId, Tree};
use crate::listing::EntryKind;
use crate::notice::Notice;
use hashbrown::HashMap;
use hashbrown::hash_map::Entry;
use std::io;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Two inodes of one path and of one size, whose contents have to be compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Question {
    /// The older one.
    pub a: InodeId,
    /// The newer one.
    pub b: InodeId,
}

/// Whoever can compare contents.
pub trait Contents: Sync {
    /// Whether the contents of two files are equal, byte for byte.
    fn same(&self, tree: &Tree, question: Question) -> io::Result<bool>;

    /// A fingerprint of a content: equal ones for equal contents, different ones for different contents.
    fn fingerprint(&self, tree: &Tree, inode: InodeId) -> io::Result<u128>;
}

impl Tree {
    /// Finds out which versions of each path have the same content, on `threads` threads. Contents that cannot be
    /// read count as different, with a notice.
    pub fn identify(&mut self, contents: &dyn Contents, threads: usize) {
        let (groups, same_place) = self.groups();
        let next = AtomicUsize::new(0);
        let found: Mutex<(Vec<Question>, Vec<Notice>)> = Mutex::default();
        let tree = &*self;
        std::thread::scope(|scope| {
            for _ in 0..threads.clamp(1, groups.len().max(1)) {
                scope.spawn(|| {
                    while let Some(group) = groups.get(next.fetch_add(1, Ordering::Relaxed)) {
                        let mut equal = Vec::new();
                        let result = tree.compare(group, contents, &mut equal);
                        let Ok(mut found) = found.lock() else { return };
                        found.0.append(&mut equal);
                        found.1.extend(result.err().and_then(|error| Some(tree.unread(*group.last()?, &error))));
                    }
                });
            }
        });
        let (mut equal, mut notices) = found.into_inner().unwrap_or_default();
        equal.extend(same_place);
        // Threads finish in any order; the result must not depend on it.
        equal.sort_unstable();
        notices.sort_by(|a, b| a.part.cmp(&b.part));
        for Question { a, b } in equal {
            self.inodes.unite(a, b);
        }
        self.notices.append(&mut notices);
    }

    /// Whether two files have the same content, as far as [`Tree::identify`] found out.
    pub fn same_content(&self, a: InodeId, b: InodeId) -> bool {
        let first = |id| self.inodes.first_twin(id);
        a == b || first(a) == first(b) || (self.file_size(a) == Some(0) && self.file_size(b) == Some(0))
    }

    /// Whether both are regular files of one size and with the same content.
    pub fn is_same_file(&self, a: InodeId, b: InodeId) -> bool {
        self.file_size(a).is_some() && self.file_size(a) == self.file_size(b) && self.same_content(a, b)
    }

    /// The logical size of a regular file in bytes; `None` for everything else.
    pub fn file_size(&self, inode: InodeId) -> Option<u64> {
        self.entry(inode).filter(|entry| entry.kind == EntryKind::File).map(|entry| entry.size)
    }

    /// For each path the versions of one size that have to be compared, two or more of them, oldest first; and those
    /// that are equal because they are the same bytes, read once for two layers.
    fn groups(&self) -> (Vec<Vec<InodeId>>, Vec<Question>) {
        let mut groups = Vec::new();
        let mut same_place = Vec::new();
        for node in self.nodes() {
            let mut versions = self.versions(node);
            if versions.len() < 2 {
                continue;
            }
            versions.sort_unstable();
            versions.dedup();
            versions.sort_by_key(|(size, inode)| (*size, *inode));
            for same_size in versions.chunk_by(|a, b| a.0 == b.0) {
                let mut inodes: Vec<InodeId> = Vec::new();
                let mut places = HashMap::new();
                for (_, b) in same_size.iter().copied() {
                    match places.entry(self.place(b)) {
                        Entry::Occupied(known) => same_place.push(Question { a: *known.get(), b }),
                        Entry::Vacant(new) => {
                            new.insert(b);
                            inodes.push(b);
                        }
                    }
                }
                if inodes.len() > 1 {
                    groups.push(inodes);
                }
            }
        }
        (groups, same_place)
    }

    /// The files that were ever written at a node, with their sizes; empty ones left out.
    fn versions(&self, node: NodeId) -> Vec<(u64, InodeId)> {
        let written = self.events(node).filter_map(|event| match event.kind {
            EventKind::Written(inode) => Some((self.file_size(inode).filter(|size| *size > 0)?, inode)),
            _ => None,
        });
        written.collect()
    }

    /// Where the content of an inode is: the same entry of the same listing is the same content.
    fn place(&self, inode: InodeId) -> Option<(*const crate::listing::Listing, u32)> {
        let (layer, entry) = self.inodes.origin(inode)?;
        Some((std::sync::Arc::as_ptr(self.listing(layer)?), entry))
    }

    /// Compares one group. Two are compared directly, which may stop at the first difference; more of them by
    /// fingerprint, so that the work stays linear.
    fn compare(&self, group: &[InodeId], contents: &dyn Contents, equal: &mut Vec<Question>) -> io::Result<()> {
        if let [a, b] = *group {
            let question = Question { a, b };
            if contents.same(self, question)? {
                equal.push(question);
            }
            return Ok(());
        }
        // One of each content, by its fingerprint.
        let mut known: HashMap<u128, InodeId> = HashMap::new();
        for b in group.iter().copied() {
            match known.entry(contents.fingerprint(self, b)?) {
                Entry::Occupied(a) => equal.push(Question { a: *a.get(), b }),
                Entry::Vacant(new) => {
                    new.insert(b);
                }
            }
        }
        Ok(())
    }

    fn unread(&self, inode: InodeId, error: &io::Error) -> Notice {
        let node = self.inode(inode).map_or(NodeId::ROOT, |inode| inode.node);
        let path = self.path(node);
        let path = crate::escape::escape(&path, crate::escape::Target::Terminal);
        Notice::error(
            path.into_owned(),
            format!("its versions could not be compared: {error}; they count as different"),
        )
    }
}
