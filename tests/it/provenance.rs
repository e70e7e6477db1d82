//! Where things come from: labels and settings with the row that set them, ghosts, and the history of a path.

use crate::binary::{file, layerscope};
use crate::image_builder::{Image, Pack, docker_archive, layer, layout, pack_members};
use serde_json::{Value, json};

/// A child of a base with three labels, of which it overrides one. A third layer comes from `docker commit -c`, which
/// leaves no row for what it sets.
fn child() -> Image {
    let layers = vec![
        layer(&["d srv", "f srv/app size=9"]),
        layer(&["f srv/.env size=40", "f srv/app size=9"]),
        layer(&["w srv/.env", "f srv/big size=30 fill=z"]),
    ];
    let labels = json!({"vendor": "Base", "tier": "child", "org.label-schema.version": "1", "by.hand": "yes"});
    let row = |text: &str, is_empty: bool| json!({"created_by": text, "empty_layer": is_empty});
    Image {
        config: json!({"Labels": labels, "User": "app", "Env": ["A=2"]}),
        history: vec![
            row("/bin/sh -c #(nop) ADD file:0 in / ", false),
            row("/bin/sh -c #(nop)  LABEL vendor=Base tier=base org.label-schema.version=1", true),
            row("ENV A=1", true),
            row("COPY . /srv # buildkit", false),
            row("LABEL tier=child", true),
            row("ENV A=2", true),
            row("USER app", true),
            json!({"created_by": "", "comment": "by hand"}),
        ],
        ..Image::new("demo/child:1", layers)
    }
}

fn setting<'a>(settings: &'a Value, key: &str) -> &'a Value {
    settings.as_array().unwrap().iter().find(|setting| setting["key"] == key).unwrap()
}

#[test]
fn labels_name_the_row_that_set_them_and_what_they_override() {
    let (_guard, path) = file("child.tar", &docker_archive(&[child()], false));
    let config = layerscope(&["config", &path, "--format", "json"]).expect(0).json();
    let labels = &config["labels"];
    assert_eq!(
        *setting(labels, "vendor"),
        json!({"key": "vendor", "value": "Base", "history": 1, "inherited": true, "overrides": []})
    );
    assert_eq!(
        *setting(labels, "tier"),
        json!({"key": "tier", "value": "child", "history": 4, "inherited": false,
               "overrides": [{"value": "base", "history": 1}]})
    );
    assert_eq!(setting(labels, "org.label-schema.version")["successor"], "org.opencontainers.image.version");
    assert_eq!(setting(labels, "by.hand")["history"], Value::Null);
    assert_eq!(setting(&config["env"], "A")["overrides"], json!([{"value": "1", "history": 2}]));
    // The report is the same text, word for word.
    let report = layerscope(&["report", &path, "--format", "json"]).expect(0).json();
    assert!(config.as_object().unwrap().iter().all(|(key, list)| report[key] == *list));
    let text = layerscope(&["config", &path]).expect(0).text();
    for line in [
        "  vendor=Base\n      inherited, set by row 1: LABEL vendor=Base",
        "  tier=child\n      own, set by row 4: LABEL tier=child\n      replaces 'base', set by row 1",
        "  by.hand=yes\n      no recorded origin\n",
        "Label Schema gave way to org.opencontainers.image.version",
    ] {
        assert!(text.contains(line), "{line} in {text}");
    }
    let lines: Vec<&str> = text.lines().filter(|line| line.chars().count() > 80).collect();
    assert!(lines.is_empty(), "{lines:?}");
}

#[test]
fn ghosts_are_the_waste_and_secrets_are_marked() {
    let (_guard, path) = file("child.tar", &docker_archive(&[child()], false));
    let ghosts = layerscope(&["ghosts", &path, "--format", "json"]).expect(0).json();
    let of = |key: &str| -> Vec<Value> { ghosts.as_array().unwrap().iter().map(|ghost| ghost[key].clone()).collect() };
    assert_eq!(of("path"), ["srv/.env", "srv/app"]);
    assert_eq!(of("owner_layer"), [1, 0]);
    assert_eq!(of("by_layer"), [2, 1]);
    assert_eq!(of("secret"), [json!("environment file"), Value::Null]);
    assert_eq!(of("owner_instruction"), ["COPY . /srv", "ADD file:0 in /"]);
    let report = layerscope(&["report", &path, "--format", "json"]).expect(0).json();
    let bytes: u64 = of("bytes").iter().map(|bytes| bytes.as_u64().unwrap()).sum();
    assert_eq!(report["totals"]["wasted_bytes"], bytes);
    let text = layerscope(&["ghosts", "--secrets", &path]).expect(0).text();
    assert!(text.contains("! ") && text.contains("/srv/.env  (environment file)"), "{text}");
    assert!(!text.contains("/srv/app"), "{text}");
    // What the last line says works.
    assert!(text.contains("layerscope cat --layer 1 IMAGE srv/.env"), "{text}");
    assert_eq!(layerscope(&["cat", "--layer", "1", &path, "srv/.env"]).expect(0).stdout.len(), 40);
}

#[test]
fn completions_and_manual_pages_know_every_command() {
    let help = layerscope(&["--help"]).expect(0).text();
    let commands: Vec<&str> = help
        .lines()
        .skip_while(|line| *line != "Commands:")
        .skip(1)
        .take_while(|line| line.starts_with("  "))
        .filter_map(|line| line.strip_prefix("  ").filter(|line| !line.starts_with(' '))?.split(' ').next())
        .collect();
    assert!(commands.contains(&"ghosts") && commands.contains(&"ci"), "{commands:?}");
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let text = layerscope(&["completions", shell]).expect(0).text();
        assert!(commands.iter().all(|command| text.contains(command)), "{shell}");
    }
    layerscope(&["completions", "csh"]).expect(2);
    for command in commands.iter().filter(|command| **command != "help") {
        let page = layerscope(&["man", command]).expect(0).text();
        assert!(page.contains(&format!("layerscope\\-{command}")), "{command}: {page}");
    }
    assert!(layerscope(&["man"]).expect(0).text().contains(".TH layerscope 1"));
    assert!(layerscope(&["man", "cli"]).expect(2).stderr.contains("there is no command"));
}

#[test]
fn why_tells_the_life_of_a_path_and_where_its_bytes_are() {
    let layers = vec![
        layer(&["d srv", "f srv/.env size=4 fill=a", "l lib -> usr/lib", "f usr/lib/x size=1"]),
        layer(&["f srv/.env size=4 fill=b", "h srv/env -> srv/.env"]),
        layer(&["w srv/.env"]),
        layer(&["w srv"]),
    ];
    let (_guard, path) = file("why.tar", &docker_archive(&[Image::new("demo/why:1", layers)], false));
    let why = |arguments: &[&str]| layerscope(&[&["why", &path, "--format", "json"], arguments].concat());
    let found = why(&["/srv/.env", "srv/env"]).expect(0).json();
    let of = |index: usize, key: &str| -> Vec<Value> {
        found[index]["steps"].as_array().unwrap().iter().map(|step| step[key].clone()).collect()
    };
    assert_eq!(of(0, "layer"), [0, 1, 2]);
    assert_eq!(of(0, "deed"), ["written", "written", "removed"]);
    assert_eq!(of(0, "change"), ["added", "changed", "removed"]);
    let digest = |data: &[u8]| json!(crate::image_builder::digest(data));
    assert_eq!(of(0, "content"), [digest(b"aaaa"), digest(b"bbbb"), Value::Null]);
    assert_eq!(found[0]["summary"], "Deleted in layer 2, but its bytes (8 B) are still in layers 0 and 1.");
    assert_eq!(of(1, "deed"), ["linked", "removed_above"]);
    assert_eq!((&found[1]["dead_in_layers"], &found[1]["dead_bytes"]), (&json!([1]), &json!(4)));
    // Globs find what is gone, too; links are followed where that is asked for, their directories always.
    let paths = |arguments: &[&str]| -> Vec<Value> {
        let found = why(arguments).expect(0).json();
        found.as_array().unwrap().iter().map(|path| path["path"].clone()).collect()
    };
    assert_eq!(paths(&["*env"]), ["srv/.env", "srv/env"]);
    assert_eq!(paths(&["srv/*", "srv/env"]), ["srv/.env", "srv/env"]);
    assert_eq!(paths(&["lib"]), ["lib"]);
    assert_eq!(paths(&["lib", "--follow"]), ["lib", "usr/lib"]);
    assert_eq!(paths(&["lib/x"]), ["usr/lib/x"]);
    for (wrong, message) in [
        ("srv/.enf", "srv/.enf: no such path in the image; there is srv/.env"),
        ("etc/x", "etc/x: no such path in the image; there is usr/lib/x"),
        ("*.pem", "*.pem: matches no path of any layer"),
        ("[x", "[x: is no pattern"),
    ] {
        let outcome = why(&[wrong]).expect(2);
        assert!(outcome.stderr.contains(message), "{message} in {}", outcome.stderr);
    }
}

#[test]
fn the_base_is_told_by_the_base_image() {
    let mut child = child();
    let mut base = child.clone();
    base.tag = "base:1".to_owned();
    base.layers.truncate(1);
    base.history.truncate(3);
    let (_guard, base_path) = file("base.tar", &docker_archive(&[base], false));
    let (_guard2, path) = file("child.tar", &docker_archive(std::slice::from_ref(&child), false));
    let report = |arguments: &[&str]| {
        layerscope(&[&["report", &path, "--format", "json"][..], arguments].concat()).expect(0).json()
    };
    assert_eq!(report(&[])["image"]["base"]["layers"], Value::Null);
    let told = report(&["--base", &base_path]);
    assert_eq!(
        (&told["image"]["base"]["layers"], &told["image"]["base"]["told_by"]),
        (&1.into(), &"base_image".into())
    );
    let counted = report(&["--base-layers", "1"]);
    assert_eq!(counted["image"]["base"]["told_by"], "base_layers");
    assert_eq!(told["totals"], counted["totals"]);
    // The base has the rows up to its last label, whatever the layers say.
    let inherited = |report: &Value, list: &str, key: &str| setting(&report[list], key)["inherited"] == true;
    assert!(inherited(&told, "labels", "vendor") && inherited(&counted, "labels", "vendor"));
    assert!(!inherited(&told, "labels", "tier") && !inherited(&told, "env", "A"));
    let text = layerscope(&["report", &path, "--base", &base_path]).expect(0).text();
    assert!(text.contains("Base       1 layer, by --base\n"), "{text}");
    assert!(text.contains("  -- end of the base\n"), "{text}");
    layerscope(&["report", &path, "--base", &base_path, "--base-layers", "1"]).expect(2);
    // The child is not the base of its base.
    let outcome = layerscope(&["report", &base_path, "--base", &path]).expect(2);
    assert!(outcome.stderr.contains("child.tar is not the base of the image: it has"), "{}", outcome.stderr);
    child.layers[0] = layer(&["f other size=1"]);
    let (_guard3, other) = file("other.tar", &docker_archive(&[child], false));
    let outcome = layerscope(&["report", &other, "--base", &base_path]).expect(2);
    assert!(outcome.stderr.contains("its layer 0 is another one"), "{}", outcome.stderr);
}

#[test]
fn duplicates_are_proven_by_content_in_every_compression() {
    let base = layer(&[
        "f usr/lib/a.so size=5000 fill=a",
        "f usr/lib/b.so size=5000 fill=b",
        "h usr/lib/c.so -> usr/lib/a.so",
    ]);
    let above = layer(&["f opt/a.so size=5000 fill=a", "f opt/holes size=9000 map=0:512", "f empty size=0"]);
    let top = layer(&["f opt/same sparse=gnu size=9000 map=0:512", "f also-empty size=0", "w usr/lib/b.so"]);
    let image = || Image::new("demo/twice:1", vec![base.clone(), above.clone(), top.clone()]);
    let copy = |path: &str, layer: u32| json!({"path": path, "layer": layer});
    let expected = json!([
        {"saving": 9000, "bytes": 9000, "copies": [copy("opt/holes", 1), copy("opt/same", 2)]},
        {"saving": 5000, "bytes": 5000, "copies": [copy("opt/a.so", 1), copy("usr/lib/a.so", 0)]},
    ]);
    let (_guard, path) = file("twice.tar", &docker_archive(&[image()], false));
    assert_eq!(layerscope(&["duplicates", &path, "--format", "json"]).expect(0).json(), expected);
    for pack in Pack::ALL {
        let archive = pack_members(&layout(&[image()], pack));
        let (_guard, path) = file("twice.oci.tar", &archive);
        assert_eq!(layerscope(&["duplicates", &path, "--format", "json"]).expect(0).json(), expected, "{pack:?}");
        let found = layerscope(&["duplicates", "-", "--format", "json"]).stdin(&Pack::Gzip.pack(&archive)).expect(0);
        assert_eq!(found.json(), expected, "{pack:?}, in a compressed archive");
    }
    let totals = layerscope(&["report", &path, "--format", "json"]).expect(0).json()["totals"].clone();
    assert_eq!(totals["wasted_bytes"], 5000, "what is there twice is no waste, what is removed is");
    let text = layerscope(&["duplicates", "--top", "1", &path]).expect(0).text();
    assert!(text.starts_with("2 contents are there several times; one copy of each would save 14.0 kB"), "{text}");
    assert!(text.contains("  L2  /opt/same") && text.contains("… and 1 content more"), "{text}");
}
