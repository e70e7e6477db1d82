//! What an archive or a layout holds: names, and where the bytes are. Links are followed within, never to the host.

use super::BlobId;
use crate::tarball::{Member, MemberKind, components};
use std::collections::BTreeMap;

/// Names that are kept of one archive. An image has a few for each of its layers; what has more is a root file
/// system, whose names the listing keeps.
const MAX_NAMES: usize = 200_000;

/// Links that are followed for one name.
const MAX_LINKS: usize = 16;

/// Names given in the message about an archive that is no image.
const FIRST_NAMES: usize = 3;

/// Names that occur more than once and are told of.
const MAX_REPEATED: usize = 8;

/// The documents that tell what kind of image something is; always kept.
pub(super) const MANIFEST: &[u8] = b"manifest.json";
/// See [`MANIFEST`].
pub(super) const INDEX: &[u8] = b"index.json";
/// See [`MANIFEST`].
pub(super) const OCI_LAYOUT: &[u8] = b"oci-layout";

/// Directories at the top of a root file system.
const ROOT_DIRECTORIES: [&[u8]; 18] = [
    b"bin", b"boot", b"dev", b"etc", b"home", b"lib", b"lib64", b"media", b"mnt", b"opt", b"proc", b"root", b"run",
    b"sbin", b"srv", b"sys", b"usr", b"var",
];

/// Where the bytes of a file are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Extent {
    /// The identity of its bytes.
    pub(super) id: BlobId,
    /// Where they begin in the uncompressed archive; 0 in a layout.
    pub(super) offset: u64,
    /// How many there are.
    pub(super) len: u64,
}

/// What a name stands for.
#[derive(Debug)]
enum Node {
    File(Extent),
    /// Another name, already made absolute within the archive.
    Link(Vec<u8>),
    /// Nothing that bytes could be read from.
    Other(&'static str),
}

/// Why a name leads to no file.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Unresolved {
    /// There is nothing of that name.
    Missing,
    /// It is there, but not as a file.
    Reason(String),
}

/// The names of an archive or a layout.
#[derive(Debug, Default)]
pub(super) struct Index {
    nodes: BTreeMap<Vec<u8>, Node>,
    /// How many members there are, also those whose names were not kept.
    pub(super) members: u64,
    /// The first names, for messages.
    pub(super) first_names: Vec<Vec<u8>>,
    /// Names of files that occur more than once; the last one counts.
    pub(super) repeated: Vec<Vec<u8>>,
    /// Whether something at the top is as in a root file system.
    pub(super) has_root_directories: bool,
}

impl Index {
    /// Takes a member of an archive.
    pub(super) fn add_member(&mut self, member: &Member) {
        let parts = components(&member.path);
        let node = match member.kind {
            MemberKind::File if member.sparse.is_some() => Node::Other("is a sparse file"),
            MemberKind::File => {
                Node::File(Extent { id: BlobId(member.data_offset), offset: member.data_offset, len: member.stored })
            }
            MemberKind::HardLink => Node::Link(components(&member.link).join(&b'/')),
            MemberKind::Symlink => Node::Link(link_target(&parts, &member.link)),
            MemberKind::Directory => Node::Other("is a directory"),
            MemberKind::CharDevice | MemberKind::BlockDevice | MemberKind::Fifo => Node::Other("is a device or fifo"),
        };
        self.add(&parts, node);
    }

    /// Takes a file of a layout.
    pub(super) fn add_file(&mut self, path: &[u8], extent: Extent) {
        self.add(&components(path), Node::File(extent));
    }

    /// Takes a symbolic link of a layout.
    pub(super) fn add_symlink(&mut self, path: &[u8], target: &[u8]) {
        let parts = components(path);
        let target = link_target(&parts, target);
        self.add(&parts, Node::Link(target));
    }

    /// Takes something of a layout that is neither a file nor a symbolic link.
    pub(super) fn add_other(&mut self, path: &[u8], what: &'static str) {
        self.add(&components(path), Node::Other(what));
    }

    fn add(&mut self, parts: &[&[u8]], node: Node) {
        self.members += 1;
        let Some(top) = parts.first() else {
            return;
        };
        let is_directory = parts.len() > 1 || matches!(node, Node::Other("is a directory") | Node::Link(_));
        self.has_root_directories |= *top == b".dockerenv" || (is_directory && ROOT_DIRECTORIES.contains(top));
        let path = parts.join(&b'/');
        if self.first_names.len() < FIRST_NAMES {
            self.first_names.push(path.clone());
        }
        if self.nodes.len() >= MAX_NAMES && ![MANIFEST, INDEX, OCI_LAYOUT].contains(&path.as_slice()) {
            return;
        }
        let is_file = matches!(node, Node::File(_));
        let before = self.nodes.insert(path, node);
        if is_file && matches!(before, Some(Node::File(_))) && self.repeated.len() < MAX_REPEATED {
            self.repeated.push(parts.join(&b'/'));
        }
    }

    /// Whether a name is there, whatever it stands for.
    pub(super) fn has(&self, path: &[u8]) -> bool {
        self.nodes.contains_key(path)
    }

    /// Whether there is a name that ends so.
    pub(super) fn has_suffix(&self, suffix: &[u8]) -> bool {
        self.nodes.keys().any(|path| path.ends_with(suffix))
    }

    /// The file that a name leads to, and the name that it has itself.
    pub(super) fn resolve(&self, path: &[u8]) -> Result<(&[u8], Extent), Unresolved> {
        let mut at = self.nodes.get_key_value(path).ok_or(Unresolved::Missing)?;
        for _ in 0..MAX_LINKS {
            match at.1 {
                Node::File(extent) => return Ok((at.0, *extent)),
                Node::Other(what) => return Err(Unresolved::Reason((*what).to_owned())),
                Node::Link(target) => {
                    at = self.nodes.get_key_value(target).ok_or_else(|| {
                        let target = String::from_utf8_lossy(target);
                        Unresolved::Reason(format!("is a link to {target}, which is not there"))
                    })?;
                }
            }
        }
        Err(Unresolved::Reason("is a link that leads in a circle".to_owned()))
    }
}

/// Where a symbolic link leads within the archive: `..` stops at its root, and an absolute target begins there.
fn link_target(link: &[&[u8]], target: &[u8]) -> Vec<u8> {
    if target.starts_with(b"/") {
        return components(target).join(&b'/');
    }
    let parent = link.split_last().map_or(&[][..], |(_, parent)| parent);
    let mut whole = parent.join(&b'/');
    whole.push(b'/');
    whole.extend_from_slice(target);
    components(&whole).join(&b'/')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn extent(id: u64) -> Extent {
        Extent { id: BlobId(id), offset: id, len: 1 }
    }

    #[test]
    fn links_are_followed_within_the_archive_only() {
        let mut index = Index::default();
        index.add_file(b"./one/layer.tar", extent(1));
        index.add_symlink(b"two/layer.tar", b"../one/layer.tar");
        index.add_symlink(b"three/layer.tar", b"../two/layer.tar");
        index.add_symlink(b"out", b"../../../etc/passwd");
        index.add_symlink(b"absolute", b"/one/layer.tar");
        index.add_symlink(b"a", b"b");
        index.add_symlink(b"b", b"a");
        for name in ["one/layer.tar", "two/layer.tar", "three/layer.tar", "absolute"] {
            assert_eq!(index.resolve(name.as_bytes()), Ok((&b"one/layer.tar"[..], extent(1))), "{name}");
        }
        assert_eq!(index.resolve(b"none"), Err(Unresolved::Missing));
        let reason = |name: &[u8]| match index.resolve(name) {
            Err(Unresolved::Reason(reason)) => reason,
            other => panic!("{other:?}"),
        };
        assert_eq!(reason(b"out"), "is a link to etc/passwd, which is not there");
        assert_eq!(reason(b"a"), "is a link that leads in a circle");
    }

    #[test]
    fn the_last_of_a_name_counts_and_is_told_of() {
        let mut index = Index::default();
        index.add_file(b"manifest.json", extent(1));
        index.add_file(b"./manifest.json", extent(2));
        assert_eq!(index.resolve(b"manifest.json").unwrap().1, extent(2));
        assert_eq!(index.repeated, [b"manifest.json"]);
    }

    #[test]
    fn a_root_file_system_is_told_by_its_top() {
        for (path, expected) in [("etc/passwd", true), (".dockerenv", true), ("src/etc/x", false), ("etc", false)] {
            let mut index = Index::default();
            index.add_file(path.as_bytes(), extent(1));
            assert_eq!(index.has_root_directories, expected, "{path}");
        }
    }
}
