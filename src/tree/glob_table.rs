//! Tables of globs over whole paths (without a leading slash): what paths with certain names usually are.

use globset::{GlobBuilder, GlobSet, GlobSetBuilder};

/// Whether `A` is `a`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum AnyCase {
    Yes,
    No,
}

/// The globs of a table of ours, to be asked together. One that cannot be read is left out: the test of the table counts.
pub(crate) fn glob_table<'a>(globs: impl IntoIterator<Item = &'a &'a str>, any_case: AnyCase) -> GlobSet {
    let any_case = any_case == AnyCase::Yes;
    let glob = |text: &&str| GlobBuilder::new(text).literal_separator(true).case_insensitive(any_case).build().ok();
    let mut builder = GlobSetBuilder::new();
    for glob in globs.into_iter().filter_map(glob) {
        builder.add(glob);
    }
    builder.build().unwrap_or_default()
}
