//! What builds leave behind and no container needs: logs, and the caches of package managers. Only files with content
//! count: an empty lock or log takes no room.

use crate::tree::{AnyCase, glob_table};
use globset::{Candidate, GlobSet};

/// Logs of the build, which a container writes anew.
const LOGS: [&str; 1] = ["var/log/**"];

/// What package managers fetch again when they need it, by the manager.
const CACHES: [&str; 22] = [
    // apt, apk, dnf and yum, pacman, zypper
    "var/lib/apt/lists/**",
    "var/cache/apt/**",
    "var/cache/apk/**",
    "etc/apk/cache/**",
    "var/cache/{dnf,libdnf5,yum}/**",
    "var/cache/pacman/**",
    "var/cache/zypp/**",
    // pip, uv, poetry, pipenv
    "{root,home/*}/.cache/{pip,uv,pypoetry,pipenv}/**",
    // npm, yarn, pnpm, bun
    "{root,home/*}/.npm/_cacache/**",
    "{root,home/*}/.cache/{yarn,node-gyp,pnpm}/**",
    "usr/local/share/.cache/**",
    "{root,home/*}/.yarn/{cache,berry/cache}/**",
    "{root,home/*}/.bun/install/cache/**",
    // Go, Rust
    "{root,home/*}/.cache/go-build/**",
    "{root/go,go}/pkg/mod/cache/**",
    "{root,home/*}/.cargo/registry/{cache,index}/**",
    "usr/local/cargo/registry/{cache,index}/**",
    // Composer, Bundler, Gradle, Conda
    "{root,home/*}/.composer/cache/**",
    "{root,home/*}/.cache/composer/**",
    "{root,home/*}/.bundle/cache/**",
    "{root,home/*}/.gradle/caches/**",
    "opt/conda/pkgs/**/*.{conda,tar.bz2}",
];

/// What a path is left over from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Leftover {
    /// A log.
    Log,
    /// The cache of a package manager.
    PackageCache,
}

/// The tables, read once, asked for many paths.
#[derive(Debug)]
pub(super) struct Leftovers {
    logs: GlobSet,
    caches: GlobSet,
}

impl Leftovers {
    /// Reads the tables.
    pub(super) fn new() -> Self {
        Self { logs: glob_table(&LOGS, AnyCase::No), caches: glob_table(&CACHES, AnyCase::No) }
    }

    /// What a file at a path (without a leading slash) is left over from, if from anything.
    pub(super) fn look(&self, path: &[u8]) -> Option<Leftover> {
        let path = Candidate::from_bytes(path);
        if self.logs.is_match_candidate(&path) {
            return Some(Leftover::Log);
        }
        self.caches.is_match_candidate(&path).then_some(Leftover::PackageCache)
    }
}

impl Default for Leftovers {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn leftovers_are_told_from_what_is_needed() {
        let tables = Leftovers::new();
        assert_eq!((tables.logs.len(), tables.caches.len()), (LOGS.len(), CACHES.len()));
        let cases = [
            ("var/log/dpkg.log", Some(Leftover::Log)),
            ("var/log/apt/history.log", Some(Leftover::Log)),
            ("var/lib/apt/lists/deb.debian.org_InRelease", Some(Leftover::PackageCache)),
            ("var/cache/apt/pkgcache.bin", Some(Leftover::PackageCache)),
            ("var/cache/apk/APKINDEX.tar.gz", Some(Leftover::PackageCache)),
            ("root/.cache/pip/http/a", Some(Leftover::PackageCache)),
            ("home/app/.npm/_cacache/index-v5/a", Some(Leftover::PackageCache)),
            ("go/pkg/mod/cache/download/x.zip", Some(Leftover::PackageCache)),
            ("go/pkg/mod/example.com/x.go", None),
            ("opt/conda/pkgs/python-3.11/bin/python", None),
            ("opt/conda/pkgs/python-3.11.conda", Some(Leftover::PackageCache)),
            ("var/cache/debconf/config.dat", None),
            ("var/lib/dpkg/status", None),
            ("srv/var/log/app.log", None),
        ];
        for (path, expected) in cases {
            assert_eq!(tables.look(path.as_bytes()), expected, "{path}");
        }
    }
}
