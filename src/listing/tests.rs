//! Layers scanned both ways, and their contents read back.

use super::{Chunk, Content, Entry, EntryKind, Listing, ListingError, Role, Scanner, same_content};
use crate::bytes::{Cancel, Meter, Section, is_cancelled};
use crate::codec::Compression;
use crate::progress::Silent;
use crate::source::{Blob, BlobBytes, BlobId, LayerTar};
use crate::tarball::testing::{end, entry, header, pax};
use crate::tarball::{Limits, TarError, Time};
use proptest::prelude::*;
use std::io::{Read as _, Write as _};
use std::sync::Arc;

fn scanner() -> Scanner {
    Scanner { limits: Limits::default(), seed: 42, cancel: Cancel::default() }
}

fn section(bytes: &[u8]) -> Section {
    Section::new(Arc::new(bytes.to_vec()))
}

fn by_position(bytes: &[u8]) -> Listing {
    let meter = Meter::default();
    let listing = scanner().scan_section(&section(bytes), &meter);
    assert_eq!(meter.get(), bytes.len() as u64, "progress reaches the total");
    listing
}

fn streamed(mut bytes: &[u8]) -> Listing {
    scanner().scan_stream(&mut bytes)
}

/// Both ways to read give the same, fingerprints apart.
fn both(bytes: &[u8]) -> Listing {
    let (listing, stream) = (by_position(bytes), streamed(bytes));
    assert_eq!((&listing.notices, listing.unpacked), (&stream.notices, stream.unpacked));
    assert_eq!(listing.damage.as_ref().map(ToString::to_string), stream.damage.as_ref().map(ToString::to_string));
    assert_eq!(listing.len(), stream.len());
    for (one, other) in listing.entries().zip(stream.entries()) {
        assert_eq!(one.fingerprint(), None);
        assert_eq!(other.fingerprint().is_some(), other.kind == EntryKind::File);
        assert_eq!(facts(one), facts(other));
    }
    stream
}

fn plain(bytes: &[u8]) -> Blob {
    Blob { id: BlobId(1), size: bytes.len() as u64, bytes: BlobBytes::Positional(section(bytes)) }
}

fn gzipped(bytes: &[u8]) -> Blob {
    let mut out = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    out.write_all(bytes).unwrap();
    plain(&out.finish().unwrap())
}

/// The blob as a member of a gzipped archive.
fn within(bytes: &[u8]) -> Blob {
    let archive = gzipped(&[&[7; 512], bytes].concat());
    let archive = archive.section().unwrap().clone();
    let bytes_within = BlobBytes::Within { archive, compression: Compression::Gzip, offset: 512 };
    Blob { id: BlobId(2), size: bytes.len() as u64, bytes: bytes_within }
}

fn entry_of(listing: &Listing, index: usize) -> Entry<'_> {
    listing.entries().nth(index).unwrap()
}

/// Everything about an entry but its fingerprint.
fn facts(entry: Entry<'_>) -> impl PartialEq + std::fmt::Debug {
    let Entry { kind, role, mode, uid, gid, size, mtime, device, data_offset, .. } = entry;
    let names = (entry.path(), entry.link().to_vec(), entry.xattrs().to_vec());
    let stored = (data_offset, entry.stored(), entry.sparse().map(<[_]>::to_vec));
    (names, (kind, role, mode, uid, gid), (size, mtime, device), stored)
}

/// The tar in one of these blobs.
fn tar(blob: &Blob) -> LayerTar {
    let mut magic = [0; Compression::MAGIC];
    let section = blob.section();
    section.map(|section| section.read_at(&mut magic, 0).unwrap());
    LayerTar::new(blob.clone(), Compression::sniff(&magic), 0)
}

fn open(blob: &Blob, listing: &Listing, index: usize) -> Content {
    Content::open(&tar(blob), entry_of(listing, index), &Silent, &Cancel::default()).unwrap()
}

fn read(content: Content) -> Vec<u8> {
    let mut out = Vec::new();
    content.reader().read_to_end(&mut out).unwrap();
    out
}

fn sparse_file(name: &str, size: u64, regions: &[(u64, &[u8])]) -> Vec<u8> {
    let map: Vec<String> = regions.iter().map(|(offset, data)| format!("{offset},{}", data.len())).collect();
    let size = size.to_string();
    let content: Vec<u8> = regions.iter().flat_map(|(_, data)| data.iter().copied()).collect();
    let records = [("GNU.sparse.size", size.as_bytes()), ("GNU.sparse.map", map.join(",").as_bytes())]
        .map(|(key, value)| (key, value.to_vec()));
    let records: Vec<(&str, &[u8])> = records.iter().map(|(key, value)| (*key, &**value)).collect();
    [pax(b'x', &records), entry(b'0', name, &content)].concat()
}

#[test]
fn nothing_is_an_empty_layer() {
    for bytes in [vec![], end(), vec![0; 10_240]] {
        let listing = both(&bytes);
        assert!(listing.is_empty() && listing.damage.is_none() && listing.notices.is_empty());
        assert_eq!(listing.unpacked, bytes.len() as u64);
    }
}

#[test]
fn entries_keep_what_the_tar_says() {
    let bytes = [
        pax(b'x', &[("SCHILY.xattr.user.a", b"1"), ("mtime", b"5.25")]),
        entry(b'0', "./etc/f", b"content"),
        pax(b'x', &[("SCHILY.xattr.user.a", b"1"), ("uid", b"5000000000")]),
        entry(b'0', "g", b""),
        header(b'2', "l", 0, |bytes| bytes[157..160].copy_from_slice(b"../")),
        entry(b'0', "etc/.wh.gone", b""),
        end(),
    ]
    .concat();
    let listing = both(&bytes);
    let [file, big, link, marker] = listing.entries().collect::<Vec<_>>()[..] else { panic!("{listing:?}") };
    assert_eq!((file.path(), file.link(), file.size), (b"./etc/f".to_vec(), &b""[..], 7));
    assert_eq!(file.mtime, Time { seconds: 5, nanoseconds: 250_000_000 });
    assert_eq!((file.xattrs().len(), file.xattrs, big.xattrs, listing.table.xattrs.len()), (1, 1, 1, 2));
    assert_eq!((big.uid, listing.notices.len()), (u32::MAX, 1));
    assert_eq!((link.link(), link.kind, link.fingerprint()), (&b"../"[..], EntryKind::Symlink, None));
    assert_eq!((marker.role, listing.unpacked), (Role::Whiteout, bytes.len() as u64));
}

#[test]
fn an_entry_with_cut_content_is_not_listed() {
    let bytes = [entry(b'0', "a", b"x"), entry(b'0', "b", &[b'y'; 3000])].concat();
    for len in [1536, 2000, 4535] {
        let listing = both(&bytes[..len]);
        assert_eq!(listing.len(), 1);
        assert!(matches!(listing.damage, Some(ListingError::Tar(TarError::Truncated { offset: 1024, .. }))));
    }
    assert_eq!(both(&bytes[..4536]).len(), 2);
}

#[test]
fn data_after_the_end_is_a_notice() {
    let bytes = [entry(b'0', "a", b"x"), end(), entry(b'0', "hidden", b"")].concat();
    let listing = both(&bytes);
    assert_eq!((listing.len(), listing.unpacked), (1, bytes.len() as u64));
    assert_eq!(listing.notices[0].message, "data after the end of the archive is ignored");
}

#[test]
fn damage_in_the_compression_and_cancelling_are_damage() {
    let blob = gzipped(&[entry(b'0', "a", b"x"), entry(b'0', "b", b"x")].concat());
    let stored = blob.section().unwrap().read_all(1 << 20).unwrap();
    let mut cut = crate::codec::decoder(Compression::Gzip, &stored[..stored.len() - 4]).unwrap();
    assert!(matches!(scanner().scan_stream(&mut cut).damage, Some(ListingError::Read(_))));

    let cancelled = scanner();
    cancelled.cancel.cancel();
    let bytes = entry(b'0', "a", b"x");
    for listing in [cancelled.scan_stream(&mut &*bytes), cancelled.scan_section(&section(&bytes), &Meter::default())] {
        assert!(matches!(listing.damage, Some(ListingError::Read(error)) if is_cancelled(&error)));
    }
}

#[test]
fn attributes_beyond_the_limits_are_left_out_with_a_notice() {
    let limits = Limits { xattrs_per_entry: 20, xattrs: 30, ..Limits::default() };
    let with = |value: &[u8]| [pax(b'x', &[("SCHILY.xattr.user.a", value)]), entry(b'0', "f", b"")].concat();
    let bytes = [with(&[1; 10]), with(&[2; 15]), with(&[3; 10]), with(&[1; 10])].concat();
    let listing = Scanner { limits, ..scanner() }.scan_section(&section(&bytes), &Meter::default());
    assert_eq!(listing.entries().map(|entry| entry.xattrs).collect::<Vec<_>>(), [1, 0, 0, 1]);
    assert!(listing.notices[0].message.contains("2 entries"), "{:?}", listing.notices);
}

#[test]
fn the_maps_of_all_sparse_files_are_limited() {
    let limits = Limits { sparse_regions: 1, ..Limits::default() };
    let bytes: Vec<u8> = (0..9).flat_map(|_| sparse_file("s", 50, &[(10, b"abc")])).collect();
    let listing = Scanner { limits, ..scanner() }.scan_section(&section(&bytes), &Meter::default());
    assert_eq!(listing.len(), 8);
    assert!(matches!(listing.damage, Some(ListingError::Tar(TarError::Limit { limit: 8, .. }))));
}

#[test]
fn claimed_sizes_never_add_up_to_more_than_a_sum_can_hold() {
    let bytes: Vec<u8> = (0..514).flat_map(|_| sparse_file("s", 1 << 53, &[(10, b"abc")])).collect();
    let listing = both(&bytes);
    assert_eq!((listing.len(), listing.bytes()), (512, super::MAX_BYTES));
    assert!(matches!(listing.damage, Some(ListingError::Tar(TarError::Limit { limit: super::MAX_BYTES, .. }))));
}

#[test]
fn a_stream_may_not_unpack_to_more_than_the_limit() {
    let limits = Limits { unpacked: 4096, ..Limits::default() };
    let bytes = [entry(b'0', "a", b"x"), entry(b'0', "b", &[b'x'; 5000])].concat();
    let listing = Scanner { limits, ..scanner() }.scan_stream(&mut &*bytes);
    assert_eq!(listing.damage.unwrap().to_string(), "more than 4096 bytes unpacked");
    let endless = [entry(b'0', "a", b"x"), vec![0; 8192]].concat();
    assert!(Scanner { limits, ..scanner() }.scan_stream(&mut &*endless).damage.is_some());
}

#[test]
fn contents_come_back_from_every_kind_of_blob() {
    let big: Vec<u8> = (0..200_000_u32).map(|n| n.to_le_bytes()[1]).collect();
    let bytes = [
        entry(b'0', "first", b"not this"),
        entry(b'0', "big", &big),
        sparse_file("sparse", 100_000, &[(10, b"abc"), (70_000, &[b'z'; 300])]),
        entry(b'0', "empty", b""),
        end(),
    ]
    .concat();
    let listing = both(&bytes);
    let mut holes = vec![0; 100_000];
    holes[10..13].copy_from_slice(b"abc");
    holes[70_000..70_300].fill(b'z');
    for blob in [plain(&bytes), gzipped(&bytes), within(&bytes)] {
        assert_eq!(read(open(&blob, &listing, 1)), big);
        assert_eq!(read(open(&blob, &listing, 2)), holes);
        assert_eq!(read(open(&blob, &listing, 3)), b"");
        for index in 0..4 {
            let fingerprint = open(&blob, &listing, index).fingerprint(42).unwrap();
            assert_eq!(Some(fingerprint), entry_of(&listing, index).fingerprint());
        }
    }
    assert_ne!(Some(open(&plain(&bytes), &listing, 1).fingerprint(43).unwrap()), entry_of(&listing, 1).fingerprint());
}

fn assert_next(content: &mut Content, expected: &Chunk<'_>) {
    let next = content.peek().unwrap();
    assert_eq!(next, *expected);
    let count = match next {
        Chunk::Hole(len) => len,
        Chunk::Data(bytes) => bytes.len() as u64,
        Chunk::End => 0,
    };
    content.advance(count);
}

#[test]
fn chunks_tell_holes_from_data() {
    let bytes = sparse_file("s", 50, &[(10, b"abc"), (13, b"de"), (40, b"f")]);
    let listing = both(&bytes);
    let mut content = open(&plain(&bytes), &listing, 0);
    assert_next(&mut content, &Chunk::Hole(10));
    assert_next(&mut content, &Chunk::Data(b"abc"));
    assert_next(&mut content, &Chunk::Data(b"de"));
    assert_next(&mut content, &Chunk::Hole(25));
    assert_next(&mut content, &Chunk::Data(b"f"));
    assert_next(&mut content, &Chunk::Hole(9));
    assert_next(&mut content, &Chunk::End);
    assert_next(&mut content, &Chunk::End);
}

#[test]
fn a_file_of_nothing_but_a_hole_is_compared_without_writing_it_out() {
    let huge = 1 << 52;
    let bytes = [
        sparse_file("a", huge, &[(5, b"x")]),
        sparse_file("b", huge, &[(5, b"x"), (huge - 10, &[0; 10])]),
        sparse_file("c", huge, &[(6, b"x")]),
        sparse_file("d", huge - 1, &[(5, b"x")]),
    ]
    .concat();
    let listing = both(&bytes);
    let blob = plain(&bytes);
    let same = |a, b| same_content(&mut open(&blob, &listing, a), &mut open(&blob, &listing, b)).unwrap();
    assert!(same(0, 1) && same(1, 0) && same(2, 2));
    assert!(!same(0, 2) && !same(0, 3) && !same(2, 1));
}

#[test]
fn stored_zeros_and_holes_have_one_fingerprint() {
    let mut dense = vec![0; 9000];
    dense[10..13].copy_from_slice(b"abc");
    dense[8999] = b'z';
    let bytes = [
        entry(b'0', "dense", &dense),
        sparse_file("sparse", 9000, &[(10, b"abc"), (8999, b"z")]),
        sparse_file("other", 9000, &[(11, b"abc"), (8999, b"z")]),
    ]
    .concat();
    let listing = both(&bytes);
    let prints: Vec<_> = listing.entries().map(|entry| entry.fingerprint().unwrap()).collect();
    assert!(prints[0] == prints[1] && prints[1] != prints[2]);
}

#[test]
fn a_content_that_ends_early_is_an_error() {
    let bytes = entry(b'0', "a", &[b'x'; 2000]);
    let listing = both(&bytes);
    let short = plain(&bytes[..1000]);
    assert!(Content::open(&tar(&short), entry_of(&listing, 0), &Silent, &Cancel::default()).is_err());
    let mut content = open(&gzipped(&bytes[..1000]), &listing, 0);
    assert_next(&mut content, &Chunk::Data(&[b'x'; 488]));
    assert_eq!(content.peek().unwrap_err().kind(), std::io::ErrorKind::UnexpectedEof);
}

/// A file to be written by the `tar` crate.
#[derive(Debug, Clone)]
struct Written {
    name: String,
    kind: tar::EntryType,
    content: Vec<u8>,
    mode: u32,
    owner: u32,
    mtime: u32,
}

fn written() -> impl Strategy<Value = Written> {
    use tar::EntryType::{Directory, Link, Regular, Symlink};
    let name = prop_oneof![4 => "[a-z]{1,12}(/[a-zäß]{1,20}){0,3}", 1 => "[a-z]{90,300}", 1 => "[a-z]{80}/[a-z]{80}"];
    let kind = prop_oneof![4 => Just(Regular), 1 => Just(Directory), 1 => Just(Symlink), 1 => Just(Link)];
    let content =
        prop_oneof![proptest::collection::vec(any::<u8>(), 0..3), proptest::collection::vec(any::<u8>(), 500..1500)];
    (name, kind, content, 0_u32..0o10000, any::<u32>(), any::<u32>())
        .prop_map(|(name, kind, content, mode, owner, mtime)| Written { name, kind, content, mode, owner, mtime })
}

fn write(files: &[Written]) -> Vec<u8> {
    let mut builder = tar::Builder::new(Vec::new());
    for file in files {
        let mut header = tar::Header::new_gnu();
        header.set_entry_type(file.kind);
        header.set_mode(file.mode);
        header.set_uid(file.owner.into());
        header.set_gid(0);
        header.set_mtime(file.mtime.into());
        if file.kind.is_file() {
            header.set_size(file.content.len() as u64);
            builder.append_data(&mut header, &file.name, &*file.content).unwrap();
        } else if file.kind.is_dir() {
            header.set_size(0);
            builder.append_data(&mut header, &file.name, &b""[..]).unwrap();
        } else {
            header.set_size(0);
            builder.append_link(&mut header, &file.name, &file.name).unwrap();
        }
    }
    builder.into_inner().unwrap()
}

proptest! {
    #[test]
    fn what_the_tar_crate_writes_is_read_back(files in proptest::collection::vec(written(), 0..12)) {
        let bytes = write(&files);
        let listing = both(&bytes);
        prop_assert!(listing.damage.is_none() && listing.notices.is_empty());
        prop_assert_eq!(listing.len(), files.len());
        let blob = plain(&bytes);
        for (index, (found, file)) in listing.entries().zip(&files).enumerate() {
            prop_assert_eq!(found.path(), file.name.as_bytes());
            let is_link = !file.kind.is_file() && !file.kind.is_dir();
            prop_assert_eq!(found.link(), if is_link { file.name.as_bytes() } else { b"" });
            prop_assert_eq!(u32::from(found.mode), file.mode);
            prop_assert_eq!((found.uid, found.mtime.seconds), (file.owner, i64::from(file.mtime)));
            let content: &[u8] = if file.kind.is_file() { &file.content } else { b"" };
            prop_assert_eq!(found.size, content.len() as u64);
            if file.kind.is_file() {
                prop_assert_eq!(read(open(&blob, &listing, index)), content);
            }
        }
    }
}

#[test]
fn no_cut_panics_and_none_is_taken_for_whole() {
    let bytes = [
        pax(b'x', &[("path", b"long"), ("SCHILY.xattr.user.a", b"1")]),
        entry(b'0', "a", b"content"),
        sparse_file("s", 50, &[(10, b"abc"), (40, b"f")]),
        end(),
    ]
    .concat();
    // Where the content of an entry is whole (its padding may be missing) and nothing follows.
    let ends = |len| len == 0 || (1543..=2048).contains(&len) || len >= 3588;
    for len in 0..=bytes.len() {
        let listing = both(&bytes[..len]);
        assert_eq!(listing.damage.is_none(), ends(len), "{len}: {:?}", listing.damage);
        assert_eq!(listing.len(), usize::from(len >= 1543) + usize::from(len >= 3588), "{len}");
    }
}

#[test]
fn what_says_what_a_layer_is_is_kept_on_the_way() {
    let large = vec![b'x'; 65 << 10];
    let bytes = [
        entry(b'0', "app", b"app"),
        entry(b'0', "usr/lib/os-release", b"ID=tiny\n"),
        entry(b'2', "etc/os-release", b""),
        entry(b'0', "etc/passwd", &large),
        end(),
    ]
    .concat();
    let listing = streamed(&bytes);
    assert_eq!(listing.kept(1), Some(&b"ID=tiny\n"[..]));
    assert_eq!((listing.kept(0), listing.kept(2), listing.kept(3)), (None, None, None));
    assert_eq!(by_position(&bytes).kept(1), None, "it can be read in place");
    let fingerprints = |listing: &Listing| listing.entries().map(|entry| entry.fingerprint()).collect::<Vec<_>>();
    let other = [entry(b'0', "b", b"ID=tiny\n"), end()].concat();
    assert_eq!(fingerprints(&listing)[1], fingerprints(&streamed(&other))[0]);
    // A layer that is cut within such a file has no such file.
    assert_eq!(streamed(&bytes[..1024 + 512 + 3]).kept.len(), 0);
}
