//! Page or document: what a caller of an address that is both wants (federation.md 4.4).

/// The names of ActivityPub's media type.
const ACTIVITY: [&str; 2] = ["application/activity+json", "application/ld+json"];

/// Whether the document is wanted rather than the page. `is_id`: the address is the id of something, so that plain JSON,
/// anything or nothing asked for means the document too.
pub fn wants_document(accept: Option<&str>, is_id: bool) -> bool {
    let Some(accept) = accept.filter(|accept| !accept.trim().is_empty()) else {
        return is_id;
    };
    let (mut document, mut page) = (0, 0);
    for range in accept.split(',') {
        let mut parts = range.split(';').map(str::trim);
        let media_type = parts.next().unwrap_or_default().to_ascii_lowercase();
        let quality = parts
            .find_map(|part| part.strip_prefix("q="))
            .map_or(1000, thousandths);
        match media_type.as_str() {
            name if ACTIVITY.contains(&name) => document = document.max(quality),
            "application/json" | "*/*" | "application/*" if is_id => {
                document = document.max(quality);
            }
            "text/html" | "application/xhtml+xml" => page = page.max(quality),
            _ => {}
        }
    }
    // Browsers ask for pages, and for anything else with less zeal.
    document > 0 && document >= page && !(page > 0 && accept.trim_start().starts_with("text/html"))
}

/// `0.5` as 500; what cannot be read counts in full.
fn thousandths(quality: &str) -> u32 {
    match quality.parse::<f32>() {
        Ok(quality) if (0.0..=1.0).contains(&quality) => (quality * 1000.0) as u32,
        _ => 1000,
    }
}

#[cfg(test)]
mod tests {
    use super::wants_document;

    #[test]
    fn each_row_of_the_table() {
        let browser = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8";
        let mastodon = "application/activity+json, application/ld+json";
        let profile = "application/ld+json; profile=\"https://www.w3.org/ns/activitystreams\"";
        for (accept, id, page) in [
            (None, true, false),
            (Some(""), true, false),
            (Some("*/*"), true, false),
            (Some("application/json"), true, false),
            (Some("application/activity+json"), true, true),
            (Some("APPLICATION/activity+JSON; charset=utf-8"), true, true),
            (Some(mastodon), true, true),
            (Some(profile), true, true),
            (Some("application/activity+json;q=0"), false, false),
            (Some("application/activity+json, text/html"), true, true),
            (
                Some("application/activity+json;q=0.9, text/html;q=0.1"),
                true,
                true,
            ),
            (
                Some("application/activity+json;q=0.5, text/html"),
                false,
                false,
            ),
            (Some("text/html, application/activity+json"), false, false),
            (Some(browser), false, false),
            (Some("text/html"), false, false),
            (Some("image/png"), false, false),
        ] {
            assert_eq!(wants_document(accept, true), id, "an id, {accept:?}");
            assert_eq!(wants_document(accept, false), page, "a page, {accept:?}");
        }
    }
}
