//! Layers as the files that engines make.

use super::{Entry, Pack, layer_tar};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use std::path::Path;

/// An image: layers as plain tars, and what it says about itself.
#[derive(Debug, Clone)]
pub struct Image {
    pub tag: String,
    pub layers: Vec<Vec<u8>>,
    pub config: Value,
    /// Rows of the history; one for each layer if none are given.
    pub history: Vec<Value>,
    pub architecture: String,
}

impl Image {
    /// An image of these tars with nothing special about it.
    pub fn new(tag: &str, layers: Vec<Vec<u8>>) -> Self {
        Self { tag: tag.into(), layers, config: json!({}), history: Vec::new(), architecture: "amd64".into() }
    }

    /// The config, as the image stores it.
    pub fn config_json(&self) -> Vec<u8> {
        let rows: Vec<Value> = (0..self.layers.len())
            .map(|index| json!({"created": "2024-05-06T07:08:09Z", "created_by": format!("RUN step {index}")}))
            .collect();
        let history = if self.history.is_empty() { rows } else { self.history.clone() };
        let diff_ids: Vec<String> = self.layers.iter().map(|layer| digest(layer)).collect();
        serde_json::to_vec(&json!({
            "architecture": self.architecture, "os": "linux", "created": "2024-05-06T07:08:09Z", "config": self.config,
            "rootfs": {"type": "layers", "diff_ids": diff_ids}, "history": history,
        }))
        .unwrap()
    }
}

/// `sha256:…` of some bytes.
pub fn digest(data: &[u8]) -> String {
    let hex: String = Sha256::digest(data)
        .iter()
        .flat_map(|byte| [byte >> 4, byte & 15])
        .map(|digit| char::from_digit(digit.into(), 16).unwrap())
        .collect();
    format!("sha256:{hex}")
}

fn hex(data: &[u8]) -> String {
    digest(data).replace("sha256:", "")
}

type Members = Vec<(String, Vec<u8>)>;

fn file(name: &str, data: Vec<u8>) -> Entry {
    Entry { path: name.into(), data, mtime: 0, ..super::entry("f x").unwrap() }
}

/// Members as a tar.
pub fn pack_members(members: &Members) -> Vec<u8> {
    let entries: Vec<Entry> = members.iter().map(|(name, data)| file(name, data.clone())).collect();
    layer_tar(&entries)
}

/// What `docker save` wrote up to version 24: a directory for each layer, a symlink where the same layer comes again,
/// the manifest last.
pub fn docker_archive(images: &[Image], with_repositories: bool) -> Vec<u8> {
    let mut entries = Vec::new();
    let mut seen: Vec<(String, String)> = Vec::new();
    let mut manifest = Vec::new();
    for image in images {
        let mut paths = Vec::new();
        for (index, layer) in image.layers.iter().enumerate() {
            let id = hex(format!("{}/{index}", image.tag).as_bytes());
            let path = format!("{id}/layer.tar");
            entries.push(Entry { path: id.clone().into(), ..super::entry("d x").unwrap() });
            entries.push(file(&format!("{id}/VERSION"), b"1.0".to_vec()));
            if let Some((_, first)) = seen.iter().find(|(diff_id, _)| *diff_id == digest(layer)) {
                let link = format!("../{first}").into_bytes();
                entries.push(Entry { path: path.clone().into(), link, ..super::entry("l x").unwrap() });
            } else {
                entries.push(file(&path, layer.clone()));
                seen.push((digest(layer), path.clone()));
            }
            paths.push(path);
        }
        let config = image.config_json();
        let name = format!("{}.json", hex(&config));
        entries.push(file(&name, config));
        manifest.push(json!({"Config": name, "RepoTags": repo_tags(image), "Layers": paths}));
    }
    entries.push(file("manifest.json", serde_json::to_vec(&manifest).unwrap()));
    if with_repositories {
        entries.push(file("repositories", b"{}".to_vec()));
    }
    layer_tar(&entries)
}

/// The `manifest.json` of an image whose blobs lie under `blobs/`.
fn manifest_json(image: &Image, pack: Pack) -> Vec<u8> {
    let blob = |data: &[u8]| format!("blobs/sha256/{}", hex(data));
    let layers: Vec<String> = image.layers.iter().map(|layer| blob(&pack.pack(layer))).collect();
    serde_json::to_vec(&json!([{"Config": blob(&image.config_json()), "RepoTags": repo_tags(image), "Layers": layers}]))
        .unwrap()
}

/// What `docker save` writes since version 25: an OCI layout with a `manifest.json`.
pub fn docker_modern(image: &Image, pack: Pack) -> Vec<u8> {
    let mut members = layout(std::slice::from_ref(image), pack);
    members.push(("manifest.json".into(), manifest_json(image, pack)));
    pack_members(&members)
}

/// The files of an OCI layout with these images in its index, each under its tag.
pub fn layout(images: &[Image], pack: Pack) -> Members {
    let mut members = Members::new();
    let mut manifests = Vec::new();
    for image in images {
        let mut put = |media: &str, data: Vec<u8>| {
            let descriptor = json!({"mediaType": format!("application/vnd.oci.image.{media}"), "digest": digest(&data), "size": data.len()});
            let name = format!("blobs/sha256/{}", hex(&data));
            if members.iter().all(|(known, _)| *known != name) {
                members.push((name, data));
            }
            descriptor
        };
        let suffix = match pack {
            Pack::Gzip => "+gzip",
            Pack::Zstd => "+zstd",
            _ => "",
        };
        let config = put("config.v1+json", image.config_json());
        let layers: Vec<Value> =
            image.layers.iter().map(|layer| put(&format!("layer.v1.tar{suffix}"), pack.pack(layer))).collect();
        let manifest = json!({"schemaVersion": 2, "mediaType": "application/vnd.oci.image.manifest.v1+json", "config": config, "layers": layers});
        let mut descriptor = put("manifest.v1+json", serde_json::to_vec(&manifest).unwrap());
        descriptor["annotations"] = json!({"org.opencontainers.image.ref.name": image.tag});
        descriptor["platform"] = json!({"os": "linux", "architecture": image.architecture});
        manifests.push(descriptor);
    }
    let index =
        json!({"schemaVersion": 2, "mediaType": "application/vnd.oci.image.index.v1+json", "manifests": manifests});
    members.sort();
    members.push(("index.json".into(), serde_json::to_vec(&index).unwrap()));
    members.push(("oci-layout".into(), br#"{"imageLayoutVersion":"1.0.0"}"#.to_vec()));
    members
}

/// Writes members as files below a directory.
pub fn write_layout(members: &Members, directory: &Path) {
    for (name, data) in members {
        let path = directory.join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, data).unwrap();
    }
}

/// The tags of an image as `manifest.json` has them; an image that was saved by its ID has none.
fn repo_tags(image: &Image) -> Value {
    if image.tag.is_empty() { Value::Null } else { json!([image.tag]) }
}
