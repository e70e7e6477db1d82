//! Files of the final image that have the same content at several paths. They are no waste: every one of them is there in
//! the end.

use super::Model;
use super::msg::Generation;
use super::state::Position;
use crate::analysis::{Duplicates, LiveFile};
use crate::bytes::Cancel;
use crate::progress::Observer;
use crate::tree::NodeId;
use std::sync::Arc;

/// A question: which files have the same content?
#[derive(Debug)]
pub(crate) struct AskCopies {
    /// The image.
    pub(crate) model: Arc<Model>,
    /// Ends it.
    pub(crate) cancel: Cancel,
}

impl AskCopies {
    /// Compares them; none if nobody waits for it any more.
    pub(crate) fn answer(&self, observer: &dyn Observer) -> Option<Result<Duplicates, String>> {
        let found = self.model.files.duplicates(observer, &self.cancel);
        (!self.cancel.is_cancelled()).then(|| found.map_err(|error| error.to_string()))
    }
}

/// The list as it is looked at. Closing it ends the comparing.
#[derive(Debug)]
pub(crate) struct Copies {
    /// The image.
    pub(crate) model: Arc<Model>,
    /// The number of the question.
    pub(crate) generation: Generation,
    /// Ends it.
    pub(crate) cancel: Cancel,
    /// How far it is: bytes of all bytes.
    pub(crate) done: Option<(u64, u64)>,
    /// What came of it.
    pub(crate) found: Option<Result<Duplicates, String>>,
    /// Each group, and its files.
    rows: Vec<CopyRow>,
    /// Where one is.
    pub(crate) at: Position,
}

/// One row.
#[derive(Debug, Clone, Copy)]
pub(crate) enum CopyRow {
    /// Files with one content: what one of them instead of all would save, how many there are, and the size of each.
    Group { saving: u64, count: usize, bytes: u64, first: LiveFile },
    /// One of them.
    File(LiveFile),
}

impl Copies {
    /// Before anything is known.
    pub(crate) fn new(model: Arc<Model>, generation: Generation, cancel: Cancel) -> Self {
        Self { model, generation, cancel, done: None, found: None, rows: Vec::new(), at: Position::default() }
    }

    /// Takes what came of it.
    pub(crate) fn take(&mut self, found: Result<Duplicates, String>) {
        self.rows.clear();
        for group in found.iter().flat_map(|found| &found.groups) {
            let Some(first) = group.files.first() else { continue };
            let (saving, count) = (group.saving(), group.files.len());
            self.rows.push(CopyRow::Group { saving, count, bytes: group.bytes, first: *first });
            self.rows.extend(group.files.iter().copied().map(CopyRow::File));
        }
        self.found = Some(found);
    }

    /// The rows.
    pub(crate) fn rows(&self) -> &[CopyRow] {
        &self.rows
    }

    /// The selected file; of a group the first one.
    pub(crate) fn selected(&self) -> Option<LiveFile> {
        match self.rows.get(self.at.cursor)? {
            CopyRow::Group { first, .. } => Some(*first),
            CopyRow::File(file) => Some(*file),
        }
    }

    /// Its path.
    pub(crate) fn node(&self) -> Option<NodeId> {
        Some(self.selected()?.node)
    }
}

impl Drop for Copies {
    fn drop(&mut self) {
        self.cancel.cancel();
    }
}
