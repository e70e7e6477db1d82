//! Every key, on every kind of input; and anything at all, for as long as one likes.

use crate::binary::layerscope;
use crate::image_builder::{Image, Pack, docker_archive, docker_modern, layer, layout, pack_members, write_layout};
use crate::pty::Terminal;
use portable_pty::CommandBuilder;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

fn image() -> Image {
    let layers = vec![
        layer(&[
            "d etc",
            "f etc/passwd size=100",
            "f etc/shadow size=50",
            "l bin -> usr/bin",
            "f usr/bin/sh size=9000",
        ]),
        layer(&["f etc/passwd size=120", "f srv/app.py size=300", "f etc/.wh.shadow"]),
        layer(&["f srv/app.py size=310", "f srv/.env size=19"]),
    ];
    Image::new("acme/app:1", layers)
}

/// The image in every kind that there is, and what it is called.
fn kinds(directory: &Path) -> Vec<(&'static str, PathBuf)> {
    let write = |name: &'static str, bytes: Vec<u8>| {
        let path = directory.join(name);
        std::fs::write(&path, bytes).unwrap();
        (name, path)
    };
    let folder = directory.join("layout");
    write_layout(&layout(&[image()], Pack::Gzip), &folder);
    vec![
        write("old.tar", docker_archive(&[image()], true)),
        write("new.tar", docker_modern(&image(), Pack::Plain)),
        write("oci.tar", pack_members(&layout(&[image()], Pack::Zstd))),
        write("old.tar.gz", Pack::Gzip.pack(&docker_archive(&[image()], false))),
        ("layout", folder),
    ]
}

fn start(path: &Path, size: (u16, u16)) -> Terminal {
    let mut command = CommandBuilder::new(env!("CARGO_BIN_EXE_layerscope"));
    // A terminal that is asked for its colours would have to answer.
    command.args(["--theme", "dark", path.to_str().unwrap()]);
    command.cwd(path.parent().unwrap());
    let terminal = Terminal::start_command(command, size.0, size.1);
    terminal.wait("all figures", |screen| screen.contains("acme/app") && screen.contains("waste "));
    terminal
}

/// Waits as long as two keys are apart.
fn pause() {
    std::thread::sleep(Duration::from_millis(2));
}

/// What a terminal sends for a key of the table; none for those that leave the explorer.
fn sent(key: &str) -> Option<String> {
    Some(match key {
        "q" | "^C" | "^Z" => return None,
        "Enter" => "\r".to_owned(),
        "Esc" => "\x1b".to_owned(),
        "Tab" => "\t".to_owned(),
        "S-Tab" => "\x1b[Z".to_owned(),
        "S-Down" => "\x1b[1;2B".to_owned(),
        "S-Up" => "\x1b[1;2A".to_owned(),
        "Space" => " ".to_owned(),
        "^Space" => "\0".to_owned(),
        "Up" => "\x1b[A".to_owned(),
        "Down" => "\x1b[B".to_owned(),
        "Right" => "\x1b[C".to_owned(),
        "Left" => "\x1b[D".to_owned(),
        "Home" => "\x1b[H".to_owned(),
        "End" => "\x1b[F".to_owned(),
        "PgUp" => "\x1b[5~".to_owned(),
        "PgDn" => "\x1b[6~".to_owned(),
        control if control.starts_with('^') => {
            char::from(control.as_bytes()[1].to_ascii_uppercase() & 0x1f).to_string()
        }
        other => other.to_owned(),
    })
}

/// All keys of the program, as it tells them itself.
fn keys() -> Vec<String> {
    let text = layerscope(&["--dump-config"]).expect(0).text();
    let table = text.split("#[keys]").nth(1).unwrap();
    let mut keys: Vec<String> = table.split('"').skip(1).step_by(2).filter_map(sent).collect();
    keys.sort();
    keys.dedup();
    assert!(keys.len() > 60, "{keys:?}");
    keys
}

#[test]
fn every_key_in_every_view_on_every_kind_of_input_leaves_the_explorer_alive() {
    let directory = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
    let keys = keys();
    for (name, path) in kinds(directory.path()) {
        let mut terminal = start(&path, (80, 24));
        for view in ["1", "2", "3", "4", "5"] {
            for key in &keys {
                terminal.keys(view);
                terminal.keys(key);
                // Whatever was opened is left again: a prompt, a menu, a search, the help, what lies over the view.
                for _ in 0..4 {
                    terminal.keys("\x1b");
                    pause();
                }
            }
        }
        terminal.keys("1");
        let name = format!("{name}: the first view");
        terminal.wait(&name, |screen| screen.contains("[1 Layers]"));
        terminal.keys("q");
        terminal.end().with_code(0).is_restored();
    }
}

#[test]
fn the_figures_are_the_same_in_the_explorer_in_the_report_and_in_the_verdict() {
    let directory = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
    for (name, path) in kinds(directory.path()) {
        let path_text = path.to_str().unwrap();
        let report = layerscope(&["report", path_text, "--format", "json"]).expect(0).json();
        let verdict = directory.path().join("verdict.json");
        let output = format!("json={}", verdict.display());
        // What it says is not asked here.
        layerscope(&["ci", path_text, "--output", &output]).run();
        let verdict: serde_json::Value = serde_json::from_slice(&std::fs::read(verdict).unwrap()).unwrap();
        let [shipped, wasted] = ["shipped_bytes", "wasted_bytes"].map(|key| report["totals"][key].as_u64().unwrap());
        assert!(wasted > 0, "{name}");
        let texts = verdict.to_string();
        assert!(texts.contains(&format!("\"wasted_bytes\":{wasted}")), "{name}: {texts}");
        let human = |bytes| layerscope::report::human(bytes, layerscope::report::Units::Si);
        let mut terminal = start(&path, (120, 36));
        let header = format!("{} · 3 layers", human(shipped));
        terminal.see(&header);
        terminal.see(&format!("waste {} (", human(wasted)));
        terminal.keys("2");
        let first = report["waste"][0]["path"].as_str().unwrap().to_owned();
        terminal.see(&first);
        terminal.see(&format!("{} reclaimable", human(wasted)));
        terminal.keys("q");
        terminal.end().with_code(0).is_restored();
    }
}

/// The next number of a sequence that is the same for the same seed (Marsaglia's xorshift64).
fn next(seed: &mut u64) -> u64 {
    *seed ^= *seed << 13;
    *seed ^= *seed >> 7;
    *seed ^= *seed << 17;
    *seed
}

/// Keys, pastes, clicks and resizes at random: for some seconds, or as many as `LAYERSCOPE_CHAOS_SECONDS` says.
#[test]
fn anything_at_all_leaves_the_explorer_alive_and_the_terminal_as_it_was() {
    let seconds = std::env::var("LAYERSCOPE_CHAOS_SECONDS").ok().and_then(|text| text.parse().ok()).unwrap_or(5);
    let mut seed = std::env::var("LAYERSCOPE_CHAOS_SEED").ok().and_then(|text| text.parse().ok()).unwrap_or(20);
    let first = seed;
    let directory = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
    let mut keys = keys();
    keys.extend(["\x1b[200~is:file size:>1\n\x1b[201~".to_owned(), "cmp 0 2\r".to_owned(), "\u{1f600}é".to_owned()]);
    let path = directory.path().join("app.tar");
    std::fs::write(&path, docker_archive(&[image()], false)).unwrap();
    let mut terminal = start(&path, (80, 24));
    let end = Instant::now() + Duration::from_secs(seconds);
    while Instant::now() < end {
        for _ in 0..20 {
            let roll = next(&mut seed);
            let (column, row) = (roll >> 8 & 0x7f, roll >> 16 & 0x3f);
            match roll % 16 {
                0 => terminal.resize(u16::try_from(roll >> 24 & 0xff).unwrap() + 1, u16::try_from(row).unwrap() + 1),
                1 => terminal.keys(&format!("\x1b[<0;{};{}M", column + 1, row + 1)),
                2 => terminal.keys(&format!("\x1b[<{};{};{}M", 64 + (roll >> 24 & 1), column + 1, row + 1)),
                _ => terminal.keys(&keys[usize::try_from(roll >> 32).unwrap() % keys.len()]),
            }
        }
        pause();
        // The list of commands has one that leaves, and one that stops until it is continued.
        if terminal.is_alive() {
            terminal.signal("CONT");
        } else {
            terminal.end().with_code(0).is_restored();
            terminal = start(&path, (80, 24));
        }
    }
    terminal.resize(80, 24);
    for _ in 0..8 {
        terminal.keys("\x1b");
        pause();
    }
    terminal.keys("1");
    terminal.wait(&format!("the first view (seed {first})"), |screen| screen.contains("[1 Layers]"));
    terminal.keys("q");
    terminal.end().with_code(0).is_restored();
}
