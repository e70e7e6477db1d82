//! A report of an earlier build, read back to be compared with.

use super::SCHEMA;
use crate::analysis::{Snapshot, SnapshotLayer, Totals};
use crate::escape::unescape;
use serde::Deserialize;
use std::collections::BTreeMap;

/// What is read of a report; keys that are not needed are passed over, so that later versions of the schema can grow.
#[derive(Deserialize)]
struct Document {
    schema: u32,
    image: ImagePart,
    totals: TotalsPart,
    layers: Vec<LayerPart>,
    waste: Vec<WastePart>,
}

#[derive(Deserialize)]
struct ImagePart {
    source: SourcePart,
}

#[derive(Deserialize)]
struct SourcePart {
    reference: String,
}

#[derive(Deserialize)]
struct TotalsPart {
    partial: bool,
    shipped_bytes: u64,
    live_bytes: u64,
    wasted_bytes: u64,
    blob_bytes: u64,
}

#[derive(Deserialize)]
struct LayerPart {
    diff_id: Option<String>,
    instruction: String,
    shipped_bytes: u64,
    wasted_bytes: u64,
    blob_bytes: u64,
}

#[derive(Deserialize)]
struct WastePart {
    path: String,
    bytes: u64,
}

/// Why a file is no baseline.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BaselineError {
    /// It is not what `layerscope report --format json` writes.
    #[error("this is no report of layerscope ({0}); write one with `layerscope report --format json`")]
    NoReport(#[from] serde_json::Error),
    /// It is of a later version of the schema.
    #[error("this report has schema {0}, and only {SCHEMA} is known; write it with this layerscope")]
    Schema(u32),
    /// It tells of a part of the image only.
    #[error("this report is of an image of which a part could not be read; no growth can be told from it")]
    Partial,
}

/// Reads the JSON of a report.
pub fn read_baseline(json: &[u8]) -> Result<Snapshot, BaselineError> {
    let document: Document = serde_json::from_slice(json)?;
    if document.schema != SCHEMA {
        return Err(BaselineError::Schema(document.schema));
    }
    if document.totals.partial {
        return Err(BaselineError::Partial);
    }
    let TotalsPart { shipped_bytes, live_bytes, wasted_bytes, blob_bytes, .. } = document.totals;
    let mut waste = BTreeMap::<Vec<u8>, u64>::new();
    for item in document.waste {
        let bytes = waste.entry(unescape(&item.path)).or_default();
        *bytes = bytes.saturating_add(item.bytes);
    }
    // A report with `--top` names the largest items only.
    let is_whole = waste.values().fold(0, |sum: u64, bytes| sum.saturating_add(*bytes)) == wasted_bytes;
    let layer = |layer: LayerPart| SnapshotLayer {
        diff_id: layer.diff_id,
        instruction: layer.instruction,
        shipped_bytes: layer.shipped_bytes,
        wasted_bytes: layer.wasted_bytes,
        blob_bytes: layer.blob_bytes,
    };
    Ok(Snapshot {
        name: document.image.source.reference,
        totals: Totals { shipped_bytes, live_bytes, wasted_bytes, blob_bytes, ..Totals::default() },
        layers: document.layers.into_iter().map(layer).collect(),
        waste: is_whole.then_some(waste),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::{testing, write_json};

    fn json() -> serde_json::Value {
        let mut out = Vec::new();
        write_json(&testing::report(), &mut out).unwrap();
        serde_json::from_slice(&out).unwrap()
    }

    #[test]
    fn a_report_is_read_back() {
        let report = testing::report();
        let snapshot = read_baseline(json().to_string().as_bytes()).unwrap();
        assert_eq!(snapshot.totals.shipped_bytes, report.totals.shipped_bytes);
        assert_eq!(snapshot.totals.wasted_bytes, report.totals.wasted_bytes);
        assert_eq!(snapshot.layers.len(), report.layers.len());
        assert_eq!(snapshot.layers[1].instruction, report.layers[1].instruction);
    }

    #[test]
    fn waste_is_known_when_all_of_it_is_named() {
        let mut json = json();
        json["waste"] = serde_json::json!([{"path": "a\\x00b", "bytes": 5}, {"path": "a\\x00b", "bytes": 2}]);
        json["totals"]["wasted_bytes"] = 7.into();
        let read = |json: &serde_json::Value| read_baseline(json.to_string().as_bytes()).unwrap();
        assert_eq!(read(&json).waste, Some(BTreeMap::from([(b"a\0b".to_vec(), 7)])));
        json["totals"]["wasted_bytes"] = 8.into();
        assert_eq!(read(&json).waste, None);
    }

    #[test]
    fn what_is_no_report_is_said() {
        let error = |change: fn(&mut serde_json::Value)| {
            let mut json = json();
            change(&mut json);
            read_baseline(json.to_string().as_bytes()).unwrap_err().to_string()
        };
        assert!(error(|json| json["schema"] = 2.into()).starts_with("this report has schema 2, and only 1 is known"));
        assert!(error(|json| json["totals"]["partial"] = true.into()).contains("a part could not be read"));
        let missing = error(|json| drop(json.as_object_mut().unwrap().remove("layers")));
        assert!(missing.starts_with("this is no report of layerscope (missing field `layers`"), "{missing}");
        assert!(read_baseline(b"<html>").unwrap_err().to_string().contains("layerscope report --format json"));
    }
}
