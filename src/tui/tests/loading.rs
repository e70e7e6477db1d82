//! What can be done while layers are still being read.

use super::screens::snapshot;
use crate::image::LayerIndex;
use crate::listing::Listing;
use crate::listing::testing::listing;
use crate::progress::Progress;
use crate::tui::Feed;
use crate::tui::state::View;
use crate::tui::testing::{Hands, Sample, documents, shows};
use std::sync::Arc;

fn read(hands: &mut Hands, sample: &Sample, index: u32) {
    let listing = Arc::clone(&sample.listings[index as usize]);
    hands.feed(Feed::Layer { layer: LayerIndex(index), listing, error: None });
}

/// The lowest four of six layers and the uppermost one are read.
fn in_the_midst(width: u16, height: u16, sample: &Sample) -> Hands {
    let mut hands = Hands::loading(width, height, sample);
    for layer in [5, 0, 1, 2, 3] {
        read(&mut hands, sample, layer);
    }
    hands.feed(Feed::Draft(sample.draft(4)));
    hands.feed(Feed::Progress(Progress::Layer { layer: 4, read: 600_000, total: 1_000_000 }));
    hands
}

#[test]
fn loading() {
    let sample = Sample::new();
    for (width, height) in [(80, 24), (120, 40), (40, 10)] {
        let mut hands = Hands::loading(width, height, &sample);
        read(&mut hands, &sample, 3);
        let error = Some("gzip: unexpected end at byte 12300000".to_owned());
        hands.feed(Feed::Layer { layer: LayerIndex(4), listing: Arc::clone(&sample.listings[2]), error });
        hands.feed(Feed::Progress(Progress::Layer { layer: 0, read: 600_000, total: 1_000_000 }));
        hands.press(":3 Enter");
        snapshot(&format!("loading_{width}x{height}"), &hands);
    }
}

#[test]
fn the_lowest_layers_are_understood_while_others_are_read() {
    let sample = Sample::new();
    for (width, height) in [(80, 24), (120, 40), (40, 10)] {
        let mut hands = in_the_midst(width, height, &sample);
        hands.press(":3 Enter");
        snapshot(&format!("draft_{width}x{height}"), &hands);
        hands.press("2");
        snapshot(&format!("draft_waste_{width}x{height}"), &hands);
        hands.press("3");
        snapshot(&format!("draft_files_{width}x{height}"), &hands);
    }
}

#[test]
fn what_is_shown_so_far_is_what_the_lowest_layers_are_alone() {
    let sample = Sample::new();
    let alone = Sample {
        image: Arc::new(sample.image.lowest(4)),
        listings: sample.listings[..4].to_vec(),
        model: sample.draft(4),
    };
    let mut hands = in_the_midst(120, 40, &sample);
    let mut lowest = Hands::exploring(120, 40, &alone);
    // From the rows of each view everything that a title or the list of all layers says is left out.
    let rows = |hands: &Hands| -> Vec<String> {
        let text = hands.text();
        let body = text.lines().skip(4).filter(|line| !line.contains("L4") && !line.contains("L5"));
        body.map(|line| line.chars().skip(if hands.state.view == View::Layers { 59 } else { 0 }).collect()).collect()
    };
    for keys in ["2", "3", "1 :3 Enter Tab", "^A", "= j j", "^L", "5", "1 [ [", "f models"] {
        hands.press(keys);
        lowest.press(keys);
        assert_eq!(rows(&hands)[..20], rows(&lowest)[..20], "{keys}\n{}\n{}", hands.text(), lowest.text());
    }
}

#[test]
fn a_layer_above_one_that_is_not_read_is_shown_for_itself() {
    let sample = Sample::new();
    let mut hands = in_the_midst(80, 24, &sample);
    hands.press(":5 Enter Tab");
    assert!(hands.text().contains("kinds wait: L4"), "{}", hands.text());
    assert!(hands.text().contains("config.yaml"), "{}", hands.text());
    // Nothing is said of paths by the numbers that they have in this layer alone.
    for key in ["t", "d", "x", "w", "c"] {
        hands.press(key);
        assert!(hands.text().contains("not yet: layers are still being read"), "{key}: {}", hands.text());
    }
    hands.press("] :4 Enter");
    assert!(hands.text().contains("reading L4: 600 kB of 1.00 MB"), "{}", hands.text());
    hands.press("3 =");
    assert!(hands.text().contains("as the layers are read"), "{}", hands.text());
    hands.press("2 =");
    assert!(hands.text().contains("This layer is still being read."), "{}", hands.text());
    hands.press("5 :cmp Space 2 Space 5 Enter");
    assert!(hands.text().contains("Layers are compared as they are read"), "{}", hands.text());
}

#[test]
fn where_one_is_stays_when_more_layers_are_understood() {
    let sample = Sample::new();
    let mut hands = Hands::loading(80, 24, &sample);
    (0..6).for_each(|layer| read(&mut hands, &sample, layer));
    hands.feed(Feed::Draft(sample.draft(2)));
    hands.press("^A Tab - j Space j j");
    let before = hands.state.selected_path();
    assert!(before.is_some());
    hands.press("f dpkg Space status");
    assert!(hands.text().contains("1 found so far, L0-L1"), "{}", hands.text());
    hands.feed(Feed::Draft(sample.draft(4)));
    assert!(hands.text().contains("1 found so far, L0-L3"), "{}", hands.text());
    hands.press("Esc");
    assert_eq!(hands.state.selected_path(), before, "{}", hands.text());
    let open = hands.state.tree.openness.single.clone();
    hands.press("t");
    hands.feed(Feed::Ready(Arc::clone(&sample.model)));
    hands.press("Esc");
    assert_eq!(hands.state.selected_path(), before, "{}", hands.text());
    assert_eq!(hands.state.tree.openness.single, open);
    assert!(!hands.text().contains("so far"), "{}", hands.text());
}

/// Four layers, of which the third one is not read yet: the third one deletes, the last one has files of its own.
fn with_a_gap() -> (Sample, Hands) {
    let layers = [
        vec!["f etc/conf 9 a", "l etc/link there", "f old/a 50 a", "f old/b 60 a"],
        vec!["f etc/conf 8 b"],
        vec!["f .wh.old 0", "f etc/there 3 c"],
        vec!["f etc/conf 7 c", "f new/one 14 a", "h new/two new/one", "f new/conf 3 x"],
    ];
    let rows = [("ADD base", true), ("COPY conf", true), ("RUN rm -r old", true), ("COPY new", true)];
    let sample = Sample::of(&layers, &rows);
    let mut hands = Hands::loading(80, 24, &sample);
    for layer in [0, 1, 3] {
        read(&mut hands, &sample, layer);
    }
    hands.feed(Feed::Draft(sample.draft(2)));
    (sample, hands)
}

fn finish(hands: &mut Hands, sample: &Sample) {
    read(hands, sample, 2);
    hands.feed(Feed::Ready(Arc::clone(&sample.model)));
}

#[test]
fn a_layer_that_is_shown_alone_is_asked_nothing_that_the_others_have_to_tell() {
    let (sample, mut hands) = with_a_gap();
    hands.press(":3 Enter Tab *");
    shows(&hands, "hl /new/one");
    for filter in ["content:layer", "is:added", "is:wasted", "layer:3", "is:elf"] {
        hands.press("/");
        hands.press(filter);
        shows(&hands, "what this filter asks is known once L2 is");
        hands.press("Esc");
    }
    hands.press("/conf Enter");
    shows(&hands, "L3 alone · 2 found");
    shows(&hands, " /conf ");
    // Whatever the mode is, it is that layer alone.
    hands.press("Esc = S-Tab");
    hands.press(":3 Enter");
    shows(&hands, "lens: L3 alone");
    for key in ["x", "Space"] {
        hands.press(key);
        shows(&hands, "not yet: layers are still being read");
    }
    assert!(hands.state.layers.marked.is_empty() && hands.state.plan.is_none());
    finish(&mut hands, &sample);
    assert_eq!(hands.state.tree_lens_name(), "L0-L3 sum");
}

#[test]
fn what_the_lens_does_not_show_is_not_acted_on() {
    let (_, mut hands) = with_a_gap();
    hands.press("3 j 1 :3 Enter 3 =");
    shows(&hands, "Files are listed as the layers are read");
    assert_eq!((hands.state.selected_path(), hands.state.rows_of(crate::tui::layout::Pane::Files)), (None, 0));
    hands.press("5 :cmp Space 0 Space 1 Enter j");
    assert!(hands.state.selected_path().is_some());
    hands.press("] j");
    shows(&hands, "Layers are compared as they are read");
    assert_eq!(hands.state.selected_path(), None);
    // What was left out of the image is no path of the layer.
    hands.press("2 X 1 :3 Enter Tab");
    assert!(!hands.text().lines().any(|line| line.contains("* ▾") || line.contains("* new")), "{}", hands.text());
}

#[test]
fn what_is_not_known_yet_is_not_told_as_if_it_were() {
    let (sample, mut hands) = with_a_gap();
    hands.press(":0 Enter Tab / conf Enter G t");
    shows(&hands, "L0-L1 so far: In the image as layer 1 left it");
    hands.press("Esc Esc / link Enter G gt");
    shows(&hands, "this link leads to nothing in the layers so far");
    hands.press("i");
    shows(&hands, "nothing in the layers so far");
    hands.press("Esc Esc f conf");
    shows(&hands, "touched            so far  path");
    hands.press("Esc 1 :0 Enter");
    shows(&hands, "waste…");
    shows(&hands, "9 B of it are dead so far");
    hands.press(":cmp Space other.tar Enter");
    shows(&hands, "not yet");
    hands.press("Esc 2 X");
    shows(&hands, "without 1 path: -17 B so far");
    shows(&hands, "saves 9 B so far");
    // The whole image is another matter.
    finish(&mut hands, &sample);
    assert!(!hands.text().contains("so far") && hands.text().contains("% of the image"), "{}", hands.text());
}

#[test]
fn what_lies_over_the_view_hears_of_more_layers() {
    let (sample, mut hands) = with_a_gap();
    hands.press("f etc/conf ^V");
    shows(&hands, "[L0] (L1) ·");
    finish(&mut hands, &sample);
    hands.press("]");
    shows(&hands, "[L0] [L1] (L3) ·");
    let (sample, mut hands) = with_a_gap();
    hands.press("f etc/conf ^D");
    shows(&hands, "L0");
    finish(&mut hands, &sample);
    hands.press("]");
    shows(&hands, "L1 → L3");
}

#[test]
fn who_has_not_moved_is_at_the_largest_wasted_item_and_who_has_stays() {
    for (keys, expected) in [("2", "old/b"), ("2 o o", "/old")] {
        let (sample, mut hands) = with_a_gap();
        hands.press(keys);
        finish(&mut hands, &sample);
        let selected = hands.state.waste_group().map(|group| group.path.clone());
        let bundle = hands.state.waste.bundle().map(|bundle| bundle.title.clone());
        let found = selected.or(bundle).unwrap_or_default();
        assert!(found.contains(expected), "{keys}: {found}\n{}", hands.text());
    }
    // Whoever has moved stays where he is, whatever comes above.
    let sample = with_a_gap().0;
    for (keys, expected) in [("2 j", "old/a"), ("2 o j", "L0 → L1"), ("2 o o j", "/etc")] {
        let mut hands = Hands::loading(80, 24, &sample);
        (0..4).for_each(|layer| read(&mut hands, &sample, layer));
        hands.feed(Feed::Draft(sample.draft(3)));
        hands.press(keys);
        hands.feed(Feed::Ready(Arc::clone(&sample.model)));
        let selected = hands.state.waste_group().map(|group| group.path.clone());
        let bundle = hands.state.waste.bundle().map(|bundle| bundle.title.clone());
        assert_eq!(selected.or(bundle).as_deref(), Some(expected), "{keys}\n{}", hands.text());
    }
}

#[test]
fn what_is_known_of_contents_stays_known() {
    let (sample, mut hands) = with_a_gap();
    hands.press("f content:layer");
    let answered = |hands: &Hands| hands.state.inquest.answers.len();
    let before = answered(&hands);
    assert!(before > 0);
    hands.feed(Feed::Draft(sample.draft(2)));
    assert_eq!(answered(&hands), before, "it is not asked again from the beginning");
    finish(&mut hands, &sample);
    // Every file of the whole image that can be read has the word, and all were looked through.
    shows(&hands, "5 found");
}

#[test]
fn what_comes_to_nothing_says_why_and_keeps_what_was_there() {
    let sample = Sample::new();
    let mut hands = Hands::new(80, 24);
    hands.feed(Feed::Opening { reference: "-".to_owned() });
    hands.feed(found("zero", &sample.listings[0]));
    hands.feed(found("one", &sample.listings[1]));
    for (keys, said) in [
        ("4", "The manifest comes later in the input."),
        ("2", "The manifest comes later in the input."),
        ("1 :1 Enter", "the manifest will tell the layers"),
        ("Esc B", "not yet"),
        ("C", "not yet"),
    ] {
        hands.press(keys);
        shows(&hands, said);
    }
    assert_eq!((hands.state.compare.points, hands.state.compare.base), (None, None));
    hands.press("Esc j Tab");
    hands.feed(Feed::Failed("-: unexpected end at byte 700".to_owned()));
    shows(&hands, "2 layers so far · broken off");
    shows(&hands, "unexpected end at byte 700");
    shows(&hands, "python3");
    hands.press("q");
    assert!(hands.quit);
    assert_eq!(hands.state.failure.as_deref(), Some("-: unexpected end at byte 700"));
}

/// A layer that is found before the manifest is.
fn found(name: &str, listing: &Arc<Listing>) -> Feed {
    Feed::Found { name: name.to_owned(), listing: Arc::clone(listing) }
}

#[test]
fn opening_and_choosing() {
    let mut hands = Hands::new(80, 24);
    hands.feed(Feed::Opening { reference: "app.tar.gz".to_owned() });
    hands.feed(Feed::Progress(Progress::Input { read: 30_000_000, total: Some(120_000_000) }));
    snapshot("opening_80x24", &hands);
    hands.feed(Feed::Progress(Progress::Kind("gzip, tar archive".to_owned())));
    let layer = listing(&["f bin/tool 12345678 a", "f etc/tool.conf 120 a"]);
    hands.feed(found(&format!("{:064x}/layer.tar", 1), &layer));
    hands.feed(Feed::Progress(Progress::Kind("gzip, docker-archive".to_owned())));
    hands.feed(found("odd \u{1b}[2Jname", &listing(&[])));
    snapshot("opening_found_80x24", &hands);
    // A flood of them costs nothing.
    (2..12_000).for_each(|n| hands.feed(found(&format!("{n:064x}/layer.tar"), &layer)));
    hands.press("j j");
    snapshot("opening_full_80x24", &hands);
    hands.resize(40, 10);
    snapshot("opening_full_40x10", &hands);
    hands.resize(120, 40);
    snapshot("opening_full_120x40", &hands);
    hands.resize(80, 24);
    hands.feed(Feed::Choose((0..40).map(|n| format!("acme/app:{n} linux/amd64")).collect()));
    hands.press("G k");
    snapshot("choosing_80x24", &hands);
}

#[test]
fn a_layer_can_be_looked_into_before_the_manifest_tells_which_one_it_is() {
    let sample = Sample::new();
    let mut hands = Hands::new(80, 24);
    hands.feed(Feed::Opening { reference: "-".to_owned() });
    // As they come in the input.
    for (index, name) in [(4, "four"), (3, "three"), (0, "zero")] {
        hands.feed(found(name, &sample.listings[index]));
    }
    hands.press("j Tab G");
    assert!(hands.text().contains("three"), "{}", hands.text());
    let path = hands.state.tree_path();
    assert!(path.as_ref().is_some_and(|path| path.starts_with("/srv/app")), "{path:?}\n{}", hands.text());
    hands.press("/yaml Enter");
    assert!(hands.text().contains("config.yaml") && !hands.text().contains("bundle.js"), "{}", hands.text());
    hands.press("Esc 2 3 4 5 1");
    for key in ["f", "t", "x", "D", "y", "Enter", "d", ":cmp Space 1 Space 2 Enter"] {
        hands.press(key);
    }
    hands.press("Esc Esc Esc");
    // The manifest is there: the layer is still selected, and so is the path.
    hands.feed(documents(&sample));
    for layer in [0, 3, 4] {
        read(&mut hands, &sample, layer);
    }
    assert_eq!(hands.state.layers.selected, Some(LayerIndex(3)), "{}", hands.text());
    assert_eq!(hands.state.tree_path(), path);
}

#[test]
fn an_image_without_layers_waits_for_nothing() {
    let sample = Sample::of(&[], &[("LABEL a=b", false)]);
    let mut hands = Hands::exploring(80, 24, &sample);
    for (keys, said) in
        [("2", "Nothing is wasted."), ("3", "no files under this lens"), ("5", "There is no difference.")]
    {
        hands.press(keys);
        shows(&hands, said);
        assert!(!hands.text().contains("so far"), "{}", hands.text());
    }
    hands.press("1 Tab j Enter");
    shows(&hands, "0 layers");
}
