//! Why a source could not be opened.

/// Why a source could not be opened or does not have what was asked for.
///
/// `reference` is what the user typed; `part` is a member, a file of a layout or a blob.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SourceError {
    /// The operating system refused.
    #[error("{reference}: {source}")]
    Io {
        /// What was opened.
        reference: String,
        /// Why not.
        source: std::io::Error,
    },
    /// It is a fifo, a socket or a device.
    #[error("{reference}: not a regular file; to read it as a stream, run: layerscope - < {reference}")]
    NotRegular {
        /// What was opened.
        reference: String,
    },
    /// Standard input is a terminal, so nobody pipes an image.
    #[error("-: standard input is a terminal; pipe an image into it: docker save IMAGE | layerscope -")]
    Terminal,
    /// It is something else.
    #[error("{reference}: no container image; it seems to be {seems}")]
    NotAnImage {
        /// What was opened.
        reference: String,
        /// What it is instead, with what to do about it where we know that.
        seems: String,
    },
    /// The transport that was typed is not what the content is.
    #[error("{reference}: the content is {found}, not {asked}; leave the prefix away and the kind is told by content")]
    Disagrees {
        /// What was opened.
        reference: String,
        /// What the transport says.
        asked: String,
        /// What it is.
        found: String,
    },
    /// The archive ends or breaks before the documents that would make it an image.
    #[error("{reference}: damaged, {reason}; no manifest came before that")]
    Damaged {
        /// What was opened.
        reference: String,
        /// What is broken, and where.
        reason: String,
    },
    /// There is nothing of that name.
    #[error("{reference}: {part}: not in the {container}")]
    Missing {
        /// What was opened.
        reference: String,
        /// What was looked for.
        part: String,
        /// What it was looked for in: `archive` or `layout`.
        container: &'static str,
    },
    /// Something of that name is there but cannot be read as a file.
    #[error("{reference}: {part}: {reason}")]
    Unreadable {
        /// What was opened.
        reference: String,
        /// What was looked for.
        part: String,
        /// Why it cannot be read.
        reason: String,
    },
    /// A document is larger than any document of an image.
    #[error("{reference}: {part}: {size} bytes are more than the limit of {limit} for one document")]
    TooLarge {
        /// What was opened.
        reference: String,
        /// Which document.
        part: String,
        /// Its size in bytes.
        size: u64,
        /// How much is allowed.
        limit: u64,
    },
    /// What was typed is no path that exists and cannot be an image name either.
    #[error("{reference}: {looked}no valid image name")]
    NoSuchFile {
        /// What was typed.
        reference: String,
        /// `no such file, and ` where a path was looked for first, else empty.
        looked: &'static str,
    },
    /// No engine gave the image; each says why.
    #[error(
        "{reference}: {looked}no engine gave an image of that name:\n  {}\nwhere the image is, run: {save} | layerscope -",
        .said.join("\n  ")
    )]
    NoEngine {
        /// What was typed.
        reference: String,
        /// `no such file, and ` where a path was looked for first, else empty.
        looked: &'static str,
        /// What each engine said.
        said: Vec<String>,
        /// The command that writes the image.
        save: String,
    },
    /// Registries are not asked.
    #[error(
        "{reference}: an image in a registry has to be fetched first, run: docker pull {name} && layerscope {name}"
    )]
    Registry {
        /// What was typed.
        reference: String,
        /// The name of the image.
        name: String,
    },
    /// No engine is there.
    #[error("{reference}: {looked}{missing} not installed here; where the image is, run: {save} | layerscope -")]
    NoProgram {
        /// What was typed.
        reference: String,
        /// `no such file, and ` where a path was looked for first, else empty.
        looked: &'static str,
        /// The programs, with their verb: `docker and podman are`.
        missing: String,
        /// The command that writes the image.
        save: String,
    },
    /// The engine began to send the image and failed.
    #[error("{reference}: {reason}")]
    Engine {
        /// What was typed.
        reference: String,
        /// The program, and what it said.
        reason: String,
    },
}
