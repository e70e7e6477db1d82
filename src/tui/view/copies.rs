//! Files with the same content, over the view.
//!
//! ```text
//! ┏━ Same content at several paths · 4.1 MB ━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━┓
//! ┃  3.0M  saved by one instead of 2 of 3.0 MB                                     ┃
//! ┃        L1  /usr/lib/libfoo.so.1                                                ┃
//! ┃        L4  /srv/app/libfoo.so                                                  ┃
//! ```

use super::super::copies::{Copies, CopyRow};
use super::super::layout;
use super::super::text;
use super::super::theme::Role;
use super::{Painter, Piece};
use ratatui::layout::Rect;
use ratatui::widgets::{Clear, Widget};

impl Painter<'_> {
    pub(super) fn copies(&mut self, copies: &Copies) {
        const TITLE: &str = "Same content at several paths";
        let area = layout::viewer(self.areas).intersection(self.buffer.area);
        Clear.render(area, self.buffer);
        let inside = layout::inner(self.areas.class, area);
        let found = match &copies.found {
            None => {
                self.border(area, true, TITLE, "");
                let far = copies.done.map_or_else(String::new, |done| self.far(done));
                return self.placeholder(inside, &format!("contents are compared{far} …   Esc stops"));
            }
            Some(Err(message)) => {
                self.border(area, true, TITLE, "");
                return self.placeholder(inside, &text::prose(message));
            }
            Some(Ok(found)) => found,
        };
        let saving = text::human(found.saving(), self.state.options.units);
        self.border(area, true, &format!("{TITLE} · {saving}"), "no waste: all of it is there");
        if copies.rows().is_empty() {
            return self.placeholder(inside, "All files that are not empty have different contents.");
        }
        let rows = copies.rows().iter().enumerate().skip(copies.at.offset);
        for ((index, row), y) in rows.zip(inside.y..inside.bottom()) {
            let line = Rect { y, height: 1, ..inside };
            let pieces = self.copy_row(copies, *row, usize::from(inside.width).saturating_sub(2));
            self.line(Rect { x: line.x + 1, width: line.width.saturating_sub(1), ..line }, &pieces);
            if index == copies.at.cursor {
                self.select(line, true);
            }
        }
        self.more(area, copies.rows().len(), copies.at.offset, usize::from(inside.height));
    }

    fn copy_row(&self, copies: &Copies, row: CopyRow, width: usize) -> Vec<Piece> {
        let units = self.state.options.units;
        match row {
            CopyRow::Group { saving, count, bytes, .. } => {
                let what = format!("  saved by one instead of {count} of {}", text::human(bytes, units));
                vec![
                    (text::right(&text::short(saving, units), 7), Role::Strong),
                    (text::cut(&what, width.saturating_sub(7)), Role::Text),
                ]
            }
            CopyRow::File(file) => {
                let lead = format!("{:>11}  ", format!("L{}", file.layer));
                let path = text::path(&copies.model.tree, file.node);
                let path = text::shorten_path(&path, width.saturating_sub(text::width(&lead)));
                vec![(lead, Role::Dim), (path, Role::Text)]
            }
        }
    }
}
