//! Time as kenoma stores and shows it: milliseconds since 1970 UTC.

use std::fmt;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use rusqlite::ToSql;
use rusqlite::types::{FromSql, FromSqlResult, ToSqlOutput, ValueRef};
use serde::{Serialize, Serializer};
use time::format_description::FormatItem;
use time::format_description::well_known::Rfc3339;
use time::macros::format_description;
use time::{OffsetDateTime, PrimitiveDateTime};

/// The one form of dates in HTTP.
const HTTP_DATE: &[FormatItem] = format_description!(
    "[weekday repr:short], [day] [month repr:short] [year] [hour]:[minute]:[second] GMT"
);

/// A moment in milliseconds since 1970 UTC. Serialises as RFC 3339 with exactly three fractional digits and `Z`,
/// the only form that every client reads (mastodon-api 0.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(pub i64);

impl Timestamp {
    /// The present moment by the system's clock.
    pub fn now() -> Timestamp {
        let since = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .unwrap_or(Duration::ZERO);
        Timestamp(since.as_millis() as i64)
    }

    /// This moment moved into the future.
    pub fn plus(self, by: Duration) -> Timestamp {
        Timestamp(self.0.saturating_add(millis(by)))
    }

    /// This moment moved into the past.
    pub fn minus(self, by: Duration) -> Timestamp {
        Timestamp(self.0.saturating_sub(millis(by)))
    }

    /// Reads RFC 3339 with any offset or fraction.
    pub fn parse(text: &str) -> Option<Timestamp> {
        let at = OffsetDateTime::parse(text, &Rfc3339).ok()?;
        Some(Timestamp((at.unix_timestamp_nanos() / 1_000_000) as i64))
    }

    /// Reads a date as headers write it.
    pub fn from_http_date(text: &str) -> Option<Timestamp> {
        let date = PrimitiveDateTime::parse(text, HTTP_DATE).ok()?;
        Some(Timestamp(date.assume_utc().unix_timestamp() * 1000))
    }

    /// The moment as headers write it, in whole seconds.
    pub fn http_date(self) -> String {
        self.to_datetime().format(&HTTP_DATE).unwrap_or_default()
    }

    /// Whole seconds since 1970, as OAuth wants them.
    pub fn seconds(self) -> i64 {
        self.0.div_euclid(1000)
    }

    /// The UTC date as `YYYY-MM-DD`.
    pub fn date(self) -> String {
        let date = self.to_datetime().date();
        format!(
            "{:04}-{:02}-{:02}",
            date.year(),
            u8::from(date.month()),
            date.day()
        )
    }

    /// The same moment for the `time` crate; out of range is clamped to 1970.
    pub fn to_datetime(self) -> OffsetDateTime {
        OffsetDateTime::from_unix_timestamp_nanos(i128::from(self.0) * 1_000_000)
            .unwrap_or(OffsetDateTime::UNIX_EPOCH)
    }
}

/// The longest is some 290 million years.
fn millis(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let at = self.to_datetime();
        write!(
            f,
            "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}Z",
            at.year(),
            u8::from(at.month()),
            at.day(),
            at.hour(),
            at.minute(),
            at.second(),
            at.millisecond()
        )
    }
}

impl Serialize for Timestamp {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl ToSql for Timestamp {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::from(self.0))
    }
}

impl FromSql for Timestamp {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        i64::column_result(value).map(Timestamp)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_timestamp_shows_three_fractional_digits_and_reads_back() {
        let at = Timestamp(1_767_323_045_007);
        assert_eq!(at.to_string(), "2026-01-02T03:04:05.007Z");
        assert_eq!(Timestamp::parse("2026-01-02T04:04:05.007+01:00"), Some(at));
        assert_eq!(at.date(), "2026-01-02");
    }
}
