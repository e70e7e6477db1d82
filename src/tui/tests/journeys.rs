//! Keys go in, the state comes out.

use crate::image::LayerIndex;
use crate::progress::Progress;
use crate::tree::Lens;
use crate::tui::Feed;
use crate::tui::keymap::Keymap;
use crate::tui::layout::Pane;
use crate::tui::msg::Msg;
use crate::tui::state::{LayerRow, LensMode, Modal, State, View};
use crate::tui::testing::{Hands, Sample, hands, named, shows};
use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use std::sync::Arc;

pub(super) fn path(hands: &Hands) -> String {
    hands.state.tree_path().unwrap_or_default()
}

pub(super) fn paths(hands: &mut Hands) -> Vec<String> {
    let before = hands.state.tree.at;
    let all = (0..hands.state.tree.rows.len())
        .map(|row| {
            hands.state.tree.at.cursor = row;
            hands.state.tree_path().unwrap()
        })
        .collect();
    hands.state.tree.at = before;
    all
}

fn lens(state: &State) -> Lens {
    state.tree.scene.as_ref().unwrap().view.lens()
}

#[test]
fn a_build_step_without_a_layer_does_not_pose_as_one() {
    let mut hands = hands("e gg");
    while matches!(hands.state.layer_row(), Some(crate::tui::state::LayerRow::Layer(_))) {
        hands.press("j");
    }
    assert!(matches!(hands.state.layer_row(), Some(crate::tui::state::LayerRow::Empty(_))), "{}", hands.text());
    assert!(hands.text().contains("no layer: it changes settings only"), "{}", hands.text());
    hands.press("k k k");
    assert!(!hands.text().contains("no layer: it changes"), "{}", hands.text());
}

#[test]
fn the_lens_follows_the_selected_layer() {
    let table: [(&str, Lens); 9] = [
        ("", Lens::layer(LayerIndex(0))),
        ("j", Lens::layer(LayerIndex(1))),
        ("G", Lens::layer(LayerIndex(5))),
        ("] ] [", Lens::layer(LayerIndex(1))),
        ("Tab ] ]", Lens::layer(LayerIndex(2))),
        (":4 Enter", Lens::layer(LayerIndex(4))),
        (":4 Enter =", Lens::up_to(LayerIndex(4))),
        (":2 Enter = =", Lens::up_to(LayerIndex(5))),
        (":2 Enter v ] ]", Lens::range(LayerIndex(2), LayerIndex(4))),
    ];
    for (keys, expected) in table {
        assert_eq!(lens(&hands(keys).state), expected, "{keys}");
    }
}

#[test]
fn the_path_is_kept_while_the_lens_moves() {
    let mut hands = hands(":3 Enter Tab / .env Enter");
    assert_eq!(path(&hands), "/srv/app/");
    hands.press("Esc");
    hands.press("n");
    while path(&hands) != "/srv/app/.env" {
        hands.press("j");
    }
    for _ in 0..20 {
        hands.press("]");
    }
    assert_eq!(path(&hands), "/srv/app/.env", "removed in the last layer, and still the selected path");
    hands.press("[ [ [ [ [");
    assert_ne!(path(&hands), "/srv/app/.env", "the base does not have it");
    hands.press("] ] ]");
    assert_eq!(path(&hands), "/srv/app/.env");
}

#[test]
fn enter_on_a_wasted_item_leads_to_its_path_in_the_layer_that_ships_it() {
    let mut hands = hands("2");
    assert_eq!(hands.state.waste_group().unwrap().path, "var/cache/apt/pkgcache.bin");
    hands.press("Enter");
    assert_eq!((hands.state.view, hands.state.focus()), (View::Layers, Pane::Tree));
    assert_eq!(lens(&hands.state), Lens::layer(LayerIndex(1)));
    assert_eq!(path(&hands), "/var/cache/apt/pkgcache.bin");
    hands.press("w");
    assert_eq!(hands.state.view, View::Waste);
    assert_eq!(hands.state.waste_group().unwrap().path, "var/cache/apt/pkgcache.bin");
}

#[test]
fn a_label_leads_to_its_row_and_the_row_to_its_layer() {
    let mut hands = hands("4 Enter");
    assert_eq!((hands.state.focus(), hands.state.history.at.cursor), (Pane::History, 9));
    hands.press("Enter");
    assert!(matches!(hands.state.modal(), Some(Modal::Text(_))), "a row without a layer opens its instruction");
    hands.press("Esc j j Enter");
    assert_eq!((hands.state.view, hands.state.layer()), (View::Layers, LayerIndex(5)));
}

#[test]
fn overridden_labels_say_what_they_were_and_who_set_them() {
    let text = hands("4").text();
    let line = text.lines().find(|line| line.contains("image.vendor")).unwrap();
    assert!(line.contains("~H9") && line.contains("Acme-Platform") && line.contains("was Acme (H2)"), "{line}");
}

#[test]
fn two_keys_show_the_whole_instruction() {
    let hands = hands("j Enter");
    let text = hands.text();
    for part in
        ["RUN set -eux;", "apt-get update", "&& apt-get install -y --no-install-recommends python3 ca-certificates"]
    {
        assert!(text.contains(part), "{part} in\n{text}");
    }
}

#[test]
fn enter_never_hides_anything_and_escape_never_quits() {
    for start in [
        "",
        "Tab",
        "2",
        "4",
        "4 Tab",
        "4 Tab Tab",
        "4 S-Tab",
        "= =",
        "? layer",
        "/ x",
        "j Enter",
        ":99 Enter",
        "z",
        "v j",
    ] {
        let mut hands = hands(start);
        let rows = hands.state.tree.rows.len();
        if hands.state.prompt.is_none() {
            hands.press("Enter");
            assert!(hands.state.tree.rows.len() >= rows, "{start}");
        }
        hands.press("Esc Esc Esc Esc Esc");
        assert!(!hands.quit, "{start}");
        let state = &hands.state;
        assert!(state.modals.is_empty() && state.prompt.is_none() && !state.zoom, "{start}");
        assert!(state.tree.filter.is_none(), "{start}");
    }
}

#[test]
fn directories_open_and_close() {
    let mut hands = hands(":3 Enter Tab -");
    assert_eq!(paths(&mut hands), ["/srv/app/"]);
    hands.press("Enter");
    assert!(hands.state.tree.rows.len() > 1);
    hands.press("Space");
    assert_eq!(hands.state.tree.rows.len(), 1);
    hands.press("*");
    assert!(paths(&mut hands).contains(&"/srv/app/app/views.py".to_owned()));
    hands.press("G h");
    assert!(hands.state.tree.at.cursor < hands.state.tree.rows.len() - 1);
    hands.press("gg h h");
    assert_eq!(hands.state.focus(), Pane::Layers);
}

#[test]
fn every_list_ends_with_its_last_row_in_sight() {
    let rows: Vec<(String, bool)> = (0..100).map(|n| (format!("RUN step {n} && echo {n}"), true)).collect();
    let rows: Vec<(&str, bool)> = rows.iter().map(|(text, layer)| (text.as_str(), *layer)).collect();
    let files: Vec<String> = (0..100).map(|n| format!("f dir/file{n:03} 10 a")).collect();
    let first: Vec<&str> = files.iter().map(String::as_str).collect();
    let again: Vec<String> = (0..100).map(|n| format!("f dir/file{n:03} 10 b")).collect();
    let mut layers = vec![first, again.iter().map(String::as_str).collect()];
    layers.resize(100, Vec::new());
    let sample = Sample::of(&layers, &rows);
    for (width, height) in [(80, 24), (120, 40), (40, 10), (60, 14)] {
        for (keys, last) in [("G", "99 "), ("Tab G", "file099"), ("2 G", "file099"), ("4 S-Tab G", "echo 99")] {
            let mut hands = Hands::exploring(width, height, &sample);
            hands.press(keys);
            assert!(hands.text().contains(last), "{keys} at {width}x{height}:\n{}", hands.text());
            hands.press("gg");
            assert!(!hands.text().contains(last) || keys == "G", "{keys} at {width}x{height}:\n{}", hands.text());
        }
        let mut hands = Hands::exploring(width, height, &sample);
        hands.press("? G");
        assert!(hands.text().contains('?'), "typing narrows");
        hands.press("Esc End");
        assert!(hands.text().contains("dead weight"), "{}", hands.text());
    }
}

#[test]
fn layers_that_are_read_can_be_opened_before_the_others() {
    let sample = Sample::new();
    let mut hands = Hands::loading(80, 24, &sample);
    assert!(hands.text().contains("ADD file:1d256"), "the list is there from the documents alone");
    assert!(hands.text().contains("reading 0 of 6"));
    hands.feed(Feed::Progress(Progress::Layer { layer: 3, read: 500_000, total: 1_000_000 }));
    hands.press(":3 Enter Tab");
    assert!(hands.text().contains("reading L3: 500 kB of 1.00 MB"), "{}", hands.text());
    let listing = Arc::clone(&sample.listings[3]);
    hands.feed(Feed::Layer { layer: LayerIndex(3), listing, error: None });
    assert!(hands.text().contains("kinds wait: L0"), "{}", hands.text());
    hands.press("G");
    let kept = path(&hands);
    hands.press("=");
    assert!(hands.state.toast.is_some(), "what waits for the other layers says so");
    assert_eq!(hands.state.tree.mode, LensMode::Alone);
    hands.press("2");
    assert!(hands.text().contains("Waste is told as the layers are read"));
    hands.press("4");
    assert!(hands.text().contains("Acme-Platform"), "labels need no layers");
    hands.press("1");
    hands.feed(Feed::Ready(Arc::clone(&sample.model)));
    assert_eq!(path(&hands), kept);
    assert!(hands.text().contains("waste 10.4 MB"));
}

#[test]
fn a_broken_layer_says_why_and_the_others_work() {
    let sample = Sample::new();
    let mut hands = Hands::loading(120, 40, &sample);
    let listing = Arc::clone(&sample.listings[2]);
    let error = Some("gzip: unexpected end at 12.3 MB".to_owned());
    hands.feed(Feed::Layer { layer: LayerIndex(1), listing, error });
    assert!(hands.text().contains("! gzip: unexpected end"), "{}", hands.text());
    hands.press(":messages Enter");
    assert!(hands.text().contains("error: layer 1: gzip: unexpected end at 12.3 MB"), "{}", hands.text());
}

#[test]
fn what_fails_late_takes_nothing_away() {
    let mut hands = hands("");
    hands.feed(Feed::Failed("digest of layer 2 differs".to_owned()));
    assert!(!hands.quit && hands.text().contains("digest of layer 2 differs"), "{}", hands.text());
    let mut hands = Hands::new(80, 24);
    hands.feed(Feed::Failed("no container image".to_owned()));
    assert!(hands.quit);
}

#[test]
fn the_instruction_scrolls_from_every_pane() {
    let mut hands = hands(":1 Enter Tab J");
    assert!(matches!(hands.state.modal(), Some(Modal::Text(_))), "it has no pane of its own at this size");
    hands.press("Esc");
    hands.resize(120, 16);
    hands.press("J J");
    assert_eq!((hands.state.instruction_offset, hands.state.modals.is_empty()), (2, true));
    hands.press("K");
    assert_eq!(hands.state.instruction_offset, 1);
}

#[test]
fn an_image_can_be_chosen() {
    let mut hands = Hands::new(80, 24);
    hands.feed(Feed::Choose(vec!["a:1".to_owned(), "b:2".to_owned()]));
    hands.press("j Enter");
    assert_eq!(hands.chosen, Some(1));
    let mut hands = Hands::new(80, 24);
    hands.feed(Feed::Choose(vec!["a:1".to_owned()]));
    hands.press("Esc");
    assert!(!hands.quit && hands.text().contains("q quits"), "{}", hands.text());
    hands.press("q");
    assert!(hands.quit);
}

#[test]
fn rows_without_a_layer_can_be_shown() {
    let mut hands = hands("e");
    assert_eq!(hands.state.layers.rows.len(), 14 + 1, "all rows of the history, and the line under the base");
    assert_eq!(hands.state.layer_row(), Some(LayerRow::Layer(LayerIndex(0))), "the same layer is selected");
    hands.press("j j");
    assert_eq!(hands.state.layer(), LayerIndex(0), "the lens stays on the layer above");
    hands.press("e");
    assert_eq!(hands.state.layer_row(), Some(LayerRow::Layer(LayerIndex(0))));
}

#[test]
fn what_is_copied_is_what_is_selected() {
    assert_eq!(hands("2 y").copied.as_deref(), Some("/var/cache/apt/pkgcache.bin"));
    assert_eq!(hands("4 y").copied.as_deref(), Some("base-team@acme.example"));
    assert_eq!(hands(":3 Enter y").copied.as_deref(), Some("COPY . ."));
    assert_eq!(hands("Tab y").copied.as_deref(), Some("/usr/"));
}

#[test]
fn the_history_of_a_removed_path_says_where_its_bytes_still_are() {
    let mut hands = hands(":5 Enter Tab G");
    while path(&hands) != "/srv/app/.env" {
        hands.press("k");
    }
    hands.press("i");
    assert!(hands.text().contains("its bytes (38 B) are still in layers 3 and 4"), "{}", hands.text());
}

#[test]
fn both_quit_keys_quit_from_everywhere() {
    for start in ["", "Tab", "2", "4", "?", "/", ":", "j Enter"] {
        let mut hands = hands(start);
        hands.press("^C");
        assert!(hands.quit, "{start}");
    }
    assert!(hands("q").quit);
    assert!(!hands("/ q").quit, "letters are typed while a filter is open");
}

#[test]
fn escape_and_a_key_that_come_together_are_two_keys() {
    let mut hands = hands("2 ?");
    hands.take(Msg::Key(KeyEvent::new(KeyCode::Char('1'), KeyModifiers::ALT)));
    assert!(hands.state.modals.is_empty());
    assert_eq!(hands.state.view, View::Layers);
}

#[test]
fn typing_narrows_the_help() {
    let mut hands = hands("? filter");
    let text = hands.text();
    assert!(text.contains("^F") || text.contains("no key"), "{text}");
    assert!(!text.contains("half page"), "{text}");
    hands.press("Esc");
    assert!(hands.text().contains("half page"));
    hands.press("Esc");
    assert!(hands.state.modals.is_empty());
}

#[test]
fn a_long_error_is_read_to_its_end() {
    let hands = hands("/is:foo");
    let text = hands.text();
    for part in ["is: knows added modified", "secret elf", "/is:foo"] {
        assert!(text.contains(part), "{part} in\n{text}");
    }
}

#[test]
fn shift_and_an_arrow_make_a_range_or_a_longer_one() {
    let mut hands = hands("S-Down S-Down");
    assert!(hands.text().contains("lens: L0-L2 range"), "{}", hands.text());
    hands.press("S-Up");
    assert!(hands.text().contains("lens: L0-L1 range"), "{}", hands.text());
}

#[test]
fn every_key_of_the_table_is_one_that_a_terminal_sends() {
    for action in &Keymap::default().actions {
        assert!(!action.keys.is_empty(), "{:?}", action.act);
        for key in &action.keys {
            let typed = key.chars().count() == 1
                || ["gg", "gt", "gs", "gm", ",s", ",n", ",c", ",t", ",p"].contains(&key.as_ref());
            assert!(typed || *key == "S-Tab" || named(key).is_some(), "{key}");
        }
    }
}

#[test]
fn the_menu_offers_what_can_be_copied() {
    let mut hands = hands("3 j Y");
    let text = hands.text();
    for part in ["/srv/app/static/bundle.js", "its size in bytes", "3000000", "RUN chown -R 1000 /srv/app"] {
        assert!(text.contains(part), "{part} in\n{text}");
    }
    hands.press("j Enter");
    assert_eq!(hands.copied.as_deref(), Some("layerscope cat --layer 4 app.tar srv/app/static/bundle.js"));
    hands.press("Y j j Enter");
    assert_eq!(hands.copied.as_deref(), Some("layerscope extract --layer 4 --to . app.tar srv/app/static/bundle.js"));
    // It is read for that.
    hands.press("Y");
    let Some(Modal::Menu(menu)) = hands.state.modal() else { panic!("no menu") };
    let digest = menu.items.iter().position(|(what, _)| *what == "its SHA-256").unwrap();
    hands.press(&"j ".repeat(digest));
    hands.press("Enter");
    let digest = hands.copied.clone().unwrap();
    assert!(digest.len() == 64 && digest.bytes().all(|byte| byte.is_ascii_hexdigit()), "{digest}");
    assert!(hands.text().contains(&format!("copied its SHA-256, {}…", digest.get(..12).unwrap())), "{}", hands.text());
    assert!(hands.state.modals.is_empty());
    hands.press("1 :3 Enter Y y");
    assert_eq!(hands.copied.as_deref(), Some("COPY . ."));
    hands.press("Tab / config.y Enter G S-Tab Y");
    assert!(!hands.text().contains("its size in bytes"), "the list is about layers: {}", hands.text());
}

#[test]
fn shares_read_as_in_the_report() {
    let hands = hands("2");
    let totals = hands.state.ready.as_ref().unwrap().model.report.totals.clone();
    for share in [totals.efficiency, totals.user_wasted] {
        let share = crate::report::percent(share);
        assert!(hands.text().contains(&share), "{share} in\n{}", hands.text());
    }
}

#[test]
fn a_command_that_is_longer_than_the_pane_is_read_to_its_end() {
    let packages: Vec<String> = (0..60).map(|number| format!("package-number-{number}")).collect();
    let long = format!("RUN apt-get install {}", packages.join(" "));
    let steps = [("ADD rootfs", true), (long.as_str(), true), ("USER app", false)];
    let sample = Sample::of(&[vec!["f a 5 x"], vec!["f b 5 y"]], &steps);
    let mut hands = Hands::exploring(80, 24, &sample);
    hands.press("4 Tab Tab Tab j");
    let mut seen = hands.text();
    for _ in 0..20 {
        hands.press("PgDn");
        seen.push_str(&hands.text());
    }
    assert!(packages.iter().all(|name| seen.contains(name)), "{seen}");
    assert_eq!(hands.state.history.at.cursor, 2, "and the rows behind it");
    hands.press("k J");
    let moved = hands.text();
    hands.press("K");
    assert_ne!(hands.text(), moved);
    hands.press("K");
    shows(&hands, "there is no more of this command");
}

/// Views, find and commands are there wherever one reads; what is read is closed by going elsewhere.
#[test]
fn what_lies_over_a_view_is_left_for_another_one() {
    for over in ["f config.y ^V", "f config.y ^D", "f config.y Enter t", "1 Tab S-Tab Enter", "2 D", "4 D"] {
        let mut hands = hands(over);
        assert!(hands.state.modal().is_some(), "{over}");
        hands.press("3");
        assert!(hands.state.modals.is_empty() && hands.state.view == View::Files, "{over}");
        hands.press("1");
        hands.press(over);
        let depth = if over.starts_with("f config.y ^") { 0 } else { hands.state.modals.len() };
        hands.press("f");
        assert!(matches!(hands.state.modal(), Some(Modal::Find(_))), "{over}");
        hands.press("Esc");
        assert!(hands.state.modals.len() == depth && depth < 3, "{over}: what was read is there again");
        hands.press(over);
        hands.press(":2 Enter");
        assert_eq!((hands.state.modals.len(), hands.state.layer()), (0, LayerIndex(2)), "{over}");
        hands.press(over);
        hands.press(":cmp Space 1 Space 4 Enter");
        assert!(hands.state.modals.is_empty() && hands.state.view == View::Compare, "{over}");
    }
    let mut hands = hands("gm gm :messages Enter");
    assert_eq!(hands.state.modals.len(), 1);
    hands.press("Esc");
    assert!(hands.state.modals.is_empty());
}

#[test]
fn the_lens_moves_along_the_history() {
    let mut hands = hands("4 ]");
    assert_eq!((hands.state.history.at.cursor, hands.state.layers.selected), (4, Some(LayerIndex(1))));
    hands.press("] [ [");
    assert_eq!((hands.state.history.at.cursor, hands.state.layers.selected), (0, Some(LayerIndex(0))));
    hands.press("[");
    shows(&hands, "no layer comes before");
    hands.press("] ] ] ] ]");
    assert_eq!((hands.state.history.at.cursor, hands.state.layers.selected), (11, Some(LayerIndex(5))));
    hands.press("]");
    shows(&hands, "no layer follows");
    // It goes on from the layer, wherever one was in the history.
    hands.press("1 :3 Enter 4 Tab Tab Tab g g ]");
    assert_eq!((hands.state.history.at.cursor, hands.state.layers.selected), (8, Some(LayerIndex(4))));
}

#[test]
fn a_long_path_is_read_whole_below_the_list() {
    let long = format!("f {}/end 7 x", "a/directory-whose-name-is-rather-long".repeat(4));
    let again = long.replace("7 x", "8 y");
    let layers = [vec![long.as_str(), "f b 5 y"], vec!["f .wh.b 0", again.as_str()]];
    let sample = Sample::of(&layers, &[("COPY . .", true), ("RUN rm b", true)]);
    let whole = format!("/{}", long.split_whitespace().nth(1).unwrap());
    for (keys, width) in [(":0 Enter Tab * G k", 80), ("2", 80), ("3", 80), ("3", 130)] {
        let mut hands = Hands::exploring(width, 24, &sample);
        hands.press(keys);
        let text = hands.text();
        let lines: String = text.lines().skip(17).map(|line| line.trim_start().trim_end()).collect();
        assert!(lines.contains(&whole), "{keys}\n{text}");
    }
    // What is told of the selection is told all the same: the verdict, which is that of every row, gives way.
    let mut hands = Hands::exploring(80, 24, &sample);
    hands.press("2");
    let text = hands.text();
    assert!(text.contains("L0 COPY . . → L1 RUN rm b") && text.contains("Tip  ") && !text.contains("CI   "), "{text}");
    // Without room for it the end tells most.
    let mut hands = Hands::exploring(40, 10, &sample);
    hands.press("3");
    assert!(hands.text().contains("long/end"), "{}", hands.text());
}
