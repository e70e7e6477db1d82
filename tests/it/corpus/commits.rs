//! Images that the real engine made of containers: `docker import`, `docker run`, `docker commit`. What it leaves in
//! history and config is what nobody can explain.

use super::{ask, named, text};
use serde_json::Value;
use std::path::Path;
use std::process::{Child, Command};
use std::time::Duration;
use tempfile::TempDir;

/// An engine of its own, with everything in one directory.
struct Engine {
    directory: TempDir,
    daemon: Child,
}

impl Engine {
    /// Starts the engine; none if the machine has none, or if it may not run one.
    fn start() -> Option<Self> {
        let directory = tempfile::tempdir().unwrap();
        let at = |name: &str| directory.path().join(name).to_str().unwrap().to_owned();
        let log = std::fs::File::create(at("log")).unwrap();
        let daemon = Command::new("dockerd")
            .args(["--storage-driver", "vfs", "--iptables=false", "--ip6tables=false", "--bridge=none"])
            .args(["--data-root", &at("root"), "--exec-root", &at("exec"), "--pidfile", &at("pid")])
            .args(["-H", &format!("unix://{}", at("socket"))])
            .stdout(log.try_clone().unwrap())
            .stderr(log)
            .spawn()
            .ok()?;
        let mut engine = Self { directory, daemon };
        for _ in 0..100 {
            std::thread::sleep(Duration::from_millis(200));
            if engine.command(&["version"]).output().is_ok_and(|output| output.status.success()) {
                return Some(engine);
            }
            if engine.daemon.try_wait().unwrap().is_some() {
                break;
            }
        }
        None
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new("docker");
        command.arg("-H").arg(format!("unix://{}", self.directory.path().join("socket").display())).args(arguments);
        command
    }

    fn docker(&self, arguments: &[&str]) {
        let output = self.command(arguments).output().unwrap();
        assert!(output.status.success(), "docker {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    }

    /// What the report says of an image, as `docker save` writes it.
    fn report(&self, image: &str) -> Value {
        let path = self.directory.path().join("saved.tar");
        self.docker(&["save", "-o", text(&path), image]);
        ask(&["report", text(&path), "--format", "json"]).expect(0).json()
    }
}

impl Drop for Engine {
    fn drop(&mut self) {
        // It has children of its own, which end when it is asked to.
        let _ = Command::new("kill").arg(self.daemon.id().to_string()).status();
        let _ = self.daemon.wait();
    }
}

fn origins(report: &Value) -> Vec<&str> {
    report["layers"].as_array().unwrap().iter().map(|layer| layer["origin"].as_str().unwrap()).collect()
}

/// The rows that set all values of one kind.
fn rows(report: &Value, kind: &str) -> Vec<Value> {
    report[kind].as_array().unwrap().iter().map(|setting| setting["history"].clone()).collect()
}

#[test]
fn what_docker_commits_is_explained_by_nobody() {
    let Some(corpus) = named("LAYERSCOPE_CORPUS") else { return };
    let Some(engine) = Engine::start() else {
        eprintln!("SKIPPED: there is no dockerd that can be started");
        return;
    };
    import(&engine, &corpus);
    assert_eq!(origins(&engine.report("base:1")), ["import"]);

    engine.docker(&["run", "--network=none", "--name=one", "base:1", "/bin/sh", "-c", "echo a > /a"]);
    engine.docker(&["commit", "one", "base:2"]);
    assert_eq!(origins(&engine.report("base:2")), ["import", "commit"]);

    let changes =
        ["LABEL a=1 b=\"two words\"", "ENV P=/x", "CMD [\"/bin/true\"]", "USER 1000", "WORKDIR /w", "EXPOSE 80"];
    let changes: Vec<&str> = changes.iter().flat_map(|change| ["-c", change]).collect();
    engine.docker(&["run", "--network=none", "--name=two", "base:2", "/bin/sh", "-c", "echo b > /b"]);
    engine.docker(&[&["commit", "-m", "by hand", "-a", "Me"][..], &changes, &["two", "base:3"]].concat());
    let report = engine.report("base:3");
    assert_eq!(origins(&report).last(), Some(&"commit"));
    for (kind, count) in [("labels", 2), ("env", 1), ("cmd", 1), ("user", 1), ("workdir", 1), ("ports", 1)] {
        assert_eq!(rows(&report, kind), vec![Value::Null; count], "{kind}");
    }
    assert_eq!(report["labels"][1]["value"], "two words");
    built_on_top(&engine);
}

/// The root file system of the small image, without a history.
fn import(engine: &Engine, corpus: &Path) {
    engine.docker(&["import", text(&corpus.join("small/export.tar")), "base:1"]);
}

/// A build on top of what was committed has rows again, for its own.
fn built_on_top(engine: &Engine) {
    let context = engine.directory.path().join("context");
    std::fs::create_dir(&context).unwrap();
    let dockerfile =
        "FROM base:3\nUSER 0\nLABEL b=3 c=\"$P y\"\nENV Q=$P/z\nWORKDIR sub\nRUN echo c > /c\nCMD echo hi\n";
    std::fs::write(context.join("Dockerfile"), dockerfile).unwrap();
    let mut build = engine.command(&["build", "--network=none", "-t", "built:1", text(&context)]);
    let output = build.env("DOCKER_BUILDKIT", "0").output().unwrap();
    assert!(output.status.success());
    let report = engine.report("built:1");
    assert_eq!(origins(&report).last(), Some(&"step"));
    let labels: Vec<_> = report["labels"].as_array().unwrap().iter().map(|label| &label["history"]).collect();
    let row = labels[1].as_u64().expect("b is set by the build");
    assert_eq!(labels, [&Value::Null, &Value::from(row), &Value::from(row)]);
    let set = |kind: &str, key: &str| {
        let all = report[kind].as_array().unwrap();
        all.iter().find(|setting| setting["key"] == key).unwrap()["history"].is_u64()
    };
    assert!(!set("env", "P") && set("env", "Q"));
    assert!(set("workdir", "workdir") && set("cmd", "cmd") && set("user", "user"));
    assert!(report["history"][usize::try_from(row).unwrap()]["instruction"].as_str().unwrap().starts_with("LABEL b=3"));
}
