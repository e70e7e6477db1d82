//! The image's config: what we use of it typed and leniently, and the whole as it is.

use super::{DiffId, Platform};
use oci_spec::image::Digest;
use serde_json::Value;
use std::collections::BTreeMap;
use std::str::FromStr as _;

/// The config document.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Config {
    /// The whole document, as in the image.
    pub raw: serde_json::Value,
    /// What a container of the image gets.
    pub container: ContainerConfig,
    /// The digests of the uncompressed layers, bottom first.
    pub diff_ids: Vec<DiffId>,
}

/// What a container of the image gets.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ContainerConfig {
    /// The user, perhaps with a group.
    pub user: Option<String>,
    /// `NAME=VALUE`, in the order of the config.
    pub env: Vec<String>,
    /// The entrypoint.
    pub entrypoint: Option<Vec<String>>,
    /// The command, or the arguments of the entrypoint.
    pub cmd: Option<Vec<String>>,
    /// The working directory.
    pub working_dir: Option<String>,
    /// The labels.
    pub labels: BTreeMap<String, String>,
    /// `8080/tcp`, sorted.
    pub exposed_ports: Vec<String>,
    /// Paths, sorted.
    pub volumes: Vec<String>,
    /// The health check.
    pub healthcheck: Option<HealthCheck>,
    /// The signal that stops a container.
    pub stop_signal: Option<String>,
    /// The shell of `RUN`, where the image sets it.
    pub shell: Option<Vec<String>>,
}

/// A health check, durations in nanoseconds as in the config.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct HealthCheck {
    /// `CMD …`, `CMD-SHELL …` or `NONE`.
    pub test: Vec<String>,
    /// Between two checks.
    pub interval: Option<u64>,
    /// For one check.
    pub timeout: Option<u64>,
    /// Before failures count.
    pub start_period: Option<u64>,
    /// Failures in a row before the container counts as unhealthy.
    pub retries: Option<u64>,
}

impl Config {
    /// Reads a config leniently: nulls and missing parts count as empty, a list may be a single string. Only a
    /// malformed digest is an error; it says which one.
    pub(super) fn from_json(raw: Value) -> Result<Self, String> {
        let container = raw.get("config").map(ContainerConfig::from_json).unwrap_or_default();
        let ids = raw.get("rootfs").and_then(|rootfs| rootfs.get("diff_ids"));
        let mut diff_ids = Vec::new();
        for (index, id) in ids.and_then(Value::as_array).into_iter().flatten().enumerate() {
            let digest = id.as_str().and_then(|text| Digest::from_str(text).ok());
            diff_ids.push(DiffId(digest.ok_or_else(|| format!("diff ID {index} is no digest: {id}"))?));
        }
        Ok(Self { raw, container, diff_ids })
    }

    /// What the image runs on.
    pub(super) fn platform(&self) -> Platform {
        Platform {
            os: text(&self.raw, "os").unwrap_or_default(),
            architecture: text(&self.raw, "architecture").unwrap_or_default(),
            variant: text(&self.raw, "variant"),
        }
    }
}

impl ContainerConfig {
    fn from_json(value: &Value) -> Self {
        Self {
            user: text(value, "User"),
            env: list(value, "Env").unwrap_or_default(),
            entrypoint: list(value, "Entrypoint"),
            cmd: list(value, "Cmd"),
            working_dir: text(value, "WorkingDir"),
            labels: labels(value),
            exposed_ports: keys(value, "ExposedPorts"),
            volumes: keys(value, "Volumes"),
            healthcheck: value.get("Healthcheck").filter(|check| check.is_object()).map(HealthCheck::from_json),
            stop_signal: text(value, "StopSignal"),
            shell: list(value, "Shell"),
        }
    }
}

impl HealthCheck {
    fn from_json(value: &Value) -> Self {
        let number = |key: &str| value.get(key).and_then(Value::as_u64).filter(|number| *number > 0);
        Self {
            test: list(value, "Test").unwrap_or_default(),
            interval: number("Interval"),
            timeout: number("Timeout"),
            start_period: number("StartPeriod"),
            retries: number("Retries"),
        }
    }
}

/// A string that is there and not empty.
fn text(value: &Value, key: &str) -> Option<String> {
    value.get(key)?.as_str().filter(|text| !text.is_empty()).map(str::to_owned)
}

/// A list of strings; a single string counts as a list of one, an empty list as none.
fn list(value: &Value, key: &str) -> Option<Vec<String>> {
    let items: Vec<String> = match value.get(key)? {
        Value::String(item) => vec![item.clone()],
        Value::Array(items) => items.iter().filter_map(Value::as_str).map(str::to_owned).collect(),
        _ => return None,
    };
    (!items.is_empty()).then_some(items)
}

/// The keys of a set, which Go writes as an object of empty objects; sorted.
fn keys(value: &Value, key: &str) -> Vec<String> {
    let mut out: Vec<String> = match value.get(key) {
        Some(Value::Object(set)) => set.keys().cloned().collect(),
        Some(Value::Array(items)) => items.iter().filter_map(Value::as_str).map(str::to_owned).collect(),
        _ => Vec::new(),
    };
    out.sort();
    out
}

/// The labels. A value that is no string is shown as the JSON that it is; null counts as empty.
fn labels(value: &Value) -> BTreeMap<String, String> {
    let labels = value.get("Labels").and_then(Value::as_object).into_iter().flatten();
    labels
        .map(|(key, value)| {
            let value = match value {
                Value::String(text) => text.clone(),
                Value::Null => String::new(),
                other => other.to_string(),
            };
            (key.clone(), value)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_docker_config_is_read_whole() {
        let raw = json!({
            "os": "linux", "architecture": "arm64", "variant": "v8",
            "config": {
                "User": "1000", "Env": ["A=1", "B=2"], "Entrypoint": ["/bin/sh", "-c"], "Cmd": ["x"], "WorkingDir": "/app",
                "Labels": {"b": "2", "a": "1"}, "ExposedPorts": {"80/tcp": {}, "53/udp": {}}, "Volumes": {"/v": {}},
                "Healthcheck": {"Test": ["CMD", "/bin/true"], "Interval": 5, "Retries": 2, "Timeout": 0},
                "StopSignal": "SIGINT", "Shell": ["/bin/bash", "-c"], "OnBuild": null,
            },
            "rootfs": {"type": "layers", "diff_ids": [format!("sha256:{}", "a".repeat(64))]},
        });
        let config = Config::from_json(raw.clone()).unwrap();
        assert_eq!(config.raw, raw);
        assert_eq!(config.platform().to_string(), "linux/arm64/v8");
        assert_eq!(config.diff_ids.len(), 1);
        let container = config.container;
        assert_eq!(container.user.as_deref(), Some("1000"));
        assert_eq!(container.env, ["A=1", "B=2"]);
        assert_eq!(container.exposed_ports, ["53/udp", "80/tcp"]);
        assert_eq!(
            container.labels.into_iter().collect::<Vec<_>>(),
            [("a".into(), "1".into()), ("b".into(), "2".into())]
        );
        let check = HealthCheck {
            test: vec!["CMD".into(), "/bin/true".into()],
            interval: Some(5),
            retries: Some(2),
            ..Default::default()
        };
        assert_eq!(container.healthcheck, Some(check));
        assert_eq!(container.shell, Some(vec!["/bin/bash".into(), "-c".into()]));
    }

    #[test]
    fn nulls_and_wrong_types_count_as_nothing() {
        for raw in [
            json!({}),
            json!(null),
            json!({"config": null, "rootfs": null, "os": null, "history": null}),
            json!({"config": {"Env": null, "Labels": [], "Cmd": 3, "Volumes": null, "Healthcheck": []}, "rootfs": {"diff_ids": null}}),
        ] {
            let config = Config::from_json(raw).unwrap();
            assert_eq!(config.container, ContainerConfig::default());
            assert!(config.diff_ids.is_empty());
        }
        let single = Config::from_json(json!({"config": {"Entrypoint": "/run.sh"}})).unwrap();
        assert_eq!(single.container.entrypoint, Some(vec!["/run.sh".into()]));
    }

    #[test]
    fn a_malformed_diff_id_is_an_error() {
        for id in [json!("sha256:../../etc/passwd"), json!("sha256:ab"), json!(null), json!("")] {
            let error = Config::from_json(json!({"rootfs": {"diff_ids": [id]}})).unwrap_err();
            assert!(error.starts_with("diff ID 0 is no digest"), "{error}");
        }
    }
}
