//! Header values of multipart bodies: the boundary, and the name and type of a part.

use super::BadParams;
use percent_encoding::percent_decode_str;

/// What the header lines of a part say.
#[derive(Debug, Default)]
pub(super) struct Head {
    /// The field's name; a part without one is no parameter.
    pub(super) name: Option<String>,
    /// Present, be it empty, when the part is a file.
    pub(super) filename: Option<String>,
    /// The type the client claims.
    pub(super) content_type: Option<String>,
}

impl Head {
    /// Reads the header lines of a part; unknown and broken ones are passed over.
    pub(super) fn parse(lines: &[String]) -> Head {
        let mut head = Head::default();
        for (key, value) in lines.iter().filter_map(|line| line.split_once(':')) {
            if key.trim().eq_ignore_ascii_case("content-type") {
                head.content_type = Some(value.trim().to_owned());
            } else if key.trim().eq_ignore_ascii_case("content-disposition") {
                head.disposition(value);
            }
        }
        head
    }

    fn disposition(&mut self, value: &str) {
        let mut extended = None;
        for (key, value) in parameters(value) {
            match key.as_str() {
                "name" => self.name = Some(value),
                "filename" => self.filename = Some(value),
                "filename*" => extended = decode_extended(&value),
                _ => {}
            }
        }
        self.filename = extended
            .or(self.filename.take())
            .map(|name| base_name(&name));
    }
}

/// The boundary a `Content-Type` names.
pub(super) fn boundary(content_type: &str) -> Result<Vec<u8>, BadParams> {
    let found = parameters(content_type)
        .into_iter()
        .find(|(key, _)| key == "boundary");
    match found {
        Some((_, value)) if (1..=70).contains(&value.len()) && !value.contains(['\r', '\n']) => {
            Ok(value.into_bytes())
        }
        _ => Err(BadParams::malformed("the multipart body has no boundary")),
    }
}

/// The parameters after the first `;` of a header value, keys in lower case, values unquoted.
fn parameters(header: &str) -> Vec<(String, String)> {
    let mut found = Vec::new();
    let mut rest = header.split_once(';').map_or("", |(_, rest)| rest);
    while !rest.is_empty() {
        let end = rest.find(['=', ';']).unwrap_or(rest.len());
        let key = rest[..end].trim().to_ascii_lowercase();
        let Some(after) = rest[end..].strip_prefix('=') else {
            rest = rest.get(end + 1..).unwrap_or_default();
            continue;
        };
        let (value, after) = parameter_value(after.trim_start());
        found.push((key, value));
        rest = after.split_once(';').map_or("", |(_, next)| next);
    }
    found
}

/// One value and what follows it. In quotes, a backslash escapes only a quote or a backslash:
/// some clients send Windows paths.
fn parameter_value(text: &str) -> (String, &str) {
    let Some(quoted) = text.strip_prefix('"') else {
        let end = text.find(';').unwrap_or(text.len());
        return (text[..end].trim().to_owned(), &text[end..]);
    };
    let mut value = String::new();
    let mut chars = quoted.char_indices().peekable();
    while let Some((at, char)) = chars.next() {
        match char {
            '"' => return (value, &quoted[at + 1..]),
            '\\' => {
                let escaped = chars.next_if(|(_, next)| matches!(next, '"' | '\\'));
                value.push(escaped.map_or('\\', |(_, next)| next));
            }
            _ => value.push(char),
        }
    }
    (value, "")
}

/// Decodes `UTF-8''na%C3%AFve.png` (RFC 5987).
fn decode_extended(value: &str) -> Option<String> {
    let (charset, rest) = value.split_once('\'')?;
    let (_language, text) = rest.split_once('\'')?;
    let bytes = percent_decode_str(text);
    match charset.to_ascii_lowercase().as_str() {
        "utf-8" => Some(bytes.decode_utf8_lossy().into_owned()),
        "iso-8859-1" => Some(bytes.map(char::from).collect()),
        _ => None,
    }
}

/// The last component of a path in either style, without control characters.
fn base_name(name: &str) -> String {
    let base = name.rsplit(['/', '\\']).next().unwrap_or_default();
    base.chars().filter(|char| !char.is_control()).collect()
}
