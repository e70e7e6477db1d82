//! dive's three rules, under dive's names, on the exact figures or on dive's.
//!
//! A rule fails strictly beyond its limit, as in dive: what equals the limit passes, and so does NaN.

use super::{DiveCi, Figure, OtherOutcome, RuleSeverity, RulesError, Ruling, Status, parse_bytes};
use crate::analysis::{DiveFigures, Totals};
use std::fmt;

/// One of dive's rules.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum DiveRule {
    /// `lowestEfficiency`: fails when the efficiency is below the limit.
    LowestEfficiency,
    /// `highestWastedBytes`: fails when more bytes than the limit are wasted.
    HighestWastedBytes,
    /// `highestUserWastedPercent`: fails when the share of user bytes wasted is above the limit (a ratio, not a
    /// percentage, whatever its name says).
    HighestUserWastedPercent,
}

impl DiveRule {
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
    pub(super) fn limit(self, text: &str, origin: &str) -> Result<Limit, RulesError> {
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
            _ => Err(error("a number from 0 to 1 is needed (0.9 is 90%), or `disabled`".to_owned())),
        }
    }

    /// Whether `value` is beyond `limit`.
    fn fails(self, value: Figure, limit: Figure) -> bool {
        match self {
            Self::LowestEfficiency => limit.is_beyond(value),
            Self::HighestWastedBytes | Self::HighestUserWastedPercent => value.is_beyond(limit),
        }
    }
}

impl fmt::Display for DiveRule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
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
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Serialize, schemars::JsonSchema)]
#[serde(rename_all = "lowercase")]
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

    /// Those with this name.
    pub(super) fn named(name: &str) -> Option<Self> {
        [Self::Exact, Self::Dive].into_iter().find(|metrics| metrics.name() == name)
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
    /// Limit of [`DiveRule::LowestEfficiency`]; 0.9 unless given.
    pub lowest_efficiency: Limit,
    /// Limit of [`DiveRule::HighestWastedBytes`]; off unless given.
    pub highest_wasted_bytes: Limit,
    /// Limit of [`DiveRule::HighestUserWastedPercent`]; 0.1 unless given.
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
    /// Flags, then files, the first that says something, then dive's defaults.
    pub fn new(files: &[DiveCi], flags: &RuleFlags) -> Result<Self, RulesError> {
        let mut rules = Self::default();
        for rule in DiveRule::ALL {
            let flag = match rule {
                DiveRule::LowestEfficiency => &flags.lowest_efficiency,
                DiveRule::HighestWastedBytes => &flags.highest_wasted_bytes,
                DiveRule::HighestUserWastedPercent => &flags.highest_user_wasted_percent,
            };
            if let Some(text) = flag {
                *rules.slot(rule) = rule.limit(text, &format!("--{rule}"))?;
            } else if let Some(limit) = files.iter().find_map(|file| file.limit(rule)) {
                *rules.slot(rule) = limit;
            }
        }
        rules.metrics = flags.metrics.or(files.iter().find_map(|file| file.metrics)).unwrap_or_default();
        Ok(rules)
    }

    /// The limit of a rule.
    pub fn limit(&self, rule: DiveRule) -> Limit {
        match rule {
            DiveRule::LowestEfficiency => self.lowest_efficiency,
            DiveRule::HighestWastedBytes => self.highest_wasted_bytes,
            DiveRule::HighestUserWastedPercent => self.highest_user_wasted_percent,
        }
    }

    /// Judges the figures of an image by all three rules.
    pub fn judge(&self, totals: &Totals, dive: &DiveFigures) -> Vec<Ruling> {
        DiveRule::ALL.map(|rule| self.ruling(rule, totals, dive)).to_vec()
    }

    fn ruling(&self, rule: DiveRule, totals: &Totals, dive: &DiveFigures) -> Ruling {
        let value = |metrics: Metrics| match (rule, metrics) {
            (DiveRule::LowestEfficiency, Metrics::Exact) => Figure::Ratio(totals.efficiency),
            (DiveRule::LowestEfficiency, Metrics::Dive) => Figure::Ratio(dive.efficiency),
            (DiveRule::HighestWastedBytes, Metrics::Exact) => Figure::Bytes(totals.wasted_bytes),
            (DiveRule::HighestWastedBytes, Metrics::Dive) => Figure::Bytes(dive.wasted_bytes),
            (DiveRule::HighestUserWastedPercent, Metrics::Exact) => Figure::Ratio(totals.user_wasted),
            (DiveRule::HighestUserWastedPercent, Metrics::Dive) => Figure::Ratio(dive.user_wasted),
        };
        let limit = match self.limit(rule) {
            Limit::Off => None,
            Limit::At(limit) => Some(limit),
        };
        let judge = |metrics: Metrics| match limit {
            None => Status::Skipped,
            Some(limit) if rule.fails(value(metrics), limit) => Status::Fail,
            Some(_) => Status::Pass,
        };
        let (mine, other) = (self.metrics, self.metrics.other());
        let differs = judge(mine) != judge(other);
        Ruling {
            id: rule.name().to_owned(),
            check: rule.name(),
            severity: RuleSeverity::Error,
            reason: None,
            status: judge(mine),
            value: Some(value(mine)),
            limit,
            findings: Vec::new(),
            ignored: Vec::new(),
            other: differs.then(|| OtherOutcome { metrics: other, value: value(other), status: judge(other) }),
        }
    }

    fn slot(&mut self, rule: DiveRule) -> &mut Limit {
        match rule {
            DiveRule::LowestEfficiency => &mut self.lowest_efficiency,
            DiveRule::HighestWastedBytes => &mut self.highest_wasted_bytes,
            DiveRule::HighestUserWastedPercent => &mut self.highest_user_wasted_percent,
        }
    }
}

#[cfg(test)]
mod tests;
