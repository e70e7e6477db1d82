//! Listings from text, for tests.

use super::table::Places;
use super::table::{Attributes, Growing, NewEntry};
use super::{EntryKind, Listing, Role};
use crate::tarball::Time;
use std::sync::Arc;

/// Builds a listing from one line an entry: `f PATH SIZE FILL`, `d PATH`, `l PATH TARGET`, `h PATH TARGET`, `p PATH`,
/// `c PATH`; `@MODE`, `%UID` may follow, and `=` for a digest instead of a fingerprint. A file's content is `SIZE` times `FILL`. Markers are files.
pub(crate) fn listing(lines: &[&str]) -> Arc<Listing> {
    let mut entries = Growing::new();
    for line in lines {
        let words: Vec<&str> = line.split_whitespace().filter(|word| !word.starts_with(['@', '%', '='])).collect();
        let option = |mark: char| line.split_whitespace().find_map(|word| word.strip_prefix(mark));
        let kind = match words[0] {
            "f" => EntryKind::File,
            "d" => EntryKind::Directory,
            "l" => EntryKind::Symlink,
            "h" => EntryKind::HardLink,
            "p" => EntryKind::Fifo,
            "c" => EntryKind::CharDevice,
            other => panic!("no kind of entry: {other}"),
        };
        let is_link = matches!(kind, EntryKind::Symlink | EntryKind::HardLink);
        let size = if kind == EntryKind::File { words.get(2).map_or(0, |size| size.parse().unwrap()) } else { 0 };
        let fill = words.get(3).map_or(0, |fill| u128::from(fill.as_bytes()[0]));
        let mode = if kind == EntryKind::Directory { 0o755 } else { 0o644 };
        let attributes = Attributes {
            kind,
            role: Role::of_path(words[1].as_bytes()),
            mode: option('@').map_or(mode, |mode| u16::from_str_radix(mode, 8).unwrap()),
            uid: option('%').map_or(0, |uid| uid.parse().unwrap()),
            gid: 0,
            xattrs: 0,
        };
        let new = NewEntry {
            path: words[1].as_bytes(),
            link: if is_link { words[2].as_bytes() } else { b"" },
            attributes,
            size,
            mtime: Time::default(),
            device: (0, 0),
            data_offset: 0,
            stored: size,
            sparse: None,
            fingerprint: option('=').is_none().then_some(fill),
        };
        entries.push(new).unwrap();
        if option('=').is_some() {
            let fill = fill.to_be_bytes();
            entries.claim([fill, fill].concat().try_into().unwrap(), 0);
        }
    }
    Arc::new(Listing { table: entries.finish(), ..Listing::default() })
}

/// The same with known costs: 1, 10, 100, … bytes, up to 10^15, and then anew.
pub(crate) fn priced(lines: &[&str]) -> Arc<Listing> {
    let mut listing = listing(lines);
    let ends = (0..listing.len()).scan(0, |end, index| {
        *end += 10_u64.pow(u32::try_from(index % 16).unwrap());
        Some(*end)
    });
    Arc::get_mut(&mut listing).unwrap().table.places = Places::Ends(ends.collect());
    listing
}
