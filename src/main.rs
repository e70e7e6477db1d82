//! The `layerscope` program: what was typed goes in, an exit code comes out.

use clap::error::ErrorKind;
use layerscope::cli::Cli;
use layerscope::config::Environment;
use layerscope::escape::{Target, escape};
use std::io::{self, Write as _};
use std::process::ExitCode;

fn main() -> ExitCode {
    let cli = match Cli::read(std::env::args_os()) {
        Ok(cli) => cli,
        Err(error) => {
            // Help and version are results; everything else is a message. Where neither can be written nobody listens.
            let _ = error.print();
            let asked = matches!(error.kind(), ErrorKind::DisplayHelp | ErrorKind::DisplayVersion);
            return ExitCode::from(if asked { 0 } else { 2 });
        }
    };
    let mut out = io::stdout().lock();
    match layerscope::run::run(&cli, &Environment::read(), &mut out, &mut io::stderr()) {
        Ok(outcome) => ExitCode::from(outcome.code()),
        Err(failure) if failure.is_broken_pipe() => ExitCode::SUCCESS,
        Err(failure) => {
            for line in failure.to_string().lines() {
                let _ = writeln!(io::stderr(), "layerscope: {}", escape(line.as_bytes(), Target::Prose));
            }
            ExitCode::from(2)
        }
    }
}
