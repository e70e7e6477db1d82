//! Tests of a path that are tests of the names in it: every distinct name is tried once, then the names of each path
//! are looked up.

use super::{Test, contains, has_extension};
use crate::tree::bits::{Bits, in_parts};
use crate::tree::{Glob, NodeId, Outline, SecretNames};
use std::ops::Range;

/// A path matches if the names at its end do: its own, and those of the directories above.
pub(super) struct Names<'a> {
    own: Name<'a>,
    /// The directories above, nearest first.
    above: Vec<Name<'a>>,
    /// Whether nothing but the root may be above them.
    from_root: bool,
    /// Whether everything below matches, too.
    below: bool,
    any_case: bool,
}

/// What a name has to be.
#[derive(Clone, Copy)]
enum Name<'a> {
    Is(&'a [u8]),
    Starts(&'a [u8]),
    Ends(&'a [u8]),
    Contains(&'a [u8]),
    Extension(&'a [u8]),
    Glob(&'a Glob),
    Secret(&'a SecretNames),
}

impl<'a> Names<'a> {
    /// The test as one of names, if it is one.
    pub(super) fn of(tested: &'a Test) -> Option<Self> {
        let plain = |own| Self { own, above: Vec::new(), from_root: false, below: false, any_case: false };
        Some(match tested {
            Test::Contains { text, any_case } => {
                let (last, above) = split(text, Name::Ends);
                let own = if above.is_empty() { Name::Contains(last) } else { Name::Starts(last) };
                Self { above, below: true, any_case: *any_case, ..plain(own) }
            }
            Test::Starts(text) => {
                let (last, above) = split(text.strip_prefix(b"/").unwrap_or(text), Name::Is);
                Self { above, from_root: true, below: true, ..plain(Name::Starts(last)) }
            }
            Test::Whole(text) => {
                let (last, above) = split(text.strip_prefix(b"/").unwrap_or(text), Name::Is);
                Self { above, from_root: true, ..plain(Name::Is(last)) }
            }
            Test::Ends(text) => {
                let (last, above) = split(text, Name::Ends);
                let own = if above.is_empty() { Name::Ends(last) } else { Name::Is(last) };
                Self { above, ..plain(own) }
            }
            Test::Glob { glob, whole: false } => {
                // By far the most usual one, and far cheaper so.
                let end = glob.text().strip_prefix('*').filter(|end| !end.contains(['*', '?', '[', '{', '\\']));
                plain(end.map_or(Name::Glob(glob), |end| Name::Ends(end.as_bytes())))
            }
            Test::Extension(extension) => plain(Name::Extension(extension)),
            _ => return None,
        })
    }

    /// The last name may be that of a secret; whether it is one is told by the whole path.
    pub(super) fn of_secrets(names: &'a SecretNames) -> Self {
        let own = Name::Secret(names);
        Self { own, above: Vec::new(), from_root: false, below: false, any_case: false }
    }

    /// The places that match; what is said of the root means nothing.
    pub(super) fn find(&self, outline: &Outline) -> Bits {
        let known = self.known(outline);
        let words = in_parts(outline.len(), outline.threads(), |part| self.find_part(outline, &known, part));
        Bits::of(words.concat())
    }

    /// The distinct names that a path may have at its end.
    fn known(&self, outline: &Outline) -> Bits {
        let names = &outline.tree().names;
        let parts = in_parts(names.len(), outline.threads(), |ids| {
            let mut known = Bits::none(ids.len());
            for (index, name) in names.some(ids).enumerate() {
                if self.own.matches(name, self.any_case) {
                    known.insert(index);
                }
            }
            known
        });
        Bits::of(parts.iter().flat_map(|part| part.words().iter().copied()).collect())
    }

    fn find_part(&self, outline: &Outline, known: &Bits, part: Range<usize>) -> Vec<u64> {
        let mut found = Bits::none(part.len());
        let mut place = part.start;
        // What is found above the part reaches into it.
        let mut node = outline.tree().parent(outline.node_at(place)).filter(|_| self.below);
        while let Some(above) = node {
            if self.matches(outline, known, above) {
                place = place.max(outline.stretch(above).end.min(part.end));
                found.insert_all(0..place - part.start);
            }
            node = outline.tree().parent(above);
        }
        while place < part.end {
            let node = outline.node_at(place);
            let mut end = place + 1;
            if self.matches(outline, known, node) {
                if self.below {
                    end = outline.stretch(node).end.min(part.end);
                }
                found.insert_all(place - part.start..end - part.start);
            }
            place = end;
        }
        found.words().to_vec()
    }

    fn matches(&self, outline: &Outline, known: &Bits, node: NodeId) -> bool {
        let tree = outline.tree();
        if node == NodeId::ROOT || !tree.name_id(node).is_some_and(|name| known.has(name.index())) {
            return false;
        }
        let mut at = tree.parent(node);
        for name in &self.above {
            match at {
                Some(node) if name.matches(tree.name(node), self.any_case) => at = tree.parent(node),
                _ => return false,
            }
        }
        !self.from_root || at == Some(NodeId::ROOT)
    }
}

/// The last name of a text, and what the directories above have to be, nearest first: those in its midst are whole
/// names, the first is one as `first` says.
fn split<'a>(text: &'a [u8], first: fn(&'a [u8]) -> Name<'a>) -> (&'a [u8], Vec<Name<'a>>) {
    let mut parts = text.rsplit(|byte| *byte == b'/');
    let last = parts.next().unwrap_or_default();
    let mut above: Vec<Name<'a>> = parts.clone().map(Name::Is).collect();
    if let (Some(top), Some(text)) = (above.last_mut(), parts.next_back()) {
        *top = first(text);
    }
    (last, above)
}

impl Name<'_> {
    fn matches(self, name: &[u8], any_case: bool) -> bool {
        let same = |a: &[u8], b: &[u8]| if any_case { a.eq_ignore_ascii_case(b) } else { a == b };
        match self {
            Self::Is(text) => same(name, text),
            Self::Starts(text) => name.get(..text.len()).is_some_and(|start| same(start, text)),
            Self::Ends(text) => {
                name.len().checked_sub(text.len()).and_then(|at| name.get(at..)).is_some_and(|end| same(end, text))
            }
            Self::Contains(text) => contains(name, text, any_case),
            Self::Extension(extension) => has_extension(name, extension),
            Self::Glob(glob) => glob.is_match(name),
            Self::Secret(names) => names.may_be(name),
        }
    }
}
