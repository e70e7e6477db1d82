//! Two images compared, and two layers of one.

use crate::binary::layerscope;
use crate::image_builder::{Image, Pack, docker_archive, layer, layout, write_layout};
use serde_json::{Value, json};
use std::path::Path;
use tempfile::TempDir;

fn folder() -> TempDir {
    tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap()
}

fn write(directory: &Path, name: &str, image: &Image) -> String {
    let path = directory.join(name);
    std::fs::write(&path, docker_archive(std::slice::from_ref(image), false)).unwrap();
    path.to_str().unwrap().to_owned()
}

/// What is built, what its instruction is.
type Step = (&'static str, &'static [&'static str]);

const BASE: Step = ("ADD rootfs", &["d etc", "f etc/os-release size=100", "f 0755 usr/bin/tool size=9000"]);
const APP: Step = (
    "COPY . .",
    &["f srv/app size=5000 fill=a", "f srv/config size=80 fill=a", "f srv/old size=70", "l srv/link -> app"],
);
const CLEAN: Step = ("RUN rm -f", &["w srv/old"]);

fn image(steps: &[Step], labels: &Value) -> Image {
    let layers = steps.iter().map(|(_, lines)| layer(lines)).collect();
    let history = steps.iter().map(|(instruction, _)| json!({"created_by": instruction})).collect();
    Image { history, config: json!({"Labels": labels, "Env": ["A=1"]}), ..Image::new("app:1", layers) }
}

fn diff(left: &str, right: &str) -> Value {
    let json = layerscope(&["diff", left, right, "--format", "json"]).expect(0).json();
    let schema = layerscope(&["schema", "diff"]).expect(0).json();
    assert!(jsonschema::validator_for(&schema).unwrap().is_valid(&json), "{json}");
    json
}

#[test]
#[expect(clippy::too_many_lines, reason = "two images, and everything in which they differ")]
fn an_image_built_again_differs_in_what_was_done_otherwise() {
    let directory = folder();
    // One layer more, another one built at another time with another content and another owner, another label.
    let rebuilt: Step = (
        "COPY . .",
        &[
            "f srv/app size=5000 fill=a mtime=1",
            "f 7:0 srv/config size=80 fill=b",
            "f srv/old size=70",
            "l srv/link -> elsewhere",
            "f srv/new size=11",
        ],
    );
    let extra: Step = ("RUN extra", &["f opt/extra size=300"]);
    let left = write(directory.path(), "left.tar", &image(&[BASE, APP, CLEAN], &json!({"version": "1", "gone": "x"})));
    let right = write(directory.path(), "right.tar", &image(&[BASE, extra, rebuilt, CLEAN], &json!({"version": "2"})));
    let found = diff(&left, &right);
    let layers: Vec<_> =
        found["layers"].as_array().unwrap().iter().map(|row| (&row["left"], &row["right"], &row["same"])).collect();
    let expected = json!([[0, 0, true], [null, 1, false], [1, 2, false], [2, 3, true]]);
    let expected: Vec<_> = expected.as_array().unwrap().iter().map(|row| (&row[0], &row[1], &row[2])).collect();
    assert_eq!(layers, expected);
    let differs = &found["layers"][2];
    assert_eq!(differs["differs"], json!({"content": 1, "link": 1, "owner": 1, "time": 1}));
    assert_eq!((&differs["only_right"], &differs["only_order"]), (&json!(1), &json!(false)));
    let paths: Vec<(String, Value)> = found["paths"]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| {
            (format!("{} {}", row["change"].as_str().unwrap(), row["path"].as_str().unwrap()), row["differs"].clone())
        })
        .collect();
    let expected = [
        ("added opt/extra", json!([])),
        ("added srv/new", json!([])),
        ("metadata_only srv/app", json!(["time"])),
        ("changed srv/config", json!(["content", "owner"])),
        ("changed srv/link", json!(["link"])),
    ];
    assert_eq!(paths, expected.map(|(path, differs)| (path.to_owned(), differs)));
    assert_eq!(found["totals"]["delta_bytes"], 311);
    assert_eq!(
        found["settings"],
        json!([
            {"kind": "label", "key": "gone", "left": "x", "right": null},
            {"kind": "label", "key": "version", "left": "1", "right": "2"},
        ])
    );
    let text = layerscope(&["diff", &left, &right]).expect(0).text();
    for line in [
        "= L0   L0    ADD rootfs",
        "+ ·    L1    RUN extra",
        "~ L1   L2    COPY . .  content 1, link 1, owner 1, time 1, +1",
        "Paths  +2 ~2 %1 -0, 3 the same, +311 B",
        "~          /srv/config  content, owner 0:0 → 7:0",
        "label version",
    ] {
        assert!(text.contains(line), "{line} in\n{text}");
    }
    assert!(text.lines().all(|line| line.chars().count() <= 100), "{text}");
    let top = layerscope(&["diff", &left, &right, "--top", "1"]).expect(0).text();
    assert!(top.contains("… and 4 more"), "{top}");
}

#[test]
fn the_same_image_in_another_format_is_the_same() {
    let directory = folder();
    let image = image(&[BASE, APP, CLEAN], &json!({}));
    let left = write(directory.path(), "left.tar", &image);
    let right = directory.path().join("layout");
    write_layout(&layout(&[image], Pack::Zstd), &right);
    let found = diff(&left, right.to_str().unwrap());
    assert_eq!((&found["paths"], &found["settings"]), (&json!([]), &json!([])));
    assert!(found["layers"].as_array().unwrap().iter().all(|layer| layer["same"] == true));
    let text = layerscope(&["diff", &left, right.to_str().unwrap()]).expect(0).text();
    assert!(text.contains("No path differs: 6 paths the same."), "{text}");
}

#[test]
fn a_layer_that_only_has_another_order_says_so() {
    let directory = folder();
    let turned: Step = (
        "COPY . .",
        &["l srv/link -> app", "f srv/old size=70", "f srv/config size=80 fill=a", "f srv/app size=5000 fill=a"],
    );
    let other_removal: Step = ("RUN rm -f", &["w srv/config"]);
    let left = write(directory.path(), "left.tar", &image(&[BASE, APP, CLEAN], &json!({})));
    let right = write(directory.path(), "right.tar", &image(&[BASE, turned, other_removal], &json!({})));
    let found = diff(&left, &right);
    assert_eq!((&found["layers"][1]["only_order"], &found["layers"][1]["same"]), (&json!(true), &json!(false)));
    assert_eq!(
        (&found["layers"][2]["removals_differ"], &found["layers"][2]["only_order"]),
        (&json!(true), &json!(false))
    );
    assert_eq!(found["totals"]["added"], 1);
}

#[test]
fn two_layers_of_an_image_are_compared_as_in_the_explorer() {
    let directory = folder();
    let path = write(directory.path(), "app.tar", &crate::reference::image());
    let found = layerscope(&["diff", &path, "--layers", "3..8", "--format", "json"]).expect(0).json();
    let totals = &found["totals"];
    assert_eq!((&totals["changed"], &totals["removed"]), (&json!(0), &json!(0)), "{totals}");
    assert_eq!(totals["added"].as_u64().unwrap() as usize, found["paths"].as_array().unwrap().len(), "{totals}");
    // Each side's bytes are those of the files that `ls` lists there.
    for (side, layer) in [("left", "3"), ("right", "8")] {
        let listed = layerscope(&["ls", &path, "--upto", layer, "--format", "jsonl"]).expect(0).text();
        let sizes = listed.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
        let bytes: u64 = sizes.filter(|row| row["type"] == "file").map(|row| row["size"].as_u64().unwrap()).sum();
        assert_eq!(found[side]["bytes"], bytes);
    }
    let message = layerscope(&["diff", &path, "--layers", "3..80"]).expect(2).stderr;
    assert!(message.contains("there is no layer 80"), "{message}");
    let message = layerscope(&["diff", &path, "--layers", "3-8"]).expect(2).stderr;
    assert!(message.contains("write two layers, as in 3..8"), "{message}");
}

#[test]
fn what_differs_is_narrowed_in_the_language_of_the_explorer() {
    let directory = folder();
    let rebuilt: Step = (
        "COPY . .",
        &[
            "f srv/app size=5000 fill=b",
            "f 7:0 srv/config size=80 fill=a",
            "l srv/link -> app",
            "f srv/new text=secret",
        ],
    );
    let left = write(directory.path(), "left.tar", &image(&[BASE, APP], &json!({})));
    let right = write(directory.path(), "right.tar", &image(&[BASE, rebuilt], &json!({})));
    let paths = |arguments: &[&str]| -> Vec<String> {
        let all = [&["diff"], arguments, &["--format", "json"]].concat();
        let found = layerscope(&all).expect(0).json();
        found["paths"].as_array().unwrap().iter().map(|path| path["path"].as_str().unwrap().to_owned()).collect()
    };
    let both = [left.as_str(), right.as_str(), "--filter"];
    let narrowed = |filter: &str| paths(&[&both[..], &[filter]].concat());
    assert_eq!(narrowed("is:added"), ["srv/new"]);
    assert_eq!(narrowed("is:removed"), ["srv/old"]);
    assert_eq!(narrowed("is:modified"), ["srv/app"]);
    assert_eq!(narrowed("is:meta owner:7"), ["srv/config"]);
    assert_eq!(narrowed("size:>1k"), ["srv/app"], "as the right side has it");
    assert_eq!(narrowed("is:file !content:b ^srv/n"), ["srv/new"]);
    assert_eq!(narrowed("content:secret"), ["srv/new"]);
    assert_eq!(narrowed("content:/^x+$/"), ["srv/old"], "what only the left side has is looked through there");
    // Two points of one image; the bytes of both sides are those of all their files.
    assert_eq!(paths(&[&left, "--layers", "0..1", "--filter", "ext:nothing"]), Vec::<String>::new());
    assert_eq!(paths(&[&left, "--layers", "0..1", "--filter", "is:link"]), ["srv/link"]);
    let whole = diff(&left, &right);
    let some = layerscope(&["diff", &left, &right, "--filter", "is:added", "--format", "json"]).expect(0).json();
    assert_eq!((&some["left"], &some["right"]), (&whole["left"], &whole["right"]));
    let slip = layerscope(&["diff", "no-such.tar", "other.tar", "--filter", "size:much"]).expect(2);
    assert!(slip.stderr.contains("size:much is not understood"), "{}", slip.stderr);
}
