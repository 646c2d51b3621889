//! Images, sniffing, metadata, files on disk.
