//! The one table of actions. Dispatch, footer and help are read from it, so that none of them can offer what the
//! others do not do.

mod custom;

pub use custom::{Binding, Keymap, Preset};

use super::layout::Pane;
use super::state::{Modal, Stage, State, View};
use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use std::borrow::Cow;

/// Something that a key does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Act {
    Down,
    Up,
    PageDown,
    PageUp,
    HalfDown,
    HalfUp,
    First,
    Last,
    Parent,
    Into,
    ToTree,
    NextPane,
    PreviousPane,
    ViewLayers,
    ViewWaste,
    ViewFiles,
    ViewImage,
    ViewCompare,
    MarkSquash,
    LeaveOut,
    MarkBase,
    CompareBase,
    Zoom,
    ScrollDown,
    ScrollUp,
    LensPrevious,
    LensNext,
    LensCycle,
    LensAlone,
    LensSum,
    LensRange,
    RangeDown,
    RangeUp,
    Filter,
    Find,
    /// Finds what looks like a secret by its name, in every layer.
    Secrets,
    NextHit,
    PreviousHit,
    ChangesOnly,
    KindAdded,
    KindModified,
    KindRemoved,
    KindUnchanged,
    KindWasted,
    Sort,
    Reverse,
    SortSize,
    SortName,
    SortChange,
    SortTime,
    SortPull,
    SplitLeft,
    SplitRight,
    Attributes,
    OpenInstruction,
    OpenRow,
    ShowInTree,
    OpenBundle,
    GoToHistory,
    GoToLayer,
    Choose,
    Details,
    ShowInWaste,
    Copy,
    CopyMenu,
    GroupBy,
    DiveCount,
    /// Shows files with the same content at several paths.
    Duplicates,
    EmptyRows,
    ViewContent,
    VersionPrevious,
    VersionNext,
    Search,
    Wrap,
    Hex,
    GoToTarget,
    Dockerfile,
    Life,
    ShowStep,
    Diff,
    Extract,
    /// Opens the selected file in the user's editor.
    Edit,
    Replace,
    NextHunk,
    PreviousHunk,
    SideBySide,
    SavePatch,
    SaveText,
    Raw,
    Toggle,
    CloseAll,
    OpenBelow,
    Help,
    Command,
    Messages,
    Back,
    Suspend,
    Quit,
}

/// Where actions are listed together in the help.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Group {
    Move,
    Panes,
    Lens,
    Narrow,
    Sort,
    Act,
    Tree,
    Global,
}

impl Group {
    /// All groups, in the order of the help.
    pub(crate) const ALL: [Self; 8] =
        [Self::Move, Self::Panes, Self::Lens, Self::Narrow, Self::Sort, Self::Act, Self::Tree, Self::Global];

    /// The heading.
    pub(crate) fn title(self) -> &'static str {
        match self {
            Self::Move => "MOVE",
            Self::Panes => "PANES",
            Self::Lens => "LENS",
            Self::Narrow => "NARROW",
            Self::Sort => "SORT",
            Self::Act => "ACT",
            Self::Tree => "TREE",
            Self::Global => "GLOBAL",
        }
    }
}

/// Where keys go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Context {
    /// A pane of a view.
    Pane(Pane),
    /// A text over the view.
    Text,
    /// The content of a file.
    Viewer,
    /// The life of a path.
    Life,
    /// Another image, compared.
    Duel,
    /// Files with the same content.
    Copies,
    /// The search for a path.
    Find,
    /// Wasted items that are put together.
    Bundles,
    /// Two versions of a path.
    Diff,
    /// Paths that are being written.
    Writing,
    /// What can be copied.
    Menu,
    /// The help.
    Help,
    /// The list of images to choose from.
    Picker,
    /// Nothing to act on yet.
    Opening,
}

impl Context {
    /// What the help calls it.
    pub(crate) fn title(self) -> String {
        match self {
            Self::Pane(pane) => format!("{pane:?}"),
            Self::Life => "Timeline".to_owned(),
            Self::Duel => "Two images".to_owned(),
            Self::Copies => "Same content".to_owned(),
            Self::Bundles => "Waste".to_owned(),
            other => format!("{other:?}"),
        }
    }
}

/// A set of contexts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Where(u32);

const LIST: Where = Where(1);
const TREE: Where = Where(1 << 1);
const INSTRUCTION: Where = Where(1 << 2);
const WASTE: Where = Where(1 << 3);
const SETTINGS: Where = Where(1 << 4);
const HISTORY: Where = Where(1 << 5);
const TEXT: Where = Where(1 << 6);
const HELP: Where = Where(1 << 7);
const PICKER: Where = Where(1 << 8);
const OPENING: Where = Where(1 << 9);
const VIEWER: Where = Where(1 << 10);
const LIFE: Where = Where(1 << 11);
const FILES: Where = Where(1 << 12);
/// Letters are typed here: only other keys do something.
const FIND: Where = Where(1 << 13);
const DIFF: Where = Where(1 << 14);
const WRITING: Where = Where(1 << 15);
const COMPARE: Where = Where(1 << 16);
const MENU: Where = Where(1 << 17);
const DUEL: Where = Where(1 << 18);
const COPIES: Where = Where(1 << 19);
const BUNDLES: Where = Where(1 << 20);
/// Where a path of the image is selected.
const PATHS: Where = TREE.or(WASTE).or(FILES).or(COMPARE);
const LAYERS_VIEW: Where = LIST.or(TREE).or(INSTRUCTION);
/// Where there is a list in an order that one chooses.
const SORTED: Where = PATHS.or(LAYERS_VIEW).or(DUEL);
const IMAGE_VIEW: Where = SETTINGS.or(HISTORY);
const VIEWS: Where = LAYERS_VIEW.or(WASTE).or(BUNDLES).or(FILES).or(COMPARE).or(IMAGE_VIEW);
/// What lies over a view and can be left by Esc.
const OVER: Where = READING.or(DUEL).or(MENU);
/// What lies over a view, and is left for another one by its key.
const READING: Where = TEXT.or(VIEWER).or(LIFE).or(DIFF).or(COPIES);
/// What is left for a view by its key, and where commands are taken.
const LEAVABLE: Where = VIEWS.or(READING).or(DUEL);
const LISTS: Where = VIEWS.or(OVER).or(HELP).or(PICKER);
const EVERYWHERE: Where = LISTS.or(FIND).or(WRITING).or(OPENING);

impl Where {
    const fn or(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    const fn without(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }

    fn of(context: Context) -> Self {
        match context {
            Context::Pane(Pane::Layers) => LIST,
            Context::Pane(Pane::Tree) => TREE,
            Context::Pane(Pane::Instruction) => INSTRUCTION,
            Context::Pane(Pane::Waste) => WASTE,
            Context::Pane(Pane::Files) => FILES,
            Context::Pane(Pane::Compare) => COMPARE,
            Context::Pane(Pane::Labels | Pane::Config | Pane::Env) => SETTINGS,
            Context::Pane(Pane::History) => HISTORY,
            Context::Text => TEXT,
            Context::Viewer => VIEWER,
            Context::Life => LIFE,
            Context::Duel => DUEL,
            Context::Copies => COPIES,
            Context::Bundles => BUNDLES,
            Context::Find => FIND,
            Context::Diff => DIFF,
            Context::Writing => WRITING,
            Context::Menu => MENU,
            Context::Help => HELP,
            Context::Picker => PICKER,
            Context::Opening => OPENING,
        }
    }

    fn has(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }
}

/// One row of the table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Action {
    /// What it does.
    pub(crate) act: Act,
    /// The keys, each as the help prints it. The first is the one that footer and help show first.
    pub(crate) keys: Vec<Cow<'static, str>>,
    /// Where the help lists it.
    pub(crate) group: Group,
    /// What it does, in a few words.
    pub(crate) help: &'static str,
    /// Its word in the footer, if it is important enough.
    pub(crate) hint: Option<&'static str>,
    place: Where,
}

impl Action {
    /// What it does, as the palette finds it: the words of the help, and of the footer where they are others.
    pub(crate) fn name(&self) -> String {
        match self.hint {
            Some(hint) if hint.split('/').all(|word| !self.help.contains(word)) => format!("{}, {hint}", self.help),
            _ => self.help.to_owned(),
        }
    }
}

fn row(
    act: Act,
    keys: &[&'static str],
    group: Group,
    place: Where,
    help: &'static str,
    hint: Option<&'static str>,
) -> Action {
    Action { act, keys: keys.iter().map(|key| Cow::Borrowed(*key)).collect(), group, help, hint, place }
}

/// Every action there is, with the keys that it has unless the user says otherwise. Those with a hint come in the order
/// of the footer.
#[rustfmt::skip]
#[expect(clippy::too_many_lines, reason = "it is one table, a line for each action")]
fn table() -> Vec<Action> { vec![
    row(Act::OpenInstruction, &["Enter", "p"], Group::Act, LIST.or(INSTRUCTION), "all of it", Some("open")),
    row(Act::OpenRow, &["Enter"], Group::Act, TREE, "open, or view", Some("open")),
    row(Act::OpenBundle, &["Enter"], Group::Act, BUNDLES, "its paths", Some("open")),
    row(Act::ShowInTree, &["Enter"], Group::Act, WASTE.or(FILES).or(COMPARE).or(DUEL).or(COPIES).or(FIND), "show in tree", Some("show in tree")),
    row(Act::GoToHistory, &["Enter"], Group::Act, SETTINGS, "its history row", Some("go to history row")),
    row(Act::GoToLayer, &["Enter"], Group::Act, HISTORY, "its layer", Some("go to layer")),
    row(Act::ShowStep, &["Enter"], Group::Act, LIFE, "show in layer", Some("show in its layer")),
    row(Act::ViewContent, &["^V"], Group::Act, FIND, "its content", Some("view")),
    row(Act::Diff, &["^D"], Group::Act, FIND, "with before", Some("diff")),
    row(Act::Extract, &["^X"], Group::Act, FIND, "extract", Some("extract")),
    row(Act::Replace, &["Enter"], Group::Act, WRITING, "replace", Some("replace")),
    row(Act::Back, &["Esc"], Group::Global, WRITING, "leave it", Some("leave it")),
    row(Act::Copy, &["^Y"], Group::Act, FIND, "copy", Some("copy")),
    row(Act::Back, &["Esc"], Group::Global, FIND, "close", Some("close")),
    row(Act::Down, &["Down"], Group::Move, FIND, "down", None),
    row(Act::Up, &["Up"], Group::Move, FIND, "up", None),
    row(Act::PageDown, &["PgDn"], Group::Move, FIND, "page down", None),
    row(Act::PageUp, &["PgUp"], Group::Move, FIND, "page up", None),
    row(Act::Copy, &["Enter"], Group::Act, MENU, "copy this", Some("copy this")),
    row(Act::Choose, &["Enter"], Group::Act, PICKER, "open this image", Some("open this image")),
    row(Act::Back, &["Esc"], Group::Global, OVER, "close", Some("close")),
    row(Act::VersionPrevious, &["["], Group::Act, VIEWER.or(DIFF), "version before", None),
    row(Act::VersionNext, &["]"], Group::Act, VIEWER.or(DIFF), "next version", Some("version")),
    row(Act::Search, &["/", "^F"], Group::Narrow, VIEWER, "search", Some("search")),
    row(Act::Wrap, &["w"], Group::Act, VIEWER, "wrap lines", Some("wrap")),
    row(Act::Hex, &["x"], Group::Act, VIEWER, "text or bytes", Some("hex")),
    row(Act::Filter, &["/", "^F"], Group::Narrow, LAYERS_VIEW.or(WASTE).or(BUNDLES).or(FILES).or(COMPARE).or(DUEL), "filter", Some("filter")),
    row(Act::Find, &["f", "^P"], Group::Narrow, VIEWS, "find everywhere", Some("find")),
    row(Act::LensPrevious, &["["], Group::Lens, VIEWS, "layer before", None),
    row(Act::LensNext, &["]"], Group::Lens, VIEWS, "next layer", None),
    row(Act::LensCycle, &["="], Group::Lens, LAYERS_VIEW.or(FILES), "one, sum, image", Some("alone/sum/image")),
    row(Act::NextPane, &["Tab"], Group::Panes, LAYERS_VIEW.or(IMAGE_VIEW), "next pane", Some("pane")),
    row(Act::ChangesOnly, &["c"], Group::Narrow, LAYERS_VIEW, "changes, or all", Some("changes only")),
    row(Act::Toggle, &["Space"], Group::Tree, TREE, "open or close", None),
    row(Act::GroupBy, &["o"], Group::Sort, WASTE.or(BUNDLES), "group by", Some("group by")),
    row(Act::Duplicates, &["D"], Group::Sort, WASTE.or(BUNDLES), "same content", None),
    row(Act::DiveCount, &["M"], Group::Sort, WASTE.or(BUNDLES), "as dive counts", Some("metric")),
    row(Act::Details, &["i"], Group::Act, PATHS.or(IMAGE_VIEW), "details", Some("details")),
    row(Act::Sort, &["s", "^O"], Group::Sort, SORTED, "next order", Some("sort")),
    row(Act::Copy, &["y"], Group::Act, LIST.or(PATHS).or(BUNDLES).or(IMAGE_VIEW).or(OVER), "copy", Some("copy")),
    row(Act::Diff, &["d"], Group::Act, PATHS.or(LIFE).or(VIEWER).or(DUEL), "with before", Some("diff")),
    row(Act::MarkSquash, &["Space"], Group::Lens, LIST, "what if one", None),
    row(Act::LeaveOut, &["X"], Group::Lens, PATHS, "what if not", None),
    row(Act::MarkBase, &["B"], Group::Lens, LAYERS_VIEW, "mark as base", None),
    row(Act::CompareBase, &["C"], Group::Lens, LAYERS_VIEW, "with the base", None),
    row(Act::Extract, &["x", "^E"], Group::Act, LIST.or(PATHS).or(LIFE), "extract", Some("extract")),
    row(Act::Edit, &["E"], Group::Act, PATHS.or(LIFE).or(VIEWER), "in your editor", None),
    row(Act::SideBySide, &["|"], Group::Act, DIFF, "side by side", Some("side by side")),
    row(Act::SavePatch, &["x"], Group::Act, DIFF, "save a patch", Some("save patch")),
    row(Act::Life, &["t"], Group::Act, PATHS.or(DUEL), "who touched it", Some("timeline")),
    row(Act::ViewContent, &["v", "p"], Group::Act, LIFE, "its content", Some("view")),
    row(Act::CopyMenu, &["Y"], Group::Act, LIST.or(PATHS).or(IMAGE_VIEW).or(VIEWER), "copy menu", None),
    row(Act::Raw, &["R"], Group::Act, IMAGE_VIEW, "as it stands", Some("raw")),
    row(Act::SaveText, &["x"], Group::Act, TEXT, "save", Some("save")),
    row(Act::Dockerfile, &["D"], Group::Act, IMAGE_VIEW, "as Dockerfile", Some("as Dockerfile")),
    row(Act::ViewContent, &["p"], Group::Act, PATHS, "its content", None),
    row(Act::Reverse, &["S"], Group::Sort, SORTED, "reverse", None),
    row(Act::SortSize, &[",s"], Group::Sort, SORTED, "by size", None),
    row(Act::SortName, &[",n"], Group::Sort, SORTED, "by name", None),
    row(Act::SortChange, &[",c"], Group::Sort, SORTED, "by change", None),
    row(Act::SortTime, &[",t"], Group::Sort, LAYERS_VIEW.or(FILES), "by time", None),
    row(Act::SortPull, &[",p"], Group::Sort, LAYERS_VIEW, "by pull", None),
    row(Act::SplitLeft, &["<"], Group::Panes, LAYERS_VIEW, "more tree", None),
    row(Act::SplitRight, &[">"], Group::Panes, LAYERS_VIEW, "less tree", None),
    row(Act::Attributes, &["^B"], Group::Panes, LAYERS_VIEW, "mode and owner", None),
    row(Act::Down, &["j", "Down"], Group::Move, LISTS, "down", None),
    row(Act::Up, &["k", "Up"], Group::Move, LISTS, "up", None),
    row(Act::Parent, &["h", "Left"], Group::Move, TREE, "close or parent", None),
    row(Act::Into, &["l", "Right"], Group::Move, TREE, "open, go in", None),
    row(Act::ToTree, &["l", "Right"], Group::Move, LIST, "to the tree", None),
    row(Act::PageDown, &["PgDn"], Group::Move, LISTS, "page down", None),
    row(Act::PageUp, &["PgUp"], Group::Move, LISTS, "page up", None),
    row(Act::HalfDown, &["^D"], Group::Move, LISTS, "half page down", None),
    row(Act::HalfUp, &["^U"], Group::Move, LISTS, "half page up", None),
    row(Act::First, &["gg", "Home"], Group::Move, LISTS, "first", None),
    row(Act::Last, &["G", "End"], Group::Move, LISTS, "last", None),
    row(Act::PreviousPane, &["S-Tab"], Group::Panes, LAYERS_VIEW.or(IMAGE_VIEW), "previous pane", None),
    row(Act::ViewLayers, &["1"], Group::Panes, LEAVABLE, "layers", None),
    row(Act::ViewWaste, &["2"], Group::Panes, LEAVABLE, "waste", None),
    row(Act::ViewFiles, &["3"], Group::Panes, LEAVABLE, "files", None),
    row(Act::ViewImage, &["4"], Group::Panes, LEAVABLE, "image", None),
    row(Act::ViewCompare, &["5"], Group::Panes, LEAVABLE, "compare", None),
    row(Act::Zoom, &["z"], Group::Panes, LAYERS_VIEW.or(IMAGE_VIEW), "zoom", Some("zoom")),
    row(Act::ScrollDown, &["J"], Group::Panes, LAYERS_VIEW.or(TEXT).or(HISTORY), "scroll command", None),
    row(Act::ScrollUp, &["K"], Group::Panes, LAYERS_VIEW.or(TEXT).or(HISTORY), "scroll it back", None),
    row(Act::LensRange, &["v"], Group::Lens, LAYERS_VIEW, "range from here", None),
    row(Act::RangeDown, &["S-Down"], Group::Act, LIST, "range down", None),
    row(Act::RangeUp, &["S-Up"], Group::Act, LIST, "range up", None),
    row(Act::LensCycle, &["="], Group::Lens, WASTE.or(BUNDLES), "one, sum, image", None),
    row(Act::LensAlone, &["^L"], Group::Lens, LAYERS_VIEW, "layer alone", None),
    row(Act::LensSum, &["^A"], Group::Lens, LAYERS_VIEW, "sum up to here", None),
    row(Act::NextHunk, &["n"], Group::Move, DIFF, "next hunk", Some("hunk")),
    row(Act::PreviousHunk, &["N"], Group::Move, DIFF, "hunk before", None),
    row(Act::NextHit, &["n"], Group::Narrow, LAYERS_VIEW.or(VIEWER), "next match", None),
    row(Act::PreviousHit, &["N"], Group::Narrow, LAYERS_VIEW.or(VIEWER), "previous match", None),
    row(Act::KindAdded, &["a"], Group::Narrow, TREE, "+ added", None),
    row(Act::KindModified, &["m"], Group::Narrow, TREE, "~ % modified", None),
    row(Act::KindRemoved, &["r"], Group::Narrow, TREE, "- removed", None),
    row(Act::KindUnchanged, &["u"], Group::Narrow, TREE, "= unchanged", None),
    row(Act::KindWasted, &["!"], Group::Narrow, TREE, "only waste", None),
    row(Act::ShowInWaste, &["w"], Group::Act, LAYERS_VIEW.or(FILES).or(COMPARE), "show in Waste", None),
    row(Act::Find, &["f", "^P"], Group::Narrow, READING, "find everywhere", None),
    row(Act::EmptyRows, &["e"], Group::Act, LIST, "no-layer rows", None),
    row(Act::Secrets, &["gs"], Group::Narrow, VIEWS, "secrets by name", None),
    row(Act::GoToTarget, &["gt"], Group::Tree, TREE, "to link target", None),
    row(Act::CloseAll, &["-", "^Space"], Group::Tree, TREE, "close all", None),
    row(Act::OpenBelow, &["*"], Group::Tree, TREE, "open all below", None),
    row(Act::Back, &["Esc"], Group::Global, VIEWS.or(HELP).or(PICKER).or(OPENING), "one step back", None),
    row(Act::Command, &[":"], Group::Global, LEAVABLE, "commands", None),
    row(Act::Messages, &["gm"], Group::Global, LEAVABLE, "all messages", None),
    row(Act::Help, &["?"], Group::Global, VIEWS.or(OVER).or(PICKER).or(OPENING), "help", Some("help")),
    row(Act::Suspend, &["^Z"], Group::Global, EVERYWHERE, "suspend", None),
    row(Act::Quit, &["q", "^C"], Group::Global, VIEWS.or(OVER).or(PICKER).or(OPENING), "quit", Some("quit")),
] }

/// Where the next key goes, prompts aside.
pub(crate) fn context(state: &State) -> Context {
    context_under(state, state.modal())
}

/// Where keys go once the help is closed.
pub(crate) fn helped(state: &State) -> Context {
    context_under(state, state.modals.iter().rev().find(|modal| !matches!(modal, Modal::Help(_))))
}

fn context_under(state: &State, modal: Option<&Modal>) -> Context {
    match (modal, &state.stage) {
        (Some(Modal::Help(_)), _) => Context::Help,
        (Some(Modal::Text(_)), _) => Context::Text,
        (Some(Modal::Viewer(_)), _) => Context::Viewer,
        (Some(Modal::Life(_)), _) => Context::Life,
        (Some(Modal::Duel(_)), _) => Context::Duel,
        (Some(Modal::Copies(_)), _) => Context::Copies,
        (Some(Modal::Find(_)), _) => Context::Find,
        (Some(Modal::Diff(_)), _) => Context::Diff,
        (Some(Modal::Writing(_)), _) => Context::Writing,
        (Some(Modal::Menu(_)), _) => Context::Menu,
        (None, Stage::Opening(_)) if state.layers.found.is_empty() => Context::Opening,
        (None, Stage::Choosing(_)) => Context::Picker,
        (None, _) if state.view == View::Waste && state.waste.shows_bundles() => Context::Bundles,
        (None, _) => Context::Pane(state.focus()),
    }
}

/// What a key means after the keys of an unfinished sequence.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Meaning {
    /// It does something.
    Act(Act),
    /// It begins a sequence.
    Begins(char),
    /// Nothing.
    Nothing,
}

impl Keymap {
    /// The actions of a context, in the order of the table.
    pub(crate) fn actions(&self, context: Context) -> impl Iterator<Item = &Action> {
        let place = Where::of(context);
        self.actions.iter().filter(move |action| action.place.has(place))
    }

    /// Looks a key up.
    pub(crate) fn meaning(&self, context: Context, begun: Option<char>, key: &str) -> Meaning {
        let sequence = begun.map(|first| format!("{first}{key}"));
        let wanted = sequence.as_deref().unwrap_or(key);
        if let Some(action) = self.actions(context).find(|action| action.keys.iter().any(|key| key == wanted)) {
            return Meaning::Act(action.act);
        }
        let mut chars = key.chars();
        match (begun, chars.next(), chars.next()) {
            (None, Some(first), None) if self.after(context, first).next().is_some() => Meaning::Begins(first),
            _ => Meaning::Nothing,
        }
    }

    /// What can follow the first key of a sequence: the second key, and what it does then.
    pub(crate) fn after(&self, context: Context, first: char) -> impl Iterator<Item = (&str, &Action)> {
        self.actions(context).flat_map(move |action| {
            let keys = action.keys.iter().filter(move |key| begins(key, first));
            keys.filter_map(move |key| Some((key.strip_prefix(first)?, action)))
        })
    }
}

/// Whether a key of the table is a sequence of two letters that begins with `first`.
fn begins(key: &str, first: char) -> bool {
    let mut chars = key.chars();
    chars.next() == Some(first) && chars.next().is_some_and(|c| c.is_ascii_lowercase()) && key.len() == 2
}

/// The name of a key as the table writes it; none for keys that the table never names.
pub(crate) fn name(event: KeyEvent) -> Option<String> {
    let control = event.modifiers.contains(KeyModifiers::CONTROL);
    let name = match event.code {
        KeyCode::Char(' ') => "Space".to_owned(),
        KeyCode::Char(c) if control => c.to_ascii_uppercase().to_string(),
        KeyCode::Char(c) => return Some(c.to_string()),
        KeyCode::Enter => "Enter".to_owned(),
        KeyCode::Esc => "Esc".to_owned(),
        KeyCode::Tab if event.modifiers.contains(KeyModifiers::SHIFT) => "S-Tab".to_owned(),
        KeyCode::Tab => "Tab".to_owned(),
        KeyCode::BackTab => "S-Tab".to_owned(),
        KeyCode::Up if event.modifiers.contains(KeyModifiers::SHIFT) => "S-Up".to_owned(),
        KeyCode::Down if event.modifiers.contains(KeyModifiers::SHIFT) => "S-Down".to_owned(),
        KeyCode::Up => "Up".to_owned(),
        KeyCode::Down => "Down".to_owned(),
        KeyCode::Left => "Left".to_owned(),
        KeyCode::Right => "Right".to_owned(),
        KeyCode::PageUp => "PgUp".to_owned(),
        KeyCode::PageDown => "PgDn".to_owned(),
        KeyCode::Home => "Home".to_owned(),
        KeyCode::End => "End".to_owned(),
        KeyCode::Backspace => "Backspace".to_owned(),
        KeyCode::Delete => "Delete".to_owned(),
        _ => return None,
    };
    Some(if control { format!("^{name}") } else { name })
}

/// The keys of an action for people: `gg Home`.
pub(crate) fn keys(action: &Action) -> String {
    action.keys.join(" ")
}
