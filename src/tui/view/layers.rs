//! The list of layers, and the instruction of the selected one.
//!
//! ```text
//! ┏━ Layers 8/21 ━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━┓
//! ┃ #   size share  waste  changes      instruction        ┃
//! ┃ 0   199M ▇▇▇▇▇   123k  +6.5k        ADD file:1d256392……┃
//! ```

use super::super::layout::{self, Pane};
use super::super::state::{LayerRow, Reading};
use super::super::text;
use super::super::theme::Role;
use super::super::update;
use super::{Painter, Piece};
use crate::image::LayerIndex;
use crate::report::{LayerSection, LayerStatus};
use ratatui::layout::Rect;

/// Which columns there is room for, besides number, size and instruction.
#[derive(Debug, Clone, Copy)]
struct Columns {
    share: bool,
    waste: bool,
    changes: bool,
}

impl Columns {
    fn of(width: usize) -> Self {
        Self { share: width >= 50, waste: width >= 24, changes: width >= 50 }
    }
}

impl Painter<'_> {
    pub(super) fn layers(&mut self, area: Rect) {
        let state = self.state;
        let title = match (&state.subject, state.layers.selected) {
            (None, _) => format!("Layers so far {}/{}", state.layers.at.cursor + 1, state.layers.found.len()),
            (Some(_), selected) => {
                format!("Layers {}/{}", selected.map_or(0, |layer| layer.0 + 1), state.layer_count())
            }
        };
        let window = self.frame(Pane::Layers, area, &title, "");
        let columns = Columns::of(usize::from(window.width));
        let third = match (&state.ready, state.is_whole()) {
            (None, _) => "  read ",
            (Some(_), false) => " waste…",
            (Some(_), true) => "  waste",
        };
        let number = format!(" {}  size", text::left("#", self.number_width()));
        let heading = [
            number.as_str(),
            if columns.share { " share" } else { "" },
            if columns.waste { third } else { "" },
            if columns.changes { "  changes     " } else { "" },
            match (&state.subject, columns.changes) {
                (None, _) => "  member",
                (Some(_), true) => "  instruction",
                (Some(_), false) => "  command",
            },
        ];
        self.heading(Pane::Layers, area, &heading.concat());
        let (rows, at) = (&state.layers.rows, state.layers.at);
        for ((index, row), y) in rows.iter().enumerate().skip(at.offset).zip(window.y..window.bottom()) {
            let line = Rect { y, height: 1, ..window };
            let pieces = match row {
                LayerRow::Layer(layer) => self.layer_row(*layer, columns),
                LayerRow::Empty(row) => self.empty_row(*row),
                LayerRow::Found(index) => self.unplaced_row(*index, columns),
                LayerRow::Base => {
                    let rest = usize::from(line.width).saturating_sub(16);
                    vec![(format!("── base above {}", "─".repeat(rest)), Role::Dim)]
                }
            };
            self.row(Pane::Layers, line, &pieces, index == at.cursor);
        }
        self.more(area, rows.len(), at.offset, usize::from(window.height));
    }

    /// Columns for the number of a layer and a blank.
    fn number_width(&self) -> usize {
        self.state.layer_count().saturating_sub(1).to_string().len() + 1
    }

    fn empty_row(&self, row: usize) -> Vec<Piece> {
        let history = self.state.subject.as_ref().and_then(|subject| subject.image.history.get(row));
        let instruction = history.map_or("", |row| row.instruction.as_str());
        vec![(format!("·  {}", text::instruction(instruction)), Role::Dim)]
    }

    fn layer_row(&self, layer: LayerIndex, columns: Columns) -> Vec<Piece> {
        let Some(subject) = &self.state.subject else { return Vec::new() };
        let is_marked = self.state.layers.marked.contains(&layer);
        let number = if is_marked { format!("{layer}*") } else { layer.to_string() };
        let role = if is_marked { Role::Strong } else { Role::Text };
        let mut out = vec![(text::left(&number, self.number_width()), role)];
        let section = self.state.ready.as_ref().and_then(|ready| ready.model.report.layers.get(layer.index()));
        if let Some(trouble) = self.trouble(layer, section) {
            out.extend(self.in_trouble(section.map_or(0, |section| section.shipped_bytes), &trouble));
            return out;
        }
        match section {
            Some(section) => self.figures(section, columns, &mut out),
            None => self.reading(layer, columns, &mut out),
        }
        let mark = if subject.image.why_unexplained(layer).is_some() { "? " } else { "" };
        out.push((format!("  {mark}{}", text::instruction(subject.image.instruction(layer))), Role::Text));
        out
    }

    /// What is wrong with a layer matters more than its figures.
    fn in_trouble(&self, shipped: u64, trouble: &str) -> [Piece; 2] {
        let size = text::right(&text::short(shipped, self.state.options.units), 6);
        [(size, Role::Text), (format!("  ! {trouble}"), Role::Error)]
    }

    /// Why a layer is not whole, if it is not.
    fn trouble(&self, layer: LayerIndex, section: Option<&LayerSection>) -> Option<String> {
        let subject = self.state.subject.as_ref()?;
        let blob = subject.image.layers.get(layer.index()).map(|layer| &layer.blob);
        match (subject.reading.get(layer.index()), blob) {
            (Some(Reading::Done { error: Some(error), .. }), _) | (_, Some(Err(error))) => Some(text::prose(error)),
            _ if section.is_some_and(|section| section.status != LayerStatus::Ok) => {
                Some("could not be read whole".to_owned())
            }
            _ => None,
        }
    }

    fn figures(&self, section: &LayerSection, columns: Columns, out: &mut Vec<Piece>) {
        let units = self.state.options.units;
        out.push((text::right(&text::short(section.shipped_bytes, units), 6), Role::Text));
        if columns.share {
            let layers = self.state.ready.iter().flat_map(|ready| &ready.model.report.layers);
            let largest = layers.map(|layer| layer.shipped_bytes).max().unwrap_or(0);
            out.push((format!(" {}", text::left(&text::bar(section.shipped_bytes, largest, 5), 5)), Role::Dim));
        }
        if columns.waste {
            let role = if section.wasted_bytes > 0 { Role::Waste } else { Role::Dim };
            // Nothing so far: what is above may change that.
            let none_yet = section.wasted_bytes == 0 && !self.state.is_whole();
            let wasted = if none_yet { "…".to_owned() } else { text::short(section.wasted_bytes, units) };
            out.push((text::right(&wasted, 7), role));
        }
        if columns.changes {
            let counts =
                [('+', section.added), ('~', section.changed), ('%', section.metadata_only), ('-', section.removed)];
            let changes: Vec<String> = counts
                .iter()
                .filter(|(_, count)| *count > 0)
                .map(|(marker, number)| format!("{marker}{}", text::count(*number)))
                .collect();
            out.push((format!("  {}", text::left(&changes.join(" "), 12)), Role::Text));
        }
    }

    /// What is known of a layer before all of them are read.
    fn reading(&self, layer: LayerIndex, columns: Columns, out: &mut Vec<Piece>) {
        let Some(subject) = &self.state.subject else { return };
        let stored = subject.image.layers.get(layer.index()).and_then(|layer| layer.blob.as_ref().ok());
        let (size, how_far) = match subject.reading.get(layer.index()) {
            Some(Reading::Done { shipped, .. }) => (Some(*shipped), "ok".to_owned()),
            Some(Reading::Partly(read, total)) => (stored.map(|blob| blob.size), gauge(*read, *total)),
            _ => (stored.map(|blob| blob.size), gauge(0, 1)),
        };
        self.read_so_far(size, &how_far, columns, out);
    }

    /// A layer of which nobody can tell yet which one it is.
    fn unplaced_row(&self, index: usize, columns: Columns) -> Vec<Piece> {
        let Some(found) = self.state.layers.found.get(index) else { return Vec::new() };
        let mut out = vec![(text::left("?", self.number_width()), Role::Dim)];
        if let Some(error) = &found.error {
            out.extend(self.in_trouble(found.shipped, &text::prose(error)));
            return out;
        }
        self.read_so_far(Some(found.shipped), "ok", columns, &mut out);
        // What all members have in common says nothing, and it stands in the strip.
        let name = found.name.strip_suffix("/layer.tar").unwrap_or(&found.name);
        out.push((format!("  {}", name.rsplit('/').next().unwrap_or(name)), Role::Text));
        out
    }

    /// The columns of a layer whose place among the others is not understood yet.
    fn read_so_far(&self, size: Option<u64>, how_far: &str, columns: Columns, out: &mut Vec<Piece>) {
        let units = self.state.options.units;
        out.push((text::right(&size.map_or_else(|| "?".to_owned(), |size| text::short(size, units)), 6), Role::Text));
        if columns.share {
            out.push((" ".repeat(6), Role::Text));
        }
        if columns.waste {
            out.push((format!("  {}", text::left(how_far, 5)), Role::Dim));
        }
        if columns.changes {
            out.push((format!("  {}", text::left("…", 12)), Role::Dim));
        }
    }

    pub(super) fn instruction(&mut self, area: Rect) {
        let state = self.state;
        let title = match state.layer_row() {
            Some(LayerRow::Layer(layer)) => format!("L{layer} instruction"),
            Some(LayerRow::Empty(row)) => format!("H{row} instruction"),
            Some(LayerRow::Base | LayerRow::Found(_)) | None => "Instruction".to_owned(),
        };
        let window = self.frame(Pane::Instruction, area, &title, "J/K scroll");
        let lines = update::instruction_lines(state, area, self.areas.class);
        let offset = state.instruction_offset;
        for (fact, y) in lines.iter().skip(offset).zip(window.y..window.bottom()) {
            let line = Rect { x: window.x + 1, y, width: window.width.saturating_sub(2), height: 1 };
            self.line(line, std::slice::from_ref(fact));
        }
        self.more(area, lines.len(), offset, usize::from(layout::inner(self.areas.class, area).height));
    }
}

/// How far something is, in five cells.
fn gauge(read: u64, total: u64) -> String {
    let cells = u128::from(read.min(total)) * 5 / u128::from(total.max(1));
    let cells = usize::try_from(cells).unwrap_or(5);
    format!("{}{}", "▇".repeat(cells), "▁".repeat(5_usize.saturating_sub(cells)))
}
