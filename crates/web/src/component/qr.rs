//! A QR code as part of the page: vectors, no image and no style of its own.

use super::{Html, escape};
use qrcodegen::{QrCode, QrCodeEcc};
use std::fmt::Write as _;

/// Light modules around it (ISO/IEC 18004, section 9.1).
const QUIET: i32 = 4;

impl Html {
    /// `text` as a QR code with the accessible name `label`; nothing if it is too long for one.
    pub fn qr(text: &str, label: &str) -> Self {
        let Ok(code) = QrCode::encode_text(text, QrCodeEcc::Medium) else {
            return Self::default();
        };
        let size = code.size();
        let mut path = String::new();
        for y in 0..size {
            for x in (0..size).filter(|x| code.get_module(*x, y)) {
                let _ = write!(path, "M{} {}h1v1h-1z", x + QUIET, y + QUIET);
            }
        }
        let side = size + 2 * QUIET;
        let label = escape(label);
        Self(format!(
            "<svg class=\"qr\" role=\"img\" aria-label=\"{label}\" viewBox=\"0 0 {side} {side}\">\
             <rect width=\"{side}\" height=\"{side}\" fill=\"#fff\"/>\
             <path d=\"{path}\" fill=\"#000\"/></svg>"
        ))
    }

    /// A text to be copied as it is, wrapped anywhere.
    pub fn to_copy(text: &str) -> Self {
        Self(format!("<span class=\"copy\" translate=\"no\">{}</span>", escape(text)))
    }

    /// Steps, one after the other.
    pub fn steps(items: &[&str]) -> Self {
        let items: Vec<String> = items.iter().map(|item| escape(item)).collect();
        Self(format!("<ol><li>{}</li></ol>", items.join("</li><li>")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_modules_are_those_of_the_code() {
        let text = "LPA:1$smdp.example$ABC";
        let html = Html::qr(text, "a \"code\"").to_string();
        let code = QrCode::encode_text(text, QrCodeEcc::Medium).expect("short enough");
        let dark = (0..code.size())
            .flat_map(|y| (0..code.size()).map(move |x| (x, y)))
            .filter(|(x, y)| code.get_module(*x, *y));
        assert_eq!(html.matches("h1v1h-1z").count(), dark.count());
        assert!(html.contains("aria-label=\"a &quot;code&quot;\""));
        assert!(!html.contains(text) && !html.contains("style"), "{html}");
        assert_eq!(Html::qr(&"A".repeat(9_000), "x"), Html::default());
    }
}
