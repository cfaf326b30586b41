//! The activation code: what a phone scans to download its profile.

use super::EsimRefusal;
use std::fmt;

/// The longest code (GSMA SGP.22 v2, section 4.1), without the prefix `LPA:`.
const CODE_CHARS_MAX: usize = 255;
/// The longest name of a host (RFC 1035, section 2.3.4).
const ADDRESS_CHARS_MAX: usize = 253;
/// What stands before the code in a QR code.
const PREFIX: &str = "LPA:";
/// The only format there is in version 2.
const FORMAT: &str = "1";

/// An activation code (GSMA SGP.22 v2, section 4.1):
/// `1$SM-DP+ address$matching id[$OID of the SM-DP+][$1]`, with `LPA:` before it in a QR code. Who
/// has it can download the profile, so it prints as `•••`; [`ActivationCode::to_text`] is the text.
#[derive(Clone, PartialEq, Eq)]
pub struct ActivationCode {
    address: String,
    matching_id: String,
    oid: Option<String>,
    needs_confirmation: bool,
}

impl ActivationCode {
    /// The code of a profile that the SM-DP+ at `address` (a host name, perhaps with a port) has
    /// linked to `matching_id`.
    ///
    /// # Errors
    ///
    /// [`EsimRefusal::Address`] and [`EsimRefusal::MatchingId`] for what cannot stand in a code,
    /// [`EsimRefusal::CodeLength`] if both together are too long.
    pub fn new(address: &str, matching_id: &str) -> Result<Self, EsimRefusal> {
        let code = Self {
            address: address.to_ascii_lowercase(),
            matching_id: matching_id.to_owned(),
            oid: None,
            needs_confirmation: false,
        };
        code.checked()
    }

    /// The same for an SM-DP+ that also names itself by its object identifier, digits and dots.
    pub fn with_oid(self, oid: &str) -> Result<Self, EsimRefusal> {
        Self { oid: Some(oid.to_owned()), ..self }.checked()
    }

    /// The same, and the phone will ask for a confirmation code.
    pub fn with_confirmation(self) -> Result<Self, EsimRefusal> {
        Self { needs_confirmation: true, ..self }.checked()
    }

    /// Reads a code as scanned or typed, with or without `LPA:`.
    ///
    /// # Errors
    ///
    /// [`EsimRefusal::CodeFormat`] if it has another format or number of parts, else as
    /// [`ActivationCode::new`] and [`ActivationCode::with_oid`].
    pub fn parse(text: &str) -> Result<Self, EsimRefusal> {
        let text = text.trim();
        let is_scanned = text.get(..PREFIX.len()).is_some_and(|p| p.eq_ignore_ascii_case(PREFIX));
        let text = if is_scanned { text.get(PREFIX.len()..).unwrap_or_default() } else { text };
        if text.len() > CODE_CHARS_MAX {
            return Err(EsimRefusal::CodeLength);
        }
        let parts: Vec<&str> = text.split('$').collect();
        let (address, matching_id, oid, flag) = match parts.as_slice() {
            [FORMAT, address, id] => (*address, *id, "", ""),
            [FORMAT, address, id, oid] => (*address, *id, *oid, ""),
            [FORMAT, address, id, oid, flag] => (*address, *id, *oid, *flag),
            _ => return Err(EsimRefusal::CodeFormat),
        };
        if !matches!(flag, "" | "1") {
            return Err(EsimRefusal::CodeFormat);
        }
        let code = Self {
            address: address.to_ascii_lowercase(),
            matching_id: matching_id.to_owned(),
            oid: Some(oid.to_owned()).filter(|oid| !oid.is_empty()),
            needs_confirmation: flag == "1",
        };
        code.checked()
    }

    fn checked(self) -> Result<Self, EsimRefusal> {
        if !is_address(&self.address) {
            return Err(EsimRefusal::Address);
        }
        if !is_matching_id(&self.matching_id) {
            return Err(EsimRefusal::MatchingId);
        }
        if self.oid.as_deref().is_some_and(|oid| !is_oid(oid)) {
            return Err(EsimRefusal::CodeFormat);
        }
        if self.to_text().len() > PREFIX.len() + CODE_CHARS_MAX {
            return Err(EsimRefusal::CodeLength);
        }
        Ok(self)
    }

    /// The code as a QR code carries it, with `LPA:`.
    pub fn to_text(&self) -> String {
        let mut text = format!("{PREFIX}{FORMAT}${}${}", self.address, self.matching_id);
        if self.oid.is_some() || self.needs_confirmation {
            text.push('$');
            text.push_str(self.oid.as_deref().unwrap_or_default());
        }
        if self.needs_confirmation {
            text.push_str("$1");
        }
        text
    }

    /// Where the phone downloads the profile.
    pub fn address(&self) -> &str {
        &self.address
    }

    /// By what it gets it there.
    pub fn matching_id(&self) -> &str {
        &self.matching_id
    }

    /// Whether the phone will ask for a confirmation code.
    pub const fn needs_confirmation(&self) -> bool {
        self.needs_confirmation
    }
}

/// Never the code: it lets its reader have the number's service.
impl fmt::Debug for ActivationCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("•••")
    }
}

/// A host name and perhaps a port.
fn is_address(text: &str) -> bool {
    let (host, port) = text.split_once(':').unwrap_or((text, "443"));
    let is_label = |label: &str| {
        let is_inner = label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
        (1..=63).contains(&label.len())
            && is_inner
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    host.len() <= ADDRESS_CHARS_MAX
        && host.split('.').all(is_label)
        && port.parse::<u16>().is_ok_and(|port| port > 0)
}

/// Upper-case letters, digits and dashes (SGP.22 v2, section 4.1.1); may be empty, which is for the
/// phone that the SM-DP+ knows by its EID.
fn is_matching_id(text: &str) -> bool {
    text.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'-')
}

fn is_oid(text: &str) -> bool {
    text.split('.').count() > 1
        && text.split('.').all(|arc| !arc.is_empty() && arc.bytes().all(|b| b.is_ascii_digit()))
}
