//! Images, sniffing, metadata, files on disk.
//!
//! A leaf: it knows bytes and directories, never the database or HTTP. Every
//! name from outside becomes a type of [`name`] before it touches a path; every
//! upload goes through [`image::Decoder::process`] before it reaches
//! [`store::Store`]. No external converter is ever run.
pub mod account_archive;
pub mod backup;
pub mod bmff;
pub mod captcha;
mod dir;
pub mod frontends;
pub mod image;
pub mod mime;
pub mod name;
pub mod packs;
pub mod remote;
pub mod remote_cache;
pub mod site;
pub mod sniff;
pub mod store;
pub mod strip;
