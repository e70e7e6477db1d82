//! The gate: images are loaded and judged, one after the other, by one set of rules.

use super::commands::Commands;
use super::files::{file_error, read_text, write_dive_json};
use super::{Failure, Loaded, Outcome};
use crate::analysis::{CiFile, DiveRules, Verdict, evaluate, parse_dive_ci};
use crate::cli::{GateArgs, Verify};
use crate::report::{self, Judged, Report};
use std::io;
use std::path::Path;

/// The file that is looked for where none is named; only in the current directory, as dive does.
const RULES: &str = ".dive-ci";

impl Commands<'_> {
    /// Judges `images`. An image that cannot be judged is told, and the others are judged all the same.
    pub(super) fn ci(&mut self, images: &[String], gate: &GateArgs) -> Result<Outcome, Failure> {
        let file = rules_file(gate.ci_config.as_deref())?;
        for notice in file.iter().flat_map(|file| &file.notices) {
            self.message(&notice.to_string());
        }
        let rules = DiveRules::new(file.as_ref(), &gate.rules())?;
        let mut judged: Vec<(Loaded, Report, Verdict)> = Vec::new();
        let mut outcome = Outcome::Fine;
        for image in images {
            let input = self.input(image);
            let loaded = match self.load(input, Verify::Strict) {
                Ok(loaded) => loaded,
                Err(failure) => {
                    self.message(&failure.to_string());
                    outcome = Outcome::Incomplete;
                    continue;
                }
            };
            let reading = loaded.reading();
            self.tell(&reading);
            if reading.is_partial() && !gate.allow_partial || self.is_too_odd(&reading) {
                outcome = Outcome::Incomplete;
            }
            let analysis = loaded.analysis();
            let verdict = evaluate(&rules, &analysis.totals, &analysis.dive);
            let report = loaded.report(&reading, &analysis, None);
            judged.push((loaded, report, verdict));
        }
        if let (Some(path), Some((loaded, _, _))) = (&gate.json, judged.first()) {
            write_dive_json(loaded, path)?;
        }
        let lines: Vec<Judged<'_>> = judged.iter().map(|(_, report, verdict)| Judged { report, verdict }).collect();
        if !lines.is_empty() {
            report::write_ci(&lines, self.settings.columns, self.out).map_err(Failure::Output)?;
            self.out.flush().map_err(Failure::Output)?;
        }
        Ok(match outcome {
            Outcome::Fine if judged.iter().any(|(_, _, verdict)| !verdict.passed()) => Outcome::Failed,
            outcome => outcome,
        })
    }
}

/// The rules of the file that was named, or of the one in the current directory, if there is one.
fn rules_file(named: Option<&Path>) -> Result<Option<CiFile>, Failure> {
    let path = named.unwrap_or(Path::new(RULES));
    match read_text(path)? {
        Some(text) => Ok(Some(parse_dive_ci(&text, &path.display().to_string())?)),
        None if named.is_some() => Err(file_error(path, io::Error::new(io::ErrorKind::NotFound, "no such file"))),
        None => Ok(None),
    }
}
