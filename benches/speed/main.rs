//! How fast and how small kenoma is, printed as a table.
//!
//! The yardstick is a bare rouille server (pool, `TCP_NODELAY`) that answers the same bytes from memory, under the same load
//! in the same run: ratios say something on any machine, figures only on one. Each server runs on core 0, the load
//! generator on the others.
//!
//! What federation does is measured against what the same cores make of RSA and of SQLite ([`rsa`]). All load stays on
//! loopback, where other servers are played, and ends by itself.
//!
//! `cargo bench` runs everything but the databases of a million statuses, `million` and `remote`, which have to be named.
//! `cargo bench -- timelines posts start` runs only the named parts.

#![allow(
    clippy::unwrap_used,
    missing_docs,
    reason = "a bench stops at the first thing that goes wrong"
)]

mod data;
mod elsewhere;
mod fanout;
mod inbox;
mod load;
mod logins;
mod packs;
mod posts;
mod remote;
mod rsa;
mod server;
mod start;
mod streams;
mod table;
mod texts;
mod timelines;
mod yardstick;

const PARTS: [&str; 12] = [
    "start",
    "timelines",
    "posts",
    "lists",
    "emoji",
    "packs",
    "logins",
    "streams",
    "inbox",
    "fanout",
    "million",
    "remote",
];

fn main() {
    let arguments: Vec<String> = std::env::args()
        .skip(1)
        .filter(|argument| argument != "--bench")
        .collect();
    if let Some(role) = arguments.first()
        && role == yardstick::ROLE
    {
        return yardstick::serve(&arguments[1..]);
    }
    if let Some(role) = arguments.first()
        && role == rsa::ROLE
    {
        return rsa::serve(&arguments[1..]);
    }
    if let Some(unknown) = arguments
        .iter()
        .find(|argument| !PARTS.contains(&argument.as_str()))
    {
        eprintln!(
            "there is no part {unknown}; there are: {}",
            PARTS.join(", ")
        );
        std::process::exit(2);
    }
    let wanted = |part: &str| arguments.iter().any(|argument| argument == part);
    let all = arguments.is_empty();
    if all || wanted("start") {
        start::run();
    }
    if all || wanted("timelines") {
        timelines::run(10_000);
    }
    if all || wanted("posts") {
        posts::run();
    }
    if all || wanted("lists") {
        timelines::lists(100_000);
    }
    if all || wanted("emoji") {
        timelines::emoji(10_000);
    }
    if all || wanted("packs") {
        packs::run();
    }
    if all || wanted("logins") {
        logins::run();
    }
    if all || wanted("streams") {
        streams::run();
        streams::memory();
    }
    if all || wanted("inbox") {
        inbox::run();
    }
    if all || wanted("fanout") {
        fanout::run();
    }
    if wanted("million") {
        timelines::run(1_000_000);
    }
    if wanted("remote") {
        remote::run();
    }
}
