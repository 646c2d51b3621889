//! HTTP, and nothing about the fediverse: from bytes to a [`ctx::Ctx`], from a [`reply::Reply`] to bytes.

pub mod basic;
pub mod captcha;
pub mod conditional;
pub mod credentials;
pub mod ctx;
pub mod dispatch;
pub mod door;
pub mod form;
pub mod form_token;
pub mod idempotency;
pub mod kept;
pub mod multipart;
pub mod negotiation;
pub mod params;
pub mod passwords;
pub mod rate;
pub mod reply;
pub mod router;
pub mod second_factors;
pub mod server;
pub mod streaming;
