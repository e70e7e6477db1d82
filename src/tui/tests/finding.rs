//! Finding a path of any layer.

use crate::analysis::Timeline;
use crate::image::LayerIndex;
use crate::tui::effect::{Effect, Job, answer};
use crate::tui::layout::Pane;
use crate::tui::msg::Msg;
use crate::tui::state::{Modal, State, View};
use crate::tui::testing::{Hands, Sample, hands, shows};
use crate::tui::update::update;
use crossterm::event::{KeyCode, KeyEvent};

fn selected(state: &State) -> String {
    let Some(Modal::Find(find)) = state.modal() else { panic!("the search is closed") };
    String::from_utf8(find.model.tree.path(find.selected().unwrap())).unwrap()
}

/// A directory with an opaque marker of its own is a row of its own.
#[test]
fn an_opaque_directory_is_no_link_of_a_chain() {
    let layers =
        [vec!["f opt/data/a 5 x"], vec!["f opt/.wh..wh..opq 0", "d opt", "f opt/data/b 3 y"], vec!["f .wh.opt 0"]];
    let steps = [("ADD rootfs", true), ("RUN one", true), ("RUN two", true)];
    let sample = Sample::of(&layers, &steps);
    let mut hands = Hands::exploring(80, 24, &sample);
    hands.press(":1 Enter Tab");
    let row = |hands: &Hands, name: &str| hands.text().lines().find(|line| line.contains(name)).unwrap().to_owned();
    assert!(row(&hands, "▾ opt").contains("▌o ") && row(&hands, "▾ opt").contains("hidden"), "{}", hands.text());
    hands.press("f opt$ Enter");
    assert_eq!(hands.state.selected_path().as_deref(), Some("/opt"));
    // What is gone in the end is no opaque directory.
    let mut hands = Hands::exploring(80, 24, &sample);
    hands.press(":1 Enter v j Tab");
    assert!(!hands.text().contains("hidden"), "{}", hands.text());
}

#[test]
fn a_deleted_secret_is_found_with_its_life_and_its_content() {
    let hands = hands("f app/.env");
    assert_eq!(selected(&hands.state), "srv/app/.env");
    for part in [
        "+3 %4 -5             gone  /srv/app/.env",
        "/srv/app/.env · L3-L5",
        "+ L3   19 B      0644 0:0         COPY . .",
        "Deleted in layer 5, but its bytes (38 B) are still in layers 3 and 4.",
        "content at L4",
        "1 of layer 4",
    ] {
        shows(&hands, part);
    }
}

#[test]
fn what_has_no_content_is_told_as_what_it_is() {
    let mut hands = hands("f usr/lib/libc.so$");
    assert_eq!(selected(&hands.state), "usr/lib/libc.so");
    for part in ["what it is", "leads to   /usr/lib/libc.so.6  L0", "type       symlink", "target     libc.so.6"] {
        shows(&hands, part);
    }
    hands.press("^U ^etc$");
    assert_eq!(selected(&hands.state), "etc");
    shows(&hands, "type       directory");
    hands.press("^U ^srv$");
    shows(&hands, "a directory that no layer has: only paths below it name it");
    hands.press("^U app/.env");
    assert!(!hands.text().contains("what it is"), "{}", hands.text());
}

#[test]
fn enter_shows_the_path_in_the_last_layer_that_touched_it() {
    let mut hands = hands("4 f bundle Enter");
    assert_eq!((hands.state.view, hands.state.focus()), (View::Layers, Pane::Tree));
    assert_eq!((hands.state.layer(), hands.state.modals.len()), (LayerIndex(4), 0));
    assert_eq!(hands.state.tree_path().as_deref(), Some("/srv/app/static/bundle.js"));
    hands.press("f nothing.like.this Enter");
    shows(&hands, "0 found");
    hands.press("Esc");
    assert!(hands.state.modals.is_empty());
}

#[test]
fn what_is_viewed_from_the_search_gives_the_search_back() {
    let mut hands = hands("f dpkg/status ^V");
    assert!(matches!(hands.state.modal(), Some(Modal::Viewer(_))));
    shows(&hands, "of layer 1");
    hands.press("[");
    shows(&hands, "of layer 0");
    hands.press("Esc");
    assert_eq!(selected(&hands.state), "var/lib/dpkg/status");
    hands.press("^Y");
    assert_eq!(hands.copied.as_deref(), Some("/var/lib/dpkg/status"));
}

#[test]
fn moving_looks_at_the_other_hits() {
    let mut hands = hands("f .py");
    let first = selected(&hands.state);
    hands.press("Down");
    assert_ne!(selected(&hands.state), first);
    shows(&hands, &format!("/{} · ", selected(&hands.state)));
    hands.press("Up PgDn PgDn Down Down");
    let Some(Modal::Find(find)) = hands.state.modal() else { panic!() };
    assert_eq!(find.at.cursor, find.found.hits.len() - 1);
}

#[test]
fn what_is_not_understood_is_said_and_what_was_found_stays() {
    let mut hands = hands("f views");
    let before = selected(&hands.state);
    hands.take(Msg::Paste(" size:much".to_owned()));
    shows(&hands, "size:much is not understood");
    assert_eq!(selected(&hands.state), before);
    hands.press("^U");
    shows(&hands, "type to find a path");
    hands.press("is:removed");
    assert_eq!(selected(&hands.state), "srv/app/.env");
}

#[test]
fn late_answers_do_not_count() {
    let mut hands = hands("f");
    let mut effects = Vec::new();
    for key in "vib".chars() {
        effects.extend(update(&mut hands.state, Msg::Key(KeyEvent::from(KeyCode::Char(key)))));
    }
    assert!(hands.state.waits());
    let questions: Vec<_> = effects
        .into_iter()
        .filter_map(|effect| match effect {
            Effect::Ask(generation, Job::Find(search)) => Some((generation, search)),
            _ => None,
        })
        .collect();
    assert_eq!(questions.len(), 3);
    for (generation, search) in questions.into_iter().rev() {
        hands.take_all(answer(Effect::Ask(generation, Job::Find(search))));
    }
    let Some(Modal::Find(find)) = hands.state.modal() else { panic!() };
    let typed_slowly = crate::tui::testing::hands("f vib");
    let Some(Modal::Find(expected)) = typed_slowly.state.modal() else { panic!() };
    assert_eq!((&find.found, find.waits()), (&expected.found, false), "of vib, not of v");
}

#[test]
fn leaving_ends_the_reading() {
    let mut hands = hands("f");
    let mut reads = Vec::new();
    for key in "env".chars() {
        for effect in update(&mut hands.state, Msg::Key(KeyEvent::from(KeyCode::Char(key)))) {
            for msg in answer(effect) {
                reads.extend(update(&mut hands.state, msg));
            }
        }
    }
    let cancels: Vec<_> = reads
        .iter()
        .filter_map(|effect| if let Effect::Read(_, read) = effect { Some(read.cancel.clone()) } else { None })
        .collect();
    assert!(!cancels.is_empty());
    hands.press("Esc");
    assert!(cancels.iter().all(crate::bytes::Cancel::is_cancelled));
}

#[test]
fn pasted_text_is_looked_for() {
    let mut hands = hands("f");
    hands.take(Msg::Paste("app/.env\n".to_owned()));
    assert_eq!(selected(&hands.state), "srv/app/.env");
}

#[test]
fn a_key_that_comes_before_the_answer_is_done_with_it() {
    let mut hands = hands("f");
    let mut effects = Vec::new();
    for key in "app/.env".chars() {
        effects.extend(update(&mut hands.state, Msg::Key(KeyEvent::from(KeyCode::Char(key)))));
    }
    effects.extend(update(&mut hands.state, Msg::Key(crate::tui::testing::named("^V").unwrap())));
    assert!(matches!(hands.state.modal(), Some(Modal::Find(_))));
    for msg in effects.into_iter().flat_map(answer) {
        hands.take(msg);
    }
    assert!(matches!(hands.state.modal(), Some(Modal::Viewer(_))));
    shows(&hands, "of layer 4");
}

#[test]
fn a_click_selects_a_hit_and_one_beside_it_closes_nothing() {
    let mut hands = hands("f .py");
    let first = selected(&hands.state);
    hands.click(20, 6);
    assert_ne!(selected(&hands.state), first);
    hands.click(20, 12);
    assert!(matches!(hands.state.modal(), Some(Modal::Find(_))));
    hands.click(20, 0);
    assert!(hands.state.modals.is_empty());
}

#[test]
fn an_answer_to_a_search_that_was_closed_is_no_answer_to_the_next_one() {
    let mut hands = hands("f");
    let first = update(&mut hands.state, Msg::Key(KeyEvent::from(KeyCode::Char('z'))));
    hands.press("Esc f");
    let second = update(&mut hands.state, Msg::Key(KeyEvent::from(KeyCode::Char('e'))));
    for msg in first.into_iter().flat_map(answer) {
        hands.take(msg);
    }
    assert!(hands.state.waits(), "nobody has looked for e yet");
    for msg in second.into_iter().flat_map(answer) {
        hands.take(msg);
    }
    let Some(Modal::Find(find)) = hands.state.modal() else { panic!() };
    assert!(find.found.total > 10 && !find.waits());
}

#[test]
fn filters_that_were_kept_are_gone_back_to() {
    let mut hands = hands("");
    hands.press("/ p a s s w d Enter / ^U i s : l i n k Enter / ^U");
    let typed = |hands: &Hands| hands.state.prompt.as_ref().unwrap().input.value().to_owned();
    hands.press("Up");
    assert_eq!(typed(&hands), "is:link");
    hands.press("Up Up");
    assert_eq!(typed(&hands), "passwd");
    assert_eq!(hands.state.tree.filter.as_ref().unwrap().typed(), "passwd");
    hands.press("Down Down");
    assert_eq!(typed(&hands), "");
    assert!(hands.state.tree.filter.is_none());
    // It is one language: what was kept in one view is there in another.
    hands.press("Esc 3 / Up");
    assert_eq!(typed(&hands), "is:link");
}

/// What was asked of contents by a key, if anything was.
fn inquiries(effects: Vec<Effect>) -> Vec<Effect> {
    effects.into_iter().filter(|effect| matches!(effect, Effect::Inquire(..))).collect()
}

fn type_text(hands: &mut Hands, text: &str) -> Vec<Effect> {
    let letter = |letter| update(&mut hands.state, Msg::Key(KeyEvent::from(KeyCode::Char(letter))));
    text.chars().flat_map(letter).collect()
}

#[test]
fn files_in_elf_are_found_as_their_beginnings_are_read() {
    let mut hands = hands("");
    hands.press("/");
    let asked = inquiries(type_text(&mut hands, "is:elf"));
    assert_eq!(asked.len(), 1);
    // The answer has not come yet.
    shows(&hands, "files are read …");
    for effect in asked {
        hands.take_all(answer(effect));
    }
    assert!(!hands.text().contains("files are read") && hands.state.inquest.open.is_none());
    hands.press("Enter Esc 3 / i s : e l f Enter");
    let text = hands.text();
    assert!(text.contains("/usr/bin/python3") && !text.contains("os.py"), "{text}");
}

#[test]
fn contents_are_looked_through_while_one_types_and_no_longer_than_one_waits() {
    let mut hands = hands("f");
    let mut asked = inquiries(type_text(&mut hands, "passwd content:layer"));
    // Each letter asks something else; only the last question still counts.
    let last = asked.pop().unwrap();
    assert!(!asked.is_empty() && asked.into_iter().all(|effect| answer(effect).is_empty()));
    let told = answer(last);
    assert!(matches!(told.last(), Some(Msg::Inquired(_, unread)) if unread.is_empty()), "{told:?}");
    hands.take_all(told);
    shows(&hands, "/etc/passwd");
    // Only the files that match otherwise were read.
    let tree = &hands.state.ready.as_ref().unwrap().model.tree;
    let Some(Modal::Find(find)) = hands.state.modal() else { panic!() };
    let filter = find.filter.as_ref().unwrap();
    let known = tree.inode_ids().filter(|inode| filter.found_in(*inode)).count();
    let passwd = tree.find(b"etc/passwd").unwrap();
    assert_eq!(known, Timeline::of(tree, passwd).files(tree).len());
    // Esc closes it, and nobody waits any more.
    let asked = inquiries(type_text(&mut hands, "s"));
    hands.press("Esc");
    assert!(hands.state.inquest.open.is_none() && asked.into_iter().all(|effect| answer(effect).is_empty()));
}

#[test]
fn what_was_found_in_a_content_is_shown_there() {
    // Of all versions the last one that has it.
    let mut hands = hands("f");
    hands.press("config Space content:/layer\\s[34]$/");
    shows(&hands, "content at L4 · line 1: of layer 4 ─");
    shows(&hands, "1 found");
    hands.press("^V");
    let Some(Modal::Viewer(viewer)) = hands.state.modal() else { panic!("{}", hands.text()) };
    assert_eq!(viewer.search.as_ref().unwrap().lines, [0]);
    // The next version is searched for the same, and does not have it.
    hands.press("]");
    let Some(Modal::Viewer(viewer)) = hands.state.modal() else { panic!() };
    assert!(viewer.needle.is_some() && viewer.search.as_ref().unwrap().lines.is_empty());
    hands.press("Esc");
    hands.press("Esc 3 / content:/layer\\s5$/ Enter p");
    let Some(Modal::Viewer(viewer)) = hands.state.modal() else { panic!("{}", hands.text()) };
    assert_eq!(viewer.search.as_ref().unwrap().lines, [0]);
}

#[test]
fn contents_that_cannot_be_read_are_told() {
    let sample = Sample::of(&[vec!["f etc/good 20 a", "f etc/bad 14 a"]], &[("COPY . .", true)]);
    let mut hands = Hands::exploring(80, 24, &sample);
    hands.press("f content:layer");
    shows(&hands, "/etc/good");
    shows(&hands, "every file could be looked through; :messages says why");
    hands.press("Esc : messages Enter");
    shows(&hands, "the layer is damaged");
}

#[test]
fn a_bad_expression_for_contents_is_told_at_once() {
    let mut hands = hands("/ content:/(/");
    shows(&hands, "/(/ is no regular expression: unclosed group");
    hands.press("Esc f content:/(/");
    shows(&hands, "/(/ is no regular expression: unclosed group");
    hands.press("Esc f passwd ^V / /(/");
    shows(&hands, "/(/ is no regular expression: unclosed group");
    hands.press("Esc / /o[f]/");
    shows(&hands, "1 line found");
}

#[test]
fn secrets_are_found_by_their_names_with_what_is_left_of_them() {
    let mut hands = hands("g s");
    assert_eq!(selected(&hands.state), "srv/app/.env");
    shows(&hands, "> is:secret");
    shows(&hands, "1 found");
    shows(&hands, "Deleted in layer 5, but its bytes (38 B) are still in layers 3 and 4.");
    // It is a filter like any other.
    hands.press("is:dir");
    shows(&hands, "0 found");
    hands.press("Esc 3 / is:secret Space is:file Enter");
    assert!(!hands.text().contains("passwd"), "{}", hands.text());
}

#[test]
fn what_is_found_in_contents_does_not_depend_on_the_order_of_the_words_or_on_what_was_asked_before() {
    // Of config.yaml the layers 3, 4 and 5 have a version, and 4 and 5 belong to the user 1000.
    for asked_before in ["", "content:/layer\\s3/", "content:/layer\\s5/", "content:layer"] {
        for (words, hits) in [
            (["content:/layer\\s3/", "!content:/layer\\s5/"], 0),
            (["content:/layer\\s3/", "!content:/layer\\s2/"], 1),
            (["content:/layer\\s3/", "owner:1000"], 1),
            (["content:/layer\\s3/", "owner:0"], 0),
        ] {
            for words in [words, [words[1], words[0]]] {
                let mut hands = hands("");
                hands.press(&format!("f {asked_before} Esc f config Space {} Space {}", words[0], words[1]));
                let Some(Modal::Find(find)) = hands.state.modal() else { panic!() };
                assert_eq!(find.found.total, hits, "{words:?} after {asked_before:?}");
            }
        }
    }
}
