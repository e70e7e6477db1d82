//! The content of a file, over the view.
//!
//! ```text
//! ┏━ /etc/os-release ━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━ (L0) [L3] · 267B ━┓
//! ┃ 1 PRETTY_NAME="Debian GNU/Linux 12 (bookworm)"                                ┃
//! ```

use super::super::layout;
use super::super::text;
use super::super::theme::Role;
use super::super::viewer::{Content, MOST, Viewer};
use super::Painter;
use ratatui::layout::Rect;
use ratatui::widgets::{Clear, Widget};

impl Painter<'_> {
    pub(super) fn viewer(&mut self, viewer: &Viewer) {
        let area = layout::viewer(self.areas).intersection(self.buffer.area);
        Clear.render(area, self.buffer);
        let note = self.note(viewer);
        self.border(area, true, &text::path(&viewer.model.tree, viewer.node), &note);
        let inside = layout::inner(self.areas.class, area);
        self.content(viewer, inside);
        self.more(area, viewer.rows().len(), viewer.offset, usize::from(inside.height));
    }

    /// The rows in the window, or why there are none.
    pub(super) fn content(&mut self, viewer: &Viewer, inside: Rect) {
        match &viewer.content {
            Content::Waiting => {
                let far = viewer.done.map_or_else(String::new, |done| self.far(done));
                self.placeholder(inside, &format!("reading{far} …   Esc stops"));
            }
            Content::Failed(message) => self.placeholder(inside, &text::prose(message)),
            Content::Read { bytes, .. } if bytes.is_empty() => self.placeholder(inside, "the file is empty"),
            Content::Read { .. } => {}
        }
        for ((index, row), y) in viewer.rows().iter().enumerate().skip(viewer.offset).zip(inside.y..inside.bottom()) {
            let line = Rect { x: inside.x + 1, y, width: inside.width.saturating_sub(2), height: 1 };
            let mut pieces = vec![(format!("{} ", row.lead), Role::Dim)];
            let is_hit = viewer.is_hit(index);
            pieces.extend(
                row.pieces.iter().map(|(text, role)| (text.clone(), if is_hit { Role::Strong } else { *role })),
            );
            self.line(line, &pieces);
        }
    }

    /// How far something is: ` 12.3 MB of 340 MB`.
    pub(super) fn far(&self, (done, total): (u64, u64)) -> String {
        let units = self.state.options.units;
        format!(" {} of {}", text::human(done, units), text::human(total, units))
    }

    /// Which version this is, how large it is, and how much of it is shown.
    fn note(&self, viewer: &Viewer) -> String {
        let units = self.state.options.units;
        let layer = viewer.inode().and_then(|inode| viewer.model.tree.inode(inode)).map(|inode| inode.layer);
        let version = viewer.strip().or_else(|| Some(format!("L{}", layer?)));
        let version = version.map_or_else(String::new, |version| format!("{version} · "));
        let same = viewer.same_as().map_or_else(String::new, |layer| format!(" · same as L{layer}"));
        let size = viewer.size();
        let shown = match viewer.from {
            0 if size > MOST && !viewer.is_inside() => "first 1 MiB of ".to_owned(),
            0 => String::new(),
            from => format!("from {} of ", text::human(from, units)),
        };
        format!("{version}{shown}{}{same}", text::human(size, units))
    }
}
