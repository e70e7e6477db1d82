//! From facts to the report.

use super::{
    BaseSection, DiveSection, HistorySection, ImageSection, LayerSection, LayerStatus, NoticeSection, OverrideSection,
    Reading, Report, SCHEMA, SettingSection, SettingsSection, SourceSection, Tool, TotalsSection, WasteList,
};
use crate::analysis::{Analysis, DiveFigures, LayerFigures};
use crate::image::{HistoryRow, Image, Layer, LayerIndex, Setting, successor};
use crate::notice::Notice;
use crate::tree::Tree;
use std::sync::Arc;

/// Everything a report is made of.
#[derive(Debug)]
pub struct Facts<'a> {
    /// `docker-archive`, `oci-archive`, `oci`, `rootfs`, `docker-daemon` or `podman`.
    pub source_kind: &'a str,
    /// What was typed.
    pub reference: &'a str,
    /// What the image says it is.
    pub image: &'a Image,
    /// What the stack looks like.
    pub tree: &'a Arc<Tree>,
    /// What it costs.
    pub analysis: &'a Arc<Analysis>,
    /// How it was read.
    pub reading: &'a Reading,
}

/// Makes the report. At most `top` wasted items are named, if given; the totals count them all.
pub fn build(facts: &Facts<'_>, top: Option<usize>) -> Report {
    let Facts { image, analysis, .. } = facts;
    Report {
        schema: SCHEMA,
        tool: Tool::this(),
        image: image_section(facts),
        totals: totals(facts),
        dive: dive(&analysis.dive),
        layers: image.layers.iter().map(|layer| layer_section(facts, layer)).collect(),
        history: history(image),
        settings: settings(image),
        waste: WasteList::new(Arc::clone(facts.tree), Arc::clone(analysis), top),
        notices: notices(&facts.reading.notices),
    }
}

fn image_section(facts: &Facts<'_>) -> ImageSection {
    let image = facts.image;
    ImageSection {
        source: SourceSection { kind: facts.source_kind.to_owned(), reference: facts.reference.to_owned() },
        tags: image.tags.clone(),
        id: image.id.as_ref().map(ToString::to_string),
        manifest_digest: image.manifest_digest.as_ref().map(ToString::to_string),
        platform: image.platform.clone(),
        created: created(image.created.as_deref()),
        lost: image.lost().iter().map(ToString::to_string).collect(),
        // Its file is read by whoever shows it.
        distribution: None,
        base: base(image),
        config: image.config.raw.clone(),
    }
}

fn base(image: &Image) -> BaseSection {
    let annotation = |key: &str| image.annotation(&format!("org.opencontainers.image.base.{key}")).map(str::to_owned);
    BaseSection {
        layers: image.base.as_ref().map(|base| base.layers),
        told_by: image.base.as_ref().map(|base| base.told_by),
        name: annotation("name"),
        digest: annotation("digest"),
    }
}

fn totals(facts: &Facts<'_>) -> TotalsSection {
    let totals = &facts.analysis.totals;
    TotalsSection {
        partial: facts.reading.is_partial(),
        verified: facts.reading.verified,
        layers: facts.image.layers.len() as u64,
        entries: totals.entries,
        paths: totals.paths,
        shipped_bytes: totals.shipped_bytes,
        live_bytes: totals.live_bytes,
        wasted_bytes: totals.wasted_bytes,
        blob_bytes: totals.blob_bytes,
        efficiency: totals.efficiency,
        user_wasted: totals.user_wasted,
        causes: totals.causes,
    }
}

fn dive(figures: &DiveFigures) -> DiveSection {
    let finite = |ratio: f64| ratio.is_finite().then_some(ratio);
    DiveSection {
        efficiency_score: finite(figures.efficiency),
        inefficient_bytes: figures.wasted_bytes,
        user_wasted_percent: finite(figures.user_wasted),
        size_bytes: figures.size_bytes,
    }
}

fn layer_section(facts: &Facts<'_>, layer: &Layer) -> LayerSection {
    let figures = facts.analysis.layer(layer.index).copied().unwrap_or_default();
    let LayerFigures { entries, shipped_bytes, wasted_bytes, added, changed, metadata_only, removed, .. } = figures;
    let read = facts.reading.layers.get(layer.index.index());
    let blob_bytes = read.map_or(0, |read| read.blob_bytes);
    let framing = facts.tree.listing(layer.index).and_then(|listing| listing.framing(blob_bytes));
    LayerSection {
        index: layer.index,
        status: read.map_or(LayerStatus::Unreadable, |read| read.status),
        diff_id: layer.diff_id.as_ref().map(ToString::to_string),
        digest: read.and_then(|read| read.digest.clone()).or(layer.digest.as_ref().map(ToString::to_string)),
        media_type: layer.media_type.clone(),
        compression: read.and_then(|read| read.compression),
        blob_bytes,
        framing_bytes: framing,
        pull_cost: framing.map(|framing| blob_bytes - framing),
        shipped_bytes,
        wasted_bytes,
        entries,
        added,
        changed,
        metadata_only,
        removed,
        history: layer.history,
        instruction: facts.image.instruction(layer.index).to_owned(),
        origin: facts.image.origin(layer.index),
        unexplained: facts.image.why_unexplained(layer.index),
        notices: read.map_or_else(Vec::new, |read| notices(&read.notices)),
    }
}

/// All rows of the history, empty ones too.
pub fn history(image: &Image) -> Vec<HistorySection> {
    image.history.iter().enumerate().map(|(index, row)| history_section(index, row)).collect()
}

fn history_section(index: usize, row: &HistoryRow) -> HistorySection {
    HistorySection {
        index,
        layer: row.layer,
        created: created(row.created.as_deref()),
        created_by: row.created_by.clone(),
        instruction: row.instruction.clone(),
        comment: row.comment.clone(),
        author: row.author.clone(),
    }
}

/// Labels and settings of the final config, each with the row that set it.
pub fn settings(image: &Image) -> SettingsSection {
    let all = |settings: &[Setting]| settings.iter().map(setting).collect();
    let named = |key: &str| image.provenance.settings.iter().filter(|own| own.key == key).map(setting).collect();
    let mut section = SettingsSection {
        labels: all(&image.provenance.labels),
        env: all(&image.provenance.env),
        entrypoint: named("entrypoint"),
        cmd: named("cmd"),
        user: named("user"),
        workdir: named("workdir"),
        stop_signal: named("stop_signal"),
        healthcheck: named("healthcheck"),
        shell: named("shell"),
        ports: named("port"),
        volumes: named("volume"),
    };
    for label in &mut section.labels {
        label.successor = successor(&label.key).map(str::to_owned);
    }
    section
}

fn setting(setting: &Setting) -> SettingSection {
    let Setting { key, value, history, inherited, overrides } = setting;
    let overrides =
        overrides.iter().map(|it| OverrideSection { value: it.value.clone(), history: it.history }).collect();
    SettingSection {
        key: key.clone(),
        value: value.clone(),
        history: *history,
        inherited: *inherited,
        overrides,
        successor: None,
    }
}

fn notices(notices: &[Notice]) -> Vec<NoticeSection> {
    let section = |notice: &Notice| NoticeSection {
        severity: notice.severity,
        part: notice.part.clone(),
        message: notice.message.clone(),
    };
    notices.iter().map(section).collect()
}

/// A time of a document in RFC 3339 and UTC; none if it is no time, or does not fit.
pub(super) fn created(text: Option<&str>) -> Option<String> {
    text?.parse::<jiff::Timestamp>().ok().map(|time| time.to_string())
}

impl Report {
    /// The instruction that made a layer; empty if none tells.
    pub fn instruction(&self, layer: LayerIndex) -> &str {
        self.layers.get(layer.index()).map_or("", |layer| layer.instruction.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_rfc_3339_or_nothing() {
        let cases = [
            ("2025-01-09T12:00:00Z", Some("2025-01-09T12:00:00Z")),
            ("2025-01-09T12:00:00.123456789+02:00", Some("2025-01-09T10:00:00.123456789Z")),
            ("0001-01-01T00:00:00Z", Some("0001-01-01T00:00:00Z")),
            ("yesterday", None),
            ("99999-01-01T00:00:00Z", None),
            ("", None),
        ];
        for (text, expected) in cases {
            assert_eq!(created(Some(text)).as_deref(), expected, "{text}");
        }
    }

    #[test]
    fn ratios_that_are_none_are_null() {
        let figures = DiveFigures { efficiency: 1.0, user_wasted: f64::INFINITY, ..DiveFigures::default() };
        assert_eq!(dive(&figures).user_wasted_percent, None);
        assert_eq!(dive(&figures).efficiency_score, Some(1.0));
    }
}
