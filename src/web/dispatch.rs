//! One request's way: route, parameters, caller, access, handler, answer. The only place that turns errors into bodies.

use std::fs::File;
use std::io::Read;
use std::net::IpAddr;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use super::credentials::{self, Credentials};
use super::ctx::Ctx;
use super::door::SPOOL_HEADER;
use super::idempotency;
use super::negotiation;
use super::params::{Body, Data, Params};
use super::rate::{Class, Who};
use super::reply::Reply;
use super::router::{Access, BodySize, Found, Route};
use crate::app::App;
use crate::error::{Error, Result};
use crate::ops::sessions::{self, Session};
use crate::pages::frontends;

/// Answers one request, whatever happens.
pub fn answer(app: &App, request: &rouille::Request) -> rouille::Response {
    let started = Instant::now();
    let path = request
        .raw_url()
        .split('?')
        .next()
        .unwrap_or("/")
        .to_owned();
    let reply = catch_unwind(AssertUnwindSafe(|| respond(app, request, &path)))
        .unwrap_or_else(|_| Err(Error::internal("a handler panicked")))
        .unwrap_or_else(|error| refusal(request, &path, &error));
    let reply = compressed(request, with_cors(&path, reply));
    log::debug!(
        "{} {} {} {:?}",
        request.method(),
        path.escape_debug(),
        reply.status,
        started.elapsed()
    );
    reply.into_response()
}

/// The most a body of that request may have; the front door asks before it reads.
pub fn body_limit(app: &App, method: &str, target: &str) -> usize {
    let path = target.split('?').next().unwrap_or("/");
    let upload = matches!(
        app.router().find(method, path),
        Found::Route(
            Route {
                body: BodySize::Upload,
                ..
            },
            _
        )
    );
    if upload {
        app.config().upload.limit as usize + UPLOAD_FORM
    } else {
        app.config().limits.body as usize
    }
}

/// Whether that request waits for what another server sends: it is answered by threads of its own.
pub fn is_slow(app: &App, method: &str, target: &str) -> bool {
    let path = target.split('?').next().unwrap_or("/");
    matches!(
        app.router().find(method, path),
        Found::Route(Route { slow: true, .. }, _)
    )
}

/// What the form around an upload may take.
const UPLOAD_FORM: usize = 64 * 1024;

fn respond(app: &App, request: &rouille::Request, path: &str) -> Result<Reply> {
    if app.is_stopping() {
        return Err(Error::Status(503, "The server is stopping".into()));
    }
    if request.method() == "OPTIONS" {
        return preflight(app, path);
    }
    let address = caller_address(app, request);
    let (mut params, body) = read_request(app, request, path)?;
    let method = method_of(request, &params);
    let (route, path_params) = match app.router().find(&method, path) {
        Found::Route(route, params) => (route, params),
        Found::OtherMethods(known) => return Ok(method_not_allowed(&known)),
        Found::Nothing => return nowhere(app, request, path, params, address),
    };
    for (key, value) in path_params {
        params.set(key, value);
    }
    let federation = app.config().federation.enabled;
    if route.federated && !federation {
        return Err(unknown(path));
    }
    if let Some(class) = route.rate {
        app.limiter().take(class, Who::address(address))?;
    }
    let document = route.document.filter(|document| {
        federation && negotiation::wants_document(request.header("Accept"), document.is_id)
    });
    let session = match document {
        Some(_) => Ok(Session::Anonymous),
        None => admit(app, request, route, &params, address),
    };
    if path.starts_with("/api/") {
        limit_calls(app, session.as_ref().ok(), address)?;
    }
    let session = session?;
    let cx = Ctx {
        app,
        request,
        method: &method,
        path,
        address,
        params,
        body,
        session,
    };
    let reply = match document {
        Some(document) => (document.handler)(&cx)?,
        None => page_or_answer(&cx, route)?,
    };
    Ok(match route.document {
        Some(_) => reply.header("Vary", "Accept"),
        None => reply,
    })
}

/// The chosen web client's page, or what the row's handler answers.
fn page_or_answer(cx: &Ctx, route: &Route) -> Result<Reply> {
    if route.for_people
        && let Some(reply) = frontends::instead(cx)?
    {
        return Ok(reply);
    }
    idempotency::once(cx, route, || (route.handler)(cx))
}

/// Parameters and, where the row wants it, the body as it came.
fn read_request(app: &App, request: &rouille::Request, path: &str) -> Result<(Params, Vec<u8>)> {
    let is_raw = matches!(
        app.router().find(request.method(), path),
        Found::Route(
            Route {
                body: BodySize::Raw,
                ..
            },
            _
        )
    );
    if !is_raw {
        return Ok((read_params(app, request, path)?, Vec::new()));
    }
    let limit = app.config().limits.body as usize;
    let bytes = match request.header(SPOOL_HEADER) {
        Some(spooled) => {
            let mut bytes = Vec::new();
            open_spooled(app, spooled)?.read_to_end(&mut bytes)?;
            bytes
        }
        None => read_body(request, limit)?,
    };
    let query = Some(request.raw_query_string()).filter(|query| !query.is_empty());
    let none = Body {
        content_type: None,
        data: Data::Bytes(&[]),
    };
    let params = Params::parse(query, none)?;
    Ok((params, bytes))
}

/// The door strips the header from outside; the bare mode refuses it. Still, only our own folder is read.
fn open_spooled(app: &App, path: &str) -> Result<File> {
    match Path::new(path).parent() == Some(app.spool_dir()) {
        true => Ok(File::open(path)?),
        false => Err(Error::BadRequest("The body cannot be read".into())),
    }
}

/// No route leads there; a drop-in web client may have the page.
fn nowhere(
    app: &App,
    request: &rouille::Request,
    path: &str,
    params: Params,
    address: IpAddr,
) -> Result<Reply> {
    let cx = Ctx {
        app,
        request,
        method: request.method(),
        path,
        address,
        params,
        body: Vec::new(),
        session: Session::Anonymous,
    };
    let found = match cx.method {
        "GET" | "HEAD" => frontends::fallback(&cx)?,
        _ => None,
    };
    found.ok_or_else(|| unknown(path))
}

fn unknown(path: &str) -> Error {
    if path.starts_with("/api/") || path == "/api" {
        Error::Status(404, "Not implemented".into())
    } else {
        Error::NotFound("Page")
    }
}

/// A form may name the method it means (browsers know only two).
fn method_of(request: &rouille::Request, params: &Params) -> String {
    if request.method() == "POST"
        && let Some(method) = params.nonempty("_method")
        && let method @ ("PUT" | "PATCH" | "DELETE") = method.to_ascii_uppercase().as_str()
    {
        return method.to_owned();
    }
    request.method().to_owned()
}

fn read_params(app: &App, request: &rouille::Request, path: &str) -> Result<Params> {
    let query = Some(request.raw_query_string()).filter(|query| !query.is_empty());
    let content_type = request.header("Content-Type");
    let limit = body_limit(app, request.method(), path);
    let parsed = match request.header(SPOOL_HEADER) {
        Some(spooled) => {
            let data = Data::File(Arc::new(open_spooled(app, spooled)?));
            Params::parse(query, Body { content_type, data })
        }
        None => {
            let bytes = read_body(request, limit)?;
            Params::parse(
                query,
                Body {
                    content_type,
                    data: Data::Bytes(&bytes),
                },
            )
        }
    };
    Ok(parsed?)
}

/// Without the front door, the framework takes all that ever comes for the body of a request that asks for an upgrade.
fn upgraded_length(request: &rouille::Request) -> Option<u64> {
    let connection = request.header("Connection")?;
    let length = request.header("Content-Length").unwrap_or_default();
    let is_upgrade = connection.to_ascii_lowercase().contains("upgrade");
    is_upgrade.then(|| length.parse().unwrap_or(0))
}

fn read_body(request: &rouille::Request, limit: usize) -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    if let Some(body) = request.data() {
        let length = upgraded_length(request).unwrap_or(u64::MAX);
        let most = length.min(limit as u64 + 1);
        body.take(most).read_to_end(&mut bytes)?;
    }
    if bytes.len() > limit {
        Err(Error::Status(413, "The body is too large".into()))
    } else {
        Ok(bytes)
    }
}

/// Behind a trusted proxy, the rightmost address that is not one (security.md P9).
fn caller_address(app: &App, request: &rouille::Request) -> IpAddr {
    let peer = request.remote_addr().ip();
    let trusted = |address: &IpAddr| app.trusted_proxies().contains(address);
    if !trusted(&peer) {
        return peer;
    }
    let Some(header) = request.header("X-Forwarded-For") else {
        return peer;
    };
    header
        .rsplit(',')
        .map_while(|part| part.trim().parse().ok())
        .find(|address| !trusted(address))
        .unwrap_or(peer)
}

/// Counts a call of the API: a user's by the token, so that people behind one address do not stand in each other's way
/// (mastodon-api 0.8), everybody else's by the address.
fn limit_calls(app: &App, session: Option<&Session>, address: IpAddr) -> Result<()> {
    let viewer = session.and_then(Session::viewer);
    match viewer.and_then(|viewer| viewer.token) {
        Some(token) => app.limiter().take(Class::Token, Who::Id(token.0)),
        None => app.limiter().take(Class::Api, Who::address(address)),
    }
}

/// Knows the caller, and refuses those whom the route's row does not admit.
fn admit(
    app: &App,
    request: &rouille::Request,
    route: &Route,
    params: &Params,
    address: IpAddr,
) -> Result<Session> {
    if let Access::Open = route.access {
        return Ok(Session::Anonymous);
    }
    if let Access::Admin(_) = route.access
        && app.is_admin_secret(
            params
                .nonempty("admin_token")
                .as_deref()
                .or(request.header("X-Admin-Token")),
        )
    {
        return Ok(Session::AdminSecret);
    }
    let session = match credentials::of(request, params, app) {
        Credentials::None => Session::Anonymous,
        Credentials::Bearer(token) => sessions::by_token(app.db(), app.rules(), &token)?,
        Credentials::Cookie(cookie) => sessions::by_cookie(app.db(), app.rules(), &cookie)?,
        Credentials::Basic(pairs) => super::basic::session(app, &pairs, address)?,
    };
    match route.access {
        Access::Open => Ok(session),
        Access::Known(scopes) => Ok(session.narrowed(scopes)),
        Access::Optional(scopes) => {
            let session = session.narrowed(scopes);
            if session.viewer().is_none() && !app.config().instance.public {
                return Err(Error::Forbidden(
                    "This resource requires authentication.".into(),
                ));
            }
            Ok(session)
        }
        Access::Token => session.token_needed(),
        Access::User(scopes) => session.user_needed(scopes),
        Access::Admin(scopes) => session.admin_needed(scopes),
    }
}

/// An error as its body; the cause of our own failures goes to the log.
fn refusal(request: &rouille::Request, path: &str, error: &Error) -> Reply {
    if let Error::Internal(cause) = error {
        log::error!("{} {}: {cause}", request.method(), path.escape_debug());
    }
    let reply = match error {
        _ if wants_page(request, path) => crate::pages::error(error),
        _ => Reply::bytes(
            "application/json; charset=utf-8",
            error.body().to_string().into_bytes(),
        )
        .status(error.status()),
    };
    match error {
        Error::Throttled { retry_after } => reply.header("Retry-After", &retry_after.to_string()),
        Error::Status(503, _) => reply.header("Retry-After", "5"),
        // Which version of which protocol is spoken (RFC 6455, 4.4).
        Error::Status(426, _) => reply
            .header("Upgrade", "websocket")
            .header("Sec-WebSocket-Version", "13"),
        _ => reply,
    }
}

/// People get pages, programs get JSON.
fn wants_page(request: &rouille::Request, path: &str) -> bool {
    let is_program = [
        "/api",
        "/oauth/token",
        "/oauth/revoke",
        "/oauth/mfa/challenge",
        "/nodeinfo",
        "/.well-known",
    ];
    !is_program.iter().any(|start| path.starts_with(start))
        && request
            .header("Accept")
            .is_some_and(|accept| accept.contains("text/html"))
}

fn method_not_allowed(known: &[&'static str]) -> Reply {
    let body = serde_json::json!({"error": "Method not allowed"}).to_string();
    Reply::bytes("application/json; charset=utf-8", body.into_bytes())
        .status(405)
        .header("Allow", &known.join(", "))
}

/// `OPTIONS`, answered from the table.
fn preflight(app: &App, path: &str) -> Result<Reply> {
    match app.router().find("OPTIONS", path) {
        Found::Nothing => Err(unknown(path)),
        Found::OtherMethods(known) => Ok(Reply::empty(204)
            .header("Allow", &format!("{}, OPTIONS", known.join(", ")))
            .header(
                "Access-Control-Allow-Methods",
                "GET, POST, PUT, PATCH, DELETE, OPTIONS",
            )
            .header(
                "Access-Control-Allow-Headers",
                "Authorization, Content-Type, Idempotency-Key",
            )
            .header("Access-Control-Max-Age", "86400")),
        Found::Route(..) => Ok(Reply::empty(204)),
    }
}

/// Web clients live on other origins; they send no cookies, so `*` is safe (mastodon-api 0.6).
fn with_cors(path: &str, reply: Reply) -> Reply {
    const OPEN: [&str; 8] = [
        "/api",
        "/oauth",
        "/nodeinfo",
        "/.well-known",
        "/media",
        "/proxy",
        "/emoji",
        "/health",
    ];
    if !OPEN.iter().any(|start| path.starts_with(start)) {
        return reply;
    }
    reply.header("Access-Control-Allow-Origin", "*").header(
        "Access-Control-Expose-Headers",
        "Link, X-RateLimit-Reset, X-RateLimit-Limit, X-RateLimit-Remaining, X-Request-Id, Idempotency-Key",
    )
}

fn compressed(request: &rouille::Request, reply: Reply) -> Reply {
    let accepted = request
        .header("Accept-Encoding")
        .is_some_and(|header| header.contains("gzip"));
    if !accepted {
        return reply;
    }
    let status = reply.status;
    reply.gzip().unwrap_or_else(|error| {
        log::error!("compressing an answer {status}: {error}");
        Reply::empty(500)
    })
}
