//! Who set which label, variable and setting: the history replayed.

mod health;
mod words;

use super::{Config, ContainerConfig, HistoryRow};
use std::collections::BTreeMap;

/// Everything in the config that a history row can set.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Provenance {
    /// Labels, in the order of their keys.
    pub labels: Vec<Setting>,
    /// Environment variables, in the order of the config.
    pub env: Vec<Setting>,
    /// Everything of which there is one: `entrypoint`, `cmd`, `user`, `workdir`, `stop_signal`, `healthcheck`,
    /// `shell`; and each port and volume, with the key `port` or `volume`.
    pub settings: Vec<Setting>,
}

/// One value of the final config, and where it comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Setting {
    /// The label's key, the variable's name or the setting's name.
    pub key: String,
    /// The value as the final config has it; lists in exec form are written as JSON.
    pub value: String,
    /// The row of the history that set this value; none if no row tells.
    pub history: Option<usize>,
    /// Whether the row belongs to the base layers.
    pub inherited: bool,
    /// The values that were replaced, oldest first.
    pub overrides: Vec<Override>,
}

/// A value that a later row replaced.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Override {
    /// What it was.
    pub value: String,
    /// The row that had set it.
    pub history: usize,
}

impl Provenance {
    /// Replays the history and tells, for every value of the final config, which row set it.
    ///
    /// The config has the last word: the setter is the last row that set exactly the final value, and a value that no
    /// row explains has none. A row is inherited when it comes before the first row that makes a layer above the
    /// base; `base_layers` is the number of layers at the bottom that are the base (by default one).
    pub fn replay(config: &Config, history: &[HistoryRow], base_layers: Option<u32>) -> Self {
        let replay = Replay { history, inherited: inherited_rows(history, base_layers.unwrap_or(1)) };
        let container = &config.container;
        let env: Vec<(&str, &str)> =
            container.env.iter().map(|variable| variable.split_once('=').unwrap_or((variable, ""))).collect();
        let labels: Vec<(&str, &str)> =
            container.labels.iter().map(|(key, value)| (key.as_str(), value.as_str())).collect();
        Self {
            labels: replay.pairs("LABEL", &labels),
            env: replay.pairs("ENV", &env),
            settings: replay.settings(container),
        }
    }
}

/// How many rows at the beginning belong to the base: those before the first row that makes a layer above it.
fn inherited_rows(history: &[HistoryRow], base_layers: u32) -> usize {
    let own = |row: &HistoryRow| row.layer.is_some_and(|layer| layer.0 >= base_layers);
    // Without any layer of its own, nothing tells the image's empty rows from those of its base.
    history.iter().position(own).unwrap_or(if base_layers == 0 { 0 } else { history.len() })
}

/// The rows, and how many of them belong to the base.
struct Replay<'a> {
    history: &'a [HistoryRow],
    inherited: usize,
}

impl Replay<'_> {
    /// The arguments of every row with this instruction.
    fn rows(&self, instruction: &str) -> impl Iterator<Item = (usize, &str)> {
        self.history.iter().enumerate().filter_map(move |(index, row)| {
            let (word, rest) = row.instruction.split_once(char::is_whitespace)?;
            word.eq_ignore_ascii_case(instruction).then(|| (index, rest.trim()))
        })
    }

    /// Labels or variables.
    fn pairs(&self, instruction: &str, finals: &[(&str, &str)]) -> Vec<Setting> {
        let known = words::Known::new(finals);
        let mut events: BTreeMap<String, Vec<Event>> = BTreeMap::new();
        for (row, text) in self.rows(instruction) {
            for (key, value) in words::pairs(text, &known) {
                events.entry(key).or_default().push(Event { row, value });
            }
        }
        finals
            .iter()
            .map(|(key, value)| self.setting(key, value, events.get(*key).map(Vec::as_slice).unwrap_or_default()))
            .collect()
    }

    /// Everything of which there is one, and the ports and volumes.
    fn settings(&self, container: &ContainerConfig) -> Vec<Setting> {
        let shell = |text: &str| words::command(text, container.shell.as_deref());
        let check = container.healthcheck.as_ref().map(health::of_config);
        let singles: [Single<'_>; 7] = [
            ("entrypoint", "ENTRYPOINT", container.entrypoint.as_deref().map(words::json), &shell),
            ("cmd", "CMD", container.cmd.as_deref().map(words::json), &shell),
            ("user", "USER", container.user.clone(), &str::to_owned),
            ("workdir", "WORKDIR", container.working_dir.clone(), &str::to_owned),
            ("stop_signal", "STOPSIGNAL", container.stop_signal.clone(), &str::to_owned),
            ("healthcheck", "HEALTHCHECK", check, &health::of_row),
            ("shell", "SHELL", container.shell.as_deref().map(words::json), &shell),
        ];
        let mut out = Vec::new();
        for (key, instruction, value, read) in singles {
            let mut events: Vec<Event> =
                self.rows(instruction).map(|(row, text)| Event { row, value: read(text) }).collect();
            if key == "workdir" {
                resolve_directories(&mut events);
            }
            out.extend(value.map(|value| self.setting(key, &value, &events)));
        }
        out.extend(self.members("port", "EXPOSE", &container.exposed_ports, words::ports));
        out.extend(self.members("volume", "VOLUME", &container.volumes, words::volumes));
        out
    }

    /// The members of a set: each is set by the last row that names it, and never overridden.
    fn members(&self, key: &str, instruction: &str, values: &[String], read: fn(&str) -> Vec<String>) -> Vec<Setting> {
        let named: BTreeMap<String, usize> = self
            .rows(instruction)
            .flat_map(|(row, text)| read(text).into_iter().map(move |name| (name, row)))
            .collect();
        values
            .iter()
            .map(|value| {
                let history = named.get(value).copied();
                Setting {
                    key: key.to_owned(),
                    value: value.clone(),
                    history,
                    inherited: self.is_inherited(history),
                    overrides: Vec::new(),
                }
            })
            .collect()
    }

    fn setting(&self, key: &str, value: &str, events: &[Event]) -> Setting {
        let setter = events.iter().rposition(|event| event.value == value);
        let history = setter.and_then(|at| events.get(at)).map(|event| event.row);
        let before = events.get(..setter.unwrap_or(events.len())).unwrap_or_default();
        let after = before.iter().skip(1).map(|event| event.value.as_str()).chain([value]);
        // A row that sets the value that is there already replaces nothing.
        let replaced = before.iter().zip(after).filter(|(event, next)| event.value != *next);
        Setting {
            key: key.to_owned(),
            value: value.to_owned(),
            history,
            inherited: self.is_inherited(history),
            overrides: replaced.map(|(event, _)| Override { value: event.value.clone(), history: event.row }).collect(),
        }
    }

    fn is_inherited(&self, row: Option<usize>) -> bool {
        row.is_some_and(|row| row < self.inherited)
    }
}

/// A setting of which there is one: its name, its instruction, its final value, and how an instruction is read.
type Single<'a> = (&'a str, &'a str, Option<String>, &'a dyn Fn(&str) -> String);

/// One row sets one value.
struct Event {
    row: usize,
    value: String,
}

/// Makes relative working directories absolute, each against the one before it.
fn resolve_directories(events: &mut [Event]) {
    let mut current = String::from("/");
    for event in events {
        if !event.value.starts_with('/') && !event.value.contains(':') {
            event.value = format!("{}/{}", current.trim_end_matches('/'), event.value);
        }
        current.clone_from(&event.value);
    }
}

#[cfg(test)]
mod tests;
