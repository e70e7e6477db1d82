//! Which images a source has, which one is meant, and what it says.

use super::document::{CONFIG_MAX, Documents, MANIFEST_MAX};
use super::index::{self, Found};
use super::manifest::{Described, Entry, MAX_LAYERS, Manifest, entries};
use super::{Base, Config, DiffId, Image, ImageError, Layer, LayerIndex, Platform, Provenance, history, short_digest};
use crate::notice::{Notice, Severity};
use crate::source::{BlobId, Kind, Place, Source};
use crate::tarball::components;
use oci_spec::image::{Descriptor, Digest, DigestAlgorithm};
use serde_json::Value;
use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::sync::Arc;

/// The document that lists the images of a docker archive.
const MANIFEST: &str = "manifest.json";

/// One image that a source has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Candidate {
    /// Its names with tags.
    pub tags: Vec<String>,
    /// What it runs on, where the index or the config tells.
    pub platform: Platform,
    /// The digest of its manifest, where there is one.
    pub manifest_digest: Option<Digest>,
    origin: Origin,
    /// What was odd about the documents that list the images, and about this one's manifest.
    notices: [Arc<[Notice]>; 2],
}

/// Where the documents of a candidate are.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Origin {
    /// An entry of a docker archive's `manifest.json`.
    Docker(Entry),
    /// A manifest, by digest.
    Oci(Digest),
    /// Nowhere: the archive is the only layer.
    Rootfs,
}

impl fmt::Display for Candidate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = if self.tags.is_empty() { "(no tag)".to_owned() } else { self.tags.join(", ") };
        write!(f, "{name}  {}", self.platform)?;
        self.manifest_digest.as_ref().map_or(Ok(()), |digest| write!(f, "  {}", short_digest(digest)))
    }
}

/// All images of a source, in its order.
pub fn candidates(source: &Source) -> Result<Vec<Candidate>, ImageError> {
    let documents = Documents { source };
    match source.kind {
        Kind::DockerArchive => docker_candidates(documents),
        Kind::Oci | Kind::OciArchive => oci_candidates(documents),
        Kind::Rootfs => Ok(vec![Candidate {
            tags: Vec::new(),
            platform: Platform::default(),
            manifest_digest: None,
            origin: Origin::Rootfs,
            notices: [[].into(), [].into()],
        }]),
    }
}

fn oci_candidates(documents: Documents<'_>) -> Result<Vec<Candidate>, ImageError> {
    let index::Walk { found, notices, .. } = index::walk(documents)?;
    let shared: Arc<[Notice]> = notices.into();
    let mut configs = Configs::new(documents);
    let mut out = Vec::new();
    for Found { digest, config, tags, platform, notices } in found {
        out.push(Candidate {
            tags,
            platform: platform.unwrap_or_else(|| configs.summary(&Place::Digest(config)).platform),
            manifest_digest: Some(digest.clone()),
            origin: Origin::Oci(digest),
            notices: [Arc::clone(&shared), notices.into()],
        });
    }
    Ok(out)
}

/// The images of `manifest.json`; docker 25 and later and containerd write `index.json` beside it, which knows the
/// digests of the manifests.
fn docker_candidates(documents: Documents<'_>) -> Result<Vec<Candidate>, ImageError> {
    let mut notices = Vec::new();
    let document = documents.read(&path(MANIFEST), MANIFEST, MANIFEST_MAX, &mut notices)?;
    let entries = entries(documents, MANIFEST, &document.value)?;
    let mut manifests: HashMap<Digest, Found> = HashMap::new();
    if documents.source.has(&path("index.json")) {
        match index::walk(documents) {
            Ok(walk) => {
                notices.extend(walk.notices);
                manifests.extend(walk.found.into_iter().map(|found| (found.config.clone(), found)));
            }
            Err(error) => notices.push(Notice::warning("index.json", format!("not used: {error}"))),
        }
    }
    let shared: Arc<[Notice]> = notices.into();
    let mut configs = Configs::new(documents);
    let mut out = Vec::new();
    for entry in entries {
        let Summary { platform, digest } = configs.summary(&path(&entry.config));
        let found = digest.as_ref().and_then(|digest| manifests.get(digest));
        let mut own = found.map(|found| found.notices.clone()).unwrap_or_default();
        if found.is_none() && !manifests.is_empty() {
            own.push(Notice::warning(
                MANIFEST,
                format!("index.json has no image with the config {}; manifest.json counts", entry.config),
            ));
        }
        out.push(Candidate {
            tags: entry.tags.clone(),
            platform,
            manifest_digest: found.map(|found| found.digest.clone()),
            origin: Origin::Docker(entry),
            notices: [Arc::clone(&shared), own.into()],
        });
    }
    Ok(out)
}

/// What a list of images shows of a config. Of one that cannot be read it is nothing: that is an error of the one
/// image, once somebody chooses it.
#[derive(Clone, Default)]
struct Summary {
    platform: Platform,
    digest: Option<Digest>,
}

/// Reads each config once: thousands of images may name the same one.
struct Configs<'a> {
    documents: Documents<'a>,
    known: HashMap<BlobId, Summary>,
}

impl<'a> Configs<'a> {
    fn new(documents: Documents<'a>) -> Self {
        Self { documents, known: HashMap::new() }
    }

    fn summary(&mut self, place: &Place) -> Summary {
        let Ok(blob) = self.documents.source.blob(place) else {
            return Summary::default();
        };
        let documents = self.documents;
        let read = || {
            let config = documents.read(place, "config", CONFIG_MAX, &mut Vec::new()).ok()?;
            let platform = Config::from_json(config.value).ok()?.platform();
            Some(Summary { platform, digest: config.digest })
        };
        self.known.entry(blob.id).or_insert_with(|| read().unwrap_or_default()).clone()
    }
}

/// The indexes of the candidates that `tag` and `platform` leave. A tag may be given in full (`acme/app:1.4.2`) or
/// bare (`1.4.2`); `docker.io/`, `library/` and `localhost/` make no difference.
pub fn choose(candidates: &[Candidate], tag: Option<&str>, platform: Option<&Platform>) -> Vec<usize> {
    let fits = |candidate: &Candidate| {
        tag.is_none_or(|tag| candidate.tags.iter().any(|own| is_same_tag(own, tag)))
            && platform.is_none_or(|platform| candidate.platform.matches(platform))
    };
    candidates.iter().enumerate().filter(|(_, candidate)| fits(candidate)).map(|(index, _)| index).collect()
}

fn is_same_tag(own: &str, wanted: &str) -> bool {
    let bare = own.rsplit_once(':').map_or(own, |(_, tag)| tag);
    own == wanted || bare == wanted || full_name(own) == full_name(wanted)
}

/// A name without what engines leave away, with what they add.
fn full_name(name: &str) -> String {
    let mut short = name;
    for prefix in ["index.docker.io/", "docker.io/", "localhost/", "library/"] {
        short = short.strip_prefix(prefix).unwrap_or(short);
    }
    let last = short.rsplit('/').next().unwrap_or(short);
    if last.contains([':', '@']) { short.to_owned() } else { format!("{short}:latest") }
}

/// Reads the documents of one candidate.
pub fn load(source: &Source, candidate: &Candidate) -> Result<Image, ImageError> {
    let documents = Documents { source };
    let mut notices = candidate.notices.concat();
    let parts = match &candidate.origin {
        Origin::Docker(entry) => {
            let place = path(&entry.config);
            let mut layers: Vec<LayerPart> = entry.layers.iter().map(|layer| LayerPart::of_path(layer)).collect();
            let mut annotations = BTreeMap::new();
            if let Some(digest) = &candidate.manifest_digest {
                let manifest = read_manifest(documents, digest, &mut Vec::new())?;
                add_descriptors(&mut layers, &manifest.layers, &mut notices);
                annotations = manifest.annotations;
            }
            Parts { config: (place, format!("config {}", entry.config)), layers, annotations }
        }
        Origin::Oci(digest) => {
            let manifest = read_manifest(documents, digest, &mut Vec::new())?;
            let config = manifest.config.digest().clone();
            let part = format!("config {}", short_digest(&config));
            let layers = manifest.layers.iter().map(LayerPart::of_descriptor).collect();
            Parts { config: (Place::Digest(config), part), layers, annotations: manifest.annotations }
        }
        Origin::Rootfs => return Ok(rootfs(source)),
    };
    assemble(documents, candidate, parts, notices)
}

/// Where the config and the layers of an image are.
struct Parts {
    config: (Place, String),
    layers: Vec<LayerPart>,
    annotations: BTreeMap<String, String>,
}

/// What a manifest says about one layer.
struct LayerPart {
    place: Place,
    digest: Option<Digest>,
    media_type: Option<String>,
    annotations: HashMap<String, String>,
    size: Option<u64>,
}

impl LayerPart {
    fn of_path(name: &str) -> Self {
        Self { place: path(name), digest: blob_digest(name), media_type: None, annotations: HashMap::new(), size: None }
    }

    fn of_descriptor(descriptor: &Descriptor) -> Self {
        Self {
            place: Place::Digest(descriptor.digest().clone()),
            digest: Some(descriptor.digest().clone()),
            media_type: Some(descriptor.media_type().to_string()).filter(|name| !name.is_empty()),
            annotations: descriptor.annotations().clone().unwrap_or_default(),
            size: Some(descriptor.size()),
        }
    }
}

/// The digest that a path in the archive stands for: `blobs/sha256/0123…`.
fn blob_digest(name: &str) -> Option<Digest> {
    let parts = components(name.as_bytes());
    let [b"blobs", algorithm, encoded] = parts.as_slice() else {
        return None;
    };
    let text = [*algorithm, *encoded].join(&b':');
    std::str::from_utf8(&text).ok()?.parse().ok()
}

/// Adds what the OCI manifest of the same config knows to the layers of `manifest.json`.
fn add_descriptors(layers: &mut [LayerPart], descriptors: &[Descriptor], notices: &mut Vec<Notice>) {
    let agrees = |(layer, descriptor): (&LayerPart, &Descriptor)| {
        layer.digest.as_ref().is_none_or(|digest| digest == descriptor.digest())
    };
    if layers.len() != descriptors.len() || !layers.iter().zip(descriptors).all(agrees) {
        let message = "manifest.json and index.json disagree about the layers; manifest.json counts";
        notices.push(Notice::warning(MANIFEST, message));
        return;
    }
    for (layer, descriptor) in layers.iter_mut().zip(descriptors) {
        let place = layer.place.clone();
        *layer = LayerPart { place, ..LayerPart::of_descriptor(descriptor) };
    }
}

fn read_manifest(documents: Documents<'_>, digest: &Digest, notices: &mut Vec<Notice>) -> Result<Manifest, ImageError> {
    let part = format!("manifest {}", short_digest(digest));
    let document = documents.read(&Place::Digest(digest.clone()), &part, MANIFEST_MAX, notices)?;
    match Manifest::read(documents, &part, &document.value)? {
        Described::Image(manifest) => Ok(*manifest),
        Described::Artifact(artifact) => {
            Err(documents.unsupported(&part, format!("is an artifact of type {artifact}")))
        }
    }
}

fn assemble(
    documents: Documents<'_>,
    candidate: &Candidate,
    parts: Parts,
    mut notices: Vec<Notice>,
) -> Result<Image, ImageError> {
    let Parts { config: (place, part), layers, annotations } = parts;
    if layers.len() > MAX_LAYERS {
        let reference = documents.reference();
        return Err(ImageError::Limit { reference, part, what: "layers", limit: MAX_LAYERS });
    }
    let document = documents.read(&place, &part, CONFIG_MAX, &mut notices)?;
    if !document.value.is_object() {
        return Err(
            documents.broken(&part, format!("expected an object, found {}", super::json::kind(&document.value)))
        );
    }
    if let (Place::Path(name), Some(digest)) = (&place, &document.digest) {
        notices.extend(name_mismatch(name, digest).map(|message| Notice::warning(part.as_str(), message)));
    }
    let config = Config::from_json(document.value).map_err(|reason| documents.broken(&part, reason))?;
    let rows = config.raw.get("history").unwrap_or(&Value::Null);
    let history = history::rows(rows, layers.len());
    notices.extend(counts(&part, layers.len(), config.diff_ids.len(), rows));
    let mut positions = 0..;
    let layers = layers
        .into_iter()
        .map(|layer| make_layer(documents.source, LayerIndex(positions.next().unwrap_or(u32::MAX)), layer, &config))
        .map(|(layer, notice)| {
            notices.extend(notice);
            layer
        })
        .collect::<Vec<_>>();
    let base = Base::told(&config, &history);
    Ok(Image {
        tags: candidate.tags.clone(),
        id: document.digest,
        manifest_digest: candidate.manifest_digest.clone(),
        platform: platform(&config, candidate),
        created: config.raw.get("created").and_then(Value::as_str).map(str::to_owned),
        layers: with_history(layers, &history),
        provenance: Provenance::replay(&config, &history, base.as_ref()),
        base,
        annotations,
        config,
        history,
        notices,
    })
}

/// The config tells what an image runs on; where it does not, the index does.
fn platform(config: &Config, candidate: &Candidate) -> Platform {
    let own = config.platform();
    if own.os.is_empty() && own.architecture.is_empty() { candidate.platform.clone() } else { own }
}

fn make_layer(source: &Source, index: LayerIndex, part: LayerPart, config: &Config) -> (Layer, Option<Notice>) {
    let LayerPart { place, digest, media_type, annotations, size } = part;
    let foreign = media_type.as_ref().is_some_and(|name| name.contains("foreign") || name.contains("nondistributable"));
    let blob = source.blob(&place).map_err(|error| {
        let hint = "; its media type says that it is kept elsewhere, and nothing is fetched for a file";
        format!("{error}{}", if foreign { hint } else { "" })
    });
    let diff_id: Option<DiffId> = config.diff_ids.get(index.index()).cloned();
    let v1_id = v1_id(&place);
    let layer = Layer { index, diff_id, digest, media_type, v1_id, annotations, blob, history: None };
    let notice = match (&layer.blob, size) {
        (Ok(blob), Some(size)) if blob.size != size => {
            let message = format!("the blob has {} bytes, the manifest says {size}", blob.size);
            Some(Notice::warning(layer.name(), message))
        }
        _ => None,
    };
    (layer, notice)
}

/// The folder of a layer in a classic docker archive, which is its ID in version 1 of the image format.
fn v1_id(place: &Place) -> Option<String> {
    let Place::Path(path) = place else { return None };
    let parts = components(path);
    let [folder, b"layer.tar"] = parts.as_slice() else { return None };
    std::str::from_utf8(folder).ok().filter(|id| id.len() == 64).map(str::to_owned)
}

fn with_history(mut layers: Vec<Layer>, history: &[super::HistoryRow]) -> Vec<Layer> {
    for (row, layer) in history.iter().enumerate().filter_map(|(row, step)| Some((row, step.layer?))) {
        if let Some(layer) = layers.get_mut(layer.index()) {
            layer.history = Some(row);
        }
    }
    layers
}

/// Counts that should be the same. Where config or history know more layers than the manifest, a layer is missing:
/// what is shown is then not the whole image.
fn counts(part: &str, layers: usize, diff_ids: usize, history: &Value) -> Vec<Notice> {
    let rows = history::rows_with_layer(history);
    let has_history = history.as_array().is_some_and(|rows| !rows.is_empty());
    let claims = [("diff IDs", diff_ids, true), ("history rows with a layer", rows, has_history)];
    let mut out = Vec::new();
    if layers == 0 {
        out.push(Notice::error(part, "the image has no layers: there is nothing to analyse"));
    }
    for (what, count, _) in claims.into_iter().filter(|(_, count, is_there)| *is_there && *count != layers) {
        let message = format!("{count} {what} for {layers} layers; they are matched from the bottom up");
        let severity = if count > layers { Severity::Error } else { Severity::Warning };
        out.push(Notice { severity, part: part.to_owned(), message });
    }
    out
}

/// Engines name the config of a classic docker archive by its digest.
fn name_mismatch(name: &[u8], digest: &Digest) -> Option<&'static str> {
    let name = std::str::from_utf8(name).ok()?;
    let claimed =
        name.split(['/', '.', ':']).find(|word| word.len() == 64 && word.bytes().all(|b| b.is_ascii_hexdigit()))?;
    let differs = *digest.algorithm() == DigestAlgorithm::Sha256 && claimed != digest.digest();
    differs.then_some("the content does not match the digest in its name")
}

/// A flat root file system as an image of one layer.
fn rootfs(source: &Source) -> Image {
    let blob = source.rootfs().ok_or_else(|| "is no archive".to_owned());
    let layer = Layer {
        index: LayerIndex(0),
        diff_id: None,
        digest: None,
        media_type: None,
        v1_id: None,
        annotations: HashMap::new(),
        blob,
        history: None,
    };
    let message = "a flat root file system: history, labels, config and layers were lost when it was exported";
    Image {
        tags: Vec::new(),
        id: None,
        manifest_digest: None,
        platform: Platform::default(),
        created: None,
        config: Config::default(),
        layers: vec![layer],
        history: Vec::new(),
        provenance: Provenance::default(),
        annotations: BTreeMap::new(),
        base: None,
        notices: vec![Notice::info("image", message)],
    }
}

fn path(name: &str) -> Place {
    Place::Path(name.as_bytes().to_vec())
}

#[cfg(test)]
mod tests;
