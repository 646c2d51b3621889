//! The route table's machinery: rows, and finding one by path.

use std::collections::HashMap;

use percent_encoding::percent_decode_str;

use super::ctx::Ctx;
use super::rate::Class;
use super::reply::Reply;
use crate::error::Result;

/// What answers a route.
pub type Handler = fn(&Ctx) -> Result<Reply>;

/// Who may call, and with which scope. Several scopes are alternatives; none means that any will do.
#[derive(Clone, Copy, Debug)]
pub enum Access {
    /// Anybody; credentials are not even looked at.
    Open,
    /// Anybody; whoever has a token with the scope is known. Closed to strangers where the instance is not public.
    Optional(&'static [&'static str]),
    /// As `Optional`, but open to strangers on every instance.
    Known(&'static [&'static str]),
    /// A user whose token has one of the scopes.
    User(&'static [&'static str]),
    /// Any live token, a user's or an app's.
    Token,
    /// An admin whose token has the scope with `admin:` before it, or the admin secret.
    Admin(&'static [&'static str]),
}

/// How large a body may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BodySize {
    /// `limits.body`.
    Plain,
    /// `upload.limit` and some for the form around it.
    Upload,
    /// `limits.body`, and the handler gets the bytes: signatures cover them.
    Raw,
}

/// A row of the table.
pub struct Route {
    /// `GET`, `POST`, …
    pub method: &'static str,
    /// With `{name}` for one segment and `{*name}` for the rest.
    pub path: &'static str,
    /// Who may call.
    pub access: Access,
    /// What answers.
    pub handler: Handler,
    /// How large the body may be.
    pub body: BodySize,
    /// Counted together with others of its class.
    pub rate: Option<Class>,
    /// A page for people: the chosen web client answers in its place.
    pub for_people: bool,
    /// What answers instead when the caller wants the ActivityPub document that lives at the same address.
    pub document: Option<Document>,
    /// Answers 404 where `federation.enabled` is off.
    pub federated: bool,
    /// Waits for what another server sends: threads of its own answer it.
    pub slow: bool,
}

/// The document at the address of a page.
#[derive(Clone, Copy)]
pub struct Document {
    /// What answers. Anybody may ask; the handler knows callers by their signature.
    pub handler: Handler,
    /// The address is an id: whoever does not ask for a page gets the document.
    pub is_id: bool,
}

impl Route {
    /// The row takes uploads.
    pub const fn upload(mut self) -> Route {
        self.body = BodySize::Upload;
        self.rate = Some(Class::Upload);
        self
    }

    /// The row is a page that a drop-in web client has its own of (`frontend.primary`).
    pub const fn for_people(mut self) -> Route {
        self.for_people = true;
        self
    }

    /// The row is for other servers.
    pub const fn federated(mut self) -> Route {
        self.federated = true;
        self
    }

    /// The row waits for what another server sends.
    pub const fn slow(mut self) -> Route {
        self.slow = true;
        self
    }

    /// The row is the id of something: its document is served to all who do not ask for the page.
    pub const fn id_of(mut self, handler: Handler) -> Route {
        self.document = Some(Document {
            handler,
            is_id: true,
        });
        self
    }

    /// The row is a page that has a document, for those who ask for it.
    pub const fn page_of(mut self, handler: Handler) -> Route {
        self.document = Some(Document {
            handler,
            is_id: false,
        });
        self
    }

    /// The row takes its body as it came.
    pub const fn raw(mut self) -> Route {
        self.body = BodySize::Raw;
        self
    }

    /// The row is counted in a class of its own.
    pub const fn rate(mut self, class: Class) -> Route {
        self.rate = Some(class);
        self
    }
}

const fn route(
    method: &'static str,
    path: &'static str,
    access: Access,
    handler: Handler,
) -> Route {
    Route {
        method,
        path,
        access,
        handler,
        body: BodySize::Plain,
        rate: None,
        for_people: false,
        slow: false,
        document: None,
        federated: false,
    }
}

/// A `GET` row; it answers `HEAD` too.
pub const fn get(path: &'static str, access: Access, handler: Handler) -> Route {
    route("GET", path, access, handler)
}

/// A `POST` row.
pub const fn post(path: &'static str, access: Access, handler: Handler) -> Route {
    route("POST", path, access, handler)
}

/// A `PUT` row.
pub const fn put(path: &'static str, access: Access, handler: Handler) -> Route {
    route("PUT", path, access, handler)
}

/// A `PATCH` row.
pub const fn patch(path: &'static str, access: Access, handler: Handler) -> Route {
    route("PATCH", path, access, handler)
}

/// A `DELETE` row.
pub const fn delete(path: &'static str, access: Access, handler: Handler) -> Route {
    route("DELETE", path, access, handler)
}

/// What a path leads to.
pub enum Found {
    /// A row, with its path parameters decoded.
    Route(&'static Route, Vec<(String, String)>),
    /// The path is known, the method is not; these are.
    OtherMethods(Vec<&'static str>),
    /// No row.
    Nothing,
}

/// The table, ready to be searched.
pub struct Router {
    tree: matchit::Router<Vec<&'static Route>>,
}

/// Paths below these may end in `.json` or `.xml`, which is ignored (pleroma-contract 0.1).
const SUFFIXED: [&str; 9] = [
    "/api/pleroma/emoji",
    "/api/v1/pleroma/emoji",
    "/api/oauth_tokens",
    "/nodeinfo",
    "/api/account",
    "/api/qvitter",
    "/users",
    "/notice",
    "/api/v1/instance/peers",
];

impl Router {
    /// Builds the tree. Rows below `/api/pleroma` and `/api/v1/pleroma` answer under both.
    ///
    /// Panics when two rows clash: the table is part of the program.
    pub fn new(routes: &'static [Route]) -> Router {
        let mut paths: HashMap<String, Vec<&'static Route>> = HashMap::new();
        for route in routes {
            for path in twins(route.path) {
                paths.entry(path).or_default().push(route);
            }
        }
        let mut tree = matchit::Router::new();
        for (path, rows) in paths {
            tree.insert(&path, rows)
                .unwrap_or_else(|clash| panic!("route {path}: {clash}"));
        }
        Router { tree }
    }

    /// Finds the row for a method and an undecoded path without query.
    pub fn find(&self, method: &str, path: &str) -> Found {
        let Ok(found) = self.tree.at(normal(path)) else {
            return Found::Nothing;
        };
        let method = if method == "HEAD" { "GET" } else { method };
        match found.value.iter().find(|route| route.method == method) {
            None => Found::OtherMethods(found.value.iter().map(|route| route.method).collect()),
            Some(route) => {
                let decode = |text: &str| percent_decode_str(text).decode_utf8_lossy().into_owned();
                let params = found
                    .params
                    .iter()
                    .map(|(key, value)| (key.to_owned(), decode(value)))
                    .collect();
                Found::Route(route, params)
            }
        }
    }
}

/// One trailing slash and, where documented, a suffix do not matter.
fn normal(path: &str) -> &str {
    let path = match path.strip_suffix('/') {
        Some(shorter) if !shorter.is_empty() => shorter,
        _ => path,
    };
    let shorter = path
        .strip_suffix(".json")
        .or_else(|| path.strip_suffix(".xml"));
    match shorter {
        // Names of packs keep their endings.
        Some(shorter)
            if SUFFIXED.iter().any(|start| path.starts_with(start))
                && !path.contains("/emoji/packs/") =>
        {
            shorter
        }
        _ => path,
    }
}

fn twins(path: &'static str) -> Vec<String> {
    let tail = path
        .strip_prefix("/api/pleroma/")
        .or_else(|| path.strip_prefix("/api/v1/pleroma/"));
    match tail {
        Some(tail) => vec![
            format!("/api/pleroma/{tail}"),
            format!("/api/v1/pleroma/{tail}"),
        ],
        None => vec![path.to_owned()],
    }
}
