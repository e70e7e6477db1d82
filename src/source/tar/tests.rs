use super::*;
use crate::bytes::{ReadAt, is_cancelled};
use crate::progress::{Progress, Silent};
use crate::source::testing::gzip;
use std::sync::{Arc, LazyLock, Mutex};

/// Two checkpoints of gzip and a bit, of which nothing comes again where it would be taken for something else.
static BYTES: LazyLock<Vec<u8>> = LazyLock::new(|| (0..4_200_000_u32).flat_map(|n| (n / 3).to_le_bytes()).collect());

const OFFSETS: [usize; 4] = [1, 4_999_900, 6_400_000, 16_799_900];

/// What was to be passed over, as it was told last.
#[derive(Debug, Default)]
struct Told(Mutex<u64>);

impl Observer for Told {
    fn progress(&self, step: Progress) {
        if let Progress::Passing { passed, total } = step {
            assert!(passed <= total);
            *self.0.lock().unwrap() = total;
        }
    }
}

/// Cancels as soon as anything is passed over.
#[derive(Debug, Default)]
struct Impatient(Cancel);

impl Observer for Impatient {
    fn progress(&self, _step: Progress) {
        self.0.cancel();
    }
}

fn section(stored: Vec<u8>) -> Section {
    Section::new(Arc::new(stored))
}

fn blob(id: u64, stored: Vec<u8>) -> Blob {
    Blob::new(BlobId(id), section(stored))
}

fn zstd(bytes: &[u8]) -> Vec<u8> {
    zstd::encode_all(bytes, 1).unwrap()
}

/// A blob in the middle of a compressed archive.
fn within(stored: &[u8]) -> Blob {
    let archive = gzip(&[&[7; 7000], stored, &[8; 3000]].concat());
    let bytes = BlobBytes::Within { archive: section(archive), compression: Compression::Gzip, offset: 7000 };
    Blob { id: BlobId(9), size: stored.len() as u64, bytes }
}

/// The fourth one has a table of contents.
fn layer((blob, compression): &(Blob, Compression)) -> LayerBlob<'_> {
    LayerBlob { blob, compression: *compression, has_table: blob.id == BlobId(4) }
}

fn read(tar: &LayerTar, offset: usize, observer: &dyn Observer) -> io::Result<Vec<u8>> {
    let mut out = Vec::new();
    tar.reader_at(offset as u64, observer, &Cancel::default())?.take(500).read_to_end(&mut out)?;
    Ok(out)
}

fn pass(tars: &LayerTars) {
    for tar in tars.iter() {
        tar.pass(u64::MAX, &Cancel::default()).unwrap();
    }
    if let Some(archive) = tars.archive() {
        archive.pass(u64::MAX, &Cancel::default()).unwrap();
    }
}

#[test]
fn a_tar_reads_the_same_from_anywhere_with_and_without_checkpoints() {
    let parts = |compress: fn(&[u8]) -> Vec<u8>| BYTES.chunks(5_000_000).flat_map(compress).collect();
    let cases = [
        (blob(1, BYTES.clone()), Compression::None, false),
        (blob(2, gzip(&BYTES)), Compression::Gzip, true),
        (blob(3, parts(gzip)), Compression::Gzip, true),
        (blob(6, zstd(&BYTES)), Compression::Zstd, false),
        (blob(5, parts(zstd)), Compression::Zstd, true),
        (within(&BYTES), Compression::None, true),
        (within(&gzip(&BYTES)), Compression::Gzip, false),
    ];
    for (blob, compression, has_checkpoints) in cases {
        for (budget, passes) in [(1 << 30, 0), (1 << 30, 1), (0, 1)] {
            let tars =
                LayerTars::new(std::iter::once(LayerBlob { blob: &blob, compression, has_table: false }), budget);
            let tar = tars.get(blob.id).unwrap();
            (0..passes).for_each(|_| pass(&tars));
            let is_near = tar.plain().is_some() || passes > 0 && budget > 0 && has_checkpoints;
            for offset in OFFSETS {
                let told = Told::default();
                let expected = &BYTES[offset..BYTES.len().min(offset + 500)];
                assert!(read(tar, offset, &told).unwrap() == expected, "{blob:?} {offset} {passes}");
                let far = *told.0.lock().unwrap() > 8_000_000;
                assert_eq!(far, !is_near && offset > 8_000_000, "{blob:?} {offset} {passes}");
            }
            let has_some = passes > 0 && budget > 0;
            assert!(if has_some { tars.memory() > 0 || !has_checkpoints } else { tars.memory() == 0 });
        }
    }
}

#[test]
fn the_checkpoints_of_all_streams_have_one_budget() {
    let blobs = [
        (blob(1, gzip(&BYTES)), Compression::Gzip),
        (blob(2, gzip(&BYTES[..7_000_000])), Compression::Gzip),
        (blob(3, BYTES[..100].to_vec()), Compression::None),
        (blob(4, gzip(&BYTES)), Compression::Gzip),
        (within(&BYTES), Compression::None),
    ];
    for budget in [10_000, 100_000, 250_000, 1 << 30] {
        let tars = LayerTars::new(blobs.iter().map(layer), budget);
        pass(&tars);
        assert!(tars.memory() <= budget, "{} of {budget}", tars.memory());
        // Each of the larger ones has its own as soon as there is room for one.
        assert_eq!(tars.memory() > 80_000, budget >= 250_000, "{} of {budget}", tars.memory());
        assert_eq!(tars.get(BlobId(4)).unwrap().outer.memory(), 0, "where a table says where its files are");
        for (blob, _) in &blobs[..2] {
            assert_eq!(read(tars.get(blob.id).unwrap(), 6_900_000, &Silent).unwrap(), BYTES[6_900_000..6_900_500]);
        }
    }
}

#[test]
fn a_blob_within_an_archive_ends_where_it_ends() {
    for (blob, compression) in [(within(&BYTES[..1000]), Compression::None), (within(&gzip(b"tar")), Compression::Gzip)]
    {
        let tar = LayerTar::new(blob, compression, 1 << 20);
        let mut out = Vec::new();
        tar.reader_at(0, &Silent, &Cancel::default()).unwrap().read_to_end(&mut out).unwrap();
        assert!(out == BYTES[..1000] || out == b"tar");
        assert!(tar.reader_at(1001, &Silent, &Cancel::default()).is_err());
    }
}

#[test]
fn who_waits_for_a_file_can_leave_in_the_middle() {
    for blob in [blob(1, gzip(&BYTES)), within(&gzip(&BYTES))] {
        let tar = LayerTar::new(blob, Compression::Gzip, 0);
        let impatient = Impatient::default();
        let error = tar.reader_at(16_000_000, &impatient, &impatient.0).map(|_| ()).unwrap_err();
        assert!(is_cancelled(&error), "{error}");
    }
}

/// Stored bytes whose second half cannot be reached without somebody having cancelled.
#[derive(Debug)]
struct Cancelling(Vec<u8>, Cancel);

impl ReadAt for Cancelling {
    fn read_at(&self, buf: &mut [u8], offset: u64) -> io::Result<usize> {
        if offset > self.len() / 2 {
            self.1.cancel();
        }
        self.0.read_at(buf, offset)
    }

    fn len(&self) -> u64 {
        self.0.len() as u64
    }
}

#[test]
fn a_pass_that_is_cancelled_leaves_what_it_has() {
    let cancel = Cancel::default();
    let stored = Section::new(Arc::new(Cancelling(gzip(&BYTES), cancel.clone())));
    let tar = LayerTar::new(Blob::new(BlobId(1), stored), Compression::Gzip, 1 << 30);
    assert!(is_cancelled(&tar.pass(u64::MAX, &cancel).unwrap_err()));
    assert!((1..80_000).contains(&tar.outer.memory()), "one checkpoint: {}", tar.outer.memory());
    for offset in OFFSETS {
        assert!(read(&tar, offset, &Silent).unwrap() == BYTES[offset..BYTES.len().min(offset + 500)], "{offset}");
    }
}

#[test]
fn damage_hides_what_is_behind_it_and_nothing_before() {
    let whole = gzip(&BYTES);
    let middle = whole.len() / 2;
    let mut damaged = whole.clone();
    damaged[middle..middle + 5000].fill(0xff);
    for stored in [damaged, whole[..middle].to_vec()] {
        let tar = LayerTar::new(blob(1, stored), Compression::Gzip, 1 << 30);
        for passed in [false, true] {
            if passed {
                tar.pass(u64::MAX, &Cancel::default()).unwrap_err();
                assert!(tar.outer.memory() > 0);
            }
            for offset in [5_000_000, 7_000_000] {
                assert!(read(&tar, offset, &Silent).unwrap() == BYTES[offset..offset + 500], "{offset}");
            }
            assert!(read(&tar, 12_000_000, &Silent).is_err());
        }
    }
}

#[test]
fn a_bomb_is_not_passed_to_its_end() {
    let tar = LayerTar::new(blob(1, gzip(&vec![0; 30_000_000])), Compression::Gzip, 1 << 30);
    tar.pass(7_000_000, &Cancel::default()).unwrap();
    let told = Told::default();
    read(&tar, 20_000_000, &told).unwrap();
    assert!(*told.0.lock().unwrap() > 12_000_000);
}
