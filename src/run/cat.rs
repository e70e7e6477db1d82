//! `cat`: contents of files of an image.

use super::commands::{Commands, Told};
use super::contents::Contents;
use super::paths::{file, shown};
use super::{Failure, Files, Outcome};
use crate::bytes::Cancel;
use crate::cli::{CatArgs, Verify};
use crate::listing::{Content, EntryKind};
use crate::tree::{Filter, InodeId};
use std::io::{self, Read as _, Write};

/// Bytes of small files that are held until those in front of them have been written.
const HELD: u64 = 64 << 20;

/// A path and the file that is there.
type Named = (Vec<u8>, InodeId);

impl Commands<'_> {
    pub(super) fn cat(&mut self, args: &CatArgs) -> Result<Outcome, Failure> {
        // A slip is said before an image is read.
        let filter = args.filter.as_deref().map(Filter::parse).transpose()?;
        let loaded = self.load(self.input(&args.image), Verify::Off)?;
        let (named, unread) = if filter.is_some() {
            let (items, unread) = self.items(&loaded, &args.paths, args.version, filter)?;
            let is_file =
                |inode: &InodeId| loaded.tree.entry(*inode).is_some_and(|entry| entry.kind == EntryKind::File);
            let found = items.into_iter().filter_map(|item| Some((item.path, item.inode.filter(is_file)?)));
            (found.collect(), unread)
        } else {
            let named = |path: &String| Ok((path.clone().into_bytes(), file(&loaded, path.as_bytes(), args.version)?));
            let found = args.paths.iter().map(named);
            (found.collect::<Result<Vec<Named>, Failure>>()?, Vec::new())
        };
        let is_whole = self.write_contents(&loaded.files(), &named)?;
        let ended = self.end(&loaded.reading(), Told::No)?;
        Ok(self.tell_more(&unread, if is_whole { ended } else { Outcome::Incomplete }))
    }

    /// Writes one content after the other. What cannot be read is told and passed over; gives back whether all could.
    fn write_contents(&mut self, files: &Files, named: &[Named]) -> Result<bool, Failure> {
        let (mut is_whole, cancel) = (true, Cancel::default());
        for batch in batches(named, |(_, inode)| files.tree.file_size(*inode).unwrap_or(0)) {
            // Contents are stored in another order than their paths have, and to go back in a compressed layer is to read
            // it anew: so it is gone through once for many of them.
            let held = match batch {
                [] | [_] => Contents::new(),
                many => {
                    let inodes = many.iter().map(|(_, inode)| *inode).collect();
                    self.watched(|observer| files.read_all(inodes, observer, &cancel))
                }
            };
            for (path, inode) in batch {
                let no = |error: String| Failure::Path { path: shown(path), reason: error };
                let written = match held.get(inode) {
                    Some(Ok(bytes)) => self.out.write_all(bytes).map_err(Failure::Output),
                    Some(Err(error)) => Err(no(error.to_string())),
                    None => {
                        let content = self.watched(|observer| files.content(*inode, observer, &cancel));
                        copy(content, &no, self.out)
                    }
                };
                match written {
                    Err(failure @ Failure::Path { .. }) => {
                        self.message(&failure.to_string());
                        is_whole = false;
                    }
                    other => other?,
                }
            }
        }
        Ok(is_whole)
    }
}

/// What follows each other and is held together, or one thing that is too large for that.
fn batches<T>(all: &[T], size: impl Fn(&T) -> u64) -> impl Iterator<Item = &[T]> {
    let mut held = 0_u64;
    all.chunk_by(move |before, next| {
        held = held.saturating_add(size(before));
        let fits = held.saturating_add(size(next)) <= HELD;
        held = if fits { held } else { 0 };
        fits
    })
}

/// Writes the content of a file of the image.
fn copy(content: io::Result<Content>, no: &dyn Fn(String) -> Failure, out: &mut dyn Write) -> Result<(), Failure> {
    let mut reader = content.map_err(|error| no(error.to_string()))?.reader();
    let mut buffer = vec![0; 128 << 10];
    loop {
        let count = reader.read(&mut buffer).map_err(|error| no(error.to_string()))?;
        if count == 0 {
            return Ok(());
        }
        out.write_all(buffer.get(..count).unwrap_or_default()).map_err(Failure::Output)?;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn small_files_are_held_together_and_large_ones_are_not() {
        for (sizes, expected) in [
            (&[][..], &[][..]),
            (&[1], &[1]),
            (&[1, 2, 3], &[3]),
            (&[HELD / 2, HELD / 2, 1], &[2, 1]),
            (&[1, HELD, 1, 1], &[1, 1, 2]),
            (&[u64::MAX, u64::MAX, 0], &[1, 1, 1]),
            (&[HELD - 1, 1, 0, 1, HELD - 1, 1], &[3, 2, 1]),
        ] {
            let lengths: Vec<usize> = batches(sizes, |size| *size).map(<[_]>::len).collect();
            assert_eq!(lengths, expected, "{sizes:?}");
        }
    }
}
