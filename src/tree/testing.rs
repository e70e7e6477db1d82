//! Listings that tests make up, and the contents of those that they make from text.

use super::{Contents, InodeId, Question, Tree};
use proptest::prelude::*;
use std::io;

/// Compares the fingerprints that the builder of the listings made up.
#[derive(Debug, Clone)]
pub(crate) struct Fills;

impl Contents for Fills {
    fn same(&mut self, tree: &Tree, question: Question) -> io::Result<bool> {
        let fill = |id| tree.entry(id).and_then(|entry| entry.fingerprint());
        Ok(fill(question.a) == fill(question.b))
    }

    fn fingerprint(&mut self, tree: &Tree, inode: InodeId) -> io::Result<u128> {
        tree.entry(inode).and_then(|entry| entry.fingerprint()).ok_or(io::ErrorKind::NotFound.into())
    }
}

fn name() -> impl Strategy<Value = &'static str> {
    prop::sample::select(vec!["a", "b", "c"])
}

fn path() -> impl Strategy<Value = String> {
    prop::collection::vec(name(), 1..4).prop_map(|parts| parts.join("/"))
}

/// What stands before the name of something in a directory.
fn below(directory: &[&str]) -> String {
    directory.iter().flat_map(|part| [part, "/"]).collect()
}

/// One line of a listing, as [`crate::listing::testing::listing`] reads them.
pub(crate) fn line() -> impl Strategy<Value = String> {
    let target = prop::sample::select(vec!["a", "/b", "../c", "b/c", "..", "/", "x/../a", "c/b"]);
    prop_oneof![
        6 => (path(), 0..3_u8, prop::sample::select(vec!["x", "y"])).prop_map(|(p, s, f)| format!("f {p} {s} {f}")),
        3 => path().prop_map(|p| format!("d {p}")),
        2 => (path(), target).prop_map(|(p, t)| format!("l {p} {t}")),
        2 => (path(), path()).prop_map(|(p, t)| format!("h {p} {t}")),
        1 => path().prop_map(|p| format!("p {p}")),
        2 => (prop::collection::vec(name(), 0..3), name()).prop_map(|(d, n)| {
            format!("f {}.wh.{n} 0 x", below(&d))
        }),
        1 => prop::collection::vec(name(), 0..3).prop_map(|d| {
            format!("f {}.wh..wh..opq 0 x", below(&d))
        }),
    ]
}
