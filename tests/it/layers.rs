//! The directions of the calls, as the architecture page in `lib.rs` draws them: who may name whom by `crate::`, and which
//! crates stay in which rooms.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// Rooms that know nothing above them; they may know each other.
const LEAVES: &[&str] = &[
    "text", "media", "auth", "mail", "config", "clock", "ids", "error", "events", "priority",
];

/// What each room above the leaves may name, beside itself and the leaves.
const MAY_CALL: &[(&str, &[&str])] = &[
    ("main", &["cli"]),
    ("lib", &[]),
    ("cli", &["app", "web", "jobs", "fed", "ops", "db", "views"]),
    ("routes", &["api", "pages", "fed", "web"]),
    ("web", &["app", "routes", "pages", "ops", "views", "db"]),
    // The one place where all rooms meet: it makes them.
    ("app", &["routes", "web", "fed", "ops", "views", "db"]),
    ("jobs", &["app", "fed", "ops", "views", "db"]),
    ("api", &["app", "web", "fed", "ops", "views", "db"]),
    ("fed", &["app", "web", "ops", "views", "db"]),
    // Doors as those of `api`: pages on which people here follow somebody elsewhere, and visitors from elsewhere somebody here.
    ("pages", &["app", "web", "fed", "ops", "views", "db"]),
    ("ops", &["db"]),
    ("views", &["db"]),
    ("db", &[]),
];

/// SQL is the trade of `db` alone.
const SQL: &[&str] = &[
    "prepare_cached(",
    ".prepare(",
    ".query_row(",
    ".execute(",
    ".execute_batch(",
];

/// Rooms that may speak SQL.
const SQL_ROOMS: &[&str] = &["db"];

/// Words that a room must not use: what they stand for lives elsewhere.
const FORBIDDEN: &[(&str, &[&str])] = &[
    ("db", &["rouille::", "std::net"]),
    ("views", &["rouille::", "std::net"]),
    ("ops", &["rouille::", "serde_json::Value", "std::net"]),
    ("jobs", &["rouille::"]),
    ("text", &["rusqlite::", "rouille::", "std::net", "std::fs"]),
    ("media", &["rusqlite::", "rouille::", "std::net"]),
    ("auth", &["rusqlite::", "rouille::", "std::net", "std::fs"]),
];

/// What opens a socket.
const SOCKETS: &[&str] = &[
    "TcpStream",
    "TcpListener",
    "UdpSocket",
    "ureq::",
    "UnixStream",
];

/// Where sockets are opened: inwards by the door, which hands some to the streams, outwards by the one HTTP client. Mail goes
/// out through `lettre`.
const SOCKET_FILES: &[&str] = &["web/door", "web/server.rs", "web/streaming", "fed/fetch"];

/// A file of the server: its path below `src`, its room, its text without comments and unit tests.
struct Source {
    path: PathBuf,
    room: String,
    text: String,
}

fn sources() -> Vec<Source> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut found = Vec::new();
    let mut folders = vec![root.clone()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|kind| kind == "rs") {
                found.extend(source(&root, &path));
            }
        }
    }
    assert!(found.len() > 50, "the sources were not found");
    found
}

/// `None` for a file of unit tests.
fn source(root: &Path, path: &Path) -> Option<Source> {
    let below = path.strip_prefix(root).unwrap().to_owned();
    let is_test = |name: &str| name == "tests" || name.ends_with("_tests");
    if below
        .with_extension("")
        .iter()
        .any(|part| is_test(part.to_str().unwrap()))
    {
        return None;
    }
    let room = below.iter().next().unwrap().to_str().unwrap();
    let text = fs::read_to_string(path).unwrap();
    let code = text
        .split("\n#[cfg(test)]\nmod ")
        .next()
        .unwrap_or_default();
    let code = code
        .lines()
        .map(|line| line.split("//").next().unwrap_or_default());
    Some(Source {
        room: room.trim_end_matches(".rs").to_owned(),
        path: below,
        text: code.collect::<Vec<_>>().join("\n"),
    })
}

/// Macros of the crate are named without their room: where each one lives.
fn macro_rooms(sources: &[Source]) -> BTreeMap<String, String> {
    let mut rooms = BTreeMap::new();
    for source in sources {
        for (at, prefix) in source.text.match_indices("macro_rules! ") {
            let name = room_at_start(&source.text[at + prefix.len()..]);
            rooms.extend(name.map(|name| (name, source.room.clone())));
        }
    }
    rooms
}

/// The rooms (or macros) that a text names by `crate::room` or `crate::{room::…, room::…}`.
fn named_rooms(text: &str) -> BTreeSet<String> {
    let mut rooms = BTreeSet::new();
    for (at, prefix) in text.match_indices("crate::") {
        let rest = &text[at + prefix.len()..];
        match rest.strip_prefix('{') {
            Some(list) => rooms.extend(members(list)),
            None => rooms.extend(room_at_start(rest)),
        }
    }
    rooms
}

/// The first word of each member of a `{…}` list, whose opening brace is already read.
fn members(list: &str) -> Vec<String> {
    let (mut depth, mut begins, mut found) = (0, true, Vec::new());
    for (at, letter) in list.char_indices() {
        match letter {
            '{' => depth += 1,
            '}' if depth == 0 => break,
            '}' => depth -= 1,
            ',' if depth == 0 => begins = true,
            letter if begins && !letter.is_whitespace() => {
                begins = false;
                found.extend(room_at_start(&list[at..]));
            }
            _ => {}
        }
    }
    found
}

/// The word that a path begins with.
fn room_at_start(path: &str) -> Option<String> {
    let end = path.find(|letter: char| !letter.is_ascii_lowercase() && letter != '_')?;
    (end > 0).then(|| path[..end].to_owned())
}

#[test]
fn no_room_calls_a_room_above_it() {
    let mut breaches = Vec::new();
    let sources = sources();
    let macros = macro_rooms(&sources);
    for source in sources {
        let is_leaf = LEAVES.contains(&source.room.as_str());
        let allowed = MAY_CALL.iter().find(|(room, _)| *room == source.room);
        assert!(
            is_leaf || allowed.is_some(),
            "src/{}: the room is not in the table of this test",
            source.path.display()
        );
        let allowed = allowed.map_or(&[][..], |(_, allowed)| *allowed);
        for name in named_rooms(&source.text) {
            let room = macros.get(&name).cloned().unwrap_or(name);
            let known = room == source.room
                || LEAVES.contains(&room.as_str())
                || allowed.contains(&room.as_str());
            if !known {
                breaches.push(format!("src/{} calls {room}", source.path.display()));
            }
        }
    }
    assert!(breaches.is_empty(), "{}", breaches.join("\n"));
}

#[test]
fn every_room_keeps_to_its_trade() {
    let mut breaches = Vec::new();
    for source in sources() {
        let forbidden = FORBIDDEN.iter().find(|(room, _)| *room == source.room);
        let speaks_sql = SQL_ROOMS.contains(&source.room.as_str());
        let words = forbidden.map_or(&[][..], |(_, words)| *words).iter();
        for word in words.chain(SQL.iter().filter(|_| !speaks_sql)) {
            if source.text.contains(word) {
                breaches.push(format!("src/{} uses {word}", source.path.display()));
            }
        }
    }
    assert!(breaches.is_empty(), "{}", breaches.join("\n"));
}

#[test]
fn sec_s3_only_the_door_and_the_one_client_open_sockets() {
    let mut breaches = Vec::new();
    for source in sources() {
        let path = source.path.to_str().unwrap();
        if SOCKET_FILES.iter().any(|known| path.starts_with(known)) {
            continue;
        }
        for word in SOCKETS.iter().filter(|word| source.text.contains(**word)) {
            breaches.push(format!("src/{path} uses {word}"));
        }
    }
    assert!(breaches.is_empty(), "{}", breaches.join("\n"));
}

#[test]
fn the_reader_of_this_test_finds_every_spelling() {
    let text = "use crate::db::{self, users};\nuse crate::{ops, views::{a, b}, web};\ncrate::jobs::wake(); crate::visible!(x)";
    let expected = ["db", "jobs", "ops", "views", "visible", "web"];
    assert_eq!(Vec::from_iter(named_rooms(text)), expected);
}
