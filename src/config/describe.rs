//! Settings for people: `kenoma config check` and the example file.
use super::load::{Loaded, Origin};
use super::{Config, KEYS, SECTIONS};

/// One setting as it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// `section.key`
    pub key: &'static str,
    /// As `config.toml` would say it; secrets are masked.
    pub value: String,
    /// Which source had the last word.
    pub origin: Origin,
    /// What the setting does.
    pub meaning: &'static str,
}

impl Loaded {
    /// Every setting, in the order of the table.
    pub fn describe(&self) -> Vec<Line> {
        let mut config = self.config.clone();
        KEYS.iter()
            .map(|key| Line {
                key: key.name,
                value: (key.field)(&mut config).show(),
                origin: self.origin(key.name).clone(),
                meaning: key.meaning,
            })
            .collect()
    }
}

/// A `config.toml` with every key at its default, all commented out.
pub fn example() -> String {
    let mut config = Config::default();
    let mut text = String::from(
        "# Settings of kenoma. Every line that begins with #key shows a default: remove the # to change it.\n\
         # The same keys may be given as KENOMA_SECTION_KEY variables and as --set section.key=value.\n",
    );
    for section in SECTIONS {
        text += &format!("\n# {}\n[{}]\n", section.about, section.name);
        for key in KEYS.iter().filter(|key| key.section() == section.name) {
            let (_, bare) = key.name.split_once('.').unwrap_or_default();
            text += &format!(
                "# {}\n#{bare} = {}\n",
                key.meaning,
                (key.field)(&mut config).show()
            );
        }
    }
    text
}
