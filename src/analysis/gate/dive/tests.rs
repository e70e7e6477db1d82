use super::*;
use crate::analysis::parse_dive_ci;

fn ratio(value: f64) -> Limit {
    Limit::At(Figure::Ratio(value))
}

#[test]
fn a_file_is_read_as_dive_reads_it() {
    let file = "plugins:\n  - plugin1\nrules:\n  lowestEfficiency: 0.95\n  highestWastedBytes: 20MB\n  \
                highestUserWastedPercent: \"0.20\"\n  plugin1/rule1: error\n";
    let file = parse_dive_ci(file, ".dive-ci").unwrap();
    assert_eq!(file.limit(DiveRule::LowestEfficiency), Some(ratio(0.95)));
    assert_eq!(file.limit(DiveRule::HighestWastedBytes), Some(Limit::At(Figure::Bytes(20_000_000))));
    assert_eq!(file.limit(DiveRule::HighestUserWastedPercent), Some(ratio(0.2)));
    assert_eq!(file.metrics, None);
    assert_eq!(file.notices.len(), 1);
    assert_eq!(file.notices[0].to_string(), "warning: .dive-ci, line 7: 'plugin1/rule1' is no rule and is ignored");
}

#[test]
fn values_may_be_of_any_scalar_type() {
    let limit = |text: &str| {
        parse_dive_ci(&format!("rules:\n  lowestEfficiency: {text}\n"), "f").unwrap().limit(DiveRule::LowestEfficiency)
    };
    let cases = [
        ("disabled", Some(Limit::Off)),
        ("OFF", Some(Limit::Off)),
        ("off", Some(Limit::Off)),
        ("false", Some(Limit::Off)),
        ("False", Some(Limit::Off)),
        ("\"\"", Some(Limit::Off)),
        ("", None),
        ("1", Some(ratio(1.0))),
        ("0", Some(ratio(0.0))),
        ("'0.5'", Some(ratio(0.5))),
        (".5", Some(ratio(0.5))),
    ];
    for (text, expected) in cases {
        assert_eq!(limit(text), expected, "{text}");
    }
    for empty in ["", "# nothing\n", "rules:\n", "other: 1\n", "rules: {}\n"] {
        assert_eq!(parse_dive_ci(empty, "f").unwrap(), DiveCi::default(), "{empty}");
    }
    let bytes = parse_dive_ci("rules:\n  highestWastedBytes: 4096\nmetrics: dive\n", "f").unwrap();
    assert_eq!(bytes.limit(DiveRule::HighestWastedBytes), Some(Limit::At(Figure::Bytes(4096))));
    assert_eq!(bytes.metrics, Some(Metrics::Dive));
}

#[test]
fn what_is_wrong_with_a_file_is_said_with_its_line() {
    let cases = [
        (
            "rules:\n  lowestEfficiency: 1.5\n",
            "f, line 2: lowestEfficiency cannot be '1.5': a number from 0 to 1 is needed (0.9 is 90%), or `disabled`",
        ),
        (
            "rules:\n  highestWastedBytes: much\n",
            "f, line 2: highestWastedBytes cannot be 'much': the unit 'much' is not known; use B, kB, MB, GB, TB, PB, EB \
             or KiB, MiB, GiB, TiB, PiB, EiB",
        ),
        ("rules:\n  lowestEfficiency: [1]\n", "f, line 2: lowestEfficiency needs one value, not a list or a map"),
        ("metrics: other\n", "f, line 1: metrics cannot be 'other': exact or dive is needed"),
    ];
    for (text, expected) in cases {
        assert_eq!(parse_dive_ci(text, "f").unwrap_err().to_string(), expected);
    }
    for text in ["rules: [\n", "rules: 7\n", "- a\n", "rules:\n\tx: 1\n", "rules:\n  lowestEfficiency: .nan\n"] {
        let message = parse_dive_ci(text, "f").unwrap_err().to_string();
        assert!(message.starts_with("f, line "), "{text}: {message}");
        assert!(!message.contains('\n'), "{message}");
    }
}

#[test]
fn a_slip_in_a_name_gets_a_hint() {
    let file = parse_dive_ci("rules:\n  lowest-efficency: 0.9\n", "f").unwrap();
    assert_eq!(file.notices[0].message, "'lowest-efficency' is no rule and is ignored; did you mean lowestEfficiency?");
}

#[test]
fn flags_beat_the_file_and_the_file_beats_the_defaults() {
    let file =
        parse_dive_ci("metrics: dive\nrules:\n  lowestEfficiency: 0.5\n  highestWastedBytes: 1kB\n", "f").unwrap();
    let flags =
        RuleFlags { lowest_efficiency: Some("0.7".into()), metrics: Some(Metrics::Exact), ..RuleFlags::default() };
    let rules = DiveRules::new(&[file], &flags).unwrap();
    assert_eq!(rules.lowest_efficiency, ratio(0.7));
    assert_eq!(rules.highest_wasted_bytes, Limit::At(Figure::Bytes(1000)));
    assert_eq!(rules.highest_user_wasted_percent, ratio(0.1));
    assert_eq!(rules.metrics, Metrics::Exact);
    assert_eq!(DiveRules::new(&[], &RuleFlags::default()).unwrap(), DiveRules::default());
    let bad = RuleFlags { highest_user_wasted_percent: Some("nan".into()), ..RuleFlags::default() };
    assert!(DiveRules::new(&[], &bad).unwrap_err().to_string().starts_with("--highestUserWastedPercent: "));
}

#[test]
fn limits_are_strict_and_nan_passes() {
    let totals = Totals { efficiency: 0.9, wasted_bytes: 1000, user_wasted: 0.1, ..Totals::default() };
    let dive = DiveFigures { efficiency: 0.89, wasted_bytes: 1001, user_wasted: f64::NAN, ..DiveFigures::default() };
    let mut rules = DiveRules { highest_wasted_bytes: Limit::At(Figure::Bytes(1000)), ..DiveRules::default() };
    let exact = rules.judge(&totals, &dive);
    assert!(exact.iter().all(|ruling| ruling.status != Status::Fail));
    let others: Vec<_> = exact.iter().map(|it| it.other.map(|other| (other.metrics, other.status))).collect();
    assert_eq!(others, [Some((Metrics::Dive, Status::Fail)), Some((Metrics::Dive, Status::Fail)), None]);
    rules.metrics = Metrics::Dive;
    let by_dive: Vec<_> = rules.judge(&totals, &dive).iter().map(|it| it.status).collect();
    assert_eq!(by_dive, [Status::Fail, Status::Fail, Status::Pass]);
}

#[test]
fn a_rule_that_is_off_is_skipped() {
    let rulings = DiveRules::default().judge(
        &Totals { wasted_bytes: 1 << 40, efficiency: 1.0, ..Totals::default() },
        &DiveFigures { efficiency: 1.0, ..DiveFigures::default() },
    );
    assert_eq!((rulings[1].status, rulings[1].limit), (Status::Skipped, None));
    assert!(!rulings.iter().any(Ruling::is_error));
}
