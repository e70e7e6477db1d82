//! What the user likes: the file that says so, and what the explorer remembers.

use crate::binary::layerscope;
use crate::pty::Terminal;
use portable_pty::CommandBuilder;
use std::path::Path;
use tempfile::TempDir;

/// A home with a config file, and the explorer on the demo in it.
fn explorer(home: &Path, arguments: &[&str]) -> Terminal {
    let mut command = CommandBuilder::new(env!("CARGO_BIN_EXE_layerscope"));
    command.arg("demo");
    command.args(arguments);
    command.env("HOME", home);
    let terminal = Terminal::start_command(command, 100, 30);
    terminal.wait("the header", |screen| screen.contains("demo/shop") && screen.contains("waste "));
    terminal
}

fn home(config: &str) -> TempDir {
    let home = tempfile::tempdir().unwrap();
    let directory = home.path().join(".config/layerscope");
    std::fs::create_dir_all(&directory).unwrap();
    std::fs::write(directory.join("config.toml"), config).unwrap();
    home
}

#[test]
fn the_file_of_the_user_decides_and_its_slips_are_told() {
    let home = home("view = 'waste'\ntheme = 'mono'\ncolour = 'red'\n[keys]\nzoom = 'X'\n");
    let mut terminal = explorer(home.path(), &[]);
    terminal.see("[2 Waste]");
    terminal.keys(":messages\r");
    terminal.see("config.toml, line 3: there is no \"colour\"");
    terminal.keys("\x1b");
    terminal.wait("the view", |screen| !screen.contains("Messages"));
    terminal.keys("1X");
    terminal.wait("one pane", |screen| screen.contains("[1 Layers]") && !screen.contains("L0 alone +"));
    assert!(!terminal.raw().contains("\x1b[38;"), "a colour in the theme without any");
    terminal.keys("q");
    terminal.end().with_code(0).is_restored();
}

#[test]
fn what_was_moved_is_found_as_it_was_left() {
    let home = home("");
    let mut terminal = explorer(home.path(), &[]);
    terminal.keys(">,n");
    terminal.see("sorted by name");
    terminal.keys(":theme light\r");
    terminal.wait("no prompt", |screen| !screen.contains(":theme"));
    terminal.keys("q");
    terminal.end().with_code(0).is_restored();
    let state = std::fs::read_to_string(home.path().join(".local/state/layerscope/state.toml")).unwrap();
    for line in ["theme = \"light\"", "sort = \"name\"", "split = 36"] {
        assert!(state.lines().any(|known| known == line), "{line} in\n{state}");
    }
    let mut terminal = explorer(home.path(), &["--theme", "dark"]);
    terminal.see("name ");
    terminal.keys("q");
    terminal.end().with_code(0).is_restored();
    // What was named for once is not remembered.
    assert_eq!(std::fs::read_to_string(home.path().join(".local/state/layerscope/state.toml")).unwrap(), state);
}

#[test]
fn what_could_be_configured_is_written_down() {
    let text = layerscope(&["--dump-config"]).expect(0).text();
    for line in ["#theme = \"auto\"", "#[keys]", "#find = [\"f\", \"^P\"]"] {
        assert!(text.lines().any(|known| known.starts_with(line)), "{line} in\n{text}");
    }
}
