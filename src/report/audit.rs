//! The audit: the checklist of a good image, one line a point.

use super::finding::FindingSection;
use super::words::{clean, head, layer, middle, size};
use super::{SCHEMA, Tool, json};
use crate::analysis::{Answer, Finding, Point};
use crate::image::Image;
use schemars::JsonSchema;
use serde::Serialize;
use std::io::{self, Write};

/// The answers to all points.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct AuditReport {
    /// The version of this schema: 1.
    pub schema: u32,
    /// What answered.
    pub tool: Tool,
    /// What was typed.
    pub reference: String,
    /// The names of the image with tags.
    pub tags: Vec<String>,
    /// The digest of its config; null for a flat root file system.
    pub id: Option<String>,
    /// Whether no point fails. What cannot be decided does not fail.
    pub passed: bool,
    /// The points, in the order of the checklist.
    pub points: Vec<PointSection>,
}

/// The answer to one point.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct PointSection {
    /// Its name.
    pub id: String,
    /// What a good image has.
    pub title: String,
    /// The answer.
    pub answer: Answer,
    /// What the answer rests on, the weightiest first.
    pub evidence: Vec<FindingSection>,
}

impl AuditReport {
    /// What is written of the answers about an image; `reference` is what was typed.
    pub fn new(reference: &str, image: &Image, points: &[Point]) -> Self {
        let instruction = |finding: &Finding| match (finding.layer, finding.row) {
            (Some(layer), _) => image.instruction(layer),
            (None, row) => row.and_then(|row| image.history.get(row)).map_or("", |row| row.instruction.as_str()),
        };
        let point = |point: &Point| PointSection {
            id: point.id.to_owned(),
            title: point.title.to_owned(),
            answer: point.answer,
            evidence: point.evidence.iter().map(|it| FindingSection::new(it, instruction(it))).collect(),
        };
        Self {
            schema: SCHEMA,
            tool: Tool::this(),
            reference: reference.to_owned(),
            tags: image.tags.clone(),
            id: image.id.as_ref().map(ToString::to_string),
            passed: points.iter().all(|point| point.answer != Answer::Fail),
            points: points.iter().map(point).collect(),
        }
    }

    fn count(&self, answer: Answer) -> usize {
        self.points.iter().filter(|point| point.answer == answer).count()
    }
}

/// The JSON Schema of an audit.
pub fn schema() -> serde_json::Value {
    schemars::schema_for!(AuditReport).to_value()
}

/// Writes an audit as JSON.
pub fn write_json(report: &AuditReport, out: &mut dyn Write) -> io::Result<()> {
    json::pretty(report, out)
}

/// Writes an audit for people, in `width` columns: one line a point, with the first of its evidence.
pub fn write(report: &AuditReport, width: usize, out: &mut dyn Write) -> io::Result<()> {
    let (pass, fail) = (report.count(Answer::Pass), report.count(Answer::Fail));
    let open = report.count(Answer::Undecidable);
    writeln!(out, "{}: {pass} pass, {fail} fail, {open} not decidable from an image\n", clean(&report.reference))?;
    let id = report.points.iter().map(|point| point.id.len()).max().unwrap_or(0);
    for point in &report.points {
        let answer = match point.answer {
            Answer::Pass => "PASS",
            Answer::Fail => "FAIL",
            Answer::Undecidable => "-",
        };
        let start = format!("  {answer:<4}  {:<id$}  ", point.id);
        let room = width.saturating_sub(start.len()).max(24);
        writeln!(out, "{start}{}", evidence(&point.evidence, room))?;
    }
    Ok(())
}

/// The first of the evidence, with where it comes from, and how much more there is.
fn evidence(all: &[FindingSection], width: usize) -> String {
    let Some(first) = all.first() else { return String::new() };
    let row = first.history.map(|row| format!("row {row}"));
    let places: Vec<String> = [first.layer.map(layer), row, first.bytes.map(size)].into_iter().flatten().collect();
    let place = if places.is_empty() { String::new() } else { format!(" ({})", places.join(", ")) };
    let more = if all.len() > 1 { format!(" and {} more", all.len() - 1) } else { String::new() };
    let end = place + &more;
    let room = width.saturating_sub(end.chars().count());
    let Some(path) = &first.path else { return format!("{}{end}", head(&first.message, room)) };
    let message = clean(&first.message);
    let path = middle(&format!("/{path}"), room.saturating_sub(message.chars().count() + 1).max(16));
    format!("{path} {message}{end}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::image::LayerIndex;
    use crate::image::testing::image;
    use serde_json::json;

    fn report() -> AuditReport {
        let history = json!([{"created_by": "RUN a"}, {"created_by": "LABEL x=1", "empty_layer": true}]);
        let image = image(&json!({"history": history}), 1, &["acme/app:1"]);
        let log = Finding {
            path: Some(b"var/log/apt/a-very-long-name-that-does-not-fit-at-all/history.log".to_vec()),
            layer: Some(LayerIndex(0)),
            bytes: Some(27_100),
            ..Finding::say("is a log")
        };
        let label = Finding { row: Some(1), ..Finding::say(format!("x is {}", "long ".repeat(20))) };
        let point = |id, answer, evidence| Point { id, title: "a title", answer, evidence };
        let points = [
            point("version-label", Answer::Pass, vec![label]),
            point("no-logs", Answer::Fail, vec![log.clone(), log]),
            point("unique-tag", Answer::Undecidable, vec![Finding::say("only the registry can tell whether 1 moves")]),
        ];
        AuditReport::new("app.tar", &image, &points)
    }

    #[test]
    fn each_point_is_one_line() {
        let mut out = Vec::new();
        write(&report(), 80, &mut out).unwrap();
        let text = String::from_utf8(out).unwrap();
        insta::assert_snapshot!(text);
        assert!(text.lines().all(|line| line.chars().count() <= 80), "{text}");
    }

    #[test]
    fn the_json_is_as_its_schema_says() {
        let mut out = Vec::new();
        write_json(&report(), &mut out).unwrap();
        let json: serde_json::Value = serde_json::from_slice(&out).unwrap();
        assert!(jsonschema::validator_for(&schema()).unwrap().is_valid(&json));
        assert_eq!(json["passed"], false);
        assert_eq!(json["points"][0]["evidence"][0]["instruction"], "LABEL x=1");
        assert_eq!(json["points"][1]["evidence"][1]["instruction"], "RUN a");
        assert_eq!(json["points"][2]["answer"], "undecidable");
    }
}
