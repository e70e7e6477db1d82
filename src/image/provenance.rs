//! Who set which label, variable and setting: the history replayed.

mod expand;
pub(super) mod health;
mod quotes;
pub(super) mod words;

use super::{Base, Config, ContainerConfig, HistoryRow};
use std::cell::Cell;
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
    /// Replays the history row by row and tells, for every value of the final config, which row set it.
    ///
    /// The config has the last word: the setter of a value is the last row that set its key, if what it set is the value
    /// of the config. If it is not, something changed it that left no row (`docker commit -c`), and no row counts.
    /// A row is inherited if it is one of the base. Where nobody tells how many those are, it is when it comes before the
    /// first row that makes a layer above the base; and without a base that is known, the lowest layer is the base.
    pub fn replay(config: &Config, history: &[HistoryRow], base: Option<&Base>) -> Self {
        let mut replay = Replay::new(&config.container, history);
        for (index, row) in history.iter().enumerate() {
            replay.step(index, row);
        }
        let told = base.and_then(|base| base.rows);
        replay.finish(told.unwrap_or_else(|| inherited_rows(history, base.map_or(1, |base| base.layers))))
    }
}

/// How many rows at the beginning belong to the base: those before the first row that makes a layer above it.
fn inherited_rows(history: &[HistoryRow], base_layers: u32) -> usize {
    let own = |row: &HistoryRow| row.layer.is_some_and(|layer| layer.0 >= base_layers);
    // Without any layer of its own, nothing tells the image's empty rows from those of its base.
    history.iter().position(own).unwrap_or(if base_layers == 0 { 0 } else { history.len() })
}

/// One row sets one value.
struct Event {
    row: usize,
    value: String,
}

/// What a builder knows between two steps, and every value that was set so far.
struct Replay<'a> {
    config: &'a ContainerConfig,
    labels: words::Known<'a>,
    variables: words::Known<'a>,
    /// Values by instruction and key; instructions that set one value have an empty key.
    events: BTreeMap<(&'static str, String), Vec<Event>>,
    /// What variables come to in the next instruction: build arguments and what `ENV` set.
    environment: BTreeMap<String, String>,
    directory: String,
    shell: Vec<String>,
    /// How many bytes variables, and how many ports ranges, may still come to.
    bytes_left: Cell<usize>,
    ports_left: usize,
}

/// No real image comes near these.
const MAX_EXPANDED_BYTES: usize = 16 << 20;
const MAX_PORTS: usize = 1 << 17;

impl<'a> Replay<'a> {
    fn new(config: &'a ContainerConfig, history: &[HistoryRow]) -> Self {
        let variables: Vec<(&str, &str)> = config.env.iter().map(|variable| pair(variable)).collect();
        let labels: Vec<(&str, &str)> =
            config.labels.iter().map(|(key, value)| (key.as_str(), value.as_str())).collect();
        // Builders write the values of arguments into the rows of RUN only, which come after their use.
        let arguments = history.iter().flat_map(|row| &row.build_args).map(|argument| pair(argument));
        Self {
            config,
            labels: words::Known::new(&labels),
            variables: words::Known::new(&variables),
            events: BTreeMap::new(),
            environment: arguments.map(|(key, value)| (key.to_owned(), value.to_owned())).collect(),
            directory: "/".to_owned(),
            shell: ["/bin/sh", "-c"].map(str::to_owned).to_vec(),
            bytes_left: Cell::new(MAX_EXPANDED_BYTES),
            ports_left: MAX_PORTS,
        }
    }

    fn step(&mut self, index: usize, row: &HistoryRow) {
        let Some((word, text)) = row.instruction.split_once(char::is_whitespace) else { return };
        let text = text.trim();
        let reading = words::Reading {
            is_as_written: is_as_written(row),
            variable: &|name| self.environment.get(name).cloned(),
            bytes_left: &self.bytes_left,
        };
        let one = |instruction, value| vec![(instruction, String::new(), value)];
        let set = match word.to_ascii_uppercase().as_str() {
            "LABEL" => keyed("LABEL", words::pairs(text, &self.labels, &reading)),
            "ENV" => keyed("ENV", words::pairs(text, &self.variables, &reading)),
            "ARG" => keyed(
                "ARG",
                text.split_once('=')
                    .map(|(key, value)| (key.to_owned(), reading.word(value, "")))
                    .into_iter()
                    .collect(),
            ),
            "ENTRYPOINT" => one("ENTRYPOINT", words::command(text, &self.shell)),
            "CMD" => one("CMD", words::command(text, &self.shell)),
            "SHELL" => one("SHELL", words::json(&words::shell(text))),
            "USER" => one("USER", reading.word(text, self.config.user.as_deref().unwrap_or_default())),
            "STOPSIGNAL" => {
                one("STOPSIGNAL", reading.word(text, self.config.stop_signal.as_deref().unwrap_or_default()))
            }
            "HEALTHCHECK" => one("HEALTHCHECK", health::of_row(text)),
            "WORKDIR" => {
                let typed = reading.word(text, self.config.working_dir.as_deref().unwrap_or_default());
                one("WORKDIR", below(&self.directory, &typed))
            }
            "EXPOSE" => members("EXPOSE", words::ports(&reading.word(text, ""), self.ports_left)),
            "VOLUME" => members("VOLUME", words::volumes(text).iter().map(|path| reading.word(path, "")).collect()),
            _ => Vec::new(),
        };
        for (instruction, key, value) in set {
            match instruction {
                "ENV" | "ARG" => drop(self.environment.insert(key.clone(), value.clone())),
                "WORKDIR" => self.directory.clone_from(&value),
                "SHELL" => self.shell = words::shell(text),
                "EXPOSE" => self.ports_left -= 1,
                _ => {}
            }
            self.events.entry((instruction, key)).or_default().push(Event { row: index, value });
        }
    }

    fn finish(self, inherited: usize) -> Provenance {
        let config = self.config;
        let setting = |instruction, name: &str, key: &str, value: &str| {
            let name_and_key = (instruction, key.to_owned());
            setting(name, value, self.events.get(&name_and_key).map_or(&[][..], Vec::as_slice), inherited)
        };
        let labels = config.labels.iter().map(|(key, value)| setting("LABEL", key, key, value)).collect();
        let env = config.env.iter().map(|variable| pair(variable));
        let env = env.map(|(key, value)| setting("ENV", key, key, value)).collect();
        let singles = [
            ("entrypoint", "ENTRYPOINT", config.entrypoint.as_deref().map(words::json)),
            ("cmd", "CMD", config.cmd.as_deref().map(words::json)),
            ("user", "USER", config.user.clone()),
            ("workdir", "WORKDIR", config.working_dir.clone()),
            ("stop_signal", "STOPSIGNAL", config.stop_signal.clone()),
            ("healthcheck", "HEALTHCHECK", config.healthcheck.as_ref().map(health::of_config)),
            ("shell", "SHELL", config.shell.as_deref().map(words::json)),
        ];
        let singles = singles
            .into_iter()
            .filter_map(|(name, instruction, value)| Some(setting(instruction, name, "", value.as_deref()?)));
        let ports = config.exposed_ports.iter().map(|port| setting("EXPOSE", "port", port, port));
        let volumes = config.volumes.iter().map(|volume| setting("VOLUME", "volume", volume, volume));
        Provenance { labels, env, settings: singles.chain(ports).chain(volumes).collect() }
    }
}

/// `KEY=VALUE`; a key without a value has an empty one.
fn pair(text: &str) -> (&str, &str) {
    text.split_once('=').unwrap_or((text, ""))
}

/// Instruction, key and value of everything that a row sets.
type Set = Vec<(&'static str, String, String)>;

fn keyed(instruction: &'static str, pairs: Vec<(String, String)>) -> Set {
    pairs.into_iter().map(|(key, value)| (instruction, key, value)).collect()
}

/// Members of a set: each has itself as its value, so that naming it again overrides nothing.
fn members(instruction: &'static str, names: Vec<String>) -> Set {
    names.into_iter().map(|name| (instruction, name.clone(), name)).collect()
}

/// Whether a builder writes instructions into the history as they stand in the Dockerfile, quotes and variables too:
/// Buildah, which names the image below in the comment, and kaniko.
fn is_as_written(row: &HistoryRow) -> bool {
    row.comment.as_deref().is_some_and(|comment| comment.starts_with("FROM "))
        || row.author.as_deref() == Some("kaniko")
}

/// A working directory against the one before it. One with a drive is Windows' and stays.
fn below(directory: &str, typed: &str) -> String {
    if typed.starts_with('/') || typed.contains(':') {
        return typed.to_owned();
    }
    format!("{}/{typed}", directory.trim_end_matches('/'))
}

/// One value of the final config, with the rows that set its key.
fn setting(key: &str, value: &str, events: &[Event], inherited: usize) -> Setting {
    let last = events.len().checked_sub(1).filter(|last| events.get(*last).is_some_and(|event| event.value == value));
    let history = last.and_then(|last| events.get(last)).map(|event| event.row);
    let before = events.get(..last.unwrap_or(events.len())).unwrap_or_default();
    let after = before.iter().skip(1).map(|event| event.value.as_str()).chain([value]);
    // A row that sets the value that is there already replaces nothing.
    let replaced = before.iter().zip(after).filter(|(event, next)| event.value != *next);
    Setting {
        key: key.to_owned(),
        value: value.to_owned(),
        history,
        inherited: history.is_some_and(|row| row < inherited),
        overrides: replaced.map(|(event, _)| Override { value: event.value.clone(), history: event.row }).collect(),
    }
}

#[cfg(test)]
mod tests;
