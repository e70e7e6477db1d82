//! **layerscope** shows what is inside a container image: every layer, every file, every wasted byte, and why.
//!
//! # Architecture
//!
//! Data flows one way, and the modules are named for the stations on that way:
//!
//! ```text
//! bytes → codec → tarball → source → image → listing → tree → analysis → { report, tui }
//! ```
//!
//! | module | what it knows |
//! |---|---|
//! | [`bytes`] | positional reads, sections, the spool of an unseekable input, cancellation |
//! | [`codec`] | compression, told by magic |
//! | [`tarball`] | tar: headers become members, within limits; nothing about images |
//! | [`source`] | where images live: a reference becomes something that opens blobs by digest or by place |
//! | [`image`] | what the image says it is: manifest, platform, config, history, and who set which label |
//! | [`listing`] | what one layer contains: the entries of its tar, and which of them are markers |
//! | [`tree`] | what the stack of layers looks like, under any lens |
//! | [`analysis`] | what it costs and why; rules and verdicts |
//! | [`report`] | the front ends that write |
//! | `tui` | the front end that listens (feature `tui`) |
//!
//! A module names only modules to its left, plus the small ones that everybody may use: [`notice`] (findings that do
//! not stop us), [`progress`] (how far a stage is) and [`escape`] (how foreign bytes leave the program). [`run`] alone
//! knows them all: it is the composition root. [`cli`] is what was typed, [`config`] what is meant.
//!
//! Nothing left of [`report`] knows a colour, a terminal width, a collapsed folder or a clock. A test holds the table
//! of allowed imports, clippy's `disallowed-methods` keeps file system, environment and clock at the edge, and the
//! library builds without the `tui` feature.
//!
//! # Where the time goes
//!
//! Measured by `benches/` (the README has the table), profiled as CONTRIBUTING says; shares are of CPU time.
//!
//! - **Plain layers.** Only headers are read, and the contents that several layers have at one path with one size. Of a
//!   3 GB image with 270,000 entries the kernel's copying takes a fifth (a page for each header, and what is compared);
//!   of our own no function takes more than a fortieth: together names and nodes, headers, and dive's figures about a
//!   fifteenth each. Before that a quarter went into clearing fresh pages, and each header was a read of its own: an
//!   entry takes 40 bytes and its name now, an inode 16, and the window of a reader grows where all of it is used. `cat`
//!   is still twice as fast where files are small: it copies 11 GB/s and looks at nothing. The next limit is that page
//!   for each header; past it there is only not to read known layers again, with a cache of listings.
//! - **gzip.** Inflating takes three quarters, checksum and code tables 6 %, fingerprints 2 %, waking threads 7 % where an
//!   archive is decompressed by one thread and looked at by another. zlib-rs needs 1.10 to 1.16 times what `igzip` does,
//!   as long as it may use what the processor has (`runtime_detection` of `flate2`): [`codec`] has what lost. The
//!   next limit is that one gzip stream is one core's work.
//! - **Zstandard.** The decoder is the one of the `zstd` program, and nearly all there is.
//! - **A million entries.** Time is linear until tables outgrow the caches: half a million paths more cost a little over
//!   twice as much. Two fifths of the memory are dive's figures, which need places of their own.
//! - **The explorer.** A lens, a filter or a sort is a pass over a few bytes a path, a few milliseconds at a million; what
//!   is drawn is made when it is looked at. A regular expression over whole paths takes longer than a frame, and so does
//!   what a million paths cost to pull: both are made beside the screen.
//!
//! # Decisions
//!
//! What one could have done otherwise, and why it is as it is.
//!
//! - **A sequential input is swept once.** A pipe or a compressed archive cannot be read by position, and its manifest
//!   usually comes last. [`source`] therefore pushes every member that is a tar to a [`source::Sink`]; [`run`] plugs in
//!   one that scans it, and keeps the listing under the blob's id until the manifest says which of them are layers. A
//!   seekable input is indexed, and its layers are read by position, headers only.
//! - **A sweep keeps all cores busy, within bounds.** One thread decompresses the archive into a few buffers that it gets
//!   back, another looks at what comes out ([`bytes::ahead()`]). What is spooled is read by position while more is still
//!   coming ([`bytes::Spooled`]): the layers of a pipe, headers only where they are not compressed, and those layers of
//!   a compressed archive that are compressed themselves, which are copied to a spool of their own. So several of them
//!   are inflated side by side. Without room for that spool they are scanned one after the other, as they pass.
//! - **A file is read out of a compressed layer from the nearest checkpoint** ([`codec::Checkpoints`]). A pass over gzip
//!   that leaves them costs half as much again as one that does not, and commands that write come back for few files:
//!   so the scan leaves none, and they read from the beginning. The explorer has a thread to spare once everything is
//!   shown; it passes over every compressed stream, hashes it on the way, and what it leaves is shared by all reads.
//!   One budget of memory holds for the image. Without a checkpoint (single Zstandard frames, xz, bzip2; a compressed
//!   layer in a compressed archive that was not copied out of it) reading starts at the beginning.
//! - **Tar is read by our own state machine.** `tar-core` gives the fields of headers and the records of PAX; why its
//!   parser does not do is said in [`tarball`].
//! - **Nothing is stacked twice.** A path is a node with its events: written, implied, removed, by which layer. A lens
//!   compares the event before its first layer with the last one in it; changing the lens reads no layer and restacks
//!   nothing.
//! - **What is told before all layers are read is exact for the lowest ones** ([`tui::Feed::Draft`]): those below the first
//!   one that is missing make a tree of their own, a copy of the stack so far, whose nodes and inodes keep their numbers
//!   when it grows. With a hole in the stack nobody could tell what a whiteout or a change is; a layer above the hole is
//!   shown for itself, without kinds. One thread reads from the bottom up for that, the others take the largest layer,
//!   so that they end together; copies take no more than a tenth of the time.
//! - **A tree that is explored is laid out once** as a [`tree::Outline`]: what is below a directory is one stretch of an
//!   array. A lens is then one byte for each path and a selection (of kinds, by a filter) one bit, made in a pass over
//!   a few bytes a path; the figures of any directory are differences of sums. Totals for each directory and layer
//!   would make a lens cheaper still, but not a filter, and their size depends on how deep a stranger makes the tree.
//! - **A filter carries what contents say to it** (`is:elf`, `content:`), as far as somebody has read them: no listing
//!   says it, and the tree stays what the listings made it. Files that do not match otherwise are not read.
//! - **Contents are compared only where it matters**: versions of one path, of one size. Where the content passed while
//!   its layer was decompressed it left a fingerprint (XXH3, 128 bits, with a seed that each run draws anew, so that
//!   nobody can prepare two contents that collide). Fingerprints are never shown and never kept. Where there are none,
//!   the bytes are compared; holes of sparse files are compared without being written out.
//! - **Duplicates are told by the same fingerprints**, of files of one size alone. Most small files share their size with
//!   another one, so that nearly all of an uncompressed image is read; of compressed layers nothing is read again. Files
//!   that all come from tables of contents are told by the digests there.
//! - **A layer with a table of contents (eStargz, zstd:chunked) is listed by it**, without decompression, if the table has
//!   the digest that the manifest names and all of it makes sense; a notice says so. The table is as true as whoever made
//!   the image, so that a run that verifies reads the layer in full instead. eStargz rounds times to seconds. Versions of
//!   a path that both come from tables are compared by the digests in them; a content that is read has to match its own.
//! - **Bytes of hard links count once under a lens**, at the first name in byte order of those that are there at its end,
//!   as where two points of an image are compared; the other names show none and lead there. So a directory's figure is
//!   what it adds to the image, and the figures of all directories add up.
//! - **`hardlink` of `ls --format jsonl`** is the first name, in byte order of the paths, of an inode that has several:
//!   every one of its names says so, the first one too.
//! - **`pull_cost` of `ls --format jsonl`** is what the entry that wrote the path accounts for in the stored blob: of
//!   another name of an inode the cost of its hard link. It is null where no entry wrote the path, and for layers that
//!   were listed by a table of contents that is in no order. The costs of all entries of a layer are its `pull_cost` in
//!   the report, and with its `framing_bytes` its `blob_bytes`. `subtree_pull_cost` of a directory adds up what is at and
//!   below it: in the merged tree and under a lens the last entry of each path that is there, in the list of a layer all
//!   entries, markers too.
//! - **A table of contents tells pull costs, too**: where contents begin is pinned, and what lies between is divided as if
//!   all headers were of one block. So the sum is exact, and a run that reads the layer in full may move a few bytes from
//!   an entry to its neighbours.
//! - **`user_wasted`**: its numerator has the dead bytes that layers above the base ship, and the live files above the
//!   base whose content some name of theirs has had in the base already. An inode is in at most one of the two and
//!   counts once, so that the share is never above 1. Bytes of the base that a layer above hides are not in it: nobody
//!   ships them again.
//! - **A ghost is a wasted item**: `ghosts` and the waste of the report are one list. Empty files ship no bytes and are in
//!   neither. Whether it looks like a secret is said by its name alone, from one table in `analysis::secret`; names that
//!   everybody's images have (certificates of authorities, public halves of keys, samples) are taken out there, too.
//! - **A file belongs to one package or to none**, so that all shares are the live bytes: an inode to the first package, in
//!   the order of managers, names and architectures, whose database has one of its names; installed ones come before
//!   those that left only their configuration. Paths of databases lead through links of the final tree (`/bin/sh` is
//!   `usr/bin/sh` where `/bin` is a link), and dpkg's diversions hold. RPM's databases are not read, and it is said.
//! - **Databases of packages are read whole**, 256 MiB of them at most, a compressed layer in one pass however many of
//!   its files are asked for: checkpoints would cost as much, and single Zstandard frames have none.
//! - **`os-release` and `passwd` are kept while a layer is decompressed** ([`listing::Listing::kept`]): every report asks for
//!   the one and every audit for the other, and a compressed base would be decompressed again for them.
//! - **The last row that set a key set its value, or no row did.** A value that differs from what the last row set was
//!   changed by something that leaves no row (`docker commit -c`), even if an earlier row had set it. Docker writes into
//!   the history what words come to, Buildah and kaniko write them as they stand, so theirs are expanded.
//! - **Where a row could be a step, the layer is explained.** What `docker commit` leaves of `/bin/sh -c …` looks like
//!   `RUN`; only the last row can be told, by the command of the image. A wrong accusation would break a right build.
//! - **A base is told by layers, not by names.** The OCI's annotations name a base and do not say how many layers it has;
//!   `--base`, a label of buildpacks and the history of podman do. Otherwise the lowest layer is taken for it.
//! - **dive's rules and those of `layerscope.toml` end as one list of rulings**, so that no format of a verdict knows where
//!   a rule comes from. The file is walked by hand: each slip is an error with its line, because a rule that is left out
//!   would pass everything. Its globs mean what they mean in a filter.
//! - **A baseline is a report that is read back.** It and the image of `--against` become the same snapshot, so that both
//!   give one verdict. Layers are the same by their diff IDs, else by their instruction, in order.
//! - **Extraction never resolves a path.** Each component is opened from the descriptor of the one above it and may not be
//!   a link, so that no name of the image and no link in the folder leads out of it.
//! - **Two sides are compared as lists of paths** ([`analysis::Comparison`]), so that two layers of an image and two images are
//!   one thing. Of two images only files of one size are read, and not even those where both are the same entry of a layer
//!   with the same diff ID. Times of directories and links do not count: every build changes them.
//! - **A search looks at paths as they were last** ([`tree::Filter::search`]): `is:removed` is what any layer removed, `size:` of a
//!   file that is gone the size that it had. A filter under a lens looks at what the lens shows. Letters are scored as fzf
//!   does it, by nucleo.
//! - **What lies over a view is a stack**, and a key about the best hit that comes before the answer of the search waits for it,
//!   with all keys after it: one types faster than any search of half a million paths answers.
//! - **A library is where ld.so would find it in the final image** ([`analysis::Libraries`]): by `DT_RUNPATH` or `DT_RPATH`, then by
//!   the files that `ldconfig` reads, then in the directories of glibc; with musl's loader by its own rules. What is set at run
//!   time is not known, and the cache of `ldconfig` is not read: what it is made from is.
//! - **Colours are of the cube of 256, or the terminal's own.** The cube is the same everywhere, so a test can hold each colour
//!   against its backgrounds. The terminal is asked for its background before it is taken, for 100 ms at most.
//! - **Keys are one table, and what the user says changes a copy of it**, so that help, footer and palette show the keys that
//!   work. What `config.toml` says and what the explorer remembers are files of one kind, read by one reader;
//!   the limits below its `[ci]` are read with the rules of the gate, and a slip in them is an error as in those.
//! - **Waste under a lens is what its layers ship that is dead in the end**, by the layer that ships it: of one layer the
//!   figure beside it in the list of layers. What dive counts has no layers, so there is no lens on it.
//! - **The life of a path is its events.** What comes and goes within one layer without an entry of its own (a parent that
//!   was implied, then replaced) leaves only its last state, so that a stranger cannot make a path cost more than
//!   the entries that name it. A path that lies behind symbolic links is looked up through those of the final image.
//! - **A whiteout that removes nothing is only information.** Engines write such markers (a file made and removed in
//!   one step), and they change nothing. A marker that names nothing (`.wh.`, `.wh..`) is a warning.
//! - **Links that go in circles, or through more than 40 others, are not followed**: then no link of that path is; nor
//!   is any once the image has had 128 MiB of link targets followed, for such chains would take hours. A
//!   link in the place of a parent directory counts as a file there and becomes an implied directory, with a warning.
//! - **Text leaves through [`escape`] for one of three targets**: a name in JSON, a name on a terminal, prose on a
//!   terminal; each says what it escapes and whether that can be undone. The JSON writer adds its own `\u` escapes for
//!   invisible and turning characters, so that a report is safe to print, and any JSON reader undoes them.

pub mod analysis;
pub mod bytes;
pub mod cli;
pub mod codec;
pub mod config;
pub mod escape;
pub mod image;
pub mod listing;
pub mod notice;
pub mod progress;
pub mod report;
pub mod run;
pub mod source;
pub mod tarball;
pub mod tree;
#[cfg(feature = "tui")]
pub mod tui;
