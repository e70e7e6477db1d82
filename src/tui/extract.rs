//! Writing paths of the image to a folder of the user.

use super::msg::Generation;
use super::{Extracted, Extraction, Model};
use crate::bytes::Cancel;
use crate::progress::Observer;
use crate::tree::{Item, NodeId, Version};
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt as _;
use std::path::PathBuf;
use std::sync::Arc;
use tempfile::TempDir;

/// What is to be written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Wanted {
    /// One version of one path.
    Item(Item),
    /// A path and everything below it.
    Below(NodeId, Version),
}

/// What is to be written, while the folder is still being typed.
#[derive(Debug, Clone)]
pub(crate) struct Plan {
    /// The image.
    pub(crate) model: Arc<Model>,
    /// What.
    pub(crate) wanted: Wanted,
    /// The same in words.
    pub(crate) name: String,
}

/// Paths that are being written. Closing it ends the writing.
#[derive(Debug)]
pub(crate) struct Writing {
    /// What.
    pub(crate) plan: Plan,
    /// The folder; none if it is one of our own, for the user's editor.
    pub(crate) to: Option<PathBuf>,
    /// The number of the writing that counts.
    pub(crate) generation: Generation,
    /// Ends it.
    pub(crate) cancel: Cancel,
    /// How far it is: bytes of all bytes.
    pub(crate) done: Option<(u64, u64)>,
    /// What was written, once something was there already: the user is asked.
    pub(crate) asks: Option<Extracted>,
}

/// A request to write.
#[derive(Debug)]
pub(crate) struct Order {
    /// What.
    pub(crate) plan: Plan,
    /// The folder.
    pub(crate) to: PathBuf,
    /// Whether what is there already is replaced.
    pub(crate) replace: bool,
    /// Ends it.
    pub(crate) cancel: Cancel,
}

impl Order {
    /// Writes; none if nobody waits for it any more.
    pub(crate) fn answer(self, observer: &dyn Observer) -> Option<Result<Extracted, String>> {
        let items = match self.plan.wanted {
            Wanted::Item(item) => vec![item],
            Wanted::Below(node, version) => self.plan.model.tree.items(node, version),
        };
        let extraction = Extraction { items, to: self.to, replace: self.replace };
        let done = self.plan.model.files.extract(&extraction, observer, &self.cancel);
        (!self.cancel.is_cancelled()).then(|| done.map_err(|error| error.to_string()))
    }
}

/// A request to write one file to a folder of our own.
#[derive(Debug)]
pub(crate) struct Fetch {
    /// What.
    pub(crate) plan: Plan,
    /// Where the folder is made.
    pub(crate) temporary: PathBuf,
    /// Ends it.
    pub(crate) cancel: Cancel,
}

/// A file for the user's editor, which goes when this is dropped.
#[derive(Debug)]
pub(crate) struct Fetched {
    folder: TempDir,
    path: PathBuf,
}

impl Fetched {
    /// The file.
    pub(crate) fn file(&self) -> PathBuf {
        self.folder.path().join(&self.path)
    }
}

impl Fetch {
    /// Writes; none if nobody waits for it any more.
    pub(crate) fn answer(self, observer: &dyn Observer) -> Option<Result<Fetched, String>> {
        let path = match &self.plan.wanted {
            Wanted::Item(Item { path, .. }) => PathBuf::from(OsStr::from_bytes(path)),
            Wanted::Below(..) => return None,
        };
        let folder = match tempfile::Builder::new().prefix("layerscope-").tempdir_in(&self.temporary) {
            Ok(folder) => folder,
            Err(error) => return Some(Err(format!("{}: {error}", self.temporary.display()))),
        };
        let (plan, to) = (self.plan, folder.path().to_owned());
        let done = Order { plan, to, replace: false, cancel: self.cancel }.answer(observer)?;
        Some(done.and_then(|extracted| match extracted.failed.into_iter().next() {
            Some(failed) => Err(failed),
            None => Ok(Fetched { folder, path }),
        }))
    }
}

impl Drop for Writing {
    fn drop(&mut self) {
        self.cancel.cancel();
    }
}
