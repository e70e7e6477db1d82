//! What can be copied, over the view.

use super::super::layout;
use super::super::menu::{Menu, Text};
use super::super::text;
use super::super::theme::Role;
use super::Painter;
use ratatui::layout::Rect;
use ratatui::widgets::{Clear, Widget};

impl Painter<'_> {
    pub(super) fn menu(&mut self, menu: &Menu) {
        let (area, window) = layout::menu(self.areas, menu.items.len());
        Clear.render(area.intersection(self.buffer.area), self.buffer);
        self.border(area, true, "Copy", "Esc closes");
        let name = if window.width >= 60 { 30 } else { 0 };
        for ((index, (what, text)), y) in
            menu.items.iter().enumerate().skip(menu.at.offset).zip(window.y..window.bottom())
        {
            let whole = Rect { y, height: 1, ..window };
            let inside = Rect { x: whole.x + 1, width: whole.width.saturating_sub(2), ..whole };
            let text = match text {
                Text::Known(text) => text.as_str(),
                Text::Digest(_) => "read when it is chosen",
            };
            let shown = text::shorten(&text.replace('\n', " "), usize::from(inside.width).saturating_sub(name));
            let pieces = if name > 0 {
                vec![(text::left(what, name), Role::Dim), (shown, Role::Text)]
            } else {
                vec![(shown, Role::Text)]
            };
            self.line(inside, &pieces);
            if index == menu.at.cursor {
                self.select(whole, true);
            }
        }
        self.more(area, menu.items.len(), menu.at.offset, usize::from(window.height));
    }
}
