//! Packages: images like those of Debian and Alpine, written as text.

use crate::binary::{file, layerscope};
use crate::image_builder::{Entry, Image, Pack, docker_archive, entry, layer_tar, layout, pack_members, write_layout};
use serde_json::{Value, json};

/// A file that holds a text.
fn text(path: &str, text: &str) -> Entry {
    Entry { data: text.as_bytes().to_vec(), ..entry(&format!("f {path}")).unwrap() }
}

fn lines(lines: &[&str]) -> Vec<Entry> {
    lines.iter().map(|line| entry(line).unwrap()).collect()
}

const STATUS: &str = "\
Package: dash
Status: install ok installed
Architecture: amd64
Version: 0.5.12-2
Description: POSIX-compliant shell
 The Debian Almquist Shell.

Package: libc6
Status: install ok installed
Architecture: amd64
Multi-Arch: same
Version: 2.36-9

Package: gone
Status: deinstall ok config-files
Architecture: all
Version: 1
";

/// Debian, with `/bin` as a link, and a layer above it.
fn debian() -> Image {
    let base = [
        lines(&["l bin -> usr/bin", "f usr/bin/dash size=400 fill=d", "f usr/lib/libc.so size=5000 fill=c"]),
        lines(&["f etc/gone.conf size=7 fill=g", "l usr/bin/sh -> dash"]),
        vec![
            text("var/lib/dpkg/status", STATUS),
            text("var/lib/dpkg/info/dash.list", "/.\n/bin\n/bin/dash\n/bin/sh\n"),
            text("var/lib/dpkg/info/libc6:amd64.list", "/.\n/usr\n/usr/lib\n/usr/lib/libc.so\n/usr/lib/libc.so.6\n"),
            text("var/lib/dpkg/info/gone.list", "/etc/gone.conf\n"),
        ],
    ];
    let above = [lines(&["f srv/app size=90 fill=a", "f usr/bin/dash size=401 fill=d"])];
    Image::new("demo/debian:1", vec![layer_tar(&base.concat()), layer_tar(&above.concat())])
}

fn rows(json: &Value) -> Vec<Value> {
    let row = |package: &Value| {
        let layers: Vec<&Value> = package["layers"].as_array().unwrap().iter().map(|layer| &layer["layer"]).collect();
        json!([package["name"], package["version"], package["state"], package["files"], package["bytes"], layers])
    };
    json["packages"].as_array().unwrap().iter().map(row).collect()
}

#[test]
fn a_debian_image_is_told_by_package() {
    let image = debian();
    let (_guard, path) = file("debian.tar", &docker_archive(&[image], false));
    let found = layerscope(&["packages", &path, "--format", "json"]).expect(0).json();
    assert_eq!(
        rows(&found),
        [
            json!(["libc6", "2.36-9", "installed", 1, 5000, [0]]),
            json!(["dash", "0.5.12-2", "installed", 1, 401, [1]]),
            json!(["gone", "1", "config_files", 1, 7, [0]]),
        ]
    );
    let report = layerscope(&["report", &path, "--format", "json"]).expect(0).json();
    assert_eq!(found["live_bytes"], report["totals"]["live_bytes"]);
    let sum: u64 = found["packages"].as_array().unwrap().iter().map(|package| package["bytes"].as_u64().unwrap()).sum();
    assert_eq!(found["live_bytes"], sum + found["unowned"]["bytes"].as_u64().unwrap());
    let unowned = layerscope(&["packages", &path, "--unowned", "--format", "json"]).expect(0).json();
    assert_eq!(unowned.as_array().unwrap().len() as u64, found["unowned"]["files"]);
    assert!(unowned.as_array().unwrap().contains(&json!({"path": "srv/app", "bytes": 90, "layer": 1})), "{unowned}");
    let text = layerscope(&["packages", &path]).expect(0).text();
    assert!(text.contains("libc6 2.36-9 (amd64)") && text.contains("(none)"), "{text}");
    assert!(layerscope(&["packages", "--unowned", &path]).expect(0).text().contains("L1     /srv/app"));
}

/// Compressed layers take one pass; what comes of it is the same.
#[test]
fn packages_are_the_same_however_layers_are_compressed() {
    let (_guard, path) = file("debian.tar", &docker_archive(&[debian()], false));
    let expected = layerscope(&["packages", &path, "--format", "json"]).expect(0).json();
    for pack in [Pack::Gzip, Pack::Zstd] {
        let directory = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
        let members = layout(&[debian()], pack);
        write_layout(&members, directory.path());
        let found = layerscope(&["packages", directory.path().to_str().unwrap(), "--format", "json"]).expect(0).json();
        assert_eq!(found, expected, "{pack:?}");
        let packed = Pack::Gzip.pack(&pack_members(&members));
        let found = layerscope(&["packages", "-", "--format", "json"]).stdin(&packed).expect(0).json();
        assert_eq!(found, expected, "{pack:?}, in a compressed archive");
    }
}

#[test]
fn an_alpine_image_is_told_by_package() {
    let installed =
        "C:Q1\nP:musl\nV:1.2.5-r0\nA:x86_64\nF:lib\nR:libc.so\na:0:0:755\n\nP:\u{1b}[2J\nV:1\nF:etc\nR:motd\n";
    let files =
        [lines(&["f lib/libc.so size=600", "f etc/motd size=5"]), vec![text("lib/apk/db/installed", installed)]];
    let (_guard, path) =
        file("alpine.tar", &docker_archive(&[Image::new("demo/alpine:1", vec![layer_tar(&files.concat())])], false));
    let found = layerscope(&["packages", &path, "--format", "json"]).expect(0).json();
    let named = json!(["musl", "1.2.5-r0", "installed", 1, 600, [0]]);
    assert_eq!(rows(&found), [named, json!(["\\x1b[2J", "1", "installed", 1, 5, [0]])]);
    assert_eq!(found["packages"][0]["manager"], "apk");
    assert!(!layerscope(&["packages", &path]).expect(0).text().contains('\u{1b}'));
}

#[test]
fn bad_databases_are_survived() {
    let binary = Entry { data: (0..=255).cycle().take(100_000).collect(), ..entry("f var/lib/dpkg/status").unwrap() };
    let files = [
        lines(&[
            "f lib/apk/db/installed sparse=gnu size=99000000 map=0:512",
            "f etc/passwd size=3",
            "l var/lib/dpkg/diversions -> /etc/passwd",
        ]),
        vec![binary, text("var/lib/dpkg/info/a.list", "/../../etc/passwd\n/etc\0/passwd\n\u{202e}\n")],
    ];
    let archive = docker_archive(&[Image::new("demo/bad:1", vec![layer_tar(&files.concat())])], false);
    let (_guard, path) = file("bad.tar", &archive);
    let outcome = layerscope(&["packages", &path, "--format", "json"]).expect(2);
    assert!(outcome.stderr.contains("lib/apk/db/installed: could not be read"), "{}", outcome.stderr);
    assert_eq!(outcome.json()["packages"], json!([]));
    let (_guard, path) = file(
        "none.tar",
        &docker_archive(&[Image::new("demo/none:1", vec![layer_tar(&lines(&["f a size=3"]))])], false),
    );
    let text = layerscope(&["packages", &path]).expect(0).text();
    assert!(text.starts_with("No packages: a database of dpkg or apk is not in the image."), "{text}");
}
