//! Which phone is meant: by its number in any spelling, or by the IMSI of its SIM.

use crate::World;
use domain::msisdn::Msisdn;
use gateway::network::Phone;
use service::Error;
use service::port::HlrRecord;

/// A phone of the demo.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Found {
    /// Ours by its SIM, or one of another network.
    pub(crate) phone: Phone,
    /// The number it has, as far as the network knows.
    pub(crate) number: Option<String>,
    /// The register's record.
    pub(crate) record: Option<HlrRecord>,
}

impl World {
    /// The number a text to the service goes to: the hotline of the number's operator.
    pub(crate) async fn service_number(&self, _found: &Found) -> Result<String, Error> {
        let operators = service::operator::list(&self.app).await?;
        operators.into_iter().next().map(|operator| operator.hotline).ok_or(Error::NotFound)
    }

    /// The phone called `name`; `None` if it is neither a number nor an IMSI.
    pub(crate) fn phone(&self, name: &str) -> Option<Found> {
        let digits: String = name.chars().filter(char::is_ascii_digit).collect();
        let of_sim = |record: HlrRecord| Found {
            phone: Phone::Sim(record.imsi.clone()),
            number: record.msisdn.clone(),
            record: Some(record),
        };
        if let Some(record) = self.network().record(&digits) {
            return Some(of_sim(record));
        }
        let number = Msisdn::parse(name).map(|msisdn| msisdn.to_string()).unwrap_or(digits.clone());
        if let Some(record) = self.network().record_of_number(&number) {
            return Some(of_sim(record));
        }
        let is_imsi = digits.len() == 15 && digits.starts_with("460");
        match (is_imsi, (5..=15).contains(&number.len())) {
            (true, _) => Some(Found { phone: Phone::Sim(digits), number: None, record: None }),
            (false, true) => Some(Found {
                phone: Phone::Other(number.clone()),
                number: Some(number),
                record: None,
            }),
            (false, false) => None,
        }
    }
}
