//! Writing what is selected to a folder.

use crate::tree::{Item, Version};
use crate::tui::effect::Effect;
use crate::tui::extract::Wanted;
use crate::tui::msg::Msg;
use crate::tui::state::Modal;
use crate::tui::testing::{Sample, hands, named, shows};
use crate::tui::update::update;

/// What would be written, and where to, if Enter were pressed.
fn planned(keys: &str) -> (Vec<Item>, String) {
    let hands = hands(keys);
    let tree = &hands.state.ready.as_ref().unwrap().model.tree;
    let plan = hands.state.plan.as_ref().unwrap_or_else(|| panic!("{keys}:\n{}", hands.text()));
    let items = match &plan.wanted {
        Wanted::Item(item) => vec![item.clone()],
        Wanted::Below(node, version) => tree.items(*node, *version),
    };
    (items, hands.state.prompt.as_ref().unwrap().input.value().to_owned())
}

fn paths(items: &[Item]) -> Vec<&str> {
    items.iter().map(|item| std::str::from_utf8(&item.path).unwrap()).collect()
}

#[test]
fn what_is_selected_is_written_in_its_version() {
    let sample = Sample::new();
    let layer = |item: &Item| sample.model.tree.inode(item.inode.unwrap()).unwrap().layer.0;
    for (keys, path, of, folder) in [
        ("f app/.env ^X", "srv/app/.env", 4, "./app-1.4.2-L4"),
        (":3 Enter Tab / .env Enter G x", "srv/app/.env", 3, "./app-1.4.2-L3"),
        (":5 Enter Tab / .env Enter G x", "srv/app/.env", 4, "./app-1.4.2-L4"),
        ("f app/.env Enter t k k x", "srv/app/.env", 3, "./app-1.4.2-L3"),
        ("2 x", "var/cache/apt/pkgcache.bin", 1, "./app-1.4.2-L1"),
        ("3 x", "usr/bin/python3", 1, "./app-1.4.2-L1"),
    ] {
        let (items, to) = planned(keys);
        assert_eq!((paths(&items), to.as_str()), (vec![path], folder), "{keys}");
        assert_eq!(layer(&items[0]), of, "{keys}");
    }
}

#[test]
fn directories_and_layers_are_written_whole() {
    let (items, to) = planned(":4 Enter Tab ^E");
    let expected = ["srv/app", "srv/app/.env", "srv/app/app/models.py"];
    assert!(expected.iter().all(|path| paths(&items).contains(path)), "{:?}", paths(&items));
    assert_eq!(to, "./app-1.4.2-L4");
    assert_eq!(paths(&planned(":0 Enter x").0).len(), 8);
    // Of the whole image, nothing that is gone.
    let (items, to) = planned("= = Tab / srv Enter gg x");
    assert!(paths(&items).contains(&"srv/app/config.yaml") && !paths(&items).contains(&"srv/app/.env"));
    assert_eq!(to, "./app-1.4.2");
    // A directory that is gone in the end, as it was before.
    let (items, _) = planned("f apt/lists$ ^X");
    assert_eq!(paths(&items), ["var/cache/apt/lists", "var/cache/apt/lists/main"]);
}

#[test]
fn the_folder_can_be_changed_and_the_result_is_told() {
    let mut hands = hands("f passwd ^X");
    shows(&hands, "where to write /etc/passwd   [Enter] write  [Esc] close");
    hands.press("^U Enter");
    shows(&hands, "name a folder; it is made if it is not there");
    hands.press("./here Enter");
    shows(&hands, "Wrote 1 to ./here");
    assert!(matches!(hands.state.modal(), Some(Modal::Find(_))), "the search is there again");
    hands.press("^X Esc");
    assert!(hands.state.plan.is_none() && hands.state.prompt.is_none());
}

#[test]
fn nothing_is_replaced_without_asking() {
    let mut hands = hands("3 x ^U there Enter");
    shows(&hands, "/usr/bin/python3: 1 path is in there already. Enter replaces it, Esc leaves");
    hands.press("Esc");
    assert!(hands.state.modals.is_empty());
    hands.press("x ^U there Enter Enter");
    shows(&hands, "Wrote 1 to there");
    assert!(hands.state.modals.is_empty());
}

#[test]
fn what_could_not_be_written_is_named() {
    let mut hands = hands("3 x ^U full Enter");
    shows(&hands, "etc/passwd: no space left");
    hands.press("Esc x ^U forbidden Enter");
    shows(&hands, "permission denied");
    assert!(hands.state.modals.is_empty());
    hands.press("4 x");
    assert!(hands.state.prompt.is_none());
}

#[test]
fn closing_ends_the_writing() {
    let mut hands = hands("3 x");
    let effects = update(&mut hands.state, Msg::Key(named("Enter").unwrap()));
    shows(&hands, "writing /usr/bin/python3 to ./app-1.4.2-L1 …   Esc stops");
    let [Effect::Extract(generation, order)] = effects.as_slice() else { panic!("{effects:?}") };
    hands.take(Msg::Going(*generation, 1_000_000, 6_800_000));
    shows(&hands, "to ./app-1.4.2-L1, 1.00 MB of 6.80 MB …   Esc stops");
    update(&mut hands.state, Msg::Key(named("Esc").unwrap()));
    assert!(order.cancel.is_cancelled());
    hands.take(Msg::Extracted(*generation, Err("late".to_owned())));
    assert!(!hands.text().contains("late"));
}

#[test]
fn a_version_is_what_a_layer_wrote_or_what_is_there() {
    let tree = &Sample::new().model.tree;
    let node = |path: &str| tree.find(path.as_bytes()).unwrap();
    let layer = crate::image::LayerIndex;
    assert_eq!(tree.item(node("srv/app/.env"), Version::Of(layer(5))), None);
    assert_eq!(tree.item(node("srv/app/.env"), Version::AsOf(layer(5))), None);
    assert!(tree.item(node("srv/app/.env"), Version::AsOf(layer(4))).is_some());
    assert_eq!(tree.item(node("srv/app/app"), Version::AsOf(layer(4))), Some(None), "no entry describes it");
}
