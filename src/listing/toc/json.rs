//! The JSON of a table, entry by entry: what is in memory is one entry and what was read ahead.

use super::Unfit;
use super::entry::Row;
use serde::de::{DeserializeOwned, IgnoredAny};
use serde_json::Deserializer;
use std::io::{self, Read};

/// Bytes that are read at once.
const PIECE: u64 = 256 << 10;

/// Bytes that one entry may have: extended attributes of 1 MiB in base64, and a long name.
const MAX_ENTRY: usize = 2 << 20;

/// Characters that are told of what is wrong with an entry.
const MAX_MESSAGE: usize = 200;

/// Reads a table from the beginning of `input` to its end, and hands up to `limit` entries over.
pub(super) fn read(
    input: &mut dyn Read,
    limit: u64,
    row: &mut dyn FnMut(Row<'_>) -> Result<(), Unfit>,
) -> Result<(), Unfit> {
    let mut json = Json { input, buffer: Vec::new(), at: 0, at_end: false };
    let mut is_there = false;
    json.items([b'{', b'}'], |json| {
        let key: String = json.value()?;
        json.expect(b':')?;
        if key != "entries" {
            return json.value().map(|IgnoredAny| ());
        }
        if std::mem::replace(&mut is_there, true) {
            return Err(malformed());
        }
        let mut count = 0;
        json.items([b'[', b']'], |json| {
            count += 1;
            if count > limit { Err(Unfit::Limit("entries")) } else { json.row(row) }
        })
    })?;
    match json.peek()? {
        None if is_there => Ok(()),
        _ => Err(malformed()),
    }
}

fn malformed() -> Unfit {
    Unfit::Json("not an object with a list of entries".to_owned())
}

/// A text that is read piece by piece.
struct Json<'a> {
    input: &'a mut dyn Read,
    buffer: Vec<u8>,
    /// How much of the buffer is done with.
    at: usize,
    at_end: bool,
}

impl Json<'_> {
    /// Reads what is between brackets, with commas between the items.
    fn items(
        &mut self,
        [open, close]: [u8; 2],
        mut item: impl FnMut(&mut Self) -> Result<(), Unfit>,
    ) -> Result<(), Unfit> {
        self.expect(open)?;
        if self.peek()? != Some(close) {
            item(self)?;
            while self.peek()? == Some(b',') {
                self.at += 1;
                item(self)?;
            }
        }
        self.expect(close)
    }

    fn expect(&mut self, wanted: u8) -> Result<(), Unfit> {
        if self.peek()? != Some(wanted) {
            return Err(malformed());
        }
        self.at += 1;
        Ok(())
    }

    /// The next byte that is no white space.
    fn peek(&mut self) -> Result<Option<u8>, Unfit> {
        loop {
            let rest = self.buffer.get(self.at..).unwrap_or_default();
            match rest.iter().position(|byte| !matches!(byte, b' ' | b'\t' | b'\n' | b'\r')) {
                Some(space) => {
                    self.at += space;
                    return Ok(rest.get(space).copied());
                }
                None => self.at = self.buffer.len(),
            }
            if self.at_end {
                return Ok(None);
            }
            self.fill()?;
        }
    }

    /// Reads one value that borrows nothing.
    fn value<T: DeserializeOwned>(&mut self) -> Result<T, Unfit> {
        loop {
            let rest = self.rest();
            let mut values = Deserializer::from_slice(rest).into_iter();
            let value = whole(values.next())?;
            let len = values.byte_offset();
            // A number may go on behind what was read.
            let is_whole = len < rest.len() || self.at_end;
            if let Some(value) = value.filter(|_| is_whole) {
                self.at += len;
                return Ok(value);
            }
            self.fill()?;
        }
    }

    /// Reads one entry.
    fn row(&mut self, take: &mut dyn FnMut(Row<'_>) -> Result<(), Unfit>) -> Result<(), Unfit> {
        loop {
            let mut values = Deserializer::from_slice(self.rest()).into_iter();
            if let Some(row) = whole(values.next())? {
                take(row)?;
                self.at += values.byte_offset();
                return Ok(());
            }
            self.fill()?;
        }
    }

    /// What was read and is not done with.
    fn rest(&self) -> &[u8] {
        self.buffer.get(self.at..).unwrap_or_default()
    }

    /// Reads on behind the rest.
    fn fill(&mut self) -> Result<(), Unfit> {
        if self.at_end {
            return Err(Unfit::Read(io::ErrorKind::UnexpectedEof.into()));
        }
        self.buffer.drain(..self.at.min(self.buffer.len()));
        self.at = 0;
        if self.buffer.len() > MAX_ENTRY {
            return Err(Unfit::Limit("bytes in an entry"));
        }
        let read = self.input.take(PIECE).read_to_end(&mut self.buffer)?;
        self.at_end = read == 0;
        Ok(())
    }
}

/// What was read of a value; `None` if it goes on behind the buffer.
fn whole<T>(value: Option<serde_json::Result<T>>) -> Result<Option<T>, Unfit> {
    match value {
        None => Ok(None),
        Some(Err(error)) if error.is_eof() => Ok(None),
        Some(value) => value.map(Some).map_err(|error| {
            // Where it says that it is, is where in the buffer.
            let text = error.to_string();
            let text = text.split(" at line ").next().unwrap_or_default();
            // It quotes what was read, which may be as long as an entry.
            Unfit::Json(text.chars().take(MAX_MESSAGE).collect())
        }),
    }
}
