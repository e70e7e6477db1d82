//! What rules and the audit look at, and what both find.

use super::accounts::{Accounts, User};
use super::{Finding, Snapshot};
use crate::analysis::Analysis;
use crate::image::{Image, LayerIndex};
use crate::listing::EntryKind;
use crate::tree::{InodeId, NodeId, Occupant, Tree};
use jiff::civil::Date;

/// An image with all that rules can look at.
#[derive(Debug, Clone, Copy)]
pub struct Subject<'a> {
    /// What the image says it is.
    pub image: &'a Image,
    /// Its stack.
    pub tree: &'a Tree,
    /// Its figures.
    pub analysis: &'a Analysis,
    /// Its accounts.
    pub accounts: &'a Accounts,
    /// The image itself, and the one that it is compared with, if one was given.
    pub growth: Option<(&'a Snapshot, &'a Snapshot)>,
    /// The day that decides whether an ignore still holds.
    pub today: Date,
}

/// The stack as of its last layer.
pub(crate) const TOP: LayerIndex = LayerIndex(u32::MAX);

impl Subject<'_> {
    /// The paths of the final image, with what is there, in byte order.
    pub(super) fn paths(&self) -> impl Iterator<Item = (Vec<u8>, NodeId, Occupant)> {
        let mut order = self.tree.paths_below(NodeId::ROOT);
        std::iter::from_fn(move || {
            let node = order.next()?;
            Some((node, order.path().to_vec()))
        })
        .filter_map(|(node, path)| Some((path, node, self.tree.final_state(node)?)))
    }

    /// The regular files of the final image, one for each path, in byte order.
    pub(crate) fn files(&self) -> impl Iterator<Item = (Vec<u8>, InodeId)> {
        self.paths().filter_map(|(path, _, occupant)| match occupant {
            Occupant::Inode(inode) => self.file_size(inode).map(|_| (path, inode)),
            Occupant::Implied => None,
        })
    }

    /// The size of a regular file; none for everything else.
    pub(crate) fn file_size(&self, inode: InodeId) -> Option<u64> {
        let entry = self.tree.entry(inode)?;
        (entry.kind == EntryKind::File).then_some(entry.size)
    }

    /// What is wrong with the health check.
    pub(crate) fn healthcheck(&self) -> Option<Finding> {
        let check = self.image.config.container.healthcheck.as_ref();
        let message = match check.map(|check| check.test.as_slice()) {
            None | Some([]) => "the image has no HEALTHCHECK",
            Some([none, ..]) if none == "NONE" => "HEALTHCHECK NONE switches it off",
            Some(_) => return None,
        };
        Some(Finding::say(message))
    }

    /// Who runs in a container of the image.
    pub(crate) fn user(&self) -> User {
        User::of(self.image.config.container.user.as_deref(), self.accounts)
    }

    /// That the image has tags, and `latest` is the only one.
    pub(crate) fn only_latest(&self) -> Option<Finding> {
        let mut tags = self.image.tags.iter().map(|name| tag(name)).peekable();
        tags.peek()?;
        tags.all(|tag| tag == "latest").then(|| Finding::say("the only tag is latest"))
    }

    /// The layers that no step of a build explains.
    pub(crate) fn unexplained(&self) -> Vec<Finding> {
        let finding = |layer: &crate::image::Layer| {
            let message = self.image.why_unexplained(layer.index)?;
            Some(Finding { layer: Some(layer.index), ..Finding::say(message) })
        };
        self.image.layers.iter().filter_map(finding).collect()
    }
}

/// The tag in a name: what follows the last colon, unless that is the port of a registry. A name that is nothing but
/// a word is the tag itself: so OCI layouts have them. A repository without a tag means `latest`.
pub(crate) fn tag(name: &str) -> &str {
    match name.rsplit_once(':') {
        Some((_, tag)) if !tag.contains('/') => tag,
        _ if name.contains('/') => "latest",
        _ => name,
    }
}
