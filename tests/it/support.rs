//! A server for one test: a temporary data directory, users with tokens, requests through the real dispatcher.

use std::path::Path;
use std::sync::Arc;

use kenoma::app::App;
use kenoma::config::{BaseUrl, Config, Profile};
use kenoma::web::dispatch;
use rusqlite::Connection;
use serde_json::Value;
use tempfile::TempDir;

use crate::entities;

/// Where the test server believes to be.
pub const BASE: &str = "http://127.0.0.1:4000";

/// A server in a temporary directory, deleted with it.
pub struct TestServer {
    pub app: Arc<App>,
    data: TempDir,
}

/// Somebody with an account, a password and a token of every scope.
pub struct TestUser<'a> {
    pub server: &'a TestServer,
    pub id: String,
    pub name: String,
    pub password: String,
    pub token: String,
}

/// An answer.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

impl TestServer {
    /// A server with the settings of ephemeral mode.
    pub fn new() -> TestServer {
        TestServer::with(&[])
    }

    /// A server with `section.key=value` settings on top.
    pub fn with(settings: &[&str]) -> TestServer {
        let data = tempfile::tempdir().unwrap();
        let app = TestServer::open(data.path(), settings);
        TestServer { app, data }
    }

    fn open(data: &Path, settings: &[&str]) -> Arc<App> {
        let sets: Vec<String> = settings.iter().map(|set| (*set).to_owned()).collect();
        let loaded = Config::load(data, std::iter::empty(), &sets, Profile::Ephemeral).unwrap();
        let base = loaded
            .config
            .server
            .url
            .clone()
            .unwrap_or_else(|| BaseUrl::parse(BASE).unwrap());
        Arc::new(App::open(data, loaded.config, base).unwrap())
    }

    /// The same data directory under other settings, as after a restart.
    pub fn restarted_with(self, settings: &[&str]) -> TestServer {
        let TestServer { app, data } = self;
        app.stop();
        drop(app);
        TestServer {
            app: TestServer::open(data.path(), settings),
            data,
        }
    }

    /// The data directory.
    pub fn data(&self) -> &Path {
        self.data.path()
    }

    /// An approved, confirmed user with a token of every scope, as `serve --ephemeral --user NAME` makes it.
    pub fn user(&self, name: &str) -> TestUser<'_> {
        self.make(name, false)
    }

    /// An admin.
    pub fn admin(&self, name: &str) -> TestUser<'_> {
        self.make(name, true)
    }

    fn make(&self, name: &str, admin: bool) -> TestUser<'_> {
        let made = kenoma::cli::ephemeral::make_user(&self.app, name, admin).unwrap();
        TestUser {
            server: self,
            id: made.id,
            name: name.to_owned(),
            password: made.password,
            token: made.token,
        }
    }

    /// Sends a request without credentials.
    pub fn get(&self, target: &str) -> Answer {
        self.request("GET", target, &[], b"")
    }

    /// Posts a form.
    pub fn post_form(&self, target: &str, form: &[(&str, &str)]) -> Answer {
        self.request(
            "POST",
            target,
            &[("Content-Type", "application/x-www-form-urlencoded")],
            encode(form).as_bytes(),
        )
    }

    /// Posts JSON.
    pub fn post_json(&self, target: &str, body: &Value) -> Answer {
        self.request(
            "POST",
            target,
            &[("Content-Type", "application/json")],
            body.to_string().as_bytes(),
        )
    }

    /// Sends any request through the dispatcher.
    pub fn request(
        &self,
        method: &str,
        target: &str,
        headers: &[(&str, &str)],
        body: &[u8],
    ) -> Answer {
        let mut all: Vec<(String, String)> = headers
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect();
        if !all.iter().any(|(name, _)| name == "Host") {
            all.push(("Host".into(), "127.0.0.1:4000".into()));
        }
        let request = rouille::Request::fake_http(method, target, all, body.to_vec());
        let response = dispatch::answer(&self.app, &request);
        let headers = response
            .headers
            .iter()
            .map(|(name, value)| (name.to_string(), value.to_string()))
            .collect();
        let (mut reader, _) = response.data.into_reader_and_size();
        let mut body = Vec::new();
        reader.read_to_end(&mut body).unwrap();
        let answer = Answer {
            status: response.status_code,
            headers,
            body,
        };
        entities::check(self.app.router(), method, target, &answer);
        answer
    }

    /// Does all jobs that are due, those too that wait for other servers.
    pub fn run_jobs(&self) {
        loop {
            kenoma::jobs::runner::run_due(&self.app).unwrap();
            if !kenoma::jobs::runner::fetch(&self.app).unwrap() {
                return;
            }
        }
    }

    /// Does all jobs that are due, acts upon what came to the inboxes and sends what is to be sent; says whether anything was
    /// done but jobs.
    pub fn federate(&self) -> bool {
        self.run_jobs();
        let mut worked = false;
        while kenoma::jobs::incoming::once(&self.app).unwrap()
            || kenoma::jobs::deliver::once(&self.app).unwrap()
            || kenoma::jobs::gather::once(&self.app).unwrap()
        {
            worked = true;
        }
        worked
    }

    /// Payloads of waiting jobs of a kind.
    pub fn jobs(&self, kind: &str) -> Vec<Value> {
        let db = self.sql();
        let mut stmt = db
            .prepare("SELECT payload FROM jobs WHERE kind = ?1 ORDER BY id")
            .unwrap();
        let rows = stmt
            .query_map([kind], |row| row.get::<_, String>(0))
            .unwrap();
        rows.map(|payload| serde_json::from_str(&payload.unwrap()).unwrap())
            .collect()
    }

    /// The database file, to look at or to turn clocks back in.
    pub fn sql(&self) -> Connection {
        Connection::open(self.data.path().join("kenoma.db")).unwrap()
    }

    /// Mails in the outbox, oldest first.
    pub fn mails(&self) -> Vec<String> {
        let mut files: Vec<_> = std::fs::read_dir(self.data.path().join("mail"))
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .collect();
        files.sort();
        files
            .iter()
            .map(|file| std::fs::read_to_string(file).unwrap())
            .collect()
    }
}

impl TestUser<'_> {
    pub fn get(&self, target: &str) -> Answer {
        self.request("GET", target, &[], b"")
    }

    pub fn post(&self, target: &str, form: &[(&str, &str)]) -> Answer {
        self.form("POST", target, form)
    }

    pub fn put(&self, target: &str, form: &[(&str, &str)]) -> Answer {
        self.form("PUT", target, form)
    }

    pub fn patch(&self, target: &str, form: &[(&str, &str)]) -> Answer {
        self.form("PATCH", target, form)
    }

    pub fn delete(&self, target: &str) -> Answer {
        self.request("DELETE", target, &[], b"")
    }

    pub fn json(&self, method: &str, target: &str, body: &Value) -> Answer {
        self.request(
            method,
            target,
            &[("Content-Type", "application/json")],
            body.to_string().as_bytes(),
        )
    }

    pub fn form(&self, method: &str, target: &str, form: &[(&str, &str)]) -> Answer {
        let headers = [("Content-Type", "application/x-www-form-urlencoded")];
        self.request(method, target, &headers, encode(form).as_bytes())
    }

    /// Uploads a file in the field `file`, with other fields beside it.
    pub fn upload(
        &self,
        method: &str,
        target: &str,
        field: &str,
        name: &str,
        content: &[u8],
        others: &[(&str, &str)],
    ) -> Answer {
        let (content_type, body) = multipart(field, name, content, others);
        self.request(method, target, &[("Content-Type", &content_type)], &body)
    }

    pub fn request(
        &self,
        method: &str,
        target: &str,
        headers: &[(&str, &str)],
        body: &[u8],
    ) -> Answer {
        let bearer = format!("Bearer {}", self.token);
        let mut all = vec![("Authorization", bearer.as_str())];
        all.extend_from_slice(headers);
        self.server.request(method, target, &all, body)
    }

    /// Posts a public status and returns it.
    pub fn post_status(&self, text: &str) -> Value {
        self.post_with(text, &[])
    }

    /// Posts a status with more parameters.
    pub fn post_with(&self, text: &str, more: &[(&str, &str)]) -> Value {
        let mut form = vec![("status", text)];
        form.extend_from_slice(more);
        self.post("/api/v1/statuses", &form).ok()
    }

    /// Follows somebody.
    pub fn follow(&self, other: &TestUser) -> Value {
        self.post(&format!("/api/v1/accounts/{}/follow", other.id), &[])
            .ok()
    }
}

impl Answer {
    /// The body of a 200 as JSON.
    #[track_caller]
    pub fn ok(self) -> Value {
        self.with_status(200)
    }

    /// The body as JSON, after checking the status.
    #[track_caller]
    pub fn with_status(self, status: u16) -> Value {
        assert_eq!(self.status, status, "{}", self.text());
        self.value()
    }

    /// Checks status and `error` text.
    #[track_caller]
    pub fn refused(self, status: u16, error: &str) {
        let body = self.with_status(status);
        assert_eq!(body["error"], error);
    }

    /// The body as JSON, whatever the status.
    #[track_caller]
    pub fn value(&self) -> Value {
        serde_json::from_slice(&self.body)
            .unwrap_or_else(|error| panic!("{error}: {}", self.text()))
    }

    /// The body as text.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// A header.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .iter()
            .find(|(known, _)| known.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.as_str())
    }
}

/// The `id`s of a list of entities.
#[track_caller]
pub fn ids(list: &Value) -> Vec<String> {
    list.as_array()
        .unwrap()
        .iter()
        .map(|entity| entity["id"].as_str().unwrap().to_owned())
        .collect()
}

/// A form body.
pub fn encode(form: &[(&str, &str)]) -> String {
    let encode = |text: &str| {
        percent_encoding::utf8_percent_encode(text, percent_encoding::NON_ALPHANUMERIC).to_string()
    };
    let pairs: Vec<String> = form
        .iter()
        .map(|(key, value)| format!("{}={}", encode(key), encode(value)))
        .collect();
    pairs.join("&")
}

/// A multipart body with one file: its content type, and the bytes.
pub fn multipart(
    field: &str,
    name: &str,
    content: &[u8],
    others: &[(&str, &str)],
) -> (String, Vec<u8>) {
    let boundary = "----kenoma-test-boundary";
    let mut body = Vec::new();
    for (key, value) in others {
        body.extend(
            format!(
                "--{boundary}\r\nContent-Disposition: form-data; name=\"{key}\"\r\n\r\n{value}\r\n"
            )
            .bytes(),
        );
    }
    let head = format!(
        "--{boundary}\r\nContent-Disposition: form-data; name=\"{field}\"; filename=\"{name}\"\r\nContent-Type: application/octet-stream\r\n\r\n"
    );
    body.extend(head.bytes());
    body.extend(content);
    body.extend(format!("\r\n--{boundary}--\r\n").bytes());
    (format!("multipart/form-data; boundary={boundary}"), body)
}
