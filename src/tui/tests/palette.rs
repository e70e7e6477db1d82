//! Commands by their names.

use crate::tui::keymap::{self, Act};
use crate::tui::state::View;
use crate::tui::testing::hands;
use crate::tui::update::suggestions;

#[test]
fn a_command_is_found_by_what_it_does() {
    let mut hands = hands("2 :sort");
    assert!(hands.text().contains("next order, sort"), "{}", hands.text());
    hands.press("Enter");
    assert!(hands.text().contains("path ↓") || hands.text().contains("path ↑"), "{}", hands.text());
    assert!(hands.state.prompt.is_none());
    hands.press(":find Enter");
    assert!(hands.text().contains("Find in every layer"), "{}", hands.text());
}

#[test]
fn one_can_choose_among_the_commands() {
    let mut hands = hands(":");
    assert!(hands.text().contains("Commands"), "{}", hands.text());
    hands.press("files");
    hands.press("Down Enter");
    assert_eq!(hands.state.view, View::Files);
    hands.press(": Up Up Down");
    let chosen = hands.state.prompt.as_ref().unwrap().chosen.unwrap();
    assert_eq!(chosen, suggestions(&hands.state).len() - 1);
    hands.press("Esc :nothing Space like Space this");
    assert!(suggestions(&hands.state).is_empty());
    hands.press("Down Enter");
    assert!(hands.text().contains("no such command"), "{}", hands.text());
}

/// Every action of every context of a view can be found in the palette by its own name.
#[test]
fn every_action_is_in_the_palette() {
    for place in ["", "Tab", "2", "3", "4", "4 S-Tab", "5"] {
        let mut hands = hands(place);
        let context = keymap::context(&hands.state);
        hands.press(":");
        let found: Vec<Act> = suggestions(&hands.state).iter().map(|action| action.act).collect();
        for action in hands.state.options.keymap.actions(context).filter(|action| action.act != Act::Command) {
            assert!(found.contains(&action.act), "{:?} in {context:?}", action.act);
        }
    }
}
