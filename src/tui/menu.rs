//! What can be copied of the selection, to choose from.

use super::ImageFiles;
use super::state::Position;
use crate::bytes::Cancel;
use crate::progress::Silent;
use crate::tree::InodeId;
use std::sync::Arc;

/// A list of texts, one of which is copied.
#[derive(Debug)]
pub(crate) struct Menu {
    /// What each is called, and the text itself; safe to show and to paste.
    pub(crate) items: Vec<(&'static str, Text)>,
    /// Where one is.
    pub(crate) at: Position,
}

/// What can be copied.
#[derive(Debug, Clone)]
pub(crate) enum Text {
    /// This.
    Known(String),
    /// The SHA-256 of a file, which is read for it.
    Digest(InodeId),
}

/// A question: what is the SHA-256 of a file?
#[derive(Debug)]
pub(crate) struct AskDigest {
    /// Who reads it.
    pub(crate) files: Arc<dyn ImageFiles>,
    /// The file.
    pub(crate) inode: InodeId,
}

impl AskDigest {
    /// Answers it.
    pub(crate) fn answer(&self) -> Result<String, String> {
        self.files.digest(self.inode, &Silent, &Cancel::default()).map_err(|error| error.to_string())
    }
}

/// A word as a shell reads it back.
pub(crate) fn quoted(word: &str) -> String {
    let is_plain =
        |c: char| c.is_ascii_alphanumeric() || matches!(c, '/' | '.' | '_' | '-' | ':' | '@' | '+' | ',' | '=');
    if !word.is_empty() && word.chars().all(is_plain) {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', r"'\''"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shell_reads_back_what_was_quoted() {
        assert_eq!(quoted("srv/app/.env"), "srv/app/.env");
        assert_eq!(quoted("it's $HOME"), r"'it'\''s $HOME'");
        assert_eq!(quoted(""), "''");
        assert_eq!(quoted("naïve;rm -rf"), "'naïve;rm -rf'");
    }
}
