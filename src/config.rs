//! What is meant: environment and flags become settings. The only reader of the environment, and of the day.

#[cfg(feature = "tui")]
pub mod file;

use crate::cli::{Cli, ColorWhen, Engine, OpenArgs, ThemeArg, Verify};
use crate::image::Platform;
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use std::ffi::{OsStr, OsString};
use std::path::PathBuf;

/// Columns of a text that nobody gave a width.
pub const COLUMNS: usize = 80;

/// What the environment says, as far as it concerns us.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "each is a variable of the environment")]
pub struct Environment {
    /// `CI` is set, and not empty, 0, false, no or off.
    pub ci: bool,
    /// `NO_COLOR` is set and not empty (<https://no-color.org>).
    pub no_color: bool,
    /// Where temporary files go: `TMPDIR`, else `/tmp`.
    pub temporary: PathBuf,
    /// `COLUMNS`, if it is a sensible number.
    pub columns: Option<usize>,
    /// Whether the locale writes UTF-8; so it does where no locale is set at all.
    pub utf8: bool,
    /// Whether the terminal is tmux: `TMUX` is set.
    pub tmux: bool,
    /// Whether text is on a light background: `COLORFGBG`, which some terminals set, as in `0;15`.
    pub is_light: Option<bool>,
    /// The user's editor: `VISUAL`, else `EDITOR`.
    pub editor: Option<String>,
    /// Where the user's settings are: `XDG_CONFIG_HOME`, else `~/.config`.
    pub config_home: Option<PathBuf>,
    /// Where programs keep what they remember: `XDG_STATE_HOME`, else `~/.local/state`.
    pub state_home: Option<PathBuf>,
    /// The day (UTC), which decides whether what a rule ignores is still ignored.
    pub today: Date,
}

impl Environment {
    /// Reads the environment of the process.
    #[expect(clippy::disallowed_methods, reason = "this is the one place that reads the environment")]
    pub fn read() -> Self {
        Self::from_vars(|name| std::env::var_os(name), Timestamp::now().to_zoned(TimeZone::UTC).date())
    }

    /// Reads variables from wherever `get` has them, on the day `today`.
    pub fn from_vars(get: impl Fn(&str) -> Option<OsString>, today: Date) -> Self {
        let set = |name: &str| get(name).filter(|value| !value.is_empty());
        // A path that is not absolute has to be passed over (XDG Base Directory Specification).
        let home = |name: &str, below: &str| {
            let own = set(name).map(PathBuf::from).filter(|path| path.is_absolute());
            own.or_else(|| set("HOME").map(|home| PathBuf::from(home).join(below)))
        };
        let locale = ["LC_ALL", "LC_CTYPE", "LANG"].into_iter().find_map(set);
        Self {
            ci: set("CI").is_some_and(|value| is_true(&value)),
            no_color: set("NO_COLOR").is_some(),
            temporary: set("TMPDIR").map_or_else(|| PathBuf::from("/tmp"), PathBuf::from),
            columns: set("COLUMNS").and_then(|text| text.to_str()?.parse().ok()).filter(|columns| *columns >= 20),
            utf8: locale.is_none_or(|locale| is_utf8(&locale)),
            tmux: set("TMUX").is_some(),
            is_light: set("COLORFGBG").and_then(|colors| is_light(colors.to_str()?)),
            editor: ["VISUAL", "EDITOR"].into_iter().find_map(set).and_then(|editor| editor.into_string().ok()),
            config_home: home("XDG_CONFIG_HOME", ".config"),
            state_home: home("XDG_STATE_HOME", ".local/state"),
            today,
        }
    }
}

/// Everything but 0, false, no and off, in any case.
fn is_true(value: &OsStr) -> bool {
    let value = value.to_string_lossy().trim().to_ascii_lowercase();
    !["", "0", "false", "no", "off"].contains(&value.as_str())
}

/// The last number is the background: 7 and 9 to 15 are light, the others are not (rxvt).
fn is_light(colors: &str) -> Option<bool> {
    let background: u8 = colors.rsplit(';').next()?.parse().ok()?;
    Some(background == 7 || (9..=15).contains(&background))
}

fn is_utf8(locale: &OsStr) -> bool {
    let locale = locale.to_string_lossy().to_ascii_lowercase();
    locale.contains("utf-8") || locale.contains("utf8")
}

/// What holds for every command, once the command line and the environment are put together.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag or a variable of the environment")]
pub struct Settings {
    /// Which of several images, by tag.
    pub tag: Option<String>,
    /// Which of several images, by platform.
    pub platform: Option<Platform>,
    /// When digests are checked; none if the command decides.
    pub verify: Option<Verify>,
    /// Whether warnings are errors.
    pub strict: bool,
    /// Where an input that cannot be read twice is kept meanwhile.
    pub spool_directory: PathBuf,
    /// How many bytes of it are kept at most.
    pub spool_max: u64,
    /// The image that is the base, if the user names it.
    pub base: Option<String>,
    /// How many layers at the bottom are the base, if the user says so.
    pub base_layers: Option<u32>,
    /// What a bare name means, if the user says so.
    pub engine: Option<Engine>,
    /// Whether to use colours; `Auto` is for whoever knows the terminal.
    pub color: ColorWhen,
    /// Whether to draw with ASCII characters only.
    pub ascii: bool,
    /// Whether to judge instead of to show: `--ci`, or a `CI` that is on. `--json` alone only writes.
    pub judge: bool,
    /// The theme, if one was named.
    pub theme: Option<ThemeArg>,
    /// Whether the terminal is tmux.
    pub tmux: bool,
    /// Whether text is on a light background, as far as the environment says.
    pub is_light: Option<bool>,
    /// The user's editor, as far as the environment says.
    pub editor: Option<String>,
    /// What the user likes.
    pub config_file: Option<PathBuf>,
    /// What the explorer remembers.
    pub state_file: Option<PathBuf>,
    /// Columns of a text that goes to no terminal.
    pub columns: usize,
    /// The day (UTC).
    pub today: Date,
}

impl Settings {
    /// Puts flags and environment together; flags win.
    pub fn new(cli: &Cli, environment: &Environment) -> Self {
        let OpenArgs { tag, platform, verify, strict, spool_max, base, base_layers, source, color, ascii, theme } =
            cli.open.clone();
        let color = match color {
            ColorWhen::Auto if environment.no_color => ColorWhen::Never,
            color => color,
        };
        Self {
            tag,
            platform,
            verify,
            strict,
            spool_directory: environment.temporary.clone(),
            spool_max,
            base,
            base_layers,
            engine: source,
            color,
            ascii: ascii || !environment.utf8,
            judge: cli.ci || environment.ci,
            theme,
            tmux: environment.tmux,
            is_light: environment.is_light,
            editor: environment.editor.clone(),
            config_file: environment.config_home.as_ref().map(|home| home.join("layerscope/config.toml")),
            state_file: environment.state_home.as_ref().map(|home| home.join("layerscope/state.toml")),
            columns: environment.columns.unwrap_or(COLUMNS),
            today: environment.today,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn environment(vars: &[(&str, &str)]) -> Environment {
        let get = |name: &str| vars.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).into());
        Environment::from_vars(get, Date::new(2025, 1, 9).unwrap())
    }

    #[test]
    fn ci_is_on_unless_it_says_no() {
        let cases = [
            ("true", true),
            ("1", true),
            ("yes", true),
            ("woodpecker", true),
            ("", false),
            ("0", false),
            ("False", false),
            ("NO", false),
            ("off", false),
        ];
        for (value, expected) in cases {
            assert_eq!(environment(&[("CI", value)]).ci, expected, "{value}");
        }
        assert!(!environment(&[]).ci);
    }

    #[test]
    fn the_locale_decides_about_characters() {
        let cases: [(&[(&str, &str)], bool); 6] = [
            (&[], true),
            (&[("LANG", "C")], false),
            (&[("LANG", "de_DE.UTF-8")], true),
            (&[("LANG", "de_DE.UTF-8"), ("LC_ALL", "POSIX")], false),
            (&[("LANG", "C"), ("LC_CTYPE", "C.utf8")], true),
            (&[("LC_ALL", ""), ("LANG", "C.UTF-8")], true),
        ];
        for (vars, expected) in cases {
            assert_eq!(environment(vars).utf8, expected, "{vars:?}");
        }
    }

    #[test]
    fn the_rest_of_the_environment() {
        let all = environment(&[("NO_COLOR", "1"), ("TMPDIR", "/var/tmp"), ("COLUMNS", "132")]);
        assert_eq!((all.no_color, all.temporary, all.columns), (true, PathBuf::from("/var/tmp"), Some(132)));
        assert_eq!(environment(&[("EDITOR", "vi"), ("VISUAL", "code -w")]).editor.as_deref(), Some("code -w"));
        assert_eq!(environment(&[("EDITOR", "vi"), ("VISUAL", "")]).editor.as_deref(), Some("vi"));
        let home = environment(&[("HOME", "/h"), ("XDG_CONFIG_HOME", "relative"), ("XDG_STATE_HOME", "/s")]);
        assert_eq!((home.config_home, home.state_home), (Some("/h/.config".into()), Some("/s".into())));
        for (colors, light) in [("0;15", Some(true)), ("15;0", Some(false)), ("0;default;7", Some(true)), ("x", None)] {
            assert_eq!(environment(&[("COLORFGBG", colors)]).is_light, light, "{colors}");
        }
        let none = environment(&[("NO_COLOR", ""), ("TMPDIR", ""), ("COLUMNS", "wide")]);
        assert_eq!((none.no_color, none.temporary, none.columns), (false, PathBuf::from("/tmp"), None));
        assert_eq!(environment(&[("COLUMNS", "0")]).columns, None);
    }

    #[test]
    fn flags_win() {
        let settings = |args: &[&str], vars: &[(&str, &str)]| {
            let cli = Cli::read([&["layerscope"], args].concat()).unwrap();
            Settings::new(&cli, &environment(vars))
        };
        assert_eq!(settings(&["a.tar"], &[("NO_COLOR", "1")]).color, ColorWhen::Never);
        assert_eq!(settings(&["--color", "always", "a.tar"], &[("NO_COLOR", "1")]).color, ColorWhen::Always);
        assert_eq!(settings(&["a.tar"], &[]).color, ColorWhen::Auto);
        assert!(settings(&["a.tar", "--ci"], &[("CI", "0")]).judge);
        assert!(settings(&["a.tar"], &[("CI", "1")]).judge);
        assert!(!settings(&["a.tar"], &[]).judge);
        assert!(settings(&["--ascii", "a.tar"], &[]).ascii);
        assert!(settings(&["a.tar"], &[("LANG", "C")]).ascii);
        let settings = settings(&["a.tar", "--spool-max", "1 GiB", "--base-layers", "2"], &[("TMPDIR", "/x")]);
        assert_eq!((settings.spool_max, settings.base_layers), (1 << 30, Some(2)));
        assert_eq!((settings.spool_directory, settings.columns), (PathBuf::from("/x"), COLUMNS));
    }
}
