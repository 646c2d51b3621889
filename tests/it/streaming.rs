//! Streams over real sockets (mastodon-api 0.10, pleroma-contract A.10): how they begin, what they tell whom, how they end.

mod begin;
mod client;
mod crowd;
mod ends;
mod events;
mod sight;
