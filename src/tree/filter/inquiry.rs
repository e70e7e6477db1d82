//! What a filter asks of contents, and what is known of them.

use super::{Filter, Needle, Term, Test};
use crate::tree::bits::Bits;
use crate::tree::{EventKind, InodeId, NodeId, Shown, Tree};
use std::sync::Arc;

/// What can be asked of the content of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Inquiry {
    /// Whether it is in ELF.
    Elf,
    /// Whether a line of it has this.
    Has(Needle),
}

/// What is known to one inquiry.
#[derive(Debug, Clone, Default)]
pub struct Answer {
    known: Bits,
    yes: Bits,
}

impl Answer {
    /// Nothing yet, of as many files as a tree has.
    pub fn none(tree: &Tree) -> Self {
        let limit = tree.inode_ids().count();
        Self { known: Bits::none(limit), yes: Bits::none(limit) }
    }

    /// Makes room for what a tree that has grown has more of.
    fn grow(&mut self, tree: &Tree) {
        let limit = tree.inode_ids().count();
        self.known.grow(limit);
        self.yes.grow(limit);
    }

    /// Says it of one file. Of what could not be read nothing more will be known, and it does not match.
    pub fn say(&mut self, inode: InodeId, yes: bool) {
        self.known.insert(inode.index());
        if yes {
            self.yes.insert(inode.index());
        }
    }

    /// Whether something was said of a file.
    pub fn is_known(&self, inode: InodeId) -> bool {
        self.known.has(inode.index())
    }

    /// Whether yes was said of a file.
    pub fn is_yes(&self, inode: InodeId) -> bool {
        self.yes.has(inode.index())
    }
}

/// What is known of the contents of one tree.
#[derive(Debug, Clone, Default)]
pub struct Answers(Vec<(Inquiry, Arc<Answer>)>);

impl Answers {
    /// What is known to an inquiry.
    pub fn to(&self, inquiry: &Inquiry) -> Option<&Arc<Answer>> {
        self.0.iter().find(|(asked, _)| asked == inquiry).map(|(_, answer)| answer)
    }

    /// Takes what is known now.
    pub fn take(&mut self, inquiry: Inquiry, answer: Arc<Answer>) {
        self.0.retain(|(asked, _)| *asked != inquiry);
        self.0.push((inquiry, answer));
    }

    /// The tree has grown: what is known of its files stays known.
    pub fn grow(&mut self, tree: &Tree) {
        for (_, answer) in &mut self.0 {
            Arc::make_mut(answer).grow(tree);
        }
    }

    /// To how many inquiries something is known.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether nothing is known.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Forgets everything that a filter does not ask.
    pub fn keep_for(&mut self, filter: &Filter) {
        self.0.retain(|(inquiry, _)| filter.inquiries().any(|(asked, _)| asked == inquiry));
    }
}

impl Term {
    fn inquiry(&self) -> Option<(&Inquiry, &Answer)> {
        match &self.test {
            Test::Content(inquiry, answer) => Some((inquiry, answer)),
            _ => None,
        }
    }
}

impl Filter {
    /// Whether it asks for something that only contents can tell.
    pub fn asks(&self) -> bool {
        self.inquiries().next().is_some()
    }

    /// What is looked for in contents; of several the first.
    pub fn needle(&self) -> Option<&Needle> {
        self.wanted().find_map(|(inquiry, _)| match inquiry {
            Inquiry::Has(needle) => Some(needle),
            Inquiry::Elf => None,
        })
    }

    /// Whether a file has what is looked for in contents, as far as that is known.
    pub fn found_in(&self, inode: InodeId) -> bool {
        self.wanted().any(|(_, answer)| answer.is_yes(inode))
    }

    /// What contents have to say, not what they must not.
    fn wanted(&self) -> impl Iterator<Item = (&Inquiry, &Answer)> {
        self.terms.iter().filter(|term| !term.negated).filter_map(Term::inquiry)
    }

    fn inquiries(&self) -> impl Iterator<Item = (&Inquiry, &Answer)> {
        self.terms.iter().filter_map(Term::inquiry)
    }

    /// The same filter with what is known by now.
    #[must_use]
    pub fn told(&self, answers: &Answers) -> Self {
        let mut filter = self.clone();
        for term in &mut filter.terms {
            if let Test::Content(inquiry, answer) = &mut term.test
                && let Some(known) = answers.to(inquiry)
            {
                *answer = Arc::clone(known);
            }
        }
        filter
    }

    /// What has to be found out next: an inquiry, and the files that it is about, in the order of their numbers. These are
    /// the files of all layers that match in everything else, as far as that depends on no lens and is known. Whoever
    /// searches asks of a path whether any of its files says yes: then it is about all files of the paths that match. None
    /// if everything is known.
    pub fn open_inquiry(&self, tree: &Tree) -> Option<(Inquiry, Vec<InodeId>)> {
        self.inquiries().find_map(|(inquiry, answer)| {
            let (mut open, mut has_letters) = (Vec::new(), self.letters_test());
            for node in tree.nodes().skip(1) {
                let unknown = tree.events(node).filter_map(|event| match event.kind {
                    EventKind::Written(inode) => tree.file_size(inode).filter(|size| *size > 0).map(|_| inode),
                    _ => None,
                });
                let mut unknown = unknown.filter(|inode| !answer.is_known(*inode)).peekable();
                if unknown.peek().is_none() || !self.likes_path(tree, node, &mut has_letters) {
                    continue;
                }
                if !self.is_fuzzy {
                    open.extend(unknown.filter(|inode| self.likes_file(tree, *inode)));
                } else if self.likes_shown(tree.last_shown(node)) {
                    open.extend(unknown);
                }
            }
            open.sort_unstable();
            open.dedup();
            (!open.is_empty()).then(|| (inquiry.clone(), open))
        })
    }

    /// Whether nothing in a path speaks against it.
    fn likes_path(&self, tree: &Tree, node: NodeId, has_letters: &mut impl FnMut(&[u8]) -> bool) -> bool {
        let mut path = vec![b'/'];
        path.extend(tree.path(node));
        let likes = |term: &Term| term.test.matches_path(tree, node, &path).is_none_or(|is| is != term.negated);
        self.terms.iter().all(likes) && has_letters(&path)
    }

    /// Whether nothing in what a file is speaks against it.
    fn likes_file(&self, tree: &Tree, inode: InodeId) -> bool {
        let Some(entry) = tree.entry(inode) else { return false };
        let likes = |term: &Term| match term.inquiry() {
            Some((_, answer)) => !answer.is_known(inode) || answer.is_yes(inode) != term.negated,
            None => true,
        };
        self.likes_shown(Shown::Entry(inode, entry)) && self.terms.iter().all(likes)
    }

    /// Whether nothing in what a path is speaks against it, whatever its content says.
    fn likes_shown(&self, shown: Shown<'_>) -> bool {
        self.terms.iter().all(|term| term.test.matches_shown(shown).is_none_or(|is| is != term.negated))
    }
}
