//! Keys of labels that have a meaning, and what followed those that are no longer used.

/// Label Schema keys and the annotation that replaced each ("Back-compatibility with Label Schema" in the OCI image
/// spec's `annotations.md`). A key that the spec names without a successor is not here.
const SUCCESSORS: [(&str, &str); 9] = [
    ("org.label-schema.build-date", "org.opencontainers.image.created"),
    ("org.label-schema.description", "org.opencontainers.image.description"),
    ("org.label-schema.name", "org.opencontainers.image.title"),
    ("org.label-schema.url", "org.opencontainers.image.url"),
    ("org.label-schema.usage", "org.opencontainers.image.documentation"),
    ("org.label-schema.vcs-ref", "org.opencontainers.image.revision"),
    ("org.label-schema.vcs-url", "org.opencontainers.image.source"),
    ("org.label-schema.vendor", "org.opencontainers.image.vendor"),
    ("org.label-schema.version", "org.opencontainers.image.version"),
];

/// The OCI annotation that takes the place of a Label Schema key; none for every other key.
pub fn successor(key: &str) -> Option<&'static str> {
    SUCCESSORS.iter().find(|(old, _)| *old == key).map(|(_, new)| *new)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn label_schema_keys_have_successors() {
        assert_eq!(successor("org.label-schema.vcs-ref"), Some("org.opencontainers.image.revision"));
        assert_eq!(successor("org.label-schema.usage"), Some("org.opencontainers.image.documentation"));
        assert_eq!(successor("org.label-schema.schema-version"), None);
        assert_eq!(successor("maintainer"), None);
    }
}
