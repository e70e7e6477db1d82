//! Opening files: regular ones only, without ever hanging on a fifo or a device.

#![allow(clippy::disallowed_types, reason = "this module is where files are opened")]

use super::ReadAt;
use std::fs::{File, OpenOptions};
use std::io;
use std::os::unix::fs::{FileExt as _, OpenOptionsExt as _};
use std::path::Path;
use std::sync::Arc;

/// Why a path could not be opened as a file.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OpenError {
    /// The operating system refused.
    #[error(transparent)]
    Io(#[from] io::Error),
    /// It is a directory, a fifo, a socket or a device.
    #[error("not a regular file")]
    NotRegular,
}

/// A regular file, read by position. Its length is the one that it had when it was opened.
#[derive(Debug)]
struct FileBytes {
    file: File,
    len: u64,
}

impl ReadAt for FileBytes {
    fn read_at(&self, buf: &mut [u8], offset: u64) -> io::Result<usize> {
        self.file.read_at(buf, offset)
    }

    fn len(&self) -> u64 {
        self.len
    }
}

/// Opens a regular file for positional reads. Links are followed: the path comes from the user.
pub fn open_regular(path: &Path) -> Result<Arc<dyn ReadAt>, OpenError> {
    // Without waiting: opening a fifo would otherwise hang until somebody writes to it.
    let file = OpenOptions::new().read(true).custom_flags(libc::O_NONBLOCK).open(path)?;
    regular(file)
}

fn regular(file: File) -> Result<Arc<dyn ReadAt>, OpenError> {
    let metadata = file.metadata()?;
    if !metadata.is_file() {
        return Err(OpenError::NotRegular);
    }
    Ok(Arc::new(FileBytes { file, len: metadata.len() }))
}

/// What standard input turned out to be.
#[derive(Debug)]
pub enum StandardInput {
    /// A regular file (`layerscope - < image.tar`), read by position from its beginning.
    File(Arc<dyn ReadAt>),
    /// A pipe or something like it, read once.
    Stream(Box<io::Stdin>),
}

/// Takes standard input: by position where it is a regular file that nobody has read from yet, else as a stream.
pub fn open_standard_input() -> io::Result<StandardInput> {
    use io::Seek as _;
    use std::os::fd::AsFd as _;
    let stdin = io::stdin();
    let mut file = File::from(stdin.as_fd().try_clone_to_owned()?);
    let at_start = file.stream_position().is_ok_and(|position| position == 0);
    match regular(file) {
        Ok(bytes) if at_start => Ok(StandardInput::File(bytes)),
        Ok(_) | Err(OpenError::NotRegular) => Ok(StandardInput::Stream(Box::new(stdin))),
        Err(OpenError::Io(error)) => Err(error),
    }
}
