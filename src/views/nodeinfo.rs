//! NodeInfo 2.0 and 2.1. Their `metadata` is camelCase and holds every key that Pleroma-FE reads: one missing object makes
//! it give up on the rest (mastodon-api 3).

use serde::Serialize;

use super::about::{About, POST_FORMATS, PollLimits};
use super::instance::Federation;

/// A NodeInfo document.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct NodeInfo<'a> {
    version: &'static str,
    software: Software<'a>,
    protocols: [&'static str; 1],
    services: Services,
    open_registrations: bool,
    usage: Usage,
    metadata: Metadata<'a>,
}

#[derive(Serialize)]
struct Software<'a> {
    name: &'a str,
    version: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    repository: Option<&'static str>,
}

#[derive(Serialize)]
struct Services {
    inbound: [&'static str; 0],
    outbound: [&'static str; 2],
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Usage {
    users: Users,
    local_posts: i64,
}

#[derive(Serialize)]
struct Users {
    total: i64,
    #[serde(rename = "activeMonth")]
    active_month: i64,
    // The schema writes it in this way.
    #[serde(rename = "activeHalfyear")]
    active_half_year: i64,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Metadata<'a> {
    node_name: &'a str,
    node_description: &'a str,
    upstream: Upstream,
    features: &'a [&'static str],
    private: bool,
    account_activation_required: bool,
    invites_enabled: bool,
    mailer_enabled: bool,
    poll_limits: PollLimits,
    post_formats: [&'static str; 3],
    upload_limits: UploadLimits,
    fields_limits: FieldsLimits,
    restricted_nicknames: &'static [&'static str],
    staff_accounts: &'a [String],
    suggestions: Suggestions,
    federation: Federation,
    skip_thread_containment: bool,
}

/// Tells clients that do not know us whose API to expect.
#[derive(Serialize)]
struct Upstream {
    name: &'static str,
}

#[derive(Serialize)]
struct UploadLimits {
    general: u64,
    avatar: u64,
    background: u64,
    banner: u64,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct FieldsLimits {
    max_fields: usize,
    max_remote_fields: usize,
    name_length: usize,
    value_length: usize,
}

#[derive(Serialize)]
struct Suggestions {
    enabled: bool,
}

/// The document of that version of the schema: `"2.0"` or `"2.1"`.
pub fn document<'a>(about: &'a About, version: &'static str) -> NodeInfo<'a> {
    NodeInfo {
        version,
        software: software(&about.config.instance.advertised_name, version),
        protocols: ["activitypub"],
        services: Services {
            inbound: [],
            outbound: ["atom1.0", "rss2.0"],
        },
        open_registrations: about.config.instance.registrations_open,
        usage: Usage {
            users: Users {
                total: about.usage.users,
                active_month: about.usage.active_month,
                active_half_year: about.usage.active_half_year,
            },
            local_posts: about.usage.statuses,
        },
        metadata: metadata(about),
    }
}

/// Under another name than our own the version is one that this name's clients can place.
fn software<'a>(name: &'a str, schema: &str) -> Software<'a> {
    let repository = env!("CARGO_PKG_REPOSITORY");
    Software {
        name,
        version: match name {
            "kenoma" => env!("CARGO_PKG_VERSION"),
            _ => "2.7.0+kenoma",
        },
        repository: (schema == "2.1" && !repository.is_empty()).then_some(repository),
    }
}

fn metadata<'a>(about: &'a About) -> Metadata<'a> {
    let (instance, upload, limits) = (&about.config.instance, &about.config.upload, &about.limits);
    Metadata {
        node_name: &instance.name,
        node_description: &instance.description,
        upstream: Upstream { name: "mastodon" },
        features: &about.features,
        private: !instance.public,
        account_activation_required: instance.account_activation_required,
        invites_enabled: instance.invites_enabled,
        // Mail always goes somewhere: to a server, or into a folder that the operator reads.
        mailer_enabled: true,
        poll_limits: about.polls(),
        post_formats: POST_FORMATS,
        upload_limits: UploadLimits {
            general: upload.limit,
            avatar: upload.avatar_limit,
            background: upload.header_limit,
            banner: upload.header_limit,
        },
        fields_limits: FieldsLimits {
            max_fields: limits.fields,
            max_remote_fields: limits.remote_fields,
            name_length: limits.field_name,
            value_length: limits.field_value,
        },
        restricted_nicknames: crate::auth::names::reserved(),
        staff_accounts: &about.staff,
        suggestions: Suggestions { enabled: false },
        federation: about.federation(),
        skip_thread_containment: true,
    }
}
