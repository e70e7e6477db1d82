//! Archives in memory, for the tests of this module and of the ones to its right.

#![allow(clippy::disallowed_methods, reason = "tests write the files that they open")]

use super::{Blob, BlobId, OpenOptions, Reference, Sink, Source, SourceError, open};
use crate::bytes::{Cancel, Meter, Section};
use crate::progress::Silent;
use crate::tarball::{Limits, Member};
use std::io::Read;
use std::path::Path;
use std::sync::Arc;

/// What is put into an archive.
pub(crate) enum Item<'a> {
    File(&'a str, &'a [u8]),
    Symlink(&'a str, &'a str),
    HardLink(&'a str, &'a str),
    Directory(&'a str),
}

/// A tar with these members.
pub(crate) fn tar(items: &[Item<'_>]) -> Vec<u8> {
    let mut builder = tar::Builder::new(Vec::new());
    let header = |kind| {
        let mut header = tar::Header::new_gnu();
        header.set_entry_type(kind);
        header.set_mode(0o644);
        header.set_size(0);
        header
    };
    for item in items {
        match item {
            Item::File(name, bytes) => {
                let mut header = header(tar::EntryType::Regular);
                header.set_size(bytes.len() as u64);
                builder.append_data(&mut header, name, *bytes).unwrap();
            }
            Item::Symlink(name, target) => {
                builder.append_link(&mut header(tar::EntryType::Symlink), name, target).unwrap();
            }
            Item::HardLink(name, target) => {
                builder.append_link(&mut header(tar::EntryType::Link), name, target).unwrap();
            }
            Item::Directory(name) => {
                builder.append_data(&mut header(tar::EntryType::Directory), name, &[][..]).unwrap();
            }
        }
    }
    builder.into_inner().unwrap()
}

/// A tar with files only.
pub(crate) fn tar_of(files: &[(&str, &[u8])]) -> Vec<u8> {
    tar(&files.iter().map(|(name, bytes)| Item::File(name, bytes)).collect::<Vec<_>>())
}

/// Bytes, compressed as gzip.
pub(crate) fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::read::GzEncoder::new(bytes, flate2::Compression::fast());
    let mut out = Vec::new();
    encoder.read_to_end(&mut out).unwrap();
    out
}

/// Remembers what was swept.
#[derive(Debug, Default)]
pub(crate) struct Recorder {
    /// What can be read by position.
    pub(crate) blobs: Vec<Blob>,
    /// What passed.
    pub(crate) passed: Vec<(BlobId, Vec<u8>)>,
}

impl Recorder {
    /// Identities and bytes, also of what could be read by position.
    pub(crate) fn contents(&self) -> Vec<(BlobId, Vec<u8>)> {
        let read = |blob: &Blob| {
            let mut bytes = Vec::new();
            blob.open(&Meter::default(), &Cancel::default()).unwrap().read_to_end(&mut bytes).unwrap();
            (blob.id, bytes)
        };
        let mut contents: Vec<_> = self.blobs.iter().map(read).chain(self.passed.iter().cloned()).collect();
        contents.sort();
        contents
    }
}

impl Sink for Recorder {
    fn blob(&mut self, blob: Blob, _member: &Member) {
        self.blobs.push(blob);
    }

    fn stream(&mut self, id: BlobId, _member: &Member, content: &mut (dyn Read + Send)) {
        let mut bytes = Vec::new();
        // A broken member is kept as far as it goes.
        let _ = content.read_to_end(&mut bytes);
        self.passed.push((id, bytes));
    }
}

pub(crate) fn options() -> OpenOptions {
    OpenOptions {
        spool_directory: "/tmp".into(),
        spool_max: 1 << 30,
        limits: Limits::default(),
        document_max: 8 << 20,
        search_path: Some("/nonexistent".into()),
        cancel: Cancel::default(),
    }
}

/// Opens what was typed.
pub(crate) fn open_typed(typed: &str, sink: &mut dyn Sink) -> Result<Source, SourceError> {
    open(Reference::parse(typed), &options(), sink, &Silent)
}

/// Opens bytes that are nowhere but in memory, called `image.tar`.
pub(crate) fn open_bytes(bytes: &[u8]) -> Result<Source, SourceError> {
    let whole = Section::new(Arc::new(bytes.to_vec()));
    super::open::open_section(Reference::parse("image.tar"), whole, &options(), &mut Recorder::default(), &Silent)
}

/// Opens bytes as a file, with a prefix before its path.
pub(crate) fn open_as(prefix: &str, bytes: &[u8]) -> Result<Source, SourceError> {
    let directory = tempfile::tempdir().unwrap();
    let path = write(directory.path(), "file", bytes);
    open_typed(&format!("{prefix}{path}"), &mut Recorder::default())
}

/// Writes a file and returns its path.
pub(crate) fn write(directory: &Path, name: &str, bytes: &[u8]) -> String {
    let path = directory.join(name);
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(&path, bytes).unwrap();
    path.to_str().unwrap().to_owned()
}
