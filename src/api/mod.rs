//! Handlers: each decodes its parameters, calls one operation and encodes the answer. Its doc comment is its URL.

pub mod admin;
pub mod emoji;
pub mod features;
pub mod kenoma;
pub mod mastodon;
pub mod media;
pub mod media_proxy;
pub mod nodeinfo;
pub mod oauth;
pub mod pleroma;
