//! Archives that are swept while several threads scan their layers.

use super::*;
use crate::bytes::{Cancel, Section, is_cancelled};
use crate::listing::Listing;
use crate::progress::{Observer, Silent};
use crate::source::testing::{gzip, options, tar_of};
use crate::source::{OpenOptions, Reference, SourceError, open_section};
use crate::tarball::Limits;
use std::sync::{Arc, Mutex};

fn scanner(cancel: &Cancel) -> Scanner {
    Scanner { limits: Limits::default(), seed: 1, cancel: cancel.clone() }
}

/// So many layers, each with one file of its own size, compressed or not, in a compressed archive.
fn archive(layers: usize, compressed: impl Fn(usize) -> bool) -> Vec<u8> {
    let members: Vec<(String, Vec<u8>)> = (0..layers)
        .map(|n| {
            let layer = tar_of(&[(format!("file{n}").as_str(), noise(n * 10_007 % 300_000).as_slice())]);
            (format!("{n}/layer.tar"), if compressed(n) { gzip(&layer) } else { layer })
        })
        .collect();
    gzip(&tar_of(&members.iter().map(|(name, bytes)| (name.as_str(), bytes.as_slice())).collect::<Vec<_>>()))
}

fn noise(len: usize) -> Vec<u8> {
    let mut state = 1_u32;
    let step = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        state.to_be_bytes()[0]
    };
    std::iter::repeat_with(step).take(len).collect()
}

/// Sweeps an archive that is no image; gives back what was scanned of it, and how the sweep ended.
fn sweep(
    archive: &[u8],
    options: &OpenOptions,
    watch: &dyn Watch,
) -> (BTreeMap<BlobId, Scanned>, Result<(), SourceError>) {
    let scanner = scanner(&options.cancel);
    let scanning = Scanning { scanner: &scanner, hash: Hash::Yes, hash_passing: Hash::Yes };
    scans(scanning, watch, |mut scans| {
        let whole = Section::new(Arc::new(archive.to_vec()));
        let source = open_section(Reference::parse("x"), whole, options, &mut scans, watch);
        scans.queue.close();
        let rest: Vec<_> = scans.results.iter().collect();
        scans.found.extend(rest);
        (scans.found, source.map(drop))
    })
}

/// What was found, in words that can be compared.
fn told(found: &BTreeMap<BlobId, Scanned>) -> Vec<String> {
    let tell = |(id, read): (&BlobId, &Scanned)| {
        format!("{} {:?} {:?} {:?}", id.0, read.compression, read.hashes, read.listing.damage)
    };
    found.iter().map(tell).collect()
}

/// Counts what is told while an archive is swept, and cancels at one of them.
#[derive(Default)]
struct Found {
    names: Mutex<Vec<String>>,
    cancel: Option<(usize, Cancel)>,
}

impl Observer for Found {}

impl Watch for Found {
    fn found(&self, name: &str, _listing: &Arc<Listing>) {
        let mut names = self.names.lock().unwrap();
        names.push(name.to_owned());
        if let Some((at, cancel)) = &self.cancel
            && names.len() == *at
        {
            cancel.cancel();
        }
    }
}

#[test]
fn every_layer_is_scanned_once_and_gives_the_same_side_by_side_and_one_after_the_other() {
    let archive = archive(200, |n| n % 3 != 0);
    let watch = Found::default();
    let (spooled, _) = sweep(&archive, &options(), &watch);
    let nowhere = OpenOptions { spool_directory: "/nonexistent".into(), ..options() };
    let (streamed, _) = sweep(&archive, &nowhere, &Silent);
    assert_eq!(spooled.len(), 200);
    assert_eq!(told(&spooled), told(&streamed));
    assert!(spooled.values().all(|read| read.listing.damage.is_none() && read.hashes.is_some()));
    let mut names = watch.names.into_inner().unwrap();
    names.sort();
    names.dedup();
    assert_eq!(names.len(), 200);
}

#[test]
fn an_archive_that_is_cut_gives_what_came_before() {
    let archive = archive(40, |n| n % 2 == 0);
    for share in [1, 3, 5, 8, 9] {
        let (found, _) = sweep(&archive[..archive.len() * share / 10], &options(), &Silent);
        let damaged: Vec<_> = found.values().filter(|read| read.listing.damage.is_some()).collect();
        // One layer at most is cut, and has no digest.
        assert!(damaged.len() <= 1 && found.len() < 40, "{share}: {:?}", told(&found));
        assert!(damaged.iter().all(|read| read.hashes.is_none()));
    }
}

#[test]
fn cancelling_ends_every_thread() {
    let archive = archive(100, |n| n % 2 == 0);
    let cancel = Cancel::default();
    let watch = Found { cancel: Some((10, cancel.clone())), ..Found::default() };
    let (found, ended) = sweep(&archive, &OpenOptions { cancel, ..options() }, &watch);
    assert!(found.len() < 100);
    // What was read of the archive by then may have been all of it: then it is no image, and the end all the same.
    match ended {
        Err(SourceError::Io { source, .. }) => assert!(is_cancelled(&source), "{source}"),
        other => assert!(matches!(other, Err(SourceError::NotAnImage { .. })), "{other:?}"),
    }
}

#[test]
#[should_panic = "a scoped thread panicked"]
fn a_panic_in_a_worker_hangs_nobody() {
    struct Panics;
    impl Observer for Panics {}
    impl Watch for Panics {
        fn found(&self, _name: &str, _listing: &Arc<Listing>) {
            panic!("told to");
        }
    }
    // More layers than may wait, so that somebody would wait for workers that are gone.
    let _ = sweep(&archive(200, |_| true), &options(), &Panics);
}

#[test]
fn one_thread_takes_what_comes_first_and_the_others_what_is_largest() {
    let queue = Queue::default();
    for (id, size) in [(0, 10), (1, 40), (2, 30), (3, 40), (4, 20), (9, 90)] {
        let blob = Blob::new(BlobId(id), Section::new(Arc::new(vec![0; size])));
        queue.add(Job { blob, name: None, annotations: HashMap::new(), meter: Meter::default() });
    }
    // The manifest has another order, and one of them is no layer.
    queue.arrange(|job| [4, 3, 0, 1, 2].iter().position(|id| *id == job.blob.id.0));
    queue.close();
    let mut take = |pick| queue.take(pick).map(|job| job.blob.id.0);
    let taken = [Pick::First, Pick::Largest, Pick::First, Pick::Largest, Pick::First, Pick::First, Pick::Largest]
        .map(&mut take);
    assert_eq!(taken, [Some(4), Some(1), Some(3), Some(2), Some(0), None, None]);
}
