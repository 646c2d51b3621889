//! Outgoing mail: transports and the letters themselves.
