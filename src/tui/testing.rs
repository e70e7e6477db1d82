//! A small image of the shape of a real one, and hands to press keys with, for tests.

use super::effect::{Effect, answer};
use super::msg::Msg;
use super::state::State;
use super::update::update;
use super::view::view;
use super::{Extracted, Extraction, Feed, ImageFiles, Insight, Model, Options, Rival};
use crate::analysis::{
    Analysis, Comparison, DiveRules, DuplicateGroup, Duplicates, LayerPair, LiveFile, Side, live_files,
};
use crate::bytes::{Cancel, ReadAt, Section};
use crate::image::{Config, ContainerConfig, HistoryRow, Image, Layer, LayerIndex, Platform, Provenance, instruction};
use crate::listing::Listing;
use crate::listing::testing::priced;
use crate::notice::{Notice, Severity};
use crate::progress::{Observer, Progress};
use crate::report::{DiffLayer, Facts, LayerFacts, LayerStatus, Reading, build};
use crate::source::{Blob, BlobId};
use crate::tree::testing::Fills;
use crate::tree::{Answer, Answers, Filter, Grep, InodeId, Inquiry, Line, Needle, NodeId, Stack, Tree};
use crossterm::event::{KeyCode, KeyEvent, KeyModifiers, MouseButton, MouseEvent, MouseEventKind};
use ratatui::buffer::Buffer;
use ratatui::layout::{Rect, Size};
use ratatui::style::{Color, Modifier};
use sha2::{Digest as _, Sha256};
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io;
use std::path::Path;
use std::sync::Arc;

/// Bytes that nobody reads.
#[derive(Debug)]
struct Unread(u64);

impl ReadAt for Unread {
    fn read_at(&self, _buf: &mut [u8], _offset: u64) -> io::Result<usize> {
        Err(io::Error::other("nobody reads this"))
    }

    fn len(&self) -> u64 {
        self.0
    }
}

/// An image under test.
pub(super) struct Sample {
    pub(super) image: Arc<Image>,
    pub(super) listings: Vec<Arc<Listing>>,
    pub(super) model: Arc<Model>,
}

const ROWS: &[(&str, bool)] = &[
    ("/bin/sh -c #(nop) ADD file:1d256392d7f8 in / ", true),
    ("/bin/sh -c #(nop)  CMD [\"bash\"]", false),
    ("LABEL org.opencontainers.image.vendor=Acme", false),
    ("ENV PATH=/usr/local/bin:/usr/bin LANG=C.UTF-8", false),
    (
        "RUN /bin/sh -c set -eux; apt-get update && apt-get install -y --no-install-recommends python3 ca-certificates \
         && echo 'one; two' # buildkit",
        true,
    ),
    ("RUN /bin/sh -c apt-get clean && rm -rf /var/cache/apt/* # buildkit", true),
    ("WORKDIR /srv/app", false),
    ("COPY . . # buildkit", true),
    ("RUN /bin/sh -c chown -R 1000 /srv/app # buildkit", true),
    ("LABEL org.opencontainers.image.vendor=Acme-Platform maintainer=base-team@acme.example", false),
    ("ENV APP_ENV=production", false),
    ("RUN /bin/sh -c sed -i s/true/false/ config.yaml && rm -f .env # buildkit", true),
    ("ENTRYPOINT [\"/srv/app/run\"]", false),
    ("USER app", false),
];

fn layers() -> Vec<Vec<&'static str>> {
    vec![
        vec![
            "d etc",
            "f etc/passwd 920 a",
            "f etc/shadow 440 a @0640",
            "d usr/bin",
            "f usr/bin/su 55000 a @4755",
            "f usr/lib/libc.so.6 1900000 a @0755",
            "l usr/lib/libc.so libc.so.6",
            "f var/lib/dpkg/status 77000 a",
        ],
        vec![
            "f usr/bin/python3 6800000 a @0755",
            "h usr/bin/python3.11 usr/bin/python3",
            "f usr/lib/python3.11/os.py 39000 a",
            "f usr/lib/python3.11/日本語-モジュール.py 1200 a",
            "f var/cache/apt/pkgcache.bin 4200000 a",
            "f var/cache/apt/lists/main 3100000 a",
            "f var/lib/dpkg/status 91000 b",
        ],
        vec!["f var/cache/apt/.wh..wh..opq 0", "f var/lib/.wh.nothing 0"],
        vec![
            "d srv/app",
            "f srv/app/config.yaml 63 a",
            "f srv/app/.env 19 a",
            "f srv/app/static/bundle.js 3000000 a",
            "f srv/app/app/models.py 2000 a",
            "f srv/app/app/views.py 1800 a",
        ],
        vec![
            "d srv/app %1000",
            "f srv/app/config.yaml 63 a %1000",
            "f srv/app/.env 19 a %1000",
            "f srv/app/static/bundle.js 3000000 a %1000",
            "f srv/app/app/models.py 2000 a %1000",
            "f srv/app/app/views.py 1800 a %1000",
        ],
        vec!["f srv/app/config.yaml 80 b %1000", "f srv/app/.wh..env 0", "f srv/app/evil\x1b[31m\u{202e}name 5 a"],
    ]
}

impl Sample {
    /// The usual one.
    pub(super) fn new() -> Self {
        Self::of(&layers(), ROWS)
    }

    /// An image with these layers and this history (created by, has a layer).
    pub(super) fn of(layers: &[Vec<&str>], rows: &[(&str, bool)]) -> Self {
        let listings: Vec<Arc<Listing>> = layers.iter().map(|lines| priced(lines)).collect();
        let image = Arc::new(image(listings.len(), rows));
        let model = model(&image, &listings);
        Self { image, listings, model }
    }

    /// What is known of it when so many layers are read.
    pub(super) fn draft(&self, layers: usize) -> Arc<Model> {
        let model = model(&Arc::new(self.image.lowest(layers)), &self.listings[..layers]);
        Arc::new(Model { is_draft: true, ..Arc::into_inner(model).unwrap() })
    }
}

/// What there is to know of an image with these layers.
fn model(image: &Arc<Image>, listings: &[Arc<Listing>]) -> Arc<Model> {
    let mut stack = Stack::new();
    for listing in listings {
        stack.push(Arc::clone(listing));
    }
    let mut tree = stack.finish();
    tree.identify(&Fills, 1);
    let tree = Arc::new(tree);
    let analysis = Arc::new(Analysis::of(&tree, 1, 20_000_000));
    let facts: Vec<LayerFacts> = listings
        .iter()
        .map(|_| LayerFacts {
            status: LayerStatus::Ok,
            compression: None,
            digest: None,
            blob_bytes: 1_000_000,
            notices: Vec::new(),
        })
        .collect();
    let report = build(
        &Facts {
            source_kind: "docker-archive",
            reference: "app.tar",
            image,
            tree: &tree,
            analysis: &analysis,
            reading: &Reading { layers: facts, verified: true, notices: Vec::new() },
        },
        None,
    );
    let files = Arc::new(Filled(Arc::clone(&tree)));
    Arc::new(Model { image: Arc::clone(image), tree, analysis, report: Arc::new(report), files, is_draft: false })
}

/// Contents that say which file they are, or what the size of the file asks for: 13 bytes are no text, 14 fail.
#[derive(Debug)]
struct Filled(Arc<Tree>);

impl ImageFiles for Filled {
    fn read(&self, inode: InodeId, from: u64, most: u64, _: &dyn Observer, _: &Cancel) -> io::Result<Vec<u8>> {
        let size = self.0.file_size(inode).unwrap_or(0);
        let layer = self.0.inode(inode).map_or(0, |inode| inode.layer.0);
        let text = match size {
            13 => vec![0; 13],
            14 => return Err(io::Error::other("the layer is damaged")),
            _ => format!("of layer {layer}\n\tand a long line that {}ends\n", "goes on and ".repeat(20)).into_bytes(),
        };
        let (from, most) = (usize::try_from(from).unwrap(), usize::try_from(most).unwrap_or(usize::MAX));
        Ok(text.into_iter().skip(from).take(most).collect())
    }

    fn digest(&self, inode: InodeId, observer: &dyn Observer, cancel: &Cancel) -> io::Result<String> {
        Ok(crate::image::hex(Sha256::new_with_prefix(self.read(inode, 0, u64::MAX, observer, cancel)?)))
    }

    fn first_line(
        &self,
        inode: InodeId,
        needle: &Needle,
        observer: &dyn Observer,
        cancel: &Cancel,
    ) -> io::Result<Option<Line>> {
        needle.first_line(self.read(inode, 0, u64::MAX, observer, cancel)?.as_slice())
    }

    fn inside(&self, _: NodeId, _: InodeId, _: &Cancel) -> io::Result<Option<Insight>> {
        Ok(None)
    }

    /// What is below a `bin` is in ELF.
    fn find_out(
        &self,
        filter: &Filter,
        answers: &mut Answers,
        hear: &(dyn Fn(&Inquiry, Arc<Answer>) + Sync),
        observer: &dyn Observer,
        cancel: &Cancel,
    ) -> Vec<Notice> {
        let (tree, mut unread) = (&self.0, Vec::new());
        let is_elf = |inode: InodeId| {
            let path = tree.inode(inode).map_or_else(Vec::new, |inode| tree.path(inode.node));
            String::from_utf8_lossy(&path).contains("bin/")
        };
        while let Some((inquiry, inodes)) = filter.told(answers).open_inquiry(tree) {
            let mut answer = answers.to(&inquiry).map_or_else(|| Answer::none(tree), |answer| (**answer).clone());
            let total = inodes.len() as u64;
            for (inode, read) in inodes.into_iter().zip(1..) {
                let found = match &inquiry {
                    Inquiry::Elf => Ok(is_elf(inode)),
                    Inquiry::Has(needle) => self
                        .read(inode, 0, u64::MAX, observer, cancel)
                        .and_then(|bytes| Grep::of(needle.clone()).finds(bytes.as_slice())),
                };
                answer.say(inode, matches!(found, Ok(true)));
                unread.extend(found.err().map(|error| Notice {
                    severity: Severity::Error,
                    part: "a file".to_owned(),
                    message: error.to_string(),
                }));
                observer.progress(Progress::Searching { read, total });
                hear(&inquiry, Arc::new(answer.clone()));
            }
            answers.take(inquiry, Arc::new(answer));
        }
        unread
    }

    /// Files of one size have one content.
    fn duplicates(&self, observer: &dyn Observer, _: &Cancel) -> io::Result<Duplicates> {
        let mut groups: BTreeMap<u64, Vec<LiveFile>> = BTreeMap::new();
        for file in live_files(&self.0) {
            groups.entry(file.bytes).or_default().push(file);
        }
        observer.progress(Progress::Comparing { read: 10_000_000, total: 20_000_000 });
        let several = groups.into_iter().rev().filter(|(_, files)| files.len() > 1);
        let groups = several.map(|(bytes, files)| DuplicateGroup { bytes, files }).collect();
        Ok(Duplicates { groups, notices: Vec::new() })
    }

    /// The other image has what this one had at its lowest layer, and that layer alone.
    fn against(&self, reference: &str, _: &Cancel) -> Result<Rival, String> {
        if reference == "missing.tar" {
            return Err("missing.tar: there is no such file".to_owned());
        }
        let tree = &self.0;
        let last = LayerIndex(tree.layers() - 1);
        let (left, right) = (Side::as_of(tree, last), Side::as_of(tree, LayerIndex(0)));
        let comparison = Comparison::of(left, right, &mut |a, b| tree.same_content(a, b));
        let pair = |left: Option<u32>, right: Option<u32>| LayerPair {
            left: left.map(LayerIndex),
            right: right.map(LayerIndex),
            same: left == right,
        };
        let pairs = [pair(Some(0), Some(0)), pair(Some(1), None), pair(None, Some(1))];
        let layers = pairs.map(|pair| DiffLayer::new(pair, "COPY . .", tree, tree, None)).into();
        let files = Arc::new(Self(Arc::clone(tree)));
        Ok(Rival { tree: Arc::clone(tree), files, layers, comparison, failed: vec!["etc/passwd: damaged".to_owned()] })
    }

    /// Files that are called so are there already.
    fn save(&self, to: &Path, _: &str) -> io::Result<()> {
        if to.ends_with("there.patch") { Err(io::ErrorKind::AlreadyExists.into()) } else { Ok(()) }
    }

    /// Of folders that are called so, something is there already.
    fn extract(&self, wanted: &Extraction, _: &dyn Observer, _: &Cancel) -> io::Result<Extracted> {
        if wanted.to.ends_with("forbidden") {
            return Err(io::Error::other("permission denied"));
        }
        let existing = usize::from(wanted.to.ends_with("there") && !wanted.replace);
        let summary = format!("Wrote {} to {}", wanted.items.len() - existing, wanted.to.display());
        let failed =
            if wanted.to.ends_with("full") { vec!["etc/passwd: no space left".to_owned()] } else { Vec::new() };
        Ok(Extracted { summary, existing, failed })
    }
}

/// The explorer on the usual sample at 80x24, after some keys.
pub(super) fn hands(keys: &str) -> Hands {
    let mut hands = Hands::exploring(80, 24, &Sample::new());
    hands.press(keys);
    hands
}

/// That a text is on the screen.
pub(super) fn shows(hands: &Hands, text: &str) {
    assert!(hands.text().contains(text), "{text} is missing in:\n{}", hands.text());
}

fn image(layers: usize, rows: &[(&str, bool)]) -> Image {
    let mut next = 0;
    let history: Vec<HistoryRow> = rows
        .iter()
        .map(|(created_by, has_layer)| {
            let layer = (*has_layer && next < layers).then(|| LayerIndex(u32::try_from(next).unwrap()));
            next += usize::from(layer.is_some());
            HistoryRow {
                created: Some("2025-01-09T10:00:00Z".to_owned()),
                created_by: (*created_by).to_owned(),
                instruction: instruction(created_by),
                layer,
                ..HistoryRow::default()
            }
        })
        .collect();
    let container = ContainerConfig {
        user: Some("app".to_owned()),
        env: ["PATH=/usr/local/bin:/usr/bin", "LANG=C.UTF-8", "APP_ENV=production"].map(str::to_owned).into(),
        entrypoint: Some(vec!["/srv/app/run".to_owned()]),
        cmd: Some(vec!["bash".to_owned()]),
        working_dir: Some("/srv/app".to_owned()),
        labels: [
            ("maintainer", "base-team@acme.example"),
            ("org.opencontainers.image.vendor", "Acme-Platform"),
            (
                "org.opencontainers.image.description",
                "a line\nand another \u{202e}one that is longer than any row of a small screen can be",
            ),
        ]
        .map(|(key, value)| (key.to_owned(), value.to_owned()))
        .into(),
        ..ContainerConfig::default()
    };
    let config = Config { container, ..Config::default() };
    let base = crate::image::Base { layers: 1, rows: None, told_by: crate::image::ToldBy::Label };
    let provenance = Provenance::replay(&config, &history, Some(&base));
    let layer = |index: usize| Layer {
        index: LayerIndex(u32::try_from(index).unwrap()),
        diff_id: None,
        digest: None,
        v1_id: None,
        annotations: std::collections::HashMap::new(),
        media_type: None,
        blob: Ok(Blob::new(BlobId(index as u64), Section::new(Arc::new(Unread(1_000_000))))),
        history: history.iter().position(|row| row.layer.is_some_and(|layer| layer.index() == index)),
    };
    Image {
        tags: vec!["acme/app:1.4.2".to_owned()],
        id: None,
        manifest_digest: None,
        platform: Platform { os: "linux".to_owned(), architecture: "amd64".to_owned(), variant: None },
        created: None,
        config,
        layers: (0..layers).map(layer).collect(),
        history: history.clone(),
        provenance,
        annotations: BTreeMap::new(),
        base: Some(base),
        notices: Vec::new(),
    }
}

/// An explorer with hands: keys go in, effects are answered at once.
pub(super) struct Hands {
    pub(super) state: State,
    pub(super) quit: bool,
    pub(super) copied: Option<String>,
    pub(super) chosen: Option<usize>,
}

/// What the documents of an image say.
pub(super) fn documents(sample: &Sample) -> Feed {
    let (image, kind) = (Arc::clone(&sample.image), "docker-archive".to_owned());
    Feed::Image { image, kind, reference: "app.tar".to_owned() }
}

impl Hands {
    /// Before anything is known.
    pub(super) fn new(width: u16, height: u16) -> Self {
        let state = State::new(Size { width, height }, Options::default());
        Self { state, quit: false, copied: None, chosen: None }
    }

    /// With an image of which only the documents are read.
    pub(super) fn loading(width: u16, height: u16, sample: &Sample) -> Self {
        let mut hands = Self::new(width, height);
        hands.feed(documents(sample));
        hands
    }

    /// With a whole image.
    pub(super) fn exploring(width: u16, height: u16, sample: &Sample) -> Self {
        let mut hands = Self::loading(width, height, sample);
        for (index, listing) in sample.listings.iter().enumerate() {
            let layer = LayerIndex(u32::try_from(index).unwrap());
            hands.feed(Feed::Layer { layer, listing: Arc::clone(listing), error: None });
        }
        hands.feed(Feed::Ready(Arc::clone(&sample.model)));
        let analysis = &sample.model.analysis;
        hands.feed(Feed::Verdict(DiveRules::default().judge(&analysis.totals, &analysis.dive)));
        let name = "Debian GNU/Linux 12 (bookworm)".to_owned();
        hands.feed(Feed::Distribution(crate::image::Distribution { name, ..Default::default() }));
        hands.feed(Feed::Dangling(sample.model.tree.dangling()));
        hands
    }

    pub(super) fn feed(&mut self, feed: Feed) {
        self.take(Msg::Feed(feed));
    }

    /// Takes a message, and everything that follows from it.
    pub(super) fn take(&mut self, msg: Msg) {
        let mut waiting = vec![msg];
        while let Some(msg) = waiting.pop() {
            for effect in update(&mut self.state, msg) {
                match effect {
                    Effect::Quit | Effect::Fail(_) => self.quit = true,
                    Effect::Copy(text) => self.copied = Some(text),
                    Effect::Choose(index) => self.chosen = Some(index),
                    other => waiting.extend(answer(other).into_iter().rev()),
                }
            }
        }
    }

    /// Takes one message after the other.
    pub(super) fn take_all(&mut self, messages: impl IntoIterator<Item = Msg>) {
        for msg in messages {
            self.take(msg);
        }
    }

    /// Presses keys: words are typed letter by letter unless they name a key (`Enter`, `Tab`, `^F`).
    pub(super) fn press(&mut self, keys: &str) {
        for word in keys.split(' ').filter(|word| !word.is_empty()) {
            match named(word) {
                Some(event) => self.take(Msg::Key(event)),
                None => word.chars().for_each(|c| self.take(Msg::Key(KeyEvent::from(KeyCode::Char(c))))),
            }
        }
    }

    pub(super) fn click(&mut self, column: u16, row: u16) {
        let kind = MouseEventKind::Down(MouseButton::Left);
        self.take(Msg::Mouse(MouseEvent { kind, column, row, modifiers: KeyModifiers::NONE }));
    }

    pub(super) fn wheel(&mut self, column: u16, row: u16, down: bool) {
        let kind = if down { MouseEventKind::ScrollDown } else { MouseEventKind::ScrollUp };
        self.take(Msg::Mouse(MouseEvent { kind, column, row, modifiers: KeyModifiers::NONE }));
    }

    pub(super) fn resize(&mut self, width: u16, height: u16) {
        self.take(Msg::Resize(Size { width, height }));
    }

    /// The cells of the screen.
    pub(super) fn buffer(&self) -> Buffer {
        let mut buffer = Buffer::empty(Rect::new(0, 0, self.state.size.width, self.state.size.height));
        view(&self.state, &mut buffer);
        buffer
    }

    /// The screen as text, one line a row.
    pub(super) fn text(&self) -> String {
        text(&self.buffer())
    }
}

/// A key by the name that the table of actions gives it.
pub(super) fn named(word: &str) -> Option<KeyEvent> {
    let code = match word {
        "Enter" => KeyCode::Enter,
        "Esc" => KeyCode::Esc,
        "Tab" => KeyCode::Tab,
        "S-Tab" => KeyCode::BackTab,
        "Space" => KeyCode::Char(' '),
        "S-Up" => return Some(KeyEvent::new(KeyCode::Up, KeyModifiers::SHIFT)),
        "S-Down" => return Some(KeyEvent::new(KeyCode::Down, KeyModifiers::SHIFT)),
        "Up" => KeyCode::Up,
        "Down" => KeyCode::Down,
        "Left" => KeyCode::Left,
        "Right" => KeyCode::Right,
        "PgUp" => KeyCode::PageUp,
        "PgDn" => KeyCode::PageDown,
        "Home" => KeyCode::Home,
        "End" => KeyCode::End,
        "Backspace" => KeyCode::Backspace,
        "^Space" => return Some(KeyEvent::new(KeyCode::Char(' '), KeyModifiers::CONTROL)),
        _ => {
            let c = word.strip_prefix('^').filter(|rest| rest.len() == 1)?.chars().next()?;
            return Some(KeyEvent::new(KeyCode::Char(c.to_ascii_lowercase()), KeyModifiers::CONTROL));
        }
    };
    Some(KeyEvent::from(code))
}

/// The symbols of a buffer, one line a row, without the blanks at the ends.
pub(super) fn text(buffer: &Buffer) -> String {
    let width = usize::from(buffer.area.width).max(1);
    let mut out = String::new();
    for row in buffer.content.chunks(width) {
        let mut line = String::new();
        let mut skip = 0;
        for cell in row {
            if skip == 0 {
                line.push_str(cell.symbol());
                skip = super::text::width(cell.symbol());
            }
            skip = skip.saturating_sub(1);
        }
        out.push_str(line.trim_end());
        out.push('\n');
    }
    out
}

/// The runs of equal style of a buffer, row by row: `3: 0-9 blue bold`. Plain cells are left out.
pub(super) fn styles(buffer: &Buffer) -> String {
    let mut out = String::new();
    let width = usize::from(buffer.area.width).max(1);
    for (y, row) in buffer.content.chunks(width).enumerate() {
        let mut x = 0;
        for run in row.chunk_by(|a, b| (a.fg, a.bg, a.modifier) == (b.fg, b.bg, b.modifier)) {
            let cell = &run[0];
            if (cell.fg, cell.bg, cell.modifier) != (Color::Reset, Color::Reset, Modifier::empty()) {
                let color = if cell.fg == Color::Reset { String::new() } else { format!(" {}", cell.fg) };
                let modifier = if cell.modifier.is_empty() { String::new() } else { format!(" {:?}", cell.modifier) };
                let end = x + run.len() - 1;
                writeln!(out, "{y}: {x}-{end}{color}{modifier}").unwrap();
            }
            x += run.len();
        }
    }
    out
}
