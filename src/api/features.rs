//! The features that clients look for, each proved by a route: a name is on the list exactly while the route table answers.

use crate::app::App;
use crate::web::router::Found;

/// Feature, and a request that only a server with it can answer.
const FEATURES: &[(&str, &str, &str)] = &[
    ("pleroma_api", "GET", "/api/pleroma/frontend_configurations"),
    ("mastodon_api", "GET", "/api/v1/instance"),
    ("mastodon_api_streaming", "GET", "/api/v1/streaming"),
    ("polls", "POST", "/api/v1/polls/1/votes"),
    ("pleroma_explicit_addressing", "POST", "/api/v1/statuses"),
    ("shareable_emoji_packs", "GET", "/api/pleroma/emoji/packs"),
    ("multifetch", "GET", "/api/v1/statuses"),
    (
        "pleroma:api/v1/notifications:include_types_filter",
        "GET",
        "/api/v1/notifications",
    ),
    (
        "pleroma_emoji_reactions",
        "PUT",
        "/api/v1/pleroma/statuses/1/reactions/x",
    ),
    (
        "custom_emoji_reactions",
        "PUT",
        "/api/v1/pleroma/statuses/1/reactions/x",
    ),
    (
        "pleroma_custom_emoji_reactions",
        "PUT",
        "/api/v1/pleroma/statuses/1/reactions/x",
    ),
    (
        "exposable_reactions",
        "GET",
        "/api/v1/pleroma/statuses/1/reactions",
    ),
    ("media_proxy", "GET", "/proxy/1/1/1"),
    ("editing", "PUT", "/api/v1/statuses/1"),
    ("quote_posting", "GET", "/api/v1/statuses/1/quotes"),
    ("profile_directory", "GET", "/api/v1/directory"),
    ("v2_suggestions", "GET", "/api/v2/suggestions"),
    ("pleroma_chat_messages", "GET", "/api/v1/pleroma/chats"),
    ("relay", "POST", "/api/pleroma/admin/relay"),
    (
        "pleroma:bookmark_folders",
        "GET",
        "/api/v1/pleroma/bookmark_folders",
    ),
];

/// The names of what exists.
pub fn list(app: &App) -> Vec<&'static str> {
    FEATURES
        .iter()
        .filter(|(name, method, path)| answers(app, method, path) && switched_on(app, name))
        .map(|(name, ..)| *name)
        .collect()
}

/// Whether some route answers that.
pub fn answers(app: &App, method: &str, path: &str) -> bool {
    matches!(app.router().find(method, path), Found::Route(..))
}

fn switched_on(app: &App, feature: &str) -> bool {
    match feature {
        "media_proxy" => app.config().media_proxy.enabled,
        "exposable_reactions" => app.config().instance.show_reactions,
        "relay" => app.config().federation.enabled,
        _ => true,
    }
}
