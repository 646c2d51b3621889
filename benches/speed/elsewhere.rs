//! People on other servers: their documents are served on loopback, and what they say is signed before the clock runs.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::time::{Duration, Instant};

use kenoma::clock::Timestamp;
use kenoma::fed::signature::key::{self, PrivateKey};
use kenoma::fed::signature::{self, CONTENT_TYPE, Outgoing, Signable, Variant};
use serde_json::{Value, json};

use super::load::{self, Connection};
use super::server::Server;
use super::texts::Writer;

const PUBLIC: &str = "https://www.w3.org/ns/activitystreams#Public";

/// Servers elsewhere, with their people.
pub struct Elsewhere {
    pub people: Vec<Arc<Person>>,
}

/// Somebody who lives on one of them.
pub struct Person {
    /// The actor id.
    pub uri: String,
    pub host: String,
    key: PrivateKey,
    document: Value,
}

impl Elsewhere {
    /// So many servers with so many people each.
    pub fn start(servers: usize, people: usize) -> Elsewhere {
        let mut all = Vec::new();
        for _ in 0..servers {
            let listener = TcpListener::bind("127.0.0.1:0").unwrap();
            let host = listener.local_addr().unwrap().to_string();
            let here: Vec<Arc<Person>> = (0..people)
                .map(|n| Arc::new(Person::new(&host, n)))
                .collect();
            all.extend(here.clone());
            std::thread::spawn(move || {
                for stream in listener.incoming().flatten() {
                    // Whoever hangs up early gets no answer.
                    let _ = answer(stream, &here);
                }
            });
        }
        Elsewhere { people: all }
    }

    /// Has the owner of that server follow all of them, who consent: from then on their keys are known.
    pub fn are_followed(&self, server: &Server, token: &str) {
        let bearer = format!("Bearer {token}");
        let auth = [("Authorization", bearer.as_str())];
        let mut connection = Connection::open(server.address);
        let mut ask = |request: &str| -> Value {
            serde_json::from_slice(connection.exchange(request)).unwrap()
        };
        let me = ask(&load::get("/api/v1/accounts/verify_credentials", &auth));
        let me = me["pleroma"]["ap_id"].as_str().unwrap().to_owned();
        for person in &self.people {
            let search = format!("/api/v2/search?type=accounts&resolve=true&q={}", person.uri);
            let found = ask(&load::get(&search, &auth));
            let id = found["accounts"][0]["id"].as_str().unwrap().to_owned();
            let follow = format!("/api/v1/accounts/{id}/follow");
            ask(&load::post(&follow, &auth, ""));
            let consent = person.says(
                "Accept",
                "/accept",
                json!({"type": "Follow", "actor": me, "object": person.uri}),
            );
            let consent = person.posts(server.address, &consent);
            let (status, _) = Connection::open(server.address).send(&consent);
            assert_eq!(status, 202);
            let path = format!("/api/v1/accounts/relationships?id={id}");
            let patience = Instant::now() + Duration::from_secs(20);
            while ask(&load::get(&path, &auth))[0]["following"] != true {
                assert!(Instant::now() < patience, "{} does not consent", person.uri);
                std::thread::sleep(Duration::from_millis(5));
            }
        }
    }

    /// Posts of all of them in turns: what is sent to the inbox of a server, whole requests. No two are alike, in any run.
    pub fn posts(&self, server: SocketAddr, count: usize, name: &str) -> Vec<Vec<u8>> {
        let half = count / 2;
        let write = |numbers: std::ops::Range<usize>| -> Vec<Vec<u8>> {
            numbers
                .map(|n| {
                    let person = &self.people[n % self.people.len()];
                    person.posts(server, &person.note(n, name))
                })
                .collect()
        };
        std::thread::scope(|threads| {
            let rest = threads.spawn(|| write(half..count));
            let mut all = write(0..half);
            all.extend(rest.join().unwrap());
            all
        })
    }
}

impl Person {
    fn new(host: &str, n: usize) -> Person {
        let uri = format!("http://{host}/users/person{n}");
        let new = key::generate().unwrap();
        let id = format!("{uri}#main-key");
        Person {
            document: actor(&uri, host, n, &new.public_pem),
            key: PrivateKey::parse(id, &new.private).unwrap(),
            host: host.to_owned(),
            uri,
        }
    }

    /// An activity.
    fn says(&self, kind: &str, id: &str, object: Value) -> String {
        json!({
            "@context": ["https://www.w3.org/ns/activitystreams", {"ostatus": "http://ostatus.org#", "atomUri": "ostatus:atomUri",
                "inReplyToAtomUri": "ostatus:inReplyToAtomUri", "conversation": "ostatus:conversation", "sensitive": "as:sensitive",
                "toot": "http://joinmastodon.org/ns#", "votersCount": "toot:votersCount", "Hashtag": "as:Hashtag"}],
            "id": format!("{}{id}", self.uri),
            "type": kind,
            "actor": self.uri,
            "published": Timestamp::now(),
            "to": [PUBLIC],
            "cc": [format!("{}/followers", self.uri)],
            "object": object,
        })
        .to_string()
    }

    /// A post as Mastodon writes them.
    pub fn note(&self, n: usize, name: &str) -> String {
        let id = format!("/statuses/{name}{n}");
        let note = note(
            &self.uri,
            &self.host,
            &id,
            &mut Writer::new(n as u64),
            Timestamp::now(),
        );
        self.says("Create", &format!("{id}/activity"), note)
    }

    /// The request that brings an activity to the inbox of a server.
    pub fn posts(&self, server: SocketAddr, activity: &str) -> Vec<u8> {
        let url = url::Url::parse(&format!("http://{server}/inbox")).unwrap();
        let body = Signable::new(activity.as_bytes());
        let outgoing = Outgoing {
            url: &url,
            body: Some(&body),
            without_query: false,
        };
        let signed =
            signature::sign(&self.key, Variant::Cavage, &outgoing, Timestamp::now()).unwrap();
        let mut request = format!(
            "POST /inbox HTTP/1.1\r\nHost: {server}\r\nUser-Agent: bench\r\nContent-Type: {CONTENT_TYPE}\r\nContent-Length: {}\r\n",
            activity.len()
        );
        for (name, value) in signed {
            request.push_str(&format!("{name}: {value}\r\n"));
        }
        (request + "\r\n" + activity).into_bytes()
    }
}

/// An actor document as Mastodon writes them.
pub fn actor(uri: &str, host: &str, n: usize, pem: &str) -> Value {
    json!({
        "@context": ["https://www.w3.org/ns/activitystreams", "https://w3id.org/security/v1"],
        "id": uri,
        "type": "Person",
        "preferredUsername": format!("person{n}"),
        "name": format!("Person Number {n}"),
        "summary": "<p>Writes about bread, trains and the weather. Sometimes all three at once, mostly in the morning.</p>",
        "url": format!("http://{host}/@person{n}"),
        "inbox": format!("{uri}/inbox"),
        "outbox": format!("{uri}/outbox"),
        "followers": format!("{uri}/followers"),
        "following": format!("{uri}/following"),
        "featured": format!("{uri}/collections/featured"),
        "endpoints": {"sharedInbox": format!("http://{host}/inbox")},
        "discoverable": true,
        "published": "2023-05-01T00:00:00Z",
        "icon": {"type": "Image", "mediaType": "image/png", "url": format!("http://{host}/system/accounts/avatars/{n:09}/original/0a1b2c3d4e5f.png")},
        "attachment": [{"type": "PropertyValue", "name": "Pronouns", "value": "they/them"}],
        "publicKey": {"id": format!("{uri}#main-key"), "owner": uri, "publicKeyPem": pem},
    })
}

/// A public post: every third with a tag, every eighth with a picture.
pub fn note(author: &str, host: &str, id: &str, writer: &mut Writer, at: Timestamp) -> Value {
    let letters = 120 + writer.below(180);
    let mut content = format!("<p>{}", writer.text(letters));
    let mut tags = Vec::new();
    if writer.below(3) == 0 {
        let word = writer.word();
        content.push_str(&format!(
            " <a href=\"http://{host}/tags/{word}\" class=\"mention hashtag\" rel=\"tag\">#<span>{word}</span></a>"
        ));
        tags.push(json!({"type": "Hashtag", "href": format!("http://{host}/tags/{word}"), "name": format!("#{word}")}));
    }
    content.push_str("</p>");
    let mut pictures = Vec::new();
    if writer.below(8) == 0 {
        let (one, two) = (writer.below(1000), writer.below(usize::MAX >> 12));
        pictures.push(json!({
            "type": "Document", "mediaType": "image/jpeg", "width": 1200, "height": 900,
            "url": format!("http://{host}/system/media_attachments/files/115/{one:03}/{one:03}/original/{two:016x}.jpg"),
            "name": writer.text(80), "blurhash": "UBL_:rOpGG-oBUNG,qRj2so|=eE1w^n4S5NH", "focalPoint": [0.0, 0.0],
        }));
    }
    let uri = format!("{author}{id}");
    json!({
        "id": uri,
        "type": "Note",
        "summary": null,
        "inReplyTo": null,
        "published": at,
        "url": format!("{}{}", author.replacen("/users/", "/@", 1), id.trim_start_matches("/statuses")),
        "attributedTo": author,
        "to": [PUBLIC],
        "cc": [format!("{author}/followers")],
        "sensitive": false,
        "atomUri": uri,
        "inReplyToAtomUri": null,
        "conversation": format!("tag:{host},2026-11-24:objectId={}:objectType=Conversation", id.trim_start_matches("/statuses/")),
        "content": content,
        "contentMap": {"en": content},
        "attachment": pictures,
        "tag": tags,
        "replies": {"id": format!("{uri}/replies"), "type": "Collection",
            "first": {"type": "CollectionPage", "next": format!("{uri}/replies?only_other_accounts=true&page=true"), "partOf": format!("{uri}/replies"), "items": []}},
        "likes": {"id": format!("{uri}/likes"), "type": "Collection", "totalItems": 0},
        "shares": {"id": format!("{uri}/shares"), "type": "Collection", "totalItems": 0},
    })
}

/// Shows the people of a server; takes what is sent to them.
fn answer(mut stream: TcpStream, people: &[Arc<Person>]) -> std::io::Result<()> {
    let (head, _) = read_request(&stream)?;
    let path = head.split(' ').nth(1).unwrap_or_default();
    let known = people.iter().find(|person| person.uri.ends_with(path));
    let (status, body) = match known {
        _ if head.starts_with("POST") => (202, String::new()),
        Some(person) => (200, person.document.to_string()),
        None => (404, String::new()),
    };
    write!(
        stream,
        "HTTP/1.1 {status} X\r\nConnection: close\r\nContent-Type: {CONTENT_TYPE}\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    )
}

/// Reads one request: its head and its body.
pub fn read_request(stream: &TcpStream) -> std::io::Result<(String, Vec<u8>)> {
    let mut lines = BufReader::new(stream);
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") {
        if lines.read_line(&mut head)? == 0 {
            return Err(std::io::ErrorKind::UnexpectedEof.into());
        }
    }
    let lower = head.to_ascii_lowercase();
    let length = lower
        .lines()
        .find_map(|line| line.strip_prefix("content-length: ")?.parse().ok());
    let mut body = vec![0; length.unwrap_or(0)];
    lines.read_exact(&mut body)?;
    Ok((head, body))
}
