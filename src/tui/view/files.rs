//! The flat list of files.
//!
//! ```text
//! ┏━ Files · 6540 files · 199 MB ━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━ size ↓ ━┓
//! ┃▌+  31.5M ▇▇▇▇▇  L7   /srv/app/.venv/lib/python3.11/…/libopenblas64_p-r0.so    ┃
//! ```

use super::super::files::{Files, FilesKey};
use super::super::layout::Pane;
use super::super::state::{PromptKind, State};
use super::super::text;
use super::super::theme::Role;
use super::{Painter, Piece, badge};
use crate::notice::counted;
use crate::report::mode_text;
use crate::tree::{NodeId, Shown};
use ratatui::layout::Rect;

impl Painter<'_> {
    pub(super) fn files(&mut self, area: Rect) {
        let state = self.state;
        let is_known = state.lens(state.files.mode).is_some();
        let Some(files) = state.files.files() else {
            let window = self.frame(Pane::Files, area, "Files", "");
            let text = if is_known {
                "…"
            } else {
                super::waits_for(state, "Files are listed as the layers are read, the lowest first.")
            };
            self.placeholder(window, text);
            return;
        };
        let count = files.nodes.len();
        let all = counted(count as u64, "file");
        let title = format!("Files{} · {all} · {}", state.so_far(), text::human(files.bytes, state.options.units));
        let window = self.frame(Pane::Files, area, &title, &note(state));
        if count == 0 {
            let filtered = state.files.filter.is_some();
            self.placeholder(window, if filtered { "nothing matches the filter" } else { "no files under this lens" });
            return;
        }
        let at = state.files.at;
        let dimmed = state.is_wrong(PromptKind::FilesFilter);
        let rows = files.nodes.iter().enumerate().skip(at.offset);
        for ((index, node), y) in rows.zip(window.y..window.bottom()) {
            let mut pieces = self.file_row(files, *node, usize::from(window.width).saturating_sub(2));
            if dimmed {
                super::dim(&mut pieces);
            }
            self.row(Pane::Files, Rect { y, height: 1, ..window }, &pieces, index == at.cursor);
        }
        self.more(area, count, at.offset, usize::from(window.height));
    }

    fn file_row(&self, files: &Files, node: NodeId, width: usize) -> Vec<Piece> {
        let (tree, change) = (files.view.tree(), files.change(node));
        let bytes = files.view.bytes(node);
        let role = Role::Change(change);
        let mut out = vec![
            (format!("{} ", change.marker()), role),
            (format!("{} ", text::right(&text::short(bytes, self.state.options.units), 6)), Role::Text),
        ];
        if width >= 66 {
            out.push((text::left(&text::bar(bytes, files.largest, 5), 6), Role::Dim));
        }
        let Shown::Entry(inode, entry) = files.shown(node) else { return out };
        let layer = tree.inode(inode).map_or_else(String::new, |inode| format!("L{}", inode.layer));
        if width >= 40 {
            out.push((text::left(&layer, 5), Role::Dim));
        }
        if width >= 100 {
            let owner = text::right(&format!("{}:{}", entry.uid, entry.gid), 9);
            out.push((format!("{} {owner} ", mode_text(entry.kind, entry.mode)), Role::Dim));
        }
        let taken: usize = out.iter().map(|(text, _)| text::width(text)).sum();
        let room = width.saturating_sub(taken);
        let (badge, badge_role) = badge::of_file(&files.view, node, inode, entry, room / 3);
        let path = text::path(tree, node);
        let badge_width = text::width(&badge);
        if badge_width > 0 && badge_width + 16 <= room {
            let room = room - badge_width - 1;
            out.push((text::left(&text::shorten_path(&path, room), room), Role::Text));
            out.push((format!(" {badge}"), badge_role));
        } else {
            out.push((text::shorten_path(&path, room), Role::Text));
        }
        out
    }
}

fn note(state: &State) -> String {
    let pane = &state.files;
    let (name, down) = match pane.key {
        FilesKey::Size => ("size", true),
        FilesKey::Path => ("path", false),
        FilesKey::Change => ("change", false),
        FilesKey::Time => ("time", true),
    };
    super::order(pane.filter.as_deref(), name, down != pane.reversed)
}
