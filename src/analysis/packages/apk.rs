//! The database of apk: a letter and a colon before each field, an empty line behind each package. The format is what
//! `apk_db_read` of apk-tools reads.

use super::{Key, Manager, Package, Share, State, is_path};

/// The package of a block; none if it names none.
pub(super) fn package(block: &[u8]) -> Option<Package> {
    let of = |letter| fields(block).find(|(it, _)| *it == letter).map(|(_, value)| value);
    let name = of(b'P').filter(|name| !name.is_empty())?;
    let key = Key { manager: Manager::Apk, name: name.into(), architecture: of(b'A').unwrap_or_default().into() };
    let version = of(b'V').unwrap_or_default().into();
    Some(Package { key, version, state: State::Installed, share: Share::default() })
}

/// One thing of a package.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place<'a> {
    /// A directory, by its path.
    Directory(&'a [u8]),
    /// Something in the directory that came last, by its name.
    Name(&'a [u8]),
}

/// The directories and files of a block, in its order.
pub(super) fn places(block: &[u8]) -> impl Iterator<Item = Place<'_>> {
    fields(block).filter_map(|(letter, value)| match letter {
        b'F' => Some(Place::Directory(if is_path(value) { value } else { b"/" })),
        b'R' => Some(Place::Name(value)),
        _ => None,
    })
}

fn fields(block: &[u8]) -> impl Iterator<Item = (u8, &[u8])> {
    block.split(|byte| *byte == b'\n').filter_map(|line| match line {
        [letter, b':', value @ ..] => Some((*letter, value)),
        _ => None,
    })
}

#[cfg(test)]
mod tests {
    use super::super::blocks;
    use super::*;

    #[test]
    fn packages_name_their_files_by_directory() {
        let text = b"C:Q1\nP:musl\nV:1.2.5-r0\nA:x86_64\nF:lib\nR:libc.so\na:0:0:755\nZ:Q1\nF:\nR:top\n\n\n\
            V:1\nR:nobody\n\nP:b\nF:etc\nR:x";
        let blocks: Vec<_> = blocks(text).collect();
        let packages: Vec<_> = blocks.iter().map(|block| package(block)).collect();
        let [Some(musl), None, Some(b)] = packages.as_slice() else { panic!("{packages:?}") };
        assert_eq!(
            (&*musl.key.name, &*musl.version, &*musl.key.architecture),
            (&b"musl"[..], &b"1.2.5-r0"[..], &b"x86_64"[..])
        );
        assert_eq!((&*b.key.name, &*b.version), (&b"b"[..], &b""[..]));
        let expected = [Place::Directory(b"lib"), Place::Name(b"libc.so"), Place::Directory(b"/"), Place::Name(b"top")];
        assert_eq!(places(blocks[0]).collect::<Vec<_>>(), expected);
    }
}
