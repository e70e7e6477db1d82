//! The quotes of a Dockerfile, which builders leave out when they write the history.

use super::words::{self, Known, Reading};
use super::{ContainerConfig, HistoryRow, is_as_written, pair};
use std::cell::Cell;

impl HistoryRow {
    /// A `LABEL` or an `ENV` with quotes around the values that need them in a Dockerfile: the history has
    /// `LABEL title=two words`. Where one pair ends and the next begins is told by the keys of the final config. `None` if
    /// nothing needs quotes, if the row has them as the Dockerfile had, or if the keys do not explain all of the row.
    pub fn with_quotes(&self, config: &ContainerConfig) -> Option<String> {
        let (word, text) = self.instruction.split_once(char::is_whitespace)?;
        let known: Vec<(&str, &str)> = match word {
            "LABEL" => config.labels.iter().map(|(key, value)| (key.as_str(), value.as_str())).collect(),
            "ENV" => config.env.iter().map(|variable| pair(variable)).collect(),
            _ => return None,
        };
        if is_as_written(self) {
            return None;
        }
        let text = text.trim();
        let bytes_left = Cell::new(text.len());
        let reading = Reading { is_as_written: false, variable: &|_| None, bytes_left: &bytes_left };
        let pairs = words::pairs(text, &Known::new(&known), &reading);
        let joined = |value: &dyn Fn(&str) -> String| {
            let pairs: Vec<String> = pairs.iter().map(|(key, text)| format!("{key}={}", value(text))).collect();
            pairs.join(" ")
        };
        // A dollar is one if the config has it; else it may stand for a variable.
        let is_plain = |key: &str, value: &str| !value.contains('$') || known.contains(&(key, value));
        let can_be_quoted = |(key, value): &(String, String)| {
            !needs_quotes(key) && !value.contains(['\n', '\r']) && is_plain(key, value)
        };
        let with_quotes = joined(&quoted);
        (pairs.iter().all(can_be_quoted) && joined(&str::to_owned) == text && with_quotes != text)
            .then(|| format!("{word} {with_quotes}"))
    }
}

fn needs_quotes(text: &str) -> bool {
    text.is_empty() || text.contains(|c: char| c.is_whitespace() || matches!(c, '"' | '\'' | '\\' | '$'))
}

fn quoted(value: &str) -> String {
    if !needs_quotes(value) {
        return value.to_owned();
    }
    let escaped = value.replace('\\', r"\\").replace('"', "\\\"").replace('$', r"\$");
    format!("\"{escaped}\"")
}
