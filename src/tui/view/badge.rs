//! The most important thing to say about a path, behind its name.

use super::super::text;
use super::super::theme::Role;
use crate::listing::{Entry, EntryKind};
use crate::tree::{DeathCause, InodeId, NodeId, Tree};

/// What to say about something that is no directory. What is dead is said whole or not at all; where a link leads is
/// cut to `room` columns.
pub(super) fn of_entry(tree: &Tree, node: NodeId, inode: InodeId, entry: Entry<'_>, room: usize) -> (String, Role) {
    if entry.kind == EntryKind::File
        && let Some(badge) = dead(tree, inode)
    {
        return (badge, Role::Waste);
    }
    unless_dead(tree, node, inode, entry, room)
}

/// The same of a path that is not asked whether its bytes are dead.
pub(super) fn unless_dead(tree: &Tree, node: NodeId, inode: InodeId, entry: Entry<'_>, room: usize) -> (String, Role) {
    match entry.kind {
        EntryKind::Symlink => (leads("-> ", &text::name(tree.link(inode)), room), Role::Dim),
        _ if entry.mode & 0o4000 != 0 => ("suid".to_owned(), Role::Warning),
        _ if entry.mode & 0o2000 != 0 => ("sgid".to_owned(), Role::Warning),
        _ => match tree.inode(inode).filter(|inode| inode.node != node) {
            Some(first) => (leads(&format!("hl L{}:", first.layer), &text::path(tree, first.node), room), Role::Dim),
            None => (String::new(), Role::Dim),
        },
    }
}

/// When the bytes of a file died, if they did.
pub(super) fn dead(tree: &Tree, inode: InodeId) -> Option<String> {
    let death = tree.inode(inode)?.death?;
    Some(match death.cause {
        DeathCause::Removed => format!("! deleted L{}", death.by),
        DeathCause::Hidden => format!("! hidden L{}", death.by),
        _ => format!("! until L{}", death.by),
    })
}

fn leads(how: &str, to: &str, room: usize) -> String {
    format!("{how}{}", text::shorten_path(to, room.saturating_sub(text::width(how)).max(1)))
}
