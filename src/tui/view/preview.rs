//! What is seen of the selected path without opening it.
//!
//! ```text
//! ┌─ Preview ────────────────────────────────────────────────────────────────────┐
//! │ -rw-r--r-- 1000:1000 · 63B · owned by no package                              │
//! │ 1 debug: true                                                                 │
//! │── timeline ──────────────────────────────────────────────────────────────────│
//! │ + L6   63 B      0644 0:0       COPY . .                                      │
//! ```

use super::super::find::Hit;
use super::super::layout;
use super::super::preview::Preview;
use super::super::state::State;
use super::super::text;
use super::super::theme::Role;
use super::Painter;
use ratatui::layout::Rect;

impl Painter<'_> {
    pub(super) fn preview(&mut self, area: Rect) {
        let strip = self.state.preview.as_ref().and_then(|preview| preview.hit.content.as_ref()?.strip());
        self.border(area, false, "Preview", &strip.unwrap_or_default());
        let steps = self.state.preview.as_ref().map_or(0, |preview| preview.hit.timeline.steps.len());
        let parts = layout::preview_parts(area, steps);
        let Some(Preview { hit, facts, .. }) = &self.state.preview else {
            self.placeholder(parts.content, why_nothing(self.state));
            return;
        };
        let inside = |line: Rect, y: u16| Rect { x: line.x + 1, y, width: line.width.saturating_sub(2), height: 1 };
        match &hit.content {
            Some(viewer) => {
                let line: Vec<String> = facts.iter().map(|(text, _)| text.clone()).collect();
                let line = text::cut(&line.join(" · "), usize::from(parts.facts.width).saturating_sub(2));
                self.line(inside(parts.facts, parts.facts.y), &[(line, Role::Dim)]);
                self.content(viewer, parts.content);
            }
            None => {
                for ((line, role), y) in facts.iter().zip(parts.facts.y..parts.content.bottom()) {
                    let line = text::cut(line, usize::from(area.width).saturating_sub(4));
                    self.line(inside(parts.facts, y), &[(line, *role)]);
                }
            }
        }
        self.life_of(hit, parts.life);
    }

    fn life_of(&mut self, hit: &Hit, area: Rect) {
        let Some(ready) = self.state.ready.as_ref().filter(|_| area.height > 1) else { return };
        let line = Rect { height: 1, ..area };
        self.rule(line, &format!("timeline{}", self.state.so_far()));
        let skipped = hit.timeline.steps.len().saturating_sub(usize::from(area.height - 1));
        if skipped > 0 {
            self.right(line, &format!(" ▲ {skipped} more "), Role::Text);
        }
        self.last_steps(&ready.model, &hit.timeline, Vec::new(), area);
    }
}

fn why_nothing(state: &State) -> &'static str {
    if state.tree_row().is_none() && !state.is_whole() {
        "once the layers below are read"
    } else {
        "nothing is selected"
    }
}
