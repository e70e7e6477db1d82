//! Finding a path, over the view.
//!
//! ```text
//! ┏━ Find in every layer ━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━ 2 found ━┓
//! ┃ > app/.env                                                                   ┃
//! ┃   touched        at the end  path                                            ┃
//! ┃▌  +6 %7 -8             gone  /srv/app/.env                                   ┃
//! ┃── /srv/app/.env · L6-L8 ─────────────────────────────────────────────────────┃
//! ┃ + L6   19 B      0644 0:0         COPY . .                                   ┃
//! ┃── content at L7 ─────────────────────────────────────────────────────────────┃
//! ┃ 1 SECRET_KEY=hunter2                                                         ┃
//! ```

use super::super::find::{self, Find, Hit};
use super::super::inquest::Open;
use super::super::layout;
use super::super::life;
use super::super::state::Fact;
use super::super::text;
use super::super::theme::Role;
use super::{Painter, Piece};
use crate::analysis::Timeline;
use crate::listing::EntryKind;
use crate::notice::counted;
use crate::report::{TOUCHED, touched};
use crate::tree::{NodeId, Occupant};
use ratatui::layout::Rect;
use ratatui::widgets::{Clear, Widget};

impl Painter<'_> {
    /// Draws it, and says where the cursor of the terminal belongs.
    pub(super) fn find(&mut self, found: &Find) -> (u16, u16) {
        let parts = layout::find(self.areas, self.state.modal());
        Clear.render(parts.whole.intersection(self.buffer.area), self.buffer);
        self.border(
            parts.frame,
            true,
            "Find in every layer",
            &note(found, self.state.inquest.open.as_ref(), &self.state.so_far()),
        );
        let width = usize::from(parts.input.width).saturating_sub(4);
        let scroll = found.input.visual_scroll(width);
        let typed: String = found.input.value().chars().skip(scroll).collect();
        let line = [("> ".to_owned(), Role::Key), (text::cut(&text::prose(&typed), width), Role::Strong)];
        self.line(Rect { x: parts.input.x + 1, width: parts.input.width.saturating_sub(1), ..parts.input }, &line);
        self.rule(parts.rule, "");
        let end = if found.model.is_draft { "so far" } else { "at the end" };
        let heading = format!("  {:<TOUCHED$} {end:>10}  path", "touched");
        self.line(parts.heading, &[(heading, Role::Dim)]);
        let hits = found.found.hits.iter().enumerate().skip(found.at.offset);
        for ((index, node), y) in hits.zip(parts.list.y..parts.list.bottom()) {
            let line = Rect { y, height: 1, ..parts.list };
            let mut pieces = self.found_row(found, *node, usize::from(line.width).saturating_sub(3));
            if found.error.is_some() || found.waits() {
                super::dim(&mut pieces);
            }
            self.line(Rect { x: line.x + 2, width: line.width.saturating_sub(2), ..line }, &pieces);
            if index == found.at.cursor {
                self.select(line, true);
            }
        }
        if let Some(hit) = &found.hit {
            self.found_life(found, hit, parts.life);
            self.found_content(hit, parts.content);
            self.found_facts(&found.facts, parts.content);
        }
        self.find_hint(found, parts.hint);
        let column = found.input.visual_cursor().saturating_sub(scroll) + usize::from(parts.input.x) + 3;
        let right = self.areas.header.width.saturating_sub(1);
        (u16::try_from(column).unwrap_or(u16::MAX).min(right), parts.input.y)
    }

    fn found_row(&self, found: &Find, node: NodeId, width: usize) -> Vec<Piece> {
        let tree = &found.model.tree;
        let timeline = Timeline::of(tree, node);
        let path = text::path(tree, node);
        let (end, role) = match tree.final_state(node) {
            None => ("gone".to_owned(), Role::Waste),
            Some(Occupant::Implied) => ("dir".to_owned(), Role::Text),
            Some(Occupant::Inode(inode)) => match tree.entry(inode).map(|entry| (entry.kind, entry.size)) {
                Some((EntryKind::File, size)) => (text::short(size, self.state.options.units), Role::Text),
                Some((EntryKind::Directory, _)) => ("dir".to_owned(), Role::Text),
                Some((EntryKind::Symlink, _)) => ("link".to_owned(), Role::Text),
                Some((EntryKind::Fifo, _)) => ("fifo".to_owned(), Role::Text),
                _ => ("device".to_owned(), Role::Text),
            },
        };
        if width < 40 {
            return vec![
                (text::right(&end, 6), role),
                (format!(" {}", text::shorten_path(&path, width - 7)), Role::Text),
            ];
        }
        let touched = text::left(&touched(&timeline), TOUCHED);
        let room = width.saturating_sub(TOUCHED + 13);
        vec![
            (format!("{touched} "), Role::Dim),
            (text::right(&end, 10), role),
            (format!("  {}", text::shorten_path(&path, room)), Role::Text),
        ]
    }

    /// The last events that there is room for, and the closing sentence.
    fn found_life(&mut self, found: &Find, hit: &Hit, area: Rect) {
        if area.height < 3 {
            return;
        }
        let path = text::path(&found.model.tree, hit.timeline.node);
        let layers = find::layers(&hit.timeline);
        let room = usize::from(area.width).saturating_sub(text::width(&layers) + 10);
        self.rule(Rect { height: 1, ..area }, &format!("{} · {layers}", text::shorten_path(&path, room)));
        let sentence = life::sentence_rows(&found.model, &hit.timeline, usize::from(area.width).saturating_sub(2));
        self.last_steps(&found.model, &hit.timeline, sentence, area);
    }

    fn found_content(&mut self, hit: &Hit, area: Rect) {
        let Some(viewer) = hit.content.as_ref().filter(|_| area.height >= 2) else { return };
        let layer = viewer.inode().and_then(|inode| viewer.model.tree.inode(inode)).map(|inode| inode.layer);
        let layer = layer.map_or_else(String::new, |layer| format!(" at L{layer}"));
        let found = viewer.found.as_ref().map_or_else(String::new, |found| {
            let place =
                if viewer.is_text() { format!("line {}", found.number) } else { format!("byte {}", found.offset) };
            format!(" · {place}: {}", text::prose(&String::from_utf8_lossy(found.text.trim_ascii_start())))
        });
        let title = text::cut(&format!("content{layer}{found}"), usize::from(area.width).saturating_sub(8));
        self.rule(Rect { height: 1, ..area }, &title);
        let inside = Rect { y: area.y + 1, height: area.height - 1, ..area };
        self.content(viewer, inside);
    }

    fn found_facts(&mut self, facts: &[Fact], area: Rect) {
        if facts.is_empty() || area.height < 2 {
            return;
        }
        self.rule(Rect { height: 1, ..area }, "what it is");
        for ((line, role), y) in facts.iter().zip(area.y + 1..area.bottom()) {
            let inside = Rect { x: area.x + 1, y, width: area.width.saturating_sub(2), height: 1 };
            self.line(inside, &[(text::cut(line, usize::from(inside.width)), *role)]);
        }
    }

    fn find_hint(&mut self, found: &Find, line: Rect) {
        let hint = match (&self.state.toast, &found.error) {
            (Some(toast), _) => (toast.text.clone(), toast.role),
            (None, Some(error)) => (format!(" {error} "), Role::Error),
            (None, None) => {
                let hint = "letters · 'exact · ^start · end$ · !not · is:removed · size:>1M · content:/re/";
                (hint.to_owned(), Role::Dim)
            }
        };
        let inside = Rect { x: line.x + 1, width: line.width.saturating_sub(2), ..line };
        self.line(inside, &[(text::cut(&hint.0, usize::from(inside.width)), hint.1)]);
    }
}

fn note(found: &Find, open: Option<&Open>, so_far: &str) -> String {
    if found.waits() {
        return "…".to_owned();
    }
    if let Some(open) = open {
        return format!("{} found, {}", found.found.total, open.note());
    }
    let paths = counted(found.model.report.totals.paths, "path");
    match found.found.total {
        0 if found.input.value().is_empty() => "type to find a path".to_owned(),
        total if so_far.is_empty() => format!("{total} found, {paths} in the end"),
        total => format!("{total} found{so_far}"),
    }
}
