use super::*;
use std::os::unix::fs::symlink;

struct Disk(tempfile::TempDir);

impl Disk {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn root(&self) -> std::path::PathBuf {
        self.0.path().join("emoji")
    }

    fn file(&self, path: &str, text: &str) -> &Self {
        let path = self.root().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
        self
    }

    /// One line for each emoji: `shortcode pack/file tag tag`.
    fn listing(&self) -> Vec<String> {
        let line = |e: Emoji| format!("{} {}/{} {}", e.shortcode, e.pack, e.file, e.tags.join(" "));
        load(&self.root()).into_iter().map(line).collect()
    }

    fn open(&self, pack: &str, path: &str) -> io::Result<File> {
        open_file(
            &self.root(),
            &PackName::parse(pack).unwrap(),
            &PackPath::parse(path).unwrap(),
        )
    }
}

#[test]
fn a_pack_lists_its_files_and_tags_them_with_its_name() {
    let packs = Disk::new();
    packs.file(
        "blobs.gg/pack.json",
        r#"{"files":{"b":"dir/b.png","a":"a.gif"},"files_count":9,"pack":{"license":"CC0","x":1}}"#,
    );
    packs.file("blobs.gg/unlisted.png", "");
    assert_eq!(
        packs.listing(),
        [
            "a blobs.gg/a.gif pack:blobs.gg",
            "b blobs.gg/dir/b.png pack:blobs.gg"
        ]
    );
    let manifest = manifest(&packs.root(), &PackName::parse("blobs.gg").unwrap()).unwrap();
    assert_eq!(
        (
            manifest.files.len(),
            serde_json::to_value(&manifest.pack).unwrap()["x"].as_i64()
        ),
        (2, Some(1))
    );
}

#[test]
fn emoji_txt_has_four_forms_of_lines() {
    let packs = Disk::new();
    packs.file(
        "mine/emoji.txt",
        "blank, blank.png, Fun\n blank2, blank.png \nfoo, /emoji/mine/blank.png\nbar\n\n",
    );
    packs.file("mine/loose.png", "");
    assert_eq!(
        packs.listing(),
        [
            "blank mine/blank.png Fun",
            "blank2 mine/blank.png Custom",
            "foo mine/blank.png Custom"
        ]
    );
}

#[test]
fn without_any_list_every_picture_counts_also_in_subdirectories() {
    let packs = Disk::new();
    for file in [
        "cat.PNG",
        "deep/dog.webp",
        "readme.md",
        "page.html",
        ".hidden.png",
        "draw.svg",
        "x.avif",
    ] {
        packs.file(&format!("found/{file}"), "");
    }
    packs.file("top.png", "");
    assert_eq!(
        packs.listing(),
        [
            "cat found/cat.PNG Custom",
            "dog found/deep/dog.webp Custom",
            "x found/x.avif Custom"
        ]
    );
}

#[test]
fn a_later_pack_overrides_an_earlier_one() {
    let packs = Disk::new();
    packs
        .file("b/pack.json", r#"{"files":{"cat":"b.png"}}"#)
        .file("a/pack.json", r#"{"files":{"cat":"a.png"}}"#);
    assert_eq!(packs.listing(), ["cat b/b.png pack:b"]);
}

#[test]
fn a_broken_pack_costs_only_itself() {
    let packs = Disk::new();
    for (pack, text) in [("a", "{"), ("b", "[]"), ("c", r#"{"files":{"x":1}}"#)] {
        packs
            .file(&format!("{pack}/pack.json"), text)
            .file(&format!("{pack}/loose.png"), "");
    }
    packs.file("d/pack.json", r#"{"files":{"ok":"ok.png"}}"#);
    assert_eq!(packs.listing(), ["ok d/ok.png pack:d"]);
    assert_eq!(load(Path::new("/nonexistent")), []);
}

#[test]
fn sec_f1_entries_with_hostile_names_are_skipped() {
    let packs = Disk::new();
    packs.file(
        "p/pack.json",
        r#"{"files":{"a":"../x.png","b":"/etc/x.png","c":"x.html","d":"a\\b.png","<i>":"x.png","e f":"x.png","":"x.png","g":"g.png"}}"#,
    );
    packs.file(
        "q/emoji.txt",
        "a, ../p/g.png\nb, /etc/x.png\nc, /emoji/q/../p/x.png\nd, d.svg",
    );
    assert_eq!(packs.listing(), ["g p/g.png pack:p"]);
}

#[test]
fn sec_f7_links_in_packs_are_not_read() {
    let packs = Disk::new();
    packs
        .file("../secret/pack.json", r#"{"files":{"s":"s.png"}}"#)
        .file("../secret/s.png", "secret");
    packs
        .file("real/ok.png", "ok")
        .file("real/dir/ok.png", "ok")
        .file("other/x.png", "");
    let (root, secret) = (packs.root(), packs.0.path().join("secret"));
    symlink(&secret, root.join("linked")).unwrap();
    symlink(&secret, root.join("real/dirlink")).unwrap();
    symlink(secret.join("s.png"), root.join("real/link.png")).unwrap();
    symlink(secret.join("pack.json"), root.join("other/pack.json")).unwrap();
    assert_eq!(
        packs.listing(),
        ["ok real/ok.png Custom", "x other/x.png Custom"]
    );
    for (pack, path) in [
        ("linked", "s.png"),
        ("real", "link.png"),
        ("real", "dirlink/s.png"),
        ("real", "dir"),
    ] {
        assert_eq!(
            packs.open(pack, path).unwrap_err().kind(),
            ErrorKind::NotFound,
            "{pack}/{path}"
        );
    }
    let mut text = String::new();
    packs
        .open("real", "dir/ok.png")
        .unwrap()
        .read_to_string(&mut text)
        .unwrap();
    assert_eq!(text, "ok");
}

#[test]
fn the_fingerprint_changes_with_every_change_by_hand() {
    let packs = Disk::new();
    let mut seen = vec![fingerprint(&packs.root())];
    let mut changed = |what: &str| {
        let now = fingerprint(&packs.root());
        assert!(!seen.contains(&now), "{what}");
        assert_eq!(now, fingerprint(&packs.root()));
        seen.push(now);
    };
    packs.file("a/pack.json", "{}");
    changed("a pack added");
    packs.file("a/pack.json", r#"{"files":{}}"#);
    changed("its list edited");
    packs.file("b/x.png", "");
    changed("loose files copied in");
    fs::rename(packs.root().join("b"), packs.root().join("c")).unwrap();
    changed("a pack renamed");
    fs::remove_dir_all(packs.root().join("c")).unwrap();
    changed("a pack deleted");
}
