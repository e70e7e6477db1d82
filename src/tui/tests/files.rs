//! All files in one list.

use crate::image::LayerIndex;
use crate::tree::Lens;
use crate::tui::layout::Pane;
use crate::tui::state::View;
use crate::tui::testing::{Hands, Sample, hands};

fn paths(hands: &Hands) -> Vec<String> {
    let files = hands.state.files.files().unwrap();
    files.nodes.iter().map(|node| String::from_utf8_lossy(&files.view.tree().path(*node)).into_owned()).collect()
}

#[test]
fn the_largest_file_of_the_image_comes_first() {
    let hands = hands("3");
    let found = paths(&hands);
    assert_eq!(&found[..3], ["usr/bin/python3", "srv/app/static/bundle.js", "usr/lib/libc.so.6"]);
    assert!(!found.iter().any(|path| path.contains("pkgcache")), "what is gone is no file of the image");
    let files = hands.state.files.files().unwrap();
    let totals = &hands.state.ready.as_ref().unwrap().model.report.totals;
    assert_eq!(files.bytes, totals.shipped_bytes - totals.wasted_bytes);
    assert!(hands.text().contains("lens: whole image"), "{}", hands.text());
}

#[test]
fn the_lens_goes_from_the_image_to_one_layer_and_moves() {
    let mut hands = hands("3 ]");
    assert!(hands.text().contains("this is the whole image; = looks at one layer"), "{}", hands.text());
    hands.press("= ] ] ] ]");
    assert_eq!(hands.state.files.files().unwrap().view.lens(), Lens::layer(LayerIndex(4)));
    assert_eq!(paths(&hands).len(), 5, "the five files that were given another owner: {:?}", paths(&hands));
    hands.press("=");
    assert_eq!(hands.state.files.files().unwrap().view.lens(), Lens::up_to(LayerIndex(4)));
}

#[test]
fn the_selected_file_stays_selected_in_another_order() {
    let mut hands = hands("3 j j");
    assert_eq!(hands.state.selected_path().as_deref(), Some("/usr/lib/libc.so.6"));
    for _ in 0..4 {
        hands.press("s");
        assert_eq!(hands.state.selected_path().as_deref(), Some("/usr/lib/libc.so.6"));
    }
    hands.press("s");
    let mut sorted = paths(&hands);
    sorted.sort_by(|a, b| a.as_bytes().cmp(b.as_bytes()));
    assert_eq!(paths(&hands), sorted);
    hands.press("S");
    sorted.reverse();
    assert_eq!(paths(&hands), sorted);
    assert_eq!(hands.state.selected_path().as_deref(), Some("/usr/lib/libc.so.6"));
}

/// A file of several names is counted at the first of those that it has, in byte order; the others lead there. Where
/// the name that it was written under is gone, nothing leads to that.
#[test]
fn a_file_of_several_names_is_counted_at_the_same_one_everywhere() {
    let layers = [vec!["f z/file 5000 a", "h b/other z/file", "h a-file z/file"], vec!["f .wh.a-file 0"]];
    let sample = Sample::of(&layers, &[("ADD file:1 in /", true), ("RUN rm a-file", true)]);
    let rows = |keys: &str| -> Vec<String> {
        let mut hands = Hands::exploring(120, 24, &sample);
        hands.press(keys);
        let text = hands.text();
        let found = text.lines().filter(|line| line.contains('┃') && line.contains("file") || line.contains("other"));
        found.map(|line| line.split_whitespace().collect::<Vec<_>>().join(" ")).collect()
    };
    let has = |rows: &[String], parts: &[&str]| {
        assert!(rows.iter().any(|row| parts.iter().all(|part| row.contains(part))), "{parts:?} in {rows:#?}");
    };
    let whole = rows("3");
    has(&whole, &[" 5.0k", "/b/other"]);
    has(&whole, &[" · ", "/z/file hl L0:/b/other"]);
    assert!(!whole.iter().any(|row| row.contains("a-file")), "{whole:#?}");
    let below = rows("3 = [");
    has(&below, &[" 5.0k", "/a-file"]);
    has(&below, &[" · ", "/b/other hl L0:/a-file"]);
    has(&below, &[" · ", "/z/file hl L0:/a-file"]);
}

#[test]
fn the_filter_is_the_one_of_everywhere() {
    let mut hands = hands("3 / ext:py");
    assert!(hands.text().contains("4 found"), "{}", hands.text());
    hands.press("Enter");
    assert_eq!(paths(&hands).len(), 4);
    hands.press("/ ^U [");
    assert!(hands.text().contains("is no pattern"), "{}", hands.text());
    hands.press("Esc");
    assert!(paths(&hands).len() > 8);
    hands.press("/ nowhere Enter");
    assert!(hands.text().contains("nothing matches the filter"), "{}", hands.text());
    hands.press("Esc");
    assert!(paths(&hands).len() > 8);
}

#[test]
fn a_file_leads_to_its_place_its_content_and_its_waste() {
    let mut hands = hands("3 j");
    hands.press("y");
    assert_eq!(hands.copied.as_deref(), Some("/srv/app/static/bundle.js"));
    hands.press("p");
    assert!(hands.text().contains("of layer 4"), "{}", hands.text());
    hands.press("Esc i");
    assert!(hands.text().contains("bytes of older versions"), "{}", hands.text());
    hands.press("Esc w");
    assert_eq!(hands.state.waste_group().unwrap().path, "srv/app/static/bundle.js");
    hands.press("3 Enter");
    assert_eq!((hands.state.view, hands.state.focus()), (View::Layers, Pane::Tree));
    assert_eq!(hands.state.tree_path().as_deref(), Some("/srv/app/static/bundle.js"));
    assert_eq!(hands.state.layer(), LayerIndex(4));
}

#[test]
fn before_all_is_read_there_is_no_list() {
    let mut hands = Hands::loading(80, 24, &Sample::new());
    hands.press("3 j Enter p t");
    assert!(hands.text().contains("Files are listed as the layers are read, the lowest first."), "{}", hands.text());
}
