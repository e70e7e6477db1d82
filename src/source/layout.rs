//! OCI layouts in directories: files by path, links never followed out of it.

#![expect(clippy::disallowed_methods, reason = "this module is where a layout's directory is listed")]

use super::BlobId;
use super::index::{Extent, Index};
use crate::bytes::{OpenError, ReadAt, open_regular};
use std::ffi::OsStr;
use std::fs;
use std::io;
use std::os::unix::ffi::{OsStrExt as _, OsStringExt as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// How deep the files of a layout lie: `blobs/sha256/0123…`.
const MAX_DEPTH: usize = 3;

/// Files of one layout that are looked at. It bounds the work on a directory that only looks like one.
const MAX_FILES: u64 = 200_000;

/// Lists the files of a layout, in the order of their names, so that a blob has the same identity in every run.
pub(super) fn list(root: &Path) -> io::Result<Index> {
    let mut index = Index::default();
    let mut pending = vec![(PathBuf::new(), 1)];
    while let Some((directory, depth)) = pending.pop() {
        let mut entries = fs::read_dir(root.join(&directory))?.collect::<io::Result<Vec<_>>>()?;
        entries.sort_by_key(fs::DirEntry::file_name);
        for entry in entries {
            if index.members >= MAX_FILES {
                return Ok(index);
            }
            let path = directory.join(entry.file_name());
            let name = path.as_os_str().as_bytes();
            // Neither of these follows a link.
            let kind = entry.file_type()?;
            if kind.is_file() {
                let id = BlobId(index.members + 1);
                index.add_file(name, Extent { id, offset: 0, len: entry.metadata()?.len() });
            } else if kind.is_symlink() {
                index.add_symlink(name, &fs::read_link(entry.path())?.into_os_string().into_vec());
            } else if !kind.is_dir() {
                index.add_other(name, "is a device, fifo or socket");
            } else if depth < MAX_DEPTH {
                pending.push((path, depth + 1));
            }
        }
    }
    Ok(index)
}

/// Opens a file of a layout by its path within. No part of the path may be a link by now.
pub(super) fn open_inside(root: &Path, name: &[u8]) -> Result<Arc<dyn ReadAt>, OpenError> {
    let mut path = root.to_path_buf();
    for part in Path::new(OsStr::from_bytes(name)) {
        path.push(part);
        if fs::symlink_metadata(&path)?.file_type().is_symlink() {
            return Err(OpenError::NotRegular);
        }
    }
    open_regular(&path)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::symlink;

    #[test]
    fn links_out_of_the_layout_lead_nowhere() {
        let outside = tempfile::tempdir().unwrap();
        fs::write(outside.path().join("secret"), "s").unwrap();
        let layout = tempfile::tempdir().unwrap();
        fs::create_dir_all(layout.path().join("blobs/sha256")).unwrap();
        fs::write(layout.path().join("blobs/sha256/aa"), "a").unwrap();
        symlink("aa", layout.path().join("blobs/sha256/bb")).unwrap();
        symlink(outside.path().join("secret"), layout.path().join("blobs/sha256/cc")).unwrap();
        symlink(outside.path(), layout.path().join("blobs/sha512")).unwrap();
        let index = list(layout.path()).unwrap();
        assert_eq!(index.resolve(b"blobs/sha256/aa").unwrap().1.len, 1);
        assert_eq!(index.resolve(b"blobs/sha256/bb").unwrap().0, b"blobs/sha256/aa");
        assert!(index.resolve(b"blobs/sha256/cc").is_err());
        assert!(index.resolve(b"blobs/sha512/secret").is_err());
        assert!(open_inside(layout.path(), b"blobs/sha256/aa").is_ok());
        for name in [&b"blobs/sha256/cc"[..], b"blobs/sha512/secret"] {
            assert!(matches!(open_inside(layout.path(), name), Err(OpenError::NotRegular)));
        }
    }
}
