//! The two ways to say things on a stream: WebSocket frames, and server-sent events.

use std::io::{self, ErrorKind, Read, Write};
use std::net::TcpStream;
use std::sync::Arc;
use std::time::Duration;

use rustix::io::Errno;
use rustix::net::{RecvFlags, recv};
use serde_json::json;
use tungstenite::protocol::frame::coding::{CloseCode, Data, OpCode};
use tungstenite::protocol::frame::{CloseFrame, Frame};
use tungstenite::protocol::{Role, WebSocketConfig, WebSocketContext};
use tungstenite::{Error, Message};

use super::channel::Channel;
use super::outbox::Outbox;

/// What a client may say at once; subscriptions are short.
const LONGEST_MESSAGE: usize = 16 * 1024;

/// What is read at once: a stream that says nothing holds little.
const READ_BUFFER: usize = 1024;

/// How things are said on a stream.
pub enum Wire {
    /// With the protocol's state.
    WebSocket(Box<WebSocketContext>),
    /// `text/event-stream`: nothing comes back.
    Events,
}

/// Which of the two; frames for all streams of a kind are made once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// WebSocket messages.
    WebSocket,
    /// Server-sent events.
    Events,
}

/// Something to be told.
#[derive(Clone, Debug)]
pub struct Told {
    /// The event's name.
    pub event: &'static str,
    /// JSON, or the plain id of something deleted; few events have none.
    pub payload: Option<String>,
}

/// What came in.
pub enum Incoming {
    /// A message.
    Text(String),
    /// Nothing more for now.
    Nothing,
    /// The client is gone or going, or does not speak the protocol.
    End,
}

impl Wire {
    /// The beginning of a stream, with what the client sent after its request already.
    pub fn new(format: Format, read: Vec<u8>) -> Wire {
        let config = WebSocketConfig::default()
            .read_buffer_size(READ_BUFFER)
            .write_buffer_size(0)
            .max_message_size(Some(LONGEST_MESSAGE))
            .max_frame_size(Some(LONGEST_MESSAGE));
        match format {
            Format::WebSocket => {
                let server =
                    WebSocketContext::from_partially_read(read, Role::Server, Some(config));
                Wire::WebSocket(Box::new(server))
            }
            Format::Events => Wire::Events,
        }
    }

    /// The next thing that the client said. Answers of the protocol (pong, close) go to the outbox.
    pub fn receive(&mut self, socket: &TcpStream, outbox: &mut Outbox) -> Incoming {
        match self {
            Wire::Events => discard(socket),
            Wire::WebSocket(context) => {
                let mut pipe = Pipe { socket, outbox };
                loop {
                    return match context.read(&mut pipe) {
                        Ok(Message::Text(text)) => Incoming::Text(text.as_str().to_owned()),
                        Ok(Message::Close(_)) => {
                            // The answer to it; whether it can still be said does not matter.
                            let _ = context.flush(&mut pipe);
                            Incoming::End
                        }
                        Ok(_) => continue,
                        Err(Error::Io(error)) if error.kind() == ErrorKind::WouldBlock => {
                            Incoming::Nothing
                        }
                        Err(_) => Incoming::End,
                    };
                }
            }
        }
    }
}

/// Whoever listens to events has nothing to say; what matters is that they are still there.
pub fn discard(socket: &TcpStream) -> Incoming {
    let mut scratch = [0; 512];
    loop {
        return match read(socket, &mut scratch) {
            Ok(0) => Incoming::End,
            Ok(_) => continue,
            Err(error) if error.kind() == ErrorKind::WouldBlock => Incoming::Nothing,
            Err(_) => Incoming::End,
        };
    }
}

/// Reads without waiting. Without the front door the framework still holds the socket, and waits on it: so it is this call
/// that does not wait, not the socket.
fn read(socket: &TcpStream, buffer: &mut [u8]) -> io::Result<usize> {
    loop {
        match recv(socket, &mut *buffer, RecvFlags::DONTWAIT) {
            Ok((read, _)) => return Ok(read),
            Err(Errno::INTR) => {}
            Err(error) => return Err(error.into()),
        }
    }
}

impl Format {
    /// How long a stream may be silent, so that proxies in between keep it open and vanished clients are noticed.
    pub fn heartbeat(self) -> Duration {
        match self {
            Format::WebSocket => Duration::from_secs(30),
            Format::Events => Duration::from_secs(15),
        }
    }

    /// What breaks the silence.
    pub fn beat(self) -> Arc<[u8]> {
        match self {
            Format::WebSocket => frame(Frame::ping(Vec::new())),
            Format::Events => Arc::from(&b":thump\n"[..]),
        }
    }

    /// What is told on a channel.
    pub fn tell(self, channel: &Channel, told: &Told) -> Arc<[u8]> {
        let (event, payload) = (told.event, &told.payload);
        match (self, payload) {
            (Format::WebSocket, Some(payload)) => {
                text(&json!({"stream": channel.names(), "event": event, "payload": payload}))
            }
            (Format::WebSocket, None) => text(&json!({"stream": channel.names(), "event": event})),
            (Format::Events, payload) => {
                // JSON as we write it has no line breaks, which would end the field.
                let payload = payload.as_deref().unwrap_or("{}");
                format!("event: {event}\ndata: {payload}\n\n")
                    .into_bytes()
                    .into()
            }
        }
    }

    /// The last words, with a reason that clients act on.
    pub fn farewell(self, reason: Farewell) -> Option<Arc<[u8]>> {
        let (code, text) = match reason {
            Farewell::Restart => (CloseCode::Restart, "the server is stopping"),
            Farewell::NoRight => (CloseCode::Policy, "the access token is no longer valid"),
            Farewell::TooMuch => (CloseCode::Policy, "too many messages"),
            Farewell::Lapsed => (CloseCode::Again, "some events were lost"),
        };
        let reason = text.into();
        (self == Format::WebSocket).then(|| frame(Frame::close(Some(CloseFrame { code, reason }))))
    }
}

/// Why a stream is ended from our side. Clients take other reasons than these for a wish not to be asked again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Farewell {
    /// The server stops.
    Restart,
    /// The token was revoked, or its owner may not be heard any more.
    NoRight,
    /// The client talks too much.
    TooMuch,
    /// The server could not keep up.
    Lapsed,
}

/// A message that is no event.
pub fn text(message: &serde_json::Value) -> Arc<[u8]> {
    plain(&message.to_string())
}

/// A message as it is.
pub fn plain(message: &str) -> Arc<[u8]> {
    let payload = message.as_bytes().to_vec();
    frame(Frame::message(payload, OpCode::Data(Data::Text), true))
}

fn frame(frame: Frame) -> Arc<[u8]> {
    let mut bytes = Vec::with_capacity(frame.len());
    // A vector takes everything.
    if let Err(error) = frame.format(&mut bytes) {
        log::error!("a frame could not be written: {error}");
    }
    bytes.into()
}

/// Lets the protocol read from the socket, and write without ever having to wait.
struct Pipe<'a> {
    socket: &'a TcpStream,
    outbox: &'a mut Outbox,
}

impl Read for Pipe<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        read(self.socket, buffer)
    }
}

impl Write for Pipe<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let pushed = self.outbox.push(bytes.into());
        pushed.map_err(|_| io::Error::from(ErrorKind::ConnectionAborted))?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(event: &'static str, payload: Option<&str>) -> Told {
        Told {
            event,
            payload: payload.map(str::to_owned),
        }
    }

    #[test]
    fn a_message_is_an_unmasked_text_frame_with_its_payload_as_text() {
        let frame = Format::WebSocket.tell(&Channel::User, &told("update", Some(r#"{"id":"1"}"#)));
        let text = r#"{"event":"update","payload":"{\"id\":\"1\"}","stream":["user"]}"#;
        assert_eq!((frame[0], usize::from(frame[1])), (0x81, text.len()));
        assert_eq!(&frame[2..], text.as_bytes());
    }

    #[test]
    fn an_event_without_payload_has_none() {
        let frame = Format::WebSocket.tell(&Channel::User, &told("filters_changed", None));
        assert_eq!(
            &frame[2..],
            br#"{"event":"filters_changed","stream":["user"]}"#
        );
    }

    #[test]
    fn server_sent_events_are_two_lines_and_an_empty_one() {
        let frame = Format::Events.tell(&Channel::User, &told("delete", Some("12")));
        assert_eq!(&*frame, b"event: delete\ndata: 12\n\n");
    }

    #[test]
    fn a_restart_is_told_by_its_code() {
        let frame = Format::WebSocket
            .farewell(Farewell::Restart)
            .expect("a frame");
        assert_eq!(
            (frame[0], &frame[2..4]),
            (0x88, &1012_u16.to_be_bytes()[..])
        );
        assert!(Format::Events.farewell(Farewell::Restart).is_none());
    }
}
