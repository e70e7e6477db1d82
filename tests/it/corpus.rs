//! Images built by real engines, compared with what other programs say about them.
//!
//! `LAYERSCOPE_CORPUS` names the directory that the corpus script made: `IMAGE/FORMAT` and, under `truth/`, the merged
//! tree as `umoci` unpacks it and the totals from a reading that shares no code with ours. `LAYERSCOPE_DIVE` names a
//! dive 0.13.1 to compare its numbers with. Without them these tests say that they are skipped.

mod commits;
mod lives;
mod packages;
mod truth;

use crate::binary::{Run, layerscope};
use serde_json::Value;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;
use truth::Paths;

/// The directory that an environment variable names; says so if there is none.
fn named(variable: &str) -> Option<PathBuf> {
    let found = std::env::var_os(variable).map(PathBuf::from);
    if found.is_none() {
        eprintln!("SKIPPED: {variable} is not set");
    }
    found
}

/// The images of the corpus whose truth is there, each with its formats; the flat root file systems apart.
fn images(corpus: &Path) -> Vec<(String, Vec<PathBuf>)> {
    let entries = |directory: &Path| -> Vec<PathBuf> {
        let mut paths: Vec<_> = std::fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().path()).collect();
        paths.sort();
        paths
    };
    let formats = |image: &str| {
        let mut paths = entries(&corpus.join(image));
        paths.retain(|path| !path.ends_with("export.tar") && path.extension().is_none_or(|end| end != "tmp"));
        paths
    };
    let truths = entries(&corpus.join("truth"));
    let names = truths.iter().filter_map(|path| path.file_name()?.to_str()?.strip_suffix(".tree.tsv"));
    let found: Vec<_> = names.map(|image| (image.to_owned(), formats(image))).collect();
    assert!(!found.is_empty(), "{} has no truth", corpus.display());
    found
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

fn ask(arguments: &[&str]) -> Run {
    layerscope(arguments)
}

#[test]
fn the_merged_tree_is_that_of_umoci_in_every_format() {
    let Some(corpus) = named("LAYERSCOPE_CORPUS") else { return };
    for (image, formats) in images(&corpus) {
        let expected = truth::read(&corpus.join(format!("truth/{image}.tree.tsv")));
        for format in formats {
            let found = truth::of_lines(&ask(&["ls", text(&format), "--format", "jsonl"]).expect(0).lines());
            truth::compare(&expected, &found, text(&format));
        }
    }
}

#[test]
fn the_totals_are_those_of_the_truth_in_every_format() {
    let Some(corpus) = named("LAYERSCOPE_CORPUS") else { return };
    for (image, formats) in images(&corpus) {
        let truth = std::fs::read(corpus.join(format!("truth/{image}.json"))).unwrap();
        let truth: Value = serde_json::from_slice(&truth).unwrap();
        for format in formats {
            let totals = ask(&["report", text(&format), "--format", "json"]).expect(0).json()["totals"].clone();
            let what = format.display();
            let why = &truth["waste_by_cause"];
            let sum = |a: &str, b: &str| Value::from(why[a].as_u64().unwrap() + why[b].as_u64().unwrap());
            assert_eq!(totals["layers"], truth["layers"], "{what}");
            assert_eq!(totals["entries"], truth["entries"], "{what}");
            assert_eq!(totals["shipped_bytes"], truth["layer_bytes"], "{what}");
            assert_eq!(totals["live_bytes"], truth["flattened_bytes"], "{what}");
            assert_eq!(totals["wasted_bytes"], truth["true_waste"], "{what}");
            assert_eq!(totals["causes"]["overwritten"], why["rewritten_content"], "{what}");
            assert_eq!(totals["causes"]["metadata_only"], why["rewritten_metadata"], "{what}");
            assert_eq!(totals["causes"]["removed"], sum("removed_file", "removed_dir"), "{what}");
            assert_eq!(totals["causes"]["hidden"], why["opaque_dir"], "{what}");
            assert_eq!(totals["causes"]["repeated"], why["repeated"], "{what}");
            assert_eq!(totals["partial"], false, "{what}");
        }
    }
}

#[test]
fn layers_and_waste_are_the_same_in_every_format() {
    let Some(corpus) = named("LAYERSCOPE_CORPUS") else { return };
    for (_, formats) in images(&corpus) {
        let answers: Vec<Value> =
            formats.iter().map(|path| ask(&["report", text(path), "--format", "json"]).expect(0).json()).collect();
        for (path, answer) in formats.iter().zip(&answers) {
            for key in ["waste", "dive", "history", "labels", "env"] {
                assert_eq!(answer[key], answers[0][key], "{key} of {}", path.display());
            }
            for key in [
                "diff_id",
                "shipped_bytes",
                "wasted_bytes",
                "added",
                "changed",
                "metadata_only",
                "removed",
                "instruction",
            ] {
                let of = |answer: &Value| {
                    answer["layers"].as_array().unwrap().iter().map(|layer| layer[key].clone()).collect::<Vec<_>>()
                };
                assert_eq!(of(answer), of(&answers[0]), "{key} of {}", path.display());
            }
        }
    }
}

#[test]
fn duplicates_are_those_of_the_truth_in_every_format() {
    let Some(corpus) = named("LAYERSCOPE_CORPUS") else { return };
    for (image, formats) in images(&corpus) {
        let expected = truth::duplicates(&corpus.join(format!("truth/{image}.tree.tsv")));
        for format in formats {
            let found = ask(&["duplicates", text(&format), "--format", "json"]).expect(0).json();
            let path = |copy: &Value| crate::image_builder::bytes(copy["path"].as_str().unwrap());
            let group = |group: &Value| group["copies"].as_array().unwrap().iter().map(path).collect();
            let found: BTreeSet<BTreeSet<Vec<u8>>> = found.as_array().unwrap().iter().map(group).collect();
            assert!(found == expected, "{}", format.display());
        }
    }
}

/// The costs of all entries and the framing are the blob, to the byte.
#[test]
fn pull_costs_add_up_to_the_blobs() {
    let Some(corpus) = named("LAYERSCOPE_CORPUS") else { return };
    for path in images(&corpus).into_iter().flat_map(|(_, formats)| formats) {
        let report = ask(&["report", text(&path), "--format", "json"]).expect(0).json();
        for layer in report["layers"].as_array().unwrap() {
            let index = layer["index"].to_string();
            let lines = ask(&["ls", text(&path), "--layer", &index, "--format", "jsonl"]).expect(0).lines();
            let number = |value: &Value| value.as_u64().unwrap();
            let sum =
                number(&layer["framing_bytes"]) + lines.iter().map(|line| number(&line["pull_cost"])).sum::<u64>();
            // Entries of the root itself have no line.
            let unlisted = number(&layer["entries"]) - lines.len() as u64;
            let rest = number(&layer["blob_bytes"]) - sum;
            let what = format!("layer {index} of {}", path.display());
            assert!(if unlisted == 0 { rest == 0 } else { rest <= unlisted * 2048 }, "{what}: {rest} bytes missing");
        }
    }
}

/// Layers with tables of contents are listed by them, unless digests are checked.
#[test]
fn tables_of_contents_say_what_is_in_the_layers() {
    let Some(corpus) = named("LAYERSCOPE_CORPUS") else { return };
    let Ok(images) = std::fs::read_dir(corpus.join("lazy")) else {
        eprintln!("SKIPPED: there are no images with tables of contents");
        return;
    };
    for image in images.map(|image| image.unwrap().path()) {
        let report = |how: &str| ask(&["report", text(&image), "--format", "json", "--verify", how]).expect(0).json();
        let (mut listed, mut read) = (report("off"), report("strict"));
        for (layer, whole) in layers_mut(&mut listed).iter_mut().zip(layers_mut(&mut read)) {
            let notice = layer["notices"].as_array_mut().unwrap().pop().unwrap();
            assert!(notice["message"].as_str().unwrap().starts_with("listed by its "), "{}: {notice}", image.display());
            // Only a run that reads them in full can tell of wrong digests.
            (layer["notices"], whole["notices"]) = (Value::Null, Value::Null);
            // Both divide the blob, a table by what it tells.
            for (layer, how) in [(&mut *layer, "off"), (whole, "strict")] {
                let index = layer["index"].to_string();
                let listing = ["ls", text(&image), "--layer", &index, "--format", "jsonl", "--verify", how];
                let costs =
                    ask(&listing).expect(0).lines().iter().map(|line| line["pull_cost"].as_u64().unwrap()).sum::<u64>();
                assert_eq!(
                    layer["pull_cost"].take(),
                    layer["blob_bytes"].as_u64().unwrap() - layer["framing_bytes"].as_u64().unwrap()
                );
                let rest =
                    layer["blob_bytes"].as_u64().unwrap() - costs - layer["framing_bytes"].take().as_u64().unwrap();
                // Entries of the root itself have no line.
                assert!(rest <= 512, "layer {index} of {} by {how}: {rest} bytes missing", image.display());
            }
            assert_eq!(layer, whole, "{}", image.display());
        }
        listed["totals"]["verified"] = true.into();
        assert_eq!(listed, read, "{}", image.display());
    }
}

fn layers_mut(report: &mut Value) -> &mut Vec<Value> {
    report["layers"].as_array_mut().unwrap()
}

/// What a container adds to its image before `docker export` can read it: mount points and the files of the network.
const OF_THE_CONTAINER: [&str; 10] = [
    ".dockerenv",
    "dev",
    "dev/console",
    "dev/pts",
    "dev/shm",
    "etc/hostname",
    "etc/hosts",
    "etc/mtab",
    "etc/resolv.conf",
    "proc",
];

#[test]
fn an_exported_container_has_the_same_tree() {
    let Some(corpus) = named("LAYERSCOPE_CORPUS") else { return };
    for (image, _) in images(&corpus) {
        let export = corpus.join(&image).join("export.tar");
        if !export.exists() {
            eprintln!("SKIPPED: {image} has no export.tar");
            continue;
        }
        let expected = truth::read(&corpus.join(format!("truth/{image}.tree.tsv")));
        let found = truth::of_lines(&ask(&["ls", text(&export), "--format", "jsonl"]).expect(0).lines());
        let keep = |paths: Paths| -> Paths {
            let ours = |path: &[u8]| {
                let path = String::from_utf8_lossy(path);
                OF_THE_CONTAINER.contains(&&*path) || path == "sys" || path == "etc" || path.starts_with("data/vol")
            };
            paths.into_iter().filter(|(path, _)| !ours(path)).collect()
        };
        truth::compare(&keep(expected), &keep(found), text(&export));
    }
}

#[test]
fn dives_numbers_are_those_that_dive_prints() {
    let (Some(corpus), Some(dive)) = (named("LAYERSCOPE_CORPUS"), named("LAYERSCOPE_DIVE")) else { return };
    // dive shuffles the layers of an OCI archive; only what `docker save` and its like write can be compared.
    let is_docker = |path: &&PathBuf| path.ends_with("docker-save.tar") || path.ends_with("docker-archive.tar");
    for (_, formats) in images(&corpus) {
        formats.iter().filter(is_docker).for_each(|archive| agree_with_dive(&dive, archive));
    }
}

/// Runs dive and layerscope on a docker-archive and demands the same JSON, and the same share of user waste.
pub fn agree_with_dive(dive: &Path, archive: &Path) {
    let directory = tempfile::tempdir().unwrap();
    let [theirs, ours] = ["theirs.json", "ours.json"].map(|name| directory.path().join(name));
    let reference = format!("docker-archive://{}", archive.display());
    let run = |arguments: &[&str]| Command::new(dive).args(arguments).env_remove("CI").output().unwrap();
    run(&[&reference, "--json", text(&theirs)]);
    ask(&[text(archive), "--json", text(&ours)]).expect(0);
    let read = |path: &Path| -> Value { serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap() };
    let (theirs, ours) = (read(&theirs), read(&ours));
    let what = archive.display();
    assert_eq!(ours["image"]["sizeBytes"], theirs["image"]["sizeBytes"], "{what}");
    assert_eq!(ours["image"]["inefficientBytes"], theirs["image"]["inefficientBytes"], "{what}");
    let score = |json: &Value| json["image"]["efficiencyScore"].as_f64().unwrap();
    assert!((score(&ours) - score(&theirs)).abs() < 1e-12, "{what}: {} {}", score(&ours), score(&theirs));
    assert_eq!(references(&ours), references(&theirs), "{what}");
    for (ours, theirs) in layers(&ours).iter().zip(layers(&theirs)) {
        // dive takes the beginning of any name for the id: `blobs`, or a file with its ending.
        let id = theirs["id"].as_str().unwrap().trim_end_matches(".tar");
        assert!(id == "blobs" || ours["id"] == id, "{what}: {} {id}", ours["id"]);
        for key in ["index", "digestId", "sizeBytes", "command"] {
            assert_eq!(ours[key], theirs[key], "{what}: {key}");
        }
        assert_eq!(ours["fileList"], theirs["fileList"], "{what}: layer {}", ours["index"]);
    }
    let shown = String::from_utf8_lossy(&run(&[&reference, "--ci"]).stdout).into_owned();
    let percent = shown.split("userWastedPercent: ").nth(1).and_then(|rest| rest.split(' ').next()).unwrap();
    let report = ask(&["report", text(archive), "--format", "json"]).expect(0).json();
    let ours =
        report["dive"]["userWastedPercent"].as_f64().map_or("NaN".into(), |share| format!("{:.4}", share * 100.0));
    assert_eq!(ours, percent, "{what}");
}

fn layers(json: &Value) -> Vec<Value> {
    json["layer"].as_array().unwrap().clone()
}

/// Biggest first; dive does not order those of one size.
fn references(json: &Value) -> Vec<(u64, u64, String)> {
    let all = json["image"]["fileReference"].as_array().cloned().unwrap_or_default();
    let mut out: Vec<_> = all
        .iter()
        .map(|row| {
            (
                row["sizeBytes"].as_u64().unwrap(),
                row["count"].as_u64().unwrap(),
                row["file"].as_str().unwrap().to_owned(),
            )
        })
        .collect();
    assert!(out.is_sorted_by(|a, b| a.0 >= b.0), "biggest first");
    out.sort();
    out
}
