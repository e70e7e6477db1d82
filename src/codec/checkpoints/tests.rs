use super::*;
use crate::codec::testing::{ALL, compress, decompress, noise, words};
use crate::progress::Silent;
use flate2::{Compress, FlushCompress, Status};
use proptest::prelude::*;

/// A set whose checkpoints may be close together, so that small contents have some.
fn close(compression: Compression, budget: usize) -> Checkpoints {
    let checkpoints = Checkpoints::new(compression, budget);
    checkpoints.kept().spacing = 64 << 10;
    checkpoints
}

fn section(stored: &[u8]) -> Section {
    Section::new(Arc::new(stored.to_vec()))
}

fn positions(checkpoints: &Checkpoints) -> Vec<u64> {
    checkpoints.kept().points.keys().copied().collect()
}

fn read_at(checkpoints: &Checkpoints, stored: &Section, offset: usize) -> io::Result<Vec<u8>> {
    let mut out = Vec::new();
    let mut reader = checkpoints.reader_at(stored, offset as u64, &Silent, &Cancel::default())?;
    reader.read_to_end(&mut out)?;
    assert_eq!(reader.consumed(), stored.len());
    Ok(out)
}

fn pass(checkpoints: &Checkpoints, stored: &[u8]) -> io::Result<Vec<u8>> {
    let mut out = Vec::new();
    checkpoints.decoder(stored)?.read_to_end(&mut out)?;
    Ok(out)
}

/// What came until the end or an error, read in pieces of `piece` bytes.
fn until_error(mut decoder: Box<dyn Decoder + '_>, piece: usize) -> (Vec<u8>, Option<io::ErrorKind>) {
    let (mut out, mut buf) = (Vec::new(), vec![0; piece]);
    loop {
        match decoder.read(&mut buf) {
            Ok(0) => return (out, None),
            Ok(count) => out.extend(&buf[..count]),
            Err(error) => return (out, Some(error.kind())),
        }
    }
}

#[test]
fn a_stream_reads_the_same_from_anywhere() {
    let bytes = [words(1_500_000), noise(400_000), vec![0; 700_000], words(100)].concat();
    for compression in ALL {
        let stored: Vec<u8> = bytes.chunks(750_000).flat_map(|part| compress(compression, part)).collect();
        let checkpoints = close(compression, 1 << 30);
        let stored = section(&stored);
        // Without a pass before it, after one that was given up, and after a whole one.
        for passed in [0, 900_000, bytes.len()] {
            let mut given_up = checkpoints.decoder(stored.reader()).unwrap();
            assert_eq!(io::copy(&mut given_up.by_ref().take(passed as u64), &mut io::sink()).unwrap(), passed as u64);
            for offset in [0, 1, 65_536, 749_999, 750_000, 750_001, 1_234_567, bytes.len() - 1, bytes.len()] {
                assert!(read_at(&checkpoints, &stored, offset).unwrap() == bytes[offset..], "{compression:?} {offset}");
            }
            let beyond = read_at(&checkpoints, &stored, bytes.len() + 1);
            if compression != Compression::None {
                assert_eq!(beyond.unwrap_err().kind(), io::ErrorKind::UnexpectedEof);
            }
        }
        let count = positions(&checkpoints).len();
        let expected = match compression {
            Compression::Gzip => 15..=44,
            Compression::Zstd => 3..=4,
            _ => 0..=0,
        };
        assert!(expected.contains(&count), "{compression:?}: {count}");
    }
}

#[test]
fn a_file_is_near_a_checkpoint_after_a_pass() {
    let bytes = words(1 << 20);
    let stored = compress(Compression::Gzip, &bytes);
    let checkpoints = close(Compression::Gzip, 1 << 30);
    let late = bytes.len() as u64 - 10;
    assert_eq!(checkpoints.distance(late), late);
    pass(&checkpoints, &stored).unwrap();
    assert_eq!(read_at(&checkpoints, &section(&stored), bytes.len() - 10).unwrap(), bytes[bytes.len() - 10..]);
    assert!(checkpoints.distance(late) < 200_000, "{:?}", positions(&checkpoints));
    // So it is with the stored bytes: damage before the checkpoint is not even seen.
    let mut damaged = stored;
    damaged[1000..5000].fill(0);
    assert_eq!(read_at(&checkpoints, &section(&damaged), bytes.len() - 10).unwrap(), bytes[bytes.len() - 10..]);
}

#[test]
fn the_budget_is_kept() {
    let bytes = words(3 << 20);
    let stored = compress(Compression::Gzip, &bytes);
    for budget in [0, 1000, 50_000, 100_000, 400_000] {
        let checkpoints = close(Compression::Gzip, budget);
        assert!(pass(&checkpoints, &stored).unwrap() == bytes);
        let (points, memory) = (positions(&checkpoints), checkpoints.memory());
        assert!(memory <= budget, "{memory} of {budget}");
        // At least half of what there would be room for.
        assert!(points.len() >= budget / 45_000 / 2, "{points:?} of {budget}");
        let spacing = checkpoints.kept().spacing;
        assert!(points.windows(2).all(|two| two[1] - two[0] >= spacing), "{points:?}");
        assert!(read_at(&checkpoints, &section(&stored), 2_000_000).unwrap() == bytes[2_000_000..]);
        let kept = checkpoints.kept().points.values().map(Checkpoint::memory).sum::<usize>();
        assert_eq!(checkpoints.memory(), kept);
    }
}

#[test]
fn a_second_pass_leaves_no_second_set() {
    let stored = compress(Compression::Gzip, &words(1 << 20));
    let checkpoints = close(Compression::Gzip, 1 << 30);
    pass(&checkpoints, &stored).unwrap();
    let first = positions(&checkpoints);
    pass(&checkpoints, &stored).unwrap();
    assert_eq!(positions(&checkpoints), first);
}

#[test]
fn a_member_that_is_entered_in_its_middle_has_its_checksum_verified() {
    let bytes = words(1 << 20);
    let mut stored = compress(Compression::Gzip, &bytes);
    let checkpoints = close(Compression::Gzip, 1 << 30);
    pass(&checkpoints, &stored).unwrap();
    let place = stored.len() - 6;
    stored[place] ^= 1;
    let error = read_at(&checkpoints, &section(&stored), 1_000_000).unwrap_err();
    assert_eq!(error.kind(), io::ErrorKind::InvalidData);
}

#[test]
fn damage_behind_a_checkpoint_is_an_error_and_never_other_bytes() {
    let bytes = words(400_000);
    let whole = compress(Compression::Gzip, &bytes);
    let checkpoints = close(Compression::Gzip, 1 << 30);
    pass(&checkpoints, &whole).unwrap();
    for place in (0..whole.len()).step_by(997) {
        let mut stored = whole.clone();
        stored[place] ^= 0x10;
        if let Ok(read) = read_at(&checkpoints, &section(&stored), 300_000) {
            assert!(read == bytes[300_000..], "{place}");
        }
        assert!(read_at(&checkpoints, &section(&whole[..place]), 300_000).is_err(), "cut at {place}");
    }
}

#[test]
fn cancelling_and_a_stream_that_became_shorter_are_errors() {
    let bytes = words(400_000);
    let stored = compress(Compression::Gzip, &bytes);
    let checkpoints = close(Compression::Gzip, 1 << 30);
    pass(&checkpoints, &stored).unwrap();
    let cancel = Cancel::default();
    cancel.cancel();
    let cancelled = checkpoints.reader_at(&section(&stored), 300_000, &Silent, &cancel).map(|_| ());
    assert!(crate::bytes::is_cancelled(&cancelled.unwrap_err()));
    assert!(read_at(&checkpoints, &section(&stored[..100]), 300_000).is_err());
}

#[test]
fn all_fields_of_a_header_are_passed_over() {
    let plain = compress(Compression::Gzip, b"content");
    let mut stored = vec![0x1f, 0x8b, 8, 0b1_1110, 1, 2, 3, 4, 0, 255, 3, 0, b'S', b'G', 0];
    stored.extend(b"name\0comment\0");
    let checksum = crc32fast::hash(&stored).to_le_bytes();
    stored.extend(&checksum[..2]);
    stored.extend(&plain[10..]);
    let read = |stored: &[u8]| pass(&Checkpoints::new(Compression::Gzip, 0), stored);
    assert_eq!(decompress(Compression::Gzip, &stored).unwrap(), b"content");
    assert_eq!(read(&stored).unwrap(), b"content");
    for place in 0..30 {
        let mut damaged = stored.clone();
        damaged[place] ^= 0xe0;
        assert!(read(&damaged).is_err(), "{place}");
    }
}

/// One gzip member with blocks of every kind, as the flushes and the level make them.
fn member(bytes: &[u8], level: u32, flushes: &[u8]) -> Vec<u8> {
    let mut out = vec![0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255];
    let mut compress = Compress::new(flate2::Compression::new(level), false);
    let pieces = flushes.len() + 1;
    for (piece, part) in bytes.chunks(bytes.len() / pieces + 1).enumerate() {
        let flush = match flushes.get(piece) {
            Some(0) => FlushCompress::None,
            Some(1) => FlushCompress::Sync,
            _ => FlushCompress::Full,
        };
        let before = compress.total_in();
        out.reserve(part.len() * 2 + 1000);
        compress.compress_vec(part, &mut out, flush).unwrap();
        assert_eq!(compress.total_in() - before, part.len() as u64);
    }
    out.reserve(1 << 20);
    assert_eq!(compress.compress_vec(&[], &mut out, FlushCompress::Finish).unwrap(), Status::StreamEnd);
    out.extend(crc32fast::hash(bytes).to_le_bytes());
    out.extend(u32::try_from(bytes.len()).unwrap().to_le_bytes());
    out
}

fn content() -> impl Strategy<Value = Vec<u8>> {
    let part = prop_oneof![
        (0..90_000_usize).prop_map(words),
        (0..40_000_usize).prop_map(noise),
        (any::<u8>(), 0..50_000_usize).prop_map(|(byte, len)| vec![byte; len]),
        prop::collection::vec(any::<u8>(), 0..40),
    ];
    prop::collection::vec(part, 1..4).prop_map(|parts| parts.concat())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    /// Both gzip decoders give the same bytes, or both find the damage; and what they gave before it is the same, as
    /// far as both gave anything.
    #[test]
    fn both_decoders_say_the_same(
        bytes in content(),
        level in 0..=9_u32,
        flushes in prop::collection::vec(0..3_u8, 0..4),
        damage in prop::option::of((any::<prop::sample::Index>(), 0..9_u8)),
        piece in prop_oneof![1..20_usize, 1_000..100_000_usize],
    ) {
        let mut stored = member(&bytes, level, &flushes);
        stored.extend(member(&bytes[..bytes.len() / 3], 9 - level, &[]));
        match damage {
            Some((place, 8)) => stored.truncate(place.index(stored.len())),
            Some((place, bit)) => {
                let place = place.index(stored.len());
                stored[place] ^= 1 << bit;
            }
            None => {}
        }
        let expected = match decoder(Compression::Gzip, stored.as_slice()) {
            Ok(decoder) => until_error(decoder, 1 << 16),
            Err(error) => (Vec::new(), Some(error.kind())),
        };
        let checkpoints = close(Compression::Gzip, 200_000);
        let given = until_error(checkpoints.decoder(stored.as_slice()).unwrap(), piece);
        prop_assert_eq!(given.1.is_some(), expected.1.is_some(), "{:?} {:?}", given.1, expected.1);
        let both = given.0.len().min(expected.0.len());
        prop_assert!(given.0[..both] == expected.0[..both]);
        if expected.1.is_none() {
            prop_assert_eq!(given.0.len(), expected.0.len());
            for offset in [given.0.len() / 3, given.0.len() * 9 / 10] {
                prop_assert!(read_at(&checkpoints, &section(&stored), offset).unwrap() == given.0[offset..]);
            }
        }
    }
}
