//! The composition root: the one module that knows all others, and puts them together for each command.

mod blob;
mod cat;
mod commands;
mod compare;
mod contents;
mod diff;
mod duplicates;
#[cfg(feature = "tui")]
mod explore;
mod extract;
mod files;
mod find;
mod gate;
mod inquire;
#[cfg(feature = "tui")]
mod inside;
mod line;
mod load;
mod packages;
mod paths;
#[cfg(feature = "tui")]
mod preferences;
mod queue;
mod scan;
mod stacking;
mod why;

pub use load::{AskedBase, Files, Input, Loaded, Request, load};

use crate::analysis::RulesError;
use crate::cli::{Cli, Command, GateArgs, Verify, completions, welcome};
use crate::config::{Environment, Settings};
use crate::image::{Image, ImageError, LayerIndex, NotTheBase};
use crate::listing::Listing;
use crate::progress::Observer;
use crate::report::{BaselineError, LsError};
use crate::source::SourceError;
use crate::tree::FilterError;
use std::io::{self, Write};
use std::sync::Arc;

/// The image that is built into the program.
const DEMO: &[u8] = include_bytes!("../assets/demo.tar.gz");

/// Whoever follows an image being loaded.
pub trait Watch: Observer {
    /// Which of several images is meant: its index among `lines`. `None` if nobody can be asked.
    fn choose(&self, _lines: &[String]) -> Option<usize> {
        None
    }

    /// A layer of a sequential input was read, as far as it could be, before anybody can tell which one it is. Called
    /// from several threads.
    fn found(&self, _name: &str, _listing: &Arc<Listing>) {}

    /// The documents were read; no layer was yet.
    fn image(&self, _image: &Arc<Image>, _kind: &str, _reference: &str) {}

    /// One layer was read, as far as it could be.
    fn listing(&self, _layer: LayerIndex, _listing: &Arc<Listing>) {}

    /// Whether somebody wants to see now what the lowest layers make together, while others are still being read.
    fn wants_draft(&self) -> bool {
        false
    }

    /// What the lowest layers make together: those below the first one that was not read yet. Only of what was wanted.
    fn draft(&self, _so_far: &Loaded) {}
}

impl Watch for crate::progress::Silent {}

/// How a run ended; the exit codes are a contract.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// Everything is fine, or passed: 0.
    Fine,
    /// A rule failed: 1.
    Failed,
    /// Something could not be done, or only in part: 2.
    Incomplete,
    /// A signal ended the explorer: 128 and its number.
    Signal(i32),
}

impl Outcome {
    /// The exit code.
    pub fn code(self) -> u8 {
        match self {
            Self::Fine => 0,
            Self::Failed => 1,
            Self::Incomplete => 2,
            Self::Signal(number) => u8::try_from(number).map_or(u8::MAX, |number| number.saturating_add(128)),
        }
    }
}

/// Why something could not be done; always exit code 2.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Failure {
    /// The source could not be opened.
    #[error(transparent)]
    Source(#[from] SourceError),
    /// The image could not be understood.
    #[error(transparent)]
    Image(#[from] ImageError),
    /// The rules make no sense.
    #[error(transparent)]
    Rules(#[from] RulesError),
    /// A filter makes no sense.
    #[error(transparent)]
    Filter(#[from] FilterError),
    /// Nothing can be listed.
    #[error(transparent)]
    Listing(#[from] LsError),
    /// Several images fit.
    #[error("{reference}: there are several images; choose one with --tag or --platform:\n  {}", .there.join("\n  "))]
    Ambiguous {
        /// What was opened.
        reference: String,
        /// The images that fit, a line each.
        there: Vec<String>,
    },
    /// No image fits.
    #[error("{reference}: there is no image {wanted}; there are:\n  {}", .there.join("\n  "))]
    NoSuchImage {
        /// What was opened.
        reference: String,
        /// Which tag and platform were asked for.
        wanted: String,
        /// All images, a line each.
        there: Vec<String>,
    },
    /// A file of the image cannot be shown.
    #[error("{path}: {reason}")]
    Path {
        /// The path in the image.
        path: String,
        /// Why not.
        reason: String,
    },
    /// A report cannot be compared with.
    #[error("{path}: {source}")]
    Baseline {
        /// Which file.
        path: String,
        /// Why not.
        source: BaselineError,
    },
    /// What is compared with could be read only in part.
    #[error("{0}: a part of it could not be read; no growth can be told from it")]
    PartialBaseline(String),
    /// The image is not built on the base that was named.
    #[error("{base} is not the base of the image: {why}")]
    NotTheBase {
        /// What was named.
        base: String,
        /// Why not.
        why: NotTheBase,
    },
    /// Growth is asked of several images.
    #[error("--baseline and --against compare one image, and {0} are named")]
    ManyImages(usize),
    /// There is no such command.
    #[error("there is no command {0:?}; `layerscope --help` lists them")]
    NoCommand(String),
    /// A file of the user could not be read or written.
    #[error("{path}: {source}")]
    File {
        /// Which file.
        path: String,
        /// Why not.
        source: io::Error,
    },
    /// The result could not be written.
    #[error("standard output: {0}")]
    Output(#[source] io::Error),
    /// The terminal could not be used.
    #[error("terminal: {0}")]
    Terminal(#[source] io::Error),
    /// Somebody cancelled.
    #[error("{0}")]
    Cancelled(#[source] io::Error),
    /// A bug of ours.
    #[error("the loader panicked; this is a bug in layerscope, please report it")]
    Panicked,
}

impl Failure {
    /// Whether all that failed is that nobody wants to read on: `layerscope ls app.tar | head`.
    pub fn is_broken_pipe(&self) -> bool {
        let (Self::Output(error) | Self::Listing(LsError::Io(error))) = self else { return false };
        error.kind() == io::ErrorKind::BrokenPipe
    }
}

/// Does what was typed. Results go to `out`, messages to `messages`.
pub fn run(
    cli: &Cli,
    environment: &Environment,
    out: &mut dyn Write,
    messages: &mut dyn Write,
) -> Result<Outcome, Failure> {
    let settings = Settings::new(cli, environment);
    let mut commands = commands::Commands { settings, out, messages };
    if cli.dump_config {
        return commands.dump_config();
    }
    match (&cli.command, &cli.image) {
        (Some(Command::Report(args)), _) => commands.report(args),
        (Some(Command::Ls(args)), _) => commands.ls(args),
        (Some(Command::Cat(args)), _) => commands.cat(args),
        (Some(Command::Extract(args)), _) => commands.extract(args),
        (Some(Command::History(args)), _) => commands.history(args),
        (Some(Command::Why(args)), _) => commands.why(args),
        (Some(Command::Config(args)), _) => commands.config(args),
        (Some(Command::Ghosts(args)), _) => commands.ghosts(args),
        (Some(Command::Duplicates(args)), _) => commands.duplicates(args),
        (Some(Command::Find(args)), _) => commands.find(args),
        (Some(Command::Diff(args)), _) => commands.diff(args),
        (Some(Command::Packages(args)), _) => commands.packages(args),
        (Some(Command::Ci(args)), _) => commands.ci(&args.images, &args.gate),
        (Some(Command::Audit(args)), _) => commands.audit(args),
        (Some(Command::Demo(args)), _) => commands.show(Input::Demo, &GateArgs::default(), *args),
        (Some(Command::Schema(args)), _) => commands.schema(args),
        (Some(Command::Completions(args)), _) => commands.say(&completions(args.shell)),
        (Some(Command::Man(args)), _) => commands.man(args),
        (None, Some(image)) if commands.settings.judge => commands.ci(std::slice::from_ref(image), &cli.gate),
        (None, Some(image)) => {
            let input = commands.input(image);
            commands.show(input, &cli.gate, cli.explore)
        }
        (None, None) => commands.say(welcome().as_bytes()),
    }
}

/// Whether digests are checked before anything is said, by a command that only writes.
fn verifies(verify: Option<Verify>, unless_given: Verify) -> bool {
    verify.unwrap_or(unless_given) != Verify::Off
}
