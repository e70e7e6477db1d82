//! The distribution of an image, as its `/etc/os-release` names it
//! (<https://www.freedesktop.org/software/systemd/man/latest/os-release.html>).

/// What a distribution calls itself.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize, schemars::JsonSchema)]
pub struct Distribution {
    /// A word for programs: `debian`.
    pub id: Option<String>,
    /// Its version, for programs: `12`.
    pub version: Option<String>,
    /// Name and version for people: `Debian GNU/Linux 12 (bookworm)`.
    pub name: String,
}

impl Distribution {
    /// Where the file is, in the order of preference.
    pub const PATHS: [&'static str; 2] = ["etc/os-release", "usr/lib/os-release"];

    /// How much of the file is read; a real one has some hundred bytes.
    pub const MAX_BYTES: u64 = 64 << 10;

    /// Reads the file; none if it names nothing.
    pub fn read(text: &[u8]) -> Option<Self> {
        let text = String::from_utf8_lossy(text);
        let value = |key: &str| {
            let mut lines = text.lines().filter_map(|line| line.trim().split_once('='));
            lines.rfind(|(name, _)| *name == key).map(|(_, value)| unquote(value)).filter(|value| !value.is_empty())
        };
        let (id, version) = (value("ID"), value("VERSION_ID"));
        let plain = || {
            let name = value("NAME").or_else(|| id.clone())?;
            let version = value("VERSION").or_else(|| version.clone());
            Some(version.map_or_else(|| name.clone(), |version| format!("{name} {version}")))
        };
        let name = value("PRETTY_NAME").or_else(plain)?;
        Some(Self { id, version, name })
    }
}

/// A value without the quotes and backslashes of the shell.
fn unquote(text: &str) -> String {
    let text = text.trim();
    let quote = text.chars().next().filter(|c| matches!(c, '"' | '\''));
    let inner = quote.and_then(|quote| text.strip_prefix(quote)?.strip_suffix(quote));
    if quote == Some('\'') {
        return inner.unwrap_or(text).to_owned();
    }
    let mut out = String::new();
    let mut chars = inner.unwrap_or(text).chars();
    while let Some(c) = chars.next() {
        out.extend(if c == '\\' { chars.next() } else { Some(c) });
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distributions_name_themselves_in_many_ways() {
        let name = |text: &str| Distribution::read(text.as_bytes()).map(|found| found.name);
        let cases = [
            ("PRETTY_NAME=\"Debian GNU/Linux 12 (bookworm)\"\nID=debian\n", Some("Debian GNU/Linux 12 (bookworm)")),
            ("NAME='Alpine Linux'\nVERSION_ID=3.19.1\nID=alpine\n", Some("Alpine Linux 3.19.1")),
            ("# a comment\nID=wolfi\n", Some("wolfi")),
            ("NAME=\"A \\\"B\\\" \\$C\"\n", Some("A \"B\" $C")),
            ("NAME=first\nNAME=second\n", Some("second")),
            ("PRETTY_NAME=\"\"\n", None),
            ("PRETTY_NAME=\"", Some("\"")),
            ("", None),
            ("\u{0}\u{1}", None),
        ];
        for (text, expected) in cases {
            assert_eq!(name(text).as_deref(), expected, "{text}");
        }
        let debian = Distribution::read(b"ID=debian\nVERSION_ID=\"12\"\nNAME=x").unwrap();
        assert_eq!((debian.id.as_deref(), debian.version.as_deref()), (Some("debian"), Some("12")));
    }
}
