//! The table of actions: none is idle, all can be read.

use crate::tui::keymap::{self, Act, Keymap};
use crate::tui::testing::{Hands, Sample};
use crate::tui::text;

#[test]
fn help_and_hints_are_short_enough_to_be_read() {
    for action in &Keymap::default().actions {
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
        "2 o",
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
    for action in &Keymap::default().actions {
        if matches!(action.act, Act::Choose | Act::Suspend | Act::Quit) {
            continue;
        }
        for key in &action.keys {
            let does = places.iter().any(|place| {
                let mut hands = Hands::exploring(120, 16, &sample);
                hands.press(place);
                let context = crate::tui::keymap::context(&hands.state);
                let known = hands.state.options.keymap.actions(context).any(|known| known.act == action.act);
                let before = hands.text();
                hands.press(key);
                known && hands.text() != before
            });
            assert!(does, "{key} ({:?})", action.act);
        }
    }
}

/// What the footer offers does something right there, or says why not: at both sizes, wherever one can be.
#[test]
fn every_key_of_the_footer_does_something_where_it_is_shown() {
    let places = [
        "",
        "Tab",
        ":3 Enter Tab G",
        "2",
        "2 o",
        "2 o Enter",
        "3",
        "3 =",
        "4",
        "4 S-Tab",
        "5",
        "f config.y",
        "f nothing.like.this",
        "3 t",
        "3 p",
        "3 p x",
        "f config.y ^D",
        "Enter",
        "3 Y",
        "3 x ^U there Enter",
    ];
    let sample = Sample::new();
    let mut idle = Vec::new();
    for (width, height) in [(80, 24), (120, 40)] {
        for place in places {
            let hands = || {
                let mut hands = Hands::exploring(width, height, &sample);
                hands.press(place);
                hands
            };
            let context = keymap::context(&hands().state);
            for action in hands().state.options.keymap.actions(context) {
                let (Some(_), Some(key)) = (action.hint, action.keys.first()) else { continue };
                if action.act == Act::Quit {
                    continue;
                }
                let mut hands = hands();
                let before = hands.text();
                hands.press(key);
                if hands.text() == before {
                    idle.push(format!("{width}: {place}: {key} {}", action.help));
                }
            }
        }
    }
    assert!(idle.is_empty(), "{}", idle.join("\n"));
}
