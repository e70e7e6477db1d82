//! Extended headers (PAX): records of key and value that replace or add to what a header says.
//!
//! POSIX.1-2017, pax, "pax Extended Header". A malformed record is passed over with a notice, as by GNU tar: the
//! header's own value stays.

use super::header::until_zero;
use super::{Limits, Region, TarError, Time};
use tar_core::PaxExtensions;

/// What extended headers say about a member. `None` where they say nothing.
#[derive(Debug, Clone, Default)]
pub(super) struct Records {
    pub(super) path: Option<Vec<u8>>,
    pub(super) link: Option<Vec<u8>>,
    pub(super) size: Option<u64>,
    pub(super) uid: Option<u64>,
    pub(super) gid: Option<u64>,
    pub(super) mtime: Option<Time>,
    pub(super) xattrs: Vec<(Vec<u8>, Vec<u8>)>,
    pub(super) sparse: SparseRecords,
}

/// What extended headers say about a sparse file, in any of GNU tar's three versions.
#[derive(Debug, Clone, Default)]
pub(super) struct SparseRecords {
    /// Versions 0.1 and 1.0: the real name; the header has an invented one.
    pub(super) name: Option<Vec<u8>>,
    /// The logical size: `size` in 0.0 and 0.1, `realsize` in 1.0.
    pub(super) size: Option<u64>,
    /// Versions 0.0 and 0.1: the regions.
    pub(super) map: Option<Vec<Region>>,
    pub(super) major: Option<u64>,
    pub(super) minor: Option<u64>,
    /// Version 0.0: the offset whose length comes next.
    offset: Option<u64>,
}

impl SparseRecords {
    /// Whether the map is stored before the content (version 1.0).
    pub(super) fn map_in_content(&self) -> bool {
        self.major == Some(1) && self.minor == Some(0)
    }
}

/// The longest name that a header for all entries may give, in bytes: `PATH_MAX` of Linux.
const MAX_GLOBAL_NAME: usize = 4096;

/// Bytes of a key that are shown: it may have a million.
const SHOWN: usize = 64;

const XATTR: &[u8] = b"SCHILY.xattr.";
const SPARSE: &[u8] = b"GNU.sparse.";

impl Records {
    /// Applies the records of one extended header; later ones win. What is odd goes to `odd`.
    pub(super) fn apply(
        &mut self,
        header: &[u8],
        limits: &Limits,
        odd: &mut dyn FnMut(String),
    ) -> Result<(), TarError> {
        for record in PaxExtensions::new(header) {
            let Ok(record) = record else {
                // What follows cannot be found: its beginning is told by the length of this record.
                odd("a malformed record in an extended header; it and those after it are ignored".to_owned());
                break;
            };
            let (key, value) = (record.key_bytes(), record.value_bytes());
            let understood = if let Some(name) = key.strip_prefix(XATTR) {
                self.set_xattr(name, value);
                true
            } else if let Some(key) = key.strip_prefix(SPARSE) {
                self.sparse.set(key, value, limits)?
            } else {
                self.set(key, value)
            };
            if !understood {
                let key = String::from_utf8_lossy(key.get(..SHOWN).unwrap_or(key));
                odd(format!("a malformed value of {key} in an extended header is ignored"));
            }
        }
        Ok(())
    }

    /// Sets what a key stands for; an empty value takes back what an earlier header said. `false` if it is malformed.
    fn set(&mut self, key: &[u8], value: &[u8]) -> bool {
        match key {
            b"path" => set_name(&mut self.path, value),
            b"linkpath" => set_name(&mut self.link, value),
            b"size" => set_parsed(&mut self.size, value, decimal),
            b"uid" => set_parsed(&mut self.uid, value, decimal),
            b"gid" => set_parsed(&mut self.gid, value, decimal),
            b"mtime" => set_parsed(&mut self.mtime, value, time),
            _ => true,
        }
    }

    fn set_xattr(&mut self, name: &[u8], value: &[u8]) {
        self.xattrs.push((name.to_vec(), value.to_vec()));
    }

    /// Drops what can only be said about one file, and names that no file can have (they would be copied for each
    /// entry); whether there was something.
    pub(super) fn forget_particulars(&mut self) -> bool {
        let long = |name: &Option<Vec<u8>>| name.as_ref().is_some_and(|name| name.len() > MAX_GLOBAL_NAME);
        let names = long(&self.path) || long(&self.link);
        self.path.take_if(|name| name.len() > MAX_GLOBAL_NAME);
        self.link.take_if(|name| name.len() > MAX_GLOBAL_NAME);
        let sparse = std::mem::take(&mut self.sparse);
        let xattrs = std::mem::take(&mut self.xattrs);
        names || !xattrs.is_empty() || sparse.map.is_some() || sparse.size.is_some() || sparse.name.is_some()
    }

    /// The extended attributes, sorted by name; of several with one name the last one.
    pub(super) fn take_xattrs(&mut self) -> Vec<(Vec<u8>, Vec<u8>)> {
        let mut xattrs = std::mem::take(&mut self.xattrs);
        // The last one first among equals: the sort is stable.
        xattrs.reverse();
        xattrs.sort_by(|a, b| a.0.cmp(&b.0));
        xattrs.dedup_by(|later, first| later.0 == first.0);
        xattrs
    }
}

impl SparseRecords {
    fn set(&mut self, key: &[u8], value: &[u8], limits: &Limits) -> Result<bool, TarError> {
        Ok(match key {
            b"name" => set_name(&mut self.name, value),
            b"size" | b"realsize" => set_parsed(&mut self.size, value, decimal),
            b"major" => set_parsed(&mut self.major, value, decimal),
            b"minor" => set_parsed(&mut self.minor, value, decimal),
            b"offset" => set_parsed(&mut self.offset, value, decimal),
            b"numbytes" => match (self.offset.take(), decimal(value)) {
                (Some(offset), Some(len)) => {
                    push(self.map.get_or_insert_default(), Region { offset, len }, limits)?;
                    true
                }
                _ => false,
            },
            b"map" => {
                let mut map = Vec::new();
                let mut numbers = value.split(|byte| *byte == b',').filter(|text| !text.is_empty()).map(decimal);
                while let Some(offset) = numbers.next() {
                    let (Some(offset), Some(Some(len))) = (offset, numbers.next()) else { return Ok(false) };
                    push(&mut map, Region { offset, len }, limits)?;
                }
                self.map = Some(map);
                true
            }
            b"numblocks" => {
                self.map.get_or_insert_default();
                true
            }
            _ => true,
        })
    }
}

/// Adds a region to a map, within the limit.
pub(super) fn push(map: &mut Vec<Region>, region: Region, limits: &Limits) -> Result<(), TarError> {
    if map.len() >= limits.sparse_regions {
        let limit = limits.sparse_regions as u64;
        return Err(TarError::Limit { what: "regions in one sparse file", limit });
    }
    map.push(region);
    Ok(())
}

/// Sets a name. No file system knows a name with a zero byte in it: it ends there.
fn set_name(slot: &mut Option<Vec<u8>>, value: &[u8]) -> bool {
    let name = until_zero(value);
    *slot = (!name.is_empty()).then(|| name.to_vec());
    name.len() == value.len()
}

fn set_parsed<T>(slot: &mut Option<T>, value: &[u8], parse: impl Fn(&[u8]) -> Option<T>) -> bool {
    let parsed = parse(value);
    let understood = parsed.is_some() || value.is_empty();
    if understood {
        *slot = parsed;
    }
    understood
}

/// A decimal number without a sign.
pub(super) fn decimal(text: &[u8]) -> Option<u64> {
    if text.is_empty() {
        return None;
    }
    text.iter().try_fold(0_u64, |value, byte| match byte {
        b'0'..=b'9' => value.checked_mul(10)?.checked_add(u64::from(byte - b'0')),
        _ => None,
    })
}

/// A time in seconds, possibly negative, possibly with a fraction. Digits below a nanosecond are cut off.
fn time(text: &[u8]) -> Option<Time> {
    let (negative, text) = match text.strip_prefix(b"-") {
        Some(rest) => (true, rest),
        None => (false, text),
    };
    let (whole, fraction) = match text.iter().position(|byte| *byte == b'.') {
        Some(dot) => (text.get(..dot)?, text.get(dot + 1..)?),
        None => (text, &[][..]),
    };
    let seconds = i64::try_from(decimal(whole)?).ok()?;
    let nanoseconds = nanoseconds(fraction)?;
    Some(match (negative, nanoseconds) {
        (false, _) => Time { seconds, nanoseconds },
        (true, 0) => Time { seconds: -seconds, nanoseconds },
        // The nanoseconds count forwards: -1.25 is 0.75 seconds after -2.
        (true, _) => Time { seconds: -seconds - 1, nanoseconds: 1_000_000_000 - nanoseconds },
    })
}

fn nanoseconds(fraction: &[u8]) -> Option<u32> {
    if !fraction.iter().all(u8::is_ascii_digit) {
        return None;
    }
    let digits = fraction.iter().copied().chain(std::iter::repeat(b'0')).take(9);
    Some(digits.fold(0, |value, digit| value * 10 + u32::from(digit - b'0')))
}

#[cfg(test)]
mod tests {
    use super::super::testing::record;
    use super::*;

    fn read(headers: &[Vec<u8>]) -> (Records, usize) {
        let mut odd = 0;
        let mut records = Records::default();
        for header in headers {
            records.apply(header, &Limits::default(), &mut |_| odd += 1).unwrap();
        }
        (records, odd)
    }

    #[test]
    fn times_may_be_negative_and_have_fractions() {
        let cases = [
            ("0", Some((0, 0))),
            ("1700000000.5", Some((1_700_000_000, 500_000_000))),
            ("1.0000000019", Some((1, 1))),
            ("1.", Some((1, 0))),
            ("-1", Some((-1, 0))),
            ("-1.25", Some((-2, 750_000_000))),
            ("-0.000000001", Some((-1, 999_999_999))),
            ("9223372036854775807", Some((i64::MAX, 0))),
            ("9223372036854775808", None),
            ("1e3", None),
            ("1.x", None),
            (".5", None),
            ("", None),
        ];
        for (text, expected) in cases {
            let expected = expected.map(|(seconds, nanoseconds)| Time { seconds, nanoseconds });
            assert_eq!(time(text.as_bytes()), expected, "{text}");
        }
    }

    #[test]
    fn the_last_of_a_key_wins_and_an_empty_value_takes_it_back() {
        let first = [record("path", b"one"), record("path", b"two"), record("uid", b"7")].concat();
        let second = [record("uid", b""), record("size", b"12")].concat();
        let (records, odd) = read(&[first, second]);
        assert_eq!(records.path.as_deref(), Some(&b"two"[..]));
        assert_eq!((records.uid, records.size, odd), (None, Some(12), 0));
    }

    #[test]
    fn malformed_values_leave_what_was_there() {
        let header = [record("size", b"5"), record("size", b"-5"), record("mtime", b"\xff"), record("path", b"a\0b")];
        let (records, odd) = read(&[header.concat()]);
        assert_eq!((records.size, records.mtime, odd), (Some(5), None, 3));
        assert_eq!(records.path.as_deref(), Some(&b"a"[..]));
        let (records, odd) = read(&[[record("uid", b"5"), b"99 path=x\n".to_vec()].concat()]);
        assert_eq!((records.uid, records.path, odd), (Some(5), None, 1));
    }

    #[test]
    fn attributes_may_hold_any_bytes() {
        let header = [
            record("SCHILY.xattr.user.b", b"old"),
            record("SCHILY.xattr.user.b", b"two\nlines=\0\xff"),
            record("SCHILY.xattr.user.a", b""),
        ];
        let (mut records, odd) = read(&[header.concat()]);
        let expected = vec![(b"user.a".to_vec(), Vec::new()), (b"user.b".to_vec(), b"two\nlines=\0\xff".to_vec())];
        assert_eq!((records.take_xattrs(), odd), (expected, 0));
    }

    #[test]
    fn sparse_maps_are_pairs_or_one_list() {
        let regions = vec![Region { offset: 1, len: 2 }, Region { offset: 30, len: 4 }];
        let pairs = [("offset", "1"), ("numbytes", "2"), ("offset", "30"), ("numbytes", "4")];
        let header = pairs.map(|(key, value)| record(&format!("GNU.sparse.{key}"), value.as_bytes())).concat();
        assert_eq!(read(&[header]).0.sparse.map.unwrap(), regions);
        assert_eq!(read(&[record("GNU.sparse.map", b"1,2,30,4")]).0.sparse.map.unwrap(), regions);
        let (records, odd) = read(&[record("GNU.sparse.map", b"1,2,30")]);
        assert_eq!((records.sparse.map, odd), (None, 1));
    }
}
