//! PACKAGES: which files of the final tree belong to which package of Debian or Alpine, by the databases that the image
//! has of them. Every live file belongs to one package or to none, so that all shares add up to the live bytes.
//!
//! The databases are read as whoever installed the packages left them. They are as foreign as everything else in an
//! image: what cannot be understood is passed over, and so is what is too much.

mod apk;
mod dpkg;
#[cfg(test)]
mod tests;

use super::live::{LiveFile, live_files};
use crate::escape::{Target, escape};
use crate::image::LayerIndex;
use crate::notice::Notice;
use crate::tree::{Finder, InodeId, NodeId, Occupant, Tree};
use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::io;

/// Who installed a package.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, schemars::JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Manager {
    /// Debian's dpkg, also where an image has its stanzas without it.
    Dpkg,
    /// Alpine's apk.
    Apk,
}

impl Manager {
    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Dpkg => "dpkg",
            Self::Apk => "apk",
        }
    }
}

/// How far a package is installed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// It is.
    Installed,
    /// It was begun, and not brought to its end.
    Unfinished,
    /// It was removed, and its configuration is still there.
    ConfigFiles,
}

/// What tells a package from all others. Packages of several architectures may have one name.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Key {
    /// Who installed it.
    pub manager: Manager,
    /// Its name.
    pub name: Box<[u8]>,
    /// What it runs on; empty if nothing says so.
    pub architecture: Box<[u8]>,
}

/// One package.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Package {
    /// Its name.
    pub key: Key,
    /// Its version; empty if nothing says so.
    pub version: Box<[u8]>,
    /// How far it is installed.
    pub state: State,
    /// Its files.
    pub share: Share,
}

/// Files, by the layers that ship them.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Share {
    /// Of each layer that ships any: how many, and their bytes.
    pub layers: BTreeMap<LayerIndex, (u64, u64)>,
}

impl Share {
    /// How many files.
    pub fn files(&self) -> u64 {
        self.layers.values().map(|(files, _)| files).sum()
    }

    /// The sum of their sizes.
    pub fn bytes(&self) -> u64 {
        self.layers.values().map(|(_, bytes)| bytes).sum()
    }

    fn add(&mut self, file: &LiveFile) {
        let (files, bytes) = self.layers.entry(file.layer).or_default();
        *files += 1;
        *bytes += file.bytes;
    }
}

/// Packages and what is whose.
#[derive(Debug, Clone, Default)]
pub struct Packages {
    /// All packages, in the order of their keys.
    pub all: Vec<Package>,
    /// The files that belong to none.
    pub unowned: Share,
    /// The same one by one, largest first, then by path.
    pub unowned_files: Vec<LiveFile>,
    /// Whether there was a database at all.
    pub has_database: bool,
    /// What of the databases could not be read or used.
    pub notices: Vec<Notice>,
    /// What each package says is its, sorted.
    claims: Vec<(NodeId, u32)>,
    /// By inode: the package that a file counts for.
    owners: Vec<u32>,
}

/// No package.
const NOBODY: u32 = u32::MAX;

/// How many packages an image may have. Debian has 65,000.
const MAX_PACKAGES: usize = 200_000;

/// How many paths all packages may claim together.
const MAX_CLAIMS: usize = 8 << 20;

/// Bytes of a path that a database names; a longer one cannot be a path of the tree.
const MAX_PATH: usize = 64 << 10;

fn is_path(path: &[u8]) -> bool {
    !path.is_empty() && path.len() <= MAX_PATH
}

impl Packages {
    /// The package that a path counts for: of a file the first one of those that have one of its names, packages that
    /// are installed before those that are removed; of anything else the first that has it.
    pub fn owner(&self, tree: &Tree, node: NodeId) -> Option<&Package> {
        let Some(Occupant::Inode(inode)) = tree.final_state(node) else { return self.claimants(node).next() };
        match tree.file_size(inode) {
            Some(_) => self.all.get(*self.owners.get(inode.index())? as usize),
            None => self.claimants(node).next(),
        }
    }

    /// All packages whose databases have a path, in the order of their keys.
    pub fn claimants(&self, node: NodeId) -> impl Iterator<Item = &Package> {
        let first = self.claims.partition_point(|(claimed, _)| *claimed < node);
        let claims = self.claims.get(first..).unwrap_or_default();
        claims
            .iter()
            .take_while(move |(claimed, _)| *claimed == node)
            .filter_map(|(_, package)| self.all.get(*package as usize))
    }
}

/// What a file of a database is for.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Part {
    Status,
    Diversions,
    /// The files of a package with this name; its architecture may follow, behind a colon.
    List(Vec<u8>),
    /// The stanza of a package that is in a file of its own, with its name.
    Stanza(Vec<u8>),
    /// The checksums beside such a stanza.
    Sums(Vec<u8>),
    Apk,
}

/// The databases of an image: which files they are.
#[derive(Debug)]
pub struct Databases<'a> {
    tree: &'a Tree,
    finder: Finder<'a>,
    parts: Vec<(Part, InodeId)>,
}

impl<'a> Databases<'a> {
    /// Looks for databases in the final tree.
    pub fn find(tree: &'a Tree) -> Self {
        let mut found = Self { tree, finder: tree.finder(), parts: Vec::new() };
        found.add_at(Part::Status, b"var/lib/dpkg/status");
        found.add_at(Part::Diversions, b"var/lib/dpkg/diversions");
        found.add_all(b"var/lib/dpkg/info", |name| Some(Part::List(name.strip_suffix(b".list")?.to_vec())));
        found.add_all(b"var/lib/dpkg/status.d", |name| {
            let list = name.strip_suffix(b".list").map(|name| Part::List(name.to_vec()));
            let sums = || name.strip_suffix(b".md5sums").map(|name| Part::Sums(name.to_vec()));
            list.or_else(sums).or_else(|| Some(Part::Stanza(name.to_vec())))
        });
        found.add_at(Part::Apk, b"lib/apk/db/installed");
        found.add_at(Part::Apk, b"usr/lib/apk/db/installed");
        // Links may lead from one place to the other.
        found.parts.sort_unstable();
        found.parts.dedup();
        found
    }

    fn add_at(&mut self, part: Part, path: &[u8]) {
        if let Some(node) = self.finder.follow(path) {
            self.add(part, node);
        }
    }

    fn add_all(&mut self, directory: &[u8], part: impl Fn(&[u8]) -> Option<Part>) {
        let Some(directory) = self.finder.follow(directory) else { return };
        for (name, node) in self.finder.names_in(directory) {
            if let Some(part) = part(&name) {
                self.add(part, node);
            }
        }
    }

    fn add(&mut self, part: Part, node: NodeId) {
        if let Some(Occupant::Inode(inode)) = self.tree.final_state(node)
            && self.tree.file_size(inode).is_some()
        {
            self.parts.push((part, inode));
        }
    }

    /// The files whose contents are needed.
    pub fn inodes(&self) -> Vec<InodeId> {
        self.parts.iter().map(|(_, inode)| *inode).collect()
    }

    /// Reads the databases. `content` gives that of one of [`Databases::inodes`], or says why it cannot.
    pub fn read(self, content: &mut dyn FnMut(InodeId) -> io::Result<Vec<u8>>) -> Packages {
        let mut notices = Vec::new();
        let mut texts: BTreeMap<Part, Vec<Vec<u8>>> = BTreeMap::new();
        for (part, inode) in &self.parts {
            match content(*inode) {
                Ok(text) => texts.entry(part.clone()).or_default().push(text),
                Err(error) => notices.push(self.unread(*inode, &error)),
            }
        }
        let mut packages = Packages { has_database: !texts.is_empty(), notices, ..Packages::default() };
        if self.finder.follow(b"var/lib/rpm").or_else(|| self.finder.follow(b"usr/lib/sysimage/rpm")).is_some() {
            let message = "is not read: files of RPM packages count as those of none";
            packages.notices.push(Notice::warning("the RPM database", message));
        }
        let mut claims = Claims { packages: BTreeMap::new(), all: Vec::new(), is_full: false };
        claims.dpkg(&texts, &self.finder);
        claims.apk(&texts, &self.finder);
        if claims.is_full {
            let message = "name too many packages or paths; what is beyond the limit counts as nobody's";
            packages.notices.push(Notice::error("the databases of packages", message));
        }
        packages.settle(self.tree, claims);
        packages
    }

    fn unread(&self, inode: InodeId, error: &io::Error) -> Notice {
        let path = self.tree.inode(inode).map_or_else(Vec::new, |inode| self.tree.path(inode.node));
        let path = escape(&path, Target::Terminal).into_owned();
        Notice::error(path, format!("could not be read: {error}; what it says of packages is missing"))
    }
}

/// What the databases say, before the packages are in their order.
#[derive(Debug, Default)]
struct Claims {
    /// The packages, each with its number in the order in which they were found.
    packages: BTreeMap<Key, (u32, Package)>,
    all: Vec<(NodeId, u32)>,
    is_full: bool,
}

/// The contents of the databases.
type Texts = BTreeMap<Part, Vec<Vec<u8>>>;

impl Claims {
    /// The number of a package; of two that cannot be told apart the later one counts.
    fn package(&mut self, package: Package) -> Option<u32> {
        let next = u32::try_from(self.packages.len()).unwrap_or(NOBODY);
        if let Some((number, known)) = self.packages.get_mut(&package.key) {
            *known = package;
            return Some(*number);
        }
        self.is_full |= self.packages.len() >= MAX_PACKAGES;
        if self.is_full {
            return None;
        }
        self.packages.insert(package.key.clone(), (next, package));
        Some(next)
    }

    fn claim(&mut self, node: Option<NodeId>, package: u32) {
        self.is_full |= self.all.len() >= MAX_CLAIMS;
        self.all.extend(node.filter(|_| !self.is_full).map(|node| (node, package)));
    }

    fn dpkg(&mut self, texts: &Texts, finder: &Finder<'_>) {
        let of = |part: &Part| texts.get(part).and_then(|texts| texts.last()).map(Vec::as_slice);
        let diversions = dpkg::Diversions::read(of(&Part::Diversions).unwrap_or_default(), finder);
        let paths = |claims: &mut Self, number: u32, name: &[u8], text: Option<&[u8]>| {
            for path in text.into_iter().flat_map(dpkg::list) {
                if claims.is_full {
                    return;
                }
                claims.claim(diversions.find(path, name, finder), number);
            }
        };
        for package in blocks(of(&Part::Status).unwrap_or_default()).filter_map(dpkg::package) {
            let Key { name, architecture, .. } = package.key.clone();
            let Some(number) = self.package(package) else { return };
            let qualified = Part::List([&name[..], b":", &architecture].concat());
            paths(self, number, &name, of(&qualified).or_else(|| of(&Part::List(name.to_vec()))));
        }
        for (part, text) in texts {
            let Part::Stanza(file) = part else { continue };
            for package in text.iter().flat_map(|text| blocks(text)).filter_map(dpkg::package) {
                let name = package.key.name.clone();
                let Some(number) = self.package(package) else { return };
                paths(self, number, &name, of(&Part::List(file.clone())));
                for path in of(&Part::Sums(file.clone())).into_iter().flat_map(dpkg::sums) {
                    if self.is_full {
                        return;
                    }
                    self.claim(diversions.find(path, &name, finder), number);
                }
            }
        }
    }

    fn apk(&mut self, texts: &Texts, finder: &Finder<'_>) {
        for block in texts.get(&Part::Apk).into_iter().flatten().flat_map(|text| blocks(text)) {
            let Some(package) = apk::package(block) else { continue };
            let Some(number) = self.package(package) else { return };
            let mut directory = Some(NodeId::ROOT);
            for place in apk::places(block) {
                if self.is_full {
                    return;
                }
                let node = match place {
                    apk::Place::Directory(path) => {
                        directory = finder.follow(path);
                        directory
                    }
                    apk::Place::Name(name) => directory.and_then(|directory| finder.child_of(directory, name)),
                };
                self.claim(node, number);
            }
        }
    }
}

impl Packages {
    /// Brings the packages into their order, and gives every live file to one of them or to none.
    fn settle(&mut self, tree: &Tree, claims: Claims) {
        let mut places = vec![NOBODY; claims.packages.len()];
        for (place, (number, package)) in (0..).zip(claims.packages.into_values()) {
            if let Some(known) = places.get_mut(number as usize) {
                *known = place;
            }
            self.all.push(package);
        }
        let place = |number: u32| places.get(number as usize).copied().unwrap_or(NOBODY);
        self.claims = claims.all.into_iter().map(|(node, number)| (node, place(number))).collect();
        self.claims.sort_unstable();
        self.claims.dedup();
        self.owners = vec![NOBODY; tree.inode_ids().count()];
        let rank = |package: u32| (self.all.get(package as usize).map(|package| package.state), package);
        for (node, package) in &self.claims {
            if let Some(Occupant::Inode(inode)) = tree.final_state(*node)
                && let Some(owner) = self.owners.get_mut(inode.index())
                && (*owner == NOBODY || rank(*package) < rank(*owner))
            {
                *owner = *package;
            }
        }
        for file in live_files(tree) {
            let owner = self.owners.get(file.inode.index()).copied().unwrap_or(NOBODY);
            if let Some(package) = self.all.get_mut(owner as usize) {
                package.share.add(&file);
            } else {
                self.unowned.add(&file);
                self.unowned_files.push(file);
            }
        }
        self.unowned_files.sort_by_key(|file| Reverse(file.bytes));
    }
}

/// The blocks of a text that empty lines part; a line of nothing but blanks is empty.
fn blocks(text: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mut rest = text;
    std::iter::from_fn(move || {
        while !rest.is_empty() {
            let block = rest;
            let mut end = 0;
            // Up to the line that is empty, and past it.
            loop {
                let line = rest.split(|byte| *byte == b'\n').next().unwrap_or_default();
                rest = rest.get(line.len() + 1..).unwrap_or_default();
                if line.trim_ascii().is_empty() || rest.is_empty() {
                    end += line.trim_ascii_end().len();
                    break;
                }
                end += line.len() + 1;
            }
            let block = block.get(..end).unwrap_or_default();
            if !block.is_empty() {
                return Some(block);
            }
        }
        None
    })
}
