//! Reading ahead: one thread reads, decompresses and hashes while another one works on what came before.

use super::{Cancelled, is_cancelled};
use std::io::{self, BufRead, Read};
use std::ops::Range;
use std::sync::mpsc::{self, Receiver, Sender, SyncSender};

/// Bytes that are handed over at once: enough that handing over costs nothing, and few enough to stay in a cache.
const PIECE: usize = 256 << 10;

/// Pieces that may wait for whoever works on them. The thread that reads waits when there are so many.
const WAITING: usize = 4;

/// Bytes in a buffer that changes hands.
struct Piece {
    buffer: Vec<u8>,
    len: usize,
}

/// Runs `work` on what `inner` gives, bytes and errors in the same order, while another thread reads ahead of it.
///
/// Buffers go to and fro and are not copied; there are never more than about ten, 1.3 MB. The thread is gone when this
/// returns: once `work` reads no more, `inner` is not read on, but a read that waits for its input is waited for.
pub fn ahead<R: Read + Send, T>(inner: R, work: impl FnOnce(&mut Ahead) -> T) -> T {
    let (full, pieces) = mpsc::sync_channel(WAITING);
    let (back, empty) = mpsc::channel();
    std::thread::scope(|scope| {
        scope.spawn(move || fill(inner, &full, &empty));
        let mut ahead = Ahead { pieces, back, buffer: Vec::new(), ready: 0..0, ended: false, failed: None };
        let done = work(&mut ahead);
        // Tells the other thread that nobody wants more.
        drop(ahead);
        done
    })
}

/// Reads until the end, an error, or until nobody wants more.
fn fill(mut inner: impl Read, full: &SyncSender<io::Result<Piece>>, empty: &Receiver<Vec<u8>>) {
    loop {
        let mut buffer = empty.try_recv().unwrap_or_else(|_| vec![0; PIECE]);
        let piece = match inner.read(&mut buffer) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            read => read.map(|len| Piece { buffer, len }),
        };
        let is_end = piece.as_ref().map_or(true, |piece| piece.len == 0);
        if full.send(piece).is_err() || is_end {
            return;
        }
    }
}

/// The reader of [`ahead`].
#[derive(Debug)]
pub struct Ahead {
    pieces: Receiver<io::Result<Piece>>,
    /// Where buffers go that are empty again.
    back: Sender<Vec<u8>>,
    buffer: Vec<u8>,
    ready: Range<usize>,
    ended: bool,
    /// Why nothing more came. It is told as often as one asks.
    failed: Option<io::Error>,
}

impl std::fmt::Debug for Piece {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Piece").field("len", &self.len).finish_non_exhaustive()
    }
}

impl BufRead for Ahead {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        if let Some(error) = &self.failed {
            return Err(again(error));
        }
        if self.ready.is_empty() && !self.ended {
            // A thread that panicked has sent no end. Its panic is handed on when it is waited for.
            let gone = |_| Err(io::Error::other("the thread that reads is gone"));
            let Piece { buffer, len } = match self.pieces.recv().unwrap_or_else(gone) {
                Ok(piece) => piece,
                Err(error) => {
                    self.failed = Some(again(&error));
                    return Err(error);
                }
            };
            let empty = std::mem::replace(&mut self.buffer, buffer);
            if !empty.is_empty() {
                // Nobody takes it back once everything is read.
                let _ = self.back.send(empty);
            }
            self.ready = 0..len;
            self.ended = len == 0;
        }
        Ok(self.buffer.get(self.ready.clone()).unwrap_or_default())
    }

    fn consume(&mut self, count: usize) {
        self.ready.start = self.ready.start.saturating_add(count).min(self.ready.end);
    }
}

/// The same error once more.
fn again(error: &io::Error) -> io::Error {
    match error.raw_os_error() {
        Some(code) => io::Error::from_raw_os_error(code),
        None if is_cancelled(error) => io::Error::other(Cancelled),
        None => io::Error::new(error.kind(), error.to_string()),
    }
}

impl Read for Ahead {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        let count = self.fill_buf()?.read(buf)?;
        self.consume(count);
        Ok(count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};

    /// So many bytes, in reads of odd lengths, then what `end` gives, again and again.
    struct Source<E> {
        left: usize,
        reads: Arc<AtomicUsize>,
        end: E,
    }

    impl<E: FnMut() -> io::Result<usize>> Read for Source<E> {
        fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
            let reads = self.reads.fetch_add(1, Ordering::Relaxed);
            if self.left == 0 {
                return (self.end)();
            }
            let count = buf.len().min(self.left).min(1 + reads * 977 % 100_000);
            for (at, byte) in buf[..count].iter_mut().enumerate() {
                *byte = u8::try_from((self.left - at) % 251).unwrap();
            }
            self.left -= count;
            Ok(count)
        }
    }

    fn source<E: FnMut() -> io::Result<usize> + Send>(left: usize, end: E) -> Source<E> {
        Source { left, reads: Arc::default(), end }
    }

    #[test]
    fn everything_comes_in_order() {
        let mut expected = Vec::new();
        source(5_000_001, || Ok(0)).read_to_end(&mut expected).unwrap();
        let mut found = Vec::new();
        let count = ahead(source(5_000_001, || Ok(0)), |ahead| ahead.read_to_end(&mut found)).unwrap();
        assert_eq!(count, 5_000_001);
        assert!(found == expected);
        assert_eq!(ahead(io::empty(), |ahead| ahead.read(&mut [0; 9]).unwrap()), 0);
    }

    #[test]
    fn an_error_comes_after_what_was_read_and_as_often_as_one_asks() {
        let broken = || Err(io::Error::new(io::ErrorKind::StorageFull, "full"));
        ahead(source(300_000, broken), |ahead| {
            let mut found = Vec::new();
            for _ in 0..3 {
                let error = ahead.read_to_end(&mut found).unwrap_err();
                assert_eq!((error.kind(), error.to_string().as_str()), (io::ErrorKind::StorageFull, "full"));
            }
            assert_eq!(found.len(), 300_000);
        });
    }

    #[test]
    fn who_reads_waits_for_who_works_and_stops_with_him() {
        let endless = source(usize::MAX, || Ok(0));
        let reads = Arc::clone(&endless.reads);
        ahead(endless, |ahead| {
            ahead.read_exact(&mut [0; 1000]).unwrap();
            std::thread::sleep(std::time::Duration::from_millis(50));
        });
        assert!(reads.load(Ordering::Relaxed) <= WAITING + 4, "{reads:?}");
    }

    #[test]
    #[should_panic = "a scoped thread panicked"]
    fn a_panic_is_no_end_and_hangs_nobody() {
        ahead(source(10, || panic!("broken")), |ahead| {
            assert!(ahead.read_to_end(&mut Vec::new()).is_err());
        });
    }
}
