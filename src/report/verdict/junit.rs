//! JUnit's XML, as build servers show it: an image is a suite, a rule is a test case. Elements and attributes are those
//! that the schema of the xUnit plugin of Jenkins has (`junit-10.xsd`), which the other readers understand as well.

use super::super::words::clean;
use super::{CiReport, FindingSection, ImageVerdict, RuleSection, StatusSection, Unjudged};
use crate::analysis::RuleSeverity;
use quick_xml::Writer;
use quick_xml::events::{BytesDecl, BytesText, Event};
use std::io::{self, Write};

/// Writes the verdicts as one document.
pub(super) fn write(report: &CiReport, out: &mut dyn Write) -> io::Result<()> {
    let mut xml = Writer::new_with_indent(&mut *out, b' ', 2);
    xml.write_event(Event::Decl(BytesDecl::new("1.0", Some("UTF-8"), None)))?;
    let failures = report.images.iter().flat_map(|image| &image.rules).filter(|rule| is_failure(rule)).count();
    let judged: usize = report.images.iter().map(|image| image.rules.len()).sum();
    let errors = report.unjudged.len();
    xml.create_element("testsuites")
        .with_attributes([
            ("name", "layerscope"),
            ("tests", (judged + errors).to_string().as_str()),
            ("failures", failures.to_string().as_str()),
            ("errors", errors.to_string().as_str()),
        ])
        .write_inner_content(|xml| {
            report.unjudged.iter().try_for_each(|image| unjudged(image, xml))?;
            report.images.iter().try_for_each(|image| suite(image, xml))
        })?;
    out.write_all(b"\n")
}

/// Whether a build server should show a test as failed.
fn is_failure(rule: &RuleSection) -> bool {
    rule.status == StatusSection::Fail && rule.severity == RuleSeverity::Error
}

/// An image that could not be judged: a suite with one error.
fn unjudged<W: Write>(image: &Unjudged, xml: &mut Writer<W>) -> io::Result<()> {
    let (name, message) = (legal(&image.reference), legal(&image.message));
    let suite = xml.create_element("testsuite").with_attributes([
        ("name", name.as_str()),
        ("tests", "1"),
        ("failures", "0"),
        ("errors", "1"),
        ("skipped", "0"),
    ]);
    suite.write_inner_content(|xml| {
        let case = xml.create_element("testcase");
        let case = case.with_attributes([("classname", name.as_str()), ("name", "open")]);
        case.write_inner_content(|xml| {
            let error = xml.create_element("error");
            error.with_attribute(("message", message.as_str())).write_empty().map(|_| ())
        })?;
        Ok(())
    })?;
    Ok(())
}

fn suite<W: Write>(image: &ImageVerdict, xml: &mut Writer<W>) -> io::Result<()> {
    let count = |which: fn(&RuleSection) -> bool| image.rules.iter().filter(|rule| which(rule)).count().to_string();
    xml.create_element("testsuite")
        .with_attributes([
            ("name", legal(&image.name()).as_str()),
            ("tests", count(|_| true).as_str()),
            ("failures", count(is_failure).as_str()),
            ("errors", "0"),
            ("skipped", count(|rule| rule.status == StatusSection::Skipped).as_str()),
        ])
        .write_inner_content(|xml| image.rules.iter().try_for_each(|rule| case(image, rule, xml)))?;
    Ok(())
}

fn case<W: Write>(image: &ImageVerdict, rule: &RuleSection, xml: &mut Writer<W>) -> io::Result<()> {
    let class = legal(&image.name());
    let element =
        xml.create_element("testcase").with_attributes([("classname", class.as_str()), ("name", rule.id.as_str())]);
    let [value, limit] = rule.figures();
    let figures = format!("{value}, where the limit is {limit}");
    let text = text(rule);
    match (rule.status, rule.severity) {
        (StatusSection::Skipped, _) => {
            element.write_inner_content(|xml| xml.create_element("skipped").write_empty().map(|_| ()))?;
        }
        (StatusSection::Fail, RuleSeverity::Error) => {
            element.write_inner_content(|xml| {
                let failure = xml
                    .create_element("failure")
                    .with_attributes([("type", rule.check.as_str()), ("message", figures.as_str())]);
                failure.write_text_content(BytesText::new(&text)).map(|_| ())
            })?;
        }
        (StatusSection::Fail, RuleSeverity::Warning) => {
            let text = format!("warning: {figures}\n{text}");
            element.write_inner_content(|xml| output(&text, xml))?;
        }
        (StatusSection::Pass, _) if text.is_empty() => {
            element.write_empty()?;
        }
        (StatusSection::Pass, _) => {
            element.write_inner_content(|xml| output(&text, xml))?;
        }
    }
    Ok(())
}

fn output<W: Write>(text: &str, xml: &mut Writer<W>) -> io::Result<()> {
    xml.create_element("system-out").write_text_content(BytesText::new(text)).map(|_| ())
}

/// Everything that was found, a line each, and what was ignored.
fn text(rule: &RuleSection) -> String {
    let reason = rule.reason.as_ref().filter(|_| rule.status == StatusSection::Fail);
    let findings = rule.findings.iter().map(FindingSection::line);
    let ignored = rule.ignored.iter().map(|ignored| format!("{}; {}", ignored.finding.line(), ignored.why()));
    let lines = reason.cloned().into_iter().chain(findings).chain(ignored).map(|line| legal(&line));
    lines.collect::<Vec<_>>().join("\n")
}

/// Foreign text without the two characters that XML has no way to write and that [`clean`] leaves
/// (<https://www.w3.org/TR/xml/#charsets>).
fn legal(text: &str) -> String {
    clean(text).replace(['\u{fffe}', '\u{ffff}'], "\u{fffd}")
}
