//! Markdown for a comment on a pull request or the summary of a job: the verdict and the rules at once, the rest folded.
//! It is GitHub's dialect (<https://github.github.com/gfm/>), which GitLab reads as well.

use super::super::text::layers_of;
use super::super::words::{clean, head, middle, size};
use super::{CiReport, FindingSection, IgnoredSection, ImageVerdict, RuleSection, StatusSection, Unjudged, WasteFix};
use std::io::{self, Write};

/// How many findings of one rule are named; a comment may have 65,536 characters.
const FINDINGS: usize = 20;

/// The longest instruction, and the longest path.
const LONGEST: usize = 200;

/// Writes the verdicts, one heading for each image.
pub(super) fn write(report: &CiReport, out: &mut dyn Write) -> io::Result<()> {
    for Unjudged { reference, message } in &report.unjudged {
        writeln!(out, "## ❌ {} could not be judged\n\n{}\n", code(reference), plain(message))?;
    }
    for (index, image) in report.images.iter().enumerate() {
        if index > 0 {
            writeln!(out)?;
        }
        one(image, out)?;
    }
    Ok(())
}

fn one(image: &ImageVerdict, out: &mut dyn Write) -> io::Result<()> {
    let (mark, word) = if image.passed { ("✅", "passed") } else { ("❌", "failed") };
    writeln!(out, "## {mark} {} {word}\n", code(&image.name()))?;
    if image.partial {
        writeln!(out, "> ⚠️ Some of the image could not be read. All figures are over what could.\n")?;
    }
    let (shipped, wasted) = (size(image.shipped_bytes), size(image.wasted_bytes));
    let before = image.compared_with.as_ref().map(|before| format!(", compared with {}", code(before)));
    let before = before.unwrap_or_default();
    writeln!(out, "{} layers, {shipped} shipped, {wasted} wasted{before}\n", image.layers)?;
    writeln!(out, "| | rule | value | limit |\n|---|---|---:|---:|")?;
    for rule in &image.rules {
        let [value, limit] = rule.figures();
        writeln!(out, "| {} | {} | {value} | {limit} |", mark_of(rule), cell(&rule.id))?;
    }
    for rule in image.rules.iter().filter(|rule| rule.status == StatusSection::Fail) {
        findings(rule, out)?;
    }
    ignored(&image.rules, out)?;
    waste(image, out)
}

fn mark_of(rule: &RuleSection) -> &'static str {
    match rule.word() {
        "PASS" => "✅",
        "WARN" => "⚠️",
        "FAIL" => "❌",
        _ => "➖",
    }
}

/// What breaks a rule: unfolded, as it is what has to be done.
fn findings(rule: &RuleSection, out: &mut dyn Write) -> io::Result<()> {
    if rule.findings.is_empty() && rule.reason.is_none() && rule.other.is_none() {
        return Ok(());
    }
    let reason = rule.reason.as_ref().map(|reason| format!(": {}", plain(reason))).unwrap_or_default();
    writeln!(out, "\n**{} {}**{reason}\n", mark_of(rule), code(&rule.id))?;
    if let Some(other) = &rule.other {
        writeln!(out, "- by the {} figures this rule says {}", other.metrics, other.status.word())?;
    }
    let mut told = None;
    for finding in rule.findings.iter().take(FINDINGS) {
        let instruction = head(&finding.instruction, LONGEST);
        let is_new = !instruction.is_empty() && told != finding.layer;
        let by = if is_new { format!("<br>{}", code(&instruction)) } else { String::new() };
        writeln!(out, "- {}{by}", line(finding))?;
        told = finding.layer;
    }
    match rule.findings.len().saturating_sub(FINDINGS) {
        0 => Ok(()),
        more => writeln!(out, "- … and {more} more"),
    }
}

fn line(finding: &FindingSection) -> String {
    let path = finding.path.as_ref().map(|path| format!("{} ", code(&shown(path)))).unwrap_or_default();
    format!("{path}{}", plain(&finding.sentence()))
}

/// A path as it is shown.
fn shown(path: &str) -> String {
    middle(&format!("/{path}"), LONGEST)
}

/// What was overlooked, folded.
fn ignored(rules: &[RuleSection], out: &mut dyn Write) -> io::Result<()> {
    let all: Vec<(&RuleSection, &IgnoredSection)> =
        rules.iter().flat_map(|rule| rule.ignored.iter().map(move |ignored| (rule, ignored))).collect();
    if all.is_empty() {
        return Ok(());
    }
    writeln!(out, "\n<details><summary>{} ignored</summary>\n", all.len())?;
    for (rule, ignored) in all.iter().take(FINDINGS) {
        writeln!(out, "- {}: {}; {}", code(&rule.id), line(&ignored.finding), plain(&ignored.why()))?;
    }
    if let Some(more) = all.len().checked_sub(FINDINGS).filter(|more| *more > 0) {
        writeln!(out, "- … and {more} more")?;
    }
    writeln!(out, "\n</details>")
}

/// The largest waste, folded.
fn waste(image: &ImageVerdict, out: &mut dyn Write) -> io::Result<()> {
    if image.waste.is_empty() {
        return Ok(());
    }
    let (named, all) = (image.waste.len(), image.waste_items);
    writeln!(out, "\n<details><summary>Largest waste ({named} of {all})</summary>\n")?;
    writeln!(out, "| bytes | cause | layers | path | shipped by | made dead by |\n|---:|---|---|---|---|---|")?;
    for WasteFix { item, owner_instruction, by_instruction } in &image.waste {
        let by = |instruction: &str| cell(&head(instruction, LONGEST));
        writeln!(
            out,
            "| {} | {} | {} | {} | {} | {} |",
            size(item.bytes),
            item.cause.name().replace('_', "\\_"),
            layers_of(item),
            cell(&shown(&item.path)),
            by(owner_instruction),
            by(by_instruction)
        )?;
    }
    writeln!(out, "\n</details>")
}

/// Foreign text as it is: a code span with a fence that the text does not have.
fn code(text: &str) -> String {
    let text = clean(text);
    if text.trim().is_empty() {
        return String::new();
    }
    let longest = text.split(|c| c != '`').map(str::len).max().unwrap_or(0);
    let fence = "`".repeat(longest + 1);
    // A blank at both ends is taken off again, and keeps a backtick from the fence.
    let pad = if text.starts_with(['`', ' ']) || text.ends_with(['`', ' ']) { " " } else { "" };
    format!("{fence}{pad}{text}{pad}{fence}")
}

/// A code span for a cell of a table, which a bar would end even within a span.
fn cell(text: &str) -> String {
    code(text).replace('|', "\\|")
}

/// A sentence with foreign words in it, none of which can make a link, a picture, an element or a mention.
fn plain(text: &str) -> String {
    let text = clean(text);
    let mut out = String::new();
    for (at, c) in text.char_indices() {
        // `://` alone makes a link of what is before and after it, and so does `www.` of what follows.
        let ends_www = || out.get(out.len().saturating_sub(3)..).is_some_and(|end| end.eq_ignore_ascii_case("www"));
        let makes_link = text.get(at..).is_some_and(|rest| rest.starts_with("://")) || c == '.' && ends_www();
        if "\\`*_[]<>#|~&@".contains(c) || makes_link {
            out.push('\\');
        }
        out.push(c);
        if matches!(c, '@' | '#') {
            // A mention is found after the backslashes are gone; it does not reach over a comment.
            out.push_str("<!-- -->");
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn foreign_text_cannot_leave_its_span() {
        let cases = [
            ("plain", "`plain`"),
            ("a`b", "``a`b``"),
            ("``a``", "``` ``a`` ```"),
            ("a|b", "`a|b`"),
            ("a\nb", "`a\\x0ab`"),
            ("", ""),
        ];
        for (text, expected) in cases {
            assert_eq!(code(text), expected, "{text}");
        }
        assert_eq!(cell("a|b"), "`a\\|b`");
        assert_eq!(plain("see www.a.b, (WWW.c.d) and w.ww"), "see www\\.a.b, (WWW\\.c.d) and w.ww");
        assert_eq!(plain("<b> @all *x* http://y"), "\\<b\\> \\@<!-- -->all \\*x\\* http\\://y");
    }
}
