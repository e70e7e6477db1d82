//! What was typed.
//!
//! Names and values of dive's flags are kept, so that a command line that works with dive works here.

mod explain;
mod gate;

pub use explain::{ConfigArgs, DiffArgs, DuplicatesArgs, FindArgs, GhostsArgs, HistoryArgs, PackagesArgs, WhyArgs};
pub use gate::{AuditArgs, CiArgs, GateArgs, MetricsArg, VerdictOutput};

use crate::analysis::parse_bytes;
use crate::image::Platform;
use clap::error::ErrorKind;
use clap::{Args, ColorChoice, CommandFactory as _, FromArgMatches as _, Parser, Subcommand, ValueEnum};
use std::ffi::OsString;
use std::path::PathBuf;

/// See every layer, file and wasted byte of a container image, and why it is there.
#[derive(Debug, Clone, Parser)]
#[command(
    name = "layerscope",
    version,
    subcommand_precedence_over_arg = true,
    max_term_width = 100,
    after_long_help = AFTER
)]
pub struct Cli {
    /// The image: a path, `-` for standard input, or an image name.
    ///
    /// A path may be what `docker save`, `podman save` or `skopeo` wrote, an OCI layout directory, or what
    /// `docker export` wrote; its kind is told by its content, and gzip, zstd, xz or bzip2 around it do not matter.
    /// `docker-archive:PATH`, `oci-archive:PATH`, `oci:DIR[:TAG]`, `rootfs:PATH`, `docker-daemon:REF` and `podman:REF`
    /// name the kind; `docker://REF` is the engine, as in dive. A file that is called like a command is `./ls`.
    #[arg(value_name = "IMAGE")]
    pub image: Option<String>,
    /// Judge instead of exploring; the same as a CI variable that is set and not 0, false, no or off.
    #[arg(long, help_heading = "Judging")]
    pub ci: bool,
    /// Write what `~/.config/layerscope/config.toml` could say, and end.
    #[arg(long, help_heading = "Display")]
    pub dump_config: bool,
    /// How to explore.
    #[command(flatten)]
    pub explore: ExploreArgs,
    /// What to do, if it is not to explore.
    #[command(subcommand)]
    pub command: Option<Command>,
    /// How to judge, without a command: dive's way.
    #[command(flatten)]
    pub gate: GateArgs,
    /// How to open, for every command.
    #[command(flatten)]
    pub open: OpenArgs,
}

/// Shown under the long help.
const AFTER: &str = "\
Examples:
  layerscope app.tar                          explore what `docker save` wrote
  docker save acme/app | layerscope -         the same, from a pipe
  layerscope report app.tar --format json     the whole analysis, to be read by programs
  layerscope ci app.tar                       fail when too much is wasted (.dive-ci)
  layerscope ls -l app.tar etc                what the image has in /etc
  layerscope demo                             a built-in image, to try it

Exit codes: 0 fine or passed, 1 a rule failed, 2 it could not be done.";

/// The commands.
#[derive(Debug, Clone, Subcommand)]
pub enum Command {
    /// Write the whole analysis, for people or programs.
    Report(ReportArgs),
    /// List the files of the image, or the entries of one layer.
    Ls(LsArgs),
    /// Write the content of a file to standard output.
    Cat(CatArgs),
    /// Write files of the image, or of one layer, to a folder.
    Extract(ExtractArgs),
    /// Show every build step with its instruction in full, and the layer that it made.
    History(HistoryArgs),
    /// Say of paths what each layer did to them, and where their bytes still are.
    Why(WhyArgs),
    /// Show labels, environment and settings, each with the build step that set it and what it replaced.
    Config(ConfigArgs),
    /// List files that are shipped though no path leads to them, names of secrets marked.
    Ghosts(GhostsArgs),
    /// List files of the image that have the same content, and what one copy of each would save.
    Duplicates(DuplicatesArgs),
    /// Find paths of all layers by some of their letters, also those that are gone; best first.
    Find(FindArgs),
    /// Say in what two images differ, or two layers of one: layers, settings, paths, and why.
    Diff(DiffArgs),
    /// Show how many bytes belong to each package of Debian or Alpine, and what belongs to none.
    Packages(PackagesArgs),
    /// Judge images by rules and say what to fix: exit code 0 passed, 1 failed, 2 could not judge.
    Ci(CiArgs),
    /// Go through the checklist of a good image, each point with its evidence: exit code 1 if one fails.
    Audit(AuditArgs),
    /// Explore the built-in image, or summarise it when standard output is no terminal.
    Demo(ExploreArgs),
    /// Write a JSON Schema: of `report`, `ci`, `audit`, `diff` or `find`.
    Schema(SchemaArgs),
    /// Write what makes a shell complete command lines.
    Completions(CompletionsArgs),
    /// Write a manual page: of the program, or of one of its commands.
    Man(ManArgs),
}

impl Cli {
    /// Understands a command line, program name first.
    ///
    /// # Errors
    ///
    /// What clap says, `--help` and `--version` included; and options for judging or an image in front of a command,
    /// which the command would not see.
    pub fn read<T: Into<OsString> + Clone>(words: impl IntoIterator<Item = T>) -> Result<Self, clap::Error> {
        let words: Vec<OsString> = words.into_iter().map(Into::into).collect();
        let color = color_of_help(&words);
        let cli = Self::from_arg_matches(&Self::command().color(color).try_get_matches_from(words)?)?;
        let unheard =
            cli.image.is_some() || cli.ci || cli.explore != ExploreArgs::default() || cli.gate != GateArgs::default();
        if cli.command.is_some() && unheard {
            let message = "an image and options for judging belong behind the command, and `--print` is for the explorer; \
                           an image that is called like a command is written ./NAME";
            return Err(Self::command().color(color).error(ErrorKind::ArgumentConflict, message));
        }
        Ok(cli)
    }
}

/// What makes a shell complete command lines of this program.
pub fn completions(shell: clap_complete::Shell) -> Vec<u8> {
    let mut out = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), "layerscope", &mut out);
    out
}

/// A manual page in roff: of the program, or of one of its commands. None if there is no such command.
pub fn manual(command: Option<&str>) -> Option<Vec<u8>> {
    let mut program = Cli::command();
    program.build();
    let of = match command {
        Some(name) => program.find_subcommand(name)?.clone(),
        None => program,
    };
    let mut out = Vec::new();
    clap_mangen::Man::new(of).render(&mut out).ok()?;
    Some(out)
}

/// Whether help and errors are coloured, which is decided before the words are understood.
fn color_of_help(words: &[OsString]) -> ColorChoice {
    let mut words = words.iter().filter_map(|word| word.to_str()).take_while(|word| *word != "--");
    while let Some(word) = words.next() {
        let value = if word == "--color" { words.next() } else { word.strip_prefix("--color=") };
        match value {
            Some("always") => return ColorChoice::Always,
            Some("never") => return ColorChoice::Never,
            _ => {}
        }
    }
    ColorChoice::Auto
}

/// How to explore.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Args)]
pub struct ExploreArgs {
    /// When the explorer is left, write the path that is selected to standard output.
    ///
    /// It draws on the terminal then, wherever standard output goes: `layerscope cat app.tar "$(layerscope app.tar --print)"`.
    #[arg(long, help_heading = "Display")]
    pub print: bool,
}

/// How to open an image; these may stand before or behind the command.
#[derive(Debug, Clone, PartialEq, Eq, Args)]
#[command(next_help_heading = "Opening")]
pub struct OpenArgs {
    /// Which of several images: its name and tag, or the tag alone.
    #[arg(long, global = true, value_name = "TAG")]
    pub tag: Option<String>,
    /// Which of several platforms, as in linux/arm64 or linux/arm/v7.
    #[arg(long, global = true, value_name = "OS/ARCH[/VARIANT]")]
    pub platform: Option<Platform>,
    /// When to check digests: not at all, while one explores, or before anything is said.
    ///
    /// Unless given: `background` for the explorer, `strict` for ci, `off` for the rest.
    #[arg(long, global = true, value_name = "WHEN")]
    pub verify: Option<Verify>,
    /// Take warnings as errors.
    #[arg(long, global = true)]
    pub strict: bool,
    /// How much of a pipe is kept in $TMPDIR at most, as in 20GB or 4 GiB.
    #[arg(long, global = true, value_name = "BYTES", default_value = "64GiB", value_parser = parse_bytes)]
    pub spool_max: u64,
    /// The image that this one is built on: its layers are the base.
    ///
    /// Unless given: what a label of buildpacks or the history of podman tells, else the lowest layer.
    #[arg(long, global = true, value_name = "IMAGE", conflicts_with = "base_layers")]
    pub base: Option<String>,
    /// How many layers at the bottom are the base.
    #[arg(long, global = true, value_name = "N")]
    pub base_layers: Option<u32>,
    /// Where a bare image name is looked up (dive's flag).
    #[arg(long, global = true, value_name = "ENGINE")]
    pub source: Option<Engine>,
    /// When to use colours.
    #[arg(long, global = true, value_name = "WHEN", default_value = "auto", help_heading = "Display")]
    pub color: ColorWhen,
    /// Draw with ASCII characters only.
    #[arg(long, global = true, help_heading = "Display")]
    pub ascii: bool,
    /// The colours of the explorer.
    #[arg(long, global = true, value_name = "THEME", help_heading = "Display")]
    pub theme: Option<ThemeArg>,
}

/// The colours of the explorer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ThemeArg {
    /// Dark or light, as the terminal is.
    Auto,
    /// The sixteen colours of the terminal.
    Terminal,
    /// For a dark background.
    Dark,
    /// For a light background.
    Light,
    /// For eyes that see red and green alike.
    Colorblind,
    /// None.
    Mono,
}

/// When digests are checked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Verify {
    /// Not at all.
    Off,
    /// While one explores.
    Background,
    /// Before anything is said.
    Strict,
}

/// When to use colours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ColorWhen {
    /// On a terminal, unless `NO_COLOR` is set.
    Auto,
    /// Even without a terminal.
    Always,
    /// Never.
    Never,
}

/// Where a bare image name is looked up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Engine {
    /// `docker save`
    Docker,
    /// `podman save`
    Podman,
    /// The name is a path.
    DockerArchive,
}

/// `layerscope report`
#[derive(Debug, Clone, PartialEq, Eq, Args)]
#[command(after_help = "\
Examples:
  layerscope report app.tar
  layerscope report app.tar --format json --output report.json")]
pub struct ReportArgs {
    /// The image: a path, `-`, or a name.
    #[arg(value_name = "IMAGE")]
    pub image: String,
    /// How to write it.
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    pub format: ReportFormat,
    /// Where to write it, if not to standard output.
    #[arg(short, long, value_name = "FILE")]
    pub output: Option<PathBuf>,
    /// Name only the N largest wasted items [text: 10, json: all]
    #[arg(long, value_name = "N")]
    pub top: Option<usize>,
    /// Also write dive's JSON to this file.
    #[arg(short = 'j', long, value_name = "FILE")]
    pub json: Option<PathBuf>,
}

/// The formats of a report.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ReportFormat {
    /// For people.
    Text,
    /// For programs; see `layerscope schema`.
    Json,
}

/// `layerscope ls`
#[derive(Debug, Clone, PartialEq, Eq, Args)]
#[command(after_help = "\
Examples:
  layerscope ls app.tar                       all paths of the image
  layerscope ls -l app.tar etc                what is in /etc
  layerscope ls --layer 3 app.tar             what layer 3 has, dead entries too
  layerscope ls --pull --sort pull app.tar    what makes the image slow to pull
  layerscope ls --upto 3 --format jsonl app.tar")]
pub struct LsArgs {
    /// The image: a path, `-`, or a name.
    #[arg(value_name = "IMAGE")]
    pub image: String,
    /// Only what is below this directory, or this file.
    #[arg(value_name = "PATH")]
    pub path: Option<String>,
    /// Like `ls -l`: mode, links, owner, group, size, time in UTC.
    #[arg(short, long, conflicts_with = "format")]
    pub long: bool,
    /// Before each path the bytes of the stored layers that it accounts for; of a directory with all below it.
    #[arg(long, conflicts_with = "format")]
    pub pull: bool,
    /// What comes first.
    #[arg(long, value_name = "WHAT", default_value = "path")]
    pub sort: LsSortArg,
    /// Only what this matches, in the language of the explorer: `is:wasted size:>1M !^usr`
    #[arg(long, value_name = "TERMS")]
    pub filter: Option<String>,
    /// The entries of layer N alone (0 is at the bottom), dead ones and markers too.
    #[arg(long, value_name = "N", conflicts_with = "upto")]
    pub layer: Option<u32>,
    /// The files as of layer N.
    #[arg(long, value_name = "N")]
    pub upto: Option<u32>,
    /// How to write it.
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    pub format: LsFormatArg,
}

/// The formats of `ls`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum LsFormatArg {
    /// One path a line.
    Text,
    /// One JSON object a line.
    Jsonl,
}

/// What `ls` lists first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum LsSortArg {
    /// Paths, in byte order.
    Path,
    /// The largest files.
    Size,
    /// What accounts for most bytes of the stored layers.
    Pull,
}

/// `layerscope cat`
#[derive(Debug, Clone, PartialEq, Eq, Args)]
#[command(after_help = "\
Examples:
  layerscope cat app.tar etc/os-release
  layerscope cat --layer 6 app.tar srv/app/.env   a file that was removed later
  layerscope cat app.tar etc --filter ext:conf    all files there that match")]
pub struct CatArgs {
    /// The image: a path, `-`, or a name.
    #[arg(value_name = "IMAGE")]
    pub image: String,
    /// Files, each written after the one before; with a filter also directories [default: all].
    #[arg(value_name = "PATH", required_unless_present = "filter")]
    pub paths: Vec<String>,
    /// Of them the files that this matches, in the language of the explorer and in the order of their paths.
    #[arg(long, value_name = "TERMS")]
    pub filter: Option<String>,
    /// Which version of them.
    #[command(flatten)]
    pub version: VersionArgs,
}

/// Which version of paths is meant; unless given, that of the image.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Args)]
pub struct VersionArgs {
    /// What layer N wrote (0 is at the bottom), dead or not.
    #[arg(long, value_name = "N", conflicts_with = "upto")]
    pub layer: Option<u32>,
    /// What there is as of layer N.
    #[arg(long, value_name = "N")]
    pub upto: Option<u32>,
}

/// `layerscope extract`
#[derive(Debug, Clone, PartialEq, Eq, Args)]
#[command(after_help = "\
Examples:
  layerscope extract app.tar etc srv/app --to out   out/etc, out/srv/app
  layerscope extract app.tar --layer 6 --to layer6  all that it has, ghosts too
  layerscope extract app.tar --upto 3 --to before   the files as of layer 3
  layerscope extract app.tar --filter '*.so' --to so   only what matches

Nothing is written outside the folder, and links in it are not followed. Modes
and times are restored, without set-uid, set-gid and sticky bits; owners and
extended attributes are not. Devices and pipes are left out.")]
pub struct ExtractArgs {
    /// The image: a path, `-`, or a name.
    #[arg(value_name = "IMAGE")]
    pub image: String,
    /// Files and directories [default: all]
    #[arg(value_name = "PATH")]
    pub paths: Vec<String>,
    /// The folder, which is made if it is not there.
    #[arg(long, value_name = "DIR")]
    pub to: PathBuf,
    /// Only what this matches, in the language of the explorer: `is:wasted size:>1M !^usr`
    #[arg(long, value_name = "TERMS")]
    pub filter: Option<String>,
    /// Which version of them.
    #[command(flatten)]
    pub version: VersionArgs,
    /// Replace files that are there already.
    #[arg(long)]
    pub force: bool,
}

/// `layerscope schema`
#[derive(Debug, Clone, PartialEq, Eq, Args)]
pub struct SchemaArgs {
    /// Which JSON.
    #[arg(value_enum, value_name = "JSON", default_value_t = SchemaOf::Report)]
    pub of: SchemaOf,
}

/// What has a JSON Schema.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum SchemaOf {
    /// `layerscope report --format json`
    Report,
    /// `layerscope ci --output json`
    Ci,
    /// `layerscope audit --format json`
    Audit,
    /// `layerscope diff --format json`
    Diff,
    /// `layerscope find --format json`
    Find,
}

/// `layerscope completions`
#[derive(Debug, Clone, PartialEq, Eq, Args)]
#[command(after_help = "\
Examples:
  layerscope completions bash \\
    > ~/.local/share/bash-completion/completions/layerscope
  layerscope completions fish > ~/.config/fish/completions/layerscope.fish")]
pub struct CompletionsArgs {
    /// For which shell.
    #[arg(value_name = "SHELL")]
    pub shell: clap_complete::Shell,
}

/// `layerscope man`
#[derive(Debug, Clone, PartialEq, Eq, Args)]
#[command(after_help = "\
Examples:
  layerscope man > layerscope.1
  layerscope man ci | man -l -                       the page of one command")]
pub struct ManArgs {
    /// Of which command; unless given, of the program.
    #[arg(value_name = "COMMAND")]
    pub command: Option<String>,
}

/// What to say when nothing was asked for: five lines.
pub fn welcome() -> &'static str {
    "\
layerscope demo                         look around in a built-in image
layerscope app.tar                      explore what `docker save` wrote
docker save acme/app | layerscope -     the same, without a file
layerscope acme/app                     an image of docker or podman, by name
layerscope --help                       everything else
"
}

#[cfg(test)]
mod tests;
