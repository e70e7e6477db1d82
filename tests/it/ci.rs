//! The verdict: rules, `.dive-ci`, flags, the environment, exit codes.

use crate::binary::{Outcome, Run, file, layerscope};
use crate::image_builder::{Image, Pack, docker_archive, docker_modern, layer, layout, pack_members};
use serde_json::Value;
use std::path::{Path, PathBuf};
use tempfile::TempDir;

/// A directory with three images: `wasteful.tar` (2.1 MB shipped, 1 MB wasted, dive says 2 MB; efficiency 0.5238, user
/// waste 0.5), `clean.tar`, and `broken.tar`.
pub(crate) struct Bench(TempDir);

impl Bench {
    pub(crate) fn new() -> Self {
        let bench = Self(tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap());
        let image = |tag: &str, layers: &[&[&str]]| {
            docker_archive(&[Image::new(tag, layers.iter().map(|lines| layer(lines)).collect())], false)
        };
        let wasteful =
            image("ci/wasteful:1", &[&["f base size=100000"], &["f app size=1000000"], &["f app size=1000000 fill=y"]]);
        bench.write("broken.tar", &wasteful[..wasteful.len() / 2]);
        bench.write("wasteful.tar", &wasteful);
        bench.write("clean.tar", &image("ci/clean:1", &[&["f base size=1000"], &["f app size=1000"]]));
        bench
    }

    pub(crate) fn write(&self, name: &str, data: &[u8]) -> PathBuf {
        let path = self.0.path().join(name);
        std::fs::write(&path, data).unwrap();
        path
    }

    pub(crate) fn rules(self, text: &str) -> Self {
        self.write(".dive-ci", text.as_bytes());
        self
    }

    pub(crate) fn prepare(&self, arguments: &[&str]) -> Run {
        layerscope(arguments).directory(self.0.path())
    }

    pub(crate) fn ci(&self, arguments: &[&str], code: i32) -> Outcome {
        self.prepare(&[&["ci"][..], arguments].concat()).expect(code)
    }

    pub(crate) fn path(&self) -> &Path {
        self.0.path()
    }
}

#[test]
fn dives_default_rules_judge_by_the_exact_numbers() {
    let bench = Bench::new();
    let outcome = bench.ci(&["clean.tar"], 0);
    for rule in ["lowestEfficiency", "highestUserWastedPercent", "highestWastedBytes"] {
        assert!(outcome.text().contains(rule), "{rule} in {}", outcome.text());
    }
    let outcome = bench.ci(&["wasteful.tar"], 1);
    let text = outcome.text();
    for part in ["FAIL", "app", "overwritten", "RUN step 1", "RUN step 2"] {
        assert!(text.contains(part), "{part} in {text}");
    }
}

/// The user's limits are the last that are asked, before those that everybody has.
#[test]
fn the_users_limits_hold_where_nobody_else_says_one() {
    let bench = Bench::new();
    let home = tempfile::tempdir().unwrap();
    std::fs::create_dir(home.path().join("layerscope")).unwrap();
    let config = home.path().join("layerscope/config.toml");
    let ci = |arguments: &[&str], code: i32| {
        let all = [&["ci", "wasteful.tar"][..], arguments].concat();
        bench.prepare(&all).env("XDG_CONFIG_HOME", home.path().to_str().unwrap()).expect(code)
    };
    std::fs::write(&config, "theme = 'light'\n[ci]\nlowestEfficiency = 0.5\nhighestUserWastedPercent = false\n")
        .unwrap();
    ci(&[], 0);
    ci(&["--lowestEfficiency", "0.6"], 1);
    bench.write(".dive-ci", b"rules:\n  lowestEfficiency: 0.55\n");
    ci(&[], 1);
    bench.write(".dive-ci", b"rules:\n  highestWastedBytes: 2MB\n");
    ci(&[], 0);
    std::fs::write(&config, "[ci]\nlowestEfficiency = 50\n").unwrap();
    let told = ci(&[], 2).stderr;
    assert!(told.contains("config.toml, line 2: lowestEfficiency cannot be '50'"), "{told}");
}

#[test]
fn what_cannot_be_read_is_never_a_verdict() {
    let bench = Bench::new();
    bench.ci(&["broken.tar"], 2);
    bench.ci(&["no-such-file.tar"], 2);
    bench.ci(&[], 2);
}

#[test]
fn several_images_are_judged_in_one_call() {
    let bench = Bench::new();
    let outcome = bench.ci(&["clean.tar", "wasteful.tar"], 1);
    assert!(outcome.text().contains("clean.tar") && outcome.text().contains("wasteful.tar"), "{}", outcome.text());
    bench.ci(&["clean.tar", "clean.tar"], 0);
    bench.ci(&["clean.tar", "no-such-file.tar"], 2);
}

#[test]
fn the_rules_of_the_file_hold() {
    let file = |text: &str| Bench::new().rules(text);
    file("rules:\n  lowestEfficiency: 0.5\n  highestUserWastedPercent: 0.6\n").ci(&["wasteful.tar"], 0);
    file("rules:\n  lowestEfficiency: 0.6\n  highestUserWastedPercent: 0.6\n").ci(&["wasteful.tar"], 1);
    file("rules:\n  lowestEfficiency: 0.5\n  highestUserWastedPercent: 0.4\n").ci(&["wasteful.tar"], 1);
    // Missing keys keep their defaults; foreign keys are nobody's business.
    file("rules:\n  lowestEfficiency: 0.5\n").ci(&["wasteful.tar"], 1);
    file("plugins:\n  - plugin1\nrules:\n  plugin1/rule1: error\n  lowestEfficiency: 0.5\n  highestUserWastedPercent: 0.5\n")
        .ci(&["wasteful.tar"], 0);
}

#[test]
fn wasted_bytes_take_human_sizes_and_compare_strictly() {
    let off = "rules:\n  lowestEfficiency: disabled\n  highestUserWastedPercent: disabled\n  highestWastedBytes: ";
    for (limit, code) in [
        ("1000000", 0),
        ("999999", 1),
        ("1MB", 0),
        ("\"1 MB\"", 0),
        ("999kB", 1),
        ("1MiB", 0),
        ("976KiB", 1),
        ("20GB", 0),
    ] {
        Bench::new().rules(&format!("{off}{limit}\n")).ci(&["wasteful.tar"], code);
    }
}

#[test]
fn off_words_switch_a_rule_off() {
    for word in ["disabled", "DISABLED", "off", "Off", "\"off\"", "false", "\"false\"", "\"\""] {
        let rules = format!("rules:\n  lowestEfficiency: {word}\n  highestUserWastedPercent: {word}\n");
        let outcome = Bench::new().rules(&rules).ci(&["wasteful.tar"], 0);
        assert!(!outcome.text().contains("FAIL"), "{word}: {}", outcome.text());
    }
}

#[test]
fn flags_beat_the_file() {
    let bench = Bench::new().rules("rules:\n  lowestEfficiency: 0.99\n  highestUserWastedPercent: 0.01\n");
    bench.ci(&["wasteful.tar"], 1);
    bench.ci(&["wasteful.tar", "--lowestEfficiency", "0.5"], 1);
    bench.ci(&["wasteful.tar", "--lowestEfficiency", "0.5", "--highestUserWastedPercent", "off"], 0);
    let wasted = ["--lowestEfficiency=off", "--highestUserWastedPercent=off", "--highestWastedBytes=1kB"];
    bench.ci(&[&["wasteful.tar"][..], &wasted].concat(), 1);
}

#[test]
fn another_rules_file_can_be_named() {
    let bench = Bench::new().rules("rules:\n  lowestEfficiency: 0.99\n");
    bench.write("lenient.yaml", b"rules:\n  lowestEfficiency: 0.1\n  highestUserWastedPercent: 0.9\n");
    bench.ci(&["wasteful.tar", "--ci-config", "lenient.yaml"], 0);
    bench.ci(&["wasteful.tar", "--ci-config", "no-such-file.yaml"], 2);
}

#[test]
fn rules_that_make_no_sense_are_no_verdict() {
    for rules in
        ["lowestEfficiency: 1.5", "lowestEfficiency: test", "highestWastedBytes: many", "highestUserWastedPercent: -1"]
    {
        let bench = Bench::new().rules(&format!("rules:\n  {rules}\n"));
        let outcome = bench.ci(&["clean.tar"], 2);
        let (rule, value) = rules.split_once(": ").unwrap();
        assert!(outcome.stderr.contains(rule) && outcome.stderr.contains(value), "{}", outcome.stderr);
    }
    Bench::new().rules("rules: [\n").ci(&["clean.tar"], 2);
    Bench::new().ci(&["clean.tar", "--lowestEfficiency", "2"], 2);
}

#[test]
fn dives_numbers_judge_where_they_are_asked_for() {
    let rules = "rules:\n  lowestEfficiency: off\n  highestUserWastedPercent: off\n  highestWastedBytes: 1.5MB\n";
    let bench = Bench::new().rules(rules);
    let outcome = bench.ci(&["wasteful.tar"], 0);
    // The two verdicts differ: the line shows both numbers and how to pin one.
    let text = outcome.text();
    assert!(text.contains("metrics"), "how to pin one: {text}");
    assert!(text.contains("dive"), "{text}");
    bench.ci(&["wasteful.tar", "--metrics", "dive"], 1);
    let bench = Bench::new().rules(&format!("metrics: dive\n{rules}"));
    bench.ci(&["wasteful.tar"], 1);
    bench.ci(&["wasteful.tar", "--metrics", "exact"], 0);
}

#[test]
fn the_base_can_be_higher() {
    let bench = Bench::new();
    bench.ci(&["wasteful.tar", "--lowestEfficiency", "off"], 1);
    bench.ci(&["wasteful.tar", "--lowestEfficiency", "off", "--base-layers", "2"], 0);
}

#[test]
fn the_variable_ci_and_the_flag_do_the_same() {
    let bench = Bench::new();
    for value in ["1", "true", "yes", "woodpecker"] {
        bench.prepare(&["wasteful.tar"]).env("CI", value).expect(1);
    }
    for value in ["0", "false", "no", "off", "FALSE"] {
        bench.prepare(&["wasteful.tar"]).env("CI", value).expect(0);
    }
    bench.prepare(&["wasteful.tar", "--ci"]).expect(1);
    bench.prepare(&["clean.tar", "--ci"]).expect(0);
    // It changes nothing for the other commands.
    bench.prepare(&["report", "wasteful.tar", "--format", "json"]).env("CI", "true").expect(0);
}

#[test]
fn json_is_written_and_the_rules_are_judged_all_the_same() {
    let bench = Bench::new();
    let before = bench.write("out.json", &vec![b'x'; 600_000]);
    bench.ci(&["wasteful.tar", "--json", "out.json"], 1);
    // A30: a longer file of that name is replaced, not overwritten from its beginning.
    let written: Value = serde_json::from_slice(&std::fs::read(&before).unwrap()).unwrap();
    assert_eq!(written["image"]["sizeBytes"], 2_100_000);
    assert_eq!(written["image"]["inefficientBytes"], 2_000_000);
    let expected = serde_json::json!([{"count": 2, "sizeBytes": 2_000_000, "file": "/app"}]);
    assert_eq!(written["image"]["fileReference"], expected);
    let layers = written["layer"].as_array().unwrap();
    assert_eq!(layers.len(), 3);
    for (index, layer) in layers.iter().enumerate() {
        assert_eq!(layer["index"], index);
        assert_ne!(layer["id"], "blobs", "A31");
        assert!(layer["digestId"].as_str().unwrap().starts_with("sha256:"));
    }
    let app = &layers[1]["fileList"][0];
    let keys: Vec<&String> = app.as_object().unwrap().keys().collect();
    assert_eq!(keys, ["path", "typeFlag", "linkName", "size", "fileMode", "uid", "gid", "isDir"]);
    assert_eq!((&app["path"], &app["typeFlag"], &app["size"]), (&"app".into(), &48.into(), &1_000_000.into()));
    bench.ci(&["clean.tar", "--json", "out.json"], 0);
    bench.ci(&["clean.tar", "--json", "no/such/directory/out.json"], 2);
    bench.prepare(&["wasteful.tar", "--json", "again.json"]).expect(0);
    assert!(bench.path().join("again.json").exists());
}

#[test]
fn layers_have_ids_of_their_own_in_every_kind_of_archive() {
    let bench = Bench::new();
    let image = Image::new("ci/ids:1", vec![layer(&["f a size=1"]), layer(&["f b size=2"]), layer(&["f c size=3"])]);
    bench.write("modern.tar", &docker_modern(&image, Pack::Plain));
    bench.write("oci.tar", &pack_members(&layout(&[image], Pack::Gzip)));
    for archive in ["modern.tar", "oci.tar"] {
        bench.prepare(&[archive, "--json", "ids.json"]).expect(0);
        let written: Value = serde_json::from_slice(&std::fs::read(bench.path().join("ids.json")).unwrap()).unwrap();
        let layers = written["layer"].as_array().unwrap();
        let ids: std::collections::BTreeSet<&str> = layers.iter().map(|layer| layer["id"].as_str().unwrap()).collect();
        assert_eq!(ids.len(), 3, "A31: {archive}: {ids:?}");
        assert!(ids.iter().all(|id| id.len() >= 12 && !id.contains("blobs")), "A31: {archive}: {ids:?}");
    }
}

/// An image of two layers, of which the second cannot be read to its end.
pub(crate) fn partial() -> Vec<u8> {
    let image = Image::new("ci/broken:1", vec![layer(&["f a size=1000"]), layer(&["f b size=1000"])]);
    let mut archive = docker_archive(&[image], false);
    // The second layer's header of `b` is damaged: its checksum is wrong.
    let at = archive.windows(3).rposition(|window| window == b"b\0\0").unwrap();
    let header = archive[..=at].iter().rposition(|byte| *byte == b'b').unwrap();
    archive[header + 100..header + 108].fill(b'9');
    archive
}

#[test]
fn a_partial_result_is_judged_only_on_demand() {
    let (_guard, path) = file("partial.tar", &partial());
    let off = ["--lowestEfficiency=off", "--highestUserWastedPercent=off"];
    layerscope(&[&["ci", path.as_str()][..], &off].concat()).expect(2);
    layerscope(&[&["ci", path.as_str(), "--allow-partial"][..], &off].concat()).expect(0);
    layerscope(&[&[path.as_str(), "--ci", "--allow-partial"][..], &off].concat()).expect(0);
}
