//! Who the user of an image is: a name means nothing without the image's `/etc/passwd`.

/// Why a container of an image runs as root, if it does. `user` is the config's, `passwd` the image's `/etc/passwd`.
///
/// As engines read it: `USER[:GROUP]`, the first line of that name or of that number decides, a number that no line has
/// is taken as it is, and no user is root. A name that no line has cannot be started.
pub(super) fn why_root(user: Option<&str>, passwd: Option<&[u8]>) -> Option<String> {
    let Some(user) = user.map(|user| user.split(':').next().unwrap_or(user)).filter(|user| !user.is_empty()) else {
        return Some("no USER is set, so it runs as root".to_owned());
    };
    let uid = passwd.and_then(|passwd| uid_of(user, passwd)).or_else(|| user.parse().ok());
    match uid {
        Some(0) if user == "0" || user == "root" => Some(format!("USER is {user}")),
        Some(0) => Some(format!("USER is {user}, which is user 0")),
        // Without a passwd nothing else is called so.
        None if user == "root" => Some("USER is root".to_owned()),
        Some(_) | None => None,
    }
}

/// The number of the first account that has a name, or that number.
fn uid_of(user: &str, passwd: &[u8]) -> Option<i64> {
    passwd.split(|byte| *byte == b'\n').find_map(|line| {
        let mut fields = line.split(|byte| *byte == b':');
        let (name, uid) = (fields.next()?, fields.nth(1)?);
        (name == user.as_bytes() || uid == user.as_bytes()).then(|| std::str::from_utf8(uid).ok()?.parse().ok())?
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn root_has_many_names() {
        let passwd: &[u8] = b"root:x:0:0::/root:/bin/sh\nadmin:x:0:0::/:/bin/sh\napp:x:1000:1000::/:\nbroken\n0x:y:z\n";
        let unset = Some("no USER is set, so it runs as root");
        let with_accounts = [
            (None, unset),
            (Some(""), unset),
            (Some(":1000"), unset),
            (Some("root"), Some("USER is root")),
            (Some("0"), Some("USER is 0")),
            (Some("00"), Some("USER is 00, which is user 0")),
            (Some("admin"), Some("USER is admin, which is user 0")),
            (Some("app"), None),
            (Some("1000"), None),
            (Some("nobody"), None),
        ];
        for (user, expected) in with_accounts {
            assert_eq!(why_root(user, Some(passwd)).as_deref(), expected, "{user:?}");
        }
        let without = [
            (None, unset),
            (Some("root"), Some("USER is root")),
            (Some("root:app"), Some("USER is root")),
            (Some("0:0"), Some("USER is 0")),
            (Some("65532"), None),
            (Some("app"), None),
        ];
        for (user, expected) in without {
            assert_eq!(why_root(user, None).as_deref(), expected, "{user:?}");
        }
    }
}
