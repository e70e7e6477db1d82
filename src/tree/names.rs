//! Names, each kept once: an image has far fewer names than paths.

use hashbrown::hash_table::Entry;
use hashbrown::{DefaultHashBuilder, HashTable};
use std::hash::BuildHasher as _;

/// A name in [`Names`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct NameId(u32);

/// All names of a tree, one after the other.
#[derive(Debug, Clone, Default)]
pub(super) struct Names {
    bytes: Vec<u8>,
    /// Where each name ends; it begins where the one before ends.
    ends: Vec<usize>,
    table: HashTable<u32>,
    /// Seeded anew for each run, so that nobody can prepare names that collide.
    hasher: DefaultHashBuilder,
}

impl NameId {
    /// The name as an index of an array over all names.
    pub(super) fn index(self) -> usize {
        self.0 as usize
    }
}

impl Names {
    /// How many names there are.
    pub(super) fn len(&self) -> usize {
        self.ends.len()
    }

    /// Some of the names, in the order of their ids.
    pub(super) fn some(&self, ids: std::ops::Range<usize>) -> impl Iterator<Item = &[u8]> {
        let mut start = ids.start.checked_sub(1).and_then(|before| self.ends.get(before)).copied().unwrap_or(0);
        self.ends.get(ids).unwrap_or_default().iter().map(move |end| {
            let name = self.bytes.get(start..*end).unwrap_or_default();
            start = *end;
            name
        })
    }

    pub(super) fn get(&self, id: NameId) -> &[u8] {
        slice(&self.bytes, &self.ends, id.0)
    }

    pub(super) fn find(&self, name: &[u8]) -> Option<NameId> {
        let hash = self.hasher.hash_one(name);
        self.table.find(hash, |id| slice(&self.bytes, &self.ends, *id) == name).map(|id| NameId(*id))
    }

    pub(super) fn intern(&mut self, name: &[u8]) -> NameId {
        let Self { bytes, ends, table, hasher } = self;
        let place = table.entry(
            hasher.hash_one(name),
            |id| slice(bytes, ends, *id) == name,
            |id| hasher.hash_one(slice(bytes, ends, *id)),
        );
        let id = u32::try_from(ends.len()).unwrap_or(u32::MAX);
        match place {
            Entry::Occupied(known) => return NameId(*known.get()),
            Entry::Vacant(new) => new.insert(id),
        };
        bytes.extend_from_slice(name);
        ends.push(bytes.len());
        NameId(id)
    }
}

fn slice<'a>(bytes: &'a [u8], ends: &[usize], id: u32) -> &'a [u8] {
    let index = id as usize;
    let start = index.checked_sub(1).and_then(|before| ends.get(before)).copied().unwrap_or(0);
    ends.get(index).and_then(|end| bytes.get(start..*end)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_kept_once() {
        let mut names = Names::default();
        let ids: Vec<_> = ["bin", "", "etc", "bin"].map(|name| names.intern(name.as_bytes())).into();
        assert_eq!(ids[0], ids[3]);
        assert_eq!(ids.iter().map(|id| names.get(*id)).collect::<Vec<_>>(), [&b"bin"[..], b"", b"etc", b"bin"]);
        assert_eq!(names.find(b"etc"), Some(ids[2]));
        assert_eq!(names.find(b"usr"), None);
    }
}
