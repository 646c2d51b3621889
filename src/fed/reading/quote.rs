//! Quotes, in every form that servers write them, and who may quote (federation.md 5.2).

use serde_json::Value;

use crate::db::quotes::QuotePolicy;
use crate::fed::wire::{self, PUBLIC};
use crate::ops::quotes::RemoteQuote;

/// What a post quotes; nothing quotes itself.
pub fn read(document: &Value, own: &str) -> Option<RemoteQuote> {
    let named = ["quote", "quoteUrl", "quoteUri", "_misskey_quote"];
    let uri = named
        .iter()
        .find_map(|name| wire::id_of(wire::get(document, name)))
        .or_else(|| {
            let mut tags = wire::many(wire::get(document, "tag")).iter();
            tags.find_map(linked)
        })?;
    (uri != own).then(|| RemoteQuote {
        uri: uri.to_owned(),
        authorization: wire::id_of(wire::get(document, "quoteAuthorization")).map(str::to_owned),
    })
}

/// The target of a Link that stands for a quote (FEP-e232): it says so or, where it says nothing, it leads to a document.
fn linked(tag: &Value) -> Option<&str> {
    let is_link = wire::many(wire::get(tag, "type"))
        .iter()
        .any(|kind| kind == "Link");
    let relations = wire::many(wire::get(tag, "rel"));
    let is_quote = relations
        .iter()
        .filter_map(Value::as_str)
        .any(|rel| rel.ends_with("_misskey_quote") || rel.ends_with("fep/044f#quote"));
    let kind = wire::media_type(tag).unwrap_or_default();
    let is_document = kind.starts_with("application/activity+json")
        || (kind.starts_with("application/ld+json") && kind.contains("activitystreams"));
    let fits = is_link && (is_quote || (relations.is_empty() && is_document));
    wire::get(tag, "href")
        .as_str()
        .filter(|href| fits && wire::is_id(href))
}

/// Who may quote a post, where its server knows such a thing. `followers` is the id of the author's collection.
pub fn policy(document: &Value, followers: &str) -> Option<QuotePolicy> {
    let quoting = wire::get(wire::get(document, "interactionPolicy"), "canQuote");
    if !quoting.is_object() {
        return None;
    }
    let automatic = wire::ids(wire::get(quoting, "automaticApproval"));
    let manual = wire::ids(wire::get(quoting, "manualApproval"));
    Some(if automatic.contains(&PUBLIC) {
        QuotePolicy::Public
    } else if automatic.contains(&followers) {
        QuotePolicy::Followers
    } else if !manual.is_empty() {
        QuotePolicy::Manual
    } else {
        QuotePolicy::Nobody
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn quotes_are_read_in_every_form() {
        let id = "https://a.example/1";
        for document in [
            json!({"quote": id}),
            json!({"quote": {"id": id, "type": "Note"}}),
            json!({"quoteUrl": id}),
            json!({"quoteUri": id}),
            json!({"_misskey_quote": id}),
            json!({"as:quoteUrl": id}),
            json!({"https://w3id.org/fep/044f#quote": id}),
            json!({"quote": "a text, as book reviews have", "quoteUrl": id}),
            json!({"tag": {"type": "Link", "rel": "https://misskey-hub.net/ns#_misskey_quote", "href": id}}),
            json!({"tag": [{"type": "Mention", "href": "https://b.example"},
                           {"type": "Link", "mediaType": "application/ld+json; profile=\"https://www.w3.org/ns/activitystreams\"", "href": id}]}),
        ] {
            let quote = read(&document, "https://b.example/own");
            assert_eq!(
                quote.map(|quote| quote.uri).as_deref(),
                Some(id),
                "{document}"
            );
        }
        for document in [
            json!({"quote": "no id"}),
            json!({"quote": "https://b.example/own"}),
            json!({"tag": {"type": "Link", "mediaType": "text/html", "href": id}}),
            json!({"tag": {"type": "Link", "rel": "preview", "mediaType": "application/activity+json", "href": id}}),
        ] {
            assert!(
                read(&document, "https://b.example/own").is_none(),
                "{document}"
            );
        }
    }

    #[test]
    fn a_policy_is_what_the_author_says() {
        let followers = "https://a.example/users/a/followers";
        let said = |can_quote: Value| {
            policy(
                &json!({"interactionPolicy": {"canQuote": can_quote}}),
                followers,
            )
        };
        assert_eq!(
            said(json!({"automaticApproval": PUBLIC})),
            Some(QuotePolicy::Public)
        );
        assert_eq!(
            said(json!({"automaticApproval": [followers]})),
            Some(QuotePolicy::Followers)
        );
        assert_eq!(
            said(json!({"automaticApproval": [], "manualApproval": [PUBLIC]})),
            Some(QuotePolicy::Manual)
        );
        assert_eq!(
            said(json!({"automaticApproval": ["https://a.example/users/a"]})),
            Some(QuotePolicy::Nobody)
        );
        assert_eq!(policy(&json!({"interactionPolicy": {}}), followers), None);
    }
}
