//! Codes of authenticator apps (RFC 6238): SHA-1, six digits, a new code every 30 seconds, because that is what every app
//! understands.

use data_encoding::BASE32_NOPAD;
use totp_lite::{Sha1, totp_custom};
use url::form_urlencoded;

use super::secret;

/// Seconds that a code is shown.
const PERIOD: u64 = 30;

/// Digits of a code.
const DIGITS: u32 = 6;

/// Bytes of a secret: 16 letters to be typed by hand where there is no camera.
const SECRET_BYTES: usize = 10;

/// Makes a secret that app and server share.
///
/// # Panics
/// When the operating system has no random bytes, as [`secret::token`].
pub fn secret() -> [u8; SECRET_BYTES] {
    let mut bytes = [0; SECRET_BYTES];
    getrandom::fill(&mut bytes).expect("the operating system provides random bytes");
    bytes
}

/// The secret as people type it.
pub fn key(secret: &[u8]) -> String {
    BASE32_NOPAD.encode(secret)
}

/// What authenticator apps read from a QR code (pleroma-contract 6.2): `issuer` is the server, `label` the account.
pub fn provisioning_uri(issuer: &str, label: &str, secret: &[u8]) -> String {
    // A colon would part the label into issuer and account.
    let label = label.replace('%', "%25").replace(':', "%3A");
    let query = form_urlencoded::Serializer::new(String::new())
        .append_pair("digits", &DIGITS.to_string())
        .append_pair("issuer", issuer)
        .append_pair("period", &PERIOD.to_string())
        .append_pair("secret", &key(secret))
        .finish();
    format!("otpauth://totp/{label}?{query}")
}

/// The step of time to which a code belongs: the present one, the one before or the one after, and later than `last`,
/// the step of the last code that was accepted (security.md O9). `None`: the code is wrong, or was seen before.
///
/// `now` is in seconds since 1970.
pub fn accepted_step(secret: &[u8], code: &str, now: i64, last: i64) -> Option<i64> {
    let present = now / PERIOD as i64;
    (present - 1..=present + 1)
        .filter(|step| *step > last)
        .find(|step| secret::is_equal(&at(secret, *step), code))
}

fn at(secret: &[u8], step: i64) -> String {
    totp_custom::<Sha1>(PERIOD, DIGITS, secret, step.unsigned_abs() * PERIOD)
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: i64 = 1_600_000_000;
    const SECRET: &[u8] = b"12345678901234567890";

    #[test]
    fn codes_are_those_of_the_standard() {
        // RFC 6238, appendix B, the last six digits.
        for (seconds, code) in [(59, "287082"), (1_111_111_109, "081804")] {
            assert_eq!(
                accepted_step(SECRET, code, seconds, 0),
                Some(seconds / 30),
                "{code}"
            );
        }
    }

    #[test]
    fn a_code_may_be_one_step_early_or_late_and_no_more() {
        for (offset, accepted) in [(-2, false), (-1, true), (0, true), (1, true), (2, false)] {
            let step = NOW / 30 + offset;
            let found = accepted_step(SECRET, &at(SECRET, step), NOW, 0);
            assert_eq!(found, accepted.then_some(step), "{offset}");
        }
    }

    #[test]
    fn no_step_is_accepted_that_is_not_later_than_the_last() {
        let step = NOW / 30;
        let code = at(SECRET, step);
        assert_eq!(accepted_step(SECRET, &code, NOW, step), None);
        assert_eq!(accepted_step(SECRET, &code, NOW, step + 1), None);
        assert_eq!(accepted_step(SECRET, &code, NOW, step - 1), Some(step));
    }

    #[test]
    fn what_is_no_code_is_wrong() {
        for code in ["", "0", "28708", "2870820", "２８７０８２", "28 7082"] {
            assert_eq!(accepted_step(SECRET, code, 59, 0), None, "{code}");
        }
    }

    #[test]
    fn the_address_for_apps_names_server_account_and_key() {
        assert_eq!(
            provisioning_uri("Cats & Co", "a@b.example", b"1234567890"),
            "otpauth://totp/a@b.example?digits=6&issuer=Cats+%26+Co&period=30&secret=GEZDGNBVGY3TQOJQ"
        );
        assert_eq!(
            provisioning_uri("x", "a@127.0.0.1:4000", b"")
                .split('?')
                .next(),
            Some("otpauth://totp/a@127.0.0.1%3A4000")
        );
    }

    #[test]
    fn secrets_are_long_and_never_the_same() {
        assert_eq!(key(&secret()).len(), 16);
        assert_ne!(secret(), secret());
    }
}
