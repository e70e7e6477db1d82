//! Manifests: OCI, Docker schema 2, and the `manifest.json` of a docker archive.

use super::ImageError;
use super::document::Documents;
use super::json::kind;
use oci_spec::image::{Descriptor, MediaType};
use serde_json::Value;
use std::collections::BTreeMap;

/// Layers that one image may have.
pub(super) const MAX_LAYERS: usize = 10_000;

/// Images that one docker archive may have.
const MAX_IMAGES: usize = 10_000;

/// The media type of a config as Docker writes it.
const DOCKER_CONFIG: &str = "application/vnd.docker.container.image.v1+json";

/// A manifest of an image.
#[derive(Debug)]
pub(super) struct Manifest {
    pub(super) config: Descriptor,
    /// The layers, bottom first.
    pub(super) layers: Vec<Descriptor>,
    pub(super) annotations: BTreeMap<String, String>,
}

/// What a document with the media type of a manifest is.
pub(super) enum Described {
    /// An image.
    Image(Box<Manifest>),
    /// Something else that registries keep: a chart, a signature, a bill of materials; with its type.
    Artifact(String),
}

/// Refuses a document that one reader would take for a manifest and another one for an index (CVE-2021-41190).
pub(super) fn refuse_both(documents: Documents<'_>, part: &str, value: &Value) -> Result<(), ImageError> {
    let is = |key: &str| value.get(key).is_some_and(|value| !value.is_null());
    if is("manifests") && (is("layers") || is("config")) {
        return Err(documents.broken(part, "is both a manifest and an index, so readers take it for different images"));
    }
    Ok(())
}

impl Manifest {
    /// Reads a manifest.
    pub(super) fn read(documents: Documents<'_>, part: &str, value: &Value) -> Result<Described, ImageError> {
        refuse_both(documents, part, value)?;
        if value.get("fsLayers").is_some() || value.get("schemaVersion").and_then(Value::as_u64) == Some(1) {
            return Err(documents.unsupported(
                part,
                "is a Docker schema 1 manifest; pull and save the image again with a recent engine",
            ));
        }
        let artifact = value.get("artifactType").and_then(Value::as_str);
        let Some(config) = value.get("config").filter(|config| config.is_object()) else {
            return match artifact {
                Some(artifact) => Ok(Described::Artifact(artifact.to_owned())),
                None => Err(documents.broken(part, "has no config, so it is no manifest of an image")),
            };
        };
        let config = descriptor(config).map_err(|reason| documents.broken(part, format!("config: {reason}")))?;
        if !is_image_config(config.media_type()) {
            let config_type = config.media_type().to_string();
            return Ok(Described::Artifact(artifact.map_or(config_type, str::to_owned)));
        }
        let mut layers = Vec::new();
        for (index, layer) in list(documents, part, value, "layers")?.iter().enumerate() {
            let layer =
                descriptor(layer).map_err(|reason| documents.broken(part, format!("layer {index}: {reason}")))?;
            layers.push(layer);
        }
        let annotations = annotations(value);
        Ok(Described::Image(Box::new(Self { config, layers, annotations })))
    }
}

/// The annotations of a manifest; what is no text is none.
fn annotations(manifest: &Value) -> BTreeMap<String, String> {
    let all = manifest.get("annotations").and_then(Value::as_object).into_iter().flatten();
    all.filter_map(|(key, value)| Some((key.clone(), value.as_str()?.to_owned()))).collect()
}

/// Reads a descriptor. Fields that are null count as not there: builders in Go write both.
pub(super) fn descriptor(value: &Value) -> Result<Descriptor, String> {
    let Value::Object(fields) = value else {
        return Err(format!("expected a descriptor, found {}", kind(value)));
    };
    let fields = fields.iter().filter(|(_, value)| !value.is_null());
    let fields = Value::Object(fields.map(|(key, value)| (key.clone(), value.clone())).collect());
    serde_json::from_value(fields).map_err(|error| error.to_string())
}

fn is_image_config(media_type: &MediaType) -> bool {
    match media_type {
        MediaType::ImageConfig => true,
        // Some builders name no type at all.
        MediaType::Other(name) => name == DOCKER_CONFIG || name.is_empty() || name == "application/octet-stream",
        _ => false,
    }
}

/// One image of a docker archive's `manifest.json`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Entry {
    /// Where the config is in the archive.
    pub(super) config: String,
    pub(super) tags: Vec<String>,
    /// Where the layers are in the archive, bottom first.
    pub(super) layers: Vec<String>,
}

/// Reads a docker archive's `manifest.json`.
pub(super) fn entries(documents: Documents<'_>, part: &str, value: &Value) -> Result<Vec<Entry>, ImageError> {
    let Value::Array(items) = value else {
        return Err(documents.broken(part, format!("expected a list of images, found {}", kind(value))));
    };
    if items.is_empty() {
        return Err(ImageError::Empty { reference: documents.reference(), part: part.to_owned(), left_out: None });
    }
    if items.len() > MAX_IMAGES {
        let (reference, part) = (documents.reference(), part.to_owned());
        return Err(ImageError::Limit { reference, part, what: "images", limit: MAX_IMAGES });
    }
    items.iter().enumerate().map(|(index, item)| entry(documents, &format!("{part}: image {index}"), item)).collect()
}

fn entry(documents: Documents<'_>, part: &str, item: &Value) -> Result<Entry, ImageError> {
    let Some(Value::String(config)) = item.get("Config") else {
        let found = item.get("Config").map_or("nothing", kind);
        return Err(documents.broken(part, format!("Config: expected a path, found {found}")));
    };
    let strings = |key: &str| -> Result<Vec<String>, ImageError> {
        let items = list(documents, part, item, key)?;
        let strings = items.iter().map(|item| {
            item.as_str()
                .map(str::to_owned)
                .ok_or_else(|| documents.broken(part, format!("{key}: expected strings, found {}", kind(item))))
        });
        strings.collect()
    };
    let layers = strings("Layers")?;
    Ok(Entry { config: config.clone(), tags: strings("RepoTags")?, layers })
}

/// A list that may be null or not there.
fn list<'v>(documents: Documents<'_>, part: &str, value: &'v Value, key: &str) -> Result<&'v [Value], ImageError> {
    let items = match value.get(key) {
        None | Some(Value::Null) => &[][..],
        Some(Value::Array(items)) => items,
        Some(other) => return Err(documents.broken(part, format!("{key}: expected a list, found {}", kind(other)))),
    };
    if items.len() > MAX_LAYERS {
        let (reference, part) = (documents.reference(), part.to_owned());
        return Err(ImageError::Limit { reference, part, what: "layers or tags", limit: MAX_LAYERS });
    }
    Ok(items)
}
