//! Any messages at any size: nothing panics, every cursor is on a row and in its window.

use crate::image::LayerIndex;
use crate::progress::Progress;
use crate::tui::Feed;
use crate::tui::layout::{self, Pane};
use crate::tui::state::State;
use crate::tui::testing::{Hands, Sample, documents};
use crate::tui::view::view;
use proptest::prelude::*;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use std::sync::Arc;

/// One thing that can happen.
#[derive(Debug, Clone)]
enum Step {
    Key(&'static str),
    Resize(u16, u16),
    Click(u16, u16),
    Wheel(u16, u16, bool),
    Found(usize),
    Documents,
    Layer(u32),
    Draft(u32),
    Progress(usize, u64),
    Ready,
}

const KEYS: &[&str] = &[
    "j",
    "k",
    "h",
    "l",
    "Down",
    "Up",
    "Left",
    "Right",
    "PgDn",
    "PgUp",
    "^D",
    "^U",
    "gg",
    "G",
    "g",
    "Home",
    "End",
    "Tab",
    "S-Tab",
    "S-Down",
    "S-Up",
    "1",
    "2",
    "3",
    "5",
    "B",
    "C",
    "cmp 1 4",
    "f",
    "o",
    "Y",
    "^X",
    "d",
    "|",
    "env",
    "^V",
    "^Y",
    "^P",
    "t",
    "p",
    "4",
    "z",
    "J",
    "K",
    "[",
    "]",
    "=",
    "v",
    "^L",
    "^A",
    "/",
    "^F",
    "n",
    "N",
    "c",
    "a",
    "m",
    "r",
    "u",
    "!",
    "s",
    "S",
    "^O",
    "Enter",
    "i",
    "y",
    "e",
    "w",
    "Space",
    "-",
    "*",
    "^Space",
    "?",
    ":",
    "Esc",
    "Backspace",
    "x",
    ".py",
    "/[/",
    "7",
    "messages",
];

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        12 => proptest::sample::select(KEYS).prop_map(Step::Key),
        2 => (1_u16..300, 1_u16..100).prop_map(|(width, height)| Step::Resize(width, height)),
        2 => (1_u16..60, 1_u16..16).prop_map(|(width, height)| Step::Resize(width, height)),
        1 => (0_u16..140, 0_u16..50).prop_map(|(x, y)| Step::Click(x, y)),
        1 => (0_u16..140, 0_u16..50, any::<bool>()).prop_map(|(x, y, down)| Step::Wheel(x, y, down)),
        1 => (0_usize..6).prop_map(Step::Found),
        1 => Just(Step::Documents),
        1 => (0_u32..8).prop_map(Step::Layer),
        1 => (1_u32..6).prop_map(Step::Draft),
        1 => (0_usize..8, 0_u64..2_000_000).prop_map(|(layer, read)| Step::Progress(layer, read)),
        1 => Just(Step::Ready),
    ]
}

fn take(hands: &mut Hands, step: &Step, sample: &Sample) {
    match step {
        Step::Key(key) => hands.press(key),
        Step::Resize(width, height) => hands.resize(*width, *height),
        Step::Click(x, y) => hands.click(*x, *y),
        Step::Wheel(x, y, down) => hands.wheel(*x, *y, *down),
        Step::Found(layer) if hands.state.subject.is_none() => {
            hands.feed(Feed::Found { name: layer.to_string(), listing: Arc::clone(&sample.listings[*layer]) });
        }
        Step::Documents if hands.state.subject.is_none() => hands.feed(documents(sample)),
        // More and more is understood, until all is.
        Step::Draft(layers) if (hands.state.understood()..6).contains(layers) && hands.state.subject.is_some() => {
            hands.feed(Feed::Draft(sample.draft(*layers as usize)));
        }
        Step::Found(_) | Step::Documents | Step::Draft(_) => {}
        Step::Layer(layer) => {
            if let Some(listing) = sample.listings.get(LayerIndex(*layer).index()) {
                hands.feed(Feed::Layer { layer: LayerIndex(*layer), listing: Arc::clone(listing), error: None });
            }
        }
        Step::Progress(layer, read) => {
            hands.feed(Feed::Progress(Progress::Layer { layer: *layer, read: *read, total: 1_000_000 }));
        }
        Step::Ready => hands.feed(Feed::Ready(Arc::clone(&sample.model))),
    }
}

/// Every cursor is on a row, and in the window of a pane that can be seen.
fn check(state: &mut State) -> Result<(), TestCaseError> {
    let areas = layout::areas(state);
    for pane in Pane::ALL {
        let rows = state.rows_of(pane);
        let window = areas
            .panes
            .iter()
            .find(|(shown, _)| *shown == pane)
            .map(|(_, area)| layout::window(areas.class, pane, *area));
        let Some(at) = state.position(pane).copied() else { continue };
        prop_assert!(at.cursor < rows.max(1), "{pane:?}: {at:?} of {rows}");
        if let Some(window) = window.filter(|window| window.height > 0) {
            prop_assert!(at.offset <= at.cursor, "{pane:?}: {at:?}");
            if pane != Pane::History {
                prop_assert!(at.cursor < at.offset + usize::from(window.height), "{pane:?}: {at:?} in {window:?}");
            }
        }
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn no_messages_break_it(
        width in 1_u16..200,
        height in 1_u16..60,
        is_opening: bool,
        steps in proptest::collection::vec(step(), 1..80),
    ) {
        let sample = Sample::new();
        let mut hands = if is_opening { Hands::new(width, height) } else { Hands::loading(width, height, &sample) };
        for step in &steps {
            take(&mut hands, step, &sample);
            check(&mut hands.state)?;
            hands.buffer();
            // The terminal can have another size already than the one that the last message told.
            view(&hands.state, &mut Buffer::empty(Rect::new(0, 0, height, width / 2)));
        }
    }
}
