//! Notifications: the one place that tells people of something. Whether they want to hear it is decided in
//! [`crate::db::notifications::tell`], in the statement that writes the rows.

use super::push_subscriptions;
use crate::db::Tx;
pub use crate::db::notifications::Kind;
use crate::db::notifications::{self, News, listing};
use crate::db::{quotes, status_edits};
use crate::error::Result;
use crate::events::Event;
use crate::ids::{AccountId, ChatMessageId, NotificationId, ReportId, StatusId};

/// Tells somebody, if they are local and want to hear it. Telling the same twice is telling it once.
pub fn push(
    tx: &Tx,
    kind: Kind,
    to: AccountId,
    from: AccountId,
    status: Option<StatusId>,
    emoji: Option<&str>,
) -> Result<()> {
    let news = News {
        kind,
        actor: from,
        status,
        emoji,
        chat_message: None,
        report: None,
    };
    tell(tx, &[to], &news)
}

fn tell(tx: &Tx, people: &[AccountId], news: &News) -> Result<()> {
    let told = notifications::tell(tx, people, news)?;
    if told.is_empty() {
        return Ok(());
    }
    for (to, notification) in &told {
        let (to, notification) = (*to, *notification);
        tx.emit(Event::Notified { to, notification });
    }
    push_subscriptions::announce(tx, news.kind, news.actor, &told)
}

/// Takes back what [`push`] told, because it was undone.
pub fn withdraw(
    tx: &Tx,
    kind: Kind,
    to: AccountId,
    from: AccountId,
    status: Option<StatusId>,
    emoji: Option<&str>,
) -> Result<()> {
    let news = News {
        kind,
        actor: from,
        status,
        emoji,
        chat_message: None,
        report: None,
    };
    notifications::withdraw(tx, to, &news)
}

/// A status arrived: tells those it names, and those who subscribed to its author unless it answers somebody.
pub fn of_status(
    tx: &Tx,
    author: AccountId,
    status: StatusId,
    named: &[AccountId],
    is_reply: bool,
) -> Result<()> {
    if !named.is_empty() {
        mention(tx, author, status, named)?;
    }
    if is_reply {
        return Ok(());
    }
    let subscribers = notifications::subscribers(tx, author, status)?;
    if subscribers.is_empty() {
        return Ok(());
    }
    tell(tx, &subscribers, &about(Kind::Status, author, status))
}

/// Tells people that a status names them.
pub fn mention(tx: &Tx, author: AccountId, status: StatusId, named: &[AccountId]) -> Result<()> {
    tell(tx, named, &about(Kind::Mention, author, status))
}

/// A status was edited: tells those who boosted, answered or quote it. Of several edits they see the last.
pub fn of_edit(tx: &Tx, author: AccountId, status: StatusId) -> Result<()> {
    let kinds = [
        (Kind::Update, status_edits::involved(tx, status)?),
        (Kind::QuotedUpdate, quotes::local_quoters(tx, status)?),
    ];
    for (kind, people) in kinds.iter().filter(|(_, people)| !people.is_empty()) {
        notifications::withdraw_all(tx, *kind, status)?;
        tell(tx, people, &about(*kind, author, status))?;
    }
    Ok(())
}

/// A poll is over: tells its author and those who voted.
pub fn of_poll(tx: &Tx, author: AccountId, status: StatusId, people: &[AccountId]) -> Result<()> {
    tell(tx, people, &about(Kind::Poll, author, status))
}

fn about(kind: Kind, actor: AccountId, status: StatusId) -> News<'static> {
    News {
        kind,
        actor,
        status: Some(status),
        emoji: None,
        chat_message: None,
        report: None,
    }
}

/// Somebody was sent a message in a chat.
pub fn of_chat_message(
    tx: &Tx,
    to: AccountId,
    author: AccountId,
    message: ChatMessageId,
) -> Result<()> {
    let news = News {
        kind: Kind::ChatMention,
        actor: author,
        status: None,
        emoji: None,
        chat_message: Some(message),
        report: None,
    };
    tell(tx, &[to], &news)
}

/// Somebody was reported: tells the admins.
pub fn of_report(tx: &Tx, to: &[AccountId], from: AccountId, report: ReportId) -> Result<()> {
    let news = News {
        kind: Kind::Report,
        actor: from,
        status: None,
        emoji: None,
        chat_message: None,
        report: Some(report),
    };
    tell(tx, to, &news)
}

/// Marks a notification of the reader's as seen, and the marker with it.
pub fn read(tx: &Tx, reader: AccountId, id: NotificationId) -> Result<()> {
    listing::mark_seen(tx, reader, id)?;
    move_marker(tx, reader)
}

/// Marks all of the reader's notifications up to that one as seen, and the marker with them.
pub fn read_up_to(tx: &Tx, reader: AccountId, id: NotificationId) -> Result<()> {
    listing::mark_seen_up_to(tx, reader, id)?;
    move_marker(tx, reader)
}

/// Other clients of the reader learn from the marker how far the list was read.
fn move_marker(tx: &Tx, reader: AccountId) -> Result<()> {
    match listing::newest_seen(tx, reader)? {
        Some(newest) => super::markers::advance(tx, reader, "notifications", newest.0),
        None => Ok(()),
    }
}
