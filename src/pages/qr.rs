//! QR codes as SVG: black on white whatever the page's colours are, because cameras want it so.

use std::fmt::Write;

use qrcodegen::{QrCode, QrCodeEcc};

use crate::error::{Error, Result};

/// Light modules around the code, as the standard demands.
const MARGIN: i32 = 4;

/// Draws a text of at most some two thousand bytes.
pub fn svg(text: &str) -> Result<String> {
    let code = QrCode::encode_text(text, QrCodeEcc::Medium).map_err(Error::internal)?;
    let side = code.size() + 2 * MARGIN;
    let mut path = String::new();
    for y in 0..code.size() {
        for x in (0..code.size()).filter(|x| code.get_module(*x, y)) {
            // Writing to a string cannot fail.
            let _ = write!(path, "M{},{}h1v1h-1z", x + MARGIN, y + MARGIN);
        }
    }
    Ok(format!(
        "<svg class=\"qr\" viewBox=\"0 0 {side} {side}\" role=\"img\" aria-label=\"QR code\" shape-rendering=\"crispEdges\">\
         <path fill=\"#fff\" d=\"M0,0h{side}v{side}h-{side}z\"/><path fill=\"#000\" d=\"{path}\"/></svg>"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_has_its_margin_and_its_three_corners() {
        let svg = svg("otpauth://totp/a@b.example?secret=GEZDGNBVGY3TQOJQ").expect("a code");
        // The corner of a finder: dark at the first module inside the margin, light at the margin.
        assert!(svg.contains("M4,4h1v1h-1z") && !svg.contains("M3,"));
        assert!(svg.starts_with("<svg ") && svg.ends_with("</svg>"));
    }

    #[test]
    fn no_text_becomes_markup() {
        let svg = svg("\"><script>").expect("a code");
        assert!(!svg.contains("script"));
    }
}
