//! Sessions: who a token or cookie speaks for, and what they may. The one `authenticate` of the server (security.md O4):
//! it asks the database every time, so deactivation, approval and revocation take effect at once.

use std::collections::HashMap;

use rusqlite::Connection;

use crate::auth::scope::Scopes;
use crate::auth::secret::digest;
use crate::db::tokens::{self, TokenRow};
use crate::db::users::Standing;
use crate::db::{Db, users};
use crate::error::{Error, Result};
use crate::ids::{AccountId, AppId, TokenId};

/// What the settings say about who may be heard.
#[derive(Clone, Copy, Debug)]
pub struct Rules {
    /// Unconfirmed accounts may not log in.
    pub activation_required: bool,
}

/// A logged-in user.
#[derive(Clone, Debug)]
pub struct Viewer {
    /// Its account.
    pub id: AccountId,
    /// Its name.
    pub username: String,
    /// Full rights.
    pub is_admin: bool,
    /// Reports and statuses.
    pub is_moderator: bool,
    /// `None`: everything that the user may (HTTP Basic).
    pub scopes: Option<Scopes>,
    /// `None` with HTTP Basic.
    pub token: Option<TokenId>,
    /// The application, if one was used.
    pub app: Option<AppId>,
}

/// Who is calling.
#[derive(Clone, Debug)]
pub enum Session {
    /// Nobody we know: no, unknown or useless credentials.
    Anonymous,
    /// An application by itself.
    App {
        /// The application.
        app: AppId,
        /// Its token.
        token: TokenId,
    },
    /// A user.
    User(Viewer),
    /// A user with a second factor who sent a password with the request (pleroma-contract B.10).
    PasswordNotEnough,
    /// The holder of the admin secret: an admin without an account.
    AdminSecret,
}

impl Session {
    /// The user, if one calls.
    pub fn viewer(&self) -> Option<&Viewer> {
        match self {
            Session::User(viewer) => Some(viewer),
            _ => None,
        }
    }

    /// For routes that anybody may call: without the scope, a user is a stranger.
    pub fn narrowed(self, scopes: &[&str]) -> Session {
        match self {
            Session::User(viewer) if !viewer.may(scopes) => Session::Anonymous,
            session => session,
        }
    }

    /// For routes of users.
    pub fn user_needed(self, scopes: &'static [&'static str]) -> Result<Session> {
        match self {
            Session::User(viewer) if viewer.may(scopes) => Ok(Session::User(viewer)),
            Session::User(_) => Err(Error::MissingScope(scopes)),
            Session::PasswordNotEnough => Err(Error::Forbidden(
                "Two-factor authentication enabled, you must use a access token.".into(),
            )),
            _ => Err(Error::InvalidCredentials),
        }
    }

    /// For routes of admins. The flag is asked first: a scope never makes an admin.
    pub fn admin_needed(self, scopes: &'static [&'static str]) -> Result<Session> {
        match self {
            Session::User(viewer) if !viewer.is_admin => {
                Err(Error::Forbidden("User is not an admin.".into()))
            }
            session => session.user_needed(scopes),
        }
    }

    /// For routes that any live token opens.
    pub fn token_needed(self) -> Result<Session> {
        match self {
            Session::User(_) | Session::App { .. } => Ok(self),
            _ => Err(Error::Status(401, "The access token is invalid".into())),
        }
    }
}

impl Viewer {
    /// Whether the token has one of the scopes; no scope named is none needed.
    pub fn may(&self, scopes: &[&str]) -> bool {
        match &self.scopes {
            None => true,
            Some(granted) => scopes.is_empty() || granted.allows_any(scopes),
        }
    }
}

/// The session of a bearer token.
pub fn by_token(db: &Db, rules: Rules, token: &str) -> Result<Session> {
    let found = db.ask(|db| tokens::by_access(db, &digest(token)))?;
    Ok(session(found, rules))
}

/// The session of a cookie.
pub fn by_cookie(db: &Db, rules: Rules, cookie: &str) -> Result<Session> {
    let found = db.ask(|db| tokens::by_cookie(db, &digest(cookie)))?;
    Ok(session(found, rules))
}

/// The users of those among these tokens that are still live and whose users may be heard, with their present rights.
pub fn still(db: &Connection, rules: Rules, ids: &[TokenId]) -> Result<HashMap<TokenId, Viewer>> {
    let rows = tokens::live(db, ids)?;
    let sessions = rows
        .into_iter()
        .map(|row| (row.id, session(Some(row), rules)));
    Ok(sessions
        .filter_map(|(id, session)| session.viewer().cloned().map(|viewer| (id, viewer)))
        .collect())
}

/// A user known by other means than a token, with all rights of its own.
pub fn of_user(user: &users::UserRow) -> Session {
    Session::User(Viewer {
        id: user.id,
        username: user.username.clone(),
        is_admin: user.is_admin,
        is_moderator: user.is_moderator,
        scopes: None,
        token: None,
        app: None,
    })
}

fn session(found: Option<TokenRow>, rules: Rules) -> Session {
    let Some(token) = found else {
        return Session::Anonymous;
    };
    match (token.user, token.app) {
        (Some(user), app) if user.flags.standing(rules.activation_required) == Standing::Active => {
            Session::User(Viewer {
                id: user.id,
                username: user.username,
                is_admin: user.is_admin,
                is_moderator: user.is_moderator,
                scopes: Some(Scopes::parse(&token.scopes)),
                token: Some(token.id),
                app,
            })
        }
        (None, Some(app)) => Session::App {
            app,
            token: token.id,
        },
        _ => Session::Anonymous,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn user(is_admin: bool, scopes: Option<&str>) -> Session {
        Session::User(Viewer {
            id: AccountId(1),
            username: "somebody".into(),
            is_admin,
            is_moderator: false,
            scopes: scopes.map(Scopes::parse),
            token: None,
            app: None,
        })
    }

    fn app() -> Session {
        Session::App {
            app: AppId(1),
            token: TokenId(1),
        }
    }

    #[track_caller]
    fn refused(answer: Result<Session>, status: u16, text: &str) {
        let error = answer.expect_err("must be refused");
        assert_eq!((error.status(), error.to_string()), (status, text.into()));
    }

    const ADMIN: &[&str] = &["admin:read:accounts"];

    #[test]
    fn a_scope_never_makes_an_admin() {
        for scopes in [
            Some("admin"),
            Some("admin:read:accounts"),
            Some("read"),
            None,
        ] {
            refused(
                user(false, scopes).admin_needed(ADMIN),
                403,
                "User is not an admin.",
            );
        }
    }

    #[test]
    fn an_admin_needs_the_scope_or_a_prefix_of_it() {
        for scopes in ["admin", "admin:read", "admin:read:accounts"] {
            assert!(user(true, Some(scopes)).admin_needed(ADMIN).is_ok());
        }
        for scopes in [
            "read",
            "write follow push",
            "admin:write",
            "admin:read:accountsx",
        ] {
            refused(
                user(true, Some(scopes)).admin_needed(ADMIN),
                403,
                "Insufficient permissions: admin:read:accounts.",
            );
        }
    }

    #[test]
    fn a_password_with_the_request_needs_no_scope() {
        assert!(user(true, None).admin_needed(ADMIN).is_ok());
        assert!(user(false, None).user_needed(&["write:statuses"]).is_ok());
    }

    #[test]
    fn strangers_applications_and_halves_of_logins_are_no_admins() {
        refused(
            Session::Anonymous.admin_needed(ADMIN),
            403,
            "Invalid credentials.",
        );
        refused(app().admin_needed(ADMIN), 403, "Invalid credentials.");
        refused(
            Session::PasswordNotEnough.admin_needed(ADMIN),
            403,
            "Two-factor authentication enabled, you must use a access token.",
        );
    }

    #[test]
    fn only_users_with_the_scope_are_known_where_anybody_may_look() {
        let known = |session: Session| session.narrowed(&["read:statuses"]).viewer().is_some();
        assert!(known(user(false, Some("read"))));
        assert!(known(user(false, None)));
        assert!(!known(user(false, Some("write"))));
        assert!(!known(app()));
        assert!(!known(Session::PasswordNotEnough));
    }

    #[test]
    fn a_route_for_tokens_takes_those_of_users_and_of_applications() {
        assert!(user(false, Some("write")).token_needed().is_ok());
        assert!(app().token_needed().is_ok());
        for session in [Session::Anonymous, Session::PasswordNotEnough] {
            refused(session.token_needed(), 401, "The access token is invalid");
        }
    }
}
