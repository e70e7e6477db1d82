//! The explorer and the loader that feeds it, side by side.

use super::contents::sha256;
use super::diff::Both;
use super::files::create;
use super::gate::Gate;
use super::inquire::Hear;
use super::load::{Input, Loaded, Request, load};
use super::{Failure, Files, Watch};
use crate::analysis::{Analysis, Duplicates};
use crate::bytes::Cancel;
use crate::cli::Engine;
use crate::escape::{Target, escape};
use crate::image::{Image, LayerIndex};
use crate::listing::Listing;
use crate::notice::Notice;
use crate::progress::{Observer, Progress, Silent};
use crate::tree::{Answers, Filter, InodeId, Line, Needle, NodeId};
use crate::tui::{self, Extracted, Extraction, Feed, ImageFiles, Insight, Left, Model, Options, Rival};
use jiff::civil::Date;
use std::io;
use std::path::Path;
use std::sync::mpsc::{self, Receiver, Sender};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

/// Whether digests are checked while the user looks at the image.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Background {
    /// They are.
    Verify,
    /// They are not.
    Rest,
}

/// The rules of `ci`, or what is wrong with them, and the day by which they judge.
#[derive(Debug)]
pub(super) struct Judge {
    /// The rules.
    pub(super) gate: Result<Gate, Notice>,
    /// The day.
    pub(super) today: Date,
}

/// Shows one image until the user leaves. The image is read meanwhile.
pub(super) fn explore(
    input: Input,
    request: Request,
    engine: Option<Engine>,
    background: Background,
    judge: Judge,
    notices: Vec<Notice>,
    options: Options,
) -> Result<Left, Failure> {
    let (feed, messages) = mpsc::channel();
    let (answer, answers) = mpsc::channel();
    let cancel = Cancel::default();
    let heeded = cancel.clone();
    let loader = std::thread::spawn(move || {
        let typed = match &input {
            Input::Typed(reference) => reference.typed.clone(),
            Input::Demo => "demo".to_owned(),
        };
        let read = |files| -> Arc<dyn ImageFiles> { Arc::new(Explored { files, request: request.clone(), engine }) };
        let drafts = Mutex::new(Drafts::from(now()));
        let watcher = Feeder { feed, answers: Mutex::new(answers), drafts, read: &read };
        watcher.tell(Feed::Opening { reference: typed });
        for notice in notices {
            watcher.tell(Feed::Notice(notice));
        }
        if let Err(failure) = feed_all(input, &request, background, &judge, &heeded, &watcher) {
            watcher.tell(Feed::Failed(failure.to_string()));
        }
    });
    let left = tui::run(messages, answer, options).map_err(Failure::Terminal);
    // Whoever still reads sees this at the next read; nobody waits for an answer that cannot come any more.
    cancel.cancel();
    if loader.is_finished() && loader.join().is_err() {
        return Err(Failure::Panicked);
    }
    left
}

fn feed_all(
    input: Input,
    request: &Request,
    background: Background,
    judge: &Judge,
    cancel: &Cancel,
    watcher: &Feeder<'_>,
) -> Result<(), Failure> {
    let mut loaded = load(input, request, cancel, watcher)?;
    let analysis = loaded.analysis();
    let files = (watcher.read)(loaded.files());
    let first = model(&loaded, &analysis, &files, false);
    let is_verified = first.report.totals.verified;
    watcher.tell(Feed::Ready(first));
    if let Some(distribution) = loaded.distribution() {
        watcher.tell(Feed::Distribution(distribution));
    }
    match &judge.gate {
        Ok(gate) => watcher.tell(Feed::Verdict(gate.judge(&loaded, &analysis, "", judge.today).rulings)),
        Err(notice) => watcher.tell(Feed::Notice(notice.clone())),
    }
    watcher.tell(Feed::Dangling(loaded.tree.dangling()));
    if background == Background::Verify && !is_verified {
        loaded.verify(cancel)?;
        watcher.tell(Feed::Ready(model(&loaded, &analysis, &files, false)));
    }
    loaded.pass(cancel)?;
    // By now everything can be read from somewhere near: nobody waits for this.
    watcher.tell(Feed::Packages(Arc::new(loaded.packages(&Silent, cancel))));
    Ok(())
}

fn model(loaded: &Loaded, analysis: &Arc<Analysis>, files: &Arc<dyn ImageFiles>, is_draft: bool) -> Arc<Model> {
    Arc::new(Model {
        image: Arc::clone(&loaded.image),
        tree: Arc::clone(&loaded.tree),
        analysis: Arc::clone(analysis),
        report: Arc::new(loaded.report(&loaded.reading(), analysis, None)),
        files: Arc::clone(files),
        is_draft,
    })
}

/// The files of the image that is explored, and how another one is to be read.
#[derive(Debug)]
struct Explored {
    files: Files,
    request: Request,
    engine: Option<Engine>,
}

impl ImageFiles for Explored {
    fn read(
        &self,
        inode: InodeId,
        from: u64,
        most: u64,
        observer: &dyn Observer,
        cancel: &Cancel,
    ) -> io::Result<Vec<u8>> {
        self.files.part(inode, from, most, observer, cancel)
    }

    fn digest(&self, inode: InodeId, observer: &dyn Observer, cancel: &Cancel) -> io::Result<String> {
        sha256(&mut self.files.content(inode, observer, cancel)?)
    }

    fn first_line(
        &self,
        inode: InodeId,
        needle: &Needle,
        observer: &dyn Observer,
        cancel: &Cancel,
    ) -> io::Result<Option<Line>> {
        needle.first_line(self.files.content(inode, observer, cancel)?.reader())
    }

    fn inside(&self, node: NodeId, inode: InodeId, cancel: &Cancel) -> io::Result<Option<Insight>> {
        self.files.look_inside(node, inode, cancel)
    }

    fn find_out(
        &self,
        filter: &Filter,
        answers: &mut Answers,
        hear: Hear<'_>,
        observer: &dyn Observer,
        cancel: &Cancel,
    ) -> Vec<Notice> {
        self.files.find_out(filter, answers, hear, observer, cancel)
    }

    fn duplicates(&self, observer: &dyn Observer, cancel: &Cancel) -> io::Result<Duplicates> {
        self.files.duplicates(observer, cancel)
    }

    fn against(&self, reference: &str, cancel: &Cancel) -> Result<Rival, String> {
        // What was said of one image, its tag and its base, is not said of the other.
        let request = Request { tag: None, base: None, verify: false, verify_later: false, ..self.request.clone() };
        let other = load(Input::typed(reference, self.engine), &request, cancel, &Silent)
            .map_err(|failure| failure.to_string())?
            .files();
        let both = Both { left: &self.files, right: &other };
        let (digests, failed) = both.digests(&Silent, cancel);
        let (comparison, layers) = both.comparison(&digests);
        let tree = Arc::clone(&other.tree);
        let files = Arc::new(Self { files: other, request, engine: self.engine });
        Ok(Rival { tree, files, layers, comparison, failed })
    }

    fn save(&self, to: &Path, text: &str) -> io::Result<()> {
        create(to, text)
    }

    fn extract(&self, wanted: &Extraction, observer: &dyn Observer, cancel: &Cancel) -> io::Result<Extracted> {
        let written = self.files.write(&wanted.items, &wanted.to, wanted.replace, observer, cancel)?;
        let is_there = |error: &io::Error| error.kind() == io::ErrorKind::AlreadyExists;
        let existing = written.failed.iter().filter(|(_, error)| is_there(error)).count();
        let failed = written.failed.iter().filter(|(_, error)| !is_there(error));
        let failed = failed.map(|(path, error)| format!("{}: {error}", escape(path, Target::Terminal))).collect();
        Ok(Extracted { summary: written.summary(&wanted.to.display().to_string()), existing, failed })
    }
}

/// Only how often drafts are made depends on the time, never what is in them.
#[expect(clippy::disallowed_methods, reason = "the loader is an edge of the program")]
fn now() -> Instant {
    Instant::now()
}

/// When the next draft may be made. Layers are read meanwhile: no more than a tenth of the time goes into drafts, and an
/// image that is read at once needs none.
#[derive(Debug)]
struct Drafts {
    /// Not before.
    next: Instant,
    /// When the last one was begun.
    begun: Instant,
}

impl Drafts {
    /// The least time between two, and before the first.
    const PAUSE: Duration = Duration::from_millis(300);

    fn from(start: Instant) -> Self {
        Self { next: start + Self::PAUSE, begun: start }
    }

    /// Whether one may be made; if so, it is begun.
    fn begins(&mut self, now: Instant) -> bool {
        let is_time = now >= self.next;
        if is_time {
            self.begun = now;
        }
        is_time
    }

    /// It is made.
    fn ends(&mut self, now: Instant) {
        self.next = now + Self::PAUSE.max(now.duration_since(self.begun).saturating_mul(10));
    }
}

/// Hands on to the explorer what the loader tells.
struct Feeder<'a> {
    feed: Sender<Feed>,
    answers: Mutex<Receiver<usize>>,
    drafts: Mutex<Drafts>,
    /// How the explorer reads files.
    read: &'a (dyn Fn(Files) -> Arc<dyn ImageFiles> + Sync),
}

impl Feeder<'_> {
    fn tell(&self, feed: Feed) {
        // If nobody listens any more, the explorer has been left, and cancelling is under way.
        let _ = self.feed.send(feed);
    }
}

impl Observer for Feeder<'_> {
    fn progress(&self, step: Progress) {
        self.tell(Feed::Progress(step));
    }
}

impl Watch for Feeder<'_> {
    fn choose(&self, lines: &[String]) -> Option<usize> {
        self.tell(Feed::Choose(lines.to_vec()));
        self.answers.lock().ok()?.recv().ok()
    }

    fn found(&self, name: &str, listing: &Arc<Listing>) {
        self.tell(Feed::Found { name: name.to_owned(), listing: Arc::clone(listing) });
    }

    fn image(&self, image: &Arc<Image>, kind: &str, reference: &str) {
        self.tell(Feed::Image { image: Arc::clone(image), kind: kind.to_owned(), reference: reference.to_owned() });
    }

    fn listing(&self, layer: LayerIndex, listing: &Arc<Listing>) {
        let error = listing.damage.as_ref().map(ToString::to_string);
        self.tell(Feed::Layer { layer, listing: Arc::clone(listing), error });
    }

    fn wants_draft(&self) -> bool {
        self.drafts.lock().is_ok_and(|mut drafts| drafts.begins(now()))
    }

    fn draft(&self, so_far: &Loaded) {
        self.tell(Feed::Draft(model(so_far, &so_far.analysis(), &(self.read)(so_far.files()), true)));
        if let Ok(mut drafts) = self.drafts.lock() {
            drafts.ends(now());
        }
    }
}
