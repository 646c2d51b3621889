//! The context of every document. Peers that process JSON-LD drop what it does not define, silently; so it defines every
//! name beyond ActivityStreams that any document of ours holds, and a test compares the two (federation.md 2.3).

use std::sync::LazyLock;

use serde_json::value::RawValue;

/// One map for all kinds of documents.
const CONTEXT: &str = r##"["https://www.w3.org/ns/activitystreams","https://w3id.org/security/v1",{
"Hashtag":"as:Hashtag","sensitive":"as:sensitive","manuallyApprovesFollowers":"as:manuallyApprovesFollowers",
"movedTo":{"@id":"as:movedTo","@type":"@id"},"alsoKnownAs":{"@id":"as:alsoKnownAs","@type":"@id"},"quoteUrl":"as:quoteUrl",
"toot":"http://joinmastodon.org/ns#","Emoji":"toot:Emoji","featured":{"@id":"toot:featured","@type":"@id"},
"featuredTags":{"@id":"toot:featuredTags","@type":"@id"},"discoverable":"toot:discoverable","indexable":"toot:indexable",
"blurhash":"toot:blurhash","focalPoint":{"@id":"toot:focalPoint","@container":"@list"},"votersCount":"toot:votersCount",
"memorial":"toot:memorial","suspended":"toot:suspended",
"schema":"http://schema.org#","PropertyValue":"schema:PropertyValue","value":"schema:value",
"litepub":"http://litepub.social/ns#","EmojiReact":"litepub:EmojiReact","ChatMessage":"litepub:ChatMessage",
"title":"litepub:title","artist":"litepub:artist","album":"litepub:album","length":"litepub:length",
"externalLink":"litepub:externalLink","capabilities":"litepub:capabilities","acceptsChatMessages":"litepub:acceptsChatMessages","directMessage":"litepub:directMessage",
"invisible":"litepub:invisible","listMessage":{"@id":"litepub:listMessage","@type":"@id"},
"oauthRegistrationEndpoint":{"@id":"litepub:oauthRegistrationEndpoint","@type":"@id"},
"formerRepresentations":"litepub:formerRepresentations",
"ostatus":"http://ostatus.org#","conversation":{"@id":"ostatus:conversation","@type":"@id"},"atomUri":"ostatus:atomUri",
"misskey":"https://misskey-hub.net/ns#","_misskey_quote":"misskey:_misskey_quote","_misskey_reaction":"misskey:_misskey_reaction",
"_misskey_content":"misskey:_misskey_content","isCat":"misskey:isCat",
"fedibird":"http://fedibird.com/ns#","quoteUri":"fedibird:quoteUri",
"quote":{"@id":"https://w3id.org/fep/044f#quote","@type":"@id"},"QuoteRequest":"https://w3id.org/fep/044f#QuoteRequest",
"QuoteAuthorization":"https://w3id.org/fep/044f#QuoteAuthorization",
"quoteAuthorization":{"@id":"https://w3id.org/fep/044f#quoteAuthorization","@type":"@id"},
"gts":"https://gotosocial.org/ns#","interactionPolicy":{"@id":"gts:interactionPolicy","@type":"@id"},
"canQuote":{"@id":"gts:canQuote","@type":"@id"},"canReply":{"@id":"gts:canReply","@type":"@id"},
"canLike":{"@id":"gts:canLike","@type":"@id"},"canAnnounce":{"@id":"gts:canAnnounce","@type":"@id"},
"automaticApproval":{"@id":"gts:automaticApproval","@type":"@id"},"manualApproval":{"@id":"gts:manualApproval","@type":"@id"},
"interactingObject":{"@id":"gts:interactingObject","@type":"@id"},"interactionTarget":{"@id":"gts:interactionTarget","@type":"@id"},
"webfinger":"https://purl.archive.org/socialweb/webfinger#webfinger"}]"##;

static READ: LazyLock<Box<RawValue>> = LazyLock::new(|| {
    let flat: String = CONTEXT.lines().collect();
    RawValue::from_string(flat).expect("the context is JSON")
});

/// The value of `@context`.
pub fn get() -> &'static RawValue {
    &READ
}
