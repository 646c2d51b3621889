//! The second factor: setting it up, switching it off, and whether a code is right. Where a login asks for one is
//! [`crate::ops::login`].

use crate::auth::{secret, totp};
use crate::clock::Timestamp;
use crate::db::{Tx, codes, mfa, mfa_tokens, users};
use crate::error::{Error, Result};
use crate::ids::AccountId;
use crate::mail::Site;

/// Backup codes that a person has at once.
const BACKUP_CODES: usize = 5;

/// Bytes of a backup code; it is shown as twice as many hexadecimal digits.
const BACKUP_CODE_BYTES: usize = 8;

/// What a person proves to be there with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Factor {
    /// A code of the authenticator app.
    Totp,
    /// A backup code: each logs in once.
    Recovery,
}

impl Factor {
    /// As clients name it.
    pub fn name(self) -> &'static str {
        match self {
            Factor::Totp => "totp",
            Factor::Recovery => "recovery",
        }
    }

    /// Reads the name.
    pub fn parse(name: &str) -> Option<Factor> {
        match name {
            "totp" => Some(Factor::Totp),
            "recovery" => Some(Factor::Recovery),
            _ => None,
        }
    }
}

/// What a person needs to set up an authenticator app.
pub struct SetUp {
    /// To be typed.
    pub key: String,
    /// To be scanned.
    pub provisioning_uri: String,
}

/// Makes a secret for an authenticator app. It counts only once it is confirmed; one in use stays in use until then.
pub fn set_up(tx: &Tx, site: &Site, account: AccountId) -> Result<SetUp> {
    mfa::set_pending(tx, account, &totp::secret())?;
    pending(tx, site, account)
}

/// The secret that waits to be confirmed.
pub fn pending(tx: &Tx, site: &Site, account: AccountId) -> Result<SetUp> {
    let user = users::by_id(tx, account)?.ok_or(Error::InvalidCredentials)?;
    let secret = mfa::totp(tx, account)?
        .pending
        .ok_or_else(nothing_pending)?;
    let label = user
        .email
        .unwrap_or_else(|| format!("{}@{}", user.username, site.url.domain()));
    Ok(SetUp {
        key: totp::key(&secret),
        provisioning_uri: totp::provisioning_uri(site.name, &label, &secret),
    })
}

/// Switches the second factor on, or over to a new app, with the first right code of the app. Logins that got past the
/// password alone have to begin anew; sessions stay (pleroma-contract 6.3).
pub fn confirm(tx: &Tx, account: AccountId, code: &str) -> Result<()> {
    let known = mfa::totp(tx, account)?;
    let pending = known.pending.ok_or_else(nothing_pending)?;
    let step = totp::accepted_step(&pending, &tidy(code), Timestamp::now().seconds(), 0)
        .ok_or_else(|| Error::Invalid("invalid_token".into()))?;
    mfa::activate_pending(tx, account, step)?;
    mfa_tokens::delete_of(tx, account)?;
    codes::delete_unused_of(tx, account)
}

/// Switches the second factor off; the backup codes go with it.
pub fn disable(tx: &Tx, account: AccountId) -> Result<()> {
    mfa::clear(tx, account)
}

/// Makes new backup codes; older ones end. This is the only moment at which they are known.
pub fn make_backup_codes(tx: &Tx, account: AccountId) -> Result<Vec<String>> {
    let codes: Vec<String> = (0..BACKUP_CODES).map(|_| backup_code()).collect();
    let hashes: Vec<[u8; 32]> = codes.iter().map(|code| secret::digest(code)).collect();
    mfa::replace_backup_codes(tx, account, &hashes)?;
    Ok(codes)
}

/// Whether the code is right; it will not be so again (security.md O9).
pub fn redeem(tx: &Tx, account: AccountId, factor: Factor, code: &str) -> Result<bool> {
    let (known, code) = (mfa::totp(tx, account)?, tidy(code));
    // Backup codes may exist before the second factor is on; then there is nothing for them to open.
    let Some(secret) = known.secret else {
        return Ok(false);
    };
    if factor == Factor::Recovery {
        return mfa::burn_backup_code(tx, account, &secret::digest(&code.to_lowercase()));
    }
    let now = Timestamp::now().seconds();
    match totp::accepted_step(&secret, &code, now, known.last_step) {
        Some(step) => mfa::set_last_step(tx, account, step).map(|()| true),
        None => Ok(false),
    }
}

fn nothing_pending() -> Error {
    Error::Invalid("invalid_secret_and_token".into())
}

fn backup_code() -> String {
    let mut bytes = [0; BACKUP_CODE_BYTES];
    getrandom::fill(&mut bytes).expect("the operating system provides random bytes");
    data_encoding::HEXLOWER.encode(&bytes)
}

/// Apps show codes in groups, and people type them so.
fn tidy(code: &str) -> String {
    code.chars()
        .filter(|c| !c.is_whitespace() && *c != '-')
        .collect()
}
