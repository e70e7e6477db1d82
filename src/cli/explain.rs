//! The commands that say where things come from.

use super::ReportFormat;
use clap::Args;

/// `layerscope history`
#[derive(Debug, Clone, PartialEq, Eq, Args)]
#[command(after_help = "\
Example:
  layerscope history app.tar")]
pub struct HistoryArgs {
    /// The image: a path, `-`, or a name.
    #[arg(value_name = "IMAGE")]
    pub image: String,
    /// How to write it.
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    pub format: ReportFormat,
}

/// `layerscope why`
#[derive(Debug, Clone, PartialEq, Eq, Args)]
#[command(after_help = "\
Examples:
  layerscope why app.tar srv/app/.env
  layerscope why app.tar '*.pem' 'etc/apt/**'        without a slash: any name
  layerscope why --follow app.tar usr/bin/python3    and what the link leads to")]
pub struct WhyArgs {
    /// The image: a path, `-`, or a name.
    #[arg(value_name = "IMAGE")]
    pub image: String,
    /// The paths, or globs of paths; those that are gone, too.
    #[arg(value_name = "PATH", required = true)]
    pub paths: Vec<String>,
    /// Of a symbolic link also what it leads to in the final image.
    #[arg(long)]
    pub follow: bool,
    /// How to write it.
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    pub format: ReportFormat,
}

/// `layerscope config`
#[derive(Debug, Clone, PartialEq, Eq, Args)]
#[command(after_help = "\
Example:
  layerscope config app.tar")]
pub struct ConfigArgs {
    /// The image: a path, `-`, or a name.
    #[arg(value_name = "IMAGE")]
    pub image: String,
    /// How to write it.
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    pub format: ReportFormat,
}

/// `layerscope diff`
#[derive(Debug, Clone, PartialEq, Eq, Args)]
#[command(after_help = "\
Examples:
  layerscope diff app-1.tar app-2.tar
  layerscope diff app.tar --layers 3..8       what layers 4 to 8 did together")]
pub struct DiffArgs {
    /// The image: a path, `-`, or a name.
    #[arg(value_name = "LEFT")]
    pub left: String,
    /// The image that it is compared with [default: the lowest layer with the whole of LEFT]
    #[arg(value_name = "RIGHT")]
    pub right: Option<String>,
    /// Compare LEFT as of one of its layers with LEFT as of another one.
    #[arg(long, value_name = "A..B", value_parser = two_layers, conflicts_with = "right")]
    pub layers: Option<(u32, u32)>,
    /// Only paths that this matches, in the language of the explorer: `is:added size:>1M`.
    ///
    /// A path is matched as the right side has it. The bytes of both sides stay those of all their files.
    #[arg(long, value_name = "FILTER")]
    pub filter: Option<String>,
    /// Only the N paths that make most bytes of a difference.
    #[arg(long, value_name = "N")]
    pub top: Option<usize>,
    /// How to write it.
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    pub format: ReportFormat,
}

/// `layerscope find`
#[derive(Debug, Clone, PartialEq, Eq, Args)]
#[command(after_help = "\
Examples:
  layerscope find app.tar app/.env           letters, in this order
  layerscope find app.tar is:removed size:>1M
  layerscope find app.tar \"'shadow\" layer:3..7 --format json
  layerscope find app.tar 'content:/BEGIN .*PRIVATE KEY/'

Terms: letters, 'exact, ^start, end$, *.glob, /regex/, !not, is:KIND, size:>1M,
layer:3..7, owner:1000, mode:4000, ext:py, content:text, content:/regex/ (a line
of the file has it). All must match.")]
pub struct FindArgs {
    /// The image: a path, `-`, or a name.
    #[arg(value_name = "IMAGE")]
    pub image: String,
    /// What to look for.
    #[arg(value_name = "TERM", required = true)]
    pub terms: Vec<String>,
    /// Only the N best.
    #[arg(long, value_name = "N")]
    pub top: Option<usize>,
    /// How to write it.
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    pub format: ReportFormat,
}

/// `3..8`
fn two_layers(text: &str) -> Result<(u32, u32), String> {
    let number = |text: &str| text.parse::<u32>().ok();
    let both = text.split_once("..").and_then(|(a, b)| number(a).zip(number(b)));
    both.ok_or_else(|| "write two layers, as in 3..8".to_owned())
}

/// `layerscope ghosts`
#[derive(Debug, Clone, PartialEq, Eq, Args)]
#[command(after_help = "\
Examples:
  layerscope ghosts app.tar
  layerscope ghosts --secrets app.tar                only names like a secret's
  layerscope cat --layer 6 app.tar srv/app/.env      what such a file holds")]
pub struct GhostsArgs {
    /// The image: a path, `-`, or a name.
    #[arg(value_name = "IMAGE")]
    pub image: String,
    /// Only those whose names look like secrets.
    #[arg(long)]
    pub secrets: bool,
    /// Only the N largest.
    #[arg(long, value_name = "N")]
    pub top: Option<usize>,
    /// How to write it.
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    pub format: ReportFormat,
}

/// `layerscope packages`
#[derive(Debug, Clone, PartialEq, Eq, Args)]
#[command(after_help = "\
Examples:
  layerscope packages app.tar
  layerscope packages --unowned --top 20 app.tar     the largest that have none")]
pub struct PackagesArgs {
    /// The image: a path, `-`, or a name.
    #[arg(value_name = "IMAGE")]
    pub image: String,
    /// List the files that belong to no package instead.
    #[arg(long)]
    pub unowned: bool,
    /// Only the N largest.
    #[arg(long, value_name = "N")]
    pub top: Option<usize>,
    /// How to write it.
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    pub format: ReportFormat,
}

/// `layerscope duplicates`
#[derive(Debug, Clone, PartialEq, Eq, Args)]
#[command(after_help = "\
Examples:
  layerscope duplicates app.tar
  layerscope duplicates --top 5 --format json app.tar")]
pub struct DuplicatesArgs {
    /// The image: a path, `-`, or a name.
    #[arg(value_name = "IMAGE")]
    pub image: String,
    /// Only the N groups that save most.
    #[arg(long, value_name = "N")]
    pub top: Option<usize>,
    /// How to write it.
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    pub format: ReportFormat,
}
