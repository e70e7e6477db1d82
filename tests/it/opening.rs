//! Which files open, which do not, and what is said about those.

use crate::binary::{Outcome, file, layerscope};
use crate::image_builder::{
    Image, Pack, digest, docker_archive, docker_modern, layer, layout, pack_members, write_layout,
};
use serde_json::{Value, json};

/// A small image: 30 bytes shipped, 20 live.
fn control(tag: &str) -> Image {
    let layers = vec![layer(&["d etc", "f etc/a size=10"]), layer(&["f etc/a size=15 fill=y", "f b size=5"])];
    Image { config: json!({"Labels": {"made.by": "test"}}), ..Image::new(tag, layers) }
}

fn report(path: &str, input: &[u8], more: &[&str]) -> Outcome {
    let arguments = [&["report", path, "--format", "json"][..], more].concat();
    layerscope(&arguments).stdin(input).run()
}

fn opened(path: &str, input: &[u8], more: &[&str]) -> Value {
    let outcome = report(path, input, more);
    assert_eq!(outcome.code, Some(0), "{path} {more:?}: {}", outcome.stderr);
    outcome.json()
}

/// The error of an input that must not open: exit 2, nothing on standard output.
fn refused(path: &str, input: &[u8], more: &[&str]) -> String {
    let outcome = report(path, input, more);
    assert_eq!(outcome.code, Some(2), "{path}: {}{}", outcome.text(), outcome.stderr);
    assert_eq!(outcome.text(), "", "{path}");
    assert!(!outcome.stderr.trim().is_empty(), "{path}: an error says why");
    outcome.stderr
}

#[test]
fn every_kind_opens_in_every_compression_from_a_file_and_a_pipe() {
    let image = control("demo/app:1");
    let one = std::slice::from_ref(&image);
    let rootfs = layer(&["d etc", "f etc/a size=15", "f b size=5", "d usr", "d bin", "d var"]);
    let kinds = [
        ("docker-archive", docker_archive(one, false)),
        ("docker-archive", docker_archive(one, true)),
        ("docker-archive", docker_modern(&image, Pack::Gzip)),
        ("oci-archive", pack_members(&layout(one, Pack::Zstd))),
        ("rootfs", rootfs),
    ];
    for (kind, plain) in kinds {
        for pack in Pack::ALL {
            let packed = pack.pack(&plain);
            // A09: neither the name nor its ending says anything.
            let (_guard, path) = file("image.txt", &packed);
            for (path, input) in [(path.as_str(), &[][..]), ("-", &packed[..])] {
                let found = opened(path, input, &[]);
                let what = format!("{kind} in {pack:?} from {path}");
                assert_eq!(found["image"]["source"]["kind"], kind, "{what}");
                assert_eq!(found["totals"]["live_bytes"], 20, "{what}");
                assert_eq!(found["totals"]["partial"], false, "{what}");
                let layers = if kind == "rootfs" { 1 } else { 2 };
                assert_eq!(found["layers"].as_array().unwrap().len(), layers, "{what}");
                if kind != "rootfs" {
                    assert_eq!(found["image"]["tags"], json!(["demo/app:1"]), "A32: {what}");
                    assert_eq!(found["labels"][0]["key"], "made.by", "{what}");
                    assert_eq!(found["image"]["id"], digest(&image.config_json()), "{what}");
                }
            }
        }
    }
}

#[test]
fn what_a_flat_root_file_system_lost_is_said() {
    let tar = layer(&["d etc", "f etc/a size=15", "d usr", "d bin", "d var"]);
    let found = opened("-", &tar, &[]);
    let text = found["notices"].to_string();
    for lost in ["history", "labels", "layers"] {
        assert!(text.contains(lost), "A27: {lost} in {text}");
    }
    assert_eq!(found["image"]["id"], Value::Null);
}

#[test]
fn an_oci_layout_directory_opens_by_path_and_by_transport() {
    let directory = tempfile::tempdir().unwrap();
    write_layout(&layout(&[control("one"), control("two")], Pack::Gzip), directory.path());
    let path = directory.path().to_str().unwrap();
    let found = opened(&format!("oci:{path}:two"), &[], &[]);
    assert_eq!(found["image"]["source"]["kind"], "oci", "A26");
    assert_eq!(found["totals"]["shipped_bytes"], 30);
    assert_eq!(opened(path, &[], &["--tag", "one"])["totals"]["shipped_bytes"], 30);
}

#[test]
fn transports_name_the_kind() {
    let image = control("demo/app:1");
    let one = std::slice::from_ref(&image);
    let (_docker, docker) = file("d.tar", &docker_archive(one, false));
    let (_oci, oci) = file("o.tar", &pack_members(&layout(one, Pack::Gzip)));
    for reference in
        [format!("docker-archive:{docker}"), format!("docker-archive://{docker}"), format!("oci-archive:{oci}")]
    {
        assert_eq!(opened(&reference, &[], &[])["totals"]["shipped_bytes"], 30, "{reference}");
    }
    let (_flat, flat) = file("r.tar", &layer(&["d etc", "f etc/a size=15", "d usr", "d bin"]));
    let rootfs = opened(&format!("rootfs:{flat}"), &[], &[]);
    assert_eq!(rootfs["image"]["source"]["kind"], "rootfs");
    assert_eq!(rootfs["layers"].as_array().unwrap().len(), 1);
}

#[test]
fn several_images_ask_for_a_choice() {
    let images = [control("demo/one:1"), Image::new("demo/two:2", vec![layer(&["f x size=7"])])];
    for archive in [docker_archive(&images, false), pack_members(&layout(&images, Pack::Plain))] {
        let (_guard, path) = file("several.tar", &archive);
        for (path, input) in [(path.as_str(), &[][..]), ("-", &archive[..])] {
            let message = refused(path, input, &[]);
            assert!(message.contains("demo/one:1") && message.contains("demo/two:2"), "A23: {message}");
            assert!(message.contains("--tag"), "{message}");
            assert_eq!(opened(path, input, &["--tag", "demo/two:2"])["totals"]["shipped_bytes"], 7);
            assert_eq!(opened(path, input, &["--tag", "demo/one:1"])["totals"]["shipped_bytes"], 30);
            let message = refused(path, input, &["--tag", "demo/three:3"]);
            assert!(message.contains("demo/three:3"), "{message}");
            assert!(message.contains("demo/one:1") && message.contains("demo/two:2"), "{message}");
        }
    }
}

/// An index in an index: two platforms, each with an attestation.
fn platforms(architectures: &[&str]) -> Vec<u8> {
    let images: Vec<Image> = architectures
        .iter()
        .zip([7, 8, 9])
        .map(|(name, size)| Image {
            architecture: (*name).into(),
            ..Image::new("latest", vec![layer(&[format!("f bin size={size}")])])
        })
        .collect();
    let mut members = layout(&images, Pack::Gzip);
    let at = members.iter().position(|(name, _)| name == "index.json").unwrap();
    let mut index: Value = serde_json::from_slice(&members[at].1).unwrap();
    let platforms = index["manifests"].as_array_mut().unwrap();
    let mut attested = Vec::new();
    for descriptor in platforms.iter_mut() {
        descriptor.as_object_mut().unwrap().remove("annotations");
        let mut attestation = descriptor.clone();
        attestation["platform"] = json!({"os": "unknown", "architecture": "unknown"});
        attestation["annotations"] = json!({"vnd.docker.reference.type": "attestation-manifest", "vnd.docker.reference.digest": descriptor["digest"]});
        attested.push(attestation);
    }
    platforms.extend(attested);
    let nested = serde_json::to_vec(&index).unwrap();
    let outer = json!({"schemaVersion": 2, "manifests": [{
        "mediaType": "application/vnd.oci.image.index.v1+json", "digest": digest(&nested), "size": nested.len(),
        "annotations": {"org.opencontainers.image.ref.name": "latest"}}]});
    members[at].1 = serde_json::to_vec(&outer).unwrap();
    members.push((format!("blobs/sha256/{}", &digest(&nested)[7..]), nested));
    pack_members(&members)
}

#[test]
fn several_platforms_ask_for_a_choice_and_attestations_are_no_platform() {
    let (_guard, path) = file("platforms.tar", &platforms(&["amd64", "arm64"]));
    let message = refused(&path, &[], &[]);
    assert!(message.contains("linux/amd64") && message.contains("linux/arm64"), "{message}");
    assert!(!message.contains("unknown"), "{message}");
    for (platform, bytes) in [("linux/amd64", 7), ("linux/arm64", 8)] {
        let found = opened(&path, &[], &["--platform", platform]);
        assert_eq!(found["totals"]["shipped_bytes"], bytes);
        assert_eq!(found["image"]["platform"]["architecture"], platform.split('/').nth(1).unwrap());
    }
    let message = refused(&path, &[], &["--platform", "linux/s390x"]);
    assert!(message.contains("s390x"), "{message}");
    assert!(message.contains("linux/amd64") && message.contains("linux/arm64"), "{message}");
    let (_guard, path) = file("one.tar", &platforms(&["amd64"]));
    assert_eq!(opened(&path, &[], &[])["totals"]["shipped_bytes"], 7);
}

#[test]
fn what_is_no_image_is_named_in_one_line() {
    let elf = std::fs::read(env!("CARGO_BIN_EXE_layerscope")).unwrap();
    let directory = tempfile::tempdir().unwrap();
    let cases: [(&str, &[u8], &str); 6] = [
        ("elf", &elf[..4096], "ELF"),
        ("zip", b"PK\x03\x04\x14\0\0\0\x08\0zipped", "zip"),
        ("text", b"FROM debian\nRUN apt-get update\n", "text"),
        ("empty", b"", "empty"),
        ("json", b"{\"a\": 1}", "JSON"),
        ("gzipped", &Pack::Gzip.pack(b"just some words\n"), "gzip"),
    ];
    for (name, data, word) in cases {
        let (_guard, path) = file(name, data);
        let from_file = refused(&path, &[], &[]);
        let from_pipe = refused("-", data, &[]);
        for message in [from_file, from_pipe] {
            assert!(message.to_lowercase().contains(&word.to_lowercase()), "{name}: {message}");
            assert_eq!(message.lines().count(), 1, "{name}: {message}");
        }
    }
    let message = refused(directory.path().to_str().unwrap(), &[], &[]);
    assert!(message.contains("directory") || message.contains("oci-layout"), "{message}");
    let message = refused("./no/such/file.tar", &[], &[]);
    assert!(message.contains("no/such/file.tar"), "{message}");
}

#[test]
fn an_image_name_without_an_engine_prints_the_command_to_pipe() {
    let nowhere = tempfile::tempdir().unwrap();
    let run = layerscope(&["report", "debian:bookworm", "--format", "json"]);
    let outcome = run.env("PATH", nowhere.path().to_str().unwrap()).expect(2);
    assert!(outcome.stderr.contains("docker save debian:bookworm"), "{}", outcome.stderr);
}

#[test]
fn an_engine_that_has_no_such_image_is_quoted_and_the_command_to_pipe_follows() {
    let engines = tempfile::tempdir().unwrap();
    let docker = engines.path().join("docker");
    std::fs::write(&docker, "#!/bin/sh\necho 'Cannot connect to the Docker daemon' >&2\nexit 1\n").unwrap();
    std::fs::set_permissions(&docker, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    let outcome = layerscope(&["report", "acme/app:1"]).env("PATH", engines.path().to_str().unwrap()).expect(2);
    for line in [
        "layerscope: acme/app:1: no such file, and no engine gave an image of that name:",
        "layerscope:   docker: Cannot connect to the Docker daemon",
        "layerscope:   podman is not installed",
        "layerscope: where the image is, run: docker save acme/app:1 | layerscope -",
    ] {
        assert!(outcome.stderr.lines().any(|found| found == line), "{line} in\n{}", outcome.stderr);
    }
}

#[test]
fn documents_that_are_no_image_are_named() {
    let members = |manifest: &[u8]| pack_members(&vec![("manifest.json".into(), manifest.to_vec())]);
    for manifest in ["[]", "null", "{}", "[{}]", "[{\"Config\":\"c.json\",\"Layers\":null}]", "[{\"Config\":"] {
        let message = refused("-", &members(manifest.as_bytes()), &[]);
        assert!(message.contains("manifest.json") || message.contains("c.json"), "A22: {manifest}: {message}");
    }
    let image = Image {
        history: vec![json!({"created_by": "a"}), json!({"created_by": "b"})],
        ..Image::new("a:1", vec![layer(&["f x size=7"])])
    };
    let outcome = report("-", &docker_archive(&[image], false), &[]);
    assert_eq!(outcome.code, Some(2), "A20: more history than layers");
    assert!(format!("{}{}", outcome.text(), outcome.stderr).contains("history"), "A20: {}", outcome.stderr);
}

#[test]
fn layers_of_several_members_or_frames_are_read_whole() {
    let tar = layer(&["f a size=3000", "f b size=4000"]);
    for pack in [Pack::Gzip, Pack::Zstd] {
        let split = [pack.pack(&tar[..2000]), pack.pack(&tar[2000..])].concat();
        let config = Image::new("a:1", vec![tar.clone()]).config_json();
        let manifest = br#"[{"Config":"c.json","RepoTags":["a:1"],"Layers":["one.tar.gz"]}]"#.to_vec();
        let archive = pack_members(&vec![
            ("c.json".into(), config),
            ("one.tar.gz".into(), split),
            ("manifest.json".into(), manifest),
        ]);
        let (_guard, path) = file("kaniko.tar", &archive);
        assert_eq!(opened(&path, &[], &[])["totals"]["shipped_bytes"], 7000, "{pack:?} by position");
        assert_eq!(opened("-", &archive, &[])["totals"]["shipped_bytes"], 7000, "{pack:?} swept");
    }
}

#[test]
fn a_digest_that_does_not_match_is_a_warning() {
    let image = control("a:1");
    let mut members = layout(std::slice::from_ref(&image), Pack::Plain);
    let blob = members.iter_mut().find(|(_, data)| *data == image.layers[1]).unwrap();
    let at = blob.1.iter().position(|byte| *byte == b'y').unwrap();
    blob.1[at] = b'z';
    let found = report("-", &pack_members(&members), &["--verify", "strict"]);
    let shown = found.json();
    let text = format!("{}{}", shown["notices"], shown["layers"][1]["notices"]);
    assert!(text.contains("digest") || text.contains("sha256"), "{text}");
}

#[test]
fn an_archive_cut_inside_a_layer_is_partial_or_refused_every_time() {
    let archive = docker_modern(&control("a:1"), Pack::Plain);
    let at = archive.windows(10).position(|window| window == b"yyyyyyyyyy").unwrap();
    for _ in 0..3 {
        let outcome = report("-", &archive[..at], &[]);
        assert_eq!(outcome.code, Some(2), "A21: {}", outcome.stderr);
        assert!(!outcome.stderr.is_empty(), "A21");
    }
}

#[test]
fn a_broken_layer_leaves_the_others_readable() {
    let image = control("a:1");
    let mut members = layout(std::slice::from_ref(&image), Pack::Gzip);
    let packed = Pack::Gzip.pack(&image.layers[0]);
    let blob = members.iter_mut().find(|(_, data)| *data == packed).unwrap();
    let middle = blob.1.len() / 2;
    blob.1[middle..].fill(0xaa);
    let outcome = report("-", &pack_members(&members), &[]);
    assert_eq!(outcome.code, Some(2), "a partial result exits 2");
    let found = outcome.json();
    assert_eq!(found["totals"]["partial"], true);
    assert_ne!(found["layers"][0]["status"], "ok");
    assert_eq!(found["layers"][1]["status"], "ok");
    assert_eq!(found["layers"][1]["shipped_bytes"], 20);
}

/// Neither a panic nor a hang nor a signal; success only where nothing that matters is gone.
fn survives(data: &[u8], what: &str) -> Option<i32> {
    let (_guard, path) = file("control", data);
    let codes = [report(&path, &[], &[]), report("-", data, &[])].map(|outcome| {
        assert!(matches!(outcome.code, Some(0 | 2)), "{what}: {:?} {}", outcome.code, outcome.stderr);
        assert!(outcome.code == Some(0) || !outcome.stderr.is_empty(), "{what}: exit 2 without a word");
        outcome.code.unwrap()
    });
    codes.into_iter().max()
}

fn controls() -> [Vec<u8>; 3] {
    let image = control("a:1");
    let one = std::slice::from_ref(&image);
    [
        docker_archive(one, true),
        pack_members(&layout(one, Pack::Gzip)),
        Pack::Gzip.pack(&docker_modern(&image, Pack::Zstd)),
    ]
}

#[test]
fn control_images_cut_anywhere_never_break_it() {
    for (index, control) in controls().iter().enumerate() {
        let step = control.len() / 24;
        for at in (0..control.len()).step_by(step.max(1)).map(|at| at + index) {
            survives(&control[..at.min(control.len())], &format!("control {index} cut at {at}"));
        }
        assert_eq!(survives(&control[..control.len() / 2], "half"), Some(2), "control {index}: half of it is no image");
    }
}

#[test]
fn control_images_with_flipped_bits_never_break_it() {
    for (index, control) in controls().iter().enumerate() {
        let step = control.len() / 40;
        for (count, at) in (0..control.len()).step_by(step.max(1)).enumerate() {
            let mut flipped = control.clone();
            flipped[at] ^= 1 << (count % 8);
            survives(&flipped, &format!("control {index}, bit {} of byte {at}", count % 8));
        }
    }
}

#[test]
fn exit_codes_of_the_command_line() {
    layerscope(&["--version"]).expect(0);
    layerscope(&["--help"]).expect(0);
    layerscope(&["report", "--no-such-flag"]).expect(2);
    layerscope(&["ls"]).expect(2);
    let outcome = layerscope(&[]).run();
    let shown = format!("{}{}", outcome.text(), outcome.stderr);
    for word in ["demo", "docker save", ".tar"] {
        assert!(shown.contains(word), "the five lines name {word}: {shown}");
    }
}

#[test]
fn help_is_coloured_where_that_is_asked_for_and_fits_the_screen() {
    let plain = layerscope(&["ls", "--help"]).expect(0).text();
    assert!(!plain.contains('\u{1b}'), "{plain:?}");
    assert!(layerscope(&["ls", "--help", "--color", "always"]).expect(0).text().contains('\u{1b}'));
    assert!(layerscope(&["--color=always", "ls", "--no-such"]).expect(2).stderr.contains('\u{1b}'));
    for command in [
        "report",
        "ls",
        "cat",
        "extract",
        "history",
        "why",
        "config",
        "ghosts",
        "diff",
        "find",
        "duplicates",
        "packages",
        "ci",
        "audit",
        "completions",
        "man",
    ] {
        let examples = |columns: &str| {
            let text = layerscope(&[command, "--help"]).env("COLUMNS", columns).expect(0).text();
            text.split("Example").nth(1).unwrap().to_owned()
        };
        assert_eq!(examples("80"), examples("100"), "{command}: a line that is broken was too long");
    }
}

#[test]
fn cat_says_where_a_file_is_that_is_not_there() {
    let image = Image::new(
        "demo/cat:1",
        vec![layer(&["d etc", "f etc/app.conf size=3", "f old size=3", "l dangling -> nowhere"]), layer(&["w old"])],
    );
    let (_guard, path) = file("cat.tar", &docker_archive(&[image], false));
    for (arguments, expected) in [
        (&["etc/app.cnf"][..], "etc/app.cnf: no such path in the image; there is etc/app.conf"),
        (&["old"], "old: is not there any more; layer 0 has it: read it with --layer 0"),
        (&["old", "--layer", "1"], "old: layer 1 does not write it; layer 0 does"),
        (&["dangling"], "dangling: is a link to nowhere, which is not there"),
        (&["dangling", "--layer", "0"], "dangling: is a link to nowhere; name that instead"),
        (&["etc"], "etc: is a directory"),
    ] {
        let outcome = layerscope(&[&["cat", &path], arguments].concat()).expect(2);
        assert!(outcome.stderr.contains(expected), "{expected} in {}", outcome.stderr);
    }
    assert_eq!(layerscope(&["cat", &path, "old", "--upto", "0"]).expect(0).stdout.len(), 3);
}

#[test]
fn without_a_terminal_the_image_is_summed_up() {
    let (_guard, path) = file("image.tar", &docker_archive(&[control("demo/app:1")], false));
    let outcome = layerscope(&[&path]).expect(0);
    let text = outcome.text();
    assert!(text.contains("demo/app:1"), "A29: {text}");
    assert!(!text.contains('\u{1b}'), "no escape sequences in a pipe: {text:?}");
}

#[test]
fn an_image_is_told_by_what_is_in_it_and_what_it_lost() {
    let files = [
        "f usr/lib/os-release text=PRETTY_NAME=Tiny\\x20Linux\\x0aID=tiny\\x0a",
        "l etc/os-release -> ../usr/lib/os-release",
    ];
    let of = |tag: &str| docker_archive(&[Image::new(tag, vec![layer(&files)])], false);
    let (_guard, tagged) = file("tagged.tar", &of("tiny:1"));
    let json = layerscope(&["report", &tagged, "--format", "json"]).expect(0).json();
    assert_eq!(json["image"]["distribution"]["name"], "Tiny Linux");
    assert_eq!(json["image"]["distribution"]["id"], "tiny");
    assert_eq!(json["image"]["lost"], json!([]));
    let text = layerscope(&["report", &tagged]).expect(0).text();
    assert!(text.starts_with("Image      tiny:1\nSystem     Tiny Linux\n"), "{text}");
    let (_guard3, untagged) = file("untagged.tar", &of(""));
    let text = layerscope(&["report", &untagged]).expect(0).text();
    assert!(text.contains("Lost       tags: it was saved by its ID, or never had any\n"), "{text}");
    let (_guard2, flat) = file("flat.tar", &layer(&files));
    let json = layerscope(&["report", &flat, "--format", "json"]).expect(0).json();
    assert_eq!(json["image"]["distribution"]["name"], "Tiny Linux");
    assert_eq!(json["image"]["lost"], json!(["tags", "history", "labels", "config", "layers"]));
    let text = layerscope(&["report", &flat]).expect(0).text();
    assert!(text.contains("Lost       tags, history, labels, config, layers, when it was exported\n"), "{text}");
}
