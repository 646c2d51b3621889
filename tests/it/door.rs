//! The front door over real sockets: what it lets through, what it refuses, what it survives.
mod closing;
mod limits;
mod refusals;

use std::fs;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use kenoma::web::door::{Ask, Door, Handed, SPOOL_HEADER, Settings, TICKET_HEADER, Taker};
use rouille::{Request, Response};

const MEBIBYTE: usize = 1024 * 1024;
const PATIENCE: Duration = Duration::from_secs(8);

/// An open door with a small handler and its own spool directory.
struct Server {
    door: Door,
    spool: tempfile::TempDir,
}

fn open(adjust: impl FnOnce(&mut Settings)) -> Server {
    let spool = tempfile::tempdir().expect("a temporary directory");
    let mut settings = Settings::new(spool.path().to_owned());
    adjust(&mut settings);
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let limit = Arc::new(|_: &str, target: &str| match target {
        "/tiny" => 10,
        _ => 4 * MEBIBYTE,
    });
    let ask = Ask {
        body_limit: limit,
        is_slow: Arc::new(|_, target| target.starts_with("/far")),
    };
    let door = Door::open(listener, settings, ask, Arc::new(handle), Arc::new(taker))
        .expect("an open door");
    Server { door, spool }
}

impl Server {
    fn connect(&self) -> TcpStream {
        let stream = TcpStream::connect(self.door.address()).expect("a connection");
        stream.set_read_timeout(Some(PATIENCE)).expect("a timeout");
        stream
    }

    /// Sends `text` on a fresh connection and returns all that comes until the door closes it.
    fn tell(&self, text: &[u8]) -> String {
        let mut stream = self.connect();
        // The door may close while we still write; the answer counts.
        let _ = stream.write_all(text);
        read_to_close(&mut stream)
    }

    fn spooled(&self) -> usize {
        fs::read_dir(self.spool.path()).expect("the spool").count()
    }

    fn assert_answers(&self) {
        let mut stream = self.connect();
        assert_eq!(get(&mut stream, "/hello").body, b"hello");
    }
}

/// Gives every connection that leaves a greeting, and ends it.
fn taker(ticket: &str) -> Option<Taker> {
    let ticket = ticket.to_owned();
    Some(Box::new(move |mut handed: Handed| {
        let _ = write!(handed.stream, "taken by {ticket}");
    }))
}

fn handle(request: &Request) -> Response {
    match request.raw_url() {
        "/leave" => Response::text("never sent").with_unique_header(TICKET_HEADER, "seven"),
        "/switch" => Response::text("")
            .with_status_code(101)
            .with_unique_header("Upgrade", "test")
            .with_unique_header(TICKET_HEADER, "eight"),
        "/hello" => Response::text("hello"),
        "/none" => Response::empty_204().with_additional_header("X-Test", "1"),
        "/panic" => panic!("the panic that a test asked for"),
        "/slow" => {
            thread::sleep(Duration::from_millis(300));
            Response::text("slow")
        }
        "/far" => {
            let mut response = Response::text("");
            response.data =
                rouille::ResponseBody::from_reader_and_size(Trickle::default(), 100_000);
            response
        }
        "/large" => Response::from_data("application/octet-stream", pattern(MEBIBYTE)),
        "/huge" => Response::from_data("application/octet-stream", vec![b'x'; 32 * MEBIBYTE]),
        "/unsized" => {
            let mut response = Response::text("");
            let reader = std::io::Cursor::new(pattern(200_000));
            response.data = rouille::ResponseBody::from_reader(reader);
            response
        }
        "/headers" => {
            let lines = request
                .headers()
                .map(|(name, value)| format!("{name}={value}\n"));
            Response::text(lines.collect::<String>())
        }
        _ => describe(request),
    }
}

/// Whether the other server sends.
static FAR_SENDS: AtomicBool = AtomicBool::new(false);

/// A body that comes in pieces from another server, once that sends.
#[derive(Default)]
struct Trickle(usize);

impl Read for Trickle {
    fn read(&mut self, piece: &mut [u8]) -> std::io::Result<usize> {
        while !FAR_SENDS.load(Ordering::Relaxed) {
            thread::sleep(Duration::from_millis(5));
        }
        let length = piece.len().min(10_000).min(100_000 - self.0);
        piece[..length].fill(b'f');
        self.0 += length;
        Ok(length)
    }
}

/// Says what arrived: method, target, body size, a checksum, and whether it was spooled.
fn describe(request: &Request) -> Response {
    let (bytes, spooled) = match request.header(SPOOL_HEADER) {
        Some(path) => (fs::read(path).expect("the spooled body"), true),
        None => {
            let mut bytes = Vec::new();
            let mut body = request.data().expect("a body nobody took");
            body.read_to_end(&mut bytes).expect("a body in memory");
            (bytes, false)
        }
    };
    let (method, target, size) = (request.method(), request.raw_url(), bytes.len());
    Response::text(format!(
        "{method} {target} {size} {} {spooled}",
        checksum(&bytes)
    ))
}

fn pattern(size: usize) -> Vec<u8> {
    (0..size).map(|at| (at % 251) as u8).collect()
}

fn checksum(bytes: &[u8]) -> u32 {
    bytes.iter().fold(7, |sum, &byte| {
        sum.wrapping_mul(31).wrapping_add(byte.into())
    })
}

/// A response as a client sees it.
struct Answer {
    status: u16,
    head: String,
    body: Vec<u8>,
}

impl Answer {
    fn header(&self, name: &str) -> Option<&str> {
        self.head.lines().skip(1).find_map(|line| {
            let (found, value) = line.split_once(": ")?;
            found.eq_ignore_ascii_case(name).then_some(value)
        })
    }

    fn text(&self) -> &str {
        std::str::from_utf8(&self.body).expect("text")
    }
}

fn read_head(stream: &mut TcpStream) -> Answer {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        let mut byte = [0];
        stream.read_exact(&mut byte).expect("a response head");
        head.push(byte[0]);
    }
    let head = String::from_utf8(head).expect("an ASCII head");
    let status = head[9..12].parse().expect("a status");
    Answer {
        status,
        head,
        body: Vec::new(),
    }
}

fn read_answer(stream: &mut TcpStream) -> Answer {
    let mut answer = read_head(stream);
    if answer.status != 204 {
        let length = answer.header("content-length").expect("a length");
        answer.body = vec![0; length.parse().expect("a number")];
        stream.read_exact(&mut answer.body).expect("a whole body");
    }
    answer
}

fn read_to_close(stream: &mut TcpStream) -> String {
    let mut bytes = Vec::new();
    let mut part = [0; 4096];
    while let Ok(got @ 1..) = stream.read(&mut part) {
        bytes.extend_from_slice(&part[..got]);
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

fn send(stream: &mut TcpStream, text: &str) {
    stream
        .write_all(text.as_bytes())
        .expect("a connection that takes a request");
}

fn get(stream: &mut TcpStream, target: &str) -> Answer {
    send(stream, &format!("GET {target} HTTP/1.1\r\nHost: a\r\n\r\n"));
    read_answer(stream)
}

fn post(stream: &mut TcpStream, body: &[u8]) -> Answer {
    send(
        stream,
        &format!(
            "POST /in HTTP/1.1\r\nHost: a\r\nContent-Length: {}\r\n\r\n",
            body.len()
        ),
    );
    stream
        .write_all(body)
        .expect("a connection that takes a body");
    read_answer(stream)
}

#[test]
fn a_connection_is_kept_for_many_requests() {
    let server = open(|_| ());
    let mut stream = server.connect();
    for pause in [0, 0, 20, 0, 50, 0] {
        thread::sleep(Duration::from_millis(pause));
        let answer = get(&mut stream, "/hello");
        assert_eq!(
            (answer.status, answer.body.as_slice()),
            (200, &b"hello"[..])
        );
        assert_eq!(answer.header("server"), Some("kenoma"));
        assert!(
            answer
                .header("date")
                .is_some_and(|date| date.ends_with(" GMT"))
        );
        assert_eq!(answer.header("connection"), None);
    }
}

#[test]
fn pipelined_requests_are_answered_in_order() {
    let server = open(|_| ());
    let mut stream = server.connect();
    let requests: String = (0..50)
        .map(|n| format!("GET /{n} HTTP/1.1\r\nHost: a\r\n\r\n"))
        .collect();
    send(&mut stream, &requests);
    for n in 0..50 {
        let text = format!("GET /{n} 0 7 false");
        assert_eq!(read_answer(&mut stream).text(), text);
    }
}

#[test]
fn a_request_may_arrive_byte_by_byte() {
    let server = open(|_| ());
    let mut stream = server.connect();
    stream.set_nodelay(true).expect("an option");
    for byte in b"POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc" {
        stream.write_all(&[*byte]).expect("a byte");
        thread::sleep(Duration::from_micros(300));
    }
    let answer = read_answer(&mut stream);
    assert_eq!(
        answer.text(),
        format!("POST /x 3 {} false", checksum(b"abc"))
    );
}

#[test]
fn small_bodies_stay_in_memory_and_large_ones_pass_through_a_file() {
    let server = open(|_| ());
    let mut stream = server.connect();
    for (size, spooled) in [
        (5, false),
        (64 * 1024, false),
        (64 * 1024 + 1, true),
        (3 * MEBIBYTE, true),
    ] {
        let body = pattern(size);
        let answer = post(&mut stream, &body);
        assert_eq!(
            answer.text(),
            format!("POST /in {size} {} {spooled}", checksum(&body))
        );
        assert_eq!(
            server.spooled(),
            0,
            "a body of {size} bytes was left behind"
        );
    }
}

#[test]
fn a_spooled_body_is_deleted_when_the_client_gives_up() {
    let server = open(|_| ());
    let mut stream = server.connect();
    send(
        &mut stream,
        "POST /in HTTP/1.1\r\nHost: a\r\nContent-Length: 200000\r\n\r\n",
    );
    stream.write_all(&pattern(150_000)).expect("most of a body");
    wait_until("the body is spooled", || server.spooled() == 1);
    drop(stream);
    wait_until("the file is gone", || server.spooled() == 0);
}

fn wait_until(what: &str, mut holds: impl FnMut() -> bool) {
    let deadline = Instant::now() + PATIENCE;
    while !holds() {
        assert!(Instant::now() < deadline, "never came true: {what}");
        thread::sleep(Duration::from_millis(5));
    }
}

#[test]
fn a_chunked_body_reaches_the_handler_with_its_length() {
    let server = open(|_| ());
    let mut stream = server.connect();
    let chunked = "POST /headers HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n";
    send(
        &mut stream,
        &format!("{chunked}3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n"),
    );
    assert_eq!(
        read_answer(&mut stream).text(),
        "Host=a\nContent-Length=5\n"
    );
    let body = pattern(100_000);
    send(&mut stream, &chunked.replace("/headers", "/in"));
    for chunk in body.chunks(7_000) {
        stream
            .write_all(format!("{:x}\r\n", chunk.len()).as_bytes())
            .expect("a size");
        stream.write_all(chunk).expect("a chunk");
        stream.write_all(b"\r\n").expect("an end");
    }
    send(&mut stream, "0\r\n\r\n");
    let text = format!("POST /in 100000 {} true", checksum(&body));
    assert_eq!(read_answer(&mut stream).text(), text);
    assert_eq!(server.spooled(), 0);
}

#[test]
fn a_client_that_expects_to_be_asked_is_asked() {
    let server = open(|_| ());
    let mut stream = server.connect();
    let head = "POST /in HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nExpect: 100-continue\r\n\r\n";
    send(&mut stream, head);
    assert_eq!(read_head(&mut stream).status, 100);
    send(&mut stream, "abc");
    assert_eq!(read_answer(&mut stream).status, 200);
    send(
        &mut stream,
        &head.replace("/in", "/tiny").replace(": 3", ": 11"),
    );
    assert_eq!(read_answer(&mut stream).status, 413);
}

#[test]
fn old_clients_are_closed_unless_they_ask_to_stay() {
    let server = open(|_| ());
    let answer = server.tell(b"GET /hello HTTP/1.0\r\n\r\n");
    assert!(
        answer.contains("Connection: close\r\n") && answer.ends_with("hello"),
        "{answer}"
    );
    let mut stream = server.connect();
    for _ in 0..2 {
        send(
            &mut stream,
            "GET /hello HTTP/1.0\r\nConnection: keep-alive\r\n\r\n",
        );
        assert_eq!(
            read_answer(&mut stream).header("connection"),
            Some("keep-alive")
        );
    }
    let unsized_body = server.tell(b"GET /unsized HTTP/1.0\r\n\r\n");
    assert!(!unsized_body.contains("Transfer-Encoding"));
    let closed = server.tell(b"GET /hello HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
    assert!(closed.ends_with("hello"));
}

#[test]
fn a_body_of_unknown_size_is_chunked() {
    let server = open(|_| ());
    let all = server.tell(b"GET /unsized HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
    assert!(all.contains("Transfer-Encoding: chunked\r\n"));
    assert!(!all.contains("Content-Length"));
    assert_eq!(all.matches("00010000\r\n").count(), 3);
    assert!(all.ends_with("\r\n0\r\n\r\n"));
}

#[test]
fn head_and_204_have_no_body() {
    let server = open(|_| ());
    let mut stream = server.connect();
    for (target, length) in [("/hello", "5"), ("/large", "1048576")] {
        send(
            &mut stream,
            &format!("HEAD {target} HTTP/1.1\r\nHost: a\r\n\r\n"),
        );
        assert_eq!(
            read_head(&mut stream).header("content-length"),
            Some(length)
        );
    }
    let answer = get(&mut stream, "/none");
    assert_eq!((answer.status, answer.header("x-test")), (204, Some("1")));
    assert_eq!(answer.header("content-length"), None);
    assert_eq!(get(&mut stream, "/hello").body, b"hello");
}

#[test]
fn a_large_response_arrives_whole() {
    let server = open(|_| ());
    let mut stream = server.connect();
    for _ in 0..3 {
        assert_eq!(
            checksum(&get(&mut stream, "/large").body),
            checksum(&pattern(MEBIBYTE))
        );
    }
}

#[test]
fn a_panic_is_a_500_and_costs_only_its_connection() {
    let server = open(|settings| settings.threads = 1);
    let mut stream = server.connect();
    let answer = get(&mut stream, "/panic");
    assert_eq!(
        (answer.status, answer.text()),
        (500, "{\"error\":\"Internal server error\"}")
    );
    assert_eq!(answer.header("connection"), Some("close"));
    server.assert_answers();
}

#[test]
fn a_connection_leaves_with_the_head_of_its_response() {
    let server = open(|settings| settings.max_connections = 1);
    let said = server.tell(b"GET /leave HTTP/1.1\r\nHost: a\r\n\r\n");
    let (head, rest) = said.split_once("\r\n\r\n").expect("a head");
    assert!(head.starts_with("HTTP/1.1 200 OK"), "{head}");
    assert!(head.contains("Connection: close"), "{head}");
    assert!(
        !head.contains("Content-Length") && !head.to_lowercase().contains("ticket"),
        "{head}"
    );
    assert_eq!(rest, "taken by seven");
    let said = server.tell(b"GET /switch HTTP/1.1\r\nHost: a\r\n\r\n");
    assert!(
        said.starts_with("HTTP/1.1 101 Switching Protocols"),
        "{said}"
    );
    assert!(
        said.contains("Connection: Upgrade\r\n\r\ntaken by eight"),
        "{said}"
    );
}
