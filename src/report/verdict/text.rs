//! The verdict for people: each rule with its value and limit, what to fix, and one word at the end.

use super::super::text::layers_of;
use super::super::words::{clean, head, layer, middle, size, wrap};
use super::{CiReport, FindingSection, ImageVerdict, Number, RuleSection, StatusSection, WasteFix};
use crate::analysis::{Metrics, RuleSeverity};
use std::borrow::Cow;
use std::io::{self, Write};

/// How many findings of one rule are named.
const FINDINGS: usize = 10;

/// Writes the verdicts on one or several images, in `width` columns as far as names allow; the last line is `PASS` or
/// `FAIL` over all of them.
pub(super) fn write(report: &CiReport, width: usize, out: &mut dyn Write) -> io::Result<()> {
    let mut text = Vec::new();
    for image in &report.images {
        one(image, width.max(60), &mut text)?;
        writeln!(text)?;
    }
    for line in text.split_inclusive(|byte| *byte == b'\n') {
        out.write_all(&without_commands(line))?;
    }
    writeln!(out, "{}", if report.passed { "PASS" } else { "FAIL" })
}

/// A line that a runner of GitHub takes for text. It obeys `::` at the beginning of a line, and `##[` anywhere
/// (`ActionCommand` of `actions/runner`): an instruction or a path of the image must not speak to it.
fn without_commands(line: &[u8]) -> Cow<'_, [u8]> {
    let begins = line.trim_ascii_start().starts_with(b"::");
    if !begins && memchr::memmem::find(line, b"##[").is_none() {
        return Cow::Borrowed(line);
    }
    let line = String::from_utf8_lossy(line);
    let line = if begins { line.replacen("::", "\\x3a:", 1) } else { line.into_owned() };
    Cow::Owned(line.replace("##[", "#\\x23[").into_bytes())
}

fn one(image: &ImageVerdict, width: usize, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "{}: {}", clean(&image.name()), if image.passed { "PASS" } else { "FAIL" })?;
    if image.partial {
        writeln!(out, "  partial: some of the image could not be read; all figures are over what could")?;
    }
    if let Some(before) = &image.compared_with {
        writeln!(out, "  compared with {}", clean(before))?;
    }
    table(&image.rules, image.metrics, out)?;
    for rule in &image.rules {
        other(rule, image.metrics, out)?;
        findings(rule, width, out)?;
        ignored(rule, width, out)?;
    }
    if !image.waste.is_empty() {
        writeln!(out, "  largest waste ({} of {}):", image.waste.len(), image.waste_items)?;
    }
    image.waste.iter().try_for_each(|fix| item(fix, width, out))
}

/// Columns as wide as what is in them. The figures stand on the right of theirs.
fn table(rules: &[RuleSection], metrics: Metrics, out: &mut dyn Write) -> io::Result<()> {
    let value = match metrics {
        Metrics::Exact => "value",
        Metrics::Dive => "value (dive's)",
    };
    let row = |rule: &RuleSection| {
        let [value, limit] = rule.figures();
        [rule.id.clone(), value, limit, rule.word().to_owned()]
    };
    let header = ["rule", value, "limit", "verdict"].map(str::to_owned);
    let rows: Vec<[String; 4]> = std::iter::once(header).chain(rules.iter().map(row)).collect();
    let width = |column: usize| {
        let cells = rows.iter().filter_map(|row| row.get(column));
        cells.map(|cell| cell.chars().count()).max().unwrap_or(0)
    };
    let (rule, value, limit) = (width(0), width(1), width(2));
    for [name, figure, at, verdict] in &rows {
        writeln!(out, "  {name:<rule$}  {figure:>value$}  {at:>limit$}  {verdict}")?;
    }
    Ok(())
}

/// Where the other figures lead to another verdict: both, and how to stay with one.
fn other(rule: &RuleSection, mine: Metrics, out: &mut dyn Write) -> io::Result<()> {
    let Some(other) = &rule.other else { return Ok(()) };
    // In full, as they go into a rules file.
    let figure = |number: Option<Number>| match number {
        Some(Number::Whole(bytes)) => format!("{bytes} B"),
        Some(Number::Ratio(ratio)) => format!("{ratio:.4}"),
        None => "NaN".to_owned(),
    };
    let (here, there) = (figure(rule.value), figure(other.value));
    let theirs = other.metrics;
    writeln!(out, "  {}: {mine} {here} {}, {theirs} {there} {}", rule.id, rule.word(), other.status.word())?;
    writeln!(out, "    the two differ: pin one by `metrics: {mine}` or `metrics: {theirs}` in .dive-ci,")?;
    writeln!(out, "    or by --metrics {mine} or --metrics {theirs}")
}

/// What breaks a rule, and why the rule is there.
fn findings(rule: &RuleSection, width: usize, out: &mut dyn Write) -> io::Result<()> {
    let Some(reason) = rule.reason.as_ref().filter(|_| rule.status == StatusSection::Fail) else { return Ok(()) };
    let word = match rule.severity {
        RuleSeverity::Error => "error",
        RuleSeverity::Warning => "warning",
    };
    writeln!(out, "  {} ({word}): {}", rule.id, clean(reason))?;
    let mut told = None;
    for finding in rule.findings.iter().take(FINDINGS) {
        line(finding, width, out)?;
        let instruction = head(&finding.instruction, width.saturating_sub(6));
        // Once for findings of one layer that come one after the other.
        if !instruction.is_empty() && told != finding.layer {
            writeln!(out, "      {instruction}")?;
        }
        told = finding.layer;
    }
    match rule.findings.len().saturating_sub(FINDINGS) {
        0 => Ok(()),
        more => writeln!(out, "    … and {more} more"),
    }
}

/// What a rule overlooks.
fn ignored(rule: &RuleSection, width: usize, out: &mut dyn Write) -> io::Result<()> {
    if rule.ignored.is_empty() {
        return Ok(());
    }
    writeln!(out, "  {}: {} ignored", rule.id, rule.ignored.len())?;
    for ignored in rule.ignored.iter().take(FINDINGS) {
        line(&ignored.finding, width, out)?;
        writeln!(out, "      {}", head(&ignored.why(), width.saturating_sub(6)))?;
    }
    match rule.ignored.len().saturating_sub(FINDINGS) {
        0 => Ok(()),
        more => writeln!(out, "    … and {more} more"),
    }
}

/// A finding in one line where it fits into `width` characters, else its path and its message below each other.
fn line(finding: &FindingSection, width: usize, out: &mut dyn Write) -> io::Result<()> {
    let sentence = finding.sentence();
    let room = width.saturating_sub(4);
    let path = finding.path.as_ref().map(|path| middle(&format!("/{path}"), room));
    let whole = path.iter().chain([&sentence]).cloned().collect::<Vec<_>>().join(" ");
    if whole.chars().count() <= room {
        return writeln!(out, "    {whole}");
    }
    if let Some(path) = path {
        writeln!(out, "    {path}")?;
    }
    for line in wrap(&sentence, width.saturating_sub(6)) {
        writeln!(out, "      {line}")?;
    }
    Ok(())
}

/// A wasted item, and the instructions of both layers under it.
fn item(fix: &WasteFix, width: usize, out: &mut dyn Write) -> io::Result<()> {
    let item = &fix.item;
    let start = format!("    {:>8}  {:<13}  {:<9}  ", size(item.bytes), item.cause.name(), layers_of(item));
    let rest = width.saturating_sub(start.chars().count()).max(24);
    writeln!(out, "{start}{}", middle(&format!("/{}", item.path), rest))?;
    let layers = [(item.owner_layer, &fix.owner_instruction), (item.by_layer, &fix.by_instruction)];
    for (index, instruction) in layers {
        let label = format!("{:14}{:<4} ", "", layer(index));
        let instruction = head(instruction, width.saturating_sub(label.len()).max(24));
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

    #[test]
    fn no_line_is_a_command_to_a_runner() {
        let cases: [(&[u8], &[u8]); 5] = [
            (b"  RUN echo ::error::x\n", b"  RUN echo ::error::x\n"),
            (b"      ::stop-commands::x\n", b"      \\x3a:stop-commands::x\n"),
            (b"::error::x ::\n", b"\\x3a:error::x ::\n"),
            (b"  RUN ##[error]x ##[\n", b"  RUN #\\x23[error]x #\\x23[\n"),
            (b"  ::##[a\n", b"  \\x3a:#\\x23[a\n"),
        ];
        for (line, expected) in cases {
            assert_eq!(&*without_commands(line), expected, "{:?}", String::from_utf8_lossy(line));
        }
    }
}
