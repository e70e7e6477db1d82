use super::*;
use crate::bytes::Section;
use crate::listing::Content;
use crate::listing::EntryKind::{CharDevice, Directory, File, HardLink, Symlink};
use crate::progress::Silent;
use crate::source::{Blob, BlobId, LayerTar};
use crate::tarball::Limits;
use base64::prelude::{BASE64_STANDARD, Engine as _};
use serde_json::{Value, json};
use std::io::Write as _;
use std::sync::Arc;

/// A blob with its annotations.
struct Lazy {
    bytes: Vec<u8>,
    annotations: Annotations,
}

fn scanner() -> Scanner {
    Scanner { limits: Limits::default(), seed: 1, cancel: Cancel::default() }
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut out = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    out.write_all(bytes).unwrap();
    out.finish().unwrap()
}

fn zstd(bytes: &[u8]) -> Vec<u8> {
    zstd::encode_all(bytes, 1).unwrap()
}

fn digest(bytes: &[u8]) -> String {
    format!("sha256:{}", crate::image::hex(Sha256::new_with_prefix(bytes)))
}

fn header(path: &str, size: usize) -> Vec<u8> {
    let mut header = tar::Header::new_ustar();
    header.set_path(path).unwrap();
    header.set_size(size as u64);
    header.set_mode(0o644);
    header.set_mtime(0);
    header.set_cksum();
    header.as_bytes().to_vec()
}

/// Content that fills whole blocks, so that no padding is needed.
fn content(fill: u8, blocks: usize) -> Vec<u8> {
    vec![fill; blocks * 512]
}

/// The layer of both formats: a directory that only the table has, `one` in two chunks, `two`, and a link.
struct Parts {
    compress: fn(&[u8]) -> Vec<u8>,
    blob: Vec<u8>,
    tar: Vec<u8>,
}

impl Parts {
    /// Adds a member of its own and says where it begins.
    fn add(&mut self, bytes: &[u8]) -> usize {
        let offset = self.blob.len();
        self.blob.extend((self.compress)(bytes));
        self.tar.extend(bytes);
        offset
    }
}

fn layer(compress: fn(&[u8]) -> Vec<u8>) -> (Parts, Value) {
    let mut parts = Parts { compress, blob: Vec::new(), tar: Vec::new() };
    let (one, rest, two) = (content(b'1', 3), content(0, 2), content(b'2', 1));
    parts.add(&header("d/one", one.len() + rest.len()));
    let first = parts.add(&one);
    let second = parts.add(&rest);
    // The second file shares its member with its header.
    let shared = parts.add(&[header("d/two", two.len()), two.clone()].concat());
    let whole = [one.clone(), rest.clone()].concat();
    let entries = json!([
        {"type": "dir", "name": "d/", "mode": 0o40755, "modtime": "2024-02-03T04:05:06Z"},
        {"type": "reg", "name": "d/one", "size": whole.len(), "mode": 0o100_644, "uid": 7, "modtime": "1969-12-31T23:59:58.5Z",
         "digest": digest(&whole), "offset": first, "chunkSize": one.len(), "chunkDigest": digest(&one),
         "xattrs": {"user.b": BASE64_STANDARD.encode([0, 0xff]), "user.a": null}},
        {"type": "chunk", "name": "d/one", "offset": second, "chunkOffset": one.len(), "chunkSize": rest.len(), "chunkType": "zeros"},
        {"type": "reg", "name": "d/two", "size": two.len(), "digest": digest(&two), "offset": shared, "innerOffset": 512},
        {"type": "symlink", "name": "d/\u{e4}\n", "linkName": "one", "mode": 0o777},
        {"type": "hardlink", "name": "d/three", "linkName": "d/two"},
        {"type": "char", "name": "d/null", "devMajor": 1, "devMinor": 3},
        {"type": "reg", "name": "d/.wh.gone"},
    ]);
    (parts, entries)
}

fn table(entries: &Value) -> Vec<u8> {
    serde_json::to_vec(&json!({"version": 1, "entries": entries, "tail": {"x": [1, 2]}})).unwrap()
}

fn estargz(entries: impl FnOnce(&mut Value)) -> Lazy {
    let (mut parts, mut rows) = layer(gzip);
    entries(&mut rows);
    estargz_of(&mut parts, &table(&rows))
}

fn estargz_of(parts: &mut Parts, json: &[u8]) -> Lazy {
    let mut tar = header("stargz.index.json", json.len());
    tar.extend(json);
    tar.resize(tar.len().next_multiple_of(512) + 1024, 0);
    let offset = parts.add(&tar);
    let mut bytes = std::mem::take(&mut parts.blob);
    bytes.extend([0x1f, 0x8b, 8, 4, 0, 0, 0, 0, 0, 0xff, 26, 0, b'S', b'G', 22, 0]);
    bytes.extend(format!("{offset:016x}STARGZ").bytes());
    bytes.extend([1, 0, 0, 0xff, 0xff, 0, 0, 0, 0, 0, 0, 0, 0]);
    Lazy { bytes, annotations: [(ESTARGZ.to_owned(), digest(json))].into() }
}

const ESTARGZ: &str = "containerd.io/snapshot/stargz/toc.digest";
const POSITION: &str = "io.github.containers.zstd-chunked.manifest-position";
const CHECKSUM: &str = "io.github.containers.zstd-chunked.manifest-checksum";

fn chunked(entries: impl FnOnce(&mut Value)) -> Lazy {
    let (mut parts, mut rows) = layer(zstd);
    entries(&mut rows);
    chunked_of(&mut parts, &table(&rows))
}

fn chunked_of(parts: &mut Parts, json: &[u8]) -> Lazy {
    parts.add(&[0; 1024]);
    let stored = zstd(json);
    let mut bytes = std::mem::take(&mut parts.blob);
    bytes.extend([0x50, 0x2a, 0x4d, 0x18]);
    bytes.extend(u32::try_from(stored.len()).unwrap().to_le_bytes());
    let position = format!("{}:{}:{}:1", bytes.len(), stored.len(), json.len());
    let annotations = [(POSITION.to_owned(), position), (CHECKSUM.to_owned(), digest(&stored))].into();
    bytes.extend(stored);
    Lazy { bytes, annotations }
}

impl Lazy {
    fn section(&self) -> Section {
        Section::new(Arc::new(self.bytes.clone()))
    }

    fn read(&self) -> Option<Result<Listing, Notice>> {
        scanner().scan_table(&self.section(), Compression::sniff(&self.bytes), &self.annotations)
    }

    fn listing(&self) -> Listing {
        self.read().unwrap().unwrap()
    }

    /// Why the table is not used.
    fn why(&self) -> String {
        let notice = self.read().unwrap().unwrap_err();
        assert_eq!(notice.severity, crate::notice::Severity::Info);
        notice.message
    }

    fn annotate(mut self, key: &str, value: &str) -> Self {
        self.annotations.insert(key.to_owned(), value.to_owned());
        self
    }

    fn content(&self, listing: &Listing, index: u32) -> io::Result<Vec<u8>> {
        let mut out = Vec::new();
        let blob = Blob::new(BlobId(0), self.section());
        let layer = LayerTar::new(blob, Compression::sniff(&self.bytes), 0);
        let entry = listing.entry(index).unwrap();
        Content::open(&layer, entry, &Silent, &Cancel::default())?.reader().read_to_end(&mut out)?;
        Ok(out)
    }
}

fn both(entries: impl Fn(&mut Value)) -> [Lazy; 2] {
    [estargz(&entries), chunked(&entries)]
}

#[test]
fn entries_are_those_of_the_table() {
    for (lazy, name) in both(|_| ()).iter().zip(["eStargz", "zstd:chunked"]) {
        let listing = lazy.listing();
        let of = |index| listing.entry(index).unwrap();
        assert_eq!(listing.notices, [Notice::info("", format!("listed by its {name} table of contents"))]);
        let kinds: Vec<_> = listing.entries().map(|entry| entry.kind).collect();
        let mut expected = vec![Directory, File, File, Symlink, HardLink, CharDevice, File];
        expected.extend((name == "eStargz").then_some(File));
        assert_eq!(kinds, expected);
        let directory = of(0);
        assert_eq!((directory.path(), directory.mode, directory.mtime.seconds), (b"d/".to_vec(), 0o755, 1_706_933_106));
        let one = of(1);
        assert_eq!((one.path(), one.size, one.mode, one.uid, one.gid), (b"d/one".to_vec(), 2560, 0o644, 7, 0));
        assert_eq!((one.mtime.seconds, one.mtime.nanoseconds), (-2, 500_000_000));
        let xattrs: Vec<_> = one.xattrs().iter().map(|(name, value)| (&**name, &**value)).collect();
        assert_eq!(xattrs, [(&b"user.a"[..], &b""[..]), (b"user.b", &[0, 0xff])]);
        assert_eq!((of(3).path(), of(3).link()), ("d/\u{e4}\n".as_bytes().to_vec(), &b"one"[..]));
        assert_eq!((of(4).link(), of(5).device), (&b"d/two"[..], (1, 3)));
        assert_eq!(of(6).role, crate::listing::Role::Whiteout);
    }
}

#[test]
fn the_listing_is_that_of_the_whole_layer() {
    let keep = |rows: &mut Value| {
        rows.as_array_mut().unwrap().retain(|row| {
            matches!(row["type"].as_str(), Some("reg" | "chunk")) && row["size"] != Value::Null
                || row["type"] == "chunk"
        });
    };
    let (mut parts, mut rows) = layer(gzip);
    keep(&mut rows);
    let lazy = estargz_of(&mut parts, &table(&rows));
    let listing = lazy.listing();
    let full = scanner().scan_stream(&mut &*parts.tar);
    assert!(full.damage.is_none());
    let facts = |listing: &Listing| -> Vec<_> {
        listing.entries().map(|entry| (entry.path(), entry.kind, entry.size, entry.stored())).collect()
    };
    assert_eq!(facts(&listing), facts(&full));
    assert_eq!((listing.bytes(), listing.len()), (full.bytes(), 3));
}

#[test]
fn contents_are_read_where_they_are() {
    for lazy in both(|_| ()) {
        let listing = lazy.listing();
        assert_eq!(lazy.content(&listing, 1).unwrap(), [content(b'1', 3), content(0, 2)].concat());
        assert_eq!(lazy.content(&listing, 2).unwrap(), content(b'2', 1));
        assert_eq!(lazy.content(&listing, 6).unwrap(), b"");
    }
    let lazy = estargz(|_| ());
    let json = lazy.content(&lazy.listing(), 7).unwrap();
    assert_eq!(lazy.annotations[ESTARGZ], digest(&json));
}

#[test]
fn a_wrong_content_is_an_error() {
    let wrong = |key: &'static str, value: Value| move |rows: &mut Value| rows[1][key] = value.clone();
    let cases = [
        ("digest", json!(digest(b"another"))),
        ("offset", json!(1)),
        ("innerOffset", json!(1)),
        ("innerOffset", json!(1 << 30)),
        ("size", json!(2559)),
        ("size", json!(1 << 30)),
    ];
    for (key, value) in cases {
        for lazy in both(wrong(key, value.clone())) {
            assert!(lazy.content(&lazy.listing(), 1).is_err(), "{key} {value}");
        }
    }
    // One file's content is not another's.
    for lazy in both(|rows| rows[3]["offset"] = rows[1]["offset"].clone()) {
        let error = lazy.content(&lazy.listing(), 2).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::InvalidData);
    }
}

#[test]
fn a_table_that_makes_no_sense_is_not_used() {
    let cases: [(&str, usize, &str, Value); 19] = [
        ("is of no known type", 1, "type", json!("socket")),
        ("is of no known type", 2, "name", json!("d/two")),
        ("begins behind the end of the layer", 1, "offset", json!(u64::MAX)),
        ("begins behind the end of the layer", 3, "offset", json!(1_u64 << 40)),
        ("has a size above 2^53", 1, "size", json!(u64::MAX)),
        ("has no digest of its content", 1, "digest", json!("md5:00")),
        ("has no digest of its content", 1, "digest", json!("sha256:\u{e4}")),
        ("no base64", 1, "xattrs", json!({"user.x": "!"})),
        ("has no readable time", 0, "modtime", json!("yesterday")),
        ("is a link to nowhere", 4, "linkName", json!("")),
        ("cannot spell", 4, "name", json!("a\u{fffd}")),
        ("cannot spell", 4, "linkName", json!("a\0b")),
        ("more bytes in a path", 4, "name", json!("x".repeat(70_000))),
        ("more bytes in an entry than", 4, "ignored", json!("x".repeat(3 << 20))),
        ("damaged: invalid value: integer `-1`", 1, "size", json!(-1)),
        ("damaged: invalid type", 1, "name", json!(["x"])),
        ("damaged: invalid type", 1, "digest", Value::Null),
        ("damaged: invalid type", 1, "mode", json!(1.5)),
        ("damaged: invalid type: string", 3, "xattrs", json!("x")),
    ];
    for (expected, row, key, value) in cases {
        for lazy in both(|rows| rows[row][key] = value.clone()) {
            let why = lazy.why();
            assert!(why.contains(expected), "{expected}: {why}");
        }
    }
    for lazy in both(|rows| drop(rows[0].as_object_mut().unwrap().remove("name"))) {
        assert!(lazy.why().contains("missing field `name`"), "{}", lazy.why());
    }
    for lazy in both(|rows| drop(rows.as_array_mut().unwrap().remove(1))) {
        assert!(lazy.why().contains("has an entry that is of no known type"), "{}", lazy.why());
    }
}

#[test]
fn odd_names_are_left_to_the_tree() {
    for lazy in both(|rows| {
        rows[4]["name"] = json!("../../etc/passwd");
        rows[5]["name"] = json!("d/one");
        rows[6]["name"] = json!("");
    }) {
        let listing = lazy.listing();
        assert_eq!(listing.entry(3).unwrap().components(), [b"etc", &b"passwd"[..]]);
        assert_eq!(listing.entry(4).unwrap().path(), b"d/one");
    }
}

#[test]
fn a_document_that_is_no_table_is_not_used() {
    let documents: [&[u8]; 14] = [
        b"",
        b" \n",
        b"null",
        b"[]",
        b"{}",
        b"{\"entries\": null}",
        b"{\"entries\": [{]}",
        b"{\"entries\": [1]}",
        b"{\"entries\": []} x",
        b"{\"entries\": [], \"entries\": []}",
        b"{\"entries\": [],}",
        b"{\"entries\": [] \"x\": 1}",
        b"{\"entries\": [",
        b"{\"x\": \xff\xff, \"entries\": []}",
    ];
    for json in documents {
        let (mut gzipped, _) = layer(gzip);
        let (mut frames, _) = layer(zstd);
        for lazy in [estargz_of(&mut gzipped, json), chunked_of(&mut frames, json)] {
            assert!(lazy.why().contains("the layer is read in full"), "{}", String::from_utf8_lossy(json));
        }
    }
    let (mut frames, _) = layer(zstd);
    let deep = ["{\"x\": ".to_owned(), "[".repeat(100_000), "]".repeat(100_000), ", \"entries\": []}".into()].concat();
    assert!(chunked_of(&mut frames, deep.as_bytes()).listing().is_empty());
    let (mut frames, _) = layer(zstd);
    let spaced = b" {\"x\" : 12 ,\n\"entries\"\t: [ ] }\r\n".to_vec();
    assert!(chunked_of(&mut frames, &spaced).listing().is_empty());
}

#[test]
fn a_table_counts_only_with_its_digest() {
    let other = digest(b"other");
    for (lazy, key) in both(|_| ()).into_iter().zip([ESTARGZ, CHECKSUM]) {
        assert!(lazy.annotate(key, &other).why().contains("does not match its digest in the manifest"));
    }
    for (lazy, key) in both(|_| ()).into_iter().zip([ESTARGZ, CHECKSUM]) {
        assert!(lazy.annotate(key, "sha512:00").why().contains("has no digest in the manifest"));
    }
    for lazy in both(|_| ()) {
        assert!(Lazy { annotations: Annotations::new(), ..lazy }.read().is_none());
    }
    let mut bare = chunked(|_| ());
    bare.annotations.remove(CHECKSUM);
    assert!(bare.why().contains("has no digest in the manifest"));
    // The older spelling of the annotations; those of the other format say nothing about this layer.
    let lazy = chunked(|_| ());
    let rename = |key: &String| key.replace("io.github.", "io.");
    let older = lazy.annotations.iter().map(|(key, value)| (rename(key), value.clone())).collect();
    assert_eq!(Lazy { annotations: older, ..lazy }.annotate(ESTARGZ, "x").listing().len(), 7);
}

#[test]
fn a_table_that_is_not_there_is_not_used() {
    for position in ["", "1:2:3", "1:2:3:1:5", "a:b:c:1", "-1:2:3:1", "18446744073709551615:1:1:1", "0:99999999:1:1"] {
        assert!(
            chunked(|_| ()).annotate(POSITION, position).why().contains("is not where the manifest says"),
            "{position}"
        );
    }
    let lazy = chunked(|_| ());
    let position = lazy.annotations[POSITION].clone();
    let numbers: Vec<&str> = position.split(':').collect();
    let with = |unpacked: u64, kind: u64| format!("{}:{}:{unpacked}:{kind}", numbers[0], numbers[1]);
    assert!(chunked(|_| ()).annotate(POSITION, &with(10, 2)).why().contains("is not where"));
    assert!(chunked(|_| ()).annotate(POSITION, &with(10, 1)).why().contains("read in full"));
    assert!(chunked(|_| ()).annotate(POSITION, &with(1 << 40, 1)).why().contains("more bytes than are allowed"));

    let whole = estargz(|_| ());
    for cut in [1, 51, 52, whole.bytes.len() - 20, whole.bytes.len()] {
        let bytes = whole.bytes[..whole.bytes.len() - cut].to_vec();
        let lazy = Lazy { bytes, annotations: whole.annotations.clone() };
        assert!(lazy.read().is_none_or(|read| read.is_err()), "{cut}");
    }
    for at in whole.bytes.len() - 51..whole.bytes.len() - 13 {
        let mut bytes = whole.bytes.clone();
        bytes[at] ^= 0x11;
        let lazy = Lazy { bytes, annotations: whole.annotations.clone() };
        // Time, flags and system of the footer mean nothing.
        let is_free = (4..10).contains(&(at + 51 - whole.bytes.len()));
        assert_eq!(lazy.read().unwrap().is_ok(), is_free, "{at}");
    }
}

#[test]
fn a_table_of_more_entries_than_a_layer_may_have_is_not_used() {
    let limits = Limits { entries: 7, ..Limits::default() };
    for lazy in both(|_| ()) {
        let read = Scanner { limits, ..scanner() }.scan_table(
            &lazy.section(),
            Compression::sniff(&lazy.bytes),
            &lazy.annotations,
        );
        let why = read.unwrap().unwrap_err().message;
        assert!(why.contains("more entries than are allowed"), "{why}");
    }
}

#[test]
fn entries_may_lie_across_what_is_read_at_once() {
    let many: Vec<Value> = (0..20_000)
        .map(|index| json!({"type": "fifo", "name": format!("{index:032}"), "modtime": "2024-02-03T04:05:06Z"}))
        .collect();
    for lazy in both(|rows| *rows = Value::from(many.clone())) {
        let listing = lazy.listing();
        assert!(listing.len() >= 20_000);
        let names = (0..20_000).map(|index| listing.entry(index).unwrap().path());
        assert!(names.enumerate().all(|(index, name)| name == format!("{index:032}").into_bytes()));
    }
}

#[test]
fn files_that_claim_to_be_behind_the_same_bytes_do_not_add_up() {
    let claim = (1_u64 << 36) - (1 << 20);
    for lazy in both(|rows| rows[3]["innerOffset"] = json!(claim)) {
        assert!(matches!(lazy.read(), Some(Ok(_))));
    }
    for lazy in both(|rows| {
        rows[3]["innerOffset"] = json!(claim);
        rows[1]["innerOffset"] = json!(1 << 21);
    }) {
        assert!(lazy.why().contains("more bytes in its files than are allowed"), "{}", lazy.why());
    }
}

#[test]
fn a_message_about_an_entry_is_short() {
    for lazy in both(|rows| rows[1]["size"] = json!("x".repeat(1 << 20))) {
        assert!(lazy.why().len() < 400, "{}", lazy.why().len());
    }
}

#[test]
fn costs_and_framing_are_the_blob() {
    for lazy in both(|_| ()) {
        let listing = lazy.listing();
        let blob = lazy.bytes.len() as u64;
        let costs: Vec<u64> = (0..).map_while(|index| listing.pull_cost(index)).collect();
        assert_eq!(costs.len(), listing.len());
        assert_eq!(costs.iter().sum::<u64>() + listing.framing(blob).unwrap(), blob);
        // A content costs at least what lies between its member and the next, but for headers in between.
        let place = |name: &[u8]| listing.entries().find(|entry| entry.name() == name).unwrap().data_offset;
        let one = listing.entries().find(|entry| entry.name() == b"one").unwrap();
        let (cost, stored) = (one.pull_cost().unwrap(), place(b"two") - place(b"one"));
        assert!(cost >= stored && cost <= place(b"two"), "{cost} of {stored}");
    }
    let reordered = |rows: &mut Value| {
        rows[1]["offset"] = rows[3]["offset"].clone();
        rows[3]["offset"] = json!(1);
    };
    for lazy in both(reordered) {
        let listing = lazy.listing();
        assert_eq!((listing.pull_cost(0), listing.framing(lazy.bytes.len() as u64)), (None, None));
    }
}
