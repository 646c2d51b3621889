//! Text in and HTML out: Markdown, sanitising, mentions, emoji.
//!
//! Pure functions over strings: no database, no network, no configuration.
//! Whoever calls [`format::render`] has looked up the mentioned accounts before.
pub mod balance;
pub mod emoji;
pub mod format;
pub mod gist;
pub mod html;
pub mod keywords;
pub mod mentions;
pub mod people_lists;
pub mod preview;
pub mod query;
pub mod words;
