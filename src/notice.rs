//! Findings that do not stop us: a stray whiteout, a digest that does not match, data after the end of an archive.
//!
//! Every front end shows them. `--strict` turns warnings into errors. A notice never replaces an error: what could
//! not be read at all is an error of the module that tried.

use std::fmt;

/// How much a notice matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, schemars::JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Worth knowing; the answer is whole and right.
    Info,
    /// Something in the input contradicts itself or was ignored; the answer follows a stated rule.
    Warning,
    /// A part could not be read; what is shown is partial.
    Error,
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Info => "info",
            Self::Warning => "warning",
            Self::Error => "error",
        })
    }
}

/// One finding: how bad, about which part of the input, and what.
///
/// `part` and `message` may hold foreign text; it is escaped when the notice leaves the program, not here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notice {
    /// How much it matters.
    pub severity: Severity,
    /// The part of the input, outermost first: `layer 3 (sha256:ab12…): entry at byte 5120`.
    pub part: String,
    /// What is wrong, in one sentence without a full stop.
    pub message: String,
}

impl Notice {
    /// A finding that changes nothing.
    pub fn info(part: impl Into<String>, message: impl Into<String>) -> Self {
        Self { severity: Severity::Info, part: part.into(), message: message.into() }
    }

    /// A contradiction, or something that was ignored by a stated rule.
    pub fn warning(part: impl Into<String>, message: impl Into<String>) -> Self {
        Self { severity: Severity::Warning, part: part.into(), message: message.into() }
    }

    /// A part that could not be read.
    pub fn error(part: impl Into<String>, message: impl Into<String>) -> Self {
        Self { severity: Severity::Error, part: part.into(), message: message.into() }
    }

    /// The same finding, seen from further out: `outer` is put before the part.
    #[must_use]
    pub fn within(mut self, outer: &str) -> Self {
        self.part = if self.part.is_empty() { outer.to_owned() } else { format!("{outer}: {}", self.part) };
        self
    }
}

impl fmt::Display for Notice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}: {}", self.severity, self.part, self.message)
    }
}

/// How many findings of one kind are told one by one before they are only counted.
pub const TOLD: usize = 10;

/// The first [`TOLD`] of some findings one by one, and how many more there are.
pub(crate) fn first_few<T>(all: &[T], one: impl FnMut(&T) -> Notice, rest: impl FnOnce(u64) -> Notice) -> Vec<Notice> {
    let more = all.len().saturating_sub(TOLD) as u64;
    all.iter().take(TOLD).map(one).chain((more > 0).then(|| rest(more))).collect()
}

/// A number with what it counts, in the singular for one: `1 entry`, `2 entries`, `0 files`.
pub(crate) fn counted(number: u64, noun: &str) -> String {
    if number == 1 { format!("1 {noun}") } else { format!("{number} {}", plural(noun)) }
}

/// More than one of something.
fn plural(noun: &str) -> String {
    match noun.strip_suffix('y') {
        Some(stem) => format!("{stem}ies"),
        None => format!("{noun}s"),
    }
}
