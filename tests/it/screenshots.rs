//! The pictures under `screenshots/`: the real program on the demo image, in a terminal, drawn as SVG and PNG.
//!
//! `LAYERSCOPE_BLESS=1 cargo test --test it screenshots` writes them.

use crate::pty::Terminal;
use crate::svg::{DARK, LIGHT, Palette, Screen, png};

/// A picture: its name, the size of the terminal, the colours, the keys, and the text that shows that they were heard.
struct Shot {
    name: &'static str,
    size: (u16, u16),
    palette: &'static Palette,
    keys: &'static [(&'static str, &'static str)],
}

const SHOTS: [Shot; 8] = [
    Shot { name: "layers", size: (120, 36), palette: &DARK, keys: &[("]", "L1"), ("]]]]]]]]", "L9")] },
    Shot { name: "layers-light", size: (120, 36), palette: &LIGHT, keys: &[("]]]]", "L4"), ("]]]]", "L8")] },
    Shot { name: "layers-80x24", size: (80, 24), palette: &DARK, keys: &[("]]]]", "L4"), ("]]]]", "L8")] },
    Shot { name: "waste", size: (120, 36), palette: &DARK, keys: &[("2", "metadata_only")] },
    Shot {
        name: "content",
        size: (80, 24),
        palette: &DARK,
        // A file with secrets that the last layer deletes.
        keys: &[("]]]]]]", "L6"), ("\t/.env\r", ".env"), ("G", ".env"), ("\r", "DATABASE_URL")],
    },
    Shot { name: "find", size: (80, 24), palette: &DARK, keys: &[("f.env", "DATABASE_URL")] },
    Shot { name: "compare", size: (120, 36), palette: &DARK, keys: &[(":cmp 4 9\r", "L4 → L9")] },
    Shot { name: "image", size: (120, 36), palette: &DARK, keys: &[("4", "Example-Base")] },
];

fn take(shot: &Shot) -> Screen {
    let mut terminal = Terminal::start(&["demo"], shot.size.0, shot.size.1);
    terminal.wait("the header", |screen| screen.contains("demo/shop:1.4.2") && screen.contains("waste "));
    for (keys, seen) in shot.keys {
        terminal.keys(keys);
        terminal.see(seen);
    }
    let screen = terminal.settled();
    terminal.keys("\u{3}");
    terminal.end().with_code(0);
    Screen::of_terminal(&screen)
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
            std::fs::write(&path, &svg).unwrap();
            std::fs::write(path.with_extension("png"), png(&svg)).unwrap();
        }
        let stored = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        assert!(stored == svg, "{}: run `LAYERSCOPE_BLESS=1 cargo test --test it screenshots`", path.display());
    }
}
