//! One blob read: its listing, and its digests if they are asked for.

use crate::bytes::{Meter, Section, ahead, is_cancelled};
use crate::codec::{Compression, decoder};
use crate::image;
use crate::listing::{Listing, ListingError, Noting, Scanner};
use crate::source::{Blob, LayerTar};
use sha2::{Digest as _, Sha256};
use std::collections::HashMap;
use std::io::{self, Read, Take};
use std::sync::Arc;

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

/// Reads one layer: by its table of contents if it has one that holds and nothing is to be hashed, else all of it.
pub(super) fn scan_layer(
    blob: &Blob,
    annotations: &HashMap<String, String>,
    scanner: &Scanner,
    hash: Hash,
    meter: &Meter,
) -> Scanned {
    let section = blob.section().filter(|_| hash == Hash::No && !annotations.is_empty());
    let compression = section.map_or(Compression::None, sniff);
    match section.and_then(|section| scanner.scan_table(section, compression, annotations)) {
        Some(Ok(listing)) => {
            meter.add(blob.size);
            Scanned { listing: Arc::new(listing), compression, hashes: None }
        }
        Some(Err(why)) => {
            let mut read = scan_blob(blob, scanner, hash, meter);
            if let Some(listing) = Arc::get_mut(&mut read.listing) {
                listing.notices.push(why);
            }
            read
        }
        None => scan_blob(blob, scanner, hash, meter),
    }
}

/// How a blob is compressed; one that cannot be read is read as it is, and tells why then.
fn sniff(section: &Section) -> Compression {
    Compression::of(section).unwrap_or(Compression::None)
}

/// Reads one blob: an uncompressed one by position, headers only; everything else in one pass.
fn scan_blob(blob: &Blob, scanner: &Scanner, hash: Hash, meter: &Meter) -> Scanned {
    if let Some(section) = blob.section()
        && sniff(section) == Compression::None
    {
        let mut listing = scanner.scan_section(section, meter);
        let hashes = match hash {
            Hash::No => None,
            Hash::Yes => match hash_tar(&LayerTar::new(blob.clone(), Compression::None, 0), scanner) {
                Ok(hashes) => Some(hashes),
                Err(error) => {
                    listing.damage.get_or_insert(error.into());
                    None
                }
            },
        };
        return Scanned { listing: Arc::new(listing), compression: Compression::None, hashes };
    }
    match blob.open(meter, &scanner.cancel) {
        Ok(mut stored) => scan_reader(&mut stored, scanner, hash),
        Err(error) => {
            let listing = Listing { damage: Some(error.into()), ..Listing::default() };
            Scanned { listing: Arc::new(listing), compression: Compression::None, hashes: None }
        }
    }
}

/// The digests of a layer whose compression is known; nothing is scanned. Leaves checkpoints on the way.
pub(super) fn hash_tar(tar: &LayerTar, scanner: &Scanner) -> io::Result<Hashes> {
    let mut stored = Hashing::new(tar.blob().open(&Meter::default(), &scanner.cancel)?, Hash::Yes);
    let unpacked = match tar.compression() {
        Compression::None => Ok(String::new()),
        _ => unpack(tar.decoder(&mut stored)?, scanner, Hash::Yes, |tar| tar.finish()),
    };
    stored.both(unpacked?)
}

/// Reads one layer from its stored bytes, in one pass.
pub(super) fn scan_reader(stored: &mut (dyn Read + Send), scanner: &Scanner, hash: Hash) -> Scanned {
    let mut magic = Vec::with_capacity(Compression::MAGIC);
    let sniffed = stored.take(Compression::MAGIC as u64).read_to_end(&mut magic);
    let compression = Compression::sniff(&magic);
    let mut stored = Hashing::new(io::Cursor::new(magic).chain(Full { inner: stored, failed: None }), hash);
    let (mut listing, unpacked) = match sniffed.and_then(|_| scan_compressed(compression, &mut stored, scanner, hash)) {
        Ok(read) => read,
        Err(error) => (Listing::default(), Err(error)),
    };
    let hashes = match unpacked.and_then(|unpacked| stored.both(unpacked)) {
        Ok(hashes) => (hash == Hash::Yes).then_some(hashes),
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
    // What is not compressed is hashed as it is stored.
    let hash = if compression == Compression::None { Hash::No } else { hash };
    let mut noting = Noting::new(decoder(compression, stored)?);
    let (mut listing, unpacked) = unpack(&mut noting, scanner, hash, |mut tar| {
        let listing = scanner.scan_stream(&mut tar);
        (listing, tar.finish())
    });
    listing.place(noting.finish());
    Ok((listing, unpacked))
}

/// Reads the tar inside a compression, up to one byte more than is allowed: that tells that there is more. What is
/// hashed is decompressed by another thread meanwhile: hashing takes half as long as that.
fn unpack<T>(
    mut whole: impl Read + Send,
    scanner: &Scanner,
    hash: Hash,
    work: impl FnOnce(Hashing<Take<&mut dyn Read>>) -> T,
) -> T {
    let work = |whole: &mut dyn Read| work(Hashing::new(whole.take(scanner.limits.unpacked.saturating_add(1)), hash));
    match hash {
        Hash::No => work(&mut whole),
        Hash::Yes => ahead(whole, |whole| work(whole)),
    }
}

/// A reader that gives all that is asked for while there is more: pull costs must not depend on how a pipe brings it.
#[derive(Debug)]
struct Full<R> {
    inner: R,
    /// Why nothing more came, to be told next.
    failed: Option<io::Error>,
}

impl<R: Read> Read for Full<R> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        let mut count = 0;
        while let Some(rest) = buf.get_mut(count..).filter(|rest| !rest.is_empty()) {
            match self.failed.take().map_or_else(|| self.inner.read(rest), Err) {
                Ok(0) => break,
                Ok(more) => count += more,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) if count == 0 => return Err(error),
                Err(error) => {
                    self.failed = Some(error);
                    break;
                }
            }
        }
        Ok(count)
    }
}

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

    /// The digests of a blob that is read to its end here; `unpacked` is that of the tar in it, where it is compressed.
    fn both(&mut self, unpacked: String) -> io::Result<Hashes> {
        self.drain()?;
        let stored = self.digest();
        Ok(Hashes { unpacked: if unpacked.is_empty() { stored.clone() } else { unpacked }, stored })
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

    /// Gives a few bytes at a time, of files that compress and others that do not.
    struct Trickle<'a>(&'a [u8]);

    impl Read for Trickle<'_> {
        fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
            let count = buf.len().min(1 + self.0.len() % 4093);
            self.0.read(buf.get_mut(..count).unwrap_or_default())
        }
    }

    #[test]
    fn what_an_entry_costs_does_not_depend_on_how_it_is_read() {
        let mut tar = tar::Builder::new(Vec::new());
        let mut state = 1_u32;
        for file in 0..40_u32 {
            let random = std::iter::repeat_with(|| {
                state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                if file % 3 == 0 { b'a' } else { state.to_be_bytes()[0] % (file.to_le_bytes()[0] * 6 + 1) }
            });
            let content: Vec<u8> = random.take(20_000 + file as usize * 777).collect();
            let mut header = tar::Header::new_ustar();
            header.set_size(content.len() as u64);
            tar.append_data(&mut header, file.to_string(), content.as_slice()).unwrap();
        }
        let tar = tar.into_inner().unwrap();
        let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
        gzip.write_all(&tar).unwrap();
        let mut bzip2 = bzip2::write::BzEncoder::new(Vec::new(), bzip2::Compression::default());
        bzip2.write_all(&tar).unwrap();
        let zstd = zstd::encode_all(tar.as_slice(), 3).unwrap();
        let scanner = Scanner { limits: Limits::default(), seed: 1, cancel: Cancel::default() };
        for stored in [tar, gzip.finish().unwrap(), bzip2.finish().unwrap(), zstd] {
            let costs = |stored: &mut (dyn Read + Send), hash| {
                let read = scan_reader(stored, &scanner, hash).listing;
                read.entries().map(|entry| entry.pull_cost()).collect::<Option<Vec<u64>>>().unwrap()
            };
            let expected = costs(&mut stored.as_slice(), Hash::No);
            assert_eq!(expected.len(), 40);
            assert_eq!(costs(&mut stored.as_slice(), Hash::Yes), expected);
            assert_eq!(costs(&mut Trickle(&stored), Hash::No), expected);
            assert_eq!(costs(&mut Trickle(&stored), Hash::Yes), expected);
        }
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
