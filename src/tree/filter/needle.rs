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

/// The first line of a content that has a needle.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// Its number, counted from 1. A zero byte ends a line, too.
    pub number: u64,
    /// Where in the content the needle is, in bytes.
    pub offset: u64,
    /// The line; of a long one what is around the needle.
    pub text: Vec<u8>,
}

impl Needle {
    /// Looks for the first line that has it.
    ///
    /// # Errors
    ///
    /// As [`Grep::finds`].
    pub fn first_line(&self, content: impl io::Read) -> io::Result<Option<Line>> {
        let mut grep = Grep::new(self.clone(), true);
        let mut first = First { needle: self, line: None };
        grep.search(content, &mut first)?;
        Ok(first.line)
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
        Self::new(needle, false)
    }

    fn new(needle: Needle, numbers: bool) -> Self {
        // A zero byte ends a line: so what is no text has lines, too.
        let searcher = SearcherBuilder::new()
            .line_number(numbers)
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
        let mut is_there = IsThere(false);
        self.search(content, &mut is_there)?;
        Ok(is_there.0)
    }

    fn search(&mut self, content: impl io::Read, sink: &mut impl Sink<Error = io::Error>) -> io::Result<()> {
        let mut content = Watched { content, failed: false };
        self.searcher.search_reader(&self.needle.matcher, &mut content, sink).map_err(|error| {
            // Nothing else goes wrong in the searcher, and its own words are about its memory.
            let line = || io::Error::new(io::ErrorKind::FileTooLarge, "a line has more than 64 MiB");
            if content.failed { error } else { line() }
        })
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
struct IsThere(bool);

impl Sink for IsThere {
    type Error = io::Error;

    fn matched(&mut self, _: &Searcher, _: &SinkMatch<'_>) -> io::Result<bool> {
        self.0 = true;
        Ok(false)
    }
}

/// Keeps the first match.
struct First<'a> {
    needle: &'a Needle,
    line: Option<Line>,
}

impl Sink for First<'_> {
    type Error = io::Error;

    fn matched(&mut self, _: &Searcher, found: &SinkMatch<'_>) -> io::Result<bool> {
        /// Bytes of a long line that are kept before the needle, and from it on.
        const AROUND: (usize, usize) = (40, 400);
        let line = found.bytes().trim_ascii_end();
        let at = self.needle.matcher.find(line)?.map_or(0, |found| found.start());
        let (from, to) = (at.saturating_sub(AROUND.0), line.len().min(at.saturating_add(AROUND.1)));
        self.line = Some(Line {
            number: found.line_number().unwrap_or(0),
            offset: found.absolute_byte_offset() + at as u64,
            text: line.get(from..to).unwrap_or_default().to_vec(),
        });
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
    fn the_first_line_is_told() {
        let first = |needle: &str, content: &[u8]| Needle::parse(needle).unwrap().first_line(content).unwrap();
        let line = |number, offset, text: &str| Some(Line { number, offset, text: text.into() });
        assert_eq!(first("key", b"one\n  my key=1\r\nkey"), line(2, 9, "  my key=1"));
        assert_eq!(first("key", b"\x01\x02\0\0a key\0"), line(3, 6, "a key"));
        assert_eq!(first("key", b"none"), None);
        let long = [vec![b'x'; 5000], b"key".to_vec(), vec![b'y'; 5000]].concat();
        let found = first("key", &long).unwrap();
        assert_eq!((found.number, found.offset, found.text.len()), (1, 5000, 440));
        assert!(found.text.windows(3).any(|window| window == b"key"));
    }

    #[test]
    fn a_line_has_an_end() {
        let endless = io::Read::take(io::repeat(b'a'), 3 * LONGEST_LINE as u64);
        let error = Grep::of(Needle::parse("b").unwrap()).finds(endless).unwrap_err();
        assert_eq!(error.to_string(), "a line has more than 64 MiB");
        assert!(!has("b", &vec![0; 3 << 20]), "zero bytes are no line");
    }
}
