//! Databases as text, and who owns what by them.

use super::*;
use crate::listing::testing::listing;
use crate::tree::Stack;
use crate::tree::testing::line;
use proptest::prelude::*;

fn tree<S: AsRef<str>>(layers: &[Vec<S>]) -> Tree {
    let mut stack = Stack::new();
    for layer in layers {
        stack.push(listing(&layer.iter().map(AsRef::as_ref).collect::<Vec<_>>()));
    }
    stack.finish()
}

/// What the databases with these texts say; a path without a text cannot be read.
fn read(tree: &Tree, texts: &[(&str, &str)]) -> Packages {
    let databases = Databases::find(tree);
    databases.read(&mut |inode| {
        let path = tree.path(tree.inode(inode).unwrap().node);
        let text = texts.iter().find(|(it, _)| it.as_bytes() == path).map(|(_, text)| text.as_bytes().to_vec());
        text.ok_or_else(|| io::ErrorKind::InvalidData.into())
    })
}

/// Name, files, bytes and layers of each package, and of what belongs to none.
fn shares(packages: &Packages) -> Vec<String> {
    let row = |name: &[u8], share: &Share| {
        let layers: Vec<_> = share.layers.keys().map(ToString::to_string).collect();
        format!("{} {} {} [{}]", String::from_utf8_lossy(name), share.files(), share.bytes(), layers.join(" "))
    };
    let named = packages.all.iter().map(|package| row(&package.key.name, &package.share));
    named.chain([row(b"-", &packages.unowned)]).collect()
}

fn owner(packages: &Packages, tree: &Tree, path: &str) -> Option<String> {
    let package = packages.owner(tree, tree.find(path.as_bytes())?)?;
    Some(String::from_utf8(package.key.name.to_vec()).unwrap())
}

#[test]
fn a_debian_image_by_package() {
    let tree = tree(&[
        vec![
            "l bin usr/bin",
            "f usr/bin/sh 40 d",
            "f usr/bin/sh.distrib 50 b",
            "f usr/lib/libc.so 100 c",
            "f usr/share/doc/libc/copyright 7 y",
            "f etc/gone.conf 3 g",
            "f etc/both 5 z",
            "f usr/bin/hard 9 h",
            "h srv/hard usr/bin/hard",
            "l usr/bin/link sh",
            "f var/lib/dpkg/status 1 s",
            "f var/lib/dpkg/diversions 1 s",
            "f var/lib/dpkg/info/dash.list 1 s",
            "f var/lib/dpkg/info/bash.list 1 s",
            "f var/lib/dpkg/info/libc:amd64.list 1 s",
            "f var/lib/dpkg/info/libc:i386.list 1 s",
            "f var/lib/dpkg/info/old.list 1 s",
            "f var/lib/dpkg/info/stale.list 1 s",
            "f var/lib/dpkg/info/dash.md5sums 1 s",
        ],
        vec!["f usr/bin/sh 41 d", "f srv/app 200 a"],
    ]);
    let status = "Package: dash\nStatus: install ok installed\nArchitecture: amd64\nVersion: 1\n\n\
                  Package: bash\nStatus: install ok installed\nArchitecture: amd64\nVersion: 2\n\n\
                  Package: libc\nStatus: install ok installed\nArchitecture: i386\nVersion: 3\n\n\
                  Package: libc\nStatus: install ok installed\nArchitecture: amd64\nVersion: 3\n\n\
                  Package: old\nStatus: deinstall ok config-files\nArchitecture: all\nVersion: 4\n\n\
                  Package: never\nStatus: purge ok not-installed\n";
    let packages = read(
        &tree,
        &[
            ("var/lib/dpkg/status", status),
            ("var/lib/dpkg/diversions", "/bin/sh\n/bin/sh.distrib\ndash\n"),
            ("var/lib/dpkg/info/dash.list", "/.\n/bin\n/bin/sh\n/etc/both\n/usr/bin/link\n"),
            ("var/lib/dpkg/info/bash.list", "/.\n/bin/sh\n/usr/bin/hard\n/no/where\n/../etc/../../etc/both\n"),
            ("var/lib/dpkg/info/libc:amd64.list", "/usr/lib/libc.so\n/usr/share/doc/libc/copyright\n"),
            ("var/lib/dpkg/info/libc:i386.list", "/usr/share/doc/libc/copyright"),
            ("var/lib/dpkg/info/old.list", "/etc/gone.conf\n/etc/both\n"),
            ("var/lib/dpkg/info/stale.list", "/srv/app\n"),
        ],
    );
    assert_eq!(
        shares(&packages),
        ["bash 3 64 [0]", "dash 1 41 [1]", "libc 2 107 [0]", "libc 0 0 []", "old 1 3 [0]", "- 10 209 [0 1]"]
    );
    assert!(packages.has_database && packages.notices.is_empty(), "{:?}", packages.notices);
    let of = |path| owner(&packages, &tree, path);
    assert_eq!(of("usr/bin/sh").as_deref(), Some("dash"));
    assert_eq!(of("usr/bin/sh.distrib").as_deref(), Some("bash"));
    assert_eq!(of("srv/hard").as_deref(), Some("bash"), "another name of a file that a package has");
    assert_eq!(of("usr/bin/link").as_deref(), Some("dash"));
    assert_eq!(of("bin").as_deref(), Some("dash"));
    assert_eq!((of("srv/app"), of("usr/bin")), (None, None));
    let both = tree.find(b"etc/both").unwrap();
    let claimants: Vec<_> = packages.claimants(both).map(|package| package.key.name.to_vec()).collect();
    assert_eq!(claimants, [b"bash".to_vec(), b"dash".to_vec(), b"old".to_vec()]);
    let paths: Vec<_> = packages.unowned_files.iter().take(2).map(|file| tree.path(file.node)).collect();
    assert_eq!(paths, [b"srv/app".to_vec(), b"var/lib/dpkg/diversions".to_vec()]);
}

#[test]
fn distroless_and_alpine_images_by_package() {
    let tree = tree(&[vec![
        "f usr/lib/libssl.so 10 s",
        "f var/lib/dpkg/status.d/bGlic3Ns 1 s",
        "f var/lib/dpkg/status.d/bGlic3Ns.md5sums 1 s",
        "l lib usr/lib",
        "f usr/lib/apk/db/installed 1 s",
        "f usr/lib/libc.musl 20 m",
        "f etc/motd 30 m",
    ]]);
    let packages = read(
        &tree,
        &[
            ("var/lib/dpkg/status.d/bGlic3Ns", "Package: libssl\nVersion: 3\nArchitecture: amd64\n"),
            ("var/lib/dpkg/status.d/bGlic3Ns.md5sums", "00ff  usr/lib/libssl.so\n00fe  usr/lib/gone\n"),
            ("usr/lib/apk/db/installed", "P:musl\nV:1\nA:x86_64\nF:lib\nR:libc.musl\nR:../etc/motd\nF:no\nR:x\n\n"),
        ],
    );
    // The database of apk is found at both of its places, and read once.
    assert_eq!(shares(&packages), ["libssl 1 10 [0]", "musl 1 20 [0]", "- 4 33 [0]"]);
    assert_eq!(packages.all[1].key.manager, Manager::Apk);
}

#[test]
fn what_cannot_be_read_is_said() {
    let tree = tree(&[vec!["f var/lib/dpkg/status 1 s", "d var/lib/dpkg/info/a.list", "f var/lib/rpm/rpmdb 2 x"]]);
    let packages = read(&tree, &[]);
    assert_eq!(shares(&packages), ["- 2 3 [0]"]);
    let notices: Vec<_> = packages.notices.iter().map(ToString::to_string).collect();
    assert_eq!(
        notices,
        [
            "error: var/lib/dpkg/status: could not be read: invalid data; what it says of packages is missing",
            "warning: the RPM database: is not read: files of RPM packages count as those of none"
        ]
    );
    assert!(!packages.has_database);
}

#[test]
fn too_much_is_cut_and_said() {
    let tree = tree(&[vec!["f var/lib/dpkg/status 1 s", "f a 1 s"]]);
    let status = (0..=MAX_PACKAGES).map(|number| format!("Package: p{number}\n\n")).collect::<Vec<_>>().concat();
    let packages = read(&tree, &[("var/lib/dpkg/status", &status)]);
    assert_eq!(packages.all.len(), MAX_PACKAGES);
    assert!(packages.notices[0].message.contains("too many packages"));
}

#[test]
fn blocks_end_at_empty_lines() {
    let found: Vec<_> = blocks(b"\n\n a\nb\n \t\r\n\nc\n").map(String::from_utf8_lossy).collect();
    assert_eq!(found, [" a\nb\n", "c"]);
    assert_eq!(blocks(b"").count() + blocks(b"\n").count() + blocks(b" \n \n").count(), 0);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, ..ProptestConfig::default() })]

    /// Whatever databases say, every live file belongs to one package or to none.
    #[test]
    fn all_shares_are_the_live_bytes(
        layers in prop::collection::vec(prop::collection::vec(line(), 0..8), 1..5),
        status in "(Package: [a-c]\nStatus: x ok (installed|config-files)\n\n){0,4}",
        list in "(/?([abc.]/?){1,4}\n){0,8}",
        installed in "(P:[a-c]\n(F:[abc.]/[abc.]\n(R:[abc.]\n)?){0,3}\n){0,3}",
    ) {
        let mut layers = layers;
        let databases = ["var/lib/dpkg/status", "var/lib/dpkg/info/a.list", "var/lib/dpkg/info/b.list", "lib/apk/db/installed"];
        layers.push(databases.iter().map(|path| format!("f {path} 1 x")).collect());
        let tree = tree(&layers);
        let texts = [&status, &list, &list, &installed].map(String::as_str);
        let packages = read(&tree, &databases.into_iter().zip(texts).collect::<Vec<_>>());
        let sum = packages.all.iter().map(|package| package.share.bytes()).sum::<u64>() + packages.unowned.bytes();
        prop_assert_eq!(sum, crate::analysis::Analysis::of(&tree, 1, 0).totals.live_bytes);
        let unowned: u64 = packages.unowned_files.iter().map(|file| file.bytes).sum();
        prop_assert_eq!(unowned, packages.unowned.bytes());
        for file in live_files(&tree) {
            prop_assert_eq!(packages.owner(&tree, file.node).is_none(), packages.unowned_files.contains(&file));
        }
    }
}
