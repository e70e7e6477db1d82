//! Text on a screen: its width, how it is made to fit, and sizes in few columns.

use super::state::Fact;
use crate::escape::{Target, escape};
use crate::image::LayerIndex;
use crate::listing::EntryKind;
use crate::report::Units;
use crate::tree::{NodeId, Tree};
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

pub(crate) use crate::report::human;

/// What stands for text that was left out.
pub(crate) const ELLIPSIS: char = '…';

/// What stands for a tab.
pub(crate) const TAB: &str = "    ";

/// How many columns a text takes.
pub(crate) fn width(text: &str) -> usize {
    text.width()
}

/// A name or path of the image, safe to show.
pub(crate) fn name(bytes: &[u8]) -> String {
    escape(bytes, Target::Terminal).into_owned()
}

/// A path of the image with a leading slash, safe to show.
pub(crate) fn path(tree: &Tree, node: NodeId) -> String {
    format!("/{}", name(&tree.path(node)))
}

/// More characters than any line has.
const LINE: usize = 4096;

/// Prose of the image (an instruction, a value, a message), safe to show in one line. What no line can show is left
/// out.
pub(crate) fn prose(text: &str) -> String {
    let end = text.char_indices().nth(LINE).map_or(text.len(), |(end, _)| end);
    let one_line = text.get(..end).unwrap_or(text).replace(['\n', '\t', '\r'], " ");
    escape(one_line.as_bytes(), Target::Prose).into_owned()
}

/// An instruction in one line, or that there is none.
pub(crate) fn instruction(text: &str) -> String {
    if text.trim().is_empty() { "(no instruction)".to_owned() } else { prose(text) }
}

/// Pieces of a line as rows of `columns` at most.
pub(crate) fn chop(pieces: Vec<Fact>, columns: usize) -> Vec<Vec<Fact>> {
    let (mut rows, mut row, mut taken) = (Vec::new(), Vec::new(), 0);
    for (text, role) in pieces {
        let mut rest = text.as_str();
        loop {
            let fits = head(rest, columns.saturating_sub(taken));
            if !fits.is_empty() {
                taken += width(fits);
                row.push((fits.to_owned(), role));
                rest = rest.get(fits.len()..).unwrap_or("");
            }
            if rest.is_empty() {
                break;
            }
            // A character that is wider than the room has a row of its own.
            if taken == 0 {
                let first = rest.chars().next().map_or(0, char::len_utf8);
                let (wide, after) = rest.split_at_checked(first).unwrap_or((rest, ""));
                row.push((wide.to_owned(), role));
                rest = after;
            }
            rows.push(std::mem::take(&mut row));
            taken = 0;
            if rest.is_empty() {
                break;
            }
        }
    }
    if !row.is_empty() || rows.is_empty() {
        rows.push(row);
    }
    rows
}

/// As much of the beginning of a text as fits into `columns`.
pub(crate) fn head(text: &str, columns: usize) -> &str {
    let mut taken = 0;
    for (at, c) in text.char_indices() {
        taken += c.width().unwrap_or(0);
        if taken > columns {
            return text.get(..at).unwrap_or(text);
        }
    }
    text
}

/// As much of the end of a text as fits into `columns`.
fn tail(text: &str, columns: usize) -> &str {
    let mut taken = 0;
    for (at, c) in text.char_indices().rev() {
        taken += c.width().unwrap_or(0);
        if taken > columns {
            return text.get(at + c.len_utf8()..).unwrap_or("");
        }
    }
    text
}

/// Makes a text fit by leaving out its end.
pub(crate) fn cut(text: &str, columns: usize) -> String {
    if width(text) <= columns {
        return text.to_owned();
    }
    match columns {
        0 => String::new(),
        _ => format!("{}{ELLIPSIS}", head(text, columns - 1)),
    }
}

/// Makes a name fit by leaving out its middle: beginning and ending tell names apart.
pub(crate) fn shorten(text: &str, columns: usize) -> String {
    if width(text) <= columns {
        return text.to_owned();
    }
    match columns {
        0 => String::new(),
        1 => ELLIPSIS.to_string(),
        _ => {
            let after = (columns - 1) / 2;
            format!("{}{ELLIPSIS}{}", head(text, columns - 1 - after), tail(text, after))
        }
    }
}

/// Makes a path fit by leaving out its beginning: the file name tells most. Of a name that does not fit itself a third is
/// its beginning and the rest its end, which tells more.
pub(crate) fn shorten_path(text: &str, columns: usize) -> String {
    if width(text) <= columns {
        return text.to_owned();
    }
    let directories = text.trim_end_matches('/').rfind('/').map_or(0, |slash| slash + 1);
    let name = text.get(directories..).unwrap_or(text);
    match columns.checked_sub(1) {
        None => String::new(),
        Some(room) if width(name) <= columns && width(name) > room => name.to_owned(),
        Some(room) if width(name) > room => {
            format!("{}{ELLIPSIS}{}", head(name, room / 3), tail(name, room - room / 3))
        }
        Some(room) => format!("{ELLIPSIS}{}", tail(text, room)),
    }
}

/// Breaks a text into lines of at most `columns`, where there is a space if possible.
pub(crate) fn wrap(text: &str, columns: usize) -> Vec<String> {
    let columns = columns.max(1);
    let mut out = Vec::new();
    let mut rest = text;
    // Only as much as fits is measured each time: a text can be megabytes long.
    while head(rest, columns).len() < rest.len() {
        // A character wider than the line is taken all the same, or this would never end.
        let first = rest.chars().next().map_or(0, char::len_utf8);
        let fits = head(rest, columns).len().max(first);
        let line = rest.get(..fits).unwrap_or(rest);
        let indent = line.len() - line.trim_start().len();
        let whole = rest.get(fits..).is_some_and(|after| after.starts_with(' '));
        let end = line.rfind(' ').filter(|at| !whole && *at > indent).unwrap_or(fits);
        out.push(rest.get(..end).unwrap_or(rest).to_owned());
        rest = rest.get(end..).unwrap_or("").trim_start();
    }
    if !rest.is_empty() || out.is_empty() {
        out.push(rest.to_owned());
    }
    out
}

/// Breaks a line like [`wrap`]; what follows the first line stands further in, under the value if it is a fact.
pub(crate) fn wrap_hanging(line: &str, columns: usize) -> Vec<String> {
    match fact(line).filter(|_| columns > 2 * NAME && head(line, columns).len() < line.len()) {
        Some(_) => hang_after(line, columns, NAME, NAME),
        None => hang(line, columns),
    }
}

/// Breaks a line like [`wrap`]; what follows the first line stands further in than that.
pub(crate) fn hang(line: &str, columns: usize) -> Vec<String> {
    if head(line, columns).len() == line.len() {
        return vec![line.to_owned()];
    }
    let own = line.len() - line.trim_start().len();
    hang_after(line, columns, own, (own + 4).min(columns / 2))
}

/// Breaks what follows the first bytes of a line; all lines but the first stand so many columns in.
fn hang_after(line: &str, columns: usize, before: usize, indent: usize) -> Vec<String> {
    let (before, text) = line.split_at_checked(before).unwrap_or(("", line));
    let first = wrap(text, columns.saturating_sub(width(before))).into_iter().next().unwrap_or_default();
    let rest = text.get(first.len()..).unwrap_or("").trim_start();
    let below = " ".repeat(indent);
    let mut out = vec![format!("{before}{first}")];
    if !rest.is_empty() {
        out.extend(wrap(rest, columns.saturating_sub(indent)).iter().map(|part| format!("{below}{part}")));
    }
    out
}

/// Width of the column with the name of a fact.
pub(crate) const NAME: usize = 11;

/// A line as the name of a fact, padded to its column, and the value.
fn fact(line: &str) -> Option<(&str, &str)> {
    let (name, value) = line.split_at_checked(NAME)?;
    let padded = name.ends_with(' ') && !name.starts_with(' ') && name.len() - name.trim_end().len() >= 1;
    (padded && !value.starts_with(' ') && !name.trim_end().contains("  ") && name.is_ascii()).then_some((name, value))
}

/// Pads or cuts a text to exactly `columns`, to the left.
pub(crate) fn left(text: &str, columns: usize) -> String {
    let text = cut(text, columns);
    let missing = columns.saturating_sub(width(&text));
    format!("{text}{}", " ".repeat(missing))
}

/// Pads or cuts a text to exactly `columns`, to the right.
pub(crate) fn right(text: &str, columns: usize) -> String {
    let text = cut(text, columns);
    let missing = columns.saturating_sub(width(&text));
    format!("{}{text}", " ".repeat(missing))
}

/// A size in at most five columns; nothing at all is a dot, so that it does not draw the eye.
pub(crate) fn short(bytes: u64, units: Units) -> String {
    if bytes == 0 { "·".to_owned() } else { crate::report::short(bytes, units) }
}

/// Layers in words: `L3`, or `L0-L6`.
pub(crate) fn span(first: LayerIndex, last: LayerIndex) -> String {
    if first == last { format!("L{first}") } else { format!("L{first}-L{last}") }
}

/// A count in few columns: `7`, `950`, `6.5k`.
pub(crate) fn count(number: u64) -> String {
    match number {
        0..1000 => number.to_string(),
        _ => short(number, Units::Si),
    }
}

/// A ratio as whole percent, rounded; `part` of nothing is 0 %.
pub(crate) fn percent(part: u64, whole: u64) -> String {
    let whole = u128::from(whole).max(1);
    format!("{}%", (u128::from(part) * 100 + whole / 2) / whole)
}

/// A bar of at most `columns` cells; something that is not nothing has at least one.
pub(crate) fn bar(part: u64, whole: u64, columns: usize) -> String {
    if part == 0 || whole == 0 {
        return String::new();
    }
    let cells = u128::from(part.min(whole)) * columns as u128 / u128::from(whole);
    // Shares below one cell would look like a share all the same: they are left out below half a cell.
    let half = u128::from(part) * columns as u128 * 2 >= u128::from(whole);
    let cells = usize::try_from(cells).unwrap_or(columns).max(usize::from(half));
    "▇".repeat(cells)
}

/// The word for a kind of entry.
pub(crate) fn kind(kind: EntryKind) -> &'static str {
    match kind {
        EntryKind::File => "file",
        EntryKind::Directory => "directory",
        EntryKind::Symlink => "symlink",
        EntryKind::HardLink => "hard link",
        EntryKind::CharDevice => "char device",
        EntryKind::BlockDevice => "block device",
        EntryKind::Fifo => "fifo",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_a_dot() {
        assert_eq!(short(0, Units::Si), "·");
        assert_eq!(short(27, Units::Si), "27B");
        assert_eq!(count(6_540), "6.5k");
        assert_eq!(count(0), "0");
    }

    #[test]
    fn long_names_lose_their_middle_and_paths_their_beginning() {
        assert_eq!(shorten("libopenblas64_p-r0.so", 11), "libop…r0.so");
        assert_eq!(shorten("short", 5), "short");
        assert_eq!(shorten("日本語の名前", 7), "日…前");
        assert_eq!(shorten_path("/usr/lib/libssl.so", 10), "…libssl.so");
        assert_eq!(shorten_path("/usr/lib/libssl.so", 9), "libssl.so");
        assert_eq!(shorten_path("/usr/lib/libssl.so", 7), "li…l.so");
        assert_eq!(shorten_path("/usr/share/", 6), "share/");
        assert_eq!(cut("RUN apt-get", 5), "RUN …");
        for columns in 0..12 {
            assert!(width(&shorten("日本語の名前", columns)) <= columns);
            assert!(width(&shorten_path("日本語の名前", columns)) <= columns);
        }
    }

    #[test]
    fn text_wraps_at_spaces_and_never_stops() {
        assert_eq!(wrap("one two three", 7), ["one two", "three"]);
        assert_eq!(wrap("abcdefgh", 3), ["abc", "def", "gh"]);
        assert_eq!(wrap("日本", 1), ["日", "本"]);
        assert_eq!(wrap("", 5), [""]);
    }

    #[test]
    fn what_is_wrapped_stands_under_its_beginning() {
        assert_eq!(
            wrap_hanging("digest     sha256:0123456789abcdef", 24),
            ["digest     sha256:012345", "           6789abcdef"]
        );
        assert_eq!(wrap_hanging("    && apt-get install", 16), ["    && apt-get", "        install"]);
        let long = "word ".repeat(200_000);
        assert!(wrap_hanging(&long, 80).len() > 10_000);
    }

    #[test]
    fn a_bar_shows_something_only_from_half_a_cell_on() {
        assert_eq!(bar(1, 100, 5), "");
        assert_eq!(bar(10, 100, 5), "▇");
        assert_eq!(bar(100, 100, 5), "▇▇▇▇▇");
    }
}
