//! The folder that files of an image are written to, and nothing outside it.
//!
//! A path is walked one component at a time from the folder's own descriptor, and no component may be a link: so
//! neither a name of the image nor a link that stands in the folder leads out of it, whoever moves what meanwhile.
//! What is there already is replaced only if that was asked for, and then removed first, never written through.

use crate::tarball::Time;
use rustix::fs::{AtFlags, CWD, Mode, OFlags, Timespec, Timestamps};
use rustix::io::Errno;
use std::ffi::OsStr;
use std::fs::File;
use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;

/// A directory that is only walked through.
const WALK: OFlags = OFlags::DIRECTORY.union(OFlags::NOFOLLOW).union(OFlags::CLOEXEC);

/// Permissions that are restored; who runs a file of a stranger's image is not to become somebody else by it.
const PERMISSIONS: u32 = 0o777;

/// The folder.
#[derive(Debug)]
pub(super) struct Folder {
    root: OwnedFd,
    /// Whether what is there already is replaced.
    replace: bool,
    /// The directory that was used last: files come sorted.
    last: Option<(Vec<u8>, OwnedFd)>,
}

impl Folder {
    /// Opens the folder of the user, which is made if it is not there.
    pub(super) fn open(path: &Path, replace: bool) -> io::Result<Self> {
        std::fs::create_dir_all(path)?;
        let root = rustix::fs::openat(CWD, path, OFlags::DIRECTORY | OFlags::CLOEXEC, Mode::empty())?;
        Ok(Self { root, replace, last: None })
    }

    /// Makes a directory, unless it is there. Gives back whether it was made: it can be written to by its owner until
    /// [`Folder::finish`].
    pub(super) fn directory(&mut self, path: &[u8]) -> io::Result<bool> {
        let (parent, name) = self.parent(path)?;
        match rustix::fs::mkdirat(parent, name, Mode::from(0o700)) {
            Ok(()) => Ok(true),
            Err(Errno::EXIST) => {
                rustix::fs::openat(parent, name, WALK, Mode::empty()).map_err(|error| not_a_directory(error, name))?;
                Ok(false)
            }
            Err(error) => Err(error.into()),
        }
    }

    /// Gives a directory that was made its mode, and its time if it has one, once everything is in it.
    pub(super) fn finish(&mut self, path: &[u8], mode: u32, time: Option<Time>) -> io::Result<()> {
        let (parent, name) = self.parent(path)?;
        let directory = rustix::fs::openat(parent, name, WALK, Mode::empty())?;
        if let Some(time) = time {
            rustix::fs::futimens(&directory, &times(time))?;
        }
        rustix::fs::fchmod(&directory, Mode::from(mode & PERMISSIONS))?;
        Ok(())
    }

    /// Makes a symbolic link, wherever it leads: nobody follows it here.
    pub(super) fn symlink(&mut self, path: &[u8], target: &[u8], time: Time) -> io::Result<()> {
        let (parent, name) = self.vacant(path)?;
        rustix::fs::symlinkat(OsStr::from_bytes(target), parent, name)?;
        // Not every file system keeps the time of a link.
        let _ = rustix::fs::utimensat(parent, name, &times(time), AtFlags::SYMLINK_NOFOLLOW);
        Ok(())
    }

    /// Gives a file that was written another name.
    pub(super) fn hard_link(&mut self, path: &[u8], first: &[u8]) -> io::Result<()> {
        let (parent, name) = self.parent(first)?;
        let (parent, name) = (parent.try_clone()?, name.to_owned());
        let (new_parent, new_name) = self.vacant(path)?;
        rustix::fs::linkat(parent, name, new_parent, new_name, AtFlags::empty())?;
        Ok(())
    }

    /// Makes a file that only its owner can read until [`Folder::seal`].
    pub(super) fn file(&mut self, path: &[u8]) -> io::Result<File> {
        let (parent, name) = self.vacant(path)?;
        let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        Ok(File::from(rustix::fs::openat(parent, name, flags, Mode::from(0o600))?))
    }

    /// Gives a file that is written its mode and time.
    pub(super) fn seal(file: &File, mode: u32, time: Time) -> io::Result<()> {
        rustix::fs::fchmod(file, Mode::from(mode & PERMISSIONS))?;
        rustix::fs::futimens(file, &times(time))?;
        Ok(())
    }

    /// Takes a file away that was made and could not be written whole.
    pub(super) fn remove(&mut self, path: &[u8]) -> io::Result<()> {
        let (parent, name) = self.parent(path)?;
        rustix::fs::unlinkat(parent, name, AtFlags::empty())?;
        Ok(())
    }

    /// The directory of a path, in which its name is free.
    fn vacant<'p>(&mut self, path: &'p [u8]) -> io::Result<(&OwnedFd, &'p OsStr)> {
        let replace = self.replace;
        let (parent, name) = self.parent(path)?;
        if replace {
            match rustix::fs::unlinkat(parent, name, AtFlags::empty()) {
                Ok(()) | Err(Errno::NOENT) => {}
                Err(Errno::ISDIR) => return Err(io::Error::other("a directory is there")),
                Err(error) => return Err(error.into()),
            }
        }
        Ok((parent, name))
    }

    /// The directory of a path, and its name in it. Directories above it that nobody made yet are made.
    fn parent<'p>(&mut self, path: &'p [u8]) -> io::Result<(&OwnedFd, &'p OsStr)> {
        let (above, name) = match path.iter().rposition(|byte| *byte == b'/') {
            Some(at) => (path.get(..at).unwrap_or_default(), path.get(at + 1..).unwrap_or_default()),
            None => (&b""[..], path),
        };
        if name.is_empty() || name == b"." || name == b".." {
            return Err(io::Error::new(io::ErrorKind::InvalidInput, "it has no name"));
        }
        if self.last.as_ref().is_none_or(|(known, _)| known != above) {
            let directory = self.walk(above)?;
            self.last = Some((above.to_vec(), directory));
        }
        let directory = self.last.as_ref().map_or(&self.root, |(_, directory)| directory);
        Ok((directory, OsStr::from_bytes(name)))
    }

    fn walk(&self, path: &[u8]) -> io::Result<OwnedFd> {
        let mut at = self.root.try_clone()?;
        for name in path.split(|byte| *byte == b'/').filter(|name| !name.is_empty()) {
            if name == b".." || name == b"." {
                return Err(io::Error::new(io::ErrorKind::InvalidInput, "it leads out of the folder"));
            }
            let name = OsStr::from_bytes(name);
            match rustix::fs::mkdirat(&at, name, Mode::from(0o755)) {
                Ok(()) | Err(Errno::EXIST) => {}
                Err(error) => return Err(error.into()),
            }
            at = rustix::fs::openat(&at, name, WALK, Mode::empty()).map_err(|error| not_a_directory(error, name))?;
        }
        Ok(at)
    }
}

/// A link or a file where a directory is needed.
fn not_a_directory(error: Errno, name: &OsStr) -> io::Error {
    match error {
        Errno::LOOP | Errno::NOTDIR => {
            let name = crate::escape::escape(name.as_bytes(), crate::escape::Target::Terminal);
            io::Error::new(
                io::ErrorKind::NotADirectory,
                format!("{name} in the folder is no directory; links are not followed"),
            )
        }
        error => error.into(),
    }
}

fn times(time: Time) -> Timestamps {
    let time = Timespec { tv_sec: time.seconds, tv_nsec: time.nanoseconds.into() };
    Timestamps { last_access: time, last_modification: time }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;
    use std::io::Write as _;
    use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, symlink};

    const TIME: Time = Time { seconds: 1_000_000_000, nanoseconds: 5 };

    fn folder(replace: bool) -> (tempfile::TempDir, Folder) {
        let directory = tempfile::tempdir().unwrap();
        let folder = Folder::open(&directory.path().join("to/here"), replace).unwrap();
        (directory, folder)
    }

    #[test]
    fn what_is_written_has_its_mode_and_time() {
        let (directory, mut folder) = folder(false);
        let at = directory.path().join("to/here");
        assert!(folder.directory(b"a").unwrap());
        assert!(!folder.directory(b"a").unwrap());
        let mut file = folder.file(b"a/deep/er/\xff").unwrap();
        file.write_all(b"x").unwrap();
        Folder::seal(&file, 0o6751, TIME).unwrap();
        folder.hard_link(b"a/second", b"a/deep/er/\xff").unwrap();
        folder.symlink(b"a/link", b"/etc/passwd", TIME).unwrap();
        folder.finish(b"a", 0o2555, Some(TIME)).unwrap();
        let second = fs::metadata(at.join("a/second")).unwrap();
        assert_eq!((second.mode() & 0o7777, second.nlink(), second.mtime()), (0o751, 2, 1_000_000_000));
        assert_eq!(fs::read_link(at.join("a/link")).unwrap(), Path::new("/etc/passwd"));
        let meta = fs::metadata(at.join("a")).unwrap();
        assert_eq!((meta.permissions().mode() & 0o7777, meta.mtime_nsec()), (0o555, 5));
    }

    #[test]
    fn no_link_leads_out_of_the_folder() {
        let (directory, mut folder) = folder(true);
        let outside = directory.path().join("outside");
        fs::create_dir(&outside).unwrap();
        symlink(&outside, directory.path().join("to/here/out")).unwrap();
        folder.symlink(b"own", b"../../outside", TIME).unwrap();
        for path in [&b"out/x"[..], b"own/x", b"../x", b"a/../../x", b"..", b"", b"a/.."] {
            assert!(folder.file(path).is_err(), "{path:?}");
        }
        assert!(folder.directory(b"out").is_err());
        assert!(folder.finish(b"out", 0o777, None).is_err());
        // Replacing a link replaces the link.
        fs::write(outside.join("kept"), b"kept").unwrap();
        symlink(outside.join("kept"), directory.path().join("to/here/file")).unwrap();
        folder.file(b"file").unwrap().write_all(b"new").unwrap();
        assert_eq!(fs::read(outside.join("kept")).unwrap(), b"kept");
        assert_eq!(fs::read_dir(&outside).unwrap().count(), 1);
        assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 2, "nothing is above the folder");
    }

    #[test]
    fn what_is_there_is_replaced_only_if_asked() {
        let (directory, mut folder) = folder(false);
        let at = directory.path().join("to/here/file");
        fs::write(&at, b"old").unwrap();
        assert_eq!(folder.file(b"file").unwrap_err().kind(), io::ErrorKind::AlreadyExists);
        assert_eq!(folder.symlink(b"file", b"x", TIME).unwrap_err().kind(), io::ErrorKind::AlreadyExists);
        assert_eq!(fs::read(&at).unwrap(), b"old");
        let mut folder = Folder::open(&directory.path().join("to/here"), true).unwrap();
        folder.file(b"broken/file").unwrap();
        folder.remove(b"broken/file").unwrap();
        assert_eq!(fs::read_dir(directory.path().join("to/here/broken")).unwrap().count(), 0);
        folder.file(b"file").unwrap();
        assert_eq!(fs::read(&at).unwrap(), b"");
        folder.directory(b"directory").unwrap();
        assert_eq!(folder.file(b"directory").unwrap_err().to_string(), "a directory is there");
    }
}
