//! Sources, precedence and messages, through the public door.
use std::fs;

use super::*;

/// Loads with the given file text, variables and assignments.
fn load(file: &str, env: &[(&str, &str)], sets: &[&str]) -> Result<Loaded, ConfigError> {
    let dir = tempfile::tempdir().unwrap();
    if !file.is_empty() {
        fs::write(dir.path().join("config.toml"), file).unwrap();
    }
    let env = env
        .iter()
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    let sets: Vec<String> = sets.iter().map(|set| (*set).to_owned()).collect();
    Config::load(dir.path(), env, &sets, Profile::Normal)
}

fn refusal(file: &str, env: &[(&str, &str)], sets: &[&str]) -> String {
    load(file, env, sets).unwrap_err().to_string()
}

#[test]
fn without_any_source_the_defaults_stand() {
    let loaded = load("", &[("PATH", "/bin"), ("KENOMA_DATA", "/srv")], &[]).unwrap();
    assert_eq!(loaded.config.instance.name, "kenoma");
    assert_eq!(loaded.config.upload.limit, 16_777_216);
    assert_eq!(loaded.config.server.listen.to_string(), "127.0.0.1:4000");
    assert!(loaded.config.server.front_door && loaded.config.rate_limit.enabled);
    assert!(!loaded.config.federation.allow_private_addresses);
    assert_eq!(loaded.config.storage.synchronous, Synchronous::Full);
    assert!(loaded.origins.is_empty());
}

#[test]
fn each_source_overrules_the_one_before() {
    let file = "[instance]\nname = 'file'\nlimit = 1\nmax_pinned = 1\n";
    let env = [
        ("KENOMA_INSTANCE_LIMIT", "2"),
        ("KENOMA_INSTANCE_MAX_PINNED", "2"),
    ];
    let loaded = load(file, &env, &["instance.max_pinned=3"]).unwrap();
    let instance = &loaded.config.instance;
    assert_eq!(
        (instance.name.as_str(), instance.limit, instance.max_pinned),
        ("file", 2, 3)
    );
    assert!(
        matches!(loaded.origin("instance.name"), Origin::File(path) if path.ends_with("config.toml"))
    );
    assert_eq!(
        *loaded.origin("instance.limit"),
        Origin::Variable("KENOMA_INSTANCE_LIMIT".into())
    );
    assert_eq!(*loaded.origin("instance.max_pinned"), Origin::CommandLine);
    assert_eq!(*loaded.origin("instance.public"), Origin::Default);
}

#[test]
fn every_kind_of_value_can_be_written_in_toml_and_as_text() {
    let file = r#"
        [instance]
        languages = ["de", "en"]
        [captcha]
        enabled = true
        seconds_valid = 60
        [email]
        transport = "smtp"
        tls = "wrapper"
        password = "hunter2"
        [upload]
        limit = "1 MiB"
        [server]
        listen = "[::1]:80"
        url = "https://example.org/"
        trusted_proxies = ["10.0.0.1"]
    "#;
    let sets = [
        "instance.languages=de, en",
        "captcha.enabled=true",
        "captcha.seconds_valid=60",
        "email.transport=smtp",
        "email.tls=wrapper",
        "email.password=hunter2",
        "upload.limit=1 MiB",
        "server.listen=[::1]:80",
        "server.url=https://example.org/",
        "server.trusted_proxies=10.0.0.1",
    ];
    for loaded in [load(file, &[], &[]).unwrap(), load("", &[], &sets).unwrap()] {
        let Config {
            instance,
            captcha,
            email,
            upload,
            server,
            ..
        } = loaded.config;
        assert_eq!(instance.languages, ["de", "en"]);
        assert_eq!(
            (captcha.enabled, captcha.seconds_valid.as_secs()),
            (Some(true), 60)
        );
        assert_eq!(
            (email.transport, email.tls),
            (EmailTransport::Smtp, EmailTls::Wrapper)
        );
        assert_eq!(email.password.expose(), "hunter2");
        assert_eq!(upload.limit, 1 << 20);
        assert_eq!(server.listen.to_string(), "[::1]:80");
        assert_eq!(server.url.unwrap().as_str(), "https://example.org");
        assert_eq!(
            server.trusted_proxies,
            ["10.0.0.1".parse::<std::net::IpAddr>().unwrap()]
        );
    }
}

#[test]
fn an_unknown_key_names_the_nearest_one() {
    for (said, meant) in [
        (
            refusal("[instance]\nnme = 'x'\n", &[], &[]),
            "instance.name",
        ),
        (
            refusal("[instnace]\nname = 'x'\n", &[], &[]),
            "instance.name",
        ),
        (refusal("[rate_limits]\n", &[], &[]), "rate_limit.enabled"),
        (
            refusal("synchronous = 'full'\n", &[], &[]),
            "storage.synchronous",
        ),
        (refusal("", &[], &["upload.limits=3"]), "upload.limit"),
        (
            refusal("", &[("KENOMA_SERVER_LISTN", "x")], &[]),
            "KENOMA_SERVER_LISTEN",
        ),
        (
            refusal("", &[("KENOMA_EMIAL_HOST", "x")], &[]),
            "KENOMA_EMAIL_HOST",
        ),
    ] {
        assert!(said.contains("unknown setting"), "{said}");
        assert!(said.ends_with(&format!("the nearest is {meant}")), "{said}");
    }
}

#[test]
fn a_wrong_value_names_key_value_source_and_what_is_expected() {
    assert_eq!(
        refusal("", &[("KENOMA_INSTANCE_LIMIT", "many")], &[]),
        "instance.limit = \"many\" (KENOMA_INSTANCE_LIMIT): expected a whole number from 1 to 100000"
    );
    let file = refusal("[instance]\npublic = \"true\"\n", &[], &[]);
    assert!(file.starts_with("instance.public = \"true\" (/"), "{file}");
    assert!(
        file.ends_with("config.toml): expected true or false"),
        "{file}"
    );
    for (set, expected) in [
        ("instance.public=yes", "true or false"),
        ("captcha.enabled=maybe", "\"auto\""),
        ("instance.limit=0", "from 1 to"),
        ("instance.limit=-4", "from 1 to"),
        ("upload.limit=lots", "\"16 MiB\""),
        ("upload.limit=99 GiB", "bytes"),
        ("limits.head_timeout=0", "seconds"),
        ("email.tls=ssl", "\"starttls\" \"wrapper\" \"none\""),
        ("server.listen=4000", "127.0.0.1:4000"),
        ("server.url=example.org", "https://example.org"),
        ("server.trusted_proxies=proxy", "IP addresses"),
        ("instance.limit", "SECTION.KEY=VALUE"),
    ] {
        let said = refusal("", &[], &[set]);
        assert!(said.contains(expected), "{set}: {said}");
    }
    assert!(refusal("[instance.name]\nx = 1\n", &[], &[]).contains("expected a string"));
    assert!(refusal("[instance]\nname = 2020-01-01\n", &[], &[]).contains("2020-01-01"));
}

#[test]
fn a_refused_secret_is_not_repeated() {
    let said = refusal("[admin]\ntoken = 12345678\n", &[], &[]);
    assert!(
        said.contains("admin.token") && !said.contains("12345678"),
        "{said}"
    );
}

#[test]
fn broken_toml_names_file_and_line_in_one_line() {
    let said = refusal("[instance]\nname = \n", &[], &[]);
    assert!(said.contains("config.toml, line 2:"), "{said}");
    assert!(!said.contains('\n'));
}

#[test]
fn ephemeral_defaults_suit_tests_and_can_still_be_overruled() {
    let dir = tempfile::tempdir().unwrap();
    let load = |sets: &[String]| {
        Config::load(dir.path(), std::iter::empty(), sets, Profile::Ephemeral)
            .unwrap()
            .config
    };
    let config = load(&[]);
    assert!(config.federation.allow_private_addresses && !config.rate_limit.enabled);
    assert_eq!(
        (config.storage.synchronous, config.password.cost),
        (Synchronous::Normal, 4)
    );
    assert_eq!(config.server.listen.to_string(), "127.0.0.1:0");
    assert!(load(&["rate_limit.enabled=true".into()]).rate_limit.enabled);
}

#[test]
fn the_captcha_follows_open_registrations_until_it_is_set() {
    let captcha = |sets: &[&str]| load("", &[], sets).unwrap().config.captcha_enabled();
    assert!(!captcha(&[]));
    assert!(captcha(&["instance.registrations_open=true"]));
    assert!(!captcha(&[
        "instance.registrations_open=true",
        "captcha.enabled=false"
    ]));
    assert!(captcha(&[
        "captcha.enabled=false",
        "captcha.enabled=auto",
        "instance.registrations_open=true"
    ]));
}

#[test]
fn the_description_shows_every_key_and_no_secret() {
    let loaded = load(
        "",
        &[],
        &["email.password=hunter2", "instance.name=two\nlines"],
    )
    .unwrap();
    let lines = loaded.describe();
    assert_eq!(lines.len(), KEYS.len());
    let line = |key: &str| lines.iter().find(|line| line.key == key).unwrap();
    assert_eq!(line("email.password").value, "\"***\"");
    assert_eq!(line("email.password").origin, Origin::CommandLine);
    assert_eq!(line("admin.token").value, "\"\"");
    assert_eq!(line("instance.name").value, r#""two\nlines""#);
    assert_eq!(line("instance.limit").origin.to_string(), "default");
    assert!(
        lines
            .iter()
            .all(|line| !line.meaning.is_empty() && !line.value.contains('\n'))
    );
    assert!(!format!("{loaded:?}").contains("hunter2"));
}

#[test]
fn the_example_file_holds_every_key_at_its_default() {
    let example = example();
    assert!(load(&example, &[], &[]).unwrap().origins.is_empty());
    let live: String = example
        .lines()
        .map(|line| match line.strip_prefix('#') {
            Some(setting) if !setting.starts_with(' ') => format!("{setting}\n"),
            _ => format!("{line}\n"),
        })
        .collect();
    let loaded = load(&live, &[], &[]).unwrap();
    assert_eq!(loaded.origins.len(), KEYS.len());
    assert_eq!(
        format!("{:?}", loaded.config),
        format!("{:?}", Config::default())
    );
}

#[test]
fn every_key_has_its_own_variable() {
    let variables: std::collections::HashSet<String> = KEYS.iter().map(Key::variable).collect();
    assert_eq!(variables.len(), KEYS.len());
    assert!(variables.contains("KENOMA_RATE_LIMIT_ENABLED"));
    assert!(!variables.contains("KENOMA_DATA"));
}

#[test]
fn the_base_url_is_the_setting_or_the_bound_address() {
    let bound = "127.0.0.1:4567".parse().unwrap();
    let config = load("", &[], &["server.url=https://example.org"])
        .unwrap()
        .config;
    assert_eq!(config.base_url(bound).as_str(), "https://example.org");
    assert_eq!(
        Config::default().base_url(bound).as_str(),
        "http://127.0.0.1:4567"
    );
}
