//! What a sequential input has turned out to be so far: never more than is sure, long before its manifest comes.

use super::Kind;
use super::archive::first_byte;
use super::index::{Index, MANIFEST};
use crate::codec::Compression;
use crate::progress::{Observer, Progress};
use crate::tarball::{Member, components};

/// Tells an observer what an archive turns out to be, once for each step.
pub(super) struct Telling<'a> {
    compression: Compression,
    told: Known,
    observer: &'a dyn Observer,
}

/// What is known, from the least to the most.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Known {
    Compression,
    Tar,
    /// Both docker-archives and OCI archives have such blobs, and which it is, is known at the end.
    Blobs,
    DockerArchive,
}

impl<'a> Telling<'a> {
    /// Tells the compression.
    pub(super) fn new(compression: Compression, observer: &'a dyn Observer) -> Self {
        let telling = Self { compression, told: Known::Compression, observer };
        if compression != Compression::None {
            telling.tell(format!("{} data", compression.name()));
        }
        telling
    }

    /// Takes a member; `index` has it already.
    pub(super) fn member(&mut self, member: &Member, index: &Index) {
        let parts = components(&member.path);
        self.know(
            match parts.as_slice() {
                [id, b"layer.tar"] if is_digest(id) => Known::DockerArchive,
                [b"blobs", b"sha256", digest] if is_digest(digest) => Known::Blobs,
                _ => Known::Tar,
            },
            index,
        );
    }

    /// Takes a JSON document that begins with `start`.
    pub(super) fn document(&mut self, member: &Member, start: &[u8], index: &Index) {
        let is_manifest = components(&member.path).as_slice() == [MANIFEST];
        if is_manifest && first_byte(start) == Some(b'[') {
            self.know(Known::DockerArchive, index);
        }
    }

    fn know(&mut self, known: Known, index: &Index) {
        // A root file system may have anything in it.
        let known = if index.has_root_directories { Known::Tar } else { known };
        if known <= self.told {
            return;
        }
        self.told = known;
        let what = match known {
            Known::Compression => return,
            Known::Tar => "tar archive".to_owned(),
            Known::Blobs => "tar archive with OCI blobs".to_owned(),
            Known::DockerArchive => Kind::DockerArchive.to_string(),
        };
        self.tell(match self.compression {
            Compression::None => what,
            compression => format!("{}, {what}", compression.name()),
        });
    }

    fn tell(&self, what: String) {
        self.observer.progress(Progress::Kind(what));
    }
}

/// Whether a name is a SHA-256 in hexadecimal.
fn is_digest(name: &[u8]) -> bool {
    name.len() == 64 && name.iter().all(u8::is_ascii_hexdigit)
}
