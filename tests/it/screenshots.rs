//! The pictures under `screenshots/`: the real program on the demo image, in a terminal, drawn as SVG and PNG.
//!
//! `LAYERSCOPE_BLESS=1 cargo test --test it screenshots` writes them.

use crate::pty::Terminal;
use crate::svg::{DARK, LIGHT, Palette, Screen, animation, png};
use std::path::Path;

/// A picture: its name, the size of the terminal, the colours, the keys, and the text that shows that they were heard.
struct Shot {
    name: &'static str,
    size: (u16, u16),
    palette: &'static Palette,
    keys: &'static [(&'static str, &'static str)],
}

const fn wide(name: &'static str, palette: &'static Palette, keys: &'static [(&'static str, &'static str)]) -> Shot {
    Shot { name, size: (120, 36), palette, keys }
}

const fn small(name: &'static str, keys: &'static [(&'static str, &'static str)]) -> Shot {
    Shot { name, size: (80, 24), palette: &DARK, keys }
}

const SHOTS: [Shot; 16] = [
    wide("layers", &DARK, &[("]", "L1"), ("]]]]]]]]", "L9")]),
    wide("layers-light", &LIGHT, &[("]]]]", "L4"), ("]]]]", "L8")]),
    small("layers-80x24", &[("]]]]", "L4"), ("]]]]", "L8")]),
    wide("waste", &DARK, &[("2", "metadata_only")]),
    wide("waste-light", &LIGHT, &[("2", "metadata_only")]),
    wide("files", &DARK, &[("3", "core.so")]),
    wide("files-light", &LIGHT, &[("3", "core.so")]),
    wide("image", &DARK, &[("4", "Example-Base")]),
    wide("image-light", &LIGHT, &[("4", "Example-Base")]),
    wide("compare", &DARK, &[(":cmp 4 9\r", "L4 → L9")]),
    wide("compare-light", &LIGHT, &[(":cmp 4 9\r", "L4 → L9")]),
    // A file with secrets that the last layer deletes.
    small("content", &[("]]]]]]", "L6"), ("\t/.env\r", ".env"), ("G", ".env"), ("\r", "DATABASE_URL")]),
    small("find", &[("f.env", "DATABASE_URL")]),
    small("timeline", &[("f.env", "DATABASE_URL"), ("\r", "[1 Layers]"), ("t", "touched by")]),
    wide("diff", &DARK, &[("fconfig.y", "config.yaml"), ("\u{4}", "hunk")]),
    small("help", &[("?", "MOVE")]),
];

/// One step of the moving picture: keys, the text that shows that they were heard, and tenths of a second.
const STORY: [(&str, &str, u32); 9] = [
    ("", "L0 alone", 20),
    ("f", "Find", 8),
    (".e", "found", 5),
    ("nv", "DATABASE_URL", 35),
    ("\r", "[1 Layers]", 20),
    ("\r", "DATABASE_URL", 25),
    ("\x1b", "[1 Layers]", 5),
    ("2", "metadata_only", 25),
    ("\r", "[1 Layers]", 25),
];

fn start(palette: &'static Palette, (columns, rows): (u16, u16)) -> Terminal {
    let theme = if std::ptr::eq(palette, &LIGHT) { "light" } else { "dark" };
    let terminal = Terminal::start(&["demo", "--theme", theme], columns, rows);
    terminal.wait("the header", |screen| screen.contains("demo/shop:1.4.2") && screen.contains("waste "));
    terminal
}

fn take(shot: &Shot) -> Screen {
    let mut terminal = start(shot.palette, shot.size);
    for (keys, seen) in shot.keys {
        terminal.keys(keys);
        terminal.see(seen);
    }
    let screen = terminal.settled();
    terminal.keys("\u{3}");
    terminal.end().with_code(0);
    Screen::of_terminal(&screen)
}

/// A secret is found that was deleted, and then what else is wasted.
fn story() -> String {
    let mut terminal = start(&DARK, (100, 30));
    let mut frames = Vec::new();
    for (keys, seen, tenths) in STORY {
        terminal.keys(keys);
        terminal.see(seen);
        frames.push((Screen::of_terminal(&terminal.settled()), tenths));
    }
    terminal.keys("\u{3}");
    terminal.end().with_code(0);
    animation(&frames, &DARK)
}

#[test]
fn screenshots_are_what_the_program_draws() {
    let directory = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("screenshots");
    let bless = std::env::var_os("LAYERSCOPE_BLESS").is_some();
    for shot in &SHOTS {
        let svg = take(shot).svg(shot.palette);
        let path = directory.join(shot.name).with_extension("svg");
        if bless {
            std::fs::create_dir_all(&directory).unwrap();
            std::fs::write(path.with_extension("png"), png(&svg)).unwrap();
        }
        is_stored(&path, &svg, bless);
    }
    is_stored(&directory.join("story.svg"), &story(), bless);
}

fn is_stored(path: &Path, svg: &str, bless: bool) {
    if bless {
        std::fs::write(path, svg).unwrap();
    }
    let stored = std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    assert!(stored == svg, "{}: run `LAYERSCOPE_BLESS=1 cargo test --test it screenshots`", path.display());
}
