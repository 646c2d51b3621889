//! Turns a letter into an RFC 5322 message and hands it over.
use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use lettre::message::header::{ContentTransferEncoding, ContentType, HeaderName, HeaderValue};
use lettre::message::{Body, Mailbox};
use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::client::{Tls, TlsParameters};
use lettre::transport::smtp::extension::ClientId;
use lettre::{Address, Message, SmtpTransport, Transport};
use time::OffsetDateTime;
use time::macros::format_description;

use super::letter::{Letter, one_line};
use crate::config::{BaseUrl, Config, Email, EmailTls, EmailTransport};

/// How long the mail server may take for one step of the conversation.
const TIMEOUT: Duration = Duration::from_secs(30);

/// Longest line that mail may have without being re-encoded (RFC 5321, without CR LF).
const LONGEST_LINE: usize = 998;

/// Why a letter did not leave. All of them are worth another try: addresses and servers get fixed.
#[derive(Debug, thiserror::Error)]
pub enum MailError {
    /// Not an address that mail can be sent to.
    #[error("not an e-mail address: {0:?}")]
    Address(String),
    /// The letter could not be written as a message.
    #[error("cannot compose the message: {0}")]
    Compose(#[from] lettre::error::Error),
    /// The `.eml` file could not be written.
    #[error("cannot write to the mail folder: {0}")]
    File(#[from] io::Error),
    /// The mail server could not be reached or said no.
    #[error("mail server: {0}")]
    Smtp(#[from] lettre::transport::smtp::Error),
}

/// Sends letters the way `email.transport` says.
pub struct Mailer {
    from: Mailbox,
    way: Way,
}

enum Way {
    Folder(PathBuf),
    Server(Box<SmtpTransport>),
}

impl Mailer {
    /// Prepares sending; `folder` is where the file transport writes. Nothing is connected and
    /// the folder is not made before the first letter.
    pub fn new(config: &Config, url: &BaseUrl, folder: &Path) -> Result<Mailer, MailError> {
        let way = match config.email.transport {
            EmailTransport::File => Way::Folder(folder.to_owned()),
            EmailTransport::Smtp => Way::Server(Box::new(smtp(&config.email, url)?)),
        };
        Ok(Mailer {
            from: sender(config, url)?,
            way,
        })
    }

    /// Sends one letter and returns when it is safely in the folder or accepted by the server.
    pub fn send(&self, letter: &Letter) -> Result<(), MailError> {
        match &self.way {
            Way::Folder(folder) => {
                let message = self.compose(letter, ContentTransferEncoding::EightBit)?;
                Ok(write_file(folder, &message.formatted())?)
            }
            Way::Server(server) => {
                let message = self.compose(letter, ContentTransferEncoding::QuotedPrintable)?;
                server.send(&message)?;
                Ok(())
            }
        }
    }

    fn compose(
        &self,
        letter: &Letter,
        beyond_ascii: ContentTransferEncoding,
    ) -> Result<Message, MailError> {
        let automatic = HeaderName::new_from_ascii_str("Auto-Submitted");
        let message = Message::builder()
            .date_now()
            .from(self.from.clone())
            .to(Mailbox::new(None, address(&letter.to)?))
            .subject(one_line(&letter.subject))
            .message_id(Some(format!(
                "<{}@{}>",
                random_hex()?,
                self.from.email.domain()
            )))
            .raw_header(HeaderValue::new(automatic, "auto-generated".into()))
            .header(ContentType::TEXT_PLAIN)
            .body(encode(&letter.text, beyond_ascii))?;
        Ok(message)
    }
}

/// Encodes the body so that links stay whole in the raw message: lettre alone would break ASCII
/// lines at 76 characters, far below what the standard allows.
fn encode(text: &str, beyond_ascii: ContentTransferEncoding) -> Body {
    let lines: Vec<&str> = text.lines().collect();
    let plain = lines.iter().all(|line| line.len() <= LONGEST_LINE) && !text.contains(['\0', '\r']);
    let encoding = if text.is_ascii() {
        ContentTransferEncoding::SevenBit
    } else {
        beyond_ascii
    };
    if !plain || encoding == ContentTransferEncoding::QuotedPrintable {
        return Body::new(text.to_owned());
    }
    Body::dangerous_pre_encoded((lines.join("\r\n") + "\r\n").into_bytes(), encoding)
}

fn address(text: &str) -> Result<Address, MailError> {
    text.parse()
        .map_err(|_| MailError::Address(text.to_owned()))
}

/// `email.from`, else `kenoma@HOST` under the name of the instance.
fn sender(config: &Config, url: &BaseUrl) -> Result<Mailbox, MailError> {
    let from = &config.email.from;
    if !from.is_empty() {
        return from.parse().map_err(|_| MailError::Address(from.clone()));
    }
    let host = url.host();
    // Mail headers have no room for an IPv6 host; whoever really sends mail has a name.
    let domain = if host.starts_with('[') {
        "localhost"
    } else {
        &host
    };
    let address = address(&format!("kenoma@{domain}"))?;
    Ok(Mailbox::new(Some(one_line(&config.instance.name)), address))
}

fn smtp(email: &Email, url: &BaseUrl) -> Result<SmtpTransport, MailError> {
    let (tls, usual_port) = match email.tls {
        EmailTls::Starttls => (Tls::Required(TlsParameters::new(email.host.clone())?), 587),
        EmailTls::Wrapper => (Tls::Wrapper(TlsParameters::new(email.host.clone())?), 465),
        EmailTls::None => (Tls::None, 25),
    };
    let port = u16::try_from(email.port)
        .ok()
        .filter(|port| *port != 0)
        .unwrap_or(usual_port);
    // Named "dangerous" because it leaves TLS to the caller, who has just chosen it.
    let mut server = SmtpTransport::builder_dangerous(&email.host)
        .port(port)
        .tls(tls)
        .timeout(Some(TIMEOUT))
        .hello_name(hello_name(url));
    if !email.user.is_empty() {
        let password = email.password.expose().to_owned();
        server = server.credentials(Credentials::new(email.user.clone(), password));
    }
    Ok(server.build())
}

fn hello_name(url: &BaseUrl) -> ClientId {
    let host = url.host();
    let bare = host.trim_matches(['[', ']']);
    if let Ok(ip) = bare.parse() {
        return ClientId::Ipv4(ip);
    }
    bare.parse()
        .map_or(ClientId::Domain(host.clone()), ClientId::Ipv6)
}

/// Writes the whole file under a hidden name first: who watches for `.eml` never sees half of one.
fn write_file(folder: &Path, message: &[u8]) -> io::Result<()> {
    private_folder(folder)?;
    let name = file_name(OffsetDateTime::now_utc())?;
    let hidden = folder.join(format!(".{name}.part"));
    let written = write_durably(&hidden, message)
        .and_then(|()| fs::rename(&hidden, folder.join(&name)))
        .and_then(|()| File::open(folder)?.sync_all());
    if written.is_err() {
        // Best effort: the first error is the one worth reporting.
        let _ = fs::remove_file(&hidden);
    }
    written
}

/// Letters hold tokens: nobody else on the machine may read them.
fn private_folder(folder: &Path) -> io::Result<()> {
    let mut builder = DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    match builder.create(folder) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => Err(error),
        _ => Ok(()),
    }
}

fn write_durably(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(path)?;
    file.write_all(bytes)?;
    file.sync_all()
}

/// Sorts by time to the nanosecond; the random part keeps two threads apart.
fn file_name(now: OffsetDateTime) -> io::Result<String> {
    let layout =
        format_description!("[year][month][day]T[hour][minute][second].[subsecond digits:9]Z");
    let moment = now.format(&layout).map_err(io::Error::other)?;
    Ok(format!("{moment}-{}.eml", &random_hex()?[..8]))
}

fn random_hex() -> io::Result<String> {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes).map_err(io::Error::other)?;
    Ok(data_encoding::HEXLOWER.encode(&bytes))
}
