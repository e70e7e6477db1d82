//! The most important thing to say about a path, behind its name.

use super::super::text;
use super::super::theme::Role;
use crate::listing::Entry;
use crate::tree::{DeathCause, InodeId, LensView, NodeId, Tree};

/// What to say about a file. What is dead is said whole or not at all; another name is cut to `room` columns.
pub(super) fn of_file(view: &LensView, node: NodeId, inode: InodeId, entry: Entry<'_>, room: usize) -> (String, Role) {
    match dead(view.tree(), inode) {
        Some(badge) => (badge, Role::Waste),
        None => mode_or_name(view, true, node, inode, entry, room),
    }
}

/// What to say about anything that is no directory and no symbolic link, whether it is dead or not.
/// The tree of a single layer does not know which one that is.
pub(super) fn mode_or_name(
    view: &LensView,
    of_image: bool,
    node: NodeId,
    inode: InodeId,
    entry: Entry<'_>,
    room: usize,
) -> (String, Role) {
    if entry.mode & 0o4000 != 0 {
        return ("suid".to_owned(), Role::Warning);
    }
    if entry.mode & 0o2000 != 0 {
        return ("sgid".to_owned(), Role::Warning);
    }
    let tree = view.tree();
    let Some(written) = tree.inode(inode) else { return (String::new(), Role::Dim) };
    let first = view.first_name(inode).unwrap_or(written.node);
    if first == node {
        return (String::new(), Role::Dim);
    }
    let how = if of_image { format!("hl L{}:", written.layer) } else { "hl ".to_owned() };
    (leads(&how, &text::path(tree, first), "", room), Role::Dim)
}

/// Where a symbolic link leads, and whether that is nowhere; cut to `room` columns.
pub(super) fn of_link(tree: &Tree, inode: InodeId, is_dangling: bool, room: usize) -> (String, Role) {
    let (note, role) = if is_dangling { (" (dangling)", Role::Warning) } else { ("", Role::Dim) };
    (leads("-> ", &text::name(tree.link(inode)), note, room), role)
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

fn leads(how: &str, to: &str, note: &str, room: usize) -> String {
    let taken = text::width(how) + text::width(note);
    format!("{how}{}{note}", text::shorten_path(to, room.saturating_sub(taken).max(1)))
}
