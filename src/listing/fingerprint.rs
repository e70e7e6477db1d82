//! Fingerprints of contents: equal contents have equal ones, however much of their zeros is stored.

use xxhash_rust::xxh3::Xxh3;

/// Bytes that are looked at together: a block of nothing but zeros is the same whether it is stored or a hole.
const BLOCK: usize = 4096;

/// The same as a number of the file's bytes.
const STEP: u64 = BLOCK as u64;

static ZEROS: [u8; BLOCK] = [0; BLOCK];

/// Takes the fingerprint of one content, piece by piece. Holes cost nothing, however large they are.
///
/// Blocks that are not zero are hashed one after the other; where the zero blocks between them lie is hashed apart.
/// Two contents of one size with both hashes equal are equal.
pub(super) struct Fingerprint {
    data: Xxh3,
    holes: Xxh3,
    /// Blocks that came so far.
    blocks: u64,
    /// The first of the zero blocks that came last, if the last block was one.
    hole: Option<u64>,
    /// The beginning of the present block.
    partial: Vec<u8>,
}

impl Fingerprint {
    pub(super) fn new(seed: u64) -> Self {
        Self { data: Xxh3::with_seed(seed), holes: Xxh3::with_seed(seed), blocks: 0, hole: None, partial: Vec::new() }
    }

    /// Takes stored bytes.
    pub(super) fn update(&mut self, mut bytes: &[u8]) {
        if !self.partial.is_empty() {
            let (head, rest) = bytes.split_at(bytes.len().min(BLOCK - self.partial.len()));
            self.partial.extend_from_slice(head);
            bytes = rest;
            self.end_partial(BLOCK);
        }
        let mut blocks = bytes.chunks_exact(BLOCK);
        for block in blocks.by_ref() {
            self.block(block);
        }
        self.partial.extend_from_slice(blocks.remainder());
    }

    /// Takes so many zeros that nobody stored.
    pub(super) fn hole(&mut self, mut len: u64) {
        if !self.partial.is_empty() {
            let rest = BLOCK - self.partial.len();
            let taken = usize::try_from(len).unwrap_or(rest).min(rest);
            self.partial.resize(self.partial.len() + taken, 0);
            len -= taken as u64;
            self.end_partial(BLOCK);
        }
        if len >= STEP {
            self.hole.get_or_insert(self.blocks);
            self.blocks += len / STEP;
        }
        let rest = usize::try_from(len % STEP).unwrap_or(0);
        self.partial.resize(self.partial.len() + rest, 0);
    }

    pub(super) fn finish(mut self) -> u128 {
        self.end_partial(1);
        self.end_hole();
        self.data.update(&self.holes.digest128().to_le_bytes());
        self.data.digest128()
    }

    /// Takes the collected bytes as a block, if there are at least so many.
    fn end_partial(&mut self, enough: usize) {
        if self.partial.len() >= enough {
            let mut partial = std::mem::take(&mut self.partial);
            self.block(&partial);
            partial.clear();
            self.partial = partial;
        }
    }

    fn block(&mut self, block: &[u8]) {
        if ZEROS.starts_with(block) {
            self.hole.get_or_insert(self.blocks);
        } else {
            self.end_hole();
            self.data.update(block);
        }
        self.blocks += 1;
    }

    fn end_hole(&mut self) {
        if let Some(first) = self.hole.take() {
            self.holes.update(&first.to_le_bytes());
            self.holes.update(&self.blocks.to_le_bytes());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Bytes, or so many zeros that nobody stored.
    enum Piece<'a> {
        Data(&'a [u8]),
        Hole(u64),
    }

    fn of(pieces: &[Piece<'_>]) -> u128 {
        let mut fingerprint = Fingerprint::new(7);
        for piece in pieces {
            match piece {
                Piece::Data(bytes) => fingerprint.update(bytes),
                Piece::Hole(len) => fingerprint.hole(*len),
            }
        }
        fingerprint.finish()
    }

    #[test]
    fn stored_zeros_and_holes_are_the_same() {
        let mut bytes = vec![0; 20_000];
        bytes[5] = 1;
        bytes[9000..13_000].fill(2);
        let whole = of(&[Piece::Data(&bytes)]);
        for step in [1, 7, 511, 4095, 4096, 4097] {
            let pieces: Vec<_> = bytes.chunks(step).map(Piece::Data).collect();
            assert_eq!(of(&pieces), whole, "{step}");
        }
        let data = |from: usize, to: usize| Piece::Data(&bytes[from..to]);
        assert_eq!(of(&[Piece::Hole(5), data(5, 6), Piece::Hole(8994), data(9000, 13_000), Piece::Hole(7000)]), whole);
        assert_eq!(of(&[data(0, 6), Piece::Hole(8000), data(8006, 20_000)]), whole);
    }

    #[test]
    fn other_bytes_and_other_places_are_not() {
        let block = [1; BLOCK];
        let different = [
            of(&[Piece::Data(&block), Piece::Hole(STEP)]),
            of(&[Piece::Hole(STEP), Piece::Data(&block)]),
            of(&[Piece::Data(&block), Piece::Data(&block)]),
            of(&[Piece::Hole(2 * STEP)]),
            of(&[Piece::Hole(1), Piece::Data(&block), Piece::Hole(STEP - 1)]),
        ];
        for (at, one) in different.iter().enumerate() {
            assert!(!different[at + 1..].contains(one), "{at}");
        }
    }

    #[test]
    fn a_hole_of_petabytes_costs_nothing() {
        assert_ne!(
            of(&[Piece::Hole(1 << 53), Piece::Data(b"x")]),
            of(&[Piece::Hole((1 << 53) - 1), Piece::Data(b"x"), Piece::Hole(1)])
        );
    }
}
