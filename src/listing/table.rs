//! How the entries of a layer are kept: forty bytes and a name for each. What few entries have is in tables aside, and
//! what many entries share (their directory, their owner and permissions) is there once.

use super::{Entry, EntryKind, Positions, Role, Xattr, Xattrs};
use crate::tarball::{BLOCK, Region, Time};
use hashbrown::HashMap;

/// What a tar says of one entry, with nothing but numbers for what is kept elsewhere.
#[derive(Debug, Clone, Copy)]
struct Record {
    size: u64,
    data_offset: u64,
    seconds: i64,
    nanoseconds: u32,
    /// Where its name ends; it begins where that of the entry before ends.
    name_end: u32,
    directory: u32,
    attributes: u32,
}

/// What many entries have in common.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Attributes {
    pub(super) kind: EntryKind,
    pub(super) role: Role,
    pub(super) mode: u16,
    pub(super) uid: u32,
    pub(super) gid: u32,
    /// The number of a set of extended attributes.
    pub(super) xattrs: u32,
}

/// Byte strings, one after the other.
#[derive(Debug, Default)]
struct Strings {
    bytes: Vec<u8>,
    /// Where each ends; it begins where the one before ends.
    ends: Vec<u32>,
}

impl Strings {
    fn get(&self, index: usize) -> &[u8] {
        let start = index.checked_sub(1).and_then(|before| self.ends.get(before)).copied().unwrap_or(0);
        let end = self.ends.get(index).copied().unwrap_or(start);
        self.bytes.get(start as usize..end as usize).unwrap_or_default()
    }

    fn last(&self) -> &[u8] {
        self.ends.len().checked_sub(1).map_or(&[], |last| self.get(last))
    }

    /// Whether there is room: nothing is added if not.
    fn push(&mut self, string: &[u8]) -> Option<()> {
        let end = u32::try_from(self.bytes.len() + string.len()).ok()?;
        self.bytes.extend_from_slice(string);
        self.ends.push(end);
        Some(())
    }
}

/// Something that only few entries have, in the order of the entries.
#[derive(Debug)]
struct Few<T>(Vec<(u32, T)>);

impl<T> Default for Few<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<T> Few<T> {
    fn get(&self, entry: u32) -> Option<&T> {
        let index = self.0.binary_search_by_key(&entry, |(entry, _)| *entry).ok()?;
        self.0.get(index).map(|(_, what)| what)
    }
}

/// Where in the blob the entries are.
#[derive(Debug, Default)]
pub(super) enum Places {
    /// Nobody knows.
    #[default]
    Unknown,
    /// As it was noted while the layer was decompressed.
    Noted(Positions),
    /// Where each entry ends, as a table of contents tells.
    Ends(Box<[u64]>),
}

/// The entries of one layer.
#[derive(Debug, Default)]
pub(crate) struct Table {
    records: Vec<Record>,
    /// The last parts of all paths, one after the other.
    names: Vec<u8>,
    /// What stands before the last part of a path. Entries of one directory follow each other and share it.
    directories: Strings,
    attributes: Vec<Attributes>,
    /// Distinct sets of extended attributes; the first one is empty.
    pub(super) xattrs: Vec<Xattrs>,
    links: Strings,
    /// Which entry has which of the links.
    linking: Few<u32>,
    devices: Few<(u32, u32)>,
    /// Where it is not the size.
    stored: Few<u64>,
    sparse: Few<Box<[Region]>>,
    /// Of every entry up to the last file, or of none; it means something for files only.
    fingerprints: Vec<u128>,
    /// What a table of contents claims to be the SHA-256 of a file.
    digests: Few<[u8; 32]>,
    /// How many bytes of its compressed member stand before such a file, if any do.
    skipped: Few<u64>,
    /// Where in the blob everything is, as far as that is known.
    pub(super) places: Places,
}

impl Table {
    pub(super) fn len(&self) -> usize {
        self.records.len()
    }

    pub(super) fn sizes(&self) -> impl Iterator<Item = u64> + '_ {
        self.records.iter().map(|record| record.size)
    }

    /// The entry with a number.
    pub(super) fn entry(&self, index: u32) -> Option<Entry<'_>> {
        let record = self.records.get(index as usize)?;
        let attributes = self.attributes.get(record.attributes as usize)?;
        let is_device = matches!(attributes.kind, EntryKind::CharDevice | EntryKind::BlockDevice);
        let device = if is_device { self.devices.get(index).copied() } else { None };
        Some(Entry {
            table: self,
            index,
            xattrs: attributes.xattrs,
            kind: attributes.kind,
            role: attributes.role,
            mode: attributes.mode,
            uid: attributes.uid,
            gid: attributes.gid,
            size: record.size,
            mtime: Time { seconds: record.seconds, nanoseconds: record.nanoseconds },
            device: device.unwrap_or_default(),
            data_offset: record.data_offset,
        })
    }

    /// Which directory an entry is in; two entries with the same one have the same spelling before their names.
    pub(super) fn directory_number(&self, index: u32) -> u32 {
        self.records.get(index as usize).map_or(0, |record| record.directory)
    }

    pub(super) fn directory(&self, index: u32) -> &[u8] {
        self.directories.get(self.directory_number(index) as usize)
    }

    pub(super) fn name(&self, index: u32) -> &[u8] {
        let end = |index: usize| self.records.get(index).map_or(0, |record| record.name_end as usize);
        let index = index as usize;
        self.names.get(index.checked_sub(1).map_or(0, end)..end(index)).unwrap_or_default()
    }

    pub(super) fn link(&self, index: u32) -> &[u8] {
        self.linking.get(index).map_or(&[], |link| self.links.get(*link as usize))
    }

    pub(super) fn xattrs(&self, set: u32) -> &[Xattr] {
        self.xattrs.get(set as usize).map_or(&[], |set| &**set)
    }

    pub(super) fn stored(&self, index: u32) -> Option<u64> {
        self.stored.get(index).copied()
    }

    pub(super) fn sparse(&self, index: u32) -> Option<&[Region]> {
        self.sparse.get(index).map(|map| &**map)
    }

    pub(super) fn fingerprint(&self, index: u32) -> Option<u128> {
        self.fingerprints.get(index as usize).copied()
    }

    pub(super) fn digest(&self, index: u32) -> Option<[u8; 32]> {
        self.digests.get(index).copied()
    }

    pub(super) fn has_digests(&self) -> bool {
        !self.digests.0.is_empty()
    }

    pub(super) fn skipped(&self, index: u32) -> u64 {
        self.skipped.get(index).copied().unwrap_or_default()
    }

    /// How many stored bytes an entry accounts for.
    pub(super) fn pull_cost(&self, index: u32) -> Option<u64> {
        let here = index as usize;
        self.stored_before(here + 1)?.checked_sub(self.stored_before(here)?)
    }

    /// Where in the blob the first `count` entries end, contents and padding included; none if there are fewer.
    pub(super) fn stored_before(&self, count: usize) -> Option<u64> {
        let positions = match &self.places {
            Places::Unknown => return None,
            Places::Ends(ends) => return count.checked_sub(1).map_or(Some(0), |last| ends.get(last).copied()),
            Places::Noted(positions) => positions,
        };
        let Some(last) = count.checked_sub(1) else { return Some(0) };
        let record = self.records.get(last)?;
        let stored = self.stored(u32::try_from(last).ok()?).unwrap_or(record.size);
        let end = record.data_offset.saturating_add(stored).checked_next_multiple_of(BLOCK as u64);
        Some(positions.stored(end.unwrap_or(u64::MAX)))
    }
}

/// Everything about an entry that is to be added.
#[derive(Debug)]
pub(super) struct NewEntry<'a> {
    pub(super) path: &'a [u8],
    pub(super) link: &'a [u8],
    pub(super) attributes: Attributes,
    pub(super) size: u64,
    pub(super) mtime: Time,
    pub(super) device: (u32, u32),
    pub(super) data_offset: u64,
    pub(super) stored: u64,
    pub(super) sparse: Option<Box<[Region]>>,
    pub(super) fingerprint: Option<u128>,
}

/// A table that grows, and what is needed only until it is complete.
#[derive(Debug)]
pub(super) struct Growing {
    pub(super) table: Table,
    numbers: HashMap<Attributes, u32>,
    /// The one that came last: most entries have the attributes of the entry before.
    last: Option<(Attributes, u32)>,
}

impl Growing {
    pub(super) fn new() -> Self {
        let table = Table { xattrs: vec![Xattrs::default()], ..Table::default() };
        Self { table, numbers: HashMap::new(), last: None }
    }

    /// Bytes of all names and links.
    pub(super) fn name_bytes(&self) -> usize {
        let Table { names, directories, links, .. } = &self.table;
        names.len() + directories.bytes.len() + links.bytes.len()
    }

    /// Adds an entry. `None` if there are more of something than 32 bits can count.
    pub(super) fn push(&mut self, new: NewEntry<'_>) -> Option<()> {
        let index = u32::try_from(self.table.records.len()).ok()?;
        let (directory, name) = split(new.path);
        let record = Record {
            size: new.size,
            data_offset: new.data_offset,
            seconds: new.mtime.seconds,
            nanoseconds: new.mtime.nanoseconds,
            name_end: u32::try_from(self.table.names.len() + name.len()).ok()?,
            directory: self.directory(directory)?,
            attributes: self.attributes(new.attributes)?,
        };
        let table = &mut self.table;
        if !new.link.is_empty() {
            table.linking.0.push((index, u32::try_from(table.links.ends.len()).ok()?));
            table.links.push(new.link)?;
        }
        if new.device != (0, 0) {
            table.devices.0.push((index, new.device));
        }
        if new.stored != new.size {
            table.stored.0.push((index, new.stored));
        }
        if let Some(map) = new.sparse {
            table.sparse.0.push((index, map));
        }
        if let Some(fingerprint) = new.fingerprint {
            table.fingerprints.resize(index as usize, 0);
            table.fingerprints.push(fingerprint);
        }
        table.names.extend_from_slice(name);
        table.records.push(record);
        Some(())
    }

    /// Adds what a table of contents says of the content of the entry that came last.
    pub(super) fn claim(&mut self, digest: [u8; 32], skipped: u64) {
        let table = &mut self.table;
        let Some(index) = table.records.len().checked_sub(1).and_then(|last| u32::try_from(last).ok()) else { return };
        table.digests.0.push((index, digest));
        if skipped > 0 {
            table.skipped.0.push((index, skipped));
        }
    }

    fn directory(&mut self, spelling: &[u8]) -> Option<u32> {
        let known = &mut self.table.directories;
        if known.ends.is_empty() || known.last() != spelling {
            known.push(spelling)?;
        }
        u32::try_from(known.ends.len() - 1).ok()
    }

    fn attributes(&mut self, attributes: Attributes) -> Option<u32> {
        if let Some((last, number)) = self.last
            && last == attributes
        {
            return Some(number);
        }
        let next = u32::try_from(self.table.attributes.len()).ok()?;
        let number = *self.numbers.entry(attributes).or_insert(next);
        if number == next {
            self.table.attributes.push(attributes);
        }
        self.last = Some((attributes, number));
        Some(number)
    }

    /// All entries are there.
    pub(super) fn finish(self) -> Table {
        let mut table = self.table;
        table.records.shrink_to_fit();
        table.names.shrink_to_fit();
        table.directories.bytes.shrink_to_fit();
        table.directories.ends.shrink_to_fit();
        table.fingerprints.shrink_to_fit();
        table.digests.0.shrink_to_fit();
        table
    }
}

/// A path as the spelling of its directory, with the slash, and its last part, with the slash that may follow it.
fn split(path: &[u8]) -> (&[u8], &[u8]) {
    let trimmed = path.strip_suffix(b"/").unwrap_or(path);
    path.split_at(trimmed.iter().rposition(|byte| *byte == b'/').map_or(0, |slash| slash + 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn new_entry(path: &str, kind: EntryKind) -> NewEntry<'_> {
        let attributes = Attributes { kind, role: Role::Plain, mode: 0o644, uid: 0, gid: 0, xattrs: 0 };
        NewEntry {
            path: path.as_bytes(),
            link: b"",
            attributes,
            size: 0,
            mtime: Time::default(),
            device: (0, 0),
            data_offset: 0,
            stored: 0,
            sparse: None,
            fingerprint: None,
        }
    }

    #[test]
    fn a_record_takes_forty_bytes() {
        assert_eq!(size_of::<Record>(), 40);
    }

    #[test]
    fn what_is_shared_is_kept_once() {
        let mut growing = Growing::new();
        let paths = ["usr/", "usr/a", "usr/b/", "usr/b/c", "usr/b/d", "x", "", "/", "./", "usr//"];
        for path in paths {
            growing.push(new_entry(path, EntryKind::File)).unwrap();
        }
        let table = growing.finish();
        let back: Vec<_> = (0..).map_while(|index| table.entry(index)).map(|entry| entry.path()).collect();
        assert_eq!(back, paths.map(|path| path.as_bytes().to_vec()));
        let directories: Vec<_> = (0..table.directories.ends.len()).map(|index| table.directories.get(index)).collect();
        assert_eq!(directories, [&b""[..], b"usr/", b"usr/b/", b"", b"usr/"]);
        assert_eq!(table.attributes.len(), 1);
    }

    #[test]
    fn what_few_have_is_found() {
        let mut growing = Growing::new();
        growing.push(new_entry("a", EntryKind::File)).unwrap();
        growing.push(NewEntry { device: (1, 3), ..new_entry("null", EntryKind::CharDevice) }).unwrap();
        growing.push(NewEntry { link: b"a", ..new_entry("l", EntryKind::Symlink) }).unwrap();
        growing.push(NewEntry { size: 9, stored: 4, fingerprint: Some(7), ..new_entry("s", EntryKind::File) }).unwrap();
        let table = growing.finish();
        let entry = |index| table.entry(index).unwrap();
        assert_eq!([entry(0).device, entry(1).device], [(0, 0), (1, 3)]);
        assert_eq!([entry(1).link(), entry(2).link()], [&b""[..], b"a"]);
        assert_eq!([entry(0).stored(), entry(3).stored()], [0, 4]);
        assert_eq!((entry(2).fingerprint(), entry(3).fingerprint()), (None, Some(7)));
    }
}
