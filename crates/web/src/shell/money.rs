//! Amounts as people read them.

/// An amount in minor units of a currency with so many decimal places: `12.30 CNY`.
pub(crate) fn amount(minor: i64, decimals: u32, currency: &str) -> String {
    let unit = 10_i64.checked_pow(decimals).unwrap_or(1);
    let sign = if minor < 0 { "-" } else { "" };
    let (whole, part) = (minor.abs() / unit, minor.abs() % unit);
    let places = usize::try_from(decimals).unwrap_or(0);
    if places == 0 {
        return format!("{sign}{whole} {currency}");
    }
    format!("{sign}{whole}.{part:0places$} {currency}")
}
