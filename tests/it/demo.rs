//! The image of `layerscope demo`: a shop in Python with the usual mistakes, all of it made here.
//!
//! `LAYERSCOPE_BLESS=1 cargo test --test it demo` writes `assets/demo.tar.gz`, the same bytes every time.

mod contents;

use crate::image_builder::{Image, docker_archive, layer_tar};
use serde_json::{Value, json};
use std::io::{Read as _, Write as _};

const ASSET: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/assets/demo.tar.gz");

/// What the file in the repository may weigh.
const LIMIT: usize = 300_000;

/// The rows of the history, each with the layer that it made, if it made one.
const HISTORY: [(&str, bool); 24] = [
    ("/bin/sh -c #(nop) ADD file:5a3c7e1f90d2b84d6a1e in / ", true),
    (
        "/bin/sh -c #(nop)  LABEL maintainer=base-team@example.org org.opencontainers.image.vendor=Example-Base org.opencontainers.image.licenses=MIT",
        false,
    ),
    ("/bin/sh -c #(nop)  ENV LANG=C.UTF-8", false),
    ("/bin/sh -c #(nop)  CMD [\"bash\"]", false),
    (
        "RUN /bin/sh -c apt-get update && apt-get install -y --no-install-recommends python3 python3-venv curl # buildkit",
        true,
    ),
    ("RUN /bin/sh -c groupadd -g 1000 shop && useradd -u 1000 -g shop -d /srv/shop shop # buildkit", true),
    ("WORKDIR /srv/shop", true),
    ("COPY requirements.txt . # buildkit", true),
    ("ENV PATH=/srv/shop/.venv/bin:/usr/local/bin:/usr/bin:/bin PYTHONUNBUFFERED=1", false),
    ("RUN /bin/sh -c python3 -m venv .venv && pip install -r requirements.txt # buildkit", true),
    ("COPY . . # buildkit", true),
    ("RUN /bin/sh -c apt-get clean && rm -rf /var/lib/apt/lists/* /var/cache/apt/*.bin # buildkit", true),
    ("RUN /bin/sh -c chown -R shop:shop /srv/shop # buildkit", true),
    ("RUN /bin/sh -c rm -rf static/generated && python manage.py collectstatic --no-input # buildkit", true),
    ("ARG GIT_SHA=4f5e6d7c8b9a", false),
    (
        "RUN |1 GIT_SHA=4f5e6d7c8b9a /bin/sh -c sed -i \"s/debug: true/debug: false/\" config.yaml && echo $GIT_SHA > VERSION && rm -f .env # buildkit",
        true,
    ),
    (
        "LABEL org.opencontainers.image.title=shop org.opencontainers.image.version=1.4.2 org.opencontainers.image.vendor=Demo-Shop",
        false,
    ),
    (
        "LABEL org.opencontainers.image.revision=4f5e6d7c8b9a org.opencontainers.image.source=https://git.example.org/demo/shop",
        false,
    ),
    ("ENV LANG=en_US.UTF-8", false),
    ("EXPOSE map[8080/tcp:{}]", false),
    ("USER shop", false),
    (
        "HEALTHCHECK &{[\"CMD-SHELL\" \"curl -f http://localhost:8080/health || exit 1\"] \"30s\" \"3s\" \"0s\" \"0s\" '\\x03'}",
        false,
    ),
    ("ENTRYPOINT [\"/srv/shop/.venv/bin/gunicorn\"]", false),
    ("CMD [\"-b\" \"0.0.0.0:8080\" \"shop.main:app\"]", false),
];

fn config() -> Value {
    json!({
        "User": "shop",
        "ExposedPorts": {"8080/tcp": {}},
        "Env": ["LANG=en_US.UTF-8", "PATH=/srv/shop/.venv/bin:/usr/local/bin:/usr/bin:/bin", "PYTHONUNBUFFERED=1"],
        "Entrypoint": ["/srv/shop/.venv/bin/gunicorn"],
        "Cmd": ["-b", "0.0.0.0:8080", "shop.main:app"],
        "WorkingDir": "/srv/shop",
        "Healthcheck": {"Test": ["CMD-SHELL", "curl -f http://localhost:8080/health || exit 1"], "Interval": 30_000_000_000_u64, "Timeout": 3_000_000_000_u64, "Retries": 3},
        "Labels": {
            "maintainer": "base-team@example.org",
            "org.opencontainers.image.licenses": "MIT",
            "org.opencontainers.image.revision": "4f5e6d7c8b9a",
            "org.opencontainers.image.source": "https://git.example.org/demo/shop",
            "org.opencontainers.image.title": "shop",
            "org.opencontainers.image.vendor": "Demo-Shop",
            "org.opencontainers.image.version": "1.4.2",
        },
    })
}

/// The archive, without its compression.
pub fn archive() -> Vec<u8> {
    let rows = HISTORY.iter().enumerate().map(|(index, (command, makes_a_layer))| {
        let created = format!("2024-05-06T07:{:02}:{:02}Z", 8 + index / 4, (index * 17) % 60);
        let mut row = json!({"created": created, "created_by": command});
        if !makes_a_layer {
            row["empty_layer"] = true.into();
        }
        if command.contains("buildkit") {
            row["comment"] = "buildkit.dockerfile.v0".into();
        }
        row
    });
    let layers = contents::layers().iter().map(|entries| layer_tar(entries)).collect();
    let image = Image { config: config(), history: rows.collect(), ..Image::new("demo/shop:1.4.2", layers) };
    docker_archive(&[image], true)
}

#[test]
fn demo_asset_is_what_the_generator_makes() {
    let made = archive();
    if std::env::var_os("LAYERSCOPE_BLESS").is_some() {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
        encoder.write_all(&made).unwrap();
        std::fs::write(ASSET, encoder.finish().unwrap()).unwrap();
    }
    let stored = std::fs::read(ASSET).unwrap();
    assert!(stored.len() < LIMIT, "{} bytes", stored.len());
    let mut unpacked = Vec::new();
    flate2::read::MultiGzDecoder::new(&stored[..]).read_to_end(&mut unpacked).unwrap();
    assert!(unpacked == made, "run `LAYERSCOPE_BLESS=1 cargo test --test it demo`");
}

#[test]
fn demo_shows_what_it_is_there_to_show() {
    let report = crate::binary::layerscope(&["report", ASSET, "--format", "json"]).expect(0).json();
    assert_eq!(report["image"]["tags"], json!(["demo/shop:1.4.2"]));
    let layers = HISTORY.iter().filter(|row| row.1).count();
    assert_eq!(report["totals"]["layers"], layers);
    for cause in ["overwritten", "metadata_only", "removed", "hidden"] {
        assert!(report["totals"]["causes"][cause].as_u64().unwrap() > 0, "{cause}");
    }
    let vendor = report["labels"]
        .as_array()
        .unwrap()
        .iter()
        .find(|label| label["key"] == "org.opencontainers.image.vendor")
        .unwrap();
    assert_eq!(vendor["value"], "Demo-Shop");
    assert_eq!(vendor["overrides"][0]["value"], "Example-Base");
    assert_eq!(report["cmd"][0]["overrides"][0]["value"], "[\"bash\"]");
    assert_eq!((&report["user"][0]["value"], &report["ports"][0]["value"]), (&json!("shop"), &json!("8080/tcp")));
    assert_eq!(report["notices"], json!([]));
    for layer in report["layers"].as_array().unwrap() {
        assert_eq!((&layer["status"], &layer["notices"]), (&json!("ok"), &json!([])), "{layer}");
    }
    crate::binary::layerscope(&["demo"]).expect(0);
}

#[test]
fn the_report_is_as_the_published_schema_says() {
    let schema = crate::binary::layerscope(&["schema"]).expect(0).json();
    let validator = jsonschema::validator_for(&schema).unwrap();
    let mut report = crate::binary::layerscope(&["report", ASSET, "--format", "json"]).expect(0).json();
    let errors: Vec<String> = validator.iter_errors(&report).map(|error| error.to_string()).collect();
    assert!(errors.is_empty(), "{errors:?}");
    report["layers"][0]["shipped_bytes"] = json!("many");
    assert!(!validator.is_valid(&report), "a check that cannot fail is none");
}
