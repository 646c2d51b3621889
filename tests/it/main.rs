//! The one integration-test crate: each module is an API group.
mod door;
