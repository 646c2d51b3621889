//! What one can subscribe to (mastodon-api 0.10): the names of streams, the rights they need, and what each of them shows.

use serde_json::{Value, json};

use crate::events::{Seer, Sight};
use crate::ids::ListId;

/// A stream with its parameters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Channel {
    /// The home timeline, notifications and all else that concerns the reader.
    User,
    /// Notifications alone.
    Notifications,
    /// Chats alone.
    Chats,
    /// Direct-message threads.
    Direct,
    /// Public posts.
    Public(Origin, Media),
    /// Public posts with a hashtag, spelled as the client did.
    Hashtag(String, Origin),
    /// A list of the reader's.
    List(ListId),
}

/// Where posts come from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    /// Anywhere.
    All,
    /// This server.
    Local,
    /// Other servers, or one of them.
    Remote(Option<String>),
}

/// Whether only posts with files are wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Media {
    /// All posts.
    All,
    /// Those with files.
    Only,
}

/// What a client names a stream by.
#[derive(Clone, Debug, Default)]
pub struct Named {
    /// Such as `public:local`.
    pub stream: String,
    /// Of `list`.
    pub list: Option<String>,
    /// Of `hashtag`.
    pub tag: Option<String>,
    /// Of `public:remote`.
    pub instance: Option<String>,
}

impl Channel {
    /// Reads a stream's name; `None` for one that does not exist, or that lacks its parameter.
    pub fn parse(named: &Named) -> Option<Channel> {
        let tagged = |origin| {
            let tag = named.tag.as_deref().map(|tag| tag.trim_start_matches('#'));
            tag.filter(|tag| !tag.is_empty())
                .map(|tag| Channel::Hashtag(tag.to_owned(), origin))
        };
        let remote = || Origin::Remote(named.instance.as_ref().map(|host| host.to_lowercase()));
        Some(match named.stream.as_str() {
            "user" => Channel::User,
            "user:notification" => Channel::Notifications,
            "user:pleroma_chat" => Channel::Chats,
            "direct" => Channel::Direct,
            "public" => Channel::Public(Origin::All, Media::All),
            "public:media" => Channel::Public(Origin::All, Media::Only),
            // One client asks for `local`.
            "public:local" | "local" => Channel::Public(Origin::Local, Media::All),
            "public:local:media" => Channel::Public(Origin::Local, Media::Only),
            "public:remote" => Channel::Public(remote(), Media::All),
            "public:remote:media" => Channel::Public(remote(), Media::Only),
            "hashtag" => return tagged(Origin::All),
            "hashtag:local" => return tagged(Origin::Local),
            "list" => Channel::List(ListId(named.list.as_deref()?.parse().ok()?)),
            _ => return None,
        })
    }

    /// The names that messages carry: clients drop those in which a name or parameter of theirs is missing.
    pub fn names(&self) -> Value {
        match self {
            Channel::User => json!(["user"]),
            Channel::Notifications => json!(["user:notification"]),
            Channel::Chats => json!(["user:pleroma_chat"]),
            Channel::Direct => json!(["direct"]),
            Channel::Public(origin, media) => {
                let suffix = match media {
                    Media::All => "",
                    Media::Only => ":media",
                };
                match origin {
                    Origin::All => json!([format!("public{suffix}")]),
                    Origin::Local => json!([format!("public:local{suffix}")]),
                    Origin::Remote(None) => json!([format!("public:remote{suffix}")]),
                    Origin::Remote(Some(host)) => json!([format!("public:remote{suffix}"), host]),
                }
            }
            Channel::Hashtag(tag, Origin::Local) => json!(["hashtag:local", tag]),
            Channel::Hashtag(tag, _) => json!(["hashtag", tag]),
            Channel::List(list) => json!(["list", list]),
        }
    }

    /// Only a logged-in person can have it.
    pub fn is_personal(&self) -> bool {
        !matches!(self, Channel::Public(..) | Channel::Hashtag(..))
    }

    /// The scopes of which a token needs one.
    pub fn scopes(&self) -> &'static [&'static str] {
        match self {
            Channel::Notifications => &["read:notifications"],
            Channel::Chats => &["read:chats"],
            Channel::List(_) => &["read:lists"],
            _ => &["read:statuses"],
        }
    }

    /// Whether what the reader's filters hide at home is left out, as in the timeline that it is.
    pub fn is_own_timeline(&self) -> bool {
        matches!(self, Channel::User | Channel::List(_))
    }

    /// Whether it shows a status to somebody who may see it.
    pub fn shows(&self, sight: &Sight, seer: &Seer) -> bool {
        let from = |origin: &Origin| match origin {
            Origin::All => true,
            Origin::Local => sight.local,
            Origin::Remote(host) => {
                !sight.local && host.as_ref().is_none_or(|host| *host == sight.host)
            }
        };
        match self {
            Channel::User => seer.at_home,
            Channel::Public(origin, media) => {
                sight.public && from(origin) && (*media == Media::All || sight.media)
            }
            Channel::Hashtag(tag, origin) => {
                let folded = tag.to_lowercase();
                sight.public && from(origin) && sight.tags.contains(&folded)
            }
            Channel::List(list) => seer.lists.contains(&list.0),
            Channel::Notifications | Channel::Chats | Channel::Direct => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::StatusId;

    fn named(stream: &str) -> Named {
        Named {
            stream: stream.into(),
            list: Some("12".into()),
            tag: Some("#Rust".into()),
            instance: None,
        }
    }

    #[test]
    fn every_stream_is_known_by_its_name_and_answers_with_it() {
        for (stream, names) in [
            ("user", r#"["user"]"#),
            ("user:notification", r#"["user:notification"]"#),
            ("user:pleroma_chat", r#"["user:pleroma_chat"]"#),
            ("direct", r#"["direct"]"#),
            ("public", r#"["public"]"#),
            ("public:media", r#"["public:media"]"#),
            ("public:local", r#"["public:local"]"#),
            ("local", r#"["public:local"]"#),
            ("public:local:media", r#"["public:local:media"]"#),
            ("public:remote", r#"["public:remote"]"#),
            ("public:remote:media", r#"["public:remote:media"]"#),
            ("hashtag", r#"["hashtag","Rust"]"#),
            ("hashtag:local", r#"["hashtag:local","Rust"]"#),
            ("list", r#"["list","12"]"#),
        ] {
            let channel = Channel::parse(&named(stream)).expect(stream);
            assert_eq!(channel.names().to_string(), names);
        }
        let one_host = Named {
            instance: Some("Remote.Example".into()),
            ..named("public:remote")
        };
        let names = Channel::parse(&one_host).expect("a stream").names();
        assert_eq!(names, json!(["public:remote", "remote.example"]));
    }

    #[test]
    fn a_stream_without_its_parameter_does_not_exist() {
        for stream in ["list", "hashtag", "hashtag:local", "nonsense", ""] {
            let bare = Named {
                stream: stream.into(),
                ..Named::default()
            };
            assert_eq!(Channel::parse(&bare), None, "{stream}");
        }
    }

    #[test]
    fn a_post_stands_in_those_streams_that_its_timelines_are() {
        let mut sight = Sight {
            status: StatusId(1),
            public: true,
            direct: false,
            local: true,
            host: String::new(),
            media: false,
            tags: vec!["rust".into()],
            seen_by: Vec::new(),
        };
        let seer = Seer {
            viewer: None,
            at_home: false,
            lists: vec![12],
        };
        let shown = |sight: &Sight| {
            let streams = [
                "user",
                "direct",
                "public",
                "public:media",
                "public:local",
                "public:remote",
                "hashtag",
                "hashtag:local",
                "list",
            ];
            let shows = |stream: &&str| {
                let channel = Channel::parse(&named(stream)).expect("a stream");
                channel.shows(sight, &seer)
            };
            streams.into_iter().filter(shows).collect::<Vec<_>>()
        };
        assert_eq!(
            shown(&sight),
            ["public", "public:local", "hashtag", "hashtag:local", "list"]
        );
        (sight.local, sight.host, sight.media) = (false, "remote.example".into(), true);
        assert_eq!(
            shown(&sight),
            ["public", "public:media", "public:remote", "hashtag", "list"]
        );
        sight.public = false;
        assert_eq!(shown(&sight), ["list"]);
    }
}
