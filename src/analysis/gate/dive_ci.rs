//! `.dive-ci`: a YAML file with dive's rules under `rules:`, and `metrics:` of ours beside it.

use super::{DiveRule, Limit, Metrics, RulesError, at_line, spelling};
use crate::notice::Notice;
use serde_saphyr::Spanned;
use std::collections::BTreeMap;

/// What a `.dive-ci` file says, or the user's limits.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct DiveCi {
    /// Which figures the rules judge, if it says so.
    pub metrics: Option<Metrics>,
    /// Names of rules that there are not.
    pub notices: Vec<Notice>,
    pub(super) limits: Vec<(DiveRule, Limit)>,
}

impl DiveCi {
    /// The limit that the file gives a rule.
    pub fn limit(&self, rule: DiveRule) -> Option<Limit> {
        self.limits.iter().find(|(name, _)| *name == rule).map(|(_, limit)| *limit)
    }
}

/// The document; dive ignores other keys, and so do we.
#[derive(Debug, Default, serde::Deserialize)]
struct Document {
    #[serde(default)]
    rules: Option<BTreeMap<String, Spanned<serde_json::Value>>>,
    #[serde(default)]
    metrics: Option<Spanned<String>>,
}

/// Reads the text of a `.dive-ci` file; `file` is its name, for messages.
pub fn parse_dive_ci(text: &str, file: &str) -> Result<DiveCi, RulesError> {
    let options = serde_saphyr::options! { with_snippet: false };
    let document: Option<Document> = serde_saphyr::from_str_with_options(text, options).map_err(|error| {
        let line = error.location().map(|location| location.line());
        RulesError::File { file: file.to_owned(), line, message: message(&error) }
    })?;
    let document = document.unwrap_or_default();
    let mut out =
        DiveCi { metrics: document.metrics.map(|word| metrics(&word, file)).transpose()?, ..DiveCi::default() };
    let mut rules: Vec<_> = document.rules.unwrap_or_default().into_iter().collect();
    rules.sort_by_key(|(_, value)| value.referenced.line());
    for (name, value) in rules {
        let line = Some(value.referenced.line());
        if let Some(rule) = DiveRule::ALL.into_iter().find(|rule| rule.name() == name) {
            let origin = format!("{file}{}", at_line(line));
            if let Some(text) = scalar(&value.value, rule, file, line)? {
                out.limits.push((rule, rule.limit(&text, &origin)?));
            }
        } else {
            out.notices.push(unknown(&name, file, line));
        }
    }
    Ok(out)
}

/// The message without the place, which we name ourselves.
fn message(error: &serde_saphyr::Error) -> String {
    let text = error.to_string();
    let text = text.lines().next().unwrap_or_default();
    text.split(" at line ").next().unwrap_or(text).trim_start_matches("error: ").to_owned()
}

fn metrics(word: &Spanned<String>, file: &str) -> Result<Metrics, RulesError> {
    Metrics::named(&word.value).ok_or_else(|| RulesError::File {
        file: file.to_owned(),
        line: Some(word.referenced.line()),
        message: format!("metrics cannot be '{}': exact or dive is needed", word.value),
    })
}

/// The text of a limit; none where the key has no value.
fn scalar(
    value: &serde_json::Value,
    rule: DiveRule,
    file: &str,
    line: Option<u64>,
) -> Result<Option<String>, RulesError> {
    match value {
        serde_json::Value::Null => Ok(None),
        serde_json::Value::String(text) => Ok(Some(text.clone())),
        serde_json::Value::Bool(_) | serde_json::Value::Number(_) => Ok(Some(value.to_string())),
        serde_json::Value::Array(_) | serde_json::Value::Object(_) => Err(RulesError::File {
            file: file.to_owned(),
            line,
            message: format!("{rule} needs one value, not a list or a map"),
        }),
    }
}

/// dive ignores what it does not know (its own sample has `plugin1/rule1`), so this stops nobody.
pub(super) fn unknown(name: &str, file: &str, line: Option<u64>) -> Notice {
    let names = DiveRule::ALL.map(DiveRule::name);
    let hint = spelling::nearest(name, names).map(|near| format!("; did you mean {near}?")).unwrap_or_default();
    Notice::warning(format!("{file}{}", at_line(line)), format!("'{name}' is no rule and is ignored{hint}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_ignored_is_told_line_by_line() {
        let file = parse_dive_ci("rules:\n  zebra: 1\n  ant: 2\n  lowest-efficiency: 1\n", "f").unwrap();
        let parts: Vec<_> = file.notices.iter().map(|notice| notice.part.as_str()).collect();
        assert_eq!(parts, ["f, line 2", "f, line 3", "f, line 4"]);
    }
}
