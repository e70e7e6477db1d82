//! JSON from strangers: read whole, with a limit on its depth, and with its repeated keys noticed.

use serde::de::{DeserializeSeed, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value};
use std::cell::RefCell;
use std::fmt;

/// How deep arrays and objects may be nested.
pub(super) const MAX_DEPTH: usize = 64;

/// Repeated keys that are remembered of one document; more of them say nothing new.
const MAX_REPEATED: usize = 8;

/// A document that was read.
#[derive(Debug)]
pub(super) struct Parsed {
    /// Its value. Of a repeated key the last one counts, as for Go's and most other readers.
    pub(super) value: Value,
    /// Keys that an object has more than once.
    pub(super) repeated: Vec<String>,
}

/// Reads one JSON document that fills `bytes`.
pub(super) fn parse(bytes: &[u8]) -> Result<Parsed, String> {
    if bytes.starts_with(b"\xef\xbb\xbf") {
        return Err("begins with a byte order mark, which JSON must not have".to_owned());
    }
    if bytes.iter().all(u8::is_ascii_whitespace) {
        return Err("is empty".to_owned());
    }
    let repeated = RefCell::new(Vec::new());
    let mut reader = serde_json::Deserializer::from_slice(bytes);
    let value = Node { depth: 0, repeated: &repeated }
        .deserialize(&mut reader)
        .and_then(|value| reader.end().map(|()| value))
        .map_err(|error| format!("not valid JSON: {error}"))?;
    Ok(Parsed { value, repeated: repeated.into_inner() })
}

/// What a value is, for messages.
pub(super) fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "a string",
        Value::Array(_) => "an array",
        Value::Object(_) => "an object",
    }
}

/// Builds one value and everything in it.
#[derive(Clone, Copy)]
struct Node<'a> {
    depth: usize,
    repeated: &'a RefCell<Vec<String>>,
}

impl Node<'_> {
    fn deeper<E: serde::de::Error>(self) -> Result<Self, E> {
        if self.depth >= MAX_DEPTH {
            return Err(E::custom(format_args!("nested deeper than {MAX_DEPTH} levels")));
        }
        Ok(Self { depth: self.depth + 1, ..self })
    }

    fn note(self, key: &str) {
        let mut repeated = self.repeated.borrow_mut();
        if repeated.len() < MAX_REPEATED {
            repeated.push(key.to_owned());
        }
    }
}

impl<'de> DeserializeSeed<'de> for Node<'_> {
    type Value = Value;

    fn deserialize<D: serde::Deserializer<'de>>(self, reader: D) -> Result<Value, D::Error> {
        reader.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Node<'_> {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_f64<E>(self, value: f64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_string<E>(self, value: String) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let inner = self.deeper::<A::Error>()?;
        let mut out = Vec::new();
        while let Some(item) = items.next_element_seed(inner)? {
            out.push(item);
        }
        Ok(Value::Array(out))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Value, A::Error> {
        let inner = self.deeper::<A::Error>()?;
        let mut out = Map::new();
        while let Some(key) = entries.next_key::<String>()? {
            let value = entries.next_value_seed(inner)?;
            if out.contains_key(&key) {
                self.note(&key);
            }
            out.insert(key, value);
        }
        Ok(Value::Object(out))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_document_is_read_as_it_is() {
        let parsed = parse(br#" {"a":[1,-2,3.5,null,true,"x"],"b":{}} "#).unwrap();
        assert_eq!(parsed.value, serde_json::json!({"a": [1, -2, 3.5, null, true, "x"], "b": {}}));
        assert!(parsed.repeated.is_empty());
    }

    #[test]
    fn bad_documents_say_what_is_wrong() {
        let deep = [b"[".repeat(10_000), b"]".repeat(10_000)].concat();
        let cases: [(&[u8], &str); 6] = [
            (b"", "is empty"),
            (b" \n", "is empty"),
            (b"\xef\xbb\xbf[]", "byte order mark"),
            (b"{} {}", "trailing characters"),
            (b"{\"a\":", "EOF"),
            (&deep, "nested deeper than 64 levels"),
        ];
        for (bytes, message) in cases {
            let error = parse(bytes).unwrap_err();
            assert!(error.contains(message), "{error}");
        }
    }

    #[test]
    fn the_depth_limit_is_exact() {
        let nested = |depth: usize| [b"[".repeat(depth), b"]".repeat(depth)].concat();
        assert!(parse(&nested(MAX_DEPTH)).is_ok());
        assert!(parse(&nested(MAX_DEPTH + 1)).is_err());
    }

    #[test]
    fn repeated_keys_are_noticed_and_the_last_one_counts() {
        let parsed = parse(br#"{"a":1,"b":{"c":1,"c":2},"a":3}"#).unwrap();
        assert_eq!(parsed.value, serde_json::json!({"a": 3, "b": {"c": 2}}));
        assert_eq!(parsed.repeated, ["c", "a"]);
    }
}
