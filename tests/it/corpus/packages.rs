//! Packages of a Debian image, compared with what `dpkg-query` says of the same databases.

use super::{ask, images, named, text};
use layerscope::analysis::{Package, Packages, live_files};
use layerscope::bytes::Cancel;
use layerscope::progress::Silent;
use layerscope::run::{Input, Loaded, Request, load};
use layerscope::source::Reference;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;

/// What `dpkg-query` says, in lines.
fn dpkg_query(databases: &Path, arguments: &[&str]) -> Vec<String> {
    let output = Command::new("dpkg-query").arg("--admindir").arg(databases).args(arguments).output().unwrap();
    String::from_utf8(output.stdout).unwrap().lines().map(str::to_owned).collect()
}

fn opened(path: &Path) -> Loaded {
    let request = Request {
        tag: None,
        platform: None,
        base: None,
        verify: false,
        verify_later: false,
        spool_directory: std::env::temp_dir(),
        spool_max: 64 << 30,
    };
    load(Input::Typed(Reference::parse(text(path))), &request, &Cancel::default(), &Silent).unwrap()
}

#[test]
fn packages_are_those_of_dpkg_query() {
    let Some(corpus) = named("LAYERSCOPE_CORPUS") else { return };
    if Command::new("dpkg-query").arg("--version").output().is_err() {
        eprintln!("SKIPPED: there is no dpkg-query");
        return;
    }
    let mut compared = 0;
    let own = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
    let of_corpus = images(&corpus).into_iter().map(|(_, formats)| formats);
    for formats in of_corpus.chain(this_machine(own.path()).map(|path| vec![path])) {
        let directory = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
        let Some(databases) = formats.first().and_then(|path| extract(&opened(path), directory.path())) else {
            continue;
        };
        for path in formats {
            let loaded = opened(&path);
            let packages = loaded.packages(&Silent, &Cancel::default());
            assert_eq!(packages.notices, []);
            same_packages(&databases, &packages);
            same_owners(&databases, &loaded, &packages);
            same_sums(&path, &packages);
            compared += 1;
        }
    }
    eprintln!("compared the packages of {compared} archives with dpkg-query");
}

/// The Debian of this machine as a flat root file system: its databases, and all other files without their contents.
/// None if it is no Debian.
fn this_machine(directory: &Path) -> Option<PathBuf> {
    if !Path::new("/var/lib/dpkg/status").exists() {
        return None;
    }
    let path = directory.join("machine.tar");
    let mut tar = tar::Builder::new(std::io::BufWriter::new(std::fs::File::create(&path).unwrap()));
    tar.follow_symlinks(false);
    let roots = ["bin", "sbin", "lib", "lib32", "lib64", "libx32", "usr", "etc", "var/lib/dpkg"];
    let mut open: Vec<PathBuf> = roots.iter().map(PathBuf::from).collect();
    while let Some(path) = open.pop() {
        let on_disk = Path::new("/").join(&path);
        let Ok(meta) = std::fs::symlink_metadata(&on_disk) else { continue };
        let mut header = tar::Header::new_gnu();
        header.set_mode(0o755);
        header.set_size(0);
        if meta.is_symlink() {
            header.set_entry_type(tar::EntryType::Symlink);
            tar.append_link(&mut header, &path, std::fs::read_link(&on_disk).unwrap()).unwrap();
        } else if meta.is_dir() {
            header.set_entry_type(tar::EntryType::Directory);
            tar.append_data(&mut header, &path, std::io::empty()).unwrap();
            let below = std::fs::read_dir(&on_disk).into_iter().flatten().flatten();
            open.extend(below.map(|entry| path.join(entry.file_name())));
        } else if path.starts_with("var/lib/dpkg") && meta.is_file() {
            tar.append_path_with_name(&on_disk, &path).unwrap();
        } else if meta.is_file() {
            tar.append_data(&mut header, &path, std::io::empty()).unwrap();
        }
    }
    tar.into_inner().unwrap().into_inner().unwrap();
    Some(path)
}

/// The databases of dpkg as files, if there are any; read one by one, unlike the command does it.
fn extract(loaded: &Loaded, directory: &Path) -> Option<PathBuf> {
    let databases = directory.join("var/lib/dpkg");
    for file in live_files(&loaded.tree) {
        let path = String::from_utf8_lossy(&loaded.tree.path(file.node)).into_owned();
        if path.starts_with("var/lib/dpkg/") {
            let path = directory.join(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            let content = loaded.files().content(file.inode, &Silent, &Cancel::default()).unwrap();
            std::io::copy(&mut content.reader(), &mut std::fs::File::create(path).unwrap()).unwrap();
        }
    }
    databases.join("status").exists().then_some(databases)
}

fn string(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

fn same_packages(databases: &Path, packages: &Packages) {
    let format = "--showformat=${Package} ${Version} ${Architecture} ${db:Status-Status}\\n";
    let expected: BTreeSet<String> = dpkg_query(databases, &["--show", format])
        .into_iter()
        .filter(|line| !line.ends_with(" not-installed"))
        .map(|line| line.rsplit_once(' ').unwrap().0.to_owned())
        .collect();
    let row = |package: &Package| {
        [&package.key.name, &package.version, &package.key.architecture].map(|field| string(field)).join(" ")
    };
    assert_eq!(packages.all.iter().map(row).collect::<BTreeSet<_>>(), expected);
    assert_eq!(packages.all.len(), expected.len());
}

/// How a package may have spelt a path, where its first directory is a link into `usr`.
fn spellings(path: &str) -> Vec<String> {
    let merged = ["usr/bin/", "usr/sbin/", "usr/lib/", "usr/lib32/", "usr/lib64/", "usr/libx32/"];
    let short = merged.iter().any(|start| path.starts_with(start)).then(|| path.trim_start_matches("usr"));
    std::iter::once(format!("/{path}")).chain(short.map(str::to_owned)).collect()
}

/// The packages that `dpkg-query` finds for each path, by the spelling of their lists.
fn search(databases: &Path, paths: &[String]) -> BTreeMap<String, BTreeSet<String>> {
    let mut found: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for some in paths.chunks(500) {
        let mut arguments = vec!["--search", "--"];
        arguments.extend(some.iter().map(String::as_str));
        for line in dpkg_query(databases, &arguments).iter().filter(|line| !line.starts_with("diversion by ")) {
            let (names, path) = line.split_once(": /").unwrap();
            let names = names.split(", ").map(|name| name.split(':').next().unwrap().to_owned());
            found.entry(format!("/{path}")).or_default().extend(names);
        }
    }
    found
}

fn same_owners(databases: &Path, loaded: &Loaded, packages: &Packages) {
    let tree = &loaded.tree;
    // `dpkg-query` says of a diverted path whose it would be.
    let diversions = std::fs::read_to_string(databases.join("diversions")).unwrap_or_default();
    let is_diverted = |path: &str| {
        diversions.lines().enumerate().any(|(index, line)| index % 3 < 2 && spellings(path).iter().any(|it| it == line))
    };
    let paths: Vec<_> = live_files(tree)
        .iter()
        .map(|file| (file.node, String::from_utf8_lossy(&tree.path(file.node)).into_owned()))
        // What means something else in a pattern is not asked for.
        .filter(|(_, path)| path.chars().all(|c| c.is_ascii() && !"*?[]\\".contains(c)) && !is_diverted(path))
        .collect();
    let asked: Vec<String> = paths.iter().flat_map(|(_, path)| spellings(path)).collect();
    let found = search(databases, &asked);
    let mut count = 0;
    for (node, path) in &paths {
        let theirs: BTreeSet<String> =
            spellings(path).iter().filter_map(|path| found.get(path)).flatten().cloned().collect();
        let ours: BTreeSet<String> = packages.claimants(*node).map(|package| string(&package.key.name)).collect();
        assert_eq!(ours, theirs, "{path}");
        let owner = packages.owner(tree, *node).map(|package| string(&package.key.name));
        assert!(owner.as_ref().map_or(theirs.is_empty(), |owner| theirs.contains(owner)), "{path}: {owner:?}");
        count += usize::from(owner.is_some());
    }
    assert!(count > 1000, "{count}");
}

fn same_sums(path: &Path, packages: &Packages) {
    let json = ask(&["packages", text(path), "--format", "json"]).expect(0).json();
    let report = ask(&["report", text(path), "--format", "json"]).expect(0).json();
    assert_eq!(json["live_bytes"], report["totals"]["live_bytes"]);
    let sum = packages.all.iter().map(|package| package.share.bytes()).sum::<u64>() + packages.unowned.bytes();
    assert_eq!(json["live_bytes"], sum);
}
