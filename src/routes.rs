//! THE table: the index of the API. One row is one route: method, path, who may call with which scope, what answers.

use crate::api::mastodon::{accounts, timelines};
use crate::web::router::Access::{Optional, User};
use crate::web::router::{Route, get};

/// Every route of the server. A path under `/api/pleroma` or `/api/v1/pleroma` answers under both.
#[rustfmt::skip]
pub static ROUTES: &[Route] = &[
    // Accounts
    get("/api/v1/accounts/verify_credentials",     User(&["read:accounts"]),                     accounts::verify_credentials),

    // Timelines
    get("/api/v1/timelines/public",                Optional(&["read:statuses"]),                 timelines::public),
];
