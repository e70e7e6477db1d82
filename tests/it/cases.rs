//! Images as text, with the answers that they must get.
//!
//! Every case of `tests/cases/*.toml` is packed in several formats, and the program must answer the same for all of
//! them. The expected values are worked out from the rules, never copied from the program. The syntax of an entry is
//! described in `image_builder/lines.rs`; the syntax of a path in a tree is that of [`shape`].

use crate::binary::{Outcome, file, layerscope};
use crate::image_builder::{self, Image, Pack};
use serde::Deserialize;
use serde_json::Value;
use std::collections::BTreeMap;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct CaseFile {
    case: Vec<Case>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    name: String,
    /// Which rule it shows.
    why: String,
    layers: Vec<Vec<String>>,
    /// `--base-layers`.
    base_layers: Option<u32>,
    tree: Option<BTreeMap<String, String>>,
    /// For each layer `+added ~changed %metadata -removed`, zeros left out.
    changes: Option<Vec<String>>,
    totals: Totals,
    /// `path bytes cause owner by`, largest first; items of equal size in any order.
    waste: Option<Vec<String>>,
    dive: Option<Dive>,
    /// A part of each notice, one for one; not looked at if left out.
    notices: Option<Vec<String>>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Totals {
    shipped: u64,
    live: u64,
    #[serde(default)]
    overwritten: u64,
    #[serde(default)]
    metadata_only: u64,
    #[serde(default)]
    removed: u64,
    #[serde(default)]
    hidden: u64,
    #[serde(default)]
    repeated: u64,
    /// What adds nothing, and all that is shipped, above the base.
    user: Option<(u64, u64)>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Dive {
    min: u64,
    sum: u64,
    wasted: u64,
    size: u64,
    user: u64,
}

/// The answers of one run of `report` and `ls`.
struct Answers {
    report: Value,
    paths: Vec<Value>,
}

#[test]
fn every_case_gets_its_answers_in_every_format() {
    let cases = all_cases();
    let workers = std::thread::available_parallelism().map_or(1, usize::from);
    let share = |worker: usize| cases.iter().skip(worker).step_by(workers);
    let failures: Vec<String> = std::thread::scope(|scope| {
        let running: Vec<_> = (0..workers)
            .map(|worker| scope.spawn(move || share(worker).filter_map(failure).collect::<Vec<_>>()))
            .collect();
        running.into_iter().flat_map(|worker| worker.join().unwrap()).collect()
    });
    assert!(failures.is_empty(), "{} cases fail\n\n{}", failures.len(), failures.join("\n\n"));
}

#[test]
fn a_mistyped_key_is_an_error() {
    let good = "[[case]]\nname = 'n'\nwhy = 'w'\nlayers = []\ntotals = { shipped = 0, live = 0 }\n";
    toml::from_str::<CaseFile>(good).unwrap();
    for bad in [good.replace("why", "wyh"), good.replace("live", "life"), format!("{good}tre = {{}}\n")] {
        toml::from_str::<CaseFile>(&bad).unwrap_err();
    }
}

#[test]
fn the_names_of_the_cases_are_unique() {
    let mut names: Vec<String> = all_cases().into_iter().map(|case| case.name).collect();
    let count = names.len();
    names.sort();
    names.dedup();
    assert_eq!(names.len(), count);
    assert!(count > 80, "{count}");
}

fn all_cases() -> Vec<Case> {
    let directory = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/cases");
    let mut files: Vec<_> = std::fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    let only = std::env::var("LAYERSCOPE_CASE").unwrap_or_default();
    let cases = files.iter().flat_map(|path| {
        let text = std::fs::read_to_string(path).unwrap();
        toml::from_str::<CaseFile>(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display())).case
    });
    cases.filter(|case| case.name.contains(&only)).collect()
}

fn failure(case: &Case) -> Option<String> {
    check(case).err().map(|failure| format!("{}\n  ({})\n  {failure}", case.name, case.why))
}

fn check(case: &Case) -> Result<(), String> {
    let layers: Vec<Vec<u8>> = case.layers.iter().map(|lines| image_builder::layer(lines)).collect();
    let image = Image::new("test/case:1", layers);
    let classic = image_builder::docker_archive(std::slice::from_ref(&image), false);
    let oci = image_builder::pack_members(&image_builder::layout(std::slice::from_ref(&image), Pack::Gzip));
    let modern = image_builder::docker_modern(&image, Pack::Zstd);
    let directory = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
    image_builder::write_layout(&image_builder::layout(std::slice::from_ref(&image), Pack::Plain), directory.path());
    let (_classic, classic_path) = file("classic.tar", &classic);
    let (_oci, oci_path) = file("oci.tar", &oci);
    let formats: [(&str, &str, Vec<u8>); 5] = [
        ("docker-archive", &classic_path, Vec::new()),
        ("OCI archive with gzip layers", &oci_path, Vec::new()),
        ("OCI layout", directory.path().to_str().unwrap(), Vec::new()),
        ("piped gzip docker-archive", "-", Pack::Gzip.pack(&classic)),
        ("piped docker 25 archive with zstd layers", "-", modern),
    ];
    for (format, path, input) in formats {
        let answers = ask(case, path, &input).map_err(|error| format!("as {format}: {error}"))?;
        judge(case, &answers).map_err(|error| format!("as {format}: {error}"))?;
    }
    Ok(())
}

fn ask(case: &Case, path: &str, input: &[u8]) -> Result<Answers, String> {
    let base = case.base_layers.map(|count| count.to_string());
    let mut arguments = vec!["report", path, "--format", "json"];
    if let Some(base) = &base {
        arguments.extend(["--base-layers", base]);
    }
    let report = well(layerscope(&arguments).stdin(input).run())?.json();
    let paths = well(layerscope(&["ls", path, "--format", "jsonl"]).stdin(input).run())?.lines();
    Ok(Answers { report, paths })
}

fn well(outcome: Outcome) -> Result<Outcome, String> {
    if outcome.code == Some(0) { Ok(outcome) } else { Err(format!("exit {:?}: {}", outcome.code, outcome.stderr)) }
}

fn judge(case: &Case, answers: &Answers) -> Result<(), String> {
    if let Some(tree) = &case.tree {
        let found: BTreeMap<String, String> = answers.paths.iter().map(shape).collect();
        let expected = tree.iter().map(|(path, text)| (path.clone(), text.clone())).collect();
        same_tree(&expected, &found)?;
        let described = tree.values().filter(|text| *text != "d implied").count() as u64;
        same("paths", &described, answers.report["totals"]["paths"].as_u64())?;
    }
    let entries = case.layers.iter().flatten().filter(|line| !line.starts_with("g ")).count() as u64;
    same("entries", &entries, answers.report["totals"]["entries"].as_u64())?;
    judge_totals(&case.totals, &answers.report["totals"])?;
    if let Some(changes) = &case.changes {
        same("changes", changes, Some(list(&answers.report["layers"]).map(changes_of).collect()))?;
    }
    if let Some(waste) = &case.waste {
        judge_waste(waste, &answers.report["waste"])?;
    }
    if let Some(dive) = &case.dive {
        judge_dive(dive, &answers.report["dive"])?;
    }
    case.notices.as_ref().map_or(Ok(()), |notices| judge_notices(notices, &answers.report))
}

fn same<T: PartialEq + std::fmt::Debug>(what: &str, expected: &T, found: Option<T>) -> Result<(), String> {
    match found {
        Some(found) if found == *expected => Ok(()),
        found => Err(format!("{what}\n    expected {expected:?}\n    found    {found:?}")),
    }
}

fn near(what: &str, expected: f64, found: &Value) -> Result<(), String> {
    match found.as_f64() {
        Some(value) if (value - expected).abs() < 1e-12 => Ok(()),
        _ => Err(format!("{what}\n    expected {expected}\n    found    {found}")),
    }
}

fn list(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

/// A path of `ls --format jsonl` as the cases write it: type, mode, owner, size, layer, target, hard link and xattrs,
/// with what goes without saying left out.
pub fn shape(line: &Value) -> (String, String) {
    let path = line["path"].as_str().unwrap().to_owned();
    let kind = line["type"].as_str().unwrap();
    let (letter, usual) = match kind {
        "file" => ("f", 0o644),
        "directory" => ("d", 0o755),
        "symlink" => ("l", 0o777),
        "char" => ("c", 0o644),
        "block" => ("b", 0o644),
        "fifo" => ("p", 0o644),
        other => panic!("type {other}"),
    };
    let mode = line["mode"].as_u64().unwrap();
    let owner = format!("{}:{}", line["uid"], line["gid"]);
    // Only what no entry describes has no time: the times of the cases can all be written.
    if kind == "directory" && line["mtime"].is_null() {
        assert_eq!((mode, owner.as_str()), (0o755, "0:0"), "{line}");
        return (path, "d implied".into());
    }
    let mut words = vec![letter.to_owned()];
    words.extend((mode != usual).then(|| format!("{mode:04o}")));
    words.extend((owner != "0:0").then_some(owner));
    words.extend((kind == "file").then(|| format!("{}B", line["size"])));
    words.push(format!("@{}", line["layer"]));
    words.extend(line["link"].as_str().map(|target| format!("-> {target}")));
    words.extend(line["hardlink"].as_str().filter(|_| kind == "file").map(|first| format!("={first}")));
    for (name, value) in line["xattrs"].as_object().into_iter().flatten() {
        words.push(format!("{name}={}", value.as_str().unwrap()));
    }
    (path, words.join(" "))
}

/// Expected shapes may leave out the layer (`@N`) and name the first of a group as a member of it.
fn same_tree(expected: &BTreeMap<String, String>, found: &BTreeMap<String, String>) -> Result<(), String> {
    let clean = |path: &str, text: &str, like: &str| {
        let keeps_layer = like.contains('@');
        let own = format!("={path}");
        let words = text.split(' ').filter(|word| (keeps_layer || !word.starts_with('@')) && *word != own);
        words.collect::<Vec<_>>().join(" ")
    };
    let found: BTreeMap<&String, String> = found
        .iter()
        .map(|(path, text)| (path, clean(path, text, expected.get(path).map_or("@", |text| text))))
        .collect();
    let expected: BTreeMap<&String, String> =
        expected.iter().map(|(path, text)| (path, clean(path, text, text))).collect();
    same("tree", &expected, Some(found))
}

fn judge_totals(expected: &Totals, found: &Value) -> Result<(), String> {
    same("shipped", &expected.shipped, found["shipped_bytes"].as_u64())?;
    same("live", &expected.live, found["live_bytes"].as_u64())?;
    same("wasted", &(expected.shipped - expected.live), found["wasted_bytes"].as_u64())?;
    let causes = [
        ("overwritten", expected.overwritten),
        ("metadata_only", expected.metadata_only),
        ("removed", expected.removed),
        ("hidden", expected.hidden),
        ("repeated", expected.repeated),
    ];
    assert_eq!(causes.iter().map(|cause| cause.1).sum::<u64>(), expected.shipped - expected.live, "the case itself");
    for (cause, bytes) in causes {
        same(cause, &bytes, found["causes"][cause].as_u64())?;
    }
    near("efficiency", ratio(expected.live, expected.shipped).unwrap_or(1.0), &found["efficiency"])?;
    let Some((nothing, all)) = expected.user else { return Ok(()) };
    near("user_wasted", ratio(nothing, all).unwrap_or(0.0), &found["user_wasted"])
}

fn ratio(part: u64, whole: u64) -> Option<f64> {
    (whole > 0).then(|| part as f64 / whole as f64)
}

fn changes_of(layer: &Value) -> String {
    let counts = [("+", "added"), ("~", "changed"), ("%", "metadata_only"), ("-", "removed")];
    let words = counts.map(|(marker, key)| format!("{marker}{}", layer[key]));
    words.iter().filter(|word| !word.ends_with('0') || word.len() > 2).cloned().collect::<Vec<_>>().join(" ")
}

fn judge_waste(expected: &[String], found: &Value) -> Result<(), String> {
    let items: Vec<&Value> = list(found).filter(|item| item["bytes"] != 0).collect();
    let bytes: Vec<u64> = items.iter().map(|item| item["bytes"].as_u64().unwrap()).collect();
    assert!(bytes.is_sorted_by(|a, b| a >= b), "largest first: {bytes:?}");
    let line = |item: &&Value| {
        let word = |key: &str| item[key].as_str().unwrap().to_owned();
        format!("{} {} {} {} {}", word("path"), item["bytes"], word("cause"), item["owner_layer"], item["by_layer"])
    };
    let mut found: Vec<String> = items.iter().map(line).collect();
    let mut expected = expected.to_vec();
    found.sort();
    expected.sort();
    same("waste", &expected, Some(found))
}

fn judge_dive(expected: &Dive, found: &Value) -> Result<(), String> {
    same("dive's inefficientBytes", &expected.wasted, found["inefficientBytes"].as_u64())?;
    same("dive's sizeBytes", &expected.size, found["sizeBytes"].as_u64())?;
    near("dive's efficiency", ratio(expected.min, expected.sum).unwrap_or(1.0), &found["efficiencyScore"])?;
    match ratio(expected.wasted, expected.user) {
        Some(share) => near("dive's userWastedPercent", share, &found["userWastedPercent"]),
        None => same("dive's userWastedPercent", &Value::Null, Some(found["userWastedPercent"].clone())),
    }
}

fn judge_notices(expected: &[String], report: &Value) -> Result<(), String> {
    let all = list(&report["notices"]).chain(list(&report["layers"]).flat_map(|layer| list(&layer["notices"])));
    let mut found: Vec<String> = all
        .map(|notice| format!("{}: {}", notice["part"].as_str().unwrap(), notice["message"].as_str().unwrap()))
        .collect();
    found.sort();
    found.dedup();
    let fits =
        expected.len() == found.len() && expected.iter().all(|part| found.iter().any(|text| text.contains(part)));
    if fits { Ok(()) } else { Err(format!("notices\n    expected {expected:?}\n    found    {found:?}")) }
}

#[test]
fn the_cases_know_what_dive_prints() {
    let Some(dive) = std::env::var_os("LAYERSCOPE_DIVE") else {
        eprintln!("SKIPPED: LAYERSCOPE_DIVE is not set");
        return;
    };
    for case in all_cases() {
        let Some(expected) = &case.dive else { continue };
        if case.layers.iter().enumerate().any(|(index, layer)| case.layers[..index].contains(layer)) {
            continue; // It does not follow the symlink that stands for a repeated layer (A16).
        }
        let layers: Vec<Vec<u8>> = case.layers.iter().map(|lines| image_builder::layer(lines)).collect();
        let (_guard, path) = file("case.tar", &image_builder::docker_archive(&[Image::new("a:1", layers)], false));
        let json = format!("{path}.json");
        let mut command = std::process::Command::new(&dive);
        command.args([&format!("docker-archive://{path}"), "--json", &json]).env_remove("CI").output().unwrap();
        let printed: Value = serde_json::from_slice(&std::fs::read(&json).unwrap()).unwrap();
        let mut found = printed["image"].clone();
        // The one figure that dive's JSON leaves out.
        found["userWastedPercent"] = ratio(expected.wasted, expected.user).map_or(Value::Null, Value::from);
        judge_dive(expected, &found).unwrap_or_else(|error| panic!("{}: {error}", case.name));
    }
}
