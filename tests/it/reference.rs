//! An image of the shape of a usual one, a hundredth of its size: a Debian base, Python, an application that is copied,
//! given to another user and changed, a secret that is deleted, and a dozen small steps. 21 layers, 34 rows of history.

use crate::image_builder::{Image, layer};
use serde_json::{Value, json};

/// What the long instruction of layer 1 ends in.
pub const MARKER: &str = "the-end-of-a-long-instruction";

const PASSWD: &str = r"root:x:0:0:root:/root:/bin/bash\x0a";
const USER: &str = r"app:x:1000:1000::/srv/app:/bin/sh\x0a";
const CONFIG: &str =
    r"debug:\x20true\x0alog_level:\x20info\x0adb:\x0a\x20\x20host:\x20localhost\x0a\x20\x20port:\x205432\x0a";
const CHANGED: &str = r"debug:\x20false\x0alog_level:\x20warning\x0adb:\x0a\x20\x20host:\x20db.internal\x0a\x20\x20port:\x205432\x0a\x20\x20pool:\x2020\x0a";
const BLAS: &str = "srv/app/.venv/lib/python3.11/site-packages/numpy.libs/libopenblas64_p-r0.so";

/// The image.
pub fn image() -> Image {
    let mut layers = vec![base(), python(), cleanup(), user(), requirements(), venv(), copied(), chowned(), changed()];
    layers.extend((0..12).map(step));
    let mut image = Image::new("acme/app:1.4.2", layers.iter().map(|lines| layer(lines)).collect());
    image.config = json!({
        "Entrypoint": ["/srv/app/.venv/bin/gunicorn"], "Cmd": ["-b", "0.0.0.0:8080", "app.main:app"], "User": "app",
        "WorkingDir": "/srv/app", "ExposedPorts": {"8080/tcp": {}},
        "Healthcheck": {"Test": ["CMD-SHELL", "curl -f http://localhost:8080/"], "Interval": 30_000_000_000_u64},
        "Env": ["PATH=/usr/local/bin:/usr/bin", "LANG=C.UTF-8", "PYTHON_VERSION=3.11.9", "APP_ENV=production"],
        "Labels": {
            "org.opencontainers.image.vendor": "Acme-Platform", "maintainer": "base-team@acme.example",
            "org.opencontainers.image.source": "https://github.com/acme/app",
            "org.opencontainers.image.revision": "4f5e6d7c8b9a0f1e2d3c4b5a69788796a5b4c3d2",
        },
    });
    image.history = history();
    image
}

fn base() -> Vec<String> {
    let mut lines: Vec<String> =
        vec!["d etc".into(), format!("f etc/passwd text={PASSWD}"), "f etc/group size=440".into()];
    lines.extend(["f etc/adduser.conf size=3028", "f usr/share/adduser/adduser.conf size=3028"].map(str::to_owned));
    lines.extend(["f var/lib/dpkg/status size=770", "f var/log/dpkg.log size=450"].map(str::to_owned));
    for index in 0..300 {
        lines.push(format!("f usr/share/doc/package-{index:03}/copyright size={}", 100 + index * 7));
        lines.push(format!("f 0755 usr/lib/x86_64-linux-gnu/libthing{index:03}.so.1 size={}", 1000 + index * 31));
    }
    lines.push("f 0755 usr/bin/bash size=130000".into());
    lines
}

fn python() -> Vec<String> {
    let mut lines: Vec<String> = (0..6)
        .map(|index| {
            format!("f var/lib/apt/lists/deb.debian.org_debian_dists_bookworm_main_{index}_Packages size=31000")
        })
        .collect();
    lines.extend((0..200).map(|index| format!("f usr/local/lib/python3.11/module_{index:03}.py size={}", 300 + index)));
    lines.extend(
        [
            "f var/cache/apt/pkgcache.bin size=42000",
            "f var/lib/dpkg/status size=910 fill=y",
            "f var/log/dpkg.log size=600 fill=y",
            "f 0755 usr/local/lib/libpython3.11.so.1.0 size=90000",
            "l usr/local/lib/libpython3.11.so -> libpython3.11.so.1.0",
        ]
        .map(str::to_owned),
    );
    lines
}

fn cleanup() -> Vec<String> {
    let lists =
        (0..6).map(|index| format!("w var/lib/apt/lists/deb.debian.org_debian_dists_bookworm_main_{index}_Packages"));
    lists.chain(["w var/cache/apt/pkgcache.bin".to_owned()]).collect()
}

fn user() -> Vec<String> {
    vec![format!("f etc/passwd text={PASSWD}{USER}"), "f etc/group size=460 fill=y".into(), "d srv/app".into()]
}

fn requirements() -> Vec<String> {
    vec!["f 1000:1000 srv/app/requirements.txt size=27".into()]
}

fn venv() -> Vec<String> {
    let mut lines = vec![format!("f 0755 {BLAS} size=315000"), "f 0755 srv/app/.venv/bin/gunicorn size=220".into()];
    lines.extend((0..150).map(|index| format!("f root/.cache/pip/http/{index:04x} size={}", 900 + index)));
    lines
}

fn app(owner: &str) -> Vec<String> {
    let mut lines: Vec<String> =
        (0..10).map(|index| format!("f {owner} srv/app/app/part_{index}.py size={}", 1500 + index * 20)).collect();
    lines.push(format!("f {owner} srv/app/config.yaml text={CONFIG}"));
    lines.push(format!("f {owner} srv/app/.env text=SECRET_KEY=hunter2\\x0a"));
    lines.push(format!("f {owner} srv/app/static/bundle.js size=30000 fill=b"));
    lines
}

fn copied() -> Vec<String> {
    app("0:0")
}

fn chowned() -> Vec<String> {
    let mut lines = app("1000:1000");
    lines.push(format!("f 0755 1000:1000 {BLAS} size=315000 fill=z"));
    lines
}

fn changed() -> Vec<String> {
    vec![format!("f 1000:0 srv/app/config.yaml text={CHANGED}"), "w srv/app/.env".into()]
}

fn step(index: usize) -> Vec<String> {
    let fill = char::from(b'a' + index as u8);
    vec![
        format!("f etc/app.d/{index:02}-part.conf size=20 fill={fill}"),
        format!("f etc/app.d/index size={} fill={fill}", 1000 + index),
    ]
}

fn history() -> Vec<Value> {
    let packages = "ca-certificates curl libbz2-dev libffi-dev liblzma-dev libncursesw5-dev libreadline-dev libsqlite3-dev \
                    libssl-dev libxml2-dev libxmlsec1-dev netbase tk-dev tzdata uuid-dev wget xz-utils zlib1g-dev";
    let long = format!(
        "RUN /bin/sh -c set -eux; apt-get update && apt-get install -y --no-install-recommends {packages} && wget -O \
         python.tar.xz https://www.python.org/ftp/python/3.11.9/Python-3.11.9.tar.xz && echo \
         9b1e896523fc510691126c864406d9360a3d1e986acbda59cda57b5abda45b87 python.tar.xz | sha256sum -c - && mkdir -p \
         /usr/src/python && tar -xJC /usr/src/python --strip-components=1 -f python.tar.xz && cd /usr/src/python && \
         ./configure --enable-loadable-sqlite-extensions --enable-optimizations --enable-shared --with-lto && make -j 8 \
         && make install && ldconfig && rm -rf /usr/src/python && echo {MARKER} # buildkit"
    );
    let (layer, empty) = (true, false);
    let mut rows: Vec<(String, bool)> = [
        ("/bin/sh -c #(nop) ADD file:1d256392d7f8a0f5b1c2 in / ", layer),
        ("/bin/sh -c #(nop)  CMD [\"bash\"]", empty),
        ("LABEL org.opencontainers.image.vendor=Acme", empty),
        ("ENV PATH=/usr/local/bin:/usr/bin", empty),
        ("ENV LANG=C.UTF-8 PYTHON_VERSION=3.11.9", empty),
        (long.as_str(), layer),
        ("RUN /bin/sh -c apt-get clean && rm -rf /var/lib/apt/lists/* /var/cache/apt/* # buildkit", layer),
        ("LABEL org.opencontainers.image.source=https://github.com/acme/app maintainer=base-team@acme.example", empty),
        ("RUN /bin/sh -c groupadd -g 1000 app && useradd -u 1000 -g app -d /srv/app app # buildkit", layer),
        ("WORKDIR /srv/app", empty),
        ("COPY --chown=app:app requirements.txt . # buildkit", layer),
        ("RUN /bin/sh -c python -m venv .venv && .venv/bin/pip install -r requirements.txt # buildkit", layer),
        ("COPY . . # buildkit", layer),
        ("RUN /bin/sh -c chown -R app:app /srv/app # buildkit", layer),
        ("RUN |2 GIT_SHA=4f5e6d7 BUILD_DATE=2025-01-09 /bin/sh -c sed -i s/true/false/ config.yaml && rm -f .env # buildkit", layer),
        ("LABEL org.opencontainers.image.revision=4f5e6d7c8b9a0f1e2d3c4b5a69788796a5b4c3d2 org.opencontainers.image.vendor=Acme-Platform", empty),
        ("ENV APP_ENV=production", empty),
    ]
    .map(|(text, has_layer)| (text.to_owned(), has_layer))
    .into();
    rows.extend(
        (0..12).map(|index| (format!("RUN /bin/sh -c echo step {index} >> /etc/app.d/index # buildkit"), layer)),
    );
    rows.extend(
        [
            "EXPOSE map[8080/tcp:{}]",
            "USER app",
            "HEALTHCHECK &{[\"CMD-SHELL\" \"curl -f http://localhost:8080/\"] \"30s\" \"0s\" \"0s\" '\\x00'}",
            "ENTRYPOINT [\"/srv/app/.venv/bin/gunicorn\"]",
            "CMD [\"-b\" \"0.0.0.0:8080\" \"app.main:app\"]",
        ]
        .map(|text| (text.to_owned(), empty)),
    );
    let row = |(created_by, has_layer): (String, bool)| {
        let mut row = json!({"created": "2025-01-09T10:00:00Z", "created_by": created_by});
        if !has_layer {
            row["empty_layer"] = json!(true);
        }
        row
    };
    rows.into_iter().map(row).collect()
}
