//! Names in a tar as paths: `.`, `//`, `..` and a leading `/` are resolved lexically, at the root.

/// The components of a name, bottom of the tree last.
pub type Components<'a> = Vec<&'a [u8]>;

/// Splits a name into its components. `..` takes the one before it away and does nothing at the root, so the result
/// never leads out of it; the root itself has no components.
pub fn components(path: &[u8]) -> Components<'_> {
    normalised(path.split(|byte| *byte == b'/'))
}

/// The same for what is split already.
pub fn normalised<'a>(parts: impl Iterator<Item = &'a [u8]>) -> Components<'a> {
    let mut out = Vec::new();
    for part in parts {
        match part {
            b"" | b"." => {}
            b".." => {
                out.pop();
            }
            name => out.push(name),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_resolved_lexically() {
        let cases = [
            ("./a//b/", "a/b"),
            ("/a/../b", "b"),
            ("../../etc/passwd", "etc/passwd"),
            ("a/./b/..", "a"),
            ("./", ""),
            ("...", "..."),
        ];
        for (name, expected) in cases {
            assert_eq!(components(name.as_bytes()).join(&b'/'), expected.as_bytes(), "{name}");
        }
    }
}
