//! Pleroma's extensions to the client API.

pub mod emoji;
pub mod instance;
pub mod reactions;
