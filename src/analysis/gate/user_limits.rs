//! `[ci]` in the user's `config.toml`: dive's limits, under dive's names, where the project says nothing.

use super::{DiveCi, DiveRule, Metrics, RulesError, dive_ci};
use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// Reads the limits in the text of a `config.toml`; `file` is its name, for messages. Everything else in it is passed
/// over. What is not understood is an error with its line: a limit that is left out because of a slip would pass
/// everything.
pub fn parse_user_limits(text: &str, file: &str) -> Result<DiveCi, RulesError> {
    let line = |at: usize| {
        let before = text.as_bytes().get(..at).unwrap_or_default();
        Some(memchr::memchr_iter(b'\n', before).count() as u64 + 1)
    };
    let error = |at: usize, message: String| RulesError::File { file: file.to_owned(), line: line(at), message };
    let document = DeTable::parse(text)
        .map_err(|problem| error(problem.span().map_or(0, |span| span.start), problem.message().to_owned()))?;
    let mut out = DiveCi::default();
    let Some(table) = document.into_inner().remove("ci") else { return Ok(out) };
    let at = table.span().start;
    let DeValue::Table(table) = table.into_inner() else {
        return Err(error(at, "ci: a table of limits is wanted, as in [ci]".to_owned()));
    };
    for (name, value) in table {
        let (at, name) = (name.span().start, name.into_inner());
        let text = scalar(&value).ok_or_else(|| error(at, format!("{name} needs one value")))?;
        if let Some(rule) = DiveRule::ALL.into_iter().find(|rule| rule.name() == name) {
            let origin = format!("{file}{}", super::at_line(line(at)));
            out.limits.push((rule, rule.limit(&text, &origin)?));
        } else if name == "metrics" {
            let wrong = || error(at, format!("metrics cannot be '{text}': exact or dive is needed"));
            out.metrics = Some(Metrics::named(&text).ok_or_else(wrong)?);
        } else {
            out.notices.push(dive_ci::unknown(&name, file, line(at)));
        }
    }
    Ok(out)
}

fn scalar(value: &Spanned<DeValue<'_>>) -> Option<String> {
    match value.get_ref() {
        DeValue::String(text) => Some(text.to_string()),
        // With its radix, which no limit has.
        DeValue::Integer(number) => Some(number.to_string()),
        DeValue::Float(number) => Some(number.as_str().to_owned()),
        DeValue::Boolean(value) => Some(value.to_string()),
        DeValue::Datetime(_) | DeValue::Array(_) | DeValue::Table(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analysis::{Figure, Limit};

    fn wrong(text: &str) -> String {
        parse_user_limits(text, "config.toml").unwrap_err().to_string()
    }

    #[test]
    fn limits_stand_beside_everything_else() {
        let text = "theme = 'dark'\n[ci]\nlowestEfficiency = 0.95\nhighestWastedBytes = '20MB'\n\
            highestUserWastedPercent = false\nmetrics = 'dive'\n[keys]\nzoom = 'Z'\n";
        let limits = parse_user_limits(text, "config.toml").unwrap();
        assert_eq!(limits.limit(DiveRule::LowestEfficiency), Some(Limit::At(Figure::Ratio(0.95))));
        assert_eq!(limits.limit(DiveRule::HighestWastedBytes), Some(Limit::At(Figure::Bytes(20_000_000))));
        assert_eq!(limits.limit(DiveRule::HighestUserWastedPercent), Some(Limit::Off));
        assert_eq!((limits.metrics, limits.notices), (Some(Metrics::Dive), Vec::new()));
        assert_eq!(parse_user_limits("theme = 'dark'\n", "config.toml").unwrap(), DiveCi::default());
        let number = parse_user_limits("[ci]\nhighestWastedBytes = 1000\n", "config.toml").unwrap();
        assert_eq!(number.limit(DiveRule::HighestWastedBytes), Some(Limit::At(Figure::Bytes(1000))));
    }

    #[test]
    fn slips_are_told_with_their_lines() {
        assert!(
            wrong("\n[ci]\nlowestEfficiency = 95\n")
                .starts_with("config.toml, line 3: lowestEfficiency cannot be '95'")
        );
        assert!(wrong("[ci]\nhighestWastedBytes = [1]\n").starts_with("config.toml, line 2: highestWastedBytes needs"));
        assert!(wrong("[ci]\nmetrics = 'mine'\n").starts_with("config.toml, line 2: metrics cannot be 'mine'"));
        assert!(wrong("[ci]\nhighestWastedBytes = 0x10\n").contains("line 2: highestWastedBytes cannot be '0x10'"));
        assert!(wrong("ci = 0.9\n").starts_with("config.toml, line 1: ci: a table"));
        assert!(wrong("[ci\n").starts_with("config.toml, line 1: "));
        let limits = parse_user_limits("[ci]\nlowestEfficency = 0.5\n", "config.toml").unwrap();
        assert_eq!(limits.notices[0].part, "config.toml, line 2");
        assert!(limits.notices[0].message.ends_with("did you mean lowestEfficiency?"), "{:?}", limits.notices);
    }
}
