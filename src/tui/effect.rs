//! What `update` wants done outside of the state, and the worker that does the slow part of it.

use super::compare::Compare;
use super::copies::AskCopies;
use super::diff::Pair;
use super::extract::{Fetch, Fetched, Order};
use super::files::{Files, List};
use super::find::{MOST_HITS, Search};
use super::highlight::paint;
use super::inquest::Ask;
use super::menu::AskDigest;
use super::msg::{Generation, Msg};
use super::rival::Challenge;
use super::scene::{Look, Scene, Source};
use super::viewer::{MOST, Reading, looks_like_text};
use super::{ImageFiles, Insight, Model};
use crate::analysis::{Inside, dive_details, without_saves};
use crate::bytes::Cancel;
use crate::image::LayerIndex;
use crate::progress::{Observer, Progress};
use crate::tree::{Filter, InodeId, Inquiry, Lens, LensView, Line, Needle, NodeId, Outline, Searcher, Tree};
use std::collections::VecDeque;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::Receiver;

/// What has to be done outside of the state.
#[derive(Debug)]
pub(crate) enum Effect {
    /// Ask the worker.
    Ask(Generation, Job),
    /// Read the beginning of a file.
    Read(Generation, Read),
    /// Compare two versions of a file.
    Compare(Generation, Pair),
    /// Read another image and compare this one with it.
    Challenge(Generation, Challenge),
    /// Find files with the same content.
    FindCopies(Generation, AskCopies),
    /// Read a file for its SHA-256.
    Digest(Generation, AskDigest),
    /// Count the waste as dive does.
    CountAsDive(Generation, Arc<Model>),
    /// Count what would not be shipped without some paths.
    Weigh(Generation, Arc<Tree>, Vec<NodeId>),
    /// Find out what a filter asks of contents.
    Inquire(Generation, Ask),
    /// Write paths to a folder.
    Extract(Generation, Order),
    /// Write one file for the user's editor.
    Fetch(Generation, Fetch),
    /// Open a file in this editor.
    Edit(String, Fetched),
    /// Write a text to a file.
    Save(TextFile),
    /// Put text into the clipboard.
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

/// A text that is to be written to a file.
#[derive(Debug)]
pub(crate) struct TextFile {
    /// Who writes.
    pub(crate) contents: Arc<dyn ImageFiles>,
    /// Where to.
    pub(crate) to: PathBuf,
    /// What.
    pub(crate) text: String,
}

/// A file that is to be read.
#[derive(Debug)]
pub(crate) struct Read {
    /// Where from.
    pub(crate) contents: Arc<dyn ImageFiles>,
    /// What it is called.
    pub(crate) name: Vec<u8>,
    /// Where it is.
    pub(crate) node: NodeId,
    /// Which version of it.
    pub(crate) inode: InodeId,
    /// Where to begin.
    pub(crate) from: u64,
    /// As many bytes as are wanted.
    pub(crate) most: u64,
    /// What it was found by, if that is in it.
    pub(crate) needle: Option<Needle>,
    /// Ends it.
    pub(crate) cancel: Cancel,
}

impl Read {
    /// Reads it; none if nobody waits for it any more.
    pub(crate) fn answer(&self, observer: &dyn Observer) -> Option<Result<Reading, String>> {
        let read = self.contents.read(self.inode, self.from, self.most, observer, &self.cancel);
        let read = read.map(|bytes| self.understand(bytes)).map(|mut reading| {
            reading.found = self.needle.as_ref().and_then(|needle| self.first_line(needle, &reading.bytes, observer));
            reading
        });
        let read = read.map_err(|error| error.to_string());
        (!self.cancel.is_cancelled()).then_some(read)
    }

    /// The first line of the file that has a needle. What was read is not read again: only behind its last whole line is
    /// there more to look through.
    fn first_line(&self, needle: &Needle, bytes: &[u8], observer: &dyn Observer) -> Option<Line> {
        if self.from > 0 {
            return None;
        }
        let is_whole = (bytes.len() as u64) < self.most;
        let end = if is_whole { bytes.len() } else { memchr::memrchr(b'\n', bytes).map_or(0, |at| at + 1) };
        // That it cannot be told where it is is no reason not to show what is there.
        match needle.first_line(bytes.get(..end).unwrap_or_default()) {
            Ok(None) if !is_whole => {
                self.contents.first_line(self.inode, needle, observer, &self.cancel).ok().flatten()
            }
            found => found.ok().flatten(),
        }
    }

    /// Tells what the words of a text are, or what is in anything else.
    fn understand(&self, bytes: Vec<u8>) -> Reading {
        if self.from > 0 {
            // What is in the midst of a file says nothing of the whole of it.
            return bytes.into();
        }
        let start = bytes.get(..Inside::START).unwrap_or(&bytes);
        if !Inside::is_known(start) {
            let paints = if looks_like_text(&bytes) {
                paint(&String::from_utf8_lossy(&self.name), &String::from_utf8_lossy(&bytes), &self.cancel)
            } else {
                Vec::new()
            };
            return Reading { bytes, paints, ..Reading::default() };
        }
        // A glance looks at the beginning alone. What cannot be looked into is still there as bytes.
        let insight = if self.most < MOST {
            let is_whole = (bytes.len() as u64) < self.most;
            Inside::of(&bytes, &self.cancel).map(|inside| {
                // Where the libraries of a program are is not looked up for a glance.
                let says_all = is_whole && matches!(inside, Inside::Archive(_));
                let part = (!says_all).then(|| "this is its beginning; opened it says more".to_owned());
                Insight { inside, wanted: Vec::new(), part }
            })
        } else {
            self.contents.inside(self.node, self.inode, &self.cancel).ok().flatten()
        };
        Reading { bytes, insight: insight.map(Box::new), ..Reading::default() }
    }
}

/// A question to the worker.
#[derive(Debug)]
pub(crate) enum Job {
    /// What a lens shows.
    Look(Look),
    /// Which wasted items a filter leaves.
    Sift(Sift),
    /// The files of a lens.
    List(List),
    /// Paths that are like what was typed.
    Find(Search),
    /// In what two points of the image differ.
    Differ(Compare),
}

impl Job {
    /// How many kinds there are.
    const KINDS: usize = 5;

    /// Its kind. Of those that wait together the lowest is answered first.
    fn kind(&self) -> usize {
        match self {
            Self::Look(_) => 0,
            Self::Sift(_) => 1,
            Self::List(_) => 2,
            Self::Find(_) => 3,
            Self::Differ(_) => 4,
        }
    }

    /// Answers it.
    fn answer(&self, generation: Generation, lenses: &mut Lenses) -> Msg {
        match self {
            Self::Look(question) => Msg::Looked(generation, lenses.look(question)),
            Self::Sift(Sift { model, nodes, filter }) => {
                let is_kept = filter.select_ever(&lenses.whole(model), nodes);
                let kept = nodes.iter().zip(is_kept).filter(|(_, is_kept)| *is_kept).map(|(node, _)| *node);
                Msg::Sifted(generation, kept.collect())
            }
            Self::List(question) => {
                let view = lenses.view(&Source::Tree(Arc::clone(&question.tree)), |_| question.lens);
                Msg::Listed(generation, Arc::new(Files::of(view, question)))
            }
            Self::Find(question) => {
                let view = lenses.whole(&question.model);
                Msg::Found(generation, lenses.searcher.search(&view, &question.filter, MOST_HITS))
            }
            Self::Differ(question) => {
                let view = lenses.view(&Source::Tree(Arc::clone(&question.model.tree)), |_| question.between());
                Msg::Differed(generation, Arc::new(question.answer(&view)))
            }
        }
    }
}

/// How many lenses are kept, a byte for each path: one goes to and fro between two, and the wasted items have another.
const KEPT_LENSES: usize = 4;

/// The tree that was asked about last, prepared, and the lenses that were made last.
#[derive(Debug, Default)]
struct Lenses {
    outline: Option<(Source, Arc<Outline>)>,
    views: VecDeque<Arc<LensView>>,
    /// The last scene, and what it is the answer to.
    scene: Option<(Look, Arc<Scene>)>,
    /// The last one without a filter: one goes back to it from all filters that are tried.
    unfiltered: Option<(Look, Arc<Scene>)>,
    searcher: Searcher,
}

impl Lenses {
    fn outline(&mut self, source: &Source) -> Arc<Outline> {
        if let Some((kept, outline)) = &self.outline
            && kept.is_same(source)
        {
            return Arc::clone(outline);
        }
        self.views.clear();
        self.unfiltered = None;
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

    /// What a lens shows of the tree. Where only prices are asked for in addition, what was selected is not again.
    fn look(&mut self, question: &Look) -> Arc<Scene> {
        let mut known = self.scene.iter().chain(&self.unfiltered);
        let scene = match known.find(|(before, _)| question.is_of_same(before)) {
            Some((before, scene)) if before.answers(question) => Arc::clone(scene),
            Some((_, scene)) => Arc::new(scene.with_prices()),
            None => Arc::new(Scene::of(self.view(&question.source, |tree| question.lens_in(tree)), question)),
        };
        let answered = Some((question.clone(), Arc::clone(&scene)));
        if question.filter.is_none() {
            self.unfiltered.clone_from(&answered);
        }
        self.scene = answered;
        scene
    }

    /// What the lens of the whole image shows.
    fn whole(&mut self, model: &Model) -> Arc<LensView> {
        let source = Source::Tree(Arc::clone(&model.tree));
        self.view(&source, |tree| Lens::up_to(LayerIndex(tree.layers().saturating_sub(1))))
    }
}

/// Answers questions until nobody can ask any more. Of questions of one kind that wait, only the newest is answered.
/// `answer` says whether there is still somebody to listen.
pub(crate) fn work(jobs: &Receiver<(Generation, Job)>, answer: impl Fn(Msg) -> bool) {
    let mut lenses = Lenses::default();
    while let Ok(first) = jobs.recv() {
        let mut newest: [Option<(Generation, Job)>; Job::KINDS] = Default::default();
        for asked in std::iter::once(first).chain(jobs.try_iter()) {
            if let Some(slot) = newest.get_mut(asked.1.kind()) {
                *slot = Some(asked);
            }
        }
        for (generation, job) in newest.into_iter().flatten() {
            if !answer(job.answer(generation, &mut lenses)) {
                return;
            }
        }
    }
}

/// Where messages go that come before the answer.
pub(crate) type Tell<'a> = &'a (dyn Fn(Msg) + Sync);

/// Tells how far something is, as often as somebody can see it.
struct Going<'a> {
    generation: Generation,
    tell: Tell<'a>,
    told: AtomicU64,
}

impl<'a> Going<'a> {
    fn of(generation: Generation, tell: Tell<'a>) -> Self {
        Self { generation, tell, told: AtomicU64::new(0) }
    }
}

impl Observer for Going<'_> {
    fn progress(&self, step: Progress) {
        const STEP: u64 = 4 << 20;
        let (Progress::Passing { passed: done, total }
        | Progress::Writing { written: done, total }
        | Progress::Searching { read: done, total }
        | Progress::Comparing { read: done, total }) = step
        else {
            return;
        };
        let told = self.told.load(Ordering::Relaxed);
        if done < told || done - told >= STEP {
            self.told.store(done, Ordering::Relaxed);
            (self.tell)(Msg::Going(self.generation, done, total));
        }
    }
}

impl Effect {
    /// Does what takes long and is done beside everything else; tells meanwhile how far it is. None if nobody waits for
    /// it any more, or if it is something else.
    pub(crate) fn aside(self, tell: Tell<'_>) -> Option<Msg> {
        match self {
            Self::Read(generation, read) => Some(Msg::Read(generation, read.answer(&Going::of(generation, tell))?)),
            Self::Compare(generation, pair) => Some(Msg::Compared(generation, pair.answer()?)),
            Self::Challenge(generation, asked) => Some(Msg::Challenged(generation, asked.answer()?)),
            Self::FindCopies(generation, asked) => {
                Some(Msg::FoundCopies(generation, asked.answer(&Going::of(generation, tell))?))
            }
            Self::Digest(generation, ask) => Some(Msg::Digested(generation, ask.answer())),
            Self::CountAsDive(generation, model) => {
                let (figures, references) = dive_details(model.tree.listings());
                Some(Msg::CountedAsDive(generation, figures, references))
            }
            Self::Save(TextFile { contents, to, text }) => {
                let done = contents.save(&to, &text).map_err(|error| error.to_string());
                Some(Msg::Saved(to, done))
            }
            Self::Weigh(generation, tree, nodes) => Some(Msg::Weighed(generation, without_saves(&tree, &nodes))),
            Self::Inquire(generation, ask) => {
                let hear = |inquiry: &Inquiry, answer| tell(Msg::Heard(generation, inquiry.clone(), answer));
                Some(Msg::Inquired(generation, ask.answer(&hear, &Going::of(generation, tell))?))
            }
            Self::Extract(generation, order) => {
                Some(Msg::Extracted(generation, order.answer(&Going::of(generation, tell))?))
            }
            Self::Fetch(generation, fetch) => {
                Some(Msg::Fetched(generation, fetch.answer(&Going::of(generation, tell))?))
            }
            _ => None,
        }
    }
}

/// Answers one question at once, for tests: what is told meanwhile, and the answer.
#[cfg(test)]
pub(crate) fn answer(effect: Effect) -> Vec<Msg> {
    let told = std::sync::Mutex::new(Vec::new());
    let answer = match effect {
        Effect::Ask(generation, job) => Some(job.answer(generation, &mut Lenses::default())),
        effect => effect.aside(&|msg| told.lock().unwrap().push(msg)),
    };
    told.into_inner().unwrap().into_iter().chain(answer).collect()
}
