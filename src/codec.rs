//! Compression, told by magic and never by name.
//!
//! Every compression is read through one trait, [`Decoder`], in one pass from its beginning. What is read again, from
//! the middle, is read through [`Checkpoints`], which an earlier pass left behind.
//!
//! # Which decoders
//!
//! gzip is what nearly every layer is, and inflating it is nearly all that reading a compressed image costs. Measured
//! on layers as Go, pigz and GNU gzip write them, in CPU time over that of `igzip` (ISA-L, hand-written assembly):
//!
//! | decoder | over `igzip` |
//! |---|---|
//! | zlib-rs, through `flate2` or by its own interface | 1.10 to 1.16 |
//! | zlib of Cloudflare | 1.17 to 1.26 |
//! | libdeflate, which needs all of the output in memory | 1.4 to 1.8 |
//! | zlib-ng, as far as it builds with a C compiler only | 1.5 |
//! | `miniz_oxide` | 1.6 to 1.75 |
//!
//! zlib-rs is the fastest of those that need nothing but a Rust toolchain and a C compiler. Its state cannot be
//! kept without unsafe code, though, so that a pass that leaves checkpoints goes through `miniz_oxide`.

mod checkpoints;
mod decoder;
mod gzip;
#[cfg(test)]
pub(crate) mod testing;
mod zstandard;

pub use checkpoints::{Checkpoints, Unpacked, skip};
pub use decoder::{Decoder, decoder};

use crate::bytes::Section;
use std::io;

/// How bytes are compressed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize, schemars::JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Compression {
    /// Not at all.
    None,
    /// gzip (RFC 1952), one member or several.
    Gzip,
    /// Zstandard (RFC 8878), one frame or several.
    Zstd,
    /// xz.
    Xz,
    /// bzip2.
    Bzip2,
}

impl Compression {
    /// How many bytes [`Compression::sniff`] wants to see.
    pub const MAGIC: usize = 6;

    /// Tells the compression by the first bytes. Bytes without a known magic are not compressed.
    pub fn sniff(start: &[u8]) -> Self {
        match start {
            [0x1f, 0x8b, ..] => Self::Gzip,
            // A Zstandard frame, or a skippable frame before it.
            [0x28, 0xb5, 0x2f, 0xfd, ..] | [0x50..=0x5f, 0x2a, 0x4d, 0x18, ..] => Self::Zstd,
            [0xfd, b'7', b'z', b'X', b'Z', 0, ..] => Self::Xz,
            [b'B', b'Z', b'h', b'1'..=b'9', ..] => Self::Bzip2,
            _ => Self::None,
        }
    }

    /// Tells the compression of stored bytes that can be read by position.
    pub fn of(stored: &Section) -> io::Result<Self> {
        let mut magic = [0; Self::MAGIC];
        let count = stored.read_at(&mut magic, 0)?;
        Ok(Self::sniff(magic.get(..count).unwrap_or_default()))
    }

    /// The name as the user knows it, also used in JSON.
    pub fn name(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Gzip => "gzip",
            Self::Zstd => "zstd",
            Self::Xz => "xz",
            Self::Bzip2 => "bzip2",
        }
    }
}
