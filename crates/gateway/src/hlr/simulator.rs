//! The register of the simulated network.

use crate::network::{Change, Network};
use domain::sim::SimKeys;
use service::port::{Hlr, HlrRecord, Later, NetworkProfile, PortError};
use std::sync::Arc;

/// A view of [`Network`] as a register.
#[derive(Clone, Debug)]
pub struct Simulator(pub Arc<Network>);

impl Hlr for Simulator {
    fn create<'a>(
        &'a self,
        imsi: &'a str,
        _keys: Option<&'a SimKeys>,
    ) -> Later<'a, Result<(), PortError>> {
        Box::pin(async move { self.0.command(imsi, Change::Create { imsi: imsi.to_owned() }) })
    }

    fn set_number<'a>(
        &'a self,
        imsi: &'a str,
        msisdn: Option<&'a str>,
    ) -> Later<'a, Result<(), PortError>> {
        let change = Change::Number { imsi: imsi.to_owned(), msisdn: msisdn.map(str::to_owned) };
        Box::pin(async move { self.0.command(imsi, change) })
    }

    fn set_profile<'a>(
        &'a self,
        imsi: &'a str,
        profile: NetworkProfile,
    ) -> Later<'a, Result<(), PortError>> {
        let change = Change::Profile { imsi: imsi.to_owned(), profile };
        Box::pin(async move { self.0.command(imsi, change) })
    }

    fn read<'a>(&'a self, imsi: &'a str) -> Later<'a, Result<Option<HlrRecord>, PortError>> {
        Box::pin(async move { self.0.read(imsi) })
    }

    fn remove<'a>(&'a self, imsi: &'a str) -> Later<'a, Result<(), PortError>> {
        Box::pin(async move { self.0.command(imsi, Change::Remove { imsi: imsi.to_owned() }) })
    }
}
