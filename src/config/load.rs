//! Reads the sources in order and remembers for each key which one had the last word.
use std::collections::HashMap;
use std::fmt;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use super::suggest::{distance, nearest};
use super::value::Raw;
use super::{Config, KEYS, Key, Profile, SECTIONS};

/// Where a value came from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    /// Nobody said anything.
    Default,
    /// `config.toml`
    File(PathBuf),
    /// An environment variable.
    Variable(String),
    /// `--set`, or a flag that stands for one.
    CommandLine,
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Origin::Default => f.write_str("default"),
            Origin::File(path) => write!(f, "{}", path.display()),
            Origin::Variable(name) => f.write_str(name),
            Origin::CommandLine => f.write_str("command line"),
        }
    }
}

/// Why the settings could not be read. Each message is one line.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// A key that does not exist.
    #[error("unknown setting {key} ({origin}); the nearest is {nearest}")]
    Unknown {
        /// As it was written.
        key: String,
        /// Who wrote it.
        origin: Origin,
        /// What was probably meant.
        nearest: String,
    },
    /// A value of the wrong type or outside its limits.
    #[error("{key} = {value} ({origin}): expected {expected}")]
    Invalid {
        /// Which setting.
        key: &'static str,
        /// As it was written; masked for secrets.
        value: String,
        /// Who wrote it.
        origin: Origin,
        /// What would have been right.
        expected: String,
    },
    /// `--set` without a `=`.
    #[error("--set {0}: expected SECTION.KEY=VALUE")]
    Assignment(String),
    /// `config.toml` is not TOML.
    #[error("{}, line {line}: {message}", path.display())]
    Syntax {
        /// The file.
        path: PathBuf,
        /// Counted from one.
        line: usize,
        /// What the parser says.
        message: String,
    },
    /// `config.toml` is there but cannot be read.
    #[error("{}: {cause}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the system says.
        cause: std::io::Error,
    },
}

/// Settings and where each came from.
#[derive(Clone, Debug)]
pub struct Loaded {
    /// What the server runs with.
    pub config: Config,
    /// By key name; a key that is missing here has its default.
    pub origins: HashMap<&'static str, Origin>,
}

impl Config {
    /// Reads all sources: the profile's defaults, `config.toml` in the data directory (which may
    /// be absent), `KENOMA_SECTION_KEY` variables, then `section.key=value` assignments.
    pub fn load(
        data_dir: &Path,
        env: impl Iterator<Item = (String, String)>,
        sets: &[String],
        profile: Profile,
    ) -> Result<Loaded, ConfigError> {
        let mut loaded = Loaded {
            config: Config::preset(profile),
            origins: HashMap::new(),
        };
        loaded.read_file(&data_dir.join("config.toml"))?;
        loaded.read_env(env)?;
        for assignment in sets {
            let (name, value) = assignment
                .split_once('=')
                .ok_or_else(|| ConfigError::Assignment(assignment.clone()))?;
            loaded.set(name.trim(), Raw::Text(value), Origin::CommandLine)?;
        }
        Ok(loaded)
    }
}

impl Loaded {
    /// Where a key's value came from.
    pub fn origin(&self, key: &str) -> &Origin {
        self.origins.get(key).unwrap_or(&Origin::Default)
    }

    fn read_file(&mut self, path: &Path) -> Result<(), ConfigError> {
        let text = match std::fs::read_to_string(path) {
            Ok(text) => text,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
            Err(cause) => {
                return Err(ConfigError::Unreadable {
                    path: path.into(),
                    cause,
                });
            }
        };
        let table: toml::Table = text
            .parse()
            .map_err(|error| syntax_error(path, &text, &error))?;
        for (section, value) in &table {
            self.read_section(section, value, &Origin::File(path.into()))?;
        }
        Ok(())
    }

    fn read_section(
        &mut self,
        section: &str,
        value: &toml::Value,
        origin: &Origin,
    ) -> Result<(), ConfigError> {
        let Some(keys) = value.as_table() else {
            return Err(unknown(section, origin.clone()));
        };
        if keys.is_empty() && !SECTIONS.iter().any(|known| known.name == section) {
            return Err(unknown(&format!("{section}."), origin.clone()));
        }
        for (key, value) in keys {
            self.set(
                &format!("{section}.{key}"),
                Raw::Toml(value),
                origin.clone(),
            )?;
        }
        Ok(())
    }

    /// Takes `KENOMA_SECTION_KEY`. Names outside the sections belong to others (`KENOMA_DATA`),
    /// unless they differ from a key by a slip of the finger.
    fn read_env(&mut self, env: impl Iterator<Item = (String, String)>) -> Result<(), ConfigError> {
        let variables: Vec<(String, &Key)> = KEYS.iter().map(|key| (key.variable(), key)).collect();
        for (name, value) in env.filter(|(name, _)| name.starts_with("KENOMA_")) {
            let origin = Origin::Variable(name.clone());
            match variables.iter().find(|(variable, _)| *variable == name) {
                Some((_, key)) => self.put(key, Raw::Text(&value), origin)?,
                None => refuse_slip(name, &variables)?,
            }
        }
        Ok(())
    }

    fn set(&mut self, name: &str, raw: Raw, origin: Origin) -> Result<(), ConfigError> {
        match KEYS.iter().find(|key| key.name == name) {
            Some(key) => self.put(key, raw, origin),
            None => Err(unknown(name, origin)),
        }
    }

    fn put(&mut self, key: &'static Key, raw: Raw, origin: Origin) -> Result<(), ConfigError> {
        let field = (key.field)(&mut self.config);
        if let Err(expected) = field.set(raw, &key.range) {
            let value = if field.is_secret() {
                "***".into()
            } else {
                raw.to_string()
            };
            return Err(ConfigError::Invalid {
                key: key.name,
                value,
                origin,
                expected,
            });
        }
        self.origins.insert(key.name, origin);
        Ok(())
    }
}

fn unknown(name: &str, origin: Origin) -> ConfigError {
    let nearest = nearest(name, KEYS.iter().map(|key| key.name)).to_owned();
    ConfigError::Unknown {
        key: name.to_owned(),
        origin,
        nearest,
    }
}

fn refuse_slip(name: String, variables: &[(String, &Key)]) -> Result<(), ConfigError> {
    let nearest = nearest(
        &name,
        variables.iter().map(|(variable, _)| variable.as_str()),
    )
    .to_owned();
    let in_a_section = SECTIONS.iter().any(|section| {
        let prefix = format!("KENOMA_{}_", section.name.to_ascii_uppercase());
        name.starts_with(&prefix)
    });
    if in_a_section || distance(&name, &nearest) <= 2 {
        let origin = Origin::Variable(name.clone());
        return Err(ConfigError::Unknown {
            key: name,
            origin,
            nearest,
        });
    }
    Ok(())
}

fn syntax_error(path: &Path, text: &str, error: &toml::de::Error) -> ConfigError {
    let before = error.span().map_or(0, |span| span.start.min(text.len()));
    let line = text.as_bytes()[..before]
        .iter()
        .filter(|byte| **byte == b'\n')
        .count()
        + 1;
    let message = error.message().replace('\n', " ");
    ConfigError::Syntax {
        path: path.into(),
        line,
        message,
    }
}
