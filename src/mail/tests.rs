//! Letters as they arrive: in the folder, and at a mail server.
use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;
use std::path::Path;
use std::thread;

use super::*;
use crate::config::{BaseUrl, Config, EmailTls, EmailTransport};

fn url() -> BaseUrl {
    BaseUrl::parse("https://example.org").unwrap()
}

fn letter(subject: &str, text: &str) -> Letter {
    Letter {
        to: "bob@example.net".into(),
        subject: subject.into(),
        text: text.into(),
    }
}

/// The raw letters in the folder, oldest first.
fn letters(folder: &Path) -> Vec<String> {
    let mut paths: Vec<_> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    paths.sort();
    assert!(
        paths
            .iter()
            .all(|path| path.extension().is_some_and(|ending| ending == "eml"))
    );
    paths
        .iter()
        .map(|path| fs::read_to_string(path).unwrap())
        .collect()
}

fn sent(config: &Config, letter: &Letter) -> String {
    let dir = tempfile::tempdir().unwrap();
    Mailer::new(config, &url(), &dir.path().join("mail"))
        .unwrap()
        .send(letter)
        .unwrap();
    letters(&dir.path().join("mail")).remove(0)
}

/// Header lines with continuation lines joined.
fn headers(raw: &str) -> Vec<String> {
    let (head, _) = raw.split_once("\r\n\r\n").unwrap();
    head.replace("\r\n ", " ")
        .split("\r\n")
        .map(str::to_owned)
        .collect()
}

fn header<'a>(headers: &'a [String], name: &str) -> &'a str {
    let prefix = format!("{name}: ");
    let found: Vec<&str> = headers
        .iter()
        .filter_map(|line| line.strip_prefix(&prefix))
        .collect();
    assert_eq!(found.len(), 1, "{name} in {headers:?}");
    found[0]
}

/// Undoes RFC 2047 for base64 words, which is how lettre writes them: the space between two
/// encoded words does not count, any other does.
fn decoded(header: &str) -> String {
    let mut bytes = Vec::new();
    let mut after_word = true;
    for (at, part) in header.split(' ').enumerate() {
        let word = part
            .strip_prefix("=?utf-8?b?")
            .and_then(|rest| rest.strip_suffix("?="));
        if at > 0 && !(word.is_some() && after_word) {
            bytes.push(b' ');
        }
        match word {
            Some(word) => bytes.extend(data_encoding::BASE64.decode(word.as_bytes()).unwrap()),
            None => bytes.extend(part.as_bytes()),
        }
        after_word = word.is_some();
    }
    String::from_utf8(bytes).unwrap()
}

#[test]
fn a_long_link_stays_whole_in_the_raw_file() {
    let (url, token) = (url(), "t".repeat(120));
    let site = Site {
        name: "kenoma",
        url: &url,
    };
    let raw = sent(
        &Config::default(),
        &site.confirmation("bob@example.net", "bob", "17", &token),
    );
    let link = format!("https://example.org/api/account/confirm_email/17/{token}");
    assert!(raw.split("\r\n").any(|line| line == link), "{raw}");
    assert_eq!(header(&headers(&raw), "Content-Transfer-Encoding"), "7bit");
}

#[test]
fn text_beyond_ascii_is_readable_in_the_raw_file() {
    let (url, token) = (url(), "t".repeat(120));
    let site = Site {
        name: "Grüße 🐈",
        url: &url,
    };
    let raw = sent(
        &Config::default(),
        &site.password_reset("bob@example.net", "bob", &token),
    );
    let headers = headers(&raw);
    assert_eq!(
        decoded(header(&headers, "Subject")),
        "Grüße 🐈: choose a new password"
    );
    assert_eq!(header(&headers, "Content-Transfer-Encoding"), "8bit");
    assert_eq!(
        header(&headers, "Content-Type"),
        "text/plain; charset=utf-8"
    );
    assert!(raw.contains("your account at Grüße 🐈.\r\n"));
    let link = format!("\r\nhttps://example.org/api/pleroma/password_reset/{token}\r\n");
    assert!(raw.contains(&link), "{raw}");
}

#[test]
fn the_headers_say_who_when_and_that_a_program_wrote() {
    let raw = sent(&Config::default(), &letter("Hello", "text\n"));
    let headers = headers(&raw);
    assert_eq!(header(&headers, "From"), "kenoma <kenoma@example.org>");
    assert_eq!(header(&headers, "To"), "bob@example.net");
    assert_eq!(header(&headers, "Subject"), "Hello");
    assert_eq!(header(&headers, "Auto-Submitted"), "auto-generated");
    assert!(header(&headers, "Message-ID").ends_with("@example.org>"));
    assert!(!header(&headers, "Date").is_empty());
    assert!(raw.ends_with("\r\n\r\ntext\r\n"));
}

#[test]
fn the_sender_is_as_set_or_made_from_the_host() {
    let dir = tempfile::tempdir().unwrap();
    let mut config = Config::default();
    for (host, from) in [
        ("http://localhost:4000", "kenoma@localhost"),
        ("http://127.0.0.1:4000", "kenoma@127.0.0.1"),
        ("http://[::1]:4000", "kenoma@localhost"),
    ] {
        let mailer = Mailer::new(
            &config,
            &BaseUrl::parse(host).unwrap(),
            &dir.path().join("mail"),
        )
        .unwrap();
        mailer.send(&letter("Hello", "text")).unwrap();
        let raw = letters(&dir.path().join("mail")).pop().unwrap();
        assert!(header(&headers(&raw), "From").contains(from), "{raw}");
    }
    config.email.from = "Us <us@example.com>".into();
    assert_eq!(
        header(&headers(&sent(&config, &letter("Hello", "text"))), "From"),
        "Us <us@example.com>"
    );
}

#[test]
fn any_instance_name_can_sign_a_letter() {
    let mut config = Config::default();
    for name in [
        "",
        "Bob's \"cool\" <server>, Inc.",
        "a@b.example",
        "Grüße, 🐈 & (co)",
        &"long ".repeat(60),
    ] {
        config.instance.name = name.into();
        let raw = sent(&config, &letter("Hello", "text"));
        assert!(
            header(&headers(&raw), "From").ends_with("<kenoma@example.org>"),
            "{raw}"
        );
    }
}

#[test]
fn line_breaks_in_names_never_become_headers() {
    let mut config = Config::default();
    config.instance.name = "evil\r\nBcc: all@example.net\r\n\r\nbody".into();
    let raw = sent(&config, &letter("Hi\r\nX-Evil: 1\n\nbody\0", "text"));
    let headers = headers(&raw);
    assert!(
        !headers
            .iter()
            .any(|line| line.starts_with("Bcc") || line.starts_with("X-Evil")),
        "{raw}"
    );
    assert!(header(&headers, "Subject").starts_with("Hi  X-Evil: 1"));
    assert!(raw.ends_with("\r\n\r\ntext\r\n"), "{raw}");
}

#[test]
fn an_impossible_address_is_an_error_and_leaves_no_file() {
    let dir = tempfile::tempdir().unwrap();
    let mailer = Mailer::new(&Config::default(), &url(), &dir.path().join("mail")).unwrap();
    for to in [
        "",
        "bob",
        "bob@",
        "bob@example.net\r\nBcc: x@example.net",
        "a@b.example, c@d.example",
    ] {
        let refused = mailer.send(&Letter {
            to: to.into(),
            ..letter("Hello", "text")
        });
        assert!(matches!(refused, Err(MailError::Address(_))), "{to:?}");
    }
    assert!(!dir.path().join("mail").exists());
}

#[test]
fn letters_in_the_folder_sort_by_time_and_belong_to_us_alone() {
    let dir = tempfile::tempdir().unwrap();
    let mailer = Mailer::new(&Config::default(), &url(), &dir.path().join("mail")).unwrap();
    for number in 0..20 {
        mailer
            .send(&letter(&format!("Letter {number}"), "text"))
            .unwrap();
    }
    for (number, raw) in letters(&dir.path().join("mail")).iter().enumerate() {
        assert_eq!(header(&headers(raw), "Subject"), format!("Letter {number}"));
    }
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        let folder = dir.path().join("mail");
        assert_eq!(mode(&folder), 0o700);
        assert_eq!(
            mode(
                &fs::read_dir(&folder)
                    .unwrap()
                    .next()
                    .unwrap()
                    .unwrap()
                    .path()
            ),
            0o600
        );
    }
}

#[test]
fn a_line_too_long_for_mail_is_encoded() {
    let raw = sent(&Config::default(), &letter("Hello", &"x".repeat(5000)));
    assert!(raw.split("\r\n").all(|line| line.len() <= 998));
}

fn smtp_config(port: u16) -> Config {
    let mut config = Config::default();
    config.email.transport = EmailTransport::Smtp;
    config.email.host = "127.0.0.1".into();
    config.email.port = u32::from(port);
    config.email.tls = EmailTls::None;
    config
}

/// Accepts one letter and returns what the client said.
fn mail_server(listener: TcpListener) -> thread::JoinHandle<String> {
    thread::spawn(move || {
        let (stream, _) = listener.accept().unwrap();
        let mut answer = stream.try_clone().unwrap();
        let mut said = String::new();
        let mut in_data = false;
        answer.write_all(b"220 test\r\n").unwrap();
        for line in BufReader::new(stream).lines() {
            let line = line.unwrap();
            let reply = match line.as_str() {
                "." => "250 ok",
                "DATA" => "354 go on",
                "QUIT" => "221 bye",
                _ if in_data => "",
                _ => "250 ok",
            };
            in_data = (in_data || line == "DATA") && line != ".";
            said += &format!("{line}\n");
            if !reply.is_empty() {
                answer.write_all(format!("{reply}\r\n").as_bytes()).unwrap();
            }
            if line == "." {
                break;
            }
        }
        said
    })
}

#[test]
fn a_mail_server_receives_the_letter() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let config = smtp_config(listener.local_addr().unwrap().port());
    let server = mail_server(listener);
    let mailer = Mailer::new(&config, &url(), Path::new("unused")).unwrap();
    mailer.send(&letter("Hello", "Grüße\n")).unwrap();
    let said = server.join().unwrap();
    assert!(said.contains("EHLO example.org\n"), "{said}");
    assert!(said.contains("MAIL FROM:<kenoma@example.org>"), "{said}");
    assert!(said.contains("RCPT TO:<bob@example.net>"), "{said}");
    assert!(
        said.contains("Subject: Hello\n") && said.is_ascii(),
        "{said}"
    );
}

#[test]
fn an_unreachable_mail_server_is_an_error_to_retry() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let config = smtp_config(listener.local_addr().unwrap().port());
    drop(listener);
    let mailer = Mailer::new(&config, &url(), Path::new("unused")).unwrap();
    assert!(matches!(
        mailer.send(&letter("Hello", "text")),
        Err(MailError::Smtp(_))
    ));
}

#[test]
fn tls_needs_no_crypto_provider_installed_beforehand() {
    let mut config = smtp_config(0);
    for tls in [EmailTls::Starttls, EmailTls::Wrapper] {
        config.email.tls = tls;
        config.email.host = "mail.example.org".into();
        assert!(Mailer::new(&config, &url(), Path::new("unused")).is_ok());
    }
}
