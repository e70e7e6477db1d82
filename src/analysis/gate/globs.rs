//! Globs over paths, with the meaning that they have in a filter: one without a slash is held against the name, every
//! other against the whole path. A slash at its beginning stands for the root.

use crate::tree::Glob;

/// A glob as it was written, ready to be asked.
#[derive(Debug, Clone)]
pub struct PathGlob {
    text: String,
    glob: Glob,
    whole: bool,
}

impl PathGlob {
    /// Reads a glob; the error says what is wrong with it. Only `**` goes over slashes.
    pub fn new(text: &str) -> Result<Self, String> {
        let whole = text.contains('/');
        let pattern = text.strip_prefix('/').unwrap_or(text);
        if pattern.is_empty() {
            return Err("it is empty".to_owned());
        }
        Ok(Self { text: text.to_owned(), glob: Glob::new(pattern)?, whole })
    }

    /// The glob as it was written.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Whether a path, without a leading slash, is meant.
    pub fn is_match(&self, path: &[u8]) -> bool {
        let part = if self.whole { path } else { path.rsplit(|byte| *byte == b'/').next().unwrap_or(path) };
        self.glob.is_match(part)
    }
}

impl PartialEq for PathGlob {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slash_decides_what_a_glob_is_held_against() {
        let cases: [(&str, &[u8], bool); 11] = [
            ("*.pem", b"etc/app/key.pem", true),
            ("etc/*.pem", b"etc/key.pem", true),
            ("etc/*.pem", b"etc/app/key.pem", false),
            ("etc/**", b"etc/app/key.pem", true),
            ("etc/**", b"etc", false),
            ("/Dockerfile", b"Dockerfile", true),
            ("/Dockerfile", b"srv/Dockerfile", false),
            ("Dockerfile", b"srv/Dockerfile", true),
            ("var/{log,tmp}/**", b"var/tmp/x", true),
            ("*", b"srv/\xff", true),
            ("srv/x", b"usr/srv/x", false),
        ];
        for (glob, path, expected) in cases {
            assert_eq!(PathGlob::new(glob).unwrap().is_match(path), expected, "{glob} {path:?}");
        }
        assert_eq!(PathGlob::new("a[").unwrap_err(), "unclosed character class; missing ']'");
        assert!(PathGlob::new("/").is_err());
    }
}
