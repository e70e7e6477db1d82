//! Which versions of a path have the same content. It has to be known only for paths that several layers wrote with
//! the same size; nothing else is ever read for it.

use super::{EventKind, InodeId, NodeId, Tree};
use crate::listing::{EntryKind, Listing};
use crate::notice::{Notice, counted, first_few};
use hashbrown::HashMap;
use hashbrown::hash_map::Entry;
use std::hash::Hash;
use std::io;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

/// Two inodes of one path and of one size, whose contents have to be compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Question {
    /// The older one.
    pub a: InodeId,
    /// The newer one.
    pub b: InodeId,
}

/// A file that was once written at a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Version {
    size: u64,
    place: (*const Listing, u32),
    inode: InodeId,
}

/// How many groups one thread takes at a time.
const BATCH: usize = 32;

/// Groups of inodes, one after the other.
#[derive(Debug, Default)]
struct Groups {
    inodes: Vec<InodeId>,
    /// Where each group ends.
    ends: Vec<usize>,
}

impl Groups {
    fn len(&self) -> usize {
        self.ends.len()
    }

    fn push(&mut self, group: impl Iterator<Item = InodeId>) {
        self.inodes.extend(group);
        self.ends.push(self.inodes.len());
    }

    /// The numbers of the groups that one thread takes together: their contents lie side by side.
    fn batch(&self, index: usize) -> Option<std::ops::Range<usize>> {
        let start = index.checked_mul(BATCH).filter(|start| *start < self.len())?;
        Some(start..self.len().min(start + BATCH))
    }

    fn get(&self, index: usize) -> Option<&[InodeId]> {
        let start = index.checked_sub(1).and_then(|before| self.ends.get(before)).copied().unwrap_or(0);
        self.inodes.get(start..*self.ends.get(index)?)
    }
}

/// Fingerprints, or why there are none, of files with several names: each is read once, not once for each name.
#[derive(Debug, Default)]
struct Known(Mutex<HashMap<InodeId, Told>>);

/// A fingerprint, or why there is none, that can be told several times.
type Told = Result<u128, (io::ErrorKind, String)>;

impl Known {
    fn get_or_read(&self, inode: InodeId, read: impl FnOnce() -> io::Result<u128>) -> io::Result<u128> {
        let known = || self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let found = known().get(&inode).cloned();
        let found = found.unwrap_or_else(|| {
            let read = read().map_err(|error| (error.kind(), error.to_string()));
            known().insert(inode, read.clone());
            read
        });
        found.map_err(|(kind, message)| io::Error::new(kind, message))
    }
}

/// Whoever can compare contents. Each thread has its own clone.
pub trait Contents: Clone + Send + Sync {
    /// Whether the contents of two files are equal, byte for byte.
    fn same(&mut self, tree: &Tree, question: Question) -> io::Result<bool>;

    /// A fingerprint of a content: equal ones for equal contents, different ones for different contents.
    fn fingerprint(&mut self, tree: &Tree, inode: InodeId) -> io::Result<u128>;
}

impl Tree {
    /// Finds out which versions of each path have the same content, on `threads` threads. Contents that cannot be
    /// read count as different, with a notice.
    pub fn identify<C: Contents>(&mut self, contents: &C, threads: usize) {
        let (groups, same_place) = self.groups();
        let next = AtomicUsize::new(0);
        let found: Mutex<(Vec<Question>, Vec<Notice>)> = Mutex::default();
        let known = Known::default();
        let tree = &*self;
        std::thread::scope(|scope| {
            for _ in 0..threads.clamp(1, groups.len().max(1)) {
                scope.spawn(|| {
                    let mut contents = contents.clone();
                    let (mut equal, mut notices) = (Vec::new(), Vec::new());
                    while let Some(batch) = groups.batch(next.fetch_add(1, Ordering::Relaxed)) {
                        for group in batch.filter_map(|index| groups.get(index)) {
                            let result = tree.compare(group, &mut contents, &known, &mut equal);
                            notices.extend(result.err().and_then(|error| Some(tree.unread(*group.last()?, &error))));
                        }
                    }
                    let Ok(mut found) = found.lock() else { return };
                    found.0.append(&mut equal);
                    found.1.append(&mut notices);
                });
            }
        });
        let (mut equal, mut notices) = found.into_inner().unwrap_or_default();
        equal.extend(same_place);
        // Threads finish in any order; the result must not depend on it.
        equal.sort_unstable();
        notices.sort_by(|a, b| a.part.cmp(&b.part));
        let rest = |more| {
            let paths = counted(more, "more path");
            Notice::error("image", format!("versions that could not be compared count as different: those of {paths}"))
        };
        let mut notices = first_few(&notices, Notice::clone, rest);
        self.inodes.unite_all(equal.into_iter().map(|Question { a, b }| (a, b)));
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
    fn groups(&self) -> (Groups, Vec<Question>) {
        let mut groups = Groups::default();
        let mut same_place = Vec::new();
        let mut versions = Vec::new();
        let mut distinct = Vec::new();
        for node in self.nodes().filter(|node| self.has_several_events(*node)) {
            versions.clear();
            versions.extend(self.versions(node));
            if versions.len() < 2 {
                continue;
            }
            versions.sort_unstable();
            versions.dedup();
            distinct.clear();
            for same in versions.chunk_by(|a, b| (a.size, a.place) == (b.size, b.place)) {
                let Some(a) = same.first() else { continue };
                distinct.push((a.size, a.inode));
                same_place.extend(same.iter().skip(1).map(|b| Question { a: a.inode, b: b.inode }));
            }
            distinct.sort_unstable();
            for same_size in distinct.chunk_by(|a, b| a.0 == b.0).filter(|versions| versions.len() > 1) {
                groups.push(same_size.iter().map(|(_, inode)| *inode));
            }
        }
        (groups, same_place)
    }

    /// The files that were ever written at a node; empty ones left out.
    fn versions(&self, node: NodeId) -> impl Iterator<Item = Version> + '_ {
        self.events(node).filter_map(|event| match event.kind {
            EventKind::Written(inode) => {
                let size = self.file_size(inode).filter(|size| *size > 0)?;
                Some(Version { size, place: self.place(inode)?, inode })
            }
            _ => None,
        })
    }

    fn has_several_events(&self, node: NodeId) -> bool {
        self.events(node).nth(1).is_some()
    }

    /// Where the content of an inode is: the same entry of the same listing is the same content.
    fn place(&self, inode: InodeId) -> Option<(*const Listing, u32)> {
        let (layer, entry) = self.inodes.origin(inode)?;
        Some((Arc::as_ptr(self.listing(layer)?), entry))
    }

    /// Compares one group: by their digests if all came from tables of contents. Else two are compared directly, which
    /// may stop at the first difference; more of them, and those that have other paths too, by fingerprint, so that the
    /// work stays linear.
    fn compare(
        &self,
        group: &[InodeId],
        contents: &mut impl Contents,
        known: &Known,
        equal: &mut Vec<Question>,
    ) -> io::Result<()> {
        let digest = |inode: &InodeId| self.entry(*inode).and_then(|entry| entry.digest());
        if let Some(digests) = group.iter().map(digest).collect::<Option<Vec<_>>>() {
            return unite(group.iter().copied().zip(digests.into_iter().map(Ok)), equal);
        }
        let is_shared = |inode: InodeId| self.inode(inode).is_some_and(|inode| inode.shared);
        if let [a, b] = *group
            && !is_shared(a)
            && !is_shared(b)
        {
            let question = Question { a, b };
            if contents.same(self, question)? {
                equal.push(question);
            }
            return Ok(());
        }
        let mut fingerprint = |inode| {
            let read = || contents.fingerprint(self, inode);
            if is_shared(inode) { known.get_or_read(inode, read) } else { contents.fingerprint(self, inode) }
        };
        unite(group.iter().map(|inode| (*inode, fingerprint(*inode))), equal)
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

/// Finds those with the same key.
fn unite<K: Eq + Hash>(
    group: impl Iterator<Item = (InodeId, io::Result<K>)>,
    equal: &mut Vec<Question>,
) -> io::Result<()> {
    // One of each content.
    let mut known: HashMap<K, InodeId> = HashMap::new();
    for (b, key) in group {
        match known.entry(key?) {
            Entry::Occupied(a) => equal.push(Question { a: *a.get(), b }),
            Entry::Vacant(new) => {
                new.insert(b);
            }
        }
    }
    Ok(())
}
