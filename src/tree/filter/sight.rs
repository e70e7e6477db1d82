//! How a filter looks at paths: as a lens shows them, or over all layers.

use crate::tree::outline::Mark;
use crate::tree::{Change, EventKind, InodeId, LensView, NodeId, Shown, Tree};

/// Answers what the attributes of a path are.
#[derive(Debug, Clone, Copy)]
pub(in crate::tree) struct Sight<'a> {
    view: &'a LensView,
    /// Whether paths that are gone count as what they were, and changes wherever they were made.
    ever: bool,
}

impl<'a> Sight<'a> {
    /// As a lens shows them.
    pub(super) fn of(view: &'a LensView) -> Self {
        Self { view, ever: false }
    }

    /// As they were last, in whatever layer that was. The lens has to be the whole image.
    pub(in crate::tree) fn ever(view: &'a LensView) -> Self {
        Self { view, ever: true }
    }

    pub(super) fn view(&self) -> &'a LensView {
        self.view
    }

    /// Whether it is a lens that looks.
    pub(super) fn is_lens(&self) -> bool {
        !self.ever
    }

    /// What a path is.
    pub(super) fn shown(&self, node: NodeId) -> Shown<'a> {
        let (tree, lens) = (self.view.tree(), self.view.lens());
        if self.ever { tree.last_shown(node) } else { tree.shown(node, lens) }
    }

    /// The file that a path is, or all that it ever was.
    pub(super) fn files(&self, node: NodeId) -> impl Iterator<Item = InodeId> {
        let (tree, ever) = (self.view.tree(), self.ever);
        let shown = if ever { None } else { self.shown(node).inode() };
        let written = tree.events(node).filter(move |_| ever).filter_map(|event| match event.kind {
            EventKind::Written(inode) => Some(inode),
            _ => None,
        });
        shown.into_iter().chain(written)
    }

    /// Whether the lens, or any layer, did this to a path.
    pub(super) fn does(&self, change: Change, node: NodeId) -> bool {
        if self.ever {
            self.view.tree().history(node).iter().any(|(_, found)| *found == change)
        } else {
            self.view.change(node) == Some(change)
        }
    }

    /// Whether a layer of the lens, or any layer, wrote something here that is dead in the end.
    pub(super) fn wastes(&self, node: NodeId) -> bool {
        if !self.ever {
            return self.view.mark(node).has(Mark::WASTES);
        }
        self.view.tree().wastes(node)
    }

    /// Bytes of a path: of a file its size, of a directory what is below it.
    pub(super) fn bytes(&self, node: NodeId) -> u64 {
        self.view.bytes(node)
    }
}

impl Tree {
    /// Whether any layer wrote a file here that is dead in the end.
    pub(super) fn wastes(&self, node: NodeId) -> bool {
        let is_dead = |kind| match kind {
            EventKind::Written(id) => {
                self.file_size(id).is_some() && self.inode(id).is_some_and(|inode| inode.death.is_some())
            }
            _ => false,
        };
        self.events(node).any(|event| is_dead(event.kind))
    }
}
