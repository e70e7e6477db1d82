//! The databases of dpkg: stanzas of packages, lists of their files, and diversions.
//!
//! The formats are those of deb-control(5), dpkg(1) and dpkg-divert(1). Images without dpkg have a folder with a stanza
//! and checksums for each package instead.

use super::{Key, Manager, Package, Share, State, is_path};
use crate::listing::components;
use crate::tree::{Finder, NodeId};
use hashbrown::HashMap;

/// The package of a stanza; none where it names none, or one that only was known once.
pub(super) fn package(stanza: &[u8]) -> Option<Package> {
    let mut known = Stanza::default();
    let is_field = |line: &&[u8]| !line.starts_with(b" ") && !line.starts_with(b"\t");
    stanza.split(|byte| *byte == b'\n').filter(is_field).for_each(|line| known.field(line));
    known.package()
}

/// What has to be known of one stanza.
#[derive(Debug, Default)]
struct Stanza<'a> {
    name: &'a [u8],
    version: &'a [u8],
    architecture: &'a [u8],
    status: Option<&'a [u8]>,
}

impl<'a> Stanza<'a> {
    fn field(&mut self, line: &'a [u8]) {
        let Some(colon) = line.iter().position(|byte| *byte == b':') else { return };
        let (name, value) = line.split_at(colon);
        let value = value.get(1..).unwrap_or_default().trim_ascii();
        match name.to_ascii_lowercase().as_slice() {
            b"package" => self.name = value,
            b"version" => self.version = value,
            b"architecture" => self.architecture = value,
            b"status" => self.status = Some(value),
            _ => {}
        }
    }

    fn package(self) -> Option<Package> {
        let state = self.status.map_or(Some(State::Installed), state)?;
        let key = Key { manager: Manager::Dpkg, name: self.name.into(), architecture: self.architecture.into() };
        (!self.name.is_empty()).then(|| Package { key, version: self.version.into(), state, share: Share::default() })
    }
}

/// The last of the three words of a status; none of a package that is not there.
fn state(status: &[u8]) -> Option<State> {
    match status.rsplit(u8::is_ascii_whitespace).next()? {
        b"not-installed" => None,
        b"config-files" => Some(State::ConfigFiles),
        b"installed" | b"triggers-awaited" | b"triggers-pending" => Some(State::Installed),
        _ => Some(State::Unfinished),
    }
}

/// Paths whose files dpkg has put elsewhere.
#[derive(Debug, Default)]
pub(super) struct Diversions<'a>(HashMap<Vec<u8>, Diversion<'a>>);

/// Where the files of all packages but one are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Diversion<'a> {
    to: Option<NodeId>,
    by: &'a [u8],
}

impl<'a> Diversions<'a> {
    /// Three lines for each: the path, where its files are instead, and the package that has the path for itself (a
    /// colon for nobody).
    pub(super) fn read(text: &'a [u8], finder: &Finder<'_>) -> Self {
        let mut lines = text.split(|byte| *byte == b'\n');
        let mut all = HashMap::new();
        while let (Some(from), Some(to), Some(by)) = (lines.next(), lines.next(), lines.next()) {
            if is_path(from) && is_path(to) {
                all.insert(plain(from), Diversion { to: finder.at(to), by });
            }
        }
        Self(all)
    }

    /// What is there of the file of a package that its list has at `path`.
    pub(super) fn find(&self, path: &[u8], package: &[u8], finder: &Finder<'_>) -> Option<NodeId> {
        let diverted = if self.0.is_empty() { None } else { self.0.get(&plain(path)) };
        diverted.filter(|diversion| diversion.by != package).map_or_else(|| finder.at(path), |diversion| diversion.to)
    }
}

fn plain(path: &[u8]) -> Vec<u8> {
    components(path).join(&b'/')
}

/// The paths of a `.list`: one a line.
pub(super) fn list(text: &[u8]) -> impl Iterator<Item = &[u8]> {
    text.split(|byte| *byte == b'\n').filter(|line| is_path(line))
}

/// The paths of a `.md5sums`: behind the sum and two blanks.
pub(super) fn sums(text: &[u8]) -> impl Iterator<Item = &[u8]> {
    let path = |line: &'_ [u8]| line.iter().position(|byte| *byte == b' ').map(|blank| blank + 2);
    text.split(|byte| *byte == b'\n').filter_map(move |line| line.get(path(line)?..)).filter(|path| is_path(path))
}

#[cfg(test)]
mod tests {
    use super::super::blocks;
    use super::*;
    use crate::listing::testing::listing;
    use crate::tree::Stack;

    #[test]
    fn stanzas_become_packages() {
        let text = b"Package: a\nStatus: install ok installed\nVersion: 1:2-3\nArchitecture: amd64\nDescription: x\n \
            Package: no\n\n\n \n\npackage:b\nSTATUS: deinstall ok config-files\nConffiles:\n /etc/b 0\nVersion: 2\n\n\
            Package: c\nStatus: unknown ok not-installed\n\nVersion: 9\n\nPackage: d\nStatus: install ok \
            half-configured\n\nPackage: e";
        let text_of = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let found: Vec<_> = blocks(text)
            .filter_map(package)
            .map(|package| (text_of(&package.key.name), text_of(&package.version), package.state))
            .collect();
        let expected = [
            ("a", "1:2-3", State::Installed),
            ("b", "2", State::ConfigFiles),
            ("d", "", State::Unfinished),
            ("e", "", State::Installed),
        ];
        assert_eq!(found, expected.map(|(name, version, state)| (name.to_owned(), version.to_owned(), state)));
    }

    #[test]
    fn diversions_hold_for_all_packages_but_one() {
        let mut stack = Stack::new();
        stack.push(listing(&["f bin/sh 1", "f bin/sh.distrib 1", "f etc/x 1", "f etc/y 1", "f cut 1"]));
        let tree = stack.finish();
        let finder = tree.finder();
        let text = b"/bin/sh\n/bin/sh.distrib\ndash\n/etc//x\n/etc/y\n:\n/bin\n/none\nx\n/cut\n/short";
        let diversions = Diversions::read(text, &finder);
        let find = |path: &str, package: &str| {
            let found = diversions.find(path.as_bytes(), package.as_bytes(), &finder);
            found.map(|node| String::from_utf8(tree.path(node)).unwrap())
        };
        assert_eq!(find("/bin/sh", "dash").as_deref(), Some("bin/sh"));
        assert_eq!(find("/bin/sh", "bash").as_deref(), Some("bin/sh.distrib"));
        assert_eq!(find("/etc/x", "dash").as_deref(), Some("etc/y"));
        assert_eq!(find("/bin", "dash"), None);
        assert_eq!(find("/cut", "dash").as_deref(), Some("cut"));
    }

    #[test]
    fn lists_become_paths() {
        assert_eq!(list(b"/.\n/usr\n\n/a b\n").collect::<Vec<_>>(), [&b"/."[..], b"/usr", b"/a b"]);
        assert_eq!(sums(b"00ff  usr/a\n\nno\n00  b c\n00 \n").collect::<Vec<_>>(), [&b"usr/a"[..], b"b c"]);
    }
}
