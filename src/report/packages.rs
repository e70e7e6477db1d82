//! Packages, written down: how much of the image is whose.

use super::json;
use super::words::{head, layer, middle, size};
use crate::analysis::{Manager, Packages, Share, State};
use crate::escape::{Target, escape};
use crate::image::LayerIndex;
use crate::notice::counted;
use crate::tree::Tree;
use schemars::JsonSchema;
use serde::Serialize;
use std::cmp::Reverse;
use std::io::{self, Write};

/// All packages of an image, and what belongs to none.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct PackagesSection {
    /// Whether the image has a database of packages.
    pub has_database: bool,
    /// Bytes of all files together: the live bytes of the image.
    pub live_bytes: u64,
    /// The packages, largest first, then by name.
    pub packages: Vec<PackageSection>,
    /// What belongs to none of them.
    pub unowned: ShareSection,
    /// The same one by one, largest first, then by path.
    #[serde(skip)]
    pub unowned_files: Vec<UnownedSection>,
}

/// One package.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct PackageSection {
    /// Its name, escaped.
    pub name: String,
    /// Its version, escaped; empty if nothing says so.
    pub version: String,
    /// What it runs on, escaped; empty if nothing says so.
    pub architecture: String,
    /// Who installed it.
    pub manager: Manager,
    /// How far it is installed.
    pub state: State,
    /// Its files.
    #[serde(flatten)]
    pub share: ShareSection,
}

/// Regular files of the final tree, hard links counted once.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct ShareSection {
    /// How many.
    pub files: u64,
    /// The sum of their sizes.
    pub bytes: u64,
    /// The layers that ship them, lowest first.
    pub layers: Vec<LayerShareSection>,
}

/// What one layer ships of a share.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct LayerShareSection {
    /// The layer.
    pub layer: LayerIndex,
    /// How many files.
    pub files: u64,
    /// The sum of their sizes.
    pub bytes: u64,
}

/// A file that belongs to no package.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct UnownedSection {
    /// The first of its names, without a leading slash, escaped.
    pub path: String,
    /// Its size.
    pub bytes: u64,
    /// The layer that ships it.
    pub layer: LayerIndex,
}

/// Writes down what is whose.
pub fn packages(tree: &Tree, packages: &Packages) -> PackagesSection {
    let text = |bytes: &[u8]| escape(bytes, Target::Json).into_owned();
    let mut all: Vec<PackageSection> = packages
        .all
        .iter()
        .map(|package| PackageSection {
            name: text(&package.key.name),
            version: text(&package.version),
            architecture: text(&package.key.architecture),
            manager: package.key.manager,
            state: package.state,
            share: share(&package.share),
        })
        .collect();
    // They come in the order of their names.
    all.sort_by_key(|package| Reverse(package.share.bytes));
    let unowned = share(&packages.unowned);
    let file = |file: &crate::analysis::LiveFile| UnownedSection {
        path: text(&tree.path(file.node)),
        bytes: file.bytes,
        layer: file.layer,
    };
    PackagesSection {
        has_database: packages.has_database,
        live_bytes: all.iter().map(|package| package.share.bytes).sum::<u64>() + unowned.bytes,
        packages: all,
        unowned,
        unowned_files: packages.unowned_files.iter().map(file).collect(),
    }
}

fn share(share: &Share) -> ShareSection {
    let layer = |(layer, (files, bytes)): (&LayerIndex, &(u64, u64))| LayerShareSection {
        layer: *layer,
        files: *files,
        bytes: *bytes,
    };
    ShareSection { files: share.files(), bytes: share.bytes(), layers: share.layers.iter().map(layer).collect() }
}

/// How many layers of a share are named before the rest is only counted.
const LAYERS: usize = 3;

/// `L0, L3`
fn layers(share: &ShareSection) -> String {
    let mut names: Vec<String> = share.layers.iter().take(LAYERS).map(|share| layer(share.layer)).collect();
    if let Some(more) = share.layers.len().checked_sub(LAYERS).filter(|more| *more > 0) {
        names.push(format!("+{more}"));
    }
    if names.is_empty() { "-".to_owned() } else { names.join(", ") }
}

/// `libc6 2.36-9 (amd64)`, and what is to be said of it.
fn title(package: &PackageSection) -> String {
    let mut title = format!("{} {}", package.name, package.version);
    if !package.architecture.is_empty() {
        title = format!("{} ({})", title.trim_end(), package.architecture);
    }
    match package.state {
        State::Installed => title,
        State::Unfinished => format!("{title}, unfinished"),
        State::ConfigFiles => format!("{title}, config only"),
    }
}

/// Writes packages for people, in `width` columns as far as names allow; the `top` largest of them, if given.
pub fn write(section: &PackagesSection, width: usize, top: Option<usize>, out: &mut dyn Write) -> io::Result<()> {
    if section.packages.is_empty() {
        let why = if section.has_database { "names no package" } else { "is not in the image" };
        writeln!(out, "No packages: a database of dpkg or apk {why}.")?;
        return writeln!(out, "{}.", whole(&section.unowned));
    }
    let owned: u64 = section.packages.iter().map(|package| package.share.files).sum();
    writeln!(
        out,
        "{} with {}, {}; {}, belong to none\n",
        counted(section.packages.len() as u64, "package"),
        counted(owned, "file"),
        size(section.live_bytes - section.unowned.bytes),
        whole(&section.unowned),
    )?;
    let shown = top.unwrap_or(section.packages.len()).min(section.packages.len());
    let rows = || section.packages.iter().take(shown);
    let shares = rows().map(|package| &package.share).chain([&section.unowned]);
    let column = shares.map(|share| layers(share).len()).max().unwrap_or(0).max("layers".len());
    let row =
        |share: &ShareSection| format!("{:>10}  {:>6}  {:<column$}  ", size(share.bytes), share.files, layers(share));
    writeln!(out, "{:>10}  {:>6}  {:<column$}  package", "size", "files", "layers")?;
    for package in rows() {
        let row = row(&package.share);
        let rest = width.saturating_sub(row.chars().count()).max(16);
        writeln!(out, "{row}{}", head(&title(package), rest))?;
    }
    if shown < section.packages.len() {
        writeln!(out, "  … and {} more", section.packages.len() - shown)?;
    }
    writeln!(out, "{}(none)", row(&section.unowned))?;
    if section.unowned.files > 0 {
        writeln!(out, "\nTo list what belongs to none: layerscope packages --unowned IMAGE")?;
    }
    Ok(())
}

/// `3 files, 12.5 MB`
fn whole(share: &ShareSection) -> String {
    format!("{}, {}", counted(share.files, "file"), size(share.bytes))
}

/// Writes what belongs to no package for people, in `width` columns as far as names allow; the `top` largest files, if
/// given.
pub fn write_unowned(
    section: &PackagesSection,
    width: usize,
    top: Option<usize>,
    out: &mut dyn Write,
) -> io::Result<()> {
    if section.unowned.files == 0 {
        return writeln!(out, "Every file belongs to a package.");
    }
    let verb = if section.unowned.files == 1 { "belongs" } else { "belong" };
    writeln!(out, "{}, {verb} to no package\n", whole(&section.unowned))?;
    writeln!(out, "{:>10}  {:<5}  path", "size", "layer")?;
    let shown = top.unwrap_or(section.unowned_files.len()).min(section.unowned_files.len());
    for file in section.unowned_files.iter().take(shown) {
        let row = format!("{:>10}  {:<5}  ", size(file.bytes), layer(file.layer));
        let rest = width.saturating_sub(row.chars().count()).max(16);
        writeln!(out, "{row}{}", middle(&format!("/{}", file.path), rest))?;
    }
    if shown < section.unowned_files.len() {
        writeln!(out, "  … and {} more", section.unowned_files.len() - shown)?;
    }
    Ok(())
}

/// Writes packages as JSON; the `top` largest of them, if given.
pub fn write_json(section: &PackagesSection, top: Option<usize>, out: &mut dyn Write) -> io::Result<()> {
    let mut section = section.clone();
    section.packages.truncate(top.unwrap_or(usize::MAX));
    json::pretty(&section, out)
}

/// Writes what belongs to no package as a JSON array; the `top` largest files, if given.
pub fn write_unowned_json(section: &PackagesSection, top: Option<usize>, out: &mut dyn Write) -> io::Result<()> {
    let shown = section.unowned_files.get(..top.unwrap_or(usize::MAX)).unwrap_or(&section.unowned_files);
    json::pretty(shown, out)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn share(layers: &[(u32, u64, u64)]) -> ShareSection {
        let layer = |(layer, files, bytes): &(u32, u64, u64)| LayerShareSection {
            layer: LayerIndex(*layer),
            files: *files,
            bytes: *bytes,
        };
        let layers: Vec<_> = layers.iter().map(layer).collect();
        ShareSection {
            files: layers.iter().map(|layer| layer.files).sum(),
            bytes: layers.iter().map(|layer| layer.bytes).sum(),
            layers,
        }
    }

    fn package(name: &str, state: State, layers: &[(u32, u64, u64)]) -> PackageSection {
        PackageSection {
            name: name.to_owned(),
            version: "1:2.36-9+deb12u4".to_owned(),
            architecture: "amd64".to_owned(),
            manager: Manager::Dpkg,
            state,
            share: share(layers),
        }
    }

    fn section() -> PackagesSection {
        let file = |path: &str, bytes, layer| UnownedSection { path: path.to_owned(), bytes, layer: LayerIndex(layer) };
        PackagesSection {
            has_database: true,
            live_bytes: 31_502_510,
            packages: vec![
                package("libpython3.11-stdlib", State::Installed, &[(0, 800, 30_000_000), (4, 12, 1_500_000)]),
                package("c\u{1b}[2J", State::Unfinished, &[(0, 1, 100), (1, 1, 100), (2, 1, 100), (5, 1, 100)]),
                package("old", State::ConfigFiles, &[]),
            ],
            unowned: share(&[(0, 1, 10), (7, 1, 2_100)]),
            unowned_files: vec![file("srv/app/static/bundle.js", 2_100, 7), file("etc/hostname", 10, 0)],
        }
    }

    fn text(write: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> String {
        let mut out = Vec::new();
        write(&mut out).unwrap();
        let text = String::from_utf8(out).unwrap();
        assert!(text.lines().all(|line| line.chars().count() <= 80), "{text}");
        text
    }

    #[test]
    fn packages_are_listed_in_80_columns() {
        insta::assert_snapshot!(text(|out| write(&section(), 80, None, out)));
        let cut = text(|out| write(&section(), 80, Some(1), out));
        assert!(cut.contains("… and 2 more") && cut.contains("(none)"), "{cut}");
    }

    #[test]
    fn what_belongs_to_none_is_listed() {
        insta::assert_snapshot!(text(|out| write_unowned(&section(), 80, None, out)));
        assert!(text(|out| write_unowned(&section(), 80, Some(1), out)).contains("… and 1 more"));
        let nothing = PackagesSection { unowned: share(&[]), unowned_files: Vec::new(), ..section() };
        assert_eq!(text(|out| write_unowned(&nothing, 80, None, out)), "Every file belongs to a package.\n");
    }

    #[test]
    fn an_image_without_packages_says_so() {
        let nothing = PackagesSection { has_database: false, packages: Vec::new(), ..section() };
        let expected = "No packages: a database of dpkg or apk is not in the image.\n2 files, 2.11 kB.\n";
        assert_eq!(text(|out| write(&nothing, 80, None, out)), expected);
    }
}
