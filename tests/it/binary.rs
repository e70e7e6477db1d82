//! Runs the program as its users do.

use std::io::{Read, Write as _};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// Nothing that the tests ask may take longer; more is a hang.
const LIMIT: Duration = Duration::from_mins(2);

/// What a run of the program gave.
#[derive(Debug)]
pub struct Outcome {
    /// The exit code; none after a signal.
    pub code: Option<i32>,
    pub stdout: Vec<u8>,
    pub stderr: String,
}

/// A run that is being prepared.
pub struct Run {
    command: Command,
    input: Vec<u8>,
}

/// The program with these arguments, in an environment that is the same everywhere.
pub fn layerscope(arguments: &[&str]) -> Run {
    let mut command = Command::new(env!("CARGO_BIN_EXE_layerscope"));
    command.args(arguments).current_dir(env!("CARGO_TARGET_TMPDIR"));
    for name in ["CI", "NO_COLOR", "COLUMNS", "RUST_BACKTRACE", "DOCKER_HOST"] {
        command.env_remove(name);
    }
    // Whoever runs the tests may have limits of their own.
    command.env("XDG_CONFIG_HOME", concat!(env!("CARGO_TARGET_TMPDIR"), "/no-settings"));
    Run { command, input: Vec::new() }
}

impl Run {
    /// Bytes for the standard input, through a pipe.
    pub fn stdin(mut self, input: &[u8]) -> Self {
        self.input = input.to_vec();
        self
    }

    /// A variable of the environment.
    pub fn env(mut self, name: &str, value: &str) -> Self {
        self.command.env(name, value);
        self
    }

    /// The working directory.
    pub fn directory(mut self, directory: &Path) -> Self {
        self.command.current_dir(directory);
        self
    }

    /// Runs it to its end.
    pub fn run(mut self) -> Outcome {
        let pipes = self.command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = pipes.spawn().unwrap();
        let mut stdin = child.stdin.take().unwrap();
        // A program that has heard enough closes its end early; that is no failure of the test.
        let feeder = std::thread::spawn(move || drop(stdin.write_all(&self.input)));
        let stdout = collect(child.stdout.take().unwrap());
        let stderr = collect(child.stderr.take().unwrap());
        let code = wait(&mut child);
        feeder.join().unwrap();
        let stderr = String::from_utf8_lossy(&stderr.join().unwrap()).into_owned();
        assert!(!stderr.contains("panicked at"), "the program panicked: {stderr}");
        Outcome { code, stdout: stdout.join().unwrap(), stderr }
    }

    /// Runs it and demands an exit code.
    pub fn expect(self, code: i32) -> Outcome {
        let shown = format!("{:?}", self.command.get_args().collect::<Vec<_>>());
        let outcome = self.run();
        assert_eq!(outcome.code, Some(code), "{shown}\nstdout: {}\nstderr: {}", outcome.text(), outcome.stderr);
        outcome
    }
}

impl Outcome {
    /// Standard output as text.
    pub fn text(&self) -> String {
        String::from_utf8(self.stdout.clone()).expect("output is UTF-8")
    }

    /// Standard output as JSON.
    pub fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.stdout)
            .unwrap_or_else(|error| panic!("no JSON ({error}): {}{}", self.text(), self.stderr))
    }

    /// Standard output as JSON, an object a line.
    pub fn lines(&self) -> Vec<serde_json::Value> {
        self.text().lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }
}

fn collect(mut from: impl Read + Send + 'static) -> JoinHandle<Vec<u8>> {
    std::thread::spawn(move || {
        let mut out = Vec::new();
        from.read_to_end(&mut out).unwrap();
        out
    })
}

fn wait(child: &mut Child) -> Option<i32> {
    let start = Instant::now();
    loop {
        if let Some(status) = child.try_wait().unwrap() {
            return status.code();
        }
        if start.elapsed() > LIMIT {
            child.kill().unwrap();
            panic!("the program hangs");
        }
        std::thread::sleep(Duration::from_millis(1));
    }
}

/// Writes `data` into a fresh temporary file of this name; the directory goes with the returned guard.
pub fn file(name: &str, data: &[u8]) -> (tempfile::TempDir, String) {
    let directory = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
    let path = directory.path().join(name);
    std::fs::write(&path, data).unwrap();
    let path = path.to_str().unwrap().to_owned();
    (directory, path)
}
