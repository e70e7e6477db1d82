//! What is being written to a folder, over the view.

use super::super::extract::Writing;
use super::super::layout;
use super::super::text;
use super::super::theme::Role;
use super::{Painter, Piece};
use ratatui::layout::Rect;
use ratatui::widgets::{Clear, Widget};

impl Painter<'_> {
    pub(super) fn writing(&mut self, writing: &Writing) {
        let folder = writing.to.as_ref().map(|folder| text::prose(&folder.display().to_string()));
        let folder = folder.unwrap_or_else(|| "a file for your editor".to_owned());
        let lines: Vec<Piece> = match &writing.asks {
            None => {
                let far = writing.done.map_or_else(String::new, |done| format!(",{}", self.far(done)));
                vec![(format!("writing {} to {folder}{far} …   Esc stops", writing.plan.name), Role::Text)]
            }
            Some(extracted) => {
                let (what, them) = match extracted.existing {
                    1 => ("1 path is".to_owned(), "it"),
                    count => (format!("{count} paths are"), "them"),
                };
                vec![
                    (
                        format!(
                            "{}: {what} in {folder} already. Enter replaces {them}, Esc leaves {them} alone.",
                            writing.plan.name
                        ),
                        Role::Strong,
                    ),
                    (text::prose(&extracted.summary), Role::Text),
                ]
            }
        };
        let body = layout::viewer(self.areas);
        let height = 6.min(body.height);
        let area = Rect { y: body.y + (body.height - height) / 2, height, ..body }.intersection(self.buffer.area);
        Clear.render(area, self.buffer);
        self.border(area, true, "Extract", "");
        let inside = layout::inner(self.areas.class, area);
        let width = usize::from(inside.width).saturating_sub(2);
        let wrapped = lines.into_iter().flat_map(|(line, role)| {
            text::wrap(&line, width).into_iter().map(move |line| (line, role)).collect::<Vec<_>>()
        });
        for (piece, y) in wrapped.zip(inside.y..inside.bottom()) {
            self.line(Rect { x: inside.x + 1, y, width: inside.width.saturating_sub(2), height: 1 }, &[piece]);
        }
    }
}
