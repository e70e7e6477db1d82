//! `why`: which paths are meant, and the digests of what they held.

use super::commands::{Commands, Told};
use super::{Failure, Outcome};
use crate::analysis::{PathGlob, Timeline};
use crate::bytes::Cancel;
use crate::cli::{ReportFormat, Verify, WhyArgs};
use crate::escape::{Target, escape};
use crate::image::LayerIndex;
use crate::report;
use crate::tree::{InodeId, NodeId, Tree};
use hashbrown::HashSet;

impl Commands<'_> {
    pub(super) fn why(&mut self, args: &WhyArgs) -> Result<Outcome, Failure> {
        let loaded = self.load(self.input(&args.image), Verify::Off)?;
        let lives = lives(&loaded.tree, args)?;
        let inodes = lives.iter().flat_map(|life| life.files(&loaded.tree)).collect();
        let digests = self.watched(|observer| loaded.files().digests(inodes, observer, &Cancel::default()));
        let instruction = |layer: LayerIndex| loaded.image.instruction(layer).to_owned();
        let mut digest = |inode: InodeId| digests.get(&inode)?.as_ref().ok().cloned();
        let sections: Vec<_> =
            lives.iter().map(|life| report::timeline(&loaded.tree, &instruction, life, &mut digest)).collect();
        match args.format {
            ReportFormat::Text => report::write_why(&sections, self.settings.columns, self.out),
            ReportFormat::Json => report::write_why_json(&sections, self.out),
        }
        .map_err(Failure::Output)?;
        let ended = self.end(&loaded.reading(), Told::No)?;
        let mut failed: Vec<_> =
            digests.iter().filter_map(|(inode, digest)| Some((*inode, digest.as_ref().err()?))).collect();
        failed.sort_by_key(|(inode, _)| *inode);
        for (inode, error) in &failed {
            let path = loaded.tree.inode(*inode).map_or_else(Vec::new, |inode| loaded.tree.path(inode.node));
            self.message(&format!("{}: its content could not be read: {error}", escape(&path, Target::Terminal)));
        }
        Ok(if failed.is_empty() { ended } else { Outcome::Incomplete })
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
    let glob = PathGlob::new(path).map_err(|error| no(format!("is no pattern: {error}")))?;
    let matches = |node: &NodeId| glob.is_match(&tree.path(*node));
    let mut found: Vec<NodeId> = tree.nodes().filter(lived).filter(matches).collect();
    found.sort_by_cached_key(|node| tree.path(*node));
    if found.is_empty() {
        return Err(no("matches no path of any layer".to_owned()));
    }
    Ok(found)
}
