//! One streaming decoder for every compression.

use super::Compression;
use flate2::bufread::GzDecoder;
use std::io::{self, BufRead, BufReader, Read};

/// Bytes of compressed input that are read at once. Smaller pieces cost a decoder much of its speed.
const INPUT: usize = 64 << 10;

/// The base-2 logarithm of the largest Zstandard window that is accepted: 128 MiB, as `zstd -d` does without flags.
const ZSTD_WINDOW_LOG: u32 = 27;

/// Memory in bytes that an xz stream may ask for. The highest preset needs 65 MiB; a header can claim 4 GiB.
const XZ_MEMORY: u64 = 256 << 20;

/// Decompresses `reader` as it is read: all gzip members, all Zstandard frames (windows up to 128 MiB), all xz and
/// bzip2 streams. Input that ends too early is an error of the kind `UnexpectedEof`, never a silent end.
pub fn decoder<'a, R: Read + Send + 'a>(compression: Compression, reader: R) -> io::Result<Box<dyn Read + Send + 'a>> {
    let buffered = |reader| BufReader::with_capacity(INPUT, reader);
    Ok(match compression {
        Compression::None => Box::new(reader),
        Compression::Gzip => Box::new(Gzip::new(buffered(reader))),
        Compression::Zstd => {
            let mut frames = zstd::stream::read::Decoder::with_buffer(buffered(reader))?;
            frames.window_log_max(ZSTD_WINDOW_LOG)?;
            Box::new(frames)
        }
        Compression::Xz => {
            let stream = liblzma::stream::Stream::new_stream_decoder(XZ_MEMORY, liblzma::stream::CONCATENATED)?;
            Box::new(liblzma::bufread::XzDecoder::new_stream(buffered(reader), stream))
        }
        Compression::Bzip2 => Box::new(bzip2::bufread::MultiBzDecoder::new(buffered(reader))),
    })
}

/// All members of a gzip file. Zeros after the last one are padding (tapes and some registries leave them), as for
/// `gzip -d`; `flate2` alone takes them for a broken header.
struct Gzip<R> {
    member: Option<GzDecoder<R>>,
}

impl<R: BufRead> Gzip<R> {
    fn new(reader: R) -> Self {
        Self { member: Some(GzDecoder::new(reader)) }
    }
}

impl<R: BufRead> Read for Gzip<R> {
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
fn another_member(reader: &mut impl BufRead) -> io::Result<bool> {
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
    use super::*;
    use std::io::Write as _;

    const ALL: [Compression; 5] =
        [Compression::None, Compression::Gzip, Compression::Zstd, Compression::Xz, Compression::Bzip2];

    fn compress(compression: Compression, bytes: &[u8]) -> Vec<u8> {
        match compression {
            Compression::None => bytes.to_vec(),
            Compression::Gzip => {
                let mut out = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
                out.write_all(bytes).unwrap();
                out.finish().unwrap()
            }
            Compression::Zstd => zstd::encode_all(bytes, 1).unwrap(),
            Compression::Xz => {
                let mut out = liblzma::write::XzEncoder::new(Vec::new(), 1);
                out.write_all(bytes).unwrap();
                out.finish().unwrap()
            }
            Compression::Bzip2 => {
                let mut out = bzip2::write::BzEncoder::new(Vec::new(), bzip2::Compression::fast());
                out.write_all(bytes).unwrap();
                out.finish().unwrap()
            }
        }
    }

    fn decompress(compression: Compression, bytes: &[u8]) -> io::Result<Vec<u8>> {
        let mut out = Vec::new();
        decoder(compression, bytes)?.read_to_end(&mut out)?;
        Ok(out)
    }

    fn noise(len: usize) -> Vec<u8> {
        let mut state = 1_u32;
        std::iter::repeat_with(|| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            state.to_be_bytes()[0]
        })
        .take(len)
        .collect()
    }

    #[test]
    fn every_compression_gives_the_bytes_back() {
        let bytes = noise(300_000);
        for compression in ALL {
            let stored = compress(compression, &bytes);
            if compression != Compression::None {
                assert_eq!(Compression::sniff(&stored), compression);
            }
            assert_eq!(decompress(compression, &stored).unwrap(), bytes, "{compression:?}");
        }
    }

    #[test]
    fn several_members_are_one_content() {
        for compression in ALL {
            let mut stored = compress(compression, b"first ");
            stored.extend(compress(compression, b""));
            stored.extend(compress(compression, b"second"));
            assert_eq!(decompress(compression, &stored).unwrap(), b"first second", "{compression:?}");
        }
    }

    #[test]
    fn nothing_compressed_is_nothing() {
        for compression in ALL {
            assert_eq!(decompress(compression, &compress(compression, b"")).unwrap(), b"", "{compression:?}");
        }
    }

    #[test]
    fn a_cut_input_is_an_error_wherever_it_is_cut() {
        let bytes = noise(2_000);
        for compression in ALL.into_iter().filter(|compression| *compression != Compression::None) {
            let stored = compress(compression, &bytes);
            for len in 1..stored.len() {
                assert!(decompress(compression, &stored[..len]).is_err(), "{compression:?} cut at {len}");
            }
        }
    }

    #[test]
    fn a_cut_second_gzip_member_is_an_error() {
        let mut stored = compress(Compression::Gzip, b"first");
        stored.extend(&compress(Compression::Gzip, b"second")[..12]);
        assert!(decompress(Compression::Gzip, &stored).is_err());
    }

    #[test]
    fn zeros_after_the_last_gzip_member_are_padding_and_other_bytes_are_not() {
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
