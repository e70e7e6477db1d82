//! PULL COSTS: how many bytes of the stored blob each entry accounts for.
//!
//! An entry accounts for the tar from the end of the entry before it to the end of its own content and padding, and so
//! for the stored bytes that this stretch was decompressed from. While a compressed layer passes, it is noted at fixed
//! steps of output how many stored bytes went into it; in between the costs are interpolated and floored. Since every
//! entry begins where the one before ends, the costs of all entries and the framing add up to the blob, exactly.
//!
//! Notes depend on the bytes alone and not on how much is read at once, so that a run that hashes gives the same costs.
//! Decoders have to be given their input in the same pieces, which whoever scans a layer does: zlib takes in a code
//! before there is room for what it stands for if the code is there already, bzip2 looks ahead by a few bytes, and
//! Zstandard hands out what it could not compress as it comes.

use crate::codec::Decoder;
use std::fmt;
use std::io::{self, Read};

/// Bytes of output from note to note. A note takes 16 bytes, so that all of them take 1/4096 of the tar.
const STEP: u64 = 64 << 10;

/// Where a decoder was: so many bytes had come out when so many had gone in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
struct Note {
    output: u64,
    stored: u64,
}

/// What was noted of one layer: of its uncompressed tar, which stored bytes it comes from.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Positions {
    /// Both numbers grow from note to note; they begin above 0.
    notes: Vec<Note>,
}

impl Positions {
    /// Those of a tar of `len` bytes that is stored as it is.
    pub fn plain(len: u64) -> Self {
        let mut positions = Self::default();
        positions.note(Note { output: len, stored: len });
        positions
    }

    /// The byte at `output` of the tar is known to be stored at `stored`. Both grow from one to the next.
    pub(super) fn pin(&mut self, output: u64, stored: u64) {
        self.note(Note { output, stored });
    }

    /// The decoder goes on from here. One that takes in whole blocks stood still while it handed one out: what was noted
    /// in the midst of the block holds for its end.
    fn stood(&mut self, here: Note) {
        if let Some(last) = self.notes.last_mut().filter(|last| last.stored == here.stored) {
            last.output = here.output;
        }
    }

    /// Adds a note; of several in one block the last one counts.
    fn note(&mut self, note: Note) {
        match self.notes.last_mut() {
            Some(last) if note.stored <= last.stored => last.output = last.output.max(note.output),
            _ if note.output > 0 => self.notes.push(note),
            _ => {}
        }
    }

    /// Where in the blob the byte at `output` of the tar is stored, in bytes; the last note holds behind it, too.
    pub(super) fn stored(&self, output: u64) -> u64 {
        let next = self.notes.partition_point(|note| note.output < output);
        let before = next.checked_sub(1).and_then(|last| self.notes.get(last)).copied().unwrap_or_default();
        let Some(after) = self.notes.get(next) else { return before.stored };
        before.stored + share(output - before.output, after.stored - before.stored, after.output - before.output)
    }
}

/// `part` of `whole` bytes of output, as bytes of what is stored: floored, and not more than `stored`.
fn share(part: u64, stored: u64, whole: u64) -> u64 {
    if stored == whole {
        return part;
    }
    // Most notes are near each other, and 64 bits divide much faster.
    match part.checked_mul(stored) {
        Some(product) => product / whole.max(1),
        None => u64::try_from(u128::from(part) * u128::from(stored) / u128::from(whole.max(1))).unwrap_or_default(),
    }
}

/// A decoder that is watched while it is read.
pub struct Noting<'a> {
    decoder: Box<dyn Decoder + 'a>,
    here: Note,
    positions: Positions,
}

impl<'a> Noting<'a> {
    /// Watches a decoder that nothing was read of yet.
    pub fn new(decoder: Box<dyn Decoder + 'a>) -> Self {
        Self { decoder, here: Note::default(), positions: Positions::default() }
    }

    /// What was noted, up to the last byte that was read.
    pub fn finish(mut self) -> Positions {
        self.positions.note(self.here);
        self.positions.notes.shrink_to_fit();
        self.positions
    }
}

impl fmt::Debug for Noting<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Noting").field("here", &self.here).finish_non_exhaustive()
    }
}

impl Read for Noting<'_> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        // No further than to the next step, so that each of them is seen.
        let left = usize::try_from(STEP - self.here.output % STEP).unwrap_or(usize::MAX).min(buf.len());
        let count = self.decoder.read(buf.get_mut(..left).unwrap_or_default())?;
        if count > 0 {
            let stored = self.decoder.consumed();
            if stored > self.here.stored {
                self.positions.stood(self.here);
            }
            self.here = Note { output: self.here.output + count as u64, stored };
            if self.here.output.is_multiple_of(STEP) {
                self.positions.note(self.here);
            }
        }
        Ok(count)
    }
}

#[cfg(test)]
mod tests;
