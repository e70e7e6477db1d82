use super::*;
use crate::analysis::{Accounts, Analysis};
use crate::image::testing::image;
use crate::listing::testing::listing;
use crate::tree::Stack;
use crate::tree::testing::Fills;
use serde_json::{Value, json};

/// The answer to one point, and its evidence in one line each.
fn answer(id: &str, layers: &[&[&str]], config: &Value, tags: &[&str]) -> (Answer, Vec<String>) {
    let mut stack = Stack::new();
    for entries in layers {
        stack.push(listing(entries));
    }
    let mut tree = stack.finish();
    tree.identify(&Fills, 1);
    let subject = Subject {
        image: &image(config, layers.len(), tags),
        tree: &tree,
        analysis: &Analysis::of(&tree, 1, 0),
        accounts: &Accounts::Known(b"root:x:0:0::/:\napp:x:1000:1000::/:\n".to_vec()),
        growth: None,
        today: "2026-06-01".parse().unwrap(),
    };
    let point = audit(&subject).into_iter().find(|point| point.id == id).unwrap();
    (point.answer, point.evidence.iter().map(line).collect())
}

fn line(finding: &Finding) -> String {
    let path = finding.path.as_ref().map(|path| format!("{} ", String::from_utf8_lossy(path))).unwrap_or_default();
    let layer = finding.layer.map(|layer| format!(" L{layer}")).unwrap_or_default();
    let row = finding.row.map(|row| format!(" row {row}")).unwrap_or_default();
    let bytes = finding.bytes.map(|bytes| format!(" {bytes}")).unwrap_or_default();
    format!("{path}{}{layer}{row}{bytes}", finding.message)
}

/// What the config and the tags alone decide.
fn of_config(id: &str, config: &Value, tags: &[&str]) -> (Answer, Vec<String>) {
    answer(id, &[&["d etc"]], config, tags)
}

fn labels(labels: &Value) -> Value {
    let set = labels.as_object().unwrap().iter().map(|(key, value)| format!("{key}={}", value.as_str().unwrap()));
    let row = format!("LABEL {}", set.collect::<Vec<_>>().join(" "));
    json!({
        "config": {"Labels": labels},
        "history": [{"created_by": "ADD a /"}, {"created_by": row, "empty_layer": true}],
    })
}

#[test]
fn labels_are_shown_with_the_row_that_set_them() {
    let config = labels(&json!({SOURCE: "https://code/app", "org.label-schema.vcs-ref": "0123abc", VERSION: ""}));
    let of = |id: &str| of_config(id, &config, &[]);
    assert_eq!(of("source-label"), (Answer::Pass, vec![format!("{SOURCE} is https://code/app row 1")]));
    assert_eq!(of("revision-label"), (Answer::Pass, vec!["org.label-schema.vcs-ref is 0123abc row 1".to_owned()]));
    assert_eq!(of("version-label"), (Answer::Fail, vec![format!("{VERSION} is not set")]));
}

#[test]
fn a_tag_is_unique_only_where_a_label_says_so() {
    let config = labels(&json!({VERSION: "1.4.2", REVISION: "0123abcdef0123abcdef"}));
    let of = |tags: &[&str]| {
        let (answer, evidence) = of_config("unique-tag", &config, tags);
        (answer, evidence[0].clone())
    };
    let cases: [(&[&str], Answer, &str); 9] = [
        (&["app:latest"], Answer::Fail, "the only tag is latest"),
        (&["app:1.4.2"], Answer::Pass, "1.4.2 is the version that the label names"),
        (&["app:latest", "app:v1.4.2"], Answer::Pass, "v1.4.2 is the version that the label names"),
        (&["app:main-0123abc"], Answer::Pass, "main-0123abc names the revision of the label"),
        (&["app:0123abcdef0123abcdef"], Answer::Pass, "0123abcdef0123abcdef names the revision of the label"),
        (&["app:main-0123"], Answer::Undecidable, "only the registry can tell whether main-0123 moves"),
        (&["app:1.4"], Answer::Undecidable, "only the registry can tell whether 1.4 moves"),
        (&["app:stable"], Answer::Undecidable, "only the registry can tell whether stable moves"),
        (&[], Answer::Undecidable, "the image came without a tag; only its registry knows them"),
    ];
    for (tags, answer, evidence) in cases {
        assert_eq!(of(tags), (answer, evidence.to_owned()), "{tags:?}");
    }
    // A label that names a branch or a line of versions is no reason that the tag stays.
    for name in ["main", "v1", "1.2", "staging", "1.2.", "v1.x.2"] {
        let config = labels(&json!({VERSION: name, REVISION: name}));
        let (answer, _) = of_config("unique-tag", &config, &[&format!("app:{name}")]);
        assert_eq!(answer, Answer::Undecidable, "{name}");
    }
    let config = labels(&json!({VERSION: "2026.11.2-alpine"}));
    assert_eq!(of_config("unique-tag", &config, &["app:2026.11.2-alpine"]).0, Answer::Pass);
}

#[test]
fn health_and_user_are_those_of_the_config() {
    let config = json!({
        "config": {"User": "app", "Healthcheck": {"Test": ["CMD-SHELL", "true"]}},
        "history": [
            {"created_by": "ADD a /"}, {"created_by": "HEALTHCHECK &{[\"CMD-SHELL\" \"true\"] \"0s\" \"0s\" \"0s\" \"0s\" '\\x00'}", "empty_layer": true},
            {"created_by": "USER app", "empty_layer": true},
        ],
    });
    assert_eq!(of_config("healthcheck", &config, &[]).0, Answer::Pass);
    assert_eq!(of_config("not-root", &config, &[]), (Answer::Pass, vec!["USER is app row 2".to_owned()]));
    let bare = json!({"config": {}});
    assert_eq!(of_config("healthcheck", &bare, &[]), (Answer::Fail, vec!["the image has no HEALTHCHECK".to_owned()]));
    assert_eq!(
        of_config("not-root", &bare, &[]),
        (Answer::Fail, vec!["no USER is set, so it runs as root".to_owned()])
    );
}

#[test]
fn a_base_is_recorded_by_name_and_digest() {
    let digest = format!("sha256:{}", "a".repeat(64));
    let both = labels(&json!({BASE_NAME: "debian:12", BASE_DIGEST: digest}));
    assert_eq!(of_config("recorded-base", &both, &[]).0, Answer::Pass);
    let name = labels(&json!({BASE_NAME: "debian:12"}));
    let missing = vec![format!("{BASE_DIGEST} is not set")];
    assert_eq!(of_config("recorded-base", &name, &[]), (Answer::Fail, missing));
    assert_eq!(of_config("recorded-base", &json!({}), &[]).1.len(), 2);
}

/// An image whose volume is declared between its second and its third layer.
fn with_volume(path: &str) -> Value {
    json!({
        "config": {"Volumes": {path: {}}},
        "history": [
            {"created_by": "ADD base /"}, {"created_by": "COPY a /"},
            {"created_by": format!("VOLUME [{path}]"), "empty_layer": true}, {"created_by": "RUN c"},
        ],
    })
}

#[test]
fn what_is_written_under_a_volume_afterwards_is_found() {
    let of = |layers: &[&[&str]], config: &Value| answer("volumes", layers, config, &[]);
    let late: [&[&str]; 3] = [&["d etc"], &["f data/early 5 a"], &["d data/x", "f data/x/late 7 b", "f data/too 3 c"]];
    let expected = "data is a volume, and 2 files are written below it L2 row 2 10".to_owned();
    assert_eq!(of(&late, &with_volume("/data")), (Answer::Fail, vec![expected]));
    let early: [&[&str]; 3] = [&["d etc"], &["f data/early 5 a"], &["f srv/app 3 c"]];
    let expected = "nothing is written below /data after this row row 2".to_owned();
    assert_eq!(of(&early, &with_volume("/data")), (Answer::Pass, vec![expected]));
    assert_eq!(of(&early, &with_volume("/nowhere")).0, Answer::Pass);
    let link: [&[&str]; 3] = [&["l data srv/data", "d srv/data"], &["f x 1 a"], &["f srv/data/late 7 b"]];
    assert_eq!(of(&link, &with_volume("/data")).0, Answer::Fail, "links are followed");
    let deleted: [&[&str]; 3] = [&["d etc"], &["f data/early 5 a"], &["f data/.wh.early"]];
    assert_eq!(of(&deleted, &with_volume("/data")).0, Answer::Pass, "nothing is written");
    let no_row = json!({"config": {"Volumes": {"/data": {}}}, "history": []});
    let expected = vec!["no row of the history declares /data".to_owned()];
    assert_eq!(of(&late, &no_row), (Answer::Undecidable, expected));
    assert_eq!(of(&late, &json!({})), (Answer::Pass, vec!["no volume is declared".to_owned()]));
}

#[test]
fn layers_that_nobody_can_explain_fail() {
    let history = |command: &str| json!({"history": [{"created_by": "ADD base /"}, {"created_by": command}]});
    let of = |command: &str| answer("explained-layers", &[&["d a"], &["d b"]], &history(command), &[]);
    assert_eq!(of("RUN mkdir b"), (Answer::Pass, vec!["each has a step".to_owned()]));
    let reason = "a shell without a command made it, as a commit of a container leaves it L1".to_owned();
    assert_eq!(of("/bin/bash"), (Answer::Fail, vec![reason]));
}

#[test]
fn logs_and_caches_of_the_final_image_are_found_the_largest_first() {
    let layers: [&[&str]; 2] = [
        &[
            "f var/log/dpkg.log 30 a",
            "f var/log/apt/term.log 50 b",
            "f var/log/empty 0 c",
            "f var/cache/apt/pkgcache.bin 9 d",
        ],
        &["f var/cache/apt/.wh.pkgcache.bin", "f srv/app.log 7 e"],
    ];
    assert_eq!(
        answer("no-logs", &layers, &json!({}), &[]),
        (
            Answer::Fail,
            vec!["var/log/apt/term.log is a log L0 50".to_owned(), "var/log/dpkg.log is a log L0 30".to_owned()]
        )
    );
    assert_eq!(answer("no-package-caches", &layers, &json!({}), &[]).0, Answer::Pass);
    let (answer, evidence) = answer("no-package-caches", &layers[..1], &json!({}), &[]);
    assert_eq!(
        (answer, evidence.as_slice()),
        (Answer::Fail, &["var/cache/apt/pkgcache.bin is in a package cache L0 9".to_owned()][..])
    );
}
