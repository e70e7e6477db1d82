//! Where the explorer draws.

#![expect(clippy::disallowed_types, reason = "a terminal is no file of anybody")]

use std::fs::File;
use std::io::{self, IsTerminal as _, Stdout, Write};

/// Standard output, or the terminal itself where that goes elsewhere.
pub(super) enum Tty {
    Output(Stdout),
    Terminal(File),
}

/// Whether standard output is a terminal.
pub(super) fn is_output() -> bool {
    io::stdout().is_terminal()
}

/// Opens it. Without a terminal there is none.
pub(super) fn open() -> io::Result<Tty> {
    if is_output() {
        return Ok(Tty::Output(io::stdout()));
    }
    File::options().write(true).open("/dev/tty").map(Tty::Terminal)
}

impl Tty {
    fn out(&mut self) -> &mut dyn Write {
        match self {
            Self::Output(output) => output,
            Self::Terminal(terminal) => terminal,
        }
    }
}

impl Write for Tty {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.out().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out().flush()
    }
}
