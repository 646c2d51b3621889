//! What every answer must look like: the entities of the API as a table, and which route answers which of them. Each 2xx JSON
//! answer in the whole suite is compared with it (`support::TestServer::request`).
//!
//! A field is `name:type`. `name?` may be absent; a type may have alternatives (`date|null`). Types: `id` (decimal string),
//! `str`, `bool`, `int`, `num`, `date` (RFC 3339, UTC, exactly three fractional digits), `day` (YYYY-MM-DD), `number` (a string
//! of digits), `any`, `obj`, `null`, `'word'` (that string), `[T]` (list), `{T}` (object with such values), `Name` (an entity).
//! `A+` includes the fields of entity `A`. What an entity has beside its fields is not looked at.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use kenoma::routes::ROUTES;
use kenoma::web::router::{Found, Route, Router};
use serde_json::Value;

use crate::support::Answer;

/// The entities, by mastodon-api 2.
const ENTITIES: &[(&str, &str)] = &[
    ("Nothing", ""),
    // 2.1, 2.2
    (
        "InstanceV1",
        "uri:str title:str description:str short_description:str email:str version:str urls:Urls stats:Stats thumbnail:str|null
         languages:[str] registrations:bool approval_required:bool invites_enabled:bool contact_account:Account|null rules:[Rule]
         configuration:Configuration max_toot_chars:int max_media_attachments:int poll_limits:PollLimits upload_limit:int
         avatar_upload_limit:int background_upload_limit:int banner_upload_limit:int background_image:str|null
         description_limit:int chat_limit:int pleroma:InstancePleroma",
    ),
    ("Urls", "streaming_api:str"),
    ("Stats", "user_count:int status_count:int domain_count:int"),
    ("PollLimits", "max_options:int max_option_chars:int min_expiration:int max_expiration:int"),
    ("Rule", "id:id text:str hint:str"),
    ("Aliases", "aliases:[str]"),
    (
        "Backup",
        "id:id content_type:'application/zip' url:str|null file_size:int processed:bool state:str inserted_at:date",
    ),
    ("OauthApps", "apps:[OauthApp] count:int page_size:int"),
    ("FileUrls", "urls:[str] count:int page_size:int"),
    (
        "OauthApp",
        "id:int name:str client_id:str client_secret:str|null redirect_uri:str redirect_uris:[str] scopes:[str] website:str|null
         trusted:bool",
    ),
    (
        "InstanceV2",
        "domain:str title:str version:str source_url:str description:str usage:obj thumbnail:Thumbnail icon:[Icon] languages:[str]
         registrations:Registrations contact:Contact rules:[Rule] configuration:ConfigurationV2 api_versions:ApiVersions
         pleroma:InstancePleroma",
    ),
    ("ApiVersions", "mastodon:int"),
    ("Thumbnail", "url:str"),
    ("Icon", "src:str size:str"),
    ("Registrations", "enabled:bool approval_required:bool message:str|null"),
    ("Contact", "email:str account:Account|null"),
    (
        "Configuration",
        "accounts:AccountLimits statuses:StatusLimits media_attachments:MediaLimits polls:ConfiguredPolls",
    ),
    ("AccountLimits", "max_featured_tags:int max_pinned_statuses:int max_profile_fields:int"),
    ("StatusLimits", "max_characters:int max_media_attachments:int characters_reserved_per_url:int"),
    (
        "MediaLimits",
        "supported_mime_types:[str] description_limit:int image_size_limit:int image_matrix_limit:int video_size_limit:int
         video_frame_rate_limit:int video_matrix_limit:int",
    ),
    ("ConfiguredPolls", "max_options:int max_characters_per_option:int min_expiration:int max_expiration:int"),
    (
        "ConfigurationV2",
        "Configuration+ urls:StreamingUrl translation:Enabled timelines_access:TimelinesAccess limited_federation:bool",
    ),
    ("StreamingUrl", "streaming:str"),
    ("Enabled", "enabled:bool"),
    ("TimelinesAccess", "live_feeds:Feeds hashtag_feeds:Feeds trending_link_feeds:Feeds"),
    ("Feeds", "local:'public'|'authenticated'|'disabled' remote:'public'|'authenticated'|'disabled'"),
    ("InstancePleroma", "metadata:InstanceMetadata stats:InstanceMau vapid_public_key:str|null"),
    ("InstanceMau", "mau:int"),
    (
        "InstanceMetadata",
        "account_activation_required:bool features:[str] federation:obj fields_limits:FieldsLimits post_formats:[str]",
    ),
    ("FieldsLimits", "max_fields:int max_remote_fields:int name_length:int value_length:int"),
    ("ExtendedDescription", "updated_at:date content:str"),
    ("TermsOfService", "effective_date:day effective:bool content:str succeeded_by:day|null"),
    ("PublicDomainBlock", "domain:str digest:str severity:'silence'|'suspend' comment:str"),
    ("Week", "week:number statuses:number logins:number registrations:number"),
    // 2.3, 2.4
    (
        "AccountCore",
        "id:id username:str acct:str fqn:str display_name:str note:str url:str uri:str avatar:str avatar_static:str header:str
         header_static:str created_at:date locked:bool bot:bool group:bool discoverable:bool|null indexable:bool
         emojis:[Emoji] fields:[Field] followers_count:int following_count:int statuses_count:int last_status_at:day|null
         hide_collections:bool roles:[RoleBadge] mute_expires_at?:date|null",
    ),
    ("Account", "AccountCore+ pleroma:AccountPleroma"),
    ("Field", "name:str value:str verified_at:date|null"),
    ("RoleBadge", "id:str name:str color:str"),
    (
        "AccountPleroma",
        "ap_id:str background_image:str|null tags:[str] is_admin?:bool is_moderator?:bool is_confirmed:bool is_active?:bool
         confirmation_pending:bool hide_favorites:bool hide_follows:bool hide_followers:bool hide_follows_count:bool
         hide_followers_count:bool relationship:RelationshipOrNot favicon:str|null also_known_as:[str]
         skip_thread_containment:bool accepts_chat_messages:bool|null",
    ),
    ("RelationshipOrNot", "id?:id following?:bool muting?:bool blocking?:bool"),
    (
        "CredentialAccount",
        "AccountCore+ source:Source role:Role follow_requests_count:int pleroma:OwnPleroma",
    ),
    (
        "Source",
        "note:str fields:[Field] privacy:str sensitive:bool language:str|null follow_requests_count:int discoverable:bool
         indexable:bool hide_collections:bool attribution_domains:[str] quote_policy:str pleroma:SourcePleroma",
    ),
    ("SourcePleroma", "show_role:bool no_rich_text:bool discoverable:bool actor_type:str show_birthday:bool"),
    ("Role", "id:str name:str permissions:number color:str highlighted:bool"),
    (
        "OwnPleroma",
        "AccountPleroma+ settings_store?:{obj} unread_conversation_count:int unread_notifications_count:int
         allow_following_move:bool notification_settings:NotificationSettings follow_requests_count:int",
    ),
    ("NotificationSettings", "block_from_strangers:bool hide_notification_contents:bool"),
    (
        "Profile",
        "id:id display_name:str note:str fields:[Field] avatar:str|null avatar_static:str|null avatar_description:str header:str|null
         header_static:str|null header_description:str locked:bool bot:bool hide_collections:bool discoverable:bool indexable:bool
         show_media:bool show_media_replies:bool show_featured:bool attribution_domains:[str] featured_tags:[FeaturedTag]",
    ),
    ("Preferences", "posting:default:visibility=str posting:default:sensitive=bool posting:default:language=str|null \
                     reading:expand:media='default'|'show_all'|'hide_all' reading:expand:spoilers=bool"),
    // 2.5, 2.6
    (
        "Status",
        "id:id uri:str url:str|null account:Account created_at:date edited_at:date|null content:str text?:str spoiler_text:str
         sensitive:bool visibility:'public'|'unlisted'|'private'|'direct'|'list'|'local' language:str|null
         in_reply_to_id:id|null in_reply_to_account_id:id|null reblog:Status|null replies_count:int reblogs_count:int
         favourites_count:int quotes_count:int favourited:bool reblogged:bool bookmarked:bool muted:bool pinned:bool
         media_attachments:[MediaAttachment] mentions:[Mention] tags:[StatusTag] emojis:[Emoji] card:Card|null poll:Poll|null
         application:Application|null filtered:[FilterResult] quote:any emoji_reactions:[Reaction] pleroma:StatusPleroma",
    ),
    (
        "StatusPleroma",
        "local:bool conversation_id:int direct_conversation_id:int|null in_reply_to_account_acct:str|null content:PlainText
         spoiler_text:PlainText expires_at:date|null thread_muted:bool emoji_reactions:[Reaction] parent_visible:bool
         pinned_at:date|null quote:Status|null quote_id:id|null quote_url:str|null quote_visible:bool quotes_count:int
         bookmark_folder:id|null",
    ),
    ("PlainText", "text/plain:str"),
    ("Mention", "id:id username:str acct:str url:str"),
    ("StatusTag", "name:str url:str"),
    ("Application", "name:str website:str|null"),
    ("Emoji", "shortcode:str url:str static_url:str visible_in_picker:bool"),
    ("Reaction", "name:str count:int me:bool url:str|null account_ids:[id]"),
    ("Reactors", "name:str count:int me:bool url:str|null accounts:[Account]"),
    (
        "Poll",
        "id:id expires_at:date|null expired:bool multiple:bool votes_count:int voters_count:int|null options:[PollOption]
         emojis:[Emoji] voted:bool own_votes:[int]",
    ),
    ("PollOption", "title:str votes_count:int|null"),
    (
        "Card",
        "url:str title:str description:str type:'link'|'photo'|'video'|'rich' author_name:str author_url:str provider_name:str
         provider_url:str html:str width:int height:int image:str|null embed_url:str blurhash:str|null published_at:date|null
         authors:[obj]",
    ),
    ("TrendingLink", "Card+ history:[TagDay]"),
    (
        "MediaAttachment",
        "id:id type:'image'|'gifv'|'video'|'audio'|'unknown' url:str preview_url:str|null remote_url:str|null text_url:str
         meta:MediaMeta|null description:str|null blurhash:str|null pleroma:MediaPleroma",
    ),
    ("MediaMeta", "original?:MediaSize small?:MediaSize focus?:Focus"),
    ("MediaSize", "width:int height:int size:str aspect:num"),
    ("Focus", "x:num y:num"),
    ("MediaPleroma", "mime_type:str"),
    ("Context", "ancestors:[Status] descendants:[Status]"),
    ("AsyncRefreshed", "async_refresh:AsyncRefresh"),
    ("AsyncRefresh", "id:id status:'running'|'finished' result_count:int"),
    ("StatusSource", "id:id text:str spoiler_text:str content_type:str"),
    (
        "StatusEdit",
        "content:str spoiler_text:str sensitive:bool created_at:date account:Account media_attachments:[MediaAttachment]
         emojis:[Emoji]",
    ),
    ("ScheduledStatus", "id:id scheduled_at:date params:ScheduledParams media_attachments:[MediaAttachment]"),
    ("ScheduledParams", "text:str visibility:str"),
    // 2.7
    (
        "Notification",
        "id:id type:str created_at:date account:Account status?:Status group_key:str pleroma:NotificationPleroma emoji?:str
         emoji_url?:str|null target?:Account",
    ),
    (
        "Grouped",
        "accounts:[Account] statuses:[Status] notification_groups:[NotificationGroup]",
    ),
    (
        "NotificationGroup",
        "group_key:str notifications_count:int type:str most_recent_notification_id:int page_min_id:id page_max_id:id
         latest_page_notification_at:date sample_account_ids:[id] status_id?:id emoji?:str emoji_url?:str",
    ),
    ("Count", "count:int"),
    (
        "PolicyV1",
        "filter_not_following:bool filter_not_followers:bool filter_new_accounts:bool filter_private_mentions:bool
         summary:PolicySummary",
    ),
    (
        "PolicyV2",
        "for_not_following:Treatment for_not_followers:Treatment for_new_accounts:Treatment for_private_mentions:Treatment
         for_limited_accounts:Treatment summary:PolicySummary",
    ),
    (
        "PolicySummary",
        "pending_requests_count:int pending_notifications_count:int",
    ),
    (
        "NotificationRequest",
        "id:id created_at:date updated_at:date notifications_count:int account:Account last_status:Status|null",
    ),
    ("Merged", "merged:bool"),
    ("NotificationPleroma", "is_seen:bool is_muted:bool"),
    // 2.8
    (
        "Relationship",
        "id:id following:bool showing_reblogs:bool notifying:bool followed_by:bool blocking:bool blocked_by:bool muting:bool
         muting_notifications:bool requested:bool requested_by:bool domain_blocking:bool endorsed:bool note:str
         languages:[str]|null subscribing:bool mute_expires_at:date|null",
    ),
    ("Conversation", "id:id|number unread:bool accounts:[Account] last_status:Status|null pleroma:ConversationPleroma"),
    ("ConversationPleroma", "recipients:[Account]"),
    ("List", "id:id title:str replies_policy:'followed'|'list'|'none' exclusive:bool"),
    ("FilterV1", "id:id phrase:str context:[FilterContext] whole_word:bool irreversible:bool expires_at:date|null"),
    ("FilterHead", "id:id title:str context:[FilterContext] expires_at:date|null filter_action:'warn'|'hide'|'blur'"),
    ("Filter", "FilterHead+ keywords:[FilterKeyword] statuses:[FilterStatus]"),
    ("FilterKeyword", "id:id keyword:str whole_word:bool"),
    ("FilterStatus", "id:id status_id:id"),
    ("FilterResult", "filter:FilterHead keyword_matches:[str]|null status_matches:[id]|null"),
    ("CustomEmoji", "Emoji+ category:str|null"),
    ("Tag", "id:id name:str url:str history:[TagDay] following:bool featuring:bool"),
    ("TagDay", "day:number uses:number accounts:number"),
    ("FeaturedTag", "id:id name:str url:str statuses_count:number last_status_at:day|null"),
    ("Token", "access_token:str token_type:'Bearer' scope:str created_at:int"),
    ("App", "id:str name:str client_id:str client_secret:str redirect_uri:str redirect_uris:[str] website:str|null \
             scopes:[str] vapid_key:str client_secret_expires_at:int"),
    ("AppName", "name:str website:str|null vapid_key:str"),
    ("Marker", "last_read_id:number version:int updated_at:date pleroma:MarkerPleroma"),
    ("MarkerPleroma", "unread_count:int"),
    ("Search", "accounts:[Account] statuses:[Status] hashtags:[Tag]"),
    ("SearchV1", "accounts:[Account] statuses:[Status] hashtags:[str]"),
    (
        "Announcement",
        "id:id content:str starts_at:date|null ends_at:date|null all_day:bool published_at:date updated_at:date read:bool
         mentions:[obj] statuses:[obj] tags:[StatusTag] emojis:[Emoji] reactions:[AnnouncementReaction]
         pleroma:AnnouncementPleroma",
    ),
    ("AnnouncementReaction", "name:str count:int me:bool url?:str static_url?:str"),
    ("AnnouncementPleroma", "raw_content:str"),
    ("Suggestion", "source:'staff'|'past_interactions'|'global' sources:[str] account:Account"),
    ("FamiliarFollowers", "id:id accounts:[Account]"),
    // A number: some clients read no other id here.
    (
        "WebPushSubscription",
        "id:int endpoint:str standard:bool alerts:{bool} policy:str server_key:str",
    ),
    (
        "DomainBlock",
        "id:id domain:str digest:str created_at:date severity:'noop'|'silence'|'suspend' reject_media:bool reject_reports:bool
         private_comment:str|null public_comment:str|null obfuscate:bool reject_deletes:bool mark_sensitive:bool followers_only:bool",
    ),
    ("DomainAllow", "id:id domain:str created_at:date"),
    (
        "Delivery",
        "host:str state:'delivered'|'waiting'|'failed' fetched:bool delivered_at:date|null attempts:int next_attempt_at:date|null
         last_status:int|null error:str|null",
    ),
    ("Report", "id:id action_taken:bool category:str comment:str created_at:date target_account:Account"),
];

/// Types with a name of their own.
const ALIASES: &[(&str, &str)] = &[
    (
        "FilterContext",
        "'home'|'notifications'|'public'|'thread'|'account'",
    ),
    ("Treatment", "'accept'|'filter'|'drop'"),
];

/// What the routes answer. Rows of the same answer stand together; `GET POST /a /b` is every pair of them.
const ANSWERS: &[(&str, &str)] = &[
    ("InstanceV1", "GET /api/v1/instance"),
    ("InstanceV2", "GET /api/v2/instance"),
    ("[Rule]", "GET /api/v1/instance/rules"),
    ("[str]", "GET /api/v1/instance/peers /api/v1/domain_blocks"),
    ("ExtendedDescription", "GET /api/v1/instance/extended_description /api/v1/instance/privacy_policy"),
    ("TermsOfService", "GET /api/v1/instance/terms_of_service"),
    ("[Week]", "GET /api/v1/instance/activity"),
    ("[PublicDomainBlock]", "GET /api/v1/instance/domain_blocks"),
    ("{[str]}", "GET /api/v1/instance/translation_languages"),
    ("Profile", "GET PATCH PUT /api/v1/profile"),
    ("CredentialAccount", "DELETE /api/v1/profile/avatar /api/v1/profile/header"),
    ("[TrendingLink]", "GET /api/v1/trends/links"),
    ("CredentialAccount", "GET /api/v1/accounts/verify_credentials"),
    ("CredentialAccount", "PATCH /api/v1/accounts/update_credentials"),
    ("Account|CredentialAccount", "GET /api/v1/accounts/{id} /api/v1/accounts/lookup"),
    (
        "[Account]",
        "GET /api/v1/accounts /api/v1/accounts/search /api/v1/accounts/{id}/followers /api/v1/accounts/{id}/following
         /api/v1/follow_requests /api/v1/blocks /api/v1/mutes /api/v1/endorsements /api/v1/accounts/{id}/endorsements
         /api/v1/pleroma/accounts/{id}/endorsements /api/v1/suggestions /api/v1/directory /api/v1/lists/{id}/accounts
         /api/v1/statuses/{id}/favourited_by /api/v1/statuses/{id}/reblogged_by",
    ),
    ("[Relationship]", "GET /api/v1/accounts/relationships"),
    (
        "Relationship",
        "POST /api/v1/accounts/{id}/follow /api/v1/accounts/{id}/unfollow /api/v1/accounts/{id}/remove_from_followers
         /api/v1/accounts/{id}/block /api/v1/accounts/{id}/unblock /api/v1/accounts/{id}/mute /api/v1/accounts/{id}/unmute
         /api/v1/accounts/{id}/note /api/v1/pleroma/accounts/{id}/subscribe /api/v1/pleroma/accounts/{id}/unsubscribe
         /api/v1/follow_requests/{id}/authorize /api/v1/follow_requests/{id}/reject /api/v1/accounts/{id}/pin
         /api/v1/accounts/{id}/unpin /api/v1/accounts/{id}/endorse /api/v1/accounts/{id}/unendorse",
    ),
    ("[FamiliarFollowers]", "GET /api/v1/accounts/familiar_followers"),
    ("[Suggestion]", "GET /api/v2/suggestions"),
    ("WebPushSubscription", "GET POST PUT /api/v1/push/subscription"),
    ("Report", "POST /api/v1/reports"),
    ("[DomainBlock]", "GET /api/v1/admin/domain_blocks"),
    ("DomainBlock", "POST /api/v1/admin/domain_blocks"),
    ("DomainBlock", "GET PUT /api/v1/admin/domain_blocks/{id}"),
    ("[DomainAllow]", "GET /api/v1/admin/domain_allows"),
    ("DomainAllow", "POST /api/v1/admin/domain_allows"),
    ("DomainAllow", "GET /api/v1/admin/domain_allows/{id}"),
    ("[Delivery]", "GET /api/v1/kenoma/statuses/{id}/deliveries"),
    ("[any]", "GET /api/v1/accounts/{id}/identity_proofs"),
    ("Preferences", "GET /api/v1/preferences"),
    ("{Marker}", "GET POST /api/v1/markers"),
    ("App", "POST /api/v1/apps"),
    ("AppName", "GET /api/v1/apps/verify_credentials"),
    ("Token", "POST /oauth/token"),
    ("Status|ScheduledStatus", "POST /api/v1/statuses"),
    ("Status", "GET PUT DELETE /api/v1/statuses/{id}"),
    (
        "Status",
        "POST /api/v1/statuses/{id}/favourite /api/v1/statuses/{id}/unfavourite /api/v1/statuses/{id}/reblog
         /api/v1/statuses/{id}/unreblog /api/v1/statuses/{id}/bookmark /api/v1/statuses/{id}/unbookmark
         /api/v1/statuses/{id}/pin /api/v1/statuses/{id}/unpin /api/v1/statuses/{id}/mute /api/v1/statuses/{id}/unmute",
    ),
    (
        "Status",
        "PUT DELETE /api/v1/pleroma/statuses/{id}/reactions/{emoji} /api/v1/statuses/{id}/emoji_reactions/{emoji}",
    ),
    (
        "[Reactors]",
        "GET /api/v1/pleroma/statuses/{id}/reactions /api/v1/pleroma/statuses/{id}/reactions/{emoji}
         /api/v1/statuses/{id}/emoji_reactions /api/v1/statuses/{id}/emoji_reactions/{emoji}",
    ),
    (
        "[Status]",
        "GET /api/v1/statuses /api/v1/timelines/home /api/v1/timelines/public /api/v1/timelines/tag/{tag}
         /api/v1/timelines/list/{id} /api/v1/timelines/direct /api/v1/accounts/{id}/statuses /api/v1/favourites /api/v1/bookmarks
         /api/v1/trends/statuses /api/v1/timelines/link /api/v1/pleroma/conversations/{id}/statuses /api/v1/statuses/{id}/quotes
         /api/v1/pleroma/statuses/{id}/quotes",
    ),
    ("Context", "GET /api/v1/statuses/{id}/context"),
    ("AsyncRefreshed", "GET /api/v1_alpha/async_refreshes/{id}"),
    ("StatusSource", "GET /api/v1/statuses/{id}/source"),
    ("[StatusEdit]", "GET /api/v1/statuses/{id}/history"),
    ("Poll", "GET /api/v1/polls/{id}"),
    ("Poll", "POST /api/v1/polls/{id}/votes"),
    ("[ScheduledStatus]", "GET /api/v1/scheduled_statuses"),
    ("ScheduledStatus", "GET PUT /api/v1/scheduled_statuses/{id}"),
    ("MediaAttachment", "POST /api/v1/media /api/v2/media"),
    ("MediaAttachment", "GET PUT /api/v1/media/{id}"),
    ("[CustomEmoji]", "GET /api/v1/custom_emojis"),
    ("[Notification]", "GET /api/v1/notifications"),
    ("Notification", "GET /api/v1/notifications/{id}"),
    ("Notification|[Notification]", "POST /api/v1/pleroma/notifications/read"),
    (
        "Grouped",
        "GET /api/v2/notifications /api/v2/notifications/{group_key}",
    ),
    (
        "[Account]",
        "GET /api/v2/notifications/{group_key}/accounts",
    ),
    (
        "Count",
        "GET /api/v1/notifications/unread_count /api/v2/notifications/unread_count",
    ),
    ("PolicyV1", "GET PUT /api/v1/notifications/policy"),
    ("PolicyV2", "GET PUT PATCH /api/v2/notifications/policy"),
    ("[NotificationRequest]", "GET /api/v1/notifications/requests"),
    (
        "NotificationRequest",
        "GET /api/v1/notifications/requests/{id}",
    ),
    ("Merged", "GET /api/v1/notifications/requests/merged"),
    (
        "Nothing",
        "POST /api/v2/notifications/{group_key}/dismiss /api/v1/notifications/requests/accept
         /api/v1/notifications/requests/dismiss /api/v1/notifications/requests/{id}/accept
         /api/v1/notifications/requests/{id}/dismiss",
    ),
    ("Search", "GET /api/v2/search"),
    ("SearchV1", "GET /api/v1/search"),
    ("[Conversation]", "GET /api/v1/conversations"),
    ("[Conversation]", "POST /api/v1/pleroma/conversations/read"),
    ("Conversation", "POST /api/v1/conversations/{id}/read /api/v1/conversations/{id}/unread"),
    ("Conversation", "GET PATCH /api/v1/pleroma/conversations/{id}"),
    ("[List]", "GET /api/v1/lists /api/v1/accounts/{id}/lists"),
    ("List", "POST /api/v1/lists"),
    ("List", "GET PUT /api/v1/lists/{id}"),
    ("[Filter]", "GET /api/v2/filters"),
    ("Filter", "POST /api/v2/filters"),
    ("Filter", "GET PUT /api/v2/filters/{id}"),
    ("[FilterKeyword]", "GET /api/v2/filters/{id}/keywords"),
    ("FilterKeyword", "POST /api/v2/filters/{id}/keywords"),
    ("FilterKeyword", "GET PUT /api/v2/filters/keywords/{id}"),
    ("[FilterStatus]", "GET /api/v2/filters/{id}/statuses"),
    ("FilterStatus", "POST /api/v2/filters/{id}/statuses"),
    ("FilterStatus", "GET /api/v2/filters/statuses/{id}"),
    ("[FilterV1]", "GET /api/v1/filters"),
    ("FilterV1", "POST /api/v1/filters"),
    ("FilterV1", "GET PUT /api/v1/filters/{id}"),
    ("Tag", "GET /api/v1/tags/{name}"),
    (
        "Tag",
        "POST /api/v1/tags/{name}/follow /api/v1/tags/{name}/unfollow /api/v1/tags/{name}/feature /api/v1/tags/{name}/unfeature",
    ),
    (
        "[Tag]",
        "GET /api/v1/followed_tags /api/v1/featured_tags/suggestions /api/v1/trends /api/v1/trends/tags",
    ),
    ("[FeaturedTag]", "GET /api/v1/featured_tags /api/v1/accounts/{id}/featured_tags"),
    ("FeaturedTag", "POST /api/v1/featured_tags"),
    ("Aliases", "GET /api/pleroma/aliases"),
    ("[Backup]", "GET POST /api/v1/pleroma/backups"),
    ("OauthApps", "GET /api/pleroma/admin/oauth_app"),
    ("FileUrls", "GET /api/pleroma/admin/media_proxy_caches"),
    ("[Announcement]", "GET /api/v1/announcements /api/pleroma/admin/announcements"),
    ("Announcement", "POST /api/pleroma/admin/announcements"),
    ("Announcement", "GET PATCH /api/pleroma/admin/announcements/{id}"),
    (
        "Nothing",
        "DELETE /api/v1/lists/{id} /api/v1/lists/{id}/accounts /api/v2/filters/{id} /api/v2/filters/keywords/{id}
         /api/v2/filters/statuses/{id} /api/v1/filters/{id} /api/v1/featured_tags/{id} /api/v1/suggestions/{id}
         /api/v1/announcements/{id}/reactions/{name} /api/v1/domain_blocks /api/v1/conversations/{id}
         /api/v1/scheduled_statuses/{id} /api/v1/media/{id} /api/v1/notifications/destroy_multiple
         /api/pleroma/admin/announcements/{id} /api/pleroma/admin/rules/{id}",
    ),
    (
        "Nothing",
        "POST /api/v1/lists/{id}/accounts /api/v1/announcements/{id}/dismiss /api/v1/domain_blocks
         /api/v1/notifications/clear /api/v1/notifications/dismiss /api/v1/notifications/{id}/dismiss /oauth/revoke",
    ),
    ("Nothing", "PUT /api/v1/announcements/{id}/reactions/{name}"),
];

/// `GET` rows of the Mastodon API whose answers are no entities.
const NO_ENTITIES: &[&str] = &["/api/v1/streaming"];

/// A type, read from the table.
enum Type {
    Simple(&'static str),
    Word(&'static str),
    List(Box<Type>),
    Map(Box<Type>),
    Any(Vec<Type>),
}

struct Field {
    name: &'static str,
    optional: bool,
    kind: Type,
}

struct Schema {
    entities: BTreeMap<&'static str, Vec<Field>>,
    answers: BTreeMap<(&'static str, &'static str), Type>,
}

static SCHEMA: LazyLock<Schema> = LazyLock::new(|| {
    let mut entities: BTreeMap<&str, Vec<Field>> = BTreeMap::new();
    for (name, _) in ENTITIES {
        assert!(
            entities.insert(name, fields_of(name)).is_none(),
            "{name} stands there twice"
        );
    }
    let mut answers = BTreeMap::new();
    for (kind, routes) in ANSWERS {
        let (paths, methods): (Vec<&str>, Vec<&str>) = routes
            .split_whitespace()
            .partition(|word| word.starts_with('/'));
        for method in methods {
            for path in &paths {
                assert!(
                    answers.insert((method, *path), read(kind)).is_none(),
                    "{method} {path} stands there twice"
                );
            }
        }
    }
    Schema { entities, answers }
});

fn fields_of(name: &str) -> Vec<Field> {
    let entity = ENTITIES.iter().find(|(known, _)| *known == name);
    let (_, text) = entity.unwrap_or_else(|| panic!("the entity {name} is not in the table"));
    text.split_whitespace()
        .flat_map(|word| match word.strip_suffix('+') {
            Some(other) => fields_of(other),
            None => vec![field(word)],
        })
        .collect()
}

/// Some names have colons in them: then `=` stands before the type.
fn field(word: &'static str) -> Field {
    let parts = word
        .split_once('=')
        .filter(|(name, _)| name.contains(':'))
        .or(word.split_once(':'));
    let (name, kind) = parts.unwrap_or_else(|| panic!("{word} has no type"));
    Field {
        name: name.trim_end_matches('?'),
        optional: name.ends_with('?'),
        kind: read(kind),
    }
}

fn read(text: &'static str) -> Type {
    if let Some((_, meant)) = ALIASES.iter().find(|(name, _)| *name == text) {
        return read(meant);
    }
    let mut depth = 0;
    let alternatives: Vec<&str> = text
        .split(|letter| {
            match letter {
                '[' | '{' => depth += 1,
                ']' | '}' => depth -= 1,
                _ => {}
            }
            letter == '|' && depth == 0
        })
        .collect();
    if let [_, _, ..] = alternatives[..] {
        return Type::Any(alternatives.into_iter().map(read).collect());
    }
    let inner = |open, close| {
        text.strip_prefix(open)
            .and_then(|rest| rest.strip_suffix(close))
    };
    if let Some(member) = inner('[', ']') {
        Type::List(Box::new(read(member)))
    } else if let Some(member) = inner('{', '}') {
        Type::Map(Box::new(read(member)))
    } else if let Some(word) = inner('\'', '\'') {
        Type::Word(word)
    } else {
        Type::Simple(text)
    }
}

impl Type {
    /// What is wrong with the value, and where.
    fn fault(&self, value: &Value, at: &str) -> Option<String> {
        match self {
            Type::Simple(name) if name.starts_with(char::is_uppercase) => {
                entity_fault(name, value, at)
            }
            Type::Simple(name) => {
                (!is_simple(name, value)).then(|| format!("{at} is no {name} but {value}"))
            }
            Type::Word(word) => {
                (value != word).then(|| format!("{at} is not '{word}' but {value}"))
            }
            Type::List(member) => match value.as_array() {
                None => Some(format!("{at} is no list but {value}")),
                Some(list) => list
                    .iter()
                    .enumerate()
                    .find_map(|(index, one)| member.fault(one, &format!("{at}[{index}]"))),
            },
            Type::Map(member) => match value.as_object() {
                None => Some(format!("{at} is no object but {value}")),
                Some(map) => map
                    .iter()
                    .find_map(|(key, one)| member.fault(one, &format!("{at}.{key}"))),
            },
            Type::Any(alternatives) => {
                let faults = alternatives.iter().map(|one| one.fault(value, at));
                let faults: Vec<String> = faults.collect::<Option<_>>()?;
                // The fault that lies deepest is of the alternative that was meant.
                faults
                    .into_iter()
                    .max_by_key(|fault| fault.split(' ').next().unwrap_or_default().len())
            }
        }
    }
}

fn entity_fault(name: &str, value: &Value, at: &str) -> Option<String> {
    let Some(object) = value.as_object() else {
        return Some(format!("{at} is no {name} but {value}"));
    };
    let fields = SCHEMA
        .entities
        .get(name)
        .unwrap_or_else(|| panic!("the entity {name} is not in the table"));
    if fields.is_empty() && !object.is_empty() {
        return Some(format!("{at} should be empty and is {value}"));
    }
    fields
        .iter()
        .find_map(|field| match object.get(field.name) {
            None if field.optional => None,
            None => Some(format!("{at}.{} of the {name} is missing", field.name)),
            Some(found) => field.kind.fault(found, &format!("{at}.{}", field.name)),
        })
}

fn is_simple(name: &str, value: &Value) -> bool {
    let text = value.as_str();
    match name {
        "any" => true,
        "null" => value.is_null(),
        "bool" => value.is_boolean(),
        "int" => value.is_i64() || value.is_u64(),
        "num" => value.is_number(),
        "obj" => value.is_object(),
        "str" => text.is_some(),
        "id" | "number" => text
            .is_some_and(|text| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())),
        "date" => text.is_some_and(|text| has_form(text, "0000-00-00T00:00:00.000Z")),
        "day" => text.is_some_and(|text| has_form(text, "0000-00-00")),
        other => panic!("{other} is no type"),
    }
}

/// Whether a text has digits where the form has zeros, and is the form elsewhere.
fn has_form(text: &str, form: &str) -> bool {
    text.len() == form.len()
        && text
            .bytes()
            .zip(form.bytes())
            .all(|(is, should)| match should {
                b'0' => is.is_ascii_digit(),
                _ => is == should,
            })
}

/// What answers something else than JSON with an `error` in every refusal, although it lies below `/api`: pages,
/// archives, and what the contract says so of. `204` and `201` are documented for calls of admins, and for ending a token.
const OTHER_ANSWERS: &[&str] = &[
    "/api/account/confirm_email/{id}/{token}",
    "/api/oauth_tokens/{id}",
    "/api/pleroma/admin/reports",
    "/api/pleroma/admin/relay",
    "/api/pleroma/admin/users",
    "/api/pleroma/admin/users/{nickname}/credentials",
    "/api/pleroma/emoji/packs/{name}/archive",
    "/api/pleroma/healthcheck",
    "/api/v1/pleroma/accounts/confirmation_resend",
    "/api/v1/pleroma/emoji/packs/archive",
    "/api/v1/streaming/health",
    "/api/pleroma/password_reset",
    "/api/pleroma/password_reset/{token}",
];

/// Clients take every answer for JSON, whatever its status (mastodon-api 0.2).
#[track_caller]
fn check_form(router: &Router, method: &str, path: &str, answer: &Answer) {
    let row = match router.find(method, path) {
        Found::Route(route, _) => route.path,
        _ => "",
    };
    let is_silent = row.starts_with("/api/pleroma/admin/") && answer.status == 204;
    if !path.starts_with("/api/")
        || matches!(method, "OPTIONS" | "HEAD")
        || OTHER_ANSWERS.contains(&row)
        || is_silent
    {
        return;
    }
    assert_eq!(
        answer.header("Content-Type"),
        Some("application/json; charset=utf-8"),
        "{method} {path}: {}",
        answer.status
    );
    let error = answer.status >= 400 && answer.value()["error"].as_str().is_none();
    assert!(
        !answer.body.is_empty() && !error,
        "{method} {path}: {}",
        answer.text()
    );
}

/// Compares an answer with what its route promises; panics where they differ.
#[track_caller]
pub fn check(router: &Router, method: &str, target: &str, answer: &Answer) {
    // What is compressed was compared when it was not.
    let is_plain = answer.header("Content-Encoding").is_none();
    let kind = answer.header("Content-Type").unwrap_or_default();
    let is_json = is_plain && kind.starts_with("application/json");
    let path = target.split('?').next().unwrap_or_default();
    check_form(router, method, path, answer);
    if !is_json
        || !(200..300).contains(&answer.status)
        || method == "HEAD"
        || target.contains("_method")
    {
        return;
    }
    let Found::Route(route, _) = router.find(method, path) else {
        return;
    };
    if let Some(kind) = SCHEMA.answers.get(&(route.method, route.path))
        && let Some(fault) = kind.fault(&answer.value(), "answer")
    {
        panic!("{} {}: {fault}", route.method, route.path);
    }
}

#[test]
fn every_route_in_the_table_exists_and_every_entity_is_known() {
    let is_row = |(method, path): &(&str, &str)| {
        ROUTES
            .iter()
            .any(|route| route.method == *method && route.path == *path)
    };
    let stale: Vec<_> = SCHEMA.answers.keys().filter(|key| !is_row(key)).collect();
    assert!(stale.is_empty(), "no such routes: {stale:#?}");
    // An unknown entity or type panics when it is met.
    fn meet(kind: &Type) {
        match kind {
            Type::Simple(name) if name.starts_with(char::is_uppercase) => drop(fields_of(name)),
            Type::Simple(name) => drop(is_simple(name, &Value::Null)),
            Type::Word(_) => {}
            Type::List(member) | Type::Map(member) => meet(member),
            Type::Any(all) => all.iter().for_each(meet),
        }
    }
    let fields = SCHEMA.entities.values().flatten().map(|field| &field.kind);
    fields.chain(SCHEMA.answers.values()).for_each(meet);
}

#[test]
fn every_reading_row_of_the_mastodon_api_says_what_it_answers() {
    let is_meant = |route: &&Route| {
        let is_api = route.path.starts_with("/api/v1/") || route.path.starts_with("/api/v2/");
        let is_other = route.path.contains("/pleroma/")
            || NO_ENTITIES.iter().any(|path| route.path.starts_with(path));
        route.method == "GET" && is_api && !is_other
    };
    let missing: Vec<&str> = ROUTES
        .iter()
        .filter(is_meant)
        .filter(|route| !SCHEMA.answers.contains_key(&(route.method, route.path)))
        .map(|route| route.path)
        .collect();
    assert!(
        missing.is_empty(),
        "say in ANSWERS what these answer:\n{}",
        missing.join("\n")
    );
}

#[test]
fn a_wrong_answer_is_found_out() {
    let answer = |body: &str| Answer {
        status: 200,
        headers: vec![(
            "Content-Type".into(),
            "application/json; charset=utf-8".into(),
        )],
        body: body.as_bytes().to_vec(),
    };
    let router = Router::new(ROUTES);
    let fault = |body: &str| {
        let answer = answer(body);
        let checked = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            check(&router, "GET", "/api/v1/lists?limit=1", &answer)
        }));
        checked
            .err()
            .map(|cause| cause.downcast_ref::<String>().unwrap().clone())
    };
    let list = r#"{"id": "1", "title": "a", "replies_policy": "list", "exclusive": false}"#;
    assert_eq!(fault(&format!("[{list}]")), None);
    for (from, to, told) in [
        (r#""1""#, "1", "answer[0].id is no id but 1"),
        (
            r#""exclusive""#,
            r#""inclusive""#,
            "answer[0].exclusive of the List is missing",
        ),
        (r#""a""#, "null", "answer[0].title is no str but null"),
        (
            r#""list""#,
            r#""all""#,
            "answer[0].replies_policy is not 'none' but \"all\"",
        ),
    ] {
        let found = fault(&format!("[{}]", list.replacen(from, to, 1)));
        assert_eq!(
            found.as_deref(),
            Some(&*format!("GET /api/v1/lists: {told}"))
        );
    }
    assert!(is_simple("date", &"2026-01-02T03:04:05.000Z".into()));
    for date in [
        "2026-01-02T03:04:05Z",
        "2026-01-02T03:04:05.0000Z",
        "2026-01-02",
    ] {
        assert!(!is_simple("date", &date.into()), "{date}");
    }
}
