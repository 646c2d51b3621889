//! The token endpoint and its neighbours. The pages on the way to a code are in `pages::oauth`.

use percent_encoding::percent_decode_str;
use serde_json::{Value, json};

use crate::auth::scope::Scopes;
use crate::auth::secret::digest;
use crate::db::{self, accounts, tokens};
use crate::error::{Error, Result};
use crate::ids::{AccountId, TokenId};
use crate::ops::apps::Client;
use crate::ops::login::second_factor::{self, Attempt};
use crate::ops::login::{self, Exchange, Granted, Outcome};
use crate::ops::mfa::Factor;
use crate::ops::server_keys;
use crate::ops::sessions;
use crate::ops::tokens::{Issued, open_session};
use crate::views;
use crate::views::token::{self, LONGEST_TOLD, Token};
use crate::web::ctx::Ctx;
use crate::web::reply::Reply;
use crate::web::{credentials, passwords, second_factors};

/// `POST /oauth/token`
pub fn token(cx: &Ctx) -> Result<Reply> {
    let outcome = match cx.params.text("grant_type").as_deref() {
        Some("password") => with_password(cx),
        Some("authorization_code") => with_code(cx),
        Some("refresh_token") => with_refresh(cx),
        Some("client_credentials") => as_application(cx),
        _ => Err(bad_request()),
    }?;
    match outcome {
        Outcome::In(granted) => welcome(cx, granted),
        Outcome::SecondFactor(mfa_token) => Err(mfa_required(&mfa_token)),
        Outcome::Refused => Err(refused()),
    }
}

/// `POST /oauth/mfa/challenge`: the second step of the `password` grant. What exactly was wrong is not told.
pub fn challenge(cx: &Ctx) -> Result<Reply> {
    let refused = || Error::BadRequest("Invalid code".into());
    let factor = cx.params.text("challenge_type");
    let factor = factor.and_then(|name| Factor::parse(&name));
    let (Some(factor), Some(mfa_token), Some(code)) = (
        factor,
        cx.params.nonempty("mfa_token"),
        cx.params.nonempty("code"),
    ) else {
        return Err(refused());
    };
    let with = Attempt {
        mfa_token: &mfa_token,
        factor,
        code: &code,
    };
    let granted = second_factors::attempt(cx.app, with, || {
        let outcome = with_client(cx, |tx, client| {
            second_factor::into_token(tx, cx.app.terms(), client, with)
        })?;
        Ok(match outcome {
            Outcome::In(granted) => Some(granted),
            Outcome::SecondFactor(_) | Outcome::Refused => None,
        })
    })?;
    welcome(cx, granted.ok_or_else(refused)?)
}

/// Pleroma's answer to a request that names no known grant, 500 included.
fn bad_request() -> Error {
    Error::Status(500, "Bad request".into())
}

fn refused() -> Error {
    Error::BadRequest("Invalid credentials".into())
}

fn mfa_required(mfa_token: &str) -> Error {
    let body = json!({
        "error": "mfa_required",
        "mfa_token": mfa_token,
        "supported_challenge_types": "totp",
    });
    Error::Answer(403, body)
}

/// The password is compared first, so that a wrong one never tells anything about client or account.
fn with_password(cx: &Ctx) -> Result<Outcome> {
    let name = cx.params.nonempty("username");
    let name = name.or_else(|| cx.params.nonempty("name"));
    let (Some(name), Some(password)) = (name, cx.params.nonempty("password")) else {
        return Ok(Outcome::Refused);
    };
    let Some(user) = passwords::check(cx.app, &name, &password)? else {
        return Ok(Outcome::Refused);
    };
    let scopes = asked_scopes(cx);
    with_client(cx, |tx, client| {
        login::with_password(tx, cx.app.terms(), client, &user, scopes.as_ref())
    })
}

fn with_code(cx: &Ctx) -> Result<Outcome> {
    let Some(code) = cx.params.nonempty("code") else {
        return Ok(Outcome::Refused);
    };
    // Some clients encode it twice.
    let code = percent_decode_str(&code).decode_utf8_lossy();
    let redirect_uri = cx.params.nonempty("redirect_uri");
    let verifier = cx.params.nonempty("code_verifier");
    let shown = Exchange {
        code: &code,
        redirect_uri: redirect_uri.as_deref(),
        verifier: verifier.as_deref(),
    };
    with_client(cx, |tx, client| {
        login::with_code(tx, cx.app.terms(), client, &shown)
    })
}

fn with_refresh(cx: &Ctx) -> Result<Outcome> {
    let Some(refresh) = cx.params.nonempty("refresh_token") else {
        return Ok(Outcome::Refused);
    };
    let sealing = server_keys::push_tokens(cx.app.db())?;
    with_client(cx, |tx, client| {
        login::with_refresh(tx, cx.app.terms(), client, &refresh, &sealing)
    })
}

fn as_application(cx: &Ctx) -> Result<Outcome> {
    with_client(cx, |tx, client| {
        login::as_application(tx, cx.app.terms(), client)
    })
}

/// Tries a grant with each reading of the client's credentials.
fn with_client(cx: &Ctx, grant: impl Fn(&db::Tx, &Client) -> Result<Outcome>) -> Result<Outcome> {
    for client in clients(cx) {
        let outcome = cx.app.db().write(|tx| grant(tx, &client))?;
        if !matches!(outcome, Outcome::Refused) {
            return Ok(outcome);
        }
    }
    Ok(Outcome::Refused)
}

/// The client's credentials: of the `Authorization` header, as sent and form-decoded, else of the parameters.
fn clients(cx: &Ctx) -> Vec<Client> {
    let header = cx.header("Authorization").and_then(|header| {
        let (scheme, rest) = header.split_once(' ')?;
        scheme
            .eq_ignore_ascii_case("basic")
            .then(|| credentials::basic(rest.trim()))?
    });
    if let Some(pairs) = header {
        let client = |(id, secret)| Client { id, secret };
        return pairs.into_iter().map(client).collect();
    }
    match (
        cx.params.nonempty("client_id"),
        cx.params.nonempty("client_secret"),
    ) {
        (Some(id), Some(secret)) => vec![Client {
            id: id.into_owned(),
            secret: secret.into_owned(),
        }],
        _ => Vec::new(),
    }
}

/// `None` when not a word was said about scopes.
fn asked_scopes(cx: &Ctx) -> Option<Scopes> {
    let key = ["scope", "scopes"]
        .into_iter()
        .find(|key| cx.params.has(key))?;
    Some(Scopes::parse(&cx.params.list(key).join(" ")))
}

/// Shows the token, and lets a cookie stand for it. Pages of other sites get none: they could log a visitor in as
/// somebody else. An application's own token does not push a user's session away.
pub fn welcome(cx: &Ctx, granted: Granted) -> Result<Reply> {
    let (id, lifetime) = (granted.token.id, granted.token.lifetime);
    let me = match granted.account {
        Some(account) => Some(actor_id(cx, account)?),
        None => None,
    };
    let reply = Reply::json(&shown(granted.token, me))?
        .header("Cache-Control", "no-store")
        .header("Pragma", "no-cache");
    let keeps_cookie = granted.account.is_none() && has_user_session(cx)?;
    if keeps_cookie || !credentials::is_own_page(cx.request, cx.app) {
        return Ok(reply);
    }
    let cookie = cx.app.db().write(|tx| open_session(tx, id))?;
    let set = credentials::set_cookie(cx.app, &cookie, lifetime);
    Ok(reply.header("Set-Cookie", &set))
}

fn has_user_session(cx: &Ctx) -> Result<bool> {
    let Some(cookie) = credentials::cookie(cx.request) else {
        return Ok(false);
    };
    let session = sessions::by_cookie(cx.app.db(), cx.app.rules(), &cookie)?;
    Ok(session.viewer().is_some())
}

fn shown(token: Issued, me: Option<String>) -> Token {
    Token {
        id: token.id.0,
        token_type: "Bearer",
        access_token: token.access,
        refresh_token: token.refresh,
        expires_in: token.lifetime.as_secs().min(LONGEST_TOLD),
        scope: token.scopes,
        created_at: token.created_at.seconds(),
        me,
    }
}

fn actor_id(cx: &Ctx, account: AccountId) -> Result<String> {
    let row = cx.app.db().read(|db| accounts::by_id(db, account))?;
    Ok(row.ok_or(Error::record())?.uri)
}

/// `POST /oauth/revoke`
pub fn revoke(cx: &Ctx) -> Result<Reply> {
    let shown = cx.params.nonempty("token").ok_or_else(bad_request)?;
    let clients = clients(cx);
    let named = cx.params.has("client_id") || !clients.is_empty();
    let cookie = credentials::cookie(cx.request);
    let cookie = cookie.as_deref().map(digest);
    let ended = cx.app.db().write(|tx| {
        let alive = |tx| match &cookie {
            Some(hash) => Ok(tokens::by_cookie(tx, hash)?.is_some()),
            None => Ok::<_, Error>(false),
        };
        let before = alive(tx)?;
        if !named {
            login::revoke(tx, None, &shown)?;
        }
        for client in &clients {
            login::revoke(tx, Some(client), &shown)?;
        }
        Ok(before && !alive(tx)?)
    })?;
    let reply = Reply::json(&json!({}))?;
    Ok(if ended {
        reply.header("Set-Cookie", &credentials::clear_cookie(cx.app))
    } else {
        reply
    })
}

/// `DELETE /auth/sign_out`
pub fn sign_out(cx: &Ctx) -> Result<Reply> {
    let back = Reply::redirect("/");
    let Some(cookie) = credentials::cookie(cx.request) else {
        return Ok(back);
    };
    if !credentials::is_own_page(cx.request, cx.app) {
        return Err(Error::InvalidCredentials);
    }
    cx.app
        .db()
        .write(|tx| tokens::delete_cookie(tx, &digest(&cookie)))?;
    Ok(back.header("Set-Cookie", &credentials::clear_cookie(cx.app)))
}

/// `GET /api/oauth_tokens`
pub fn list(cx: &Ctx) -> Result<Reply> {
    let me = cx.me()?.id;
    let rows = cx.app.db().read(|db| tokens::list_of(db, me))?;
    Reply::json(&token::own(rows))
}

/// `DELETE /api/oauth_tokens/{id}`
pub fn delete(cx: &Ctx) -> Result<Reply> {
    let me = cx.me()?.id;
    if let Some(id) = cx.optional_id::<TokenId>("id") {
        cx.app.db().write(|tx| tokens::delete_own(tx, me, id))?;
    }
    Ok(Reply::empty(201))
}

/// `GET /oauth/userinfo`, `POST /oauth/userinfo`
pub fn userinfo(cx: &Ctx) -> Result<Reply> {
    let me = cx.me()?.id;
    let account = cx.app.db().read(|db| {
        let row = accounts::by_id(db, me)?.ok_or(Error::record())?;
        Ok(views::account::build(&row, cx.app.house(), false).core)
    })?;
    Reply::json(&json!({
        "iss": cx.app.base().join("/"),
        "sub": account.uri,
        "name": account.display_name,
        "preferred_username": account.username,
        "profile": account.url,
        "picture": account.avatar,
    }))
}

/// `GET /.well-known/oauth-authorization-server`
pub fn metadata(cx: &Ctx) -> Result<Reply> {
    let at = |path: &str| Value::from(cx.app.base().join(path));
    Reply::json(&json!({
        "issuer": at("/"),
        "authorization_endpoint": at("/oauth/authorize"),
        "token_endpoint": at("/oauth/token"),
        "revocation_endpoint": at("/oauth/revoke"),
        "app_registration_endpoint": at("/api/v1/apps"),
        "userinfo_endpoint": at("/oauth/userinfo"),
        "scopes_supported": ["profile", "read", "write", "follow", "push", "admin:read", "admin:write"],
        "response_types_supported": ["code"],
        "response_modes_supported": ["query"],
        "grant_types_supported": ["authorization_code", "client_credentials", "password", "refresh_token"],
        "token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post"],
        "code_challenge_methods_supported": ["S256"],
    }))
}
