//! What the user likes: read before the explorer is shown, and what has changed written when it is left.

use super::commands::Commands;
use super::files::{self, read_text};
use crate::cli::{ColorWhen, ThemeArg};
use crate::config::file;
use crate::notice::Notice;
use crate::tui::{Background, Options, ThemeName};
use std::path::Path;

/// Bytes that a file of preferences may have.
const MOST: u64 = 1 << 20;

impl Commands<'_> {
    /// How the explorer is to look: as it was left, unless the user's file says otherwise, unless the command line does.
    /// And what in the files makes no sense.
    pub(super) fn preferences(&self) -> (Options, Vec<Notice>) {
        let settings = &self.settings;
        let mut options = Options::default();
        let mut problems = Vec::new();
        if let Some(path) = &settings.state_file {
            // Nobody wrote it by hand: what is wrong in it is nobody's slip.
            read(path, &mut options);
        }
        if let Some(path) = &settings.config_file {
            problems = read(path, &mut options);
        }
        options.ascii |= settings.ascii;
        options.tmux = settings.tmux;
        options.editor = options.editor.or_else(|| settings.editor.clone());
        options.temporary.clone_from(&settings.spool_directory);
        options.background = settings.is_light.map(|light| if light { Background::Light } else { Background::Dark });
        if let Some(theme) = settings.theme {
            options.theme = theme_name(theme);
        }
        if settings.color == ColorWhen::Never {
            options.theme = ThemeName::Mono;
        }
        (options, problems.into_iter().map(|problem| Notice::warning("config", problem)).collect())
    }

    /// Keeps how the explorer was left. That it cannot be kept is no reason to complain to somebody who leaves.
    pub(super) fn remember(&self, options: Options) {
        let Some(path) = &self.settings.state_file else { return };
        // A theme that was named for once is not what the user likes: what was kept before is.
        let mut kept = Options::default();
        read(path, &mut kept);
        let is_once = self.settings.theme.is_some() || self.settings.color == ColorWhen::Never;
        let options = if is_once { Options { theme: kept.theme, ..options } } else { options };
        let text = file::remembered(&options);
        if read_text(path, MOST).ok().flatten().as_ref() != Some(&text) {
            let _ = files::make_parent(path);
            let _ = files::replace(path, |out| out.write_all(text.as_bytes()));
        }
    }
}

fn read(path: &Path, options: &mut Options) -> Vec<String> {
    match read_text(path, MOST) {
        Ok(Some(text)) => file::apply(&text, &path.display().to_string(), options),
        Ok(None) => Vec::new(),
        Err(failure) => vec![failure.to_string()],
    }
}

fn theme_name(theme: ThemeArg) -> ThemeName {
    match theme {
        ThemeArg::Auto => ThemeName::Auto,
        ThemeArg::Terminal => ThemeName::Terminal,
        ThemeArg::Dark => ThemeName::Dark,
        ThemeArg::Light => ThemeName::Light,
        ThemeArg::Colorblind => ThemeName::Colorblind,
        ThemeArg::Mono => ThemeName::Mono,
    }
}
