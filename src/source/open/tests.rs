//! Every kind of source, by path and as a stream.

use super::*;
use crate::progress::Progress;
use crate::source::testing::{Item, Recorder, gzip, open_as, open_typed, options, tar, tar_of, write};
use crate::source::{Blob, BlobId};
use std::os::unix::fs::PermissionsExt as _;
use std::sync::Mutex;

const MANIFEST_JSON: (&str, &[u8]) = ("manifest.json", br#"[{"Config":"c.json","Layers":["l/layer.tar"]}]"#);

/// A layer: a tar with one file.
fn layer() -> Vec<u8> {
    tar_of(&[("file", b"layer bytes")])
}

fn docker() -> Vec<u8> {
    tar_of(&[("l/layer.tar", &layer()), ("c.json", b" {}"), MANIFEST_JSON])
}

/// The same with a layer that is compressed itself, and with things that are no layers.
fn docker_packed() -> Vec<u8> {
    let no_layer = gzip(&[1; 2000]);
    tar_of(&[("l/layer.tar", &gzip(&layer())), ("x.gz", &no_layer), ("c.json", b" {}"), MANIFEST_JSON])
}

fn place(name: &str) -> Place {
    Place::Path(name.as_bytes().to_vec())
}

fn read(blob: &Blob) -> Vec<u8> {
    let mut out = Vec::new();
    blob.open(&Meter::default(), &Cancel::default()).unwrap().read_to_end(&mut out).unwrap();
    out
}

fn open_stream(bytes: &[u8], sink: &mut Recorder) -> Result<Source, SourceError> {
    let options = options();
    let observer = crate::progress::Silent;
    let opening = Opening { reference: Reference::parse("-"), options: &options, sink, observer: &observer };
    opening.stream(bytes, || Ok(()))
}

fn message(result: Result<Source, SourceError>) -> String {
    result.unwrap_err().to_string()
}

#[test]
fn an_archive_gives_the_same_from_a_file_a_gzip_and_a_stream() {
    let plain = docker();
    let packed = gzip(&plain);
    let mut sinks = [Recorder::default(), Recorder::default()];
    let [first, second] = &mut sinks;
    let sources = [
        (open_as("", &plain), Compression::None),
        (open_as("docker-archive:", &packed), Compression::Gzip),
        (open_stream(&plain, first), Compression::None),
        (open_stream(&packed, second), Compression::Gzip),
    ];
    for (source, compression) in sources {
        let source = source.unwrap();
        assert_eq!((source.kind, source.compression), (Kind::DockerArchive, compression));
        assert_eq!(source.document(&place("./c.json")).unwrap(), b" {}");
        let blob = source.blob(&place("l/layer.tar")).unwrap();
        assert_eq!((blob.id, blob.size), (BlobId(512), 2048));
        assert_eq!(read(&blob), layer());
        assert!(source.notices.is_empty(), "{:?}", source.notices);
        assert!(matches!(source.blob(&place("none")), Err(SourceError::Missing { .. })));
    }
    for sink in &sinks {
        assert_eq!(sink.contents(), [(BlobId(512), layer())]);
    }
    // What is spooled as it is can be read by position, what is decompressed on the way passes once.
    assert_eq!(sinks.map(|sink| (sink.blobs.len(), sink.passed.len())), [(1, 0), (0, 1)]);
}

#[test]
fn compressed_layers_of_a_compressed_archive_are_spooled() {
    let archive = gzip(&docker_packed());
    let swept = |spool_max, spool_directory: &str| {
        let options = OpenOptions { spool_max, spool_directory: spool_directory.into(), ..options() };
        let mut sink = Recorder::default();
        let whole = Section::new(Arc::new(archive.clone()));
        let source = open_section(Reference::parse("x"), whole, &options, &mut sink, &crate::progress::Silent).unwrap();
        let blob = source.blob(&place("l/layer.tar")).unwrap();
        assert_eq!(read(&blob), gzip(&layer()), "{spool_max}");
        assert_eq!(sink.contents(), [(BlobId(512), gzip(&layer()))], "{spool_max}");
        (sink.blobs.len(), sink.passed.len(), blob.section().is_some())
    };
    assert_eq!(swept(1 << 20, "/tmp"), (1, 0, true));
    // Where there is no room for a layer, it is read as it passes.
    assert_eq!(swept(gzip(&layer()).len() as u64 - 1, "/tmp"), (0, 1, false));
    assert_eq!(swept(1 << 20, "/nonexistent"), (0, 1, false));
}

#[test]
fn what_an_input_turns_out_to_be_is_told_as_soon_as_it_is_sure() {
    let id = "5a".repeat(32);
    let (member, blob) = (format!("{id}/layer.tar"), format!("blobs/sha256/{id}"));
    let oci = tar_of(&[(&blob, b"x"), ("index.json", b"{}"), ("oci-layout", b"{}")]);
    let manifest = tar_of(&[("c.json", b"{}"), ("manifest.json", b"[]")]);
    let rootfs = tar_of(&[("etc/passwd", b""), ("manifest.json", b"[]"), (&member, b"x")]);
    let table: [(Vec<u8>, &[&str]); 5] = [
        (docker(), &["tar archive", "docker-archive"]),
        (gzip(&tar_of(&[(&member, b"x"), MANIFEST_JSON])), &["gzip data", "gzip, docker-archive"]),
        (oci, &["tar archive with OCI blobs"]),
        (gzip(&manifest), &["gzip data", "gzip, tar archive", "gzip, docker-archive"]),
        (rootfs, &["tar archive"]),
    ];
    for (bytes, expected) in table {
        let heard = Heard::default();
        let options = options();
        let sink = &mut Recorder::default();
        // Some of these are no whole images; what they are is told all the same.
        let _ = Opening { reference: Reference::parse("-"), options: &options, sink, observer: &heard }
            .stream(bytes.as_slice(), || Ok(()));
        assert_eq!(*heard.0.lock().unwrap(), expected);
    }
}

/// Hears what an input turns out to be.
#[derive(Default)]
struct Heard(Mutex<Vec<String>>);

impl Observer for Heard {
    fn progress(&self, step: Progress) {
        if let Progress::Kind(what) = step {
            self.0.lock().unwrap().push(what);
        }
    }
}

#[test]
fn links_between_members_are_followed() {
    let source = open_as(
        "",
        &tar(&[
            Item::File("a/layer.tar", b"layer"),
            Item::Symlink("b/layer.tar", "../a/layer.tar"),
            Item::HardLink("c/layer.tar", "a/layer.tar"),
            Item::Symlink("d/layer.tar", "/etc/passwd"),
            Item::Directory("e/layer.tar"),
            Item::File("manifest.json", b"[{}]"),
        ]),
    )
    .unwrap();
    let id = source.blob(&place("a/layer.tar")).unwrap().id;
    assert_eq!(source.blob(&place("b/layer.tar")).unwrap().id, id);
    assert_eq!(source.blob(&place("c/layer.tar")).unwrap().id, id);
    let error = source.blob(&place("d/layer.tar")).unwrap_err().to_string();
    assert!(error.ends_with("d/layer.tar: is a link to etc/passwd, which is not there"), "{error}");
    let error = source.blob(&place("e/layer.tar")).unwrap_err().to_string();
    assert!(error.ends_with("e/layer.tar: is a directory"), "{error}");
}

#[test]
fn kinds_are_told_by_content() {
    let oci = tar_of(&[("./oci-layout", b"{}"), ("./index.json", b"{}")]);
    let both = tar_of(&[("oci-layout", b"{}"), ("index.json", b"{}"), MANIFEST_JSON]);
    let root = tar_of(&[("etc/passwd", b"root"), ("manifest.json", b"{}")]);
    let cases: [(&[u8], &str, Kind); 8] = [
        (&oci, "", Kind::OciArchive),
        (&oci, "oci-archive:", Kind::OciArchive),
        (&both, "", Kind::DockerArchive),
        (&both, "oci-archive:", Kind::OciArchive),
        (&both, "docker-tar://", Kind::DockerArchive),
        (&root, "", Kind::Rootfs),
        (&root, "rootfs:", Kind::Rootfs),
        (&tar_of(&[("manifest.json", b"null")]), "", Kind::DockerArchive),
    ];
    for (bytes, prefix, kind) in cases {
        let source = open_as(prefix, bytes).unwrap();
        assert_eq!(source.kind, kind, "{prefix}");
        assert_eq!(source.rootfs().is_some(), kind == Kind::Rootfs);
    }
    let rootfs = open_as("rootfs:", &tar_of(&[("src/main.rs", b"")])).unwrap();
    assert_eq!(rootfs.kind, Kind::Rootfs);
}

#[test]
fn a_transport_that_disagrees_is_an_error() {
    let root = tar_of(&[("etc/passwd", b"root")]);
    for (prefix, bytes, expected) in [
        ("oci-archive:", docker(), "the content is a docker-archive, not an oci-archive"),
        ("oci:", docker(), "the content is a docker-archive, not an OCI layout directory"),
        ("docker-archive:", root, "the content is a flat root file system, not a docker-archive"),
    ] {
        let error = message(open_as(prefix, &bytes));
        assert!(error.contains(expected), "{error}");
    }
}

#[test]
fn other_files_are_named() {
    let old = tar_of(&[("repositories", b"{}"), ("0/layer.tar", b"")]);
    let cases: [(&[u8], &str); 8] = [
        (b"", "an empty file"),
        (b"\x7fELF", "an ELF program"),
        (b"hello", "a text file"),
        (&gzip(b"hello"), "gzip data with a text file inside"),
        (&gzip(&gzip(b"hello")), "gzip data with more compressed data inside"),
        (&[0; 10240], "an empty tar archive"),
        (&tar_of(&[("a", b""), ("b", b""), ("c", b""), ("d", b"")]), "a tar archive of something else (a, b, c, …)"),
        (&old, "what docker save wrote before 1.10"),
    ];
    for (bytes, expected) in cases {
        for error in [message(open_as("", bytes)), message(open_stream(bytes, &mut Recorder::default()))] {
            assert!(error.contains(expected), "{error}");
        }
    }
}

#[test]
fn damage_is_told_and_what_came_before_is_shown() {
    let whole = tar_of(&[MANIFEST_JSON, ("c.json", b"{}"), ("l/layer.tar", &[7; 5000])]);
    let cut = &whole[..whole.len() - 1024 - 4000];
    for source in [open_as("", cut).unwrap(), open_stream(cut, &mut Recorder::default()).unwrap()] {
        assert!(source.notices[0].message.starts_with("damaged, unexpected end"), "{:?}", source.notices);
        let layer = read(&source.blob(&place("l/layer.tar")).unwrap());
        assert!(!layer.is_empty() && layer.len() < 5000 && layer.iter().all(|byte| *byte == 7));
    }
    let late = docker();
    let error = message(open_as("", &late[..515]));
    assert!(error.contains("damaged, unexpected end") && error.contains("no manifest came before that"), "{error}");
}

#[test]
fn oddities_of_the_archive_are_notices() {
    let twice = tar_of(&[MANIFEST_JSON, ("manifest.json", b"[1]")]);
    let source = open_as("", &twice).unwrap();
    assert!(source.notices[0].message.contains("more than one member is called manifest.json"));
    assert_eq!(source.document(&place("manifest.json")).unwrap(), b"[1]");
    let mut more = docker();
    more.extend(b"hidden");
    for source in [open_as("", &more).unwrap(), open_stream(&more, &mut Recorder::default()).unwrap()] {
        assert!(source.notices[0].message.contains("data after the end"), "{:?}", source.notices);
    }
}

#[test]
fn documents_have_a_limit() {
    let mut large = b"[".to_vec();
    large.resize((8 << 20) + 1, b' ');
    for bytes in [tar_of(&[("manifest.json", &large)]), gzip(&tar_of(&[("manifest.json", &large)]))] {
        let source = open_as("docker-archive:", &bytes).unwrap();
        assert!(matches!(source.document(&place("manifest.json")), Err(SourceError::TooLarge { .. })));
    }
}

#[test]
fn directories_are_layouts_or_say_what_they_are() {
    let directory = tempfile::tempdir().unwrap();
    let root = directory.path();
    let open = |prefix: &str| open_typed(&format!("{prefix}{}", root.display()), &mut Recorder::default());
    assert!(message(open("")).contains("a directory without oci-layout"));
    write(root, "etc/passwd", b"");
    assert!(message(open("rootfs:")).contains("tar -C DIRECTORY -c . | layerscope -"));
    write(root, "manifest.json", b"[]");
    assert_eq!(open("").unwrap().kind, Kind::DockerArchive);
    write(root, "oci-layout", b"{}");
    let blob = format!("blobs/sha256/{}", "a".repeat(64));
    write(root, &blob, b"content");
    let source = open("oci:").unwrap();
    assert_eq!(source.kind, Kind::Oci);
    let digest = format!("sha256:{}", "a".repeat(64)).parse().unwrap();
    assert_eq!(read(&source.blob(&Place::Digest(digest)).unwrap()), b"content");
    assert!(message(open("oci-archive:")).contains("the content is a directory, not an archive"));
    let tagged = open_typed(&format!("oci:{}:v1", root.display()), &mut Recorder::default()).unwrap();
    assert_eq!(tagged.reference.tag.as_deref(), Some("v1"));
}

#[test]
fn a_path_with_a_colon_is_a_path_if_it_exists() {
    let directory = tempfile::tempdir().unwrap();
    let path = write(directory.path(), "acme:1.0", &tar_of(&[("oci-layout", b"{}"), ("index.json", b"{}")]));
    for typed in [path.clone(), format!("oci-archive:{path}")] {
        let source = open_typed(&typed, &mut Recorder::default()).unwrap();
        assert_eq!((source.kind, source.reference.tag), (Kind::OciArchive, None));
    }
}

#[test]
fn what_is_neither_file_nor_name_says_so() {
    let cases = [
        ("/no/such.tar", "no such file, and no valid image name"),
        ("missing.tar", "no such file, and no valid image name"),
        ("docker-archive:missing.tar", "No such file or directory"),
        ("docker://-rm", "docker://-rm: no valid image name"),
        (
            "acme/app",
            "docker and podman are not installed here; where the image is, run: docker save acme/app | layerscope -",
        ),
        (
            "podman:acme/app",
            "podman:acme/app: podman is not installed here; where the image is, run: podman save acme/app | layerscope -",
        ),
        ("registry:acme/app:1", "has to be fetched first, run: docker pull acme/app:1 && layerscope acme/app:1"),
    ];
    for (typed, expected) in cases {
        let error = message(open_typed(typed, &mut Recorder::default()));
        assert!(error.contains(expected), "{error}");
    }
    let directory = tempfile::tempdir().unwrap();
    let socket = directory.path().join("socket");
    let _socket = std::os::unix::net::UnixListener::bind(&socket).unwrap();
    assert!(open_typed(socket.to_str().unwrap(), &mut Recorder::default()).is_err());
}

/// A folder with engines that are shell scripts.
fn engines(scripts: &[(&str, &str)]) -> (tempfile::TempDir, OpenOptions) {
    let directory = tempfile::tempdir().unwrap();
    write(directory.path(), "image.tar", &docker());
    for (name, script) in scripts {
        let script = format!("#!/bin/sh\ncd {}\n{script}\n", directory.path().display());
        let path = write(directory.path(), name, script.as_bytes());
        fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
    }
    let search_path = Some(format!("{}:/usr/bin:/bin", directory.path().display()).into());
    (directory, OpenOptions { search_path, ..options() })
}

fn ask(typed: &str, scripts: &[(&str, &str)]) -> Result<Source, SourceError> {
    let (_directory, options) = engines(scripts);
    open(Reference::parse(typed), &options, &mut Recorder::default(), &crate::progress::Silent)
}

#[test]
fn engines_are_asked_in_turn() {
    let save = r#"[ "$*" = "save acme/app:1" ] && /bin/cat image.tar"#;
    let refuse = "echo 'no such image' >&2; exit 1";
    let podman = r#"[ "$*" = "save --quiet --format docker-archive acme/app:1" ] && /bin/cat image.tar"#;
    for (typed, scripts) in [
        ("acme/app:1", &[("docker", save), ("podman", refuse)]),
        ("acme/app:1", &[("docker", refuse), ("podman", podman)]),
        ("docker://acme/app:1", &[("docker", save), ("podman", refuse)]),
        ("podman:acme/app:1", &[("docker", refuse), ("podman", podman)]),
    ] {
        let source = ask(typed, scripts).unwrap();
        assert_eq!(source.kind, Kind::DockerArchive);
        assert_eq!(read(&source.blob(&place("l/layer.tar")).unwrap()), layer());
    }
    let error = message(ask("acme/app:1", &[("docker", refuse), ("podman", "exit 3")]));
    assert!(
        error.contains("\n  docker: no such image\n  podman: exit status: 3\nwhere the image is, run: docker save"),
        "{error}"
    );
    let broken = "/bin/cat image.tar; echo 'disk on fire' >&2; exit 1";
    let error = message(ask("acme/app:1", &[("docker", broken)]));
    assert!(error.ends_with("docker: disk on fire"), "{error}");
}

#[test]
fn a_cancelled_sweep_is_no_damage() {
    let options = options();
    options.cancel.cancel();
    let directory = tempfile::tempdir().unwrap();
    let path = write(directory.path(), "x", &gzip(&docker()));
    let error = open(Reference::parse(&path), &options, &mut Recorder::default(), &crate::progress::Silent);
    assert!(matches!(error, Err(SourceError::Io { source, .. }) if is_cancelled(&source)));
}
