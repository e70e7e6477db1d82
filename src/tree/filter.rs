//! The filter language: which paths one wants to see. One grammar for every place where a filter can be typed.
//!
//! Terms are separated by spaces and must all match; `content:/re/` may have spaces up to its last slash. A term is tried against the path with a leading slash:
//!
//! | term | meaning |
//! |---|---|
//! | `foo` | the path contains it; capitals matter only if the term has one |
//! | `'foo` | contains it exactly as typed |
//! | `^a`, `b$` | starts, ends with it |
//! | `*.so` | a glob: against the name, or against the whole path if it has a slash |
//! | `/re/` | a regular expression |
//! | `!x` | not |
//! | `is:…` | `added` `modified` `meta` `removed` `unchanged` `wasted` `dir` `file` `link` `exec` `suid` `elf` `secret` `empty` |
//! | `size:>1M` `layer:3..7` `owner:1000` `mode:4000` `ext:py` | by attribute |
//! | `content:foo` `content:/re/` | a line of the file has it |
//!
//! What contents say (`is:elf`, `content:`) is in no listing. Such a filter has an [`Inquiry`] that somebody answers by
//! reading files; as long as nothing is known of a file, it does not match.

mod inquiry;
mod names;
mod needle;
mod paths;
mod sight;
mod sizes;

use super::bits::{Bits, WORD, in_parts, ones};
use super::outline::Mark;
use super::select::marked;
use super::{Change, Glob, LensView, NodeId, SecretNames, Shown, Tree};
use crate::listing::{Entry, EntryKind};
pub use inquiry::{Answer, Answers, Inquiry};
use names::Names;
pub use needle::{Grep, Line, Needle};
use nucleo_matcher::pattern::{Atom, AtomKind, CaseMatching, Normalization};
pub(super) use paths::Paths;
use regex::bytes::{Regex, RegexBuilder};
pub(super) use sight::Sight;
use sizes::sizes;
use std::sync::{Arc, LazyLock};

/// A filter, understood.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    typed: String,
    is_fuzzy: bool,
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
    Whole(Vec<u8>),
    Ends(Vec<u8>),
    Glob { glob: Glob, whole: bool },
    Regex(Regex),
    Is(Is),
    Size { least: u64, most: u64 },
    Layer { first: u32, last: u32 },
    Owner { uid: u32, gid: Option<u32> },
    Mode(u16),
    Extension(Vec<u8>),
    Content(Inquiry, Arc<Answer>),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Is {
    Change(Change),
    Wasted,
    Kind(EntryKind),
    Executable,
    SetId,
    Empty,
    Secret,
}

/// The names of secrets, told apart once.
static SECRETS: LazyLock<SecretNames> = LazyLock::new(SecretNames::new);

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
    ("empty", Is::Empty),
    ("secret", Is::Secret),
];

impl Filter {
    /// Whether it asks for what no layer can tell alone: what a path was below it, or what is in a file.
    pub fn asks_for_image(&self) -> bool {
        let of_image =
            |test: &Test| matches!(test, Test::Content(..) | Test::Layer { .. } | Test::Is(Is::Change(_) | Is::Wasted));
        self.terms.iter().any(|term| of_image(&term.test))
    }

    /// Understands what was typed.
    pub fn parse(text: &str) -> Result<Self, FilterError> {
        let terms = words(text).map(Term::parse).collect::<Result<_, _>>()?;
        Ok(Self { typed: text.to_owned(), terms, ..Self::default() })
    }

    /// Understands what was typed to find a path with [`Filter::search`]: of a plain word the path needs to have only
    /// the letters, in their order. Everything else is as in a filter.
    pub fn fuzzy(text: &str) -> Result<Self, FilterError> {
        let mut fuzzy = Self { typed: text.to_owned(), is_fuzzy: true, ..Self::default() };
        for text in words(text) {
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

    /// As it was typed.
    pub fn typed(&self) -> &str {
        &self.typed
    }

    /// Whether the same was typed for the same purpose, whatever is known of contents.
    pub fn is_same(&self, other: &Self) -> bool {
        self.typed == other.typed && self.is_fuzzy == other.is_fuzzy
    }

    pub(super) fn letters(&self) -> &[Word] {
        &self.letters
    }

    /// Whether [`Filter::search`] finds nothing by it that it did not find by another one: more letters were typed.
    pub(super) fn is_narrower_than(&self, before: &Self) -> bool {
        let plain = self.terms.is_empty() && before.terms.is_empty() && before.letters.len() <= self.letters.len();
        plain && self.letters.iter().zip(&before.letters).all(|(word, before)| word.text.starts_with(&before.text))
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

    /// Whether a path that is this, and became it by this change, matches: for whoever compares without a lens.
    pub fn fits(&self, tree: &Tree, node: NodeId, shown: Shown<'_>, change: Change) -> bool {
        let mut path = vec![b'/'];
        path.extend(tree.path(node));
        self.terms.iter().all(|term| {
            let matches = match &term.test {
                Test::Is(Is::Change(wanted)) => *wanted == change,
                Test::Is(Is::Wasted) => tree.wastes(node),
                Test::Content(_, answer) => shown.inode().is_some_and(|inode| answer.is_yes(inode)),
                test => test.matches_path(tree, node, &path).or_else(|| test.matches_shown(shown)).unwrap_or(false),
            };
            matches != term.negated
        })
    }

    /// Which of these paths match, as the lens shows them.
    pub fn select(&self, view: &LensView, nodes: &[NodeId]) -> Vec<bool> {
        self.select_of(Sight::of(view), nodes)
    }

    /// Which of these paths match by what they ever were and by what any layer did to them. `view` has to be that of the
    /// whole image.
    pub fn select_ever(&self, view: &LensView, nodes: &[NodeId]) -> Vec<bool> {
        self.select_of(Sight::ever(view), nodes)
    }

    fn select_of(&self, sight: Sight<'_>, nodes: &[NodeId]) -> Vec<bool> {
        let view = sight.view();
        let mut places = Bits::none(view.outline().len());
        for node in nodes {
            places.insert(view.outline().place(*node));
        }
        self.keep_of(sight, &mut places);
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
            (None, Test::Is(Is::Secret)) => {
                let mut likely = Names::of_secrets(&SECRETS).find(view.outline());
                likely.keep(places, false);
                self.test.find(sight, &likely)
            }
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
        if let Some(inner) = between_slashes(text) {
            let regex = RegexBuilder::new(inner).size_limit(LARGEST_REGEX).build();
            return regex.map(Self::Regex).map_err(|error| no_regex(text, &error));
        }
        if let Some(rest) = text.strip_prefix('\'') {
            return Ok(Self::Contains { text: rest.into(), any_case: false });
        }
        if let Some(path) =
            text.strip_prefix('^').and_then(|rest| rest.strip_suffix('$')).filter(|path| !path.is_empty())
        {
            return Ok(Self::Whole(path.into()));
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
            "is" if value == "elf" => Self::Content(Inquiry::Elf, Arc::default()),
            "is" => {
                let known = || IS.map(|(name, _)| name).join(" ");
                let found = IS.iter().find(|(name, _)| *name == value);
                Self::Is(found.ok_or_else(|| wrong(&format!("is: knows {} elf", known())))?.1)
            }
            "content" if value.is_empty() => return Err(wrong("write content:text or content:/re/")),
            "content" => Self::Content(Inquiry::Has(Needle::parse(value)?), Arc::default()),
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
            Self::Glob { whole: true, .. } | Self::Regex(_) | Self::Is(Is::Secret) => 4,
            Self::Is(Is::Change(_) | Is::Wasted) => 0,
            Self::Contains { .. } | Self::Starts(_) | Self::Ends(_) | Self::Whole(_) | Self::Extension(_) => 1,
            Self::Glob { whole: false, .. } => 2,
            Self::Is(_)
            | Self::Size { .. }
            | Self::Layer { .. }
            | Self::Owner { .. }
            | Self::Mode(_)
            | Self::Content(..) => 3,
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
                    Self::Regex(_) | Self::Glob { whole: true, .. } | Self::Is(Is::Secret) => {
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
        match self {
            Self::Is(Is::Change(change)) => sight.does(*change, node),
            Self::Is(Is::Wasted) => sight.wastes(node),
            Self::Content(_, answer) => sight.files(node).any(|inode| answer.is_yes(inode)),
            Self::Size { least, most } => (*least..=*most).contains(&match sight.shown(node) {
                Shown::Entry(_, entry) if entry.kind == EntryKind::File => entry.size,
                _ => sight.bytes(node),
            }),
            _ => self
                .matches_path(tree, node, path)
                .unwrap_or_else(|| self.matches_shown(sight.shown(node)).unwrap_or(false)),
        }
    }

    /// Whether a path matches, if that is a question of its name and of the layers that touch it.
    fn matches_path(&self, tree: &Tree, node: NodeId, path: &[u8]) -> Option<bool> {
        Some(match self {
            Self::Contains { text, any_case } => contains(path, text, *any_case),
            Self::Starts(text) => path.starts_with(text) || path.get(1..).is_some_and(|path| path.starts_with(text)),
            Self::Ends(text) => path.ends_with(text),
            Self::Whole(text) => path == text || path.get(1..) == Some(text),
            Self::Glob { glob, whole } => glob.is_match(if *whole { path } else { tree.name(node) }),
            Self::Regex(regex) => regex.is_match(path),
            Self::Extension(extension) => has_extension(tree.name(node), extension),
            Self::Is(Is::Secret) => SECRETS.look(path.strip_prefix(b"/").unwrap_or(path)).is_some(),
            Self::Layer { first, last } => {
                tree.events(node).any(|event| event.layer.0 >= *first && event.layer.0 <= *last)
            }
            _ => return None,
        })
    }

    /// Whether a path that is this matches, if that is a question of what it is.
    fn matches_shown(&self, shown: Shown<'_>) -> Option<bool> {
        Some(match (self, shown) {
            (Self::Size { least, most }, Shown::Entry(_, entry)) => (*least..=*most).contains(&entry.size),
            (Self::Owner { uid, gid }, Shown::Entry(_, entry)) => {
                entry.uid == *uid && gid.is_none_or(|gid| entry.gid == gid)
            }
            (Self::Owner { uid, gid }, Shown::Implied) => *uid == 0 && gid.is_none_or(|gid| gid == 0),
            (Self::Mode(bits), Shown::Entry(_, entry)) => entry.mode & bits == *bits,
            (Self::Mode(bits), Shown::Implied) => 0o755 & bits == *bits,
            (Self::Is(is), shown) => return is.matches(shown),
            _ => return None,
        })
    }
}

impl Is {
    /// Whether a path that is this matches, if that is a question of what it is.
    fn matches(self, shown: Shown<'_>) -> Option<bool> {
        let is_file = |entry: &Entry<'_>| entry.kind == EntryKind::File;
        Some(match (self, shown) {
            (Self::Change(_) | Self::Wasted | Self::Secret, _) => return None,
            (Self::Kind(kind), Shown::Entry(_, entry)) => entry.kind == kind,
            (Self::Kind(kind), Shown::Implied) => kind == EntryKind::Directory,
            (Self::Executable, Shown::Entry(_, entry)) => is_file(&entry) && entry.mode & 0o111 != 0,
            (Self::SetId, Shown::Entry(_, entry)) => is_file(&entry) && entry.mode & 0o6000 != 0,
            (Self::Empty, Shown::Entry(_, entry)) => is_file(&entry) && entry.size == 0,
            _ => false,
        })
    }
}

/// The terms of a text.
fn words(mut text: &str) -> impl Iterator<Item = &str> {
    std::iter::from_fn(move || {
        text = text.trim_start();
        let end = end_of_expression(text).or_else(|| text.find(char::is_whitespace)).unwrap_or(text.len());
        let (word, rest) = text.split_at_checked(end)?;
        text = rest;
        (!word.is_empty()).then_some(word)
    })
}

/// Where a text goes on after `content:/re/`, if it begins with that: behind the first slash that ends a word.
fn end_of_expression(text: &str) -> Option<usize> {
    let inner = text.strip_prefix('!').unwrap_or(text).strip_prefix("content:/")?;
    let ends = |(at, _): &(usize, &str)| {
        *at > 0 && inner.get(at + 1..).is_some_and(|rest| !rest.starts_with(|c: char| !c.is_whitespace()))
    };
    let (at, _) = inner.match_indices('/').find(ends)?;
    Some(text.len() - inner.len() + at + 1)
}

/// As much memory as a regular expression may take.
const LARGEST_REGEX: usize = 1 << 20;

/// The regular expression in `/re/`.
fn between_slashes(text: &str) -> Option<&str> {
    text.strip_prefix('/').and_then(|rest| rest.strip_suffix('/')).filter(|inner| !inner.is_empty())
}

/// What is wrong with a regular expression; an error of it has its last line for that.
fn no_regex(text: &str, error: &dyn std::error::Error) -> FilterError {
    let reason = error.to_string();
    let reason = reason.lines().last().unwrap_or_default().trim_start_matches("error: ").to_owned();
    FilterError(format!("{text} is no regular expression: {reason}"))
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_expression_for_contents_may_have_spaces() {
        for (text, expected) in [
            ("  a  b ", &["a", "b"][..]),
            ("content:/a b/ c", &["content:/a b/", "c"]),
            ("x !content:/a b/", &["x", "!content:/a b/"]),
            ("content:/a/b c/d/ e", &["content:/a/b c/d/", "e"]),
            ("content:/a b", &["content:/a", "b"]),
            ("content:/ b/", &["content:/ b/"]),
            ("content:/", &["content:/"]),
            ("content:a /b/", &["content:a", "/b/"]),
            ("/a b/", &["/a", "b/"]),
        ] {
            assert_eq!(words(text).collect::<Vec<_>>(), expected, "{text}");
        }
    }

    #[test]
    fn what_is_wrong_is_said_in_words() {
        for (text, words) in [
            ("/(/", "/(/ is no regular expression: unclosed group"),
            ("content:/(/", "/(/ is no regular expression: unclosed group"),
            ("content:/a\\nb/", "/a\\nb/ is no regular expression: "),
            ("content:", "write content:text"),
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
