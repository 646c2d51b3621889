//! Ids: `unix_ms * 1000 + n`. Decimal, 16 digits, ascending, below 2^53 until 2255, one style for every entity, because
//! clients compare them as strings, as numbers and by length (mastodon-api 0.3).
//!
//! The clock behind [`next`] is the one thing in the program that is shared by all: ids are unique because there is one.

use std::sync::atomic::{AtomicI64, Ordering};

use crate::clock::Timestamp;

static LAST: AtomicI64 = AtomicI64::new(0);

/// The smallest id that has 16 digits; older dates are clamped to it.
const FLOOR: i64 = 1_000_000_000_000_000;

/// A fresh id, larger than every one before it in this process and every one told to [`seen`].
pub fn next() -> i64 {
    let now = Timestamp::now().0 * 1000;
    let before = LAST.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |last| {
        Some(now.max(last + 1))
    });
    now.max(before.unwrap_or_default() + 1)
}

/// Makes sure that [`next`] stays above an id that the database already has, even if the clock was set back.
pub fn seen(id: i64) {
    LAST.fetch_max(id, Ordering::Relaxed);
}

/// The smallest id of that moment: where a date becomes a place in a list.
pub fn at(moment: Timestamp) -> i64 {
    (moment.0.saturating_mul(1000)).max(FLOOR)
}

/// A UUID (version 7): the part of an ActivityPub id that nobody can guess. Its first half is the time, so that new ids
/// stand side by side in the indexes and a post touches the page that the post before it touched; 74 bits are random.
///
/// # Panics
/// When the operating system has no random bytes, as [`crate::auth::secret::token`].
pub fn uuid() -> String {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes).expect("the operating system provides random bytes");
    bytes[..6].copy_from_slice(&Timestamp::now().0.to_be_bytes()[2..]);
    bytes[6] = bytes[6] & 0x0f | 0x70;
    bytes[8] = bytes[8] & 0x3f | 0x80;
    let hex = data_encoding::HEXLOWER.encode(&bytes);
    let parts = [
        &hex[..8],
        &hex[8..12],
        &hex[12..16],
        &hex[16..20],
        &hex[20..],
    ];
    parts.join("-")
}

macro_rules! id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(pub i64);

        impl $name {
            /// A fresh id.
            #[expect(clippy::new_without_default, reason = "each call makes a different one")]
            pub fn new() -> Self {
                $name(next())
            }
        }

        impl std::str::FromStr for $name {
            type Err = std::num::ParseIntError;
            fn from_str(text: &str) -> Result<Self, Self::Err> {
                text.parse().map($name)
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                self.0.fmt(f)
            }
        }

        /// Ids are strings in JSON.
        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(&self.0)
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = std::borrow::Cow::<str>::deserialize(deserializer)?;
                text.parse().map_err(serde::de::Error::custom)
            }
        }

        impl rusqlite::ToSql for $name {
            fn to_sql(&self) -> rusqlite::Result<rusqlite::types::ToSqlOutput<'_>> {
                self.0.to_sql()
            }
        }

        impl rusqlite::types::FromSql for $name {
            fn column_result(value: rusqlite::types::ValueRef<'_>) -> rusqlite::types::FromSqlResult<Self> {
                i64::column_result(value).map($name)
            }
        }

        impl From<i64> for $name {
            fn from(id: i64) -> $name {
                $name(id)
            }
        }

        impl From<$name> for i64 {
            fn from(id: $name) -> i64 {
                id.0
            }
        }
    };
}

id!(
    /// An account, local or remote; a local user has the same id.
    AccountId
);
id!(
    /// A status; a reblog has one of its own.
    StatusId
);
id!(
    /// A media attachment.
    MediaId
);
id!(
    /// A folder of bookmarks.
    FolderId
);
id!(
    /// A post that waits for its hour.
    ScheduledId
);
id!(
    /// A notification.
    NotificationId
);
id!(
    /// A list of accounts.
    ListId
);
id!(
    /// One side of a chat.
    ChatId
);
id!(
    /// A message in a chat; the same on both sides.
    ChatMessageId
);
id!(
    /// A report to the admins.
    ReportId
);
id!(
    /// A piece that somebody listened to.
    ScrobbleId
);
id!(
    /// A filter of statuses.
    FilterId
);
id!(
    /// A keyword of a filter; the first version of the API calls it a filter.
    KeywordId
);
id!(
    /// A status that a filter names.
    FilterStatusId
);
id!(
    /// A tag on a profile.
    FeaturedTagId
);
id!(
    /// An announcement.
    AnnouncementId
);
id!(
    /// What the admins decided about another server.
    DomainPolicyId
);
id!(
    /// A rule of this server.
    RuleId
);
id!(
    /// What somebody takes along of an account.
    BackupId
);
id!(
    /// An import of follows, blocks or mutes.
    ImportId
);
id!(
    /// A relay that we follow, and our Follow of it.
    RelayId
);
id!(
    /// An OAuth application.
    AppId
);
id!(
    /// An OAuth token.
    TokenId
);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_uuid_has_its_version_and_is_new_each_time() {
        let (one, other) = (uuid(), uuid());
        assert_ne!(one, other);
        assert_eq!((one.len(), one.as_bytes()[14]), (36, b'7'));
        assert!(matches!(one.as_bytes()[19], b'8' | b'9' | b'a' | b'b'));
    }

    #[test]
    fn ids_ascend_have_sixteen_digits_and_fit_a_javascript_number() {
        let ids: Vec<i64> = (0..5000).map(|_| next()).collect();
        assert!(ids.windows(2).all(|pair| pair[0] < pair[1]));
        assert!(
            ids.iter()
                .all(|id| id.to_string().len() == 16 && *id < 1 << 53)
        );
    }

    #[test]
    fn an_id_stays_above_what_the_database_has() {
        let ahead = next() + 50_000;
        seen(ahead);
        assert!(next() > ahead);
    }
}
