//! zstd:chunked: Zstandard frames, behind them a skippable one that holds the table, compressed once more.
//!
//! <https://github.com/containers/storage/blob/main/docs/containers-storage-zstd-chunked.md>

use super::entry::Lister;
use super::{Annotations, Hashing, MAX_TABLE, Unfit, json, sha};
use crate::bytes::Section;
use crate::codec::{Compression, decoder};
use crate::listing::Scanner;
use std::io::{self, Read as _};

/// Before the names of the annotations; the older one is still written.
const PREFIXES: [&str; 2] = ["io.github.containers.zstd-chunked.", "io.containers.zstd-chunked."];

/// The annotation that says where the table is: `offset:length:uncompressed length:type`.
const POSITION: &str = "manifest-position";

/// The annotation with the digest of the table as stored.
const CHECKSUM: &str = "manifest-checksum";

/// The type of a table that is JSON with the entries of eStargz.
const JSON: u64 = 1;

/// Reads the table, if the annotations tell of one.
pub(super) fn read(
    layer: &Section,
    annotations: &Annotations,
    scanner: &Scanner,
    lister: &mut Lister<'_>,
) -> Option<Result<(), Unfit>> {
    let get = |name: &str| PREFIXES.iter().find_map(|prefix| annotations.get(&[prefix, name].concat()));
    let position = get(POSITION)?;
    Some(read_table(layer, position, get(CHECKSUM).map(String::as_str), scanner, lister))
}

fn read_table(
    layer: &Section,
    position: &str,
    checksum: Option<&str>,
    scanner: &Scanner,
    lister: &mut Lister<'_>,
) -> Result<(), Unfit> {
    let digest = checksum.and_then(sha).ok_or(Unfit::NoDigest)?;
    let [offset, len, unpacked] = numbers(position).ok_or(Unfit::Lost)?;
    if unpacked > MAX_TABLE {
        return Err(Unfit::Limit("bytes"));
    }
    let stored = layer.slice(offset, len).ok_or(Unfit::Lost)?;
    lister.end(offset);
    let mut stored = Hashing::new(scanner.reader(&stored));
    let mut table = decoder(Compression::Zstd, &mut stored)?.take(unpacked);
    json::read(&mut table, scanner.limits.entries, &mut |entry| lister.add(entry))?;
    drop(table);
    io::copy(&mut stored, &mut io::sink())?;
    if stored.digest() == digest { Ok(()) } else { Err(Unfit::Digest) }
}

/// The first three of the four numbers, if the fourth tells of a table that we can read.
fn numbers(position: &str) -> Option<[u64; 3]> {
    let mut numbers = position.split(':').map(|number| number.parse().ok());
    let [offset, len, unpacked, kind] = [numbers.next()??, numbers.next()??, numbers.next()??, numbers.next()??];
    (kind == JSON && numbers.next().is_none()).then_some([offset, len, unpacked])
}
