//! One header block: its checksum and its fields, read as leniently as GNU tar reads them.

use super::MemberKind;
use tar_core::{HEADER_SIZE, Header, HeaderError};

/// One block of an archive.
pub(super) type Block = [u8; HEADER_SIZE];

/// The size of a block in bytes.
pub(super) const BLOCK: u64 = HEADER_SIZE as u64;

/// The content of an entry takes whole blocks: how many bytes follow a content of `size` bytes.
pub(super) fn padding(size: u64) -> u64 {
    (BLOCK - size % BLOCK) % BLOCK
}

/// Checks the sum over the header. Both ways to sum (unsigned bytes, and the signed ones of old archivers) are right.
pub(super) fn verify(block: &Block) -> Result<(), HeaderError> {
    let field = &Header::from_bytes(block).as_ustar().cksum;
    let blanks = field.len() as u64 * u64::from(b' ');
    let sum = |bytes: &[u8]| bytes.iter().map(|byte| u32::from(*byte)).sum::<u32>();
    let computed = u64::from(sum(block) - sum(field)) + blanks;
    let Some(expected) = number(field) else {
        return Err(HeaderError::InvalidOctal(field.to_vec()));
    };
    // A byte above 127 counts 256 less where bytes are signed.
    let high = |bytes: &[u8]| bytes.iter().map(|byte| u64::from(byte >> 7)).sum::<u64>();
    let signed = || i128::from(computed) - 256 * i128::from(high(block) - high(field));
    if expected == i128::from(computed) || expected == signed() {
        return Ok(());
    }
    Err(HeaderError::ChecksumMismatch { expected: u64::try_from(expected).unwrap_or_default(), computed })
}

/// A number: octal digits between blanks and zero bytes, or base-256 with a sign (a GNU extension). `None` if it is
/// neither. Empty fields are 0.
pub(super) fn number(field: &[u8]) -> Option<i128> {
    let (first, rest) = field.split_first()?;
    if first & 0x80 != 0 {
        // Seven bits of the first byte, the highest of them the sign. Twelve bytes fit easily.
        let start = i128::from(first & 0x3f) - i128::from(first & 0x40);
        return Some(rest.iter().fold(start, |value, byte| value * 256 + i128::from(*byte)));
    }
    let blank = |byte: &u8| matches!(byte, 0 | b' ' | b'\t');
    let start = field.iter().position(|byte| !blank(byte)).unwrap_or(field.len());
    let digits = field.get(start..)?;
    let end = digits.iter().position(blank).unwrap_or(digits.len());
    // No field has more than twelve digits, 36 bits.
    let value = digits.get(..end)?.iter().try_fold(0_u64, |value, byte| match byte {
        b'0'..=b'7' => Some(value << 3 | u64::from(byte - b'0')),
        _ => None,
    });
    value.map(i128::from)
}

/// The bytes before the first zero byte.
pub(super) fn until_zero(bytes: &[u8]) -> &[u8] {
    bytes.split(|byte| *byte == 0).next().unwrap_or_default()
}

/// What a header announces.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Announces {
    /// A member with content: a regular file, or a type that nobody knows (POSIX: treat it as one).
    Content(MemberKind),
    /// A member that has no content, whatever its size says.
    Bare(MemberKind),
    /// An old GNU sparse file.
    Sparse,
    /// Extended headers (PAX) for the next member.
    Local,
    /// Extended headers (PAX) for all following members.
    Global,
    /// The name of the next member.
    LongName,
    /// The link target of the next member.
    LongLink,
    /// Something to pass over: a volume label, the rest of a file from another volume.
    Nothing,
}

/// Tells what a header announces by its type.
pub(super) fn announces(header: &Header) -> Announces {
    use Announces::{Bare, Content};
    let [kind] = header.as_ustar().typeflag;
    match kind {
        b'1' => Bare(MemberKind::HardLink),
        b'2' => Bare(MemberKind::Symlink),
        b'3' => Bare(MemberKind::CharDevice),
        b'4' => Bare(MemberKind::BlockDevice),
        b'5' => Bare(MemberKind::Directory),
        b'6' => Bare(MemberKind::Fifo),
        // A directory of GNU's incremental archives: its content is a list of names.
        b'D' => Content(MemberKind::Directory),
        b'S' if is_gnu(header) => Announces::Sparse,
        // Solaris writes X.
        b'x' | b'X' => Announces::Local,
        b'g' => Announces::Global,
        b'L' => Announces::LongName,
        b'K' => Announces::LongLink,
        b'V' | b'M' => Announces::Nothing,
        _ => Content(MemberKind::File),
    }
}

/// Whether the header has GNU's magic: no prefix of the name, but a sparse map.
fn is_gnu(header: &Header) -> bool {
    header.as_ustar().magic == *tar_core::GNU_MAGIC
}

/// Whether the header has fields for a device.
pub(super) fn has_device(header: &Header) -> bool {
    header.as_ustar().magic.starts_with(b"ustar")
}

/// The name in the header, with its prefix.
pub(super) fn name(header: &Header) -> Vec<u8> {
    let fields = header.as_ustar();
    let prefix = if fields.magic == *tar_core::USTAR_MAGIC { until_zero(&fields.prefix) } else { &[] };
    let name = until_zero(&fields.name);
    if prefix.is_empty() { name.to_vec() } else { [prefix, b"/", name].concat() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_octal_or_base_256_with_a_sign() {
        let cases: [(&[u8], Option<i128>); 12] = [
            (b"0000644\0", Some(0o644)),
            (b"   644 \0", Some(0o644)),
            (b"\0\0\0\0\0\0\0\0", Some(0)),
            (b"        ", Some(0)),
            (b"7777777", Some(0o7_777_777)),
            (b"777 9\0\0\0", Some(0o777)),
            (b"0000x44\0", None),
            (b"-000001\0", None),
            (b"\x80\0\0\0\0\0\x01\0", Some(256)),
            (b"\xff\xff\xff\xff\xff\xff\xff\xfe", Some(-2)),
            (b"\x80\0\0\xff\xff\xff\xff\xff\xff\xff\xff\xff", Some(0xff_ffff_ffff_ffff_ffff)),
            (b"", None),
        ];
        for (field, value) in cases {
            assert_eq!(number(field), value, "{field:?}");
        }
    }

    #[test]
    fn signed_sums_are_right_too() {
        let mut header = Header::new_ustar();
        header.set_path(b"caf\xe9").unwrap();
        header.set_checksum();
        let unsigned = header.compute_checksum();
        assert!(verify(header.as_bytes()).is_ok());
        header.as_mut_bytes()[148..156].copy_from_slice(format!("{:06o}\0 ", unsigned - 256).as_bytes());
        assert!(verify(header.as_bytes()).is_ok());
        header.as_mut_bytes()[148..156].copy_from_slice(format!("{:06o}\0 ", unsigned - 255).as_bytes());
        assert!(verify(header.as_bytes()).is_err());
    }

    #[test]
    fn the_padding_fills_the_last_block() {
        assert_eq!([0, 1, 511, 512, 513].map(padding), [0, 511, 1, 0, 511]);
    }
}
