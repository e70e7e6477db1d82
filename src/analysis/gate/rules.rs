//! The rules of a rules file: what each looks at, how much it matters, and what it overlooks.

use super::growth::Tolerance;
use super::{Figure, PathGlob, RuleSeverity};
use crate::analysis::{Cause, Totals};
use jiff::civil::Date;
use regex::Regex;

/// One rule.
#[derive(Debug, Clone)]
pub struct Rule {
    /// Its name, unlike that of any other rule.
    pub id: String,
    /// What it looks at, and its limit.
    pub check: Check,
    /// How much it matters.
    pub severity: RuleSeverity,
    /// Why it is there: in the words of the file, else in ours.
    pub reason: String,
    /// What it overlooks.
    pub ignores: Vec<Ignore>,
}

/// What a rule overlooks, why, and until when.
#[derive(Debug, Clone, PartialEq)]
pub struct Ignore {
    /// The paths that are meant; none is all that the rule could find.
    pub path: Option<PathGlob>,
    /// Why.
    pub reason: String,
    /// The last day on which it holds; none is for ever.
    pub until: Option<Date>,
    /// Where it is written, as in `layerscope.toml, line 12`.
    pub origin: String,
}

/// Which bytes of an image or of a layer count.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Weight {
    /// The sizes of all files, dead ones too.
    #[default]
    Shipped,
    /// The sizes of the files that can be reached in the end.
    Live,
    /// The stored blobs: what a registry keeps and a pull fetches.
    Blob,
}

impl Weight {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Shipped, Self::Live, Self::Blob];

    /// The word for it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Shipped => "shipped",
            Self::Live => "live",
            Self::Blob => "blob",
        }
    }

    /// So many bytes an image weighs.
    pub fn of(self, totals: &Totals) -> u64 {
        match self {
            Self::Shipped => totals.shipped_bytes,
            Self::Live => totals.live_bytes,
            Self::Blob => totals.blob_bytes,
        }
    }
}

/// What a rule looks at. The names are those of the rules file.
#[derive(Debug, Clone)]
pub enum Check {
    /// `image-bytes`: the image is no heavier than `max`.
    ImageBytes {
        /// Bytes.
        max: u64,
        /// Which.
        of: Weight,
    },
    /// `layer-bytes`: no layer is heavier than `max`.
    LayerBytes {
        /// Bytes.
        max: u64,
        /// Which; never [`Weight::Live`].
        of: Weight,
    },
    /// `layers`: there are no more than `max`.
    Layers {
        /// So many.
        max: u64,
    },
    /// `wasted-bytes`: no more than `max` are wasted, by some causes, under some paths.
    WastedBytes {
        /// Bytes.
        max: u64,
        /// The causes that count; none is all.
        causes: Vec<Cause>,
        /// The paths that count; none is all.
        paths: Vec<PathGlob>,
    },
    /// `forbidden-paths`: the final image has none of these.
    ForbiddenPaths {
        /// Which.
        paths: Vec<PathGlob>,
    },
    /// `required-paths`: the final image has each of these.
    RequiredPaths {
        /// Which.
        paths: Vec<PathGlob>,
    },
    /// `required-labels`: each is there, and its whole value fits a regular expression.
    RequiredLabels {
        /// Key and expression, in the order of the file.
        labels: Vec<(String, WholeRegex)>,
    },
    /// `healthcheck`: the image says how to ask for its health.
    Healthcheck,
    /// `not-root`: the user of the image is not root.
    NotRoot,
    /// `not-only-latest`: the image has some tag beside `latest`.
    NotOnlyLatest,
    /// `secret-ghosts`: no file that cannot be reached has the name of a secret.
    SecretGhosts,
    /// `set-uid`: no file is set-uid, beyond a list.
    SetUid {
        /// The list.
        allow: Vec<PathGlob>,
    },
    /// `unexplained-layers`: a step of a build explains every layer.
    UnexplainedLayers,
    /// `image-growth`: the image is not heavier than the one before.
    ImageGrowth {
        /// How much more is no growth.
        max: Tolerance,
        /// Which bytes.
        of: Weight,
    },
    /// `waste-growth`: no more is wasted than before.
    WasteGrowth {
        /// How much more is no growth.
        max: Tolerance,
    },
    /// `layer-growth`: there are not more layers than before.
    LayerGrowth {
        /// How many more are no growth.
        max: u64,
    },
}

impl Check {
    /// The names of all checks, in the order in which the documentation has them.
    pub const NAMES: [&str; 16] = [
        "image-bytes",
        "layer-bytes",
        "layers",
        "wasted-bytes",
        "forbidden-paths",
        "required-paths",
        "required-labels",
        "healthcheck",
        "not-root",
        "not-only-latest",
        "secret-ghosts",
        "set-uid",
        "unexplained-layers",
        "image-growth",
        "waste-growth",
        "layer-growth",
    ];

    /// Its name, as rules files have it.
    pub fn name(&self) -> &'static str {
        self.words().0
    }

    /// Why one would want it, in one line.
    pub fn reason(&self) -> &'static str {
        self.words().1
    }

    /// Its name and its reason.
    fn words(&self) -> (&'static str, &'static str) {
        match self {
            Self::ImageBytes { .. } => ("image-bytes", "every machine that runs it keeps all of it"),
            Self::LayerBytes { .. } => ("layer-bytes", "a large layer is fetched whole when one byte of it changes"),
            Self::Layers { .. } => ("layers", "engines limit how many layers they can stack"),
            Self::WastedBytes { .. } => ("wasted-bytes", "what cannot be reached is fetched all the same"),
            Self::ForbiddenPaths { .. } => ("forbidden-paths", "these files have no business in the image"),
            Self::RequiredPaths { .. } => ("required-paths", "the image cannot do its work without these files"),
            Self::RequiredLabels { .. } => ("required-labels", "labels say where the image comes from"),
            Self::Healthcheck => ("healthcheck", "an engine can only restart what it can ask for its health"),
            Self::NotRoot => ("not-root", "whoever breaks out of a process of root is root"),
            Self::NotOnlyLatest => ("not-only-latest", "`latest` does not say which build runs"),
            Self::SecretGhosts => ("secret-ghosts", "what was deleted can still be read from the layer below"),
            Self::SetUid { .. } => ("set-uid", "a set-uid file gives its owner's power to whoever runs it"),
            Self::UnexplainedLayers => ("unexplained-layers", "what no build step made, nobody can build again"),
            Self::ImageGrowth { .. } => ("image-growth", "images grow by a little with every merge"),
            Self::WasteGrowth { .. } => ("waste-growth", "waste is cheapest to remove in the change that makes it"),
            Self::LayerGrowth { .. } => ("layer-growth", "engines limit how many layers they can stack"),
        }
    }

    /// Whether what it finds are paths, so that some of them can be ignored.
    pub fn finds_paths(&self) -> bool {
        matches!(
            self,
            Self::WastedBytes { .. }
                | Self::ForbiddenPaths { .. }
                | Self::RequiredPaths { .. }
                | Self::SecretGhosts
                | Self::SetUid { .. }
        )
    }

    /// The limit of what breaks it one by one: none may.
    pub(super) const NONE: Figure = Figure::Count(0);
}

/// A regular expression for a whole value.
#[derive(Debug, Clone)]
pub struct WholeRegex {
    text: String,
    regex: Regex,
}

impl WholeRegex {
    /// Reads an expression; the error says what is wrong with it. Its size is limited, as it comes from a file that came
    /// with a pull request.
    pub fn new(text: &str) -> Result<Self, String> {
        // As it stands first, so that an error is about what was written.
        let regex = |text: &str| regex::RegexBuilder::new(text).size_limit(1 << 20).build();
        let whole = regex(text).and_then(|_| regex(&format!("^(?:{text})$")));
        let regex = whole.map_err(|error| {
            let reason = error.to_string();
            reason.lines().last().unwrap_or_default().trim_start_matches("error: ").to_owned()
        })?;
        Ok(Self { text: text.to_owned(), regex })
    }

    /// The expression as it was written.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Whether the whole of `value` fits.
    pub fn is_match(&self, value: &str) -> bool {
        self.regex.is_match(value)
    }
}
