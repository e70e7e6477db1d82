//! Two versions of a path, over the view.
//!
//! ```text
//! ┏━ /srv/app/config.yaml · L7 → L8 ━━━━━━━━━━━━━━━━━━━━━━ +4 -3 · [L6] [L7] (L8) ━┓
//! ┃ L8 RUN sed -i s/debug:\ true/debug:\ false/ config.yaml && rm -f .env        ┃
//! ┃ 63 B → 80 B · 0644 · owner 1000:1000 → 1000:0                                ┃
//! ┃ 1   -debug: true                                                             ┃
//! ┃   1 +debug: false                                                            ┃
//! ```

use super::super::diff::{Diff, Difference, Look};
use super::super::layout;
use super::super::text::{self, human};
use super::super::theme::Role;
use super::super::viewer::strip;
use super::{Painter, Piece};
use crate::listing::{Entry, EntryKind};
use crate::report::mtime_text;
use crate::tree::Change;
use ratatui::layout::Rect;
use ratatui::widgets::{Clear, Widget};
use std::collections::BTreeSet;

impl Painter<'_> {
    pub(super) fn diff(&mut self, diff: &Diff) {
        let area = layout::viewer(self.areas).intersection(self.buffer.area);
        Clear.render(area, self.buffer);
        let sides = match (&diff.other, diff.layers()) {
            (Some(other), _) => format!(" · this → {}", text::shorten(&text::prose(&other.reference), 24)),
            (None, Some((left, right))) => format!(" · L{left} → L{right}"),
            (None, None) => String::new(),
        };
        let note = note(diff);
        let room = usize::from(area.width).saturating_sub(text::width(&note) + text::width(&sides) + 9);
        self.border(
            area,
            true,
            &format!("{}{sides}", text::shorten_path(&text::path(&diff.model.tree, diff.node), room.max(8))),
            &note,
        );
        let (head, window) = layout::diff(self.areas);
        for (line, y) in self.about(diff).into_iter().zip(head.y..head.bottom()) {
            let inside = Rect { x: head.x + 1, y, width: head.width.saturating_sub(2), height: 1 };
            self.line(inside, &[(text::cut(&line.0, usize::from(inside.width)), line.1)]);
        }
        match &diff.difference {
            None => self.placeholder(window, "reading …   Esc stops"),
            Some(Err(message)) => self.placeholder(window, &text::prose(message)),
            Some(Ok(Difference::Same)) => self.placeholder(window, "The content is the same."),
            Some(Ok(Difference::Entries | Difference::Bytes(_) | Difference::Text(_))) => {}
        }
        for (row, y) in diff.rows.iter().skip(diff.offset).zip(window.y..window.bottom()) {
            let inside = Rect { x: window.x + 1, y, width: window.width.saturating_sub(2), height: 1 };
            let pieces: Vec<Piece> = row.pieces.iter().map(|(text, look)| (text.clone(), role(*look))).collect();
            self.line(inside, &pieces);
        }
        self.more(area, diff.rows.len(), diff.offset, usize::from(window.height));
    }

    /// The instruction that made the newer version, and what else differs.
    fn about(&self, diff: &Diff) -> Vec<Piece> {
        let (Some([left, right]), Some((_, layer))) = (diff.sides(), diff.layers()) else { return Vec::new() };
        let (Some(left), Some(right)) = (left.tree.entry(left.inode), right.tree.entry(right.inode)) else {
            return Vec::new();
        };
        let instruction = text::instruction(match &diff.other {
            Some(other) => &other.instruction,
            None => diff.model.image.instruction(layer),
        });
        let units = self.state.options.units;
        let both = |name: &str, left: String, right: String| {
            if left == right { left } else { format!("{name}{left} → {right}") }
        };
        let owner = |entry: Entry<'_>| format!("{}:{}", entry.uid, entry.gid);
        let what = |entry: Entry<'_>| match entry.kind {
            EntryKind::File => human(entry.size, units),
            other => text::kind(other).to_owned(),
        };
        let mut facts = vec![
            both("", what(left), what(right)),
            both("mode ", format!("{:04o}", left.mode), format!("{:04o}", right.mode)),
            both("owner ", owner(left), owner(right)),
        ];
        match (mtime_text(left.mtime), mtime_text(right.mtime)) {
            (before, after) if before != after => facts.push(format!("{before} → {after}")),
            _ if left.mtime != right.mtime => facts.push("times differ by less than a minute".to_owned()),
            _ => {}
        }
        facts.extend(xattrs(left, right));
        vec![(format!("L{layer} {instruction}"), Role::Strong), (facts.join(" · "), Role::Text)]
    }
}

/// Which extended attributes are not the same.
fn xattrs(left: Entry<'_>, right: Entry<'_>) -> Vec<String> {
    fn value<'a>(entry: Entry<'a>, name: &[u8]) -> Option<&'a [u8]> {
        entry.xattrs().iter().find(|(other, _)| **other == *name).map(|(_, value)| &**value)
    }
    let names: BTreeSet<&[u8]> = left.xattrs().iter().chain(right.xattrs()).map(|(name, _)| &**name).collect();
    let told = names.into_iter().filter_map(|name| {
        let what = match (value(left, name), value(right, name)) {
            (left, right) if left == right => return None,
            (Some(_), Some(_)) => "differs",
            (Some(_), None) => "is gone",
            (None, _) => "is new",
        };
        Some(format!("xattr {} {what}", text::name(name)))
    });
    told.collect()
}

fn role(look: Look) -> Role {
    match look {
        Look::Both => Role::Text,
        Look::Left => Role::Change(Change::Removed),
        Look::Right => Role::Change(Change::Added),
        Look::LeftPart => Role::Part(Change::Removed),
        Look::RightPart => Role::Part(Change::Added),
        Look::Frame => Role::Dim,
    }
}

/// How much differs, and which version is compared with the one before.
fn note(diff: &Diff) -> String {
    let lines = diff.lines().map(|lines| format!("+{} -{}", lines.added, lines.removed));
    let versions = strip(&diff.model.tree, &diff.versions, diff.at);
    lines.into_iter().chain(versions).collect::<Vec<_>>().join(" · ")
}
