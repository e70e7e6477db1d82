//! Where the base of an image ends: who tells it, and how many layers it has.
//!
//! The annotations of the OCI name a base and its digest, not its layers. Buildpacks put the uppermost layer of the base
//! into a label, podman and Buildah its name into the history.

use super::{Config, DiffId, HistoryRow, Image, Provenance, successor};

/// The base of an image.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Base {
    /// How many layers it has.
    pub layers: u32,
    /// How many rows at the beginning of the history are its, if that is told too: empty rows may be the last of the
    /// base or the first of the image.
    pub rows: Option<usize>,
    /// Who tells.
    pub told_by: ToldBy,
}

/// Who tells how many layers the base has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ToldBy {
    /// The user, by the base image itself.
    BaseImage,
    /// The user, by a number.
    BaseLayers,
    /// A label of the image.
    Label,
    /// The history of the image.
    History,
}

/// Why an image is not the base of another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum NotTheBase {
    /// A layer is another.
    #[error("its layer {0} is another one; the {0} layers below are the same")]
    Differs(usize),
    /// It has layers that the image has not.
    #[error("it has {base} layers, and the image has only {image}, which are the same")]
    Longer {
        /// Layers of the base.
        base: usize,
        /// Layers of the image.
        image: usize,
    },
    /// One of them has no diff IDs, so that nothing can be compared.
    #[error("one of them is a flat root file system, whose layers have no diff IDs")]
    NoDiffIds,
}

/// The label of the Cloud Native Buildpacks
/// (<https://github.com/buildpacks/spec/blob/main/platform.md#iobuildpackslifecyclemetadata-json>).
const BUILDPACKS: &str = "io.buildpacks.lifecycle.metadata";

impl Base {
    /// What the image itself tells.
    pub(super) fn told(config: &Config, history: &[HistoryRow]) -> Option<Self> {
        if let Some(layers) = of_label(config) {
            return Some(Self { layers: u32::try_from(layers).ok()?, rows: None, told_by: ToldBy::Label });
        }
        let at = of_history(history)?;
        let layers = history.iter().take(at).filter(|row| row.layer.is_some()).count();
        // Where the whole build made one layer, that row is its last, and its own empty rows are before it.
        let rows = Some(at).filter(|at| at + 1 < history.len());
        Some(Self { layers: u32::try_from(layers).ok()?, rows, told_by: ToldBy::History })
    }

    /// That one image is the base of another: its layers are the lowest of the other.
    pub fn of_image(base: &Image, image: &Image) -> Result<Self, NotTheBase> {
        let layers = Self::layers_of(&base.config.diff_ids, &image.config.diff_ids)?;
        let same = |(own, other): (&HistoryRow, &HistoryRow)| own.created_by == other.created_by;
        let begins = base.history.len() <= image.history.len() && base.history.iter().zip(&image.history).all(same);
        Ok(Self { layers, rows: begins.then_some(base.history.len()), told_by: ToldBy::BaseImage })
    }

    fn layers_of(base: &[DiffId], image: &[DiffId]) -> Result<u32, NotTheBase> {
        if base.is_empty() || image.is_empty() {
            return Err(NotTheBase::NoDiffIds);
        }
        if let Some(at) = base.iter().zip(image).position(|(own, other)| own != other) {
            return Err(NotTheBase::Differs(at));
        }
        if base.len() > image.len() {
            return Err(NotTheBase::Longer { base: base.len(), image: image.len() });
        }
        Ok(u32::try_from(base.len()).unwrap_or(u32::MAX))
    }
}

impl Image {
    /// What an annotation says, or the label of the same key, or the label of Label Schema that came before it.
    pub fn about(&self, key: &str) -> Option<&str> {
        let labels = &self.config.container.labels;
        let older = || labels.iter().find(|(label, _)| successor(label) == Some(key)).map(|(_, value)| value.as_str());
        self.annotation(key).or_else(older).filter(|value| !value.trim().is_empty())
    }

    /// Puts a base that the user tells in the place of what the image tells. What it says of where values come from
    /// follows.
    pub fn set_base(&mut self, base: Base) {
        self.provenance = Provenance::replay(&self.config, &self.history, Some(&base));
        self.base = Some(base);
    }

    /// The value of an annotation of the manifest, or of the label that stands for it, under the same key.
    pub fn annotation(&self, key: &str) -> Option<&str> {
        let value = self.annotations.get(key).or_else(|| self.config.container.labels.get(key))?;
        Some(value.as_str()).filter(|value| !value.trim().is_empty())
    }
}

/// The uppermost layer of the base, as buildpacks name it.
fn of_label(config: &Config) -> Option<usize> {
    let metadata: serde_json::Value = serde_json::from_str(config.container.labels.get(BUILDPACKS)?).ok()?;
    let top = metadata.get("runImage")?.get("topLayer")?.as_str()?;
    config.diff_ids.iter().position(|id| id.to_string() == top).map(|at| at + 1)
}

/// The row that names the base, which is the first of the image's own. Rows that follow name the IDs of images in between, or nothing where
/// the whole build made one layer; if a row after it is of another builder, the name is that of the base of the base.
fn of_history(history: &[HistoryRow]) -> Option<usize> {
    let from = |row: &HistoryRow| row.comment.as_deref()?.strip_prefix("FROM ").map(|name| name.trim().to_owned());
    let is_id = |name: &str| name.len() >= 12 && name.bytes().all(|byte| byte.is_ascii_hexdigit());
    let at = history.iter().rposition(|row| from(row).is_some_and(|name| !is_id(&name)))?;
    let rest = history.get(at + 1..).unwrap_or_default();
    rest.iter().all(|row| from(row).is_some()).then_some(at)
}

#[cfg(test)]
mod tests {
    use super::super::testing::image;
    use super::*;
    use serde_json::{Value, json};

    fn told(config: &Value, layers: usize) -> Option<(u32, ToldBy)> {
        image(config, layers, &[]).base.map(|base| (base.layers, base.told_by))
    }

    #[test]
    fn podman_names_the_base_in_the_history() {
        let base = json!({"created_by": "/bin/sh -c #(nop) ADD file:9d in /", "comment": "imported from tarball"});
        let empty = json!({"created_by": "/bin/sh -c #(nop) CMD sh", "empty_layer": true});
        let row = |comment: &str| json!({"created_by": "/bin/sh -c make", "comment": comment});
        let told = |rows: Value, layers| told(&json!({"history": rows}), layers);
        let expected = Some((1, ToldBy::History));
        assert_eq!(
            told(json!([base, empty, row("FROM docker.io/library/x:1"), row("FROM 2d699a22f1ab")]), 3),
            expected
        );
        assert_eq!(told(json!([base, empty, empty, row("FROM localhost/base:imp")]), 2), expected);
        assert_eq!(told(json!([row("FROM scratch"), row("FROM 2d699a22f1ab")]), 2), Some((0, ToldBy::History)));
        let twice = json!([base, row("FROM localhost/a"), row("FROM 2d699a22f1ab"), row("FROM localhost/b")]);
        assert_eq!(told(twice, 4), Some((3, ToldBy::History)), "the base was built so, too");
        let docker = json!([base, row("FROM localhost/a"), {"created_by": "RUN a # buildkit", "comment": "buildkit.dockerfile.v0"}]);
        assert_eq!(told(docker, 3), None, "the base of the base is not the base");
        assert_eq!(told(json!([base, {"created_by": "RUN a"}]), 2), None);
    }

    #[test]
    fn rows_of_the_base_are_told_where_they_can_be() {
        let rows = |history: Value, layers| {
            let config = json!({"config": {"Labels": {"a": "1"}}, "history": history});
            let image = image(&config, layers, &[]);
            (image.base.as_ref().and_then(|base| base.rows), image.provenance.labels[0].inherited)
        };
        let base = json!({"created_by": "/bin/sh -c #(nop) ADD file:9d in /"});
        let label = |comment: &str| json!({"created_by": "/bin/sh -c #(nop) LABEL a=1", "comment": comment, "empty_layer": true});
        let run = |comment: &str| json!({"created_by": "/bin/sh -c make", "comment": comment});
        let own = json!([base, label("FROM docker.io/library/x:1"), run("FROM 2d699a22f1ab")]);
        assert_eq!(rows(own, 2), (Some(1), false), "before any layer of its own");
        let inherited = json!([base, label(""), run("FROM docker.io/library/x:1"), run("FROM 2d699a22f1ab")]);
        assert_eq!(rows(inherited, 3), (Some(2), true));
        let one_layer = json!([base, label(""), run("FROM docker.io/library/x:1")]);
        assert_eq!(rows(one_layer, 2), (None, true), "nobody can tell");
    }

    #[test]
    fn buildpacks_name_the_uppermost_layer_of_the_base() {
        let label = |top: &str| json!({"runImage": {"topLayer": top, "reference": "run"}}).to_string();
        let config = |top: &str| json!({"config": {"Labels": {BUILDPACKS: label(top)}}});
        assert_eq!(told(&config(&format!("sha256:{:064x}", 1)), 4), Some((2, ToldBy::Label)));
        assert_eq!(told(&config(&format!("sha256:{:064x}", 9)), 4), None);
        assert_eq!(told(&json!({"config": {"Labels": {BUILDPACKS: "{"}}}), 4), None);
    }

    #[test]
    fn a_base_has_the_lowest_layers() {
        let ids = |ids: &[u32]| -> Vec<DiffId> {
            ids.iter().map(|id| DiffId(format!("sha256:{id:064x}").parse().unwrap())).collect()
        };
        let of = |base: &[u32], image: &[u32]| Base::layers_of(&ids(base), &ids(image));
        assert_eq!(of(&[1, 2], &[1, 2, 3]), Ok(2));
        assert_eq!(of(&[1, 2], &[1, 2]), Ok(2));
        assert_eq!(of(&[1, 9], &[1, 2, 3]), Err(NotTheBase::Differs(1)));
        assert_eq!(of(&[1, 2, 3], &[1, 2]), Err(NotTheBase::Longer { base: 3, image: 2 }));
        assert_eq!(of(&[], &[1]), Err(NotTheBase::NoDiffIds));
    }
}
