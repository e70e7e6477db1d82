//! Words of a Dockerfile: quotes, escapes and variables, as the reference of the Dockerfile has them ("Environment
//! replacement"). Buildah and kaniko write instructions into the history as they were written, Docker writes what they
//! come to.

/// What a word comes to; none if that is more than `most` bytes. `variable` has the values of variables; one that is not
/// set is empty.
pub(super) fn word(text: &str, variable: &dyn Fn(&str) -> Option<String>, most: usize) -> Option<String> {
    let mut out = String::new();
    let mut rest = text;
    let mut in_double = false;
    // Without it every `${` that nothing closes would be a search to the end of the text.
    let from_last_brace = text.rfind('}').map(|at| text.len() - at);
    while let Some(c) = rest.chars().next() {
        if out.len() > most {
            return None;
        }
        let after = rest.get(c.len_utf8()..).unwrap_or_default();
        rest = match c {
            '"' => {
                in_double = !in_double;
                after
            }
            '\'' if !in_double => {
                let (inside, after) = after.split_once('\'').unwrap_or((after, ""));
                out.push_str(inside);
                after
            }
            '\\' => match after.chars().next() {
                // Within double quotes a backslash stands for itself before most characters.
                Some(next) if !in_double || matches!(next, '"' | '$' | '\\') => {
                    out.push(next);
                    after.get(next.len_utf8()..).unwrap_or_default()
                }
                _ => {
                    out.push(c);
                    after
                }
            },
            '$' => {
                let may_close = from_last_brace.is_some_and(|length| after.len() >= length);
                let (value, after) = dollar(after, may_close, variable);
                out.push_str(&value);
                after
            }
            _ => {
                out.push(c);
                after
            }
        };
    }
    (out.len() <= most).then_some(out)
}

/// What stands for the text after a dollar sign, and what follows it. A form that is not known stays as it is.
/// `may_close` says whether there is any `}` in the text.
fn dollar<'a>(text: &'a str, may_close: bool, variable: &dyn Fn(&str) -> Option<String>) -> (String, &'a str) {
    let name_end = |text: &str| text.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(text.len());
    let braced = text.strip_prefix('{').filter(|_| may_close);
    if let Some((inside, after)) = braced.and_then(|rest| rest.split_once('}')) {
        let (name, form) = inside.split_at(name_end(inside));
        let value = variable(name).filter(|value| !value.is_empty());
        return match form.get(..2).unwrap_or(form) {
            "" => (value.unwrap_or_default(), after),
            ":-" => (value.unwrap_or_else(|| form.get(2..).unwrap_or_default().to_owned()), after),
            ":+" => (value.map_or_else(String::new, |_| form.get(2..).unwrap_or_default().to_owned()), after),
            _ => (format!("${{{inside}}}"), after),
        };
    }
    let (name, after) = text.split_at(name_end(text));
    if name.is_empty() { ("$".to_owned(), text) } else { (variable(name).unwrap_or_default(), after) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_come_to_what_a_build_makes_of_them() {
        let variable = |name: &str| {
            [("A", "1"), ("HOME", "/root"), ("EMPTY", "")]
                .iter()
                .find(|(key, _)| *key == name)
                .map(|(_, value)| (*value).to_owned())
        };
        let cases = [
            ("plain", "plain"),
            ("$A/x", "1/x"),
            ("${A}x", "1x"),
            ("$NONE/x", "/x"),
            ("${NONE:-d}${A:-d}${EMPTY:-e}", "d1e"),
            ("${A:+y}${NONE:+y}", "y"),
            ("${A%x}", "${A%x}"),
            ("\"$A b\"", "1 b"),
            ("'$A b'", "$A b"),
            ("two\\ words", "two words"),
            ("\\$A", "$A"),
            ("\"\\$A \\n\"", "$A \\n"),
            ("$HOME/\"my dir\"", "/root/my dir"),
            ("a$", "a$"),
            ("5$ off", "5$ off"),
            ("${A", "${A"),
            ("${A}${A${A", "1${A${A"),
            ("é$A", "é1"),
        ];
        for (text, expected) in cases {
            assert_eq!(word(text, &variable, 100).as_deref(), Some(expected), "{text}");
        }
        assert_eq!(word("$HOME", &variable, 5).as_deref(), Some("/root"));
        assert_eq!(word("$HOME", &variable, 4), None);
    }
}
