//! Before there is an image: how far the opening is, or which image is meant.

use super::super::layout;
use super::super::state::{Opening, Picker};
use super::super::text;
use super::super::theme::Role;
use super::{Painter, Piece};
use ratatui::layout::Rect;

impl Painter<'_> {
    pub(super) fn opening(&mut self, opening: &Opening) {
        let area = self.areas.body;
        self.border(area, true, "Opening", "");
        let inside = layout::inner(self.areas.class, area);
        let text = match opening.progress(self.state.options.units) {
            Some(progress) => format!("{}: {progress}", opening.name()),
            None => opening.name(),
        };
        let mut lines: Vec<Piece> = text::wrap(&text, usize::from(inside.width).saturating_sub(2))
            .into_iter()
            .chain([opening.kind.clone()])
            .map(|line| (line, Role::Dim))
            .collect();
        if let Some((read, Some(total))) = opening.read {
            let columns = usize::from(inside.width).saturating_sub(2);
            lines.push((text::left(&text::bar(read, total, columns), columns).replace(' ', "▁"), Role::Text));
        }
        for (line, y) in lines.into_iter().zip(inside.y..inside.bottom()) {
            let area = Rect { x: inside.x + 1, y, width: inside.width.saturating_sub(2), height: 1 };
            self.line(area, &[line]);
        }
    }

    pub(super) fn picker(&mut self, picker: &Picker) {
        let area = self.areas.body;
        self.border(area, true, &format!("Which image? {}", picker.lines.len()), "");
        let window = layout::inner(self.areas.class, area);
        let rows = picker.lines.iter().enumerate().skip(picker.at.offset);
        for ((index, row), y) in rows.zip(window.y..window.bottom()) {
            let line = Rect { y, height: 1, ..window };
            let inside = Rect { x: line.x + 2, width: line.width.saturating_sub(3), ..line };
            self.line(inside, &[(text::shorten(row, usize::from(inside.width)), Role::Text)]);
            if index == picker.at.cursor {
                self.select(line, true);
            }
        }
        self.more(area, picker.lines.len(), picker.at.offset, usize::from(window.height));
    }
}
