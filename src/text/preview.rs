//! What a web page says about itself in its head: OpenGraph, Twitter cards, title. Everything comes out as plain text and as
//! absolute http addresses; markup of the page is never kept (security.md S6).

use std::collections::BTreeMap;

use url::Url;

use super::html::unescape;

/// Characters of a title or a name that are kept.
const TITLE: usize = 300;

/// Characters of a description that are kept.
const DESCRIPTION: usize = 1000;

/// OpenGraph properties that are kept.
const PROPERTIES: usize = 50;

/// A page in short.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names are those of the Card entity")]
pub struct Preview {
    pub title: String,
    pub description: String,
    pub image: Option<String>,
    pub author_name: String,
    pub author_url: String,
    pub provider_name: String,
    pub provider_url: String,
    /// OpenGraph properties without `og:`, as the page has them.
    pub opengraph: BTreeMap<String, String>,
    /// Where the page says more of itself as oEmbed JSON.
    pub oembed: Option<String>,
}

/// Reads a page that stands at `url`. `None` when it says nothing that could be shown.
pub fn read(page: &str, url: &Url) -> Option<Preview> {
    let mut head = Head::default();
    head.scan(page);
    let first = |names: &[&str]| {
        let mut found = names.iter().filter_map(|name| head.meta.get(*name));
        found.find(|text| !text.is_empty()).cloned()
    };
    let address = |text: String| http_address(&text, url);
    let title = first(&["og:title", "twitter:title"]).unwrap_or(head.title);
    let opengraph = head.meta.iter().filter_map(|(name, text)| {
        let name = name.strip_prefix("og:")?;
        Some((name.to_owned(), short(text, DESCRIPTION)))
    });
    let preview = Preview {
        title: short(&title, TITLE),
        description: short(
            &first(&["og:description", "twitter:description", "description"]).unwrap_or_default(),
            DESCRIPTION,
        ),
        image: first(&["og:image:secure_url", "og:image", "twitter:image"]).and_then(address),
        author_name: short(&first(&["author"]).unwrap_or_default(), TITLE),
        author_url: String::new(),
        provider_name: short(&first(&["og:site_name"]).unwrap_or_default(), TITLE),
        provider_url: String::new(),
        opengraph: opengraph.take(PROPERTIES).collect(),
        oembed: head.oembed.and_then(|link| http_address(&link, url)),
    };
    (!preview.title.is_empty()).then_some(preview)
}

/// An absolute http or https address, or nothing.
pub fn http_address(text: &str, base: &Url) -> Option<String> {
    let found = base.join(text.trim()).ok()?;
    let is_http = matches!(found.scheme(), "http" | "https") && found.has_host();
    (is_http && found.as_str().len() <= 2048).then(|| found.into())
}

/// White space folded, control characters dropped, cut to so many characters.
pub fn short(text: &str, most: usize) -> String {
    let words: Vec<&str> = text.split_whitespace().collect();
    let visible = |letter: &char| !letter.is_control();
    words.join(" ").chars().filter(visible).take(most).collect()
}

/// What was found in a page so far; of several the first counts.
#[derive(Default)]
struct Head {
    title: String,
    meta: BTreeMap<String, String>,
    oembed: Option<String>,
}

impl Head {
    /// Walks the tags up to the body, in time linear in the length of the page.
    fn scan(&mut self, page: &str) {
        let mut rest = page;
        while let Some(at) = rest.find('<') {
            rest = &rest[at + 1..];
            if let Some(comment) = rest.strip_prefix("!--") {
                rest = comment.split_once("-->").map_or("", |(_, after)| after);
                continue;
            }
            let (name, attributes, after) = tag(rest);
            rest = after;
            match name.as_str() {
                "meta" => self.meta(&attributes),
                "link" => self.link(&attributes),
                "body" => return,
                "title" | "script" | "style" => {
                    let (content, after) = content(rest, &name);
                    if name == "title" && self.title.is_empty() {
                        self.title = unescape(content).into_owned();
                    }
                    rest = after;
                }
                _ => {}
            }
        }
    }

    fn meta(&mut self, attributes: &BTreeMap<String, String>) {
        let name = attributes
            .get("property")
            .or_else(|| attributes.get("name"));
        if let (Some(name), Some(content)) = (name, attributes.get("content")) {
            let name = name.trim().to_ascii_lowercase();
            if name.len() <= 100 && self.meta.len() < 4 * PROPERTIES {
                self.meta.entry(name).or_insert_with(|| content.clone());
            }
        }
    }

    fn link(&mut self, attributes: &BTreeMap<String, String>) {
        let is = |key: &str, word: &str| attributes.get(key).is_some_and(|text| text == word);
        if is("rel", "alternate") && is("type", "application/json+oembed") {
            self.oembed = self.oembed.take().or(attributes.get("href").cloned());
        }
    }
}

/// The text up to the end tag of that name, and what follows it.
fn content<'a>(rest: &'a str, name: &str) -> (&'a str, &'a str) {
    let mut from = 0;
    while let Some(step) = rest[from..].find("</") {
        let (at, after) = (from + step, from + step + 2);
        let word = rest.as_bytes()[after..].get(..name.len());
        if word.is_some_and(|word| word.eq_ignore_ascii_case(name.as_bytes())) {
            return (&rest[..at], &rest[after + name.len()..]);
        }
        from = after;
    }
    (rest, "")
}

/// Reads a tag behind its `<`: its name and attributes in lower case, and what follows it.
fn tag(text: &str) -> (String, BTreeMap<String, String>, &str) {
    let is_end = |letter: char| letter.is_ascii_whitespace() || matches!(letter, '>' | '/');
    let end = text.find(is_end).unwrap_or(text.len());
    let name: String = text[..end].chars().take(20).collect();
    let name = name.to_ascii_lowercase();
    let mut attributes = BTreeMap::new();
    let mut rest = &text[end..];
    loop {
        rest =
            rest.trim_start_matches(|letter: char| letter.is_ascii_whitespace() || letter == '/');
        if let Some(after) = rest.strip_prefix('>') {
            return (name, attributes, after);
        }
        if rest.is_empty() {
            return (name, attributes, rest);
        }
        let end = rest
            .find(|letter: char| is_end(letter) || letter == '=')
            .unwrap_or(rest.len());
        // A lone `=` is a name, too, so that every round takes something.
        let end = if end == 0 { 1 } else { end };
        let key = rest[..end].to_ascii_lowercase();
        rest = rest[end..].trim_start();
        let Some(value) = rest.strip_prefix('=') else {
            attributes.entry(key).or_default();
            continue;
        };
        let (value, after) = value_of(value.trim_start());
        rest = after;
        attributes
            .entry(key)
            .or_insert_with(|| unescape(value).into_owned());
    }
}

/// The value of an attribute, quoted or not, and what follows it.
fn value_of(text: &str) -> (&str, &str) {
    for quote in ['"', '\''] {
        if let Some(quoted) = text.strip_prefix(quote) {
            return quoted.split_once(quote).unwrap_or((quoted, ""));
        }
    }
    let end = text
        .find(|letter: char| letter.is_ascii_whitespace() || letter == '>')
        .unwrap_or(text.len());
    text.split_at(end)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn page(html: &str) -> Option<Preview> {
        read(html, &Url::parse("https://example.org/a/b").unwrap())
    }

    #[test]
    fn opengraph_wins_over_twitter_and_the_title() {
        let found = page(
            "<html><head><TITLE>plain &amp; simple</TITLE>
             <meta name=twitter:title content='bird'><meta content=\"a &quot;graph&quot;\" property='og:title' />
             <meta name=description content=d><meta property=og:image content=/c.png></head>",
        )
        .unwrap();
        assert_eq!(found.title, "a \"graph\"");
        assert_eq!(found.description, "d");
        assert_eq!(found.image.unwrap(), "https://example.org/c.png");
        assert_eq!(
            page("<title>plain &amp; simple</title>").unwrap().title,
            "plain & simple"
        );
        assert_eq!(page("<p>nothing"), None);
    }

    #[test]
    fn scripts_comments_and_the_body_say_nothing() {
        let found = page(
            "<!-- <title>no</title> --><script>'<title>no</title>'</script><title>yes</title>
             <body><meta property=og:title content=no>",
        );
        assert_eq!(found.unwrap().title, "yes");
    }

    #[test]
    fn only_web_addresses_are_kept() {
        for image in [
            "javascript:alert(1)",
            "data:image/png,x",
            "file:///etc/passwd",
            "http://",
        ] {
            let html = format!("<title>x</title><meta property=og:image content=\"{image}\">");
            assert_eq!(page(&html).unwrap().image, None, "{image}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_read_without_a_fault(html in "(<(meta|title|link|script)?|[ =\"'/>a-zé&;]|</|-->|<!--)*") {
            page(&html);
        }
    }
}
