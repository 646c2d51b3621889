//! Streaming: how long after the answer to a post its event is with those who listen.

use std::io::{BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::mpsc::{Sender, channel};
use std::time::{Duration, Instant};

use super::load::{self, Connection};
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
