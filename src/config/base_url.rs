//! The address under which others know this server.
use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use url::{Host, Url};

/// `http` or `https`, host, perhaps a port; no path, no trailing slash. Every id and link that
/// the server makes begins with it, so it is normalised once, here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BaseUrl {
    text: String,
    host: Host,
    authority: String,
    domain: Option<String>,
}

impl BaseUrl {
    /// Reads what an operator wrote; the error says what was expected.
    pub fn parse(text: &str) -> Result<BaseUrl, String> {
        let expected = "an address such as \"https://example.org\", without a path";
        let url = Url::parse(text.trim()).map_err(|_| expected)?;
        let bare = matches!(url.path(), "" | "/")
            && url.query().is_none()
            && url.fragment().is_none()
            && url.username().is_empty()
            && url.password().is_none();
        match url.host() {
            Some(host) if bare && matches!(url.scheme(), "http" | "https") => {
                Ok(BaseUrl::new(url.scheme(), host.to_owned(), url.port()))
            }
            _ => Err(expected.into()),
        }
    }

    /// The address of a server that was told nothing but where to listen.
    pub fn from_listen(bound: SocketAddr) -> BaseUrl {
        let host = match bound.ip() {
            IpAddr::V4(ip) if ip.is_unspecified() => Host::Ipv4(Ipv4Addr::LOCALHOST),
            IpAddr::V6(ip) if ip.is_unspecified() => Host::Ipv6(Ipv6Addr::LOCALHOST),
            IpAddr::V4(ip) => Host::Ipv4(ip),
            IpAddr::V6(ip) => Host::Ipv6(ip),
        };
        BaseUrl::new("http", host, Some(bound.port()).filter(|port| *port != 80))
    }

    fn new(scheme: &str, host: Host, port: Option<u16>) -> BaseUrl {
        let authority = match port {
            Some(port) => format!("{host}:{port}"),
            None => host.to_string(),
        };
        BaseUrl {
            text: format!("{scheme}://{authority}"),
            host,
            authority,
            domain: None,
        }
    }

    /// The address without a trailing slash, ready for a path to be appended.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// `scheme://host[:port]` followed by `path`, which must begin with a slash.
    pub fn join(&self, path: &str) -> String {
        format!("{}{path}", self.text)
    }

    /// The host alone, in ASCII; IPv6 in brackets.
    pub fn host(&self) -> String {
        self.host.to_string()
    }

    /// Host and, where it is not the usual one, port.
    pub fn authority(&self) -> &str {
        &self.authority
    }

    /// With another name in handles (`server.domain`); an empty one is none.
    pub fn with_domain(mut self, domain: &str) -> BaseUrl {
        let domain = domain.trim().to_lowercase();
        self.domain = Some(domain).filter(|domain| !domain.is_empty());
        self
    }

    /// What follows the `@` in a handle.
    pub fn domain(&self) -> &str {
        self.domain.as_deref().unwrap_or(&self.authority)
    }

    /// Whether a name after an `@` means this server.
    pub fn is_own(&self, host: &str) -> bool {
        host.eq_ignore_ascii_case(self.domain())
            || host.eq_ignore_ascii_case(&self.authority)
            || host.eq_ignore_ascii_case(&self.host())
    }

    /// Whether browsers and peers reach this server through TLS.
    pub fn is_https(&self) -> bool {
        self.text.starts_with("https:")
    }

    /// Whether only this machine can mean itself by the host.
    pub fn is_loopback(&self) -> bool {
        match &self.host {
            Host::Ipv4(ip) => ip.is_loopback(),
            Host::Ipv6(ip) => ip.is_loopback(),
            Host::Domain(name) => matches_zone(name, "localhost"),
        }
    }

    /// Whether the host can be reached from the internet: not an address of a private network,
    /// not a name that only a local resolver knows or that is reserved for tests.
    pub fn is_public(&self) -> bool {
        match &self.host {
            Host::Ipv4(ip) => is_public_v4(*ip),
            Host::Ipv6(ip) => ip
                .to_ipv4_mapped()
                .map_or((ip.segments()[0] & 0xe000) == 0x2000, is_public_v4),
            Host::Domain(name) => {
                name.trim_end_matches('.').contains('.')
                    && !LOCAL_ZONES.iter().any(|zone| matches_zone(name, zone))
            }
        }
    }
}

/// Zones that the public name service never answers for.
const LOCAL_ZONES: [&str; 9] = [
    "localhost",
    "local",
    "lan",
    "internal",
    "home.arpa",
    "test",
    "example",
    "invalid",
    "onion",
];

fn matches_zone(name: &str, zone: &str) -> bool {
    let name = name.trim_end_matches('.');
    name.strip_suffix(zone)
        .is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
}

fn is_public_v4(ip: Ipv4Addr) -> bool {
    let shared = ip.octets()[0] == 100 && ip.octets()[1] & 0xc0 == 64;
    !(ip.is_private() || ip.is_loopback() || ip.is_link_local() || ip.is_unspecified() || shared)
}

impl fmt::Display for BaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_normalised_once() {
        for (written, normal) in [
            ("https://example.org/", "https://example.org"),
            (" HTTPS://Example.ORG:443 ", "https://example.org"),
            ("http://127.0.0.1:4000", "http://127.0.0.1:4000"),
            ("https://bücher.example", "https://xn--bcher-kva.example"),
            ("http://[::1]:80/", "http://[::1]"),
        ] {
            assert_eq!(BaseUrl::parse(written).unwrap().as_str(), normal);
        }
    }

    #[test]
    fn anything_but_scheme_host_and_port_is_refused() {
        for written in [
            "example.org",
            "ftp://example.org",
            "https://example.org/kenoma",
            "https://example.org/?a",
            "https://example.org/#a",
            "https://me@example.org",
            "https://",
            "",
        ] {
            assert!(BaseUrl::parse(written).is_err(), "{written}");
        }
    }

    #[test]
    fn the_parts_follow_from_the_text() {
        let url = BaseUrl::parse("https://example.org:8443").unwrap();
        assert_eq!(
            (url.host().as_str(), url.authority()),
            ("example.org", "example.org:8443")
        );
        assert!(url.is_https());
        assert_eq!(
            url.join("/users/alice"),
            "https://example.org:8443/users/alice"
        );
    }

    #[test]
    fn a_listening_address_becomes_one_that_can_be_dialled() {
        for (bound, url) in [
            ("0.0.0.0:4000", "http://127.0.0.1:4000"),
            ("[::]:4000", "http://[::1]:4000"),
            ("192.168.1.2:80", "http://192.168.1.2"),
        ] {
            assert_eq!(BaseUrl::from_listen(bound.parse().unwrap()).as_str(), url);
        }
    }

    #[test]
    fn public_hosts_are_told_from_local_ones() {
        for (host, public, loopback) in [
            ("example.org", true, false),
            ("9.9.9.9", true, false),
            ("[2606:4700::1111]", true, false),
            ("localhost", false, true),
            ("a.localhost", false, true),
            ("notlocalhost.org", true, false),
            ("127.1.2.3", false, true),
            ("[::1]", false, true),
            ("[::ffff:10.0.0.1]", false, false),
            ("192.168.1.2", false, false),
            ("100.64.0.1", false, false),
            ("[fd00::1]", false, false),
            ("pi.local", false, false),
            ("kenoma-a", false, false),
            ("one.test", false, false),
        ] {
            let url = BaseUrl::parse(&format!("http://{host}")).unwrap();
            assert_eq!(
                (url.is_public(), url.is_loopback()),
                (public, loopback),
                "{host}"
            );
        }
    }
}
