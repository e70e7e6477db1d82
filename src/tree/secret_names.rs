//! Names that files with secrets usually have. A name is only a reason to look: nothing here reads a content.

use super::glob_table::{AnyCase, glob_table};
use globset::{Candidate, GlobSet};

/// What a name looks like, and the globs over whole paths (without a leading slash) that say so. The first row that
/// fits counts.
const LOOKS_LIKE: [(&str, &[&str]); 11] = [
    ("private key (SSH)", &["**/.ssh/id_*", "**/id_{rsa,dsa,ecdsa,ed25519,ecdsa_sk,ed25519_sk}*", "**/id_*"]),
    ("host key (SSH)", &["**/etc/ssh/ssh_host_*_key"]),
    ("key or certificate", &["**/*.{pem,key,p12,pfx,jks,keystore,ppk}"]),
    ("environment file", &["**/.env", "**/.env.*", "**/*.env"]),
    ("cloud credentials", &["**/.aws/credentials", "**/.azure/*.json", "**/gcloud/*credentials*", "**/.boto"]),
    ("registry credentials", &["**/.npmrc", "**/.pypirc", "**/.docker/config.json", "**/.cargo/credentials{,.toml}"]),
    ("login", &["**/.netrc", "**/_netrc", "**/.git-credentials", "**/.pgpass", "**/.my.cnf", "**/.htpasswd"]),
    ("cluster credentials", &["**/.kube/config", "**/kubeconfig"]),
    ("secrets file", &["**/secrets.{json,yml,yaml,toml}", "**/credentials.{json,yml,yaml}", "**/.vault-token"]),
    ("password store", &["**/*.kdbx"]),
    ("shell history", &["**/.{bash,zsh,ash,psql,mysql,python}_history"]),
];

/// Names that fit a row above and are public: certificates that everybody has, public halves of keys, samples.
const PUBLIC: [&str; 8] = [
    "**/*.pub",
    "**/{cacert,ca-bundle,tls-ca-bundle,ca-certificates,cert}.pem",
    "**/etc/ssl/{certs/**,cert.pem}",
    "**/{ca-certificates,ca-trust}/**/*.pem",
    "**/.env.{example,sample,template,dist}",
    "**/id_*.{py,pyc,c,h,rs,go,js,ts,rb,java,html,md,so,o}",
    // The root of DNSSEC, where distributions and resolvers have it.
    "{usr/share/dns,{etc,var/lib,usr/share}/unbound}/root.key",
    "{etc,usr/share/dnssec-root}/trusted-key.key",
];

/// Told apart once, asked for many paths.
#[derive(Debug)]
pub struct SecretNames {
    secret: GlobSet,
    /// Of each glob in `secret`, its row.
    rows: Vec<usize>,
    public: GlobSet,
    /// The ends of those in `secret`: names that their last one may be.
    names: GlobSet,
}

impl SecretNames {
    /// Reads the table.
    pub fn new() -> Self {
        let rows = LOOKS_LIKE.iter().enumerate().flat_map(|(row, (_, globs))| vec![row; globs.len()]).collect();
        let secret = glob_table(LOOKS_LIKE.iter().flat_map(|(_, globs)| *globs), AnyCase::Yes);
        let end = |glob: &&'static str| glob.rsplit('/').next().unwrap_or(glob);
        let ends: Vec<&str> = LOOKS_LIKE.iter().flat_map(|(_, globs)| globs.iter().map(end)).collect();
        let names = glob_table(&ends, AnyCase::Yes);
        Self { secret, rows, public: glob_table(&PUBLIC, AnyCase::Yes), names }
    }

    /// Whether a path whose last name is this may look like a secret: far cheaper than to look at all of it.
    pub(super) fn may_be(&self, name: &[u8]) -> bool {
        self.names.is_match_candidate(&Candidate::from_bytes(name))
    }

    /// What the name of a path (without a leading slash) looks like, in a few words; none if it looks like no secret.
    pub fn look(&self, path: &[u8]) -> Option<&'static str> {
        let path = Candidate::from_bytes(path);
        let hits = self.secret.matches_candidate(&path);
        let row = hits.iter().filter_map(|glob| self.rows.get(*glob)).min()?;
        let (words, _) = LOOKS_LIKE.get(*row)?;
        (!self.public.is_match_candidate(&path)).then_some(*words)
    }
}

impl Default for SecretNames {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_glob_of_the_tables_can_be_read() {
        let names = SecretNames::new();
        assert_eq!((names.secret.len(), names.names.len()), (names.rows.len(), names.rows.len()));
        assert_eq!(names.public.len(), PUBLIC.len());
    }

    #[test]
    fn names_that_look_like_secrets_are_told_from_those_that_do_not() {
        let names = SecretNames::new();
        let cases: [(&str, Option<&str>); 30] = [
            (".env", Some("environment file")),
            ("srv/app/.env.production", Some("environment file")),
            ("srv/app/.env.example", None),
            ("root/.ssh/id_rsa", Some("private key (SSH)")),
            ("root/.ssh/id_deploy", Some("private key (SSH)")),
            ("root/.ssh/id_rsa.pub", None),
            ("usr/lib/python3/id_map.py", None),
            ("etc/app/server.pem", Some("key or certificate")),
            ("etc/ssl/certs/ca-certificates.pem", None),
            ("usr/lib/python3/site-packages/certifi/cacert.pem", None),
            ("etc/pki/ca-trust/extracted/pem/tls.pem", None),
            ("etc/pki/tls/private/server.key", Some("key or certificate")),
            ("root/.npmrc", Some("registry credentials")),
            ("root/.netrc", Some("login")),
            ("home/a/.aws/credentials", Some("cloud credentials")),
            ("root/.docker/config.json", Some("registry credentials")),
            ("root/.kube/config", Some("cluster credentials")),
            // Every distribution has it, and every new account writes it again.
            ("etc/shadow", None),
            ("srv/vault.kdbx", Some("password store")),
            ("etc/ssh/ssh_host_rsa_key", Some("host key (SSH)")),
            ("root/.BASH_HISTORY", Some("shell history")),
            ("usr/share/dns/root.key", None),
            ("var/lib/unbound/root.key", None),
            ("usr/share/dnssec-root/trusted-key.key", None),
            ("srv/ca/root.key", Some("key or certificate")),
            ("etc/dns/zones/update.key", Some("key or certificate")),
            ("etc/pki/ca-trust/private/signing.key", Some("key or certificate")),
            ("usr/bin/env", None),
            ("etc/environment", None),
            ("srv/identity", None),
        ];
        for (path, expected) in cases {
            assert_eq!(names.look(path.as_bytes()), expected, "{path}");
            let name = path.rsplit('/').next().unwrap();
            assert!(expected.is_none() || names.may_be(name.as_bytes()), "{name}");
        }
        assert_eq!(names.look(b"srv/\xff/.env"), Some("environment file"), "a path need not be UTF-8");
    }
}
