//! Addresses under which clients get files of other servers: their own ones, or signed ones of ours (federation.md 10).
//!
//! With `media_proxy.enabled` a picture elsewhere is `/proxy/SIGNATURE/ADDRESS/NAME`: nobody but the author's server hears who
//! looked at it, and that one hears only of us. The signature (HMAC-SHA256 over the address) keeps strangers from having us
//! fetch what they like (security.md F8).

use aws_lc_rs::hmac;
use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use url::Url;

use crate::config::BaseUrl;

/// Bytes of the name at the end of a link.
const NAME: usize = 64;

/// How files of other servers are named to clients.
pub struct RemoteMedia {
    base: BaseUrl,
    key: Option<hmac::Key>,
}

impl RemoteMedia {
    /// By their own addresses (`None`), or by links signed with this secret.
    pub fn new(base: &BaseUrl, secret: Option<&str>) -> RemoteMedia {
        RemoteMedia {
            base: base.clone(),
            key: secret.map(|secret| hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes())),
        }
    }

    /// The address for clients. What lies here already, or is no address of the web, stays as it is.
    pub fn address(&self, url: &str) -> String {
        let Some(key) = self.key.as_ref().filter(|_| self.is_elsewhere(url)) else {
            return url.to_owned();
        };
        let signature = BASE64_URL_SAFE_NO_PAD.encode(hmac::sign(key, url.as_bytes()));
        let encoded = BASE64_URL_SAFE_NO_PAD.encode(url);
        let name = name_of(url);
        format!("{}/proxy/{signature}/{encoded}/{name}", self.base)
    }

    /// The address that a link of ours stands for; `None` for what we did not write, to the letter.
    pub fn target(&self, signature: &str, encoded: &str, name: &str) -> Option<String> {
        let key = self.key.as_ref()?;
        let signature = BASE64_URL_SAFE_NO_PAD.decode(signature).ok()?;
        let url = BASE64_URL_SAFE_NO_PAD.decode(encoded).ok()?;
        hmac::verify(key, &url, &signature).ok()?;
        let url = String::from_utf8(url).ok()?;
        (name == name_of(&url)).then_some(url)
    }

    /// A file's own address, be it named by that or by a link of ours; `None` for what is neither.
    pub fn own_address(&self, url: &str) -> Option<String> {
        if self.is_elsewhere(url) {
            return Some(url.to_owned());
        }
        let link = url
            .strip_prefix(self.base.as_str())?
            .strip_prefix("/proxy/")?;
        let (signature, rest) = link.split_once('/')?;
        let (encoded, name) = rest.split_once('/')?;
        self.target(signature, encoded, name)
    }

    fn is_elsewhere(&self, url: &str) -> bool {
        let is_web = url.starts_with("https://") || url.starts_with("http://");
        let below = url.strip_prefix(self.base.as_str());
        is_web && !below.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    }
}

/// What to call the file: the end of the path, as far as it is harmless in a path of ours. People save it under this name.
fn name_of(url: &str) -> String {
    let path = Url::parse(url).map(|url| url.path().to_owned());
    let path = path.unwrap_or_default();
    let last = path.rsplit('/').next().unwrap_or_default();
    let is_plain = |c: &char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_');
    let plain: Vec<char> = last.chars().filter(is_plain).collect();
    let name: String = plain[plain.len().saturating_sub(NAME)..].iter().collect();
    match name.trim_start_matches('.') {
        "" => "file".into(),
        name => name.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CAT: &str = "https://files.example/a/cat.png?size=2";

    fn base() -> BaseUrl {
        BaseUrl::parse("https://here.example").unwrap()
    }

    /// Signature, address and name of a link.
    fn parts(link: &str) -> Vec<String> {
        let rest = link.strip_prefix("https://here.example/proxy/").unwrap();
        rest.split('/').map(str::to_owned).collect()
    }

    #[test]
    fn a_link_leads_back_to_its_address() {
        let media = RemoteMedia::new(&base(), Some("secret"));
        let link = parts(&media.address(CAT));
        assert_eq!(link[2], "cat.png");
        assert_eq!(
            media.target(&link[0], &link[1], &link[2]).as_deref(),
            Some(CAT)
        );
        for name in [CAT, &media.address(CAT)] {
            assert_eq!(media.own_address(name).as_deref(), Some(CAT));
        }
        for other in [
            "https://here.example/media/a.png",
            "https://here.example/proxy/a/b/c",
            "cat.png",
        ] {
            assert_eq!(media.own_address(other), None);
        }
    }

    #[test]
    fn sec_f8_no_letter_of_a_link_can_be_changed() {
        let media = RemoteMedia::new(&base(), Some("secret"));
        let link = parts(&media.address(CAT));
        for part in 0..3 {
            for at in 0..link[part].len() {
                let mut other = link.clone();
                let letter = if &link[part][at..=at] == "A" {
                    "B"
                } else {
                    "A"
                };
                other[part].replace_range(at..=at, letter);
                let target = media.target(&other[0], &other[1], &other[2]);
                assert_eq!(target, None, "part {part}, letter {at}");
            }
        }
        let stranger = RemoteMedia::new(&base(), Some("another secret"));
        assert_eq!(stranger.target(&link[0], &link[1], &link[2]), None);
        let off = RemoteMedia::new(&base(), None);
        assert_eq!(off.target(&link[0], &link[1], &link[2]), None);
    }

    #[test]
    fn what_lies_here_and_what_is_no_web_address_stays_as_it_is() {
        let media = RemoteMedia::new(&base(), Some("secret"));
        for url in [
            "",
            "https://here.example/media/a.png",
            "https://here.example",
            "data:image/png;base64,AAAA",
            "/static/avatar.png",
        ] {
            assert_eq!(media.address(url), url);
        }
        let neighbour = "https://here.example.org/a.png";
        assert_ne!(media.address(neighbour), neighbour);
        let off = RemoteMedia::new(&base(), None);
        assert_eq!(off.address(CAT), CAT);
    }

    #[test]
    fn names_are_harmless_in_a_path() {
        for (url, name) in [
            ("https://x.example/", "file"),
            ("https://x.example/..", "file"),
            ("https://x.example/a/%2e%2e%2fb", "2e2e2fb"),
            ("https://x.example/.hidden", "hidden"),
            ("https://x.example/ä b.png", "C3A420b.png"),
            ("not an address", "file"),
        ] {
            assert_eq!(name_of(url), name, "{url}");
        }
        let long = format!("https://x.example/{}.png", "a".repeat(500));
        assert_eq!(name_of(&long).len(), NAME);
        assert!(name_of(&long).ends_with("a.png"));
    }
}
