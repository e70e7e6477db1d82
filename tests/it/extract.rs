//! `layerscope extract`: what is written is what is listed, and nothing is written elsewhere.

use crate::binary::{file, layerscope};
use crate::image_builder::{Image, Pack, docker_archive, layer, layout, pack_members};
use serde_json::Value;
use std::os::unix::fs::{FileTypeExt as _, MetadataExt as _, symlink};
use std::path::{Path, PathBuf};
use tempfile::TempDir;

fn image() -> Image {
    let layers: [&[&str]; 3] = [
        &[
            "d 0555 etc",
            "f 0640 etc/config text=one",
            "f 4755 usr/bin/su size=100",
            "h usr/bin/su2 -> usr/bin/su",
            "l etc/link -> ../usr/bin/su",
            "l abs -> /etc/passwd",
            "p run/pipe",
            "f sparse sparse=1.0 size=10000000 map=0:512,9000000:512",
        ],
        &["f srv/.env text=secret", "f srv/app size=5000 fill=a", "f etc/config text=two"],
        &["w srv/.env", "f 0755 srv/app size=5000 fill=a"],
    ];
    Image::new("demo:1", layers.iter().map(|lines| layer(lines)).collect())
}

fn folder() -> (TempDir, PathBuf) {
    let directory = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
    let to = directory.path().join("out");
    (directory, to)
}

/// Everything below a folder: path, kind, size of files, permissions.
fn found(folder: &Path) -> Vec<(String, char, u64, u32)> {
    let mut out = Vec::new();
    let mut open = vec![folder.to_owned()];
    while let Some(directory) = open.pop() {
        for entry in std::fs::read_dir(directory).unwrap() {
            let path = entry.unwrap().path();
            let meta = std::fs::symlink_metadata(&path).unwrap();
            let name = path.strip_prefix(folder).unwrap().to_str().unwrap().to_owned();
            let kind = meta.file_type();
            let (letter, size) = match () {
                () if kind.is_dir() => ('d', 0),
                () if kind.is_symlink() => ('l', 0),
                () if kind.is_fifo() => ('p', 0),
                () => ('f', meta.len()),
            };
            out.push((name, letter, size, if letter == 'l' { 0 } else { meta.mode() & 0o7777 }));
            if letter == 'd' {
                open.push(path);
            }
        }
    }
    out.sort();
    out
}

/// What `ls` says should be there.
fn listed(arguments: &[&str]) -> Vec<(String, char, u64, u32)> {
    let text = layerscope(&[&["ls", "--format", "jsonl"][..], arguments].concat()).expect(0).text();
    let row = |line: &str| {
        let json: Value = serde_json::from_str(line).unwrap();
        let kind = match json["type"].as_str().unwrap() {
            "directory" => 'd',
            "symlink" => 'l',
            "file" => 'f',
            _ => return None,
        };
        let mode = if kind == 'l' { 0 } else { u32::try_from(json["mode"].as_u64().unwrap()).unwrap() & 0o777 };
        Some((json["path"].as_str().unwrap().to_owned(), kind, json["size"].as_u64().unwrap(), mode))
    };
    let mut rows: Vec<_> = text.lines().filter_map(row).collect();
    rows.sort();
    rows
}

#[test]
fn what_is_written_is_what_is_listed() {
    let (_guard, path) = file("demo.tar", &docker_archive(&[image()], false));
    let (_guard2, gzip) = file("oci.tar", &pack_members(&layout(&[image()], Pack::Gzip)));
    for source in [path.as_str(), gzip.as_str()] {
        for upto in [&[][..], &["--upto", "0"], &["--upto", "1"]] {
            let (_directory, to) = folder();
            let arguments = [&["extract", source, "--to", to.to_str().unwrap()][..], upto].concat();
            let text = layerscope(&arguments).expect(0).text();
            assert!(text.starts_with("Wrote ") && text.ends_with("left out 1 device or pipe: run/pipe\n"), "{text}");
            assert_eq!(found(&to), listed(&[&[source][..], upto].concat()), "{source} {upto:?}");
            let [a, b] = ["usr/bin/su", "usr/bin/su2"].map(|name| std::fs::metadata(to.join(name)).unwrap().ino());
            assert_eq!(a, b, "two names of one file");
            let sparse = std::fs::metadata(to.join("sparse")).unwrap();
            assert!(sparse.blocks() * 512 < sparse.len() / 10, "holes stay holes: {} blocks", sparse.blocks());
        }
    }
}

#[test]
fn a_layer_gives_its_ghosts() {
    let (_guard, path) = file("demo.tar", &docker_archive(&[image()], false));
    let (_directory, to) = folder();
    layerscope(&["extract", &path, "srv", "etc", "--layer", "1", "--to", to.to_str().unwrap()]).expect(0);
    let names: Vec<_> = found(&to).into_iter().map(|(name, ..)| name).collect();
    assert_eq!(names, ["etc", "etc/config", "srv", "srv/.env", "srv/app"]);
    assert_eq!(std::fs::read(to.join("srv/.env")).unwrap(), b"secret");
    assert_eq!(std::fs::read(to.join("etc/config")).unwrap(), b"two");
    let outcome = layerscope(&["extract", &path, "srv/.env", "--to", to.to_str().unwrap()]).expect(2);
    assert!(outcome.stderr.contains("read it with --layer 1"), "{}", outcome.stderr);
    let outcome = layerscope(&["extract", &path, "--layer", "7", "--to", to.to_str().unwrap()]).expect(2);
    assert!(outcome.stderr.contains("there is no layer 7: the image has 3"), "{}", outcome.stderr);
}

#[test]
fn a_link_is_written_as_a_link_and_none_is_followed() {
    let (_guard, path) = file("demo.tar", &docker_archive(&[image()], false));
    let (directory, to) = folder();
    layerscope(&["extract", &path, "etc/link", "abs", "--to", to.to_str().unwrap()]).expect(0);
    assert_eq!(std::fs::read_link(to.join("abs")).unwrap(), Path::new("/etc/passwd"));
    // What stands in the folder leads nobody out of it.
    let outside = directory.path().join("outside");
    std::fs::create_dir(&outside).unwrap();
    symlink(&outside, to.join("srv")).unwrap();
    let outcome = layerscope(&["extract", &path, "srv", "--to", to.to_str().unwrap(), "--force"]).expect(2);
    assert!(outcome.stderr.contains("srv in the folder is no directory; links are not followed"), "{}", outcome.stderr);
    assert_eq!(std::fs::read_dir(&outside).unwrap().count(), 0);
}

#[test]
fn what_is_there_already_is_kept_unless_force_says_so() {
    let (_guard, path) = file("demo.tar", &docker_archive(&[image()], false));
    let (_directory, to) = folder();
    let extract = |more: &[&str], code: i32| {
        layerscope(&[&["extract", &path, "srv", "--to", to.to_str().unwrap()][..], more].concat()).expect(code)
    };
    std::fs::create_dir_all(to.join("srv")).unwrap();
    std::fs::write(to.join("srv/app"), b"mine").unwrap();
    let outcome = extract(&[], 2);
    assert!(outcome.stderr.contains("srv/app: is there already; --force replaces it"), "{}", outcome.stderr);
    assert!(outcome.stderr.contains("; --force replaces it"), "{}", outcome.stderr);
    assert_eq!(std::fs::read(to.join("srv/app")).unwrap(), b"mine");
    extract(&["--force"], 0);
    assert_eq!(std::fs::read(to.join("srv/app")).unwrap(), [b'a'; 5000]);
}

#[test]
fn no_name_of_a_file_is_linked_to_what_was_there_before() {
    let (_guard, path) = file("demo.tar", &docker_archive(&[image()], false));
    let (directory, to) = folder();
    std::fs::create_dir_all(to.join("usr/bin")).unwrap();
    let [taken, free] = ["usr/bin/su", "usr/bin/su2"].map(|name| to.join(name));
    let mine = directory.path().join("mine");
    std::fs::write(&mine, b"mine").unwrap();
    for is_link in [false, true] {
        if is_link {
            symlink(&mine, &taken).unwrap();
        } else {
            std::fs::copy(&mine, &taken).unwrap();
        }
        let outcome = layerscope(&["extract", &path, "usr", "--to", to.to_str().unwrap()]).expect(2);
        assert!(outcome.stderr.contains("usr/bin/su: is there already"), "{}", outcome.stderr);
        assert!(outcome.text().starts_with("Wrote 1 file (100 B)"), "{}", outcome.text());
        assert_eq!(std::fs::read(&taken).unwrap(), b"mine");
        assert_eq!(std::fs::symlink_metadata(&free).unwrap().nlink(), 1);
        assert_eq!(std::fs::read(&free).unwrap(), [b'x'; 100]);
        for name in [&taken, &free] {
            std::fs::remove_file(name).unwrap();
        }
    }
}

#[test]
fn no_name_of_an_image_leads_out_of_the_folder() {
    let lines =
        ["f ../../up text=x", "f /absolute text=x", "f a/../../b text=x", "l out -> ..", "f out/through text=x"];
    let (_guard, path) = file("odd.tar", &docker_archive(&[Image::new("odd:1", vec![layer(&lines)])], false));
    let (directory, to) = folder();
    layerscope(&["extract", &path, "--to", to.to_str().unwrap()]).expect(0);
    let names: Vec<_> = found(&to).into_iter().map(|(name, ..)| name).collect();
    assert_eq!(names, ["absolute", "b", "out", "through", "up"], "all as in a container");
    assert_eq!(std::fs::read_dir(directory.path()).unwrap().count(), 1, "nothing beside the folder");
}
