//! `layerscope ci`, and what of it works without a command: dive's way.

use crate::analysis::{Metrics, RuleFlags};
use clap::{Args, ValueEnum};
use std::path::PathBuf;

/// How to judge; the names of the flags are dive's.
#[derive(Debug, Clone, PartialEq, Eq, Default, Args)]
#[command(next_help_heading = "Judging")]
pub struct GateArgs {
    /// The file with the rules.
    ///
    /// Unless given: `.dive-ci` in the current directory, if it is there.
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

impl GateArgs {
    /// The rules that were given as flags.
    pub fn rules(&self) -> RuleFlags {
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
  layerscope ci --lowestEfficiency 0.95 --highestWastedBytes 20MB app.tar worker.tar
  layerscope ci --metrics dive app.tar               the verdict that dive would give")]
pub struct CiArgs {
    /// The images: paths, `-`, or names.
    #[arg(value_name = "IMAGE", required = true)]
    pub images: Vec<String>,
    /// The rules.
    #[command(flatten)]
    pub gate: GateArgs,
}
