//! What every view looks like at three sizes, with its styles.

use crate::tui::effect::answer;
use crate::tui::msg::Msg;
use crate::tui::testing::{Hands, Sample, named, styles};
use crate::tui::update::update;

/// Symbols and styles of a screen at three sizes, after some keys.
fn look(name: &str, keys: &str) {
    let sample = Sample::new();
    for (width, height) in [(80, 24), (120, 40), (40, 10)] {
        let mut hands = Hands::exploring(width, height, &sample);
        hands.press(keys);
        snapshot(&format!("{name}_{width}x{height}"), &hands);
    }
}

pub(super) fn snapshot(name: &str, hands: &Hands) {
    insta::assert_snapshot!(name, format!("{}\n{}", hands.text(), styles(&hands.buffer())));
}

#[test]
fn layers() {
    look("layers", "j j j j");
}

#[test]
fn tree() {
    look("tree", "Tab j j");
}

#[test]
fn content_of_a_file() {
    look("content", ":3 Enter Tab G Enter");
}

#[test]
fn whole_image() {
    look("whole", "= = Tab");
}

#[test]
fn sorted_by_what_it_costs_to_pull() {
    look("pull", "= = Tab s s s s");
}

#[test]
fn what_paths_cost_to_pull_is_sorted_and_told() {
    let sample = Sample::new();
    let mut hands = Hands::exploring(80, 24, &sample);
    hands.press(":3 Enter Tab s s s s");
    assert!(hands.text().contains("pull ↓"), "{}", hands.text());
    // 1, 10, 100, … bytes in the order of the layer; what was written last costs most.
    let order: Vec<usize> =
        ["views.py", "models.py", "bundle.js"].iter().map(|name| hands.text().find(name).unwrap()).collect();
    assert!(order.is_sorted(), "{}", hands.text());
    hands.press("i");
    assert!(hands.text().contains("to pull    111 kB of the stored layers, with all below it"), "{}", hands.text());
    hands.press("Esc G i");
    assert!(hands.text().contains("of the stored layer "), "{}", hands.text());
    hands.press("Esc s");
    assert!(hands.text().contains("size ↓"), "{}", hands.text());
}

#[test]
fn nobody_waits_while_costs_are_added_up() {
    let sample = Sample::new();
    let mut hands = Hands::exploring(80, 24, &sample);
    hands.press(":3 Enter Tab s s s");
    let names = |hands: &Hands| -> Vec<usize> {
        ["bundle.js", "models.py", "views.py"].iter().map(|name| hands.text().find(name).unwrap()).collect()
    };
    let before = hands.state.tree.rows.len();
    let key = Msg::Key(named("^O").unwrap());
    let effects = update(&mut hands.state, key);
    assert!(hands.text().contains("pull ↓") && hands.text().contains("     … "), "{}", hands.text());
    assert_eq!(hands.state.tree.rows.len(), before);
    effects.into_iter().flat_map(answer).for_each(|msg| hands.take(msg));
    assert!(!hands.text().contains("     … "), "{}", hands.text());
    assert!(names(&hands).is_sorted_by(|a, b| a > b), "{}", hands.text());
    // What is known stays known, also for who sorts otherwise: nothing is asked again.
    assert_eq!(update(&mut hands.state, Msg::Key(named("^O").unwrap())).len(), 0);
}

#[test]
fn waste() {
    look("waste", "2 j");
}

#[test]
fn files() {
    look("files", "3 j");
}

#[test]
fn compare() {
    look("compare", ":cmp Space 3 Space 5 Enter");
}

#[test]
fn palette() {
    look("palette", ":s Down");
}

#[test]
fn diff() {
    look("diff", "f config.y ^D");
}

#[test]
fn find() {
    look("find", "f app/.env");
}

#[test]
fn find_in_contents() {
    look("find_content", "f config Space content:/layer\\s[34]$/");
}

#[test]
fn another_image() {
    look("duel", ":cmp Space other.tar Enter j j j");
}

#[test]
fn lines_of_two_images() {
    look("duel_diff", ":cmp Space other.tar Enter / status Enter d");
}

#[test]
fn waste_as_dive_counts() {
    look("dive", "2 M");
}

#[test]
fn same_content() {
    let layers = vec![vec!["f usr/lib/a.so 3000 a", "f etc/one 10 a"], vec!["f srv/b.so 3000 a", "f srv/two 10 a"]];
    let sample = Sample::of(&layers, &[("ADD rootfs", true), ("COPY . .", true)]);
    for (width, height) in [(80, 24), (120, 40), (40, 10)] {
        let mut hands = Hands::exploring(width, height, &sample);
        hands.press("2 D j");
        snapshot(&format!("copies_{width}x{height}"), &hands);
    }
}

#[test]
fn copy_menu() {
    look("menu", ":3 Enter Tab G Y");
}

#[test]
fn extraction() {
    look("extract", ":3 Enter Tab G x");
}

#[test]
fn what_if() {
    look("what_if", "2 X j X 1");
}

#[test]
fn life() {
    look("life", ":5 Enter Tab / .env Enter G t");
}

#[test]
fn waste_by_directory() {
    look("waste_by", "2 o o");
}

#[test]
fn image() {
    look("image", "4 j j");
}

#[test]
fn history() {
    look("history", "4 S-Tab j j j j");
}

#[test]
fn instruction() {
    look("instruction", ":1 Enter Enter");
}

#[test]
fn details() {
    look("details", ":5 Enter Tab G i");
}

#[test]
fn help() {
    look("help", "Tab ?");
}

#[test]
fn filter() {
    look("filter", ":3 Enter Tab / *.py");
}

#[test]
fn filter_with_an_error() {
    look("filter_error", ":3 Enter Tab / py Space /[/");
}

#[test]
fn without_colour_nothing_but_markers_tells_kinds_apart() {
    let sample = Sample::new();
    let mut hands = Hands::exploring(80, 24, &sample);
    hands.state.options.theme = crate::tui::ThemeName::Mono;
    hands.press(":5 Enter Tab");
    let styles = styles(&hands.buffer());
    for color in ["Red", "Green", "Yellow", "Blue", "Magenta", "Cyan", "Gray"] {
        assert!(!styles.contains(color), "{color} in\n{styles}");
    }
    snapshot("mono_80x24", &hands);
}

#[test]
fn ascii_draws_with_ascii_alone() {
    let sample = Sample::new();
    let mut hands = Hands::exploring(80, 24, &sample);
    hands.state.options.ascii = true;
    for keys in ["", "2", "4", "?"] {
        hands.press(keys);
        assert!(hands.text().is_ascii(), "{}", hands.text());
    }
}

#[test]
fn nothing_of_the_image_reaches_the_terminal_unescaped() {
    let sample = Sample::new();
    for keys in [":5 Enter Tab", "4", ":5 Enter Tab j j j j i", "2"] {
        let mut hands = Hands::exploring(120, 40, &sample);
        hands.press(keys);
        let text = hands.text();
        assert!(!text.chars().any(|c| (c.is_control() && c != '\n') || c == '\u{202e}'), "{text}");
    }
    let mut hands = Hands::exploring(120, 40, &sample);
    hands.press(":5 Enter Tab j j");
    assert!(hands.text().contains("evil\\x1b[31m\\xe2\\x80\\xaename"), "{}", hands.text());
}

#[test]
fn too_small_says_so() {
    let sample = Sample::new();
    for (width, height) in [(1, 1), (19, 40), (80, 4)] {
        let mut hands = Hands::exploring(width, height, &sample);
        let line = hands.text();
        assert!(["window too small", "too small", "…"].contains(&line.lines().next().unwrap()), "{line}");
        hands.press("q");
        assert!(hands.quit);
    }
}
