//! The life of a path over the view: one row for each layer that did something to it, and where its bytes still are.

use super::Model;
use super::state::{Fact, Position};
use super::text::{self, human};
use super::theme::Role;
use crate::analysis::{Deed, Step, Timeline};
use crate::image::LayerIndex;
use crate::listing::EntryKind;
use crate::report::{self, Units};
use std::sync::Arc;

/// A path whose life is looked at.
#[derive(Debug)]
pub(crate) struct Life {
    /// The image.
    pub(crate) model: Arc<Model>,
    /// What happened, oldest first.
    pub(crate) timeline: Timeline,
    /// The selected row.
    pub(crate) at: Position,
}

impl Life {
    /// The life of a path, with its last event selected.
    pub(crate) fn of(model: Arc<Model>, timeline: Timeline) -> Self {
        let at = Position { cursor: timeline.steps.len().saturating_sub(1), offset: 0 };
        Self { model, timeline, at }
    }

    /// More layers are understood.
    pub(crate) fn grow(&mut self, model: &Arc<Model>) {
        self.timeline = Timeline::of(&model.tree, self.timeline.node);
        self.model = Arc::clone(model);
    }

    /// Whether nothing is left of the path after the selected event.
    pub(crate) fn is_gone(&self) -> bool {
        self.step().is_none_or(Step::takes_away)
    }

    /// The selected event.
    pub(crate) fn step(&self) -> Option<&Step> {
        self.timeline.steps.get(self.at.cursor)
    }
}

/// All rows of a life, oldest first.
pub(crate) fn rows(model: &Model, timeline: &Timeline, units: Units) -> Vec<Fact> {
    timeline.steps.iter().map(|step| row(model, step, units)).collect()
}

/// Where the path is, or where its bytes still are.
pub(crate) fn sentence(model: &Model, timeline: &Timeline) -> Fact {
    let role = if timeline.dead_in.is_empty() { Role::Text } else { Role::Waste };
    let summary = report::timeline_summary(timeline);
    match model.last_layer().filter(|_| model.is_draft) {
        Some(last) => (format!("{} so far: {summary}", text::span(LayerIndex(0), last)), role),
        None => (summary, role),
    }
}

/// The same in rows of so many columns.
pub(crate) fn sentence_rows(model: &Model, timeline: &Timeline, columns: usize) -> Vec<Fact> {
    let (text, role) = sentence(model, timeline);
    text::wrap(&text, columns).into_iter().map(|line| (line, role)).collect()
}

/// `+ L6   19 B      0644 0:0         COPY . .`
fn row(model: &Model, step: &Step, units: Units) -> Fact {
    let what = match step.deed {
        Deed::Written | Deed::Linked => written(model, step, units),
        Deed::Implied => "named as a parent".to_owned(),
        Deed::Removed => "removed".to_owned(),
        Deed::RemovedAbove => "removed with its directory".to_owned(),
        Deed::Hidden => "hidden by an opaque marker".to_owned(),
        Deed::Opaque => "hides what was in it".to_owned(),
        Deed::ReplacedAbove => "a path above was replaced".to_owned(),
    };
    let instruction = text::instruction(model.image.instruction(step.layer));
    let (marker, layer) = (step.marker(), step.layer.to_string());
    (format!("{marker} L{layer:<3} {what:<26} {instruction}"), Role::Change(step.change))
}

fn written(model: &Model, step: &Step, units: Units) -> String {
    let Some(entry) = step.inode.and_then(|inode| model.tree.entry(inode)) else { return String::new() };
    let size = if entry.kind == EntryKind::File { human(entry.size, units) } else { text::kind(entry.kind).to_owned() };
    let link = if step.deed == Deed::Linked { " link" } else { "" };
    let leads = match entry.kind {
        EntryKind::Symlink => format!(" -> {}", text::name(entry.link())),
        _ => String::new(),
    };
    format!("{size:<9} {:04o} {}:{}{link}{leads}", entry.mode, entry.uid, entry.gid)
}
