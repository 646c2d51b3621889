//! kenoma: a fediverse server for one person or a few.
pub mod auth;
pub mod config;
pub mod mail;
pub mod media;
pub mod text;
pub mod web;
