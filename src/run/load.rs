//! From a reference to the stack of layers, in one place for every command and for the explorer.

use super::blob::{Hash, Hashes, Scanned, hash_tar};
use super::compare::{Blobs, find};
use super::scan::{Scanning, scans};
use super::stacking::{MAX_ENTRIES, Stacking};
use super::{Failure, Watch};
use crate::analysis::Analysis;
use crate::bytes::{Cancel, Section};
use crate::cli::Engine;
use crate::image::{self, Base, Candidate, Distribution, Image, Layer, LayerIndex, Platform, ToldBy};
use crate::listing::{Content, EntryKind, Scanner};
use crate::notice::Notice;
use crate::progress::{Observer, Silent};
use crate::report::{self, Facts, LayerFacts, LayerStatus, Reading, Report};
use crate::source::{self, Blob, BlobId, LayerBlob, LayerTars, OpenOptions, Reference, Sink, Source, Transport};
use crate::tarball::Limits;
use crate::tree::{InodeId, Occupant, Tree};
use std::collections::{BTreeMap, BTreeSet};
use std::hash::{BuildHasher as _, RandomState};
use std::io::{self, Read as _};
use std::path::PathBuf;
use std::sync::Arc;

/// What is to be loaded, and how.
#[derive(Debug, Clone)]
pub struct Request {
    /// The tag that is meant, where there are several images.
    pub tag: Option<String>,
    /// The platform that is meant.
    pub platform: Option<Platform>,
    /// Which layers at the bottom are the base, if the user says so.
    pub base: Option<AskedBase>,
    /// Whether digests are checked before anything is shown.
    pub verify: bool,
    /// Whether they are checked afterwards, so that what passes only once is hashed on the way.
    pub verify_later: bool,
    /// Where an input that cannot be read twice is kept.
    pub spool_directory: PathBuf,
    /// How many bytes of it are kept at most.
    pub spool_max: u64,
}

/// One image, read and stacked; what it costs is computed when it is asked for.
#[derive(Debug)]
pub struct Loaded {
    /// What the image says it is.
    pub image: Arc<Image>,
    /// What the stack looks like.
    pub tree: Arc<Tree>,
    base_layers: u32,
    kind: String,
    typed: String,
    notices: Vec<Notice>,
    scanned: BTreeMap<BlobId, Scanned>,
    tars: Arc<LayerTars>,
    /// The layers whose checkpoints are there.
    passed: BTreeSet<BlobId>,
    scanner: Scanner,
    /// How many layers are in the tree; those above would be too much.
    fitting: usize,
}

/// The files of an image, for any thread to read. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Files {
    pub(super) image: Arc<Image>,
    pub(super) tree: Arc<Tree>,
    pub(super) tars: Arc<LayerTars>,
    /// The seed of the fingerprints of this run.
    pub(super) seed: u64,
}

/// Where an image comes from.
#[derive(Debug)]
pub enum Input {
    /// What was typed.
    Typed(Reference),
    /// The image that is built into the program.
    Demo,
}

impl Input {
    /// What was typed; a bare name is one of an image of `engine`, if the user says which that is.
    pub(super) fn typed(typed: &str, engine: Option<Engine>) -> Self {
        let mut reference = Reference::parse(typed);
        if let (Some(engine), Transport::Sniffed, false) = (engine, reference.transport, reference.is_standard_input())
        {
            reference.transport = match engine {
                Engine::Docker => Transport::DockerDaemon,
                Engine::Podman => Transport::Podman,
                Engine::DockerArchive => Transport::DockerArchive,
            };
        }
        Self::Typed(reference)
    }
}

/// Reads one image and stacks its layers.
pub fn load(input: Input, request: &Request, cancel: &Cancel, watch: &dyn Watch) -> Result<Loaded, Failure> {
    let scanner = Scanner { limits: Limits::default(), seed: RandomState::new().hash_one(0), cancel: cancel.part() };
    scans(scanning(&scanner, request), watch, |mut scans| {
        let opened = Opened::of(input, request, &scanner, &mut scans, watch)?;
        let mut stacking = Stacking::of(&opened.image, MAX_ENTRIES);
        let read = scans.layers(&opened.image, |read| {
            stacking.take(read);
            if stacking.has_news() && watch.wants_draft() {
                let (tree, layers) = stacking.so_far();
                let image = Arc::new(opened.image.lowest(layers));
                // What cannot be had now comes with the whole image, or does not come at all.
                if let Ok(draft) = opened.loaded(image, (tree, stacking.fitting()), read.clone(), &scanner) {
                    watch.draft(&draft);
                }
            }
        });
        cancel.check().map_err(Failure::Cancelled)?;
        let stacked = stacking.finish(&read);
        opened.loaded(Arc::clone(&opened.image), stacked, read, &scanner)
    })
}

/// What an image says of itself; its layers are read only as far as a sequential input has to be.
pub(super) fn load_documents(input: Input, request: &Request, cancel: &Cancel) -> Result<Arc<Image>, Failure> {
    let scanner = Scanner { limits: Limits::default(), seed: 0, cancel: cancel.part() };
    scans(scanning(&scanner, request), &Silent, |mut scans| {
        Opened::of(input, request, &scanner, &mut scans, &Silent).map(|opened| opened.image)
    })
}

/// How the blobs of an image are read.
fn scanning<'a>(scanner: &'a Scanner, request: &Request) -> Scanning<'a> {
    let hash_if = |is_asked: bool| if is_asked { Hash::Yes } else { Hash::No };
    let hash_passing = hash_if(request.verify || request.verify_later);
    Scanning { scanner, hash: hash_if(request.verify), hash_passing }
}

/// An image whose documents were read.
struct Opened {
    source: Source,
    image: Arc<Image>,
}

impl Opened {
    fn of(
        input: Input,
        request: &Request,
        scanner: &Scanner,
        sink: &mut dyn Sink,
        watch: &dyn Watch,
    ) -> Result<Self, Failure> {
        let opened = open(input, request, &scanner.cancel, sink, watch).and_then(|source| {
            let candidate = choose(&source, request, watch)?;
            let image = Arc::new(load_image(&source, &candidate, request)?);
            watch.image(&image, &source.kind_name(), &source.reference.typed);
            Ok(Self { source, image })
        });
        // Nobody needs what is still being read.
        opened.inspect_err(|_| scanner.cancel.cancel())
    }

    /// The image, or its lowest layers, with the tree that they make and how many layers that has.
    fn loaded(
        &self,
        image: Arc<Image>,
        (mut tree, fitting): (Tree, usize),
        read: BTreeMap<BlobId, Scanned>,
        scanner: &Scanner,
    ) -> Result<Loaded, Failure> {
        let threads = std::thread::available_parallelism().map_or(1, usize::from);
        let tars = tars(&image, &read);
        tree.identify(&Blobs::new(&image, &tars, scanner.seed, &scanner.cancel), threads);
        scanner.cancel.check().map_err(Failure::Cancelled)?;
        Ok(Loaded {
            base_layers: image.base.as_ref().map_or(1, |base| base.layers),
            image,
            tree: Arc::new(tree),
            kind: self.source.kind_name(),
            typed: self.source.reference.typed.clone(),
            notices: self.source.notices.clone(),
            scanned: read,
            tars: Arc::new(tars),
            passed: BTreeSet::new(),
            scanner: scanner.clone(),
            fitting,
        })
    }
}

fn open(
    input: Input,
    request: &Request,
    cancel: &Cancel,
    sink: &mut dyn Sink,
    watch: &dyn Watch,
) -> Result<Source, Failure> {
    let options = OpenOptions {
        spool_directory: request.spool_directory.clone(),
        spool_max: request.spool_max,
        cancel: cancel.clone(),
        ..OpenOptions::default()
    };
    Ok(match input {
        Input::Typed(reference) => source::open(reference, &options, sink, watch)?,
        Input::Demo => {
            let demo = Section::new(Arc::new(super::DEMO.to_vec()));
            source::open_section(Reference::parse("demo"), demo, &options, sink, watch)?
        }
    })
}

/// The one image that is meant.
fn choose(source: &Source, request: &Request, watch: &dyn Watch) -> Result<Candidate, Failure> {
    let candidates = image::candidates(source)?;
    let tag = request.tag.as_ref().or(source.reference.tag.as_ref());
    let left = image::choose(&candidates, tag.map(String::as_str), request.platform.as_ref());
    let left: Vec<&Candidate> = left.iter().filter_map(|index| candidates.get(*index)).collect();
    let lines = |candidates: &[&Candidate]| candidates.iter().map(ToString::to_string).collect::<Vec<_>>();
    match left.as_slice() {
        [one] => Ok((*one).clone()),
        [] => {
            let all: Vec<&Candidate> = candidates.iter().collect();
            let platform = request.platform.as_ref().map(|platform| format!("for {platform}"));
            let wanted = tag.cloned().into_iter().chain(platform).collect::<Vec<_>>().join(" ");
            Err(Failure::NoSuchImage { reference: source.reference.typed.clone(), wanted, there: lines(&all) })
        }
        several => match watch.choose(&lines(several)).and_then(|index| several.get(index)) {
            Some(chosen) => Ok((*chosen).clone()),
            None => Err(Failure::Ambiguous { reference: source.reference.typed.clone(), there: lines(several) }),
        },
    }
}

fn load_image(source: &Source, candidate: &Candidate, request: &Request) -> Result<Image, Failure> {
    let mut image = image::load(source, candidate)?;
    match &request.base {
        None => {}
        Some(AskedBase::Layers(layers)) => {
            image.set_base(Base { layers: *layers, rows: None, told_by: ToldBy::BaseLayers });
        }
        Some(AskedBase::Image { typed, image: base }) => {
            let base = Base::of_image(base, &image);
            image.set_base(base.map_err(|why| Failure::NotTheBase { base: typed.clone(), why })?);
        }
    }
    Ok(image)
}

/// What the user says of the base.
#[derive(Debug, Clone)]
pub enum AskedBase {
    /// So many layers.
    Layers(u32),
    /// Those of this image.
    Image {
        /// What was typed.
        typed: String,
        /// What it says it is.
        image: Arc<Image>,
    },
}

/// Bytes of memory that the checkpoints of one image take at most, in all compressed streams together. One takes
/// 43 KiB, so these are enough for 9 GB of gzip output at the closest spacing.
const CHECKPOINTS: usize = 64 << 20;

/// The tars of those layers that were read.
fn tars<'a>(image: &'a Image, read: &BTreeMap<BlobId, Scanned>) -> LayerTars {
    let blobs = image.layers.iter().filter_map(|layer| layer.blob.as_ref().ok());
    let found = |blob: &'a Blob| {
        let scanned = read.get(&blob.id)?;
        Some(LayerBlob { blob, compression: scanned.compression, has_table: scanned.listing.has_table() })
    };
    LayerTars::new(blobs.filter_map(found), CHECKPOINTS)
}

impl Files {
    /// The content of a file of the tree. In a compressed layer what lies before it is decompressed first, from the
    /// nearest checkpoint or from the beginning; `observer` is told how far that is.
    pub fn content(&self, inode: InodeId, observer: &dyn Observer, cancel: &Cancel) -> io::Result<Content> {
        let (tar, entry) = find(&self.image, &self.tars, &self.tree, inode)?;
        Content::open(tar, entry, observer, cancel)
    }
}

impl Loaded {
    /// The files of the image. They can be read while [`Loaded::verify`] or [`Loaded::pass`] are at work.
    pub fn files(&self) -> Files {
        let (image, tree, tars) = (Arc::clone(&self.image), Arc::clone(&self.tree), Arc::clone(&self.tars));
        Files { image, tree, tars, seed: self.scanner.seed }
    }

    /// Hashes every layer that was not hashed yet, and leaves checkpoints on the way; [`Loaded::reading`] says
    /// afterwards what came of it.
    pub fn verify(&mut self, cancel: &Cancel) -> Result<(), Failure> {
        let scanner = Scanner { cancel: cancel.clone(), ..self.scanner.clone() };
        for tar in self.tars.iter() {
            let id = tar.blob().id;
            let Some(known) = self.scanned.get_mut(&id).filter(|known| known.hashes.is_none()) else { continue };
            // What cannot be read to its end has no digest; the scan has told why.
            known.hashes = hash_tar(tar, &scanner).ok();
            cancel.check().map_err(Failure::Cancelled)?;
            self.passed.insert(id);
        }
        Ok(())
    }

    /// Passes once over everything compressed that [`Loaded::verify`] did not, for the checkpoints alone.
    pub fn pass(&mut self, cancel: &Cancel) -> Result<(), Failure> {
        let most = self.scanner.limits.unpacked;
        for tar in self.tars.iter().filter(|tar| self.passed.insert(tar.blob().id)) {
            // Damage is no news: the scan has told of it, and what lies before it has its checkpoints.
            let _ = tar.pass(most, cancel);
            cancel.check().map_err(Failure::Cancelled)?;
        }
        if let Some(archive) = self.tars.archive() {
            let _ = archive.pass(most, cancel);
        }
        cancel.check().map_err(Failure::Cancelled)
    }

    /// The distribution that is in the image, as far as its file can be read.
    pub fn distribution(&self) -> Option<Distribution> {
        let inode = Distribution::PATHS.iter().find_map(|path| self.find_file(path.as_bytes()))?;
        Distribution::read(&self.beginning(inode, Distribution::MAX_BYTES)?)
    }

    /// At most `most` bytes of a file of the image; none if it cannot be read.
    pub(super) fn beginning(&self, inode: InodeId, most: u64) -> Option<Vec<u8>> {
        let record = self.tree.inode(inode)?;
        if let Some(kept) = self.tree.listing(record.layer).and_then(|listing| listing.kept(record.entry)) {
            return Some(kept.get(..usize::try_from(most).unwrap_or(usize::MAX)).unwrap_or(kept).to_vec());
        }
        let content = self.files().content(inode, &Silent, &Cancel::default()).ok()?;
        let mut bytes = Vec::new();
        content.reader().take(most).read_to_end(&mut bytes).ok()?;
        Some(bytes)
    }

    /// The file that a path of the final image leads to, links followed.
    pub(super) fn find_file(&self, path: &[u8]) -> Option<InodeId> {
        let node = self.tree.follow(path, LayerIndex(u32::MAX))?;
        let Some(Occupant::Inode(inode)) = self.tree.final_state(node) else { return None };
        self.tree.entry(inode).is_some_and(|entry| entry.kind == EntryKind::File).then_some(inode)
    }

    /// What the image costs, and why.
    pub fn analysis(&self) -> Arc<Analysis> {
        Arc::new(Analysis::of(&self.tree, self.base_layers, self.image.blob_bytes()))
    }

    /// How the image was read.
    pub fn reading(&self) -> Reading {
        let hashed = |layer: &Layer| self.scanned_layer(layer).is_some_and(|scanned| scanned.hashes.is_some());
        let notices = self.notices.iter().chain(&self.image.notices).chain(self.tree.notices());
        Reading {
            layers: self.image.layers.iter().map(|layer| self.layer_facts(layer)).collect(),
            verified: self.image.layers.iter().all(hashed),
            notices: notices.cloned().collect(),
        }
    }

    /// Everything that was found, ready to be written. At most `top` wasted items are named, if given.
    pub fn report(&self, reading: &Reading, analysis: &Arc<Analysis>, top: Option<usize>) -> Report {
        let facts = Facts {
            source_kind: &self.kind,
            reference: &self.typed,
            image: &self.image,
            tree: &self.tree,
            analysis,
            reading,
        };
        report::build(&facts, top)
    }

    fn scanned_layer(&self, layer: &Layer) -> Option<&Scanned> {
        layer.blob.as_ref().ok().and_then(|blob| self.scanned.get(&blob.id))
    }

    /// How one layer was read, and what was odd about it.
    fn layer_facts(&self, layer: &Layer) -> LayerFacts {
        let claimed = layer.digest.as_ref().map(ToString::to_string);
        let (Ok(blob), Some(scanned)) = (&layer.blob, self.scanned_layer(layer)) else {
            let reason = layer.blob.as_ref().err().map_or("it was not read", String::as_str);
            return LayerFacts {
                status: LayerStatus::Unreadable,
                compression: None,
                digest: claimed,
                blob_bytes: 0,
                notices: vec![Notice::error(layer.name(), reason)],
            };
        };
        let mut notices: Vec<Notice> =
            scanned.listing.notices.iter().map(|notice| notice.clone().within(&layer.name())).collect();
        let status = match &scanned.listing.damage {
            _ if layer.index.index() >= self.fitting => {
                let message = format!(
                    "left out: the layers up to here have more than {MAX_ENTRIES} entries or 2^62 bytes together"
                );
                notices.push(Notice::error(layer.name(), message));
                LayerStatus::Unreadable
            }
            None => LayerStatus::Ok,
            Some(damage) => {
                notices.push(Notice::error(layer.name(), damage.to_string()));
                if scanned.listing.is_empty() { LayerStatus::Unreadable } else { LayerStatus::Partial }
            }
        };
        notices.extend(scanned.hashes.iter().flat_map(|hashes| lies(layer, hashes)));
        let computed = scanned.hashes.as_ref().map(|hashes| hashes.stored.clone());
        LayerFacts {
            status,
            compression: Some(scanned.compression),
            digest: claimed.or(computed),
            blob_bytes: blob.size,
            notices,
        }
    }
}

/// Where the digests that we computed are not those that manifest and config claim.
fn lies(layer: &Layer, hashes: &Hashes) -> Vec<Notice> {
    let claims = [
        ("blob", layer.digest.as_ref(), "manifest", &hashes.stored),
        ("uncompressed tar", layer.diff_id.as_ref().map(|id| &id.0), "config", &hashes.unpacked),
    ];
    let mut notices = Vec::new();
    for (what, claimed, document, computed) in claims {
        // We compute SHA-256; another algorithm's claim is neither right nor wrong.
        let claimed = claimed.map(ToString::to_string).filter(|claimed| claimed.starts_with("sha256:"));
        if let Some(claimed) = claimed.filter(|claimed| claimed != computed) {
            let message = format!("its {what} is {computed}, but the {document} says {claimed}");
            notices.push(Notice::warning(layer.name(), message));
        }
    }
    notices
}

#[cfg(test)]
mod tests;
