//! Bytes as people write them: `20MB`, `1 GiB`, `1,000`, `0.5g`.

/// Why bytes were not understood.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum BytesError {
    /// There is no number, or it is none.
    #[error("a number of bytes is needed, as in 20MB, 1 GiB or 4096")]
    Number,
    /// The unit is unknown.
    #[error("the unit '{0}' is not known; use B, kB, MB, GB, TB, PB, EB or KiB, MiB, GiB, TiB, PiB, EiB")]
    Unit(String),
    /// More than 2^64 bytes.
    #[error("that is more than 2^64 bytes")]
    TooLarge,
}

/// Reads a number of bytes as dive does: a number, perhaps with commas and a point, then perhaps blanks and a unit in
/// any case. `k`, `m`, … are powers of 1000; `ki`, `mi`, … powers of 1024. Fractions of a byte are cut off.
pub fn parse_bytes(text: &str) -> Result<u64, BytesError> {
    let text = text.trim();
    let end = text.find(|c: char| !c.is_ascii_digit() && c != '.' && c != ',').unwrap_or(text.len());
    let (number, unit) = text.split_at_checked(end).unwrap_or((text, ""));
    if text.starts_with(['-', '+']) {
        return Err(BytesError::Number);
    }
    let digits = number.replace(',', "");
    let factor = factor(unit.trim()).ok_or_else(|| BytesError::Unit(unit.trim().to_owned()))?;
    // Whole numbers need no rounding.
    if let Ok(whole) = digits.parse::<u64>() {
        return whole.checked_mul(factor).ok_or(BytesError::TooLarge);
    }
    let number: f64 = digits.parse().map_err(|_cause: std::num::ParseFloatError| BytesError::Number)?;
    cut(number, factor).ok_or(BytesError::TooLarge)
}

#[expect(clippy::cast_precision_loss, reason = "factors are powers of 1000 or 1024: a float has room for them")]
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "the range is checked")]
fn cut(number: f64, factor: u64) -> Option<u64> {
    let bytes = number * factor as f64;
    (0.0..u64::MAX as f64).contains(&bytes).then_some(bytes as u64)
}

fn factor(unit: &str) -> Option<u64> {
    let unit = unit.to_ascii_lowercase();
    let unit = unit.strip_suffix('b').unwrap_or(&unit);
    let (prefix, base) = unit.strip_suffix('i').map_or((unit, 1000_u64), |prefix| (prefix, 1024));
    let power = match prefix {
        "" if base == 1000 => 0,
        "k" => 1,
        "m" => 2,
        "g" => 3,
        "t" => 4,
        "p" => 5,
        "e" => 6,
        _ => return None,
    };
    base.checked_pow(power)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_are_read_as_people_write_them() {
        let cases = [
            ("20MB", Ok(20_000_000)),
            ("1 GiB", Ok(1 << 30)),
            ("4096", Ok(4096)),
            ("42 b", Ok(42)),
            ("1kB", Ok(1000)),
            ("1.5k", Ok(1500)),
            ("1,000,000", Ok(1_000_000)),
            ("0.5 mi", Ok(1 << 19)),
            ("1.9", Ok(1)),
            (" 7 ", Ok(7)),
            ("18446744073709551615", Ok(u64::MAX)),
            ("16EiB", Err(BytesError::TooLarge)),
            ("16.5EiB", Err(BytesError::TooLarge)),
            ("", Err(BytesError::Number)),
            ("MB", Err(BytesError::Number)),
            ("1.2.3", Err(BytesError::Number)),
            ("-1", Err(BytesError::Number)),
            ("10 percent", Err(BytesError::Unit("percent".to_owned()))),
            ("1i", Err(BytesError::Unit("i".to_owned()))),
        ];
        for (text, bytes) in cases {
            assert_eq!(parse_bytes(text), bytes, "{text}");
        }
    }
}
