//! A peer with scripted answers: it plays any server, and remembers what it was asked.

use std::collections::HashMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

use serde_json::{Value, json};

use super::ACTIVITY;

/// What is answered: status, head lines, body.
type Scripted = (u16, String, Vec<u8>);

/// What was asked: head and body.
type Asked = Mutex<Vec<(String, Vec<u8>)>>;

/// The server.
pub struct Fake {
    pub base: String,
    answers: Arc<Mutex<HashMap<String, Scripted>>>,
    asked: Arc<Asked>,
}

impl Fake {
    /// Answers 404 to everything that is not scripted. An inbox (`POST`) that is `picky` takes RFC 9421 only.
    pub fn start(picky: bool) -> Fake {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let fake = Fake {
            base: format!("http://{}", listener.local_addr().unwrap()),
            answers: Arc::default(),
            asked: Arc::default(),
        };
        let (answers, asked) = (Arc::clone(&fake.answers), Arc::clone(&fake.asked));
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                answer(stream, &answers, &asked, picky);
            }
        });
        fake
    }

    /// An address here.
    pub fn url(&self, path: &str) -> String {
        format!("{}{path}", self.base)
    }

    /// Scripts an answer with any head lines.
    pub fn raw(&self, path: &str, status: u16, head: &str, body: impl Into<Vec<u8>>) {
        self.answers
            .lock()
            .unwrap()
            .insert(path.into(), (status, head.into(), body.into()));
    }

    /// Scripts a document.
    pub fn document(&self, path: &str, document: &Value) {
        self.raw(
            path,
            200,
            &format!("Content-Type: {ACTIVITY}"),
            document.to_string(),
        );
    }

    /// Scripts an actor, and returns its id.
    pub fn actor(&self, name: &str) -> String {
        let id = self.url(&format!("/users/{name}"));
        self.document(
            &format!("/users/{name}"),
            &json!({"id": id, "type": "Person", "preferredUsername": name, "inbox": format!("{id}/inbox"),
                    "endpoints": {"sharedInbox": self.url("/inbox")}}),
        );
        id
    }

    /// A note by an actor, with an id.
    pub fn note(&self, path: &str, by: &str) -> Value {
        json!({"id": self.url(path), "type": "Note", "attributedTo": by, "content": "<p>hello</p>",
               "to": "https://www.w3.org/ns/activitystreams#Public"})
    }

    /// Heads of the requests for a path, so far.
    pub fn asked(&self, path: &str) -> Vec<String> {
        let asked = self.asked.lock().unwrap();
        let heads = asked.iter().map(|(head, _)| head);
        heads
            .filter(|head| head.split(' ').nth(1) == Some(path))
            .cloned()
            .collect()
    }

    /// How many requests came so far.
    pub fn requests(&self) -> usize {
        self.asked.lock().unwrap().len()
    }

    /// What was posted so far: path and document.
    pub fn got(&self) -> Vec<(String, Value)> {
        let asked = self.asked.lock().unwrap();
        let posts = asked.iter().filter(|(head, _)| head.starts_with("POST"));
        posts
            .map(|(head, body)| {
                let path = head.split(' ').nth(1).unwrap().to_owned();
                (path, serde_json::from_slice(body).unwrap())
            })
            .collect()
    }
}

fn answer(
    mut stream: TcpStream,
    answers: &Mutex<HashMap<String, Scripted>>,
    asked: &Asked,
    picky: bool,
) {
    let mut head = String::new();
    let mut lines = BufReader::new(stream.try_clone().unwrap());
    while !head.ends_with("\r\n\r\n") {
        if lines.read_line(&mut head).unwrap_or(0) == 0 {
            return;
        }
    }
    let lower = head.to_ascii_lowercase();
    let length = lower
        .lines()
        .find_map(|line| line.strip_prefix("content-length: ")?.parse().ok());
    let mut body = vec![0; length.unwrap_or(0)];
    lines.read_exact(&mut body).unwrap();
    let path = head.split(' ').nth(1).unwrap().to_owned();
    let scripted = answers.lock().unwrap().get(&path).cloned();
    let (status, lines, answer) = match scripted {
        Some(scripted) => scripted,
        None if head.starts_with("POST") && picky && !lower.contains("signature-input:") => {
            (401, String::new(), Vec::new())
        }
        None if head.starts_with("POST") => (202, String::new(), Vec::new()),
        None => (404, String::new(), Vec::new()),
    };
    asked.lock().unwrap().push((head, body));
    let lines = if lines.is_empty() {
        lines
    } else {
        format!("{lines}\r\n")
    };
    let _ = write!(
        stream,
        "HTTP/1.1 {status} X\r\nConnection: close\r\n{lines}Content-Length: {}\r\n\r\n",
        answer.len()
    );
    let _ = stream.write_all(&answer);
}
