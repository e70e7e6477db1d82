//! Documents of all kinds, read from archives in memory.

use super::*;
use crate::source::testing::{Item, open_as, open_bytes, tar};
use serde_json::json;
use std::collections::BTreeMap;

const OCI_MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";
const OCI_INDEX: &str = "application/vnd.oci.image.index.v1+json";
const OCI_CONFIG: &str = "application/vnd.oci.image.config.v1+json";
const GZIP_LAYER: &str = "application/vnd.oci.image.layer.v1.tar+gzip";

/// An archive that is put together, with blobs named by their digest.
#[derive(Default)]
struct Archive {
    files: BTreeMap<String, Vec<u8>>,
}

impl Archive {
    fn file(mut self, name: &str, value: &Value) -> Self {
        self.files.insert(name.into(), value.to_string().into_bytes());
        self
    }

    fn blob(&mut self, bytes: &[u8], media_type: &str) -> Value {
        let digest = crate::image::document::sha256(bytes).unwrap();
        let hex = digest.digest();
        self.files.insert(format!("blobs/sha256/{hex}"), bytes.to_vec());
        json!({"mediaType": media_type, "digest": format!("sha256:{hex}"), "size": bytes.len()})
    }

    fn json(&mut self, value: &Value, media_type: &str) -> Value {
        self.blob(value.to_string().as_bytes(), media_type)
    }

    /// A manifest of an image with these layers, and the config that it needs.
    fn image(&mut self, architecture: &str, layers: &[&str]) -> Value {
        let config = self.json(&config(architecture, layers.len()), OCI_CONFIG);
        let layers: Vec<_> = layers.iter().map(|layer| self.blob(layer.as_bytes(), GZIP_LAYER)).collect();
        self.json(&json!({"schemaVersion": 2, "config": config, "layers": layers}), OCI_MANIFEST)
    }

    fn index(self, manifests: &[Value]) -> Self {
        self.file("oci-layout", &json!({})).file("index.json", &json!({"schemaVersion": 2, "manifests": manifests}))
    }

    fn open(&self) -> Source {
        let items: Vec<_> = self.files.iter().map(|(name, bytes)| Item::File(name, bytes)).collect();
        open_as("", &tar(&items)).unwrap()
    }
}

fn config(architecture: &str, layers: usize) -> Value {
    let diff_ids: Vec<_> = (0..layers).map(|index| format!("sha256:{index:064x}")).collect();
    let history: Vec<_> = (0..layers).map(|index| json!({"created_by": format!("RUN step {index}")})).collect();
    json!({"os": "linux", "architecture": architecture, "created": "2026-01-01T00:00:00Z", "history": history,
           "rootfs": {"type": "layers", "diff_ids": diff_ids}})
}

fn with(descriptor: &Value, key: &str, value: Value) -> Value {
    let mut descriptor = descriptor.clone();
    descriptor[key] = value;
    descriptor
}

fn tagged(descriptor: &Value, tag: &str) -> Value {
    with(descriptor, "annotations", json!({"org.opencontainers.image.ref.name": tag}))
}

fn docker(manifest: &Value, config: &Value, layers: &[&str]) -> Source {
    let mut archive = Archive::default().file("manifest.json", manifest).file("c.json", config);
    for layer in layers {
        archive.files.insert((*layer).into(), b"layer".to_vec());
    }
    archive.open()
}

fn only(source: &Source) -> Image {
    let all = candidates(source).unwrap();
    assert_eq!(all.len(), 1, "{all:?}");
    load(source, &all[0]).unwrap()
}

fn messages(image: &Image) -> Vec<&str> {
    image.notices.iter().map(|notice| notice.message.as_str()).collect()
}

fn failure(source: &Source) -> String {
    match candidates(source) {
        Ok(all) => load(source, &all[0]).unwrap_err().to_string(),
        Err(error) => error.to_string(),
    }
}

#[test]
fn a_classic_docker_archive_keeps_the_order_of_its_manifest() {
    let manifest =
        json!([{"Config": "c.json", "RepoTags": ["acme/app:1", "acme/app:latest"], "Layers": ["z", "a", "m"]}]);
    let image = only(&docker(&manifest, &config("amd64", 3), &["a", "m", "z"]));
    assert_eq!(image.tags, ["acme/app:1", "acme/app:latest"]);
    assert_eq!(image.platform.to_string(), "linux/amd64");
    assert_eq!(image.created.as_deref(), Some("2026-01-01T00:00:00Z"));
    assert!(image.id.is_some() && image.manifest_digest.is_none());
    assert!(image.notices.is_empty(), "{:?}", image.notices);
    let ids: Vec<_> = image.layers.iter().map(|layer| layer.blob.as_ref().unwrap().id.0).collect();
    assert!(ids[1] < ids[2] && ids[2] < ids[0], "{ids:?}");
    assert_eq!(image.instruction(LayerIndex(2)), "RUN step 2");
    assert_eq!(image.layers[1].diff_id.as_ref().unwrap().to_string(), format!("sha256:{:064x}", 1));
    assert!(image.layers.iter().all(|layer| layer.digest.is_none()));
}

#[test]
fn several_images_are_told_apart_by_tag() {
    let manifest = json!([
        {"Config": "c.json", "RepoTags": ["acme/app:1"], "Layers": ["a"]},
        {"Config": "c.json", "RepoTags": ["docker.io/library/base:latest"], "Layers": ["a"]},
        {"Config": "c.json", "RepoTags": null, "Layers": null},
    ]);
    let source = docker(&manifest, &config("amd64", 1), &["a"]);
    let all = candidates(&source).unwrap();
    let chosen = |tag| choose(&all, tag, None);
    assert_eq!(chosen(None), [0, 1, 2]);
    assert_eq!(chosen(Some("acme/app:1")), [0]);
    assert_eq!(chosen(Some("1")), [0]);
    assert_eq!(chosen(Some("base")), [1]);
    assert_eq!(chosen(Some("library/base:latest")), [1]);
    assert_eq!(chosen(Some("acme/app")), [] as [usize; 0]);
    assert_eq!(chosen(Some("none")), [] as [usize; 0]);
    assert_eq!(choose(&all, None, Some(&"arm64".parse().unwrap())), [] as [usize; 0]);
    assert!(load(&source, &all[2]).unwrap().layers.is_empty());
}

#[test]
fn both_manifests_give_tags_and_digests() {
    let mut archive = Archive::default();
    let manifest = archive.image("amd64", &["one", "two"]);
    let digest = |descriptor: &Value| descriptor["digest"].as_str().unwrap().to_owned();
    let blob = |digest: &str| format!("blobs/{}", digest.replace(':', "/"));
    let inner: Value = serde_json::from_slice(&archive.files[&blob(&digest(&manifest))]).unwrap();
    let layers: Vec<_> = [0, 1].map(|at| blob(&digest(&inner["layers"][at]))).into();
    let list = |layers: &[String]| json!([{"Config": blob(&digest(&inner["config"])), "RepoTags": ["acme/app:1"], "Layers": layers}]);
    let mut archive = archive.index(&[tagged(&manifest, "1")]).file("manifest.json", &list(&layers));
    let image = only(&archive.open());
    assert_eq!(image.tags, ["acme/app:1"]);
    assert_eq!(image.manifest_digest.as_ref().unwrap().to_string(), digest(&manifest));
    assert_eq!(image.layers[1].digest.as_ref().unwrap().to_string(), digest(&inner["layers"][1]));
    assert_eq!(image.layers[1].media_type.as_deref(), Some(GZIP_LAYER));
    assert!(image.notices.is_empty(), "{:?}", image.notices);

    let turned: Vec<_> = layers.iter().rev().cloned().collect();
    archive = archive.file("manifest.json", &list(&turned));
    let image = only(&archive.open());
    assert!(messages(&image)[0].starts_with("manifest.json and index.json disagree about the layers"));
    assert_eq!(image.layers[0].digest.as_ref().unwrap().to_string(), digest(&inner["layers"][1]));
}

#[test]
fn nested_indexes_give_one_candidate_for_each_platform() {
    let mut archive = Archive::default();
    let arm = archive.image("arm64", &["arm"]);
    let amd = archive.image("amd64", &["amd"]);
    let unknown = json!({"os": "unknown", "architecture": "unknown"});
    let nested = json!({"schemaVersion": 2, "manifests": [
        with(&arm, "platform", json!({"os": "linux", "architecture": "arm64", "variant": "v8"})),
        amd,
        with(&archive.image("unknown", &[]), "platform", unknown),
        with(&archive.image("x", &["x"]), "annotations", json!({"vnd.docker.reference.type": "attestation-manifest"})),
        {"mediaType": OCI_MANIFEST, "size": 1, "digest": format!("sha256:{}", "e".repeat(64))},
    ]});
    let nested = archive.json(&nested, OCI_INDEX);
    let archive = archive.index(&[tagged(&nested, "v1"), tagged(&nested, "latest")]);
    let source = archive.open();
    let all = candidates(&source).unwrap();
    let platforms: Vec<_> = all.iter().map(|candidate| candidate.platform.to_string()).collect();
    assert_eq!(platforms, ["linux/arm64/v8", "linux/amd64"]);
    assert_eq!(all[0].tags, ["v1"]);
    assert_eq!(choose(&all, Some("v1"), Some(&"linux/amd64".parse().unwrap())), [1]);
    assert_eq!(load(&source, &all[1]).unwrap().platform.architecture, "amd64");
}

#[test]
fn one_manifest_under_several_names_is_one_candidate() {
    let mut archive = Archive::default();
    let manifest = archive.image("amd64", &["one"]);
    let named = with(
        &manifest,
        "annotations",
        json!({"io.containerd.image.name": "docker.io/acme/app:1", "org.opencontainers.image.ref.name": "1"}),
    );
    let source = archive.index(&[named, tagged(&manifest, "latest")]).open();
    assert_eq!(only(&source).tags, ["docker.io/acme/app:1", "latest"]);
}

#[test]
fn an_index_that_is_too_deep_is_refused() {
    let nest = |depth: usize| {
        let mut archive = Archive::default();
        let mut at = archive.image("amd64", &["one"]);
        for _ in 1..depth {
            at = archive.json(&json!({"manifests": [at]}), OCI_INDEX);
        }
        archive.index(&[at]).open()
    };
    assert_eq!(candidates(&nest(8)).unwrap().len(), 1);
    assert!(failure(&nest(9)).contains("more than 8 indexes within each other"));
    let mut archive = Archive::default();
    let manifest = archive.image("amd64", &["one"]);
    assert!(failure(&archive.index(&vec![manifest; 10_001]).open()).contains("more than 10000 manifests"));
}

#[test]
fn documents_that_are_no_image_say_what_they_are() {
    let oci = |value: Value| {
        let mut archive = Archive::default();
        let descriptor = archive.json(&value, OCI_MANIFEST);
        failure(&archive.index(&[descriptor]).open())
    };
    let chart = json!({"mediaType": "application/vnd.cncf.helm.config.v1+json", "digest": format!("sha256:{}", "a".repeat(64)), "size": 2});
    let cases = [
        (oci(json!({"schemaVersion": 1, "fsLayers": []})), "is a Docker schema 1 manifest"),
        (
            oci(json!({"config": chart, "layers": []})),
            "is an artifact of type application/vnd.cncf.helm.config.v1+json",
        ),
        (oci(json!({"artifactType": "x/y"})), "is an artifact of type x/y"),
        (oci(json!({"manifests": [], "layers": []})), "is both a manifest and an index"),
        (oci(json!({"layers": []})), "has no config"),
        (oci(json!({"config": {"mediaType": OCI_CONFIG, "digest": "sha256:../../etc/passwd", "size": 1}})), "config: "),
        (oci(json!({"config": {"mediaType": OCI_CONFIG, "digest": "sha256:ab", "size": -1}})), "config: "),
        (failure(&Archive::default().index(&[]).open()), "index.json lists no images"),
        (failure(&Archive::default().index(&[json!(3)]).open()), "manifest 0: expected a descriptor, found a number"),
        (
            failure(&Archive::default().file("oci-layout", &json!({})).file("index.json", &json!([])).open()),
            "found an array",
        ),
    ];
    for (error, expected) in cases {
        assert!(error.contains(expected), "{error}");
    }
}

#[test]
fn a_malformed_manifest_json_names_the_part() {
    for (manifest, expected) in [
        (json!(null), "manifest.json: expected a list of images, found null"),
        (json!([]), "manifest.json lists no images"),
        (json!([null]), "manifest.json: image 0: Config: expected a path, found nothing"),
        (json!([{"Config": 3}]), "Config: expected a path, found a number"),
        (json!([{"Config": "c.json", "Layers": "a"}]), "Layers: expected a list, found a string"),
        (json!([{"Config": "c.json", "Layers": [null]}]), "Layers: expected strings, found null"),
        (json!([{"Config": "none.json", "Layers": []}]), "none.json: not in the archive"),
        (json!([{"Config": "c.json", "Layers": vec!["a"; 10_001]}]), "more than 10000 layers"),
    ] {
        let error = failure(&docker(&manifest, &config("amd64", 1), &["a"]));
        assert!(error.contains(expected), "{error}");
    }
    let manifest = json!([{"Config": "c.json", "Layers": ["a"]}]);
    for (config, expected) in [
        (json!([]), "config c.json: expected an object, found an array"),
        (json!({"rootfs": {"diff_ids": ["sha256:.."]}}), "diff ID 0 is no digest"),
    ] {
        let error = failure(&docker(&manifest, &config, &["a"]));
        assert!(error.contains(expected), "{error}");
    }
}

#[test]
fn counts_that_differ_are_warnings() {
    let manifest = json!([{"Config": "c.json", "Layers": ["a"]}]);
    let mut odd = config("amd64", 1);
    odd["history"] = json!([{"created_by": "one"}, {"created_by": "two"}]);
    let image = only(&docker(&manifest, &odd, &["a"]));
    assert_eq!(messages(&image), ["2 history rows with a layer for 1 layers; they are matched from the bottom up"]);
    assert_eq!(image.history[1].layer, None);
    let image = only(&docker(&manifest, &config("amd64", 3), &["a"]));
    assert_eq!(image.layers.len(), 1);
    assert_eq!(messages(&image).len(), 2);
    let image = only(&docker(&manifest, &json!({}), &["a"]));
    assert_eq!(messages(&image), ["0 diff IDs for 1 layers; they are matched from the bottom up"]);
    assert_eq!((image.layers[0].history, image.instruction(LayerIndex(0))), (None, ""));
}

#[test]
fn a_missing_layer_leaves_the_image_readable() {
    let manifest = json!([{"Config": "c.json", "Layers": ["a", "gone", "../../etc/passwd"]}]);
    let image = only(&docker(&manifest, &config("amd64", 3), &["a"]));
    assert!(image.layers[0].blob.is_ok());
    assert!(image.layers[1].blob.as_ref().unwrap_err().ends_with("gone: not in the archive"));
    assert!(image.layers[2].blob.is_err());
    assert_eq!(image.notices, []);

    let mut archive = Archive::default();
    let config = archive.json(&config("amd64", 1), OCI_CONFIG);
    let foreign = json!({"mediaType": "application/vnd.docker.image.rootfs.foreign.diff.tar.gzip", "size": 9,
                         "digest": format!("sha256:{}", "f".repeat(64)), "urls": ["https://example.com/layer"]});
    let manifest = archive.json(&json!({"config": config, "layers": [foreign]}), OCI_MANIFEST);
    let image = only(&archive.index(&[manifest]).open());
    assert!(image.layers[0].blob.as_ref().unwrap_err().contains("nothing is fetched"));
}

#[test]
fn lies_about_sizes_and_digests_are_warnings() {
    let mut archive = Archive::default();
    let config = archive.json(&config("amd64", 1), OCI_CONFIG);
    let layer = with(&archive.blob(b"layer", GZIP_LAYER), "size", json!(7));
    let manifest = archive.json(&json!({"config": config, "layers": [layer]}), OCI_MANIFEST);
    let name = format!("blobs/{}", config["digest"].as_str().unwrap().replace(':', "/"));
    archive.files.get_mut(&name).unwrap().push(b' ');
    let image = only(&archive.index(&[manifest]).open());
    assert_eq!(
        messages(&image),
        ["the content does not match its digest", "the blob has 5 bytes, the manifest says 7"]
    );
    assert_ne!(image.id.unwrap().to_string(), config["digest"].as_str().unwrap());

    let name = format!("{}.json", "0".repeat(64));
    let list = json!([{"Config": name, "Layers": []}]);
    let image = only(&Archive::default().file("manifest.json", &list).file(&name, &json!({})).open());
    assert_eq!(
        messages(&image),
        ["the content does not match the digest in its name", "the image has no layers: there is nothing to analyse"]
    );
}

#[test]
fn repeated_keys_are_warnings() {
    let mut archive = Archive::default().file("c.json", &config("amd64", 1));
    archive.files.insert("manifest.json".into(), br#"[{"Config":"c.json","Layers":["x"],"Layers":["a"]}]"#.to_vec());
    archive.files.insert("a".into(), b"layer".to_vec());
    let image = only(&archive.open());
    assert!(image.layers[0].blob.is_ok());
    assert_eq!(messages(&image), ["the key \"Layers\" occurs more than once in an object; the last one counts"]);
}

#[test]
fn a_root_file_system_is_one_layer_and_says_what_was_lost() {
    let bytes = tar(&[Item::Directory("etc"), Item::File("etc/passwd", b"root")]);
    let source = open_as("", &bytes).unwrap();
    let image = only(&source);
    assert_eq!(image.layers.len(), 1);
    assert_eq!(image.layers[0].blob.as_ref().unwrap().size, bytes.len() as u64);
    assert!(messages(&image)[0].contains("history, labels, config and layers were lost"));
    assert_eq!(image.id, None);
}

#[test]
fn no_cut_and_no_flipped_bit_breaks_more_than_the_image() {
    let mut archive = Archive::default();
    let manifest = archive.image("amd64", &["one", "two"]);
    let archive = archive.index(&[tagged(&manifest, "1")]);
    let items: Vec<_> = archive.files.iter().map(|(name, bytes)| Item::File(name, bytes)).collect();
    let whole = tar(&items);
    let attempt = |bytes: &[u8]| -> Result<Image, String> {
        let source = open_bytes(bytes).map_err(|error| error.to_string())?;
        let all = candidates(&source).map_err(|error| error.to_string())?;
        load(&source, &all[0]).map_err(|error| error.to_string())
    };
    assert_eq!(attempt(&whole).unwrap().layers.len(), 2);
    let mut opened = 0;
    let mut check = |bytes: &[u8]| match attempt(bytes) {
        Ok(image) => {
            assert!(image.layers.len() <= 2);
            opened += 1;
        }
        Err(error) => assert!(error.starts_with("image.tar: "), "{error}"),
    };
    for end in 0..whole.len() {
        check(&whole[..end]);
    }
    for at in 0..whole.len() {
        let mut flipped = whole.clone();
        flipped[at] ^= 1 << (at % 8);
        check(&flipped);
    }
    assert!(opened > whole.len() / 4, "{opened}");
}
