//! The wasted items.
//!
//! ```text
//! ┏━ Waste · 26 paths · 58.8 MB reclaimable ━━━━━━━━━━━━━━━━━━━━━━━━━ reclaim ↓ ━┓
//! ┃reclaim  share      copies  cause             layers   path                   ┃
//! ┃▌ 31.5M  ▇▇▇▇▇ 53%     2    ~ overwritten     5→7      …/libopenblas64_p-r0.s ┃
//! ```

use super::super::groups::{Group, GroupBy};
use super::super::layout::Pane;
use super::super::state::{LensMode, PromptKind, State};
use super::super::text::{self, human};
use super::super::theme::Role;
use super::super::waste::WasteSort;
use super::{Painter, Piece};
use crate::analysis::Cause;
use crate::notice::counted;
use crate::tree::Change;
use ratatui::layout::Rect;

/// Which columns there is room for, besides size and path.
#[derive(Debug, Clone, Copy)]
#[expect(clippy::struct_excessive_bools, reason = "columns come and go one by one")]
struct Columns {
    share: bool,
    copies: bool,
    cause: bool,
    layers: bool,
}

impl Columns {
    fn of(width: u16) -> Self {
        Self { share: width >= 76, copies: width >= 70, cause: width >= 44, layers: width >= 56 }
    }
}

/// What the bytes of a row are held against.
#[derive(Clone, Copy)]
struct Scale {
    /// All wasted bytes, for the share.
    total: u64,
    /// The largest row, for the bar.
    largest: u64,
}

impl Painter<'_> {
    pub(super) fn waste(&mut self, area: Rect) {
        let state = self.state;
        let Some(ready) = &state.ready else {
            let window = self.frame(Pane::Waste, area, "Waste", "");
            self.placeholder(
                window,
                super::waits_for(state, "Waste is told as the layers are read, the lowest first."),
            );
            return;
        };
        let total = human(state.waste.bytes, state.options.units);
        let shown = state.waste.shown.len();
        let paths = counted(shown as u64, "path");
        let all = state.waste.as_dive.as_ref().unwrap_or(&ready.groups);
        let (metric, bytes) =
            if state.waste.as_dive.is_some() { ("as dive counts", "counted") } else { ("reclaimable", "reclaim") };
        let window = self.frame(
            Pane::Waste,
            area,
            &format!("Waste{} · {paths} · {total} {metric}", state.so_far()),
            &self.order(),
        );
        if state.waste.shows_bundles() {
            return self.bundles(area, window, ready.model.report.totals.wasted_bytes);
        }
        let columns = Columns::of(window.width);
        let heading = [
            bytes,
            if columns.share { "  share    " } else { "" },
            if columns.copies { "  copies" } else { "" },
            if columns.cause { "  cause           " } else { "" },
            if columns.layers { "  layers " } else { "" },
            "  path",
        ];
        self.heading(Pane::Waste, area, &heading.concat());
        if shown == 0 {
            return self.placeholder(window, nothing(state));
        }
        let at = state.waste.at;
        let dimmed = state.is_wrong(PromptKind::WasteFilter);
        let scale = Scale {
            total: all.iter().map(|group| group.bytes).sum(),
            largest: all.iter().map(|group| group.bytes).max().unwrap_or(0),
        };
        let rows = state.waste.shown.iter().enumerate().skip(at.offset);
        for ((index, group), y) in rows.zip(window.y..window.bottom()) {
            let line = Rect { y, height: 1, ..window };
            let mut pieces = self.waste_row(group, scale, columns, usize::from(window.width).saturating_sub(1));
            if dimmed {
                super::dim(&mut pieces);
            }
            self.row(Pane::Waste, line, &pieces, index == at.cursor);
        }
        self.more(area, shown, at.offset, usize::from(window.height));
    }

    fn waste_row(&self, group: &Group, scale: Scale, columns: Columns, width: usize) -> Vec<Piece> {
        let mut out = vec![(text::right(&text::short(group.bytes, self.state.options.units), 6), Role::Waste)];
        if columns.share {
            let bar = text::left(&text::bar(group.bytes, scale.largest, 5), 5);
            out.push((format!("  {bar}{}", text::right(&text::percent(group.bytes, scale.total), 4)), Role::Dim));
        }
        if columns.copies {
            out.push((format!("  {}", text::right(&group.copies.to_string(), 4)), Role::Text));
            out.push(("  ".to_owned(), Role::Text));
        }
        if columns.cause {
            let (marker, role) = marker(group.cause);
            let more = if group.mixed { "…" } else { "" };
            let cause = group.largest.map_or_else(String::new, |_| format!("{marker} {}{more}", group.cause));
            out.push((format!("  {}", text::left(&cause, 16)), role));
        }
        if columns.layers {
            out.push((format!("  {}", text::left(&layers(group), 7)), Role::Text));
        }
        let taken: usize = out.iter().map(|(text, _)| text::width(text)).sum();
        let path = format!("/{}", group.path);
        out.push((format!("  {}", text::shorten_path(&path, width.saturating_sub(taken + 2))), Role::Text));
        out
    }

    /// Items that have something in common, a row for each kind.
    fn bundles(&mut self, area: Rect, window: Rect, total: u64) {
        let (bundles, at) = (&self.state.waste.bundles, self.state.waste.bundle_at);
        self.heading(Pane::Waste, area, "reclaim  share        paths  what they have in common");
        if bundles.is_empty() {
            return self.placeholder(window, nothing(self.state));
        }
        let largest = bundles.iter().map(|bundle| bundle.bytes).max().unwrap_or(0);
        for ((index, bundle), y) in bundles.iter().enumerate().skip(at.offset).zip(window.y..window.bottom()) {
            let share = text::percent(bundle.bytes, total);
            let bar = text::left(&text::bar(bundle.bytes, largest, 5), 5);
            let paths = bundle.members.len().to_string();
            let room = usize::from(window.width).saturating_sub(30);
            let pieces = [
                (text::right(&text::short(bundle.bytes, self.state.options.units), 6), Role::Waste),
                (format!("  {bar}{}", text::right(&share, 4)), Role::Dim),
                (format!("  {}", text::right(&paths, 6)), Role::Text),
                (format!("  {}", text::shorten_path(&bundle.title, room)), Role::Text),
            ];
            self.row(Pane::Waste, Rect { y, height: 1, ..window }, &pieces, index == at.cursor);
        }
        self.more(area, bundles.len(), at.offset, usize::from(window.height));
    }

    fn order(&self) -> String {
        let (name, down) = match self.state.waste.sort {
            WasteSort::Bytes if self.state.waste.as_dive.is_some() => ("count", true),
            WasteSort::Bytes => ("reclaim", true),
            WasteSort::Path => ("path", false),
            WasteSort::Cause => ("cause", false),
        };
        let pane = &self.state.waste;
        let filter = pane.filter.as_deref();
        let by = match (&pane.opened, pane.by) {
            (_, GroupBy::File) => String::new(),
            (Some(title), _) => format!("{} · ", text::shorten(title, 24)),
            (None, by) => return super::order(filter, &format!("by {} · reclaim", by.name()), true),
        };
        format!("{by}{}", super::order(filter, name, down != pane.reversed))
    }
}

/// The marker of a cause, and its look.
fn marker(cause: Cause) -> (&'static str, Role) {
    match cause {
        Cause::Overwritten => ("~", Role::Change(Change::Content)),
        Cause::MetadataOnly => ("%", Role::Change(Change::Metadata)),
        Cause::Removed => ("-", Role::Change(Change::Removed)),
        Cause::Hidden => ("o", Role::Change(Change::Removed)),
        Cause::Repeated => ("2x", Role::Change(Change::Content)),
    }
}

/// The layers of a group: `5→7`, `9→…→20`.
fn layers(group: &Group) -> String {
    match group.layers.as_slice() {
        [] => String::new(),
        [only] => only.to_string(),
        [first, last] => format!("{first}→{last}"),
        [first, .., last] => format!("{first}→…→{last}"),
    }
}

/// Why there are no rows.
fn nothing(state: &State) -> &'static str {
    let pane = &state.waste;
    match (&pane.filter, state.is_whole()) {
        _ if state.lens(pane.mode).is_none() => super::waits_for(state, "This layer is still being read."),
        (Some(_), _) => "nothing matches the filter",
        (None, _) if pane.opened.is_some() => "Nothing of it is of these layers.",
        (None, true) if pane.mode != LensMode::Whole => "Nothing that these layers ship is dead.",
        (None, false) if pane.mode != LensMode::Whole => "Nothing that these layers ship is dead so far.",
        (None, true) => "Nothing is wasted.",
        (None, false) => "Nothing is wasted so far.",
    }
}
