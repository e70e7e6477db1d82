//! DUPLICATES: files of the final tree with the same content. They are no waste, for each of them can be reached; but
//! one copy, or hard links, would do.

use super::live::{LiveFile, live_files};
use crate::bytes::is_cancelled;
use crate::escape::{Target, escape};
use crate::notice::{Notice, counted, first_few};
use crate::progress::{Observer, Progress};
use crate::tree::{Contents, Tree};
use hashbrown::HashMap;
use std::cmp::Reverse;
use std::io;
use std::ops::Range;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

/// Files with one content.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DuplicateGroup {
    /// The size of each of them.
    pub bytes: u64,
    /// The files, two or more of them, in the byte order of their paths.
    pub files: Vec<LiveFile>,
}

impl DuplicateGroup {
    /// The bytes that one copy instead of all would save.
    pub fn saving(&self) -> u64 {
        self.bytes * (self.files.len() as u64).saturating_sub(1)
    }
}

/// All files of the final tree whose content another one has, too.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Duplicates {
    /// What saves most first, then larger files first, then by path.
    pub groups: Vec<DuplicateGroup>,
    /// What could not be read; such files are in no group.
    pub notices: Vec<Notice>,
}

impl Duplicates {
    /// Finds them, on `threads` threads. Only files of a size that another one has are looked at, and only those are
    /// read that left no fingerprint when their layer passed. Files that all come from tables of contents are
    /// compared by the digests there. `observer` is told how much was read. An error is that somebody cancelled.
    pub fn find<C: Contents>(tree: &Tree, contents: &C, threads: usize, observer: &dyn Observer) -> io::Result<Self> {
        let files = live_files(tree);
        let candidates = candidates(&files);
        let mut known = HashMap::new();
        let mut unknown = Vec::new();
        for same_size in &candidates {
            let file = |index: &usize| Some((*index, *files.get(*index)?));
            let claims: Option<Vec<_>> = same_size
                .iter()
                .map(|index| Some((*index, Identity::Claimed(digest(tree, files.get(*index)?)?))))
                .collect();
            match claims {
                Some(claims) => known.extend(claims),
                None => unknown.extend(same_size.iter().filter_map(file)),
            }
        }
        let (read, failed) = Work::of(tree, unknown).read(tree, contents, threads, observer)?;
        known.extend(read);
        let mut groups = Vec::new();
        for same_size in candidates {
            let mut alike: HashMap<Identity, Vec<usize>> = HashMap::new();
            for index in same_size {
                if let Some(identity) = known.get(&index) {
                    alike.entry(*identity).or_default().push(index);
                }
            }
            groups.extend(alike.into_values().filter(|alike| alike.len() > 1));
        }
        let group = |alike: Vec<usize>| {
            let files: Vec<_> = alike.iter().filter_map(|index| files.get(*index).copied()).collect();
            DuplicateGroup { bytes: files.first().map_or(0, |file| file.bytes), files }
        };
        // By path first, which the numbers of the files stand for.
        groups.sort_unstable();
        let mut groups: Vec<_> = groups.into_iter().map(group).collect();
        groups.sort_by_key(|group| (Reverse(group.saving()), Reverse(group.bytes)));
        let failed: Vec<_> = failed.into_iter().filter_map(|(index, why)| Some((*files.get(index)?, why))).collect();
        Ok(Self { groups, notices: notices(tree, &failed) })
    }

    /// The bytes that one copy of each content would save.
    pub fn saving(&self) -> u64 {
        self.groups.iter().map(DuplicateGroup::saving).sum()
    }
}

/// What two files have in common if their contents are equal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Identity {
    /// The fingerprint.
    Read(u128),
    /// The digest that a table of contents claims.
    Claimed([u8; 32]),
}

fn digest(tree: &Tree, file: &LiveFile) -> Option<[u8; 32]> {
    tree.entry(file.inode)?.digest()
}

/// The numbers of the files of each size that several have, in their order. Empty files save nothing.
fn candidates(files: &[LiveFile]) -> Vec<Vec<usize>> {
    let mut by_size: Vec<(u64, usize)> =
        files.iter().enumerate().map(|(index, file)| (file.bytes, index)).filter(|(bytes, _)| *bytes > 0).collect();
    by_size.sort_unstable();
    let several = by_size.chunk_by(|a, b| a.0 == b.0).filter(|same| same.len() > 1);
    several.map(|same| same.iter().map(|(_, index)| *index).collect()).collect()
}

/// How many files one thread takes at a time: their contents lie side by side.
const BATCH: usize = 32;

/// The files whose fingerprints are asked for.
#[derive(Debug)]
struct Work {
    /// With their numbers, in the order of the layers and of each tar.
    order: Vec<(usize, LiveFile)>,
    /// Bytes that will be read.
    bytes: u64,
}

/// What was found of files by their numbers, and why nothing was.
type Found = (HashMap<usize, Identity>, Vec<(usize, String)>);

impl Work {
    fn of(tree: &Tree, mut order: Vec<(usize, LiveFile)>) -> Self {
        order.sort_by_cached_key(|(index, file)| {
            (file.layer, tree.entry(file.inode).map(|entry| entry.data_offset), *index)
        });
        let bytes = order.iter().map(|(_, file)| to_read(tree, file)).sum();
        Self { order, bytes }
    }

    fn batch(&self, index: usize) -> Option<Range<usize>> {
        let start = index.checked_mul(BATCH).filter(|start| *start < self.order.len())?;
        Some(start..self.order.len().min(start + BATCH))
    }

    fn read<C: Contents>(
        &self,
        tree: &Tree,
        contents: &C,
        threads: usize,
        observer: &dyn Observer,
    ) -> io::Result<Found> {
        let (next, passed) = (AtomicUsize::new(0), AtomicU64::new(0));
        let found: Mutex<Found> = Mutex::default();
        let cancelled: Mutex<Option<io::Error>> = Mutex::default();
        let lock = || found.lock().unwrap_or_else(PoisonError::into_inner);
        std::thread::scope(|scope| {
            for _ in 0..threads.clamp(1, self.order.len().div_ceil(BATCH).max(1)) {
                scope.spawn(|| {
                    let mut contents = contents.clone();
                    while let Some(batch) = self.batch(next.fetch_add(1, Ordering::Relaxed)) {
                        for (index, file) in self.order.get(batch).unwrap_or_default() {
                            match contents.fingerprint(tree, file.inode) {
                                Ok(fingerprint) => drop(lock().0.insert(*index, Identity::Read(fingerprint))),
                                Err(error) if is_cancelled(&error) => {
                                    *cancelled.lock().unwrap_or_else(PoisonError::into_inner) = Some(error);
                                    return;
                                }
                                Err(error) => lock().1.push((*index, error.to_string())),
                            }
                            let read = to_read(tree, file);
                            let passed = passed.fetch_add(read, Ordering::Relaxed) + read;
                            observer.progress(Progress::Comparing { read: passed, total: self.bytes });
                        }
                    }
                });
            }
        });
        if let Some(error) = cancelled.into_inner().unwrap_or_else(PoisonError::into_inner) {
            return Err(error);
        }
        let mut found = found.into_inner().unwrap_or_else(PoisonError::into_inner);
        found.1.sort_unstable();
        Ok(found)
    }
}

/// Bytes that have to be read for the fingerprint of a file.
fn to_read(tree: &Tree, file: &LiveFile) -> u64 {
    tree.entry(file.inode).filter(|entry| entry.fingerprint().is_none()).map_or(0, |entry| entry.stored())
}

fn notices(tree: &Tree, failed: &[(LiveFile, String)]) -> Vec<Notice> {
    let one = |(file, why): &(LiveFile, String)| {
        let path = escape(&tree.path(file.node), Target::Terminal).into_owned();
        Notice::error(path, format!("could not be compared: {why}; it counts as no duplicate"))
    };
    let rest = |more| {
        let files = counted(more, "more file");
        Notice::error("image", format!("could not be compared, and count as no duplicates: {files}"))
    };
    first_few(failed, one, rest)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bytes::Cancel;
    use crate::listing::testing::listing;
    use crate::progress::Silent;
    use crate::tree::testing::{Fills, line};
    use crate::tree::{InodeId, Question, Stack};
    use proptest::prelude::*;
    use std::collections::{BTreeMap, BTreeSet};

    fn tree<S: AsRef<str>>(layers: &[Vec<S>]) -> Tree {
        let mut stack = Stack::new();
        for layer in layers {
            stack.push(listing(&layer.iter().map(AsRef::as_ref).collect::<Vec<_>>()));
        }
        stack.finish()
    }

    /// Saving, size and paths of each group.
    fn groups(tree: &Tree, duplicates: &Duplicates) -> Vec<(u64, u64, Vec<String>)> {
        let path = |file: &LiveFile| format!("{} {}", file.layer, String::from_utf8(tree.path(file.node)).unwrap());
        let group = |group: &DuplicateGroup| (group.saving(), group.bytes, group.files.iter().map(path).collect());
        duplicates.groups.iter().map(group).collect()
    }

    fn owned(groups: &[(u64, u64, &[&str])]) -> Vec<(u64, u64, Vec<String>)> {
        let texts = |paths: &[&str]| paths.iter().map(|path| (*path).to_owned()).collect();
        groups.iter().map(|(saving, bytes, paths)| (*saving, *bytes, texts(paths))).collect()
    }

    #[test]
    fn equal_contents_at_different_paths_are_grouped() {
        let tree = tree(&[
            vec!["f b 10 x", "f a 10 x", "f c 10 y", "h a2 a", "f e 0 x", "f f 0 x", "f s/one 30 z", "f gone 10 x"],
            vec!["f d 10 x", "f s/two 30 z", "f .wh.gone 0", "f t 20 y", "f u 20 y", "l link a"],
        ]);
        let found = Duplicates::find(&tree, &Fills, 3, &Silent).unwrap();
        let expected =
            owned(&[(30, 30, &["0 s/one", "1 s/two"]), (20, 20, &["1 t", "1 u"]), (20, 10, &["0 a", "0 b", "1 d"])]);
        assert_eq!(groups(&tree, &found), expected);
        assert_eq!((found.saving(), found.notices), (70, Vec::new()));
    }

    #[test]
    fn digests_of_tables_are_believed_among_themselves_alone() {
        // The fixture has no fingerprint where it has a digest, so that whoever is asked for one fails.
        let tree = tree(&[vec!["f a 10 x =", "f b 10 x =", "f d 20 x", "f e 20 x", "f c 20 x ="]]);
        let found = Duplicates::find(&tree, &Fills, 1, &Silent).unwrap();
        assert_eq!(groups(&tree, &found), owned(&[(20, 20, &["0 d", "0 e"]), (10, 10, &["0 a", "0 b"])]));
        let notices: Vec<_> = found.notices.iter().map(ToString::to_string).collect();
        assert_eq!(notices, ["error: c: could not be compared: entity not found; it counts as no duplicate"]);
    }

    /// Whoever asks has cancelled by then.
    #[derive(Debug, Clone)]
    struct GivenUp(Cancel);

    impl Contents for GivenUp {
        fn same(&mut self, _tree: &Tree, _question: Question) -> io::Result<bool> {
            self.0.cancel();
            self.0.check().map(|()| false)
        }

        fn fingerprint(&mut self, _tree: &Tree, _inode: InodeId) -> io::Result<u128> {
            self.0.cancel();
            self.0.check().map(|()| 0)
        }
    }

    #[test]
    fn whoever_cancels_gets_no_answer() {
        let tree = tree(&[vec!["f a 10 x", "f b 10 x"]]);
        let error = Duplicates::find(&tree, &GivenUp(Cancel::default()), 2, &Silent).unwrap_err();
        assert!(is_cancelled(&error));
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 256, ..ProptestConfig::default() })]

        /// The same groups as if every live file were compared with every other.
        #[test]
        fn duplicates_are_what_comparing_all_with_all_finds(
            layers in prop::collection::vec(prop::collection::vec(line(), 0..12), 1..5)
        ) {
            let tree = tree(&layers);
            let found = Duplicates::find(&tree, &Fills, 2, &Silent).unwrap();
            let mut names: BTreeMap<InodeId, Vec<u8>> = BTreeMap::new();
            for node in tree.nodes() {
                if let Some(crate::tree::Occupant::Inode(inode)) = tree.final_state(node)
                    && tree.file_size(inode).is_some_and(|bytes| bytes > 0)
                {
                    let path = tree.path(node);
                    names.entry(inode).and_modify(|known| *known = path.clone().min(known.clone())).or_insert(path);
                }
            }
            let content = |inode: InodeId| (tree.file_size(inode), tree.entry(inode).unwrap().fingerprint());
            let expected: BTreeSet<BTreeSet<&[u8]>> = names
                .keys()
                .map(|a| names.iter().filter(|(b, _)| content(*a) == content(**b)).map(|(_, path)| &**path).collect())
                .filter(|group: &BTreeSet<_>| group.len() > 1)
                .collect();
            let paths: Vec<Vec<Vec<u8>>> =
                found.groups.iter().map(|group| group.files.iter().map(|file| tree.path(file.node)).collect()).collect();
            let sets: BTreeSet<BTreeSet<&[u8]>> =
                paths.iter().map(|group| group.iter().map(Vec::as_slice).collect()).collect();
            prop_assert_eq!(sets, expected);
            prop_assert_eq!(paths.len(), found.groups.len());
            prop_assert!(paths.iter().all(|group| group.is_sorted()));
            let order = found.groups.iter().zip(&paths).map(|(group, paths)| {
                (Reverse(group.saving()), Reverse(group.bytes), paths.first().cloned())
            });
            prop_assert!(order.is_sorted());
        }
    }
}
