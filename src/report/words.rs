//! Words and columns that several writers share.

use super::LayerIndex;
use super::size::{Units, human};
use crate::escape::{Target, escape};

/// Foreign text for a terminal. Names in a report are escaped already, so what is left are characters that cannot
/// be seen.
pub(super) fn clean(text: &str) -> String {
    escape(text.as_bytes(), Target::Prose).into_owned()
}

/// Bytes for people and exact: `31.5 MB`.
pub(super) fn size(bytes: u64) -> String {
    human(bytes, Units::Si)
}

/// A ratio as a percentage with one decimal, cut and not rounded, so that 99.99% never reads 100%.
pub(crate) fn percent(ratio: f64) -> String {
    if ratio.is_finite() { format!("{:.1}%", (ratio * 1000.0 + 1e-9).floor() / 10.0) } else { "n/a".to_owned() }
}

/// `L3`
pub(super) fn layer(index: LayerIndex) -> String {
    format!("L{index}")
}

/// A text in lines of at most `width` characters, broken between words; a longer word has a line of its own.
pub(super) fn wrap(text: &str, width: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split_whitespace().map(clean) {
        match lines.last_mut() {
            Some(line) if line.chars().count() + 1 + word.chars().count() <= width => {
                line.push(' ');
                line.push_str(&word);
            }
            _ => lines.push(word),
        }
    }
    lines
}

/// The beginning of a text, at most `width` characters, with a mark where it was cut. Line breaks and runs of blanks
/// become one blank.
pub(super) fn head(text: &str, width: usize) -> String {
    let line = clean(&text.split_whitespace().collect::<Vec<_>>().join(" "));
    if line.chars().count() <= width {
        return line;
    }
    let mut head: String = line.chars().take(width.saturating_sub(1)).collect();
    head.truncate(head.trim_end().len());
    head.push('…');
    head
}

/// A text of at most `width` characters, shortened in the middle: both ends of a path tell something.
pub(super) fn middle(text: &str, width: usize) -> String {
    let text = clean(text);
    let length = text.chars().count();
    if length <= width || width < 3 {
        return text;
    }
    let before = (width - 1) / 3;
    let after = width - 1 - before;
    let head: String = text.chars().take(before).collect();
    let tail: String = text.chars().skip(length - after).collect();
    format!("{head}…{tail}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentages_never_claim_too_much() {
        for (ratio, text) in [(0.999_99, "99.9%"), (1.0, "100.0%"), (0.0, "0.0%"), (0.57, "57.0%"), (f64::NAN, "n/a")] {
            assert_eq!(percent(ratio), text);
        }
    }

    #[test]
    fn long_texts_are_cut() {
        assert_eq!(head("RUN a &&\n   b", 20), "RUN a && b");
        assert_eq!(head("RUN apt-get update", 8), "RUN apt…");
        assert_eq!(middle("usr/lib/python3.11/site-packages/x.so", 16), "usr/l…kages/x.so");
        assert_eq!(middle("short", 16), "short");
        assert_eq!(wrap("one two  three-four\nfive", 9), ["one two", "three-four", "five"]);
        assert!(wrap(" ", 9).is_empty());
    }
}
