//! Programs of the user that the explorer runs: an editor, and what puts text into a clipboard.

use std::ffi::OsStr;
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, ExitStatus, Stdio};

/// A command line as a shell understands it, with an argument behind it; so git does it with its editors.
fn shell(command: &str, argument: Option<&OsStr>) -> Command {
    let mut shell = Command::new("/bin/sh");
    match argument {
        Some(argument) => shell.arg("-c").arg(format!("{command} \"$@\"")).arg(command).arg(argument),
        None => shell.arg("-c").arg(command),
    };
    shell
}

/// Opens a file in an editor, which has the terminal meanwhile.
pub(super) fn edit(editor: &str, file: &Path) -> Result<(), String> {
    ended(editor, shell(editor, Some(file.as_os_str())).status())
}

/// Gives a program a text to read. Nobody sees what it says, as the terminal is ours.
pub(super) fn feed(command: &str, text: &str) -> Result<(), String> {
    let run = || {
        let mut program =
            shell(command, None).stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null()).spawn()?;
        if let Some(mut input) = program.stdin.take() {
            // Whoever does not read to the end says so when it ends.
            let _ = input.write_all(text.as_bytes());
        }
        program.wait()
    };
    ended(command, run())
}

fn ended(command: &str, status: std::io::Result<ExitStatus>) -> Result<(), String> {
    match status {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => Err(format!("{command}: {status}")),
        Err(error) => Err(format!("{command}: {error}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn programs_are_understood_as_a_shell_does() {
        let file = Path::new("a file; with $signs");
        edit("test 'a file; with $signs' =", file).unwrap();
        edit("/usr/bin/env LC_ALL='C' test 'a file; with $signs' =", file).unwrap();
        assert_eq!(edit("exit 3;", file).unwrap_err(), "exit 3;: exit status: 3");
    }

    #[test]
    fn a_program_reads_the_text() {
        feed("test \"$(cat)\" = 'what was copied'", "what was copied").unwrap();
        assert!(feed("no-such-program-anywhere", "x").unwrap_err().contains("exit status: 127"));
        // It may end without reading.
        feed("true", &"x".repeat(1 << 20)).unwrap();
    }
}
