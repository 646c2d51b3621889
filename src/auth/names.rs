//! Which usernames and e-mail addresses may be registered here.

/// Most characters in a username.
const LONGEST_NAME: usize = 30;

/// Names that are, or look like, a part of the server. `admin` is an ordinary name:
/// what an account may do is not told by its name.
const RESERVED: [&str; 54] = [
    ".well-known",
    "about",
    "activities",
    "api",
    "auth",
    "check_password",
    "confirmation_resend",
    "dev",
    "emoji",
    "favicon",
    "feed",
    "friend_requests",
    "healthcheck",
    "images",
    "inbox",
    "instance",
    "internal",
    "main",
    "manifest",
    "media",
    "mfa",
    "nodeinfo",
    "notice",
    "oauth",
    "objects",
    "ostatus_subscribe",
    "outbox",
    "packs",
    "phoenix",
    "pleroma",
    "proxy",
    "push",
    "registration",
    "relationships",
    "relay",
    "search",
    "settings",
    "sounds",
    "static",
    "status",
    "statuses",
    "sw",
    "tag",
    "tags",
    "update_credentials",
    "uploads",
    "user_exists",
    "user_search",
    "users",
    "verify_credentials",
    "web",
    "websocket",
    "timeline",
    "timelines",
];

/// Folds a wanted username to the form it is stored in.
///
/// The errors are what Pleroma's clients know to translate.
pub fn username(wanted: &str) -> Result<String, &'static str> {
    if wanted.is_empty() {
        return Err("can't be blank");
    }
    let name = wanted.to_ascii_lowercase();
    if !is_username(&name) {
        return Err("has invalid format");
    }
    if is_reserved(&name) {
        return Err("is reserved");
    }
    Ok(name)
}

/// Tells whether a name has the form of a local username, reserved or not.
pub fn is_username(name: &str) -> bool {
    let plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_';
    (1..=LONGEST_NAME).contains(&name.len()) && name.bytes().all(plain)
}

/// Names that nobody may have.
pub fn reserved() -> &'static [&'static str] {
    &RESERVED
}

/// Tells whether nobody may have this name.
pub fn is_reserved(name: &str) -> bool {
    RESERVED.contains(&name)
}

/// Checks that an e-mail address is a plain one (RFC 5321 without quotes, comments,
/// routes and literals): mailers disagree about everything else.
pub fn check_email(address: &str) -> Result<(), &'static str> {
    match address.split_once('@') {
        _ if address.is_empty() => Err("can't be blank"),
        Some((local, domain)) if is_local_part(local) && is_domain(domain) => Ok(()),
        _ => Err("has invalid format"),
    }
}

fn is_local_part(local: &str) -> bool {
    local.len() <= 64
        && local
            .split('.')
            .all(|atom| !atom.is_empty() && atom.bytes().all(is_atom_byte))
}

/// Leaves out `%` and `!`, which some relays read as routes, and every kind of quote.
fn is_atom_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"#$&*+-/=?^_{|}~".contains(&byte)
}

fn is_domain(domain: &str) -> bool {
    domain.len() <= 253 && domain.split('.').all(is_label)
}

fn is_label(label: &str) -> bool {
    (1..=63).contains(&label.len())
        && !label.starts_with('-')
        && !label.ends_with('-')
        && label
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b == b'-')
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn usernames_are_folded() {
        for (wanted, stored) in [
            ("Lain", "lain"),
            ("a_1", "a_1"),
            ("admin", "admin"),
            ("alice", "alice"),
        ] {
            assert_eq!(username(wanted), Ok(stored.to_owned()));
        }
        assert_eq!(username(&"a".repeat(30)), Ok("a".repeat(30)));
    }

    #[test]
    fn other_characters_and_lengths_are_refused() {
        for wanted in [
            "a-b",
            "a.b",
            "a b",
            "é",
            "K\u{212a}",
            "~",
            "a\0",
            "@a",
            &"a".repeat(31),
        ] {
            assert_eq!(username(wanted), Err("has invalid format"), "{wanted:?}");
        }
        assert_eq!(username(""), Err("can't be blank"));
    }

    #[test]
    fn names_of_the_server_are_reserved() {
        for wanted in ["api", "OAuth", "users", "relay", "user_exists", "emoji"] {
            assert_eq!(username(wanted), Err("is reserved"), "{wanted}");
        }
    }

    #[test]
    fn plain_addresses_are_accepted() {
        for address in [
            "a@b.example",
            "lain+tag@sub.example.org",
            "a.b-c_d@localhost",
            "x@1.example",
        ] {
            assert_eq!(check_email(address), Ok(()), "{address}");
        }
    }

    #[test]
    fn tricky_addresses_are_refused() {
        let long = format!("{}@b.example", "a".repeat(65));
        let refused = [
            "a",
            "@b",
            "a@",
            "a@@b",
            "a@b@c",
            "a%b@c.example",
            "a!b@c.example",
            "\"a\"@b.example",
            "a(x)@b.example",
            "a@b..example",
            ".a@b.example",
            "a.@b.example",
            "a@-b.example",
            "a @b.example",
            "a@b.example ",
            "a@b.example\r\nBcc: c@d.example",
            "a@[127.0.0.1]",
            "é@b.example",
            "a@é.example",
            "<a@b.example>",
            "a,b@c.example",
            "a'b@c.example",
            "a\0@b.example",
            "a@b.example.",
            long.as_str(),
        ];
        for address in refused {
            assert_eq!(
                check_email(address),
                Err("has invalid format"),
                "{address:?}"
            );
        }
        assert_eq!(check_email(""), Err("can't be blank"));
    }

    proptest! {
        #[test]
        fn any_text_is_judged_without_a_panic(text in "\\PC{0,40}") {
            if let Ok(name) = username(&text) {
                prop_assert!(is_username(&name));
            }
            if check_email(&text).is_ok() {
                prop_assert!(text.is_ascii());
            }
        }
    }
}
