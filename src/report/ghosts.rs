//! Ghosts: files that are shipped though no path of the final image leads to them, and how to read them all the same.

use super::text::layers_of;
use super::words::{clean, middle, size};
use super::{Report, WasteSection, json};
use crate::notice::counted;
use schemars::JsonSchema;
use serde::Serialize;
use std::io::{self, Write};

/// One ghost.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct GhostSection {
    /// What is shipped, by whom, and what made it dead.
    #[serde(flatten)]
    pub item: WasteSection,
    /// The instruction of the layer that ships it; empty if none tells.
    pub owner_instruction: String,
    /// The instruction of the layer that made it dead; empty if none tells.
    pub by_instruction: String,
    /// What a name that it had looks like, if that is a secret. Only names were looked at.
    pub secret: Option<&'static str>,
    /// That name; none if it looks like no secret.
    pub secret_path: Option<String>,
}

/// All ghosts of a report, largest first; those alone whose names look like secrets, if `secrets` says so.
pub fn ghosts(report: &Report, secrets: bool) -> Vec<GhostSection> {
    let ghost = |(item, secret): (WasteSection, Option<(String, &'static str)>)| GhostSection {
        owner_instruction: report.instruction(item.owner_layer).to_owned(),
        by_instruction: report.instruction(item.by_layer).to_owned(),
        secret: secret.as_ref().map(|(_, looks)| *looks),
        secret_path: secret.map(|(path, _)| path),
        item,
    };
    report
        .waste
        .iter()
        .zip(report.waste.secrets())
        .map(ghost)
        .filter(|ghost| !secrets || ghost.secret.is_some())
        .collect()
}

/// Writes ghosts for people, in `width` columns as far as names allow; at most `top` of them, if given.
pub fn write(ghosts: &[GhostSection], width: usize, top: Option<usize>, out: &mut dyn Write) -> io::Result<()> {
    let Some(example) = ghosts.iter().find(|ghost| ghost.secret.is_some()).or(ghosts.first()) else {
        return writeln!(out, "No ghosts: every file that is shipped can be reached.");
    };
    let bytes = ghosts.iter().map(|ghost| ghost.item.bytes).sum();
    let secrets = ghosts.iter().filter(|ghost| ghost.secret.is_some()).count() as u64;
    let marked = match secrets {
        0 => String::new(),
        1 => "; 1 looks like a secret by its name (!)".to_owned(),
        _ => format!("; {secrets} look like secrets by their names (!)"),
    };
    writeln!(out, "{}, {}, shipped but out of reach{marked}\n", counted(ghosts.len() as u64, "ghost"), size(bytes))?;
    let layers = ghosts.iter().map(|ghost| layers_of(&ghost.item).len()).max().unwrap_or(0).max("layers".len());
    writeln!(out, "  {:>8}  {:<13}  {:<layers$}  path", "size", "cause", "layers")?;
    let shown = top.unwrap_or(ghosts.len()).min(ghosts.len());
    for ghost in ghosts.iter().take(shown) {
        let mark = if ghost.secret.is_some() { '!' } else { ' ' };
        let item = &ghost.item;
        let row = format!("{mark} {:>8}  {:<13}  {:<layers$}  ", size(item.bytes), item.cause.name(), layers_of(item));
        let secret = match (ghost.secret, &ghost.secret_path) {
            (Some(looks), Some(path)) if *path != item.path => format!("  ({looks}: /{})", clean(path)),
            (looks, _) => looks.map_or_else(String::new, |looks| format!("  ({looks})")),
        };
        let rest = width.saturating_sub(row.chars().count() + secret.len()).max(16);
        writeln!(out, "{row}{}{secret}", middle(&format!("/{}", item.path), rest))?;
    }
    if shown < ghosts.len() {
        writeln!(out, "  … and {} more", ghosts.len() - shown)?;
    }
    writeln!(
        out,
        "\nTo read one: layerscope cat --layer {} IMAGE {}",
        example.item.owner_layer,
        clean(&example.item.path)
    )
}

/// Writes ghosts as a JSON array; at most `top` of them, if given.
pub fn write_json(ghosts: &[GhostSection], top: Option<usize>, out: &mut dyn Write) -> io::Result<()> {
    let shown = ghosts.get(..top.unwrap_or(ghosts.len())).unwrap_or(ghosts);
    json::pretty(shown, out)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::testing;

    fn text(ghosts: &[GhostSection], top: Option<usize>) -> String {
        let mut out = Vec::new();
        write(ghosts, 80, top, &mut out).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn ghosts_are_listed_largest_first_with_secrets_marked() {
        let mut report = testing::report();
        report.waste = testing::waste(&[
            ("srv/app/static/bundle.js", 3_000_000, crate::analysis::Cause::MetadataOnly, 1, 2),
            ("srv/app/.env", 2_000, crate::analysis::Cause::Removed, 0, 2),
        ]);
        let all = ghosts(&report, false);
        insta::assert_snapshot!(text(&all, None));
        assert!(text(&all, Some(1)).contains("… and 1 more"));
        let secrets = ghosts(&report, true);
        assert_eq!(secrets.iter().map(|ghost| ghost.item.path.as_str()).collect::<Vec<_>>(), ["srv/app/.env"]);
        assert_eq!(text(&[], None), "No ghosts: every file that is shipped can be reached.\n");
    }

    #[test]
    fn the_json_names_both_instructions() {
        let all = ghosts(&testing::report(), false);
        let mut out = Vec::new();
        write_json(&all, Some(1), &mut out).unwrap();
        let json: serde_json::Value = serde_json::from_slice(&out).unwrap();
        assert_eq!(json.as_array().unwrap().len(), 1);
        assert_eq!(json[0]["path"], "srv/app/static/bundle.js");
        assert_eq!(json[0]["owner_layer"], 1);
        assert!(json[0]["by_instruction"].as_str().unwrap().starts_with("RUN chown"));
        assert_eq!(json[0]["secret"], serde_json::Value::Null);
    }
}
