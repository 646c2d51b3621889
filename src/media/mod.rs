//! Images, sniffing, metadata, files on disk.
pub mod bmff;
pub mod image;
pub mod mime;
pub mod name;
pub mod sniff;
pub mod strip;
