//! VERDICTS: what rules said of one or several images, in the formats that pipelines read. All writers are fed by the
//! same [`CiReport`].

mod github;
mod junit;
mod markdown;
mod text;

use super::finding::FindingSection;
use super::words::{clean, size};
use super::{Report, SCHEMA, Tool, WasteSection, json};
use crate::analysis::{Figure, Finding, Ignored, Metrics, RuleSeverity, Ruling, Snapshot, Status, Verdict};
use schemars::JsonSchema;
use serde::Serialize;
use std::io::{self, Write};

/// How many wasted items are named.
const ITEMS: usize = 10;

/// The verdict on one or several images.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct CiReport {
    /// The version of this schema: 1.
    pub schema: u32,
    /// What judged.
    pub tool: Tool,
    /// Whether all images were judged and passed. Without an image nothing was judged, and nothing passes.
    pub passed: bool,
    /// The images that were judged, in the order in which they were named.
    pub images: Vec<ImageVerdict>,
    /// Those that could not be.
    pub unjudged: Vec<Unjudged>,
}

/// An image that could not be judged.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Unjudged {
    /// What was typed.
    pub reference: String,
    /// Why not.
    pub message: String,
}

/// The verdict on one image.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct ImageVerdict {
    /// What was typed.
    pub reference: String,
    /// Its names with tags.
    pub tags: Vec<String>,
    /// The digest of its config; null for a flat root file system.
    pub id: Option<String>,
    /// Whether no rule failed whose severity is error.
    pub passed: bool,
    /// Whether some part could not be read; all figures are then over what could.
    pub partial: bool,
    /// Bytes of all regular files of all layers.
    pub shipped_bytes: u64,
    /// Those that cannot be reached in the end.
    pub wasted_bytes: u64,
    /// How many layers it has.
    pub layers: u64,
    /// Which figures dive's rules judged.
    pub metrics: Metrics,
    /// What its growth was measured against; null if nothing was given.
    pub compared_with: Option<String>,
    /// Every rule: dive's, then those of the rules file in its order.
    pub rules: Vec<RuleSection>,
    /// How many items are wasted.
    pub waste_items: u64,
    /// The ten largest of them.
    pub waste: Vec<WasteFix>,
}

/// A wasted item, and what to change.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct WasteFix {
    /// What is wasted.
    #[serde(flatten)]
    pub item: WasteSection,
    /// The instruction of the layer that ships it; empty if none tells.
    pub owner_instruction: String,
    /// The instruction of the layer that made it dead; empty if none tells.
    pub by_instruction: String,
}

/// One rule, judged.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct RuleSection {
    /// Its name, unlike that of any other rule.
    pub id: String,
    /// What it looks at.
    pub check: String,
    /// How much it matters.
    pub severity: RuleSeverity,
    /// Why it is there; null for dive's rules.
    pub reason: Option<String>,
    /// What it said.
    pub status: StatusSection,
    /// What the value is; null if there is none.
    pub unit: Option<Unit>,
    /// What it saw; null if it was not judged or is no number.
    pub value: Option<Number>,
    /// What that is held against; null if the rule is off.
    pub limit: Option<Number>,
    /// What breaks it.
    pub findings: Vec<FindingSection>,
    /// What would break it, if it were not ignored.
    pub ignored: Vec<IgnoredSection>,
    /// What it says of the other figures, where that is something else; only of dive's rules.
    pub other: Option<OtherSection>,
}

/// What a rule said.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum StatusSection {
    /// Within the limit.
    Pass,
    /// Beyond the limit.
    Fail,
    /// Not judged.
    Skipped,
}

/// What a figure counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Unit {
    /// A share, 1 being all.
    Ratio,
    /// Bytes.
    Bytes,
    /// So many of something.
    Count,
}

/// A figure as a number.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, JsonSchema)]
#[serde(untagged)]
pub enum Number {
    /// Bytes, or a count.
    Whole(u64),
    /// A share.
    Ratio(f64),
}

/// A finding that does not count.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct IgnoredSection {
    /// What would have broken the rule.
    #[serde(flatten)]
    pub finding: FindingSection,
    /// Why it does not count.
    pub reason: String,
    /// The last day on which it does not count (RFC 3339 full-date); null is for ever.
    pub until: Option<String>,
}

/// What a rule says of the figures that do not count.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct OtherSection {
    /// Which figures those are.
    pub metrics: Metrics,
    /// What it saw.
    pub value: Option<Number>,
    /// What it said.
    pub status: StatusSection,
}

impl CiReport {
    /// Puts the verdicts on images together.
    pub fn new(images: Vec<ImageVerdict>, unjudged: Vec<Unjudged>) -> Self {
        let passed = !images.is_empty() && unjudged.is_empty() && images.iter().all(|image| image.passed);
        Self { schema: SCHEMA, tool: Tool::this(), passed, images, unjudged }
    }
}

impl ImageVerdict {
    /// What is written of the verdict on one image; `before` is what its growth was measured against.
    pub fn new(report: &Report, verdict: &Verdict, before: Option<&Snapshot>) -> Self {
        let fix = |item: WasteSection| WasteFix {
            owner_instruction: report.instruction(item.owner_layer).to_owned(),
            by_instruction: report.instruction(item.by_layer).to_owned(),
            item,
        };
        Self {
            reference: report.image.source.reference.clone(),
            tags: report.image.tags.clone(),
            id: report.image.id.clone(),
            passed: verdict.passed(),
            partial: report.totals.partial,
            shipped_bytes: report.totals.shipped_bytes,
            wasted_bytes: report.totals.wasted_bytes,
            layers: report.totals.layers,
            metrics: verdict.metrics,
            compared_with: before.map(|before| before.name.clone()),
            rules: verdict.rulings.iter().map(|ruling| rule(report, ruling)).collect(),
            waste_items: report.waste.len() as u64,
            waste: report.waste.iter().take(ITEMS).map(fix).collect(),
        }
    }

    /// How the image is called: what was typed, and its tags where those are something else.
    fn name(&self) -> String {
        let tags = self.tags.join(", ");
        match tags.as_str() {
            "" => self.reference.clone(),
            tags if tags == self.reference => self.reference.clone(),
            tags => format!("{} ({tags})", self.reference),
        }
    }
}

fn rule(report: &Report, ruling: &Ruling) -> RuleSection {
    let other = ruling.other.map(|other| OtherSection {
        metrics: other.metrics,
        value: number(other.value),
        status: other.status.into(),
    });
    RuleSection {
        id: ruling.id.clone(),
        check: ruling.check.to_owned(),
        severity: ruling.severity,
        reason: ruling.reason.clone(),
        status: ruling.status.into(),
        unit: ruling.value.map(|figure| match figure {
            Figure::Ratio(_) => Unit::Ratio,
            Figure::Bytes(_) => Unit::Bytes,
            Figure::Count(_) => Unit::Count,
        }),
        value: ruling.value.and_then(number),
        limit: ruling.limit.and_then(number),
        findings: ruling.findings.iter().map(|it| finding(report, it)).collect(),
        ignored: ruling.ignored.iter().map(|it| ignored(report, it)).collect(),
        other,
    }
}

/// The number of a figure; none of NaN, which JSON has not.
fn number(figure: Figure) -> Option<Number> {
    match figure {
        Figure::Ratio(ratio) => ratio.is_finite().then_some(Number::Ratio(ratio)),
        Figure::Bytes(whole) | Figure::Count(whole) => Some(Number::Whole(whole)),
    }
}

fn finding(report: &Report, finding: &Finding) -> FindingSection {
    FindingSection::new(finding, finding.layer.map_or("", |layer| report.instruction(layer)))
}

fn ignored(report: &Report, ignored: &Ignored) -> IgnoredSection {
    IgnoredSection {
        finding: finding(report, &ignored.finding),
        reason: ignored.reason.clone(),
        until: ignored.until.map(|until| until.to_string()),
    }
}

impl From<Status> for StatusSection {
    fn from(status: Status) -> Self {
        match status {
            Status::Pass => Self::Pass,
            Status::Fail => Self::Fail,
            Status::Skipped => Self::Skipped,
        }
    }
}

impl RuleSection {
    /// The verdict in one word: `PASS`, `WARN`, `FAIL` or `SKIP`.
    fn word(&self) -> &'static str {
        match (self.status, self.severity) {
            (StatusSection::Fail, RuleSeverity::Warning) => "WARN",
            (status, _) => status.word(),
        }
    }

    /// Its value and its limit for people. Where both would look the same and are not, the value has all its digits.
    fn figures(&self) -> [String; 2] {
        let limit = self.limit.map_or_else(|| "off".to_owned(), |limit| self.figure(limit));
        let value = self.value.map_or_else(|| "-".to_owned(), |value| self.figure(value));
        match self.value {
            Some(Number::Ratio(exact)) if value == limit && self.value != self.limit => [exact.to_string(), limit],
            _ => [value, limit],
        }
    }

    fn figure(&self, number: Number) -> String {
        match (number, self.unit) {
            (Number::Ratio(ratio), _) => format!("{ratio:.4}"),
            (Number::Whole(bytes), Some(Unit::Bytes)) if bytes < 1000 => format!("{bytes} B"),
            (Number::Whole(bytes), Some(Unit::Bytes)) => format!("{bytes} B ({})", size(bytes)),
            (Number::Whole(count), _) => count.to_string(),
        }
    }
}

impl StatusSection {
    fn word(self) -> &'static str {
        match self {
            Self::Pass => "PASS",
            Self::Fail => "FAIL",
            Self::Skipped => "SKIP",
        }
    }
}

impl IgnoredSection {
    /// `ignored until 2027-03-31: agreed with …`
    fn why(&self) -> String {
        let until = self.until.as_ref().map(|until| format!(" until {until}")).unwrap_or_default();
        format!("ignored{until}: {}", clean(&self.reason))
    }
}

/// The formats of a verdict.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum VerdictFormat {
    /// For people.
    Text,
    /// For programs; as its schema says.
    Json,
    /// For a comment on a pull request, or the summary of a job.
    Markdown,
    /// JUnit's XML.
    Junit,
    /// Annotations of a GitHub job.
    Github,
}

/// Writes a verdict; text in `width` columns as far as names allow.
pub fn write(report: &CiReport, format: VerdictFormat, width: usize, out: &mut dyn Write) -> io::Result<()> {
    let mut out = io::BufWriter::new(out);
    match format {
        VerdictFormat::Text => text::write(report, width, &mut out),
        VerdictFormat::Json => json::pretty(report, &mut out),
        VerdictFormat::Markdown => markdown::write(report, &mut out),
        VerdictFormat::Junit => junit::write(report, &mut out),
        VerdictFormat::Github => github::write(report, &mut out),
    }?;
    out.flush()
}

/// The JSON Schema of a verdict.
pub fn schema() -> serde_json::Value {
    schemars::schema_for!(CiReport).to_value()
}

#[cfg(test)]
mod tests;
