use super::*;
use crate::analysis::Metrics;

fn parse(args: &[&str]) -> Result<Cli, clap::Error> {
    Cli::read([&["layerscope"], args].concat())
}

#[test]
fn the_definition_is_sound() {
    Cli::command().debug_assert();
}

#[test]
fn the_help_of_every_command() {
    let mut root = Cli::command().term_width(90);
    root.build();
    insta::assert_snapshot!("help", root.render_long_help().to_string());
    for command in root.get_subcommands_mut().filter(|command| command.get_name() != "help") {
        let name = format!("help_{}", command.get_name());
        insta::assert_snapshot!(name, command.render_long_help().to_string());
    }
}

#[test]
fn images_and_commands_are_told_apart() {
    assert_eq!(parse(&["app.tar"]).unwrap().image.as_deref(), Some("app.tar"));
    assert_eq!(parse(&["./ls"]).unwrap().image.as_deref(), Some("./ls"));
    assert_eq!(parse(&["-"]).unwrap().image.as_deref(), Some("-"));
    assert_eq!(parse(&["docker-archive:ls"]).unwrap().image.as_deref(), Some("docker-archive:ls"));
    let Some(Command::Ls(ls)) = parse(&["ls", "-l", "app.tar", "etc"]).unwrap().command else { panic!("no ls") };
    assert_eq!((ls.image.as_str(), ls.path.as_deref(), ls.long), ("app.tar", Some("etc"), true));
    let none = parse(&[]).unwrap();
    assert!(none.image.is_none() && none.command.is_none());
}

#[test]
fn command_lines_of_dive_work() {
    let line = "--ci --lowestEfficiency=0.95 --highestWastedBytes 20MB --highestUserWastedPercent 0.2 \
                --ci-config rules.yml -j out.json --source docker-archive app.tar";
    let cli = parse(&line.split_whitespace().collect::<Vec<_>>()).unwrap();
    assert!(cli.ci);
    let rules = cli.gate.dive_rules();
    assert_eq!(rules.lowest_efficiency.as_deref(), Some("0.95"));
    assert_eq!(rules.highest_wasted_bytes.as_deref(), Some("20MB"));
    assert_eq!(rules.highest_user_wasted_percent.as_deref(), Some("0.2"));
    assert_eq!(cli.gate.ci_config, Some("rules.yml".into()));
    assert_eq!(cli.gate.json, Some("out.json".into()));
    assert_eq!(cli.open.source, Some(Engine::DockerArchive));
}

#[test]
fn options_of_opening_stand_anywhere() {
    for line in ["--tag v1 ls app.tar", "ls --tag v1 app.tar", "ls app.tar --tag v1"] {
        let cli = parse(&line.split_whitespace().collect::<Vec<_>>()).unwrap();
        assert_eq!(cli.open.tag.as_deref(), Some("v1"), "{line}");
    }
    let cli = parse(&["report", "--platform", "linux/arm/v7", "a", "--verify", "strict"]).unwrap();
    assert_eq!(cli.open.platform.unwrap().to_string(), "linux/arm/v7");
    assert_eq!(cli.open.verify, Some(Verify::Strict));
    assert_eq!(cli.open.spool_max, 64 << 30);
}

#[test]
fn ci_takes_several_images_and_rules_in_both_spellings() {
    let cli = parse(&["ci", "a.tar", "b.tar", "--lowest-efficiency", "0.5", "--metrics", "dive"]).unwrap();
    let Some(Command::Ci(ci)) = cli.command else { panic!("no ci") };
    assert_eq!(ci.images, ["a.tar", "b.tar"]);
    assert_eq!(ci.gate.dive_rules().lowest_efficiency.as_deref(), Some("0.5"));
    assert_eq!(ci.gate.dive_rules().metrics, Some(Metrics::Dive));
}

#[test]
fn what_is_not_understood_exits_with_2() {
    let lines = [
        "--nonsense app.tar",
        "ci",
        "ls app.tar --layer 1 --upto 2",
        "ls app.tar --layer x",
        "report app.tar --format pdf",
        "app.tar other.tar",
        "app.tar ls other.tar",
        "--ci report app.tar",
        "--json x ls app.tar",
        "--spool-max much app.tar",
        "--platform // app.tar",
    ];
    for line in lines {
        let error = parse(&line.split_whitespace().collect::<Vec<_>>()).unwrap_err();
        assert_eq!(error.exit_code(), 2, "{line}");
    }
}

#[test]
fn the_welcome_has_five_lines() {
    assert_eq!(welcome().lines().count(), 5);
    for word in ["demo", "app.tar", "layerscope -", "acme/app", "--help"] {
        assert!(welcome().contains(word), "{word}");
    }
    assert!(welcome().lines().all(|line| line.len() <= 80));
}
