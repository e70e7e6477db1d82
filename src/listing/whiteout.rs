//! Which entries are markers: names that hide what is below instead of describing a file.
//!
//! [OCI image spec, layer.md](https://github.com/opencontainers/image-spec/blob/main/layer.md#whiteouts).

use super::components;

/// What an entry is for, told by its name alone. Overlay xattrs and 0:0 devices are not markers in an image.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Role {
    /// It describes a file, directory, link or device.
    Plain,
    /// `.wh.NAME`: NAME is gone.
    Whiteout,
    /// `.wh..wh..opq`: everything that lower layers have in this directory is gone.
    Opaque,
    /// Another `.wh..wh.*` name, or something below one: bookkeeping of AUFS, only the target of links.
    Bookkeeping,
    /// `.wh.` followed by nothing, `.` or `..`: a marker that names nothing.
    Nameless,
}

/// The prefix of every marker.
pub const PREFIX: &[u8] = b".wh.";
const OPAQUE: &[u8] = b".wh..wh..opq";
const BOOKKEEPING: &[u8] = b".wh..wh.";

impl Role {
    /// The role of an entry with this path, as the tar gives it.
    pub fn of_path(path: &[u8]) -> Self {
        let mut parts = path.split(|byte| *byte == b'/');
        // Hardly any path has a marker in it; the others need not be normalised.
        if parts.any(|part| part.starts_with(PREFIX)) { Self::of(components(path).into_iter()) } else { Self::Plain }
    }

    /// The role of an entry with these path components (normalised: no `.`, no `..`, no empty ones).
    pub fn of<'a>(components: impl Iterator<Item = &'a [u8]>) -> Self {
        let mut role = Self::Plain;
        for component in components {
            if role == Self::Bookkeeping {
                return role;
            }
            role = Self::of_name(component);
        }
        role
    }

    fn of_name(name: &[u8]) -> Self {
        if name == OPAQUE {
            return Self::Opaque;
        }
        if name.starts_with(BOOKKEEPING) {
            return Self::Bookkeeping;
        }
        match name.strip_prefix(PREFIX) {
            Some(b"" | b"." | b"..") => Self::Nameless,
            Some(_) => Self::Whiteout,
            None => Self::Plain,
        }
    }

    /// Whether it hides something (or tries to) instead of describing something.
    pub fn is_marker(self) -> bool {
        matches!(self, Self::Whiteout | Self::Opaque | Self::Nameless)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn roles_are_told_by_name() {
        let cases: [(&str, Role); 10] = [
            ("etc/passwd", Role::Plain),
            ("etc/.wh.passwd", Role::Whiteout),
            ("etc/.wh..wh..opq", Role::Opaque),
            (".wh..wh..opq", Role::Opaque),
            (".wh..wh.plnk/1.2", Role::Bookkeeping),
            (".wh..wh.aufs", Role::Bookkeeping),
            ("d/.wh.", Role::Nameless),
            ("d/.wh..", Role::Nameless),
            ("d/.wh...", Role::Nameless),
            (".wh.d/f", Role::Plain),
        ];
        for (path, role) in cases {
            assert_eq!(Role::of(path.split('/').map(str::as_bytes)), role, "{path}");
        }
    }
}
