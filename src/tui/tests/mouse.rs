//! What the mouse does.

use crate::image::LayerIndex;
use crate::tui::layout::Pane;
use crate::tui::msg::Msg;
use crate::tui::state::{Modal, View};
use crate::tui::testing::{Hands, hands};

#[test]
fn the_mouse_selects_opens_and_scrolls() {
    let mut hands = hands("");
    hands.click(3, 8);
    assert_eq!(hands.state.layer(), LayerIndex(3));
    hands.wheel(3, 8, false);
    assert_eq!(hands.state.layer(), LayerIndex(0), "three rows up is the line under the base, where nobody stays");
    hands.click(40, 5);
    assert_eq!((hands.state.focus(), hands.state.tree.at.cursor), (Pane::Tree, 2));
    hands.click(13, 1);
    assert_eq!(hands.state.view, View::Waste);
    hands.click(10, 6);
    hands.click(10, 6);
    assert_eq!(hands.state.focus(), Pane::Tree, "a second click is Enter");
    hands.click(78, 0);
    assert!(matches!(hands.state.modal(), Some(Modal::Help(_))));
}

/// Clicks where a text stands on the screen.
fn click_on(hands: &mut Hands, text: &str) {
    let screen = hands.text();
    let found = screen.lines().enumerate().find_map(|(y, line)| Some((y, line.split_once(text)?.0.chars().count())));
    let (y, x) = found.unwrap_or_else(|| panic!("no {text} in\n{screen}"));
    hands.click(u16::try_from(x).unwrap(), u16::try_from(y).unwrap());
}

#[test]
fn what_stands_on_the_screen_with_its_key_can_be_clicked() {
    let mut hands = hands("Tab");
    click_on(&mut hands, "[/] filter");
    assert!(hands.state.prompt.is_some(), "{}", hands.text());
    hands.press("py Enter Esc");
    click_on(&mut hands, "find [");
    assert!(hands.text().contains("Find in every layer"), "{}", hands.text());
    hands.press("status");
    click_on(&mut hands, "[Esc]");
    assert!(hands.state.modals.is_empty(), "{}", hands.text());
    // The commands that are like what is typed.
    hands.press(":sort");
    click_on(&mut hands, "next order");
    assert!(hands.state.prompt.is_none() && hands.text().contains("sorted by"), "{}", hands.text());
    // What can follow a key.
    hands.press("g");
    hands.take(Msg::Hesitated);
    click_on(&mut hands, "gs ");
    assert!(hands.text().contains("is:secret"), "{}", hands.text());
    assert!(hands.state.begun.is_none() && !hands.state.hints);
    // A row of a list over the view: first it is selected, then it is entered.
    hands.press("Esc Esc 2 t");
    let Some(Modal::Life(life)) = hands.state.modal() else { panic!("{}", hands.text()) };
    let steps = life.timeline.steps.len();
    hands.click(10, 3);
    assert!(matches!(hands.state.modal(), Some(Modal::Life(life)) if life.at.cursor == 0 && steps > 1));
    hands.click(10, 3);
    assert_eq!((hands.state.modals.len(), hands.state.view), (0, View::Layers), "{}", hands.text());
}
