//! Paths of places that come in order: each is made from the one before.

use crate::tree::{NodeId, Outline};

/// The path of one place, and how it is made of the directories above.
pub(in crate::tree) struct Paths<'a> {
    outline: &'a Outline,
    path: Vec<u8>,
    /// What the path leads through, the node itself too: where what is below it ends, and how long its own path is.
    above: Vec<(NodeId, usize, usize)>,
    /// Room for the work.
    missing: Vec<NodeId>,
}

impl<'a> Paths<'a> {
    pub(in crate::tree) fn new(outline: &'a Outline) -> Self {
        Self { outline, path: Vec::new(), above: Vec::new(), missing: Vec::new() }
    }

    /// The path of a place with a leading slash. No place may be lower than the one before.
    pub(in crate::tree) fn go_to(&mut self, place: usize) -> &[u8] {
        while self.above.pop_if(|(_, end, _)| *end <= place).is_some() {}
        let (known, length) = self.above.last().map_or((NodeId::ROOT, 0), |(node, _, length)| (*node, *length));
        self.path.truncate(length);
        let tree = self.outline.tree();
        let mut next = Some(self.outline.node_at(place));
        while let Some(node) = next.filter(|node| *node != known) {
            self.missing.push(node);
            next = tree.parent(node);
        }
        while let Some(node) = self.missing.pop() {
            self.path.push(b'/');
            self.path.extend_from_slice(tree.name(node));
            self.above.push((node, self.outline.stretch(node).end, self.path.len()));
        }
        if self.path.is_empty() { b"/" } else { &self.path }
    }
}
