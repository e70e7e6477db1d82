//! `extract`: files of an image, written to a folder of the user.

#![allow(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    reason = "this module and its folder write files of the user"
)]

mod folder;

use super::commands::{Commands, Told};
use super::files::file_error;
use super::{Failure, Files, Outcome};
use crate::bytes::Cancel;
use crate::cli::{ExtractArgs, Verify};
use crate::escape::{Target, escape};
use crate::listing::{Chunk, Content, Entry, EntryKind};
use crate::notice::counted;
use crate::progress::{Observer, Progress};
use crate::report;
use crate::tree::{Filter, InodeId, Item};
use folder::Folder;
use hashbrown::HashMap;
use std::fs::File;
use std::io::{self, Seek as _, SeekFrom, Write as _};
use std::path::Path;

/// How many of the paths that are left out are named.
const NAMED: usize = 5;

impl Files {
    /// Writes what is at some paths to a folder, which is made if it is not there. What is there already is replaced
    /// only if `replace` says so.
    pub(super) fn write(
        &self,
        items: &[Item],
        to: &Path,
        replace: bool,
        observer: &dyn Observer,
        cancel: &Cancel,
    ) -> io::Result<Written> {
        Ok(write(self, items, Folder::open(to, replace)?, observer, cancel))
    }
}

/// What was written and what was not.
#[derive(Debug, Default)]
pub(super) struct Written {
    files: u64,
    bytes: u64,
    directories: u64,
    links: u64,
    /// Devices and pipes, which are left out.
    special: Vec<Vec<u8>>,
    pub(super) failed: Vec<(Vec<u8>, io::Error)>,
}

impl Commands<'_> {
    pub(super) fn extract(&mut self, args: &ExtractArgs) -> Result<Outcome, Failure> {
        // A slip is said before an image is read.
        let filter = args.filter.as_deref().map(Filter::parse).transpose()?;
        let loaded = self.load(self.input(&args.image), Verify::Off)?;
        let (items, unread) = self.items(&loaded, &args.paths, args.version, filter)?;
        let (files, cancel) = (loaded.files(), Cancel::default());
        let written = self.watched(|observer| files.write(&items, &args.to, args.force, observer, &cancel));
        let written = written.map_err(|error| file_error(&args.to, error))?;
        for (path, error) in &written.failed {
            let path = escape(path, Target::Terminal);
            self.message(&match error.kind() {
                io::ErrorKind::AlreadyExists => format!("{path}: is there already; --force replaces it"),
                _ => format!("{path}: {error}"),
            });
        }
        let folder = args.to.display().to_string();
        writeln!(self.out, "{}", written.summary(&folder)).map_err(Failure::Output)?;
        let ended = self.end(&loaded.reading(), Told::No)?;
        Ok(self.tell_more(&unread, if written.failed.is_empty() { ended } else { Outcome::Incomplete }))
    }
}

impl Written {
    /// The file that has these names could not be read or written.
    fn none_of(&mut self, names: &[&[u8]], error: &io::Error) {
        self.failed.extend(names.iter().map(|name| (name.to_vec(), io::Error::new(error.kind(), error.to_string()))));
    }

    /// How much was written, in one sentence.
    pub(super) fn summary(&self, folder: &str) -> String {
        let files = counted(self.files, "file");
        let directories = counted(self.directories, "directory");
        let links = counted(self.links, "link");
        let folder = escape(folder.as_bytes(), Target::Terminal);
        let special = match self.special.len() as u64 {
            0 => String::new(),
            number => {
                let named = self.special.iter().take(NAMED).map(|path| escape(path, Target::Terminal));
                let named = named.collect::<Vec<_>>().join(", ");
                let more = number.checked_sub(NAMED as u64).filter(|more| *more > 0);
                let more = more.map_or_else(String::new, |more| format!(" and {more} more"));
                let kinds = if number == 1 { "device or pipe" } else { "devices and pipes" };
                format!("; left out {number} {kinds}: {named}{more}")
            }
        };
        let size = report::human(self.bytes, report::Units::Si);
        format!("Wrote {files} ({size}), {directories} and {links} to {folder}{special}")
    }
}

fn write(files: &Files, items: &[Item], mut folder: Folder, observer: &dyn Observer, cancel: &Cancel) -> Written {
    let tree = &files.tree;
    let mut written = Written::default();
    let mut made: Vec<&Item> = Vec::new();
    // All names of each file, the first in the order of the paths.
    let mut names: HashMap<InodeId, Vec<&[u8]>> = HashMap::new();
    for item in items {
        let Item { path, inode, .. } = item;
        let found = inode.and_then(|inode| Some((inode, tree.entry(inode)?)));
        let done = match found.map(|(inode, entry)| (inode, entry.kind, entry.mtime)) {
            None | Some((_, EntryKind::Directory, _)) => folder.directory(path).map(|is_new| {
                written.directories += u64::from(is_new);
                made.extend(Some(item).filter(|_| is_new));
            }),
            Some((inode, EntryKind::Symlink, time)) => {
                folder.symlink(path, tree.link(inode), time).map(|()| written.links += 1)
            }
            Some((inode, EntryKind::File, _)) => {
                names.entry(inode).or_default().push(path);
                Ok(())
            }
            Some(_) => {
                written.special.push(path.clone());
                Ok(())
            }
        };
        written.failed.extend(done.err().map(|error| (path.clone(), error)));
    }
    let total = names.keys().filter_map(|inode| tree.file_size(*inode)).sum();
    let mut before = 0;
    // In the order of the layers.
    files.visit(names.keys().copied().collect(), observer, cancel, &mut |inode, content| {
        let (Some(names), Some(entry)) = (names.get(&inode), tree.entry(inode)) else { return };
        match content {
            Ok(content) => {
                let mut tell = |bytes| observer.progress(Progress::Writing { written: before + bytes, total });
                file(content, entry, names, &mut folder, &mut written, &mut tell);
                before += entry.size;
            }
            Err(error) => written.none_of(names, &error),
        }
    });
    // The deepest first: a directory may not be writable afterwards.
    for Item { path, inode, .. } in made.into_iter().rev() {
        let entry = inode.and_then(|inode| tree.entry(inode));
        let permissions = entry.map_or(0o755, |entry| entry.mode.into());
        let done = folder.finish(path, permissions, entry.map(|entry| entry.mtime));
        written.failed.extend(done.err().map(|error| (path.clone(), error)));
    }
    written
}

/// Writes a file under the first of its names that is free, and gives it the others: what was there before under one of
/// them is not this file, and no other name may lead to it.
fn file(
    content: &mut Content,
    entry: Entry<'_>,
    names: &[&[u8]],
    folder: &mut Folder,
    written: &mut Written,
    tell: &mut dyn FnMut(u64),
) {
    let mut names = names.iter();
    let made = names.by_ref().find_map(|name| match folder.file(name) {
        Ok(file) => Some((*name, file)),
        Err(error) => {
            written.failed.push((name.to_vec(), error));
            None
        }
    });
    let Some((first, mut file)) = made else { return };
    let done = copy(content, &mut file, tell).and_then(|bytes| {
        Folder::seal(&file, entry.mode.into(), entry.mtime)?;
        Ok(bytes)
    });
    match done {
        Ok(bytes) => {
            written.files += 1;
            written.bytes += bytes;
        }
        Err(error) => {
            // A part of a file would look like all of it.
            let gone = folder.remove(first);
            written.none_of(&[first], &error);
            written.failed.extend(gone.err().map(|error| (first.to_vec(), error)));
            return written.none_of(names.as_slice(), &error);
        }
    }
    for name in names {
        let done = folder.hard_link(name, first).map(|()| written.files += 1);
        written.failed.extend(done.err().map(|error| (name.to_vec(), error)));
    }
}

/// Writes a content; holes stay holes. Gives back how long the file is, and tells how long it is so far.
fn copy(content: &mut Content, file: &mut File, tell: &mut dyn FnMut(u64)) -> io::Result<u64> {
    let mut length = 0_u64;
    loop {
        let step = match content.peek()? {
            Chunk::End => break,
            Chunk::Hole(count) => {
                file.seek(SeekFrom::Start(length.saturating_add(count)))?;
                count
            }
            Chunk::Data(bytes) => {
                file.write_all(bytes)?;
                bytes.len() as u64
            }
        };
        content.advance(step);
        length = length.saturating_add(step);
        tell(length);
    }
    file.set_len(length)?;
    Ok(length)
}
