//! The rules of `layerscope.toml`, growth, and the formats of a verdict, as a pipeline meets them.

use crate::binary::layerscope;
use crate::ci::{Bench, partial};
use crate::image_builder::{Image, docker_archive, layer};
use serde_json::{Value, json};
use std::path::Path;

/// An image of an application, with what the rules of the test below do not want.
fn app(config: Value) -> Vec<u8> {
    let layers: [&[&str]; 3] = [
        &["f etc/passwd size=40", "f 4755 usr/bin/su size=100", "f var/log/dpkg.log size=300"],
        &["f srv/app size=50000", "f srv/.env size=20"],
        &["w srv/.env"],
    ];
    let mut image = Image::new("acme/app:latest", layers.iter().map(|lines| layer(lines)).collect());
    image.config = config;
    docker_archive(&[image], false)
}

const RULES: &str = r#"
[rules.image-bytes]
max = "50kB"
reason = "the quota of the registry"

[rules.no-logs]
check = "forbidden-paths"
paths = ["var/log/**"]
severity = "warning"

[rules.secret-ghosts]
ignore = [{ path = "srv/.env", reason = "a dummy", until = 2000-01-01 }]

[rules.set-uid]
ignore = [
  { path = "usr/bin/su", reason = "of the base", until = 9999-12-31 },
  { path = "usr/bin/sudo", reason = "gone" },
]

[rules.not-root]
[rules.not-only-latest]

[rules.required-labels]
labels = { "org.opencontainers.image.version" = '\d+(\.\d+)*' }
"#;

fn bench() -> Bench {
    let bench = Bench::new();
    bench.write("app.tar", &app(json!({"User": "root", "Labels": {"org.opencontainers.image.version": "1.2.3"}})));
    bench.write("layerscope.toml", RULES.as_bytes());
    bench
}

fn status(json: &Value) -> Vec<(&str, &str)> {
    let rules = json["images"][0]["rules"].as_array().unwrap();
    rules.iter().map(|rule| (rule["id"].as_str().unwrap(), rule["status"].as_str().unwrap())).collect()
}

#[test]
fn rules_of_a_file_are_judged_beside_those_of_dive() {
    let bench = bench();
    let outcome = bench.ci(&["--output", "json", "app.tar"], 1);
    let json = outcome.json();
    assert_eq!(
        status(&json),
        [
            ("lowestEfficiency", "pass"),
            ("highestWastedBytes", "skipped"),
            ("highestUserWastedPercent", "pass"),
            ("image-bytes", "fail"),
            ("no-logs", "fail"),
            ("secret-ghosts", "fail"),
            ("set-uid", "pass"),
            ("not-root", "fail"),
            ("not-only-latest", "fail"),
            ("required-labels", "pass"),
        ]
    );
    assert_eq!(json["passed"], false);
    let rules = &json["images"][0]["rules"];
    assert_eq!(rules[3]["value"], 50460);
    assert_eq!(rules[3]["findings"][0]["bytes"], 50020, "the heaviest layer first");
    assert_eq!(rules[4]["severity"], "warning");
    let secret = rules[5]["findings"][0]["message"].as_str().unwrap();
    assert!(secret.ends_with("; ignored until 2000-01-01"), "{secret}");
    assert_eq!(rules[6]["ignored"][0]["path"], "usr/bin/su");
    assert_eq!(rules[7]["findings"][0]["message"], "USER is root");
    let idle = "layerscope.toml, line 17: set-uid finds nothing to ignore in usr/bin/sudo";
    assert!(outcome.stderr.contains(idle), "{}", outcome.stderr);
    let text = bench.ci(&["app.tar"], 1).text();
    assert!(text.contains("  image-bytes (error): the quota of the registry\n"), "{text}");
    assert!(text.contains("    /var/log/dpkg.log is forbidden by var/log/** (L0, 300 B)\n"), "{text}");
    assert!(text.lines().all(|line| line.chars().count() <= 80), "{text}");
}

#[test]
fn an_ignore_that_is_not_needed_is_told() {
    let bench = bench();
    let rule = "[rules.layers]\nmax = 9\nignore = { reason = \"a large base\" }\n[rules.image-growth]\nignore = { reason = \"x\" }\n";
    bench.write("layerscope.toml", rule.as_bytes());
    let outcome = bench.ci(&["app.tar"], 0);
    let told: Vec<&str> = outcome.stderr.lines().collect();
    let expected = "layerscope: layerscope.toml, line 3: layers passes, so that nothing has to be ignored";
    assert_eq!(told, [expected], "growth was not judged");
}

#[test]
fn warnings_alone_pass() {
    let bench = bench();
    bench.write(
        "mild.toml",
        b"[rules.no-logs]\ncheck = \"forbidden-paths\"\npaths = \"*.log\"\nseverity = \"warning\"\n",
    );
    let text = bench.ci(&["--rules", "mild.toml", "app.tar"], 0).text();
    assert!(text.contains("WARN") && text.ends_with("PASS\n"), "{text}");
}

#[test]
fn a_wrong_rules_file_is_told_before_an_image_is_read() {
    let bench = bench();
    bench.write("layerscope.toml", b"[rules.image-bytes]\nmax = 5\n[rules.layrs]\nmax = 3\n");
    // Neither image is there: nobody may have looked.
    for arguments in [&["gone.tar"][..], &["--against", "gone.tar", "gone.tar"]] {
        let outcome = bench.ci(arguments, 2);
        assert_eq!(outcome.text(), "");
        let expected = "layerscope.toml, line 3: [rules.layrs]: there is no check 'layrs'; did you mean layers?";
        assert!(outcome.stderr.contains(expected), "{}", outcome.stderr);
        assert!(!outcome.stderr.contains("gone.tar"), "{}", outcome.stderr);
    }
    let outcome = bench.ci(&["--rules", "none.toml", "app.tar"], 2);
    assert!(outcome.stderr.contains("none.toml: no such file"), "{}", outcome.stderr);
}

/// Two builds: the second has a larger application, a layer more, and more waste.
fn builds(bench: &Bench) {
    let build = |layers: &[&[&str]]| {
        docker_archive(&[Image::new("acme/app:1", layers.iter().map(|lines| layer(lines)).collect())], false)
    };
    let base: &[&str] = &["f base size=1000000"];
    bench.write("old.tar", &build(&[base, &["f app size=5000"]]));
    bench.write("new.tar", &build(&[base, &["f app size=6000"], &["f 755 app size=6000"]]));
    std::fs::remove_file(bench.path().join("layerscope.toml")).unwrap();
}

#[test]
fn growth_is_the_same_against_a_report_and_against_the_image() {
    let bench = bench();
    builds(&bench);
    let report = bench.prepare(&["report", "old.tar", "--format", "json", "--output", "old.json"]);
    report.expect(0);
    let by_report = bench.ci(&["--baseline", "old.json", "--output", "json", "new.tar"], 1).json();
    let by_image = bench.ci(&["--against", "old.tar", "--output", "json", "new.tar"], 1).json();
    assert_eq!(by_report, by_image);
    let growth = &status(&by_image)[3..];
    assert_eq!(growth, [("image-growth", "fail"), ("waste-growth", "fail"), ("layer-growth", "fail")]);
    let rules = &by_image["images"][0]["rules"];
    assert_eq!((&rules[3]["value"], &rules[3]["limit"]), (&1_012_000.into(), &1_005_000.into()));
    let found = |rule: usize, finding: usize, key: &str| rules[rule]["findings"][finding][key].clone();
    assert_eq!(
        (found(3, 0, "layer"), found(3, 0, "bytes"), found(3, 0, "message")),
        (2.into(), 6000.into(), "is new".into())
    );
    assert_eq!((found(3, 1, "layer"), found(3, 1, "bytes")), (1.into(), 1000.into()));
    assert_eq!((found(4, 0, "path"), found(4, 0, "bytes")), ("app".into(), 6000.into()));
    bench.ci(&["--against", "new.tar", "old.tar"], 0);
    bench.ci(&["--against", "old.tar", "old.tar"], 0);
}

#[test]
fn growth_has_tolerances() {
    let bench = bench();
    builds(&bench);
    let rules = |text: &str| bench.write("layerscope.toml", text.as_bytes());
    rules("[rules.image-growth]\nmax = \"1%\"\n[rules.waste-growth]\nmax = \"6 kB\"\n[rules.layer-growth]\nmax = 1\n");
    bench.write(".dive-ci", b"rules:\n  highestUserWastedPercent: off\n");
    bench.ci(&["--against", "old.tar", "new.tar"], 0);
    rules("[rules.image-growth]\nmax = \"0.5%\"\n");
    bench.ci(&["--against", "old.tar", "new.tar"], 1);
    let skipped = bench.ci(&["new.tar"], 0).text();
    assert!(skipped.lines().any(|line| line.contains("image-growth") && line.ends_with("SKIP")), "{skipped}");
}

#[test]
fn what_is_no_baseline_is_said() {
    let bench = bench();
    builds(&bench);
    bench.write("odd.json", b"{\"schema\": 1}");
    let outcome = bench.ci(&["--baseline", "odd.json", "gone.tar"], 2);
    assert!(outcome.stderr.contains("odd.json: this is no report of layerscope"), "{}", outcome.stderr);
    let outcome = bench.ci(&["--baseline", "none.json", "new.tar"], 2);
    assert!(outcome.stderr.contains("none.json: no such file"), "{}", outcome.stderr);
    bench.write("partial.tar", &partial());
    let outcome = bench.ci(&["--against", "partial.tar", "new.tar"], 2);
    assert!(outcome.stderr.contains("partial.tar: a part of it could not be read"), "{}", outcome.stderr);
    let outcome = bench.ci(&["--against", "old.tar", "new.tar", "old.tar"], 2);
    assert!(outcome.stderr.contains("compare one image, and 2 are named"), "{}", outcome.stderr);
}

#[test]
fn a_file_of_the_user_is_read_up_to_a_limit_and_without_its_mark() {
    let bench = bench();
    builds(&bench);
    bench.write("layerscope.toml", "\u{feff}[rules.layers]\nmax = 1\n".as_bytes());
    let outcome = bench.ci(&["new.tar"], 1);
    assert!(
        outcome.text().contains("layers (error): engines limit how many layers they can stack"),
        "{}",
        outcome.text()
    );
    let report = bench.prepare(&["report", "new.tar", "--format", "json"]).expect(0);
    bench.write("marked.json", &[b"\xef\xbb\xbf", report.stdout.as_slice()].concat());
    std::fs::remove_file(bench.path().join("layerscope.toml")).unwrap();
    bench.write(".dive-ci", b"rules:\n  highestUserWastedPercent: off\n");
    bench.ci(&["--baseline", "marked.json", "new.tar"], 0);
    let endless = bench.ci(&["--rules", "/dev/zero", "new.tar"], 2);
    assert!(endless.stderr.contains("/dev/zero: it has more than 1048576 bytes"), "{}", endless.stderr);
}

#[test]
fn an_image_speaks_to_no_runner() {
    let bench = bench();
    let layers: [&[&str]; 2] = [&["f a size=9000", "f ::warning::b size=10"], &["w a", "w ::warning::b"]];
    let mut image = Image::new("acme/app:1", layers.iter().map(|lines| layer(lines)).collect());
    let rows = ["::add-mask::x", "RUN ##[error]forged && ::stop-commands::y"];
    image.history = rows.iter().map(|row| json!({"created_by": row})).collect();
    bench.write("loud.tar", &docker_archive(&[image], false));
    bench.write("layerscope.toml", b"[rules.wasted-bytes]\nmax = 0\n");
    let text = bench.ci(&["loud.tar"], 1).text();
    assert!(text.contains("add-mask") && text.contains("forged"), "{text}");
    let obeyed = |line: &&str| line.trim_start().starts_with("::") || line.contains("##[");
    assert_eq!(text.lines().filter(obeyed).collect::<Vec<_>>(), [""; 0], "{text}");
}

#[test]
fn a_verdict_is_written_in_many_formats_at_once() {
    let bench = bench();
    let outputs = ["json=v.json", "markdown=v.md", "junit=v.xml", "text=v.txt", "github"];
    let outputs = outputs.iter().flat_map(|output| ["--output", output]);
    let arguments: Vec<&str> = outputs.chain(["app.tar", "gone.tar"]).collect();
    let outcome = bench.ci(&arguments, 2);
    let annotations = outcome.text();
    assert!(annotations.lines().all(|line| line.starts_with("::error ") || line.starts_with("::warning ")));
    assert!(annotations.contains("::warning title=layerscope%3A no-logs::app.tar"), "{annotations}");
    let read = |name: &str| std::fs::read_to_string(bench.path().join(name)).unwrap();
    let json: Value = serde_json::from_str(&read("v.json")).unwrap();
    assert_eq!(json["unjudged"][0]["reference"], "gone.tar");
    assert!(read("v.md").contains("| ❌ | `image-bytes` |"));
    assert!(read("v.xml").contains("<testcase classname=\"app.tar (acme/app:latest)\" name=\"image-bytes\">"));
    assert!(read("v.txt").ends_with("FAIL\n"));
    let schema = layerscope(&["schema", "ci"]).expect(0).json();
    assert!(jsonschema::validator_for(&schema).unwrap().is_valid(&json));
    let outcome = bench.ci(&["--output", "html=x", "app.tar"], 2);
    assert!(outcome.stderr.contains("there is no format 'html'; there are text, json, markdown"), "{}", outcome.stderr);
}

/// What follows `layerscope` in the lines of a script, up to a comment, a pipe or a redirection.
fn commands(script: &str) -> Vec<Vec<String>> {
    let command = |line: &str| {
        let line = line.trim().trim_start_matches("- ").trim_start_matches("run: ");
        let is_command = |parts: &(&str, &str)| parts.0.is_empty() || parts.0.ends_with("| ");
        let (_, line) = line.split_once("layerscope ").filter(is_command)?;
        let words = line.split_whitespace().take_while(|word| !["#", "|", ">"].contains(word));
        Some(words.map(|word| word.trim_matches('"').to_owned()).collect())
    };
    script.replace("\\\n", " ").lines().filter_map(command).collect()
}

#[test]
fn the_documentation_uses_commands_and_flags_that_exist() {
    let read = |name: &str| std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(name)).unwrap();
    // Every second part of a document that is split at its fences is code.
    let readme: String = read("README.md").split("```").skip(1).step_by(2).collect();
    let action = read("action.yml").replace("\"$RUNNER_TEMP/layerscope/bin/layerscope\"", "layerscope");
    for (name, script, least) in [("README.md", readme, 18), ("action.yml", action, 1)] {
        let commands = commands(&script);
        assert!(commands.len() >= least, "{name}: {commands:?}");
        for words in commands {
            let line = words.join(" ");
            let words = std::iter::once("layerscope".to_owned()).chain(words);
            assert!(layerscope::cli::Cli::read(words).is_ok(), "{name}: layerscope {line}");
        }
    }
}

#[test]
fn the_rules_of_the_readme_are_understood() {
    let readme = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md")).unwrap();
    let toml = readme.split("```toml\n").nth(1).and_then(|rest| rest.split("```").next()).unwrap();
    let rules = layerscope::analysis::parse_rules(toml, "README.md").unwrap();
    assert!(rules.len() > 5);
}

#[test]
fn an_audit_is_a_checklist_with_evidence() {
    let bench = bench();
    let json = bench.prepare(&["audit", "app.tar", "--format", "json"]).expect(1).json();
    let answers: Vec<_> = json["points"]
        .as_array()
        .unwrap()
        .iter()
        .map(|point| (point["id"].as_str().unwrap(), point["answer"].as_str().unwrap()))
        .collect();
    for expected in [("version-label", "pass"), ("unique-tag", "fail"), ("not-root", "fail"), ("volumes", "pass")] {
        assert!(answers.contains(&expected), "{expected:?} in {answers:?}");
    }
    let schema = layerscope(&["schema", "audit"]).expect(0).json();
    assert!(jsonschema::validator_for(&schema).unwrap().is_valid(&json));
    let text = bench.prepare(&["audit", "app.tar"]).expect(1).text();
    assert!(text.contains("  FAIL  no-logs"), "{text}");
    assert!(text.contains("/var/log/dpkg.log is a log (L0, 300 B)\n"), "{text}");
    bench.prepare(&["audit", "gone.tar"]).expect(2);
}
