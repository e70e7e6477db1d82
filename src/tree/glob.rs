//! Globs, as all that take them read them: `*` and `?` stop at a slash, `**` does not.

use globset::GlobBuilder;
use regex::bytes::{Regex, RegexBuilder};

/// The longest glob, in bytes; no path is longer. Braces within braces are read by recursion.
const LONGEST: usize = 4096;

/// How large a compiled glob may become, in bytes of memory.
const MAX_COMPILED: usize = 1 << 20;

/// A glob, ready to be asked.
#[derive(Debug, Clone)]
pub struct Glob {
    text: Box<str>,
    /// What the glob means. The matcher of `globset` panics where a glob becomes too large or too deep.
    regex: Regex,
}

impl Glob {
    /// Reads a glob; the error says what is wrong with it.
    pub fn new(text: &str) -> Result<Self, String> {
        if text.len() > LONGEST {
            return Err(format!("it has more than {LONGEST} bytes"));
        }
        let glob = GlobBuilder::new(text).literal_separator(true).build().map_err(|error| error.kind().to_string())?;
        let regex = RegexBuilder::new(glob.regex()).dot_matches_new_line(true).size_limit(MAX_COMPILED).build();
        let regex = regex.map_err(|_too_large| "it is too large or its braces are too deep".to_owned())?;
        Ok(Self { text: text.into(), regex })
    }

    /// The glob as it was written.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Whether the whole of a name or path fits.
    pub fn is_match(&self, path: &[u8]) -> bool {
        self.regex.is_match(path)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_glob_that_is_too_much_is_an_error() {
        for text in [format!("{}a{}", "{".repeat(300), "}".repeat(300)), "?".repeat(300_000)] {
            assert!(Glob::new(&text).is_err(), "{} bytes", text.len());
        }
        assert_eq!(Glob::new("a[").unwrap_err(), "unclosed character class; missing ']'");
    }

    #[test]
    fn names_need_not_be_text() {
        let all: [(&str, &[u8], bool); 7] = [
            ("*", b"\xff\n", true),
            ("a*", b"a/b", false),
            ("a/**", b"a/b/\xff", true),
            ("**/b", b"b", true),
            ("{a,b}.so", b"b.so", true),
            ("a?", b"a\n", true),
            ("a", b"ab", false),
        ];
        for (glob, path, expected) in all {
            assert_eq!(Glob::new(glob).unwrap().is_match(path), expected, "{glob} {path:?}");
        }
    }
}
