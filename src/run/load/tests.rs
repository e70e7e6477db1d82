use super::*;
use crate::image::LayerIndex;
use crate::progress::{Observer, Silent};
use crate::source::testing::{gzip, tar_of, write};
use crate::tree::Occupant;
use std::sync::Mutex;

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
    let stack = |most| Stacking::of(&demo.image, most).finish(&demo.scanned);
    assert_eq!(stack(below).1, 3);
    let (tree, fitting) = stack(below - 1);
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

#[test]
fn what_cannot_be_opened_ends_no_more_than_its_own_reading() {
    let cancel = Cancel::default();
    let failed = load(Input::Typed(Reference::parse("no-such.tar")), &request(0), &cancel, &Silent as &dyn Watch);
    assert!(failed.is_err() && !cancel.is_cancelled());
}

/// Wants to see the lowest layers each time more of them are read.
#[derive(Debug, Default)]
struct Curious(Mutex<Vec<(Arc<Tree>, String)>>);

impl Observer for Curious {}

impl Watch for Curious {
    fn wants_draft(&self) -> bool {
        true
    }

    fn draft(&self, so_far: &Loaded) {
        self.0.lock().unwrap().push((Arc::clone(&so_far.tree), told(so_far)));
    }
}

/// All figures of an image, and how its layers were read.
fn told(loaded: &Loaded) -> String {
    let report = loaded.report(&loaded.reading(), &loaded.analysis(), None);
    serde_json::to_string(&(report.totals, report.layers, report.waste)).unwrap()
}

#[test]
fn a_draft_is_the_image_that_the_lowest_layers_make() {
    let layers: Vec<Vec<u8>> = (0..8_u8)
        .map(|layer| {
            let name = format!("own{layer}");
            gzip(&tar_of(&[
                ("changed", &[layer; 3000]),
                (&name, &[layer; 200]),
                ("same", b"always"),
                (".wh.own2", b""),
            ]))
        })
        .collect();
    let archive = |count: usize| {
        let names: Vec<String> = (0..count).map(|layer| format!("{layer}.tar")).collect();
        let manifest = format!(r#"[{{"Config": "c.json", "RepoTags": ["a:1"], "Layers": {names:?}}}]"#);
        let config = br#"{"os": "linux", "architecture": "amd64", "rootfs": {"type": "layers", "diff_ids": []}}"#;
        let members = names.iter().zip(&layers).map(|(name, layer)| (name.as_str(), layer.as_slice()));
        let documents = [("manifest.json", manifest.as_bytes()), ("c.json", config.as_slice())];
        tar_of(&members.chain(documents).collect::<Vec<_>>())
    };
    let directory = tempfile::tempdir().unwrap();
    let read = |count: usize, watch: &dyn Watch| {
        let typed = write(directory.path(), &format!("{count}.tar"), &archive(count));
        load(Input::Typed(Reference::parse(&typed)), &request(0), &Cancel::default(), watch).unwrap()
    };
    // How many drafts there are depends on which thread is how fast.
    let curious = (0..100).find_map(|_| {
        let curious = Curious::default();
        let whole = read(layers.len(), &curious);
        let drafts = curious.0.into_inner().unwrap();
        (!drafts.is_empty()).then_some((whole, drafts))
    });
    let (whole, drafts) = curious.unwrap();
    assert_eq!(told(&whole), told(&read(layers.len(), &Silent)));
    let counts: Vec<u32> = drafts.iter().map(|(tree, _)| tree.layers()).collect();
    assert!(counts.is_sorted_by(|a, b| a < b) && counts.iter().all(|count| *count < 8), "{counts:?}");
    for (tree, figures) in drafts {
        let alone = read(tree.layers() as usize, &Silent);
        assert_eq!(figures, told(&alone), "{} layers", tree.layers());
        for node in tree.nodes() {
            assert_eq!(tree.path(node), whole.tree.path(node));
        }
        for (inode, id) in tree.inodes().zip(tree.inode_ids()) {
            let later = whole.tree.inode(id).unwrap();
            assert_eq!((inode.layer, inode.entry, inode.node), (later.layer, later.entry, later.node));
        }
    }
}

#[test]
fn layers_are_stacked_in_their_order_whatever_comes_first() {
    let demo = load(Input::Demo, &request(0), &Cancel::default(), &Silent as &dyn Watch).unwrap();
    let ids: Vec<BlobId> = demo.image.layers.iter().map(|layer| layer.blob.as_ref().unwrap().id).collect();
    let mut stacking = Stacking::of(&demo.image, MAX_ENTRIES);
    let mut read = BTreeMap::new();
    assert!(!stacking.has_news());
    let mut come = |stacking: &mut Stacking<'_>, index: usize| {
        read.insert(ids[index], demo.scanned[&ids[index]].clone());
        stacking.take(&read);
        stacking.has_news().then(|| stacking.so_far().1)
    };
    let shown: Vec<Option<usize>> = [1, 0, 4, 3, 2].map(|index| come(&mut stacking, index)).to_vec();
    assert_eq!(shown, [None, Some(2), None, None, Some(5)]);
    assert!(!stacking.has_news(), "nothing more than was seen");
    for index in (5..ids.len()).rev() {
        assert_eq!(come(&mut stacking, index), None, "nothing new, or all there is");
    }
    assert_eq!(stacking.finish(&read).0.layers() as usize, ids.len());
}
