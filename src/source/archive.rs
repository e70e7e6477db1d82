//! Archives: the index of their members, by position or in one sweep.

use super::index::Index;
use super::telling::Telling;
use super::{Blob, BlobId, seems};
use crate::bytes::{Section, SpoolFile, Spooled};
use crate::codec::{Compression, decoder};
use crate::notice::Notice;
use crate::tarball::{BLOCK, Input, Limits, Member, MemberKind, Streaming, TarError, TarReader, is_header};
use std::collections::BTreeMap;
use std::io::{self, Read};

/// Bytes of documents that are kept from one sweep. What comes later is read again when it is asked for.
const DOCUMENTS_KEPT: u64 = 64 << 20;

/// Bytes after the end of an archive that are looked at where it is read by position.
const TRAILING: u64 = 1 << 20;

/// Bytes that tell whether a member is a document: JSON may begin with white space.
const PEEK: u64 = 64;

/// Bytes of a compressed member that its first 512 bytes are decompressed from, to tell whether it is a tar.
const COMPRESSED_BLOCK: usize = 128 << 10;

/// How many members may be tars: ten times as many as an image may have layers. Each is scanned as it passes, and kept
/// until the manifest tells which of them are layers.
const MAX_TARS: u64 = 100_000;

/// Bytes that are copied at once.
const PIECE: usize = 256 << 10;

/// What one pass over an archive gave.
#[derive(Debug, Default)]
pub(super) struct Pass {
    pub(super) index: Index,
    pub(super) documents: BTreeMap<BlobId, Vec<u8>>,
    /// The first bytes, uncompressed.
    pub(super) head: Vec<u8>,
    pub(super) notices: Vec<Notice>,
    /// Layers that were copied to a spool.
    pub(super) spooled: BTreeMap<BlobId, Section>,
    /// Whether the pass ended early because the spool could not be written.
    pub(super) spool_failed: bool,
    /// Why the pass ended early, if it did.
    pub(super) damage: Option<TarError>,
}

/// Takes the layers of an archive that is swept: members that are a tar, compressed or not.
pub trait Sink {
    /// Takes a blob that can be read by position, at once or later, by any thread. Its bytes may still be coming;
    /// reading them waits then.
    fn blob(&mut self, blob: Blob, member: &Member);

    /// Takes a blob that passes once: `content` is all of it. `id` is the identity that it will have.
    fn stream(&mut self, id: BlobId, member: &Member, content: &mut (dyn Read + Send));
}

/// Indexes an uncompressed archive by position; no content is read.
pub(super) fn index(whole: &Section, limits: Limits) -> Pass {
    let mut pass = Pass::default();
    match read_start(&mut whole.reader(), seems::HEAD) {
        Ok(head) => pass.head = head,
        Err(error) => return Pass { damage: Some(TarError::Read(error)), ..pass },
    }
    let mut reader = TarReader::new(whole.reader(), limits);
    pass.run(&mut reader, TRAILING, |_, _, _| Ok(()));
    pass
}

/// What can be read again of an archive that is read in order.
#[derive(Debug)]
pub(super) enum Keeping {
    /// All of it: it is not compressed, and its bytes are spooled as they are read.
    Whole(Spooled),
    /// The layers that are compressed themselves: they are copied to a file, so that they can be decompressed side by
    /// side while the archive is read on.
    Layers(SpoolFile),
    /// Nothing.
    Nothing,
}

/// Reads an archive in order, to its very end: documents are kept, layers go to a sink.
pub(super) struct Sweep<'a> {
    pub(super) limits: Limits,
    /// Bytes of one document that are kept at most.
    pub(super) document_max: u64,
    pub(super) keeping: Keeping,
    pub(super) sink: &'a mut dyn Sink,
    pub(super) telling: Telling<'a>,
}

impl Sweep<'_> {
    /// Sweeps the uncompressed bytes of an archive.
    pub(super) fn run(mut self, tar: &mut (dyn Read + Send)) -> Pass {
        let mut pass = Pass::default();
        match read_start(tar, seems::HEAD) {
            Ok(head) => pass.head = head,
            Err(error) => return Pass { damage: Some(TarError::Read(error)), ..pass },
        }
        let head = pass.head.clone();
        let unpacked = self.limits.unpacked;
        let mut reader = TarReader::new(Streaming::new(head.chain_with(tar), unpacked), self.limits);
        let (mut room, mut tars) = (DOCUMENTS_KEPT, 0);
        pass.run(&mut reader, unpacked, |pass, member, reader| {
            self.telling.member(member, &pass.index);
            if member.kind != MemberKind::File || member.sparse.is_some() {
                return Ok(());
            }
            let mut start = Vec::new();
            reader.content().take(PEEK).read_to_end(&mut start)?;
            if is_document(&start) && member.stored <= self.document_max.min(room) {
                self.telling.document(member, &start, &pass.index);
                reader.content().read_to_end(&mut start)?;
                room -= start.len() as u64;
                pass.documents.insert(BlobId(member.data_offset), start);
                return Ok(());
            }
            let Some(compression) = tar_inside(&mut start, &mut reader.content())? else { return Ok(()) };
            tars += 1;
            if tars > MAX_TARS {
                return Err(io::Error::other(TarError::Limit { what: "tar archives inside", limit: MAX_TARS }));
            }
            self.layer(pass, member, compression, start, reader)
        });
        pass
    }

    /// Hands a layer on; `start` was read of it.
    fn layer<I: Input + Send>(
        &mut self,
        pass: &mut Pass,
        member: &Member,
        compression: Compression,
        start: Vec<u8>,
        reader: &mut TarReader<I>,
    ) -> io::Result<()> {
        let id = BlobId(member.data_offset);
        match &mut self.keeping {
            Keeping::Whole(spooled) => {
                if compression == Compression::None {
                    // Its contents are passed over, so that whoever scans it would not see that they are cut.
                    reader.finish_content().map_err(io::Error::other)?;
                }
                self.sink.blob(Blob::new(id, spooled.section(member.data_offset, member.stored)), member);
            }
            Keeping::Layers(file) if compression != Compression::None && member.stored <= file.room() => {
                let section = file.spooled().section(file.len(), member.stored);
                self.sink.blob(Blob::new(id, section.clone()), member);
                copy(&mut start.chain_with(reader.content()), file).inspect_err(|error| {
                    pass.spool_failed = matches!(error, CopyError::Write(_));
                })?;
                pass.spooled.insert(id, section);
            }
            Keeping::Layers(_) | Keeping::Nothing => {
                self.sink.stream(id, member, &mut start.chain_with(reader.content()));
            }
        }
        Ok(())
    }
}

/// Which side of a copy failed.
#[derive(Debug)]
enum CopyError {
    Read(io::Error),
    Write(io::Error),
}

impl From<CopyError> for io::Error {
    fn from(error: CopyError) -> Self {
        match error {
            CopyError::Read(error) | CopyError::Write(error) => error,
        }
    }
}

/// Copies what is left of a member to a spool.
fn copy(from: &mut dyn Read, to: &mut SpoolFile) -> Result<(), CopyError> {
    let mut piece = vec![0; PIECE];
    loop {
        let count = match from.read(&mut piece) {
            Ok(0) => return Ok(()),
            Ok(count) => count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(CopyError::Read(error)),
        };
        to.append(piece.get(..count).unwrap_or_default()).map_err(CopyError::Write)?;
    }
}

/// How a member is compressed, if there is a tar in it. Reads as much more of it as is needed to tell.
fn tar_inside(start: &mut Vec<u8>, content: &mut dyn Read) -> io::Result<Option<Compression>> {
    let compression = Compression::sniff(start);
    let enough = if compression == Compression::None { BLOCK } else { COMPRESSED_BLOCK };
    content.take(enough.saturating_sub(start.len()) as u64).read_to_end(start)?;
    let Ok(unpacked) = decoder(compression, start.as_slice()) else { return Ok(None) };
    let mut header = Vec::with_capacity(BLOCK);
    // A cut stream ends in an error; what came before it is enough to tell.
    let _ = unpacked.take(BLOCK as u64).read_to_end(&mut header);
    Ok(is_header(&header).then_some(compression))
}

impl Pass {
    fn run<I: Input + Send>(
        &mut self,
        reader: &mut TarReader<I>,
        trailing: u64,
        mut visit: impl FnMut(&mut Self, &Member, &mut TarReader<I>) -> io::Result<()>,
    ) {
        loop {
            match reader.next_member() {
                Ok(Some(member)) => {
                    self.index.add_member(&member);
                    if let Err(error) = visit(self, &member, reader) {
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
pub(super) fn read_start(reader: &mut dyn Read, count: u64) -> io::Result<Vec<u8>> {
    let mut start = Vec::new();
    reader.take(count).read_to_end(&mut start)?;
    Ok(start)
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
