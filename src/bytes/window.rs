//! A reader over a section whose small window survives seeks: tar headers lie close together between contents that
//! nobody wants to read.

use super::Section;
use std::io::{self, BufRead, Read, Seek, SeekFrom};

/// Bytes kept in the window at first, and after every seek over more than so many. One page: headers of small files
/// share it, and a seek over a large content costs one read of it (measured: larger windows copy more than they save).
const WINDOW: usize = 4096;

/// Bytes to which the window grows, doubling, while it only ever moves on by less than [`WINDOW`]: then nearly all
/// bytes are looked at anyhow.
const MAX_WINDOW: usize = 64 << 10;

/// Reads and seeks within a [`Section`].
#[derive(Debug, Clone)]
pub struct SectionReader {
    section: Section,
    position: u64,
    window: Vec<u8>,
    /// How much is read at once.
    size: usize,
    /// Where the window lies in the section, and how many bytes of it are valid.
    window_start: u64,
    window_len: usize,
}

impl SectionReader {
    pub(super) fn new(section: Section) -> Self {
        Self { section, position: 0, window: Vec::new(), size: WINDOW, window_start: 0, window_len: 0 }
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

    /// Moves the window to the present position.
    fn fill(&mut self) -> io::Result<()> {
        let end = self.window_start + self.window_len as u64;
        let moved_on = self.position.checked_sub(end).is_some_and(|gap| gap < WINDOW as u64);
        self.size = if moved_on && self.window_len > 0 { (self.size * 2).min(MAX_WINDOW) } else { WINDOW };
        if self.window.len() < self.size {
            self.window.resize(self.size, 0);
        }
        self.window_start = self.position;
        self.window_len = 0;
        let window = self.window.get_mut(..self.size).unwrap_or_default();
        self.window_len = self.section.read_at(window, self.position)?;
        Ok(())
    }
}

impl Read for SectionReader {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        if self.buffered().is_empty() && buf.len() >= self.size {
            let count = self.section.read_at(buf, self.position)?;
            self.position += count as u64;
            return Ok(count);
        }
        let available = self.fill_buf()?;
        let count = available.len().min(buf.len());
        if let (Some(to), Some(from)) = (buf.get_mut(..count), available.get(..count)) {
            to.copy_from_slice(from);
        }
        self.consume(count);
        Ok(count)
    }
}

impl BufRead for SectionReader {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        if self.buffered().is_empty() {
            self.fill()?;
        }
        Ok(self.buffered())
    }

    fn consume(&mut self, count: usize) {
        self.position += count as u64;
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

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;

    #[test]
    fn the_window_grows_only_while_nearly_everything_is_read() {
        let bytes: Vec<u8> = (0..1_000_000_u32).map(|n| n.to_le_bytes()[0] ^ n.to_le_bytes()[1]).collect();
        let mut reader = Section::new(Arc::new(bytes.clone())).reader();
        let mut at = |position: usize| {
            reader.seek(SeekFrom::Start(position as u64)).unwrap();
            let mut byte = [0; 512];
            reader.read_exact(&mut byte).unwrap();
            assert_eq!(byte, bytes[position..position + 512], "{position}");
            reader.size
        };
        assert_eq!([0, 3584, 5000, 20_000, 100_000, 103_584].map(&mut at), [4096, 4096, 8192, 4096, 4096, 4096]);
        assert_eq!((0..200).map(|n| at(110_000 + n * 3000)).max(), Some(MAX_WINDOW));
        assert_eq!([at(990_000), at(0)], [WINDOW; 2]);
    }
}
