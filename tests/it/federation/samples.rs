//! Documents of many servers, as they were found in the wild. They are not part of the project: where they are not at hand,
//! this test says so and tests nothing.

use std::path::{Path, PathBuf};

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
fn no_change_of_a_sample_is_too_much() {
    for (name, value) in samples() {
        let Some(map) = thing(&value).as_object() else {
            continue;
        };
        for key in map.keys() {
            for change in [
                json!(null),
                json!([map[key]]),
                json!({"id": map[key]}),
                json!(7),
                json!([[]]),
                json!("x"),
                json!([null, 1, {}]),
            ] {
                let mut changed = map.clone();
                changed.insert(key.clone(), change);
                let started = std::time::Instant::now();
                let _ = read(&Value::Object(changed));
                assert!(started.elapsed().as_millis() < 2000, "{name}, {key}");
            }
        }
    }
}
