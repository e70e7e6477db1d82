//! Another image compared with the one that is explored: its layers beside ours, and the paths that differ.

use super::ImageFiles;
use super::compare::CompareKey;
use super::diff::Other;
use super::msg::Generation;
use super::state::Position;
use crate::analysis::{Comparison, Difference};
use crate::bytes::Cancel;
use crate::report::DiffLayer;
use crate::tree::{Counts, Filter, InodeId, NodeId, Tree};
use std::sync::Arc;

/// Two images compared; ours is on the left.
#[derive(Debug)]
pub struct Rival {
    /// The tree of the other one.
    pub tree: Arc<Tree>,
    /// Its files.
    pub files: Arc<dyn ImageFiles>,
    /// The layers of both, aligned.
    pub layers: Vec<DiffLayer>,
    /// The paths that differ.
    pub comparison: Comparison,
    /// Files whose contents could not be compared, and why.
    pub failed: Vec<String>,
}

/// Another image that is to be read and compared.
#[derive(Debug)]
pub(crate) struct Challenge {
    /// What is asked.
    pub(crate) contents: Arc<dyn ImageFiles>,
    /// The other image, as it was typed.
    pub(crate) reference: String,
    /// Ends it.
    pub(crate) cancel: Cancel,
}

impl Challenge {
    /// Reads and compares it; none if nobody waits for it any more.
    pub(crate) fn answer(&self) -> Option<Result<Rival, String>> {
        let answer = self.contents.against(&self.reference, &self.cancel);
        (!self.cancel.is_cancelled()).then_some(answer)
    }
}

/// The comparison as it is looked at. Closing it ends the reading.
#[derive(Debug)]
pub(crate) struct Duel {
    /// The other image, as it was typed.
    pub(crate) reference: String,
    /// The number of the question.
    pub(crate) generation: Generation,
    /// Ends the reading.
    pub(crate) cancel: Cancel,
    /// What came of it.
    pub(crate) found: Option<Result<Rival, String>>,
    /// How many paths there are of each kind: counted once, not for each screen.
    pub(crate) counts: Counts,
    /// Where one is.
    pub(crate) at: Position,
    /// The order of the paths.
    pub(crate) key: CompareKey,
    /// Whether the other way round.
    pub(crate) reversed: bool,
    /// The filter of the paths, the last one that could be understood.
    pub(crate) filter: Option<Arc<Filter>>,
    /// The paths that it leaves, as numbers of differences, in their order.
    kept: Option<Vec<usize>>,
}

/// One row: layers come first.
#[derive(Debug, Clone, Copy)]
pub(crate) enum DuelRow<'a> {
    /// A layer of one image, or of both.
    Layer(&'a DiffLayer),
    /// A path that differs.
    Path(&'a Difference),
}

impl Duel {
    /// Before anything is known.
    pub(crate) fn new(reference: String, generation: Generation, cancel: Cancel) -> Self {
        let (found, counts, at) = (None, Counts::default(), Position::default());
        let (key, reversed, filter, kept) = (CompareKey::default(), false, None, None);
        Self { reference, generation, cancel, found, counts, at, key, reversed, filter, kept }
    }

    /// Shows only what a filter matches, and of layers nothing; `ours` is the tree of our image.
    pub(crate) fn narrow(&mut self, ours: &Tree, filter: Option<Arc<Filter>>) {
        self.keep_selected(|duel| {
            duel.filter = filter;
            duel.sift(ours);
        });
    }

    fn sift(&mut self, ours: &Tree) {
        self.kept = self.rival().zip(self.filter.as_deref()).map(|(rival, filter)| {
            let fits = |difference: &Difference| difference.fits([(ours, filter), (&rival.tree, filter)]);
            let differences = rival.comparison.differences.iter().enumerate();
            differences.filter(|(_, difference)| fits(difference)).map(|(index, _)| index).collect()
        });
    }

    /// Takes what came of the reading.
    pub(crate) fn take(&mut self, ours: &Tree, found: Result<Rival, String>) {
        self.counts = found.as_ref().map(|rival| rival.comparison.counts()).unwrap_or_default();
        self.found = Some(found);
        self.sort();
        // A filter may have been typed meanwhile.
        self.sift(ours);
    }

    /// What was found.
    pub(crate) fn rival(&self) -> Option<&Rival> {
        self.found.as_ref()?.as_ref().ok()
    }

    /// How many rows there are.
    pub(crate) fn len(&self) -> usize {
        let all = || self.rival().map_or(0, |rival| rival.layers.len() + rival.comparison.differences.len());
        self.kept.as_ref().map_or_else(all, Vec::len)
    }

    /// One row.
    pub(crate) fn row(&self, index: usize) -> Option<DuelRow<'_>> {
        let rival = self.rival()?;
        if let Some(kept) = &self.kept {
            return rival.comparison.differences.get(*kept.get(index)?).map(DuelRow::Path);
        }
        match index.checked_sub(rival.layers.len()) {
            None => rival.layers.get(index).map(DuelRow::Layer),
            Some(index) => rival.comparison.differences.get(index).map(DuelRow::Path),
        }
    }

    /// The selected path of our image; none if only the other one has it.
    pub(crate) fn selected(&self) -> Option<NodeId> {
        match self.row(self.at.cursor)? {
            DuelRow::Path(difference) => Some(difference.left?.node),
            DuelRow::Layer(_) => None,
        }
    }

    /// What our image has at the selected path, and what the other one has; none if one has nothing there.
    pub(crate) fn both(&self) -> Option<(InodeId, Other)> {
        let (rival, DuelRow::Path(difference)) = (self.rival()?, self.row(self.at.cursor)?) else { return None };
        let (left, inode) = (difference.left?.inode?, difference.right?.inode?);
        let layer = rival.tree.inode(inode)?.layer;
        let made = rival.layers.iter().find(|row| row.right == Some(layer));
        let other = Other {
            reference: self.reference.clone(),
            tree: Arc::clone(&rival.tree),
            files: Arc::clone(&rival.files),
            inode,
            instruction: made.map_or_else(String::new, |row| row.instruction.clone()),
        };
        Some((left, other))
    }

    /// Puts the paths in another order.
    pub(crate) fn sort_by(&mut self, ours: &Tree, key: CompareKey, reversed: bool) {
        self.keep_selected(|duel| {
            (duel.key, duel.reversed) = (key, reversed);
            duel.sort();
            duel.sift(ours);
        });
    }

    /// Shows the rows otherwise. The path that was selected still is; without one, and where it is not shown any more,
    /// it is what stands where one was.
    fn keep_selected(&mut self, change: impl FnOnce(&mut Self)) {
        let selected = match self.row(self.at.cursor) {
            Some(DuelRow::Path(difference)) => Some(difference.path.clone()),
            Some(DuelRow::Layer(_)) | None => None,
        };
        change(self);
        let found = selected.and_then(|path| (0..self.len()).find(|index| self.is_path(*index, &path)));
        self.at.cursor = found.unwrap_or(self.at.cursor);
    }

    fn is_path(&self, index: usize, path: &[u8]) -> bool {
        matches!(self.row(index), Some(DuelRow::Path(difference)) if difference.path == path)
    }

    fn sort(&mut self) {
        let (key, reversed) = (self.key, self.reversed);
        if let Some(Ok(rival)) = &mut self.found {
            key.sort(&mut rival.comparison, reversed);
        }
    }
}

impl Drop for Duel {
    fn drop(&mut self) {
        self.cancel.cancel();
    }
}
