//! The explorer, as somebody at a terminal meets it: start, keys, resize, quit, signals.

use crate::image_builder::{Image, Pack, docker_archive, layer};
use crate::pty::Terminal;
use portable_pty::CommandBuilder;

const DEMO: &str = "demo/shop:1.4.2";

/// The explorer on the demo, with all layers read.
fn demo(columns: u16, rows: u16) -> Terminal {
    let terminal = Terminal::start(&["demo"], columns, rows);
    terminal.wait("the header with all figures", |screen| screen.contains(DEMO) && screen.contains("waste "));
    terminal
}

#[test]
fn it_starts_and_quits_and_leaves_the_terminal_as_it_was() {
    for key in ["q", "\u{3}"] {
        let mut terminal = demo(120, 36);
        let screen = terminal.see("Layers");
        assert!(screen.alternate_screen() && screen.hide_cursor());
        terminal.keys(key);
        terminal.end().with_code(0).is_restored();
    }
}

#[test]
fn the_views_open_by_their_keys() {
    let mut terminal = demo(120, 36);
    terminal.keys("2");
    terminal.see("metadata_only");
    terminal.keys("4");
    terminal.see("org.opencontainers.image.vendor");
    terminal.see("Example-Base");
    terminal.keys("R");
    terminal.wait("the config in JSON", |screen| {
        screen.contains("Config as it stands") && screen.contains("\"architecture\": \"amd64\"")
    });
    terminal.keys("\u{1b}");
    terminal.wait("the view", |screen| !screen.contains("as it stands"));
    terminal.keys("?");
    // Not `quit`: that stands in the footer already, and the Escape would come before the help.
    terminal.see("type to filter");
    terminal.keys("\u{1b}");
    // An Escape and a key that come at once would be Alt and the key.
    terminal.wait("the help to close", |screen| !screen.contains("type to filter"));
    terminal.keys("1");
    // In no other view: a text of the view before would be seen at once, or never.
    terminal.see("Layers 1/11");
    terminal.keys("q");
    terminal.end().with_code(0).is_restored();
}

#[test]
fn a_bad_pattern_is_named_and_a_good_one_narrows() {
    let mut terminal = demo(120, 36);
    terminal.keys("=");
    terminal.keys("/os-release");
    terminal.wait("only what matches", |screen| screen.contains("os-release") && !screen.contains("libcrypto"));
    terminal.keys("\u{3}");
    terminal.end().is_restored();
}

#[test]
fn another_image_that_cannot_be_opened_is_told_and_not_waited_for() {
    let mut terminal = demo(120, 36);
    terminal.keys(":cmp ./nosuch.tar\r");
    terminal.see("no such file");
    terminal.keys("\u{1b}");
    terminal.see("L0 → L10");
    terminal.keys("q");
    terminal.end().with_code(0).is_restored();
}

#[test]
fn it_follows_the_size_of_the_window() {
    let mut terminal = demo(120, 36);
    for (columns, rows) in [(80, 24), (40, 10), (10, 3), (200, 60), (120, 36)] {
        terminal.resize(columns, rows);
        if columns >= 40 {
            terminal.wait("the image in the header", |screen| {
                // The help mark is in the last column but one, so that an older screen is no match.
                screen.lines().next().is_some_and(|line| {
                    line.contains("demo/shop") && line.trim_end().chars().count() + 1 == usize::from(columns)
                })
            });
        }
    }
    terminal.keys("q");
    terminal.end().with_code(0).is_restored();
}

#[test]
fn a_signal_restores_the_terminal() {
    for signal in ["TERM", "HUP", "INT"] {
        let terminal = demo(80, 24);
        terminal.signal(signal);
        terminal.end().is_restored();
    }
}

#[test]
fn what_cannot_be_opened_never_takes_the_screen() {
    let ended = Terminal::start(&["./no/such/image.tar"], 80, 24).end();
    ended.with_code(2).is_restored();
    assert!(!ended.raw.windows(8).any(|bytes| bytes == b"\x1b[?1049h"), "the alternate screen");
    assert!(ended.screen.contents().contains("no/such/image.tar"));
}

#[test]
fn no_color_leaves_the_markers_and_no_colour() {
    let mut command = CommandBuilder::new(env!("CARGO_BIN_EXE_layerscope"));
    command.args(["demo"]);
    command.env("NO_COLOR", "1");
    let mut terminal = Terminal::start_command(command, 120, 36);
    let screen = terminal.wait("the header", |screen| screen.contains(DEMO) && screen.contains("waste "));
    let (rows, columns) = screen.size();
    for (row, column) in (0..rows.get()).flat_map(|row| (0..columns.get()).map(move |column| (row, column))) {
        let cell = screen.cell(row, column).unwrap();
        assert_eq!((cell.fgcolor(), cell.bgcolor()), (vt100::Color::Default, vt100::Color::Default), "{row},{column}");
    }
    terminal.keys("q");
    terminal.end().with_code(0).is_restored();
}

#[test]
fn keys_are_told_apart_where_the_terminal_offers_it() {
    let mut command = CommandBuilder::new(env!("CARGO_BIN_EXE_layerscope"));
    command.args(["demo"]);
    command.env("TERM", "xterm-kitty");
    let mut terminal = Terminal::start_command(command, 100, 30);
    terminal.wait("the header", |screen| screen.contains(DEMO) && screen.contains("waste "));
    assert!(terminal.raw().contains("\x1b[>1u"), "asked for once it was offered");
    // Ctrl+F filters; Esc takes it away; Ctrl+M is no Enter, and Enter is.
    terminal.keys("\x1b[102;5u");
    terminal.see("[Enter] keep");
    terminal.keys("zz\x1b[109;5u");
    terminal.see("/zz");
    terminal.see("[Enter] keep");
    terminal.keys("\x1b[27u");
    terminal.wait("no filter", |screen| !screen.contains("/zz"));
    terminal.keys("\r");
    terminal.see("Esc closes");
    terminal.keys("\x1b[27u\x1b[99;5u");
    let ended = terminal.end();
    ended.with_code(0).is_restored();
    let raw = String::from_utf8_lossy(&ended.raw).into_owned();
    let (taken_back, left) = (raw.rfind("\x1b[<1u").unwrap(), raw.rfind("\x1b[?1049l").unwrap());
    assert!(taken_back < left, "what was asked for in the screen of the explorer is taken back there");
    // Who does not offer it is asked for nothing.
    let mut terminal = Terminal::start(&["demo"], 100, 30);
    terminal.see(DEMO);
    terminal.keys("q");
    let ended = terminal.end();
    assert!(!String::from_utf8_lossy(&ended.raw).contains("\x1b[>1u"));
}

#[test]
fn an_image_on_standard_input_leaves_the_keys_to_the_terminal() {
    let mut command = CommandBuilder::new("sh");
    command.args(["-c", "cat assets/demo.tar.gz | \"$0\" -", env!("CARGO_BIN_EXE_layerscope")]);
    let mut terminal = Terminal::start_command(command, 100, 30);
    terminal.wait("the header", |screen| screen.contains(DEMO) && screen.contains("waste "));
    terminal.keys("2");
    terminal.see("metadata_only");
    terminal.keys("q");
    terminal.end().with_code(0).is_restored();
}

/// An image in two parts: in the first one, its first layer comes whole, and some of its second one.
fn two_halves() -> (Vec<u8>, Vec<u8>) {
    let layers =
        vec![layer(&["d etc", "f etc/a size=10", "f b size=1000"]), layer(&["f big size=400000", "f b size=7"])];
    let mut archive = docker_archive(&[Image::new("demo/app:1", layers)], false);
    let rest = archive.split_off(archive.len() / 2);
    (archive, rest)
}

#[test]
fn a_slow_pipe_shows_what_has_come_and_every_key_that_quits_does_so_at_once() {
    for (pack, kind) in [(Pack::Plain, "docker-archive"), (Pack::Gzip, "gzip, docker-archive")] {
        for key in ["q", "\u{3}"] {
            let directory = tempfile::tempdir().unwrap();
            std::fs::write(directory.path().join("half"), pack.pack(&two_halves().0)).unwrap();
            let mut command = CommandBuilder::new("sh");
            // Whoever writes stays, as one that is slow; only the program has the terminal.
            let script =
                r#"mkfifo "$1/pipe"; { cat "$1/half"; sleep 30; } >"$1/pipe" 2>/dev/null & exec "$0" - <"$1/pipe""#;
            command.args(["-c", script, env!("CARGO_BIN_EXE_layerscope"), directory.path().to_str().unwrap()]);
            let mut terminal = Terminal::start_command(command, 80, 24);
            terminal.see("read");
            let screen = terminal.see("1 layer so far").contents();
            assert!(screen.contains(&format!("standard input · {kind} · 1 layer so far")), "{screen}");
            assert!(screen.contains("?   1.0k  ok"), "{screen}");
            terminal.keys(key);
            terminal.end().with_code(0).is_restored();
        }
    }
}

#[test]
fn a_layer_of_a_slow_pipe_is_looked_into_before_the_others_come() {
    let directory = tempfile::tempdir().unwrap();
    let (half, rest) = two_halves();
    std::fs::write(directory.path().join("half"), half).unwrap();
    std::fs::write(directory.path().join("rest"), rest).unwrap();
    let mut command = CommandBuilder::new("sh");
    let script = r#"mkfifo "$1/pipe" "$1/go"; { cat "$1/half"; cat "$1/go" "$1/rest"; } >"$1/pipe" 2>/dev/null & exec "$0" - <"$1/pipe""#;
    command.args(["-c", script, env!("CARGO_BIN_EXE_layerscope"), directory.path().to_str().unwrap()]);
    let mut terminal = Terminal::start_command(command, 80, 24);
    terminal.see("1 layer so far");
    terminal.keys("\t/etc/a\rG");
    let is_on = |screen: &str| screen.lines().any(|line| line.trim_end() == " /etc/a");
    terminal.wait("the path", is_on);
    terminal.keys("i");
    terminal.see("10 B (10 bytes)");
    terminal.keys("\u{1b}2");
    terminal.see("The manifest comes later in the input.");
    terminal.keys("1");
    // What waits for the rest says so.
    terminal.keys("f");
    terminal.see("not yet: layers are still being read");
    // An empty file to be read before the rest.
    std::fs::write(directory.path().join("go"), b"").unwrap();
    terminal.wait("the header with all figures", |screen| {
        screen.contains("demo/app:1") && screen.contains("waste 1.00 kB")
    });
    terminal.wait("the path that was selected", |screen| screen.contains("L0 alone") && is_on(screen));
    terminal.keys("q");
    terminal.end().with_code(0).is_restored();
}
