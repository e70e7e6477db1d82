//! What the user can have otherwise: the split, the columns, the theme, the order; and what is seen without being opened.

use crate::image::LayerIndex;
use crate::tui::msg::Msg;
use crate::tui::testing::{Hands, Sample, shows};
use crate::tui::{SortKey, ThemeName};

#[test]
fn the_line_between_the_panes_moves_as_far_as_both_are_of_use() {
    let mut hands = Hands::exploring(80, 24, &Sample::new());
    let left = |hands: &Hands| {
        let line = hands.text().lines().nth(2).unwrap().to_owned();
        line.chars().position(|c| c == '┓').unwrap() + 1
    };
    assert_eq!(left(&hands), 32);
    hands.press(">");
    assert_eq!((left(&hands), hands.state.options.split), (36, [Some(36), None]));
    hands.press("> > > > > > >");
    assert_eq!(left(&hands), 48);
    shows(&hands, "no pane can be smaller");
    hands.press("< < < < < < < < < <");
    assert_eq!(left(&hands), 20);
    hands.press("z <");
    shows(&hands, "there is one pane");
}

#[test]
fn mode_and_owner_come_and_go() {
    let mut hands = Hands::exploring(80, 24, &Sample::new());
    assert!(!hands.text().contains("drwxr-xr-x"), "{}", hands.text());
    hands.press("^B");
    shows(&hands, "drwxr-xr-x");
    shows(&hands, "mode and owner are shown");
    hands.press("^B");
    assert!(!hands.text().contains("drwxr-xr-x"), "{}", hands.text());
}

#[test]
fn a_theme_is_chosen_by_its_name() {
    let mut hands = Hands::exploring(80, 24, &Sample::new());
    hands.press(": t h e m e Space l i g h t Enter");
    assert_eq!(hands.state.options.theme, ThemeName::Light);
    hands.press(": t h e m e Space p i n k Enter");
    shows(&hands, "there is no theme \"pink\"; there are auto, terminal");
}

#[test]
fn whoever_hesitates_is_told_what_can_follow() {
    let mut hands = Hands::exploring(80, 24, &Sample::new());
    hands.press("Tab ,");
    assert!(!hands.text().contains("by change"), "{}", hands.text());
    hands.take(Msg::Hesitated);
    shows(&hands, ",c  by change");
    shows(&hands, ",t  by time");
    hands.press("n");
    assert!(!hands.text().contains("by change"), "{}", hands.text());
    assert_eq!(hands.state.tree.sort.key, SortKey::Name);
    shows(&hands, "sorted by name");
    // Without the first key of a sequence there is nothing to be told.
    hands.take(Msg::Hesitated);
    assert!(!hands.state.hints);
}

#[test]
fn the_selected_path_is_seen_without_being_opened() {
    let mut hands = Hands::exploring(120, 40, &Sample::new());
    hands.press(": 3 Enter Tab G");
    let path = hands.state.selected_path().unwrap();
    shows(&hands, "Preview");
    shows(&hands, "1 of layer 3");
    hands.press("]");
    assert_eq!(hands.state.selected_path().unwrap(), path);
    shows(&hands, "1 of layer 4");
    // A directory says what is largest in it.
    hands.press("g g");
    shows(&hands, "largest");
    shows(&hands, "timeline");
    // Where there is no room there is no preview, and nothing is read for it.
    hands.resize(80, 24);
    assert!(hands.state.preview.is_none());
    assert_eq!(hands.state.layer(), LayerIndex(4));
}

#[test]
fn the_preview_scrolls_while_the_tree_has_the_keys() {
    let mut hands = Hands::exploring(120, 24 + 5, &Sample::new());
    hands.press(": 3 Enter Tab G");
    hands.press("J J J J J J J J");
    let Some(viewer) = hands.state.preview.as_ref().and_then(|preview| preview.hit.content.as_ref()) else {
        panic!("no content")
    };
    let rows = viewer.rows().len();
    assert!(viewer.offset > 0 || rows < 8, "{} of {rows}", viewer.offset);
    hands.press("K K K K K K K K");
    assert_eq!(hands.state.preview.as_ref().unwrap().hit.content.as_ref().unwrap().offset, 0);
}
