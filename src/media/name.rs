//! Names from outside that become parts of a path.
//!
//! A string is checked once, here, and carried as a type afterwards: joining any
//! of these to a directory gives a path below that directory. [`SafeName`] is the
//! narrow alphabet for names kenoma makes; [`PackName`] and [`PackPath`] allow what
//! people really call their emoji packs.
use std::fmt;
use std::path::{Path, PathBuf};

/// The longest name in characters.
const MAX_CHARS: usize = 64;
/// The longest path component most file systems take, in bytes.
const MAX_COMPONENT_BYTES: usize = 255;
/// The deepest path inside a pack.
const MAX_DEPTH: usize = 8;
/// Pack names that would shadow fixed routes of the pack API.
const RESERVED_PACKS: [&str; 6] = [
    "archive",
    "download",
    "download_zip",
    "files",
    "import",
    "remote",
];

/// The text cannot be used as a file or pack name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("invalid name")]
pub struct InvalidName;

/// A file name of plain ASCII: `[A-Za-z0-9_-][A-Za-z0-9_.-]{0,63}`, without `..`
/// and not a Windows device.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SafeName(String);

impl SafeName {
    /// Accepts the name or refuses it; nothing is changed or cut.
    pub fn parse(name: &str) -> Result<Self, InvalidName> {
        let ascii = name
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'.'));
        let safe = ascii
            && (1..=MAX_CHARS).contains(&name.len())
            && !name.starts_with('.')
            && !name.contains("..")
            && !is_device(name);
        safe.then(|| Self(name.to_owned())).ok_or(InvalidName)
    }
}

/// The name of an emoji pack: one path component, Unicode allowed.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct PackName(String);

impl PackName {
    /// Accepts a name that callers have trimmed. A leading dot is refused as well:
    /// hidden directories under `emoji/` are temporary ones, never packs.
    pub fn parse(name: &str) -> Result<Self, InvalidName> {
        let safe = is_component(name) && name.chars().count() <= MAX_CHARS;
        safe.then(|| Self(name.to_owned())).ok_or(InvalidName)
    }

    /// Whether a route of the pack API has this name, so that a pack so called
    /// could never be asked for. Such packs must not be created.
    pub fn is_reserved(&self) -> bool {
        RESERVED_PACKS.contains(&self.0.as_str())
    }
}

/// A file inside a pack, perhaps in subdirectories (`dir/blank.png`).
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct PackPath(String);

impl PackPath {
    /// Accepts a relative path with `/` between components that are safe each.
    pub fn parse(path: &str) -> Result<Self, InvalidName> {
        let safe = path.split('/').count() <= MAX_DEPTH && path.split('/').all(is_component);
        safe.then(|| Self(path.to_owned())).ok_or(InvalidName)
    }

    /// The components from the outermost directory to the file.
    pub fn components(&self) -> impl Iterator<Item = &str> {
        self.0.split('/')
    }

    /// The file's own name without directories.
    pub fn file_name(&self) -> &str {
        self.0.rsplit('/').next().unwrap_or(&self.0)
    }

    /// The file's name without directories and extension: the default shortcode.
    pub fn stem(&self) -> &str {
        let name = self.file_name();
        name.rsplit_once('.').map_or(name, |(stem, _)| stem)
    }

    /// The lower-case extension, empty when there is none.
    pub fn extension(&self) -> String {
        let extension = self.file_name().rsplit_once('.').map(|(_, e)| e);
        extension.unwrap_or_default().to_ascii_lowercase()
    }
}

/// The name of a new emoji, written between colons: `[A-Za-z0-9_+-]{1,64}`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Shortcode(String);

impl Shortcode {
    /// Accepts the code or refuses it.
    pub fn parse(code: &str) -> Result<Self, InvalidName> {
        let plain = code
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'+' | b'-'));
        let fits = plain && (1..=MAX_CHARS).contains(&code.len());
        fits.then(|| Self(code.to_owned())).ok_or(InvalidName)
    }
}

/// What the names have in common: they read as text and join as a path.
macro_rules! text {
    ($($name:ident)*) => {$(
        impl $name {
            /// The name as text.
            pub fn as_str(&self) -> &str {
                &self.0
            }

            /// The path below `root`.
            pub fn below(&self, root: &Path) -> PathBuf {
                root.join(&self.0)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    )*};
}
text!(SafeName PackName PackPath Shortcode);

/// One path component that stays where it is put, on any file system.
fn is_component(name: &str) -> bool {
    (1..=MAX_COMPONENT_BYTES).contains(&name.len())
        && !name.starts_with('.')
        && name.trim() == name
        && !name
            .chars()
            .any(|c| matches!(c, '/' | '\\') || c.is_control())
        && !is_device(name)
}

/// Names that Windows takes for devices, with any extension and in any case.
fn is_device(name: &str) -> bool {
    let stem = name
        .split('.')
        .next()
        .unwrap_or(name)
        .trim_end()
        .to_ascii_lowercase();
    if let Some(number) = stem
        .strip_prefix("com")
        .or_else(|| stem.strip_prefix("lpt"))
    {
        return matches!(number.as_bytes(), [b'0'..=b'9']);
    }
    matches!(stem.as_str(), "con" | "prn" | "aux" | "nul")
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::path::Component;

    const TRAVERSALS: [&str; 16] = [
        "",
        ".",
        "..",
        "../x",
        "a/b",
        "/etc/passwd",
        "a\\b",
        "..\\x",
        "a\0b",
        "a\nb",
        ".hidden",
        "./x",
        "x/",
        "con",
        "LPT1.png",
        "NUL.tar.gz",
    ];

    #[test]
    fn sec_f1_traversal_names_are_refused_as_file_and_pack_names() {
        let long = "x".repeat(300);
        for name in TRAVERSALS.iter().copied().chain([long.as_str()]) {
            assert_eq!(SafeName::parse(name), Err(InvalidName), "{name:?}");
            assert_eq!(PackName::parse(name), Err(InvalidName), "{name:?}");
        }
        for name in ["%2e%2e", "a..b", "-x y", "é.png", "%2e%2e%2fx"] {
            assert_eq!(SafeName::parse(name), Err(InvalidName), "{name:?}");
        }
    }

    #[test]
    fn sec_f1_traversal_paths_inside_a_pack_are_refused() {
        let paths = [
            "",
            "..",
            "../x.png",
            "a/../x.png",
            "a//x.png",
            "/x.png",
            "a/",
            "a/.x",
            "a\\x.png",
            "a/nul.png",
        ];
        for path in paths.into_iter().chain(["a/b/c/d/e/f/g/h/i.png"]) {
            assert_eq!(PackPath::parse(path), Err(InvalidName), "{path:?}");
        }
    }

    #[test]
    fn names_people_give_their_packs_are_kept() {
        for name in [
            "blobs.gg", "my pack", "ねこ", "what?", "a & b", "%2e%2e", "-dash", "a..b",
        ] {
            assert_eq!(PackName::parse(name).unwrap().as_str(), name);
        }
        assert_eq!(
            PackName::parse(&"é".repeat(64)).unwrap().as_str().len(),
            128
        );
        assert!(PackName::parse(&"é".repeat(65)).is_err());
        assert!(PackName::parse("import").unwrap().is_reserved());
    }

    #[test]
    fn sec_f1_new_shortcodes_are_plain() {
        for code in ["blob_cat", "+1", "-1", "A-9"] {
            assert_eq!(Shortcode::parse(code).unwrap().as_str(), code);
        }
        let long = "x".repeat(65);
        for code in ["", "a b", "a:b", "..", "a/b", "é", "<i>", "a.b", &long] {
            assert_eq!(Shortcode::parse(code), Err(InvalidName), "{code:?}");
        }
    }

    #[test]
    fn a_generated_name_has_at_most_64_characters() {
        assert!(SafeName::parse(&"x".repeat(64)).is_ok());
        assert!(SafeName::parse(&"x".repeat(65)).is_err());
        assert!(SafeName::parse("0a-_.png").is_ok());
    }

    #[test]
    fn a_pack_path_knows_its_parts() {
        let path = PackPath::parse("dir/blank.cat.PNG").unwrap();
        assert_eq!(
            path.components().collect::<Vec<_>>(),
            ["dir", "blank.cat.PNG"]
        );
        assert_eq!(
            (path.stem(), path.extension().as_str()),
            ("blank.cat", "png")
        );
        assert_eq!(PackPath::parse("blank").unwrap().extension(), "");
    }

    /// Text rich in what path parsers care about.
    fn hostile() -> impl Strategy<Value = String> {
        let piece = prop_oneof![
            Just("..".to_owned()),
            Just("/".to_owned()),
            Just(".".to_owned()),
            Just("\\".to_owned()),
            "\\PC{0,3}",
            "[a-z]{1,4}",
            any::<char>().prop_map(String::from)
        ];
        prop::collection::vec(piece, 0..7).prop_map(|pieces| pieces.concat())
    }

    fn steps_below(path: &Path, root: &Path) -> Option<usize> {
        let rest = path.strip_prefix(root).ok()?;
        rest.components()
            .all(|c| matches!(c, Component::Normal(_)))
            .then(|| rest.components().count())
    }

    proptest! {
        #[test]
        fn sec_f1_joining_never_leaves_the_root(text in hostile()) {
            let root = Path::new("/srv/emoji");
            if let Ok(name) = SafeName::parse(&text) {
                prop_assert_eq!(steps_below(&name.below(root), root), Some(1));
            }
            if let Ok(name) = PackName::parse(&text) {
                prop_assert_eq!(steps_below(&name.below(root), root), Some(1));
            }
            if let Ok(path) = PackPath::parse(&text) {
                prop_assert_eq!(steps_below(&path.below(root), root), Some(path.components().count()));
            }
        }
    }
}
