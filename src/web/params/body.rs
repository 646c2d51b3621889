//! Request bodies: where their bytes are, and which reader they go to.

use super::{BadParams, Params, Slice, json};
use crate::web::{form, multipart};
use std::borrow::Cow;
use std::fs::File;
use std::io::Read;
use std::sync::Arc;

/// The longest JSON or urlencoded body, in bytes (multipart is bounded by the route's body limit).
pub const MAX_TEXT_BODY: u64 = 1024 * 1024;

/// A request body and what the client says it is.
#[derive(Clone, Debug, Default)]
pub struct Body<'a> {
    /// The `Content-Type` header, parameters included.
    pub content_type: Option<&'a str>,
    /// The bytes, complete.
    pub data: Data<'a>,
}

/// Where the bytes of a body are.
#[derive(Clone, Debug)]
pub enum Data<'a> {
    /// In memory.
    Bytes(&'a [u8]),
    /// In a spool file of their own, from its first byte to its last. Uploads keep the file open
    /// and read their range of it, so it may be unlinked but must not be written again.
    File(Arc<File>),
}

impl Default for Data<'_> {
    fn default() -> Self {
        Data::Bytes(&[])
    }
}

impl Body<'_> {
    /// Reads the parameters by the type the client names, or guesses it.
    pub(super) fn read(self, file_limit: u64) -> Result<Params, BadParams> {
        let content_type = self.content_type.unwrap_or_default();
        let essence = content_type
            .split(';')
            .next()
            .unwrap_or_default()
            .trim()
            .to_ascii_lowercase();
        if self.data.is_empty()? {
            return Ok(Params::default());
        }
        if essence == "multipart/form-data" {
            return multipart::read(content_type, self.data, file_limit);
        }
        let text = self.data.text()?;
        match essence.as_str() {
            "application/x-www-form-urlencoded" => urlencoded(&text),
            "application/json" => json::read(&text),
            other if other.ends_with("+json") => json::read(&text),
            _ => json::read(&text).or_else(|error| {
                if like_form(&text) {
                    urlencoded(&text)
                } else {
                    Err(error)
                }
            }),
        }
    }
}

/// Whether a body of unknown type that is no JSON may be a form. One that sets out as JSON is not:
/// its strings may well hold an equals sign.
fn like_form(text: &[u8]) -> bool {
    !text.trim_ascii_start().starts_with(b"{")
        && !text.trim_ascii_start().starts_with(b"[")
        && text.contains(&b'=')
}

fn urlencoded(text: &[u8]) -> Result<Params, BadParams> {
    let mut params = Params::default();
    form::read(text, &mut params)?;
    Ok(params)
}

impl<'a> Data<'a> {
    fn is_empty(&self) -> Result<bool, BadParams> {
        match self {
            Data::Bytes(bytes) => Ok(bytes.is_empty()),
            Data::File(file) => Ok(file.metadata().map_err(unreadable)?.len() == 0),
        }
    }

    /// The bytes of a body that must fit in memory.
    fn text(self) -> Result<Cow<'a, [u8]>, BadParams> {
        let text = match self {
            Data::Bytes(bytes) => Cow::Borrowed(bytes),
            Data::File(file) => {
                let mut text = Vec::new();
                let whole = Slice::whole(file).map_err(unreadable)?;
                whole
                    .reader()
                    .take(MAX_TEXT_BODY + 1)
                    .read_to_end(&mut text)
                    .map_err(unreadable)?;
                Cow::Owned(text)
            }
        };
        if text.len() as u64 > MAX_TEXT_BODY {
            return Err(BadParams::TooLarge("the request body is too large".into()));
        }
        Ok(text)
    }
}

/// A spool file that cannot be read is our fault, but all the client can do is to send it again.
pub(in crate::web) fn unreadable(error: std::io::Error) -> BadParams {
    log::error!("cannot read a request body: {error}");
    BadParams::malformed("the request body could not be read")
}
