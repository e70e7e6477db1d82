//! OCI indexes: nested, several platforms, attestations left out.

use super::document::{Document, Documents, MANIFEST_MAX};
use super::json::kind;
use super::manifest::{Described, Manifest, descriptor, refuse_both};
use super::{ImageError, Platform, short_digest};
use crate::notice::Notice;
use crate::source::Place;
use oci_spec::image::{Descriptor, Digest};
use serde_json::Value;
use std::collections::{BTreeSet, HashMap};

/// How deep indexes may be nested.
const MAX_DEPTH: usize = 8;

/// Descriptors of all indexes of one source together.
const MAX_DESCRIPTORS: usize = 10_000;

/// Things left out that a message names.
const MAX_LEFT_OUT: usize = 4;

/// What [`walk`] calls the index at the top.
const TOP: &str = "index.json";

/// Full names, as containerd and Docker write them.
const NAME: &str = "io.containerd.image.name";
/// The name or only the tag, by the specification.
const REF_NAME: &str = "org.opencontainers.image.ref.name";

/// One image of an index.
#[derive(Debug)]
pub(super) struct Found {
    /// The digest of its manifest.
    pub(super) digest: Digest,
    /// The digest of its config.
    pub(super) config: Digest,
    pub(super) tags: Vec<String>,
    /// The platform, where an index tells.
    pub(super) platform: Option<Platform>,
    /// What was odd about its manifest.
    pub(super) notices: Vec<Notice>,
}

/// All images of a source, in its order.
#[derive(Debug, Default)]
pub(super) struct Walk {
    pub(super) found: Vec<Found>,
    /// What was odd about the indexes.
    pub(super) notices: Vec<Notice>,
    positions: HashMap<Digest, usize>,
    visited: BTreeSet<String>,
    left_out: Vec<String>,
    pushed: usize,
}

/// A descriptor that is still to be looked at.
struct Pending {
    descriptor: Descriptor,
    depth: usize,
    tags: Vec<String>,
}

/// Finds all images that `index.json` leads to.
pub(super) fn walk(documents: Documents<'_>) -> Result<Walk, ImageError> {
    let mut walk = Walk::default();
    let place = Place::Path(TOP.as_bytes().to_vec());
    let top = documents.read(&place, TOP, MANIFEST_MAX, &mut walk.notices)?;
    let mut pending = Vec::new();
    walk.push(documents, &mut pending, TOP, &top.value, 1, &[])?;
    while let Some(next) = pending.pop() {
        walk.visit(documents, &mut pending, next)?;
    }
    if walk.found.is_empty() {
        let left_out = (!walk.left_out.is_empty()).then(|| walk.left_out.join("; "));
        return Err(ImageError::Empty { reference: documents.reference(), part: TOP.to_owned(), left_out });
    }
    Ok(walk)
}

impl Walk {
    fn visit(&mut self, documents: Documents<'_>, pending: &mut Vec<Pending>, next: Pending) -> Result<(), ImageError> {
        let digest = next.descriptor.digest().clone();
        if let Some(found) = self.positions.get(&digest).and_then(|at| self.found.get_mut(*at)) {
            found.tags.extend(next.tags.into_iter().filter(|tag| !found.tags.contains(tag)).collect::<Vec<_>>());
            return Ok(());
        }
        let name = short_digest(&digest);
        let platform = next.descriptor.platform().as_ref().map(platform);
        if is_attestation(&next.descriptor, platform.as_ref()) {
            self.leave_out(format!("{name} is an attestation"));
            return Ok(());
        }
        let place = Place::Digest(digest.clone());
        if !documents.source.has(&place) {
            // Engines save an index with all platforms, and the blobs of those that they have.
            self.leave_out(format!("{name} is not in the source"));
            return Ok(());
        }
        if !self.visited.insert(digest.to_string()) {
            return Ok(());
        }
        let part = format!("manifest {name}");
        let mut notices = Vec::new();
        let Document { value, .. } = documents.read(&place, &part, MANIFEST_MAX, &mut notices)?;
        if value.get("manifests").is_some_and(|manifests| !manifests.is_null()) {
            self.notices.append(&mut notices);
            return self.push(documents, pending, &format!("index {name}"), &value, next.depth + 1, &next.tags);
        }
        match Manifest::read(documents, &part, &value)? {
            Described::Artifact(artifact) => self.leave_out(format!("{name} is an artifact of type {artifact}")),
            Described::Image(manifest) => {
                self.positions.insert(digest.clone(), self.found.len());
                let config = manifest.config.digest().clone();
                self.found.push(Found { digest, config, tags: next.tags, platform, notices });
            }
        }
        Ok(())
    }

    /// Takes the descriptors of one index.
    fn push(
        &mut self,
        documents: Documents<'_>,
        pending: &mut Vec<Pending>,
        part: &str,
        index: &Value,
        depth: usize,
        outer_tags: &[String],
    ) -> Result<(), ImageError> {
        refuse_both(documents, part, index)?;
        let limit =
            |what, limit| ImageError::Limit { reference: documents.reference(), part: part.to_owned(), what, limit };
        if depth > MAX_DEPTH {
            return Err(limit("indexes within each other", MAX_DEPTH));
        }
        let items = match index.get("manifests") {
            Some(Value::Array(items)) => items.as_slice(),
            None | Some(Value::Null) if index.is_object() => &[],
            other => {
                let found = other.map_or_else(|| kind(index), kind);
                return Err(documents.broken(part, format!("expected a list of manifests, found {found}")));
            }
        };
        self.pushed += items.len();
        if self.pushed > MAX_DESCRIPTORS {
            return Err(limit("manifests in all indexes together", MAX_DESCRIPTORS));
        }
        let from = pending.len();
        for (at, item) in items.iter().enumerate() {
            let descriptor =
                descriptor(item).map_err(|reason| documents.broken(part, format!("manifest {at}: {reason}")))?;
            let own = tags(&descriptor);
            let tags = if own.is_empty() { outer_tags.to_vec() } else { own };
            pending.push(Pending { descriptor, depth, tags });
        }
        // The last one is looked at first.
        if let Some(new) = pending.get_mut(from..) {
            new.reverse();
        }
        Ok(())
    }

    fn leave_out(&mut self, what: String) {
        if self.left_out.len() < MAX_LEFT_OUT {
            self.left_out.push(what);
        }
    }
}

fn tags(descriptor: &Descriptor) -> Vec<String> {
    let annotations = descriptor.annotations().as_ref();
    let annotation = |key: &str| annotations.and_then(|all| all.get(key)).filter(|value| !value.is_empty());
    annotation(NAME).or_else(|| annotation(REF_NAME)).cloned().into_iter().collect()
}

/// `BuildKit` puts provenance beside the images, for a platform that nobody has.
fn is_attestation(descriptor: &Descriptor, platform: Option<&Platform>) -> bool {
    let annotated = descriptor.annotations().as_ref().is_some_and(|all| all.contains_key("vnd.docker.reference.type"));
    annotated || platform.is_some_and(|platform| platform.os == "unknown" && platform.architecture == "unknown")
}

fn platform(platform: &oci_spec::image::Platform) -> Platform {
    Platform {
        os: platform.os().to_string(),
        architecture: platform.architecture().to_string(),
        variant: platform.variant().clone().filter(|variant| !variant.is_empty()),
    }
}
