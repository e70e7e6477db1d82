//! Images of an engine: `docker save` and `podman save`, read like any other pipe.

use super::Transport;
use std::ffi::OsStr;
use std::io::{self, Read as _};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::thread::JoinHandle;

/// Bytes of an engine's messages that are kept.
const MAX_MESSAGES: u64 = 64 << 10;

/// A program that saves images.
#[derive(Debug, Clone, Copy)]
pub(super) struct Engine {
    /// Its name.
    pub(super) program: &'static str,
    /// The transport that it is.
    pub(super) transport: Transport,
    arguments: &'static [&'static str],
}

/// `docker save`.
pub(super) const DOCKER: Engine =
    Engine { program: "docker", transport: Transport::DockerDaemon, arguments: &["save"] };

/// `podman save`.
pub(super) const PODMAN: Engine = Engine {
    program: "podman",
    transport: Transport::Podman,
    arguments: &["save", "--quiet", "--format", "docker-archive"],
};

/// An engine that is saving an image. It is ended when this is dropped.
#[derive(Debug)]
pub(super) struct Saving {
    program: &'static str,
    child: Child,
    messages: Option<JoinHandle<Vec<u8>>>,
}

impl Engine {
    /// Starts to save the image `name`; the program is looked for in `search_path`, if one is given.
    pub(super) fn save(self, name: &str, search_path: Option<&OsStr>) -> io::Result<(Saving, ChildStdout)> {
        let mut command = Command::new(self.program);
        command.args(self.arguments).arg(name);
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        if let Some(path) = search_path {
            command.env("PATH", path);
        }
        let mut child = command.spawn()?;
        let (Some(output), Some(errors)) = (child.stdout.take(), child.stderr.take()) else {
            return Err(io::ErrorKind::BrokenPipe.into());
        };
        let messages = std::thread::spawn(move || {
            let mut kept = Vec::new();
            let mut errors = errors;
            // A reading error ends the messages; the exit status tells the rest.
            let _ = errors.by_ref().take(MAX_MESSAGES).read_to_end(&mut kept);
            let _ = io::copy(&mut errors, &mut io::sink());
            kept
        });
        Ok((Saving { program: self.program, child, messages: Some(messages) }, output))
    }
}

impl Saving {
    /// Waits for the engine to end; an error says what it said.
    pub(super) fn finish(mut self) -> Result<(), String> {
        let status = self.child.wait().map_err(|error| format!("{}: {error}", self.program))?;
        if status.success() {
            return Ok(());
        }
        let kept = self.messages.take().and_then(|thread| thread.join().ok()).unwrap_or_default();
        let said = String::from_utf8_lossy(&kept);
        let said = said.trim();
        Err(if said.is_empty() { format!("{}: {status}", self.program) } else { format!("{}: {said}", self.program) })
    }
}

impl Drop for Saving {
    fn drop(&mut self) {
        // Both fail only for a child that ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
