//! From a reference to an opened source.

#![expect(clippy::disallowed_methods, reason = "this module decides whether an argument is a path")]

use super::archive::{self, ChainWith as _, Keeping, Pass, Sink, Sweep, first_byte, read_start};
use super::command::{self, Engine};
use super::contents::{Contents, Store};
use super::index::{INDEX, MANIFEST, OCI_LAYOUT};
use super::reference::is_image_name;
use super::telling::Telling;
use super::watched::Watched;
use super::{Kind, Place, Reference, Source, SourceError, Transport, layout, seems};
use crate::bytes::{
    Cancel, Counting, Meter, OpenError, Section, Spool, SpoolFile, StandardInput, ahead, is_cancelled, open_regular,
    open_standard_input,
};
use crate::codec::{Compression, decoder};
use crate::notice::Notice;
use crate::progress::Observer;
use crate::tarball::{Limits, TarError};
use std::ffi::OsString;
use std::fs;
use std::io::{self, IsTerminal as _, Read};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::AtomicU32;

/// How to open.
#[derive(Debug, Clone)]
pub struct OpenOptions {
    /// Where an unseekable input is spooled (`$TMPDIR`).
    pub spool_directory: PathBuf,
    /// How many bytes are spooled at most: of the input, and of the compressed layers in a compressed archive.
    pub spool_max: u64,
    /// What is too much in an archive.
    pub limits: Limits,
    /// Bytes of one document (manifest, index, config) that are read at most.
    pub document_max: u64,
    /// Where `docker` and `podman` are looked for, as in `$PATH`; none for the search path of this process.
    pub search_path: Option<OsString>,
    /// Heeded at every read.
    pub cancel: Cancel,
}

impl Default for OpenOptions {
    fn default() -> Self {
        Self {
            spool_directory: PathBuf::from("/tmp"),
            spool_max: 64 << 30,
            limits: Limits::default(),
            document_max: 8 << 20,
            search_path: None,
            cancel: Cancel::default(),
        }
    }
}

/// Opens what `reference` leads to. A sequential input is swept into `sink`.
pub fn open(
    reference: Reference,
    options: &OpenOptions,
    sink: &mut dyn Sink,
    observer: &dyn Observer,
) -> Result<Source, SourceError> {
    let opening = Opening { reference, options, sink, observer };
    if opening.reference.is_standard_input() {
        return opening.standard_input();
    }
    match opening.reference.transport {
        Transport::DockerDaemon => opening.engines(&[command::DOCKER]),
        Transport::Podman => opening.engines(&[command::PODMAN]),
        Transport::Engine => opening.engines(&[command::DOCKER, command::PODMAN]),
        _ => opening.path(),
    }
}

/// Opens an archive whose bytes are at hand already, as the image that is built into the program.
pub fn open_section(
    reference: Reference,
    whole: Section,
    options: &OpenOptions,
    sink: &mut dyn Sink,
    observer: &dyn Observer,
) -> Result<Source, SourceError> {
    Opening { reference, options, sink, observer }.file(whole)
}

struct Opening<'a> {
    reference: Reference,
    options: &'a OpenOptions,
    sink: &'a mut dyn Sink,
    observer: &'a dyn Observer,
}

impl<'a> Opening<'a> {
    fn standard_input(self) -> Result<Source, SourceError> {
        if io::stdin().is_terminal() {
            return Err(SourceError::Terminal);
        }
        match open_standard_input().map_err(|error| self.io(error))? {
            StandardInput::File(bytes) => self.file(Section::new(bytes)),
            StandardInput::Stream(stream) => self.stream(stream, || Ok(())),
        }
    }

    fn path(mut self) -> Result<Source, SourceError> {
        if let Some(whole) = self.reference.path_with_colon().filter(|path| fs::symlink_metadata(path).is_ok()) {
            self.reference.target = whole;
            self.reference.tag = None;
        }
        let path = PathBuf::from(&self.reference.target);
        match fs::metadata(&path) {
            Ok(metadata) if metadata.is_dir() => self.directory(path),
            Ok(_) => match open_regular(&path) {
                Ok(bytes) => self.file(Section::new(bytes)),
                Err(OpenError::Io(error)) => Err(self.io(error)),
                Err(OpenError::NotRegular) => Err(SourceError::NotRegular { reference: self.typed() }),
            },
            Err(error) if self.reference.transport != Transport::Sniffed || !is_not_there(&error) => {
                Err(self.io(error))
            }
            Err(_) if self.registry_name().is_some() => {
                let name = self.registry_name().unwrap_or_default().to_owned();
                Err(SourceError::Registry { reference: self.typed(), name })
            }
            Err(_) if is_image_name(&self.reference.target) => {
                self.reference.transport = Transport::Engine;
                self.engines(&[command::DOCKER, command::PODMAN])
            }
            Err(_) => Err(SourceError::NoSuchFile { reference: self.typed(), looked: self.looked() }),
        }
    }

    fn directory(self, root: PathBuf) -> Result<Source, SourceError> {
        let has = |name: &str| root.join(name).is_file();
        let is_layout = has("oci-layout") || has("index.json");
        let kind = match self.reference.transport {
            Transport::Sniffed | Transport::Oci if is_layout => Kind::Oci,
            Transport::Sniffed | Transport::DockerArchive if has("manifest.json") => Kind::DockerArchive,
            Transport::Sniffed | Transport::Oci | Transport::Rootfs => {
                let seems = seems::directory(|name| root.join(name).exists());
                return Err(SourceError::NotAnImage { reference: self.typed(), seems });
            }
            _ => return Err(self.disagrees("an archive", "a directory")),
        };
        let index = layout::list(&root).map_err(|error| self.io(error))?;
        let contents = self.contents(Store::Directory(root), index);
        Ok(Source { kind, reference: self.reference, compression: Compression::None, notices: Vec::new(), contents })
    }

    fn file(mut self, whole: Section) -> Result<Source, SourceError> {
        let mut start = [0; Compression::MAGIC];
        let read = whole.reader().take(start.len() as u64).read(&mut start).map_err(|error| self.io(error))?;
        let compression = Compression::sniff(start.get(..read).unwrap_or_default());
        let pass = if compression == Compression::None {
            archive::index(&whole, self.options.limits)
        } else {
            let sweep = |opening: &mut Self, keeping| {
                let stored = opening.watched(whole.reader(), Some(whole.len()));
                opening.sweep_compressed(compression, stored, keeping)
            };
            let keeping = self.layers_spool();
            match sweep(&mut self, keeping)? {
                pass if pass.spool_failed => sweep(&mut self, Keeping::Nothing)?,
                pass => pass,
            }
        };
        self.archive(whole, compression, pass)
    }

    /// Reads a stream once, keeps what passes, and asks `ended` at its end whether that was all.
    fn stream(
        mut self,
        stream: impl Read + Send,
        ended: impl FnOnce() -> Result<(), String>,
    ) -> Result<Source, SourceError> {
        let stored = self.watched(stream, None);
        let file = SpoolFile::new(&self.options.spool_directory, self.options.spool_max);
        let file = file.map_err(|error| self.io(error))?;
        let spooled = file.spooled();
        let mut spool = Spool::new(stored, file);
        // No more than is needed: the rest may be slow to come.
        let start = read_start(&mut spool, Compression::MAGIC as u64).map_err(|error| self.io(error))?;
        let compression = Compression::sniff(&start);
        let mut stored = start.chain_with(&mut spool);
        let pass = if compression == Compression::None {
            self.sweep(compression, Keeping::Whole(spooled)).run(&mut stored)
        } else {
            let keeping = self.layers_spool();
            self.sweep_compressed(compression, stored, keeping)?
        };
        if pass.index.members == 0 {
            // Nothing worth keeping; the rest may be endless.
            drop(spool);
            ended().map_err(|reason| SourceError::Engine { reference: self.typed(), reason })?;
            let nothing = Section::new(Arc::new(Vec::new()));
            return self.archive(nothing, compression, pass);
        }
        let whole = spool.finish().map_err(|error| self.io(error))?;
        ended().map_err(|reason| SourceError::Engine { reference: self.typed(), reason })?;
        self.archive(whole, compression, pass)
    }

    /// Sweeps a compressed archive: one thread decompresses while this one looks at what comes out.
    fn sweep_compressed(
        &mut self,
        compression: Compression,
        stored: impl Read + Send,
        keeping: Keeping,
    ) -> Result<Pass, SourceError> {
        let plain = decoder(compression, stored).map_err(|error| self.io(error))?;
        let sweep = self.sweep(compression, keeping);
        Ok(ahead(plain, |plain| sweep.run(plain)))
    }

    fn sweep(&mut self, compression: Compression, keeping: Keeping) -> Sweep<'_> {
        Sweep {
            limits: self.options.limits,
            document_max: self.options.document_max,
            keeping,
            sink: self.sink,
            telling: Telling::new(compression, self.observer),
        }
    }

    /// Where the compressed layers of a compressed archive are kept. Without, they are scanned one after the other.
    fn layers_spool(&self) -> Keeping {
        let file = SpoolFile::new(&self.options.spool_directory, self.options.spool_max);
        file.map_or(Keeping::Nothing, Keeping::Layers)
    }

    fn engines(mut self, engines: &[Engine]) -> Result<Source, SourceError> {
        let name = self.reference.target.clone();
        if !is_image_name(&name) {
            return Err(SourceError::NoSuchFile { reference: self.typed(), looked: self.looked() });
        }
        let mut said = Vec::new();
        let mut installed = false;
        for engine in engines {
            let (saving, mut output) = match engine.save(&name, self.options.search_path.as_deref()) {
                Ok(started) => started,
                Err(error) if error.kind() == io::ErrorKind::NotFound => {
                    said.push(format!("{} is not installed", engine.program));
                    continue;
                }
                Err(error) => {
                    said.push(format!("{}: {error}", engine.program));
                    continue;
                }
            };
            installed = true;
            let start = read_start(&mut output, 1).map_err(|error| self.io(error))?;
            if start.is_empty() {
                said.push(saving.finish().err().unwrap_or_else(|| format!("{}: sent nothing", engine.program)));
                continue;
            }
            self.reference.transport = engine.transport;
            return self.stream(start.chain_with(output), || saving.finish());
        }
        let programs: Vec<_> = engines.iter().map(|engine| engine.program).collect();
        let save = format!("{} save {name}", programs.first().unwrap_or(&"docker"));
        if installed {
            return Err(SourceError::NoEngine { reference: self.typed(), looked: self.looked(), said, save });
        }
        let verb = if programs.len() == 1 { "is" } else { "are" };
        Err(SourceError::NoProgram {
            reference: self.typed(),
            looked: self.looked(),
            missing: format!("{} {verb}", programs.join(" and ")),
            save,
        })
    }

    /// Decides what kind of image an archive is.
    fn archive(self, whole: Section, compression: Compression, pass: Pass) -> Result<Source, SourceError> {
        let Pass { index, documents, head, mut notices, spooled, damage, .. } = pass;
        let damage = match damage {
            // The input is fine; it is us who stopped.
            Some(TarError::Read(error)) if is_cancelled(&error) || error.kind() == io::ErrorKind::StorageFull => {
                return Err(self.io(error));
            }
            damage => damage,
        };
        if index.members == 0 {
            let seems = seems::file(Some(&whole), compression, &head);
            return Err(SourceError::NotAnImage { reference: self.typed(), seems });
        }
        let repeated: Vec<_> = index.repeated.iter().map(|name| String::from_utf8_lossy(name).into_owned()).collect();
        let contents = self.contents(Store::Archive { whole, compression, documents, spooled }, index);
        let kind = match (self.kind(&contents), &damage) {
            (Err(SourceError::NotAnImage { reference, .. }), Some(damage)) => {
                return Err(SourceError::Damaged { reference, reason: damage.to_string() });
            }
            (kind, _) => kind?,
        };
        if kind == Kind::Rootfs {
            // The archive is the layer, and the listing of the layer tells what is odd about it.
            notices.clear();
        } else {
            notices.extend(repeated.into_iter().map(|name| {
                Notice::warning("archive", format!("more than one member is called {name}; the last one counts"))
            }));
            notices.extend(damage.map(|damage| Notice::error("archive", format!("damaged, {damage}"))));
        }
        Ok(Source { kind, reference: self.reference, compression, notices, contents })
    }

    fn kind(&self, contents: &Contents) -> Result<Kind, SourceError> {
        let index = &contents.index;
        let has_manifest = index.has(MANIFEST);
        let manifest = contents.document(&Place::Path(MANIFEST.to_vec())).unwrap_or_default();
        let is_docker = has_manifest && (first_byte(&manifest) == Some(b'[') || !index.has_root_directories);
        let is_oci = index.has(INDEX) && (index.has(OCI_LAYOUT) || !index.has_root_directories);
        let is_list = first_byte(&manifest) == Some(b'[');
        let told = match (is_docker, is_oci) {
            (true, true) if !is_list => Some(Kind::OciArchive),
            (true, _) => Some(Kind::DockerArchive),
            (_, true) => Some(Kind::OciArchive),
            _ if index.has_root_directories => Some(Kind::Rootfs),
            _ => None,
        };
        let asked = match self.reference.transport {
            Transport::DockerArchive if has_manifest => return Ok(Kind::DockerArchive),
            Transport::OciArchive if index.has(INDEX) => return Ok(Kind::OciArchive),
            // Whoever says so may look at the files of any archive.
            Transport::Rootfs => return Ok(Kind::Rootfs),
            Transport::DockerArchive => "a docker-archive",
            Transport::OciArchive => "an oci-archive",
            Transport::Oci => "an OCI layout directory",
            _ => {
                let reference = self.typed();
                return told.ok_or_else(|| SourceError::NotAnImage { reference, seems: seems::tar(index) });
            }
        };
        let found = match told {
            Some(Kind::DockerArchive) => "a docker-archive",
            Some(Kind::OciArchive | Kind::Oci) => "an oci-archive",
            Some(Kind::Rootfs) => "a flat root file system",
            None => "a tar archive of something else",
        };
        Err(self.disagrees(asked, found))
    }

    fn contents(&self, store: Store, index: super::index::Index) -> Contents {
        let OpenOptions { document_max, cancel, .. } = self.options;
        Contents { store, index, document_max: *document_max, cancel: cancel.clone(), sweeps: AtomicU32::new(0) }
    }

    fn watched<R: Read>(&self, inner: R, total: Option<u64>) -> Watched<'a, Counting<R>> {
        let counted = Counting::new(inner, Meter::default(), self.options.cancel.clone());
        Watched::new(counted, total, self.observer)
    }

    fn disagrees(&self, asked: &str, found: &str) -> SourceError {
        SourceError::Disagrees { reference: self.typed(), asked: asked.to_owned(), found: found.to_owned() }
    }

    fn io(&self, source: io::Error) -> SourceError {
        SourceError::Io { reference: self.typed(), source }
    }

    /// The name of an image in a registry, if one is meant.
    fn registry_name(&self) -> Option<&str> {
        self.reference.target.strip_prefix("registry:").map(|name| name.trim_start_matches('/'))
    }

    /// What messages about image names begin with: a bare argument may have been meant as a path.
    fn looked(&self) -> &'static str {
        match self.reference.transport {
            Transport::DockerDaemon | Transport::Podman => "",
            _ => "no such file, and ",
        }
    }

    fn typed(&self) -> String {
        self.reference.typed.clone()
    }
}

/// Whether there is nothing at a path; `acme/app` has no directory to be in, where `acme` is a file.
fn is_not_there(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory)
}

#[cfg(test)]
mod tests;
