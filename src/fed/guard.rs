//! Which addresses and URLs the server may call on behalf of strangers (security.md S1, federation.md 7.1). Allow-list
//! thinking: what is not known to be the public internet is refused.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use url::{Host, Url};

/// Networks of version 4 that are not the public internet: address and prefix length.
const REFUSED_V4: &[([u8; 4], u32)] = &[
    ([0, 0, 0, 0], 8),
    ([10, 0, 0, 0], 8),
    ([100, 64, 0, 0], 10),
    ([127, 0, 0, 0], 8),
    ([169, 254, 0, 0], 16),
    ([172, 16, 0, 0], 12),
    ([192, 0, 0, 0], 24),
    ([192, 0, 2, 0], 24),
    ([192, 31, 196, 0], 24),
    ([192, 52, 193, 0], 24),
    ([192, 88, 99, 0], 24),
    ([192, 168, 0, 0], 16),
    ([192, 175, 48, 0], 24),
    ([198, 18, 0, 0], 15),
    ([198, 51, 100, 0], 24),
    ([203, 0, 113, 0], 24),
    ([224, 0, 0, 0], 4),
    ([240, 0, 0, 0], 4),
];

/// Networks inside `2000::/3` that are not the public internet.
const REFUSED_V6: &[([u16; 4], u32)] = &[
    ([0x2001, 0, 0, 0], 23),
    ([0x2001, 0xdb8, 0, 0], 32),
    ([0x2002, 0, 0, 0], 16),
    ([0x2620, 0x4f, 0x8000, 0], 48),
    ([0x3fff, 0, 0, 0], 20),
];

/// Whether an address belongs to the public internet.
pub fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(v4) => is_public_v4(v4),
        IpAddr::V6(v6) => match embedded(v6) {
            Some(v4) => is_public_v4(v4),
            None => is_public_v6(v6),
        },
    }
}

/// The address of version 4 that one of version 6 stands for: mapped, or through the well-known NAT64 prefix.
fn embedded(v6: Ipv6Addr) -> Option<Ipv4Addr> {
    let [first, second, third, fourth, fifth, sixth, high, low] = v6.segments();
    let v4 = Ipv4Addr::from((u32::from(high) << 16) | u32::from(low));
    match [first, second, third, fourth, fifth, sixth] {
        [0, 0, 0, 0, 0, 0xffff] | [0x64, 0xff9b, 0, 0, 0, 0] => Some(v4),
        _ => None,
    }
}

fn is_public_v4(v4: Ipv4Addr) -> bool {
    let bits = u32::from(v4);
    !REFUSED_V4.iter().any(|(network, length)| {
        let network = u32::from(Ipv4Addr::from(*network));
        (bits ^ network) >> (32 - length) == 0
    })
}

fn is_public_v6(v6: Ipv6Addr) -> bool {
    let bits = (u128::from(v6) >> 64) as u64;
    bits >> 61 == 1
        && !REFUSED_V6.iter().any(|([a, b, c, d], length)| {
            let network = [*a, *b, *c, *d]
                .iter()
                .fold(0_u64, |all, part| all << 16 | u64::from(*part));
            (bits ^ network) >> (64 - length) == 0
        })
}

/// Reads an address that a stranger gave us. With `allow_private` (tests, onions) plain http, IP literals and any port are
/// fine too. The error says what is wrong with it, for the log.
///
/// The parser writes an IPv4 address in decimal, octal, hexadecimal or short form as four numbers, so that none slips by.
pub fn url(text: &str, allow_private: bool) -> Result<Url, &'static str> {
    if text.len() > MAX_URL {
        return Err("the address is too long");
    }
    let url = Url::parse(text).map_err(|_| "not an address")?;
    check(&url, allow_private)?;
    Ok(url)
}

/// Longest id or address that is read (security.md 2).
pub const MAX_URL: usize = 2000;

/// As [`url`], for an address that is parsed already, such as the target of a redirect.
pub fn check(url: &Url, allow_private: bool) -> Result<(), &'static str> {
    if !url.username().is_empty() || url.password().is_some() {
        return Err("the address carries a user name");
    }
    let is_web = match url.scheme() {
        "https" => true,
        "http" => allow_private,
        _ => false,
    };
    if !is_web {
        return Err("the address is not https");
    }
    match url.host() {
        Some(_) if allow_private => return Ok(()),
        Some(Host::Domain(_)) => {}
        Some(_) => return Err("the address has a number for a host"),
        None => return Err("the address has no host"),
    }
    match url.port() {
        None | Some(1024..) => Ok(()),
        Some(_) => Err("the address has a port below 1024"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn edges(first: &str, last: &str) {
        let (first, last): (IpAddr, IpAddr) = (first.parse().unwrap(), last.parse().unwrap());
        for inside in [first, last] {
            assert!(!is_public(inside), "{inside}");
        }
    }

    fn public(text: &str) -> bool {
        is_public(text.parse().unwrap())
    }

    #[test]
    fn sec_s1_no_network_of_the_list_is_public_from_its_first_address_to_its_last() {
        for (first, last) in [
            ("0.0.0.0", "0.255.255.255"),
            ("10.0.0.0", "10.255.255.255"),
            ("100.64.0.0", "100.127.255.255"),
            ("127.0.0.0", "127.255.255.255"),
            ("169.254.0.0", "169.254.255.255"),
            ("172.16.0.0", "172.31.255.255"),
            ("192.0.0.0", "192.0.0.255"),
            ("192.0.2.0", "192.0.2.255"),
            ("192.31.196.0", "192.31.196.255"),
            ("192.52.193.0", "192.52.193.255"),
            ("192.88.99.0", "192.88.99.255"),
            ("192.168.0.0", "192.168.255.255"),
            ("192.175.48.0", "192.175.48.255"),
            ("198.18.0.0", "198.19.255.255"),
            ("198.51.100.0", "198.51.100.255"),
            ("203.0.113.0", "203.0.113.255"),
            ("224.0.0.0", "239.255.255.255"),
            ("240.0.0.0", "255.255.255.255"),
            ("::", "::1"),
            ("::2", "1fff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"),
            ("4000::", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"),
            ("2001::", "2001:1ff:ffff:ffff:ffff:ffff:ffff:ffff"),
            ("2001:db8::", "2001:db8:ffff:ffff:ffff:ffff:ffff:ffff"),
            ("2002::", "2002:ffff:ffff:ffff:ffff:ffff:ffff:ffff"),
            ("2620:4f:8000::", "2620:4f:8000:ffff:ffff:ffff:ffff:ffff"),
            ("3fff::", "3fff:fff:ffff:ffff:ffff:ffff:ffff:ffff"),
            ("::ffff:127.0.0.1", "::ffff:10.0.0.1"),
            ("64:ff9b::127.0.0.1", "64:ff9b::169.254.169.254"),
            ("2002:7f00:1::", "2002:808:808::"),
            ("fe80::1", "fd00::1"),
        ] {
            edges(first, last);
        }
    }

    #[test]
    fn sec_s1_their_neighbours_are_public() {
        for neighbour in [
            "1.0.0.0",
            "9.255.255.255",
            "11.0.0.0",
            "100.63.255.255",
            "100.128.0.0",
            "126.255.255.255",
            "128.0.0.0",
            "169.253.255.255",
            "169.255.0.0",
            "172.15.255.255",
            "172.32.0.0",
            "191.255.255.255",
            "192.0.1.0",
            "192.0.3.0",
            "192.31.195.255",
            "192.31.197.0",
            "192.52.192.255",
            "192.52.194.0",
            "192.88.98.255",
            "192.88.100.0",
            "192.167.255.255",
            "192.169.0.0",
            "192.175.47.255",
            "192.175.49.0",
            "198.17.255.255",
            "198.20.0.0",
            "198.51.99.255",
            "198.51.101.0",
            "203.0.112.255",
            "203.0.114.0",
            "223.255.255.255",
            "2000::",
            "2000:ffff::",
            "2001:200::",
            "2001:db7:ffff::",
            "2001:db9::",
            "2003::",
            "2620:4f:7fff::",
            "2620:4f:8001::",
            "3ffe:ffff::",
            "3fff:1000::",
            "3fff:ffff::",
            "::ffff:8.8.8.8",
            "64:ff9b::8.8.8.8",
        ] {
            assert!(public(neighbour), "{neighbour}");
        }
    }

    #[test]
    fn sec_s1_a_number_in_any_form_is_no_host() {
        for literal in [
            "https://127.0.0.1/",
            "https://2130706433/",
            "https://0177.0.0.1/",
            "https://0x7f.1/",
            "https://127.1/",
            "https://0/",
            "https://[::1]/",
            "https://[::ffff:127.0.0.1]/",
            "https://[fe80::1%25eth0]/",
            "https://1.1.1.1/",
            "https://①②⑦.0.0.1/",
        ] {
            assert!(url(literal, false).is_err(), "{literal}");
        }
    }

    #[test]
    fn only_plain_addresses_of_the_web_are_called() {
        for refused in [
            "http://example.org/",
            "ftp://example.org/",
            "file:///etc/passwd",
            "https://user@example.org/",
            "https://user:word@example.org/",
            "https://example.org:22/",
            "https://example.org:443@evil.example/",
            "//example.org/",
            "acct:a@example.org",
            "",
        ] {
            assert!(url(refused, false).is_err(), "{refused}");
        }
        for fine in [
            "https://example.org/",
            "https://example.org:443/a?b#c",
            "https://example.org:8443/",
            "https://EXAMPLE.org./x",
        ] {
            assert!(url(fine, false).is_ok(), "{fine}");
        }
        assert!(url(&format!("https://example.org/{}", "a".repeat(2000)), false).is_err());
        assert!(url("http://127.0.0.1:80/", true).is_ok());
        assert!(url("ftp://127.0.0.1/", true).is_err());
    }
}
