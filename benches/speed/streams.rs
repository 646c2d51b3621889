//! Streaming: how long after the answer to a post its event is with those who listen, and what open streams take.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::mpsc::{Sender, channel};
use std::time::{Duration, Instant};

use super::load::{self, Connection};
use super::logins;
use super::server::Server;
use super::table;

const STREAMS: usize = 100;

const POSTS: usize = 50;

pub fn run() {
    table::title(&format!("Events on {STREAMS} open streams"));
    let sets = [
        "limits.streams_per_user=200",
        "limits.connections_per_address=200",
    ];
    let server = Server::ephemeral(&["alice"], &sets);
    let bearer = format!("Bearer {}", server.token("alice"));
    let (heard, times) = channel();
    for _ in 0..STREAMS {
        listen(server.address, &bearer, heard.clone());
    }
    let mut poster = Connection::open(server.address);
    let auth = [("Authorization", bearer.as_str())];
    let mut late = Vec::new();
    for n in 0..POSTS {
        let form = format!("status=Hear%2C+hear+{n}");
        poster.exchange(&load::post("/api/v1/statuses", &auth, &form));
        let answered = Instant::now();
        late.extend((0..STREAMS).map(|_| {
            let time: Instant = times.recv_timeout(Duration::from_secs(10)).unwrap();
            time.saturating_duration_since(answered)
        }));
    }
    late.sort();
    let ms = |part: usize| 1000.0 * late[(late.len() - 1) * part / 100].as_secs_f64();
    let figure = format!("{:.1} ms, 99 %: {:.1}", ms(50), ms(99));
    table::figure("from the answer to the event", &figure, "<= 20 ms");
}

/// Half WebSockets, half server-sent events, each with a token of its own.
const OPEN: usize = 200;

/// What so many open streams take that heard something.
pub fn memory() {
    table::title(&format!("{OPEN} open streams"));
    let server = Server::ephemeral(&["alice"], &["limits.connections_per_address=400"]);
    let own = server.token("alice");
    let app = logins::app(&server, "alice");
    let mut connection = Connection::open(server.address);
    let mut log_in = || {
        let answer = connection.exchange(&load::post("/oauth/token", &[], &app));
        let answer: serde_json::Value = serde_json::from_slice(answer).unwrap();
        answer["access_token"].as_str().unwrap().to_owned()
    };
    let tokens: Vec<String> = (0..OPEN).map(|_| log_in()).collect();
    let before = server.resident_kib();
    let streams: Vec<TcpStream> = tokens
        .iter()
        .enumerate()
        .map(|(n, token)| open(server.address, token, n % 2 == 0))
        .collect();
    let bearer = format!("Bearer {own}");
    let auth = [("Authorization", bearer.as_str())];
    connection.exchange(&load::post(
        "/api/v1/statuses",
        &auth,
        "status=Hear%2C+hear",
    ));
    for mut stream in &streams {
        stream
            .set_read_timeout(Some(Duration::from_secs(10)))
            .unwrap();
        let (mut heard, mut piece) = (Vec::new(), [0; 16 << 10]);
        while !heard.windows(10).any(|part| part == b"Hear, hear") {
            let length = stream.read(&mut piece).unwrap();
            assert!(length > 0, "a stream ended");
            heard.extend_from_slice(&piece[..length]);
        }
    }
    let more = server.resident_kib().saturating_sub(before);
    let figure = format!("{:.1} MiB", more as f64 / 1024.0);
    table::figure("memory that they take", &figure, "<= 16 MiB");
}

/// Opens a stream; it hears what happens from now on.
fn open(address: SocketAddr, token: &str, is_socket: bool) -> TcpStream {
    let bearer = format!("Bearer {token}");
    let mut headers = vec![("Authorization", bearer.as_str())];
    let path = match is_socket {
        true => {
            headers.extend([
                ("Connection", "Upgrade"),
                ("Upgrade", "websocket"),
                ("Sec-WebSocket-Version", "13"),
                ("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ=="),
            ]);
            "/api/v1/streaming?stream=user"
        }
        false => "/api/v1/streaming/user",
    };
    let mut stream = TcpStream::connect(address).unwrap();
    stream
        .write_all(load::get(path, &headers).as_bytes())
        .unwrap();
    let (mut head, mut byte) = (Vec::new(), [0]);
    while !head.ends_with(b"\r\n\r\n") {
        stream.read_exact(&mut byte).unwrap();
        head.extend(byte);
    }
    stream
}

/// Opens a stream and tells of each post that is heard on it.
fn listen(address: SocketAddr, bearer: &str, heard: Sender<Instant>) {
    let mut stream = TcpStream::connect(address).unwrap();
    let auth = [("Authorization", bearer)];
    let request = load::get("/api/v1/streaming/user", &auth);
    stream.write_all(request.as_bytes()).unwrap();
    let mut lines = BufReader::new(stream).lines().map_while(Result::ok);
    assert!(lines.next().unwrap().starts_with("HTTP/1.1 200"));
    std::thread::spawn(move || {
        let posts = lines.filter(|line| line == "event: update");
        posts.for_each(|_| {
            // The main thread may be gone by now.
            let _ = heard.send(Instant::now());
        });
    });
}
