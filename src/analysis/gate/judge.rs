//! Judging: each rule looks at an image, and what it overlooks is taken off.

use super::globs::PathGlobs;
use super::rules::{Check, Ignore, Rule, WholeRegex};
use super::subject::{Subject, TOP};
use super::{Figure, Finding, Ignored, PathGlob, Ruling, Status, User, Weight};
use crate::analysis::{Cause, SecretName, WasteItem, secrets};
use crate::image::LayerIndex;
use crate::tree::{InodeId, NodeId, Occupant};
use jiff::civil::Date;

/// What a rule sees.
enum Seen {
    /// Nothing: what it compares with was not given, or the image came without what it looks at.
    Nothing,
    /// Each of these breaks it.
    Each(Vec<Finding>),
    /// The bytes of these add up to what is held against a limit.
    Sum(u64, Vec<Finding>),
    /// A figure and its limit, and where the figure comes from.
    Figure(Figure, Figure, Vec<Finding>),
}

impl Rule {
    /// Judges an image.
    pub fn judge(&self, subject: &Subject<'_>) -> Ruling {
        let seen = subject.see(&self.check);
        let mut ignored = Vec::new();
        let mut overlook = |findings: Vec<Finding>| {
            let (mut rest, mut dropped) = (Vec::new(), Vec::new());
            for finding in findings {
                match self.ignore(&finding, subject.today) {
                    Some(ignore) => dropped.push(ignore.of(finding)),
                    None => rest.push(self.note_expiry(finding)),
                }
            }
            ignored.append(&mut dropped);
            rest
        };
        let (value, limit, findings) = match seen {
            Seen::Nothing => return self.ruling(Status::Skipped, None, Vec::new(), Vec::new()),
            Seen::Each(findings) => {
                let rest = overlook(findings);
                (Figure::Count(rest.len() as u64), Check::NONE, rest)
            }
            Seen::Sum(max, findings) => {
                let rest = overlook(findings);
                (Figure::Bytes(rest.iter().filter_map(|finding| finding.bytes).sum()), Figure::Bytes(max), rest)
            }
            Seen::Figure(value, limit, findings) => {
                let whole = Finding::say(format!("{value}, where the limit is {limit}"));
                let is_beyond = value.is_beyond(limit);
                if let Some(ignore) = self.ignore(&whole, subject.today).filter(|_| is_beyond) {
                    let ignored = vec![ignore.of(whole)];
                    return self.ruling(Status::Pass, Some((value, limit)), Vec::new(), ignored);
                }
                let expired = if self.ignores.is_empty() { None } else { Some(self.note_expiry(whole)) };
                (value, limit, expired.into_iter().chain(findings).collect())
            }
        };
        let status = if value.is_beyond(limit) { Status::Fail } else { Status::Pass };
        let findings = if status == Status::Fail { findings } else { Vec::new() };
        self.ruling(status, Some((value, limit)), findings, ignored)
    }

    fn ruling(
        &self,
        status: Status,
        figures: Option<(Figure, Figure)>,
        findings: Vec<Finding>,
        ignored: Vec<Ignored>,
    ) -> Ruling {
        Ruling {
            id: self.id.clone(),
            check: self.check.name(),
            severity: self.severity,
            reason: Some(self.reason.clone()),
            status,
            value: figures.map(|(value, _)| value),
            limit: figures.map(|(_, limit)| limit),
            findings,
            ignored,
            other: None,
        }
    }

    /// The first ignore that still holds and means a finding.
    fn ignore(&self, finding: &Finding, today: Date) -> Option<&Ignore> {
        self.ignores.iter().find(|ignore| ignore.means(finding) && ignore.until.is_none_or(|until| today <= until))
    }

    /// Says of a finding that it was ignored once: whoever reads it wonders why it comes back.
    fn note_expiry(&self, mut finding: Finding) -> Finding {
        let expired = self.ignores.iter().find(|ignore| ignore.means(&finding)).and_then(|ignore| ignore.until);
        if let Some(until) = expired {
            finding.message = format!("{}; ignored until {until}", finding.message);
        }
        finding
    }
}

impl Ignore {
    /// Whether a finding is of those that are overlooked, on any day. The path of what is missing may be a glob itself.
    pub fn means(&self, finding: &Finding) -> bool {
        self.path.as_ref().is_none_or(|glob| {
            finding.path.as_deref().is_some_and(|path| glob.is_match(path) || glob.path().as_bytes() == path)
        })
    }

    fn of(&self, finding: Finding) -> Ignored {
        Ignored { finding, reason: self.reason.clone(), until: self.until }
    }
}

impl Subject<'_> {
    fn see(&self, check: &Check) -> Seen {
        match check {
            Check::ImageBytes { max, of } => {
                let figure = Figure::Bytes(of.of(&self.analysis.totals));
                Seen::Figure(figure, Figure::Bytes(*max), self.heaviest_layers(*of))
            }
            Check::LayerBytes { max, of } => self.layer_bytes(*max, *of),
            Check::Layers { max } => {
                Seen::Figure(Figure::Count(self.image.layers.len() as u64), Figure::Count(*max), Vec::new())
            }
            Check::WastedBytes { max, causes, paths } => Seen::Sum(*max, self.waste(causes, paths)),
            Check::ForbiddenPaths { paths } => Seen::Each(self.forbidden(paths)),
            Check::RequiredPaths { paths } => Seen::Each(self.required(paths)),
            Check::RequiredLabels { labels } => Seen::Each(self.labels(labels)),
            Check::Healthcheck => Seen::Each(self.healthcheck().into_iter().collect()),
            Check::NotRoot => Seen::Each(match self.user() {
                // A gate does not let through what it cannot tell.
                User::Root(why) | User::Unknown(why) => vec![Finding::say(why)],
                User::Other => Vec::new(),
            }),
            Check::NotOnlyLatest if self.image.tags.is_empty() => Seen::Nothing,
            Check::NotOnlyLatest => Seen::Each(self.only_latest().into_iter().collect()),
            Check::SecretGhosts => Seen::Each(self.secret_ghosts()),
            Check::SetUid { allow } => Seen::Each(self.set_uid(allow)),
            Check::UnexplainedLayers => Seen::Each(self.unexplained()),
            Check::ImageGrowth { max, of } => self.growth.map_or(Seen::Nothing, |(now, before)| {
                let limit = Figure::Bytes(max.most(before.weight(*of)));
                Seen::Figure(Figure::Bytes(now.weight(*of)), limit, now.heavier_layers(before, *of))
            }),
            Check::WasteGrowth { max } => self.growth.map_or(Seen::Nothing, |(now, before)| {
                let limit = Figure::Bytes(max.most(before.totals.wasted_bytes));
                Seen::Figure(Figure::Bytes(now.totals.wasted_bytes), limit, now.wasted_paths(before))
            }),
            Check::LayerGrowth { max } => self.growth.map_or(Seen::Nothing, |(now, before)| {
                let limit = Figure::Count(before.layer_count().saturating_add(*max));
                Seen::Figure(Figure::Count(now.layer_count()), limit, now.heavier_layers(before, Weight::Shipped))
            }),
        }
    }

    /// What each layer weighs, heaviest first.
    fn heaviest_layers(&self, of: Weight) -> Vec<Finding> {
        let mut layers: Vec<Finding> = self
            .image
            .layers
            .iter()
            .zip(&self.analysis.layers)
            .map(|(layer, figures)| {
                let bytes = match of {
                    Weight::Shipped => figures.shipped_bytes,
                    Weight::Live => figures.shipped_bytes.saturating_sub(figures.wasted_bytes),
                    Weight::Blob => layer.blob.as_ref().map_or(0, |blob| blob.size),
                };
                let message = "layer".to_owned();
                Finding { layer: Some(layer.index), bytes: Some(bytes), message, ..Finding::default() }
            })
            .filter(|finding| finding.bytes > Some(0))
            .collect();
        layers.sort_by_key(|finding| std::cmp::Reverse(finding.bytes));
        layers
    }

    fn layer_bytes(&self, max: u64, of: Weight) -> Seen {
        let mut layers = self.heaviest_layers(of);
        let heaviest = layers.first().and_then(|layer| layer.bytes).unwrap_or(0);
        layers.retain(|layer| layer.bytes > Some(max));
        Seen::Figure(Figure::Bytes(heaviest), Figure::Bytes(max), layers)
    }

    fn waste(&self, causes: &[Cause], paths: &[PathGlob]) -> Vec<Finding> {
        let globs = PathGlobs::new(paths, self.tree);
        let counts = |path: &[u8]| paths.is_empty() || globs.find(path).is_some();
        let items = self.analysis.waste.iter().filter(|item| causes.is_empty() || causes.contains(&item.cause));
        items
            .map(|item| (self.tree.path(item.node), item))
            .filter(|(path, _)| counts(path))
            .map(|(path, item)| Finding {
                path: Some(path),
                layer: Some(item.owner),
                bytes: Some(item.bytes),
                message: format!("{} by layer {}", item.cause, item.by),
                row: None,
            })
            .collect()
    }

    fn forbidden(&self, globs: &[PathGlob]) -> Vec<Finding> {
        let globs = PathGlobs::new(globs, self.tree);
        self.paths()
            .filter_map(|(path, node, occupant)| {
                let glob = globs.find(&path)?;
                let message = format!("is forbidden by {}", glob.text());
                let (layer, bytes) = self.written(node, occupant);
                Some(Finding { path: Some(path), layer, bytes, message, ..Finding::default() })
            })
            .collect()
    }

    /// The layer that made a path what it is, and the size of the file there, if it is one.
    fn written(&self, node: NodeId, occupant: Occupant) -> (Option<LayerIndex>, Option<u64>) {
        let Occupant::Inode(id) = occupant else {
            return (self.tree.events(node).next().map(|event| event.layer), None);
        };
        (self.tree.inode(id).map(|inode| inode.layer), self.file_size(id))
    }

    fn required(&self, globs: &[PathGlob]) -> Vec<Finding> {
        // One that is a path and no pattern may lead through a link at its end, too.
        let missing: Vec<PathGlob> =
            globs.iter().filter(|glob| self.tree.follow(glob.text().as_bytes(), TOP).is_none()).cloned().collect();
        let finding = |glob: &PathGlob| Finding { path: Some(glob.path().into()), ..Finding::say("is missing") };
        let missing = PathGlobs::new(&missing, self.tree).unmatched(self.paths().map(|(path, _, _)| path));
        missing.into_iter().map(finding).collect()
    }

    fn labels(&self, wanted: &[(String, WholeRegex)]) -> Vec<Finding> {
        let labels = &self.image.config.container.labels;
        let finding = |(key, regex): &(String, WholeRegex)| {
            let message = match labels.get(key) {
                None => format!("label {key} is missing"),
                Some(value) if !regex.is_match(value) => {
                    format!("label {key} is '{value}', which does not fit '{}'", regex.text())
                }
                Some(_) => return None,
            };
            Some(Finding::say(message))
        };
        wanted.iter().filter_map(finding).collect()
    }

    fn secret_ghosts(&self) -> Vec<Finding> {
        let waste = &self.analysis.waste;
        let finding = |(item, secret): (&WasteItem, Option<SecretName>)| {
            let SecretName { node, looks } = secret?;
            let path = Some(self.tree.path(node));
            let message = format!("looks like a secret: {looks}");
            Some(Finding { layer: Some(item.owner), bytes: Some(item.bytes), path, message, row: None })
        };
        waste.iter().zip(secrets(self.tree, waste)).filter_map(finding).collect()
    }

    fn set_uid(&self, allow: &[PathGlob]) -> Vec<Finding> {
        const SET_UID: u16 = 0o4000;
        let allow = PathGlobs::new(allow, self.tree);
        let finding = |(path, inode): (Vec<u8>, InodeId)| {
            let entry = self.tree.entry(inode).filter(|entry| entry.mode & SET_UID != 0)?;
            if allow.find(&path).is_some() {
                return None;
            }
            let message = format!("is set-uid (mode {:04o}, owner {})", entry.mode & 0o7777, entry.uid);
            let layer = self.tree.inode(inode).map(|inode| inode.layer);
            Some(Finding { path: Some(path), layer, bytes: Some(entry.size), message, ..Finding::default() })
        };
        self.files().filter_map(finding).collect()
    }
}

#[cfg(test)]
mod tests;
