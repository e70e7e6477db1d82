//! What an image runs on.

use std::fmt;
use std::str::FromStr;

/// Operating system, architecture and variant, in Go's words (`linux/arm64/v8`).
#[derive(Debug, Clone, PartialEq, Eq, Default, serde::Serialize, schemars::JsonSchema)]
pub struct Platform {
    /// `linux`, `windows`, …; empty where the image does not say.
    pub os: String,
    /// `amd64`, `arm64`, …; empty where the image does not say.
    pub architecture: String,
    /// `v7`, `v8`, … where there is one.
    pub variant: Option<String>,
}

impl Platform {
    /// Whether this platform is what `wanted` asks for. A variant that was not asked for may be anything.
    pub fn matches(&self, wanted: &Self) -> bool {
        self.os == wanted.os
            && self.architecture == wanted.architecture
            && (wanted.variant.is_none() || self.variant == wanted.variant)
    }
}

impl fmt::Display for Platform {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let unknown = |text: &str| {
            if text.is_empty() { "unknown".to_owned() } else { text.to_owned() }
        };
        write!(f, "{}/{}", unknown(&self.os), unknown(&self.architecture))?;
        self.variant.as_ref().map_or(Ok(()), |variant| write!(f, "/{variant}"))
    }
}

/// A platform that could not be understood.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a platform is written os/architecture or os/architecture/variant, as in linux/arm64")]
pub struct PlatformError;

impl FromStr for Platform {
    type Err = PlatformError;

    fn from_str(text: &str) -> Result<Self, PlatformError> {
        let parts: Vec<&str> = text.split('/').collect();
        match parts.as_slice() {
            [architecture] if !architecture.is_empty() => {
                Ok(Self { os: "linux".into(), architecture: (*architecture).into(), variant: None })
            }
            [os, architecture] if !os.is_empty() && !architecture.is_empty() => {
                Ok(Self { os: (*os).into(), architecture: (*architecture).into(), variant: None })
            }
            [os, architecture, variant] if !os.is_empty() && !architecture.is_empty() && !variant.is_empty() => {
                Ok(Self { os: (*os).into(), architecture: (*architecture).into(), variant: Some((*variant).into()) })
            }
            _ => Err(PlatformError),
        }
    }
}
