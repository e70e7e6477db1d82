//! The wasted items, and what could be done about them.

use crate::image::LayerIndex;
use crate::tui::Feed;
use crate::tui::effect::{Effect, answer};
use crate::tui::msg::Msg;
use crate::tui::state::View;
use crate::tui::testing::{Hands, Sample, hands, shows};
use crate::tui::update::update;
use crossterm::event::{KeyCode, KeyEvent};

fn path(hands: &Hands) -> String {
    hands.state.tree_path().unwrap_or_default()
}

#[test]
fn wasted_items_are_put_together_by_what_they_have_in_common() {
    let mut hands = hands("2");
    let total = hands.state.ready.as_ref().unwrap().model.report.totals.wasted_bytes;
    for (by, first) in [("layers", "L1 → L2"), ("directory", "/var/cache/apt"), ("cause", "hidden")] {
        hands.press("o");
        assert!(hands.text().contains(&format!("by {by}")), "{}", hands.text());
        let bundles = &hands.state.waste.bundles;
        assert_eq!(bundles[0].title, first);
        assert_eq!(
            bundles.iter().map(|bundle| bundle.bytes).sum::<u64>(),
            total,
            "nothing is lost, nothing counts twice"
        );
    }
    hands.press("Enter");
    let shown = hands.state.waste.shown.len();
    assert!(shown == 2 && hands.text().contains("pkgcache.bin"), "{}", hands.text());
    hands.press("Esc");
    assert!(hands.state.waste.shows_bundles());
    hands.press("/ models");
    assert_eq!(hands.state.waste.bundles.len(), 1, "the filter narrows what is put together");
    hands.press("Esc Esc");
    assert!(!hands.state.waste.shows_bundles() && hands.state.waste.shown.len() > 2);
    hands.press("o Enter Enter");
    assert_eq!((hands.state.view, path(&hands).as_str()), (View::Layers, "/var/cache/apt/pkgcache.bin"));
}

/// What a path wastes in several ways counts in each of them for what it is.
#[test]
fn what_is_put_together_by_cause_is_what_the_report_says() {
    let twice = vec![
        vec!["f srv/a 1000 a", "f srv/b 300 b", "f srv/c 7 c"],
        vec!["f srv/a 1000 a %7", "f srv/b 300 B", "f srv/c 7 c %7"],
        vec!["f srv/.wh.a 0", "d srv/b", "f srv/c 8 C"],
    ];
    let sample = Sample::of(&twice, &[("ADD rootfs", true), ("RUN chown", true), ("RUN rm", true)]);
    let mut hands = Hands::exploring(80, 24, &sample);
    hands.press("2");
    shows(&hands, "Waste · 3 paths · 2.61 kB reclaimable");
    // Not the last step alone: without the file the copy with another owner would not be there either.
    shows(&hands, "Tip  remove it in the step that makes it (L0): saves 2.00 kB");
    hands.press("j");
    shows(&hands, "Tip  leave it out of L1: L2 puts something else in its place: saves 300 B");
    hands.press("j");
    shows(&hands, "Tip  write it once: merge L0 and L2, or leave it out of L0: saves 14 B");
    let of_report = |by: &dyn Fn(&crate::report::WasteSection) -> String| {
        let mut sums = std::collections::BTreeMap::new();
        for item in sample.model.report.waste.iter() {
            *sums.entry(by(&item)).or_insert(0) += item.bytes;
        }
        sums
    };
    let of_bundles = |hands: &Hands| {
        let bundles = &hands.state.waste.bundles;
        bundles.iter().map(|bundle| (bundle.title.clone(), bundle.bytes)).collect::<std::collections::BTreeMap<_, _>>()
    };
    hands.press("o");
    let layers = |item: &crate::report::WasteSection| format!("L{} → L{}", item.owner_layer, item.by_layer);
    assert_eq!(of_bundles(&hands), of_report(&layers));
    hands.press("o o");
    assert_eq!(of_bundles(&hands), of_report(&|item| item.cause.to_string()));
    let titles: Vec<&str> = hands.state.waste.bundles.iter().map(|bundle| bundle.title.as_str()).collect();
    assert_eq!(titles, ["metadata_only", "removed", "overwritten"]);
    // What is opened has the rows of its paths, each with what belongs there.
    hands.press("Enter");
    shows(&hands, "Waste · 2 paths · 1.01 kB reclaimable");
    shows(&hands, "Tip  chown in L0, or COPY --chown there: saves 1.00 kB");
    hands.press("Esc G Enter");
    shows(&hands, "Waste · 2 paths · 607 B reclaimable");
    // By kind of change, whichever layer made it.
    hands.press("Esc Esc /is:removed Enter");
    shows(&hands, "Waste · 1 path · 2.00 kB reclaimable");
    hands.press("Esc /is:meta Enter");
    shows(&hands, "Waste · 2 paths · 2.01 kB reclaimable");
}

/// What is dead of a layer is one figure in the list of layers and in Waste.
#[test]
fn a_lens_shows_what_its_layers_waste() {
    let mut hands = hands("");
    let layers: Vec<u64> =
        hands.state.ready.as_ref().unwrap().model.report.layers.iter().map(|layer| layer.wasted_bytes).collect();
    assert!(layers.iter().filter(|bytes| **bytes > 0).count() > 2, "{layers:?}");
    let bytes = |hands: &Hands| hands.state.waste.bytes;
    hands.press("w");
    shows(&hands, "lens: L0 alone");
    for (index, wasted) in layers.iter().enumerate() {
        assert_eq!(bytes(&hands), *wasted, "L{index} alone");
        hands.press("=");
        assert_eq!(bytes(&hands), layers[..=index].iter().sum::<u64>(), "L0-L{index}");
        hands.press("o o");
        let bundles = |hands: &Hands| hands.state.waste.bundles.iter().map(|bundle| bundle.bytes).sum::<u64>();
        assert_eq!(bundles(&hands), bytes(&hands), "together, L0-L{index}");
        hands.press("Esc = ]");
        assert_eq!(bytes(&hands), layers.iter().sum::<u64>(), "the whole image does not move");
        hands.press("= ]");
    }
    // The way from the list of layers leads to the layer itself, the way from a path to the path.
    hands.press("1 :2 Enter");
    hands.press("w");
    assert_eq!(bytes(&hands), layers[2]);
    // What the rows of another lens had is shown in the whole image, if the present lens does not have it.
    hands.press("1 :1 Enter w");
    let wanted = hands.state.selected_path();
    let name = wanted.as_deref().unwrap().rsplit('/').next().unwrap();
    hands.press(&format!("f {name} Enter"));
    assert_ne!(hands.state.layer(), LayerIndex(1));
    hands.press("w");
    shows(&hands, "lens: whole image");
    assert_eq!((hands.state.view, hands.state.selected_path()), (View::Waste, wanted));
}

#[test]
fn the_selected_item_stays_selected_while_the_lens_moves() {
    let mut hands = hands("1 :1 Enter w j");
    let (wanted, layers) = (hands.state.selected_path(), hands.state.waste.shown.len());
    assert!(wanted.is_some() && layers > 1);
    hands.press("] ]");
    assert_ne!(hands.state.selected_path(), wanted, "this layer does not ship it");
    hands.press("[ [");
    assert_eq!(hands.state.selected_path(), wanted);
    hands.press("= =");
    assert_eq!(hands.state.selected_path(), wanted, "in the whole image, too");
    // What was opened has no rows of other layers, but something may be dead there.
    hands.press("o Enter");
    let opened = hands.state.waste.opened.clone();
    hands.press("= ] ] ] ]");
    assert!(opened.is_some() && hands.state.waste.shown.is_empty());
    shows(&hands, "Nothing of it is of these layers.");
}

/// The row, the lines about it and the difference are about the same layers and bytes.
#[test]
fn what_is_told_of_an_item_is_of_the_lens() {
    let layers =
        [vec!["f a 1000 x", "f other 3 y"], vec!["f a 1000 y"], vec!["f a 1000 z"], vec!["f a 7 w", "f .wh.other 0"]];
    let steps = [("ADD rootfs", true), ("RUN one", true), ("RUN two", true), ("RUN three", true)];
    let mut hands = Hands::exploring(80, 24, &Sample::of(&layers, &steps));
    hands.press("2");
    shows(&hands, "merge L0-L3: saves 3.00 kB");
    hands.press("=");
    shows(&hands, "merge L0 and L1, or leave it out of L0: saves 1.00 kB");
    for (keys, pair) in [("d", "/a · L0 → L1"), ("Esc ] d", "/a · L1 → L2"), ("Esc ] d", "/a · L2 → L3")] {
        hands.press(keys);
        shows(&hands, pair);
    }
    // A directory has no bytes of its own.
    let hands = self::hands("f srv/app$ Enter w");
    shows(&hands, "a directory wastes nothing itself");
    // A range goes along.
    shows(&self::hands(":1 Enter v j w"), "lens: L1-L2 range");
}

#[test]
fn dive_counts_no_layer_alone() {
    let mut hands = hands("2 =");
    shows(&hands, "lens: L0 alone");
    hands.press("M");
    shows(&hands, "lens: whole image");
    for key in ["=", "[", "]"] {
        hands.press("1 2");
        hands.press(key);
        shows(&hands, "dive counts the whole image");
    }
    hands.press("1 w");
    shows(&hands, "dive counts the whole image");
    assert_eq!(hands.state.view, View::Layers);
    hands.press("2 M =");
    shows(&hands, "lens: L0 alone");
}

#[test]
fn the_verdict_of_ci_is_seen_with_its_figures() {
    let mut hands = Hands::exploring(120, 40, &Sample::new());
    hands.press("2");
    let line = |hands: &Hands| hands.text().lines().find(|line| line.contains("CI   ")).unwrap().to_owned();
    assert!(line(&hands).contains("efficiency 53.3% (>= 90.0%) FAIL · user waste"), "{}", line(&hands));
    assert!(line(&hands).contains("wasted 10.4 MB"), "a figure without a limit has no verdict: {}", line(&hands));
    // Where there is less room, what has a limit comes first.
    let narrow = super::super::testing::hands("2");
    assert!(line(&narrow).contains("efficiency 53.3% (>= 90.0%) FAIL · user waste 50.9% (<= 10.0%) FAIL"));
    hands.feed(Feed::Verdict(Vec::new()));
    assert!(line(&hands).contains("not judged yet"));
}

#[test]
fn every_wasted_item_leads_to_its_path() {
    let sample = Sample::new();
    let count = Hands::exploring(80, 24, &sample).state.waste.shown.len();
    assert!(count >= 8, "{count}");
    for item in 0..count {
        let mut hands = Hands::exploring(80, 24, &sample);
        hands.press("2");
        hands.press(&"j ".repeat(item));
        let expected = format!("/{}", hands.state.waste_group().unwrap().path);
        hands.press("Enter");
        assert_eq!(path(&hands), expected);
    }
}

#[test]
fn wasted_items_add_up_to_the_wasted_bytes_of_the_report() {
    let hands = hands("");
    let ready = hands.state.ready.as_ref().unwrap();
    let sum: u64 = ready.groups.iter().map(|group| group.bytes).sum();
    assert_eq!(sum, ready.model.report.totals.wasted_bytes);
    assert!(sum > 10_000_000);
}

#[test]
fn the_header_says_what_marked_layers_would_weigh_as_one() {
    let mut hands = hands(":3 Enter Space");
    assert!(hands.text().contains("* as one: 22.3 MB (-0 B)"), "{}", hands.text());
    assert_eq!(hands.state.layer(), LayerIndex(4), "and on to the next");
    hands.press("Space");
    let saved = hands.state.layers.saved;
    let of_both = |item: &crate::report::WasteSection| {
        [item.owner_layer, item.by_layer].iter().all(|layer| (3..=4).contains(&layer.0))
    };
    let waste = &hands.state.ready.as_ref().unwrap().model.report.waste;
    assert_eq!(saved, waste.iter().filter(of_both).map(|item| item.bytes).sum::<u64>());
    assert!(saved > 3_000_000 && hands.text().contains("3* ") && hands.text().contains("* as one: 19.3 MB (-3.00 MB)"));
    hands.press("Esc");
    assert!(hands.state.layers.marked.is_empty() && !hands.text().contains("as one"));
}

#[test]
fn the_metric_is_what_would_go_away_or_what_dive_counts() {
    let mut hands = hands("2 M");
    shows(&hands, "10.4 MB would go away");
    shows(&hands, "counted  share");
    let (dive, ready) = (&hands.state.waste.as_dive, hands.state.ready.as_ref().unwrap());
    let (figures, references) = crate::analysis::dive_details(ready.model.tree.listings());
    assert_eq!(dive.as_ref().unwrap().len(), references.len());
    assert_eq!(hands.state.waste.bytes, figures.wasted_bytes, "every row together");
    let largest = hands.state.waste_group().unwrap().clone();
    assert_eq!((largest.bytes, largest.copies as u64), (references[0].bytes, references[0].count));
    shows(&hands, "as dive counts");
    // They are rows as all others.
    hands.press("o");
    shows(&hands, "dive counts paths; M shows what would go away");
    hands.press("/is:removed Enter");
    assert!(hands.state.waste.shown.len() < references.len() && !hands.state.waste.shown.is_empty());
    hands.press("Esc M");
    shows(&hands, "10.4 MB reclaimable");
    assert!(hands.state.waste.as_dive.is_none());
    for row in 0..references.len() {
        let mut hands = super::super::testing::hands("2 M");
        hands.press(&"j ".repeat(row));
        let expected = format!("/{}", hands.state.waste_group().unwrap().path);
        hands.press("Enter");
        assert_eq!(path(&hands), expected);
    }
}

#[test]
fn files_with_the_same_content_are_a_list_that_leads_to_them() {
    let layers = vec![vec!["f usr/lib/a.so 3000 a", "f etc/one 10 a"], vec!["f srv/b.so 3000 a", "f srv/c.so 3000 a"]];
    let sample = Sample::of(&layers, &[("ADD rootfs", true), ("COPY . .", true)]);
    let mut hands = Hands::exploring(80, 24, &sample);
    hands.press("2 D");
    shows(&hands, "Same content at several paths · 6.00 kB");
    shows(&hands, "6.0k  saved by one instead of 3 of 3.00 kB");
    for row in ["L1  /srv/b.so", "L1  /srv/c.so", "L0  /usr/lib/a.so"] {
        shows(&hands, row);
    }
    assert!(!hands.text().contains("/etc/one"));
    hands.press("j j y");
    assert_eq!(hands.copied.as_deref(), Some("/srv/c.so"));
    hands.press("Enter");
    assert!(hands.state.modals.is_empty());
    assert_eq!((hands.state.view, hands.state.tree_path().as_deref()), (View::Layers, Some("/srv/c.so")));
    // How far it is, and that it can be left.
    hands.press("2");
    let effects = update(&mut hands.state, Msg::Key(KeyEvent::from(KeyCode::Char('D'))));
    let [Effect::FindCopies(..)] = effects.as_slice() else { panic!("{effects:?}") };
    let messages = effects.into_iter().flat_map(answer).collect::<Vec<_>>();
    let (going, found) = messages.split_at(1);
    let Msg::Going(generation, ..) = going[0] else { panic!("{going:?}") };
    hands.take(Msg::Going(generation, 10_000_000, 20_000_000));
    shows(&hands, "contents are compared 10.0 MB of 20.0 MB …   Esc stops");
    hands.press("Esc");
    assert!(found.len() == 1 && hands.state.modals.is_empty());
    hands.take_all(found.iter().map(|_| Msg::FoundCopies(generation, Err("late".to_owned()))));
    assert!(hands.state.modals.is_empty());
}

/// What was written again and again would be written once if all those layers were one.
#[test]
fn of_many_versions_all_are_in_the_advice() {
    let layers = [vec!["f a 100 a"], vec!["f a 200 b"], vec!["f x 1 x"], vec!["f a 50 c"], vec!["f a 70 d"]];
    let rows = ["ADD one", "RUN two", "RUN three", "RUN four", "RUN five"].map(|row| (row, true));
    let mut hands = Hands::exploring(100, 24, &Sample::of(&layers, &rows));
    hands.press("2");
    shows(&hands, " L0 ADD one → L4 RUN five");
    shows(&hands, "Tip  write it once: merge L0-L4: saves 350 B");
    let group = hands.state.waste.shown[0].clone();
    assert_eq!(group.bytes, 350, "as the row says");
}

/// A name that turns the direction of text around is escaped wherever it is shown or copied, and known by its path.
#[test]
fn a_hostile_name_is_escaped_in_the_waste_as_everywhere() {
    let name = "f bad\u{202e}name 5000 a";
    let layers = [vec![name], vec!["f bad\u{202e}name 6000 b"], vec!["f other 1 a"]];
    let rows = [("ADD file:1 in /", true), ("RUN a", true), ("RUN b", true)];
    let mut hands = Hands::exploring(120, 24, &Sample::of(&layers, &rows));
    hands.press("2");
    shows(&hands, "/bad\\xe2\\x80\\xaename");
    hands.press("y");
    assert_eq!(hands.copied.as_deref(), Some("/bad\\xe2\\x80\\xaename"));
    hands.press("M");
    let counted = &hands.state.waste.shown[0];
    assert_eq!((&*counted.path, counted.largest.map(|item| item.bytes)), ("bad\\xe2\\x80\\xaename", Some(5000)));
}

#[test]
fn what_a_filter_hides_is_wasted_all_the_same() {
    let mut hands = hands("2 / apt Enter 3 / views.py Enter w");
    shows(&hands, "it is wasted, but the filter of the Waste view leaves it out");
    assert_eq!(hands.state.view, View::Files);
    hands.press("Esc / su$ Enter w");
    shows(&hands, "nothing of this path is wasted");
}

#[test]
fn what_items_have_in_common_can_be_copied() {
    let mut hands = hands("2 o");
    hands.press("y");
    assert_eq!(hands.copied.as_deref(), Some("L1 → L2"));
}
