//! The tree under the lens.
//!
//! ```text
//! ┌─ L7 changes +0 ~1 %13 -0 ──────────────────── changes only · size ↓ ─┐
//! │  ~ 31.5M ▇▇▇▇   -rwxr-xr-x  1000:0   libopenblas64_p-r0.so           │
//! │  %   19B        -rw-r--r--  1000:0   .env                ! deleted L8│
//! ```

use super::super::layout::{Class, Pane};
use super::super::rows::{Folder, Row, SortKey};
use super::super::scene::{Kinds, Scene};
use super::super::state::{LensMode, PromptKind, Reading, State};
use super::super::text;
use super::super::theme::Role;
use super::super::update;
use super::{Painter, Piece, badge};
use crate::listing::EntryKind;
use crate::report::{mode_text, mtime_text};
use crate::tree::{Change, NodeId, Occupant, Shown};
use ratatui::layout::Rect;

/// Which columns there is room for, besides marker, size and name. What paths cost to pull is shown to whoever sorts by
/// it, in any width.
#[derive(Debug, Clone, Copy)]
#[expect(clippy::struct_excessive_bools, reason = "columns come and go one by one")]
struct Columns {
    pull: bool,
    bar: bool,
    mode: bool,
    owner: bool,
    time: bool,
}

/// Columns of a long name that no badge takes.
const LEAST_NAME: usize = 14;

impl Columns {
    /// The time leaves first, then owner, mode, bar; names are of more use than all of them.
    fn of(width: u16, state: &State) -> Self {
        let wide = state.class() == Class::Wide;
        let (mode, owner) = match state.options.attributes {
            None => (wide && width >= 52, wide && width >= 66),
            Some(wanted) => (wanted && width >= 36, wanted && width >= 46),
        };
        let by = state.tree.sort.key;
        let time = wide && width >= 96 || by == SortKey::Time && width >= if owner { 84 } else { 44 };
        Self { pull: by == SortKey::Pull, bar: wide && width >= 46, mode, owner, time }
    }

    /// Their names.
    fn heading(self) -> String {
        [
            "     size ",
            if self.pull { "  pull " } else { "" },
            if self.bar { "share " } else { "" },
            if self.mode { "mode        " } else { "" },
            if self.owner { "    owner " } else { "" },
            if self.time { "changed          " } else { "" },
            "name",
        ]
        .concat()
    }
}

impl Painter<'_> {
    pub(super) fn tree(&mut self, area: Rect) {
        let state = self.state;
        let title = title(state);
        let room = usize::from(area.width).saturating_sub(text::width(&title) + 9);
        let window = self.frame(Pane::Tree, area, &title, &note(state, room));
        let Some(scene) = &state.tree.scene else {
            self.placeholder(window, &waiting(state));
            return;
        };
        if state.tree.rows.is_empty() {
            self.placeholder(window, &nothing(state));
            return;
        }
        let columns = Columns::of(window.width, state);
        self.heading(Pane::Tree, area, &columns.heading());
        let at = state.tree.at;
        let dimmed = state.is_wrong(PromptKind::TreeFilter);
        let rows = (at.offset..state.tree.rows.len()).filter_map(|index| Some((index, state.tree.row(index)?)));
        for ((index, row), y) in rows.zip(window.y..window.bottom()) {
            let line = Rect { y, height: 1, ..window };
            let mut pieces = self.tree_row(scene, &row, columns, usize::from(window.width).saturating_sub(1));
            if dimmed {
                super::dim(&mut pieces);
            }
            self.row(Pane::Tree, line, &pieces, index == at.cursor);
        }
        self.more(area, state.tree.rows.len(), at.offset, usize::from(window.height));
    }

    fn tree_row(&self, scene: &Scene, row: &Row, columns: Columns, width: usize) -> Vec<Piece> {
        let units = self.state.options.units;
        let change = scene.view.change(row.node).unwrap_or(Change::Unchanged);
        let role = if scene.kinds_known { Role::Change(change) } else { Role::Text };
        let marker = match (scene.kinds_known, scene.opaque(row.node), change) {
            (false, _, _) => '…',
            (true, _, Change::Removed) => Change::Removed.marker(),
            (true, Some(_), _) => 'o',
            // The parents of a change are there to lead to it.
            (true, None, Change::Unchanged) if !scene.is_hit(row.node) => ' ',
            (true, None, change) => change.marker(),
        };
        let bytes = scene.bytes(row.node);
        let mut out = vec![
            (format!("{marker} "), role),
            (format!("{} ", text::right(&text::short(bytes, units), 6)), Role::Text),
        ];
        let priced = columns.pull && scene.priced;
        let cost = if priced { scene.pull_cost(row.node) } else { None };
        if columns.pull {
            let unknown = if priced { "?" } else { "…" };
            let cost = cost.map_or_else(|| unknown.to_owned(), |cost| text::short(cost, units));
            out.push((format!("{} ", text::right(&cost, 6)), Role::Text));
        }
        if columns.bar {
            let (part, whole) = if priced {
                (cost.unwrap_or(0), scene.pull_cost(NodeId::ROOT).unwrap_or(0))
            } else {
                (bytes, scene.bytes(NodeId::ROOT))
            };
            out.push((text::left(&text::bar(part, whole, 5), 6), Role::Dim));
        }
        let shown = scene.shown(row.node);
        if columns.mode {
            out.push((format!("{}  ", mode(shown)), Role::Dim));
        }
        if columns.owner {
            out.push((format!("{} ", text::right(&owner(shown), 9)), Role::Dim));
        }
        if columns.time {
            out.push((format!("{} ", text::left(&shown.time().map_or_else(String::new, mtime_text), 16)), Role::Dim));
        }
        if scene.kinds_known && self.state.without.nodes.contains(&row.node) {
            out.push(("* ".to_owned(), Role::Strong));
        }
        let taken: usize = out.iter().map(|(text, _)| text::width(text)).sum();
        let room = width.saturating_sub(taken);
        out.extend(self.name_and_badge(scene, row, shown, room, role));
        out
    }

    /// The name, and after it or at the right end what else there is to say about the path.
    fn name_and_badge(&self, scene: &Scene, row: &Row, shown: Shown<'_>, room: usize, role: Role) -> Vec<Piece> {
        let fold = match row.folder {
            Folder::Leaf => "  ",
            Folder::Open => "▾ ",
            Folder::Closed => "▸ ",
        };
        let indent = usize::from(row.depth) * 2;
        // However deep a path is, some of its name can be read.
        let indent = " ".repeat(indent.min(room / 2));
        let lead = format!("{indent}{fold}");
        let name =
            chain_name(scene, row, matches!(shown, Shown::Entry(_, entry) if entry.kind == EntryKind::Directory));
        let room = room.saturating_sub(text::width(&lead));
        // What a short name leaves is room for where it leads.
        let badge_room = (room / 2).max(room.saturating_sub((text::width(&name) + 1).max(8)));
        let (badge, badge_role) = self.said_of(scene, row, shown, badge_room);
        let badge_width = text::width(&badge);
        // A badge is of no use beside a name that cannot be told from its neighbours.
        let least = text::width(&name).clamp(7, LEAST_NAME);
        let fits = badge_width > 0 && least + 1 + badge_width <= room;
        let name_room = if fits { room - badge_width - 1 } else { room };
        let name_role =
            if role == Role::Change(Change::Unchanged) && !scene.is_hit(row.node) { Role::Text } else { role };
        let mut out = vec![(lead, Role::Dim)];
        if fits {
            out.push((text::left(&text::shorten(&name, name_room), name_room), name_role));
            out.push((format!(" {badge}"), badge_role));
        } else if badge_role == Role::Waste && room > 2 {
            out.push((text::left(&text::shorten(&name, room - 2), room - 1), name_role));
            out.push(("!".to_owned(), Role::Waste));
        } else {
            out.push((text::shorten(&name, room), name_role));
        }
        out
    }

    /// The most important thing to say about a path. What is dead is said whole or not at all; where a link leads is cut
    /// to `room` columns.
    fn said_of(&self, scene: &Scene, row: &Row, shown: Shown<'_>, room: usize) -> (String, Role) {
        let removed = scene.view.change(row.node) == Some(Change::Removed);
        // Only files cost bytes; a directory that is written again wastes nothing.
        if let (Shown::Entry(inode, entry), true, false) = (shown, scene.kinds_known, removed)
            && entry.kind == EntryKind::File
            && let Some(badge) = badge::dead(&scene.tree, inode)
        {
            return (badge, Role::Waste);
        }
        if let Some(hidden) = scene.opaque(row.node).filter(|_| !removed) {
            return (format!("{hidden} hidden"), Role::Warning);
        }
        let Shown::Entry(inode, entry) = shown else {
            return (closed(scene, row), Role::Dim);
        };
        match entry.kind {
            EntryKind::Directory => (closed(scene, row), Role::Dim),
            EntryKind::Symlink => {
                // What a link of an earlier version leads to in the end is not asked.
                let is_last = scene.tree.final_state(row.node) == Some(Occupant::Inode(inode));
                badge::of_link(&scene.tree, inode, is_last && self.state.dangling.contains(&row.node), room)
            }
            _ => badge::mode_or_name(&scene.view, scene.kinds_known, row.node, inode, entry, room),
        }
    }
}

/// The names of all directories of a chain, or of the one path of a row.
fn chain_name(scene: &Scene, row: &Row, directory: bool) -> String {
    let mut parts = vec![text::name(scene.tree.name(row.node))];
    let mut at = row.node;
    while at != row.top {
        let Some(parent) = scene.tree.parent(at) else { break };
        parts.push(text::name(scene.tree.name(parent)));
        at = parent;
    }
    parts.reverse();
    let slash = if directory && row.folder == Folder::Leaf { "/" } else { "" };
    format!("{}{slash}", parts.join("/"))
}

fn mode(shown: Shown<'_>) -> String {
    match shown {
        Shown::Entry(_, entry) => mode_text(entry.kind, entry.mode),
        Shown::Implied => mode_text(EntryKind::Directory, 0o755),
        Shown::Nothing => " ".repeat(10),
    }
}

fn owner(shown: Shown<'_>) -> String {
    match shown {
        Shown::Entry(_, entry) => format!("{}:{}", entry.uid, entry.gid),
        Shown::Implied => "0:0".to_owned(),
        Shown::Nothing => String::new(),
    }
}

/// How much a closed directory holds.
fn closed(scene: &Scene, row: &Row) -> String {
    let inside = scene.below(row.node).saturating_sub(u32::from(scene.is_hit(row.node)));
    match (row.folder, inside) {
        (Folder::Closed, 1) => "1 path".to_owned(),
        (Folder::Closed, inside) => format!("{inside} paths"),
        _ => String::new(),
    }
}

fn title(state: &State) -> String {
    let lens = state.tree_lens_name();
    match &state.tree.scene {
        // What the layers did in all is no figure of what a filter leaves.
        Some(scene) if scene.filtered => format!("{lens} · {} found", scene.total()),
        Some(scene) if scene.kinds_known => format!("{lens} {}", super::changes(scene.view.counts())),
        _ => lens,
    }
}

/// The filter, the kinds and the order, as far as there is room for them.
fn note(state: &State, room: usize) -> String {
    let waits = || Some(format!("kinds wait: {}", first_unread(state)?));
    let sort = state.tree.sort;
    let key = match sort.key {
        SortKey::Size => "size",
        SortKey::Name => "name",
        SortKey::Change => "change",
        SortKey::Time => "time",
        SortKey::Pull => "pull",
    };
    // Largest and newest first is downwards.
    let down = matches!(sort.key, SortKey::Size | SortKey::Time | SortKey::Pull) != sort.reversed;
    let arrow = if down { "↓" } else { "↑" };
    let mut out = Vec::new();
    if let Some(filter) = &state.tree.filter {
        out.push(format!("/{}", text::shorten(&text::prose(filter.typed()), 20)));
    }
    out.extend(if state.tree.is_alone() { waits() } else { kinds(state.tree.kinds) });
    out.push(format!("{key} {arrow}"));
    while out.len() > 1 && text::width(&out.join(" · ")) > room {
        out.pop();
    }
    out.join(" · ")
}

/// Which kinds are shown, if not the usual ones.
fn kinds(kinds: Kinds) -> Option<String> {
    let all = [(kinds.added, "+"), (kinds.modified, "~%"), (kinds.removed, "-"), (kinds.unchanged, "=")];
    if !kinds.wasted_only && all.iter().all(|(on, _)| *on) {
        return Some("all".to_owned());
    }
    let shown: String = all.iter().filter(|(on, _)| *on).map(|(_, marker)| *marker).collect();
    let wasted = if kinds.wasted_only { "!" } else { "" };
    (kinds != Kinds::default()).then(|| format!("only {wasted}{shown}"))
}

/// Why there is no tree yet.
fn waiting(state: &State) -> String {
    let asks = state.tree.filter.as_ref().is_some_and(|filter| filter.asks_for_image());
    let first = first_unread(state).filter(|_| asks);
    let known_once = |first: String| format!("what this filter asks is known once {first} is read");
    let Some(subject) = &state.subject else { return first.map_or_else(String::new, known_once) };
    let layer = state.layer();
    match subject.reading.get(layer.index()) {
        Some(Reading::Partly(read, total)) => format!(
            "reading L{layer}: {} of {}",
            text::human(*read, state.options.units),
            text::human(*total, state.options.units)
        ),
        Some(Reading::Waiting) => match subject.input {
            Some((read, _)) => {
                format!("L{layer} comes later in the input: {} read", text::human(read, state.options.units))
            }
            None => format!("L{layer} is not read yet"),
        },
        Some(Reading::Done { .. }) => first.map_or_else(String::new, known_once),
        None => String::new(),
    }
}

/// What has to come before anything can be told of the layers above.
fn first_unread(state: &State) -> Option<String> {
    let Some(subject) = &state.subject else { return Some("the manifest".to_owned()) };
    let first = subject.reading.iter().position(|reading| !matches!(reading, Reading::Done { .. }))?;
    Some(format!("L{first}"))
}

/// Why there are no rows.
fn nothing(state: &State) -> String {
    if state.tree.filter.is_some() {
        return "nothing matches the filter".to_owned();
    }
    let layer = state.layer();
    if let Some(error) = update::layer_error(state, layer).filter(|_| state.tree.mode == LensMode::Alone) {
        return format!("nothing of L{layer} could be read: {error}");
    }
    if state.tree.kinds == Kinds::default() {
        return "no changes under this lens: c shows all paths".to_owned();
    }
    "nothing of these kinds under this lens".to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_title_says_which_kinds_are_shown() {
        let usual = Kinds::default();
        assert_eq!(kinds(usual), None);
        assert_eq!(kinds(Kinds { unchanged: true, ..usual }).unwrap(), "all");
        assert_eq!(kinds(Kinds { added: false, ..usual }).unwrap(), "only ~%-");
        assert_eq!(kinds(Kinds { wasted_only: true, unchanged: true, ..usual }).unwrap(), "only !+~%-=");
    }
}
