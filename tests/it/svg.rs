//! From a screen of cells to SVG and PNG.
//!
//! Every character has its own x, so that no renderer can shift columns or join letters; colours come from a palette,
//! as in a terminal.

use resvg::{tiny_skia, usvg};
use std::fmt::Write as _;

/// Size of a cell in pixels, for text of [`FONT`] pixels in `JetBrains` Mono.
const CELL: (f64, f64) = (9.0, 20.0);
const FONT: f64 = 15.0;
const BASELINE: f64 = 15.0;
/// Around the screen.
const MARGIN: f64 = 12.0;

/// A colour as a terminal knows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Colour {
    #[default]
    Default,
    Index(u8),
    Rgb(u8, u8, u8),
}

/// How a cell looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[allow(clippy::struct_excessive_bools, reason = "these are the attributes that a terminal has")]
pub struct Style {
    pub fg: Colour,
    pub bg: Colour,
    pub bold: bool,
    pub dim: bool,
    pub italic: bool,
    pub underline: bool,
    pub reverse: bool,
}

/// One cell: its character (empty after a wide one) and its style.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Cell {
    pub text: String,
    pub style: Style,
}

/// A screen, row by row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Screen {
    pub rows: Vec<Vec<Cell>>,
}

/// What the sixteen colours, the text and the background are.
#[derive(Debug)]
pub struct Palette {
    background: &'static str,
    text: &'static str,
    colours: [&'static str; 16],
}

pub const DARK: Palette = Palette {
    background: "#16181d",
    text: "#d6d9e0",
    colours: [
        "#24272e", "#f07178", "#98c379", "#e5c07b", "#61afef", "#c678dd", "#56b6c2", "#c8ccd4", "#6b7280", "#ff8b92",
        "#b5e890", "#ffd68a", "#82c4ff", "#e29bf5", "#7bdfe9", "#ffffff",
    ],
};

pub const LIGHT: Palette = Palette {
    background: "#fbfbfa",
    text: "#24292f",
    colours: [
        "#24292f", "#c0262d", "#1a7f37", "#8a6100", "#0959c4", "#8031b0", "#0b7480", "#6e7781", "#57606a", "#d1343b",
        "#208f42", "#9a6d00", "#1f6feb", "#9a4ad0", "#148694", "#8c959f",
    ],
};

impl Screen {
    /// What a terminal shows.
    pub fn of_terminal(screen: &vt100::Screen) -> Self {
        let (rows, columns) = screen.size();
        let cell = |row, column: u16| {
            let cell = screen.cell(row, column).unwrap();
            if cell.is_wide_continuation() {
                // The second half of a wide character looks like the first.
                return Cell { text: String::new(), style: style_of(screen.cell(row, column - 1).unwrap()) };
            }
            Cell { text: cell.contents().to_owned(), style: style_of(cell) }
        };
        let row = |row| (0..columns.get()).map(|column| cell(row, column)).collect();
        Self { rows: (0..rows.get()).map(row).collect() }
    }

    /// The picture.
    pub fn svg(&self, palette: &Palette) -> String {
        let mut out = self.head(palette, "");
        self.draw(palette, &mut out);
        out.push_str("</g>\n</svg>\n");
        out
    }

    /// Everything before the letters.
    fn head(&self, palette: &Palette, style: &str) -> String {
        let columns = self.rows.first().map_or(0, Vec::len) as f64;
        let width = columns * CELL.0 + 2.0 * MARGIN;
        let height = self.rows.len() as f64 * CELL.1 + 2.0 * MARGIN;
        format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" viewBox=\"0 0 {width} {height}\">\n\
             {style}<rect width=\"{width}\" height=\"{height}\" rx=\"8\" fill=\"{}\"/>\n\
             <g font-family=\"'JetBrains Mono', ui-monospace, monospace\" font-size=\"{FONT}\" xml:space=\"preserve\">\n",
            palette.background
        )
    }

    fn draw(&self, palette: &Palette, out: &mut String) {
        for (index, row) in self.rows.iter().enumerate() {
            let y = MARGIN + index as f64 * CELL.1;
            for (start, run) in runs(row) {
                write_run(out, palette, (MARGIN + start as f64 * CELL.0, y), run);
            }
        }
    }
}

/// A moving picture: each screen is seen for so many tenths of a second, and after the last one the first comes again.
pub fn animation(frames: &[(Screen, u32)], palette: &Palette) -> String {
    let whole: u32 = frames.iter().map(|(_, tenths)| tenths).sum();
    let percent = |tenths: u32| f64::from(tenths) * 100.0 / f64::from(whole);
    let mut style = String::from("<style>\n");
    let mut at = 0;
    for (index, (_, tenths)) in frames.iter().enumerate() {
        let (from, to) = (percent(at), percent(at + tenths));
        let _ = writeln!(
            style,
            "@keyframes f{index} {{ 0%, {from:.3}% {{ visibility: hidden }} {:.3}%, {to:.3}% {{ visibility: visible }} \
             {:.3}%, 100% {{ visibility: hidden }} }}\n\
             #f{index} {{ visibility: hidden; animation: f{index} {:.1}s step-end infinite }}",
            from + 0.001,
            to + 0.001,
            f64::from(whole) / 10.0
        );
        at += tenths;
    }
    style.push_str("</style>\n");
    let mut out = frames[0].0.head(palette, &style);
    for (index, (screen, _)) in frames.iter().enumerate() {
        let _ = writeln!(out, "<g id=\"f{index}\">");
        screen.draw(palette, &mut out);
        out.push_str("</g>\n");
    }
    out.push_str("</g>\n</svg>\n");
    out
}

fn style_of(cell: &vt100::Cell) -> Style {
    let colour = |colour| match colour {
        vt100::Color::Default => Colour::Default,
        vt100::Color::Idx(index) => Colour::Index(index),
        vt100::Color::Rgb(r, g, b) => Colour::Rgb(r, g, b),
    };
    Style {
        fg: colour(cell.fgcolor()),
        bg: colour(cell.bgcolor()),
        bold: cell.bold(),
        dim: cell.dim(),
        italic: cell.italic(),
        underline: cell.underline(),
        reverse: cell.inverse(),
    }
}

/// Neighbours of one style, each with its first column.
fn runs(row: &[Cell]) -> Vec<(usize, &[Cell])> {
    let mut out = Vec::new();
    let mut start = 0;
    for chunk in row.chunk_by(|a, b| a.style == b.style) {
        out.push((start, chunk));
        start += chunk.len();
    }
    out
}

fn write_run(out: &mut String, palette: &Palette, (x, y): (f64, f64), run: &[Cell]) {
    let style = run[0].style;
    let width = run.len() as f64 * CELL.0;
    let (mut text, mut background) = (palette.colour(style.fg, style.bold), palette.background_of(style.bg));
    if style.reverse {
        let behind = background.unwrap_or_else(|| palette.background.to_owned());
        background = Some(text);
        text = behind;
    }
    if let Some(fill) = background {
        writeln!(out, "<rect x=\"{x}\" y=\"{y}\" width=\"{width}\" height=\"{}\" fill=\"{fill}\"/>", CELL.1).unwrap();
    }
    if style.underline {
        let at = y + BASELINE + 2.5;
        writeln!(out, "<rect x=\"{x}\" y=\"{at}\" width=\"{width}\" height=\"1\" fill=\"{text}\"/>").unwrap();
    }
    let shown: Vec<(usize, &str)> = run
        .iter()
        .enumerate()
        .map(|(index, cell)| (index, cell.text.as_str()))
        .filter(|(_, text)| !text.trim().is_empty())
        .collect();
    if shown.is_empty() {
        return;
    }
    let places: Vec<String> = shown.iter().map(|(index, _)| (x + *index as f64 * CELL.0).to_string()).collect();
    let mut attributes = format!("fill=\"{text}\"");
    for (on, attribute) in [
        (style.bold, " font-weight=\"bold\""),
        (style.dim, " opacity=\"0.6\""),
        (style.italic, " font-style=\"italic\""),
    ] {
        attributes.push_str(if on { attribute } else { "" });
    }
    let letters: String = shown.iter().map(|(_, text)| escape(text)).collect();
    writeln!(out, "<text x=\"{}\" y=\"{}\" {attributes}>{letters}</text>", places.join(" "), y + BASELINE).unwrap();
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

impl Palette {
    fn colour(&self, colour: Colour, bright: bool) -> String {
        match colour {
            Colour::Default => self.text.to_owned(),
            // Terminals show bold text in the bright half.
            Colour::Index(index @ 0..8) if bright => self.colours[usize::from(index) + 8].to_owned(),
            other => self.background_of(other).unwrap(),
        }
    }

    fn background_of(&self, colour: Colour) -> Option<String> {
        match colour {
            Colour::Default => None,
            Colour::Index(index @ 0..16) => Some(self.colours[usize::from(index)].to_owned()),
            Colour::Index(index @ 16..232) => {
                let step = |value: u8| if value == 0 { 0 } else { 55 + 40 * value };
                let cube = index - 16;
                Some(hex(step(cube / 36), step(cube / 6 % 6), step(cube % 6)))
            }
            Colour::Index(index) => {
                let grey = 8 + 10 * (index - 232);
                Some(hex(grey, grey, grey))
            }
            Colour::Rgb(r, g, b) => Some(hex(r, g, b)),
        }
    }
}

fn hex(r: u8, g: u8, b: u8) -> String {
    format!("#{r:02x}{g:02x}{b:02x}")
}

/// The picture in pixels, twice as large, in the font of the repository.
pub fn png(svg: &str) -> Vec<u8> {
    let mut options = usvg::Options { font_family: "JetBrains Mono".into(), ..usvg::Options::default() };
    for face in ["Regular", "Bold"] {
        let path = format!("{}/assets/fonts/JetBrainsMono-{face}.ttf", env!("CARGO_MANIFEST_DIR"));
        options.fontdb_mut().load_font_data(std::fs::read(path).unwrap());
    }
    let tree = usvg::Tree::from_str(svg, &options).unwrap();
    let size = tree.size().to_int_size().scale_by(2.0).unwrap();
    let mut pixels = tiny_skia::Pixmap::new(size.width(), size.height()).unwrap();
    resvg::render(&tree, tiny_skia::Transform::from_scale(2.0, 2.0), &mut pixels.as_mut());
    pixels.encode_png().unwrap()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn screen(bytes: &str) -> Screen {
        let size = |number| std::num::NonZeroU16::new(number).unwrap();
        let mut parser = vt100::Parser::new(size(2), size(12), 0);
        parser.process(bytes.as_bytes());
        Screen::of_terminal(parser.screen())
    }

    #[test]
    fn every_letter_has_its_place_and_every_run_its_style() {
        let svg = screen("a<\x1b[1;31mb \x1b[0;7mc\x1b[0;4;42md\x1b[0m\r\n\x1b[2m日x").svg(&DARK);
        for part in [
            "<text x=\"12 21\" y=\"27\" fill=\"#d6d9e0\">a&lt;</text>",
            "<text x=\"30\" y=\"27\" fill=\"#ff8b92\" font-weight=\"bold\">b</text>",
            "<rect x=\"48\" y=\"12\" width=\"9\" height=\"20\" fill=\"#d6d9e0\"/>",
            "<text x=\"48\" y=\"27\" fill=\"#16181d\">c</text>",
            "<rect x=\"57\" y=\"12\" width=\"9\" height=\"20\" fill=\"#98c379\"/>",
            "<rect x=\"57\" y=\"29.5\" width=\"9\" height=\"1\" fill=\"#d6d9e0\"/>",
            "<text x=\"12 30\" y=\"47\" fill=\"#d6d9e0\" opacity=\"0.6\">日x</text>",
        ] {
            assert!(svg.contains(part), "{part}\nin\n{svg}");
        }
    }

    #[test]
    fn the_picture_has_ink_where_the_text_is() {
        let bytes = png(&screen("MMMM\r\n        \x1b[44m    ").svg(&LIGHT));
        let pixels = tiny_skia::Pixmap::decode_png(&bytes).unwrap();
        assert_eq!((pixels.width(), pixels.height()), (2 * (12 * 9 + 24), 2 * (2 * 20 + 24)));
        let paper = pixels.pixel(130, 40).unwrap();
        let inked = |left: u32, top: u32| {
            (left..left + 72)
                .flat_map(|x| (top..top + 40).map(move |y| (x, y)))
                .filter(|(x, y)| pixels.pixel(*x, *y).unwrap() != paper)
                .count()
        };
        assert!(inked(24, 24) > 300, "four letters: {}", inked(24, 24));
        assert_eq!(inked(150, 24), 0, "nothing was written there");
        assert_eq!(inked(24 + 8 * 18, 64), 72 * 40, "a blue background");
    }

    #[test]
    fn the_256_colours_are_those_of_xterm() {
        for (index, expected) in
            [(16, "#000000"), (21, "#0000ff"), (196, "#ff0000"), (231, "#ffffff"), (232, "#080808"), (255, "#eeeeee")]
        {
            assert_eq!(DARK.background_of(Colour::Index(index)).unwrap(), expected);
        }
    }
}
