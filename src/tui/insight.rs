//! What is in a file that is no text, as lines: what a program needs and where that is, or what an archive holds.

use super::Model;
use super::text::{self, NAME};
use super::theme::Role;
use super::viewer::Row;
use crate::analysis::{Archive, Elf, ElfKind, Inside};
use crate::codec::Compression;
use crate::listing::EntryKind;
use crate::report::mode_text;
use crate::tarball::MemberKind;
use crate::tree::{NodeId, Occupant};
use std::cmp::Ordering;

/// What was found in a file, and where in the image what it wants is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Insight {
    /// What it is.
    pub inside: Inside,
    /// The loader and the libraries that it names; none where they are missing.
    pub wanted: Vec<(Vec<u8>, Option<NodeId>)>,
    /// Why less than all could be looked at.
    pub part: Option<String>,
}

/// It as rows.
pub(crate) fn rows(model: &Model, insight: &Insight) -> Vec<Row> {
    let mut out = match &insight.inside {
        Inside::Elf(elf) => elf_rows(model, elf, insight),
        Inside::Archive(archive) => archive_rows(archive, insight.part.is_some()),
    };
    if let Some(part) = &insight.part {
        out.push(fact("note", text::prose(part), Role::Warning));
    }
    out
}

fn fact(name: &str, value: impl Into<String>, role: Role) -> Row {
    Row { lead: format!("{name:<width$}", width = NAME - 1), pieces: vec![(value.into(), role)] }
}

/// What an ELF file says of itself, but for what it wants: names, and what is said.
fn own_facts(elf: &Elf) -> Vec<(&'static str, String)> {
    let kind = match elf.kind {
        ElfKind::Program => "program".to_owned(),
        ElfKind::PieProgram => "program (PIE)".to_owned(),
        ElfKind::Library => "shared library".to_owned(),
        ElfKind::Object => "object, not linked".to_owned(),
        ElfKind::Core => "core dump".to_owned(),
        ElfKind::Other(number) => format!("type {number:#x}"),
    };
    let bits = if elf.is_64 { "64" } else { "32" };
    let order = if elf.is_little { "" } else { ", most significant byte first" };
    let machine = elf.machine_name().map_or_else(|| format!("machine {}", elf.machine), str::to_owned);
    let symbols = elf.is_stripped.map(|is_stripped| if is_stripped { "stripped" } else { "there" });
    let path = |path: &Option<Vec<u8>>| path.as_ref().map(|path| text::name(path));
    let facts = [
        ("ELF", Some(format!("{kind} · {machine} · {bits} bits{order}"))),
        ("soname", path(&elf.soname)),
        ("runpath", path(&elf.runpath)),
        ("rpath", path(&elf.rpath).filter(|_| elf.runpath.is_none())),
        ("build id", elf.build_id.clone()),
        ("symbols", symbols.map(str::to_owned)),
    ];
    facts.into_iter().filter_map(|(name, value)| Some((name, value?))).collect()
}

/// In what two ELF files differ, as lines: what one has said begins with a minus, what the other says with a plus.
pub(crate) fn differences(left: &Elf, right: &Elf) -> Vec<String> {
    let all = |elf: &Elf| {
        let loader = elf.interpreter.iter().map(|path| ("loader", text::name(path)));
        let needed = elf.needed.iter().map(|name| ("needs", text::name(name)));
        own_facts(elf).into_iter().chain(loader).chain(needed).collect::<Vec<_>>()
    };
    let (left, right) = (all(left), all(right));
    let line = |sign: char, (name, value): &(&str, String)| format!("{sign} {name:<NAME$}{value}");
    let gone = left.iter().filter(|fact| !right.contains(fact)).map(|fact| line('-', fact));
    let come = right.iter().filter(|fact| !left.contains(fact)).map(|fact| line('+', fact));
    gone.chain(come).collect()
}

fn elf_rows(model: &Model, elf: &Elf, insight: &Insight) -> Vec<Row> {
    let own = own_facts(elf).into_iter().enumerate();
    let role = |index| if index == 0 { Role::Strong } else { Role::Text };
    let mut out: Vec<Row> = own.map(|(index, (name, value))| fact(name, value, role(index))).collect();
    let loader = usize::from(elf.interpreter.is_some());
    for (index, (name, found)) in insight.wanted.iter().enumerate() {
        let lead = match index.cmp(&loader) {
            Ordering::Less => "loader",
            Ordering::Equal => "needs",
            Ordering::Greater => "",
        };
        out.push(library(model, lead, name, *found));
    }
    if elf.needed.is_empty()
        && insight.part.is_none()
        && matches!(elf.kind, ElfKind::Program | ElfKind::PieProgram | ElfKind::Library)
    {
        out.push(fact("needs", "no library", Role::Text));
    }
    out
}

/// A library that is wanted: its name, and the path and the layer where it is.
fn library(model: &Model, lead: &str, name: &[u8], found: Option<NodeId>) -> Row {
    let tree = &model.tree;
    let layer = found.and_then(|node| match tree.final_state(node)? {
        Occupant::Inode(inode) => tree.inode(inode).map(|inode| inode.layer),
        Occupant::Implied => None,
    });
    let Some((node, layer)) = found.zip(layer) else {
        let (missing, role) =
            if model.is_draft { ("not there so far", Role::Warning) } else { ("missing in the image", Role::Error) };
        return fact(lead, format!("{}  {missing}", text::name(name)), role);
    };
    let mut row = fact(lead, text::name(name), Role::Text);
    let path = text::path(tree, node);
    // The layer before the path: of a long line the end is cut.
    let place = if path.as_bytes() == name { String::new() } else { format!(" {path}") };
    row.pieces.push((format!(" → L{layer}{place}"), Role::Dim));
    row
}

/// The members of an archive, or those of its beginning, of which it is no news that it is cut.
fn archive_rows(archive: &Archive, is_part: bool) -> Vec<Row> {
    let around = match archive.compression {
        Compression::None => String::new(),
        other => format!(" in {}", other.name()),
    };
    let count = archive.members.len();
    let bytes: u64 = archive.members.iter().fold(0, |sum, member| sum.saturating_add(member.size));
    let files = if count == 1 { "1 member".to_owned() } else { format!("{} members", text::count(count as u64)) };
    let title = if is_part {
        format!("{}{around} · begins with {files}", archive.format)
    } else {
        format!("{}{around} · {files} · {bytes} bytes unpacked", archive.format)
    };
    let mut out = vec![fact("archive", title, Role::Strong)];
    if let Some(cut) = archive.cut.as_ref().filter(|_| !is_part) {
        out.push(fact("note", text::prose(cut), Role::Warning));
    }
    let width = archive.members.iter().map(|member| member.size).max().unwrap_or(0).to_string().len();
    for member in &archive.members {
        let mode = member.mode.map_or_else(|| " ".repeat(10), |mode| mode_text(kind(member.kind), mode));
        let lead = format!("{mode} {:>width$}", member.size);
        out.push(Row { lead, pieces: vec![(text::name(&member.path), Role::Text)] });
    }
    out
}

fn kind(kind: MemberKind) -> EntryKind {
    match kind {
        MemberKind::Directory => EntryKind::Directory,
        MemberKind::Symlink => EntryKind::Symlink,
        MemberKind::CharDevice => EntryKind::CharDevice,
        MemberKind::BlockDevice => EntryKind::BlockDevice,
        MemberKind::Fifo => EntryKind::Fifo,
        _ => EntryKind::File,
    }
}
