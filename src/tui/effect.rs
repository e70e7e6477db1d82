//! What `update` wants done outside of the state, and the worker that does the slow part of it.

use super::compare::Compare;
use super::diff::Pair;
use super::extract::Order;
use super::files::{Files, List};
use super::find::{MOST_HITS, Search};
use super::msg::{Generation, Msg};
use super::scene::{Look, Scene, Source};
use super::{ImageFiles, Model};
use crate::analysis::Comparison;
use crate::bytes::Cancel;
use crate::image::LayerIndex;
use crate::tree::{Filter, Found, InodeId, Lens, LensView, NodeId, Outline, Tree};
use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::mpsc::Receiver;

/// What has to be done outside of the state.
#[derive(Debug)]
pub(crate) enum Effect {
    /// Make what a lens shows.
    Look(Generation, Look),
    /// Find out which wasted items a filter leaves.
    Sift(Generation, Sift),
    /// List the files of a lens.
    List(Generation, List),
    /// Compare two points of the image.
    Differ(Generation, Compare),
    /// Find paths.
    Find(Generation, Search),
    /// Read the beginning of a file.
    Read(Generation, Read),
    /// Compare two versions of a file.
    Compare(Generation, Pair),
    /// Write paths to a folder.
    Extract(Generation, Order),
    /// Put text into the clipboard of the terminal.
    Copy(String),
    /// Tell the loader which image was chosen.
    Choose(usize),
    /// Give the terminal back and stop until continued.
    Suspend,
    /// Leave.
    Quit,
    /// Leave, because nothing can be shown.
    Fail(String),
}

/// A question about wasted items.
#[derive(Debug)]
pub(crate) struct Sift {
    /// The image.
    pub(crate) model: Arc<Model>,
    /// One path for each group of items.
    pub(crate) nodes: Vec<NodeId>,
    /// What to keep.
    pub(crate) filter: Arc<Filter>,
}

/// A file that is to be read.
#[derive(Debug)]
pub(crate) struct Read {
    /// Where from.
    pub(crate) contents: Arc<dyn ImageFiles>,
    /// Which.
    pub(crate) inode: InodeId,
    /// As many bytes as are wanted.
    pub(crate) most: u64,
    /// Ends it.
    pub(crate) cancel: Cancel,
}

impl Read {
    /// Reads it; none if nobody waits for it any more.
    pub(crate) fn answer(&self) -> Option<Result<Vec<u8>, String>> {
        let read = self.contents.read(self.inode, self.most, &self.cancel);
        (!self.cancel.is_cancelled()).then(|| read.map_err(|error| error.to_string()))
    }
}

/// A question to the worker.
#[derive(Debug)]
pub(crate) enum Job {
    /// What a lens shows.
    Look(Generation, Look),
    /// Which wasted items a filter leaves.
    Sift(Generation, Sift),
    /// The files of a lens.
    List(Generation, List),
    /// In what two points of the image differ.
    Differ(Generation, Compare),
    /// Paths that are like what was typed.
    Find(Generation, Search),
}

/// How many lenses are kept, a byte for each path: one goes to and fro between two, and the wasted items have another.
const KEPT_LENSES: usize = 4;

/// The tree that was asked about last, prepared, and its last lenses, newest last.
#[derive(Debug, Default)]
struct Lenses {
    outline: Option<(Source, Arc<Outline>)>,
    views: VecDeque<Arc<LensView>>,
}

impl Lenses {
    fn outline(&mut self, source: &Source) -> Arc<Outline> {
        if let Some((kept, outline)) = &self.outline
            && kept.is_same(source)
        {
            return Arc::clone(outline);
        }
        self.views.clear();
        let threads = std::thread::available_parallelism().map_or(1, usize::from);
        let outline = Arc::new(Outline::of(source.tree(), threads));
        self.outline = Some((source.clone(), Arc::clone(&outline)));
        outline
    }

    fn view(&mut self, source: &Source, lens: impl FnOnce(&Tree) -> Lens) -> Arc<LensView> {
        let outline = self.outline(source);
        let lens = lens(outline.tree());
        if let Some(view) = self.views.iter().find(|view| view.lens() == lens) {
            return Arc::clone(view);
        }
        let view = Arc::new(outline.view(lens));
        if self.views.len() >= KEPT_LENSES {
            self.views.pop_front();
        }
        self.views.push_back(Arc::clone(&view));
        view
    }
}

/// Answers questions until nobody can ask any more. Of questions of one kind that wait, only the newest is answered.
/// `answer` says whether there is still somebody to listen.
pub(crate) fn work(jobs: &Receiver<Job>, answer: impl Fn(Msg) -> bool) {
    let mut lenses = Lenses::default();
    while let Ok(first) = jobs.recv() {
        let (mut newest_look, mut newest_sift, mut newest_list) = (None, None, None);
        let (mut newest_find, mut newest_differ) = (None, None);
        for job in std::iter::once(first).chain(jobs.try_iter()) {
            match job {
                Job::Look(generation, question) => newest_look = Some((generation, question)),
                Job::Sift(generation, question) => newest_sift = Some((generation, question)),
                Job::List(generation, question) => newest_list = Some((generation, question)),
                Job::Find(generation, question) => newest_find = Some((generation, question)),
                Job::Differ(generation, question) => newest_differ = Some((generation, question)),
            }
        }
        if let Some((generation, question)) = newest_look {
            let scene = Arc::new(see(&question, &mut lenses));
            if !answer(Msg::Looked(generation, scene)) {
                return;
            }
        }
        if let Some((generation, question)) = newest_sift {
            let kept = sift(&question, &mut lenses);
            if !answer(Msg::Sifted(generation, kept)) {
                return;
            }
        }
        if let Some((generation, question)) = newest_list {
            let files = Arc::new(list(&question, &mut lenses));
            if !answer(Msg::Listed(generation, files)) {
                return;
            }
        }
        if let Some((generation, question)) = newest_find {
            let found = search(&question, &mut lenses);
            if !answer(Msg::Found(generation, found)) {
                return;
            }
        }
        if let Some((generation, question)) = newest_differ {
            let comparison = Arc::new(differ(&question, &mut lenses));
            if !answer(Msg::Differed(generation, comparison)) {
                return;
            }
        }
    }
}

fn see(question: &Look, lenses: &mut Lenses) -> Scene {
    Scene::of(lenses.view(&question.source, |tree| question.lens_in(tree)), question)
}

fn list(question: &List, lenses: &mut Lenses) -> Files {
    Files::of(lenses.view(&Source::Tree(Arc::clone(&question.tree)), |_| question.lens), question)
}

fn sift(question: &Sift, lenses: &mut Lenses) -> Vec<bool> {
    question.filter.select(&whole(&question.model, lenses), &question.nodes)
}

fn search(question: &Search, lenses: &mut Lenses) -> Found {
    question.filter.search(&whole(&question.model, lenses), MOST_HITS)
}

fn differ(question: &Compare, lenses: &mut Lenses) -> Comparison {
    let (first, last) = (question.left.min(question.right), question.left.max(question.right));
    let between = Lens { first: LayerIndex(first.0.saturating_add(1)), last };
    question.answer(&lenses.view(&Source::Tree(Arc::clone(&question.model.tree)), |_| between))
}

/// What the lens of the whole image shows.
fn whole(model: &Model, lenses: &mut Lenses) -> Arc<LensView> {
    let source = Source::Tree(Arc::clone(&model.tree));
    lenses.view(&source, |tree| Lens::up_to(LayerIndex(tree.layers().saturating_sub(1))))
}

/// Answers one question at once, for tests.
#[cfg(test)]
pub(crate) fn answer(effect: Effect) -> Option<Msg> {
    let mut lenses = Lenses::default();
    match effect {
        Effect::Look(generation, question) => Some(Msg::Looked(generation, Arc::new(see(&question, &mut lenses)))),
        Effect::Sift(generation, question) => Some(Msg::Sifted(generation, sift(&question, &mut lenses))),
        Effect::List(generation, question) => Some(Msg::Listed(generation, Arc::new(list(&question, &mut lenses)))),
        Effect::Differ(generation, question) => {
            Some(Msg::Differed(generation, Arc::new(differ(&question, &mut lenses))))
        }
        Effect::Find(generation, question) => Some(Msg::Found(generation, search(&question, &mut lenses))),
        Effect::Read(generation, read) => read.answer().map(|read| Msg::Read(generation, read)),
        Effect::Extract(generation, order) => order.answer().map(|done| Msg::Extracted(generation, done)),
        Effect::Compare(generation, pair) => pair.answer().map(|difference| Msg::Compared(generation, difference)),
        _ => None,
    }
}
