//! One streaming decoder for every compression.

use super::{Compression, gzip, zstandard};
use crate::bytes::{Cancel, Counting, Meter};
use std::io::{self, BufRead, BufReader, Read};

/// Bytes of compressed input that are read at once. Smaller pieces cost a decoder much of its speed.
const INPUT: usize = 64 << 10;

/// Memory in bytes that an xz stream may ask for. The highest preset needs 65 MiB; a header can claim 4 GiB.
const XZ_MEMORY: u64 = 256 << 20;

/// What a compressed stream is read through: its bytes, uncompressed, in order.
pub trait Decoder: Read + Send {
    /// How many stored bytes went into the output that was handed out so far: what was only read ahead is not counted.
    /// Exact for gzip and xz, to the byte that the decoder looks at; for zstd and bzip2 it goes on by whole blocks.
    /// After an error it is where in the stored bytes the error was found.
    fn consumed(&self) -> u64;
}

/// Decompresses `reader` as it is read: all gzip members, all Zstandard frames (windows up to 128 MiB), all xz and
/// bzip2 streams. Input that ends too early is an error of the kind `UnexpectedEof`, never a silent end.
pub fn decoder<'a, R: Read + Send + 'a>(compression: Compression, reader: R) -> io::Result<Box<dyn Decoder + 'a>> {
    decoder_behind(0, compression, reader)
}

/// The same where `before` stored bytes are passed already: the decoder counts them as consumed.
pub(super) fn decoder_behind<'a, R: Read + Send + 'a>(
    before: u64,
    compression: Compression,
    reader: R,
) -> io::Result<Box<dyn Decoder + 'a>> {
    let taken = Meter::default();
    taken.add(before);
    let stored = Stored::new(reader, taken.clone());
    Ok(match compression {
        Compression::None => {
            let decoder = Counting::new(stored.reader.into_inner(), taken.clone(), Cancel::default());
            Box::new(Counted { decoder, taken })
        }
        Compression::Gzip => Box::new(Counted { decoder: gzip::Members::new(stored), taken }),
        Compression::Zstd => Box::new(Counted { decoder: zstandard::Frames::new(stored)?, taken }),
        Compression::Xz => {
            let stream = liblzma::stream::Stream::new_stream_decoder(XZ_MEMORY, liblzma::stream::CONCATENATED)?;
            Box::new(Counted { decoder: liblzma::bufread::XzDecoder::new_stream(stored, stream), taken })
        }
        Compression::Bzip2 => Box::new(Counted { decoder: bzip2::bufread::MultiBzDecoder::new(stored), taken }),
    })
}

/// A decoder, and the meter of what it takes of its [`Stored`] bytes.
#[derive(Debug)]
pub(super) struct Counted<D> {
    pub(super) decoder: D,
    pub(super) taken: Meter,
}

impl<D: Read> Read for Counted<D> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        self.decoder.read(buf)
    }
}

impl<D: Read + Send> Decoder for Counted<D> {
    fn consumed(&self) -> u64 {
        self.taken.get()
    }
}

/// Stored bytes, read ahead in large pieces and counted when the decoder takes them.
#[derive(Debug)]
pub(super) struct Stored<R> {
    reader: BufReader<R>,
    taken: Meter,
}

impl<R: Read> Stored<R> {
    pub(super) fn new(reader: R, taken: Meter) -> Self {
        Self { reader: BufReader::with_capacity(INPUT, reader), taken }
    }

    /// How many bytes were taken.
    pub(super) fn taken(&self) -> u64 {
        self.taken.get()
    }
}

impl<R: Read> Read for Stored<R> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        let count = self.reader.read(buf)?;
        self.taken.add(count as u64);
        Ok(count)
    }
}

impl<R: Read> BufRead for Stored<R> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        while self.reader.buffer().is_empty() {
            match self.reader.fill_buf() {
                Ok(_) => break,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(self.reader.buffer())
    }

    fn consume(&mut self, count: usize) {
        self.reader.consume(count);
        self.taken.add(count as u64);
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{ALL, compress, decompress, noise};
    use super::*;

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
                let error = decompress(compression, &stored[..len]).unwrap_err();
                assert_eq!(error.kind(), io::ErrorKind::UnexpectedEof, "{compression:?} cut at {len}: {error}");
            }
        }
    }

    #[test]
    fn consumed_goes_along_with_what_was_handed_out() {
        let bytes = noise(1 << 20);
        for compression in ALL {
            let stored = compress(compression, &bytes);
            let mut decoder = decoder(compression, stored.as_slice()).unwrap();
            let mut half = vec![0; bytes.len() / 2];
            decoder.read_exact(&mut half).unwrap();
            // Noise is stored in about as many bytes. A block of bzip2 is 100 kB at least.
            let apart = decoder.consumed().abs_diff(stored.len() as u64 / 2);
            assert!(apart < 140_000, "{compression:?}: {apart}");
            io::copy(&mut decoder, &mut io::sink()).unwrap();
            assert_eq!(decoder.consumed(), stored.len() as u64, "{compression:?}");
        }
    }
}
