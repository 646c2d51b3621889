//! Questions (federation.md 5.2).

use serde_json::Value;

use crate::clock::Timestamp;
use crate::fed::wire;
use crate::ops::polls::{MAX_OPTIONS, RemotePoll};

/// Characters of an option.
const TITLE: usize = 1000;

/// More votes than this nobody has.
const MOST: i64 = 1_000_000_000;

/// The question of a post. Titles are taken as they are: a vote names one exactly.
pub fn read(document: &Value) -> Option<RemotePoll> {
    let (one, any) = (wire::get(document, "oneOf"), wire::get(document, "anyOf"));
    let multiple = one.is_null();
    let mut poll = RemotePoll {
        options: Vec::new(),
        votes: Vec::new(),
        multiple,
        expires_at: end(document),
        voters: count(wire::get(document, "votersCount")),
    };
    for option in wire::many(if multiple { any } else { one }) {
        let Some(title) = wire::text(option, "name").map(|name| name.text) else {
            continue;
        };
        let fits = (1..=TITLE).contains(&title.chars().count());
        if fits && poll.options.len() < MAX_OPTIONS && !poll.options.iter().any(|o| o == title) {
            let replies = wire::get(option, "replies");
            poll.options.push(title.to_owned());
            poll.votes
                .push(count(wire::get(replies, "totalItems")).unwrap_or(0));
        }
    }
    (!poll.options.is_empty()).then_some(poll)
}

/// `endTime`; some say only, once it is over, when that was, or that it is.
fn end(document: &Value) -> Option<Timestamp> {
    let closed = wire::get(document, "closed");
    let planned = wire::moment(wire::get(document, "endTime"));
    match (wire::moment(closed), wire::boolean(closed)) {
        (Some(closed), _) => Some(planned.map_or(closed, |planned| planned.min(closed))),
        (None, Some(true)) => {
            Some(planned.map_or_else(Timestamp::now, |planned| planned.min(Timestamp::now())))
        }
        _ => planned,
    }
}

fn count(value: &Value) -> Option<i64> {
    value.as_i64().filter(|count| (0..=MOST).contains(count))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn questions_are_read_in_each_dialect() {
        let option = |name: &str, votes: Value| json!({"type": "Note", "name": name, "replies": {"type": "Collection", "totalItems": votes}});
        let poll = read(&json!({"oneOf": [option("a", json!(3)), option("b", json!(-1)), option("a", json!(9)), {"name": ""}],
                                "endTime": "2026-01-02T03:04:05Z", "votersCount": 3}))
        .unwrap();
        assert_eq!(poll.options, ["a", "b"]);
        assert_eq!(poll.votes, [3, 0]);
        assert!(!poll.multiple);
        assert_eq!(poll.voters, Some(3));
        assert_eq!(poll.expires_at, Timestamp::parse("2026-01-02T03:04:05Z"));
        // One option alone, no list; no end; no voters.
        let poll = read(&json!({"anyOf": option("only", json!(1)), "endTime": null})).unwrap();
        assert!(poll.multiple && poll.expires_at.is_none() && poll.voters.is_none());
        // It was closed before its end, or is closed without more.
        let poll = read(&json!({"anyOf": option("x", json!(1)), "endTime": "2026-01-02T00:00:00Z", "closed": "2026-01-01T00:00:00Z"})).unwrap();
        assert_eq!(poll.expires_at, Timestamp::parse("2026-01-01T00:00:00Z"));
        assert!(
            read(&json!({"anyOf": option("x", json!(1)), "closed": true}))
                .unwrap()
                .expires_at
                <= Some(Timestamp::now())
        );
        assert!(read(&json!({"content": "no question", "oneOf": []})).is_none());
    }
}
