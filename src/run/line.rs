//! One line on standard error that says how far the reading is, for whoever waits at a terminal.

use super::Watch;
use crate::image::Image;
use crate::progress::{Observer, Progress};
use std::collections::BTreeMap;
use std::io::{self, IsTerminal as _, Write};
use std::sync::{Arc, Mutex};

/// An input of fewer bytes is there before anybody could read the line.
const WORTH_IT: u64 = 32 << 20;

/// Bytes between two lines where nobody knows how much there will be.
const STEP: u64 = 8 << 20;

/// The line. It is drawn when what it says changes, and erased when this is dropped.
#[derive(Debug)]
pub(super) struct Line<W: Write + Send> {
    inner: Mutex<Inner<W>>,
}

#[derive(Debug)]
struct Inner<W: Write> {
    out: W,
    words: &'static str,
    shown: Option<String>,
    /// Stored bytes of each layer that were read.
    layers: BTreeMap<usize, u64>,
    /// Stored bytes of all layers.
    total: u64,
}

impl Line<io::Stderr> {
    /// A line on standard error, if that is a terminal.
    pub(super) fn on_terminal(ascii: bool) -> Option<Self> {
        let stderr = io::stderr();
        stderr.is_terminal().then(|| Self::new(stderr, ascii))
    }
}

impl<W: Write + Send> Line<W> {
    fn new(out: W, ascii: bool) -> Self {
        let words = if ascii { "reading ..." } else { "reading …" };
        Self { inner: Mutex::new(Inner { out, words, shown: None, layers: BTreeMap::new(), total: 0 }) }
    }
}

impl<W: Write> Inner<W> {
    fn share(&mut self, read: u64, total: u64) {
        if total >= WORTH_IT {
            let share = u128::from(read.min(total)) * 100 / u128::from(total);
            self.show(format!("{} {share}%", self.words));
        }
    }

    fn show(&mut self, text: String) {
        if self.shown.as_ref() != Some(&text) {
            // Who cannot be told how far it is can still have the result.
            let _ = write!(self.out, "\r{text}\x1b[K").and_then(|()| self.out.flush());
            self.shown = Some(text);
        }
    }
}

impl<W: Write> Drop for Inner<W> {
    fn drop(&mut self) {
        if self.shown.is_some() {
            let _ = write!(self.out, "\r\x1b[K").and_then(|()| self.out.flush());
        }
    }
}

impl<W: Write + Send> Observer for Line<W> {
    fn progress(&self, step: Progress) {
        let Ok(mut inner) = self.inner.lock() else { return };
        match step {
            Progress::Input { read, total: Some(total) }
            | Progress::Comparing { read, total }
            | Progress::Searching { read, total } => inner.share(read, total),
            Progress::Input { read, total: None } if read >= WORTH_IT => {
                let text = format!("{} {} MB", inner.words, read / STEP * STEP / 1_000_000);
                inner.show(text);
            }
            Progress::Passing { passed, total } => inner.share(passed, total),
            // What is passed over to reach a file takes longer than to write it.
            Progress::Input { .. } | Progress::Kind(_) | Progress::Writing { .. } => {}
            Progress::Layer { layer, read, .. } => {
                inner.layers.insert(layer, read);
                let (read, total) = (inner.layers.values().sum(), inner.total);
                inner.share(read, total);
            }
        }
    }
}

impl<W: Write + Send> Watch for Line<W> {
    fn image(&self, image: &Arc<Image>, _kind: &str, _reference: &str) {
        if let Ok(mut inner) = self.inner.lock() {
            inner.total = image.blob_bytes();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is written, also after the line is gone.
    #[derive(Debug, Clone, Default)]
    struct Paper(Arc<Mutex<Vec<u8>>>);

    impl Write for Paper {
        fn write(&mut self, buf: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().write(buf)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    fn drawn(steps: &[Progress]) -> String {
        let paper = Paper::default();
        let line = Line::new(paper.clone(), true);
        line.inner.lock().unwrap().total = 100 << 20;
        for step in steps {
            line.progress(step.clone());
        }
        drop(line);
        let written = paper.0.lock().unwrap();
        String::from_utf8(written.clone()).unwrap()
    }

    #[test]
    fn a_line_is_drawn_when_it_changes_and_erased_at_the_end() {
        let at = |read| Progress::Input { read, total: Some(64 << 20) };
        let expected = "\rreading ... 0%\x1b[K\rreading ... 50%\x1b[K\r\x1b[K";
        assert_eq!(drawn(&[at(0), at(1), at(32 << 20), at((32 << 20) + 1)]), expected);
    }

    #[test]
    fn layers_add_up() {
        let at = |layer, read| Progress::Layer { layer, read, total: 60 << 20 };
        let expected = "\rreading ... 10%\x1b[K\rreading ... 30%\x1b[K\rreading ... 40%\x1b[K\r\x1b[K";
        assert_eq!(drawn(&[at(0, 10 << 20), at(3, 20 << 20), at(0, 20 << 20)]), expected);
    }

    #[test]
    fn the_way_to_a_file_is_told_if_it_is_long() {
        let at = |passed, total| Progress::Passing { passed, total };
        let expected = "\rreading ... 25%\x1b[K\rreading ... 100%\x1b[K\r\x1b[K";
        assert_eq!(drawn(&[at(10 << 20, 40 << 20), at(40 << 20, 40 << 20)]), expected);
        assert_eq!(drawn(&[at(5 << 20, 6 << 20)]), "");
        let compared = Progress::Comparing { read: 32 << 20, total: 64 << 20 };
        assert_eq!(drawn(&[compared]), "\rreading ... 50%\x1b[K\r\x1b[K");
    }

    #[test]
    fn a_stream_tells_bytes_and_small_inputs_nothing() {
        let stream = |read| Progress::Input { read, total: None };
        let expected = "\rreading ... 33 MB\x1b[K\rreading ... 41 MB\x1b[K\r\x1b[K";
        assert_eq!(drawn(&[stream(1), stream(32 << 20), stream(33 << 20), stream(40 << 20)]), expected);
        assert_eq!(drawn(&[stream(1 << 20), Progress::Input { read: 5, total: Some(10) }]), "");
    }
}
