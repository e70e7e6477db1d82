//! How two versions of a file differ.

use crate::tui::Feed;
use crate::tui::effect::Effect;
use crate::tui::msg::Msg;
use crate::tui::state::Modal;
use crate::tui::testing::{Hands, Sample, named, shows};
use crate::tui::update::update;
use std::sync::Arc;

fn hands(width: u16, keys: &str) -> Hands {
    let mut hands = Hands::exploring(width, 24, &Sample::new());
    hands.press(keys);
    hands
}

#[test]
fn a_version_is_compared_with_the_one_before_it() {
    let mut hands = hands(80, "f config.y ^D");
    for part in [
        "/srv/app/config.yaml · L4 → L5",
        "+1 -1 · [L3] [L4] (L5)",
        "L5 RUN sed -i s/true/false/ config.yaml && rm -f .env",
        "63 B → 80 B · 0644 · 1000:0",
        "1   -of layer 4",
        "  1 +of layer 5",
    ] {
        shows(&hands, part);
    }
    hands.press("[");
    shows(&hands, "· L3 → L4");
    shows(&hands, "63 B · 0644 · owner 0:0 → 1000:0");
    hands.press("[");
    shows(&hands, "there is nothing before the first version");
    hands.press("] ]");
    shows(&hands, "this is the last version");
    hands.press("|");
    shows(&hands, "side by side wants 120 columns");
    hands.press("Esc Esc");
    assert!(hands.state.modals.is_empty());
}

#[test]
fn on_a_wide_screen_both_sides_stand_beside_each_other() {
    let mut hands = hands(140, "f config.y ^D");
    shows(&hands, "1 -of layer 4");
    assert!(hands.text().lines().any(|line| line.contains("of layer 4") && line.contains("of layer 5")));
    hands.press("|");
    assert!(!hands.text().lines().any(|line| line.contains("-of layer 4") && line.contains("+of layer 5")));
}

#[test]
fn from_the_tree_the_version_of_the_lens_is_compared() {
    let mut hands = hands(80, ":4 Enter Tab / config.y Enter G d");
    shows(&hands, "· L3 → L4");
    hands.press("Esc :3 Enter d");
    shows(&hands, "· L3 → L4");
    hands.press("Esc / ^U views Enter G d");
    shows(&hands, "/srv/app/app/views.py");
    hands.press("Esc");
    let hands = self::hands(80, "f libc.so.6 ^D");
    shows(&hands, "there is only one version of this path");
}

#[test]
fn what_has_no_content_is_compared_by_its_entries() {
    let layers = [
        vec!["l bin/sh dash", "f etc/conf 5 x", "d srv", "d opt"],
        vec!["l bin/sh bash", "l etc/conf /run/conf", "d srv %7", "d opt"],
        vec!["f etc/conf 6 y"],
    ];
    let sample = Sample::of(&layers, &[("ADD rootfs", true), ("RUN ln", true), ("COPY conf", true)]);
    let mut hands = Hands::exploring(80, 24, &sample);
    hands.press("f bin/sh ^D");
    for part in ["/bin/sh · L0 → L1", "L1 RUN ln", "- symlink -> dash", "+ symlink -> bash"] {
        shows(&hands, part);
    }
    hands.press("x");
    shows(&hands, "there are no lines to write");
    hands.press("Esc ^U etc/conf ^D");
    for part in ["/etc/conf · L1 → L2", "symlink → 6 B", "- symlink -> /run/conf", "+ file"] {
        shows(&hands, part);
    }
    hands.press("[");
    for part in ["/etc/conf · L0 → L1", "5 B → symlink", "- file", "+ symlink -> /run/conf"] {
        shows(&hands, part);
    }
    hands.press("Esc ^U srv ^D");
    shows(&hands, "directory · 0755 · owner 0:0 → 7:0");
    // Between two points it is what they have, whatever lies between.
    hands.press("Esc Esc :cmp Space 0 Space 2 Enter / /conf Enter d");
    for part in ["/etc/conf · L0 → L2", "5 B → 6 B"] {
        shows(&hands, part);
    }
    hands.feed(Feed::Ready(Arc::clone(&sample.model)));
    shows(&hands, "/etc/conf · L0 → L2");
    hands.press("Esc Esc");
    // In the tree it is the version of the lens.
    hands.press("Esc Esc 1 :1 Enter Tab * /conf Enter G d");
    shows(&hands, "/etc/conf · L0 → L1");
}

#[test]
fn the_viewer_and_the_life_of_a_path_lead_to_the_difference() {
    let mut hands = hands(80, "f config.y ^V [ d");
    shows(&hands, "· L3 → L4");
    hands.press("Esc Esc Esc f config.y Enter t k d");
    shows(&hands, "· L3 → L4");
    hands.press("Esc");
    assert!(matches!(hands.state.modal(), Some(Modal::Life(_))));
    // Where nothing is left there is nothing to compare or to write.
    let mut hands = self::hands(80, "f app/.env Enter t G d");
    shows(&hands, "nothing is left of it in this layer: a row above can be compared");
    hands.press("x");
    shows(&hands, "nothing is left of it in this layer: a row above has its content");
}

#[test]
fn closing_ends_the_comparison_and_what_comes_late_does_not_count() {
    let mut hands = hands(80, "f config.y");
    let effects = update(&mut hands.state, Msg::Key(named("^D").unwrap()));
    shows(&hands, "reading …   Esc stops");
    let [Effect::Compare(generation, pair)] = effects.as_slice() else { panic!("{effects:?}") };
    update(&mut hands.state, Msg::Key(named("Esc").unwrap()));
    assert!(pair.cancel.is_cancelled() && pair.answer().is_none());
    hands.take(Msg::Compared(*generation, Err("late".to_owned())));
    assert!(!hands.text().contains("late"));
    hands.press("^D");
    let Some(Modal::Diff(diff)) = hands.state.modal() else { panic!() };
    let generation = diff.generation;
    hands.take(Msg::Compared(generation, Err("gzip: the layer is damaged".to_owned())));
    shows(&hands, "gzip: the layer is damaged");
}

#[test]
fn one_goes_from_hunk_to_hunk() {
    let mut hands = hands(80, "f config.y ^D");
    let Some(Modal::Diff(diff)) = hands.state.modal() else { panic!() };
    let generation = diff.generation;
    let old = (0..300).map(|line| line.to_string()).collect::<Vec<_>>().join("\n");
    let new = old.replace("\n50\n", "\nfifty\n").replace("\n150\n", "\nin the middle\n").replace("\n250\n", "\nlate\n");
    let difference = crate::tui::diff::Difference::of(old.as_bytes(), new.as_bytes());
    hands.take(Msg::Compared(generation, Ok(difference)));
    for (key, part) in [("n", "hunk 2 of 3"), ("n", "hunk 3 of 3"), ("n", "hunk 1 of 3"), ("N", "hunk 3 of 3")] {
        hands.press(key);
        shows(&hands, part);
    }
    shows(&hands, "late");
}

#[test]
fn the_lines_are_saved_as_a_patch_where_nothing_is_yet() {
    let mut hands = hands(80, ": 3 Enter Tab G d x");
    let Some(prompt) = &hands.state.prompt else { panic!("no prompt in\n{}", hands.text()) };
    assert!(prompt.input.value().ends_with("-L3-L4.patch"), "{}", prompt.input.value());
    let name = prompt.input.value().to_owned();
    let Some(Modal::Diff(diff)) = hands.state.modal() else { panic!("no diff") };
    let patch = diff.lines().unwrap().patch.clone().unwrap();
    assert!(patch.starts_with("@@ -1,2 +1,2 @@\n-of layer 3\n+of layer 4\n"), "{patch}");
    hands.press("Enter");
    shows(&hands, &format!("wrote {name}"));
    hands.press("x ^U t h e r e . p a t c h Enter");
    shows(&hands, "there.patch: entity already exists");
    hands.press("x ^U Enter");
    shows(&hands, "name a file");
    hands.press("Esc");
    assert!(hands.state.prompt.is_none());
}
