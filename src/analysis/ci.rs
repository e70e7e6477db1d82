//! Rules and verdicts: dive's three, under dive's names, on the exact figures or on dive's.
//!
//! A rule fails strictly beyond its limit, as in dive: what equals the limit passes, and so does NaN.

mod bytes;
mod file;

pub use bytes::{BytesError, parse_bytes};
pub use file::{CiFile, parse_dive_ci};

use super::{DiveFigures, Totals};
use std::fmt;

/// A rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Rule {
    /// `lowestEfficiency`: fails when the efficiency is below the limit.
    LowestEfficiency,
    /// `highestWastedBytes`: fails when more bytes than the limit are wasted.
    HighestWastedBytes,
    /// `highestUserWastedPercent`: fails when the share of user bytes wasted is above the limit (a ratio, not a
    /// percentage, whatever its name says).
    HighestUserWastedPercent,
}

impl Rule {
    /// All rules, in the order in which verdicts name them.
    pub const ALL: [Self; 3] = [Self::LowestEfficiency, Self::HighestWastedBytes, Self::HighestUserWastedPercent];

    /// dive's name for it.
    pub fn name(self) -> &'static str {
        match self {
            Self::LowestEfficiency => "lowestEfficiency",
            Self::HighestWastedBytes => "highestWastedBytes",
            Self::HighestUserWastedPercent => "highestUserWastedPercent",
        }
    }

    /// Reads the limit of this rule; `origin` is where it was written, for the message.
    fn limit(self, text: &str, origin: &str) -> Result<Limit, RulesError> {
        let text = text.trim();
        let error = |why: String| RulesError::Value {
            rule: self.name(),
            value: text.to_owned(),
            origin: origin.to_owned(),
            why,
        };
        if ["", "disabled", "off", "false"].contains(&text.to_ascii_lowercase().as_str()) {
            return Ok(Limit::Off);
        }
        if self == Self::HighestWastedBytes {
            return parse_bytes(text)
                .map(|bytes| Limit::At(Figure::Bytes(bytes)))
                .map_err(|why| error(why.to_string()));
        }
        match text.parse() {
            Ok(ratio) if (0.0..=1.0).contains(&ratio) => Ok(Limit::At(Figure::Ratio(ratio))),
            _ => Err(error("a number from 0 to 1 is needed (0.9 is 90 %), or `disabled`".to_owned())),
        }
    }

    /// Whether `value` is beyond `limit`.
    fn fails(self, value: Figure, limit: Figure) -> bool {
        match (value, limit) {
            (Figure::Ratio(value), Figure::Ratio(limit)) if self == Self::LowestEfficiency => limit > value,
            (Figure::Ratio(value), Figure::Ratio(limit)) => value > limit,
            (Figure::Bytes(value), Figure::Bytes(limit)) => value > limit,
            (Figure::Ratio(_), Figure::Bytes(_)) | (Figure::Bytes(_), Figure::Ratio(_)) => false,
        }
    }
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// What a rule looks at, and what it holds it against.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Figure {
    /// A share, 1 being all.
    Ratio(f64),
    /// Bytes.
    Bytes(u64),
}

impl fmt::Display for Figure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ratio(ratio) => f.pad(&format!("{ratio:.4}")),
            Self::Bytes(bytes) => f.pad(&format!("{bytes} B")),
        }
    }
}

/// A limit of a rule.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Limit {
    /// The rule is switched off.
    Off,
    /// What must not be passed.
    At(Figure),
}

/// Which figures a rule judges.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Metrics {
    /// Ours.
    #[default]
    Exact,
    /// dive's.
    Dive,
}

impl Metrics {
    /// The word for them.
    pub fn name(self) -> &'static str {
        match self {
            Self::Exact => "exact",
            Self::Dive => "dive",
        }
    }

    /// The others.
    #[must_use]
    pub fn other(self) -> Self {
        match self {
            Self::Exact => Self::Dive,
            Self::Dive => Self::Exact,
        }
    }
}

impl fmt::Display for Metrics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// Rules as they were given on the command line; they beat those of the file.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct RuleFlags {
    /// `--lowestEfficiency`.
    pub lowest_efficiency: Option<String>,
    /// `--highestWastedBytes`.
    pub highest_wasted_bytes: Option<String>,
    /// `--highestUserWastedPercent`.
    pub highest_user_wasted_percent: Option<String>,
    /// `--metrics`.
    pub metrics: Option<Metrics>,
}

/// dive's rules, as a `.dive-ci` file and flags give them.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct DiveRules {
    /// Limit of [`Rule::LowestEfficiency`]; 0.9 unless given.
    pub lowest_efficiency: Limit,
    /// Limit of [`Rule::HighestWastedBytes`]; off unless given.
    pub highest_wasted_bytes: Limit,
    /// Limit of [`Rule::HighestUserWastedPercent`]; 0.1 unless given.
    pub highest_user_wasted_percent: Limit,
    /// Which figures they judge.
    pub metrics: Metrics,
}

impl Default for DiveRules {
    fn default() -> Self {
        Self {
            lowest_efficiency: Limit::At(Figure::Ratio(0.9)),
            highest_wasted_bytes: Limit::Off,
            highest_user_wasted_percent: Limit::At(Figure::Ratio(0.1)),
            metrics: Metrics::Exact,
        }
    }
}

impl DiveRules {
    /// Flags, then the file, then dive's defaults.
    pub fn new(file: Option<&CiFile>, flags: &RuleFlags) -> Result<Self, RulesError> {
        let mut rules = Self::default();
        for rule in Rule::ALL {
            let flag = match rule {
                Rule::LowestEfficiency => &flags.lowest_efficiency,
                Rule::HighestWastedBytes => &flags.highest_wasted_bytes,
                Rule::HighestUserWastedPercent => &flags.highest_user_wasted_percent,
            };
            if let Some(text) = flag {
                *rules.slot(rule) = rule.limit(text, &format!("--{rule}"))?;
            } else if let Some(limit) = file.and_then(|file| file.limit(rule)) {
                *rules.slot(rule) = limit;
            }
        }
        rules.metrics = flags.metrics.or(file.and_then(|file| file.metrics)).unwrap_or_default();
        Ok(rules)
    }

    /// The limit of a rule.
    pub fn limit(&self, rule: Rule) -> Limit {
        match rule {
            Rule::LowestEfficiency => self.lowest_efficiency,
            Rule::HighestWastedBytes => self.highest_wasted_bytes,
            Rule::HighestUserWastedPercent => self.highest_user_wasted_percent,
        }
    }

    fn slot(&mut self, rule: Rule) -> &mut Limit {
        match rule {
            Rule::LowestEfficiency => &mut self.lowest_efficiency,
            Rule::HighestWastedBytes => &mut self.highest_wasted_bytes,
            Rule::HighestUserWastedPercent => &mut self.highest_user_wasted_percent,
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
    /// Switched off.
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

/// One rule, judged.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RuleOutcome {
    /// Which rule.
    pub rule: Rule,
    /// Its limit.
    pub limit: Limit,
    /// What it looked at.
    pub value: Figure,
    /// What it said.
    pub status: Status,
    /// What it says of the other figures, where that is something else.
    pub other: Option<OtherOutcome>,
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
    /// Which figures were judged.
    pub metrics: Metrics,
    /// Every rule, judged.
    pub outcomes: Vec<RuleOutcome>,
}

impl Verdict {
    /// Whether no rule failed.
    pub fn passed(&self) -> bool {
        self.outcomes.iter().all(|outcome| outcome.status != Status::Fail)
    }
}

/// Why rules were not understood.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RulesError {
    /// The file is no YAML, or not of the form that rules have.
    #[error("{file}{}: {message}", at_line(*line))]
    File {
        /// Which file.
        file: String,
        /// Which line, counted from 1.
        line: Option<u64>,
        /// What is wrong.
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

/// Judges an image.
pub fn evaluate(rules: &DiveRules, totals: &Totals, dive: &DiveFigures) -> Verdict {
    let value = |rule: Rule, metrics: Metrics| match (rule, metrics) {
        (Rule::LowestEfficiency, Metrics::Exact) => Figure::Ratio(totals.efficiency),
        (Rule::LowestEfficiency, Metrics::Dive) => Figure::Ratio(dive.efficiency),
        (Rule::HighestWastedBytes, Metrics::Exact) => Figure::Bytes(totals.wasted_bytes),
        (Rule::HighestWastedBytes, Metrics::Dive) => Figure::Bytes(dive.wasted_bytes),
        (Rule::HighestUserWastedPercent, Metrics::Exact) => Figure::Ratio(totals.user_wasted),
        (Rule::HighestUserWastedPercent, Metrics::Dive) => Figure::Ratio(dive.user_wasted),
    };
    let judge = |rule: Rule, metrics: Metrics| match rules.limit(rule) {
        Limit::Off => Status::Skipped,
        Limit::At(limit) if rule.fails(value(rule, metrics), limit) => Status::Fail,
        Limit::At(_) => Status::Pass,
    };
    let outcome = |rule: Rule| {
        let (mine, other) = (rules.metrics, rules.metrics.other());
        let differs = judge(rule, mine) != judge(rule, other);
        RuleOutcome {
            rule,
            limit: rules.limit(rule),
            value: value(rule, mine),
            status: judge(rule, mine),
            other: differs.then(|| OtherOutcome {
                metrics: other,
                value: value(rule, other),
                status: judge(rule, other),
            }),
        }
    };
    Verdict { metrics: rules.metrics, outcomes: Rule::ALL.map(outcome).to_vec() }
}

#[cfg(test)]
mod tests;
