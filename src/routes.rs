//! THE table: the index of the API. One row is one route: method, path, who may call with which scope, what answers.

use crate::api::mastodon::{accounts, apps, timelines};
use crate::api::oauth;
use crate::web::rate::Class;
use crate::web::router::Access::{Open, Optional, Token, User};
use crate::web::router::{Route, delete, get, post};

/// Every route of the server. A path under `/api/pleroma` or `/api/v1/pleroma` answers under both.
#[rustfmt::skip]
pub static ROUTES: &[Route] = &[
    // Accounts
    get("/api/v1/accounts/verify_credentials",     User(&["read:accounts"]),                     accounts::verify_credentials),

    // Applications, login, tokens
    post("/api/v1/apps",                           Open,                                         apps::register),
    get("/api/v1/apps/verify_credentials",         Token,                                        apps::verify_credentials),
    post("/oauth/token",                           Open,                                         oauth::token).rate(Class::Login),
    post("/oauth/revoke",                          Open,                                         oauth::revoke),
    get("/oauth/userinfo",                         User(&["profile", "read:accounts"]),          oauth::userinfo),
    post("/oauth/userinfo",                        User(&["profile", "read:accounts"]),          oauth::userinfo),
    get("/.well-known/oauth-authorization-server", Open,                                         oauth::metadata),
    get("/api/oauth_tokens",                       User(&[]),                                    oauth::list),
    delete("/api/oauth_tokens/{id}",               User(&[]),                                    oauth::delete),
    delete("/auth/sign_out",                       Open,                                         oauth::sign_out),

    // Timelines
    get("/api/v1/timelines/public",                Optional(&["read:statuses"]),                 timelines::public),
];
