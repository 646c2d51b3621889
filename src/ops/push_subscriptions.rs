//! Web Push: who is told of notifications while no client of theirs runs. Messages are made and sent by `jobs::send_push`.

use serde_json::json;

use crate::auth::web_push::Receiver;
use crate::db::notifications::Kind;
use crate::db::push_subscriptions::{self, Policy, SubscriptionRow};
use crate::db::{Tx, jobs};
use crate::error::{Error, Result};
use crate::ids::{AccountId, NotificationId, TokenId};

/// Whose subscription is meant: one per token.
#[derive(Clone, Copy, Debug)]
pub struct Owner {
    /// The token that the client uses.
    pub token: TokenId,
    /// Whom it speaks for.
    pub account: AccountId,
}

/// Where and how a client wants to be told.
#[derive(Clone, Debug)]
pub struct Target {
    /// The address at its push service, judged already.
    pub endpoint: String,
    /// Its keys.
    pub receiver: Receiver,
    /// By the standard; else by the draft before it.
    pub standard: bool,
    /// The token as messages carry it, sealed.
    pub sealed_token: Option<String>,
}

/// Of what; `None` leaves it as it is.
#[derive(Clone, Debug, Default)]
pub struct Data {
    /// JSON `{kind of notification: boolean}`
    pub alerts: Option<String>,
    /// About whose acts.
    pub policy: Option<Policy>,
}

/// Subscribes, in the place of what the token had before.
pub fn subscribe(tx: &Tx, owner: Owner, target: Target, data: Data) -> Result<SubscriptionRow> {
    let new = SubscriptionRow {
        id: 0,
        token: owner.token,
        account: owner.account,
        endpoint: target.endpoint,
        p256dh: target.receiver.p256dh,
        auth: target.receiver.auth,
        standard: target.standard,
        alerts: data.alerts.unwrap_or_else(|| "{}".into()),
        policy: data.policy.unwrap_or_default(),
        sealed_token: target.sealed_token,
    };
    push_subscriptions::replace(tx, &new)?;
    of(tx, owner.token)
}

/// The subscription of a token; 404 when there is none.
pub fn of(db: &rusqlite::Connection, token: TokenId) -> Result<SubscriptionRow> {
    push_subscriptions::of_token(db, token)?.ok_or(Error::record())
}

/// Changes of what a subscription tells.
pub fn change(tx: &Tx, token: TokenId, data: Data) -> Result<SubscriptionRow> {
    let old = of(tx, token)?;
    let alerts = data.alerts.unwrap_or(old.alerts);
    push_subscriptions::set_data(tx, token, &alerts, data.policy.unwrap_or(old.policy))?;
    of(tx, token)
}

/// Has those be pushed to who were told something just now and want that.
pub fn announce(
    tx: &Tx,
    kind: Kind,
    actor: AccountId,
    told: &[(AccountId, NotificationId)],
) -> Result<()> {
    let people: Vec<AccountId> = told.iter().map(|(to, _)| *to).collect();
    for (account, subscription) in push_subscriptions::wanting(tx, &people, actor, kind)? {
        for (_, notification) in told.iter().filter(|(to, _)| *to == account) {
            let payload = json!({"subscription": subscription, "notification": notification.0});
            jobs::push(tx, "send_push", &payload)?;
        }
    }
    Ok(())
}
