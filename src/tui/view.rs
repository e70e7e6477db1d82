//! The screen, drawn from the state and from nothing else; only rows that can be seen are drawn.
//!
//! ```text
//!  acme/app:1.4.2 · linux/amd64 · 402 MB · 21 layers · waste 58.8 MB (15%)     ?    header
//!  [1 Layers]  2 Waste  3 Files  4 Image  5 Compare           lens: L7 alone        tabs
//! ┏━ Layers 8/21 ━━━━━━━━━━━━━━━━┓┌─ L7 changes +0 ~1 %13 -0 ──────── size ↓ ─┐    panes; the focused one
//! ┃ #   size  waste  command     ┃│    34.5M ▾ srv/app                         │    has the heavy border
//! ┃▌7    34M    82B  RUN chown -…┃│  ~ 31.5M   ▾ .venv/…/numpy.libs            │
//! ┗━━━━━━━━━━━━━━━━━━━ ▼ 6 more ━┛└────────────────────────────────────────────┘
//!  L7 RUN chown -R app:app /srv/app                        34.5 MB  5ea91c07…       strip
//!  13 of 14 changed paths have the same content as below                            strip
//!  /srv/app/.venv/lib/python3.11/site-packages/numpy.libs/                          status, or a prompt
//!  [Enter] open [/] filter [[] previous layer …                                     footer
//! ```

mod badge;
mod compare;
mod copies;
mod diff;
mod extract;
mod files;
mod find;
mod frame;
mod image;
mod layers;
mod life;
mod menu;
mod modal;
mod opening;
mod preview;
mod rival;
mod tree;
mod viewer;
mod waste;

use super::keymap::{self, Context};
use super::layout::{self, Areas, Class, Pane};
use super::offers::{self, Offer, Offers};
use super::state::{Modal, PromptKind, Stage, State};
use super::text;
use super::theme::{Role, Theme, to_ascii};
use crate::tree::{Counts, Filter};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::widgets::{Clear, Widget};

/// A piece of a line and its look.
pub(crate) type Piece = (String, Role);

/// Draws the whole screen. Says where the cursor of the terminal belongs, if something is being typed.
pub(crate) fn view(state: &State, buffer: &mut Buffer) -> Option<(u16, u16)> {
    let areas = layout::areas(state);
    let theme = Theme::new(state.options.theme, state.options.background);
    let mut painter = Painter { state, theme, areas: &areas, buffer };
    let cursor = painter.screen();
    if state.options.ascii {
        to_ascii(buffer);
    }
    cursor
}

/// How many paths there are of each kind of change: `+13 ~1 %0 -2`.
fn changes(counts: Counts) -> String {
    let Counts { added, content, metadata, removed } = counts;
    let [added, content, metadata, removed] = [added, content, metadata, removed].map(text::count);
    format!("+{added} ~{content} %{metadata} -{removed}")
}

/// The filter and the order of a list, for its border.
fn order(filter: Option<&Filter>, name: &str, down: bool) -> String {
    let filter =
        filter.map_or_else(String::new, |typed| format!("/{} · ", text::shorten(&text::prose(typed.typed()), 20)));
    format!("{filter}{name} {}", if down { "↓" } else { "↑" })
}

/// What a view waits for, if it is not the manifest.
fn waits_for(state: &State, layers: &'static str) -> &'static str {
    if state.subject.is_some() { layers } else { "The manifest comes later in the input." }
}

/// What is no longer true, or not yet.
fn dim(pieces: &mut [Piece]) {
    for (_, role) in pieces {
        *role = Role::Dim;
    }
}

/// Draws parts of the screen; never outside of it.
struct Painter<'a> {
    state: &'a State,
    theme: Theme,
    areas: &'a Areas,
    buffer: &'a mut Buffer,
}

impl Painter<'_> {
    fn screen(&mut self) -> Option<(u16, u16)> {
        if self.areas.class == Class::TooSmall {
            let line = self.areas.header;
            let text = if line.width < 16 { "too small" } else { "window too small" };
            self.line(line, &[(text.to_owned(), Role::Text)]);
            return None;
        }
        self.header();
        match &self.state.stage {
            Stage::Opening(opening) if self.state.layers.found.is_empty() => self.opening(opening),
            Stage::Choosing(picker) => self.picker(picker),
            Stage::Opening(_) | Stage::Exploring => {
                self.tabs();
                for (pane, area) in &self.areas.panes {
                    self.pane(*pane, *area);
                }
                if let Some(area) = self.areas.preview {
                    self.preview(area);
                }
                self.strip();
            }
        }
        let mut cursor = self.modal();
        self.next_keys();
        self.footer();
        if self.state.prompt.is_some() {
            cursor = self.prompt();
        }
        self.status();
        cursor
    }

    fn pane(&mut self, pane: Pane, area: Rect) {
        match pane {
            Pane::Layers => self.layers(area),
            Pane::Tree => self.tree(area),
            Pane::Instruction => self.instruction(area),
            Pane::Waste => self.waste(area),
            Pane::Files => self.files(area),
            Pane::Compare => self.compare(area),
            Pane::Labels => self.labels(area),
            Pane::Config => self.config(area),
            Pane::Env => self.env(area),
            Pane::History => self.history(area),
        }
    }

    fn style(&self, role: Role) -> Style {
        self.theme.style(role)
    }

    /// Writes text at a place, at most `width` columns of it. Gives back the column after it.
    fn put(&mut self, x: u16, y: u16, width: u16, text: &str, role: Role) -> u16 {
        if width == 0 || !self.buffer.area.contains((x, y).into()) {
            return x;
        }
        let style = self.style(role);
        self.buffer.set_stringn(x, y, text, usize::from(width), style).0
    }

    /// Writes pieces one after the other into the first line of an area.
    fn line(&mut self, area: Rect, pieces: &[Piece]) {
        if area.height == 0 {
            return;
        }
        let mut x = area.x;
        for (text, role) in pieces {
            let room = area.right().saturating_sub(x);
            x = self.put(x, area.y, room, &text::cut(text, usize::from(room)), *role);
        }
    }

    /// Writes text to the right end of the first line of an area.
    fn right(&mut self, area: Rect, text: &str, role: Role) {
        let width = u16::try_from(text::width(text)).unwrap_or(u16::MAX).min(area.width);
        self.put(area.right().saturating_sub(width), area.y, width, text, role);
    }

    /// Marks the line of a selected row.
    fn select(&mut self, line: Rect, focused: bool) {
        self.put(line.x, line.y, 1, "▌", Role::Strong);
        if focused && line.width > 1 {
            let style = self.style(Role::Selected);
            let rest = Rect { x: line.x + 1, width: line.width - 1, ..line }.intersection(self.buffer.area);
            self.buffer.set_style(rest, style);
        }
    }

    fn header(&mut self) {
        let state = self.state;
        let area = self.areas.header;
        let inside = Rect { x: 1, width: area.width.saturating_sub(4), ..area };
        let pieces = frame::header(state, usize::from(inside.width), self.areas.class);
        self.line(inside, &pieces);
        self.right(Rect { width: area.width.saturating_sub(1), ..area }, "?", Role::Key);
    }

    fn tabs(&mut self) {
        let Some(area) = self.areas.tabs else { return };
        let mut end = area.x;
        for (view, x, text) in layout::tabs(self.state) {
            let role = if view == self.state.view { Role::Strong } else { Role::Text };
            end = self.put(x, area.y, area.right().saturating_sub(x), &text, role);
        }
        let text = frame::lens(self.state);
        let room = usize::from(area.right().saturating_sub(end + 2));
        self.right(Rect { width: area.width.saturating_sub(1), ..area }, &text::cut(&text, room), Role::Dim);
    }

    /// The lines about the selection. The last ones give way to a long path.
    fn strip(&mut self) {
        let Some(area) = self.areas.strip else { return };
        let taken = u16::try_from(self.status_lines().len()).unwrap_or(1).saturating_sub(1);
        let top = if self.status_is_below(area) { area.y } else { area.y.saturating_add(taken) };
        let lines = frame::strip(self.state, usize::from(area.width).saturating_sub(2));
        for (line, y) in lines.iter().zip(top..top.saturating_add(area.height.saturating_sub(taken))) {
            self.line(Rect { x: 1, y, width: area.width.saturating_sub(2), height: 1 }, line);
        }
    }

    fn status_is_below(&self, strip: Rect) -> bool {
        strip.bottom() == self.areas.status.y
    }

    /// The toast, else the path of the selection: of a path that is longer than the line as many lines as the strip
    /// beside it can give. None where something else is told.
    fn status_lines(&self) -> Vec<Vec<Piece>> {
        if self.state.prompt.is_some() || matches!(self.state.modal(), Some(Modal::Find(_) | Modal::Help(_))) {
            return Vec::new();
        }
        let (line, strip) = (self.areas.status, self.areas.strip.unwrap_or_default());
        let is_beside = self.status_is_below(strip) || strip.y == line.bottom();
        let most = 1 + if is_beside { usize::from(strip.height) } else { 0 };
        let columns = usize::from(line.width.saturating_sub(2)).max(1);
        let piece = match &self.state.toast {
            Some(toast) => (text::cut(&toast.text, columns * most), toast.role),
            None => (text::shorten_path(&frame::status(self.state), columns * most), Role::Text),
        };
        let mut lines = text::chop(vec![piece], columns);
        lines.truncate(most);
        lines
    }

    fn status(&mut self) {
        let (line, lines) = (self.areas.status, self.status_lines());
        let more = u16::try_from(lines.len()).unwrap_or(1).saturating_sub(1);
        let is_below = self.areas.strip.is_some_and(|strip| self.status_is_below(strip));
        let first = if is_below { line.y.saturating_sub(more) } else { line.y };
        for (pieces, y) in lines.into_iter().zip(first..) {
            self.line(Rect { y, ..line }, &[(" ".repeat(usize::from(line.width)), Role::Text)]);
            self.line(Rect { x: 1, y, ..line }, &pieces);
        }
    }

    fn footer(&mut self) {
        for Offer { line, keys, name, .. } in offers::footer(self.state, self.areas) {
            self.line(
                line,
                &[("[".to_owned(), Role::Dim), (keys, Role::Key), ("] ".to_owned(), Role::Dim), (name, Role::Text)],
            );
        }
        if let (Some(area), Context::Help) = (self.areas.footer, keymap::context(self.state)) {
            self.put(1, area.y, area.width.saturating_sub(1), "type to filter  [Esc] close", Role::Dim);
        }
    }

    /// The actions that are like the command that is being typed, above it.
    fn palette(&mut self) {
        let Some(Offers { frame, rows, chosen, more }) = offers::commands(self.state, self.areas) else { return };
        Clear.render(frame.intersection(self.buffer.area), self.buffer);
        let note = if more > 0 { format!("{more} more") } else { String::new() };
        self.border(frame, true, "Commands", &note);
        for (index, Offer { line, keys, name, .. }) in rows.into_iter().enumerate() {
            let inside = Rect { x: line.x + 1, width: line.width.saturating_sub(2), ..line };
            let name = text::left(&name, usize::from(inside.width).saturating_sub(10));
            self.line(inside, &[(name, Role::Text), (format!("  {keys}"), Role::Key)]);
            if chosen == Some(index) {
                self.select(line, true);
            }
        }
    }

    fn prompt(&mut self) -> Option<(u16, u16)> {
        let prompt = self.state.prompt.as_ref()?;
        let area = offers::prompt_line(self.state, self.areas);
        let sign = match prompt.kind {
            PromptKind::Command => ":",
            PromptKind::Extract | PromptKind::Save => ">",
            _ => "/",
        };
        let width = usize::from(area.width).saturating_sub(4);
        let scroll = prompt.input.visual_scroll(width);
        let shown: String = prompt.input.value().chars().skip(scroll).collect();
        self.line(area, &[(" ".repeat(usize::from(area.width)), Role::Text)]);
        self.line(
            Rect { x: 1, ..area },
            &[(sign.to_owned(), Role::Key), (text::cut(&text::prose(&shown), width), Role::Strong)],
        );
        self.palette();
        let (note, role) = match &prompt.error {
            Some(error) => (error.clone(), Role::Error),
            None => (frame::hits(self.state, prompt.kind), Role::Dim),
        };
        // Without a footer the note takes the place of the header. One that is longer stands over what is typed.
        let last = self.areas.footer.unwrap_or(self.areas.header);
        let lines = text::wrap(&note, usize::from(last.width).saturating_sub(2).max(1));
        let above = if lines.len() > 1 { lines.len() } else { 0 };
        let first = if above > 0 { area.y.saturating_sub(u16::try_from(above).unwrap_or(0)) } else { last.y };
        for (text, y) in lines.into_iter().zip(first..) {
            let line = Rect { y, ..last };
            self.line(line, &[(" ".repeat(usize::from(line.width)), Role::Text)]);
            self.line(Rect { x: 1, ..line }, &[(text, role)]);
        }
        let column = prompt.input.visual_cursor().saturating_sub(scroll) + 2;
        Some((u16::try_from(column).unwrap_or(u16::MAX).min(area.width.saturating_sub(1)), area.y))
    }
}
