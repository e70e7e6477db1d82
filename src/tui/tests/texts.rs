//! Texts over the view: what the image says of itself, as it stands, and files that it is saved to.

use crate::tui::state::Modal;
use crate::tui::testing::{Hands, Sample, hands, shows};

fn lines(hands: &Hands) -> Vec<String> {
    match hands.state.modal() {
        Some(Modal::Text(text)) => text.lines.iter().map(|(line, _)| line.clone()).collect(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn the_history_is_shown_as_it_stands() {
    // The sample is put together from layers and has none.
    shows(&hands("4 R"), "there is no config to show");
    // In the pane of the history its commands, before anybody cleans them.
    let history = hands("4 S-Tab R");
    let raw = lines(&history);
    assert!(raw.contains(&"/bin/sh -c #(nop)  CMD [\"bash\"]".to_owned()), "{raw:?}");
    assert_eq!(raw.iter().filter(|line| line.starts_with('H')).count(), 14);
}

#[test]
fn a_text_is_saved_to_a_file_that_is_not_there_yet() {
    let mut hands = hands("4 D x");
    let asked = |hands: &Hands| hands.state.prompt.as_ref().unwrap().input.value().to_owned();
    assert_eq!(asked(&hands), "./Dockerfile");
    hands.press("Enter");
    shows(&hands, "wrote ./Dockerfile");
    assert!(matches!(hands.state.modal(), Some(Modal::Text(_))), "the text stays");
    hands.press("Esc S-Tab R x");
    assert_eq!(asked(&hands), "./History-as-it-stands.txt");
    hands.press("^U t h e r e . p a t c h Enter");
    shows(&hands, "there.patch: entity already exists");
}

#[test]
fn what_was_said_can_be_read_again() {
    let mut hands = hands("B");
    let said = hands.state.toast.as_ref().unwrap().text.clone();
    hands.press("y F : messages Enter");
    assert_eq!(
        lines(&hands),
        [said.as_str(), "copied the instruction", "F does nothing here; ? shows the keys that do"]
    );
    let mut hands = Hands::exploring(80, 24, &Sample::new());
    hands.press(": messages Enter");
    shows(&hands, "nothing was odd, and nothing was said so far");
}

/// A key that has nothing to do for what is shown is not offered.
#[test]
fn the_footer_offers_what_there_is() {
    let footer = |hands: &Hands| hands.text().lines().last().unwrap().to_owned();
    let mut hands = hands("f usr/bin/python3 ^V");
    assert!(!footer(&hands).contains("version") && !footer(&hands).contains("diff"), "{}", footer(&hands));
    hands.press("Esc Esc f config.y ^V");
    assert!(footer(&hands).contains("[]] version") && footer(&hands).contains("[d] diff"), "{}", footer(&hands));
    hands.press("d");
    assert!(!footer(&hands).contains("side by side"), "80 columns: {}", footer(&hands));
}

#[test]
fn a_here_document_has_no_signs_of_a_shell_in_it() {
    let text = "RUN set -e && cat <<EOF > /etc/x\nhello\n  world && not split\nEOF";
    let mut hands = Hands::exploring(80, 24, &Sample::of(&[vec!["f etc/x 5 x"]], &[(text, true)]));
    hands.press("4 D y");
    let copied = hands.copied.unwrap();
    let wanted = "RUN set -e \\\n    && cat <<EOF > /etc/x\nhello\n  world && not split\nEOF";
    assert!(copied.ends_with(wanted), "{copied}");
}
