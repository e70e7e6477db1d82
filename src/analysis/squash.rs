//! What an image would weigh if some of its layers were one.

use super::WasteItem;
use crate::image::LayerIndex;
use std::collections::BTreeSet;

/// Bytes that would no longer be shipped if each run of marked layers were one layer: those of files that a layer of a run
/// ships and the same run makes unreachable. Layers that are not neighbours cannot be made one.
pub fn squash_saves<'a>(waste: impl IntoIterator<Item = &'a WasteItem>, marked: &BTreeSet<LayerIndex>) -> u64 {
    let is_within = |item: &&WasteItem| {
        let (owner, by) = (item.owner, item.by);
        let layers = by.0.checked_sub(owner.0).map(|between| between as usize + 1);
        layers == Some(marked.range(owner..=by.max(owner)).count())
    };
    waste.into_iter().filter(is_within).map(|item| item.bytes).sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analysis::Analysis;
    use crate::listing::testing::listing;
    use crate::tree::Stack;
    use crate::tree::testing::Fills;
    use std::sync::Arc;

    /// What a squash saves is what is not shipped when the layers of each run are written as one.
    #[test]
    fn what_a_squash_saves_is_what_the_merged_layers_do_not_ship() {
        let layers: [&[&str]; 5] = [
            &["f a 100 x", "f b 30 x", "f twice 7 x", "f twice 9 y"],
            &["f a 200 y", "f c 40 x"],
            &["f .wh.c 0", "h d b"],
            &["f .wh.b 0", "f a 200 y @600"],
            &["f .wh.d 0", "f e 5 x"],
        ];
        let mut stack = Stack::new();
        for layer in layers {
            stack.push(listing(layer));
        }
        let mut tree = stack.finish();
        tree.identify(&Fills, 1);
        let analysis = Analysis::of(&Arc::new(tree), 1, 0);
        let saves = |marked: &[u32]| squash_saves(&analysis.waste, &marked.iter().copied().map(LayerIndex).collect());
        assert_eq!(saves(&[]), 0);
        assert_eq!(saves(&[0]), 7, "what one layer holds twice");
        assert_eq!(saves(&[0, 1]), 107);
        assert_eq!(saves(&[1, 2]), 40);
        assert_eq!(saves(&[1, 3]), 0, "they are no neighbours");
        assert_eq!(saves(&[1, 2, 3]), 240);
        assert_eq!(saves(&[0, 1, 2, 3, 4]), analysis.totals.wasted_bytes);
        assert_eq!(analysis.totals.wasted_bytes, 7 + 100 + 200 + 40 + 30);
    }
}
