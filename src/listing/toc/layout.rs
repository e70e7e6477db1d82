//! Where in the blob everything is that a table of contents lists: tables tell where contents begin, and no more.
//!
//! The tar is laid out as it would be with headers of one block each; where a table knows better (several contents in
//! one member), it is believed. Each member or frame that a table names pins a place of the tar to one of the blob;
//! what lies between is for [`Positions`] to divide, as it does for a layer that is decompressed.

use super::entry::Place;
use crate::listing::Positions;
use crate::tarball::BLOCK;

/// A header, and what contents are padded to.
const STEP: u64 = BLOCK as u64;

/// The blocks of zeros at the end of a tar.
const END: u64 = 2 * STEP;

/// The tar as far as it is laid out.
#[derive(Debug, Default)]
pub(super) struct Layout {
    /// Where the entry that came last ends, with its padding; none once the table contradicts itself.
    ends: Vec<u64>,
    /// Where the last content ends, without padding.
    content: u64,
    /// The member that came last: where it begins in the blob, and in the tar.
    member: Option<(u64, u64)>,
    positions: Positions,
    is_odd: bool,
}

impl Layout {
    /// The next entry: of a file with content how much and where.
    pub(super) fn add(&mut self, content: Option<(u64, Place)>) {
        let header = self.ends.last().copied().unwrap_or(0).saturating_add(STEP);
        let (begin, size) = match content {
            None => (header, 0),
            Some((size, place)) => (self.begin(header, place), size),
        };
        let end = begin.saturating_add(size);
        if size > 0 {
            self.content = end;
        }
        self.is_odd |= end > u64::MAX / 2;
        self.ends.push(end.checked_next_multiple_of(STEP).unwrap_or(end));
    }

    /// Where a content begins in the tar whose header would end at `header`.
    fn begin(&mut self, header: u64, place: Place) -> u64 {
        if let Some((offset, start)) = self.member.filter(|(offset, _)| *offset == place.offset) {
            let begin = start.saturating_add(place.skipped);
            self.is_odd |= begin < self.content;
            self.member = Some((offset, start));
            return begin.max(self.content);
        }
        // A member begins where the content before it has ended.
        let start = header.saturating_sub(place.skipped).max(self.content);
        self.is_odd |= self.member.is_some_and(|(offset, _)| place.offset < offset);
        self.member = Some((place.offset, start));
        if place.offset > 0 {
            self.positions.pin(start, place.offset);
        }
        start.saturating_add(place.skipped)
    }

    /// Where in the blob each entry ends, if the members with contents end at `end` there. `None` if the table is in
    /// no order, so that nothing can be told.
    pub(super) fn finish(mut self, end: u64) -> Option<Box<[u64]>> {
        self.is_odd |= self.member.is_some_and(|(offset, _)| end <= offset);
        let last = self.ends.last().copied().unwrap_or(0).max(self.content);
        self.positions.pin(last.saturating_add(END), end);
        let positions = self.positions;
        (!self.is_odd).then(|| self.ends.iter().map(|end| positions.stored(*end)).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(size: u64, offset: u64, skipped: u64) -> (u64, Place) {
        (size, Place { offset, skipped, digest: [0; 32] })
    }

    fn ends(entries: &[Option<(u64, Place)>], end: u64) -> Option<Vec<u64>> {
        let mut layout = Layout::default();
        for entry in entries {
            layout.add(*entry);
        }
        layout.finish(end).map(<[u64]>::into_vec)
    }

    #[test]
    fn a_content_ends_where_the_next_member_begins() {
        // Two headers before the first content, one between the contents.
        let found = ends(&[None, Some(file(1024, 100, 0)), Some(file(512, 300, 0))], 400).unwrap();
        // The first content takes two of the three blocks up to the second one, whose header is the third.
        assert_eq!(found, [50, 100 + 200 * 2 / 3, 300 + 100 / 3]);
    }

    #[test]
    fn several_contents_of_a_member_share_it() {
        // The header of each is in the member, too.
        let found = ends(&[Some(file(512, 0, 512)), Some(file(512, 0, 1536)), Some(file(512, 200, 512))], 300).unwrap();
        assert_eq!(found, [100, 200, 200 + 100 / 2]);
        let found = ends(&[Some(file(10, 0, 0)), Some(file(10, 0, 4096))], 6144).unwrap();
        assert_eq!(found, [1024, 5120], "a header that is longer than a block is where the table says");
    }

    #[test]
    fn tables_that_contradict_themselves_tell_nothing() {
        assert_eq!(ends(&[Some(file(9, 300, 0)), Some(file(9, 100, 0))], 400), None);
        assert_eq!(ends(&[Some(file(900, 300, 0)), Some(file(9, 300, 100))], 400), None);
        assert_eq!(ends(&[Some(file(9, 300, 0))], 300), None);
        assert_eq!(ends(&[Some(file(9, 300, u64::MAX)), Some(file(u64::MAX, 301, 0))], 400), None);
        assert_eq!(ends(&[], 0).unwrap(), [0; 0]);
    }
}
