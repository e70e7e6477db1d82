//! `packages`: the databases of an image read, and what they say of its files.

use super::commands::{Commands, Told};
use super::{Failure, Loaded, Outcome};
use crate::analysis::{Databases, Packages};
use crate::bytes::Cancel;
use crate::cli::{PackagesArgs, ReportFormat, Verify};
use crate::progress::Observer;
use crate::report;
use std::io;

impl Loaded {
    /// Which package each file of the final tree belongs to. Reads the databases, and nothing else.
    pub fn packages(&self, observer: &dyn Observer, cancel: &Cancel) -> Packages {
        let databases = Databases::find(&self.tree);
        let mut contents = self.files().read_all(databases.inodes(), observer, cancel);
        databases.read(&mut |inode| contents.remove(&inode).unwrap_or_else(|| Err(io::ErrorKind::NotFound.into())))
    }
}

impl Commands<'_> {
    pub(super) fn packages(&mut self, args: &PackagesArgs) -> Result<Outcome, Failure> {
        let input = self.input(&args.image);
        let loaded = self.load(input, Verify::Off)?;
        let packages = self.watched(|observer| loaded.packages(observer, &Cancel::default()));
        let section = report::packages(&loaded.tree, &packages);
        let columns = self.settings.columns;
        match (args.format, args.unowned) {
            (ReportFormat::Text, false) => report::write_packages(&section, columns, args.top, self.out),
            (ReportFormat::Text, true) => report::write_unowned(&section, columns, args.top, self.out),
            (ReportFormat::Json, false) => report::write_packages_json(&section, args.top, self.out),
            (ReportFormat::Json, true) => report::write_unowned_json(&section, args.top, self.out),
        }
        .map_err(Failure::Output)?;
        let ended = self.end(&loaded.reading(), Told::No)?;
        Ok(self.tell_more(&packages.notices, ended))
    }
}
