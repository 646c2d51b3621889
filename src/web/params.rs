//! One tree of parameters from every place a client may put them.
//!
//! Clients send the same parameters in the query, as urlencoded or multipart forms, as JSON and in
//! the path, and spell lists and maps in many ways. Here they become one tree: path wins over body,
//! body over query. Handlers ask for a key as the type they need; unknown keys are simply never asked for.
//! A JSON `null` counts as not given everywhere. Key syntax is in `form`, JSON limits in `params::json`.

mod body;
mod json;
#[cfg(test)]
mod tests;
mod upload;

use super::form;
use crate::error::Error;
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;

pub(super) use body::unreadable;
pub use body::{Body, Data, MAX_TEXT_BODY};
pub use upload::{Slice, Upload, UploadContent};

/// Words that mean false; every other word means true.
const FALSE: [&str; 8] = ["0", "f", "F", "false", "False", "FALSE", "off", "OFF"];

/// One parameter, or a branch of the tree.
#[derive(Clone, Debug)]
pub enum Value {
    /// JSON `null`: not given.
    Null,
    /// A string, and every value of a form.
    Text(String),
    /// A JSON number.
    Number(serde_json::Number),
    /// A JSON boolean.
    Bool(bool),
    /// A JSON array or `key[]=…`.
    List(Vec<Value>),
    /// A JSON object, `key[name]=…` or `key[0]=…`.
    Map(Params),
    /// A multipart part with a file name.
    File(Upload),
}

/// The parameters of a request, or one map inside them: both are read the same way.
#[derive(Clone, Debug, Default)]
pub struct Params(pub(super) BTreeMap<String, Value>);

/// Parameters that cannot be read; the text is meant for the client.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BadParams {
    /// The query or the body is malformed or too complex (400).
    Malformed(String),
    /// The body or a file in it is larger than allowed (413).
    TooLarge(String),
    /// A parameter has the wrong type (400).
    Invalid {
        /// The name of the parameter.
        field: String,
        /// What is wrong, without a final dot.
        message: String,
    },
}

impl fmt::Display for BadParams {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            BadParams::Malformed(text) | BadParams::TooLarge(text) => f.write_str(text),
            BadParams::Invalid { field, message } => write!(f, "{field} - {message}."),
        }
    }
}

impl std::error::Error for BadParams {}

impl From<BadParams> for Error {
    fn from(bad: BadParams) -> Error {
        match bad {
            BadParams::Malformed(text) => Error::BadRequest(text),
            BadParams::TooLarge(text) => Error::Status(413, text),
            BadParams::Invalid { field, message } => Error::InvalidField {
                field,
                message: message + ".",
            },
        }
    }
}

impl BadParams {
    /// A malformed query or body, described by `text`.
    pub(super) fn malformed(text: impl Into<String>) -> BadParams {
        BadParams::Malformed(text.into())
    }
}

impl Params {
    /// Reads query and body into one tree. Maps and lists are not merged: a key in the body
    /// replaces the same key in the query whole, unless it is `null`.
    pub fn parse(query: Option<&str>, body: Body<'_>) -> Result<Params, BadParams> {
        Params::parse_with_file_limit(query, body, u64::MAX)
    }

    /// Like [`Params::parse`], and refuses a body holding a file of more than `limit` bytes.
    pub fn parse_with_file_limit(
        query: Option<&str>,
        body: Body<'_>,
        limit: u64,
    ) -> Result<Params, BadParams> {
        let mut params = Params::default();
        form::read(query.unwrap_or_default().as_bytes(), &mut params)?;
        for (key, value) in body.read(limit)?.0 {
            if !matches!(value, Value::Null) || !params.0.contains_key(&key) {
                params.0.insert(key, value);
            }
        }
        Ok(params)
    }

    /// Sets a path parameter, over whatever query and body say.
    pub fn set(&mut self, key: impl Into<String>, text: impl Into<String>) {
        self.0.insert(key.into(), Value::Text(text.into()));
    }

    /// The value as it came, for what the typed questions do not cover.
    pub fn get(&self, key: &str) -> Option<&Value> {
        self.0
            .get(key)
            .filter(|value| !matches!(value, Value::Null))
    }

    /// Whether the parameter is present at all, be it as an empty string.
    pub fn has(&self, key: &str) -> bool {
        self.get(key).is_some()
    }

    /// All keys given, in alphabetical order.
    pub fn keys(&self) -> impl Iterator<Item = &str> {
        self.0
            .keys()
            .map(String::as_str)
            .filter(|key| self.has(key))
    }

    /// A string; numbers and booleans as they are written. Lists, maps and files are no text.
    pub fn text(&self, key: &str) -> Option<Cow<'_, str>> {
        self.get(key)?.text()
    }

    /// Like [`Params::text`], but an empty string counts as not given.
    pub fn nonempty(&self, key: &str) -> Option<Cow<'_, str>> {
        self.text(key).filter(|text| !text.is_empty())
    }

    /// A boolean in any of the spellings of forms and JSON; an empty string counts as not given.
    pub fn bool(&self, key: &str) -> Option<bool> {
        match self.get(key)? {
            Value::Text(text) if text.is_empty() => None,
            Value::Text(text) => Some(!FALSE.contains(&text.as_str())),
            Value::Number(number) => Some(number.as_f64() != Some(0.0)),
            Value::Bool(value) => Some(*value),
            _ => Some(true),
        }
    }

    /// A whole number, from JSON or as decimal text; an empty string counts as not given.
    pub fn int(&self, key: &str) -> Result<Option<i64>, BadParams> {
        let Some(value) = self.get(key) else {
            return Ok(None);
        };
        if matches!(value, Value::Text(text) if text.trim().is_empty()) {
            return Ok(None);
        }
        value.int().map(Some).ok_or_else(|| BadParams::Invalid {
            field: key.to_owned(),
            message: format!("Invalid integer. Got: {}", value.kind()),
        })
    }

    /// The texts of a list in any spelling: `key[]=`, `key[0]=` in the order of the indices, a JSON
    /// array, or a lone value (an empty one is an empty list). Members that are no text are left out.
    pub fn list(&self, key: &str) -> Vec<String> {
        let texts = |members: Vec<&Value>| {
            members
                .into_iter()
                .filter_map(Value::text)
                .map(Cow::into_owned)
                .collect()
        };
        match self.get(key) {
            None => Vec::new(),
            Some(Value::Text(text)) if text.is_empty() => Vec::new(),
            Some(Value::List(list)) => texts(list.iter().collect()),
            Some(Value::Map(map)) => texts(map.by_index().unwrap_or_default()),
            Some(lone) => texts(vec![lone]),
        }
    }

    /// Like [`Params::list`], for numeric ids; anything else in the list is dropped.
    pub fn ids(&self, key: &str) -> Vec<i64> {
        self.list(key)
            .iter()
            .filter_map(|text| text.trim().parse().ok())
            .collect()
    }

    /// A map, to be read like the parameters themselves.
    pub fn map(&self, key: &str) -> Option<&Params> {
        match self.get(key)? {
            Value::Map(map) => Some(map),
            _ => None,
        }
    }

    /// A list of maps: a JSON array, `key[][name]=`, or a map with integer keys, in their order.
    /// A map with other keys is a list of one. Members that are no map are left out.
    pub fn maps<'a>(&'a self, key: &str) -> Vec<&'a Params> {
        let members = match self.get(key) {
            None => Vec::new(),
            Some(Value::List(list)) => list.iter().collect(),
            Some(lone @ Value::Map(map)) => map.by_index().unwrap_or_else(|| vec![lone]),
            Some(_) => Vec::new(),
        };
        let map = |value: &'a Value| match value {
            Value::Map(map) => Some(map),
            _ => None,
        };
        members.into_iter().filter_map(map).collect()
    }

    /// An uploaded file. Text under the same key (a `data:` URI, say) is left to [`Params::text`].
    pub fn file(&self, key: &str) -> Option<&Upload> {
        match self.get(key)? {
            Value::File(upload) => Some(upload),
            _ => None,
        }
    }

    /// The value as JSON, `null` when absent. Values of forms stay strings; files become `null`.
    pub fn json(&self, key: &str) -> serde_json::Value {
        self.0
            .get(key)
            .map_or(serde_json::Value::Null, Value::to_json)
    }

    /// The whole tree as a JSON object, with files as `null`.
    pub fn to_json(&self) -> serde_json::Value {
        self.0
            .iter()
            .map(|(key, value)| (key.clone(), value.to_json()))
            .collect()
    }

    /// The values in the order of their keys when all of them are integers.
    fn by_index(&self) -> Option<Vec<&Value>> {
        let index = |(key, value): (&String, _)| Some((key.parse::<i128>().ok()?, value));
        let mut members: Vec<_> = self.0.iter().map(index).collect::<Option<_>>()?;
        members.sort_by_key(|(index, _)| *index);
        Some(members.into_iter().map(|(_, value)| value).collect())
    }
}

impl Value {
    /// Text of a scalar; see [`Params::text`].
    pub fn text(&self) -> Option<Cow<'_, str>> {
        match self {
            Value::Text(text) => Some(Cow::Borrowed(text)),
            Value::Number(number) => Some(Cow::Owned(number.to_string())),
            Value::Bool(value) => Some(Cow::Borrowed(if *value { "true" } else { "false" })),
            Value::Null | Value::List(_) | Value::Map(_) | Value::File(_) => None,
        }
    }

    /// The value as JSON; see [`Params::json`].
    pub fn to_json(&self) -> serde_json::Value {
        match self {
            Value::Null | Value::File(_) => serde_json::Value::Null,
            Value::Text(text) => serde_json::Value::String(text.clone()),
            Value::Number(number) => serde_json::Value::Number(number.clone()),
            Value::Bool(value) => serde_json::Value::Bool(*value),
            Value::List(list) => list.iter().map(Value::to_json).collect(),
            Value::Map(map) => map.to_json(),
        }
    }

    fn int(&self) -> Option<i64> {
        /// Beyond this, a float no longer tells neighbouring integers apart.
        const EXACT: f64 = 9_007_199_254_740_992.0;
        match self {
            Value::Text(text) => text.trim().parse().ok(),
            Value::Number(number) => number.as_i64().or_else(|| {
                let float = number
                    .as_f64()
                    .filter(|float| float.fract() == 0.0 && float.abs() <= EXACT)?;
                Some(float as i64)
            }),
            _ => None,
        }
    }

    fn kind(&self) -> &'static str {
        match self {
            Value::Null => "null",
            Value::Text(_) => "string",
            Value::Number(_) => "number",
            Value::Bool(_) => "boolean",
            Value::List(_) => "array",
            Value::Map(_) => "object",
            Value::File(_) => "file",
        }
    }
}
