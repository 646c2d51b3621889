//! Documents of many servers, as they were found in the wild. They are not part of the project: where they are not at hand,
//! this test says so and tests nothing.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use kenoma::db::visibility::Visibility;
use kenoma::fed::reading::post::Around;
use kenoma::fed::reading::{actor, post};
use kenoma::fed::wire::{self, Class};
use serde_json::{Value, json};

fn samples() -> Vec<(String, Value)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/fixtures/activitypub");
    let mut found = Vec::new();
    let mut folders: Vec<PathBuf> = vec![root.clone()];
    while let Some(folder) = folders.pop() {
        let Ok(entries) = std::fs::read_dir(&folder) else {
            eprintln!("{} is not here: no samples are read", folder.display());
            return Vec::new();
        };
        for entry in entries {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|kind| kind == "json") {
                let name = path
                    .strip_prefix(&root)
                    .unwrap()
                    .to_str()
                    .unwrap()
                    .to_owned();
                let bytes = std::fs::read(&path).unwrap();
                let value = wire::parse(&bytes).unwrap_or_else(|why| panic!("{name}: {why:?}"));
                found.push((name, value));
            }
        }
    }
    found
}

/// The thing itself: what an activity carries, or the document.
fn thing(value: &Value) -> &Value {
    match wire::type_of(value).0 {
        Class::Activity => wire::get(value, "object"),
        _ => value,
    }
}

fn read(value: &Value) -> (Class, bool) {
    let thing = thing(value);
    let (class, _) = wire::type_of(thing);
    let around = Around {
        activity: value,
        followers: None,
    };
    let taken = match class {
        Class::Actor => actor::read(thing).is_ok(),
        Class::Post => post::read(thing, around).is_ok(),
        _ => false,
    };
    (class, taken)
}

#[test]
fn every_sample_is_read_as_what_it_is() {
    for (name, value) in samples() {
        // Of what is deleted little more than the id is told; one sample is an excerpt without an id.
        if wire::type_of(&value).1 == "Delete" || wire::id_of(thing(&value)).is_none() {
            continue;
        }
        let (class, taken) = read(&value);
        assert!(
            taken || !matches!(class, Class::Actor | Class::Post),
            "{name} is refused"
        );
    }
}

#[test]
fn samples_show_what_they_are_known_for() {
    let samples = samples();
    let of = |name: &str| {
        samples
            .iter()
            .find(|(known, _)| known == name)
            .map(|(_, value)| value)
    };
    let post = |name: &str| {
        let value = of(name)?;
        let around = Around {
            activity: value,
            followers: None,
        };
        Some(post::read(thing(value), around).unwrap_or_else(|why| panic!("{name}: {why}")))
    };
    if samples.is_empty() {
        return;
    }
    let direct = post("mastodon/create-direct.json").unwrap();
    assert_eq!(
        direct.visibility,
        kenoma::db::visibility::Visibility::Direct
    );
    assert_eq!(direct.mentions.len(), 1);
    let picture = post("mastodon/create-note-attachment.json").unwrap();
    assert!(!picture.media.is_empty() && picture.media[0].description.is_none());
    let video = post("peertube/create-video.json").unwrap();
    assert_eq!(video.media[0].kind, "video");
    assert!(
        video.content.contains("<strong>"),
        "a title stands above it"
    );
    let audio = post("funkwhale/create-audio.json").unwrap();
    assert_eq!(audio.media[0].kind, "audio");
    let owncast = post("owncast/note-attachment.json").unwrap();
    assert_eq!((owncast.media.len(), owncast.media[0].kind), (1, "image"));
    let article = post("nodebb/article.json").unwrap();
    assert_eq!(article.spoiler_text, "", "an excerpt is no warning");
    let person = actor::read(of("mastodon/person-fields.json").unwrap()).unwrap();
    let fields: Value = serde_json::from_str(&person.account.fields).unwrap();
    assert!(!fields.as_array().unwrap().is_empty() && person.account.featured_uri.is_some());
    let wordpress = actor::read(of("wordpress/person.json").unwrap()).unwrap();
    assert!(wordpress.webfinger.is_some());
    let channel = actor::read(of("peertube/group-channel.json").unwrap()).unwrap();
    assert_eq!(channel.account.actor_type, "Group");
    assert!(channel.account.avatar.is_some());
    assert!(of("hostile/note-spoofed-owner.json").is_some());
}

#[test]
fn samples_of_posts_show_what_they_are_known_for() {
    let samples = samples();
    if samples.is_empty() {
        return;
    }
    let of = |name: &str| &samples.iter().find(|(known, _)| known == name).unwrap().1;
    let post = |name: &str| {
        let around = Around {
            activity: of(name),
            followers: None,
        };
        post::read(thing(of(name)), around).unwrap_or_else(|why| panic!("{name}: {why}"))
    };
    let question = post("mastodon/create-question.json").poll.unwrap();
    assert!(!question.multiple && question.options.len() > 1 && question.expires_at.is_some());
    assert_eq!(question.options.len(), question.votes.len());
    let endless = post("misskey/question-no-end.json").poll.unwrap();
    assert_eq!(endless.expires_at, None);
    let quote = post("misskey/note-quote.json");
    assert!(
        quote
            .quote
            .is_some_and(|quote| quote.authorization.is_none())
    );
    assert!(quote.source.is_some());
    let mut careful = of("gotosocial/note-interaction-policy.json").clone();
    // An excerpt: neither whose it is nor which.
    careful["id"] = json!("https://gts.example/statuses/1");
    careful["attributedTo"] = json!("https://gts.example/users/zork");
    let careful = post::read(&careful, Around::FETCHED).unwrap();
    assert!(careful.language.is_some() && careful.quote_policy.is_none());
    let named = post("mastodon/create-note-mention.json");
    assert_eq!(
        (named.visibility, named.mentions.len()),
        (Visibility::Public, 1)
    );
    assert_eq!(
        post("smithereen/create-note.json").mentions.len(),
        1,
        "without a name"
    );
    assert!(
        post("wordpress/note.json").uri.contains('?'),
        "the query is part of the id"
    );
    assert!(
        post("kroeg/create-note-single-emoji-tag.json")
            .emojis
            .contains("shortcode")
    );
    assert!(
        post("peertube/create-video.json")
            .tags
            .iter()
            .all(|tag| !tag.starts_with('#'))
    );
    let many = post("plume/article.json");
    assert_eq!(
        (many.visibility, many.recipients.len()),
        (Visibility::Public, 170)
    );
    assert_eq!(post("friendica/note.json").visibility, Visibility::Public);
    assert_eq!(post("nodebb/article.json").edited_at, None);
    let tags = post("owncast/note-attachment.json").tags;
    assert!(
        tags.iter()
            .enumerate()
            .all(|(at, tag)| !tags[at + 1..].contains(tag)),
        "each once"
    );
    let event = post("mobilizon/event.json");
    assert!(
        event.content.contains("<strong>") && event.poll.is_none(),
        "its end is no poll's"
    );
    let group = actor::read(of("lemmy/group.json")).unwrap();
    assert_eq!(group.account.actor_type, "Group");
    let reaction = kenoma::fed::reading::reaction(of("misskey/like-custom-emoji.json"));
    assert!(reaction.is_some_and(|(_, picture)| picture.is_some()));
}

/// Numbers that look like chance and are the same each time.
struct Chance(u64);

impl Chance {
    fn below(&mut self, limit: usize) -> usize {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % limit
    }
}

/// Where the parts of a document are.
fn pointers(value: &Value, own: &str, found: &mut Vec<String>) {
    found.push(own.to_owned());
    match value {
        Value::Object(map) => {
            for (name, part) in map {
                let name = name.replace('~', "~0").replace('/', "~1");
                pointers(part, &format!("{own}/{name}"), found);
            }
        }
        Value::Array(list) => {
            for (at, part) in list.iter().enumerate() {
                pointers(part, &format!("{own}/{at}"), found);
            }
        }
        _ => {}
    }
}

/// A document in which one part, anywhere, is not what it was.
fn mutated(value: &Value, pointers: &[String], chance: &mut Chance) -> Vec<u8> {
    let mut value = value.clone();
    let at = &pointers[chance.below(pointers.len())];
    let part = value.pointer_mut(at).unwrap();
    let old = part.take();
    let kind = chance.below(9);
    *part = match kind {
        0 => Value::Null,
        1 => json!([old]),
        2 => match old {
            Value::Array(mut list) if !list.is_empty() => list.swap_remove(0),
            Value::Object(map) => map.get("id").cloned().unwrap_or_default(),
            other => other,
        },
        3 => (0..[5, 60, 70][chance.below(3)]).fold(old, |inner, _| json!([inner])),
        4 => json!("x".repeat(300_000)),
        5 => Value::Array(vec![
            json!({"id": "https://a.example/1", "type": "Note", "name": "#x"});
            3000
        ]),
        6 => json!([-1, 1e300, true, "", {}, []])[chance.below(6)].take(),
        7 => json!({"id": old, "type": ["Note", "Person"]}),
        _ => old,
    };
    let text = value.to_string();
    match kind {
        // One name twice.
        8 => text.replacen(
            '{',
            "{\"id\":7,\"type\":null,\"to\":{},",
            1 + chance.below(3),
        ),
        _ => text,
    }
    .into_bytes()
}

/// Whatever is changed in them, documents are read or refused, at once.
#[test]
fn ten_thousand_changes_of_samples_are_read_or_refused() {
    let samples: Vec<(String, Value, Vec<String>)> = samples()
        .into_iter()
        .map(|(name, value)| {
            let mut found = Vec::new();
            pointers(&value, "", &mut found);
            (name, value, found)
        })
        .collect();
    if samples.is_empty() {
        return;
    }
    let (mut chance, mut slowest) = (Chance(1), Duration::ZERO);
    for number in 0..10_000 {
        let (name, value, pointers) = &samples[number % samples.len()];
        let bytes = mutated(value, pointers, &mut chance);
        let started = Instant::now();
        if let Ok(document) = wire::parse(&bytes) {
            let _ = read(&document);
            let _ = kenoma::fed::reading::reaction(&document);
        }
        let took = started.elapsed();
        // Far more than the 50 ms of a fast build: this one is slow, and so may be the machine.
        assert!(took < Duration::from_secs(2), "{name}, {number}: {took:?}");
        slowest = slowest.max(took);
    }
    eprintln!("the slowest took {slowest:?}");
}
