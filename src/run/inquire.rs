//! What filters ask of contents, found out by reading files.

use super::Files;
use super::compare::find;
use crate::analysis::Elf;
use crate::bytes::Cancel;
use crate::escape::{Target, escape};
use crate::notice::{Notice, Severity, counted, first_few};
use crate::progress::{Observer, Progress, Silent};
use crate::tree::{Answer, Answers, Filter, Grep, InodeId, Inquiry};
use std::io::{self, Read};
use std::sync::{Arc, Mutex, PoisonError};

/// How often somebody hears what is known so far: after each such part of the bytes, if that is not next to nothing.
const PARTS: u64 = 32;

/// Bytes that are next to nothing.
const LITTLE: u64 = 1 << 20;

/// Bytes of files that a thread takes at once.
const PORTION: u64 = 32 << 20;

/// Bytes that are decompressed once more so that another thread takes what follows.
const NEAR: u64 = 2 << 20;

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
        let rest =
            |more| Notice::error("contents", format!("{} could not be looked through", counted(more, "more file")));
        first_few(&unread, |(inode, error)| self.unread(*inode, error), rest)
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

    /// Divides files into portions that can be read side by side: what is compressed is divided where a checkpoint is.
    fn portions(&self, inodes: Vec<InodeId>) -> Vec<Vec<InodeId>> {
        let mut placed: Vec<_> = inodes.into_iter().map(|inode| (self.place(inode), inode)).collect();
        placed.sort_unstable();
        let mut portions: Vec<(u64, Vec<InodeId>)> = Vec::new();
        let mut last = None;
        for (place, inode) in placed {
            let origin = place.map(|(origin, _)| origin);
            let goes_on = origin == last && portions.last().is_some_and(|(size, _)| *size < PORTION);
            if !goes_on && (origin != last || self.distance(inode) <= NEAR) {
                portions.push((0, Vec::new()));
            }
            last = origin;
            if let Some((size, portion)) = portions.last_mut() {
                *size += self.tree.file_size(inode).unwrap_or(0);
                portion.push(inode);
            }
        }
        // What takes longest comes first.
        portions.sort_by_key(|(size, _)| std::cmp::Reverse(*size));
        portions.into_iter().map(|(_, portion)| portion).collect()
    }

    /// Bytes that are decompressed before a content is there.
    fn distance(&self, inode: InodeId) -> u64 {
        find(&self.image, &self.tars, &self.tree, inode).map_or(0, |(tar, entry)| tar.distance(entry.data_offset))
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
    // And something behind it.
    let mut start = [0; Elf::MAGIC.len() + 1];
    match content.read_exact(&mut start) {
        Ok(()) => Ok(start.starts_with(&Elf::MAGIC)),
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Ok(false),
        Err(error) => Err(error),
    }
}
