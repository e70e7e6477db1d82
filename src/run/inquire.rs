//! What filters ask of contents, found out by reading files.

use super::Files;
use super::compare::find;
use crate::analysis::Elf;
use crate::bytes::Cancel;
use crate::escape::{Target, escape};
use crate::notice::{Notice, Severity};
use crate::progress::{Observer, Progress, Silent};
use crate::tree::{Answer, Answers, Filter, Grep, InodeId, Inquiry};
use std::io::{self, Read};
use std::sync::{Arc, Mutex, PoisonError};

/// How often somebody hears what is known so far: after each such part of the bytes, if that is not next to nothing.
const PARTS: u64 = 32;

/// Bytes that are next to nothing.
const LITTLE: u64 = 1 << 20;

/// Files of one layer that a thread takes at once, where it does not have to pass over what lies between.
const PORTION: usize = 128;

/// Who hears what is known to an inquiry so far.
pub(super) type Hear<'a> = &'a (dyn Fn(&Inquiry, Arc<Answer>) + Sync);

/// What is known of the files that were read so far.
struct Heard {
    answer: Answer,
    /// Their bytes.
    read: u64,
    /// Those that could not be read.
    failed: Vec<(InodeId, io::Error)>,
}

impl Files {
    /// Finds out everything that a filter asks of contents and that `answers` does not know. Returns what could not be
    /// read: such a file matches nothing. Ends early if it is cancelled.
    pub(super) fn find_out(
        &self,
        filter: &Filter,
        answers: &mut Answers,
        hear: Hear<'_>,
        observer: &dyn Observer,
        cancel: &Cancel,
    ) -> Vec<Notice> {
        let mut unread = Vec::new();
        let mut filter = filter.told(answers);
        while let Some((inquiry, inodes)) = filter.open_inquiry(&self.tree) {
            let size = |inode: InodeId| self.tree.file_size(inode).unwrap_or(0);
            let total: u64 = inodes.iter().map(|inode| size(*inode)).sum();
            let step = (total / PARTS).max(LITTLE);
            let answer = answers.to(&inquiry).map_or_else(|| Answer::none(&self.tree), |answer| (**answer).clone());
            let heard = Mutex::new(Heard { answer, read: 0, failed: Vec::new() });
            self.inquire(&inquiry, inodes, cancel, &|inode, found| {
                let mut heard = heard.lock().unwrap_or_else(PoisonError::into_inner);
                heard.answer.say(inode, matches!(found, Ok(true)));
                heard.failed.extend(found.err().map(|error| (inode, error)));
                let before = heard.read;
                heard.read += size(inode);
                observer.progress(Progress::Searching { read: heard.read, total });
                if before / step < heard.read / step {
                    hear(&inquiry, Arc::new(heard.answer.clone()));
                }
            });
            let Heard { answer, failed, .. } = heard.into_inner().unwrap_or_else(PoisonError::into_inner);
            let answer = Arc::new(answer);
            hear(&inquiry, Arc::clone(&answer));
            answers.take(inquiry, answer);
            unread.extend(failed);
            if cancel.is_cancelled() {
                break;
            }
            filter = filter.told(answers);
        }
        unread.sort_by_key(|(inode, _)| *inode);
        unread.iter().map(|(inode, error)| self.unread(*inode, error)).collect()
    }

    fn unread(&self, inode: InodeId, error: &io::Error) -> Notice {
        let path = self.tree.inode(inode).map_or_else(Vec::new, |inode| self.tree.path(inode.node));
        let layer = self.tree.inode(inode).map_or(0, |inode| inode.layer.0);
        let part = format!("layer {layer}: {}", escape(&path, Target::Terminal));
        let message = format!("its content could not be looked through: {error}");
        Notice { severity: Severity::Error, part, message }
    }

    /// Asks it of the contents of files, on all processors. `told` hears of each file once, from several threads; nothing
    /// more once it is cancelled.
    fn inquire(
        &self,
        inquiry: &Inquiry,
        inodes: Vec<InodeId>,
        cancel: &Cancel,
        told: &(dyn Fn(InodeId, io::Result<bool>) + Sync),
    ) {
        let portions = Mutex::new(self.portions(inodes).into_iter());
        let next = || portions.lock().unwrap_or_else(PoisonError::into_inner).next();
        let work = || {
            let mut ask = asking(inquiry);
            while let Some(portion) = next() {
                self.visit(portion, &Silent, cancel, &mut |inode, content| {
                    let found = content.and_then(&mut ask);
                    if !cancel.is_cancelled() {
                        told(inode, found);
                    }
                });
            }
        };
        let threads = std::thread::available_parallelism().map_or(1, usize::from);
        std::thread::scope(|scope| {
            for _ in 0..threads {
                scope.spawn(work);
            }
        });
    }

    /// Divides files into portions that can be read side by side: those of a compressed layer are read in one pass.
    fn portions(&self, mut inodes: Vec<InodeId>) -> Vec<Vec<InodeId>> {
        let place = |inode: &InodeId| {
            let offset = self.tree.entry(*inode).map(|entry| entry.data_offset);
            (self.tree.inode(*inode).map(|inode| inode.layer), offset)
        };
        inodes.sort_by_cached_key(place);
        let mut portions = Vec::new();
        for layer in inodes.chunk_by(|a, b| place(a).0 == place(b).0) {
            let is_plain = layer.first().is_some_and(|inode| {
                find(&self.image, &self.tars, &self.tree, *inode).is_ok_and(|(tar, _)| tar.plain().is_some())
            });
            let size = if is_plain { PORTION } else { layer.len() };
            portions.extend(layer.chunks(size).map(<[InodeId]>::to_vec));
        }
        // What takes longest comes first.
        portions.sort_by_key(|portion| std::cmp::Reverse(portion.len()));
        portions
    }
}

/// What asks it of one content after the other.
fn asking<R: Read>(inquiry: &Inquiry) -> impl FnMut(&mut R) -> io::Result<bool> + use<R> {
    let mut grep = match inquiry {
        Inquiry::Has(needle) => Some(Grep::of(needle.clone())),
        Inquiry::Elf => None,
    };
    move |content| match &mut grep {
        Some(grep) => grep.finds(content),
        None => is_elf(content),
    }
}

fn is_elf(content: &mut impl Read) -> io::Result<bool> {
    let mut start = [0; Elf::MAGIC.len()];
    match content.read_exact(&mut start) {
        Ok(()) => Ok(start == Elf::MAGIC),
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Ok(false),
        Err(error) => Err(error),
    }
}
