//! The rows of the history, broken for the width of their pane: a long list of packages is read whole.

use super::state::Position;
use super::text;

/// Columns before an instruction: the number of the row and its layer.
pub(crate) const LEAD: usize = 8;

/// The pane of the history. Its rows have different heights, so its offset is the first row in the window, not a line.
#[derive(Debug, Default)]
pub(crate) struct HistoryPane {
    /// The selected row, and the first one in the window.
    pub(crate) at: Position,
    /// Lines of the selected row above the window, where it has more than the window, and which row that is.
    above: usize,
    of: usize,
    /// The lines of each row for so many columns.
    columns: usize,
    lines: Vec<Vec<String>>,
}

impl HistoryPane {
    /// Breaks instructions, a command a line, for a window of so many columns.
    pub(crate) fn lay(&mut self, instructions: &[Vec<String>], columns: usize) {
        if self.columns == columns && self.lines.len() == instructions.len() {
            return;
        }
        let room = columns.saturating_sub(LEAD + 1).max(1);
        let lines = |commands: &Vec<String>| commands.iter().flat_map(|command| text::hang(command, room)).collect();
        self.lines = instructions.iter().map(lines).collect();
        self.columns = columns;
    }

    /// The lines of each row.
    pub(crate) fn lines(&self) -> &[Vec<String>] {
        &self.lines
    }

    fn height(&self, row: usize) -> usize {
        self.lines.get(row).map_or(1, |lines| lines.len().max(1))
    }

    /// Keeps the selected row in a window of so many lines.
    pub(crate) fn settle(&mut self, height: usize) {
        let rows = self.lines.len();
        let cursor = self.at.cursor.min(rows.saturating_sub(1));
        let mut first = cursor;
        let mut lines = self.height(cursor);
        while first > 0 && lines + self.height(first - 1) <= height {
            first -= 1;
            lines += self.height(first);
        }
        // `first` is the lowest offset with which the selected row still fits; at the end the window is filled.
        let mut last = rows;
        let mut filled = 0;
        while last > 0 && filled + self.height(last - 1) <= height {
            last -= 1;
            filled += self.height(last);
        }
        let highest = last.min(cursor).max(first);
        self.at.cursor = cursor;
        self.at.offset = self.at.offset.clamp(first, cursor.max(first)).min(highest);
        let most = self.height(cursor).saturating_sub(height);
        self.above = if self.of == cursor { self.above.min(most) } else { 0 };
        self.of = cursor;
    }

    /// Lines of the first row in the window that are above it.
    pub(crate) fn above(&self) -> usize {
        if self.of == self.at.offset { self.above } else { 0 }
    }

    /// Moves the window within the selected row. Says whether there was more of it to see.
    pub(crate) fn scroll(&mut self, by: isize, height: usize) -> bool {
        let most = self.height(self.at.cursor).saturating_sub(height);
        let wanted = self.above.saturating_add_signed(by).min(most);
        std::mem::replace(&mut self.above, wanted) != wanted
    }

    /// How many rows make a page of so many lines from the selected one on.
    pub(crate) fn page(&self, height: usize) -> usize {
        let mut lines = 0;
        let fits = (self.at.cursor..self.lines.len()).take_while(|row| {
            lines += self.height(*row);
            lines <= height
        });
        fits.count().max(1)
    }

    /// The row at a line of the window.
    pub(crate) fn row_at(&self, line: usize) -> usize {
        let (line, rows) = (line + self.above(), self.lines.len());
        let mut lines = 0;
        (self.at.offset..rows)
            .find(|row| {
                lines += self.height(*row);
                line < lines
            })
            .unwrap_or(rows)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pane(columns: usize) -> HistoryPane {
        let row = |lines: &[&str]| lines.iter().map(|line| (*line).to_owned()).collect();
        let rows: [Vec<String>; 3] = [
            row(&["ADD rootfs"]),
            row(&["RUN apt-get update", "    && apt-get install -y curl git make"]),
            row(&["USER app"]),
        ];
        let mut pane = HistoryPane::default();
        pane.lay(&rows, columns);
        pane
    }

    #[test]
    fn a_long_command_goes_on_further_in() {
        let wide = ["RUN apt-get update", "    && apt-get install -y curl git make"];
        assert_eq!(pane(80).lines()[1], wide);
        let narrow = ["RUN apt-get update", "    && apt-get install", "        -y curl git", "        make"];
        assert_eq!(pane(LEAD + 1 + 23).lines()[1], narrow);
    }

    #[test]
    fn rows_of_many_lines_are_kept_in_the_window() {
        let mut pane = pane(LEAD + 1 + 23);
        assert_eq!((pane.row_at(0), pane.row_at(1), pane.row_at(4), pane.row_at(5), pane.row_at(6)), (0, 1, 1, 2, 3));
        assert_eq!((pane.page(4), pane.page(5)), (1, 2));
        pane.at.cursor = 2;
        pane.settle(5);
        assert_eq!(pane.at.offset, 1, "the last row and the one before fill the window");
        pane.at.cursor = 0;
        pane.settle(5);
        assert_eq!(pane.at.offset, 0);
    }

    #[test]
    fn a_row_that_is_taller_than_the_window_is_seen_to_its_end() {
        let mut pane = pane(LEAD + 1 + 23);
        pane.at.cursor = 1;
        pane.settle(2);
        assert!(!pane.scroll(-1, 2) && pane.scroll(2, 2), "four lines in two");
        pane.settle(2);
        assert_eq!((pane.above(), pane.row_at(0), pane.row_at(2)), (2, 1, 2));
        assert!(!pane.scroll(2, 2), "this was the end");
        pane.at.cursor = 2;
        pane.settle(2);
        assert_eq!(pane.above(), 0);
        pane.at.cursor = 1;
        pane.settle(8);
        assert!(!pane.scroll(1, 8), "all of it is seen");
    }
}
