//! Archives that other tools read, and some that they should not: each is read by position and as a stream.

use super::testing::{end, entry, header, pax, record};
use super::{Limits, MAX_SIZE, Member, MemberKind, Region, Streaming, TarError, TarReader, Time};
use crate::bytes::Section;
use std::io::Read as _;
use std::sync::Arc;

/// Everything that one reading gave.
#[derive(Debug)]
struct Outcome {
    members: Vec<Member>,
    error: Option<TarError>,
    notices: Vec<String>,
    trailing: bool,
}

fn drain<I: super::Input>(mut reader: TarReader<I>) -> Outcome {
    let mut members = Vec::new();
    let error = loop {
        match reader.next_member() {
            Ok(Some(member)) => members.push(member),
            Ok(None) => break None,
            Err(error) => break Some(error),
        }
    };
    assert!(reader.next_member().unwrap().is_none(), "nothing comes after the end");
    let trailing = reader.trailing(u64::MAX).unwrap();
    Outcome { members, error, notices: reader.take_notices().iter().map(|n| n.message.clone()).collect(), trailing }
}

fn read_within(limits: Limits, parts: &[Vec<u8>]) -> Outcome {
    let bytes = parts.concat();
    let streamed = drain(TarReader::new(Streaming::new(&*bytes, limits.unpacked), limits));
    let positional = drain(TarReader::new(Section::new(Arc::new(bytes)).reader(), limits));
    assert_eq!(streamed.members, positional.members);
    assert_eq!(streamed.notices, positional.notices);
    assert_eq!(streamed.trailing, positional.trailing);
    let text = |error: &Option<TarError>| error.as_ref().map(ToString::to_string);
    assert_eq!(text(&streamed.error), text(&positional.error));
    positional
}

fn read(parts: &[Vec<u8>]) -> Outcome {
    read_within(Limits::default(), parts)
}

fn names(outcome: &Outcome) -> Vec<String> {
    outcome.members.iter().map(|member| String::from_utf8_lossy(&member.path).into_owned()).collect()
}

fn whole(parts: &[Vec<u8>]) -> Vec<Member> {
    let outcome = read(parts);
    assert!(outcome.error.is_none(), "{outcome:?}");
    assert_eq!(outcome.notices, Vec::<String>::new());
    outcome.members
}

fn map(regions: &[(u64, u64)]) -> Box<[Region]> {
    regions.iter().map(|(offset, len)| Region { offset: *offset, len: *len }).collect()
}

#[test]
fn an_archive_may_be_empty_or_end_without_a_marker() {
    assert!(whole(&[]).is_empty());
    assert!(whole(&[end()]).is_empty());
    assert!(whole(&[vec![0; 100]]).is_empty());
    assert_eq!(names(&read(&[entry(b'0', "a", b"x")])), ["a"]);
    let mut no_padding = entry(b'0', "a", b"x");
    no_padding.truncate(513);
    assert_eq!(whole(&[no_padding]).len(), 1);
    assert_eq!(whole(&[entry(b'0', "a", b"x"), vec![0; 512]]).len(), 1);
}

#[test]
fn a_single_zero_block_is_no_end() {
    let outcome = read(&[entry(b'0', "a", b"x"), vec![0; 512], entry(b'0', "b", b""), end()]);
    assert_eq!(names(&outcome), ["a", "b"]);
    assert_eq!(outcome.notices.len(), 1);
}

#[test]
fn what_follows_the_end_is_told() {
    let tail = [entry(b'0', "a", b"x"), end(), vec![0; 9000], entry(b'0', "hidden", b"")];
    let outcome = read(&tail);
    assert!(names(&outcome) == ["a"] && outcome.trailing && outcome.error.is_none());
    assert!(!read(&[entry(b'0', "a", b"x"), end(), vec![0; 9000]]).trailing);
    assert!(read(&[vec![0; 512], vec![b'x'; 512]]).trailing);
}

#[test]
fn cut_contents_are_errors_also_where_they_are_passed_over() {
    let bytes = [entry(b'0', "a", b"x"), entry(b'0', "b", &[b'y'; 2000])].concat();
    for len in [1024 + 512, 1024 + 513, 1024 + 512 + 1999] {
        let outcome = read(&[bytes[..len].to_vec()]);
        let error = outcome.error.unwrap();
        assert!(
            matches!(error, TarError::Truncated { offset: 1024, end, needed: 2000 } if end == len as u64),
            "{error:?}"
        );
    }
    assert!(matches!(read(&[bytes[..1500].to_vec()]).error, Some(TarError::Truncated { offset: 1024, .. })));
}

#[test]
fn a_cut_content_fails_while_it_is_read() {
    let bytes = &entry(b'0', "b", &[b'y'; 2000])[..1000];
    let mut reader = TarReader::new(Streaming::new(bytes, 1 << 20), Limits::default());
    reader.next_member().unwrap().unwrap();
    let mut out = Vec::new();
    let error = reader.content().read_to_end(&mut out).unwrap_err();
    assert_eq!((error.kind(), out.len()), (std::io::ErrorKind::UnexpectedEof, 488));
    assert!(matches!(TarError::from_read(error), TarError::Truncated { end: 1000, needed: 2000, .. }));
}

#[test]
fn other_bytes_are_a_damaged_header() {
    let outcome = read(&[entry(b'0', "a", b"x"), vec![b'z'; 512]]);
    assert!(matches!(outcome.error, Some(TarError::Header { offset: 1024, .. })), "{outcome:?}");
    assert_eq!(outcome.members.len(), 1);
}

#[test]
fn two_local_headers_are_merged_and_a_global_one_does_not_part_them() {
    let members = whole(&[
        pax(b'x', &[("path", b"first"), ("uid", b"1")]),
        pax(b'g', &[("gid", b"9"), ("uid", b"8"), ("comment", b"git")]),
        pax(b'x', &[("path", b"second"), ("SCHILY.xattr.user.a", b"1\n2\0\xff")]),
        entry(b'0', "plain", b"x"),
        entry(b'0', "next", b"x"),
        end(),
    ]);
    assert_eq!(members[0].path, b"second");
    assert_eq!((members[0].uid, members[0].gid, members[0].header_offset), (1, 9, 0));
    assert_eq!(members[0].xattrs, [(b"user.a".to_vec(), b"1\n2\0\xff".to_vec())]);
    assert_eq!((members[1].uid, members[1].gid, &*members[1].path), (8, 9, &b"next"[..]));
    assert!(members[1].xattrs.is_empty());
}

#[test]
fn the_size_of_a_local_header_holds_for_one_entry() {
    let members = whole(&[
        pax(b'x', &[("size", b"3")]),
        [header(b'0', "a", 0, |_| {}), b"abc".to_vec(), vec![0; 509]].concat(),
        entry(b'0', "b", b""),
        end(),
    ]);
    assert_eq!(members.iter().map(|m| m.size).collect::<Vec<_>>(), [3, 0]);
}

#[test]
fn a_global_size_holds_until_a_local_one() {
    let body = || [header(b'0', "a", 0, |_| {}), b"abc".to_vec(), vec![0; 509]].concat();
    let global = pax(b'g', &[("size", b"3"), ("mtime", b"-0.5")]);
    let local = pax(b'x', &[("size", b"1"), ("mtime", b"")]);
    let members = whole(&[global, body(), local, entry(b'0', "b", b"x"), body(), end()]);
    assert_eq!(members.iter().map(|m| m.size).collect::<Vec<_>>(), [3, 1, 3]);
    assert_eq!(members[0].mtime, Time { seconds: -1, nanoseconds: 500_000_000 });
    assert_eq!(members[1].mtime, Time::default());
}

#[test]
fn what_only_one_file_can_have_is_not_taken_from_a_global_header() {
    let records = [("SCHILY.xattr.user.a", &b"1"[..]), ("GNU.sparse.map", b"0,1"), ("linkpath", &[b'l'; 5000])];
    let outcome = read(&[pax(b'g', &records), entry(b'2', "a", b""), end()]);
    let member = &outcome.members[0];
    assert_eq!((member.xattrs.len(), &member.sparse, member.link.len(), outcome.notices.len()), (0, &None, 0, 1));
}

#[test]
fn malformed_values_do_not_end_a_layer() {
    let outcome = read(&[
        pax(b'x', &[("uid", b"root"), ("mtime", b"yesterday"), ("path", b"kept")]),
        entry(b'0', "a", b"x"),
        header(b'0', "b", 0, |bytes| bytes[108..116].copy_from_slice(b"nonsense")),
        end(),
    ]);
    assert!(outcome.error.is_none());
    assert_eq!((names(&outcome), outcome.notices.len()), (vec!["kept".to_owned(), "b".to_owned()], 3));
}

#[test]
fn numbers_may_be_base_256_and_negative() {
    let outcome = read(&[
        header(b'0', "a", 0, |bytes| {
            bytes[108..116].copy_from_slice(&[0x80, 0, 0, 0, 0xff, 0xff, 0xff, 0xfe]);
            bytes[116..124].copy_from_slice(&[0xff; 8]);
            bytes[136..148].copy_from_slice(&[0xff; 12]);
        }),
        end(),
    ]);
    let member = &outcome.members[0];
    assert_eq!((member.uid, member.gid, member.mtime.seconds), (4_294_967_294, 4_294_967_295, -1));
    assert_eq!(outcome.notices, ["its group is negative, -1"]);
}

#[test]
fn unbelievable_sizes_are_refused() {
    let size = MAX_SIZE + 1;
    let binary = header(b'0', "a", 0, |bytes| {
        bytes[124..136].fill(0);
        bytes[124] = 0x80;
        bytes[128..136].copy_from_slice(&size.to_be_bytes());
    });
    let cases = [
        vec![binary],
        vec![pax(b'x', &[("size", size.to_string().as_bytes())]), entry(b'0', "a", b"")],
        vec![
            pax(b'x', &[("GNU.sparse.size", size.to_string().as_bytes()), ("GNU.sparse.numblocks", b"0")]),
            entry(b'0', "a", b""),
        ],
    ];
    for parts in cases {
        let outcome = read(&parts);
        assert!(matches!(outcome.error, Some(TarError::Size { size: found, .. }) if found == size), "{outcome:?}");
    }
    let negative = header(b'0', "a", 0, |bytes| bytes[124..136].fill(0xff));
    assert!(matches!(read(&[negative]).error, Some(TarError::Header { .. })));
}

#[test]
fn names_may_be_empty_long_or_anything() {
    let long = "l".repeat(5000);
    let members = whole(&[
        entry(b'5', "", b""),
        entry(b'L', "././@LongLink", format!("{long}\0").as_bytes()),
        entry(b'K', "././@LongLink", b"target\0"),
        entry(b'2', "short", b""),
        header(b'0', "name", 0, |bytes| bytes[345..348].copy_from_slice(b"dir")),
        header(b'0', "gnu", 0, |bytes| {
            bytes[257..265].copy_from_slice(b"ustar  \0");
            bytes[345..348].copy_from_slice(b"123");
        }),
        end(),
    ]);
    let paths: Vec<&[u8]> = members.iter().map(|member| &*member.path).collect();
    assert_eq!(paths, [&b""[..], long.as_bytes(), b"dir/name", b"gnu"]);
    assert_eq!(
        (members[1].kind, &*members[1].link, members[1].header_offset),
        (MemberKind::Symlink, &b"target"[..], 512)
    );
}

#[test]
fn types_are_those_of_posix_with_the_exceptions_of_archivers() {
    use MemberKind::{CharDevice, Directory, File};
    let outcome = read(&[
        entry(b'7', "contiguous", b"x"),
        entry(0, "old/", b""),
        entry(b'0', "slash/", b""),
        entry(b'D', "dump", b"Yname\0\0"),
        entry(b'V', "label", b""),
        entry(b'M', "rest", b"of another volume"),
        entry(b'Z', "unknown", b"xyz"),
        header(b'3', "null", 0, |bytes| {
            bytes[329..337].copy_from_slice(b"0000001\0");
            bytes[337..345].copy_from_slice(b"0000003\0");
        }),
        end(),
    ]);
    let kinds: Vec<_> = outcome.members.iter().map(|m| (m.kind, m.size, m.stored)).collect();
    let expected = [(File, 1, 1), (Directory, 0, 0), (File, 0, 0), (Directory, 0, 7), (File, 3, 3), (CharDevice, 0, 0)];
    assert_eq!((kinds, outcome.notices.len()), (expected.to_vec(), 1));
    assert_eq!(outcome.members[5].device, (1, 3));
}

#[test]
fn links_have_no_content_unless_it_is_there() {
    let claims = whole(&[header(b'1', "hard", 700, |_| {}), entry(b'0', "a", b"x"), end()]);
    assert_eq!((claims.len(), claims[0].size, claims[0].stored), (2, 0, 0));
    let carries = read(&[entry(b'1', "hard", &[b'y'; 700]), entry(b'0', "a", b"x"), end()]);
    assert_eq!((names(&carries), carries.notices.len()), (vec!["hard".to_owned(), "a".to_owned()], 1));
    let last = read(&[header(b'1', "hard", 700, |_| {}), vec![b'y'; 600]]);
    assert!(matches!(last.error, Some(TarError::Truncated { offset: 0, needed: 700, .. })), "{last:?}");
}

#[test]
fn old_gnu_sparse_files_have_a_map_in_headers() {
    let field = |value: u64| format!("{value:011o}\0").into_bytes();
    let descriptor = |n: u64| [field(n * 1000), field(2)].concat();
    let mut parts = vec![header(b'S', "s", 50, |bytes| {
        bytes[257..265].copy_from_slice(b"ustar  \0");
        for n in 0..4_u64 {
            let start = 386 + usize::try_from(n).unwrap() * 24;
            bytes[start..start + 24].copy_from_slice(&descriptor(n));
        }
        bytes[482] = 1;
        bytes[483..495].copy_from_slice(&field(1_000_000));
    })];
    let mut extension: Vec<u8> = (4..25).flat_map(descriptor).collect();
    extension.resize(512, 0);
    parts.extend([extension, vec![b'x'; 512], entry(b'0', "a", b"x"), end()]);
    let members = whole(&parts);
    let regions: Vec<_> = (0..25).map(|n| (n * 1000, 2)).collect();
    assert_eq!((members[0].size, members[0].stored, members[0].data_offset), (1_000_000, 50, 1024));
    assert_eq!((&members[0].sparse, members.len()), (&Some(map(&regions)), 2));
}

fn sparse_0_0() -> Vec<Vec<u8>> {
    let mut records = vec![("GNU.sparse.size", &b"90"[..]), ("GNU.sparse.numblocks", b"2")];
    records.extend([("GNU.sparse.offset", &b"10"[..]), ("GNU.sparse.numbytes", b"3")]);
    records.extend([("GNU.sparse.offset", &b"20"[..]), ("GNU.sparse.numbytes", b"2")]);
    vec![pax(b'x', &records), entry(b'0', "s", b"abcde")]
}

fn sparse_0_1(regions: &str) -> Vec<Vec<u8>> {
    let records = [
        ("GNU.sparse.size", &b"90"[..]),
        ("GNU.sparse.numblocks", b"2"),
        ("GNU.sparse.name", b"s"),
        ("GNU.sparse.map", regions.as_bytes()),
    ];
    vec![pax(b'x', &records), entry(b'0', "GNUSparseFile.1/s", b"abcde")]
}

fn sparse_1_0(regions: &str) -> Vec<Vec<u8>> {
    let records = [
        ("GNU.sparse.major", &b"1"[..]),
        ("GNU.sparse.minor", b"0"),
        ("GNU.sparse.name", b"s"),
        ("GNU.sparse.realsize", b"90"),
    ];
    let mut content = regions.as_bytes().to_vec();
    content.resize(content.len().next_multiple_of(512), 0);
    content.extend(b"abcde");
    vec![pax(b'x', &records), entry(b'0', "GNUSparseFile.1/s", &content)]
}

#[test]
fn pax_sparse_files_have_their_real_name_and_size_in_every_version() {
    for parts in [sparse_0_0(), sparse_0_1("10,3,20,2"), sparse_1_0("2\n10\n3\n20\n2\n")] {
        let members = whole(&[parts.concat(), entry(b'0', "next", b"x"), end()]);
        assert_eq!((members[0].path.as_slice(), members[0].size, members[0].stored), (&b"s"[..], 90, 5));
        assert_eq!((&members[0].sparse, members.len()), (&Some(map(&[(10, 3), (20, 2)])), 2));
        let bytes = parts.concat();
        let start = usize::try_from(members[0].data_offset).unwrap();
        assert_eq!(&bytes[start..start + 5], b"abcde");
    }
    assert_eq!(whole(&sparse_1_0("0\n"))[0].sparse, Some(map(&[])));
    assert_eq!(whole(&sparse_0_1("90,0"))[0].sparse, Some(map(&[])));
}

#[test]
fn sparse_maps_that_cannot_be_are_refused() {
    for bad in ["20,2,10,3", "10,3,12,2", "88,3", "0,6", "18446744073709551615,1"] {
        assert!(matches!(read(&sparse_0_1(bad)).error, Some(TarError::Header { .. })), "{bad}");
    }
    for bad in ["x\n", "2\n10\n3\n", "1\n-1\n3\n", "1\n99999999999999999999999\n1\n"] {
        assert!(read(&sparse_1_0(bad)).error.is_some(), "{bad}");
    }
    let few = Limits { sparse_regions: 1, ..Limits::default() };
    for parts in [sparse_0_0(), sparse_0_1("10,3,20,2"), sparse_1_0("2\n10\n3\n20\n2\n")] {
        assert!(matches!(read_within(few, &parts).error, Some(TarError::Limit { limit: 1, .. })));
    }
}

#[test]
fn limits_are_named() {
    let limits = Limits { extension: 600, path: 50, entries: 2, unpacked: 4000, ..Limits::default() };
    let cases = [
        (vec![entry(b'L', "", &[b'n'; 601])], "bytes of extended headers"),
        (vec![pax(b'x', &[("a", &[b'n'; 400])]), pax(b'x', &[("a", &[b'n'; 400])])], "bytes of extended headers"),
        (vec![header(b'g', "", 1 << 30, |_| {})], "bytes of extended headers"),
        (vec![entry(b'0', &"n".repeat(51), b"")], "bytes in one path"),
        (vec![entry(b'0', "a", b""), entry(b'0', "b", b""), entry(b'0', "c", b"")], "2 entries"),
    ];
    for (parts, message) in cases {
        let error = read_within(limits, &parts).error.unwrap().to_string();
        assert!(error.contains(message), "{error}");
    }
    let bytes = entry(b'0', "a", &[0; 5000]);
    let error = drain(TarReader::new(Streaming::new(&*bytes, limits.unpacked), limits)).error.unwrap();
    assert_eq!(error.to_string(), "more than 4000 bytes unpacked");
}

#[test]
fn an_extended_header_at_the_end_is_told() {
    let outcome = read(&[entry(b'0', "a", b"x"), pax(b'x', &[("path", b"b")]), end()]);
    assert_eq!((outcome.members.len(), outcome.notices.len()), (1, 1));
    let cut = read(&[entry(b'0', "a", b"x"), pax(b'x', &[("path", b"b")])]);
    assert!(matches!(cut.error, Some(TarError::Truncated { offset: 1024, end: 2048, .. })), "{cut:?}");
}

#[test]
fn notices_are_bounded() {
    let parts: Vec<_> = (0..300).map(|_| entry(b'Z', "odd", b"")).collect();
    let outcome = read(&parts);
    assert_eq!((outcome.members.len(), outcome.notices.len()), (300, 101));
    assert!(outcome.notices[100].starts_with("200 more"));
}

#[test]
fn no_cut_and_no_flipped_bit_panics() {
    let bytes = [
        sparse_1_0("2\n10\n3\n20\n2\n").concat(),
        sparse_0_0().concat(),
        entry(b'L', "", b"long\0"),
        [header(b'2', "link", 0, |_| {}), record("path", b"x")].concat(),
    ]
    .concat();
    for len in 0..bytes.len() {
        read(&[bytes[..len].to_vec()]);
    }
    for bit in (0..bytes.len() * 8).step_by(5) {
        let mut flipped = bytes.clone();
        flipped[bit / 8] ^= 1 << (bit % 8);
        read(&[flipped]);
    }
}
