//! The life of a path over the view.

use crate::image::LayerIndex;
use crate::tree::Lens;
use crate::tui::layout::Pane;
use crate::tui::state::{Modal, View};
use crate::tui::testing::{Hands, Sample, hands, shows};

/// The secret that layer 3 brings, layer 4 touches and layer 5 removes.
fn secret() -> Hands {
    let mut hands = Hands::exploring(80, 24, &Sample::new());
    hands.press(":5 Enter Tab / .env Enter G");
    assert_eq!(hands.state.tree_path().as_deref(), Some("/srv/app/.env"));
    hands
}

#[test]
fn a_life_says_who_touched_a_path_and_where_its_bytes_still_are() {
    let mut hands = secret();
    hands.press("t");
    let text = hands.text();
    for part in [
        "/srv/app/.env",
        "touched by 3 layers",
        "+ L3   19 B      0644 0:0         COPY . .",
        "% L4   19 B      0644 1000:0",
        "- L5   removed ",
        "Deleted in layer 5, but its bytes (38 B) are still in layers 3 and 4.",
    ] {
        assert!(text.contains(part), "{part} in\n{text}");
    }
    hands.press("y");
    assert_eq!(hands.copied.as_deref(), Some("/srv/app/.env"));
    hands.press("Esc");
    assert!(hands.state.modals.is_empty());
}

#[test]
fn an_event_leads_to_its_layer_and_to_what_the_file_held_there() {
    let mut hands = secret();
    hands.press("t v");
    assert!(hands.text().contains("nothing is left of it in this layer"), "{}", hands.text());
    hands.press("k v");
    assert!(matches!(hands.state.modal(), Some(Modal::Viewer(_))));
    assert!(hands.text().contains("of layer 4"), "{}", hands.text());
    hands.press("Esc k Enter");
    assert_eq!((hands.state.view, hands.state.focus()), (View::Layers, Pane::Tree));
    assert_eq!(hands.state.tree.scene.as_ref().unwrap().view.lens(), Lens::layer(LayerIndex(3)));
    assert_eq!(hands.state.tree_path().as_deref(), Some("/srv/app/.env"));
    assert!(hands.state.modals.is_empty());
}

#[test]
fn help_over_a_life_is_about_the_life_and_gives_it_back() {
    let mut hands = secret();
    hands.press("t ?");
    assert!(hands.text().contains("show in layer"), "{}", hands.text());
    hands.press("Esc");
    assert!(matches!(hands.state.modal(), Some(Modal::Life(_))));
}

#[test]
fn the_header_says_what_the_image_would_weigh_without_some_paths() {
    // The largest file has another name, which would stay.
    let mut hands = hands("3 j");
    let total = hands.state.ready.as_ref().unwrap().model.report.totals.shipped_bytes;
    hands.press("X");
    let saved = hands.state.without.saved.unwrap();
    assert!(saved > 0 && saved < total, "{saved} of {total}");
    shows(&hands, "without 1 path: ");
    hands.press("j X");
    shows(&hands, "without 2 paths: ");
    assert!(hands.state.without.saved.unwrap() > saved);
    // Taken in again.
    hands.press("X");
    assert_eq!(hands.state.without.saved, Some(saved));
    // Layers as one are another question.
    hands.press("1 Space");
    assert!(hands.state.without.nodes.is_empty());
    shows(&hands, "* as one");
    hands.press("Tab X");
    shows(&hands, "without 1 path");
    assert!(hands.state.layers.marked.is_empty());
    hands.press("Esc");
    assert!(hands.state.without.nodes.is_empty());
}
