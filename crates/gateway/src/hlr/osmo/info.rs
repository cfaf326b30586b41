//! What the register says about a subscriber: lines of a name, a tab and a value.

use domain::sim::SimKeys;

/// The subscriber, as `info` tells.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Info {
    pub(super) imsi: String,
    pub(super) msisdn: Option<String>,
    /// Whether circuit-switched access (calls and texts) is allowed.
    pub(super) cs: bool,
    /// Whether packet-switched access (data) is allowed.
    pub(super) ps: bool,
    /// Whether some network serves it for calls, as far as the register knows.
    pub(super) has_vlr: bool,
    /// Whether some network serves it for data.
    pub(super) has_sgsn: bool,
}

fn value<'a>(text: &'a str, name: &str) -> Option<&'a str> {
    let mut pairs = text.lines().filter_map(|line| line.split_once('\t'));
    pairs.find(|(found, _)| *found == name).map(|(_, value)| value)
}

fn flag(text: &str, name: &str) -> Option<bool> {
    match value(text, name)? {
        "0" => Some(false),
        "1" => Some(true),
        _ => None,
    }
}

impl Info {
    /// Reads it; `None` if it makes no sense.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let is_set = |name| value(text, name).is_some_and(|value| !value.is_empty());
        let msisdn = value(text, "msisdn").filter(|msisdn| *msisdn != "none");
        let is_number = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
        let imsi = value(text, "imsi").filter(|imsi| is_number(imsi))?;
        if msisdn.is_some_and(|msisdn| !is_number(msisdn)) {
            return None;
        }
        Some(Self {
            imsi: imsi.to_owned(),
            msisdn: msisdn.map(str::to_owned),
            cs: flag(text, "nam_cs")?,
            ps: flag(text, "nam_ps")?,
            has_vlr: is_set("vlr_number"),
            has_sgsn: is_set("sgsn_number"),
        })
    }
}

/// Whether `info-aud` shows these keys.
pub(super) fn has_keys(text: &str, keys: &SimKeys) -> bool {
    let is = |name, wanted: &str| {
        value(text, name).is_some_and(|found| found.eq_ignore_ascii_case(wanted))
    };
    is("aud3g.algo", "milenage") && is("aud3g.k", &keys.k_hex()) && is("aud3g.opc", &keys.opc_hex())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const SEEN: &str = "\nid\t1\nimsi\t460990000000003\nmsisdn\t8617000000003\nnam_cs\t1\n\
        nam_ps\t0\nms_purged_cs\t0\nms_purged_ps\t0\nperiodic_lu_timer\t0\nlmsi\t00000000";

    #[test]
    fn a_subscriber_as_the_real_one_writes_it() {
        let info = Info::parse(SEEN).unwrap();
        assert_eq!(info.msisdn.as_deref(), Some("8617000000003"));
        assert!(info.cs && !info.ps && !info.has_vlr && !info.has_sgsn);
        let attached = Info::parse(&format!("{SEEN}\nvlr_number\tVLR-TEST")).unwrap();
        assert!(attached.has_vlr);
        assert_eq!(Info::parse(&SEEN.replace("nam_cs\t1", "nam_cs\t2")), None);
        assert_eq!(Info::parse(&SEEN.replace("nam_ps\t0\n", "")), None);
    }

    #[test]
    fn keys_are_compared_whatever_their_letters() {
        let keys = SimKeys::parse(&"0a".repeat(16), &"Bc".repeat(16)).unwrap();
        let text = format!(
            "aud3g.algo\tMILENAGE\naud3g.k\t{}\naud3g.opc\t{}",
            "0A".repeat(16),
            "bc".repeat(16)
        );
        assert!(has_keys(&text, &keys));
        assert!(!has_keys(&text.replace("MILENAGE", "XOR"), &keys));
        assert!(!has_keys("", &keys));
    }

    proptest! {
        #[test]
        fn any_text_is_a_subscriber_or_none(text in "(?s).{0,300}") {
            let _ = Info::parse(&text);
        }

        #[test]
        fn any_change_of_a_line_is_a_subscriber_or_none(at: prop::sample::Index, put: char) {
            let mut text: Vec<char> = SEEN.chars().collect();
            let place = at.index(text.len());
            text[place] = put;
            let text: String = text.into_iter().collect();
            if let Some(info) = Info::parse(&text) {
                prop_assert!(info.imsi.bytes().all(|b| b.is_ascii_digit()));
            }
        }
    }
}
