//! What somebody meant who wrote a word that is not known.

/// The word of `known` that is nearest to `word`, if one is near enough to be meant: capitals, hyphens and underscores
/// do not count, and one letter in four may be wrong.
pub fn nearest<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let plain = |text: &str| text.replace(['-', '_'], "").to_ascii_lowercase();
    let word = plain(word);
    let near = known.into_iter().map(|name| (strsim::osa_distance(&plain(name), &word), name)).min()?;
    let (distance, name) = near;
    (distance <= (name.len() / 4).max(1)).then_some(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_is_understood_and_another_word_is_not() {
        let known = ["max", "paths", "severity", "image-bytes"];
        let cases = [
            ("path", Some("paths")),
            ("Severity", Some("severity")),
            ("image_bytes", Some("image-bytes")),
            ("imagebyte", Some("image-bytes")),
            ("mx", Some("max")),
            ("colour", None),
            ("", None),
        ];
        for (word, expected) in cases {
            assert_eq!(nearest(word, known), expected, "{word}");
        }
        assert_eq!(nearest("max", []), None);
    }
}
