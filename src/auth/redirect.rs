//! Redirect URIs: which may be registered, which of them a request may name, and how an answer is added to one.

/// The URI of applications that cannot be redirected to: the code is shown on a page, to be copied by hand.
pub const OUT_OF_BAND: &str = "urn:ietf:wg:oauth:2.0:oob";

/// Schemes that would run a script or show a forged page under our name.
const HARMFUL: [&str; 8] = [
    "javascript",
    "data",
    "vbscript",
    "file",
    "about",
    "blob",
    "filesystem",
    "view-source",
];

/// Whether codes may ever be sent there: an absolute URI in printable ASCII, without fragment.
pub fn may_register(uri: &str) -> bool {
    if uri == OUT_OF_BAND {
        return true;
    }
    let printable = uri
        .bytes()
        .all(|byte| byte.is_ascii_graphic() && !matches!(byte, b'#' | b'"' | b'<' | b'>' | b'\\'));
    let harmless = scheme(uri).is_some_and(|scheme| !HARMFUL.contains(&scheme.as_str()));
    printable && harmless && url::Url::parse(uri).is_ok()
}

/// The scheme in lower case, if the text begins with one.
pub fn scheme(uri: &str) -> Option<String> {
    let (scheme, rest) = uri.split_once(':')?;
    let valid = scheme.starts_with(|first: char| first.is_ascii_alphabetic())
        && scheme
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte));
    (valid && !rest.is_empty()).then(|| scheme.to_ascii_lowercase())
}

/// Whether a request may name `asked` where `registered` is on the list: the same text, but for the port of a program
/// on the visitor's own machine, which it chooses anew each time (RFC 8252, 7.3).
pub fn matches(registered: &str, asked: &str) -> bool {
    if registered == asked {
        return true;
    }
    matches!((without_port(registered), without_port(asked)), (Some(one), Some(other)) if one == other)
}

/// Host and the rest of a loopback address.
fn without_port(uri: &str) -> Option<(&str, &str)> {
    let rest = uri.strip_prefix("http://")?;
    let host = ["127.0.0.1", "[::1]"]
        .into_iter()
        .find(|host| rest.starts_with(host))?;
    let rest = &rest[host.len()..];
    let path = match rest.strip_prefix(':') {
        None => rest,
        Some(numbered) => {
            let path = numbered.trim_start_matches(|c: char| c.is_ascii_digit());
            let port = &numbered[..numbered.len() - path.len()];
            port.parse::<u16>().ok()?;
            path
        }
    };
    (path.is_empty() || path.starts_with(['/', '?'])).then_some((host, path))
}

/// The URI with more parameters, after those that it has.
pub fn with_query(uri: &str, pairs: &[(&str, &str)]) -> String {
    let encoded: Vec<String> = pairs
        .iter()
        .map(|(key, value)| {
            let value = percent_encoding::utf8_percent_encode(value, UNRESERVED);
            format!("{key}={value}")
        })
        .collect();
    let joint = match uri.split_once('?') {
        None => "?",
        Some((_, "")) => "",
        Some((_, query)) if query.ends_with('&') => "",
        Some(_) => "&",
    };
    format!("{uri}{joint}{}", encoded.join("&"))
}

const UNRESERVED: &percent_encoding::AsciiSet = &percent_encoding::NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn web_addresses_and_schemes_of_apps_may_be_registered() {
        for uri in [
            "https://client.example/cb",
            "https://client.example/cb?x=1",
            "http://127.0.0.1:8080/",
            "icecubesapp://",
            "oauth2redirect://com.example.app/",
            "com.example.app:/cb",
            OUT_OF_BAND,
        ] {
            assert!(may_register(uri), "{uri}");
        }
    }

    #[test]
    fn scripts_fragments_and_relative_addresses_may_not() {
        for uri in [
            "",
            ".",
            "/cb",
            "client.example/cb",
            "https://client.example/#cb",
            "javascript:alert(1)",
            "JavaScript:alert(1)",
            "data:text/html,x",
            "https://client.example/a b",
            "https://client.example/\r\nX: y",
            "https://client.example/é",
            "https://",
        ] {
            assert!(!may_register(uri), "{uri}");
        }
    }

    #[test]
    fn only_the_port_of_the_own_machine_is_free() {
        for (registered, asked, expected) in [
            ("https://a.example/cb", "https://a.example/cb", true),
            ("https://a.example/cb", "https://a.example/cb/", false),
            ("https://a.example/cb", "https://a.example/cb?x=1", false),
            ("https://a.example/cb", "https://a.example:8443/cb", false),
            ("https://a.example/cb", "http://a.example/cb", false),
            ("http://127.0.0.1/cb", "http://127.0.0.1:5678/cb", true),
            ("http://127.0.0.1:1234/cb", "http://127.0.0.1:5678/cb", true),
            ("http://[::1]/cb", "http://[::1]:5678/cb", true),
            ("http://127.0.0.1/cb", "http://127.0.0.1:5678/other", false),
            (
                "http://127.0.0.1/cb",
                "http://127.0.0.1:@evil.example/cb",
                false,
            ),
            ("http://127.0.0.1/", "http://127.0.0.1.evil.example/", false),
            ("http://127.0.0.1/cb", "http://127.0.0.1:99999/cb", false),
            ("http://localhost/cb", "http://localhost:5678/cb", false),
            ("https://127.0.0.1/cb", "https://127.0.0.1:5678/cb", false),
        ] {
            assert_eq!(matches(registered, asked), expected, "{registered} {asked}");
        }
    }

    #[test]
    fn parameters_join_the_query_that_is_there() {
        for (uri, expected) in [
            ("https://a.example/cb", "https://a.example/cb?code=x%26y"),
            (
                "https://a.example/cb?z=1",
                "https://a.example/cb?z=1&code=x%26y",
            ),
            ("https://a.example/cb?", "https://a.example/cb?code=x%26y"),
            ("icecubesapp://", "icecubesapp://?code=x%26y"),
        ] {
            assert_eq!(with_query(uri, &[("code", "x&y")]), expected);
        }
    }
}
