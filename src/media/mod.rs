//! Images, sniffing, metadata, files on disk.
pub mod name;
