//! JSON: readable, and safe to print. What could move a cursor or turn text around is written `\uXXXX`.

use super::Report;
use crate::escape::is_invisible;
use serde::Serialize;
use serde_json::ser::{Formatter, PrettyFormatter, Serializer};
use std::io::{self, Write};

/// Bytes that are written at once.
const BUFFER: usize = 64 << 10;

/// Writes the report as JSON, indented, with a newline at its end.
pub fn write(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    pretty(report, out)
}

/// The JSON Schema of the report.
pub fn schema() -> serde_json::Value {
    schemars::schema_for!(Report).to_value()
}

/// Writes a JSON Schema.
pub fn write_schema(schema: &serde_json::Value, out: &mut dyn Write) -> io::Result<()> {
    pretty(schema, out)
}

/// Writes any value indented by two spaces, with a newline at its end.
pub(crate) fn pretty<T: Serialize + ?Sized>(value: &T, out: &mut dyn Write) -> io::Result<()> {
    let mut out = io::BufWriter::with_capacity(BUFFER, out);
    value.serialize(&mut Serializer::with_formatter(&mut out, Safe(PrettyFormatter::new())))?;
    out.write_all(b"\n")?;
    out.flush()
}

/// Writes any value in one line, with a newline at its end.
pub(super) fn line<T: Serialize>(value: &T, out: &mut dyn Write) -> io::Result<()> {
    value.serialize(&mut Serializer::with_formatter(&mut *out, Safe(serde_json::ser::CompactFormatter)))?;
    out.write_all(b"\n")
}

/// A formatter that also escapes C1 controls, DEL and everything invisible. `serde_json` itself escapes C0, quotes and
/// backslashes.
#[derive(Debug, Clone)]
struct Safe<F>(F);

/// Passes calls on to the formatter within.
macro_rules! forward {
    ($($name:ident($($arg:ident: $type:ty),*);)*) => {$(
        fn $name<W: ?Sized + Write>(&mut self, writer: &mut W $(, $arg: $type)*) -> io::Result<()> {
            self.0.$name(writer $(, $arg)*)
        }
    )*};
}

impl<F: Formatter> Formatter for Safe<F> {
    forward! {
        begin_array();
        end_array();
        begin_array_value(first: bool);
        end_array_value();
        begin_object();
        end_object();
        begin_object_key(first: bool);
        begin_object_value();
        end_object_value();
    }

    fn write_string_fragment<W: ?Sized + Write>(&mut self, writer: &mut W, fragment: &str) -> io::Result<()> {
        // Most names are printable ASCII.
        if fragment.bytes().all(|byte| matches!(byte, b' '..=b'~')) {
            return writer.write_all(fragment.as_bytes());
        }
        let mut clean = 0;
        for (at, c) in fragment.char_indices().filter(|(_, c)| c.is_control() || is_invisible(*c)) {
            writer.write_all(fragment.get(clean..at).unwrap_or_default().as_bytes())?;
            for unit in c.encode_utf16(&mut [0; 2]) {
                write!(writer, "\\u{unit:04x}")?;
            }
            clean = at + c.len_utf8();
        }
        writer.write_all(fragment.get(clean..).unwrap_or_default().as_bytes())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::testing;

    #[test]
    fn nothing_raw_leaves_in_a_string() {
        let text = "a\u{1b}[31m\u{9b}\u{7f}\u{202e}x\u{200b}\u{e0041}\"\\é日\n";
        let mut out = Vec::new();
        line(&text, &mut out).unwrap();
        let written = String::from_utf8(out).unwrap();
        assert_eq!(written, "\"a\\u001b[31m\\u009b\\u007f\\u202ex\\u200b\\udb40\\udc41\\\"\\\\é日\\n\"\n");
        assert_eq!(serde_json::from_str::<String>(&written).unwrap(), text);
    }

    #[test]
    fn the_report_is_as_its_schema_says() {
        let mut out = Vec::new();
        write(&testing::report(), &mut out).unwrap();
        let value: serde_json::Value = serde_json::from_slice(&out).unwrap();
        let validator = jsonschema::validator_for(&schema()).unwrap();
        let errors: Vec<_> = validator.iter_errors(&value).map(|error| error.to_string()).collect();
        assert!(errors.is_empty(), "{errors:?}");
        let mut wrong = value;
        wrong["totals"]["wasted_bytes"] = "many".into();
        assert!(!validator.is_valid(&wrong));
    }

    #[test]
    fn the_schema_names_every_section_of_the_contract() {
        let schema = schema();
        let properties = schema["properties"].as_object().unwrap();
        for section in [
            "schema",
            "tool",
            "image",
            "totals",
            "dive",
            "layers",
            "history",
            "labels",
            "env",
            "entrypoint",
            "cmd",
            "user",
            "workdir",
            "stop_signal",
            "healthcheck",
            "shell",
            "ports",
            "volumes",
            "waste",
            "notices",
        ] {
            assert!(properties.contains_key(section), "{section}");
        }
    }
}
