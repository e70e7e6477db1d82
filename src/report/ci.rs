//! The verdict for people: each rule with its value and limit, what to fix, and one word at the end.

use super::text::layers_of;
use super::words::{clean, head, middle, size};
use super::{Report, WasteSection};
use crate::analysis::{Figure, Limit, Metrics, RuleOutcome, Verdict};
use std::io::{self, Write};

/// How many wasted items are named.
const ITEMS: usize = 10;

/// One image and what the rules said of it.
#[derive(Debug, Clone, Copy)]
pub struct Judged<'a> {
    /// The analysis.
    pub report: &'a Report,
    /// What the rules said.
    pub verdict: &'a Verdict,
}

/// Writes the verdicts on one or several images, in `width` columns as far as names allow; the last line is `PASS` or
/// `FAIL` over all of them. Without an image nothing was judged, and nothing passes.
pub fn write(images: &[Judged<'_>], width: usize, out: &mut dyn Write) -> io::Result<()> {
    for judged in images {
        one(judged, width.max(60), out)?;
        writeln!(out)?;
    }
    let passed = !images.is_empty() && images.iter().all(|judged| judged.verdict.passed());
    writeln!(out, "{}", if passed { "PASS" } else { "FAIL" })
}

fn one(judged: &Judged<'_>, width: usize, out: &mut dyn Write) -> io::Result<()> {
    let Judged { report, verdict } = judged;
    let name = clean(&report.image.source.reference);
    let tags = clean(&report.image.tags.join(", "));
    let tags = if tags.is_empty() || tags == name { String::new() } else { format!(" ({tags})") };
    writeln!(out, "{name}{tags}: {}", if verdict.passed() { "PASS" } else { "FAIL" })?;
    if report.totals.partial {
        writeln!(out, "  partial: some of the image could not be read; all figures are over what could")?;
    }
    let rows: Vec<[String; 4]> = verdict.outcomes.iter().map(row).collect();
    table(&rows, verdict.metrics, out)?;
    for outcome in &verdict.outcomes {
        other(outcome, out)?;
    }
    let items: Vec<WasteSection> = report.waste.iter().take(ITEMS).collect();
    if !items.is_empty() {
        writeln!(out, "  largest waste ({} of {}):", items.len(), report.waste.len())?;
    }
    items.iter().try_for_each(|item| self::item(report, item, width, out))
}

fn row(outcome: &RuleOutcome) -> [String; 4] {
    let (mut value, mut limit) = (figure(outcome.value), "off".to_owned());
    if let Limit::At(at) = outcome.limit {
        limit = figure(at);
        if let (Figure::Ratio(exact), true) = (outcome.value, value == limit && outcome.value != at) {
            // Rounded they look the same, and the verdict would be a riddle.
            value = exact.to_string();
        }
    }
    [outcome.rule.to_string(), value, limit, outcome.status.to_string()]
}

fn figure(figure: Figure) -> String {
    match figure {
        Figure::Ratio(_) => figure.to_string(),
        Figure::Bytes(bytes) if bytes < 1000 => figure.to_string(),
        Figure::Bytes(bytes) => format!("{bytes} B ({})", size(bytes)),
    }
}

/// Columns as wide as what is in them. The figures stand on the right of theirs.
fn table(rows: &[[String; 4]], metrics: Metrics, out: &mut dyn Write) -> io::Result<()> {
    let value = match metrics {
        Metrics::Exact => "value",
        Metrics::Dive => "value (dive's)",
    };
    let header = ["rule", value, "limit", "verdict"].map(str::to_owned);
    let width = |column: usize| {
        let cells = std::iter::once(&header).chain(rows).filter_map(|row| row.get(column));
        cells.map(|cell| cell.chars().count()).max().unwrap_or(0)
    };
    let (rule, value, limit) = (width(0), width(1), width(2));
    for [name, figure, at, verdict] in std::iter::once(&header).chain(rows) {
        writeln!(out, "  {name:<rule$}  {figure:>value$}  {at:>limit$}  {verdict}")?;
    }
    Ok(())
}

/// Where the other figures lead to another verdict: both, and how to stay with one.
fn other(outcome: &RuleOutcome, out: &mut dyn Write) -> io::Result<()> {
    let Some(other) = &outcome.other else { return Ok(()) };
    let (mine, rule) = (other.metrics.other(), outcome.rule);
    writeln!(
        out,
        "  {rule}: {mine} {} {}, {} {} {}",
        outcome.value, outcome.status, other.metrics, other.value, other.status
    )?;
    writeln!(out, "    the two differ: pin one by `metrics: {mine}` or `metrics: {}` in .dive-ci,", other.metrics)?;
    writeln!(out, "    or by --metrics {mine} or --metrics {}", other.metrics)
}

/// A wasted item, and the instructions of both layers under it.
fn item(report: &Report, item: &WasteSection, width: usize, out: &mut dyn Write) -> io::Result<()> {
    let start = format!("    {:>8}  {:<13}  {:<9}  ", size(item.bytes), item.cause.name(), layers_of(item));
    let rest = width.saturating_sub(start.chars().count()).max(24);
    writeln!(out, "{start}{}", middle(&format!("/{}", item.path), rest))?;
    for layer in [item.owner_layer, item.by_layer] {
        let label = format!("{:14}{:<4} ", "", super::words::layer(layer));
        let instruction = head(report.instruction(layer), width.saturating_sub(label.len()).max(24));
        let instruction = if instruction.is_empty() { "(the history does not tell)" } else { &instruction };
        writeln!(out, "{label}{instruction}")?;
        if item.owner_layer == item.by_layer {
            break;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analysis::{DiveFigures, DiveRules, Totals, evaluate};
    use crate::report::testing;

    fn verdict(rules: &DiveRules) -> Verdict {
        let totals = Totals { efficiency: 0.985_139, wasted_bytes: 3_002_000, user_wasted: 0.05, ..Totals::default() };
        let dive =
            DiveFigures { efficiency: 0.97, wasted_bytes: 6_002_000, user_wasted: 1.0, ..DiveFigures::default() };
        evaluate(rules, &totals, &dive)
    }

    fn text(images: &[Judged<'_>]) -> String {
        let mut out = Vec::new();
        write(images, 80, &mut out).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn a_verdict_says_what_to_fix() {
        let report = testing::report();
        let limit = Limit::At(Figure::Bytes(3_000_000));
        let verdict = verdict(&DiveRules { highest_wasted_bytes: limit, ..DiveRules::default() });
        let text = text(&[Judged { report: &report, verdict: &verdict }]);
        insta::assert_snapshot!(text);
        assert!(text.lines().all(|line| line.chars().count() <= 80), "{text}");
    }

    #[test]
    fn a_failure_by_a_hair_is_visible() {
        let rules = DiveRules::default();
        let totals = Totals { efficiency: 0.899_999_9, ..Totals::default() };
        let verdict = evaluate(&rules, &totals, &DiveFigures { efficiency: 0.9, ..DiveFigures::default() });
        assert_eq!(row(&verdict.outcomes[0]), ["lowestEfficiency", "0.8999999", "0.9000", "FAIL"]);
    }

    #[test]
    fn one_failure_fails_all() {
        let report = testing::report();
        let good = verdict(&DiveRules::default());
        let bad = verdict(&DiveRules { metrics: Metrics::Dive, ..DiveRules::default() });
        let judged = |verdict| Judged { report: &report, verdict };
        assert_eq!(text(&[judged(&good)]).lines().last(), Some("PASS"));
        assert_eq!(text(&[judged(&good), judged(&bad)]).lines().last(), Some("FAIL"));
        assert_eq!(text(&[]), "FAIL\n");
    }
}
