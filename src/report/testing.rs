//! A small report for the tests of the writers.

use super::*;
use crate::analysis::{Analysis, WasteItem};
use crate::listing::testing::listing;
use crate::tree::{Occupant, Stack};
use std::sync::Arc;

pub(super) fn layer(index: u32, instruction: &str, shipped: u64, wasted: u64) -> LayerSection {
    LayerSection {
        index: LayerIndex(index),
        status: LayerStatus::Ok,
        diff_id: Some(format!("sha256:{index:064x}")),
        digest: None,
        media_type: None,
        compression: Some(Compression::None),
        blob_bytes: shipped + 1024,
        framing_bytes: Some(1024),
        pull_cost: None,
        shipped_bytes: shipped,
        wasted_bytes: wasted,
        entries: 3,
        added: 2,
        changed: u64::from(index),
        metadata_only: 0,
        removed: u64::from(index > 1),
        history: Some(index as usize + 1),
        instruction: instruction.to_owned(),
        origin: Origin::Step,
        unexplained: None,
        notices: Vec::new(),
    }
}

pub(super) fn row(index: usize, layer: Option<u32>, created_by: &str) -> HistorySection {
    HistorySection {
        index,
        layer: layer.map(LayerIndex),
        created: Some("2025-01-09T12:00:00Z".to_owned()),
        created_by: created_by.to_owned(),
        instruction: created_by.trim_start_matches("/bin/sh -c ").to_owned(),
        comment: None,
        author: None,
    }
}

/// Wasted items at paths without blanks.
pub(super) fn waste(items: &[(&str, u64, Cause, u32, u32)]) -> WasteList {
    let lines: Vec<String> = items.iter().map(|(path, bytes, ..)| format!("f {path} {bytes}")).collect();
    let mut stack = Stack::new();
    stack.push(listing(&lines.iter().map(String::as_str).collect::<Vec<_>>()));
    let tree = stack.finish();
    let inode = |path: &str| match tree.final_state(tree.find(path.as_bytes()).unwrap()) {
        Some(Occupant::Inode(inode)) => inode,
        other => panic!("{path} is {other:?}"),
    };
    let item = |(path, bytes, cause, owner, by): &(&str, u64, Cause, u32, u32)| WasteItem {
        inode: inode(path),
        node: tree.find(path.as_bytes()).unwrap(),
        bytes: *bytes,
        cause: *cause,
        owner: LayerIndex(*owner),
        by: LayerIndex(*by),
    };
    let analysis = Analysis { waste: items.iter().map(item).collect(), ..Analysis::default() };
    WasteList::new(Arc::new(tree), Arc::new(analysis), None)
}

pub(super) fn report() -> Report {
    Report {
        schema: SCHEMA,
        tool: Tool { name: "layerscope".to_owned(), version: "0.1.0".to_owned() },
        image: ImageSection {
            source: SourceSection { kind: "docker-archive".to_owned(), reference: "app.tar".to_owned() },
            tags: vec!["acme/app:1.4.2".to_owned()],
            id: Some(format!("sha256:{}", "ab".repeat(32))),
            manifest_digest: None,
            platform: Platform { os: "linux".to_owned(), architecture: "amd64".to_owned(), variant: None },
            created: Some("2025-01-09T12:00:00Z".to_owned()),
            lost: Vec::new(),
            distribution: Some(Distribution {
                name: "Debian GNU/Linux 12 (bookworm)".to_owned(),
                ..Distribution::default()
            }),
            base: BaseSection::default(),
            config: serde_json::json!({"config": {"Labels": {"vendor": "Acme\u{202e}"}}}),
        },
        totals: totals(),
        dive: DiveSection {
            efficiency_score: Some(0.97),
            inefficient_bytes: 6_002_000,
            user_wasted_percent: None,
            size_bytes: 202_003_000,
        },
        layers: layers(),
        history: history(),
        settings: settings(),
        waste: waste(&[
            ("srv/app/static/bundle.js", 3_000_000, Cause::MetadataOnly, 1, 2),
            ("srv/app/.env\x1b", 2_000, Cause::Removed, 0, 2),
        ]),
        notices: vec![NoticeSection {
            severity: Severity::Warning,
            part: "layer 2".to_owned(),
            message: "whiteout of a path that is not there: srv/none".to_owned(),
        }],
    }
}

pub(super) fn settings() -> SettingsSection {
    let setting = |key: &str, value: &str, history| SettingSection {
        key: key.to_owned(),
        value: value.to_owned(),
        history,
        inherited: history == Some(0),
        overrides: Vec::new(),
        successor: None,
    };
    let replaced = vec![OverrideSection { value: "Base".to_owned(), history: 0 }];
    SettingsSection {
        labels: vec![
            SettingSection {
                successor: Some("org.opencontainers.image.title".to_owned()),
                ..setting("org.label-schema.name", "app\u{1b}[31m", Some(0))
            },
            SettingSection { overrides: replaced, ..setting("vendor", "Acme", Some(2)) },
        ],
        env: vec![setting("PATH", "/usr/bin:/bin", None)],
        ports: vec![setting("port", "80/tcp", Some(3))],
        ..SettingsSection::default()
    }
}

fn totals() -> TotalsSection {
    TotalsSection {
        partial: false,
        verified: true,
        layers: 3,
        entries: 9,
        paths: 5,
        shipped_bytes: 202_003_000,
        live_bytes: 199_001_000,
        wasted_bytes: 3_002_000,
        blob_bytes: 202_006_072,
        efficiency: 0.985_139,
        user_wasted: 0.999_667,
        causes: Causes { metadata_only: 3_000_000, removed: 2_000, ..Causes::default() },
    }
}

fn layers() -> Vec<LayerSection> {
    vec![
        layer(0, "ADD file:1d256392 in /", 199_000_000, 2_000),
        layer(
            1,
            "COPY . . and then a very long instruction that does not fit the width of a terminal",
            3_003_000,
            3_000_000,
        ),
        layer(2, "RUN chown -R app:app /srv && rm -f .env \u{1b}[31m", 0, 0),
    ]
}

fn history() -> Vec<HistorySection> {
    vec![
        row(0, None, "LABEL vendor=Acme"),
        row(1, Some(0), "/bin/sh -c #(nop) ADD file:1d256392 in / "),
        row(2, Some(1), "COPY . ."),
        row(3, Some(2), "RUN set -eux;\n  chown -R app:app /srv && rm -f .env"),
    ]
}
