//! What waits to be sent on one stream. Frames are shared between all streams that get the same.

use std::collections::VecDeque;
use std::io::{self, ErrorKind};
use std::net::TcpStream;
use std::sync::Arc;

use socket2::SockRef;

/// A stream may be so many bytes behind, beside the frame that is being sent. Two hundred that sleep at once then hold
/// 13 MiB, less than what the streams of a server may cost together.
const MOST_BEHIND: usize = 64 * 1024;

/// Frames in the order in which they go.
#[derive(Default)]
pub struct Outbox {
    frames: VecDeque<Arc<[u8]>>,
    /// Bytes of all frames but the first.
    behind: usize,
    /// How much of the first frame is with the system.
    sent: usize,
}

/// The reader is too slow.
#[derive(Debug)]
pub struct TooSlow;

impl Outbox {
    /// Whether nothing waits.
    pub fn is_empty(&self) -> bool {
        self.frames.is_empty()
    }

    /// Adds a frame, unless too much waits already.
    pub fn push(&mut self, frame: Arc<[u8]>) -> Result<(), TooSlow> {
        if !self.frames.is_empty() {
            if self.behind + frame.len() > MOST_BEHIND {
                return Err(TooSlow);
            }
            self.behind += frame.len();
        }
        self.frames.push_back(frame);
        Ok(())
    }

    /// Sends what the socket takes, without waiting; says whether it took any.
    pub fn flush(&mut self, stream: &TcpStream) -> io::Result<bool> {
        let socket = SockRef::from(stream);
        let mut moved = false;
        while let Some(frame) = self.frames.front() {
            match socket
                .send_with_flags(&frame[self.sent..], libc::MSG_DONTWAIT | libc::MSG_NOSIGNAL)
            {
                Ok(0) => return Err(ErrorKind::WriteZero.into()),
                Ok(taken) => {
                    moved = true;
                    self.sent += taken;
                    if self.sent == frame.len() {
                        self.advance();
                    }
                }
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(moved),
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        // An idle stream holds nothing.
        self.frames = VecDeque::new();
        Ok(moved)
    }

    fn advance(&mut self) {
        self.sent = 0;
        self.frames.pop_front();
        if let Some(next) = self.frames.front() {
            self.behind -= next.len();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Read;
    use std::net::TcpListener;

    fn pair() -> (TcpStream, TcpStream) {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = listener.local_addr().expect("an address");
        let ours = TcpStream::connect(address).expect("a connection");
        (ours, listener.accept().expect("a connection").0)
    }

    #[test]
    fn frames_arrive_whole_and_in_order() {
        let (ours, mut theirs) = pair();
        let mut outbox = Outbox::default();
        for text in ["one", "two", "three"] {
            outbox.push(text.as_bytes().into()).expect("room");
        }
        assert!(outbox.flush(&ours).expect("an open socket"));
        assert!(outbox.is_empty());
        drop(ours);
        let mut read = String::new();
        theirs.read_to_string(&mut read).expect("text");
        assert_eq!(read, "onetwothree");
    }

    #[test]
    fn one_frame_may_be_large_but_no_more_may_wait_behind_it_than_the_limit() {
        let mut outbox = Outbox::default();
        let (large, small) = (
            Arc::from(vec![0; 10 * MOST_BEHIND]),
            Arc::from(vec![0; MOST_BEHIND / 2]),
        );
        outbox.push(large).expect("one is always taken");
        outbox.push(Arc::clone(&small)).expect("room");
        outbox.push(Arc::clone(&small)).expect("room");
        assert!(outbox.push(small).is_err());
    }
}
