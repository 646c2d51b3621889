//! The one integration-test crate: each module is an API group. Most tests speak to the dispatcher without a socket.
#![allow(clippy::unwrap_used, missing_docs, reason = "tests")]

mod binary;
mod planted;
mod small_disk;
mod support;

mod accounts;
mod admin_users;
mod blocks;
mod captcha;
mod confirmation;
mod conventions;
mod credentials;
mod door;
mod emoji;
mod feeds;
mod follows;
mod instance;
mod invites;
mod layers;
mod login;
mod markers;
mod media;
mod mutes;
mod nodeinfo;
mod notification_rules;
mod notifications;
mod oauth;
mod pages;
mod password_reset;
mod plans;
mod process;
mod reactions;
mod registration;
mod robustness;
mod search;
mod sessions;
mod setup;
mod statements;
mod status_actions;
mod statuses;
mod storage;
mod timelines;
mod trace;
mod unapproved;
mod visibility;
