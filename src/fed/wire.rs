//! Reading what others send (federation.md 6.1). No I/O. Servers differ in every detail that the standard leaves open: a
//! value may stand alone or in a list, a thing may be its id or the whole of it, a name may be short or long. Each question
//! has one function here, and whoever asks it gets one answer.

use std::net::Ipv4Addr;

use serde_json::Value;
use url::Url;

use super::guard::MAX_URL;
use crate::clock::Timestamp;

#[cfg(test)]
mod tests;

/// The collection of everybody.
pub const PUBLIC: &str = "https://www.w3.org/ns/activitystreams#Public";

/// Levels of a document (security.md D5).
const MAX_DEPTH: usize = 64;

/// Values in a document.
const MAX_NODES: usize = 20_000;

/// Bytes of one text in it.
const MAX_TEXT: usize = 256 << 10;

/// Ids that are read from one list.
pub const MAX_IDS: usize = 1000;

/// Why a document is not read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Malformed {
    /// Not JSON, or not one object.
    NotAnObject,
    /// Too deep, too many values, or too long a text.
    TooMuch,
}

/// Reads bytes as one object, within limits. Of a name that occurs twice the last counts, here and for everybody after.
pub fn parse(bytes: &[u8]) -> Result<Value, Malformed> {
    // The parser itself stops at 128 levels.
    let value: Value = serde_json::from_slice(bytes).map_err(|_| Malformed::NotAnObject)?;
    if !value.is_object() {
        return Err(Malformed::NotAnObject);
    }
    let mut nodes = 0;
    match is_modest(&value, MAX_DEPTH, &mut nodes) {
        true => Ok(value),
        false => Err(Malformed::TooMuch),
    }
}

fn is_modest(value: &Value, depth: usize, nodes: &mut usize) -> bool {
    *nodes += 1;
    if depth == 0 || *nodes > MAX_NODES {
        return false;
    }
    match value {
        Value::String(text) => text.len() <= MAX_TEXT,
        Value::Array(list) => list.iter().all(|item| is_modest(item, depth - 1, nodes)),
        Value::Object(map) => map
            .iter()
            .all(|(name, item)| name.len() <= MAX_TEXT && is_modest(item, depth - 1, nodes)),
        _ => true,
    }
}

/// Prefixes under which the names of a vocabulary may be written in full.
const PREFIXES: [&str; 12] = [
    "as:",
    "https://www.w3.org/ns/activitystreams#",
    "toot:",
    "http://joinmastodon.org/ns#",
    "litepub:",
    "https://w3id.org/fep/044f#",
    "gts:",
    "https://gotosocial.org/ns#",
    "misskey:",
    "https://misskey-hub.net/ns#",
    "fedibird:",
    "http://fedibird.com/ns#",
];

/// A property, by its short name or one of the long ones; absent and `null` are the same.
pub fn get<'a>(object: &'a Value, name: &str) -> &'a Value {
    let Some(map) = object.as_object() else {
        return &Value::Null;
    };
    if let Some(found) = map.get(name) {
        return found;
    }
    // Only names with a colon can be long ones; most documents have none but the context's.
    map.iter()
        .filter(|(known, _)| known.ends_with(name))
        .find(|(known, _)| {
            PREFIXES
                .iter()
                .any(|prefix| known.strip_prefix(prefix) == Some(name))
        })
        .map_or(&Value::Null, |(_, value)| value)
}

/// A value or the members of a list; nothing for `null`.
pub fn many(value: &Value) -> &[Value] {
    match value {
        Value::Null => &[],
        Value::Array(list) => list,
        one => std::slice::from_ref(one),
    }
}

/// The id of a thing: its text, its `id`, or that of the first of a list. Only what could be called is an id.
pub fn id_of(value: &Value) -> Option<&str> {
    let id = match value {
        Value::String(id) => id,
        Value::Object(_) => get(value, "id").as_str()?,
        Value::Array(list) => return id_of(list.first().filter(|first| !first.is_array())?),
        _ => return None,
    };
    is_id(id).then_some(id)
}

/// Whether a text can be the id of something elsewhere.
pub fn is_id(text: &str) -> bool {
    text.len() <= MAX_URL && (text.starts_with("https://") || text.starts_with("http://"))
}

/// The ids in a list, each once, in order; what is none is dropped, and what is beyond the limit.
pub fn ids(value: &Value) -> Vec<&str> {
    let mut found = Vec::new();
    for id in many(value).iter().filter_map(audience) {
        if found.len() == MAX_IDS {
            break;
        }
        if !found.contains(&id) {
            found.push(id);
        }
    }
    found
}

/// An id in a list of addressees; the short names of everybody become the long one.
fn audience(value: &Value) -> Option<&str> {
    match value.as_str() {
        Some("Public" | "as:Public") => Some(PUBLIC),
        _ => id_of(value),
    }
}

/// The address of a link: a text, `{href}`, `{url}`, or of a list the one of the wanted media type, else the first.
pub fn link<'a>(value: &'a Value, wanted: &str) -> Option<&'a str> {
    let list = many(value);
    let fits = list
        .iter()
        .find(|item| media_type(item).is_some_and(|kind| kind.starts_with(wanted)));
    let one = fits.or(list.first())?;
    let address = match one {
        Value::String(address) => address,
        Value::Object(_) => match get(one, "href") {
            Value::String(address) => address,
            _ => get(one, "url").as_str()?,
        },
        _ => return None,
    };
    is_id(address).then_some(address)
}

/// `mediaType` or, as some write it, `mimeType`.
pub fn media_type(value: &Value) -> Option<&str> {
    get(value, "mediaType")
        .as_str()
        .or_else(|| get(value, "mimeType").as_str())
}

/// What a thing is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Class {
    /// Somebody.
    Actor,
    /// What is stored as a post.
    Post,
    /// A message in a chat.
    Chat,
    /// What somebody does.
    Activity,
    /// A list.
    Collection,
    /// What is gone.
    Tombstone,
    /// Nothing that is known.
    Unknown,
}

/// Every type that means something here.
const TYPES: &[(Class, &[&str])] = &[
    (
        Class::Actor,
        &["Person", "Service", "Application", "Group", "Organization"],
    ),
    (
        Class::Post,
        &[
            "Note", "Question", "Article", "Page", "Video", "Audio", "Image", "Event",
        ],
    ),
    (Class::Chat, &["ChatMessage"]),
    (
        Class::Activity,
        &[
            "Accept",
            "Add",
            "Announce",
            "Block",
            "Create",
            "Delete",
            "Dislike",
            "EmojiReact",
            "Flag",
            "Follow",
            "Like",
            "Listen",
            "Move",
            "QuoteRequest",
            "Reject",
            "Remove",
            "Undo",
            "Update",
        ],
    ),
    (
        Class::Collection,
        &[
            "Collection",
            "OrderedCollection",
            "CollectionPage",
            "OrderedCollectionPage",
        ],
    ),
    (Class::Tombstone, &["Tombstone"]),
];

/// The type of a thing and its class. Of several the first known one counts; if they are of different classes, the thing
/// pretends to be two (security.md A9), and is nothing.
pub fn type_of(value: &Value) -> (Class, &'static str) {
    let mut found = (Class::Unknown, "");
    for name in many(get(value, "type")).iter().filter_map(Value::as_str) {
        let name = PREFIXES
            .iter()
            .find_map(|prefix| name.strip_prefix(prefix))
            .unwrap_or(name);
        let known = TYPES.iter().find_map(|(class, names)| {
            let name = names.iter().find(|known| **known == name)?;
            Some((*class, *name))
        });
        match known {
            Some(known) if found.0 == Class::Unknown => found = known,
            Some((class, _)) if class != found.0 => return (Class::Unknown, ""),
            _ => {}
        }
    }
    let actor_like = ["inbox", "publicKey"]
        .iter()
        .any(|name| !get(value, name).is_null());
    let post_like = ["content", "attributedTo", "inReplyTo"]
        .iter()
        .filter(|name| !get(value, name).is_null())
        .count();
    match found.0 {
        Class::Post | Class::Chat if actor_like => (Class::Unknown, ""),
        // A channel or community names its owners.
        Class::Actor if post_like > usize::from(!get(value, "attributedTo").is_null()) => {
            (Class::Unknown, "")
        }
        _ => found,
    }
}

/// A text in some language.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Text<'a> {
    /// The text.
    pub text: &'a str,
    /// Its language, where that is told.
    pub language: Option<&'a str>,
}

/// A text by its name (`content`, `summary`, `name`), or from the map of languages beside it.
pub fn text<'a>(object: &'a Value, name: &str) -> Option<Text<'a>> {
    let plain = get(object, name).as_str();
    let map = get(object, &format!("{name}Map")).as_object();
    let entries = || {
        let entries = map.into_iter().flatten();
        entries.filter_map(|(language, text)| Some((language.as_str(), text.as_str()?)))
    };
    let chosen = match plain {
        Some(plain) => {
            let same = entries().find(|(_, text)| *text == plain);
            return Some(Text {
                text: plain,
                language: same.map(|(language, _)| language),
            });
        }
        None => entries().next()?,
    };
    Some(Text {
        text: chosen.1,
        language: Some(chosen.0),
    })
}

/// A moment: RFC 3339, without a zone UTC. What is unreadable, before 1970 or more than a day ahead is now.
pub fn time(value: &Value, now: Timestamp) -> Timestamp {
    const DAY: std::time::Duration = std::time::Duration::from_secs(86_400);
    moment(value)
        .filter(|at| at.0 >= 0 && *at <= now.plus(DAY))
        .unwrap_or(now)
}

/// A moment that may lie ahead, such as the end of a poll.
pub fn moment(value: &Value) -> Option<Timestamp> {
    let text = value.as_str()?;
    Timestamp::parse(text).or_else(|| Timestamp::parse(&format!("{text}Z")))
}

/// A truth value in any form that was seen.
pub fn boolean(value: &Value) -> Option<bool> {
    match value {
        Value::Bool(known) => Some(*known),
        Value::String(text) if text == "true" => Some(true),
        Value::String(text) if text == "false" => Some(false),
        Value::Number(number) => match number.as_i64() {
            Some(0) => Some(false),
            Some(1) => Some(true),
            _ => None,
        },
        _ => None,
    }
}

/// The host of an id with its port, where that is not the usual one: lower case, ASCII, without a final dot
/// (federation.md 7.2).
pub fn host_of(id: &str) -> Option<String> {
    match plain_host(id) {
        Some(host) => Some(host.to_owned()),
        None => host(&Url::parse(id).ok()?),
    }
}

/// The host of an id in which it stands in its one form already, as in nearly all. An activity names dozens of them.
fn plain_host(id: &str) -> Option<&str> {
    let (scheme, rest) = id.split_once("://")?;
    let usual_port = match scheme {
        "https" => "443",
        "http" => "80",
        _ => return None,
    };
    let (authority, _) = rest.split_once('/')?;
    let (name, port) = match authority.split_once(':') {
        Some((name, port)) => (name, Some(port)),
        None => (authority, None),
    };
    let is_plain_port = port.is_none_or(|port| {
        port != usual_port
            && !port.starts_with(['0', '+'])
            && port.parse::<u16>().is_ok_and(|port| port > 0)
    });
    let is_plain_label = |label: &str| {
        let mut bytes = label.bytes();
        !label.is_empty()
            && !label.contains("--")
            && bytes.all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-'))
    };
    let last = name.rsplit('.').next().unwrap_or(name);
    let is_name =
        last.bytes().all(|byte| byte.is_ascii_lowercase()) && name.split('.').all(is_plain_label);
    let is_plain = is_plain_port && (is_name || name.parse::<Ipv4Addr>().is_ok());
    is_plain.then_some(authority)
}

/// As [`host_of`], for what is parsed already.
pub fn host(url: &Url) -> Option<String> {
    let host = url.host_str()?.trim_end_matches('.');
    Some(match url.port() {
        Some(port) => format!("{host}:{port}"),
        None => host.to_owned(),
    })
}

/// Whether two ids live on one host.
pub fn same_host(one: &str, other: &str) -> bool {
    host_of(one).is_some_and(|host| Some(host) == host_of(other))
}

/// Whether two addresses name one thing: fragment and one final slash aside, and hosts in their one form.
pub fn same_id(one: &str, other: &str) -> bool {
    fn bare(id: &str) -> String {
        let id = match Url::parse(id) {
            Ok(mut url) => {
                url.set_fragment(None);
                url.into()
            }
            Err(_) => id.to_owned(),
        };
        id.strip_suffix('/').map(str::to_owned).unwrap_or(id)
    }
    one == other || bare(one) == bare(other)
}
