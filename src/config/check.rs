//! Refuses to start with settings that would be unsafe or cannot work.
use std::path::Path;

use lettre::message::Mailbox;

use super::value::{EmailTls, EmailTransport};
use super::{BaseUrl, Config};
use crate::media::name::SafeName;

impl Config {
    /// Looks at settings together with the address the server will be known by. The error is one
    /// line that names the setting to change.
    pub fn check(&self, url: &BaseUrl) -> Result<(), String> {
        self.check_url(url)?;
        self.check_email()?;
        let client = &self.frontend.primary;
        if !client.is_empty() && SafeName::parse(client).is_err() {
            return Err("frontend.primary is not the name of a folder in static/frontends/".into());
        }
        Ok(())
    }

    fn check_url(&self, url: &BaseUrl) -> Result<(), String> {
        let private = self.federation.allow_private_addresses;
        if !url.is_https() && !url.is_loopback() && !private {
            return Err(format!(
                "server.url = {url} is plain http and not on this machine: passwords and tokens would \
                 cross the network readable; use https (a reverse proxy may speak it)"
            ));
        }
        if private && url.is_public() && !self.federation.allow_private_addresses_on_public_url {
            return Err(format!(
                "federation.allow_private_addresses with the public address {url} lets strangers make \
                 this server call hosts in its own network; if that is meant, also set \
                 federation.allow_private_addresses_on_public_url = true"
            ));
        }
        if url.is_https() && url.is_public() && self.password.cost < 8 {
            return Err("password.cost below 8 is for tests, not for a public address".into());
        }
        Ok(())
    }

    fn check_email(&self) -> Result<(), String> {
        let email = &self.email;
        for (key, address) in [
            ("email.from", &email.from),
            ("instance.contact_email", &self.instance.contact_email),
        ] {
            if !address.is_empty() && address.parse::<Mailbox>().is_err() {
                return Err(format!("{key} is not an e-mail address"));
            }
        }
        if email.transport != EmailTransport::Smtp {
            return Ok(());
        }
        if email.host.is_empty() {
            return Err("email.transport = \"smtp\" needs email.host".into());
        }
        let nearby = matches!(email.host.as_str(), "localhost" | "127.0.0.1" | "::1");
        if email.tls == EmailTls::None && !email.password.is_empty() && !nearby {
            return Err(
                "email.tls = \"none\" would send email.password readable over the network".into(),
            );
        }
        Ok(())
    }
}

/// Refuses a data directory that any user of the machine may write to.
#[cfg(unix)]
pub fn check_data_dir(dir: &Path) -> Result<(), String> {
    use std::os::unix::fs::MetadataExt;
    let found = std::fs::metadata(dir).map_err(|error| format!("{}: {error}", dir.display()))?;
    if found.mode() & 0o002 != 0 {
        return Err(format!(
            "{} may be written by every user of this machine; chmod o-w it",
            dir.display()
        ));
    }
    Ok(())
}

/// Only Unix tells who may write to a directory.
#[cfg(not(unix))]
pub fn check_data_dir(_: &Path) -> Result<(), String> {
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Profile;

    fn check(url: &str, change: impl FnOnce(&mut Config)) -> Result<(), String> {
        let mut config = Config::default();
        change(&mut config);
        config.check(&BaseUrl::parse(url).unwrap())
    }

    #[test]
    fn plain_http_is_for_this_machine_alone() {
        assert!(check("http://127.0.0.1:4000", |_| ()).is_ok());
        assert!(check("http://localhost", |_| ()).is_ok());
        assert!(check("https://example.org", |_| ()).is_ok());
        assert!(
            check("http://example.org", |_| ())
                .unwrap_err()
                .contains("server.url")
        );
        assert!(check("http://192.168.1.2", |_| ()).is_err());
        assert!(
            check("http://192.168.1.2", |c| c
                .federation
                .allow_private_addresses =
                true)
            .is_ok()
        );
    }

    #[test]
    fn private_addresses_on_a_public_url_need_a_second_switch() {
        let refusal = check("https://example.org", |c| {
            c.federation.allow_private_addresses = true
        });
        assert!(
            refusal
                .unwrap_err()
                .contains("allow_private_addresses_on_public_url")
        );
        let meant = check("https://example.org", |c| {
            c.federation.allow_private_addresses = true;
            c.federation.allow_private_addresses_on_public_url = true;
        });
        assert!(meant.is_ok());
    }

    #[test]
    fn the_ephemeral_defaults_pass_on_loopback() {
        let config = Config::preset(Profile::Ephemeral);
        assert_eq!(
            config.check(&BaseUrl::parse("http://127.0.0.1:4000").unwrap()),
            Ok(())
        );
        assert!(
            config
                .check(&BaseUrl::parse("https://example.org").unwrap())
                .is_err()
        );
    }

    #[test]
    fn mail_settings_that_cannot_work_are_refused() {
        let smtp = |c: &mut Config| c.email.transport = EmailTransport::Smtp;
        assert!(
            check("https://example.org", smtp)
                .unwrap_err()
                .contains("email.host")
        );
        assert!(check("https://example.org", |c| c.email.from = "nobody".into()).is_err());
        assert!(
            check("https://example.org", |c| c.email.from =
                "Us <us@example.org>".into())
            .is_ok()
        );
        let bare = |c: &mut Config| {
            smtp(c);
            c.email.host = "mail.example.org".into();
        };
        assert!(check("https://example.org", bare).is_ok());
    }

    #[cfg(unix)]
    #[test]
    fn a_data_directory_open_to_all_is_refused() {
        use std::os::unix::fs::PermissionsExt;
        let dir = tempfile::tempdir().unwrap();
        assert_eq!(check_data_dir(dir.path()), Ok(()));
        std::fs::set_permissions(dir.path(), std::fs::Permissions::from_mode(0o777)).unwrap();
        assert!(check_data_dir(dir.path()).unwrap_err().contains("chmod"));
    }
}
