//! Everything that the screen depends on.

use super::compare::ComparePane;
use super::copies::Copies;
use super::diff::Diff;
use super::extract::{Plan, Writing};
use super::files::FilesPane;
use super::find::Find;
use super::groups::{Group, Killed};
use super::history::HistoryPane;
use super::inquest::Inquest;
use super::layout::{self, Pane};
use super::life::Life;
pub(crate) use super::loading::{Found, Opening, Reading, Subject};
use super::menu::Menu;
use super::msg::Generation;
use super::preview::Preview;
pub(crate) use super::prompt::{Prompt, PromptKind};
use super::rival::{Duel, DuelRow};
use super::rows::{Folder, Openness, Row, Rows, Sort, Sorted};
use super::scene::{Kinds, Look, Scene};
use super::theme::Role;
use super::viewer::Viewer;
use super::waste::WastePane;
use super::{Model, Options};
use crate::analysis::{Packages, Ruling};
use crate::image::{Distribution, LayerIndex};
use crate::listing::Listing;
use crate::notice::Notice;
use crate::tree::{Filter, Lens, NodeId};
use hashbrown::HashSet;
use ratatui::layout::Size;
use std::collections::BTreeSet;
use std::sync::Arc;
use tui_input::Input;

/// A group of panes that are seen together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum View {
    /// Layers, tree, instruction.
    Layers,
    /// Wasted items.
    Waste,
    /// All files, flat.
    Files,
    /// Labels, config, env, history.
    Image,
    /// Two points of the image.
    Compare,
}

impl View {
    /// All views, in the order of their keys.
    pub const ALL: [Self; 5] = [Self::Layers, Self::Waste, Self::Files, Self::Image, Self::Compare];

    /// Its key.
    pub fn key(self) -> char {
        match self {
            Self::Layers => '1',
            Self::Waste => '2',
            Self::Files => '3',
            Self::Image => '4',
            Self::Compare => '5',
        }
    }

    /// What it is called in files.
    pub fn name(self) -> &'static str {
        match self {
            Self::Layers => "layers",
            Self::Waste => "waste",
            Self::Files => "files",
            Self::Image => "image",
            Self::Compare => "compare",
        }
    }

    /// Its name.
    pub fn title(self) -> &'static str {
        match self {
            Self::Layers => "Layers",
            Self::Waste => "Waste",
            Self::Files => "Files",
            Self::Image => "Image",
            Self::Compare => "Compare",
        }
    }
}

/// Where one is in a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Position {
    /// The selected row.
    pub(crate) cursor: usize,
    /// The first row in the window.
    pub(crate) offset: usize,
}

impl Position {
    /// Keeps the cursor on a row and the row in a window of `height` rows.
    pub(crate) fn settle(&mut self, rows: usize, height: usize) {
        self.cursor = self.cursor.min(rows.saturating_sub(1));
        let height = height.max(1);
        self.offset = self.offset.min(self.cursor).max((self.cursor + 1).saturating_sub(height));
        self.offset = self.offset.min(rows.saturating_sub(height));
    }

    /// Moves the cursor by a number of rows.
    pub(crate) fn step(&mut self, by: isize, rows: usize) {
        self.cursor = self.cursor.saturating_add_signed(by).min(rows.saturating_sub(1));
    }
}

/// What is going on as a whole.
#[derive(Debug)]
pub(crate) enum Stage {
    /// The source is being opened.
    Opening(Opening),
    /// There are several images.
    Choosing(Picker),
    /// There is an image.
    Exploring,
}

/// Several images, one line each.
#[derive(Debug)]
pub(crate) struct Picker {
    /// The lines, escaped.
    pub(crate) lines: Vec<String>,
    /// Where one is.
    pub(crate) at: Position,
}

/// Everything that is known of the layers that are understood: of all of them, once they are read.
#[derive(Debug)]
pub(crate) struct Ready {
    /// The image, understood.
    pub(crate) model: Arc<Model>,
    /// Wasted items by path, largest first.
    pub(crate) groups: Vec<Arc<Group>>,
    /// By layer: what it made dead below.
    pub(crate) killed: Vec<Option<Killed>>,
}

/// One row in the list of layers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum LayerRow {
    /// A layer.
    Layer(LayerIndex),
    /// A row of the history without a layer.
    Empty(usize),
    /// The end of the base image.
    Base,
    /// A layer of an input whose manifest has not come yet, by its number in the order in which they came.
    Found(usize),
}

/// The list of layers.
#[derive(Debug, Default)]
pub(crate) struct LayersPane {
    /// Its rows.
    pub(crate) rows: Vec<LayerRow>,
    /// What was found before the manifest came.
    pub(crate) found: Vec<Found>,
    /// What of that the user was looking at when it came.
    pub(crate) looked_at: Option<Arc<Listing>>,
    /// Where one is.
    pub(crate) at: Position,
    /// Layers of which one wants to know what they would weigh as one.
    pub(crate) marked: BTreeSet<LayerIndex>,
    /// Bytes that would not be shipped then.
    pub(crate) saved: u64,
    /// Whether rows without a layer are shown.
    pub(crate) empty_rows: bool,
    /// The layer that the lens is on: the selected one, or the one above a selected row without a layer.
    pub(crate) selected: Option<LayerIndex>,
}

/// How the lens follows the selected layer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum LensMode {
    /// That layer alone.
    #[default]
    Alone,
    /// Everything up to it.
    Sum,
    /// The whole image.
    Whole,
    /// From a fixed layer to it.
    Range(LayerIndex),
}

impl LensMode {
    /// The lens on an image of `layers` layers.
    pub(crate) fn lens(self, selected: LayerIndex, layers: u32) -> Lens {
        match self {
            Self::Alone => Lens::layer(selected),
            Self::Sum => Lens::up_to(selected),
            Self::Whole => Lens::up_to(LayerIndex(layers.saturating_sub(1))),
            Self::Range(from) => Lens::range(from, selected),
        }
    }

    /// The next one of a list that begins with the whole image.
    pub(crate) fn next_of_list(self) -> Self {
        match self {
            Self::Whole => Self::Alone,
            Self::Alone => Self::Sum,
            Self::Sum | Self::Range(_) => Self::Whole,
        }
    }

    /// What the header calls it.
    pub(crate) fn name(self, selected: LayerIndex) -> String {
        match self {
            Self::Alone => format!("L{selected} alone"),
            Self::Sum => format!("L0-L{selected} sum"),
            Self::Whole => "whole image".to_owned(),
            Self::Range(from) => format!("{} range", super::text::span(from.min(selected), from.max(selected))),
        }
    }
}

/// The tree under the lens.
#[derive(Debug, Default)]
pub(crate) struct TreePane {
    /// How the lens follows the selected layer.
    pub(crate) mode: LensMode,
    /// What the worker was asked last.
    pub(crate) asked: Option<Look>,
    /// The number of that question.
    pub(crate) generation: Generation,
    /// The number of the last question that was answered.
    pub(crate) answered: Generation,
    /// What the lens shows; none until the worker has answered.
    pub(crate) scene: Option<Arc<Scene>>,
    /// The kinds that are shown.
    pub(crate) kinds: Kinds,
    /// The filter, the last one that could be understood.
    pub(crate) filter: Option<Arc<Filter>>,
    /// How rows are sorted.
    pub(crate) sort: Sort,
    /// Which directories are open.
    pub(crate) openness: Openness,
    /// Which were open before there was a filter.
    pub(crate) unfiltered: Option<Openness>,
    /// Sorted children.
    pub(crate) sorted: Sorted,
    /// What was shown before there was a filter, with its children as they were sorted.
    pub(crate) set_aside: Option<SetAside>,
    /// The rows of open directories.
    pub(crate) rows: Rows,
    /// Where one is.
    pub(crate) at: Position,
    /// The path that the user went to: kept when the lens moves, also while the lens does not show it.
    pub(crate) anchor: Option<Vec<u8>>,
    /// Whether one was led there, and did not go oneself.
    pub(crate) is_led: bool,
}

/// A scene that is not shown while a filter is on: to make its rows once more takes long.
#[derive(Debug)]
pub(crate) struct SetAside {
    /// The scene.
    pub(crate) scene: Arc<Scene>,
    /// How it was sorted.
    pub(crate) sort: Sort,
    /// The sorted children.
    pub(crate) sorted: Sorted,
}

impl TreePane {
    /// Whether what is shown is a single layer whose place among the others is not known yet: its nodes have numbers of
    /// their own.
    pub(crate) fn is_alone(&self) -> bool {
        self.scene.as_ref().is_some_and(|scene| !scene.kinds_known)
    }

    /// One row.
    pub(crate) fn row(&self, index: usize) -> Option<Row> {
        self.rows.get(index, self.scene.as_ref()?, &self.openness)
    }

    /// The selected row.
    pub(crate) fn selected(&self) -> Option<Row> {
        self.row(self.at.cursor)
    }
}

/// Paths that are left out, to see what the image would weigh then.
#[derive(Debug, Default)]
pub(crate) struct Without {
    /// The paths.
    pub(crate) nodes: BTreeSet<NodeId>,
    /// Bytes that would not be shipped; none until they are counted.
    pub(crate) saved: Option<u64>,
    /// The number of the last question.
    pub(crate) generation: Generation,
}

/// A line of a text, and what it is.
pub(crate) type Fact = (String, Role);

/// Something that lies over the view until it is closed.
#[derive(Debug)]
pub(crate) enum Modal {
    /// The keys.
    Help(Help),
    /// A text.
    Text(Text),
    /// The content of a file.
    Viewer(Box<Viewer>),
    /// The life of a path.
    Life(Life),
    /// The search for a path.
    Find(Box<Find>),
    /// Two versions of a path.
    Diff(Box<Diff>),
    /// Another image, compared.
    Duel(Box<Duel>),
    /// Files with the same content.
    Copies(Box<Copies>),
    /// Paths that are being written.
    Writing(Box<Writing>),
    /// What can be copied.
    Menu(Menu),
}

impl Modal {
    /// More layers are understood. Paths and files keep their numbers.
    pub(crate) fn grow(&mut self, model: &Arc<Model>) {
        match self {
            Self::Viewer(viewer) => viewer.grow(model),
            Self::Life(life) => life.grow(model),
            Self::Find(find) => find.grow(model),
            Self::Diff(diff) => diff.grow(model),
            // They wait for the whole image, or are of no image.
            Self::Duel(_) | Self::Copies(_) | Self::Help(_) | Self::Text(_) | Self::Writing(_) | Self::Menu(_) => {}
        }
    }
}

/// The help.
#[derive(Debug, Default)]
pub(crate) struct Help {
    /// What was typed to narrow it.
    pub(crate) filter: Input,
    /// The first row in the window.
    pub(crate) offset: usize,
}

/// A text.
#[derive(Debug)]
pub(crate) struct Text {
    /// Its title.
    pub(crate) title: String,
    /// Its lines, escaped, not yet wrapped.
    pub(crate) lines: Vec<Fact>,
    /// The first row in the window, after wrapping.
    pub(crate) offset: usize,
}

/// A short message.
#[derive(Debug, Clone)]
pub(crate) struct Toast {
    /// What, escaped.
    pub(crate) text: String,
    /// Its look.
    pub(crate) role: Role,
}

/// Everything.
#[derive(Debug)]
pub(crate) struct State {
    /// The size of the screen.
    pub(crate) size: Size,
    /// How it looks.
    pub(crate) options: Options,
    /// What is going on.
    pub(crate) stage: Stage,
    /// The image.
    pub(crate) subject: Option<Subject>,
    /// The distribution that is in the image, once its file was read.
    pub(crate) distribution: Option<Distribution>,
    /// The symbolic links of the final image that lead nowhere.
    pub(crate) dangling: HashSet<NodeId>,
    /// What the rules of `ci` say of it.
    pub(crate) verdict: Vec<Ruling>,
    /// Everything about it.
    pub(crate) ready: Option<Ready>,
    /// The view that is seen.
    pub(crate) view: View,
    /// The focused pane of the first view.
    pub(crate) layers_focus: Pane,
    /// The focused pane of the image view.
    pub(crate) image_focus: Pane,
    /// Whether the focused pane has all the room.
    pub(crate) zoom: bool,
    /// The list of layers.
    pub(crate) layers: LayersPane,
    /// The tree.
    pub(crate) tree: TreePane,
    /// The selected path of the tree, as it is seen without being opened.
    pub(crate) preview: Option<Preview>,
    /// The packages of the image, once their databases were read.
    pub(crate) packages: Option<Arc<Packages>>,
    /// The first line in the window of the instruction.
    pub(crate) instruction_offset: usize,
    /// The wasted items.
    pub(crate) waste: WastePane,
    /// All files, flat.
    pub(crate) files: FilesPane,
    /// Two points of the image.
    pub(crate) compare: ComparePane,
    /// Where one is in the labels.
    pub(crate) labels: Position,
    /// Where one is in the config.
    pub(crate) config: Position,
    /// Where one is in the environment.
    pub(crate) env: Position,
    /// The rows of the history.
    pub(crate) history: HistoryPane,
    /// What lies over the view, the last one over the others.
    pub(crate) modals: Vec<Modal>,
    /// The number of the last question that was asked by whatever lies over the view: what lay there before may still
    /// be answered.
    pub(crate) reads: Generation,
    /// The number of the last digest that was asked for.
    pub(crate) digests: Generation,
    /// The number of the last count as dive does it.
    pub(crate) dive_counts: Generation,
    /// What is being typed.
    pub(crate) prompt: Option<Prompt>,
    /// What is known of contents, for filters that ask for it.
    pub(crate) inquest: Inquest,
    /// The filters that were kept, the last one last.
    pub(crate) kept_filters: Vec<String>,
    /// Paths of which one wants to know what the image would weigh without them.
    pub(crate) without: Without,
    /// What is to be written to the folder that is being typed.
    pub(crate) plan: Option<Plan>,
    /// The first key of an unfinished sequence.
    pub(crate) begun: Option<char>,
    /// Whether the user has waited after that key, and wants to know what can follow.
    pub(crate) hints: bool,
    /// A short message.
    pub(crate) toast: Option<Toast>,
    /// Those that were shown so far.
    pub(crate) told: Vec<Toast>,
    /// Why there will be no image, though some of its layers are there.
    pub(crate) failure: Option<String>,
    /// Findings of all stages about the image.
    pub(crate) notices: Vec<Notice>,
    /// Findings about anything else: the user's settings, the rules.
    pub(crate) asides: Vec<Notice>,
}

impl State {
    /// Before anything is known.
    pub(crate) fn new(size: Size, options: Options) -> Self {
        Self {
            size,
            stage: Stage::Opening(Opening::default()),
            subject: None,
            distribution: None,
            dangling: HashSet::new(),
            verdict: Vec::new(),
            ready: None,
            view: options.view,
            layers_focus: Pane::Layers,
            image_focus: Pane::Labels,
            zoom: false,
            layers: LayersPane::default(),
            tree: TreePane { mode: options.lens, sort: Sort::by(options.sort), ..TreePane::default() },
            preview: None,
            packages: None,
            instruction_offset: 0,
            waste: WastePane { mode: LensMode::Whole, ..WastePane::default() },
            files: FilesPane::default(),
            compare: ComparePane::default(),
            labels: Position::default(),
            config: Position::default(),
            env: Position::default(),
            history: HistoryPane::default(),
            modals: Vec::new(),
            reads: Generation::default(),
            digests: Generation::default(),
            dive_counts: Generation::default(),
            prompt: None,
            inquest: Inquest::default(),
            kept_filters: options.filters.clone(),
            without: Without::default(),
            plan: None,
            begun: None,
            hints: false,
            toast: None,
            told: Vec::new(),
            failure: None,
            notices: Vec::new(),
            asides: Vec::new(),
            options,
        }
    }

    /// What keys go to before they go to the view.
    pub(crate) fn modal(&self) -> Option<&Modal> {
        self.modals.last()
    }

    /// The focused pane.
    pub(crate) fn focus(&self) -> Pane {
        let (wanted, panes) = match self.view {
            View::Layers => (self.layers_focus, layout::panes_of(self.view, self.class())),
            View::Waste => return Pane::Waste,
            View::Files => return Pane::Files,
            View::Compare => return Pane::Compare,
            View::Image => (self.image_focus, layout::panes_of(self.view, self.class())),
        };
        // A pane that has no place at this size cannot have the focus.
        if panes.contains(&wanted) { wanted } else { Pane::Layers }
    }

    /// Gives the focus to a pane, and shows its view.
    pub(crate) fn focus_on(&mut self, pane: Pane) {
        match pane {
            Pane::Layers | Pane::Tree | Pane::Instruction => {
                self.view = View::Layers;
                self.layers_focus = pane;
            }
            Pane::Waste => self.view = View::Waste,
            Pane::Files => self.view = View::Files,
            Pane::Compare => self.view = View::Compare,
            Pane::Labels | Pane::Config | Pane::Env | Pane::History => {
                self.view = View::Image;
                self.image_focus = pane;
            }
        }
    }

    /// How much room there is.
    pub(crate) fn class(&self) -> layout::Class {
        layout::class(self.size.width, self.size.height)
    }

    /// How many rows (of the instruction: lines) a pane has.
    pub(crate) fn rows_of(&self, pane: Pane) -> usize {
        let provenance = self.subject.as_ref().map(|subject| &subject.image.provenance);
        match pane {
            Pane::Layers => self.layers.rows.len(),
            Pane::Tree => self.tree.rows.len(),
            Pane::Instruction => 0,
            Pane::Waste if self.waste.shows_bundles() => self.waste.bundles.len(),
            Pane::Waste => self.waste.shown.len(),
            Pane::Files => self.files.len(),
            Pane::Compare => self.compare.len(),
            Pane::Labels => provenance.map_or(0, |all| all.labels.len()),
            Pane::Config => provenance.map_or(0, |all| all.settings.len()),
            Pane::Env => provenance.map_or(0, |all| all.env.len()),
            Pane::History => self.subject.as_ref().map_or(0, |subject| subject.history.len()),
        }
    }

    /// Where one is in a pane; the instruction has no rows to be on.
    pub(crate) fn position(&mut self, pane: Pane) -> Option<&mut Position> {
        Some(match pane {
            Pane::Layers => &mut self.layers.at,
            Pane::Tree => &mut self.tree.at,
            Pane::Instruction => return None,
            Pane::Waste if self.waste.shows_bundles() => &mut self.waste.bundle_at,
            Pane::Waste => &mut self.waste.at,
            Pane::Files => &mut self.files.at,
            Pane::Compare => &mut self.compare.at,
            Pane::Labels => &mut self.labels,
            Pane::Config => &mut self.config,
            Pane::Env => &mut self.env,
            Pane::History => &mut self.history.at,
        })
    }

    /// Whether what is being typed for this is not understood: what is shown is no answer to it.
    pub(crate) fn is_wrong(&self, kind: PromptKind) -> bool {
        self.prompt.as_ref().is_some_and(|prompt| prompt.kind == kind && prompt.error.is_some())
    }

    /// Whether the worker still owes the answer to the last question.
    pub(crate) fn waits(&self) -> bool {
        self.tree.generation != self.tree.answered
            || self.waste.generation != self.waste.answered
            || self.files.waits()
            || self.compare.waits()
            || matches!(self.modal(), Some(Modal::Find(find)) if find.waits())
    }

    /// The layer so many further up, or the last one on the way.
    pub(crate) fn layer_beside(&self, layer: LayerIndex, by: i32) -> LayerIndex {
        LayerIndex(layer.0.saturating_add_signed(by).min(self.layer_count().saturating_sub(1)))
    }

    /// The number of layers.
    pub(crate) fn layer_count(&self) -> u32 {
        self.subject.as_ref().and_then(|subject| u32::try_from(subject.image.layers.len()).ok()).unwrap_or(0)
    }

    /// The selected row in the list of layers.
    pub(crate) fn layer_row(&self) -> Option<LayerRow> {
        self.layers.rows.get(self.layers.at.cursor).copied()
    }

    /// The row of the history that is about the selected row of the list of layers.
    pub(crate) fn selected_history(&self) -> Option<usize> {
        match self.layer_row()? {
            LayerRow::Empty(row) => Some(row),
            LayerRow::Layer(layer) => self.subject.as_ref()?.image.layers.get(layer.index())?.history,
            LayerRow::Base | LayerRow::Found(_) => None,
        }
    }

    /// The selected group of wasted items.
    pub(crate) fn waste_group(&self) -> Option<&Group> {
        self.waste.shown.get(self.waste.at.cursor).filter(|_| !self.waste.shows_bundles()).map(|group| &**group)
    }

    /// The two points that are compared: those that were named, else the end of the base image (or the lowest layer) and
    /// the whole image.
    pub(crate) fn compared(&self) -> (LayerIndex, LayerIndex) {
        let image = self.subject.as_ref().map(|subject| &subject.image);
        let base = image.and_then(|image| image.base.as_ref()).and_then(|base| base.layers.checked_sub(1)).unwrap_or(0);
        let last = if self.ready.is_some() { self.understood() } else { self.layer_count() }.saturating_sub(1);
        self.compare.points.unwrap_or((LayerIndex(base.min(last)), LayerIndex(last)))
    }

    /// The selected path: of what lies over the view, else of the view.
    pub(crate) fn selected_node(&self) -> Option<NodeId> {
        match (self.modal(), self.view) {
            (Some(Modal::Find(find)), _) => find.selected(),
            (Some(Modal::Life(life)), _) => Some(life.timeline.node),
            (Some(Modal::Viewer(viewer)), _) => Some(viewer.node),
            (Some(Modal::Diff(diff)), _) => Some(diff.node),
            (Some(Modal::Duel(duel)), _) => duel.selected(),
            (Some(Modal::Copies(copies)), _) => copies.node(),
            (_, View::Layers) => self.tree_row().map(|row| row.node),
            (_, View::Waste) => self.waste_group().map(|group| group.node),
            (_, View::Files) => self.files.selected(),
            (_, View::Compare) => self.compare.selected()?.node(),
            (_, View::Image) => None,
        }
    }

    /// The selected row of the tree, unless its node is of a single layer's own tree.
    pub(crate) fn tree_row(&self) -> Option<Row> {
        if self.tree.is_alone() { None } else { self.tree.selected() }
    }

    /// Its path as it is, with a leading slash.
    pub(crate) fn selected_bytes(&self) -> Option<Vec<u8>> {
        let path = self.ready.as_ref()?.model.tree.path(self.selected_node()?);
        Some([b"/", path.as_slice()].concat())
    }

    /// The same with a leading slash, escaped.
    pub(crate) fn selected_path(&self) -> Option<String> {
        // A path that only the other image has is none of our tree.
        if let Some(Modal::Duel(duel)) = self.modal()
            && let Some(DuelRow::Path(difference)) = duel.row(duel.at.cursor)
        {
            return Some(format!("/{}", super::text::name(&difference.path)));
        }
        Some(super::text::path(&self.ready.as_ref()?.model.tree, self.selected_node()?))
    }

    /// The whole path of the selected row of the tree, with a leading slash, escaped.
    pub(crate) fn tree_path(&self) -> Option<String> {
        let (row, scene) = (self.tree.selected()?, self.tree.scene.as_ref()?);
        let path = super::text::name(&scene.tree.path(row.node));
        let slash = if row.folder == Folder::Leaf { "" } else { "/" };
        Some(format!("/{path}{slash}"))
    }
}
