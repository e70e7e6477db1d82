//! Images made in memory, the same bytes every time.
//!
//! `lines` reads entries from text, `layer` writes them as a tar, `archive` packs layers into the files that engines
//! make.

mod archive;
mod layer;
mod lines;

pub use archive::{Image, digest, docker_archive, docker_modern, layout, pack_members, write_layout};
pub use layer::write as layer_tar;
pub use lines::{bytes, parse as entry};

use std::io::Write as _;

/// One record of a layer's tar.
#[derive(Debug, Clone)]
pub struct Entry {
    pub path: Vec<u8>,
    pub kind: tar::EntryType,
    pub mode: u32,
    pub uid: u64,
    pub gid: u64,
    pub mtime: u64,
    pub link: Vec<u8>,
    pub device: (u32, u32),
    /// What the file holds, without its holes.
    pub data: Vec<u8>,
    pub xattrs: Vec<(Vec<u8>, Vec<u8>)>,
    /// Further PAX records, as they are.
    pub records: Vec<(Vec<u8>, Vec<u8>)>,
    pub sparse: Option<Sparse>,
    pub style: Style,
}

/// A file with holes: which parts of it are data.
#[derive(Debug, Clone)]
pub struct Sparse {
    pub format: SparseFormat,
    pub size: u64,
    pub map: Vec<(u64, u64)>,
}

/// The ways in which tar has written sparse files.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SparseFormat {
    OldGnu,
    Pax00,
    Pax01,
    Pax10,
}

/// How what does not fit into a header is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Style {
    /// PAX records where they are needed.
    Pax,
    /// Everything in PAX records, and a header that says something else.
    AllPax,
    /// Each PAX record in a header of its own, one after the other.
    SplitPax,
    /// GNU long names.
    Gnu,
}

/// A layer's tar from its lines.
pub fn layer(lines: &[impl AsRef<str>]) -> Vec<u8> {
    let entries: Vec<Entry> = lines.iter().map(|line| entry(line.as_ref()).unwrap()).collect();
    layer_tar(&entries)
}

/// Compressions, of layers and of whole archives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pack {
    Plain,
    Gzip,
    Zstd,
    Xz,
    Bzip2,
}

impl Pack {
    pub const ALL: [Self; 5] = [Self::Plain, Self::Gzip, Self::Zstd, Self::Xz, Self::Bzip2];

    /// Compresses `data`.
    pub fn pack(self, data: &[u8]) -> Vec<u8> {
        match self {
            Self::Plain => data.to_vec(),
            Self::Gzip => {
                let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
                encoder.write_all(data).unwrap();
                encoder.finish().unwrap()
            }
            Self::Zstd => zstd::encode_all(data, 1).unwrap(),
            Self::Xz => {
                let mut encoder = liblzma::write::XzEncoder::new(Vec::new(), 0);
                encoder.write_all(data).unwrap();
                encoder.finish().unwrap()
            }
            Self::Bzip2 => {
                let mut encoder = bzip2::write::BzEncoder::new(Vec::new(), bzip2::Compression::fast());
                encoder.write_all(data).unwrap();
                encoder.finish().unwrap()
            }
        }
    }
}

#[test]
fn gnu_tar_agrees_with_what_is_written() {
    let lines = [
        "d etc",
        "f 0640 10:20 etc/a size=5 fill=q",
        "l etc/l -> a",
        "h etc/h -> etc/a",
        "f sparse sparse=gnu size=9000 map=0:512,4096:512,8000:100",
        "f sparse10 sparse=1.0 size=9000 map=0:512,4096:512,8000:100",
        "f sparse01 sparse=0.1 size=9000 map=0:512,4096:512,8000:100",
        "f sparse00 sparse=0.0 size=9000 map=0:512,4096:512,8000:100",
        "w gone",
    ];
    let plain = entry("f x size=9000 map=0:512,4096:512,8000:100").unwrap();
    assert_eq!(plain.data.len(), 9000);
    assert_eq!(plain.data[512], 0);
    assert_eq!(plain.data[4096], b'x');
    let tar = layer(&lines);
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("layer.tar");
    std::fs::write(&path, &tar).unwrap();
    let Ok(listed) = std::process::Command::new("tar").arg("--numeric-owner").arg("-tvf").arg(&path).output() else {
        eprintln!("SKIPPED: there is no GNU tar to ask");
        return;
    };
    assert_eq!(String::from_utf8_lossy(&listed.stderr), "");
    let listed = String::from_utf8(listed.stdout).unwrap();
    let shapes: Vec<Vec<&str>> = listed.lines().map(|line| line.split_whitespace().collect()).collect();
    let sizes: Vec<(&str, &str)> = shapes.iter().map(|words| (words[5], words[2])).collect();
    let expected = ["etc/", "etc/a", "etc/l", "etc/h", "sparse", "sparse10", "sparse01", "sparse00", ".wh.gone"];
    assert_eq!(sizes.iter().map(|pair| pair.0).collect::<Vec<_>>(), expected);
    assert!(sizes.iter().filter(|pair| pair.0.starts_with("sparse")).all(|pair| pair.1 == "9000"), "{listed}");
    assert_eq!(shapes[1][1], "10/20");
}
