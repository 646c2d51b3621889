//! A socket registered with the poller: the one place that needs `unsafe` for it.
use std::io;
use std::os::fd::{AsFd, AsRawFd};
use std::sync::Arc;

use polling::{Event, Poller};

/// A socket that leaves its poller before it is closed.
pub(in crate::web) struct Watched<S: AsFd + AsRawFd> {
    source: S,
    poller: Arc<Poller>,
    key: usize,
}

impl<S: AsFd + AsRawFd> Watched<S> {
    /// Registers `source`; events come under `key`, none before the first [`Watched::wait_to_read`].
    #[expect(
        unsafe_code,
        reason = "polling asks for a promise: the source is deleted before it is dropped"
    )]
    pub fn new(source: S, poller: &Arc<Poller>, key: usize) -> io::Result<Watched<S>> {
        // SAFETY: `source` is private and never moved out, and `drop` below deletes it from the
        // poller while its descriptor is still open.
        unsafe { poller.add(&source, Event::none(key)) }?;
        Ok(Watched {
            source,
            poller: Arc::clone(poller),
            key,
        })
    }

    /// Asks for one event when there is something to read.
    pub fn wait_to_read(&self) -> io::Result<()> {
        self.poller.modify(&self.source, Event::readable(self.key))
    }

    /// Asks for one event when the socket takes more bytes.
    pub fn wait_to_write(&self) -> io::Result<()> {
        self.poller.modify(&self.source, Event::writable(self.key))
    }

    /// Asks for one event when there is something to read or the socket takes more bytes.
    pub fn wait_for_both(&self) -> io::Result<()> {
        self.poller.modify(&self.source, Event::all(self.key))
    }

    /// The key that was given at registration.
    pub fn key(&self) -> usize {
        self.key
    }

    /// The socket itself.
    pub fn source(&self) -> &S {
        &self.source
    }
}

impl<S: AsFd + AsRawFd> Drop for Watched<S> {
    fn drop(&mut self) {
        // It can only fail when the poller does not know the socket, which is what we want.
        let _ = self.poller.delete(&self.source);
    }
}
