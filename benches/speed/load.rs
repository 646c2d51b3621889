//! The load generator: `wrk` for reading, one connection of our own for what comes one after the other.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::process::Command;
use std::time::Duration;

/// Connections at once.
pub const CONNECTIONS: usize = 8;

/// What one load showed.
#[derive(Clone, Copy)]
pub struct Measured {
    /// Answers per second.
    pub rate: f64,
    /// Ninety-nine in a hundred were faster.
    pub p99: Duration,
    /// Length of the body.
    pub bytes: usize,
}

/// Repeats a GET on all connections for that long, by `wrk`, after warming up for a moment.
pub fn run(address: SocketAddr, path: &str, headers: &[(&str, &str)], time: Duration) -> Measured {
    let bytes = Connection::open(address)
        .exchange(&get(path, headers))
        .len();
    wrk(address, path, headers, Duration::from_secs(1));
    let (rate, p99) = wrk(address, path, headers, time);
    Measured { rate, p99, bytes }
}

fn wrk(
    address: SocketAddr,
    path: &str,
    headers: &[(&str, &str)],
    time: Duration,
) -> (f64, Duration) {
    let mut command = Command::new("wrk");
    command.args([
        "--latency",
        "-t",
        "1",
        "-c",
        &CONNECTIONS.to_string(),
        "-d",
        &format!("{}s", time.as_secs()),
    ]);
    for (name, value) in headers {
        command.args(["-H", &format!("{name}: {value}")]);
    }
    let output = command.arg(format!("http://{address}{path}")).output();
    let output = output.expect("the load generator wrk is not installed: apt-get install wrk");
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(!text.contains("Non-2xx"), "{text}");
    let word = |start: &str| {
        let line = text
            .lines()
            .map(str::trim)
            .find(|line| line.starts_with(start))
            .unwrap_or_else(|| panic!("{text}"));
        line.split_whitespace().nth(1).unwrap().to_owned()
    };
    (
        word("Requests/sec:").parse().unwrap(),
        duration(&word("99%")),
    )
}

/// Reads what `wrk` writes: `950.00us`, `1.20ms`, `2.00s`.
fn duration(text: &str) -> Duration {
    let unit = text.find(|c: char| c.is_alphabetic()).unwrap();
    let number: f64 = text[..unit].parse().unwrap();
    Duration::from_secs_f64(match &text[unit..] {
        "us" => number / 1e6,
        "ms" => number / 1e3,
        _ => number,
    })
}

/// One kept-alive connection.
pub struct Connection {
    stream: TcpStream,
    buffer: Vec<u8>,
}

impl Connection {
    pub fn open(address: SocketAddr) -> Connection {
        let stream = TcpStream::connect(address).unwrap();
        stream.set_nodelay(true).unwrap();
        stream
            .set_read_timeout(Some(Duration::from_secs(20)))
            .unwrap();
        Connection {
            stream,
            buffer: vec![0; 1 << 20],
        }
    }

    /// Sends a request and reads the answer, which must be a 200; returns its body. A chunked one, as rouille sends large
    /// bodies, is returned with its chunk lines.
    pub fn exchange(&mut self, request: &str) -> &[u8] {
        let (status, body) = self.send(request.as_bytes());
        assert_eq!(status, 200, "{request}");
        body
    }

    /// Sends a request; returns the status and the body of its answer.
    pub fn send(&mut self, request: &[u8]) -> (u16, &[u8]) {
        self.stream.write_all(request).unwrap();
        let mut filled = 0;
        let (head, status, length) = loop {
            filled += self.read(filled);
            if let Some(end) = self.buffer[..filled]
                .windows(4)
                .position(|window| window == b"\r\n\r\n")
            {
                let (status, length) = read_head(&self.buffer[..end + 2]);
                break (end + 4, status, length);
            }
        };
        let end = match length {
            Some(length) => head + length,
            None => return (status, self.chunks(head, filled)),
        };
        while filled < end {
            filled += self.read(filled);
        }
        (status, &self.buffer[head..end])
    }

    /// Reads chunks to the last one.
    fn chunks(&mut self, start: usize, mut filled: usize) -> &[u8] {
        let mut at = start;
        loop {
            let line = self.buffer[at..filled]
                .windows(2)
                .position(|window| window == b"\r\n");
            let Some(line) = line else {
                filled += self.read(filled);
                continue;
            };
            let size = std::str::from_utf8(&self.buffer[at..at + line]).unwrap();
            let size = usize::from_str_radix(size, 16).unwrap();
            at += line + 2 + size + 2;
            while filled < at {
                filled += self.read(filled);
            }
            if size == 0 {
                return &self.buffer[start..at];
            }
        }
    }

    /// Reads behind what is there, and makes room first: a read into no room answers zero as a server does that hangs up.
    fn read(&mut self, filled: usize) -> usize {
        if filled == self.buffer.len() {
            self.buffer.resize(2 * filled, 0);
        }
        let got = self.stream.read(&mut self.buffer[filled..]).unwrap();
        assert!(got > 0, "the server hung up");
        got
    }
}

/// The status, and the body's length; none when it comes in chunks.
fn read_head(head: &[u8]) -> (u16, Option<usize>) {
    let head = std::str::from_utf8(head).unwrap();
    let status = head.split(' ').nth(1).unwrap().parse().unwrap();
    let line = head
        .lines()
        .find(|line| line.to_ascii_lowercase().starts_with("content-length:"));
    let length = line.map(|line| line[15..].trim().parse().unwrap());
    (status, length.or((status == 204).then_some(0)))
}

/// A GET request.
pub fn get(path: &str, headers: &[(&str, &str)]) -> String {
    let mut request = format!("GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n");
    for (name, value) in headers {
        request.push_str(&format!("{name}: {value}\r\n"));
    }
    request + "\r\n"
}

/// A form POST.
pub fn post(path: &str, headers: &[(&str, &str)], body: &str) -> String {
    let mut request = format!(
        "POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: {}\r\n",
        body.len()
    );
    for (name, value) in headers {
        request.push_str(&format!("{name}: {value}\r\n"));
    }
    request + "\r\n" + body
}
