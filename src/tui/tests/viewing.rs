//! Looking at the content of files.

use crate::analysis::{Archive, ArchiveMember, Elf, ElfKind, Inside};
use crate::codec::Compression;
use crate::progress::Silent;
use crate::tarball::MemberKind;
use crate::tree::{Line, Tree};
use crate::tui::effect::Effect;
use crate::tui::msg::Msg;
use crate::tui::state::Modal;
use crate::tui::testing::{Hands, Sample, named, shows};
use crate::tui::theme::{Role, Token};
use crate::tui::update::update;
use crate::tui::viewer::{MOST, Reading};
use crate::tui::{Feed, Insight};

/// An explorer in the tree of layer 3, on its last file, which layer 4 writes again.
fn hands(keys: &str) -> Hands {
    let mut hands = Hands::exploring(80, 24, &Sample::new());
    hands.press(":3 Enter Tab G");
    hands.press(keys);
    hands
}

#[test]
fn a_file_is_shown_in_the_version_of_the_lens() {
    let mut hands = hands("Enter");
    shows(&hands, "1 of layer 3");
    shows(&hands, "2     and a long line that goes on");
    shows(&hands, "(L3) [L4] · 19 B ━");
    hands.press("]");
    shows(&hands, "1 of layer 4");
    shows(&hands, "[L3] (L4) · 19 B · same as L3 ━");
    hands.press("]");
    shows(&hands, "this is the last version");
    hands.press("[ [");
    shows(&hands, "this is the first version");
    hands.press("Esc");
    assert!(hands.state.modals.is_empty());
}

#[test]
fn long_lines_are_wrapped_or_cut() {
    let mut hands = hands("Enter");
    let rows = |hands: &Hands| hands.text().matches("goes on").count();
    let wrapped = rows(&hands);
    hands.press("w");
    assert!(rows(&hands) < wrapped, "{}", hands.text());
    shows(&hands, "…");
    hands.press("w");
    assert_eq!(rows(&hands), wrapped);
}

#[test]
fn bytes_are_shown_where_there_is_no_text() {
    let mut hands = hands("Enter x");
    shows(&hands, "00000000 6f 66 20 6c 61 79 65 72");
    shows(&hands, "|of layer 3.");
    hands.press("x");
    shows(&hands, "1 of layer 3");
}

#[test]
fn closing_ends_the_reading_and_what_comes_late_does_not_count() {
    let mut hands = hands("");
    let effects = update(&mut hands.state, Msg::Key(named("Enter").unwrap()));
    shows(&hands, "reading …   Esc stops");
    let [Effect::Read(generation, file)] = effects.as_slice() else { panic!("{effects:?}") };
    let effects = update(&mut hands.state, Msg::Key(named("Esc").unwrap()));
    assert!(effects.is_empty() && file.cancel.is_cancelled() && file.answer(&Silent).is_none());
    update(&mut hands.state, Msg::Read(*generation, Ok(b"late".to_vec().into())));
    assert!(hands.state.modals.is_empty());
    // Another version is asked for before the first has come.
    let first = update(&mut hands.state, Msg::Key(named("Enter").unwrap()));
    hands.press("]");
    let [Effect::Read(generation, _)] = first.as_slice() else { panic!("{first:?}") };
    update(&mut hands.state, Msg::Read(*generation, Ok(b"of the wrong version".to_vec().into())));
    shows(&hands, "of layer 4");
}

#[test]
fn what_cannot_be_read_is_said() {
    let mut hands = hands("Enter");
    let Some(Modal::Viewer(viewer)) = hands.state.modals.last_mut() else { panic!() };
    let generation = viewer.generation;
    hands.take(Msg::Read(generation, Err("gzip: the layer is damaged".to_owned())));
    shows(&hands, "gzip: the layer is damaged");
    hands.take(Msg::Read(generation, Ok(Vec::new().into())));
    shows(&hands, "the file is empty");
}

#[test]
fn the_window_stays_within_the_content() {
    let mut hands = hands("Enter");
    let Some(Modal::Viewer(viewer)) = hands.state.modals.last_mut() else { panic!() };
    let generation = viewer.generation;
    let lines: Vec<String> = (0..500).map(|line| format!("line {line}")).collect();
    hands.take(Msg::Read(generation, Ok(lines.join("\n").into_bytes().into())));
    hands.press("G");
    shows(&hands, "500 line 499");
    hands.press("PgUp gg j");
    shows(&hands, "  2 line 1");
    assert!(!hands.text().contains("line 0\n"));
    hands.press("G x");
    shows(&hands, "00000000");
}

#[test]
fn before_all_is_read_there_is_nothing_to_look_at() {
    let sample = Sample::new();
    let mut hands = Hands::loading(80, 24, &sample);
    let listing = std::sync::Arc::clone(&sample.listings[0]);
    hands.feed(crate::tui::Feed::Layer { layer: crate::image::LayerIndex(0), listing, error: None });
    hands.press("Tab * G Enter");
    shows(&hands, "not yet: layers are still being read");
}

#[test]
fn a_link_leads_to_its_target() {
    let mut hands = Hands::exploring(80, 24, &Sample::new());
    hands.press(":0 Enter Tab / libc.so$ Enter G");
    assert_eq!(hands.state.tree_path().as_deref(), Some("/usr/lib/libc.so"));
    hands.press("gt");
    assert_eq!(hands.state.tree_path().as_deref(), Some("/usr/lib/libc.so.6"), "{}", hands.text());
    hands.press("gt");
    shows(&hands, "this is no symbolic link");
}

#[test]
fn the_history_reads_as_a_dockerfile_and_can_be_copied() {
    let mut hands = Hands::exploring(80, 24, &Sample::new());
    hands.press("4 D");
    shows(&hands, "# Rebuilt from the history; what left no row is missing.");
    shows(&hands, "# L0");
    hands.press("y");
    let copied = hands.copied.clone().unwrap();
    assert!(copied.contains("\n# L1\nRUN set -eux; \\\n"), "{copied}");
    assert!(copied.contains("\nCMD [\"bash\"]\n"), "{copied}");
    hands.press("Esc");
    assert!(hands.state.modals.is_empty());
}

#[test]
fn a_dockerfile_has_the_quotes_that_the_history_lost() {
    let rows = [("ADD file:1 in /", true), ("LABEL maintainer=the base team", false)];
    let mut hands = Hands::exploring(80, 24, &Sample::of(&[vec!["f a 1 a"]], &rows));
    hands.press("4 D y");
    let copied = hands.copied.clone().unwrap();
    assert!(copied.ends_with("\nLABEL maintainer=\"the base team\""), "{copied}");
}

#[test]
fn a_text_is_searched_from_the_window_on() {
    let mut hands = hands("Enter");
    let Some(Modal::Viewer(viewer)) = hands.state.modals.last_mut() else { panic!() };
    let generation = viewer.generation;
    let lines: Vec<String> =
        (0..300).map(|line| format!("{}line {line}", if line % 100 == 50 { "Needle " } else { "" })).collect();
    hands.take(Msg::Read(generation, Ok(lines.join("\n").into_bytes().into())));
    let top = |hands: &Hands| {
        let Some(Modal::Viewer(viewer)) = hands.state.modal() else { panic!() };
        viewer.rows()[viewer.offset].pieces[0].0.clone()
    };
    hands.press("/ needle");
    shows(&hands, "3 lines found");
    assert_eq!(top(&hands), "Needle line 50");
    hands.press("Enter n");
    assert_eq!(top(&hands), "Needle line 150");
    hands.press("n n");
    assert_eq!(top(&hands), "Needle line 50", "and from the last one to the first");
    hands.press("N");
    assert_eq!(top(&hands), "Needle line 250");
    hands.press("/ X");
    shows(&hands, "0 lines found");
    hands.press("Esc n");
    shows(&hands, "nothing is searched for");
    hands.press("gg / 299 Enter n");
    shows(&hands, "300 line 299");
}

#[test]
fn a_wasted_item_shows_what_is_wasted() {
    let sample = Sample::new();
    let mut hands = Hands::exploring(80, 24, &sample);
    hands.press("2 p");
    let group = hands.state.waste_group().map(|group| (group.path.clone(), group.largest.unwrap().owner)).unwrap();
    shows(&hands, &format!("of layer {}", group.1));
    shows(&hands, group.0.rsplit('/').next().unwrap());
    hands.press("Esc 1 :0 Enter Tab - p");
    shows(&hands, "only a regular file has a content");
}

/// A program that wants one library that is there and one that is not; an archive of two members.
fn insight(tree: &Tree, is_elf: bool) -> Insight {
    let inside = if is_elf {
        Inside::Elf(Elf {
            is_64: true,
            is_little: true,
            machine: 62,
            kind: ElfKind::PieProgram,
            interpreter: Some(b"/lib64/ld-linux-x86-64.so.2".to_vec()),
            soname: None,
            needed: vec![b"passwd".to_vec(), b"libmissing.so.1".to_vec()],
            rpath: None,
            runpath: Some(b"$ORIGIN/../etc".to_vec()),
            build_id: Some("0123456789abcdef".to_owned()),
            is_stripped: Some(true),
        })
    } else {
        let member = |path: &str, kind, mode, size| ArchiveMember { path: path.into(), kind, mode, size };
        let members = vec![
            member("META-INF/", MemberKind::Directory, Some(0o755), 0),
            member("META-INF/MANIFEST.MF", MemberKind::File, None, 1234),
        ];
        let compression = Compression::None;
        Inside::Archive(Archive { format: "zip", compression, members, cut: Some("it is cut off".to_owned()) })
    };
    let Inside::Elf(elf) = &inside else { return Insight { inside, wanted: Vec::new(), part: None } };
    let wanted = elf.interpreter.iter().chain(&elf.needed).cloned();
    let wanted = wanted.map(|name| (name.clone(), tree.find(&[b"etc/", name.as_slice()].concat()))).collect();
    Insight { inside, wanted, part: Some("only the first 256 MiB were looked at".to_owned()) }
}

#[test]
fn a_program_says_what_it_needs_and_where_that_is() {
    let mut hands = hands("Enter");
    let Some(Modal::Viewer(viewer)) = hands.state.modal() else { panic!("no viewer") };
    let (generation, tree) = (viewer.generation, viewer.model.tree.clone());
    let read = |is_elf| Reading {
        bytes: b"\x7fELF".to_vec(),
        paints: Vec::new(),
        insight: Some(Box::new(insight(&tree, is_elf))),
        ..Reading::default()
    };
    hands.take(Msg::Read(generation, Ok(read(true))));
    shows(&hands, "ELF        program (PIE) · x86-64 · 64 bits");
    shows(&hands, "loader     /lib64/ld-linux-x86-64.so.2  missing in the image");
    shows(&hands, "needs      passwd → L0 /etc/passwd");
    shows(&hands, "           libmissing.so.1  missing in the image");
    shows(&hands, "note       only the first 256 MiB were looked at");
    hands.press("w");
    shows(&hands, "there are no long lines to wrap");
    hands.press("x");
    shows(&hands, "00000000 7f 45 4c 46");
    hands.press("x");
    shows(&hands, "symbols    stripped");
    hands.take(Msg::Read(generation, Ok(read(false))));
    shows(&hands, "archive    zip · 2 members · 1234 bytes unpacked");
    shows(&hands, "note       it is cut off");
    shows(&hands, "drwxr-xr-x    0 META-INF/");
    shows(&hands, "           1234 META-INF/MANIFEST.MF");
}

#[test]
fn words_of_a_known_language_are_told_apart() {
    let mut hands = hands("Enter");
    let Some(Modal::Viewer(viewer)) = hands.state.modal() else { panic!("no viewer") };
    let generation = viewer.generation;
    let (bytes, role) = (b"a: true\nb\tc".to_vec(), Role::Token(Token::Constant));
    let paints = vec![vec![(0..3, Role::Text), (3..8, role)]];
    hands.take(Msg::Read(generation, Ok(Reading { bytes, paints, ..Reading::default() })));
    let Some(Modal::Viewer(viewer)) = hands.state.modal() else { panic!("no viewer") };
    let pieces: Vec<_> = viewer.rows().iter().map(|row| row.pieces.clone()).collect();
    assert_eq!(pieces[0], [("a: ".to_owned(), Role::Text), ("true".to_owned(), role)]);
    assert_eq!(pieces[1], [("b    c".to_owned(), Role::Text)]);
}

#[test]
fn a_long_way_to_a_file_says_how_far_it_is() {
    let mut hands = hands("");
    let effects = update(&mut hands.state, Msg::Key(named("Enter").unwrap()));
    let [Effect::Read(generation, _)] = effects.as_slice() else { panic!("{effects:?}") };
    shows(&hands, "reading …   Esc stops");
    hands.take(Msg::Going(*generation, 12_300_000, 340_000_000));
    shows(&hands, "reading 12.3 MB of 340 MB …   Esc stops");
    hands.take(Msg::Read(*generation, Ok(b"there".to_vec().into())));
    shows(&hands, "1 there");
}

#[test]
fn bytes_are_shown_from_where_something_was_found_in_them() {
    let mut hands = hands("Enter");
    let Some(Modal::Viewer(viewer)) = hands.state.modal() else { panic!() };
    let generation = viewer.generation;
    let mut bytes = vec![0; 9000];
    bytes.extend(b"a key");
    bytes.resize(20_000, 0);
    let found = Some(Line { number: 1, offset: 9002, text: b"a key".to_vec() });
    hands.take(Msg::Read(generation, Ok(Reading { bytes, found, ..Reading::default() })));
    shows(&hands, "00002320 00 00 00 00 00 00 00 00 61 20 6b 65 79");
    assert!(!hands.text().contains("00000000 00"), "{}", hands.text());
    hands.press("gg");
    shows(&hands, "00000000 00");
}

#[test]
fn bytes_go_on_where_those_that_were_read_end() {
    let sample = Sample::of(&[vec!["f blob 3000000 a"]], &[("COPY . .", true)]);
    let mut hands = Hands::exploring(80, 24, &sample);
    hands.press("Tab Enter");
    let take = |hands: &mut Hands, byte: u8| {
        let Some(Modal::Viewer(viewer)) = hands.state.modal() else { panic!() };
        let size = usize::try_from((3_000_000 - viewer.from).min(MOST)).unwrap();
        let generation = viewer.generation;
        hands.take(Msg::Read(generation, Ok(vec![byte; size].into())));
    };
    let asked = |hands: &mut Hands, key: &str| -> Option<u64> {
        let effects = update(&mut hands.state, Msg::Key(named(key).unwrap()));
        let reads: Vec<u64> = effects
            .iter()
            .filter_map(|effect| match effect {
                Effect::Read(_, read) => Some(read.from),
                _ => None,
            })
            .collect();
        assert!(reads.len() < 2);
        reads.first().copied()
    };
    take(&mut hands, 0);
    shows(&hands, "first 1 MiB of 3.00 MB");
    shows(&hands, "00000000 00 00");
    // To the last row of the part that is shown.
    let to_last = |hands: &mut Hands| {
        let Some(Modal::Viewer(viewer)) = hands.state.modals.last_mut() else { panic!() };
        viewer.offset = usize::MAX;
        hands.press("k");
    };
    to_last(&mut hands);
    shows(&hands, "000ffff0 00 00");
    assert_eq!(asked(&mut hands, "PgDn"), Some(MOST));
    shows(&hands, "reading …");
    // What is in the midst may look like text: it is bytes all the same.
    take(&mut hands, b'a');
    shows(&hands, "from 1.05 MB of 3.00 MB");
    shows(&hands, "00100000 61 61");
    to_last(&mut hands);
    assert_eq!(asked(&mut hands, "Down"), Some(2 * MOST));
    take(&mut hands, 2);
    shows(&hands, "00200000 02 02");
    assert_eq!(asked(&mut hands, "Up"), Some(MOST));
    take(&mut hands, b'a');
    shows(&hands, "001ffff0 61 61");
    // Beginning and end are those of the file, whatever part is shown.
    assert_eq!(asked(&mut hands, "Home"), Some(0));
    take(&mut hands, 0);
    shows(&hands, "00000000 00 00");
    assert_eq!(asked(&mut hands, "End"), Some(2 * MOST));
    take(&mut hands, 2);
    shows(&hands, "002dc6b0 02 02");
    assert_eq!(asked(&mut hands, "PgDn"), None, "this is the end of the file");
    // Another way of looking begins at the beginning.
    hands.press("x");
    let Some(Modal::Viewer(viewer)) = hands.state.modal() else { panic!() };
    assert_eq!(viewer.from, 0);
}

#[test]
fn a_link_that_leads_nowhere_says_so() {
    let layers = [
        vec![
            "f lib/a 9 x",
            "l lib/good a",
            "l lib/bad no/where/at/all/to/be/seen",
            "l lib/mtab /proc/mounts",
            "f lib/old 9 x",
            "l lib/was old",
        ],
        vec!["f lib/.wh.old 0", "f lib/.wh.was 0"],
    ];
    let mut hands = Hands::exploring(80, 24, &Sample::of(&layers, &[("COPY . .", true), ("RUN rm lib/old", true)]));
    hands.press(":0 Enter Tab G");
    let row = |hands: &Hands, name: &str| hands.text().lines().find(|line| line.contains(name)).unwrap().to_owned();
    assert!(row(&hands, "good").contains("-> a┃"), "{}", hands.text());
    assert!(!row(&hands, "good").contains("dangling"));
    assert!(row(&hands, " bad").contains("-> …o/be/seen (dangling)"), "{}", hands.text());
    assert!(row(&hands, "mtab").contains("-> /proc/mounts┃"), "{}", hands.text());
    // It is gone in the end: nobody follows it.
    assert!(!row(&hands, " was").contains("dangling"), "{}", hands.text());
    hands.press("/ bad Enter G i");
    shows(&hands, "nothing in the final image: it is dangling");
    hands.press("Esc Esc / mtab Enter G i");
    shows(&hands, "nothing in the image; a container may have it when it runs");
}

/// The preview is there before it is known which links lead nowhere.
#[test]
fn a_preview_hears_that_its_link_leads_nowhere() {
    let sample = Sample::of(&[vec!["l bad no/where"]], &[("COPY . .", true)]);
    let mut hands = Hands::exploring(120, 40, &sample);
    hands.feed(Feed::Dangling([].into()));
    hands.press("Tab G");
    shows(&hands, "leads to   nothing in the image; a container may");
    hands.feed(Feed::Dangling(sample.model.tree.dangling()));
    shows(&hands, "leads to   nothing in the final image: it is");
}
