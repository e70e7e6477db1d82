//! Everything about one thing, as lines of text: a layer, a path, a wasted item, a setting.

use super::super::Model;
use super::super::layout::{self, Class, Pane};
use super::super::life;
use super::super::rows::Folder;
use super::super::state::{Fact, Found, LayerRow, Modal, Reading, State, Text, View};
use super::super::text::{self, NAME, human};
use super::super::theme::Role;
use super::modal::text_rows;
use super::toast;
use crate::analysis::Timeline;
use crate::escape::{Target, escape};
use crate::image::{LayerIndex, Setting};
use crate::listing::{Entry, EntryKind};
use crate::notice::counted;
use crate::report::mode_text;
use crate::tree::{NodeId, Occupant, Shown, Tree};
use ratatui::layout::Rect;
use std::cmp::Reverse;

/// How many of the largest things in a directory are named.
const LARGEST: usize = 10;

/// A name and its value, in one line.
fn fact(name: &str, value: impl AsRef<str>) -> Fact {
    (format!("{name:<NAME$}{}", value.as_ref()), Role::Text)
}

/// Opens a text over the view.
pub(super) fn show(state: &mut State, title: String, lines: Vec<Fact>) {
    state.modals.push(Modal::Text(Text { title, lines, offset: 0 }));
}

/// Opens everything about the selected row of the list of layers.
pub(super) fn open_instruction(state: &mut State) {
    let title = match state.layer_row() {
        Some(LayerRow::Layer(layer)) => format!("L{layer} instruction"),
        Some(LayerRow::Empty(row)) => format!("H{row} instruction"),
        Some(LayerRow::Found(index)) => format!("Layer {} of those found so far", index + 1),
        Some(LayerRow::Base) | None => return,
    };
    let facts = layer_facts(state);
    let facts = match state.selected_history() {
        Some(row) => at_once(state, row, facts),
        None => facts,
    };
    show(state, title, facts);
}

/// A long instruction that does not fit into the window a step a line, but does without breaks, is shown without.
fn at_once(state: &State, row: usize, facts: Vec<Fact>) -> Vec<Fact> {
    let areas = layout::areas(state);
    let window = layout::inner(areas.class, layout::modal(&areas));
    let Some(subject) = &state.subject else { return facts };
    let Some(history) = subject.image.history.get(row) else { return facts };
    let count = subject.history.get(row).map_or(0, Vec::len);
    let dense = vec![(text::prose(&history.instruction), Role::Strong)];
    let fits = |lines: &[Fact]| {
        let rows = text_rows(lines, usize::from(window.width)).len();
        rows <= usize::from(window.height)
    };
    match facts.get(..count) {
        Some(steps) if !fits(steps) && fits(&dense) => {
            dense.into_iter().chain(facts.iter().skip(count).cloned()).collect()
        }
        _ => facts,
    }
}

/// Opens everything about the selected row of the focused pane.
pub(super) fn open(state: &mut State) {
    let facts = match state.focus() {
        Pane::Layers | Pane::Instruction => return open_instruction(state),
        Pane::Tree => tree_facts(state),
        Pane::Files => file_facts(state),
        Pane::Compare => state.compare.selected().and_then(|difference| {
            let ready = state.ready.as_ref()?;
            Some((state.selected_path()?, life_facts(state, &ready.model, difference.node()?)))
        }),
        Pane::Waste => state.waste_group().and_then(|group| {
            let ready = state.ready.as_ref()?;
            Some((format!("/{}", group.path), life_facts(state, &ready.model, group.node)))
        }),
        Pane::Labels | Pane::Config | Pane::Env => {
            selected_setting(state).map(|setting| (text::prose(&setting.key), setting_facts(setting)))
        }
        Pane::History => {
            let row = state.history.at.cursor;
            state
                .subject
                .as_ref()
                .and_then(|subject| subject.image.history.get(row))
                .map(|_| (format!("H{row} instruction"), history_facts(state, row)))
        }
    };
    match facts {
        Some((title, lines)) => show(state, title, lines),
        None => toast(state, "nothing is selected that has details"),
    }
}

/// Why it cannot be told which layer one is.
pub(crate) const NO_MANIFEST: &str = "The manifest, which comes later in the input, will tell which layer this is.";

/// The instruction of the selected row of the list of layers, and the layer's figures.
pub(crate) fn layer_facts(state: &State) -> Vec<Fact> {
    if let Some(found) = state.found() {
        return found_facts(state, found);
    }
    let mut out = match state.selected_history() {
        Some(row) => history_facts(state, row),
        None => vec![(text::instruction(""), Role::Dim)],
    };
    let (Some(LayerRow::Layer(index)), Some(subject)) = (state.layer_row(), &state.subject) else { return out };
    let Some(layer) = subject.image.layers.get(index.index()) else { return out };
    if let Some(reason) = subject.image.why_unexplained(index) {
        out.push(fact("origin", format!("? no build step explains it: {reason}")));
    }
    if let Some(id) = &layer.diff_id {
        out.push(fact("diff id", text::prose(&id.to_string())));
    }
    if let Some(digest) = &layer.digest {
        out.push(fact("digest", text::prose(digest.as_ref())));
    }
    match &layer.blob {
        Ok(blob) => out.push(fact("stored", human(blob.size, state.options.units))),
        Err(error) => out.push((format!("stored     {}", text::prose(error)), Role::Error)),
    }
    out.extend(figures(state, index));
    // Once it is understood the notices say it.
    if let Some(error) = layer_error(state, index).filter(|_| !state.understands(index)) {
        out.push((error, Role::Error));
    }
    out
}

/// What is known of a layer before the manifest tells which one it is.
fn found_facts(state: &State, found: &Found) -> Vec<Fact> {
    let size = human(found.shipped, state.options.units);
    let mut out = vec![
        fact("member", found.name.clone()),
        fact("size", format!("{size} in {}", counted(found.listing.len() as u64, "entry"))),
        match &state.failure {
            Some(message) => (text::prose(message), Role::Error),
            None => (NO_MANIFEST.to_owned(), Role::Dim),
        },
    ];
    out.extend(found.error.as_ref().map(|error| (text::prose(error), Role::Error)));
    out
}

fn figures(state: &State, index: LayerIndex) -> Vec<Fact> {
    let units = state.options.units;
    let Some(ready) = &state.ready else { return Vec::new() };
    let Some(layer) = ready.model.report.layers.get(index.index()) else { return Vec::new() };
    let mut out = vec![
        fact("shipped", format!("{} in {}", human(layer.shipped_bytes, units), counted(layer.entries, "entry"))),
        fact("wasted", human(layer.wasted_bytes, units)),
        fact("changes", format!("+{} ~{} %{} -{}", layer.added, layer.changed, layer.metadata_only, layer.removed)),
    ];
    if let Some(found) = killed_sentence(state, index) {
        out.push(fact("finding", found));
    }
    for notice in &layer.notices {
        let line = format!("{:<11}{}", notice.severity.to_string(), text::prose(&notice.message));
        out.push((line, Role::from(notice.severity)));
    }
    out
}

/// Why not all of a layer could be read.
pub(crate) fn layer_error(state: &State, index: LayerIndex) -> Option<String> {
    let reading = state.subject.as_ref()?.reading.get(index.index())?;
    if let Reading::Done { error: Some(error), .. } = reading { Some(text::prose(error)) } else { None }
}

/// One sentence on what a layer costs, if it costs anything.
pub(crate) fn killed_sentence(state: &State, index: LayerIndex) -> Option<String> {
    let units = state.options.units;
    let ready = state.ready.as_ref()?;
    let layer = ready.model.report.layers.get(index.index())?;
    let changed = layer.added + layer.changed + layer.metadata_only;
    let killed = ready.killed.get(index.index()).copied().flatten().filter(|killed| killed.bytes > 0);
    let of = |killed: super::super::groups::Killed| text::span(killed.first, killed.last);
    match killed {
        Some(killed) if changed == 0 => Some(format!("{} of {} stay shipped", human(killed.bytes, units), of(killed))),
        _ if layer.metadata_only > 0 => Some(format!(
            "{} of {changed} changed paths have the content of below again: only metadata is new",
            layer.metadata_only
        )),
        Some(killed) => Some(format!("makes {} of {} dead", human(killed.bytes, units), of(killed))),
        None if layer.wasted_bytes > 0 => {
            let when = if state.is_whole() { "in the final image" } else { "so far" };
            Some(format!("{} of it are dead {when}", human(layer.wasted_bytes, units)))
        }
        None => None,
    }
}

/// A row of the history, in full.
fn history_facts(state: &State, row: usize) -> Vec<Fact> {
    let Some(subject) = &state.subject else { return Vec::new() };
    let Some(history) = subject.image.history.get(row) else { return Vec::new() };
    let mut out: Vec<Fact> =
        subject.history.get(row).into_iter().flatten().map(|line| (line.clone(), Role::Strong)).collect();
    out.push((String::new(), Role::Text));
    let layer = history.layer.map_or_else(|| "no layer".to_owned(), |layer| format!("L{layer}"));
    out.push(fact("history", format!("H{row} · {layer}")));
    if let Some(created) = &history.created {
        out.push(fact("created", text::prose(created)));
    }
    for argument in &history.build_args {
        out.push(fact("build arg", text::prose(argument)));
    }
    if let Some(comment) = history.comment.as_ref().filter(|comment| !comment.is_empty()) {
        out.push(fact("comment", text::prose(comment)));
    }
    if let Some(author) = history.author.as_ref().filter(|author| !author.is_empty()) {
        out.push(fact("author", text::prose(author)));
    }
    out
}

/// What the instruction pane shows, wrapped.
pub(crate) fn instruction_lines(state: &State, area: Rect, class: Class) -> Vec<Fact> {
    let width = usize::from(layout::inner(class, area).width).saturating_sub(2);
    let wrap = |(line, role): Fact| {
        text::wrap_hanging(&line, width).into_iter().map(move |line| (line, role)).collect::<Vec<_>>()
    };
    layer_facts(state).into_iter().flat_map(wrap).collect()
}

/// The selected label, variable or setting.
pub(crate) fn selected_setting(state: &State) -> Option<&Setting> {
    let provenance = &state.subject.as_ref()?.image.provenance;
    match state.focus() {
        Pane::Labels => provenance.labels.get(state.labels.cursor),
        Pane::Config => provenance.settings.get(state.config.cursor),
        Pane::Env => provenance.env.get(state.env.cursor),
        _ => None,
    }
}

fn setting_facts(setting: &Setting) -> Vec<Fact> {
    let by = |row: Option<usize>| row.map_or_else(|| "unknown".to_owned(), |row| format!("H{row}"));
    let mut out: Vec<Fact> =
        setting.value.lines().map(|line| (escape(line.as_bytes(), Target::Prose).into_owned(), Role::Strong)).collect();
    out.push((String::new(), Role::Text));
    out.push(fact("set by", by(setting.history)));
    out.push(fact("origin", if setting.inherited { "base image" } else { "own" }));
    for was in setting.overrides.iter().rev() {
        out.push(fact("was", format!("{} (H{})", text::prose(&was.value), was.history)));
    }
    out
}

fn tree_facts(state: &State) -> Option<(String, Vec<Fact>)> {
    let (row, scene) = (state.tree.selected()?, state.tree.scene.as_ref()?);
    let mut out = Vec::new();
    match scene.shown(row.node) {
        Shown::Entry(_, entry) => out.extend(entry_facts(state, entry)),
        Shown::Implied => out.push(fact("type", "directory, named by no entry")),
        Shown::Nothing => {}
    }
    if row.folder != Folder::Leaf {
        out.extend(directory_facts(state, row.node, LARGEST));
    }
    if let Some(cost) = scene.pull_cost(row.node).filter(|cost| *cost > 0) {
        let what = match scene.shown(row.node) {
            Shown::Entry(_, entry) if entry.kind != EntryKind::Directory => "of the stored layer",
            _ => "of the stored layers, with all below it",
        };
        out.push(fact("to pull", format!("{} {what}", human(cost, state.options.units))));
    }
    out.push((String::new(), Role::Text));
    if let Some(ready) = state.ready.as_ref().filter(|_| scene.kinds_known) {
        out.extend(life_facts(state, &ready.model, row.node));
    }
    Some((state.tree_path()?, out))
}

fn file_facts(state: &State) -> Option<(String, Vec<Fact>)> {
    let (node, files, ready) = (state.files.selected()?, state.files.files()?, state.ready.as_ref()?);
    let mut out = match files.shown(node) {
        Shown::Entry(_, entry) => entry_facts(state, entry),
        Shown::Implied | Shown::Nothing => Vec::new(),
    };
    out.push((String::new(), Role::Text));
    out.extend(life_facts(state, &ready.model, node));
    Some((state.selected_path()?, out))
}

fn entry_facts(state: &State, entry: Entry<'_>) -> Vec<Fact> {
    let kind = text::kind(entry.kind);
    let time = jiff::Timestamp::new(entry.mtime.seconds, i32::try_from(entry.mtime.nanoseconds).unwrap_or(0));
    let mut out = vec![
        fact("type", kind),
        fact("mode", format!("{} {:04o}", mode_text(entry.kind, entry.mode), entry.mode)),
        fact("owner", format!("{}:{}", entry.uid, entry.gid)),
    ];
    match entry.kind {
        EntryKind::File => {
            out.push(fact("size", format!("{} ({} bytes)", human(entry.size, state.options.units), entry.size)));
        }
        EntryKind::Symlink => out.push(fact("target", text::name(entry.link()))),
        EntryKind::CharDevice | EntryKind::BlockDevice => {
            out.push(fact("device", format!("{}, {}", entry.device.0, entry.device.1)));
        }
        _ => {}
    }
    out.push(fact("modified", time.map_or_else(|_| "out of range".to_owned(), |time| time.to_string())));
    for (name, value) in entry.xattrs() {
        out.push(fact("xattr", format!("{} ({} bytes)", text::name(name), value.len())));
    }
    out
}

/// What is in a directory under the lens: how much, and what is largest.
fn directory_facts(state: &State, node: NodeId, most: usize) -> Vec<Fact> {
    let (Some(scene), units) = (&state.tree.scene, state.options.units) else { return Vec::new() };
    let inside = scene.below(node) - u32::from(scene.is_hit(node));
    let paths = if inside == 1 { "1 path".to_owned() } else { format!("{} paths", text::count(u64::from(inside))) };
    let mut out = vec![fact("holds", format!("{} in {paths}", human(scene.bytes(node), units)))];
    let children = scene.tree.children(node).filter(|child| scene.shows(*child));
    let mut children: Vec<_> = children.map(|child| (Reverse(scene.bytes(child)), child)).collect();
    let count = children.len().min(most);
    // Only the largest are put in order: a directory may have very many.
    if count < children.len() {
        children.select_nth_unstable(count);
    }
    children.truncate(count);
    children.sort_unstable();
    for (index, (Reverse(bytes), child)) in children.into_iter().enumerate() {
        let lead = if index == 0 { "largest" } else { "" };
        let name = text::name(scene.tree.name(child));
        let slash = if scene.first_below(child).is_some() { "/" } else { "" };
        out.push(fact(lead, format!("{:>9}  {name}{slash}", human(bytes, units))));
    }
    out
}

fn is_link(tree: &Tree, node: NodeId) -> bool {
    let Some(Occupant::Inode(inode)) = tree.final_state(node) else { return false };
    tree.entry(inode).is_some_and(|entry| entry.kind == EntryKind::Symlink)
}

/// Where a symbolic link leads in the final image.
fn link_fact(state: &State, tree: &Tree, node: NodeId) -> Fact {
    let last = LayerIndex(u32::MAX);
    let dangles = || (format!("{:<NAME$}nothing in the final image: it is dangling", "leads to"), Role::Warning);
    let found = tree.follow(&tree.path(node), last).and_then(|found| Some((found, tree.final_state(found)?)));
    match found {
        // One that leads to itself leads nowhere.
        Some((found, _)) if found == node => dangles(),
        Some((found, Occupant::Inode(inode))) => {
            let layer = tree.inode(inode).map_or_else(String::new, |inode| format!("  L{}", inode.layer));
            fact("leads to", format!("{}{layer}", text::path(tree, found)))
        }
        Some((found, Occupant::Implied)) => fact("leads to", text::path(tree, found)),
        None if !state.is_whole() => fact("leads to", "nothing in the layers so far"),
        None if state.dangling.contains(&node) => dangles(),
        None => fact("leads to", "nothing in the image; a container may have it when it runs"),
    }
}

/// What a path was last that has no content: of a link first of all where it leads.
pub(super) fn last_facts(state: &State, tree: &Tree, node: NodeId) -> Vec<Fact> {
    let entry = match tree.last_shown(node) {
        Shown::Entry(_, entry) => entry,
        Shown::Implied => return vec![fact("type", "a directory that no layer has: only paths below it name it")],
        Shown::Nothing => return Vec::new(),
    };
    let leads = is_link(tree, node).then(|| link_fact(state, tree, node));
    let owner = owner(state, node).map(|owner| fact("package", owner));
    leads.into_iter().chain(entry_facts(state, entry)).chain(owner).collect()
}

/// The package that a path is of, once that is known: `libssl3 3.0.14 (dpkg)`.
fn owner(state: &State, node: NodeId) -> Option<String> {
    let (packages, ready) = (state.packages.as_ref()?, state.ready.as_ref()?);
    let Some(package) = packages.owner(&ready.model.tree, node) else {
        return packages.has_database.then(|| "no package".to_owned());
    };
    let (name, version) = (text::name(&package.key.name), text::name(&package.version));
    Some(format!("{name} {version} ({})", package.key.manager.name()))
}

/// What is said of the selected row of the tree without opening it: of a file one line, of anything else all of it.
pub(super) fn preview_facts(state: &State, node: NodeId) -> Vec<Fact> {
    let Some(scene) = &state.tree.scene else { return Vec::new() };
    let owner = owner(state, node);
    match scene.shown(node) {
        Shown::Entry(_, entry) if entry.kind == EntryKind::File => {
            let mut out = vec![
                (format!("{} {}:{}", mode_text(entry.kind, entry.mode), entry.uid, entry.gid), Role::Text),
                (human(entry.size, state.options.units), Role::Text),
            ];
            out.extend(owner.map(|owner| (format!("owned by {owner}"), Role::Text)));
            out
        }
        Shown::Entry(_, entry) => {
            let mut out = entry_facts(state, entry);
            match entry.kind {
                EntryKind::Symlink => out.push(link_fact(state, &scene.tree, node)),
                EntryKind::Directory => out.extend(directory_facts(state, node, LARGEST)),
                _ => {}
            }
            out.extend(owner.map(|owner| fact("package", owner)));
            out
        }
        Shown::Implied => directory_facts(state, node, LARGEST),
        Shown::Nothing => vec![("not there under the lens; as it was before".to_owned(), Role::Dim)],
    }
}

/// Which layers touched a path, oldest first, and where its bytes still are.
fn life_facts(state: &State, model: &Model, node: NodeId) -> Vec<Fact> {
    let timeline = Timeline::of(&model.tree, node);
    let mut out = Vec::new();
    if is_link(&model.tree, node) {
        out.push(link_fact(state, &model.tree, node));
    }
    if let Some(owner) = owner(state, node) {
        out.push(fact("package", owner));
    }
    if !out.is_empty() {
        out.push((String::new(), Role::Text));
    }
    out.extend(life::rows(model, &timeline, state.options.units));
    out.push((String::new(), Role::Text));
    out.push(life::sentence(model, &timeline));
    out
}

/// What `y` copies, and what to call it. Escaped: a name must not be able to paste a line break.
pub(super) fn copied(state: &State) -> Option<(&'static str, String)> {
    match state.modal() {
        Some(Modal::Text(text)) => {
            let lines: Vec<&str> = text.lines.iter().map(|(line, _)| line.as_str()).collect();
            return Some(("the text", lines.join("\n")));
        }
        Some(
            Modal::Life(_) | Modal::Diff(_) | Modal::Duel(_) | Modal::Copies(_) | Modal::Viewer(_) | Modal::Find(_),
        ) => {
            return Some(("the path", state.selected_path()?));
        }
        Some(Modal::Help(_) | Modal::Writing(_) | Modal::Menu(_)) | None => {}
    }
    match (state.view, state.focus()) {
        (View::Layers, Pane::Tree) => Some(("the path", state.tree_path()?)),
        (View::Layers, _) => {
            let lines = state.subject.as_ref()?.history.get(state.selected_history()?)?;
            Some(("the instruction", lines.join("\n")))
        }
        (View::Files | View::Compare, _) => Some(("the path", state.selected_path()?)),
        (View::Waste, _) => match (state.waste_group(), state.waste.bundle()) {
            (Some(group), _) => Some(("the path", format!("/{}", group.path))),
            (None, bundle) => Some(("what they have in common", bundle?.title.clone())),
        },
        (View::Image, Pane::History) => {
            Some(("the instruction", state.subject.as_ref()?.history.get(state.history.at.cursor)?.join("\n")))
        }
        (View::Image, _) => {
            Some(("the value", escape(selected_setting(state)?.value.as_bytes(), Target::Prose).into_owned()))
        }
    }
}
