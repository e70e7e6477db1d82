//! A line that is being typed, and what for.

use tui_input::Input;

/// What is being typed.
#[derive(Debug)]
pub(crate) struct Prompt {
    /// What for.
    pub(crate) kind: PromptKind,
    /// What.
    pub(crate) input: Input,
    /// Why it is not understood.
    pub(crate) error: Option<String>,
    /// Which of the actions that are like a command, or of what was typed before, is chosen; none until somebody chooses.
    pub(crate) chosen: Option<usize>,
}

/// What is being typed for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum PromptKind {
    /// A filter of the tree.
    TreeFilter,
    /// A filter of the wasted items.
    WasteFilter,
    /// A filter of the files.
    FilesFilter,
    /// A filter of what differs.
    CompareFilter,
    /// A filter of what differs between two images.
    DuelFilter,
    /// A command.
    Command,
    /// What is searched for in the content of a file.
    Search,
    /// A folder to write to.
    Extract,
    /// A file to write a text to.
    Save,
}

impl PromptKind {
    /// Whether it is in the language of filters.
    pub(crate) fn is_filter(self) -> bool {
        matches!(
            self,
            Self::TreeFilter | Self::WasteFilter | Self::FilesFilter | Self::CompareFilter | Self::DuelFilter
        )
    }
}
