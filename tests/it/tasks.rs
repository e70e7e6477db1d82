//! Eighteen things that people want to know of an image: each answered by the real program at a terminal, in few keys.

use crate::image_builder::docker_archive;
use crate::pty::Terminal;
use crate::reference;
use base64::prelude::{BASE64_STANDARD, Engine as _};
use portable_pty::CommandBuilder;
use std::path::Path;

/// One thing that somebody wants to know.
struct Task {
    question: &'static str,
    /// What is typed; each character is a key.
    keys: &'static str,
    /// What must be on the screen then.
    answers: &'static [&'static str],
}

/// The most keys that a task may take, and all of them together.
const LIMITS: (usize, usize) = (14, 90);

const TASKS: &[Task] = &[
    Task {
        question: "T1: which layer added 07-part.conf",
        keys: "f07-part",
        answers: &["/etc/app.d/07-part.conf · L16", "+ L16"],
    },
    Task {
        question: "T2: the five largest wasted paths",
        keys: "2",
        answers: &["libopenblas64_p-r0.so", "pkgcache.bin", "main_0_Packages", "main_1_Packages", "main_2_Packages"],
    },
    Task {
        question: "T3: the whole instruction of layer 1",
        keys: "j\r",
        answers: &["RUN set -eux;", "zlib1g-dev", reference::MARKER],
    },
    Task {
        question: "T4: who set the vendor, and was it overridden",
        keys: "4",
        answers: &["~H15", "org.opencontainers.image.vendor", "Acme-Platform", "was Acme (H2)"],
    },
    Task {
        question: "T5: passwd as of layer 3",
        keys: "fc/passwd\u{16}",
        answers: &["(L3) · ", "2 app:x:1000:1000::/srv/app:/bin/sh"],
    },
    Task { question: "T6: extract a file", keys: "fadduser.c\u{18}\r", answers: &["Wrote 1 file (3.03 kB)"] },
    Task {
        question: "T7: what differs between layers 3 and 8",
        keys: ":cmp 3 8\r",
        answers: &["L3 → L8", "libopenblas64_p-r0.so", "+315k"],
    },
    Task {
        question: "T8: config.yaml between layers 7 and 8",
        keys: "fconfig.y\u{4}",
        answers: &["/srv/app/config.yaml · L7 → L8", "-debug: true", "+debug: false", "owner 1000:1000 → 1000:0"],
    },
    Task { question: "T9: the largest file of the image", keys: "3", answers: &["315k ▇▇▇▇▇ L7"] },
    Task {
        question: "T10: entrypoint, user, environment",
        keys: "4",
        answers: &["/srv/app/.venv/bin/gunicorn", "user", "app", "PATH=/usr/local/bin"],
    },
    Task {
        question: "T11: who deleted .env, and where is it still",
        keys: "fapp/.env",
        answers: &[
            "gone  /srv/app/.env",
            "Deleted in layer 8, but its bytes (38 B) are still in layers 6 and 7.",
            "SECRET_KEY=hunter2",
        ],
    },
    Task {
        question: "T12: all layers that touch the index",
        keys: "fd/index",
        answers: &["/etc/app.d/index · L9-L20"],
    },
    Task {
        question: "T13: only what layer 7 changed",
        keys: ":7\r",
        answers: &["L7 alone +0 ~1 %13 -0", "libopenblas"],
    },
    Task { question: "T14: tag and platform", keys: "", answers: &["acme/app:1.4.2", "linux/amd64"] },
    Task { question: "T15: copy the path of the largest wasted file", keys: "2y", answers: &["copied the path"] },
    Task {
        question: "T16: from a wasted path to its place in the tree",
        keys: "2\r",
        answers: &[
            "[1 Layers]",
            "L5 alone",
            "/srv/app/.venv/lib/python3.11/site-packages/numpy.libs/libopenblas64_p-r0.so",
        ],
    },
    Task { question: "T17: which layer carries the most dead bytes", keys: "", answers: &["waste", "315k"] },
    Task { question: "T18: which key sorts", keys: "?", answers: &["SORT", "next order"] },
];

fn start(archive: &Path, directory: &Path, columns: u16, rows: u16) -> Terminal {
    let mut command = CommandBuilder::new(env!("CARGO_BIN_EXE_layerscope"));
    command.args(["--color", "never", archive.to_str().unwrap()]);
    command.cwd(directory);
    let terminal = Terminal::start_command(command, columns, rows);
    terminal.wait("the header with all figures", |screen| screen.contains("acme/app") && screen.contains("waste "));
    terminal
}

fn answer_all(columns: u16, rows: u16) {
    let directory = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
    let archive = directory.path().join("app.tar");
    std::fs::write(&archive, docker_archive(&[reference::image()], false)).unwrap();
    let mut total = 0;
    for task in TASKS {
        let keys = task.keys.chars().count();
        assert!(keys <= LIMITS.0, "{}: {keys} keys", task.question);
        total += keys;
        let mut terminal = start(&archive, directory.path(), columns, rows);
        for key in task.keys.chars() {
            terminal.keys(&key.to_string());
        }
        terminal.wait(task.question, |screen| task.answers.iter().all(|answer| screen.contains(answer)));
        if task.question.starts_with("T15") {
            let path = "/srv/app/.venv/lib/python3.11/site-packages/numpy.libs/libopenblas64_p-r0.so";
            assert!(terminal.raw().contains(&BASE64_STANDARD.encode(path)), "the terminal was told what to copy");
        }
        if task.question.starts_with("T6") {
            let written = directory.path().join("app-1.4.2-L0/etc/adduser.conf");
            assert_eq!(std::fs::metadata(&written).unwrap().len(), 3028);
            std::fs::remove_file(written).unwrap();
        }
        terminal.keys("\u{3}");
        terminal.end().is_restored();
    }
    assert!(total <= LIMITS.1, "{total} keys in all");
}

#[test]
fn all_are_answered_at_80_columns() {
    answer_all(80, 24);
}

#[test]
fn all_are_answered_at_120_columns() {
    answer_all(120, 40);
}
