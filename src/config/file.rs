//! What the user likes, as files: `config.toml`, which the user writes, and `state.toml`, which the explorer leaves behind.
//! Both are of one kind. What is not understood is told with its line, and the rest still counts. Limits below `[ci]` are
//! read with the rules of the gate.

use crate::analysis::nearest;
use crate::report::Units;
use crate::tree::Filter;
use crate::tui::{Binding, Keymap, LensMode, Options, Preset, SortKey, ThemeName, View};
use std::fmt::Write as _;
use std::sync::Arc;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// The keys that a file may have.
const KNOWN: [&str; 15] = [
    "theme",
    "units",
    "keys",
    "view",
    "lens",
    "sort",
    "split",
    "wide_split",
    "attributes",
    "ascii",
    "mouse",
    "filters",
    "editor",
    "clipboard",
    "ci",
];

/// Names of lenses.
const LENSES: [(&str, LensMode); 3] = [("alone", LensMode::Alone), ("sum", LensMode::Sum), ("whole", LensMode::Whole)];

/// Changes options as a file says. Gives back what is wrong in it, a sentence each, with the name of the file and the
/// line.
pub fn apply(text: &str, file: &str, options: &mut Options) -> Vec<String> {
    let mut reader = Reader { text, problems: Vec::new() };
    match DeTable::parse(text) {
        Ok(table) => reader.table(table.into_inner(), options),
        Err(error) => reader.tell(error.span().map_or(0, |span| span.start), error.message()),
    }
    reader.problems.sort_by_key(|(line, _)| *line);
    reader.problems.into_iter().map(|(line, problem)| format!("{file}, line {line}: {problem}")).collect()
}

struct Reader<'a> {
    text: &'a str,
    /// What is wrong, with the lines.
    problems: Vec<(usize, String)>,
}

impl Reader<'_> {
    fn tell(&mut self, at: usize, problem: &str) {
        let before = self.text.as_bytes().get(..at).unwrap_or_default();
        let line = memchr::memchr_iter(b'\n', before).count() + 1;
        self.problems.push((line, problem.to_owned()));
    }

    fn table(&mut self, table: DeTable<'_>, options: &mut Options) {
        for (key, value) in table {
            let (at, name) = (key.span().start, key.into_inner());
            let place = value.span().start;
            if let Err(problem) = self.value(&name, at, value.into_inner(), options) {
                self.tell(place, &format!("{name}: {problem}"));
            }
        }
    }

    fn value(&mut self, name: &str, at: usize, value: DeValue<'_>, options: &mut Options) -> Result<(), String> {
        match name {
            "theme" => options.theme = named(&value, ThemeName::ALL.map(|theme| (theme.name(), theme)))?,
            "units" => options.units = named(&value, [("si", Units::Si), ("iec", Units::Iec)])?,
            "view" => options.view = named(&value, View::ALL.map(|view| (view.name(), view)))?,
            "lens" => options.lens = named(&value, LENSES)?,
            "sort" => options.sort = named(&value, SortKey::ALL.map(|key| (key.name(), key)))?,
            "split" | "wide_split" => {
                let columns = value.as_integer().and_then(|number| number.as_str().parse().ok());
                let columns: u16 = columns.ok_or("a number of columns is wanted, as in 40")?;
                let [narrow, wide] = &mut options.split;
                *(if name == "split" { narrow } else { wide }) = Some(columns);
            }
            "attributes" => options.attributes = Some(truth(&value)?),
            "ascii" => options.ascii |= truth(&value)?,
            "mouse" => options.mouse = truth(&value)?,
            "editor" => options.editor = Some(command(&value)?),
            "clipboard" => options.clipboard = Some(command(&value)?),
            "filters" => options.filters = filters(&value)?,
            "keys" => options.keymap = Arc::new(self.keys(value)?),
            // Limits are read with all other rules, which tells what is wrong in them.
            "ci" => {}
            _ => {
                let hint = nearest(name, KNOWN)
                    .map_or_else(|| format!("there are {}", KNOWN.join(", ")), |near| format!("is it {near}?"));
                self.tell(at, &format!("there is no {name:?}; {hint}"));
            }
        }
        Ok(())
    }

    /// `keys = "dive"`, or a table of actions, each with a key or several.
    fn keys(&mut self, value: DeValue<'_>) -> Result<Keymap, String> {
        let presets = [("layerscope", Preset::Layerscope), ("dive", Preset::Dive)];
        let DeValue::Table(table) = value else { return Ok(Keymap::new(named(&value, presets)?, &[]).0) };
        let (mut preset, mut bindings, mut places) = (Preset::Layerscope, Vec::new(), Vec::new());
        for (key, value) in table {
            let (at, action) = (key.span().start, key.into_inner().into_owned());
            if action == "preset" {
                match named(value.get_ref(), presets) {
                    Ok(wanted) => preset = wanted,
                    Err(problem) => self.tell(value.span().start, &format!("preset: {problem}")),
                }
                continue;
            }
            match strings(value.get_ref()) {
                Some(keys) => {
                    places.push((action.clone(), at));
                    bindings.push(Binding { action, keys });
                }
                None => self.tell(at, &format!("{action}: a key is wanted, or a list of keys")),
            }
        }
        let (keymap, problems) = Keymap::new(preset, &bindings);
        for (action, problem) in problems {
            let at = places.iter().find(|(name, _)| *name == action).map_or(0, |(_, at)| *at);
            self.tell(at, &format!("{action}: {problem}"));
        }
        Ok(keymap)
    }
}

/// A string, or a list of some.
fn strings(value: &DeValue<'_>) -> Option<Vec<String>> {
    match value {
        DeValue::String(text) => Some(vec![text.to_string()]),
        DeValue::Array(texts) => {
            texts.iter().map(|text: &Spanned<DeValue<'_>>| text.get_ref().as_str().map(str::to_owned)).collect()
        }
        _ => None,
    }
}

/// Filters that make sense.
fn filters(value: &DeValue<'_>) -> Result<Vec<String>, String> {
    let filters = strings(value).ok_or("a list of filters is wanted, as in [\"is:wasted size:>1M\"]")?;
    for filter in &filters {
        Filter::parse(filter).map_err(|error| error.to_string())?;
    }
    Ok(filters)
}

fn command(value: &DeValue<'_>) -> Result<String, String> {
    let command = value.as_str().filter(|command| !command.trim().is_empty());
    command.map(str::to_owned).ok_or_else(|| "a command is wanted, as a shell understands it".to_owned())
}

fn truth(value: &DeValue<'_>) -> Result<bool, String> {
    value.as_bool().ok_or_else(|| "true or false is wanted".to_owned())
}

/// One of several values that have names.
fn named<T: Copy, const N: usize>(value: &DeValue<'_>, all: [(&str, T); N]) -> Result<T, String> {
    let found = value.as_str().and_then(|name| all.iter().find(|(known, _)| *known == name));
    found.map(|(_, value)| *value).ok_or_else(|| {
        let names = all.map(|(name, _)| format!("{name:?}"));
        format!("one of {} is wanted", names.join(", "))
    })
}

/// A file that changes nothing, with everything that it could change.
pub fn defaults() -> String {
    let mut out = String::from(
        "\
# What the explorer of layerscope looks like and listens to. What is not here is as it is.

# auto (dark or light, as the terminal is), terminal (its own sixteen colours),
# dark, light, colorblind, mono
#theme = \"auto\"

# si: 1 kB = 1000 B; iec: 1 KiB = 1024 B
#units = \"si\"

# layers, waste, files, image, compare
#view = \"layers\"

# alone, sum, whole
#lens = \"alone\"

# size, name, change, time, pull
#sort = \"size\"

# Columns of the list of layers, on screens of less than 120 columns and of more.
#split = 32
#wide_split = 58

# Mode and owner in the tree; unless said, where there is room.
#attributes = true

#ascii = false
#mouse = true

# Filters that arrow up finds in every place where a filter can be typed.
#filters = [\"is:wasted size:>1M\", \"is:elf is:suid\"]

# What E opens a file in; unless said, $VISUAL or $EDITOR.
#editor = \"less\"

# What is given the text that is copied; unless said, the terminal is (OSC 52).
#clipboard = \"wl-copy\"

# \"layerscope\" or \"dive\"; or a table with single keys:
#keys = \"layerscope\"

#[keys]
#preset = \"layerscope\"
",
    );
    for (name, keys, help) in Keymap::default().names() {
        let keys: Vec<String> = keys.iter().map(|key| format!("{key:?}")).collect();
        let _ = writeln!(out, "#{:<40} # {help}", format!("{name} = [{}]", keys.join(", ")));
    }
    out.push_str(
        "
# Limits of `layerscope ci`, which Waste shows: where neither .dive-ci nor the
# command line has others. false switches one off.
#[ci]
#lowestEfficiency = 0.9
#highestWastedBytes = false
#highestUserWastedPercent = 0.1
#metrics = \"exact\"
",
    );
    out
}

/// What the explorer leaves behind of how the user has left it.
pub fn remembered(options: &Options) -> String {
    let mut out =
        String::from("# Written by layerscope whenever its explorer is left; what config.toml says counts more.\n");
    let _ = writeln!(out, "theme = {:?}\nsort = {:?}", options.theme.name(), options.sort.name());
    let [narrow, wide] = options.split;
    for (name, columns) in [("split", narrow), ("wide_split", wide)] {
        if let Some(columns) = columns {
            let _ = writeln!(out, "{name} = {columns}");
        }
    }
    if let Some(shown) = options.attributes {
        let _ = writeln!(out, "attributes = {shown}");
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> (Options, Vec<String>) {
        let mut options = Options::default();
        let problems = apply(text, "config.toml", &mut options);
        (options, problems)
    }

    #[test]
    fn everything_can_be_said() {
        let text = "theme = 'light'\nunits = 'iec'\nview = 'waste'\nlens = 'whole'\nsort = 'name'\nsplit = 40\n\
            wide_split = 70\nattributes = false\nascii = true\nmouse = false\nkeys = 'dive'\n\
            filters = ['is:elf', '/a b/']\neditor = 'vi -R'\nclipboard = 'xclip'\n";
        let (options, problems) = read(text);
        assert_eq!(problems, Vec::<String>::new());
        let wanted = Options {
            theme: ThemeName::Light,
            background: None,
            units: Units::Iec,
            view: View::Waste,
            lens: LensMode::Whole,
            sort: SortKey::Name,
            split: [Some(40), Some(70)],
            attributes: Some(false),
            ascii: true,
            mouse: false,
            editor: Some("vi -R".to_owned()),
            clipboard: Some("xclip".to_owned()),
            filters: vec!["is:elf".to_owned(), "/a b/".to_owned()],
            temporary: Options::default().temporary,
            tmux: false,
            keymap: Arc::new(Keymap::new(Preset::Dive, &[]).0),
        };
        assert_eq!(options, wanted);
    }

    #[test]
    fn what_is_wrong_is_told_with_its_line_and_the_rest_counts() {
        let text = "# mine\nthem = 'dark'\ntheme = 'pink'\nsplit = 'x'\nattributes = 1\nsort = 'time'\n\n[keys]\n\
            preset = 'vi'\nfly = 'f'\nlife = 3\nzoom = 'Ctrl-Z'\nwaste = []\n";
        let (options, problems) = read(text);
        assert_eq!((options.sort, options.theme), (SortKey::Time, ThemeName::Auto));
        let lines: Vec<&str> = problems.iter().map(|problem| problem.split(':').next().unwrap()).collect();
        let mut expected: Vec<String> =
            [2, 3, 4, 5, 9, 10, 11, 12, 13].map(|line| format!("config.toml, line {line}")).into();
        let mut lines: Vec<String> = lines.iter().map(|line| (*line).to_owned()).collect();
        lines.sort();
        expected.sort();
        assert_eq!(lines, expected, "{problems:#?}");
        assert!(
            problems.iter().any(|problem| problem.ends_with("there is no \"them\"; is it theme?")),
            "{problems:#?}"
        );
    }

    #[test]
    fn what_is_no_toml_is_told() {
        let (options, problems) = read("theme = 'dark'\nsplit = = 3\n");
        assert_eq!(options, Options::default());
        assert!(problems[0].starts_with("config.toml, line 2: "), "{problems:?}");
    }

    #[test]
    fn the_defaults_change_nothing_with_or_without_their_marks() {
        let text = defaults();
        assert_eq!(read(&text), (Options::default(), Vec::new()));
        let uncommented: String = text
            .lines()
            .filter(|line| !line.starts_with("#keys ="))
            .filter_map(|line| line.strip_prefix('#'))
            .filter(|line| line.starts_with(|c: char| c.is_ascii_lowercase() || c == '['))
            .map(|line| format!("{line}\n"))
            .filter(|line| line.contains(" = ") || line.starts_with('['))
            .collect();
        let (options, problems) = read(&uncommented);
        assert_eq!(problems, Vec::<String>::new());
        let Options { split, attributes, keymap, .. } = &options;
        assert_eq!((*split, *attributes), ([Some(32), Some(58)], Some(true)));
        let sorted = |keymap: &Keymap| {
            let names = keymap.names().into_iter().map(|(name, keys, help)| {
                let mut keys: Vec<String> = keys.into_iter().map(str::to_owned).collect();
                keys.sort();
                (name, keys, help)
            });
            names.collect::<Vec<_>>()
        };
        assert_eq!(sorted(keymap), sorted(&Keymap::default()));
    }

    #[test]
    fn what_is_left_behind_is_found_again() {
        let left = Options {
            theme: ThemeName::Mono,
            sort: SortKey::Change,
            split: [Some(24), None],
            attributes: Some(true),
            ..Options::default()
        };
        assert_eq!(read(&remembered(&left)), (left, Vec::new()));
    }
}
