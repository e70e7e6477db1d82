//! All layers read, each distinct blob once, as many at a time as there are cores, the largest first.

use super::Watch;
use crate::bytes::{Meter, is_cancelled};
use crate::codec::{Compression, Decoder, decoder};
use crate::image::{self, Image, LayerIndex};
use crate::listing::{Listing, ListingError, Scanner};
use crate::progress::Progress;
use crate::source::{Blob, BlobId, Sink};
use crate::tarball::{self, Member};
use sha2::{Digest as _, Sha256};
use std::collections::BTreeMap;
use std::io::{self, Read, Take};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::time::Duration;

/// How often progress is told while layers are read.
const TICK: Duration = Duration::from_millis(50);

/// Bytes read at once where everything is read.
const BUFFER: usize = 256 << 10;

/// What reading one blob gave.
#[derive(Debug, Clone)]
pub(super) struct Scanned {
    /// Its entries, as far as they could be read.
    pub(super) listing: Arc<Listing>,
    /// How the blob is compressed.
    pub(super) compression: Compression,
    /// What was hashed on the way, if anything was.
    pub(super) hashes: Option<Hashes>,
}

/// The digests of one blob, computed by us, as `sha256:…`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Hashes {
    /// Of the bytes as stored.
    pub(super) stored: String,
    /// Of the uncompressed tar.
    pub(super) unpacked: String,
}

/// Whether contents are hashed while they pass.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Hash {
    /// They are not; uncompressed layers are then not even read.
    No,
    /// They are.
    Yes,
}

/// Reads every distinct blob of an image that `known` does not have yet. The result has what was known, too.
pub(super) fn scan_layers(
    image: &Image,
    scanner: &Scanner,
    hash: Hash,
    mut known: BTreeMap<BlobId, Scanned>,
    watch: &dyn Watch,
) -> BTreeMap<BlobId, Scanned> {
    let mut jobs: Vec<(BlobId, &Blob, Meter)> = Vec::new();
    for layer in &image.layers {
        let Ok(blob) = &layer.blob else { continue };
        if let Some(scanned) = known.get(&blob.id) {
            watch.listing(layer.index, &scanned.listing);
        } else if !jobs.iter().any(|(id, _, _)| *id == blob.id) {
            jobs.push((blob.id, blob, Meter::default()));
        }
    }
    jobs.sort_by_key(|(id, blob, _)| (std::cmp::Reverse(blob.size), *id));
    let threads = std::thread::available_parallelism().map_or(1, usize::from).min(jobs.len());
    let next = AtomicUsize::new(0);
    let (sender, results) = mpsc::channel();
    std::thread::scope(|scope| {
        for _ in 0..threads {
            let sender = sender.clone();
            scope.spawn(|| {
                let sender = sender;
                while let Some((id, blob, meter)) = jobs.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let read = scan_blob(blob, scanner, hash, meter);
                    if sender.send((*id, read)).is_err() {
                        return;
                    }
                }
            });
        }
        drop(sender);
        loop {
            match results.recv_timeout(TICK) {
                Ok((id, read)) => {
                    for layer in positions(image, id) {
                        watch.listing(layer, &read.listing);
                    }
                    known.insert(id, read);
                }
                Err(RecvTimeoutError::Timeout) => tell_progress(image, &jobs, watch),
                Err(RecvTimeoutError::Disconnected) => break,
            }
        }
    });
    known
}

fn tell_progress(image: &Image, jobs: &[(BlobId, &Blob, Meter)], watch: &dyn Watch) {
    for (id, blob, meter) in jobs {
        let read = meter.get().min(blob.size);
        if read > 0 {
            for layer in positions(image, *id) {
                watch.progress(Progress::Layer { layer: layer.index(), read, total: blob.size });
            }
        }
    }
}

/// The layers that are the very bytes of a blob.
fn positions(image: &Image, id: BlobId) -> impl Iterator<Item = LayerIndex> + '_ {
    let is_it = move |blob: &Blob| blob.id == id;
    image.layers.iter().filter(move |layer| layer.blob.as_ref().is_ok_and(is_it)).map(|layer| layer.index)
}

/// Reads one blob: an uncompressed one by position, headers only; everything else in one pass.
fn scan_blob(blob: &Blob, scanner: &Scanner, hash: Hash, meter: &Meter) -> Scanned {
    if let Some(section) = blob.section() {
        let mut magic = [0; Compression::MAGIC];
        let count = section.read_at(&mut magic, 0).unwrap_or(0);
        if Compression::sniff(magic.get(..count).unwrap_or_default()) == Compression::None {
            let mut listing = scanner.scan_section(section, meter);
            let hashes = match hash {
                Hash::No => None,
                Hash::Yes => match hash_blob(blob, Compression::None, scanner) {
                    Ok(hashes) => Some(hashes),
                    Err(error) => {
                        listing.damage.get_or_insert(error.into());
                        None
                    }
                },
            };
            return Scanned { listing: Arc::new(listing), compression: Compression::None, hashes };
        }
    }
    match blob.open(meter, &scanner.cancel) {
        Ok(mut stored) => scan_reader(&mut stored, scanner, hash),
        Err(error) => {
            let listing = Listing { damage: Some(error.into()), ..Listing::default() };
            Scanned { listing: Arc::new(listing), compression: Compression::None, hashes: None }
        }
    }
}

/// The digests of a blob whose compression is known; nothing is scanned.
pub(super) fn hash_blob(blob: &Blob, compression: Compression, scanner: &Scanner) -> io::Result<Hashes> {
    let mut stored = Hashing::new(blob.open(&Meter::default(), &scanner.cancel)?, Hash::Yes);
    if compression == Compression::None {
        stored.drain()?;
        let digest = stored.digest();
        return Ok(Hashes { stored: digest.clone(), unpacked: digest });
    }
    let unpacked = unpack(compression, &mut stored, scanner, Hash::Yes)?.finish()?;
    stored.drain()?;
    Ok(Hashes { stored: stored.digest(), unpacked })
}

/// Reads one layer from its stored bytes, in one pass.
fn scan_reader(stored: &mut (dyn Read + Send), scanner: &Scanner, hash: Hash) -> Scanned {
    let mut magic = Vec::with_capacity(Compression::MAGIC);
    let sniffed = stored.take(Compression::MAGIC as u64).read_to_end(&mut magic);
    let compression = Compression::sniff(&magic);
    let mut stored = Hashing::new(io::Cursor::new(magic).chain(stored), hash);
    let (mut listing, unpacked) = match sniffed.and_then(|_| scan_compressed(compression, &mut stored, scanner, hash)) {
        Ok(read) => read,
        Err(error) => (Listing::default(), Err(error)),
    };
    let hashes = match unpacked.and_then(|unpacked| stored.drain().map(|()| unpacked)) {
        Ok(unpacked) => (hash == Hash::Yes).then(|| Hashes { stored: stored.digest(), unpacked }),
        Err(error) => {
            listing.damage.get_or_insert(error.into());
            None
        }
    };
    listing.damage = listing.damage.map(|damage| placed(damage, compression, stored.position));
    Scanned { listing: Arc::new(listing), compression, hashes }
}

/// The damage of a compressed layer, with what the user knows it by: the compression and where in the blob it is.
fn placed(damage: ListingError, compression: Compression, position: u64) -> ListingError {
    match damage {
        // What we stop ourselves is no damage of the compression.
        ListingError::Read(source)
            if compression != Compression::None
                && !is_cancelled(&source)
                && source.kind() != io::ErrorKind::FileTooLarge =>
        {
            ListingError::Compressed { compression: compression.name(), position, source }
        }
        damage => damage,
    }
}

/// Reads a tar out of its compression, and the digest of all of it: also of what lies behind its end.
fn scan_compressed(
    compression: Compression,
    stored: &mut (dyn Read + Send),
    scanner: &Scanner,
    hash: Hash,
) -> io::Result<(Listing, io::Result<String>)> {
    let mut tar = unpack(compression, stored, scanner, hash)?;
    let listing = scanner.scan_stream(&mut tar);
    Ok((listing, tar.finish()))
}

/// The tar inside a compression, up to one byte more than is allowed: that tells that there is more.
fn unpack<'a>(
    compression: Compression,
    stored: &'a mut (dyn Read + Send),
    scanner: &Scanner,
    hash: Hash,
) -> io::Result<Hashing<Take<Box<dyn Decoder + 'a>>>> {
    let whole = decoder(compression, stored)?.take(scanner.limits.unpacked.saturating_add(1));
    Ok(Hashing::new(whole, hash))
}

/// Scans the layers of an archive that is swept, as they pass.
#[derive(Debug)]
pub(super) struct Sweep<'a> {
    pub(super) scanner: &'a Scanner,
    pub(super) hash: Hash,
    pub(super) found: BTreeMap<BlobId, Scanned>,
}

impl Sink for Sweep<'_> {
    fn blob(&mut self, id: BlobId, _member: &Member, content: &mut (dyn Read + Send)) {
        if let Some(mut content) = peek_tar(content) {
            self.found.insert(id, scan_reader(&mut content, self.scanner, self.hash));
        }
    }
}

/// The same bytes again, if they are a tar, compressed or not.
fn peek_tar(content: &mut (dyn Read + Send)) -> Option<impl Read + Send + use<'_>> {
    let mut start = Vec::with_capacity(PEEK);
    content.take(PEEK as u64).read_to_end(&mut start).ok()?;
    let compression = Compression::sniff(&start);
    let mut header = Vec::with_capacity(tarball::BLOCK);
    let unpacked = decoder(compression, start.as_slice()).ok()?;
    // A cut stream ends in an error; what came before it is enough to tell.
    let _ = unpacked.take(tarball::BLOCK as u64).read_to_end(&mut header);
    tarball::is_header(&header).then(|| io::Cursor::new(start).chain(content))
}

/// How much of a member is looked at to tell whether it is a layer: enough to decompress the first header from.
const PEEK: usize = 128 << 10;

/// A reader that hashes what passes, if it is to.
#[derive(Debug)]
struct Hashing<R> {
    inner: R,
    hasher: Option<Sha256>,
    /// Bytes that passed.
    position: u64,
}

impl<R: Read> Hashing<R> {
    fn new(inner: R, hash: Hash) -> Self {
        Self { inner, hasher: (hash == Hash::Yes).then(Sha256::new), position: 0 }
    }

    /// Reads everything that is left.
    fn drain(&mut self) -> io::Result<()> {
        let mut buffer = vec![0; BUFFER];
        while self.read(&mut buffer)? > 0 {}
        Ok(())
    }

    fn digest(&self) -> String {
        self.hasher.as_ref().map_or_else(String::new, |hasher| format!("sha256:{}", image::hex(hasher.clone())))
    }
}

impl<R: Read> Hashing<Take<R>> {
    /// The digest of everything, read to the end; a bomb is not read on for it.
    fn finish(mut self) -> io::Result<String> {
        self.drain()?;
        if self.inner.limit() == 0 { Err(io::ErrorKind::FileTooLarge.into()) } else { Ok(self.digest()) }
    }
}

impl<R: Read> Read for Hashing<R> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        let count = self.inner.read(buf)?;
        self.position += count as u64;
        if let (Some(hasher), Some(bytes)) = (&mut self.hasher, buf.get(..count)) {
            hasher.update(bytes);
        }
        Ok(count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bytes::Cancel;
    use crate::tarball::Limits;
    use std::io::Write as _;

    #[test]
    fn damage_in_the_compression_says_where() {
        let mut tar = tar::Builder::new(flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::none()));
        let mut header = tar::Header::new_ustar();
        header.set_size(1 << 20);
        tar.append_data(&mut header, "file", io::repeat(7).take(1 << 20)).unwrap();
        let stored = tar.into_inner().unwrap().finish().unwrap();
        let scanner = Scanner { limits: Limits::default(), seed: 1, cancel: Cancel::default() };
        let found = scan_reader(&mut &stored[..1 << 19], &scanner, Hash::No);
        let damage = found.listing.damage.as_ref().unwrap().to_string();
        assert!(damage.starts_with("gzip: ") && damage.ends_with("near byte 524288 of the blob"), "{damage}");
        let cut: &[u8] = &[0x1f, 0x8b, 8, 0, 0, 0];
        let found = scan_reader(&mut &*cut, &scanner, Hash::No);
        let damage = found.listing.damage.as_ref().unwrap().to_string();
        assert!(damage.starts_with("gzip: ") && damage.ends_with("near byte 6 of the blob"), "{damage}");
    }

    #[test]
    fn a_bomb_is_not_read_on_for_its_digest() {
        let mut zip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        zip.write_all(&vec![0; 1 << 20]).unwrap();
        let stored = zip.finish().unwrap();
        let limits = Limits { unpacked: 4096, ..Limits::default() };
        let scanner = Scanner { limits, seed: 1, cancel: Cancel::default() };
        let scan = |scanner: &Scanner| scan_reader(&mut stored.as_slice(), scanner, Hash::Yes);
        let bomb = scan(&scanner);
        assert_eq!(bomb.listing.damage.as_ref().unwrap().to_string(), "more than 4096 bytes unpacked");
        assert_eq!(bomb.hashes, None);
        let whole = scan(&Scanner { limits: Limits::default(), ..scanner });
        assert!(whole.listing.damage.is_none() && whole.hashes.is_some());
    }
}
