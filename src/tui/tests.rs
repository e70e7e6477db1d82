//! Journeys through the explorer, what its screens look like, and what no sequence of keys may break.

mod actions;
mod chaos;
mod comparing;
mod diffs;
mod extracting;
mod files;
mod finding;
mod journeys;
mod liking;
mod lives;
mod loading;
mod mouse;
mod narrowing;
mod palette;
mod screens;
mod texts;
mod viewing;
mod waste;
