//! The help and texts, over the view.

use super::super::keymap;
use super::super::layout;
use super::super::offers::{self, Offer, Offers};
use super::super::state::{Help, Modal, Text};
use super::super::text;
use super::super::theme::Role;
use super::super::update::{self, help_cell_roles};
use super::Painter;
use ratatui::layout::Rect;
use ratatui::widgets::{Clear, Widget};

impl Painter<'_> {
    /// What can follow the first key of a sequence, for whoever hesitates.
    pub(super) fn next_keys(&mut self) {
        let Some(Offers { frame, rows, .. }) = offers::next_keys(self.state, self.areas) else { return };
        Clear.render(frame.intersection(self.buffer.area), self.buffer);
        let first = self.state.begun.map_or_else(String::new, String::from);
        self.border(frame, true, &format!("{first} …"), "Esc");
        for Offer { line, keys, name, .. } in rows {
            let inside = Rect { x: line.x + 1, width: line.width.saturating_sub(2), ..line };
            self.line(inside, &[(text::left(&keys, 4), Role::Key), (name, Role::Text)]);
        }
    }

    /// Draws what lies over the view, if anything does.
    pub(super) fn modal(&mut self) -> Option<(u16, u16)> {
        let state = self.state;
        let area = layout::modal(self.areas).intersection(self.buffer.area);
        match state.modal() {
            None => return None,
            Some(Modal::Help(help)) => {
                let area = layout::help(self.areas).intersection(self.buffer.area);
                self.help(help, area);
            }
            Some(Modal::Text(text)) => self.text(text, area),
            Some(Modal::Viewer(viewer)) => self.viewer(viewer),
            Some(Modal::Life(life)) => self.life(life),
            Some(Modal::Duel(duel)) => self.duel(duel),
            Some(Modal::Copies(copies)) => self.copies(copies),
            Some(Modal::Menu(menu)) => self.menu(menu),
            Some(Modal::Writing(writing)) => self.writing(writing),
            Some(Modal::Diff(diff)) => self.diff(diff),
            Some(Modal::Find(find)) => return Some(self.find(find)),
        }
        None
    }

    fn text(&mut self, text: &Text, area: Rect) {
        Clear.render(area, self.buffer);
        self.border(area, true, &text.title, "Esc closes");
        let inside = layout::inner(self.areas.class, area);
        let rows = update::text_rows(&text.lines, usize::from(inside.width));
        for (fact, y) in rows.iter().skip(text.offset).zip(inside.y..inside.bottom()) {
            let line = Rect { x: inside.x + 1, y, width: inside.width.saturating_sub(2), height: 1 };
            self.line(line, std::slice::from_ref(fact));
        }
        self.more(area, rows.len(), text.offset, usize::from(inside.height));
    }

    fn help(&mut self, help: &Help, area: Rect) {
        Clear.render(area, self.buffer);
        let typed = help.filter.value();
        let note =
            if typed.is_empty() { "type to filter".to_owned() } else { format!("filter: {}", text::prose(typed)) };
        let title = format!("Keys: {}", keymap::helped(self.state).title());
        self.border(area, true, &title, &note);
        let inside = layout::inner(self.areas.class, area);
        let rows = update::help_rows(self.state, help, usize::from(inside.width));
        let columns = rows.first().map_or(1, Vec::len).max(1);
        let width = inside.width.saturating_sub(1) / u16::try_from(columns).unwrap_or(1);
        for (row, y) in rows.iter().skip(help.offset).zip(inside.y..inside.bottom()) {
            let mut x = inside.x + 1;
            for cell in row {
                let (keys, words) = help_cell_roles(cell);
                let line = Rect { x, y, width, height: 1 }.intersection(inside);
                let lead = if keys.1 == Role::Key { text::left(&keys.0, 8) } else { keys.0 };
                self.line(line, &[(lead, keys.1), (format!(" {}", words.0), words.1)]);
                x = x.saturating_add(width);
            }
        }
        if rows.is_empty() {
            self.placeholder(inside, "no key does that here");
        }
        self.more(area, rows.len(), help.offset, usize::from(inside.height));
    }
}
