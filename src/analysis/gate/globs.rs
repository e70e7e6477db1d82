//! Globs over paths, with the meaning that they have in a filter: one without a slash is held against the name, every
//! other against the whole path. A slash at its beginning stands for the root.

use super::subject::TOP;
use crate::tree::{Glob, Tree};

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
        let pattern = text.strip_prefix('/').unwrap_or(text);
        // No path of an image has such a part, so the glob would never fit, and its rule would pass everything.
        let idle = match pattern.rsplit('/').find(|part| matches!(*part, "" | "." | "..")) {
            None => None,
            Some(_) if pattern.is_empty() => Some("it is empty".to_owned()),
            Some("") if pattern.ends_with('/') => {
                let path = pattern.trim_end_matches('/');
                Some(format!("no path ends in a slash; {path} is the directory, {path}/** is what it has"))
            }
            Some("") => Some("no path has an empty name between two slashes".to_owned()),
            Some(dots) => Some(format!("no path has a part {dots}")),
        };
        match idle {
            None => Ok(Self { text: text.to_owned(), glob: Glob::new(pattern)?, whole: text.contains('/') }),
            Some(why) => Err(why),
        }
    }

    /// The glob as it was written.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The same glob as one over whole paths, without a leading slash.
    pub(super) fn path(&self) -> String {
        if self.whole {
            self.text.strip_prefix('/').unwrap_or(&self.text).to_owned()
        } else {
            format!("**/{}", self.text)
        }
    }

    /// Whether a path, without a leading slash, is meant.
    pub fn is_match(&self, path: &[u8]) -> bool {
        let part = if self.whole { path } else { path.rsplit(|byte| *byte == b'/').next().unwrap_or(path) };
        self.glob.is_match(part)
    }

    /// The same glob below the directory that its beginning leads to in the final image: `/var/run/*.pid` means
    /// `/run/*.pid` where `/var/run` is a link. None if it leads nowhere else.
    fn where_links_lead(&self, tree: &Tree) -> Option<Glob> {
        let pattern = self.text.strip_prefix('/').unwrap_or(&self.text);
        let plain = pattern.split(['*', '?', '[', '{', '\\']).next().unwrap_or(pattern);
        let (directory, _) = plain.rsplit_once('/')?;
        let rest = pattern.get(directory.len() + 1..)?;
        let place = tree.path(tree.follow(directory.as_bytes(), TOP)?);
        let place = std::str::from_utf8(&place).ok().filter(|place| *place != directory)?;
        let slash = if place.is_empty() { "" } else { "/" };
        Glob::new(&format!("{}{slash}{rest}", globset::escape(place))).ok()
    }
}

/// Globs that are asked about the paths of one image.
#[derive(Debug)]
pub(super) struct PathGlobs<'a>(Vec<(&'a PathGlob, Option<Glob>)>);

impl<'a> PathGlobs<'a> {
    /// Follows the links at the beginning of each.
    pub(super) fn new(globs: &'a [PathGlob], tree: &Tree) -> Self {
        Self(globs.iter().map(|glob| (glob, glob.where_links_lead(tree))).collect())
    }

    /// The first that means a path.
    pub(super) fn find(&self, path: &[u8]) -> Option<&'a PathGlob> {
        let means = |(glob, led): &&(&PathGlob, Option<Glob>)| {
            glob.is_match(path) || led.as_ref().is_some_and(|glob| glob.is_match(path))
        };
        self.0.iter().find(means).map(|(glob, _)| *glob)
    }

    /// Those that mean none of the paths.
    pub(super) fn unmatched(self, paths: impl Iterator<Item = Vec<u8>>) -> Vec<&'a PathGlob> {
        let mut rest = self;
        for path in paths {
            rest.0
                .retain(|(glob, led)| !glob.is_match(&path) && !led.as_ref().is_some_and(|glob| glob.is_match(&path)));
        }
        rest.0.into_iter().map(|(glob, _)| glob).collect()
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
        let wrong = [
            ("a[", "unclosed character class; missing ']'"),
            ("/", "it is empty"),
            ("", "it is empty"),
            ("root/.ssh/", "no path ends in a slash; root/.ssh is the directory, root/.ssh/** is what it has"),
            ("./x", "no path has a part ."),
            ("a/../b*", "no path has a part .."),
            ("//x", "no path has an empty name between two slashes"),
        ];
        for (glob, why) in wrong {
            assert_eq!(PathGlob::new(glob).unwrap_err(), why, "{glob}");
        }
    }
}
