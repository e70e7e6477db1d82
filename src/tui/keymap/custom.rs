//! The keys as the user wants them: the table, what dive's users have in their fingers, and what the config file says.

use super::{Act, Action, COMPARE, FILES, FIND, LIFE, LISTS, TREE, VIEWER, WASTE, Where, table};
use std::borrow::Cow;

/// Which keys there are before single ones are changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Preset {
    /// Ours.
    #[default]
    Layerscope,
    /// Ours, with dive's where the two differ; `^M` is left out, which terminals send for Enter.
    Dive,
}

/// One action and the keys that the user wants for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Binding {
    /// The name of the action.
    pub action: String,
    /// The keys, as the help writes them.
    pub keys: Vec<String>,
}

/// Actions and their keys.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Keymap {
    pub(in crate::tui) actions: Vec<Action>,
}

impl Default for Keymap {
    fn default() -> Self {
        Self { actions: table() }
    }
}

/// Where dive's keys do something else than ours, and where. What they meant is still there under another key.
const DIVE: &[(Act, Where, &str)] = &[
    (Act::PageDown, LISTS, "d"),
    (Act::PageUp, LISTS, "u"),
    (Act::Diff, TREE.or(WASTE).or(FILES).or(COMPARE).or(LIFE).or(VIEWER), "D"),
    (Act::KindAdded, TREE, "^A"),
    (Act::KindRemoved, TREE, "^R"),
    (Act::KindUnchanged, TREE, "^U"),
];

/// The keys that are no characters, as the help writes them.
const NAMED: [&str; 17] = [
    "Enter",
    "Esc",
    "Tab",
    "S-Tab",
    "Space",
    "S-Up",
    "S-Down",
    "Up",
    "Down",
    "Left",
    "Right",
    "PgUp",
    "PgDn",
    "Home",
    "End",
    "Backspace",
    "Delete",
];

impl Keymap {
    /// The keys that the user wants, and for each binding that means nothing why.
    pub fn new(preset: Preset, bindings: &[Binding]) -> (Self, Vec<(String, String)>) {
        let mut keymap = Self::default();
        if preset == Preset::Dive {
            for (act, place, key) in DIVE {
                keymap.carve(*place);
                keymap.give(*act, *place, key);
            }
        }
        let mut problems = Vec::new();
        for binding in bindings {
            if let Err(problem) = keymap.bind(binding) {
                problems.push((binding.action.clone(), problem));
            }
        }
        (keymap, problems)
    }

    /// The names of all actions with their keys and what they do, in the order of the table.
    pub fn names(&self) -> Vec<(String, Vec<&str>, &'static str)> {
        let mut out: Vec<(String, Vec<&str>, &'static str)> = Vec::new();
        for action in &self.actions {
            let name = action.act.name();
            let keys = action.keys.iter().map(AsRef::as_ref);
            match out.iter_mut().find(|(known, ..)| *known == name) {
                Some((_, known, _)) => {
                    let new: Vec<&str> = keys.filter(|key| !known.contains(key)).collect();
                    known.extend(new);
                }
                None => out.push((name, keys.collect(), action.help)),
            }
        }
        out
    }

    fn bind(&mut self, binding: &Binding) -> Result<(), String> {
        let act = self.actions.iter().map(|action| action.act).find(|act| act.name() == binding.action);
        let act = act.ok_or("there is no such action; `layerscope --dump-config` lists them")?;
        if let Some(key) = binding.keys.iter().find(|key| !is_key(key)) {
            return Err(format!("{key:?} is no key; keys are written like q, ^F, gg, Enter, PgDn, S-Tab"));
        }
        // Where letters are typed they cannot do anything else.
        let typed = |key: &String| !key.starts_with('^') && !NAMED.contains(&key.as_str());
        let place = self.actions.iter().filter(|action| action.act == act).fold(Where(0), |all, row| all.or(row.place));
        let keeps = if binding.keys.iter().all(typed) { FIND } else { Where(0) };
        let place = place.without(keeps);
        self.carve(place);
        for action in self.actions.iter_mut().filter(|action| action.act == act && action.place.has(place)) {
            action.keys.clear();
        }
        for key in &binding.keys {
            let place = if typed(key) { place.without(FIND) } else { place };
            self.carve(place);
            self.give(act, place, key);
        }
        Ok(())
    }

    /// Divides rows that are in a place only in part, so that the part can have keys of its own.
    fn carve(&mut self, place: Where) {
        let divided = |action: Action| {
            let (inside, outside) = (action.place.0 & place.0, action.place.without(place));
            let parts = [Where(inside), outside].into_iter().filter(|part| part.0 != 0);
            parts.map(|part| Action { place: part, ..action.clone() }).collect::<Vec<_>>()
        };
        self.actions = std::mem::take(&mut self.actions).into_iter().flat_map(divided).collect();
    }

    /// Gives a key to an action and takes it from all others, in a place that no row is in only in part.
    fn give(&mut self, act: Act, place: Where, key: &str) {
        for action in self.actions.iter_mut().filter(|action| action.place.has(place)) {
            action.keys.retain(|known| known != key);
            if action.act == act {
                action.keys.push(Cow::Owned(key.to_owned()));
            }
        }
    }
}

impl Act {
    /// Its name in the config file: `next-pane`.
    pub(crate) fn name(self) -> String {
        let mut name = String::new();
        for c in format!("{self:?}").chars() {
            if c.is_ascii_uppercase() && !name.is_empty() {
                name.push('-');
            }
            name.push(c.to_ascii_lowercase());
        }
        name
    }
}

/// Whether this is a key, or two that follow each other, as the help writes them.
fn is_key(key: &str) -> bool {
    let printable = |c: char| !c.is_control() && !c.is_whitespace();
    let mut chars = key.chars();
    match (chars.next(), chars.next(), chars.next()) {
        (Some(c), None, None) | (Some('^'), Some(c), None) => printable(c),
        (Some(first), Some(second), None) => printable(first) && second.is_ascii_lowercase(),
        _ => NAMED.contains(&key) || NAMED.contains(&key.trim_start_matches('^')),
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::layout::Pane;
    use super::super::{Context, Meaning};
    use super::*;

    fn bound(bindings: &[(&str, &[&str])]) -> (Keymap, Vec<(String, String)>) {
        let binding = |(action, keys): &(&str, &[&str])| Binding {
            action: (*action).to_owned(),
            keys: keys.iter().map(|key| (*key).to_owned()).collect(),
        };
        Keymap::new(Preset::Layerscope, &bindings.iter().map(binding).collect::<Vec<_>>())
    }

    const TREE: Context = Context::Pane(Pane::Tree);
    const LIST: Context = Context::Pane(Pane::Layers);

    #[test]
    fn a_key_moves_from_one_action_to_another() {
        let (keymap, problems) = bound(&[("life", &["T", "d"])]);
        assert_eq!(problems, []);
        assert_eq!(keymap.meaning(TREE, None, "T"), Meaning::Act(Act::Life));
        assert_eq!(keymap.meaning(TREE, None, "d"), Meaning::Act(Act::Life));
        assert_eq!(keymap.meaning(TREE, None, "t"), Meaning::Nothing);
        // Where the action is not, the key means what it did.
        assert_eq!(keymap.meaning(Context::Viewer, None, "d"), Meaning::Act(Act::Diff));
    }

    #[test]
    fn letters_are_typed_where_they_can_be() {
        let (keymap, problems) = bound(&[("diff", &["c"])]);
        assert_eq!(problems, []);
        assert_eq!(keymap.meaning(TREE, None, "c"), Meaning::Act(Act::Diff));
        assert_eq!(keymap.meaning(LIST, None, "c"), Meaning::Act(Act::ChangesOnly));
        assert_eq!(keymap.meaning(Context::Find, None, "^D"), Meaning::Act(Act::Diff));
        assert_eq!(keymap.meaning(Context::Find, None, "c"), Meaning::Nothing);
        let (keymap, _) = bound(&[("diff", &["^G"])]);
        assert_eq!(keymap.meaning(Context::Find, None, "^G"), Meaning::Act(Act::Diff));
        assert_eq!(keymap.meaning(Context::Find, None, "^D"), Meaning::Nothing);
    }

    #[test]
    fn what_means_nothing_is_said() {
        let (keymap, problems) = bound(&[("fly", &["f"]), ("life", &["Ctrl-T"]), ("quit", &["^ "])]);
        let told: Vec<&str> = problems.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!((keymap, told), (Keymap::default(), vec!["fly", "life", "quit"]));
    }

    #[test]
    fn dives_keys_are_where_dive_has_them() {
        let (keymap, _) = Keymap::new(Preset::Dive, &[]);
        let cases = [
            (LIST, "d", Act::PageDown),
            (TREE, "u", Act::PageUp),
            (TREE, "^A", Act::KindAdded),
            (LIST, "^A", Act::LensSum),
            (TREE, "^R", Act::KindRemoved),
            (TREE, "^U", Act::KindUnchanged),
            (LIST, "^U", Act::HalfUp),
            (TREE, "D", Act::Diff),
            (TREE, "Space", Act::Toggle),
            (TREE, "^Space", Act::CloseAll),
        ];
        for (context, key, act) in cases {
            assert_eq!(keymap.meaning(context, None, key), Meaning::Act(act), "{key}");
        }
    }

    #[test]
    fn every_action_has_a_name_of_its_own_and_keys_that_can_be_written() {
        let keymap = Keymap::default();
        for (name, keys, _) in keymap.names() {
            assert!(name.chars().all(|c| c == '-' || c.is_ascii_lowercase()), "{name}");
            assert!(keys.iter().all(|key| is_key(key)), "{keys:?}");
            // Writing down what there is changes nothing that a key does.
            let keys: Vec<String> = keys.iter().map(|key| (*key).to_owned()).collect();
            let (_, problems) = Keymap::new(Preset::Layerscope, &[Binding { action: name, keys }]);
            assert_eq!(problems, []);
        }
    }
}
