//! `why`: which paths are meant, and the digests of what they held.

use super::commands::{Commands, Told};
use super::{Failure, Files, Outcome};
use crate::analysis::Timeline;
use crate::bytes::Cancel;
use crate::cli::{ReportFormat, Verify, WhyArgs};
use crate::escape::{Target, escape};
use crate::image::{LayerIndex, hex};
use crate::progress::Silent;
use crate::report;
use crate::tree::{InodeId, NodeId, Tree};
use globset::{Candidate, GlobBuilder};
use hashbrown::{HashMap, HashSet};
use sha2::{Digest as _, Sha256};
use std::io::{self, Read as _};

/// From so many contents on, a pass that leaves checkpoints in compressed layers costs less than it saves.
const MANY: usize = 8;

impl Commands<'_> {
    pub(super) fn why(&mut self, args: &WhyArgs) -> Result<Outcome, Failure> {
        let input = self.input(&args.image);
        let mut loaded = self.load(input, Verify::Off)?;
        let lives = lives(&loaded.tree, args)?;
        let cancel = Cancel::default();
        if lives.iter().map(|life| life.files(&loaded.tree).len()).sum::<usize>() >= MANY {
            loaded.pass(&cancel)?;
        }
        let mut contents = Contents { files: loaded.files(), cancel, known: HashMap::new(), failed: Vec::new() };
        let instruction = |layer: LayerIndex| loaded.image.instruction(layer).to_owned();
        let sections: Vec<_> = lives
            .iter()
            .map(|life| report::timeline(&loaded.tree, &instruction, life, &mut |inode| contents.digest(inode)))
            .collect();
        match args.format {
            ReportFormat::Text => report::write_why(&sections, self.settings.columns, self.out),
            ReportFormat::Json => report::write_why_json(&sections, self.out),
        }
        .map_err(Failure::Output)?;
        let ended = self.end(&loaded.reading(), Told::No)?;
        for (inode, error) in &contents.failed {
            let path = loaded.tree.inode(*inode).map_or_else(Vec::new, |inode| loaded.tree.path(inode.node));
            self.message(&format!("{}: its content could not be read: {error}", escape(&path, Target::Terminal)));
        }
        Ok(if contents.failed.is_empty() { ended } else { Outcome::Incomplete })
    }
}

/// Digests of contents; each is read once.
struct Contents {
    files: Files,
    cancel: Cancel,
    known: HashMap<InodeId, Option<String>>,
    failed: Vec<(InodeId, io::Error)>,
}

impl Contents {
    fn digest(&mut self, inode: InodeId) -> Option<String> {
        if let Some(known) = self.known.get(&inode) {
            return known.clone();
        }
        let digest = match self.hash(inode) {
            Ok(digest) => Some(digest),
            Err(error) => {
                self.failed.push((inode, error));
                None
            }
        };
        self.known.insert(inode, digest.clone());
        digest
    }

    fn hash(&self, inode: InodeId) -> io::Result<String> {
        let mut reader = self.files.content(inode, &Silent, &self.cancel)?.reader();
        let mut hasher = Sha256::new();
        let mut buffer = vec![0; 128 << 10];
        loop {
            let count = reader.read(&mut buffer)?;
            if count == 0 {
                return Ok(format!("sha256:{}", hex(hasher)));
            }
            hasher.update(buffer.get(..count).unwrap_or_default());
        }
    }
}

/// The lives of all paths that are meant, in the order in which they were named; those of one glob in the order of
/// their bytes.
fn lives(tree: &Tree, args: &WhyArgs) -> Result<Vec<Timeline>, Failure> {
    let mut lives: Vec<Timeline> = Vec::new();
    let mut known = HashSet::new();
    let mut add = |node: NodeId| {
        if known.insert(node) {
            lives.push(Timeline::of(tree, node));
        }
    };
    for path in &args.paths {
        for node in meant(tree, path)? {
            add(node);
            if args.follow {
                Timeline::of(tree, node).target(tree).into_iter().for_each(&mut add);
            }
        }
    }
    Ok(lives)
}

/// The path itself, alive or dead; else what it leads to through links of the final image; else what it matches.
fn meant(tree: &Tree, path: &str) -> Result<Vec<NodeId>, Failure> {
    let bytes = path.as_bytes();
    let lived = |node: &NodeId| tree.events(*node).next().is_some();
    let named = tree.find(bytes).filter(lived).or_else(|| tree.follow(bytes, LayerIndex(u32::MAX)).filter(lived));
    if let Some(node) = named {
        return Ok(vec![node]);
    }
    if !path.contains(['*', '?', '[', '{']) {
        return Err(report::unknown(tree, bytes).into());
    }
    let no = |reason: String| Failure::Path { path: escape(bytes, Target::Terminal).into_owned(), reason };
    let pattern = path.trim_start_matches('/');
    let glob = GlobBuilder::new(pattern).literal_separator(true).build();
    let glob = glob.map_err(|error| no(format!("is no pattern: {}", error.kind())))?.compile_matcher();
    // As in filters: without a slash it is about names.
    let whole = path.contains('/');
    let matches = |node: &NodeId| {
        let path = if whole { tree.path(*node) } else { tree.name(*node).to_vec() };
        glob.is_match_candidate(&Candidate::from_bytes(&path))
    };
    let mut found: Vec<NodeId> = tree.nodes().filter(lived).filter(matches).collect();
    found.sort_by_cached_key(|node| tree.path(*node));
    if found.is_empty() {
        return Err(no("matches no path of any layer".to_owned()));
    }
    Ok(found)
}
