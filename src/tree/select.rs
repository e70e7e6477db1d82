//! Which of the paths that a lens shows one wants to see, and what they amount to.

use super::bits::{Bits, WORD, in_parts};
use super::outline::Mark;
use super::view::Sums;
use super::{Change, Filter, LensView, NodeId};
use std::ops::Range;
use std::sync::{Arc, OnceLock};

/// Which kinds of change are shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "each has a key of its own")]
pub struct Kinds {
    /// `+`
    pub added: bool,
    /// `~` and `%`
    pub modified: bool,
    /// `-`
    pub removed: bool,
    /// `=`
    pub unchanged: bool,
    /// Nothing but files that are there at the end of the lens and dead in the end.
    pub wasted_only: bool,
}

impl Default for Kinds {
    /// All that changed.
    fn default() -> Self {
        Self { added: true, modified: true, removed: true, unchanged: false, wasted_only: false }
    }
}

impl Kinds {
    fn shows(self, mark: Mark) -> bool {
        let kind = match mark.change() {
            None => false,
            Some(Change::Added) => self.added,
            Some(Change::Content | Change::Metadata) => self.modified,
            Some(Change::Removed) => self.removed,
            Some(Change::Unchanged) => self.unchanged,
        };
        kind && (!self.wasted_only || mark.has(Mark::DEAD))
    }
}

/// Paths under a lens that are shown for their own sake, with figures for every directory.
#[derive(Debug)]
pub struct Selection {
    view: Arc<LensView>,
    sums: Sums,
    /// What they cost to pull, once somebody asks.
    costs: OnceLock<Costs>,
}

impl Selection {
    /// What a lens shows of some kinds (or of all of them), and a filter lets through. The root is never in it.
    pub fn of(view: Arc<LensView>, kinds: Option<Kinds>, filter: Option<&Filter>) -> Self {
        let shows = |mark: Mark| kinds.map_or(mark.change().is_some(), |kinds| kinds.shows(mark));
        let mut hits = marked(&view, shows);
        hits.remove(0);
        if let Some(filter) = filter {
            filter.keep(&view, &mut hits);
        }
        let sums = Sums::of(&view, hits);
        Self { view, sums, costs: OnceLock::new() }
    }

    /// The lens.
    pub fn view(&self) -> &Arc<LensView> {
        &self.view
    }

    /// Whether the path itself is shown, not only something below it.
    pub fn is_hit(&self, node: NodeId) -> bool {
        self.sums.is_hit(self.view.outline().place(node))
    }

    /// All paths that are shown for their own sake, in the order of the outline.
    pub fn hits(&self) -> impl Iterator<Item = NodeId> + '_ {
        self.sums.hits().map(|place| self.view.outline().node_at(place))
    }

    /// The first path below this one that is shown for its own sake, in the order of the outline.
    pub fn first_below(&self, node: NodeId) -> Option<NodeId> {
        let stretch = self.view.outline().stretch(node);
        self.sums.first(stretch.start + 1..stretch.end).map(|place| self.view.outline().node_at(place))
    }

    /// How many paths at or below this one are shown for their own sake.
    pub fn below(&self, node: NodeId) -> u32 {
        self.sums.count(&self.view, node)
    }

    /// Bytes of what is shown at or below a path: of each file as [`LensView::bytes`] has it.
    pub fn bytes(&self, node: NodeId) -> u64 {
        self.sums.bytes(&self.view, node)
    }

    /// Bytes of stored blobs that what is shown at or below a path accounts for: each path as [`super::Tree::pull_cost`]
    /// has it under the lens. `None` if some of that is not known. The first question is a pass over all paths.
    pub fn pull_cost(&self, node: NodeId) -> Option<u64> {
        let costs = self.costs.get_or_init(|| Costs::of(&self.view, &self.sums));
        costs.of_stretch(self.view.outline().stretch(node))
    }
}

/// What the paths before each place cost.
#[derive(Debug)]
struct Costs {
    /// By place, and at the end: the known costs of all before.
    before: Vec<u64>,
    /// The places whose costs are not known.
    unknown: Vec<usize>,
}

impl Costs {
    fn of(view: &LensView, sums: &Sums) -> Self {
        let (outline, lens) = (view.outline(), view.lens());
        let parts = in_parts(outline.len(), outline.threads(), |places| {
            let cost = |place: usize| {
                if sums.is_hit(place) { outline.tree().pull_cost(outline.node_at(place), lens) } else { Some(0) }
            };
            places.map(cost).collect::<Vec<_>>()
        });
        let mut costs = Self { before: Vec::with_capacity(outline.len() + 1), unknown: Vec::new() };
        let mut sum = 0;
        for (place, cost) in parts.into_iter().flatten().enumerate() {
            costs.before.push(sum);
            sum += cost.unwrap_or(0);
            costs.unknown.extend(cost.is_none().then_some(place));
        }
        costs.before.push(sum);
        costs
    }

    fn of_stretch(&self, places: Range<usize>) -> Option<u64> {
        let first = self.unknown.partition_point(|place| *place < places.start);
        if self.unknown.get(first).is_some_and(|place| *place < places.end) {
            return None;
        }
        self.before.get(places.end)?.checked_sub(*self.before.get(places.start)?)
    }
}

/// The places whose marks pass.
pub(super) fn marked(view: &LensView, passes: impl Fn(Mark) -> bool) -> Bits {
    let passes: Vec<u64> = Mark::all().map(|mark| u64::from(passes(mark))).collect();
    let word = |marks: &[Mark]| {
        let bit = |mark: &Mark| passes.get(mark.index()).copied().unwrap_or(0);
        marks.iter().rev().fold(0, |word, mark| word << 1 | bit(mark))
    };
    let threads = view.outline().threads();
    let words = in_parts(view.marks().len(), threads, |places| {
        view.marks().get(places).unwrap_or_default().chunks(WORD).map(word).collect::<Vec<u64>>()
    });
    Bits::of(words.concat())
}
