//! Another server, as far as a test needs one: fixed answers by path, over a real socket.

use std::collections::HashMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;

type Files = Arc<Mutex<HashMap<String, Vec<u8>>>>;

/// A server that answers what it was told to, and remembers what it was asked. It lives as long as the test program.
pub struct Peer {
    address: SocketAddr,
    files: Files,
    asked: Arc<Mutex<Vec<String>>>,
}

impl Peer {
    pub fn new() -> Peer {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let peer = Peer {
            address: listener.local_addr().unwrap(),
            files: Files::default(),
            asked: Arc::default(),
        };
        let (files, asked) = (Arc::clone(&peer.files), Arc::clone(&peer.asked));
        thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let (files, asked) = (Arc::clone(&files), Arc::clone(&asked));
                // Whoever hangs up early ends only its own conversation.
                thread::spawn(move || answer(stream, &files, &asked));
            }
        });
        peer
    }

    /// With this content at a path; queries do not matter unless the path has one.
    pub fn file(self, path: &str, content: &[u8]) -> Peer {
        self.set(path, content);
        self
    }

    /// As [`Peer::file`], later.
    pub fn set(&self, path: &str, content: &[u8]) {
        self.files
            .lock()
            .unwrap()
            .insert(path.to_owned(), content.to_owned());
    }

    /// The address of a path.
    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// The paths that were asked for, without queries, in their order.
    pub fn asked(&self) -> Vec<String> {
        self.asked.lock().unwrap().clone()
    }
}

fn answer(mut stream: TcpStream, files: &Files, asked: &Mutex<Vec<String>>) -> Option<()> {
    let mut reader = BufReader::new(stream.try_clone().ok()?);
    let mut line = String::new();
    reader.by_ref().take(8192).read_line(&mut line).ok()?;
    let target = line.split(' ').nth(1)?.to_owned();
    loop {
        let mut header = String::new();
        if reader.by_ref().take(8192).read_line(&mut header).ok()? <= 2 {
            break;
        }
    }
    let path = target.split('?').next()?.to_owned();
    asked.lock().unwrap().push(path.clone());
    let files = files.lock().unwrap();
    let (status, content) = match files.get(&target).or_else(|| files.get(&path)) {
        Some(content) => ("200 OK", content.clone()),
        None => ("404 Not Found", Vec::new()),
    };
    drop(files);
    let kind = match path.rsplit('.').next() {
        Some("html") => "Content-Type: text/html; charset=utf-8\r\n",
        Some("json") => "Content-Type: application/json\r\n",
        _ => "",
    };
    let head = format!(
        "HTTP/1.1 {status}\r\n{kind}Content-Length: {}\r\nConnection: close\r\n\r\n",
        content.len()
    );
    stream.write_all(head.as_bytes()).ok()?;
    stream.write_all(&content).ok()
}
