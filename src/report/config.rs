//! Labels and settings of the final config: each value, the build step that set it, and the values that it replaced.

use super::words::{clean, head};
use super::{HistorySection, SettingSection, SettingsSection, json};
use std::io::{self, Write};

/// Writes labels and settings for people, in `width` columns as far as values allow: values are never cut.
pub fn write(
    settings: &SettingsSection,
    history: &[HistorySection],
    width: usize,
    out: &mut dyn Write,
) -> io::Result<()> {
    let groups = groups(settings);
    if groups.iter().all(|(_, settings)| settings.is_empty()) {
        return writeln!(out, "The image has no labels and no settings.");
    }
    let mut is_first = true;
    for (name, settings) in groups.into_iter().filter(|(_, settings)| !settings.is_empty()) {
        if !std::mem::take(&mut is_first) {
            writeln!(out)?;
        }
        writeln!(out, "{name}")?;
        settings.iter().try_for_each(|setting| one(name, setting, history, width, out))?;
    }
    Ok(())
}

/// Writes labels and settings as one JSON object, with the keys that they have in the report.
pub fn write_json(settings: &SettingsSection, out: &mut dyn Write) -> io::Result<()> {
    json::pretty(settings, out)
}

/// What a reader looks for first comes first.
fn groups(settings: &SettingsSection) -> [(&'static str, &[SettingSection]); 11] {
    let SettingsSection {
        labels,
        env,
        entrypoint,
        cmd,
        user,
        workdir,
        stop_signal,
        healthcheck,
        shell,
        ports,
        volumes,
    } = settings;
    [
        ("Labels", labels),
        ("Environment", env),
        ("Entrypoint", entrypoint),
        ("Cmd", cmd),
        ("User", user),
        ("Working directory", workdir),
        ("Ports", ports),
        ("Volumes", volumes),
        ("Health check", healthcheck),
        ("Stop signal", stop_signal),
        ("Shell", shell),
    ]
}

/// The value on a line of its own, below it where it comes from and what it replaced.
fn one(
    group: &str,
    setting: &SettingSection,
    history: &[HistorySection],
    width: usize,
    out: &mut dyn Write,
) -> io::Result<()> {
    let value = clean(&setting.value);
    match group {
        "Labels" | "Environment" => writeln!(out, "  {}={value}", clean(&setting.key))?,
        _ => writeln!(out, "  {value}")?,
    }
    writeln!(out, "      {}", origin(setting, history, width.saturating_sub(6)))?;
    for old in &setting.overrides {
        writeln!(out, "      replaces '{}', set by row {}", clean(&old.value), old.history)?;
    }
    if let Some(successor) = &setting.successor {
        writeln!(out, "      Label Schema gave way to {successor}")?;
    }
    Ok(())
}

/// Which row set a value, and whether that row belongs to the base.
fn origin(setting: &SettingSection, history: &[HistorySection], width: usize) -> String {
    let Some(row) = setting.history else { return "no recorded origin".to_owned() };
    let whose = if setting.inherited { "inherited" } else { "own" };
    let start = format!("{whose}, set by row {row}: ");
    let instruction = history.get(row).map_or("", |row| row.instruction.as_str());
    let rest = width.saturating_sub(start.len()).max(16);
    format!("{start}{}", head(instruction, rest))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::testing;

    #[test]
    fn every_value_says_where_it_comes_from() {
        let mut out = Vec::new();
        let report = testing::report();
        write(&report.settings, &report.history, 80, &mut out).unwrap();
        insta::assert_snapshot!(String::from_utf8(out).unwrap());
    }

    #[test]
    fn an_image_without_settings_says_so() {
        let mut out = Vec::new();
        write(&SettingsSection::default(), &[], 80, &mut out).unwrap();
        assert_eq!(out, b"The image has no labels and no settings.\n");
    }

    #[test]
    fn the_json_has_the_lists_of_the_report() {
        let report = testing::report();
        let mut out = Vec::new();
        write_json(&report.settings, &mut out).unwrap();
        let settings: serde_json::Value = serde_json::from_slice(&out).unwrap();
        let whole = serde_json::to_value(&report).unwrap();
        let lists = settings.as_object().unwrap();
        assert_eq!(lists.len(), 11);
        assert!(lists.iter().all(|(key, list)| whole[key] == *list));
    }
}
