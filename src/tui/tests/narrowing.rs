//! Filters, kinds and orders: what is left of a list, and in which order.

use super::journeys::{path, paths};
use crate::tui::testing::{Hands, Sample, hands, shows};

#[test]
fn a_filter_keeps_parents_and_says_how_many_it_found() {
    let mut hands = hands("= = Tab / *.py");
    assert!(hands.text().contains("4 found"), "{}", hands.text());
    hands.press("Enter");
    let shown = paths(&mut hands);
    assert!(shown.contains(&"/srv/app/app/models.py".to_owned()), "{shown:?}");
    assert!(shown.contains(&"/srv/app/app/".to_owned()), "{shown:?}");
    assert!(!shown.iter().any(|path| path.contains("bundle")), "{shown:?}");
    hands.press("G n");
    assert_eq!(path(&hands), "/usr/lib/python3.11/os.py");
    hands.press("Esc");
    assert!(paths(&mut hands).iter().any(|path| path.contains("bundle")));
}

#[test]
fn a_filter_finds_what_is_in_closed_directories_and_leaves_them_as_they_were() {
    let mut hands = hands("= = Tab -");
    let closed = paths(&mut hands);
    hands.press("/ models.py");
    assert!(paths(&mut hands).contains(&"/srv/app/app/models.py".to_owned()), "{}", hands.text());
    hands.press("Esc");
    assert_eq!(paths(&mut hands), closed);
    hands.press("/ models.py Enter n Esc");
    assert_eq!(path(&hands), "/srv/app/app/models.py", "what one went to stays in sight");
}

/// Whatever is done while there is a filter, without it everything is as if there had never been one.
#[test]
fn a_filter_that_goes_leaves_nothing_behind() {
    let sample = Sample::new();
    let exploring = |keys: &str| {
        let mut hands = Hands::exploring(120, 30, &sample);
        hands.press("= = Tab * s");
        hands.press(keys);
        let tree = &hands.state.tree;
        let rows: Vec<_> = (0..tree.rows.len()).map(|row| tree.row(row).unwrap()).collect();
        (rows, tree.at.cursor)
    };
    let meanwhile = ["", "s", "s s", "s s s", "s s s s s", "S", "c", "a", "a a", "]", "] [", "= s", "/ x Enter s"];
    for keys in meanwhile {
        assert_eq!(exploring(&format!("/ p y Enter {keys} Esc")), exploring(&keys.replace("/ x Enter", "")), "{keys}");
    }
}

#[test]
fn a_bad_filter_says_what_is_wrong_and_does_not_pose_as_a_result() {
    let mut hands = hands("Tab / /[/");
    let error = hands.state.prompt.as_ref().unwrap().error.clone().unwrap();
    assert!(!error.is_empty());
    assert!(hands.text().contains(error.get(..20).unwrap_or(&error)), "{error} in\n{}", hands.text());
    hands.press("Enter");
    assert!(hands.state.prompt.is_some(), "what is not understood stays to be corrected");
    hands.press("Esc");
    assert!(hands.state.prompt.is_none() && hands.state.tree.filter.is_none());
}

/// Each list is sorted by the key that one names, as the words at its border say.
#[test]
fn a_list_is_sorted_by_the_key_that_is_named() {
    for (keys, said) in [
        ("Tab , n", "sorted by name"),
        ("Tab , p", "sorted by pull"),
        ("2 , n", "path ↑"),
        ("2 , c", " cause ↑ "),
        ("2 , c , s", " reclaim ↓ "),
        ("3 , n", " path ↑ "),
        ("3 , c", " change ↑ "),
        ("3 , t", " time ↓ "),
        ("3 , t , s", " size ↓ "),
        ("5 , n", " path ↑ "),
        ("5 , c", " change ↑ "),
        ("5 , n , s", " delta ↓ "),
    ] {
        shows(&hands(keys), said);
    }
}

#[test]
fn wasted_items_can_be_filtered_and_sorted() {
    let mut hands = hands("2 / apt Enter");
    assert_eq!(hands.state.waste.shown.len(), 2);
    hands.press("Esc");
    assert!(hands.state.waste.shown.len() > 2);
    hands.press("g g s");
    assert_eq!(hands.state.waste_group().unwrap().path, "var/cache/apt/pkgcache.bin", "the selected item stays");
    hands.press("gg");
    assert_eq!(hands.state.waste_group().unwrap().path, "srv/app/.env");
    hands.press("S gg");
    assert_eq!(hands.state.waste_group().unwrap().path, "var/lib/dpkg/status");
}

#[test]
fn sums_do_not_change_with_the_order() {
    let mut hands = hands("= = Tab");
    let sums = |hands: &Hands| {
        let scene = hands.state.tree.scene.clone().unwrap();
        let rows = (0..hands.state.tree.rows.len()).map(|index| hands.state.tree.row(index).unwrap());
        let mut all: Vec<_> = rows.map(|row| (row.node, scene.bytes(row.node))).collect();
        all.sort_unstable();
        all
    };
    let before = sums(&hands);
    hands.press("s s s s S s S / *.py Enter Esc");
    assert_eq!(sums(&hands), before);
}

#[test]
fn a_filter_narrows_the_sums_too() {
    let mut hands = hands(":3 Enter Tab / models Enter gg");
    let scene = hands.state.tree.scene.clone().unwrap();
    assert_eq!(scene.bytes(hands.state.tree.selected().unwrap().node), 2000);
    hands.press("Esc gg");
    let scene = hands.state.tree.scene.clone().unwrap();
    assert!(scene.bytes(hands.state.tree.selected().unwrap().node) > 3_000_000);
}

#[test]
fn kinds_can_be_switched_off() {
    let mut hands = hands(":5 Enter Tab");
    assert!(paths(&mut hands).contains(&"/srv/app/.env".to_owned()));
    hands.press("r");
    assert!(!paths(&mut hands).contains(&"/srv/app/.env".to_owned()));
    hands.press("c");
    assert!(paths(&mut hands).iter().any(|path| path.starts_with("/usr")));
    hands.press("c r :4 Enter !");
    let mut dead: Vec<String> = paths(&mut hands).into_iter().filter(|path| !path.ends_with('/')).collect();
    dead.sort();
    assert_eq!(dead, ["/srv/app/.env", "/srv/app/config.yaml"]);
}
