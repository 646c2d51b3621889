//! What the instance endpoints say of this server, from its [`About`] (mastodon-api 2.1, 2.2 and 3, pleroma-contract A.9).

use std::collections::BTreeSet;
use std::sync::Arc;

use serde::Serialize;
use serde_json::value::RawValue;

use super::about::{About, POST_FORMATS, PollLimits, Rule};
use crate::media::image::MAX_PIXELS;
use crate::media::sniff::Format;

/// The Mastodon level that is really there, and the Pleroma level whose extensions are. Clients parse this to the letter:
/// no `-`, one space, a plain semantic version.
pub const VERSION: &str = "4.3.0 (compatible; Pleroma 2.7.0+kenoma)";

/// The same by Mastodon's count of API versions: 2 has grouped notifications, 7 has quotes (mastodon-api 3).
const MASTODON_API: u32 = 7;

/// For what has no limit, where clients insist on a 32-bit number.
const UNLIMITED: i32 = i32::MAX;

/// `GET /api/v1/instance`
#[derive(Serialize)]
pub struct InstanceV1<'a> {
    uri: &'a str,
    title: &'a str,
    description: String,
    short_description: String,
    email: &'a str,
    version: &'static str,
    urls: Urls,
    stats: Stats,
    thumbnail: String,
    languages: &'a [String],
    registrations: bool,
    approval_required: bool,
    invites_enabled: bool,
    contact_account: &'a Option<Arc<RawValue>>,
    rules: &'a [Rule],
    configuration: Configuration,
    max_toot_chars: u32,
    max_media_attachments: usize,
    poll_limits: PollLimits,
    upload_limit: u64,
    avatar_upload_limit: u64,
    background_upload_limit: u64,
    banner_upload_limit: u64,
    background_image: Option<String>,
    description_limit: u32,
    chat_limit: u32,
    pleroma: Pleroma<'a>,
}

#[derive(Serialize)]
struct Urls {
    streaming_api: String,
}

#[derive(Serialize)]
struct Stats {
    user_count: i64,
    status_count: i64,
    domain_count: i64,
}

/// `GET /api/v2/instance`
#[derive(Serialize)]
pub struct InstanceV2<'a> {
    domain: &'a str,
    title: &'a str,
    version: &'static str,
    source_url: &'static str,
    description: String,
    usage: V2Usage,
    thumbnail: Thumbnail,
    icon: [Icon; 1],
    languages: &'a [String],
    registrations: Registrations,
    contact: Contact<'a>,
    rules: &'a [Rule],
    configuration: V2Configuration,
    api_versions: ApiVersions,
    pleroma: Pleroma<'a>,
}

#[derive(Serialize)]
struct ApiVersions {
    mastodon: u32,
}

#[derive(Serialize)]
struct V2Usage {
    users: ActiveUsers,
}

#[derive(Serialize)]
struct ActiveUsers {
    active_month: i64,
}

#[derive(Serialize)]
struct Thumbnail {
    url: String,
}

#[derive(Serialize)]
struct Icon {
    src: String,
    size: &'static str,
}

#[derive(Serialize)]
struct Registrations {
    enabled: bool,
    approval_required: bool,
    message: Option<String>,
}

#[derive(Serialize)]
struct Contact<'a> {
    email: &'a str,
    account: &'a Option<Arc<RawValue>>,
}

#[derive(Serialize)]
struct Vapid {
    public_key: String,
}

#[derive(Serialize)]
struct V2Configuration {
    urls: StreamingUrl,
    vapid: Vapid,
    #[serde(flatten)]
    shared: Configuration,
    translation: Translation,
    timelines_access: TimelinesAccess,
    limited_federation: bool,
}

#[derive(Serialize)]
struct StreamingUrl {
    streaming: String,
}

#[derive(Serialize)]
struct Translation {
    enabled: bool,
}

#[derive(Serialize)]
struct TimelinesAccess {
    live_feeds: Feeds,
    hashtag_feeds: Feeds,
    trending_link_feeds: Feeds,
}

#[derive(Clone, Copy, Serialize)]
struct Feeds {
    local: &'static str,
    remote: &'static str,
}

/// `configuration`, as far as both versions have it.
#[derive(Serialize)]
struct Configuration {
    accounts: AccountLimits,
    statuses: StatusLimits,
    media_attachments: MediaLimits,
    polls: MastodonPollLimits,
}

#[derive(Serialize)]
struct AccountLimits {
    max_featured_tags: usize,
    max_pinned_statuses: u32,
    max_profile_fields: usize,
}

#[derive(Serialize)]
struct StatusLimits {
    max_characters: u32,
    max_media_attachments: usize,
    characters_reserved_per_url: u32,
    supported_mime_types: [&'static str; 3],
}

#[derive(Serialize)]
struct MediaLimits {
    supported_mime_types: BTreeSet<&'static str>,
    description_limit: u32,
    image_size_limit: u64,
    image_matrix_limit: u64,
    video_size_limit: u64,
    video_frame_rate_limit: i32,
    video_matrix_limit: i32,
}

#[derive(Serialize)]
struct MastodonPollLimits {
    max_options: u32,
    max_characters_per_option: u32,
    min_expiration: u32,
    max_expiration: u32,
}

/// `pleroma`, the same in both versions.
#[derive(Serialize)]
struct Pleroma<'a> {
    metadata: Metadata<'a>,
    stats: PleromaStats,
    vapid_public_key: String,
}

#[derive(Serialize)]
struct PleromaStats {
    mau: i64,
}

#[derive(Serialize)]
struct Metadata<'a> {
    account_activation_required: bool,
    features: &'a [&'static str],
    federation: Federation,
    fields_limits: FieldsLimits,
    post_formats: [&'static str; 3],
    birthday_required: bool,
    birthday_min_age: u32,
}

/// What is known of other servers' treatment; the same in NodeInfo.
#[derive(Serialize)]
pub struct Federation {
    enabled: bool,
    exclusions: bool,
    mrf_policies: [(); 0],
    quarantined_instances: [(); 0],
}

#[derive(Serialize)]
struct FieldsLimits {
    max_fields: usize,
    max_remote_fields: usize,
    name_length: usize,
    value_length: usize,
}

impl About<'_> {
    /// As Mastodon 2 and 3 and Pleroma have it.
    pub fn v1(&self) -> InstanceV1<'_> {
        let (instance, upload) = (&self.config.instance, &self.config.upload);
        InstanceV1 {
            uri: self.base.domain(),
            title: &instance.name,
            description: self.description(),
            short_description: self.description(),
            email: &instance.contact_email,
            version: VERSION,
            urls: Urls {
                streaming_api: self.streaming(),
            },
            stats: Stats {
                user_count: self.usage.users,
                status_count: self.usage.statuses,
                domain_count: self.usage.domains,
            },
            thumbnail: self.thumbnail(),
            languages: &instance.languages,
            registrations: instance.registrations_open,
            approval_required: instance.account_approval_required,
            invites_enabled: instance.invites_enabled,
            contact_account: &self.contact,
            rules: &self.rules,
            configuration: self.configuration(),
            max_toot_chars: instance.limit,
            max_media_attachments: self.limits.attachments,
            poll_limits: self.polls(),
            upload_limit: upload.limit,
            avatar_upload_limit: upload.avatar_limit,
            background_upload_limit: upload.header_limit,
            banner_upload_limit: upload.header_limit,
            background_image: None,
            description_limit: instance.description_limit,
            chat_limit: self.chat_limit(),
            pleroma: self.pleroma(),
        }
    }

    /// As Mastodon 4 has it.
    pub fn v2(&self) -> InstanceV2<'_> {
        let instance = &self.config.instance;
        InstanceV2 {
            domain: self.base.domain(),
            title: &instance.name,
            version: VERSION,
            source_url: env!("CARGO_PKG_REPOSITORY"),
            description: self.description(),
            usage: V2Usage {
                users: ActiveUsers {
                    active_month: self.usage.active_month,
                },
            },
            thumbnail: Thumbnail {
                url: self.thumbnail(),
            },
            icon: [Icon {
                src: self.base.join("/static/favicon.png"),
                size: "180x180",
            }],
            languages: &instance.languages,
            registrations: Registrations {
                enabled: instance.registrations_open,
                approval_required: instance.account_approval_required,
                message: None,
            },
            contact: Contact {
                email: &instance.contact_email,
                account: &self.contact,
            },
            rules: &self.rules,
            configuration: self.v2_configuration(),
            api_versions: ApiVersions {
                mastodon: MASTODON_API,
            },
            pleroma: self.pleroma(),
        }
    }

    fn v2_configuration(&self) -> V2Configuration {
        let access = match self.config.instance.public {
            true => "public",
            false => "authenticated",
        };
        let feeds = |access| Feeds {
            local: access,
            remote: access,
        };
        V2Configuration {
            urls: StreamingUrl {
                streaming: self.streaming(),
            },
            vapid: Vapid {
                public_key: self.vapid_key.clone(),
            },
            shared: self.configuration(),
            translation: Translation { enabled: false },
            timelines_access: TimelinesAccess {
                live_feeds: feeds(access),
                hashtag_feeds: feeds(access),
                trending_link_feeds: feeds(access),
            },
            limited_federation: false,
        }
    }

    fn configuration(&self) -> Configuration {
        let (instance, polls) = (&self.config.instance, self.polls());
        Configuration {
            accounts: AccountLimits {
                max_featured_tags: self.limits.featured_tags,
                max_pinned_statuses: instance.max_pinned,
                max_profile_fields: self.limits.fields,
            },
            statuses: StatusLimits {
                max_characters: instance.limit,
                max_media_attachments: self.limits.attachments,
                // A link counts as long as it is written; clients that need a number get the usual one.
                characters_reserved_per_url: 23,
                supported_mime_types: POST_FORMATS,
            },
            media_attachments: MediaLimits {
                supported_mime_types: Format::ALL
                    .iter()
                    .map(|format| format.kind().mime)
                    .collect(),
                description_limit: instance.description_limit,
                image_size_limit: self.config.upload.limit,
                image_matrix_limit: MAX_PIXELS,
                video_size_limit: self.config.upload.limit,
                video_frame_rate_limit: UNLIMITED,
                video_matrix_limit: UNLIMITED,
            },
            polls: MastodonPollLimits {
                max_options: polls.max_options,
                max_characters_per_option: polls.max_option_chars,
                min_expiration: polls.min_expiration,
                max_expiration: polls.max_expiration,
            },
        }
    }

    fn pleroma(&self) -> Pleroma<'_> {
        Pleroma {
            metadata: Metadata {
                account_activation_required: self.config.instance.account_activation_required,
                features: &self.features,
                federation: self.federation(),
                fields_limits: FieldsLimits {
                    max_fields: self.limits.fields,
                    max_remote_fields: self.limits.remote_fields,
                    name_length: self.limits.field_name,
                    value_length: self.limits.field_value,
                },
                post_formats: POST_FORMATS,
                birthday_required: false,
                birthday_min_age: 0,
            },
            stats: PleromaStats {
                mau: self.usage.active_month,
            },
            vapid_public_key: self.vapid_key.clone(),
        }
    }

    /// What is known of other servers' treatment.
    pub fn federation(&self) -> Federation {
        Federation {
            enabled: self.federating,
            exclusions: false,
            mrf_policies: [],
            quarantined_instances: [],
        }
    }
}
