//! Annotations of a job: one command of the workflow language for each rule that is broken. The runner reads them from
//! the log (<https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands>).

use super::super::words::clean;
use super::{CiReport, FindingSection, ImageVerdict, RuleSection, StatusSection, Unjudged};
use crate::analysis::RuleSeverity;
use std::io::{self, Write};

/// How many findings one annotation names; more would hide the others.
const FINDINGS: usize = 10;

/// Writes an annotation for each rule that is broken; nothing where all is well.
pub(super) fn write(report: &CiReport, out: &mut dyn Write) -> io::Result<()> {
    for Unjudged { reference, message } in &report.unjudged {
        let message = format!("{}: {}", clean(reference), clean(message));
        writeln!(out, "::error title=layerscope%3A could not be judged::{}", data(&message))?;
    }
    for image in &report.images {
        for rule in image.rules.iter().filter(|rule| rule.status == StatusSection::Fail) {
            annotation(image, rule, out)?;
        }
    }
    Ok(())
}

fn annotation(image: &ImageVerdict, rule: &RuleSection, out: &mut dyn Write) -> io::Result<()> {
    let command = match rule.severity {
        RuleSeverity::Error => "error",
        RuleSeverity::Warning => "warning",
    };
    let [value, limit] = rule.figures();
    let title = property(&format!("layerscope: {}", rule.id));
    let mut lines = vec![format!("{}: {value}, where the limit is {limit}", clean(&image.name()))];
    lines.extend(rule.reason.as_deref().map(clean));
    lines.extend(rule.findings.iter().take(FINDINGS).map(FindingSection::line));
    if let Some(more) = rule.findings.len().checked_sub(FINDINGS).filter(|more| *more > 0) {
        lines.push(format!("… and {more} more"));
    }
    writeln!(out, "::{command} title={title}::{}", data(&lines.join("\n")))
}

/// The text of a command.
fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

/// A property of a command.
fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}
