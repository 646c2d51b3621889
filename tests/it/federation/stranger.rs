//! Somebody on a server that is not there: known here with a key, able to sign what it says.

use std::sync::OnceLock;

use kenoma::clock::Timestamp;
use kenoma::db::remote_accounts::RemoteAccount;
use kenoma::fed::signature::key::{self, NewKey, PrivateKey};
use kenoma::fed::signature::{self, Outgoing, Signable, Variant};
use kenoma::ids::AccountId;
use serde_json::{Value, json};
use url::Url;

use super::ACTIVITY;
use crate::support::{Answer, BASE, TestServer, TestUser};

/// An account elsewhere.
pub struct Stranger<'a> {
    pub server: &'a TestServer,
    pub id: AccountId,
    pub uri: String,
    key: PrivateKey,
}

impl<'a> Stranger<'a> {
    /// `name` at `host`, whom the server has met.
    pub fn new(server: &'a TestServer, name: &str, host: &str) -> Stranger<'a> {
        let made = key_of(name);
        let uri = format!("https://{host}/users/{name}");
        let key_id = format!("{uri}#main-key");
        let account = RemoteAccount {
            url: uri.clone(),
            username: name.into(),
            host: host.into(),
            actor_type: "Person",
            display_name: name.into(),
            note: String::new(),
            fields: "[]".into(),
            emojis: "[]".into(),
            avatar: None,
            header: None,
            locked: false,
            discoverable: false,
            accepts_chat_messages: None,
            also_known_as: "[]".into(),
            inbox: format!("{uri}/inbox"),
            shared_inbox: Some(format!("https://{host}/inbox")),
            outbox: None,
            followers_uri: Some(format!("{uri}/followers")),
            following_uri: None,
            featured_uri: None,
            created_at: Timestamp::now(),
            suspended: false,
            uri: uri.clone(),
        };
        let keys = [(key_id.clone(), made.public_pem.clone())];
        let id = server
            .app
            .db()
            .write(|tx| kenoma::ops::remote_accounts::store(tx, &account, &keys, true))
            .unwrap();
        Stranger {
            server,
            id,
            uri,
            key: PrivateKey::parse(key_id, &made.private).unwrap(),
        }
    }

    /// Whoever has a key, whether the server has met them or not.
    pub fn with_key(
        server: &'a TestServer,
        uri: &str,
        key_id: &str,
        made: &NewKey,
    ) -> Stranger<'a> {
        Stranger {
            server,
            id: AccountId(0),
            uri: uri.into(),
            key: PrivateKey::parse(key_id.into(), &made.private).unwrap(),
        }
    }

    /// An activity of this actor, with an id of its own.
    pub fn activity(&self, kind: &str, object: Value) -> Value {
        json!({
            "@context": "https://www.w3.org/ns/activitystreams",
            "id": format!("{}/activities/{}", self.uri, kenoma::ids::next()),
            "type": kind,
            "actor": self.uri,
            "object": object,
        })
    }

    /// A public post of this actor.
    pub fn note(&self, text: &str) -> Value {
        json!({
            "id": format!("{}/notes/{}", self.uri, kenoma::ids::next()),
            "type": "Note",
            "attributedTo": self.uri,
            "content": text,
            "to": ["https://www.w3.org/ns/activitystreams#Public"],
            "cc": [format!("{}/followers", self.uri)],
        })
    }

    /// Somebody here follows this actor, and it agrees.
    pub fn is_followed_by(&self, user: &TestUser) {
        user.post(&format!("/api/v1/accounts/{}/follow", self.id), &[])
            .ok();
        self.say(&self.activity(
            "Accept",
            json!({"type": "Follow", "actor": format!("{BASE}/users/{}", user.name), "object": self.uri}),
        ));
        outbox(self.server);
    }

    /// This actor follows somebody here; what was said so far is forgotten.
    pub fn follows(&self, user: &TestUser) {
        self.say(&self.activity("Follow", json!(format!("{BASE}/users/{}", user.name))));
        sent(self.server);
    }

    /// Posts signed bytes to an inbox.
    pub fn send_bytes(&self, path: &str, signed: &[u8], sent: &[u8]) -> Answer {
        let headers = self.signed(path, Some(&Signable::new(signed)));
        self.ask("POST", path, &headers, ("Content-Type", ACTIVITY), sent)
    }

    /// Fetches a document, signed.
    pub fn fetches(&self, path: &str) -> Answer {
        let headers = self.signed_get(path);
        self.ask("GET", path, &headers, ("Accept", ACTIVITY), b"")
    }

    /// The headers of a signed GET.
    pub fn signed_get(&self, path: &str) -> Vec<(&'static str, String)> {
        self.signed(path, None)
    }

    fn signed(&self, path: &str, body: Option<&Signable>) -> Vec<(&'static str, String)> {
        let url = Url::parse(&format!("{BASE}{path}")).unwrap();
        let outgoing = Outgoing {
            url: &url,
            body,
            without_query: false,
        };
        signature::sign(&self.key, Variant::Cavage, &outgoing, Timestamp::now()).unwrap()
    }

    fn ask(
        &self,
        method: &str,
        path: &str,
        headers: &[(&'static str, String)],
        more: (&str, &str),
        body: &[u8],
    ) -> Answer {
        let mut all: Vec<(&str, &str)> = headers
            .iter()
            .map(|(name, value)| (*name, value.as_str()))
            .collect();
        all.push(more);
        self.server.request(method, path, &all, body)
    }

    /// Says something to the shared inbox; it is acted upon at once.
    #[track_caller]
    pub fn say(&self, activity: &Value) {
        let bytes = activity.to_string().into_bytes();
        let answer = self.send_bytes("/inbox", &bytes, &bytes);
        assert_eq!(answer.status, 202, "{}", answer.text());
        while kenoma::jobs::incoming::once(&self.server.app).unwrap() {}
    }
}

/// Making a key takes a while: all strangers but eve, who pretends to be others, have the same.
fn key_of(name: &str) -> &'static NewKey {
    static KEYS: [OnceLock<NewKey>; 2] = [OnceLock::new(), OnceLock::new()];
    KEYS[usize::from(name == "eve")].get_or_init(|| key::generate().unwrap())
}

/// What is queued for other servers since the last look: inboxes and activities.
pub fn sent(server: &TestServer) -> Vec<(String, Value)> {
    let found = outbox(server);
    server
        .sql()
        .execute_batch("PRAGMA foreign_keys = ON; DELETE FROM activities")
        .unwrap();
    found
}

/// Has all jobs that wait for their hour done now.
pub fn hurry(server: &TestServer) {
    server
        .sql()
        .execute("UPDATE jobs SET run_at = 0 WHERE dead = 0", [])
        .unwrap();
    server.run_jobs();
}

/// The number that a query finds.
#[track_caller]
pub fn count(server: &TestServer, sql: &str) -> i64 {
    server.sql().query_row(sql, [], |row| row.get(0)).unwrap()
}

/// What is queued for other servers: inboxes and activities.
pub fn outbox(server: &TestServer) -> Vec<(String, Value)> {
    server.run_jobs();
    let db = server.sql();
    let mut stmt = db
        .prepare("SELECT d.inbox, a.json FROM deliveries AS d JOIN activities AS a ON a.id = d.activity_id ORDER BY d.id")
        .unwrap();
    let rows = stmt
        .query_map([], |row| Ok((row.get(0)?, row.get::<_, String>(1)?)))
        .unwrap();
    rows.map(|row| {
        let (inbox, json) = row.unwrap();
        (inbox, serde_json::from_str(&json).unwrap())
    })
    .collect()
}
