//! Web Push: the subscription as clients see it, and the message that reaches them (mastodon-api 2).

use std::collections::BTreeMap;

use serde::Serialize;

use super::View;
use super::account::avatar;
use crate::db::chats::messages;
use crate::db::notifications::listing::NotificationRow;
use crate::db::push_subscriptions::SubscriptionRow;
use crate::db::{accounts, preferences, statuses};
use crate::error::Result;
use crate::ids::{AccountId, ChatMessageId};
use crate::text::gist::shortened;
use crate::text::html::text_of;

/// The alerts that every subscription has, on or off.
pub const ALERTS: [&str; 12] = [
    "follow",
    "favourite",
    "reblog",
    "mention",
    "poll",
    "status",
    "update",
    "follow_request",
    "admin.sign_up",
    "admin.report",
    "pleroma:chat_mention",
    "pleroma:emoji_reaction",
];

/// Characters of a message's text.
const EXCERPT: usize = 140;

/// WebPushSubscription.
#[derive(Serialize)]
pub struct Subscription {
    /// A number: some clients read no other.
    id: i64,
    endpoint: String,
    standard: bool,
    alerts: BTreeMap<String, bool>,
    policy: &'static str,
    server_key: String,
}

/// Renders a subscription. What it was asked for and we do not know is told back.
pub fn subscription(row: SubscriptionRow, server_key: String) -> Result<Subscription> {
    let mut alerts: BTreeMap<String, bool> = serde_json::from_str(&row.alerts)?;
    for known in ALERTS {
        alerts.entry(known.to_owned()).or_default();
    }
    Ok(Subscription {
        id: row.id,
        endpoint: row.endpoint,
        standard: row.standard,
        alerts,
        policy: row.policy.name(),
        server_key,
    })
}

/// What a push says. Clients know by the token whose it is, and read the notification by its id.
#[derive(Serialize)]
pub struct Message {
    access_token: String,
    preferred_locale: String,
    notification_id: i64,
    notification_type: String,
    icon: String,
    title: String,
    body: String,
}

impl View<'_> {
    /// A notification of the viewer's as a message; `None` when its actor is gone. Who wants it so is told no contents.
    pub fn push_message(&self, row: &NotificationRow, token: String) -> Result<Option<Message>> {
        let (Some(actor), Some(reader)) = (accounts::by_id(self.db, row.actor)?, self.viewer)
        else {
            return Ok(None);
        };
        let own = preferences::of(self.db, reader)?;
        let name = match actor.display_name.trim() {
            "" => actor.acct(),
            name => name.to_owned(),
        };
        let is_told = !own.notification_settings.hide_notification_contents;
        let body = match (is_told, row.status, row.chat_message) {
            (true, Some(status), _) => statuses::by_ids(self.db, &[status])?.pop().map(|status| {
                match status.spoiler_text.as_str() {
                    "" => shortened(&text_of(&status.content), EXCERPT),
                    spoiler => shortened(spoiler, EXCERPT),
                }
            }),
            (true, None, Some(message)) => self.chat_excerpt(reader, message)?,
            _ => None,
        };
        Ok(Some(Message {
            access_token: token,
            preferred_locale: own.locale,
            notification_id: row.id.0,
            notification_type: row.kind.clone(),
            icon: avatar(self.house, &actor),
            title: title(&row.kind, &shortened(&name, EXCERPT), row.emoji.as_deref()),
            body: body.unwrap_or_default(),
        }))
    }

    fn chat_excerpt(&self, reader: AccountId, message: ChatMessageId) -> Result<Option<String>> {
        let content = messages::by_ids(self.db, reader, &[message])?.pop();
        let content = content.and_then(|row| row.content);
        Ok(content.map(|html| shortened(&text_of(&html), EXCERPT)))
    }
}

fn title(kind: &str, name: &str, emoji: Option<&str>) -> String {
    let act = match kind {
        "mention" => "mentioned you",
        "status" => "posted",
        "favourite" => "favourited your post",
        "reblog" => "boosted your post",
        "follow" => "followed you",
        "follow_request" => "asked to follow you",
        "update" => "edited a post",
        "move" => "moved to another account",
        "pleroma:chat_mention" => "wrote to you",
        "pleroma:report" => "reported somebody",
        "quote" => "quoted your post",
        "quoted_update" => "edited a post that you quoted",
        "poll" => return format!("A poll of {name} has ended"),
        "pleroma:emoji_reaction" => {
            return format!("{name} reacted with {}", emoji.unwrap_or_default());
        }
        _ => "did something",
    };
    format!("{name} {act}")
}
