//! Names in a layer as paths.

pub use crate::tarball::{Components, components};
