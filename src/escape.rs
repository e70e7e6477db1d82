//! How foreign bytes leave the program: one function, so that no name, label or error message of a stranger's image
//! can move the cursor, hide text or forge a line.

use std::borrow::Cow;
use std::fmt::Write as _;

/// Where escaped text goes, which decides how much of it has to be escaped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Target {
    /// A name inside a JSON string: bytes that are no UTF-8, control characters and the backslash are written `\xNN`
    /// (one for each byte) and `\\`. Reversible. What else is dangerous in JSON is for the JSON writer, which has
    /// escapes of its own.
    Json,
    /// A name on a terminal or in a text file: as for JSON, and also characters that turn the direction of text
    /// around or take no space. Reversible.
    Terminal,
    /// Prose on a terminal (an instruction, a label's value, a message): as for a terminal, with the backslash left
    /// as it is. Not reversible.
    Prose,
}

/// Escapes `bytes` for `target`. Clean text is returned as it is, without a copy.
pub fn escape(bytes: &[u8], target: Target) -> Cow<'_, str> {
    let is_plain = |byte: &u8| matches!(*byte, b' '..=b'~') && *byte != b'\\';
    match std::str::from_utf8(bytes) {
        // Most names are printable ASCII.
        Ok(text) if bytes.iter().all(is_plain) => Cow::Borrowed(text),
        Ok(text) if !text.chars().any(|c| needs_escape(c, target)) => Cow::Borrowed(text),
        _ => Cow::Owned(escape_slowly(bytes, target)),
    }
}

/// The bytes of a name that [`escape`] wrote for [`Target::Json`] or [`Target::Terminal`]. What is no escape stays as it
/// is.
pub fn unescape(text: &str) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    loop {
        let hex = |digit: &u8| char::from(*digit).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
        rest = match rest {
            [] => return out,
            [b'\\', b'\\', after @ ..] => {
                out.push(b'\\');
                after
            }
            [b'\\', b'x', high, low, after @ ..] if hex(high).is_some() && hex(low).is_some() => {
                out.extend(hex(high).zip(hex(low)).map(|(high, low)| high << 4 | low));
                after
            }
            [byte, after @ ..] => {
                out.push(*byte);
                after
            }
        };
    }
}

fn escape_slowly(bytes: &[u8], target: Target) -> String {
    let mut out = String::with_capacity(bytes.len() + 16);
    for chunk in bytes.utf8_chunks() {
        for c in chunk.valid().chars() {
            if c == '\\' && target != Target::Prose {
                out.push_str("\\\\");
            } else if needs_escape(c, target) {
                push_bytes(&mut out, c.encode_utf8(&mut [0; 4]).as_bytes());
            } else {
                out.push(c);
            }
        }
        push_bytes(&mut out, chunk.invalid());
    }
    out
}

fn push_bytes(out: &mut String, bytes: &[u8]) {
    for byte in bytes {
        // Writing to a String cannot fail.
        let _ = write!(out, "\\x{byte:02x}");
    }
}

fn needs_escape(c: char, target: Target) -> bool {
    match target {
        Target::Json => c.is_control() || c == '\\',
        Target::Terminal => c.is_control() || c == '\\' || is_invisible(c),
        Target::Prose => c.is_control() || is_invisible(c),
    }
}

/// Characters that take no space, turn the direction of text around, or break lines without being control
/// characters: Unicode's `Cf`, `Zl` and `Zp`, variation selectors excepted (they follow visible characters).
pub fn is_invisible(c: char) -> bool {
    matches!(c,
        '\u{ad}' | '\u{600}'..='\u{605}' | '\u{61c}' | '\u{6dd}' | '\u{70f}' | '\u{890}'..='\u{891}' | '\u{8e2}'
        | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{2064}'
        | '\u{2066}'..='\u{206f}' | '\u{115f}'..='\u{1160}' | '\u{3164}' | '\u{feff}' | '\u{ffa0}'
        | '\u{fff9}'..='\u{fffb}' | '\u{110bd}' | '\u{110cd}' | '\u{13430}'..='\u{1343f}'
        | '\u{1bca0}'..='\u{1bca3}' | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{e0fff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clean_text_is_borrowed() {
        assert!(matches!(escape("usr/naïve-日本語-🐳".as_bytes(), Target::Terminal), Cow::Borrowed(_)));
    }

    #[test]
    fn names_come_back_as_they_were() {
        proptest::proptest!(|(name: Vec<u8>)| {
            for target in [Target::Json, Target::Terminal] {
                assert_eq!(unescape(&escape(&name, target)), name);
            }
        });
        for (text, bytes) in [("\\x4", b"\\x4".as_slice()), ("\\xzz", b"\\xzz"), ("\\\\x41", b"\\x41"), ("\\", b"\\")] {
            assert_eq!(unescape(text), bytes, "{text}");
        }
    }

    #[test]
    fn every_dangerous_byte_is_written_as_hex() {
        let cases: [(&[u8], &str, &str, &str); 7] = [
            (b"a\x1b[31m", "a\\x1b[31m", "a\\x1b[31m", "a\\x1b[31m"),
            (b"new\nline", "new\\x0aline", "new\\x0aline", "new\\x0aline"),
            (b"\xffbad", "\\xffbad", "\\xffbad", "\\xffbad"),
            (b"back\\slash", "back\\\\slash", "back\\\\slash", "back\\slash"),
            ("c1\u{9b}".as_bytes(), "c1\\xc2\\x9b", "c1\\xc2\\x9b", "c1\\xc2\\x9b"),
            ("rtl\u{202e}".as_bytes(), "rtl\u{202e}", "rtl\\xe2\\x80\\xae", "rtl\\xe2\\x80\\xae"),
            (b"\x7f", "\\x7f", "\\x7f", "\\x7f"),
        ];
        for (input, json, terminal, prose) in cases {
            assert_eq!(escape(input, Target::Json), json);
            assert_eq!(escape(input, Target::Terminal), terminal);
            assert_eq!(escape(input, Target::Prose), prose);
        }
    }
}
