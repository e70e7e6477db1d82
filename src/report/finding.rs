//! Findings, as verdicts and the audit write them.

use super::words::{clean, layer, size};
use crate::analysis::Finding;
use crate::escape::{Target, escape};
use crate::image::LayerIndex;
use schemars::JsonSchema;
use serde::Serialize;

/// One thing that was found: what breaks a rule, or what an answer rests on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct FindingSection {
    /// The path that it is about, without a leading slash, escaped.
    pub path: Option<String>,
    /// The layer that did it.
    pub layer: Option<LayerIndex>,
    /// The row of the history that did it.
    pub history: Option<usize>,
    /// The instruction of that layer or row; empty if none tells.
    pub instruction: String,
    /// How many bytes it is about.
    pub bytes: Option<u64>,
    /// What is wrong.
    pub message: String,
}

impl FindingSection {
    /// What is written of a finding; `instruction` is that of its layer or row.
    pub(super) fn new(finding: &Finding, instruction: &str) -> Self {
        Self {
            path: finding.path.as_ref().map(|path| escape(path, Target::Json).into_owned()),
            layer: finding.layer,
            history: finding.row,
            instruction: instruction.to_owned(),
            bytes: finding.bytes,
            message: finding.message.clone(),
        }
    }

    /// What is wrong, with layer and bytes where they are known: `is set-uid (L3, 2.1 MB)`.
    pub(super) fn sentence(&self) -> String {
        let parts = [self.layer.map(layer), self.bytes.map(size)];
        let parts: Vec<String> = parts.into_iter().flatten().collect();
        let place = if parts.is_empty() { String::new() } else { format!(" ({})", parts.join(", ")) };
        format!("{}{place}", clean(&self.message))
    }

    /// The whole finding in one line, the path first.
    pub(super) fn line(&self) -> String {
        let path = self.path.as_ref().map(|path| format!("/{} ", clean(path))).unwrap_or_default();
        format!("{path}{}", self.sentence())
    }
}
