//! Where a program finds its libraries (ld.so(8), and musl's `ldso/dynlink.c`).

use super::elf::Elf;
use crate::tree::{Finder, InodeId, NodeId, Occupant, Tree};
use globset::GlobBuilder;
use std::io;

/// Where glibc looks when nothing else is said.
const GLIBC: &[&[u8]] = &[b"/lib64", b"/usr/lib64", b"/lib", b"/usr/lib"];

/// Where musl does.
const MUSL: &[&[u8]] = &[b"/lib", b"/usr/local/lib", b"/usr/lib"];

/// How deep files of directories include each other.
const MOST_INCLUDES: usize = 8;

/// Bytes of a file that names directories.
const MOST_TEXT: u64 = 1 << 20;

/// Bytes of a library that say for which processor it is.
const HEADER: u64 = 64;

/// Reads at most so many bytes of the beginning of a file of the image.
type Content<'a> = &'a mut dyn FnMut(InodeId, u64) -> io::Result<Vec<u8>>;

/// Where the libraries of one file are looked for, in the final image.
#[derive(Debug)]
pub struct Libraries<'a> {
    tree: &'a Tree,
    finder: Finder<'a>,
    directories: Vec<Vec<u8>>,
}

impl<'a> Libraries<'a> {
    /// Finds out where the libraries of an ELF file at `path` are looked for. `content` reads files of the image.
    ///
    /// What a user could say at run time (`LD_LIBRARY_PATH`) is not known, and the cache of `ldconfig` is not read: the
    /// directories that it is made from are.
    pub fn of(tree: &'a Tree, elf: &Elf, path: &[u8], content: Content<'_>) -> Self {
        let mut out = Self { tree, finder: tree.finder(), directories: Vec::new() };
        let origin = match path.iter().rposition(|byte| *byte == b'/') {
            Some(slash) => path.get(..slash).unwrap_or_default(),
            None => b"",
        };
        // DT_RPATH counts only where there is no DT_RUNPATH.
        if let Some(own) = elf.runpath.as_ref().or(elf.rpath.as_ref()) {
            out.add_list(own, &[b"/", origin.strip_prefix(b"/").unwrap_or(origin)].concat());
        }
        let interpreter = elf.interpreter.as_deref().unwrap_or_default();
        let loader = interpreter.rsplit(|byte| *byte == b'/').next().unwrap_or_default();
        let musl = loader.strip_prefix(b"ld-").and_then(|name| name.strip_suffix(b".so.1"));
        if let Some(name) = musl.filter(|name| name.starts_with(b"musl")) {
            match out.read(&[b"/etc/ld-", name, b".path"].concat(), content) {
                // One directory a line, or between colons.
                Some(list) => list.split(|byte| *byte == b'\n').for_each(|line| out.add_list(line, b"")),
                None => out.add_all(MUSL),
            }
        } else {
            out.add_file(b"/etc/ld.so.conf", MOST_INCLUDES, content);
            out.add_all(GLIBC);
        }
        out
    }

    /// The loader and the libraries that a file names, in its order, each where it is; none where it is not.
    pub fn wanted(&self, elf: &Elf, content: Content<'_>) -> Vec<(Vec<u8>, Option<NodeId>)> {
        let names = elf.interpreter.iter().chain(&elf.needed);
        names.map(|name| (name.clone(), self.find(elf, name, content))).collect()
    }

    /// The path of a library, links followed. One that is made for another processor, or for 32 bits instead of 64, is
    /// passed over, as the loader does.
    fn find(&self, elf: &Elf, name: &[u8], content: Content<'_>) -> Option<NodeId> {
        let file = |node: &NodeId| match self.tree.final_state(*node) {
            Some(Occupant::Inode(inode)) => self.tree.file_size(inode).map(|_| inode),
            _ => None,
        };
        if name.contains(&b'/') {
            return self.finder.follow(name).filter(|node| file(node).is_some());
        }
        let within = |directory: &Vec<u8>| self.finder.follow(&[directory, b"/".as_slice(), name].concat());
        self.directories.iter().filter_map(within).find(|node| {
            // What is no ELF file at all is what the loader would stop at.
            let mut header = |inode| content(inode, HEADER).ok().and_then(|start| Elf::of(&start));
            file(node).is_some_and(|inode| header(inode).is_none_or(|found| found.is_made_for_the_same(elf)))
        })
    }

    fn add_all(&mut self, directories: &[&[u8]]) {
        self.directories.extend(directories.iter().map(|directory| directory.to_vec()));
    }

    /// Adds a list of directories; `$ORIGIN` is the one of the file itself.
    fn add_list(&mut self, list: &[u8], origin: &[u8]) {
        for directory in list.split(|byte| *byte == b':').filter(|directory| !directory.is_empty()) {
            let text = directory.strip_prefix(b"${ORIGIN}").or_else(|| directory.strip_prefix(b"$ORIGIN"));
            self.directories.push(text.map_or_else(|| directory.to_vec(), |rest| [origin, rest].concat()));
        }
    }

    fn read(&self, path: &[u8], content: Content<'_>) -> Option<Vec<u8>> {
        let node = self.finder.follow(path)?;
        match self.tree.final_state(node)? {
            Occupant::Inode(inode) => content(inode, MOST_TEXT).ok(),
            Occupant::Implied => None,
        }
    }

    /// Adds what a file of `ldconfig` names: a directory a line, or other such files.
    fn add_file(&mut self, path: &[u8], depth: usize, content: Content<'_>) {
        let Some(text) = self.read(path, content) else { return };
        for line in text.split(|byte| *byte == b'\n') {
            let line = line.split(|byte| *byte == b'#').next().unwrap_or_default().trim_ascii();
            match line.strip_prefix(b"include") {
                Some(rest) if rest.first().is_some_and(u8::is_ascii_whitespace) => {
                    if depth > 0 {
                        for included in self.matching(rest.trim_ascii()) {
                            self.add_file(&included, depth - 1, content);
                        }
                    }
                }
                _ if line.is_empty() || line.starts_with(b"hwcap") => {}
                _ => self.directories.push(line.to_vec()),
            }
        }
    }

    /// The files of one directory that a pattern names, in the order of their names.
    fn matching(&self, pattern: &[u8]) -> Vec<Vec<u8>> {
        let pattern = if pattern.starts_with(b"/") { pattern.to_vec() } else { [b"/etc/", pattern].concat() };
        let Some(slash) = pattern.iter().rposition(|byte| *byte == b'/') else { return Vec::new() };
        let (directory, name) = pattern.split_at(slash + 1);
        let Some(glob) = std::str::from_utf8(name).ok().and_then(|name| GlobBuilder::new(name).build().ok()) else {
            return Vec::new();
        };
        let (glob, directory) = (glob.compile_matcher(), directory.to_vec());
        let Some(node) = self.finder.follow(&directory) else { return Vec::new() };
        let names = self.finder.names_in(node).into_iter().map(|(name, _)| name);
        let is_meant = |name: &Vec<u8>| std::str::from_utf8(name).is_ok_and(|name| glob.is_match(name));
        let mut out: Vec<Vec<u8>> =
            names.filter(is_meant).map(|name| [directory.as_slice(), name.as_slice()].concat()).collect();
        out.sort();
        out
    }
}

#[cfg(test)]
mod tests {
    use super::super::ElfKind;
    use super::*;
    use crate::listing::testing::listing;
    use crate::tree::Stack;

    const FILES: &[&str] = &[
        "f etc/ld.so.conf 40 x",
        "f etc/ld.so.conf.d/b.conf 20 x",
        "f etc/ld.so.conf.d/a.conf 20 x",
        "f etc/ld.so.conf.d/a.conf.old 20 x",
        "f etc/ld-musl-x86_64.path 20 x",
        "f opt/first/lib1.so 10 x",
        "f opt/second/lib1.so 10 x",
        "f opt/second/lib2.so 10 x",
        "f opt/old/lib3.so 10 x",
        "f usr/lib64/lib4.so.6.1 10 x",
        "l usr/lib64/lib4.so.6 lib4.so.6.1",
        "l lib64 usr/lib64",
        "f srv/app/lib/own.so 10 x",
        "f srv/musl/lib1.so 10 x",
        "d usr/lib/lib5.so",
        "f opt/second/lib6.so 64 x",
        "f opt/old/lib6.so 64 x",
        "f usr/lib/lib6.so 64 x",
    ];

    fn elf(interpreter: &str, needed: &[&str], runpath: Option<&str>) -> Elf {
        Elf {
            is_64: true,
            is_little: true,
            machine: 62,
            kind: ElfKind::PieProgram,
            interpreter: Some(interpreter.into()),
            soname: None,
            needed: needed.iter().map(|name| (*name).into()).collect(),
            rpath: Some(b"/opt/old".to_vec()),
            runpath: runpath.map(Into::into),
            build_id: None,
            is_stripped: None,
        }
    }

    fn found(elf: &Elf) -> Vec<String> {
        let mut stack = Stack::new();
        stack.push(listing(FILES));
        let tree = stack.finish();
        let content = |inode: InodeId, _: u64| {
            let path = tree.path(tree.inode(inode).unwrap().node);
            Ok(match path.as_slice() {
                b"opt/second/lib6.so" => header(1, 62),
                b"opt/old/lib6.so" => header(2, 183),
                b"usr/lib/lib6.so" => header(2, 62),
                path if path.ends_with(b".so") || path.ends_with(b".so.6.1") => b"no ELF file".to_vec(),
                b"etc/ld.so.conf" => b"# all\ninclude ld.so.conf.d/*.conf\ninclude /etc/ld.so.conf\n".to_vec(),
                b"etc/ld.so.conf.d/a.conf" => b"/opt/first # one\n\n".to_vec(),
                b"etc/ld.so.conf.d/b.conf" => b"/opt/second\nhwcap 1 x\n".to_vec(),
                b"etc/ld.so.conf.d/a.conf.old" => b"/opt/old\n".to_vec(),
                b"etc/ld-musl-x86_64.path" => b"/srv/none:/srv/musl\n/opt/second".to_vec(),
                other => panic!("{other:?} is asked for"),
            })
        };
        let mut read = content;
        let wanted = Libraries::of(&tree, elf, b"srv/app/bin/run", &mut read).wanted(elf, &mut read);
        let path = |node: NodeId| String::from_utf8(tree.path(node)).unwrap();
        wanted.into_iter().map(|(_, node)| node.map_or_else(|| "missing".to_owned(), path)).collect()
    }

    /// The header of a file of this class, for this processor.
    fn header(class: u8, machine: u8) -> Vec<u8> {
        let mut out = vec![0; 64];
        out[..7].copy_from_slice(&[0x7f, b'E', b'L', b'F', class, 1, 1]);
        (out[16], out[18], out[20]) = (3, machine, 1);
        out
    }

    #[test]
    fn what_is_made_for_another_processor_is_passed_over() {
        // 32 bits in the first directory, another processor in the second one.
        let elf = elf(GLIBC_LOADER, &["lib6.so"], Some("/opt/second:/opt/old"));
        assert_eq!(found(&elf)[1..], ["usr/lib/lib6.so"]);
        let other = Elf { machine: 183, ..elf };
        assert_eq!(found(&other)[1..], ["opt/old/lib6.so"]);
        let neither = Elf { machine: 8, is_little: false, ..other };
        assert_eq!(found(&neither)[1..], ["missing"]);
    }

    const GLIBC_LOADER: &str = "/lib64/lib4.so.6";

    #[test]
    fn directories_come_in_the_order_of_their_files_and_links_are_followed() {
        let elf = elf(GLIBC_LOADER, &["lib1.so", "lib2.so", "lib4.so.6", "lib5.so", "lib3.so"], Some("/nowhere"));
        // A directory is no library; DT_RPATH does not count beside DT_RUNPATH.
        let expected = [
            "usr/lib64/lib4.so.6.1",
            "opt/first/lib1.so",
            "opt/second/lib2.so",
            "usr/lib64/lib4.so.6.1",
            "missing",
            "missing",
        ];
        assert_eq!(found(&elf), expected);
    }

    #[test]
    fn what_the_file_itself_says_comes_first() {
        let own = elf(GLIBC_LOADER, &["lib1.so", "own.so"], Some("$ORIGIN/../lib:/opt/second"));
        assert_eq!(found(&own)[1..], ["opt/second/lib1.so", "srv/app/lib/own.so"]);
        let braces = elf(GLIBC_LOADER, &["own.so"], Some("${ORIGIN}/../lib"));
        assert_eq!(found(&braces)[1..], ["srv/app/lib/own.so"]);
        let old = elf(GLIBC_LOADER, &["lib3.so", "/srv/app/lib/own.so"], None);
        assert_eq!(found(&old)[1..], ["opt/old/lib3.so", "srv/app/lib/own.so"]);
    }

    #[test]
    fn musl_has_rules_of_its_own() {
        let musl = elf("/lib/ld-musl-x86_64.so.1", &["lib1.so", "lib2.so", "lib4.so.6"], Some("/nowhere"));
        assert_eq!(found(&musl), ["missing", "srv/musl/lib1.so", "opt/second/lib2.so", "missing"]);
    }
}
