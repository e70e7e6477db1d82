//! The life of a path, over the view.
//!
//! ```text
//! ┏━ /srv/app/.env ━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━ touched by 3 layers ━┓
//! ┃ + L6   19 B      0644 0:0         COPY . .                                   ┃
//! ┃ % L7   19 B      0644 1000:0      RUN chown -R app:app /srv/app              ┃
//! ┃▌- L8   removed                    RUN sed -i … && rm -f .env                 ┃
//! ┃ Deleted in layer 8, but its bytes (38 B) are still in layers 6 and 7.        ┃
//! ```

use super::super::Model;
use super::super::layout;
use super::super::life::{self, Life};
use super::super::state::Fact;
use super::super::text;
use super::Painter;
use crate::analysis::Timeline;
use crate::notice::counted;
use ratatui::layout::Rect;
use ratatui::widgets::{Clear, Widget};

impl Painter<'_> {
    /// The last steps of a life that there is room for below the first line of an area, and what is to be said after them.
    pub(super) fn last_steps(&mut self, model: &Model, timeline: &Timeline, after: Vec<Fact>, area: Rect) {
        let rows = life::rows(model, timeline, self.state.options.units);
        let inside = Rect { x: area.x + 1, width: area.width.saturating_sub(2), height: 1, ..area };
        let room = usize::from(area.height).saturating_sub(1 + after.len());
        let skipped = rows.len().saturating_sub(room);
        for ((line, role), y) in rows.into_iter().skip(skipped).chain(after).zip(area.y + 1..area.bottom()) {
            self.line(Rect { y, ..inside }, &[(text::cut(&line, usize::from(inside.width)), role)]);
        }
    }

    pub(super) fn life(&mut self, life: &Life) {
        let area = layout::modal(self.areas).intersection(self.buffer.area);
        Clear.render(area, self.buffer);
        let count = life.timeline.layers();
        let note = format!("touched by {}", counted(count as u64, "layer"));
        self.border(area, true, &text::path(&life.model.tree, life.timeline.node), &note);
        let (window, below) = layout::life(self.areas);
        let rows = life::rows(&life.model, &life.timeline, self.state.options.units);
        for ((index, row), y) in rows.iter().enumerate().skip(life.at.offset).zip(window.y..window.bottom()) {
            let whole = Rect { y, height: 1, ..window };
            let inside = Rect { x: whole.x + 1, width: whole.width.saturating_sub(2), ..whole };
            let text = text::cut(&row.0, usize::from(inside.width));
            self.line(inside, &[(text, row.1)]);
            if index == life.at.cursor {
                self.select(whole, true);
            }
        }
        self.more(area, rows.len(), life.at.offset, usize::from(window.height));
        let sentence = life::sentence_rows(&life.model, &life.timeline, usize::from(below.width).saturating_sub(2));
        for (line, y) in sentence.into_iter().zip(below.y..below.bottom()) {
            self.line(Rect { x: below.x + 1, y, width: below.width.saturating_sub(2), height: 1 }, &[line]);
        }
    }
}
