//! Connections that leave the door with their response: streams.
use std::borrow::Cow;
use std::io;
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;

use rouille::{ReadWrite, Response, ResponseBody, Upgrade};

use super::bare;

/// Response header that names a ticket: after the head, which ends without a body, the connection belongs to whoever the
/// ticket was given to. It never reaches the client.
pub const TICKET_HEADER: &str = "x-kenoma-ticket";

/// A connection whose response head was sent.
pub struct Handed {
    /// The socket. Whether it waits is left as it was.
    pub stream: TcpStream,
    /// What the client sent after its request already.
    pub read: Vec<u8>,
    /// In the bare mode the framework's own hold on the connection, which it takes back when this is dropped.
    pub keep: Option<Box<dyn Send>>,
}

/// Takes a connection over. Dropped unused when the connection is lost before.
pub type Taker = Box<dyn FnOnce(Handed) + Send>;

/// Finds the taker for a ticket, once.
pub type Takers = Arc<dyn Fn(&str) -> Option<Taker> + Send + Sync>;

/// Takes the ticket off a response and redeems it.
pub(super) fn redeem(response: &mut Response, takers: &Takers) -> Option<Taker> {
    let is_ticket = |(name, _): &(Cow<str>, _)| name.eq_ignore_ascii_case(TICKET_HEADER);
    let at = response.headers.iter().position(is_ticket)?;
    let (_, ticket) = response.headers.swap_remove(at);
    let taker = takers(&ticket);
    if taker.is_none() {
        log::error!("a response had a ticket that nobody gave out");
    }
    taker
}

/// The bare mode's way to hand a connection over: as an upgrade, whatever the status.
pub(super) struct Leave {
    taker: Option<Taker>,
    port: u16,
    peer: SocketAddr,
}

impl Leave {
    /// Prepares a response whose connection goes to `taker`.
    pub fn with(taker: Taker, port: u16, peer: SocketAddr, mut response: Response) -> Response {
        // A body of unknown length is the only one about which the framework writes nothing into the head.
        response.data = ResponseBody::from_reader(io::empty());
        if !response
            .headers
            .iter()
            .any(|(name, _)| name.eq_ignore_ascii_case("Upgrade"))
        {
            // The framework adds the header to every response that leaves; it says what we could speak.
            response
                .headers
                .push(("Upgrade".into(), "websocket".into()));
        }
        response.upgrade = Some(Box::new(Leave {
            taker: Some(taker),
            port,
            peer,
        }));
        response
    }
}

impl Upgrade for Leave {
    fn build(&mut self, socket: Box<dyn ReadWrite + Send>) {
        let Some(taker) = self.taker.take() else {
            return;
        };
        match bare::connected_socket(self.port, self.peer) {
            Ok(stream) => taker(Handed {
                stream,
                read: Vec::new(),
                keep: Some(Box::new(socket)),
            }),
            Err(error) => log::debug!("lost {} before its stream began: {error}", self.peer),
        }
    }
}
