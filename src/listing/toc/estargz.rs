//! eStargz: gzip members, the last but one of them a tar with the table, the last an empty one that tells where.
//!
//! <https://github.com/containerd/stargz-snapshotter/blob/main/docs/estargz.md>

use super::entry::{Lister, Place};
use super::{Annotations, Hashing, MAX_TABLE, Sha, Unfit, json, sha};
use crate::bytes::Section;
use crate::codec::{Compression, decoder};
use crate::listing::Scanner;
use crate::tarball::{MemberKind, Streaming, TarReader};

/// The annotation with the digest of the uncompressed table.
const DIGEST: &str = "containerd.io/snapshot/stargz/toc.digest";

/// The table, as a file of the layer.
const NAME: &[u8] = b"stargz.index.json";

/// The length of the last member. Its extra field has a subfield `SG`: 16 hexadecimal digits and `STARGZ`.
const FOOTER: usize = 51;

/// Reads the table, if the annotations tell of one.
pub(super) fn read(
    layer: &Section,
    annotations: &Annotations,
    scanner: &Scanner,
    lister: &mut Lister<'_>,
) -> Option<Result<(), Unfit>> {
    let digest = sha(annotations.get(DIGEST)?);
    Some(digest.ok_or(Unfit::NoDigest).and_then(|digest| read_table(layer, digest, scanner, lister)))
}

fn read_table(layer: &Section, digest: Sha, scanner: &Scanner, lister: &mut Lister<'_>) -> Result<(), Unfit> {
    let (offset, table) = find(layer)?;
    lister.end(offset + table.len());
    let tar = decoder(Compression::Gzip, scanner.reader(&table))?;
    let mut tar = TarReader::new(Streaming::new(tar, MAX_TABLE), scanner.limits);
    let is_table = tar.next_member()?.filter(|file| file.path == NAME && file.kind == MemberKind::File);
    let file = is_table.filter(|file| file.sparse.is_none()).ok_or(Unfit::Lost)?;
    let mut bytes = Hashing::new(tar.content());
    json::read(&mut bytes, scanner.limits.entries, &mut |entry| lister.add(entry))?;
    if bytes.digest() != digest {
        return Err(Unfit::Digest);
    }
    drop(bytes);
    if tar.next_member()?.is_some() {
        return Err(Unfit::Lost);
    }
    // The table does not list itself, but is a file of the layer as any other.
    let place = Place { offset, skipped: file.data_offset, digest };
    lister.push(file, Some(place))
}

/// The member with the table, and where it begins.
fn find(layer: &Section) -> Result<(u64, Section), Unfit> {
    let end = layer.len().checked_sub(FOOTER as u64).ok_or(Unfit::Lost)?;
    let footer = layer.slice(end, FOOTER as u64).ok_or(Unfit::Lost)?.read_all(FOOTER as u64)?;
    let offset = offset(&footer).filter(|offset| *offset < end).ok_or(Unfit::Lost)?;
    let table = layer.slice(offset, end - offset).ok_or(Unfit::Lost)?;
    Ok((offset, table))
}

/// What the footer says.
fn offset(footer: &[u8]) -> Option<u64> {
    // gzip with an extra field; time, flags and system may be anything; 26 bytes of extra field, 22 of them `SG`'s.
    let rest = footer.strip_prefix(&[0x1f, 0x8b, 8, 4])?.get(6..)?;
    let field = rest.strip_prefix(&[26, 0, b'S', b'G', 22, 0])?;
    let digits = field.get(..16).filter(|digits| digits.iter().all(u8::is_ascii_hexdigit))?;
    field.get(16..)?.starts_with(b"STARGZ").then_some(())?;
    u64::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()
}
