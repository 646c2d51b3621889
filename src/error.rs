//! Everything that can go wrong while answering a request, and the body that each becomes.

use serde_json::{Value, json};

/// The result of nearly everything in the server.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// What the client did wrong, or that we failed. `web::dispatch` turns it into a body; handlers never build one.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// 404: unknown, or not visible to the caller, which looks the same.
    #[error("{0} not found")]
    NotFound(&'static str),
    /// 422: understood, but against a rule.
    #[error("{0}")]
    Invalid(String),
    /// 400: not understood.
    #[error("{0}")]
    BadRequest(String),
    /// 400 with the list of problems (pleroma-contract 0.4).
    #[error("Missing field: {0}.")]
    MissingField(&'static str),
    /// 400 with the list of problems: a parameter is there, but cannot be what it is.
    #[error("{field} - {message}")]
    InvalidField {
        /// The name of the parameter.
        field: String,
        /// What is wrong, with a final dot.
        message: String,
    },
    /// 403: no, wrong or useless credentials where a user is needed (pleroma-contract 0.3: 403, not 401).
    #[error("Invalid credentials.")]
    InvalidCredentials,
    /// 403: the token lacks every one of these scopes.
    #[error("Insufficient permissions: {}.", .0.join(" | "))]
    MissingScope(&'static [&'static str]),
    /// 403: known, but not allowed.
    #[error("{0}")]
    Forbidden(String),
    /// 403 at login, with an identifier that clients route on (pleroma-contract B.5).
    #[error("{error}")]
    LoginRefused {
        /// Shown to the person.
        error: &'static str,
        /// Read by clients.
        identifier: &'static str,
    },
    /// Any other documented status with `{"error": text}`.
    #[error("{1}")]
    Status(u16, String),
    /// A documented body that is not `{"error": text}` alone.
    #[error("answered {0}")]
    Answer(u16, Value),
    /// 429.
    #[error("Throttled")]
    Throttled {
        /// Seconds until the next try may succeed.
        retry_after: u64,
    },
    /// 507: the disk is full; nothing was changed.
    #[error("There is no space left on this server")]
    NoSpace,
    /// 500. The cause goes to the log, never to the client.
    #[error("internal error")]
    Internal(#[source] Box<dyn std::error::Error + Send + Sync>),
}

impl Error {
    /// The HTTP status.
    pub fn status(&self) -> u16 {
        match self {
            Error::NotFound(_) => 404,
            Error::Invalid(_) => 422,
            Error::BadRequest(_) | Error::MissingField(_) | Error::InvalidField { .. } => 400,
            Error::InvalidCredentials
            | Error::MissingScope(_)
            | Error::Forbidden(_)
            | Error::LoginRefused { .. } => 403,
            Error::Status(status, _) | Error::Answer(status, _) => *status,
            Error::Throttled { .. } => 429,
            Error::NoSpace => 507,
            Error::Internal(_) => 500,
        }
    }

    /// The JSON body.
    pub fn body(&self) -> Value {
        match self {
            Error::Answer(_, body) => body.clone(),
            Error::Internal(_) => {
                json!({"error": "Internal server error", "errors": {"detail": "Internal server error"}})
            }
            Error::LoginRefused { error, identifier } => {
                json!({"error": error, "identifier": identifier})
            }
            Error::MissingField(field) => missing_fields(&[field]),
            Error::InvalidField { field, .. } => problems(&[(field, self.to_string())]),
            other => json!({"error": other.to_string()}),
        }
    }

    /// Wraps a cause that the client must not see.
    pub fn internal(cause: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Error {
        Error::Internal(cause.into())
    }

    /// 400 that names every required parameter that is missing.
    pub fn missing(fields: &[&str]) -> Error {
        Error::Answer(400, missing_fields(fields))
    }

    /// 404 for a row that is not there or not visible.
    pub fn record() -> Error {
        Error::NotFound("Record")
    }
}

fn missing_fields(fields: &[&str]) -> Value {
    let missing: Vec<(&str, String)> = fields
        .iter()
        .map(|field| (*field, format!("Missing field: {field}.")))
        .collect();
    problems(&missing)
}

/// What is wrong with which parameter, in one text for people and one by one for programs.
fn problems(found: &[(&str, String)]) -> Value {
    let texts: Vec<&str> = found.iter().map(|(_, text)| text.as_str()).collect();
    let errors: Vec<Value> = found
        .iter()
        .map(|(field, text)| {
            json!({
                "title": "Invalid value",
                "source": {"pointer": format!("/{field}")},
                "message": text,
            })
        })
        .collect();
    json!({"error": texts.join(" "), "errors": errors})
}

impl From<rusqlite::Error> for Error {
    fn from(cause: rusqlite::Error) -> Error {
        match cause.sqlite_error_code() {
            Some(rusqlite::ErrorCode::DiskFull) => Error::NoSpace,
            _ => Error::internal(cause),
        }
    }
}

impl From<r2d2::Error> for Error {
    fn from(cause: r2d2::Error) -> Error {
        Error::internal(cause)
    }
}

impl From<std::io::Error> for Error {
    fn from(cause: std::io::Error) -> Error {
        match cause.kind() {
            std::io::ErrorKind::StorageFull => Error::NoSpace,
            _ => Error::internal(cause),
        }
    }
}

impl From<serde_json::Error> for Error {
    fn from(cause: serde_json::Error) -> Error {
        Error::internal(cause)
    }
}
