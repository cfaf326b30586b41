//! Buckets: the first column of every key, so that rows of one thing lie together when the
//! database is spread over machines.

use domain::msisdn::Msisdn;

/// The bucket (0..1024) of anything named by text: what ends in a number or an id keeps the bucket
/// of that number or id, other text is hashed.
///
/// ```
/// let number = domain::msisdn::Msisdn::parse("13800138000").unwrap();
/// assert_eq!(store::bucket::of("number:8613800138000"), number.bucket());
/// assert_eq!(store::bucket::of("app_0190000000007000800000000000002a"), 42);
/// ```
pub fn of(name: &str) -> i64 {
    let tail = name.rsplit(['_', ':']).next().unwrap_or_default();
    if tail.len() == 32
        && let Ok(bits) = u128::from_str_radix(tail, 16)
    {
        return i64::try_from(bits & 1023).unwrap_or_default();
    }
    if let Some(number) = tail.parse().ok().and_then(Msisdn::from_i64) {
        return number.bucket();
    }
    // FNV-1a, folded: stable for ever, as stored keys depend on it.
    let hash = name.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
    });
    i64::try_from((hash ^ (hash >> 32)) & 1023).unwrap_or_default()
}
