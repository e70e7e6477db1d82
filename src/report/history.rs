//! The history of an image: every row, empty ones too, with its instruction in full.

use super::size::{Units, short};
use super::words::clean;
use super::{HistorySection, json};
use crate::image::LayerIndex;
use std::io::{self, Write};

/// Writes the history for people: row, layer, time, size of the layer, and the whole instruction. `shipped` has the
/// bytes of each layer, bottom first.
pub fn write(rows: &[HistorySection], shipped: &[u64], out: &mut dyn Write) -> io::Result<()> {
    if rows.is_empty() {
        return writeln!(out, "The image has no history.");
    }
    writeln!(out, "{:>4}  {:>5}  {:<16}  {:>5}  instruction", "#", "layer", "created", "size")?;
    for row in rows {
        let bytes = row.layer.map(LayerIndex::index).and_then(|layer| shipped.get(layer));
        let size = bytes.map_or_else(String::new, |bytes| short(*bytes, Units::Si));
        let position = row.layer.map_or_else(String::new, |layer| layer.to_string());
        let start = format!("{:>4}  {position:>5}  {:<16}  {size:>5}  ", row.index, created(row));
        let mut lines = row.instruction.lines();
        let first = clean(lines.next().unwrap_or_default());
        writeln!(out, "{}", format!("{start}{first}").trim_end())?;
        for line in lines {
            writeln!(out, "{:width$}{}", "", clean(line), width = start.len())?;
        }
    }
    Ok(())
}

/// Writes the history as a JSON array, as in the report.
pub fn write_json(rows: &[HistorySection], out: &mut dyn Write) -> io::Result<()> {
    json::pretty(rows, out)
}

/// Date and minute, in UTC.
fn created(row: &HistorySection) -> String {
    let time = row.created.as_deref().unwrap_or_default();
    match (time.get(..10), time.get(11..16)) {
        (Some(date), Some(minute)) => format!("{date} {minute}"),
        _ => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::testing;

    #[test]
    fn instructions_are_written_whole() {
        let mut out = Vec::new();
        let report = testing::report();
        let shipped: Vec<u64> = report.layers.iter().map(|layer| layer.shipped_bytes).collect();
        write(&report.history, &shipped, &mut out).unwrap();
        insta::assert_snapshot!(String::from_utf8(out).unwrap());
    }

    #[test]
    fn the_json_is_that_of_the_report() {
        let report = testing::report();
        let mut out = Vec::new();
        write_json(&report.history, &mut out).unwrap();
        let rows: serde_json::Value = serde_json::from_slice(&out).unwrap();
        assert_eq!(rows, serde_json::to_value(&report.history).unwrap());
    }
}
