//! Maps of sparse files: the regions that hold data. Everything between them is zeros that nobody stored.

use super::header::{Block, number};
use super::pax::{decimal, push};
use super::{Limits, Region, TarError};
use tar_core::parse::ParseError;

/// Why a map cannot be believed.
pub(super) fn invalid(offset: u64, why: &'static str) -> TarError {
    TarError::Header { offset, source: ParseError::InvalidPaxSparseMap(why.into()) }
}

/// Bytes of one descriptor in an old GNU map: offset and length, twelve bytes each.
const DESCRIPTOR: usize = 24;

/// Adds the descriptors of an old GNU header, or of a block that extends it, to `map`.
pub(super) fn old_gnu(
    fields: &[u8],
    map: &mut Vec<Region>,
    limits: &Limits,
    header_offset: u64,
) -> Result<(), TarError> {
    for descriptor in fields.chunks_exact(DESCRIPTOR) {
        let Some((offset, len)) = descriptor.split_at_checked(DESCRIPTOR / 2) else { break };
        if offset.first() == Some(&0) || len.first() == Some(&0) {
            break;
        }
        let value = |field| number(field).and_then(|value| u64::try_from(value).ok());
        let (Some(offset), Some(len)) = (value(offset), value(len)) else {
            return Err(invalid(header_offset, "a number of the sparse map is malformed"));
        };
        push(map, Region { offset, len }, limits)?;
    }
    Ok(())
}

/// The descriptors of an old GNU header, and whether a block of further ones follows.
pub(super) fn in_header(block: &Block) -> (&[u8], bool) {
    (block.get(386..482).unwrap_or_default(), block.get(482).is_some_and(|flag| *flag != 0))
}

/// The descriptors of a block that extends an old GNU header, and whether another one follows.
pub(super) fn in_extension(block: &Block) -> (&[u8], bool) {
    (block.get(..504).unwrap_or_default(), block.get(504).is_some_and(|flag| *flag != 0))
}

/// The map that precedes the content in version 1.0: decimal numbers, one a line: how many regions, then offset and
/// length of each. It is fed block by block.
#[derive(Debug, Default)]
pub(super) struct MapReader {
    line: Vec<u8>,
    count: Option<u64>,
    offset: Option<u64>,
    pub(super) map: Vec<Region>,
}

impl MapReader {
    /// Takes one block; `true` once the map is complete (the rest of the block is padding).
    pub(super) fn take(&mut self, block: &Block, limits: &Limits, header_offset: u64) -> Result<bool, TarError> {
        for byte in block {
            if *byte != b'\n' {
                self.line.push(*byte);
                continue;
            }
            let Some(value) = decimal(&self.line) else {
                return Err(invalid(header_offset, "a number of the sparse map is malformed"));
            };
            self.line.clear();
            self.number(value, limits)?;
            if self.count == Some(self.map.len() as u64) {
                return Ok(true);
            }
        }
        if self.line.len() > 20 {
            return Err(invalid(header_offset, "a number of the sparse map is malformed"));
        }
        Ok(false)
    }

    fn number(&mut self, value: u64, limits: &Limits) -> Result<(), TarError> {
        if self.count.is_none() {
            self.count = Some(value);
            let limit = limits.sparse_regions as u64;
            if value > limit {
                return Err(TarError::Limit { what: "regions in one sparse file", limit });
            }
        } else if let Some(offset) = self.offset.take() {
            push(&mut self.map, Region { offset, len: value }, limits)?;
        } else {
            self.offset = Some(value);
        }
        Ok(())
    }
}

/// Checks that the regions are in order, apart, within `size` and stored within `stored` bytes; leaves out empty ones.
pub(super) fn checked(
    mut map: Vec<Region>,
    size: u64,
    stored: u64,
    header_offset: u64,
) -> Result<Box<[Region]>, TarError> {
    map.retain(|region| region.len > 0);
    let (mut end, mut sum) = (0_u64, 0_u64);
    for region in &map {
        if region.offset < end {
            return Err(invalid(header_offset, "regions of the sparse map overlap"));
        }
        end = region
            .offset
            .checked_add(region.len)
            .filter(|end| *end <= size)
            .ok_or_else(|| invalid(header_offset, "a region of the sparse map is outside of the file"))?;
        // Cannot overflow: the regions are apart and within `size`.
        sum += region.len;
    }
    if sum > stored {
        return Err(invalid(header_offset, "the sparse map has more data than is stored"));
    }
    Ok(map.into())
}
