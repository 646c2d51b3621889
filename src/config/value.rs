//! The types a setting may have: how each is read from TOML or from text, and how it is shown.
use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::ops::RangeInclusive;
use std::time::Duration;

use super::BaseUrl;

/// A value as a source gave it.
#[derive(Clone, Copy)]
pub enum Raw<'a> {
    /// From `config.toml`, where types are written.
    Toml(&'a toml::Value),
    /// From the environment or the command line, where everything is text.
    Text(&'a str),
}

impl<'a> Raw<'a> {
    /// The text of a string: in TOML it must be written as one.
    fn text(self) -> Option<&'a str> {
        match self {
            Raw::Toml(value) => value.as_str(),
            Raw::Text(text) => Some(text.trim()),
        }
    }

    fn integer(self) -> Option<u64> {
        match self {
            Raw::Toml(value) => value
                .as_integer()
                .and_then(|number| u64::try_from(number).ok()),
            Raw::Text(text) => text.trim().parse().ok(),
        }
    }

    fn boolean(self) -> Option<bool> {
        match self {
            Raw::Toml(value) => value.as_bool(),
            Raw::Text(text) => text.trim().parse().ok(),
        }
    }

    /// A TOML array of strings, or text with commas between.
    fn list(self) -> Option<Vec<&'a str>> {
        match self {
            Raw::Toml(value) => value.as_array()?.iter().map(toml::Value::as_str).collect(),
            Raw::Text(text) => Some(
                text.split(',')
                    .map(str::trim)
                    .filter(|s| !s.is_empty())
                    .collect(),
            ),
        }
    }
}

impl fmt::Display for Raw<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Raw::Toml(toml::Value::Datetime(moment)) => moment.fmt(f),
            Raw::Toml(value) => f.write_str(&json(value)),
            Raw::Text(text) => f.write_str(&quoted(text)),
        }
    }
}

/// What a row of the key table points at.
pub trait Value {
    /// Takes a new value; on failure nothing changes and the answer says what was expected.
    fn set(&mut self, raw: Raw, range: &RangeInclusive<u64>) -> Result<(), String>;

    /// The value as it would be written in `config.toml`, secrets masked.
    fn show(&self) -> String;

    /// Whether even a refused value must stay out of messages.
    fn is_secret(&self) -> bool {
        false
    }
}

impl Value for bool {
    fn set(&mut self, raw: Raw, _: &RangeInclusive<u64>) -> Result<(), String> {
        *self = raw.boolean().ok_or("true or false")?;
        Ok(())
    }

    fn show(&self) -> String {
        self.to_string()
    }
}

/// `"auto"` leaves the choice to another setting.
impl Value for Option<bool> {
    fn set(&mut self, raw: Raw, _: &RangeInclusive<u64>) -> Result<(), String> {
        *self = match raw.boolean() {
            None if raw.text() == Some("auto") => None,
            None => return Err("true, false or \"auto\"".into()),
            chosen => chosen,
        };
        Ok(())
    }

    fn show(&self) -> String {
        self.map_or_else(|| quoted("auto"), |chosen| chosen.to_string())
    }
}

fn within(number: Option<u64>, range: &RangeInclusive<u64>) -> Result<u64, String> {
    number
        .filter(|number| range.contains(number))
        .ok_or_else(|| format!("a whole number from {} to {}", range.start(), range.end()))
}

/// A plain number: a count, a limit, an amount of days.
impl Value for u32 {
    fn set(&mut self, raw: Raw, range: &RangeInclusive<u64>) -> Result<(), String> {
        let number = within(raw.integer(), range)?;
        *self = u32::try_from(number).map_err(|_| format!("a number up to {}", u32::MAX))?;
        Ok(())
    }

    fn show(&self) -> String {
        self.to_string()
    }
}

/// Bytes: every `u64` setting is a size and may be written as `"16 MiB"`.
impl Value for u64 {
    fn set(&mut self, raw: Raw, range: &RangeInclusive<u64>) -> Result<(), String> {
        let bytes = raw.integer().or_else(|| raw.text().and_then(bytes_in));
        *self = within(bytes, range)
            .map_err(|expected| format!("{expected} (bytes), or a size such as \"16 MiB\""))?;
        Ok(())
    }

    fn show(&self) -> String {
        self.to_string()
    }
}

/// Durations are written in whole seconds.
impl Value for Duration {
    fn set(&mut self, raw: Raw, range: &RangeInclusive<u64>) -> Result<(), String> {
        let seconds =
            within(raw.integer(), range).map_err(|expected| format!("{expected} (seconds)"))?;
        *self = Duration::from_secs(seconds);
        Ok(())
    }

    fn show(&self) -> String {
        self.as_secs().to_string()
    }
}

impl Value for String {
    fn set(&mut self, raw: Raw, _: &RangeInclusive<u64>) -> Result<(), String> {
        *self = raw.text().ok_or("a string")?.to_owned();
        Ok(())
    }

    fn show(&self) -> String {
        quoted(self)
    }
}

impl Value for Vec<String> {
    fn set(&mut self, raw: Raw, _: &RangeInclusive<u64>) -> Result<(), String> {
        let items = raw.list().ok_or("a list of strings")?;
        *self = items.into_iter().map(str::to_owned).collect();
        Ok(())
    }

    fn show(&self) -> String {
        shown_list(self)
    }
}

impl Value for Vec<IpAddr> {
    fn set(&mut self, raw: Raw, _: &RangeInclusive<u64>) -> Result<(), String> {
        let parsed = raw
            .list()
            .and_then(|items| items.into_iter().map(|ip| ip.parse().ok()).collect());
        *self = parsed.ok_or("a list of IP addresses")?;
        Ok(())
    }

    fn show(&self) -> String {
        shown_list(self)
    }
}

impl Value for SocketAddr {
    fn set(&mut self, raw: Raw, _: &RangeInclusive<u64>) -> Result<(), String> {
        let parsed = raw.text().and_then(|text| text.parse().ok());
        *self =
            parsed.ok_or("an address and a port, such as \"127.0.0.1:4000\" or \"[::1]:4000\"")?;
        Ok(())
    }

    fn show(&self) -> String {
        quoted(&self.to_string())
    }
}

/// Empty means: derived from the address the server listens on.
impl Value for Option<BaseUrl> {
    fn set(&mut self, raw: Raw, _: &RangeInclusive<u64>) -> Result<(), String> {
        *self = match raw.text().ok_or("a string")? {
            "" => None,
            text => Some(BaseUrl::parse(text)?),
        };
        Ok(())
    }

    fn show(&self) -> String {
        quoted(self.as_ref().map_or("", BaseUrl::as_str))
    }
}

/// Text that must not be printed: `Debug` shows `***`.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// The secret itself, for the one place that needs it.
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// Whether nothing was set.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.is_empty() { "" } else { "***" })
    }
}

impl Value for Secret {
    fn set(&mut self, raw: Raw, range: &RangeInclusive<u64>) -> Result<(), String> {
        self.0.set(raw, range)
    }

    fn show(&self) -> String {
        quoted(&format!("{self:?}"))
    }

    fn is_secret(&self) -> bool {
        true
    }
}

/// A setting that is one of a few words: the enum, and how it reads and shows.
macro_rules! words {
    ($(#[$about:meta])* $Name:ident { $( $(#[$doc:meta])* $Variant:ident = $word:literal, )+ }) => {
        $(#[$about])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum $Name { $( $(#[$doc])* $Variant, )+ }

        impl Value for $Name {
            fn set(&mut self, raw: Raw, _: &RangeInclusive<u64>) -> Result<(), String> {
                *self = match raw.text() {
                    $( Some($word) => $Name::$Variant, )+
                    _ => return Err(concat!("one of", $( " \"", $word, "\"" ),+).into()),
                };
                Ok(())
            }

            fn show(&self) -> String {
                match self { $( $Name::$Variant => quoted($word), )+ }
            }
        }
    };
}

words! {
    /// Where outgoing mail goes.
    EmailTransport {
        /// One `.eml` file per letter in the data directory.
        File = "file",
        /// A mail server.
        Smtp = "smtp",
    }
}

words! {
    /// How the connection to the mail server is protected.
    EmailTls {
        /// Plain at first, then upgraded; refused when the server cannot.
        Starttls = "starttls",
        /// TLS from the first byte.
        Wrapper = "wrapper",
        /// Not at all.
        None = "none",
    }
}

words! {
    /// When the database counts a write as done.
    Synchronous {
        /// After it reached the disk.
        Full = "full",
        /// After the operating system has it; the last moments may be lost in a power cut.
        Normal = "normal",
    }
}

/// A TOML string literal on one line; JSON writes strings the same way.
fn quoted(text: &str) -> String {
    json(text)
}

fn json(value: &(impl serde::Serialize + ?Sized)) -> String {
    serde_json::to_string(value).unwrap_or_default()
}

fn shown_list(items: &[impl ToString]) -> String {
    let items: Vec<String> = items.iter().map(|item| quoted(&item.to_string())).collect();
    format!("[{}]", items.join(", "))
}

/// Reads `16 MiB`, `16MB`, `512 kB`: powers of 1024 with an `i`, of 1000 without.
fn bytes_in(text: &str) -> Option<u64> {
    let digits = text
        .find(|c: char| !c.is_ascii_digit())
        .unwrap_or(text.len());
    let (number, unit) = text.split_at(digits);
    let factor: u64 = match unit.trim().to_ascii_lowercase().as_str() {
        "" | "b" => 1,
        "kb" => 1000,
        "kib" => 1 << 10,
        "mb" => 1_000_000,
        "mib" => 1 << 20,
        "gb" => 1_000_000_000,
        "gib" => 1 << 30,
        _ => return None,
    };
    number.parse::<u64>().ok()?.checked_mul(factor)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_read_in_the_units_people_write() {
        for (text, bytes) in [
            ("16 MiB", Some(16_777_216)),
            ("16MB", Some(16_000_000)),
            ("16mib", Some(16_777_216)),
            ("512 kB", Some(512_000)),
            ("1 KiB", Some(1024)),
            ("3", Some(3)),
            ("2 GiB", Some(2_147_483_648)),
            ("MiB", None),
            ("1.5 MiB", None),
            ("-1 MiB", None),
            ("16 MiBs", None),
            ("99999999999999 GiB", None),
        ] {
            assert_eq!(bytes_in(text), bytes, "{text}");
        }
    }

    #[test]
    fn a_secret_never_shows_itself() {
        let mut secret = Secret::default();
        assert_eq!(secret.show(), "\"\"");
        secret.set(Raw::Text("hunter2"), &(0..=0)).unwrap();
        assert_eq!(secret.expose(), "hunter2");
        assert_eq!(secret.show(), "\"***\"");
        assert_eq!(format!("{secret:?}"), "***");
    }
}
