//! `pack.json`, as Pleroma and Akkoma read and write it: pretty, unknown keys kept.
use std::collections::BTreeMap;
use std::io::{self, ErrorKind};

use serde::Serialize;
use serde_json::{Map, Value};

/// Keys that answers compute; a stored value means nothing.
const COMPUTED: [&str; 2] = ["can-download", "download-sha256"];

/// What a `pack.json` holds.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Manifest {
    /// File paths by shortcode, unchecked: see [`super::PackPath`].
    pub files: BTreeMap<String, String>,
    /// Licence, home page and the like.
    pub pack: Metadata,
    /// Whatever else somebody wrote at the top level.
    pub(super) rest: Map<String, Value>,
}

/// The `pack` object of a `pack.json`: Pleroma's keys, and any others.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
#[serde(transparent)]
pub struct Metadata(Map<String, Value>);

impl Manifest {
    /// A pack of these files.
    pub fn of(files: BTreeMap<String, String>, pack: Metadata) -> Manifest {
        Manifest {
            files,
            pack,
            rest: Map::new(),
        }
    }

    /// Reads the text of a `pack.json`.
    pub fn parse(text: &str) -> io::Result<Manifest> {
        let bad = |what: &str| io::Error::new(ErrorKind::InvalidData, what.to_owned());
        let mut rest: Map<String, Value> = serde_json::from_str(text)?;
        let mut files = BTreeMap::new();
        match rest.remove("files") {
            None | Some(Value::Null) => {}
            Some(Value::Object(listed)) => {
                for (code, file) in listed {
                    let Value::String(file) = file else {
                        return Err(bad("a file is no text"));
                    };
                    files.insert(code, file);
                }
            }
            Some(_) => return Err(bad("the files are no object")),
        }
        let pack = match rest.remove("pack") {
            None | Some(Value::Null) => Map::new(),
            Some(Value::Object(pack)) => pack,
            Some(_) => return Err(bad("the pack is no object")),
        };
        // Counted anew whenever it is shown or written.
        rest.remove("files_count");
        Ok(Manifest {
            files,
            pack: Metadata::new(pack),
            rest,
        })
    }

    /// The text to write.
    pub fn to_json(&self) -> String {
        let mut object = self.rest.clone();
        let files = self.files.iter();
        let files = files.map(|(code, file)| (code.clone(), Value::from(file.as_str())));
        object.insert("files".into(), Value::Object(files.collect()));
        object.insert("files_count".into(), self.files.len().into());
        object.insert("pack".into(), Value::Object(self.pack.0.clone()));
        // Alternate form: pretty. Printing a value cannot fail.
        format!("{:#}\n", Value::Object(object))
    }

    /// The shortcode, other than these, under which a file is listed.
    pub fn other_user_of(&self, file: &str, codes: &[&str]) -> Option<&str> {
        let mut files = self.files.iter();
        let found = files.find(|(code, used)| *used == file && !codes.contains(&code.as_str()));
        found.map(|(code, _)| code.as_str())
    }
}

impl Metadata {
    /// What a client sent or another server showed, without the computed keys.
    pub fn new(mut keys: Map<String, Value>) -> Metadata {
        for key in COMPUTED {
            keys.remove(key);
        }
        Metadata(keys)
    }

    /// A key's value, if it is text with something in it.
    pub fn text(&self, key: &str) -> Option<&str> {
        let text = self.0.get(key)?.as_str()?.trim();
        (!text.is_empty()).then_some(text)
    }

    /// Sets a key.
    pub fn set(&mut self, key: &str, value: impl Into<Value>) {
        self.0.insert(key.to_owned(), value.into());
    }

    /// Whether the owner lets others have the files.
    pub fn is_shared(&self) -> bool {
        self.0.get("share-files") == Some(&Value::Bool(true))
    }

    /// As an answer shows it: with the digest of the archive where there is one to download.
    pub fn shown(&self, digest: Option<&str>) -> Metadata {
        let mut shown = self.clone();
        shown.set("can-download", digest.is_some());
        if let Some(digest) = digest {
            shown.set("download-sha256", digest);
        }
        shown
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_manifest_keeps_what_it_does_not_know_and_counts_anew() {
        let text = r#"{"files":{"b":"b.png"},"files_count":"many","pack":{"license":"CC0","x":[1]},"made-by":"hand"}"#;
        let manifest = Manifest::parse(text).unwrap();
        let written: Value = serde_json::from_str(&manifest.to_json()).unwrap();
        assert_eq!(
            written,
            serde_json::json!({"files": {"b": "b.png"}, "files_count": 1, "pack": {"license": "CC0", "x": [1]}, "made-by": "hand"})
        );
        assert_eq!(Manifest::parse(&manifest.to_json()).unwrap(), manifest);
        assert!(manifest.to_json().contains("\n  \"files\": {\n"));
    }

    #[test]
    fn what_is_no_manifest_is_an_error() {
        for text in [
            "",
            "[]",
            "{",
            r#"{"files":[]}"#,
            r#"{"files":{"a":1}}"#,
            r#"{"pack":3}"#,
        ] {
            assert!(Manifest::parse(text).is_err(), "{text}");
        }
        assert_eq!(Manifest::parse("{}").unwrap(), Manifest::default());
    }

    #[test]
    fn computed_keys_are_never_kept() {
        let keys =
            serde_json::json!({"can-download": true, "download-sha256": "AB", "share-files": true});
        let Value::Object(keys) = keys else { panic!() };
        let metadata = Metadata::new(keys);
        let json = |metadata: &Metadata| serde_json::to_value(metadata).unwrap();
        assert_eq!(json(&metadata), serde_json::json!({"share-files": true}));
        assert_eq!(
            json(&metadata.shown(None)),
            serde_json::json!({"share-files": true, "can-download": false})
        );
    }
}
