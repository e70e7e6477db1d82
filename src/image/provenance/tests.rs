//! The replay on rows as real builders write them.

use super::*;
use crate::image::{LayerIndex, instruction};
use serde_json::json;

fn history(rows: &[(&str, Option<u32>)]) -> Vec<HistoryRow> {
    rows.iter()
        .map(|(created_by, layer)| HistoryRow {
            created_by: (*created_by).to_owned(),
            instruction: instruction(created_by),
            layer: layer.map(LayerIndex),
            ..HistoryRow::default()
        })
        .collect()
}

/// The rows and the config of an image built by the classic builder on top of a base of two layers.
fn classic() -> (Config, Vec<HistoryRow>) {
    let rows = history(&[
        ("/bin/sh -c #(nop) COPY file:73 in /bin/ ", Some(0)),
        ("/bin/busybox --install -s /bin", Some(1)),
        ("/bin/sh -c #(nop)  LABEL maintainer=base tier=base org.opencontainers.image.title=small base", None),
        ("/bin/sh -c #(nop)  ENV PATH=/bin LANG=C.UTF-8", None),
        ("/bin/sh -c #(nop)  HEALTHCHECK &{[\"CMD-SHELL\" \"/bin/true\"] \"30s\" \"0s\" \"0s\" '\\x00'}", None),
        ("/bin/sh -c #(nop)  LABEL tier=app version=1.0 org.opencontainers.image.title=small \"quoted\" app", None),
        ("/bin/sh -c #(nop)  ENV APP_HOME=/app", None),
        ("/bin/sh -c #(nop) COPY dir:32 in / ", Some(2)),
        ("/bin/sh -c #(nop)  HEALTHCHECK &{[\"CMD\" \"/bin/true\"] \"5s\" \"0s\" \"0s\" '\\x02'}", None),
        ("/bin/sh -c #(nop)  VOLUME [/data/vol]", None),
        ("/bin/sh -c #(nop)  EXPOSE 53/udp 8080/tcp", None),
        ("/bin/sh -c #(nop) WORKDIR /app", None),
        ("/bin/sh -c #(nop)  STOPSIGNAL SIGINT", None),
        ("/bin/sh -c #(nop)  USER 1000:1000", None),
        ("/bin/sh -c #(nop)  ENTRYPOINT [\"/bin/sh\" \"-c\"]", None),
        ("/bin/sh -c #(nop)  CMD [\"echo hello\"]", None),
    ]);
    let config = Config::from_json(json!({"config": {
        "User": "1000:1000", "Env": ["PATH=/bin", "LANG=C.UTF-8", "APP_HOME=/app", "EXTRA=unexplained"],
        "ExposedPorts": {"53/udp": {}, "8080/tcp": {}}, "Cmd": ["echo hello"], "Entrypoint": ["/bin/sh", "-c"],
        "Healthcheck": {"Test": ["CMD", "/bin/true"], "Interval": 5_000_000_000_u64, "Retries": 2},
        "Volumes": {"/data/vol": {}}, "WorkingDir": "/app", "StopSignal": "SIGINT",
        "Labels": {"maintainer": "base", "org.opencontainers.image.title": "small \"quoted\" app", "tier": "app", "version": "1.0"},
    }}))
    .unwrap();
    (config, rows)
}

/// Key, row that set it, whether it comes from the base, and what it replaced: value and row.
type Summary<'a> = (&'a str, Option<usize>, bool, Vec<(&'a str, usize)>);

fn summary(settings: &[Setting]) -> Vec<Summary<'_>> {
    let overrides =
        |setting: &'_ Setting| setting.overrides.iter().map(|o| (o.value.clone().leak() as &str, o.history)).collect();
    settings.iter().map(|s| (s.key.as_str(), s.history, s.inherited, overrides(s))).collect()
}

#[test]
fn labels_name_the_row_that_set_them_and_what_it_replaced() {
    let (config, rows) = classic();
    let provenance = Provenance::replay(&config, &rows, Some(2));
    assert_eq!(
        summary(&provenance.labels),
        [
            ("maintainer", Some(2), true, vec![]),
            ("org.opencontainers.image.title", Some(5), true, vec![("small base", 2)]),
            ("tier", Some(5), true, vec![("base", 2)]),
            ("version", Some(5), true, vec![]),
        ]
    );
}

#[test]
fn rows_before_the_first_own_layer_are_inherited() {
    let (config, rows) = classic();
    let inherited = |base| -> Vec<bool> {
        Provenance::replay(&config, &rows, base).env.iter().map(|variable| variable.inherited).collect()
    };
    assert_eq!(inherited(Some(2)), [true, true, true, false]);
    assert_eq!(inherited(None), [false; 4]);
    assert_eq!(inherited(Some(0)), [false; 4]);
    assert_eq!(inherited(Some(9)), [true, true, true, false]);
}

#[test]
fn variables_keep_the_order_of_the_config_and_may_be_unexplained() {
    let (config, rows) = classic();
    let provenance = Provenance::replay(&config, &rows, None);
    assert_eq!(
        summary(&provenance.env),
        [
            ("PATH", Some(3), false, vec![]),
            ("LANG", Some(3), false, vec![]),
            ("APP_HOME", Some(6), false, vec![]),
            ("EXTRA", None, false, vec![]),
        ]
    );
}

#[test]
fn every_other_setting_has_its_row() {
    let (config, rows) = classic();
    let provenance = Provenance::replay(&config, &rows, None);
    assert_eq!(
        summary(&provenance.settings),
        [
            ("entrypoint", Some(14), false, vec![]),
            ("cmd", Some(15), false, vec![]),
            ("user", Some(13), false, vec![]),
            ("workdir", Some(11), false, vec![]),
            ("stop_signal", Some(12), false, vec![]),
            ("healthcheck", Some(8), false, vec![("[\"CMD-SHELL\",\"/bin/true\"] --interval=30s", 4)]),
            ("port", Some(10), false, vec![]),
            ("port", Some(10), false, vec![]),
            ("volume", Some(9), false, vec![]),
        ]
    );
    assert_eq!(provenance.settings[1].value, r#"["echo hello"]"#);
}

#[test]
fn the_last_row_that_set_the_final_value_counts() {
    let config = Config::from_json(json!({"config": {"Labels": {"a": "2", "b": "x"}}})).unwrap();
    let rows = history(&[("LABEL a=2", None), ("LABEL a=1", None), ("LABEL a=2", None), ("LABEL b=y", None)]);
    let provenance = Provenance::replay(&config, &rows, None);
    assert_eq!(
        summary(&provenance.labels),
        [("a", Some(2), true, vec![("2", 0), ("1", 1)]), ("b", None, false, vec![("y", 3)])]
    );
}

#[test]
fn relative_working_directories_are_resolved() {
    let config = Config::from_json(json!({"config": {"WorkingDir": "/srv/app"}})).unwrap();
    let rows = history(&[("WORKDIR /srv", None), ("WORKDIR app", None)]);
    let provenance = Provenance::replay(&config, &rows, None);
    assert_eq!(summary(&provenance.settings), [("workdir", Some(1), true, vec![("/srv", 0)])]);
}
