//! gzip: member after member, and what may follow the last one.

use crc32fast::Hasher;
use flate2::bufread::GzDecoder;
use std::io::{self, BufRead, Read};

/// All members of a gzip file. Zeros after the last one are padding (tapes and some registries leave them), as for
/// `gzip -d`; `flate2` alone takes them for a broken header.
#[derive(Debug)]
pub(super) struct Members<R> {
    member: Option<GzDecoder<R>>,
}

impl<R: BufRead> Members<R> {
    pub(super) fn new(reader: R) -> Self {
        Self { member: Some(GzDecoder::new(reader)) }
    }
}

impl<R: BufRead> Read for Members<R> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        while let Some(member) = &mut self.member {
            let count = member.read(buf)?;
            if count > 0 || buf.is_empty() {
                return Ok(count);
            }
            let Some(mut reader) = self.member.take().map(GzDecoder::into_inner) else { break };
            if another_member(&mut reader)? {
                self.member = Some(GzDecoder::new(reader));
            }
        }
        Ok(0)
    }
}

/// Whether another member follows; passes over zeros up to the end of the input.
pub(super) fn another_member(reader: &mut impl BufRead) -> io::Result<bool> {
    let mut padding = false;
    loop {
        let bytes = reader.fill_buf()?;
        if bytes.is_empty() {
            return Ok(false);
        }
        if bytes.iter().any(|byte| *byte != 0) {
            return match (padding, bytes.first()) {
                (false, Some(first)) if *first != 0 => Ok(true),
                _ => Err(io::Error::new(io::ErrorKind::InvalidData, "data after the last gzip member")),
            };
        }
        padding = true;
        let count = bytes.len();
        reader.consume(count);
    }
}

/// Passes over the header of a member (RFC 1952, section 2.3).
pub(super) fn pass_header(reader: &mut impl Read) -> io::Result<()> {
    let mut header = Header { reader, checksum: Hasher::new() };
    let [id1, id2, method, flags, ..] = header.take::<10>()?;
    if [id1, id2, method] != [0x1f, 0x8b, 8] || flags & RESERVED != 0 {
        return Err(invalid());
    }
    if flags & EXTRA != 0 {
        let len = u16::from_le_bytes(header.take()?);
        for _ in 0..len {
            header.take::<1>()?;
        }
    }
    for text in [NAME, COMMENT] {
        while flags & text != 0 && header.take()? != [0] {}
    }
    if flags & CHECKSUM != 0 {
        let expected = header.checksum.clone().finalize() & 0xffff;
        if u32::from(u16::from_le_bytes(header.take()?)) != expected {
            return Err(invalid());
        }
    }
    Ok(())
}

const CHECKSUM: u8 = 1 << 1;
const EXTRA: u8 = 1 << 2;
const NAME: u8 = 1 << 3;
const COMMENT: u8 = 1 << 4;
const RESERVED: u8 = 0b1110_0000;

fn invalid() -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, "invalid gzip header")
}

/// The bytes of a header, and the checksum of those that were taken.
struct Header<'a, R> {
    reader: &'a mut R,
    checksum: Hasher,
}

impl<R: Read> Header<'_, R> {
    fn take<const N: usize>(&mut self) -> io::Result<[u8; N]> {
        let mut bytes = [0; N];
        self.reader.read_exact(&mut bytes)?;
        self.checksum.update(&bytes);
        Ok(bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::super::Compression;
    use super::super::testing::{compress, decompress};

    #[test]
    fn a_cut_second_member_is_an_error() {
        let mut stored = compress(Compression::Gzip, b"first");
        stored.extend(&compress(Compression::Gzip, b"second")[..12]);
        assert!(decompress(Compression::Gzip, &stored).is_err());
    }

    #[test]
    fn zeros_after_the_last_member_are_padding_and_other_bytes_are_not() {
        let mut stored = compress(Compression::Gzip, b"content");
        stored.extend(vec![0; 100_000]);
        assert_eq!(decompress(Compression::Gzip, &stored).unwrap(), b"content");
        stored.push(b'x');
        assert!(decompress(Compression::Gzip, &stored).is_err());
        let mut garbage = compress(Compression::Gzip, b"content");
        garbage.extend(b"garbage");
        assert!(decompress(Compression::Gzip, &garbage).is_err());
    }
}
