//! Cookies: read from the request, written with the attributes that all of ours need.

use axum::http::{HeaderMap, HeaderValue, header};

/// The value of the cookie `name`.
pub fn read<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|line| line.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .find(|(key, _)| *key == name)
        .map(|(_, value)| value)
}

/// A preference: readable by scripts, kept for a year.
pub fn preference(name: &str, value: &str) -> HeaderValue {
    header(format!("{name}={value}; Path=/; Max-Age=31536000; SameSite=Lax"))
}

/// A session: never readable by scripts, sent with top-level navigation of the same site only.
///
/// `is_secure` says whether this request came over TLS (directly or by a proxy that says so).
pub fn session(name: &str, value: &str, seconds: i64, is_secure: bool) -> HeaderValue {
    let secure = if is_secure { "; Secure" } else { "" };
    header(format!("{name}={value}; Path=/; Max-Age={seconds}; HttpOnly; SameSite=Lax{secure}"))
}

/// Ends a session.
pub fn forget(name: &str) -> HeaderValue {
    header(format!("{name}=; Path=/; Max-Age=0; HttpOnly; SameSite=Lax"))
}

/// Whether the visitor's connection is encrypted, as the proxy in front says.
pub fn is_secure(headers: &HeaderMap) -> bool {
    headers.get("x-forwarded-proto").is_some_and(|value| value.as_bytes() == b"https")
}

fn header(text: String) -> HeaderValue {
    HeaderValue::try_from(text).unwrap_or_else(|_| HeaderValue::from_static(""))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cookie_is_found_among_others_and_a_longer_name_is_not_it() {
        let mut headers = HeaderMap::new();
        headers.insert(header::COOKIE, HeaderValue::from_static("xlang=no; lang=en; draft=a.b=c"));
        assert_eq!(read(&headers, "lang"), Some("en"));
        assert_eq!(read(&headers, "draft"), Some("a.b=c"));
        assert_eq!(read(&headers, "size"), None);
    }

    #[test]
    fn a_value_that_would_break_the_header_is_dropped() {
        assert_eq!(preference("zone", "a\r\nSet-Cookie: b"), "");
    }
}
