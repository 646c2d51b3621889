//! The federation room: what is said to other servers and heard from them.
//!
//! [`fetch`] is the only place that opens sockets outward; [`guard`] says which addresses it may call.

pub mod fetch;
pub mod guard;
pub mod signature;
