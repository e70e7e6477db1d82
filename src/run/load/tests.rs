use super::*;
use crate::image::LayerIndex;
use crate::progress::Silent;
use crate::source::testing::{gzip, tar_of, write};
use crate::tree::Occupant;

fn request(spool_max: u64) -> Request {
    Request {
        tag: None,
        platform: None,
        base: None,
        verify: false,
        verify_later: true,
        spool_directory: std::env::temp_dir(),
        spool_max,
    }
}

#[test]
fn layers_that_are_too_much_together_are_left_out() {
    let mut demo = load(Input::Demo, &request(0), &Cancel::default(), &Silent as &dyn Watch).unwrap();
    let lengths: Vec<u64> = demo.tree.listings().iter().map(|listing| listing.len() as u64).collect();
    let below: u64 = lengths[..3].iter().sum();
    assert_eq!(stack(&demo.image, &demo.scanned, below).1, 3);
    let (tree, fitting) = stack(&demo.image, &demo.scanned, below - 1);
    assert_eq!(fitting, 2);
    let left: Vec<u64> = tree.listings().iter().map(|listing| listing.len() as u64).collect();
    assert_eq!((left.len(), &left[..2]), (lengths.len(), &lengths[..2]));
    assert!(left[2..].iter().all(|entries| *entries == 0));
    demo.fitting = fitting;
    let reading = demo.reading();
    assert!(reading.is_partial());
    assert_eq!(reading.layers.iter().filter(|layer| layer.status == LayerStatus::Ok).count(), 2);
}

/// The content of each file of an image, by path.
fn contents(files: &Files) -> Vec<Vec<u8>> {
    let names: [&[u8]; 3] = [b"first", b"second", b"third"];
    let content = |name: &[u8]| {
        let node = files.tree.find(name).unwrap();
        let Some(Occupant::Inode(inode)) = files.tree.state(node, LayerIndex(u32::MAX)) else { panic!("no file") };
        let mut out = Vec::new();
        files.content(inode, &Silent, &Cancel::default()).unwrap().reader().read_to_end(&mut out).unwrap();
        out
    };
    names.into_iter().map(content).collect()
}

#[test]
fn files_read_the_same_before_while_and_after_the_layers_are_verified() {
    let expected: Vec<Vec<u8>> =
        (1..4_u32).map(|file| (0..1_800_000_u32).flat_map(|n| (n / file).to_le_bytes()).collect()).collect();
    let layer = tar_of(&[("first", &expected[0]), ("second", &expected[1]), ("third", &expected[2])]);
    let archive = |layer: &[u8]| {
        let manifest = br#"[{"Config": "c.json", "RepoTags": ["a:1"], "Layers": ["layer.tar"]}]"#;
        let config = br#"{"os": "linux", "architecture": "amd64", "rootfs": {"type": "layers", "diff_ids": []}}"#;
        tar_of(&[("layer.tar", layer), ("manifest.json", manifest), ("c.json", config)])
    };
    let directory = tempfile::tempdir().unwrap();
    // A compressed layer; in a compressed archive, copied out of it or not; a layer in a compressed archive.
    let cases = [
        (archive(&gzip(&layer)), 0, true),
        (gzip(&archive(&gzip(&layer))), 1 << 30, true),
        (gzip(&archive(&gzip(&layer))), 0, true),
        (gzip(&archive(&layer)), 0, true),
        (archive(&layer), 0, false),
    ];
    for (number, (image, spool_max, is_compressed)) in cases.iter().enumerate() {
        let typed = write(directory.path(), &format!("{number}.tar"), image);
        let input = Input::Typed(Reference::parse(&typed));
        let mut loaded = load(input, &request(*spool_max), &Cancel::default(), &Silent as &dyn Watch).unwrap();
        let files = loaded.files();
        assert!(contents(&files) == expected, "{number}");
        std::thread::scope(|scope| {
            let reading = scope.spawn(|| contents(&files));
            loaded.verify(&Cancel::default()).unwrap();
            loaded.pass(&Cancel::default()).unwrap();
            assert!(reading.join().unwrap() == expected, "{number}");
        });
        assert!(loaded.reading().verified);
        assert_eq!(loaded.tars.memory() > 40_000, *is_compressed, "{number}: {}", loaded.tars.memory());
        assert!(contents(&files) == expected, "{number}");
        let cancel = Cancel::default();
        cancel.cancel();
        assert!(matches!(loaded.pass(&cancel), Err(Failure::Cancelled(_))));
    }
}
