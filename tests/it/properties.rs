//! The identities of the numbers, on random images of few names: the fewer the names, the more they collide.

use crate::binary::{file, layerscope};
use crate::image_builder::{Image, Pack, docker_archive, docker_modern, layer, layout, pack_members};
use proptest::prelude::*;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// One entry, as a line.
fn line() -> impl Strategy<Value = String> {
    let name = prop::sample::select(vec!["a", "b", "d", "d/a", "d/b", "d/e", "d/e/a", "l/a", "d/../b"]);
    (name.clone(), name, 0..12_u8, 0..40_u64, prop::sample::select(vec!["x", "y"])).prop_map(
        |(name, other, kind, size, fill)| match kind {
            0..=4 => format!("f {name} size={size} fill={fill}"),
            5 => format!("f 0600 {name} size={size} fill={fill}"),
            6 => format!("d {name}"),
            7 => format!("h {name} -> {other}"),
            8 | 9 => format!("w {name}"),
            10 => format!("opq {name}"),
            _ => "l l -> d".into(),
        },
    )
}

fn image() -> impl Strategy<Value = Vec<Vec<String>>> {
    prop::collection::vec(prop::collection::vec(line(), 0..7), 1..5)
}

fn number(value: &Value) -> u64 {
    value.as_u64().unwrap_or_else(|| panic!("no number: {value}"))
}

fn sum(list: &Value, key: &str) -> u64 {
    list.as_array().unwrap().iter().map(|item| number(&item[key])).sum()
}

/// Bytes that the lines ship, counted without any stack.
fn shipped(lines: &[Vec<String>]) -> u64 {
    let sizes = lines.iter().flatten().filter(|line| line.starts_with("f "));
    sizes.map(|line| line.split("size=").nth(1).unwrap().split(' ').next().unwrap().parse::<u64>().unwrap()).sum()
}

/// Bytes of the distinct files of the final tree, counted from `ls`.
fn live(paths: &[Value]) -> u64 {
    let first = |line: &&Value| line["hardlink"].is_null() || line["hardlink"] == line["path"];
    paths.iter().filter(first).map(|line| number(&line["size"])).sum()
}

/// The costs of all entries and the framing are the blob.
fn add_up(report: &Value, path: &str) -> Result<(), TestCaseError> {
    for layer in report["layers"].as_array().unwrap() {
        let entries = layerscope(&["ls", path, "--layer", &layer["index"].to_string(), "--format", "jsonl"]);
        let entries = entries.expect(0).lines();
        let costs: u64 = entries.iter().map(|entry| number(&entry["pull_cost"])).sum();
        prop_assert_eq!(costs + number(&layer["framing_bytes"]), number(&layer["blob_bytes"]));
        prop_assert_eq!(costs, number(&layer["pull_cost"]));
        subtrees_add_up(&entries)?;
    }
    Ok(())
}

fn check(lines: &[Vec<String>]) -> Result<(), TestCaseError> {
    let image = Image::new("p:1", lines.iter().map(|lines| layer(lines)).collect());
    let one = std::slice::from_ref(&image);
    let (_guard, path) = file("p.tar", &docker_archive(one, false));
    let report = layerscope(&["report", &path, "--format", "json"]).expect(0).json();
    let paths = layerscope(&["ls", &path, "--format", "jsonl"]).expect(0).lines();
    let totals = &report["totals"];
    prop_assert_eq!(number(&totals["shipped_bytes"]), shipped(lines));
    prop_assert_eq!(number(&totals["live_bytes"]), live(&paths));
    prop_assert_eq!(number(&totals["shipped_bytes"]), number(&totals["live_bytes"]) + number(&totals["wasted_bytes"]));
    let causes: u64 = totals["causes"].as_object().unwrap().values().map(number).sum();
    prop_assert_eq!(causes, number(&totals["wasted_bytes"]));
    prop_assert_eq!(sum(&report["waste"], "bytes"), causes);
    prop_assert_eq!(sum(&report["layers"], "wasted_bytes"), causes);
    prop_assert_eq!(sum(&report["layers"], "shipped_bytes"), shipped(lines));
    let share = totals["user_wasted"].as_f64().unwrap();
    prop_assert!((0.0..=1.0).contains(&share), "{}", share);
    let sorted: Vec<&str> = paths.iter().map(|line| line["path"].as_str().unwrap()).collect();
    prop_assert!(sorted.is_sorted(), "byte order: {:?}", sorted);
    add_up(&report, &path)?;
    for other in [pack_members(&layout(one, Pack::Gzip)), Pack::Zstd.pack(&docker_modern(&image, Pack::Plain))] {
        let again = layerscope(&["report", "-", "--format", "json"]).stdin(&other).expect(0).json();
        for key in ["waste", "dive", "history", "notices"] {
            prop_assert_eq!(&again[key], &report[key], "{}", key);
        }
        let without_blobs = |report: &Value| {
            let mut totals = report["totals"].clone();
            totals.as_object_mut().unwrap().remove("blob_bytes");
            totals
        };
        prop_assert_eq!(without_blobs(&again), without_blobs(&report));
    }
    Ok(())
}

/// What is at a path: type, mode, owner, size, and where a link leads. What nothing describes has no owner of its own.
type State = (String, u64, u64, u64, Option<String>);

/// The state of every path as of each layer, as `ls` lists the stack; it knows nothing of lives.
fn states(path: &str, layers: usize) -> Vec<BTreeMap<String, State>> {
    let row = |line: &Value| {
        let text = |key: &str| line[key].as_str().map(str::to_owned);
        let state =
            (text("type").unwrap(), number(&line["mode"]), number(&line["uid"]), number(&line["size"]), text("link"));
        (text("path").unwrap(), state)
    };
    let of = |layer: usize| {
        let lines = layerscope(&["ls", path, "--upto", &layer.to_string(), "--format", "jsonl"]).expect(0).lines();
        lines.iter().map(row).collect()
    };
    (0..layers).map(of).collect()
}

/// Every life agrees with what the stack is before and after each layer.
fn lives_agree(lines: &[Vec<String>]) -> Result<(), TestCaseError> {
    let image = Image::new("p:1", lines.iter().map(|lines| layer(lines)).collect());
    let (_guard, path) = file("p.tar", &docker_archive(std::slice::from_ref(&image), false));
    let states = states(&path, lines.len());
    let names: BTreeSet<&String> = states.iter().flat_map(BTreeMap::keys).collect();
    if names.is_empty() {
        return Ok(());
    }
    let names = names.into_iter().map(String::as_str);
    let arguments: Vec<&str> = ["why", &path].into_iter().chain(names).chain(["--format", "json"]).collect();
    let told = layerscope(&arguments).expect(0).json();
    for life in told.as_array().unwrap() {
        let name = life["path"].as_str().unwrap();
        // An opaque marker leaves the directory itself as it was.
        let steps: Vec<&Value> =
            life["steps"].as_array().unwrap().iter().filter(|step| step["deed"] != "opaque").collect();
        let mut before: Option<&BTreeMap<String, State>> = None;
        for (layer, states) in states.iter().enumerate() {
            let last = steps.iter().rfind(|step| number(&step["layer"]) <= layer as u64);
            let state = last.filter(|step| !step["type"].is_null() || step["deed"] == "implied").map(|step| {
                let or = |key: &str, other: u64| step[key].as_u64().unwrap_or(other);
                let kind = step["type"].as_str().unwrap_or("directory").to_owned();
                (kind, or("mode", 0o755), or("uid", 0), or("size", 0), step["link"].as_str().map(str::to_owned))
            });
            prop_assert_eq!(state.as_ref(), states.get(name), "{} as of layer {}: {}", name, layer, life);
            let changed = states.get(name) != before.and_then(|before| before.get(name));
            let has_step = steps.iter().any(|step| number(&step["layer"]) == layer as u64);
            prop_assert!(has_step || !changed, "{} changed in layer {}", name, layer);
            before = Some(states);
        }
        let last = states.last().and_then(|states| states.get(name));
        prop_assert_eq!(life["owner_layer"].is_null(), last.is_none(), "{}", life);
    }
    Ok(())
}

/// What a directory accounts for is the sum of all that is at and below it.
fn subtrees_add_up(rows: &[Value]) -> Result<(), TestCaseError> {
    for row in rows.iter().filter(|row| row["type"] == "directory") {
        let path = row["path"].as_str().unwrap();
        let is_in = |other: &&Value| {
            let rest = other["path"].as_str().unwrap().strip_prefix(path);
            rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        };
        let sum: u64 = rows.iter().filter(is_in).filter_map(|row| row["pull_cost"].as_u64()).sum();
        prop_assert_eq!(row["subtree_pull_cost"].as_u64(), Some(sum), "{}", path);
    }
    Ok(())
}

#[test]
fn every_path_costs_what_its_own_entry_does() {
    let lines = ["f d/a size=600 fill=x", "h d/b -> d/a", "l l -> d", "h l/c -> d/a"].map(str::to_owned);
    let image = Image::new("p:1", vec![layer(&lines)]);
    let (_guard, path) = file("p.tar", &docker_archive(std::slice::from_ref(&image), false));
    let report = layerscope(&["report", &path, "--format", "json"]).expect(0).json();
    add_up(&report, &path).unwrap();
    let paths = layerscope(&["ls", &path, "--format", "jsonl"]).expect(0).lines();
    let found: Vec<String> = paths.iter().map(|line| format!("{} {}", line["path"], line["pull_cost"])).collect();
    // The directory is only implied; the last link is written through another one.
    assert_eq!(found, [r#""d" null"#, r#""d/a" 1536"#, r#""d/b" 512"#, r#""d/c" 512"#, r#""l" 512"#]);
    assert_eq!((&paths[0]["subtree_pull_cost"], &paths[1]["subtree_pull_cost"]), (&2560.into(), &Value::Null));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 40, failure_persistence: None, max_shrink_iters: 200, ..ProptestConfig::default() })]

    #[test]
    fn the_identities_hold_on_random_images(lines in image()) {
        check(&lines)?;
        lives_agree(&lines)?;
    }
}
