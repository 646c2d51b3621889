//! The one integration-test crate: each module is an API group. Most tests speak to the dispatcher without a socket.
#![allow(clippy::unwrap_used, missing_docs, reason = "tests")]

mod planted;
mod support;

mod accounts;
mod door;
mod emoji;
mod instance;
mod login;
mod media;
mod nodeinfo;
mod oauth;
mod pages;
mod reactions;
mod sessions;
mod statuses;
mod storage;
mod unapproved;
