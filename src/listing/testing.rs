//! Listings from text, for tests.

use super::{Entry, EntryKind, Listing, Role, Span, components};
use crate::tarball::Time;
use std::sync::Arc;

/// Builds a listing from one line an entry: `f PATH SIZE FILL`, `d PATH`, `l PATH TARGET`, `h PATH TARGET`, `p PATH`,
/// `c PATH`; `@MODE`, `%UID` may follow. A file's content is `SIZE` times `FILL`. Markers are files.
pub(crate) fn listing(lines: &[&str]) -> Arc<Listing> {
    let mut listing = Listing { xattrs: vec![Box::new([])], ..Listing::default() };
    for line in lines {
        let words: Vec<&str> = line.split_whitespace().filter(|word| !word.starts_with(['@', '%'])).collect();
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
        let path = push(&mut listing, words[1]);
        let is_link = matches!(kind, EntryKind::Symlink | EntryKind::HardLink);
        let link = if is_link { push(&mut listing, words[2]) } else { Span::default() };
        let size = if kind == EntryKind::File { words.get(2).map_or(0, |size| size.parse().unwrap()) } else { 0 };
        let fill = words.get(3).map_or(0, |fill| u128::from(fill.as_bytes()[0]));
        let mode = if kind == EntryKind::Directory { 0o755 } else { 0o644 };
        listing.entries.push(Entry {
            path,
            link,
            kind,
            role: Role::of(components(words[1].as_bytes()).into_iter()),
            mode: option('@').map_or(mode, |mode| u16::from_str_radix(mode, 8).unwrap()),
            uid: option('%').map_or(0, |uid| uid.parse().unwrap()),
            gid: 0,
            size,
            mtime: Time::default(),
            device: (0, 0),
            xattrs: 0,
            data_offset: 0,
            stored: size,
            sparse: None,
            fingerprint: Some(fill),
        });
    }
    Arc::new(listing)
}

fn push(listing: &mut Listing, text: &str) -> Span {
    let start = u32::try_from(listing.names.len()).unwrap();
    listing.names.extend_from_slice(text.as_bytes());
    Span { start, len: u32::try_from(text.len()).unwrap() }
}
