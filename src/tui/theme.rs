//! What things look like, by what they are: the terminal's own sixteen colours, or none at all.
//!
//! Colour never tells something alone: rows have markers, the focused pane a heavy border, the selection a bar.

use crate::notice::Severity;
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

impl From<Severity> for Role {
    fn from(severity: Severity) -> Self {
        match severity {
            Severity::Info => Self::Text,
            Severity::Warning => Self::Warning,
            Severity::Error => Self::Error,
        }
    }
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

/// The themes that there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ThemeName {
    /// Dark or light, as the terminal is; its own colours where it does not tell.
    #[default]
    Auto,
    /// The terminal's own sixteen colours.
    Terminal,
    /// For a dark background.
    Dark,
    /// For a light background.
    Light,
    /// For eyes that see red and green alike; on dark and on light.
    Colorblind,
    /// No colours.
    Mono,
}

impl ThemeName {
    /// All of them.
    pub const ALL: [Self; 6] = [Self::Auto, Self::Terminal, Self::Dark, Self::Light, Self::Colorblind, Self::Mono];

    /// What it is called.
    pub fn name(self) -> &'static str {
        match self {
            Self::Auto => "auto",
            Self::Terminal => "terminal",
            Self::Dark => "dark",
            Self::Light => "light",
            Self::Colorblind => "colorblind",
            Self::Mono => "mono",
        }
    }

    /// The theme that is called so.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|theme| theme.name() == name)
    }
}

/// What is behind the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Background {
    /// Black, or nearly so.
    Dark,
    /// White, or nearly so.
    Light,
}

/// The colours of everything that has one. Those of the terminal are as its user likes them; all others are of the cube
/// of 256, which nobody changes, and are told from their background by a contrast of 4.5 or more (WCAG 2.1, 1.4.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Palette {
    dim: Color,
    added: Color,
    content: Color,
    metadata: Color,
    removed: Color,
    waste: Color,
    error: Color,
    warning: Color,
    key: Color,
    text: Color,
    constant: Color,
    keyword: Color,
    name: Color,
}

const TERMINAL: Palette = Palette {
    dim: Color::DarkGray,
    added: Color::Green,
    content: Color::Yellow,
    metadata: Color::Cyan,
    removed: Color::Red,
    waste: Color::Magenta,
    error: Color::Red,
    warning: Color::Yellow,
    key: Color::Blue,
    text: Color::Green,
    constant: Color::Magenta,
    keyword: Color::Blue,
    name: Color::Cyan,
};

const DARK: Palette = Palette {
    dim: Color::Indexed(247),
    added: Color::Indexed(114),
    content: Color::Indexed(221),
    metadata: Color::Indexed(80),
    removed: Color::Indexed(210),
    waste: Color::Indexed(213),
    error: Color::Indexed(210),
    warning: Color::Indexed(221),
    key: Color::Indexed(117),
    text: Color::Indexed(150),
    constant: Color::Indexed(183),
    keyword: Color::Indexed(111),
    name: Color::Indexed(116),
};

const LIGHT: Palette = Palette {
    dim: Color::Indexed(240),
    added: Color::Indexed(22),
    content: Color::Indexed(94),
    metadata: Color::Indexed(23),
    removed: Color::Indexed(124),
    waste: Color::Indexed(90),
    error: Color::Indexed(124),
    warning: Color::Indexed(94),
    key: Color::Indexed(25),
    text: Color::Indexed(22),
    constant: Color::Indexed(90),
    keyword: Color::Indexed(25),
    name: Color::Indexed(23),
};

/// Blue, orange and vermillion of Okabe and Ito (<https://jfly.uni-koeln.de/color/>), as far as the cube has them.
const COLORBLIND_DARK: Palette = Palette {
    added: Color::Indexed(75),
    content: Color::Indexed(214),
    metadata: Color::Indexed(183),
    removed: Color::Indexed(209),
    waste: Color::Indexed(175),
    error: Color::Indexed(209),
    warning: Color::Indexed(214),
    text: Color::Indexed(75),
    ..DARK
};

/// The same, dark enough for white.
const COLORBLIND_LIGHT: Palette = Palette {
    added: Color::Indexed(25),
    content: Color::Indexed(94),
    metadata: Color::Indexed(54),
    removed: Color::Indexed(88),
    error: Color::Indexed(88),
    text: Color::Indexed(25),
    ..LIGHT
};

/// How roles look.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Theme {
    palette: Option<Palette>,
    /// Whether colours alone may be too little to tell kinds apart.
    underlines: bool,
}

impl Theme {
    /// A theme on a background, as far as that is known.
    pub(crate) fn new(name: ThemeName, background: Option<Background>) -> Self {
        let palette = match (name, background) {
            (ThemeName::Mono, _) => None,
            (ThemeName::Terminal, _) | (ThemeName::Auto, None) => Some(TERMINAL),
            (ThemeName::Dark, _) | (ThemeName::Auto, Some(Background::Dark)) => Some(DARK),
            (ThemeName::Light, _) | (ThemeName::Auto, Some(Background::Light)) => Some(LIGHT),
            (ThemeName::Colorblind, Some(Background::Light)) => Some(COLORBLIND_LIGHT),
            (ThemeName::Colorblind, _) => Some(COLORBLIND_DARK),
        };
        Self { palette, underlines: name == ThemeName::Colorblind }
    }

    /// The look of a role.
    pub(crate) fn style(self, role: Role) -> Style {
        let Some(palette) = self.palette else { return Self::mono(role) };
        let plain = Style::new();
        match role {
            Role::Part(change) => self.style(Role::Change(change)).add_modifier(PART),
            Role::Text | Role::Token(Token::Plain) => plain,
            Role::Dim | Role::Change(Change::Unchanged) | Role::Token(Token::Comment) => plain.fg(palette.dim),
            Role::Strong | Role::Focus => plain.add_modifier(Modifier::BOLD),
            Role::Change(Change::Added) => plain.fg(palette.added),
            Role::Change(Change::Content) => plain.fg(palette.content),
            Role::Change(Change::Metadata) => plain.fg(palette.metadata),
            Role::Change(Change::Removed) if self.underlines => {
                plain.fg(palette.removed).add_modifier(Modifier::UNDERLINED)
            }
            Role::Change(Change::Removed) => plain.fg(palette.removed),
            Role::Token(Token::Text) => plain.fg(palette.text),
            Role::Token(Token::Constant) => plain.fg(palette.constant),
            Role::Token(Token::Keyword) => plain.fg(palette.keyword),
            Role::Token(Token::Name) => plain.fg(palette.name),
            Role::Error => plain.fg(palette.error).add_modifier(Modifier::BOLD),
            Role::Warning => plain.fg(palette.warning),
            Role::Waste => plain.fg(palette.waste).add_modifier(Modifier::BOLD),
            // The colours of a row would make a patchwork of its reverse; its marker says the same.
            Role::Selected => plain.fg(Color::Reset).add_modifier(Modifier::REVERSED).remove_modifier(Modifier::DIM),
            Role::Key => plain.fg(palette.key).add_modifier(Modifier::BOLD),
        }
    }

    fn mono(role: Role) -> Style {
        let plain = Style::new();
        match role {
            Role::Part(change) => Self::mono(Role::Change(change)).add_modifier(PART),
            Role::Text
            | Role::Change(Change::Added)
            | Role::Token(Token::Plain | Token::Text | Token::Constant | Token::Name) => plain,
            Role::Dim | Role::Change(Change::Unchanged | Change::Metadata) | Role::Token(Token::Comment) => {
                plain.add_modifier(Modifier::DIM)
            }
            Role::Strong
            | Role::Focus
            | Role::Key
            | Role::Waste
            | Role::Warning
            | Role::Change(Change::Content)
            | Role::Token(Token::Keyword) => plain.add_modifier(Modifier::BOLD),
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

#[cfg(test)]
mod tests {
    use super::*;

    /// Red, green and blue of a colour of the cube of 256, or of its greys.
    fn rgb(color: Color) -> [f64; 3] {
        let Color::Indexed(index) = color else { panic!("{color}: only the cube is the same everywhere") };
        let level = |step: u8| if step == 0 { 0.0 } else { f64::from(55 + 40 * step) };
        match index {
            16..=231 => [(index - 16) / 36, (index - 16) / 6 % 6, (index - 16) % 6].map(level),
            232.. => [f64::from(8 + 10 * (index - 232)); 3],
            _ => panic!("{index}: the user's own"),
        }
    }

    /// WCAG 2.1, relative luminance.
    fn luminance(rgb: [f64; 3]) -> f64 {
        let linear = |value: f64| {
            let value = value / 255.0;
            if value <= 0.03928 { value / 12.92 } else { ((value + 0.055) / 1.055).powf(2.4) }
        };
        let [red, green, blue] = rgb.map(linear);
        0.2126 * red + 0.7152 * green + 0.0722 * blue
    }

    fn contrast(a: [f64; 3], b: [f64; 3]) -> f64 {
        let (a, b) = (luminance(a) + 0.05, luminance(b) + 0.05);
        if a > b { a / b } else { b / a }
    }

    #[test]
    fn every_colour_can_be_read_on_its_background() {
        // Black, and what popular dark themes have; white, paper, and the light of Solarized.
        let dark = [[0.0; 3], [30.0; 3], [40.0, 44.0, 52.0]];
        let light = [[255.0; 3], [245.0; 3], [253.0, 246.0, 227.0]];
        let palettes = [(DARK, dark), (COLORBLIND_DARK, dark), (LIGHT, light), (COLORBLIND_LIGHT, light)];
        for (palette, backgrounds) in palettes {
            let Palette {
                dim,
                added,
                content,
                metadata,
                removed,
                waste,
                error,
                warning,
                key,
                text,
                constant,
                keyword,
                name,
            } = palette;
            let all =
                [dim, added, content, metadata, removed, waste, error, warning, key, text, constant, keyword, name];
            for color in all {
                for background in backgrounds {
                    let contrast = contrast(rgb(color), background);
                    assert!(contrast >= 4.5, "{color} on {background:?}: {contrast:.2}");
                }
            }
        }
    }

    #[test]
    fn kinds_look_different_in_every_theme() {
        let backgrounds = [None, Some(Background::Dark), Some(Background::Light)];
        let kinds = [Change::Added, Change::Content, Change::Metadata, Change::Removed, Change::Unchanged];
        for name in ThemeName::ALL.into_iter().filter(|name| *name != ThemeName::Mono) {
            for background in backgrounds {
                let theme = Theme::new(name, background);
                let looks = kinds.map(|kind| theme.style(Role::Change(kind)));
                for (index, look) in looks.iter().enumerate() {
                    assert!(!looks.iter().skip(index + 1).any(|other| other == look), "{name:?} {background:?}");
                }
            }
        }
    }

    #[test]
    fn themes_have_names() {
        for theme in ThemeName::ALL {
            assert_eq!(ThemeName::named(theme.name()), Some(theme));
        }
        assert_eq!(ThemeName::named("pink"), None);
    }
}
