//! An image from a config, for tests: what `docker save` writes, read back.

use super::{Image, candidates, load};
use crate::source::testing::{open_bytes, tar_of};
use serde_json::{Value, json};

/// An image of `layers` layers, each with a diff ID of its own, and whatever else `config` says.
pub(crate) fn image(config: &Value, layers: usize, tags: &[&str]) -> Image {
    let mut config = config.clone();
    let ids: Vec<_> = (0..layers).map(|index| format!("sha256:{index:064x}")).collect();
    config["rootfs"] = json!({"type": "layers", "diff_ids": ids});
    let names: Vec<_> = (0..layers).map(|index| format!("{index}/layer.tar")).collect();
    let manifest = json!([{"Config": "config.json", "RepoTags": tags, "Layers": names}]).to_string();
    let config = config.to_string();
    let mut files = vec![("manifest.json", manifest.as_bytes()), ("config.json", config.as_bytes())];
    files.extend(names.iter().map(|name| (name.as_str(), name.as_bytes())));
    let source = open_bytes(&tar_of(&files)).unwrap();
    load(&source, &candidates(&source).unwrap()[0]).unwrap()
}
