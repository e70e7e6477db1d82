//! ELF, as far as it says what a file needs to run.

use crate::image::hex_of;
use object::elf::{DF_1_PIE, DT_FLAGS_1, DT_NEEDED, DT_RPATH, DT_RUNPATH, DT_SONAME, FileHeader32, FileHeader64};
use object::elf::{ET_CORE, ET_DYN, ET_EXEC, ET_REL, FileType, NT_GNU_BUILD_ID, SHT_SYMTAB};
use object::read::StringTable;
use object::read::elf::{Dyn as _, FileHeader, ProgramHeader as _, SectionHeader as _};
use object::{Endianness, FileKind, elf};

/// What an ELF file is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ElfKind {
    /// A program that runs at one place in memory.
    Program,
    /// A program that runs anywhere in memory (PIE).
    PieProgram,
    /// A shared library.
    Library,
    /// A part that is not yet linked.
    Object,
    /// The memory of a process that crashed.
    Core,
    /// Something else, by its number.
    Other(u16),
}

/// What an ELF file says of itself (System V ABI, chapters 4 and 5).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Elf {
    /// Whether it is of 64 bits.
    pub is_64: bool,
    /// Whether its least significant byte comes first.
    pub is_little: bool,
    /// The processor, by its number (`e_machine`).
    pub machine: u16,
    /// What it is for.
    pub kind: ElfKind,
    /// The program that loads it (`PT_INTERP`).
    pub interpreter: Option<Vec<u8>>,
    /// Its own name as a library (`DT_SONAME`).
    pub soname: Option<Vec<u8>>,
    /// The libraries that it wants (`DT_NEEDED`), in their order.
    pub needed: Vec<Vec<u8>>,
    /// Where it wants them from (`DT_RPATH`), if there is no other word about it.
    pub rpath: Option<Vec<u8>>,
    /// Where it wants them from (`DT_RUNPATH`).
    pub runpath: Option<Vec<u8>>,
    /// The number of its build (`NT_GNU_BUILD_ID`), in hexadecimal.
    pub build_id: Option<String>,
    /// Whether its table of symbols was taken away; none where the file is not there to its end.
    pub is_stripped: Option<bool>,
}

impl Elf {
    /// What every such file begins with.
    pub const MAGIC: [u8; 4] = *b"\x7fELF";

    /// Reads what a file says of itself. None if even its header is not right; whatever else is wrong or missing leaves
    /// out what it would have told.
    pub(super) fn of(bytes: &[u8]) -> Option<Self> {
        match FileKind::parse(bytes).ok()? {
            FileKind::Elf32 => Self::read::<FileHeader32<Endianness>>(bytes),
            FileKind::Elf64 => Self::read::<FileHeader64<Endianness>>(bytes),
            _ => None,
        }
    }

    /// Whether one process can hold both: they are of one class, one order of bytes and one processor.
    pub(super) fn is_made_for_the_same(&self, other: &Self) -> bool {
        let of = |elf: &Self| (elf.is_64, elf.is_little, elf.machine);
        of(self) == of(other)
    }

    fn read<H: FileHeader<Endian = Endianness>>(bytes: &[u8]) -> Option<Self> {
        let header = H::parse(bytes).ok()?;
        let endian = header.endian().ok()?;
        let mut out = Self {
            is_64: header.is_class_64(),
            is_little: endian == Endianness::Little,
            machine: header.e_machine(endian).0,
            kind: kind(header.e_type(endian)),
            interpreter: None,
            soname: None,
            needed: Vec::new(),
            rpath: None,
            runpath: None,
            build_id: None,
            is_stripped: header.sections(endian, bytes).ok().map(|sections| {
                !sections.is_empty() && !sections.iter().any(|section| section.sh_type(endian) == SHT_SYMTAB)
            }),
        };
        let segments = header.program_headers(endian, bytes).unwrap_or_default();
        for segment in segments {
            if let Ok(Some(path)) = segment.interpreter(endian, bytes) {
                out.interpreter = Some(path.to_vec());
            }
            if let Ok(Some(mut notes)) = segment.notes(endian, bytes) {
                while let Ok(Some(note)) = notes.next() {
                    if note.name() == elf::ELF_NOTE_GNU && note.n_type(endian) == NT_GNU_BUILD_ID {
                        out.build_id = Some(hex_of(note.desc()));
                    }
                }
            }
            if let Ok(Some(dynamic)) = segment.dynamic(endian, bytes) {
                out.take_dynamic::<H>(dynamic, segments, endian, bytes);
            }
        }
        // A program that moves without saying so has somebody who loads it; libraries rarely do, and have a name then.
        if out.kind == ElfKind::Library && out.interpreter.is_some() && out.soname.is_none() {
            out.kind = ElfKind::PieProgram;
        }
        Some(out)
    }

    /// Takes what the dynamic table says. Its strings are where the segments put the address that it gives.
    fn take_dynamic<H: FileHeader<Endian = Endianness>>(
        &mut self,
        table: &[H::Dyn],
        segments: &[H::ProgramHeader],
        endian: Endianness,
        bytes: &[u8],
    ) {
        let value = |tag| table.iter().find(|entry| entry.tag(endian) == tag).map(|entry| entry.val(endian));
        if value(DT_FLAGS_1).is_some_and(|flags| flags & DF_1_PIE.0 != 0) {
            self.kind = ElfKind::PieProgram;
        }
        let (Some(address), Some(size)) = (value(elf::DT_STRTAB), value(elf::DT_STRSZ)) else { return };
        let within = |segment: &H::ProgramHeader| segment.data_range(endian, bytes, address, size).ok().flatten();
        let Some(names) = segments.iter().find_map(within) else { return };
        let names = StringTable::new(names, 0, names.len() as u64);
        for entry in table {
            let name = || entry.string(endian, names).ok().map(<[u8]>::to_vec);
            match entry.tag(endian) {
                DT_NEEDED => self.needed.extend(name()),
                DT_SONAME => self.soname = name(),
                DT_RPATH => self.rpath = name(),
                DT_RUNPATH => self.runpath = name(),
                _ => {}
            }
        }
    }

    /// The processor, as people call it; none for a rare one.
    pub fn machine_name(&self) -> Option<&'static str> {
        Some(match (elf::Machine(self.machine), self.is_64) {
            (elf::EM_X86_64, true) => "x86-64",
            (elf::EM_X86_64, false) => "x86-64 (x32)",
            (elf::EM_386, _) => "x86",
            (elf::EM_AARCH64, _) => "arm64",
            (elf::EM_ARM, _) => "arm",
            (elf::EM_RISCV, _) => "riscv",
            (elf::EM_PPC64, _) => "ppc64",
            (elf::EM_PPC, _) => "ppc",
            (elf::EM_S390, _) => "s390x",
            (elf::EM_MIPS, _) => "mips",
            (elf::EM_LOONGARCH, _) => "loongarch",
            (elf::EM_SPARCV9, _) => "sparc64",
            (elf::EM_BPF, _) => "bpf",
            _ => return None,
        })
    }
}

fn kind(kind: FileType) -> ElfKind {
    match kind {
        ET_EXEC => ElfKind::Program,
        ET_DYN => ElfKind::Library,
        ET_REL => ElfKind::Object,
        ET_CORE => ElfKind::Core,
        FileType(other) => ElfKind::Other(other),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[expect(clippy::disallowed_methods, reason = "the test reads itself: a program that is surely there")]
    fn a_program_says_what_it_needs() {
        let bytes = std::fs::read(std::env::current_exe().unwrap()).unwrap();
        let elf = Elf::of(&bytes).unwrap();
        assert_eq!((elf.kind, elf.is_64, elf.is_little), (ElfKind::PieProgram, true, true));
        assert!(elf.machine_name().is_some());
        assert!(elf.interpreter.as_ref().unwrap().starts_with(b"/lib"), "{elf:?}");
        assert!(elf.needed.iter().any(|name| name.starts_with(b"libc.so")), "{elf:?}");
        assert_eq!(elf.is_stripped, Some(false));
        // Its beginning alone tells less, and nothing wrong.
        let start = Elf::of(&bytes[..4096]).unwrap();
        assert_eq!((start.kind, &start.interpreter), (ElfKind::PieProgram, &elf.interpreter));
        assert_eq!(start.is_stripped, None);
    }

    #[test]
    #[expect(clippy::disallowed_methods, reason = "the test reads itself: a program that is surely there")]
    fn nothing_that_is_broken_is_more_than_that() {
        let bytes = std::fs::read(std::env::current_exe().unwrap()).unwrap();
        let start = &bytes[..bytes.len().min(2048)];
        for at in 0..start.len().min(1024) {
            for value in [0, 1, 0x7f, 0xff] {
                let mut broken = start.to_vec();
                broken[at] = value;
                let _ = Elf::of(&broken);
            }
            let _ = Elf::of(&start[..at]);
        }
        assert_eq!(Elf::of(b"\x7fELF"), None);
    }
}
