//! Labels, config, environment and history.
//!
//! ```text
//! ┏━ Labels 4 ━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━ 4 own · 0 from base ━┓
//! ┃  set by  label                              value                            ┃
//! ┃ ~H15     org.opencontainers.image.vendor    Acme-Platform    was Acme (H2)   ┃
//! ```

use super::super::history::LEAD;
use super::super::layout::Pane;
use super::super::state::Position;
use super::super::text;
use super::super::theme::Role;
use super::{Painter, Piece};
use crate::image::Setting;
use crate::tree::Change;
use ratatui::layout::Rect;

impl Painter<'_> {
    pub(super) fn labels(&mut self, area: Rect) {
        let Some(subject) = &self.state.subject else {
            let window = self.frame(Pane::Labels, area, "Labels", "");
            return self.placeholder(window, super::waits_for(self.state, ""));
        };
        let labels = &subject.image.provenance.labels;
        let inherited = labels.iter().filter(|label| label.inherited).count();
        let note = format!("{} own · {inherited} from base", labels.len() - inherited);
        let key = labels.iter().map(|label| text::width(&text::prose(&label.key))).max().unwrap_or(0);
        let key = key.clamp(5, usize::from(area.width) * 2 / 5);
        self.heading(Pane::Labels, area, &format!("  set by    {}  value", text::left("label", key)));
        self.settings(Pane::Labels, area, labels, self.state.labels, ("Labels", &note), Some(key));
    }

    pub(super) fn config(&mut self, area: Rect) {
        let Some(subject) = &self.state.subject else { return };
        self.settings(
            Pane::Config,
            area,
            &subject.image.provenance.settings,
            self.state.config,
            ("Config", ""),
            Some(11),
        );
    }

    pub(super) fn env(&mut self, area: Rect) {
        let Some(subject) = &self.state.subject else { return };
        self.settings(Pane::Env, area, &subject.image.provenance.env, self.state.env, ("Env", ""), None);
    }

    /// Rows of settings; names in a column of their own, or as `NAME=value`.
    fn settings(
        &mut self,
        pane: Pane,
        area: Rect,
        rows: &[Setting],
        at: Position,
        title: (&str, &str),
        key: Option<usize>,
    ) {
        let window = self.frame(pane, area, &format!("{} {}", title.0, rows.len()), title.1);
        if rows.is_empty() {
            self.placeholder(window, "none");
        }
        for ((index, setting), y) in rows.iter().enumerate().skip(at.offset).zip(window.y..window.bottom()) {
            let line = Rect { y, height: 1, ..window };
            let pieces = setting_row(setting, key, usize::from(window.width).saturating_sub(1));
            self.row(pane, line, &pieces, index == at.cursor);
        }
        self.more(area, rows.len(), at.offset, usize::from(window.height));
    }

    pub(super) fn history(&mut self, area: Rect) {
        let state = self.state;
        let Some(subject) = &state.subject else { return };
        let rows = &subject.image.history;
        let empty = rows.iter().filter(|row| row.layer.is_none()).count();
        let layers = rows.len() - empty;
        let title = format!("History {} · {layers} with a layer · {empty} without", rows.len());
        let window = self.frame(Pane::History, area, &title, "");
        if rows.is_empty() {
            self.placeholder(window, "no history: the source has none");
        }
        let at = state.history.at;
        let mut y = window.y;
        let mut shown = 0;
        for (index, (row, lines)) in rows.iter().zip(state.history.lines()).enumerate().skip(at.offset) {
            if y >= window.bottom() {
                break;
            }
            shown += 1;
            let layer = row.layer.map_or_else(|| "·".to_owned(), |layer| format!("L{layer}"));
            let role = if row.layer.is_some() { Role::Text } else { Role::Dim };
            let above = if index == at.offset { state.history.above() } else { 0 };
            for (number, text) in lines.iter().enumerate().skip(above) {
                if y >= window.bottom() {
                    break;
                }
                let lead =
                    if number == above { format!("{index:>3} {}", text::left(&layer, 4)) } else { " ".repeat(LEAD) };
                let line = Rect { y, height: 1, ..window };
                // The window ends before the row does.
                let is_cut = y + 1 == window.bottom() && number + 1 < lines.len();
                let goes_on = if is_cut { " …" } else { "" };
                let text = text::cut(&format!("{text}{goes_on}"), usize::from(window.width).saturating_sub(LEAD + 1));
                self.row(Pane::History, line, &[(lead, Role::Dim), (text, role)], index == at.cursor);
                y += 1;
            }
        }
        self.more(area, rows.len(), at.offset, shown);
    }
}

fn setting_row(setting: &Setting, key: Option<usize>, width: usize) -> Vec<Piece> {
    let overridden = !setting.overrides.is_empty();
    let by = setting.history.map_or_else(|| "?".to_owned(), |row| format!("H{row}"));
    let base = if setting.inherited && key.is_some() { " base" } else { "" };
    let mark = if overridden { "~" } else { " " };
    let mut out = vec![
        (mark.to_owned(), Role::Change(Change::Content)),
        (format!("{}  ", text::left(&format!("{by}{base}"), if key.is_some() { 8 } else { 4 })), Role::Dim),
    ];
    let name = text::prose(&setting.key);
    let value = text::prose(&setting.value);
    match key {
        Some(columns) => {
            out.push((format!("{}  ", text::left(&text::shorten(&name, columns), columns)), Role::Text));
            out.push((value, Role::Strong));
        }
        None => out.push((format!("{name}={value}"), Role::Text)),
    }
    let was = setting.overrides.last().map(|was| format!("   was {} (H{})", text::prose(&was.value), was.history));
    let taken: usize = out.iter().map(|(text, _)| text::width(text)).sum();
    match was {
        Some(was) if taken + text::width(&was) <= width => out.push((was, Role::Dim)),
        Some(was) if key.is_some() => {
            // A value that fills the line must not push out that it replaced another one, nor the other way round.
            if let Some((value, _)) = out.pop() {
                let before: usize = out.iter().map(|(text, _)| text::width(text)).sum();
                let room = width.saturating_sub(before);
                let note = text::cut(&was, room.saturating_sub(text::width(&value)).max(room / 2));
                out.push((text::cut(&value, room.saturating_sub(text::width(&note))), Role::Strong));
                out.push((note, Role::Dim));
            }
        }
        _ => {
            if let Some((last, role)) = out.pop() {
                let before: usize = out.iter().map(|(text, _)| text::width(text)).sum();
                out.push((text::cut(&last, width.saturating_sub(before)), role));
            }
        }
    }
    out
}
