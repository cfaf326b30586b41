//! How a request proves whose it is.

/// The header with the signature: `v1=` and 64 hexadecimal digits.
pub(super) const SIGNATURE: &str = "baohao-signature";
/// The header with the second at which it was signed, since 1970 (UTC).
pub(super) const TIMESTAMP: &str = "baohao-timestamp";
/// The header that names the secret.
pub(super) const KEY: &str = "baohao-key";
/// The same request, tried again, has the same value here.
pub(super) const IDEMPOTENCY: &str = "idempotency-key";

/// HMAC-SHA256 (RFC 2104) under `secret` over method, path, timestamp and the SHA-256 of the body,
/// each but the last followed by a line feed.
pub fn signature(secret: &[u8], method: &str, path: &str, timestamp: i64, body: &[u8]) -> String {
    let hash = seal::hex(&seal::sha256(body));
    let text = format!("{method}\n{path}\n{timestamp}\n{hash}");
    format!("v1={}", seal::hex(&seal::hmac_sha256(secret, text.as_bytes())))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_signature_computed_elsewhere() {
        // hash=$(printf '{}' | sha256sum | cut -c-64)
        // printf 'PUT\n/v1/subscribers/1\n1700000000\n%s' $hash | openssl dgst -sha256 -hmac secret
        let ours = signature(b"secret", "PUT", "/v1/subscribers/1", 1_700_000_000, b"{}");
        assert_eq!(ours, "v1=4c5b9a438af00cdefbdae87938084ecf156ee3764e9d16436563a17c16e63ea6");
    }

    proptest! {
        #[test]
        fn any_part_changes_it(path in "/[a-z/]{1,20}", at in 0_i64..2_000_000_000, body: Vec<u8>) {
            let ours = signature(b"s", "PUT", &path, at, &body);
            let mut more = body.clone();
            more.push(0);
            let others = [
                signature(b"t", "PUT", &path, at, &body),
                signature(b"s", "GET", &path, at, &body),
                signature(b"s", "PUT", &format!("{path}x"), at, &body),
                signature(b"s", "PUT", &path, at + 1, &body),
                signature(b"s", "PUT", &path, at, &more),
            ];
            prop_assert!(others.iter().all(|other| *other != ours));
        }
    }
}
