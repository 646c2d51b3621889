//! The moderation log: written in the transaction of what it tells of, so that nothing is done without a trace.

use serde::Serialize;

use crate::db::accounts::AccountRow;
use crate::db::{Tx, moderation_log};
use crate::error::Result;
use crate::ids::{AppId, ReportId, StatusId};
use crate::ops::sessions::Viewer;

/// What an action was done to.
#[derive(Clone, Debug, Serialize)]
pub struct Subject {
    /// Its id.
    pub id: String,
    /// `user`, `report`, `status`, …
    #[serde(rename = "type")]
    pub kind: &'static str,
    /// A user's name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub nickname: Option<String>,
}

#[derive(Serialize)]
struct Data<'a> {
    actor: Option<Subject>,
    action: &'a str,
    subject: &'a [Subject],
}

impl Subject {
    /// An application.
    pub fn app(id: AppId) -> Subject {
        Subject {
            id: id.to_string(),
            kind: "app",
            nickname: None,
        }
    }

    /// A report.
    pub fn report(id: ReportId) -> Subject {
        Subject {
            id: id.to_string(),
            kind: "report",
            nickname: None,
        }
    }

    /// A status.
    pub fn status(id: StatusId) -> Subject {
        Subject {
            id: id.to_string(),
            kind: "status",
            nickname: None,
        }
    }

    /// A person.
    pub fn user(account: &AccountRow) -> Subject {
        Subject {
            id: account.id.to_string(),
            kind: "user",
            nickname: Some(account.acct()),
        }
    }
}

/// People as a message names them.
pub fn names(accounts: &[AccountRow]) -> String {
    let names: Vec<String> = accounts
        .iter()
        .map(|account| format!("@{}", account.acct()))
        .collect();
    names.join(", ")
}

/// Writes that somebody did something; `did` goes on after the actor's name. Nobody is the holder of the admin secret.
pub fn record(
    tx: &Tx,
    actor: Option<&Viewer>,
    action: &str,
    subjects: &[Subject],
    did: &str,
) -> Result<()> {
    let data = Data {
        actor: actor.map(|actor| Subject {
            id: actor.id.to_string(),
            kind: "user",
            nickname: Some(actor.username.clone()),
        }),
        action,
        subject: subjects,
    };
    let who = actor.map_or("The admin secret".to_owned(), |actor| {
        format!("@{}", actor.username)
    });
    let data = serde_json::to_string(&data)?;
    let actor = actor.map(|actor| actor.id);
    moderation_log::insert(tx, actor, &data, &format!("{who} {did}"))
}

/// Writes what nobody did but the admins should know.
pub fn noticed(tx: &Tx, action: &str, subject: &[Subject], message: &str) -> Result<()> {
    let data = Data {
        actor: None,
        action,
        subject,
    };
    moderation_log::insert(tx, None, &serde_json::to_string(&data)?, message)
}
