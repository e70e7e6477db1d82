//! What the user likes: the file that says so, and what the explorer remembers.

use crate::binary::layerscope;
use crate::image_builder::{Image, Pack, layer, layout, write_layout};
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
fn the_users_limits_are_those_of_the_explorer() {
    let home = home("[ci]\nlowestEfficiency = 0.125\n");
    let mut terminal = explorer(home.path(), &[]);
    terminal.keys("2");
    terminal.see("(>= 12.5%) PASS");
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

#[test]
fn a_file_is_opened_in_the_editor_of_the_user_who_has_the_terminal_meanwhile() {
    let home = home("");
    let (notes, script) = (home.path().join("notes"), home.path().join("my editor"));
    // It reads a line: keys are its own, and echoed.
    let text = format!(
        "#!/bin/sh\nhead -c 9 \"$2\" > '{0}'\necho \"$1 $2\" >> '{0}'\nstty -a | grep -c ' icanon' >> '{0}'\n\
         echo EDITING\nread line\necho \"$line\" >> '{0}'\n",
        notes.display()
    );
    std::fs::write(&script, text).unwrap();
    std::fs::set_permissions(&script, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    let config = format!("editor = \"'{}' -w\"\n", script.display());
    std::fs::write(home.path().join(".config/layerscope/config.toml"), config).unwrap();
    let mut terminal = explorer(home.path(), &[]);
    terminal.keys("f");
    terminal.see("Find in every layer");
    terminal.keys("os-release\r");
    terminal.see("/etc/os-release");
    terminal.keys("E");
    terminal.see("EDITING");
    terminal.keys("typed q q\r");
    terminal.wait("the explorer again", |screen| screen.contains("demo/shop") && !screen.contains("EDITING"));
    // What was typed there did nothing here, and keys are heard again.
    terminal.keys("2");
    terminal.see("[2 Waste]");
    let found = std::fs::read_to_string(&notes).unwrap();
    let lines: Vec<&str> = found.lines().collect();
    let (told, rest) = lines.split_at(lines.len() - 2);
    assert_eq!(rest, ["1", "typed q q"], "{found}");
    assert!(told[0].starts_with("NAME=") || told[0].starts_with("PRETTY"), "{found}");
    assert!(told.last().unwrap().ends_with("/etc/os-release") && told.last().unwrap().contains("-w "), "{found}");
    // The file was only there for the editor.
    let file = told.last().unwrap().rsplit(' ').next().unwrap();
    assert!(!Path::new(file).exists(), "{file}");
    terminal.keys("q");
    terminal.end().with_code(0).is_restored();
}

#[test]
fn what_is_copied_goes_to_the_program_of_the_user() {
    let home = home("");
    let clipboard = home.path().join("clipboard");
    let config = format!("clipboard = \"cat > '{}'\"\nfilters = ['is:suid', 'ext:py']\n", clipboard.display());
    std::fs::write(home.path().join(".config/layerscope/config.toml"), config).unwrap();
    let mut terminal = explorer(home.path(), &[]);
    terminal.keys("2y");
    terminal.see("copied");
    // Filters of the user are there as if they had been typed before.
    terminal.keys("3/");
    terminal.see("found");
    terminal.keys("\x1b[A");
    terminal.see("/ext:py");
    terminal.keys("\x1b[A");
    terminal.see("/is:suid");
    terminal.keys("\x1b");
    terminal.wait("no filter", |screen| !screen.contains("is:suid"));
    terminal.keys("q");
    let ended = terminal.end();
    ended.with_code(0).is_restored();
    assert!(std::fs::read_to_string(&clipboard).unwrap().starts_with('/'));
    assert!(!String::from_utf8_lossy(&ended.raw).contains("\x1b]52;"), "not to the terminal, too");
}

/// What the menu offers as a command of `tar` is run: it writes the file, however the layer names it.
#[test]
fn the_tar_command_that_is_copied_writes_the_file() {
    let home = home("");
    let clipboard = home.path().join("clipboard");
    let config = format!("clipboard = \"cat > '{}'\"\n", clipboard.display());
    std::fs::write(home.path().join(".config/layerscope/config.toml"), config).unwrap();
    let image = Image::new("p:1", vec![layer(&["d ./srv", "f ./srv/app.conf size=70000 fill=q", "f end size=1"])]);
    let directory = home.path().join("it's a layout");
    write_layout(&layout(&[image], Pack::Gzip), &directory);
    let mut command = CommandBuilder::new(env!("CARGO_BIN_EXE_layerscope"));
    command.arg(format!("oci:{}:p:1", directory.display()));
    command.env("HOME", home.path());
    let mut terminal = Terminal::start_command(command, 100, 30);
    terminal.see("waste ");
    terminal.keys("3");
    terminal.see("Files · 2 files");
    terminal.keys("Y");
    terminal.see("its content by tar ");
    let menu = terminal.settled().contents();
    let rows: Vec<&str> = menu.lines().skip_while(|line| !line.contains("the path")).collect();
    let row = rows.iter().position(|line| line.contains("by tar")).unwrap();
    terminal.keys(&format!("{}\r", "j".repeat(row)));
    terminal.see("copied");
    terminal.keys("q");
    terminal.end().with_code(0).is_restored();
    let command = std::fs::read_to_string(&clipboard).unwrap();
    let run = std::process::Command::new("sh").args(["-c", &command]).output().unwrap();
    assert!(run.status.success(), "{command}: {}", String::from_utf8_lossy(&run.stderr));
    assert_eq!(run.stdout, vec![b'q'; 70_000], "{command}");
}

#[test]
fn a_program_that_does_not_work_is_told() {
    let home = home("clipboard = 'exit 7'\nfilters = ['size:much']\neditor = ''\n");
    let mut terminal = explorer(home.path(), &[]);
    terminal.keys("2y");
    terminal.see("exit 7: exit status: 7");
    terminal.keys("E");
    terminal.see("there is no editor: set EDITOR, or editor in config.toml");
    terminal.keys(":messages\r");
    terminal.see("line 2: filters: size:much is");
    terminal.see("line 3: editor: a command is");
    terminal.keys("\x1bq");
    terminal.end().with_code(0).is_restored();
}

#[test]
fn the_selected_path_is_handed_to_whoever_asked() {
    let home = home("");
    let out = home.path().join("out");
    let shell = |script: String| {
        let mut command = CommandBuilder::new("/bin/sh");
        command.args(["-c", &script]);
        command.env("HOME", home.path());
        Terminal::start_command(command, 100, 30)
    };
    // It draws on the terminal, though standard output is a file.
    let program = env!("CARGO_BIN_EXE_layerscope");
    let mut terminal = shell(format!("{program} demo --print > '{}'", out.display()));
    terminal.see("demo/shop");
    terminal.keys("2");
    terminal.see("[2 Waste]");
    terminal.see("/libopenblas64_p-r0.so");
    terminal.keys("q");
    terminal.end().with_code(0).is_restored();
    let path = "/srv/shop/.venv/lib/python3.11/site-packages/numpy.libs/libopenblas64_p-r0.so\n";
    assert_eq!(std::fs::read_to_string(&out).unwrap(), path);
    let mut terminal = shell(format!("{program} demo --print > '{}'", out.display()));
    terminal.see("demo/shop");
    terminal.keys("4");
    terminal.see("[4 Image]");
    terminal.keys("q");
    terminal.end().with_code(0).is_restored();
    assert_eq!(std::fs::read_to_string(&out).unwrap(), "", "a label has no path");
}
