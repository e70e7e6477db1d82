//! All layers read, each distinct blob once, as many at a time as there are cores.
//!
//! A sequential input brings its layers before its manifest: they are read as they come, and kept under the identity of
//! their blob until the manifest says which of them are layers.

use super::Watch;
use super::blob::{Hash, Scanned, scan_layer, scan_reader};
use super::queue::{Job, Pick, Queue};
use crate::bytes::Meter;
use crate::image::{Image, LayerIndex};
use crate::listing::Scanner;
use crate::progress::Progress;
use crate::source::{Blob, BlobId, Sink};
use crate::tarball::Member;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::io::Read;
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::time::Duration;

/// How often progress is told while layers are read.
const TICK: Duration = Duration::from_millis(50);

/// How blobs are scanned.
#[derive(Debug, Clone, Copy)]
pub(super) struct Scanning<'a> {
    pub(super) scanner: &'a Scanner,
    /// Whether blobs are hashed that can be read again.
    pub(super) hash: Hash,
    /// Whether those are that pass once.
    pub(super) hash_passing: Hash,
}

/// Scans blobs while an image is opened, and then the rest of its layers.
pub(super) struct Scans<'a> {
    scanning: Scanning<'a>,
    watch: &'a dyn Watch,
    queue: &'a Queue,
    results: Receiver<(BlobId, Scanned)>,
    /// Everything that was put into the queue.
    handed: Vec<Handed>,
    /// What was read.
    found: BTreeMap<BlobId, Scanned>,
}

/// A blob that somebody else reads.
#[derive(Debug)]
struct Handed {
    id: BlobId,
    size: u64,
    /// Stored bytes that were read.
    meter: Meter,
}

/// Runs `work` with as many threads at its side as there are cores. They are gone when this returns.
pub(super) fn scans<T>(scanning: Scanning<'_>, watch: &dyn Watch, work: impl FnOnce(Scans<'_>) -> T) -> T {
    let queue = Queue::default();
    let (sender, results) = mpsc::channel();
    std::thread::scope(|scope| {
        // Whatever happens, nobody waits for more when this scope ends.
        let _closing = queue.closing();
        for thread in 0..std::thread::available_parallelism().map_or(1, usize::from) {
            // One goes up from the bottom, the others take what is largest: little is lost where they meet.
            let pick = if thread == 0 { Pick::First } else { Pick::Largest };
            let (sender, queue, working) = (sender.clone(), &queue, queue.working());
            scope.spawn(move || {
                let _working = working;
                while let Some(job) = queue.take(pick) {
                    let read = scan_layer(&job.blob, &job.annotations, scanning.scanner, scanning.hash, &job.meter);
                    if let Some(name) = &job.name {
                        watch.found(name, &read.listing);
                    }
                    if sender.send((job.blob.id, read)).is_err() {
                        return;
                    }
                }
            });
        }
        drop(sender);
        let (handed, found) = (Vec::new(), BTreeMap::new());
        work(Scans { scanning, watch, queue: &queue, results, handed, found })
    })
}

impl Scans<'_> {
    /// Reads every distinct blob of an image that was not read yet, and gives back all that were. `look` sees now and
    /// then what there is.
    pub(super) fn layers(
        mut self,
        image: &Image,
        mut look: impl FnMut(&BTreeMap<BlobId, Scanned>),
    ) -> BTreeMap<BlobId, Scanned> {
        self.queue.arrange(|job| positions(image, job.blob.id).next().map(LayerIndex::index));
        let mut known: BTreeSet<BlobId> = self.found.keys().copied().collect();
        known.extend(self.handed.iter().map(|handed| handed.id));
        for layer in &image.layers {
            if let Some(blob) = layer.blob.as_ref().ok().filter(|blob| known.insert(blob.id)) {
                let job = self.hand(blob.clone(), None, layer.annotations.clone());
                self.queue.add(job);
            }
        }
        self.queue.close();
        for (id, read) in &self.found {
            tell_listing(image, *id, read, self.watch);
        }
        loop {
            look(&self.found);
            match self.results.recv_timeout(TICK) {
                Ok((id, read)) => {
                    let read = self.found.entry(id).or_insert(read);
                    tell_listing(image, id, read, self.watch);
                }
                Err(RecvTimeoutError::Timeout) => self.tell_progress(image),
                Err(RecvTimeoutError::Disconnected) => return self.found,
            }
        }
    }

    fn hand(&mut self, blob: Blob, name: Option<String>, annotations: HashMap<String, String>) -> Job {
        let meter = Meter::default();
        self.handed.push(Handed { id: blob.id, size: blob.size, meter: meter.clone() });
        Job { blob, name, annotations, meter }
    }

    fn tell_progress(&self, image: &Image) {
        // What is finished was told by its listing.
        for Handed { id, size, meter } in self.handed.iter().filter(|handed| !self.found.contains_key(&handed.id)) {
            let read = meter.get().min(*size);
            if read > 0 {
                for layer in positions(image, *id) {
                    self.watch.progress(Progress::Layer { layer: layer.index(), read, total: *size });
                }
            }
        }
    }
}

fn tell_listing(image: &Image, id: BlobId, read: &Scanned, watch: &dyn Watch) {
    for layer in positions(image, id) {
        watch.listing(layer, &read.listing);
    }
}

/// The layers that are the very bytes of a blob.
fn positions(image: &Image, id: BlobId) -> impl Iterator<Item = LayerIndex> + '_ {
    let is_it = move |blob: &Blob| blob.id == id;
    image.layers.iter().filter(move |layer| layer.blob.as_ref().is_ok_and(is_it)).map(|layer| layer.index)
}

impl Sink for Scans<'_> {
    fn blob(&mut self, blob: Blob, member: &Member) {
        let job = self.hand(blob, Some(name(member)), HashMap::new());
        self.queue.put(job);
    }

    fn stream(&mut self, id: BlobId, member: &Member, content: &mut (dyn Read + Send)) {
        let read = scan_reader(content, self.scanning.scanner, self.scanning.hash_passing);
        self.watch.found(&name(member), &read.listing);
        self.found.insert(id, read);
    }
}

/// The name of a member as text.
fn name(member: &Member) -> String {
    String::from_utf8_lossy(&member.path).into_owned()
}

#[cfg(test)]
mod tests;
