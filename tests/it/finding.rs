//! The filter language for scripts: `find`, and `ls`, `cat` and `extract` with `--filter`.

use crate::binary::layerscope;
use crate::image_builder::{Image, Pack, docker_archive, layer, layout, write_layout};
use crate::reference;
use serde_json::{Value, json};
use tempfile::TempDir;

fn image() -> (TempDir, String) {
    crate::binary::file("app.tar", &docker_archive(&[reference::image()], false))
}

#[test]
fn a_path_is_found_by_its_letters_with_what_touched_it() {
    let (_directory, path) = image();
    let text = layerscope(&["find", &path, "app/.env"]).expect(0).text();
    assert!(text.starts_with("+6 %7 -8          gone  /srv/app/.env\n"), "{text}");
    let text = layerscope(&["find", &path, "d/index"]).expect(0).text();
    assert!(text.starts_with("+9 … ~20          1.0k  /etc/app.d/index\n"), "{text}");
    let found = layerscope(&["find", &path, "07-part", "--format", "json"]).expect(0).json();
    assert_eq!(
        found[0],
        json!({
            "path": "etc/app.d/07-part.conf", "type": "file", "size": 20,
            "touched": [{"layer": 16, "deed": "written", "change": "added"}], "dead_in_layers": [],
        })
    );
    let schema = layerscope(&["schema", "find"]).expect(0).json();
    assert!(jsonschema::validator_for(&schema).unwrap().is_valid(&found), "{found}");
    let removed = layerscope(&["find", &path, "is:removed", "is:file", "--format", "json"]).expect(0).json();
    assert_eq!(removed.as_array().unwrap().len(), 8, "six lists, a cache and a secret");
    let top = layerscope(&["find", &path, "copyright", "--top", "2"]).expect(0).text();
    assert!(top.lines().count() == 3 && top.ends_with("… and 298 more\n"), "{top}");
    assert_eq!(layerscope(&["find", &path, "xyzzyplugh"]).expect(0).text(), "");
}

#[test]
fn a_listing_can_be_narrowed_in_the_same_language() {
    let (_directory, path) = image();
    let list = |arguments: &[&str]| -> Vec<String> {
        let all = [&["ls", path.as_str()], arguments].concat();
        layerscope(&all).expect(0).text().lines().map(str::to_owned).collect()
    };
    assert_eq!(list(&["--filter", "config.yaml"]), ["srv/app/config.yaml"]);
    assert_eq!(list(&["--filter", ".env is:file", "--layer", "6"]), ["srv/app/.env"]);
    assert_eq!(list(&["--filter", ".env is:file !.venv"]), Vec::<String>::new());
    assert_eq!(list(&["etc/app.d", "--filter", "07"]), ["etc/app.d/07-part.conf"]);
    assert_eq!(list(&["--filter", "^srv/app$"]), ["srv/app"]);
    assert_eq!(list(&["--filter", "^/srv/app$"]), ["srv/app"]);
    // A marker is what it removes.
    assert_eq!(list(&["--filter", "is:removed ^srv", "--layer", "8"]), ["srv/app/.wh..env"]);
    assert_eq!(list(&["--filter", "!is:removed ^srv", "--layer", "8"]), ["srv/app/config.yaml"]);
    let largest = list(&["--filter", "is:file size:>100k", "--sort", "size"]);
    assert!(largest.len() == 2 && largest[0].ends_with("libopenblas64_p-r0.so"), "{largest:?}");
    // Every format has the same rows.
    let rows: Vec<Value> = layerscope(&["ls", &path, "--filter", "ext:py", "--format", "jsonl"]).expect(0).lines();
    assert_eq!(rows.len(), list(&["--filter", "ext:py"]).len());
    assert_eq!(rows.len(), 210);
}

#[test]
fn a_slip_is_said_before_an_image_is_read() {
    for arguments in [
        &["find", "no-such-file.tar", "size:much"][..],
        &["ls", "no-such-file.tar", "--filter", "size:much"],
        &["cat", "no-such-file.tar", "--filter", "size:much"],
        &["extract", "no-such-file.tar", "--filter", "size:much", "--to", "nowhere"],
    ] {
        let outcome = layerscope(arguments).expect(2);
        assert!(outcome.stderr.contains("size:much is not understood: write size:>1M"), "{}", outcome.stderr);
    }
}

#[test]
fn files_in_elf_are_told_by_how_they_begin() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("app.tar");
    // What is in the files is what the builder fills them with, but for one that is the program itself.
    let mut tar = tar::Builder::new(Vec::new());
    let mut add = |name: &str, bytes: &[u8]| {
        let mut header = tar::Header::new_ustar();
        header.set_size(bytes.len() as u64);
        header.set_mode(0o644);
        tar.append_data(&mut header, name, bytes).unwrap();
    };
    add("bin/run", b"\x7fELF and more");
    add("bin/short", b"\x7fELF");
    add("bin/script", b"#!/bin/sh\n");
    let image = Image::new("acme/app:1", vec![tar.into_inner().unwrap()]);
    for pack in Pack::ALL {
        std::fs::write(&path, pack.pack(&docker_archive(std::slice::from_ref(&image), false))).unwrap();
        let path = path.to_str().unwrap();
        assert_eq!(layerscope(&["ls", path, "--filter", "is:elf"]).expect(0).text(), "bin/run\n", "{pack:?}");
        let found = layerscope(&["find", path, "is:elf", "--format", "json"]).expect(0).json();
        assert_eq!(found.as_array().unwrap().len(), 1, "{found}");
        assert_eq!(
            layerscope(&["ls", path, "--filter", "!is:elf is:file"]).expect(0).text(),
            "bin/script\nbin/short\n"
        );
    }
}

#[test]
fn contents_are_looked_through_in_every_kind_of_archive() {
    let secret = layer(&[
        "d etc",
        "f etc/key.pem text=-----BEGIN\\x20PRIVATE\\x20KEY-----\\x0aMII",
        "f etc/other text=BEGIN\\x0aPRIVATE\\x20KEY",
        "f bin/tool text=\\x00\\x01PRIVATE\\x20KEY\\x00",
        "f etc/large size=3000000 fill=x",
    ]);
    let gone = layer(&["w etc/key.pem", "f etc/other text=nothing", "h etc/again -> etc/other"]);
    let image = Image::new("acme/app:1", vec![secret, gone]);
    let expected = |path: &str| {
        let find = |terms: &[&str]| -> Vec<String> {
            let all = [&["find", path], terms, &["--format", "json"]].concat();
            let found = layerscope(&all).expect(0).json();
            let mut paths: Vec<String> =
                found.as_array().unwrap().iter().map(|hit| hit["path"].as_str().unwrap().to_owned()).collect();
            paths.sort();
            paths
        };
        // In any layer: what is gone, and what was written over.
        assert_eq!(find(&["content:/PRIVATE KEY/"]), ["bin/tool", "etc/key.pem", "etc/other"], "{path}");
        assert_eq!(find(&["content:/BEGIN .*KEY/"]), ["etc/key.pem"], "{path}");
        assert_eq!(find(&["content:private", "etc"]), ["etc/key.pem", "etc/other"], "{path}");
        assert_eq!(find(&["content:nothing"]), ["etc/again", "etc/other"], "{path}");
        assert_eq!(find(&["!content:x", "is:file"]), ["bin/tool", "etc/again", "etc/key.pem", "etc/other"], "{path}");
        // What a lens shows, and no more.
        let list = |arguments: &[&str]| layerscope(&[&["ls", path], arguments].concat()).expect(0).text();
        assert_eq!(list(&["--filter", "content:/PRIVATE KEY/"]), "bin/tool\n", "{path}");
        let first = list(&["--layer", "0", "--filter", "content:/PRIVATE KEY/ is:file"]);
        assert_eq!(first, "bin/tool\netc/key.pem\netc/other\n", "{path}");
    };
    let directory = tempfile::tempdir().unwrap();
    for pack in Pack::ALL {
        let path = directory.path().join(format!("{pack:?}.tar"));
        std::fs::write(&path, pack.pack(&docker_archive(std::slice::from_ref(&image), false))).unwrap();
        expected(path.to_str().unwrap());
        let path = directory.path().join(format!("{pack:?}.layout"));
        write_layout(&layout(std::slice::from_ref(&image), pack), &path);
        expected(path.to_str().unwrap());
    }
}

#[test]
fn what_matches_is_written_in_the_order_of_its_paths() {
    let first = layer(&[
        "d etc",
        "f etc/z.conf text=z,",
        "f etc/a.conf text=a,",
        "f etc/old.conf text=old,",
        "f srv/app.conf text=app,",
        "f srv/app.py text=print",
    ]);
    let second = layer(&[
        "w etc/old.conf",
        "f etc/a.conf text=new\\x20a,",
        "h etc/b.conf -> etc/a.conf",
        "l etc/link.conf -> a.conf",
        "d etc/d.conf",
    ]);
    let image = Image::new("acme/app:1", vec![first, second]);
    let directory = tempfile::tempdir().unwrap();
    for pack in Pack::ALL {
        let path = directory.path().join(format!("{pack:?}"));
        write_layout(&layout(std::slice::from_ref(&image), pack), &path);
        let path = path.to_str().unwrap();
        let cat = |arguments: &[&str]| layerscope(&[&["cat", path], arguments].concat()).expect(0).text();
        assert_eq!(cat(&["--filter", "ext:conf"]), "new a,new a,z,app,", "{pack:?}");
        assert_eq!(cat(&["etc", "--filter", "ext:conf !^etc/a"]), "new a,z,");
        assert_eq!(cat(&["--filter", "ext:conf", "--layer", "0"]), "a,old,z,app,");
        assert_eq!(cat(&["--filter", "ext:conf", "--upto", "0"]), "a,old,z,app,");
        assert_eq!(cat(&["--filter", "ext:conf", "--layer", "1"]), "new a,new a,");
        assert_eq!(cat(&["--filter", "content:new"]), "new a,new a,");
        assert_eq!(cat(&["--filter", "xyzzy"]), "");
        // Without a filter as they are named, each a file.
        assert_eq!(cat(&["srv/app.py", "etc/z.conf", "etc/link.conf"]), "printz,new a,");
    }
    let (_directory, path) = crate::binary::file("app.tar", &docker_archive(&[image], false));
    let outcome = layerscope(&["cat", &path, "etc/z.conf", "etc"]).expect(2);
    assert!(outcome.stdout.is_empty() && outcome.stderr.contains("etc: is a directory"), "{}", outcome.stderr);
    let outcome = layerscope(&["cat", &path, "no-such", "--filter", "ext:conf"]).expect(2);
    assert!(outcome.stderr.contains("no-such: no such path in the image"), "{}", outcome.stderr);
    assert!(layerscope(&["cat", &path]).expect(2).stderr.contains("<PATH>"));
    // The same words choose what is extracted.
    let to = directory.path().join("out");
    let extract = |arguments: &[&str]| {
        let _ = std::fs::remove_dir_all(&to);
        let all = [&["extract", path.as_str(), "--to", to.to_str().unwrap()], arguments].concat();
        layerscope(&all).expect(0).text()
    };
    let told = extract(&["--filter", "ext:conf is:file !^etc/b"]);
    assert!(told.starts_with("Wrote 3 files (12 B)"), "{told}");
    assert_eq!(std::fs::read(to.join("etc/a.conf")).unwrap(), b"new a,");
    assert!(to.join("srv/app.conf").exists() && !to.join("srv/app.py").exists() && !to.join("etc/b.conf").exists());
    extract(&["--filter", "is:removed", "--layer", "0"]);
    assert_eq!(std::fs::read_dir(&to).unwrap().count(), 0, "layer 0 removed nothing");
    extract(&["etc", "--filter", "old", "--layer", "0"]);
    assert_eq!(std::fs::read(to.join("etc/old.conf")).unwrap(), b"old,");
}

#[test]
fn a_content_that_cannot_be_looked_through_is_told() {
    let image = Image::new("acme/app:1", vec![layer(&["f a size=100 fill=x", "f endless size=70000000 fill=y"])]);
    let (_directory, path) = crate::binary::file("app.tar.gz", &Pack::Gzip.pack(&docker_archive(&[image], false)));
    let outcome = layerscope(&["find", &path, "content:x"]).expect(2);
    assert_eq!(outcome.text(), "+0                100B  /a\n");
    let told = "error: layer 0: endless: its content could not be looked through: a line has more than 64 MiB";
    assert!(outcome.stderr.contains(told), "{}", outcome.stderr);
    let listed = layerscope(&["ls", &path, "--filter", "content:x"]).expect(2);
    assert!(listed.text() == "a\n" && listed.stderr.contains(told), "{}", listed.stderr);
    // Files that do not match otherwise are not read.
    assert!(layerscope(&["find", &path, "content:x", "^a"]).expect(0).stderr.is_empty());
}

#[test]
fn a_layer_that_is_there_twice_is_looked_through_twice() {
    let twice = layer(&["f a text=needle", "f b text=needle", "f c text=none"]);
    let image = Image::new("acme/app:1", vec![twice.clone(), twice]);
    let directory = tempfile::tempdir().unwrap();
    for pack in Pack::ALL {
        let path = directory.path().join(format!("{pack:?}"));
        write_layout(&layout(std::slice::from_ref(&image), pack), &path);
        let path = path.to_str().unwrap();
        for layer in ["0", "1"] {
            let list = layerscope(&["ls", path, "--layer", layer, "--filter", "content:needle"]).expect(0).text();
            assert_eq!(list, "a\nb\n", "layer {layer} in {pack:?}");
        }
    }
}
