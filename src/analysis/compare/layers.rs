//! Which layer of one image is which of another.

use crate::image::{Image, LayerIndex};
use similar::{Algorithm, DiffOp, capture_diff_slices};
use std::ops::Range;

/// By what a layer is recognised.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LayerKey {
    /// Its diff ID: equal ones are equal layers.
    pub diff_id: Option<String>,
    /// The instruction that made it.
    pub instruction: String,
}

impl LayerKey {
    /// The layers of an image.
    pub fn all(image: &Image) -> Vec<Self> {
        let key = |(index, layer): (u32, &crate::image::Layer)| Self {
            diff_id: layer.diff_id.as_ref().map(ToString::to_string),
            instruction: image.instruction(LayerIndex(index)).to_owned(),
        };
        (0..).zip(&image.layers).map(key).collect()
    }
}

/// A layer of the left image, of the right one, or of both.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LayerPair {
    /// The layer on the left.
    pub left: Option<LayerIndex>,
    /// The layer on the right.
    pub right: Option<LayerIndex>,
    /// Whether both are the same layer, byte for byte.
    pub same: bool,
}

/// What a layer is compared by. One that has none is like no other: its side and number stand for it.
type Mark<'a> = Result<&'a str, (bool, usize)>;

/// Aligns layers, bottom first: those with the same diff ID first, then, between them, those of the same instruction.
/// What is left over is on one side only, so that a layer that was put in is one row.
pub fn align(left: &[LayerKey], right: &[LayerKey]) -> Vec<LayerPair> {
    let mut out = Vec::new();
    for op in aligned(left, right, |key| key.diff_id.as_deref()) {
        let (lefts, rights) = (op.old_range(), op.new_range());
        if let DiffOp::Equal { .. } = op {
            pair(&mut out, lefts, rights, true);
            continue;
        }
        let lefts_between = left.get(lefts.clone()).unwrap_or_default();
        let rights_between = right.get(rights.clone()).unwrap_or_default();
        let named = |key| Some(LayerKey::instruction(key)).filter(|instruction| !instruction.is_empty());
        for op in aligned(lefts_between, rights_between, named) {
            let shift = |range: Range<usize>, by: usize| range.start + by..range.end + by;
            let (lefts, rights) = (shift(op.old_range(), lefts.start), shift(op.new_range(), rights.start));
            if let DiffOp::Equal { .. } = op {
                pair(&mut out, lefts, rights, false);
            } else {
                out.extend(lefts.map(|at| LayerPair { left: index(at), right: None, same: false }));
                out.extend(rights.map(|at| LayerPair { left: None, right: index(at), same: false }));
            }
        }
    }
    out
}

impl LayerKey {
    fn instruction(&self) -> &str {
        &self.instruction
    }
}

fn aligned<'a>(
    left: &'a [LayerKey],
    right: &'a [LayerKey],
    by: impl Fn(&'a LayerKey) -> Option<&'a str>,
) -> Vec<DiffOp> {
    let marks = |keys: &'a [LayerKey], is_left: bool| -> Vec<Mark<'a>> {
        keys.iter().enumerate().map(|(at, key)| by(key).ok_or((is_left, at))).collect()
    };
    capture_diff_slices(Algorithm::Myers, &marks(left, true), &marks(right, false))
}

fn pair(out: &mut Vec<LayerPair>, lefts: Range<usize>, rights: Range<usize>, same: bool) {
    out.extend(lefts.zip(rights).map(|(left, right)| LayerPair { left: index(left), right: index(right), same }));
}

fn index(at: usize) -> Option<LayerIndex> {
    u32::try_from(at).ok().map(LayerIndex)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys(layers: &[(&str, &str)]) -> Vec<LayerKey> {
        let key = |(id, instruction): &(&str, &str)| LayerKey {
            diff_id: (!id.is_empty()).then(|| (*id).to_owned()),
            instruction: (*instruction).to_owned(),
        };
        layers.iter().map(key).collect()
    }

    fn shown(left: &[(&str, &str)], right: &[(&str, &str)]) -> Vec<String> {
        let number = |layer: Option<LayerIndex>| layer.map_or_else(|| "-".to_owned(), |layer| layer.to_string());
        let one = |pair: &LayerPair| {
            let sign = if pair.same { '=' } else { '~' };
            format!("{}{sign}{}", number(pair.left), number(pair.right))
        };
        align(&keys(left), &keys(right)).iter().map(one).collect()
    }

    #[test]
    fn an_inserted_layer_is_one_row() {
        let base = [("a", "ADD"), ("b", "RUN b"), ("c", "COPY . .")];
        assert_eq!(shown(&base, &base), ["0=0", "1=1", "2=2"]);
        let inserted = [("a", "ADD"), ("x", "RUN x"), ("b", "RUN b"), ("c", "COPY . .")];
        assert_eq!(shown(&base, &inserted), ["0=0", "-~1", "1=2", "2=3"]);
        // Built again: the same instructions, other bytes, and one more.
        let rebuilt = [("a", "ADD"), ("d", "RUN b"), ("e", "RUN e"), ("f", "COPY . .")];
        assert_eq!(shown(&base, &rebuilt), ["0=0", "1~1", "-~2", "2~3"]);
        assert_eq!(shown(&base, &[("x", "FROM")]), ["0~-", "1~-", "2~-", "-~0"]);
        assert_eq!(shown(&[("", ""), ("", "RUN")], &[("", ""), ("", "RUN")]), ["0~-", "-~0", "1~1"]);
        assert_eq!(shown(&[], &base).len(), 3);
    }
}
