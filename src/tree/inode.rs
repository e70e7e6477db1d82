//! What one entry wrote, and how it died. Hard links are names of one inode; its bytes count once.

use super::{NONE, NodeId};
use crate::image::LayerIndex;
use hashbrown::HashMap;

/// One regular file, link, device or directory as an entry wrote it; hard links share one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct InodeId(pub(super) u32);

impl InodeId {
    /// The inode as an index of an array over all inodes.
    pub fn index(self) -> usize {
        self.0 as usize
    }
}

/// What one entry wrote.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Inode {
    /// The layer that ships it.
    pub layer: LayerIndex,
    /// Which entry of that layer's listing.
    pub entry: u32,
    /// The node of the entry that wrote it.
    pub node: NodeId,
    /// How many names it has in the end.
    pub links: u32,
    /// Whether it ever had a second name.
    pub shared: bool,
    /// How it died, if no name is left.
    pub death: Option<Death>,
}

/// How an inode lost its last name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Death {
    /// Why.
    pub cause: DeathCause,
    /// Through which layer.
    pub by: LayerIndex,
    /// The name that went last.
    pub node: NodeId,
}

/// Why a name went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DeathCause {
    /// An opaque marker hides it.
    Hidden,
    /// A whiteout of the name or of a directory above it.
    Removed,
    /// The same layer has the name again.
    Repeated,
    /// A later layer wrote this inode at the name.
    Replaced(InodeId),
    /// Something else took the place of the name or of a directory above it.
    Covered,
}

/// All inodes of a tree. Few ever die or have a twin; what is to be known of those is kept aside.
#[derive(Debug, Clone, Default)]
pub(super) struct Inodes {
    records: Vec<Record>,
    deaths: Vec<Death>,
    /// Of an inode whose content an earlier one has: the first such one, see [`Inodes::unite_all`].
    twins: HashMap<u32, u32>,
}

/// An inode in sixteen bytes.
#[derive(Debug, Clone, Copy)]
struct Record {
    layer: LayerIndex,
    entry: u32,
    node: NodeId,
    names: Names,
}

/// How many names an inode has; of a dead one, which has none, the number of its death.
#[derive(Debug, Clone, Copy)]
struct Names(u32);

impl Names {
    const SHARED: u32 = 1 << 31;
    const DEAD: u32 = 1 << 30;
    const NUMBER: u32 = Self::DEAD - 1;

    fn is_shared(self) -> bool {
        self.0 & Self::SHARED != 0
    }

    fn links(self) -> u32 {
        if self.0 & Self::DEAD == 0 { self.0 & Self::NUMBER } else { 0 }
    }

    fn death(self) -> Option<usize> {
        (self.0 & Self::DEAD != 0).then_some((self.0 & Self::NUMBER) as usize)
    }

    fn add(&mut self) {
        let was_named = self.links() > 0 || self.death().is_some();
        let shared = if was_named { Self::SHARED } else { self.0 & Self::SHARED };
        self.0 = shared | (self.links() + 1).min(Self::NUMBER);
    }

    fn remove(&mut self) {
        self.0 = self.0 & Self::SHARED | self.links().saturating_sub(1);
    }

    fn die(&mut self, death: usize) {
        let number = u32::try_from(death).unwrap_or(NONE) & Self::NUMBER;
        self.0 = self.0 & Self::SHARED | Self::DEAD | number;
    }
}

impl Inodes {
    pub(super) fn len(&self) -> usize {
        self.records.len()
    }

    pub(super) fn get(&self, id: InodeId) -> Option<Inode> {
        let Record { layer, entry, node, names } = *self.records.get(id.index())?;
        let death = names.death().and_then(|death| self.deaths.get(death)).copied();
        Some(Inode { layer, entry, node, links: names.links(), shared: names.is_shared(), death })
    }

    /// The layer that ships an inode, and which of its entries wrote it.
    pub(super) fn origin(&self, id: InodeId) -> Option<(LayerIndex, u32)> {
        self.records.get(id.index()).map(|record| (record.layer, record.entry))
    }

    pub(super) fn push(&mut self, layer: LayerIndex, entry: u32, node: NodeId) -> InodeId {
        let id = u32::try_from(self.records.len()).unwrap_or(NONE);
        self.records.push(Record { layer, entry, node, names: Names(0) });
        InodeId(id)
    }

    pub(super) fn shrink_to_fit(&mut self) {
        self.records.shrink_to_fit();
        self.deaths.shrink_to_fit();
    }

    pub(super) fn add_name(&mut self, id: InodeId) {
        if let Some(record) = self.records.get_mut(id.index()) {
            record.names.add();
        }
    }

    /// The inode loses a name, and dies with the last one.
    pub(super) fn drop_name(&mut self, id: InodeId, death: Death) {
        let Some(record) = self.records.get_mut(id.index()) else { return };
        record.names.remove();
        if record.names.links() == 0 {
            self.bury(id, death);
        }
    }

    pub(super) fn bury(&mut self, id: InodeId, death: Death) {
        if let Some(record) = self.records.get_mut(id.index()) {
            record.names.die(self.deaths.len());
            self.deaths.push(death);
        }
    }

    /// The first inode that is known to have the same content.
    pub(super) fn first_twin(&self, id: InodeId) -> InodeId {
        self.twins.get(&id.0).map_or(id, |first| InodeId(*first))
    }

    /// The two of each pair have the same content.
    pub(super) fn unite_all(&mut self, pairs: impl IntoIterator<Item = (InodeId, InodeId)>) {
        for (a, b) in pairs {
            let (a, b) = (self.shorten(a.0), self.shorten(b.0));
            if a != b {
                self.twins.insert(a.max(b), a.min(b));
            }
        }
        let mut ids: Vec<u32> = self.twins.keys().copied().collect();
        // Whoever comes before has been led to the first one already.
        ids.sort_unstable();
        for id in ids {
            let earlier = self.first_twin(InodeId(id));
            let first = self.first_twin(earlier).0;
            self.twins.insert(id, first);
        }
    }

    /// The first of the twins, with the way to it made shorter: hard links can make it as long as there are inodes.
    fn shorten(&mut self, mut id: u32) -> u32 {
        while let Some(earlier) = self.twins.get(&id).copied() {
            let Some(next) = self.twins.get(&earlier).copied() else { return earlier };
            self.twins.insert(id, next);
            id = next;
        }
        id
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_come_and_go() {
        let mut inodes = Inodes::default();
        let death = |node| Death { cause: DeathCause::Removed, by: LayerIndex(1), node: NodeId(node) };
        let [a, b] = [inodes.push(LayerIndex(0), 7, NodeId(1)), inodes.push(LayerIndex(0), 8, NodeId(2))];
        let state = |inodes: &Inodes, id| inodes.get(id).map(|inode| (inode.links, inode.shared, inode.death)).unwrap();
        inodes.add_name(a);
        assert_eq!(state(&inodes, a), (1, false, None));
        inodes.add_name(a);
        inodes.drop_name(a, death(1));
        assert_eq!(state(&inodes, a), (1, true, None));
        inodes.drop_name(a, death(2));
        assert_eq!(state(&inodes, a), (0, true, Some(death(2))));
        inodes.add_name(b);
        inodes.drop_name(b, death(3));
        assert_eq!(state(&inodes, b), (0, false, Some(death(3))));
        inodes.add_name(b);
        assert_eq!(state(&inodes, b), (1, true, None), "a hard link of a later layer gave it a name again");
        assert_eq!(inodes.get(a).map(|inode| (inode.entry, inode.node)), Some((7, NodeId(1))));
    }

    #[test]
    fn twins_in_a_chain_are_all_led_to_the_first() {
        let mut inodes = Inodes::default();
        let pair = |a, b| (InodeId(a), InodeId(b));
        // 2k + 1 is a twin of 2k; then each pair is united with the one before, from the last pair on.
        let pairs = (0..100).map(|k| pair(2 * k, 2 * k + 1));
        inodes.unite_all(pairs.chain((1..100).rev().map(|k| pair(2 * k - 1, 2 * k + 1))));
        assert!((0..200).all(|id| inodes.first_twin(InodeId(id)) == InodeId(0)));
        assert_eq!(inodes.first_twin(InodeId(200)), InodeId(200));
    }

    #[test]
    fn an_inode_takes_sixteen_bytes() {
        assert_eq!(size_of::<Record>(), 16);
    }
}
