//! `duplicates`: contents compared across paths.

use super::commands::{Commands, Told};
use super::compare::Blobs;
use super::{Failure, Files, Outcome};
use crate::analysis::Duplicates;
use crate::bytes::Cancel;
use crate::cli::{DuplicatesArgs, ReportFormat, Verify};
use crate::progress::Observer;
use crate::report;
use std::io;

impl Files {
    /// Which files of the final tree have the same content. An error is that somebody cancelled.
    pub(super) fn duplicates(&self, observer: &dyn Observer, cancel: &Cancel) -> io::Result<Duplicates> {
        let threads = std::thread::available_parallelism().map_or(1, usize::from);
        let contents = Blobs::new(&self.image, &self.tars, self.seed, cancel);
        Duplicates::find(&self.tree, &contents, threads, observer)
    }
}

impl Commands<'_> {
    pub(super) fn duplicates(&mut self, args: &DuplicatesArgs) -> Result<Outcome, Failure> {
        let input = self.input(&args.image);
        let loaded = self.load(input, Verify::Off)?;
        let found = self.watched(|observer| loaded.files().duplicates(observer, &Cancel::default()));
        let duplicates = found.map_err(Failure::Cancelled)?;
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
