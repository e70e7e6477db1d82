//! `ls`: the paths of a tree or the entries of one layer, in the byte order of the paths, one a line.

mod entries;
mod format;
mod merged;

pub use format::{LsFormat, LsSort, LsStyle, mode_text, mtime_text};
pub(super) use format::{timestamp, type_name};

use crate::escape::{Target, escape};
use crate::image::LayerIndex;
use crate::tree::{NodeId, Tree};
use std::io::{self, Write};

/// What to list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LsScope {
    /// The merged tree once this layer and all below are applied; the whole image if none is named.
    Merged(Option<LayerIndex>),
    /// The entries of this layer alone: ghosts and markers too, as what they are.
    Layer(LayerIndex),
}

/// Why nothing was listed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LsError {
    /// The image has fewer layers.
    #[error("there is no layer {wanted}: the image has {layers} (the first one is 0)")]
    NoLayer {
        /// The layer that was asked for.
        wanted: LayerIndex,
        /// How many there are.
        layers: u32,
    },
    /// The path is not there.
    #[error("{path}: no such path{}{}", place(*scope), hint(near))]
    NoPath {
        /// The path, escaped.
        path: String,
        /// Where it was looked for.
        scope: LsScope,
        /// Paths that are like it, escaped.
        near: Vec<String>,
    },
    /// The result could not be written.
    #[error(transparent)]
    Io(#[from] io::Error),
}

fn place(scope: LsScope) -> String {
    match scope {
        LsScope::Merged(None) => " in the image".to_owned(),
        LsScope::Merged(Some(layer)) => format!(" as of layer {layer}"),
        LsScope::Layer(layer) => format!(" in layer {layer}"),
    }
}

fn hint(near: &[String]) -> String {
    if near.is_empty() { String::new() } else { format!("; there is {}", near.join(", ")) }
}

/// Which paths are listed: all, or those of which this says so.
pub type Only<'a> = Option<&'a dyn Fn(NodeId) -> bool>;

/// Lists `scope`, or what it has at and below `path`: of a directory what is below it, of anything else the path
/// itself; of that only what `only` keeps.
pub fn write(
    tree: &Tree,
    scope: LsScope,
    path: Option<&[u8]>,
    only: Only<'_>,
    style: LsStyle,
    out: &mut dyn Write,
) -> Result<(), LsError> {
    if let LsScope::Merged(Some(wanted)) | LsScope::Layer(wanted) = scope
        && wanted.0 >= tree.layers()
    {
        return Err(LsError::NoLayer { wanted, layers: tree.layers() });
    }
    let mut out = io::BufWriter::new(out);
    match scope {
        LsScope::Merged(upto) => merged::write(tree, upto, path, only, style, &mut out)?,
        LsScope::Layer(layer) => entries::write(tree, layer, path, only, style, &mut out)?,
    }
    Ok(out.flush()?)
}

/// The error for a path that the stack does not have, once `upto` or else the top layer is applied.
pub fn missing(tree: &Tree, path: &[u8], upto: Option<LayerIndex>) -> LsError {
    let last = upto.unwrap_or(LayerIndex(tree.layers().saturating_sub(1)));
    let parent = tree.find(&[path, b"/.."].concat()).unwrap_or(NodeId::ROOT);
    let siblings = tree.children(parent).filter(|node| tree.state(*node, last).is_some());
    no_path(LsScope::Merged(upto), path, siblings.map(|node| tree.name(node)))
}

/// The error for a path that no layer has, alive or dead: what it is like in its directory, else where its name is.
pub fn unknown(tree: &Tree, path: &[u8]) -> LsError {
    let parent = tree.find(&[path, b"/.."].concat()).unwrap_or(NodeId::ROOT);
    let error = no_path(LsScope::Merged(None), path, tree.children(parent).map(|node| tree.name(node)));
    let LsError::NoPath { path: shown, scope, near } = error else { return error };
    if !near.is_empty() {
        return LsError::NoPath { path: shown, scope, near };
    }
    let parts = crate::listing::components(path);
    let name = parts.last().copied().unwrap_or_default();
    let mut same: Vec<Vec<u8>> =
        tree.nodes().filter(|node| tree.name(*node) == name).map(|node| tree.path(node)).collect();
    same.sort_unstable();
    same.truncate(NEAR);
    let near = same.iter().map(|path| escape(path, Target::Terminal).into_owned()).collect();
    LsError::NoPath { path: shown, scope, near }
}

/// At most so many similar paths are named.
const NEAR: usize = 3;

/// The error for a path that is not there, with up to three paths below the nearest directory that share its name
/// or the beginning of its name.
fn no_path<'a>(scope: LsScope, path: &[u8], siblings: impl Iterator<Item = &'a [u8]>) -> LsError {
    let parts = crate::listing::components(path);
    let (wanted, parents) = parts.split_last().map_or((b"".as_slice(), [].as_slice()), |(last, rest)| (*last, rest));
    let plain = |name: &[u8]| name.to_ascii_lowercase();
    let like = |name: &[u8]| {
        let (name, wanted) = (plain(name), plain(wanted));
        let start = |name: &[u8]| name.get(..wanted.len().min(name.len()).min(3)).map(<[u8]>::to_vec);
        start(&name) == start(&wanted)
    };
    let mut near: Vec<&[u8]> = siblings.filter(|name| like(name)).collect();
    near.sort_unstable();
    near.dedup();
    near.truncate(NEAR);
    let full = |name: &[u8]| {
        let mut path = parents.join(&b'/');
        if !path.is_empty() {
            path.push(b'/');
        }
        path.extend_from_slice(name);
        escape(&path, Target::Terminal).into_owned()
    };
    LsError::NoPath {
        path: escape(path, Target::Terminal).into_owned(),
        scope,
        near: near.into_iter().map(full).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::listing::testing::priced;
    use crate::tree::testing::Fills;

    fn tree() -> Tree {
        let layers: [&[&str]; 3] = [
            &["d etc", "f etc/passwd 10 a @644", "f etc/a-b 1 x", "d etc/a", "f etc/a/z 2 z", "l lib usr/lib"],
            &["f etc/passwd 10 b %7", "f etc/.wh.a-b 0", "h etc/pass etc/passwd", "f ./usr/lib/x.so 5 x @4755"],
            &["f etc/passwd 10 b", "f lib/y.so 3 y", "f new/.wh..wh..opq 0", "f new/f 1 f"],
        ];
        let mut stack = crate::tree::Stack::new();
        for layer in layers {
            stack.push(crate::listing::testing::listing(layer));
        }
        let mut tree = stack.finish();
        tree.identify(&Fills, 1);
        tree
    }

    fn ls(scope: LsScope, path: Option<&str>, format: LsFormat) -> String {
        let mut out = Vec::new();
        let style = LsStyle { format, ..LsStyle::default() };
        match write(&tree(), scope, path.map(str::as_bytes), None, style, &mut out) {
            Ok(()) => String::from_utf8(out).unwrap(),
            Err(error) => error.to_string(),
        }
    }

    fn changes(scope: LsScope) -> Vec<String> {
        let text = ls(scope, None, LsFormat::Jsonl);
        let rows = text.lines().map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap());
        rows.map(|row| format!("{} {} {}", row["path"], row["change"], row["layer"]).replace('"', "")).collect()
    }

    #[test]
    fn the_merged_tree_is_listed_in_byte_order() {
        assert_eq!(
            ls(LsScope::Merged(None), None, LsFormat::Plain),
            "etc\netc/a\netc/a/z\netc/pass\netc/passwd\nlib\nnew\nnew/f\nusr\nusr/lib\nusr/lib/x.so\nusr/lib/y.so\n"
        );
        assert_eq!(
            ls(LsScope::Merged(Some(LayerIndex(0))), None, LsFormat::Plain),
            "etc\netc/a\netc/a-b\netc/a/z\netc/passwd\nlib\n"
        );
        assert_eq!(ls(LsScope::Merged(None), Some("/etc/a/"), LsFormat::Plain), "etc/a/z\n");
        assert_eq!(ls(LsScope::Merged(None), Some("lib"), LsFormat::Plain), "lib\n");
        assert_eq!(ls(LsScope::Merged(None), Some("lib/x.so"), LsFormat::Plain), "usr/lib/x.so\n");
        assert_eq!(
            ls(LsScope::Merged(Some(LayerIndex(3))), None, LsFormat::Plain),
            "there is no layer 3: the image has 3 (the first one is 0)"
        );
        assert_eq!(ls(LsScope::Merged(None), Some("etc/a-b"), LsFormat::Plain), "etc/a-b: no such path in the image");
        assert_eq!(
            ls(LsScope::Merged(Some(LayerIndex(0))), Some("etc/pass"), LsFormat::Plain),
            "etc/pass: no such path as of layer 0; there is etc/passwd"
        );
    }

    #[test]
    fn names_of_one_inode_are_told() {
        let text = ls(LsScope::Merged(Some(LayerIndex(1))), Some("etc/passwd"), LsFormat::Long);
        assert_eq!(text, "-rw-r--r--   2     7     0         10 1970-01-01 00:00 etc/passwd link to etc/pass\n");
        // A link has all permissions, as on any file system, whatever its header says.
        let text = ls(LsScope::Merged(None), Some("lib"), LsFormat::Long);
        assert_eq!(text, "lrwxrwxrwx   1     0     0          0 1970-01-01 00:00 lib -> usr/lib\n");
        // The third layer writes one of the names anew.
        let text = ls(LsScope::Merged(None), Some("etc/pass"), LsFormat::Long);
        assert_eq!(text, "-rw-r--r--   1     7     0         10 1970-01-01 00:00 etc/pass\n");
    }

    #[test]
    fn the_entries_of_a_layer_are_listed_as_they_are() {
        assert_eq!(
            changes(LsScope::Layer(LayerIndex(1))),
            ["etc/.wh.a-b null 1", "etc/pass added 1", "etc/passwd changed 1", "usr/lib/x.so added 1"]
        );
        assert_eq!(
            changes(LsScope::Layer(LayerIndex(2))),
            ["etc/passwd metadata_only 2", "lib/y.so added 2", "new/.wh..wh..opq null 2", "new/f added 2"]
        );
        // A ghost: the layer has it, the image has not.
        assert_eq!(ls(LsScope::Layer(LayerIndex(0)), Some("etc/a-b"), LsFormat::Plain), "etc/a-b\n");
        assert_eq!(ls(LsScope::Layer(LayerIndex(0)), Some("etc/a"), LsFormat::Plain), "etc/a/z\n");
        assert_eq!(ls(LsScope::Layer(LayerIndex(1)), Some("etc/a"), LsFormat::Plain), "etc/a: no such path in layer 1");
        assert_eq!(
            ls(LsScope::Layer(LayerIndex(1)), Some("etc/password"), LsFormat::Plain),
            "etc/password: no such path in layer 1; there is etc/pass, etc/passwd"
        );
    }

    #[test]
    fn costs_are_told_and_sort() {
        let mut stack = crate::tree::Stack::new();
        // 1, 10, 100, … bytes.
        stack.push(priced(&["d a", "f a/x 9", "f a-b 1", "f a/y/z 5", "f c 7"]));
        stack.push(priced(&["f a/x 8", "f a/.wh.q 0", "d a", "h a/h c"]));
        let tree = stack.finish();
        let ls = |scope, sort, path: Option<&str>| {
            let style = LsStyle { pull: true, sort, ..LsStyle::default() };
            let mut out = Vec::new();
            write(&tree, scope, path.map(str::as_bytes), None, style, &mut out).unwrap();
            let text = String::from_utf8(out).unwrap();
            text.lines()
                .map(|line| line.split_whitespace().collect::<Vec<_>>().join(" "))
                .collect::<Vec<_>>()
                .join(", ")
        };
        let whole = LsScope::Merged(None);
        assert_eq!(ls(whole, LsSort::Path, None), "2101 a, 100 a-b, 1000 a/h, 1 a/x, 1000 a/y, 1000 a/y/z, 10000 c");
        assert_eq!(ls(whole, LsSort::Pull, None), "10000 c, 2101 a, 1000 a/h, 1000 a/y, 1000 a/y/z, 100 a-b, 1 a/x");
        assert_eq!(ls(whole, LsSort::Size, Some("a")), "1 a/x, 1000 a/h, 1000 a/y/z, 1000 a/y");
        let layer = |index| LsScope::Layer(LayerIndex(index));
        assert_eq!(ls(layer(0), LsSort::Path, None), "1011 a, 100 a-b, 10 a/x, 1000 a/y/z, 10000 c");
        assert_eq!(ls(layer(1), LsSort::Pull, None), "1111 a, 1000 a/h, 10 a/.wh.q, 1 a/x");
        assert_eq!(ls(layer(1), LsSort::Size, None), "1 a/x, 1111 a, 10 a/.wh.q, 1000 a/h");
    }

    #[test]
    fn a_missing_path_names_those_that_are_like_it() {
        let names: [&[u8]; 4] = [b"passwd", b"passwd-", b"group", b"Pass\x1b"];
        let error = no_path(LsScope::Layer(LayerIndex(2)), b"/etc/password", names.into_iter());
        assert_eq!(
            error.to_string(),
            "/etc/password: no such path in layer 2; there is etc/Pass\\x1b, etc/passwd, etc/passwd-"
        );
        let error = no_path(LsScope::Merged(None), b"x", std::iter::empty());
        assert_eq!(error.to_string(), "x: no such path in the image");
    }
}
