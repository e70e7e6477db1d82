//! The table of actions: none is idle, all can be read.

use crate::tui::keymap::{ACTIONS, Act};
use crate::tui::testing::{Hands, Sample};
use crate::tui::text;

#[test]
fn help_and_hints_are_short_enough_to_be_read() {
    for action in ACTIONS {
        assert!(text::width(action.help) <= 15, "{}", action.help);
        assert!(text::width(&action.keys.join(" ")) <= 8, "{:?}", action.keys);
    }
}

/// Every action of the table does something somewhere: pressing its key changes the screen or says why not.
#[test]
fn every_action_does_something() {
    let places = [
        "",
        "Tab",
        ":3 Enter Tab",
        ":3 Enter Tab G",
        ":3 Enter Tab G Enter",
        ":3 Enter Tab j -",
        ":5 Enter",
        ":4 Enter Tab / models Enter",
        "2",
        "2 j",
        "4",
        "4 j",
        "4 Tab",
        "4 S-Tab",
        "4 S-Tab j",
        "= =",
        "j Enter",
        "?",
        "j J J",
        ":3 Enter Tab G t",
        "f passwd",
        "f a Down",
        "3 Y",
        "5",
        "3 x ^U there Enter",
        "f config.y",
        "f config.y ^D [",
    ];
    let sample = Sample::new();
    for action in ACTIONS {
        if matches!(action.act, Act::Choose | Act::Suspend | Act::Quit) {
            continue;
        }
        for key in action.keys {
            let does = places.iter().any(|place| {
                let mut hands = Hands::exploring(120, 16, &sample);
                hands.press(place);
                let context = crate::tui::keymap::context(&hands.state);
                let known = crate::tui::keymap::actions(context).any(|known| known.act == action.act);
                let before = hands.text();
                hands.press(key);
                known && hands.text() != before
            });
            assert!(does, "{key} ({:?})", action.act);
        }
    }
}
