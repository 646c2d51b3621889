//! Pleroma's extensions to the client API.

pub mod instance;
