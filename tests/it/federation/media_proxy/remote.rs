//! Servers that have files, each with a habit of its own.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

/// The beginning of a picture, and something behind it.
pub fn png(length: usize) -> Vec<u8> {
    let mut bytes = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x01\0\0\0\x01\x08\x06\0\0\0".to_vec();
    bytes.resize(length.max(bytes.len()), b'x');
    bytes
}

/// The beginning of a film, and numbers behind it.
pub fn mp4(length: usize) -> Vec<u8> {
    let mut bytes = b"\0\0\0\x18ftypisom\0\0\x02\0isomiso2".to_vec();
    bytes.extend((bytes.len()..length).map(|at| (at % 251) as u8));
    bytes
}

/// A server that answers as it likes, each connection in a thread of its own. One request per connection.
pub struct Remote {
    base: String,
}

impl Remote {
    pub fn start(answer: impl Fn(&mut TcpStream, &str) + Send + Sync + 'static) -> Remote {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        let answer = Arc::new(answer);
        std::thread::spawn(move || {
            for mut stream in listener.incoming().flatten() {
                let answer = Arc::clone(&answer);
                std::thread::spawn(move || {
                    let mut head = Vec::new();
                    let mut byte = [0];
                    while !head.ends_with(b"\r\n\r\n") && stream.read(&mut byte).unwrap_or(0) > 0 {
                        head.push(byte[0]);
                    }
                    answer(&mut stream, &String::from_utf8_lossy(&head));
                });
            }
        });
        Remote { base }
    }

    pub fn url(&self, path: &str) -> String {
        format!("{}{path}", self.base)
    }
}

/// A server that understands ranges: of a film, and of a page that it calls a film.
pub struct Ranges {
    remote: Remote,
    requests: Arc<Mutex<usize>>,
}

impl Ranges {
    pub fn start() -> Ranges {
        let requests = Arc::new(Mutex::new(0));
        let counting = Arc::clone(&requests);
        let remote = Remote::start(move |stream, head| {
            *counting.lock().unwrap() += 1;
            let content = match head.starts_with("GET /film ") {
                true => mp4(100_000),
                false => vec![b'<'; 100_000],
            };
            let lower = head.to_ascii_lowercase();
            let range = lower
                .lines()
                .find_map(|line| line.strip_prefix("range: bytes="))
                .unwrap();
            let (first, last) = range.split_once('-').unwrap();
            let first: usize = first.parse().unwrap();
            let last = last
                .parse()
                .map_or(content.len(), |last: usize| last + 1)
                .min(content.len());
            let (status, range, body) = match first < content.len() {
                true => (206, format!("{first}-{}", last - 1), &content[first..last]),
                false => (416, "*".into(), &[][..]),
            };
            let _ = write!(
                stream,
                "HTTP/1.1 {status} X\r\nConnection: close\r\nContent-Type: video/mp4\r\nContent-Range: bytes {range}/100000\r\n\
                 Content-Length: {}\r\n\r\n",
                body.len()
            );
            let _ = stream.write_all(body);
        });
        Ranges { remote, requests }
    }

    pub fn url(&self, path: &str) -> String {
        self.remote.url(path)
    }

    pub fn requests(&self) -> usize {
        *self.requests.lock().unwrap()
    }
}
