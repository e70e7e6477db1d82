use super::*;
use crate::analysis::{DiveFigures, DiveRules, Limit, Totals};
use crate::image::LayerIndex;
use crate::report::testing;

fn dive(rules: &DiveRules) -> Verdict {
    let totals = Totals { efficiency: 0.985_139, wasted_bytes: 3_002_000, user_wasted: 0.05, ..Totals::default() };
    let dive = DiveFigures { efficiency: 0.97, wasted_bytes: 6_002_000, user_wasted: 1.0, ..DiveFigures::default() };
    Verdict { metrics: rules.metrics, rulings: rules.judge(&totals, &dive) }
}

fn ruling(id: &str, severity: RuleSeverity, findings: Vec<Finding>) -> Ruling {
    Ruling {
        id: id.to_owned(),
        check: "forbidden-paths",
        severity,
        reason: Some("logs <b>belong</b> to @ops".to_owned()),
        status: if findings.is_empty() { Status::Pass } else { Status::Fail },
        value: Some(Figure::Count(findings.len() as u64)),
        limit: Some(Figure::Count(0)),
        findings,
        ignored: Vec::new(),
        other: None,
    }
}

fn found(path: &[u8], layer: u32) -> Finding {
    Finding {
        path: Some(path.to_vec()),
        layer: Some(LayerIndex(layer)),
        bytes: Some(27_100),
        message: "is forbidden by var/log/**".to_owned(),
        row: None,
    }
}

/// An image of which a rule of each kind was judged, with names that are meant to break formats.
fn mixed() -> CiReport {
    let mut verdict = dive(&DiveRules { highest_wasted_bytes: at(3_000_000), ..DiveRules::default() });
    let odd = b"var/log/<x> & |`]]>\x1b\xff::%0A".as_slice();
    let mut no_logs = ruling("no-logs", RuleSeverity::Error, vec![found(b"var/log/dpkg.log", 1), found(odd, 0)]);
    no_logs.ignored = vec![Ignored {
        finding: found(b"var/log/app.log", 1),
        reason: "a link to standard output".to_owned(),
        until: Some("2027-03-31".parse().unwrap()),
    }];
    verdict.rulings.push(no_logs);
    let message = "label org.opencontainers.image.version is missing".to_owned();
    let labels = vec![Finding { message, ..Finding::default() }];
    verdict.rulings.push(ruling("labels", RuleSeverity::Warning, labels));
    verdict.rulings.push(ruling("fine", RuleSeverity::Error, Vec::new()));
    let before = Snapshot { name: "app:main".to_owned(), ..Snapshot::default() };
    let image = ImageVerdict::new(&testing::report(), &verdict, Some(&before));
    let unjudged = Unjudged { reference: "gone.tar".to_owned(), message: "gone.tar: no such file".to_owned() };
    CiReport::new(vec![image], vec![unjudged])
}

fn at(bytes: u64) -> Limit {
    Limit::At(Figure::Bytes(bytes))
}

fn written(report: &CiReport, format: VerdictFormat) -> String {
    let mut out = Vec::new();
    write(report, format, 80, &mut out).unwrap();
    String::from_utf8(out).unwrap()
}

fn verdicts(verdicts: &[&Verdict]) -> CiReport {
    CiReport::new(
        verdicts.iter().map(|verdict| ImageVerdict::new(&testing::report(), verdict, None)).collect(),
        Vec::new(),
    )
}

#[test]
fn a_verdict_says_what_to_fix() {
    let verdict = dive(&DiveRules { highest_wasted_bytes: at(3_000_000), ..DiveRules::default() });
    let text = written(&verdicts(&[&verdict]), VerdictFormat::Text);
    insta::assert_snapshot!(text);
    assert!(text.lines().all(|line| line.chars().count() <= 80), "{text}");
}

#[test]
fn a_failure_by_a_hair_is_visible() {
    let totals = Totals { efficiency: 0.899_999_9, ..Totals::default() };
    let rules = DiveRules::default();
    let rulings = rules.judge(&totals, &DiveFigures { efficiency: 0.9, ..DiveFigures::default() });
    let rule = rule(&testing::report(), &rulings[0]);
    assert_eq!(rule.figures(), ["0.8999999", "0.9000"]);
    assert_eq!(rule.word(), "FAIL");
}

#[test]
fn one_failure_fails_all() {
    let good = dive(&DiveRules::default());
    let bad = dive(&DiveRules { metrics: Metrics::Dive, ..DiveRules::default() });
    let last = |report: &CiReport| written(report, VerdictFormat::Text).lines().last().map(str::to_owned);
    assert_eq!(last(&verdicts(&[&good])).as_deref(), Some("PASS"));
    assert_eq!(last(&verdicts(&[&good, &bad])).as_deref(), Some("FAIL"));
    assert_eq!(last(&verdicts(&[])).as_deref(), Some("FAIL"));
    let unjudged = Unjudged { reference: "x".to_owned(), message: "x".to_owned() };
    assert!(!CiReport::new(verdicts(&[&good]).images, vec![unjudged]).passed, "what was not judged did not pass");
}

#[test]
fn a_warning_does_not_fail() {
    let mut verdict = dive(&DiveRules::default());
    verdict.rulings.push(ruling("labels", RuleSeverity::Warning, vec![found(b"a", 0)]));
    assert!(verdict.passed());
    verdict.rulings.push(ruling("no-logs", RuleSeverity::Error, vec![found(b"a", 0)]));
    assert!(!verdict.passed());
}

#[test]
fn findings_stand_below_the_table() {
    let text = written(&mixed(), VerdictFormat::Text);
    insta::assert_snapshot!(text);
    assert!(text.lines().all(|line| line.chars().count() <= 80), "{text}");
}

#[test]
fn markdown_tells_the_same() {
    insta::assert_snapshot!(written(&mixed(), VerdictFormat::Markdown));
}

#[test]
fn junit_tells_the_same() {
    insta::assert_snapshot!(written(&mixed(), VerdictFormat::Junit));
}

/// An element of JUnit's XML: its name, its children, the attributes that it must have, and those that it may have.
type Element = (&'static str, &'static [&'static str], &'static [&'static str], &'static [&'static str]);

/// What the readers of JUnit's XML expect, as `junit-10.xsd` of the xUnit plugin of Jenkins has it.
const JUNIT: [Element; 7] = [
    ("testsuites", &["testsuite"], &[], &["name", "time", "tests", "failures", "errors"]),
    (
        "testsuite",
        &["testsuite", "properties", "testcase", "system-out", "system-err"],
        &["name", "tests", "failures", "errors"],
        &["group", "time", "skipped", "timestamp", "hostname", "id", "package", "file", "log", "url"],
    ),
    (
        "testcase",
        &["skipped", "error", "failure", "system-out", "system-err"],
        &["name"],
        &["time", "classname", "group"],
    ),
    ("failure", &[], &[], &["type", "message"]),
    ("error", &[], &[], &["type", "message"]),
    ("skipped", &[], &[], &["type", "message"]),
    ("system-out", &[], &[], &[]),
];

/// What in a document is not as the table above says.
fn strange_to_junit(xml: &str) -> Vec<String> {
    use quick_xml::events::Event;
    let mut reader = quick_xml::Reader::from_str(xml);
    let (mut open, mut strange): (Vec<String>, _) = (vec![String::new()], Vec::new());
    loop {
        let (element, is_empty) = match reader.read_event().unwrap() {
            Event::Start(element) => (element, false),
            Event::Empty(element) => (element, true),
            Event::End(_) => {
                open.pop();
                continue;
            }
            Event::Eof => return strange,
            _ => continue,
        };
        let name = element.name().as_ref().to_owned();
        let row = |name: &str| JUNIT.iter().find(|row| row.0 == name);
        let parent = open.last().unwrap();
        if !row(parent).map_or(&["testsuites"][..], |row| row.1).contains(&name.as_str()) {
            strange.push(format!("{name} within '{parent}'"));
        }
        let Some((_, _, needed, allowed)) = row(&name) else { continue };
        let there: Vec<String> =
            element.attributes().map(|attribute| attribute.unwrap().key.as_ref().to_owned()).collect();
        strange.extend(needed.iter().filter(|key| !there.contains(&(**key).to_owned())).map(|key| format!("no {key}")));
        let is_known = |key: &&String| needed.contains(&key.as_str()) || allowed.contains(&key.as_str());
        strange.extend(there.iter().filter(|key| !is_known(key)).map(|key| format!("{key} of {name}")));
        if !is_empty {
            open.push(name);
        }
    }
}

#[test]
fn junit_is_as_its_readers_expect() {
    let xml = written(&mixed(), VerdictFormat::Junit);
    assert_eq!(strange_to_junit(&xml), Vec::<String>::new());
    let wrong = xml.replace("classname=", "class=").replace("<failure ", "<fault ").replace("</failure>", "</fault>");
    let strange = strange_to_junit(&wrong);
    assert!(
        strange.contains(&"class of testcase".to_owned()) && strange.contains(&"fault within 'testcase'".to_owned())
    );
}

#[test]
fn annotations_tell_the_same() {
    insta::assert_snapshot!(written(&mixed(), VerdictFormat::Github));
}

#[test]
fn the_json_is_as_its_schema_says() {
    let json: serde_json::Value = serde_json::from_str(&written(&mixed(), VerdictFormat::Json)).unwrap();
    let validator = jsonschema::validator_for(&schema()).unwrap();
    let errors: Vec<_> = validator.iter_errors(&json).map(|error| error.to_string()).collect();
    assert!(errors.is_empty(), "{errors:?}");
    let rule = &json["images"][0]["rules"][3];
    assert_eq!((&rule["id"], &rule["value"], &rule["limit"]), (&"no-logs".into(), &2.into(), &0.into()));
    assert_eq!(rule["findings"][1]["path"], "var/log/<x> & |`]]>\\x1b\\xff::%0A");
    assert_eq!(rule["ignored"][0]["until"], "2027-03-31");
    assert_eq!(json["unjudged"][0]["reference"], "gone.tar");
    let mut wrong = json;
    wrong["images"][0]["rules"] = "none".into();
    assert!(!validator.is_valid(&wrong));
}
