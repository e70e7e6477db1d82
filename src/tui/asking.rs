//! A question to the worker that is asked once, and the answer to the newest one.

use super::msg::Generation;
use crate::tree::Filter;
use std::sync::Arc;

/// Whether two questions have the same filter: not only an equal one, as each is understood anew.
pub(crate) fn same_filter(a: Option<&Arc<Filter>>, b: Option<&Arc<Filter>>) -> bool {
    match (a, b) {
        (None, None) => true,
        (Some(a), Some(b)) => Arc::ptr_eq(a, b),
        _ => false,
    }
}

/// Something that can be asked again.
pub(crate) trait Question: Clone {
    /// Whether the answer to this question is one to `other`, too.
    fn is_same(&self, other: &Self) -> bool;
}

/// What was asked last, and the last answer.
#[derive(Debug)]
pub(crate) struct Asking<Q, A> {
    asked: Option<Q>,
    answer: Option<Arc<A>>,
    generation: Generation,
    answered: Generation,
}

impl<Q, A> Default for Asking<Q, A> {
    fn default() -> Self {
        Self { asked: None, answer: None, generation: Generation::default(), answered: Generation::default() }
    }
}

impl<Q: Question, A> Asking<Q, A> {
    /// The number of a question, if it is not what was asked last.
    pub(crate) fn ask(&mut self, question: &Q) -> Option<Generation> {
        if self.asked.as_ref().is_some_and(|before| before.is_same(question)) {
            return None;
        }
        self.asked = Some(question.clone());
        Some(self.generation.advance())
    }

    /// There is no question any more, and no answer.
    pub(crate) fn forget(&mut self) {
        self.asked = None;
        self.answer = None;
        self.answered = self.generation.advance();
    }

    /// Takes an answer, unless a newer question was asked since. Says whether it did.
    pub(crate) fn take(&mut self, generation: Generation, answer: Arc<A>) -> bool {
        let is_newest = generation == self.generation;
        if is_newest {
            self.answered = generation;
            self.answer = Some(answer);
        }
        is_newest
    }

    /// The last answer.
    pub(crate) fn answer(&self) -> Option<&Arc<A>> {
        self.answer.as_ref()
    }

    /// Whether an answer is still under way.
    pub(crate) fn waits(&self) -> bool {
        self.generation != self.answered
    }
}
