//! Two points of the image compared.
//!
//! ```text
//! ┏━ L3 → L8 · +13 ~1 %0 -2 · +122 MB ━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━ delta ↓ ━┓
//! ┃     left   right   delta  path                                               ┃
//! ┃▌+      ·   31.5M  +31.5M  /srv/app/.venv/…/libopenblas64_p-r0.so             ┃
//! ┃ ~    63B     80B    +17B  /srv/app/config.yaml                       content ┃
//! ```

use super::super::compare::CompareKey;
use super::super::layout::Pane;
use super::super::state::{PromptKind, State};
use super::super::text;
use super::super::theme::Role;
use super::{Painter, Piece};
use crate::analysis::{Comparison, Difference, Present};
use crate::listing::EntryKind;
use crate::report::Units;
use crate::tree::{Filter, Tree};
use ratatui::layout::Rect;

impl Painter<'_> {
    pub(super) fn compare(&mut self, area: Rect) {
        let state = self.state;
        let (left, right) = state.compared();
        let is_known = state.understands(left.max(right));
        let (Some(comparison), Some(ready)) = (state.compare.comparison(), &state.ready) else {
            let window = self.frame(Pane::Compare, area, "Compare", "");
            let text = if is_known {
                "…"
            } else {
                super::waits_for(state, "Layers are compared as they are read, the lowest first.")
            };
            self.placeholder(window, text);
            return;
        };
        let title = format!(
            "L{left} → L{right} · {} · {}",
            super::changes(state.compare.counts),
            delta(comparison, state.options.units)
        );
        let window = self.frame(Pane::Compare, area, &title, &note(state));
        self.heading(Pane::Compare, area, "     left   right    delta  path");
        let count = comparison.differences.len();
        if count == 0 {
            let filtered = state.compare.filter.is_some();
            self.placeholder(window, if filtered { "nothing matches the filter" } else { "There is no difference." });
            return;
        }
        let at = state.compare.at;
        let dimmed = state.compare.waits() || state.is_wrong(PromptKind::CompareFilter);
        let rows = comparison.differences.iter().enumerate().skip(at.offset);
        for ((index, difference), y) in rows.zip(window.y..window.bottom()) {
            let width = usize::from(window.width).saturating_sub(2);
            let mut pieces = row([&ready.model.tree; 2], difference, width, state.options.units);
            if dimmed {
                super::dim(&mut pieces);
            }
            self.row(Pane::Compare, Rect { y, height: 1, ..window }, &pieces, index == at.cursor);
        }
        self.more(area, count, at.offset, usize::from(window.height));
    }
}

/// What the difference is in bytes.
pub(super) fn delta(comparison: &Comparison, units: Units) -> String {
    let sign = if comparison.right_bytes < comparison.left_bytes { '-' } else { '+' };
    format!("{sign}{}", text::human(comparison.right_bytes.abs_diff(comparison.left_bytes), units))
}

/// A path that differs; `trees` are those of the left and of the right side.
pub(super) fn row(trees: [&Tree; 2], difference: &Difference, width: usize, units: Units) -> Vec<Piece> {
    let change = difference.change();
    let size = |tree: &Tree, present: Option<Present>| match present {
        None => String::new(),
        Some(present) => match present.inode.and_then(|inode| tree.entry(inode)).map(|entry| entry.kind) {
            Some(EntryKind::File) => text::short(present.bytes, units),
            Some(EntryKind::Symlink) => "link".to_owned(),
            Some(EntryKind::Directory) | None => "dir".to_owned(),
            Some(EntryKind::Fifo) => "fifo".to_owned(),
            Some(_) => "device".to_owned(),
        },
    };
    let delta = match difference.delta() {
        0 => String::new(),
        delta => format!("{}{}", if delta < 0 { '-' } else { '+' }, text::short(delta.unsigned_abs(), units)),
    };
    let mut out = vec![(format!("{} ", change.marker()), Role::Change(change))];
    if width >= 44 {
        let [left, right] = trees;
        let (left, right) = (size(left, difference.left), size(right, difference.right));
        let (left, right) = (text::right(&left, 6), text::right(&right, 7));
        out.push((format!("{left} {right} "), Role::Dim));
    }
    out.push((format!("{}  ", text::right(&delta, 7)), Role::Text));
    let taken: usize = out.iter().map(|(text, _)| text::width(text)).sum();
    let room = width.saturating_sub(taken);
    let aspects: Vec<&str> = difference.aspects.iter().map(|aspect| aspect.name()).collect();
    let aspects = aspects.join(" ");
    let path = format!("/{}", text::name(&difference.path));
    let beside = text::width(&aspects) + 1;
    if !aspects.is_empty() && beside + 20 <= room {
        out.push((text::left(&text::shorten_path(&path, room - beside), room - beside), Role::Text));
        out.push((format!(" {aspects}"), Role::Dim));
    } else {
        out.push((text::shorten_path(&path, room), Role::Text));
    }
    out
}

fn note(state: &State) -> String {
    let pane = &state.compare;
    note_of(pane.key, pane.reversed, pane.filter.as_deref())
}

/// The order, and the filter.
pub(super) fn note_of(key: CompareKey, reversed: bool, filter: Option<&Filter>) -> String {
    let (name, down) = match key {
        CompareKey::Delta => ("delta", true),
        CompareKey::Path => ("path", false),
        CompareKey::Change => ("change", false),
    };
    super::order(filter, name, down != reversed)
}
