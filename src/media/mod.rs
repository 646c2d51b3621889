//! Images, sniffing, metadata, files on disk.
pub mod mime;
pub mod name;
pub mod sniff;
