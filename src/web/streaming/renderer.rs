//! The thread that turns events into what each viewer sees of them: one reading of the database per event, one rendering
//! per viewer, one frame per viewer and channel, whatever the number of streams.

use std::sync::Arc;
use std::time::Duration;

use rusqlite::Connection;
use serde::Serialize;

use super::channel::Channel;
use super::poller::end_all;
use super::stream::Stream;
use super::wire::{Farewell, Format, Told};
use crate::app::App;
use crate::db::conversations::listing as conversations;
use crate::db::filters::Context;
use crate::db::notifications::listing as notifications;
use crate::db::streaming;
use crate::db::{announcements, chats};
use crate::error::Result;
use crate::events::{Event, Seer, Sight};
use crate::ids::AccountId;
use crate::ops::sessions::Viewer;
use crate::views::{View, marker, relationship};
use crate::web::door::contain;

/// The longest sleep; whatever happens ends it.
const NAP: Duration = Duration::from_secs(600);

/// Renders until the streams stop.
pub fn run(app: &App) {
    let streams = app.streams();
    while !streams.is_stopping() {
        let heard = streams.hub.next(NAP);
        if heard.lapsed {
            // Clients that come back read what they missed.
            log::error!("streams fell behind and are ended");
            end_all(streams, Farewell::Lapsed);
            continue;
        }
        let listeners = listeners(app);
        for event in &heard.events {
            contain(|| tell(app, &listeners, event));
        }
    }
}

/// A stream as it is when events are read: everything that was published so far happened before later subscriptions.
struct Listener {
    stream: Arc<Stream>,
    format: Format,
    viewer: Option<Viewer>,
    channels: Vec<Channel>,
}

impl Listener {
    fn id(&self) -> Option<AccountId> {
        self.viewer.as_ref().map(|viewer| viewer.id)
    }

    /// Where a message is heard on this stream: strangers and people whose token does not cover it hear nothing.
    fn hears<'a>(&'a self, message: &'a Message) -> impl Iterator<Item = &'a Channel> {
        let is_right = match &self.viewer {
            Some(viewer) => message.to == Some(viewer.id) && viewer.may(message.scopes),
            None => message.to.is_none(),
        };
        let channels = self.channels.iter();
        channels.filter(move |channel| is_right && (message.place)(channel))
    }
}

fn listeners(app: &App) -> Vec<Listener> {
    let listener = |stream: Arc<Stream>| {
        let state = stream.lock();
        let (format, viewer) = (state.format(), state.viewer.clone());
        let channels = state.channels.clone();
        drop(state);
        (!channels.is_empty()).then_some(Listener {
            stream,
            format,
            viewer,
            channels,
        })
    };
    app.streams()
        .all()
        .into_iter()
        .filter_map(listener)
        .collect()
}

/// What one viewer is told of an event, and on which channels.
struct Message<'a> {
    to: Option<AccountId>,
    scopes: &'static [&'static str],
    place: Box<dyn Fn(&Channel) -> bool + 'a>,
    told: Told,
}

fn tell(app: &App, listeners: &[Listener], event: &Event) {
    let messages = app.db().read(|db| {
        let scene = Scene { app, db, listeners };
        scene.messages(event)
    });
    match messages {
        Ok(messages) => messages.iter().for_each(|message| say(listeners, message)),
        Err(error) => log::error!("an event could not be told: {error:?}"),
    }
}

/// Says a message on every stream where it is heard, once per subscription.
fn say(listeners: &[Listener], message: &Message) {
    let mut frames: Vec<(Format, &Channel, Arc<[u8]>)> = Vec::new();
    for listener in listeners {
        for channel in listener.hears(message) {
            let format = listener.format;
            let made = frames
                .iter()
                .find(|(of, on, _)| *of == format && *on == channel);
            let frame = match made {
                Some((.., frame)) => Arc::clone(frame),
                None => {
                    let frame = format.tell(channel, &message.told);
                    frames.push((format, channel, Arc::clone(&frame)));
                    frame
                }
            };
            listener.stream.lock().say(frame);
        }
    }
}

/// What is needed to turn an event into messages.
struct Scene<'a> {
    app: &'a App,
    db: &'a Connection,
    listeners: &'a [Listener],
}

const STATUSES: &[&str] = &["read:statuses"];
const NOTIFICATIONS: &[&str] = &["read:notifications"];
const ACCOUNTS: &[&str] = &["read:accounts"];
const CHATS: &[&str] = &["read:chats"];
const FILTERS: &[&str] = &["read:filters"];
const FOLLOWS: &[&str] = &["follow", "read:follows"];

impl<'a> Scene<'a> {
    fn messages<'e>(&self, event: &'e Event) -> Result<Vec<Message<'e>>> {
        match event {
            Event::Posted(status) => self.status(*status, "update"),
            Event::Edited(status) => self.status(*status, "status.update"),
            Event::Deleted(sight) => {
                let told = Told {
                    event: "delete",
                    payload: Some(sight.status.to_string()),
                };
                let seers = sight.seen_by.iter();
                let message = |seer: &'e Seer| shown(sight, seer, told.clone());
                Ok(seers.map(message).collect())
            }
            Event::Notified { to, notification } => {
                self.to_one(*to, NOTIFICATIONS, is_notified, |view| {
                    let row = notifications::one(view.db, *to, *notification)?;
                    let row = row.filter(|row| !row.muted);
                    told(
                        "notification",
                        view.notifications(row.into_iter().collect())?.first(),
                    )
                })
            }
            Event::Conversation {
                owner,
                participation,
            } => self.to_one(
                *owner,
                STATUSES,
                |channel| *channel == Channel::Direct,
                |view| {
                    let row = conversations::one(view.db, *owner, *participation)?;
                    told(
                        "conversation",
                        row.map(|row| view.conversation(row)).transpose()?.as_ref(),
                    )
                },
            ),
            Event::Relationship {
                follower,
                target,
                state,
            } => self.to_one(*follower, FOLLOWS, is_user, |view| {
                let change = relationship::change(view.db, *follower, *target, *state)?;
                told("pleroma:follow_relationships_update", change.as_ref())
            }),
            Event::Chat { owner, chat } => self.to_one(*owner, CHATS, is_chat, |view| {
                let row = chats::one(view.db, *owner, *chat)?;
                told(
                    "pleroma:chat_update",
                    row.map(|row| view.chat(row)).transpose()?.as_ref(),
                )
            }),
            Event::Announced(id) => self.to_each(|view| {
                let mut shown = announcements::shown(view.db)?;
                shown.retain(|row| row.id == *id);
                told("announcement", view.announcements(shown)?.first())
            }),
            Event::AnnouncementReaction(id, emoji) => self.to_each(|view| {
                let change = view.announcement_reaction_change(*id, emoji)?;
                told("announcement.reaction", Some(&change))
            }),
            Event::AnnouncementDeleted(id) => self.to_each(|_| {
                Ok(Some(Told {
                    event: "announcement.delete",
                    payload: Some(id.to_string()),
                }))
            }),
            Event::FiltersChanged(owner) => self.to_one(*owner, FILTERS, is_user, |_| {
                Ok(Some(Told {
                    event: "filters_changed",
                    payload: None,
                }))
            }),
            Event::Marker { owner, timeline } => self.to_one(*owner, STATUSES, is_user, |view| {
                told("marker", Some(&marker::of(view.db, *owner, &[timeline])?))
            }),
        }
    }

    /// A status for everybody who may see it and has a channel for it.
    fn status<'e>(
        &self,
        status: crate::ids::StatusId,
        event: &'static str,
    ) -> Result<Vec<Message<'e>>> {
        let Some(sight) = streaming::sight(self.db, status, &self.viewers())? else {
            return Ok(Vec::new());
        };
        let mut messages = Vec::new();
        for seer in sight.seen_by.clone() {
            let mut places: Vec<Channel> = self.places(&sight, &seer);
            if places.is_empty() {
                continue;
            }
            let Some(rendered) = self.view(seer.viewer).statuses(&[status])?.pop() else {
                continue;
            };
            if rendered.is_hidden_in(Context::Home) {
                places.retain(|channel| !channel.is_own_timeline());
            }
            messages.extend(told(event, Some(&rendered))?.map(|told| Message {
                to: seer.viewer,
                scopes: STATUSES,
                place: Box::new(move |channel| places.contains(channel)),
                told,
            }));
        }
        Ok(messages)
    }

    /// The channels of a viewer, over all streams, that show a status.
    fn places(&self, sight: &Sight, seer: &Seer) -> Vec<Channel> {
        let own = self
            .listeners
            .iter()
            .filter(|listener| listener.id() == seer.viewer);
        let channels = own.flat_map(|listener| &listener.channels);
        channels
            .filter(|channel| channel.shows(sight, seer))
            .cloned()
            .collect()
    }

    /// A message for one person, rendered only if that person listens where it is told.
    fn to_one<'e>(
        &self,
        to: AccountId,
        scopes: &'static [&'static str],
        place: impl Fn(&Channel) -> bool + 'e,
        render: impl FnOnce(&View) -> Result<Option<Told>>,
    ) -> Result<Vec<Message<'e>>> {
        let listens = self
            .listeners
            .iter()
            .any(|listener| listener.id() == Some(to) && listener.channels.iter().any(&place));
        if !listens {
            return Ok(Vec::new());
        }
        let told = render(&self.view(Some(to)))?;
        Ok(told
            .map(|told| Message {
                to: Some(to),
                scopes,
                place: Box::new(place),
                told,
            })
            .into_iter()
            .collect())
    }

    /// A message for everybody who is logged in, as each of them sees it.
    fn to_each<'e>(
        &self,
        render: impl Fn(&View) -> Result<Option<Told>>,
    ) -> Result<Vec<Message<'e>>> {
        let mut messages = Vec::new();
        for viewer in self.viewers().into_iter().flatten() {
            messages.extend(self.to_one(viewer, ACCOUNTS, is_user, &render)?);
        }
        Ok(messages)
    }

    fn view(&self, viewer: Option<AccountId>) -> View<'a> {
        let mut of_viewer = self
            .listeners
            .iter()
            .filter(|listener| listener.id() == viewer);
        let admin = of_viewer.any(|one| one.viewer.as_ref().is_some_and(|viewer| viewer.is_admin));
        View {
            db: self.db,
            house: self.app.house(),
            viewer,
            admin,
            with_muted: false,
        }
    }

    fn viewers(&self) -> Vec<Option<AccountId>> {
        let mut viewers: Vec<_> = self.listeners.iter().map(Listener::id).collect();
        viewers.sort_unstable();
        viewers.dedup();
        viewers
    }
}

fn shown<'e>(sight: &'e Sight, seer: &'e Seer, told: Told) -> Message<'e> {
    Message {
        to: seer.viewer,
        scopes: STATUSES,
        place: Box::new(move |channel| channel.shows(sight, seer)),
        told,
    }
}

fn is_user(channel: &Channel) -> bool {
    *channel == Channel::User
}

fn is_chat(channel: &Channel) -> bool {
    matches!(channel, Channel::User | Channel::Chats)
}

fn is_notified(channel: &Channel) -> bool {
    matches!(channel, Channel::User | Channel::Notifications)
}

/// An entity as a payload; what the viewer is not shown is no message.
fn told(event: &'static str, entity: Option<&impl Serialize>) -> Result<Option<Told>> {
    let Some(entity) = entity else {
        return Ok(None);
    };
    Ok(Some(Told {
        event,
        payload: Some(serde_json::to_string(entity)?),
    }))
}
