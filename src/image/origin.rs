//! Where a layer comes from: a step of a build, or something that no step explains.
//!
//! What engines leave in the history was looked at: `docker commit` writes the command of the container and its message,
//! `docker import` a message alone, `podman import` a message that says so, `buildah commit` a bare shell. Where a row
//! could as well be a step, it counts as one: an accusation that is wrong is worse than one that is missing. A container
//! that ran `/bin/sh -c …` and was committed without a message looks like `RUN`, unless it is the last row.

use super::{Config, HistoryRow, Image, LayerIndex, history};

/// What explains a layer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize, schemars::JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Origin {
    /// A step of a build.
    Step,
    /// A container was committed: nothing says how its files came to be.
    Commit,
    /// A file system was imported: nothing says how it was made.
    Import,
    /// The history does not tell.
    Unknown,
}

impl Image {
    /// What explains a layer.
    pub fn origin(&self, layer: LayerIndex) -> Origin {
        self.origin_and_reason(layer).0
    }

    /// Why no step of a build explains a layer, in a few words; none if one does.
    pub fn why_unexplained(&self, layer: LayerIndex) -> Option<&'static str> {
        let (origin, reason) = self.origin_and_reason(layer);
        (origin != Origin::Step).then_some(reason)
    }

    fn origin_and_reason(&self, layer: LayerIndex) -> (Origin, &'static str) {
        let index = self.layers.get(layer.index()).and_then(|layer| layer.history);
        let Some((index, row)) = index.and_then(|index| Some((index, self.history.get(index)?))) else {
            return (Origin::Unknown, "the history has no row for it");
        };
        of_row(row, index, self.history.len(), &self.config)
    }
}

fn of_row(row: &HistoryRow, index: usize, rows: usize, config: &Config) -> (Origin, &'static str) {
    let (command, comment) = (row.created_by.trim(), row.comment.as_deref().unwrap_or_default().trim());
    let says = |start: &str| comment.get(..start.len()).is_some_and(|it| it.eq_ignore_ascii_case(start));
    // `Imported from -` by docker, `imported from tarball` by podman.
    if says("imported from ") {
        return (Origin::Import, "a file system was imported");
    }
    if command.is_empty() {
        return match comment {
            "" => (Origin::Unknown, "its row of the history has no command"),
            // `docker build --squash`, and the layers of Nix.
            _ if says("merge sha256:") || says("store paths:") => (Origin::Step, ""),
            _ if index == 0 => (Origin::Import, "its row has a message and no command, as `docker import` leaves it"),
            _ => (Origin::Unknown, "its row of the history has a message and no command"),
        };
    }
    if is_bare_shell(command) {
        return (Origin::Commit, "a shell without a command made it, as a commit of a container leaves it");
    }
    let is_last = index + 1 == rows;
    let own = config.container.cmd.as_ref().map(|words| words.join(" "));
    if is_last && own.is_some_and(|own| own == command) {
        return (Origin::Commit, "its command is that of the image, as `docker commit` leaves it");
    }
    if history::is_shell_command(command) && !comment.is_empty() && !says("FROM ") && !says("buildkit.") {
        return (Origin::Commit, "its row has a message, as `docker commit -m` leaves it");
    }
    (Origin::Step, "")
}

/// A shell with nothing to run: `bash`, `/bin/sh -l`.
fn is_bare_shell(command: &str) -> bool {
    let mut words = command.split_whitespace();
    let program = words.next().unwrap_or_default();
    let name = program.rsplit('/').next().unwrap_or(program);
    ["sh", "bash", "ash", "dash", "zsh", "ksh", "fish"].contains(&name)
        && words.all(|word| word.starts_with('-') && (word.starts_with("--") || !word.ends_with('c')))
}

#[cfg(test)]
mod tests {
    use super::super::testing::image;
    use super::*;
    use serde_json::{Value, json};

    /// What explains each layer of an image with these rows.
    fn origins(history: &Value, cmd: &Value) -> Vec<Origin> {
        let layers = history::rows_with_layer(history);
        let image = image(&json!({"config": {"Cmd": cmd}, "history": history}), layers, &[]);
        (0..image.layers.len()).map(|index| image.origin(LayerIndex(index.try_into().unwrap()))).collect()
    }

    #[test]
    fn steps_of_every_builder_are_steps() {
        let histories = [
            // Docker's classic builder on an old and a new Debian.
            json!([
                {"created_by": "/bin/sh -c #(nop) ADD file:1d256392 in / "},
                {"created_by": "/bin/sh -c #(nop)  CMD [\"bash\"]", "empty_layer": true},
                {"created_by": "/bin/sh -c set -eux; apt-get update"},
                {"created_by": "|1 X=1 /bin/sh -c touch /z$X"},
                {"created_by": "|1 X=1 touch /exec"},
                {"created_by": "/bin/bash -o pipefail -c make"},
                {"created_by": "/bin/sh -c #(nop) COPY dir:aa in /srv ", "author": "Me <me@example.org>"},
                {"created_by": "powershell -Command $ErrorActionPreference = 'Stop'; Install-It"},
            ]),
            json!([
                {"created_by": "# debian.sh --arch 'amd64' out/ 'bookworm' '@1736208000'", "comment": "debuerreotype 0.15"},
                {"created_by": "CMD [\"bash\"]", "comment": "buildkit.dockerfile.v0", "empty_layer": true},
                {"created_by": "RUN /bin/sh -c apt-get update # buildkit", "comment": "buildkit.dockerfile.v0"},
                {"created_by": "COPY --link /app /app # buildkit", "comment": "buildkit.dockerfile.v0"},
                {"created_by": "WORKDIR /app", "comment": "buildkit.dockerfile.v0"},
            ]),
            // podman and buildah.
            json!([
                {"created_by": "/bin/sh -c #(nop) ADD file:9d in / "},
                {"created_by": "|1 X=1 /bin/sh -c touch /z$X", "comment": "FROM 2d699a22f1ab"},
                {"created_by": "/bin/sh -c [\"touch\",\"/exec\"]", "comment": "FROM docker.io/library/alpine:latest"},
                {"created_by": "/bin/sh -c #(nop) CMD echo hi", "comment": "FROM localhost/base"},
            ]),
            // kaniko, Bazel, ko, jib, buildpacks, apko, Nix, docker build --squash.
            json!([
                {"created_by": "RUN apk add --no-cache curl", "author": "kaniko"},
                {"created_by": "COPY . /srv", "author": "kaniko"},
            ]),
            json!([{"created_by": "bazel build ...", "author": "Bazel"}, {"created_by": "bazel build ..."}]),
            json!([
                {"created_by": "ko build ko://example.com/app", "author": "ko", "comment": "go build output, at ko://app"},
                {"created_by": "jib-maven-plugin:3.4.0", "author": "Jib", "comment": "dependencies"},
                {"created_by": "Layer: 'launcher', Created by buildpack: a/b@1.2"},
                {"created_by": "apko", "author": "apko", "comment": "This is an apko single-layer image"},
                {"created": "1970-01-01T00:00:01Z", "comment": "store paths: ['/nix/store/aaa']"},
                {"comment": "merge sha256:aa to sha256:bb"},
            ]),
        ];
        for history in histories {
            let origins = origins(&history, &json!(["bash"]));
            assert!(origins.iter().all(|origin| *origin == Origin::Step), "{history}: {origins:?}");
        }
    }

    #[test]
    fn what_engines_leave_without_a_build_is_found() {
        let base = json!({"created_by": "/bin/sh -c #(nop) ADD file:1d in / "});
        let cases = [
            (json!([base, {"created_by": "bash"}]), Value::Null, Origin::Commit),
            (json!([base, {"created_by": "/bin/bash -l -i"}]), Value::Null, Origin::Commit),
            (
                json!([base, {"created_by": "/bin/sh", "comment": "FROM localhost/base:imp"}]),
                Value::Null,
                Origin::Commit,
            ),
            (
                json!([base, {"created_by": "/bin/sh -c touch /a"}]),
                json!(["/bin/sh", "-c", "touch /a"]),
                Origin::Commit,
            ),
            (json!([base, {"created_by": "touch /q"}]), json!(["touch", "/q"]), Origin::Commit),
            (
                json!([base, {"created_by": "/bin/sh -c touch /b", "author": "Me", "comment": "a message"}]),
                json!(["/bin/true"]),
                Origin::Commit,
            ),
            (json!([{"comment": "my import"}]), Value::Null, Origin::Import),
            (json!([{"comment": "Imported from -"}]), Value::Null, Origin::Import),
            (
                json!([{"created_by": "/bin/sh -c #(nop) ADD file:9d in /", "comment": "imported from tarball"}]),
                Value::Null,
                Origin::Import,
            ),
            (json!([base, {"created": "1980-01-01T00:00:01Z"}]), Value::Null, Origin::Unknown),
            (json!([base, {"comment": "by hand"}]), Value::Null, Origin::Unknown),
        ];
        for (history, cmd, expected) in cases {
            assert_eq!(origins(&history, &cmd).last(), Some(&expected), "{history}");
        }
    }

    #[test]
    fn a_layer_without_a_row_is_not_explained() {
        let image = image(&json!({"history": [{"created_by": "RUN a"}]}), 2, &[]);
        assert_eq!(image.why_unexplained(LayerIndex(0)), None);
        assert_eq!(image.why_unexplained(LayerIndex(1)), Some("the history has no row for it"));
        assert_eq!(image.origin(LayerIndex(2)), Origin::Unknown);
    }
}
