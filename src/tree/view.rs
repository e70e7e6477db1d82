//! What a lens shows.

use super::bits::{Bits, WORD, in_parts, ones};
use super::outline::{Mark, Outline};
use super::{Change, Counts, InodeId, Lens, NodeId, Tree};
use crate::image::LayerIndex;
use std::ops::Range;
use std::sync::{Arc, OnceLock};

/// What a lens makes of every path: one byte for each, and how many paths of each kind there are.
#[derive(Debug)]
pub struct LensView {
    outline: Arc<Outline>,
    lens: Lens,
    /// By place.
    marks: Vec<Mark>,
    counts: Counts,
    /// Figures of all paths, once somebody asks.
    whole: OnceLock<Sums>,
}

impl Outline {
    /// What a lens shows.
    pub fn view(self: &Arc<Self>, lens: Lens) -> LensView {
        // The last number stands for "never".
        let lens = Lens { last: lens.last.min(LayerIndex(u32::MAX - 1)), ..lens };
        let parts = in_parts(self.len(), self.threads(), |places| marks(self, lens, places));
        let mut counted = [0; Mark::COUNT];
        let mut marks = Vec::with_capacity(self.len());
        for (part, counts) in parts {
            marks.extend(part);
            for (sum, count) in counted.iter_mut().zip(counts) {
                *sum += count;
            }
        }
        let mut counts = Counts::default();
        for (mark, count) in Mark::all().zip(counted) {
            if let (true, Some(change)) = (mark.has(Mark::DESCRIBED), mark.change()) {
                counts.count(change, count);
            }
        }
        for place in self.first_names(lens) {
            if let Some(mark) = marks.get_mut(place) {
                mark.set(Mark::BYTES);
            }
        }
        LensView { outline: Arc::clone(self), lens, marks, counts, whole: OnceLock::new() }
    }
}

/// What a lens makes of some places, and how often it makes what of them; the root is left out there.
fn marks(outline: &Outline, lens: Lens, places: Range<usize>) -> (Vec<Mark>, [u64; Mark::COUNT]) {
    let mut counted = [0; Mark::COUNT];
    let mut marks = Vec::with_capacity(places.len());
    for (place, (first, further)) in places.clone().zip(outline.steps(places)) {
        let mark = match further {
            [] => Mark::of_one(first, lens),
            _ => Mark::of_many(outline.tree(), || outline.node_at(place), first, further, lens),
        };
        if let Some(count) = counted.get_mut(mark.index()) {
            *count += u64::from(place > 0);
        }
        marks.push(mark);
    }
    (marks, counted)
}

impl LensView {
    /// Which layers it shows.
    pub fn lens(&self) -> Lens {
        self.lens
    }

    /// The tree it shows, prepared.
    pub fn outline(&self) -> &Arc<Outline> {
        &self.outline
    }

    /// The tree it shows.
    pub fn tree(&self) -> &Arc<Tree> {
        self.outline.tree()
    }

    /// What the lens does to a path; none if the path exists neither before nor after it.
    pub fn change(&self, node: NodeId) -> Option<Change> {
        self.mark(node).change()
    }

    /// The name at which the bytes of a file with several names count under the lens: the first one in byte order of those
    /// that it has at the end of it. None for a file that never had another name.
    pub fn first_name(&self, inode: InodeId) -> Option<NodeId> {
        self.outline.first_name(inode, self.lens)
    }

    /// Bytes under the lens: of a file the size of the version that a layer of the lens wrote, if it is still there
    /// at the end of the lens; of a directory the sum of what is below it. Names of one inode count once, at the first.
    pub fn bytes(&self, node: NodeId) -> u64 {
        let all = || Sums::of(self, Bits::of(vec![u64::MAX; self.outline.len().div_ceil(WORD)]));
        self.whole.get_or_init(all).bytes(self, node)
    }

    /// How many paths of each kind of change there are, implied parents and the root left out.
    pub fn counts(&self) -> Counts {
        self.counts
    }

    pub(super) fn mark(&self, node: NodeId) -> Mark {
        self.marks.get(self.outline.place(node)).copied().unwrap_or_default()
    }

    /// By place.
    pub(super) fn marks(&self) -> &[Mark] {
        &self.marks
    }

    /// Whether the bytes of the path at a place count under the lens.
    fn has_bytes(&self, place: usize) -> bool {
        self.marks.get(place).is_some_and(|mark| mark.has(Mark::BYTES))
    }
}

/// Some of the places, and for any stretch how many of them are in it, and with how many bytes.
#[derive(Debug)]
pub(super) struct Sums {
    hits: Bits,
    /// By word of `hits`, and at their end: how many of them come before.
    before: Vec<u32>,
    /// The same for the bytes of those that come before.
    bytes_before: Vec<u64>,
}

impl Sums {
    pub(super) fn of(view: &LensView, hits: Bits) -> Self {
        let own = in_parts(view.marks.len(), view.outline.threads(), |places| bytes_of_words(view, &hits, places));
        let mut before = Vec::with_capacity(hits.words().len() + 1);
        let mut bytes_before = Vec::with_capacity(hits.words().len() + 1);
        let (mut count, mut bytes) = (0, 0);
        for (word, own) in hits.words().iter().zip(own.into_iter().flatten()) {
            before.push(count);
            bytes_before.push(bytes);
            count += word.count_ones();
            bytes += own;
        }
        before.push(count);
        bytes_before.push(bytes);
        Self { hits, before, bytes_before }
    }

    pub(super) fn is_hit(&self, place: usize) -> bool {
        self.hits.has(place)
    }

    /// All hits, in order.
    pub(super) fn hits(&self) -> impl Iterator<Item = usize> + '_ {
        self.hits.words().iter().enumerate().flat_map(|(index, word)| ones(*word).map(move |bit| index * WORD + bit))
    }

    /// The first hit of some places.
    pub(super) fn first(&self, places: Range<usize>) -> Option<usize> {
        let mut ahead = self.hits.words().iter().enumerate().skip(places.start / WORD).map(|(index, word)| {
            let ahead = if index == places.start / WORD { u64::MAX << (places.start % WORD) } else { u64::MAX };
            (index * WORD, word & ahead)
        });
        let found = ahead.find(|(start, word)| *word != 0 || start + WORD >= places.end);
        let (start, word) = found.filter(|(_, word)| *word != 0)?;
        Some(start + word.trailing_zeros() as usize).filter(|place| *place < places.end)
    }

    /// How many hits there are at or below a node.
    pub(super) fn count(&self, view: &LensView, node: NodeId) -> u32 {
        let stretch = view.outline.stretch(node);
        self.count_before(stretch.end).saturating_sub(self.count_before(stretch.start))
    }

    fn count_before(&self, place: usize) -> u32 {
        let word = self.hits.words().get(place / WORD).copied().unwrap_or(0);
        self.before.get(place / WORD).copied().unwrap_or(0) + (word & !(u64::MAX << (place % WORD))).count_ones()
    }

    /// Bytes of the hits at or below a node.
    pub(super) fn bytes(&self, view: &LensView, node: NodeId) -> u64 {
        let stretch = view.outline.stretch(node);
        let (first, last) = (stretch.start.div_ceil(WORD), stretch.end / WORD);
        if first >= last {
            return self.bytes_of(view, stretch);
        }
        let before = |word: usize| self.bytes_before.get(word).copied().unwrap_or(0);
        let edges = self.bytes_of(view, stretch.start..first * WORD) + self.bytes_of(view, last * WORD..stretch.end);
        before(last) - before(first) + edges
    }

    fn bytes_of(&self, view: &LensView, places: Range<usize>) -> u64 {
        let mut counted = places.filter(|place| self.hits.has(*place) && view.has_bytes(*place)).peekable();
        let Some(first) = counted.peek() else { return 0 };
        let mut sizes = view.outline.sizes(*first, view.lens.last);
        counted.map(|place| sizes.at(place)).sum()
    }
}

/// For each word at some places the bytes of what it has.
fn bytes_of_words(view: &LensView, hits: &Bits, places: Range<usize>) -> Vec<u64> {
    let words = hits.words().get(places.start / WORD..places.end.div_ceil(WORD)).unwrap_or_default();
    let mut sizes = view.outline.sizes(places.start, view.lens.last);
    let mut bytes = |(word, start): (&u64, usize)| {
        let counted = ones(*word).map(|bit| start + bit).filter(|place| view.has_bytes(*place));
        counted.map(|place| sizes.at(place)).sum()
    };
    words.iter().zip((places.start..).step_by(WORD)).map(&mut bytes).collect()
}
