//! Everything that can happen to the explorer.

use super::diff::Difference;
use super::extract::Fetched;
use super::files::Files;
use super::rival::Rival;
use super::scene::Scene;
use super::viewer::Reading;
use super::{Extracted, Feed};
use crate::analysis::{Comparison, Duplicates};
use crate::analysis::{DiveFigures, DiveReference};
use crate::notice::Notice;
use crate::tree::{Answer, Found, Inquiry, NodeId};
use crossterm::event::{KeyEvent, MouseEvent};
use ratatui::layout::Size;
use std::collections::HashSet;
use std::path::PathBuf;
use std::sync::Arc;

/// The number of a question to the worker; only the answer to the newest question counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub(crate) struct Generation(u64);

impl Generation {
    /// Makes this the number of a new question.
    pub(crate) fn advance(&mut self) -> Self {
        self.0 = self.0.wrapping_add(1);
        *self
    }
}

/// One thing that happened.
#[derive(Debug)]
pub(crate) enum Msg {
    /// A key went down.
    Key(KeyEvent),
    /// The mouse did something.
    Mouse(MouseEvent),
    /// Text was pasted.
    Paste(String),
    /// The terminal has another size.
    Resize(Size),
    /// The loader says something.
    Feed(Feed),
    /// The worker has what a lens shows.
    Looked(Generation, Arc<Scene>),
    /// The worker knows which wasted items a filter leaves, by group.
    Sifted(Generation, HashSet<NodeId>),
    /// The worker has the files of a lens.
    Listed(Generation, Arc<Files>),
    /// The worker has compared two points of the image.
    Differed(Generation, Arc<Comparison>),
    /// The worker has found paths.
    Found(Generation, Found),
    /// The beginning of a file was read, or why it could not be.
    Read(Generation, Result<Reading, String>),
    /// Two versions of a file were compared, or why they could not be.
    Compared(Generation, Result<Difference, String>),
    /// Paths were written to a folder, or why nothing was.
    Extracted(Generation, Result<Extracted, String>),
    /// A file was written for the user's editor, or could not be.
    Fetched(Generation, Result<Fetched, String>),
    /// A program of the user did not work, and why.
    Failed(String),
    /// A toast has been there long enough.
    ToastOver,
    /// Another image was read and compared, or could not be.
    Challenged(Generation, Result<Rival, String>),
    /// The SHA-256 of a file is known, or it could not be read.
    Digested(Generation, Result<String, String>),
    /// The waste as dive counts it: the sums, and each path with all its copies.
    CountedAsDive(Generation, DiveFigures, Vec<DiveReference>),
    /// Contents were compared, or could not be.
    FoundCopies(Generation, Result<Duplicates, String>),
    /// A file was written, or could not be.
    Saved(PathBuf, Result<(), String>),
    /// So many bytes would not be shipped without the paths that are left out.
    Weighed(Generation, u64),
    /// How far a reading or a writing is: bytes of all bytes.
    Going(Generation, u64, u64),
    /// What is known by now of what a filter asks of contents.
    Heard(Generation, Inquiry, Arc<Answer>),
    /// All of that is known, but for what could not be read.
    Inquired(Generation, Vec<Notice>),
    /// Nothing came after the first key of a sequence for a while.
    Hesitated,
    /// The process was told to stop for a while.
    Suspend,
}
