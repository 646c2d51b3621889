//! Content types by extension.
//!
//! [`of_static`] is for files the operator or the build put there (front ends); it
//! may name active types. [`of_upload`] is for bytes that came from outside and names
//! nothing a browser would run.
use super::sniff::Format;

/// The type of bytes nobody should interpret.
pub const OCTET_STREAM: &str = "application/octet-stream";

/// The content type of a static file by its path's extension.
pub fn of_static(path: &str) -> &'static str {
    match extension(path).as_str() {
        "html" | "htm" => "text/html; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "js" | "mjs" => "text/javascript; charset=utf-8",
        "json" | "map" => "application/json",
        "webmanifest" => "application/manifest+json",
        "wasm" => "application/wasm",
        "xml" => "application/xml",
        "txt" => "text/plain; charset=utf-8",
        "svg" => "image/svg+xml",
        "ico" => "image/vnd.microsoft.icon",
        "woff" => "font/woff",
        "woff2" => "font/woff2",
        "ttf" => "font/ttf",
        "otf" => "font/otf",
        _ => of_upload(path),
    }
}

/// The content type of a stored upload or emoji by its name's extension:
/// a type of the allow-list, else [`OCTET_STREAM`], to be sent as a download.
pub fn of_upload(name: &str) -> &'static str {
    let extension = extension(name);
    let known = match extension.as_str() {
        "jpeg" => "jpg",
        "apng" => "png",
        "oga" | "opus" => "ogg",
        other => other,
    };
    let kinds = Format::ALL.map(Format::kind);
    kinds
        .iter()
        .find(|kind| kind.extension == known)
        .map_or(OCTET_STREAM, |kind| kind.mime)
}

/// The lower-case extension of the last path component, empty when it has none.
fn extension(path: &str) -> String {
    let file = path.rsplit('/').next().unwrap_or(path);
    let extension = file.rsplit_once('.').map(|(_, extension)| extension);
    extension.unwrap_or_default().to_ascii_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_front_end_gets_the_types_browsers_insist_on() {
        for (path, mime) in [
            ("/static/js/app.1a2b.js", "text/javascript; charset=utf-8"),
            ("a/b.CSS", "text/css; charset=utf-8"),
            ("index.html", "text/html; charset=utf-8"),
            ("logo.svg", "image/svg+xml"),
            ("font.woff2", "font/woff2"),
            ("logo.webp", "image/webp"),
            ("sw.js.map", "application/json"),
            ("dir.js/file", OCTET_STREAM),
            ("LICENSE", OCTET_STREAM),
        ] {
            assert_eq!(of_static(path), mime, "{path}");
        }
    }

    #[test]
    fn sec_f3_no_upload_name_yields_an_active_type() {
        for name in [
            "x.html",
            "x.svg",
            "x.js",
            "x.json",
            "x.xml",
            "x.activity+json",
            "x.xhtml",
            "x.pdf",
            "x",
            "png",
        ] {
            assert_eq!(of_upload(name), OCTET_STREAM, "{name}");
        }
        assert_eq!(of_upload("x.JPEG"), "image/jpeg");
        assert_eq!(of_upload("x.html.apng"), "image/png");
    }
}
