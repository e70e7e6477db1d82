//! What filters ask of contents, and what is known of it by now.

use super::Model;
use super::msg::Generation;
use crate::bytes::Cancel;
use crate::notice::Notice;
use crate::progress::Observer;
use crate::tree::{Answer, Answers, Filter, Inquiry, Tree};
use std::sync::Arc;
use std::time::Duration;

/// How long to wait for the next letter before files are read.
const TYPING: Duration = Duration::from_millis(if cfg!(test) { 0 } else { 150 });

/// What is known, and what is being found out.
#[derive(Debug, Default)]
pub(crate) struct Inquest {
    /// What is known.
    pub(crate) answers: Answers,
    /// The filter for which files are being read.
    pub(crate) open: Option<Open>,
    /// Filters of which everything is known that can be.
    closed: Vec<Arc<Filter>>,
}

impl Inquest {
    /// As many filters, and as many inquiries, as are remembered: far more than all filters that can be on at once.
    const MOST: usize = 1024;

    /// Whether a filter asks for what is not known yet.
    pub(crate) fn is_open(&self, filter: &Filter) -> bool {
        filter.asks() && !self.closed.iter().any(|closed| closed.is_same(filter))
    }

    /// The tree has grown: there may be more to find out for every filter.
    pub(crate) fn grow(&mut self, tree: &Tree) {
        self.open = None;
        self.closed.clear();
        self.answers.grow(tree);
    }

    /// Takes that everything is known now.
    pub(crate) fn close(&mut self) {
        let Some(open) = self.open.take() else { return };
        if self.closed.len().max(self.answers.len()) >= Self::MOST {
            // What is forgotten is open again.
            self.answers.keep_for(&open.filter);
            self.closed.clear();
        }
        self.closed.push(Arc::clone(&open.filter));
    }
}

/// A filter for which files are being read. Dropping it ends the reading.
#[derive(Debug)]
pub(crate) struct Open {
    /// The filter.
    pub(crate) filter: Arc<Filter>,
    /// The number of the question.
    pub(crate) generation: Generation,
    /// Bytes that were read, of all that have to be.
    pub(crate) done: Option<(u64, u64)>,
    /// Ends it.
    pub(crate) cancel: Cancel,
}

impl Open {
    /// How far it is, as a part of a line.
    pub(crate) fn note(&self) -> String {
        let percent = self.done.filter(|(_, total)| *total > 0);
        let percent = percent.map(|(done, total)| u128::from(done) * 100 / u128::from(total));
        percent.map_or_else(|| "files are read …".to_owned(), |percent| format!("{percent}% of the files read …"))
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        self.cancel.cancel();
    }
}

/// A question: what do the contents say to a filter?
#[derive(Debug)]
pub(crate) struct Ask {
    /// The image.
    pub(crate) model: Arc<Model>,
    /// The filter.
    pub(crate) filter: Arc<Filter>,
    /// What is known already.
    pub(crate) answers: Answers,
    /// Ends it.
    pub(crate) cancel: Cancel,
}

impl Ask {
    /// Reads the files. `hear` gets what is known several times a second; what could not be read comes back. None if
    /// nobody waits for it any more.
    pub(crate) fn answer(
        mut self,
        hear: &(dyn Fn(&Inquiry, Arc<Answer>) + Sync),
        observer: &dyn Observer,
    ) -> Option<Vec<Notice>> {
        std::thread::sleep(TYPING);
        if self.cancel.is_cancelled() {
            return None;
        }
        let unread = self.model.files.find_out(&self.filter, &mut self.answers, hear, observer, &self.cancel);
        (!self.cancel.is_cancelled()).then_some(unread)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_forgotten_is_asked_again() {
        let mut inquest = Inquest::default();
        let filter = |number: usize| Arc::new(Filter::parse(&format!("content:{number}")).unwrap());
        for number in 0..2 * Inquest::MOST {
            let filter = filter(number);
            assert!(inquest.is_open(&filter));
            let Some(needle) = filter.needle().cloned() else { panic!() };
            inquest.answers.take(Inquiry::Has(needle), Arc::default());
            let (generation, cancel) = (Generation::default(), Cancel::default());
            inquest.open = Some(Open { filter: Arc::clone(&filter), generation, done: None, cancel });
            inquest.close();
            assert!(!inquest.is_open(&filter));
            assert!(inquest.answers.len() <= Inquest::MOST && inquest.closed.len() <= Inquest::MOST);
        }
        // Nothing counts as known of which nothing is known.
        for number in 0..2 * Inquest::MOST {
            let filter = filter(number);
            let Some(needle) = filter.needle().cloned() else { panic!() };
            assert_eq!(inquest.is_open(&filter), inquest.answers.to(&Inquiry::Has(needle)).is_none(), "{number}");
        }
    }
}
