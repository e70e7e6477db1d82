//! A table of a rules file whose keys are taken one by one; what nobody took is a slip.

use super::super::{PathGlob, RulesError, parse_bytes, spelling};
use jiff::civil::Date;
use std::ops::Range;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// How many globs a list may have: each is held against every path of the image.
const MAX_GLOBS: usize = 1000;

/// Where the text comes from, for messages.
#[derive(Debug, Clone, Copy)]
pub(super) struct Place<'a> {
    /// The name of the file.
    pub(super) file: &'a str,
    /// All of its text.
    pub(super) text: &'a str,
}

impl Place<'_> {
    /// The line of a byte, counted from 1.
    fn line(self, at: usize) -> u64 {
        let before = self.text.as_bytes().get(..at).unwrap_or_default();
        memchr::memchr_iter(b'\n', before).count() as u64 + 1
    }

    /// An error about what stands at a byte.
    pub(super) fn error(self, at: usize, message: String) -> RulesError {
        RulesError::File { file: self.file.to_owned(), line: Some(self.line(at)), message }
    }
}

/// A value, and the byte at which it stands.
#[derive(Debug, Clone)]
pub(super) struct Value<T> {
    pub(super) value: T,
    pub(super) at: usize,
}

/// Texts by key, in the order of the file.
pub(super) type Rows = Vec<(String, Value<String>)>;

/// The keys of one table that nobody took yet.
#[derive(Debug)]
pub(super) struct Fields<'a> {
    place: Place<'a>,
    /// How messages call the table.
    name: String,
    /// The byte at which it stands.
    pub(super) at: usize,
    table: DeTable<'a>,
}

impl<'a> Fields<'a> {
    pub(super) fn new(place: Place<'a>, name: String, at: usize, table: DeTable<'a>) -> Self {
        Self { place, name, at, table }
    }

    /// An error about the whole table.
    pub(super) fn error(&self, message: &str) -> RulesError {
        self.error_at(self.at, message)
    }

    /// An error about what stands at a byte.
    pub(super) fn error_at(&self, at: usize, message: &str) -> RulesError {
        self.place.error(at, format!("{}: {message}", self.name))
    }

    /// Where the table stands, as in `layerscope.toml, line 12`.
    pub(super) fn origin(&self) -> String {
        format!("{}, line {}", self.place.file, self.place.line(self.at))
    }

    /// All keys must have been taken; `known` are those that may be there.
    pub(super) fn finish(self, known: &[&str]) -> Result<(), RulesError> {
        let first = self.table.keys().min_by_key(|key| key.span().start);
        let Some(key) = first else { return Ok(()) };
        let name = key.get_ref();
        let hint = match spelling::nearest(name, known.iter().copied()) {
            Some(near) => format!("did you mean {near}?"),
            None => format!("it may have {}", known.join(", ")),
        };
        Err(self.error_at(key.span().start, &format!("there is no key '{name}'; {hint}")))
    }

    fn take(&mut self, key: &str) -> Option<(DeValue<'a>, Range<usize>)> {
        let value = self.table.remove(key)?;
        let span = value.span();
        Some((value.into_inner(), span))
    }

    /// That a key has a value of another type.
    fn wrong(&self, key: &str, at: &Range<usize>, needed: &str) -> RulesError {
        let written = self.place.text.get(at.clone()).unwrap_or_default();
        let written: String = written.lines().next().unwrap_or_default().chars().take(40).collect();
        self.error_at(at.start, &format!("{key} cannot be {written}: {needed}"))
    }

    /// What a key must have; `example` is what could be written.
    pub(super) fn needed<T>(
        &mut self,
        key: &str,
        example: &str,
        read: impl FnOnce(&mut Self, &str) -> Result<Option<T>, RulesError>,
    ) -> Result<T, RulesError> {
        read(self, key)?.ok_or_else(|| self.error(&format!("`{key}` is missing, as in {key} = {example}")))
    }

    /// A text.
    pub(super) fn text(&mut self, key: &str) -> Result<Option<Value<String>>, RulesError> {
        match self.take(key) {
            None => Ok(None),
            Some((DeValue::String(text), at)) => Ok(Some(Value { value: text.into_owned(), at: at.start })),
            Some((_, at)) => Err(self.wrong(key, &at, "a text in quotes is needed")),
        }
    }

    /// A text of one line that is not empty.
    pub(super) fn line(&mut self, key: &str) -> Result<Option<String>, RulesError> {
        let Some(text) = self.text(key)? else { return Ok(None) };
        if text.value.trim().is_empty() || text.value.contains('\n') {
            return Err(self.error_at(text.at, &format!("{key} needs one line that is not empty")));
        }
        Ok(Some(text.value))
    }

    /// One of some words.
    pub(super) fn word<'w>(&mut self, key: &str, words: &[&'w str]) -> Result<Option<&'w str>, RulesError> {
        let text = self.text(key)?;
        text.map(|text| self.one_of(key, &text, words)).transpose()
    }

    /// A list of some words, or one of them.
    pub(super) fn words<'w>(&mut self, key: &str, words: &[&'w str]) -> Result<Vec<&'w str>, RulesError> {
        let texts = self.texts(key)?;
        texts.iter().map(|text| self.one_of(key, text, words)).collect()
    }

    fn one_of<'w>(&self, key: &str, text: &Value<String>, words: &[&'w str]) -> Result<&'w str, RulesError> {
        let known = words.iter().find(|word| **word == text.value);
        known.copied().ok_or_else(|| {
            let hint = match spelling::nearest(&text.value, words.iter().copied()) {
                Some(near) => format!("did you mean {near}?"),
                None => format!("it may be {}", words.join(", ")),
            };
            self.error_at(text.at, &format!("{key} cannot be '{}'; {hint}", text.value))
        })
    }

    /// A list of texts, or one of them; nothing is an empty list.
    fn texts(&mut self, key: &str) -> Result<Vec<Value<String>>, RulesError> {
        const NEEDED: &str = "a list of texts is needed, as in [\"a\", \"b\"]";
        let (list, at) = match self.take(key) {
            None => return Ok(Vec::new()),
            Some((DeValue::String(text), at)) => return Ok(vec![Value { value: text.into_owned(), at: at.start }]),
            Some((DeValue::Array(list), at)) => (list, at),
            Some((_, at)) => return Err(self.wrong(key, &at, NEEDED)),
        };
        if list.is_empty() {
            return Err(self.wrong(key, &at, NEEDED));
        }
        let text = |item: Spanned<DeValue<'a>>| {
            let at = item.span();
            match item.into_inner() {
                DeValue::String(text) => Ok(Value { value: text.into_owned(), at: at.start }),
                _ => Err(self.wrong(key, &at, NEEDED)),
            }
        };
        list.into_iter().map(text).collect()
    }

    /// A list of globs, or one.
    pub(super) fn globs(&mut self, key: &str) -> Result<Vec<PathGlob>, RulesError> {
        let texts = self.texts(key)?;
        if let Some(over) = texts.get(MAX_GLOBS) {
            return Err(self.error_at(over.at, &format!("{key} may have {MAX_GLOBS} patterns, this is one more")));
        }
        texts.iter().map(|text| self.path_glob(text)).collect()
    }

    /// A list of globs with at least one.
    pub(super) fn some_globs(&mut self, key: &str) -> Result<Vec<PathGlob>, RulesError> {
        let globs = |fields: &mut Self, key: &str| Ok(Some(fields.globs(key)?).filter(|globs| !globs.is_empty()));
        self.needed(key, "[\"tmp/**\", \"*.log\"]", globs)
    }

    /// One glob.
    pub(super) fn glob(&mut self, key: &str) -> Result<Option<PathGlob>, RulesError> {
        let text = self.text(key)?;
        text.map(|text| self.path_glob(&text)).transpose()
    }

    fn path_glob(&self, text: &Value<String>) -> Result<PathGlob, RulesError> {
        PathGlob::new(&text.value)
            .map_err(|why| self.error_at(text.at, &format!("'{}' is no pattern: {why}", text.value)))
    }

    /// A number that is not negative.
    pub(super) fn count(&mut self, key: &str) -> Result<Option<u64>, RulesError> {
        const NEEDED: &str = "a number is needed, as in 10";
        match self.take(key) {
            None => Ok(None),
            Some((DeValue::Integer(number), at)) => {
                let number = u64::from_str_radix(number.as_str(), number.radix());
                number.map(Some).map_err(|_not_so_large| self.wrong(key, &at, NEEDED))
            }
            Some((_, at)) => Err(self.wrong(key, &at, NEEDED)),
        }
    }

    /// Bytes, if they are there: a number, or a text as in `20MB`.
    pub(super) fn size(&mut self, key: &str) -> Result<Option<u64>, RulesError> {
        if !matches!(self.table.get(key).map(Spanned::get_ref), Some(DeValue::String(_))) {
            return self.count(key);
        }
        let text = self.text(key)?;
        let wrong = |text: &Value<String>, why: String| {
            self.error_at(text.at, &format!("{key} cannot be '{}': {why}", text.value))
        };
        text.map(|text| parse_bytes(&text.value).map_err(|why| wrong(&text, why.to_string()))).transpose()
    }

    /// Bytes that must be there.
    pub(super) fn bytes(&mut self, key: &str) -> Result<u64, RulesError> {
        self.needed(key, "\"200MB\"", Self::size)
    }

    /// A share as in `2%`, 1 being all; none if the value is anything else.
    pub(super) fn share(&mut self, key: &str) -> Result<Option<f64>, RulesError> {
        let Some(DeValue::String(text)) = self.table.get(key).map(Spanned::get_ref) else { return Ok(None) };
        let Some(number) = text.strip_suffix('%') else { return Ok(None) };
        let share = number.trim().parse::<f64>().ok().filter(|number| (0.0..=1000.0).contains(number));
        let taken = self.text(key)?;
        match (share, taken) {
            (Some(number), _) => Ok(Some(number / 100.0)),
            (None, taken) => {
                let at = taken.map_or(self.at, |text| text.at);
                Err(self.error_at(at, &format!("{key} needs a number from 0 to 1000 before `%`, as in \"2%\"")))
            }
        }
    }

    /// A day: a date of TOML, or a text that is one.
    pub(super) fn date(&mut self, key: &str) -> Result<Option<Date>, RulesError> {
        let Some((value, at)) = self.take(key) else { return Ok(None) };
        let text = match &value {
            DeValue::String(text) => text.to_string(),
            DeValue::Datetime(date) => date.to_string(),
            _ => String::new(),
        };
        let date =
            text.parse().map_err(|_cause: jiff::Error| self.wrong(key, &at, "a day is needed, as in 2027-03-31"));
        date.map(Some)
    }

    /// Texts by key, in the order of the file.
    pub(super) fn map(&mut self, key: &str) -> Result<Option<Rows>, RulesError> {
        const NEEDED: &str = "a table of texts is needed, as in { \"key\" = \"value\" }";
        let Some((value, at)) = self.take(key) else { return Ok(None) };
        let DeValue::Table(table) = value else { return Err(self.wrong(key, &at, NEEDED)) };
        let mut rows = Vec::new();
        for (name, value) in table {
            let at = value.span();
            let DeValue::String(text) = value.into_inner() else { return Err(self.wrong(name.get_ref(), &at, NEEDED)) };
            rows.push((name.into_inner().into_owned(), Value { value: text.into_owned(), at: at.start }));
        }
        rows.sort_by_key(|(_, text)| text.at);
        Ok(Some(rows).filter(|rows| !rows.is_empty()))
    }

    /// The tables of a table, by name.
    pub(super) fn tables(&mut self, key: &str) -> Result<Vec<(String, Self)>, RulesError> {
        let needed = format!("tables are needed, as in [{key}.image-bytes]");
        let Some((value, at)) = self.take(key) else { return Ok(Vec::new()) };
        let DeValue::Table(table) = value else { return Err(self.wrong(key, &at, &needed)) };
        let mut rows = Vec::new();
        for (name, value) in table {
            let (at, name) = (name.span(), name.into_inner().into_owned());
            let DeValue::Table(table) = value.into_inner() else { return Err(self.wrong(&name, &at, &needed)) };
            rows.push((name.clone(), Self::new(self.place, format!("[{key}.{name}]"), at.start, table)));
        }
        Ok(rows)
    }

    /// A list of tables, or one table.
    pub(super) fn list_of_tables(&mut self, key: &str) -> Result<Vec<Self>, RulesError> {
        const NEEDED: &str = "a table is needed";
        let list = match self.take(key) {
            None => return Ok(Vec::new()),
            Some((DeValue::Array(list), _)) => list.into_iter().map(|item| (item.span(), item.into_inner())).collect(),
            Some((value, at)) => vec![(at, value)],
        };
        let name = format!("{key} of {}", self.name);
        let table = |(at, value): (Range<usize>, DeValue<'a>)| match value {
            DeValue::Table(table) => Ok(Self::new(self.place, name.clone(), at.start, table)),
            _ => Err(self.wrong(key, &at, NEEDED)),
        };
        list.into_iter().map(table).collect()
    }
}
