use super::*;

const WHOLE: &str = r#"
[rules.image-bytes]
max = "200MB"

[rules.pull]
check = "image-bytes"
of = "blob"
max = 100_000_000
severity = "warning"
reason = "the link to the ships is thin"

[rules.layer-bytes]
max = "1 GiB"

[rules.layers]
max = 20

[rules.wasted-bytes]
max = 0
causes = ["metadata_only", "removed"]
paths = "var/cache/**"

[[rules.wasted-bytes.ignore]]
path = "var/cache/ldconfig/*"
reason = "rewritten by every install"

[rules.no-logs]
check = "forbidden-paths"
paths = ["var/log/**", "*.log"]
ignore = [{ path = "var/log/app.log", reason = "a link to standard output", until = 2027-03-31 }]

[rules.required-paths]
paths = ["/app/bin/*"]

[rules.required-labels]
labels = { "org.opencontainers.image.version" = '\d+\.\d+', "org.opencontainers.image.source" = ".+" }

[rules.healthcheck]
ignore = { reason = "the orchestrator probes it", until = "2027-01-01" }

[rules.not-root]
[rules.not-only-latest]
[rules.secret-ghosts]
[rules.unexplained-layers]
[rules.set-uid]
allow = ["usr/bin/{su,passwd}"]

[rules.image-growth]
max = "2.5%"

[rules.waste-growth]
max = "1MB"

[rules.layer-growth]
max = 1
"#;

#[test]
fn a_file_with_every_check_is_read_in_its_order() {
    let rules = parse_rules(WHOLE, "f").unwrap();
    let names: Vec<_> = rules.iter().map(|rule| rule.check.name()).collect();
    for name in Check::NAMES {
        assert!(names.contains(&name), "{name}");
    }
    assert_eq!(rules.iter().position(|rule| rule.id == "no-logs"), Some(5));
    for empty in ["", "# nothing yet\n", "[rules]\n"] {
        assert!(parse_rules(empty, "f").unwrap().is_empty(), "{empty:?}");
    }
}

/// The rule of the file above that has a name.
fn rule(id: &str) -> Rule {
    parse_rules(WHOLE, "f").unwrap().into_iter().find(|rule| rule.id == id).unwrap()
}

#[test]
fn limits_are_read_with_their_units() {
    let pull = rule("pull");
    assert!(matches!(pull.check, Check::ImageBytes { max: 100_000_000, of: Weight::Blob }));
    assert_eq!((pull.severity, pull.reason.as_str()), (RuleSeverity::Warning, "the link to the ships is thin"));
    assert!(matches!(rule("image-bytes").check, Check::ImageBytes { max: 200_000_000, of: Weight::Shipped }));
    assert_eq!(rule("image-bytes").reason, "every machine that runs it keeps all of it");
    let Check::ImageGrowth { max, .. } = rule("image-growth").check else { panic!() };
    assert_eq!(max.most(1000), 1025);
    assert!(matches!(rule("waste-growth").check, Check::WasteGrowth { max: Tolerance::Bytes(1_000_000) }));
    assert!(matches!(rule("layer-bytes").check, Check::LayerBytes { max: 1_073_741_824, .. }));
}

#[test]
fn lists_words_and_ignores_are_read() {
    let Check::WastedBytes { max: 0, causes, paths } = &rule("wasted-bytes").check else { panic!() };
    assert_eq!(causes, &[Cause::MetadataOnly, Cause::Removed]);
    assert_eq!(paths[0].text(), "var/cache/**");
    assert_eq!(rule("wasted-bytes").ignores[0].origin, "f, line 23");
    let ignore = &rule("no-logs").ignores[0];
    assert_eq!(ignore.path.as_ref().unwrap().text(), "var/log/app.log");
    assert_eq!(ignore.until.unwrap().to_string(), "2027-03-31");
    assert_eq!(rule("healthcheck").ignores[0].until.unwrap().to_string(), "2027-01-01");
    let Check::RequiredLabels { labels } = &rule("required-labels").check else { panic!() };
    assert_eq!(labels[0].0, "org.opencontainers.image.version");
    assert!(labels[0].1.is_match("1.25") && !labels[0].1.is_match("v1.25") && !labels[0].1.is_match("1.25-rc"));
}

#[test]
fn what_is_wrong_is_said_with_its_line_and_what_was_meant() {
    let cases = [
        (
            "[rules.layers]\nmax = \n",
            "f, line 2: this is no TOML: string values must be quoted, expected literal string",
        ),
        ("[rules.layers]\nmax = 1\n[rules.layers]\nmax = 2\n", "f, line 3: this is no TOML: duplicate key"),
        ("\n[rule.layers]\nmax = 1\n", "f, line 2: the file: there is no key 'rule'; did you mean rules?"),
        (
            "[rules.layer-byte]\nmax = 1\n",
            "f, line 1: [rules.layer-byte]: there is no check 'layer-byte'; did you mean layer-bytes? (a rule with a name \
             of its own says `check = …`)",
        ),
        (
            "[rules.big]\nmax = 1\ncheck = \"image-byte\"\n",
            "f, line 3: [rules.big]: there is no check 'image-byte'; did you mean image-bytes?",
        ),
        ("[rules.layers]\nmaxx = 1\n", "f, line 1: [rules.layers]: `max` is missing, as in max = 10"),
        (
            "[rules.layers]\nmax = 1\nseverty = \"warning\"\n",
            "f, line 3: [rules.layers]: there is no key 'severty'; did you mean severity?",
        ),
        (
            "[rules.healthcheck]\nmax = 1\n",
            "f, line 2: [rules.healthcheck]: there is no key 'max'; it may have check, severity, reason, ignore",
        ),
        (
            "[rules.layers]\nmax = 1\nseverity = \"warn\"\n",
            "f, line 3: [rules.layers]: severity cannot be 'warn'; it may be error, warning",
        ),
        ("[rules.layers]\nmax = -1\n", "f, line 2: [rules.layers]: max cannot be -1: a number is needed, as in 10"),
        (
            "[rules.layers]\nmax = \"10\"\n",
            "f, line 2: [rules.layers]: max cannot be \"10\": a number is needed, as in 10",
        ),
        (
            "[rules.image-bytes]\nmax = \"20 elephants\"\n",
            "f, line 2: [rules.image-bytes]: max cannot be '20 elephants': the unit 'elephants' is not known; use B, kB, \
             MB, GB, TB, PB, EB or KiB, MiB, GiB, TiB, PiB, EiB",
        ),
        (
            "[rules.layer-bytes]\nmax = 1\nof = \"live\"\n",
            "f, line 3: [rules.layer-bytes]: of cannot be 'live'; it may be shipped, blob",
        ),
        (
            "[rules.wasted-bytes]\nmax = 1\ncauses = [\"remove\"]\n",
            "f, line 3: [rules.wasted-bytes]: causes cannot be 'remove'; did you mean removed?",
        ),
        (
            "[rules.forbidden-paths]\n",
            "f, line 1: [rules.forbidden-paths]: `paths` is missing, as in paths = [\"tmp/**\", \"*.log\"]",
        ),
        (
            "[rules.forbidden-paths]\npaths = []\n",
            "f, line 2: [rules.forbidden-paths]: paths cannot be []: a list of texts is needed, as in [\"a\", \"b\"]",
        ),
        (
            "[rules.forbidden-paths]\npaths = [\n  \"a\",\n  \"b[\",\n]\n",
            "f, line 4: [rules.forbidden-paths]: 'b[' is no pattern: unclosed character class; missing ']'",
        ),
        (
            "[rules.forbidden-paths]\npaths = [\"root/.ssh/\"]\n",
            "f, line 2: [rules.forbidden-paths]: 'root/.ssh/' is no pattern: no path ends in a slash; root/.ssh is the \
             directory, root/.ssh/** is what it has",
        ),
        (
            "[rules.required-labels]\nlabels = { a = \"(\" }\n",
            "f, line 2: [rules.required-labels]: '(' is no regular expression: unclosed group",
        ),
        (
            "[rules.required-labels]\nlabels = [\"a\"]\n",
            "f, line 2: [rules.required-labels]: labels cannot be [\"a\"]: a table of texts is needed, as in { \"key\" = \
             \"value\" }",
        ),
        (
            "[rules.image-growth]\nmax = \"much%\"\n",
            "f, line 2: [rules.image-growth]: max needs a number from 0 to 1000 before `%`, as in \"2%\"",
        ),
        (
            "[rules.set-uid]\nignore = { path = \"a\" }\n",
            "f, line 2: ignore of [rules.set-uid]: `reason` is missing, as in reason = \"agreed with the security team\"",
        ),
        (
            "[rules.set-uid]\n[[rules.set-uid.ignore]]\nreason = \"x\"\n",
            "f, line 2: ignore of [rules.set-uid]: an ignore needs `path`, as in path = \"var/log/*.log\"",
        ),
        (
            "[rules.layers]\nmax = 1\nignore = { path = \"a\", reason = \"x\" }\n",
            "f, line 3: ignore of [rules.layers]: layers finds no paths; without `path` all of it is ignored",
        ),
        (
            "[rules.set-uid]\nignore = { path = \"a\", reason = \"x\", until = \"soon\" }\n",
            "f, line 2: ignore of [rules.set-uid]: until cannot be \"soon\": a day is needed, as in 2027-03-31",
        ),
        (
            "[rules.set-uid]\nignore = { path = \"a\", reason = \"x\", untl = 2027-01-01 }\n",
            "f, line 2: ignore of [rules.set-uid]: there is no key 'untl'; did you mean until?",
        ),
        ("[rules.set-uid]\nreason = \"\"\n", "f, line 2: [rules.set-uid]: reason needs one line that is not empty"),
        (
            "[rules.lowestEfficiency]\nmin = 0.9\n",
            "f, line 1: [rules.lowestEfficiency]: lowestEfficiency is a rule of dive; its limit stands in .dive-ci, or in \
             --lowestEfficiency",
        ),
        ("rules = 3\n", "f, line 1: the file: rules cannot be 3: tables are needed, as in [rules.image-bytes]"),
        (
            "[rules.\"a b\"]\ncheck = \"layers\"\n",
            "f, line 1: [rules.a b]: the name of a rule has letters, digits, `-`, `_` and `.` only",
        ),
    ];
    for (text, expected) in cases {
        let error = parse_rules(text, "f").unwrap_err().to_string();
        assert_eq!(error.lines().next().unwrap(), expected, "{text}");
    }
}

#[test]
fn a_list_has_a_thousand_globs() {
    let rules = |count: usize| {
        let globs: Vec<String> = (0..count).map(|number| format!("\"a{number}\"")).collect();
        parse_rules(&format!("[rules.forbidden-paths]\npaths = [{}]", globs.join(",\n")), "f")
    };
    assert!(rules(1000).is_ok());
    let message = rules(1001).unwrap_err().to_string();
    assert_eq!(message, "f, line 1002: [rules.forbidden-paths]: paths may have 1000 patterns, this is one more");
}
