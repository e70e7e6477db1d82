//! What one lens shows of the tree, narrowed by kinds and a filter.

use super::asking::same_filter;
use crate::image::LayerIndex;
use crate::listing::Listing;
use crate::tarball::Time;
pub(crate) use crate::tree::Kinds;
use crate::tree::{Filter, Lens, LensView, NodeId, Occupant, Selection, Shown, Stack, Tree};
use std::collections::HashMap;
use std::sync::Arc;

/// Where the tree of a scene comes from.
#[derive(Debug, Clone)]
pub(crate) enum Source {
    /// The image, or its lowest layers while others are still being read.
    Tree(Arc<Tree>),
    /// One layer alone, while others are still being read; the kinds of change are not known then.
    Listing(Arc<Listing>),
}

impl Source {
    /// Whether both are the same, not only equal.
    pub(crate) fn is_same(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Tree(a), Self::Tree(b)) => Arc::ptr_eq(a, b),
            (Self::Listing(a), Self::Listing(b)) => Arc::ptr_eq(a, b),
            _ => false,
        }
    }

    /// The tree itself; of a single listing it is made here.
    pub(crate) fn tree(&self) -> Arc<Tree> {
        match self {
            Self::Tree(tree) => Arc::clone(tree),
            Self::Listing(listing) => {
                let mut stack = Stack::new();
                stack.push(Arc::clone(listing));
                Arc::new(stack.finish())
            }
        }
    }
}

/// A question: what does this lens show?
#[derive(Debug, Clone)]
pub(crate) struct Look {
    /// The tree.
    pub(crate) source: Source,
    /// The lens.
    pub(crate) lens: Lens,
    /// The kinds.
    pub(crate) kinds: Kinds,
    /// The filter.
    pub(crate) filter: Option<Arc<Filter>>,
    /// Whether it will be asked what everything costs to pull.
    pub(crate) costs: bool,
}

impl Look {
    /// Whether the answer to this question is one to `other`, too: prices do no harm if nobody needs them.
    pub(crate) fn answers(&self, other: &Self) -> bool {
        self.is_of_same(other) && (self.costs || !other.costs)
    }

    /// Whether this question asks for no more than prices beyond another one.
    pub(crate) fn is_of_same(&self, other: &Self) -> bool {
        let same_filter = same_filter(self.filter.as_ref(), other.filter.as_ref());
        same_filter && self.lens == other.lens && self.kinds == other.kinds && self.source.is_same(&other.source)
    }

    /// The lens in terms of `tree`: a tree of a single listing has only layer 0.
    pub(crate) fn lens_in(&self, tree: &Tree) -> Lens {
        match self.source {
            Source::Tree(_) => self.lens,
            Source::Listing(_) => Lens::up_to(LayerIndex(tree.layers().saturating_sub(1))),
        }
    }
}

/// What a lens shows.
#[derive(Debug)]
pub(crate) struct Scene {
    /// The tree.
    pub(crate) tree: Arc<Tree>,
    /// The lens on it.
    pub(crate) view: Arc<LensView>,
    /// Whether the kinds of change are known: not while layers below are missing.
    pub(crate) kinds_known: bool,
    /// Whether a filter is on.
    pub(crate) filtered: bool,
    /// Whether it is known already what everything costs to pull.
    pub(crate) priced: bool,
    /// What is shown for its own sake.
    selection: Arc<Selection>,
    /// Directories with an opaque marker in one of the layers of the lens, and how many paths it hid.
    opaque: HashMap<NodeId, u32>,
}

impl Scene {
    /// Answers a question.
    pub(crate) fn of(view: Arc<LensView>, question: &Look) -> Self {
        let kinds_known = matches!(question.source, Source::Tree(_));
        let kinds = kinds_known.then_some(question.kinds);
        let selection = Arc::new(Selection::of(Arc::clone(&view), kinds, question.filter.as_deref()));
        let opaque = view.outline().hidden(view.lens());
        let (tree, filtered) = (Arc::clone(view.tree()), question.filter.is_some());
        let scene = Self { tree, kinds_known, filtered, priced: false, selection, opaque, view };
        if question.costs { scene.with_prices() } else { scene }
    }

    /// The same, asked already what everything costs to pull: the first question takes long.
    pub(crate) fn with_prices(&self) -> Self {
        self.selection.pull_cost(NodeId::ROOT);
        Self {
            tree: Arc::clone(&self.tree),
            view: Arc::clone(&self.view),
            selection: Arc::clone(&self.selection),
            opaque: self.opaque.clone(),
            priced: true,
            ..*self
        }
    }

    /// Whether another scene shows the same, whatever either has been asked.
    pub(crate) fn shows_same(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.selection, &other.selection)
    }

    /// Whether the node itself passed, not only something below it.
    pub(crate) fn is_hit(&self, node: NodeId) -> bool {
        self.selection.is_hit(node)
    }

    /// How many nodes at or below this one passed.
    pub(crate) fn below(&self, node: NodeId) -> u32 {
        self.selection.below(node)
    }

    /// Whether the node is shown.
    pub(crate) fn shows(&self, node: NodeId) -> bool {
        self.below(node) > 0
    }

    /// The first node below this one that passed, in the order of the outline.
    pub(crate) fn first_below(&self, node: NodeId) -> Option<NodeId> {
        self.selection.first_below(node)
    }

    /// How many nodes passed in all.
    pub(crate) fn total(&self) -> u32 {
        self.below(NodeId::ROOT)
    }

    /// Bytes of a node under the lens and the filter; of a directory the sum of what is shown below it.
    pub(crate) fn bytes(&self, node: NodeId) -> u64 {
        self.selection.bytes(node)
    }

    /// Bytes of stored blobs that what is shown at or below a node accounts for; none if that is not known. Unless the
    /// scene is priced, whoever asks first waits.
    pub(crate) fn pull_cost(&self, node: NodeId) -> Option<u64> {
        self.selection.pull_cost(node)
    }

    /// How many paths an opaque marker in this directory hid, if there is one.
    pub(crate) fn opaque(&self, node: NodeId) -> Option<u32> {
        self.opaque.get(&node).copied()
    }

    /// The version of a path that the lens shows.
    pub(crate) fn shown(&self, node: NodeId) -> Shown<'_> {
        self.tree.shown(node, self.view.lens())
    }

    /// When the versions of paths that the lens shows were changed. One step after the other for all of them: what a
    /// step looks up for one path does not wait for another one, which is several times as fast where the memory is slow.
    pub(crate) fn times(&self, nodes: &[NodeId]) -> Vec<Option<Time>> {
        let last = self.view.lens().last;
        let occupants: Vec<Option<Occupant>> = nodes.iter().map(|node| self.tree.state(*node, last)).collect();
        let time = |(occupant, node): (Option<Occupant>, &NodeId)| match occupant {
            Some(Occupant::Inode(inode)) => self.tree.entry(inode).map(|entry| entry.mtime),
            Some(Occupant::Implied) => None,
            None => self.shown(*node).time(),
        };
        occupants.into_iter().zip(nodes).map(time).collect()
    }
}
