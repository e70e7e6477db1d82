use super::*;
use crate::analysis::{Accounts, Analysis, Snapshot, SnapshotLayer, parse_rules};
use crate::image::testing::image;
use crate::listing::testing::listing;
use crate::tree::testing::Fills;
use crate::tree::{Stack, Tree};
use serde_json::{Value, json};

/// Four layers: a base with tools, an application with a secret, a chmod and a removal, and a log.
const LAYERS: [&[&str]; 4] = [
    &["d usr", "d usr/bin", "f usr/bin/su 100 a @04755", "f usr/bin/sudo 50 b @04755", "f etc/passwd 10 p"],
    &["d srv", "f srv/app 1000 c", "f srv/.env 20 e", "f var/cache/x.bin 400 x"],
    &["f srv/app 1000 c @0755", "f srv/.wh..env", "f var/cache/.wh.x.bin"],
    &["f var/log/app.log 30 l", "f var/log/dpkg.log 40 l"],
];

fn stack(layers: &[&[&str]]) -> (Tree, Analysis) {
    let mut stack = Stack::new();
    for entries in layers {
        stack.push(listing(entries));
    }
    let mut tree = stack.finish();
    tree.identify(&Fills, 1);
    let analysis = Analysis::of(&tree, 1, 5000);
    (tree, analysis)
}

fn config() -> Value {
    json!({
        "config": {"User": "app", "Labels": {"version": "1.2", "source": ""}},
        "history": [
            {"created_by": "/bin/sh -c #(nop) ADD file:1 in / "}, {"created_by": "COPY . /srv # buildkit"},
            {"created_by": "RUN chmod 755 /srv/app"}, {"created_by": "RUN touch /var/log"},
        ],
    })
}

const PASSWD: &[u8] = b"root:x:0:0::/:\napp:x:1000:1000::/:\n";

/// What one rule says of an image with the layers above.
fn judge(rule: &str, config: &Value, tags: &[&str], today: &str) -> Ruling {
    let (tree, analysis) = stack(&LAYERS);
    let image = image(config, LAYERS.len(), tags);
    let rules = parse_rules(rule, "f").unwrap();
    let subject = Subject {
        image: &image,
        tree: &tree,
        analysis: &analysis,
        accounts: &Accounts::Known(PASSWD.to_vec()),
        growth: None,
        today: today.parse().unwrap(),
    };
    rules[0].judge(&subject)
}

fn line(finding: &Finding) -> String {
    let path = finding.path.as_ref().map(|path| format!("{} ", String::from_utf8_lossy(path))).unwrap_or_default();
    let layer = finding.layer.map(|layer| format!(" L{layer}")).unwrap_or_default();
    let bytes = finding.bytes.map(|bytes| format!(" {bytes}")).unwrap_or_default();
    format!("{path}{}{layer}{bytes}", finding.message)
}

#[test]
fn each_check_passes_at_its_limit_and_fails_beyond() {
    // Shipped: 160 + 1420 + 1000 + 70 = 2650; dead: srv/app 1000, srv/.env 20, x.bin 400.
    let cases: [(&str, Status, Option<Figure>, &[&str]); 34] = [
        ("[rules.image-bytes]\nmax = 2650", Status::Pass, Some(Figure::Bytes(2650)), &[]),
        (
            "[rules.image-bytes]\nmax = 2649",
            Status::Fail,
            Some(Figure::Bytes(2650)),
            &["layer L1 1420", "layer L2 1000", "layer L0 160", "layer L3 70"],
        ),
        ("[rules.image-bytes]\nmax = 1230\nof = \"live\"", Status::Pass, Some(Figure::Bytes(1230)), &[]),
        ("[rules.image-bytes]\nmax = 5000\nof = \"blob\"", Status::Pass, Some(Figure::Bytes(5000)), &[]),
        ("[rules.image-bytes]\nmax = 4999\nof = \"blob\"", Status::Fail, Some(Figure::Bytes(5000)), &[]),
        ("[rules.layer-bytes]\nmax = 1420", Status::Pass, Some(Figure::Bytes(1420)), &[]),
        ("[rules.layer-bytes]\nmax = 1419", Status::Fail, Some(Figure::Bytes(1420)), &["layer L1 1420"]),
        ("[rules.layers]\nmax = 4", Status::Pass, Some(Figure::Count(4)), &[]),
        ("[rules.layers]\nmax = 3", Status::Fail, Some(Figure::Count(4)), &[]),
        ("[rules.wasted-bytes]\nmax = 1420", Status::Pass, Some(Figure::Bytes(1420)), &[]),
        (
            "[rules.wasted-bytes]\nmax = 400\ncauses = \"removed\"",
            Status::Fail,
            Some(Figure::Bytes(420)),
            &["var/cache/x.bin removed by layer 2 L1 400", "srv/.env removed by layer 2 L1 20"],
        ),
        (
            "[rules.wasted-bytes]\nmax = 0\ncauses = \"metadata_only\"",
            Status::Fail,
            Some(Figure::Bytes(1000)),
            &["srv/app metadata_only by layer 2 L1 1000"],
        ),
        (
            "[rules.wasted-bytes]\nmax = 399\npaths = \"var/cache/**\"",
            Status::Fail,
            Some(Figure::Bytes(400)),
            &["var/cache/x.bin removed by layer 2 L1 400"],
        ),
        ("[rules.wasted-bytes]\nmax = 0\npaths = \"usr/**\"", Status::Pass, Some(Figure::Bytes(0)), &[]),
        (
            "[rules.forbidden-paths]\npaths = [\"*.log\", \".env\"]",
            Status::Fail,
            Some(Figure::Count(2)),
            &["var/log/app.log is forbidden by *.log L3 30", "var/log/dpkg.log is forbidden by *.log L3 40"],
        ),
        (
            "[rules.forbidden-paths]\npaths = \"var/cache\"",
            Status::Fail,
            Some(Figure::Count(1)),
            &["var/cache is forbidden by var/cache L1"],
        ),
        ("[rules.forbidden-paths]\npaths = \"srv/.env\"", Status::Pass, Some(Figure::Count(0)), &[]),
        ("[rules.required-paths]\npaths = [\"/srv/app\", \"usr/bin/s*\"]", Status::Pass, Some(Figure::Count(0)), &[]),
        (
            "[rules.required-paths]\npaths = [\"srv/.env\", \"opt/**\"]",
            Status::Fail,
            Some(Figure::Count(2)),
            &["srv/.env is missing", "opt/** is missing"],
        ),
        ("[rules.required-labels]\nlabels = { version = '\\d+\\.\\d+' }", Status::Pass, Some(Figure::Count(0)), &[]),
        (
            "[rules.required-labels]\nlabels = { version = '\\d', source = '.+', title = '.*' }",
            Status::Fail,
            Some(Figure::Count(3)),
            &[
                "label version is '1.2', which does not fit '\\d'",
                "label source is '', which does not fit '.+'",
                "label title is missing",
            ],
        ),
        ("[rules.healthcheck]", Status::Fail, Some(Figure::Count(1)), &["the image has no HEALTHCHECK"]),
        ("[rules.not-root]", Status::Pass, Some(Figure::Count(0)), &[]),
        ("[rules.not-only-latest]", Status::Pass, Some(Figure::Count(0)), &[]),
        (
            "[rules.secret-ghosts]",
            Status::Fail,
            Some(Figure::Count(1)),
            &["srv/.env looks like a secret: environment file L1 20"],
        ),
        (
            "[rules.set-uid]\nallow = \"usr/bin/su\"",
            Status::Fail,
            Some(Figure::Count(1)),
            &["usr/bin/sudo is set-uid (mode 4755, owner 0) L0 50"],
        ),
        ("[rules.set-uid]\nallow = \"usr/bin/s*\"", Status::Pass, Some(Figure::Count(0)), &[]),
        ("[rules.unexplained-layers]", Status::Pass, Some(Figure::Count(0)), &[]),
        ("[rules.image-growth]", Status::Skipped, None, &[]),
        ("[rules.waste-growth]", Status::Skipped, None, &[]),
        ("[rules.layer-growth]", Status::Skipped, None, &[]),
        (
            "[rules.set-uid]\nignore = { path = \"usr/bin/su\", reason = \"r\" }",
            Status::Fail,
            Some(Figure::Count(1)),
            &["usr/bin/sudo is set-uid (mode 4755, owner 0) L0 50"],
        ),
        (
            "[rules.wasted-bytes]\nmax = 20\nignore = [{ path = \"srv/app\", reason = \"r\" }, { path = \"*.bin\", reason = \"r\" }]",
            Status::Pass,
            Some(Figure::Bytes(20)),
            &[],
        ),
        (
            "[rules.layers]\nmax = 3\nignore = { reason = \"until the next base\" }",
            Status::Pass,
            Some(Figure::Count(4)),
            &[],
        ),
    ];
    for (rule, status, value, findings) in cases {
        let ruling = judge(rule, &config(), &["acme/app:1.2"], "2026-06-01");
        assert_eq!((ruling.status, ruling.value), (status, value), "{rule}");
        if ruling.value != Some(Figure::Bytes(5000)) {
            assert_eq!(ruling.findings.iter().map(line).collect::<Vec<_>>(), findings, "{rule}");
        }
    }
}

#[test]
fn what_is_ignored_is_kept_until_its_day() {
    let rule = "[rules.forbidden-paths]\npaths = \"*.log\"\nignore = { path = \"var/log/app.log\", reason = \"r\", until = \
                2026-06-01 }";
    let on = |day: &str| judge(rule, &config(), &[], day);
    let last_day = on("2026-06-01");
    assert_eq!(
        last_day.findings.iter().map(line).collect::<Vec<_>>(),
        ["var/log/dpkg.log is forbidden by *.log L3 40"]
    );
    assert_eq!(line(&last_day.ignored[0].finding), "var/log/app.log is forbidden by *.log L3 30");
    assert_eq!(last_day.ignored[0].until.unwrap().to_string(), "2026-06-01");
    let after: Vec<_> = on("2026-06-02").findings.iter().map(line).collect();
    assert_eq!(after[0], "var/log/app.log is forbidden by *.log; ignored until 2026-06-01 L3 30");
    let ignore = "ignore = [{ path = \"lib{a,b}.so\", reason = \"r\" }, { path = \"opt/x\", reason = \"r\" }]";
    let rule = format!("[rules.required-paths]\npaths = [\"lib{{a,b}}.so\", \"opt/[xy]\", \"opt/x\"]\n{ignore}");
    let missing = judge(&rule, &config(), &[], "2026-06-01");
    assert_eq!(missing.findings.iter().map(line).collect::<Vec<_>>(), ["opt/[xy] is missing"]);
    let ignored: Vec<_> = missing.ignored.iter().map(|ignored| line(&ignored.finding)).collect();
    assert_eq!(ignored, ["**/lib{a,b}.so is missing", "opt/x is missing"]);
    let rule = "[rules.layers]\nmax = 3\nignore = { reason = \"r\", until = 2026-05-31 }";
    let late = judge(rule, &config(), &[], "2026-06-01");
    assert_eq!(late.findings[0].message, "4, where the limit is 3; ignored until 2026-05-31");
    let whole = judge("[rules.layers]\nmax = 3\nignore = { reason = \"r\" }", &config(), &[], "2026-06-01");
    assert_eq!(whole.ignored[0].finding.message, "4, where the limit is 3");
}

#[test]
fn what_the_config_says_is_judged() {
    let cases = [
        (json!({"Healthcheck": {"Test": ["CMD", "/bin/true"]}}), "healthcheck", Status::Pass),
        (json!({"Healthcheck": {"Test": ["NONE"]}}), "healthcheck", Status::Fail),
        (json!({"Healthcheck": {}}), "healthcheck", Status::Fail),
        (json!({}), "not-root", Status::Fail),
        (json!({"User": "1000:1000"}), "not-root", Status::Pass),
        (json!({"User": "root"}), "not-root", Status::Fail),
        // No line of /etc/passwd has the name, so that nobody knows who would run.
        (json!({"User": "ghost"}), "not-root", Status::Fail),
    ];
    for (config, rule, status) in cases {
        let ruling = judge(&format!("[rules.{rule}]"), &json!({"config": config}), &[], "2026-06-01");
        assert_eq!(ruling.status, status, "{rule} {config}");
    }
}

#[test]
fn a_commit_explains_no_layer() {
    let mut config = config();
    config["history"][3]["created_by"] = "bash".into();
    let ruling = judge("[rules.unexplained-layers]", &config, &[], "2026-06-01");
    let expected = ["a shell without a command made it, as a commit of a container leaves it L3"];
    assert_eq!(ruling.findings.iter().map(line).collect::<Vec<_>>(), expected);
}

#[test]
fn latest_beside_another_tag_is_fine() {
    let cases: [(&[&str], Status); 7] = [
        // Whoever gave the file kept its names for himself: that is no pass.
        (&[], Status::Skipped),
        (&["app:latest"], Status::Fail),
        (&["latest"], Status::Fail),
        (&["registry:5000/app"], Status::Fail),
        (&["app:latest", "registry:5000/app:latest"], Status::Fail),
        (&["app:latest", "app:1.2"], Status::Pass),
        (&["1.2"], Status::Pass),
    ];
    for (tags, status) in cases {
        assert_eq!(judge("[rules.not-only-latest]", &config(), tags, "2026-06-01").status, status, "{tags:?}");
    }
}

/// What a rule says of the layers above when they are compared with `before`.
fn grown(rule: &str, before: &[&[&str]], instructions: &[&str]) -> Ruling {
    let (tree, analysis) = stack(&LAYERS);
    let image = image(&config(), LAYERS.len(), &[]);
    let now = Snapshot::of("now", &image, &tree, &analysis);
    let mut old = Snapshot::of("old", &image, &tree, &stack(before).1);
    let (old_tree, old_analysis) = stack(before);
    old.waste = Snapshot::of("old", &image, &old_tree, &old_analysis).waste;
    for (layer, instruction) in old.layers.iter_mut().zip(instructions) {
        layer.instruction = (*instruction).to_owned();
        layer.diff_id = None;
    }
    let subject = Subject {
        image: &image,
        tree: &tree,
        analysis: &analysis,
        accounts: &Accounts::Missing,
        growth: Some((&now, &old)),
        today: "2026-06-01".parse().unwrap(),
    };
    parse_rules(rule, "f").unwrap()[0].judge(&subject)
}

#[test]
fn growth_is_told_by_layer_and_by_path() {
    let smaller: [&[&str]; 3] =
        [LAYERS[0], &["d srv", "f srv/app 900 c", "f srv/.env 20 e"], &["f srv/app 900 c @0755", "f srv/.wh..env"]];
    let steps = ["ADD file:1 in /", "COPY . /srv", "RUN chmod 755 /srv/app"];
    let lines = |rule: &str| grown(rule, &smaller, &steps).findings.iter().map(line).collect::<Vec<_>>();
    let new = ["weighs more L1 500", "weighs more L2 100", "is new L3 70"];
    assert_eq!(lines("[rules.image-growth]"), new);
    assert_eq!(lines("[rules.layer-growth]"), new);
    assert_eq!(lines("[rules.waste-growth]"), ["var/cache/x.bin is wasted now 400", "srv/app wastes more 100"]);
    let status = |rule: &str| grown(rule, &smaller, &steps).status;
    // 1980 before, 2650 now: 670 more, a third.
    assert_eq!(status("[rules.image-growth]\nmax = 670"), Status::Pass);
    assert_eq!(status("[rules.image-growth]\nmax = 669"), Status::Fail);
    assert_eq!(status("[rules.image-growth]\nmax = \"34%\""), Status::Pass);
    assert_eq!(status("[rules.image-growth]\nmax = \"33%\""), Status::Fail);
    assert_eq!(status("[rules.waste-growth]\nmax = 500"), Status::Pass);
    assert_eq!(status("[rules.waste-growth]\nmax = 499"), Status::Fail);
    assert_eq!(status("[rules.layer-growth]\nmax = 1"), Status::Pass);
    let same = grown("[rules.image-growth]", &LAYERS, &[]);
    assert_eq!((same.status, same.findings.len()), (Status::Pass, 0));
}

/// What a rule finds in layers of its own.
fn lines_of(rule: &str, layers: &[&[&str]]) -> Vec<String> {
    let (tree, analysis) = stack(layers);
    let image = image(&json!({}), layers.len(), &[]);
    let subject = Subject {
        image: &image,
        tree: &tree,
        analysis: &analysis,
        accounts: &Accounts::Missing,
        growth: None,
        today: "2026-06-01".parse().unwrap(),
    };
    let ruling = parse_rules(rule, "f").unwrap()[0].judge(&subject);
    ruling.findings.iter().map(line).collect()
}

#[test]
fn a_path_may_lead_through_links() {
    let layers: [&[&str]; 2] = [
        &["l var/run /run", "l bin usr/bin", "l loop loop", "f run/secret 5 s", "f usr/bin/su 7 u @04755"],
        &["f run/.wh.secret", "f run/app.pid 3 p"],
    ];
    let lines = |rule: &str| lines_of(rule, &layers);
    let both = ["run/app.pid is forbidden by /var/run/*.pid L1 3"];
    assert_eq!(lines("[rules.forbidden-paths]\npaths = \"/var/run/*.pid\""), both);
    assert_eq!(lines("[rules.forbidden-paths]\npaths = [\"loop/x\", \"var/run/a{pp,}.pod\"]"), [""; 0]);
    assert_eq!(lines("[rules.required-paths]\npaths = [\"var/run/*.pid\", \"var/run/app.pid\"]"), [""; 0]);
    assert_eq!(lines("[rules.required-paths]\npaths = \"var/run/*.pod\""), ["var/run/*.pod is missing"]);
    assert_eq!(lines("[rules.set-uid]\nallow = \"bin/su\""), [""; 0]);
    let wasted = ["run/secret removed by layer 1 L0 5"];
    assert_eq!(lines("[rules.wasted-bytes]\nmax = 0\npaths = \"var/run/**\""), wasted);
}

#[test]
fn a_secret_is_told_by_any_name_that_it_had() {
    let layers: [&[&str]; 3] = [
        &["f srv/.env 20 e", "h srv/settings srv/.env", "f srv/plain 9 p"],
        &["f srv/.wh..env"],
        &["f srv/.wh.settings", "f srv/.wh.plain"],
    ];
    assert_eq!(lines_of("[rules.secret-ghosts]", &layers), ["srv/.env looks like a secret: environment file L0 20"]);
}

#[test]
fn growth_is_told_in_the_bytes_that_the_rule_is_about() {
    let layer = |id: Option<&str>, instruction: &str, [shipped, wasted, blob]: [u64; 3]| SnapshotLayer {
        diff_id: id.map(str::to_owned),
        instruction: instruction.to_owned(),
        shipped_bytes: shipped,
        wasted_bytes: wasted,
        blob_bytes: blob,
    };
    let of = |layers| Snapshot { layers, ..Snapshot::default() };
    let before = of(vec![layer(Some("a"), "", [10, 4, 5]), layer(None, "", [20, 0, 10]), layer(None, "", [5, 0, 5])]);
    let now = of(vec![layer(Some("a"), "", [10, 1, 9]), layer(None, "", [21, 0, 10]), layer(Some("b"), "", [5, 0, 8])]);
    let lines = |of| now.heavier_layers(&before, of).iter().map(line).collect::<Vec<_>>();
    assert_eq!(lines(Weight::Shipped), ["weighs more L1 1"]);
    assert_eq!(lines(Weight::Live), ["weighs more L0 3", "weighs more L1 1"]);
    assert_eq!(lines(Weight::Blob), ["weighs more L0 4", "weighs more L2 3"]);
}
