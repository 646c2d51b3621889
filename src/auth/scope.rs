//! OAuth scopes and what they cover.
//!
//! A scope covers itself and everything below it: `read` covers `read:accounts`. The
//! old `follow` covers follows, blocks and mutes, to read and to write. Any text may be
//! a scope; what none of our routes asks for simply opens nothing.
use std::fmt;

/// A set of scopes in the order they were asked for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Scopes(Vec<String>);

impl Scopes {
    /// Reads a list as clients write it, parted by spaces or commas.
    pub fn parse(text: &str) -> Scopes {
        Scopes::from_list(text.split([' ', ',', '+', '\t', '\n', '\r']))
    }

    /// Collects scopes, each once; entries may themselves be lists.
    pub fn from_list<I>(list: I) -> Scopes
    where
        I: IntoIterator<Item: AsRef<str>>,
    {
        let mut scopes = Scopes::default();
        for item in list {
            let names = item
                .as_ref()
                .split([' ', ','])
                .filter(|name| !name.is_empty());
            names.for_each(|name| scopes.add(name));
        }
        scopes
    }

    fn add(&mut self, name: &str) {
        if !self.0.iter().any(|known| known == name) {
            self.0.push(name.to_owned());
        }
    }

    /// Tells whether nothing was asked for or granted.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The scopes in the order asked for.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(String::as_str)
    }

    /// Tells whether these scopes open what needs `required`.
    pub fn covers(&self, required: &str) -> bool {
        self.iter().any(|granted| covers(granted, required))
    }

    /// Tells whether one of several scopes suffices and is covered.
    pub fn allows_any(&self, required: &[&str]) -> bool {
        required.iter().any(|required| self.covers(required))
    }

    /// Tells whether an app with the scopes `granted` may ask for these.
    pub fn subset_of(&self, granted: &Scopes) -> bool {
        self.iter().all(|asked| granted.covers(asked))
    }

    /// Leaves out the scopes that only an administrator can hold.
    pub fn without_admin(&self) -> Scopes {
        Scopes::from_list(self.iter().filter(|scope| !covers("admin", scope)))
    }
}

impl fmt::Display for Scopes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.join(" "))
    }
}

fn covers(granted: &str, required: &str) -> bool {
    is_within(granted, required) || (granted == "follow" && is_relationship(required))
}

fn is_within(granted: &str, required: &str) -> bool {
    required
        .strip_prefix(granted)
        .is_some_and(|rest| rest.is_empty() || rest.starts_with(':'))
}

fn is_relationship(scope: &str) -> bool {
    matches!(
        scope.split_once(':'),
        Some(("read" | "write", "follows" | "blocks" | "mutes"))
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn lists_are_read_as_clients_write_them() {
        let scopes = Scopes::parse("read write,follow read  push");
        assert_eq!(scopes.to_string(), "read write follow push");
        assert_eq!(Scopes::from_list(["read", "write follow", "push"]), scopes);
        assert!(Scopes::parse(" ,").is_empty());
    }

    #[test]
    fn a_scope_covers_itself_and_what_is_below() {
        let cases = [
            ("read", "read", true),
            ("read", "read:accounts", true),
            ("read:accounts", "read:accounts", true),
            ("read:accounts", "read", false),
            ("read:accounts", "read:accounts2", false),
            ("read", "readx", false),
            ("write", "read", false),
            ("write", "admin:write", false),
            ("admin", "admin:read:accounts", true),
            ("admin:read", "admin:read:accounts", true),
            ("admin:read", "admin:write", false),
        ];
        for (granted, required, expected) in cases {
            assert_eq!(
                Scopes::parse(granted).covers(required),
                expected,
                "{granted} {required}"
            );
        }
        assert!(!Scopes::default().covers("read"));
    }

    #[test]
    fn follow_covers_relationships_both_ways() {
        let follow = Scopes::parse("follow");
        for kind in ["follows", "blocks", "mutes"] {
            assert!(follow.covers(&format!("read:{kind}")));
            assert!(follow.covers(&format!("write:{kind}")));
        }
        assert!(follow.covers("follow"));
        for other in [
            "read",
            "write",
            "read:accounts",
            "write:statuses",
            "admin:follows",
        ] {
            assert!(!follow.covers(other), "{other}");
        }
    }

    #[test]
    fn one_of_several_scopes_suffices() {
        let required = ["follow", "write:follows"];
        assert!(Scopes::parse("write").allows_any(&required));
        assert!(Scopes::parse("follow").allows_any(&required));
        assert!(!Scopes::parse("read").allows_any(&required));
        assert!(!Scopes::parse("read").allows_any(&[]));
    }

    #[test]
    fn a_request_may_name_the_scopes_of_the_app_and_those_below() {
        let app = Scopes::parse("read write:statuses custom");
        for asked in ["read", "read:lists custom", "write:statuses", ""] {
            assert!(Scopes::parse(asked).subset_of(&app), "{asked}");
        }
        for asked in ["write", "read push", "write:media"] {
            assert!(!Scopes::parse(asked).subset_of(&app), "{asked}");
        }
    }

    #[test]
    fn admin_scopes_can_be_left_out() {
        let scopes = Scopes::parse("read admin write admin:read administer");
        assert_eq!(scopes.without_admin().to_string(), "read write administer");
    }

    proptest! {
        #[test]
        fn what_is_printed_reads_back_the_same(text in "[a-z:, +é]{0,40}") {
            let scopes = Scopes::parse(&text);
            prop_assert_eq!(Scopes::parse(&scopes.to_string()), scopes);
        }
    }
}
