//! Sets of places in an outline, and work on parts of it by several threads.

use std::ops::Range;

/// Places in one word of [`Bits`]; parts of an outline begin at multiples of it.
pub(super) const WORD: usize = 64;

/// A set of numbers below a limit.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Bits(Vec<u64>);

impl Bits {
    /// None of the numbers below `limit`.
    pub(super) fn none(limit: usize) -> Self {
        Self(vec![0; limit.div_ceil(WORD)])
    }

    /// These words, lowest numbers first.
    pub(super) fn of(words: Vec<u64>) -> Self {
        Self(words)
    }

    pub(super) fn words(&self) -> &[u64] {
        &self.0
    }

    pub(super) fn has(&self, number: usize) -> bool {
        self.0.get(number / WORD).is_some_and(|word| word >> (number % WORD) & 1 == 1)
    }

    pub(super) fn insert(&mut self, number: usize) {
        if let Some(word) = self.0.get_mut(number / WORD) {
            *word |= 1 << (number % WORD);
        }
    }

    pub(super) fn remove(&mut self, number: usize) {
        if let Some(word) = self.0.get_mut(number / WORD) {
            *word &= !(1 << (number % WORD));
        }
    }

    pub(super) fn insert_all(&mut self, numbers: Range<usize>) {
        let Some(last) = numbers.end.checked_sub(1).filter(|last| *last >= numbers.start) else { return };
        let (first_word, last_word) = (numbers.start / WORD, last / WORD);
        let (from, to) = (u64::MAX << (numbers.start % WORD), u64::MAX >> (WORD - 1 - last % WORD));
        for (index, word) in self.0.iter_mut().enumerate().take(last_word + 1).skip(first_word) {
            let low = if index == first_word { from } else { u64::MAX };
            let high = if index == last_word { to } else { u64::MAX };
            *word |= low & high;
        }
    }

    /// Makes room for all numbers below `limit`.
    pub(super) fn grow(&mut self, limit: usize) {
        self.0.resize(self.0.len().max(limit.div_ceil(WORD)), 0);
    }

    /// Keeps what `other` has too, or has not.
    pub(super) fn keep(&mut self, other: &Self, unless: bool) {
        for (word, other) in self.0.iter_mut().zip(&other.0) {
            *word &= if unless { !other } else { *other };
        }
    }
}

/// The numbers in one word.
pub(super) fn ones(mut word: u64) -> impl Iterator<Item = usize> {
    std::iter::from_fn(move || {
        let bit = word.trailing_zeros() as usize;
        word &= word.checked_sub(1)?;
        Some(bit)
    })
}

/// As many places as are worth a thread of their own; in tests a few, so that there are several parts.
const PART: usize = if cfg!(test) { WORD } else { 1 << 15 };

/// Divides the numbers below `len` among threads, at multiples of [`WORD`]; what they make comes back in order.
pub(super) fn in_parts<T: Send>(len: usize, threads: usize, work: impl Fn(Range<usize>) -> T + Sync) -> Vec<T> {
    let parts = threads.min(len / PART).max(1);
    let size = len.div_ceil(parts).next_multiple_of(WORD).max(WORD);
    let ranges = (0..parts).map(|part| (part * size).min(len)..((part + 1) * size).min(len));
    if parts == 1 {
        return ranges.map(work).collect();
    }
    std::thread::scope(|scope| {
        let work = &work;
        let running: Vec<_> = ranges.map(|range| scope.spawn(move || work(range))).collect();
        let results = running.into_iter().map(std::thread::ScopedJoinHandle::join);
        results.map(|result| result.unwrap_or_else(|panic| std::panic::resume_unwind(panic))).collect()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_are_inserted_whole() {
        for start in [0, 1, 63, 64, 65, 130] {
            for end in [0, 1, 63, 64, 65, 127, 128, 129, 200] {
                let mut bits = Bits::none(200);
                bits.insert_all(start..end);
                let found: Vec<usize> = (0..200).filter(|number| bits.has(*number)).collect();
                assert_eq!(found, (start..end).collect::<Vec<_>>(), "{start}..{end}");
                let ones: Vec<usize> = bits
                    .words()
                    .iter()
                    .zip(0..)
                    .flat_map(|(word, at)| ones(*word).map(move |bit| at * WORD + bit))
                    .collect();
                assert_eq!(ones, found);
            }
        }
    }

    #[test]
    fn parts_come_back_in_order() {
        for (len, threads) in [(0, 4), (1, 4), (PART * 3 + 7, 1), (PART * 3 + 7, 2), (PART * 9, 4)] {
            let parts = in_parts(len, threads, |range| range);
            assert_eq!(parts.iter().cloned().flatten().collect::<Vec<_>>(), (0..len).collect::<Vec<_>>());
            assert!(parts.iter().all(|part| part.start % WORD == 0 || part.is_empty()), "{parts:?}");
        }
    }
}
