//! FRONT ENDS THAT WRITE, all fed by the same [`Report`], so that no two of them can disagree.
//!
//! The report is a contract: it carries a schema number, only grows within it, and has a stable order. Names are
//! escaped reversibly ([`crate::escape`]), bytes are integers, ratios finite or null, times RFC 3339 or null.

mod audit;
mod baseline;
mod build;
mod config;
mod diff;
mod dive_json;
mod duplicates;
mod finding;
mod found;
mod ghosts;
mod history;
mod json;
mod listing;
mod packages;
mod reading;
mod size;
#[cfg(test)]
mod testing;
mod text;
mod verdict;
mod waste;
mod why;
mod words;

pub use audit::{AuditReport, schema as audit_schema, write as write_audit, write_json as write_audit_json};
pub use baseline::{BaselineError, read_baseline};
pub use build::{Facts, build, history, settings};
pub use config::{write as write_config, write_json as write_config_json};
pub use diff::{
    Compared, DiffLayer, DiffPath, DiffReport, DiffSetting, DiffSide, DiffTotals, DiffVersion, schema as diff_schema,
    write as write_diff, write_json as write_diff_json,
};
pub use dive_json::write as write_dive_json;
pub use duplicates::{DuplicateSection, duplicates, write as write_duplicates, write_json as write_duplicates_json};
pub use found::{
    FoundPath, TOUCHED, Touch, found, schema as found_schema, touched, write as write_found,
    write_json as write_found_json,
};
pub use ghosts::{GhostSection, ghosts, write as write_ghosts, write_json as write_ghosts_json};
pub use history::{write as write_history, write_json as write_history_json};
#[cfg(feature = "tui")]
pub(crate) use json::pretty;
pub use json::{schema, write as write_json, write_schema};
pub use listing::{
    LsError, LsFormat, LsScope, LsSort, LsStyle, Only as LsOnly, missing, mode_text, mtime_text, unknown,
    write as write_listing,
};
pub use packages::{
    PackagesSection, packages, write as write_packages, write_json as write_packages_json, write_unowned,
    write_unowned_json,
};
pub use reading::{LayerFacts, Reading};
pub use size::{Units, human, short};
pub use text::write as write_text;
pub use verdict::{CiReport, ImageVerdict, Unjudged, VerdictFormat, schema as verdict_schema, write as write_verdict};
pub use waste::WasteList;
pub use why::{
    PathSection, StepSection, summary as timeline_summary, timeline, write as write_why, write_json as write_why_json,
};
#[cfg(feature = "tui")]
pub(crate) use words::percent;

use crate::analysis::{Cause, Causes};
use crate::codec::Compression;
use crate::image::{Distribution, LayerIndex, Origin, Platform, ToldBy};
use crate::notice::Severity;
use schemars::JsonSchema;
use serde::Serialize;

/// The version of the report's schema.
pub const SCHEMA: u32 = 1;

/// The whole analysis of one image, ready to be written.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Report {
    /// The version of this schema: 1.
    pub schema: u32,
    /// What made the report.
    pub tool: Tool,
    /// What the image says it is.
    pub image: ImageSection,
    /// The figures of the whole image.
    pub totals: TotalsSection,
    /// dive's own figures, null where dive prints NaN or Inf.
    pub dive: DiveSection,
    /// The layers, bottom first.
    pub layers: Vec<LayerSection>,
    /// All rows of the history, empty ones too.
    pub history: Vec<HistorySection>,
    /// Labels and settings, each with the row that set it.
    #[serde(flatten)]
    pub settings: SettingsSection,
    /// Wasted items, largest first.
    #[schemars(with = "Vec<WasteSection>")]
    pub waste: WasteList,
    /// What was odd, in the order of the data flow.
    pub notices: Vec<NoticeSection>,
}

/// Every value of the final config that a build step can set. In a report these stand at its top level.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct SettingsSection {
    /// Labels, each with the row that set it, in the order of their keys.
    pub labels: Vec<SettingSection>,
    /// Environment variables, each with the row that set it.
    pub env: Vec<SettingSection>,
    /// The entrypoint, if there is one; the exec form is written as JSON.
    pub entrypoint: Vec<SettingSection>,
    /// The command or the arguments of the entrypoint, if there are any; the exec form is written as JSON.
    pub cmd: Vec<SettingSection>,
    /// The user, if one is set.
    pub user: Vec<SettingSection>,
    /// The working directory, if one is set.
    pub workdir: Vec<SettingSection>,
    /// The signal that stops a container, if one is set.
    pub stop_signal: Vec<SettingSection>,
    /// The health check, if there is one.
    pub healthcheck: Vec<SettingSection>,
    /// The shell of `RUN`, if one is set.
    pub shell: Vec<SettingSection>,
    /// The exposed ports.
    pub ports: Vec<SettingSection>,
    /// The volumes.
    pub volumes: Vec<SettingSection>,
}

/// What made the report.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Tool {
    /// `layerscope`.
    pub name: String,
    /// Its version.
    pub version: String,
}

impl Tool {
    /// This program.
    fn this() -> Self {
        Self { name: env!("CARGO_PKG_NAME").to_owned(), version: env!("CARGO_PKG_VERSION").to_owned() }
    }
}

/// What the image says it is.
#[derive(Debug, Clone, Default, PartialEq, Serialize, JsonSchema)]
pub struct ImageSection {
    /// Where it comes from.
    pub source: SourceSection,
    /// Its names with tags.
    pub tags: Vec<String>,
    /// The digest of its config; null for a flat root file system.
    pub id: Option<String>,
    /// The digest of its manifest, where there is one.
    pub manifest_digest: Option<String>,
    /// What it runs on.
    pub platform: Platform,
    /// When it was made (RFC 3339).
    pub created: Option<String>,
    /// What the way in which it was saved has lost: `tags`; of a flat root file system also `history`, `labels`,
    /// `config` and `layers`.
    pub lost: Vec<String>,
    /// The distribution that is in it; null where nothing names one.
    pub distribution: Option<Distribution>,
    /// The image that it is built on.
    pub base: BaseSection,
    /// The config, as in the image.
    pub config: serde_json::Value,
}

/// The image that another is built on.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct BaseSection {
    /// How many layers at the bottom are its; null where nobody tells. The figures then take the lowest layer for it.
    pub layers: Option<u32>,
    /// Who tells that.
    pub told_by: Option<ToldBy>,
    /// Its name, as annotation or label have it.
    pub name: Option<String>,
    /// Its digest, as annotation or label have it.
    pub digest: Option<String>,
}

/// Where an image comes from.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct SourceSection {
    /// The kind of file or transport: `docker-archive`, `oci-archive`, `oci`, `rootfs`, `docker-daemon`, `podman`.
    pub kind: String,
    /// What was typed.
    pub reference: String,
}

/// The figures of the whole image.
#[derive(Debug, Clone, Default, PartialEq, Serialize, JsonSchema)]
pub struct TotalsSection {
    /// Whether some part could not be read; all figures are then over what could.
    pub partial: bool,
    /// Whether all digests were checked.
    pub verified: bool,
    /// Layers.
    pub layers: u64,
    /// Entries of all layers, markers too.
    pub entries: u64,
    /// Paths in the final tree, implied parents left out.
    pub paths: u64,
    /// Bytes of all regular files of all layers.
    pub shipped_bytes: u64,
    /// Bytes that can be reached in the end.
    pub live_bytes: u64,
    /// `shipped_bytes - live_bytes`.
    pub wasted_bytes: u64,
    /// Stored bytes of all distinct blobs.
    pub blob_bytes: u64,
    /// `live / shipped`.
    pub efficiency: f64,
    /// The share of the bytes above the base that adds nothing.
    pub user_wasted: f64,
    /// Wasted bytes by cause.
    pub causes: Causes,
}

/// dive's own figures, under dive's names.
#[derive(Debug, Clone, Default, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct DiveSection {
    /// dive's efficiency.
    pub efficiency_score: Option<f64>,
    /// dive's wasted bytes.
    pub inefficient_bytes: u64,
    /// dive's share of user bytes wasted; a ratio that may be above 1.
    pub user_wasted_percent: Option<f64>,
    /// dive's size of the image.
    pub size_bytes: u64,
}

/// How a layer was read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum LayerStatus {
    /// Whole.
    Ok,
    /// Only up to some damage.
    Partial,
    /// Not at all.
    Unreadable,
}

/// One layer.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct LayerSection {
    /// Its position, 0 at the bottom.
    pub index: LayerIndex,
    /// Whether it could be read.
    pub status: LayerStatus,
    /// The digest of its uncompressed tar.
    pub diff_id: Option<String>,
    /// The digest of its blob; null where only hashing could tell and nothing was hashed.
    pub digest: Option<String>,
    /// The media type in the manifest.
    pub media_type: Option<String>,
    /// How the blob is compressed; null if it could not be opened.
    pub compression: Option<Compression>,
    /// Stored bytes.
    pub blob_bytes: u64,
    /// Stored bytes that no entry accounts for, so that `blob_bytes` is this and the `pull_cost` of all entries; null
    /// where costs are not known.
    pub framing_bytes: Option<u64>,
    /// Stored bytes that its entries account for; null where costs are not known.
    pub pull_cost: Option<u64>,
    /// Bytes of its regular files.
    pub shipped_bytes: u64,
    /// Those that are dead in the end.
    pub wasted_bytes: u64,
    /// Entries, markers too.
    pub entries: u64,
    /// Paths added.
    pub added: u64,
    /// Paths whose content changed.
    pub changed: u64,
    /// Paths of which only metadata changed, or whose content was written again.
    pub metadata_only: u64,
    /// Paths that vanish.
    pub removed: u64,
    /// Its row in the history.
    pub history: Option<usize>,
    /// The cleaned instruction of that row; empty if none tells.
    pub instruction: String,
    /// What explains it.
    pub origin: Origin,
    /// Why no build step explains it; null if one does.
    pub unexplained: Option<&'static str>,
    /// What was odd about it.
    pub notices: Vec<NoticeSection>,
}

/// One row of the history.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct HistorySection {
    /// Its position, 0 first.
    pub index: usize,
    /// The layer that it made.
    pub layer: Option<LayerIndex>,
    /// When (RFC 3339).
    pub created: Option<String>,
    /// The command as the config has it.
    pub created_by: String,
    /// The command, cleaned for reading.
    pub instruction: String,
    /// The builder's comment.
    pub comment: Option<String>,
    /// The author.
    pub author: Option<String>,
}

/// One value of the final config.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct SettingSection {
    /// Its key.
    pub key: String,
    /// Its value.
    pub value: String,
    /// The row that set it; null if none tells.
    pub history: Option<usize>,
    /// Whether that row belongs to the base.
    pub inherited: bool,
    /// The values that it replaced, oldest first.
    pub overrides: Vec<OverrideSection>,
    /// The OCI key that took the place of this one, if it is a label of Label Schema.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub successor: Option<String>,
}

/// A value that was replaced.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct OverrideSection {
    /// What it was.
    pub value: String,
    /// The row that had set it.
    pub history: usize,
}

/// One wasted item.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct WasteSection {
    /// Its path without a leading slash, escaped.
    pub path: String,
    /// Its size.
    pub bytes: u64,
    /// Why it is dead.
    pub cause: Cause,
    /// The layer that ships it.
    pub owner_layer: LayerIndex,
    /// The layer that made it dead.
    pub by_layer: LayerIndex,
}

/// One finding.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct NoticeSection {
    /// How much it matters.
    pub severity: Severity,
    /// Which part of the input.
    pub part: String,
    /// What.
    pub message: String,
}
