//! Entries as a tar, header by header: also what no library writes.

use super::{Entry, Sparse, SparseFormat, Style};
use tar::{EntryType, Header};

type Records = Vec<(Vec<u8>, Vec<u8>)>;

/// The tar of these entries, with its end.
pub fn write(entries: &[Entry]) -> Vec<u8> {
    let mut out = Vec::new();
    for entry in entries {
        one(&mut out, entry);
    }
    out.extend([0; 1024]);
    out
}

fn one(out: &mut Vec<u8>, entry: &Entry) {
    if entry.kind == EntryType::XGlobalHeader {
        return block(out, &header(EntryType::XGlobalHeader, b"pax_global_header"), &encode(&entry.records));
    }
    let mut records = records_of(entry);
    let mut header = header(entry.kind, &entry.path);
    if entry.style == Style::Gnu || matches!(&entry.sparse, Some(sparse) if sparse.format == SparseFormat::OldGnu) {
        put(&mut header.as_mut_bytes()[257..265], b"ustar  \0");
    }
    header.set_mode(entry.mode);
    header.set_uid(entry.uid);
    header.set_gid(entry.gid);
    header.set_mtime(entry.mtime);
    if matches!(entry.kind, EntryType::Char | EntryType::Block) {
        header.set_device_major(entry.device.0).unwrap();
        header.set_device_minor(entry.device.1).unwrap();
    }
    put(&mut header.as_old_mut().linkname, &entry.link);
    long_names(out, &mut records, entry);
    let mut data = entry.data.clone();
    if let Some(sparse) = &entry.sparse {
        data = sparse_data(&mut header, &mut records, entry, sparse);
    }
    if entry.style == Style::AllPax {
        hide_behind_records(&mut header, &mut records, entry);
    }
    match entry.style {
        Style::SplitPax => records.chunks(1).for_each(|chunk| pax(out, chunk)),
        _ if !records.is_empty() => pax(out, &records),
        _ => {}
    }
    if matches!(&entry.sparse, Some(sparse) if sparse.format == SparseFormat::OldGnu) {
        return old_gnu(out, header, entry.sparse.as_ref().unwrap(), &data);
    }
    if entry.style == Style::AllPax {
        // The header claims no content; the record knows better.
        header.set_size(0);
        header.set_cksum();
        out.extend(header.as_bytes());
        return content(out, &data);
    }
    block(out, &header, &data);
}

fn records_of(entry: &Entry) -> Records {
    let mut records = entry.records.clone();
    for (name, value) in &entry.xattrs {
        records.push(([b"SCHILY.xattr.", &name[..]].concat(), value.clone()));
    }
    records
}

fn long_names(out: &mut Vec<u8>, records: &mut Records, entry: &Entry) {
    for (long, gnu, key) in [(&entry.link, b'K', "linkpath"), (&entry.path, b'L', "path")] {
        if long.len() <= 100 {
        } else if entry.style == Style::Gnu {
            block(out, &header(EntryType::new(gnu), b"././@LongLink"), &[&long[..], b"\0"].concat());
        } else {
            records.push((key.into(), long.clone()));
        }
    }
}

fn hide_behind_records(header: &mut Header, records: &mut Records, entry: &Entry) {
    let text = |number: u64| number.to_string().into_bytes();
    records.push(("path".into(), entry.path.clone()));
    records.push(("uid".into(), text(entry.uid)));
    records.push(("gid".into(), text(entry.gid)));
    records.push(("size".into(), text(entry.data.len() as u64)));
    put(&mut header.as_old_mut().name, b"not-this-name");
    header.set_uid(99);
    header.set_gid(99);
}

fn header(kind: EntryType, path: &[u8]) -> Header {
    let mut header = Header::new_ustar();
    header.set_entry_type(kind);
    header.set_mode(0o644);
    header.set_uid(0);
    header.set_gid(0);
    header.set_mtime(0);
    let slash = kind == EntryType::Directory && !path.ends_with(b"/");
    put(&mut header.as_old_mut().name, &[path, if slash { b"/" } else { b"" }].concat());
    header
}

fn put(field: &mut [u8], value: &[u8]) {
    field.fill(0);
    let len = value.len().min(field.len());
    field[..len].copy_from_slice(&value[..len]);
}

fn block(out: &mut Vec<u8>, header: &Header, data: &[u8]) {
    let mut header = header.clone();
    header.set_size(data.len() as u64);
    header.set_cksum();
    out.extend(header.as_bytes());
    content(out, data);
}

fn content(out: &mut Vec<u8>, data: &[u8]) {
    out.extend(data);
    out.resize(out.len().next_multiple_of(512), 0);
}

fn pax(out: &mut Vec<u8>, records: &[(Vec<u8>, Vec<u8>)]) {
    block(out, &header(EntryType::XHeader, b"PaxHeaders/entry"), &encode(records));
}

/// `LENGTH KEY=VALUE\n`, where the length counts itself.
fn encode(records: &[(Vec<u8>, Vec<u8>)]) -> Vec<u8> {
    let mut out = Vec::new();
    for (key, value) in records {
        let rest = key.len() + value.len() + 3;
        let mut len = rest + 1;
        while len != rest + len.to_string().len() {
            len = rest + len.to_string().len();
        }
        out.extend(format!("{len} ").bytes());
        out.extend(key);
        out.push(b'=');
        out.extend(value);
        out.push(b'\n');
    }
    out
}

fn sparse_data(header: &mut Header, records: &mut Records, entry: &Entry, sparse: &Sparse) -> Vec<u8> {
    let mut add = |key: &str, value: String| records.push((key.into(), value.into_bytes()));
    match sparse.format {
        SparseFormat::OldGnu => {}
        SparseFormat::Pax00 => {
            add("GNU.sparse.size", sparse.size.to_string());
            add("GNU.sparse.numblocks", sparse.map.len().to_string());
            for (offset, len) in &sparse.map {
                add("GNU.sparse.offset", offset.to_string());
                add("GNU.sparse.numbytes", len.to_string());
            }
        }
        SparseFormat::Pax01 => {
            let map: Vec<String> = sparse.map.iter().map(|(offset, len)| format!("{offset},{len}")).collect();
            add("GNU.sparse.size", sparse.size.to_string());
            add("GNU.sparse.numblocks", sparse.map.len().to_string());
            add("GNU.sparse.map", map.join(","));
        }
        SparseFormat::Pax10 => {
            add("GNU.sparse.major", "1".into());
            add("GNU.sparse.minor", "0".into());
            add("GNU.sparse.realsize", sparse.size.to_string());
        }
    }
    if matches!(sparse.format, SparseFormat::Pax01 | SparseFormat::Pax10) {
        records.push((b"GNU.sparse.name".to_vec(), entry.path.clone()));
        put(&mut header.as_old_mut().name, &[b"GNUSparseFile.0/", &entry.path[..]].concat());
    }
    if sparse.format != SparseFormat::Pax10 {
        return entry.data.clone();
    }
    let mut data = format!("{}\n", sparse.map.len()).into_bytes();
    for (offset, len) in &sparse.map {
        data.extend(format!("{offset}\n{len}\n").bytes());
    }
    data.resize(data.len().next_multiple_of(512), 0);
    data.extend(&entry.data);
    data
}

/// Four regions in the header, twenty-one in each block after it.
fn old_gnu(out: &mut Vec<u8>, mut header: Header, sparse: &Sparse, data: &[u8]) {
    header.set_entry_type(EntryType::GNUSparse);
    header.set_size(data.len() as u64);
    let pair = |(offset, len): &(u64, u64)| format!("{offset:011o}\0{len:011o}\0").into_bytes();
    let (first, rest) = sparse.map.split_at(sparse.map.len().min(4));
    let bytes = header.as_mut_bytes();
    for (index, region) in first.iter().enumerate() {
        bytes[386 + index * 24..][..24].copy_from_slice(&pair(region));
    }
    bytes[482] = u8::from(!rest.is_empty());
    bytes[483..495].copy_from_slice(format!("{:011o}\0", sparse.size).as_bytes());
    header.set_cksum();
    out.extend(header.as_bytes());
    let chunks: Vec<_> = rest.chunks(21).collect();
    for (index, chunk) in chunks.iter().enumerate() {
        let mut extension = [0; 512];
        for (at, region) in chunk.iter().enumerate() {
            extension[at * 24..][..24].copy_from_slice(&pair(region));
        }
        extension[504] = u8::from(index + 1 < chunks.len());
        out.extend(extension);
    }
    content(out, data);
}
