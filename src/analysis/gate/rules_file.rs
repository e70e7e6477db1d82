//! `layerscope.toml`: a table `[rules.ID]` for each rule. Whatever is not understood is an error with its line, and with
//! what was probably meant: a rule that is left out because of a slip would pass everything.

mod fields;

use super::growth::Tolerance;
use super::rules::{Check, Ignore, Rule, Weight, WholeRegex};
use super::{DiveRule, RuleSeverity, RulesError, spelling};
use crate::analysis::Cause;
use fields::{Fields, Place, Value};
use toml::de::DeTable;

/// Reads the text of a rules file; `file` is its name, for messages. The rules are in the order of the file.
pub fn parse_rules(text: &str, file: &str) -> Result<Vec<Rule>, RulesError> {
    let place = Place { file, text };
    let document = DeTable::parse(text).map_err(|error| {
        let at = error.span().map_or(0, |span| span.start);
        place.error(at, format!("this is no TOML: {}", error.message()))
    })?;
    let mut document = Fields::new(place, "the file".to_owned(), 0, document.into_inner());
    let tables = document.tables("rules")?;
    document.finish(&["rules"])?;
    let mut rules = tables.into_iter().map(|(id, table)| rule(id, table)).collect::<Result<Vec<_>, _>>()?;
    rules.sort_by_key(|(at, _)| *at);
    Ok(rules.into_iter().map(|(_, rule)| rule).collect())
}

/// One rule, and where it stands.
fn rule(id: String, mut table: Fields<'_>) -> Result<(usize, Rule), RulesError> {
    let at = table.at;
    let is_word = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
    if id.is_empty() || !id.chars().all(is_word) {
        return Err(table.error("the name of a rule has letters, digits, `-`, `_` and `.` only"));
    }
    if DiveRule::ALL.iter().any(|rule| rule.name() == id) {
        return Err(table.error(&format!("{id} is a rule of dive; its limit stands in .dive-ci, or in --{id}")));
    }
    let check = check(&id, &mut table)?;
    let severity = match table.word("severity", &["error", "warning"])? {
        Some("warning") => RuleSeverity::Warning,
        _ => RuleSeverity::Error,
    };
    let reason = table.line("reason")?.unwrap_or_else(|| check.reason().to_owned());
    let ignores = table.list_of_tables("ignore")?.into_iter();
    let ignores = ignores.map(|table| ignore(&check, table)).collect::<Result<Vec<_>, _>>()?;
    let known: Vec<&str> = ["check", "severity", "reason", "ignore"].iter().chain(keys(&check)).copied().collect();
    table.finish(&known)?;
    Ok((at, Rule { id, check, severity, reason, ignores }))
}

/// What a check has beside what every rule has.
fn keys(check: &Check) -> &'static [&'static str] {
    match check {
        Check::ImageBytes { .. } | Check::LayerBytes { .. } | Check::ImageGrowth { .. } => &["max", "of"],
        Check::Layers { .. } | Check::WasteGrowth { .. } | Check::LayerGrowth { .. } => &["max"],
        Check::WastedBytes { .. } => &["max", "causes", "paths"],
        Check::ForbiddenPaths { .. } | Check::RequiredPaths { .. } => &["paths"],
        Check::RequiredLabels { .. } => &["labels"],
        Check::SetUid { .. } => &["allow"],
        Check::Healthcheck | Check::NotRoot | Check::NotOnlyLatest | Check::SecretGhosts | Check::UnexplainedLayers => {
            &[]
        }
    }
}

/// What the rule looks at: `check`, or its own name where that is the name of a check.
fn check(id: &str, table: &mut Fields<'_>) -> Result<Check, RulesError> {
    let named = table.text("check")?;
    let name = named.as_ref().map_or(id, |named| &named.value);
    let weight = |table: &mut Fields<'_>, words: &[&str]| {
        let word = table.word("of", words)?;
        let weight = Weight::ALL.into_iter().find(|weight| Some(weight.name()) == word);
        Ok::<_, RulesError>(weight.unwrap_or_default())
    };
    Ok(match name {
        "image-bytes" => {
            Check::ImageBytes { max: table.bytes("max")?, of: weight(table, &["shipped", "live", "blob"])? }
        }
        "layer-bytes" => Check::LayerBytes { max: table.bytes("max")?, of: weight(table, &["shipped", "blob"])? },
        "layers" => Check::Layers { max: table.needed("max", "10", Fields::count)? },
        "wasted-bytes" => {
            Check::WastedBytes { max: table.bytes("max")?, causes: causes(table)?, paths: table.globs("paths")? }
        }
        "forbidden-paths" => Check::ForbiddenPaths { paths: table.some_globs("paths")? },
        "required-paths" => Check::RequiredPaths { paths: table.some_globs("paths")? },
        "required-labels" => Check::RequiredLabels { labels: labels(table)? },
        "healthcheck" => Check::Healthcheck,
        "not-root" => Check::NotRoot,
        "not-only-latest" => Check::NotOnlyLatest,
        "secret-ghosts" => Check::SecretGhosts,
        "set-uid" => Check::SetUid { allow: table.globs("allow")? },
        "unexplained-layers" => Check::UnexplainedLayers,
        "image-growth" => {
            Check::ImageGrowth { max: tolerance(table)?, of: weight(table, &["shipped", "live", "blob"])? }
        }
        "waste-growth" => Check::WasteGrowth { max: tolerance(table)? },
        "layer-growth" => Check::LayerGrowth { max: table.count("max")?.unwrap_or(0) },
        unknown => {
            let hint = match spelling::nearest(unknown, Check::NAMES) {
                Some(near) => format!("did you mean {near}?"),
                None => format!("there are {}", Check::NAMES.join(", ")),
            };
            let own = if named.is_some() { "" } else { " (a rule with a name of its own says `check = …`)" };
            let message = format!("there is no check '{unknown}'; {hint}{own}");
            return Err(named.map_or_else(|| table.error(&message), |named| table.error_at(named.at, &message)));
        }
    })
}

fn causes(table: &mut Fields<'_>) -> Result<Vec<Cause>, RulesError> {
    let words = Cause::ALL.map(Cause::name);
    let named = table.words("causes", &words)?;
    Ok(Cause::ALL.into_iter().filter(|cause| named.contains(&cause.name())).collect())
}

fn labels(table: &mut Fields<'_>) -> Result<Vec<(String, WholeRegex)>, RulesError> {
    const EXAMPLE: &str = "{ \"org.opencontainers.image.version\" = '\\d+\\.\\d+\\.\\d+' }";
    let labels = table.needed("labels", EXAMPLE, Fields::map)?;
    let regex = |(key, pattern): (String, Value<String>)| {
        let wrong = |why| table.error_at(pattern.at, &format!("'{}' is no regular expression: {why}", pattern.value));
        Ok((key, WholeRegex::new(&pattern.value).map_err(wrong)?))
    };
    labels.into_iter().map(regex).collect()
}

/// `max` of a rule about growth: `5MB` or `2%`; nothing is no growth at all.
fn tolerance(table: &mut Fields<'_>) -> Result<Tolerance, RulesError> {
    if let Some(share) = table.share("max")? {
        return Ok(Tolerance::Ratio(share));
    }
    Ok(Tolerance::Bytes(table.size("max")?.unwrap_or(0)))
}

fn ignore(check: &Check, mut table: Fields<'_>) -> Result<Ignore, RulesError> {
    let origin = table.origin();
    let path = table.glob("path")?;
    if path.is_some() && !check.finds_paths() {
        return Err(table.error(&format!("{} finds no paths; without `path` all of it is ignored", check.name())));
    }
    if path.is_none() && check.finds_paths() {
        return Err(table.error("an ignore needs `path`, as in path = \"var/log/*.log\""));
    }
    let reason = table.needed("reason", "\"agreed with the security team\"", Fields::line)?;
    let until = table.date("until")?;
    table.finish(&["path", "reason", "until"])?;
    Ok(Ignore { path, reason, until, origin })
}

#[cfg(test)]
mod tests;
