//! A reader over a section whose small window survives seeks: tar headers lie close together between contents that
//! nobody wants to read.

use super::Section;
use std::io::{self, Read, Seek, SeekFrom};

/// Bytes kept in the window. One page: headers of small files share it, and a seek over a large content costs one
/// read of it (measured: larger windows copy more than they save).
const WINDOW: usize = 4096;

/// Reads and seeks within a [`Section`].
#[derive(Debug)]
pub struct SectionReader {
    section: Section,
    position: u64,
    window: Box<[u8]>,
    /// Where the window lies in the section, and how many bytes of it are valid.
    window_start: u64,
    window_len: usize,
}

impl SectionReader {
    pub(super) fn new(section: Section) -> Self {
        Self { section, position: 0, window: vec![0; WINDOW].into(), window_start: 0, window_len: 0 }
    }

    /// How many bytes the section has.
    pub fn section_len(&self) -> u64 {
        self.section.len()
    }

    /// The bytes of the window from the present position on.
    fn buffered(&self) -> &[u8] {
        let Some(skip) = self.position.checked_sub(self.window_start) else {
            return &[];
        };
        let valid = self.window.get(..self.window_len).unwrap_or_default();
        usize::try_from(skip).ok().and_then(|skip| valid.get(skip..)).unwrap_or_default()
    }
}

impl Read for SectionReader {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        if self.buffered().is_empty() {
            if buf.len() >= WINDOW {
                let count = self.section.read_at(buf, self.position)?;
                self.position += count as u64;
                return Ok(count);
            }
            self.window_start = self.position;
            self.window_len = 0;
            self.window_len = self.section.read_at(&mut self.window, self.position)?;
        }
        let available = self.buffered();
        let count = available.len().min(buf.len());
        if let (Some(to), Some(from)) = (buf.get_mut(..count), available.get(..count)) {
            to.copy_from_slice(from);
        }
        self.position += count as u64;
        Ok(count)
    }
}

impl Seek for SectionReader {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let target = match to {
            SeekFrom::Start(position) => Some(position),
            SeekFrom::End(delta) => self.section.len().checked_add_signed(delta),
            SeekFrom::Current(delta) => self.position.checked_add_signed(delta),
        };
        self.position = target.ok_or(io::ErrorKind::InvalidInput)?;
        Ok(self.position)
    }
}
