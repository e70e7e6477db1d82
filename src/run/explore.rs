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
        let watcher = Feeder { feed: feed.clone(), answers: Mutex::new(answers) };
        watcher.tell(Feed::Opening { reference: typed });
        for notice in notices {
            watcher.tell(Feed::Notice(notice));
        }
        if let Err(failure) = feed_all(input, &request, engine, background, &judge, &heeded, &watcher) {
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
    engine: Option<Engine>,
    background: Background,
    judge: &Judge,
    cancel: &Cancel,
    watcher: &Feeder,
) -> Result<(), Failure> {
    let mut loaded = load(input, request, cancel, watcher)?;
    let analysis = loaded.analysis();
    let files: Arc<dyn ImageFiles> = Arc::new(Explored { files: loaded.files(), request: request.clone(), engine });
    let first = model(&loaded, &analysis, &files);
    let is_verified = first.report.totals.verified;
    watcher.tell(Feed::Ready(first));
    if let Some(distribution) = loaded.distribution() {
        watcher.tell(Feed::Distribution(distribution));
    }
    match &judge.gate {
        Ok(gate) => watcher.tell(Feed::Verdict(gate.judge(&loaded, &analysis, "", judge.today).rulings)),
        Err(notice) => watcher.tell(Feed::Notice(notice.clone())),
    }
    if background == Background::Verify && !is_verified {
        loaded.verify(cancel)?;
        watcher.tell(Feed::Ready(model(&loaded, &analysis, &files)));
    }
    loaded.pass(cancel)?;
    // By now everything can be read from somewhere near: nobody waits for this.
    watcher.tell(Feed::Packages(Arc::new(loaded.packages(&Silent, cancel))));
    Ok(())
}

fn model(loaded: &Loaded, analysis: &Arc<Analysis>, files: &Arc<dyn ImageFiles>) -> Arc<Model> {
    Arc::new(Model {
        image: Arc::clone(&loaded.image),
        tree: Arc::clone(&loaded.tree),
        analysis: Arc::clone(analysis),
        report: Arc::new(loaded.report(&loaded.reading(), analysis, None)),
        files: Arc::clone(files),
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

/// Hands on to the explorer what the loader tells.
#[derive(Debug)]
struct Feeder {
    feed: Sender<Feed>,
    answers: Mutex<Receiver<usize>>,
}

impl Feeder {
    fn tell(&self, feed: Feed) {
        // If nobody listens any more, the explorer has been left, and cancelling is under way.
        let _ = self.feed.send(feed);
    }
}

impl Observer for Feeder {
    fn progress(&self, step: Progress) {
        self.tell(Feed::Progress(step));
    }
}

impl Watch for Feeder {
    fn choose(&self, lines: &[String]) -> Option<usize> {
        self.tell(Feed::Choose(lines.to_vec()));
        self.answers.lock().ok()?.recv().ok()
    }

    fn found(&self, name: &str, listing: &Listing) {
        let entries = listing.len() as u64;
        self.tell(Feed::Found { name: name.to_owned(), entries, bytes: listing.bytes() });
    }

    fn image(&self, image: &Arc<Image>, kind: &str, reference: &str) {
        self.tell(Feed::Image { image: Arc::clone(image), kind: kind.to_owned(), reference: reference.to_owned() });
    }

    fn listing(&self, layer: LayerIndex, listing: &Arc<Listing>) {
        let error = listing.damage.as_ref().map(ToString::to_string);
        self.tell(Feed::Layer { layer, listing: Arc::clone(listing), error });
    }
}
