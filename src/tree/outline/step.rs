//! What one layer did to a path, and what a lens makes of all the steps of a path, in one byte each.

use super::{LARGE, Lens, Occupant, Tree};
use crate::image::LayerIndex;
use crate::tree::{Change, NodeId};

/// What a path is from some layer on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::tree) struct Step {
    pub(in crate::tree) since: LayerIndex,
    pub(in crate::tree) traits: Traits,
    /// Of a file its size in bytes, or [`LARGE`].
    pub(in crate::tree) size: u32,
}

impl Step {
    /// No layer ever made a path of it.
    pub(super) const NEVER: Self = Self { since: LayerIndex(u32::MAX), traits: Traits::GONE, size: 0 };

    pub(super) fn of(tree: &Tree, since: LayerIndex, occupant: Option<Occupant>, wastes: bool) -> Self {
        let mut traits = if wastes { Traits::WASTES } else { Traits::default() };
        let mut size = 0;
        match occupant {
            None => traits = traits.and(Traits::GONE),
            Some(Occupant::Implied) => traits = traits.and(Traits::IMPLIED),
            Some(Occupant::Inode(id)) => {
                if let (Some(bytes), Some(inode)) = (tree.file_size(id), tree.inode(id)) {
                    size = u32::try_from(bytes).unwrap_or(LARGE);
                    let dead = if inode.death.is_some() { Traits::DEAD } else { Traits::default() };
                    let bytes = if inode.shared || size == 0 { Traits::default() } else { Traits::BYTES };
                    traits = traits.and(dead).and(bytes);
                }
            }
        }
        Self { since, traits, size }
    }

    fn is_there(self) -> bool {
        !self.traits.has(Traits::GONE)
    }
}

/// What is to be known of a [`Step`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(in crate::tree) struct Traits(u8);

impl Traits {
    /// The path is not there.
    const GONE: Self = Self(1);
    /// A directory that no entry describes.
    const IMPLIED: Self = Self(1 << 1);
    /// A file of which no name is left in the end.
    const DEAD: Self = Self(1 << 2);
    /// A file with one name that has bytes.
    const BYTES: Self = Self(1 << 3);
    /// The layer wrote something here that is dead in the end.
    const WASTES: Self = Self(1 << 4);
    /// There are further steps.
    pub(in crate::tree) const FURTHER: Self = Self(1 << 5);
    /// How it differs from the step before.
    const CONTENT: Self = Self(1 << 6);
    const METADATA: Self = Self(1 << 7);

    pub(in crate::tree) fn has(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }

    pub(super) fn and(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    pub(super) fn differing(self, change: Change) -> Self {
        match change {
            Change::Content => self.and(Self::CONTENT),
            Change::Metadata => self.and(Self::METADATA),
            Change::Added | Change::Removed | Change::Unchanged => self,
        }
    }

    fn difference(self) -> Change {
        if self.has(Self::CONTENT) {
            Change::Content
        } else if self.has(Self::METADATA) {
            Change::Metadata
        } else {
            Change::Unchanged
        }
    }
}

/// What a lens makes of a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(in crate::tree) struct Mark(u8);

impl Mark {
    /// How many there can be.
    pub(in crate::tree) const COUNT: usize = 1 << 7;

    const CHANGE: u8 = 0b111;
    /// It is more than a directory that no entry describes, before or after.
    pub(in crate::tree) const DESCRIBED: Self = Self(1 << 3);
    /// It is a file that is dead in the end.
    pub(in crate::tree) const DEAD: Self = Self(1 << 4);
    /// Its bytes count under the lens.
    pub(in crate::tree) const BYTES: Self = Self(1 << 5);
    /// A layer of the lens wrote something here that is dead in the end.
    pub(in crate::tree) const WASTES: Self = Self(1 << 6);

    /// All of them.
    pub(in crate::tree) fn all() -> impl Iterator<Item = Self> {
        (0..1 << 7).map(Self)
    }

    pub(in crate::tree) fn index(self) -> usize {
        usize::from(self.0)
    }

    pub(in crate::tree) fn has(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }

    pub(in crate::tree) fn set(&mut self, other: Self) {
        self.0 |= other.0;
    }

    fn new(change: Change) -> Self {
        Self(match change {
            Change::Added => 1,
            Change::Content => 2,
            Change::Metadata => 3,
            Change::Removed => 4,
            Change::Unchanged => 5,
        })
    }

    pub(in crate::tree) fn change(self) -> Option<Change> {
        match self.0 & Self::CHANGE {
            1 => Some(Change::Added),
            2 => Some(Change::Content),
            3 => Some(Change::Metadata),
            4 => Some(Change::Removed),
            5 => Some(Change::Unchanged),
            _ => None,
        }
    }

    fn with(mut self, other: Self, on: bool) -> Self {
        if on {
            self.set(other);
        }
        self
    }

    /// What a lens makes of a path with one step.
    pub(in crate::tree) fn of_one(step: Step, lens: Lens) -> Self {
        if step.since > lens.last {
            return Self::default();
        }
        let is_new = step.since >= lens.first;
        if !step.is_there() {
            return Self::default().with(Self::WASTES, is_new && step.traits.has(Traits::WASTES));
        }
        Self::new(if is_new { Change::Added } else { Change::Unchanged })
            .with(Self::DESCRIBED, !step.traits.has(Traits::IMPLIED))
            .with(Self::DEAD, step.traits.has(Traits::DEAD))
            .with(Self::BYTES, is_new && step.traits.has(Traits::BYTES))
            .with(Self::WASTES, is_new && step.traits.has(Traits::WASTES))
    }

    /// What a lens makes of a path with several steps.
    pub(in crate::tree) fn of_many(
        tree: &Tree,
        node: impl Fn() -> NodeId,
        first: Step,
        further: &[(u32, Step)],
        lens: Lens,
    ) -> Self {
        let steps = || std::iter::once(first).chain(further.iter().map(|(_, step)| *step)).enumerate();
        let last_until = |layer: LayerIndex| steps().take_while(|(_, step)| step.since <= layer).last();
        let Some(after) = last_until(lens.last) else { return Self::default() };
        let before = lens.first.0.checked_sub(1).and_then(|below| last_until(LayerIndex(below)));
        let there = |step: Option<(usize, Step)>| step.filter(|(_, step)| step.is_there());
        let change = match (there(before), there(Some(after))) {
            (None, None) => None,
            (None, Some(_)) => Some(Change::Added),
            (Some(_), None) => Some(Change::Removed),
            (Some((a, _)), Some((b, _))) if a == b => Some(Change::Unchanged),
            (Some((a, _)), Some((b, step))) if a + 1 == b => Some(step.traits.difference()),
            (Some(_), Some(_)) => tree.change(node(), lens),
        };
        let described = |step| there(step).is_some_and(|(_, step)| !step.traits.has(Traits::IMPLIED));
        let is_new = after.1.since >= lens.first;
        let wastes = |(_, step): (usize, Step)| {
            step.since >= lens.first && step.since <= lens.last && step.traits.has(Traits::WASTES)
        };
        change
            .map_or(Self::default(), Self::new)
            .with(Self::DESCRIBED, described(before) || described(Some(after)))
            .with(Self::DEAD, after.1.traits.has(Traits::DEAD))
            .with(Self::BYTES, is_new && after.1.traits.has(Traits::BYTES))
            .with(Self::WASTES, steps().any(wastes))
    }
}
