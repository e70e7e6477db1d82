//! Finding a path of any layer while typing, with its life and its content.

use super::Model;
use super::msg::Generation;
use super::state::{Fact, Position};
use super::text;
use super::viewer::Viewer;
use crate::analysis::Timeline;
use crate::image::LayerIndex;
use crate::tree::{Filter, Found, NodeId};
use crossterm::event::KeyEvent;
use std::sync::Arc;
use tui_input::Input;

/// As many hits as anybody looks through; more are only counted.
pub(crate) const MOST_HITS: usize = 5_000;

/// What is looked for, and what was found.
#[derive(Debug)]
pub(crate) struct Find {
    /// The image.
    pub(crate) model: Arc<Model>,
    /// What was typed.
    pub(crate) input: Input,
    /// Why it is not understood; what was found before stays.
    pub(crate) error: Option<String>,
    /// What was understood last.
    pub(crate) filter: Option<Arc<Filter>>,
    /// What was found.
    pub(crate) found: Found,
    /// By which filter.
    pub(crate) found_by: Option<Arc<Filter>>,
    /// Where one is.
    pub(crate) at: Position,
    /// The life of the selected path, and its last content, if it is a file.
    pub(crate) hit: Option<Hit>,
    /// What there is to say of it if it has no content: what it is, and where a link leads.
    pub(crate) facts: Vec<Fact>,
    /// Keys about the best hit, and those after them, that came before the answer was there.
    pub(crate) then: Vec<KeyEvent>,
    /// The number of the last question.
    pub(crate) generation: Generation,
    /// The number of the last question that was answered.
    pub(crate) answered: Generation,
}

/// The selected path.
#[derive(Debug)]
pub(crate) struct Hit {
    /// Its life.
    pub(crate) timeline: Timeline,
    /// Its last content.
    pub(crate) content: Option<Box<Viewer>>,
}

impl Hit {
    /// More layers are understood.
    pub(crate) fn grow(&mut self, model: &Arc<Model>) {
        self.timeline = Timeline::of(&model.tree, self.timeline.node);
        if let Some(viewer) = &mut self.content {
            viewer.grow(model);
        }
    }
}

/// A question: which paths are like what was typed?
#[derive(Debug)]
pub(crate) struct Search {
    /// The image.
    pub(crate) model: Arc<Model>,
    /// What was typed.
    pub(crate) filter: Arc<Filter>,
}

impl Find {
    /// Nothing typed yet.
    pub(crate) fn new(model: Arc<Model>) -> Self {
        Self {
            model,
            input: Input::default(),
            error: None,
            filter: None,
            found: Found::default(),
            found_by: None,
            at: Position::default(),
            hit: None,
            facts: Vec::new(),
            then: Vec::new(),
            generation: Generation::default(),
            answered: Generation::default(),
        }
    }

    /// More layers are understood.
    pub(crate) fn grow(&mut self, model: &Arc<Model>) {
        self.model = Arc::clone(model);
        if let Some(hit) = &mut self.hit {
            hit.grow(model);
        }
    }

    /// The selected path.
    pub(crate) fn selected(&self) -> Option<NodeId> {
        self.found.hits.get(self.at.cursor).copied()
    }

    /// Whether the answer to what was typed is still under way. What only knows more of contents has an answer already.
    pub(crate) fn waits(&self) -> bool {
        self.generation != self.answered && !self.asks_again()
    }

    /// Whether what was found is the answer to what is typed, as much as was known of contents then.
    pub(crate) fn asks_again(&self) -> bool {
        self.filter.as_ref().zip(self.found_by.as_ref()).is_some_and(|(filter, by)| filter.is_same(by))
    }
}

/// How many rows the parts of the screen get, list first: the list no more than it has, the life as many as it needs
/// (one for each of its events, and the closing sentence), the content what is left.
pub(crate) fn share(rows: usize, hits: usize, life: usize, has_content: bool) -> (usize, usize, usize) {
    const LEAST_LIST: usize = 3;
    const LEAST_CONTENT: usize = 4;
    let list = hits.min(LEAST_LIST).min(rows);
    // And a line above.
    let life = if life == 0 || rows < list + 3 { 0 } else { (life + 1).min(rows - list) };
    let left = rows - list - life;
    let content = if has_content && left >= LEAST_CONTENT { left } else { 0 };
    let more = if content > 0 { (left - LEAST_CONTENT).min(hits - list).min(rows / 4) } else { left.min(hits - list) };
    (list + more, life, content.saturating_sub(more))
}

/// Layers as one would write them: `L3`, `L6, L8`, `L9-L20`.
pub(crate) fn layers(timeline: &Timeline) -> String {
    let mut layers: Vec<LayerIndex> = timeline.steps.iter().map(|step| step.layer).collect();
    layers.dedup();
    let runs = layers.chunk_by(|a, b| a.0 + 1 == b.0);
    let spans = runs.filter_map(|run| Some(text::span(*run.first()?, *run.last()?)));
    spans.collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_screen_is_shared() {
        // Two hits with three events and a content; a path of twelve layers; many hits without content; no room.
        assert_eq!(share(16, 2, 4, true), (2, 5, 9));
        assert_eq!(share(16, 40, 13, true), (3, 13, 0));
        assert_eq!(share(16, 40, 2, false), (13, 3, 0));
        assert_eq!(share(16, 40, 2, true), (7, 3, 6));
        assert_eq!(share(16, 0, 0, false), (0, 0, 0));
        for rows in 0..40 {
            for hits in 0..30 {
                for steps in 0..20 {
                    for has_content in [false, true] {
                        let (list, life, content) = share(rows, hits, steps, has_content);
                        assert!(list + life + content <= rows && list <= hits, "{rows} {hits} {steps}");
                        assert!(list > 0 || hits == 0 || rows == 0);
                    }
                }
            }
        }
    }
}
