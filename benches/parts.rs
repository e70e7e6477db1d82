//! The parts of the data flow, one by one, on inputs that are made in memory and are the same in every run.
//!
//! `cargo bench --bench parts` measures (a part of a name after it chooses), `cargo test --bench parts` runs everything
//! once. Whole commands are measured by `benches/whole.py`, the keys of the explorer by `benches/keys.py`.

#![expect(clippy::unwrap_used, reason = "a benchmark that cannot make its input has nothing to say")]

use divan::counter::{BytesCount, ItemsCount};
use divan::{Bencher, black_box};
use layerscope::analysis::{Analysis, dive_figures};
use layerscope::bytes::{Cancel, Meter, Section};
use layerscope::codec::{Checkpoints, Compression, Unpacked, decoder};
use layerscope::image::{self, Image, LayerIndex};
use layerscope::listing::{Listing, Scanner};
use layerscope::progress::Silent;
use layerscope::report::{self, Facts, LayerFacts, LayerStatus, Reading};
use layerscope::source::{self, Blob, BlobId, OpenOptions, Reference, Sink};
use layerscope::tarball::{Limits, Member};
use layerscope::tree::{Filter, Kinds, Lens, NodeId, Outline, Selection, Stack, Tree};
use std::io::{self, Read, Write as _};
use std::sync::{Arc, LazyLock};

fn main() {
    divan::main();
}

// Inputs.

/// Entries of the layers and of the tree that are measured.
const ENTRIES: usize = 100_000;

/// Paths as a package manager makes them: directories of 24 files, 40 of them in a package, all entries of their own.
fn paths(root: &str) -> impl Iterator<Item = String> {
    (0..).flat_map(move |package| {
        let package = format!("{root}/package{package:05}/");
        let folders = (0..40).flat_map({
            let package = package.clone();
            move |folder| {
                let folder = format!("{package}dist{folder:02}/");
                let files = (0..24).map({
                    let folder = folder.clone();
                    move |file| format!("{folder}module{file:02}.js")
                });
                std::iter::once(folder).chain(files)
            }
        });
        std::iter::once(package).chain(folders)
    })
}

/// A tar of paths; a path that ends in a slash is a directory. `size` says how long the n-th file is.
fn tar(paths: impl Iterator<Item = String>, size: impl Fn(u64) -> u64) -> Vec<u8> {
    let text = text(1 << 16);
    let mut tar = tar::Builder::new(Vec::new());
    for (index, path) in (0..).zip(paths) {
        let mut header = tar::Header::new_ustar();
        header.set_path(&path).unwrap();
        let is_directory = path.ends_with('/');
        header.set_entry_type(if is_directory { tar::EntryType::Directory } else { tar::EntryType::Regular });
        header.set_mode(if is_directory { 0o755 } else { 0o644 });
        let size = if is_directory { 0 } else { size(index) };
        header.set_size(size);
        header.set_cksum();
        tar.append(&header, text.as_slice().take(size)).unwrap();
    }
    tar.into_inner().unwrap()
}

/// Bytes that compress about as well as a program's files do: words, with stretches of noise between them.
fn text(len: usize) -> Vec<u8> {
    const WORDS: [&[u8]; 8] =
        [b"return ", b"function ", b"const ", b"layer", b"(x) => ", b"0x7f, ", b";\n    ", b"import "];
    let mut text = Vec::with_capacity(len + 16);
    let mut state = 0x2545_f491_4f6c_dd1d_u64;
    while text.len() < len {
        // xorshift64: small, and the same everywhere.
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        match usize::try_from(state >> 60).ok().and_then(|index| WORDS.get(index)) {
            Some(word) => text.extend_from_slice(word),
            None => text.extend_from_slice(&state.to_le_bytes()),
        }
    }
    text.truncate(len);
    text
}

/// Sizes of files between nothing and 9 KB, a third of that on average.
fn mixed(index: u64) -> u64 {
    index % 7 * (index % 7) * 256
}

fn scanner() -> Scanner {
    Scanner { limits: Limits::default(), seed: 1, cancel: Cancel::default() }
}

fn section(bytes: Vec<u8>) -> Section {
    Section::new(Arc::new(bytes))
}

/// The listing of a layer of files of no content.
fn listing(paths: impl Iterator<Item = String>) -> Arc<Listing> {
    Arc::new(scanner().scan_section(&section(tar(paths, |_| 0)), &Meter::default()))
}

/// The marker that removes a path.
fn whiteout(path: &str) -> String {
    let (folder, name) = path.rsplit_once('/').unwrap();
    format!("{folder}/.wh.{name}")
}

/// Markers for `count` of the files of a layer of `ENTRIES`, spread over it.
fn whiteouts(count: usize) -> impl Iterator<Item = String> {
    let files = paths("usr/lib").take(ENTRIES).filter(|path| !path.ends_with('/'));
    files.step_by(ENTRIES * 9 / 10 / count).take(count).map(|path| whiteout(&path))
}

fn stacked(listings: &[Arc<Listing>]) -> Tree {
    let mut stack = Stack::new();
    for listing in listings {
        stack.push(Arc::clone(listing));
    }
    stack.finish()
}

/// An image of ten layers and twice `ENTRIES` paths, some of them rewritten and removed, in a docker archive.
static ARCHIVE: LazyLock<Section> = LazyLock::new(|| {
    let mut layers = vec![tar(paths("usr/lib").take(ENTRIES), |index| index % 512)];
    for layer in 1..10 {
        let own = paths("opt").map(move |path| format!("layer{layer}/{path}")).take(ENTRIES / 9);
        let again = paths("usr/lib").take(ENTRIES / 50);
        let removed = whiteouts(ENTRIES / 20).skip(layer).step_by(9);
        layers.push(tar(own.chain(again).chain(removed), move |index| index % 512 / 16 * layer as u64));
    }
    section(docker_archive(&layers))
});

fn docker_archive(layers: &[Vec<u8>]) -> Vec<u8> {
    let names: Vec<String> = (0..layers.len()).map(|layer| format!("{layer}/layer.tar")).collect();
    let diff_ids: Vec<String> = (0..layers.len()).map(|layer| format!("sha256:{layer:064x}")).collect();
    let history: Vec<_> =
        (0..layers.len()).map(|layer| serde_json::json!({"created_by": format!("step {layer}")})).collect();
    let config = serde_json::json!({
        "architecture": "amd64", "os": "linux", "config": {}, "history": history,
        "rootfs": {"type": "layers", "diff_ids": diff_ids},
    });
    let manifest = serde_json::json!([{"Config": "config.json", "RepoTags": ["bench:1"], "Layers": names}]);
    let documents = [("config.json", config.to_string()), ("manifest.json", manifest.to_string())];
    let members = names.iter().map(String::as_str).zip(layers.iter().map(Vec::as_slice));
    let mut tar = tar::Builder::new(Vec::new());
    for (name, content) in members.chain(documents.iter().map(|(name, text)| (*name, text.as_bytes()))) {
        let mut header = tar::Header::new_ustar();
        header.set_size(content.len() as u64);
        tar.append_data(&mut header, name, content).unwrap();
    }
    tar.into_inner().unwrap()
}

/// Nobody waits for the layers of an archive that is read by position.
struct Nobody;

impl Sink for Nobody {
    fn blob(&mut self, _blob: Blob, _member: &Member) {}

    fn stream(&mut self, _id: BlobId, _member: &Member, _content: &mut (dyn Read + Send)) {}
}

fn open() -> Image {
    let reference = Reference::parse("bench.tar");
    let opened =
        source::open_section(reference, ARCHIVE.clone(), &OpenOptions::default(), &mut Nobody, &Silent).unwrap();
    let candidates = image::candidates(&opened).unwrap();
    image::load(&opened, candidates.first().unwrap()).unwrap()
}

static IMAGE: LazyLock<Image> = LazyLock::new(open);

static LISTINGS: LazyLock<Vec<Arc<Listing>>> = LazyLock::new(|| {
    let sections = IMAGE.layers.iter().map(|layer| layer.blob.as_ref().unwrap().section().unwrap());
    sections.map(|section| Arc::new(scanner().scan_section(section, &Meter::default()))).collect()
});

static TREE: LazyLock<Arc<Tree>> = LazyLock::new(|| Arc::new(stacked(&LISTINGS)));
static OUTLINE: LazyLock<Arc<Outline>> = LazyLock::new(|| Arc::new(Outline::of(Arc::clone(&TREE), 1)));

// The data flow, in its order.

/// Decompressing: 16 MB in pieces, as a layer is read.
#[divan::bench(args = [Compression::Gzip, Compression::Zstd, Compression::Xz, Compression::Bzip2])]
fn decode(bencher: Bencher<'_, '_>, compression: Compression) {
    let plain = text(16 << 20);
    let stored = compress(compression, &plain).unwrap();
    let mut piece = vec![0; 64 << 10];
    bencher.counter(BytesCount::new(plain.len())).bench_local(|| {
        let mut decoder = decoder(compression, stored.as_slice()).unwrap();
        let mut total = 0;
        loop {
            match decoder.read(&mut piece).unwrap() {
                0 => break,
                count => total += count,
            }
        }
        assert_eq!(total, plain.len());
    });
}

fn compress(compression: Compression, plain: &[u8]) -> io::Result<Vec<u8>> {
    match compression {
        Compression::None => Ok(plain.to_vec()),
        Compression::Gzip => {
            let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
            encoder.write_all(plain)?;
            encoder.finish()
        }
        Compression::Zstd => zstd::encode_all(plain, 3),
        Compression::Xz => {
            let mut encoder = liblzma::write::XzEncoder::new(Vec::new(), 1);
            encoder.write_all(plain)?;
            encoder.finish()
        }
        Compression::Bzip2 => {
            let mut encoder = bzip2::write::BzEncoder::new(Vec::new(), bzip2::Compression::fast());
            encoder.write_all(plain)?;
            encoder.finish()
        }
    }
}

/// Four KiB at the end of a gzip layer of 64 MB.
#[divan::bench_group(sample_count = 20)]
mod random_access {
    use super::{
        Bencher, Cancel, Checkpoints, Compression, LazyLock, Read as _, Section, Silent, Unpacked, compress, section,
        text,
    };

    const LEN: u64 = 64_000_000;

    static STORED: LazyLock<Section> =
        LazyLock::new(|| section(compress(Compression::Gzip, &text(usize::try_from(LEN).unwrap())).unwrap()));

    fn layer() -> Unpacked {
        Unpacked::new(STORED.clone(), Checkpoints::new(Compression::Gzip, 64 << 20))
    }

    fn read(layer: &Unpacked) -> [u8; 4096] {
        let mut file = [0; 4096];
        layer.reader_at(LEN - 4096, &Silent, &Cancel::default()).unwrap().read_exact(&mut file).unwrap();
        file
    }

    #[divan::bench]
    fn from_the_start(bencher: Bencher<'_, '_>) {
        let layer = layer();
        bencher.bench(|| read(&layer));
    }

    /// The pass that leaves the checkpoints.
    #[divan::bench]
    fn pass(bencher: Bencher<'_, '_>) {
        bencher.with_inputs(layer).bench_refs(|layer| layer.pass(u64::MAX, &Cancel::default()).unwrap());
    }

    #[divan::bench]
    fn with_checkpoints(bencher: Bencher<'_, '_>) {
        let layer = layer();
        layer.pass(u64::MAX, &Cancel::default()).unwrap();
        bencher.bench(|| read(&layer));
    }
}

/// Scanning one layer of 20,000 entries and 60 MB.
#[divan::bench_group]
mod scan {
    use super::{
        Arc, Bencher, BytesCount, ItemsCount, LazyLock, Meter, Section, black_box, mixed, paths, scanner, tar,
    };

    const ENTRIES: usize = 20_000;

    static TAR: LazyLock<Arc<Vec<u8>>> = LazyLock::new(|| Arc::new(tar(paths("usr/lib").take(ENTRIES), mixed)));

    /// Headers only.
    #[divan::bench]
    fn by_position(bencher: Bencher<'_, '_>) {
        let section = Section::new(TAR.clone());
        bencher.counter(ItemsCount::new(ENTRIES)).bench(|| {
            let listing = scanner().scan_section(black_box(&section), &Meter::default());
            assert_eq!(listing.len(), ENTRIES);
            listing
        });
    }

    /// Everything passes, with the fingerprint of each content.
    #[divan::bench]
    fn by_stream(bencher: Bencher<'_, '_>) {
        bencher.counter(BytesCount::new(TAR.len())).bench(|| {
            let listing = scanner().scan_stream(&mut black_box(TAR.as_slice()));
            assert_eq!(listing.len(), ENTRIES);
            listing
        });
    }
}

/// Stacking layers into the tree.
#[divan::bench_group]
mod stack {
    use super::{Bencher, ENTRIES, ItemsCount, LISTINGS, listing, paths, stacked, whiteouts};

    #[divan::bench(args = [10_000, 100_000])]
    fn entries(bencher: Bencher<'_, '_>, entries: usize) {
        let layers = [listing(paths("usr/lib").take(entries))];
        bencher.counter(ItemsCount::new(entries)).bench(|| stacked(&layers));
    }

    /// Whiteouts of a layer below of 100,000 entries.
    #[divan::bench(args = [100, 1000, 10_000])]
    fn removed(bencher: Bencher<'_, '_>, count: usize) {
        let layers = [listing(paths("usr/lib").take(ENTRIES)), listing(whiteouts(count))];
        assert_eq!(layers[1].len(), count);
        bencher.bench(|| stacked(&layers));
    }

    /// The same 1000 paths again and again.
    #[divan::bench(args = [1, 10, 100])]
    fn rewritten(bencher: Bencher<'_, '_>, layers: usize) {
        let layers = vec![listing(paths("usr/lib").take(1000)); layers];
        bencher.counter(ItemsCount::new(1000 * layers.len())).bench(|| stacked(&layers));
    }

    #[divan::bench]
    fn image(bencher: Bencher<'_, '_>) {
        bencher.counter(ItemsCount::new(super::TREE.len())).bench(|| stacked(&LISTINGS));
    }
}

/// Looking at the whole tree of the image.
#[divan::bench_group]
mod tree {
    use super::{
        Arc, Bencher, Filter, ItemsCount, Kinds, LayerIndex, Lens, NodeId, OUTLINE, Outline, Selection, TREE, black_box,
    };

    fn whole() -> Lens {
        Lens::up_to(LayerIndex(TREE.layers() - 1))
    }

    /// What is made once of each tree that is explored.
    #[divan::bench]
    fn outline(bencher: Bencher<'_, '_>) {
        bencher.counter(ItemsCount::new(TREE.len())).bench(|| Outline::of(Arc::clone(&TREE), 1));
    }

    #[divan::bench]
    fn lens_of_all_layers(bencher: Bencher<'_, '_>) {
        bencher.counter(ItemsCount::new(TREE.len())).bench(|| OUTLINE.view(black_box(whole())));
    }

    #[divan::bench]
    fn lens_of_one_layer(bencher: Bencher<'_, '_>) {
        bencher.counter(ItemsCount::new(TREE.len())).bench(|| OUTLINE.view(black_box(Lens::layer(LayerIndex(3)))));
    }

    #[divan::bench]
    fn counts_by_layer(bencher: Bencher<'_, '_>) {
        bencher.bench(|| TREE.counts_by_layer());
    }

    #[divan::bench]
    fn paths_in_order(bencher: Bencher<'_, '_>) {
        bencher.counter(ItemsCount::new(TREE.len())).bench(|| TREE.paths_below(NodeId::ROOT).count());
    }

    /// One path found by name.
    #[divan::bench]
    fn find() -> Option<NodeId> {
        TREE.find(black_box(b"usr/lib/package00042/dist17/module05.js"))
    }

    /// What of a lens is shown, with the figures of all directories.
    #[divan::bench]
    fn selection(bencher: Bencher<'_, '_>) {
        let view = Arc::new(OUTLINE.view(whole()));
        let kinds = Some(Kinds::default());
        bencher.counter(ItemsCount::new(TREE.len())).bench(|| Selection::of(Arc::clone(&view), black_box(kinds), None));
    }

    /// A filter read and held against every path.
    #[divan::bench(args = ["module17", "'Module17", "*.js", "/e1[0-9]\\.js$/", "size:>100", "is:removed", "!^usr"])]
    fn filter(bencher: Bencher<'_, '_>, text: &str) {
        let view = Arc::new(OUTLINE.view(whole()));
        bencher.counter(ItemsCount::new(TREE.len())).bench(|| {
            let filter = Filter::parse(black_box(text)).unwrap();
            Selection::of(Arc::clone(&view), None, Some(&filter)).below(NodeId::ROOT)
        });
    }

    /// Paths of any layer found by some of their letters, best first.
    #[divan::bench(args = ["m", "e", "pack", "p42/mod5", "xyzzy", "dist17 !js is:file"])]
    fn search(bencher: Bencher<'_, '_>, text: &str) {
        let view = OUTLINE.view(whole());
        bencher.counter(ItemsCount::new(TREE.len())).bench(|| {
            let filter = Filter::fuzzy(black_box(text)).unwrap();
            filter.search(&view, 10_000).total
        });
    }
}

/// What the image costs, and the report of it.
#[divan::bench_group]
mod figures {
    use super::{
        Analysis, Arc, Bencher, Compression, Facts, IMAGE, LISTINGS, LayerFacts, LayerStatus, Reading, TREE,
        dive_figures, open, report,
    };

    fn facts<R>(use_them: impl FnOnce(&Facts<'_>) -> R) -> R {
        let layer = |blob_bytes| LayerFacts {
            status: LayerStatus::Ok,
            compression: Some(Compression::None),
            digest: None,
            blob_bytes,
            notices: Vec::new(),
        };
        let layers: Vec<LayerFacts> = IMAGE.layers.iter().map(|own| layer(own.blob.as_ref().unwrap().size)).collect();
        use_them(&Facts {
            source_kind: "docker-archive",
            reference: "bench.tar",
            image: &IMAGE,
            tree: &TREE,
            analysis: &Arc::new(Analysis::of(&TREE, 1, 0)),
            reading: &Reading { layers, verified: false, notices: Vec::new() },
        })
    }

    /// Index and documents of an archive of ten layers, before any layer is read.
    #[divan::bench]
    fn open_archive(bencher: Bencher<'_, '_>) {
        bencher.bench(open);
    }

    #[divan::bench]
    fn analysis(bencher: Bencher<'_, '_>) {
        bencher.bench(|| Analysis::of(&TREE, 1, 0));
    }

    #[divan::bench]
    fn dive(bencher: Bencher<'_, '_>) {
        bencher.bench(|| dive_figures(&LISTINGS));
    }

    #[divan::bench]
    fn report_built(bencher: Bencher<'_, '_>) {
        facts(|facts| bencher.bench_local(|| report::build(facts, None)));
    }

    #[divan::bench]
    fn report_written(bencher: Bencher<'_, '_>) {
        let report = facts(|facts| report::build(facts, None));
        bencher.bench(|| {
            let mut out = Vec::new();
            report::write_json(&report, &mut out).unwrap();
            out
        });
    }
}
