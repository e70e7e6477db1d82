//! Files of the user that are read and written.

#![allow(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    reason = "this module reads and writes the user's files"
)]

use super::{Failure, Loaded};
use crate::report;
use std::fs;
use std::io::{self, Read as _, Write};
use std::path::Path;

/// What some editors put before a text.
const BYTE_ORDER_MARK: char = '\u{feff}';

/// Replaces whatever was in a file of the user by what `write` writes.
pub(super) fn replace(path: &Path, write: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> Result<(), Failure> {
    let written = fs::File::create(path).and_then(|mut file| write(&mut file));
    written.map_err(|source| file_error(path, source))
}

/// Writes a file of the user that is not there yet.
#[cfg(feature = "tui")]
pub(super) fn create(path: &Path, text: &str) -> io::Result<()> {
    fs::File::create_new(path)?.write_all(text.as_bytes())
}

/// Makes the directory that a file is to be in.
#[cfg(feature = "tui")]
pub(super) fn make_parent(path: &Path) -> io::Result<()> {
    path.parent().map_or(Ok(()), fs::create_dir_all)
}

/// Writes dive's JSON, in place of whatever was in the file.
pub(super) fn write_dive_json(loaded: &Loaded, path: &Path) -> Result<(), Failure> {
    replace(path, |out| report::write_dive_json(&loaded.image, &loaded.tree, out))
}

/// Reads a text of the user, without the mark that some editors put at its beginning. `None` if there is no such file.
/// One of more than `most` bytes is an error: a name may lead to a file without an end.
pub(super) fn read_text(path: &Path, most: u64) -> Result<Option<String>, Failure> {
    let mut text = String::new();
    let read = fs::File::open(path).and_then(|file| file.take(most.saturating_add(1)).read_to_string(&mut text));
    match read {
        Ok(_) if text.len() as u64 > most => {
            let message = format!("it has more than {most} bytes, which is more than such a file may have");
            Err(file_error(path, io::Error::new(io::ErrorKind::FileTooLarge, message)))
        }
        Ok(_) => {
            Ok(Some(if text.starts_with(BYTE_ORDER_MARK) { text.split_off(BYTE_ORDER_MARK.len_utf8()) } else { text }))
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(source) => Err(file_error(path, source)),
    }
}

/// The error about a file of the user.
pub(super) fn file_error(path: &Path, source: io::Error) -> Failure {
    Failure::File { path: path.display().to_string(), source }
}
