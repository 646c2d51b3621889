//! A server that listens, and clients of its streams.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::time::Duration;

use kenoma::web::server::Server;
use serde_json::{Value, json};
use tungstenite::protocol::{Role, WebSocket};
use tungstenite::{Error, Message};

use crate::binary::PATIENCE;
use crate::support::{TestServer, TestUser};

/// A test server that answers on a port as well.
pub struct Live {
    pub server: TestServer,
    pub address: SocketAddr,
    front: Option<Server>,
}

impl Live {
    pub fn new() -> Live {
        Live::with(&[])
    }

    pub fn with(settings: &[&str]) -> Live {
        let server = TestServer::with(settings);
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let front = Some(Server::start(&server.app, listener).unwrap());
        Live {
            server,
            address,
            front,
        }
    }

    /// Opens a WebSocket for that target, without credentials of its own.
    pub fn open(&self, target: &str) -> Client {
        Client::open(self.address, target, &[]).unwrap_or_else(|refusal| panic!("{refusal:?}"))
    }

    /// Opens a stream as that user.
    pub fn stream(&self, user: &TestUser, stream: &str) -> Client {
        let target = format!(
            "/api/v1/streaming?access_token={}&stream={stream}",
            user.token
        );
        self.open(&target)
    }

    /// As the end of the process does it.
    pub fn close(&mut self) {
        let front = self.front.take().unwrap();
        front.close(Duration::from_secs(5));
    }
}

impl Drop for Live {
    fn drop(&mut self) {
        if self.front.is_some() {
            self.close();
        }
    }
}

/// A refused handshake.
#[derive(Debug)]
pub struct Refusal {
    pub status: u16,
    pub body: Value,
}

/// The client's end of a stream.
pub struct Client {
    socket: WebSocket<TcpStream>,
    /// The head of the answer, in small letters.
    pub head: String,
}

impl Client {
    pub fn open(
        address: SocketAddr,
        target: &str,
        headers: &[(&str, &str)],
    ) -> Result<Client, Refusal> {
        let mut all = String::new();
        for (name, value) in headers {
            all.push_str(&format!("{name}: {value}\r\n"));
        }
        let request = format!(
            "GET {target} HTTP/1.1\r\nHost: {address}\r\nConnection: keep-alive, Upgrade\r\nUpgrade: websocket\r\n\
             Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n{all}\r\n"
        );
        let stream = connect(address, &request);
        let head = head(&stream);
        if !head.starts_with("http/1.1 101") {
            return Err(refusal(&head, stream));
        }
        let accepted = "sec-websocket-accept: s3pplmbitxaq9kygzzhzrbk+xoo=\r\n";
        assert!(head.contains(accepted), "{head}");
        let socket = WebSocket::from_raw_socket(stream, Role::Client, None);
        Ok(Client { socket, head })
    }

    /// Says something.
    pub fn say(&mut self, message: &Value) {
        self.say_text(&message.to_string());
    }

    pub fn say_text(&mut self, text: &str) {
        self.socket.send(Message::text(text)).unwrap();
    }

    /// Subscribes, and waits until that is done.
    pub fn subscribe(&mut self, message: Value) {
        self.say(&message);
        self.sync();
    }

    /// Waits until everything said so far was heard. Nothing else may come meanwhile.
    pub fn sync(&mut self) {
        self.say_text("ping");
        assert_eq!(self.text(), "pong");
    }

    /// The next text message.
    #[track_caller]
    pub fn text(&mut self) -> String {
        loop {
            match self.socket.read() {
                Ok(Message::Text(text)) => return text.as_str().to_owned(),
                Ok(Message::Ping(_)) => {}
                other => panic!("{other:?} instead of a message"),
            }
        }
    }

    /// The next message as JSON.
    #[track_caller]
    pub fn next(&mut self) -> Value {
        serde_json::from_str(&self.text()).unwrap()
    }

    /// The next message: stream, event, and the payload decoded.
    #[track_caller]
    pub fn event(&mut self) -> (Value, String, Value) {
        let mut message = self.next();
        let event = message["event"].as_str().unwrap().to_owned();
        let payload = match message["payload"].take() {
            Value::String(text) if event.contains("delete") => json!(text),
            Value::String(text) => serde_json::from_str(&text).unwrap(),
            other => other,
        };
        (message["stream"].take(), event, payload)
    }

    /// The next message's event and the id of what it is about.
    #[track_caller]
    pub fn about(&mut self) -> (String, String) {
        let (_, event, payload) = self.event();
        let id = payload["id"].as_str().or(payload.as_str());
        (event, id.unwrap_or_default().to_owned())
    }

    /// Reads until the server ends the stream; answers its code, if it said one.
    pub fn end(&mut self) -> Option<u16> {
        loop {
            match self.socket.read() {
                Ok(Message::Close(frame)) => return frame.map(|frame| frame.code.into()),
                Ok(_) => {}
                Err(Error::Io(error)) if error.kind() == std::io::ErrorKind::WouldBlock => {
                    panic!("the stream did not end")
                }
                Err(_) => return None,
            }
        }
    }

    /// The raw socket, to do what no client should.
    pub fn raw(&mut self) -> &mut TcpStream {
        self.socket.get_mut()
    }
}

fn connect(address: SocketAddr, request: &str) -> TcpStream {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    stream.write_all(request.as_bytes()).unwrap();
    stream
}

/// Reads a head byte by byte: what follows belongs to the stream.
fn head(mut stream: &TcpStream) -> String {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        let mut byte = [0];
        assert_eq!(stream.read(&mut byte).unwrap(), 1, "{head:?}");
        head.push(byte[0]);
    }
    String::from_utf8(head).unwrap().to_lowercase()
}

fn refusal(head: &str, mut stream: TcpStream) -> Refusal {
    let status = head.split(' ').nth(1).unwrap().parse().unwrap();
    let length = head.split("content-length: ").nth(1).unwrap();
    let length = length.split("\r\n").next().unwrap().parse().unwrap();
    let mut body = vec![0; length];
    stream.read_exact(&mut body).unwrap();
    Refusal {
        status,
        body: serde_json::from_slice(&body).unwrap_or_default(),
    }
}

/// A stream of server-sent events.
pub struct Listener {
    stream: BufReader<TcpStream>,
    pub head: String,
}

impl Listener {
    pub fn open(
        address: SocketAddr,
        target: &str,
        token: Option<&str>,
    ) -> Result<Listener, Refusal> {
        let authorization = match token {
            Some(token) => format!("Authorization: Bearer {token}\r\n"),
            None => String::new(),
        };
        let request = format!("GET {target} HTTP/1.1\r\nHost: {address}\r\n{authorization}\r\n");
        let stream = connect(address, &request);
        let head = head(&stream);
        if !head.starts_with("http/1.1 200") {
            return Err(refusal(&head, stream));
        }
        Ok(Listener {
            stream: BufReader::new(stream),
            head,
        })
    }

    /// The next event and its data.
    #[track_caller]
    pub fn event(&mut self) -> (String, String) {
        let event = self.line("event: ");
        let data = self.line("data: ");
        assert_eq!(self.line(""), "");
        (event, data)
    }

    #[track_caller]
    fn line(&mut self, start: &str) -> String {
        let mut line = String::new();
        while line.is_empty() || line.starts_with(":thump") {
            line.clear();
            assert!(
                self.stream.read_line(&mut line).unwrap() > 0,
                "the stream ended"
            );
        }
        line.trim_end().strip_prefix(start).unwrap().to_owned()
    }

    /// Waits for the end.
    pub fn end(&mut self) {
        let mut rest = String::new();
        self.stream.read_to_string(&mut rest).unwrap();
    }
}
