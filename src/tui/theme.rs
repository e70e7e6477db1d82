//! What things look like, by what they are: the terminal's own sixteen colours, or none at all.
//!
//! Colour never tells something alone: rows have markers, the focused pane a heavy border, the selection a bar.

use crate::tree::Change;
use ratatui::buffer::Buffer;
use ratatui::style::{Color, Modifier, Style};

/// What something on the screen is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Role {
    /// Nothing in particular.
    Text,
    /// Less important than the rest.
    Dim,
    /// More important than the rest.
    Strong,
    /// A kind of change.
    Change(Change),
    /// A word of a text in a language that is known.
    Token(Token),
    /// The words that make a changed line differ.
    Part(Change),
    /// Bytes that are shipped and cannot be reached.
    Waste,
    /// Something went wrong.
    Error,
    /// Something was odd.
    Warning,
    /// The selected row of the focused pane.
    Selected,
    /// A key in footer and help.
    Key,
    /// The border of the focused pane.
    Focus,
}

/// What a word of a text in some language is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Token {
    /// Nothing in particular.
    Plain,
    /// What the machine passes over.
    Comment,
    /// Text between quotes.
    Text,
    /// A number, or another value.
    Constant,
    /// A word of the language.
    Keyword,
    /// What something is called.
    Name,
}

const PART: Modifier = Modifier::BOLD.union(Modifier::UNDERLINED);

/// How roles look.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Theme {
    color: bool,
}

impl Theme {
    /// With the terminal's colours, or with none.
    pub(crate) fn new(color: bool) -> Self {
        Self { color }
    }

    /// The look of a role.
    pub(crate) fn style(self, role: Role) -> Style {
        let plain = Style::new();
        if !self.color {
            return Self::mono(role);
        }
        match role {
            Role::Part(change) => self.style(Role::Change(change)).add_modifier(PART),
            Role::Text | Role::Token(Token::Plain) => plain,
            Role::Token(Token::Text) => plain.fg(Color::Green),
            Role::Token(Token::Constant) => plain.fg(Color::Magenta),
            Role::Token(Token::Keyword) => plain.fg(Color::Blue),
            Role::Token(Token::Name) => plain.fg(Color::Cyan),
            Role::Token(Token::Comment) | Role::Dim | Role::Change(Change::Unchanged) => plain.fg(Color::DarkGray),
            Role::Strong | Role::Focus => plain.add_modifier(Modifier::BOLD),
            Role::Change(Change::Added) => plain.fg(Color::Green),
            Role::Change(Change::Content) | Role::Warning => plain.fg(Color::Yellow),
            Role::Change(Change::Metadata) => plain.fg(Color::Cyan),
            Role::Change(Change::Removed) => plain.fg(Color::Red),
            Role::Error => plain.fg(Color::Red).add_modifier(Modifier::BOLD),
            Role::Waste => plain.fg(Color::Magenta).add_modifier(Modifier::BOLD),
            // The colours of a row would make a patchwork of its reverse; its marker says the same.
            Role::Selected => plain.fg(Color::Reset).add_modifier(Modifier::REVERSED).remove_modifier(Modifier::DIM),
            Role::Key => plain.fg(Color::Blue).add_modifier(Modifier::BOLD),
        }
    }

    fn mono(role: Role) -> Style {
        let plain = Style::new();
        match role {
            Role::Part(change) => Self::mono(Role::Change(change)).add_modifier(PART),
            Role::Token(Token::Keyword) => plain.add_modifier(Modifier::BOLD),
            Role::Token(Token::Plain | Token::Text | Token::Constant | Token::Name)
            | Role::Text
            | Role::Change(Change::Added) => plain,
            Role::Token(Token::Comment) | Role::Dim | Role::Change(Change::Unchanged | Change::Metadata) => {
                plain.add_modifier(Modifier::DIM)
            }
            Role::Strong | Role::Focus | Role::Key | Role::Waste | Role::Warning | Role::Change(Change::Content) => {
                plain.add_modifier(Modifier::BOLD)
            }
            Role::Change(Change::Removed) => plain.add_modifier(Modifier::UNDERLINED),
            Role::Error => plain.add_modifier(Modifier::BOLD.union(Modifier::UNDERLINED)),
            Role::Selected => plain.add_modifier(Modifier::REVERSED).remove_modifier(Modifier::DIM),
        }
    }
}

/// Replaces everything that is no ASCII, for terminals that cannot show it.
pub(crate) fn to_ascii(buffer: &mut Buffer) {
    for cell in &mut buffer.content {
        if cell.symbol().is_ascii() {
            continue;
        }
        let plain = match cell.symbol() {
            "▌" | "▸" | "→" => ">",
            "▾" | "▼" | "↓" => "v",
            "▲" | "↑" => "^",
            "▇" => "#",
            "▁" => "_",
            "·" => ".",
            "…" => "~",
            "─" | "━" => "-",
            "│" | "┃" => "|",
            "┌" | "┐" | "└" | "┘" | "┏" | "┓" | "┗" | "┛" => "+",
            _ => "?",
        };
        cell.set_symbol(plain);
    }
}
