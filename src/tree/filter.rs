//! The filter language: which paths one wants to see. One grammar for every place where a filter can be typed.
//!
//! Terms are separated by spaces and must all match. A term is tried against the path with a leading slash:
//!
//! | term | meaning |
//! |---|---|
//! | `foo` | the path contains it; capitals matter only if the term has one |
//! | `'foo` | contains it exactly as typed |
//! | `^a`, `b$` | starts, ends with it |
//! | `*.so` | a glob: against the name, or against the whole path if it has a slash |
//! | `/re/` | a regular expression |
//! | `!x` | not |
//! | `is:…` | `added` `modified` `meta` `removed` `unchanged` `wasted` `dir` `file` `link` `exec` `suid` `empty` |
//! | `size:>1M` `layer:3..7` `owner:1000` `mode:4000` `ext:py` | by attribute |

mod names;
mod paths;
mod sight;

use super::bits::{Bits, WORD, in_parts, ones};
use super::outline::Mark;
use super::select::marked;
use super::{Change, Glob, LensView, NodeId, Shown};
use crate::listing::EntryKind;
use names::Names;
use nucleo_matcher::pattern::{Atom, AtomKind, CaseMatching, Normalization};
pub(super) use paths::Paths;
pub(super) use sight::Sight;

/// A filter, understood.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    terms: Vec<Term>,
    /// What a path must have the letters of, in their order.
    letters: Vec<Word>,
}

/// A word that is looked for by its letters.
#[derive(Debug, Clone)]
pub(super) struct Word {
    /// As typed.
    pub(super) text: String,
    /// As understood.
    pub(super) letters: Atom,
}

/// Why a filter was not understood, in words.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct FilterError(String);

#[derive(Debug, Clone)]
struct Term {
    negated: bool,
    test: Test,
}

#[derive(Debug, Clone)]
enum Test {
    Contains { text: Vec<u8>, any_case: bool },
    Starts(Vec<u8>),
    Ends(Vec<u8>),
    Glob { glob: Glob, whole: bool },
    Regex(regex::bytes::Regex),
    Is(Is),
    Size { least: u64, most: u64 },
    Layer { first: u32, last: u32 },
    Owner { uid: u32, gid: Option<u32> },
    Mode(u16),
    Extension(Vec<u8>),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Is {
    Change(Change),
    Wasted,
    Kind(EntryKind),
    Executable,
    SetId,
    Elf,
    Empty,
}

const IS: [(&str, Is); 13] = [
    ("added", Is::Change(Change::Added)),
    ("modified", Is::Change(Change::Content)),
    ("meta", Is::Change(Change::Metadata)),
    ("removed", Is::Change(Change::Removed)),
    ("unchanged", Is::Change(Change::Unchanged)),
    ("wasted", Is::Wasted),
    ("dir", Is::Kind(EntryKind::Directory)),
    ("file", Is::Kind(EntryKind::File)),
    ("link", Is::Kind(EntryKind::Symlink)),
    ("exec", Is::Executable),
    ("suid", Is::SetId),
    ("elf", Is::Elf),
    ("empty", Is::Empty),
];

impl Filter {
    /// Understands what was typed.
    pub fn parse(text: &str) -> Result<Self, FilterError> {
        let terms = text.split_whitespace().map(Term::parse).collect::<Result<_, _>>()?;
        Ok(Self { terms, ..Self::default() })
    }

    /// Understands what was typed to find a path with [`Filter::search`]: of a plain word the path needs to have only
    /// the letters, in their order. Everything else is as in a filter.
    pub fn fuzzy(text: &str) -> Result<Self, FilterError> {
        let mut fuzzy = Self::default();
        for text in text.split_whitespace() {
            let term = Term::parse(text)?;
            match term.test {
                Test::Contains { .. } if !term.negated && !text.starts_with('\'') => {
                    let case = CaseMatching::Smart;
                    let letters = Atom::new(text, case, Normalization::Smart, AtomKind::Fuzzy, false);
                    fuzzy.letters.push(Word { text: text.to_owned(), letters });
                }
                _ => fuzzy.terms.push(term),
            }
        }
        Ok(fuzzy)
    }

    pub(super) fn letters(&self) -> &[Word] {
        &self.letters
    }

    /// Whether [`Filter::search`] finds nothing by it that it did not find by another one: more letters were typed.
    pub(super) fn is_narrower_than(&self, before: &Self) -> bool {
        let plain = self.terms.is_empty() && before.terms.is_empty() && before.letters.len() <= self.letters.len();
        plain && self.letters.iter().zip(&before.letters).all(|(word, before)| word.text.starts_with(&before.text))
    }

    /// Whether it asks for ELF files: then somebody has to say which those are ([`Tree::tell_elf`](super::Tree::tell_elf)).
    pub fn asks_for_elf(&self) -> bool {
        self.terms.iter().any(|term| matches!(term.test, Test::Is(Is::Elf)))
    }

    /// Whether it lets everything through.
    pub fn is_empty(&self) -> bool {
        self.terms.is_empty() && self.letters.is_empty()
    }

    /// Whether a path matches, as the lens shows it.
    pub fn matches(&self, view: &LensView, node: NodeId) -> bool {
        self.matches_of(Sight::of(view), node)
    }

    fn matches_of(&self, sight: Sight<'_>, node: NodeId) -> bool {
        let mut path = vec![b'/'];
        path.extend(sight.view().tree().path(node));
        self.terms.iter().all(|term| term.test.matches(&path, sight, node) != term.negated)
    }

    /// Which of these paths match, as the lens shows them.
    pub fn select(&self, view: &LensView, nodes: &[NodeId]) -> Vec<bool> {
        let mut places = Bits::none(view.outline().len());
        for node in nodes {
            places.insert(view.outline().place(*node));
        }
        self.keep(view, &mut places);
        nodes.iter().map(|node| places.has(view.outline().place(*node))).collect()
    }

    /// Keeps the places that match; the cheapest terms leave the fewest to the others.
    pub(super) fn keep(&self, view: &LensView, places: &mut Bits) {
        self.keep_of(Sight::of(view), places);
    }

    /// The same, whoever looks.
    pub(super) fn keep_of(&self, sight: Sight<'_>, places: &mut Bits) {
        let root = places.has(0) && self.matches_of(sight, NodeId::ROOT);
        let mut terms: Vec<&Term> = self.terms.iter().collect();
        terms.sort_by_key(|term| term.test.cost());
        for term in terms {
            term.keep(sight, places);
        }
        // The root's path is a slash without a name: terms that look at names do not know it.
        places.remove(0);
        if root {
            places.insert(0);
        }
    }
}

impl Term {
    fn parse(text: &str) -> Result<Self, FilterError> {
        match text.strip_prefix('!') {
            Some("") => Err(FilterError("! wants something behind it that must not match".into())),
            Some(rest) => Ok(Self { negated: true, test: Test::parse(rest)? }),
            None => Ok(Self { negated: false, test: Test::parse(text)? }),
        }
    }

    fn keep(&self, sight: Sight<'_>, places: &mut Bits) {
        let view = sight.view();
        let found = match (Names::of(&self.test), &self.test) {
            (Some(names), _) => names.find(view.outline()),
            (None, Test::Is(Is::Change(change))) if sight.is_lens() => {
                marked(view, |mark| mark.change() == Some(*change))
            }
            (None, Test::Is(Is::Wasted)) if sight.is_lens() => marked(view, |mark| mark.has(Mark::WASTES)),
            (None, test) => test.find(sight, places),
        };
        places.keep(&found, self.negated);
    }
}

impl Test {
    fn parse(text: &str) -> Result<Self, FilterError> {
        if let Some((key, value)) = text.split_once(':')
            && let Some(test) = Self::attribute(key, value)?
        {
            return Ok(test);
        }
        if let Some(inner) = text.strip_prefix('/').and_then(|rest| rest.strip_suffix('/')).filter(|re| !re.is_empty())
        {
            return Self::regex(inner);
        }
        if let Some(rest) = text.strip_prefix('\'') {
            return Ok(Self::Contains { text: rest.into(), any_case: false });
        }
        if let Some(rest) = text.strip_prefix('^') {
            return Ok(Self::Starts(rest.into()));
        }
        if let Some(rest) = text.strip_suffix('$') {
            return Ok(Self::Ends(rest.into()));
        }
        if text.contains(['*', '?', '[']) {
            return Self::glob(text);
        }
        let any_case = !text.chars().any(char::is_uppercase);
        Ok(Self::Contains { text: text.into(), any_case })
    }

    fn regex(text: &str) -> Result<Self, FilterError> {
        let regex = regex::bytes::RegexBuilder::new(text).size_limit(1 << 20).build();
        regex.map(Self::Regex).map_err(|error| {
            let reason = error.to_string();
            let reason = reason.lines().last().unwrap_or_default().trim_start_matches("error: ").to_owned();
            FilterError(format!("/{text}/ is no regular expression: {reason}"))
        })
    }

    fn glob(text: &str) -> Result<Self, FilterError> {
        let whole = text.contains('/');
        let pattern = if whole && !text.starts_with('/') { format!("/{text}") } else { text.to_owned() };
        Glob::new(&pattern)
            .map(|glob| Self::Glob { glob, whole })
            .map_err(|error| FilterError(format!("{text} is no pattern: {error}")))
    }

    /// A test by attribute; `None` if `key` is no attribute, so that a colon in a name needs no care.
    fn attribute(key: &str, value: &str) -> Result<Option<Self>, FilterError> {
        let wrong = |what: &str| FilterError(format!("{key}:{value} is not understood: {what}"));
        Ok(Some(match key {
            "is" => {
                let known = || IS.map(|(name, _)| name).join(" ");
                let found = IS.iter().find(|(name, _)| *name == value);
                Self::Is(found.ok_or_else(|| wrong(&format!("is: knows {}", known())))?.1)
            }
            "size" => {
                let (least, most) = sizes(value).ok_or_else(|| wrong("write size:>1M, size:<10k or size:1k..2M"))?;
                Self::Size { least, most }
            }
            "layer" => {
                let (first, last) = value.split_once("..").unwrap_or((value, value));
                let number = |text: &str| text.parse().ok().ok_or_else(|| wrong("write layer:3 or layer:3..7"));
                Self::Layer { first: number(first)?, last: number(last)? }
            }
            "owner" => {
                let (uid, gid) = value.split_once(':').map_or((value, None), |(uid, gid)| (uid, Some(gid)));
                let number = |text: &str| text.parse().ok().ok_or_else(|| wrong("write owner:1000 or owner:1000:1000"));
                Self::Owner { uid: number(uid)?, gid: gid.map(number).transpose()? }
            }
            "mode" => Self::Mode(
                u16::from_str_radix(value, 8).ok().ok_or_else(|| wrong("write octal bits, as in mode:4000"))?,
            ),
            "ext" => Self::Extension(value.trim_start_matches('.').into()),
            _ => return Ok(None),
        }))
    }

    /// How much work it is for one path, roughly.
    fn cost(&self) -> u8 {
        match self {
            Self::Is(Is::Change(_) | Is::Wasted) => 0,
            Self::Contains { .. } | Self::Starts(_) | Self::Ends(_) | Self::Extension(_) => 1,
            Self::Glob { whole: false, .. } => 2,
            Self::Is(_) | Self::Size { .. } | Self::Layer { .. } | Self::Owner { .. } | Self::Mode(_) => 3,
            Self::Glob { whole: true, .. } | Self::Regex(_) => 4,
        }
    }

    /// Which of the places match, one after the other.
    fn find(&self, sight: Sight<'_>, places: &Bits) -> Bits {
        let outline = sight.view().outline();
        let words = in_parts(outline.len(), outline.threads(), |part| {
            let mut paths = Paths::new(outline);
            let words = places.words().get(part.start / WORD..part.end.div_ceil(WORD)).unwrap_or_default();
            let find = |(word, first): (&u64, usize)| {
                let matching = ones(*word).filter(|bit| match self {
                    Self::Regex(_) | Self::Glob { whole: true, .. } => {
                        self.matches(paths.go_to(first + bit), sight, outline.node_at(first + bit))
                    }
                    _ => self.matches(b"", sight, outline.node_at(first + bit)),
                });
                matching.fold(0, |found, bit| found | 1 << bit)
            };
            words.iter().zip((part.start..).step_by(WORD)).map(find).collect::<Vec<u64>>()
        });
        Bits::of(words.concat())
    }

    /// Whether one path matches. Only what looks at the whole path looks at `path`.
    fn matches(&self, path: &[u8], sight: Sight<'_>, node: NodeId) -> bool {
        let tree = sight.view().tree();
        let shown = || sight.shown(node);
        match self {
            Self::Contains { text, any_case } => contains(path, text, *any_case),
            Self::Starts(text) => path.starts_with(text) || path.get(1..).is_some_and(|path| path.starts_with(text)),
            Self::Ends(text) => path.ends_with(text),
            Self::Glob { glob, whole } => glob.is_match(if *whole { path } else { tree.name(node) }),
            Self::Regex(regex) => regex.is_match(path),
            Self::Is(is) => is.matches(sight, node),
            Self::Size { least, most } => {
                let size = match shown() {
                    Shown::Entry(_, entry) if entry.kind == EntryKind::File => entry.size,
                    _ => sight.bytes(node),
                };
                (*least..=*most).contains(&size)
            }
            Self::Layer { first, last } => {
                tree.events(node).any(|event| event.layer.0 >= *first && event.layer.0 <= *last)
            }
            Self::Owner { uid, gid } => match shown() {
                Shown::Entry(_, entry) => entry.uid == *uid && gid.is_none_or(|gid| entry.gid == gid),
                Shown::Implied => *uid == 0 && gid.is_none_or(|gid| gid == 0),
                Shown::Nothing => false,
            },
            Self::Mode(bits) => match shown() {
                Shown::Entry(_, entry) => entry.mode & bits == *bits,
                Shown::Implied => 0o755 & bits == *bits,
                Shown::Nothing => false,
            },
            Self::Extension(extension) => has_extension(tree.name(node), extension),
        }
    }
}

impl Is {
    fn matches(self, sight: Sight<'_>, node: NodeId) -> bool {
        match self {
            Self::Change(change) => return sight.does(change, node),
            Self::Wasted => return sight.wastes(node),
            _ => {}
        }
        match (self, sight.shown(node)) {
            (Self::Kind(kind), Shown::Entry(_, entry)) => entry.kind == kind,
            (Self::Kind(kind), Shown::Implied) => kind == EntryKind::Directory,
            (Self::Executable, Shown::Entry(_, entry)) => entry.kind == EntryKind::File && entry.mode & 0o111 != 0,
            (Self::SetId, Shown::Entry(_, entry)) => entry.kind == EntryKind::File && entry.mode & 0o6000 != 0,
            (Self::Elf, Shown::Entry(inode, _)) => sight.view().tree().is_elf(inode),
            (Self::Empty, Shown::Entry(_, entry)) => entry.kind == EntryKind::File && entry.size == 0,
            _ => false,
        }
    }
}

/// A dot and the extension at the end, and something before them.
fn has_extension(name: &[u8], extension: &[u8]) -> bool {
    name.strip_suffix(extension).is_some_and(|stem| stem.len() > 1 && stem.ends_with(b"."))
}

/// Whether a text is in another one; `any_case` if the case of ASCII letters does not matter.
fn contains(path: &[u8], text: &[u8], any_case: bool) -> bool {
    let Some((first, rest)) = text.split_first() else { return true };
    let other = if any_case { swapped(*first) } else { *first };
    let mut path = path;
    while let Some(at) = memchr::memchr2(*first, other, path) {
        path = path.get(at + 1..).unwrap_or_default();
        let same = |start: &[u8]| if any_case { start.eq_ignore_ascii_case(rest) } else { start == rest };
        if path.get(..rest.len()).is_some_and(same) {
            return true;
        }
    }
    false
}

/// The other case of an ASCII letter.
fn swapped(byte: u8) -> u8 {
    if byte.is_ascii_alphabetic() { byte ^ 0x20 } else { byte }
}

/// `>1M`, `<10k`, `1k..2M` or a plain size, as the least and the most.
fn sizes(text: &str) -> Option<(u64, u64)> {
    if let Some(rest) = text.strip_prefix(">=") {
        return Some((size(rest)?, u64::MAX));
    }
    if let Some(rest) = text.strip_prefix("<=") {
        return Some((0, size(rest)?));
    }
    if let Some(rest) = text.strip_prefix('>') {
        return Some((size(rest)?.checked_add(1)?, u64::MAX));
    }
    if let Some(rest) = text.strip_prefix('<') {
        return Some((0, size(rest)?.checked_sub(1)?));
    }
    let (least, most) = text.split_once("..").unwrap_or((text, text));
    Some((size(least)?, size(most)?))
}

/// `10`, `10k`, `1.5M`, `1Gi`: decimal units, binary ones with an `i`.
fn size(text: &str) -> Option<u64> {
    let text = text.trim_end_matches(['b', 'B']);
    let (text, step) = text.strip_suffix('i').map_or((text, 1000), |text| (text, 1024_u64));
    let power = match text.chars().last()?.to_ascii_lowercase() {
        'k' => 1,
        'm' => 2,
        'g' => 3,
        't' => 4,
        _ => 0,
    };
    let number = if power == 0 { text } else { text.get(..text.len() - 1)? };
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    let unit = step.pow(power);
    let mut bytes = whole.parse::<u64>().ok()?.checked_mul(unit)?;
    if !fraction.is_empty() {
        let digits = u32::try_from(fraction.len()).ok().filter(|digits| *digits <= 9)?;
        bytes = bytes.checked_add(fraction.parse::<u64>().ok()?.checked_mul(unit)? / 10_u64.pow(digits))?;
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_understood() {
        let cases = [("10", 10), ("1k", 1000), ("1.5M", 1_500_000), ("2Ki", 2048), ("1GiB", 1 << 30), ("0.001k", 1)];
        for (text, bytes) in cases {
            assert_eq!(size(text), Some(bytes), "{text}");
        }
        for text in ["", "k", "x", "1..", "-1", "1.2.3k"] {
            assert_eq!(size(text), None, "{text}");
        }
        assert_eq!(sizes(">1k"), Some((1001, u64::MAX)));
        assert_eq!(sizes("1k..2k"), Some((1000, 2000)));
    }

    #[test]
    fn what_is_wrong_is_said_in_words() {
        for (text, words) in [
            ("/(/", "is no regular expression: unclosed group"),
            ("[", "is no pattern: unclosed character class"),
            ("is:blue", "is: knows added"),
            ("size:many", "write size:>1M"),
            ("layer:x", "write layer:3"),
            ("mode:9", "write octal bits"),
            ("!", "! wants something behind it"),
        ] {
            let error = Filter::parse(text).unwrap_err().to_string();
            assert!(error.contains(words), "{text}: {error}");
        }
    }
}
