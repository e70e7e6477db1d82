//! Archives made by hand, for tests: also such as no archiver would write.

use tar_core::Header;

/// A header with a right checksum, after `change` had its way with the bytes.
pub(crate) fn header(kind: u8, name: &str, size: u64, change: impl FnOnce(&mut [u8; 512])) -> Vec<u8> {
    let mut header = Header::new_ustar();
    if let Ok(size) = u32::try_from(size) {
        header.set_size_small(size);
    }
    header.set_mode_small(0o644);
    let bytes = header.as_mut_bytes();
    bytes[156] = kind;
    bytes[..name.len()].copy_from_slice(name.as_bytes());
    change(bytes);
    header.set_checksum();
    header.as_bytes().to_vec()
}

/// An entry with content, padded.
pub(crate) fn entry(kind: u8, name: &str, content: &[u8]) -> Vec<u8> {
    let mut out = header(kind, name, content.len() as u64, |_| {});
    out.extend(content);
    out.resize(out.len().next_multiple_of(512), 0);
    out
}

/// A PAX header (`x` or `g`) with these records.
pub(crate) fn pax(kind: u8, records: &[(&str, &[u8])]) -> Vec<u8> {
    let content: Vec<u8> = records.iter().flat_map(|(key, value)| record(key, value)).collect();
    entry(kind, "pax", &content)
}

/// One PAX record. Its length counts its own digits.
pub(crate) fn record(key: &str, value: &[u8]) -> Vec<u8> {
    let rest = key.len() + value.len() + 3;
    let mut len = rest + 1;
    while rest + len.to_string().len() != len {
        len = rest + len.to_string().len();
    }
    [format!("{len} {key}=").as_bytes(), value, b"\n"].concat()
}

/// The end marker.
pub(crate) fn end() -> Vec<u8> {
    vec![0; 1024]
}
