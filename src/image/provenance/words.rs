//! The arguments of instructions, as builders write them into the history: often without the quotes of the
//! Dockerfile, so that a value can only be told with the final config in hand.

use super::expand;
use std::borrow::Cow;
use std::cell::Cell;
use std::collections::BTreeMap;

/// The keys and values of the final config.
pub(super) struct Known<'a> {
    values: BTreeMap<&'a str, &'a str>,
    /// Bytes within which a key ends, quotes, escapes and the equals sign included.
    longest: usize,
}

impl<'a> Known<'a> {
    /// How far a key is looked for. A longer one has no recorded origin.
    const FURTHEST: usize = 1024;

    /// Takes the pairs of the final config.
    pub(super) fn new(pairs: &[(&'a str, &'a str)]) -> Self {
        let longest = pairs.iter().map(|(key, _)| key.len()).max().unwrap_or_default();
        let longest = longest.saturating_mul(2).saturating_add(3).min(Self::FURTHEST);
        Self { values: pairs.iter().copied().collect(), longest }
    }
}

/// How the words of a row are read.
pub(super) struct Reading<'a> {
    /// Whether the row has them as the Dockerfile does, with quotes and variables.
    pub(super) is_as_written: bool,
    /// What variables come to.
    pub(super) variable: &'a dyn Fn(&str) -> Option<String>,
    /// How many bytes words may still come to: a variable that doubles itself in each row must not fill the memory.
    pub(super) bytes_left: &'a Cell<usize>,
}

impl Reading<'_> {
    /// What a word comes to. What gives the value of the final config is right, however the row was written.
    pub(super) fn word(&self, text: &str, wanted: &str) -> String {
        if text == wanted {
            return text.to_owned();
        }
        let left = self.bytes_left.get();
        let Some(expanded) = expand::word(text, self.variable, left) else { return text.to_owned() };
        self.bytes_left.set(left.saturating_sub(expanded.len()));
        if self.is_as_written || expanded == wanted { expanded } else { text.to_owned() }
    }
}

/// Reads the pairs of a `LABEL` or `ENV`, with the keys and values of the final config as a guide: a word begins a new
/// pair only if its key is known, and a known value is taken whole.
pub(super) fn pairs(text: &str, known: &Known<'_>, reading: &Reading<'_>) -> Vec<(String, String)> {
    let mut out = Vec::new();
    let mut rest = text.trim_start();
    if key_at(rest, known).is_none() {
        // The old form with one pair and no equals sign, `ENV key the value`.
        let (key, value) = rest.split_once(char::is_whitespace).unwrap_or((rest, ""));
        if known.values.contains_key(key) {
            let wanted = known.values.get(key).copied().unwrap_or_default();
            return vec![(key.to_owned(), reading.word(value.trim(), wanted))];
        }
        rest = rest.get(next_key(rest, known)..).unwrap_or_default();
    }
    while let Some((key, value_text)) = key_at(rest, known) {
        let wanted = known.values.get(key.as_ref()).copied().unwrap_or_default();
        let (value, after) = value(value_text, wanted, known, reading);
        out.push((key.into_owned(), value));
        rest = after.trim_start();
        if key_at(rest, known).is_none() {
            rest = rest.get(next_key(rest, known)..).unwrap_or_default();
        }
    }
    out
}

/// A known key at the beginning of `text`, quoted or not, and what follows its equals sign. Looks no further than the
/// longest known key reaches: rows may be megabytes long, and every word of them is tried.
fn key_at<'a>(text: &'a str, known: &Known<'_>) -> Option<(Cow<'a, str>, &'a str)> {
    let near = text.get(..text.floor_char_boundary(known.longest))?;
    let (key, end) = match quoted(near) {
        Some((key, rest)) => (Cow::Owned(key), near.len() - rest.len()),
        None => near.split_once('=').map(|(key, _)| (Cow::Borrowed(key), key.len()))?,
    };
    let rest = text.get(end..)?.strip_prefix('=')?;
    known.values.contains_key(key.as_ref()).then_some((key, rest))
}

/// Where the next word with a known key begins; the length of `text` if there is none.
fn next_key(text: &str, known: &Known<'_>) -> usize {
    text.match_indices(char::is_whitespace)
        .map(|(at, space)| at + space.len())
        .find(|at| text.get(*at..).is_some_and(|rest| key_at(rest, known).is_some()))
        .unwrap_or(text.len())
}

/// The value at the beginning of `text`, and what follows it.
fn value<'a>(text: &'a str, wanted: &str, known: &Known<'_>, reading: &Reading<'_>) -> (String, &'a str) {
    let ends = |rest: &str| rest.is_empty() || rest.starts_with(char::is_whitespace);
    if let Some(rest) = text.strip_prefix(wanted).filter(|rest| ends(rest)) {
        return (wanted.to_owned(), rest);
    }
    if let Some((value, rest)) = quoted(text).filter(|(_, rest)| ends(rest)) {
        let written = text.get(..text.len() - rest.len()).unwrap_or_default();
        let word = reading.word(written, wanted);
        // Docker quotes as Go does, which undoes more escapes than a Dockerfile.
        return (if value == wanted || word == written { value } else { word }, rest);
    }
    let (value, rest) = text.split_at(next_key(text, known));
    (reading.word(value.trim_end(), wanted), rest)
}

/// A string in double or single quotes at the beginning of `text`, with its escapes undone, and what follows it.
pub(super) fn quoted(text: &str) -> Option<(String, &str)> {
    let quote = text.chars().next().filter(|c| matches!(c, '"' | '\''))?;
    let mut out = String::new();
    let mut chars = text.char_indices().skip(1);
    while let Some((at, c)) = chars.next() {
        match c {
            _ if c == quote => return Some((out, text.get(at + c.len_utf8()..)?)),
            '\\' if quote == '"' => match chars.next()?.1 {
                'n' => out.push('\n'),
                't' => out.push('\t'),
                'r' => out.push('\r'),
                escaped => out.push(escaped),
            },
            _ => out.push(c),
        }
    }
    None
}

/// The strings of `["a" "b"]` (Go) or `["a", "b"]` (JSON), and what follows the list; none if it is no such list.
pub(super) fn list(text: &str) -> Option<(Vec<String>, &str)> {
    let (items, after) = raw_list(text)?;
    Some((items.into_iter().filter_map(quoted).map(|(item, _)| item).collect(), after))
}

/// The same with their quotes and escapes.
pub(in crate::image) fn raw_list(text: &str) -> Option<(Vec<&str>, &str)> {
    let mut rest = text.trim_start().strip_prefix('[')?;
    let mut out = Vec::new();
    loop {
        rest = rest.trim_start_matches(|c: char| c.is_whitespace() || c == ',');
        if let Some(after) = rest.strip_prefix(']') {
            return Some((out, after));
        }
        let (_, after) = quoted(rest)?;
        out.push(rest.get(..rest.len() - after.len())?);
        rest = after;
    }
}

/// A list as JSON, without spaces.
pub(super) fn json<S: AsRef<str>>(items: &[S]) -> String {
    let items = items.iter().map(|item| serde_json::Value::from(item.as_ref())).collect();
    serde_json::Value::Array(items).to_string()
}

/// The command of a `CMD` or `ENTRYPOINT`, as JSON; the shell form is wrapped in the shell.
pub(super) fn command(text: &str, shell: &[String]) -> String {
    match list(text) {
        Some((items, rest)) if rest.trim().is_empty() => json(&items),
        _ => json(&shell.iter().map(String::as_str).chain([text]).collect::<Vec<_>>()),
    }
}

/// The words of a `SHELL`: a list, or what Docker writes of one, `[/bin/bash -o pipefail -c]`.
pub(super) fn shell(text: &str) -> Vec<String> {
    match list(text) {
        Some((items, _)) if !items.is_empty() => items,
        _ => text.trim_matches(['[', ']']).split_whitespace().map(str::to_owned).collect(),
    }
}

/// The ports of an `EXPOSE`: `8080/tcp 53/udp`, `map[8080/tcp:{}]`, `[8080/tcp]`, `8080`, `8000-8002`; no more than `most`.
pub(super) fn ports(text: &str, most: usize) -> Vec<String> {
    let text = text.strip_prefix("map").unwrap_or(text);
    let words = text.trim_matches(['[', ']']).split(|c: char| c.is_whitespace() || c == ',');
    words
        .map(|word| word.trim_matches('"').trim_end_matches(":{}"))
        .filter(|word| !word.is_empty())
        .flat_map(ports_of)
        .take(most)
        .collect()
}

/// `8080/tcp` of `8080`, and each of a range `8000-8002/udp`.
fn ports_of(word: &str) -> Vec<String> {
    let (ports, protocol) = word.split_once('/').unwrap_or((word, "tcp"));
    let protocol = protocol.to_ascii_lowercase();
    let range = ports.split_once('-').and_then(|(first, last)| Some(first.parse::<u16>().ok()?..=last.parse().ok()?));
    match range {
        Some(range) => range.map(|port| format!("{port}/{protocol}")).collect(),
        None => vec![format!("{ports}/{protocol}")],
    }
}

/// The paths of a `VOLUME`: `[/a /b]`, `["/a", "/b"]`, `/a /b`.
pub(super) fn volumes(text: &str) -> Vec<String> {
    match list(text) {
        Some((items, _)) if !items.is_empty() => items,
        _ => text.trim_matches(['[', ']']).split_whitespace().map(str::to_owned).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str, known: &[(&str, &str)]) -> Vec<(String, String)> {
        let reading = Reading { is_as_written: false, variable: &|_| None, bytes_left: &Cell::new(1000) };
        pairs(text, &Known::new(known), &reading)
    }

    #[test]
    fn pairs_are_told_with_and_without_quotes() {
        type Pairs = &'static [(&'static str, &'static str)];
        let cases: [(&str, Pairs, Pairs); 9] = [
            ("a=1 b=2", &[("a", "1"), ("b", "2")], &[("a", "1"), ("b", "2")]),
            ("t=small base a=1", &[("a", "9"), ("t", "x")], &[("t", "small base"), ("a", "1")]),
            ("t=small \"quoted\" app", &[("t", "small \"quoted\" app")], &[("t", "small \"quoted\" app")]),
            ("t=run with a=1 flag", &[("a", "2"), ("t", "run with a=1 flag")], &[("t", "run with a=1 flag")]),
            ("\"a\"=\"x y\" \"b\"=\"\\\"q\\\"\"", &[("a", ""), ("b", "")], &[("a", "x y"), ("b", "\"q\"")]),
            ("a the old form", &[("a", "z")], &[("a", "the old form")]),
            ("gone=1 a=2", &[("a", "2")], &[("a", "2")]),
            ("a= b=2", &[("a", ""), ("b", "2")], &[("a", ""), ("b", "2")]),
            ("", &[("a", "")], &[]),
        ];
        for (text, known, expected) in cases {
            let expected: Vec<_> = expected.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect();
            assert_eq!(read(text, known), expected, "{text}");
        }
    }

    #[test]
    fn commands_are_told_in_every_spelling() {
        let [sh, shell] = ["/bin/sh", "/bin/bash"].map(|program| [program.to_owned(), "-c".to_owned()]);
        assert_eq!(command("[\"a b\" \"c\"]", &sh), r#"["a b","c"]"#);
        assert_eq!(command("[\"a\", \"c\"]", &sh), r#"["a","c"]"#);
        assert_eq!(command("echo hi", &sh), r#"["/bin/sh","-c","echo hi"]"#);
        assert_eq!(command("echo hi", &shell), r#"["/bin/bash","-c","echo hi"]"#);
        assert_eq!(command("[ -f x ] && y", &sh), r#"["/bin/sh","-c","[ -f x ] && y"]"#);
        assert_eq!(command("[]", &sh), "[]");
    }

    #[test]
    fn ports_and_volumes_are_told_in_every_spelling() {
        assert_eq!(ports("map[53/udp:{} 8080/tcp:{}]", 9), ["53/udp", "8080/tcp"]);
        assert_eq!(ports("53/udp 8080", 9), ["53/udp", "8080/tcp"]);
        assert_eq!(ports("[8080/tcp]", 9), ["8080/tcp"]);
        assert_eq!(ports("8000-8002/UDP 1-2-3", 9), ["8000/udp", "8001/udp", "8002/udp", "1-2-3/tcp"]);
        assert_eq!(ports("0-65535", 2), ["0/tcp", "1/tcp"]);
        assert_eq!(volumes("[/a /b]"), ["/a", "/b"]);
        assert_eq!(volumes("[\"/a b\", \"/c\"]"), ["/a b", "/c"]);
        assert_eq!(volumes("/a /b"), ["/a", "/b"]);
    }
}
