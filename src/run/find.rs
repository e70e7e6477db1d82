//! `find` and `ls --filter`: the filter language of the explorer for scripts.

use super::commands::{Commands, Told};
use super::{Failure, Loaded, Outcome};
use crate::bytes::Cancel;
use crate::cli::{FindArgs, ReportFormat, Verify};
use crate::image::LayerIndex;
use crate::notice::Notice;
use crate::report;
use crate::tree::{Answer, Answers, Filter, Inquiry, Lens, LensView, Outline, Selection};
use std::sync::Arc;

impl Commands<'_> {
    pub(super) fn find(&mut self, args: &FindArgs) -> Result<Outcome, Failure> {
        // A slip is said before an image is read.
        let filter = Filter::fuzzy(&args.terms.join(" "))?;
        let loaded = self.load(self.input(&args.image), Verify::Off)?;
        let (filter, unread) = self.told(&loaded, filter);
        let last = LayerIndex(loaded.tree.layers().saturating_sub(1));
        let found = filter.search(&loaded.view(Lens::up_to(last)), args.top.unwrap_or(usize::MAX));
        let paths = report::found(&loaded.tree, &found.hits);
        match args.format {
            ReportFormat::Text => report::write_found(&paths, found.total, self.settings.columns, self.out),
            ReportFormat::Json => report::write_found_json(&paths, self.out),
        }
        .map_err(Failure::Output)?;
        let ended = self.end(&loaded.reading(), Told::No)?;
        Ok(self.tell_more(&unread, ended))
    }

    /// The filter with what it asks of contents, and what could not be read for it.
    pub(super) fn told(&self, loaded: &Loaded, filter: Filter) -> (Filter, Vec<Notice>) {
        if !filter.asks() {
            return (filter, Vec::new());
        }
        let (files, mut answers, cancel) = (loaded.files(), Answers::default(), Cancel::default());
        let hear = |_: &Inquiry, _: Arc<Answer>| ();
        let unread = self.watched(|observer| files.find_out(&filter, &mut answers, &hear, observer, &cancel));
        (filter.told(&answers), unread)
    }
}

impl Loaded {
    /// What a lens shows.
    fn view(&self, lens: Lens) -> LensView {
        let threads = std::thread::available_parallelism().map_or(1, usize::from);
        Arc::new(Outline::of(Arc::clone(&self.tree), threads)).view(lens)
    }

    /// What a lens shows and a filter lets through.
    pub(super) fn select(&self, lens: Lens, filter: &Filter) -> Selection {
        Selection::of(Arc::new(self.view(lens)), None, Some(filter))
    }
}
