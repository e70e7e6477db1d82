//! All integration tests, in one binary.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::print_stderr,
    clippy::disallowed_methods,
    clippy::disallowed_types,
    clippy::cast_possible_truncation,
    clippy::cast_precision_loss,
    clippy::cast_sign_loss,
    clippy::iter_over_hash_type,
    clippy::missing_panics_doc,
    missing_docs,
    unreachable_pub,
    reason = "tests fail by panicking, and they make files, start programs and wait for them"
)]

/// Runs the real program and hands back what it wrote.
mod binary;
/// The images of `tests/cases/*.toml`, written down with the answers that they must get.
mod cases;
/// The verdict: rules, `.dive-ci`, flags, the environment, exit codes.
mod ci;
/// Images built by real engines, compared with what `umoci` and dive say about them.
mod corpus;
/// The image of `layerscope demo`, and the command that makes it.
mod demo;
/// Two images compared.
mod diffs;
/// The explorer in a pseudo-terminal: start, keys, resize, quit, signals.
#[cfg(feature = "tui")]
mod everywhere;
#[cfg(feature = "tui")]
mod explorer;
/// Writing files of an image to a folder.
mod extract;
/// The filter language for scripts.
mod finding;
/// Makes images from text: entries, layers, every kind of archive.
mod image_builder;
/// Which module may name which.
mod layering;
/// `why` on random images, against a stack written for being obvious.
#[cfg(feature = "tui")]
mod liking;
mod lives;
/// Which files open, which do not, and what is said about those.
mod opening;
/// Packages of Debian and Alpine, by the databases in the image.
mod packages;
/// The identities of the numbers, on random images.
mod properties;
/// Where labels, settings, ghosts and paths come from.
mod provenance;
/// A pseudo-terminal with the program in it, and the screen that it draws.
#[cfg(feature = "tui")]
mod pty;
/// An image of the shape of a usual one.
mod reference;
/// The rules of `layerscope.toml`, growth, and the formats of a verdict.
mod rules;
/// The pictures under `screenshots/`.
#[cfg(feature = "tui")]
mod screenshots;
/// From a screen of cells to SVG and PNG.
#[cfg(feature = "tui")]
mod svg;
/// What people want to know of an image, and in how many keys they know it.
#[cfg(feature = "tui")]
mod tasks;
