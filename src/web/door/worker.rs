//! What a request thread does: run the handler, send the response, look for the next request.
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use rouille::Response;

use super::connection::{Connection, Step};
use super::outgoing::{Outgoing, Reply, Sent};
use super::pool::{Admitted, Job, Lane};
use super::refusal::Refusal;
use super::shared::Shared;
use super::takeover;

/// Enough for the heads and small bodies that follow each other on a kept connection.
const SCRATCH: usize = 16 * 1024;
/// A larger response buffer is not kept for the next response.
const KEPT_BUFFER: usize = 128 * 1024;

/// One request thread's own memory.
pub(super) struct Worker<'a> {
    shared: &'a Arc<Shared>,
    lane: Lane,
    scratch: Vec<u8>,
    buffer: Vec<u8>,
}

impl Worker<'_> {
    pub fn new(shared: &Arc<Shared>, lane: Lane) -> Worker<'_> {
        Worker {
            shared,
            lane,
            scratch: vec![0; SCRATCH],
            buffer: Vec::new(),
        }
    }

    /// Works on one connection until it has to wait, is over, or others wait for a thread.
    pub fn run(&mut self, job: Job) {
        let Job {
            mut connection,
            mut request,
        } = job;
        loop {
            if let Some(request) = request.take()
                && self.answer(&mut connection, request).is_err()
            {
                return;
            }
            let settings = &self.shared.settings;
            match connection.send(true, settings) {
                Ok(Sent::All) => {}
                Ok(Sent::Part) => return self.shared.park(connection),
                Err(_) => return,
            }
            if let Some(taker) = connection.take_taker() {
                return match connection.leave() {
                    Ok(handed) => taker(handed),
                    Err(error) => log::debug!("lost a connection before its stream began: {error}"),
                };
            }
            let (keep_alive, buffer) = connection.end_reply(settings);
            if buffer.capacity() <= KEPT_BUFFER {
                self.buffer = buffer;
            }
            if !keep_alive {
                return self.shared.drain(connection);
            }
            match self.next(connection) {
                Some(next) => (connection, request) = next,
                None => return,
            }
        }
    }

    /// Runs the handler and starts the response. An error means that its body cannot be read.
    fn answer(&mut self, connection: &mut Connection, admitted: Admitted) -> io::Result<()> {
        let mut reply = admitted.request.reply();
        let mut response = self.call(connection, admitted, &mut reply);
        let taker = takeover::redeem(&mut response, &self.shared.takers);
        reply.leaves = taker.is_some();
        reply.keep_alive &= !self.shared.is_closing();
        let buffer = std::mem::take(&mut self.buffer);
        let outgoing = Outgoing::new(response, reply, buffer)
            .inspect_err(|error| log::error!("cannot read a response body: {error}"))?;
        connection.begin_reply(outgoing, &self.shared.settings);
        if let Some(taker) = taker {
            connection.leave_to(taker);
        }
        Ok(())
    }

    fn call(&self, connection: &Connection, mut admitted: Admitted, reply: &mut Reply) -> Response {
        let request = &mut *admitted.request;
        let head = &mut request.head;
        // rouille calls it fake, because it comes from memory; it has no other constructor.
        let fake = rouille::Request::fake_http_from(
            connection.peer,
            std::mem::take(&mut head.method),
            std::mem::take(&mut head.target),
            std::mem::take(&mut head.headers),
            std::mem::take(&mut request.body),
        );
        let handler = &self.shared.handler;
        catch_unwind(AssertUnwindSafe(|| handler(&fake))).unwrap_or_else(|_| {
            log::error!("a panic in the handler ended a request");
            reply.keep_alive = false;
            Refusal::CRASHED.response()
        })
    }

    /// The connection's next request if it is here or about to come and nobody else waits for
    /// this thread; otherwise the connection goes where it has to.
    fn next(
        &mut self,
        mut connection: Box<Connection>,
    ) -> Option<(Box<Connection>, Option<Admitted>)> {
        let shared = self.shared;
        let mut step = connection.advance(shared);
        if matches!(step, Step::Wait)
            && let Some(_lingering) = shared.pool(self.lane).try_linger()
        {
            step = connection.linger(&mut self.scratch, shared);
        }
        let (connection, admitted) = shared.settle(connection, step)?;
        if connection.lane != self.lane || shared.pool(self.lane).has_queue() {
            shared.submit(connection, Some(admitted));
            return None;
        }
        Some((connection, Some(admitted)))
    }
}
