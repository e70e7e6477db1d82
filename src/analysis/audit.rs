//! THE AUDIT: the checklist of a good image. A point passes, fails, or cannot be decided from an image; nothing is
//! guessed, and every answer comes with what it rests on.

use super::gate::{Finding, Subject, TOP, User, tag};
use super::leftovers::{Leftover, Leftovers};
use crate::image::{Layer, Setting, successor};
use crate::tree::{EventKind, NodeId};
use std::collections::HashMap;

/// What was found about one point.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Point {
    /// Its name, for programs.
    pub id: &'static str,
    /// What a good image has, in a few words.
    pub title: &'static str,
    /// The answer.
    pub answer: Answer,
    /// What the answer rests on.
    pub evidence: Vec<Finding>,
}

/// The answer to one point.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, schemars::JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Answer {
    /// It is as it should be.
    Pass,
    /// It is not.
    Fail,
    /// It cannot be told from an image.
    Undecidable,
}

/// The keys of labels that say where an image comes from.
const SOURCE: &str = "org.opencontainers.image.source";
const REVISION: &str = "org.opencontainers.image.revision";
const VERSION: &str = "org.opencontainers.image.version";
const BASE_NAME: &str = "org.opencontainers.image.base.name";
const BASE_DIGEST: &str = "org.opencontainers.image.base.digest";

/// How many volumes are looked at: below each of them everything is. Real images have a handful.
const MAX_VOLUMES: usize = 1000;

/// Goes through the checklist.
pub fn audit(subject: &Subject<'_>) -> Vec<Point> {
    let [logs, caches] = leftovers(subject);
    vec![
        label(subject, "source-label", "a label for the source", SOURCE),
        label(subject, "revision-label", "a label for the revision", REVISION),
        label(subject, "version-label", "a label for the version", VERSION),
        unique_tag(subject),
        healthcheck(subject),
        not_root(subject),
        recorded_base(subject),
        volumes(subject),
        none("explained-layers", "a build step for every layer", "each has a step", subject.unexplained()),
        none("no-logs", "no logs", "no file with content is below /var/log", logs),
        none("no-package-caches", "no package caches", "no cache of a package manager has content", caches),
    ]
}

/// A point that fails if there is anything to show.
fn none(id: &'static str, title: &'static str, well: &str, evidence: Vec<Finding>) -> Point {
    match evidence.as_slice() {
        [] => Point { id, title, answer: Answer::Pass, evidence: vec![Finding::say(well)] },
        _ => Point { id, title, answer: Answer::Fail, evidence },
    }
}

/// The label with a key of the OCI, else of the Label Schema key that came before it; an empty one says nothing.
fn find_label<'a>(subject: &Subject<'a>, key: &str) -> Option<&'a Setting> {
    let labels = || subject.image.provenance.labels.iter().filter(|label| !label.value.trim().is_empty());
    labels().find(|label| label.key == key).or_else(|| labels().find(|label| successor(&label.key) == Some(key)))
}

/// That a label says something, and which row of the history set it.
fn evidence_of(label: &Setting) -> Finding {
    Finding { row: label.history, ..Finding::say(format!("{} is {}", label.key, label.value)) }
}

fn label(subject: &Subject<'_>, id: &'static str, title: &'static str, key: &str) -> Point {
    let annotation = || Some(Finding::say(format!("{key} is {}", subject.image.annotation(key)?)));
    match find_label(subject, key).map(evidence_of).or_else(annotation) {
        Some(found) => Point { id, title, answer: Answer::Pass, evidence: vec![found] },
        None => Point { id, title, answer: Answer::Fail, evidence: vec![Finding::say(format!("{key} is not set"))] },
    }
}

/// A tag is known to be unique if it is the whole version or the revision that the labels name. Whether any other will be
/// moved to another image, only its registry could tell: `1.2` moves with each `1.2.x`, and `main` is no version.
fn unique_tag(subject: &Subject<'_>) -> Point {
    let (id, title) = ("unique-tag", "a unique tag, not only latest");
    let point = |answer, text: &str| Point { id, title, answer, evidence: vec![Finding::say(text)] };
    if let Some(finding) = subject.only_latest() {
        return Point { id, title, answer: Answer::Fail, evidence: vec![finding] };
    }
    let tags: Vec<&str> = subject.image.tags.iter().map(|name| tag(name)).filter(|tag| *tag != "latest").collect();
    let revision = find_label(subject, REVISION).map(|label| label.value.as_str());
    let version = find_label(subject, VERSION).map(|label| label.value.as_str());
    for tag in &tags {
        let plain = tag.strip_prefix('v').unwrap_or(tag);
        if is_whole_version(plain) && version.is_some_and(|it| it.strip_prefix('v').unwrap_or(it) == plain) {
            return point(Answer::Pass, &format!("{tag} is the version that the label names"));
        }
        if revision.is_some_and(|revision| names_revision(tag, revision)) {
            return point(Answer::Pass, &format!("{tag} names the revision of the label"));
        }
    }
    match tags.first() {
        None => point(Answer::Undecidable, "the image came without a tag; only its registry knows them"),
        Some(tag) => point(Answer::Undecidable, &format!("only the registry can tell whether {tag} moves")),
    }
}

/// Whether a text, without a `v` before it, names one release and no line of them: `1.2.3`, `2026.11.2-alpine`.
fn is_whole_version(text: &str) -> bool {
    let is_number = |part: &str| part.starts_with(|c: char| c.is_ascii_digit());
    text.splitn(3, '.').filter(|part| is_number(part)).count() == 3
}

/// Whether a part of a tag is the revision, or a beginning of it that is long enough to mean one: Git shows seven digits.
fn names_revision(tag: &str, revision: &str) -> bool {
    const SHORTEST: usize = 7;
    let is_hash = |part: &str| part.len() >= SHORTEST && part.bytes().all(|byte| byte.is_ascii_hexdigit());
    tag.split(['-', '_', '.']).any(|part| is_hash(part) && revision.starts_with(part))
}

fn healthcheck(subject: &Subject<'_>) -> Point {
    let (id, title) = ("healthcheck", "a health check");
    if let Some(finding) = subject.healthcheck() {
        return Point { id, title, answer: Answer::Fail, evidence: vec![finding] };
    }
    let setting = subject.setting("healthcheck");
    let finding = setting.map_or_else(
        || Finding::say("HEALTHCHECK is set"),
        |setting| Finding { row: setting.history, ..Finding::say(format!("HEALTHCHECK {}", setting.value)) },
    );
    Point { id, title, answer: Answer::Pass, evidence: vec![finding] }
}

fn not_root(subject: &Subject<'_>) -> Point {
    let (id, title) = ("not-root", "a user that is not root");
    let row = subject.setting("user").and_then(|setting| setting.history);
    let (answer, why) = match subject.user() {
        User::Root(why) => (Answer::Fail, why),
        User::Unknown(why) => (Answer::Undecidable, why),
        User::Other => {
            let user = subject.image.config.container.user.as_deref().unwrap_or_default();
            (Answer::Pass, format!("USER is {user}"))
        }
    };
    Point { id, title, answer, evidence: vec![Finding { row, ..Finding::say(why) }] }
}

/// The base is recorded if both its name and its digest are: a name alone moves.
fn recorded_base(subject: &Subject<'_>) -> Point {
    let (id, title) = ("recorded-base", "a recorded base");
    let keys = [BASE_NAME, BASE_DIGEST];
    let is_missing = |key: &&str| subject.image.annotation(key).is_none();
    let missing: Vec<Finding> =
        keys.into_iter().filter(is_missing).map(|key| Finding::say(format!("{key} is not set"))).collect();
    if !missing.is_empty() {
        return Point { id, title, answer: Answer::Fail, evidence: missing };
    }
    let said = |key: &str| {
        let value = subject.image.annotation(key)?;
        let row = find_label(subject, key).and_then(|label| label.history);
        Some(Finding { row, ..Finding::say(format!("{key} is {value}")) })
    };
    Point { id, title, answer: Answer::Pass, evidence: keys.into_iter().filter_map(said).collect() }
}

/// What is written below a volume after it was declared: an engine hides it under the volume, or copies it into each new
/// one, and builders before BuildKit drop it.
fn volumes(subject: &Subject<'_>) -> Point {
    let (id, title) = ("volumes", "nothing written under a volume after it was declared");
    let volumes: Vec<&Setting> =
        subject.image.provenance.settings.iter().filter(|setting| setting.key == "volume").collect();
    if volumes.len() > MAX_VOLUMES {
        let finding = Finding::say(format!("{} volumes are declared, more than {MAX_VOLUMES}", volumes.len()));
        return Point { id, title, answer: Answer::Undecidable, evidence: vec![finding] };
    }
    let mut written = Vec::new();
    let mut unknown = Vec::new();
    let mut walked = HashMap::new();
    for volume in &volumes {
        match volume.history {
            Some(row) => written.extend(written_below(subject, volume, row, &mut walked)),
            None => unknown.push(Finding::say(format!("no row of the history declares {}", volume.value))),
        }
    }
    let (answer, evidence) = match (written.is_empty(), unknown.is_empty()) {
        (false, _) => (Answer::Fail, written),
        (true, false) => (Answer::Undecidable, unknown),
        (true, true) if volumes.is_empty() => (Answer::Pass, vec![Finding::say("no volume is declared")]),
        (true, true) => {
            let clean = |volume: &&Setting| Finding {
                row: volume.history,
                ..Finding::say(format!("nothing is written below {} after this row", volume.value))
            };
            (Answer::Pass, volumes.iter().map(clean).collect())
        }
    };
    Point { id, title, answer, evidence }
}

/// What the layers after a row write at the path of a volume or below it: of each layer how many files, and the bytes.
fn written_below(
    subject: &Subject<'_>,
    volume: &Setting,
    row: usize,
    walked: &mut HashMap<NodeId, Vec<Written>>,
) -> Vec<Finding> {
    let path = volume.value.as_bytes();
    let Some(node) = subject.tree.follow(path, TOP).or_else(|| subject.tree.find(path)) else { return Vec::new() };
    // Many volumes may be one directory.
    let written = walked.entry(node).or_insert_with(|| written_by_layer(subject, node));
    let later = subject.image.layers.iter().zip(written).filter(|(layer, _)| layer.history > Some(row));
    let finding = |(layer, Written { files, bytes }): (&Layer, &mut Written)| Finding {
        path: Some(subject.tree.path(node)),
        layer: Some(layer.index),
        row: Some(row),
        bytes: Some(*bytes),
        message: format!(
            "is a volume, and {files} {} written below it",
            if *files == 1 { "file is" } else { "files are" }
        ),
    };
    later.filter(|(_, written)| written.files > 0).map(finding).collect()
}

/// The files that a layer writes in some place.
#[derive(Debug, Clone, Copy, Default)]
struct Written {
    files: u64,
    bytes: u64,
}

/// What each layer writes at a node or below it.
fn written_by_layer(subject: &Subject<'_>, node: NodeId) -> Vec<Written> {
    let mut layers = vec![Written::default(); subject.image.layers.len()];
    let mut order = subject.tree.paths_below(node);
    for node in std::iter::once(node).chain(std::iter::from_fn(|| order.next())) {
        for event in subject.tree.events(node) {
            let EventKind::Written(inode) = event.kind else { continue };
            let written = usize::try_from(event.layer.0).ok().and_then(|layer| layers.get_mut(layer));
            let (Some(written), Some(size)) = (written, subject.file_size(inode)) else { continue };
            written.files += 1;
            written.bytes = written.bytes.saturating_add(size);
        }
    }
    layers
}

/// The files of the final image that are logs, and those of package caches; largest first.
fn leftovers(subject: &Subject<'_>) -> [Vec<Finding>; 2] {
    let tables = Leftovers::new();
    let (mut logs, mut caches) = (Vec::new(), Vec::new());
    for (path, inode) in subject.files() {
        let Some(size) = subject.file_size(inode).filter(|size| *size > 0) else { continue };
        let (list, what) = match tables.look(&path) {
            Some(Leftover::Log) => (&mut logs, "is a log"),
            Some(Leftover::PackageCache) => (&mut caches, "is in a package cache"),
            None => continue,
        };
        let layer = subject.tree.inode(inode).map(|inode| inode.layer);
        list.push(Finding { path: Some(path), layer, row: None, bytes: Some(size), message: what.to_owned() });
    }
    for list in [&mut logs, &mut caches] {
        list.sort_by_key(|finding: &Finding| std::cmp::Reverse(finding.bytes));
    }
    [logs, caches]
}

impl Subject<'_> {
    /// A setting of which there is one.
    fn setting(&self, key: &str) -> Option<&Setting> {
        self.image.provenance.settings.iter().find(|setting| setting.key == key)
    }
}

#[cfg(test)]
mod tests;
