//! Two images compared, over the view.
//!
//! ```text
//! ┏━ this → app-2.tar · +13 ~1 %0 -2 · +122 MB ━━━━━━━━━━━━━━━━━━━━━━━━━━━━━ delta ↓ ━┓
//! ┃ = L0  L0   ADD file:1d256392… in /                                             ┃
//! ┃ +     L1   RUN apt-get install curl                                            ┃
//! ┃ ~ L1  L2   COPY . .                                        1 content, 1 added  ┃
//! ┃ +      ·   31.5M  +31.5M  /usr/bin/curl                                        ┃
//! ```

use super::super::layout;
use super::super::rival::{Duel, DuelRow, Rival};
use super::super::text;
use super::super::theme::Role;
use super::compare::{delta, note_of, row};
use super::{Painter, Piece};
use crate::report::DiffLayer;
use crate::tree::Change;
use ratatui::layout::Rect;
use ratatui::widgets::{Clear, Widget};

impl Painter<'_> {
    pub(super) fn duel(&mut self, duel: &Duel) {
        let area = layout::viewer(self.areas).intersection(self.buffer.area);
        Clear.render(area, self.buffer);
        let name = text::prose(&duel.reference);
        let inside = layout::inner(self.areas.class, area);
        let rival = match &duel.found {
            None => {
                self.border(area, true, &name, "");
                return self.placeholder(inside, "the other image is read …   Esc stops");
            }
            Some(Err(message)) => {
                self.border(area, true, &name, "");
                return self.placeholder(inside, &text::prose(message));
            }
            Some(Ok(rival)) => rival,
        };
        let units = self.state.options.units;
        let figures = format!("{} · {}", super::changes(duel.counts), delta(&rival.comparison, units));
        let room = usize::from(area.width).saturating_sub(text::width(&figures) + 34);
        let title = format!("this → {} · {figures}", text::shorten(&name, room.max(8)));
        self.border(area, true, &title, &note_of(duel.key, duel.reversed, duel.filter.as_deref()));
        if duel.len() == 0 {
            let filtered = duel.filter.is_some();
            let nothing = if filtered { "nothing matches the filter" } else { "There is no difference." };
            return self.placeholder(inside, nothing);
        }
        for (index, y) in (duel.at.offset..duel.len()).zip(inside.y..inside.bottom()) {
            let line = Rect { y, height: 1, ..inside };
            let pieces = self.duel_row(rival, duel.row(index), usize::from(inside.width).saturating_sub(2));
            self.line(Rect { x: line.x + 1, width: line.width.saturating_sub(1), ..line }, &pieces);
            if index == duel.at.cursor {
                self.select(line, true);
            }
        }
        self.more(area, duel.len(), duel.at.offset, usize::from(inside.height));
    }

    fn duel_row(&self, rival: &Rival, of: Option<DuelRow<'_>>, width: usize) -> Vec<Piece> {
        match (of, &self.state.ready) {
            (Some(DuelRow::Layer(layer)), _) => layer_row(layer, width),
            (Some(DuelRow::Path(difference)), Some(ready)) => {
                row([&ready.model.tree, &rival.tree], difference, width, self.state.options.units)
            }
            _ => Vec::new(),
        }
    }
}

fn layer_row(layer: &DiffLayer, width: usize) -> Vec<Piece> {
    let change = match (layer.left, layer.right, layer.same) {
        (_, _, true) => Change::Unchanged,
        (None, ..) => Change::Added,
        (_, None, _) => Change::Removed,
        _ => Change::Content,
    };
    let number = |layer: Option<crate::image::LayerIndex>| layer.map_or_else(String::new, |layer| format!("L{layer}"));
    let lead = format!("{} {:<4} {:<4} ", change.marker(), number(layer.left), number(layer.right));
    let mut why: Vec<String> = layer.differs.iter().map(|(aspect, count)| format!("{count} {aspect}")).collect();
    for (count, word) in [(layer.only_left, "only here"), (layer.only_right, "only there")] {
        if count > 0 {
            why.push(format!("{count} {word}"));
        }
    }
    if layer.removals_differ {
        why.push("other removals".to_owned());
    }
    if layer.only_order {
        why.push("only the order".to_owned());
    }
    let why = text::cut(&why.join(", "), width / 2);
    let room = width.saturating_sub(text::width(&lead) + text::width(&why) + 1);
    let instruction = text::left(&text::cut(&text::instruction(&layer.instruction), room), room);
    vec![(lead, Role::Change(change)), (format!("{instruction} "), Role::Text), (why, Role::Dim)]
}
