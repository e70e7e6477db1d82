//! Who the user of an image is: a name means nothing without the image's `/etc/passwd`.

/// The accounts of an image: its `/etc/passwd`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Accounts {
    /// It has no such file.
    Missing,
    /// All of the file.
    Known(Vec<u8>),
    /// There is one, and it cannot be used; the text says why.
    Unknown(String),
}

/// Who runs in a container of an image.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum User {
    /// Root; the text says why.
    Root(String),
    /// Somebody else.
    Other,
    /// That cannot be told; the text says why.
    Unknown(String),
}

impl User {
    /// Reads `USER[:GROUP]` of the config as engines do: no user is root, a number is taken as it is, and the first line
    /// with a name decides (`github.com/moby/sys/user`, `GetExecUser`). A name that no line has starts no container.
    pub(crate) fn of(user: Option<&str>, accounts: &Accounts) -> Self {
        let Some(user) = user.map(|user| user.split(':').next().unwrap_or(user)).filter(|user| !user.is_empty()) else {
            return Self::Root("no USER is set, so it runs as root".to_owned());
        };
        let uid = match (user.parse::<i64>(), accounts) {
            (Ok(uid), _) => Some(uid),
            (Err(_), Accounts::Known(passwd)) => uid_of(user, passwd),
            (Err(_), Accounts::Unknown(why)) => {
                return Self::Unknown(format!("whether USER {user} is root cannot be told: {why}"));
            }
            (Err(_), Accounts::Missing) => None,
        };
        match uid {
            Some(0) if user == "0" || user == "root" => Self::Root(format!("USER is {user}")),
            Some(0) => Self::Root(format!("USER is {user}, which is user 0")),
            Some(_) => Self::Other,
            // Nothing else is called so.
            None if user == "root" => Self::Root("USER is root".to_owned()),
            None if *accounts == Accounts::Missing => {
                Self::Unknown(format!("whether USER {user} is root cannot be told: the image has no /etc/passwd"))
            }
            None => Self::Unknown(format!("USER is {user}, and /etc/passwd has no such account")),
        }
    }
}

/// The number of the first account with a name. One that is missing or no number is 0, as engines read it.
fn uid_of(user: &str, passwd: &[u8]) -> Option<i64> {
    passwd.split(|byte| *byte == b'\n').find_map(|line| {
        let mut fields = line.trim_ascii().split(|byte| *byte == b':');
        let name = fields.next()?;
        let mut uid = || std::str::from_utf8(fields.nth(1)?).ok()?.parse().ok();
        (name == user.as_bytes()).then(|| uid().unwrap_or(0))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(user: Option<&str>, accounts: &Accounts) -> String {
        match User::of(user, accounts) {
            User::Root(why) => why,
            User::Other => "fine".to_owned(),
            User::Unknown(why) => format!("? {why}"),
        }
    }

    #[test]
    fn root_has_many_names() {
        let passwd = b"root:x:0:0::/root:/bin/sh\nadmin:x:0:0::/:/bin/sh\napp:x:1000:1000::/:\n  led:x:0\t\r\nshort\n\
                       \nodd:x:y:z\ntwice:x:5\ntwice:x:0\n7:x:0:0::/:\n";
        let unset = "no USER is set, so it runs as root";
        let with_accounts = [
            (None, unset),
            (Some(""), unset),
            (Some(":1000"), unset),
            (Some("root"), "USER is root"),
            (Some("0"), "USER is 0"),
            (Some("00"), "USER is 00, which is user 0"),
            (Some("+0"), "USER is +0, which is user 0"),
            (Some("admin"), "USER is admin, which is user 0"),
            // Space around a line is no part of it; what is missing or no number is 0.
            (Some("led"), "USER is led, which is user 0"),
            (Some("short"), "USER is short, which is user 0"),
            (Some("odd"), "USER is odd, which is user 0"),
            (Some("app"), "fine"),
            (Some("app:0"), "fine"),
            (Some("twice"), "fine"),
            (Some("1000"), "fine"),
            // A number is never a name.
            (Some("7"), "fine"),
            (Some("nobody"), "? USER is nobody, and /etc/passwd has no such account"),
        ];
        for (user, expected) in with_accounts {
            assert_eq!(told(user, &Accounts::Known(passwd.to_vec())), expected, "{user:?}");
        }
        let without = [
            (None, unset),
            (Some("root"), "USER is root"),
            (Some("root:app"), "USER is root"),
            (Some("0:0"), "USER is 0"),
            (Some("65532"), "fine"),
            (Some("app"), "? whether USER app is root cannot be told: the image has no /etc/passwd"),
        ];
        for (user, expected) in without {
            assert_eq!(told(user, &Accounts::Missing), expected, "{user:?}");
        }
        let large = Accounts::Unknown("it is large".to_owned());
        assert_eq!(told(Some("5"), &large), "fine");
        assert_eq!(told(Some("root"), &large), "? whether USER root is root cannot be told: it is large");
    }
}
