//! What was typed: a path, `-`, or a name with a transport.

/// How an image is reached, in the words of containers-transports(5).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Transport {
    /// A path or standard input whose kind is told by its content. A path that does not exist is taken for an image
    /// name, see [`Transport::Engine`].
    Sniffed,
    /// `docker-archive:PATH`.
    DockerArchive,
    /// `oci-archive:PATH`.
    OciArchive,
    /// `oci:DIR[:TAG]`.
    Oci,
    /// `rootfs:PATH`.
    Rootfs,
    /// `docker-daemon:REF`, asked by `docker save`.
    DockerDaemon,
    /// `podman:REF`, asked by `podman save`.
    Podman,
    /// A bare image name, asked of the engines that are there.
    Engine,
}

/// What the user asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reference {
    /// Just as it was typed; what messages call the image.
    pub typed: String,
    /// How it is reached.
    pub transport: Transport,
    /// The path (`-` for standard input) or the image name.
    pub target: String,
    /// The tag that the reference itself names (`oci:DIR:TAG`).
    pub tag: Option<String>,
}

/// Prefixes and their transports. A longer prefix comes before the one that it begins with. Where dive and skopeo
/// differ, dive's meaning wins: `docker-archive://x.tar` is a relative path and `docker://` the engine.
const PREFIXES: [(&str, Transport); 10] = [
    ("docker-archive://", Transport::DockerArchive),
    ("docker-archive:", Transport::DockerArchive),
    ("docker-tar://", Transport::DockerArchive),
    ("oci-archive:", Transport::OciArchive),
    ("oci:", Transport::Oci),
    ("rootfs:", Transport::Rootfs),
    ("docker-daemon:", Transport::DockerDaemon),
    ("docker://", Transport::DockerDaemon),
    ("podman://", Transport::Podman),
    ("podman:", Transport::Podman),
];

impl Reference {
    /// Understands what was typed, without a look at the file system: opening decides whether a bare argument is a
    /// path, and whether a colon belongs to the path.
    pub fn parse(typed: &str) -> Self {
        let prefix = PREFIXES.iter().find_map(|(prefix, transport)| Some((*transport, typed.strip_prefix(prefix)?)));
        let (transport, rest) = prefix.unwrap_or((Transport::Sniffed, typed));
        let (target, tag) = match transport {
            Transport::Oci | Transport::OciArchive => split_tag(rest),
            _ => (rest, None),
        };
        Self { typed: typed.to_owned(), transport, target: target.to_owned(), tag: tag.map(str::to_owned) }
    }

    /// Whether standard input is meant.
    pub fn is_standard_input(&self) -> bool {
        self.target == "-" && !matches!(self.transport, Transport::DockerDaemon | Transport::Podman | Transport::Engine)
    }

    /// The path with its colon put back, for a path that has one itself.
    pub(super) fn path_with_colon(&self) -> Option<String> {
        self.tag.as_ref().map(|tag| format!("{}:{tag}", self.target))
    }
}

/// Splits `PATH:TAG`, also `PATH:acme/app:TAG`. A colon in a directory's name is no separator.
fn split_tag(text: &str) -> (&str, Option<&str>) {
    let name_start = text.rfind('/').filter(|at| !text.get(..*at).unwrap_or_default().contains(':'));
    let from = name_start.map_or(0, |at| at + 1);
    match text.get(from..).and_then(|name| name.find(':')) {
        Some(at) => (text.get(..from + at).unwrap_or(text), text.get(from + at + 1..).filter(|tag| !tag.is_empty())),
        None => (text, None),
    }
}

/// Whether an engine could have an image of this name. Also keeps a name from being read as a flag of the engine.
pub(super) fn is_image_name(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_alphanumeric())
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"._-/:@+".contains(&b))
        && ![".tar", ".tgz", ".gz", ".zst", ".xz", ".bz2"].iter().any(|end| text.ends_with(end))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_transport_is_understood() {
        use Transport as T;
        let cases = [
            ("-", T::Sniffed, "-", None),
            ("image.tar", T::Sniffed, "image.tar", None),
            ("acme/app:1.0", T::Sniffed, "acme/app:1.0", None),
            ("docker:dind", T::Sniffed, "docker:dind", None),
            (r"C:\x.tar", T::Sniffed, r"C:\x.tar", None),
            ("docker-archive:x.tar", T::DockerArchive, "x.tar", None),
            ("docker-archive://x.tar", T::DockerArchive, "x.tar", None),
            ("docker-archive:///x.tar", T::DockerArchive, "/x.tar", None),
            ("docker-tar://x.tar", T::DockerArchive, "x.tar", None),
            ("docker-archive:-", T::DockerArchive, "-", None),
            ("oci-archive:/a/x.tar", T::OciArchive, "/a/x.tar", None),
            ("oci-archive:/a/x.tar:v1", T::OciArchive, "/a/x.tar", Some("v1")),
            ("oci:dir", T::Oci, "dir", None),
            ("oci:dir:v1", T::Oci, "dir", Some("v1")),
            ("oci:/a/dir:acme/app:v1", T::Oci, "/a/dir", Some("acme/app:v1")),
            ("oci:dir:", T::Oci, "dir", None),
            ("rootfs:x.tar", T::Rootfs, "x.tar", None),
            ("docker-daemon:acme/app:1", T::DockerDaemon, "acme/app:1", None),
            ("docker://acme/app:1", T::DockerDaemon, "acme/app:1", None),
            ("podman:acme/app", T::Podman, "acme/app", None),
            ("podman://acme/app", T::Podman, "acme/app", None),
        ];
        for (typed, transport, target, tag) in cases {
            let expected =
                Reference { typed: typed.into(), transport, target: target.into(), tag: tag.map(str::to_owned) };
            assert_eq!(Reference::parse(typed), expected, "{typed}");
        }
    }

    #[test]
    fn names_that_no_engine_has_are_told() {
        for name in ["alpine", "acme/app:1.0", "reg:5000/a@sha256:ab", "a.b_c-d"] {
            assert!(is_image_name(name), "{name}");
        }
        for name in ["", "-x", "--output=/etc/passwd", "./x", "/x", "a b", "x.tar", "x.tar.gz", "a\nb"] {
            assert!(!is_image_name(name), "{name}");
        }
    }
}
