//! HTTP, and nothing about the fediverse.
pub mod door;
pub mod form;
pub mod multipart;
pub mod params;
