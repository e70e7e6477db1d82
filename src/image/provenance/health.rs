//! Health checks as one line of text, the same from the config and from a row of the history, so that they compare.

use super::super::HealthCheck;
use super::words;
use std::fmt::Write as _;

/// The flags, in the order in which the line has them.
const DURATIONS: [&str; 3] = ["interval", "timeout", "start-period"];

/// The health check of a config: `["CMD","/bin/true"] --interval=5s --retries=2`.
pub(super) fn of_config(check: &HealthCheck) -> String {
    let times = [check.interval, check.timeout, check.start_period].map(|value| value.map(go_duration));
    line(&check.test, &times, check.retries)
}

/// The health check of a row: `&{["CMD" "/bin/true"] "5s" "0s" "0s" '\x02'}` as Docker and `BuildKit` write it, or the
/// words of the Dockerfile. What cannot be understood is returned as it is.
pub(super) fn of_row(text: &str) -> String {
    of_go(text).or_else(|| of_dockerfile(text)).unwrap_or_else(|| text.to_owned())
}

/// The flags and the command of a Dockerfile for what Go prints of a health check; none if it is nothing of that kind.
pub(in crate::image) fn as_written(text: &str) -> Option<String> {
    let Dump { command, durations, retries } = Dump::of(text)?;
    let times = DURATIONS.iter().chain(&["start-interval"]).zip(durations);
    let times = times.filter_map(|(name, value)| Some(format!("--{name}={} ", value?)));
    let retries = retries.map(|retries| format!("--retries={retries} "));
    let flags = times.chain(retries).collect::<Vec<_>>().concat();
    Some(match command.as_slice() {
        ["\"NONE\""] => "NONE".to_owned(),
        ["\"CMD-SHELL\"", shell] => format!("{flags}CMD {}", serde_json::from_str::<String>(shell).ok()?),
        ["\"CMD\"", command @ ..] => format!("{flags}CMD [{}]", command.join(", ")),
        _ => return None,
    })
}

fn of_go(text: &str) -> Option<String> {
    let Dump { command, mut durations, retries } = Dump::of(text)?;
    let command: Vec<String> = command.into_iter().filter_map(words::quoted).map(|(word, _)| word).collect();
    durations.truncate(DURATIONS.len());
    Some(line(&command, &durations, retries))
}

/// What Go prints of a health check: `&{["CMD" "/bin/true"] "5s" "0s" "0s" '\x02'}`.
struct Dump<'a> {
    /// The words, with their quotes and escapes.
    command: Vec<&'a str>,
    durations: Vec<Option<String>>,
    retries: Option<u64>,
}

impl<'a> Dump<'a> {
    fn of(text: &'a str) -> Option<Self> {
        let (command, mut rest) = words::raw_list(text.strip_prefix("&{")?)?;
        let mut durations = Vec::new();
        while let Some((value, after)) = words::quoted(rest.trim_start()).filter(|_| rest.trim_start().starts_with('"'))
        {
            durations.push(Some(value).filter(|value| value != "0s"));
            rest = after;
        }
        let retries = rune(rest.trim().trim_end_matches('}').trim().trim_matches('\''))?;
        Some(Self { command, durations, retries: Some(retries).filter(|count| *count > 0) })
    }
}

/// The number in a Go character: `\x02`, `\n`, or the character itself.
fn rune(text: &str) -> Option<u64> {
    let mut chars = text.chars();
    let first = chars.next()?;
    match (first, chars.as_str()) {
        ('\\', "a") => Some(7),
        ('\\', "b") => Some(8),
        ('\\', "t") => Some(9),
        ('\\', "n") => Some(10),
        ('\\', "v") => Some(11),
        ('\\', "f") => Some(12),
        ('\\', "r") => Some(13),
        ('\\', hex) => u64::from_str_radix(hex.trim_start_matches(['x', 'u', 'U']), 16).ok(),
        (_, "") => Some(u64::from(u32::from(first))),
        _ => None,
    }
}

fn of_dockerfile(text: &str) -> Option<String> {
    let mut durations = vec![None; DURATIONS.len()];
    let mut retries = None;
    let mut rest = text.trim();
    while let Some(flag) = rest.strip_prefix("--") {
        let (flag, after) = flag.split_once(' ')?;
        let (name, value) = flag.split_once('=')?;
        match DURATIONS.iter().position(|known| *known == name).and_then(|at| durations.get_mut(at)) {
            Some(duration) => *duration = Some(value.to_owned()),
            None if name == "retries" => retries = value.parse().ok(),
            None => {}
        }
        rest = after.trim_start();
    }
    let command = rest.strip_prefix("CMD").map(str::trim);
    let words = match command {
        None if rest == "NONE" => vec!["NONE".to_owned()],
        None => return None,
        Some(command) => match words::list(command) {
            Some((items, _)) => std::iter::once("CMD".to_owned()).chain(items).collect(),
            None => vec!["CMD-SHELL".to_owned(), command.to_owned()],
        },
    };
    Some(line(&words, &durations, retries))
}

fn line(test: &[String], durations: &[Option<String>], retries: Option<u64>) -> String {
    let mut out = words::json(test);
    for (name, value) in DURATIONS.iter().zip(durations) {
        if let Some(value) = value {
            // Writing to a String cannot fail.
            let _ = write!(out, " --{name}={value}");
        }
    }
    if let Some(retries) = retries {
        let _ = write!(out, " --retries={retries}");
    }
    out
}

/// Nanoseconds as Go prints a duration: `1m30s`, `500ms`, `1h0m0s`.
fn go_duration(nanoseconds: u64) -> String {
    const SECOND: u64 = 1_000_000_000;
    let fraction = |unit: u64, name: &str| {
        let digits = unit.to_string().len() - 1;
        let rest = format!("{:0digits$}", nanoseconds % unit);
        let rest = rest.trim_end_matches('0');
        let point = if rest.is_empty() { "" } else { "." };
        format!("{}{point}{rest}{name}", nanoseconds / unit)
    };
    if nanoseconds < 1000 {
        return format!("{nanoseconds}ns");
    }
    if nanoseconds < 1_000_000 {
        return fraction(1000, "µs");
    }
    if nanoseconds < SECOND {
        return fraction(1_000_000, "ms");
    }
    let (minutes, below) = (nanoseconds / (60 * SECOND), nanoseconds % (60 * SECOND));
    let seconds = if below % SECOND == 0 {
        format!("{}s", below / SECOND)
    } else {
        format!("{}.{}s", below / SECOND, format!("{:09}", below % SECOND).trim_end_matches('0'))
    };
    match (minutes / 60, minutes % 60) {
        (0, 0) => seconds,
        (0, minutes) => format!("{minutes}m{seconds}"),
        (hours, minutes) => format!("{hours}h{minutes}m{seconds}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_read_as_go_prints_them() {
        let cases = [
            (1, "1ns"),
            (1500, "1.5µs"),
            (500_000_000, "500ms"),
            (5_000_000_000, "5s"),
            (90_000_000_000, "1m30s"),
            (3_600_000_000_000, "1h0m0s"),
            (1_500_000_000, "1.5s"),
        ];
        for (nanoseconds, expected) in cases {
            assert_eq!(go_duration(nanoseconds), expected);
        }
    }

    #[test]
    fn config_and_rows_agree() {
        let check = HealthCheck {
            test: vec!["CMD".into(), "/bin/true".into()],
            interval: Some(5_000_000_000),
            retries: Some(2),
            ..HealthCheck::default()
        };
        let expected = r#"["CMD","/bin/true"] --interval=5s --retries=2"#;
        assert_eq!(of_config(&check), expected);
        for row in [
            r#"&{["CMD" "/bin/true"] "5s" "0s" "0s" '\x02'}"#,
            r#"&{["CMD" "/bin/true"] "5s" "0s" "0s" "0s" '\x02'}"#,
            r#"--interval=5s --retries=2 CMD ["/bin/true"]"#,
        ] {
            assert_eq!(of_row(row), expected, "{row}");
        }
        assert_eq!(of_row("NONE"), r#"["NONE"]"#);
        assert_eq!(of_row("CMD curl -f x"), r#"["CMD-SHELL","curl -f x"]"#);
        assert_eq!(of_row("&{nonsense"), "&{nonsense");
        assert!(of_row(r#"&{["CMD" "x"] "0s" "0s" "0s" '\n'}"#).ends_with("--retries=10"));
    }
}
