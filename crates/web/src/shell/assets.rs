//! Static files, part of the binary, served under names that carry a hash of their content.

use axum::extract::Path;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use std::fmt::Write as _;

/// One static file.
#[derive(Clone, Copy, Debug)]
pub struct Asset {
    stem: &'static str,
    extension: &'static str,
    content_type: &'static str,
    content: &'static str,
    hash: u64,
}

macro_rules! assets {
    ($($(#[$doc:meta])* $name:ident = $stem:literal . $extension:literal : $kind:literal;)*) => {
        $(
            $(#[$doc])*
            pub static $name: Asset = Asset::new(
                $stem,
                $extension,
                $kind,
                include_str!(concat!("../../static/", $stem, ".", $extension)),
            );
        )*
        /// Every static file.
        pub static ALL: &[&Asset] = &[$(&$name),*];
    };
}

assets! {
    /// The one sheet.
    SITE_CSS = "site"."css": "text/css; charset=utf-8";
    /// The mark, as icon.
    MARK = "mark"."svg": "image/svg+xml";
    /// What every page loads.
    SITE_JS = "site"."js": "text/javascript; charset=utf-8";
    /// Shrinks a photo before it is sent, and shows how much was sent.
    UPLOAD_JS = "upload"."js": "text/javascript; charset=utf-8";
    /// The live capture with the camera.
    LIVE_JS = "live"."js": "text/javascript; charset=utf-8";
    /// Replaces one region of a page instead of the whole page.
    SWAP_JS = "swap"."js": "text/javascript; charset=utf-8";
    /// Keyboard shortcuts.
    KEYS_JS = "keys"."js": "text/javascript; charset=utf-8";
    /// Time left, once a minute.
    CLOCK_JS = "clock"."js": "text/javascript; charset=utf-8";
    /// Zoom, rotate and mark a region of a document image.
    VIEWER_JS = "viewer"."js": "text/javascript; charset=utf-8";
}

impl Asset {
    const fn new(
        stem: &'static str,
        extension: &'static str,
        content_type: &'static str,
        content: &'static str,
    ) -> Self {
        Self { stem, extension, content_type, content, hash: fnv(content.as_bytes()) }
    }

    /// The path under which a page loads it.
    pub fn url(&self) -> String {
        let mut url = String::with_capacity(48);
        let _ = write!(url, "/static/{}.{:016x}.{}", self.stem, self.hash, self.extension);
        url
    }

    /// What is served.
    pub fn content(&self) -> &'static str {
        self.content
    }
}

/// FNV-1a, 64 bits: names a version of a file, guards nothing.
const fn fnv(bytes: &[u8]) -> u64 {
    let mut hash = 0xcbf2_9ce4_8422_2325_u64;
    let mut rest = bytes;
    while let [first, tail @ ..] = rest {
        hash = (hash ^ (*first as u64)).wrapping_mul(0x0100_0000_01b3);
        rest = tail;
    }
    hash
}

/// `GET /static/{name}`.
pub(crate) async fn serve(Path(name): Path<String>) -> Response {
    let wanted = format!("/static/{name}");
    match ALL.iter().find(|asset| asset.url() == wanted) {
        Some(asset) => (
            [
                (header::CONTENT_TYPE, asset.content_type),
                (header::CACHE_CONTROL, "public, max-age=31536000, immutable"),
            ],
            asset.content,
        )
            .into_response(),
        None => StatusCode::NOT_FOUND.into_response(),
    }
}
