//! THE FRONT END THAT LISTENS: the explorer.
//!
//! ```text
//!  keys, mouse, signals ─┐
//!  the loader's Feed ────┼─▶ Msg ─▶ update(State) ─▶ Effect ─▶ worker, terminal
//!  the worker's results ─┘               │                        │
//!                                        ▼                        └─▶ Msg
//!                               view(&State, Buffer)
//! ```
//!
//! * `state`: everything that the screen depends on. `update` alone changes it, and is pure: no terminal, thread,
//!   clock or file. What has to be done outside is returned as an `Effect`; results come back as messages, and those
//!   that were asked for earlier than the last question are dropped.
//! * `layout`: which part of the screen belongs to which pane, a pure function of size and state. `update` needs it to
//!   keep the cursor in sight, `view` to draw.
//! * `keymap`: the one table of actions; dispatch, footer and help are all read from it, so that none of them can
//!   promise what the others do not do.
//! * `scene`: what one lens shows of the tree, made by the worker.
//! * `rows`: what is in the open directories; only the rows in the window are ever made.
//! * `terminal`: raw mode, alternate screen and mouse, undone on every way out.

mod asking;
mod compare;
mod copies;
mod diff;
mod effect;
mod extract;
mod files;
mod find;
mod groups;
mod highlight;
mod history;
mod inquest;
mod insight;
mod keymap;
mod layout;
mod life;
mod loading;
mod menu;
mod msg;
mod offers;
mod pretty;
mod preview;
mod program;
mod prompt;
mod rival;
mod rows;
mod scene;
mod state;
mod terminal;
#[cfg(test)]
mod testing;
#[cfg(test)]
mod tests;
mod text;
mod theme;
mod tty;
mod update;
mod view;
mod viewer;
mod waste;

pub use insight::Insight;
pub use keymap::{Binding, Keymap, Preset};
pub use rival::Rival;
pub use rows::SortKey;
pub use state::{LensMode, View};
pub use theme::{Background, ThemeName};

use crate::analysis::{Analysis, Duplicates, Packages, Ruling};
use crate::bytes::Cancel;
use crate::image::{Distribution, Image, LayerIndex};
use crate::listing::Listing;
use crate::notice::Notice;
use crate::progress::{Observer, Progress};
use crate::report::{Report, Units};
use crate::tree::{Answer, Answers, Filter, InodeId, Inquiry, Item, Line, Needle, NodeId, Tree};
use hashbrown::HashSet;
use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender};

/// What the loader tells the explorer, in this order: `Opening`, perhaps `Found` several times, perhaps `Choose`, `Image`,
/// layers as they come and perhaps `Draft` between them, `Ready`, and what is found out then. `Progress`, `Notice` and `Failed` may come at any time.
#[derive(Debug)]
pub enum Feed {
    /// Opening has begun.
    Opening {
        /// What the user typed.
        reference: String,
    },
    /// A layer of a sequential input was read; which one it is, is known at the end of the input.
    Found {
        /// The member of the archive that it is.
        name: String,
        /// Its entries, as many as could be read.
        listing: Arc<Listing>,
    },
    /// There are several images, one line each; the explorer answers with the index of the chosen one.
    Choose(Vec<String>),
    /// The documents were read; no layer was yet.
    Image {
        /// What they say.
        image: Arc<Image>,
        /// `docker-archive`, `oci-archive`, `oci`, `rootfs`, …
        kind: String,
        /// What the user typed.
        reference: String,
    },
    /// How far a stage is.
    Progress(Progress),
    /// All entries of one layer are known, or as many as could be read.
    Layer {
        /// Which layer.
        layer: LayerIndex,
        /// Its entries.
        listing: Arc<Listing>,
        /// Why there are not more of them.
        error: Option<String>,
    },
    /// What the lowest layers make together, while others are still being read; its nodes and inodes keep their numbers.
    Draft(Arc<Model>),
    /// Everything is known.
    Ready(Arc<Model>),
    /// The file that names the distribution was read.
    Distribution(Distribution),
    /// The symbolic links of the final image that lead nowhere are known.
    Dangling(HashSet<NodeId>),
    /// The databases of packages were read.
    Packages(Arc<Packages>),
    /// What the rules of `ci` say of the image.
    Verdict(Vec<Ruling>),
    /// Nothing can be shown; the explorer closes and hands the message back.
    Failed(String),
    /// Something was found while nobody waited for it.
    Notice(Notice),
}

/// What the files of an image hold, and what is done with it. Asked from a thread of its own.
pub trait ImageFiles: fmt::Debug + Send + Sync {
    /// At most `most` bytes of a file, from `from` on; `observer` is told how far the way to it is.
    fn read(
        &self,
        inode: InodeId,
        from: u64,
        most: u64,
        observer: &dyn Observer,
        cancel: &Cancel,
    ) -> io::Result<Vec<u8>>;

    /// The SHA-256 of all of a file, in hex.
    fn digest(&self, inode: InodeId, observer: &dyn Observer, cancel: &Cancel) -> io::Result<String>;

    /// The first line of a file that has a needle.
    fn first_line(
        &self,
        inode: InodeId,
        needle: &Needle,
        observer: &dyn Observer,
        cancel: &Cancel,
    ) -> io::Result<Option<Line>>;

    /// What is in a file that is no text: a program or an archive; none if it is neither.
    fn inside(&self, node: NodeId, inode: InodeId, cancel: &Cancel) -> io::Result<Option<Insight>>;

    /// Finds out everything that a filter asks of contents and that `answers` does not know. `hear` gets what is known
    /// several times a second, and at the end. Returns what could not be read.
    fn find_out(
        &self,
        filter: &Filter,
        answers: &mut Answers,
        hear: &(dyn Fn(&Inquiry, Arc<Answer>) + Sync),
        observer: &dyn Observer,
        cancel: &Cancel,
    ) -> Vec<Notice>;

    /// Which files of the final tree have the same content. An error is that somebody cancelled.
    fn duplicates(&self, observer: &dyn Observer, cancel: &Cancel) -> io::Result<Duplicates>;

    /// Reads another image and compares this one with it. `Err` says why it cannot be done.
    fn against(&self, reference: &str, cancel: &Cancel) -> Result<Rival, String>;

    /// Writes a text to a file of the user that is not there yet; one that is there is an error.
    fn save(&self, to: &Path, text: &str) -> io::Result<()>;

    /// Writes paths to a folder of the user, and nothing outside of it.
    fn extract(&self, wanted: &Extraction, observer: &dyn Observer, cancel: &Cancel) -> io::Result<Extracted>;
}

/// Paths that are to be written to a folder of the user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Extraction {
    /// What.
    pub items: Vec<Item>,
    /// The folder, which is made if it is not there.
    pub to: PathBuf,
    /// Whether what is there already is replaced.
    pub replace: bool,
}

/// What was written to a folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Extracted {
    /// How much, in one sentence.
    pub summary: String,
    /// How many paths were there already, and were left alone.
    pub existing: usize,
    /// What could not be written, and why.
    pub failed: Vec<String>,
}

/// One image, understood.
#[derive(Debug)]
pub struct Model {
    /// What it says it is.
    pub image: Arc<Image>,
    /// What its stack looks like.
    pub tree: Arc<Tree>,
    /// What it costs.
    pub analysis: Arc<Analysis>,
    /// The same as figures for people; all wasted items are in it.
    pub report: Arc<Report>,
    /// What its files hold.
    pub files: Arc<dyn ImageFiles>,
    /// Whether these are only the lowest layers: others are still being read.
    pub is_draft: bool,
}

impl Model {
    /// The uppermost layer; none if there is no layer.
    pub(crate) fn last_layer(&self) -> Option<LayerIndex> {
        self.tree.layers().checked_sub(1).map(LayerIndex)
    }
}

/// How the explorer looks and listens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Options {
    /// The colours; markers tell the same without them.
    pub theme: ThemeName,
    /// What is behind the text, as far as the environment says; the terminal itself is asked first.
    pub background: Option<Background>,
    /// Draw with ASCII characters alone.
    pub ascii: bool,
    /// Listen to the mouse.
    pub mouse: bool,
    /// The terminal is tmux, which hands on to the one around it only what is wrapped.
    pub tmux: bool,
    /// The user's editor, as a shell understands it.
    pub editor: Option<String>,
    /// What takes a text and puts it into the clipboard, as a shell understands it; none for the terminal itself.
    pub clipboard: Option<String>,
    /// Where a file for the editor goes meanwhile.
    pub temporary: PathBuf,
    /// Filters that are gone back to as if they had been typed before.
    pub filters: Vec<String>,
    /// The units of sizes.
    pub units: Units,
    /// What keys do.
    pub keymap: Arc<Keymap>,
    /// The view that one begins with.
    pub view: View,
    /// How the lens follows the selected layer at first.
    pub lens: LensMode,
    /// How the tree is sorted at first.
    pub sort: SortKey,
    /// Columns of the list of layers, on screens of less than 120 and of 120 and more; none for what fits best.
    pub split: [Option<u16>; 2],
    /// Whether mode and owner are shown; none for where there is room.
    pub attributes: Option<bool>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            theme: ThemeName::Auto,
            background: None,
            ascii: false,
            mouse: true,
            tmux: false,
            editor: None,
            clipboard: None,
            temporary: PathBuf::from("/tmp"),
            filters: Vec::new(),
            units: Units::Si,
            keymap: Arc::default(),
            view: View::Layers,
            lens: LensMode::Alone,
            sort: SortKey::Size,
            split: [None; 2],
            attributes: None,
        }
    }
}

/// How the explorer ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Exit {
    /// The user left.
    Quit,
    /// A signal ended it; by convention the exit code is 128 + its number.
    Signal(i32),
    /// Nothing could be shown, and why.
    Failed(String),
}

/// What is there when the user has left.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Left {
    /// How the explorer ended.
    pub exit: Exit,
    /// The options as the user has left them.
    pub options: Options,
    /// The path that was selected, with a leading slash, if one was.
    pub selected: Option<Vec<u8>>,
}

/// Shows what `feed` tells until the user leaves. Answers to [`Feed::Choose`] go to `choose`.
///
/// The terminal is taken when there is something to show, and given back on every way out. An error is one of the
/// terminal.
pub fn run(feed: Receiver<Feed>, choose: Sender<usize>, options: Options) -> io::Result<Left> {
    terminal::run(feed, choose, options)
}

/// Whether there is a terminal to draw on, even if standard output goes elsewhere.
pub fn has_terminal() -> bool {
    tty::open().is_ok()
}
