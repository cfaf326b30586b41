//! Nothing behind a port: every call says so, and everything waits until something is connected.

use domain::sim::SimKeys;
use service::port::{Hlr, HlrRecord, Later, Mail, NetworkProfile, OutgoingMail, OutgoingSms};
use service::port::{PortError, Sms};

/// Stands for a network, a message centre and a mail server that are not configured.
#[derive(Clone, Copy, Debug, Default)]
pub struct Unconnected;

fn none<'a, T: 'a>(what: &str) -> Later<'a, Result<T, PortError>> {
    let error = PortError::Unreachable(format!("no {what} is configured"));
    Box::pin(async move { Err(error) })
}

impl Hlr for Unconnected {
    fn create<'a>(
        &'a self,
        _imsi: &'a str,
        _keys: Option<&'a SimKeys>,
    ) -> Later<'a, Result<(), PortError>> {
        none("HLR")
    }

    fn set_number<'a>(
        &'a self,
        _imsi: &'a str,
        _msisdn: Option<&'a str>,
    ) -> Later<'a, Result<(), PortError>> {
        none("HLR")
    }

    fn set_profile<'a>(
        &'a self,
        _imsi: &'a str,
        _profile: NetworkProfile,
    ) -> Later<'a, Result<(), PortError>> {
        none("HLR")
    }

    fn read<'a>(&'a self, _imsi: &'a str) -> Later<'a, Result<Option<HlrRecord>, PortError>> {
        none("HLR")
    }

    fn remove<'a>(&'a self, _imsi: &'a str) -> Later<'a, Result<(), PortError>> {
        none("HLR")
    }
}

impl Sms for Unconnected {
    fn submit<'a>(&'a self, _sms: &'a OutgoingSms) -> Later<'a, Result<Vec<String>, PortError>> {
        none("SMSC")
    }

    fn recognises_repeats(&self) -> bool {
        // Nothing is ever handed over.
        true
    }
}

impl Mail for Unconnected {
    fn submit<'a>(&'a self, _mail: &'a OutgoingMail) -> Later<'a, Result<String, PortError>> {
        none("mail server")
    }

    fn recognises_repeats(&self) -> bool {
        // Nothing is ever handed over.
        true
    }
}
