//! Texts over the view that are made of the image, and the files of the user that they are saved to.

use super::super::effect::{Effect, TextFile};
use super::super::layout::Pane;
use super::super::pretty;
use super::super::state::{Fact, Modal, PromptKind, State};
use super::super::text;
use super::super::theme::Role;
use super::details::show;
use super::{Effects, prompt, toast};
use crate::report;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Opens the history as the Dockerfile that it comes from, as far as it tells: `y` copies it.
pub(super) fn open_dockerfile(state: &mut State) {
    let Some(subject) = &state.subject else { return };
    // The history goes back to the first layer of all, that of the base.
    let mut lines: Vec<Fact> = vec![
        ("# Rebuilt from the history; what left no row is missing.".to_owned(), Role::Dim),
        ("FROM scratch".to_owned(), Role::Text),
    ];
    for (row, shown) in subject.image.history.iter().zip(&subject.history) {
        if let Some(layer) = row.layer {
            let why = subject.image.why_unexplained(layer).map(|why| format!(": no build step, {why}"));
            lines.push((format!("# L{layer}{}", why.unwrap_or_default()), Role::Dim));
        }
        let with_quotes = row.with_quotes(&subject.image.config.container).map(|line| vec![text::prose(&line)]);
        let instruction = with_quotes.as_ref().unwrap_or(shown);
        // What other tools than builders write into the history is no instruction.
        let (sign, role) = if is_instruction(&row.instruction) { ("", Role::Text) } else { ("# ", Role::Dim) };
        lines.extend(row.build_args.iter().map(|argument| (format!("# with {}", text::prose(argument)), Role::Dim)));
        let last = instruction.len().saturating_sub(1);
        let mut is_document = false;
        for (index, line) in instruction.iter().enumerate() {
            // A here-document goes on by itself, and would hold the sign.
            is_document |= pretty::here_document(line).is_some();
            let goes_on = if index < last && sign.is_empty() && !is_document { " \\" } else { "" };
            lines.push((format!("{sign}{line}{goes_on}"), role));
        }
    }
    show(state, "Dockerfile".to_owned(), lines);
}

/// Whether a row of the history begins with a word of the Dockerfile reference.
fn is_instruction(row: &str) -> bool {
    const WORDS: [&str; 17] = [
        "ADD",
        "ARG",
        "CMD",
        "COPY",
        "ENTRYPOINT",
        "ENV",
        "EXPOSE",
        "HEALTHCHECK",
        "LABEL",
        "MAINTAINER",
        "ONBUILD",
        "RUN",
        "SHELL",
        "STOPSIGNAL",
        "USER",
        "VOLUME",
        "WORKDIR",
    ];
    row.split_whitespace().next().is_some_and(|word| WORDS.contains(&word))
}

/// Opens what is told in other words as it stands: the commands of the history, or the config.
pub(super) fn open_raw(state: &mut State) {
    let Some(subject) = &state.subject else { return };
    let line = |line: &str| (text::prose(line), Role::Text);
    if state.focus() == Pane::History {
        let rows = subject.image.history.iter().enumerate();
        let lines = rows.flat_map(|(index, row)| {
            let head = (format!("H{index}"), Role::Dim);
            std::iter::once(head).chain(row.created_by.lines().map(line))
        });
        let lines = lines.collect();
        return show(state, "History as it stands".to_owned(), lines);
    }
    if subject.image.config.raw.is_null() {
        return toast(state, "there is no config to show");
    }
    // Nothing of it has to be escaped to be shown: what is saved is JSON still.
    let mut json = Vec::new();
    let written = report::pretty(&subject.image.config.raw, &mut json);
    debug_assert!(written.is_ok(), "memory takes everything");
    let lines = String::from_utf8_lossy(&json).lines().map(line).collect();
    show(state, "Config as it stands".to_owned(), lines);
}

/// Opens all that was said: what was odd about the image first, then what stood at the bottom for a while.
pub(super) fn open_messages(state: &mut State) {
    if state.notices.is_empty() && state.asides.is_empty() && state.told.is_empty() {
        return toast(state, "nothing was odd, and nothing was said so far");
    }
    let all = state.asides.iter().chain(&state.notices);
    let odd = all.map(|notice| (text::prose(&notice.to_string()), Role::from(notice.severity)));
    let told = state.told.iter().map(|toast| (toast.text.clone(), toast.role));
    let lines = odd.chain(told).collect();
    // In place of another text, or of the same.
    if matches!(state.modal(), Some(Modal::Text(_))) {
        state.modals.pop();
    }
    show(state, "Messages".to_owned(), lines);
}

/// Asks for the file that a text is saved to.
pub(super) fn ask_for_file(state: &mut State) {
    let Some(Modal::Text(text)) = state.modal() else { return };
    let name = match text.title.as_str() {
        "Dockerfile" => "Dockerfile".to_owned(),
        "Config as it stands" => "config.json".to_owned(),
        title => format!("{}.txt", title.replace(['/', ' '], "-").trim_matches('-')),
    };
    state.prompt = Some(prompt::new(PromptKind::Save, &format!("./{name}")));
}

/// Writes the lines of a diff as a patch, or those of a text, to a file of the user that is not there yet.
pub(super) fn save(state: &mut State, file: &str, effects: &mut Effects) -> Result<(), String> {
    if file.is_empty() {
        return Err("name a file".to_owned());
    }
    let (contents, text) = match (state.modal(), &state.ready) {
        (Some(Modal::Diff(diff)), _) => {
            let Some(patch) = diff.lines().and_then(|lines| lines.patch.as_ref()) else { return Ok(()) };
            let of = text::path(&diff.model.tree, diff.node);
            (Arc::clone(&diff.model.files), format!("--- a{of}\n+++ b{of}\n{patch}"))
        }
        (Some(Modal::Text(text)), Some(ready)) => {
            let lines = text.lines.iter().map(|(line, _)| format!("{line}\n")).collect::<Vec<_>>().concat();
            (Arc::clone(&ready.model.files), lines)
        }
        (Some(Modal::Text(_)), None) => return Err("it can be written when all layers are read".to_owned()),
        _ => return Ok(()),
    };
    effects.push(Effect::Save(TextFile { contents, to: PathBuf::from(file), text }));
    Ok(())
}

/// Says how the writing went.
pub(super) fn saved(state: &mut State, to: &Path, done: Result<(), String>) {
    let to = text::prose(&to.display().to_string());
    match done {
        Ok(()) => toast(state, format!("wrote {to}")),
        Err(error) => toast(state, format!("{to}: {}", text::prose(&error))),
    }
}
