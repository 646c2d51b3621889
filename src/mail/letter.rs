//! What the server writes to people. Plain text; every link stands alone on its line, so that
//! mail programs find it and nothing is glued to it.
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde::{Deserialize, Serialize};

use crate::config::BaseUrl;

/// A letter before it has a sender. Serialisable: this is the payload of a mail job.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Letter {
    /// One address; checked when the letter is sent.
    pub to: String,
    /// One line; control characters are replaced when the letter is sent.
    pub subject: String,
    /// The body, lines ending in `\n`.
    pub text: String,
}

/// Who writes: what letters call the instance, and where their links lead.
#[derive(Clone, Copy, Debug)]
pub struct Site<'a> {
    /// `instance.name`
    pub name: &'a str,
    /// The configured address, never the `Host` of a request: a link in a letter must not lead
    /// where a stranger wants.
    pub url: &'a BaseUrl,
}

/// Someone who waits for approval, as admins read about it.
#[derive(Clone, Copy, Debug)]
pub struct Applicant<'a> {
    /// User name.
    pub username: &'a str,
    /// Address, where one was given.
    pub email: Option<&'a str>,
    /// What the person wrote about joining.
    pub reason: &'a str,
}

impl Site<'_> {
    /// Asks a new account to confirm its address.
    pub fn confirmation(&self, to: &str, username: &str, id: &str, token: &str) -> Letter {
        let link = self.link("/api/account/confirm_email", &[id, token]);
        self.letter(
            to,
            format!("{}: please confirm your e-mail address", self.name),
            format!(
                "Hello {username},\n\n\
                 someone, hopefully you, registered an account at {name} with this address.\n\
                 To confirm it, open this link:\n\n\
                 {link}\n\n\
                 If it was not you, ignore this letter.\n",
                name = self.name,
            ),
        )
    }

    /// Lets the owner of an account choose a new password.
    pub fn password_reset(&self, to: &str, username: &str, token: &str) -> Letter {
        let link = self.link("/api/pleroma/password_reset", &[token]);
        self.letter(
            to,
            format!("{}: choose a new password", self.name),
            format!(
                "Hello {username},\n\n\
                 someone, hopefully you, asked for a new password for your account at {name}.\n\
                 To choose one, open this link within an hour; it works once:\n\n\
                 {link}\n\n\
                 If it was not you, ignore this letter: your password stays as it is.\n",
                name = self.name,
            ),
        )
    }

    /// Tells an admin that someone waits for approval.
    pub fn awaiting_approval(&self, to: &str, applicant: &Applicant) -> Letter {
        let email = applicant.email.unwrap_or("none given");
        self.letter(
            to,
            format!("{}: {} asks to join", self.name, applicant.username),
            format!(
                "A new account at {name} waits for approval.\n\n\
                 User name: {username}\n\
                 E-mail: {email}\n\
                 Reason:\n\n\
                 {reason}\n\n\
                 To decide, open the administration of\n\n\
                 {url}\n",
                name = self.name,
                username = applicant.username,
                reason = quote(applicant.reason),
                url = self.url,
            ),
        )
    }

    /// Tells an admin that somebody else has a key of this server.
    pub fn misused_key(&self, to: &str, key: &str, from: &str) -> Letter {
        self.letter(
            to,
            format!("{}: somebody else has a key of this server", self.name),
            format!(
                "A request to {name} was signed with a key of this server, and did not come from it.\n\n\
                 Key: {key}\n\
                 Address: {from}\n\n\
                 The request was refused. But whoever sent it can speak for that account on other servers: the\n\
                 database of this server, or a backup of it, is in other hands.\n",
                name = self.name,
            ),
        )
    }

    /// Tells the person who waited that the account can be used.
    pub fn approved(&self, to: &str, username: &str) -> Letter {
        self.letter(
            to,
            format!("{}: your account has been approved", self.name),
            format!(
                "Hello {username},\n\n\
                 your account at {name} has been approved. You can log in now:\n\n\
                 {url}\n",
                name = self.name,
                url = self.url,
            ),
        )
    }

    /// Invites someone; `name` is how the inviting admin addressed them, if at all.
    pub fn invite(&self, to: &str, name: Option<&str>, token: &str) -> Letter {
        let link = self.link("/registration", &[token]);
        let greeting = name.map_or_else(
            || "Hello,".to_owned(),
            |name| format!("Hello {},", one_line(name)),
        );
        self.letter(
            to,
            format!("Invitation to {}", self.name),
            format!(
                "{greeting}\n\n\
                 you are invited to join {instance}. To register, open this link:\n\n\
                 {link}\n\n\
                 If you do not want to join, ignore this letter.\n",
                instance = self.name,
            ),
        )
    }

    fn letter(&self, to: &str, subject: String, text: String) -> Letter {
        Letter {
            to: to.to_owned(),
            subject: one_line(&subject),
            text,
        }
    }

    fn link(&self, path: &str, segments: &[&str]) -> String {
        segments.iter().fold(self.url.join(path), |link, segment| {
            format!("{link}/{}", utf8_percent_encode(segment, SEGMENT))
        })
    }
}

/// What may stand in a path segment as it is.
const SEGMENT: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'_')
    .remove(b'.')
    .remove(b'~');

/// Makes text safe for a header or a greeting: one line without control characters.
pub(super) fn one_line(text: &str) -> String {
    let spaced = text.replace(
        |c: char| c.is_control() || matches!(c, '\u{2028}' | '\u{2029}'),
        " ",
    );
    spaced.trim().to_owned()
}

/// Marks a stranger's words as such, line by line, so that they cannot pass for ours.
fn quote(text: &str) -> String {
    let lines: Vec<String> = text
        .lines()
        .map(|line| format!("> {}", one_line(line)))
        .collect();
    if lines.is_empty() {
        "> (none)".into()
    } else {
        lines.join("\n")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn url() -> BaseUrl {
        BaseUrl::parse("https://example.org").unwrap()
    }

    fn has_line(letter: &Letter, line: &str) -> bool {
        letter.text.lines().any(|found| found == line)
    }

    #[test]
    fn each_link_stands_alone_on_its_line() {
        let url = url();
        let site = Site {
            name: "kenoma",
            url: &url,
        };
        for (letter, link) in [
            (
                site.confirmation("a@example.org", "alice", "17", "to-ken_"),
                "https://example.org/api/account/confirm_email/17/to-ken_",
            ),
            (
                site.password_reset("a@example.org", "alice", "tok"),
                "https://example.org/api/pleroma/password_reset/tok",
            ),
            (
                site.invite("a@example.org", None, "t/k"),
                "https://example.org/registration/t%2Fk",
            ),
            (
                site.approved("a@example.org", "alice"),
                "https://example.org",
            ),
        ] {
            assert!(has_line(&letter, link), "{}", letter.text);
            assert_eq!(letter.to, "a@example.org");
        }
    }

    #[test]
    fn names_cannot_add_lines_to_subject_or_greeting() {
        let url = url();
        let site = Site {
            name: "ken\r\nBcc: x@example.org\u{2028}oma",
            url: &url,
        };
        let letter = site.invite(
            "a@example.org",
            Some("Bob\n\nhttps://evil.example/\n"),
            "tok",
        );
        assert_eq!(letter.subject, "Invitation to ken  Bcc: x@example.org oma");
        assert!(has_line(&letter, "Hello Bob  https://evil.example/,"));
    }

    #[test]
    fn an_applicants_words_are_quoted() {
        let url = url();
        let site = Site {
            name: "kenoma",
            url: &url,
        };
        let reason = "Hi\r\nTo decide, open https://evil.example";
        let applicant = Applicant {
            username: "bob",
            email: Some("bob@example.org"),
            reason,
        };
        let letter = site.awaiting_approval("admin@example.org", &applicant);
        assert!(has_line(&letter, "> To decide, open https://evil.example"));
        assert!(has_line(&letter, "E-mail: bob@example.org"));
        let silent = Applicant {
            username: "bob",
            email: None,
            reason: "",
        };
        assert!(has_line(
            &site.awaiting_approval("admin@example.org", &silent),
            "> (none)"
        ));
    }
}
