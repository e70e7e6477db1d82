//! The report for people: first who the image is, then its layers, then what is wasted and why.

use super::size::{Units, short};
use super::words::{clean, head, layer, middle, percent, size};
use super::{BaseSection, LayerSection, LayerStatus, Report, SettingSection, WasteSection};
use crate::analysis::Cause;
use crate::image::ToldBy;
use crate::notice::counted;
use std::io::{self, Write};

/// The narrowest text that is laid out.
const NARROWEST: usize = 40;

/// Characters of a digest that are shown: its algorithm and twelve digits, as engines print it.
const SHORT_ID: usize = "sha256:".len() + 12;

/// Writes the report as text of at most `width` columns, as far as names allow. The ten largest wasted items are named
/// unless `top` says how many.
pub fn write(report: &Report, width: usize, top: Option<usize>, out: &mut dyn Write) -> io::Result<()> {
    let width = width.max(NARROWEST);
    identity(report, out)?;
    layers(report, width, out)?;
    causes(report, out)?;
    let shown: Vec<WasteSection> = report.waste.iter().take(top.unwrap_or(10)).collect();
    if !shown.is_empty() {
        writeln!(out, "\nLargest waste ({} of {})", shown.len(), report.waste.len())?;
        waste(&shown, width, out)?;
    }
    notices(report, out)
}

/// What labels tell of an image to somebody who does not know it: the word here, and the OCI annotation.
const ABOUT: [(&str, &str); 5] = [
    ("Title", "org.opencontainers.image.title"),
    ("Version", "org.opencontainers.image.version"),
    ("Code", "org.opencontainers.image.source"),
    ("Revision", "org.opencontainers.image.revision"),
    ("Vendor", "org.opencontainers.image.vendor"),
];

/// The value of a label that has a key of the OCI, else of the Label Schema key that came before it.
fn label<'a>(report: &'a Report, key: &str) -> Option<&'a str> {
    let labels = || report.settings.labels.iter().filter(|label| !label.value.is_empty());
    let is_older = |label: &&SettingSection| label.successor.as_deref() == Some(key);
    labels().find(|label| label.key == key).or_else(|| labels().find(is_older)).map(|label| label.value.as_str())
}

/// Name and value, one a line.
fn identity(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    let (image, totals, dive) = (&report.image, &report.totals, &report.dive);
    let mut field = |name: &str, value: &str| writeln!(out, "{name:<11}{}", clean(value));
    let tags = if image.tags.is_empty() { "(no tag)".to_owned() } else { image.tags.join(", ") };
    field("Image", &tags)?;
    for (name, key) in ABOUT {
        if let Some(value) = label(report, key) {
            field(name, value)?;
        }
    }
    if let Some(distribution) = &image.distribution {
        field("System", &distribution.name)?;
    }
    field("Source", &format!("{} {}", image.source.kind, image.source.reference))?;
    match image.lost.as_slice() {
        [] => {}
        [tags] if tags == "tags" => field("Lost", "tags: it was saved by its ID, or never had any")?,
        lost => field("Lost", &format!("{}, when it was exported", lost.join(", ")))?,
    }
    field("Platform", &image.platform.to_string())?;
    field("Created", image.created.as_deref().unwrap_or("not told"))?;
    if let Some(id) = &image.id {
        field("Id", id.get(..SHORT_ID).unwrap_or(id))?;
    }
    field("Base", &base(&image.base))?;
    let entries = counted(totals.entries, "entry");
    field("Layers", &format!("{} with {entries}, {} in the end", totals.layers, counted(totals.paths, "path")))?;
    let [all, alive, wasted] = [totals.shipped_bytes, totals.live_bytes, totals.wasted_bytes].map(size);
    field("Size", &format!("{all} shipped = {alive} live + {wasted} wasted"))?;
    field("Stored", &size(totals.blob_bytes))?;
    field("Efficiency", &format!("{}, user waste {}", percent(totals.efficiency), percent(totals.user_wasted)))?;
    let ratio = |ratio: Option<f64>| ratio.map_or_else(|| "n/a".to_owned(), percent);
    let [score, user] = [dive.efficiency_score, dive.user_wasted_percent].map(ratio);
    field("By dive", &format!("{score}, {} wasted, user waste {user}", size(dive.inefficient_bytes)))?;
    if totals.partial {
        field("Partial", "some of the image could not be read; all figures are over what could")?;
    }
    if !totals.verified {
        field("Digests", "not all checked")?;
    }
    Ok(())
}

/// The base: its name, its layers, and who tells.
fn base(base: &BaseSection) -> String {
    let layers = base.layers.zip(base.told_by).map(|(layers, told_by)| {
        let by = match told_by {
            ToldBy::BaseImage => "--base",
            ToldBy::BaseLayers => "--base-layers",
            ToldBy::Label => "a label",
            ToldBy::History => "the history",
        };
        format!("{}, by {by}", counted(u64::from(layers), "layer"))
    });
    let layers = layers.unwrap_or_else(|| "not told; layer 0 is taken for it".to_owned());
    let digest = base.digest.as_deref().map(|digest| digest.get(..SHORT_ID).unwrap_or(digest));
    let named: Vec<&str> = base.name.as_deref().into_iter().chain(digest).collect();
    if named.is_empty() { layers } else { format!("{} ({layers})", named.join(" ")) }
}

fn layers(report: &Report, width: usize, out: &mut dyn Write) -> io::Result<()> {
    let changes: Vec<String> = report.layers.iter().map(changes).collect();
    let column = changes.iter().map(|text| text.chars().count()).max().unwrap_or(0).max("changes".len());
    writeln!(out, "\n{:>4} {:>6} {:>6}  {:<column$}  instruction", "#", "size", "waste", "changes")?;
    for (layer, changes) in report.layers.iter().zip(&changes) {
        let instruction = match layer.status {
            LayerStatus::Ok if layer.unexplained.is_some() => format!("? {}", layer.instruction),
            LayerStatus::Ok => layer.instruction.clone(),
            LayerStatus::Partial => format!("(partial) {}", layer.instruction),
            LayerStatus::Unreadable => format!("(unreadable) {}", layer.instruction),
        };
        let row = format!(
            "{:>4} {:>6} {:>6}  {changes:<column$}  ",
            layer.index.to_string(),
            dot(layer.shipped_bytes),
            dot(layer.wasted_bytes)
        );
        let rest = width.saturating_sub(row.chars().count()).max(16);
        let row = format!("{row}{}", head(&instruction, rest));
        writeln!(out, "{}", row.trim_end())?;
        if report.image.base.layers == Some(layer.index.0 + 1) && layer.index.index() + 1 < report.layers.len() {
            writeln!(out, "{:>4} end of the base", "--")?;
        }
    }
    unexplained(report, out)
}

/// Which layers no build step explains, and why, by reason.
fn unexplained(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    let mut reasons: Vec<(&str, Vec<String>)> = Vec::new();
    for found in &report.layers {
        let Some(reason) = found.unexplained else { continue };
        match reasons.iter_mut().find(|(known, _)| *known == reason) {
            Some((_, layers)) => layers.push(layer(found.index)),
            None => reasons.push((reason, vec![layer(found.index)])),
        }
    }
    if !reasons.is_empty() {
        writeln!(out, "\n? No build step explains")?;
    }
    for (reason, layers) in reasons {
        let more = layers.len().saturating_sub(8);
        let named = layers.iter().take(8).map(String::as_str).collect::<Vec<_>>().join(", ");
        let more = if more > 0 { format!(" and {more} more") } else { String::new() };
        writeln!(out, "  {named}{more}: {reason}")?;
    }
    Ok(())
}

/// `+added ~content %metadata -removed`, without what there is none of.
fn changes(layer: &LayerSection) -> String {
    let parts = [('+', layer.added), ('~', layer.changed), ('%', layer.metadata_only), ('-', layer.removed)];
    let parts: Vec<String> =
        parts.iter().filter(|(_, count)| *count > 0).map(|(mark, count)| format!("{mark}{count}")).collect();
    if parts.is_empty() { "·".to_owned() } else { parts.join(" ") }
}

fn dot(bytes: u64) -> String {
    if bytes == 0 { "·".to_owned() } else { short(bytes, Units::Si) }
}

fn causes(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    let causes = &report.totals.causes;
    if causes.sum() == 0 {
        return writeln!(out, "\nNothing is wasted.");
    }
    writeln!(out, "\nWasted bytes by cause")?;
    for cause in Cause::ALL {
        let bytes = causes.get(cause);
        if bytes > 0 {
            writeln!(out, "  {:>8}  {:<13}  {}", size(bytes), cause.name(), meaning(cause))?;
        }
    }
    Ok(())
}

/// What a cause means, in a few words.
fn meaning(cause: Cause) -> &'static str {
    match cause {
        Cause::Overwritten => "a later layer wrote something else there",
        Cause::MetadataOnly => "a later layer wrote the same content again",
        Cause::Removed => "a later layer removed it",
        Cause::Hidden => "a later layer made its directory anew",
        Cause::Repeated => "the same layer has the name again",
    }
}

/// One wasted item a line: size, cause, from which layer to which, path.
fn waste(items: &[WasteSection], width: usize, out: &mut dyn Write) -> io::Result<()> {
    let layers = items.iter().map(|item| layers_of(item).len()).max().unwrap_or(0);
    for item in items {
        let row = format!("  {:>8}  {:<13}  {:<layers$}  ", size(item.bytes), item.cause.name(), layers_of(item));
        let rest = width.saturating_sub(row.chars().count()).max(16);
        writeln!(out, "{row}{}", middle(&format!("/{}", item.path), rest))?;
    }
    Ok(())
}

/// `L1 -> L7`: the layer that ships an item, and the one that made it dead.
pub(super) fn layers_of(item: &WasteSection) -> String {
    format!("{} -> {}", layer(item.owner_layer), layer(item.by_layer))
}

fn notices(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    let of_layers = report.layers.iter().flat_map(|layer| &layer.notices);
    let all: Vec<_> = report.notices.iter().chain(of_layers).collect();
    if !all.is_empty() {
        writeln!(out, "\nNotices")?;
    }
    for notice in all {
        writeln!(out, "  {}: {}: {}", notice.severity, clean(&notice.part), clean(&notice.message))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::testing;

    fn text(width: usize) -> String {
        let mut out = Vec::new();
        write(&testing::report(), width, None, &mut out).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn the_text_fits_80_columns() {
        insta::assert_snapshot!(text(80));
        assert!(text(80).lines().all(|line| line.chars().count() <= 80));
    }

    #[test]
    fn nothing_foreign_leaves_raw() {
        assert!(!text(200).chars().any(|c| c.is_control() && c != '\n'));
    }

    #[test]
    fn a_clean_image_says_so() {
        let mut report = testing::report();
        report.totals.causes = crate::analysis::Causes::default();
        report.waste = testing::waste(&[]);
        let mut out = Vec::new();
        write(&report, 80, None, &mut out).unwrap();
        assert!(String::from_utf8(out).unwrap().contains("Nothing is wasted."));
    }
}
