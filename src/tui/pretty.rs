//! Instructions for reading: one command a line.

/// Breaks an instruction where a shell reader would: after a line break of its own, before `&&`, `||` and after `;`.
/// Quoted text and here-documents stay as they are. The text is not escaped here.
pub(crate) fn instruction(text: &str) -> Vec<String> {
    let mut out = Vec::new();
    let mut document: Option<String> = None;
    for line in text.lines() {
        if let Some(end) = &document {
            out.push(line.to_owned());
            if line.trim() == *end {
                document = None;
            }
            continue;
        }
        document = here_document(line);
        // A tab is as wide as the terminal likes; in front of a continued line it means "further in".
        let indent = if out.is_empty() { "" } else { "    " };
        for (n, part) in split(line.trim()).into_iter().enumerate() {
            let deeper = if n > 0 && indent.is_empty() { "    " } else { indent };
            out.push(format!("{deeper}{part}"));
        }
    }
    out
}

/// The word that ends a here-document that begins in this line.
pub(crate) fn here_document(line: &str) -> Option<String> {
    let (_, after) = line.split_once("<<")?;
    let after = after.strip_prefix('-').unwrap_or(after).trim_start();
    let after = after.trim_start_matches(['"', '\'']);
    let word: String = after.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
    (!word.is_empty()).then_some(word)
}

/// Splits a line before `&&` and `||` and after `;`, and at runs of blanks (continued lines), outside of quotes.
fn split(line: &str) -> Vec<String> {
    let mut out = Vec::new();
    let mut part = String::new();
    let mut quote: Option<char> = None;
    let mut chars = line.chars().peekable();
    while let Some(c) = chars.next() {
        match (quote, c) {
            (Some(open), c) => {
                part.push(c);
                if c == open {
                    quote = None;
                }
            }
            (None, '\\') => {
                part.push(c);
                part.extend(chars.next());
            }
            (None, '\'' | '"') => {
                quote = Some(c);
                part.push(c);
            }
            (None, '&' | '|') if chars.peek() == Some(&c) => {
                chars.next();
                finish(&mut out, &mut part);
                part.push(c);
                part.push(c);
            }
            (None, ';') => {
                part.push(c);
                if chars.peek() != Some(&';') {
                    finish(&mut out, &mut part);
                }
            }
            // Runs of blanks are what is left of continued lines.
            (None, ' ' | '\t') if part.is_empty() || part.ends_with(' ') => {}
            (None, '\t') => part.push(' '),
            (None, c) => part.push(c),
        }
    }
    finish(&mut out, &mut part);
    out
}

fn finish(out: &mut Vec<String>, part: &mut String) {
    let text = part.trim_end();
    if !text.is_empty() {
        out.push(text.to_owned());
    }
    part.clear();
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_command_a_line() {
        let text = "RUN set -eux; apt-get update \t&& apt-get install -y a b || true; echo 'x && y; z'";
        assert_eq!(
            instruction(text),
            [
                "RUN set -eux;",
                "    apt-get update",
                "    && apt-get install -y a b",
                "    || true;",
                "    echo 'x && y; z'",
            ]
        );
    }

    #[test]
    fn lines_of_the_author_and_here_documents_are_kept() {
        let text = "RUN <<EOF sh\n  a && b;\nEOF\ncd x && y";
        assert_eq!(instruction(text), ["RUN <<EOF sh", "  a && b;", "EOF", "    cd x", "    && y"]);
    }

    #[test]
    fn odd_text_is_kept_whole() {
        assert_eq!(instruction("RUN echo 'open"), ["RUN echo 'open"]);
        assert_eq!(instruction("RUN a\\"), ["RUN a\\"]);
        assert_eq!(instruction("case x in a) b;; esac"), ["case x in a) b;;", "    esac"]);
        assert!(instruction("").is_empty());
    }
}
