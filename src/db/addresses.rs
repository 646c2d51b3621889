//! Addresses as they stand in the file: what other software writes in the same way a million times is kept short.

use std::borrow::Cow;

/// A post's page is its id in other words, as Mastodon writes both.
const MASTODONS: &str = "@";

/// A post's page and its id are one.
const SAME: &str = "=";

/// How the page of a post is kept beside its id.
pub fn kept_page<'a>(uri: &str, url: &'a str) -> &'a str {
    match url {
        url if url == uri => SAME,
        url if url == mastodons_page(uri) => MASTODONS,
        url => url,
    }
}

/// The page of a post, as it was before it was kept.
pub fn page(uri: &str, kept: String) -> String {
    match kept.as_str() {
        SAME => uri.to_owned(),
        MASTODONS => mastodons_page(uri),
        _ => kept,
    }
}

/// `https://host/users/name/statuses/1` is seen at `https://host/@name/1`.
fn mastodons_page(uri: &str) -> String {
    uri.replacen("/users/", "/@", 1)
        .replacen("/statuses/", "/", 1)
}

/// What Mastodon's ids of threads consist of, beside host, date and number.
const THREAD: (&str, &str, &str) = ("tag:", ":objectId=", ":objectType=Conversation");

/// How the id of a thread is kept: of `tag:host,date:objectId=1:objectType=Conversation` only what is its own.
pub fn kept_thread(uri: &str) -> Cow<'_, str> {
    let (start, middle, end) = THREAD;
    let own = uri
        .strip_prefix(start)
        .and_then(|uri| uri.strip_suffix(end));
    match own.and_then(|own| own.split_once(middle)) {
        Some((place, number)) if !uri.contains('#') && !number.contains(middle) => {
            format!("#{place}#{number}").into()
        }
        _ => uri.into(),
    }
}

/// The id of a thread, as it was before it was kept.
pub fn thread(kept: String) -> String {
    let (start, middle, end) = THREAD;
    let own = kept.strip_prefix('#').and_then(|own| own.split_once('#'));
    match own {
        Some((place, number)) => format!("{start}{place}{middle}{number}{end}"),
        None => kept,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_come_back_as_they_were_and_most_are_short() {
        let uri = "https://a.example/users/bob/statuses/115";
        for (url, length) in [
            ("https://a.example/@bob/115", 1),
            (uri, 1),
            ("https://a.example/@bob/116", 26),
            ("https://a.example/notice/1", 26),
            ("", 0),
        ] {
            let kept = kept_page(uri, url);
            assert_eq!(kept.len(), length, "{url}");
            assert_eq!(page(uri, kept.to_owned()), url);
        }
    }

    #[test]
    fn threads_come_back_as_they_were_and_mastodons_are_short() {
        for (uri, length) in [
            (
                "tag:a.example,2026-11-24:objectId=7:objectType=Conversation",
                23,
            ),
            ("tag:a.example,2026-11-24:objectId=7:objectType=Status", 53),
            ("tag:a#b,2026-11-24:objectId=7:objectType=Conversation", 53),
            (
                "tag:a,2026:objectId=7:objectId=8:objectType=Conversation",
                56,
            ),
            ("https://a.example/contexts/1", 28),
            ("", 0),
        ] {
            let kept = kept_thread(uri).into_owned();
            assert_eq!(kept.len(), length, "{uri}");
            assert_eq!(thread(kept), uri);
        }
    }
}
