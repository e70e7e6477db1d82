//! Archives: the index of their members, by position or in one sweep.

use super::index::Index;
use super::{BlobId, seems};
use crate::bytes::Section;
use crate::notice::Notice;
use crate::tarball::{Input, Limits, Member, MemberKind, Streaming, TarError, TarReader};
use std::collections::BTreeMap;
use std::io::{self, Read};

/// Bytes of documents that are kept from one sweep. What comes later is read again when it is asked for.
const DOCUMENTS_KEPT: u64 = 64 << 20;

/// Bytes after the end of an archive that are looked at where it is read by position.
const TRAILING: u64 = 1 << 20;

/// Bytes that tell whether a member is a document: JSON may begin with white space.
const PEEK: u64 = 64;

/// What one pass over an archive gave.
#[derive(Debug, Default)]
pub(super) struct Pass {
    pub(super) index: Index,
    pub(super) documents: BTreeMap<BlobId, Vec<u8>>,
    /// The first bytes, uncompressed.
    pub(super) head: Vec<u8>,
    pub(super) notices: Vec<Notice>,
    /// Why the pass ended early, if it did.
    pub(super) damage: Option<TarError>,
}

/// Takes the members of an archive that is swept.
pub trait Sink {
    /// Takes one regular-file member whose content is no small JSON document; `id` is the identity that the blob of
    /// this member will have. Reads as much of `content` as it likes.
    fn blob(&mut self, id: BlobId, member: &Member, content: &mut (dyn Read + Send));
}

/// Indexes an uncompressed archive by position; no content is read.
pub(super) fn index(whole: &Section, limits: Limits) -> Pass {
    let mut pass = Pass::default();
    match read_head(&mut whole.reader()) {
        Ok(head) => pass.head = head,
        Err(error) => return Pass { damage: Some(TarError::Read(error)), ..pass },
    }
    let mut reader = TarReader::new(whole.reader(), limits);
    pass.run(&mut reader, TRAILING, |_, _, _| Ok(()));
    pass
}

/// Reads an uncompressed archive in order, to its very end: documents are kept, everything else goes to `sink`.
pub(super) fn sweep(tar: &mut (dyn Read + Send), limits: Limits, document_max: u64, sink: &mut dyn Sink) -> Pass {
    let mut pass = Pass::default();
    match read_head(tar) {
        Ok(head) => pass.head = head,
        Err(error) => return Pass { damage: Some(TarError::Read(error)), ..pass },
    }
    let head = pass.head.clone();
    let unpacked = limits.unpacked;
    let mut reader = TarReader::new(Streaming::new(head.chain_with(tar), unpacked), limits);
    let mut room = DOCUMENTS_KEPT;
    pass.run(&mut reader, unpacked, |documents, member, content| {
        if member.kind != MemberKind::File || member.sparse.is_some() {
            return Ok(());
        }
        let id = BlobId(member.data_offset);
        let mut start = Vec::new();
        content.take(PEEK).read_to_end(&mut start)?;
        let keep = is_document(&start) && member.stored <= document_max.min(room);
        if keep {
            content.read_to_end(&mut start)?;
            room -= start.len() as u64;
            documents.insert(id, start);
        } else {
            sink.blob(id, member, &mut start.chain_with(content));
        }
        Ok(())
    });
    pass
}

impl Pass {
    fn run<I: Input + Send>(
        &mut self,
        reader: &mut TarReader<I>,
        trailing: u64,
        mut visit: impl FnMut(&mut BTreeMap<BlobId, Vec<u8>>, &Member, &mut (dyn Read + Send)) -> io::Result<()>,
    ) {
        loop {
            match reader.next_member() {
                Ok(Some(member)) => {
                    self.index.add_member(&member);
                    let visited = visit(&mut self.documents, &member, &mut reader.content());
                    if let Err(error) = visited {
                        self.damage = Some(TarError::from_read(error));
                        break;
                    }
                }
                Ok(None) => {
                    self.look_behind(reader, trailing);
                    break;
                }
                Err(error) => {
                    self.damage = Some(error);
                    break;
                }
            }
        }
        self.notices.extend(reader.take_notices());
    }

    /// Reads on after the end: the checksum of a compressed archive comes last, and other data may be hidden there.
    fn look_behind<I: Input>(&mut self, reader: &mut TarReader<I>, trailing: u64) {
        match reader.trailing(trailing) {
            Ok(false) => {}
            Ok(true) => {
                self.notices.push(Notice::warning("archive", "data after the end of the archive was ignored"));
            }
            Err(error) => self.damage = Some(TarError::from_read(error)),
        }
    }
}

/// Whether something begins like a JSON object or array.
pub(super) fn is_document(start: &[u8]) -> bool {
    first_byte(start).is_some_and(|byte| matches!(byte, b'{' | b'['))
}

/// The first byte of a JSON document: a byte order mark and white space are passed over.
pub(super) fn first_byte(start: &[u8]) -> Option<u8> {
    let text = start.strip_prefix(b"\xef\xbb\xbf").unwrap_or(start);
    text.trim_ascii_start().first().copied()
}

/// Reads the first bytes, as far as there are any.
pub(super) fn read_head(reader: &mut dyn Read) -> io::Result<Vec<u8>> {
    let mut head = Vec::new();
    reader.take(seems::HEAD as u64).read_to_end(&mut head)?;
    Ok(head)
}

/// Puts bytes that were read already before the rest.
pub(super) trait ChainWith {
    /// First these bytes, then `rest`.
    fn chain_with<R: Read>(self, rest: R) -> io::Chain<io::Cursor<Vec<u8>>, R>;
}

impl ChainWith for Vec<u8> {
    fn chain_with<R: Read>(self, rest: R) -> io::Chain<io::Cursor<Vec<u8>>, R> {
        io::Cursor::new(self).chain(rest)
    }
}
