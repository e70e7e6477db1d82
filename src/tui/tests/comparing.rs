//! Two points of the image compared.

use crate::image::LayerIndex;
use crate::tree::Lens;
use crate::tui::layout::Pane;
use crate::tui::state::{Modal, View};
use crate::tui::testing::{Hands, Sample, hands, shows};

fn rows(hands: &Hands) -> Vec<String> {
    let comparison = hands.state.compare.comparison().unwrap();
    let row = |difference: &crate::analysis::Difference| {
        format!("{} {}", difference.change().marker(), String::from_utf8_lossy(&difference.path))
    };
    comparison.differences.iter().map(row).collect()
}

#[test]
fn only_what_differs_between_the_two_points_is_shown() {
    let hands = hands(":cmp Space 3 Space 5 Enter");
    assert_eq!(hands.state.view, View::Compare);
    assert_eq!(
        rows(&hands),
        [
            "- srv/app/.env",
            "~ srv/app/config.yaml",
            "+ srv/app/evil\u{1b}[31m\u{202e}name",
            "% srv/app",
            "% srv/app/app/models.py",
            "% srv/app/app/views.py",
            "% srv/app/static/bundle.js",
        ]
    );
    shows(&hands, "L3 → L5 · +1 ~1 %4 -1 · +3 B");
    shows(&hands, "content owner");
    shows(&hands, "L3 COPY . .");
}

#[test]
fn without_a_word_the_base_is_compared_with_the_whole() {
    let mut hands = hands("5");
    assert_eq!(hands.state.compared(), (LayerIndex(0), LayerIndex(5)));
    hands.press("[ [");
    assert_eq!(hands.state.compared(), (LayerIndex(0), LayerIndex(3)));
    shows(&hands, "L0 → L3");
    hands.press("] ] ] ] ]");
    assert_eq!(hands.state.compared(), (LayerIndex(0), LayerIndex(5)));
}

#[test]
fn a_marked_layer_is_compared_with_another_one() {
    let mut hands = hands("C");
    shows(&hands, "B marks the layer to compare with");
    hands.press(":4 Enter B");
    shows(&hands, "L4 is marked; C compares another layer with it");
    hands.press("[ C");
    assert_eq!((hands.state.view, hands.state.compared()), (View::Compare, (LayerIndex(4), LayerIndex(3))));
    assert!(rows(&hands).iter().all(|row| row.starts_with('%')), "{:?}", rows(&hands));
    for (typed, error) in
        [("cmp", "cmp wants two layers"), ("cmp 1 9", "there is no layer 9"), ("cmpx", "no such command")]
    {
        hands.press(":");
        hands.take(crate::tui::msg::Msg::Paste(typed.to_owned()));
        hands.press("Enter");
        shows(&hands, error);
        hands.press("Esc");
    }
}

#[test]
fn a_difference_leads_to_the_tree_the_content_and_the_lines() {
    let mut hands = hands(":cmp Space 2 Space 5 Enter / config Enter d");
    shows(&hands, "there is nothing to compare: one of the two has no entry for this path");
    hands.press(":cmp Space 3 Space 5 Enter d");
    shows(&hands, "/srv/app/config.yaml · L3 → L5");
    hands.press("Esc p");
    assert!(matches!(hands.state.modal(), Some(Modal::Viewer(_))));
    hands.press("Esc t Esc y");
    assert_eq!(hands.copied.as_deref(), Some("/srv/app/config.yaml"));
    hands.press("Enter");
    assert_eq!((hands.state.view, hands.state.focus()), (View::Layers, Pane::Tree));
    let lens = hands.state.tree.scene.as_ref().unwrap().view.lens();
    assert_eq!(lens, Lens::range(LayerIndex(4), LayerIndex(5)));
    assert_eq!(hands.state.tree_path().as_deref(), Some("/srv/app/config.yaml"));
}

#[test]
fn differences_are_sorted_and_filtered() {
    let mut hands = hands(":cmp Space 3 Space 5 Enter s");
    assert!(rows(&hands).is_sorted_by_key(|row| row.split_once(' ').unwrap().1.to_owned()));
    hands.press("s");
    assert!(rows(&hands)[0].starts_with('+') && rows(&hands).last().unwrap().starts_with('-'));
    hands.press("S / is:file Space !.py");
    shows(&hands, "4 found");
    hands.press("Enter Esc");
    assert_eq!(rows(&hands).len(), 7);
    hands.press("/ nowhere Enter");
    shows(&hands, "nothing matches the filter");
    hands.press("Esc :cmp Space 5 Space 5 Enter");
    shows(&hands, "There is no difference.");
}

#[test]
fn another_image_is_compared_layer_by_layer_and_path_by_path() {
    let mut hands = Hands::exploring(80, 24, &Sample::new());
    hands.press(": c m p Space o t h e r . t a r Enter");
    shows(&hands, "this → other.tar");
    shows(&hands, "= L0   L0   COPY . .");
    shows(&hands, "- L1        COPY . .");
    shows(&hands, "+      L1   COPY . .");
    shows(&hands, "could not be compared count as different: 1; :messages");
    assert!(!hands.text().contains("[d] diff"), "a layer is no file: {}", hands.text());
    // A layer leads to itself, one that is not there to nothing.
    hands.press("j j Enter");
    shows(&hands, "only the other image has this layer");
    hands.press("j");
    let path = hands.state.selected_path().unwrap();
    assert!(!hands.text().contains("[d] diff"), "only one image has it: {}", hands.text());
    hands.press("j j j");
    shows(&hands, "[d] diff");
    hands.press("k k k t");
    assert!(matches!(hands.state.modal(), Some(Modal::Life(_))), "its timeline in this image");
    hands.press("Esc s S");
    shows(&hands, "path ↓");
    assert_eq!(hands.state.selected_path().as_ref(), Some(&path), "another order keeps what is selected");
    hands.press("G Enter");
    assert!(hands.state.modals.is_empty());
    assert_eq!(hands.state.view, View::Layers);
    hands.press(": c m p Space o t h e r . t a r Enter j Enter");
    assert_eq!((hands.state.view, hands.state.layer()), (View::Layers, LayerIndex(1)));
    assert!(path.starts_with('/'));
}

#[test]
fn another_image_that_cannot_be_read_says_why_and_one_that_is_closed_is_forgotten() {
    let mut hands = Hands::exploring(80, 24, &Sample::new());
    hands.press(": c m p Space m i s s i n g . t a r Enter");
    shows(&hands, "missing.tar: there is no such file");
    hands.press("Esc");
    assert!(hands.state.modals.is_empty());
    hands.press(": c m p Space 3 Enter");
    shows(&hands, "cmp wants two layers or an image");
}

#[test]
fn paths_of_two_images_are_narrowed_and_their_lines_compared() {
    let mut hands = Hands::exploring(80, 24, &Sample::new());
    hands.press(": c m p Space o t h e r . t a r Enter");
    let all = |hands: &Hands| match hands.state.modal() {
        Some(Modal::Duel(duel)) => duel.len(),
        other => panic!("{other:?}"),
    };
    let before = all(&hands);
    hands.press("/ dpkg/status");
    shows(&hands, "1 found   [Enter] keep");
    shows(&hands, "/var/lib/dpkg/status");
    // Contents are those of one image.
    hands.press("Space content:x");
    shows(&hands, "contents are not looked through here; layerscope diff --filter does");
    hands.press("^U is:removed Space is:file Space !^var Enter");
    let removed = all(&hands);
    assert!(removed > 0 && removed < before, "{}", hands.text());
    // The order changes, and what is left stays left.
    hands.press("s S");
    assert_eq!(all(&hands), removed);
    hands.press("d");
    shows(&hands, "one of the images has no entry for this path");
    // Esc takes the filter away, and keeps what is selected; then the comparison.
    let path = hands.state.selected_path();
    hands.press("Esc");
    assert_eq!((all(&hands), hands.state.selected_path()), (before, path));
    hands.press("/ dpkg/status Enter d");
    shows(&hands, "/var/lib/dpkg/status · this → other.tar");
    shows(&hands, "91.0 kB → 77.0 kB");
    shows(&hands, "1   -of layer 1");
    shows(&hands, "  1 +of layer 0");
    hands.press("]");
    shows(&hands, "two images are compared; there are no other versions");
    hands.press("x");
    shows(&hands, ">./status.patch");
    hands.press("Esc Esc");
    assert_eq!(all(&hands), 1, "the filter is still there");
    hands.press("Esc Esc");
    assert!(hands.state.modals.is_empty());
}

#[test]
fn what_is_no_file_is_named_in_its_column() {
    let layers = [vec!["f a 5 x"], vec!["c dev/tty", "p run/pipe", "l lib usr/lib", "d srv"]];
    let sample = Sample::of(&layers, &[("ADD rootfs", true), ("RUN mknod", true)]);
    let mut hands = Hands::exploring(80, 24, &sample);
    hands.press(":cmp Space 0 Space 1 Enter");
    let text = hands.text();
    for (word, path) in [("device", "/dev/tty"), ("fifo", "/run/pipe"), ("link", "/lib"), ("dir", "/srv")] {
        let row = text.lines().find(|line| line.contains(path)).unwrap_or_default();
        assert!(row.contains(&format!(" {word} ")), "{word} in {row}");
    }
}
