//! Handlers: each decodes its parameters, calls one operation and encodes the answer. Its doc comment is its URL.

pub mod mastodon;
pub mod oauth;
