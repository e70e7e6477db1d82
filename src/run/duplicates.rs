//! `duplicates`: contents compared across paths.

use super::commands::{Commands, Told};
use super::line::Line;
use super::{Failure, Outcome};
use crate::bytes::Cancel;
use crate::cli::{DuplicatesArgs, ReportFormat, Verify};
use crate::progress::Silent;
use crate::report;

impl Commands<'_> {
    pub(super) fn duplicates(&mut self, args: &DuplicatesArgs) -> Result<Outcome, Failure> {
        let input = self.input(&args.image);
        let loaded = self.load(input, Verify::Off)?;
        let duplicates = match Line::on_terminal(self.settings.ascii) {
            Some(line) => loaded.duplicates(&line, &Cancel::default()),
            None => loaded.duplicates(&Silent, &Cancel::default()),
        }
        .map_err(Failure::Cancelled)?;
        let groups = report::duplicates(&loaded.tree, &duplicates);
        match args.format {
            ReportFormat::Text => report::write_duplicates(&groups, self.settings.columns, args.top, self.out),
            ReportFormat::Json => report::write_duplicates_json(&groups, args.top, self.out),
        }
        .map_err(Failure::Output)?;
        let ended = self.end(&loaded.reading(), Told::No)?;
        Ok(self.tell_more(&duplicates.notices, ended))
    }
}
