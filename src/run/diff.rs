//! `diff`: two images, or two points of one.

use super::commands::{Commands, Told};
use super::contents::Digests;
use super::{Failure, Files, Loaded, Outcome};
use crate::analysis::{Comparison, LayerKey, LayerPair, Side, align};
use crate::bytes::Cancel;
use crate::cli::{DiffArgs, ReportFormat, Verify};
use crate::escape::{Target, escape};
use crate::image::LayerIndex;
use crate::notice::Notice;
use crate::progress::Observer;
use crate::report::{self, Compared, DiffLayer, DiffReport};
use crate::tree::{Filter, InodeId};
use hashbrown::HashSet;

impl Commands<'_> {
    pub(super) fn diff(&mut self, args: &DiffArgs) -> Result<Outcome, Failure> {
        // A slip is said before an image is read.
        let filter = args.filter.as_deref().map(Filter::parse).transpose()?;
        let left = self.load(self.input(&args.left), Verify::Off)?;
        let Some(name) = &args.right else { return self.diff_layers(args, &left, filter) };
        let right = self.load(self.input(name), Verify::Off)?;
        let (ours, theirs) = (left.files(), right.files());
        let both = Both { left: &ours, right: &theirs };
        let (digests, failed) = self.watched(|observer| both.digests(observer, &Cancel::default()));
        for message in &failed {
            self.message(message);
        }
        let (mut comparison, layers) = both.comparison(&digests);
        comparison.sort_by_delta();
        let unread = self.keep(&mut comparison, [&left, &right], filter);
        let (a, b) = (compared(&ours, &args.left), compared(&theirs, name));
        self.write_diff(args, &DiffReport::new(a, b, &comparison, layers, args.top))?;
        let first = self.end(&left.reading(), Told::No)?;
        let second = self.end(&right.reading(), Told::No)?;
        let is_fine = failed.is_empty() && first == Outcome::Fine && second == Outcome::Fine;
        Ok(self.tell_more(&unread, if is_fine { Outcome::Fine } else { Outcome::Incomplete }))
    }

    /// Keeps the differences that a filter matches; gives back what could not be read for that.
    fn keep(&self, comparison: &mut Comparison, sides: [&Loaded; 2], filter: Option<Filter>) -> Vec<Notice> {
        let Some(filter) = filter else { return Vec::new() };
        let [(left, mut unread), (right, more)] = sides.map(|loaded| self.told(loaded, filter.clone()));
        unread.extend(more);
        let [ours, theirs] = sides.map(|loaded| &*loaded.tree);
        comparison.differences.retain(|difference| difference.fits([(ours, &left), (theirs, &right)]));
        unread
    }

    fn diff_layers(&mut self, args: &DiffArgs, loaded: &Loaded, filter: Option<Filter>) -> Result<Outcome, Failure> {
        let last = loaded.tree.layers().saturating_sub(1);
        let (first, second) = args.layers.unwrap_or((0, last));
        for layer in [first, second] {
            loaded.check_layer(Some(layer))?;
        }
        let files = loaded.files();
        let at = |layer| Compared { as_of: LayerIndex(layer), ..compared(&files, &args.left) };
        let (a, b) = (at(first), at(second));
        let mut comparison = Comparison::of(a.side(), b.side(), &mut |a, b| loaded.tree.same_content(a, b));
        comparison.sort_by_delta();
        let unread = match filter {
            Some(filter) => {
                let (filter, unread) = self.told(loaded, filter);
                comparison.differences.retain(|difference| difference.fits([(&loaded.tree, &filter); 2]));
                unread
            }
            None => Vec::new(),
        };
        self.write_diff(args, &DiffReport::new(a, b, &comparison, Vec::new(), args.top))?;
        let ended = self.end(&loaded.reading(), Told::No)?;
        Ok(self.tell_more(&unread, ended))
    }

    fn write_diff(&mut self, args: &DiffArgs, report: &DiffReport) -> Result<(), Failure> {
        match args.format {
            ReportFormat::Text => report::write_diff(report, self.settings.columns, self.out),
            ReportFormat::Json => report::write_diff_json(report, self.out),
        }
        .map_err(Failure::Output)
    }
}

fn compared<'a>(files: &'a Files, name: &'a str) -> Compared<'a> {
    let as_of = LayerIndex(files.tree.layers().saturating_sub(1));
    Compared { name, as_of, tree: &files.tree, image: &files.image }
}

/// Two images.
pub(super) struct Both<'a> {
    pub(super) left: &'a Files,
    pub(super) right: &'a Files,
}

/// The digests of the files of both that have to be compared.
pub(super) struct BothDigests {
    left: Digests,
    right: Digests,
}

impl BothDigests {
    /// Whether both could be read, and hold the same.
    fn are_equal(&self, a: InodeId, b: InodeId) -> bool {
        let of = |digests: &Digests, inode| digests.get(&inode).and_then(|digest| digest.as_ref().ok().cloned());
        of(&self.left, a).is_some_and(|a| of(&self.right, b) == Some(a))
    }
}

impl Both<'_> {
    fn pairs(&self) -> Vec<LayerPair> {
        align(&LayerKey::all(&self.left.image), &LayerKey::all(&self.right.image))
    }

    /// Whether two files are the same entry of the same layer: then nobody has to read them.
    fn is_same_place(&self, a: InodeId, b: InodeId) -> bool {
        let place = |files: &Files, inode| {
            let layer = files.tree.inode(inode)?.layer;
            let id = files.image.layers.get(layer.index())?.diff_id.clone()?;
            Some((id, files.tree.entry(inode)?.index()))
        };
        place(self.left, a).is_some_and(|a| place(self.right, b) == Some(a))
    }

    /// Reads every file of both that another one of its size stands against, and says what could not be read.
    pub(super) fn digests(&self, observer: &dyn Observer, cancel: &Cancel) -> (BothDigests, Vec<String>) {
        let (mut lefts, mut rights) = (HashSet::new(), HashSet::new());
        let mut ask = |a, b| {
            if !self.is_same_place(a, b) {
                lefts.insert(a);
                rights.insert(b);
            }
            true
        };
        Comparison::of(compared(self.left, "").side(), compared(self.right, "").side(), &mut ask);
        for pair in self.pairs() {
            self.compare(pair, &mut ask);
        }
        let read =
            |files: &Files, inodes: HashSet<InodeId>| files.digests(inodes.into_iter().collect(), observer, cancel);
        let digests = BothDigests { left: read(self.left, lefts), right: read(self.right, rights) };
        let mut failed = Vec::new();
        for (loaded, digests) in [(self.left, &digests.left), (self.right, &digests.right)] {
            for (inode, error) in digests.iter().filter_map(|(inode, digest)| Some((*inode, digest.as_ref().err()?))) {
                let path = loaded.tree.inode(inode).map_or_else(Vec::new, |inode| loaded.tree.path(inode.node));
                failed.push(format!("{}: its content could not be read: {error}", escape(&path, Target::Terminal)));
            }
        }
        failed.sort();
        (digests, failed)
    }

    /// In which paths both differ in the end, and their layers side by side.
    pub(super) fn comparison(&self, digests: &BothDigests) -> (Comparison, Vec<DiffLayer>) {
        let mut same = |a, b| self.is_same_place(a, b) || digests.are_equal(a, b);
        let comparison = Comparison::of(compared(self.left, "").side(), compared(self.right, "").side(), &mut same);
        let layers = self.pairs().into_iter().map(|pair| self.layer(pair, &mut same)).collect();
        (comparison, layers)
    }

    /// What two layers that are aligned, but are not the same, say of their paths.
    fn compare(&self, pair: LayerPair, same: &mut dyn FnMut(InodeId, InodeId) -> bool) -> Option<Comparison> {
        let (a, b) = pair.left.zip(pair.right).filter(|_| !pair.same)?;
        Some(Comparison::of(Side::of_layer(&self.left.tree, a), Side::of_layer(&self.right.tree, b), same))
    }

    fn layer(&self, pair: LayerPair, same: &mut dyn FnMut(InodeId, InodeId) -> bool) -> DiffLayer {
        let instruction = match (pair.left, pair.right) {
            (_, Some(right)) => self.right.image.instruction(right),
            (Some(left), None) => self.left.image.instruction(left),
            (None, None) => "",
        };
        let comparison = self.compare(pair, same);
        DiffLayer::new(pair, instruction, &self.left.tree, &self.right.tree, comparison.as_ref())
    }
}
