//! WHAT IT COSTS AND WHY: shipped, live and wasted bytes, the cause of each wasted byte, dive's figures beside ours,
//! and the rules that turn figures into a verdict.

mod audit;
mod compare;
mod dive;
mod duplicates;
mod gate;
mod inside;
mod leftovers;
mod live;
mod packages;
mod secret;
mod squash;
#[cfg(test)]
mod tests;
mod timeline;
mod totals;
mod waste;
mod without;

pub use audit::{Answer, Point, audit};
pub use compare::{Aspect, Comparison, Difference, LayerKey, LayerPair, Present, Side, align};
pub use dive::{DiveFigures, DiveReference, dive_details, dive_figures, dive_files, dive_path};
pub use duplicates::{DuplicateGroup, Duplicates};
pub use gate::{
    Accounts, BytesError, Check, DiveCi, DiveRule, DiveRules, Figure, Finding, Ignore, Ignored, Limit, Metrics,
    OtherOutcome, PathGlob, Rule, RuleFlags, RuleSeverity, RulesError, Ruling, Snapshot, SnapshotLayer, Status,
    Subject, Tolerance, Verdict, Weight, WholeRegex, nearest, parse_bytes, parse_dive_ci, parse_rules,
    parse_user_limits,
};
pub use inside::{Archive, ArchiveMember, Elf, ElfKind, Inside, Libraries, MOST_MEMBERS};
pub use live::{LiveFile, live_files};
pub use packages::{Databases, Manager, Package, Packages, Share, State};
pub use secret::{SecretName, secrets};
pub use squash::squash_saves;
pub use timeline::{Deed, Step, Timeline};
pub use totals::{Causes, LayerFigures, Totals, shipped_bytes};
pub use waste::{Cause, WasteItem};
pub use without::without_saves;

use crate::image::LayerIndex;
use crate::tree::Tree;

/// Every figure about one image.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Analysis {
    /// The figures of the whole image.
    pub totals: Totals,
    /// The figures of each layer, bottom first.
    pub layers: Vec<LayerFigures>,
    /// Every wasted item, largest first, then by path and owner.
    pub waste: Vec<WasteItem>,
    /// dive's own figures, bug for bug.
    pub dive: DiveFigures,
    /// How many layers at the bottom count as the base.
    pub base_layers: u32,
}

impl Analysis {
    /// Computes every figure of a stack. `base_layers` layers at the bottom count as the base, `blob_bytes` are the
    /// stored bytes of all distinct blobs.
    pub fn of(tree: &Tree, base_layers: u32, blob_bytes: u64) -> Self {
        std::thread::scope(|scope| {
            // dive's way of counting and ours have nothing in common but the listings.
            let dive = scope.spawn(|| dive_figures(tree.listings()));
            let waste = waste::items(tree);
            let layers = totals::layers(tree, &waste);
            let totals = totals::totals(tree, &layers, &waste, base_layers, blob_bytes);
            let dive = dive.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
            Self { totals, layers, waste, dive, base_layers }
        })
    }

    /// The figures of one layer.
    pub fn layer(&self, layer: LayerIndex) -> Option<&LayerFigures> {
        self.layers.get(layer.index())
    }
}
