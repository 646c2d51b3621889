//! Applications, as they see themselves.

use serde::Serialize;

use crate::db::apps::AppRow;
use crate::ids::AppId;

/// An application (mastodon-api 0.9).
#[derive(Serialize)]
#[expect(missing_docs, reason = "the names are the API's")]
pub struct Application {
    pub id: AppId,
    pub name: String,
    pub website: Option<String>,
    pub scopes: Vec<String>,
    pub redirect_uri: String,
    pub redirect_uris: Vec<String>,
    pub vapid_key: String,
}

/// An application just registered: the one time that its secret is shown.
#[derive(Serialize)]
#[expect(missing_docs, reason = "the names are the API's")]
pub struct Registered {
    #[serde(flatten)]
    pub application: Application,
    pub client_id: String,
    pub client_secret: String,
    /// Never.
    pub client_secret_expires_at: i64,
}

/// What stands for an application where a token was made on the command line.
#[derive(Serialize)]
#[expect(missing_docs, reason = "the names are the API's")]
pub struct CommandLine {
    pub name: &'static str,
    pub website: Option<String>,
    pub vapid_key: String,
}

/// An application, as admins see it (pleroma-contract D.3).
#[derive(Serialize)]
#[expect(missing_docs, reason = "the names are the API's")]
pub struct Administered {
    /// A number, unlike all other ids.
    pub id: i64,
    pub name: String,
    pub website: Option<String>,
    pub client_id: String,
    /// Only when it was just made: nobody can tell it later.
    pub client_secret: Option<String>,
    pub redirect_uri: String,
    pub redirect_uris: Vec<String>,
    pub scopes: Vec<String>,
    pub trusted: bool,
}

/// Shows an application to an admin.
pub fn administered(row: AppRow, client_secret: Option<String>) -> Administered {
    Administered {
        id: row.id.into(),
        redirect_uris: row.redirect_uris().map(str::to_owned).collect(),
        name: row.name,
        website: row.website,
        client_id: row.client_id,
        client_secret,
        redirect_uri: row.redirect_uris,
        scopes: row.scopes.split(' ').map(str::to_owned).collect(),
        trusted: row.trusted,
    }
}

/// Shows an application.
pub fn application(row: AppRow, vapid_key: String) -> Application {
    let redirect_uris: Vec<String> = row.redirect_uris().map(str::to_owned).collect();
    Application {
        id: row.id,
        name: row.name,
        website: row.website,
        scopes: row.scopes.split(' ').map(str::to_owned).collect(),
        redirect_uri: row.redirect_uris,
        redirect_uris,
        vapid_key,
    }
}

/// Shows an application with its secret.
pub fn registered(row: AppRow, secret: String, vapid_key: String) -> Registered {
    Registered {
        client_id: row.client_id.clone(),
        client_secret: secret,
        client_secret_expires_at: 0,
        application: application(row, vapid_key),
    }
}

/// Shows the command line.
pub fn command_line(vapid_key: String) -> CommandLine {
    CommandLine {
        name: "command line",
        website: None,
        vapid_key,
    }
}
