//! Passwords, tokens, scopes and names: pure functions, no database.
//!
//! Nothing here knows accounts or requests; `ops` decides who may do what with it.
pub mod captcha;
pub mod names;
pub mod password;
pub mod pkce;
pub mod redirect;
pub mod scope;
pub mod sealed;
pub mod secret;
pub mod totp;
pub mod web_push;
