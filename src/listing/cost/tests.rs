//! Costs of layers in every compression, read in every way.

use super::{Note, Noting, Positions, STEP};
use crate::bytes::{Cancel, Meter, Section, ahead};
use crate::codec::testing::compress;
use crate::codec::{Compression, decoder};
use crate::listing::table::Places;
use crate::listing::{Listing, Scanner};
use crate::tarball::Limits;
use crate::tarball::testing::{end, entry};
use proptest::prelude::*;
use std::io::{self, Read, Write as _};
use std::sync::Arc;

fn scanner() -> Scanner {
    Scanner { limits: Limits::default(), seed: 1, cancel: Cancel::default() }
}

/// How a layer is stored: its compression, in one piece or several, with what may stand between and behind them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stored {
    Plain,
    Gzip,
    Members,
    Zstd,
    Frames,
    Xz,
    Bzip2,
}

const ALL: [Stored; 7] =
    [Stored::Plain, Stored::Gzip, Stored::Members, Stored::Zstd, Stored::Frames, Stored::Xz, Stored::Bzip2];

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut out = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    out.write_all(bytes).unwrap();
    out.finish().unwrap()
}

impl Stored {
    fn store(self, tar: &[u8]) -> Vec<u8> {
        let skippable = || [&[0x50, 0x2a, 0x4d, 0x18, 9, 0, 0, 0], [7; 9].as_slice()].concat();
        let pieces = || tar.chunks(70_001);
        match self {
            Self::Plain => tar.to_vec(),
            Self::Gzip => gzip(tar),
            Self::Members => pieces().map(gzip).chain([vec![0; 99]]).collect::<Vec<_>>().concat(),
            Self::Zstd => compress(Compression::Zstd, tar),
            Self::Frames => {
                let frame = |piece| [zstd::encode_all(piece, 1).unwrap(), skippable()].concat();
                [skippable()].into_iter().chain(pieces().map(frame)).collect::<Vec<_>>().concat()
            }
            Self::Xz => compress(Compression::Xz, tar),
            Self::Bzip2 => compress(Compression::Bzip2, tar),
        }
    }
}

/// Bytes of a kind: noise that does not compress, words that do, or the same byte over and over.
fn content(kind: u8, len: usize, seed: u64) -> Vec<u8> {
    let mut state = seed;
    let mut random = move || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        state.to_be_bytes()[0]
    };
    let mut out = Vec::with_capacity(len + 16);
    while out.len() < len {
        match kind {
            0 => out.push(random()),
            1 => out.extend([&b"what is said again "[..usize::from(random() % 16)], &[random()]].concat()),
            _ => out.push(7),
        }
    }
    out.truncate(len);
    out
}

/// A layer of files of these kinds and sizes.
fn tar(files: &[(u8, usize)]) -> Vec<u8> {
    let file =
        |(at, (kind, len)): (usize, &(u8, usize))| entry(b'0', &format!("f{at}"), &content(*kind, *len, at as u64));
    files.iter().enumerate().flat_map(file).chain(end()).collect()
}

/// Gives a few bytes at a time.
struct Trickle<'a>(&'a [u8]);

impl Read for Trickle<'_> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        let count = buf.len().min(1 + self.0.len() % 4093);
        self.0.read(&mut buf[..count])
    }
}

fn noting<'a>(stored: impl Read + Send + 'a, start: &[u8]) -> Noting<'a> {
    Noting::new(decoder(Compression::sniff(start), stored).unwrap())
}

/// The listing of a layer that passes.
fn scan(stored: &[u8]) -> Listing {
    let mut noting = noting(stored, stored);
    let mut listing = scanner().scan_stream(&mut noting);
    listing.place(noting.finish());
    listing
}

/// The costs of all entries.
fn costs(listing: &Listing) -> Vec<u64> {
    listing.entries().map(|entry| entry.pull_cost().unwrap()).collect()
}

#[test]
fn positions_lie_on_the_line_between_two_notes() {
    let mut positions = Positions::default();
    assert_eq!(positions.stored(5), 0);
    for (output, stored) in [(0, 0), (10, 5), (20, 5), (30, 15), (30, 15)] {
        positions.note(Note { output, stored });
    }
    // The decoder took in ten bytes only once twenty were out.
    let found: Vec<u64> = [0, 1, 7, 8, 20, 21, 29, 30, 31, u64::MAX].map(|output| positions.stored(output)).into();
    assert_eq!(found, [0, 0, 1, 2, 5, 6, 14, 15, 15, 15]);
    assert_eq!([0, 7, 9, 10].map(|output| Positions::plain(9).stored(output)), [0, 7, 9, 9]);
    let mut far = Positions::default();
    far.note(Note { output: u64::MAX, stored: u64::MAX - 1 });
    assert_eq!(far.stored(u64::MAX - 1), u64::MAX - 2);
}

#[test]
fn an_entry_costs_what_its_bytes_take() {
    let files = [(0, 3 << 20), (2, 3 << 20), (0, 1 << 20), (2, 0), (2, 2 << 20), (0, 1000)];
    let tar = tar(&files);
    for how in ALL {
        let found = costs(&scan(&how.store(&tar)));
        for (cost, (kind, len)) in found.iter().zip(files) {
            let expected = if how == Stored::Plain || kind == 0 { len as u64 } else { 0 };
            // A block of bzip2 is 100 kB here; noise takes half a percent more than it is long.
            assert!(cost.abs_diff(expected) < 3 * STEP, "{how:?}: {found:?}");
        }
    }
    assert_eq!(costs(&scan(&tar)), files.map(|(_, len)| 512 + (len as u64).next_multiple_of(512)));
}

/// Zstandard is decompressed block by block, bzip2 in larger ones: everything in a block costs its share of it.
#[test]
fn what_is_alike_costs_alike() {
    for how in ALL {
        let listing = scan(&how.store(&tar(&[(0, 7_000); 400])));
        let found = costs(&listing);
        for cost in &found[..380] {
            // Those of bzip2 are exact to a step: here they are not much larger.
            let expected = if how == Stored::Bzip2 { 3_000..=13_000 } else { 6_900..=8_000 };
            assert!(expected.contains(cost), "{how:?}: {cost} in {found:?}");
        }
    }
}

#[test]
fn a_layer_by_position_costs_what_it_costs_as_it_passes() {
    let tar = tar(&[(0, 100), (1, 70_000), (2, 0)]);
    let cut = &tar[..tar.len() - 1100];
    for bytes in [tar.as_slice(), cut, &[]] {
        let listing = scanner().scan_section(&Section::new(Arc::new(bytes.to_vec())), &Meter::default());
        assert_eq!(costs(&listing), costs(&scan(bytes)));
        let sum: u64 = costs(&listing).iter().sum();
        assert_eq!(sum + listing.framing(bytes.len() as u64).unwrap(), bytes.len() as u64);
    }
}

#[test]
fn what_is_not_known_is_not_told() {
    let unread = Listing::default();
    assert_eq!((unread.pull_cost(0), unread.framing(9)), (None, None));
    let listing = scan(&tar(&[(0, 9)]));
    assert_eq!((listing.pull_cost(0), listing.pull_cost(1)), (Some(1024), None));
    // A blob that is said to be shorter than what was read of it.
    assert_eq!(listing.framing(1000), None);
}

/// Costs and framing are the blob, the costs grow with the tar, and how it is read makes no difference.
fn check(how: Stored, tar: &[u8], kept: usize) -> Result<(), TestCaseError> {
    let mut stored = how.store(tar);
    stored.truncate(kept.max(9).min(stored.len()));
    let blob = stored.len() as u64;
    let listing = scan(&stored);
    let sum: u64 = costs(&listing).iter().sum();
    prop_assert_eq!(Some(blob - sum), listing.framing(blob), "{:?}", how);
    let Places::Noted(positions) = &listing.table.places else { panic!("{how:?}") };
    let notes = &positions.notes;
    prop_assert!(notes.is_sorted_by(|a, b| a.output < b.output && a.stored < b.stored), "{:?}: {:?}", how, notes);
    let places: Vec<u64> = (0..tar.len() as u64).step_by(777).map(|output| positions.stored(output)).collect();
    prop_assert!(places.is_sorted() && places.iter().all(|place| *place <= blob), "{:?}", how);
    if listing.damage.is_none() {
        // A decoder is given whole pieces, so that only what is not compressed may come as it likes.
        let mut trickle = match how {
            Stored::Plain => noting(Trickle(&stored), &stored),
            _ => noting(stored.as_slice(), &stored),
        };
        ahead(&mut trickle, |tar| io::copy(tar, &mut io::sink())).unwrap();
        prop_assert_eq!(&trickle.finish(), positions, "{:?}", how);
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn costs_and_framing_are_the_blob(
        files in prop::collection::vec((0..3_u8, prop_oneof![0..3_000_usize, 0..300_000_usize]), 0..12),
        cut in prop::option::of(0..400_000_usize),
    ) {
        let tar = tar(&files);
        for how in ALL {
            check(how, &tar, cut.unwrap_or(usize::MAX))?;
        }
    }
}
