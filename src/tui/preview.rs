//! What is seen of the selected path without opening it.

use super::find::Hit;
use super::scene::Scene;
use super::state::Fact;
use std::sync::Arc;

/// A path, who touched it, what it holds, and what else there is to say of it.
#[derive(Debug)]
pub(crate) struct Preview {
    /// The path.
    pub(crate) hit: Hit,
    /// What is said of it: of a file parts of one line, of anything else lines. Put together once, not for each screen:
    /// a directory may have very many children.
    pub(crate) facts: Vec<Fact>,
    /// What they were put together from.
    pub(crate) made_from: Sources,
}

/// What facts about a path depend on.
#[derive(Debug)]
pub(crate) struct Sources {
    /// What the lens shows.
    pub(crate) scene: Arc<Scene>,
    /// Whether packages are known.
    pub(crate) has_packages: bool,
    /// Whether the path is a link that is known to lead nowhere.
    pub(crate) is_dangling: bool,
}

impl Sources {
    /// Whether the same would be said from others.
    pub(crate) fn are_same(&self, other: &Self) -> bool {
        let known = |sources: &Self| (sources.has_packages, sources.is_dangling);
        Arc::ptr_eq(&self.scene, &other.scene) && known(self) == known(other)
    }
}
