//! The replay on rows as real builders write them.

use super::*;
use crate::image::{LayerIndex, ToldBy, instruction};
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

/// A base of which only the number of its layers is told.
fn base(layers: u32) -> Base {
    Base { layers, rows: None, told_by: ToldBy::BaseLayers }
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
    let provenance = Provenance::replay(&config, &rows, Some(&base(2)));
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
    let inherited = |layers: Option<u32>| -> Vec<bool> {
        Provenance::replay(&config, &rows, layers.map(base).as_ref())
            .env
            .iter()
            .map(|variable| variable.inherited)
            .collect()
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
fn a_value_that_was_changed_after_the_last_row_has_no_origin() {
    // As `docker commit -c 'LABEL a=1'` leaves it: the value is that of an earlier row by chance.
    let config = Config::from_json(json!({"config": {"Labels": {"a": "1"}}})).unwrap();
    let rows = history(&[("LABEL a=1", None), ("LABEL a=2", None)]);
    let provenance = Provenance::replay(&config, &rows, None);
    assert_eq!(summary(&provenance.labels), [("a", None, false, vec![("1", 0), ("2", 1)])]);
}

/// Every value of a config with the row that set it, as `key=row`.
fn origins(provenance: &Provenance) -> Vec<String> {
    let all = provenance.labels.iter().chain(&provenance.env).chain(&provenance.settings);
    all.map(|setting| format!("{}={}", setting.key, setting.history.map_or("?".to_owned(), |row| row.to_string())))
        .collect()
}

#[test]
fn rows_of_buildah_are_read_as_they_were_written() {
    let mut rows = history(&[
        ("/bin/sh -c #(nop) ADD file:9d8ab7 in /", Some(0)),
        ("/bin/sh -c #(nop) ENV A=1 B=$A/x", None),
        ("/bin/sh -c #(nop) LABEL a=1 b=\"two words\" c=${B:-none} d=x\\ y", None),
        ("/bin/sh -c #(nop) ARG X=5", None),
        ("|1 Y=6 /bin/sh -c touch /z$X", Some(1)),
        ("/bin/sh -c #(nop) ENV C=$X-$Y", None),
        ("/bin/sh -c #(nop) WORKDIR /w$A", None),
        ("/bin/sh -c #(nop) WORKDIR v", None),
        ("/bin/sh -c #(nop) EXPOSE 80 90-91/udp", None),
        ("/bin/sh -c #(nop) VOLUME /data$A", None),
        ("/bin/sh -c #(nop) USER $A:$A", None),
        ("/bin/sh -c #(nop) HEALTHCHECK CMD true", None),
        ("/bin/sh -c #(nop) STOPSIGNAL SIGINT", None),
        ("/bin/sh -c #(nop) ENTRYPOINT [\"/bin/sh\"]", None),
        ("/bin/sh -c #(nop) CMD echo hi", None),
    ]);
    for row in &mut rows {
        row.comment = Some("FROM 2d699a22f1ab".to_owned());
    }
    rows[4].build_args = vec!["Y=6".to_owned()];
    let config = Config::from_json(json!({"config": {
        "Env": ["PATH=/bin", "A=1", "B=/x", "C=5-6"], "Labels": {"a": "1", "b": "two words", "c": "/x", "d": "x y", "io.buildah.version": "1"},
        "WorkingDir": "/w1/v", "ExposedPorts": {"80/tcp": {}, "90/udp": {}, "91/udp": {}}, "Volumes": {"/data1": {}},
        "User": "1:1", "Healthcheck": {"Test": ["CMD-SHELL", "true"]}, "StopSignal": "SIGINT",
        "Entrypoint": ["/bin/sh"], "Cmd": ["/bin/sh", "-c", "echo hi"],
    }}))
    .unwrap();
    assert_eq!(
        origins(&Provenance::replay(&config, &rows, None)),
        [
            "a=2",
            "b=2",
            "c=2",
            "d=2",
            "io.buildah.version=?",
            "PATH=?",
            "A=1",
            "B=1",
            "C=5",
            "entrypoint=13",
            "cmd=14",
            "user=10",
            "workdir=7",
            "stop_signal=12",
            "healthcheck=11",
            "port=8",
            "port=8",
            "port=8",
            "volume=9",
        ]
    );
}

#[test]
fn rows_of_kaniko_are_read_as_they_were_written() {
    let mut rows =
        history(&[("ENV DIR=/srv", None), ("WORKDIR $DIR", Some(0)), ("LABEL at=\"$DIR\"", None), ("USER app", None)]);
    for row in &mut rows {
        row.author = Some("kaniko".to_owned());
    }
    let raw = json!({"config": {"Env": ["DIR=/srv"], "WorkingDir": "/srv", "Labels": {"at": "/srv"}, "User": "app"}});
    let config = Config::from_json(raw).unwrap();
    assert_eq!(origins(&Provenance::replay(&config, &rows, None)), ["at=2", "DIR=0", "user=3", "workdir=1"]);
}

#[test]
fn a_dollar_of_docker_stands_for_itself() {
    // Docker writes what a word comes to; here the Dockerfile had `\$HOME`.
    let config = Config::from_json(json!({"config": {"Env": ["HOME=/root", "PS1=$HOME\\$ "]}})).unwrap();
    let rows =
        history(&[("ENV HOME=/root", None), ("ENV PS1=$HOME\\$ ", None), ("SHELL [/bin/bash -o pipefail -c]", None)]);
    assert_eq!(
        origins(&Provenance::replay(&config, &rows, None)),
        ["HOME=0", "PS1=?"],
        "blanks at the end are not kept"
    );
    let config = Config::from_json(json!({"config": {"Env": ["HOME=/root", "P=$HOME/x"], "Shell": ["/bin/bash", "-o", "pipefail", "-c"], "Cmd": ["/bin/bash", "-o", "pipefail", "-c", "echo hi"]}})).unwrap();
    let rows = history(&[
        ("ENV HOME=/root", None),
        ("ENV P=$HOME/x", None),
        ("SHELL [/bin/bash -o pipefail -c]", None),
        ("CMD echo hi", None),
    ]);
    assert_eq!(origins(&Provenance::replay(&config, &rows, None)), ["HOME=0", "P=1", "cmd=3", "shell=2"]);
}

#[test]
fn a_variable_that_doubles_itself_fills_no_memory() {
    let mut rows = history(&[("ENV A=xxxxxxxx", None)]);
    rows.extend((0..60).flat_map(|_| history(&[("ENV A=$A$A", None)])));
    rows.extend((0..1000).flat_map(|_| history(&[("EXPOSE 0-65535", None)])));
    for row in &mut rows {
        row.comment = Some("FROM x".to_owned());
    }
    let config = Config::from_json(json!({"config": {"Env": ["A=1"], "ExposedPorts": {"80/tcp": {}}}})).unwrap();
    let provenance = Provenance::replay(&config, &rows, None);
    assert!(provenance.env[0].overrides.iter().map(|old| old.value.len()).sum::<usize>() < 40 << 20);
}

/// How a row is written.
#[derive(Debug, Clone, Copy)]
enum Style {
    Classic,
    BuildKit,
    Buildah,
}

/// A row that sets one key, in the words of a builder.
fn written(style: Style, instruction: &str, key: &str, value: &str) -> HistoryRow {
    let text = match (instruction, style) {
        ("LABEL" | "ENV", Style::Buildah) => format!("{instruction} {key}={value:?}"),
        ("LABEL" | "ENV", _) => format!("{instruction} {key}={value}"),
        ("CMD", _) => format!("CMD [{value:?}]"),
        _ => format!("{instruction} {value}"),
    };
    let (created_by, comment) = match style {
        Style::Classic => (format!("/bin/sh -c #(nop)  {text}"), None),
        Style::BuildKit => (text, Some("buildkit.dockerfile.v0".to_owned())),
        Style::Buildah => (format!("/bin/sh -c #(nop) {text}"), Some("FROM abc".to_owned())),
    };
    HistoryRow { instruction: super::super::instruction(&created_by), created_by, comment, ..HistoryRow::default() }
}

proptest::proptest! {
    #[test]
    fn a_replay_ends_in_the_config_when_all_was_recorded(
        style in proptest::sample::select(vec![Style::Classic, Style::BuildKit, Style::Buildah]),
        steps in proptest::collection::vec((0..5_usize, 0..3_usize, "[a-z0-9]([a-z0-9 =./]{0,6}[a-z0-9])?"), 0..20),
    ) {
        let keys = ["one", "two", "three"];
        let mut rows = Vec::new();
        let mut last: BTreeMap<(&str, &str), (usize, String)> = BTreeMap::new();
        for (row, (kind, key, value)) in steps.iter().enumerate() {
            let instruction = ["LABEL", "ENV", "USER", "WORKDIR", "CMD"][*kind];
            let value = match instruction { "USER" => value.replace([' ', '='], ""), "WORKDIR" => format!("/{}", value.replace([' ', '.'], "")), _ => value.clone() };
            rows.push(written(style, instruction, keys[*key], &value));
            let key = if *kind < 2 { keys[*key] } else { "" };
            last.insert((instruction, key), (row, value));
        }
        let of = |instruction: &str, key: &str| last.get(&(instruction, key)).map(|(_, value)| value.clone());
        let labels: BTreeMap<_, _> = keys.iter().filter_map(|key| Some((*key, of("LABEL", key)?))).collect();
        let env: Vec<_> = keys.iter().filter_map(|key| Some(format!("{key}={}", of("ENV", key)?))).collect();
        let config = Config::from_json(json!({"config": {
            "Labels": labels, "Env": env, "User": of("USER", ""), "WorkingDir": of("WORKDIR", ""), "Cmd": of("CMD", "").map(|it| vec![it]),
        }})).unwrap();
        let provenance = Provenance::replay(&config, &rows, None);
        let all = provenance.labels.iter().map(|it| ("LABEL", it)).chain(provenance.env.iter().map(|it| ("ENV", it)));
        let singles = provenance.settings.iter().map(|it| (match it.key.as_str() { "user" => "USER", "cmd" => "CMD", _ => "WORKDIR" }, it));
        let mut count = 0;
        for (instruction, setting) in all.chain(singles) {
            let key = if matches!(instruction, "LABEL" | "ENV") { setting.key.as_str() } else { "" };
            assert_eq!(setting.history, Some(last[&(instruction, key)].0), "{style:?} {setting:?} {rows:?}");
            count += 1;
        }
        assert_eq!(count, last.len());
    }
}

#[test]
fn relative_working_directories_are_resolved() {
    let config = Config::from_json(json!({"config": {"WorkingDir": "/srv/app"}})).unwrap();
    let rows = history(&[("WORKDIR /srv", None), ("WORKDIR app", None)]);
    let provenance = Provenance::replay(&config, &rows, None);
    assert_eq!(summary(&provenance.settings), [("workdir", Some(1), true, vec![("/srv", 0)])]);
}

/// As `BuildKit` and the classic builder write them.
#[test]
fn values_have_quotes_again_where_a_dockerfile_needs_them() {
    let config = Config::from_json(json!({"config": {
        "Env": ["A=one", "B=two words", "C=a\"b\\c$d", "NONE=", "LINES=a\nb", "P=/opt/bin:/bin"],
        "Labels": {"title": "small \"quoted\" app", "v": "1.0", "a key": "x"},
    }}))
    .unwrap();
    let rows = history(&[
        ("LABEL v=1.0", None),
        ("LABEL title=small \"quoted\" app v=1.0", None),
        ("LABEL title=old name v=0", None),
        ("/bin/sh -c #(nop)  ENV A=one B=two words NONE=", None),
        ("ENV C=a\"b\\c$d", None),
        ("ENV B two words", None),
        ("ENV GONE=two words B=x y", None),
        ("ENV LINES=a\nb", None),
        ("ENV P=/opt/bin:$PATH", None),
        ("LABEL a key=x y", None),
        ("RUN echo B=two words", Some(0)),
    ]);
    let found: Vec<Option<String>> = rows.iter().map(|row| row.with_quotes(&config.container)).collect();
    let expected = [
        None,
        Some(r#"LABEL title="small \"quoted\" app" v=1.0"#),
        Some(r#"LABEL title="old name" v=0"#),
        Some(r#"ENV A=one B="two words" NONE="""#),
        Some(r#"ENV C="a\"b\\c\$d""#),
        None,
        None,
        None,
        None,
        None,
        None,
    ];
    assert_eq!(found, expected.map(|line| line.map(str::to_owned)));
    let as_written = HistoryRow { author: Some("kaniko".to_owned()), ..rows[1].clone() };
    assert_eq!(as_written.with_quotes(&config.container), None);
}
