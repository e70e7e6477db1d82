//! Files: those of the image that are written out, and those of the user that are read and written.

#![allow(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    reason = "this module reads and writes the user's files"
)]

use super::{Failure, Loaded};
use crate::cli::CatArgs;
use crate::escape::{Target, escape};
use crate::image::LayerIndex;
use crate::listing::{Content, EntryKind};
use crate::report;
use crate::tree::{EventKind, InodeId, NodeId, Occupant, Version};
use std::fs;
use std::io::{self, Read as _, Write};
use std::path::Path;

/// Why a directory has no content to write out.
const IS_DIRECTORY: &str = "is a directory; `layerscope ls` shows what is in it";

/// What some editors put before a text.
const BYTE_ORDER_MARK: char = '\u{feff}';

/// Replaces whatever was in a file of the user by what `write` writes.
pub(super) fn replace(path: &Path, write: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> Result<(), Failure> {
    let written = fs::File::create(path).and_then(|mut file| write(&mut file));
    written.map_err(|source| file_error(path, source))
}

/// Writes a file of the user that is not there yet.
#[cfg(feature = "tui")]
pub(super) fn create(path: &Path, text: &str) -> io::Result<()> {
    fs::File::create_new(path)?.write_all(text.as_bytes())
}

/// Makes the directory that a file is to be in.
#[cfg(feature = "tui")]
pub(super) fn make_parent(path: &Path) -> io::Result<()> {
    path.parent().map_or(Ok(()), fs::create_dir_all)
}

/// Writes dive's JSON, in place of whatever was in the file.
pub(super) fn write_dive_json(loaded: &Loaded, path: &Path) -> Result<(), Failure> {
    replace(path, |out| report::write_dive_json(&loaded.image, &loaded.tree, out))
}

/// Reads a text of the user, without the mark that some editors put at its beginning. `None` if there is no such file.
/// One of more than `most` bytes is an error: a name may lead to a file without an end.
pub(super) fn read_text(path: &Path, most: u64) -> Result<Option<String>, Failure> {
    let mut text = String::new();
    let read = fs::File::open(path).and_then(|file| file.take(most.saturating_add(1)).read_to_string(&mut text));
    match read {
        Ok(_) if text.len() as u64 > most => {
            let message = format!("it has more than {most} bytes, which is more than such a file may have");
            Err(file_error(path, io::Error::new(io::ErrorKind::FileTooLarge, message)))
        }
        Ok(_) => {
            Ok(Some(if text.starts_with(BYTE_ORDER_MARK) { text.split_off(BYTE_ORDER_MARK.len_utf8()) } else { text }))
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(source) => Err(file_error(path, source)),
    }
}

/// The error about a file of the user.
pub(super) fn file_error(path: &Path, source: io::Error) -> Failure {
    Failure::File { path: path.display().to_string(), source }
}

/// The file of the image that `cat` is asked for.
pub(super) fn find(loaded: &Loaded, args: &CatArgs) -> Result<InodeId, Failure> {
    let path = args.path.as_bytes();
    let no = |reason: String| Failure::Path { path: shown(path), reason };
    check_layer(loaded, path, args.layer.or(args.upto))?;
    let inode = match args.layer {
        Some(layer) => Some(written_by(loaded, path, LayerIndex(layer))?),
        None => left_by(loaded, path, args.upto.map(LayerIndex))?,
    };
    let Some(inode) = inode else { return Err(no(IS_DIRECTORY.to_owned())) };
    match loaded.tree.entry(inode).map(|entry| entry.kind) {
        Some(EntryKind::File) => Ok(inode),
        Some(EntryKind::Directory) => Err(no(IS_DIRECTORY.to_owned())),
        Some(EntryKind::Symlink) => {
            Err(no(format!("is a link to {}; name that instead", shown(loaded.tree.link(inode)))))
        }
        _ => Err(no("is no regular file and has no content".to_owned())),
    }
}

/// That there is such a layer, if one was named for a path.
pub(super) fn check_layer(loaded: &Loaded, path: &[u8], layer: Option<u32>) -> Result<(), Failure> {
    let layers = loaded.tree.layers();
    match layer.filter(|layer| *layer >= layers) {
        None => Ok(()),
        Some(layer) => {
            let reason = format!("there is no layer {layer}; the image has {layers}, counted from 0");
            Err(Failure::Path { path: shown(path), reason })
        }
    }
}

/// What the layers up to `upto` leave at a path; none is a directory that no entry describes.
fn left_by(loaded: &Loaded, path: &[u8], upto: Option<LayerIndex>) -> Result<Option<InodeId>, Failure> {
    let last = upto.unwrap_or(LayerIndex(u32::MAX));
    let node = loaded.tree.follow(path, last).ok_or_else(|| not_there(loaded, path, upto))?;
    Ok(loaded.tree.item(node, Version::AsOf(last)).flatten())
}

/// What one layer wrote at a path, dead or not.
pub(super) fn written_by(loaded: &Loaded, path: &[u8], layer: LayerIndex) -> Result<InodeId, Failure> {
    let node = loaded.tree.find(path).or_else(|| loaded.tree.follow(path, layer));
    let node = node.ok_or_else(|| not_there(loaded, path, None))?;
    loaded.tree.item(node, Version::Of(layer)).flatten().ok_or_else(|| {
        let reason = match writers(loaded, node).as_slice() {
            [] => "no layer writes it".to_owned(),
            [one] => format!("layer {layer} does not write it; layer {one} does"),
            many => format!("layer {layer} does not write it; layers {} do", many.join(", ")),
        };
        Failure::Path { path: shown(path), reason }
    })
}

/// Which layers write a path, the lowest first.
fn writers(loaded: &Loaded, node: NodeId) -> Vec<String> {
    let mut layers: Vec<String> = loaded
        .tree
        .events(node)
        .filter(|event| matches!(event.kind, EventKind::Written(_)))
        .map(|event| event.layer.to_string())
        .collect();
    layers.dedup();
    layers.reverse();
    layers
}

/// Why a path leads to no file: a link that leads nowhere, a file that only other layers have, or a slip.
pub(super) fn not_there(loaded: &Loaded, path: &[u8], upto: Option<LayerIndex>) -> Failure {
    let tree = &loaded.tree;
    let no = |reason: String| Failure::Path { path: shown(path), reason };
    let Some(node) = tree.find(path) else { return report::missing(tree, path, upto).into() };
    if let Some(Occupant::Inode(inode)) = tree.state(node, upto.unwrap_or(LayerIndex(u32::MAX))) {
        return no(format!("is a link to {}, which is not there", shown(tree.link(inode))));
    }
    let layers = writers(loaded, node);
    let Some(last) = layers.last() else { return report::missing(tree, path, upto).into() };
    let when =
        upto.map_or_else(|| "is not there any more".to_owned(), |layer| format!("is not there as of layer {layer}"));
    let has =
        if layers.len() == 1 { format!("layer {last} has") } else { format!("layers {} have", layers.join(", ")) };
    no(format!("{when}; {has} it: read it with --layer {last}"))
}

/// Writes the content of a file of the image.
pub(super) fn copy(content: io::Result<Content>, path: &str, out: &mut dyn Write) -> Result<(), Failure> {
    let no = |error: io::Error| Failure::Path { path: shown(path.as_bytes()), reason: error.to_string() };
    let mut reader = content.map_err(no)?.reader();
    let mut buffer = vec![0; 128 << 10];
    loop {
        let count = reader.read(&mut buffer).map_err(no)?;
        if count == 0 {
            return Ok(());
        }
        out.write_all(buffer.get(..count).unwrap_or_default()).map_err(Failure::Output)?;
    }
}

fn shown(path: &[u8]) -> String {
    escape(path, Target::Terminal).into_owned()
}
