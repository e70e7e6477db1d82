//! gzip: member after member, and what may follow the last one.

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
