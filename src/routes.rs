//! THE table: the index of the API. One row is one route: method, path, who may call with which scope, what answers.

use crate::api;
use crate::api::mastodon::{
    accounts, apps, blocks, conversations, credentials, custom_emojis, exports, filters,
    filters_v1, instance, lists, markers, media, notifications, registration, relationships,
    search, status_actions, statuses, timelines,
};
use crate::api::mastodon::{directory, endorsements, featured_tags, suggestions, tags, trends};
use crate::api::mastodon::{polls, status_edits};
use crate::api::pleroma::{
    captcha, confirmation, emoji, emoji_packs, mfa, password_resets, pictures, reactions,
    remote_emoji_packs,
};
use crate::api::{admin, nodeinfo, oauth, pleroma};
use crate::fed;
use crate::pages::{self, feeds, files, public, setup};
use crate::web::rate::Class;
use crate::web::router::Access::{Admin, Known, Open, Optional, Token, User};
use crate::web::router::{Route, delete, get, patch, post, put};

/// Every route of the server. A path under `/api/pleroma` or `/api/v1/pleroma` answers under both.
#[rustfmt::skip]
pub static ROUTES: &[Route] = &[
    // Accounts
    get("/api/v1/accounts/verify_credentials",     User(&["read:accounts"]),                     accounts::verify_credentials),
    patch("/api/v1/accounts/update_credentials",   User(&["write:accounts"]),                    credentials::update).upload(),
    patch("/api/v1/pleroma/accounts/update_avatar",     User(&["write:accounts"]),               pictures::update_avatar).upload(),
    patch("/api/v1/pleroma/accounts/update_banner",     User(&["write:accounts"]),               pictures::update_banner).upload(),
    patch("/api/v1/pleroma/accounts/update_background", User(&["write:accounts"]),               pictures::update_background).upload(),
    get("/api/v1/accounts",                        Optional(&["read:accounts"]),                 accounts::list),
    get("/api/v1/accounts/lookup",                 Optional(&["read:accounts"]),                 accounts::lookup),
    get("/api/v1/accounts/search",                 Optional(&["read:accounts"]),                 accounts::search).rate(Class::Search),
    get("/api/v1/accounts/relationships",          User(&["read:follows"]),                      accounts::relationships),
    get("/api/v1/accounts/{id}",                   Optional(&["read:accounts"]),                 accounts::show),
    get("/api/v1/accounts/{id}/followers",         Optional(&["read:accounts"]),                 accounts::followers),
    get("/api/v1/accounts/{id}/following",         Optional(&["read:accounts"]),                 accounts::following_list),
    get("/api/v1/accounts/{id}/identity_proofs",   Optional(&["read:accounts"]),                 accounts::identity_proofs),
    get("/api/v1/preferences",                     User(&["read:accounts"]),                     markers::preferences),
    get("/api/v1/markers",                         User(&["read:statuses"]),                     markers::show),
    post("/api/v1/markers",                        User(&["write:statuses"]),                    markers::set),

    // Relationships
    post("/api/v1/accounts/{id}/follow",           User(&["follow", "write:follows"]),           relationships::follow),
    post("/api/v1/accounts/{id}/unfollow",         User(&["follow", "write:follows"]),           relationships::unfollow),
    post("/api/v1/accounts/{id}/remove_from_followers", User(&["follow", "write:follows"]),      relationships::remove_from_followers),
    post("/api/v1/accounts/{id}/block",            User(&["follow", "write:blocks"]),            relationships::block),
    post("/api/v1/accounts/{id}/unblock",          User(&["follow", "write:blocks"]),            relationships::unblock),
    post("/api/v1/accounts/{id}/mute",             User(&["follow", "write:mutes"]),             relationships::mute),
    post("/api/v1/accounts/{id}/unmute",           User(&["follow", "write:mutes"]),             relationships::unmute),
    post("/api/v1/accounts/{id}/note",             User(&["write:accounts"]),                    relationships::note),
    post("/api/v1/pleroma/accounts/{id}/subscribe",   User(&["follow", "write:follows"]),        relationships::subscribe),
    post("/api/v1/pleroma/accounts/{id}/unsubscribe", User(&["follow", "write:follows"]),        relationships::unsubscribe),
    get("/api/v1/follow_requests",                 User(&["follow", "read:follows"]),            blocks::follow_requests),
    post("/api/v1/follow_requests/{id}/authorize", User(&["follow", "write:follows"]),           relationships::authorize),
    post("/api/v1/follow_requests/{id}/reject",    User(&["follow", "write:follows"]),           relationships::reject),
    get("/api/v1/blocks",                          User(&["follow", "read:blocks"]),             blocks::blocks),
    get("/api/v1/mutes",                           User(&["follow", "read:mutes"]),              blocks::mutes),
    get("/api/v1/domain_blocks",                   User(&["follow", "read:blocks"]),             blocks::domain_blocks),
    post("/api/v1/domain_blocks",                  User(&["follow", "write:blocks"]),            blocks::block_domain),
    delete("/api/v1/domain_blocks",                User(&["follow", "write:blocks"]),            blocks::unblock_domain),

    // Applications, login, tokens
    post("/api/v1/apps",                           Open,                                         apps::register),
    get("/api/v1/apps/verify_credentials",         Token,                                        apps::verify_credentials),
    get("/oauth/authorize",                        Open,                                         pages::oauth::show),
    post("/oauth/authorize",                       Open,                                         pages::oauth::submit).rate(Class::Login),
    post("/oauth/token",                           Open,                                         oauth::token).rate(Class::Login),
    post("/oauth/mfa/challenge",                   Open,                                         oauth::challenge).rate(Class::Login),
    get("/oauth/mfa",                              Open,                                         pages::oauth::mfa::show),
    post("/oauth/mfa/verify",                      Open,                                         pages::oauth::mfa::submit).rate(Class::Login),
    post("/oauth/revoke",                          Open,                                         oauth::revoke),
    get("/oauth/userinfo",                         User(&["profile", "read:accounts"]),          oauth::userinfo),
    post("/oauth/userinfo",                        User(&["profile", "read:accounts"]),          oauth::userinfo),
    get("/.well-known/oauth-authorization-server", Open,                                         oauth::metadata),
    get("/api/oauth_tokens",                       User(&[]),                                    oauth::list),
    delete("/api/oauth_tokens/{id}",               User(&[]),                                    oauth::delete),
    delete("/auth/sign_out",                       Open,                                         oauth::sign_out),

    // The own login
    post("/api/pleroma/delete_account",            User(&["write:accounts"]),                    pleroma::users::delete).rate(Class::Login),
    post("/api/pleroma/disable_account",           User(&["write:accounts"]),                    pleroma::users::disable).rate(Class::Login),
    post("/api/pleroma/change_email",              User(&["write:accounts"]),                    pleroma::users::change_email).rate(Class::Login),
    post("/api/pleroma/change_password",           User(&["write:accounts"]),                    pleroma::users::change_password).rate(Class::Login),

    // The second factor
    get("/api/pleroma/accounts/mfa",               User(&["read:security"]),                     mfa::show),
    get("/api/pleroma/accounts/mfa/backup_codes",  User(&["write:security"]),                    mfa::make_backup_codes),
    get("/api/pleroma/accounts/mfa/setup/{method}", User(&["write:security"]),                   mfa::set_up),
    post("/api/pleroma/accounts/mfa/confirm/{method}", User(&["write:security"]),                mfa::confirm).rate(Class::Login),
    delete("/api/pleroma/accounts/mfa/{method}",   User(&["write:security"]),                    mfa::disable).rate(Class::Login),

    // The instance
    get("/api/v1/instance",                        Open,                                         instance::v1),
    get("/api/v2/instance",                        Open,                                         instance::v2),
    get("/api/v1/instance/peers",                  Open,                                         instance::peers),
    get("/api/v1/instance/rules",                  Open,                                         instance::rules),
    get("/api/v1/instance/extended_description",   Open,                                         instance::extended_description),
    get("/api/pleroma/healthcheck",                Open,                                         pleroma::instance::healthcheck),
    get("/api/pleroma/frontend_configurations",    Open,                                         pleroma::instance::frontend_configurations),
    get("/health",                                 Open,                                         pleroma::instance::alive),
    get("/.well-known/nodeinfo",                   Open,                                         nodeinfo::links),
    get("/nodeinfo/2.0",                           Open,                                         nodeinfo::v2_0),
    get("/nodeinfo/2.1",                           Open,                                         nodeinfo::v2_1),

    // Pages
    get("/",                                       Open,                                         public::front).for_people(),
    get("/users/{name}",                           Optional(&["read:statuses"]),                 public::profile).for_people().id_of(fed::actors::show),
    get("/@{name}",                                Optional(&["read:statuses"]),                 public::profile).for_people().page_of(fed::actors::show),
    get("/users/{name}/feed.atom",                 Optional(&["read:statuses"]),                 feeds::atom),
    get("/users/{name}/feed.rss",                  Optional(&["read:statuses"]),                 feeds::rss),
    get("/notice/{id}",                            Optional(&["read:statuses"]),                 public::notice).for_people().page_of(fed::objects::of_page),
    get("/tag/{tag}",                              Optional(&["read:statuses"]),                 public::tag).for_people(),
    get("/setup/{token}",                          Open,                                         setup::show),
    post("/setup/{token}",                         Open,                                         setup::submit).rate(Class::Login),

    // Other servers
    get("/.well-known/webfinger",                  Open,                                         fed::webfinger::show).federated(),
    get("/.well-known/host-meta",                  Open,                                         fed::webfinger::host_meta).federated(),
    get("/.well-known/host-meta.json",             Open,                                         fed::webfinger::host_meta_json).federated(),
    get("/actor",                                  Open,                                         fed::actors::instance).federated(),
    get("/actor/outbox",                           Open,                                         fed::collections::instance_outbox).federated(),
    get("/users/{name}/main-key",                  Open,                                         fed::actors::main_key).federated(),
    get("/users/{name}/outbox",                    Open,                                         fed::collections::outbox).federated(),
    get("/users/{name}/followers",                 Open,                                         fed::collections::followers).federated(),
    get("/users/{name}/following",                 Open,                                         fed::collections::following).federated(),
    get("/users/{name}/collections/featured",      Open,                                         fed::collections::featured).federated(),
    get("/objects/{uuid}",                         Open,                                         fed::objects::show).federated(),
    get("/objects/{uuid}/replies",                 Open,                                         fed::objects::replies).federated(),
    get("/objects/{uuid}/likes",                   Open,                                         fed::objects::likes).federated(),
    get("/objects/{uuid}/shares",                  Open,                                         fed::objects::shares).federated(),
    get("/activities/{uuid}",                      Open,                                         fed::objects::activity).federated(),
    get("/emoji/{pack}",                           Open,                                         fed::objects::emoji).federated(),

    // Files
    get("/static/{*path}",                         Open,                                         files::get),
    get("/favicon.ico",                            Open,                                         files::favicon),
    get("/robots.txt",                             Open,                                         files::robots),

    // Statuses
    post("/api/v1/statuses",                       User(&["write:statuses"]),                    statuses::create).rate(Class::Posting),
    get("/api/v1/statuses",                        Optional(&["read:statuses"]),                 statuses::many),
    get("/api/v1/statuses/{id}",                   Optional(&["read:statuses"]),                 statuses::show),
    delete("/api/v1/statuses/{id}",                User(&["write:statuses"]),                    statuses::delete),
    get("/api/v1/statuses/{id}/context",           Optional(&["read:statuses"]),                 statuses::context),
    put("/api/v1/statuses/{id}",                   User(&["write:statuses"]),                    status_edits::update).rate(Class::Posting),
    get("/api/v1/statuses/{id}/history",           Optional(&["read:statuses"]),                 status_edits::history),
    get("/api/v1/statuses/{id}/source",            Optional(&["read:statuses"]),                 status_edits::source),
    get("/api/v1/statuses/{id}/favourited_by",     Optional(&["read:accounts"]),                 status_actions::favourited_by),
    get("/api/v1/statuses/{id}/reblogged_by",      Optional(&["read:accounts"]),                 status_actions::reblogged_by),
    post("/api/v1/statuses/{id}/favourite",        User(&["write:favourites"]),                  status_actions::favourite),
    post("/api/v1/statuses/{id}/unfavourite",      User(&["write:favourites"]),                  status_actions::unfavourite),
    post("/api/v1/statuses/{id}/reblog",           User(&["write:statuses"]),                    status_actions::reblog),
    post("/api/v1/statuses/{id}/unreblog",         User(&["write:statuses"]),                    status_actions::unreblog),
    post("/api/v1/statuses/{id}/bookmark",         User(&["write:bookmarks"]),                   status_actions::bookmark),
    post("/api/v1/statuses/{id}/unbookmark",       User(&["write:bookmarks"]),                   status_actions::unbookmark),
    post("/api/v1/statuses/{id}/pin",              User(&["write:accounts"]),                    status_actions::pin),
    post("/api/v1/statuses/{id}/unpin",            User(&["write:accounts"]),                    status_actions::unpin),
    post("/api/v1/statuses/{id}/mute",             User(&["write:mutes"]),                       status_actions::mute),
    post("/api/v1/statuses/{id}/unmute",           User(&["write:mutes"]),                       status_actions::unmute),
    get("/api/v1/polls/{id}",                      Optional(&["read:statuses"]),                 polls::show),
    post("/api/v1/polls/{id}/votes",               User(&["write:statuses"]),                    polls::vote),
    get("/api/v1/favourites",                      User(&["read:favourites"]),                   status_actions::favourites),
    get("/api/v1/bookmarks",                       User(&["read:bookmarks"]),                    status_actions::bookmarks),

    // Registration, confirmation, lost passwords
    post("/api/v1/accounts",                       Known(&[]),                                   registration::create).rate(Class::Registration),
    get("/api/pleroma/captcha",                    Open,                                         captcha::show),
    get("/api/account/confirm_email/{id}/{token}", Open,                                         confirmation::confirm),
    post("/api/v1/pleroma/accounts/confirmation_resend", Open,                                   confirmation::resend).rate(Class::Mail),
    post("/auth/password",                         Open,                                         password_resets::request).rate(Class::Mail),
    get("/api/pleroma/password_reset/{token}",     Open,                                         pages::password_reset::show),
    post("/api/pleroma/password_reset",            Open,                                         pages::password_reset::submit).rate(Class::Login),
    get("/registration",                           Open,                                         pages::registration::show).for_people(),
    post("/registration",                          Open,                                         pages::registration::submit).rate(Class::Registration),
    get("/registration/{token}",                   Open,                                         pages::registration::show).for_people(),
    post("/registration/{token}",                  Open,                                         pages::registration::submit).rate(Class::Registration),

    // Administration: people
    get("/api/pleroma/admin/users",                Admin(&["admin:read:accounts"]),              admin::users::list),
    post("/api/pleroma/admin/users",               Admin(&["admin:write:accounts"]),             admin::user_creation::create),
    delete("/api/pleroma/admin/users",             Admin(&["admin:write:accounts"]),             admin::users::delete),
    patch("/api/pleroma/admin/users/activate",     Admin(&["admin:write:accounts"]),             admin::users::activate),
    patch("/api/pleroma/admin/users/deactivate",   Admin(&["admin:write:accounts"]),             admin::users::deactivate),
    patch("/api/pleroma/admin/users/approve",      Admin(&["admin:write:accounts"]),             admin::users::approve),
    patch("/api/pleroma/admin/users/confirm_email", Admin(&["admin:write:accounts"]),            admin::users::confirm_email),
    patch("/api/pleroma/admin/users/resend_confirmation_email", Admin(&["admin:write:accounts"]), admin::users::resend_confirmation_email),
    patch("/api/pleroma/admin/users/force_password_reset", Admin(&["admin:write:accounts"]),     admin::users::force_password_reset),
    put("/api/pleroma/admin/users/disable_mfa",    Admin(&["admin:write:accounts"]),             admin::users::disable_mfa),
    put("/api/pleroma/admin/users/tag",            Admin(&["admin:write:accounts"]),             admin::users::tag),
    delete("/api/pleroma/admin/users/tag",         Admin(&["admin:write:accounts"]),             admin::users::untag),
    post("/api/pleroma/admin/users/permission_group/{group}", Admin(&["admin:write:accounts"]),  admin::groups::grant_many),
    delete("/api/pleroma/admin/users/permission_group/{group}", Admin(&["admin:write:accounts"]), admin::groups::revoke_many),
    post("/api/pleroma/admin/users/invite_token",  Admin(&["admin:write:invites"]),              admin::invites::create),
    get("/api/pleroma/admin/users/invites",        Admin(&["admin:read:invites"]),               admin::invites::list),
    post("/api/pleroma/admin/users/revoke_invite", Admin(&["admin:write:invites"]),              admin::invites::revoke),
    post("/api/pleroma/admin/users/email_invite",  Admin(&["admin:write:invites"]),              admin::invites::email),
    get("/api/pleroma/admin/users/{nickname}",     Admin(&["admin:read:accounts"]),              admin::users::show),
    patch("/api/pleroma/admin/users/{nickname}/toggle_activation", Admin(&["admin:write:accounts"]), admin::users::toggle_activation),
    get("/api/pleroma/admin/users/{nickname}/password_reset", Admin(&["admin:write:accounts"]),  admin::users::password_reset),
    get("/api/pleroma/admin/users/{nickname}/permission_group", Admin(&["admin:read:accounts"]), admin::groups::show),
    get("/api/pleroma/admin/users/{nickname}/permission_group/{group}", Admin(&["admin:read:accounts"]), admin::groups::show),
    post("/api/pleroma/admin/users/{nickname}/permission_group/{group}", Admin(&["admin:write:accounts"]), admin::groups::grant_one),
    delete("/api/pleroma/admin/users/{nickname}/permission_group/{group}", Admin(&["admin:write:accounts"]), admin::groups::revoke_one),
    get("/api/pleroma/admin/moderation_log",       Admin(&["admin:read"]),                       admin::moderation_log::list),

    // Timelines
    get("/api/v1/timelines/home",                  User(&["read:statuses"]),                     timelines::home),
    get("/api/v1/timelines/public",                Optional(&["read:statuses"]),                 timelines::public),
    get("/api/v1/timelines/tag/{tag}",             Optional(&["read:statuses"]),                 timelines::tag),
    get("/api/v1/timelines/list/{id}",             User(&["read:lists"]),                        timelines::list),
    get("/api/v1/timelines/direct",                User(&["read:statuses"]),                     timelines::direct),
    get("/api/v1/accounts/{id}/statuses",          Optional(&["read:statuses"]),                 timelines::by_account),

    // People worth knowing
    post("/api/v1/accounts/{id}/pin",              User(&["write:accounts"]),                    endorsements::endorse),
    post("/api/v1/accounts/{id}/unpin",            User(&["write:accounts"]),                    endorsements::unendorse),
    post("/api/v1/accounts/{id}/endorse",          User(&["write:accounts"]),                    endorsements::endorse),
    post("/api/v1/accounts/{id}/unendorse",        User(&["write:accounts"]),                    endorsements::unendorse),
    get("/api/v1/endorsements",                    User(&["read:accounts"]),                     endorsements::list),
    get("/api/v1/accounts/{id}/endorsements",      Optional(&["read:accounts"]),                 endorsements::of_account),
    get("/api/v1/pleroma/accounts/{id}/endorsements", Optional(&["read:accounts"]),              endorsements::of_account),
    get("/api/v1/accounts/familiar_followers",     User(&["follow", "read:follows"]),            suggestions::familiar_followers),
    get("/api/v1/suggestions",                     User(&["read:accounts"]),                     suggestions::v1),
    get("/api/v2/suggestions",                     User(&["read:accounts"]),                     suggestions::v2),
    delete("/api/v1/suggestions/{id}",             User(&["write:accounts"]),                    suggestions::dismiss),
    get("/api/v1/directory",                       Optional(&["read:accounts"]),                 directory::list),

    // Tags and trends
    get("/api/v1/tags/{name}",                     Optional(&["read:follows"]),                  tags::show),
    post("/api/v1/tags/{name}/follow",             User(&["follow", "write:follows"]),           tags::follow),
    post("/api/v1/tags/{name}/unfollow",           User(&["follow", "write:follows"]),           tags::unfollow),
    post("/api/v1/tags/{name}/feature",            User(&["write:accounts"]),                    featured_tags::feature),
    post("/api/v1/tags/{name}/unfeature",          User(&["write:accounts"]),                    featured_tags::unfeature),
    get("/api/v1/followed_tags",                   User(&["follow", "read:follows"]),            tags::followed),
    get("/api/v1/featured_tags",                   User(&["read:accounts"]),                     featured_tags::list),
    post("/api/v1/featured_tags",                  User(&["write:accounts"]),                    featured_tags::create),
    delete("/api/v1/featured_tags/{id}",           User(&["write:accounts"]),                    featured_tags::delete),
    get("/api/v1/featured_tags/suggestions",       User(&["read:accounts"]),                     featured_tags::suggestions),
    get("/api/v1/accounts/{id}/featured_tags",     Optional(&["read:accounts"]),                 featured_tags::of_account),
    get("/api/v1/trends",                          Optional(&["read:statuses"]),                 trends::tags),
    get("/api/v1/trends/tags",                     Optional(&["read:statuses"]),                 trends::tags),
    get("/api/v1/trends/statuses",                 Optional(&["read:statuses"]),                 trends::statuses),

    // Lists
    get("/api/v1/lists",                           User(&["read:lists"]),                        lists::list),
    post("/api/v1/lists",                          User(&["write:lists"]),                       lists::create),
    get("/api/v1/lists/{id}",                      User(&["read:lists"]),                        lists::show),
    put("/api/v1/lists/{id}",                      User(&["write:lists"]),                       lists::update),
    delete("/api/v1/lists/{id}",                   User(&["write:lists"]),                       lists::delete),
    get("/api/v1/lists/{id}/accounts",             User(&["read:lists"]),                        lists::members),
    post("/api/v1/lists/{id}/accounts",            User(&["write:lists"]),                       lists::add),
    delete("/api/v1/lists/{id}/accounts",          User(&["write:lists"]),                       lists::remove),
    get("/api/v1/accounts/{id}/lists",             User(&["read:lists"]),                        lists::containing),

    // Conversations
    get("/api/v1/conversations",                   User(&["read:statuses"]),                     conversations::list),
    delete("/api/v1/conversations/{id}",           User(&["write:conversations"]),               conversations::delete),
    post("/api/v1/conversations/{id}/read",        User(&["write:conversations"]),               conversations::read),
    get("/api/v1/pleroma/conversations/{id}",      User(&["read:statuses"]),                     pleroma::conversations::show),
    patch("/api/v1/pleroma/conversations/{id}",    User(&["write:conversations"]),               pleroma::conversations::update),
    get("/api/v1/pleroma/conversations/{id}/statuses", User(&["read:statuses"]),                 pleroma::conversations::statuses),
    post("/api/v1/pleroma/conversations/read",     User(&["write:conversations"]),               pleroma::conversations::read_all),

    // Filters
    get("/api/v2/filters",                         User(&["read:filters"]),                      filters::list),
    post("/api/v2/filters",                        User(&["write:filters"]),                     filters::create),
    get("/api/v2/filters/{id}",                    User(&["read:filters"]),                      filters::show),
    put("/api/v2/filters/{id}",                    User(&["write:filters"]),                     filters::update),
    delete("/api/v2/filters/{id}",                 User(&["write:filters"]),                     filters::delete),
    get("/api/v2/filters/{id}/keywords",           User(&["read:filters"]),                      filters::keywords),
    post("/api/v2/filters/{id}/keywords",          User(&["write:filters"]),                     filters::add_keyword),
    get("/api/v2/filters/keywords/{id}",           User(&["read:filters"]),                      filters::keyword),
    put("/api/v2/filters/keywords/{id}",           User(&["write:filters"]),                     filters::update_keyword),
    delete("/api/v2/filters/keywords/{id}",        User(&["write:filters"]),                     filters::delete_keyword),
    get("/api/v2/filters/{id}/statuses",           User(&["read:filters"]),                      filters::statuses),
    post("/api/v2/filters/{id}/statuses",          User(&["write:filters"]),                     filters::add_status),
    get("/api/v2/filters/statuses/{id}",           User(&["read:filters"]),                      filters::status),
    delete("/api/v2/filters/statuses/{id}",        User(&["write:filters"]),                     filters::delete_status),
    get("/api/v1/filters",                         User(&["read:filters"]),                      filters_v1::list),
    post("/api/v1/filters",                        User(&["write:filters"]),                     filters_v1::create),
    get("/api/v1/filters/{id}",                    User(&["read:filters"]),                      filters_v1::show),
    put("/api/v1/filters/{id}",                    User(&["write:filters"]),                     filters_v1::update),
    delete("/api/v1/filters/{id}",                 User(&["write:filters"]),                     filters_v1::delete),

    // Media
    post("/api/v1/media",                          User(&["write:media"]),                       media::create).upload(),
    post("/api/v2/media",                          User(&["write:media"]),                       media::create_v2).upload(),
    get("/api/v1/media/{id}",                      User(&["write:media"]),                       media::show),
    put("/api/v1/media/{id}",                      User(&["write:media"]),                       media::update).upload(),
    delete("/api/v1/media/{id}",                   User(&["write:media"]),                       media::delete),
    get("/media/{file}",                           Open,                                         api::media::file),

    // Emoji
    get("/api/pleroma/emoji",                      Open,                                         emoji::list),
    get("/api/v1/custom_emojis",                   Open,                                         custom_emojis::list),
    get("/emoji/{pack}/{*file}",                   Open,                                         api::emoji::file),

    // Emoji packs: with the name in the path as in the seed document, and in a parameter as later
    get("/api/pleroma/emoji/packs",                Open,                                         emoji_packs::list),
    get("/api/pleroma/emoji/packs/import",         Admin(&["admin:write"]),                      emoji_packs::import),
    post("/api/pleroma/emoji/packs/import",        Admin(&["admin:write"]),                      emoji_packs::import),
    get("/api/pleroma/emoji/packs/remote",         Admin(&["admin:write"]),                      remote_emoji_packs::list),
    post("/api/pleroma/emoji/packs/download",      Admin(&["admin:write"]),                      remote_emoji_packs::download),
    get("/api/pleroma/emoji/packs/{name}",         Open,                                         emoji_packs::show),
    post("/api/pleroma/emoji/packs/{name}",        Admin(&["admin:write"]),                      emoji_packs::create),
    patch("/api/pleroma/emoji/packs/{name}",       Admin(&["admin:write"]),                      emoji_packs::update),
    delete("/api/pleroma/emoji/packs/{name}",      Admin(&["admin:write"]),                      emoji_packs::delete),
    post("/api/pleroma/emoji/packs/{name}/files",  Admin(&["admin:write"]),                      emoji_packs::add_file).upload(),
    patch("/api/pleroma/emoji/packs/{name}/files", Admin(&["admin:write"]),                      emoji_packs::update_file),
    delete("/api/pleroma/emoji/packs/{name}/files", Admin(&["admin:write"]),                     emoji_packs::delete_file),
    get("/api/pleroma/emoji/packs/{name}/archive", Open,                                         emoji_packs::archive),
    get("/api/v1/pleroma/emoji/pack",              Open,                                         emoji_packs::show),
    post("/api/v1/pleroma/emoji/pack",             Admin(&["admin:write"]),                      emoji_packs::create),
    patch("/api/v1/pleroma/emoji/pack",            Admin(&["admin:write"]),                      emoji_packs::update),
    delete("/api/v1/pleroma/emoji/pack",           Admin(&["admin:write"]),                      emoji_packs::delete),
    post("/api/v1/pleroma/emoji/packs/files",      Admin(&["admin:write"]),                      emoji_packs::add_file).upload(),
    patch("/api/v1/pleroma/emoji/packs/files",     Admin(&["admin:write"]),                      emoji_packs::update_file),
    delete("/api/v1/pleroma/emoji/packs/files",    Admin(&["admin:write"]),                      emoji_packs::delete_file),
    get("/api/v1/pleroma/emoji/packs/archive",     Open,                                         emoji_packs::archive),
    post("/api/pleroma/admin/reload_emoji",        Admin(&["admin:write"]),                      admin::emoji::reload),

    // Emoji reactions
    get("/api/v1/pleroma/statuses/{id}/reactions",            Optional(&["read:statuses"]),      reactions::list),
    get("/api/v1/pleroma/statuses/{id}/reactions/{emoji}",    Optional(&["read:statuses"]),      reactions::list_one),
    put("/api/v1/pleroma/statuses/{id}/reactions/{emoji}",    User(&["write:statuses"]),         reactions::add),
    delete("/api/v1/pleroma/statuses/{id}/reactions/{emoji}", User(&["write:statuses"]),         reactions::remove),
    get("/api/v1/statuses/{id}/emoji_reactions",              Optional(&["read:statuses"]),      reactions::list),
    get("/api/v1/statuses/{id}/emoji_reactions/{emoji}",      Optional(&["read:statuses"]),      reactions::list_one),
    put("/api/v1/statuses/{id}/emoji_reactions/{emoji}",      User(&["write:statuses"]),         reactions::add),
    delete("/api/v1/statuses/{id}/emoji_reactions/{emoji}",   User(&["write:statuses"]),         reactions::remove),

    // Scrobbles
    post("/api/v1/pleroma/scrobble",               User(&["write"]),                             pleroma::scrobbles::create).rate(Class::Posting),
    get("/api/v1/pleroma/accounts/{id}/scrobbles", Optional(&["read:statuses"]),                          pleroma::scrobbles::list),

    // Notifications
    get("/api/v1/notifications",                   User(&["read:notifications"]),                notifications::list),
    get("/api/v1/notifications/{id}",              User(&["read:notifications"]),                notifications::show),
    post("/api/v1/notifications/clear",            User(&["write:notifications"]),               notifications::clear),
    post("/api/v1/notifications/dismiss",          User(&["write:notifications"]),               notifications::dismiss),
    post("/api/v1/notifications/{id}/dismiss",     User(&["write:notifications"]),               notifications::dismiss),
    delete("/api/v1/notifications/destroy_multiple", User(&["write:notifications"]),             notifications::destroy_multiple),
    post("/api/v1/pleroma/notifications/read",     User(&["write:notifications"]),               pleroma::notifications::read),
    post("/api/qvitter/statuses/notifications/read", User(&["write:notifications"]),             pleroma::notifications::read_by_latest),

    // What a person takes along
    get("/settings/exports/follows.csv",           User(&["follow", "read:follows"]),            exports::follows),
    get("/settings/exports/blocks.csv",            User(&["follow", "read:blocks"]),             exports::blocks),
    get("/settings/exports/mutes.csv",             User(&["follow", "read:mutes"]),              exports::mutes),
    get("/settings/exports/domain_blocks.csv",     User(&["follow", "read:blocks"]),             exports::domain_blocks),
    get("/settings/exports/lists.csv",             User(&["read:lists"]),                        exports::lists),
    get("/settings/exports/bookmarks.csv",         User(&["read:bookmarks"]),                    exports::bookmarks),

    // Search
    get("/api/v2/search",                          Optional(&["read:search"]),                   search::v2).rate(Class::Search),
    get("/api/v1/search",                          Optional(&["read:search"]),                   search::v1).rate(Class::Search),
];
