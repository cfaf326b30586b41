//! An operator: the tenant whose numbers, staff, policy and words these are.

use crate::id::OperatorId;
use crate::time::Zone;
use serde::{Deserialize, Serialize};

/// One operator. Small and public: nothing here is secret or personal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Operator {
    /// From 1 up.
    pub id: OperatorId,
    /// A short name for the command line and addresses: lower-case letters, digits, dashes.
    pub code: String,
    /// The name in Chinese.
    pub name_zh: String,
    /// The name in English.
    pub name_en: String,
    /// Opens every SMS, at most four characters (`product` texts are measured with three).
    pub brand: String,
    /// The hotline, always reachable.
    pub hotline: String,
    /// The legal zone: deadlines end at 24:00 here.
    pub zone: Zone,
    /// The policy pack it began with, such as `cn`.
    pub policy_pack: String,
    /// The language of notices when the receiver chose none: `zh` or `en`.
    pub language: String,
}

impl Operator {
    /// Whether `code` may name an operator: 1 to 32 lower-case letters, digits and dashes,
    /// beginning with a letter.
    pub fn is_code(code: &str) -> bool {
        code.len() <= 32
            && code.starts_with(|c: char| c.is_ascii_lowercase())
            && code.bytes().all(|b| matches!(b, b'a'..=b'z' | b'0'..=b'9' | b'-'))
    }
}
