//! What stands around the panes: header, lens, strip, status; and the borders of panes.

use super::super::Model;
use super::super::groups::{Advice, Bundle, Group};
use super::super::inquest::Open;
use super::super::layout::{self, Class, Pane};
use super::super::state::{Fact, LayerRow, Modal, PromptKind, Stage, State, View};
use super::super::text::{self, human};
use super::super::theme::Role;
use super::super::update;
use super::{Painter, Piece};
use crate::analysis::{Figure, Ruling, Status};
use crate::image::LayerIndex;
use crate::notice::counted;
use crate::report::{mode_text, mtime_text, percent};
use crate::tree::{Change, InodeId, Shown};
use ratatui::layout::Rect;
use ratatui::symbols::border;
use ratatui::widgets::{Block, Widget};

/// The first line: which image, and its figures.
pub(super) fn header(state: &State, width: usize, class: Class) -> Vec<Piece> {
    let Some(subject) = &state.subject else { return before_manifest(state, width, class) };
    let image = &subject.image;
    let file = subject.reference.rsplit('/').next().unwrap_or(&subject.reference);
    let name = text::prose(image.tags.first().map_or(file, String::as_str));
    let mut figures: Vec<Piece> = Vec::new();
    if class == Class::Wide {
        figures.push((format!("{} ({})", text::prose(file), text::prose(&subject.kind)), Role::Text));
    }
    if !image.platform.os.is_empty() {
        figures.push((text::prose(&image.platform.to_string()), Role::Text));
    }
    let layers = image.layers.len();
    let count = counted(layers as u64, "layer");
    match &state.ready {
        None => {
            figures.push((count, Role::Text));
            figures.push((format!("reading {} of {layers} …", subject.finished()), Role::Strong));
        }
        Some(ready) => {
            let totals = &ready.model.report.totals;
            let units = state.options.units;
            let is_whole = state.is_whole();
            if is_whole {
                figures.push((human(totals.shipped_bytes, units), Role::Text));
            }
            figures.push((count, Role::Text));
            if class == Class::Wide && is_whole {
                figures.push((counted(totals.paths, "path"), Role::Text));
            }
            let so_far = if is_whole { "" } else { " so far" };
            let mut waste = format!("waste{so_far} {}", human(totals.wasted_bytes, units));
            if is_whole && class > Class::List {
                waste = format!("{waste} ({})", text::percent(totals.wasted_bytes, totals.shipped_bytes));
            }
            figures.push((waste, Role::Waste));
            if class == Class::List && state.view == View::Layers {
                figures.push((state.tree_lens_name(), Role::Text));
            }
            if class == Class::Wide && is_whole {
                figures.push((format!("efficiency {}", percent(totals.efficiency)), Role::Text));
            }
            figures.extend(what_if(state, totals.shipped_bytes));
            if !is_whole {
                figures.push((format!("reading {} of {layers} …", subject.finished()), Role::Strong));
            }
            if totals.partial {
                figures.push(("partial".to_owned(), Role::Error));
            }
        }
    }
    fit(&name, figures, width, class)
}

/// What the image would weigh with the marked layers as one, or without the paths that are left out.
fn what_if(state: &State, shipped: u64) -> Option<Piece> {
    let units = state.options.units;
    let weighs = |saved: u64| {
        // Nobody knows yet what the image weighs.
        if !state.is_whole() {
            return format!("-{} so far", human(saved, units));
        }
        format!("{} (-{})", human(shipped.saturating_sub(saved), units), human(saved, units))
    };
    let text = match state.without.nodes.len() {
        0 if state.layers.marked.is_empty() => return None,
        0 => format!("* as one: {}", weighs(state.layers.saved)),
        paths => {
            let paths = counted(paths as u64, "path");
            let rest = state.without.saved.map_or_else(|| "…".to_owned(), weighs);
            format!("without {paths}: {rest}")
        }
    };
    Some((text, Role::Strong))
}

/// The same before there is an image: what is read, and how far that is.
fn before_manifest(state: &State, width: usize, class: Class) -> Vec<Piece> {
    let Stage::Opening(opening) = &state.stage else { return vec![("layerscope".to_owned(), Role::Strong)] };
    if state.layers.found.is_empty() {
        return vec![("layerscope".to_owned(), Role::Strong)];
    }
    let name = opening.name();
    let name = match name.rsplit('/').next().unwrap_or_default() {
        "" => "layerscope",
        name => name,
    };
    let read = if state.failure.is_some() {
        ("broken off".to_owned(), Role::Error)
    } else {
        let read = opening.progress(state.options.units);
        (read.unwrap_or_else(|| "being read".to_owned()), Role::Strong)
    };
    let layers = format!("{} so far", counted(state.layers.found.len() as u64, "layer"));
    fit(name, vec![(opening.kind.clone(), Role::Text), (layers, Role::Text), read], width, class)
}

/// Leaves out figures, the first ones first, until the rest fits; then the name gives way.
fn fit(name: &str, mut figures: Vec<Piece>, width: usize, class: Class) -> Vec<Piece> {
    let needed = |figures: &[Piece]| figures.iter().map(|(text, _)| text::width(text) + 3).sum::<usize>();
    // A list alone has no room for more than name and waste; then the name may as well be whole.
    let least = match class {
        Class::TooSmall | Class::List => 24.min(width / 2),
        Class::Single | Class::Double | Class::Wide => 16,
    };
    while figures.len() > 1 && needed(&figures) + text::width(name).min(least) > width {
        figures.remove(0);
    }
    let room = width.saturating_sub(needed(&figures)).max(1);
    let mut out = vec![(text::shorten(name, room), Role::Strong)];
    for figure in figures {
        out.push((" · ".to_owned(), Role::Dim));
        out.push(figure);
    }
    out
}

/// The lens, in words.
pub(super) fn lens(state: &State) -> String {
    match state.view {
        View::Layers => {
            let keys = match (state.class(), &state.ready) {
                (Class::Wide, Some(_)) => "   ([ ] layer, v range, = sum)",
                (Class::Wide, None) => "   ([ ] layer)",
                _ => "",
            };
            format!("lens: {}{keys}", state.tree_lens_name())
        }
        View::Files => format!("lens: {}", state.lens_name(state.files.mode)),
        View::Compare if state.modals.iter().any(|modal| matches!(modal, Modal::Duel(_))) => "two images".to_owned(),
        View::Compare => {
            let (left, right) = state.compared();
            format!("L{left} against L{right}")
        }
        View::Waste => format!("lens: {}", state.lens_name(state.waste.mode)),
        View::Image => "Tab: next section".to_owned(),
    }
}

/// The lines about the selected layer or wasted item.
pub(super) fn strip(state: &State, width: usize) -> Vec<Vec<Piece>> {
    match state.view {
        // The view below is about something else.
        _ if matches!(state.modal(), Some(Modal::Duel(_) | Modal::Copies(_) | Modal::Diff(_))) => Vec::new(),
        _ if matches!(state.modal(), Some(Modal::Viewer(_))) => viewer_strip(state, width),
        View::Layers => layer_strip(state, width),
        View::Waste => waste_strip(state, width),
        View::Files => file_strip(state, width),
        View::Compare => compare_strip(state, width),
        View::Image => identity(state),
    }
}

/// Who the image is: what it calls itself and what is in it, then where it comes from.
fn identity(state: &State) -> Vec<Vec<Piece>> {
    let Some(subject) = &state.subject else { return Vec::new() };
    let image = &subject.image;
    let about = |key: &str| image.about(&format!("org.opencontainers.image.{key}")).map(text::prose);
    let title = [about("title"), about("version")].into_iter().flatten().collect::<Vec<_>>().join(" ");
    let title = Some(title).filter(|title| !title.is_empty());
    let system = state.distribution.as_ref().map(|distribution| text::prose(&distribution.name));
    let created = image.created.as_deref().map(|created| format!("created {}", text::prose(created)));
    let what = [title, system, Some(text::prose(&image.platform.to_string())), created, about("vendor")];
    let source = format!("{} {}", text::prose(&subject.kind), text::prose(&subject.reference));
    let code = about("source").map(|source| match about("revision") {
        Some(revision) => format!("{source} @ {revision}"),
        None => source,
    });
    let lost = Some(image.lost()).filter(|lost| !lost.is_empty()).map(|lost| format!("lost: {}", lost.join(", ")));
    let from = [Some(source), lost, code];
    let line = |parts: &[Option<String>]| {
        let parts = parts.iter().flatten().filter(|part| !part.is_empty()).cloned().collect::<Vec<_>>();
        parts.join(" · ")
    };
    vec![vec![(line(&what), Role::Strong)], vec![(line(&from), Role::Text)]]
}

fn layer_strip(state: &State, width: usize) -> Vec<Vec<Piece>> {
    if let Some(found) = state.found() {
        let note = match &state.failure {
            Some(message) => vec![(text::cut(&text::prose(message), width), Role::Error)],
            None => vec![(update::NO_MANIFEST.to_owned(), Role::Dim)],
        };
        return vec![vec![(text::shorten_path(&found.name, width), Role::Strong)], note];
    }
    let Some(subject) = &state.subject else { return Vec::new() };
    let layer = state.layer();
    let instruction = state
        .selected_history()
        .and_then(|row| subject.image.history.get(row))
        .map_or_else(|| text::instruction(""), |row| text::instruction(&row.instruction));
    let shipped = state.ready.as_ref().and_then(|ready| ready.model.report.layers.get(layer.index()));
    let size = shipped.map_or_else(String::new, |layer| human(layer.shipped_bytes, state.options.units));
    let id = subject.image.layers.get(layer.index()).and_then(|layer| layer.diff_id.as_ref());
    let id = id.map_or_else(String::new, |id| id.0.digest().chars().take(12).collect());
    let right = format!("  {size}  {id}");
    let room = width.saturating_sub(text::width(&right) + 5);
    if let Some(LayerRow::Empty(_)) = state.layer_row() {
        let line = format!("·    {}", text::cut(&instruction, width.saturating_sub(5)));
        return vec![vec![(line, Role::Strong)], vec![("no layer: it changes settings only".to_owned(), Role::Dim)]];
    }
    let left = format!("L{layer:<3} {}", text::left(&instruction, room));
    let finding: Fact = match (update::killed_sentence(state, layer), update::layer_error(state, layer)) {
        (Some(found), _) => (found, Role::Text),
        (None, Some(error)) => (error, Role::Error),
        (None, None) => (String::new(), Role::Text),
    };
    vec![vec![(left, Role::Strong), (right, Role::Dim)], vec![(text::cut(&finding.0, width), finding.1)]]
}

/// The instructions of the two points.
fn compare_strip(state: &State, width: usize) -> Vec<Vec<Piece>> {
    let Some(subject) = &state.subject else { return Vec::new() };
    let (left, right) = state.compared();
    let line = |layer: LayerIndex| {
        let instruction = text::instruction(subject.image.instruction(layer));
        vec![(text::cut(&format!("L{layer} {instruction}"), width), Role::Text)]
    };
    vec![line(left), line(right)]
}

/// Who made the selected file, and what it is.
fn file_strip(state: &State, width: usize) -> Vec<Vec<Piece>> {
    let (Some(node), Some(files), Some(ready)) = (state.files.selected(), state.files.files(), &state.ready) else {
        return Vec::new();
    };
    let Shown::Entry(inode, _) = files.shown(node) else { return Vec::new() };
    version_strip(state, &ready.model, inode, width).unwrap_or_default()
}

/// Who made the version that is viewed, and what it is.
fn viewer_strip(state: &State, width: usize) -> Vec<Vec<Piece>> {
    let Some(Modal::Viewer(viewer)) = state.modal() else { return Vec::new() };
    viewer.inode().and_then(|inode| version_strip(state, &viewer.model, inode, width)).unwrap_or_default()
}

fn version_strip(state: &State, model: &Model, inode: InodeId, width: usize) -> Option<Vec<Vec<Piece>>> {
    let (layer, entry) = (model.tree.inode(inode)?.layer, model.tree.entry(inode)?);
    let instruction = text::instruction(model.image.instruction(layer));
    let mode = mode_text(entry.kind, entry.mode);
    let size = human(entry.size, state.options.units);
    let facts = format!("{mode} {}:{} · {size} · {}", entry.uid, entry.gid, mtime_text(entry.mtime));
    Some(vec![
        vec![(text::cut(&format!("L{layer} {instruction}"), width), Role::Strong)],
        vec![(text::cut(&facts, width), Role::Text)],
    ])
}

fn waste_strip(state: &State, width: usize) -> Vec<Vec<Piece>> {
    let Some(ready) = &state.ready else { return Vec::new() };
    let units = state.options.units;
    let report = &ready.model.report;
    let figures = verdict(state, width);
    let instruction = |layer: LayerIndex| text::instruction(ready.model.image.instruction(layer));
    let steps = |owner: LayerIndex, by: LayerIndex| {
        let (made, killed) = (instruction(owner), instruction(by));
        // Each has half of the line, and what the other one leaves of its half.
        let room = width.saturating_sub(text::width(&format!("L{owner}  → L{by} ")));
        let made = text::cut(&made, (room / 2).max(room.saturating_sub(text::width(&killed))));
        let killed = text::cut(&killed, room.saturating_sub(text::width(&made)));
        format!("L{owner} {made} → L{by} {killed}")
    };
    let of_group = |group: &Group| {
        let Advice { text, saved, layers: (made, killed) } = group.advice(&ready.model.tree)?;
        Some((steps(made, killed), text, saved))
    };
    let of_bundle = |bundle: &Bundle| (steps(bundle.layers.0, bundle.layers.1), bundle.advice(), bundle.bytes);
    let found = state.waste_group().and_then(of_group).or_else(|| state.waste.bundle().map(of_bundle));
    let Some((steps, advice, saved)) = found else { return vec![figures] };
    let of_all = if state.is_whole() {
        format!(", {} of the image", text::percent(saved, report.totals.shipped_bytes))
    } else {
        " so far".to_owned()
    };
    let tip = format!("Tip  {advice}: saves {}{of_all}", human(saved, units));
    vec![vec![(text::cut(&steps, width), Role::Text)], vec![(text::cut(&tip, width), Role::Text)], figures]
}

/// What `ci` says: all that fails, and dive's three figures, each with its limit. Where there is no room for all of that
/// figures without a limit are left out, and then the limits.
fn verdict(state: &State, width: usize) -> Vec<Piece> {
    let mut out = vec![("CI   ".to_owned(), Role::Dim)];
    if state.verdict.is_empty() {
        out.push(("not judged yet".to_owned(), Role::Dim));
        return out;
    }
    // What fails comes first; what passes without a figure that one knows says nothing new.
    let mut rulings: Vec<&Ruling> = state.verdict.iter().collect();
    rulings.sort_by_key(|ruling| ruling.status != Status::Fail);
    let told = |with_limits: bool, with_all: bool| {
        let rulings = rulings.iter().filter(|ruling| with_all || ruling.limit.is_some());
        let each: Vec<Vec<Piece>> = rulings.filter_map(|ruling| told(state, ruling, with_limits)).collect();
        each.join(&(" · ".to_owned(), Role::Text))
    };
    let room = width.saturating_sub(5);
    let fits = |pieces: &Vec<Piece>| pieces.iter().map(|(text, _)| text::width(text)).sum::<usize>() <= room;
    let ways = [(true, true), (true, false), (false, true)].map(|(with_limits, with_all)| told(with_limits, with_all));
    let last = ways.last().cloned().unwrap_or_default();
    out.extend(ways.into_iter().find(fits).unwrap_or(last));
    out
}

/// What one rule says; none if that is nothing new.
fn told(state: &State, ruling: &Ruling, with_limit: bool) -> Option<Vec<Piece>> {
    let units = state.options.units;
    let value = |figure: Figure| match figure {
        Figure::Ratio(ratio) => percent(ratio),
        Figure::Bytes(bytes) => human(bytes, units),
        Figure::Count(count) => count.to_string(),
    };
    let (name, limit) = match ruling.check {
        "lowestEfficiency" => ("efficiency", ">="),
        "highestWastedBytes" => ("wasted", "<="),
        "highestUserWastedPercent" => ("user waste", "<="),
        _ if ruling.status == Status::Fail => (ruling.id.as_str(), "limit"),
        _ => return None,
    };
    let figure = ruling.value.map_or_else(String::new, |figure| format!(" {}", value(figure)));
    let wanted = ruling.limit.filter(|_| with_limit);
    let wanted = wanted.map_or_else(String::new, |wanted| format!(" ({limit} {})", value(wanted)));
    let mut out = vec![(format!("{}{figure}{wanted}", text::prose(name)), Role::Text)];
    match ruling.status {
        Status::Fail if ruling.is_error() => out.push((" FAIL".to_owned(), Role::Error)),
        Status::Fail => out.push((" WARN".to_owned(), Role::Warning)),
        Status::Pass => out.push((" PASS".to_owned(), Role::Change(Change::Added))),
        Status::Skipped => {}
    }
    Some(out)
}

/// The whole path or text of the selection.
pub(super) fn status(state: &State) -> String {
    if state.subject.is_none() && state.layers.found.is_empty() {
        return String::new();
    }
    match (state.view, state.focus()) {
        _ if over_path(state) => state.selected_path().unwrap_or_default(),
        (View::Layers, _) => state.tree_path().unwrap_or_default(),
        (View::Files | View::Compare, _) => state.selected_path().unwrap_or_default(),
        (View::Waste, _) => state
            .waste_group()
            .map(|group| format!("/{}", group.path))
            .or_else(|| state.waste.bundle().map(|bundle| bundle.title.clone()))
            .unwrap_or_default(),
        (View::Image, Pane::History) => history_status(state),
        (View::Image, _) => setting_status(state).unwrap_or_default(),
    }
}

/// Whether what lies over the view is about a path of its own.
fn over_path(state: &State) -> bool {
    matches!(
        state.modal(),
        Some(Modal::Viewer(_) | Modal::Diff(_) | Modal::Life(_) | Modal::Duel(_) | Modal::Copies(_))
    )
}

fn history_status(state: &State) -> String {
    let row = state.subject.as_ref().and_then(|subject| subject.image.history.get(state.history.at.cursor));
    let Some(row) = row else { return String::new() };
    let layer = row.layer.map_or_else(|| "no layer".to_owned(), |layer| format!("L{layer}"));
    let created = row.created.as_deref().map_or_else(String::new, |created| format!(" · {}", text::prose(created)));
    format!("H{} · {layer}{created}", state.history.at.cursor)
}

fn setting_status(state: &State) -> Option<String> {
    let setting = update::selected_setting(state)?;
    let Some(row) = setting.history else {
        return Some(format!("{}: no row of the history tells who set it", text::prose(&setting.key)));
    };
    let instruction = state.subject.as_ref()?.image.history.get(row).map_or("", |row| row.instruction.as_str());
    let text = format!("set by H{row}: {}", text::prose(instruction));
    // The beginning of an instruction says more than its end.
    Some(text::cut(&text, usize::from(state.size.width).saturating_sub(2)))
}

/// How many rows a filter leaves.
pub(super) fn hits(state: &State, kind: PromptKind) -> String {
    let open = state.inquest.open.as_ref().map(Open::note);
    let found = |count: &dyn std::fmt::Display| {
        let open = open.as_ref().map_or_else(String::new, |open| format!(", {open}"));
        format!("{count} found{open}   [Enter] keep  [Esc] clear")
    };
    match kind {
        PromptKind::TreeFilter => match state.tree.scene.as_ref().filter(|scene| scene.filtered) {
            Some(scene) => found(&scene.total()),
            None => open.unwrap_or_else(|| {
                "*.glob · /regex/ · !not · is:file · size:>1M · content:/re/   [Enter] keep".to_owned()
            }),
        },
        PromptKind::CompareFilter => found(&state.compare.len()),
        PromptKind::DuelFilter => match state.modal() {
            Some(Modal::Duel(duel)) => found(&duel.len()),
            _ => String::new(),
        },
        PromptKind::FilesFilter => found(&state.files.len()),
        PromptKind::WasteFilter => found(&state.waste.shown.len()),
        PromptKind::Search => match state.modal() {
            Some(Modal::Viewer(viewer)) => {
                let lines = viewer.search.as_ref().map_or(0, |search| search.lines.len());
                format!("{} found   [Enter] keep  [Esc] clear", counted(lines as u64, "line"))
            }
            _ => String::new(),
        },
        PromptKind::Extract => {
            let what = state.plan.as_ref().map_or("", |plan| plan.name.as_str());
            format!("where to write {}   [Enter] write  [Esc] close", text::shorten_path(what, 32))
        }
        PromptKind::Save => "a file that is not there yet   [Enter] write  [Esc] close".to_owned(),
        PromptKind::Command => {
            "a layer's number, cmp 3 8, cmp FILE, or what to do   [Enter] do  [Esc] close".to_owned()
        }
    }
}

impl Painter<'_> {
    /// Draws the border of a pane and gives back where its rows are.
    pub(super) fn frame(&mut self, pane: Pane, area: Rect, title: &str, note: &str) -> Rect {
        let focused = self.state.focus() == pane;
        self.border(area, focused, title, note);
        layout::window(self.areas.class, pane, area)
    }

    /// A border, heavy if focused, with a title left and a note right.
    pub(super) fn border(&mut self, area: Rect, focused: bool, title: &str, note: &str) {
        let area = area.intersection(self.buffer.area);
        if self.areas.class == Class::List || area.width < 4 || area.height < 2 {
            return;
        }
        let (set, role) = if focused { (border::THICK, Role::Focus) } else { (border::PLAIN, Role::Dim) };
        Block::bordered().border_set(set).border_style(self.style(role)).render(area, self.buffer);
        let room = usize::from(area.width) - 4;
        // A path gives way to what is said at the right as long as most of a name is left.
        let beside = room.saturating_sub(text::width(note) + 5);
        let title = match title {
            path if path.starts_with('/') && !note.is_empty() && beside >= 16 => text::shorten_path(path, beside),
            title => text::cut(title, room.saturating_sub(2)),
        };
        let line = Rect { x: area.x + 2, width: area.width - 4, height: 1, ..area };
        if !title.is_empty() {
            self.line(line, &[(format!(" {title} "), if focused { Role::Strong } else { Role::Text })]);
        }
        if !note.is_empty() && text::width(&title) + text::width(note) + 5 <= room {
            self.right(line, &format!(" {note} "), Role::Dim);
        }
    }

    /// A line across, with a title.
    pub(super) fn rule(&mut self, line: Rect, title: &str) {
        if line.height == 0 {
            return;
        }
        self.line(line, &[("─".repeat(usize::from(line.width)), Role::Dim)]);
        if !title.is_empty() {
            self.line(
                Rect { x: line.x + 2, width: line.width.saturating_sub(2), ..line },
                &[(format!(" {title} "), Role::Strong)],
            );
        }
    }

    /// Says at the lower border how much is below the window, or that all is shown.
    pub(super) fn more(&mut self, area: Rect, rows: usize, offset: usize, height: usize) {
        if self.areas.class == Class::List || area.height < 2 || area.width < 16 {
            return;
        }
        let below = rows.saturating_sub(offset + height);
        let line = Rect { x: area.x + 2, y: area.bottom() - 1, width: area.width - 4, height: 1 };
        if below > 0 {
            self.right(line, &format!(" ▼ {below} more "), Role::Text);
        } else if offset > 0 {
            self.right(line, &format!(" ▲ {offset} above "), Role::Text);
        }
    }

    /// The line that names the columns, if the pane has one.
    pub(super) fn heading(&mut self, pane: Pane, area: Rect, text: &str) {
        if layout::has_heading(self.areas.class, pane) {
            let inside = layout::inner(self.areas.class, area);
            if inside.height > 1 {
                self.line(inside, &[(text.to_owned(), Role::Dim)]);
            }
        }
    }

    /// One row, one line; marked if it is the selected one.
    pub(super) fn row(&mut self, pane: Pane, line: Rect, pieces: &[Piece], selected: bool) {
        self.line(Rect { x: line.x + 1, width: line.width.saturating_sub(1), ..line }, pieces);
        if selected {
            let focused = self.state.focus() == pane;
            self.select(line, focused);
        }
    }

    /// A sentence in place of rows.
    pub(super) fn placeholder(&mut self, window: Rect, text: &str) {
        if window.height > 0 {
            let inside = Rect { x: window.x + 1, width: window.width.saturating_sub(2), ..window };
            for (line, y) in text::wrap(text, usize::from(inside.width)).iter().zip(inside.y..inside.bottom()) {
                self.line(Rect { y, height: 1, ..inside }, &[(line.clone(), Role::Dim)]);
            }
        }
    }
}
