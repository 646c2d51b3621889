//! Errors that the door itself answers, in the shape of the API's own errors.
use rouille::Response;

/// Why the door does not let a request through; the connection ends with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Refusal {
    pub status: u16,
    /// Plain ASCII without quotes, as it goes into JSON unescaped.
    pub error: &'static str,
}

impl Refusal {
    pub const TIMEOUT: Refusal = Refusal::new(408, "Request timed out");
    pub const TARGET_TOO_LONG: Refusal = Refusal::new(414, "Request target too long");
    pub const HEAD_TOO_LARGE: Refusal = Refusal::new(431, "Request header fields too large");
    pub const BODY_TOO_LARGE: Refusal = Refusal::new(413, "Request body too large");
    pub const OVERLOADED: Refusal = Refusal::new(503, "Server is busy, try again later");
    pub const CLOSING: Refusal = Refusal::new(503, "Server is shutting down");
    pub const NO_SPACE: Refusal = Refusal::new(507, "No space to receive the request body");
    pub const CRASHED: Refusal = Refusal::new(500, "Internal server error");

    pub const fn new(status: u16, error: &'static str) -> Refusal {
        Refusal { status, error }
    }

    /// A syntax error in the request.
    pub const fn bad(error: &'static str) -> Refusal {
        Refusal::new(400, error)
    }

    /// The error as JSON, readable from any origin.
    pub fn response(self) -> Response {
        let body = format!("{{\"error\":\"{}\"}}", self.error);
        let response = Response::from_data("application/json; charset=utf-8", body)
            .with_status_code(self.status)
            .with_unique_header("Access-Control-Allow-Origin", "*");
        match self.status {
            503 => response.with_unique_header("Retry-After", "5"),
            _ => response,
        }
    }
}

/// The reason phrase of a status, empty for one that no handler of ours uses.
pub(super) fn reason(status: u16) -> &'static str {
    match status {
        100 => "Continue",
        101 => "Switching Protocols",
        200 => "OK",
        201 => "Created",
        202 => "Accepted",
        204 => "No Content",
        206 => "Partial Content",
        301 => "Moved Permanently",
        302 => "Found",
        303 => "See Other",
        304 => "Not Modified",
        307 => "Temporary Redirect",
        308 => "Permanent Redirect",
        400 => "Bad Request",
        401 => "Unauthorized",
        403 => "Forbidden",
        404 => "Not Found",
        405 => "Method Not Allowed",
        406 => "Not Acceptable",
        408 => "Request Timeout",
        409 => "Conflict",
        410 => "Gone",
        412 => "Precondition Failed",
        413 => "Content Too Large",
        414 => "URI Too Long",
        415 => "Unsupported Media Type",
        416 => "Range Not Satisfiable",
        417 => "Expectation Failed",
        422 => "Unprocessable Content",
        424 => "Failed Dependency",
        425 => "Too Early",
        426 => "Upgrade Required",
        429 => "Too Many Requests",
        431 => "Request Header Fields Too Large",
        500 => "Internal Server Error",
        501 => "Not Implemented",
        502 => "Bad Gateway",
        503 => "Service Unavailable",
        504 => "Gateway Timeout",
        505 => "HTTP Version Not Supported",
        507 => "Insufficient Storage",
        _ => "",
    }
}
