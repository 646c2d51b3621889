//! kenoma: a fediverse server for one person or a few, in one binary with one SQLite file.
//!
//! # The map
//!
//! A request comes in at the bottom of this list and works its way up to the database; the answer goes the same way back.
//!
//! | room | what lives there | what does not |
//! | --- | --- | --- |
//! | [`db`] | SQL, one file per table or tight group | HTTP, JSON views, other hosts |
//! | [`views`] | entities as serde structs, loaded a page at a time | decisions, writes |
//! | [`ops`] | what the server does: verbs on nouns, in a transaction the caller opened | requests, JSON, the network |
//! | [`fed`] | the fediverse: what is said to other servers and heard from them; the one HTTP client | decisions |
//! | [`jobs`] | work that outlives a request, from a queue in the database | |
//! | [`api`] | handlers: decode, call one operation, encode | SQL |
//! | [`pages`] | HTML for people: login, setup, profiles, posts, feeds | |
//! | [`web`] | HTTP: front door, dispatch, parameters, limits | the fediverse |
//! | [`cli`] | the commands, calling the same operations | a second way to do a thing |
//! | [`text`] [`media`] [`auth`] [`mail`] [`config`] [`clock`] [`ids`] [`events`] [`priority`] | leaves: pure or nearly so | everything above |
//!
//! Start with `schema.sql`, then [`routes`]: the first is the domain, the second the API. One noun has one file name in
//! every room: `api/mastodon/statuses.rs`, `ops/statuses.rs`, `db/statuses.rs`, `views/status.rs`.
//!
//! # What holds it together
//!
//! * Every route states its access and scope in the table; `web::dispatch` refuses everybody else before a handler runs.
//! * Every read of a post goes through one predicate in SQL, `visible!` in [`db::visibility`].
//! * A change and the job that announces it share a transaction ([`db::Db::write`]).
//! * What happened is published after the commit, in its order ([`events`]); open streams look at it through the same
//!   predicate, once per viewer ([`web::streaming`]).
//! * No database connection is held while hashing a password, decoding an image, waiting for a peer or writing an answer.
//! * A page of statuses costs the same number of SQL statements whatever its size ([`views::View`]).
//!
//! `tests/it/layers.rs` holds the directions of the calls.

pub mod api;
pub mod app;
pub mod auth;
pub mod cli;
pub mod clock;
pub mod config;
pub mod db;
pub mod error;
pub mod events;
pub mod fed;
pub mod ids;
pub mod jobs;
pub mod mail;
pub mod media;
pub mod ops;
pub mod pages;
pub mod priority;
pub mod routes;
pub mod text;
pub mod views;
pub mod web;
