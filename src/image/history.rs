//! The history of an image: one row for each build step, with or without a layer.

use super::LayerIndex;
use super::provenance::{health, words};
use serde_json::Value;

/// One row of the config's history.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct HistoryRow {
    /// When the step ran, as the config says it.
    pub created: Option<String>,
    /// The command, just as the config has it.
    pub created_by: String,
    /// The command, cleaned for reading.
    pub instruction: String,
    /// Build arguments that the builder had put before the command (`|2 A=1 B=2`).
    pub build_args: Vec<String>,
    /// Who is named as the author.
    pub author: Option<String>,
    /// The builder's comment (`buildkit.dockerfile.v0`).
    pub comment: Option<String>,
    /// The layer that the step made; none for an empty row.
    pub layer: Option<LayerIndex>,
}

/// Words between a shell and its command that are tried; no builder writes more.
const MAX_SHELL_WORDS: usize = 8;

/// Cleans a `created_by` for reading: `/bin/sh -c #(nop)`, `# buildkit` and build arguments are stripped.
pub fn instruction(created_by: &str) -> String {
    clean(created_by).0
}

/// Reads the rows of a config's `history`. A row that is no object counts as an empty object, so that the rows after
/// it keep their layers.
pub(super) fn rows(history: &Value, layers: usize) -> Vec<HistoryRow> {
    let mut next = 0_u32;
    let mut out = Vec::new();
    for row in history.as_array().into_iter().flatten() {
        let text = |key: &str| row.get(key).and_then(Value::as_str).filter(|text| !text.is_empty()).map(str::to_owned);
        let created_by = text("created_by").unwrap_or_default();
        let (instruction, build_args) = clean(&created_by);
        let mut layer = None;
        if makes_layer(row) {
            layer = Some(LayerIndex(next)).filter(|layer| layer.index() < layers);
            next = next.saturating_add(1);
        }
        out.push(HistoryRow {
            created: text("created"),
            created_by,
            instruction,
            build_args,
            author: text("author"),
            comment: text("comment"),
            layer,
        });
    }
    out
}

/// How many rows of a config's `history` say that they made a layer.
pub(super) fn rows_with_layer(history: &Value) -> usize {
    history.as_array().into_iter().flatten().filter(|row| makes_layer(row)).count()
}

fn makes_layer(row: &Value) -> bool {
    row.get("empty_layer").and_then(Value::as_bool) != Some(true)
}

/// The instruction, and the build arguments before it.
fn clean(created_by: &str) -> (String, Vec<String>) {
    let mut text = created_by.trim();
    text = text.strip_suffix("# buildkit").unwrap_or(text).trim_end();
    let run = text.strip_prefix("RUN ").map(str::trim_start);
    let (build_args, command) = split_build_args(run.unwrap_or(text));
    let inner = strip_shell(command);
    if let Some(plain) = inner.unwrap_or(command).trim_start().strip_prefix("#(nop)") {
        return (undumped(plain.trim()), build_args);
    }
    let instruction = match inner {
        Some(inner) => format!("RUN {}", inner.trim()),
        None if run.is_some() || !build_args.is_empty() => format!("RUN {}", command.trim()),
        None => undumped(command.trim()),
    };
    (instruction, build_args)
}

/// An instruction as a Dockerfile has it. Builders write some of them as their own language prints what they made of
/// them: `EXPOSE map[80/tcp:{}]`, `CMD ["a" "b"]`, `HEALTHCHECK &{["CMD-SHELL" "true"] "30s" "0s" "0s" "0s" '\x03'}`.
fn undumped(text: &str) -> String {
    let plain = || {
        let (keyword, rest) = text.split_once(' ')?;
        let rest = match keyword {
            "EXPOSE" => ports(rest)?,
            "HEALTHCHECK" => health::as_written(rest)?,
            "CMD" | "ENTRYPOINT" | "SHELL" | "VOLUME" => {
                let (items, after) = words::raw_list(rest)?;
                let are_strings = after.is_empty() && items.iter().all(|item| item.starts_with('"'));
                are_strings.then(|| format!("[{}]", items.join(", ")))?
            }
            _ => return None,
        };
        Some(format!("{keyword} {rest}"))
    };
    plain().unwrap_or_else(|| text.to_owned())
}

/// `map[53/udp:{} 80/tcp:{}]` as `53/udp 80/tcp`.
fn ports(dump: &str) -> Option<String> {
    let all = dump.strip_prefix("map[")?.strip_suffix(']')?;
    Some(all.split(' ').map(|port| port.strip_suffix(":{}")).collect::<Option<Vec<_>>>()?.join(" "))
}

/// Takes `|2 A=1 B=2` off the front of a command. Values may hold spaces and are not quoted, so the command is taken
/// to begin at its shell.
fn split_build_args(text: &str) -> (Vec<String>, &str) {
    let parsed = text.strip_prefix('|').and_then(|rest| {
        let (count, rest) = rest.split_once(' ')?;
        let count: usize = count.parse().ok()?;
        let at = shell_position(rest)?;
        Some((count, rest.get(..at)?, rest.get(at..)?))
    });
    match parsed {
        Some((count, args, command)) => (build_args(count, args), command),
        None => (Vec::new(), text),
    }
}

/// Where the first word that calls a shell begins.
fn shell_position(text: &str) -> Option<usize> {
    let starts = std::iter::once(0).chain(text.match_indices(' ').map(|(at, _)| at + 1));
    starts.into_iter().find(|at| text.get(*at..).is_some_and(|rest| strip_shell(rest).is_some()))
}

/// Splits `A=1 B=two words` into `count` arguments: a word without a name belongs to the argument before it.
fn build_args(count: usize, text: &str) -> Vec<String> {
    let mut out: Vec<String> = Vec::new();
    for word in text.trim().split(' ') {
        let is_name = |name: &str| !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
        let begins = word.split_once('=').is_some_and(|(name, _)| is_name(name)) && out.len() < count;
        match out.last_mut() {
            Some(last) if !begins => {
                last.push(' ');
                last.push_str(word);
            }
            _ if word.is_empty() => {}
            _ => out.push(word.to_owned()),
        }
    }
    out
}

/// Whether a command is one for a shell, and none of a builder: `/bin/sh -c make`, not `/bin/sh -c #(nop) CMD …`.
pub(super) fn is_shell_command(created_by: &str) -> bool {
    strip_shell(created_by.trim()).is_some_and(|inner| !inner.trim_start().starts_with("#(nop)"))
}

/// What a shell is asked to run: the text after `/bin/sh -c`, `/bin/bash -o pipefail -c`, `cmd /S /C`,
/// `powershell -Command`; none if the text calls no shell.
fn strip_shell(text: &str) -> Option<&str> {
    let (program, mut rest) = text.split_once(' ')?;
    let name = program.rsplit(['/', '\\']).next().unwrap_or(program).to_ascii_lowercase();
    let is_last: fn(&str) -> bool = match name.trim_end_matches(".exe") {
        "sh" | "bash" | "ash" | "dash" | "zsh" | "ksh" => |flag| !flag.starts_with("--") && flag.ends_with('c'),
        "cmd" => |flag| flag.eq_ignore_ascii_case("/c"),
        "powershell" | "pwsh" => |flag| flag.eq_ignore_ascii_case("-command"),
        _ => return None,
    };
    // Flags come first; `-o pipefail` is one with a value.
    let mut takes_value = false;
    for _ in 0..MAX_SHELL_WORDS {
        let (flag, after) = rest.split_once(' ').unwrap_or((rest, ""));
        if flag.starts_with(['-', '/']) && is_last(flag) {
            return Some(after);
        }
        if after.is_empty() || !(takes_value || flag.starts_with(['-', '/'])) {
            return None;
        }
        takes_value = flag.starts_with('-') && flag.ends_with('o');
        rest = after;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn instructions_read_like_a_dockerfile() {
        let cases = [
            ("", ""),
            ("/bin/sh -c #(nop)  CMD [\"/bin/sh\"]", "CMD [\"/bin/sh\"]"),
            ("/bin/sh -c #(nop) ADD file:0123abcd in / ", "ADD file:0123abcd in /"),
            ("/bin/sh -c #(nop)", ""),
            ("/bin/sh -c apt-get update", "RUN apt-get update"),
            ("|2 A=1 B=2 /bin/sh -c make", "RUN make"),
            ("|0 /bin/sh -c make", "RUN make"),
            ("RUN |1 A=two words /bin/sh -c make # buildkit", "RUN make"),
            ("RUN /bin/sh -c apk add curl # buildkit", "RUN apk add curl"),
            ("COPY . /app # buildkit", "COPY . /app"),
            ("ENV A=1", "ENV A=1"),
            ("EXPOSE map[53/udp:{} 8080/tcp:{}]", "EXPOSE 53/udp 8080/tcp"),
            ("EXPOSE [8080/tcp 53/udp]", "EXPOSE [8080/tcp 53/udp]"),
            ("/bin/sh -c #(nop)  EXPOSE 80", "EXPOSE 80"),
            (r#"CMD ["python3" "-m" "a \" b\\" ""]"#, r#"CMD ["python3", "-m", "a \" b\\", ""]"#),
            (r#"CMD ["python3", "-m"]"#, r#"CMD ["python3", "-m"]"#),
            (r#"ENTRYPOINT ["/docker-entrypoint.sh"]"#, r#"ENTRYPOINT ["/docker-entrypoint.sh"]"#),
            ("CMD [broken", "CMD [broken"),
            ("CMD echo [\"a\" \"b\"]", "CMD echo [\"a\" \"b\"]"),
            (
                r#"HEALTHCHECK &{["CMD-SHELL" "curl -f http://x || exit 1"] "30s" "3s" "0s" "0s" '\x03'}"#,
                "HEALTHCHECK --interval=30s --timeout=3s --retries=3 CMD curl -f http://x || exit 1",
            ),
            (
                r#"HEALTHCHECK &{["CMD" "/check" "-q"] "0s" "0s" "5s" '\x00'}"#,
                r#"HEALTHCHECK --start-period=5s CMD ["/check", "-q"]"#,
            ),
            (
                r#"HEALTHCHECK &{["CMD-SHELL" "true"] "1m30s" "0s" "0s" "2s" '\n'}"#,
                "HEALTHCHECK --interval=1m30s --start-interval=2s --retries=10 CMD true",
            ),
            (r#"HEALTHCHECK &{["NONE"] "0s" "0s" "0s" "0s" '\x00'}"#, "HEALTHCHECK NONE"),
            ("HEALTHCHECK &{[] \"0s\"}", "HEALTHCHECK &{[] \"0s\"}"),
            ("RUN /bin/sh -c <<EOF\nset -e\n  indented\nEOF\n # buildkit", "RUN <<EOF\nset -e\n  indented\nEOF"),
            ("/bin/bash -o pipefail -c curl x | sh", "RUN curl x | sh"),
            ("RUN /bin/bash -eo pipefail -c make # buildkit", "RUN make"),
            ("/bin/ash -euxc make", "RUN make"),
            ("powershell -Command $x = 1; make", "RUN $x = 1; make"),
            ("cmd /S /C #(nop)  ENV A=1", "ENV A=1"),
            ("cmd /S /C dir", "RUN dir"),
            ("/bin/busybox --install -s /bin", "/bin/busybox --install -s /bin"),
            ("/bin/sh", "/bin/sh"),
            ("/bin/bash script.sh", "/bin/bash script.sh"),
            ("RUN apt-get install -y c", "RUN apt-get install -y c"),
            ("bazel build ...", "bazel build ..."),
            ("|nonsense", "|nonsense"),
            ("|9", "|9"),
        ];
        for (created_by, expected) in cases {
            assert_eq!(instruction(created_by), expected, "{created_by}");
        }
    }

    #[test]
    fn build_arguments_are_kept_apart() {
        let cases: [(&str, &[&str]); 5] = [
            ("|2 A=1 B=2 /bin/sh -c make", &["A=1", "B=2"]),
            ("|2 A=one two x=3 B=4 /bin/sh -c make", &["A=one two", "x=3 B=4"]),
            ("|1 A=one x=3 /bin/sh -c make", &["A=one x=3"]),
            ("|0 /bin/sh -c make", &[]),
            ("/bin/sh -c echo |2 A=1", &[]),
        ];
        for (created_by, expected) in cases {
            assert_eq!(clean(created_by).1, expected, "{created_by}");
        }
    }

    #[test]
    fn rows_get_their_layers_in_order() {
        let history = json!([{"created_by": "a"}, {"created_by": "b", "empty_layer": true}, null, {"created_by": "d"}]);
        let rows = rows(&history, 2);
        let layers: Vec<_> = rows.iter().map(|row| row.layer.map(|layer| layer.0)).collect();
        assert_eq!(layers, [Some(0), None, Some(1), None]);
        assert_eq!(rows_with_layer(&history), 3);
        assert!(super::rows(&Value::Null, 2).is_empty());
    }
}
