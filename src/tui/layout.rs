//! Which part of the screen belongs to what: a pure function of the size and the state.
//!
//! | width | layout |
//! |---|---|
//! | 120 and more | layers and instruction left, tree right, more columns |
//! | 80 to 119 | layers left, tree right, the instruction as a strip |
//! | 50 to 79 | one pane at a time |
//! | below 50, or below 12 rows | the list alone, one header line |
//! | below 20x5 | "window too small" |

use super::state::{Modal, State, View};
use ratatui::layout::Rect;

/// A part of a view that has rows of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Pane {
    /// The list of layers.
    Layers,
    /// The tree under the lens.
    Tree,
    /// The instruction of the selected layer.
    Instruction,
    /// The wasted items.
    Waste,
    /// All files, flat.
    Files,
    /// Two points of the image.
    Compare,
    /// Labels.
    Labels,
    /// Entrypoint, user and the like.
    Config,
    /// Environment variables.
    Env,
    /// The history.
    History,
}

impl Pane {
    /// All panes.
    pub(crate) const ALL: [Self; 10] = [
        Self::Layers,
        Self::Tree,
        Self::Instruction,
        Self::Waste,
        Self::Files,
        Self::Compare,
        Self::Labels,
        Self::Config,
        Self::Env,
        Self::History,
    ];
}

/// How much room there is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Class {
    /// Too little for anything.
    TooSmall,
    /// One list without a border.
    List,
    /// One pane at a time.
    Single,
    /// Panes side by side.
    Double,
    /// The same, with more columns.
    Wide,
}

/// Who has which part of the screen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Areas {
    /// How much room there is.
    pub(crate) class: Class,
    /// Name, platform, size and waste.
    pub(crate) header: Rect,
    /// The views and the lens.
    pub(crate) tabs: Option<Rect>,
    /// Everything between tabs and strip.
    pub(crate) body: Rect,
    /// What is seen of the selected path without opening it, below the tree.
    pub(crate) preview: Option<Rect>,
    /// The panes that can be seen, in the order of Tab.
    pub(crate) panes: Vec<(Pane, Rect)>,
    /// About the selected layer, the selected wasted item, or the image.
    pub(crate) strip: Option<Rect>,
    /// The whole path of the selection, a prompt or a message.
    pub(crate) status: Rect,
    /// Keys.
    pub(crate) footer: Option<Rect>,
}

/// How much room a screen has.
pub(crate) fn class(width: u16, height: u16) -> Class {
    match (width, height) {
        (0..20, _) | (_, 0..5) => Class::TooSmall,
        (20..50, _) | (_, 5..12) => Class::List,
        (50..80, _) => Class::Single,
        (80..120, _) => Class::Double,
        _ => Class::Wide,
    }
}

/// The panes of a view, in the order of Tab.
pub(crate) fn panes_of(view: View, class: Class) -> &'static [Pane] {
    match (view, class) {
        (View::Layers, Class::Wide) => &[Pane::Layers, Pane::Tree, Pane::Instruction],
        (View::Layers, _) => &[Pane::Layers, Pane::Tree],
        (View::Waste, _) => &[Pane::Waste],
        (View::Files, _) => &[Pane::Files],
        (View::Compare, _) => &[Pane::Compare],
        (View::Image, _) => &[Pane::Labels, Pane::Config, Pane::Env, Pane::History],
    }
}

/// Divides the screen.
pub(crate) fn areas(state: &State) -> Areas {
    let (width, height) = (state.size.width, state.size.height);
    let class = class(width, height);
    let line = |y: u16| Rect { x: 0, y, width, height: u16::from(y < height) };
    let roomy = class > Class::List;
    let strip_height = match (roomy && height >= 16, state.view, class) {
        (true, View::Layers, Class::Single | Class::Double)
        | (true, View::Image, Class::Double | Class::Wide)
        | (true, View::Files | View::Compare, _) => 2,
        (true, View::Waste, _) => 3,
        _ => 0,
    };
    // What an image is stands above its labels.
    let above = if state.view == View::Image { strip_height } else { 0 };
    let top = above + if roomy { 2 } else { 1 };
    let footer = u16::from(roomy);
    let bottom = height.saturating_sub(1 + footer + strip_height - above).max(top);
    let body =
        Rect { x: 0, y: top, width, height: bottom.saturating_sub(top) }.intersection(Rect::new(0, 0, width, height));
    // The strip about a layer stands above the path of the selection, the strip about a wasted item below it.
    let (status_y, strip_y) = match state.view {
        View::Waste | View::Files | View::Compare => (bottom, bottom + 1),
        View::Image => (bottom, top - above),
        View::Layers => (bottom + strip_height, bottom),
    };
    Areas {
        class,
        header: line(0),
        tabs: roomy.then(|| line(1)),
        body,
        preview: preview(state, class, body),
        panes: panes(state, class, body),
        strip: (strip_height > 0).then_some(Rect { x: 0, y: strip_y, width, height: strip_height }),
        status: line(status_y),
        footer: roomy.then(|| line(height.saturating_sub(1))),
    }
}

fn panes(state: &State, class: Class, body: Rect) -> Vec<(Pane, Rect)> {
    if class < Class::Double || state.zoom {
        return vec![(state.focus(), body)];
    }
    match state.view {
        View::Waste => vec![(Pane::Waste, body)],
        View::Files => vec![(Pane::Files, body)],
        View::Compare => vec![(Pane::Compare, body)],
        View::Layers if class == Class::Wide => wide_layers(state, body),
        View::Layers => {
            let (left, right) = split_at(body, split(state, Class::Double, body));
            vec![(Pane::Layers, left), (Pane::Tree, right)]
        }
        View::Image => image(state, class, body),
    }
}

/// Columns of the list of layers: as many as the user wants, as far as they leave both panes of use.
fn split(state: &State, class: Class, body: Rect) -> u16 {
    let [narrow, wide] = state.options.split;
    let wanted = if class == Class::Wide { wide.unwrap_or(58) } else { narrow.unwrap_or(32) };
    fit_split(wanted, body.width)
}

/// A width of the left of two panes that leaves both of them of use.
pub(crate) fn fit_split(wanted: u16, width: u16) -> u16 {
    const LEAST_LEFT: u16 = 20;
    const LEAST_RIGHT: u16 = 32;
    wanted.min(width.saturating_sub(LEAST_RIGHT)).max(LEAST_LEFT)
}

/// Where the preview is, if there is room for one.
fn preview(state: &State, class: Class, body: Rect) -> Option<Rect> {
    let is_there = state.view == View::Layers && class == Class::Wide && !state.zoom;
    preview_below(split_at(body, split(state, Class::Wide, body)).1).filter(|_| is_there)
}

/// The lower half of the tree's part of the screen, if both halves are of use then.
fn preview_below(right: Rect) -> Option<Rect> {
    const LEAST: u16 = 24;
    (right.height >= LEAST).then(|| stack_at(right, right.height.div_ceil(2)).1)
}

/// The parts of the preview.
#[derive(Debug, Clone, Copy)]
pub(crate) struct PreviewParts {
    /// A line about what it is.
    pub(crate) facts: Rect,
    /// What it holds.
    pub(crate) content: Rect,
    /// Who touched it, with a line above.
    pub(crate) life: Rect,
}

/// Divides the preview of a path that so many steps touched: they get a third of it at most.
pub(crate) fn preview_parts(area: Rect, steps: usize) -> PreviewParts {
    let inside = inner(Class::Wide, area);
    let life = u16::try_from(steps).unwrap_or(u16::MAX).saturating_add(1).min(inside.height / 3);
    let (facts, rest) = stack_at(inside, 1);
    let (content, life) = stack_at(rest, rest.height.saturating_sub(life));
    PreviewParts { facts, content, life }
}

fn wide_layers(state: &State, body: Rect) -> Vec<(Pane, Rect)> {
    let (left, right) = split_at(body, split(state, Class::Wide, body));
    let right = preview_below(right).map_or(right, |below| Rect { height: right.height - below.height, ..right });
    let wanted = u16::try_from(state.layers.rows.len()).unwrap_or(u16::MAX).saturating_add(3);
    let (list, instruction) = stack_at(left, wanted.min(body.height * 3 / 5).max(5));
    vec![(Pane::Layers, list), (Pane::Tree, right), (Pane::Instruction, instruction)]
}

fn image(state: &State, class: Class, body: Rect) -> Vec<(Pane, Rect)> {
    let rows = |pane: Pane| u16::try_from(state.rows_of(pane)).unwrap_or(u16::MAX);
    let labels = rows(Pane::Labels).saturating_add(3).clamp(4, (body.height * 2 / 5).max(4));
    let config = rows(Pane::Config).saturating_add(2).clamp(3, (body.height / 3).max(3));
    if class == Class::Wide {
        // Keys and values of labels are long: they get the whole width.
        let (labels, rest) = stack_at(body, labels);
        let (left, history) = split_at(rest, body.width / 2);
        let (config, env) = stack_at(left, config);
        return vec![(Pane::Labels, labels), (Pane::Config, config), (Pane::Env, env), (Pane::History, history)];
    }
    let (labels, rest) = stack_at(body, labels);
    let (config, rest) = stack_at(rest, config);
    let (env, history) = split_at(rest, body.width * 2 / 5);
    vec![(Pane::Labels, labels), (Pane::Config, config), (Pane::Env, env), (Pane::History, history)]
}

fn split_at(area: Rect, width: u16) -> (Rect, Rect) {
    let width = width.min(area.width);
    let right = Rect { x: area.x + width, width: area.width - width, ..area };
    (Rect { width, ..area }, right)
}

fn stack_at(area: Rect, height: u16) -> (Rect, Rect) {
    let height = height.min(area.height);
    let below = Rect { y: area.y + height, height: area.height - height, ..area };
    (Rect { height, ..area }, below)
}

/// The inside of a pane: all of it where there is no room for borders.
pub(crate) fn inner(class: Class, pane: Rect) -> Rect {
    if class == Class::List {
        return pane;
    }
    Rect {
        x: pane.x.saturating_add(1).min(pane.right()),
        y: pane.y.saturating_add(1).min(pane.bottom()),
        width: pane.width.saturating_sub(2),
        height: pane.height.saturating_sub(2),
    }
}

/// Whether a pane has a line that names its columns.
pub(crate) fn has_heading(class: Class, pane: Pane) -> bool {
    match pane {
        Pane::Layers | Pane::Waste | Pane::Compare | Pane::Labels => class > Class::List,
        // Elsewhere there is no room for a column that is not clear by itself.
        Pane::Tree => class == Class::Wide,
        _ => false,
    }
}

/// Where the rows of a pane are, headings left out.
pub(crate) fn window(class: Class, pane: Pane, area: Rect) -> Rect {
    let inside = inner(class, area);
    let heading = u16::from(has_heading(class, pane) && inside.height > 1);
    Rect { y: inside.y + heading, height: inside.height - heading, ..inside }
}

/// Where a text lies over the view.
pub(crate) fn modal(areas: &Areas) -> Rect {
    let body = areas.body;
    match areas.class {
        Class::Wide => {
            Rect { x: body.x + body.width / 12, y: body.y, width: body.width - body.width / 6, height: body.height }
        }
        _ => body,
    }
}

/// Everything between header and footer.
fn overlay(areas: &Areas) -> Rect {
    let header = areas.header;
    let end = areas.footer.map_or_else(|| areas.status.bottom().max(areas.body.bottom()), |footer| footer.y);
    Rect { y: header.bottom(), height: end.saturating_sub(header.bottom()), ..header }
}

/// Where the help lies: it is long, and nothing below it is needed meanwhile.
pub(crate) fn help(areas: &Areas) -> Rect {
    if areas.class == Class::Wide { modal(areas) } else { overlay(areas) }
}

/// Where a list of so many rows lies at the bottom of the view, and where its rows are.
pub(crate) fn menu(areas: &Areas, rows: usize) -> (Rect, Rect) {
    let body = areas.body;
    let height = u16::try_from(rows).unwrap_or(u16::MAX).saturating_add(2).min(body.height);
    let area = Rect { y: body.bottom() - height, height, ..body };
    (area, inner(areas.class, area))
}

/// Where the content of a file is shown: over all panes, as every column counts.
pub(crate) fn viewer(areas: &Areas) -> Rect {
    areas.body
}

/// Where the rows of a path's life are, and below them its closing sentence.
pub(crate) fn life(areas: &Areas) -> (Rect, Rect) {
    let inside = inner(areas.class, modal(areas));
    let sentence = if inside.height >= 6 { 2 } else { inside.height.min(1) };
    stack_at(inside, inside.height - sentence)
}

/// Where two versions of a file are shown: what they are, and below it the lines.
pub(crate) fn diff(areas: &Areas) -> (Rect, Rect) {
    let inside = inner(areas.class, viewer(areas));
    stack_at(inside, if inside.height >= 6 { 2 } else { 0 })
}

/// Where the parts of the search for a path are.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct FindParts {
    /// All of it.
    pub(crate) whole: Rect,
    /// The border.
    pub(crate) frame: Rect,
    /// What is typed.
    pub(crate) input: Rect,
    /// The line below it.
    pub(crate) rule: Rect,
    /// The names of the columns.
    pub(crate) heading: Rect,
    /// What was found.
    pub(crate) list: Rect,
    /// The life of the selected path, and the line above it.
    pub(crate) life: Rect,
    /// Its content, and the line above it.
    pub(crate) content: Rect,
    /// What can be typed, or what is wrong with what was.
    pub(crate) hint: Rect,
}

/// Divides everything between header and footer for the search for a path; nothing if it is not open.
pub(crate) fn find(areas: &Areas, modal: Option<&Modal>) -> FindParts {
    let Some(Modal::Find(find)) = modal else { return FindParts::default() };
    let whole = overlay(areas);
    let roomy = areas.class > Class::List;
    let (frame, hint) = stack_at(whole, whole.height.saturating_sub(u16::from(whole.height > 2)));
    let inside = inner(areas.class, frame);
    let (input, rest) = stack_at(inside, 1);
    let (rule, rest) = stack_at(rest, u16::from(roomy));
    let (heading, rest) = stack_at(rest, u16::from(roomy));
    let width = usize::from(rest.width).saturating_sub(2);
    let life = find.hit.as_ref().map_or(0, |hit| {
        hit.timeline.steps.len() + super::life::sentence_rows(&find.model, &hit.timeline, width).len()
    });
    let has_content = !find.facts.is_empty() || find.hit.as_ref().is_some_and(|hit| hit.content.is_some());
    let shares = super::find::share(usize::from(rest.height), find.found.hits.len(), life, has_content);
    let height = |rows: usize| u16::try_from(rows).unwrap_or(u16::MAX);
    let (list, rest) = stack_at(rest, height(shares.0));
    let (life, rest) = stack_at(rest, height(shares.1));
    let (content, _) = stack_at(rest, height(shares.2));
    FindParts { whole, frame, input, rule, heading, list, life, content, hint }
}

/// The names of the views in the tab line, and where each begins.
pub(crate) fn tabs(state: &State) -> Vec<(View, u16, String)> {
    let mut x = 1;
    let mut out = Vec::new();
    for view in View::ALL {
        let open = if view == state.view { '[' } else { ' ' };
        let close = if view == state.view { ']' } else { ' ' };
        let waiting =
            if matches!(view, View::Waste | View::Files | View::Compare) && !state.is_whole() { "…" } else { "" };
        // The lens matters more than the names of views that are not seen.
        let title = if view == state.view || state.size.width >= 72 { view.title() } else { "" };
        let text = match title {
            "" => format!("{open}{}{waiting}{close}", view.key()),
            title => format!("{open}{} {title}{waiting}{close}", view.key()),
        };
        let width = u16::try_from(super::text::width(&text)).unwrap_or(0);
        out.push((view, x, text));
        x += width;
    }
    out
}
