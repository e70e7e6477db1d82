//! How far the reading of an image is: before its manifest has come, and while its layers are read.

use super::state::{LayerRow, LensMode, State};
use super::text::{self, human};
use crate::image::{Image, LayerIndex};
use crate::listing::Listing;
use crate::report::Units;
use crate::tree::Lens;
use std::sync::Arc;

/// How far the opening is.
#[derive(Debug, Default)]
pub(crate) struct Opening {
    /// What the user typed.
    pub(crate) reference: String,
    /// Bytes read, and all bytes where that is known.
    pub(crate) read: Option<(u64, Option<u64>)>,
    /// What the input has turned out to be so far, for people.
    pub(crate) kind: String,
}

impl Opening {
    /// What the user typed, in words.
    pub(crate) fn name(&self) -> String {
        if self.reference == "-" { "standard input".to_owned() } else { text::prose(&self.reference) }
    }

    /// How much of it is read, once that is known.
    pub(crate) fn progress(&self, units: Units) -> Option<String> {
        Some(match self.read? {
            (read, Some(total)) => format!("{} of {} read", human(read, units), human(total, units)),
            (read, None) => format!("{} read", human(read, units)),
        })
    }
}

/// What is said of what has to wait for layers.
pub(crate) const LAYERS_MISSING: &str = "not yet: layers are still being read";

/// What is said of what has to wait for the documents.
pub(crate) const MANIFEST_MISSING: &str = "not yet: the manifest will tell the layers";

/// A layer of an input whose manifest has not come yet.
#[derive(Debug)]
pub(crate) struct Found {
    /// The member of the archive that it is, escaped.
    pub(crate) name: String,
    /// Its entries.
    pub(crate) listing: Arc<Listing>,
    /// Bytes of its regular files.
    pub(crate) shipped: u64,
    /// Why it has not more entries.
    pub(crate) error: Option<String>,
}

/// How far one layer is.
#[derive(Debug, Clone)]
pub(crate) enum Reading {
    /// Nothing was read yet.
    Waiting,
    /// So many stored bytes of so many.
    Partly(u64, u64),
    /// As much as there is.
    Done {
        /// Its entries.
        listing: Arc<Listing>,
        /// Bytes of its regular files.
        shipped: u64,
        /// Why there are not more.
        error: Option<String>,
    },
}

/// The image, as soon as its documents are read.
#[derive(Debug)]
pub(crate) struct Subject {
    /// What the documents say.
    pub(crate) image: Arc<Image>,
    /// The kind of the source.
    pub(crate) kind: String,
    /// What the user typed.
    pub(crate) reference: String,
    /// How far each layer is.
    pub(crate) reading: Vec<Reading>,
    /// The rows of the history as lines for reading, escaped.
    pub(crate) history: Vec<Vec<String>>,
    /// Input that has to be read before any layer is known: bytes read, and all bytes where that is known.
    pub(crate) input: Option<(u64, Option<u64>)>,
}

impl Subject {
    /// How many layers were read.
    pub(crate) fn finished(&self) -> usize {
        self.reading.iter().filter(|reading| matches!(reading, Reading::Done { .. })).count()
    }
}

impl State {
    /// How many layers are understood, the lowest ones first: all of them, once they are read.
    pub(crate) fn understood(&self) -> u32 {
        self.ready.as_ref().map_or(0, |ready| ready.model.tree.layers())
    }

    /// Whether all layers are.
    pub(crate) fn is_whole(&self) -> bool {
        self.ready.as_ref().is_some_and(|ready| !ready.model.is_draft)
    }

    /// Whether a layer is, and all below it.
    pub(crate) fn understands(&self, layer: LayerIndex) -> bool {
        self.is_whole() || layer.0 < self.understood()
    }

    /// The layers that are understood, in words, while there are others that are still being read.
    fn lowest(&self) -> Option<String> {
        let draft = self.ready.as_ref().map(|ready| &ready.model).filter(|model| model.is_draft)?;
        Some(text::span(LayerIndex(0), draft.last_layer()?))
    }

    /// Which layers figures are of, while there are others that are still being read: a part of a title.
    pub(crate) fn so_far(&self) -> String {
        self.lowest().map_or_else(String::new, |lowest| format!(" so far, {lowest}"))
    }

    /// What the lens of the tree is called: a layer whose place is not known yet is shown alone.
    pub(crate) fn tree_lens_name(&self) -> String {
        self.lens_name(if self.tree.is_alone() { LensMode::Alone } else { self.tree.mode })
    }

    /// What a mode is called.
    pub(crate) fn lens_name(&self, mode: LensMode) -> String {
        if self.subject.is_none() {
            return "one layer".to_owned();
        }
        match (mode, self.lowest()) {
            (LensMode::Whole, Some(lowest)) => format!("{lowest} so far"),
            _ => mode.name(self.layer()),
        }
    }

    /// What a mode shows of the layers that are understood; none if that is not enough for it.
    pub(crate) fn lens(&self, mode: LensMode) -> Option<Lens> {
        let lens = mode.lens(self.layer(), self.understood());
        self.understands(lens.last).then_some(lens)
    }

    /// The selected layer, while nobody can tell yet which one it is.
    pub(crate) fn found(&self) -> Option<&Found> {
        match self.layer_row()? {
            LayerRow::Found(index) => self.layers.found.get(index),
            LayerRow::Layer(_) | LayerRow::Empty(_) | LayerRow::Base => None,
        }
    }
}
