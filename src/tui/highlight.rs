//! Which words of a text are what, so that they can be told apart: by the grammars that editors use.

use super::theme::{Role, Token};
use crate::bytes::Cancel;
use std::ops::Range;
use std::sync::OnceLock;
use syntect::parsing::{ParseState, Scope, ScopeStack, SyntaxReference, SyntaxSet};

/// How much of a text is gone through: grammars are slow, and nobody reads further than that.
const MOST: usize = 256 << 10;

/// Lines that are longer were made by programs for programs.
const LONGEST: usize = 2_000;

/// What some bytes of a line are.
pub(crate) type Paint = (Range<usize>, Role);

/// What the words of a text are, line by line; the lines after the last one are plain. A grammar is chosen by the name of
/// the file, else by its first line.
pub(crate) fn paint(name: &str, text: &str, cancel: &Cancel) -> Vec<Vec<Paint>> {
    static GRAMMARS: OnceLock<SyntaxSet> = OnceLock::new();
    let mut out = Vec::new();
    let first = text.lines().next().unwrap_or_default();
    if first.len() > LONGEST {
        return out;
    }
    let grammars = GRAMMARS.get_or_init(two_face::syntax::extra_newlines);
    let Some(grammar) = grammar(grammars, name, first) else { return out };
    let (mut state, mut stack) = (ParseState::new(grammar), ScopeStack::new());
    let mut gone = 0;
    for line in text.split_inclusive('\n') {
        gone += line.len();
        if gone > MOST || line.len() > LONGEST || cancel.is_cancelled() {
            break;
        }
        let Ok(steps) = state.parse_line(line, grammars) else { break };
        let mut paints: Vec<Paint> = Vec::new();
        let mut at = 0;
        for (place, step) in steps {
            add(&mut paints, at..place, role(&stack));
            at = place;
            if stack.apply(&step).is_err() {
                return out;
            }
        }
        add(&mut paints, at..line.len(), role(&stack));
        out.push(paints);
    }
    out
}

fn add(paints: &mut Vec<Paint>, range: Range<usize>, role: Role) {
    match paints.last_mut() {
        _ if range.is_empty() => {}
        Some((last, same)) if *same == role => last.end = range.end,
        _ => paints.push((range, role)),
    }
}

fn grammar<'a>(grammars: &'a SyntaxSet, name: &str, first: &str) -> Option<&'a SyntaxReference> {
    let extension = name.rsplit_once('.').map(|(_, extension)| extension);
    let known = grammars
        .find_syntax_by_extension(name)
        .or_else(|| grammars.find_syntax_by_extension(extension?))
        .or_else(|| grammars.find_syntax_by_first_line(first))?;
    (known.name != "Plain Text").then_some(known)
}

/// What the words of the innermost scope that says anything are.
fn role(stack: &ScopeStack) -> Role {
    static KINDS: OnceLock<Vec<(Scope, Token)>> = OnceLock::new();
    let kinds = KINDS.get_or_init(|| {
        let kinds = [
            ("comment", Token::Comment),
            ("string", Token::Text),
            ("constant", Token::Constant),
            ("keyword.operator", Token::Plain),
            ("keyword", Token::Keyword),
            ("storage", Token::Keyword),
            ("entity.name", Token::Name),
            ("support", Token::Name),
            ("variable.parameter", Token::Plain),
            ("punctuation.definition.comment", Token::Comment),
            ("punctuation.definition.string", Token::Text),
        ];
        kinds.iter().filter_map(|(name, kind)| Some((Scope::new(name).ok()?, *kind))).collect()
    });
    let known = |scope: &Scope| kinds.iter().find(|(prefix, _)| prefix.is_prefix_of(*scope)).map(|(_, kind)| *kind);
    match stack.scopes.iter().rev().find_map(known) {
        None | Some(Token::Plain) => Role::Text,
        Some(token) => Role::Token(token),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(name: &str, text: &str) -> Vec<(String, Role)> {
        let mut out = Vec::new();
        for (line, paints) in text.split_inclusive('\n').zip(paint(name, text, &Cancel::default())) {
            let told = paints.into_iter().filter(|(_, role)| *role != Role::Text);
            out.extend(told.map(|(range, role)| (line.get(range).unwrap().trim().to_owned(), role)));
        }
        out
    }

    fn has(name: &str, text: &str, word: &str, token: Token) {
        let told = told(name, text);
        assert!(told.iter().any(|(found, role)| found == word && *role == Role::Token(token)), "{name}: {told:?}");
    }

    #[test]
    fn words_are_told_by_the_name_of_the_file() {
        has("config.yaml", "debug: true # or not\n", "true", Token::Constant);
        has("config.yaml", "debug: true # or not\n", "# or not", Token::Comment);
        has("a.json", "{\"a\": \"b\"}\n", "\"b\"", Token::Text);
        has("Dockerfile", "FROM debian\nRUN ls\n", "FROM", Token::Keyword);
        has("Cargo.toml", "a = 1 # x\n", "# x", Token::Comment);
        has("x.ini", "[a]\n; c\n", "; c", Token::Comment);
        has("x.py", "def f(): return 'x'\n", "return", Token::Keyword);
        has("x.js", "const a = 1;\n", "const", Token::Keyword);
        has("x.xml", "<a><!-- c --></a>\n", "<!-- c -->", Token::Comment);
        has("x.sh", "if true; then\n", "if", Token::Keyword);
        // Without a name that tells, the first line does.
        has("entrypoint", "#!/bin/sh\n# said\n", "# said", Token::Comment);
        assert_eq!(told("notes", "if true then\n"), []);
    }

    #[test]
    fn what_is_long_is_left_plain_from_there_on() {
        let text = format!("# a\n# {}\n# b\n", "x".repeat(LONGEST));
        assert_eq!(paint("x.sh", &text, &Cancel::default()).len(), 1);
        let text = "# a\n".repeat(MOST / 4 + 10);
        assert_eq!(paint("x.sh", &text, &Cancel::default()).len(), MOST / 4);
        let cancel = Cancel::default();
        cancel.cancel();
        assert_eq!(paint("x.sh", "# a\n", &cancel), Vec::<Vec<Paint>>::new());
    }
}
