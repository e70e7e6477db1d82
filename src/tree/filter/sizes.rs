//! Sizes as one types them.

/// `>1M`, `<10k`, `1k..2M` or a plain size, as the least and the most.
pub(super) fn sizes(text: &str) -> Option<(u64, u64)> {
    if let Some(rest) = text.strip_prefix(">=") {
        return Some((size(rest)?, u64::MAX));
    }
    if let Some(rest) = text.strip_prefix("<=") {
        return Some((0, size(rest)?));
    }
    if let Some(rest) = text.strip_prefix('>') {
        return Some((size(rest)?.checked_add(1)?, u64::MAX));
    }
    if let Some(rest) = text.strip_prefix('<') {
        return Some((0, size(rest)?.checked_sub(1)?));
    }
    let (least, most) = text.split_once("..").unwrap_or((text, text));
    Some((size(least)?, size(most)?))
}

/// `10`, `10k`, `1.5M`, `1Gi`: decimal units, binary ones with an `i`.
fn size(text: &str) -> Option<u64> {
    let text = text.trim_end_matches(['b', 'B']);
    let (text, step) = text.strip_suffix('i').map_or((text, 1000), |text| (text, 1024_u64));
    let power = match text.chars().last()?.to_ascii_lowercase() {
        'k' => 1,
        'm' => 2,
        'g' => 3,
        't' => 4,
        _ => 0,
    };
    let number = if power == 0 { text } else { text.get(..text.len() - 1)? };
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    let unit = step.pow(power);
    let mut bytes = whole.parse::<u64>().ok()?.checked_mul(unit)?;
    if !fraction.is_empty() {
        let digits = u32::try_from(fraction.len()).ok().filter(|digits| *digits <= 9)?;
        bytes = bytes.checked_add(fraction.parse::<u64>().ok()?.checked_mul(unit)? / 10_u64.pow(digits))?;
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_understood() {
        let cases = [("10", 10), ("1k", 1000), ("1.5M", 1_500_000), ("2Ki", 2048), ("1GiB", 1 << 30), ("0.001k", 1)];
        for (text, bytes) in cases {
            assert_eq!(size(text), Some(bytes), "{text}");
        }
        for text in ["", "k", "x", "1..", "-1", "1.2.3k"] {
            assert_eq!(size(text), None, "{text}");
        }
        assert_eq!(sizes(">1k"), Some((1001, u64::MAX)));
        assert_eq!(sizes("1k..2k"), Some((1000, 2000)));
    }
}
