//! What is looked for in contents, and the looking.

use super::{FilterError, LARGEST_REGEX, between_slashes, no_regex};
use grep_matcher::Matcher as _;
use grep_regex::{RegexMatcher, RegexMatcherBuilder};
use grep_searcher::{BinaryDetection, Searcher, SearcherBuilder, Sink, SinkMatch};
use std::io;

/// The longest line that is looked through, in bytes.
const LONGEST_LINE: usize = 64 << 20;

/// A text or a regular expression that a line of a content has.
#[derive(Debug, Clone)]
pub struct Needle {
    typed: String,
    matcher: RegexMatcher,
}

impl PartialEq for Needle {
    fn eq(&self, other: &Self) -> bool {
        self.typed == other.typed
    }
}

impl Eq for Needle {}

impl Needle {
    /// `/re/` is a regular expression. Everything else is looked for as it stands; capitals matter if it has one.
    ///
    /// # Errors
    ///
    /// If the regular expression is none, is too large, or can match only more than one line.
    pub fn parse(typed: &str) -> Result<Self, FilterError> {
        let mut builder = RegexMatcherBuilder::new();
        builder.line_terminator(Some(b'\n')).size_limit(LARGEST_REGEX);
        let built = match between_slashes(typed) {
            Some(regex) => builder.build(regex),
            None => builder.fixed_strings(true).case_smart(true).build(typed),
        };
        let matcher = built.map_err(|error| no_regex(typed, &error))?;
        Ok(Self { typed: typed.to_owned(), matcher })
    }

    /// As it was typed.
    pub fn typed(&self) -> &str {
        &self.typed
    }

    /// Whether one line has it.
    pub fn is_in(&self, line: &[u8]) -> bool {
        self.matcher.is_match(line).unwrap_or(false)
    }
}

/// Looks for a needle in one content after the other.
#[derive(Debug)]
pub struct Grep {
    needle: Needle,
    searcher: Searcher,
}

impl Grep {
    /// For this needle.
    pub fn of(needle: Needle) -> Self {
        // A zero byte ends a line: so what is no text has lines, too.
        let searcher = SearcherBuilder::new()
            .line_number(false)
            .binary_detection(BinaryDetection::convert(0))
            .heap_limit(Some(LONGEST_LINE))
            .build();
        Self { needle, searcher }
    }

    /// Whether a line of a content has the needle. It is read as far as the first such line.
    ///
    /// # Errors
    ///
    /// If it cannot be read, or has a line of more than 64 MiB.
    pub fn finds(&mut self, content: impl io::Read) -> io::Result<bool> {
        let mut first = First(false);
        let mut content = Watched { content, failed: false };
        self.searcher.search_reader(&self.needle.matcher, &mut content, &mut first).map_err(|error| {
            // Nothing else goes wrong in the searcher, and its own words are about its memory.
            let line = || io::Error::new(io::ErrorKind::FileTooLarge, "a line has more than 64 MiB");
            if content.failed { error } else { line() }
        })?;
        Ok(first.0)
    }
}

/// A content, and whether reading it failed.
struct Watched<R> {
    content: R,
    failed: bool,
}

impl<R: io::Read> io::Read for Watched<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.content.read(buffer);
        self.failed |= read.is_err();
        read
    }
}

/// Is content with the first match.
struct First(bool);

impl Sink for First {
    type Error = io::Error;

    fn matched(&mut self, _: &Searcher, _: &SinkMatch<'_>) -> io::Result<bool> {
        self.0 = true;
        Ok(false)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn has(needle: &str, content: &[u8]) -> bool {
        Grep::of(Needle::parse(needle).unwrap()).finds(content).unwrap()
    }

    #[test]
    fn a_line_has_what_is_looked_for() {
        let text = b"# comment\nSECRET_KEY=hunter2\r\nlast";
        for (needle, expected) in [
            ("hunter2", true),
            ("secret", true),
            ("Secret", false),
            ("hunter3", false),
            ("a.t", false),
            ("/^last$/", true),
            ("/^SECRET_\\w+=/", true),
            ("/secret/", false),
            ("/(?i)secret/", true),
            // No match goes over the end of a line.
            ("/comment\\s+SECRET/", false),
            ("/comm[^x]+/", true),
            ("/", false),
        ] {
            assert_eq!(has(needle, text), expected, "{needle}");
            let line = text.split(|byte| *byte == b'\n').any(|line| Needle::parse(needle).unwrap().is_in(line));
            assert_eq!(line, expected, "{needle} in a line");
        }
    }

    #[test]
    fn anything_can_be_looked_through() {
        let long = [vec![b'x'; 1 << 20], b"needle".to_vec(), vec![b'y'; 1 << 20]].concat();
        assert!(has("needle", &long) && has("/^x+needley+$/", &long));
        assert!(has("/^GCC/", b"\x7fELF\0\0GCC: (Debian)\0\0"), "a zero byte ends a line");
        assert!(has("größe", "Die Größe".as_bytes()) && has("/gr../", b"\xff\xfdgrau"));
        assert!(!has("a", b"") && !has("/^$/", b""), "what is empty has no line");
        let utf16: Vec<u8> = "\u{feff}password".encode_utf16().flat_map(u16::to_le_bytes).collect();
        assert!(has("password", &utf16), "UTF-16 with its mark");
    }

    #[test]
    fn a_line_has_an_end() {
        let endless = io::Read::take(io::repeat(b'a'), 3 * LONGEST_LINE as u64);
        let error = Grep::of(Needle::parse("b").unwrap()).finds(endless).unwrap_err();
        assert_eq!(error.to_string(), "a line has more than 64 MiB");
        assert!(!has("b", &vec![0; 3 << 20]), "zero bytes are no line");
    }
}
