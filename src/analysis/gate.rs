//! THE GATE: rules that turn figures into a verdict. dive's three rules stand beside those of a rules file; both end as
//! the same [`Ruling`], so that no front end has to know where a rule comes from.

mod accounts;
mod bytes;
mod dive;
mod dive_ci;
mod globs;
mod growth;
mod judge;
mod rules;
mod rules_file;
mod spelling;
mod subject;
mod user_limits;

pub use accounts::Accounts;
pub(super) use accounts::User;
pub use bytes::{BytesError, parse_bytes};
pub use dive::{DiveRule, DiveRules, Limit, Metrics, RuleFlags};
pub use dive_ci::{DiveCi, parse_dive_ci};
pub use globs::PathGlob;
pub use growth::{Snapshot, SnapshotLayer, Tolerance};
pub use rules::{Check, Ignore, Rule, Weight, WholeRegex};
pub use rules_file::parse_rules;
pub use spelling::nearest;
pub use subject::Subject;
pub(super) use subject::{TOP, tag};
pub use user_limits::parse_user_limits;

use crate::image::LayerIndex;
use std::fmt;

/// What a rule looks at, and what it holds it against.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Figure {
    /// A share, 1 being all.
    Ratio(f64),
    /// Bytes.
    Bytes(u64),
    /// So many of something.
    Count(u64),
}

impl Figure {
    /// Whether it is strictly more than a limit of its kind; what equals the limit is within it, and so is NaN.
    pub(crate) fn is_beyond(self, limit: Self) -> bool {
        match (self, limit) {
            (Self::Ratio(value), Self::Ratio(limit)) => value > limit,
            (Self::Bytes(value), Self::Bytes(limit)) | (Self::Count(value), Self::Count(limit)) => value > limit,
            _ => false,
        }
    }
}

impl fmt::Display for Figure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ratio(ratio) => f.pad(&format!("{ratio:.4}")),
            Self::Bytes(bytes) => f.pad(&format!("{bytes} B")),
            Self::Count(count) => f.pad(&count.to_string()),
        }
    }
}

/// What a rule said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    /// Within the limit.
    Pass,
    /// Beyond the limit.
    Fail,
    /// Not judged: switched off, or what it compares with or looks at was not given.
    Skipped,
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Pass => "PASS",
            Self::Fail => "FAIL",
            Self::Skipped => "SKIP",
        })
    }
}

/// How much it matters that a rule is broken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Serialize, schemars::JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum RuleSeverity {
    /// The image fails.
    #[default]
    Error,
    /// It is said, and the image passes.
    Warning,
}

/// One thing that breaks a rule. Names and messages may hold foreign text, which is escaped when it leaves the program.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Finding {
    /// The path that it is about, without a leading slash.
    pub path: Option<Vec<u8>>,
    /// The layer that did it.
    pub layer: Option<LayerIndex>,
    /// The row of the history that did it.
    pub row: Option<usize>,
    /// How many bytes it is about.
    pub bytes: Option<u64>,
    /// What is wrong, without the path and without a full stop.
    pub message: String,
}

impl Finding {
    /// A finding about the whole image.
    pub(crate) fn say(message: impl Into<String>) -> Self {
        Self { message: message.into(), ..Self::default() }
    }
}

/// A finding that does not count, because the rules file says so.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ignored {
    /// What would have broken the rule.
    pub finding: Finding,
    /// Why it does not count.
    pub reason: String,
    /// The last day on which it does not count; none is for ever.
    pub until: Option<jiff::civil::Date>,
}

/// One rule, judged.
#[derive(Debug, Clone, PartialEq)]
pub struct Ruling {
    /// The name of the rule, unlike that of any other.
    pub id: String,
    /// What it looks at.
    pub check: &'static str,
    /// How much it matters.
    pub severity: RuleSeverity,
    /// Why the rule is there, in the words of who wrote it.
    pub reason: Option<String>,
    /// What it said.
    pub status: Status,
    /// What it saw, if that is a figure.
    pub value: Option<Figure>,
    /// What that is held against; none if the rule is off.
    pub limit: Option<Figure>,
    /// What breaks it, or leads to its value.
    pub findings: Vec<Finding>,
    /// What would break it, if it were not ignored.
    pub ignored: Vec<Ignored>,
    /// What it says of the other figures, where that is something else: only of dive's rules.
    pub other: Option<OtherOutcome>,
}

impl Ruling {
    /// Whether the image fails by it.
    pub fn is_error(&self) -> bool {
        self.status == Status::Fail && self.severity == RuleSeverity::Error
    }

    /// Whether it is broken, and the image passes all the same.
    pub fn is_warning(&self) -> bool {
        self.status == Status::Fail && self.severity == RuleSeverity::Warning
    }
}

/// What a rule says of the figures that do not count.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct OtherOutcome {
    /// Which figures those are.
    pub metrics: Metrics,
    /// What it looked at.
    pub value: Figure,
    /// What it said.
    pub status: Status,
}

/// The verdict on one image.
#[derive(Debug, Clone, PartialEq)]
pub struct Verdict {
    /// Which figures dive's rules judged.
    pub metrics: Metrics,
    /// Every rule, judged: dive's, then those of the rules file in its order.
    pub rulings: Vec<Ruling>,
}

impl Verdict {
    /// Whether no rule failed whose severity is error.
    pub fn passed(&self) -> bool {
        !self.rulings.iter().any(Ruling::is_error)
    }
}

/// Why rules were not understood.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RulesError {
    /// The file is not of its format, or not of the form that rules have.
    #[error("{file}{}: {message}", at_line(*line))]
    File {
        /// Which file.
        file: String,
        /// Which line, counted from 1.
        line: Option<u64>,
        /// What is wrong, and what would be right.
        message: String,
    },
    /// A limit makes no sense.
    #[error("{origin}: {rule} cannot be '{value}': {why}")]
    Value {
        /// The rule.
        rule: &'static str,
        /// What was given.
        value: String,
        /// The flag, or file and line.
        origin: String,
        /// Why not.
        why: String,
    },
}

/// `, line 3`, where the line is known.
fn at_line(line: Option<u64>) -> String {
    line.map(|line| format!(", line {line}")).unwrap_or_default()
}
