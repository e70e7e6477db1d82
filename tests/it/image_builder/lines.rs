//! Entries as lines of text.
//!
//! ```text
//! f 0644 0:0 etc/app.conf size=100 fill=a     a file of 100 times `a` (also text=…, map=OFFSET:LENGTH,…)
//! d 0755 etc          l etc/link -> app.conf          h hard -> etc/app.conf
//! c 0666 dev/null 1,3          b dev/loop0 7,0          p run/pipe
//! w etc/gone          the whiteout etc/.wh.gone          opq etc          the opaque marker of etc
//! g comment=…         a global PAX header
//! ```
//! Options: `mtime=SECONDS`, `xattr=NAME:VALUE`, `sparse=gnu|0.0|0.1|1.0`, `style=pax|all|split|gnu`,
//! `pax=KEY:VALUE`. Mode and owner may be left out. `\xNN` is a byte, `\\` a backslash.

use super::{Entry, Sparse, SparseFormat, Style};
use tar::EntryType;

/// Reads one line.
pub fn parse(line: &str) -> Result<Entry, String> {
    let mut words = line.split_whitespace().peekable();
    let letter = words.next().ok_or("an empty line")?;
    let mut entry = blank(letter).ok_or_else(|| format!("unknown kind in: {line}"))?;
    if let Some(mode) = words.next_if(|word| is_mode(word)) {
        entry.mode = u32::from_str_radix(mode, 8).map_err(|error| error.to_string())?;
    }
    if let Some(owner) = words.next_if(|word| is_owner(word)) {
        let (uid, gid) = owner.split_once(':').ok_or("owner")?;
        entry.uid = uid.parse().map_err(|error| format!("owner in: {line}: {error}"))?;
        entry.gid = gid.parse().map_err(|error| format!("owner in: {line}: {error}"))?;
    }
    let name = bytes(words.next().ok_or_else(|| format!("no path in: {line}"))?);
    entry.path = match letter {
        "w" => marker(&name, None),
        "opq" => marker(&name, Some(b".wh..wh..opq")),
        "g" => return global(entry, &name),
        _ => name,
    };
    let mut options = Options { size: None, fill: b'x', map: None, sparse: None };
    while let Some(word) = words.next() {
        if word == "->" {
            entry.link = bytes(words.next().ok_or("no target")?);
        } else if let Some((key, value)) = word.split_once('=') {
            options.apply(&mut entry, key, value).ok_or_else(|| format!("option {word} in: {line}"))?;
        } else if let Some((major, minor)) = word.split_once(',') {
            entry.device = (number(major)? as u32, number(minor)? as u32);
        } else {
            return Err(format!("unknown word {word} in: {line}"));
        }
    }
    options.finish(&mut entry);
    Ok(entry)
}

fn blank(letter: &str) -> Option<Entry> {
    let (kind, mode) = match letter {
        "f" | "w" | "opq" => (EntryType::Regular, 0o644),
        "d" => (EntryType::Directory, 0o755),
        "l" => (EntryType::Symlink, 0o777),
        "h" => (EntryType::Link, 0o644),
        "c" => (EntryType::Char, 0o644),
        "b" => (EntryType::Block, 0o644),
        "p" => (EntryType::Fifo, 0o644),
        "g" => (EntryType::XGlobalHeader, 0o644),
        _ => return None,
    };
    Some(Entry {
        path: Vec::new(),
        kind,
        mode,
        uid: 0,
        gid: 0,
        mtime: 1_700_000_000,
        link: Vec::new(),
        device: (0, 0),
        data: Vec::new(),
        xattrs: Vec::new(),
        records: Vec::new(),
        sparse: None,
        style: Style::Pax,
    })
}

fn is_mode(word: &str) -> bool {
    (3..=4).contains(&word.len()) && word.bytes().all(|byte| (b'0'..=b'7').contains(&byte))
}

fn is_owner(word: &str) -> bool {
    word.contains(':') && word.bytes().all(|byte| byte.is_ascii_digit() || byte == b':')
}

fn number(text: &str) -> Result<u64, String> {
    text.parse().map_err(|error| format!("not a number: {text}: {error}"))
}

fn marker(path: &[u8], opaque: Option<&[u8]>) -> Vec<u8> {
    let at = path.iter().rposition(|byte| *byte == b'/').map_or(0, |at| at + 1);
    match opaque {
        Some(name) if path == b"." => name.to_vec(),
        Some(name) => [path, b"/", name].concat(),
        None => [&path[..at], b".wh.", &path[at..]].concat(),
    }
}

fn global(mut entry: Entry, record: &[u8]) -> Result<Entry, String> {
    let at = record.iter().position(|byte| *byte == b'=').ok_or("a global header without =")?;
    entry.path = b"pax_global_header".to_vec();
    entry.records.push((record[..at].to_vec(), record[at + 1..].to_vec()));
    Ok(entry)
}

/// Undoes the escapes of a word.
pub fn bytes(word: &str) -> Vec<u8> {
    let mut out = Vec::new();
    let mut rest = word.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        if *first == b'\\' && after.first() == Some(&b'x') {
            out.push(u8::from_str_radix(std::str::from_utf8(&after[1..3]).unwrap(), 16).unwrap());
            rest = &after[3..];
        } else if *first == b'\\' && after.first() == Some(&b'\\') {
            out.push(b'\\');
            rest = &after[1..];
        } else {
            out.push(*first);
            rest = after;
        }
    }
    out
}

struct Options {
    size: Option<u64>,
    fill: u8,
    map: Option<Vec<(u64, u64)>>,
    sparse: Option<SparseFormat>,
}

impl Options {
    fn apply(&mut self, entry: &mut Entry, key: &str, value: &str) -> Option<()> {
        match key {
            "size" => self.size = Some(value.parse().ok()?),
            "fill" => self.fill = *bytes(value).first()?,
            "text" => entry.data = bytes(value),
            "mtime" => entry.mtime = value.parse().ok()?,
            "map" => self.map = Some(value.split(',').map(pair).collect::<Option<_>>()?),
            "xattr" => entry.xattrs.push(split(value)?),
            "pax" => entry.records.push(split(value)?),
            "sparse" => {
                self.sparse = Some(match value {
                    "gnu" => SparseFormat::OldGnu,
                    "0.0" => SparseFormat::Pax00,
                    "0.1" => SparseFormat::Pax01,
                    "1.0" => SparseFormat::Pax10,
                    _ => return None,
                });
            }
            "style" => {
                entry.style = match value {
                    "pax" => Style::Pax,
                    "all" => Style::AllPax,
                    "split" => Style::SplitPax,
                    "gnu" => Style::Gnu,
                    _ => return None,
                };
            }
            _ => return None,
        }
        Some(())
    }

    fn finish(self, entry: &mut Entry) {
        let size = self.size.unwrap_or(entry.data.len() as u64);
        match (self.map, self.sparse) {
            (Some(map), Some(format)) => {
                entry.data = vec![self.fill; map.iter().map(|(_, len)| *len as usize).sum()];
                entry.sparse = Some(Sparse { format, size, map });
            }
            (Some(map), None) => {
                entry.data = vec![0; size as usize];
                for (offset, len) in map {
                    entry.data[offset as usize..(offset + len) as usize].fill(self.fill);
                }
            }
            (None, _) if self.size.is_some() => entry.data = vec![self.fill; size as usize],
            (None, _) => {}
        }
    }
}

fn pair(text: &str) -> Option<(u64, u64)> {
    let (a, b) = text.split_once(':')?;
    Some((a.parse().ok()?, b.parse().ok()?))
}

fn split(text: &str) -> Option<(Vec<u8>, Vec<u8>)> {
    let (key, value) = text.split_once(':')?;
    Some((bytes(key), bytes(value)))
}
