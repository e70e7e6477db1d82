//! The files of the demo image, layer by layer.

use crate::image_builder::{Entry, entry};

const SITE: &str = "srv/shop/.venv/lib/python3.11/site-packages";

/// All layers, the base first.
pub fn layers() -> Vec<Vec<Entry>> {
    vec![
        base(),
        python(),
        users(),
        lines(&["d srv", "d srv/shop"]),
        vec![requirements()],
        packages(),
        application(),
        cleaned(),
        owned(),
        collected(),
        released(),
    ]
}

fn lines(lines: &[&str]) -> Vec<Entry> {
    lines.iter().map(|line| entry(line).unwrap()).collect()
}

fn text(path: &str, content: &str) -> Entry {
    Entry { path: path.into(), data: content.into(), ..entry("f x").unwrap() }
}

/// A file of `size` bytes that compresses well and differs from path to path.
fn big(path: &str, size: usize) -> Entry {
    let line = format!("{path}: the quick brown fox jumps over the lazy dog 0123456789\n");
    let data = line.bytes().cycle().take(size).collect();
    Entry { path: path.into(), data, ..entry("f x").unwrap() }
}

fn with_mode(mode: u32, entry: Entry) -> Entry {
    Entry { mode, ..entry }
}

fn base() -> Vec<Entry> {
    let mut out = lines(&[
        "d etc",
        "d dev",
        "c 0600 dev/console 5,1",
        "c 0666 dev/null 1,3",
        "d 0700 root",
        "d 1777 tmp",
        "d usr",
        "d usr/bin",
        "d usr/lib",
        "l bin -> usr/bin",
        "l lib -> usr/lib",
        "d usr/lib/x86_64-linux-gnu",
        "d var",
        "d var/lib",
        "d var/lib/dpkg",
        "d var/log",
        "l etc/mtab -> ../proc/mounts",
        "l usr/bin/sh -> bash",
    ]);
    out.extend([
        text("etc/os-release", "PRETTY_NAME=\"Example Linux 12\"\nID=example\nVERSION_ID=\"12\"\n"),
        text("etc/hostname", "base\n"),
        text("etc/passwd", PASSWD),
        text("etc/group", "root:x:0:\nmail:x:8:\nwww-data:x:33:\n"),
        with_mode(0o640, text("etc/shadow", "root:*:19800:0:99999:7:::\n")),
        with_mode(0o755, big("usr/bin/bash", 1_265_648)),
        with_mode(0o4755, big("usr/bin/su", 72_000)),
        with_mode(0o4755, big("usr/bin/passwd", 68_248)),
        with_mode(0o755, big("usr/bin/perl", 3_793_232)),
        big("usr/lib/x86_64-linux-gnu/libc.so.6", 1_926_256),
        big("usr/lib/x86_64-linux-gnu/libcrypto.so.3", 4_709_784),
        big("var/lib/dpkg/status", 118_400),
        big("var/log/dpkg.log", 45_100),
    ]);
    out.extend(lines(&["h usr/bin/perl5.36.0 -> usr/bin/perl"]));
    for tool in [
        "apt-get", "awk", "cat", "chmod", "chown", "cp", "find", "grep", "gzip", "ls", "mv", "rm", "sed", "sort", "tar",
    ] {
        out.push(with_mode(0o755, big(&format!("usr/bin/{tool}"), 35_000 + tool.len() * 9_137)));
    }
    for package in ["bash", "coreutils", "libc6", "perl-base", "tar"] {
        out.push(big(&format!("usr/share/doc/{package}/copyright"), 4_000 + package.len() * 311));
    }
    out
}

const PASSWD: &str = "root:x:0:0:root:/root:/bin/bash\nwww-data:x:33:33:www-data:/var/www:/usr/sbin/nologin\n";

fn python() -> Vec<Entry> {
    let mut out = lines(&[
        "d var/lib/apt",
        "d var/lib/apt/lists",
        "d var/cache",
        "d var/cache/apt",
        "l usr/bin/python3 -> python3.11",
    ]);
    for (name, size) in [
        ("main_binary-amd64_Packages", 3_104_000),
        ("security_binary-amd64_Packages", 811_000),
        ("updates_binary-amd64_Packages", 402_000),
    ] {
        out.push(big(&format!("var/lib/apt/lists/deb.example.org_bookworm_{name}"), size));
    }
    out.extend([
        big("var/cache/apt/pkgcache.bin", 2_204_000),
        big("var/cache/apt/srcpkgcache.bin", 2_180_000),
        big("var/lib/dpkg/status", 131_700),
        big("var/log/dpkg.log", 61_300),
        with_mode(0o755, big("usr/bin/python3.11", 6_831_736)),
        with_mode(0o755, big("usr/bin/curl", 289_000)),
    ]);
    for (index, module) in [
        "argparse",
        "ast",
        "asyncio",
        "base64",
        "collections",
        "csv",
        "datetime",
        "decimal",
        "email",
        "functools",
        "http",
        "json",
        "logging",
        "os",
        "pathlib",
        "re",
        "socket",
        "sqlite3",
        "ssl",
        "typing",
        "unittest",
        "urllib",
    ]
    .iter()
    .enumerate()
    {
        out.push(big(&format!("usr/lib/python3.11/{module}.py"), 21_000 + index * 3_119));
    }
    out
}

fn users() -> Vec<Entry> {
    vec![
        text("etc/passwd", &format!("{PASSWD}shop:x:1000:1000::/srv/shop:/bin/sh\n")),
        text("etc/group", "root:x:0:\nmail:x:8:\nwww-data:x:33:\nshop:x:1000:\n"),
        with_mode(0o640, text("etc/shadow", "root:*:19800:0:99999:7:::\nshop:!:19849:0:99999:7:::\n")),
    ]
}

fn packages() -> Vec<Entry> {
    let mut out = lines(&[
        "d root/.cache",
        "d root/.cache/pip",
        "d srv/shop/.venv",
        "l srv/shop/.venv/bin/python3 -> /usr/bin/python3",
    ]);
    out.extend(installed());
    for (index, name) in ["3f/9a/flask", "71/0c/numpy", "b2/44/sqlalchemy", "e8/d1/gunicorn"].iter().enumerate() {
        out.push(big(&format!("root/.cache/pip/http-v2/{name}.body"), 640_000 + index * 871_000));
    }
    out
}

/// What pip puts under the application.
fn installed() -> Vec<Entry> {
    let mut out = vec![
        with_mode(
            0o755,
            text(
                "srv/shop/.venv/bin/gunicorn",
                "#!/srv/shop/.venv/bin/python3\nfrom gunicorn.app.wsgiapp import run\nrun()\n",
            ),
        ),
        with_mode(0o755, big(&format!("{SITE}/numpy.libs/libopenblas64_p-r0.so"), 9_412_000)),
        big(&format!("{SITE}/numpy/core.so"), 2_310_000),
    ];
    for (package, count, size) in
        [("flask", 9, 14_200), ("gunicorn", 7, 11_300), ("numpy", 14, 32_900), ("sqlalchemy", 16, 47_500)]
    {
        out.extend((0..count).map(|index| big(&format!("{SITE}/{package}/part_{index:02}.py"), size + index * 977)));
    }
    out
}

const ENV_FILE: &str = "DATABASE_URL=postgres://shop:correct-horse@db/shop\nSECRET_KEY=hunter2-but-longer\n";
const CONFIG: &str = "debug: true\nlog_level: info\ndb:\n  host: localhost\n  port: 5432\n";

/// What `COPY . .` brings.
fn sources() -> Vec<Entry> {
    let mut out = vec![
        with_mode(0o600, text("srv/shop/.env", ENV_FILE)),
        text("srv/shop/config.yaml", CONFIG),
        with_mode(0o755, text("srv/shop/manage.py", "#!/usr/bin/env python3\nfrom shop import cli\ncli.main()\n")),
        text("srv/shop/static/Menü für 🐳.txt", "plankton\nkrill\n"),
        big("srv/shop/static/bundle.js", 1_412_000),
        big("srv/shop/static/bundle.js.map", 2_954_000),
    ];
    for name in ["__init__", "admin", "auth", "cart", "cli", "main", "models", "orders", "search", "views"] {
        let content = format!("\"\"\"{name} of the shop.\"\"\"\n\n\ndef {name}():\n    return \"{name}\"\n");
        out.push(text(&format!("srv/shop/shop/{name}.py"), &content));
    }
    out
}

fn application() -> Vec<Entry> {
    let mut out = lines(&["d srv/shop/static", "d srv/shop/static/generated", "d srv/shop/shop"]);
    out.extend(sources());
    for size in [64, 128, 256, 512] {
        out.push(big(&format!("srv/shop/static/generated/logo-{size}.png"), size * 700));
    }
    out
}

fn cleaned() -> Vec<Entry> {
    lines(&[
        "w var/lib/apt/lists/deb.example.org_bookworm_main_binary-amd64_Packages",
        "w var/lib/apt/lists/deb.example.org_bookworm_security_binary-amd64_Packages",
        "w var/lib/apt/lists/deb.example.org_bookworm_updates_binary-amd64_Packages",
        "w var/cache/apt/pkgcache.bin",
        "w var/cache/apt/srcpkgcache.bin",
    ])
}

fn owned() -> Vec<Entry> {
    let mut out = lines(&[
        "d srv/shop",
        "d srv/shop/static",
        "d srv/shop/static/generated",
        "d srv/shop/shop",
        "d srv/shop/.venv",
    ]);
    out.push(requirements());
    out.extend(installed());
    out.extend(sources());
    for size in [64, 128, 256, 512] {
        out.push(big(&format!("srv/shop/static/generated/logo-{size}.png"), size * 700));
    }
    out.into_iter().map(shops).collect()
}

fn requirements() -> Entry {
    text("srv/shop/requirements.txt", "flask==3.0.3\ngunicorn==22.0.0\nnumpy==2.0.2\nsqlalchemy==2.0.36\n")
}

fn shops(entry: Entry) -> Entry {
    Entry { uid: 1000, gid: 1000, ..entry }
}

fn collected() -> Vec<Entry> {
    let mut out = lines(&["d 1000:1000 srv/shop/static/generated", "opq srv/shop/static/generated"]);
    for (name, size) in [("app.3f9a1c.css", 88_000), ("app.71b04e.js", 640_000), ("logo.b2d4aa.svg", 12_400)] {
        out.push(shops(big(&format!("srv/shop/static/generated/{name}"), size)));
    }
    out.extend(lines(&["h srv/shop/static/app.js -> srv/shop/static/generated/app.71b04e.js"]));
    out
}

fn released() -> Vec<Entry> {
    let mut out = vec![
        shops(text("srv/shop/config.yaml", &CONFIG.replace("debug: true", "debug: false"))),
        shops(text("srv/shop/VERSION", "4f5e6d7c8b9a\n")),
    ];
    out.extend(lines(&["w srv/shop/.env"]));
    out
}
