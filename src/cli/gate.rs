//! `layerscope audit` and `layerscope ci`, and what of it works without a command: dive's way.

use super::ReportFormat;
use crate::analysis::{Metrics, RuleFlags};
use crate::report::VerdictFormat;
use clap::{Args, ValueEnum};
use std::path::PathBuf;

/// How to judge; the names of the flags are dive's.
#[derive(Debug, Clone, PartialEq, Eq, Default, Args)]
#[command(next_help_heading = "Judging")]
pub struct GateArgs {
    /// The file with our rules.
    ///
    /// Unless given: `layerscope.toml` in the current directory, if it is there.
    #[arg(long, value_name = "FILE")]
    pub rules: Option<PathBuf>,
    /// The file with dive's rules.
    ///
    /// Unless given: `.dive-ci` in the current directory, if it is there. What it leaves open `[ci]` in the user's
    /// `config.toml` may say.
    #[arg(long, value_name = "FILE")]
    pub ci_config: Option<PathBuf>,
    /// Fail below this efficiency, from 0 to 1 [without a file: 0.9]
    #[arg(long = "lowestEfficiency", alias = "lowest-efficiency", value_name = "RATIO", allow_hyphen_values = true)]
    pub lowest_efficiency: Option<String>,
    /// Fail when more is wasted, as in 20MB [without a file: disabled]
    #[arg(
        long = "highestWastedBytes",
        alias = "highest-wasted-bytes",
        value_name = "BYTES",
        allow_hyphen_values = true
    )]
    pub highest_wasted_bytes: Option<String>,
    /// Fail when a larger share of the bytes above the base is wasted, from 0 to 1 [without a file: 0.1]
    #[arg(
        long = "highestUserWastedPercent",
        alias = "highest-user-wasted-percent",
        value_name = "RATIO",
        allow_hyphen_values = true
    )]
    pub highest_user_wasted_percent: Option<String>,
    /// Which figures the rules judge: the exact ones, or those that dive would print [without a file: exact]
    #[arg(long, value_name = "FIGURES")]
    pub metrics: Option<MetricsArg>,
    /// Fail when the image grew since this report, which `report --format json` wrote.
    ///
    /// Bytes, waste and layers may not grow at all, unless rules of `layerscope.toml` say by how much.
    #[arg(long, value_name = "FILE", conflicts_with = "against")]
    pub baseline: Option<PathBuf>,
    /// Fail when the image grew since this image.
    #[arg(long, value_name = "IMAGE")]
    pub against: Option<String>,
    /// Write the verdict in a format, to a file or to standard output; may be given several times [default: text]
    ///
    /// FORMAT is text, json, markdown, junit or github (annotations of a job).
    #[arg(long = "output", value_name = "FORMAT[=FILE]", value_parser = verdict_output)]
    pub outputs: Vec<VerdictOutput>,
    /// Also write dive's JSON to this file; of several images the first one's.
    #[arg(short = 'j', long, value_name = "FILE")]
    pub json: Option<PathBuf>,
    /// Judge what could be read, even if a part of an image could not.
    #[arg(long)]
    pub allow_partial: bool,
}

/// Which figures rules judge.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum MetricsArg {
    /// What squashing the whole image would save.
    Exact,
    /// What dive prints, bug for bug.
    Dive,
}

/// A verdict that is to be written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VerdictOutput {
    /// How.
    pub format: VerdictFormat,
    /// Where to; none is standard output.
    pub file: Option<PathBuf>,
}

/// The words for formats of a verdict.
const FORMATS: [(&str, VerdictFormat); 5] = [
    ("text", VerdictFormat::Text),
    ("json", VerdictFormat::Json),
    ("markdown", VerdictFormat::Markdown),
    ("junit", VerdictFormat::Junit),
    ("github", VerdictFormat::Github),
];

/// Reads `FORMAT`, `FORMAT=-` or `FORMAT=FILE`.
fn verdict_output(typed: &str) -> Result<VerdictOutput, String> {
    let (word, file) = typed.split_once('=').map_or((typed, None), |(word, file)| (word, Some(file)));
    let format = FORMATS.iter().find(|(name, _)| *name == word).map(|(_, format)| *format);
    let format = format.ok_or_else(|| {
        format!("there is no format '{word}'; there are {}", FORMATS.map(|(name, _)| name).join(", "))
    })?;
    match file {
        Some("") => Err(format!("a file is missing after '{word}='")),
        None | Some("-") => Ok(VerdictOutput { format, file: None }),
        Some(file) => Ok(VerdictOutput { format, file: Some(file.into()) }),
    }
}

impl GateArgs {
    /// dive's rules that were given as flags.
    pub fn dive_rules(&self) -> RuleFlags {
        RuleFlags {
            lowest_efficiency: self.lowest_efficiency.clone(),
            highest_wasted_bytes: self.highest_wasted_bytes.clone(),
            highest_user_wasted_percent: self.highest_user_wasted_percent.clone(),
            metrics: self.metrics.map(|metrics| match metrics {
                MetricsArg::Exact => Metrics::Exact,
                MetricsArg::Dive => Metrics::Dive,
            }),
        }
    }
}

/// `layerscope ci`
#[derive(Debug, Clone, PartialEq, Eq, Args)]
#[command(after_help = "\
Examples:
  layerscope ci app.tar
  layerscope ci --lowestEfficiency 0.95 app.tar worker.tar
  layerscope ci --metrics dive app.tar               the verdict of dive
  layerscope ci --against app:main app:branch        fail when the image grew
  layerscope ci --output markdown=verdict.md --output junit=verdict.xml app.tar")]
pub struct CiArgs {
    /// The images: paths, `-`, or names.
    #[arg(value_name = "IMAGE", required = true)]
    pub images: Vec<String>,
    /// The rules.
    #[command(flatten)]
    pub gate: GateArgs,
}

/// `layerscope audit`
#[derive(Debug, Clone, PartialEq, Eq, Args)]
#[command(after_help = "\
Examples:
  layerscope audit app.tar
  layerscope audit app.tar --format json |
    jq '.points[] | select(.answer == \"fail\")'")]
pub struct AuditArgs {
    /// The image: a path, `-`, or a name.
    #[arg(value_name = "IMAGE")]
    pub image: String,
    /// The format.
    #[arg(long, value_enum, default_value_t = ReportFormat::Text)]
    pub format: ReportFormat,
}
