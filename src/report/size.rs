//! Bytes for people: three significant digits, rounded to the nearest.

/// Which units.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Units {
    /// 1 kB = 1000 B.
    #[default]
    Si,
    /// 1 KiB = 1024 B.
    Iec,
}

impl Units {
    fn base(self) -> u128 {
        match self {
            Self::Si => 1000,
            Self::Iec => 1024,
        }
    }

    /// The long and the short unit of a power of the base, from the first power on.
    fn names(self) -> [(&'static str, &'static str); 6] {
        match self {
            Self::Si => [("kB", "k"), ("MB", "M"), ("GB", "G"), ("TB", "T"), ("PB", "P"), ("EB", "E")],
            Self::Iec => [("KiB", "K"), ("MiB", "M"), ("GiB", "G"), ("TiB", "T"), ("PiB", "P"), ("EiB", "E")],
        }
    }
}

/// A size for people: three significant digits and a unit (`31.5 MB`).
pub fn human(bytes: u64, units: Units) -> String {
    match scale(bytes, units) {
        None => format!("{bytes} B"),
        Some(Scaled { whole, tenths, hundredths, names: (long, _) }) => {
            if hundredths < 1000 {
                format!("{}.{:02} {long}", hundredths / 100, hundredths % 100)
            } else if tenths < 1000 {
                format!("{}.{} {long}", tenths / 10, tenths % 10)
            } else {
                format!("{whole} {long}")
            }
        }
    }
}

/// A size for a column, at most five characters: `199M`, `31.5M`, `1.3k`, `27B`.
pub fn short(bytes: u64, units: Units) -> String {
    match scale(bytes, units) {
        None => format!("{bytes}B"),
        Some(Scaled { whole, tenths, names: (_, short), .. }) => {
            if tenths < 1000 {
                format!("{}.{}{short}", tenths / 10, tenths % 10)
            } else {
                format!("{whole}{short}")
            }
        }
    }
}

/// A size in the unit that fits it best, rounded to whole units, tenths and hundredths.
struct Scaled {
    whole: u128,
    tenths: u128,
    hundredths: u128,
    names: (&'static str, &'static str),
}

/// None for plain bytes.
fn scale(bytes: u64, units: Units) -> Option<Scaled> {
    let bytes = u128::from(bytes);
    if bytes < units.base() {
        return None;
    }
    let mut unit = 1;
    for names in units.names() {
        unit *= units.base();
        // What rounds up to the next unit is written in the next unit.
        let round = |parts: u128| (bytes * parts + unit / 2) / unit;
        if round(1) < units.base() {
            return Some(Scaled { whole: round(1), tenths: round(10), hundredths: round(100), names });
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_have_three_digits() {
        let cases = [
            (0, "0 B", "0B", "0 B"),
            (27, "27 B", "27B", "27 B"),
            (999, "999 B", "999B", "999 B"),
            (1000, "1.00 kB", "1.0k", "1000 B"),
            (1336, "1.34 kB", "1.3k", "1.30 KiB"),
            (9_995, "10.0 kB", "10.0k", "9.76 KiB"),
            (99_950, "100 kB", "100k", "97.6 KiB"),
            (999_499, "999 kB", "999k", "976 KiB"),
            (999_500, "1.00 MB", "1.0M", "976 KiB"),
            (31_500_000, "31.5 MB", "31.5M", "30.0 MiB"),
            (199_000_000, "199 MB", "199M", "190 MiB"),
            (1 << 30, "1.07 GB", "1.1G", "1.00 GiB"),
            (u64::MAX, "18.4 EB", "18.4E", "16.0 EiB"),
        ];
        for (bytes, long, column, iec) in cases {
            assert_eq!(human(bytes, Units::Si), long, "{bytes}");
            assert_eq!(short(bytes, Units::Si), column, "{bytes}");
            assert_eq!(human(bytes, Units::Iec), iec, "{bytes}");
        }
    }
}
